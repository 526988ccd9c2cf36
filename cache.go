// Package larder is a cache that lives inside a Go process and speaks Redis'
// data types.
//
//	c, err := larder.Open(larder.Options{MaxBytes: 1 << 30})
//	if err != nil { … }
//	defer c.Close()
//
//	c.Strings().Set("greeting", []byte("hello"), datatypes.SetOptions{TTL: time.Minute})
//	v, ok, err := c.Strings().Get("greeting")
//
// A Cache has a store for each type of value, reached by a method of that name, with one method per Redis command;
// package datatypes documents them. The same stores are there for a numbered database (DB) and, inside of Update, for a
// transaction (Tx). Package resp serves a Cache over TCP to any Redis client, and in process as a net.Conn.
//
// # Guarantees
//
//   - Operations are linearizable: one on several keys takes effect at one moment
//     unless its documentation says otherwise.
//   - An operation that returns an error has changed nothing.
//   - All data lives outside the Go heap: the garbage collector's work does not
//     depend on how much is stored.
//   - With MaxBytes set, the memory that the cache holds from the system, indexes and
//     fragmentation included, stays at that limit: keys are evicted by Policy before it
//     is exceeded, or writes fail. A few percent may be exceeded for moments.
//   - No operation pays for the growth, the expiry or the deletion of large
//     amounts of other data: such work is done in slices.
//
// # What it is not
//
// A cache is not a database: nothing is written to disk, and what is evicted or
// expired is gone. Memory outside the Go heap does not count towards GOMEMLIMIT: leave
// room for MaxBytes beside it.
package larder

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/arena"
	"github.com/larderkv/larder/internal/hotkeys"
	"github.com/larderkv/larder/internal/keyspace"
)

// Errors that methods of a Cache return beside those of its stores, which are in package datatypes.
var (
	// ErrClosed: the cache was closed.
	ErrClosed = datatypes.ErrClosed
	// ErrOptions: an option is out of range. The error that wraps it says which.
	ErrOptions = datatypes.ErrOptions
)

// Clock tells a cache the time. Implementations must be safe for concurrent use.
type Clock = keyspace.Clock

// Policy says which keys are evicted at the memory limit. Its String method
// gives the name that Redis' maxmemory-policy has for it.
type Policy uint8

// The policies. Those named AllKeys consider every key, those named Volatile only
// keys with an expiry: where none is left, writes fail as under NoEviction.
const (
	// DefaultPolicy is AllKeysLFU.
	DefaultPolicy  Policy = iota
	NoEviction            // writes that need memory fail with ErrOutOfMemory
	AllKeysLRU            // keys not used for long
	AllKeysLFU            // keys not used often, with regard to how long ago
	AllKeysRandom         // any keys
	VolatileLRU           // as AllKeysLRU
	VolatileLFU           // as AllKeysLFU
	VolatileRandom        // as AllKeysRandom
	VolatileTTL           // keys that expire soonest
)

func (p Policy) internal() keyspace.Policy {
	if p == DefaultPolicy {
		return keyspace.AllKeysLFU
	}
	return keyspace.Policy(p - NoEviction)
}

// String returns Redis' name of the policy.
func (p Policy) String() string { return p.internal().String() }

// ParsePolicy returns the policy that Redis calls name.
func ParsePolicy(name string) (Policy, error) {
	p, err := keyspace.ParsePolicy(name)
	if err != nil {
		return 0, err
	}
	return Policy(p) + NoEviction, nil
}

// Options configure a cache. The zero value is a cache without a memory limit.
type Options struct {
	// MaxBytes bounds the memory that the cache holds from the system. Zero is
	// no limit. Beside it the Go heap has a few kilobytes for each shard. A shard
	// takes some tens of kilobytes before it holds much, so that nothing, or next
	// to nothing, can be stored under a limit of less.
	MaxBytes int64

	// Policy says what happens at the limit. Zero is AllKeysLFU.
	Policy Policy

	// Databases is the number of numbered databases, at most 16384. Zero is 16. They
	// share MaxBytes.
	Databases int

	// Shards is the number of independently locked parts, rounded up to a power
	// of two, at most 256. Zero chooses by the number of cores and MaxBytes.
	Shards int

	// Limits are the sizes up to which collections are dense. Zero is Redis' defaults.
	Limits datatypes.Limits

	// Clock is where the cache takes the time from. Nil is the system's clock.
	Clock Clock

	// NoMaintenance makes Open start no goroutine. The owner then calls Maintain
	// now and then; until it does, expired keys that nobody asks for keep their
	// memory.
	NoMaintenance bool
}

