package modeltest

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/larderkv/larder/datatypes"
)

// modelStrings are the strings of a model.
type modelStrings struct{ m *Model }

// Strings returns the strings of the model.
func (m *Model) Strings() Strings { return modelStrings{m} }

// read returns the text of a key.
func (st modelStrings) read(key string) (text string, ok bool, err error) {
	e, err := st.m.get(key, datatypes.TypeString)
	if e == nil || err != nil {
		return "", false, err
	}
	if e.distinct != nil {
		return "", false, ErrNotModelled
	}
	return e.text, true, nil
}

// write changes the text of a key, which keeps its expiry if it exists.
func (st modelStrings) write(key, text string) {
	e, _ := st.m.open(key, datatypes.TypeString)
	e.text = text
}

func (st modelStrings) Get(key string) ([]byte, bool, error) {
	text, ok, err := st.read(key)
	return []byte(text), ok, err
}

func (st modelStrings) Len(key string) (int, error) {
	text, _, err := st.read(key)
	return len(text), err
}

func (st modelStrings) GetDel(key string) ([]byte, bool, error) {
	text, ok, err := st.read(key)
	if err == nil {
		st.m.Forget(key)
	}
	return []byte(text), ok, err
}

func (st modelStrings) GetEx(key string, o datatypes.GetExOptions) ([]byte, bool, error) {
	if o.Persist && (o.TTL != 0 || !o.ExpireAt.IsZero()) {
		return nil, false, datatypes.ErrConflict
	}
	text, ok, err := st.read(key)
	if !ok || err != nil {
		return nil, false, err
	}
	at, err := st.m.deadline(o.TTL, o.ExpireAt)
	switch {
	case err != nil:
		return nil, false, err
	case at != 0:
		st.m.expireAt(key, at)
	case o.Persist:
		st.m.entries[key].expireAt = 0
	}
	return []byte(text), true, nil
}

func (st modelStrings) Set(key string, value []byte, o datatypes.SetOptions) (bool, error) {
	if conflicting(o) {
		return false, datatypes.ErrConflict
	}
	old := st.m.find(key)
	at, err := st.m.deadline(o.TTL, o.ExpireAt)
	if err != nil {
		return false, err
	}
	if o.IfAbsent && old != nil || o.IfPresent && old == nil {
		return false, nil
	}
	if o.KeepTTL && old != nil {
		at = old.expireAt
	}
	st.m.entries[key] = &entry{typ: datatypes.TypeString, text: string(value), expireAt: at}
	return true, nil
}

// conflicting reports whether options exclude each other.
func conflicting(o datatypes.SetOptions) bool {
	return o.IfAbsent && o.IfPresent || o.KeepTTL && (o.TTL != 0 || !o.ExpireAt.IsZero())
}

func (st modelStrings) SetGet(key string, value []byte, o datatypes.SetOptions) (old []byte, existed, stored bool, err error) {
	if conflicting(o) {
		return nil, false, false, datatypes.ErrConflict
	}
	if old, existed, err = st.Get(key); err != nil {
		return nil, false, false, err
	}
	stored, err = st.Set(key, value, o)
	return old, existed, stored, err
}

func (st modelStrings) Append(key string, value []byte) (int, error) {
	text, _, err := st.read(key)
	if err != nil {
		return 0, err
	}
	st.write(key, text+string(value))
	return len(text) + len(value), nil
}

func (st modelStrings) SetRange(key string, offset int64, value []byte) (int, error) {
	if offset < 0 {
		return 0, datatypes.ErrOutOfRange
	}
	text, _, err := st.read(key)
	switch {
	case err != nil || len(value) == 0:
		return len(text), err
	case offset+int64(len(value)) > maxSize:
		return 0, datatypes.ErrTooLarge
	}
	b := []byte(text)
	for int64(len(b)) < offset+int64(len(value)) {
		b = append(b, 0)
	}
	copy(b[offset:], value)
	st.write(key, string(b))
	return len(b), nil
}

// maxSize is the most bytes that a string may have.
const maxSize = 512 << 20

func (st modelStrings) GetRange(key string, start, end int64) ([]byte, error) {
	text, _, err := st.read(key)
	from, to := span(int(start), int(end), len(text))
	if start < 0 && end < 0 && start > end {
		from, to = 0, 0 // though both may mean the first byte
	}
	return []byte(text[from:to]), err
}

// span turns an inclusive range of positions, of which negative ones count from the end, into a half-open one within
// [0, n).
func span(start, end, n int) (from, to int) {
	if start < 0 {
		start = max(start+n, 0)
	}
	if end < 0 {
		end = max(end+n, 0)
	}
	if end = min(end, n-1); start > end {
		return 0, 0
	}
	return start, end + 1
}

func (st modelStrings) MGet(dst [][]byte, keys ...string) ([][]byte, error) {
	for _, key := range keys {
		text, ok, _ := st.read(key)
		if !ok {
			dst = append(dst, nil)
			continue
		}
		dst = append(dst, []byte(text))
	}
	return dst, nil
}

func (st modelStrings) MSet(items ...datatypes.Item) error {
	for _, item := range items {
		st.Set(item.Key, item.Value, datatypes.SetOptions{})
	}
	return nil
}

func (st modelStrings) MSetNX(items ...datatypes.Item) (bool, error) {
	for _, item := range items {
		if st.m.find(item.Key) != nil {
			return false, nil
		}
	}
	return true, st.MSet(items...)
}

