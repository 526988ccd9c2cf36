package resp

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/larderkv/larder"
)

// Tracking.
//
// Clients that cache what they read are told when it changes. The server remembers which client has read which key, until
// the key changes for the first time after that; or it tells a client of every change of keys with certain prefixes, and
// remembers nothing of it.
//
// A key is remembered before it is read. So whoever changes it either does so before the read, which then sees the
// change, or finds that it is remembered. It may happen that a change is announced that the read has seen already: that
// costs the client a reading, never a wrong value. The announcement is put behind the reply to the reading in any case,
// since a client's messages wait until the running command has been answered.
//
// The table is a bounded one: where it is full a key makes room for a new one, as if it had changed.

// tracking is how the reads of a client are tracked. Its fields but caching change under the tracker's mutex and are read
// by the client's owner without.
type tracking struct {
	bcast, optIn, optOut, noLoop bool

	redirect int64 // the client that messages go to, 0: this one
	broken   bool  // which has gone
	prefixes []string

	caching bool // CLIENT CACHING YES or NO holds for the next command
}

// notTracked is what CLIENT GETREDIR says to a client whose reads are not tracked.
const notTracked = -1

// flags are those of CLIENT LIST.
func (tr *tracking) flags() string {
	flags := "t"
	if tr.broken {
		flags += "R"
	}
	if tr.bcast {
		flags += "B"
	}
	return flags
}

// tracker knows what clients may have cached. Its zero value with srv set is ready.
type tracker struct {
	srv *Server

	mu       sync.Mutex
	clients  map[int64]*client
	keys     map[string][]int64 // sorted numbers of clients, some of which may have gone
	items    int                // sum of their lengths
	bytes    int                // sum of the keys' lengths
	prefixes map[string][]*client
	cancel   func() // ends listening to changes, which goes on while there are clients

	active  atomic.Bool   // there are clients
	batches atomic.Uint64 // of commands executed while it is active
}

// enable begins or changes the tracking of a client's reads.
func (t *tracker) enable(c *client, to tracking) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.clients == nil {
		t.clients, t.keys, t.prefixes = make(map[int64]*client), make(map[string][]int64), make(map[string][]*client)
	}
	for _, prefix := range to.prefixes {
		t.prefixes[prefix] = append(t.prefixes[prefix], c)
	}
	known := 0
	if c.tracking == nil {
		c.tracking = new(tracking)
	} else {
		known = len(c.tracking.prefixes)
		to.prefixes = append(c.tracking.prefixes, to.prefixes...)
		to.caching = c.tracking.caching
	}
	*c.tracking = to
	for _, prefix := range to.prefixes[known:] {
		c.topics += int64(len(prefix)) + topicCost
	}
	t.clients[c.id] = c
	if t.cancel == nil {
		t.active.Store(true)
		t.cancel = t.srv.Cache.OnChange(func(ch larder.Change) { t.changed(ch.Key, ch.All, ch.Origin) })
	}
	c.showTracking()
}

// endBatch follows the commands of a client that came together.
func (t *tracker) endBatch() {
	if t.active.Load() {
		t.batches.Add(1)
	}
}

// disable ends the tracking of a client's reads.
func (t *tracker) disable(c *client) {
	if c.tracking == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, prefix := range c.tracking.prefixes {
		rest := slices.DeleteFunc(t.prefixes[prefix], func(o *client) bool { return o == c })
		if t.prefixes[prefix] = rest; len(rest) == 0 {
			delete(t.prefixes, prefix)
		}
	}
	for _, prefix := range c.tracking.prefixes {
		c.topics -= int64(len(prefix)) + topicCost
	}
	c.tracking = nil
	c.showTracking()
	delete(t.clients, c.id)
	if len(t.clients) == 0 {
		clear(t.keys)
		t.items, t.bytes = 0, 0
		t.cancel()
		t.cancel = nil
		t.active.Store(false)
	}
}

// showTracking tells CLIENT LIST how the client is tracked.
func (c *client) showTracking() {
	flags, redirect := "", int64(notTracked)
	if c.tracking != nil {
		flags, redirect = c.tracking.flags(), c.tracking.redirect
	}
	c.setProfile(func(p *profile) { p.tracked, p.redirect = flags, redirect })
}

// remember notes that a client is about to read a key.
func (t *tracker) remember(c *client, key []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	ids, known := t.keys[string(key)]
	at, found := slices.BinarySearch(ids, c.id)
	if found {
		return
	}
	t.keys[string(key)] = slices.Insert(ids, at, c.id)
	t.items++
	if !known {
		t.bytes += len(key)
		t.makeRoom(text(key))
	}
}

// makeRoom drops keys, but for one, while there are more than the limit.
func (t *tracker) makeRoom(keep string) {
	limit := t.srv.settings.maxTracked.Load()
	for limit > 0 && int64(len(t.keys)) > limit {
		for key := range t.keys { // begins anywhere
			if key != keep || len(t.keys) == 1 {
				t.invalidate(key, 0)
				break
			}
		}
	}
}

