// Package quicklist is a long list in an arena: its elements lie in blocks, each a
// listpack of up to some kilobytes, and a counted tree finds blocks by
// position. Index, replacement and insertion anywhere are O(log n) and a walk in one block; work
// at the ends is O(1).
//
// # Layout
//
//	head → [ tree of blocks ] ← tail
//
// The blocks at the ends are not in the tree but lead from the root, so that pushes and
// pops there touch the root and one block only. A block enters the tree when it is full, and leaves
// it to become an end when that was used up. Either end may be missing.
//
// # Blocks
//
//	start   4 bytes, where in the block the listpack begins
//	size    4 bytes, of the block
//	filter  4 bytes, how many of the last bytes are a filter (see filter.go)
//	…       unused
//	listpack
//	…       unused
//
// The listpack has room on either side. An element that is pushed at the left is written in front
// of the first one, with the listpack's header in front of that again; one popped there has the header
// written behind it. So neither end ever moves what is in between. A block is as large
// as one of the arena's size classes and grows from one to the next; blocks that were filled in
// order are full but for less than an element, and a list takes 12 bytes a block beside the listpack
// and about 6 in the tree.
//
// An element larger than a block may be has a block of its own.
//
// A block that is full where something is inserted is cut in halves. Neighbours in the tree that
// have shrunk are joined. When a method returns an error, the list holds what it held.
package quicklist
