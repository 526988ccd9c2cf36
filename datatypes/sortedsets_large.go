package datatypes

import (
	"encoding/binary"
	"math"

	"github.com/larderkv/larder/hashtable"
	"github.com/larderkv/larder/internal/arena"
	"github.com/larderkv/larder/internal/btree"
	"github.com/larderkv/larder/internal/keyspace"
	"github.com/larderkv/larder/internal/members"
)

func init() {
	kind := keyspace.Kind{
		Name:     "skiplist",
		Release:  releaseSorted,
		Copier:   func() keyspace.Copier { return new(sortedCopier) },
		Relocate: relocateSorted,
		Size: func(env *hashtable.Env, root []byte) int {
			l := loadSorted(env, root)
			return l.root.Bytes() + l.tree.Bytes() + arena.ClassSize(btree.RootSize)
		},
	}
	expiring := kind
	expiring.Elements = &keyspace.ElementExpiry{
		Class:    keyspace.ClassSortedSet,
		Event:    "zexpired",
		Earliest: earliestMember,
		Expire:   expireSorted,
	}
	keyspace.RegisterKind(keyspace.SortedSet, sortedTree, &kind)
	keyspace.RegisterKind(keyspace.SortedSet, sortedVolatile, &expiring)
}

// largeSorted is a sorted set of any size: a collection of members with their scores, and a
// tree that has the same elements in order. The value in the entry is the root of the
// collection, which is loaded for the time of an operation and, if that changes it, saved; and the
// ref of the block where the root of the tree is, which is changed in place.
type largeSorted struct {
	root  members.Root
	tree  *btree.Tree
	block arena.Ref // of tree
	env   *hashtable.Env
}

const (
	blockRefSize   = 4
	sortedRootSize = members.RootSize + blockRefSize
)

func loadSorted(env *hashtable.Env, root []byte) largeSorted {
	l := largeSorted{root: members.Load(root), env: env}
	l.setBlock(arena.Ref(binary.LittleEndian.Uint32(root[members.RootSize:])))
	return l
}

// setBlock says where the root of the tree is. It reads and writes that where it lies, which
// is sound because blocks are aligned and this one is freed only with the set.
func (l *largeSorted) setBlock(ref arena.Ref) {
	l.block, l.tree = ref, (*btree.Tree)(l.env.Arena.Ptr(ref))
}

func (l *largeSorted) store(root []byte) {
	l.root.Store(root)
	binary.LittleEndian.PutUint32(root[members.RootSize:], uint32(l.block))
}

// largeSortedOf returns the large set that the slot holds.
func largeSortedOf(s *keyspace.Slot) largeSorted { return loadSorted(s.Env(), s.Value()) }

// newLargeSorted returns an empty set in the slot's arena, which put makes the slot's value.
func newLargeSorted(env *hashtable.Env) (largeSorted, error) {
	l := largeSorted{root: members.New(members.Scored), env: env}
	if env.Arena.Reserve(btree.RootSize) != nil {
		return l, ErrOutOfMemory
	}
	l.setBlock(env.Arena.Alloc(btree.RootSize))
	*l.tree = btree.Tree{}
	return l, nil
}

// save stores the set in the slot that it was loaded from, or deletes that if the
// set is empty. It reports whether it did.
func (l *largeSorted) save(s *keyspace.Slot) (deleted bool) {
	l.store(s.Value())
	if l.root.Len() > 0 {
		return false
	}
	s.Delete()
	return true
}

// put makes the slot hold a new set. If it fails, it frees the set.
func (l *largeSorted) put(s *keyspace.Slot, expireAt int64) error {
	b, err := s.Put(keyspace.SortedSet, sortedTree, sortedRootSize, expireAt)
	if err != nil {
		l.free()
		return err
	}
	l.store(b)
	return nil
}

// free frees a set that no slot holds.
func (l *largeSorted) free() {
	for !l.release(math.MaxInt) {
	}
}

// byScore is the order of elements, an [btree.Order]. It is the arena that they are in, so
// that handing it over takes no memory.
type byScore arena.Arena

func (o *byScore) Key(ref arena.Ref) uint64 { return scoreKey(members.Score((*arena.Arena)(o), ref)) }

func (o *byScore) Compare(ref arena.Ref, text string) int {
	member := members.Scored.Member((*arena.Arena)(o), ref)
	switch {
	case member < text:
		return -1
	case member > text:
		return 1
	}
	return 0
}

