package resp

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/numeric"
)

// kind is a set of values that a parameter may have and the way they are written. What is wrong with a text that is
// none of them, parse says as Redis does.
type kind interface {
	parse(text string) (value, error)
	format(v value) string
}

// value is the value of a parameter: a number, or for some kinds a text.
type value struct {
	number int64
	text   string
}

func numberOf(n int64) value { return value{number: n} }
func textOf(s string) value  { return value{text: s} }

func switchOf(on bool) value {
	if on {
		return numberOf(1)
	}
	return numberOf(0)
}

// integer is the kind of whole numbers within bounds.
type integer struct{ least, most int64 }

func (k integer) parse(text string) (value, error) {
	n, ok := numeric.ParseInt(text)
	if !ok {
		return value{}, errors.New("argument couldn't be parsed into an integer")
	}
	return k.within(n)
}

func (k integer) within(n int64) (value, error) {
	if n < k.least || n > k.most {
		return value{}, fmt.Errorf("argument must be between %d and %d inclusive", k.least, k.most)
	}
	return numberOf(n), nil
}

func (k integer) format(v value) string { return strconv.FormatInt(v.number, 10) }

// memory is the kind of amounts of memory, written with a unit or in bytes.
type memory struct{ integer }

func (k memory) parse(text string) (value, error) {
	n, ok := numeric.ParseMemory(text)
	if !ok {
		return value{}, errors.New("argument must be a memory value")
	}
	return k.within(int64(min(n, math.MaxInt64)))
}

// memoryOrPercent is the kind of amounts of memory that may be a share of another one, which is a negative number then.
type memoryOrPercent struct{}

func (memoryOrPercent) parse(text string) (value, error) {
	if share, ok := strings.CutSuffix(text, "%"); ok {
		n, err := strconv.ParseInt(share, 10, 64)
		switch {
		case err != nil || n < 0:
			return value{}, errors.New("argument must be a memory or percent value")
		case n > 100:
			return value{}, errors.New("percentage argument must be less or equal to 100")
		}
		return numberOf(-n), nil
	}
	n, ok := numeric.ParseMemory(text)
	if !ok {
		return value{}, errors.New("argument must be a memory or percent value")
	}
	return numberOf(int64(min(n, math.MaxInt64))), nil
}

func (memoryOrPercent) format(v value) string {
	if v.number < 0 {
		return strconv.FormatInt(-v.number, 10) + "%"
	}
	return strconv.FormatInt(v.number, 10)
}

// notifications is the kind of classes of events.
type notifications struct{}

func (notifications) parse(text string) (value, error) {
	n, err := datatypes.ParseNotifications(text)
	if err != nil {
		return value{}, redisError("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")
	}
	return numberOf(int64(n)), nil
}

// redisError is an error in Redis' own words.
type redisError string

func (e redisError) Error() string { return string(e) }

func (notifications) format(v value) string { return datatypes.Notifications(v.number).String() }

// octal is the kind of permission bits.
type octal struct{ most int64 }

func (k octal) parse(text string) (value, error) {
	n, err := strconv.ParseInt(text, 8, 64)
	if err != nil {
		return value{}, errors.New("argument couldn't be parsed as an octal number")
	}
	if n < 0 || n > k.most {
		return value{}, fmt.Errorf("argument must be between 0 and %o inclusive", k.most)
	}
	return numberOf(n), nil
}

func (k octal) format(v value) string { return strconv.FormatInt(v.number, 8) }

// yesNo is the kind of switches.
type yesNo struct{}

func (yesNo) parse(text string) (value, error) {
	on, ok := numeric.ParseYesNo(text)
	if !ok {
		return value{}, errors.New("argument must be 'yes' or 'no'")
	}
	return switchOf(on), nil
}

func (yesNo) format(v value) string {
	if v.number != 0 {
		return "yes"
	}
	return "no"
}

// choice is the kind of one of several words. The value is the index of the word.
type choice []string

func (k choice) parse(text string) (value, error) {
	for i, word := range k {
		if strings.EqualFold(word, text) {
			return numberOf(int64(i)), nil
		}
	}
	return value{}, errors.New("argument(s) must be one of the following: " + strings.Join(k, ", "))
}

func (k choice) format(v value) string { return k[v.number] }

// anyText is the kind of all texts.
type anyText struct{}

func (anyText) parse(text string) (value, error) { return textOf(text), nil }
func (anyText) format(v value) string            { return v.text }

// only is the kind of the one value that larder knows.
type only string

func (k only) parse(text string) (value, error) {
	if !strings.EqualFold(text, string(k)) {
		return value{}, fmt.Errorf("larder has no other value than '%s'", string(k))
	}
	return textOf(string(k)), nil
}

func (k only) format(v value) string { return v.text }

// programs is the kind of a parameter that the program has brought.
type programs func(text string) (string, error)

func (parse programs) parse(text string) (value, error) {
	text, err := parse(text)
	return textOf(text), err
}

func (programs) format(v value) string { return v.text }
