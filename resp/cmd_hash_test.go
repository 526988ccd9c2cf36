package resp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/larderkv/larder/resp/difftest"
)

var text64, text65 = strings.Repeat("x", 64), strings.Repeat("y", 65)

func TestHashCommands(t *testing.T) {
	t.Parallel()
	runTables(t, map[string][]row{
		"HSET and HGET": {
			{"hset h a 1", ":1"},
			{"hset h a 2 b 3 c 4", ":2"},
			{"hset h d 1 d 2", ":1"},
			{"hget h d", `"2"`},
			{"hget h a", `"2"`},
			{"hget h nofield", "$null"},
			{"hget nokey a", "$null"},
			{`hset h "" empty`, ":1"},
			{`hget h ""`, `"empty"`},
			{`hset h e ""`, ":1"},
			{"hget h e", `""`},
			{"hset h 007 x 7 y", ":2"},
			{"hget h 7", `"y"`},
			{"hget h 007", `"x"`},
			{"hset h a", "-ERR wrong number of arguments for 'hset' command"},
			{"hset h a 1 b", "-ERR wrong number of arguments for 'hset' command"},
			{"hset h", "-ERR wrong number of arguments for 'hset' command"},
			{"hmset h a 5 z 6", "+OK"},
			{"hmset h a 5 z", "-ERR wrong number of arguments for 'hmset' command"},
			{"hmget h a z nofield", `*["5" "6" $null]`},
			{"hmget nokey a b", `*[$null $null]`},
			{"hsetnx h a 9", ":0"},
			{"hsetnx h y 9", ":1"},
			{"hsetnx new y 9", ":1"},
			{"hlen h", ":10"},
			{"hlen nokey", ":0"},
			{"hexists h a", ":1"},
			{"hexists h nofield", ":0"},
			{"hexists nokey a", ":0"},
			{"hstrlen h e", ":0"},
			{"hstrlen h 007", ":1"},
			{"hset h n -1234567", ":1"},
			{"hstrlen h n", ":8"},
			{"hstrlen nokey n", ":0"},
			{"type h", "+hash"},
			{"object encoding h", `"listpack"`},
		},
		"HGETALL": {
			{"hset h a 1 b 2", ":2"},
			{"hkeys h", `*["a" "b"]`},
			{"hvals h", `*["1" "2"]`},
			{"hset h a 3", ":0"},
			{"hkeys h", `*["a" "b"]`},
			{"hvals h", `*["3" "2"]`},
			{"hkeys nokey", "*[]"},
			{"hvals nokey", "*[]"},
		},
		"HDEL": {
			{"hset h a 1 b 2 c 3", ":3"},
			{"hdel h a nofield a", ":1"},
			{"hdel nokey a", ":0"},
			{"hdel h", "-ERR wrong number of arguments for 'hdel' command"},
			{"hdel h b c", ":2"},
			{"exists h", ":0"},
			{"hset h a " + text65, ":1"},
			{"object encoding h", `"hashtable"`},
			{"hset h b 1", ":1"},
			{"hdel h a", ":1"},
			{"object encoding h", `"hashtable"`},
			{"hdel h b b", ":1"},
			{"type h", "+none"},
		},
		"encodings": {
			{"hset h a " + text64, ":1"},
			{"hset h " + text64 + " b", ":1"},
			{"object encoding h", `"listpack"`},
			{"hsetnx h a " + text65, ":0"},
			{"object encoding h", `"listpack"`},
			{"hset h " + text65 + " b", ":1"},
			{"object encoding h", `"hashtable"`},
			{"hset i a " + text65, ":1"},
			{"object encoding i", `"hashtable"`},
			{"hincrby j " + text65 + " 5", ":5"},
			{"object encoding j", `"hashtable"`},
			{"hset k a 1", ":1"},
			{"hincrbyfloat k " + text65 + " 1.5", `"1.5"`},
			{"object encoding k", `"hashtable"`},
			{"hget k a", `"1"`},
			{"copy h l", ":1"},
			{"object encoding l", `"hashtable"`},
			{"hget l a", `"` + text64 + `"`},
			{"rename l m", "+OK"},
			{"hget m a", `"` + text64 + `"`},
		},
		"HINCRBY": {
			{"hincrby h a 5", ":5"},
			{"hincrby h a -7", ":-2"},
			{"hset h s text", ":1"},
			{"hincrby h s 1", "-ERR hash value is not an integer"},
			{"hincrby h a x", wantWrongInt},
			{"hincrby h a 9223372036854775808", wantWrongInt},
			{"hset h max 9223372036854775807 min -9223372036854775808 f 1.5", ":3"},
			{"hincrby h max 1", "-ERR increment or decrement would overflow"},
			{"hincrby h min -1", "-ERR increment or decrement would overflow"},
			{"hincrby h f 1", "-ERR hash value is not an integer"},
			{"hincrby h max -9223372036854775808", ":-1"},
			{"hget h min", `"-9223372036854775808"`},
		},
		"HINCRBYFLOAT": {
			{"hincrbyfloat h a 10.5", `"10.5"`},
			{"hincrbyfloat h a 0.1", `"10.6"`},
			{"hincrbyfloat h a -10.6", `"0"`},
			{"hincrbyfloat h a 5.0e3", `"5000"`},
			{"hset h s text", ":1"},
			{"hincrbyfloat h s 1", "-ERR hash value is not a float"},
			{"hincrbyfloat h a x", "-ERR value is not a valid float"},
			{"hincrbyfloat h a nan", "-ERR value is not a valid float"},
			{"hincrbyfloat h a inf", "-ERR value is NaN or Infinity"},
			{"hincrbyfloat h a -inf", "-ERR value is NaN or Infinity"},
			{"hset h i inf", ":1"},
			{"hincrbyfloat h a 1", `"5001"`},
			{"hget h a", `"5001"`},
		},
		"HRANDFIELD": {
			{"hset h a 1", ":1"},
			{"hrandfield h", `"a"`},
			{"hrandfield h 5", `*["a"]`},
			{"hrandfield h -3", `*["a" "a" "a"]`},
			{"hrandfield h 0", "*[]"},
			{"hrandfield nokey", "$null"},
			{"hrandfield nokey 5", "*[]"},
			{"hrandfield nokey -5 withvalues", "*[]"},
			{"hrandfield h x", wantWrongInt},
			{"hrandfield h x foo", wantWrongInt},
			{"hrandfield h 1 foo", wantSyntax},
			{"hrandfield h 1 withvalues foo", wantSyntax},
			{"hrandfield h -9223372036854775808", "-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"},
			{"hrandfield h -4611686018427387905 withvalues", "-ERR value is out of range"},
			{"hrandfield h 4611686018427387904 withvalues", "-ERR value is out of range"},
		},
		"HSCAN": {
			{"hset h a 1 b 2", ":2"},
			{"hscan h 0", `*["0" *["a" "1" "b" "2"]]`},
			{"hscan h 5", `*["0" *["a" "1" "b" "2"]]`},
			{"hscan h 0 match b*", `*["0" *["b" "2"]]`},
			{"hscan h 0 match b* count 1", `*["0" *["b" "2"]]`},
			{`hscan h 0 match ""`, `*["0" *[]]`},
			{"hscan nokey 0", `*["0" *[]]`},
			{"hscan nokey 0 count x", `*["0" *[]]`},
			{"hscan h x", "-ERR invalid cursor"},
			{"hscan nokey x", "-ERR invalid cursor"},
			{"hscan h 0 count 0", wantSyntax},
			{"hscan h 0 count x", wantWrongInt},
			{"hscan h 0 match", wantSyntax},
			{"hscan h 0 type hash", wantSyntax},
			{"hscan h 0 novalues", wantSyntax},
		},
		"wrong type": {
			{"set s x", "+OK"},
			{"hset s a 1", wantWrongType},
			{"hmset s a 1", wantWrongType},
			{"hsetnx s a 1", wantWrongType},
			{"hget s a", wantWrongType},
			{"hmget s a", wantWrongType},
			{"hgetall s", wantWrongType},
			{"hkeys s", wantWrongType},
			{"hvals s", wantWrongType},
			{"hlen s", wantWrongType},
			{"hstrlen s a", wantWrongType},
			{"hexists s a", wantWrongType},
			{"hdel s a", wantWrongType},
			{"hincrby s a 1", wantWrongType},
			{"hincrbyfloat s a 1", wantWrongType},
			{"hincrbyfloat s a inf", "-ERR value is NaN or Infinity"},
			{"hrandfield s", wantWrongType},
			{"hrandfield s 1 foo", wantSyntax},
			{"hscan s 0", wantWrongType},
			{"hscan s 0 foo", wantWrongType},
			{"get s", `"x"`},
			{"hset h a 1", ":1"},
			{"get h", wantWrongType},
			{"append h x", wantWrongType},
			{"set h y", "+OK"},
			{"get h", `"y"`},
		},
	})
}

