package keyspace

import (
	"runtime"
	"slices"
)

// LongOp is an operation on collections that would keep everybody else from their shards for
// long if it were done at once. InSteps does it.
type LongOp interface {
	// Step does a part of the work, of some tens of microseconds, with the shards locked. With anew it begins
	// from the start, and first gives up what earlier steps have built. What it borrowed from an arena
	// in the step before may have moved. When it fails it leaves nothing behind.
	Step(v View, anew bool) (Progress, error)

	// Pause is called after each step but the last, mostly with nothing locked. It must not use the keyspace.
	Pause()
}

// Progress says what is left of a long operation.
type Progress uint8

const (
	Done Progress = iota
	More          // another step
	Keep          // another step before the locks are released, for which room was made
)

// maxRestarts is how often a long operation begins anew because a source changed.
const maxRestarts = 3

// InSteps does an operation that reads the keys sources and may write the keys dst, in steps between which others have
// the shards.
//
// What the sources hold in one step they hold in all of them: a Watch tells when that is not so, and then the
// operation begins anew. What it builds meanwhile is found by nobody before the last step makes it the value
// of a key, with the shards of all keys locked. So its effect is that of an operation done at once at the time of the
// last step. A step takes all the locks: one source after the other would shorten the time for which each is held, but a
// step is short already, and members need not be copied from one arena to the other by way of a third place.
//
// Who writes to a source all the time could keep the operation from ever ending. After some restarts it claims the keys
// (claim.go). Within a transaction, whose effects are to be seen together, it keeps the locks.
func (v View) InSteps(op LongOp, sources []string, dst ...string) error {
	v = v.Patient()
	l := longRun{
		view: v, op: op, watch: v.ks.NewWatch(),
		sources: slices.Clone(sources), keys: slices.Concat(sources, dst),
	}
	for steps := 0; ; {
		more, err := l.turn()
		if !more || err != nil {
			return err
		}
		op.Pause()
		steps++
		v.ks.yield(steps, l.contended)
	}
}

// yieldAfter is after how many steps others get the processor though none of them is known to wait for a lock.
// Where a processor is idle, to yield wakes it up in vain, which takes some microseconds.
const yieldAfter = 8

// yield lets others come after a step of a long operation, with nothing locked.
func (ks *Keyspace) yield(steps int, contended bool) {
	if ks.onTurn != nil {
		ks.onTurn()
	}
	if contended || steps%yieldAfter == 0 {
		runtime.Gosched()
	}
}

// Yield lets others come after a step of a long operation that holds nothing between its steps. Within a transaction it
// does nothing.
func (v View) Yield(steps int) {
	if !v.InTx() {
		v.ks.yield(steps, false)
	}
}

// longRun is a long operation under way.
type longRun struct {
	view     View
	op       LongOp
	watch    *Watch // on sources
	sources  []string
	keys     []string
	begun    bool
	restarts int
	claim    *claim // on the keys, nil unless there were too many restarts

	contended bool // somebody waited for a lock during the last step, and comes first
}

// turn locks the shards for a step, or for all that are left if it must.
func (l *longRun) turn() (more bool, err error) {
	tx, err := l.begin()
	if err != nil {
		return false, err
	}
	defer func() { l.end(tx, more) }()
	v := tx.View(l.view)
	for {
		progress, err := l.step(v)
		switch {
		case progress == Done || err != nil:
			l.watch.leave()
			return false, err
		case progress == More && l.view.tx() == nil:
			l.contended = tx.contended()
			return true, nil
		}
		l.op.Pause()
	}
}

// begin locks the shards. It fails only when the keyspace is closed, or a transaction does not hold them.
func (l *longRun) begin() (*Tx, error) {
	tx := txPool.Get().(*Tx)
	*tx = Tx{ks: l.view.ks}
	tx.holdAll(l.keys)
	err := tx.lock(l.view, l.keys, l.claim)
	if err == nil {
		return tx, nil
	}
	txPool.Put(tx)
	if l.claim != nil {
		close(l.claim.done)
	}
	return nil, err
}

// end releases the shards after a turn. After too many restarts the keys are claimed before, until there are no more
// turns.
func (l *longRun) end(tx *Tx, more bool) {
	if more && l.claim == nil && l.restarts > maxRestarts {
		l.claim = &claim{done: make(chan struct{})}
		l.eachKey((*shard).addClaim)
	}
	switch {
	case l.claim == nil:
		tx.End()
	case more:
		tx.letOthers()
	default:
		l.eachKey(func(sh *shard, db int, key string, _ *claim) { sh.dropClaim(db, key) })
		close(l.claim.done)
		tx.End()
	}
}

func (l *longRun) eachKey(fn func(sh *shard, db int, key string, c *claim)) {
	ks := l.view.ks
	for _, key := range l.keys {
		fn(ks.shardOf(key, ks.hash(key)), l.view.db, key, l.claim)
	}
}

// step does a step, the first if a source has changed. A step itself may change one, where it evicts to make room.
func (l *longRun) step(v View) (Progress, error) {
	if !l.begun {
		l.begun = true
		if err := l.watch.Add(v, l.sources...); err != nil {
			return Done, err
		}
		return l.op.Step(v, true)
	}
	changed, err := l.watch.Changed(v)
	if err != nil {
		return Done, err
	}
	if changed {
		l.restarts++
		l.watch.dirty.Store(false)
	}
	return l.op.Step(v, changed)
}
