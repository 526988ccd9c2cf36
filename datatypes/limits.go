package datatypes

import (
	"fmt"
	"math"
	"sync/atomic"

	"github.com/larderkv/larder/internal/keyspace"
)

// Limits are the sizes up to which collections are kept dense, in one block of memory
// that is searched from end to end. Each has the name that redis.conf has for it. Zero is the
// default; a limit of zero, so that nothing is dense, is written as NoDense.
type Limits struct {
	HashEntries int64 // hash-max-listpack-entries: fields of a hash; 512
	HashValue   int64 // hash-max-listpack-value: bytes of a field or a value; 64
	SetIntset   int64 // set-max-intset-entries: members of a set of integers; 512
	SetEntries  int64 // set-max-listpack-entries: members of another set; 128
	SetValue    int64 // set-max-listpack-value: bytes of a member; 64
	ZSetEntries int64 // zset-max-listpack-entries: members of a sorted set; 128
	ZSetValue   int64 // zset-max-listpack-value: bytes of a member; 64
	HLLSparse   int64 // hll-sparse-max-bytes: bytes of a sparse HyperLogLog; 3000

	// ListSize is list-max-listpack-size: the elements in a node of a list or, if
	// negative, its bytes: -1 is 4 KiB, each further step twice that, down to -5. Zero is -2.
	ListSize int64
}

// maxDraws bounds the elements that one operation draws with repetitions: the result
// is not bounded by what is stored.
const maxDraws = 1 << 24

// NoDense is a limit of zero.
const NoDense = -1

// limit is a limit in both forms and its bounds.
type limit struct {
	name        string
	given       *int64
	stored      *atomic.Int64
	least, most int64
}

func (l *Limits) list(stored *keyspace.Limits) []limit {
	return []limit{
		{"HashEntries", &l.HashEntries, &stored.HashEntries, NoDense, math.MaxInt64},
		{"HashValue", &l.HashValue, &stored.HashValue, NoDense, math.MaxInt64},
		{"SetIntset", &l.SetIntset, &stored.SetIntset, NoDense, math.MaxInt64},
		{"SetEntries", &l.SetEntries, &stored.SetEntries, NoDense, math.MaxInt64},
		{"SetValue", &l.SetValue, &stored.SetValue, NoDense, math.MaxInt64},
		{"ZSetEntries", &l.ZSetEntries, &stored.ZSetEntries, NoDense, math.MaxInt64},
		{"ZSetValue", &l.ZSetValue, &stored.ZSetValue, NoDense, math.MaxInt64},
		{"HLLSparse", &l.HLLSparse, &stored.HLLSparse, NoDense, math.MaxInt64},
		{"ListSize", &l.ListSize, &stored.ListSize, math.MinInt32, math.MaxInt32},
	}
}

// Validate returns ErrOptions if a limit is out of bounds, wrapped by an error that names the first that is.
func (l Limits) Validate() error {
	for _, e := range l.list(new(keyspace.Limits)) {
		if *e.given < e.least || *e.given > e.most {
			return fmt.Errorf("%w: limit %s is %d, not within %d and %d", ErrOptions, e.name, *e.given, e.least, e.most)
		}
	}
	return nil
}

// LimitsOf returns the limits in force where v belongs to.
func LimitsOf(v keyspace.View) (l Limits) {
	for _, e := range l.list(v.Keyspace().Limits()) {
		if *e.given = e.stored.Load(); *e.given == 0 {
			*e.given = NoDense
		}
	}
	return l
}

// SetLimits puts valid limits into force where v belongs to. A value is converted when an operation
// next makes it grow.
func SetLimits(v keyspace.View, l Limits) {
	for _, e := range l.list(v.Keyspace().Limits()) {
		switch {
		case *e.given == NoDense && e.least == NoDense:
			e.stored.Store(0)
		case *e.given != 0:
			e.stored.Store(*e.given)
		}
	}
}
