// Work-queue hands jobs to workers through a list. Workers wait for jobs without polling, each job goes to one of
// them, and none is lost: what a worker has taken stands in a list of its own until it is done.
//
//	go run ./examples/work-queue
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"sync"
	"sync/atomic"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
)

func main() {
	if err := run(os.Stdout, 10_000); err != nil {
		log.Fatal(err)
	}
}

// queue is a list of jobs, and one for each worker with what it is busy with.
type queue struct {
	lists datatypes.Lists
	jobs  string
}

func (q queue) busy(worker int) string { return fmt.Sprintf("%s:busy:%d", q.jobs, worker) }

// put adds a job. If a worker waits, it is given the job before put returns.
func (q queue) put(job string) error {
	_, err := q.lists.RPush(q.jobs, []byte(job))
	return err
}

// work does jobs one after another until ctx ends. A job that fails goes back to the end of the queue. What the worker
// left undone when it ended the last time comes first.
func (q queue) work(ctx context.Context, worker int, do func(job string) error) error {
	if err := q.giveBack(worker); err != nil {
		return err
	}
	for {
		job, _, err := q.lists.BMove(ctx, q.jobs, q.busy(worker), datatypes.Left, datatypes.Right)
		if errors.Is(err, context.Canceled) {
			return nil
		}
		if err != nil {
			return err
		}
		if do(string(job)) != nil {
			_, _, err = q.lists.Move(q.busy(worker), q.jobs, datatypes.Left, datatypes.Right)
		} else {
			_, _, err = q.lists.LPop(q.busy(worker))
		}
		if err != nil {
			return err
		}
	}
}

// giveBack puts what a worker was busy with to the front of the queue.
func (q queue) giveBack(worker int) error {
	for {
		if _, ok, err := q.lists.Move(q.busy(worker), q.jobs, datatypes.Right, datatypes.Left); !ok {
			return err
		}
	}
}

func run(out io.Writer, jobs int) error {
	cache, err := larder.Open(larder.Options{Policy: larder.NoEviction}) // a queue must not be evicted
	if err != nil {
		return err
	}
	defer cache.Close()
	q := queue{cache.Lists(), "jobs"}

	// A worker of an earlier run took a job and crashed.
	if err := q.put("left behind"); err != nil {
		return err
	}
	if _, _, err := q.lists.Move(q.jobs, q.busy(0), datatypes.Left, datatypes.Right); err != nil {
		return err
	}

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var done, retried atomic.Int64
	var failedOnce sync.Map
	do := func(job string) error {
		if len(job)%5 == 0 { // some fail at first
			if _, again := failedOnce.LoadOrStore(job, true); !again {
				retried.Add(1)
				return errors.New("try again")
			}
		}
		if done.Add(1) == int64(jobs)+1 {
			cancel() // that was the last
		}
		return nil
	}
	var workers sync.WaitGroup
	errs := make([]error, 4)
	for worker := range errs {
		workers.Go(func() { errs[worker] = q.work(ctx, worker, do) })
	}
	for i := range jobs {
		if err := q.put(fmt.Sprint("job ", i)); err != nil {
			return err
		}
	}
	workers.Wait()
	left, err := cache.Keys().Len()
	fmt.Fprintf(out, "%d jobs done by %d workers, %d of them at the second try; lists left: %d\n",
		done.Load(), len(errs), retried.Load(), left)
	return errors.Join(append(errs, err)...)
}