// shrink follows a change of the limit.
func (t *tracker) shrink() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.makeRoom("")
}

// changed is told of every change of a key, by whatever means.
func (t *tracker) changed(key string, all bool, origin int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if all {
		t.invalidateAll()
		return
	}
	t.invalidate(key, origin)
	for prefix, clients := range t.prefixes {
		if !strings.HasPrefix(key, prefix) {
			continue
		}
		for _, c := range clients {
			t.tell(c, invalidation{key: key, prefix: prefix}, origin)
		}
	}
}

// invalidate tells those who may have a key cached that it has changed, and forgets them.
func (t *tracker) invalidate(key string, origin int64) {
	ids, ok := t.keys[key]
	if !ok {
		return
	}
	delete(t.keys, key)
	t.items -= len(ids)
	t.bytes -= len(key)
	for _, id := range ids {
		if c := t.clients[id]; c != nil && !c.tracking.bcast {
			t.tell(c, invalidation{key: key}, origin)
		}
	}
}

// invalidateAll tells all that everything may have changed.
func (t *tracker) invalidateAll() {
	clear(t.keys)
	t.items, t.bytes = 0, 0
	for _, c := range t.clients {
		t.tell(c, invalidation{all: true}, 0)
	}
}

// invalidation is what a client is told: that a key has changed, or that all may have.
type invalidation struct {
	key    string
	prefix string // of the key, for which the client is told
	all    bool
}

// tell sends a message to a client, or to the one that it has its messages sent to. Without RESP3 only subscribers of
// the channel for it can take it. Keys of one prefix that change at a time are told in one message, as Redis does it.
func (t *tracker) tell(c *client, what invalidation, origin int64) {
	tr := c.tracking
	if tr.noLoop && origin == c.id {
		return
	}
	to := c
	if tr.redirect != 0 {
		if to = t.srv.clientNumbered(tr.redirect); to == nil {
			t.breakOff(c)
			return
		}
	}
	to.mu.Lock()
	resp, subscribed := to.shownRESP, to.profile.subscribed()
	to.mu.Unlock()
	var head []byte
	switch {
	case resp > 2:
		head = appendBulk(appendHeader(nil, '*', 2), "invalidate")
	case to != c && subscribed:
		head = appendBulk(appendHeader(nil, '*', 3), "message")
		head = appendBulk(head, "__redis__:invalidate")
	default:
		return
	}
	switch {
	case what.all && resp > 2:
		to.push(append(head, "_\r\n"...))
	case what.all:
		to.push(append(head, "$-1\r\n"...))
	case tr.bcast:
		to.pushKey(head, listing{c.id, what.prefix, t.batches.Load()}, what.key)
	default:
		to.push(appendBulk(appendHeader(head, '*', 1), what.key))
	}
}

// breakOff notes that the client that messages were to go to has gone, and says so where it can be said.
func (t *tracker) breakOff(c *client) {
	c.tracking.broken = true
	c.showTracking()
	c.mu.Lock()
	resp := c.shownRESP
	c.mu.Unlock()
	if resp > 2 {
		c.push(appendHeader(appendBulk(appendHeader(nil, '*', 2), "tracking-redir-broken"), ':', c.tracking.redirect))
	}
}

// What an entry of the table costs beside its key, and a client in it.
const (
	trackedKeyCost  = 64
	trackedItemCost = 8
)

// memory returns about what the table of keys holds.
func (t *tracker) memory() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return int64(t.bytes + trackedKeyCost*len(t.keys) + trackedItemCost*t.items)
}

// addStats adds what is tracked.
func (t *tracker) addStats(st *Stats) {
	t.mu.Lock()
	defer t.mu.Unlock()
	st.TrackingClients, st.TrackedKeys = len(t.clients), len(t.keys)
	st.TrackedItems, st.TrackedPrefixes = int(t.items), len(t.prefixes)
}

// clientNumbered returns the client with that number, nil if there is none.
func (s *Server) clientNumbered(id int64) *client {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.clients[id]
	if c != nil && c.killed.Load() {
		return nil
	}
	return c
}

// track remembers the keys that a command is about to read.
func (c *client) track(q *queued) {
	tr := c.tracking
	if tr.bcast || q.cmd.flags&flagReadonly == 0 || tr.optIn && !tr.caching || tr.optOut && tr.caching {
		return
	}
	var room [8]keyRef
	refs, _ := q.cmd.appendKeys(room[:0], q.args)
	for _, ref := range refs {
		c.srv.tracker.remember(c, q.args[ref.index])
	}
}

// tracked is what follows a command: what the client itself has changed it is told right after the reply, and what it
// said by CLIENT CACHING has been seen to, unless that was for a transaction which is not over.
func (c *client) tracked(q *queued) {
	if c.tx == nil && c.tracking.caching && !(q.cmd != nil && strings.HasPrefix(q.cmd.name, "client|")) {
		c.tracking.caching = false
	}
	c.appendPushes()
}
