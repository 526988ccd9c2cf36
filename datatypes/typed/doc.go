// Package typed keeps Go values in a cache: a [Map] of keys to values, each a string of the cache; a [Loader], a map
// that gets from elsewhere what it does not have; and [Records], structs of which each is a hash with a field for
// each of theirs.
//
//	users, err := typed.NewLoader(cache, typed.LoaderOptions[int64, User]{
//		MapOptions: typed.MapOptions[int64, User]{Prefix: "user:", TTL: time.Minute},
//		Load:       func(ctx context.Context, id int64) (User, error) { return db.User(ctx, id) },
//		Stale:      time.Hour,
//	})
//	if err != nil { … }
//	defer users.Close()
//
//	u, err := users.Load(ctx, 42)
//
// # Other doors
//
// What is under a key is what the codec writes, and nothing else: GET over RESP returns the JSON of a user, INCR
// works on a number, and what a Redis client SETs is what Get returns. There is no envelope, since all that an entry
// has beside its value is told by its expiry. An entry that is to be fresh for TTL and served stale for another time
// lives for the sum of both: PTTL is above Stale while it is fresh, and a read that finds it below that, or less than
// RefreshAhead above, begins to load it anew. So an expiry that another door sets counts from its end, too: fresh
// until Stale before it. The one exception is a key that is known to have no value, which needs something to be known
// by: it holds a string that no codec here writes, and that Get and its like take for nothing there.
//
// # Writes and loads
//
// A program that changes its database and then sets or deletes the cached value must not find the old value there
// afterwards, because a load had read it before the change and stored it after. So every load holds a lease of its
// key, see [datatypes.Lease], which ends when anybody writes or deletes the key by any door; what was loaded without
// the lease is given to those who waited already, and dropped. Expiry and eviction don't end it.
//
// Loads run on goroutines of their own, because no caller may be made to wait for another's: each may leave when its
// context ends. A load is cancelled when all have left. A panic in a load is an error for its callers rather than the
// end of the process: they may be requests that have nothing to do with each other.
//
// # Memory
//
// Maps, loaders and records hold nothing on the Go heap but what is under way: loads, and errors that are to be
// remembered, of which there are 1024 at most. Reads and writes of values of fixed size don't allocate.
package typed
