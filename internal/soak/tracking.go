package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/larderkv/larder/datatypes"
)

// trackingWorker is a client that caches what it reads: whenever a key that it has read is changed, however and by
// whomever, it must be told, on the second of its connections.
type trackingWorker struct {
	soak     *soak
	rng      *rand.Rand
	reader   *respClient
	notified *respClient
	writer   *respClient
}

func newTrackingWorker(s *soak) *trackingWorker {
	return &trackingWorker{soak: s, rng: s.random("tracking", 0)}
}

const (
	trackedKeys   = 20
	trackedPrefix = "tracked:"
	invalidations = "__redis__:invalidate"
)

func (w *trackingWorker) forget() {}

func (w *trackingWorker) run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := w.session(ctx); err != nil {
			return fmt.Errorf("worker of tracking: %w", err)
		}
	}
	return nil
}

// session connects, reads and changes keys for a while, and leaves.
func (w *trackingWorker) session(ctx context.Context) error {
	for _, client := range []**respClient{&w.reader, &w.notified, &w.writer} {
		c, err := dialServer(w.soak.addr)
		if err != nil {
			return err
		}
		defer c.close()
		*client = c
	}
	if err := w.begin(); err != nil {
		return err
	}
	for n := 0; n < 300 && ctx.Err() == nil; n++ {
		if err := w.step(trackedPrefix + strconv.Itoa(w.rng.IntN(trackedKeys))); err != nil {
			return err
		}
	}
	return nil
}

func (w *trackingWorker) begin() error {
	id, err := w.notified.do("CLIENT", "ID")
	if err != nil {
		return err
	}
	if _, err := w.notified.do("SUBSCRIBE", invalidations); err != nil {
		return err
	}
	cmd := []string{"CLIENT", "TRACKING", "ON", "REDIRECT", fmt.Sprint(id)}
	if w.rng.IntN(2) == 0 {
		cmd = append(cmd, "BCAST", "PREFIX", trackedPrefix)
	}
	_, err = w.reader.do(cmd...)
	return err
}

// step reads a key, changes it, and waits to be told.
func (w *trackingWorker) step(key string) error {
	if _, err := w.reader.do("GET", key); err != nil {
		return err
	}
	if changed, err := w.change(key); err != nil || !changed {
		return err
	}
	w.notified.conn.SetReadDeadline(time.Now().Add(answerTime))
	for {
		message, err := w.notified.receive()
		if err != nil {
			return fmt.Errorf("nothing is told of %s: %w", key, err)
		}
		of := flatten(nil, message)
		if everything := slices.Contains(of, absent); everything || slices.Contains(of, key) {
			return nil
		}
	}
}

// change changes a key by one of the doors, unless there is no memory for it.
func (w *trackingWorker) change(key string) (changed bool, err error) {
	strings := w.soak.db(0).Strings()
	switch w.rng.IntN(5) {
	case 0:
		_, err = w.writer.do("SET", key, "x")
	case 1:
		_, err = w.writer.do("SET", key, "x", "PX", "3")
	case 2:
		_, err = strings.Set(key, []byte("y"), datatypes.SetOptions{})
	case 3:
		var n int
		n, err = w.soak.db(0).Keys().Del(key)
		return n > 0, err
	default:
		_, err = strings.Append(key, []byte("z"))
	}
	if isRefusal(err) {
		return false, nil
	}
	return err == nil, err
}
