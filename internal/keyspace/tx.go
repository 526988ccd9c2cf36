package keyspace

import (
	"math/bits"
	"slices"
	"sync"
)

// Tx holds the locks of several shards, so that what is done through its views
// is atomic.
//
//	tx, err := view.Begin(keys...)
//	if err != nil { return err }
//	defer tx.End()
//	v := tx.View(view)
//
// Shards are always locked in ascending order, which excludes deadlock.
type Tx struct {
	ks     *Keyspace
	held   [maxShards / 64]uint64
	nested bool

	session session // of the views inside
}

// txPool keeps operations on several keys from allocating: a Tx cannot live on
// the stack, because views lead to it.
var txPool = sync.Pool{New: func() any { return new(Tx) }}

// Begin locks the shards of keys. Within a transaction it locks nothing, but
// fails with ErrNotDeclared when the transaction does not hold them all. The
// transaction must not be used after End. O(keys + shards).
func (v View) Begin(keys ...string) (*Tx, error) {
	tx := txPool.Get().(*Tx)
	*tx = Tx{ks: v.ks}
	tx.holdAll(keys)
	if err := tx.lock(v, keys, nil); err != nil {
		txPool.Put(tx)
		return nil, err
	}
	return tx, nil
}

// BeginAll is Begin for every shard.
func (v View) BeginAll() (*Tx, error) {
	tx := txPool.Get().(*Tx)
	*tx = Tx{}
	if err := tx.BeginAll(v); err != nil {
		txPool.Put(tx)
		return nil, err
	}
	return tx, nil
}

// End has those served who waited for what the transaction wrote, releases the
// locks and delivers the events.
func (tx *Tx) End() {
	tx.Release()
	txPool.Put(tx)
}

// Begin is View.Begin for a Tx of the caller's own, which may be used, in vain,
// after Release, and for any keys of the shards that it holds.
func (tx *Tx) Begin(v View, keys ...string) error {
	tx.ks = v.ks
	tx.holdAll(keys)
	return tx.lock(v.Patient(), nil, nil)
}

// BeginAll is View.BeginAll for a Tx of the caller's own.
func (tx *Tx) BeginAll(v View) error {
	tx.ks = v.ks
	for _, sh := range v.ks.shards {
		tx.hold(sh)
	}
	return tx.lock(v.Patient(), nil, nil)
}

// lock takes the locks when nobody has claimed one of the keys that are to be used, nil for any, but by the caller's own
// claim.
func (tx *Tx) lock(v View, keys []string, own *claim) error {
	if outer := v.tx(); outer != nil {
		tx.nested = true
		for i, w := range tx.held {
			if w&^outer.held[i] != 0 {
				return ErrNotDeclared
			}
		}
		return nil
	}
	for {
		claims := false
		tx.each(func(sh *shard) {
			sh.acquire()
			claims = claims || sh.claims != nil
		})
		if v.ks.closed.Load() {
			tx.each(func(sh *shard) { sh.mu.Unlock() })
			return ErrClosed
		}
		if !claims {
			return nil
		}
		c := tx.claimed(keys, own)
		if c == nil {
			return nil
		}
		tx.each(func(sh *shard) { sh.mu.Unlock() })
		if err := v.wait(c); err != nil {
			return err
		}
	}
}

// claimed returns a claim on one of the keys in any database, nil for any key, that is not the caller's own.
func (tx *Tx) claimed(keys []string, own *claim) (found *claim) {
	tx.each(func(sh *shard) {
		for k, c := range sh.claims {
			if c != own && (keys == nil || slices.Contains(keys, k.key)) {
				found = c
			}
		}
	})
	return found
}

// Release is End for a Tx of the caller's own.
func (tx *Tx) Release() {
	if tx.nested {
		return
	}
	after := tx.serve()
	var deliver []*shard
	tx.each(func(sh *shard) {
		sh.endWrite()
		if sh.owesEvents() {
			deliver = append(deliver, sh)
		}
	})
	tx.each(func(sh *shard) { sh.mu.Unlock() })
	tx.held = [len(tx.held)]uint64{}
	for _, sh := range deliver {
		sh.deliver()
	}
	after.settle()
}

// letOthers releases the locks between turns of an operation that has claims: nothing is served and no event delivered,
// for a listener may ask for a key that is claimed.
func (tx *Tx) letOthers() {
	tx.each((*shard).endWrite)
	tx.each(func(sh *shard) { sh.mu.Unlock() })
	txPool.Put(tx)
}

// View returns v inside of the transaction. All views of a transaction are of
// one caller: they count and touch alike.
func (tx *Tx) View(v View) View {
	if !tx.nested {
		tx.session = v.more()
		tx.session.tx = tx
		v.session = &tx.session
	}
	return v
}

func (tx *Tx) each(f func(*shard)) {
	for i, w := range tx.held {
		for ; w != 0; w &= w - 1 {
			f(tx.ks.shards[i*64+bits.TrailingZeros64(w)])
		}
	}
}

// contended reports whether somebody waits for one of the locks.
func (tx *Tx) contended() (yes bool) {
	tx.each(func(sh *shard) { yes = yes || sh.waiting.Load() > 0 })
	return yes
}

func (tx *Tx) holdAll(keys []string) {
	for _, k := range keys {
		tx.hold(tx.ks.shardOf(k, tx.ks.hash(k)))
	}
}

func (tx *Tx) hold(sh *shard) { tx.held[sh.number/64] |= 1 << (sh.number % 64) }

func (tx *Tx) holds(sh *shard) bool {
	return tx.held[sh.number/64]>>(sh.number%64)&1 != 0
}

func (tx *Tx) covers(sh *shard) error {
	if !tx.holds(sh) {
		return ErrNotDeclared
	}
	return nil
}

// Reserve makes room for values of the given sizes before the first of the keys
// that they belong to is changed. It fails with ErrOutOfMemory, without effect but for
// evictions.
func (tx *Tx) Reserve(v View, keys []string, size func(i int) int) error {
	if v.ks.MaxBytes() <= 0 {
		return nil
	}
	var needs [maxShards]int
	for i, k := range keys {
		needs[v.ks.shardOf(k, v.ks.hash(k)).number] += headerSize + 16 + len(k) + size(i)
	}
	// What one shard was granted has not been taken yet, so each asks for its own
	// part and for those before it.
	sum := 0
	for n, need := range needs {
		if need == 0 {
			continue
		}
		sum += need
		if err := v.ks.shards[n].reserve(sum); err != nil {
			return err
		}
	}
	return nil
}
