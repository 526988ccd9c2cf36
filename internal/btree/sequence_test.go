package btree

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/larderkv/larder/internal/arena"
	"pgregory.net/rapid"
)

// weighted is what the model knows of an item of a sequence. Its refs mean
// nothing.
type weighted struct {
	ref    arena.Ref
	weight int
}

type sequence struct {
	Sequence
	t     reporter
	model []weighted
	next  arena.Ref
}

func newSequence(t reporter, a *arena.Arena) *sequence {
	return &sequence{Sequence: new(Tree).Sequence(a), t: t}
}

// position returns the sum of the weights before item i.
func (s *sequence) position(i int) int {
	sum := 0
	for _, w := range s.model[:i] {
		sum += w.weight
	}
	return sum
}

func (s *sequence) insert(i, weight int) {
	s.next++
	w := weighted{s.next, weight}
	s.InsertAt(s.position(i), weight, w.ref)
	s.model = slices.Insert(s.model, i, w)
}

func (s *sequence) at(i int) Cursor {
	c, offset := s.At(s.position(i))
	if !c.Valid() || offset != 0 || c.Ref() != s.model[i].ref || c.Weight() != s.model[i].weight {
		s.t.Fatalf("item %d is another", i)
	}
	return c
}

func (s *sequence) same() {
	s.t.Helper()
	items, weights := check(s.t, s.core)
	if len(items) != len(s.model) {
		s.t.Fatalf("%d items, want %d", len(items), len(s.model))
	}
	for i, w := range s.model {
		if items[i] != w.ref || weights[i] != w.weight {
			s.t.Fatalf("item %d is %d, of weight %d, want %+v", i, items[i], weights[i], w)
		}
	}
	if s.a.Used() != s.Sequence.t.Bytes() {
		s.t.Fatalf("%d bytes in use, said to be %d", s.a.Used(), s.Sequence.t.Bytes())
	}
}

func (s *sequence) removeRange(i, j int) {
	k := i
	s.DeleteRange(s.position(i), s.position(j), func(ref arena.Ref) {
		if ref != s.model[k].ref {
			s.t.Fatalf("another item than %d was removed", k)
		}
		k++
	})
	if k != j {
		s.t.Fatalf("%d items removed, want %d", k-i, j-i)
	}
	s.model = slices.Delete(s.model, i, j)
}

func TestSequenceAgainstModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		src := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		heaviest := rapid.SampledFrom([]int{1, 10, MaxWeight}).Draw(rt, "heaviest")
		weight := func() int { return 1 + src.IntN(heaviest) }
		s := newSequence(rt, newArena(t))
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			n := rapid.IntRange(1, 200).Draw(rt, "n")
			op := rapid.IntRange(0, 9).Draw(rt, "op")
			for range n {
				have := len(s.model)
				switch {
				case op < 2:
					s.insert(src.IntN(have+1), weight())
				case op < 3:
					s.insert(have, weight())
				case op < 4:
					s.insert(0, weight())
				case have == 0:
				case op < 6:
					i := src.IntN(have)
					c := s.at(i)
					c.Delete()
					s.model = slices.Delete(s.model, i, i+1)
				case op < 7:
					i := src.IntN(have)
					c := s.at(i)
					s.next++
					s.model[i] = weighted{s.next, weight()}
					c.SetRef(s.model[i].ref)
					c.SetWeight(s.model[i].weight)
				case op < 8:
					i := src.IntN(have)
					s.removeRange(i, min(have, i+src.IntN(4)))
				default:
					i := src.IntN(have)
					into := src.IntN(s.model[i].weight)
					c, offset := s.At(s.position(i) + into)
					if c.Ref() != s.model[i].ref || offset != into || c.Position() != s.position(i) {
						rt.Fatalf("the item at %d + %d is another", s.position(i), into)
					}
				}
			}
			s.same()
		}
		if c, _ := s.At(s.Sequence.t.Weight()); c.Valid() {
			rt.Fatalf("there is an item at the end")
		}
		s.removeRange(0, len(s.model))
		s.same()
	})
}

func TestSequenceBuild(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 100, 10_000} {
		s := newSequence(t, newArena(t))
		var b Builder
		b.Build(s.Sequence.t, s.a, nil)
		for i := range n {
			w := weighted{arena.Ref(i + 1), 1 + i%MaxWeight}
			b.AppendWeight(w.weight, w.ref)
			s.model = append(s.model, w)
		}
		b.Finish()
		s.same()
		s.next = arena.Ref(n)
		s.insert(n/2, 3)
		s.same()
	}
}
