package resp

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// parseAll feeds stream to a client's reader in the given pieces, through the buffers that a loop uses, and returns the
// commands and the error at which it ended.
func parseAll(t testing.TB, pieces [][]byte, lim parseLimits) (commands [][]string, problem string) {
	t.Helper()
	var s scratch
	c := &client{srv: new(Server)}
	for _, piece := range pieces {
		for len(piece) > 0 {
			s.lend(c)
			room, err := s.room(c, defaultQueryBuffer)
			if err != nil {
				t.Fatal(err)
			}
			n := copy(room, piece)
			piece = piece[n:]
			c.in.buf = c.in.buf[:len(c.in.buf)+n]
			for {
				status := c.in.next(&lim)
				if status == parseError {
					return commands, c.in.err
				}
				if status == parseMore {
					break
				}
				words := []string{}
				for _, sp := range c.in.spans {
					words = append(words, string(c.in.buf[c.in.start:][sp.from:sp.to]))
				}
				commands = append(commands, words)
				c.in.consume()
			}
			s.settle(c)
			checkIdle(t, c)
		}
	}
	return commands, ""
}

// checkIdle checks that a client without unread input holds no buffer, and no more than it needs with some.
func checkIdle(t testing.TB, c *client) {
	t.Helper()
	r := &c.in
	if r.unread() == 0 && (r.buf != nil || r.ownBuf) {
		t.Fatalf("an idle client holds %d bytes of input buffer", cap(r.buf))
	}
	if r.unread() > 0 && cap(r.buf) > 3*r.unread()+readLen {
		t.Fatalf("%d bytes of buffer for %d of input", cap(r.buf), r.unread())
	}
	if r.missing == 0 && r.spans != nil {
		t.Fatal("an idle client holds arguments")
	}
}

func TestReader(t *testing.T) {
	t.Parallel()
	free := parseLimits{maxBulk: defaultMaxBulkLen}
	closed := parseLimits{maxBulk: defaultMaxBulkLen, unauthenticated: true}
	small := parseLimits{maxBulk: 8}
	ones := func(n int) string { return strings.Repeat("1", n) }
	tests := []struct {
		name    string
		lim     parseLimits
		in      string
		want    [][]string
		problem string
	}{
		{"command", free, "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", [][]string{{"GET", "k"}}, ""},
		{"empty argument", free, "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", [][]string{{"ECHO", ""}}, ""},
		{"binary argument", free, "*1\r\n$4\r\n\r\n\x00$\r\n", [][]string{{"\r\n\x00$"}}, ""},
		{"none", free, "*0\r\n*-1\r\n*-9223372036854775807\r\n\r\n\n   \r\nPING\r\n", [][]string{{"PING"}}, ""},
		{"line ends are not checked", free, "*1\rx$4\r?PINGxx*1\r\n$1\r\na\r\n", [][]string{{"PING"}, {"a"}}, ""},
		{"incomplete", free, "*2\r\n$4\r\nECHO\r\n$5\r\nab", nil, ""},
		{"largest count", free, "*2147483647\r\n", nil, ""},
		{"count too large", free, "*2147483648\r\n", nil, errMultibulkLen},
		{"count beyond 64 bits", free, "*9223372036854775808\r\n", nil, errMultibulkLen},
		{"count with sign", free, "*+1\r\n", nil, errMultibulkLen},
		{"count with zero", free, "*01\r\n", nil, errMultibulkLen},
		{"negative zero", free, "*-0\r\n", nil, errMultibulkLen},
		{"count with space", free, "* 1\r\n", nil, errMultibulkLen},
		{"count with letter", free, "*1x\r\n", nil, errMultibulkLen},
		{"no count", free, "*\r\n", nil, errMultibulkLen},
		{"line feed only", free, "*1\n$4\r\nPING\r\n", nil, errMultibulkLen},
		{"endless count", free, "*" + ones(70000), nil, errMultibulkTooBig},
		{"endless length", free, "*1\r\n$" + ones(70000), nil, errBulkTooBig},
		{"not a bulk", free, "*1\r\nx4\r\n", nil, "expected '$', got 'x'"},
		{"not a bulk, end of line", free, "*1\r\n\r\n", nil, "expected '$', got '\r'"},
		{"not a bulk, high byte", free, "*1\r\n\xff\r\n", nil, "expected '$', got '\xff'"},
		{"not a bulk, incomplete", free, "*1\r\nx4", nil, ""},
		{"negative length", free, "*1\r\n$-1\r\n", nil, errBulkLen},
		{"length with zero", free, "*1\r\n$04\r\nPING\r\n", nil, errBulkLen},
		{"length too large", free, "*1\r\n$536870913\r\n", nil, errBulkLen},
		{"largest length", free, "*1\r\n$536870912\r\n", nil, ""},
		{"length beyond the limit", small, "*1\r\n$9\r\n", nil, errBulkLen},
		{"length at the limit", small, "*1\r\n$8\r\n12345678\r\n", [][]string{{"12345678"}}, ""},
		{"unauthenticated count", closed, "*11\r\n", nil, errUnauthMultibulk},
		{"unauthenticated count allowed", closed, "*10\r\n", nil, ""},
		{"unauthenticated length", closed, "*1\r\n$16385\r\n", nil, errUnauthBulk},
		{"unauthenticated length allowed", closed, "*1\r\n$16384\r\n", nil, ""},
		{"inline", free, "PING\r\nECHO a\nECHO  b \r\n", [][]string{{"PING"}, {"ECHO", "a"}, {"ECHO", "b"}}, ""},
		{"inline and not", free, "PING\r\n*1\r\n$4\r\nPING\r\nPING\n", [][]string{{"PING"}, {"PING"}, {"PING"}}, ""},
		{"inline, unbalanced", free, "PING\r\nECHO \"a\r\n", [][]string{{"PING"}}, errUnbalancedQuotes},
		{"endless inline", free, strings.Repeat("a", maxLine+1), nil, errInlineTooBig},
		{"long inline", free, strings.Repeat("a", maxLine-1) + "\n", [][]string{{strings.Repeat("a", maxLine-1)}}, ""},
	}
	for _, tt := range tests {
		for _, size := range []int{1, 3, 1 << 20} {
			if size == 1 && len(tt.in) > 1000 {
				continue
			}
			got, problem := parseAll(t, slices.Collect(slices.Chunk([]byte(tt.in), size)), tt.lim)
			if !slices.EqualFunc(got, tt.want, slices.Equal) || problem != tt.problem {
				t.Errorf("%s, by %d: got %q, %q", tt.name, size, got, problem)
			}
		}
	}
}

