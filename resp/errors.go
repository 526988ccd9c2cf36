package resp

import (
	"errors"
	"strings"

	"github.com/larderkv/larder/datatypes"
)

// Texts of errors that several commands share.
const (
	errSyntax        = "ERR syntax error"
	errCursor        = "ERR invalid cursor"
	errOutOfRange    = "ERR value is out of range"
	errNotPositive   = "ERR value is out of range, must be positive"
	errRandomCount   = "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"
	errNotInteger    = "ERR value is not an integer or out of range"
	errDBIndex       = "ERR DB index is out of range"
	errWrongPassword = "WRONGPASS invalid username-password pair or user is disabled."
	errClientName    = "ERR Client names cannot contain spaces, newlines or special characters."
)

// errArguments is the text for a call whose number of arguments the arity of the command allows, but its form does not.
func errArguments(command string) string {
	return "ERR wrong number of arguments for '" + command + "' command"
}

// errForm is the text for a call that has none of the forms of its container.
func errForm(subcommand []byte, container string) string {
	return "ERR unknown subcommand or wrong number of arguments for '" + clip(subcommand, 128) + "'. Try " + container + " HELP."
}

// wording is an error in the words of Redis, which are those of a sentence.
type wording string

func (w wording) Error() string { return string(w) }

// storeErrors are the texts that Redis has for what the stores return. Where its text names the command or the option,
// the handler sees to it.
var storeErrors = []struct {
	err  error
	text string
}{
	{datatypes.ErrWrongType, "WRONGTYPE Operation against a key holding the wrong kind of value"},
	{datatypes.ErrNotInteger, errNotInteger},
	{datatypes.ErrNotFloat, "ERR value is not a valid float"},
	{datatypes.ErrOverflow, "ERR increment or decrement would overflow"},
	{datatypes.ErrDecrementOverflow, "ERR decrement would overflow"},
	{datatypes.ErrNaNOrInfinity, "ERR increment would produce NaN or Infinity"},
	{datatypes.ErrOutOfMemory, "OOM command not allowed when used memory > 'maxmemory'."},
	{datatypes.ErrTooLarge, "ERR string exceeds maximum allowed size (proto-max-bulk-len)"},
	{datatypes.ErrOutOfRange, "ERR offset is out of range"},
	{datatypes.ErrInvalidExpire, "ERR invalid expire time"},
	{datatypes.ErrNoSuchKey, "ERR no such key"},
	{datatypes.ErrNoSuchIndex, "ERR index out of range"},
	{datatypes.ErrSameObject, "ERR source and destination objects are the same"},
	{datatypes.ErrInvalidDB, errDBIndex},
	{datatypes.ErrConflict, errSyntax},
	{datatypes.ErrFieldNotInteger, "ERR hash value is not an integer"},
	{datatypes.ErrFieldNotFloat, "ERR hash value is not a float"},
	{datatypes.ErrNaN, "ERR resulting score is not a number (NaN)"},
	{datatypes.ErrNotWeight, "ERR One or more scores can't be converted into double"},
	{datatypes.ErrBitOffset, errBitOffset},
	{datatypes.ErrFieldType, errFieldType},
	{datatypes.ErrNotHyperLogLog, "WRONGTYPE Key is not a valid HyperLogLog string value."},
	{datatypes.ErrCorruptHyperLogLog, "INVALIDOBJ Corrupted HLL object detected"},
	{datatypes.ErrNoSuchMember, errNoSuchMember},
	{datatypes.ErrNotSparse, "ERR HLL encoding is not sparse"},
}

// writeErr answers with the text that Redis has for an error of the store.
func (c *client) writeErr(err error) {
	if !c.isLong(err) {
		c.writeError(errorText(err))
	}
}

// drawError words what is out of range as that of a count, which elsewhere is an offset.
func drawError(err error) error {
	if err == datatypes.ErrOutOfRange {
		return wording("value is out of range")
	}
	return err
}

func errorText(err error) string {
	for i := range storeErrors {
		if errors.Is(err, storeErrors[i].err) {
			return storeErrors[i].text
		}
	}
	return "ERR " + strings.TrimPrefix(err.Error(), "larder: ")
}
