package keyspace

import (
	"testing"

	"github.com/larderkv/larder/internal/arena"
)

// TestFreeingInSlices drops what fills several chunks and checks that no hold of the lock frees or gives back more than a
// slice of it, that the count of resident bytes is right after each, and that in the end nothing is left.
func TestFreeingInSlices(t *testing.T) {
	t.Parallel()
	const keys, size = 20_000, 400
	fill := map[string]func(v View){
		"collection": func(v View) { putBag(t, v, "bag", 50_000, 0) },
		"database": func(v View) {
			for i := range keys {
				mustSet(t, v, numbered(i), string(make([]byte, size)))
			}
		},
	}
	drop := map[string]func(v View) error{
		"collection": func(v View) error { del(v, "bag"); return nil },
		"database":   func(v View) error { return v.Flush(true) },
	}
	for what := range fill {
		t.Run(what, func(t *testing.T) {
			ks, v := open(t, Options{Shards: 1})
			a := ks.shards[0].arena
			fill[what](v)
			if chunks := a.Stats().Chunks; chunks < 3 {
				t.Fatalf("%d chunks are too few to tell", chunks)
			}
			before := a.Stats()
			if err := drop[what](v); err != nil {
				t.Fatal(err)
			}
			// Besides its items a slice frees a block of their table, and it ends with the whole of a bucket.
			const most = 2*collectSlice*arena.PageSize/16 + 32<<10
			slices := 0
			for more := true; more; slices++ {
				more = ks.Maintain()
				after := a.Stats()
				if freed := before.Used - after.Used; freed > most {
					t.Errorf("slice %d freed %d bytes", slices, freed)
				}
				if returned := before.Resident - after.Resident; returned > giveBackSlice {
					t.Errorf("slice %d gave back %d bytes", slices, returned)
				}
				if counted := ks.mem.Resident(); counted != int64(after.Resident) {
					t.Fatalf("%d bytes are counted as resident, the arena holds %d", counted, after.Resident)
				}
				before = after
			}
			nothingLeft(t, ks)
			if s := a.Stats(); s.Chunks != 0 || s.Releasable != 0 || slices < 100 {
				t.Errorf("after %d slices: %+v", slices, s)
			}
		})
	}
}

// TestGarbageDoesNotKeepMemory checks that free pages are given back though there is garbage, once they are more than
// half of the memory.
func TestGarbageDoesNotKeepMemory(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 1})
	sh := ks.shards[0]
	putBag(t, v, "large", 50_000, 0)
	del(v, "large")
	for sh.collect(collectSlice) {
	}
	putBag(t, v, "small", 1000, 0)
	del(v, "small")
	mayStay := func() int { return max(sh.arena.Resident()/2, minKept) }
	if sh.arena.Releasable() <= mayStay() {
		t.Fatal("too little is free to tell")
	}
	for sh.arena.Releasable() > mayStay() {
		before := sh.arena.Resident()
		ks.Maintain()
		if len(sh.garbage) == 0 || sh.arena.Resident() >= before {
			t.Fatalf("%d of %d bytes are free and were not given back", sh.arena.Releasable(), before)
		}
	}
	settle(t, ks)
	nothingLeft(t, ks)
}

func TestSyncFlushGivesAllBack(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 2})
	for i := range 20_000 {
		mustSet(t, v, numbered(i), "value")
	}
	putBag(t, v, "bag", 20_000, 0)
	if err := v.FlushAll(false); err != nil {
		t.Fatal(err)
	}
	for _, sh := range ks.shards {
		if s := sh.arena.Stats(); s.Used != 0 || s.Chunks != 0 || s.Spans != 0 {
			t.Errorf("%+v", s)
		}
	}
}
