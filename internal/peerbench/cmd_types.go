package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// typesBenchmark measures the memory of collections, larderd beside redis-server: what an element of a large one takes,
// and a key with a small one. It also measures what others notice of large ones.
type typesBenchmark struct {
	pairBenchmark
	elements int
	large    int
	seconds  float64
	watched  time.Duration
	match    string
}

func (b *typesBenchmark) register(fs *flag.FlagSet) {
	b.pairBenchmark.register(fs)
	fs.IntVar(&b.elements, "elements", 0, "`elements` of large collections (default 1M, 100k with -short)")
	fs.IntVar(&b.large, "large", 0, "`elements` of collections that are deleted (default 10M, 100k with -short)")
	fs.Float64Var(&b.seconds, "seconds", 0, "`s` for which others are watched in each case (default 5, 0.3 with -short)")
	fs.StringVar(&b.match, "match", "", "measure only memory, inprocess or resp (default all)")
}

// collection is data whose memory is measured.
type collection struct {
	name        string
	atMost, aim float64 // bytes an element, or a key of a small collection, that larder is held to; zero if to none
	small       bool    // many small ones, of smallSize elements each, instead of one large one
	load        func(w *requestWriter, n int)
}

// smallSize is the number of elements of a small collection.
const smallSize = 10

var collections = []collection{
	{"member of a set, 16 bytes", 32, 28, false, func(w *requestWriter, n int) {
		for i := range n {
			w.command("sadd", "set", memberName(i))
		}
	}},
	{"field of a hash, 16 and 32 bytes", 68, 62, false, func(w *requestWriter, n int) {
		for i := range n {
			w.command("hset", "hash", memberName(i), fmt.Sprintf("value:%026d", i))
		}
	}},
	{"member of a sorted set, 16 bytes", 52, 45, false, loadSortedSet},
	{"element of a list, 16 bytes", 19, 18, false, loadList},
	{"hash of ten fields, 8 and 16 bytes", 320, 290, true, func(w *requestWriter, n int) {
		for i := range n {
			args := []string{"hset", fmt.Sprintf("hash:%09d", i)}
			for field := range smallSize {
				args = append(args, fmt.Sprintf("field:%02d", field), fmt.Sprintf("value:%010d", smallSize*i+field))
			}
			w.command(args...)
		}
	}},
	{"sorted set of ten members, 8 bytes", 190, 170, true, func(w *requestWriter, n int) { loadSmallSortedSets(w, n, "mem:%04d") }},
	{"sorted set of ten members, 16 bytes", 0, 0, true, func(w *requestWriter, n int) { loadSmallSortedSets(w, n, "member:%09d") }},
}

// loadSmallSortedSets makes sorted sets with members that are numbered in a format.
func loadSmallSortedSets(w *requestWriter, n int, format string) {
	for i := range n {
		args := []string{"zadd", fmt.Sprintf("zset:%09d", i)}
		for member := range smallSize {
			args = append(args, strconv.Itoa(w.random.IntN(1000)), fmt.Sprintf(format, (smallSize*i+member)%10_000))
		}
		w.command(args...)
	}
}

func (b *typesBenchmark) run(e *environment) error {
	b.elements, b.large = e.pick(b.elements, 1_000_000, 100_000), e.pick(b.large, 10_000_000, 100_000)
	b.seconds = e.pickSeconds(b.seconds, 5, 0.3)
	b.watched = time.Duration(b.seconds * float64(time.Second))
	if b.selects("inprocess") {
		if err := b.inProcess(e); err != nil {
			return err
		}
	}
	if _, err := exec.LookPath("redis-server"); err != nil || runtime.GOOS != "linux" {
		e.report.progress("types: skipped, needs linux and redis-server")
		return nil
	}
	dir, err := os.MkdirTemp("", "peerbench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if b.larderd == "" {
		if b.larderd, err = buildLarderd(dir); err != nil {
			return err
		}
	}
	if b.selects("resp") {
		if err := b.overRESP(e, dir); err != nil {
			return err
		}
	}
	if b.selects("memory") {
		return b.memory(e, dir)
	}
	return nil
}

