package modeltest

import (
	"slices"

	"pgregory.net/rapid"
)

// Scripts draws sequences of operations, the longest of some thousands.
func Scripts(s Stores) *rapid.Generator[Script] {
	const most = 16
	return rapid.Map(rapid.SliceOfN(stanzas(s), 0, most), func(all []Script) Script { return slices.Concat(all...) })
}

// stanza is what some operations in a row have in common: the kinds and the keys of which they are.
type stanza struct {
	kinds [][]*method
	keys  []string
}

// stanzas draws operations that belong together: most are on one store and few keys, so that they meet, and the others on
// anything. Each store has keys of its own in mind, which thus mostly hold what it is for.
func stanzas(s Stores) *rapid.Generator[Script] {
	const most = 16
	all := stanzasOf(s)
	return rapid.Custom(func(t *rapid.T) Script {
		is := rapid.SampledFrom(all).Draw(t, "stanza")
		operations := rapid.SliceOfN(operationsOf(s, is.kinds, is.keys), 1, most)
		return slices.Concat(rapid.SliceOfN(operations, 1, most).Draw(t, "operations")...)
	})
}

// stanzasOf returns the stanzas that there are for some stores.
func stanzasOf(s Stores) (all []stanza) {
	stores := s.methods()
	general := []*method{compare}
	if s.Advance != nil {
		general = append(general, advance, advance)
	}
	for i, store := range stores {
		for _, m := range store {
			if m.often {
				store = append(store, m, m)
			}
		}
		kinds := append(slices.Repeat([][]*method{store}, 7), general)
		all = append(all, stanza{kinds, []string{keyNames[i%len(keyNames)], keyNames[(i+2)%len(keyNames)]}})
	}
	for range len(stores)/3 + 1 {
		all = append(all, stanza{append(slices.Clone(stores), general), keyNames})
	}
	return all
}
