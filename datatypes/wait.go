package datatypes

import (
	"context"

	"github.com/larderkv/larder/internal/keyspace"
)

// Wait is an operation that waits for data. Operations that wait for a key are done in the
// order in which they came, by whoever makes the key hold what they wait for and before anyone
// else can take it.
type Wait struct{ waiter *keyspace.Waiter }

// Cancel ends the wait and reports whether it did so before the operation was
// done: if not, the operation's function was called or is about to be. It must not be called inside
// of a transaction.
func (w *Wait) Cancel() bool { return w.waiter.Cancel() }

// waiting is the part of an operation that waits which all such operations
// share. Its result is complete when done is called.
type waiting[R any] struct {
	result R
	err    error
	done   func(R, error)
}

// Done implements keyspace.Operation.
func (w *waiting[R]) Done(err error) {
	if err != nil {
		w.err = err
	}
	w.done(w.result, w.err)
}

// failed notes an error of an attempt and reports whether it is final: a key of
// another type is none for an operation that has waited.
func (w *waiting[R]) failed(err error, waited bool) bool {
	if err == ErrWrongType && waited {
		return false
	}
	w.err = err
	return true
}

// await begins an operation and waits for it to be done, until ctx ends.
func await[R any](ctx context.Context, begin func(done func(R, error)) (R, *Wait, error)) (R, error) {
	type outcome struct {
		result R
		err    error
	}
	over := ctx.Done() // a nil context panics here, before there is a wait that nobody would end
	ended := make(chan outcome, 1)
	result, w, err := begin(func(r R, err error) { ended <- outcome{r, err} })
	if w == nil {
		return result, err
	}
	select {
	case o := <-ended:
		return o.result, o.err
	case <-over:
		if w.Cancel() {
			var none R
			return none, ctx.Err()
		}
		o := <-ended
		return o.result, o.err
	}
}
