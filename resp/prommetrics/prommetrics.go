// Package prommetrics has the Prometheus collector of a cache and its server.
//
//	prometheus.MustRegister(prommetrics.NewCollector(cache, server))
//
// A program that has several caches tells them apart by a label:
//
//	prometheus.WrapRegistererWith(prometheus.Labels{"cache": "sessions"}, prometheus.DefaultRegisterer).
//		MustRegister(prommetrics.NewCollector(sessions, nil))
//
// The names of all metrics begin with larder_; those of a server with larder_server_. Nothing is counted for the
// collector's sake: a scrape reads what Cache.Stats, Cache.DBStats, Server.Stats and Server.CommandStats tell, and
// between scrapes nothing is done. The histograms of how long commands take are there when the server keeps them, that is
// after CONFIG SET latency-tracking yes.
package prommetrics

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/internal/telemetry"
	"github.com/larderkv/larder/resp"
)

// NewCollector returns a collector of the metrics of a cache and of the server that serves it, which is nil if the cache
// is only used from within the program.
//
// Lookups are counted by the server. Those that the program makes itself are counted by whatever Counters it gave to
// DB.WithCounters and passes here. Without either there are no metrics of hits and misses. A collector of a closed cache
// has no metrics of the cache.
//
// A scrape costs O(databases × shards + clients + commands × event loops) and stops nothing.
func NewCollector(cache *larder.Cache, server *resp.Server, counters ...*larder.Counters) prometheus.Collector {
	c := &collector{source: telemetry.Source{Cache: cache, Server: server, Counters: counters}}
	for i := range telemetry.Metrics {
		m := &telemetry.Metrics[i]
		c.descs = append(c.descs, prometheus.NewDesc(name(m), m.Help, m.Labels, nil))
	}
	t := telemetry.CommandTime
	c.commandTime = prometheus.NewDesc(underscored(t.Name)+"_seconds", t.Help, []string{t.Label}, nil)
	return c
}

type collector struct {
	source      telemetry.Source
	descs       []*prometheus.Desc // of telemetry.Metrics
	commandTime *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, desc := range c.descs {
		to <- desc
	}
	to <- c.commandTime
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	s := c.source.Snapshot()
	for i := range telemetry.Metrics {
		m := &telemetry.Metrics[i]
		m.Read(s, func(value int64, labels ...string) {
			to <- prometheus.MustNewConstMetric(c.descs[i], valueType(m), float64(value), labels...)
		})
	}
	for i := range s.Commands {
		if st := &s.Commands[i]; st.Latency.Count() > 0 {
			to <- prometheus.MustNewConstHistogram(c.commandTime, uint64(st.Latency.Count()), st.Latency.Sum().Seconds(),
				buckets(&st.Latency), st.Name)
		}
	}
}

// buckets returns every other bucket of the latencies: each of them is a time series, and there is one set for each
// command.
func buckets(l *resp.Latencies) map[float64]uint64 {
	all := make(map[float64]uint64)
	every := false
	for d, n := range l.Buckets() {
		if every = !every; every {
			all[d.Seconds()] = uint64(n)
		}
	}
	return all
}

func valueType(m *telemetry.Metric) prometheus.ValueType {
	if m.Kind == telemetry.Counter {
		return prometheus.CounterValue
	}
	return prometheus.GaugeValue
}

// name returns the metric's name with the unit and the kind at its end, as is the custom of Prometheus.
func name(m *telemetry.Metric) string {
	name := underscored(m.Name)
	if m.Unit == "By" {
		name += "_bytes"
	}
	if m.Kind == telemetry.Counter {
		name += "_total"
	}
	return name
}

func underscored(name string) string { return strings.ReplaceAll(name, ".", "_") }
