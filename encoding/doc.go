// Package encoding has the dense byte formats in which small collections, sets of
// integers and HyperLogLogs are kept, and the cells of geographic positions.
//
// The bytes are those of Redis 7.0: they are what a user sees who reads a
// HyperLogLog's string, and what a snapshot in Redis' file format has.
//
//	Listpack  a sequence of strings and integers in one block, walked from either
//	          end. Everything but its ends takes O(n), so it is for few elements.
//	Pairs     keys and values, walked forward only: a listpack without what is not
//	          needed for that, and so the one format that is ours.
//	Intset    a sorted array of integers, 2, 4 or 8 bytes each as the widest needs.
//	HLL       16384 registers that estimate how many different strings were seen,
//	          as run lengths while few are set and 6 bits each later.
//	GeoHash   a cell of the grid into which longitude and latitude are divided,
//	          its number interleaving the bits of both.
//
// # Memory
//
// Each format is a byte slice with methods that keep nothing beside it, so the
// bytes may live anywhere: on the heap, or in memory that the collector does not
// see. Methods that change the bytes work in place if the capacity suffices, and
// return the slice, like append; otherwise what they return has been allocated on
// the heap. A caller whose memory is elsewhere asks for the size beforehand
// ([Element.Size], [Intset.InsertSize]), or copies the result back. Arguments
// must not overlap the bytes that they are put in.
//
// # Trust
//
// The methods assume valid bytes, which these methods only ever make. Bytes of
// another origin must be checked first: [ValidateListpack], [ValidateIntset] and
// [CheckHLL] accept what Redis accepts. Damaged bytes that were not checked may
// give wrong results or an index out of range, never access beyond the slice. An
// exception is HLL, since users can write its string with SET and SETRANGE:
// there every method notices damage and returns [ErrCorruptHLL].
package encoding
