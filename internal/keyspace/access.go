package keyspace

import (
	"math/bits"
	"time"

	"github.com/larderkv/larder/internal/eviction"
)

// The 16 access bits of an entry are what eviction knows of its use. Under the
// LFU policies the lower eight are an eviction.Meta, under all others they are the
// second of the last use.
//
// Reads write them only where they change: at most once a second, or as often
// as eviction.Meta says. Without a limit the LFU policies record nothing.

// recording says what is recorded of a read: one of the first three for the eviction policy, and with recordUses what
// the hot keys are found by. Both are in one word, so that as long as nothing is recorded a read looks at no other.
type recording uint32

const (
	recordClock recording = iota
	recordWorth
	recordNothing

	recordUses recording = 1 << 2
)

// recorded returns what is recorded for the eviction policy.
func (ks *Keyspace) recorded() recording { return recording(ks.recording.Load()) &^ recordUses }

func recordingOf(p Policy, limit int64) recording {
	switch {
	case p != AllKeysLFU && p != VolatileLFU:
		return recordClock
	case limit > 0:
		return recordWorth
	}
	return recordNothing
}

// setRecording follows changes of policy and limit.
func (ks *Keyspace) setRecording() {
	r := recordingOf(ks.Policy(), ks.MaxBytes())
	if ks.hot.Options().Keys > 0 {
		r |= recordUses
	}
	ks.recording.Store(uint32(r))
}

func (sh *shard) tick() uint16 { return uint16(sh.ks.tick.Load()) }

// policyHash turns a table's hash around, so that the half by which the policy
// finds an entry's bucket again is the one that says where the bucket is.
func policyHash(h uint64) uint64 { return bits.RotateLeft64(h, 32) }

// inserted returns the access bits of a new entry of n bytes.
func (sh *shard) inserted(hash uint64, n int) uint16 {
	if sh.ks.recorded() == recordClock {
		return sh.tick()
	}
	if sh.worth == nil {
		return 0
	}
	h := policyHash(hash)
	m := sh.worth.Insert(h, sh.full(n))
	sh.worthTick.Store(sh.worth.Tick())
	sh.observe(h)
	return uint16(m)
}

// hit returns the access bits after a read.
func (sh *shard) hit(from uint16) uint16 {
	switch sh.ks.recorded() {
	case recordClock:
		return sh.tick()
	case recordWorth:
		return uint16(eviction.Meta(from).Touch(sh.worthTick.Load()))
	}
	return from
}

// rewritten returns the access bits after an overwrite.
func (sh *shard) rewritten(from uint16) uint16 { return sh.hit(from) }

// observe shows an access to the tuner, if its key is among those sampled.
func (sh *shard) observe(policyHash uint64) {
	if t := sh.ks.tuner.Load(); t != nil && t.Samples(policyHash) {
		t.Observe(policyHash)
	}
}

// age orders candidates for eviction under the clock: the oldest goes first.
func (sh *shard) age(bits uint16) int64 { return int64(sh.tick() - bits) }

func (sh *shard) idle(bits uint16) time.Duration {
	return time.Duration(sh.tick()-bits) * tickMillis * time.Millisecond
}

// Redis starts the frequency counter of a new key at 5. A doubling of the hits
// raises ours by about as much as it raises Redis'.
const (
	initialFreq  = 5
	freqPerWorth = 2
)

func (sh *shard) freq(bits uint16) int {
	worth := eviction.Meta(bits).Worth(sh.worthTick.Load())
	return min(max(initialFreq+worth*freqPerWorth, 0), 255)
}
