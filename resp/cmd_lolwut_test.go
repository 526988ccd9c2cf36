package resp

import (
	"strings"
	"testing"

	"github.com/larderkv/larder/resp/difftest"
)

func TestLolwut(t *testing.T) {
	t.Parallel()
	c := difftest.NewConn(startCache(t).Dial())
	defer c.Close()
	for command, size := range map[string][2]int{
		"lolwut": {8, 3}, "LOLWUT version 1": {8, 3}, "lolwut 2 5": {2, 5}, "lolwut version 1 0 -5": {1, 1}, "lolwut 1000 1000 x": {40, 40},
		"lolwut version 5": {}, "lolwut version 6 1 1": {},
	} {
		art := do(t, c, strings.Fields(command)...).Text
		lines := strings.Split(art, "\n")
		if !strings.Contains(art, "Redis ver. "+redisVersion+", larder ver. ") || !strings.HasSuffix(art, "\n") {
			t.Errorf("%s ends with %q", command, lines[len(lines)-1])
		}
		if size == [2]int{} {
			if len(lines) != 2 {
				t.Errorf("%s has %d lines", command, len(lines))
			}
			continue
		}
		if want := 1 + 4*size[1]; len(lines) < want || len(lines[0]) != 2+7*size[0] {
			t.Errorf("%s: %d lines of %d", command, len(lines), len(lines[0]))
			continue
		}
		for i, line := range lines[:1+4*size[1]] {
			if len(line) != len(lines[0]) {
				t.Errorf("%s: line %d is %q", command, i, line)
			}
		}
	}
	for _, command := range []string{"lolwut x", "lolwut version x", "lolwut 1 x"} {
		if got := do(t, c, strings.Fields(command)...).String(); got != "-ERR value is not an integer or out of range" {
			t.Errorf("%s: %s", command, got)
		}
	}
}
