package keyspace

import (
	"context"
	"fmt"
	"testing"
	"time"
)

func TestLargest(t *testing.T) {
	clock := newClock()
	ks, v := open(t, Options{Clock: clock})
	const keys = 3000
	want := int64(0)
	for i := range keys {
		mustSet(t, viewOf(ks, i%3), fmt.Sprintf("key:%d", i), string(make([]byte, i%100)))
	}
	mustSet(t, viewOf(ks, 2), "second", string(make([]byte, 5000)))
	mustSet(t, v, "first", string(make([]byte, 10000)))
	if err := set(v, "expired", make([]byte, 1<<20), clock.in(time.Second)); err != nil {
		t.Fatal(err)
	}
	clock.advance(2 * time.Second)
	for db := range 3 {
		for i := range keys {
			want += int64(usage(t, viewOf(ks, db), fmt.Sprintf("key:%d", i)))
		}
	}
	first, second := usage(t, v, "first"), usage(t, viewOf(ks, 2), "second")
	want += int64(first + second)
	got, err := ks.Largest(context.Background(), 3)
	if err != nil || len(got) != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	s := got[0]
	if s.Type != String || s.Keys != keys+2 || s.Bytes != want || len(s.Largest) != 3 {
		t.Errorf("got %+v, want %d bytes", s, want)
	}
	if s.Largest[0] != (SizedKey{0, "first", first}) || s.Largest[1] != (SizedKey{2, "second", second}) ||
		s.Largest[2].Bytes > second || s.Largest[2].Bytes < 100 {
		t.Errorf("the largest: %+v", s.Largest)
	}
	if got, err := ks.Largest(context.Background(), 0); err != nil || len(got[0].Largest) != 0 || got[0].Bytes != want {
		t.Errorf("without keys: %+v, %v", got, err)
	}
}

// usage returns zero for a key that does not exist.
func usage(t *testing.T, v View, key string) int {
	var s Slot
	if err := s.Lock(v, key); err != nil {
		t.Fatal(err)
	}
	defer s.Unlock()
	if !s.Exists() {
		return 0
	}
	return s.MemoryUsage()
}

func TestLargestEndsEarly(t *testing.T) {
	ks, v := open(t, Options{})
	mustSet(t, v, "a", "1")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if got, err := ks.Largest(ctx, 1); err != context.Canceled || got != nil {
		t.Errorf("%v, %v", got, err)
	}
	ks.Close()
	if got, err := ks.Largest(context.Background(), 1); err != ErrClosed || got != nil {
		t.Errorf("%v, %v", got, err)
	}
}

// TestLargestWhileWriting: a key that stays is among the largest whatever is written meanwhile, and is there once.
func TestLargestWhileWriting(t *testing.T) {
	ks, v := open(t, Options{Shards: 2})
	mustSet(t, v, "large", string(make([]byte, 4000)))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 20000 {
			if err := set(v, fmt.Sprint(i), nil, 0); err != nil {
				t.Error(err)
				return
			}
		}
		for i := range 20000 {
			del(v, fmt.Sprint(i))
		}
	}()
	for range 20 {
		got, err := ks.Largest(context.Background(), 4)
		if err != nil || got[0].Largest[0].Key != "large" || len(got[0].Largest) > 1 && got[0].Largest[1].Key == "large" {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	<-done
}
