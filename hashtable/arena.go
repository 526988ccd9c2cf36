package hashtable

import "github.com/larderkv/larder/internal/arena"

// The types of the memory that tables live in have names here for users outside of this module.
type (
	// Ref refers to an entry: 32 bits, of which the table knows only that zero is none. Owners that keep entries in the
	// table's arena use where they lie, others may use any number.
	Ref = arena.Ref

	// Arena is what tables take memory from. Before an Insert, its Reserve(t.InsertReserve()) makes sure that there is
	// enough; it returns an error if the system has none. Entries may lie there, too: Alloc, Bytes and Free are for them.
	Arena = arena.Arena

	// Memory maps memory for any number of arenas and counts it. Its Close gives all back to the system, after which
	// nothing that lies in one of the arenas may be used.
	Memory = arena.Memory
)

// NewMemory returns a Memory that has not mapped anything.
func NewMemory() *Memory { return arena.NewMemory() }

// NewArena returns an empty arena.
func NewArena(m *Memory) *Arena { return arena.New(m) }
