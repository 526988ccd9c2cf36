package redistest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReplies(t *testing.T) {
	t.Parallel()
	s := Start(t)
	tests := []struct {
		args []string
		want any
	}{
		{[]string{"PING"}, "PONG"},
		{[]string{"GET", "missing"}, nil},
		{[]string{"SET", "k", "a\r\nb\x00"}, "OK"},
		{[]string{"GET", "k"}, "a\r\nb\x00"},
		{[]string{"INCR", "k"}, Error("ERR value is not an integer or out of range")},
		{[]string{"INCR", "n"}, int64(1)},
		{[]string{"MGET", "n", "missing"}, []any{"1", nil}},
		{[]string{"EVAL", "return {1,{'a'}}", "0"}, []any{int64(1), []any{"a"}}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, s.Do(tt.args...)); diff != "" {
			t.Errorf("%q: -want +got\n%s", tt.args, diff)
		}
	}
}
