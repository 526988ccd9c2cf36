package encoding

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/larderkv/larder/internal/redistest"
	"pgregory.net/rapid"
)

func text(s string) Element { return TextElement([]byte(s)) }

// entryTests has the bytes of entries at the limits of each kind. The texts are
// given by their length.
var entryTests = []struct {
	e      Element
	header string
	length int
}{
	{IntElement(0), "\x00\x01", 0},
	{IntElement(127), "\x7f\x01", 0},
	{IntElement(128), "\xc0\x80\x02", 0},
	{IntElement(-1), "\xdf\xff\x02", 0},
	{IntElement(4095), "\xcf\xff\x02", 0},
	{IntElement(-4096), "\xd0\x00\x02", 0},
	{IntElement(4096), "\xf1\x00\x10\x03", 0},
	{IntElement(-4097), "\xf1\xff\xef\x03", 0},
	{IntElement(math.MinInt16), "\xf1\x00\x80\x03", 0},
	{IntElement(math.MaxInt16 + 1), "\xf2\x00\x80\x00\x04", 0},
	{IntElement(-1 << 23), "\xf2\x00\x00\x80\x04", 0},
	{IntElement(1<<23 - 1), "\xf2\xff\xff\x7f\x04", 0},
	{IntElement(1 << 23), "\xf3\x00\x00\x80\x00\x05", 0},
	{IntElement(math.MinInt32), "\xf3\x00\x00\x00\x80\x05", 0},
	{IntElement(math.MaxInt32 + 1), "\xf4\x00\x00\x00\x80\x00\x00\x00\x00\x09", 0},
	{IntElement(math.MinInt64), "\xf4\x00\x00\x00\x00\x00\x00\x00\x80\x09", 0},
	{text(""), "\x80\x01", 0},
	{text("a"), "\x81a\x02", 0},
	{text("12"), "\x0c\x01", 0},
	{text("012"), "\x83012\x04", 0},
	{text("-0"), "\x82-0\x03", 0},
	{text("9223372036854775808"), "\x939223372036854775808\x14", 0},
	{text(strings.Repeat("x", 63)), "\xbf", 63},
	{text(strings.Repeat("x", 64)), "\xe0\x40", 64},
	{text(strings.Repeat("x", 125)), "\xe0\x7d", 125},
	{text(strings.Repeat("x", 126)), "\xe0\x7e", 126},
	{text(strings.Repeat("x", 4095)), "\xef\xff", 4095},
	{text(strings.Repeat("x", 4096)), "\xf0\x00\x10\x00\x00", 4096},
}

func TestListpackEntries(t *testing.T) {
	t.Parallel()
	for _, tt := range entryTests {
		lp := NewListpack(nil).Append(tt.e)
		if got := lp[listpackHeader : listpackHeader+len(tt.header)]; string(got) != tt.header {
			t.Errorf("%.20s: entry begins %q, want %q", tt.e, got, tt.header)
		}
		if len(lp) != EmptyListpackSize+tt.e.Size() {
			t.Errorf("%.20s: %d bytes, Size %d", tt.e, len(lp), tt.e.Size())
		}
		got := lp.At(lp.First())
		if !got.Equal(tt.e) || got.String() != tt.e.String() || got.Len() != len(tt.e.String()) {
			t.Errorf("%.20s was read as %.20s", tt.e, got)
		}
		if err := ValidateListpack(lp); err != nil {
			t.Errorf("%.20s: %v", tt.e, err)
		}
		if p := lp.Prev(lp.End()); p != lp.First() {
			t.Errorf("%.20s: Prev(End) is %d", tt.e, p)
		}
	}
}

func TestListpackTrailer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		size int
		want string
	}{
		{1, "\x01"}, {127, "\x7f"}, {128, "\x01\x80"}, {16382, "\x7f\xfe"}, {16383, "\x00\xff\xff"},
		{2097150, "\x7f\xff\xfe"}, {2097151, "\x00\xff\xff\xff"}, {268435454, "\x7f\xff\xff\xfe"},
		{268435455, "\x00\xff\xff\xff\xff"}, {1 << 28, "\x01\x80\x80\x80\x80"},
	}
	for _, tt := range tests {
		var b [5]byte
		n := putTrailer(b[:], tt.size)
		if string(b[:n]) != tt.want || n != trailerSize(tt.size) {
			t.Errorf("%d: %q, want %q", tt.size, b[:n], tt.want)
		}
	}
}

