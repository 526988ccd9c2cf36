package datatypes_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
)

// A call calls one method of a store on a key and returns its error.
type call func(st datatypes.Strings, k datatypes.Keys, key string) error

var stringCalls = map[string]call{
	"Set": func(st datatypes.Strings, _ datatypes.Keys, key string) error {
		_, err := st.Set(key, nil, datatypes.SetOptions{})
		return err
	},
	"SetGet": func(st datatypes.Strings, _ datatypes.Keys, key string) error {
		_, _, _, err := st.SetGet(key, nil, datatypes.SetOptions{})
		return err
	},
	"Get": func(st datatypes.Strings, _ datatypes.Keys, key string) error { _, _, err := st.Get(key); return err },
	"AppendGet": func(st datatypes.Strings, _ datatypes.Keys, key string) error {
		_, _, err := st.AppendGet(nil, key)
		return err
	},
	"View": func(st datatypes.Strings, _ datatypes.Keys, key string) error {
		_, err := st.View(key, func([]byte) error { return nil })
		return err
	},
	"GetEx": func(st datatypes.Strings, _ datatypes.Keys, key string) error {
		_, _, err := st.GetEx(key, datatypes.GetExOptions{})
		return err
	},
	"AppendGetEx": func(st datatypes.Strings, _ datatypes.Keys, key string) error {
		_, _, err := st.AppendGetEx(nil, key, datatypes.GetExOptions{})
		return err
	},
	"AppendGetTTL": func(st datatypes.Strings, _ datatypes.Keys, key string) error {
		_, _, _, err := st.AppendGetTTL(nil, key)
		return err
	},
	"ComputeEx": func(st datatypes.Strings, _ datatypes.Keys, key string) error {
		return st.ComputeEx(key, func([]byte, time.Duration, bool) ([]byte, datatypes.SetOptions, datatypes.Op) {
			return nil, datatypes.SetOptions{}, datatypes.OpSet
		})
	},
	"Lease": func(st datatypes.Strings, _ datatypes.Keys, key string) error { _, err := st.Lease(key); return err },
	"AppendGetDel": func(st datatypes.Strings, _ datatypes.Keys, key string) error {
		_, _, err := st.AppendGetDel(nil, key)
		return err
	},
	"GetDel": func(st datatypes.Strings, _ datatypes.Keys, key string) error {
		_, _, err := st.GetDel(key)
		return err
	},
	"MGet": func(st datatypes.Strings, _ datatypes.Keys, key string) error {
		_, err := st.MGet(nil, key)
		return err
	},
	"MSet": func(st datatypes.Strings, _ datatypes.Keys, key string) error {
		return st.MSet(datatypes.Item{Key: key})
	},
	"MSetNX": func(st datatypes.Strings, _ datatypes.Keys, key string) error {
		_, err := st.MSetNX(datatypes.Item{Key: key})
		return err
	},
	"Append": func(st datatypes.Strings, _ datatypes.Keys, key string) error {
		_, err := st.Append(key, nil)
		return err
	},
	"Len": func(st datatypes.Strings, _ datatypes.Keys, key string) error { _, err := st.Len(key); return err },
	"GetRange": func(st datatypes.Strings, _ datatypes.Keys, key string) error {
		_, err := st.GetRange(key, 0, 1)
		return err
	},
	"AppendGetRange": func(st datatypes.Strings, _ datatypes.Keys, key string) error {
		_, err := st.AppendGetRange(nil, key, 0, 1)
		return err
	},
	"SetRange": func(st datatypes.Strings, _ datatypes.Keys, key string) error {
		_, err := st.SetRange(key, 0, nil)
		return err
	},
	"Incr": func(st datatypes.Strings, _ datatypes.Keys, key string) error { _, err := st.Incr(key); return err },
	"Decr": func(st datatypes.Strings, _ datatypes.Keys, key string) error { _, err := st.Decr(key); return err },
	"IncrBy": func(st datatypes.Strings, _ datatypes.Keys, key string) error {
		_, err := st.IncrBy(key, 2)
		return err
	},
	"DecrBy": func(st datatypes.Strings, _ datatypes.Keys, key string) error {
		_, err := st.DecrBy(key, 2)
		return err
	},
	"IncrByFloat": func(st datatypes.Strings, _ datatypes.Keys, key string) error {
		_, err := st.IncrByFloat(key, 1)
		return err
	},
	"IncrByFloatText": func(st datatypes.Strings, _ datatypes.Keys, key string) error {
		_, err := st.IncrByFloatText(key, "1")
		return err
	},
	"LCS": func(st datatypes.Strings, _ datatypes.Keys, key string) error {
		_, err := st.LCS(key, key, datatypes.LCSOptions{})
		return err
	},
	"LCSLen": func(st datatypes.Strings, _ datatypes.Keys, key string) error {
		_, err := st.LCSLen(key, key, datatypes.LCSOptions{})
		return err
	},
	"Compute": func(st datatypes.Strings, _ datatypes.Keys, key string) error {
		return st.Compute(key, func([]byte, bool) ([]byte, datatypes.Op) { return nil, datatypes.OpSet })
	},
	"GetBatch": func(st datatypes.Strings, _ datatypes.Keys, key string) error {
		return st.GetBatch([]string{key}, new(datatypes.Batch))
	},
	"MGetBatch": func(st datatypes.Strings, _ datatypes.Keys, key string) error {
		return st.MGetBatch([]string{key}, new(datatypes.Batch))
	},
	"SetBatch": func(st datatypes.Strings, _ datatypes.Keys, key string) error {
		return st.SetBatch([]datatypes.Item{{Key: key}}, datatypes.SetOptions{})
	},
}

