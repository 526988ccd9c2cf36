package resp

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/acl"
)

// Access control: what connects connections and calls with the users and rules of package acl.

// aclCatalog is what access rules may name: the command table and what Redis has beyond it.
var aclCatalog *acl.Catalog

// newerCommands are those of the table that Redis 7.0 does not have.
var newerCommands = []string{
	"hotkeys", "hotkeys|get", "hotkeys|help", "hotkeys|reset", "memory|bigkeys",
	"client|no-touch", "client|setinfo",
	"expiremember", "expirememberat", "pexpiremember", "pexpirememberat",
	"hexpire", "hexpireat", "hexpiretime", "hgetdel", "hgetex", "hpersist", "hpexpire", "hpexpireat", "hpexpiretime",
	"hpttl", "hsetex", "httl",
}

// newCatalog returns the catalog, and gives the commands of the table their entries in it.
func newCatalog() *acl.Catalog {
	var entries []*acl.Command
	named := make(map[string]*acl.Command)
	add := func(name string, category aclCategory) *acl.Command {
		entry := &acl.Command{Name: name, Categories: category}
		if container, _, isSub := strings.Cut(name, "|"); isSub {
			named[container].Subcommands = append(named[container].Subcommands, entry)
		} else {
			entries = append(entries, entry)
		}
		named[name] = entry
		return entry
	}
	var addCommand func(cmd *command)
	addCommand = func(cmd *command) {
		cmd.entry = add(cmd.name, cmd.category)
		cmd.entry.Open = cmd.flags&flagNoAuth != 0
		cmd.channels = channelSpecs[cmd.name]
		for _, sub := range cmd.subcommands {
			addCommand(sub)
		}
	}
	for _, cmd := range commandList {
		addCommand(cmd)
	}
	eachUnserved(func(name string, category aclCategory) { add(name, category) })
	for _, name := range newerCommands {
		named[name].Newer = true
	}
	return acl.NewCatalog(entries)
}

// channelSpec says which arguments of a command name channels that the user must be allowed: from first to last, or to
// the last one if last is negative.
type channelSpec struct {
	first, last int
	patterns    bool
}

// channelSpecs are those of the commands that have one. Ending a subscription is always allowed.
var channelSpecs = map[string]*channelSpec{
	"publish":    {first: 1, last: 1},
	"spublish":   {first: 1, last: 1},
	"subscribe":  {first: 1, last: -1},
	"ssubscribe": {first: 1, last: -1},
	"psubscribe": {first: 1, last: -1, patterns: true},
}

// guard is the storage for checking a client's calls.
type guard struct {
	call acl.Call
	refs []keyRef
}

// describe returns the call as the check sees it, valid until the next one.
func (g *guard) describe(cmd *command, args [][]byte) *acl.Call {
	call := &g.call
	call.Command, call.Args = cmd.entry, args
	call.Keys, call.Channels = call.Keys[:0], call.Channels[:0]
	g.refs, _ = cmd.appendKeys(g.refs[:0], args)
	for _, ref := range g.refs {
		call.Keys = append(call.Keys, acl.Key{Index: ref.index, Access: ref.flags.access()})
	}
	if spec := cmd.channels; spec != nil {
		call.Patterns = spec.patterns
		last := spec.last
		if last < 0 {
			last += len(args)
		}
		for at := spec.first; at <= last; at++ {
			call.Channels = append(call.Channels, at)
		}
	}
	return call
}

// access returns what the flags say is done to the user's data.
func (f keyFlags) access() acl.Access {
	var access acl.Access
	if f&keyAccess != 0 {
		access |= acl.Read
	}
	if f&(keyUpdate|keyInsert|keyDelete) != 0 {
		access |= acl.Write
	}
	return access
}

// mustAuthenticate reports whether the client can do nothing before it has authenticated.
func (c *client) mustAuthenticate() bool {
	return !c.authenticated && !c.srv.users.Default().AdmitsAll()
}

// denial returns the text of the error reply to a command that the client is not permitted to execute, and enters that in
// the log. It returns "" if it is permitted.
func (c *client) denial(q *queued) string {
	if q.cmd.flags&flagNoAuth != 0 {
		return ""
	}
	if c.mustAuthenticate() {
		return "NOAUTH Authentication required."
	}
	denial := c.check(q.cmd, q.args)
	if denial.Reason == acl.Permitted {
		return ""
	}
	c.begins(q.cmd)
	c.logDenial(denial, q)
	return denialText(denial, q.cmd)
}

