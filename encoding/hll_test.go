package encoding

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/larderkv/larder/internal/redistest"
	"pgregory.net/rapid"
)

func TestHLLPosition(t *testing.T) {
	t.Parallel()
	tests := []struct {
		element  string
		hash     uint64
		register int
		rank     uint8
	}{
		{"", 0xd8dfea6585bc9732, 5938, 2},
		{"a", 0x53d2470a9b43b1a7, 12711, 2},
		{"b", 0xf10cdf96c004fda4, 15780, 1},
		{"foo", 0xe64609b8b0141cb4, 7348, 5},
		{"hello", 0x0f656f01eecfe400, 9216, 1},
		{"12345678", 0x95ebb86389132953, 10579, 3},
		{"123456789", 0x217532cb09f2a44d, 9293, 2},
	}
	for _, tt := range tests {
		if hash := murmur64([]byte(tt.element)); hash != tt.hash {
			t.Errorf("%q: hash %#x, want %#x", tt.element, hash, tt.hash)
		}
		if register, rank := hllPosition([]byte(tt.element)); register != tt.register || rank != tt.rank {
			t.Errorf("%q: %d, %d; want %d, %d", tt.element, register, rank, tt.register, tt.rank)
		}
	}
}

func TestNewHLL(t *testing.T) {
	t.Parallel()
	const want = "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x7f\xff"
	h := NewHLL([]byte("overwritten, all of it"))
	if string(h) != want || CheckHLL(h) != nil || h.IsDense() {
		t.Errorf("%q, want %q", h, want)
	}
	if n, err := h.Count(); n != 0 || err != nil {
		t.Errorf("Count: %d, %v", n, err)
	}
	if n, ok := h.CachedCount(); n != 0 || !ok {
		t.Errorf("CachedCount: %d, %t", n, ok)
	}
	h.SetCachedCount(7)
	if n, ok := h.CachedCount(); n != 7 || !ok {
		t.Errorf("CachedCount: %d, %t", n, ok)
	}
	h, changed, err := h.Add([]byte("a"), DefaultHLLSparseMax)
	if _, ok := h.CachedCount(); ok || !changed || err != nil {
		t.Errorf("Add: %t, %v; the stored count holds: %t", changed, err, ok)
	}
	if _, changed, _ = h.Add([]byte("a"), DefaultHLLSparseMax); changed {
		t.Error("Add of the same element changed something")
	}
}

