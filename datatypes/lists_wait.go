package datatypes

import (
	"context"
	"strings"

	"github.com/larderkv/larder/internal/keyspace"
)

// BLPop removes the first element of the first of several lists that exists, and waits until
// one does or ctx ends. Within a transaction it does not wait, and ok is false. It is BLPOP. O(keys).
//
// It returns the error of ctx.
func (st Lists) BLPop(ctx context.Context, keys ...string) (key string, value []byte, ok bool, err error) {
	return st.blockingPop(ctx, Left, keys)
}

// BRPop is BLPop of the last element. It is BRPOP.
func (st Lists) BRPop(ctx context.Context, keys ...string) (key string, value []byte, ok bool, err error) {
	return st.blockingPop(ctx, Right, keys)
}

func (st Lists) blockingPop(ctx context.Context, side Side, keys []string) (key string, value []byte, ok bool, err error) {
	p, err := st.BMPop(ctx, side, 1, keys...)
	if err != nil || len(p.Values) == 0 {
		return "", nil, false, err
	}
	return p.Key, p.Values[0], true, nil
}

// BMPop is MPop that waits until one of the lists exists or ctx ends. Within a transaction it does
// not wait. It is BLMPOP. O(keys + count).
//
// It returns the errors of MPop and of ctx.
func (st Lists) BMPop(ctx context.Context, side Side, count int, keys ...string) (ListPopped, error) {
	return await(ctx, func(done func(ListPopped, error)) (ListPopped, *Wait, error) {
		return st.BeginMPop(side, count, keys, done)
	})
}

// BeginMPop is BMPop without a goroutine that waits. If it must wait it returns a Wait, and done is called
// when the elements are there, maybe before it returns, unless the wait is cancelled. Else done is not
// called, and the result is that of MPop. done must not block.
func (st Lists) BeginMPop(side Side, count int, keys []string, done func(ListPopped, error)) (ListPopped, *Wait, error) {
	if err := areSides(side); err != nil {
		return ListPopped{}, nil, err
	}
	if count > fewElements { // If so many are there they must not be popped with the locks held.
		if p, err := (Lists{st.view.Patient()}).MPop(side, count, keys...); len(p.Values) > 0 || err != nil {
			return p, nil, err
		}
	}
	op := &listPop{side: side, count: max(count, 1)}
	op.done = done
	w, err := st.view.Wait(op, keys, nil)
	if err != nil {
		return ListPopped{}, nil, err
	}
	if w == nil {
		return op.result, nil, op.err
	}
	return ListPopped{}, &Wait{w}, nil
}

// listPop is an MPop that may wait.
type listPop struct {
	waiting[ListPopped]
	side  Side
	count int
}

// Try implements keyspace.Operation.
func (op *listPop) Try(v keyspace.View, key string, waited bool) bool {
	values, ok, err := Lists{v}.popN(key, op.side, op.count)
	if err != nil {
		return op.failed(err, waited)
	}
	if ok {
		op.result = ListPopped{strings.Clone(key), values}
	}
	return ok
}

// BMove is Move that waits until the first list exists or ctx ends. Within a transaction it does
// not wait, and ok is false. It is BLMOVE and, from right to left, BRPOPLPUSH. O(1).
//
// It returns the errors of Move and of ctx, and ErrWrongType also when, after a wait, the second key
// holds no list: then the first keeps its elements.
func (st Lists) BMove(ctx context.Context, from, to string, fromSide, toSide Side) (value []byte, ok bool, err error) {
	value, err = await(ctx, func(done func([]byte, error)) ([]byte, *Wait, error) {
		return st.BeginMove(from, to, fromSide, toSide, done)
	})
	return value, value != nil, err
}

// BeginMove is BMove without a goroutine that waits, as BeginMPop is BMPop. Without a value there was none.
func (st Lists) BeginMove(from, to string, fromSide, toSide Side, done func([]byte, error)) ([]byte, *Wait, error) {
	if err := areSides(fromSide, toSide); err != nil {
		return nil, nil, err
	}
	op := &listMove{to: strings.Clone(to), fromSide: fromSide, toSide: toSide}
	op.done = done
	w, err := st.view.Wait(op, []string{from}, []string{op.to})
	if err != nil {
		return nil, nil, err
	}
	if w == nil {
		return op.result, nil, op.err
	}
	return nil, &Wait{w}, nil
}

// listMove is a Move that may wait.
type listMove struct {
	waiting[[]byte]
	to               string
	fromSide, toSide Side
}

// Try implements keyspace.Operation.
func (op *listMove) Try(v keyspace.View, key string, waited bool) bool {
	if t, ok, err := NewKeys(v).Type(key); err != nil || !ok || t != TypeList && waited {
		return false
	}
	value, ok, err := copied(moveElement(v, nil, key, op.to, op.fromSide, op.toSide))
	op.result, op.err = value, err
	return ok || err != nil
}
