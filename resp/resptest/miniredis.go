package resptest

import "github.com/larderkv/larder/datatypes"

// Helpers of a test suite that was written for miniredis name its types and compare with its errors: imported under that
// name, this package has them too.
type (
	// Miniredis is Server.
	Miniredis = Server
	// RedisDB is Database.
	RedisDB = Database
)

var (
	// ErrIntValueError is what adding to something that is no integer returns.
	ErrIntValueError = datatypes.ErrNotInteger

	// ErrIntValueOverflowError is what adding returns when the sum is no 64-bit integer.
	ErrIntValueOverflowError = datatypes.ErrOverflow

	// ErrFloatValueError is what adding a fraction to something that is no number returns.
	ErrFloatValueError = datatypes.ErrNotFloat

	// ErrNotValidHllValue is what shorthands for HyperLogLogs return for a string that is none.
	ErrNotValidHllValue = datatypes.ErrNotHyperLogLog
)
