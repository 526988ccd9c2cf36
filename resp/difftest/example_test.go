package difftest_test

import (
	"fmt"
	"net"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/resp"
	"github.com/larderkv/larder/resp/difftest"
)

// serve returns an endpoint of a server over a new cache. A real comparison would have the address of a Redis.
func serve(name string) (e difftest.Endpoint, stop func()) {
	cache, err := larder.Open(larder.Options{Policy: larder.NoEviction})
	if err != nil {
		panic(err)
	}
	srv := &resp.Server{Cache: cache}
	stop = func() {
		srv.Close()
		cache.Close()
	}
	return difftest.Endpoint{Name: name, Dial: func() (net.Conn, error) { return srv.Dial(), nil }}, stop
}

// A comparison of the commands on strings and lists. A test would call Compare.
func ExampleFind() {
	reference, stop := serve("reference")
	defer stop()
	subject, stop := serve("subject")
	defer stop()

	d, err := difftest.Find(reference, subject, difftest.Options{
		Groups:    []difftest.Group{difftest.Strings(), difftest.Lists()},
		Scripts:   20,
		Protocols: []int{3},
		Loose:     map[string]difftest.Mode{"object encoding": difftest.Ignore},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if d != nil {
		fmt.Println(d)
		return
	}
	fmt.Println("no difference")
	// Output: no difference
}

// A group of one's own, of two commands that meet in few keys.
func ExampleGroup() {
	counters := difftest.Group{
		{Weight: 3, Generate: func(g *difftest.Gen) difftest.Command {
			return difftest.Cmd("INCRBY", g.Key(), g.Int())
		}},
		{Weight: 1, Generate: func(g *difftest.Gen) difftest.Command {
			return difftest.Cmd("RANDOMKEY").By(difftest.SameKind)
		}},
	}
	reference, stop := serve("reference")
	defer stop()
	subject, stop := serve("subject")
	defer stop()
	d, err := difftest.Find(reference, subject, difftest.Options{Groups: []difftest.Group{counters}, Scripts: 20})
	fmt.Println(d == nil, err)
	// Output: true <nil>
}

// A script written by hand. What it finds can be pasted into redis-cli.
func ExamplePair_Run() {
	reference, stop := serve("reference")
	defer stop()
	subject, stop := serve("subject")
	defer stop()
	p, err := difftest.Dial(reference, subject, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer p.Close()

	never := func(reference, subject difftest.Value) bool { return false }
	d, err := p.Run([]difftest.Command{
		difftest.Cmd("SET", "greeting", "hello world"),
		difftest.Cmd("GET", "greeting").By(never),
		difftest.Cmd("DEL", "greeting"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d)
	// Output:
	// FLUSHALL
	// SET greeting "hello world"
	// GET greeting
	// reference: "hello world"
	// subject:   "hello world"
}