func add(t testing.TB, h HLL, element string) HLL {
	t.Helper()
	h, _, err := h.Add([]byte(element), DefaultHLLSparseMax)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHLLEstimates(t *testing.T) {
	t.Parallel()
	want := map[int]uint64{0: 0, 1: 1, 10: 10, 100: 100, 1000: 1002, 10000: 10087, 100000: 99778}
	h := NewHLL(nil)
	for i := range 100001 {
		if n, listed := want[i]; listed {
			if got, err := h.Count(); got != n || err != nil {
				t.Errorf("%d elements are estimated as %d (%v), want %d", i, got, err, n)
			}
			var r HLLRegisters
			if err := r.Merge(h); err != nil || r.Count() != n {
				t.Errorf("%d elements in registers are estimated as %d (%v), want %d", i, r.Count(), err, n)
			}
		}
		h = add(t, h, fmt.Sprintf("ele:%d", i))
	}
	if !h.IsDense() || len(h) != HLLDenseSize {
		t.Errorf("%d bytes, dense: %t", len(h), h.IsDense())
	}
}

// TestHLLRandomAccuracy checks the estimate by the standard error that it has.
func TestHLLRandomAccuracy(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	const most = 1 << 16
	var element [8]byte
	h := NewHLL(nil)
	for n := 1; n <= most; n++ {
		binary.LittleEndian.PutUint64(element[:], r.Uint64())
		h, _, _ = h.Add(element[:], DefaultHLLSparseMax)
		if n&(n-1) != 0 {
			continue
		}
		got, err := h.Count()
		if limit := 4*0.0081*float64(n) + 1; err != nil || math.Abs(float64(got)-float64(n)) > limit {
			t.Errorf("%d elements are estimated as %d (%v)", n, got, err)
		}
	}
}

// registersOf reads the registers one by one, or run by run.
func registersOf(t interface{ Fatalf(string, ...any) }, h HLL) (r [hllRegisters]uint8) {
	b := h[hllHeader:]
	if h.IsDense() {
		for i := range r {
			bit := 6 * i
			pair := uint(b[bit/8])
			if bit/8+1 < len(b) {
				pair |= uint(b[bit/8+1]) << 8
			}
			r[i] = uint8(pair>>(bit%8)) & 0x3f
		}
		return r
	}
	i := 0
	for len(b) > 0 {
		rank, n := uint8(0), int(b[0]&0x3f)+1
		switch {
		case b[0] >= 0x80:
			rank, n = b[0]>>2&0x1f+1, int(b[0]&3)+1
		case b[0] >= 0x40:
			n = (int(b[0]&0x3f)<<8 | int(b[1])) + 1
			b = b[1:]
		}
		b = b[1:]
		for ; n > 0; n-- {
			r[i] = rank
			i++
		}
	}
	if i != hllRegisters {
		t.Fatalf("%d registers", i)
	}
	return r
}

func TestHLLModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := NewHLL(nil)
		var model [hllRegisters]uint8
		sparseMax := rapid.SampledFrom([]int{0, 30, 100, 3000}).Draw(t, "sparseMax")
		set := func(register int, rank uint8) {
			var from hllCursor
			var changed bool
			var err error
			h, changed, err = h.set(&from, register, rank, sparseMax)
			if err != nil || changed != (rank > model[register]) {
				t.Fatalf("set(%d, %d): %t, %v", register, rank, changed, err)
			}
			model[register] = max(model[register], rank)
		}
		check := func(t *rapid.T) {
			if err := CheckHLL(h); err != nil {
				t.Fatal(err)
			}
			if got := registersOf(t, h); got != model {
				t.Fatalf("registers differ")
			}
			var r HLLRegisters
			if err := r.Merge(h); err != nil || r != model {
				t.Fatalf("merged registers differ: %v", err)
			}
			n, err := h.Count()
			if err != nil || n != r.Count() {
				t.Fatalf("Count %d (%v), of registers %d", n, err, r.Count())
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				register := rapid.OneOf(rapid.IntRange(0, hllRegisters-1), rapid.IntRange(100, 120), rapid.Just(hllRegisters-1)).Draw(t, "register")
				rank := rapid.SampledFrom([]uint8{1, 1, 1, 2, 2, 3, 31, 32, 33, 51}).Draw(t, "rank")
				set(register, rank)
			},
			"run": func(t *rapid.T) {
				first := rapid.IntRange(0, hllRegisters-20).Draw(t, "first")
				for i := range rapid.IntRange(1, 20).Draw(t, "n") {
					set(first+i, 2)
				}
			},
			"merge": func(t *rapid.T) {
				var r HLLRegisters
				for range rapid.IntRange(0, 30).Draw(t, "n") {
					r[rapid.IntRange(0, hllRegisters-1).Draw(t, "register")] = rapid.Uint8Range(1, 3).Draw(t, "rank")
				}
				var err error
				if h, err = h.Merge(&r, rapid.IntRange(0, 20).Draw(t, "dense") == 0, sparseMax); err != nil {
					t.Fatal(err)
				}
				for i := range model {
					model[i] = max(model[i], r[i])
				}
			},
			"check": check,
		})
		check(t)
	})
}