// TestHashMaps: RESP3 has maps and pairs where RESP2 has flat arrays.
func TestHashMaps(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		protocol         string
		all, none, pairs string
	}{
		{"2", `*["a" "1"]`, "*[]", `*["a" "1" "a" "1"]`},
		{"3", `%["a" "1"]`, "%[]", `*[*["a" "1"] *["a" "1"]]`},
	} {
		srv := startCache(t)
		c := difftest.NewConn(srv.Dial())
		do(t, c, "HELLO", tt.protocol)
		do(t, c, "HSET", "h", "a", "1")
		for command, want := range map[string]string{
			"HGETALL h": tt.all, "HGETALL nokey": tt.none, "HRANDFIELD h -2 WITHVALUES": tt.pairs,
		} {
			if got := do(t, c, strings.Fields(command)...).String(); got != want {
				t.Errorf("protocol %s: %s: %s, want %s", tt.protocol, command, got, want)
			}
		}
		c.Close()
	}
}

// TestRandomFieldsAreBounded: Redis would try to answer, and run out of memory.
func TestRandomFieldsAreBounded(t *testing.T) {
	t.Parallel()
	runNewerTables(t, map[string][]row{"HRANDFIELD": {
		{"hset h a 1", ":1"},
		{"hrandfield h -9223372036854775807", "-ERR value is out of range"},
		{"hset h a " + text65, ":0"},
		{"hrandfield h -16777217", "-ERR value is out of range"},
		{"hrandfield h -4611686018427387903 withvalues", "-ERR value is out of range"},
	}})
}

