package btree

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/larderkv/larder/internal/arena"
	"pgregory.net/rapid"
)

// entry is what the model knows of an item.
type entry struct {
	key, text uint64
	ref       arena.Ref
}

func compareEntries(a, b entry) int {
	return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.text, b.text))
}

// ordered is an ordered tree and a sorted slice that should be equal to it.
type ordered struct {
	Ordered
	t     reporter
	model []entry
	next  uint64
}

func newOrdered(t reporter, a *arena.Arena) *ordered {
	return &ordered{Ordered: new(Tree).Ordered(a, blocks{a}), t: t}
}

func (o *ordered) blocks() blocks { return blocks{o.a} }

// insert adds an item with a text that is at random, and new by its last bits.
func (o *ordered) insert(key, text uint64) {
	o.next++
	e := entry{key: key, text: text<<32 | o.next}
	e.ref = o.blocks().alloc(e.key, e.text)
	o.put(e)
}

func (o *ordered) put(e entry) {
	if err := o.a.Reserve(o.Ordered.t.InsertReserve()); err != nil {
		o.t.Fatalf("%v", err)
	}
	o.Insert(e.key, text(e.text), e.ref)
	i, _ := slices.BinarySearchFunc(o.model, e, compareEntries)
	o.model = slices.Insert(o.model, i, e)
}

func (o *ordered) seek(e entry) Cursor {
	c := o.Seek(Point{Key: e.key, Text: text(e.text)})
	if !c.Valid() || c.Ref() != e.ref {
		o.t.Fatalf("item %+v is not found", e)
	}
	return c
}

func (o *ordered) remove(i int) {
	e := o.model[i]
	c := o.seek(e)
	if got := c.Position(); got != i {
		o.t.Fatalf("rank %d, want %d", got, i)
	}
	c.Delete()
	o.a.Free(e.ref, blockSize)
	o.model = slices.Delete(o.model, i, i+1)
}

// rekey gives an item another key in the way owners do.
func (o *ordered) rekey(i int, key uint64) (inPlace bool) {
	e := o.model[i]
	o.model = slices.Delete(o.model, i, i+1)
	c := o.seek(e)
	e.key = key
	if inPlace = c.Rekey(key, text(e.text)); inPlace {
		o.blocks().at(e.ref).key = key
		j, _ := slices.BinarySearchFunc(o.model, e, compareEntries)
		o.model = slices.Insert(o.model, j, e)
		if c.Ref() != e.ref || c.Position() != j {
			o.t.Fatalf("the cursor does not follow the item")
		}
		return true
	}
	c.Delete()
	o.blocks().at(e.ref).key = key
	o.put(e)
	return false
}

func (o *ordered) removeRange(i, j int) {
	var gone []arena.Ref
	o.DeleteRange(i, j, func(ref arena.Ref) {
		gone = append(gone, ref)
		o.a.Free(ref, blockSize)
	})
	for k, ref := range gone {
		if ref != o.model[i+k].ref {
			o.t.Fatalf("item %d is not the one that was removed", i+k)
		}
	}
	if len(gone) != j-i {
		o.t.Fatalf("%d items removed, want %d", len(gone), j-i)
	}
	o.model = slices.Delete(o.model, i, j)
}

// same checks the tree against the model.
func (o *ordered) same() {
	o.t.Helper()
	items, _ := check(o.t, o.core)
	if len(items) != len(o.model) {
		o.t.Fatalf("%d items, want %d", len(items), len(o.model))
	}
	for i, e := range o.model {
		if items[i] != e.ref {
			o.t.Fatalf("item %d of %d is another", i, len(items))
		}
	}
	if want := o.Ordered.t.Bytes() + len(items)*arena.ClassSize(blockSize); o.a.Used() != want {
		o.t.Fatalf("%d bytes in use, said to be %d", o.a.Used(), want)
	}
}

// probe checks seeks at and beside an item.
func (o *ordered) probe(key, textual uint64) {
	o.t.Helper()
	for side := AtText; side <= BehindKey; side++ {
		want, _ := slices.BinarySearchFunc(o.model, entry{key: key, text: textual}, func(e, p entry) int {
			behind := e.key < p.key
			if e.key == p.key {
				behind = side == BehindKey || side == AtText && e.text < p.text || side == BehindText && e.text <= p.text
			}
			if behind {
				return -1
			}
			return 1
		})
		c := o.Seek(Point{Key: key, Text: text(textual), Side: side})
		if got := c.Position(); got != want || c.Valid() != (want < len(o.model)) || c.Valid() && c.Ref() != o.model[want].ref {
			o.t.Fatalf("seek %x, %x, side %d: at %d, want %d of %d", key, textual, side, got, want, len(o.model))
		}
	}
}

