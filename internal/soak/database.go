package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/larderkv/larder/datatypes"
)

// databaseWorker has two databases to itself. It moves and copies keys between them, exchanges and empties them, and
// checks what each key holds. Its keys never expire: only a policy for all keys may make one disappear.
type databaseWorker struct {
	soak     *soak
	rng      *rand.Rand
	client   *respClient
	versions [2]map[string]int // of the keys of each database
	last     int               // version that was written
}

const (
	firstOwnDB = 8 // and the next
	ownKeys    = 200
)

func newDatabaseWorker(s *soak) *databaseWorker {
	return &databaseWorker{soak: s, rng: s.random("database", 0)}
}

func (w *databaseWorker) forget() {}

func (w *databaseWorker) run(ctx context.Context) (err error) {
	if w.client, err = dialServer(w.soak.addr); err != nil {
		return err
	}
	defer w.client.close()
	for i := range w.versions { // of what an earlier policy has left it is not known what was evicted
		if err := w.empty(i, ""); err != nil {
			return err
		}
	}
	steps := []func(db int, key string) error{w.write, w.write, w.write, w.read, w.read, w.move, w.move, w.copy, w.exchange}
	for ctx.Err() == nil {
		step := steps[w.rng.IntN(len(steps))]
		if w.rng.IntN(1000) == 0 {
			step = w.empty
		}
		key := "moved:" + strconv.Itoa(w.rng.IntN(ownKeys))
		if err := step(w.rng.IntN(2), key); isRefusal(err) {
			w.soak.report.refusals.Add(1)
		} else if err != nil {
			return fmt.Errorf("worker of databases, key %s: %w", key, err)
		}
	}
	return nil
}

// contentOf is what a key of a version holds.
func contentOf(version int) string { return strings.Repeat(strconv.Itoa(version)+" ", 1+version%60) }

// inProcess says by which door to go.
func (w *databaseWorker) inProcess() bool { return w.rng.IntN(2) == 0 }

func (w *databaseWorker) keys(db int) datatypes.Keys { return w.soak.db(firstOwnDB + db).Keys() }

// send sends a command to one of the databases.
func (w *databaseWorker) send(db int, cmd ...string) (reply any, err error) {
	if _, err := w.client.do("SELECT", strconv.Itoa(firstOwnDB+db)); err != nil {
		return nil, err
	}
	return w.client.do(cmd...)
}

func (w *databaseWorker) write(db int, key string) (err error) {
	version := w.last + 1
	if w.inProcess() {
		_, err = w.soak.db(firstOwnDB+db).Strings().Set(key, []byte(contentOf(version)), datatypes.SetOptions{})
	} else {
		_, err = w.send(db, "SET", key, contentOf(version))
	}
	if err == nil {
		w.last, w.versions[db][key] = version, version
	}
	return err
}

func (w *databaseWorker) read(db int, key string) error {
	text, ok, err := w.soak.db(firstOwnDB + db).Strings().Get(key)
	version, has := w.versions[db][key]
	if err != nil {
		return err
	}
	if !ok && evictsAny(w.soak.cache.Policy()) {
		delete(w.versions[db], key)
		return nil
	}
	if ok != has || ok && string(text) != contentOf(version) {
		return fmt.Errorf("database %d has %v %s instead of %v %s", firstOwnDB+db, ok, shorten(string(text)), has,
			shorten(contentOf(version)))
	}
	return nil
}

func (w *databaseWorker) move(db int, key string) (err error) {
	var moved bool
	if w.inProcess() {
		moved, err = w.keys(db).Move(key, firstOwnDB+1-db)
	} else {
		var reply any
		reply, err = w.send(db, "MOVE", key, strconv.Itoa(firstOwnDB+1-db))
		moved = reply == int64(1)
	}
	if err != nil {
		return err
	}
	if moved {
		w.versions[1-db][key] = w.versions[db][key]
		delete(w.versions[db], key)
	}
	return w.read(db, key)
}

func (w *databaseWorker) copy(db int, key string) (err error) {
	var copied bool
	other := firstOwnDB + 1 - db
	if w.inProcess() {
		copied, err = w.keys(db).Copy(key, key, datatypes.CopyOptions{DB: &other, Replace: true})
	} else {
		var reply any
		reply, err = w.send(db, "COPY", key, key, "DB", strconv.Itoa(other), "REPLACE")
		copied = reply == int64(1)
	}
	if err != nil {
		return err
	}
	if copied {
		w.versions[1-db][key] = w.versions[db][key]
	}
	return w.read(1-db, key)
}

// exchange exchanges the databases.
func (w *databaseWorker) exchange(db int, key string) (err error) {
	if w.inProcess() {
		err = w.soak.cache.SwapDB(firstOwnDB, firstOwnDB+1)
	} else {
		_, err = w.client.do("SWAPDB", strconv.Itoa(firstOwnDB+1), strconv.Itoa(firstOwnDB))
	}
	if err != nil {
		return err
	}
	w.versions[0], w.versions[1] = w.versions[1], w.versions[0]
	return w.read(db, key)
}

// empty empties one of the databases.
func (w *databaseWorker) empty(db int, key string) (err error) {
	if w.inProcess() {
		err = w.keys(db).FlushAsync()
	} else {
		_, err = w.send(db, "FLUSHDB")
	}
	if err != nil {
		return err
	}
	w.versions[db] = map[string]int{}
	return w.read(db, key)
}
