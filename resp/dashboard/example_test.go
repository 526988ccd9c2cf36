package dashboard_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/resp"
	"github.com/larderkv/larder/resp/dashboard"
)

// A service mounts the page beside its own handlers, at any path that ends with a slash.
func ExampleHandler() {
	cache, err := larder.Open(larder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()
	server := &resp.Server{Cache: cache}
	defer server.Close()

	mux := http.NewServeMux()
	mux.Handle("/debug/cache/", http.StripPrefix("/debug/cache", &dashboard.Handler{Cache: cache, Server: server, Name: "sessions"}))

	web := httptest.NewServer(mux)
	defer web.Close()
	reply, err := http.Get(web.URL + "/debug/cache/")
	if err != nil {
		log.Fatal(err)
	}
	defer reply.Body.Close()
	fmt.Println(reply.Status, reply.Header.Get("Content-Type"))
	// Output: 200 OK text/html; charset=utf-8
}
