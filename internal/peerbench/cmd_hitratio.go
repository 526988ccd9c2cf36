package main

import (
	"flag"
	"fmt"
	"maps"
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
	held := make(map[string]map[int]calibration)
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
			scores, most := make([]float64, len(stores)), 0
			for i, p := range stores {
				config := storeConfig{MaxEntries: capacity}
				if p.name == larderName || p.name == larderLRU.name {
					c, err := b.calibrate(p, capacity, held)
					if err != nil {
						return err
					}
					config = c.config
				}
				hits, entries, err := b.replay(p, config, t, valueFor(capacity))
				if err != nil {
					return err
				}
				scores[i] = hits
				if p.name != larderLRU.name {
					drawn.add(p.name, share*100, sample{hits})
				}
				if p.name == larderName {
					most = entries
				}
			}
			// A store that holds more than its share wins nothing: such a row is shown and does not count.
			fair := float64(most) <= 1.05*float64(capacity)+1
			if !fair {
				board.table.note("%s, %d entries: larder came to hold %d; the row does not count.", t.name, capacity, most)
			}
			board.score(t.name, fmt.Sprintf("%g %%", share*100), formatCount(capacity), scores, fair)
		}
		c.Panels = append(c.Panels, drawn)
	}
	board.table.note("Replayed from one goroutine as get, and set on a miss; caches that decide later are made to decide at once.")
	board.table.notes = append(board.table.notes, cut...)
	board.table.note("Capacity: entries, and as a share of the trace's distinct keys.")
	board.table.note("Values are of 1,000 bytes, or larger ones where capacity is small, since larder's limit is in bytes and at least %s.", formatBytes(larderLeast))
	for _, capacity := range slices.Sorted(maps.Keys(held[larderName])) {
		if c := held[larderName][capacity]; c.entries < 0.98*float64(capacity) {
			board.table.note("For %d entries, larder held %.1f on average under the closest limit there is.", capacity, c.entries)
		}
	}
	board.finish(e, "equal entries", stores)
	e.report.chart(c)
	return nil
}

// calibration is the limit in bytes under which a store holds a given number of entries.
type calibration struct {
	config  storeConfig
	entries float64 // held on average under that limit
}

// calibrate finds by bisection the limit in bytes under which p holds capacity entries of the size replayed.
func (b *hitRatioBenchmark) calibrate(p peer, capacity int, known map[string]map[int]calibration) (calibration, error) {
	if c, ok := known[p.name][capacity]; ok {
		return c, nil
	}
	entry := int64(valueFor(capacity) + keySize)
	lo, hi := int64(larderLeast), int64(capacity)*entry*4+16<<20
	var best calibration
	for range 20 {
		config := storeConfig{MaxBytes: (lo + hi) / 2}
		entries, err := b.holds(p, config, capacity)
		if err != nil {
			return best, err
		}
		if math.Abs(entries-float64(capacity)) < math.Abs(best.entries-float64(capacity)) {
			best = calibration{config, entries}
		}
		if math.Abs(best.entries/float64(capacity)-1) < 0.002 {
			break
		}
		if entries > float64(capacity) {
			hi = config.MaxBytes
		} else {
			lo = config.MaxBytes
		}
	}
	if known[p.name] == nil {
		known[p.name] = make(map[int]calibration)
	}
	known[p.name][capacity] = best
	return best, nil
}

// holds is how many entries a store has on average while it is given more than it can hold.
func (b *hitRatioBenchmark) holds(p peer, config storeConfig, capacity int) (float64, error) {
	store, err := p.open(config)
	if err != nil {
		return 0, err
	}
	defer store.Close()
	c, ok := store.(counter)
	if !ok {
		return 0, fmt.Errorf("%s does not count its entries", p.name)
	}
	value, sum, samples := make([]byte, valueFor(capacity)), 0.0, 0
	s := newScratch()
	every := max(capacity/16, 1)
	for i := range 3*capacity + 16 {
		key, _ := s.entry(uint64(i))
		store.Set(key, value)
		if i >= 2*capacity && i%every == 0 {
			sum += float64(c.Len())
			samples++
		}
	}
	return sum / float64(samples), nil
}

// replay gives a trace to a store and returns its hit ratio and, where the store counts them, the most entries that it
// held at any of some hundred moments.
func (b *hitRatioBenchmark) replay(p peer, config storeConfig, t trace, valueLen int) (ratio float64, most int, err error) {
	config.SharedValues, config.Synchronous = true, true
	store, err := p.open(config)
	if err != nil {
		return 0, 0, err
	}
	defer store.Close()
	keys := traceKeys(t)
	value, hits := make([]byte, valueLen), 0
	get := getter(store, valueLen)
	held, counts := store.(counter)
	every := max(len(t.accesses)/128, 1)
	for i, a := range t.accesses {
		if counts && i%every == 0 {
			most = max(most, held.Len())
		}
		key := keys.at(int(a))
		if get(key) {
			hits++
			continue
		}
		store.Set(key, value)
	}
	return float64(hits) / float64(len(t.accesses)), most, nil
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
				hits, _, err := b.replay(p, config, t, valueSize)
				if err != nil {
					return err
				}
				scores[i] = hits
			}
			board.score(t.name, fmt.Sprintf("%g %%", share*100), formatBytes(float64(bytes)), scores, true)
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

// score adds a row; one that does not count stays out of the averages and of what larder is held to.
func (b *scoreboard) score(name, share, capacity string, scores []float64, counts bool) {
	row := []string{name, share, capacity}
	for _, s := range scores {
		row = append(row, formatPercent(s))
	}
	lead := "-"
	if counts {
		for i, s := range scores {
			b.sums[i] += s
		}
		b.rows++
	}
	if own, best, ok := b.compare(scores); ok && counts {
		b.behind = append(b.behind, (best-own)*100)
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
	rows, behind := b.rows, b.behind
	b.score("average of the rows that count", "", "", means, true)
	e.report.table(b.table)
	if own, best, ok := b.compare(means); ok {
		e.report.figure("hit ratio at "+how+": average points behind the best of the others", (best-own)*100, bar{2, 0, true, formatPoints})
		e.report.figure(fmt.Sprintf("hit ratio at %s: points behind the best, worst of %d rows", how, rows), slices.Max(behind), bar{2, 0, true, formatPoints})
	}
}

func formatPoints(x float64) string { return fmt.Sprintf("%.2f", x) }
