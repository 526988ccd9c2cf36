package resp

import (
	"fmt"
	"maps"
	"net"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/redistest"
	"github.com/larderkv/larder/resp/difftest"
)

// infoFields takes a report apart: the sections in their order, and the fields of each.
func infoFields(t testing.TB, report string) (titles []string, fields map[string]map[string]string) {
	t.Helper()
	fields = make(map[string]map[string]string)
	for _, section := range strings.Split(report, "\r\n\r\n") {
		lines := strings.Split(strings.TrimSuffix(section, "\r\n"), "\r\n")
		title, ok := strings.CutPrefix(lines[0], "# ")
		if !ok {
			t.Fatalf("section without a title:\n%s", section)
		}
		titles = append(titles, title)
		fields[title] = make(map[string]string)
		for _, line := range lines[1:] {
			field, value, ok := strings.Cut(line, ":")
			if _, twice := fields[title][field]; !ok || twice {
				t.Fatalf("line %q in section %s", line, title)
			}
			fields[title][field] = value
		}
	}
	return titles, fields
}

// infoOf returns the fields of all sections of a server's report.
func infoOf(t testing.TB, srv *Server) map[string]string {
	t.Helper()
	all := make(map[string]string)
	_, fields := infoFields(t, srv.Info())
	for _, section := range fields {
		maps.Copy(all, section)
	}
	return all
}

func TestInfoSections(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	usual := "Server Clients Memory Persistence Stats Replication CPU Modules Errorstats Cluster Keyspace"
	all := "Server Clients Memory Persistence Stats Replication CPU Modules Commandstats Errorstats Latencystats Cluster Keyspace Hotkeys"
	for asked, want := range map[string]string{
		"":                        usual,
		"default":                 usual,
		"ALL":                     all,
		"everything":              all,
		"cpu all":                 all,
		"CPU":                     "CPU",
		"keyspace cluster server": "Server Cluster Keyspace",
		"cluster nosuch cluster":  "Cluster",
	} {
		titles, _ := infoFields(t, srv.Info(strings.Fields(asked)...))
		if got := strings.Join(titles, " "); got != want {
			t.Errorf("%q: sections %s, want %s", asked, got, want)
		}
	}
	for _, none := range []string{"nosuch", "", "serverx"} {
		if got := srv.Info(none); got != "" {
			t.Errorf("%q: %q", none, got)
		}
	}
}

func TestDiffInfo(t *testing.T) {
	t.Parallel()
	h := startDiff(t)
	for _, protocol := range []int{2, 3} {
		p := h.Open(t, protocol)
		p.Check(t,
			difftest.Cmd("info", "cluster"),
			difftest.Cmd("INFO", "Modules", "CLUSTER"),
			difftest.Cmd("info", "nosuch"),
			difftest.Cmd("info", ""),
			difftest.Cmd("info", "keyspace"),
			difftest.Cmd("set", "a", "1"),
			difftest.Cmd("set", "b", "1"),
			difftest.Cmd("select", "3"),
			difftest.Cmd("set", "c", "1"),
			difftest.Cmd("select", "0"),
			difftest.Cmd("info", "keyspace", "cluster"),
			difftest.Cmd("config", "resetstat"),
			difftest.Cmd("info", "errorstats"),
		)
	}
}

// ownFields are those that Redis does not have.
var ownFields = []string{"larder_version", "go_version", "used_memory_go_heap", "used_memory_go_heap_human"}

// TestInfoFieldsAreRedis compares the names of fields, and what kind of value they have, with redis-server.
func TestInfoFieldsAreRedis(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	redis.Do("SET", "k", "v", "EX", "1000")
	srv := startCache(t)
	if _, err := srv.Cache.Strings().Set("k", []byte("v"), datatypes.SetOptions{TTL: 1000 * time.Second}); err != nil {
		t.Fatal(err)
	}
	wantTitles, want := infoFields(t, redis.String("INFO"))
	titles, got := infoFields(t, srv.Info())
	if !slices.Equal(titles, wantTitles) {
		t.Errorf("sections %v, want %v", titles, wantTitles)
	}
	shape := func(value string) string {
		value = strings.Replace(value, "nan", "0.0", 1) // a ratio of what Redis has not measured yet
		value = regexp.MustCompile(`\d+`).ReplaceAllString(value, "0")
		return regexp.MustCompile(`[BKMGT]$`).ReplaceAllString(strings.TrimPrefix(value, "-"), "")
	}
	free := []string{"os", "multiplexing_api", "executable", "config_file", "mem_allocator", "run_id", "master_replid", "redis_build_id", "redis_git_sha1"}
	for title, fields := range got {
		for field, value := range fields {
			if slices.Contains(ownFields, field) {
				continue
			}
			theirs, ok := want[title][field]
			if !ok {
				t.Errorf("%s: Redis has no field %s", title, field)
				continue
			}
			if strings.HasSuffix(field, "_human") {
				value, theirs = strings.Replace(value, ".", "", 1), strings.Replace(theirs, ".", "", 1)
			}
			if !slices.Contains(free, field) && shape(value) != shape(theirs) {
				t.Errorf("%s: %s is %q, Redis has %q", title, field, value, theirs)
			}
			if slices.Contains(free[5:], field) && len(value) != len(theirs) && field != "redis_build_id" {
				t.Errorf("%s: %s is %q, Redis has %q", title, field, value, theirs)
			}
		}
	}
}

