// Package otelmetrics has the OpenTelemetry instruments of a cache and its server.
//
//	registration, err := otelmetrics.Register(otel.Meter("cache"), cache, server)
//
// It needs the API of OpenTelemetry alone; which SDK and exporter there are is the program's choice. All instruments are
// observable: nothing is counted for their sake, and between two collections nothing is done.
package otelmetrics

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/internal/telemetry"
	"github.com/larderkv/larder/resp"
)

// Register creates the instruments for a cache and for the server that serves it, which is nil if the cache is only used
// from within the program, and has them observed until Unregister is called on what it returns. The instruments' names
// begin with larder., those of a server with larder.server.; so do the names of attributes. Programs with several caches
// tell them apart by attributes of the meter (metric.WithInstrumentationAttributes).
//
// Lookups are counted by the server. Those that the program makes itself are counted by whatever Counters it gave to
// DB.WithCounters and passes here. Without either hits and misses are not observed. Of a closed cache nothing is.
//
// The time that commands take is observed as its sum alone, while latency-tracking is on: the API has no histograms whose
// values are read from without.
//
// A collection costs O(databases × shards + clients + commands × event loops) and stops nothing.
func Register(meter metric.Meter, cache *larder.Cache, server *resp.Server, counters ...*larder.Counters) (metric.Registration, error) {
	instruments := make([]metric.Int64Observable, len(telemetry.Metrics))
	observed := make([]metric.Observable, len(telemetry.Metrics))
	problems := make([]error, len(telemetry.Metrics))
	for i := range telemetry.Metrics {
		instruments[i], problems[i] = instrument(meter, &telemetry.Metrics[i])
		observed[i] = instruments[i]
	}
	t := telemetry.CommandTime
	commandTime, err := meter.Float64ObservableCounter(t.Name, metric.WithDescription(t.Help), metric.WithUnit(t.Unit))
	observed, problems = append(observed, commandTime), append(problems, err)
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	source := telemetry.Source{Cache: cache, Server: server, Counters: counters}
	return meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		s := source.Snapshot()
		for i := range telemetry.Metrics {
			m := &telemetry.Metrics[i]
			m.Read(s, func(value int64, labels ...string) {
				o.ObserveInt64(instruments[i], value, metric.WithAttributeSet(attributes(m.Labels, labels)))
			})
		}
		for i := range s.Commands {
			if st := &s.Commands[i]; st.Latency.Count() > 0 {
				set := attributes([]string{t.Label}, []string{st.Name})
				o.ObserveFloat64(commandTime, st.Latency.Sum().Seconds(), metric.WithAttributeSet(set))
			}
		}
		return nil
	}, observed...)
}

func instrument(meter metric.Meter, m *telemetry.Metric) (metric.Int64Observable, error) {
	switch m.Kind {
	case telemetry.Counter:
		return meter.Int64ObservableCounter(m.Name, metric.WithDescription(m.Help), metric.WithUnit(m.Unit))
	case telemetry.Level:
		return meter.Int64ObservableUpDownCounter(m.Name, metric.WithDescription(m.Help), metric.WithUnit(m.Unit))
	}
	return meter.Int64ObservableGauge(m.Name, metric.WithDescription(m.Help), metric.WithUnit(m.Unit))
}

func attributes(names, values []string) attribute.Set {
	pairs := make([]attribute.KeyValue, len(names))
	for i, name := range names {
		pairs[i] = attribute.String("larder."+name, values[i])
	}
	return attribute.NewSet(pairs...)
}
