package resp

import (
	"github.com/larderkv/larder/internal/numeric"
	"math"
	"testing"
)

func TestWriter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name         string
		write        func(c *client)
		resp2, resp3 string
	}{
		{"ok", (*client).writeOK, "+OK\r\n", ""},
		{"simple", func(c *client) { c.writeSimple("PONG") }, "+PONG\r\n", ""},
		{"error", func(c *client) { c.writeError("ERR a\r\nb\n") }, "-ERR a  b \r\n", ""},
		{"int", func(c *client) { c.writeInt(7); c.writeInt(10); c.writeInt(-1) }, ":7\r\n:10\r\n:-1\r\n", ""},
		{"extremes", func(c *client) { c.writeInt(math.MinInt64) }, ":-9223372036854775808\r\n", ""},
		{"bulk", func(c *client) { c.writeBulk([]byte("a\r\nb")); c.writeBulkString("") }, "$4\r\na\r\nb\r\n$0\r\n\r\n", ""},
		{"null", (*client).writeNull, "$-1\r\n", "_\r\n"},
		{"null array", (*client).writeNullArray, "*-1\r\n", "_\r\n"},
		{"array", func(c *client) { c.writeArray(12) }, "*12\r\n", ""},
		{"map", func(c *client) { c.writeMap(3) }, "*6\r\n", "%3\r\n"},
		{"set", func(c *client) { c.writeSet(3) }, "*3\r\n", "~3\r\n"},
		{"push", func(c *client) { c.writePush(3) }, "*3\r\n", ">3\r\n"},
		{"true", func(c *client) { c.writeBool(true) }, ":1\r\n", "#t\r\n"},
		{"false", func(c *client) { c.writeBool(false) }, ":0\r\n", "#f\r\n"},
		{"big number", func(c *client) { c.writeBigNumber("123") }, "$3\r\n123\r\n", "(123\r\n"},
		{"verbatim", func(c *client) { c.writeVerbatim("txt", "ab") }, "$2\r\nab\r\n", "=6\r\ntxt:ab\r\n"},
		{"double", func(c *client) { c.writeDouble(0.1) }, "$19\r\n0.10000000000000001\r\n", ",0.10000000000000001\r\n"},
		{"whole double", func(c *client) { c.writeDouble(3) }, "$1\r\n3\r\n", ",3\r\n"},
		{"infinity", func(c *client) { c.writeDouble(math.Inf(1)) }, "$3\r\ninf\r\n", ",inf\r\n"},
		{"minus infinity", func(c *client) { c.writeDouble(math.Inf(-1)) }, "$4\r\n-inf\r\n", ",-inf\r\n"},
	}
	for _, tt := range tests {
		if tt.resp3 == "" {
			tt.resp3 = tt.resp2
		}
		for version, want := range map[int]string{2: tt.resp2, 3: tt.resp3} {
			c := &client{resp: version}
			if tt.write(c); string(c.out) != want {
				t.Errorf("%s in RESP%d: got %q, want %q", tt.name, version, c.out, want)
			}
		}
	}
}

// TestAppendDouble checks against what printf gives for %.17g.
func TestAppendDouble(t *testing.T) {
	t.Parallel()
	for f, want := range map[float64]string{
		0: "0", 1: "1", -1.5: "-1.5", 100000: "100000", 1e16: "10000000000000000", 1e17: "1e+17", 1e100: "1e+100",
		1e-4: "0.0001", 1e-5: "1.0000000000000001e-05", 123456789.125: "123456789.125", 3.0000000000000004: "3.0000000000000004",
		math.MaxFloat64: "1.7976931348623157e+308", 5e-324: "4.9406564584124654e-324",
	} {
		if got := string(numeric.AppendFloat(nil, f)); got != want {
			t.Errorf("AppendFloat(%v) = %s, want %s", f, got, want)
		}
	}
}