// TestHLLMergeIsSets checks that merging, which goes on where the last register
// was, leaves the bytes that setting one register after the other leaves.
func TestHLLMergeIsSets(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := NewHLL(nil)
		sparse := func(name string) (r HLLRegisters) {
			for range rapid.IntRange(0, 60).Draw(t, name) {
				first := rapid.OneOf(rapid.IntRange(0, hllRegisters-4), rapid.IntRange(0, 60)).Draw(t, "register")
				for i := range rapid.IntRange(1, 4).Draw(t, "n") {
					r[first+i] = rapid.Uint8Range(1, 2).Draw(t, "rank")
				}
			}
			return r
		}
		for i, r := range []HLLRegisters{sparse("before"), sparse("merged")} {
			want := append(HLL(nil), h...)
			for register, rank := range r {
				if rank != 0 {
					want, _, _ = want.set(new(hllCursor), register, rank, DefaultHLLSparseMax)
				}
			}
			want.Invalidate()
			var err error
			h, err = h.Merge(&r, false, DefaultHLLSparseMax)
			if err != nil || string(h) != string(want) {
				t.Fatalf("merge %d: %v\n%q\n%q", i, err, h, want)
			}
		}
	})
}

func TestHLLSWAR(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		six := rapid.Uint8Range(0, 63)
		var a, b, highest [8]byte
		packed := uint64(0)
		for i := range a {
			a[i], b[i] = six.Draw(t, "a"), six.Draw(t, "b")
			highest[i] = max(a[i], b[i])
			packed |= uint64(a[i]) << (6 * i)
		}
		wide := binary.LittleEndian.Uint64(a[:])
		if got := squeeze(wide); got != packed {
			t.Fatalf("squeeze(%#x) = %#x, want %#x", wide, got, packed)
		}
		if got := spread(packed | rapid.Uint64().Draw(t, "noise")<<packedBits); got != wide {
			t.Fatalf("spread(%#x) = %#x, want %#x", packed, got, wide)
		}
		if got := maxBytes(wide, binary.LittleEndian.Uint64(b[:])); got != binary.LittleEndian.Uint64(highest[:]) {
			t.Fatalf("maxBytes(%v, %v) = %#x", a, b, got)
		}
	})
}

