package keyspace

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
	"unsafe"

	"github.com/larderkv/larder/hashtable"
	"github.com/larderkv/larder/internal/arena"
)

// bag is a type of value for these tests: a set of numbers in blocks of
// different sizes, found through a table. The entry holds the ref of a block
// that holds the table.
const (
	bagType       = Type(15)
	bagEncoding   = Encoding(7)
	denseEncoding = Encoding(8)
)

func init() {
	RegisterKind(bagType, denseEncoding, &Kind{Name: "dense"})
	RegisterKind(bagType, bagEncoding, &Kind{Name: "bag", Release: releaseBag, Copier: func() Copier { return new(bagCopier) }, Relocate: relocateBag, Size: bagSize})
}

type bag struct {
	table *hashtable.Table
	env   *hashtable.Env
}

const bagHeader = int(unsafe.Sizeof(hashtable.Table{}))

func bagOf(env *hashtable.Env, root []byte) bag {
	ref := arena.Ref(binary.LittleEndian.Uint32(root))
	return bag{(*hashtable.Table)(env.Arena.Ptr(ref)), env}
}

func newBag(env *hashtable.Env) (bag, []byte) {
	ref := env.Arena.Alloc(bagHeader)
	clear(env.Arena.Bytes(ref, bagHeader))
	root := binary.LittleEndian.AppendUint32(nil, uint32(ref))
	return bagOf(env, root), root
}

// itemSize varies so that blocks of several classes are used.
func itemSize(n uint64) int { return 8 + int(n%23)*8 }

func (b bag) number(ref arena.Ref) uint64 { return *(*uint64)(b.env.Arena.Ptr(ref)) }

