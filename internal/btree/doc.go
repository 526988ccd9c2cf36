// Package btree is a counted B+tree in an arena: an ordered collection of refs to blocks that belong to the caller. It
// gives the rank of an item and the item at a rank in O(log n), walks both ways, and takes about 8 bytes an item when
// filled at random. Sorted sets keep their members in one by score and name, lists their blocks by position.
//
// # Two faces
//
// An [Ordered] tree sorts its items by a 64-bit key, and items of one key by
// a comparison that the owner supplies ([Order]). Neither is stored with an item:
// both are read from the item's block. Each item counts one.
//
// A [Sequence] has no order but the one in which its items were inserted. Each item has
// a weight, for a list the number of elements in a block, and positions count weights.
//
// # Layout
//
// A leaf is 512 bytes: 82 refs, and two bytes for each that hold its weight in a
// sequence and a hint in an ordered tree. An inner node is 1024 bytes and
// leads to up to 42 children. Of each it knows the ref, the weight, and, in
// ordered trees, the first item with the whole of its key. So a descent reads two or three
// inner nodes, which are few and stay in the processor's cache, and one leaf, which costs
// about one miss, since the lines of it that are needed are loaded together.
//
// Nodes have links neither to parents nor to siblings: every operation keeps the path it
// came by. That leaves each node with one referrer, so that any may be moved.
//
// # Hints
//
// Reading the key of an item costs a cache miss, so a leaf keeps 15 bits of each.
// Which 15 bits is up to the leaf, by its frame:
//
//	hint = (key - base) >> shift
//
// A hint never decreases while keys grow, so comparing hints decides all but ties, and only
// ties are looked up. The frame is drawn around the keys that a leaf holds, with room to both
// sides: 82 items seldom tie in a range of 16 thousand steps, whether the keys of
// the whole tree lie close together or far apart. It is drawn anew when a key falls outside of it,
// which at least multiplies the range by 1.5 each time, and when a leaf is split.
// Every key of a leaf lies in its frame. Hints are searched four at a time in a machine word.
//
// # Fill
//
// A full node first gives items to a neighbour that has room, and is split when none has. A tree that was filled in
// random order is about 80 % full. Nodes but those at the left and right edge are never less than half full: a node
// that becomes so is merged with a neighbour, or borrows from it. At the edges of the tree a split leaves the old node
// full, so items that come in order, rising or falling, fill nodes to the end.
//
// # Rules
//
// A [Tree] is the root and holds no Go pointers. It may lie in arena memory, or be copied in and out of an entry's
// bytes between operations; the compiler takes one that is a local variable to the heap. A [Cursor] is valid until the
// tree changes by other means than the cursor itself. The block of an item must hold the key under which it is in the
// tree whenever a method of the tree runs. Before an insertion the caller reserves InsertReserve bytes of the arena;
// deleting takes no memory.
package btree