// scoreKey returns a key in the order of the scores. The two zeros have the same.
func scoreKey(score float64) uint64 {
	const sign = 1 << 63
	bits := math.Float64bits(score)
	switch {
	case score == 0:
		return sign
	case bits&sign != 0:
		return ^bits
	}
	return bits | sign
}

func (l *largeSorted) ordered() btree.Ordered {
	return l.tree.Ordered(l.env.Arena, (*byScore)(l.env.Arena))
}

func (l *largeSorted) member(ref arena.Ref) string { return members.Scored.Member(l.env.Arena, ref) }

func (l *largeSorted) scoreOf(ref arena.Ref) float64 { return members.Score(l.env.Arena, ref) }

func (l *largeSorted) score(member string) (score float64, ok bool) {
	ref := l.root.Find(l.env, member)
	if ref == 0 {
		return 0, false
	}
	return l.scoreOf(ref), true
}

func (l *largeSorted) rank(member string) (rank int, score float64, ok bool) {
	ref := l.root.Find(l.env, member)
	if ref == 0 {
		return 0, 0, false
	}
	c := l.at(ref)
	return c.Position(), l.scoreOf(ref), true
}

// at returns the cursor of an element.
func (l *largeSorted) at(ref arena.Ref) btree.Cursor {
	return l.ordered().Seek(btree.Point{Key: scoreKey(l.scoreOf(ref)), Text: l.member(ref)})
}

func (l *largeSorted) rankOf(p place) int {
	c := l.seek(p)
	return c.Position()
}

// seek returns a cursor at the first member behind a place.
func (l *largeSorted) seek(p place) btree.Cursor {
	side := [...]btree.Side{
		atMember: btree.AtText, behindMember: btree.BehindText,
		beforeScore: btree.BeforeKey, behindScore: btree.BehindKey,
	}
	return l.ordered().Seek(btree.Point{Key: scoreKey(p.score), Text: p.member, Side: side[p.at]})
}

// together is how many elements are looked at one after another, so that their
// cache misses overlap.
const together = 32

func (l *largeSorted) each(i, j int, reverse bool, fn func(string, float64) bool) {
	var scores [together]float64
	at := i
	if reverse {
		at = j - 1
	}
	c, _ := l.ordered().At(at)
	for left := j - i; left > 0; {
		refs := nextRun(&c, reverse, min(left, together))
		for k, ref := range refs {
			scores[k] = l.scoreOf(ref)
		}
		for k := range refs {
			if reverse {
				k = len(refs) - 1 - k
			}
			if !fn(l.member(refs[k]), scores[k]) {
				return
			}
		}
		left -= len(refs)
		if reverse {
			c.Retreat(len(refs))
		} else {
			c.Advance(len(refs))
		}
	}
}

// nextRun returns up to n elements that the cursor meets next, in rising order.
func nextRun(c *btree.Cursor, reverse bool, n int) []arena.Ref {
	if reverse {
		refs := c.Behind()
		return refs[max(len(refs)-n, 0):]
	}
	refs := c.Ahead()
	return refs[:min(len(refs), n)]
}

// sortedMemberBytes is about how many bytes a large sorted set takes for a member.
func sortedMemberBytes(length int) int {
	const node = 8 // of the tree, for an item
	return members.Scored.Size(length, 0) + hashtable.BytesPerEntry + node
}

// reserve makes sure that one member can be inserted.
func (l *largeSorted) reserve(length int) error {
	if l.root.Reserve(l.env, members.Scored.Size(length, 0)+l.tree.InsertReserve()) != nil {
		return ErrOutOfMemory
	}
	return nil
}

// insert adds a member that is absent.
func (l *largeSorted) insert(member string, score float64) (arena.Ref, error) {
	if err := l.reserve(len(member)); err != nil {
		return 0, err
	}
	ref := l.root.Insert(l.env, member, nil)
	members.SetScore(l.env.Arena, ref, score)
	l.ordered().Insert(scoreKey(score), member, ref)
	return ref, nil
}

// update gives an element another score.
func (l *largeSorted) update(ref arena.Ref, score float64) error {
	if l.env.Arena.Reserve(l.tree.InsertReserve()) != nil {
		return ErrOutOfMemory
	}
	member, key := l.member(ref), scoreKey(score)
	c := l.at(ref)
	if c.Rekey(key, member) {
		members.SetScore(l.env.Arena, ref, score)
		return nil
	}
	c.Delete()
	members.SetScore(l.env.Arena, ref, score)
	l.ordered().Insert(key, member, ref)
	return nil
}

