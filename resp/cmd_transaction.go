package resp

import "github.com/larderkv/larder"

// Transactions.
//
// Between MULTI and EXEC commands are only looked up and copied. EXEC then locks what they need, all at once, and runs
// them: the parts of the cache in which the keys that they name lie, or all of it if one of them deals with keys that it
// does not name. Meanwhile the stores that handlers reach are those of the transaction.

func transactionCommands() []*command {
	const own = flagNoScript | flagLoading | flagStale | flagFast | flagAllowBusy
	const cat = catTransaction
	return []*command{
		{name: "multi", handler: cmdMulti, arity: 1, flags: own, category: cat, inMulti: true},
		{name: "exec", handler: cmdExec, arity: 1, flags: flagNoScript | flagLoading | flagStale | flagSkipSlowlog,
			category: cat, inMulti: true},
		{name: "discard", handler: cmdDiscard, arity: 1, flags: own, category: cat, inMulti: true},
		{name: "watch", handler: cmdWatch, arity: -2, flags: own, category: cat, inMulti: true,
			keys: manyKeys(1, 1, keyRO)},
		{name: "unwatch", handler: cmdUnwatch, arity: 1, flags: own, category: cat},
	}
}

// transaction holds the commands that were queued since MULTI.
type transaction struct {
	queue  []queued // their arguments are the transaction's own
	size   int      // bytes of arguments
	failed bool     // a command could not be queued
}

// queuedCost is what a queued argument counts for beside its bytes.
const queuedCost = 48

// argsSize returns what a copy of a command's arguments counts for.
func argsSize(args [][]byte) int {
	n := queuedCost * (len(args) + 1)
	for _, arg := range args {
		n += len(arg)
	}
	return n
}

// queue appends a copy of a command to the transaction. A client that has more queued than may be unread is
// disconnected.
func (c *client) queue(q *queued) {
	tx := c.tx
	tx.size += argsSize(q.args)
	if int64(tx.size) > c.srv.settings.maxQuery.Load() {
		c.srv.log().Warn("resp: connection closed", "error", errQueryBuffer, "id", c.id, "addr", c.addr)
		c.closing = true
		return
	}
	tx.queue = append(tx.queue, queued{cmd: q.cmd, args: cloneArgs(q.args)})
	c.showTransaction()
	c.writeSimple("QUEUED")
}

// showTransaction tells CLIENT LIST how many commands are queued.
func (c *client) showTransaction() {
	queued := notInMulti
	if c.tx != nil {
		queued = len(c.tx.queue)
	}
	c.setProfile(func(p *profile) { p.queued = queued })
}

// notInMulti is the number of queued commands of a client that has not sent MULTI.
const notInMulti = -1

func cmdMulti(c *client, _ [][]byte) {
	if c.tx != nil {
		c.writeError("ERR MULTI calls can not be nested")
		return
	}
	c.tx = new(transaction)
	c.modes |= modeQueueing
	c.showTransaction()
	c.writeOK()
}

func cmdDiscard(c *client, _ [][]byte) {
	if c.tx == nil {
		c.writeError("ERR DISCARD without MULTI")
		return
	}
	c.endTransaction()
	c.writeOK()
}

// cmdWatch is WATCH key [key …].
func cmdWatch(c *client, args [][]byte) {
	if c.tx != nil {
		c.writeError("ERR WATCH inside MULTI is not allowed")
		return
	}
	if c.watch == nil {
		watch, err := c.cache().Watch()
		if err != nil {
			c.writeErr(err)
			return
		}
		c.setProfile(func(p *profile) { p.watch = watch })
	}
	lists := lendLists()
	defer lists.release()
	c.writeOKOrErr(c.watch.Add(c.stores, lists.withKeys(args[1:])...))
}

// cmdUnwatch is UNWATCH. Inside of a transaction, which ends all watches anyway, it has nothing to do.
func cmdUnwatch(c *client, _ [][]byte) {
	if c.exec == nil {
		c.unwatch()
	}
	c.writeOK()
}

func (c *client) unwatch() {
	if watch := c.watch; watch != nil {
		c.setProfile(func(p *profile) { p.watch = nil })
		watch.Close()
	}
}

// endTransaction forgets what was queued and watched. It must not be called while EXEC holds locks.
func (c *client) endTransaction() {
	if c.tx != nil {
		c.tx = nil
		c.modes &^= modeQueueing
		c.showTransaction()
	}
	c.unwatch()
}

func cmdExec(c *client, _ [][]byte) {
	if c.tx == nil {
		c.writeError("ERR EXEC without MULTI")
		return
	}
	tx := c.tx
	c.tx = nil
	c.modes &^= modeQueueing
	defer func() {
		c.showTransaction()
		c.unwatch()
	}()
	if tx.failed {
		c.writeError("EXECABORT Transaction discarded because of previous errors.")
		return
	}
	run := func(inside *larder.Tx) error { return c.runTransaction(tx, inside) }
	var err error
	if keys, all := tx.keys(); all {
		err = c.stores.UpdateAll(run)
	} else {
		if c.watch != nil {
			keys = append(keys, c.watch.Keys()...)
		}
		err = c.stores.Update(keys, run)
	}
	if err != nil {
		c.writeErr(err)
	}
}

// keys returns the keys that the queued commands name. all means that these are not all that they deal with.
func (tx *transaction) keys() (keys []string, all bool) {
	var refs []keyRef
	for i := range tx.queue {
		q := &tx.queue[i]
		var ok bool
		refs, ok = q.cmd.appendKeys(refs[:0], q.args)
		if q.cmd.dealsWithMore(q.args, ok && len(refs) > 0) {
			return nil, true
		}
		for _, ref := range refs {
			keys = append(keys, text(q.args[ref.index]))
		}
	}
	return keys, false
}

// dealsWithMore reports whether a call uses keys beyond those that it names, or may name but did not.
func (cmd *command) dealsWithMore(args [][]byte, named bool) bool {
	if cmd.namesNotAll != nil && cmd.namesNotAll(args) {
		return true
	}
	if cmd.wholeCache || cmd.flags&(flagReadonly|flagWrite) != 0 && !named {
		return true
	}
	for i := range cmd.keys {
		if cmd.keys[i].flags&keyIncomplete != 0 {
			return true
		}
	}
	return false
}

// runTransaction runs the queued commands with their locks held. The reply is complete unless it returns an error.
func (c *client) runTransaction(tx *transaction, inside *larder.Tx) error {
	if c.watch != nil {
		changed, err := c.watch.ChangedIn(inside)
		if err != nil {
			return err
		}
		if changed {
			c.writeNullArray()
			return nil
		}
	}
	c.exec = inside
	c.selectDB(c.db)
	defer func() {
		c.exec = nil
		c.selectDB(c.db)
	}()
	defer c.timeTransaction()()
	c.writeArray(len(tx.queue))
	for i := range tx.queue {
		c.runQueued(&tx.queue[i])
	}
	c.owner.counters().commands.Add(int64(len(tx.queue)))
	return nil
}

// runQueued runs one command of a transaction, unless the client may not use it any more.
func (c *client) runQueued(q *queued) {
	silent, from := c.silent(), len(c.out)
	if problem := c.lateDenial(q); problem != "" {
		c.appendError(problem)
	} else {
		c.runInMode(q)
	}
	if silent && c.silent() {
		c.out = c.out[:from]
	}
}
