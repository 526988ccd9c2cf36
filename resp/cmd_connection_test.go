package resp

import (
	"testing"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/resp/difftest"
)

func TestConnectionCommands(t *testing.T) {
	t.Parallel()
	const wrongDB = "-ERR DB index is out of range"
	runTables(t, map[string][]row{
		"PING ECHO": {
			{"ping", "+PONG"},
			{"ping hello", `"hello"`},
			{"ping a b", "-ERR wrong number of arguments for 'ping' command"},
			{"echo hello", `"hello"`},
			{"echo", "-ERR wrong number of arguments for 'echo' command"},
		},
		"SELECT": {
			{"set k 0", "+OK"},
			{"select 1", "+OK"},
			{"get k", "$null"},
			{"set k 1", "+OK"},
			{"select 0", "+OK"},
			{"get k", `"0"`},
			{"select 1", "+OK"},
			{"get k", `"1"`},
			{"select 16", wrongDB},
			{"select -1", wrongDB},
			{"select x", "-ERR value is not an integer or out of range"},
			{"get k", `"1"`},
			{"select", "-ERR wrong number of arguments for 'select' command"},
		},
		"RESET": {
			{"select 2", "+OK"},
			{"set k 2", "+OK"},
			{"client setname me", "+OK"},
			{"reset", "+RESET"},
			{"client getname", "$null"},
			{"get k", "$null"},
			{"reset now", "-ERR wrong number of arguments for 'reset' command"},
		},
		"AUTH": {
			{"auth sesame", "-ERR AUTH <password> called without any password configured for the default user. " +
				"Are you sure your configuration is correct?"},
			{"auth default sesame", "+OK"},
			{"auth nobody sesame", "-WRONGPASS invalid username-password pair or user is disabled."},
			{"auth a b c", "-ERR syntax error"},
		},
		"HELLO": {
			{"hello x", "-ERR Protocol version is not an integer or out of range"},
			{"hello 1", "-NOPROTO unsupported protocol version"},
			{"hello 4", "-NOPROTO unsupported protocol version"},
			{"hello 2 setname", "-ERR Syntax error in HELLO option 'setname'"},
			{"hello 2 auth nobody x", "-WRONGPASS invalid username-password pair or user is disabled."},
		},
		"CLIENT": {
			{"client getname", "$null"},
			{"client setname me", "+OK"},
			{"client getname", `"me"`},
			{"client setname h\x7f", "-ERR Client names cannot contain spaces, newlines or special characters."},
			{"client getname", `"me"`},
			{`client setname ""`, "+OK"},
			{"client getname", "$null"},
			{"client no-evict on", "+OK"},
			{"client no-evict off", "+OK"},
			{"client no-evict maybe", "-ERR syntax error"},
			{"client list type nothing", "-ERR Unknown client type 'nothing'"},
			{"client list id x", "-ERR Invalid client ID"},
			{"client list something", "-ERR syntax error"},
			{"client kill 1.2.3.4:5", "-ERR No such client"},
			{"client kill id 0", "-ERR client-id should be greater than 0"},
			{"client kill id", "-ERR No such client"},
			{"client kill addr 1.2.3.4:5", ":0"},
			{"client kill addr 1.2.3.4:5 laddr", "-ERR syntax error"},
			{"client kill addr 1.2.3.4:5 laddr 1.2.3.4:5", ":0"},
			{"client kill type nothing skipme yes", "-ERR Unknown client type 'nothing'"},
			{"client kill user nobody skipme yes", "-ERR No such user 'nobody'"},
		},
	})
}

// TestResetTouchesAgain holds RESET to end CLIENT NO-TOUCH, in databases that were used under it too.
func TestResetTouchesAgain(t *testing.T) {
	t.Parallel()
	clock := &setClock{}
	clock.millis.Store(1_000_000_000_000)
	o := larder.Options{Clock: clock, NoMaintenance: true, Policy: larder.AllKeysLRU, MaxBytes: 64 << 20}
	srv := startServer(t, o)
	c := difftest.NewConn(srv.Dial())
	defer c.Close()
	const old = 3_600_000
	idleAfterRead := func() string {
		clock.millis.Add(old)
		srv.Cache.Maintain() // which moves the clock of uses
		do(t, c, "GET", "k")
		return do(t, c, "OBJECT", "IDLETIME", "k").String()
	}
	do(t, c, "SET", "k", "v")
	do(t, c, "CLIENT", "NO-TOUCH", "ON")
	do(t, c, "SELECT", "1")
	do(t, c, "SELECT", "0")
	if got := idleAfterRead(); got == ":0" {
		t.Errorf("a read under NO-TOUCH is a use: idle %s", got)
	}
	do(t, c, "RESET")
	if got := idleAfterRead(); got != ":0" {
		t.Errorf("a read after RESET is no use: idle %s", got)
	}
}
