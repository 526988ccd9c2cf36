package keyspace

import (
	"crypto/rand"
	"encoding/binary"
	"math/bits"
	mrand "math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/larderkv/larder/internal/arena"
	"github.com/larderkv/larder/internal/eviction"
	"github.com/larderkv/larder/internal/hotkeys"
)

// MaxSize is the longest key or value in bytes: that of a Redis string.
const MaxSize = 512 << 20

const (
	maxShards = 256

	// shardsPerCore makes two cores rarely want the same shard at once.
	shardsPerCore = 4

	// bytesPerShard keeps a small limit from being cut into many parts, each
	// with partly filled pages of its own.
	bytesPerShard = 16 << 20

	defaultDatabases = 16
	maxDatabases     = 1 << 14
)

// Options configure a keyspace. The zero value is usable.
type Options struct {
	Shards        int    // rounded up to a power of two; 0: by cores and MaxBytes
	Databases     int    // 0: 16
	MaxBytes      int64  // 0: no limit
	Policy        Policy // what is evicted at the limit
	Clock         Clock  // nil: the system clock
	NoMaintenance bool   // start no goroutine; the owner calls Maintain
	Seed          uint64 // of hashes and random choices; 0: from the system
	OnTurn        func() // called in long operations, where others have their turn; nil: nothing. It may use the keyspace.
}

// Keyspace is the set of all keys of a cache: databases cut into shards. It is
// safe for concurrent use.
type Keyspace struct {
	// Read by every operation, written rarely.
	seed      uint64
	shardMask uint64
	shards    []*shard
	databases []database
	clock     Clock
	mem       *arena.Memory
	maxBytes  atomic.Int64
	policy    atomic.Uint32
	recording atomic.Uint32
	tuner     atomic.Pointer[eviction.Tuner] // nil until something is evicted by worth
	closed    atomic.Bool                    // set while every shard is locked and being written
	events    listeners
	turns     atomic.Uint64 // in which keys became ready for those who wait for them
	limits    Limits
	pauses    pauses
	onTurn    func()

	maintained bool // there is a goroutine for it

	_    [cacheLine]byte
	tick atomic.Uint32
	_    [cacheLine]byte
	hot  hotkeys.Tracker // written by operations that are sampled

	heldExpiry, heldEviction atomic.Int32 // how many holds of Hold there are

	closing atomic.Bool
	stop    chan struct{}
	stopped sync.WaitGroup
}

// Open returns an empty keyspace.
func Open(o Options) (*Keyspace, error) {
	ks := &Keyspace{
		seed:  o.Seed,
		clock: o.Clock,
		mem:   arena.NewMemory(),
		stop:  make(chan struct{}),

		onTurn:     o.OnTurn,
		maintained: !o.NoMaintenance,
	}
	if ks.seed == 0 {
		ks.seed = randomSeed()
	}
	if ks.clock == nil {
		ks.clock = systemClock{}
	}
	ks.limits.setDefaults()
	ks.SetMaxBytes(o.MaxBytes)
	ks.SetPolicy(o.Policy)
	n := shardCount(o)
	ks.shardMask = uint64(n - 1)
	ks.shards = make([]*shard, n)
	for i := range ks.shards {
		ks.shards[i] = newShard(ks, i)
	}
	ks.openDatabases(o.Databases)
	ks.now()
	if ks.maintained {
		ks.stopped.Go(ks.maintain)
	}
	return ks, nil
}

func (ks *Keyspace) openDatabases(n int) {
	if n <= 0 {
		n = defaultDatabases
	}
	ks.databases = make([]database, min(n, maxDatabases))
	for db := range ks.databases {
		ks.databases[db].open(ks, db)
	}
}

func shardCount(o Options) int {
	n := o.Shards
	if n <= 0 {
		n = shardsPerCore * runtime.GOMAXPROCS(0)
		if o.MaxBytes > 0 {
			n = min(n, int(o.MaxBytes/bytesPerShard)+1)
		}
	}
	n = min(max(n, 1), maxShards)
	return 1 << bits.Len(uint(n-1))
}

func randomSeed() uint64 {
	var b [8]byte
	rand.Read(b[:])
	return binary.LittleEndian.Uint64(b[:]) | 1
}

// Close ends maintenance and gives all memory back. Every later call returns
// ErrClosed, and so do operations that wait for data. It waits for those that hold locks.
func (ks *Keyspace) Close() error {
	if ks.closing.Swap(true) {
		return ErrClosed
	}
	close(ks.stop)
	ks.stopped.Wait()
	var waiters []*Waiter
	defer func() { // with the locks released
		for _, w := range waiters {
			w.op.Done(ErrClosed)
		}
	}()
	for _, sh := range ks.shards {
		sh.mu.Lock()
		sh.beginWrite()
		defer sh.unlock()
		waiters = append(waiters, sh.abandon()...)
	}
	ks.closed.Store(true)
	if !optimistic {
		return ks.mem.Close()
	}
	// Readers without a lock may still be under way, so the addresses stay mapped,
	// with nothing behind them, until nobody holds the keyspace any more.
	for _, sh := range ks.shards {
		sh.arena.Destroy()
	}
	ks.mem.Trim()
	runtime.AddCleanup(ks, func(m *arena.Memory) { m.Close() }, ks.mem)
	return nil
}

// Databases returns how many numbered databases there are.
func (ks *Keyspace) Databases() int { return len(ks.databases) }

// MaxBytes returns the memory limit, zero for none.
func (ks *Keyspace) MaxBytes() int64 { return ks.maxBytes.Load() }

// SetMaxBytes changes the memory limit. Memory above a lower limit is freed by
// maintenance and by the writes that follow.
func (ks *Keyspace) SetMaxBytes(n int64) {
	ks.maxBytes.Store(n)
	ks.mem.SetLimit(n)
	ks.setRecording()
}

// shardOf returns the shard of a key whose hash is h. Like in Redis Cluster a
// key with a {tag} goes by its tag, so that all keys of a tag share a shard.
func (ks *Keyspace) shardOf(key string, h uint64) *shard {
	if i := strings.IndexByte(key, '{'); i >= 0 {
		if n := strings.IndexByte(key[i+1:], '}'); n > 0 {
			h = ks.hash(key[i+1 : i+1+n])
		}
	}
	return ks.shards[h&ks.shardMask]
}

func newSource(seed uint64, shard int) *mrand.PCG {
	return mrand.NewPCG(seed, uint64(shard))
}

// random returns a number for choices between shards.
func (ks *Keyspace) random() uint64 { return mrand.Uint64() }