func bagHash(n uint64) uint64 {
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

// Hashes implements hashtable.Entries.
func (b bag) Hashes(refs []arena.Ref, hashes []uint64) {
	for i, ref := range refs {
		hashes[i] = bagHash(b.number(ref))
	}
}

func (b bag) add(n uint64) {
	size := itemSize(n)
	if err := b.env.Arena.Reserve(size + b.table.InsertReserve()); err != nil {
		panic(err)
	}
	ref := b.env.Arena.Alloc(size)
	item := b.env.Arena.Bytes(ref, size)
	for i := 0; i < size; i += 8 {
		binary.LittleEndian.PutUint64(item[i:], n)
	}
	b.table.Insert(b.env, b, bagHash(n), ref)
}

// remover frees all it sees, up to a number.
type remover struct {
	bag
	left *int
}

// Visit implements hashtable.Visitor.
func (r remover) Visit(refs []arena.Ref) {
	for i, ref := range refs {
		if *r.left == 0 {
			return
		}
		*r.left--
		r.env.Arena.Free(ref, itemSize(r.number(ref)))
		refs[i] = 0
	}
}

func releaseBag(env *hashtable.Env, root []byte, budget int) (done bool) {
	b := bagOf(env, root)
	for cursor := uint64(0); b.table.Len() > 0; {
		if budget == 0 {
			return false
		}
		cursor = b.table.Visit(env, b, cursor, remover{b, &budget})
	}
	b.table.Clear(env)
	env.Arena.Free(arena.Ref(binary.LittleEndian.Uint32(root)), bagHeader)
	return true
}

func (b bag) each(fn func(n uint64, item []byte)) {
	for cursor := uint64(0); ; {
		refs, next := b.table.Walk(b.env.Arena, cursor, nil)
		for _, ref := range refs {
			n := b.number(ref)
			fn(n, b.env.Arena.Bytes(ref, itemSize(n)))
		}
		if cursor = next; next == 0 {
			return
		}
	}
}

// errRefused is what copies of bags of refusedSize fail with.
var errRefused = errors.New("refused")

const refusedSize = 666

// bagCopier implements Copier. It copies all at once.
type bagCopier struct{ root []byte }

func (c *bagCopier) Some(to, from *hashtable.Env, root []byte, _ int) (bool, error) {
	b := bagOf(from, root)
	if b.table.Len() == refusedSize {
		return false, errRefused
	}
	var copied bag
	copied, c.root = newBag(to)
	b.each(func(n uint64, _ []byte) { copied.add(n) })
	return true, nil
}

func (c *bagCopier) Root(dst []byte) []byte { return append(dst, c.root...) }

// mover moves items out of pages that are being evacuated.
type itemMover struct{ bag }

// Visit implements hashtable.Visitor.
func (m itemMover) Visit(refs []arena.Ref) {
	a := m.env.Arena
	for i, ref := range refs {
		if a.Evacuating(ref) {
			size := itemSize(m.number(ref))
			to := a.Alloc(size)
			copy(a.Bytes(to, size), a.Bytes(ref, size))
			a.Free(ref, size)
			refs[i] = to
		}
	}
}

func relocateBag(env *hashtable.Env, root []byte, cursor uint64, budget int) (next uint64) {
	a := env.Arena
	if ref := arena.Ref(binary.LittleEndian.Uint32(root)); a.Evacuating(ref) {
		to := a.Alloc(bagHeader)
		copy(a.Bytes(to, bagHeader), a.Bytes(ref, bagHeader))
		a.Free(ref, bagHeader)
		binary.LittleEndian.PutUint32(root, uint32(to))
	}
	b := bagOf(env, root)
	for ; budget > 0; budget -= 12 {
		b.table.Relocate(a, cursor)
		if cursor = b.table.Visit(env, b, cursor, itemMover{b}); cursor == 0 {
			return 0
		}
	}
	return cursor
}

func bagSize(env *hashtable.Env, root []byte) int {
	b := bagOf(env, root)
	n := arena.ClassSize(bagHeader) + b.table.Stats(env.Arena).Bytes
	b.each(func(_ uint64, item []byte) { n += arena.ClassSize(len(item)) })
	return n
}

// putBag makes a key hold a bag of the numbers below n.
func putBag(t testing.TB, v View, key string, n int, expireAt int64) {
	t.Helper()
	var s Slot
	if err := s.LockGrow(v, key, 0); err != nil {
		t.Fatal(err)
	}
	defer s.Unlock()
	s.BeginWrite()
	b, root := newBag(s.Env())
	for i := range n {
		b.add(uint64(i))
	}
	value, err := s.Put(bagType, bagEncoding, len(root), expireAt)
	if err != nil {
		t.Fatal(err)
	}
	copy(value, root)
}

// checkBag reports what is wrong with a bag that should hold the numbers
// below n; with n negative, with a key that should not exist.
func checkBag(t testing.TB, v View, key string, n int) {
	t.Helper()
	var s Slot
	if err := s.Lock(v, key); err != nil {
		t.Fatal(err)
	}
	defer s.Unlock()
	if s.Exists() != (n >= 0) {
		t.Errorf("bag %q exists: %v", key, s.Exists())
		return
	}
	if n < 0 {
		return
	}
	if s.Type() != bagType || s.EncodingName() != "bag" {
		t.Errorf("bag %q is a %v, %s", key, s.Type(), s.EncodingName())
		return
	}
	seen := make([]bool, n)
	b := bagOf(s.Env(), s.Value())
	b.each(func(number uint64, item []byte) {
		if number >= uint64(n) || seen[number] {
			t.Fatalf("bag %q holds %d, or holds it twice", key, number)
		}
		seen[number] = true
		for i := 0; i < len(item); i += 8 {
			if binary.LittleEndian.Uint64(item[i:]) != number {
				t.Fatalf("bag %q: item %d is damaged", key, number)
			}
		}
		p := b.table.Probe(b.env.Arena, bagHash(number))
		for ref := p.Next(); ; ref = p.Next() {
			if ref == 0 {
				t.Fatalf("bag %q: item %d is not found", key, number)
			}
			if b.number(ref) == number {
				break
			}
		}
	})
	if b.table.Len() != n {
		t.Errorf("bag %q holds %d numbers, want %d", key, b.table.Len(), n)
	}
}

// nothingLeft checks that an empty keyspace uses no memory.
func nothingLeft(t testing.TB, ks *Keyspace) {
	t.Helper()
	settle(t, ks)
	if st := ks.Stats(); st.UsedBytes != 0 || st.Garbage != 0 || st.Keys != 0 || st.Volatile != 0 {
		t.Errorf("left of an empty keyspace: %+v", st)
	}
}

// otherShard returns a key that is not in the shard of key.
func otherShard(ks *Keyspace, key string) string {
	for i := 0; ; i++ {
		other := fmt.Sprint("other", i)
		if ks.shardOf(other, ks.hash(other)) != ks.shardOf(key, ks.hash(key)) {
			return other
		}
	}
}

// within runs fn with the shards of keys locked.
func within(v View, fn func(View) error, keys ...string) error {
	var tx Tx
	if err := tx.Begin(v, keys...); err != nil {
		return err
	}
	defer tx.End()
	return fn(tx.View(v))
}

func copyKey(v View, from, to string) error {
	return within(v, func(v View) error {
		var src, dst Slot
		src.Lock(v, from)
		dst.Lock(v, to)
		return src.CopyTo(&dst, src.ExpireAt())
	}, from, to)
}

func moveKey(v View, from, to string) error {
	return within(v, func(v View) error {
		var src, dst Slot
		src.Lock(v, from)
		dst.Lock(v, to)
		return src.MoveTo(&dst)
	}, from, to)
}

func TestStructures(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 10, 65, 3000} {
		ks, v := open(t, Options{Shards: 4})
		there := otherShard(ks, "{a}1")
		putBag(t, v, "{a}1", n, 0)
		checkBag(t, v, "{a}1", n)
		used := ks.Stats().UsedBytes
		var s Slot
		s.Lock(v, "{a}1")
		if got := int64(s.MemoryUsage()); got > used+128 || got < used-128 {
			t.Errorf("%d bytes, by usage %d", used, got)
		}
		s.Unlock()

		for _, to := range []string{"{a}2", there} {
			if err := copyKey(v, "{a}1", to); err != nil {
				t.Fatal(err)
			}
			checkBag(t, v, to, n)
			checkBag(t, v, "{a}1", n)
		}
		for _, step := range [][2]string{{"{a}1", "{a}3"}, {"{a}3", there}, {there, "{a}1"}} {
			if err := moveKey(v, step[0], step[1]); err != nil {
				t.Fatal(err)
			}
			checkBag(t, v, step[0], -1)
			checkBag(t, v, step[1], n)
		}
		check(t, ks)
		mustSet(t, v, "{a}1", "a string")
		if got := get(t, v, "{a}1"); got != "a string" {
			t.Errorf("string over a bag: %q", got)
		}
		putBag(t, v, "{a}1", n, 0)
		checkBag(t, v, "{a}1", n)
		del(v, "{a}1")
		del(v, "{a}2")
		nothingLeft(t, ks)
	}
}

