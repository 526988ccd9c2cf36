package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
)

// listener subscribes in process to messages and events, for a short while at a time, and checks that it is told of all
// that it makes happen, in that order, or that it was too slow.
type listener struct {
	soak    *soak
	name    string
	rng     *rand.Rand
	client  *respClient
	watched int // keys whose events were looked at
}

func newListener(s *soak, n int) *listener {
	return &listener{soak: s, name: "listener:" + strconv.Itoa(n), rng: s.random("listener", n)}
}

func (l *listener) forget() {}

func (l *listener) run(ctx context.Context) (err error) {
	if l.client, err = dialServer(l.soak.addr); err != nil {
		return err
	}
	defer l.client.close()
	steps := []func() error{l.hear, l.oversleep, l.watchEvents}
	for ctx.Err() == nil {
		if err := steps[l.rng.IntN(len(steps))](); err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
		time.Sleep(time.Duration(l.rng.IntN(5)) * time.Millisecond)
	}
	return nil
}

// publish sends numbered messages by both doors.
func (l *listener) publish(n int) error {
	for i := range n {
		if l.rng.IntN(2) == 0 {
			l.soak.cache.PubSub().Publish(l.name, []byte(strconv.Itoa(i)))
		} else if _, err := l.client.do("PUBLISH", l.name, strconv.Itoa(i)); err != nil {
			return err
		}
	}
	return nil
}

func (l *listener) subscribe(buffer int) (*datatypes.Subscription, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	return l.soak.cache.PubSub().Subscribe(ctx, datatypes.SubscribeOptions{Channels: []string{l.name}, Buffer: buffer}), cancel
}

// counted checks that a subscription ends after n messages, in order.
func counted(sub *datatypes.Subscription, n int) error {
	next := 0
	for m := range sub.Values() {
		if string(m.Payload) != strconv.Itoa(next) {
			return fmt.Errorf("message %q came instead of %d", m.Payload, next)
		}
		next++
	}
	if next != n {
		return fmt.Errorf("%d messages came instead of %d", next, n)
	}
	return nil
}

func (l *listener) hear() error {
	const messages = 20
	sub, cancel := l.subscribe(messages)
	defer cancel()
	if err := l.publish(messages); err != nil {
		return err
	}
	sub.Close()
	if err := counted(sub, messages); err != nil {
		return err
	}
	return sub.Err()
}

// oversleep reads too late.
func (l *listener) oversleep() error {
	const room = 4
	sub, cancel := l.subscribe(room)
	defer cancel()
	if err := l.publish(3 * room); err != nil {
		return err
	}
	if err := counted(sub, room); err != nil {
		return err
	}
	if !errors.Is(sub.Err(), datatypes.ErrSlowReader) {
		return fmt.Errorf("a reader that is too slow is told: %v", sub.Err())
	}
	return nil
}

// watchEvents writes and deletes a key and checks what events tell of it. Others write meanwhile, perhaps too fast for
// the stream: then what it has told must be right up to there.
func (l *listener) watchEvents() error {
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	l.watched++
	key := l.name + ":" + strconv.Itoa(l.watched)
	events := l.soak.cache.Events(ctx, larder.EventOptions{Buffer: 1 << 13})
	defer events.Close()
	expected, err := l.change(key)
	if err != nil {
		return err
	}
	names := namesOf(events, key, len(expected))
	if errors.Is(events.Err(), datatypes.ErrSlowReader) {
		expected = expected[:min(len(names), len(expected))]
	}
	if !slices.Equal(names, expected) {
		return fmt.Errorf("events tell of %v instead of %v (%v)", names, expected, events.Err())
	}
	return nil
}

// namesOf returns the names of the first n events that have to do with a key. They may come some time after what they
// tell of.
func namesOf(events *datatypes.Stream[larder.Event], key string, n int) (names []string) {
	for len(names) < n {
		e, ok := <-events.Values()
		if !ok {
			break
		}
		if e.Key == key && slices.Contains([]string{"set", "del", "evicted"}, e.Name) {
			names = append(names, e.Name)
		}
	}
	return names
}

// change writes and deletes a key and returns the events that must come of it.
func (l *listener) change(key string) (events []string, err error) {
	db := l.soak.db(0)
	for range 5 {
		_, err := db.Strings().Set(key, []byte("x"), datatypes.SetOptions{})
		if isRefusal(err) {
			continue
		}
		if err != nil {
			return events, err
		}
		n, err := db.Keys().Del(key)
		if err != nil {
			return events, err
		}
		events = append(events, "set", []string{"evicted", "del"}[n])
	}
	return events, nil
}
