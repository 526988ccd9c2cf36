package otelmetrics_test

import (
	"bufio"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/resp"
	"github.com/larderkv/larder/resp/otelmetrics"
)

// values returns what a reader collects: the value of each series as text, under its name and attributes, with the
// instrument's unit and kind.
func values(t testing.TB, reader *metric.ManualReader) map[string]string {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			if data, ok := m.Data.(metricdata.Sum[float64]); ok {
				for _, p := range data.DataPoints {
					got[m.Name+" "+p.Attributes.ToSlice()[0].Value.AsString()] = fmt.Sprint(p.Value > 0, " ", m.Unit)
				}
				continue
			}
			var points []metricdata.DataPoint[int64]
			kind := "gauge"
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				points, kind = data.DataPoints, "level"
				if data.IsMonotonic {
					kind = "counter"
				}
			case metricdata.Gauge[int64]:
				points = data.DataPoints
			}
			if m.Description == "" || len(points) == 0 {
				t.Errorf("%s has the description %q and %d values", m.Name, m.Description, len(points))
			}
			for _, p := range points {
				name := m.Name
				for _, kv := range p.Attributes.ToSlice() {
					name += " " + string(kv.Key) + "=" + kv.Value.AsString()
				}
				got[name] = fmt.Sprint(p.Value, " ", m.Unit, " ", kind)
			}
		}
	}
	return got
}

func expect(t testing.TB, got, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %q, want %q", name, got[name], value)
		}
	}
}

func setUp(t testing.TB) (*larder.Cache, *metric.MeterProvider, *metric.ManualReader) {
	t.Helper()
	cache, err := larder.Open(larder.Options{MaxBytes: 64 << 20, NoMaintenance: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cache.Close() })
	reader := metric.NewManualReader()
	return cache, metric.NewMeterProvider(metric.WithReader(reader)), reader
}

func TestServed(t *testing.T) {
	t.Parallel()
	cache, provider, reader := setUp(t)
	server := &resp.Server{Cache: cache}
	defer server.Close()
	registration, err := otelmetrics.Register(provider.Meter("test"), cache, server)
	if err != nil {
		t.Fatal(err)
	}
	conn := server.Dial()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	replies := bufio.NewScanner(conn)
	for _, command := range []string{"SET a 1", "EXISTS a", "EXPIRE a 1000", "STRLEN none", "SELECT 1", "SADD s x", "CONFIG SET latency-tracking yes", "NOSUCH", "LPUSH s x"} {
		fmt.Fprintf(conn, "%s\r\n", command)
		if !replies.Scan() {
			t.Fatal(replies.Err())
		}
	}
	for deadline := time.Now().Add(20 * time.Second); server.Stats().Commands < 9; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%+v", server.Stats())
		}
	}
	st := cache.Stats()
	expect(t, values(t, reader), map[string]string{
		"larder.memory.used":                                  fmt.Sprint(st.UsedBytes, " By level"),
		"larder.memory.resident":                              fmt.Sprint(st.ResidentBytes, " By level"),
		"larder.memory.limit":                                 "67108864 By level",
		"larder.keyspace.keys larder.db=0 larder.type=string": "1 {key} level",
		"larder.keyspace.keys larder.db=1 larder.type=set":    "1 {key} level",
		"larder.keyspace.volatile_keys larder.db=0":           "1 {key} level",
		"larder.keyspace.hits":                                "1 {lookup} counter",
		"larder.keyspace.misses":                              "1 {lookup} counter",
		"larder.server.commands":                              "9 {command} counter",
		"larder.server.command_calls larder.command=sadd":     "1 {call} counter",
		"larder.server.failed_calls larder.command=lpush":     "1 {call} counter",
		"larder.server.command_duration lpush":                "true s",
		"larder.server.command_duration sadd":                 "",
		"larder.server.error_replies larder.code=ERR":         "1 {reply} counter",
		"larder.server.clients":                               "1 {client} level",
		"larder.server.longest_output":                        "0 By gauge",
		"larder.server.subscribed_topics larder.kind=pattern": "0 {topic} level",
		"larder.server.accepted_connections":                  "1 {connection} counter",
		"larder.keyspace.keys larder.db=2 larder.type=string": "",
		"larder.server.error_replies larder.code=WRONGTYPE":   "1 {reply} counter",
		"larder.keyspace.keys larder.db=0 larder.type=hash":   "0 {key} level",
		"larder.keyspace.evicted_keys":                        "0 {key} counter",
		"larder.server.subscribed_topics larder.kind=channel": "0 {topic} level",
	})
	if err := registration.Unregister(); err != nil {
		t.Fatal(err)
	}
	if got := values(t, reader); len(got) > 0 {
		t.Errorf("after Unregister: %v", got)
	}
}

// TestEmbedded: without a server there are the metrics of the cache, and of lookups if somebody counts them.
func TestEmbedded(t *testing.T) {
	t.Parallel()
	cache, provider, reader := setUp(t)
	var counters larder.Counters
	db, err := cache.DB(0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := otelmetrics.Register(provider.Meter("plain"), cache, nil); err != nil {
		t.Fatal(err)
	}
	for name := range values(t, reader) {
		if strings.HasPrefix(name, "larder.server.") || name == "larder.keyspace.hits" || name == "larder.keyspace.misses" {
			t.Errorf("nobody counts %s", name)
		}
	}
	if _, err := otelmetrics.Register(provider.Meter("counting"), cache, nil, &counters); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"k", "k"} {
		if _, _, err := db.WithCounters(&counters).Strings().Get(key); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Strings().Set(key, nil, datatypes.SetOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, values(t, reader), map[string]string{"larder.keyspace.hits": "1 {lookup} counter", "larder.keyspace.misses": "1 {lookup} counter"})
	cache.Close()
	for name := range values(t, reader) {
		if name != "larder.keyspace.hits" && name != "larder.keyspace.misses" {
			t.Errorf("of a closed cache: %s", name)
		}
	}
}
