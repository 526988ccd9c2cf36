package resp

import (
	"bytes"

	"github.com/larderkv/larder/datatypes"
)

func sortCommands() []*command {
	const cat = catSet | catSortedSet | catList | catDangerous
	keys := []keySpec{
		{flags: keyRO | keyAccess, index: 1, step: 1},
		{flags: keyRO | keyAccess, unknown: true,
			notes: "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort"},
		{flags: keyOW | keyUpdate, unknown: true,
			notes: "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the argument array"},
	}
	return []*command{
		{name: "sort", handler: cmdSort, arity: -2, flags: flagWrite | flagDenyOOM, category: cat, keys: keys,
			moreKeys: appendSortTarget, namesNotAll: sortsByOthers},
		{name: "sort_ro", handler: cmdSortRO, arity: -2, flags: flagReadonly, category: cat, keys: keys[:2],
			namesNotAll: sortsByOthers},
	}
}

// The options of SORT that have arguments, and how many.
const (
	sortBy    = "by"
	sortGet   = "get"
	sortLimit = "limit"
	sortStore = "store"
)

func sortArity(option []byte) int {
	switch {
	case equalFold(option, sortBy), equalFold(option, sortGet), equalFold(option, sortStore):
		return 1
	case equalFold(option, sortLimit):
		return 2
	}
	return 0
}

// appendSortTarget appends the key behind the last STORE, which is the one that counts.
func appendSortTarget(refs []keyRef, args [][]byte) []keyRef {
	target := 0
	for i := 2; i < len(args); i += 1 + sortArity(args[i]) {
		if equalFold(args[i], sortStore) && i+1 < len(args) {
			target = i + 1
		}
	}
	if target > 0 {
		refs = append(refs, keyRef{target, keyOW | keyUpdate})
	}
	return refs
}

// sortsByOthers reports whether a call may read keys whose names derive from the elements.
func sortsByOthers(args [][]byte) bool {
	for i := 2; i < len(args); i += 1 + sortArity(args[i]) {
		pattern := equalFold(args[i], sortBy) || equalFold(args[i], sortGet)
		if pattern && i+1 < len(args) && bytes.IndexByte(args[i+1], '*') >= 0 {
			return true
		}
	}
	return false
}

// cmdSort is SORT key [BY pattern] [LIMIT offset count] [GET pattern …] [ASC | DESC] [ALPHA] [STORE destination].
func cmdSort(c *client, args [][]byte) { sortKey(c, args, true) }

// cmdSortRO is SORT_RO, which is SORT without STORE.
func cmdSortRO(c *client, args [][]byte) { sortKey(c, args, false) }

func sortKey(c *client, args [][]byte, mayStore bool) {
	o, target, problem := parseSort(c, args, mayStore)
	if problem != "" {
		c.writeError(problem)
		return
	}
	if target != nil {
		n, err := c.keys().SortStore(text(target), text(args[1]), o)
		c.writeIntOrErr(int64(n), err)
		return
	}
	lists := lendLists()
	defer lists.release()
	err := c.keys().SortBatch(text(args[1]), o, &lists.batch)
	c.writeBatchOrErr(&lists.batch, err)
}

// parseSort parses the options, and finds out whether the user may use them. target is nil if nothing is to be stored.
func parseSort(c *client, args [][]byte, mayStore bool) (o datatypes.SortOptions, target []byte, problem string) {
	for i := 2; i < len(args); i++ {
		option := args[i]
		values := args[i+1 : min(i+1+sortArity(option), len(args))]
		if len(values) < sortArity(option) {
			return o, nil, errSyntax
		}
		i += len(values)
		switch {
		case equalFold(option, "asc"):
			o.Desc = false
		case equalFold(option, "desc"):
			o.Desc = true
		case equalFold(option, "alpha"):
			o.Alpha = true
		case equalFold(option, sortStore) && mayStore:
			target = values[0]
		case equalFold(option, sortLimit):
			problem = parseSortLimit(values, &o)
		case equalFold(option, sortBy) && bytes.IndexByte(values[0], '*') < 0:
			o.Unsorted = true
		case equalFold(option, sortBy):
			o.By, problem = text(values[0]), sortDenial(c, args, "BY")
		case equalFold(option, sortGet):
			o.Get, problem = append(o.Get, text(values[0])), sortDenial(c, args, "GET")
		default:
			problem = errSyntax
		}
		if problem != "" {
			return o, nil, problem
		}
	}
	return o, target, ""
}

func parseSortLimit(values [][]byte, o *datatypes.SortOptions) (problem string) {
	offset, valid := parseInt(values[0])
	count, alsoValid := parseInt(values[1])
	if !valid || !alsoValid {
		return errNotInteger
	}
	o.Offset, o.Count = clampInt(offset), clampInt(count)
	switch {
	case count < 0:
		o.Count = 0 // all
	case count == 0:
		o.Count = -1 // none
	}
	return ""
}

// sortDenial returns the text of the error reply to an option whose keys nobody can know beforehand, unless the user
// may read all of them.
func sortDenial(c *client, args [][]byte, option string) string {
	if c.readsAll(args) {
		return ""
	}
	return "ERR " + option + " option of SORT denied due to insufficient ACL permissions."
}
