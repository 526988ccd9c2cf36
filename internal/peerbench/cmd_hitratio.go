package main

import (
	"flag"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

type hitRatioBenchmark struct {
	accesses int
	longest  int
	shares   shareList          // capacities given by flag
	overhead map[string]float64 // bytes an entry takes beyond key and value, by store
}

func (b *hitRatioBenchmark) register(fs *flag.FlagSet) {
	fs.IntVar(&b.accesses, "accesses", 0, "`accesses` of each generated trace (default 2M, 50k with -short)")
	fs.Var(&b.shares, "capacities", "comma-separated `shares` of a trace's distinct keys (default 1%,2%,5%,10%,20%,50%; 5%,20% with -short)")
	fs.IntVar(&b.longest, "longest", 0, "replay only the first `accesses` of each recorded trace (default all, 100k with -short)")
}

// capacities are the sizes of the caches, as shares of a trace's distinct keys.
func (b *hitRatioBenchmark) capacities(e *environment) []float64 {
	switch {
	case b.shares != nil:
		return b.shares
	case e.short:
		return []float64{0.05, 0.20}
	}
	return []float64{0.01, 0.02, 0.05, 0.10, 0.20, 0.50}
}

// shareList is a flag's value: "1%,2.5%,…".
type shareList []float64

func (l *shareList) String() string {
	var items []string
	for _, x := range *l {
		items = append(items, fmt.Sprintf("%g%%", math.Round(x*1e8)/1e6))
	}
	return strings.Join(items, ",")
}

func (l *shareList) Set(list string) error {
	var shares shareList
	for item := range strings.SplitSeq(list, ",") {
		x, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(item), "%"), 64)
		if err != nil || !(x > 0 && x <= 100) {
			return fmt.Errorf("%q is no share between 0%% and 100%%", item)
		}
		shares = append(shares, x/100)
	}
	*l = shares
	return nil
}

// contestants are the stores that decide what to evict, and plain LRU.
func contestants(e *environment) []peer {
	var out []peer
	for _, p := range append(e.peers[:len(e.peers):len(e.peers)], lru) {
		switch p.name {
		case larderName:
			out = append(out, p, larderLRU)
		case "otter", "ristretto", "theine", lru.name:
			out = append(out, p)
		}
	}
	return out
}

func (b *hitRatioBenchmark) run(e *environment) error {
	count := e.pick(b.accesses, 2_000_000, 50_000)
	traces, cut := generatedTraces(max(count/20, 100), count, e.seed), []string(nil)
	if e.traces != "" {
		recorded, err := readTraces(e.traces)
		if err != nil {
			return err
		}
		for _, t := range recorded {
			if longest := e.pick(b.longest, 0, 100_000); longest > 0 && len(t.accesses) > longest {
				cut = append(cut, fmt.Sprintf("%s: the first %s of %s accesses.", t.name, formatCount(longest), formatCount(len(t.accesses))))
				t = newTrace(t.name, t.accesses[:longest])
			}
			traces = append(traces, t)
		}
	}
	stores := contestants(e)
	if err := b.equalEntries(e, stores, traces, cut); err != nil {
		return err
	}
	return b.equalBytes(e, stores, generatedTraces(count/2, 2*count, e.seed))
}

// larderLeast is the least MaxBytes that larder takes.
const larderLeast = 1 << 20

// valueFor is the size of values with which capacity entries are well above larder's least limit. Where the policy is
// all that differs, sizes do not matter to the other stores.
func valueFor(capacity int) int { return max(1000, 2*larderLeast/capacity) }

// equalEntries holds all stores to the same number of entries. cut says which traces were not replayed to their ends.
func (b *hitRatioBenchmark) equalEntries(e *environment, stores []peer, traces []trace, cut []string) error {
	board := newScoreboard("Hit ratio at equal numbers of entries", stores)
	held := table{title: "Entries held at equal numbers of entries", header: board.table.header[:3+len(stores)]}
	c := chart{
		Slug: "hitratio", Kind: lineChart, LogX: true, Percent: true, XLabel: "capacity, % of the distinct keys",
		Title:    "Hit ratio by capacity",
		Subtitle: "% of all accesses, by capacity in % of the distinct keys, at equal numbers of entries; higher is better",
		Noise:    "one replay each; the same seed replays the same accesses",
	}
	for _, t := range traces {
		drawn := panel{Title: t.name}
		e.report.progress("replaying %s", t.name)
		for _, share := range b.capacities(e) {
			capacity := max(int(math.Round(share*float64(t.distinct))), 1)
			name, scores := []string{t.name, fmt.Sprintf("%g %%", share*100), formatCount(capacity)}, make([]float64, len(stores))
			entries := slices.Clone(name)
			for i, p := range stores {
				r, err := b.atCapacity(e, p, t, capacity)
				if err != nil {
					return err
				}
				scores[i] = r.hits
				entries = append(entries, formatHeld(r.held))
				if p.name != larderLRU.name {
					drawn.add(p.name, share*100, sample{r.hits})
				}
			}
			board.score(name[0], name[1], name[2], scores)
			held.add(entries...)
		}
		c.Panels = append(c.Panels, drawn)
	}
	board.table.note("Replayed from one goroutine as get, and set on a miss; caches that decide later are made to decide at once.")
	board.table.notes = append(board.table.notes, cut...)
	board.table.note("Capacity: entries, and as a share of the trace's distinct keys.")
	board.table.note("Larder's limit is in bytes. It is searched for each row, so that larder holds as many entries on average as the others hold at most, or fewer.")
	board.table.note("Values are of 1,000 bytes, or larger ones where capacity is small, since larder's limit is at least %s.", formatBytes(larderLeast))
	held.note("The mean from when the trace has named as many keys as fit; - where a store does not count its entries.")
	board.finish(e, "equal entries", stores)
	e.report.table(held)
	e.report.chart(c)
	return nil
}