// remove removes an element.
func (l *largeSorted) remove(ref arena.Ref) {
	l.unlist(ref)
	l.root.RemoveRef(l.env, ref)
}

// unlist takes an element out of the tree.
func (l *largeSorted) unlist(ref arena.Ref) {
	c := l.at(ref)
	c.Delete()
}

// removeRange removes the members of ranks from i up to j.
func (l *largeSorted) removeRange(i, j int) {
	l.ordered().DeleteRange(i, j, func(ref arena.Ref) { l.root.RemoveRef(l.env, ref) })
}

func (l *largeSorted) release(budget int) (done bool) {
	if !l.ordered().Release(budget, nil) || !l.root.Release(l.env, budget) {
		return false
	}
	l.env.Arena.Free(l.block, btree.RootSize)
	return true
}

func releaseSorted(env *hashtable.Env, root []byte, budget int) (done bool) {
	l := loadSorted(env, root)
	defer l.store(root)
	return l.release(budget)
}

// sortedCopier implements keyspace.Copier: it copies the members first, and puts them in order then.
type sortedCopier struct {
	copy    members.Copy
	large   largeSorted // what is made
	builder *sortedBuilder
	copied  bool // the members were copied
	ordered int  // how many are in order
}

func (c *sortedCopier) Some(to, from *hashtable.Env, root []byte, budget int) (done bool, err error) {
	l := loadSorted(from, root)
	if c.builder == nil {
		if c.large, err = newLargeSorted(to); err != nil {
			return false, err
		}
		c.builder = newSortedBuilder(&c.large)
	}
	if !c.copied {
		c.copied, err = c.copy.Some(&l.root, to, from, budget)
		c.large.root = c.copy.Root
		if err != nil {
			return false, ErrOutOfMemory
		}
		if !c.copied || budget < l.root.Len() {
			return false, nil
		}
	}
	until := l.root.Len()
	if until-c.ordered > budget {
		until = c.ordered + budget
	}
	l.each(c.ordered, until, false, func(member string, score float64) bool {
		err = c.builder.append(score, c.large.root.Find(to, member))
		return err == nil
	})
	c.ordered = until
	return until == l.root.Len(), err
}

func (c *sortedCopier) Root(dst []byte) []byte {
	if c.builder == nil {
		return dst
	}
	c.builder.Finish()
	n := len(dst)
	dst = append(dst, make([]byte, sortedRootSize)...)
	c.large.store(dst[n:])
	return dst
}

// sortedBuilder builds the tree of a large set.
type sortedBuilder struct {
	btree.Builder
	arena *arena.Arena
}

func newSortedBuilder(l *largeSorted) *sortedBuilder {
	b := &sortedBuilder{arena: l.env.Arena}
	b.Build(l.tree, l.env.Arena, (*byScore)(l.env.Arena))
	return b
}

// buildReserve is what one more item of a tree that is built may take.
var buildReserve = btree.BuildReserve(1)

func (b *sortedBuilder) append(score float64, ref arena.Ref) error {
	if b.arena.Reserve(buildReserve) != nil {
		return ErrOutOfMemory
	}
	b.Append(scoreKey(score), ref)
	return nil
}

// relocateSorted moves the members first and the tree then. A cursor of the table has its low
// bits free, so the lowest tells cursors of the tree.
func relocateSorted(env *hashtable.Env, root []byte, cursor uint64, budget int) (next uint64) {
	const inTree = 1
	l := loadSorted(env, root)
	defer l.store(root)
	if cursor == 0 && env.Arena.Evacuating(l.block) {
		l.moveBlock()
	}
	if cursor&inTree == 0 {
		cursor = l.root.Relocate(env, cursor, budget, func(from, to arena.Ref) {
			c := l.at(to)
			c.SetRef(to)
		})
		if cursor != 0 {
			return cursor
		}
	}
	position := l.ordered().Relocate(cursor>>1, budget, nil)
	if position == 0 {
		return 0
	}
	return position<<1 | inTree
}

// moveBlock moves the root of the tree.
func (l *largeSorted) moveBlock() {
	was, tree := l.block, *l.tree
	l.setBlock(l.env.Arena.Alloc(btree.RootSize))
	*l.tree = tree
	l.env.Arena.Free(was, btree.RootSize)
}

// expireSorted removes members that expired before now.
func expireSorted(env *hashtable.Env, root []byte, now int64, budget int) (removed int, more bool, left int) {
	l := loadSorted(env, root)
	removed, more = l.root.Purge(env, now, budget, l.unlist)
	l.store(root)
	return removed, more, l.root.Len()
}
