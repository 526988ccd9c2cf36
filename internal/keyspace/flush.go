package keyspace

import "github.com/larderkv/larder/hashtable"

// Flush removes all keys of the view's database. The memory is given back
// before it returns, in slices between which others get their turn, unless async
// leaves that to maintenance. Inside of a transaction it is always left.
// O(keys).
func (v View) Flush(async bool) error { return v.flush(async, v.db, v.db+1) }

// FlushAll removes all keys of all databases.
func (v View) FlushAll(async bool) error { return v.flush(async, 0, len(v.ks.databases)) }

func (v View) flush(async bool, from, to int) error {
	if !async {
		if err := v.TakeTime(); err != nil {
			return err
		}
	}
	tx, err := v.BeginAll()
	if err != nil {
		return err
	}
	for db := from; db < to; db++ {
		flushed := false
		for _, sh := range v.ks.shards {
			flushed = sh.flush(db) || flushed
		}
		if flushed {
			v.ks.shards[0].notify(ClassFlush, "flushdb", db, "")
			v.ks.hot.Forget(db)
		}
	}
	tx.End()
	if async || v.tx() != nil {
		return nil
	}
	for _, sh := range v.ks.shards {
		if err := sh.collectAll(); err != nil {
			return err
		}
	}
	return nil
}

// flush drops a database's part of the shard and reports whether there was anything in it.
func (sh *shard) flush(db int) bool {
	ix := sh.index(db)
	sh.signalDB(db, func(key string) bool { return sh.has(db, key) })
	if ix.len() == 0 {
		return false
	}
	sh.beginWrite()
	sh.epoch++
	for _, t := range []hashtable.Table{ix.table, ix.old} {
		if t.Len() > 0 {
			sh.garbage = append(sh.garbage, garbage{table: t})
		}
	}
	ix.contents = contents{}
	if sh.keys() == 0 && sh.worth != nil {
		sh.ks.mem.Charge(-sh.worth.Bytes())
		sh.worth = nil
		sh.worthTick.Store(0)
	}
	return true
}

func (sh *shard) has(db int, key string) bool {
	s := Slot{shard: sh, index: sh.index(db), key: key, hash: sh.ks.hash(key)}
	s.find()
	return s.ref != 0
}

// collectAll frees all garbage and gives free pages back to the system.
func (sh *shard) collectAll() error {
	for more := true; more; {
		if err := sh.lock(); err != nil {
			return err
		}
		more = sh.collect(collectSlice) || sh.arena.ReleaseFree(giveBackSlice) > 0
		sh.unlock()
	}
	return nil
}

// SwapDB exchanges two databases: who used one sees the other's keys at once.
// O(shards).
func (v View) SwapDB(a, b int) error {
	if a < 0 || b < 0 || a >= len(v.ks.databases) || b >= len(v.ks.databases) {
		return ErrInvalidDB
	}
	tx, err := v.BeginAll()
	if err != nil {
		return err
	}
	defer tx.End()
	if a == b {
		return nil
	}
	for _, sh := range v.ks.shards {
		sh.meetWatched(tx.View(v), a, b)
		either := func(key string) bool { return sh.has(a, key) || sh.has(b, key) }
		sh.signalDB(a, either)
		sh.signalDB(b, either)
		sh.beginWrite()
		sh.epoch++
		sh.index(a).contents, sh.index(b).contents = sh.index(b).contents, sh.index(a).contents
		sh.markReadyDB(a)
		sh.markReadyDB(b)
	}
	for _, db := range [2]int{a, b} {
		v.ks.shards[0].notify(ClassFlush, "swapdb", db, "")
	}
	return nil
}
