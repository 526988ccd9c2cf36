package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// commandsBenchmark measures commands on other types than plain strings: what the server's processor does for each,
// larderd beside redis-server. Where serverBenchmark has redis-benchmark's many connections, it has one that pipelines.
type commandsBenchmark struct {
	pairBenchmark
	members int
	seconds float64
	match   string
	matches *regexp.Regexp // nil for all
	floor   [2]sample      // CPU time of floorCell in the present group, nil if that has none
}

func (b *commandsBenchmark) register(fs *flag.FlagSet) {
	b.pairBenchmark.register(fs)
	fs.IntVar(&b.members, "members", 0, "`members` of large collections (default 1M, 10k with -short)")
	fs.Float64Var(&b.seconds, "seconds", 0, "CPU time of the server to spend on each cell, in `s` (default 1, 0.1 with -short)")
	fs.StringVar(&b.match, "match", "", "measure only commands whose row matches this `regexp`")
}

// commandGroup is data and the commands that are measured on it.
type commandGroup struct {
	load  func(w *requestWriter, members int)
	cells []commandCell
}

// commandCell is a request that is measured, and what larder is held to: its CPU time over redis-server's. Without that
// it is there to be compared with.
type commandCell struct {
	name        string
	atMost, aim float64
	write       func(w *requestWriter, members int) // the next request, which may be several commands
}

// floorCell does nothing but find its key. The table also says what cheap commands of its group take beyond it.
const floorCell = "LLEN"

var commandGroups = []commandGroup{
	{loadBitmaps, []commandCell{
		{"BITCOUNT of 1 MiB", 1, 0.5, func(w *requestWriter, _ int) { w.command("bitcount", "bits:0") }},
		{"BITOP AND of two of 1 MiB", 1, 0.5, func(w *requestWriter, _ int) { w.command("bitop", "and", "result", "bits:0", "bits:1") }},
	}},
	{loadHyperLogLogs, []commandCell{
		{"PFCOUNT, dense, not cached", 0.5, 0.15, func(w *requestWriter, _ int) {
			w.command("setrange", "hll:0", "15", "\x80") // the estimate that it holds is stale
			w.command("pfcount", "hll:0")
		}},
		{"PFMERGE of ten", 0.5, 0.15, func(w *requestWriter, _ int) { w.command(append([]string{"pfmerge", "merged"}, hllKeys()...)...) }},
	}},
	{loadSets, []commandCell{
		{"SINTERCARD of two sets", 0.5, 0.25, func(w *requestWriter, _ int) { w.command("sintercard", "2", "set:0", "set:1") }},
		{"SINTERSTORE of two sets", 0.5, 0.25, func(w *requestWriter, _ int) { w.command("sinterstore", "result", "set:0", "set:1") }},
		{"SUNIONSTORE of two sets", 0.5, 0.25, func(w *requestWriter, _ int) { w.command("sunionstore", "result", "set:0", "set:1") }},
		{"SDIFFSTORE of two sets", 0.5, 0.25, func(w *requestWriter, _ int) { w.command("sdiffstore", "result", "set:0", "set:1") }},
	}},
	{loadUnequalSets, []commandCell{
		{"SINTER of a set of ten times as many with one of few", 1, 0.5, func(w *requestWriter, _ int) { w.command("sinter", "many", "few") }},
		{"SINTER of these the other way round", 1, 0.5, func(w *requestWriter, _ int) { w.command("sinter", "few", "many") }},
	}},
	{loadList, []commandCell{
		{floorCell, 0, 0, func(w *requestWriter, _ int) { w.command("llen", "list") }},
		{"LINDEX in the middle", 0.05, 0.02, func(w *requestWriter, n int) { w.command("lindex", "list", strconv.Itoa(n/2+w.random.IntN(n/100))) }},
		{"LINSERT in the middle", 0.05, 0.02, func(w *requestWriter, n int) {
			w.command("linsert", "list", "before", memberName(n/2+w.random.IntN(n/100)), "inserted")
		}},
	}},
	{loadSortedSet, []commandCell{
		{"ZADD of a member that is there", 0.7, 0.4, func(w *requestWriter, n int) {
			w.command("zadd", "zset", strconv.FormatFloat(w.random.Float64()*1e6, 'f', 3, 64), memberName(w.random.IntN(n)))
		}},
		{"ZRANK", 0.7, 0.4, func(w *requestWriter, n int) { w.command("zrank", "zset", memberName(w.random.IntN(n))) }},
		{"ZRANGEBYSCORE of 10", 0.7, 0.4, func(w *requestWriter, _ int) {
			w.command("zrangebyscore", "zset", strconv.FormatFloat(w.random.Float64()*1e6, 'f', 3, 64), "+inf", "limit", "0", "10")
		}},
	}},
	{loadPositions, []commandCell{
		{"GEOSEARCH BYRADIUS of 10", 1, 0.5, func(w *requestWriter, n int) {
			const side = 10 * 111_195 // of the square that has the positions, in metres
			radius := side * math.Sqrt(10/(math.Pi*float64(n)))
			w.command("geosearch", "places", "fromlonlat", w.degrees(), w.degrees(), "byradius", strconv.FormatFloat(radius, 'f', 0, 64), "m")
		}},
	}},
}

