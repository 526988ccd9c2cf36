package keyspace

import (
	"math"
	"math/bits"

	"github.com/larderkv/larder/internal/arena"
)

// A scan cursor of the keyspace is a cursor of one shard's table, which uses
// the upper 48 bits only, moved down over the shard's number. Above both, in bits
// that 256 shards leave free, stands how often the table had changed its seed:
// if it has done so since, the scan of the shard begins again.
const (
	tableCursorShift = 16
	movesShift       = 56
	maxMoves         = 1<<7 - 1 // some clients take cursors for signed
)

// emptyPerKey is how many empty buckets a scan passes over for every key that it is asked for, so that a call is
// bounded where tables are empty, and ends where they are small.
const emptyPerKey = 10

// Found is a key that a scan came across.
type Found struct {
	Key      string // a copy
	Type     Type
	ExpireAt int64
}

func (ks *Keyspace) shardBits() int { return bits.Len64(ks.shardMask) }

// Scan appends keys from the cursor on to dst, at least count of them unless it reaches the end or many empty buckets,
// and returns the cursor to go on from, zero at the end. Keys for which want returns false are counted but not
// returned.
//
// A key that exists during the whole scan is returned at least once, whatever
// is written meanwhile; one that never exists is not returned. O(keys looked at).
func (v View) Scan(cursor uint64, count int, dst []Found, want func(key string, t Type) bool) ([]Found, uint64, error) {
	ks := v.ks
	n, at := cursor&ks.shardMask, cursor>>ks.shardBits()<<tableCursorShift
	moves := uint8(cursor >> movesShift)
	now := ks.now()
	empty := min(count, math.MaxInt/emptyPerKey) * emptyPerKey
	for count > 0 && empty > 0 {
		sh := ks.shards[n]
		if err := v.enter(sh); err != nil {
			return dst, 0, err
		}
		ix := v.index(sh)
		if err := sh.finishMove(ix); err != nil {
			v.leave(sh)
			return dst, 0, err
		}
		if moves != ix.moves {
			at, moves = 0, ix.moves
		}
		dst, at = sh.scan(ix, at, &count, &empty, now, dst, want)
		v.leave(sh)
		if at != 0 {
			continue
		}
		if n++; n == uint64(len(ks.shards)) {
			return dst, 0, nil
		}
	}
	return dst, uint64(moves)<<movesShift | at>>tableCursorShift<<ks.shardBits() | n, nil
}

// scan looks at buckets from the cursor on until count keys, or that many empty buckets, were seen, and takes off of
// both what it saw.
func (sh *shard) scan(ix *index, cursor uint64, count, empty *int, now int64, dst []Found, want func(string, Type) bool) (_ []Found, next uint64) {
	for *count > 0 && *empty > 0 {
		refs, next := ix.table.Scan(&sh.env, ix, cursor, sh.scratch[:0])
		sh.scratch = refs
		sh.touchAll(refs)
		for _, ref := range refs {
			dst = sh.appendFound(dst, ref, now, want)
		}
		*count -= len(refs)
		if len(refs) == 0 {
			*empty--
		}
		if cursor = next; cursor == 0 {
			break
		}
	}
	return dst, cursor
}

func (sh *shard) appendFound(dst []Found, ref arena.Ref, now int64, want func(string, Type) bool) []Found {
	p, at := sh.entry(ref)
	key := at.keyAt(p)
	if at.expired(p, now) || (want != nil && !want(key, at.typ())) {
		return dst
	}
	f := Found{Key: string([]byte(key)), Type: at.typ()}
	if at.hasExpiry() {
		f.ExpireAt = expiryOf(p)
	}
	return append(dst, f)
}

// Random returns a key, each with about the same probability, or false when
// there is none. Expired keys that it meets it deletes. O(shards) expected.
func (v View) Random() (string, bool, error) {
	for {
		lens := make([]int, len(v.ks.shards))
		total := 0
		for i, sh := range v.ks.shards {
			if err := v.enter(sh); err != nil {
				return "", false, err
			}
			lens[i] = v.index(sh).len()
			total += lens[i]
			v.leave(sh)
		}
		if total == 0 {
			return "", false, nil
		}
		pick := v.ks.random() % uint64(total)
		i := 0
		for ; pick >= uint64(lens[i]); i++ {
			pick -= uint64(lens[i])
		}
		key, ok, err := v.randomIn(v.ks.shards[i])
		if err != nil {
			return "", false, err
		}
		if !ok {
			continue
		}
		var s Slot
		if err := s.Lock(v, key); err != nil {
			return "", false, err
		}
		ok = s.Exists()
		s.Unlock()
		if ok {
			return key, true, nil
		}
	}
}

// randomIn returns a key of a shard, which may have expired.
func (v View) randomIn(sh *shard) (string, bool, error) {
	if err := v.enter(sh); err != nil {
		return "", false, err
	}
	defer v.leave(sh)
	ix := v.index(sh)
	if err := sh.finishMove(ix); err != nil {
		return "", false, err
	}
	ref := ix.table.Random(sh.arena, sh.src)
	if ref == 0 {
		return "", false, nil
	}
	p, at := sh.entry(ref)
	return string([]byte(at.keyAt(p))), true, nil
}