func TestListpackLargeElements(t *testing.T) {
	t.Parallel()
	for _, n := range []int{16000, 16377, 16378, 1<<21 - 10, 1<<21 - 6, 1<<21 - 5} {
		lp := NewListpack(nil).Append(text(strings.Repeat("x", n)), IntElement(5))
		p := lp.Prev(lp.Prev(lp.End()))
		if p != lp.First() || lp.At(p).Len() != n {
			t.Errorf("%d bytes are not found backwards", n)
		}
		if err := ValidateListpack(lp); err != nil {
			t.Errorf("%d: %v", n, err)
		}
	}
}

func TestListpackMany(t *testing.T) {
	t.Parallel()
	const most = uncounted + 10
	lp := NewListpack(make([]byte, 0, 1<<19))
	for n := range most {
		if lp.Len() != n {
			t.Fatalf("Len %d, want %d", lp.Len(), n)
		}
		lp = lp.Append(IntElement(int64(n)))
		if n == uncounted-10 {
			n := uncounted - 9
			if got := int(binary.LittleEndian.Uint16(lp[4:])); got != n {
				t.Fatalf("stored count %d, want %d", got, n)
			}
		}
	}
	if err := ValidateListpack(lp); err != nil {
		t.Error(err)
	}
	for _, tt := range []struct{ index, want int }{{0, 0}, {most - 1, most - 1}, {-1, most - 1}, {-most, 0}, {-10, most - 10}} {
		if p, ok := lp.Seek(tt.index); !ok || !lp.At(p).Equal(IntElement(int64(tt.want))) {
			t.Errorf("Seek(%d) failed", tt.index)
		}
	}
	for _, index := range []int{most, -most - 1} {
		if _, ok := lp.Seek(index); ok {
			t.Errorf("Seek(%d) succeeded", index)
		}
	}
	lp = lp.Delete(lp.First(), 100)
	if lp.Len() != most-100 || lp.count() != uncounted {
		t.Errorf("Len %d, stored count %d", lp.Len(), lp.count())
	}
}

func TestListpackFind(t *testing.T) {
	t.Parallel()
	lp := NewListpack(nil).Append(text("a"), text("b"), text("b"), text("7"), text("70000"), text("a"), text(strings.Repeat("k", 100)), text("v"))
	tests := []struct {
		e      Element
		stride int
		index  int
	}{
		{text("a"), 1, 0}, {text("a"), 2, 0}, {text("b"), 1, 1}, {text("b"), 2, 2}, {text("7"), 1, 3}, {IntElement(7), 1, 3},
		{text("7"), 2, -1}, {text("70000"), 2, 4}, {text("c"), 1, -1}, {text("v"), 2, -1}, {text(""), 1, -1},
		{text(strings.Repeat("k", 100)), 2, 6}, {text(strings.Repeat("k", 99)), 1, -1}, {text("v"), 3, -1}, {text("v"), 7, 7},
	}
	for _, tt := range tests {
		p, ok := lp.Find(lp.First(), tt.e, tt.stride)
		want, wantOK := lp.Seek(tt.index)
		if ok != (tt.index >= 0) || ok && (!wantOK || p != want) {
			t.Errorf("Find(%.10s, %d) = %d, %t", tt.e, tt.stride, p, ok)
		}
	}
	// Text that Redis would have stored as an integer.
	foreign := Listpack("\x0c\x00\x00\x00\x02\x00\x815\x02\x06\x01\xff")
	if err := ValidateListpack(foreign); err != nil {
		t.Fatal(err)
	}
	if p, ok := foreign.Find(foreign.First(), text("5"), 1); !ok || p != foreign.First() {
		t.Errorf("the text of an integer is not found: %d, %t", p, ok)
	}
	empty := NewListpack(nil).Append(text(""), text("0"))
	if p, ok := empty.Find(empty.First(), IntElement(0), 1); !ok || p == empty.First() {
		t.Errorf("an integer without its text is taken for the empty text: %d, %t", p, ok)
	}
}

