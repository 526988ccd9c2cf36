package datatypes

import (
	"encoding/binary"
	"math"
	"sync"

	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/internal/keyspace"
)

// densePack is a sorted set as a listpack, in which members and scores alternate, in
// order. A score that is an integer is stored as one, any other as the eight bytes of the
// double: nothing is printed or parsed to compare it. A negative zero loses its sign, as it
// does in Redis.
type densePack encoding.Listpack

func (d densePack) lp() encoding.Listpack { return encoding.Listpack(d) }

func (d densePack) len() int { return d.lp().Len() / 2 }

// scoreElement returns the element of a score. It refers to room.
func scoreElement(score float64, room *[8]byte) encoding.Element {
	const exactInt = 1 << 53
	if -exactInt < score && score < exactInt && score == math.Trunc(score) {
		return encoding.IntElement(int64(score))
	}
	binary.LittleEndian.PutUint64(room[:], math.Float64bits(score))
	return encoding.BytesElement(room[:])
}

func scoreOf(e encoding.Element) float64 {
	if n, ok := e.Int(); ok {
		return float64(n)
	}
	b, _ := e.Text()
	return math.Float64frombits(binary.LittleEndian.Uint64(b))
}

// read returns the member at p, its score and the position of the next member.
func (d densePack) read(p int) (member encoding.Element, score float64, next int) {
	member, p = d.lp().Read(p)
	e, next := d.lp().Read(p)
	return member, scoreOf(e), next
}

func (d densePack) find(member string) (p int, ok bool) {
	return d.lp().Find(d.lp().First(), elementOf(member), 2)
}

func (d densePack) score(member string) (score float64, ok bool) {
	p, ok := d.find(member)
	if !ok {
		return 0, false
	}
	return d.scoreAt(p), true
}

// scoreAt returns the score of the member at p.
func (d densePack) scoreAt(p int) float64 { return scoreOf(d.lp().At(d.lp().Next(p))) }

func (d densePack) rank(member string) (rank int, score float64, ok bool) {
	at, ok := d.find(member)
	if !ok {
		return 0, 0, false
	}
	for p := d.lp().First(); p < at; p = d.next(p) {
		rank++
	}
	return rank, d.scoreAt(at), true
}

func (d densePack) next(p int) int { return d.lp().Next(d.lp().Next(p)) }

func (d densePack) each(i, j int, reverse bool, fn func(string, float64) bool) {
	scratch := sortedDraftPool.Get().(*sortedDraft)
	defer sortedDraftPool.Put(scratch)
	digits := scratch.digits[:]
	if reverse {
		p, _ := d.lp().Seek(2 * (j - 1))
		for n := j - i; ; {
			member, score, _ := d.read(p)
			if n--; !fn(textOf(member, digits), score) || n == 0 {
				return
			}
			p = d.lp().Prev(d.lp().Prev(p))
		}
	}
	p, _ := d.lp().Seek(2 * i)
	for range j - i {
		member, score, next := d.read(p)
		if !fn(textOf(member, digits), score) {
			return
		}
		p = next
	}
}

// behind reports whether a place is behind a member.
func (p *place) behind(member encoding.Element, score float64) bool {
	if score != p.score {
		return score < p.score
	}
	if p.at >= beforeScore {
		return p.at == behindScore
	}
	var digits [maxDigits]byte
	text := textOf(member, digits[:])
	return text < p.member || text == p.member && p.at == behindMember
}

// seek returns the rank and the position of the first member behind a place.
func (d densePack) seek(at *place) (rank, p int) {
	for p = d.lp().First(); p < d.lp().End(); rank++ {
		member, score, next := d.read(p)
		if !at.behind(member, score) {
			break
		}
		p = next
	}
	return rank, p
}

func (d densePack) rankOf(p place) int {
	rank, _ := d.seek(&p)
	return rank
}

// sortedDraft is a dense sorted set under change, in memory of its own. Every change of a
// dense set is made in a draft and then stored at once, so that none can fail
// half way.
type sortedDraft struct {
	pack   densePack
	digits [maxDigits]byte // for integers among the members that are shown to somebody
}

var sortedDraftPool = sync.Pool{New: func() any { return new(sortedDraft) }}

// lendSorted returns a draft of a dense or missing set, to be given back by release.
func lendSorted(v *sortedValue) *sortedDraft {
	d := sortedDraftPool.Get().(*sortedDraft)
	d.reset(v)
	return d
}

func (d *sortedDraft) reset(v *sortedValue) {
	if v.enc == sortedPack {
		d.pack = append(d.pack[:0], v.pack...)
		return
	}
	d.pack = densePack(encoding.NewListpack(d.pack))
}

func (d *sortedDraft) release() {
	const kept = 64 << 10
	if cap(d.pack) <= kept {
		sortedDraftPool.Put(d)
	}
}

// insert adds a member that is absent. It returns false, without effect, if the
// set is to be dense no more.
func (d *sortedDraft) insert(member string, score float64, l *sortedLimits) (fits bool) {
	var room [8]byte
	m, sc := elementOf(member), scoreElement(score, &room)
	lp := d.pack.lp()
	if !l.dense(d.pack.len()+1, len(member)) || len(lp)+m.Size()+sc.Size() > keyspace.MaxSize {
		return false
	}
	_, p := d.pack.seek(&place{score: score, member: member})
	d.pack = densePack(lp.Insert(p, m, sc))
	return true
}

// remove removes the member at p.
func (d *sortedDraft) remove(p int) { d.pack = densePack(d.pack.lp().Delete(p, 2)) }

// removeRange removes the members of ranks from i up to j.
func (d *sortedDraft) removeRange(i, j int) {
	p, _ := d.pack.lp().Seek(2 * i)
	d.pack = densePack(d.pack.lp().Delete(p, 2*(j-i)))
}

// update gives the member at p another score.
func (d *sortedDraft) update(p int, member string, score float64) {
	var room [8]byte
	d.remove(p)
	m, sc := elementOf(member), scoreElement(score, &room)
	_, p = d.pack.seek(&place{score: score, member: member})
	d.pack = densePack(d.pack.lp().Insert(p, m, sc))
}

// store makes the slot hold the draft, or nothing if that is empty. It fails
// without effect.
func (d *sortedDraft) store(s *keyspace.Slot, expireAt int64) error {
	if d.pack.len() == 0 {
		s.Delete()
		return nil
	}
	b, err := s.Put(keyspace.SortedSet, sortedPack, len(d.pack), expireAt)
	if err != nil {
		return err
	}
	copy(b, d.pack)
	return nil
}