func (o *ordered) walk() {
	i := 0
	for c := o.First(); c.Valid(); c.Next() {
		if i >= len(o.model) || c.Ref() != o.model[i].ref {
			o.t.Fatalf("item %d on the way forth is another", i)
		}
		i++
	}
	c := o.Last()
	for ; c.Valid(); c.Prev() {
		if i--; i < 0 || c.Ref() != o.model[i].ref {
			o.t.Fatalf("item %d on the way back is another", i)
		}
	}
	if i != 0 {
		o.t.Fatalf("%d items were not met on the way back", i)
	}
	for c := o.First(); c.Valid(); {
		ahead := c.Ahead()
		for k, ref := range ahead {
			if ref != o.model[i+k].ref {
				o.t.Fatalf("item %d ahead is another", i+k)
			}
		}
		i += len(ahead)
		c.Advance(len(ahead))
	}
	for c := o.Last(); c.Valid(); {
		behind := c.Behind()
		for _, ref := range slices.Backward(behind) {
			if i--; ref != o.model[i].ref {
				o.t.Fatalf("item %d behind is another", i)
			}
		}
		c.Retreat(len(behind))
	}
	if i != 0 {
		o.t.Fatalf("the runs of all leaves end at %d", i)
	}
}

func TestOrderedAgainstModel(t *testing.T) {
	t.Parallel()
	names := slices.Sorted(func(yield func(string) bool) {
		for name := range keyspaces {
			if !yield(name) {
				return
			}
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		draw := keyspaces[rapid.SampledFrom(names).Draw(rt, "keys")]
		src := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		o := newOrdered(rt, newArena(t))
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			n := rapid.IntRange(1, 400).Draw(rt, "n")
			switch op := rapid.IntRange(0, 9).Draw(rt, "op"); {
			case op < 4:
				for range n {
					o.insert(draw(src), src.Uint64N(100))
				}
			case op < 6:
				for ; n > 0 && len(o.model) > 0; n-- {
					o.remove(src.IntN(len(o.model)))
				}
			case op < 7 && len(o.model) > 0:
				i := src.IntN(len(o.model))
				o.removeRange(i, min(i+n, len(o.model)))
			case op < 9 && len(o.model) > 0:
				for range n {
					o.rekey(src.IntN(len(o.model)), draw(src))
				}
			default:
				o.walk()
			}
			o.same()
			for range 5 {
				o.probe(draw(src), src.Uint64N(100)<<32|src.Uint64N(o.next+1))
			}
			if len(o.model) > 0 {
				e := o.model[src.IntN(len(o.model))]
				o.probe(e.key, e.text)
				i := src.IntN(len(o.model))
				if c, _ := o.At(i); c.Ref() != o.model[i].ref {
					rt.Fatalf("item %d is another", i)
				}
			}
		}
		o.removeRange(0, len(o.model))
		o.same()
	})
}

// TestOrderedLarge takes trees of four levels through growth, change and decline.
func TestOrderedLarge(t *testing.T) {
	t.Parallel()
	n := 120_000
	if testing.Short() {
		n = 20_000
	}
	for name, draw := range keyspaces {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := rand.New(rand.NewPCG(1, 2))
			a := newArena(t)
			tree := new(Tree).Ordered(a, blocks{a})
			var all []entry
			for i := range n {
				e := entry{key: draw(src), text: src.Uint64()<<32 | uint64(i)}
				e.ref = blocks{a}.alloc(e.key, e.text)
				a.Reserve(tree.t.InsertReserve())
				tree.Insert(e.key, text(e.text), e.ref)
				all = append(all, e)
			}
			verify := func() {
				t.Helper()
				slices.SortFunc(all, compareEntries)
				items, _ := check(t, tree.core)
				if !slices.EqualFunc(items, all, func(ref arena.Ref, e entry) bool { return ref == e.ref }) {
					t.Fatalf("the %d items are not those %d that were inserted, in order", len(items), len(all))
				}
			}
			verify()
			if fill := float64(n) / float64(leafMax*tree.t.leaves); fill < 0.70 {
				t.Errorf("leaves are %.2f full", fill)
			}
			for i := range all {
				if src.IntN(3) > 0 {
					continue
				}
				e := &all[i]
				c := tree.Seek(Point{Key: e.key, Text: text(e.text)})
				e.key = draw(src)
				if !c.Rekey(e.key, text(e.text)) {
					c.Delete()
					blocks{a}.at(e.ref).key = e.key
					tree.Insert(e.key, text(e.text), e.ref)
				}
				blocks{a}.at(e.ref).key = e.key
			}
			verify()
			src.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			for len(all) > n/100 {
				e := all[len(all)-1]
				all = all[:len(all)-1]
				c := tree.Seek(Point{Key: e.key, Text: text(e.text)})
				if c.Ref() != e.ref {
					t.Fatalf("%+v is not found", e)
				}
				c.Delete()
				a.Free(e.ref, blockSize)
			}
			verify()
		})
	}
}

