package main

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/histogram"
)

// What others notice of large collections: of their deletion, of operations on them, and in the same process of the
// garbage collector's work while they are there.

// probeKeys is how many keys a probe uses in turn: enough to be in every shard.
const probeKeys = 4096

// window is what a probe noticed.
type window struct {
	histogram.Histogram
	took time.Duration // by what was done meanwhile
}

func (w *window) cells() []string {
	return []string{
		formatNanos(float64(w.Quantile(0.5))), formatNanos(float64(w.Quantile(0.99))),
		formatNanos(float64(w.Quantile(0.999))), formatNanos(float64(w.Longest())),
	}
}

var pauseHeader = []string{"while", "takes", "median", "p99", "p99.9", "longest"}

// probe repeats an operation on small keys and times each, until what is done meanwhile has ended.
func probe(operation func(i int) error, meanwhile func() error) (w *window, err error) {
	w = &window{}
	var stop atomic.Bool
	var prober sync.WaitGroup
	var probeErr error
	prober.Go(func() {
		random := rand.New(rand.NewPCG(1, 2))
		for before := time.Now(); !stop.Load() && probeErr == nil; {
			probeErr = operation(random.IntN(probeKeys))
			now := time.Now()
			w.Record(now.Sub(before))
			before = now
		}
	})
	start := time.Now()
	err = meanwhile()
	w.took = time.Since(start)
	stop.Store(true)
	prober.Wait()
	if err == nil {
		err = probeErr
	}
	return w, err
}

// idle is something to do meanwhile that leaves the processor to others.
func (b *typesBenchmark) idle() error {
	time.Sleep(b.watched)
	return nil
}

// largeKinds are collections whose deletion is watched, in a cache in this process.
var largeKinds = []struct {
	name string
	fill func(c *larder.Cache, key string, n int) error
}{
	{"set", fillLargeSet},
	{"hash", fillLargeHash},
	{"sorted set", fillLargeSortedSet},
	{"list", fillLargeList},
}

// fillTogether is how many elements are added at a time.
const fillTogether = 1000

func fillLargeSet(c *larder.Cache, key string, n int) error {
	names := make([]string, 0, fillTogether)
	for i := 0; i < n; i += fillTogether {
		names = names[:0]
		for j := i; j < min(i+fillTogether, n); j++ {
			names = append(names, memberName(j))
		}
		if _, err := c.Sets().Add(key, names...); err != nil {
			return err
		}
	}
	return nil
}

func fillLargeHash(c *larder.Cache, key string, n int) error {
	value := []byte("a value of thirty-two bytes, yes")
	for i := range n {
		if _, err := c.Hashes().Set(key, datatypes.Field{Name: memberName(i), Value: value}); err != nil {
			return err
		}
	}
	return nil
}

func fillLargeSortedSet(c *larder.Cache, key string, n int) error {
	random := rand.New(rand.NewPCG(1, 1))
	for i := range n {
		if _, err := c.SortedSets().Add(key, datatypes.Scored{Member: memberName(i), Score: random.Float64()}); err != nil {
			return err
		}
	}
	return nil
}

func fillLargeList(c *larder.Cache, key string, n int) error {
	for i := range n {
		if _, err := c.Lists().RPush(key, []byte(memberName(i))); err != nil {
			return err
		}
	}
	return nil
}

// probeCache overwrites a small string.
func probeCache(c *larder.Cache) func(i int) error {
	keys := make([]string, probeKeys)
	for i := range keys {
		keys[i] = fmt.Sprint("probe:", i)
	}
	value := []byte("a small value")
	return func(i int) error {
		_, err := c.Strings().Set(keys[i], value, datatypes.SetOptions{})
		return err
	}
}

