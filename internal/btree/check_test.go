package btree

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/larderkv/larder/internal/arena"
)

// block is an item of these tests: a key and a text of eight bytes, and what
// it takes to know a freed block.
type block struct {
	key  uint64
	text [8]byte
}

const blockSize = int(unsafe.Sizeof(block{}))

// blocks implements Order.
type blocks struct{ a *arena.Arena }

func (b blocks) at(ref arena.Ref) *block { return (*block)(b.a.Ptr(ref)) }

func (b blocks) Key(ref arena.Ref) uint64 { return b.at(ref).key }

func (b blocks) Compare(ref arena.Ref, text string) int {
	return cmp.Compare(string(b.at(ref).text[:]), text)
}

func (b blocks) alloc(key, text uint64) arena.Ref {
	if err := b.a.Reserve(blockSize); err != nil {
		panic(err)
	}
	ref := b.a.Alloc(blockSize)
	*b.at(ref) = block{key: key, text: textOf(text)}
	return ref
}

func textOf(n uint64) (t [8]byte) {
	binary.BigEndian.PutUint64(t[:], n)
	return t
}

func text(n uint64) string { t := textOf(n); return string(t[:]) }

func newArena(t testing.TB) *arena.Arena {
	t.Helper()
	m := arena.NewMemory()
	t.Cleanup(func() { m.Close() })
	return arena.New(m)
}

// checker walks a whole tree and finds what is wrong.
type checker struct {
	core
	leaves, inners uint32
	items          []arena.Ref
	weights        []int
}

// check returns the items of a tree from first to last and their weights. Nodes but those at the edges must be half full.
func check(t reporter, co core) ([]arena.Ref, []int) {
	t.Helper()
	c := checker{core: co}
	if co.t.height == 0 {
		if *co.t != (Tree{}) {
			t.Fatalf("empty tree is %+v", *co.t)
		}
		return nil, nil
	}
	got, err := c.node(co.t.root, int(co.t.height)-1, true, true)
	switch {
	case err != nil:
		t.Fatalf("%v", err)
	case got.weight != co.t.weight:
		t.Fatalf("weight %d, said to be %d", got.weight, co.t.weight)
	case c.leaves != co.t.leaves || c.inners != co.t.inners:
		t.Fatalf("%d leaves, %d inner nodes, said to be %+v", c.leaves, c.inners, *co.t)
	case co.t.height > 1 && innerAt(co.a, co.t.root).count < 2:
		t.Fatalf("root of height %d has one child", co.t.height)
	}
	return c.items, c.weights
}

type reporter interface {
	Helper()
	Fatalf(string, ...any)
}

// node checks a subtree and returns what its parent should know of it.
func (c *checker) node(ref arena.Ref, level int, first, last bool) (child, error) {
	if level == 0 {
		return c.leaf(ref, first || last)
	}
	c.inners++
	n := innerAt(c.a, ref)
	count := int(n.count)
	if count > innerMax || count < 1 || !first && !last && count < innerMin {
		return child{}, fmt.Errorf("inner node with %d children at level %d", count, level)
	}
	all := child{kid: ref, key: n.keys[0], first: n.firsts[0]}
	for i := range count {
		got, err := c.node(n.kids[i], level-1, first && i == 0, last && i == count-1)
		if err != nil {
			return child{}, err
		}
		is := n.child(i)
		if c.o == nil {
			is.first, is.key, got.first, got.key = 0, 0, 0, 0
		}
		if got != is {
			return child{}, fmt.Errorf("child %d of %d at level %d is %+v, said to be %+v", i, count, level, got, is)
		}
		all.weight += got.weight
	}
	return all, nil
}

func (c *checker) leaf(ref arena.Ref, edge bool) (child, error) {
	c.leaves++
	l := leafAt(c.a, ref)
	count := int(l.count)
	if count > leafMax || count < 1 || !edge && count < leafMin {
		return child{}, fmt.Errorf("leaf with %d items", count)
	}
	is := child{kid: ref, first: l.refs[0], weight: c.weightOf(l, 0, count)}
	for i, item := range l.refs[:count] {
		c.items = append(c.items, item)
		if c.o == nil {
			c.weights = append(c.weights, int(l.tags[i]))
			continue
		}
		c.weights = append(c.weights, 1)
		key := c.o.Key(item)
		if h, where := l.hint(key); where != inside || h != l.tags[i] {
			return child{}, fmt.Errorf("hint of %x is %d by frame %x >> %d (%d), but %d", key, h, l.base, l.shift, where, l.tags[i])
		}
	}
	if c.o != nil {
		is.key = c.o.Key(l.refs[0])
		for i := count; i < len(l.tags); i++ {
			if l.tags[i] != unusedHint {
				return child{}, fmt.Errorf("unused hint %d of %d is %d", i, count, l.tags[i])
			}
		}
	}
	return is, nil
}

// keyspaces are ways to choose keys: near and far apart, all the same, few,
// with gaps of all sizes.
var keyspaces = map[string]func(*rand.Rand) uint64{
	"dense":    func(r *rand.Rand) uint64 { return 1<<40 + r.Uint64N(2000) },
	"wide":     func(r *rand.Rand) uint64 { return r.Uint64() },
	"same":     func(*rand.Rand) uint64 { return 7 },
	"few":      func(r *rand.Rand) uint64 { return r.Uint64N(4) * (1<<64 - 1) / 3 },
	"clusters": func(r *rand.Rand) uint64 { return r.Uint64() >> r.UintN(64) },
	"low":      func(r *rand.Rand) uint64 { return r.Uint64N(100) },
	"high":     func(r *rand.Rand) uint64 { return ^r.Uint64N(100) },
}