var keyCalls = map[string]call{
	"Del":    func(_ datatypes.Strings, k datatypes.Keys, key string) error { _, err := k.Del(key); return err },
	"Unlink": func(_ datatypes.Strings, k datatypes.Keys, key string) error { _, err := k.Unlink(key); return err },
	"Exists": func(_ datatypes.Strings, k datatypes.Keys, key string) error { _, err := k.Exists(key); return err },
	"Touch":  func(_ datatypes.Strings, k datatypes.Keys, key string) error { _, err := k.Touch(key, key); return err },
	"Type":   func(_ datatypes.Strings, k datatypes.Keys, key string) error { _, _, err := k.Type(key); return err },
	"Rename": func(_ datatypes.Strings, k datatypes.Keys, key string) error { return k.Rename(key, key) },
	"RenameNX": func(_ datatypes.Strings, k datatypes.Keys, key string) error {
		_, err := k.RenameNX(key, key)
		return err
	},
	"Copy": func(_ datatypes.Strings, k datatypes.Keys, key string) error {
		_, err := k.Copy(key, key+"{"+key+"}", datatypes.CopyOptions{})
		return err
	},
	"Move": func(_ datatypes.Strings, k datatypes.Keys, key string) error { _, err := k.Move(key, 1); return err },
	"Encoding": func(_ datatypes.Strings, k datatypes.Keys, key string) error {
		_, _, err := k.Encoding(key)
		return err
	},
	"Freq": func(_ datatypes.Strings, k datatypes.Keys, key string) error { _, _, err := k.Freq(key); return err },
	"IdleTime": func(_ datatypes.Strings, k datatypes.Keys, key string) error {
		_, _, err := k.IdleTime(key)
		return err
	},
	"RefCount": func(_ datatypes.Strings, k datatypes.Keys, key string) error {
		_, _, err := k.RefCount(key)
		return err
	},
	"MemoryUsage": func(_ datatypes.Strings, k datatypes.Keys, key string) error {
		_, _, err := k.MemoryUsage(key)
		return err
	},
	"Expire": func(_ datatypes.Strings, k datatypes.Keys, key string) error {
		_, err := k.Expire(key, 1, 0)
		return err
	},
	"ExpireAt": func(_ datatypes.Strings, k datatypes.Keys, key string) error {
		_, err := k.ExpireAt(key, at(0), 0)
		return err
	},
	"Persist": func(_ datatypes.Strings, k datatypes.Keys, key string) error { _, err := k.Persist(key); return err },
	"TTL":     func(_ datatypes.Strings, k datatypes.Keys, key string) error { _, _, err := k.TTL(key); return err },
	"ExpireMember": func(_ datatypes.Strings, k datatypes.Keys, key string) error {
		k.Del(key)
		_, err := k.ExpireMember(key, "m", time.Second)
		return err
	},
	"ExpireMemberAt": func(_ datatypes.Strings, k datatypes.Keys, key string) error {
		k.Del(key)
		_, err := k.ExpireMemberAt(key, "m", at(0))
		return err
	},
	"PersistMember": func(_ datatypes.Strings, k datatypes.Keys, key string) error {
		k.Del(key)
		_, err := k.PersistMember(key, "m")
		return err
	},
	"MemberTTL": func(_ datatypes.Strings, k datatypes.Keys, key string) error {
		k.Del(key)
		_, _, err := k.MemberTTL(key, "m")
		return err
	},
	"Sort": func(_ datatypes.Strings, k datatypes.Keys, key string) error {
		k.Del(key)
		_, err := k.Sort(key, datatypes.SortOptions{By: "*"})
		return err
	},
	"SortBatch": func(_ datatypes.Strings, k datatypes.Keys, key string) error {
		k.Del(key)
		return k.SortBatch(key, datatypes.SortOptions{}, new(datatypes.Batch))
	},
	"SortStore": func(_ datatypes.Strings, k datatypes.Keys, key string) error {
		k.Del(key)
		_, err := k.SortStore(key, key, datatypes.SortOptions{})
		return err
	},
	"ExpireTime": func(_ datatypes.Strings, k datatypes.Keys, key string) error {
		_, _, err := k.ExpireTime(key)
		return err
	},

	// These look at the whole database.
	"Len":        func(_ datatypes.Strings, k datatypes.Keys, _ string) error { _, err := k.Len(); return err },
	"Flush":      func(_ datatypes.Strings, k datatypes.Keys, _ string) error { return k.Flush() },
	"FlushAsync": func(_ datatypes.Strings, k datatypes.Keys, _ string) error { return k.FlushAsync() },
	"FlushAll":   func(_ datatypes.Strings, k datatypes.Keys, _ string) error { return k.FlushAll() },
	"SwapDB":     func(_ datatypes.Strings, k datatypes.Keys, _ string) error { return k.SwapDB(0, 1) },
	"FlushAllAsync": func(_ datatypes.Strings, k datatypes.Keys, _ string) error {
		return k.FlushAllAsync()
	},
	"Volatile": func(_ datatypes.Strings, k datatypes.Keys, _ string) error { _, err := k.Volatile(); return err },
	"Random":   func(_ datatypes.Strings, k datatypes.Keys, _ string) error { _, _, err := k.Random(); return err },
	"MatchEach": func(_ datatypes.Strings, k datatypes.Keys, _ string) error {
		return k.MatchEach("*", func(string) bool { return true })
	},
	"Scan": func(_ datatypes.Strings, k datatypes.Keys, _ string) error {
		_, _, err := k.Scan(0, datatypes.ScanOptions{Count: 1000})
		return err
	},
}

