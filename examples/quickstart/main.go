// Quickstart embeds a store in a program, puts it to work as a web service would, and prints what it did.
//
//	go run ./examples/quickstart
package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"runtime"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
)

func main() {
	if err := run(os.Stdout, 500_000); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer, users int) error {
	cache, err := larder.Open(larder.Options{MaxBytes: 256 << 20, Policy: larder.AllKeysLFU})
	if err != nil {
		return err
	}
	defer cache.Close()
	for _, step := range []func(io.Writer, *larder.Cache, int) error{sessions, counters, batch, transfers, scan, costs} {
		if err := step(out, cache, users); err != nil {
			return err
		}
	}
	return nil
}

// sessions stores values that end by themselves, and reads one.
func sessions(out io.Writer, cache *larder.Cache, users int) error {
	store, start := cache.Strings(), time.Now()
	var key, session []byte
	for id := range users {
		key = fmt.Appendf(key[:0], "session:%d", id)
		session = fmt.Appendf(session[:0], `{"user":%d,"theme":"dark"}`, id)
		if _, err := store.Set(string(key), session, datatypes.SetOptions{TTL: 30 * time.Minute}); err != nil {
			return err
		}
	}
	took := time.Since(start)
	session, found, err := store.AppendGet(session[:0], "session:7") // into our buffer: no allocation
	if err != nil {
		return err
	}
	_, known, err := store.Get("session:nobody") // a missing key is not an error
	ttl, _, _ := cache.Keys().TTL("session:7")
	fmt.Fprintf(out, "sessions   %d stored in %v; number 7 is %s, found: %t, ends in %v; nobody's found: %t\n",
		users, took.Round(time.Millisecond), session, found, ttl.Round(time.Second), known)
	return err
}

// counters counts, as a rate limit does.
func counters(out io.Writer, cache *larder.Cache, _ int) error {
	for range 41 {
		if _, err := cache.Strings().Incr("hits:login"); err != nil {
			return err
		}
	}
	hits, err := cache.Strings().Incr("hits:login")
	fmt.Fprintf(out, "counters   %d hits\n", hits)
	return err
}

// batch reads many keys in one call, which waits for memory once and not once a key.
func batch(out io.Writer, cache *larder.Cache, users int) error {
	keys := make([]string, 64)
	for i := range keys {
		keys[i] = fmt.Sprintf("session:%d", users/64*i)
	}
	var b datatypes.Batch // reused from call to call, it stops allocating
	if err := cache.Strings().GetBatch(keys, &b); err != nil {
		return err
	}
	last, _ := b.Value(63)
	fmt.Fprintf(out, "batch      %d sessions read, the last is %s\n", b.Len(), last)
	return nil
}

var errPoor = errors.New("not enough money")

// transfers changes two keys at once: nobody sees the money twice, or nowhere.
func transfers(out io.Writer, cache *larder.Cache, _ int) error {
	if _, err := cache.Strings().IncrBy("money:ada", 100); err != nil {
		return err
	}
	transfer := func(amount int64) error {
		return cache.Update([]string{"money:ada", "money:bob"}, func(tx *larder.Tx) error {
			left, err := tx.Strings().IncrBy("money:ada", 0)
			if err == nil && left < amount {
				return errPoor
			}
			_, err1 := tx.Strings().DecrBy("money:ada", amount)
			_, err2 := tx.Strings().IncrBy("money:bob", amount)
			return errors.Join(err, err1, err2)
		})
	}
	first, second := transfer(70), transfer(70)
	fmt.Fprintf(out, "transfers  70 of 100: %v; 70 again: %v\n", first, second)
	return first
}

// scan walks over the keys, which stops nobody from writing.
func scan(out io.Writer, cache *larder.Cache, _ int) error {
	n := 0
	for range cache.Keys().Match("session:*77") {
		n++
	}
	fmt.Fprintf(out, "scan       %d keys match session:*77\n", n)
	return nil
}

// costs shows what the store takes of memory and of the garbage collector's time.
func costs(out io.Writer, cache *larder.Cache, _ int) error {
	st := cache.Stats()
	var mem runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&mem)
	fmt.Fprintf(out, "costs      %d keys take %d bytes each, with key, value and expiry; the collector sees a heap of %d KiB\n",
		st.Keys, st.ResidentBytes/int64(st.Keys), mem.HeapAlloc>>10)
	fmt.Fprintf(out, "           and stops the program for %v\n", time.Duration(mem.PauseNs[(mem.NumGC+255)%256]))
	return nil
}
