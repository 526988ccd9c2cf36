package resp

import (
	"sync"
	"unsafe"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/numeric"
)

// text returns an argument as a string without copying it: for the stores, which keep nothing that they are given, and
// for as long as the argument is valid.
func text(arg []byte) string { return unsafe.String(unsafe.SliceData(arg), len(arg)) }

// parseInt parses an integer argument. Only the form that Redis itself writes is one: no plus sign, no blanks, no
// leading zeros.
func parseInt(arg []byte) (int64, bool) { return numeric.ParseInt(arg) }

// argLists are lent to handlers whose stores take lists of keys or of keys and values, so that making such a list of
// the arguments takes no memory, and the values that are read need none of their own either.
type argLists struct {
	keys   []string
	items  []datatypes.Item
	fields []datatypes.Field
	scored []datatypes.Scored
	batch  datatypes.Batch
}

var argListPool = sync.Pool{New: func() any { return new(argLists) }}

// keptList is the capacity beyond which a list is left to the garbage collector.
const keptList = 4096

func lendLists() *argLists { return argListPool.Get().(*argLists) }

// withKeys returns the arguments as keys, in a list that is valid until release.
func (l *argLists) withKeys(args [][]byte) []string {
	for _, arg := range args {
		l.keys = append(l.keys, text(arg))
	}
	return l.keys
}

// withItems returns the arguments as pairs of key and value, in a list that is valid until release. There must be an
// even number of them.
func (l *argLists) withItems(args [][]byte) []datatypes.Item {
	for i := 0; i < len(args); i += 2 {
		l.items = append(l.items, datatypes.Item{Key: text(args[i]), Value: args[i+1]})
	}
	return l.items
}

// withFields is withItems for fields of a hash.
func (l *argLists) withFields(args [][]byte) []datatypes.Field {
	for i := 0; i < len(args); i += 2 {
		l.fields = append(l.fields, datatypes.Field{Name: text(args[i]), Value: args[i+1]})
	}
	return l.fields
}

// withScored returns the arguments as pairs of score and member, in a list that is valid until release. There must be an
// even number of them. It returns false for a score that is not a number.
func (l *argLists) withScored(args [][]byte) ([]datatypes.Scored, bool) {
	for i := 0; i < len(args); i += 2 {
		score, ok := numeric.ParseFloat(args[i])
		if !ok {
			return nil, false
		}
		l.scored = append(l.scored, datatypes.Scored{Member: text(args[i+1]), Score: score})
	}
	return l.scored, true
}

// release ends the loan.
func (l *argLists) release() {
	if l.batch.Cap() > keptBuffer || l.batch.Len() > keptList || cap(l.keys) > keptList || cap(l.items) > keptList || cap(l.fields) > keptList || cap(l.scored) > keptList {
		return
	}
	clear(l.keys)
	clear(l.items)
	clear(l.fields)
	clear(l.scored)
	l.keys, l.items, l.fields, l.scored = l.keys[:0], l.items[:0], l.fields[:0], l.scored[:0]
	argListPool.Put(l)
}
