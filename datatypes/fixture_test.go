package datatypes_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/internal/keyspace"
)

// clock is a clock that stands still until it is told to move.
type clock struct{ millis atomic.Int64 }

func (c *clock) Now() time.Time          { return time.UnixMilli(c.millis.Load()) }
func (c *clock) advance(d time.Duration) { c.millis.Add(d.Milliseconds()) }

// startMillis is where the clocks of these tests start.
const startMillis = 1_700_000_000_000

// fixture is a keyspace with the stores of its first database.
type fixture struct {
	datatypes.Strings
	keys  datatypes.Keys
	lists datatypes.Lists
	ks    *keyspace.Keyspace
	view  keyspace.View
	clock *clock
}

// cleaner is what a fixture needs of testing.TB; rapid.T has it too.
type cleaner interface {
	Cleanup(func())
	Fatal(...any)
}

func newFixture(t cleaner, o keyspace.Options) *fixture {
	f := &fixture{clock: &clock{}}
	f.clock.millis.Store(startMillis)
	o.Clock = f.clock
	o.NoMaintenance = true
	if o.Shards == 0 {
		o.Shards = 8
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	var err error
	if f.ks, err = keyspace.Open(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.ks.Close() })
	f.view, _ = f.ks.View(0)
	f.Strings, f.keys = datatypes.NewStrings(f.view), datatypes.NewKeys(f.view)
	f.lists = datatypes.NewLists(f.view)
	return f
}

func open(t cleaner) *fixture { return newFixture(t, keyspace.Options{}) }

// db returns the stores of another database.
func (f *fixture) db(n int) (datatypes.Strings, datatypes.Keys) {
	v, err := f.ks.View(n)
	if err != nil {
		panic(err)
	}
	return datatypes.NewStrings(v), datatypes.NewKeys(v)
}

// put sets keys and values that alternate in pairs.
func (f *fixture) put(t testing.TB, pairs ...string) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if _, err := f.Set(pairs[i], []byte(pairs[i+1]), datatypes.SetOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}

// putTTL sets a key that expires.
func (f *fixture) putTTL(t testing.TB, key, value string, ttl time.Duration) {
	t.Helper()
	if _, err := f.Set(key, []byte(value), datatypes.SetOptions{TTL: ttl}); err != nil {
		t.Fatal(err)
	}
}

// packedHash is the encoding of small hashes.
const packedHash = keyspace.Encoding(1)

// putHash makes a key hold something that is no string, and announces nothing.
func (f *fixture) putHash(t testing.TB, key string) {
	t.Helper()
	var s keyspace.Slot
	if err := s.Lock(f.view, key); err != nil {
		t.Fatal(err)
	}
	defer s.Unlock()
	pack := encoding.NewPairs(nil).Append(encoding.TextElement([]byte("field")), encoding.TextElement([]byte("value")))
	b, err := s.Put(keyspace.Hash, packedHash, len(pack), 0)
	if err != nil {
		t.Fatal(err)
	}
	copy(b, pack)
}

// none is what text returns for a key that does not exist.
const none = "(none)"

// text returns the key's value, none if there is none.
func (f *fixture) text(t testing.TB, key string) string {
	t.Helper()
	return textIn(t, f.Strings, key)
}

func textIn(t testing.TB, st datatypes.Strings, key string) string {
	t.Helper()
	v, ok, err := st.Get(key)
	if err != nil {
		t.Fatalf("Get(%q): %v", key, err)
	}
	if !ok {
		return none
	}
	return string(v)
}

// missing is what ttl returns for a key that does not exist.
const missing time.Duration = -2

func (f *fixture) ttl(t testing.TB, key string) time.Duration {
	t.Helper()
	ttl, ok, err := f.keys.TTL(key)
	if err != nil {
		t.Fatalf("TTL(%q): %v", key, err)
	}
	if !ok {
		return missing
	}
	return ttl
}

// at returns a point in time relative to the start of the clock.
func at(d time.Duration) time.Time { return time.UnixMilli(startMillis).Add(d) }

// sameShard reports whether two keys are in one shard.
func (f *fixture) sameShard(a, b string) bool {
	var tx keyspace.Tx
	if tx.Begin(f.view, a) != nil {
		return false
	}
	defer tx.End()
	_, err := datatypes.NewKeys(tx.View(f.view)).Exists(b)
	return err == nil
}
