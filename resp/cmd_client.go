package resp

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/acl"
)

func clientCommands() []*command {
	const own = flagNoScript | flagLoading | flagStale
	const others = own | flagAdmin
	const cat = catConnection
	varying := []string{"nondeterministic_output"}
	return []*command{
		{name: "client|caching", handler: cmdClientCaching, arity: 3, flags: own, category: cat},
		{name: "client|getname", handler: cmdClientGetName, arity: 2, flags: own, category: cat},
		{name: "client|getredir", handler: cmdClientGetRedir, arity: 2, flags: own, category: cat},
		{name: "client|help", handler: cmdClientHelp, arity: 2, flags: flagLoading | flagStale, category: cat},
		{name: "client|id", handler: cmdClientID, arity: 2, flags: own, category: cat},
		{name: "client|info", handler: cmdClientInfo, arity: 2, flags: own, category: cat, tips: varying},
		{name: "client|kill", handler: cmdClientKill, arity: -3, flags: others, category: cat},
		{name: "client|list", handler: cmdClientList, arity: -2, flags: others, category: cat, tips: varying},
		{name: "client|no-evict", handler: cmdClientNoEvict, arity: 3, flags: others, category: cat},
		{name: "client|no-touch", handler: cmdClientNoTouch, arity: 3, flags: own, category: cat},
		{name: "client|pause", handler: cmdClientPause, arity: -3, flags: others, category: cat},
		{name: "client|reply", handler: cmdClientReply, arity: 3, flags: own, category: cat},
		{name: "client|setinfo", handler: cmdClientSetInfo, arity: 4, flags: own, category: cat},
		{name: "client|setname", handler: cmdClientSetName, arity: 3, flags: own, category: cat},
		{name: "client|tracking", handler: cmdClientTracking, arity: -3, flags: own, category: cat},
		{name: "client|trackinginfo", handler: cmdClientTrackingInfo, arity: 2, flags: own, category: cat},
		{name: "client|unblock", handler: cmdClientUnblock, arity: -3, flags: others, category: cat},
		{name: "client|unpause", handler: cmdClientUnpause, arity: 2, flags: others, category: cat},
	}
}

func cmdClientID(c *client, _ [][]byte) { c.writeInt(c.id) }

func cmdClientGetName(c *client, _ [][]byte) {
	if c.name == "" {
		c.writeNull()
		return
	}
	c.writeBulkString(c.name)
}

func cmdClientSetName(c *client, args [][]byte) {
	if !c.setName(args[2]) {
		c.writeError(errClientName)
		return
	}
	c.writeOK()
}

// cmdClientSetInfo is CLIENT SETINFO (LIB-NAME name | LIB-VER version), by which libraries introduce themselves.
func cmdClientSetInfo(c *client, args [][]byte) {
	attribute, value := args[2], args[3]
	var set func(p *profile)
	switch {
	case equalFold(attribute, "lib-name"):
		set = func(p *profile) { p.libName = string(value) }
	case equalFold(attribute, "lib-ver"):
		set = func(p *profile) { p.libVersion = string(value) }
	default:
		c.writeError("ERR Unrecognized option '" + string(attribute) + "'")
		return
	}
	if !printable(value) {
		c.writeError("ERR " + string(attribute) + " cannot contain spaces, newlines or special characters.")
		return
	}
	c.setProfile(set)
	c.writeOK()
}

// cmdClientReply is CLIENT REPLY (ON | OFF | SKIP).
func cmdClientReply(c *client, args [][]byte) {
	switch {
	case equalFold(args[2], "on"):
		c.modes &^= modeSilent | modeSkip | modeSkipNext
		c.writeOK()
	case equalFold(args[2], "off"):
		c.modes |= modeSilent
	case equalFold(args[2], "skip"):
		c.modes.set(modeSkipNext, c.modes&modeSilent == 0)
	default:
		c.writeError(errSyntax)
	}
}

func cmdClientNoEvict(c *client, args [][]byte) {
	c.setSwitch(args[2], func(p *profile, on bool) { p.noEvict = on })
}

func cmdClientNoTouch(c *client, args [][]byte) {
	c.setSwitch(args[2], func(p *profile, on bool) { p.noTouch = on })
	c.rebind()
}

