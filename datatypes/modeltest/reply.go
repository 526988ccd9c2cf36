package modeltest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Reply is what a call returned.
type Reply struct {
	// Values are the results but for the error. Iterators are collected, and slices without elements are nil.
	Values []any
	Err    error
}

// order says what of the order of elements in a reply counts.
type order uint8

const (
	ordered  order = iota
	anyOrder       // slices may be in any order
)

func replyOf(out []reflect.Value) (r Reply) {
	for _, v := range out {
		switch value := plain(v).(type) {
		case error:
			r.Err = value
		default:
			if v.Type() != reflect.TypeFor[error]() {
				r.Values = append(r.Values, value)
			}
		}
	}
	return r
}

// plain returns a result as data.
func plain(v reflect.Value) any {
	switch {
	case v.Kind() == reflect.Func && v.Type().CanSeq():
		return collect(v)
	case v.Kind() == reflect.Func && v.Type().CanSeq2():
		return collect2(v)
	case v.Kind() == reflect.Slice && v.Len() == 0:
		return reflect.Zero(v.Type()).Interface()
	}
	return v.Interface()
}

// collect returns the elements of an iterator.
func collect(seq reflect.Value) any {
	all := reflect.Zero(reflect.SliceOf(seq.Type().In(0).In(0)))
	for v := range seq.Seq() {
		all = reflect.Append(all, clone(v))
	}
	return all.Interface()
}

// pair is what an iterator yields.
type pair struct{ Key, Value any }

func collect2(seq reflect.Value) any {
	var all []pair
	for k, v := range seq.Seq2() {
		all = append(all, pair{clone(k).Interface(), clone(v).Interface()})
	}
	return all
}

// clone copies bytes, which an iterator may lend.
func clone(v reflect.Value) reflect.Value {
	if b, ok := v.Interface().([]byte); ok {
		return reflect.ValueOf(slices.Clone(b))
	}
	return v
}

// differ returns how a reply differs from the one that is wanted. With an error there are no results to compare.
func (r Reply) differ(want Reply, o order) error {
	switch {
	case r.Err != nil || want.Err != nil:
		if !errors.Is(r.Err, want.Err) || want.Err == nil {
			return mismatch(r, want)
		}
		return nil
	case o == anyOrder:
		r, want = r.sorted(), want.sorted()
	}
	if reflect.DeepEqual(r.Values, want.Values) || gocmp.Equal(r.Values, want.Values, emptyFields) {
		return nil
	}
	return mismatch(r, want)
}

// emptyFields takes nil for an empty slice in a field of a struct. In a slice of slices nil is what does not exist.
var emptyFields = gocmp.FilterPath(func(p gocmp.Path) bool {
	_, field := p.Last().(gocmp.StructField)
	return field
}, cmpopts.EquateEmpty())

// mismatch tells what a reply is and what it is to be. If that is long it tells the difference.
func mismatch(got, want Reply) error {
	g, w := got.String(), want.String()
	const readable = 300
	if len(g) < readable && len(w) < readable {
		return fmt.Errorf("got %s; want %s", g, w)
	}
	return fmt.Errorf("the reply differs, - want, + got:\n%s", gocmp.Diff(want.Values, got.Values, emptyFields))
}

// sorted returns the reply with its slices in the order of their texts.
func (r Reply) sorted() Reply {
	values := slices.Clone(r.Values)
	for i, v := range values {
		s := reflect.ValueOf(v)
		if s.Kind() != reflect.Slice || s.Type().Elem().Kind() == reflect.Uint8 {
			continue
		}
		var texts []string
		for j := range s.Len() {
			texts = append(texts, literal(s.Index(j).Interface()))
		}
		slices.Sort(texts)
		values[i] = texts
	}
	return Reply{Values: values}
}

// String returns the results as they are written in Go.
func (r Reply) String() string {
	if r.Err != nil {
		return "error " + r.Err.Error()
	}
	var texts []string
	for _, v := range r.Values {
		texts = append(texts, literal(v))
	}
	if len(texts) == 0 {
		return "ok"
	}
	return strings.Join(texts, ", ")
}
