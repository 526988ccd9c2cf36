package dashboard

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/larderkv/larder"
)

const (
	// bigKeys is how many of the largest keys of a type are looked for.
	bigKeys = 10

	// A walk takes no more than one part in restFactor of the time, and there is none more often than leastRest.
	restFactor = 20
	leastRest  = 5 * time.Second
)

// census finds what keys take, by walking over all of them while somebody asks.
type census struct {
	cache *larder.Cache
	turn  chan struct{} // holds an element while somebody uses what follows
	last  censusReport
	next  time.Time // when it is worth another walk
}

// censusReport is what a walk has found.
type censusReport struct {
	At    int64      `json:"at"`   // Unix milliseconds
	Rest  int64      `json:"rest"` // milliseconds until there will be another
	Types []typeSize `json:"types"`
	Big   []bigKey   `json:"big"` // the largest one first
}

type typeSize struct {
	Type  string `json:"type"`
	Keys  int    `json:"keys"`
	Bytes int64  `json:"bytes"`
}

type bigKey struct {
	Key   string `json:"key"`
	DB    int    `json:"db"`
	Type  string `json:"type"`
	Bytes int    `json:"bytes"`
}

// report returns what the last walk has found, after another one if it is time for that. It fails when the context ends
// before, or when the cache is closed.
func (c *census) report(ctx context.Context) (censusReport, error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return censusReport{}, ctx.Err()
	}
	begun := time.Now()
	if begun.Before(c.next) {
		report := c.last
		report.Rest = c.next.Sub(begun).Milliseconds()
		return report, nil
	}
	found, err := c.cache.BigKeys(ctx, bigKeys)
	if err != nil {
		return censusReport{}, err
	}
	ended := time.Now()
	rest := max(leastRest, restFactor*ended.Sub(begun))
	c.next = ended.Add(rest)
	c.last = newCensusReport(found)
	c.last.At, c.last.Rest = ended.UnixMilli(), rest.Milliseconds()
	return c.last, nil
}

func newCensusReport(found []larder.TypeSize) censusReport {
	r := censusReport{Types: []typeSize{}, Big: []bigKey{}}
	for _, t := range found {
		r.Types = append(r.Types, typeSize{Type: t.Type.String(), Keys: t.Keys, Bytes: t.Bytes})
		for _, k := range t.Largest {
			r.Big = append(r.Big, bigKey{Key: keyText(k.Key), DB: k.DB, Type: t.Type.String(), Bytes: k.Bytes})
		}
	}
	slices.SortStableFunc(r.Big, func(a, b bigKey) int { return cmp.Compare(b.Bytes, a.Bytes) })
	return r
}
