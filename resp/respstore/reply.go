package respstore

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/resp/difftest"
)

// reply is what a command returned, or why it did not.
type reply struct {
	v   difftest.Value
	err error
}

func replyOf(v difftest.Value) reply {
	if v.Kind == difftest.Error {
		return reply{err: errorOf(v.Text)}
	}
	return reply{v: v}
}

// done returns the error of a command whose reply says nothing else.
func (r reply) done() error { return r.err }

// exists reports whether the reply is not null.
func (r reply) exists() bool { return r.err == nil && !r.v.Absent && r.v.Kind != difftest.Null }

func (r reply) int64() (int64, error) {
	if r.err != nil {
		return 0, r.err
	}
	n, ok := r.v.Int()
	if !ok {
		return 0, fmt.Errorf("respstore: %v is not an integer reply", r.v)
	}
	return n, nil
}

func (r reply) length() (int, error) {
	n, err := r.int64()
	return int(n), err
}

func (r reply) flag() (bool, error) {
	n, err := r.int64()
	return n == 1, err
}

func (r reply) bulk() (value []byte, ok bool, err error) {
	if !r.exists() {
		return nil, false, r.err
	}
	return []byte(r.v.Text), true, nil
}

func (r reply) text() (text string, ok bool, err error) { return r.v.Text, r.exists(), r.err }

// float returns a number, which may be infinite: sums have a wider range than a float64.
func (r reply) float() (float64, error) {
	if r.err != nil {
		return 0, r.err
	}
	f, err := strconv.ParseFloat(r.v.Text, 64)
	if errors.Is(err, strconv.ErrRange) {
		err = nil
	}
	return f, err
}

func (r reply) texts() (all []string, err error) {
	for _, e := range r.v.Elems {
		all = append(all, e.Text)
	}
	return all, r.err
}

// bytes returns the elements, nil for those that are null, behind those of dst.
func (r reply) bytes(dst [][]byte) ([][]byte, error) {
	for _, e := range r.v.Elems {
		b, _, _ := replyOf(e).bulk()
		dst = append(dst, b)
	}
	return dst, r.err
}

func (r reply) ints() (all []int, err error) {
	for _, e := range r.v.Elems {
		n, err := replyOf(e).length()
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, r.err
}

// scored returns members and their scores, which alternate.
func (r reply) scored() (all []datatypes.Scored, err error) {
	for pair := range slices.Chunk(r.v.Elems, 2) {
		score, err := replyOf(pair[len(pair)-1]).float()
		if err != nil {
			return nil, err
		}
		all = append(all, datatypes.Scored{Member: pair[0].Text, Score: score})
	}
	return all, r.err
}

// fields returns fields and their values, which alternate.
func (r reply) fields() (all []datatypes.Field, err error) {
	for pair := range slices.Chunk(r.v.Elems, 2) {
		all = append(all, datatypes.Field{Name: pair[0].Text, Value: []byte(pair[len(pair)-1].Text)})
	}
	return all, r.err
}

// results returns what has become of the expiry of each of n elements. Without a key there is none.
func (r reply) results(n int) (all []datatypes.ExpireResult, err error) {
	codes, err := r.ints()
	if err != nil {
		return nil, err
	}
	for _, code := range codes {
		all = append(all, datatypes.ExpireResult(code))
	}
	for len(all) < n {
		all = append(all, datatypes.ExpireMissing)
	}
	return all, nil
}

// ttl returns the time to live of a reply in milliseconds.
func (r reply) ttl() (ttl time.Duration, ok bool, err error) {
	const missing, forever = -2, -1
	n, err := r.int64()
	switch {
	case err != nil || n == missing:
		return 0, false, err
	case n == forever:
		return datatypes.NoTTL, true, nil
	}
	return time.Duration(n) * time.Millisecond, true, nil
}

// page is the reply of a scan: the next cursor and the elements.
func (r reply) page() (elements reply, next uint64, err error) {
	if r.err != nil {
		return reply{}, 0, r.err
	}
	if len(r.v.Elems) != 2 {
		return reply{}, 0, fmt.Errorf("respstore: %v is not the reply of a scan", r.v)
	}
	next, err = strconv.ParseUint(r.v.Elems[0].Text, 10, 64)
	return reply{v: r.v.Elems[1]}, next, err
}

// each returns an iterator over what a command returned. It has nothing if that was an error.
func each[T any](all []T, err error) iter.Seq[T] {
	if err != nil {
		all = nil
	}
	return slices.Values(all)
}

// millis returns a time to live as arguments have it. Part of a millisecond counts as a whole one.
func millis(ttl time.Duration) int64 {
	n := ttl.Milliseconds()
	if ttl%time.Millisecond > 0 {
		n++
	}
	return n
}
