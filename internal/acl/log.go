package acl

import (
	"slices"
	"sync"
	"time"
)

const (
	defaultLogMax = 128

	// Denials of one kind are counted in one entry if they are no further apart, and the entry is among the newest.
	logGrouping    = time.Minute
	logGroupNewest = 10
)

// Entry is a denial in the log, or several of one kind.
type Entry struct {
	Reason   Reason
	Context  string // where it happened: toplevel or multi
	Object   string // what was denied: the command, key or channel
	Username string
	Client   string // who it was, as CLIENT INFO says
	Count    int64
	Time     time.Time // of the last one
}

// Log holds the latest denials. The methods may be called from several goroutines.
type Log struct {
	mu      sync.Mutex
	max     int
	entries []Entry // the newest first
}

// Add enters a denial; its Count is set.
func (l *Log) Add(e Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.Count = 1
	for i := range min(len(l.entries), logGroupNewest) {
		if known := &l.entries[i]; known.like(&e) {
			e.Count += known.Count
			l.entries = slices.Delete(l.entries, i, i+1)
			break
		}
	}
	l.entries = slices.Insert(l.entries, 0, e)
	l.trim()
}

func (e *Entry) like(other *Entry) bool {
	return e.Reason == other.Reason && e.Context == other.Context && e.Username == other.Username &&
		e.Object == other.Object && other.Time.Sub(e.Time) <= logGrouping
}

func (l *Log) trim() {
	if len(l.entries) > l.max {
		clear(l.entries[l.max:])
		l.entries = l.entries[:l.max]
	}
}

// Latest returns up to n entries, the newest first.
func (l *Log) Latest(n int) []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.entries[:max(0, min(n, len(l.entries)))])
}

// Reset empties the log.
func (l *Log) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = nil
}

// Max returns the number of entries that are kept (acllog-max-len).
func (l *Log) Max() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.max
}

// SetMax sets the number of entries that are kept.
func (l *Log) SetMax(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.max = n
	l.trim()
}
