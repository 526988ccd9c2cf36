// Package members holds the elements of one large collection: the members of a
// set, the fields of a hash with their values, or the members of a sorted set with their scores.
//
// # Layout
//
// A [Root] is all there is besides the arena: a few words without pointers, kept in
// the bytes of the collection's entry or within the root of a larger structure. It has a
// [hashtable.Table] whose refs lead to the elements, one arena block each:
//
//	score    8 bytes; of a Scored element only
//	head     1 byte: flags and the member's length, up to 63;
//	         of a Valued element another byte with the value's length.
//	         Where a length does not fit, one byte of flags and 4 bytes for each length
//	expiry   8 bytes, Unix milliseconds, and two refs of 4 bytes; only with a flag
//	member
//	value    of a Valued element only
//
// Blocks come in steps of 8 bytes, so a member of 16 bytes takes 24, one with a score
// 32, and a field of 16 bytes with a value of 32 takes 56; the table adds about 6.
//
// # Expiry
//
// Elements that expire are on lists that are chained through their own blocks. Up
// to fewVolatile of them are on one list. When there are more, a [wheel] sorts
// them roughly by time: an element is put on the list for the first
// of its time's digits, three bits each, that differs from those of the time that the
// wheel has reached. When that list comes up its elements have expired, or
// go to lists of lower digits. Adding and taking away is O(1); an element is touched again
// once for each digit at most, so some five times in a life of hours. An element that
// expires takes 16 bytes more; the wheel 512 bytes a collection.
//
// The root knows a time before which no element expires. An operation that comes later
// calls Purge before it looks at anything; so elements that have expired are not
// seen and not counted, and nothing else here asks for the time.
//
// # Guarantees and costs
//
//   - Finding, adding, replacing and removing an element is O(1), with one miss for the
//     table and one for the element; FindBatch overlaps the misses of many.
//   - The ref of an element stays what it is until the element is removed, its value is
//     replaced by one for which its block is too small or too large, it gets an expiry for the first
//     time, or Relocate reports that it moved.
//   - Scan returns every element that is there from its begin to its end.
//   - Random elements are fair: each is as likely as every other.
//   - Bytes is exact and O(1).
//
// A collection is not safe for concurrent use. Its methods use the scratch space of the
// [hashtable.Env] that they are given. The seed in it must not change.
package members
