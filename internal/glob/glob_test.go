package glob

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/larderkv/larder/internal/redistest"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern, s string
		nocase     bool
		want       bool
	}{
		{"", "", false, true},
		{"", "a", false, false},
		{"*", "", false, true},
		{"**", "", false, false},
		{"a*", "", false, false},
		{"*", "anything", false, true},
		{"***", "a", false, true},
		{"a*", "a", false, true},
		{"a**", "a", false, true},
		{"*a", "a", false, true},
		{"a*b*c", "aXbYc", false, true},
		{"a*b*c", "aXbYcZ", false, false},
		{"*abab", "aabababab", false, true},
		{"?", "a", false, true},
		{"?", "", false, false},
		{"a?", "a", false, false},
		{"h?llo", "hallo", false, true},
		{"h[ae]llo", "hello", false, true},
		{"h[ae]llo", "hillo", false, false},
		{"h[^e]llo", "hallo", false, true},
		{"h[^e]llo", "hello", false, false},
		{"h[!e]llo", "h!llo", false, true},
		{"[a-c]", "b", false, true},
		{"[c-a]", "b", false, true},
		{"[a-c]", "d", false, false},
		{"[-a]", "-", false, true},
		{"[a-]", "]", false, true},
		{"[a-]", "_", false, true},
		{"[a-]x", "b", false, false},
		{"[a-]]b", "]b", false, true},
		{"[]", "]", false, false},
		{"[]a", "a", false, false},
		{"[^]", "a", false, true},
		{"[^]a]", "xa]", false, true},
		{"[", "[", false, false},
		{"[^", "[", false, true},
		{"[ab", "b", false, true},
		{"[ab", "c", false, false},
		{`[\`, `\`, false, true},
		{`[\]]`, "]", false, true},
		{`[\a-c]`, "b", false, false},
		{`[\a-c]`, "-", false, true},
		{`[Z-\]`, "[", false, true},
		{`\`, `\`, false, true},
		{`\*`, "*", false, true},
		{`\*`, "a", false, false},
		{`a\`, `a\`, false, true},
		{`\\`, `\`, false, true},
		{"A[B]c", "abC", true, true},
		{"A[B]c", "abC", false, false},
		{`[\B]`, "b", true, false},
		{"[Z-a]", "z", true, false},
		{"[A-C]", "b", true, true},
		{"[\x01-\xff]", "a", false, false},
		{"[\x01-\xff]", "\x00", false, true},
		{"[\xf0-\xff]", "\xf5", false, true},
		{"a\x00*", "a\x00b", false, true},
	}
	for _, tt := range tests {
		if got := Match(tt.pattern, tt.s, tt.nocase); got != tt.want {
			t.Errorf("Match(%q, %q, %t) = %t", tt.pattern, tt.s, tt.nocase, got)
		}
		if got := Match([]byte(tt.pattern), []byte(tt.s), tt.nocase); got != tt.want {
			t.Errorf("Match([]byte(%q), []byte(%q), %t) = %t", tt.pattern, tt.s, tt.nocase, got)
		}
	}
}

func TestLiteral(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern, prefix string
		exact           bool
	}{
		{"", "", true},
		{"user:1", "user:1", true},
		{"user:*", "user:", false},
		{"user:?", "user:", false},
		{"user:[1]", "user:", false},
		{`user\:1`, "user", false},
		{"*", "", false},
		{"a]b-^", "a]b-^", true},
	}
	for _, tt := range tests {
		prefix, exact := Literal(tt.pattern)
		if prefix != tt.prefix || exact != tt.exact {
			t.Errorf("Literal(%q) = %q, %t; want %q, %t", tt.pattern, prefix, exact, tt.prefix, tt.exact)
		}
	}
}

// TestManyStars would run for ages in a matcher that retries every star.
func TestManyStars(t *testing.T) {
	t.Parallel()
	pattern := strings.Repeat("a*", 5000) + "b"
	s := strings.Repeat("a", 10000)
	if Match(pattern, s, false) {
		t.Error("matched")
	}
	if !Match(pattern, s+"b", false) {
		t.Error("did not match")
	}
}

func TestNoAllocation(t *testing.T) {
	pattern, s := "user:*:[a-f]?x\\*", []byte("user:1000:czx*")
	if n := testing.AllocsPerRun(100, func() {
		if !Match(pattern, s, true) {
			t.Fatal("did not match")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// reference matches by the definition: a star tries every run. Each element is
// expanded to the set of bytes that it matches, by its own reading of brackets.
func reference(pattern, s string, nocase bool) bool {
	if s == "" {
		return pattern == "" || pattern == "*"
	}
	var elements []*[256]bool // nil is a star
	for pattern != "" {
		c := pattern[0]
		pattern = pattern[1:]
		if c == '*' {
			elements = append(elements, nil)
			continue
		}
		set := new([256]bool)
		switch {
		case c == '?':
			for i := range set {
				set[i] = true
			}
		case c == '[':
			pattern = referenceClass(set, pattern, nocase)
		case c == '\\' && pattern != "":
			addFolded(set, pattern[0], nocase)
			pattern = pattern[1:]
		default:
			addFolded(set, c, nocase)
		}
		elements = append(elements, set)
	}
	// matches[i] tells whether the elements from e on match s[i:].
	matches := make([]bool, len(s)+1)
	matches[len(s)] = true
	for _, set := range slices.Backward(elements) {
		before := make([]bool, len(s)+1)
		for i := range before {
			switch {
			case set == nil:
				before[i] = slices.Contains(matches[i:], true)
			case i < len(s):
				before[i] = set[s[i]] && matches[i+1]
			}
		}
		matches = before
	}
	return matches[0]
}

func addFolded(set *[256]bool, c byte, nocase bool) {
	set[c] = true
	if letter := c | 0x20; nocase && 'a' <= letter && letter <= 'z' {
		set[c^0x20] = true
	}
}

func referenceClass(set *[256]bool, pattern string, nocase bool) (rest string) {
	content, negated := strings.CutPrefix(pattern, "^")
	fold := func(c byte) int8 {
		if nocase && c < 0x80 {
			return int8(strings.ToLower(string(rune(c)))[0])
		}
		return int8(c)
	}
loop:
	for content != "" {
		switch {
		case len(content) >= 2 && content[0] == '\\':
			set[content[1]] = true
			content = content[2:]
		case content[0] == ']':
			content = content[1:]
			break loop
		case len(content) >= 3 && content[1] == '-':
			a, b := content[0], content[2]
			if int8(a) > int8(b) {
				a, b = b, a
			}
			for c := range 256 {
				if v := fold(byte(c)); fold(a) <= v && v <= fold(b) {
					set[c] = true
				}
			}
			content = content[3:]
		default:
			addFolded(set, content[0], nocase)
			content = content[1:]
		}
	}
	for i := range set {
		set[i] = set[i] != negated
	}
	return content
}

func FuzzMatch(f *testing.F) {
	f.Add("h[a-]*?\\", "hello", true)
	f.Add("*a*[^b", "xaab", false)
	f.Fuzz(func(t *testing.T, pattern, s string, nocase bool) {
		if len(pattern)*len(s) > 1<<14 {
			return
		}
		if got, want := Match(pattern, s, nocase), reference(pattern, s, nocase); got != want {
			t.Errorf("Match(%q, %q, %t) = %t, want %t", pattern, s, nocase, got, want)
		}
		prefix, exact := Literal(pattern)
		if Match(pattern, s, false) && s != "" {
			if !strings.HasPrefix(s, prefix) || exact && s != prefix {
				t.Errorf("Literal(%q) = %q, %t, but it matches %q", pattern, prefix, exact, s)
			}
		}
	})
}

func randomText(r *rand.Rand, alphabet string, maxLen int) string {
	b := make([]byte, r.IntN(maxLen+1))
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

const patternAlphabet = `ab*?[]^-\AB` + "\x01\xf0"

func TestAgainstReference(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 200000 {
		pattern := randomText(r, patternAlphabet, 9)
		s := randomText(r, "abAB]-\x01\xf0", 5)
		nocase := r.IntN(2) == 0
		if got, want := Match(pattern, s, nocase), reference(pattern, s, nocase); got != want {
			t.Fatalf("Match(%q, %q, %t) = %t, want %t", pattern, s, nocase, got, want)
		}
	}
}

func TestAgainstRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	r := rand.New(rand.NewPCG(3, 4))
	keys := []string{""}
	for len(keys) < 100 {
		if key := randomText(r, "abAB]-^\\\x01\xf0\x00", 5); !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	for _, key := range keys {
		server.Do("SET", key, "1")
	}
	var patterns []string
	var commands [][]string
	for range 2000 {
		pattern := randomText(r, patternAlphabet, 8)
		patterns = append(patterns, pattern)
		commands = append(commands, []string{"KEYS", pattern})
	}
	for i, reply := range server.Pipeline(commands) {
		compare(t, patterns[i], false, keys, reply)
	}
}

// TestNocaseAgainstRedis uses the one command of Redis 7.0 that matches names
// without regard to case and takes any pattern.
func TestNocaseAgainstRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	var names []string
	for _, name := range server.Do("COMMAND", "LIST").([]any) {
		names = append(names, name.(string))
	}
	r := rand.New(rand.NewPCG(5, 6))
	var patterns []string
	var commands [][]string
	for range 1000 {
		pattern := randomText(r, `gGeEtTSS**?[]^-\`, 7)
		if r.IntN(2) == 0 {
			pattern = "[" + pattern
		}
		patterns = append(patterns, pattern)
		commands = append(commands, []string{"COMMAND", "LIST", "FILTERBY", "PATTERN", pattern})
	}
	for i, reply := range server.Pipeline(commands) {
		compare(t, patterns[i], true, names, reply)
	}
}

func compare(t *testing.T, pattern string, nocase bool, subjects []string, reply any) {
	t.Helper()
	var got, want []string
	for _, name := range reply.([]any) {
		want = append(want, name.(string))
	}
	for _, s := range subjects {
		if Match(pattern, s, nocase) {
			got = append(got, s)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("pattern %q matches %q, in Redis %q", pattern, got, want)
	}
}

func BenchmarkMatch(b *testing.B) {
	key := []byte("user:1000:session:42")
	for b.Loop() {
		Match("user:*:session:[0-9]*", key, false)
	}
}
