package otelmetrics_test

import (
	"context"
	"fmt"
	"log"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/resp/otelmetrics"
)

// The program's meter provider collects what is observed; here a reader is asked by hand instead of an exporter.
func ExampleRegister() {
	cache, err := larder.Open(larder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()
	reader := metric.NewManualReader()
	provider := metric.NewMeterProvider(metric.WithReader(reader))
	registration, err := otelmetrics.Register(provider.Meter("cache"), cache, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer registration.Unregister()
	if _, err := cache.Strings().Set("k", []byte("v"), datatypes.SetOptions{}); err != nil {
		log.Fatal(err)
	}
	var collected metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &collected); err != nil {
		log.Fatal(err)
	}
	for _, m := range collected.ScopeMetrics[0].Metrics {
		if sum, ok := m.Data.(metricdata.Sum[int64]); ok && m.Name == "larder.keyspace.evicted_keys" {
			fmt.Println(m.Name, m.Unit, sum.DataPoints[0].Value)
		}
	}
	// Output: larder.keyspace.evicted_keys {key} 0
}
