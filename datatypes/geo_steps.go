package datatypes

import "github.com/larderkv/larder/internal/keyspace"

// geoReading searches an area of a large sorted set in steps: a scoredReader.
type geoReading struct {
	key    string
	query  GeoSearch
	store  GeoStoreOptions
	finder geoFinder
}

// geoStep is how many members are looked at in a step: some tens of microseconds.
const geoStep = 512

// searchMany is Search in steps.
func (g Geo) searchMany(key string, q GeoSearch) ([]Found, error) {
	r := &geoReading{key: key, query: q}
	if err := g.view.InSteps(&scoredGathering{r}, []string{key}); err != nil {
		return nil, err
	}
	return r.query.finish(r.finder.found), nil
}

func (r *geoReading) read(v keyspace.View, anew bool) (keyspace.Progress, error) {
	var s keyspace.Slot
	if err := NewSortedSets(v).lock(&s, r.key); err != nil {
		return keyspace.Done, err
	}
	defer s.Unlock()
	from := sortedOf(&s)
	if anew {
		if from.enc == sortedNone {
			r.finder = geoFinder{}
			return keyspace.Done, nil
		}
		var err error
		if r.finder, err = r.query.begin(&from); err != nil {
			return keyspace.Done, err
		}
		r.finder.copied = true
	}
	if r.finder.some(&from, geoStep) {
		return keyspace.Done, nil
	}
	return keyspace.More, nil
}

// digest makes room for what the next step may find, so that it need not.
func (r *geoReading) digest() { r.finder.found = withRoom(r.finder.found, geoStep) }

func (r *geoReading) result() []Scored { return r.store.scored(r.query.finish(r.finder.found)) }
