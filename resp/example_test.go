package resp_test

import (
	"bufio"
	"fmt"
	"log"

	"github.com/larderkv/larder"
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
