package datatypes_test

import (
	"context"
	"testing"

	"github.com/larderkv/larder/datatypes"
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