func formatHeld(entries float64) string {
	if math.IsNaN(entries) {
		return "-"
	}
	return fmt.Sprintf("%.1f", entries)
}

// atCapacity replays a trace to a store that holds capacity entries.
func (b *hitRatioBenchmark) atCapacity(e *environment, p peer, t trace, capacity int) (replayed, error) {
	if p.name == larderName || p.name == larderLRU.name {
		return b.fit(e, p, t, capacity)
	}
	return b.replay(p, storeConfig{MaxEntries: capacity, Seed: e.seed}, t, valueFor(capacity), t.fills(capacity))
}

const (
	// fitReplays bounds the search for a limit in bytes, and fitEnough is the part of the entries allowed that ends it.
	fitReplays = 10
	fitEnough  = 0.985
)

// fit replays a trace to a store whose limit is in bytes, under the limits between which a number of entries lies, and
// returns the replay in which it held most entries without holding more than capacity on average.
func (b *hitRatioBenchmark) fit(e *environment, p peer, t trace, capacity int) (best replayed, err error) {
	entry, most := float64(valueFor(capacity)+keySize), float64(capacity)
	// Nothing is assumed to fit below the least limit, and everything into twice the bytes.
	low, lowHeld := float64(larderLeast), 0.0
	high := 2*most*entry + 4*larderLeast
	highHeld := high / entry
	fills := t.fills(capacity)
	for range fitReplays {
		// Between the two as if memory were proportional to entries, but not so near to either that nothing is learnt.
		part := ((1+fitEnough)/2*most - lowHeld) / (highHeld - lowHeld)
		limit := low + min(max(part, 0.05), 0.95)*(high-low)
		r, err := b.replay(p, storeConfig{MaxBytes: int64(limit), Seed: e.seed}, t, valueFor(capacity), fills)
		if err != nil {
			return best, err
		}
		if r.held > most {
			high, highHeld = limit, r.held
			continue
		}
		low, lowHeld = limit, r.held
		if r.held > best.held {
			best = r
		}
		if best.held >= fitEnough*most {
			return best, nil
		}
	}
	if best.held == 0 {
		return best, fmt.Errorf("%s holds more than %d entries of %s under every limit", p.name, capacity, t.name)
	}
	return best, nil
}

// replayed is what came of a replay.
type replayed struct {
	hits float64 // of all accesses
	held float64 // entries on average once the cache could be full, NaN where the store does not count them
}

// replay gives a trace to a store, which could be full from the access fills on.
func (b *hitRatioBenchmark) replay(p peer, config storeConfig, t trace, valueLen, fills int) (replayed, error) {
	config.SharedValues, config.Synchronous = true, true
	store, err := p.open(config)
	if err != nil {
		return replayed{}, err
	}
	defer store.Close()
	keys := traceKeys(t)
	value, hits := make([]byte, valueLen), 0
	get := getter(store, valueLen)
	held, counts := store.(counter)
	every := max((len(t.accesses)-fills)/512, 1)
	sum, moments := 0, 0
	for i, a := range t.accesses {
		if counts && i >= fills && (i-fills)%every == 0 {
			sum += held.Len()
			moments++
		}
		key := keys.at(int(a))
		if get(key) {
			hits++
			continue
		}
		store.Set(key, value)
	}
	r := replayed{hits: float64(hits) / float64(len(t.accesses)), held: math.NaN()}
	if moments > 0 {
		r.held = float64(sum) / float64(moments)
	}
	return r, nil
}

// getter reads without a copy where a store can.
func getter(store Store, valueLen int) func(key string) bool {
	if v, ok := store.(viewer); ok {
		return v.View
	}
	dst := make([]byte, 0, valueLen)
	return func(key string) bool {
		_, ok := store.Get(dst, key)
		return ok
	}
}

