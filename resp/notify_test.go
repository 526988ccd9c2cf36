package resp

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/resp/difftest"
)

func TestNotificationsParameter(t *testing.T) {
	t.Parallel()
	p := startDiff(t).Open(t, 2)
	var script []difftest.Command
	for _, flags := range []string{"KEA", "Kx", "g$lshzxetd", "Q", "KEmn", "nmdzE", "AKEmn", "A", "", "Ke x", "kea", "dtxKm", "gK$gK"} {
		script = append(script, difftest.Cmd("CONFIG", "SET", "notify-keyspace-events", flags),
			difftest.Cmd("CONFIG", "GET", "notify-keyspace-events"))
	}
	p.Check(t, script...)
}

// TestNotificationScenes compares what is published for commands of the generic kind and for strings. The subscriber
// sees the events of all commands in their order; those of one
// command are in order where its keys share a shard, as those with the same {tag} do.
func TestNotificationScenes(t *testing.T) {
	t.Parallel()
	on := func(flags string, lines ...string) scene {
		s := scene{"9 CONFIG SET notify-keyspace-events " + flags, "1 PSUBSCRIBE __key*"}
		return append(append(s, lines...), `9 CONFIG SET notify-keyspace-events ""`)
	}
	runScenes(t, map[string]scene{
		"strings": on("EA", "2 SET a 1", "2 SET a 2 EX 100", "2 SET a 3 XX KEEPTTL", "2 SET b 1 XX", "2 INCR a", "2 DECRBY a 3",
			"2 INCRBYFLOAT a 1.5", "2 APPEND a x", "2 APPEND a x", "2 SETRANGE a 1 yy", `2 SETRANGE a 1 ""`, "2 GETSET a 1", "2 GETDEL a", "2 GETDEL a",
			"2 SETNX a 1", "2 SETNX a 1", "2 SETEX a 10 v", "2 PSETEX a 10000 v", "2 MSET {t}1 1 {t}2 2", "2 MSETNX {t}1 1 {t}3 2", "2 MSETNX {t}3 1 {t}4 2", "2 SET a 1",
			"2 GETEX a", "2 GETEX a EX 100", "2 GETEX a PERSIST", "2 GETEX a PERSIST", "2 GETEX a EXAT 1"),
		"bits": on("EA", "2 SETBIT {t}a 1 1", "2 SETBIT {t}a 1 1", "2 BITOP NOT {t}b {t}a", "2 BITOP NOT {t}b nokey", "2 BITOP AND {t}c nokey", "2 BITFIELD {t}a SET u8 0 255"),
		"keys": on("KEA", "2 SET {t}a 1", "2 EXPIRE {t}a 100", "2 EXPIRE {t}a 50 GT", "2 PERSIST {t}a", "2 PERSIST {t}a", "2 RENAME {t}a {t}b",
			"2 SET {t}a 1", "2 RENAME {t}a {t}b", "2 RENAME {t}b {t}b", "2 RENAMENX {t}b {t}c", "2 COPY {t}c {t}d", "2 COPY {t}c {t}d", "2 COPY {t}c {t}d REPLACE", "2 MOVE {t}d 1", "2 EXPIRE {t}c -1",
			"2 DEL {t}c", "2 MSET {t}1 1 {t}2 2", "2 UNLINK {t}1 {t}2 z", "2 SET e 1 PX 100000", "2 PEXPIREAT e 1", "2 FLUSHDB", "2 SWAPDB 0 1"),
		"new keys": on("En", "2 SET {t}a 1", "2 SET {t}a 2", "2 RENAME {t}a {t}b", "2 SET {t}a 1", "2 RENAME {t}a {t}b", "2 COPY {t}b {t}c", "2 COPY {t}b {t}c REPLACE",
			"2 MOVE {t}c 1", "2 INCR n", "2 APPEND m x", "2 SETRANGE o 2 x", "2 SETBIT {t}p 1 1", "2 BITOP NOT {t}q {t}p", "2 MSET {t}1 1 {t}2 2"),
		"misses": on("Em", "2 GET a", "2 SET a 1", "2 GET a", "2 MGET {t}1 {t}2 {t}3", "2 EXISTS {t}1 {t}2", "2 TYPE b", "2 TTL b", "2 PTTL b",
			"2 STRLEN b", "2 GETRANGE b 0 1", "2 TOUCH b", "2 OBJECT ENCODING b", "2 GETEX b", "2 GETDEL b", "2 DEL b", "2 INCR n", "2 APPEND m x",
			"2 EXPIRE b 10", "2 PERSIST b", "2 BITCOUNT b", "2 GETBIT b 0", "2 SETNX q 1", "2 SET b 1 XX", "2 GETSET t 1", "2 RENAME {t}b {t}c"),
		"only keyspace": on("K$", "2 SET a 1", "2 DEL a"),
		"only keyevent": on("Eg", "2 SET a 1", "2 DEL a"),
		"no channels":   on("A", "2 SET a 1", "2 DEL a"),
		"databases":     on("KEA", "2 SELECT 3", "2 SET a 1", "2 MOVE a 4"),
		"transaction":   on("EA", "2 MULTI", "2 SET {t}a 1", "2 DEL {t}a", "2 SET {t}b 1", "2 EXEC"),
	})
}

