package datatypes

import (
	"context"
	"strings"

	"github.com/larderkv/larder/internal/keyspace"
)

// SortedPopped is what was popped of one of several sorted sets. Without members
// nothing was.
type SortedPopped struct {
	Key     string
	Members []Scored
}

// BPopMin removes the member of the lowest score of the first of several sorted sets that exists, and
// waits until one does or ctx ends. Within a transaction it does not wait, and ok is false. It is BZPOPMIN.
// O(keys + log n).
//
// It returns the error of ctx.
func (z SortedSets) BPopMin(ctx context.Context, keys ...string) (key string, member Scored, ok bool, err error) {
	return z.blockingPop(ctx, false, keys)
}

// BPopMax is BPopMin of the member of the highest score. It is BZPOPMAX.
func (z SortedSets) BPopMax(ctx context.Context, keys ...string) (key string, member Scored, ok bool, err error) {
	return z.blockingPop(ctx, true, keys)
}

func (z SortedSets) blockingPop(ctx context.Context, highest bool, keys []string) (key string, member Scored, ok bool, err error) {
	p, err := z.BPopFirst(ctx, 1, highest, keys...)
	if err != nil || len(p.Members) == 0 {
		return "", Scored{}, false, err
	}
	return p.Key, p.Members[0], true, nil
}

// BPopFirst is PopFirst that waits until one of the sorted sets exists or ctx ends. Within a
// transaction it does not wait. It is BZMPOP. O(keys + log n + members).
//
// It returns the error of ctx.
func (z SortedSets) BPopFirst(ctx context.Context, n int, highest bool, keys ...string) (SortedPopped, error) {
	return await(ctx, func(done func(SortedPopped, error)) (SortedPopped, *Wait, error) {
		return z.BeginPopFirst(n, highest, keys, done)
	})
}

// BeginPopFirst is BPopFirst without a goroutine that waits. If it must wait it returns a Wait, and done is
// called when the members are there, maybe before it returns, unless the wait is cancelled. Else done is not
// called, and the result is that of PopFirst. done must not block.
func (z SortedSets) BeginPopFirst(n int, highest bool, keys []string, done func(SortedPopped, error)) (SortedPopped, *Wait, error) {
	if n > fewRemoved { // If so many are there they must not be popped with the locks held.
		if key, popped, ok, err := (SortedSets{z.view.Patient()}).PopFirst(n, highest, keys...); ok || err != nil {
			return SortedPopped{key, popped}, nil, err
		}
	}
	op := &sortedPop{n: max(n, 1), highest: highest}
	op.done = done
	w, err := z.view.Wait(op, keys, nil)
	if err != nil {
		return SortedPopped{}, nil, err
	}
	if w == nil {
		return op.result, nil, op.err
	}
	return SortedPopped{}, &Wait{w}, nil
}

// sortedPop is a PopFirst that may wait.
type sortedPop struct {
	waiting[SortedPopped]
	n       int
	highest bool
}

// Try implements keyspace.Operation.
func (op *sortedPop) Try(v keyspace.View, key string, waited bool) bool {
	members, err := SortedSets{v}.pop(key, op.n, op.highest)
	if err != nil {
		return op.failed(err, waited)
	}
	if len(members) == 0 {
		return false
	}
	op.result = SortedPopped{strings.Clone(key), members}
	return true
}