func TestCheckHLL(t *testing.T) {
	t.Parallel()
	header := "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	dense := "HYLL\x00" + strings.Repeat("\x00", HLLDenseSize-5)
	for name, b := range map[string]string{
		"empty": "", "short": header[:15], "magic": "HYLK" + header[4:], "form": "HYLL\x02" + header[5:],
		"dense too short": dense[1:], "dense too long": dense + "\x00",
	} {
		if err := CheckHLL([]byte(b)); err != ErrNotHLL {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := CheckHLL([]byte(dense)); err != nil {
		t.Errorf("dense: %v", err)
	}
	for name, runs := range map[string]string{
		"no runs": "", "too few": "\x7f\xfe", "too many": "\x7f\xff\x00", "cut off": "\x7f\xfe\x40", "cut off before": "\x7f",
	} {
		h := HLL(header + runs)
		if err := CheckHLL(h); err != nil {
			t.Errorf("%s: CheckHLL: %v", name, err)
		}
		if _, err := h.Count(); err != ErrCorruptHLL {
			t.Errorf("%s: Count: %v", name, err)
		}
		if _, err := h.Dense(); err != ErrCorruptHLL {
			t.Errorf("%s: Dense: %v", name, err)
		}
		if _, err := h.Merge(new(HLLRegisters), true, 3000); err != ErrCorruptHLL {
			t.Errorf("%s: Merge: %v", name, err)
		}
		if err := new(HLLRegisters).Merge(h); err != ErrCorruptHLL {
			t.Errorf("%s: registers' Merge: %v", name, err)
		}
		if string(h) != header+runs {
			t.Errorf("%s: changed to %q", name, h)
		}
	}
	h := HLL(header + "\x7f\xf0")
	if _, _, err := h.set(new(hllCursor), hllRegisters-1, 1, 3000); err != ErrCorruptHLL {
		t.Errorf("set beyond the runs: %v", err)
	}
}

func TestHLLAppendRuns(t *testing.T) {
	t.Parallel()
	h := NewHLL(nil)
	for _, register := range []int{50, 51, 52, 53, 54} {
		h, _, _ = h.set(new(hllCursor), register, 3, 3000)
	}
	if got := h.AppendRuns([]byte("x")); string(got) != "xz:50 v:3,4 v:3,1 Z:16329" {
		t.Error(string(got))
	}
	if got := HLL(string(h[:hllHeader]) + "\x80\x7f").AppendRuns(nil); string(got) != "v:1,1 Z:16129" {
		t.Error("of a run that is cut off:", string(got))
	}
}

func FuzzHLL(f *testing.F) {
	f.Add([]byte(NewHLL(nil)), []byte("a"))
	f.Add([]byte(add(f, add(f, NewHLL(nil), "a"), "b")), []byte("c"))
	f.Fuzz(func(t *testing.T, b, element []byte) {
		if CheckHLL(b) != nil {
			return
		}
		h := HLL(b)
		before := string(h)
		n, countErr := h.Count()
		var r HLLRegisters
		if err := r.Merge(h); err != countErr || err == nil && r.Count() != n {
			t.Fatalf("Merge: %v, %d; Count: %v, %d", err, r.Count(), countErr, n)
		}
		h.AppendRuns(nil) // prints whatever there is
		merged, err := append(HLL(nil), h...).Merge(&r, false, DefaultHLLSparseMax)
		if err != countErr || CheckHLL(merged) != nil {
			t.Fatalf("Merge: %v; Count: %v", err, countErr)
		}
		h, changed, err := h.Add(element, DefaultHLLSparseMax)
		if !changed && string(h) != before || err != nil && countErr == nil {
			t.Fatalf("Add: %t, %v", changed, err)
		}
		if err := CheckHLL(h); err != nil {
			t.Fatal(err)
		}
	})
}

func TestHLLAgainstRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	r := rand.New(rand.NewPCG(10, 10))
	for round, sparseMax := range []int{3000, 3000, 100, 40, 0, 16000} {
		server.Pipeline([][]string{{"FLUSHALL"}, {"CONFIG", "SET", "hll-sparse-max-bytes", fmt.Sprint(sparseMax)}, {"PFADD", "h"}})
		h := NewHLL(nil)
		h.Invalidate()
		// Each element is one command, whose result is compared now and then.
		for n := range 2000 {
			element := fmt.Sprint(r.IntN(4000))
			var changed bool
			h, changed, _ = h.Add([]byte(element), sparseMax)
			reply := server.Do("PFADD", "h", element)
			if (reply == int64(1)) != changed {
				t.Fatalf("round %d: PFADD %s replies %v, changed: %t", round, element, reply, changed)
			}
			if n < 100 || n%100 == 0 {
				if server.String("GET", "h") != string(h) {
					t.Fatalf("round %d: bytes differ after %d elements", round, n)
				}
			}
			if n%500 == 0 {
				count, _ := h.Count()
				if reply := server.Do("PFCOUNT", "h"); reply != int64(count) {
					t.Fatalf("round %d: PFCOUNT %v, Count %d", round, reply, count)
				}
				h.SetCachedCount(count)
				if server.String("GET", "h") != string(h) {
					t.Fatalf("round %d: bytes differ after PFCOUNT", round)
				}
			}
		}
	}
}

func TestHLLMergeAgainstRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	r := rand.New(rand.NewPCG(11, 11))
	random := func(key string) HLL {
		h := NewHLL(nil)
		h.Invalidate()
		commands := [][]string{{"DEL", key}, {"PFADD", key}}
		for range 1 << r.IntN(13) {
			element := fmt.Sprint(r.IntN(20000))
			h = add(t, h, element)
			commands = append(commands, []string{"PFADD", key, element})
		}
		server.Pipeline(commands)
		return h
	}
	for range 60 {
		a, b, c := random("a"), random("b"), random("c")
		var registers HLLRegisters
		for _, h := range []HLL{a, b, c} {
			if err := registers.Merge(h); err != nil {
				t.Fatal(err)
			}
		}
		if reply := server.Do("PFCOUNT", "a", "b", "c"); reply != int64(registers.Count()) {
			t.Errorf("PFCOUNT %v, Count %d", reply, registers.Count())
		}
		a, err := a.Merge(&registers, a.IsDense() || b.IsDense() || c.IsDense(), DefaultHLLSparseMax)
		if reply := server.Do("PFMERGE", "a", "b", "c"); reply != "OK" || err != nil {
			t.Fatal(reply, err)
		}
		if server.String("GET", "a") != string(a) {
			t.Error("bytes differ after PFMERGE")
		}
		runs := b.AppendRuns(nil)
		if reply := server.Do("PFDEBUG", "DECODE", "b"); !b.IsDense() && reply != string(runs) {
			t.Errorf("PFDEBUG DECODE %s, AppendRuns %s", reply, runs)
		}
	}
}