// setSwitch answers a subcommand that takes ON or OFF.
func (c *client) setSwitch(arg []byte, set func(p *profile, on bool)) {
	on := equalFold(arg, "on")
	if !on && !equalFold(arg, "off") {
		c.writeError(errSyntax)
		return
	}
	c.setProfile(func(p *profile) { set(p, on) })
	c.writeOK()
}

func cmdClientInfo(c *client, _ [][]byte) {
	c.writeVerbatim("txt", string(c.appendInfo(nil, time.Now().Unix())))
}

// cmdClientList is CLIENT LIST [TYPE type | ID id …].
func cmdClientList(c *client, args [][]byte) {
	var want clientFilter
	switch {
	case len(args) == 2:
	case len(args) == 4 && equalFold(args[2], "type"):
		if want.kind = clientTypeNamed(args[3]); want.kind == typeUnknown {
			c.writeError("ERR Unknown client type '" + string(args[3]) + "'")
			return
		}
	case len(args) > 3 && equalFold(args[2], "id"):
		for _, arg := range args[3:] {
			id, ok := parseInt(arg)
			if !ok {
				c.writeError("ERR Invalid client ID")
				return
			}
			want.ids = append(want.ids, id)
		}
	default:
		c.writeError(errSyntax)
		return
	}
	now := time.Now().Unix()
	var list []byte
	for _, other := range c.srv.snapshot() {
		if want.matches(other) {
			list = other.appendInfo(list, now)
		}
	}
	c.writeVerbatim("txt", string(list))
}

// clientType is a class of clients in the filters of CLIENT LIST and CLIENT KILL.
type clientType uint8

const (
	typeAny clientType = iota
	typeNormal
	typeMaster
	typeReplica
	typePubSub
	typeUnknown
)

func clientTypeNamed(name []byte) clientType {
	switch {
	case equalFold(name, "normal"):
		return typeNormal
	case equalFold(name, "master"):
		return typeMaster
	case equalFold(name, "replica"), equalFold(name, "slave"):
		return typeReplica
	case equalFold(name, "pubsub"):
		return typePubSub
	}
	return typeUnknown
}

// kind returns the client's class.
func (c *client) kind() clientType {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.profile.kind()
}

func (p *profile) kind() clientType {
	if p.subscribed() {
		return typePubSub
	}
	return typeNormal
}

func (p *profile) subscribed() bool { return p.subs != [3]int{} }

// listens reports whether the client is there for what it is sent.
func (c *client) listens() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.monitor || c.subscribed()
}

// clientFilter selects clients. What is zero in it does not restrict.
type clientFilter struct {
	ids        []int64
	kind       clientType
	user       *acl.User
	addr       string
	localAddr  string
	notThisOne *client
}

func (f *clientFilter) matches(c *client) bool {
	switch {
	case f.notThisOne == c,
		len(f.ids) > 0 && !slices.Contains(f.ids, c.id),
		f.kind != typeAny && f.kind != c.kind(),
		f.addr != "" && f.addr != c.addr,
		f.localAddr != "" && f.localAddr != c.localAddr:
		return false
	}
	return f.user == nil || c.isUser(f.user)
}

func (c *client) isUser(user *acl.User) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.user == user
}

// cmdClientKill is CLIENT KILL addr:port, or CLIENT KILL with pairs of a filter and its value.
func cmdClientKill(c *client, args [][]byte) {
	if len(args) == 3 {
		if c.srv.killMatching(&clientFilter{addr: string(args[2])}, c) == 0 {
			c.writeError("ERR No such client")
			return
		}
		c.writeOK()
		return
	}
	filter, problem := c.parseKillFilter(args[2:])
	if problem != "" {
		c.writeError(problem)
		return
	}
	c.writeInt(int64(c.srv.killMatching(filter, c)))
}

