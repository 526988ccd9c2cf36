package datatypes_test

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
)

// TestGatherMany reads large hashes and lists while a writer changes them: each time all of one moment. A field and
// an element go as another comes, so that there are always as many.
func TestGatherMany(t *testing.T) {
	t.Parallel()
	f := newFixture(t, keyspace.Options{Shards: 1})
	hashes := datatypes.NewHashes(f.view)
	for i := range many {
		name := fmt.Sprint("field:", i)
		if _, err := hashes.Set("h", datatypes.Field{Name: name, Value: []byte("v" + name)}); err != nil {
			t.Fatal(err)
		}
		if _, err := f.lists.RPush("l", []byte(strconv.Itoa(i))); err != nil {
			t.Fatal(err)
		}
	}
	var stop atomic.Bool
	var writer sync.WaitGroup
	writer.Go(func() {
		for i := 0; !stop.Load(); i++ {
			if err := replaceOne(f, i); err != nil {
				t.Error(err)
				return
			}
			f.ks.Maintain()
		}
	})
	for range 20 {
		checkHash(t, hashes)
		checkList(t, f.lists)
	}
	stop.Store(true)
	writer.Wait()
}

// replaceOne replaces a field of the hash by a new one, and moves the list's window of numbers on by one.
func replaceOne(f *fixture, i int) error {
	tx, err := f.view.Begin("h", "l")
	if err != nil {
		return err
	}
	defer tx.End()
	v := tx.View(f.view)
	hashes, lists := datatypes.NewHashes(v), datatypes.NewLists(v)
	if _, err := hashes.Delete("h", fmt.Sprint("field:", i)); err != nil {
		return err
	}
	name := fmt.Sprint("field:", i+many)
	if _, err := hashes.Set("h", datatypes.Field{Name: name, Value: []byte("v" + name)}); err != nil {
		return err
	}
	if _, _, err := lists.LPop("l"); err != nil {
		return err
	}
	_, err = lists.RPush("l", []byte(strconv.Itoa(i+many)))
	return err
}

func checkHash(t *testing.T, st datatypes.Hashes) {
	t.Helper()
	fields, err := st.GetAll("h")
	if err != nil || len(fields) != many {
		t.Fatalf("%d fields, %v", len(fields), err)
	}
	numbers := make([]int, 0, many)
	for _, field := range fields {
		n, err := strconv.Atoi(field.Name[len("field:"):])
		if err != nil || string(field.Value) != "v"+field.Name {
			t.Fatalf("%q holds %q", field.Name, field.Value)
		}
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	checkWindow(t, numbers)
}

func checkList(t *testing.T, st datatypes.Lists) {
	t.Helper()
	values, err := st.Range("l", 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	numbers := make([]int, 0, many)
	for _, v := range values {
		n, err := strconv.Atoi(string(v))
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, n)
	}
	checkWindow(t, numbers)
	if part, err := st.Range("l", 100, -100); len(part) != many-199 || err != nil {
		t.Errorf("a part of %d elements, %v", len(part), err)
	}
}

// checkWindow expects numbers that follow one another.
func checkWindow(t *testing.T, numbers []int) {
	t.Helper()
	if len(numbers) != many {
		t.Fatalf("%d numbers", len(numbers))
	}
	for i, n := range numbers {
		if n != numbers[0]+i {
			t.Fatalf("%d in place of %d: not of one moment", n, numbers[0]+i)
		}
	}
}
