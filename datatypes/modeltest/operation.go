package modeltest

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Operation is a call of a method of a store, as data: it can be drawn, printed, and done to any stores.
type Operation struct {
	method *method

	// Args are the arguments; of a variadic method the last of them is a slice.
	Args []any
}

// method says how a method of a store is called and what is expected of it.
type method struct {
	name string                 // of the store and the method, such as "Strings.Get"
	args func(d *draws) []any   // draws arguments
	keys func(a []any) []string // that a call uses; nil: the first argument

	// order says what of the reply's order counts.
	order order

	// often says that it is called three times as often as others: what others depend on.
	often bool

	// expires says that it makes something expire, so that it is called only if time is under control.
	expires bool

	// follow makes the model follow a reply that is not determined, and returns what is wrong with it. Otherwise the
	// reply must be that of the model.
	follow func(m *Model, a []any, got Reply) error

	// drive does what is more than a call, instead of all of the above. With silent it is not reported itself: what it
	// does is.
	drive  func(c *checker, a []any) error
	silent bool
}

func (m *method) split() (store, name string) {
	store, name, _ = strings.Cut(m.name, ".")
	return store, name
}

// args is a list of arguments.
func args(a ...any) []any { return a }

// callback is an argument that is a function. What it is called with is part of the reply.
type callback interface {
	bind() (fn any, seen func() []any)
}

// Name returns the names of the store and the method, such as "Strings.Get".
func (o Operation) Name() string { return o.method.name }

// Keys returns the keys that the operation uses.
func (o Operation) Keys() []string {
	if o.method.keys != nil {
		return o.method.keys(o.Args)
	}
	if len(o.Args) > 0 {
		if key, ok := o.Args[0].(string); ok {
			return []string{key}
		}
	}
	return nil
}

// Plain reports whether the operation is one call of a method of a store: what advances the clock, compares all that
// there is, or scans while other operations run, is not.
func (o Operation) Plain() bool { return o.method.drive == nil }

// Do does a plain operation to stores and returns the reply.
func (o Operation) Do(s Stores) Reply {
	store, name := o.method.split()
	fn := s.store(store).MethodByName(name)
	in := make([]reflect.Value, len(o.Args))
	var seen []func() []any
	for i, arg := range o.Args {
		if c, ok := arg.(callback); ok {
			fn, saw := c.bind()
			arg, seen = fn, append(seen, saw)
		}
		if in[i] = reflect.ValueOf(arg); arg == nil {
			in[i] = reflect.Zero(fn.Type().In(i))
		}
	}
	var out []reflect.Value
	if fn.Type().IsVariadic() {
		out = fn.CallSlice(in)
	} else {
		out = fn.Call(in)
	}
	r := replyOf(out)
	for _, saw := range seen {
		r.Values = append(r.Values, saw()...)
	}
	return r
}

// Follow does a plain operation to a model and returns how the reply that a store gave differs from what the model
// allows.
func (o Operation) Follow(m *Model, got Reply) error {
	if o.method.follow != nil {
		return o.method.follow(m, o.Args, got)
	}
	want := o.Do(m.Stores())
	if want.Err == ErrNotModelled {
		return nil
	}
	return got.differ(want, o.method.order)
}

// String returns the operation as the call in Go.
func (o Operation) String() string {
	var b strings.Builder
	b.WriteString(o.method.name + "(")
	for i, arg := range o.Args {
		if _, script := arg.(Script); script {
			continue // its operations are shown as they are done
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(literal(arg))
	}
	b.WriteString(")")
	return b.String()
}

// GoString is String, which is how rapid shows what it drew.
func (o Operation) GoString() string { return o.String() }

// advance moves the time.
var advance = &method{
	name: "Advance",
	args: func(d *draws) []any { return args(d.pass()) },
	drive: func(c *checker, a []any) error {
		c.s.Advance(a[0].(time.Duration))
		c.m.Advance(a[0].(time.Duration))
		return nil
	},
}

// compare compares all that there is.
var compare = &method{
	name:  "Compare",
	args:  func(*draws) []any { return nil },
	drive: func(c *checker, _ []any) error { return c.compare() },
}

// Script is a sequence of operations.
type Script []Operation

// GoString tells the length: a failure shows the operations themselves.
func (s Script) GoString() string { return fmt.Sprintf("%d operations", len(s)) }