func TestSplitWords(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want []string // nil: unbalanced
	}{
		{"", []string{}},
		{" \t\v\f\r ", []string{}},
		{"a", []string{"a"}},
		{" a  b\tc ", []string{"a", "b", "c"}},
		{"a\rb", []string{"a", "b"}},
		{`""`, []string{""}},
		{`'' ""`, []string{"", ""}},
		{`"a b" 'c d'`, []string{"a b", "c d"}},
		{`"\n\r\t\b\a\\\"\q"`, []string{"\n\r\t\b\a\\\"q"}},
		{`"\x41\x0aZ"`, []string{"A\nZ"}},
		{`"\xAb\xfF"`, []string{"\xab\xff"}},
		{`"\x\x4\xg1"`, []string{"xx4xg1"}},
		{`'\n\x41'`, []string{`\n\x41`}},
		{`'a\'b'`, []string{"a'b"}},
		{`'"' "'"`, []string{`"`, "'"}},
		{`a\nb`, []string{`a\nb`}},
		{`a"b c"`, []string{"ab c"}},
		{`a'b c' d`, []string{"ab c", "d"}},
		{`"a`, nil},
		{`'a`, nil},
		{`"a"b`, nil},
		{`'a'b`, nil},
		{`""''`, nil},
		{`"a\"`, nil},
		{`'a\'`, nil},
		{`"\`, nil},
		{`"\x4`, nil},
		{`"\x41`, nil},
		{`a"b`, nil},
	}
	for _, tt := range tests {
		line := []byte(tt.in)
		spans, ok := splitWords(line, nil)
		words := []string{}
		for _, sp := range spans {
			words = append(words, string(line[sp.from:sp.to]))
		}
		if ok != (tt.want != nil) || ok && !slices.Equal(words, tt.want) {
			t.Errorf("splitWords(%q) = %q, %v; want %q", tt.in, words, ok, tt.want)
		}
	}
}

// randomStream returns commands and a stream of them, some inline.
func randomStream(rnd *rand.Rand, n int) (commands [][]string, stream []byte) {
	for range n {
		words := make([]string, 1+rnd.IntN(5))
		inline := rnd.IntN(4) == 0
		for i := range words {
			size := rnd.IntN(12)
			if rnd.IntN(50) == 0 && !inline {
				size = rnd.IntN(150_000)
			}
			word := make([]byte, size)
			for j := range word {
				word[j] = byte(rnd.Uint32())
			}
			words[i] = string(word)
		}
		commands = append(commands, words)
		if inline {
			stream = append(stream, inlineForm(rnd, words)...)
			continue
		}
		stream = fmt.Appendf(stream, "*%d\r\n", len(words))
		for _, word := range words {
			stream = fmt.Appendf(stream, "$%d\r\n%s\r\n", len(word), word)
		}
	}
	return commands, stream
}

