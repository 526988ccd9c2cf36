package resp

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
)

// INFO.
//
// The report is made of sections of lines "field:value", under the names of Redis for what means the same here. A field
// of Redis is left out when larder has nothing true to say under its name; features that a cache without persistence
// and replicas lacks are reported as absent in the fields that clients and exporters look at.
//
// Memory is seen from the limit's side: used_memory is what the store holds from the system, the figure that maxmemory
// bounds, and used_memory_dataset is the part of it that keys, values and indexes fill. The process as a whole, with
// the Go heap and the program around an embedded server, is used_memory_rss.

// inspected is what reports describe: the cache, or inside of a transaction the transaction, which holds its locks.
type inspected interface {
	Stats() larder.Stats
	DBStats() []larder.DBStats
	MemoryClasses() ([]larder.MemoryClass, error)
	ReleaseMemory() (int64, error)
	DB(n int) (larder.DB, error)
}

// inspected returns what the client's reports describe.
func (c *client) inspected() inspected {
	if c.exec != nil {
		return c.exec
	}
	return c.srv.Cache
}

// infoSection is a part of the report.
type infoSection struct {
	name  string // the title is this with a capital, unless there is one
	title string
	write func(r *infoReport)
	extra bool // not among those shown by default
}

// infoSections are in the order of the report.
var infoSections = []infoSection{
	{name: "server", write: (*infoReport).writeServer},
	{name: "clients", write: (*infoReport).writeClients},
	{name: "memory", write: (*infoReport).writeMemory},
	{name: "persistence", write: (*infoReport).writePersistence},
	{name: "stats", write: (*infoReport).writeStats},
	{name: "replication", write: (*infoReport).writeReplication},
	{name: "cpu", title: "CPU", write: (*infoReport).writeCPU},
	{name: "modules", write: func(*infoReport) {}},
	{name: "commandstats", write: (*infoReport).writeCommandStats, extra: true},
	{name: "errorstats", write: (*infoReport).writeErrorStats},
	{name: "latencystats", write: (*infoReport).writeLatencyStats, extra: true},
	{name: "cluster", write: (*infoReport).writeCluster},
	{name: "keyspace", write: (*infoReport).writeKeyspace},
	{name: "hotkeys", write: (*infoReport).writeHotKeys, extra: true},
}

func (sec *infoSection) heading() string {
	if sec.title != "" {
		return sec.title
	}
	return strings.ToUpper(sec.name[:1]) + sec.name[1:]
}

// Info returns a report on the server and its store in lines "field:value" under headings "# Section", with the fields
// of Redis' INFO. Sections are named in any case. No name and default mean all but commandstats,
// latencystats and hotkeys; all and everything mean all. Names of sections that there are not add nothing. It is
// INFO. O(clients + databases × shards + commands × event loops).
func (s *Server) Info(sections ...string) string {
	s.init()
	return s.report(s.Cache, sections)
}

// report is Info on what store shows.
func (s *Server) report(store inspected, sections []string) string {
	r := infoReport{srv: s, store: store, stats: s.stats(store)}
	r.counts, r.errorReplies = s.ops().sinceReset(&r.stats)
	r.rates = s.ops().noteRates(r.stats.Counts)
	for i := range infoSections {
		sec := &infoSections[i]
		if !sec.wanted(sections) {
			continue
		}
		if len(r.out) > 0 {
			r.out = append(r.out, crlf...)
		}
		r.out = append(r.out, "# "+sec.heading()+crlf...)
		sec.write(&r)
	}
	return string(r.out)
}

func (sec *infoSection) wanted(names []string) bool {
	return len(names) == 0 && !sec.extra || slices.ContainsFunc(names, func(name string) bool {
		switch name := strings.ToLower(name); name {
		case "default":
			return !sec.extra
		case "all", "everything":
			return true
		default:
			return name == sec.name
		}
	})
}

// infoReport is a report in the making.
type infoReport struct {
	srv          *Server
	store        inspected
	stats        Stats
	counts       Counts // since the last reset
	errorReplies map[string]int64
	rates        rates
	out          []byte
}

func (r *infoReport) text(field, value string) {
	r.out = append(r.out, field...)
	r.out = append(r.out, ':')
	r.out = append(r.out, value...)
	r.out = append(r.out, crlf...)
}

func (r *infoReport) number(field string, n int64) {
	r.text(field, strconv.FormatInt(n, 10))
}

