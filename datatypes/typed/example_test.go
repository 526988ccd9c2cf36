package typed_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"maps"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/datatypes/typed"
)

// User is what the examples keep.
type User struct {
	Name string
	Age  int
}

func Example() {
	cache, err := larder.Open(larder.Options{MaxBytes: 64 << 20})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()

	database := map[int64]User{1: {"Ada", 36}}
	users, err := typed.NewLoader(cache, typed.LoaderOptions[int64, User]{
		MapOptions: typed.MapOptions[int64, User]{Prefix: "user:", TTL: time.Minute, Jitter: 0.1},
		Load: func(ctx context.Context, id int64) (User, error) {
			fmt.Println("loading", id)
			if u, ok := database[id]; ok {
				return u, nil
			}
			return User{}, typed.ErrNotFound
		},
		Stale:       time.Hour,
		NotFoundTTL: time.Second,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer users.Close()

	ctx := context.Background()
	for range 2 {
		fmt.Println(users.Load(ctx, 1))
	}
	_, err = users.Load(ctx, 2)
	fmt.Println(errors.Is(err, typed.ErrNotFound))

	// Who changes the database deletes what is cached, or sets it.
	database[1] = User{"Ada", 37}
	users.Delete(1)
	fmt.Println(users.Load(ctx, 1))

	// Any other door of the cache sees JSON.
	v, _, _ := cache.Strings().Get("user:1")
	fmt.Printf("%s\n", v)
	// Output:
	// loading 1
	// {Ada 36} <nil>
	// {Ada 36} <nil>
	// loading 2
	// true
	// loading 1
	// {Ada 37} <nil>
	// {"Name":"Ada","Age":37}
}

// database is where the users of the next example really are.
type database map[int64]User

func (db database) User(_ context.Context, id int64) (User, error) {
	if u, ok := db[id]; ok {
		return u, nil
	}
	return User{}, typed.ErrNotFound
}

// The example of the README.
func ExampleLoader() {
	cache, err := larder.Open(larder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()
	db := database{1: {"Ada", 36}, 42: {"Bob", 20}}

	users, err := typed.NewLoader(cache, typed.LoaderOptions[int64, User]{
		MapOptions:  typed.MapOptions[int64, User]{Prefix: "user:", TTL: time.Minute, Jitter: 0.1},
		Load:        func(ctx context.Context, id int64) (User, error) { return db.User(ctx, id) },
		Stale:       time.Hour,   // serve what is older for so long, while one load is under way
		NotFoundTTL: time.Second, // of a key for which Load returns typed.ErrNotFound
	})
	if err != nil {
		log.Fatal(err)
	}
	defer users.Close()

	ctx := context.Background()
	u, err := users.Load(ctx, 42)              // one load for a key, whoever asks; a caller that gives up fails no other
	many, err2 := users.LoadMany(ctx, 1, 2, 3) // what is missing in one call of LoadMany, if there is one
	_, err3 := users.Delete(42)                // wins over a load that is under way, as any write by any door does
	fmt.Println(u, many, err, err2, err3)
	// Output: {Bob 20} map[1:{Ada 36}] <nil> <nil> <nil>
}

func ExampleMap() {
	cache, err := larder.Open(larder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()

	users, err := typed.NewMap(cache, typed.MapOptions[string, User]{Prefix: "user:", TTL: time.Hour})
	if err != nil {
		log.Fatal(err)
	}
	users.SetMany(maps.All(map[string]User{"ada": {"Ada", 36}, "bob": {"Bob", 20}}))
	u, ok, err := users.Get("ada")
	fmt.Println(u, ok, err)
	many, err := users.GetMany("ada", "bob", "eve")
	fmt.Println(many, err)
	stored, err := users.SetWith("ada", User{"Other", 1}, datatypes.SetOptions{IfAbsent: true})
	fmt.Println(stored, err)
	// Output:
	// {Ada 36} true <nil>
	// map[ada:{Ada 36} bob:{Bob 20}] <nil>
	// false <nil>
}

func ExampleMap_Compute() {
	cache, err := larder.Open(larder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()

	users, err := typed.NewMap(cache, typed.MapOptions[string, User]{Prefix: "user:"})
	if err != nil {
		log.Fatal(err)
	}
	birthday := func(name string) error {
		return users.Compute(name, func(u User, ok bool) (User, datatypes.Op) {
			if !ok {
				return User{}, datatypes.OpCancel
			}
			u.Age++
			return u, datatypes.OpSet
		})
	}
	users.Set("ada", User{"Ada", 36})
	fmt.Println(birthday("ada"), birthday("bob"))
	for name, u := range users.All() {
		fmt.Println(name, u)
	}
	// Output:
	// <nil> <nil>
	// ada {Ada 37}
}

// Cell is a struct of fixed size.
type Cell struct {
	X, Y  int32
	Value float64
}

func ExampleFixed() {
	cache, err := larder.Open(larder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()

	cells, err := typed.NewMap(cache, typed.MapOptions[uint32, Cell]{Prefix: "cell:", Value: typed.Fixed[Cell]{}})
	if err != nil {
		log.Fatal(err)
	}
	cells.Set(7, Cell{1, 2, 0.5})
	c, ok, err := cells.Get(7)
	fmt.Println(c, ok, err)
	n, err := cache.Strings().Len("cell:7")
	fmt.Println(n, err)
	// Output:
	// {1 2 0.5} true <nil>
	// 16 <nil>
}

func ExampleLoader_LoadMany() {
	cache, err := larder.Open(larder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()

	squares, err := typed.NewLoader(cache, typed.LoaderOptions[int, int]{
		MapOptions: typed.MapOptions[int, int]{Prefix: "square:"},
		LoadMany: func(ctx context.Context, keys []int) (map[int]int, error) {
			fmt.Println("loading", keys)
			found := map[int]int{}
			for _, k := range keys {
				found[k] = k * k
			}
			return found, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer squares.Close()

	ctx := context.Background()
	fmt.Println(squares.LoadMany(ctx, 1, 2, 3))
	fmt.Println(squares.LoadMany(ctx, 2, 3, 4))
	// Output:
	// loading [1 2 3]
	// map[1:1 2:4 3:9] <nil>
	// loading [4]
	// map[2:4 3:9 4:16] <nil>
}

func ExampleLoader_GetOrLoad() {
	cache, err := larder.Open(larder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()

	pages, err := typed.NewLoader(cache, typed.LoaderOptions[string, string]{
		MapOptions: typed.MapOptions[string, string]{Prefix: "page:", TTL: time.Minute},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer pages.Close()

	render := func(ctx context.Context, path string) (string, error) { return "<p>" + path, nil }
	fmt.Println(pages.GetOrLoad(context.Background(), "/about", render))
	// Output: <p>/about <nil>
}

// Session is kept as a hash.
type Session struct {
	User  string    `larder:"user"`
	Since time.Time `larder:"since"`
	Views int       `larder:"views"`
	Note  string    `larder:"note,omitempty"`
}

func ExampleRecords() {
	cache, err := larder.Open(larder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()

	sessions, err := typed.NewRecords[string, Session](cache, typed.RecordOptions[string]{Prefix: "session:", TTL: time.Hour, Sliding: true})
	if err != nil {
		log.Fatal(err)
	}
	sessions.Set("x1", Session{User: "ada", Since: time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)})
	sessions.IncrBy("x1", "views", 1)
	sessions.Update("x1", func(s Session, ok bool) (Session, datatypes.Op) {
		s.Note = "hello" // the only field that is written
		return s, datatypes.OpSet
	})
	part, ok, err := sessions.GetFields("x1", "user", "views")
	fmt.Println(part.User, part.Views, ok, err)

	// Any Redis client reads and writes the hash.
	for _, field := range []string{"user", "since", "views", "note"} {
		v, _, _ := cache.Hashes().Get("session:x1", field)
		fmt.Printf("%s=%s ", field, v)
	}
	// Output:
	// ada 1 true <nil>
	// user=ada since=2024-02-29T12:00:00Z views=1 note=hello
}
