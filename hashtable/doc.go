// Package hashtable is an index of 32-bit refs by 64-bit hash, made for cache
// lines: finding an entry costs one miss in the table and one for the entry.
//
// The table holds refs only. What they refer to, its key and its hash, is the
// owner's; the table asks for hashes through [Entries] when it must. Buckets
// and directory live in an arena, outside the Go heap, and a [Table] holds no
// pointers, so it may lie in arena memory too: the keyspace has one per
// database and shard, large sets, hashes and sorted sets have one each.
//
// # Layout
//
// The table is sorted by hash. The first bits of a hash choose a segment by
// way of a directory (extendible hashing: Fagin et al., 1979); the next 14
// bits are the entry's position in the segment, which maps to one of the
// segment's buckets in proportion, so that a segment may have any number of
// buckets:
//
//	hash     ppppp qqqqqqqqqqqqqq ..........
//	         |     |
//	         |     position: bucket = position × buckets / 2^14, tag = its low 8 bits
//	         prefix: directory slot → segment of 64 to 128 buckets
//
// A bucket is a cache line of 12 refs, 12 tags of one byte, matched eight at a
// time in a machine word, and 4 bytes of metadata. An entry whose bucket is
// full goes to one of the next three, and the bucket counts how many of its
// entries live elsewhere, so that a search knows when to stop. What finds no place
// there, 1 to 2 % of the entries, goes to the segment's stash, a chain of buckets.
//
// Since a bucket of a full-size segment covers at most 256 positions, bucket
// and tag together tell an entry's position. So a segment grows by an eighth
// without looking at one entry; only when it has doubled and is split, one more
// bit of each hash is asked for, in batches that let the owner overlap its misses.
//
// # Guarantees and costs
//
//   - 5.7 to 6.4 bytes an entry from some 540 entries up, at every size: the
//     table grows in small steps, so its fill stays between 82 and 94 %. Smaller
//     ones are emptier, up to 72 % full, since those are read in the processor's caches.
//   - Insert and Remove rebuild at most two segments, some thousand entries: tens of
//     microseconds at worst, whatever the size of the table. Doubling the
//     directory copies 24 bytes for each thousand entries.
//   - Memory is given back as the table shrinks.
//   - A scan's cursor is a position in hash order and all of the scan's state; see
//     [Table.Scan] for its guarantee.
//   - Keys that were chosen so that their hashes agree fill a stash, not the
//     directory; the table reports it ([Table.Skewed]), and the owner rebuilds
//     it with hashes of another seed.
//
// A table is not safe for concurrent use, but for [Table.Peek] and
// [Table.Way], which owners build optimistic reads on (way.go).
package hashtable
