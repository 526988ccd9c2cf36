package btree

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/larderkv/larder/internal/arena"
)

// BenchmarkOrdered measures a tree of a million items at random scores: what a
// change of a score, a rank and a short range cost, and bytes an item.
func BenchmarkOrdered(b *testing.B) {
	const n = 1_000_000
	src := rand.New(rand.NewPCG(1, 2))
	key := func() uint64 { return math.Float64bits(src.Float64() * 1e6) }
	a := newArena(b)
	tree := new(Tree).Ordered(a, blocks{a})
	refs := make([]arena.Ref, n)
	for i := range refs {
		refs[i] = blocks{a}.alloc(key(), uint64(i))
	}
	for i, ref := range refs {
		tree.Insert(blocks{a}.Key(ref), text(uint64(i)), ref)
	}
	at := func() (arena.Ref, string) {
		i := src.IntN(n)
		return refs[i], text(uint64(i))
	}
	b.Run("move", func(b *testing.B) {
		for b.Loop() {
			ref, name := at()
			p, to := blocks{a}.at(ref), key()
			c := tree.Seek(Point{Key: p.key, Text: name})
			if !c.Rekey(to, name) {
				c.Delete()
				p.key = to
				tree.Insert(to, name, ref)
			}
			p.key = to
		}
		b.ReportMetric(float64(tree.t.Bytes())/n, "B/item")
	})
	b.Run("rank", func(b *testing.B) {
		for b.Loop() {
			ref, name := at()
			c := tree.Seek(Point{Key: blocks{a}.Key(ref), Text: name})
			if c.Position() >= n {
				b.Fatal("impossible")
			}
		}
	})
	b.Run("range", func(b *testing.B) {
		sum := uint64(0)
		for b.Loop() {
			c := tree.Seek(Point{Key: key(), Side: BeforeKey})
			for range 10 {
				if !c.Valid() {
					break
				}
				sum += blocks{a}.Key(c.Ref())
				c.Next()
			}
		}
	})
}