func inlineForm(rnd *rand.Rand, words []string) []byte {
	var line []byte
	for _, word := range words {
		line = append(line, ' ', '"')
		for i := range len(word) {
			switch ch := word[i]; {
			case ch == '"' || ch == '\\':
				line = append(line, '\\', ch)
			case ch < ' ' || ch > '~' || rnd.IntN(8) == 0:
				line = fmt.Appendf(line, `\x%02x`, ch)
			default:
				line = append(line, ch)
			}
		}
		line = append(line, '"')
	}
	return append(line[1:], "\r\n"...)
}

// TestRandomChunks cuts a stream into random pieces, which must not change the commands.
func TestRandomChunks(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		want, stream := randomStream(rnd, 1+rnd.IntN(60))
		var pieces [][]byte
		for most, rest := 1+rnd.IntN(4000), stream; len(rest) > 0; {
			n := min(len(rest), 1+rnd.IntN(most))
			pieces = append(pieces, rest[:n])
			rest = rest[n:]
		}
		got, problem := parseAll(t, pieces, parseLimits{maxBulk: defaultMaxBulkLen})
		if problem != "" || !slices.EqualFunc(got, want, slices.Equal) {
			t.Fatalf("%d commands in %d pieces: %q, got %d", len(want), len(pieces), problem, len(got))
		}
	}
}

// TestReaderRoomFollowsData announces much and sends little.
func TestReaderRoomFollowsData(t *testing.T) {
	t.Parallel()
	var s scratch
	c := &client{srv: new(Server)}
	lim := parseLimits{maxBulk: defaultMaxBulkLen}
	feed := func(data string) {
		s.lend(c)
		room, err := s.room(c, defaultQueryBuffer)
		if err != nil {
			t.Fatal(err)
		}
		c.in.buf = c.in.buf[:len(c.in.buf)+copy(room, data)]
		if status := c.in.next(&lim); status != parseMore {
			t.Fatal(status)
		}
		s.settle(c)
	}
	feed("*2147483647\r\n$536870912\r\nabc")
	if cap(c.in.buf) > 1024 {
		t.Errorf("%d bytes held for three of a large argument", cap(c.in.buf))
	}
	sent := 3
	for range 200 {
		feed(strings.Repeat("x", 10_000))
		sent += 10_000
		if cap(c.in.buf) > 2*sent+readLen {
			t.Fatalf("%d bytes held for %d", cap(c.in.buf), sent)
		}
	}
}

func TestReaderQueryLimit(t *testing.T) {
	t.Parallel()
	var s scratch
	c := &client{srv: new(Server), in: reader{buf: make([]byte, 1000), ownBuf: true}}
	if _, err := s.room(c, 1000); err != errQueryBuffer {
		t.Errorf("room gives %v", err)
	}
	if _, err := c.in.extend(netReadLen, 1000); err != errQueryBuffer {
		t.Errorf("extend gives %v", err)
	}
}

func FuzzReader(f *testing.F) {
	for _, seed := range []string{"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", "PING \"a\\x41\"\r\n", "*1\r\n$-1\r\n", "*-1\r\n\r\n*0\r\n", "*3\r\n$0\r\n\r\n$1\r\n"} {
		f.Add([]byte(seed), uint16(3), false)
	}
	f.Fuzz(func(t *testing.T, stream []byte, size uint16, unauthenticated bool) {
		lim := parseLimits{maxBulk: 1 << 16, unauthenticated: unauthenticated}
		whole, wholeProblem := parseAll(t, [][]byte{bytes.Clone(stream)}, lim)
		pieces := slices.Collect(slices.Chunk(bytes.Clone(stream), int(size)+1))
		got, problem := parseAll(t, pieces, lim)
		if !slices.EqualFunc(got, whole, slices.Equal) || problem != wholeProblem && len(stream) < maxLine {
			t.Fatalf("whole: %q, %q; in pieces of %d: %q, %q", whole, wholeProblem, size, got, problem)
		}
	})
}

func FuzzSplitWords(f *testing.F) {
	for _, seed := range []string{`a "b c" 'd'`, `"\x41\"`, `'\''`, `a"b"`, "\"\\x4"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		spans, ok := splitWords(bytes.Clone(line), nil)
		if !ok {
			return
		}
		end := uint32(0)
		for _, sp := range spans {
			if sp.from < end || sp.to < sp.from || int(sp.to) > len(line) {
				t.Fatalf("%q: %v", line, spans)
			}
			end = sp.to
		}
	})
}

func BenchmarkReader(b *testing.B) {
	var stream []byte
	for i := range 64 {
		stream = fmt.Appendf(stream, "*3\r\n$3\r\nSET\r\n$16\r\nkey:%012d\r\n$32\r\n%032d\r\n", i, i)
	}
	lim := parseLimits{maxBulk: defaultMaxBulkLen}
	r := &reader{}
	for b.Loop() {
		r.buf, r.pos, r.start = stream, 0, 0
		for r.next(&lim) == parseCommand {
			r.consume()
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/64, "ns/command")
}