func memberName(i int) string { return fmt.Sprintf("member:%09d", i) }

func hllKeys() (keys []string) {
	for i := range 10 {
		keys = append(keys, fmt.Sprint("hll:", i))
	}
	return keys
}

func loadBitmaps(w *requestWriter, _ int) {
	for i := range 2 {
		bits := make([]byte, 1<<20)
		for at := range bits {
			bits[at] = byte(w.random.Uint32())
		}
		w.command("set", fmt.Sprint("bits:", i), string(bits))
	}
}

func loadHyperLogLogs(w *requestWriter, _ int) {
	for i, key := range hllKeys() {
		for element := range 20_000 {
			w.command("pfadd", key, fmt.Sprint("element:", i*10_000+element))
		}
	}
}

// loadSets makes two sets that share half of their members.
func loadSets(w *requestWriter, n int) {
	for i := range 2 {
		for member := range n {
			w.command("sadd", fmt.Sprint("set:", i), memberName(i*n/2+member))
		}
	}
}

// loadUnequalSets makes a set ten times as large as others are and one that has every 2500th of its members.
func loadUnequalSets(w *requestWriter, n int) {
	const (
		every   = 2500
		atATime = 100
	)
	args := make([]string, 0, 2+atATime)
	for from := 0; from < 10*n; from += atATime {
		args = append(args[:0], "sadd", "many")
		for member := range min(atATime, 10*n-from) {
			args = append(args, memberName(from+member))
		}
		w.command(args...)
	}
	for member := 0; member < 10*n; member += every {
		w.command("sadd", "few", memberName(member))
	}
}

func loadList(w *requestWriter, n int) {
	for i := range n {
		w.command("rpush", "list", memberName(i))
	}
}

func loadSortedSet(w *requestWriter, n int) {
	for i := range n {
		w.command("zadd", "zset", strconv.FormatFloat(w.random.Float64()*1e6, 'f', 3, 64), memberName(i))
	}
}

func loadPositions(w *requestWriter, n int) {
	for i := range n {
		w.command("geoadd", "places", w.degrees(), w.degrees(), memberName(i))
	}
}

func (b *commandsBenchmark) run(e *environment) error {
	b.members = e.pick(b.members, 1_000_000, 10_000)
	b.seconds = e.pickSeconds(b.seconds, 1, 0.1)
	var err error
	if b.matches, err = regexp.Compile(b.match); err != nil {
		return err
	}
	return b.withPair(e, "commands", noFlags, func(pair [2]*server) error { return b.compare(e, pair) })
}

// compare measures the commands of all groups, and then those that write.
func (b *commandsBenchmark) compare(e *environment, pair [2]*server) error {
	t := table{
		title:  "Server's CPU time a command, larderd beside redis-server " + pair[0].version(),
		header: commandsHeader,
	}
	for _, g := range commandGroups {
		if !slices.ContainsFunc(g.cells, b.selects) {
			continue
		}
		if err := b.group(e, &t, pair, &g); err != nil {
			return err
		}
	}
	t.note("User and system time of the server's process, %d rounds in turn, about %.1f s of it a cell; one connection, pipelines of %d, large collections of %s members of 16 bytes.",
		min(e.rounds, 5), b.seconds, pipelineDepth, formatCount(b.members))
	e.report.table(t)
	return b.writes(e, pair)
}

// commandsHeader is that of tables of commands.
var commandsHeader = []string{"command", "redis-server", "larder", "larder over redis-server", "rounds", "at most", "aim"}

// addCommand adds what one command took, in the order of the header, to a table and, if there is a bar, to the figures.
func addCommand(e *environment, t *table, name string, cpu [2]sample, ratios sample, atMost, aim float64) {
	bars := [2]string{"-", "-"}
	if atMost > 0 {
		bars = [2]string{formatRatio(atMost), formatRatio(aim)}
		e.report.figure("server's CPU time a command over redis-server's, "+name, ratios.median(), bar{atMost, aim, true, formatRatio})
	}
	t.add(name, formatNanos(cpu[0].median()), formatNanos(cpu[1].median()), formatRatio(ratios.median()), ratios.span(formatRatio), bars[0], bars[1])
}

func (b *commandsBenchmark) selects(cell commandCell) bool { return b.selected(cell.name) }

// selected reports whether a row is to be measured.
func (b *commandsBenchmark) selected(row string) bool {
	return b.matches == nil || b.matches.MatchString(row)
}

// group measures the commands of a group on both servers in turn.
func (b *commandsBenchmark) group(e *environment, t *table, pair [2]*server, g *commandGroup) error {
	b.floor = [2]sample{}
	var clients [2]*requestWriter
	for i, s := range pair {
		w, err := dialServer(s, e.seed)
		if err != nil {
			return err
		}
		defer w.conn.Close()
		clients[i] = w
		w.command("flushall")
		g.load(w, b.members)
		if err := w.flush(); err != nil {
			return fmt.Errorf("loading %s: %w", s.name, err)
		}
	}
	for _, cell := range g.cells {
		if !b.selects(cell) {
			continue
		}
		e.report.progress("commands: %s", cell.name)
		if err := b.cell(e, t, clients, &cell); err != nil {
			return fmt.Errorf("%s: %w", cell.name, err)
		}
	}
	return nil
}

