package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestStoresKeepWhatTheyAreGiven(t *testing.T) {
	for _, p := range append(peers[:len(peers):len(peers)], lru) {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			const n = 1000
			w := &worker{name: p.name}
			if err := w.open(filled(n)); err != nil {
				t.Fatal(err)
			}
			defer w.store.Close()
			w.put(0, n)
			kept, err := w.kept(n)
			if err != nil {
				t.Fatal(err)
			}
			// Two of 1,000 keys may meet in a bucket too small for both in caches that lose entries to that.
			if kept < 0.99 {
				t.Errorf("kept %.3f of the entries", kept)
			}
			key, value := newScratch().entry(7)
			if w.store.Delete(key); deletesAtOnce(p) {
				if _, ok := w.store.Get(nil, key); ok {
					t.Error("a deleted key is still there")
				}
			}
			if s, ok := w.store.(expirer); ok {
				s.SetTTL(key, value, time.Hour)
				w.flush()
				if v, ok := w.store.Get(make([]byte, 0, valueSize), key); !ok || !checkValue(v, 7) {
					t.Errorf("SetTTL then Get: %x, %v", v, ok)
				}
			}
		})
	}
}

func deletesAtOnce(p peer) bool { return p.name != "ristretto" }

func TestLRUEvictsAtItsBound(t *testing.T) {
	t.Parallel()
	s, err := openLRU(storeConfig{MaxEntries: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"a", "b", "c"} {
		s.Set(key, []byte("x"))
	}
	if _, ok := s.Get(nil, "a"); ok {
		t.Error("the least recently used entry is still there")
	}
}

func TestWorkerAnswersRequests(t *testing.T) {
	t.Parallel()
	var in, out bytes.Buffer
	enc := json.NewEncoder(&in)
	requests := []request{
		{Op: "fill", N: 500, Config: filled(500)},
		{Op: "get", Ops: 1000, Seed: 1},
		{Op: "get", Ops: 1000, Zipf: 0.99, Seed: 1},
		{Op: "overwrite", Ops: 1000, Seed: 2},
		{Op: "no such thing"},
	}
	for _, r := range requests {
		if err := enc.Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := serve("map+RWMutex", &in, &out); err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(&out)
	for i, r := range requests {
		var answer reply
		if err := dec.Decode(&answer); err != nil {
			t.Fatal(err)
		}
		if wantError := i == len(requests)-1; (answer.Error != "") != wantError {
			t.Errorf("%s: error %q", r.Op, answer.Error)
		}
	}
	if err := dec.Decode(new(reply)); err != io.EOF {
		t.Errorf("after the last answer: %v, want EOF", err)
	}
}

func TestKeysAreDistinctAndAgree(t *testing.T) {
	t.Parallel()
	const n = 10_000
	run, s, seen := sequentialKeys(0, n), newScratch(), make(map[string]bool)
	for i := range n {
		key, _ := s.entry(uint64(i))
		if run.at(i) != key {
			t.Fatalf("entry %d is %q in a run and %q by itself", i, run.at(i), key)
		}
		seen[run.at(i)] = true
	}
	if len(seen) != n {
		t.Errorf("%d distinct keys of %d", len(seen), n)
	}
	for i, random := 0, randomKeys(n, 1000, 5); i < random.len(); i++ {
		if !seen[random.at(i)] {
			t.Fatalf("random key %q is of no entry", random.at(i))
		}
	}
}

func TestPermutation(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2, 3, 10, 64, 65, 1000, 4097} {
		seen := make([]bool, n)
		p := newPermutation(n, 9)
		for i := range n {
			x := p.at(i)
			if seen[x] {
				t.Fatalf("n %d: %d comes twice", n, x)
			}
			seen[x] = true
		}
	}
}

func TestZipfFrequencies(t *testing.T) {
	t.Parallel()
	const n, draws, s = 100, 200_000, 0.99
	z, counts := newZipf(newRand(3), n, s), make([]int, n)
	for range draws {
		counts[z.next()]++
	}
	sum := 0.0
	for i := range n {
		sum += math.Pow(float64(i+1), -s)
	}
	for _, rank := range []int{0, 1, 9, 99} {
		want := draws * math.Pow(float64(rank+1), -s) / sum
		if got := float64(counts[rank]); math.Abs(got-want) > 6*math.Sqrt(want) {
			t.Errorf("rank %d was drawn %.0f times, want about %.0f", rank, got, want)
		}
	}
}

func TestGeneratedTracesAreDeterministic(t *testing.T) {
	t.Parallel()
	a, b := generatedTraces(300, 5000, 7), generatedTraces(300, 5000, 7)
	for i := range a {
		if !slices.Equal(a[i].accesses, b[i].accesses) {
			t.Errorf("%s differs between two runs", a[i].name)
		}
		if len(a[i].accesses) != 5000 || a[i].distinct < 2 {
			t.Errorf("%s: %d accesses of %d keys", a[i].name, len(a[i].accesses), a[i].distinct)
		}
	}
}

func TestLogUniform(t *testing.T) {
	t.Parallel()
	rng, sum, z := newRand(4), 0.0, sizes{8, 64 << 10}
	const draws = 200_000
	for range draws {
		size := logUniform(rng, z.Least, z.Most)
		if size < z.Least || size > z.Most {
			t.Fatalf("size %d outside %v", size, z)
		}
		sum += float64(size)
	}
	if got := sum / draws; math.Abs(got/z.mean()-1) > 0.05 {
		t.Errorf("mean size %.0f, want about %.0f", got, z.mean())
	}
}

func TestSample(t *testing.T) {
	t.Parallel()
	s := sample{5, 1, 3}
	if s.median() != 3 || s.min() != 1 || s.max() != 5 {
		t.Errorf("median %v, min %v, max %v", s.median(), s.min(), s.max())
	}
	if even := (sample{1, 2, 3, 10}); even.median() != 2.5 {
		t.Errorf("median of an even number %v", even.median())
	}
	if !math.IsNaN(sample(nil).median()) {
		t.Error("the median of nothing is a number")
	}
}

func TestReadTraces(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := readTraces(dir); err == nil {
		t.Error("a directory without traces is no error")
	}
	write := func(name string, raw []byte) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(raw)
		_ = z.Close()
		if err := os.WriteFile(filepath.Join(dir, name+traceSuffix), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var raw []byte
	for _, a := range []uint32{0, 1, 0, 2} {
		raw = binary.LittleEndian.AppendUint32(raw, a)
	}
	write("small", raw)
	traces, err := readTraces(dir)
	if err != nil || len(traces) != 1 {
		t.Fatalf("%d traces, %v", len(traces), err)
	}
	if got := traces[0]; got.name != "small" || got.distinct != 3 || !slices.Equal(got.accesses, []uint32{0, 1, 0, 2}) {
		t.Errorf("read %+v", got)
	}
	write("torn", raw[:6])
	if _, err := readTraces(dir); err == nil {
		t.Error("a torn trace is no error")
	}
}

func TestPlanCoversEveryStoreOnce(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1000, 5_000_000, 1_000_000_000} {
		if got := slices.Concat(plan(peerNames(), n)...); !slices.Equal(got, peerNames()) {
			t.Errorf("%d entries: %v", n, got)
		}
	}
}

func TestFigureVerdicts(t *testing.T) {
	t.Parallel()
	r := &report{out: io.Discard}
	b := bar{atLeast: 2, aim: 1, lower: true, format: plainBytes}
	for _, v := range []float64{0.5, 1.5, 3, math.NaN()} {
		r.figure("x", v, b)
	}
	want := []string{"aim reached", "reached", "falls short", "falls short"}
	for i, row := range r.figures.rows {
		if row[len(row)-1] != want[i] {
			t.Errorf("row %v, want %q", row, want[i])
		}
	}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	table := table{title: "T", header: []string{"a", "b"}}
	table.add("x", "1")
	table.add("longer", "20")
	table.note("n")
	var out strings.Builder
	table.writeMarkdown(&out)
	want := "## T\n\n| a      |  b |\n|:-------|---:|\n| x      |  1 |\n| longer | 20 |\n\n- n\n\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}
