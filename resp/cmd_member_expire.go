package resp

import "github.com/larderkv/larder/datatypes"

// The expiration of members of sets and sorted sets and of fields of hashes, with the commands that KeyDB has for it.

func memberExpiryCommands() []*command {
	expire := func(name string, arity int, handler handler) *command {
		return &command{name: name, handler: handler, arity: arity, flags: flagWrite | flagFast, category: catKeyspace,
			keys: oneKey(1, keyRW|keyUpdate)}
	}
	return []*command{
		expire("expiremember", -4, cmdExpireMember),
		expire("expirememberat", 4, cmdExpireMemberAt),
		expire("pexpiremember", 4, cmdPExpireMember),
		expire("pexpirememberat", 4, cmdPExpireMemberAt),
	}
}

// cmdExpireMember is EXPIREMEMBER key member delay [s | ms].
func cmdExpireMember(c *client, args [][]byte) {
	kind := expirySeconds
	switch {
	case len(args) == 4 || len(args) == 5 && equalFold(args[4], "s"):
	case len(args) == 5 && equalFold(args[4], "ms"):
		kind = expiryMillis
	default:
		c.writeError(errSyntax)
		return
	}
	expireMember(c, args, kind, "expiremember")
}

// cmdPExpireMember is PEXPIREMEMBER key member milliseconds.
func cmdPExpireMember(c *client, args [][]byte) { expireMember(c, args, expiryMillis, "pexpiremember") }

// cmdExpireMemberAt is EXPIREMEMBERAT key member unix-time.
func cmdExpireMemberAt(c *client, args [][]byte) { expireMember(c, args, expiryUnix, "expirememberat") }

// cmdPExpireMemberAt is PEXPIREMEMBERAT key member unix-time-ms.
func cmdPExpireMemberAt(c *client, args [][]byte) {
	expireMember(c, args, expiryUnixMillis, "pexpirememberat")
}

func expireMember(c *client, args [][]byte, kind expiryKind, command string) {
	at, problem := unixTime(c, kind, args[3], command)
	if problem != "" {
		c.writeError(problem)
		return
	}
	c.writeFlagOrErr(c.keys().ExpireMemberAt(text(args[1]), text(args[2]), at))
}

// writeMemberTTL answers TTL key member.
func writeMemberTTL(c *client, args [][]byte, unit int64) {
	ttl, ok, err := c.keys().MemberTTL(text(args[1]), text(args[2]))
	if err != nil || !ok || ttl == datatypes.NoTTL {
		writeNoExpiry(c, ok, err)
		return
	}
	c.writeInt(roundTo(ttl.Milliseconds(), unit))
}