// TestInfoHasWhatIsRead holds the fields that redis_exporter, Telegraf, Datadog's agent, dashboards and client libraries
// read of a standalone instance and that mean something here.
func TestInfoHasWhatIsRead(t *testing.T) {
	t.Parallel()
	info := infoOf(t, startCache(t))
	for _, field := range strings.Fields(`
		redis_version redis_mode redis_build_id os arch_bits process_id run_id tcp_port uptime_in_seconds uptime_in_days
		connected_clients blocked_clients maxclients client_recent_max_input_buffer client_recent_max_output_buffer
		used_memory used_memory_human used_memory_rss used_memory_peak used_memory_overhead used_memory_startup
		used_memory_dataset maxmemory maxmemory_policy mem_fragmentation_ratio mem_fragmentation_bytes mem_clients_normal
		mem_clients_slaves mem_allocator allocator_active allocator_allocated allocator_resident allocator_frag_ratio
		active_defrag_running lazyfree_pending_objects total_system_memory
		used_memory_lua used_memory_vm_total used_memory_scripts number_of_cached_scripts number_of_functions
		loading rdb_bgsave_in_progress aof_enabled aof_rewrite_in_progress aof_rewrite_scheduled rdb_last_save_time
		rdb_last_bgsave_status rdb_last_bgsave_time_sec rdb_current_bgsave_time_sec rdb_last_cow_size aof_last_rewrite_time_sec
		aof_current_rewrite_time_sec aof_last_bgrewrite_status aof_last_write_status aof_last_cow_size
		process_supervised lru_clock evicted_clients tracking_clients io_threads_active
		total_connections_received total_commands_processed instantaneous_ops_per_sec total_net_input_bytes
		total_net_output_bytes instantaneous_input_kbps instantaneous_output_kbps rejected_connections sync_full
		sync_partial_ok sync_partial_err expired_keys evicted_keys keyspace_hits keyspace_misses pubsub_channels
		pubsub_patterns latest_fork_usec total_error_replies
		role connected_slaves master_repl_offset master_replid second_repl_offset repl_backlog_active repl_backlog_size
		used_cpu_sys used_cpu_user used_cpu_sys_children used_cpu_user_children cluster_enabled`) {
		if _, ok := info[field]; !ok && (field != "total_system_memory" || systemMemory() > 0) {
			t.Errorf("%s is missing", field)
		}
	}
	for field, want := range map[string]string{
		"redis_version": redisVersion, "redis_mode": "standalone", "role": "master", "cluster_enabled": "0", "loading": "0",
		"arch_bits": strconv.Itoa(strconv.IntSize), "process_id": strconv.Itoa(os.Getpid()), "maxmemory_policy": "noeviction",
		"maxclients": "10000", "tcp_port": "0", "connected_clients": "0", "config_file": "",
	} {
		if info[field] != want {
			t.Errorf("%s is %q, want %q", field, info[field], want)
		}
	}
}

// leftOut are the fields of Redis 7.0 that there are not here, and why.
var leftOut = map[string]string{
	"atomicvar_api gcc_version monotonic_clock": "they are of a program in C",
	"hz configured_hz":                          "no timer drives the server",
	"active_defrag_hits active_defrag_key_hits active_defrag_key_misses active_defrag_misses current_active_defrag_time total_active_defrag_time": "memory is compacted in the course of maintenance, which has no such steps",
	"current_eviction_exceeded_time total_eviction_exceeded_time":                                                                                 "no write is let through above the limit",
	"expire_cycle_cpu_milliseconds expired_stale_perc expired_time_cap_reached_count":                                                             "expiry has no cycles, and estimates nothing",
	"lazyfreed_objects":                                  "all that is large is freed in slices, whoever deletes it",
	"rdb_changes_since_last_save":                        "nothing is ever saved from which to count",
	"reply_buffer_expands reply_buffer_shrinks":          "clients have no reply buffers of their own",
	"total_reads_processed total_writes_processed":       "system calls are not counted",
	"used_cpu_sys_main_thread used_cpu_user_main_thread": "there is no main thread",
}

