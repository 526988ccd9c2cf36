package keyspace

import (
	"math/rand/v2"
	"unsafe"

	"github.com/larderkv/larder/hashtable"
	"github.com/larderkv/larder/internal/arena"
)

// Slot is the place of one key, whose shard is locked from Lock to Unlock. It
// is the door through which typed stores read and change values.
//
//	var s keyspace.Slot
//	if err := s.Lock(view, key); err != nil { return err }
//	defer s.Unlock()
//	if s.Exists() { … s.Value() … }
//
// What Value returns is arena memory, borrowed until the next change of the slot
// or Unlock.
type Slot struct {
	view  View
	shard *shard
	index *index
	key   string
	hash  uint64
	now   int64 // zero until asked for

	probe   hashtable.Probe
	ref     arena.Ref // zero: the key does not exist
	old     bool      // the entry is in the table that is being left
	lapsing bool      // the key is being deleted because its time has come
	claim   *claim    // the operation's own, nil if it has none
	epoch   uint64    // of the shard when the key was found
	entry   unsafe.Pointer
	at      layout
}

// Lock locks the key's shard and finds the key. A key whose time has come is
// deleted and does not exist. O(1).
func (s *Slot) Lock(v View, key string) error {
	if err := s.lockShard(v, key); err != nil {
		return err
	}
	s.locate()
	return nil
}

// LockGrow is Lock for an operation that will take up to need more bytes.
// It evicts to make room for them and fails with ErrOutOfMemory when it cannot, in
// which case nothing is locked.
func (s *Slot) LockGrow(v View, key string, need int) error {
	if err := s.lockShard(v, key); err != nil {
		return err
	}
	need += headerSize + len(key)
	if err := s.shard.reserve(need); err != nil {
		s.Unlock()
		return err
	}
	s.locate()
	return nil
}

func (s *Slot) lockShard(v View, key string) error {
	h := v.ks.hash(key)
	sh := v.ks.shardOf(key, h)
	if tx := v.tx(); tx != nil {
		if err := tx.covers(sh); err != nil {
			return err
		}
	} else if err := sh.lockKey(v, key); err != nil {
		return err
	}
	v.ks.use(v.db, key, h)
	s.view, s.shard, s.key, s.hash = v, sh, key, h
	s.index = v.index(sh)
	return nil
}

// Unlock releases the shard. The slot must not be used any more.
func (s *Slot) Unlock() {
	if s.view.tx() == nil {
		s.shard.unlock()
	}
}

func (s *Slot) locate() {
	s.find()
	if s.ref == 0 {
		return
	}
	if s.at.hasExpiry() && s.at.expired(s.entry, s.Now()) {
		s.shard.expire(s)
		return
	}
	if s.index.perishable > 0 {
		s.expireElements()
	}
}

func (s *Slot) find() {
	s.epoch = s.shard.epoch
	ix, a := s.index, s.shard.arena
	s.probe.Start(&ix.table, a, ix.tableHash(s.key, s.hash))
	s.old = false
	if !s.match() && ix.moving {
		s.probe.Start(&ix.old, a, oldHash(ix, s.key, s.hash))
		s.old = s.match()
	}
}

// match goes to the first of the probe's entries that is the key's, and reports whether there is one.
func (s *Slot) match() bool {
	for s.ref = s.probe.Next(); s.ref != 0; s.ref = s.probe.Next() {
		s.entry, s.at = s.shard.entry(s.ref)
		if s.at.keyAt(s.entry) == s.key {
			return true
		}
	}
	return false
}

// sync finds the key again if tables of the shard changed or entries moved
// since, by another slot's doing or to make room.
func (s *Slot) sync() {
	if s.epoch != s.shard.epoch {
		s.find()
	}
}

// Grow makes room for n more bytes as LockGrow does. To do so it may evict the
// slot's own key.
func (s *Slot) Grow(n int) error { return s.shard.reserve(n) }

// Moved reports whether since the slot's last use, other than by Grow, blocks of
// the shard may have moved or gone: those of any of its keys.
func (s *Slot) Moved() bool { return s.epoch != s.shard.epoch }

// Source returns the source of random numbers of the slot's shard.
func (s *Slot) Source() rand.Source { return s.shard.src }

