package datatypes_test

import (
	"testing"

	"github.com/larderkv/larder/datatypes"
)

// TestNilContext: whoever recovers from the panic of a nil context has left no wait behind that takes what comes next.
func TestNilContext(t *testing.T) {
	s := openStores(t)
	for name, wait := range map[string]func(){
		"BLPop":   func() { s.lists.BLPop(nil, "k") },
		"BMove":   func() { s.lists.BMove(nil, "k", "other", datatypes.Left, datatypes.Left) },
		"BPopMin": func() { s.sorted.BPopMin(nil, "sorted") },
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
