package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
)

// The ledger is a cache of its own that evicts nothing, with a server of its own. All its workers share its keys:
// counters that must have counted every increment, queues that must hand each number to one who waits (queue.go), and
// accounts between which transactions move amounts, so that whoever reads all of them at one moment finds the same sum.

const (
	counters      = 8
	accounts      = 12
	openingAmount = 1000
)

type ledger struct {
	cache *larder.Cache
	addr  string
	added [counters]atomic.Int64
	queue queue
}

func counterKey(i int) string { return "counter:" + strconv.Itoa(i) }
func accountKey(i int) string { return "account:" + strconv.Itoa(i) }

var accountKeys = func() (keys []string) {
	for i := range accounts {
		keys = append(keys, accountKey(i))
	}
	return keys
}()

// open fills the accounts.
func (l *ledger) open() error {
	items := make([]datatypes.Item, accounts)
	for i := range items {
		items[i] = datatypes.Item{Key: accountKey(i), Value: []byte(strconv.Itoa(openingAmount))}
	}
	return l.cache.Strings().MSet(items...)
}

// settle checks the counters and queues while no worker runs.
func (l *ledger) settle() error {
	for i := range counters {
		text, _, err := l.cache.Strings().Get(counterKey(i))
		if err != nil {
			return err
		}
		if got, want := int64(number(string(text))), l.added[i].Load(); got != want {
			return fmt.Errorf("%s is %d, but %d was added", counterKey(i), got, want)
		}
	}
	return l.queue.settle(l.cache)
}

type ledgerWorker struct {
	soak *soak
	name string
	rng  *rand.Rand
}

func newLedgerWorker(s *soak, n int) *ledgerWorker {
	return &ledgerWorker{soak: s, name: "ledger" + strconv.Itoa(n), rng: s.random("ledger", n)}
}

func (w *ledgerWorker) forget() {}

func (w *ledgerWorker) run(ctx context.Context) error {
	client, err := dialServer(w.soak.ledger.addr)
	if err != nil {
		return err
	}
	defer client.close()
	steps := []func(*respClient) error{w.countInGo, w.countByRESP, w.transferInGo, w.transferByRESP, w.auditInGo, w.auditByRESP}
	for ctx.Err() == nil {
		start := time.Now()
		n := w.rng.IntN(len(steps))
		if err := steps[n](client); err != nil {
			return fmt.Errorf("worker %s: %w", w.name, err)
		}
		if n%2 == 0 {
			w.soak.report.goLatency.Record(time.Since(start))
		} else {
			w.soak.report.respLatency.Record(time.Since(start))
		}
	}
	return nil
}

func (w *ledgerWorker) countInGo(*respClient) error {
	i, delta := w.rng.IntN(counters), int64(w.rng.IntN(10))
	_, err := w.soak.ledger.cache.Strings().IncrBy(counterKey(i), delta)
	w.soak.ledger.added[i].Add(delta)
	return err
}

func (w *ledgerWorker) countByRESP(client *respClient) error {
	i, delta := w.rng.IntN(counters), int64(w.rng.IntN(10))
	_, err := client.do("INCRBY", counterKey(i), strconv.FormatInt(delta, 10))
	w.soak.ledger.added[i].Add(delta)
	return err
}

// twoAccounts returns different ones.
func (w *ledgerWorker) twoAccounts() (from, to string) {
	i := w.rng.IntN(accounts)
	return accountKey(i), accountKey((i + 1 + w.rng.IntN(accounts-1)) % accounts)
}

func (w *ledgerWorker) transferInGo(*respClient) error {
	from, to := w.twoAccounts()
	amount := w.rng.IntN(10)
	return w.soak.ledger.cache.Update([]string{from, to}, func(tx *larder.Tx) error {
		st := tx.Strings()
		if _, err := st.DecrBy(from, int64(amount)); err != nil {
			return err
		}
		_, err := st.IncrBy(to, int64(amount))
		return err
	})
}

// transferByRESP reads and writes under WATCH. A transaction that is given up has moved nothing.
func (w *ledgerWorker) transferByRESP(client *respClient) error {
	from, to := w.twoAccounts()
	if _, err := client.do("WATCH", from, to); err != nil {
		return err
	}
	reply, err := client.do("MGET", from, to)
	if err != nil {
		return err
	}
	held := flatten(nil, reply)
	amount := w.rng.IntN(10)
	client.queue("MULTI")
	client.queue("SET", from, strconv.Itoa(number(held[0])-amount))
	client.queue("SET", to, strconv.Itoa(number(held[1])+amount))
	client.queue("EXEC")
	if err := client.flush(); err != nil {
		return err
	}
	for range 4 {
		reply, err = client.receive()
		if err != nil {
			return err
		}
		if e, ok := reply.(replyError); ok {
			return e
		}
	}
	if reply == nil {
		w.soak.report.conflicts.Add(1)
	}
	return nil
}

func (w *ledgerWorker) auditInGo(*respClient) error {
	amounts, err := w.soak.ledger.cache.Strings().MGet(nil, accountKeys...)
	if err != nil {
		return err
	}
	sum := 0
	for _, amount := range amounts {
		sum += number(string(amount))
	}
	return balanced(sum)
}

func (w *ledgerWorker) auditByRESP(client *respClient) error {
	reply, err := client.do(append([]string{"MGET"}, accountKeys...)...)
	if err != nil {
		return err
	}
	sum := 0
	for _, amount := range flatten(nil, reply) {
		sum += number(amount)
	}
	return balanced(sum)
}

func balanced(sum int) error {
	if sum != accounts*openingAmount {
		return fmt.Errorf("the accounts hold %d together instead of %d", sum, accounts*openingAmount)
	}
	return nil
}