func (b *typesBenchmark) selects(part string) bool { return b.match == "" || b.match == part }

// memory measures the memory of each collection.
func (b *typesBenchmark) memory(e *environment, dir string) error {
	t := table{
		title:  "Memory of collections, bytes each, larderd beside redis-server",
		header: []string{"each", "redis-server, resident", "by its own count", "larder, resident", "by its own count", "larder over redis-server", "at most", "aim"},
	}
	for _, c := range collections {
		e.report.progress("types: %s", c.name)
		if err := b.collection(e, &t, dir, &c); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	t.note("used_memory_rss after loading, less that before, of %s elements in one collection, or in collections of ten; by its own count: used_memory_dataset.",
		formatCount(b.elements))
	e.report.table(t)
	return nil
}

// collection measures one collection in servers that hold nothing else.
func (b *typesBenchmark) collection(e *environment, t *table, dir string, c *collection) error {
	pair, stop, err := startPair(dir, b.larderd, noFlags)
	if err != nil {
		return err
	}
	defer stop()
	n := b.elements
	if c.small {
		n /= smallSize
	}
	var resident, counted [2]float64
	for i, s := range pair {
		if resident[i], counted[i], err = grown(s, e.seed, func(w *requestWriter) { c.load(w, n) }); err != nil {
			return err
		}
	}
	per := func(bytes float64) float64 { return bytes / float64(n) }
	bars := [2]string{"-", "-"}
	if c.atMost > 0 {
		bars = [2]string{plainBytes(c.atMost), plainBytes(c.aim)}
		e.report.figure("bytes by larder's count, "+c.name, per(counted[1]), bar{c.atMost, c.aim, true, plainBytes})
	}
	t.add(c.name, plainBytes(per(resident[0])), plainBytes(per(counted[0])), plainBytes(per(resident[1])), plainBytes(per(counted[1])),
		formatRatio(counted[1]/counted[0]), bars[0], bars[1])
	return nil
}

// grown returns by how many bytes a server's memory grew while it was loaded.
func grown(s *server, seed uint64, load func(w *requestWriter)) (resident, counted float64, err error) {
	w, err := dialServer(s, seed)
	if err != nil {
		return 0, 0, err
	}
	defer w.conn.Close()
	residentBefore, countedBefore, err := memoryOf(w)
	if err != nil {
		return 0, 0, err
	}
	load(w)
	if err := w.flush(); err != nil {
		return 0, 0, err
	}
	time.Sleep(time.Second) // some of it is counted now and then only
	residentAfter, countedAfter, err := memoryOf(w)
	return residentAfter - residentBefore, countedAfter - countedBefore, err
}

var (
	residentLine = regexp.MustCompile(`used_memory_rss:(\d+)`)
	countedLine  = regexp.MustCompile(`used_memory_dataset:(\d+)`)
)

// memoryOf asks a server, which owes no reply, how much memory it has.
func memoryOf(w *requestWriter) (resident, counted float64, err error) {
	info, err := w.ask("info", "memory")
	if err != nil {
		return 0, 0, err
	}
	for line, to := range map[*regexp.Regexp]*float64{residentLine: &resident, countedLine: &counted} {
		found := line.FindStringSubmatch(info)
		if found == nil {
			return 0, 0, fmt.Errorf("INFO memory of %s lacks %v", w.server.name, line)
		}
		if *to, err = strconv.ParseFloat(found[1], 64); err != nil {
			return 0, 0, err
		}
	}
	return resident, counted, nil
}

// ask sends a command whose reply is a string, and returns that.
func (w *requestWriter) ask(args ...string) (string, error) {
	w.command(args...)
	w.pending = 0
	if err := w.out.Flush(); err != nil {
		return "", err
	}
	header, err := w.in.ReadString('\n')
	if err != nil {
		return "", err
	}
	n, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(header, "$")))
	if err != nil || n < 0 {
		return "", fmt.Errorf("reply to %s: %q", args[0], header)
	}
	text := make([]byte, n+len("\r\n"))
	_, err = io.ReadFull(w.in, text)
	return string(text[:n]), err
}
