package modeltest_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/datatypes/modeltest"
	"pgregory.net/rapid"
)

// tenant is what a program puts in front of a cache: its tenants share one, and each has a prefix.
type tenant struct {
	datatypes.Strings
	prefix string
}

// Get is that of the store.
func (s tenant) Get(key string) ([]byte, bool, error) { return s.Strings.Get(s.prefix + key) }

// GetDel is that of the store.
func (s tenant) GetDel(key string) ([]byte, bool, error) { return s.Strings.GetDel(s.prefix + key) }

// Set is that of the store.
func (s tenant) Set(key string, value []byte, o datatypes.SetOptions) (bool, error) {
	return s.Strings.Set(s.prefix+key, value, o)
}

// TestTenant is all that it takes.
func TestTenant(t *testing.T) {
	modeltest.Check(t, func(t *rapid.T) modeltest.Stores {
		clock := modeltest.NewClock()
		cache, err := larder.Open(larder.Options{Clock: clock, NoMaintenance: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { cache.Close() })
		used := []string{"Strings.Get", "Strings.GetDel", "Strings.Set"}
		return modeltest.Stores{Strings: tenant{cache.Strings(), "acme:"}, Only: used, Advance: clock.Advance}
	})
}

// careless is a tenant with a bug.
type careless struct{ tenant }

// GetDel forgets the prefix.
func (s careless) GetDel(key string) ([]byte, bool, error) { return s.Strings.GetDel(key) }

// A wrapper that forgets the prefix in one method is caught. What is reported is the shortest script that shows it:
//
//	operation 2 of 2: got nil, false; want []byte("x"), true
//		Strings.Set("a", []byte("x"), datatypes.SetOptions{}) // true
//		Strings.GetDel("a") // nil, false
func Example() {
	var t report // in a test it is its *testing.T
	modeltest.Check(&t, func(t *rapid.T) modeltest.Stores {
		cache, err := larder.Open(larder.Options{NoMaintenance: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { cache.Close() })
		return modeltest.Stores{
			Strings: careless{tenant{cache.Strings(), "acme:"}},
			Only:    []string{"Strings.Get", "Strings.GetDel", "Strings.Set"},
		}
	})
	fmt.Println(strings.Contains(t.text, "Strings.GetDel("), strings.Count(t.text, "\n") < 20)
	// Output:
	// true true
}

// report is where a check reports to that is to fail.
type report struct {
	rapid.TB // for what is not called
	text     string
}

func (r *report) Helper()             {}
func (r *report) Name() string        { return "TestTenant" }
func (r *report) Log(...any)          {}
func (r *report) Logf(string, ...any) {}
func (r *report) Failed() bool        { return r.text != "" }
func (r *report) FailNow()            {}
func (r *report) Fail()               {}

func (r *report) Errorf(format string, args ...any) { r.text = fmt.Sprintf(format, args...) }

// What is to fail leaves no file that has it fail again.
func init() { flag.Set("rapid.nofailfile", "true") }
