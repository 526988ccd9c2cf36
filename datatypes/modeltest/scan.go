package modeltest

import (
	"fmt"
	"maps"
	"slices"
)

// scan is a scan of keys.
type scan struct {
	page  func(cursor uint64) (names []string, next uint64, err error)
	there func(m *Model) []string          // the names that the model has
	may   func(m *Model, name string) bool // whether a name may be returned though the model does not have it
}

// scan scans to the end, with an operation after each page. What was there all the while must be returned, and what
// never was must not. Where keys may be evicted the first cannot be known.
func (c *checker) scan(s scan, meanwhile Script) error {
	always, ever := nameSet(s.there(c.m)), nameSet(s.there(c.m))
	const pages = 100_000 // far more than there are names
	for cursor, n := uint64(0), 0; ; n++ {
		names, next, err := s.page(cursor)
		if err != nil {
			return fmt.Errorf("page %d: %w", n, err)
		}
		for _, name := range names {
			if !ever[name] && !s.may(c.m, name) {
				return fmt.Errorf("page %d has %.40q, which was not there", n, name)
			}
			delete(always, name)
		}
		if cursor = next; cursor == 0 {
			break
		}
		if n == pages {
			return fmt.Errorf("no end after %d pages", n)
		}
		if len(meanwhile) == 0 {
			continue
		}
		if err := c.run(meanwhile[0]); err != nil {
			return err
		}
		meanwhile = meanwhile[1:]
		now := s.there(c.m)
		for name := range always {
			if !slices.Contains(now, name) {
				delete(always, name)
			}
		}
		for _, name := range now {
			ever[name] = true
		}
	}
	if len(always) > 0 && !c.s.Evicts {
		return fmt.Errorf("%d names were there all the while and not returned: %.40q", len(always), slices.Sorted(maps.Keys(always)))
	}
	return nil
}

func nameSet(names []string) map[string]bool {
	set := map[string]bool{}
	for _, name := range names {
		set[name] = true
	}
	return set
}

// meanwhile draws what is done while a scan runs.
func (d *draws) meanwhile() (all Script) {
	for range d.between(0, 8) {
		if o := d.operations.Draw(d.t, "meanwhile"); o.Plain() {
			all = append(all, o)
		}
	}
	return all
}
