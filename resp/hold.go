package resp

import (
	"sync"

	"github.com/larderkv/larder"
)

// holds are the reasons for which the cache's background work is held, of which there may be several at a time.
type holds struct {
	mu    sync.Mutex
	which holdReason
}

type holdReason uint8

const (
	holdExpiry holdReason = 1 << iota // DEBUG SET-ACTIVE-EXPIRE 0
	holdPause                         // CLIENT PAUSE
)

func (h *holds) set(cache *larder.Cache, reason holdReason, on bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.which &^= reason
	if on {
		h.which |= reason
	}
	cache.Hold(h.which != 0, h.which&holdPause != 0)
}