// inProcess measures what a goroutine that overwrites small strings notices, and full garbage collections.
func (b *typesBenchmark) inProcess(e *environment) error {
	c, err := larder.Open(larder.Options{})
	if err != nil {
		return err
	}
	defer c.Close()
	set := probeCache(c)
	t := table{title: "Overwriting a small string in the same process", header: pauseHeader}
	add := func(name string, meanwhile func() error) (*window, error) {
		w, err := probe(set, meanwhile)
		if err == nil {
			t.add(append([]string{name, formatNanos(float64(w.took))}, w.cells()...)...)
		}
		return w, err
	}
	quiet, err := add("nothing else happens", b.idle)
	if err != nil {
		return err
	}
	if err := b.collections(e, c, add); err != nil {
		return err
	}
	if err := b.stores(e, c, quiet, add); err != nil {
		return err
	}
	t.note("One goroutine overwrites %d strings in random order; %d processors. Deleting is watched until the memory is free. STORE runs again and again over two sets of %s members that share half.",
		probeKeys, runtime.GOMAXPROCS(0), formatCount(b.elements))
	e.report.table(t)
	return nil
}

// collections fills a large collection of each kind, collects garbage while all are alive, and deletes them.
func (b *typesBenchmark) collections(e *environment, c *larder.Cache, add func(string, func() error) (*window, error)) error {
	for _, kind := range largeKinds {
		e.report.progress("types: a %s of %s", kind.name, formatCount(b.large))
		if err := kind.fill(c, kind.name, b.large); err != nil {
			return err
		}
	}
	var collections sample
	for range max(e.rounds, 3) {
		start := time.Now()
		runtime.GC()
		collections = append(collections, float64(time.Since(start)))
	}
	n := formatCount(b.large)
	e.report.figure("a full garbage collection with a set, a hash, a sorted set and a list of "+n+" alive", collections.median(),
		bar{2e6, 0.5e6, true, formatNanos})
	for _, kind := range largeKinds {
		w, err := add(fmt.Sprintf("a %s of %s is deleted", kind.name, n), func() error {
			if _, err := c.Keys().Del(kind.name); err != nil {
				return err
			}
			return untilFree(c)
		})
		if err != nil {
			return err
		}
		if kind.name == "set" {
			e.report.figure("longest pause of a goroutine while a set of "+n+" is deleted", float64(w.Longest()), bar{1e6, 200e3, true, formatNanos})
		}
	}
	return nil
}

// untilFree waits until what was deleted is given back: until memory in use does not fall any more.
func untilFree(c *larder.Cache) error {
	for last := int64(-1); ; {
		used := int64(c.Stats().UsedBytes)
		if used == last {
			return nil
		}
		last = used
		time.Sleep(100 * time.Millisecond)
	}
}

// stores runs operations that store their result over two large sets.
func (b *typesBenchmark) stores(e *environment, c *larder.Cache, quiet *window, add func(string, func() error) (*window, error)) error {
	for i := range 2 {
		key := fmt.Sprint("set:", i)
		if err := fillLargeSet(c, key, b.elements); err != nil {
			return err
		}
		if i == 1 {
			continue
		}
		// The other set shares half of the members.
		if err := shiftSet(c, key, b.elements/2); err != nil {
			return err
		}
	}
	s := c.Sets()
	for _, op := range []struct {
		name  string
		store func(dst string, keys ...string) (int, error)
	}{{"SUNIONSTORE", s.UnionStore}, {"SINTERSTORE", s.InterStore}, {"SDIFFSTORE", s.DiffStore}} {
		e.report.progress("types: %s", op.name)
		w, err := add(op.name+" runs", func() error {
			return b.again(func() error { _, err := op.store("result", "set:0", "set:1"); return err })
		})
		if err != nil {
			return err
		}
		if op.name == "SUNIONSTORE" {
			e.report.figure("p99 of overwriting other keys in the same process while SUNIONSTORE runs, over that without",
				float64(w.Quantile(0.99))/float64(quiet.Quantile(0.99)), bar{2, 1.25, true, formatRatio})
		}
	}
	return nil
}

