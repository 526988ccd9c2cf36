package difftest

import "testing"

func TestCommandString(t *testing.T) {
	t.Parallel()
	if got, want := Cmd("SET", "a b", "", "\x00\xff\"", "x").String(), `SET "a b" "" "\x00\xff\"" x`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
