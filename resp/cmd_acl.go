package resp

import (
	"crypto/rand"
	"encoding/hex"
	"slices"

	"github.com/larderkv/larder/internal/acl"
)

func aclCommands() []*command {
	const own = flagNoScript | flagLoading | flagStale
	const others = own | flagAdmin
	return []*command{
		{name: "acl", arity: -2, subcommands: []*command{
			{name: "acl|cat", handler: cmdACLCat, arity: -2, flags: own},
			{name: "acl|deluser", handler: cmdACLDelUser, arity: -3, flags: others},
			{name: "acl|dryrun", handler: cmdACLDryRun, arity: -4, flags: others},
			{name: "acl|genpass", handler: cmdACLGenPass, arity: -2, flags: own},
			{name: "acl|getuser", handler: cmdACLGetUser, arity: 3, flags: others},
			{name: "acl|help", handler: cmdACLHelp, arity: 2, flags: flagLoading | flagStale},
			{name: "acl|list", handler: cmdACLList, arity: 2, flags: others},
			{name: "acl|load", handler: cmdACLLoad, arity: 2, flags: others},
			{name: "acl|log", handler: cmdACLLog, arity: -2, flags: others},
			{name: "acl|save", handler: cmdACLSave, arity: 2, flags: others},
			{name: "acl|setuser", handler: cmdACLSetUser, arity: -3, flags: others, secret: secretOfSetUser},
			{name: "acl|users", handler: cmdACLUsers, arity: 2, flags: others},
			{name: "acl|whoami", handler: cmdACLWhoAmI, arity: 2, flags: own},
		}},
	}
}

func cmdACLWhoAmI(c *client, _ [][]byte) { c.writeBulkString(c.user.Name()) }

func cmdACLUsers(c *client, _ [][]byte) { c.writeBulkStrings(c.srv.users.Names()) }

func cmdACLList(c *client, _ [][]byte) { c.writeBulkStrings(c.srv.users.List()) }

func (c *client) writeBulkStrings(list []string) {
	c.writeArray(len(list))
	for _, s := range list {
		c.writeBulkString(s)
	}
}

// cmdACLSetUser is ACL SETUSER username [rule …].
func cmdACLSetUser(c *client, args [][]byte) {
	c.writeOutcome(c.srv.setUser(string(args[2]), textList(args[3:]), c))
}

// writeOutcome answers OK, or with the error of something that is not the store's.
func (c *client) writeOutcome(err error) {
	if err != nil {
		c.writeError("ERR " + err.Error())
		return
	}
	c.writeOK()
}

// textList returns copies of the arguments.
func textList(args [][]byte) []string {
	list := make([]string, len(args))
	for i, arg := range args {
		list[i] = string(arg)
	}
	return list
}

// cmdACLDelUser is ACL DELUSER username [username …].
func cmdACLDelUser(c *client, args [][]byte) {
	names := textList(args[2:])
	if slices.Contains(names, acl.DefaultName) {
		c.writeError("ERR The 'default' user cannot be removed")
		return
	}
	c.writeInt(int64(c.srv.deleteUsers(names, c)))
}

// cmdACLGetUser is ACL GETUSER username.
func cmdACLGetUser(c *client, args [][]byte) {
	user := c.srv.users.Lookup(string(args[2]))
	if user == nil {
		c.writeNull()
		return
	}
	p := c.srv.users.Profile(user)
	c.writeMap(6)
	c.writeBulkString("flags")
	c.writeSet(len(p.Flags))
	for _, flag := range p.Flags {
		c.writeBulkString(flag)
	}
	c.writeBulkString("passwords")
	c.writeBulkStrings(p.Passwords)
	writeRules(c, p.Selectors[0])
	c.writeBulkString("selectors")
	c.writeArray(len(p.Selectors) - 1)
	for _, selector := range p.Selectors[1:] {
		c.writeMap(3)
		writeRules(c, selector)
	}
}

func writeRules(c *client, r acl.Rules) {
	writeTexts(c, []string{"commands", r.Commands, "keys", r.Keys, "channels", r.Channels})
}

// cmdACLCat is ACL CAT [category].
func cmdACLCat(c *client, args [][]byte) {
	switch len(args) {
	case 2:
		c.writeBulkStrings(acl.CategoryNames)
	case 3:
		category := acl.CategoryNamed(string(args[2]))
		if category == 0 {
			c.writeError("ERR Unknown category '" + clip(args[2], 128) + "'")
			return
		}
		c.writeBulkStrings(appendCommandNames(nil, commandList, func(cmd *command) bool { return cmd.category&category != 0 }))
	default:
		writeACLArity(c, args)
	}
}