func (c *client) parseKillFilter(args [][]byte) (f *clientFilter, problem string) {
	f = &clientFilter{notThisOne: c}
	for ; len(args) > 0; args = args[2:] {
		if len(args) == 1 {
			return nil, errSyntax
		}
		switch option, value := args[0], args[1]; {
		case equalFold(option, "id"):
			id, ok := parseInt(value)
			if !ok || id < 1 {
				return nil, "ERR client-id should be greater than 0"
			}
			f.ids = []int64{id}
		case equalFold(option, "type"):
			if f.kind = clientTypeNamed(value); f.kind == typeUnknown {
				return nil, "ERR Unknown client type '" + string(value) + "'"
			}
		case equalFold(option, "addr"):
			f.addr = string(value)
		case equalFold(option, "laddr"):
			f.localAddr = string(value)
		case equalFold(option, "user"):
			if f.user = c.srv.users.Lookup(string(value)); f.user == nil {
				return nil, "ERR No such user '" + string(value) + "'"
			}
		case equalFold(option, "skipme") && equalFold(value, "yes"):
			f.notThisOne = c
		case equalFold(option, "skipme") && equalFold(value, "no"):
			f.notThisOne = nil
		default:
			return nil, errSyntax
		}
	}
	return f, ""
}

// cmdClientUnblock is CLIENT UNBLOCK client-id [TIMEOUT | ERROR].
func cmdClientUnblock(c *client, args [][]byte) {
	var reply func(*client)
	switch {
	case len(args) > 4:
		c.writeError(errForm(args[1], "CLIENT"))
		return
	case len(args) == 4 && equalFold(args[3], "error"):
		reply = func(c *client) { c.writeError("UNBLOCKED client unblocked via CLIENT UNBLOCK") }
	case len(args) == 4 && !equalFold(args[3], "timeout"):
		c.writeError("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")
		return
	}
	id, ok := parseInt(args[2])
	if !ok {
		c.writeError(errNotInteger)
		return
	}
	c.writeFlagOrErr(c.srv.unblock(id, reply), nil)
}

// unblock has a client that waits go on with a reply, nil for that to a timeout.
func (s *Server) unblock(id int64, reply func(*client)) bool {
	s.mu.Lock()
	c := s.clients[id]
	s.mu.Unlock()
	if c == nil {
		return false
	}
	b := c.blocked.Load()
	if b == nil || b.timedOut == nil { // one whose command was put off by a pause does not wait by itself
		return false
	}
	if reply == nil {
		reply = b.timedOut
	}
	return b.giveUp(reply)
}

// cmdClientPause is CLIENT PAUSE timeout [WRITE | ALL], with the timeout in milliseconds.
func cmdClientPause(c *client, args [][]byte) {
	kind := conditionPausedAll
	switch {
	case len(args) > 4:
		c.writeError(errForm(args[1], "CLIENT"))
		return
	case len(args) == 4 && equalFold(args[3], "write"):
		kind = conditionPausedWrites
	case len(args) == 4 && !equalFold(args[3], "all"):
		c.writeError("ERR CLIENT PAUSE mode must be WRITE or ALL")
		return
	}
	d, problem := parseMillis(args[2])
	if problem != "" {
		c.writeError(problem)
		return
	}
	c.srv.pause(d, kind)
	c.writeOK()
}

func cmdClientUnpause(c *client, _ [][]byte) {
	c.srv.unpause()
	c.writeOK()
}

// killMatching ends the connections of the clients that match. The one that asks gets its reply first.
func (s *Server) killMatching(f *clientFilter, asking *client) (killed int) {
	for _, c := range s.snapshot() {
		if !f.matches(c) {
			continue
		}
		killed++
		if c == asking {
			c.closing = true
			continue
		}
		c.kill("CLIENT KILL")
	}
	return killed
}

