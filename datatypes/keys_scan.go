package datatypes

import (
	"iter"

	"github.com/larderkv/larder/internal/glob"
	"github.com/larderkv/larder/internal/keyspace"
)

// scanCount is Redis' default of COUNT; iterCount the keys that an iterator
// fetches at a time.
const (
	scanCount = 10
	iterCount = 256
)

// ScanOptions are the options of Scan. The zero value returns every key.
type ScanOptions struct {
	Match string // only keys that match this glob pattern; empty: all
	Count int    // about how many keys to look at; zero: 10
	Type  Type   // only keys of this type; zero: all
}

// want returns the filter of the options, nil where everything is wanted.
func (o *ScanOptions) want() func(string, Type) bool {
	if (o.Match == "" || o.Match == "*") && o.Type == 0 {
		return nil
	}
	return func(key string, t Type) bool {
		return (o.Type == 0 || t == o.Type) && (o.Match == "" || glob.Match(o.Match, key, false))
	}
}

// Scan returns some keys and the cursor with which to ask for more; it starts
// with cursor zero, and zero comes back at the end. It is SCAN. O(Count).
//
// A key that exists during the whole scan is returned at least once, whatever
// happens meanwhile; one that never exists then is not returned. A key may be returned
// twice. The cursor is all there is to a scan: it may be left at any point.
func (k Keys) Scan(cursor uint64, o ScanOptions) (keys []string, next uint64, err error) {
	n := o.Count
	if n <= 0 {
		n = scanCount
	}
	found, next, err := k.view.Scan(cursor, n, nil, o.want())
	for _, f := range found {
		keys = append(keys, f.Key)
	}
	return keys, next, err
}

// All returns an iterator over all keys. It holds no lock while its body runs,
// has the guarantee of Scan, and ends early when the cache is closed. O(keys).
func (k Keys) All() iter.Seq[string] { return k.Match("*") }

// Match returns an iterator over the keys that match a glob pattern: * any bytes,
// ? one byte, [a-z] and [^a-z] one of a class, \ the next byte as it is. It is KEYS. O(keys).
//
// It ends early when the cache is closed, which MatchEach tells.
func (k Keys) Match(pattern string) iter.Seq[string] {
	return func(yield func(string) bool) { _ = k.MatchEach(pattern, yield) }
}

// MatchEach calls fn with each key that Match would yield, until it returns false.
func (k Keys) MatchEach(pattern string, fn func(key string) bool) error {
	want := func(key string, _ Type) bool { return glob.Match(pattern, key, false) }
	if pattern == "*" {
		want = nil
	}
	var found []keyspace.Found
	for cursor := uint64(0); ; {
		var err error
		found, cursor, err = k.view.Scan(cursor, iterCount, found[:0], want)
		for _, f := range found {
			if !fn(f.Key) {
				return nil
			}
		}
		if cursor == 0 || err != nil {
			return err
		}
	}
}