// writeACLArity answers a subcommand that has more arguments than it takes.
func writeACLArity(c *client, args [][]byte) {
	c.writeError(errForm(args[1], "ACL"))
}

// cmdACLGenPass is ACL GENPASS [bits].
func cmdACLGenPass(c *client, args [][]byte) {
	const most = 4096
	bits := int64(256)
	switch len(args) {
	case 2:
	case 3:
		var ok bool
		if bits, ok = parseInt(args[2]); !ok {
			c.writeError(errNotInteger)
			return
		}
		if bits <= 0 || bits > most {
			c.writeError("ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096")
			return
		}
	default:
		writeACLArity(c, args)
		return
	}
	digits := (bits + 3) / 4
	secret := make([]byte, (digits+1)/2)
	rand.Read(secret)
	c.writeBulkString(hex.EncodeToString(secret)[:digits])
}

// cmdACLDryRun is ACL DRYRUN username command [argument …].
func cmdACLDryRun(c *client, args [][]byte) {
	user := c.srv.users.Lookup(string(args[2]))
	if user == nil {
		c.writeError("ERR User '" + string(args[2]) + "' not found")
		return
	}
	call := args[3:]
	cmd := lookupCommand(call[0])
	if cmd != nil && cmd.subcommands != nil && len(call) > 1 {
		cmd = cmd.subcommand(call[1])
	}
	switch {
	case cmd == nil:
		c.writeError("ERR Command '" + clip(call[0], 128) + "' not found")
		return
	case !cmd.takes(len(call)):
		c.writeError(errArguments(cmd.name))
		return
	}
	var g guard
	denial := user.Check(g.describe(cmd, call))
	switch denial.Reason {
	case acl.Permitted:
		c.writeOK()
	case acl.DeniedCommand:
		c.writeBulkString("This user has no permissions to run the '" + cmd.name + "' command")
	default:
		c.writeBulkString("This user has no permissions to access the '" + string(call[denial.Index]) + "' " + denial.Reason.String())
	}
}

// cmdACLLog is ACL LOG [count | RESET].
func cmdACLLog(c *client, args [][]byte) {
	count := int64(10)
	switch {
	case len(args) == 2:
	case len(args) > 3:
		writeACLArity(c, args)
		return
	case equalFold(args[2], "reset"):
		c.srv.users.Log.Reset()
		c.writeOK()
		return
	default:
		var ok bool
		if count, ok = parseInt(args[2]); !ok {
			c.writeError(errNotInteger)
			return
		}
	}
	now := c.now()
	entries := c.srv.users.Log.Latest(int(min(max(count, 0), 1<<30)))
	c.writeArray(len(entries))
	for _, e := range entries {
		c.writeMap(7)
		c.writeBulkString("count")
		c.writeInt(e.Count)
		writeTexts(c, []string{"reason", e.Reason.String(), "context", e.Context, "object", e.Object, "username", e.Username})
		c.writeBulkString("age-seconds")
		c.writeDouble(age(now, e.Time))
		writeTexts(c, []string{"client-info", e.Client})
	}
}

func cmdACLLoad(c *client, _ [][]byte) { c.writeOutcome(c.srv.loadUsers(c)) }

func cmdACLSave(c *client, _ [][]byte) { c.writeOutcome(c.srv.saveUsers()) }

func cmdACLHelp(c *client, _ [][]byte) {
	writeHelp(c, "ACL",
		"CAT [<category>]", "List the commands of a category, by default the categories.",
		"DELUSER <username> [<username> ...]", "Remove users and close their connections.",
		"DRYRUN <username> <command> [<arg> ...]", "Tell whether a user may make a call, without making it.",
		"GETUSER <username>", "Show the rights of a user.",
		"GENPASS [<bits>]", "Generate a password, by default of 256 bits.",
		"LIST", "Show all users and their rights as an ACL file has them.",
		"LOAD", "Replace all users by those of the ACL file.",
		"LOG [<count> | RESET]", "Show what was denied lately, or forget it.",
		"SAVE", "Write all users to the ACL file.",
		"SETUSER <username> [<rule> ...]", "Create a user or change the rights of one.",
		"USERS", "List the names of all users.",
		"WHOAMI", "Show the user of this connection.",
	)
}
