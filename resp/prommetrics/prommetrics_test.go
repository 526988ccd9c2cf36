package prommetrics_test

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/resp"
	"github.com/larderkv/larder/resp/prommetrics"
)

func open(t *testing.T) *larder.Cache {
	t.Helper()
	cache, err := larder.Open(larder.Options{MaxBytes: 64 << 20, NoMaintenance: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cache.Close() })
	return cache
}

// register returns a registry that also checks whether a collector emits what it describes.
func register(c prometheus.Collector) *prometheus.Registry {
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(c)
	return r
}

// expect compares the metrics of the names that want has with it. Comments are left out of it.
func expect(t *testing.T, g prometheus.Gatherer, want string) {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for i, l := range m.GetLabel() {
				name += fmt.Sprintf("%c%s=%q", ",{"[btoi(i == 0)], l.GetName(), l.GetValue())
			}
			if len(m.GetLabel()) > 0 {
				name += "}"
			}
			got[name] = fmt.Sprint(m.GetCounter().GetValue() + m.GetGauge().GetValue())
		}
	}
	for line := range strings.Lines(want) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if have, ok := got[name]; name != "" && (have != value && (value != "absent" || ok)) {
			t.Errorf("%s is %q, want %s", name, have, value)
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// converse sends commands and waits for as many lines of reply as there are commands, each of one line.
func converse(t *testing.T, conn net.Conn, commands ...string) {
	t.Helper()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := conn.Write([]byte(strings.Join(commands, "\r\n") + "\r\n")); err != nil {
		t.Fatal(err)
	}
	for lines, buf := 0, make([]byte, 512); lines < len(commands); {
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		lines += strings.Count(string(buf[:n]), "\n")
	}
}

func TestLint(t *testing.T) {
	t.Parallel()
	cache := open(t)
	server := &resp.Server{Cache: cache}
	defer server.Close()
	conn := server.Dial()
	converse(t, conn, "NOSUCH", "CONFIG SET latency-tracking yes", "PING")
	problems, err := testutil.GatherAndLint(register(prommetrics.NewCollector(cache, server)))
	if err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
}

// TestCommandTimes: there is a histogram for each command that was timed, all with the same buckets.
func TestCommandTimes(t *testing.T) {
	t.Parallel()
	cache := open(t)
	server := &resp.Server{Cache: cache}
	defer server.Close()
	registry := register(prommetrics.NewCollector(cache, server))
	conn := server.Dial()
	converse(t, conn, "PING", "CONFIG SET latency-tracking yes", "SET k v", "PING", "PING")
	converse(t, conn, "PING")
	await(t, server, 6)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	bounds := make(map[string]int)
	calls := make(map[string]uint64)
	for _, f := range families {
		if f.GetName() != "larder_server_command_duration_seconds" {
			continue
		}
		for _, m := range f.GetMetric() {
			h, before := m.GetHistogram(), uint64(0)
			for _, b := range h.GetBucket() {
				bounds[fmt.Sprint(b.GetUpperBound())]++
				if b.GetCumulativeCount() < before {
					t.Errorf("%v: buckets shrink", m.GetLabel())
				}
				before = b.GetCumulativeCount()
			}
			if before != h.GetSampleCount() || h.GetSampleSum() <= 0 {
				t.Errorf("%v: %v", m.GetLabel(), h)
			}
			calls[m.GetLabel()[0].GetValue()] = h.GetSampleCount()
		}
	}
	if calls["ping"] != 3 || calls["set"] != 1 || calls["get"] != 0 {
		t.Errorf("timed calls: %v", calls)
	}
	for bound, n := range bounds {
		if n != len(calls) {
			t.Errorf("%d of %d histograms have a bucket %s", n, len(calls), bound)
		}
	}
	expect(t, registry, `
		larder_server_command_calls_total{command="ping"} 4
		larder_server_command_calls_total{command="config|set"} 1
		larder_server_failed_calls_total{command="ping"} 0
	`)
}

// await waits until commands that were answered have been counted.
func await(t *testing.T, server *resp.Server, commands int) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); server.Stats().Commands < int64(commands); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%+v", server.Stats())
		}
	}
}