// silent are methods without an error.
var silent = []string{"All", "Match", "Now", "Prefetch", "PrefetchElements"}

// TestCallsAreComplete makes sure that no method is missing from the tables.
func TestCallsAreComplete(t *testing.T) {
	t.Parallel()
	for typ, calls := range map[reflect.Type]map[string]call{
		reflect.TypeFor[datatypes.Strings](): stringCalls,
		reflect.TypeFor[datatypes.Keys]():    keyCalls,
	} {
		known := map[string]bool{}
		for _, name := range silent {
			known[name] = true
		}
		for i := range typ.NumMethod() {
			name := typ.Method(i).Name
			if calls[name] == nil && !known[name] {
				t.Errorf("%v.%s is in no table", typ, name)
			}
		}
	}
}

func eachCall(fn func(name string, c call)) {
	for _, calls := range []map[string]call{stringCalls, keyCalls} {
		for name, c := range calls {
			fn(name, c)
		}
	}
}

func TestClosed(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.put(t, "k", "v")
	if err := f.ks.Close(); err != nil {
		t.Fatal(err)
	}
	eachCall(func(name string, c call) {
		if err := c(f.Strings, f.keys, "k"); err != datatypes.ErrClosed {
			t.Errorf("%s: %v", name, err)
		}
	})
	for key := range f.keys.All() {
		t.Errorf("All has %q", key)
	}
	for key := range f.keys.Match("k*") {
		t.Errorf("Match has %q", key)
	}
	f.keys.Prefetch([]string{"k"}, new(datatypes.Batch))
	f.keys.PrefetchElements("k", []string{"e"})
	if err := f.MSet(); err != datatypes.ErrClosed {
		t.Errorf("MSet of nothing: %v", err)
	}
	if _, err := f.MGet(nil); err != datatypes.ErrClosed {
		t.Errorf("MGet of nothing: %v", err)
	}
	if _, err := f.keys.Del(); err != datatypes.ErrClosed {
		t.Errorf("Del of nothing: %v", err)
	}
	if err := f.GetBatch(nil, new(datatypes.Batch)); err != datatypes.ErrClosed {
		t.Errorf("GetBatch of nothing: %v", err)
	}
}

