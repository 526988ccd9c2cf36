package datatypes

import (
	"errors"

	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/internal/keyspace"
)

// Errors that methods of the stores return. The text that Redis gives for the
// same condition is the server's matter.
var (
	// ErrClosed: the cache was closed.
	ErrClosed = keyspace.ErrClosed
	// ErrWrongType: the key holds a value of another type.
	ErrWrongType = keyspace.ErrWrongType
	// ErrOutOfMemory: the write needs memory beyond MaxBytes, and the policy
	// allows no eviction or found nothing to evict.
	ErrOutOfMemory = keyspace.ErrOutOfMemory
	// ErrTooLarge: a key or value would exceed 512 MiB.
	ErrTooLarge = keyspace.ErrTooLarge
	// ErrInvalidDB: there is no database of that number.
	ErrInvalidDB = keyspace.ErrInvalidDB
	// ErrNotDeclared: a transaction used a key in a shard that none of its
	// declared keys is in.
	ErrNotDeclared = keyspace.ErrNotDeclared

	// ErrLong: the operation would take longer than stores that do short operations only allow.
	ErrLong = keyspace.ErrLong

	// ErrNotInteger: the value or argument is not an integer of 64 bits.
	ErrNotInteger = errors.New("larder: value is not an integer or out of range")
	// ErrOverflow: the result of an increment or decrement exceeds 64 bits.
	ErrOverflow = errors.New("larder: increment or decrement would overflow")
	// ErrDecrementOverflow: the amount of a decrement cannot be negated.
	ErrDecrementOverflow = errors.New("larder: decrement would overflow")
	// ErrNotFloat: the value or argument is not a number.
	ErrNotFloat = errors.New("larder: value is not a valid float")
	// ErrNaNOrInfinity: the result of an increment is no finite number.
	ErrNaNOrInfinity = errors.New("larder: increment would produce NaN or Infinity")
	// ErrInvalidExpire: a TTL or time is not positive or too far away.
	ErrInvalidExpire = errors.New("larder: invalid expire time")
	// ErrOutOfRange: an offset or a count is negative, or a count too large.
	ErrOutOfRange = errors.New("larder: offset is out of range")
	// ErrNoSuchKey: the key does not exist.
	ErrNoSuchKey = errors.New("larder: no such key")
	// ErrSameObject: source and destination are the same.
	ErrSameObject = errors.New("larder: source and destination objects are the same")
	// ErrOptions: an option of a cache is out of range. It is wrapped by an error that says which.
	ErrOptions = errors.New("larder: invalid options")
	// ErrConflict: options exclude each other.
	ErrConflict = errors.New("larder: options exclude each other")

	// ErrBitOffset: the offset of a bit is negative or beyond 512 MiB.
	ErrBitOffset = errors.New("larder: bit offset is not an integer or out of range")
	// ErrFieldType: an integer in a bitmap is to have no bits, or more than there may be.
	ErrFieldType = errors.New("larder: invalid bitfield type")
	// ErrNotHyperLogLog: the string is no HyperLogLog.
	ErrNotHyperLogLog = encoding.ErrNotHLL
	// ErrCorruptHyperLogLog: the string is a HyperLogLog, but damaged.
	ErrCorruptHyperLogLog = encoding.ErrCorruptHLL
	// ErrNotSparse: the HyperLogLog is in the dense form.
	ErrNotSparse = errors.New("larder: HLL encoding is not sparse")
	// ErrFieldNotInteger: the field of a hash holds no integer of 64 bits.
	ErrFieldNotInteger = errors.New("larder: hash value is not an integer")
	// ErrFieldNotFloat: the field of a hash holds no number.
	ErrFieldNotFloat = errors.New("larder: hash value is not a float")
	// ErrNaN: the score that results is not a number.
	ErrNaN = errors.New("larder: resulting score is not a number (NaN)")
	// ErrNotWeight: what a sort is to compare as a number is none.
	ErrNotWeight = errors.New("larder: one or more scores can't be converted into double")
	// ErrPosition: a longitude or latitude is out of range.
	ErrPosition = errors.New("larder: invalid longitude, latitude pair")
	// ErrNegativeLength: a radius, width or height is negative.
	ErrNegativeLength = errors.New("larder: radius, width or height cannot be negative")
	// ErrNoSuchMember: the member that is to be the centre does not exist.
	ErrNoSuchMember = errors.New("larder: could not decode requested zset member")
	// ErrNoSuchIndex: a list has no element at the index.
	ErrNoSuchIndex = errors.New("larder: index out of range")
)