func drawText(t *rapid.T, name string) string {
	return rapid.OneOf(
		rapid.StringMatching(`-?[0-9]{1,20}`),
		rapid.StringN(0, 20, 80),
		rapid.Map(rapid.SampledFrom([]int{63, 64, 124, 125, 126, 127, 200, 4095, 4096}), func(n int) string { return strings.Repeat("x", n) }),
		rapid.Map(rapid.Int64(), func(n int64) string { return strconv.FormatInt(n, 10) }),
	).Draw(t, name)
}

// TestSeekInRuns: elements of one size, which Seek skips together, stand between others.
func TestSeekInRuns(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lp := NewListpack(nil)
		var positions []int
		for range rapid.IntRange(0, 8).Draw(t, "runs") {
			s := drawText(t, "element")
			for range rapid.IntRange(1, 40).Draw(t, "length") {
				positions = append(positions, lp.End())
				lp = lp.Append(text(s))
			}
		}
		n := len(positions)
		for index := -n - 1; index <= n; index++ {
			p, ok := lp.Seek(index)
			want := index
			if index < 0 {
				want += n
			}
			if ok != (0 <= want && want < n) || ok && p != positions[want] {
				t.Fatalf("Seek(%d) of %d: %d, %v", index, n, p, ok)
			}
		}
	})
}

func TestListpackModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lp := NewListpack(nil)
		var model []string
		seek := func(i int) int {
			if i == len(model) {
				return lp.End()
			}
			p, ok := lp.Seek(i)
			if !ok {
				t.Fatalf("Seek(%d) of %d failed", i, len(model))
			}
			return p
		}
		draw := func() (elements []Element, texts []string) {
			for range rapid.IntRange(0, 3).Draw(t, "n") {
				s := drawText(t, "element")
				elements, texts = append(elements, text(s)), append(texts, s)
			}
			return elements, texts
		}
		index := func() int { return rapid.IntRange(0, len(model)).Draw(t, "index") }
		t.Repeat(map[string]func(*rapid.T){
			"append": func(*rapid.T) {
				elements, texts := draw()
				lp, model = lp.Append(elements...), append(model, texts...)
			},
			"insert": func(*rapid.T) {
				i := index()
				elements, texts := draw()
				lp, model = lp.Insert(seek(i), elements...), slices.Insert(model, i, texts...)
			},
			"splice": func(t *rapid.T) {
				i, j := index(), index()
				i, j = min(i, j), max(i, j)
				elements, texts := draw()
				p, q := seek(i), seek(j)
				size := lp.SpliceSize(p, q, elements...)
				lp, model = lp.Splice(p, q, elements...), slices.Replace(model, i, j, texts...)
				if len(lp) != size {
					t.Fatalf("%d bytes, SpliceSize %d", len(lp), size)
				}
			},
			"replace": func(t *rapid.T) {
				if i := index(); i < len(model) {
					s := drawText(t, "element")
					lp, model[i] = lp.Replace(seek(i), text(s)), s
				}
			},
			"delete": func(t *rapid.T) {
				i, n := index(), rapid.IntRange(0, 4).Draw(t, "n")
				lp, model = lp.Delete(seek(i), n), slices.Delete(model, i, min(i+n, len(model)))
			},
			"move": func(*rapid.T) {
				lp = append(NewListpack(make([]byte, 0, len(lp)+10))[:0], lp...)
			},
			"": func(t *rapid.T) { checkListpack(t, lp, model) },
		})
	})
}

func checkListpack(t *rapid.T, lp Listpack, model []string) {
	if err := ValidateListpack(lp); err != nil {
		t.Fatal(err)
	}
	if lp.Len() != len(model) {
		t.Fatalf("Len %d, want %d", lp.Len(), len(model))
	}
	got := []string{}
	for p, e := range lp.All() {
		got = append(got, e.String())
		if string(e.Append(nil)) != e.String() || e.Len() != len(e.String()) || !lp.At(p).Equal(e) {
			t.Fatalf("element %q is inconsistent", e)
		}
	}
	if !slices.Equal(got, model) {
		t.Fatalf("got %q, want %q", got, model)
	}
	for _, e := range lp.Backward() {
		if e.String() != got[len(got)-1] {
			t.Fatalf("backward: got %q, want %q", e, got[len(got)-1])
		}
		got = got[:len(got)-1]
	}
	if len(got) > 0 {
		t.Fatalf("backward: %q left", got)
	}
}