func (r *infoReport) fraction(field string, f float64) {
	r.text(field, strconv.FormatFloat(f, 'f', 2, 64))
}

// zeros writes fields of what does not happen in larder.
func (r *infoReport) zeros(fields ...string) {
	for _, field := range fields {
		r.number(field, 0)
	}
}

// bytes writes an amount of memory, once in bytes and once for people.
func (r *infoReport) bytes(field string, n int64) {
	r.number(field, n)
	r.text(field+"_human", humanBytes(n))
}

func humanBytes(n int64) string {
	if n < 1<<10 {
		return strconv.FormatInt(n, 10) + "B"
	}
	f := float64(n)
	for _, unit := range []string{"K", "M", "G", "T"} {
		if f /= 1 << 10; f < 1<<10 {
			return strconv.FormatFloat(f, 'f', 2, 64) + unit
		}
	}
	return strconv.FormatFloat(f/(1<<10), 'f', 2, 64) + "P"
}

// processStart is near enough to when the process began.
var processStart = time.Now()

func (r *infoReport) writeServer() {
	b := build()
	now := time.Now()
	uptime := max(0, int64(now.Sub(processStart)/time.Second))
	r.text("redis_version", redisVersion)
	r.text("larder_version", b.version)
	r.text("redis_git_sha1", b.revision)
	r.number("redis_git_dirty", b.dirty)
	r.text("redis_build_id", b.id)
	r.text("redis_mode", "standalone")
	r.text("os", systemName())
	r.number("arch_bits", strconv.IntSize)
	r.text("multiplexing_api", r.srv.multiplexing())
	r.text("go_version", runtime.Version())
	r.number("process_id", int64(os.Getpid()))
	r.text("process_supervised", "no")
	r.text("run_id", r.srv.ops().runID)
	r.number("tcp_port", int64(cmp.Or(r.srv.boundPort(false), r.srv.boundPort(true))))
	r.number("server_time_usec", now.UnixMicro())
	r.number("uptime_in_seconds", uptime)
	r.number("uptime_in_days", uptime/(24*60*60))
	r.number("lru_clock", now.Unix()&(1<<24-1)) // 24 bits of seconds, as DEBUG OBJECT shows them
	r.text("executable", executable())
	r.text("config_file", "")
	r.zeros("io_threads_active")
}

// multiplexing names what waits for the sockets.
func (s *Server) multiplexing() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.loops) > 0 {
		return "epoll"
	}
	return "go"
}

func executable() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	return path
}

// buildInfo says which larder this is.
type buildInfo struct {
	version  string
	revision string // 8 hexadecimal digits
	dirty    int64
	id       string
}

const modulePath = "github.com/larderkv/larder"

// build reads what the go command wrote into the binary. The revision is that of the main module, which may be a
// program that embeds larder.
var build = sync.OnceValue(func() buildInfo {
	b := buildInfo{version: "(devel)", revision: "00000000"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path == modulePath && m.Version != "" {
			b.version = m.Version
		}
	}
	for _, setting := range info.Settings {
		switch {
		case setting.Key == "vcs.revision" && len(setting.Value) >= 8:
			b.revision = setting.Value[:8]
		case setting.Key == "vcs.modified" && setting.Value == "true":
			b.dirty = 1
		}
	}
	h := fnv.New64a()
	h.Write([]byte(info.String()))
	b.id = fmt.Sprintf("%016x", h.Sum64())
	return b
})

func (r *infoReport) writeClients() {
	st := &r.stats
	r.number("connected_clients", int64(st.Clients))
	r.zeros("cluster_connections")
	r.number("maxclients", int64(st.MaxClients))
	r.number("client_recent_max_input_buffer", st.LongestInput)
	r.number("client_recent_max_output_buffer", st.LongestOutput)
	r.number("blocked_clients", int64(st.BlockedClients))
	r.number("tracking_clients", int64(st.TrackingClients))
	r.zeros("clients_in_timeout_table")
}

