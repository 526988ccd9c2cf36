package words

import (
	"slices"
	"testing"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	tests := []struct {
		line string
		want []string
		ok   bool
	}{
		{"", nil, true},
		{" \t\r\v\f", nil, true},
		{"a", []string{"a"}, true},
		{"  a\tbc  d ", []string{"a", "bc", "d"}, true},
		{`"a b" 'c d' "" ''`, []string{"a b", "c d", "", ""}, true},
		{`"\n\r\t\b\a\x41\"\\\q\xzz"`, []string{"\n\r\t\b\aA\"\\qxzz"}, true},
		{`'it\'s \n'`, []string{`it's \n`}, true},
		{`a"b c"`, []string{"ab c"}, true},
		{`"a`, nil, false},
		{`'a`, nil, false},
		{`"a"b`, nil, false},
		{`"a\"`, nil, false},
	}
	for _, tt := range tests {
		if got, ok := Split(tt.line); ok != tt.ok || !slices.Equal(got, tt.want) {
			t.Errorf("Split(%q) = %q, %v; want %q, %v", tt.line, got, ok, tt.want, tt.ok)
		}
	}
}

func TestQuote(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"plain": "plain", "": `""`, "a b": `"a b"`, `a"\`: `"a\"\\"`, "\x00\xff": `"\x00\xff"`, "it's": `"it's"`, "#x": "#x",
	} {
		if got := Quote(s); got != want {
			t.Errorf("Quote(%q) = %s, want %s", s, got, want)
		}
	}
}

func FuzzSplit(f *testing.F) {
	f.Add(`a "b\x00 c" 'd'`)
	f.Fuzz(func(t *testing.T, line string) {
		found, ok := Split(line)
		if !ok {
			return
		}
		quoted := ""
		for _, word := range found {
			quoted += Quote(word) + " "
		}
		if again, ok := Split(quoted); !ok || !slices.Equal(again, found) {
			t.Errorf("%q is split into %q, and its quoted form %s into %q", line, found, quoted, again)
		}
	})
}
