package larder_test

import (
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/resp"
	"github.com/larderkv/larder/resp/dashboard"
	"github.com/larderkv/larder/resp/otelmetrics"
	"github.com/larderkv/larder/resp/prommetrics"
)

// A store that the program uses directly, and others over the network.
func Example_doors() {
	c, err := larder.Open(larder.Options{MaxBytes: 1 << 30})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	c.Strings().Set("greeting", []byte("hello"), datatypes.SetOptions{TTL: time.Minute})
	v, ok, err := c.Strings().Get("greeting")
	fmt.Println(v, ok, err)

	srv := &resp.Server{Cache: c} // the same store, for every Redis or Valkey client
	err = srv.ListenAndServe("127.0.0.1:6379")
	fmt.Println(err)
}

// Each type of value has a store.
func Example_types() {
	c, err := larder.Open(larder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	c.Hashes().Set("session:1", datatypes.Field{Name: "user", Value: []byte("ada")})
	c.Hashes().Expire("session:1", time.Hour, datatypes.ExpireAlways, "user") // the field, not the key
	c.SortedSets().Add("board", datatypes.Scored{Member: "ada", Score: 42})
	for member, score := range c.SortedSets().RangeByRank("board", 0, 9) {
		fmt.Println(member, score)
	}
	both, err := c.Sets().Inter("admins", "online")
	fmt.Println(both, err)
	// Output:
	// ada 42
	// [] <nil>
}

// What a service that embeds the cache adds to its web server and its monitoring.
func Example_metrics() {
	c, err := larder.Open(larder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	srv := &resp.Server{Cache: c}
	defer srv.Close()

	http.Handle("/cache/", http.StripPrefix("/cache", &dashboard.Handler{Cache: c, Server: srv}))
	prometheus.MustRegister(prommetrics.NewCollector(c, srv))              // larder_keyspace_hits_total, …
	registration, err := otelmetrics.Register(otel.Meter("cache"), c, srv) // larder.keyspace.hits, …
	if err != nil {
		log.Fatal(err)
	}
	defer registration.Unregister()
}