// lateDenial is denial for a command of a transaction, whose client was permitted to execute it when it was queued.
func (c *client) lateDenial(q *queued) string {
	denial := c.check(q.cmd, q.args)
	why := ""
	switch denial.Reason {
	case acl.Permitted:
		return ""
	case acl.DeniedCommand:
		why = "no permission to execute the command or subcommand"
	case acl.DeniedKey:
		why = "no permission to touch the specified keys"
	case acl.DeniedChannel:
		why = "no permission to access one of the channels used as arguments to the command"
	}
	c.logDenial(denial, q)
	return "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. " +
		"This command is no longer allowed for the following reason: " + why
}

// check returns whether the client's user may make a call.
func (c *client) check(cmd *command, args [][]byte) acl.Denial {
	if c.user.Unrestricted() {
		return acl.Denial{}
	}
	if c.guard == nil {
		c.guard = new(guard)
	}
	denial := c.user.Check(c.guard.describe(cmd, args))
	c.guard.call.Args = nil
	return denial
}

// readsAll returns whether the client's user may make a call, by rights that include reading every key there is.
func (c *client) readsAll(args [][]byte) bool {
	if c.rights.Unrestricted() {
		return true
	}
	if c.guard == nil {
		c.guard = new(guard)
	}
	reads := c.rights.ReadsAll(c.guard.describe(lookupCommand(args[0]), args))
	c.guard.call.Args = nil
	return reads
}

func denialText(denial acl.Denial, cmd *command) string {
	switch denial.Reason {
	case acl.DeniedKey:
		return "NOPERM this user has no permissions to access one of the keys used as arguments"
	case acl.DeniedChannel:
		return "NOPERM this user has no permissions to access one of the channels used as arguments"
	}
	return "NOPERM this user has no permissions to run the '" + cmd.name + "' command"
}

// logDenial enters a denied call in ACL LOG.
func (c *client) logDenial(denial acl.Denial, q *queued) {
	object := q.cmd.name
	if denial.Reason != acl.DeniedCommand {
		object = string(q.args[denial.Index])
	}
	c.logEntry(denial.Reason, object, c.user.Name())
}

func (c *client) logEntry(reason acl.Reason, object, username string) {
	now := c.now()
	context := "toplevel"
	if c.tx != nil || c.exec != nil {
		context = "multi"
	}
	c.srv.users.Log.Add(acl.Entry{
		Reason: reason, Context: context, Object: object, Username: username, Time: now,
		Client: strings.TrimSuffix(string(c.appendInfo(nil, now.Unix())), "\n"),
	})
}

// authenticate makes the client that user if the password is right, or else answers that it is not. command is the name
// by which the client asked.
func (c *client) authenticate(command, name string, password []byte) bool {
	user := c.srv.users.Authenticate(name, password)
	if user == nil {
		c.logEntry(acl.DeniedAuth, command, name)
		c.writeError(errWrongPassword)
		return false
	}
	c.become(user, true)
	// The user may have been deleted since: whoever does that disconnects only those clients that it sees to be his.
	if c.srv.users.Lookup(name) != user {
		c.closing = true
	}
	return true
}

// resetUser makes the client what it is when it connects.
func (c *client) resetUser() {
	user := c.srv.users.Default()
	c.become(user, user.AdmitsAll())
}

func (c *client) become(user *acl.User, authenticated bool) {
	c.setProfile(func(p *profile) { p.user = user })
	c.authenticated = authenticated
	c.rights = acl.Nobody
	if authenticated {
		c.rights = user
	}
}

// initUsers makes the users that the fields ask for.
func (s *Server) initUsers() {
	s.users = acl.NewUsers(aclCatalog)
	s.users.SetDefaultPassword(s.Password)
}

// ready loads the users that are kept in a file, the first time that it is called: when somebody is about to be served,
// and the parameters have been set. Without them nobody must be, nor can be without a cache.
func (s *Server) ready() error {
	if s.Cache == nil {
		return ErrNoCache
	}
	s.loadOnce.Do(func() {
		if s.ACLFile != "" {
			s.loadErr = s.loadUsers(nil)
		}
	})
	return s.loadErr
}

// errNoACLFile is the answer to ACL LOAD and SAVE where there is no file.
const errNoACLFile = wording("This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.")