// TestDenseKind: a collection that is nothing but bytes is handled as a string is.
func TestDenseKind(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 4})
	there := otherShard(ks, "from")
	put := func(s *Slot, content string) {
		b, err := s.Put(bagType, denseEncoding, len(content), 0)
		if err != nil {
			t.Fatal(err)
		}
		copy(b, content)
	}
	check := func(key, want string) {
		t.Helper()
		var s Slot
		s.Lock(v, key)
		defer s.Unlock()
		if string(s.Value()) != want || s.Type() != bagType || s.EncodingName() != "dense" {
			t.Errorf("%q holds %q, a %q", key, s.Value(), s.EncodingName())
		}
		if n := s.MemoryUsage(); n > 64 {
			t.Errorf("%d bytes", n)
		}
	}
	var s Slot
	s.Lock(v, "from")
	put(&s, "some bytes")
	s.Unlock()
	if err := copyKey(v, "from", there); err != nil {
		t.Fatal(err)
	}
	check(there, "some bytes")
	if err := moveKey(v, "from", there); err != nil {
		t.Fatal(err)
	}
	s.Lock(v, there)
	put(&s, "others")
	s.Unlock()
	check(there, "others")
	del(v, there)
	nothingLeft(t, ks)
}

// TestFailedCopyOfStructure: an error leaves both keys as they were.
func TestFailedCopyOfStructure(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 4})
	putBag(t, v, "from", refusedSize, 0)
	to := otherShard(ks, "from")
	mustSet(t, v, to, "old")
	used := ks.Stats().UsedBytes
	for name, op := range map[string]func(View, string, string) error{"copy": copyKey, "move": moveKey} {
		if err := op(v, "from", to); err != errRefused {
			t.Errorf("%s: %v", name, err)
		}
		checkBag(t, v, "from", refusedSize)
		if got := get(t, v, to); got != "old" {
			t.Errorf("%s: destination holds %q", name, got)
		}
	}
	if got := ks.Stats().UsedBytes; got != used {
		t.Errorf("%d bytes in use, before %d", got, used)
	}
}

