package resp

import "github.com/larderkv/larder/internal/acl"

// redisVersion is the level of Redis that is served. Clients choose their ways by it.
const redisVersion = "7.0.15"

func connectionCommands() []*command {
	const open = flagNoScript | flagLoading | flagStale | flagFast | flagNoAuth | flagAllowBusy
	const plain = flagLoading | flagStale | flagFast
	return []*command{
		{name: "ping", handler: cmdPing, arity: -1, flags: flagFast, category: catConnection, whileSubscribed: true,
			tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"}},
		{name: "echo", handler: cmdEcho, arity: 2, flags: plain, category: catConnection},
		{name: "hello", handler: cmdHello, secret: secretOfHello, arity: -1, flags: open, category: catConnection},
		{name: "auth", handler: cmdAuth, secret: secretOfAuth, arity: -2, flags: open, category: catConnection},
		{name: "select", handler: cmdSelect, arity: 2, flags: plain, category: catConnection},
		{name: "quit", handler: cmdQuit, arity: -1, flags: open, category: catConnection, whileSubscribed: true, inMulti: true},
		{name: "reset", handler: cmdReset, arity: 1, flags: open, category: catConnection, whileSubscribed: true, inMulti: true},
		{name: "client", arity: -2, subcommands: clientCommands()},
	}
}

// cmdPing is PING [message]. Among messages of subscriptions a reply in RESP2 must look like one of them.
func cmdPing(c *client, args [][]byte) {
	if c.modes&modeSubscribed != 0 && len(args) < 3 {
		c.writeArray(2)
		c.writeBulkString("pong")
		if len(args) == 1 {
			c.writeBulkString("")
			return
		}
		c.writeBulk(args[1])
		return
	}
	switch len(args) {
	case 1:
		c.writeSimple("PONG")
	case 2:
		c.writeBulk(args[1])
	default:
		c.writeError(errArguments("ping"))
	}
}

func cmdEcho(c *client, args [][]byte) { c.writeBulk(args[1]) }

// cmdHello answers HELLO [version [AUTH user password] [SETNAME name]]. The options take effect in their order, up to
// the first that fails, as they do in Redis.
func cmdHello(c *client, args [][]byte) {
	version := int64(c.resp)
	if len(args) > 1 {
		var ok bool
		if version, ok = parseInt(args[1]); !ok {
			c.writeError("ERR Protocol version is not an integer or out of range")
			return
		}
		if version != 2 && version != 3 {
			c.writeError("NOPROTO unsupported protocol version")
			return
		}
	}
	for i := 2; i < len(args); {
		more := len(args) - i - 1
		switch {
		case equalFold(args[i], "auth") && more >= 2:
			if !c.authenticate(string(args[0]), string(args[i+1]), args[i+2]) {
				return
			}
			i += 3
		case equalFold(args[i], "setname") && more >= 1:
			if !c.setName(args[i+1]) {
				c.writeError(errClientName)
				return
			}
			i += 2
		default:
			c.writeError("ERR Syntax error in HELLO option '" + string(args[i]) + "'")
			return
		}
	}
	if c.mustAuthenticate() {
		c.writeError("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH " +
			"<user> <pass> option can be used to authenticate the client and select the RESP protocol version at " +
			"the same time")
		return
	}
	c.setProtocol(int(version))
	c.writeGreeting()
}

func (c *client) writeGreeting() {
	c.writeMap(7)
	c.writeBulkString("server")
	c.writeBulkString("redis")
	c.writeBulkString("version")
	c.writeBulkString(redisVersion)
	c.writeBulkString("proto")
	c.writeInt(int64(c.resp))
	c.writeBulkString("id")
	c.writeInt(c.id)
	c.writeBulkString("mode")
	c.writeBulkString("standalone")
	c.writeBulkString("role")
	c.writeBulkString("master")
	c.writeBulkString("modules")
	c.writeArray(0)
}

func cmdAuth(c *client, args [][]byte) {
	user, password := acl.DefaultName, args[len(args)-1]
	switch {
	case len(args) > 3:
		c.writeError(errSyntax)
		return
	case len(args) == 3:
		user = string(args[1])
	case c.srv.users.Default().NeedsNoPassword():
		c.writeError("ERR AUTH <password> called without any password configured for the default user. " +
			"Are you sure your configuration is correct?")
		return
	}
	if c.authenticate(string(args[0]), user, password) {
		c.writeOK()
	}
}

func cmdSelect(c *client, args [][]byte) {
	db, problem := parseDB(c, args[1])
	if problem != "" {
		c.writeError(problem)
		return
	}
	c.selectDB(db)
	c.setProfile(func(p *profile) { p.shownDB = db })
	c.writeOK()
}

func cmdQuit(c *client, _ [][]byte) {
	c.writeOK()
	c.closing = true
}

func cmdReset(c *client, _ [][]byte) {
	c.endTransaction()
	c.unsubscribeAll()
	c.stopTracking()
	c.stopMonitor()
	c.modes &^= modeSilent | modeSkip | modeSkipNext
	c.setProtocol(2)
	c.resetUser()
	c.setProfile(func(p *profile) {
		p.name = ""
		p.shownDB = 0
		p.noTouch = false
	})
	c.db = 0
	c.rebind()
	c.writeSimple("RESET")
}

func (c *client) setProtocol(version int) {
	c.resp = version
	c.setProfile(func(p *profile) { p.shownRESP = version })
	c.takePushes() // those in the former protocol
	c.noteSubscriptions()
}

// setName names the connection, or takes its name away if it is empty. It returns false for a name that would spoil
// the output of CLIENT LIST.
func (c *client) setName(name []byte) bool {
	if !printable(name) {
		return false
	}
	c.setProfile(func(p *profile) { p.name = string(name) })
	return true
}

func printable(text []byte) bool {
	for _, ch := range text {
		if ch < '!' || ch > '~' {
			return false
		}
	}
	return true
}

// setProfile changes what others may read at the same time.
func (c *client) setProfile(change func(p *profile)) {
	c.mu.Lock()
	change(&c.profile)
	c.mu.Unlock()
}