// TestScanOfLargeHash reads a table by HSCAN while it grows.
func TestScanOfLargeHash(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	c := difftest.NewConn(srv.Dial())
	defer c.Close()
	const fields = 2000
	for i := range fields {
		do(t, c, "HSET", "h", fmt.Sprint("f", i), fmt.Sprint(i))
	}
	seen := map[string]string{}
	calls := 0
	for cursor := "0"; cursor != "0" || calls == 0; calls++ {
		reply := do(t, c, "HSCAN", "h", cursor, "COUNT", "50")
		cursor = element(t, reply, 0).Text
		pairs := element(t, reply, 1).Elems
		for i := 0; i < len(pairs); i += 2 {
			seen[pairs[i].Text] = pairs[i+1].Text
		}
		do(t, c, "HSET", "h", fmt.Sprint("new", calls), "x")
	}
	if calls < fields/100 {
		t.Errorf("the scan took %d calls", calls)
	}
	for i := range fields {
		if seen[fmt.Sprint("f", i)] != fmt.Sprint(i) {
			t.Fatalf("field %d was scanned as %q", i, seen[fmt.Sprint("f", i)])
		}
	}
}

const wantNumFields = "-ERR numfields should be greater than 0 and match the provided number of fields"

func TestFieldExpiryCommands(t *testing.T) {
	t.Parallel()
	far := fmt.Sprint(time.Now().Unix() + 100_000)
	runNewerTables(t, map[string][]row{
		"HEXPIRE": {
			{"hset h a 1 b 2 c 3", ":3"},
			{"object encoding h", `"listpack"`},
			{"hexpire h 100 fields 2 nofield x", "*[:-2 :-2]"},
			{"hexpire h 100 xx fields 1 a", "*[:0]"},
			{"object encoding h", `"listpack"`},
			{"hexpire h 100 fields 2 a nofield", "*[:1 :-2]"},
			{"object encoding h", `"hashtable"`},
			{"httl h fields 3 a b nofield", "*[:100 :-1 :-2]"},
			{"hexpire h 50 GT fields 2 a b", "*[:0 :0]"},
			{"hexpire h 200 gt fields 2 a b", "*[:1 :0]"},
			{"hexpire h 150 gt fields 1 a", "*[:0]"},
			{"hexpire h 50 lt fields 2 a b", "*[:1 :1]"},
			{"hexpire h 500 nx fields 2 a c", "*[:0 :1]"},
			{"hexpire h 600 XX fields 2 a nofield", "*[:1 :-2]"},
			{"hexpire h 700 xx gt fields 1 a", "*[:1]"},
			{"httl h fields 3 a b c", "*[:700 :50 :500]"},
			{"hexpire nokey 100 fields 2 a b", "*[:-2 :-2]"},
			{"hexpire h 0 fields 2 a nofield", "*[:2 :-2]"},
			{"hlen h", ":2"},
			{"hexpire h 0 nx fields 3 b c b", "*[:2 :2 :-2]"},
			{"exists h", ":0"},
		},
		"HEXPIRE errors": {
			{"hset h a 1", ":1"},
			{"hexpire h 100 a b", "-ERR wrong number of arguments for 'hexpire' command"},
			{"hexpire h 100 fields 1 a b", wantNumFields},
			{"hexpire h 100 fields 2 a", wantNumFields},
			{"hexpire h 100 fields 0 a", wantNumFields},
			{"hexpire h 100 fields -1 a", wantNumFields},
			{"hexpire h 100 a b c", wantNumFields},
			{"hexpire h 100 nx nx fields", wantNumFields},
			{"hexpire h 100 fields x a", wantWrongInt},
			{"hexpire h x fields 1 a", wantWrongInt},
			{"hexpire h -1 fields 1 a", "-ERR invalid expire time in 'hexpire' command"},
			{"hexpire h 9223372036854776 fields 1 a", "-ERR invalid expire time in 'hexpire' command"},
			{"hexpire h 9223372036854775 fields 1 a", "-ERR invalid expire time in 'hexpire' command"},
			{"hpexpire h 9223372036854775807 fields 1 a", "-ERR invalid expire time in 'hpexpire' command"},
			{"hpexpireat h -5 fields 1 a", "-ERR invalid expire time in 'hpexpireat' command"},
			{"hexpire h 100 foo fields 1 a", "-ERR Unsupported option foo"},
			{"hexpire h 100 nx xx fields 1 a", "-ERR NX and XX, GT or LT options at the same time are not compatible"},
			{"hexpire h 100 gt lt fields 1 a", "-ERR GT and LT options at the same time are not compatible"},
			{"httl h fields 1 a", "*[:-1]"},
			{"object encoding h", `"listpack"`},
		},
		"times": {
			{"hset h a 1 b 2 c 3 d 4", ":4"},
			{"hexpireat h " + far + " fields 1 a", "*[:1]"},
			{"hpexpireat h " + far + "499 fields 1 b", "*[:1]"},
			{"hpexpireat h " + far + "500 fields 1 c", "*[:1]"},
			{"hpexpireat h 9223372036854775807 fields 1 d", "*[:1]"},
			{"hpexpiretime h fields 5 a b c d e", "*[:" + far + "000 :" + far + "499 :" + far + "500 :9223372036854775807 :-2]"},
			{"hexpiretime h fields 2 a b", "*[:" + far + " :" + far + "]"},
			{"hexpiretime h fields 1 d", "*[:9223372036854776]"},
			{"hexpireat h 1 fields 1 a", "*[:2]"},
			{"hpexpireat h 0 fields 1 b", "*[:2]"},
			{"hpexpire h 0 fields 1 c", "*[:2]"},
			{"hkeys h", `*["d"]`},
			{"httl h fields 2 d", wantSyntax},
			{"httl h foo 1 d", wantSyntax},
			{"hpttl h fields x d", wantWrongInt},
			{"hexpiretime nokey fields 1 d", "*[:-2]"},
		},
		"HPERSIST": {
			{"hset h a 1 b 2", ":2"},
			{"hpersist h fields 2 a nofield", "*[:-1 :-2]"},
			{"object encoding h", `"listpack"`},
			{"hexpire h 100 fields 1 a", "*[:1]"},
			{"hpersist h fields 3 a b nofield", "*[:1 :-1 :-2]"},
			{"hpersist h fields 1 a", "*[:-1]"},
			{"hpersist nokey fields 1 a", "*[:-2]"},
			{"hpersist h fields 2 a", wantNumFields},
			{"hpersist h foo 1 a", wantSyntax},
		},
		"writes and expiry": {
			{"hset h a 1 b 2 c 3 d 4", ":4"},
			{"hexpire h 100 fields 4 a b c d", "*[:1 :1 :1 :1]"},
			{"hset h a 5", ":0"},
			{"hincrby h b 5", ":7"},
			{"hincrbyfloat h c 0.5", `"3.5"`},
			{"hsetnx h d 9", ":0"},
			{"httl h fields 4 a b c d", "*[:-1 :100 :100 :100]"},
			{"hdel h d", ":1"},
			{"hset h d 4", ":1"},
			{"httl h fields 1 d", "*[:-1]"},
			{"copy h i", ":1"},
			{"httl i fields 2 a b", "*[:-1 :100]"},
			{"rename i j", "+OK"},
			{"httl j fields 2 a b", "*[:-1 :100]"},
			{"object encoding j", `"hashtable"`},
		},
		"HGETEX": {
			{"hset h a 1 b 2", ":2"},
			{"hgetex h fields 2 a nofield", `*["1" $null]`},
			{"object encoding h", `"listpack"`},
			{"hgetex h ex 100 fields 2 a nofield", `*["1" $null]`},
			{"httl h fields 2 a b", "*[:100 :-1]"},
			{"hgetex h PX 200000 fields 1 a", `*["1"]`},
			{"httl h fields 1 a", "*[:200]"},
			{"hgetex h exat " + far + " fields 1 a", `*["1"]`},
			{"hexpiretime h fields 1 a", "*[:" + far + "]"},
			{"hgetex h persist fields 2 a b", `*["1" "2"]`},
			{"httl h fields 1 a", "*[:-1]"},
			{"hgetex nokey ex 100 fields 2 a b", `*[$null $null]`},
			{"exists nokey", ":0"},
			{"hgetex h ex 100 persist fields 1 a", wantSyntax},
			{"hgetex h ex 100 px 100 fields 1 a", wantSyntax},
			{"hgetex h keepttl fields 1 a", wantSyntax},
			{"hgetex h ex 100 fields 2 a", wantNumFields},
			{"hgetex h ex x fields 1 a", wantWrongInt},
			{"hgetex h ex -1 fields 1 a", "-ERR invalid expire time in 'hgetex' command"},
			{"hgetex h ex 0 fields 3 a nofield a", `*["1" $null $null]`},
			{"hlen h", ":1"},
			{"hgetex h pxat 1 fields 1 b", `*["2"]`},
			{"exists h", ":0"},
		},
		"HSETEX": {
			{"hsetex h ex 100 fields 2 a 1 b 2", ":1"},
			{"httl h fields 2 a b", "*[:100 :100]"},
			{"hmget h a b", `*["1" "2"]`},
			{"hsetex h keepttl fields 1 a 3", ":1"},
			{"hget h a", `"3"`},
			{"httl h fields 1 a", "*[:100]"},
			{"hsetex h fields 1 a 4", ":1"},
			{"httl h fields 1 a", "*[:-1]"},
			{"hsetex h fnx fields 2 a 5 c 5", ":0"},
			{"hmget h a c", `*["4" $null]`},
			{"hsetex h FNX px 100000 fields 2 c 5 d 6", ":1"},
			{"hsetex h fxx fields 2 a 7 e 7", ":0"},
			{"hsetex h fxx exat " + far + " fields 2 a 7 b 7", ":1"},
			{"hexpiretime h fields 2 a b", "*[:" + far + " :" + far + "]"},
			{"hsetex nokey fxx fields 1 a 1", ":0"},
			{"exists nokey", ":0"},
			{"hsetex h fnx fxx fields 1 a 1", wantSyntax},
			{"hsetex h ex 100 keepttl fields 1 a 1", wantSyntax},
			{"hsetex h persist fields 1 a 1", wantSyntax},
			{"hsetex h ex 100 fields 1 a", "-ERR numfields should be greater than 0 and match the provided number of fields"},
			{"hsetex h ex 100 fields 2 a 1 b", wantNumFields},
			{"hsetex h ex 100 fields 9223372036854775807 a 1", wantNumFields},
			{"hsetex h ex -100 fields 1 a 1", "-ERR invalid expire time in 'hsetex' command"},
			{"hsetex h ex 0 fields 2 a 1 nofield 2", ":1"},
			{"hexists h a", ":0"},
			{"hsetex h exat 1 fields 3 b 1 c 2 d 2", ":1"},
			{"exists h", ":0"},
			{"hsetex h pxat 1 fields 1 b 1", ":1"},
			{"exists h", ":0"},
			{"hsetex h ex 100 fields 2 a 1 a 2", ":1"},
			{"hgetall h", `*["a" "2"]`},
		},
		"HGETDEL": {
			{"hset h a 1 b 2 c 3", ":3"},
			{"hgetdel h fields 3 a nofield a", `*["1" $null $null]`},
			{"hlen h", ":2"},
			{"hgetdel nokey fields 1 a", "*[$null]"},
			{"hgetdel h fields 2 a", wantNumFields},
			{"hgetdel h foo 1 a", wantSyntax},
			{"hexpire h 100 fields 1 b", "*[:1]"},
			{"hgetdel h fields 2 b c", `*["2" "3"]`},
			{"exists h", ":0"},
		},
		"wrong type": {
			{"set s x", "+OK"},
			{"hexpire s 100 fields 1 a", wantWrongType},
			{"hpexpireat s 1 fields 1 a", wantWrongType},
			{"httl s fields 1 a", wantWrongType},
			{"hpersist s fields 1 a", wantWrongType},
			{"hgetex s ex 100 fields 1 a", wantWrongType},
			{"hgetex s ex 0 fields 1 a", wantWrongType},
			{"hgetex s ex -1 fields 1 a", wantWrongType},
			{"hsetex s ex 100 fields 1 a 1", wantWrongType},
			{"hgetdel s fields 1 a", wantWrongType},
			{"get s", `"x"`},
		},
	})
}