func (o *Options) validate() error {
	switch {
	case o.MaxBytes < 0:
		return fmt.Errorf("%w: MaxBytes is negative: %d", ErrOptions, o.MaxBytes)
	case o.Policy > VolatileTTL:
		return fmt.Errorf("%w: unknown policy %d", ErrOptions, o.Policy)
	case o.Databases < 0 || o.Databases > maxDatabases:
		return fmt.Errorf("%w: Databases is %d, not within 0 and %d", ErrOptions, o.Databases, maxDatabases)
	case o.Shards < 0 || o.Shards > maxShards:
		return fmt.Errorf("%w: Shards is %d, not within 0 and %d", ErrOptions, o.Shards, maxShards)
	}
	return o.Limits.Validate()
}

const (
	maxDatabases = 16384
	maxShards    = 256
)

// Cache is a store of keys and values in numbered databases. Its methods are
// safe for concurrent use. Its stores are those of database 0.
type Cache struct {
	ks     *keyspace.Keyspace
	view   keyspace.View
	pubsub *datatypes.PubSub
	notify *datatypes.Notifier

	closing context.Context // ends with the cache
	close   context.CancelFunc
}

// Open returns an empty cache. It starts at most one goroutine, which Close
// ends. It returns ErrOptions.
func Open(o Options) (*Cache, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	ks, err := keyspace.Open(keyspace.Options{
		Shards:        o.Shards,
		Databases:     o.Databases,
		MaxBytes:      o.MaxBytes,
		Policy:        o.Policy.internal(),
		Clock:         o.Clock,
		NoMaintenance: o.NoMaintenance,
	})
	if err != nil {
		return nil, err
	}
	view, err := ks.View(0)
	if err != nil {
		return nil, err
	}
	datatypes.SetLimits(view, o.Limits)
	pubsub := datatypes.NewPubSub()
	c := &Cache{ks: ks, view: view, pubsub: pubsub, notify: datatypes.NewNotifier(ks, pubsub)}
	c.closing, c.close = context.WithCancel(context.Background())
	return c, nil
}

// Close gives all memory back to the system. It waits for operations under way;
// later ones return ErrClosed, a second Close too.
func (c *Cache) Close() error {
	defer c.pubsub.Close()
	defer c.close()
	return c.ks.Close()
}

// Bitmaps returns the store of bitmaps.
func (c *Cache) Bitmaps() datatypes.Bitmaps { return datatypes.NewBitmaps(c.view) }

// Geo returns the store of positions on the earth.
func (c *Cache) Geo() datatypes.Geo { return datatypes.NewGeo(c.view) }

// Hashes returns the store of hashes.
func (c *Cache) Hashes() datatypes.Hashes { return datatypes.NewHashes(c.view) }

// HyperLogLogs returns the store of HyperLogLogs.
func (c *Cache) HyperLogLogs() datatypes.HyperLogLogs { return datatypes.NewHyperLogLogs(c.view) }

// Lists returns the store of lists.
func (c *Cache) Lists() datatypes.Lists { return datatypes.NewLists(c.view) }

// Sets returns the store of sets.
func (c *Cache) Sets() datatypes.Sets { return datatypes.NewSets(c.view) }

// PubSub returns what passes messages between the users of the cache, by whatever door they came.
func (c *Cache) PubSub() *datatypes.PubSub { return c.pubsub }

// SortedSets returns the store of sorted sets.
func (c *Cache) SortedSets() datatypes.SortedSets { return datatypes.NewSortedSets(c.view) }

// Strings returns the store of strings.
func (c *Cache) Strings() datatypes.Strings { return datatypes.NewStrings(c.view) }

// Keys returns the operations on keys of any type.
func (c *Cache) Keys() datatypes.Keys { return datatypes.NewKeys(c.view) }

// DB returns a numbered database. It returns datatypes.ErrInvalidDB for a
// number that the cache does not have.
func (c *Cache) DB(n int) (DB, error) {
	view, err := c.ks.View(n)
	return DB{view}, err
}

// DB is a numbered database of a cache. It is a small value.
type DB struct{ view keyspace.View }

