package keyspace

import (
	"math/rand/v2"
	"testing"

	"github.com/larderkv/larder/internal/arena"
)

// TestMemoryFollowsDeletes deletes nine keys of ten at random, which leaves
// every page and every huge page in use a little, and checks that maintenance gives the
// memory back before it rests.
func TestMemoryFollowsDeletes(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 1, NoMaintenance: true})
	const keys, kept = 300_000, 30_000
	rng := rand.New(rand.NewPCG(1, 2))
	value := make([]byte, 256)
	for _, i := range rng.Perm(keys) {
		if err := set(v, numbered(i), value, 0); err != nil {
			t.Fatal(err)
		}
	}
	for _, i := range rng.Perm(keys) {
		if i < kept {
			continue
		}
		var s Slot
		if err := s.Lock(v, numbered(i)); err != nil {
			t.Fatal(err)
		}
		s.Delete()
		s.Unlock()
	}
	// A round that ends a cycle of compaction has nothing left to do; the next begins another.
	const rest = 50
	for idle, rounds := 0, 0; idle < rest; rounds++ {
		if rounds == 100_000 {
			t.Fatal("maintenance does not come to rest")
		}
		idle++
		if ks.Maintain() {
			idle = 0
		}
	}
	// Beside what is used there may be a chunk that is partly free and some
	// that were prepared for writers to come.
	const spare = 4 * arena.ChunkSize
	st := ks.Stats()
	if most := st.UsedBytes*5/4 + spare; st.ResidentBytes > most {
		t.Errorf("%d bytes used, %d resident, want at most %d", st.UsedBytes, st.ResidentBytes, most)
	}
}

// TestCompactionIsNotRepeatedInVain leaves slabs sparse by blocks that no table leads to, so that nothing can be moved,
// and checks that maintenance does not choose them again before memory has changed.
func TestCompactionIsNotRepeatedInVain(t *testing.T) {
	t.Parallel()
	const blocks, size = 2000, tableBlock
	ks, _ := open(t, Options{Shards: 1})
	sh := ks.shards[0]
	refs := make([]arena.Ref, blocks)
	for i := range refs {
		refs[i] = sh.arena.Alloc(size)
	}
	sparse := func(every int) {
		for i := range refs {
			if refs[i] != 0 && i%every != 0 {
				sh.arena.Free(refs[i], size)
				refs[i] = 0
			}
		}
	}
	cycles := func() (n int) {
		for range 100 {
			if sh.startCompaction() {
				n++
				for sh.compactSlice(compactSteps) {
				}
			}
		}
		return n
	}
	sparse(8)
	if n := cycles(); n == 0 || n > 2 {
		t.Errorf("%d cycles over memory that stays as it is, want one of each kind at most", n)
	}
	sparse(32)
	if n := cycles(); n == 0 || n > 2 {
		t.Errorf("%d cycles after more was freed, want one of each kind at most", n)
	}
}
