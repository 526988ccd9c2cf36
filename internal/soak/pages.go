package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/larderkv/larder/datatypes"
)

// Pages keep the cache at its limit. Each is a string that its key and version determine, of which the worker remembers
// the version only, so that there may be far more of them than the cache can hold. A page that is read is absent, or it
// is the last version, to the byte.

const (
	largestPage = 8 << 10
	hugePage    = 4 << 20
	largeness   = 5 // the largest page to the mean, with sizes that are distributed evenly over powers of two
)

type pageWorker struct {
	soak     *soak
	name     string
	db       int
	largest  int // bytes
	rng      *rand.Rand
	versions []uint32
	want     []byte
	got      []byte
}

// newPageWorker returns a worker whose pages take about as many bytes in all.
func newPageWorker(s *soak, n, db, largest int, bytes int64) *pageWorker {
	return &pageWorker{soak: s, name: "page" + strconv.Itoa(n), db: db, largest: largest, rng: s.random("page", n),
		versions: make([]uint32, max(16, bytes*largeness/int64(largest)))}
}

func (w *pageWorker) forget() {}

func (w *pageWorker) run(ctx context.Context) error {
	client, err := dialServer(w.soak.addr)
	if err != nil {
		return err
	}
	defer client.close()
	if _, err := client.do("SELECT", strconv.Itoa(w.db)); err != nil {
		return err
	}
	for ctx.Err() == nil {
		page := w.rng.IntN(len(w.versions))
		step := w.read
		if w.rng.IntN(2) == 0 {
			step = w.write
		}
		if err := step(client, page); err != nil {
			return fmt.Errorf("worker %s, page %d, version %d: %w", w.name, page, w.versions[page], err)
		}
	}
	return nil
}

func (w *pageWorker) key(page int) string { return w.name + ":" + strconv.Itoa(page) }

// inProcess says by which door to go: with small pages mostly that which is a thousand times as fast, for the cache is to
// be filled.
func (w *pageWorker) inProcess() bool {
	if w.largest > largestPage {
		return w.rng.IntN(2) == 0
	}
	return w.rng.IntN(200) > 0
}

// content makes w.want a version of a page.
func (w *pageWorker) content(page int, version uint32) {
	rng := rand.NewPCG(uint64(page), uint64(version))
	size := int(rng.Uint64()%uint64(w.largest)) >> (rng.Uint64() % 8)
	w.want = append(strconv.AppendInt(w.want[:0], int64(page), 10), ' ')
	for len(w.want) < size {
		w.want = binary.LittleEndian.AppendUint64(w.want, rng.Uint64())
	}
}

func (w *pageWorker) read(client *respClient, page int) error {
	var ok bool
	var err error
	start := time.Now()
	if w.inProcess() {
		w.got, ok, err = w.soak.db(w.db).Strings().AppendGet(w.got[:0], w.key(page))
		w.soak.report.goLatency.Record(time.Since(start))
	} else {
		var reply any
		reply, err = client.do("GET", w.key(page))
		w.soak.report.respLatency.Record(time.Since(start))
		var text string
		text, ok = reply.(string)
		w.got = append(w.got[:0], text...)
	}
	if err != nil || !ok {
		return err
	}
	w.content(page, w.versions[page])
	if string(w.got) != string(w.want) {
		return fmt.Errorf("%d bytes %s are not its content, %d bytes %s", len(w.got), shorten(string(w.got)), len(w.want),
			shorten(string(w.want)))
	}
	return nil
}

func (w *pageWorker) write(client *respClient, page int) error {
	w.content(page, w.versions[page]+1)
	ttl := w.soak.pageTTL(w.rng)
	var err error
	start := time.Now()
	if w.inProcess() {
		_, err = w.soak.db(w.db).Strings().Set(w.key(page), w.want, datatypes.SetOptions{TTL: ttl})
		w.soak.report.goLatency.Record(time.Since(start))
	} else {
		cmd := []string{"SET", w.key(page), string(w.want)}
		if ttl > 0 {
			cmd = append(cmd, "PX", strconv.FormatInt(ttl.Milliseconds(), 10))
		}
		_, err = client.do(cmd...)
		w.soak.report.respLatency.Record(time.Since(start))
	}
	if isRefusal(err) {
		w.soak.report.refusals.Add(1)
		return nil
	}
	if err == nil {
		w.versions[page]++
	}
	return err
}

// isRefusal reports whether a door says that there is no memory for a write.
func isRefusal(err error) bool {
	e := replyError("")
	return errors.Is(err, refused) || errors.As(err, &e) && len(e) > 4 && e[:4] == "OOM "
}
