// Package respstore has stores behind RESP: what package datatypes does in memory, done by commands over connections.
// They are what [modeltest.Check] drives to test a server, larder's own or any Redis.
//
//	func TestServer(t *testing.T) {
//		client := respstore.New(func() (net.Conn, error) { return net.Dial("tcp", address) })
//		defer client.Close()
//		modeltest.Check(t, func(t *rapid.T) modeltest.Stores {
//			if err := client.Flush(); err != nil {
//				t.Fatal(err)
//			}
//			return client.Stores()
//		})
//	}
//
// Error replies become the exported errors of package datatypes again, and a missing key is ok == false. The stores are a
// test's, not a client library: every call allocates, and a connection that fails is not tried again.
//
// # Time
//
// A server of the test's own goes by a clock of the test's, such as a [modeltest.Clock] in the options of its cache. Then
// the test sets the field Advance of what Stores returns. Without it nothing is given a TTL, and the time that a real
// Redis goes by does not matter.
//
// # What is left out
//
// Stores omits methods that no command does: the limit of LCS's work, and expirations of members that only one type may
// have. It also omits methods whose commands the server does not have, for which it asks by COMMAND INFO; Redis 7.0 has
// no expiration of fields.
package respstore