// TestInOrder: items that come in order fill nodes to the end.
func TestInOrder(t *testing.T) {
	t.Parallel()
	const n = 100_000
	for name, key := range map[string]func(i int) uint64{
		"rising":  func(i int) uint64 { return uint64(i) << 20 },
		"falling": func(i int) uint64 { return uint64(n-i) << 20 },
	} {
		a := newArena(t)
		tree := new(Tree).Ordered(a, blocks{a})
		for i := range n {
			tree.Insert(key(i), "", blocks{a}.alloc(key(i), 0))
		}
		check(t, tree.core)
		if fill := float64(n) / float64(leafMax*tree.t.leaves); fill < 0.97 {
			t.Errorf("%s: leaves are %.2f full", name, fill)
		}
		if got := tree.t.Bytes() - n*leafSize/leafMax; got > n/2 {
			t.Errorf("%s: %d bytes beyond those of full leaves", name, got)
		}
	}
}

func TestBuild(t *testing.T) {
	t.Parallel()
	src := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{0, 1, leafMax - 1, leafMax, leafMax + 1, 5 * leafMax, innerMax * leafMax, innerMax*leafMax + 1,
		innerMax*innerMax*leafMax + 1} {
		o := newOrdered(t, newArena(t))
		var b Builder
		b.Build(o.Ordered.t, o.a, o.o)
		for i := range n {
			e := entry{key: uint64(i / 3), text: uint64(i)}
			e.ref = o.blocks().alloc(e.key, e.text)
			b.Append(e.key, e.ref)
			o.model = append(o.model, e)
		}
		b.Finish()
		if got, most := o.Ordered.t.Bytes(), BuildReserve(n); got > most {
			t.Errorf("%d items take %d bytes, said to take up to %d", n, got, most)
		}
		o.same()
		o.next = uint64(n)
		for range 200 { // the tree is like any other
			o.insert(src.Uint64N(uint64(n)/3+1), 0)
			o.remove(src.IntN(len(o.model)))
		}
		o.same()
	}
}

func TestRelease(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 50, 10_000} {
		o := newOrdered(t, newArena(t))
		for i := range n {
			o.insert(uint64(i*7919%1000), uint64(i))
		}
		seen, calls := 0, 0
		for !o.Release(100, func(ref arena.Ref) { seen++; o.a.Free(ref, blockSize) }) {
			calls++
		}
		if seen != n || calls > n/50 || calls < n/200 {
			t.Errorf("%d of %d items seen in %d calls", seen, n, calls)
		}
		if *o.Ordered.t != (Tree{}) || o.a.Used() != 0 {
			t.Errorf("%d bytes are left in %+v", o.a.Used(), *o.Ordered.t)
		}
	}
}

// TestRelocate moves nodes and items out of pages to be freed, in slices between
// which the tree changes.
func TestRelocate(t *testing.T) {
	t.Parallel()
	src := rand.New(rand.NewPCG(5, 6))
	o := newOrdered(t, newArena(t))
	for range 30_000 {
		o.insert(src.Uint64N(1000), src.Uint64N(1000))
	}
	for len(o.model) > 3000 {
		o.remove(src.IntN(len(o.model)))
	}
	if move, _ := o.a.StartEvacuation(1 << 30); move == 0 {
		t.Fatal("nothing to move")
	}
	o.a.Reserve(1 << 20)
	before, moved := o.a.Stats(), 0
	for cursor := uint64(0); ; {
		cursor = o.Relocate(cursor, 200, func(ref arena.Ref) arena.Ref {
			b := o.blocks()
			to := b.alloc(0, 0)
			*b.at(to) = *b.at(ref)
			o.a.Free(ref, blockSize)
			for i := range o.model {
				if o.model[i].ref == ref {
					o.model[i].ref = to
				}
			}
			moved++
			return to
		})
		o.same()
		if cursor == 0 {
			break
		}
		i := src.IntN(len(o.model))
		o.rekey(i, o.model[i].key+1)
	}
	o.a.EndEvacuation()
	if after := o.a.Stats(); moved == 0 || after.Resident-after.FreePages >= before.Resident-before.FreePages {
		t.Errorf("%d items moved: %+v became %+v", moved, before, after)
	}
	o.same()
}

// TestRekeyInPlace: a key that changes little does not change the tree's structure.
func TestRekeyInPlace(t *testing.T) {
	t.Parallel()
	o := newOrdered(t, newArena(t))
	src := rand.New(rand.NewPCG(7, 8))
	for range 10_000 {
		o.insert(src.Uint64N(1<<40), 0)
	}
	inPlace := 0
	for range 1000 {
		i := src.IntN(len(o.model))
		if o.rekey(i, o.model[i].key+1) {
			inPlace++
		}
	}
	o.same()
	if inPlace < 950 {
		t.Errorf("%d of 1000 keys were changed in place", inPlace)
	}
}

func TestOrderedAllocations(t *testing.T) {
	o := newOrdered(t, newArena(t))
	for i := range 1000 {
		o.insert(uint64(i), 0)
	}
	tree, e := o.Ordered, o.model[500]
	name := text(e.text)
	if n := testing.AllocsPerRun(100, func() {
		c := tree.Seek(Point{Key: e.key, Text: name})
		c.Position()
		c.Delete()
		tree.Insert(e.key, name, e.ref)
		tree.DeleteRange(10, 10, func(arena.Ref) {})
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