// GrowTo makes room for the value to have n bytes, like Grow.
func (s *Slot) GrowTo(n int) error {
	const (
		head  = headerSize + 16
		pages = 33 << 10 // more than blocks smaller than pages serve
	)
	size := head + len(s.key) + n
	if !s.Exists() {
		return s.shard.reserve(size)
	}
	is := arena.ClassSize(s.at.size)
	switch more := arena.ClassSize(size) - is; {
	case size <= is:
		return nil
	case is < pages:
		return s.shard.reserve(size)
	default: // large blocks mostly grow where they are
		return s.shard.reserve(max(more, pages))
	}
}

// GrowsInPlace reports whether the value, of a key that exists, may get n bytes without being moved.
func (s *Slot) GrowsInPlace(n int) bool {
	return s.shard.arena.Extends(s.ref, s.at.size, s.at.value+n)
}

// Now returns the time of the operation in Unix milliseconds.
func (s *Slot) Now() int64 {
	if s.now == 0 {
		s.now = s.view.ks.now()
	}
	return s.now
}

// Key returns the slot's key.
func (s *Slot) Key() string { return s.key }

// DB returns the number of the slot's database.
func (s *Slot) DB() int { return s.view.db }

// Exists reports whether the key exists.
func (s *Slot) Exists() bool {
	s.sync()
	return s.ref != 0
}

// Type returns the type of the value, zero when there is none.
func (s *Slot) Type() Type {
	if !s.Exists() {
		return 0
	}
	return s.at.typ()
}

// Is returns ErrWrongType when the key holds a value of another type.
func (s *Slot) Is(t Type) error {
	if s.Exists() && s.at.typ() != t {
		return ErrWrongType
	}
	return nil
}

// Encoding returns the representation of the value.
func (s *Slot) Encoding() Encoding { return s.at.encoding() }

// Value returns the value's bytes: of a string its content, of a collection its
// root. It is nil for a key that does not exist.
func (s *Slot) Value() []byte {
	if !s.Exists() {
		return nil
	}
	return s.value()
}

func (s *Slot) value() []byte { return s.at.valueAt(s.entry) }

// Arena returns the arena in which the value and all that belongs to it lives.
func (s *Slot) Arena() *arena.Arena { return s.shard.arena }

// Env returns the environment for tables in the slot's arena.
func (s *Slot) Env() *hashtable.Env { return &s.shard.env }

// Inspect counts a lookup of the key that is no use of it for the eviction policy, and no miss to be announced if there
// is none.
func (s *Slot) Inspect() { s.view.count(s.Exists()) }

// Look counts a lookup of the key that is no use of it for the eviction policy.
func (s *Slot) Look() {
	s.Inspect()
	if s.ref == 0 {
		s.Notify(ClassMiss, "keymiss")
	}
}

// Touch counts a lookup of the key and records it as a use for the eviction policy.
func (s *Slot) Touch() {
	s.Look()
	if s.ref != 0 {
		s.used()
	}
}

// used records a use of the key, which exists, for the eviction policy.
func (s *Slot) used() {
	if s.view.touches() {
		s.shard.touch(s.entry, s.at.header, s.hash)
		s.at.header = *(*uint64)(s.entry)
	}
}

// origin returns who changes the key. That its time has come is nobody's doing.
func (s *Slot) origin() int64 {
	if s.lapsing {
		return 0
	}
	return s.view.origin()
}

// BeginWrite must precede a change of bytes that Value returned, and of what they lead
// to. It records a use of the key for the eviction policy. The other methods that
// change the slot see to both themselves.
func (s *Slot) BeginWrite() {
	s.beginWrite()
	if s.ref != 0 && !s.Moved() {
		s.used()
	}
}

// beginWrite is BeginWrite for changes that are no use of the key, or record it themselves.
func (s *Slot) beginWrite() {
	s.shard.beginWrite()
	if s.claim != nil {
		s.claim.wrote = true
		return
	}
	if len(s.shard.watched) > 0 {
		h := written
		if s.lapsing {
			h = lapsed
		}
		s.shard.signal(s.view.db, s.key, h)
	}
	if s.shard.ks.events.want(ClassChange) {
		s.shard.changed(s.view.db, s.key, s.origin())
	}
}

