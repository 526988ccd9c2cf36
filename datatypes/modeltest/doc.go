// Package modeltest tests stores by the properties that they promise: it does random operations both to a store and to
// a reference model of it, and compares the replies.
//
// A reference model is the same store written so that it is obviously right: plain Go maps and slices, every method a
// few lines, no memory limit, no concurrency, no cleverness, and slow. [Model] is one for all stores of package
// datatypes. A store whose replies no sequence of operations can tell from the model's does what its documentation says.
//
// # Ten lines
//
// What is tested may be a cache, but is more often what a program puts in front of one: a wrapper that adds a prefix to
// keys, encrypts values, counts, or talks to a server.
//
//	func TestTenant(t *testing.T) {
//		modeltest.Check(t, func(t *rapid.T) modeltest.Stores {
//			clock := modeltest.NewClock()
//			cache, err := larder.Open(larder.Options{Clock: clock, NoMaintenance: true})
//			if err != nil {
//				t.Fatal(err)
//			}
//			t.Cleanup(func() { cache.Close() })
//			used := []string{"Strings.Get", "Strings.GetDel", "Strings.Set"}
//			return modeltest.Stores{Strings: tenant{cache.Strings(), "acme:"}, Only: used, Advance: clock.Advance}
//		})
//	}
//
// [Stores] holds what is to be tested, each field an interface with the signatures of a store in package datatypes, so
// that a wrapper may embed the store and override what it changes. Stores that are nil are not driven; [Of] takes all
// that a cache, a database or a transaction has. Stores.Only and Stores.Omit say which methods a wrapper means to
// support.
//
// # What is checked
//
// [Check] draws scripts of operations with pgregory.net/rapid. There are few keys, so that operations meet: keys expire,
// are renamed onto each other and are used as what they are not. Values are integers, empty, binary, and of lengths
// about those where an encoding changes. After each operation its reply is compared with the model's, errors by
// errors.Is with those of package datatypes; now and then, and at the end, all that the keys hold is compared, with
// their types and expiries. Where a reply is not determined, as that of Keys.Random, it must be one that the model
// could have given, and the model follows it. Scans run while other operations change what they scan, and must return
// what was there all the while.
//
// What is not checked: speed and memory, the forms of methods that exist for speed (Append, View, Batch, Each and Begin
// methods), waiting for data, notifications, and several databases. [Check] drives one goroutine.
//
// # Failures
//
// rapid shrinks a script that fails: it takes operations away, and makes arguments simpler, as long as it still fails.
// Generators in this package draw what is simple first, the key "a" and the plain read, so that what is left is what
// matters. The failure is reported as the calls, in Go, with the replies to each:
//
//	operation 3 of 3: got []byte("x"), true; want nil, false
//		Strings.Set("a", []byte("x"), datatypes.SetOptions{TTL: 1 * time.Millisecond}) // true
//		Advance(2 * time.Millisecond)
//		Strings.Get("a") // []byte("x"), true
//
// rapid's flags apply: -rapid.checks for the number of scripts and -rapid.seed for the one that failed. [Property] is the
// check of one script, for rapid.MakeFuzz and for programs that have a rapid.T already.
//
// # Time
//
// Nothing waits. With Stores.Advance the test moves the clock that the stores go by, between operations, by amounts about
// those of the TTLs that it draws; [Clock] is a clock for larder.Options, and begins at [Epoch], as the model does.
// Without Advance nothing is given a TTL.
//
// # Eviction
//
// A cache under a memory limit may lose keys at any operation. With Stores.Evicts the check allows a key to be gone:
// then the model forgets it too. It does not allow one that came back, is older than it was, or has lost a part, and it
// allows datatypes.ErrOutOfMemory only if the operation had no effect.
//
// # Concurrency
//
// [CheckConcurrent] does a few random operations from several goroutines at once, thousands of times, several of them
// in one transaction now and then, and tests each time whether the replies could be those of the operations done one
// after another, in an order that their times allow: whether the stores are linearizable. It finds what shows only if
// calls meet: an increment that is lost between a read and a write, a cache in front of the stores that a reader fills
// with what has just been deleted, a write of several keys that others see half done. It reports the shortest history it
// can reach, with the times from call to return:
//
//	1 to 2, goroutine 1: Strings.Incr("a") // 1
//	3 to 5, goroutine 2: Strings.Incr("a") // 2
//	4 to 6, goroutine 1: Strings.Incr("a") // 2
//
// How goroutines meet is up to the scheduler, so a fault that it does not find may be there. Run with -race it also shows
// unsynchronised access to memory.
//
// # Properties of your own
//
// The model, the operations and the generators are exported: a test may draw an [Operation], do it to whatever has the
// interfaces, and have a model follow the reply.
package modeltest
