// Package resp serves a larder cache to clients of Redis and Valkey, in RESP2 and RESP3.
//
//	srv := &resp.Server{Cache: cache}
//	err := srv.ListenAndServe(":6379")
//
// Server has the shape of net/http's: Serve takes any listener, Shutdown ends in good order, Close at once. Dial returns
// a net.Conn into the server that needs no socket, for a client library in the same process and for tests.
//
// # How a command is served
//
// A connection is a client: its protocol state, its unread input and its unsent replies. Its owner moves the bytes. On
// Linux plain TCP and unix sockets are owned by a few event loops; all other connections, TLS among them, have a
// goroutine each. Either way a client is served by one goroutine at a time, in which its commands run.
//
// Whatever complete commands an input holds are parsed together, in place: arguments are slices of the input buffer. Then
// the store is told their keys, so that the memory which they need is fetched at once rather than one after another, and
// they are executed in order. Their replies are gathered and written by one system call.
//
// A command is an entry of the command table: a handler and what is to be known of it, such as its arity and where its
// keys stand. A handler parses arguments, calls one method of a store and writes the reply. It must not keep its
// arguments. A handler that has to wait defers its reply and returns.
//
// Between MULTI and EXEC commands are copied and queued. EXEC takes the locks of the shards in which their keys lie, or
// of all if one of them deals with keys that it does not name, and runs them on the stores of that transaction.
//
// # What comes unasked
//
// Messages of Pub/Sub, keyspace notifications and invalidations of keys that a client has cached are put into its mailbox
// by whatever goroutine causes them, and its owner sends them between two replies. Who sends never waits. A client that
// does not take what it is sent is disconnected at client-output-buffer-limit.
//
// A state of a connection in which its commands are not simply executed, as between MULTI and EXEC or with tracking, is
// one of its modes. One comparison tells that there is none.
//
// # What a connection costs
//
// Reading, parsing and executing a command takes no memory from the heap once things have warmed up. Buffers belong to
// the loops: a client borrows them while it is served, and one with neither unread input nor unsent replies holds none.
// Unread input is kept in a buffer that grows as data comes, whatever length was announced, and unsent replies stop the
// execution of further commands at 16 MiB, so a client that sends half a command or never reads costs what it has sent,
// or that limit and one reply. A connection that is served by a goroutine keeps 4 KiB and the goroutine's stack.
//
// A command that finds that it would take long, as a union of large sets does, is run by a goroutine of its own. Its
// client waits meanwhile, and the others of its loop are served. One that cannot tell delays them, as it does all clients
// of Redis.
//
// # Who may do what
//
// Every connection is a user's, the default user's at first, and every command is checked against what the user may do:
// commands, keys to read, keys to write, channels. Users are declared by SetUser, ACL SETUSER, an ACLFile or a
// configuration file, in the words of Redis. While the default user needs no password, only this machine is served
// (protected mode). What restricts nothing costs a command one comparison.
//
// ServeTLS serves by TLS, and reads its certificates again when ReloadTLS or CONFIG SET says so.
//
// # Caveats
//
// A connection that has a goroutine is not read while a reply cannot be written. A client that writes a pipeline of many
// megabytes before it reads a reply may wait for ever where the event loop, or Dial, would have stored 16 MiB for it.
//
// DEBUG SLEEP delays the client that sends it, and no other.
//
// A NUL byte in front of the end of an inline command is taken as part of it; Redis waits for more input instead.
package resp
