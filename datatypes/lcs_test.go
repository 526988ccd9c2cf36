package datatypes

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/larderkv/larder/internal/redistest"
	"pgregory.net/rapid"
)

func TestLCS(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, a, b string
		o          LCSOptions
		want       LCSResult
	}{
		{"of the manual", "ohmytext", "mynewtext", LCSOptions{},
			LCSResult{[]byte("mytext"), 6, []LCSMatch{{4, 5, 4}, {2, 0, 2}}}},
		{"minimum", "ohmytext", "mynewtext", LCSOptions{MinMatchLen: 4},
			LCSResult{[]byte("mytext"), 6, []LCSMatch{{4, 5, 4}}}},
		{"negative minimum", "ohmytext", "mynewtext", LCSOptions{MinMatchLen: -1},
			LCSResult{[]byte("mytext"), 6, []LCSMatch{{4, 5, 4}, {2, 0, 2}}}},
		{"empty", "", "abc", LCSOptions{}, LCSResult{}},
		{"both empty", "", "", LCSOptions{}, LCSResult{}},
		{"disjoint", "abc", "xyz", LCSOptions{}, LCSResult{Sequence: []byte{}}},
		{"equal", "abc", "abc", LCSOptions{}, LCSResult{[]byte("abc"), 3, []LCSMatch{{0, 0, 3}}}},
		{"ties go left in b", "ab", "ba", LCSOptions{}, LCSResult{[]byte("b"), 1, []LCSMatch{{1, 0, 1}}}},
		{"beyond a word", "x" + strings.Repeat("a", 64), strings.Repeat("b", 64) + "x", LCSOptions{},
			LCSResult{[]byte("x"), 1, []LCSMatch{{0, 64, 1}}}},
	}
	for _, tt := range tests {
		got, err := lcs([]byte(tt.a), []byte(tt.b), tt.o)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", tt.name, diff)
		}
	}
}

func TestLCSLimit(t *testing.T) {
	t.Parallel()
	a, b := make([]byte, 511), make([]byte, 512)
	o := LCSOptions{MaxTable: 1 << 20}
	if _, err := lcs(a, a, o); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	if _, err := lcs(a, b, o); !errors.Is(err, ErrLCSTooLarge) {
		t.Errorf("above the limit: %v", err)
	}
	if _, err := lcsLen(a, b, o); !errors.Is(err, ErrLCSTooLarge) {
		t.Errorf("length above the limit: %v", err)
	}
	large := make([]byte, 16<<10)
	if _, err := lcsLen(large, large, LCSOptions{}); !errors.Is(err, ErrLCSTooLarge) {
		t.Errorf("above the default limit: %v", err)
	}
	if n, err := lcsLen(large, large[:8000], LCSOptions{}); n != 8000 || err != nil {
		t.Errorf("below the default limit: %d, %v", n, err)
	}
}

// lcsReference fills the whole table and walks it.
func lcsReference(a, b []byte) []byte {
	table := make([][]int, len(a)+1)
	for i := range table {
		table[i] = make([]int, len(b)+1)
		for j := range table[i] {
			switch {
			case i == 0 || j == 0:
			case a[i-1] == b[j-1]:
				table[i][j] = table[i-1][j-1] + 1
			default:
				table[i][j] = max(table[i-1][j], table[i][j-1])
			}
		}
	}
	i, j := len(a), len(b)
	sequence := make([]byte, table[i][j])
	for i > 0 && j > 0 {
		switch {
		case a[i-1] == b[j-1]:
			sequence[table[i][j]-1] = a[i-1]
			i, j = i-1, j-1
		case table[i-1][j] > table[i][j-1]:
			i--
		default:
			j--
		}
	}
	return sequence
}

func TestLCSModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		letter := rapid.SampledFrom([]byte("abcd")[:rapid.IntRange(1, 4).Draw(t, "letters")])
		a := rapid.SliceOfN(letter, 0, 200).Draw(t, "a")
		b := rapid.SliceOfN(letter, 0, 200).Draw(t, "b")
		got, err := lcs(a, b, LCSOptions{})
		if want := lcsReference(a, b); err != nil || !bytes.Equal(got.Sequence, want) || got.Len != len(want) {
			t.Fatalf("got %q (%d, %v), want %q", got.Sequence, got.Len, err, want)
		}
		if n, err := lcsLen(a, b, LCSOptions{}); err != nil || n != got.Len {
			t.Fatalf("lcsLen: %d, %v; want %d", n, err, got.Len)
		}
		var joined []byte
		for _, m := range got.Matches {
			if !bytes.Equal(a[m.A:m.A+m.Len], b[m.B:m.B+m.Len]) {
				t.Fatalf("no match: %v", m)
			}
			joined = append(append([]byte{}, a[m.A:m.A+m.Len]...), joined...)
		}
		if !bytes.Equal(joined, got.Sequence) {
			t.Fatalf("matches make %q, not %q", joined, got.Sequence)
		}
	})
}

func TestLCSAgainstRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--proto-max-bulk-len", "1mb")
	r := rand.New(rand.NewPCG(1, 2))
	random := func() string {
		b := make([]byte, r.IntN(150))
		letters := 1 + r.IntN(6)
		for i := range b {
			b[i] = byte('a' + r.IntN(letters))
		}
		return string(b)
	}
	for range 400 {
		a, b, minimum := random(), random(), r.IntN(4)
		replies := server.Pipeline([][]string{
			{"MSET", "a", a, "b", b},
			{"LCS", "a", "b"},
			{"LCS", "a", "b", "LEN"},
			{"LCS", "a", "b", "IDX", "WITHMATCHLEN", "MINMATCHLEN", strconv.Itoa(minimum)},
		})
		got, err := lcs([]byte(a), []byte(b), LCSOptions{MinMatchLen: minimum})
		if err != nil {
			t.Fatal(err)
		}
		want := []any{"OK", string(got.Sequence), int64(got.Len), []any{"matches", matchReplies(got.Matches), "len", int64(got.Len)}}
		if diff := cmp.Diff(want, replies); diff != "" {
			t.Fatalf("%q and %q, at least %d: -larder +Redis\n%s", a, b, minimum, diff)
		}
	}
	for _, n := range []int{511, 512} {
		a, b := strings.Repeat("a", 511), strings.Repeat("b", n)
		server.Do("MSET", "a", a, "b", b)
		_, refused := server.Do("LCS", "a", "b", "LEN").(redistest.Error)
		if _, err := lcsLen([]byte(a), []byte(b), LCSOptions{MaxTable: 1 << 20}); refused != (err != nil) {
			t.Errorf("lengths 511 and %d: %v, refused by Redis: %t", n, err, refused)
		}
	}
}

func matchReplies(matches []LCSMatch) []any {
	replies := make([]any, len(matches))
	for i, m := range matches {
		replies[i] = []any{
			[]any{int64(m.A), int64(m.A + m.Len - 1)},
			[]any{int64(m.B), int64(m.B + m.Len - 1)},
			int64(m.Len),
		}
	}
	return replies
}

func BenchmarkLCS(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	x, y := make([]byte, 2000), make([]byte, 2000)
	for i := range x {
		x[i], y[i] = byte('a'+r.IntN(4)), byte('a'+r.IntN(4))
	}
	b.Run("Sequence", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			lcs(x, y, LCSOptions{}) //nolint:errcheck
		}
	})
	b.Run("Len", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			lcsLen(x, y, LCSOptions{}) //nolint:errcheck
		}
	})
}
