package datatypes_test

import (
	"fmt"
	"log"
	"slices"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
)

func ExampleStrings_Compute() {
	c, err := larder.Open(larder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	// A compare-and-set in one step.
	swap := func(key, old, new string) (swapped bool, err error) {
		err = c.Strings().Compute(key, func(value []byte, ok bool) ([]byte, datatypes.Op) {
			if !ok || string(value) != old {
				return nil, datatypes.OpCancel
			}
			swapped = true
			return []byte(new), datatypes.OpSet
		})
		return swapped, err
	}
	c.Strings().Set("state", []byte("idle"), datatypes.SetOptions{})
	fmt.Println(swap("state", "idle", "running"))
	fmt.Println(swap("state", "idle", "running"))
	// Output:
	// true <nil>
	// false <nil>
}

func ExampleStrings_GetBatch() {
	c, err := larder.Open(larder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	c.Strings().MSet(datatypes.Item{Key: "a", Value: []byte("1")}, datatypes.Item{Key: "c", Value: []byte("3")})

	var b datatypes.Batch // kept and used again, it makes reads free of allocations
	keys := []string{"a", "b", "c"}
	if err := c.Strings().GetBatch(keys, &b); err != nil {
		log.Fatal(err)
	}
	for i, key := range keys {
		v, ok := b.Value(i)
		fmt.Printf("%s=%s %v\n", key, v, ok)
	}
	// Output:
	// a=1 true
	// b= false
	// c=3 true
}

func ExampleKeys_Match() {
	c, err := larder.Open(larder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	for _, key := range []string{"user:1", "user:2", "session:1"} {
		c.Strings().Set(key, nil, datatypes.SetOptions{})
	}

	fmt.Println(slices.Sorted(c.Keys().Match("user:*")))
	// Output: [user:1 user:2]
}
