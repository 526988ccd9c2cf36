package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"
)

// baseline is how things are while nobody uses the cache.
type baseline struct {
	goroutines int
	usedBytes  int64
}

// spareGoroutines is how many goroutines more than at first may run while nobody uses the cache: event loops, which start
// when they are first needed and stay.
func spareGoroutines() int { return 2 * runtime.GOMAXPROCS(0) }

func (b *baseline) measure(s *soak) error {
	for _, addr := range []string{s.addr, s.ledger.addr} {
		client, err := dialServer(addr)
		if err != nil {
			return err
		}
		_, err = client.do("PING")
		client.close()
		if err != nil {
			return err
		}
	}
	b.goroutines, b.usedBytes = runtime.NumGoroutine(), s.cache.Stats().UsedBytes
	return nil
}

// checkMemory holds the memory of the cache, and of the process, to the limit.
func (s *soak) checkMemory() error {
	rss := residentBytes()
	s.report.peakRSS.Store(max(s.report.peakRSS.Load(), rss))
	bound := s.memory + s.memory/10
	if held := s.cache.Stats().ResidentBytes; held > bound {
		return fmt.Errorf("the cache holds %s with a limit of %s", mebibytes(held), mebibytes(s.memory))
	}
	if s.allowance > 0 && rss > bound+s.allowance {
		return fmt.Errorf("the process holds %s with a limit of %s and %s allowed for the rest", mebibytes(rss),
			mebibytes(s.memory), mebibytes(s.allowance))
	}
	return nil
}

// lull checks what must hold when all users have left.
func (s *soak) lull() error {
	if err := eventually(s.nobodyIsLeft); err != nil {
		return err
	}
	if err := s.ledger.settle(); err != nil {
		return err
	}
	if err := s.agreeAtRest(); err != nil {
		return err
	}
	return s.checkMemory()
}

// agreeAtRest waits for agree while nothing expires or is evicted but by work that is under way.
func (s *soak) agreeAtRest() error {
	defer s.cache.Hold(true, true)()
	return eventually(s.agree)
}

// eventually waits until a check holds, and returns what it last said otherwise.
func eventually(check func() error) error {
	deadline := time.Now().Add(answerTime)
	for {
		err := check()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// nobodyIsLeft looks for what clients that have left may have left behind.
func (s *soak) nobodyIsLeft() error {
	st := s.server.Stats()
	for _, left := range []struct {
		what string
		n    int
	}{{"clients", st.Clients}, {"blocked clients", st.BlockedClients}, {"tracking clients", st.TrackingClients},
		{"tracked items", st.TrackedItems}, {"tracked prefixes", st.TrackedPrefixes}, {"channels", st.Channels},
		{"patterns", st.Patterns}, {"shard channels", st.ShardChannels}, {"bytes of clients", int(st.ClientBytes)}} {
		if left.n != 0 {
			return fmt.Errorf("%d %s although everybody has left", left.n, left.what)
		}
	}
	if n, most := runtime.NumGoroutine(), s.idle.goroutines+spareGoroutines(); n > most {
		return fmt.Errorf("%d goroutines although everybody has left, %d at first\n%s", n, s.idle.goroutines, stacks())
	}
	return nil
}

// agree checks that what tells of the cache tells the same: what each database counts, what both doors say, and what a
// walk over the keys finds.
func (s *soak) agree() error {
	stats, keys, volatile := s.cache.Stats(), 0, 0
	info := s.server.Info("keyspace")
	for _, db := range s.cache.DBStats() {
		keys, volatile = keys+db.Keys, volatile+db.Volatile
		byType := 0
		for _, n := range db.ByType {
			byType += n
		}
		if byType != db.Keys {
			return fmt.Errorf("database %d has %d keys, by their types %d", db.DB, db.Keys, byType)
		}
		if line := fmt.Sprintf("db%d:keys=%d,expires=%d", db.DB, db.Keys, db.Volatile); !strings.Contains(info, line) {
			return fmt.Errorf("INFO has no line %s:\n%s", line, info)
		}
		met := map[string]struct{}{}
		for key := range s.db(db.DB).Keys().All() {
			met[key] = struct{}{}
		}
		if len(met) < db.Keys-db.Volatile || len(met) > db.Keys {
			return fmt.Errorf("a walk over database %d meets %d keys, it has %d of which %d expire", db.DB, len(met), db.Keys, db.Volatile)
		}
	}
	if keys != stats.Keys || volatile != stats.Volatile {
		return fmt.Errorf("the databases have %d keys of which %d expire, the cache %d and %d", keys, volatile, stats.Keys, stats.Volatile)
	}
	return nil
}

// emptyBytes is how much more than at first an empty cache may use: tables are not made smaller than they once were
// within a shard's first block.
const emptyBytes = 1 << 20

// flush empties the cache and checks that nothing is left of it.
func (s *soak) flush() error {
	if err := s.cache.FlushAll(); err != nil {
		return err
	}
	for _, u := range s.users {
		u.forget()
	}
	s.report.flushes.Add(1)
	return eventually(func() error {
		st := s.cache.Stats()
		if st.Keys != 0 || st.Garbage != 0 || st.UsedBytes > s.idle.usedBytes+emptyBytes {
			return fmt.Errorf("after FLUSHALL there are %d keys, %d dropped collections and %d bytes in use, %d at first", st.Keys,
				st.Garbage, st.UsedBytes, s.idle.usedBytes)
		}
		return nil
	})
}
