package resp

func monitorCommands() []*command {
	return []*command{
		{name: "monitor", handler: cmdMonitor, arity: 1, flags: flagAdmin | flagNoScript | flagLoading | flagStale},
	}
}

// cmdMonitor is MONITOR. Who is a monitor already is not answered, as by Redis.
func cmdMonitor(c *client, _ [][]byte) {
	if c.exec != nil {
		c.writeError("ERR MONITOR isn't allowed for DENY BLOCKING client")
		return
	}
	if c.monitor {
		return
	}
	c.startMonitor()
	c.writeOK()
}