// Bitmaps returns the database's store of bitmaps.
func (d DB) Bitmaps() datatypes.Bitmaps { return datatypes.NewBitmaps(d.view) }

// Geo returns the database's store of positions on the earth.
func (d DB) Geo() datatypes.Geo { return datatypes.NewGeo(d.view) }

// Hashes returns the database's store of hashes.
func (d DB) Hashes() datatypes.Hashes { return datatypes.NewHashes(d.view) }

// HyperLogLogs returns the database's store of HyperLogLogs.
func (d DB) HyperLogLogs() datatypes.HyperLogLogs { return datatypes.NewHyperLogLogs(d.view) }

// Lists returns the database's store of lists.
func (d DB) Lists() datatypes.Lists { return datatypes.NewLists(d.view) }

// Sets returns the database's store of sets.
func (d DB) Sets() datatypes.Sets { return datatypes.NewSets(d.view) }

// SortedSets returns the database's store of sorted sets.
func (d DB) SortedSets() datatypes.SortedSets { return datatypes.NewSortedSets(d.view) }

// Strings returns the database's store of strings.
func (d DB) Strings() datatypes.Strings { return datatypes.NewStrings(d.view) }

// Keys returns the operations on keys of the database.
func (d DB) Keys() datatypes.Keys { return datatypes.NewKeys(d.view) }

// Update is Cache.Update for a transaction that begins in the database.
func (d DB) Update(keys []string, fn func(tx *Tx) error) error {
	tx := &Tx{}
	if err := tx.tx.Begin(d.view, keys...); err != nil {
		return err
	}
	return tx.run(d.view, fn)
}

// UpdateAll is Cache.UpdateAll for a transaction that begins in the database.
func (d DB) UpdateAll(fn func(tx *Tx) error) error {
	tx := &Tx{}
	if err := tx.tx.BeginAll(d.view); err != nil {
		return err
	}
	return tx.run(d.view, fn)
}

// Counters count lookups that found their key and that did not: its fields Hits and Misses are atomic.Uint64.
type Counters = keyspace.Counters

// WithCounters returns the same database with the lookups of its stores counted. Goroutines that make many lookups
// should each have counters of their own, which keeps counting from sharing a cache line.
func (d DB) WithCounters(c *Counters) DB { return DB{d.view.WithCounters(c)} }

// NoTouch returns the same database with reads that do not count as use of the
// key for eviction, as after CLIENT NO-TOUCH ON.
func (d DB) NoTouch() DB {
	return DB{d.view.WithoutTouch()}
}

// ShortOnly returns the same database for who has no time, such as an event loop that serves many: its stores refuse
// operations on large values and collections that would take long, with datatypes.ErrLong and no effect. Not all
// operations that may take long can tell. Within a transaction nothing is refused.
func (d DB) ShortOnly() DB { return DB{d.view.ShortOnly()} }

// WithOrigin returns the same database with changes that Change.Origin tells to be those of origin.
func (d DB) WithOrigin(origin int64) DB { return DB{d.view.WithOrigin(origin)} }

// Databases returns the number of databases.
func (c *Cache) Databases() int { return c.ks.Databases() }

// SwapDB exchanges the contents of two databases at one moment. It is SWAPDB.
// O(shards). It returns datatypes.ErrInvalidDB.
func (c *Cache) SwapDB(a, b int) error { return c.Keys().SwapDB(a, b) }

// FlushAll deletes all keys of all databases at one moment and returns when their
// memory is free. It is FLUSHALL. O(keys).
func (c *Cache) FlushAll() error { return c.Keys().FlushAll() }

// FlushAllAsync is FlushAll that leaves freeing the memory to the background.
func (c *Cache) FlushAllAsync() error { return c.Keys().FlushAllAsync() }

// MaxBytes returns the memory limit, zero for none.
func (c *Cache) MaxBytes() int64 { return c.ks.MaxBytes() }

// SetMaxBytes changes the memory limit; zero removes it. Below what is in use, it
// makes the writes that follow, and maintenance, evict down to it. It returns ErrOptions.
func (c *Cache) SetMaxBytes(n int64) error {
	o := Options{MaxBytes: n}
	if err := o.validate(); err != nil {
		return err
	}
	c.ks.SetMaxBytes(n)
	return nil
}

