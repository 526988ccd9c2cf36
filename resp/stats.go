package resp

import (
	"maps"
	"time"

	"github.com/larderkv/larder"
)

// Counts are what a server and its cache have done. They only grow.
type Counts struct {
	Connections int64 // accepted
	Rejected    int64 // connections that were refused
	Dropped     int64 // connections that were closed because all together held more than maxmemory-clients
	Commands    int64
	BytesIn     int64
	BytesOut    int64
	Hits        int64 // lookups by clients that found their key
	Misses      int64 // and those that did not
	Expired     int64 // keys of the cache, by whatever door it is used
	Evicted     int64
}

// since returns what was counted after base.
func (n Counts) since(base Counts) Counts {
	return Counts{
		Connections: n.Connections - base.Connections,
		Rejected:    n.Rejected - base.Rejected,
		Dropped:     n.Dropped - base.Dropped,
		Commands:    n.Commands - base.Commands,
		BytesIn:     n.BytesIn - base.BytesIn,
		BytesOut:    n.BytesOut - base.BytesOut,
		Hits:        n.Hits - base.Hits,
		Misses:      n.Misses - base.Misses,
		Expired:     n.Expired - base.Expired,
		Evicted:     n.Evicted - base.Evicted,
	}
}

// Stats describe a server at about one moment.
type Stats struct {
	Counts // of all time: ResetStats does not change them

	// ErrorReplies counts those by their code, the first word. Those with codes beyond the first 128 count as OTHER.
	ErrorReplies map[string]int64

	Cache     larder.Stats
	PeakBytes int64 // most of the cache's ResidentBytes that was seen while there were clients, or by Stats

	Clients         int
	BlockedClients  int // which wait for data
	TrackingClients int // which have their reads tracked
	MaxClients      int
	ClientBytes     int64 // what connections hold, but for the buffers that event loops lend them
	LongestInput    int64 // most unread input of a client
	LongestOutput   int64 // most unsent output of a client

	TrackedKeys     int // which clients may have cached
	TrackedItems    int // pairs of such a key and a client
	TrackedPrefixes int

	Channels      int // which have subscribers
	ShardChannels int
	Patterns      int
}

// Stats returns statistics. INFO shows them, with Counts and ErrorReplies since the last CONFIG RESETSTAT.
// O(shards + clients).
func (s *Server) Stats() Stats {
	s.init()
	return s.stats(s.Cache)
}

// stats is Stats on what store shows.
func (s *Server) stats(store inspected) Stats {
	cache := store.Stats()
	st := Stats{
		Counts:       s.counts(cache),
		ErrorReplies: s.ops().errors.snapshot(),
		Cache:        cache,
		PeakBytes:    s.ops().notePeak(cache.ResidentBytes),
		MaxClients:   int(s.settings.maxClients.Load()),
	}
	s.addClients(&st)
	s.tracker.addStats(&st)
	st.Channels, st.Patterns, st.ShardChannels = s.Cache.PubSub().Topics()
	return st
}

// counts reads the counters, those of the cache from its statistics.
func (s *Server) counts(cache larder.Stats) Counts {
	n := s.totals()
	n.Connections, n.Rejected, n.Dropped = s.connected.Load(), s.rejected.Load(), s.evicted.Load()
	n.Expired, n.Evicted = int64(cache.Expired), int64(cache.Evicted)
	return n
}

// totals sums over what owners of clients have counted.
func (s *Server) totals() (n Counts) {
	for _, owner := range s.owners() {
		n.add(owner)
	}
	return n
}

// add adds what an owner of clients has counted.
func (n *Counts) add(c *counters) {
	n.Commands += c.commands.Load()
	n.BytesIn += c.bytesIn.Load()
	n.BytesOut += c.bytesOut.Load()
	n.Hits += int64(c.lookups.Hits.Load())
	n.Misses += int64(c.lookups.Misses.Load())
}

// addClients adds the clients, but for those about to be disconnected.
func (s *Server) addClients(st *Stats) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.clients {
		if c.killed.Load() {
			continue
		}
		st.Clients++
		if c.blocked.Load() != nil {
			st.BlockedClients++
		}
		unread, unsent := c.unreadLen.Load(), c.unsentLen.Load()
		st.LongestInput = max(st.LongestInput, unread)
		st.LongestOutput = max(st.LongestOutput, unsent)
		st.ClientBytes += c.memory()
	}
}

// rates are what happens in a second.
type rates struct{ commands, bytesIn, bytesOut float64 }

// sampleInterval is the least time over which rates are taken.
const sampleInterval = 900 * time.Millisecond

// sample notes the memory in use and takes the rates since the last sample, which called about once a second are those of
// the last second.
func (s *Server) sample() {
	cache := s.Cache.Stats()
	s.ops().notePeak(cache.ResidentBytes)
	s.ops().noteRates(s.counts(cache))
}

// notePeak notes the memory in use and returns the most that was.
func (o *operations) notePeak(bytes int64) int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.peak = max(o.peak, bytes)
	return o.peak
}

// noteRates returns the rates, which it takes anew if the last time was long enough ago.
func (o *operations) noteRates(now Counts) rates {
	o.mu.Lock()
	defer o.mu.Unlock()
	at := time.Now()
	if elapsed := at.Sub(o.lastAt); elapsed >= sampleInterval {
		grown := now.since(o.last)
		perSecond := func(n int64) float64 { return float64(n) / elapsed.Seconds() }
		o.rates = rates{perSecond(grown.Commands), perSecond(grown.BytesIn), perSecond(grown.BytesOut)}
		o.last, o.lastAt = now, at
	}
	return o.rates
}

// ResetStats makes the counters that INFO shows begin anew. It is CONFIG RESETSTAT.
func (s *Server) ResetStats() {
	s.init()
	s.resetStats(s.Cache)
}

func (s *Server) resetStats(store inspected) {
	now := s.counts(store.Stats())
	s.resetCommandStats()
	o := s.ops()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.base, o.baseErrors = now, o.errors.snapshot()
}

// sinceReset returns what was counted since the counters were reset.
func (o *operations) sinceReset(st *Stats) (n Counts, errorReplies map[string]int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	errorReplies = maps.Clone(st.ErrorReplies)
	for code, before := range o.baseErrors {
		if errorReplies[code] -= before; errorReplies[code] == 0 {
			delete(errorReplies, code)
		}
	}
	return st.Counts.since(o.base), errorReplies
}
