package resp_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/resp"
)

// Rights are given to users by the rules of Redis' ACL SETUSER.
func ExampleServer_SetUser() {
	cache, err := larder.Open(larder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()
	srv := &resp.Server{Cache: cache}
	defer srv.Close()
	if err := srv.SetUser("reporter", "on", ">secret", "+@read", "~report:*"); err != nil {
		log.Fatal(err)
	}
	conn := srv.Dial()
	defer conn.Close()
	replies := bufio.NewScanner(conn)
	for _, command := range []string{"AUTH reporter secret", "EXISTS report:1", "EXISTS other", "SET report:1 x"} {
		fmt.Fprintf(conn, "%s\r\n", command)
		replies.Scan()
		fmt.Println(replies.Text())
	}
	// Output:
	// +OK
	// :0
	// -NOPERM this user has no permissions to access one of the keys used as arguments
	// -NOPERM this user has no permissions to run the 'set' command
}

// A server serves the store that the program goes on using.
func ExampleServer_Serve() {
	cache, err := larder.Open(larder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0") // or srv.ListenAndServe("127.0.0.1:6379")
	if err != nil {
		log.Fatal(err)
	}
	srv := &resp.Server{Cache: cache}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()

	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "SET greeting hello\r\n")
	replies := bufio.NewScanner(conn)
	replies.Scan()
	fmt.Println(replies.Text())
	value, _, err := cache.Strings().Get("greeting")
	fmt.Printf("%s %v\n", value, err)

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil { // every client gets the replies to what it has sent
		log.Fatal(err)
	}
	fmt.Println(errors.Is(<-served, resp.ErrServerClosed))
	// Output:
	// +OK
	// hello <nil>
	// true
}

// A connection without a socket is what a client library is given as the result of its dialer.
func ExampleServer_Dial() {
	cache, err := larder.Open(larder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()
	srv := &resp.Server{Cache: cache}
	defer srv.Close()
	cache.Hashes().Set("user:1", datatypes.Field{Name: "name", Value: []byte("ada")})

	conn := srv.Dial()
	defer conn.Close()
	fmt.Fprint(conn, "HGET user:1 name\r\n")
	replies := bufio.NewScanner(conn)
	for range 2 {
		replies.Scan()
		fmt.Println(replies.Text())
	}
	// Output:
	// $3
	// ada
}

// Parameters have the names, values and errors of CONFIG SET.
func ExampleServer_SetConfig() {
	cache, err := larder.Open(larder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()
	srv := &resp.Server{Cache: cache}
	defer srv.Close()

	if err := srv.SetConfig(resp.Setting{Name: "maxmemory", Value: "64mb"}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(cache.MaxBytes()>>20, srv.Config("maxmemory"))
	// Output: 64 [{maxmemory 67108864}]
}