// traceKeys is the keys of all numbers that a trace uses.
func traceKeys(t trace) keyRun { return sequentialKeys(0, int(slices.Max(t.accesses))+1) }

// equalBytes holds all stores to the same memory, small values. A peer that counts entries is given as many as fit, by
// what its entries really take; larder is given the bytes.
func (b *hitRatioBenchmark) equalBytes(e *environment, stores []peer, traces []trace) error {
	if err := b.measureOverhead(e, stores); err != nil {
		return err
	}
	board := newScoreboard(fmt.Sprintf("Hit ratio at equal bytes, values of %d bytes", valueSize), stores)
	for _, t := range traces {
		e.report.progress("replaying %s at equal bytes", t.name)
		for _, share := range b.capacities(e) {
			bytes := int64(share * float64(t.distinct) * footprint)
			if bytes < larderLeast {
				continue
			}
			scores := make([]float64, len(stores))
			for i, p := range stores {
				config := storeConfig{MaxBytes: bytes, EntryBytes: pairSize, Entries: int(bytes / pairSize)}
				if p.name != larderName && p.name != larderLRU.name {
					config = storeConfig{MaxEntries: max(int(float64(bytes)/(pairSize+b.overhead[p.name])), 1)}
				}
				config.Seed = e.seed
				r, err := b.replay(p, config, t, valueSize, len(t.accesses))
				if err != nil {
					return err
				}
				scores[i] = r.hits
			}
			board.score(t.name, fmt.Sprintf("%g %%", share*100), formatBytes(float64(bytes)), scores)
		}
	}
	board.table.note("Capacity: that share of the trace's distinct keys, at %d bytes each. A peer is given as many entries as fit by what its entries take; larder is given the bytes.", footprint)
	for _, p := range stores {
		if over, measured := b.overhead[p.name]; measured {
			board.table.note("%s: %.0f bytes an entry beyond key and value, by resident memory in this run.", p.name, over)
		}
	}
	board.finish(e, "equal bytes", stores)
	return nil
}

func (b *hitRatioBenchmark) measureOverhead(e *environment, stores []peer) error {
	b.overhead = make(map[string]float64)
	n := e.pick(0, 1_000_000, 100_000)
	for _, p := range stores {
		if p.name == larderName || p.name == larderLRU.name {
			continue
		}
		v, err := once(p.name, request{Op: "mem", N: n, Config: filled(n)})
		if err != nil {
			return err
		}
		b.overhead[p.name] = v["over"]
	}
	return nil
}

// scoreboard is a table of hit ratios and what follows from them.
type scoreboard struct {
	table  table
	sums   []float64
	rows   int
	behind []float64 // points by which larder was behind the best, row by row; negative where it was ahead
}

func newScoreboard(title string, stores []peer) *scoreboard {
	b := &scoreboard{table: table{title: title, header: []string{"trace", "share", "capacity"}}}
	b.table.header = append(b.table.header, namesOf(stores)...)
	b.table.header = append(b.table.header, "larder - best, points")
	b.sums = make([]float64, len(stores))
	return b
}

func (b *scoreboard) score(name, share, capacity string, scores []float64) {
	for i, s := range scores {
		b.sums[i] += s
	}
	b.rows++
	if own, best, ok := b.compare(scores); ok {
		b.behind = append(b.behind, (best-own)*100)
	}
	b.add(name, share, capacity, scores)
}

func (b *scoreboard) add(name, share, capacity string, scores []float64) {
	row := []string{name, share, capacity}
	for _, s := range scores {
		row = append(row, formatPercent(s))
	}
	lead := "-"
	if own, best, ok := b.compare(scores); ok {
		lead = fmt.Sprintf("%+.2f", (own-best)*100)
	}
	b.table.add(append(row, lead)...)
}

// compare finds larder's score and the best of the others.
func (b *scoreboard) compare(scores []float64) (own, best float64, ok bool) {
	best = math.Inf(-1)
	for i, s := range scores {
		switch b.table.header[3+i] {
		case larderName:
			own, ok = s, true
		case larderLRU.name:
		default:
			best = max(best, s)
		}
	}
	return own, best, ok
}

func (b *scoreboard) finish(e *environment, how string, stores []peer) {
	if b.rows == 0 {
		e.report.table(b.table)
		return
	}
	means := make([]float64, len(stores))
	for i := range stores {
		means[i] = b.sums[i] / float64(b.rows)
	}
	b.add("average", "", "", means)
	e.report.table(b.table)
	if own, best, ok := b.compare(means); ok {
		e.report.figure("hit ratio at "+how+": average points behind the best of the others", (best-own)*100, bar{2, 0, true, formatPoints})
		e.report.figure(fmt.Sprintf("hit ratio at %s: points behind the best, worst of %d rows", how, b.rows), slices.Max(b.behind), bar{2, 0, true, formatPoints})
	}
}

func formatPoints(x float64) string { return fmt.Sprintf("%.2f", x) }
