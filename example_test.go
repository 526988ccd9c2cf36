package larder_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
)

func Example() {
	c, err := larder.Open(larder.Options{MaxBytes: 64 << 20})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	st := c.Strings()
	if _, err := st.Set("greeting", []byte("hello"), datatypes.SetOptions{TTL: time.Minute}); err != nil {
		log.Fatal(err)
	}
	v, ok, err := st.Get("greeting")
	fmt.Printf("%s %v %v\n", v, ok, err)
	_, ok, err = st.Get("nothing")
	fmt.Println(ok, err)
	// Output:
	// hello true <nil>
	// false <nil>
}

func ExampleCache_Update() {
	c, err := larder.Open(larder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	c.Strings().MSet(
		datatypes.Item{Key: "account:ada", Value: []byte("100")},
		datatypes.Item{Key: "account:bob", Value: []byte("20")},
	)

	errPoor := errors.New("too little money")
	transfer := func(from, to string, amount int64) error {
		return c.Update([]string{from, to}, func(tx *larder.Tx) error {
			left, err := tx.Strings().IncrBy(from, -amount)
			if err != nil {
				return err
			}
			if left < 0 { // there is no rollback
				tx.Strings().IncrBy(from, amount)
				return errPoor
			}
			_, err = tx.Strings().IncrBy(to, amount)
			return err
		})
	}
	fmt.Println(transfer("account:ada", "account:bob", 30))
	fmt.Println(transfer("account:bob", "account:ada", 500))
	balances, _ := c.Strings().MGet(nil, "account:ada", "account:bob")
	fmt.Printf("%s\n", balances)
	// Output:
	// <nil>
	// too little money
	// [70 50]
}

func ExampleCache_OnEvent() {
	c, err := larder.Open(larder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	cancel := c.OnEvent(func(e larder.Event) { fmt.Println(e.Name, e.Key) })
	defer cancel()
	c.Strings().Incr("visits")
	c.Keys().Rename("visits", "visitors")
	c.Keys().Del("visitors")
	// Unordered output:
	// incrby visits
	// rename_from visits
	// rename_to visitors
	// del visitors
}

func ExampleCache_Watch() {
	c, err := larder.Open(larder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	w, err := c.Watch("config")
	if err != nil {
		log.Fatal(err)
	}
	defer w.Close()
	before, _ := w.Changed()
	c.Strings().Append("config", []byte("on"))
	after, _ := w.Changed()
	fmt.Println(before, after)
	// Output: false true
}

func ExampleCache_PubSub() {
	c, err := larder.Open(larder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	ctx, cancel := context.WithCancel(context.Background())
	news := c.PubSub().Subscribe(ctx, datatypes.SubscribeOptions{Patterns: []string{"news.*"}})
	c.PubSub().Publish("news.sport", []byte("a goal"))
	m := <-news.Values()
	fmt.Printf("%s: %s\n", m.Channel, m.Payload)
	cancel()
	for range news.Values() { // ends, and Err tells why
	}
	fmt.Println(news.Err())
	// Output:
	// news.sport: a goal
	// context canceled
}

func ExampleOpen() {
	c, err := larder.Open(larder.Options{
		MaxBytes: 256 << 20, // what it may hold from the system, all included
		Policy:   larder.AllKeysLRU,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	fmt.Println(c.MaxBytes()>>20, "MiB,", c.Policy())
	// Output: 256 MiB, allkeys-lru
}

func ExampleCache_Stats() {
	c, err := larder.Open(larder.Options{MaxBytes: 64 << 20})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	c.Strings().Set("session", []byte("ada"), datatypes.SetOptions{TTL: time.Minute})
	c.Strings().Set("theme", []byte("dark"), datatypes.SetOptions{})

	st := c.Stats()
	fmt.Println(st.Keys, "keys,", st.Volatile, "with an expiry,", st.Evicted, "evicted")
	fmt.Println(st.UsedBytes > 0, st.UsedBytes <= st.ResidentBytes, st.ResidentBytes <= st.MaxBytes)
	// Output:
	// 2 keys, 1 with an expiry, 0 evicted
	// true true true
}

func ExampleCache_Events() {
	c, err := larder.Open(larder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	events := c.Events(ctx, larder.EventOptions{Buffer: 1024})
	c.Sets().Add("online", "ada")
	e := <-events.Values()
	fmt.Println(e.Name, e.Key)
	// Output: sadd online
}

func ExampleCache_UpdateAll() {
	c, err := larder.Open(larder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	c.Strings().Set("draft:1", []byte("a"), datatypes.SetOptions{})
	c.Strings().Set("draft:2", []byte("b"), datatypes.SetOptions{})

	// Nobody sees some of the drafts published and others not.
	err = c.UpdateAll(func(tx *larder.Tx) error {
		for key := range tx.Keys().Match("draft:*") {
			if err := tx.Keys().Rename(key, "published"+key[len("draft"):]); err != nil {
				return err
			}
		}
		return nil
	})
	n, _ := c.Keys().Exists("published:1", "published:2")
	fmt.Println(n, err)
	// Output: 2 <nil>
}

func ExampleCache_DB() {
	c, err := larder.Open(larder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	db, err := c.DB(3)
	if err != nil {
		log.Fatal(err)
	}
	db.Strings().Set("greeting", []byte("hello"), datatypes.SetOptions{})
	here, _ := db.Keys().Exists("greeting")
	there, _ := c.Keys().Exists("greeting")
	fmt.Println(here, there)
	// Output: 1 0
}

// A cache counts no lookups unless it is told where: each goroutine may have counters of its own.
func ExampleDB_WithCounters() {
	c, err := larder.Open(larder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	db, err := c.DB(0)
	if err != nil {
		log.Fatal(err)
	}

	var counters larder.Counters
	st := db.WithCounters(&counters).Strings()
	st.Set("a", []byte("1"), datatypes.SetOptions{})
	for _, key := range []string{"a", "b", "a"} {
		if _, _, err := st.Get(key); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(counters.Hits.Load(), "hits,", counters.Misses.Load(), "miss")
	// Output: 2 hits, 1 miss
}

// OnChange is for those who keep copies of values: it tells them when a copy is out of date, whoever made it so.
func ExampleCache_OnChange() {
	c, err := larder.Open(larder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	copies := map[string]string{}
	defer c.OnChange(func(change larder.Change) {
		if change.All {
			clear(copies)
			return
		}
		delete(copies, change.Key)
	})()
	st := c.Strings()
	st.Set("greeting", []byte("hello"), datatypes.SetOptions{})
	value, _, err := st.Get("greeting")
	if err != nil {
		log.Fatal(err)
	}
	copies["greeting"] = string(value)

	st.Append("greeting", []byte(" world"))
	fmt.Println(len(copies), "copies")
	// Output: 0 copies
}

// clockAt is a clock that the program moves.
type clockAt struct{ now time.Time }

func (c *clockAt) Now() time.Time { return c.now }

func ExampleCache_HotKeys() {
	clock := &clockAt{time.Unix(1_700_000_000, 0)}
	c, err := larder.Open(larder.Options{Clock: clock, NoMaintenance: true})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	// In production one use in a hundred is enough.
	if err := c.SetHotKeyOptions(larder.HotKeyOptions{Keys: 1, SamplePercent: 100, Window: time.Second}); err != nil {
		log.Fatal(err)
	}
	for range 30 {
		c.Strings().Incr("visits")
	}
	c.Strings().Incr("logins")
	clock.now = clock.now.Add(time.Second)
	for _, hot := range c.HotKeys().Keys {
		fmt.Printf("%s: %.0f a second\n", hot.Key, hot.Rate)
	}
	// Output: visits: 30 a second
}