func (r *infoReport) writeMemory() {
	used, data, limit := r.stats.Cache.ResidentBytes, r.stats.Cache.UsedBytes, r.stats.Cache.MaxBytes
	peak, heap, rss := r.stats.PeakBytes, goHeap(), residentMemory()
	if rss == 0 {
		rss = used + goMemory()
	}
	r.bytes("used_memory", used)
	r.bytes("used_memory_rss", rss)
	r.bytes("used_memory_peak", peak)
	r.text("used_memory_peak_perc", percent(used, peak))
	r.number("used_memory_overhead", used-data)
	r.zeros("used_memory_startup")
	r.number("used_memory_dataset", data)
	r.text("used_memory_dataset_perc", percent(data, used))
	r.bytes("used_memory_go_heap", heap)
	r.bytes("used_memory_lua", 0)
	r.zeros("used_memory_vm_eval", "used_memory_scripts_eval", "number_of_cached_scripts", "number_of_functions",
		"number_of_libraries", "used_memory_vm_functions")
	r.bytes("used_memory_vm_total", 0)
	r.zeros("used_memory_functions")
	r.bytes("used_memory_scripts", 0)
	r.number("allocator_allocated", data)
	r.number("allocator_active", used)
	r.number("allocator_resident", used)
	if total := systemMemory(); total > 0 {
		r.bytes("total_system_memory", total)
	}
	r.bytes("maxmemory", limit)
	r.text("maxmemory_policy", r.srv.Cache.Policy().String())
	r.fraction("allocator_frag_ratio", ratio(used, data))
	r.number("allocator_frag_bytes", used-data)
	r.fraction("allocator_rss_ratio", 1)
	r.zeros("allocator_rss_bytes")
	r.fraction("rss_overhead_ratio", ratio(rss, used))
	r.number("rss_overhead_bytes", rss-used)
	r.fraction("mem_fragmentation_ratio", ratio(rss, used))
	r.number("mem_fragmentation_bytes", rss-used)
	r.zeros("mem_not_counted_for_evict", "mem_replication_backlog", "mem_total_replication_buffers", "mem_clients_slaves")
	r.number("mem_clients_normal", r.stats.ClientBytes)
	r.zeros("mem_cluster_links", "mem_aof_buffer")
	r.text("mem_allocator", "larder-arena")
	r.zeros("active_defrag_running")
	r.number("lazyfree_pending_objects", int64(r.stats.Cache.Garbage))
}

// ratio returns a/b, and 1 where there is nothing to compare with.
func ratio(a, b int64) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

func percent(part, whole int64) string {
	if whole == 0 {
		return "0.00%"
	}
	return strconv.FormatFloat(100*float64(part)/float64(whole), 'f', 2, 64) + "%"
}

// goHeap returns the bytes of objects in the Go heap.
func goHeap() int64 { return readMetrics("/memory/classes/heap/objects:bytes")[0] }

// goMemory returns what the Go runtime holds from the system.
func goMemory() int64 {
	m := readMetrics("/memory/classes/total:bytes", "/memory/classes/heap/released:bytes")
	return m[0] - m[1]
}

func readMetrics(names ...string) []int64 {
	samples := make([]metrics.Sample, len(names))
	for i, name := range names {
		samples[i].Name = name
	}
	metrics.Read(samples)
	values := make([]int64, len(names))
	for i := range samples {
		if samples[i].Value.Kind() == metrics.KindUint64 {
			values[i] = int64(samples[i].Value.Uint64())
		}
	}
	return values
}

// Version returns the version of larder that the program is built with. INFO shows it as larder_version.
func Version() string { return build().version }

// writePersistence says what Redis says when nothing has been saved since it was started, and nothing is to be.
func (r *infoReport) writePersistence() {
	r.zeros("loading", "async_loading", "current_cow_peak", "current_cow_size", "current_cow_size_age")
	r.fraction("current_fork_perc", 0)
	r.zeros("current_save_keys_processed", "current_save_keys_total", "rdb_bgsave_in_progress")
	r.number("rdb_last_save_time", processStart.Unix())
	r.text("rdb_last_bgsave_status", "ok")
	r.number("rdb_last_bgsave_time_sec", -1)
	r.number("rdb_current_bgsave_time_sec", -1)
	r.zeros("rdb_saves", "rdb_last_cow_size", "rdb_last_load_keys_expired", "rdb_last_load_keys_loaded", "aof_enabled",
		"aof_rewrite_in_progress", "aof_rewrite_scheduled")
	r.number("aof_last_rewrite_time_sec", -1)
	r.number("aof_current_rewrite_time_sec", -1)
	r.text("aof_last_bgrewrite_status", "ok")
	r.zeros("aof_rewrites", "aof_rewrites_consecutive_failures")
	r.text("aof_last_write_status", "ok")
	r.zeros("aof_last_cow_size", "module_fork_in_progress", "module_fork_last_cow_size")
}