// TestWrongType: every method that needs a string refuses another type and
// leaves it alone. The others replace it or pass it over.
func TestWrongType(t *testing.T) {
	t.Parallel()
	fine := map[string]bool{"Set": true, "MSet": true, "SetBatch": true, "MSetNX": true, "MGet": true, "GetBatch": true, "MGetBatch": true, "Lease": true}
	f := open(t)
	for name, c := range stringCalls {
		f.putHash(t, "h")
		err := c(f.Strings, f.keys, "h")
		if fine[name] {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != datatypes.ErrWrongType {
			t.Errorf("%s: %v", name, err)
		}
		if typ, _, _ := f.keys.Type("h"); typ != datatypes.TypeHash {
			t.Errorf("%s left a %v", name, typ)
		}
	}
}

// TestNotDeclared: inside of a transaction no method reaches a key of another
// shard, and none of them waits for it.
func TestNotDeclared(t *testing.T) {
	t.Parallel()
	f := newFixture(t, keyspace.Options{Shards: 2})
	declared := "declared"
	other := pairs(t, f)["two shards"]
	key := other[0]
	if f.sameShard(declared, key) {
		key = other[1]
	}
	f.put(t, key, "v")
	var tx keyspace.Tx
	if err := tx.Begin(f.view, declared); err != nil {
		t.Fatal(err)
	}
	defer tx.End()
	v := tx.View(f.view)
	whole := map[string]bool{"Len": true, "Volatile": true, "Flush": true, "FlushAsync": true, "FlushAll": true, "FlushAllAsync": true, "SwapDB": true, "Random": true, "Scan": true, "MatchEach": true}
	eachCall(func(name string, c call) {
		if err := c(datatypes.NewStrings(v), datatypes.NewKeys(v), key); err != datatypes.ErrNotDeclared {
			t.Errorf("%s: %v", name, err)
		}
		if whole[name] {
			return
		}
		datatypes.NewStrings(v).Set(declared, []byte("1"), datatypes.SetOptions{})
		if err := c(datatypes.NewStrings(v), datatypes.NewKeys(v), declared); err != nil {
			t.Errorf("%s of a declared key: %v", name, err)
		}
	})
}