// shiftSet replaces the first members of a set by as many new ones.
func shiftSet(c *larder.Cache, key string, n int) error {
	for i := range n {
		if _, err := c.Sets().Remove(key, memberName(i)); err != nil {
			return err
		}
		if _, err := c.Sets().Add(key, fmt.Sprintf("other:%010d", i)); err != nil {
			return err
		}
	}
	return nil
}

// again repeats something for as long as a probe is to watch.
func (b *typesBenchmark) again(fn func() error) error {
	for start := time.Now(); time.Since(start) < b.watched; {
		if err := fn(); err != nil {
			return err
		}
	}
	return nil
}

// overRESP measures what a client that overwrites small strings notices of another one's commands, at redis-server and
// larderd.
func (b *typesBenchmark) overRESP(e *environment, dir string) error {
	pair, stop, err := startPair(dir, b.larderd, noFlags)
	if err != nil {
		return err
	}
	defer stop()
	t := table{title: "SET of a small string over RESP, while another client", header: append([]string{"server"}, pauseHeader...)}
	var stalls [2]map[string]*window
	for i, s := range pair {
		e.report.progress("types: pauses of %s", s.name)
		if stalls[i], err = b.stalls(e, &t, s); err != nil {
			return err
		}
	}
	ours := stalls[1]
	e.report.figure("longest pause of another client while a set of "+formatCount(b.large)+" is unlinked", float64(ours[unlinking].Longest()),
		bar{1e6, 200e3, true, formatNanos})
	e.report.figure("p99 of SET over RESP while SUNIONSTORE runs, over that without",
		float64(ours[unionStoring].Quantile(0.99))/float64(ours[nothing].Quantile(0.99)), bar{2, 1.25, true, formatRatio})
	t.note("One connection sends SET and waits for the reply, another sends what is watched: UNLINK of a set of %s, and SUNIONSTORE, again and again, over two sets of %s that share half.",
		formatCount(b.large), formatCount(b.elements))
	e.report.table(t)
	return nil
}

// What a probe over RESP watches.
const (
	nothing      = "does nothing"
	unlinking    = "unlinks a large set"
	unionStoring = "stores a union"
)

func (b *typesBenchmark) stalls(e *environment, t *table, s *server) (map[string]*window, error) {
	prober, err := dialServer(s, e.seed)
	if err != nil {
		return nil, err
	}
	defer prober.conn.Close()
	other, err := dialServer(s, e.seed)
	if err != nil {
		return nil, err
	}
	defer other.conn.Close()
	loadLargeSet(other, b.large)
	loadSets(other, b.elements)
	if err := other.flush(); err != nil {
		return nil, err
	}
	set := func(i int) error {
		prober.command("set", "probe:"+strconv.Itoa(i), "a small value")
		return prober.flush()
	}
	send := func(args ...string) error {
		other.command(args...)
		return other.flush()
	}
	found := map[string]*window{}
	for _, watched := range []struct {
		name      string
		meanwhile func() error
	}{
		{nothing, b.idle},
		{unlinking, func() error {
			if err := send("unlink", "large"); err != nil {
				return err
			}
			return b.idle()
		}},
		{unionStoring, func() error { return b.again(func() error { return send("sunionstore", "result", "set:0", "set:1") }) }},
	} {
		w, err := probe(set, watched.meanwhile)
		if err != nil {
			return nil, err
		}
		found[watched.name] = w
		t.add(append([]string{s.name, watched.name, formatNanos(float64(w.took))}, w.cells()...)...)
	}
	return found, nil
}

func loadLargeSet(w *requestWriter, n int) {
	args := make([]string, 0, 2+fillTogether)
	for i := 0; i < n; i += fillTogether {
		args = append(args[:0], "sadd", "large")
		for j := i; j < min(i+fillTogether, n); j++ {
			args = append(args, memberName(j))
		}
		w.command(args...)
	}
}
