package datatypes_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
)

// TestCopyMeanwhile has things happen to keys while a large value is copied, or moved to another shard.
func TestCopyMeanwhile(t *testing.T) {
	t.Parallel()
	type outcome struct {
		done bool
		err  error
		from bool // whether the key exists
		to   any  // what the other holds; like: what the first held in the end
	}
	const like = "like the first"
	short := func(t *testing.T, f *fixture, key string) {
		if _, err := f.Set(key, []byte("short"), datatypes.SetOptions{}); err != nil {
			t.Error(err)
		}
	}
	for name, c := range map[string]struct {
		meanwhile    func(t *testing.T, f *fixture, grow func())
		copied, move outcome
	}{
		"nothing": {
			func(*testing.T, *fixture, func()) {},
			outcome{done: true, from: true, to: like}, outcome{done: true, to: like},
		},
		"the value changes": {
			func(_ *testing.T, _ *fixture, grow func()) { grow() },
			outcome{done: true, from: true, to: like}, outcome{done: true, to: like},
		},
		"the key is deleted": {
			func(_ *testing.T, f *fixture, _ func()) { f.keys.Del("k") },
			outcome{}, outcome{err: datatypes.ErrNoSuchKey},
		},
		"the key expires": {
			func(_ *testing.T, f *fixture, _ func()) { f.clock.advance(time.Hour) },
			outcome{}, outcome{err: datatypes.ErrNoSuchKey},
		},
		"the key becomes short": {
			func(t *testing.T, f *fixture, _ func()) { short(t, f, "k") },
			outcome{done: true, from: true, to: "short"}, outcome{done: true, to: "short"},
		},
		"the other key is made": {
			func(t *testing.T, f *fixture, _ func()) { short(t, f, "dst") },
			outcome{from: true, to: "short"}, outcome{from: true, to: "short"},
		},
		"everything is flushed": {
			func(_ *testing.T, f *fixture, _ func()) { f.keys.FlushAll() },
			outcome{}, outcome{err: datatypes.ErrNoSuchKey},
		},
	} {
		for typ, fill := range largeValues {
			for _, move := range []bool{false, true} {
				want := c.copied
				kind := "copied"
				if move {
					want, kind = c.move, "moved"
				}
				t.Run(name+", "+typ+" "+kind, func(t *testing.T) {
					t.Parallel()
					var f *fixture
					turns := -1 // before the operation
					grow := func() { growValue(t, f, typ, "k") }
					f = newFixture(t, keyspace.Options{OnTurn: func() {
						if turns < 0 {
							return
						}
						if turns++; turns == 3 {
							c.meanwhile(t, f, grow)
						}
					}})
					fill(t, f, "k")
					if _, err := f.keys.ExpireAt("k", f.clock.Now().Add(time.Minute), datatypes.ExpireCond(0)); err != nil {
						t.Fatal(err)
					}
					held := f.content(t, "k")
					if name == "the value changes" {
						other := open(t)
						fill(t, other, "k")
						growValue(t, other, typ, "k")
						held = other.content(t, "k")
					}
					var done bool
					var err error
					turns = 0
					if move {
						done, err = f.keys.RenameNX("k", "dst")
					} else {
						done, err = f.keys.Copy("k", "dst", datatypes.CopyOptions{})
					}
					if done != want.done || !errors.Is(err, want.err) || turns < 3 {
						t.Errorf("%v, %v after %d turns", done, err, turns)
					}
					if n, _ := f.keys.Exists("k"); (n == 1) != want.from {
						t.Errorf("the key exists: %d", n)
					}
					to := want.to
					if to == like {
						to = held
						if ttl, _, _ := f.keys.TTL("dst"); ttl != time.Minute {
							t.Errorf("the copy expires in %v", ttl)
						}
					}
					if got := f.content(t, "dst"); !reflect.DeepEqual(got, to) {
						t.Errorf("the other key holds %.100v, want %.100v", got, to)
					}
					nothingBut(t, f, "k", "dst")
				})
			}
		}
	}
}

// growValue adds an element to a large value.
func growValue(t *testing.T, f *fixture, typ, key string) {
	var err error
	switch typ {
	case "set":
		_, err = datatypes.NewSets(f.view).Add(key, "one more")
	case "sorted set":
		_, err = datatypes.NewSortedSets(f.view).Add(key, datatypes.Scored{Member: "one more", Score: 1})
	case "hash":
		_, err = datatypes.NewHashes(f.view).Set(key, datatypes.Field{Name: "one more", Value: []byte("v")})
	case "list":
		_, err = f.lists.LPush(key, []byte("one more"))
	case "string":
		_, err = f.Append(key, []byte("one more"))
	}
	if err != nil {
		t.Error(err)
	}
}

// nothingBut deletes keys and checks that no memory is in use then.
func nothingBut(t *testing.T, f *fixture, keys ...string) {
	t.Helper()
	if _, err := f.keys.Del(keys...); err != nil {
		t.Error(err)
	}
	for f.ks.Maintain() {
	}
	if used := f.ks.Stats().UsedBytes; used != 0 {
		t.Errorf("%d bytes are lost", used)
	}
}