// TestInfoLeavesOut holds the fields that are left out to be those of which it is known why.
func TestInfoLeavesOut(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	info := infoOf(t, startCache(t))
	known := make(map[string]bool)
	for fields, reason := range leftOut {
		for _, field := range strings.Fields(fields) {
			known[field] = true
			if _, there := info[field]; there {
				t.Errorf("%s is there, though %s", field, reason)
			}
		}
	}
	_, sections := infoFields(t, redis.String("INFO"))
	for title, fields := range sections {
		for field := range fields {
			if _, there := info[field]; !there && !known[field] && title != "Errorstats" {
				t.Errorf("%s: %s is missing, and nobody has said why", title, field)
			}
			delete(known, field)
		}
	}
	for field := range known {
		t.Errorf("Redis has no field %s that could be left out", field)
	}
}

// TestInfoTellsTheTruth compares the report with what was done.
func TestInfoTellsTheTruth(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go srv.Serve(ln)
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	p := newPeer(t, conn)
	newPeer(t, srv.Dial()).do("PING\r\n", "+PONG\r\n")
	for i := range 10 {
		p.do(fmt.Sprintf("SET k%d v\r\n", i), "+OK\r\n")
	}
	p.do("CONFIG SET maxmemory 64mb maxmemory-policy allkeys-lru maxclients 2\r\n", "+OK\r\n")
	newPeer(t, srv.Dial()).expect("-ERR max number of clients reached\r\n")
	p.do("EXPIRE k1 1000\r\n", ":1\r\n")
	p.do("PEXPIREAT k2 1\r\n", ":1\r\n")
	info := infoOf(t, srv)
	for field, want := range map[string]string{
		"tcp_port": strconv.Itoa(ln.Addr().(*net.TCPAddr).Port), "connected_clients": "2", "maxclients": "2",
		"total_connections_received": "2", "rejected_connections": "1", "maxmemory": "67108864",
		"maxmemory_human": "64.00M", "maxmemory_policy": "allkeys-lru", "evicted_keys": "0",
	} {
		if info[field] != want {
			t.Errorf("%s is %q, want %q", field, info[field], want)
		}
	}
	if !strings.HasPrefix(info["db0"], "keys=9,expires=1,avg_ttl=") {
		t.Errorf("db0: %s", info["db0"])
	}
	number := func(field string) int {
		n, err := strconv.Atoi(info[field])
		if err != nil {
			t.Errorf("%s is %q", field, info[field])
		}
		return n
	}
	// Commands count when their batch is done and bytes when they are sent, which a client may be ahead of.
	eventually(t, "14 commands in 207 bytes and replies in 70", func() bool {
		info = infoOf(t, srv)
		return number("total_commands_processed") == 14 && number("total_net_input_bytes") == 207 &&
			number("total_net_output_bytes") == 70
	})
	stats := srv.Cache.Stats()
	if n := int64(number("used_memory")); n != stats.ResidentBytes || n == 0 || int64(number("used_memory_peak")) < n {
		t.Errorf("used_memory %d, peak %s, resident %d", n, info["used_memory_peak"], stats.ResidentBytes)
	}
	if number("used_memory_dataset")+number("used_memory_overhead") != number("used_memory") {
		t.Error("dataset and overhead are not the whole")
	}
	if number("used_memory_rss") < number("used_memory") || number("used_memory_go_heap") == 0 {
		t.Errorf("used_memory_rss %s, heap %s", info["used_memory_rss"], info["used_memory_go_heap"])
	}
	if number("mem_clients_normal") == 0 {
		t.Error("two clients hold nothing")
	}
	if cpu, err := strconv.ParseFloat(info["used_cpu_user"], 64); err != nil || cpu <= 0 {
		t.Errorf("used_cpu_user %q", info["used_cpu_user"])
	}
	if a, b := info["run_id"], infoOf(t, startCache(t))["run_id"]; !regexp.MustCompile(`^[0-9a-f]{40}$`).MatchString(a) || a == b {
		t.Errorf("run_id %q, of another server %q", a, b)
	}
	if infoOf(t, srv)["run_id"] != info["run_id"] {
		t.Error("run_id changes")
	}
}

func TestInfoAfterClose(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	srv.Cache.Close()
	if info := infoOf(t, srv); info["used_memory"] != "0" || info["redis_version"] != redisVersion {
		t.Errorf("%v", info)
	}
}