func (r *infoReport) writeStats() {
	st, n := &r.stats, &r.counts
	r.number("total_connections_received", n.Connections)
	r.number("total_commands_processed", n.Commands)
	r.number("instantaneous_ops_per_sec", int64(r.rates.commands))
	r.number("total_net_input_bytes", n.BytesIn)
	r.number("total_net_output_bytes", n.BytesOut)
	r.zeros("total_net_repl_input_bytes", "total_net_repl_output_bytes")
	r.fraction("instantaneous_input_kbps", r.rates.bytesIn/1024)
	r.fraction("instantaneous_output_kbps", r.rates.bytesOut/1024)
	r.fraction("instantaneous_input_repl_kbps", 0)
	r.fraction("instantaneous_output_repl_kbps", 0)
	r.number("rejected_connections", n.Rejected)
	r.zeros("sync_full", "sync_partial_ok", "sync_partial_err")
	r.number("expired_keys", n.Expired)
	r.number("evicted_keys", n.Evicted)
	r.number("evicted_clients", n.Dropped)
	r.number("keyspace_hits", n.Hits)
	r.number("keyspace_misses", n.Misses)
	r.number("pubsub_channels", int64(st.Channels))
	r.number("pubsub_patterns", int64(st.Patterns))
	r.number("pubsubshard_channels", int64(st.ShardChannels))
	r.zeros("latest_fork_usec", "total_forks",
		"migrate_cached_sockets", "slave_expires_tracked_keys")
	r.number("tracking_total_keys", int64(st.TrackedKeys))
	r.number("tracking_total_items", int64(st.TrackedItems))
	r.number("tracking_total_prefixes", int64(st.TrackedPrefixes))
	r.zeros("unexpected_error_replies", "dump_payload_sanitizations", "io_threaded_reads_processed",
		"io_threaded_writes_processed")
	total := int64(0)
	for _, count := range r.errorReplies {
		total += count
	}
	r.number("total_error_replies", total)
}

func (r *infoReport) writeReplication() {
	r.text("role", "master")
	r.zeros("connected_slaves")
	r.text("master_failover_state", "no-failover")
	r.text("master_replid", r.srv.ops().replicationID)
	r.text("master_replid2", strings.Repeat("0", 40))
	r.zeros("master_repl_offset")
	r.number("second_repl_offset", -1)
	r.zeros("repl_backlog_active", "repl_backlog_size", "repl_backlog_first_byte_offset", "repl_backlog_histlen")
}

func (r *infoReport) writeCPU() {
	user, system := processTime()
	r.seconds("used_cpu_sys", system)
	r.seconds("used_cpu_user", user)
	r.seconds("used_cpu_sys_children", 0)
	r.seconds("used_cpu_user_children", 0)
}

func (r *infoReport) seconds(field string, d time.Duration) {
	r.text(field, strconv.FormatFloat(d.Seconds(), 'f', 6, 64))
}

func (r *infoReport) writeErrorStats() {
	for _, code := range slices.Sorted(maps.Keys(r.errorReplies)) {
		r.text("errorstat_"+code, "count="+strconv.FormatInt(r.errorReplies[code], 10))
	}
}

func (r *infoReport) writeCluster() { r.zeros("cluster_enabled") }

func (r *infoReport) writeKeyspace() {
	for _, st := range r.store.DBStats() {
		db, err := r.store.DB(st.DB)
		if err != nil {
			return
		}
		r.text("db"+strconv.Itoa(st.DB), fmt.Sprintf("keys=%d,expires=%d,avg_ttl=%d", st.Keys, st.Volatile,
			averageTTL(db.Keys(), st.Volatile).Milliseconds()))
	}
}

// ttlSamples is the number of keys from which the average time to live is estimated.
const ttlSamples = 32

// averageTTL estimates the mean time to live of the keys that have one from keys drawn at random, 0 if none of those
// has one.
func averageTTL(keys datatypes.Keys, expires int) time.Duration {
	if expires == 0 {
		return 0
	}
	sum, n := time.Duration(0), time.Duration(0)
	for range ttlSamples {
		key, ok, err := keys.Random()
		if err != nil || !ok {
			break
		}
		if ttl, ok, err := keys.TTL(key); err == nil && ok && ttl >= 0 {
			sum += min(ttl, math.MaxInt64/ttlSamples)
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return sum / n
}
