package main

import (
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/larderkv/larder"
)

// A key is used by one worker only, which knows all that was done to it. What it does not know is whether the key was
// evicted, or exactly when it expired. So the model of a key is not one state but all those that may be: before a command
// each state that may have lost its key also has an heir that did, then the command is applied to all of them, and those
// that would have replied otherwise than the cache did are ruled out. A cache that is right never rules out all of them;
// one that returns something stale, torn or lost does so at once. Where the policy evicts nothing and nothing expires
// there is one state, and the check is exact.

// kind is a type of value: what its commands are and what they do.
type kind interface {
	name() string
	fresh() value
	next(rng *rand.Rand, key string) []string // a command of the type
	whole(key string) []string                // the command that reads all of the value
	direct(db larder.DB, cmd []string) (reply string, err error)
}

// value is the content of a key in plain Go. An empty one is a key that does not exist.
type value interface {
	apply(st *state, cmd []string) (reply string)
	empty() bool
	has(element string) bool
	drop(element string)
	clone() value
}

// elementless is for values of which no part expires.
type elementless struct{}

func (elementless) has(string) bool { return false }
func (elementless) drop(string)     {}

// span is a time that is known to lie between two others: that of a reading of the clock within a call. The zero value
// is never.
type span struct{ from, to time.Time }

func (s span) set() bool { return !s.from.IsZero() }
func (s span) passedBy(t time.Time) bool {
	return s.set() && t.Add(clockSlack).After(s.from)
}
func (s span) surelyPassed(t time.Time) bool {
	return s.set() && t.After(s.to.Add(clockSlack))
}
func (s span) after(d time.Duration) span { return span{s.from.Add(d), s.to.Add(d)} }

// clockSlack is by how much the cache's clock, which counts milliseconds and may be set, may differ from the monotonic
// one.
const clockSlack = 25 * time.Millisecond

// state is one of the conditions that a key may be in.
type state struct {
	kind          kind
	value         value
	expiry        span
	element       string // the only one that expires, if elementExpiry is set
	elementExpiry span
	now           span // of the command that is being applied
}

// apply does what a command does and returns the reply that it would have.
func (st *state) apply(cmd []string, now span) string {
	st.now = now
	reply := st.common(cmd)
	if st.value.empty() {
		st.expiry, st.elementExpiry = span{}, span{}
	}
	return reply
}

func (st *state) common(cmd []string) string {
	missing := st.value.empty()
	switch cmd[0] {
	case "DEL":
		st.lose()
		return bit(!missing)
	case "PEXPIRE":
		if !missing {
			st.expiry = st.now.after(milliseconds(cmd[2]))
		}
		return bit(!missing)
	case "PERSIST":
		had := st.expiry.set()
		st.expiry = span{}
		return bit(had)
	case "PTTL":
		switch {
		case missing:
			return "-2"
		case !st.expiry.set():
			return "-1"
		}
		return "ttl"
	case "PEXPIREMEMBER":
		if !st.value.has(cmd[2]) {
			return "0"
		}
		st.element, st.elementExpiry = cmd[2], st.now.after(milliseconds(cmd[3]))
		return "1"
	}
	return st.value.apply(st, cmd)
}

// lose makes the state one in which the key does not exist.
func (st *state) lose() {
	st.value, st.expiry, st.elementExpiry = st.kind.fresh(), span{}, span{}
}

// agrees reports whether the reply of the cache is that of the state.
func (st *state) agrees(cmd []string, got, want string) bool {
	if want == "ttl" {
		ms, err := strconv.ParseInt(got, 10, 64)
		left := time.Duration(ms) * time.Millisecond
		return err == nil && ms >= 0 && left <= st.expiry.to.Sub(st.now.from)+clockSlack &&
			left >= st.expiry.from.Sub(st.now.to)-clockSlack
	}
	if approximate, ok := st.value.(approximateReplies); ok && approximate.near(cmd, got, want) {
		return true
	}
	return got == want
}

// approximateReplies is a value some of whose replies are estimates.
type approximateReplies interface {
	near(cmd []string, got, want string) bool
}

// mostStates is how many states of a key are kept apart before a command is sent that tells them apart.
const mostStates = 4

// tracked is a key and the states that it may be in.
type tracked struct {
	key    string
	kind   kind
	states []*state
	seen   int64 // when the key was last looked at, by the count of policies
	recent history
}

func newTracked(k kind, key string) *tracked {
	t := &tracked{key: key, kind: k}
	t.forget()
	return t
}

// forget is for a key whose database was emptied.
func (t *tracked) forget() {
	t.states = append(t.states[:0], &state{kind: t.kind, value: t.kind.fresh()})
}

// next returns a command for the key.
func (t *tracked) next(rng *rand.Rand) []string {
	if len(t.states) > mostStates {
		if rng.IntN(2) == 0 {
			return []string{"DEL", t.key}
		}
		return t.kind.whole(t.key)
	}
	switch rng.IntN(40) {
	case 0:
		return []string{"DEL", t.key}
	case 1, 2:
		return []string{"PEXPIRE", t.key, strconv.Itoa(1 + rng.IntN(2000))}
	case 3:
		return []string{"PERSIST", t.key}
	case 4, 5:
		return []string{"PTTL", t.key}
	case 6, 7, 8, 9, 10, 11:
		return t.kind.whole(t.key)
	}
	return t.kind.next(rng, t.key)
}

// fitsElementExpiry reports whether no state has an element that expires: the model follows one at a time.
func (t *tracked) fitsElementExpiry() bool {
	for _, st := range t.states {
		if st.elementExpiry.set() {
			return false
		}
	}
	return true
}

// branch adds the states that may have come about since the last command, by what has expired or been evicted.
func (t *tracked) branch(now span, evicting evictions) {
	kept := t.states[:0:0]
	lost := false
	for _, st := range t.states {
		lost = lost || st.expiry.passedBy(now.to) || evicting.any || evicting.volatile && st.expiry.set()
		if st.expiry.surelyPassed(now.from) {
			continue
		}
		kept = append(kept, expireElement(st, now)...)
	}
	if lost {
		gone := &state{kind: t.kind}
		gone.lose()
		kept = append(kept, gone)
	}
	t.states = kept
}

// expireElement returns the states that come of one by the expiry of its element.
func expireElement(st *state, now span) []*state {
	if !st.elementExpiry.passedBy(now.to) {
		return []*state{st}
	}
	without := *st
	sure := st.elementExpiry.surelyPassed(now.from)
	if !sure {
		without.value = st.value.clone()
	}
	without.value.drop(st.element)
	without.elementExpiry = span{}
	if without.value.empty() {
		without.expiry = span{}
	}
	if sure {
		return []*state{&without}
	}
	return []*state{st, &without}
}

// check applies a command to all states and reports whether one of them explains the reply. If none does, want is what
// they would have replied.
func (t *tracked) check(cmd []string, got string, now span) (want []string, ok bool) {
	explained := t.states[:0:0]
	nothing := false
	for _, st := range t.states {
		reply := st.apply(cmd, now)
		if !st.agrees(cmd, got, reply) {
			want = append(want, reply)
			continue
		}
		if isNothing := st.value.empty(); !isNothing || !nothing {
			nothing = nothing || isNothing
			explained = append(explained, st)
		}
	}
	if len(explained) == 0 {
		return want, false
	}
	t.states = explained
	return nil, true
}
