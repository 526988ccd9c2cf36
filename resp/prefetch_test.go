package resp

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestElementArgs(t *testing.T) {
	t.Parallel()
	for name, at := range elementArgs {
		cmd := lookupCommand([]byte(name))
		if cmd == nil || cmd.firstKey != 1 || at <= cmd.firstKey {
			t.Errorf("%s has no element at %d", name, at)
			continue
		}
		if least := max(cmd.arity, -cmd.arity); at >= least {
			t.Errorf("%s may have %d arguments, so none at %d", name, least, at)
		}
	}
}

// TestPipelineOnLargeCollections: what is looked up ahead does not show in the replies.
func TestPipelineOnLargeCollections(t *testing.T) {
	t.Parallel()
	b := newBench(newTestServer(t, nil))
	const n = 40_000 // elements, of more than a megabyte
	var in, want strings.Builder
	call := func(reply string, args ...string) {
		fmt.Fprintf(&in, "*%d\r\n", len(args))
		for _, arg := range args {
			fmt.Fprintf(&in, "$%d\r\n%s\r\n", len(arg), arg)
		}
		want.WriteString(reply + "\r\n")
	}
	for i := range n {
		name := fmt.Sprintf("element:%09d", i)
		call(":1", "sadd", "set", name)
		call(":1", "hset", "hash", name, fmt.Sprint(i))
		call(":1", "zadd", "zset", fmt.Sprint(i), name)
	}
	each := func(do func(i int, name string)) { // as many as fill some batches with calls on one key
		for i := range 3 * batchLen {
			i = i * 97 % n
			do(i, fmt.Sprintf("element:%09d", i))
		}
	}
	each(func(i int, name string) {
		call(fmt.Sprintf("$%d\r\n%d", len(fmt.Sprint(i)), i), "hget", "hash", name)
		call("$-1", "hget", "hash", "missing")
		call(":0", "hset", "hash", name, "changed")
	})
	each(func(_ int, name string) {
		call(":0", "sadd", "set", name)
		call(":1", "srem", "set", name)
		call(":0", "sismember", "set", name)
		call(":3", "sadd", "set", name, name+"x", name+"y")
	})
	each(func(i int, name string) {
		call(fmt.Sprintf(":%d", i), "zrank", "zset", name)
		call(":0", "zadd", "zset", "nx", fmt.Sprint(i), name)
		call("-WRONGTYPE Operation against a key holding the wrong kind of value", "hget", "zset", name)
	})
	var got strings.Builder
	for some := range slices.Chunk([]byte(in.String()), 16<<10) {
		b.serve(t, some, func(replies []byte) { got.Write(replies) })
	}
	if got.String() != want.String() {
		t.Errorf("got %d bytes of replies, want %d", got.Len(), want.Len())
	}
}