// Charge counts n more bytes, or fewer if n is negative, as held by the cache: against
// MaxBytes and in its statistics. It is for memory that something takes on the cache's
// behalf, as a server does for its connections. O(1).
func (c *Cache) Charge(n int) { c.ks.Charge(n) }

// Hold makes background work leave expired keys alone until they are asked for, and
// evict nothing to come below a limit that was lowered, until release is called; reads
// and writes do as ever. It is for a pause in which the data must stay as it is. There
// may be several holds at a time; work goes on when the last has been released. O(1).
func (c *Cache) Hold(expiry, eviction bool) (release func()) { return c.ks.Hold(expiry, eviction) }

// Policy returns what is evicted at the memory limit.
func (c *Cache) Policy() Policy { return Policy(c.ks.Policy()) + NoEviction }

// SetPolicy changes what is evicted at the memory limit. It returns ErrOptions.
func (c *Cache) SetPolicy(p Policy) error {
	o := Options{Policy: p}
	if err := o.validate(); err != nil {
		return err
	}
	c.ks.SetPolicy(p.internal())
	return nil
}

// Limits returns the sizes up to which collections are dense.
func (c *Cache) Limits() datatypes.Limits { return datatypes.LimitsOf(c.view) }

// SetLimits changes the sizes up to which collections are dense; those that are zero stay. A
// value is converted when an operation next makes it grow. It returns ErrOptions.
func (c *Cache) SetLimits(l datatypes.Limits) error {
	o := Options{Limits: l}
	if err := o.validate(); err != nil {
		return err
	}
	datatypes.SetLimits(c.view, l)
	return nil
}

// Now returns the time by the cache's clock, which is what TTLs are counted by.
func (c *Cache) Now() time.Time { return c.ks.Now() }

// Maintain does a slice, about a millisecond, of the work that otherwise goes
// on in the background, and reports whether more is waiting. It is for caches opened with
// NoMaintenance.
func (c *Cache) Maintain() (more bool) { return c.ks.Maintain() }

// Stats describe a cache at about one moment. Its fields:
//
//	Keys, Volatile    keys, and those of them with an expiry; what has expired counts until it is met
//	Expired, Evicted  keys that expired and that were evicted since Open
//	UsedBytes         blocks that hold keys, values and indexes
//	ResidentBytes     memory held from the system, which is what MaxBytes bounds
//	MaxBytes, Shards  the limit, zero for none, and the number of independently locked parts
//	Garbage           dropped collections and tables whose memory is being freed
//	Skewed            tables into which somebody puts keys of chosen hashes
type Stats = keyspace.Stats

// Stats returns statistics. O(shards).
func (c *Cache) Stats() Stats { return c.ks.Stats() }

// DBStats describe a numbered database at about one moment. Its fields are DB, Keys and Volatile, as those of Stats,
// and ByType, the keys of each type, indexed by datatypes.Type.
type DBStats = keyspace.DBStats

// DBStats returns statistics of the databases that hold keys, in their order. It is what INFO keyspace shows.
// O(databases × shards).
func (c *Cache) DBStats() []DBStats { return c.ks.DBStats() }

// OnPause has fn called after each piece of work for which a part of the cache stayed locked though no operation on its
// keys needed that, with the name of the work and how long it took, until cancel is called. The names are expire-cycle,
// when keys were looked for that have expired, and eviction-cycle, when room was made.
//
// It is called with that part still locked: fn must be quick and not use the cache. While nobody listens, no clock is
// read.
func (c *Cache) OnPause(fn func(work string, d time.Duration)) (cancel func()) {
	return c.ks.OnPause(fn)
}

// ReleaseMemory returns all memory that holds no data to the system and reports how many bytes that were. It is what
// MEMORY PURGE does to the cache. Without it a part is kept for the writes to come, which then cost less. O(memory).
func (c *Cache) ReleaseMemory() (bytes int64, err error) { return c.view.ReleaseMemory() }

// MemoryClass is what blocks of one size take: keys with their values, the parts of collections and the tables. Slabs
// hold blocks of one size each; what Bytes exceed Blocks × Size by is fragmentation. Its fields are Size, Blocks, Slabs
// and Bytes.
type MemoryClass = arena.ClassStats

