package keyspace

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"
)

// fakeClock is a clock that stands still until it is told to move.
type fakeClock struct{ millis atomic.Int64 }

func (c *fakeClock) Now() time.Time          { return time.UnixMilli(c.millis.Load()) }
func (c *fakeClock) advance(d time.Duration) { c.millis.Add(d.Milliseconds()) }
func (c *fakeClock) in(d time.Duration) int64 {
	return c.millis.Load() + d.Milliseconds()
}

func newClock() *fakeClock {
	c := &fakeClock{}
	c.millis.Store(1_700_000_000_000)
	return c
}

// open returns a keyspace without maintenance and a view of its database 0.
// The clock stands still unless o has one.
func open(t testing.TB, o Options) (*Keyspace, View) {
	t.Helper()
	o.NoMaintenance = true
	if o.Clock == nil {
		o.Clock = newClock()
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	ks, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ks.Close() })
	return ks, viewOf(ks, 0)
}

func viewOf(ks *Keyspace, db int) View {
	v, err := ks.View(db)
	if err != nil {
		panic(err)
	}
	return v
}

// set stores a string; expireAt zero is never.
func set(v View, key string, value []byte, expireAt int64) error {
	if expireAt == 0 && v.Overwrite(key, value) {
		return nil
	}
	var s Slot
	if err := s.LockGrow(v, key, len(value)); err != nil {
		return err
	}
	defer s.Unlock()
	b, err := s.Put(String, Embedded, len(value), expireAt)
	if err != nil {
		return err
	}
	copy(b, value)
	s.Notify(ClassString, "set")
	return nil
}

func mustSet(t testing.TB, v View, key, value string) {
	t.Helper()
	if err := set(v, key, []byte(value), 0); err != nil {
		t.Fatalf("set %q: %v", key, err)
	}
}

func del(v View, key string) bool {
	var s Slot
	if err := s.Lock(v, key); err != nil {
		return false
	}
	defer s.Unlock()
	existed := s.Exists()
	if existed {
		s.Delete()
		s.Notify(ClassGeneric, "del")
	}
	return existed
}

// get returns "(none)" for a key that does not exist.
func get(t testing.TB, v View, key string) string {
	t.Helper()
	b, ok, err := v.AppendString(nil, key)
	if err != nil {
		t.Fatalf("get %q: %v", key, err)
	}
	if !ok {
		return none
	}
	return string(b)
}

const none = "(none)"

func numbered(i int) string { return fmt.Sprintf("key:%07d", i) }

// settle has maintenance run until it finds nothing to do.
func settle(t testing.TB, ks *Keyspace) {
	t.Helper()
	quiet := 0
	for range 100_000 {
		if ks.Maintain() {
			quiet = 0
			continue
		}
		if quiet++; quiet == 8 {
			return
		}
	}
	t.Fatal("maintenance does not come to rest")
}

// check compares every count of the keyspace with what it counts.
func check(t testing.TB, ks *Keyspace) {
	t.Helper()
	for _, sh := range ks.shards {
		sh.mu.Lock()
		for db := range sh.ks.databases {
			sh.checkIndex(t, db)
		}
		sh.mu.Unlock()
	}
}

func (sh *shard) checkIndex(t testing.TB, db int) {
	t.Helper()
	ix := sh.index(db)
	entries, volatile, structured, perishable := 0, 0, 0, 0
	var byType [len(ix.byType)]uint32
	for cursor := uint64(0); ; {
		refs, next := ix.table.Walk(sh.arena, cursor, nil)
		for _, ref := range refs {
			p, at := sh.entry(ref)
			key := string([]byte(at.keyAt(p)))
			h := sh.ks.hash(key)
			if sh.ks.shardOf(key, h) != sh {
				t.Errorf("key %q is in shard %d", key, sh.number)
			}
			s := Slot{shard: sh, index: ix, key: key, hash: h}
			if s.find(); s.ref != ref {
				t.Errorf("key %q is found at %d, not at %d", key, s.ref, ref)
			}
			entries++
			byType[at.typ()]++
			if at.hasExpiry() {
				volatile++
			}
			if k := at.kind(); k != nil {
				structured++
				if k.Elements != nil {
					perishable++
				}
			}
		}
		if cursor = next; next == 0 {
			break
		}
	}
	if entries != ix.table.Len() {
		t.Errorf("shard %d database %d: table of %d has %d entries", sh.number, db, ix.table.Len(), entries)
	}
	if !ix.moving && (volatile != ix.volatile || structured != ix.structured || perishable != ix.perishable) {
		t.Errorf("shard %d database %d: counts %d volatile, %d structured and %d perishable, has %d, %d and %d",
			sh.number, db, ix.volatile, ix.structured, ix.perishable, volatile, structured, perishable)
	}
	if !ix.moving && byType != ix.byType {
		t.Errorf("shard %d database %d: counts %d of each type, has %d", sh.number, db, ix.byType, byType)
	}
}