func TestResetStats(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	conn := newPeer(t, srv.Dial())
	conn.do("SET k v\r\n", "+OK\r\n")
	conn.do("PEXPIREAT k 1\r\n", ":1\r\n")
	eventually(t, "two commands", func() bool { return infoOf(t, srv)["total_commands_processed"] == "2" })
	conn.do("CONFIG RESETSTAT\r\n", "+OK\r\n")
	eventually(t, "one command", func() bool { return infoOf(t, srv)["total_commands_processed"] == "1" })
	info := infoOf(t, srv)
	for _, field := range []string{"total_connections_received", "rejected_connections", "expired_keys", "keyspace_hits",
		"keyspace_misses", "total_error_replies"} {
		if info[field] != "0" {
			t.Errorf("%s is %s", field, info[field])
		}
	}
	if info["connected_clients"] != "1" || info["used_memory_peak"] == "0" {
		t.Errorf("%s clients, peak %s", info["connected_clients"], info["used_memory_peak"])
	}
}

func TestRates(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	srv.init()
	srv.sample()
	o := srv.ops()
	srv.netCount.commands.Add(3000)
	srv.netCount.bytesIn.Add(3000 << 10)
	if rates := o.noteRates(srv.Stats().Counts); rates.commands != 0 {
		t.Errorf("a sample just after another gives %v commands a second", rates.commands)
	}
	o.mu.Lock()
	o.lastAt = o.lastAt.Add(-10 * time.Second)
	o.mu.Unlock()
	info := infoOf(t, srv)
	ops, err := strconv.Atoi(info["instantaneous_ops_per_sec"])
	if err != nil || ops < 150 || ops > 300 { // 300 if no time has passed besides
		t.Errorf("instantaneous_ops_per_sec %s", info["instantaneous_ops_per_sec"])
	}
	kbps, err := strconv.ParseFloat(info["instantaneous_input_kbps"], 64)
	if err != nil || kbps < 150 || kbps > 300 {
		t.Errorf("instantaneous_input_kbps %s", info["instantaneous_input_kbps"])
	}
}

func TestAverageTTL(t *testing.T) {
	t.Parallel()
	cache, err := larder.Open(larder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close()
	if got := averageTTL(cache.Keys(), 0); got != 0 {
		t.Errorf("of no keys: %v", got)
	}
	for i := range 100 {
		key := strconv.Itoa(i)
		if _, err := cache.Strings().Set(key, nil, datatypes.SetOptions{TTL: time.Hour}); err != nil {
			t.Fatal(err)
		}
	}
	if got := averageTTL(cache.Keys(), 100); got > time.Hour || got < 50*time.Minute {
		t.Errorf("of keys that live for an hour: %v", got)
	}
	forever := time.UnixMilli(1 << 60)
	for i := range 100 {
		if _, err := cache.Keys().ExpireAt(strconv.Itoa(i), forever, 0); err != nil {
			t.Fatal(err)
		}
	}
	if got := averageTTL(cache.Keys(), 100); got <= 0 {
		t.Errorf("of keys that live for ages: %v", got)
	}
}

func TestErrorCounts(t *testing.T) {
	t.Parallel()
	var e errorCounts
	e.add("ERR syntax error")
	e.add("ERR other")
	e.add("WRONGTYPE Operation")
	e.add("word")
	byCode := e.snapshot()
	if want := map[string]int64{"ERR": 3, "WRONGTYPE": 1}; !maps.Equal(byCode, want) {
		t.Errorf("%v", byCode)
	}
	for i := range 3 * maxErrorCodes {
		e.add(fmt.Sprintf("E%d x", i))
	}
	total := int64(0)
	byCode = e.snapshot()
	for _, n := range byCode {
		total += n
	}
	if len(byCode) != maxErrorCodes+1 || total != 4+3*maxErrorCodes || byCode[otherCode] != 2*maxErrorCodes+2 {
		t.Errorf("%d codes, %d errors, %d others", len(byCode), total, byCode[otherCode])
	}
	(*errorCounts)(nil).add("ERR x")
}

func TestHumanBytes(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0B", 1023: "1023B", 1024: "1.00K", 916304: "894.83K", 1 << 20: "1.00M", 12161024: "11.60M", 25276026880: "23.54G",
		1 << 40: "1.00T", 1 << 50: "1.00P", 5 << 60: "5120.00P",
	} {
		if got := humanBytes(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestRatios(t *testing.T) {
	t.Parallel()
	if ratio(3, 2) != 1.5 || ratio(0, 0) != 1 || percent(1, 3) != "33.33%" || percent(1, 0) != "0.00%" {
		t.Error(ratio(3, 2), ratio(0, 0), percent(1, 3), percent(1, 0))
	}
}