// loadUsers replaces all users by those of the file and disconnects the clients of those that there were, but for the
// default user. When it returns an error, nothing has changed.
func (s *Server) loadUsers(asking *client) error {
	if s.ACLFile == "" {
		return errNoACLFile
	}
	text, err := os.ReadFile(s.ACLFile)
	if err != nil {
		return wording("Error loading ACLs, opening file '" + s.ACLFile + "': " + systemText(err))
	}
	former, err := s.users.Load(s.ACLFile, string(text))
	if err != nil {
		return err
	}
	s.disconnectUsers(former, asking)
	s.disconnectListeners(s.users.Default(), asking)
	return nil
}

// systemText returns the system's words for why an operation failed, as C has them.
func systemText(err error) string {
	text := err.Error()
	var errno syscall.Errno
	if errors.As(err, &errno) {
		text = errno.Error()
	}
	first := []rune(text)
	first[0] = unicode.ToUpper(first[0])
	return string(first)
}

func (s *Server) saveUsers() error {
	if s.ACLFile == "" {
		return errNoACLFile
	}
	if err := s.users.Save(s.ACLFile); err != nil {
		s.log().Error("resp: users not saved", "file", s.ACLFile, "error", err)
		return wording("There was an error trying to save the ACLs. Please check the server logs for more information")
	}
	return nil
}

// disconnectUsers ends the connections of users that are no more.
func (s *Server) disconnectUsers(former []*acl.User, asking *client) {
	for _, user := range former {
		s.killMatching(&clientFilter{user: user}, asking)
	}
}

// SetUser changes the rights of a user by rules such as "on", ">password", "~key:*" or "+@read", all of them or, when it
// returns an error, none. A user who does not exist is created, without rights. Connections of the user have the new
// rights from the next command on; those with subscriptions that are not covered any more are closed. It is ACL SETUSER.
// O(rules × commands).
func (s *Server) SetUser(name string, rules ...string) error {
	s.init()
	return s.setUser(name, rules, nil)
}

func (s *Server) setUser(name string, rules []string, asking *client) error {
	if err := s.users.Set(name, rules); err != nil {
		return err
	}
	s.disconnectListeners(s.users.Lookup(name), asking)
	return nil
}

// disconnectListeners ends the connections of a user that have subscriptions which the user's rights do not cover.
func (s *Server) disconnectListeners(user *acl.User, asking *client) {
	if user == nil || user.Unrestricted() {
		return
	}
	for _, c := range s.snapshot() {
		if !c.isUser(user) || s.listensRightly(c, user) {
			continue
		}
		if c == asking {
			c.closing = true
			continue
		}
		c.kill("subscriptions denied")
	}
}

// listensRightly reports whether the user's rights cover all subscriptions of a client.
func (s *Server) listensRightly(c *client, user *acl.User) bool {
	for _, kind := range []datatypes.TopicKind{datatypes.Channel, datatypes.Pattern, datatypes.ShardChannel} {
		for _, topic := range s.Cache.PubSub().Subscribed(c, kind) {
			if !user.MayListen([]byte(topic), kind == datatypes.Pattern) {
				return false
			}
		}
	}
	return true
}

// DeleteUsers removes users, disconnects their clients and returns how many there were. The default user cannot be
// removed and is left out. It is ACL DELUSER. O(users × connections).
func (s *Server) DeleteUsers(names ...string) int {
	s.init()
	return s.deleteUsers(names, nil)
}

func (s *Server) deleteUsers(names []string, asking *client) int {
	deleted := s.users.Delete(names...)
	s.disconnectUsers(deleted, asking)
	return len(deleted)
}

// LoadUsers replaces all users by those of the ACLFile and disconnects the clients of those that there were, but for the
// default user, who always exists. When it returns an error, which lists everything that is wrong with the file, nothing
// has changed. It is ACL LOAD. O(length of the file × commands + connections).
func (s *Server) LoadUsers() error {
	s.init()
	return s.loadUsers(nil)
}

// SaveUsers writes all users to the ACLFile, which is replaced as a whole. It is ACL SAVE. O(users × commands).
func (s *Server) SaveUsers() error {
	s.init()
	return s.saveUsers()
}

// Users returns all users and their rights, each as a line of an ACL file, by name. It is ACL LIST. O(users × commands).
func (s *Server) Users() []string {
	s.init()
	return s.users.List()
}

// age returns the seconds since a denial, to the millisecond.
func age(now, then time.Time) float64 { return float64(now.Sub(then).Milliseconds()) / 1000 }
