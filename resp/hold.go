package resp

import (
	"sync"

	"github.com/larderkv/larder"
)

// holds are the reasons for which the server holds the cache's background work, of which there may be several at a time.
type holds struct {
	mu      sync.Mutex
	release [holdReasons]func() // nil where there is no such reason
}

type holdReason uint8

const (
	holdExpiry holdReason = iota // DEBUG SET-ACTIVE-EXPIRE 0
	holdPause                    // CLIENT PAUSE
	holdReasons
)

func (h *holds) set(cache *larder.Cache, reason holdReason, on bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	release := &h.release[reason]
	switch {
	case on && *release == nil:
		*release = cache.Hold(true, reason == holdPause)
	case !on && *release != nil:
		(*release)()
		*release = nil
	}
}
