package respstore

import (
	"errors"
	"strings"

	"github.com/larderkv/larder/datatypes"
)

// replyErrors are the errors of the stores by how the texts begin that Redis has for them.
var replyErrors = []struct {
	text string
	err  error
}{
	{"WRONGTYPE Operation", datatypes.ErrWrongType},
	{"WRONGTYPE Key is not a valid HyperLogLog", datatypes.ErrNotHyperLogLog},
	{"OOM ", datatypes.ErrOutOfMemory},
	{"INVALIDOBJ ", datatypes.ErrCorruptHyperLogLog},
	{"ERR invalid expire time", datatypes.ErrInvalidExpire},
	{"ERR value is not an integer", datatypes.ErrNotInteger},
	{"ERR value is not a valid float", datatypes.ErrNotFloat},
	{"ERR hash value is not an integer", datatypes.ErrFieldNotInteger},
	{"ERR hash value is not a float", datatypes.ErrFieldNotFloat},
	{"ERR increment or decrement would overflow", datatypes.ErrOverflow},
	{"ERR decrement would overflow", datatypes.ErrDecrementOverflow},
	{"ERR increment would produce NaN or Infinity", datatypes.ErrNaNOrInfinity},
	{"ERR resulting score is not a number (NaN)", datatypes.ErrNaN},
	{"ERR One or more scores can't be converted into double", datatypes.ErrNotWeight},
	{"ERR string exceeds maximum allowed size", datatypes.ErrTooLarge},
	{"ERR offset is out of range", datatypes.ErrOutOfRange},
	{"ERR value is out of range", datatypes.ErrOutOfRange},
	{"ERR index out of range", datatypes.ErrNoSuchIndex},
	{"ERR no such key", datatypes.ErrNoSuchKey},
	{"ERR source and destination objects are the same", datatypes.ErrSameObject},
	{"ERR DB index is out of range", datatypes.ErrInvalidDB},
	{"ERR bit offset is not an integer", datatypes.ErrBitOffset},
	{"ERR could not decode requested zset member", datatypes.ErrNoSuchMember},
	{"ERR syntax error", datatypes.ErrConflict},
	{"ERR NX and XX", datatypes.ErrConflict},
	{"ERR XX and NX", datatypes.ErrConflict},
	{"ERR GT and LT", datatypes.ErrConflict},
	{"ERR GT, LT, and/or NX", datatypes.ErrConflict},
}

// errorOf returns the error that the text of an error reply stands for.
func errorOf(text string) error {
	for _, e := range replyErrors {
		if strings.HasPrefix(text, e.text) {
			return e.err
		}
	}
	return errors.New(text)
}
