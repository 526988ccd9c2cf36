package resp

func shutdownCommands() []*command {
	return []*command{
		{name: "shutdown", handler: cmdShutdown, arity: -1,
			flags: flagAdmin | flagNoScript | flagLoading | flagStale | flagNoMulti | flagAllowBusy},
	}
}

// cmdShutdown is SHUTDOWN [NOSAVE | SAVE] [NOW] [FORCE] [ABORT]. As there is nothing to save and no replica to wait for,
// NOSAVE, NOW and FORCE change nothing. There is no reply to a shutdown: the connection ends.
func cmdShutdown(c *client, args [][]byte) {
	var save, noSave, other, abort bool
	for _, arg := range args[1:] {
		switch {
		case equalFold(arg, "nosave"):
			noSave = true
		case equalFold(arg, "save"):
			save = true
		case equalFold(arg, "now"), equalFold(arg, "force"):
			other = true
		case equalFold(arg, "abort"):
			abort = true
		default:
			c.writeError(errSyntax)
			return
		}
	}
	switch {
	case save && noSave, abort && (save || noSave || other):
		c.writeError(errSyntax)
	case abort:
		c.writeError("ERR No shutdown in progress.")
	case save:
		c.writeError("ERR larder keeps nothing on disk; there is no SHUTDOWN SAVE")
	case c.srv.OnShutdown == nil:
		c.writeError("ERR SHUTDOWN is not allowed: the program that this server is part of has not provided for it")
	default:
		c.srv.log().Warn("resp: SHUTDOWN", "client", c.id, "addr", c.addr, "user", c.user.Name())
		c.deferReply(nil)
		go c.srv.OnShutdown()
	}
}
