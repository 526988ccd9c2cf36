// Package arena allocates memory outside the Go heap and addresses it by 32-bit refs.
//
// # Layout
//
// A [Memory] maps chunks of 2 MiB, aligned to their size, and hands them to the [Arena]s that share it. A [Ref] counts
// units of 8 bytes: its upper 14 bits choose one of the arena's 16384 slots, its lower 18 bits the place within the
// slot's chunk, so that one arena spans 32 GiB. A directory with one pointer a slot, itself outside the Go heap, turns
// a ref into an address: one load and one addition.
//
// A chunk is 512 pages of 4 KiB. The first two pages hold one 16-byte descriptor for every page of the chunk, so the
// bookkeeping of a block is found from its ref alone. The rest is given out as
//
//   - slabs: a few pages cut into blocks of one size class, for requests up to 32 KiB. Classes step by 8 bytes up to 128
//     and then by an eighth of a power of two, which bounds rounding at 12.5 %. Free blocks are chained through
//     their own first two bytes. Every class that is a multiple of 64 gives blocks aligned to 64.
//   - runs: whole pages for one block of up to 1 MiB.
//
// A larger block is a span: a mapping of its own that takes one slot and begins at offset 0. Spans are mapped with a
// quarter more address space than asked for, so that most of them grow in place ([Arena.Extend]).
//
// # Guarantees
//
// Used is the exact sum of the class sizes of all live blocks. Resident counts, page by page, everything that was handed
// out and not returned to the system, headers and directories included; pages of slabs, runs and spans count in
// full when they are handed out.
//
// Free pages stay with the arena, and resident, until [Arena.ReleaseFree] returns them, and with the last of a chunk the
// chunk. Free makes no call to the system: when a large structure is freed in slices, the last of them may empty all its
// chunks. Pages and chunks are taken lowest first, so that an arena that shrinks drains from its high end.
//
// Where [StaysMapped] is true, an address that a chunk ever had stays readable until [Memory.Close]. [Arena.Peek]
// builds on it: a reader without a lock may follow a stale or torn ref and reads garbage, but never faults.
//
// # Huge pages
//
// From its 33rd chunk on ([Memory].HugeFrom) an arena asks for huge pages, where the system has them. Such a chunk
// counts as wholly resident, and its pages are returned only when all of it is free. Zeroing 2 MiB takes longer than a
// caller should wait, so [Memory.Prepare], called from the background, keeps a few chunks ready.
//
// # Compaction
//
// [Arena.StartEvacuation] chooses blocks whose departure frees pages; the owner of the refs moves each block
// for which [Arena.Evacuating] reports true by allocating, copying and freeing; [Arena.EndEvacuation] returns what was
// not emptied to use. Between the calls the arena works as ever, so that the owner may proceed in slices.
//
// # Costs
//
// Alloc and Free of blocks up to 32 KiB are O(1): some ten instructions, and once per slab a search for pages that
// looks at no more than a few hundred bytes. Runs and spans cost a search over bitmaps. Beyond 5 KiB of fixed tables
// and about 250 bytes a chunk, all in a constant number of objects, nothing of it is on the Go heap. Where populating
// pages in rows is cheaper than faulting them one by one, up to 1/64 of an arena, but never more than 128 KiB at a
// time, is made resident ahead of its use.
//
// # Builds
//
// Under the race detector and the sanitizers, under the build tag larderheap, and on systems without mmap or
// VirtualAlloc, chunks are plain Go memory, so that tools see every access. The tag larderdebug poisons freed blocks
// and checks every ref.
package arena
