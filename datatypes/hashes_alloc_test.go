//go:build !race && !larderdebug

package datatypes_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/larderkv/larder/datatypes"
)

// TestHashAllocations: operations on a field leave the Go heap alone, in hashes small
// and large.
func TestHashAllocations(t *testing.T) {
	f := open(t)
	h := f.hashes()
	for _, n := range []int{10, 2000} {
		key := fmt.Sprint("h", n)
		must(h.Set(key, numberedFields(n)...))
		names := make([]string, n)
		for i, field := range numberedFields(n) {
			names[i] = field.Name
		}
		must(h.IncrBy(key, "counter", 1))
		value, longer := []byte("another value"), []byte("another value, which is much longer")
		buf := make([]byte, 0, 100)
		var b datatypes.Batch
		i := 0
		next := func() string { i++; return names[i%n] }
		check := func(ok bool, err error) {
			if !ok || err != nil {
				t.Fatal(ok, err)
			}
		}
		expiring := must(h.Set("expiring", numberedFields(n)...))
		must(h.Expire("expiring", time.Hour, 0, names...))
		tests := []struct {
			name string
			do   func()
		}{
			{"AppendGet", func() { _, ok, err := h.AppendGet(buf[:0], key, next()); check(ok, err) }},
			{"Exists", func() { check(h.Exists(key, next())) }},
			{"ValueLen", func() { n, err := h.ValueLen(key, next()); check(n > 0, err) }},
			{"Len", func() { n, err := h.Len(key); check(n > 0, err) }},
			{"Set", func() { _, err := h.Set(key, datatypes.Field{Name: next(), Value: value}); check(true, err) }},
			{"Set of other sizes", func() {
				_, err := h.Set(key, datatypes.Field{Name: next(), Value: longer})
				check(true, err)
				_, err = h.Set(key, datatypes.Field{Name: names[i%n], Value: value})
				check(true, err)
			}},
			{"SetIfAbsent and Delete", func() {
				check(h.SetIfAbsent(key, "new", value))
				n, err := h.Delete(key, "new")
				check(n == 1, err)
			}},
			{"IncrBy", func() { _, err := h.IncrBy(key, "counter", 12345); check(true, err) }},
			{"GetBatch", func() { check(true, h.GetBatch(key, names[:10], &b)) }},
			{"SetEx", func() {
				check(h.SetEx("expiring", datatypes.SetOptions{TTL: time.Hour}, datatypes.Field{Name: next(), Value: value}))
			}},
			{"GetExBatch", func() { check(true, h.GetExBatch("expiring", datatypes.GetExOptions{}, names[:5], &b)) }},
		}
		for _, tt := range tests {
			if got := testing.AllocsPerRun(500, tt.do); got != 0 {
				t.Errorf("%d fields (%d set): %s: %v allocations", n, expiring, tt.name, got)
			}
		}
	}
}
