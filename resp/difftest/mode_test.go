package difftest

import (
	"bufio"
	"strings"
	"testing"
)

func TestModes(t *testing.T) {
	t.Parallel()
	read := func(wire string) Value {
		v, err := readValue(bufio.NewReader(strings.NewReader(strings.ReplaceAll(wire, " ", "\r\n") + "\r\n")))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	tests := []struct {
		name               string
		mode               Mode
		reference, subject string
		want               bool
	}{
		{"equal", Exact, "*2 :1 $1 a", "*2 :1 $1 a", true},
		{"element", Exact, "*2 :1 $1 a", "*2 :1 $1 b", false},
		{"kind", Exact, "+a", "$1 a", false},
		{"null", Exact, "$-1", "*-1", false},
		{"null protocol", Exact, "$-1", "_", false},
		{"order", Exact, "*2 :1 :2", "*2 :2 :1", false},
		{"free order", Unordered, "*2 :1 *2 :3 :4", "*2 *2 :4 :3 :1", true},
		{"free order, count", Unordered, "*2 :1 :1", "*1 :1", false},
		{"map order", Unordered, "%2 +a :1 +b :2", "%2 +b :2 +a :1", true},
		{"map pairs", Unordered, "%2 +a :1 +b :2", "%2 +a :2 +b :1", false},
		{"set order", Semantic, "*2 ~2 :1 :2 :3", "*2 ~2 :2 :1 :3", true},
		{"array order", Semantic, "*2 ~2 :1 :2 :3", "*2 :3 ~2 :1 :2", false},
		{"flat map order", UnorderedPairs, "*4 +a :1 +b :2", "*4 +b :2 +a :1", true},
		{"flat map pairs", UnorderedPairs, "*4 +a :1 +b :2", "*4 +a :2 +b :1", false},
		{"near", Near(5), ":100", ":105", true},
		{"not near", Near(5), ":100", ":106", false},
		{"near, negative", Near(5), ":-1", ":-2", false},
		{"near, error", Near(5), "-A", "-B", false},
		{"float", Float(1e-9), ",1.5", ",1.5000000001", true},
		{"not float", Float(1e-9), ",1.5", ",1.6", false},
		{"float, kind", Float(1e-9), ",1.5", "$3 1.5", false},
		{"kinds", SameKind, "$1 a", "$1 b", true},
		{"kinds, null", SameKind, "$1 a", "$-1", false},
		{"kinds, errors", SameKind, "-A", "-B", false},
		{"ignored", Ignore, ":1", "-ERR", true},
	}
	for _, tt := range tests {
		if got := tt.mode(read(tt.reference), read(tt.subject)); got != tt.want {
			t.Errorf("%s: %s and %s: %v", tt.name, tt.reference, tt.subject, got)
		}
	}
}
