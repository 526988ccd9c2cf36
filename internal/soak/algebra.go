package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/larderkv/larder/datatypes"
)

// algebraWorker has large sets in the ledger's cache, combines them, and walks over them while they change.
type algebraWorker struct {
	soak *soak
	name string
	rng  *rand.Rand
	sets [3]setValue
}

const (
	algebraMembers = 30000 // that a set may have
	algebraBatch   = 400   // that are added or removed at once
)

func newAlgebraWorker(s *soak, n int) *algebraWorker {
	w := &algebraWorker{soak: s, name: "algebra" + strconv.Itoa(n), rng: s.random("algebra", n)}
	for i := range w.sets {
		w.sets[i] = setValue{}
	}
	return w
}

func (w *algebraWorker) forget() {}

func (w *algebraWorker) key(i int) string { return w.name + ":" + strconv.Itoa(i) }

func (w *algebraWorker) run(ctx context.Context) error {
	client, err := dialServer(w.soak.ledger.addr)
	if err != nil {
		return err
	}
	defer client.close()
	steps := []func(*respClient) error{w.change, w.change, w.change, w.change, w.intersect, w.unite, w.subtract, w.scan, w.rank}
	for ctx.Err() == nil {
		if err := steps[w.rng.IntN(len(steps))](client); err != nil {
			return fmt.Errorf("worker %s: %w", w.name, err)
		}
	}
	return nil
}

// batch returns members that lie together.
func (w *algebraWorker) batch() []string {
	from := w.rng.IntN(algebraMembers)
	members := make([]string, algebraBatch)
	for i := range members {
		members[i] = "m" + strconv.Itoa((from+i)%algebraMembers)
	}
	return members
}

func (w *algebraWorker) change(client *respClient) error {
	i, members := w.rng.IntN(len(w.sets)), w.batch()
	command := []string{"SADD", "SADD", "SREM"}[w.rng.IntN(3)]
	want := 0
	for _, m := range members {
		if w.sets[i].has(m) != (command == "SADD") {
			want++
		}
		if command == "SADD" {
			w.sets[i][m] = struct{}{}
		} else {
			w.sets[i].drop(m)
		}
	}
	start := time.Now()
	reply, err := client.do(slices.Concat([]string{command, w.key(i)}, members)...)
	w.soak.report.respLatency.Record(time.Since(start))
	return expect(command, fmt.Sprint(reply), strconv.Itoa(want), err)
}

// expected returns the members for which keep says yes, by whether each of the three sets has them, in order.
func (w *algebraWorker) expected(keep func(a, b, c bool) bool) []string {
	var members []string
	for i := range algebraMembers {
		m := "m" + strconv.Itoa(i)
		if keep(w.sets[0].has(m), w.sets[1].has(m), w.sets[2].has(m)) {
			members = append(members, m)
		}
	}
	slices.Sort(members)
	return members
}

func (w *algebraWorker) intersect(client *respClient) error {
	want := w.expected(func(a, b, c bool) bool { return a && b && c })
	reply, err := client.do("SINTERCARD", "3", w.key(0), w.key(1), w.key(2))
	if err := expect("SINTERCARD", fmt.Sprint(reply), strconv.Itoa(len(want)), err); err != nil {
		return err
	}
	got, err := w.soak.ledger.cache.Sets().Inter(w.key(0), w.key(1), w.key(2))
	return expectMembers("Inter", got, want, err)
}

func (w *algebraWorker) unite(client *respClient) error {
	want := w.expected(func(a, b, _ bool) bool { return a || b })
	stored := w.name + ":union"
	reply, err := client.do("SUNIONSTORE", stored, w.key(0), w.key(1))
	if err := expect("SUNIONSTORE", fmt.Sprint(reply), strconv.Itoa(len(want)), err); err != nil {
		return err
	}
	got := slices.Collect(w.soak.ledger.cache.Sets().Members(stored))
	return expectMembers("Members", got, want, nil)
}

func (w *algebraWorker) subtract(client *respClient) error {
	want := w.expected(func(a, b, c bool) bool { return a && !b && !c })
	reply, err := client.do("SDIFF", w.key(0), w.key(1), w.key(2))
	return expectMembers("SDIFF", flatten(nil, reply), want, err)
}

// scan walks over a set while its members change; those that it has throughout must be met.
func (w *algebraWorker) scan(client *respClient) error {
	i := w.rng.IntN(len(w.sets))
	stay, met := maps.Clone(w.sets[i]), setValue{}
	for cursor := "0"; ; {
		reply, err := client.do("SSCAN", w.key(i), cursor, "COUNT", "1000")
		if err != nil {
			return err
		}
		page := reply.([]any)
		for _, m := range flatten(nil, page[1]) {
			met[m] = struct{}{}
		}
		if cursor = page[0].(string); cursor == "0" {
			break
		}
		if err := w.change(client); err != nil {
			return err
		}
		maps.DeleteFunc(stay, func(m string, _ struct{}) bool { return !w.sets[i].has(m) })
	}
	for m := range stay {
		if !met.has(m) {
			return fmt.Errorf("SSCAN %s did not return %s, which was there all the time", w.key(i), m)
		}
	}
	return nil
}

// rank makes a sorted set of two sets and checks scores and order.
func (w *algebraWorker) rank(client *respClient) error {
	stored := w.name + ":ranks"
	reply, err := client.do("ZUNIONSTORE", stored, "2", w.key(0), w.key(1), "WEIGHTS", "1", "2")
	want := len(w.expected(func(a, b, _ bool) bool { return a || b }))
	if err := expect("ZUNIONSTORE", fmt.Sprint(reply), strconv.Itoa(want), err); err != nil {
		return err
	}
	last := datatypes.Scored{Score: -1}
	for m, score := range w.soak.ledger.cache.SortedSets().RangeByRank(stored, 0, -1) {
		is := number(bit(w.sets[0].has(m))) + 2*number(bit(w.sets[1].has(m)))
		if score != float64(is) {
			return fmt.Errorf("%s has score %v in %s instead of %d", m, score, stored, is)
		}
		if score < last.Score || score == last.Score && m <= last.Member {
			return fmt.Errorf("%s %v follows %s %v in %s", m, score, last.Member, last.Score, stored)
		}
		last = datatypes.Scored{Member: m, Score: score}
	}
	return nil
}

func expect(what, got, want string, err error) error {
	if err == nil && got != want {
		err = fmt.Errorf("got %s instead of %s", got, want)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func expectMembers(what string, got, want []string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		return fmt.Errorf("%s: %d members that are not the %d expected", what, len(got), len(want))
	}
	return nil
}
