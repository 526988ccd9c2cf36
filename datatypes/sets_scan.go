package datatypes

import (
	"iter"

	"github.com/larderkv/larder/internal/arena"
	"github.com/larderkv/larder/internal/glob"
	"github.com/larderkv/larder/internal/keyspace"
)

// ElementScanOptions are the options of scans of one collection. The zero value
// returns every element.
type ElementScanOptions struct {
	Match string // only elements whose member or field matches this glob pattern; empty: all
	Count int    // about how many elements to look at; zero: 10
}

func (o *ElementScanOptions) count() int {
	if o.Count <= 0 {
		return scanCount
	}
	return o.Count
}

func (o *ElementScanOptions) wants(name string) bool {
	return o.Match == "" || glob.Match(o.Match, name, false)
}

// Scan returns some members and the cursor with which to ask for more; it starts
// with cursor zero, and zero comes back at the end. A small set is returned whole. It is
// SSCAN. O(Count).
//
// A member that is in the set during the whole scan is returned at least once, whatever
// happens meanwhile; one that is never in it then is not returned. A member may be
// returned twice. The cursor is all there is to a scan.
func (st Sets) Scan(key string, cursor uint64, o ElementScanOptions) (members []string, next uint64, err error) {
	var s keyspace.Slot
	if err := st.lock(&s, key); err != nil {
		return nil, 0, err
	}
	defer s.Unlock()
	s.Touch()
	v := setOf(&s)
	if v.enc != setTable {
		v.eachMember(func(m []byte) {
			if name := string(m); o.wants(name) {
				members = append(members, name)
			}
		})
		return members, 0, nil
	}
	var room [4 * scanCount]arena.Ref
	refs, next := v.large.root.Scan(v.large.env, cursor, o.count(), room[:0])
	for _, ref := range refs {
		if name := v.large.member(ref); o.wants(name) {
			members = append(members, string([]byte(name)))
		}
	}
	return members, next, nil
}

// Members returns an iterator over the members of a set. It holds no lock while
// its body runs and has the guarantee of Scan; it ends early when the key ceases to
// hold a set or the cache is closed. Use Each or Union for the members of one
// moment. O(members).
func (st Sets) Members(key string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for cursor := uint64(0); ; {
			members, next, err := st.Scan(key, cursor, ElementScanOptions{Count: iterCount})
			if err != nil {
				return
			}
			for _, m := range members {
				if !yield(m) {
					return
				}
			}
			if cursor = next; cursor == 0 {
				return
			}
		}
	}
}
