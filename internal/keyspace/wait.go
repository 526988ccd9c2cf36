package keyspace

import (
	"container/list"
	"slices"
	"strings"
	"sync"
)

// Waiting.
//
// An operation that finds none of its keys to its liking may wait in the queues of all of them: each shard
// has a queue for every key that is waited for. Whoever makes such a key hold a
// value, under whatever command, marks the queue as ready, and before the locks of
// that operation are released the waiters are served in the order in which they came: nobody
// else can take what they wait for. Serving may make further keys ready, which are
// served in turn.
//
// A waiter can stand in queues of several shards, which different goroutines serve. Its own mutex, under
// which no other lock is waited for, sees to it that it is served once. The shards of keys
// that an operation needs besides (the destination of a move) can only be tried
// while others are held. If one is taken the queue is served again, with all locks taken in
// their order, as soon as the present ones are released; only then may someone come in between, and the
// waiter then keeps its place.

// Operation is what a Waiter waits to do.
type Operation interface {
	// Try does the operation with one of its keys, if that has what it takes, and
	// reports whether it was done or failed for good. v is inside of a transaction that holds the shards of
	// the key and of the further keys. waited is false in the first attempt, in which
	// the key's having another type is an error; later it is a reason to wait on.
	Try(v View, key string, waited bool) (done bool)

	// Done is called once, with no lock held, when Try succeeded after a wait, or
	// with ErrClosed. It may be called before Wait returns and must not block.
	Done(err error)
}

// Waiter is an operation that waits.
type Waiter struct {
	op    Operation
	view  View
	also  []string
	seats []place // fixed once it waits

	mu    sync.Mutex
	ended bool
}

// place is where a waiter stands.
type place struct {
	shard *shard
	queue *waitQueue
	at    *list.Element
}

// waitQueue holds the waiters of a key, first come first. It is under its
// shard's lock, and so are the places in it.
type waitQueue struct {
	watchKey
	waiters list.List
	turn    uint64 // when it became ready, zero if it is not
}

// Wait tries an operation on keys in their order and has it wait for them if
// none will do. It returns nil if it need not wait, or cannot because v is inside of a
// transaction. also are further keys that the operation uses. O(keys).
func (v View) Wait(op Operation, keys, also []string) (*Waiter, error) {
	tx, err := v.Patient().Begin(append(slices.Clip(keys), also...)...)
	if err != nil {
		return nil, err
	}
	defer tx.End()
	inside := tx.View(v)
	for _, key := range keys {
		if op.Try(inside, key, false) {
			return nil, nil
		}
	}
	if v.tx() != nil {
		return nil, nil
	}
	w := &Waiter{op: op, view: v, seats: make([]place, 0, len(keys))}
	for _, key := range also {
		w.also = append(w.also, strings.Clone(key))
	}
	for _, key := range keys {
		w.lineUp(key)
	}
	return w, nil
}

// lineUp puts the waiter at the end of a key's queue, unless it stands there
// already.
func (w *Waiter) lineUp(key string) {
	sh := w.view.ks.shardOf(key, w.view.ks.hash(key))
	q := sh.queues[watchKey{w.view.db, key}]
	if q == nil {
		q = &waitQueue{watchKey: watchKey{w.view.db, strings.Clone(key)}}
		if sh.queues == nil {
			sh.queues = make(map[watchKey]*waitQueue)
		}
		sh.queues[q.watchKey] = q
	}
	if last := q.waiters.Back(); last == nil || last.Value != w {
		w.seats = append(w.seats, place{sh, q, q.waiters.PushBack(w)})
	}
}

// Cancel ends the wait and reports whether it did so before the operation was
// done. It must not be called inside of a transaction.
func (w *Waiter) Cancel() bool {
	w.mu.Lock()
	ended := w.ended
	w.ended = true
	w.mu.Unlock()
	w.leave()
	return !ended
}

// leave takes the waiter out of all queues.
func (w *Waiter) leave() {
	for _, p := range w.seats {
		p.shard.mu.Lock()
		p.shard.dequeue(p.queue, p.at)
		p.shard.mu.Unlock()
	}
}

// dequeue removes a waiter, if it is still there, and the queue with the last
// one.
func (sh *shard) dequeue(q *waitQueue, at *list.Element) {
	q.waiters.Remove(at)
	if q.waiters.Len() == 0 && sh.queues[q.watchKey] == q {
		delete(sh.queues, q.watchKey)
	}
}