// TestNotificationOfExpiry checks that keys are announced that nobody asks for.
func TestNotificationOfExpiry(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	if err := srv.SetConfig(Setting{"notify-keyspace-events", "Ex"}); err != nil {
		t.Fatal(err)
	}
	c := difftest.NewConn(srv.Dial())
	defer c.Close()
	do(t, c, "SUBSCRIBE", "__keyevent@0__:expired")
	if _, err := srv.Cache.Strings().Set("a", []byte("1"), datatypes.SetOptions{TTL: 20 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	v, err := c.Receive(time.Now().Add(patience))
	if err != nil || element(t, v, 2).Text != "a" {
		t.Error(v, err)
	}
}

// TestNotificationOfEviction checks that evicted keys are announced, whichever shard they were evicted from.
func TestNotificationOfEviction(t *testing.T) {
	t.Parallel()
	srv := startServer(t, larder.Options{MaxBytes: 4 << 20, Policy: larder.AllKeysRandom, Shards: 4, NoMaintenance: true})
	if err := srv.SetConfig(Setting{"notify-keyspace-events", "Ee"}); err != nil {
		t.Fatal(err)
	}
	evicted := srv.Cache.PubSub().Subscribe(t.Context(), datatypes.SubscribeOptions{
		Channels: []string{"__keyevent@0__:evicted"}, Buffer: 1 << 20,
	})
	value := []byte(strings.Repeat("v", 2000))
	for i := range 10000 {
		if _, err := srv.Cache.Strings().Set("k"+string(rune('a'+i%26))+strings.Repeat("x", i%50)+time.Duration(i).String(), value, datatypes.SetOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(evicted.Values()); uint64(n) != srv.Cache.Stats().Evicted || n == 0 {
		t.Errorf("%d keys were announced, %d evicted", n, srv.Cache.Stats().Evicted)
	}
}

func TestEventStream(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	ctx, cancel := context.WithCancel(t.Context())
	s := srv.Cache.Events(ctx, larder.EventOptions{})
	srv.Cache.Strings().Set("a", nil, datatypes.SetOptions{TTL: time.Hour})
	srv.Cache.Keys().Del("a")
	var got []string
	for len(got) < 3 {
		e := <-s.Values()
		got = append(got, e.Name+" "+e.Key)
	}
	if !slices.Equal(got, []string{"set a", "expire a", "del a"}) {
		t.Error(got)
	}
	cancel()
	if _, ok := <-s.Values(); ok || s.Err() != context.Canceled {
		t.Error(ok, s.Err())
	}
	s = srv.Cache.Events(t.Context(), larder.EventOptions{Buffer: 2})
	for range 5 {
		srv.Cache.Strings().Set("a", nil, datatypes.SetOptions{})
	}
	n := 0
	for range s.Values() {
		n++
	}
	if n != 2 || s.Err() != datatypes.ErrSlowReader {
		t.Error(n, s.Err())
	}
	s = srv.Cache.Events(t.Context(), larder.EventOptions{})
	srv.Cache.Close()
	if _, ok := <-s.Values(); ok || s.Err() != larder.ErrClosed {
		t.Error(ok, s.Err())
	}
}
