package prommetrics_test

import (
	"fmt"
	"log"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/resp/prommetrics"
)

// A program that embeds two caches has one collector for each, told apart by a label. Usually the registry is served by
// promhttp.HandlerFor.
func ExampleNewCollector() {
	registry := prometheus.NewRegistry()
	for _, name := range []string{"pages", "sessions"} {
		cache, err := larder.Open(larder.Options{})
		if err != nil {
			log.Fatal(err)
		}
		defer cache.Close()
		labelled := prometheus.WrapRegistererWith(prometheus.Labels{"cache": name}, registry)
		labelled.MustRegister(prommetrics.NewCollector(cache, nil))
		if _, err := cache.Strings().Set("k", []byte("v"), datatypes.SetOptions{}); err != nil {
			log.Fatal(err)
		}
	}
	families, err := registry.Gather()
	if err != nil {
		log.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == "larder_keyspace_evicted_keys_total" {
			if _, err := expfmt.MetricFamilyToText(os.Stdout, family); err != nil {
				fmt.Println(err)
			}
		}
	}
	// Output:
	// # HELP larder_keyspace_evicted_keys_total Keys that were evicted at the memory limit.
	// # TYPE larder_keyspace_evicted_keys_total counter
	// larder_keyspace_evicted_keys_total{cache="pages"} 0
	// larder_keyspace_evicted_keys_total{cache="sessions"} 0
}
