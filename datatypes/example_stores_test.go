package datatypes_test

import (
	"context"
	"fmt"
	"log"
	"slices"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
)

// openCache returns an empty cache, so that each example shows what is its own.
func openCache() *larder.Cache {
	c, err := larder.Open(larder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	return c
}

func ExampleStrings() {
	c := openCache()
	defer c.Close()

	c.Strings().Set("greeting", []byte("hello"), datatypes.SetOptions{TTL: time.Minute})
	length, err := c.Strings().Append("greeting", []byte(", world"))
	fmt.Println(length, err)

	var buf []byte // used again and again, it makes reads free of allocations
	buf, ok, err := c.Strings().AppendGet(buf[:0], "greeting")
	fmt.Printf("%s %v %v\n", buf, ok, err)

	visits, err := c.Strings().IncrBy("visits", 2)
	fmt.Println(visits, err)
	// Output:
	// 12 <nil>
	// hello, world true <nil>
	// 2 <nil>
}

func ExampleStrings_View() {
	c := openCache()
	defer c.Close()
	c.Strings().Set("line", []byte("a b c"), datatypes.SetOptions{})

	words := 0
	ok, err := c.Strings().View("line", func(value []byte) error { // value is lent: no copy is made
		for _, b := range value {
			if b != ' ' {
				words++
			}
		}
		return nil
	})
	fmt.Println(words, ok, err)
	// Output: 3 true <nil>
}

// A value read from a database is not stored if somebody wrote or deleted the key meanwhile.
func ExampleStrings_Lease() {
	c := openCache()
	defer c.Close()

	lease, err := c.Strings().Lease("user:1")
	if err != nil {
		log.Fatal(err)
	}
	defer lease.Close()
	value := []byte("Ada") // it is read from the database,
	c.Keys().Del("user:1") // changes there, and the change says so
	stored, err := lease.Set(value, datatypes.SetOptions{TTL: time.Minute})
	fmt.Println(stored, err)
	// Output: false <nil>
}

func ExampleKeys() {
	c := openCache()
	defer c.Close()
	c.Strings().Set("session", []byte("ada"), datatypes.SetOptions{TTL: time.Hour})

	c.Keys().Persist("session")
	ttl, ok, err := c.Keys().TTL("session")
	fmt.Println(ttl == datatypes.NoTTL, ok, err)
	kind, _, _ := c.Keys().Type("session")
	fmt.Println(kind)
	deleted, err := c.Keys().Del("session", "nothing")
	fmt.Println(deleted, err)
	// Output:
	// true true <nil>
	// string
	// 1 <nil>
}

// A scan takes its time and locks nothing between two calls.
func ExampleKeys_Scan() {
	c := openCache()
	defer c.Close()
	for i := range 100 {
		c.Strings().Set(fmt.Sprint("user:", i), nil, datatypes.SetOptions{})
	}

	seen := map[string]bool{} // a key may come twice
	for cursor := uint64(0); ; {
		keys, next, err := c.Keys().Scan(cursor, datatypes.ScanOptions{Match: "user:*", Count: 20})
		if err != nil {
			log.Fatal(err)
		}
		for _, key := range keys {
			seen[key] = true
		}
		if next == 0 {
			break
		}
		cursor = next
	}
	fmt.Println(len(seen))
	// Output: 100
}

func ExampleKeys_Sort() {
	c := openCache()
	defer c.Close()
	c.Sets().Add("players", "ada", "bob")
	c.Hashes().Set("player:ada", datatypes.Field{Name: "score", Value: []byte("42")})
	c.Hashes().Set("player:bob", datatypes.Field{Name: "score", Value: []byte("7")})

	players, err := c.Keys().Sort("players", datatypes.SortOptions{By: "player:*->score", Desc: true})
	fmt.Printf("%s %v\n", players, err)
	// Output: [ada bob] <nil>
}

func ExampleHashes() {
	c := openCache()
	defer c.Close()

	c.Hashes().Set("session:1",
		datatypes.Field{Name: "user", Value: []byte("ada")},
		datatypes.Field{Name: "token", Value: []byte("secret")})
	clicks, err := c.Hashes().IncrBy("session:1", "clicks", 1)
	fmt.Println(clicks, err)
	c.Hashes().Expire("session:1", time.Minute, datatypes.ExpireAlways, "token") // the field, not the key

	user, ok, err := c.Hashes().Get("session:1", "user")
	fmt.Printf("%s %v %v\n", user, ok, err)
	names, _ := c.Hashes().Fields("session:1")
	fmt.Println(slices.Sorted(slices.Values(names)))
	// Output:
	// 1 <nil>
	// ada true <nil>
	// [clicks token user]
}

func ExampleSets() {
	c := openCache()
	defer c.Close()

	c.Sets().Add("admins", "ada", "bob")
	c.Sets().Add("online", "bob", "eve")
	both, err := c.Sets().Inter("admins", "online")
	fmt.Println(both, err)
	is, _ := c.Sets().Contains("admins", "eve")
	fmt.Println(is)
	c.Sets().Expire("online", time.Minute, datatypes.ExpireAlways, "eve") // the member, not the key
	// Output:
	// [bob] <nil>
	// false
}

func ExampleSortedSets() {
	c := openCache()
	defer c.Close()

	c.SortedSets().Add("board",
		datatypes.Scored{Member: "ada", Score: 42},
		datatypes.Scored{Member: "bob", Score: 17},
		datatypes.Scored{Member: "eve", Score: 23})
	score, err := c.SortedSets().IncrBy("board", "bob", 10)
	fmt.Println(score, err)

	best := datatypes.ByRank(0, 1)
	best.Reverse = true
	for member, score := range c.SortedSets().Range("board", best) {
		fmt.Println(member, score)
	}
	rank, _, ok, err := c.SortedSets().RevRank("board", "eve")
	fmt.Println(rank, ok, err)
	// Output:
	// 27 <nil>
	// ada 42
	// bob 27
	// 2 true <nil>
}

func ExampleSortedSets_AppendRange() {
	c := openCache()
	defer c.Close()
	for i := range 100 {
		c.SortedSets().Add("events", datatypes.Scored{Member: fmt.Sprint("event", i), Score: float64(i)})
	}

	from, to := datatypes.ScoreBound{Score: 10, Exclusive: true}, datatypes.ScoreBound{Score: 12}
	events, err := c.SortedSets().AppendRange(nil, "events", datatypes.ByScore(from, to))
	fmt.Println(events, err)
	// Output: [{event11 11} {event12 12}] <nil>
}

func ExampleLists() {
	c := openCache()
	defer c.Close()

	c.Lists().RPush("jobs", []byte("first"), []byte("second"), []byte("third"))
	job, ok, err := c.Lists().LPop("jobs")
	fmt.Printf("%s %v %v\n", job, ok, err)
	for job := range c.Lists().All("jobs") {
		fmt.Printf("%s\n", job)
	}
	// Output:
	// first true <nil>
	// second
	// third
}

// A worker waits for jobs until its context ends.
func ExampleLists_BLPop() {
	c := openCache()
	defer c.Close()

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	go c.Lists().RPush("jobs", []byte("resize"))
	key, job, ok, err := c.Lists().BLPop(ctx, "urgent", "jobs")
	fmt.Printf("%s %s %v %v\n", key, job, ok, err)
	// Output: jobs resize true <nil>
}

func ExampleHyperLogLogs() {
	c := openCache()
	defer c.Close()

	c.HyperLogLogs().Add("visitors:mon", "ada", "bob", "ada")
	c.HyperLogLogs().Add("visitors:tue", "bob", "eve")
	n, err := c.HyperLogLogs().Count("visitors:mon", "visitors:tue") // of both days together
	fmt.Println(n, err)
	// Output: 3 <nil>
}

func ExampleGeo() {
	c := openCache()
	defer c.Close()

	added, err := c.Geo().Add("cities",
		datatypes.Located{Member: "Palermo", Position: datatypes.Position{Longitude: 13.361389, Latitude: 38.115556}},
		datatypes.Located{Member: "Catania", Position: datatypes.Position{Longitude: 15.087269, Latitude: 37.502669}})
	fmt.Println(added, err)
	found, err := c.Geo().Search("cities", datatypes.GeoSearch{
		Center: datatypes.At(15, 37),
		Radius: 200 * float64(datatypes.Kilometre),
		Order:  datatypes.Nearest,
	})
	for _, f := range found {
		fmt.Printf("%s %.0f km\n", f.Member, f.Distance/float64(datatypes.Kilometre))
	}
	fmt.Println(err)
	// Output:
	// 2 <nil>
	// Catania 56 km
	// Palermo 190 km
	// <nil>
}

func ExampleBitmaps() {
	c := openCache()
	defer c.Close()

	c.Bitmaps().Set("active:mon", 7, true) // user 7
	c.Bitmaps().Set("active:mon", 9, true)
	c.Bitmaps().Set("active:tue", 9, true)
	c.Bitmaps().Op(datatypes.BitAnd, "active:both", "active:mon", "active:tue")
	n, err := c.Bitmaps().Count("active:both", datatypes.BitRange{})
	fmt.Println(n, err)
	first, err := c.Bitmaps().Pos("active:both", true, datatypes.BitRange{})
	fmt.Println(first, err)
	// Output:
	// 1 <nil>
	// 9 <nil>
}

// Integers of any width share a string.
func ExampleBitmaps_Field() {
	c := openCache()
	defer c.Close()

	u4 := datatypes.FieldType{Bits: 4}
	results, err := c.Bitmaps().Field("counters",
		datatypes.FieldOp{Action: datatypes.FieldSet, Type: u4, Offset: 4, Value: 14},
		datatypes.FieldOp{Action: datatypes.FieldIncrBy, Type: u4, Offset: 4, Value: 5, Overflow: datatypes.FieldSaturate})
	fmt.Println(results, err)
	// Output: [{0 true} {15 true}] <nil>
}

func ExamplePubSub() {
	c := openCache()
	defer c.Close()

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	news := c.PubSub().Subscribe(ctx, datatypes.SubscribeOptions{Channels: []string{"news"}})
	fmt.Println(c.PubSub().Publish("news", []byte("hello")), "subscription")
	m := <-news.Values()
	fmt.Printf("%s: %s\n", m.Channel, m.Payload)
	// Output:
	// 1 subscription
	// news: hello
}

// Notifications are messages about keys, for subscribers by any door.
func ExampleParseNotifications() {
	c := openCache()
	defer c.Close()
	events, err := datatypes.ParseNotifications("K$")
	if err != nil {
		log.Fatal(err)
	}
	c.SetNotifications(events)

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	changes := c.PubSub().Subscribe(ctx, datatypes.SubscribeOptions{Patterns: []string{"__keyspace@0__:user:*"}})
	c.Strings().Set("user:1", []byte("ada"), datatypes.SetOptions{})
	m := <-changes.Values()
	fmt.Printf("%s %s\n", m.Channel, m.Payload)
	// Output: __keyspace@0__:user:1 set
}
