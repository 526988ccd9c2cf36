package encoding

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/larderkv/larder/internal/redistest"
	"pgregory.net/rapid"
)

func insert(s Intset, integers ...int64) Intset {
	for _, n := range integers {
		s, _ = s.Insert(n)
	}
	return s
}

func TestIntsetBytes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		integers []int64
		want     string
	}{
		{nil, "\x02\x00\x00\x00\x00\x00\x00\x00"},
		{[]int64{3, -1, 3}, "\x02\x00\x00\x00\x02\x00\x00\x00\xff\xff\x03\x00"},
		{[]int64{5, 32768}, "\x04\x00\x00\x00\x02\x00\x00\x00\x05\x00\x00\x00\x00\x80\x00\x00"},
		{[]int64{5, -32769}, "\x04\x00\x00\x00\x02\x00\x00\x00\xff\x7f\xff\xff\x05\x00\x00\x00"},
		{[]int64{-2, math.MinInt64}, "\x08\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\xfe\xff\xff\xff\xff\xff\xff\xff"},
	}
	for _, tt := range tests {
		s := insert(NewIntset(nil), tt.integers...)
		if string(s) != tt.want {
			t.Errorf("%d: %q, want %q", tt.integers, s, tt.want)
		}
		if err := ValidateIntset(s); err != nil {
			t.Errorf("%d: %v", tt.integers, err)
		}
	}
}

func TestIntsetModel(t *testing.T) {
	t.Parallel()
	integer := rapid.Custom(func(t *rapid.T) int64 {
		return rapid.Int64().Draw(t, "n") >> rapid.SampledFrom([]int{0, 31, 32, 33, 47, 48, 49, 60, 60, 60}).Draw(t, "shift")
	})
	rapid.Check(t, func(t *rapid.T) {
		s := NewIntset(nil)
		var model []int64
		t.Repeat(map[string]func(*rapid.T){
			"insert": func(t *rapid.T) {
				n := integer.Draw(t, "integer")
				i, found := slices.BinarySearch(model, n)
				if !found {
					model = slices.Insert(model, i, n)
				}
				size := s.InsertSize(n)
				var inserted bool
				if s, inserted = s.Insert(n); inserted == found || inserted && len(s) != size {
					t.Fatalf("inserted: %t; %d bytes, InsertSize %d", inserted, len(s), size)
				}
			},
			"remove": func(t *rapid.T) {
				n := integer.Draw(t, "integer")
				if len(model) > 0 && rapid.Bool().Draw(t, "present") {
					n = model[rapid.IntRange(0, len(model)-1).Draw(t, "index")]
				}
				i, found := slices.BinarySearch(model, n)
				if found {
					model = slices.Delete(model, i, i+1)
				}
				var removed bool
				if s, removed = s.Remove(n); removed != found {
					t.Fatalf("removed: %t", removed)
				}
			},
			"": func(t *rapid.T) {
				if err := ValidateIntset(s); err != nil {
					t.Fatal(err)
				}
				if got := slices.Collect(s.All()); !slices.Equal(got, model) || s.Len() != len(model) {
					t.Fatalf("got %d, want %d", got, model)
				}
				for i, n := range model {
					if index, found := s.Find(n); index != i || !found || s.At(i) != n || !s.Contains(n) {
						t.Fatalf("%d: index %d, %t; want %d", n, index, found, i)
					}
				}
			},
		})
	})
}

func TestIntsetNoAllocation(t *testing.T) {
	block := make([]byte, 0, 100)
	if n := testing.AllocsPerRun(100, func() {
		s := insert(NewIntset(block), 5, 3, 1<<20, 1<<40)
		if s, _ = s.Remove(3); !s.Contains(1<<20) || &s[0] != &block[:1][0] {
			t.Fatal("moved or wrong")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestValidateIntset(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"empty":          "",
		"short":          "\x02\x00\x00\x00\x00\x00\x00",
		"width 0":        "\x00\x00\x00\x00\x00\x00\x00\x00",
		"width 3":        "\x03\x00\x00\x00\x01\x00\x00\x00\x01\x02\x03",
		"count too big":  "\x02\x00\x00\x00\x02\x00\x00\x00\x01\x00",
		"count overflow": "\x08\x00\x00\x00\x00\x00\x00\x20",
		"unordered":      "\x02\x00\x00\x00\x02\x00\x00\x00\x02\x00\x01\x00",
		"double":         "\x02\x00\x00\x00\x02\x00\x00\x00\x02\x00\x02\x00",
	}
	for name, b := range tests {
		if err := ValidateIntset([]byte(b)); err != ErrCorruptIntset {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzIntset(f *testing.F) {
	f.Add([]byte(insert(NewIntset(nil), 1, 2, 1<<20)), int64(5))
	f.Fuzz(func(t *testing.T, b []byte, n int64) {
		if len(b) >= intsetHeader && b[0] != 0 {
			binary.LittleEndian.PutUint32(b[4:], uint32((len(b)-intsetHeader)/int(b[0])))
		}
		if ValidateIntset(b) != nil {
			return
		}
		s := Intset(b)
		_, found := s.Find(n)
		s, inserted := s.Insert(n)
		if inserted == found || !s.Contains(n) || ValidateIntset(s) != nil {
			t.Errorf("inserting %d failed", n)
		}
		if s, _ = s.Remove(n); s.Contains(n) || ValidateIntset(s) != nil {
			t.Errorf("removing %d failed", n)
		}
	})
}

func TestIntsetAgainstRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--rdbcompression", "no", "--set-max-intset-entries", "10000")
	r := rand.New(rand.NewPCG(9, 9))
	for range 20 {
		server.Do("DEL", "s")
		s := NewIntset(nil)
		var commands [][]string
		for range 1 + r.IntN(100) {
			n := int64(r.Uint64()) >> []int{0, 32, 40, 48, 58}[r.IntN(5)]
			if r.IntN(3) > 0 || s.Len() < 2 {
				commands = append(commands, []string{"SADD", "s", strconv.FormatInt(n, 10)})
				s, _ = s.Insert(n)
			} else {
				n = s.At(r.IntN(s.Len()))
				commands = append(commands, []string{"SREM", "s", strconv.FormatInt(n, 10)})
				s, _ = s.Remove(n)
			}
		}
		server.Pipeline(commands)
		if got := dumped(t, server.String("DUMP", "s"), 1); got != string(s) {
			t.Fatalf("intset differs after %q", commands)
		}
	}
}

func BenchmarkIntsetFind(b *testing.B) {
	s := NewIntset(nil)
	for i := range 512 {
		s, _ = s.Insert(int64(i * 100))
	}
	for b.Loop() {
		s.Find(33300)
	}
}
