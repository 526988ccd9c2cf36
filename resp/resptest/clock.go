package resptest

import (
	"sync"
	"time"
)

// clock is a clock that can be moved: it goes with the system's, ahead of it by
// some time, or stands still.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
	stood time.Time // where it stands, zero while it goes
}

// Now implements larder.Clock.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.stood.IsZero() {
		return c.stood
	}
	return time.Now().Add(c.ahead)
}

// stop makes the clock stand at t, or go on with the system's time if t is zero.
func (c *clock) stop(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stood, c.ahead = t, 0
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.stood.IsZero() {
		c.stood = c.stood.Add(d)
		return
	}
	c.ahead += d
}
