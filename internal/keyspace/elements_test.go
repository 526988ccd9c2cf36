package keyspace

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/larderkv/larder/hashtable"
)

// fuses is a type of value for these tests: times at which elements expire, in
// the entry itself, zero for one that has.
const (
	fusesType     = Type(14)
	fusesEncoding = Encoding(7)
	calmEncoding  = Encoding(6) // the same without expiry
)

func init() {
	kind := Kind{
		Name:     "fuses",
		Release:  func(*hashtable.Env, []byte, int) bool { return true },
		Copier:   func() Copier { return new(fuseCopier) },
		Relocate: func(*hashtable.Env, []byte, uint64, int) uint64 { return 0 },
		Size:     func(*hashtable.Env, []byte) int { return 0 },
	}
	calm := kind
	RegisterKind(fusesType, calmEncoding, &calm)
	kind.Elements = &ElementExpiry{Class: ClassHash, Event: "burned", Earliest: earliestFuse, Expire: burnFuses}
	RegisterKind(fusesType, fusesEncoding, &kind)
}

// fuseCopier implements Copier.
type fuseCopier struct{ root []byte }

func (c *fuseCopier) Some(_, _ *hashtable.Env, root []byte, _ int) (bool, error) {
	c.root = slices.Clone(root)
	return true, nil
}

func (c *fuseCopier) Root(dst []byte) []byte { return append(dst, c.root...) }

func earliestFuse(root []byte) int64 {
	earliest := int64(math.MaxInt64)
	for i := 0; i < len(root); i += 8 {
		if at := binary.LittleEndian.Uint64(root[i:]); at != 0 {
			earliest = min(earliest, int64(at))
		}
	}
	return earliest
}

func burnFuses(_ *hashtable.Env, root []byte, now int64, budget int) (removed int, more bool, left int) {
	for i := 0; i < len(root); i += 8 {
		at := int64(binary.LittleEndian.Uint64(root[i:]))
		switch {
		case at == 0:
		case at >= now:
			left++
		case removed == budget:
			left++
			more = true
		default:
			binary.LittleEndian.PutUint64(root[i:], 0)
			removed++
		}
	}
	return removed, more, left
}

func putFuses(t testing.TB, v View, key string, e Encoding, at ...int64) {
	t.Helper()
	var s Slot
	if err := s.Lock(v, key); err != nil {
		t.Fatal(err)
	}
	defer s.Unlock()
	b, err := s.Put(fusesType, e, 8*len(at), 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, ms := range at {
		binary.LittleEndian.PutUint64(b[8*i:], uint64(ms))
	}
}

// left returns how many elements an operation sees, -1 if the key does not exist.
func left(t testing.TB, v View, key string) int {
	t.Helper()
	var s Slot
	if err := s.Lock(v, key); err != nil {
		t.Fatal(err)
	}
	defer s.Unlock()
	if !s.Exists() {
		return -1
	}
	n := 0
	for b := s.Value(); len(b) > 0; b = b[8:] {
		if binary.LittleEndian.Uint64(b) != 0 {
			n++
		}
	}
	return n
}

func TestElementsExpireWhenMet(t *testing.T) {
	t.Parallel()
	clock := newClock()
	ks, v := open(t, Options{Shards: 1, Clock: clock})
	var events []string
	ks.Listen(func(e Event) { events = append(events, e.Name+" "+e.Key) })
	putFuses(t, v, "k", fusesEncoding, clock.in(time.Second), clock.in(time.Second), clock.in(time.Minute))
	putFuses(t, v, "calm", calmEncoding, clock.in(time.Second))
	check(t, ks)
	w := ks.NewWatch()
	defer w.Close()
	if err := w.Add(v, "k"); err != nil {
		t.Fatal(err)
	}
	clock.advance(time.Second)
	if n := left(t, v, "k"); n != 3 {
		t.Errorf("at the very time: %d elements", n)
	}
	if dirty, _ := w.Changed(v); dirty {
		t.Error("nothing expired, but a watch noticed")
	}
	clock.advance(time.Millisecond)
	if n := left(t, v, "k"); n != 1 {
		t.Errorf("after the time: %d elements", n)
	}
	if dirty, _ := w.Changed(v); !dirty {
		t.Error("no watch noticed that elements expired")
	}
	clock.advance(time.Hour)
	if n := left(t, v, "k"); n != -1 {
		t.Errorf("after all: %d elements", n)
	}
	if n := left(t, v, "calm"); n != 1 {
		t.Errorf("elements of the other kind: %d", n)
	}
	if want := []string{"burned k", "burned k", "del k"}; !slices.Equal(events, want) {
		t.Errorf("events %q, want %q", events, want)
	}
	check(t, ks)
}

// TestElementsAreSwept: elements expire though nobody asks for their keys, of large values
// a slice at a time.
func TestElementsAreSwept(t *testing.T) {
	t.Parallel()
	clock := newClock()
	ks, v := open(t, Options{Shards: 2, Clock: clock})
	events := map[string]int{}
	ks.Listen(func(e Event) { events[e.Name]++ })
	const keys = 500
	for i := range keys {
		// Every other key keeps an element.
		putFuses(t, v, numbered(i), fusesEncoding, clock.in(time.Second), clock.in(time.Hour+time.Duration(i%2)*time.Hour))
	}
	large := make([]int64, 10*sliceEntries)
	for i := range large {
		large[i] = clock.in(time.Second)
	}
	putFuses(t, v, "large", fusesEncoding, large...)
	clock.advance(2 * time.Second)
	settle(t, ks)
	if events["burned"] != keys+10 || events["del"] != 1 {
		t.Errorf("events %v, want %d of elements and one of a key", events, keys+10)
	}
	clock.advance(time.Hour)
	settle(t, ks)
	if n := ks.Stats().Keys; n != keys/2 {
		t.Errorf("%d keys are left, want %d", n, keys/2)
	}
	check(t, ks)
	clock.advance(time.Hour)
	settle(t, ks)
	nothingLeft(t, ks)
	check(t, ks)
}

// TestElementExpiryIsCounted through the changes that keep or end it.
func TestElementExpiryIsCounted(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 1})
	putFuses(t, v, "a", calmEncoding, 1<<60)
	var s Slot
	s.Lock(v, "a")
	s.SetEncoding(fusesEncoding)
	if err := s.SetExpireAt(1 << 60); err != nil {
		t.Fatal(err)
	}
	s.Unlock()
	check(t, ks)
	if err := copyKey(v, "a", "b"); err != nil {
		t.Fatal(err)
	}
	if err := moveKey(v, "a", "c"); err != nil {
		t.Fatal(err)
	}
	check(t, ks)
	if n := ks.shards[0].index(0).perishable; n != 2 {
		t.Errorf("%d keys have elements that expire, want 2", n)
	}
	mustSet(t, v, "b", "x")
	del(v, "c")
	check(t, ks)
	if n := ks.shards[0].index(0).perishable; n != 0 {
		t.Errorf("%d keys have elements that expire, want none", n)
	}
}
