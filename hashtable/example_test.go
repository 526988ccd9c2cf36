package hashtable_test

import (
	"fmt"

	"github.com/larderkv/larder/hashtable"
	"github.com/zeebo/xxh3"
)

// words are entries that lie in a slice: a ref is one more than the index, since zero refers to nothing.
type words []string

// Hashes implements hashtable.Entries.
func (w words) Hashes(refs []hashtable.Ref, hashes []uint64) {
	for i, ref := range refs {
		hashes[i] = xxh3.HashString(w[ref-1])
	}
}

// find returns the ref of a word, or zero.
func (w words) find(t *hashtable.Table, a *hashtable.Arena, word string) hashtable.Ref {
	p := t.Probe(a, xxh3.HashString(word))
	for ref := p.Next(); ref != 0; ref = p.Next() {
		if w[ref-1] == word { // another word may have the same hash
			return ref
		}
	}
	return 0
}

// The table knows refs and hashes; what they refer to is its owner's. Here the entries are strings in a slice.
func Example() {
	memory := hashtable.NewMemory()
	defer memory.Close()
	env := hashtable.Env{Arena: hashtable.NewArena(memory)}

	var table hashtable.Table
	var list words
	for _, word := range []string{"the", "cache", "is", "the", "table"} {
		if list.find(&table, env.Arena, word) != 0 {
			continue
		}
		if err := env.Arena.Reserve(table.InsertReserve()); err != nil {
			fmt.Println(err) // the system has no memory left
			return
		}
		list = append(list, word)
		table.Insert(&env, list, xxh3.HashString(word), hashtable.Ref(len(list)))
	}

	fmt.Println(table.Len(), list.find(&table, env.Arena, "table"), list.find(&table, env.Arena, "tree"))
	// Output: 4 4 0
}

// A scan may be left after any call and goes on from its cursor, whatever has become of the table meanwhile.
func ExampleTable_Scan() {
	memory := hashtable.NewMemory()
	defer memory.Close()
	env := hashtable.Env{Arena: hashtable.NewArena(memory)}

	list := make(words, 1000)
	var table hashtable.Table
	for i := range list {
		list[i] = fmt.Sprint("word ", i)
		if err := env.Arena.Reserve(table.InsertReserve()); err != nil {
			fmt.Println(err)
			return
		}
		table.Insert(&env, list, xxh3.HashString(list[i]), hashtable.Ref(i+1))
	}

	seen := map[hashtable.Ref]bool{}
	var refs []hashtable.Ref
	for cursor, more := uint64(0), true; more; more = cursor != 0 {
		refs, cursor = table.Scan(&env, list, cursor, refs[:0])
		for _, ref := range refs {
			seen[ref] = true
		}
	}
	fmt.Println(len(seen))
	// Output: 1000
}