// MemoryClasses returns the sizes of blocks, the smallest first. Values beyond the largest have pages of their own. It
// is what MEMORY MALLOC-STATS shows. O(shards).
func (c *Cache) MemoryClasses() ([]MemoryClass, error) { return c.view.ClassStats() }

// HotKeyOptions say how the keys that are used most are found.
type HotKeyOptions struct {
	// Keys is how many are reported, at most 1000. Zero turns it off: then it costs nothing.
	Keys int

	// SamplePercent is how many of a hundred uses are counted, at most 100. Zero is 1.
	SamplePercent int

	// Window is the time over which they are counted, a whole number of milliseconds, at most five minutes. Zero is a
	// second.
	Window time.Duration
}

func (o *HotKeyOptions) validate() error {
	switch {
	case o.Keys < 0 || o.Keys > hotkeys.MaxKeys:
		return fmt.Errorf("%w: HotKeyOptions.Keys is %d, not within 0 and %d", ErrOptions, o.Keys, hotkeys.MaxKeys)
	case o.SamplePercent < 0 || o.SamplePercent > 100:
		return fmt.Errorf("%w: HotKeyOptions.SamplePercent is %d, not within 0 and 100", ErrOptions, o.SamplePercent)
	case o.Window < 0 || o.Window.Milliseconds() > hotkeys.MaxWindowMillis:
		return fmt.Errorf("%w: HotKeyOptions.Window is %v, not within 0 and 5m", ErrOptions, o.Window)
	}
	return nil
}

// HotKeyOptions returns how hot keys are found, with the values that stand for zeros.
func (c *Cache) HotKeyOptions() HotKeyOptions {
	o := c.ks.HotKeyOptions()
	return HotKeyOptions{o.Keys, cmp.Or(o.SamplePercent, 1), time.Duration(cmp.Or(o.WindowMillis, 1000)) * time.Millisecond}
}

// SetHotKeyOptions changes how hot keys are found. What was counted in the window that has begun is given up.
//
// With one use in a hundred counted, an operation on a key takes some nanoseconds longer. The memory that is taken
// is bounded by four kilobytes for each of o.Keys. It returns ErrOptions.
func (c *Cache) SetHotKeyOptions(o HotKeyOptions) error {
	if err := o.validate(); err != nil {
		return err
	}
	window := cmp.Or((o.Window + time.Millisecond - 1).Milliseconds(), 1000)
	c.ks.TrackHotKeys(hotkeys.Options{Keys: o.Keys, SamplePercent: cmp.Or(o.SamplePercent, 1), WindowMillis: window})
	return nil
}

// HotKey is a key that is used much: its fields are DB, Key and Rate, which estimates its uses in a second.
type HotKey = hotkeys.Key

// HotKeys describe the last window of time that has ended.
type HotKeys struct {
	Keys    []HotKey      // the most used one first
	Samples uint64        // uses that were counted
	Window  time.Duration // over which they were counted
}

// HotKeys returns the keys that were used most in the last window of SetHotKeyOptions that has ended, by whatever door
// they were used. It is HOTKEYS GET. O(keys returned).
//
// Reads and writes count alike, those of keys that do not exist too. Of all keys that were used by more than one in 4 ×
// HotKeyOptions.Keys of the counted uses it misses none; keys longer than a kilobyte it does not know. It is empty
// while hot keys are not looked for, and until the first window has ended; one during which neither maintenance nor
// this method ran for long is left out. The keys of a database that is flushed are forgotten.
func (c *Cache) HotKeys() HotKeys {
	r := c.ks.HotKeys()
	return HotKeys{Keys: r.Keys, Samples: r.Samples, Window: time.Duration(r.Millis) * time.Millisecond}
}

// ResetHotKeys forgets what was counted so far. It is HOTKEYS RESET.
func (c *Cache) ResetHotKeys() { c.ks.ResetHotKeys() }

// BigKey is a key and the bytes that it takes, as datatypes.Keys.MemoryUsage counts them: its fields are DB, Key and
// Bytes.
type BigKey = keyspace.SizedKey

// TypeSize is how many keys of a type there are, the bytes that they take and the largest of them: its fields are
// Type, Keys, Bytes and Largest.
type TypeSize = keyspace.TypeSize

