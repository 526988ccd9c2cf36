package resp

// modes are the states of a connection in which a command is not simply executed. As long as there are none, they cost
// a command one comparison.
type modes uint16

const (
	modeQueueing   modes = 1 << iota // between MULTI and EXEC
	modeSubscribed                   // has subscriptions, in RESP2
	modeSilent                       // CLIENT REPLY OFF
	modeSkipNext                     // CLIENT REPLY SKIP is being executed
	modeSkip                         // the command after it is being executed
	modeTracking                     // CLIENT TRACKING ON
	modeTimed                        // the time that commands take is taken
	modeRefused                      // all commands are refused, see Server.Refuse
)

func (m *modes) set(mode modes, on bool) {
	*m &^= mode
	if on {
		*m |= mode
	}
}

// callInMode executes or queues one command.
func (c *client) callInMode(q *queued) {
	problem := c.objection(q)
	if problem == "" && c.paused(q) && c.putOff(q) {
		return
	}
	if c.modes&modeSkipNext != 0 {
		c.modes ^= modeSkipNext | modeSkip
	}
	silent, keep := c.silent(), false
	if problem != "" {
		c.refuse(q, problem)
	} else if c.modes&modeQueueing != 0 && !q.cmd.inMulti {
		c.queue(q)
	} else {
		c.runInMode(q)
		keep = q.cmd.subscribes()
	}
	if silent {
		c.hush(keep)
	}
	if c.modes&modeTracking != 0 {
		c.tracked(q)
	}
}

// runInMode executes a command to which there is no objection.
func (c *client) runInMode(q *queued) {
	if c.modes&modeTracking != 0 {
		c.track(q)
	}
	if c.modes&modeTimed != 0 {
		c.runTimed(q)
	} else {
		c.run(q)
	}
	if c.srv.conditions.Load()&conditionMonitored != 0 {
		c.show(q)
	}
}

// silent reports whether the client wants no reply to the command being executed.
func (c *client) silent() bool { return c.modes&(modeSilent|modeSkip) != 0 }

// hush takes back the reply to the command being executed, unless that has let replies be sent again, or consists of
// messages, which are to be kept.
func (c *client) hush(keep bool) {
	if c.silent() && !keep {
		c.out = c.out[:c.begun]
	}
	if !c.waiting {
		c.modes &^= modeSkip
	}
}
