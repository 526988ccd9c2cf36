package clienttest

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes/typed"
)

// profile has fields of those types that go-redis and package typed both store.
type profile struct {
	User    string        `redis:"user"`
	Visits  int           `redis:"visits"`
	Balance float64       `redis:"balance"`
	Admin   bool          `redis:"admin"`
	Since   time.Time     `redis:"since"`
	Idle    time.Duration `redis:"idle"`
	Photo   []byte        `redis:"photo"`
	IP      *string       `redis:"ip"`
}

// TestTyped: records that the Go door writes are read by go-redis, and the other way round; so are values of maps, and a
// loader keeps to what a client writes.
func TestTyped(t *testing.T) {
	t.Parallel()
	s := serve(t, larder.Options{})
	client := goRedis(t, s.door(t, "dial"), 3)
	ctx := limited(t)
	ip := "::1"
	stored := profile{"ada", -3, 0.25, true, time.Date(2024, 2, 29, 0, 0, 0, 5, time.UTC), time.Minute, []byte{0, 255}, &ip}

	records, err := typed.NewRecords[string, profile](s.cache, typed.RecordOptions[string]{Prefix: "profile:", TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if err := records.Set("ada", stored); err != nil {
		t.Fatal(err)
	}
	var read profile
	if err := client.HGetAll(ctx, "profile:ada").Scan(&read); err != nil || !reflect.DeepEqual(read, stored) {
		t.Errorf("HGETALL of a record: %+v, %v", read, err)
	}
	if err := client.HSet(ctx, "profile:bob", stored).Err(); err != nil {
		t.Fatal(err)
	}
	read, ok, err := records.Get("bob")
	if !ok || err != nil || !reflect.DeepEqual(read, stored) {
		t.Errorf("a record of HSET: %+v, %v, %v", read, ok, err)
	}
	n, err := records.IncrBy("bob", "visits", 5)
	want(t, "IncrBy", n, err, 2)
	n, err = client.HIncrBy(ctx, "profile:bob", "visits", 5).Result()
	want(t, "HINCRBY", n, err, 7)

	loads := 0
	counters, err := typed.NewLoader(s.cache, typed.LoaderOptions[string, int]{
		MapOptions: typed.MapOptions[string, int]{Prefix: "n:", TTL: time.Minute},
		Load:       func(context.Context, string) (int, error) { loads++; return 40, nil },
		Stale:      time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer counters.Close()
	v, err := counters.Load(ctx, "k")
	want(t, "Load", v, err, 40)
	n, err = client.IncrBy(ctx, "n:k", 2).Result()
	want(t, "INCRBY", n, err, 42)
	v, err = counters.Load(ctx, "k")
	want(t, "Load after INCRBY", v, err, 42)
	if err := client.Set(ctx, "n:k", 7, 0).Err(); err != nil {
		t.Fatal(err)
	}
	v, err = counters.Load(ctx, "k")
	want(t, "Load after SET", v, err, 7)
	want(t, "the number of loads", loads, nil, 1)
}
