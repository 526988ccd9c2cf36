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
