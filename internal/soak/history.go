package main

import (
	"fmt"
	"strings"
)

// history holds what was last done to a key.
type history struct {
	events [24]event
	n      int
}

type event struct {
	at    span
	door  string
	cmd   []string
	reply string
}

func (h *history) add(e event) {
	h.events[h.n%len(h.events)] = e
	h.n++
}

// String returns the events, the oldest first, a line each.
func (h *history) String() string {
	var b strings.Builder
	for i := max(0, h.n-len(h.events)); i < h.n; i++ {
		e := h.events[i%len(h.events)]
		fmt.Fprintf(&b, "  %s +%v %s %s -> %s\n", e.at.from.Format("15:04:05.000000"), e.at.to.Sub(e.at.from), e.door,
			shorten(strings.Join(e.cmd, " ")), shorten(e.reply))
	}
	return b.String()
}

// shorten keeps what a person would read of a text.
func shorten(text string) string {
	if len(text) <= 300 {
		return fmt.Sprintf("%q", text)
	}
	return fmt.Sprintf("%q… (%d bytes)", text[:300], len(text))
}