// Rearrange must precede what moves blocks of the value about and changes nothing that anybody sees.
func (s *Slot) Rearrange() { s.shard.beginWrite() }

// ExpireAt returns when the key expires in Unix milliseconds, zero for never.
func (s *Slot) ExpireAt() int64 {
	if !s.Exists() || !s.at.hasExpiry() {
		return 0
	}
	return expiryOf(s.entry)
}

// Put makes the key hold a value of n bytes, which the caller fills through
// the returned slice, and to expire at a time in Unix milliseconds, zero for
// never. A former value is freed; what a new one must keep of it, the caller
// has copied. It fails without effect.
//
// Whoever waits for the key to hold a value of its type is served before the
// lock is released.
func (s *Slot) Put(t Type, e Encoding, n int, expireAt int64) ([]byte, error) {
	if len(s.key) > MaxSize || n > MaxSize {
		return nil, ErrTooLarge
	}
	if len(s.shard.queues) > 0 {
		s.shard.markReady(s.view.db, s.key)
	}
	to := newLayout(t, e, expireAt != 0, len(s.key), n)
	if !s.Exists() {
		return s.insert(&to, expireAt)
	}
	if s.at.kind() == nil && s.shard.arena.Extend(s.ref, s.at.size, to.size) {
		s.beginWrite()
		s.rewriteHead(&to, expireAt)
		setAccess(s.entry, s.shard.rewritten(s.at.access()))
		s.at = layoutOf(s.entry)
		return s.value(), nil
	}
	return s.replace(&to, expireAt)
}

// Resize changes the value's length, keeping its first bytes and all else about
// the key, of which it records a use for the eviction policy. New bytes are undefined. It fails without effect.
func (s *Slot) Resize(n int) ([]byte, error) {
	if n > MaxSize {
		return nil, ErrTooLarge
	}
	s.sync()
	to := newLayout(s.at.typ(), s.at.encoding(), s.at.hasExpiry(), len(s.key), n)
	if err := s.reshape(&to, s.ExpireAt()); err != nil {
		return nil, err
	}
	s.used()
	return s.Value(), nil
}

// SetEncoding changes what the value's bytes are said to be.
func (s *Slot) SetEncoding(e Encoding) {
	s.sync()
	s.beginWrite()
	was := s.at
	s.at.header = s.at.header&^(0xf<<encodingShift) | uint64(e)<<encodingShift
	*(*uint64)(s.entry) = s.at.header
	s.index.recount(&was, &s.at)
}

// SetExpireAt changes when the key expires, zero for never. It fails without
// effect.
func (s *Slot) SetExpireAt(ms int64) error {
	s.sync()
	if s.at.hasExpiry() && ms != 0 {
		s.beginWrite()
		setExpiry(s.entry, ms)
		return nil
	}
	if s.at.hasExpiry() == (ms != 0) {
		return nil
	}
	to := newLayout(s.at.typ(), s.at.encoding(), ms != 0, len(s.key), s.at.size-s.at.value)
	return s.reshape(&to, ms)
}

// reshape gives the entry another layout and keeps as much of the value as
// the layout has room for.
func (s *Slot) reshape(to *layout, expireAt int64) error {
	access := s.at.access()
	if !s.shard.arena.Extend(s.ref, s.at.size, to.size) {
		return s.move(to, expireAt)
	}
	s.beginWrite()
	from := s.value()
	n := min(len(from), to.size-to.value)
	value := unsafe.Slice((*byte)(unsafe.Add(s.entry, to.value)), n)
	switch {
	case to.value == s.at.value: // a change in place costs nothing for what stays
		s.rewriteHead(to, expireAt)
	case to.value < s.at.value:
		// The value moves down, behind a shorter head.
		s.rewriteHead(to, expireAt)
		copy(value, from[:n])
	default:
		copy(value, from[:n])
		s.rewriteHead(to, expireAt)
	}
	setAccess(s.entry, access)
	s.at = layoutOf(s.entry)
	return nil
}

func (s *Slot) rewriteHead(to *layout, expireAt int64) {
	s.index.recount(&s.at, to)
	to.write(s.entry, expireAt, s.key)
}

