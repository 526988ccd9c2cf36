package typed_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes/typed"
)

// inBubbleMany is inBubble with a source of "a", "b", "c" that is read by loadMany.
func inBubbleMany(t *testing.T, o stringOptions, fn func(t *testing.T, c *larder.Cache, l *stringLoader, s *source)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c, s := openCache(t), newSource("a", "A", "b", "B", "c", "C")
		o.LoadMany = s.loadMany
		fn(t, c, newLoader(t, c, o), s)
	})
}

func expectMany(t *testing.T, l *stringLoader, keys []string, want map[string]string, wantErr error) {
	t.Helper()
	got, err := l.LoadMany(t.Context(), keys...)
	if !maps.Equal(got, want) || err != wantErr {
		t.Errorf("LoadMany(%q) returned %v, %v; want %v, %v", keys, got, err, want, wantErr)
	}
}

func TestLoadMany(t *testing.T) {
	inBubbleMany(t, stringOptions{NotFoundTTL: time.Minute}, func(t *testing.T, c *larder.Cache, l *stringLoader, s *source) {
		expectMany(t, l, nil, map[string]string{}, nil)
		expectMany(t, l, []string{"a", "x", "a"}, map[string]string{"a": "A"}, nil)
		expectMany(t, l, []string{"a", "b", "x", "c"}, map[string]string{"a": "A", "b": "B", "c": "C"}, nil)
		expectMany(t, l, []string{"a", "b", "x", "c"}, map[string]string{"a": "A", "b": "B", "c": "C"}, nil)
		expectLoad(t, l, "x", "", typed.ErrNotFound, 0)
		l.Delete("a")
		expectLoad(t, l, "a", "A", nil, 1)
		want := [][]string{{"a", "x"}, {"b", "c"}, {"a"}}
		if !slices.EqualFunc(s.batches, want, slices.Equal) {
			t.Errorf("loaded were %v, want %v", s.batches, want)
		}
	})
}

// TestLoadManyJoins: keys that are being loaded are not loaded by another call, and single callers wait with many.
func TestLoadManyJoins(t *testing.T) {
	inBubbleMany(t, stringOptions{}, func(t *testing.T, c *larder.Cache, l *stringLoader, s *source) {
		var wg sync.WaitGroup
		wg.Go(func() { expectLoad(t, l, "a", "A", nil, 1) })
		synctest.Wait()
		wg.Go(func() { expectMany(t, l, []string{"a", "b"}, map[string]string{"a": "A", "b": "B"}, nil) })
		synctest.Wait()
		wg.Go(func() { expectMany(t, l, []string{"b", "c"}, map[string]string{"b": "B", "c": "C"}, nil) })
		wg.Go(func() { expectLoad(t, l, "b", "B", nil, 1) })
		wg.Wait()
		want := [][]string{{"a"}, {"b"}, {"c"}}
		if !slices.EqualFunc(s.batches, want, slices.Equal) {
			t.Errorf("loaded were %v, want %v", s.batches, want)
		}
	})
}

func TestLoadManyGivesUp(t *testing.T) {
	inBubbleMany(t, stringOptions{}, func(t *testing.T, c *larder.Cache, l *stringLoader, s *source) {
		l.Set("c", "C")
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() {
			if got, err := l.LoadMany(ctx, "a", "b", "c"); err != context.DeadlineExceeded || len(got) != 1 {
				t.Error(got, err)
			}
		})
		synctest.Wait()
		wg.Go(func() { expectLoad(t, l, "b", "B", nil, 1) }) // it keeps the load alive
		wg.Wait()
		expectLoad(t, l, "a", "A", nil, 0)

		l.Delete("a", "b")
		ctx, cancel = context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := l.LoadMany(ctx, "a", "b"); err != context.DeadlineExceeded {
			t.Error(err)
		}
		synctest.Wait()
		if len(s.ended) != 1 {
			t.Errorf("loads ended by %v", s.ended)
		}
		expectMany(t, l, []string{"a"}, map[string]string{"a": "A"}, nil)
	})
}

func TestLoadManyErrors(t *testing.T) {
	broken := errors.New("broken")
	inBubbleMany(t, stringOptions{}, func(t *testing.T, c *larder.Cache, l *stringLoader, s *source) {
		l.Set("kept", "K")
		s.failWith(broken)
		expectMany(t, l, []string{"a", "x", "kept"}, map[string]string{"a": "A", "kept": "K"}, broken)
		expectMany(t, l, []string{"a"}, map[string]string{"a": "A"}, nil)
		s.failWith(nil)
		expectMany(t, l, []string{"a", "x"}, map[string]string{"a": "A"}, nil)
	})
}

func TestLoadManyRefreshes(t *testing.T) {
	o := stringOptions{MapOptions: stringMap{TTL: 10 * time.Second}, Stale: time.Hour}
	inBubbleMany(t, o, func(t *testing.T, c *larder.Cache, l *stringLoader, s *source) {
		all := map[string]string{"a": "A", "b": "B", "c": "C"}
		expectMany(t, l, []string{"a", "b"}, map[string]string{"a": "A", "b": "B"}, nil)
		time.Sleep(11 * time.Second)
		expectMany(t, l, []string{"a", "b", "c"}, all, nil)
		time.Sleep(5 * time.Second)
		expectMany(t, l, []string{"a", "b", "c"}, all, nil)
		synctest.Wait()
		slices.SortFunc(s.batches, slices.Compare[[]string])
		want := [][]string{{"a", "b"}, {"a", "b"}, {"c"}}
		if !slices.EqualFunc(s.batches, want, slices.Equal) {
			t.Errorf("loaded were %v, want %v", s.batches, want)
		}
	})
}

// TestLoadManyOneByOne: where there is no LoadMany, keys are loaded one by one, some at a time.
func TestLoadManyOneByOne(t *testing.T) {
	inBubble(t, stringOptions{}, func(t *testing.T, c *larder.Cache, l *stringLoader, s *source) {
		var keys []string
		want := map[string]string{}
		for i := range 40 {
			k := fmt.Sprint(i)
			keys, want[k] = append(keys, k), k
			s.set(k, k)
		}
		expectMany(t, l, append(keys, "absent"), want, nil)
		if expectCount(t, s, 41); s.most != 16 {
			t.Errorf("%d loads at once", s.most)
		}
	})
}