// BigKeys walks over all keys of all databases and returns the types that there are, each with up to n of its largest
// keys. It is MEMORY BIGKEYS. O(keys), as long as ctx allows.
//
// Others hardly notice the walk: it locks one part of the cache at a time, for some tens of microseconds. What it says
// is of no one moment, and a key that is written meanwhile may be missed or counted twice.
func (c *Cache) BigKeys(ctx context.Context, n int) ([]TypeSize, error) {
	return c.ks.Largest(ctx, max(n, 0))
}

// Event tells of a change of a key: set, del, expired, evicted and so on, by
// the names of Redis' keyspace notifications. Its fields are Name, DB and Key; Class
// is the kind of event that Notifications choose by, Origin what DB.WithOrigin said.
type Event = keyspace.Event

// OnEvent has fn called for every change from here on, until cancel is called.
//
// Events of one key come in their order, one at a time, after the operation released
// its locks, so fn may use the cache. It runs on goroutines that use the cache: it should
// be quick, and an event may come shortly after the operation that caused it returned.
// Events that come faster than fn deals with them wait in the Go heap, without a limit;
// Events, the method, has one. While nobody listens, events cost nothing.
func (c *Cache) OnEvent(fn func(Event)) (cancel func()) { return c.ks.Listen(fn) }

// Change tells that a key may have another value than before, or that a whole database has.
type Change struct {
	DB     int    // the number of the database
	Key    string // empty if All
	All    bool   // every key of the database: it was flushed or exchanged
	Origin int64  // see DB.WithOrigin; 0 if unknown, and for expiry and eviction
}

// OnChange has fn called for whatever changes what readers of a key see, until cancel is called: it is for those
// who keep copies of values. What is said of OnEvent holds here, too, but one operation may cause several
// calls. A value that was read after OnChange had returned is one that fn is told the end of.
func (c *Cache) OnChange(fn func(Change)) (cancel func()) {
	return c.ks.ListenTo(keyspace.ClassChange|keyspace.ClassFlush, func(e Event) {
		fn(Change{DB: e.DB, Key: e.Key, All: e.Class == keyspace.ClassFlush, Origin: e.Origin})
	})
}

// EventOptions say how events are streamed.
type EventOptions struct {
	Buffer int // how many events may wait for the reader, at most datatypes.MaxBuffer; 0: datatypes.DefaultBuffer
}

// Events returns a stream of the events that OnEvent would be told of, until it, its context or the cache ends. A
// reader that is too slow has its stream ended; see datatypes.Stream.
func (c *Cache) Events(ctx context.Context, o EventOptions) *datatypes.Stream[Event] {
	ctx, end := context.WithCancelCause(ctx)
	stop := context.AfterFunc(c.closing, func() { end(ErrClosed) })
	var cancel func()
	ready := make(chan struct{})
	detach := func() {
		<-ready
		cancel()
		stop()
		end(nil)
	}
	s := datatypes.NewStream[Event](ctx, o.Buffer, detach)
	cancel = c.ks.Listen(func(e Event) {
		if !s.Send(e) {
			detach()
		}
	})
	close(ready)
	return s
}

// Notifications returns which events are published as messages.
func (c *Cache) Notifications() datatypes.Notifications { return c.notify.Notifications() }

// SetNotifications changes which events are published as messages to the subscribers of PubSub. It is CONFIG SET
// notify-keyspace-events.
func (c *Cache) SetNotifications(n datatypes.Notifications) { c.notify.Set(n) }

// Tx is what a closure of Update or UpdateAll works with: the stores of a
// cache, with everything done through them atomic. It must not be used after the closure
// returned, nor by another goroutine.
type Tx struct {
	tx   keyspace.Tx
	view keyspace.View
}

// Bitmaps returns the store of bitmaps.
func (tx *Tx) Bitmaps() datatypes.Bitmaps { return datatypes.NewBitmaps(tx.view) }

// Geo returns the store of positions on the earth.
func (tx *Tx) Geo() datatypes.Geo { return datatypes.NewGeo(tx.view) }

// Hashes returns the store of hashes.
func (tx *Tx) Hashes() datatypes.Hashes { return datatypes.NewHashes(tx.view) }

// HyperLogLogs returns the store of HyperLogLogs.
func (tx *Tx) HyperLogLogs() datatypes.HyperLogLogs { return datatypes.NewHyperLogLogs(tx.view) }

// Lists returns the store of lists.
func (tx *Tx) Lists() datatypes.Lists { return datatypes.NewLists(tx.view) }

