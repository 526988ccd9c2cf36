package resp

import (
	"crypto/rand"
	"encoding/hex"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larderkv/larder"
)

// operations is what a server keeps for those who operate it. Nothing in it is written while commands succeed.
type operations struct {
	runID         string // names this run of the server
	replicationID string // names the history of its data

	configMu    sync.Mutex             // orders changes of parameters
	newPassword atomic.Pointer[string] // what requirepass was set to while the server runs
	oldPassword string                 // and what it was before
	keepAlive   atomic.Int64           // seconds, 0: never

	errors errorCounts

	mu    sync.Mutex
	base  tally // counts that INFO does not show, because they were reset
	last  tally // a while ago
	rates rates
	peak  int64 // most memory that was seen in use
}

func (s *Server) ops() *operations { return &s.operation }

const defaultKeepAlive = 300

func (o *operations) init(s *Server) {
	o.runID, o.replicationID = randomID(), randomID()
	o.oldPassword = s.Password
	o.keepAlive.Store(defaultKeepAlive)
	o.last.at = time.Now()
}

func randomID() string {
	var id [20]byte
	rand.Read(id[:])
	return hex.EncodeToString(id[:])
}

func (o *operations) password() string {
	if p := o.newPassword.Load(); p != nil {
		return *p
	}
	return o.oldPassword
}

// errorCounts count error replies by their code, the first word. A nil pointer to them counts nothing.
type errorCounts struct {
	mu     sync.Mutex
	byCode map[string]int64
}

// maxErrorCodes bounds the codes that are told apart. The others count as otherCode.
const (
	maxErrorCodes = 128
	otherCode     = "OTHER"
)

func (e *errorCounts) add(text string) {
	if e == nil {
		return
	}
	code, _, found := strings.Cut(text, " ")
	if !found {
		code = "ERR"
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.byCode == nil {
		e.byCode = make(map[string]int64)
	}
	if _, known := e.byCode[code]; !known {
		code = strings.Clone(code)
		if len(e.byCode) >= maxErrorCodes {
			code = otherCode
		}
	}
	e.byCode[code]++
}

func (e *errorCounts) snapshot() (byCode map[string]int64, total int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, n := range e.byCode {
		total += n
	}
	return maps.Clone(e.byCode), total
}

func (e *errorCounts) reset() {
	e.mu.Lock()
	defer e.mu.Unlock()
	clear(e.byCode)
}

// tally is the state of all counters that only grow.
type tally struct {
	at                time.Time
	connected         int64
	rejected          int64
	commands          int64
	bytesIn, bytesOut int64
	hits, misses      int64
	expired, evicted  int64
}

// tally reads the counters, those of the cache from its statistics. O(shards).
func (s *Server) tally(cache cacheStats) tally {
	t := tally{
		at:        time.Now(),
		connected: s.connected.Load(),
		rejected:  s.rejected.Load(),
		expired:   int64(cache.Expired),
		evicted:   int64(cache.Evicted),
	}
	t.commands, t.bytesIn, t.bytesOut = s.totals()
	t.hits, t.misses = s.lookups()
	return t
}

// lookups returns how many reads of clients have found their key, and how many have not.
func (s *Server) lookups() (hits, misses int64) {
	s.mu.Lock()
	loops := s.loops
	s.mu.Unlock()
	add := func(n *larder.Counters) {
		hits += int64(n.Hits.Load())
		misses += int64(n.Misses.Load())
	}
	add(&s.netCount.lookups)
	for _, l := range loops {
		add(&l.count.lookups)
	}
	return hits, misses
}

// since returns what was counted after base.
func (t tally) since(base tally) tally {
	t.connected -= base.connected
	t.rejected -= base.rejected
	t.commands -= base.commands
	t.bytesIn -= base.bytesIn
	t.bytesOut -= base.bytesOut
	t.hits -= base.hits
	t.misses -= base.misses
	t.expired -= base.expired
	t.evicted -= base.evicted
	return t
}

// rates are what happens in a second.
type rates struct{ commands, bytesIn, bytesOut float64 }

// sampleInterval is the least time over which rates are taken.
const sampleInterval = 900 * time.Millisecond

// sample takes the rates since the last sample and notes the memory in use. It returns what was counted since the
// counters were reset. Called about once a second it makes the rates those of the last second; INFO calls it too.
func (s *Server) sample(store inspected) (tally, rates, cacheStats) {
	cache := store.Stats()
	now := s.tally(cache)
	o := s.ops()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.peak = max(o.peak, cache.ResidentBytes)
	if elapsed := now.at.Sub(o.last.at); elapsed >= sampleInterval {
		grown := now.since(o.last)
		perSecond := func(n int64) float64 { return float64(n) / elapsed.Seconds() }
		o.rates = rates{perSecond(grown.commands), perSecond(grown.bytesIn), perSecond(grown.bytesOut)}
		o.last = now
	}
	return now.since(o.base), o.rates, cache
}

// ResetStats makes the counters that INFO shows begin anew. It is CONFIG RESETSTAT.
func (s *Server) ResetStats() {
	s.init()
	s.resetStats(s.Cache)
}

func (s *Server) resetStats(store inspected) {
	now := s.tally(store.Stats())
	o := s.ops()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.base = now
	o.errors.reset()
}

func (s *Server) peakMemory() int64 {
	o := s.ops()
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.peak
}