// appendInfo appends the client's line of CLIENT LIST. The figures that do not belong to the asking client may be as
// old as its last command; those of memory count what a client holds, not what its loop lends it.
func (c *client) appendInfo(dst []byte, now int64) []byte {
	c.mu.Lock()
	p, waiting := c.profile, len(c.mail.out)
	c.mu.Unlock()
	cmd := "NULL"
	if last := c.last.Load(); last != nil {
		cmd = last.name
	}
	unread, unsent := c.unreadLen.Load(), c.unsentLen.Load()
	num := func(field string, n int64) {
		dst = append(dst, field...)
		dst = strconv.AppendInt(dst, n, 10)
	}
	str := func(field, value string) {
		dst = append(dst, field...)
		dst = append(dst, value...)
	}
	num("id=", c.id)
	str(" addr=", c.addr)
	str(" laddr=", c.localAddr)
	num(" fd=", c.fd.Load())
	str(" name=", p.name)
	num(" age=", max(0, now-c.since))
	num(" idle=", max(0, now-c.lastActive.Load()))
	str(" flags=", p.flags(c.blocked.Load() != nil, c.unixSocket))
	num(" db=", int64(p.shownDB))
	num(" sub=", int64(p.subs[datatypes.Channel]))
	num(" psub=", int64(p.subs[datatypes.Pattern]))
	num(" ssub=", int64(p.subs[datatypes.ShardChannel]))
	num(" multi=", int64(p.queued))
	num(" qbuf=", unread)
	num(" qbuf-free=", max(0, c.footprint.input.Load()-unread))
	num(" argv-mem=", 0) // arguments lie in the query buffer
	num(" multi-mem=", c.footprint.queued.Load())
	num(" rbs=", c.footprint.output.Load())
	num(" rbp=", 0) // no peak is kept: a buffer without replies goes back to the loop
	num(" obl=", unsent)
	num(" oll=", int64(min(waiting, 1)))
	num(" omem=", unsent+int64(waiting))
	num(" tot-mem=", c.footprint.total.Load()+int64(waiting))
	str(" events=", eventsOf(unsent))
	str(" cmd=", cmd)
	str(" user=", p.user.Name())
	num(" redir=", p.redirect)
	num(" resp=", int64(p.shownRESP))
	str(" lib-name=", p.libName)
	str(" lib-ver=", p.libVersion)
	return append(dst, '\n')
}

// eventsOf names what the client's socket is watched for.
func eventsOf(unsent int64) string {
	if unsent > 0 {
		return "rw"
	}
	return "r"
}

// flags are the client's properties, a letter each.
func (p *profile) flags(blocked, unixSocket bool) string {
	flags := ""
	if p.monitor {
		flags += "O"
	}
	if p.subscribed() {
		flags += "P"
	}
	if p.queued != notInMulti {
		flags += "x"
	}
	if blocked {
		flags += "b"
	}
	flags += p.tracked
	if p.watch != nil && p.watch.Dirty() {
		flags += "d"
	}
	if unixSocket {
		flags += "U"
	}
	if p.noEvict {
		flags += "e"
	}
	if p.noTouch {
		flags += "T"
	}
	if flags == "" {
		return "N"
	}
	return flags
}

func sortClients(all []*client) {
	slices.SortFunc(all, func(a, b *client) int { return cmp.Compare(a.id, b.id) })
}

func cmdClientHelp(c *client, _ [][]byte) {
	writeHelp(c, "CLIENT",
		"CACHING (YES|NO)", "Have the keys of the next command tracked, or not tracked.",
		"GETNAME", "Show the name of this connection.",
		"GETREDIR", "Show the number of the connection that invalidations go to.",
		"ID", "Show the number of this connection.",
		"INFO", "Describe this connection.",
		"KILL <ip:port>", "Close the connection that comes from there.",
		"KILL <filter> <value> [<filter> <value> ...]",
		"Close the connections that match all of ID <id>, TYPE <type>, USER <name>, ADDR <ip:port>, LADDR <ip:port>; "+
			"this one only with SKIPME NO.",
		"LIST [TYPE (NORMAL|MASTER|REPLICA|PUBSUB) | ID <id> [<id> ...]]", "Describe the connections.",
		"NO-EVICT (ON|OFF)", "Spare this connection when memory for clients runs out.",
		"NO-TOUCH (ON|OFF)", "Do not let this connection's reads count as uses of a key.",
		"PAUSE <milliseconds> [WRITE|ALL]", "Put commands off for this time: those that write, or all.",
		"REPLY (ON|OFF|SKIP)", "Send replies, send none, or do not send the one to the next command.",
		"SETINFO (LIB-NAME <name>|LIB-VER <version>)", "Say which library the client uses.",
		"SETNAME <name>", "Name this connection.",
		"UNBLOCK <id> [TIMEOUT|ERROR]", "End the wait of a connection for data, as a timeout would or with an error.",
		"UNPAUSE", "End the pause.",
		"TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]] [OPTIN] [OPTOUT] [NOLOOP]",
		"Be told when keys change that were read by this connection or, with BCAST, that begin with a prefix.",
		"TRACKINGINFO", "Show how keys are tracked for this connection.",
	)
}
