package resp

import (
	"fmt"
	"io"
	"testing"
	"time"
)

// wireCommands are commands of the steady state.
var wireCommands = []wireCommand{
	{line: "SET k " + wireValue, resp2: "+OK\r\n"},
	{line: "GET k", resp2: "$20\r\n" + wireValue + "\r\n"},
	{line: "GET nosuch", resp2: "$-1\r\n", resp3: "_\r\n"},
	{line: "MGET k nosuch k", resp2: "*3\r\n$20\r\n" + wireValue + "\r\n$-1\r\n$20\r\n" + wireValue + "\r\n",
		resp3: "*3\r\n$20\r\n" + wireValue + "\r\n_\r\n$20\r\n" + wireValue + "\r\n"},
	{line: "EXPIRE k 1000", resp2: ":1\r\n"},
	{line: "HGET h f", resp2: "$1\r\nv\r\n"},
	{line: "HGETALL h", resp2: "*2\r\n$1\r\nf\r\n$1\r\nv\r\n", resp3: "%1\r\n$1\r\nf\r\n$1\r\nv\r\n"},
	{line: "ZSCORE z m", resp2: "$3\r\n1.5\r\n", resp3: ",1.5\r\n"},
	{line: "ZRANGE z 0 -1 WITHSCORES", resp2: "*2\r\n$1\r\nm\r\n$3\r\n1.5\r\n", resp3: "*1\r\n*2\r\n$1\r\nm\r\n,1.5\r\n"},
	{line: "SMEMBERS s", resp2: "*1\r\n$1\r\nm\r\n", resp3: "~1\r\n$1\r\nm\r\n"},
	{line: "HKEYS h", resp2: "*1\r\n$1\r\nf\r\n"},
	{line: "HSET h f v", resp2: ":0\r\n"},
	{line: "ZADD z 1.5 m", resp2: ":0\r\n"},
	{line: "SADD s m", resp2: ":0\r\n"},
	{line: "LINDEX l 0", resp2: "$1\r\nx\r\n"},
	{line: "PUBLISH nobody hello", resp2: ":0\r\n"},
	{line: "SISMEMBER s m", resp2: ":1\r\n"},
	{line: "LRANGE l 0 -1", resp2: "*1\r\n$1\r\nx\r\n"},
}

const wireValue = "value-of-some-length"

// wireCommand is a command and what it is answered with.
type wireCommand struct {
	line  string
	resp2 string
	resp3 string // empty: the same
}

func (c *wireCommand) reply(protocol int) string {
	if protocol == 3 && c.resp3 != "" {
		return c.resp3
	}
	return c.resp2
}

// TestWireDoesNotAllocate sends commands of the steady state over every kind of connection, in both protocols: from the
// socket and back to it none takes memory from the heap, on either end. What TLS itself takes is seen to by
// TestTLSDoesNotAllocate.
func TestWireDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	for name, transport := range transports {
		srv := newTestServer(t, nil)
		conn := transport(t, srv)()
		conn.SetDeadline(time.Now().Add(2 * time.Minute))
		p := newPeer(t, conn)
		p.do("HSET h f v\r\nZADD z 1.5 m\r\nSADD s m\r\nRPUSH l x\r\n", ":1\r\n:1\r\n:1\r\n:1\r\n")
		for protocol := 2; protocol <= 3; protocol++ {
			p.send(fmt.Sprintf("HELLO %d\r\nPING\r\n", protocol))
			for line(t, p.r) != "+PONG\r\n" {
			}
			for _, c := range wireCommands {
				wanted := c.reply(protocol)
				command, reply := []byte(c.line+"\r\n"), make([]byte, len(wanted))
				ask := func() {
					if _, err := conn.Write(command); err != nil {
						t.Fatal(err)
					}
					if _, err := io.ReadFull(conn, reply); err != nil {
						t.Fatal(err)
					}
				}
				for range 20 {
					ask()
				}
				if string(reply) != wanted {
					t.Fatalf("%s, RESP%d, %s: %q", name, protocol, c.line, reply)
				}
				if n := testing.AllocsPerRun(200, ask); n != 0 {
					t.Errorf("%s, RESP%d, %s: %v allocations", name, protocol, c.line, n)
				}
			}
		}
	}
}
