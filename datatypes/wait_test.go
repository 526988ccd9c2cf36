package datatypes_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
)

// TestNilContext: whoever recovers from the panic of a nil context has left no wait behind that takes what comes next.
func TestNilContext(t *testing.T) {
	s := openStores(t)
	var none context.Context
	for name, wait := range map[string]func(){
		"BLPop":   func() { s.lists.BLPop(none, "k") },
		"BMove":   func() { s.lists.BMove(none, "k", "other", datatypes.Left, datatypes.Left) },
		"BPopMin": func() { s.sorted.BPopMin(none, "sorted") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s takes a nil context", name)
				}
			}()
			wait()
		}()
	}
	if _, err := s.lists.RPush("k", []byte("mine")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.sorted.Add("sorted", datatypes.Scored{Member: "mine"}); err != nil {
		t.Fatal(err)
	}
	if n, _ := s.keys.Exists("k", "sorted"); n != 2 {
		t.Errorf("of two keys %d are left", n)
	}
}

// TestBlockingPopsOfMany let others have their turn when what they pop is there.
func TestBlockingPopsOfMany(t *testing.T) {
	t.Parallel()
	turns := 0
	f := newFixture(t, keyspace.Options{OnTurn: func() { turns++ }})
	pushNumbers(t, f, "k", many)
	turns = 0
	p, err := f.lists.BMPop(t.Context(), datatypes.Left, many, "none", "k")
	if p.Key != "k" || len(p.Values) != many || err != nil || turns < many/1000 {
		t.Errorf("list: %d of %q in %d turns, %v", len(p.Values), p.Key, turns, err)
	}
	scored := make([]datatypes.Scored, many)
	for i := range scored {
		scored[i] = datatypes.Scored{Member: fmt.Sprint(i), Score: float64(i)}
	}
	if _, err := f.sortedSets().Add("z", scored...); err != nil {
		t.Fatal(err)
	}
	turns = 0
	z, err := f.sortedSets().BPopFirst(t.Context(), many, false, "none", "z")
	if z.Key != "z" || !slices.Equal(z.Members, scored) || err != nil || turns < many/1000 {
		t.Errorf("sorted set: %d of %q in %d turns, %v", len(z.Members), z.Key, turns, err)
	}
}
