package resp

import (
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"
)

// shownTime matches what differs from run to run in a line of MONITOR.
var shownTime = regexp.MustCompile(`\+\d{10}\.\d{6} \[(\d+) unix:[^\]]*\]`)

// monitored returns what a monitor is sent while inputs are sent, one after another, by another client. The last one must
// be shown.
func monitored(t *testing.T, dial func() net.Conn, inputs []string) string {
	t.Helper()
	watcher, p := newPeer(t, dial()), newPeer(t, dial())
	watcher.SetDeadline(time.Now().Add(20 * time.Second))
	p.SetDeadline(time.Now().Add(20 * time.Second))
	watcher.do("MONITOR\r\n", "+OK\r\n")
	for i, input := range inputs {
		p.send(input + "\r\nECHO " + fmt.Sprint(i) + "\r\n")
		for mark := fmt.Sprintf("$%d\r\n%d\r\n", len(fmt.Sprint(i)), i); ; {
			line, err := p.r.ReadString('\n')
			if err != nil {
				t.Fatalf("%q: %v", input, err)
			}
			if strings.HasSuffix(mark, line) && line[0] != '$' {
				break
			}
		}
	}
	p.send("ECHO \"the end\"\r\n")
	var got strings.Builder
	for {
		line, err := watcher.r.ReadString('\n')
		got.WriteString(shownTime.ReplaceAllString(line, "[$1 unix]"))
		if err != nil || strings.Contains(line, `"the end"`) {
			return got.String()
		}
	}
}

// TestMonitorAgainstRedis compares what a monitor is sent.
func TestMonitorAgainstRedis(t *testing.T) {
	t.Parallel()
	inputs := []string{
		"PING", `ping "a\x00b\n\r\t\a\b\"\\ ` + "\xe9\x7f" + `~"`, `ping ''`, "SELECT 1", "SET k v", "SELECT 0", "AUTH foo", "AUTH default foo",
		"HELLO 3 AUTH default x", "HELLO 3 AUTH default x SETNAME auth", "HELLO 2 SETNAME x", "GET", "nosuch", "CONFIG GET x",
		"MULTI\r\nSET a 1\r\nGET a\r\nSELECT 2\r\nSET a 1\r\nEXEC", "SELECT 0", "MULTI\r\nSET a 1\r\nDISCARD",
		"BLPOP nosuch 0.01", "CLIENT ID", "ACL WHOAMI", `ACL SETUSER joe on >x`, "RESET", "SUBSCRIBE a\r\nUNSUBSCRIBE", "PUBLISH a b",
		"SET n 12345", "INFO nosuch", "LPUSH k 1", "CLIENT REPLY OFF\r\nGET a\r\nCLIENT REPLY ON", "CLIENT REPLY SKIP\r\nGET a",
	}
	want := monitored(t, startRedis(t), inputs)
	srv := newTestServer(t, nil)
	if got := monitored(t, transports["unix"](t, srv), inputs); got != want {
		t.Errorf("redis:\n%s\nlarder:\n%s", want, got)
	}
}

func TestMonitor(t *testing.T) {
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		watcher, p := newPeer(t, dial()), newPeer(t, dial())
		watcher.do("PING\r\nMONITOR\r\n", "+PONG\r\n+OK\r\n")
		p.do("SELECT 3\r\nGET a\r\n", "+OK\r\n$-1\r\n")
		line := func(want string) {
			t.Helper()
			got, err := watcher.r.ReadString('\n')
			if !regexp.MustCompile(`^\+\d+\.\d{6} \[3 \S+\] ` + regexp.QuoteMeta(want) + "\r\n$").MatchString(got) {
				t.Errorf("got %q, %v, want %s", got, err, want)
			}
		}
		line(`"SELECT" "3"`)
		line(`"GET" "a"`)
		p.do("MULTI\r\nMONITOR\r\nEXEC\r\n", "+OK\r\n+QUEUED\r\n*1\r\n-ERR MONITOR isn't allowed for DENY BLOCKING client\r\n")
		line(`"MULTI"`)
		line(`"EXEC"`)
		// In RESP3 the lines are the same; the monitor sees itself.
		watcher.do("SELECT 3\r\n", "+OK\r\n")
		line(`"SELECT" "3"`)
		watcher.send("HELLO 3\r\n")
		for reply := ""; !strings.Contains(reply, "HELLO"); {
			part, err := watcher.r.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			reply += part
		}
		p.do("GET a\r\n", "$-1\r\n")
		line(`"GET" "a"`)
		watcher.do("RESET\r\n", "+RESET\r\n")
		p.do("GET a\r\n", "$-1\r\n")
		watcher.do("PING\r\n", "+PONG\r\n")
		if srv.conditions.Load() != 0 {
			t.Error("the server still looks for monitors")
		}
		watcher.do("MONITOR\r\n", "+OK\r\n")
		watcher.Close()
		eventually(t, "nobody monitors", func() bool { return srv.conditions.Load() == 0 })
	})
}

// TestSlowMonitor: a monitor that reads nothing is disconnected when it holds more than it may; the others are not
// delayed.
func TestSlowMonitor(t *testing.T) {
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		if err := srv.SetConfig(Setting{"client-output-buffer-limit", "normal 4mb 0 0"}); err != nil {
			t.Fatal(err)
		}
		watcher, p := newPeer(t, dial()), newPeer(t, dial())
		watcher.do("MONITOR\r\n", "+OK\r\n")
		big := strings.Repeat("x", 1<<20)
		for range 32 {
			p.do(fmt.Sprintf("*2\r\n$4\r\nECHO\r\n$%d\r\n%s\r\n", len(big), big), fmt.Sprintf("$%d\r\n%s\r\n", len(big), big))
			if srv.clientCount() == 1 {
				break
			}
		}
		eventually(t, "the monitor is gone", func() bool { return srv.clientCount() == 1 })
		if _, err := io.Copy(io.Discard, watcher.r); err != nil && strings.Contains(err.Error(), "timeout") {
			t.Error(err)
		}
	})
}

func TestMonitorCostsNothingUnlessUsed(t *testing.T) {
	b := newBench(newTestServer(t, nil))
	input := []byte("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n")
	discard := func([]byte) {}
	b.serve(t, input, discard)
	if n := testing.AllocsPerRun(100, func() { b.serve(t, input, discard) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
