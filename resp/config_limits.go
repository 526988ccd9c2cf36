package resp

import (
	"math"

	"github.com/larderkv/larder/datatypes"
)

// dense is the row of a limit of dense collections, which is the field of Limits that of returns.
func dense(name string, k kind, standard, usage string, of func(*datatypes.Limits) *int64) parameter {
	return parameter{
		name: name, kind: k, standard: standard, usage: usage,
		get: func(s *Server) value {
			l := s.Cache.Limits()
			n := *of(&l)
			if n == datatypes.NoDense {
				n = 0
			}
			return numberOf(n)
		},
		set: func(s *Server, v value) error {
			l := s.Cache.Limits()
			if *of(&l) = v.number; v.number == 0 {
				*of(&l) = datatypes.NoDense
			}
			return s.Cache.SetLimits(l)
		},
	}
}

// nodeSize is the row of the limit of a list's nodes, which is not one of zero when it is negative. Zero elements are
// one, as in Redis.
func nodeSize(name string) parameter {
	return parameter{
		name: name, kind: integer{math.MinInt32, math.MaxInt32}, standard: "-2",
		usage: "elements in a node of a list; -1 to -5: 4 to 64 kb",
		get:   func(s *Server) value { return numberOf(s.Cache.Limits().ListSize) },
		set: func(s *Server, v value) error {
			l := s.Cache.Limits()
			if l.ListSize = v.number; l.ListSize == 0 {
				l.ListSize = 1
			}
			return s.Cache.SetLimits(l)
		},
	}
}

// The kinds of limits.
var (
	counts = integer{0, math.MaxInt64}
	sizes  = memory{integer{0, math.MaxInt64}}
)

func hashEntries(l *datatypes.Limits) *int64 { return &l.HashEntries }
func hashValue(l *datatypes.Limits) *int64   { return &l.HashValue }
func setIntset(l *datatypes.Limits) *int64   { return &l.SetIntset }
func setEntries(l *datatypes.Limits) *int64  { return &l.SetEntries }
func setValue(l *datatypes.Limits) *int64    { return &l.SetValue }
func zsetEntries(l *datatypes.Limits) *int64 { return &l.ZSetEntries }
func zsetValue(l *datatypes.Limits) *int64   { return &l.ZSetValue }
func hllSparse(l *datatypes.Limits) *int64   { return &l.HLLSparse }
