// Package datatypes has the stores of a cache: one for each of Redis' types, with one method for each command.
//
//	c.Strings().Set("greeting", []byte("hello"), datatypes.SetOptions{TTL: time.Minute})
//	c.Hashes().Set("session:1", datatypes.Field{Name: "user", Value: []byte("ada")})
//	c.SortedSets().Add("board", datatypes.Scored{Member: "ada", Score: 42})
//
// Programs get a store from a larder.Cache, a numbered database of it, or a transaction; the New functions are for
// those that are given a view of the keyspace. What a command does to data is written here and nowhere else: the
// server of package resp parses arguments, calls one of these methods and writes the reply.
//
// # Results
//
// A key, field or member that does not exist is no error: methods return ok == false, or zero, or nothing. Errors are
// the exported values of this package. A method that returns an error has changed nothing, and one that deals with
// several keys does so at one moment, unless its documentation says otherwise. What has expired is neither returned
// nor counted, but by Keys.Len and Keys.Volatile.
//
// # Forms of a read
//
// What is read comes in forms that differ by who owns the bytes:
//
//   - The plain method, such as Strings.Get, Hashes.GetAll or Lists.Range, returns copies. It is the one to begin with.
//   - Append methods, and those with an argument dst, extend a slice of the caller's.
//   - Batch methods copy into a [Batch] that is used again. They are there for values of keys and of fields and for what
//     a sort leads to: results of which some may be missing, and which are found by their number until the next read.
//   - View and Each methods lend the bytes where they lie, one after the other. They are there for what comes as a
//     sequence: members of sets and sorted sets, elements of lists. The callback may hold a lock, so it must be quick,
//     must not use the cache, and must neither change the bytes nor keep them. Where the number matters beforehand,
//     a callback begin is told it first.
//
// Append and Batch methods don't allocate once what they fill is large enough. View and Each methods don't for a few
// values; many are copied first, so that no lock is held for long.
//
// # Iterators and scans
//
// Methods that return an iter.Seq hold no lock while the body of the loop runs. Unless they say otherwise they have
// the guarantee of Scan: an element that is there all the while is returned at least once, one that never is there is
// not returned, and one may come twice. They end early, without an error, when the cache is closed or the key comes
// to hold something else. Cursors of scans are numbers without state: a scan may be left at any point.
//
// # Waiting
//
// Methods that wait for data take a context and return its error when it ends. Those who wait for a key are served in
// the order in which they came. Begin methods wait without a goroutine.
//
// # Sizes
//
// Small collections are dense, one block of bytes that is searched from end to end, and large ones have a table or a
// tree: [Limits] say where one becomes the other. Costs are those of large collections; n is the number of elements.
//
// # For servers
//
// Some methods are for who makes a server of the stores, as package resp does, or an adapter to another protocol; other
// programs have no need of them. Begin methods wait without a goroutine. PubSub.Enlist, Dismiss and Leave take a
// [Subscriber] of the caller's own in place of a stream. Keys.Prefetch and PrefetchElements are for who knows what
// operations will follow. SortedSets.Combinable and ScanDense and Geo.RadiusStore tell or do what only the replies and
// the events of Redis depend on.
package datatypes