func TestListpackNoAllocation(t *testing.T) {
	block := make([]byte, 0, 256)
	key, value, other := []byte("key"), []byte("value"), []byte("other value")
	if n := testing.AllocsPerRun(100, func() {
		lp := NewListpack(block)
		lp = lp.Append(TextElement(key), TextElement(value), IntElement(5))
		p, _ := lp.Find(lp.First(), TextElement(key), 2)
		lp = lp.Replace(lp.Next(p), TextElement(other))
		lp = lp.Delete(p, 1)
		if &lp[0] != &block[:1][0] {
			t.Fatal("moved")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestValidateListpack(t *testing.T) {
	t.Parallel()
	good := string(NewListpack(nil).Append(text("a"), IntElement(300), text(strings.Repeat("x", 70))))
	change := func(offset int, b byte) string {
		changed := []byte(good)
		changed[offset] = b
		return string(changed)
	}
	tests := map[string]string{
		"empty":               "",
		"short":               "\x06\x00\x00\x00\x00\x00",
		"size too small":      change(0, byte(len(good)-1)),
		"size too large":      change(0, byte(len(good)+1)),
		"count too small":     change(4, 2),
		"count too large":     change(4, 4),
		"no end":              change(len(good)-1, 0),
		"end within":          change(6, 0xff),
		"unknown kind":        change(6, 0xf5),
		"text too long":       change(6, 0x8a),
		"text beyond the end": change(12, 0xef),
		"wrong length":        change(8, 3),
		"cut text":            good[:len(good)-10] + "\xff",
		"huge text":           "\x0d\x00\x00\x00\x01\x00\xf0\xff\xff\xff\xff\x00\xff",
		"huge text overflows": "\x0d\x00\x00\x00\x01\x00\xf0\xfb\xff\xff\xff\x00\xff",
		"cut integer":         "\x0a\x00\x00\x00\x01\x00\xf4\x00\x00\xff",
		"no length":           "\x08\x00\x00\x00\x01\x00\x05\xff",
	}
	if err := ValidateListpack([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, b := range tests {
		if err := ValidateListpack([]byte(b)); err != ErrCorruptListpack {
			t.Errorf("%s: %v", name, err)
		}
	}
	uncountedCopy := []byte(change(4, 0xff))
	uncountedCopy[5] = 0xff
	if err := ValidateListpack(uncountedCopy); err != nil {
		t.Errorf("uncounted: %v", err)
	}
}

func FuzzListpack(f *testing.F) {
	f.Add([]byte(NewListpack(nil).Append(text("a"), IntElement(300), text(strings.Repeat("x", 70)))))
	f.Add([]byte(NewListpack(nil).Append(IntElement(math.MinInt64), text(strings.Repeat("x", 5000)))))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) >= 4 {
			binary.LittleEndian.PutUint32(b, uint32(len(b)))
		}
		if ValidateListpack(b) != nil {
			return
		}
		lp, n := Listpack(b), 0
		for range lp.All() {
			n++
		}
		for range lp.Backward() {
			n--
		}
		if n != 0 {
			t.Errorf("%d elements more forward than backward", n)
		}
		lp.Find(lp.First(), text("a"), 1)
		for range 3 {
			lp = lp.Insert(lp.First(), text("0123"), IntElement(-7))
			lp = lp.Delete(lp.First(), 3)
			if err := ValidateListpack(lp); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// dumped returns the first string in the reply of DUMP, after skip bytes.
func dumped(t *testing.T, payload string, skip int) string {
	t.Helper()
	b := payload[skip:]
	var n int
	switch b[0] >> 6 {
	case 0:
		n, b = int(b[0]), b[1:]
	case 1:
		n, b = int(b[0]&0x3f)<<8|int(b[1]), b[2:]
	default:
		if b[0] != 0x80 {
			t.Fatalf("no plain string: %q", b[:5])
		}
		n, b = int(binary.BigEndian.Uint32([]byte(b[1:5]))), b[5:]
	}
	return b[:n]
}

func TestListpackAgainstRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--rdbcompression", "no", "--list-max-listpack-size", "-5")
	r := rand.New(rand.NewPCG(8, 8))
	random := func() string {
		switch r.IntN(4) {
		case 0:
			return strconv.FormatInt(int64(r.Uint64())>>r.IntN(64), 10)
		case 1:
			lengths := []int{0, 1, 63, 64, 126, 127, 128, 4095, 4096}
			return strings.Repeat("x", lengths[r.IntN(len(lengths))])
		}
		return strings.Repeat(string(rune('a'+r.IntN(3))), r.IntN(10))
	}
	for range 20 {
		server.Do("DEL", "l")
		lp := NewListpack(nil)
		var commands [][]string
		for range 40 {
			s := random()
			index := r.IntN(lp.Len() + 1)
			p, ok := lp.Seek(index)
			switch op := r.IntN(6); {
			case !ok || op < 2:
				commands = append(commands, []string{"RPUSH", "l", s})
				lp = lp.Append(text(s))
			case op == 2:
				commands = append(commands, []string{"LPUSH", "l", s})
				lp = lp.Insert(lp.First(), text(s))
			case op == 3:
				commands = append(commands, []string{"LSET", "l", strconv.Itoa(index), s})
				lp = lp.Replace(p, text(s))
			case op == 4:
				pivot := lp.At(p).String()
				p, _ = lp.Find(lp.First(), text(pivot), 1)
				commands = append(commands, []string{"LINSERT", "l", "BEFORE", pivot, s})
				lp = lp.Insert(p, text(s))
			case lp.Len() > 1:
				element := lp.At(p).String()
				p, _ = lp.Find(lp.First(), text(element), 1)
				commands = append(commands, []string{"LREM", "l", "1", element})
				lp = lp.Delete(p, 1)
			}
		}
		if len(lp) > 60000 {
			t.Fatal("the list has more than one node")
		}
		server.Pipeline(commands)
		// The type, the number of nodes, and the kind of the node.
		if got := dumped(t, server.String("DUMP", "l"), 3); got != string(lp) {
			t.Fatalf("listpack differs after %q:\n%s", commands, cmp.Diff([]byte(got), []byte(lp)))
		}
	}
	// A long element, whose length at the end takes more bytes than it must.
	for _, n := range []int{16376, 16377, 16378, 16379, 20000} {
		s := strings.Repeat("y", n)
		server.Pipeline([][]string{{"DEL", "l"}, {"RPUSH", "l", s, "1"}})
		want := NewListpack(nil).Append(text(s), IntElement(1))
		if got := dumped(t, server.String("DUMP", "l"), 3); got != string(want) {
			t.Errorf("listpack of %d bytes differs", n)
		}
	}
}

func BenchmarkListpackFind(b *testing.B) {
	lp := NewListpack(nil)
	for i := range 10 {
		lp = lp.Append(text(fmt.Sprintf("field:%02d", i)), text("0123456789abcdef"))
	}
	key := []byte("field:09")
	for b.Loop() {
		lp.Find(lp.First(), TextElement(key), 2)
	}
}

func BenchmarkListpackReplace(b *testing.B) {
	lp := NewListpack(nil)
	for i := range 10 {
		lp = lp.Append(text(fmt.Sprintf("field:%02d", i)), text("0123456789abcdef"))
	}
	value := bytes.Repeat([]byte("v"), 16)
	p, _ := lp.Seek(9)
	for b.Loop() {
		lp = lp.Replace(p, TextElement(value))
	}
}

// TestBytesElement: bytes stay what they are, even if they read as an integer.
func TestBytesElement(t *testing.T) {
	t.Parallel()
	lp := NewListpack(nil).Append(BytesElement([]byte("12345678")), TextElement([]byte("12345678")))
	if err := ValidateListpack(lp); err != nil {
		t.Fatal(err)
	}
	first, p := lp.Read(lp.First())
	if text, ok := first.Text(); !ok || string(text) != "12345678" {
		t.Errorf("bytes became %q, %v", text, ok)
	}
	if n, ok := lp.At(p).Int(); !ok || n != 12345678 {
		t.Errorf("a text became %d, %v", n, ok)
	}
}