func (b *commandsBenchmark) cell(e *environment, t *table, clients [2]*requestWriter, cell *commandCell) error {
	var requests [2]int
	for i, w := range clients {
		n, err := b.requestsFor(w, cell)
		if err != nil {
			return err
		}
		requests[i] = n
	}
	var cpu [2]sample
	var ratios sample
	for range min(e.rounds, 5) {
		for i, w := range clients {
			took, err := w.measure(cell, requests[i], b.members)
			if err != nil {
				return err
			}
			cpu[i] = append(cpu[i], float64(took.Nanoseconds())/float64(requests[i]))
		}
		ratios = append(ratios, last(cpu[1])/last(cpu[0]))
	}
	addCommand(e, t, cell.name, cpu, ratios, cell.atMost, cell.aim)
	if cell.name == floorCell {
		b.floor = cpu
	} else if b.floor[0] != nil {
		addBeyond(e, t, cell.name, cpu, b.floor)
	}
	return nil
}

// addBeyond adds a row with what a command takes beyond the floor, unless that is hardly less.
func addBeyond(e *environment, t *table, name string, cpu, floor [2]sample) {
	const little = 10 // the floor's share that does not matter
	if cpu[0].median() > little*floor[0].median() {
		return
	}
	var beyond [2]sample
	var ratios sample
	for round := range cpu[0] {
		for i := range beyond {
			beyond[i] = append(beyond[i], cpu[i][round]-floor[i].median())
		}
		ratios = append(ratios, last(beyond[1])/last(beyond[0]))
	}
	addCommand(e, t, name+", beyond "+floorCell, beyond, ratios, 0, 0)
}

// requestsFor returns how many requests take a server the CPU time that a cell is to have.
func (b *commandsBenchmark) requestsFor(w *requestWriter, cell *commandCell) (int, error) {
	want := time.Duration(b.seconds * float64(time.Second))
	for n := 1; ; n *= 2 {
		took, err := w.measure(cell, n, b.members)
		if err != nil {
			return 0, err
		}
		if took > want/4 {
			return max(int(float64(n)*float64(want)/float64(took)), 1), nil
		}
	}
}

// requestWriter sends commands in pipelines and reads the replies.
type requestWriter struct {
	random *rand.Rand

	server  *server
	conn    net.Conn
	out     *bufio.Writer
	in      *bufio.Reader
	pending int // commands without a reply yet
	err     error
}

const pipelineDepth = 16

func dialServer(s *server, seed uint64) (*requestWriter, error) {
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)))
	if err != nil {
		return nil, err
	}
	return &requestWriter{
		random: rand.New(rand.NewPCG(seed, 0)), server: s,
		conn: conn, out: bufio.NewWriterSize(conn, 64<<10), in: bufio.NewReaderSize(conn, 64<<10),
	}, nil
}

// measure sends requests and returns the server's CPU time for them.
func (w *requestWriter) measure(cell *commandCell, requests, members int) (time.Duration, error) {
	before, err := processCPUTime(w.server.cmd.Process.Pid)
	if err != nil {
		return 0, err
	}
	for range requests {
		cell.write(w, members)
	}
	if err := w.flush(); err != nil {
		return 0, err
	}
	after, err := processCPUTime(w.server.cmd.Process.Pid)
	return after - before, err
}

// degrees returns a longitude or latitude within five degrees.
func (w *requestWriter) degrees() string {
	return strconv.FormatFloat(10*w.random.Float64()-5, 'f', 6, 64)
}

// command sends a command. The error of this and of all before it is that of flush.
func (w *requestWriter) command(args ...string) {
	if w.err != nil {
		return
	}
	fmt.Fprintf(w.out, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(w.out, "$%d\r\n%s\r\n", len(arg), arg)
	}
	if w.pending++; w.pending == pipelineDepth {
		w.err = w.flush()
	}
}

// flush reads the replies to all commands. A reply that is an error fails.
func (w *requestWriter) flush() error {
	if w.err == nil {
		w.err = w.out.Flush()
	}
	for ; w.pending > 0 && w.err == nil; w.pending-- {
		w.err = skipReply(w.in)
	}
	return w.err
}

// skipReply reads a reply in RESP2.
func skipReply(in *bufio.Reader) error {
	line, err := in.ReadString('\n')
	if err != nil {
		return err
	}
	line = strings.TrimSpace(line)
	if line == "" {
		return errors.New("an empty reply")
	}
	switch line[0] {
	case '-':
		return errors.New(line[1:])
	case '$', '*':
	default:
		return nil
	}
	n, err := strconv.Atoi(line[1:])
	if err != nil || n < 0 {
		return err
	}
	if line[0] == '$' {
		_, err = io.CopyN(io.Discard, in, int64(n)+2)
		return err
	}
	for range n {
		if err := skipReply(in); err != nil {
			return err
		}
	}
	return nil
}