func (st modelStrings) Incr(key string) (int64, error) { return st.IncrBy(key, 1) }
func (st modelStrings) Decr(key string) (int64, error) { return st.IncrBy(key, -1) }

func (st modelStrings) DecrBy(key string, delta int64) (int64, error) {
	if delta == math.MinInt64 {
		return 0, datatypes.ErrDecrementOverflow
	}
	return st.IncrBy(key, -delta)
}

func (st modelStrings) IncrBy(key string, delta int64) (int64, error) {
	text, ok, err := st.read(key)
	if err != nil {
		return 0, err
	}
	n := int64(0)
	if ok {
		if n, err = strconv.ParseInt(text, 10, 64); err != nil || strconv.FormatInt(n, 10) != text {
			return 0, datatypes.ErrNotInteger
		}
	}
	sum := new(big.Int).Add(big.NewInt(n), big.NewInt(delta))
	if !sum.IsInt64() {
		return 0, datatypes.ErrOverflow
	}
	st.write(key, sum.String())
	return sum.Int64(), nil
}

func (st modelStrings) IncrByFloat(key string, delta float64) (float64, error) {
	text, ok, err := st.read(key)
	if err != nil {
		return 0, err
	}
	if !ok {
		text = "0"
	}
	sum, err := addFloat(text, delta, datatypes.ErrNotFloat)
	if err != nil {
		return 0, err
	}
	st.write(key, sum)
	return nearestFloat(sum), nil
}

// nearestFloat returns the float64 nearest to a sum, infinite beyond all of them.
func nearestFloat(sum string) float64 {
	f, _ := strconv.ParseFloat(sum, 64) // fails for what is out of range only, and gives an infinity then
	return f
}

// addFloat adds to a decimal number, and fails with notFloat if that is none.
func addFloat(text string, delta float64, notFloat error) (sum string, err error) {
	n, ok := longDouble(text)
	if !ok {
		return "", notFloat
	}
	by, _ := longDouble(strconv.FormatFloat(delta, 'g', -1, 64))
	if n.IsInf() || by.IsInf() {
		return "", datatypes.ErrNaNOrInfinity
	}
	const decimals = 17
	sum = n.Add(n, by).Text('f', decimals)
	sum = strings.TrimSuffix(strings.TrimRight(sum, "0"), ".")
	if sum == "-0" {
		sum = "0"
	}
	return sum, nil
}

// longDouble reads a decimal number with the precision of the type of C that Redis computes in.
func longDouble(text string) (*big.Float, bool) {
	const precision = 64
	n, _, err := big.ParseFloat(text, 10, precision, big.ToNearestEven)
	return n, err == nil
}

func (st modelStrings) LCSLen(a, b string, o datatypes.LCSOptions) (int, error) {
	r, err := st.LCS(a, b, o)
	return r.Len, err
}

func (st modelStrings) LCS(a, b string, o datatypes.LCSOptions) (datatypes.LCSResult, error) {
	x, _, err := st.read(a)
	if err != nil {
		return datatypes.LCSResult{}, err
	}
	y, _, err := st.read(b)
	if err != nil {
		return datatypes.LCSResult{}, err
	}
	if o.MaxTable > 0 && int64(len(x)+1)*int64(len(y)+1) > o.MaxTable/4 {
		return datatypes.LCSResult{}, datatypes.ErrLCSTooLarge
	}
	return lcs(x, y, o.MinMatchLen), nil
}

// lcs reads the longest common subsequence of two texts off the table of the lengths of those of their beginnings. Where
// both of two ways lead to one of the same length it goes the way of Redis, which shortens b.
func lcs(a, b string, least int) (r datatypes.LCSResult) {
	length := make([][]int, len(a)+1)
	for i := range length {
		length[i] = make([]int, len(b)+1)
		for j := range length[i] {
			switch {
			case i == 0 || j == 0:
			case a[i-1] == b[j-1]:
				length[i][j] = length[i-1][j-1] + 1
			default:
				length[i][j] = max(length[i-1][j], length[i][j-1])
			}
		}
	}
	var all []datatypes.LCSMatch
	for i, j := len(a), len(b); i > 0 && j > 0; {
		switch {
		case a[i-1] == b[j-1]:
			i, j = i-1, j-1
			r.Sequence = append(r.Sequence, a[i])
			if n := len(all); n > 0 && all[n-1].A == i+1 && all[n-1].B == j+1 {
				all[n-1] = datatypes.LCSMatch{A: i, B: j, Len: all[n-1].Len + 1}
			} else {
				all = append(all, datatypes.LCSMatch{A: i, B: j, Len: 1})
			}
		case length[i-1][j] > length[i][j-1]:
			i--
		default:
			j--
		}
	}
	slices.Reverse(r.Sequence)
	r.Len = len(r.Sequence)
	r.Matches = slices.DeleteFunc(all, func(match datatypes.LCSMatch) bool { return match.Len < least })
	return r
}

// Compute is that of datatypes.Strings.
func (st modelStrings) Compute(key string, fn func(old []byte, ok bool) ([]byte, datatypes.Op)) error {
	text, ok, err := st.read(key)
	if err != nil {
		return err
	}
	switch value, op := fn([]byte(text), ok); op {
	case datatypes.OpSet:
		st.write(key, string(value))
	case datatypes.OpDelete:
		st.m.Forget(key)
	}
	return nil
}