func denseHLL(n int) HLL {
	r := rand.New(rand.NewPCG(1, 1))
	h := NewHLL(nil)
	var element [8]byte
	for range n {
		binary.LittleEndian.PutUint64(element[:], r.Uint64())
		h, _, _ = h.Add(element[:], 0)
	}
	return h
}

func BenchmarkHLL(b *testing.B) {
	h := denseHLL(1000000)
	b.Run("Count", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			h.Count() //nolint:errcheck
		}
	})
	b.Run("Merge", func(b *testing.B) {
		b.ReportAllocs()
		var r HLLRegisters
		for b.Loop() {
			r.Merge(h) //nolint:errcheck
		}
	})
	b.Run("Add", func(b *testing.B) {
		b.ReportAllocs()
		element := []byte("some element")
		for b.Loop() {
			h, _, _ = h.Add(element, DefaultHLLSparseMax)
		}
	})
}

func TestSelfTestHLL(t *testing.T) {
	t.Parallel()
	if err := selfTestRegisters(); err != nil {
		t.Error(err)
	}
	if err := selfTestEstimates(100_000); err != nil {
		t.Error(err)
	}
	one, err := NewHLL(nil).Dense()
	if err != nil {
		t.Fatal(err)
	}
	two := slices.Clone(one)
	for i := range 1000 {
		one.Add([]byte{byte(i), byte(i >> 8)}, 0)
	}
	if err := compareEstimates(one, two, 1000); err == nil {
		t.Error("different estimates pass")
	}
	if err := compareEstimates(one, one, 2000); err == nil {
		t.Error("an estimate far off passes")
	}
}

// TestCovers: an element is covered if adding it changes nothing.
func TestCovers(t *testing.T) {
	t.Parallel()
	h, err := NewHLL(nil).Dense()
	if err != nil {
		t.Fatal(err)
	}
	covered := 0
	for i := range 50_000 {
		e := fmt.Append(nil, i)
		covers := h.Covers(e)
		_, changed, _ := h.Add(e, 0)
		if covers == changed {
			t.Fatalf("%s: covered %v, changed %v", e, covers, changed)
		}
		if covers {
			covered++
		}
	}
	if covered == 0 || covered == 50_000 {
		t.Errorf("%d are covered", covered)
	}
}

// TestCountDense: the quick sum gives what the histogram does, and notices where
// it can't be used.
func TestCountDense(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		most := uint8(rapid.SampledFrom([]int{1, 3, 20, 31, 32, 51, 63}).Draw(rt, "most"))
		seed := rapid.Uint64().Draw(rt, "seed")
		random := rand.New(rand.NewPCG(seed, 0))
		var r HLLRegisters
		highest := uint8(0)
		for range rapid.IntRange(0, 3*hllRegisters).Draw(rt, "registers") {
			rank := uint8(random.UintN(uint(most) + 1))
			r[random.IntN(len(r))] = rank
		}
		for _, rank := range r {
			highest = max(highest, rank)
		}
		var packed [HLLDenseSize - hllHeader]byte
		r.pack(packed[:])
		var ranks rankHistogram
		ranks.addDense(packed[:])
		if got, want := countDense(packed[:]), ranks.estimate(); got != want {
			rt.Fatalf("%d, by the histogram %d", got, want)
		}
		if _, _, ok := sumDense(packed[:]); ok != (highest < 32) {
			rt.Fatalf("the highest rank is %d: %v", highest, ok)
		}
	})
}
