package typed

import (
	"sync"

	"github.com/larderkv/larder/datatypes"
)

// scratch is what one operation encodes its key and value in, and reads into.
type scratch struct {
	key, value []byte
	batch      datatypes.Batch
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// maxScratch is the size up to which buffers are kept for other operations.
const maxScratch = 64 << 10

func (sc *scratch) release() {
	if cap(sc.key)+cap(sc.value) <= maxScratch {
		scratches.Put(sc)
	}
}

func borrow() *scratch { return scratches.Get().(*scratch) }
