package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/internal/histogram"
)

// kinds are the types of values, each with workers of its own.
var kinds = []kind{stringKind{}, hashKind{}, setKind{}, setKind{integers: true}, sortedSetKind{}, listKind{},
	bitmapKind{}, hyperLogLogKind{}, geoKind{}}

// keysOfWorker is how many keys a worker has: few enough that each is met often and grows.
const keysOfWorker = 24

// typeWorker uses keys of one type, which nobody else uses, through all doors in turn, and checks every reply.
type typeWorker struct {
	soak   *soak
	name   string
	rng    *rand.Rand
	keys   []*tracked
	client *respClient
}

func newTypeWorker(s *soak, n int, k kind) *typeWorker {
	w := &typeWorker{soak: s, name: fmt.Sprintf("%s%d", k.name(), n), rng: s.random("type", n)}
	for i := range keysOfWorker {
		w.keys = append(w.keys, newTracked(k, fmt.Sprintf("%s:%d", w.name, i)))
	}
	return w
}

// forget is called when all keys were deleted and no worker runs.
func (w *typeWorker) forget() {
	for _, t := range w.keys {
		t.forget()
	}
}

func (w *typeWorker) run(ctx context.Context) error {
	client, err := dialServer(w.soak.addr)
	if err != nil {
		return err
	}
	defer client.close()
	w.client = client
	for ctx.Err() == nil {
		if err := w.step(); err != nil {
			return err
		}
	}
	return nil
}

// step sends a command for one of the keys and checks what came back.
func (w *typeWorker) step() error {
	t := w.keys[w.rng.IntN(len(w.keys))]
	cmd := t.next(w.rng)
	if (cmd[0] == "PEXPIREMEMBER" || cmd[0] == "HPEXPIRE") && !t.fitsElementExpiry() {
		cmd = t.kind.whole(t.key)
	}
	door, latency := w.pick()
	count := w.soak.policies.count.Load()
	now := span{from: time.Now()}
	reply, err := door.do(t.kind, cmd)
	now.to = time.Now()
	latency.Record(now.to.Sub(now.from))
	t.branch(now, w.soak.policies.since(t.seen))
	t.seen = count
	if errors.Is(err, refused) {
		w.soak.report.refusals.Add(1)
		reply = "refused"
	}
	t.recent.add(event{at: now, door: fmt.Sprintf("%T", door), cmd: cmd, reply: reply})
	if reply == "refused" {
		return nil
	}
	if err != nil {
		return w.violation(t, fmt.Sprintf("an error: %v", err))
	}
	if want, ok := t.check(cmd, reply, now); !ok {
		return w.violation(t, fmt.Sprintf("got %s, the model says %s", shorten(reply), shorten(strings.Join(want, "  or  "))))
	}
	return nil
}

func (w *typeWorker) pick() (door, *histogram.Histogram) {
	r := &w.soak.report
	switch w.rng.IntN(10) {
	case 0:
		return goTransaction{w.soak.cache}, &r.goLatency
	case 1:
		return respTransaction{w.client}, &r.respLatency
	case 2, 3, 4, 5:
		return respDoor{w.client}, &r.respLatency
	}
	return goDoor{w.soak.db(0)}, &r.goLatency
}

func (w *typeWorker) violation(t *tracked, what string) error {
	return fmt.Errorf("worker %s, key %s: %s\nwhat was last done to the key:\n%s", w.name, t.key, what, t.recent.String())
}

// goTransaction is the API in process with every command in a transaction of its own.
type goTransaction struct{ cache *larder.Cache }

func (d goTransaction) do(k kind, cmd []string) (reply string, err error) {
	err = d.cache.Update(cmd[1:2], func(tx *larder.Tx) error {
		db, err := tx.DB(0)
		if err != nil {
			return err
		}
		reply, err = goDoor{db}.do(k, cmd)
		return err
	})
	return reply, err
}

// respTransaction is a connection with every command in MULTI and EXEC, sent at once.
type respTransaction struct{ client *respClient }

func (d respTransaction) do(_ kind, cmd []string) (string, error) {
	d.client.queue("MULTI")
	d.client.queue(cmd...)
	d.client.queue("EXEC")
	if err := d.client.flush(); err != nil {
		return "", err
	}
	var replies [3]any
	for i := range replies {
		reply, err := d.client.receive()
		if err != nil {
			return "", err
		}
		replies[i] = reply
	}
	for _, reply := range flattenReplies(nil, replies[1:]) {
		e, ok := reply.(replyError)
		if ok && strings.HasPrefix(string(e), "OOM ") {
			return "", refused
		}
		if ok {
			return "", e
		}
	}
	results, ok := replies[2].([]any)
	if !ok || len(results) != 1 {
		return "", fmt.Errorf("EXEC returned %v", replies[2])
	}
	return canonical(cmd[0], results[0]), nil
}

// flattenReplies appends replies and what is in them.
func flattenReplies(all, replies []any) []any {
	for _, reply := range replies {
		all = append(all, reply)
		if items, ok := reply.([]any); ok {
			all = flattenReplies(all, items)
		}
	}
	return all
}