// TestServed compares metrics of a cache and its server with what was done, before and after CONFIG RESETSTAT.
func TestServed(t *testing.T) {
	t.Parallel()
	cache := open(t)
	server := &resp.Server{Cache: cache}
	defer server.Close()
	registry := register(prommetrics.NewCollector(cache, server))
	conn := server.Dial()
	commands := []string{"SET a 1", "SET b 2", "SADD s x", "RPUSH l x", "ZADD z 1 m", "HSET h f v", "GET none", "EXISTS a", "EXISTS b",
		"EXPIRE a 1000", "SELECT 3", "SET c 1", "SUBSCRIBEX", "INCR", "PING", "CONFIG RESETSTAT"}
	converse(t, conn, commands...)
	other := server.Dial()
	converse(t, other, "PING", "GET a x", "PING")
	await(t, server, len(commands)+3)
	expect(t, registry, fmt.Sprintf(`
		larder_keyspace_keys{db="0",type="string"} 2
		larder_keyspace_keys{db="0",type="list"} 1
		larder_keyspace_keys{db="0",type="set"} 1
		larder_keyspace_keys{db="0",type="zset"} 1
		larder_keyspace_keys{db="0",type="hash"} 1
		larder_keyspace_keys{db="3",type="string"} 1
		larder_keyspace_keys{db="3",type="hash"} 0
		larder_keyspace_keys{db="1",type="string"} absent
		larder_keyspace_volatile_keys{db="0"} 1
		larder_keyspace_volatile_keys{db="3"} 0
		larder_keyspace_hits_total 2
		larder_keyspace_misses_total 1
		larder_keyspace_expired_keys_total 0
		larder_keyspace_evicted_keys_total 0
		larder_memory_limit_bytes %v
		larder_server_commands_total %d
		larder_server_command_calls_total{command="set"} 3
		larder_server_rejected_calls_total{command="incr"} 1
		larder_server_error_replies_total{code="ERR"} 3
		larder_server_clients 2
		larder_server_blocked_clients 0
		larder_server_client_limit 10000
		larder_server_accepted_connections_total 2
		larder_server_rejected_connections_total 0
		larder_server_subscribed_topics{kind="channel"} 0
	`, float64(64<<20), len(commands)+3))
	st := cache.Stats()
	expect(t, registry, fmt.Sprintf(`
		larder_memory_used_bytes %v
		larder_memory_resident_bytes %v
	`, float64(st.UsedBytes), float64(st.ResidentBytes)))
}

// TestEmbedded: without a server there are the metrics of the cache, and of lookups if somebody counts them.
func TestEmbedded(t *testing.T) {
	t.Parallel()
	cache := open(t)
	var counters larder.Counters
	db, err := cache.DB(2)
	if err != nil {
		t.Fatal(err)
	}
	counted := db.WithCounters(&counters)
	plain, counting := register(prommetrics.NewCollector(cache, nil)), register(prommetrics.NewCollector(cache, nil, &counters, new(larder.Counters)))
	if _, err := counted.Strings().Set("k", nil, datatypes.SetOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"k", "none", "none"} {
		if _, _, err := counted.Strings().Get(key); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, plain, `
		larder_keyspace_keys{db="0",type="string"} 0
		larder_keyspace_keys{db="2",type="string"} 1
		larder_keyspace_hits_total absent
		larder_keyspace_misses_total absent
		larder_server_clients absent
	`)
	expect(t, counting, `
		larder_keyspace_hits_total 1
		larder_keyspace_misses_total 2
		larder_server_clients absent
	`)
	cache.Close()
	if n, err := testutil.GatherAndCount(plain); n != 0 || err != nil {
		t.Errorf("a closed cache has %d metrics, %v", n, err)
	}
}

// TestExpiryAndEviction compares the counters with a workload at the memory limit.
func TestExpiryAndEviction(t *testing.T) {
	t.Parallel()
	cache, err := larder.Open(larder.Options{MaxBytes: 1 << 20, Shards: 1, NoMaintenance: true})
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close()
	const n = 4000
	value := make([]byte, 1000)
	for i := range n {
		if _, err := cache.Strings().Set(fmt.Sprint(i), value, datatypes.SetOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	left, err := cache.Keys().Len()
	if err != nil || left == n {
		t.Fatalf("%d keys, %v", left, err)
	}
	expect(t, register(prommetrics.NewCollector(cache, nil)), fmt.Sprintf(`
		larder_keyspace_keys{db="0",type="string"} %d
		larder_keyspace_evicted_keys_total %d
	`, left, n-left))
}

// TestWhileInUse scrapes while the cache is written to, with another cache in the same registry.
func TestWhileInUse(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	caches := []*larder.Cache{open(t), open(t)}
	for i, cache := range caches {
		prometheus.WrapRegistererWith(prometheus.Labels{"cache": fmt.Sprint(i)}, registry).MustRegister(prommetrics.NewCollector(cache, nil))
	}
	var writers sync.WaitGroup
	for _, cache := range caches {
		writers.Go(func() {
			for i := range 2000 {
				if _, err := cache.Strings().Set(fmt.Sprint(i%100), nil, datatypes.SetOptions{TTL: time.Hour}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 20 {
		if _, err := registry.Gather(); err != nil {
			t.Error(err)
		}
	}
	writers.Wait()
	expect(t, registry, `
		larder_keyspace_keys{cache="0",db="0",type="string"} 100
		larder_keyspace_volatile_keys{cache="1",db="0"} 100
	`)
}
