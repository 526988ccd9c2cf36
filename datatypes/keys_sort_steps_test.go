package datatypes_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
)

// pushNumbers makes a list of n numbers, the greatest first.
func pushNumbers(t *testing.T, f *fixture, key string, n int) {
	t.Helper()
	values := make([][]byte, n)
	for i := range values {
		values[i] = fmt.Append(nil, n-1-i)
	}
	if _, err := f.lists.RPush(key, values...); err != nil {
		t.Fatal(err)
	}
}

// TestSortStoreBeginsAnew: a source that changes while it is read, sorted or stored is sorted as it is in the end.
func TestSortStoreBeginsAnew(t *testing.T) {
	t.Parallel()
	for at := 1; at < 3*many/512; at += 7 {
		var f *fixture
		turns := -1
		f = newFixture(t, keyspace.Options{Shards: 1, OnTurn: func() {
			if turns < 0 {
				return
			}
			if turns++; turns == at {
				if _, err := f.lists.RPush("k", []byte("-1")); err != nil {
					t.Error(err)
				}
			}
		}})
		pushNumbers(t, f, "k", many)
		turns = 0
		n, err := f.keys.SortStore("dst", "k", datatypes.SortOptions{})
		changed := turns >= at
		turns = -1
		want := integers(0, many)
		if changed {
			want = slices.Insert(want, 0, "-1")
		}
		if got := f.elements(t, "dst"); err != nil || n != len(want) || !slices.Equal(got, want) {
			t.Errorf("changed in turn %d: %d, %v, %.100q", at, n, err, got)
		}
		f.keys.Flush()
		leftBehind(t, f)
	}
}

// TestLargeSortStoreFails without effect, and leaves nothing behind.
func TestLargeSortStoreFails(t *testing.T) {
	t.Parallel()
	f := open(t)
	pushNumbers(t, f, "k", many)
	f.pushed(t, "k", "no number")
	f.put(t, "dst", "old")
	for _, o := range []datatypes.SortOptions{{}, {By: "*", Get: []string{"w*"}}} {
		f.put(t, "3", "no number")
		if _, err := f.keys.SortStore("dst", "k", o); err != datatypes.ErrNotWeight {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if got := f.text(t, "dst"); got != "old" {
		t.Errorf("the destination became %.20q", got)
	}
	f.keys.Flush()
	leftBehind(t, f)
}

// TestSortOfLongValues: a sort for few values that are many bytes stores them all.
func TestSortOfLongValues(t *testing.T) {
	t.Parallel()
	f := open(t)
	pushNumbers(t, f, "k", 100)
	var want []string
	for i := range 100 {
		value := fmt.Sprintf("%010000d", i)
		f.put(t, fmt.Sprint("w", i), value)
		want = append(want, value)
	}
	if n, err := f.keys.SortStore("dst", "k", datatypes.SortOptions{Get: []string{"w*"}}); n != 100 || err != nil {
		t.Fatal(n, err)
	}
	if got := f.elements(t, "dst"); !slices.Equal(got, want) {
		t.Errorf("%.100q", got)
	}
}
