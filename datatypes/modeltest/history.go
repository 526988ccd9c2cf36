package modeltest

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"
)

// history is what happened when goroutines did something to stores.
type history []event

// event is an act with the times of its call and return, counted in calls and returns, and its replies.
type event struct {
	act
	call, returned int64
	replies        []Reply
}

// specification is the model in the form that the test of linearizability takes. A state is a *Model that nobody changes.
var specification = porcupine.Model{
	Init: func() any { return NewModel() },
	Step: func(state, input, output any) (bool, any) {
		m := state.(*Model).Clone()
		replies := output.([]Reply)
		for i, o := range input.(act).operations {
			if i >= len(replies) || o.Follow(m, replies[i]) != nil {
				return false, state
			}
		}
		m.sweep()
		return true, m
	},
	Equal: func(a, b any) bool { return a.(*Model).equal(b.(*Model)) },
}

// equal reports whether two models hold the same.
func (m *Model) equal(other *Model) bool {
	return m.now == other.now && maps.EqualFunc(m.entries, other.entries, func(a, b *entry) bool { return reflect.DeepEqual(a, b) })
}

// linearizable reports whether an order of the events explains all replies. Operations on different keys are tested by
// themselves, for a history is linearizable if those of its parts are that have no key in common.
func (h history) linearizable() bool {
	return !slices.ContainsFunc(h.parts(), func(part history) bool { return !part.explained() })
}

func (h history) explained() bool {
	operations := make([]porcupine.Operation, len(h))
	for i, e := range h {
		operations[i] = porcupine.Operation{Input: e.act, Output: e.replies, Call: e.call, Return: e.returned}
	}
	return porcupine.CheckOperations(specification, operations)
}

// parts divides a history into histories that have no key in common.
func (h history) parts() (parts []history) {
	var keysOf []map[string]bool
	for _, e := range h {
		keys, all := e.keys()
		if all {
			return []history{h}
		}
		joined, joinedKeys := history{e}, map[string]bool{}
		for _, key := range keys {
			joinedKeys[key] = true
		}
		for i := len(parts) - 1; i >= 0; i-- {
			if !slices.ContainsFunc(keys, func(key string) bool { return keysOf[i][key] }) {
				continue
			}
			joined = append(slices.Clone(parts[i]), joined...)
			maps.Copy(joinedKeys, keysOf[i])
			parts, keysOf = slices.Delete(parts, i, i+1), slices.Delete(keysOf, i, i+1)
		}
		parts, keysOf = append(parts, joined), append(keysOf, joinedKeys)
	}
	return parts
}

// wrong returns the part of a history that is not linearizable as an error.
func (h history) wrong() error {
	for _, part := range h.parts() {
		if !part.explained() {
			return errors.New("no order of these operations explains the replies\n" + part.String())
		}
	}
	return nil
}

// String shows the events in the order of their calls. Those whose times overlap were done at once.
func (h history) String() string {
	h = slices.SortedFunc(slices.Values(h), func(a, b event) int { return int(a.call - b.call) })
	var times []int64
	for _, e := range h {
		times = append(times, e.call, e.returned)
	}
	slices.Sort(times)
	rank := func(time int64) int { return slices.Index(times, time) + 1 }
	var b strings.Builder
	for _, e := range h {
		who := fmt.Sprintf("goroutine %d", e.goroutine+1)
		if e.goroutine == afterwards {
			who = "afterwards"
		}
		fmt.Fprintf(&b, "\t%2d to %2d, %s: %s\n", rank(e.call), rank(e.returned), who, e)
	}
	return b.String()
}

// String shows the operations with their replies, in Go.
func (e event) String() string {
	if len(e.replies) < len(e.operations) {
		return fmt.Sprintf("a transaction failed: %v", e.replies)
	}
	var calls []string
	for i, o := range e.operations {
		calls = append(calls, fmt.Sprintf("%s // %s", o, e.replies[i]))
	}
	if e.in == none {
		return calls[0]
	}
	name := "Update"
	if e.in == updateAll {
		name = "UpdateAll"
	}
	return name + "\n\t\t" + strings.Join(calls, "\n\t\t")
}