// alloc reserves everything a change of the key may need and returns a block
// with the head of an entry written.
func (s *Slot) alloc(to *layout, expireAt int64) (arena.Ref, unsafe.Pointer, error) {
	a := s.shard.arena
	if a.Reserve(to.size+s.index.table.InsertReserve()) != nil {
		return 0, nil, ErrOutOfMemory
	}
	s.beginWrite()
	ref := a.Alloc(to.size)
	p := a.Ptr(ref)
	to.write(p, expireAt, s.key)
	return ref, p, nil
}

func (s *Slot) insert(to *layout, expireAt int64) ([]byte, error) {
	ref, p, err := s.alloc(to, expireAt)
	if err != nil {
		return nil, err
	}
	s.enter(ref, p)
	return s.value(), nil
}

// enter makes an entry with an unwritten value that of the key, which does not exist. The write has begun.
func (s *Slot) enter(ref arena.Ref, p unsafe.Pointer) {
	at := layoutOf(p)
	setAccess(p, s.shard.inserted(s.hash, at.size))
	s.index.table.Insert(&s.shard.env, s.index, s.index.tableHash(s.key, s.hash), ref)
	s.index.recount(nil, &at)
	s.shard.epoch++
	s.ref, s.entry, s.at = ref, p, layoutOf(p)
	s.Notify(ClassNew, "new")
}

// replace puts an entry with an unwritten value in the place of the present
// one, whose value is freed.
func (s *Slot) replace(to *layout, expireAt int64) ([]byte, error) {
	ref, p, err := s.alloc(to, expireAt)
	if err != nil {
		return nil, err
	}
	s.supersede(ref, p)
	return s.value(), nil
}

// supersede puts an entry in the place of the present one, whose value is freed. The write has begun.
func (s *Slot) supersede(ref arena.Ref, p unsafe.Pointer) {
	setAccess(p, s.shard.rewritten(s.at.access()))
	was, at := s.ref, s.at
	s.swap(ref, p)
	s.shard.discard(was, &at)
}

// move gives the entry a block of another size.
func (s *Slot) move(to *layout, expireAt int64) error {
	ref, p, err := s.alloc(to, expireAt)
	if err != nil {
		return err
	}
	setAccess(p, s.at.access())
	copy(unsafe.Slice((*byte)(unsafe.Add(p, to.value)), to.size-to.value), s.value())
	was, size := s.ref, s.at.size
	s.swap(ref, p)
	s.shard.arena.Free(was, size)
	return nil
}

// swap makes the table lead to another entry of the same key.
func (s *Slot) swap(ref arena.Ref, p unsafe.Pointer) {
	at := layoutOf(p)
	s.index.recount(&s.at, &at)
	s.probe.Replace(ref)
	s.ref, s.entry, s.at = ref, p, at
}

// Delete removes the key and its value. Freeing a large collection is left to
// maintenance.
func (s *Slot) Delete() {
	if !s.Exists() {
		return
	}
	s.remove()
	s.shard.discard(s.ref, &s.at)
	s.ref = 0
}

// DeleteNothing stands for Delete where the key does not exist.
func (s *Slot) DeleteNothing() {
	if len(s.shard.watched) > 0 {
		s.shard.signal(s.view.db, s.key, undone)
	}
}

// remove takes the entry out of the table.
func (s *Slot) remove() {
	s.beginWrite()
	if s.old {
		s.index.old.Remove(&s.shard.env, oldEntries{s.index}, &s.probe)
	} else {
		s.index.table.Remove(&s.shard.env, s.index, &s.probe)
	}
	s.shard.epoch++
	s.index.recount(&s.at, nil)
	s.shard.forget(&s.at)
}

// recount keeps the counts of keys by what they are when an entry of one layout becomes
// one of another; nil is no entry.
func (ix *index) recount(before, after *layout) {
	ix.count(before, -1)
	ix.count(after, 1)
}

func (ix *index) count(l *layout, n int) {
	if l == nil {
		return
	}
	ix.byType[l.typ()] += uint32(n)
	if l.hasExpiry() {
		ix.volatile += n
	}
	if k := l.kind(); k != nil {
		ix.structured += n
		if k.Elements != nil {
			ix.perishable += n
		}
	}
}
