package datatypes_test

import (
	"reflect"
	"testing"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
)

// calls are the methods of a store, each with what calls it on a key and returns
// its error.
type calls[S any] map[string]func(st S, key string) error

// check tests what holds for all methods of a store: those that work on a closed
// keyspace, a key of another type or one that a transaction doesn't cover say so.
// careless are those that do not mind another type.
func (c calls[S]) check(t *testing.T, open func(keyspace.View) S, careless ...string) {
	t.Run("complete", func(t *testing.T) {
		for m := range reflect.TypeFor[S]().Methods() {
			if c[m.Name] == nil {
				t.Errorf("%s is not in the table", m.Name)
			}
		}
	})
	t.Run("closed", func(t *testing.T) { c.closed(t, open) })
	t.Run("wrong type", func(t *testing.T) { c.wrongType(t, open, careless) })
	t.Run("not declared", func(t *testing.T) { c.notDeclared(t, open) })
}

func (c calls[S]) closed(t *testing.T, store func(keyspace.View) S) {
	f := open(t)
	if err := f.ks.Close(); err != nil {
		t.Fatal(err)
	}
	for name, call := range c {
		if err := call(store(f.view), "k"); err != datatypes.ErrClosed {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func (c calls[S]) wrongType(t *testing.T, store func(keyspace.View) S, careless []string) {
	f := open(t)
	for name, call := range c {
		want := datatypes.ErrWrongType
		for _, n := range careless {
			if n == name {
				want = nil
			}
		}
		f.putHash(t, "h")
		if err := call(store(f.view), "h"); err != want {
			t.Errorf("%s: %v", name, err)
		}
		if typ, _, _ := f.keys.Type("h"); want != nil && typ != datatypes.TypeHash {
			t.Errorf("%s left a %v", name, typ)
		}
	}
}

func (c calls[S]) notDeclared(t *testing.T, store func(keyspace.View) S) {
	f := newFixture(t, keyspace.Options{Shards: 2})
	declared := "declared"
	other := pairs(t, f)["two shards"]
	key := other[0]
	if f.sameShard(declared, key) {
		key = other[1]
	}
	var tx keyspace.Tx
	if err := tx.Begin(f.view, declared); err != nil {
		t.Fatal(err)
	}
	defer tx.End()
	st, keys := store(tx.View(f.view)), datatypes.NewKeys(tx.View(f.view))
	for name, call := range c {
		keys.Del(declared) // which the call before may have made
		if err := call(st, key); err != datatypes.ErrNotDeclared {
			t.Errorf("%s: %v", name, err)
		}
		if err := call(st, declared); err != nil {
			t.Errorf("%s of a declared key: %v", name, err)
		}
		if _, err := datatypes.NewKeys(tx.View(f.view)).Del(declared); err != nil {
			t.Fatal(err)
		}
	}
}
