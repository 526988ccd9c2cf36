package keyspace

import "time"

// Clock tells the time. Implementations must be safe for concurrent use.
type Clock interface {
	Now() time.Time
}

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

// Now returns the time by the keyspace's clock.
func (ks *Keyspace) Now() time.Time { return ks.clock.Now() }

// now returns the time in Unix milliseconds. A reading of the system clock
// costs tens of nanoseconds, so only what depends on time asks for it.
func (ks *Keyspace) now() int64 {
	ms := ks.clock.Now().UnixMilli()
	ks.setTick(ms)
	return ms
}

// tickMillis is the unit of the access clock that eviction policies see.
const tickMillis = 1000

// setTick advances the access clock. It is written only when it changes: all
// readers share its cache line.
func (ks *Keyspace) setTick(ms int64) {
	tick := uint32(ms / tickMillis)
	if ks.tick.Load() != tick {
		ks.tick.Store(tick)
	}
}
