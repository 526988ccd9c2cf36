package resptest_test

import (
	"errors"
	"math"
	"testing"

	miniredis "github.com/larderkv/larder/resp/resptest"
)

// startStore is written as for miniredis, which is to compile after a change of import alone.
func startStore(t *testing.T) (*miniredis.Miniredis, *miniredis.RedisDB) {
	srv := miniredis.RunT(t)
	return srv, srv.DB(1)
}

func TestNamesOfMiniredis(t *testing.T) {
	srv, db := startStore(t)
	db.Set("text", "x")
	srv.Set("text", "x")
	srv.Push("list", "x")
	for _, tt := range []struct {
		what string
		err  error
		want error
	}{
		{"Get in the other database", second(db.Get("list")), miniredis.ErrKeyNotFound},
		{"Get of a list", second(srv.Get("list")), miniredis.ErrWrongType},
		{"Incr of a text", second(db.Incr("text", 1)), miniredis.ErrIntValueError},
		{"Incr beyond the largest integer", errors.Join(second(srv.Incr("n", math.MaxInt)), second(srv.Incr("n", 1))), miniredis.ErrIntValueOverflowError},
		{"IncrByFloat of a text", second(srv.IncrByFloat("text", 1)), miniredis.ErrFloatValueError},
		{"PfAdd to a text", second(srv.PfAdd("text", "x")), miniredis.ErrNotValidHllValue},
		{"PfCount of a text", second(srv.PfCount("text")), miniredis.ErrNotValidHllValue},
	} {
		if !errors.Is(tt.err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.what, tt.err, tt.want)
		}
	}
}