// Sets returns the store of sets.
func (tx *Tx) Sets() datatypes.Sets { return datatypes.NewSets(tx.view) }

// SortedSets returns the store of sorted sets.
func (tx *Tx) SortedSets() datatypes.SortedSets { return datatypes.NewSortedSets(tx.view) }

// Strings returns the store of strings.
func (tx *Tx) Strings() datatypes.Strings { return datatypes.NewStrings(tx.view) }

// Keys returns the operations on keys of any type.
func (tx *Tx) Keys() datatypes.Keys { return datatypes.NewKeys(tx.view) }

// DB returns a numbered database within the transaction. It returns
// datatypes.ErrInvalidDB.
func (tx *Tx) DB(n int) (DB, error) {
	view, err := tx.view.In(n)
	return DB{view}, err
}

// Stats are those of the cache. The transaction must hold all of it, as that of UpdateAll does, or
// they are zero.
func (tx *Tx) Stats() Stats { return tx.view.Stats() }

// DBStats is Cache.DBStats. Its result is empty unless the transaction holds the whole cache, as for Stats.
func (tx *Tx) DBStats() []DBStats { return tx.view.DBStats() }

// MemoryClasses is Cache.MemoryClasses. It returns datatypes.ErrNotDeclared unless the transaction holds the whole
// cache, as for Stats.
func (tx *Tx) MemoryClasses() ([]MemoryClass, error) { return tx.view.ClassStats() }

// ReleaseMemory is Cache.ReleaseMemory. It returns datatypes.ErrNotDeclared unless the transaction holds the whole
// cache, as for Stats.
func (tx *Tx) ReleaseMemory() (bytes int64, err error) { return tx.view.ReleaseMemory() }

// Databases returns the number of databases.
func (tx *Tx) Databases() int { return tx.view.Keyspace().Databases() }

// Update calls fn, which may use keys through tx, and returns its error.
// Nobody else sees or changes the keys while it runs. The keys are declared first, because
// their shards are locked in an order that excludes deadlock; using another key returns
// datatypes.ErrNotDeclared, unless it happens to share a shard with one of them, as
// those with the same {tag} do.
//
// There is no rollback: what fn did before it returned an error stays. fn must
// not use the cache other than through tx, and others wait for the shards while it
// runs. O(keys + shards) beside fn.
func (c *Cache) Update(keys []string, fn func(tx *Tx) error) error {
	return DB{c.view}.Update(keys, fn)
}

// UpdateAll is Update for every key of every database: it locks the whole
// cache.
func (c *Cache) UpdateAll(fn func(tx *Tx) error) error { return DB{c.view}.UpdateAll(fn) }

func (tx *Tx) run(view keyspace.View, fn func(*Tx) error) error {
	defer tx.tx.Release()
	tx.view = tx.tx.View(view)
	return fn(tx)
}

// Watch notices changes of keys, as WATCH does.
type Watch struct {
	watch *keyspace.Watch
	view  keyspace.View
}

// Watch watches keys from here on until Close.
func (c *Cache) Watch(keys ...string) (*Watch, error) {
	w := &Watch{c.ks.NewWatch(), c.view}
	if err := w.Add(DB{c.view}, keys...); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// Add watches keys of a database too, from here on. It is WATCH. O(keys).
func (w *Watch) Add(d DB, keys ...string) error { return w.watch.Add(d.view, keys...) }

// Keys returns the watched keys, those of all databases.
func (w *Watch) Keys() []string { return w.watch.Keys() }

// Size returns about how many bytes of the Go heap the watch takes. O(1).
func (w *Watch) Size() int { return w.watch.Size() }

// Changed reports whether a watched key was written, deleted, evicted or
// flushed, or has expired, since it was watched. O(keys).
func (w *Watch) Changed() (bool, error) { return w.watch.Changed(w.view) }

// ChangedIn is Changed inside of a transaction that has the keys declared: what
// it says holds until the transaction ends.
func (w *Watch) ChangedIn(tx *Tx) (bool, error) { return w.watch.Changed(tx.view) }

// Dirty reports whether a watched key is known to have changed. It takes no locks, and so may not know yet of
// one that has expired. O(1).
func (w *Watch) Dirty() bool { return w.watch.Dirty() }

// Close ends the watch.
func (w *Watch) Close() { w.watch.Close() }