// TestStructuresGo has structures end in every way there is.
func TestStructuresGo(t *testing.T) {
	t.Parallel()
	const bags, size = 40, 200
	for name, end := range map[string]func(ks *Keyspace, v View, clock *fakeClock) error{
		"flushed":           func(ks *Keyspace, v View, _ *fakeClock) error { return v.Flush(false) },
		"flushed in slices": func(ks *Keyspace, v View, _ *fakeClock) error { return v.Flush(true) },
		"all flushed":       func(ks *Keyspace, v View, _ *fakeClock) error { return v.FlushAll(false) },
		"expired and swept": func(_ *Keyspace, _ View, c *fakeClock) error { c.advance(time.Hour); return nil },
		"expired and noticed": func(_ *Keyspace, v View, c *fakeClock) error {
			c.advance(time.Hour)
			for i := range bags {
				del(v, numbered(i))
			}
			return nil
		},
		"evicted": func(ks *Keyspace, v View, _ *fakeClock) error {
			ks.SetPolicy(AllKeysRandom)
			for i := 0; ks.Stats().Keys > 0; i++ {
				sh := ks.shards[i%len(ks.shards)]
				sh.mu.Lock()
				sh.evictOne()
				sh.unlock()
			}
			return nil
		},
		"deleted": func(ks *Keyspace, v View, _ *fakeClock) error {
			for i := range bags {
				del(v, numbered(i))
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			clock := newClock()
			ks, v := open(t, Options{Shards: 2, Clock: clock})
			for i := range bags {
				putBag(t, v, numbered(i), size, clock.in(time.Minute))
			}
			for i := range 2000 { // strings among them
				if err := set(v, fmt.Sprint(i), nil, clock.in(time.Minute)); err != nil {
					t.Fatal(err)
				}
			}
			if err := end(ks, v, clock); err != nil {
				t.Fatal(err)
			}
			if name == "deleted" {
				v.Flush(true)
			}
			nothingLeft(t, ks)
		})
	}
}

// TestSweepPassesLivingStructures: a sweep removes what has expired and nothing
// else, though removing a structure takes a table of its own.
func TestSweepPassesLivingStructures(t *testing.T) {
	t.Parallel()
	clock := newClock()
	ks, v := open(t, Options{Shards: 1, Clock: clock})
	const bags = 300
	for i := range bags {
		at := int64(0)
		if i%3 == 0 {
			at = clock.in(time.Second)
		}
		putBag(t, v, numbered(i), 40, at)
	}
	clock.advance(time.Minute)
	settle(t, ks)
	for i := range bags {
		want := 40
		if i%3 == 0 {
			want = -1
		}
		checkBag(t, v, numbered(i), want)
	}
	check(t, ks)
	if st := ks.Stats(); st.Expired != bags/3 {
		t.Errorf("%d keys expired, want %d", st.Expired, bags/3)
	}
	v.Flush(false)
	nothingLeft(t, ks)
}

// TestCompactionOfStructures deletes nine of ten bags and expects the memory of
// the rest to come together, undamaged.
func TestCompactionOfStructures(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 1})
	const bags, size = 2000, 50
	for i := range bags {
		putBag(t, v, numbered(i), size, 0)
	}
	putBag(t, v, "large", 20_000, 0)
	src := rand.New(rand.NewPCG(1, 2))
	left := make(map[int]bool)
	for i := range bags {
		if src.IntN(10) == 0 {
			left[i] = true
			continue
		}
		del(v, numbered(i))
	}
	settle(t, ks)
	for i := range bags {
		want := -1
		if left[i] {
			want = size
		}
		checkBag(t, v, numbered(i), want)
	}
	checkBag(t, v, "large", 20_000)
	check(t, ks)
	st := ks.Stats()
	if st.ResidentBytes > st.UsedBytes*3/2+1<<20 {
		t.Errorf("%d bytes are resident, %d in use", st.ResidentBytes, st.UsedBytes)
	}
	v.Flush(false)
	nothingLeft(t, ks)
}

// TestCompactionOfWhatGoes: a structure goes while compaction is in the middle of
// it, and compaction still ends.
func TestCompactionOfWhatGoes(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 1})
	for i := range 400 {
		putBag(t, v, numbered(i), 200, 0)
	}
	putBag(t, v, "large", 20_000, 0)
	for i := range 400 {
		if i%10 > 0 {
			del(v, numbered(i))
		}
	}
	sh := ks.shards[0]
	for i := 0; !sh.compact.again; i++ {
		if ks.Maintain(); i > 10_000 {
			t.Fatal("compaction never was in the middle of a structure")
		}
	}
	v.Flush(true)
	for i := 0; ks.Maintain(); i++ {
		if i > 100_000 {
			t.Fatal("maintenance does not end")
		}
	}
	nothingLeft(t, ks)
}