// attempt has the waiter try its operation, and reports whether it was done now
// and whether the waiter is to leave.
func (w *Waiter) attempt(tx *Tx, key string) (done, leaves bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return false, true
	}
	w.ended = w.op.Try(tx.View(w.view), key, true)
	return w.ended, w.ended
}

// markReady marks the queue of a key, if there is one, to be served before the
// shard's lock is released.
func (sh *shard) markReady(db int, key string) {
	if q := sh.queues[watchKey{db, key}]; q != nil && q.turn == 0 {
		q.turn = sh.ks.turns.Add(1)
		sh.ready = append(sh.ready, q)
	}
}

// markReadyDB marks the queues of all keys that exist in a database.
func (sh *shard) markReadyDB(db int) {
	for k := range sh.queues {
		if k.db == db && sh.has(db, k.key) {
			sh.markReady(db, k.key)
		}
	}
}

// serveAndUnlock serves the waiters of a shard's ready keys and releases its
// lock.
func (sh *shard) serveAndUnlock() {
	tx := txPool.Get().(*Tx)
	*tx = Tx{ks: sh.ks}
	tx.hold(sh)
	tx.End()
}

// aftermath is what is left to do about waiters when the locks are released.
type aftermath struct {
	served    []*Waiter
	postponed []postponed
}

// postponed is a queue that could not be served for want of the locks of keys.
type postponed struct {
	view View
	key  string
	also []string
}

// serve gives what keys in the transaction's shards have got to those who wait
// for it, in the order in which the keys got it.
func (tx *Tx) serve() (after aftermath) {
	for {
		var first *shard
		tx.each(func(sh *shard) {
			if len(sh.ready) > 0 && (first == nil || sh.ready[0].turn < first.ready[0].turn) {
				first = sh
			}
		})
		if first == nil {
			return after
		}
		q := first.ready[0]
		first.ready = slices.Delete(first.ready, 0, 1)
		q.turn = 0
		tx.serveQueue(first, q, &after)
	}
}

// serveQueue serves the waiters of a key while it exists.
func (tx *Tx) serveQueue(sh *shard, q *waitQueue, after *aftermath) {
	for at := q.waiters.Front(); at != nil && sh.has(q.db, q.key); {
		w := at.Value.(*Waiter)
		if !tx.tryHold(w.also) {
			after.postponed = append(after.postponed, postponed{w.view, q.key, w.also})
			return
		}
		done, leaves := w.attempt(tx, q.key)
		if done {
			after.served = append(after.served, w)
		}
		next := at.Next()
		if leaves {
			sh.dequeue(q, at)
		}
		at = next
	}
}

// tryHold takes the locks of further keys unless somebody has them, or has claimed a key.
func (tx *Tx) tryHold(keys []string) bool {
	for _, key := range keys {
		sh := tx.ks.shardOf(key, tx.ks.hash(key))
		if !tx.holds(sh) {
			if !sh.mu.TryLock() {
				return false
			}
			tx.hold(sh)
		}
		if sh.claims != nil && tx.claimed(keys, nil) != nil {
			return false
		}
	}
	return true
}

// settle finishes when no lock is held.
func (after *aftermath) settle() {
	for _, w := range after.served {
		w.leave()
		w.op.Done(nil)
	}
	for _, p := range after.postponed {
		p.serve()
	}
}

func (p *postponed) serve() {
	tx, err := p.view.Patient().Begin(append([]string{p.key}, p.also...)...)
	if err != nil {
		return // closed, which has ended all waits
	}
	sh := p.view.ks.shardOf(p.key, p.view.ks.hash(p.key))
	sh.markReady(p.view.db, p.key)
	tx.End()
}

// abandon empties all queues of the shard and returns the waiters for whom it
// was the end. The caller holds the lock.
func (sh *shard) abandon() (ended []*Waiter) {
	for _, q := range sh.queues {
		for at := q.waiters.Front(); at != nil; at = at.Next() {
			w := at.Value.(*Waiter)
			w.mu.Lock()
			if !w.ended {
				w.ended = true
				ended = append(ended, w)
			}
			w.mu.Unlock()
		}
	}
	sh.queues, sh.ready = nil, nil
	return ended
}
