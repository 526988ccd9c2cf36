package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
)

// Numbers are put into queues of the ledger's cache and handed to whoever waits for them, in process and over TCP, by
// those who give up after a moment. What was put in must have come out or still be there: a number that is handed to
// somebody who has just given up is one that is missing.

// queue is what has gone into the queues and come out, in sums.
type queue struct{ in, out atomic.Int64 }

const (
	jobsKey   = "queue:jobs"
	laterKey  = "queue:later"
	rankedKey = "queue:ranked"
)

// settle checks the sums while no worker runs.
func (q *queue) settle(cache *larder.Cache) error {
	var left int64
	for _, key := range []string{jobsKey, laterKey} {
		for value := range cache.Lists().All(key) {
			left += int64(number(string(value)))
		}
	}
	for _, score := range cache.SortedSets().RangeByRank(rankedKey, 0, -1) {
		left += int64(score)
	}
	if in, out := q.in.Load(), q.out.Load(); in != out+left {
		return fmt.Errorf("numbers of %d were put into queues, of %d came out, and those of %d are there", in, out, left)
	}
	return nil
}

type queueWorker struct {
	soak   *soak
	name   string
	rng    *rand.Rand
	client *respClient
	ranked int // members that were put into the sorted set
}

func newQueueWorker(s *soak, n int) *queueWorker {
	return &queueWorker{soak: s, name: "queue" + strconv.Itoa(n), rng: s.random("queue", n)}
}

func (w *queueWorker) forget() {}

func (w *queueWorker) run(ctx context.Context) (err error) {
	if w.client, err = dialServer(w.soak.ledger.addr); err != nil {
		return err
	}
	defer w.client.close()
	steps := []func() error{w.push, w.push, w.rank, w.popInGo, w.popByRESP, w.moveInGo, w.moveByRESP, w.popRankedInGo, w.popRankedByRESP}
	for ctx.Err() == nil {
		if err := steps[w.rng.IntN(len(steps))](); err != nil {
			return fmt.Errorf("worker %s: %w", w.name, err)
		}
	}
	return nil
}

// patience is how long to wait for a number: often about as long as it takes for one to come.
func (w *queueWorker) patience() time.Duration {
	return time.Duration(1+w.rng.IntN(2000)) * time.Microsecond
}

// took notes that a number came out.
func (w *queueWorker) took(text string, ok bool) {
	if ok {
		w.soak.ledger.queue.out.Add(int64(number(text)))
	}
}

func (w *queueWorker) push() (err error) {
	n := w.rng.IntN(1000)
	key := []string{jobsKey, laterKey}[w.rng.IntN(2)]
	w.soak.ledger.queue.in.Add(int64(n))
	if w.rng.IntN(2) == 0 {
		_, err = w.soak.ledger.cache.Lists().RPush(key, []byte(strconv.Itoa(n)))
	} else {
		_, err = w.client.do("LPUSH", key, strconv.Itoa(n))
	}
	return err
}

func (w *queueWorker) rank() (err error) {
	n := w.rng.IntN(1000)
	w.ranked++
	member := w.name + ":" + strconv.Itoa(w.ranked)
	w.soak.ledger.queue.in.Add(int64(n))
	if w.rng.IntN(2) == 0 {
		_, err = w.soak.ledger.cache.SortedSets().Add(rankedKey, datatypes.Scored{Member: member, Score: float64(n)})
	} else {
		_, err = w.client.do("ZADD", rankedKey, strconv.Itoa(n), member)
	}
	return err
}

// unlessLate is nil for the error of a context that has ended.
func unlessLate(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

func (w *queueWorker) popInGo() error {
	ctx, cancel := context.WithTimeout(context.Background(), w.patience())
	defer cancel()
	_, value, ok, err := w.soak.ledger.cache.Lists().BLPop(ctx, laterKey, jobsKey)
	w.took(string(value), ok)
	return unlessLate(err)
}

func (w *queueWorker) moveInGo() error {
	ctx, cancel := context.WithTimeout(context.Background(), w.patience())
	defer cancel()
	_, _, err := w.soak.ledger.cache.Lists().BMove(ctx, jobsKey, laterKey, datatypes.Left, datatypes.Right)
	return unlessLate(err)
}

func (w *queueWorker) popRankedInGo() error {
	ctx, cancel := context.WithTimeout(context.Background(), w.patience())
	defer cancel()
	_, member, ok, err := w.soak.ledger.cache.SortedSets().BPopMax(ctx, rankedKey)
	w.took(string(wholeScore(member.Score)), ok)
	return unlessLate(err)
}

// await sends a command that waits, with the longest time to wait last, and returns the last line of its reply.
func (w *queueWorker) await(cmd ...string) (text string, ok bool, err error) {
	reply, err := w.client.do(append(cmd, strconv.FormatFloat(w.patience().Seconds(), 'f', -1, 64))...)
	if reply == nil || err != nil {
		return "", false, err
	}
	lines := flatten(nil, reply)
	return lines[len(lines)-1], true, nil
}

func (w *queueWorker) popByRESP() error {
	text, ok, err := w.await("BRPOP", jobsKey, laterKey)
	w.took(text, ok)
	return err
}

func (w *queueWorker) moveByRESP() error {
	_, _, err := w.await("BLMOVE", laterKey, jobsKey, "RIGHT", "LEFT")
	return err
}

func (w *queueWorker) popRankedByRESP() error {
	text, ok, err := w.await("BZPOPMIN", rankedKey)
	w.took(text, ok)
	return err
}
