package keyspace

import "github.com/larderkv/larder/internal/arena"

// ReleaseMemory returns all memory without data in it to the system, slice by slice, and reports how many bytes that
// were.
func (v View) ReleaseMemory() (bytes int64, err error) {
	before := v.ks.mem.Resident()
	for _, sh := range v.ks.shards {
		for more := true; more; {
			if err := v.enter(sh); err != nil {
				return 0, err
			}
			more = sh.arena.ReleaseFree(giveBackSlice) > 0
			v.leave(sh)
		}
	}
	v.ks.mem.Trim()
	return max(before-v.ks.mem.Resident(), 0), nil
}

// ClassStats returns what the blocks of each size class take. O(shards).
func (v View) ClassStats() (all []arena.ClassStats, err error) {
	for _, sh := range v.ks.shards {
		if err := v.enter(sh); err != nil {
			return nil, err
		}
		all = sh.arena.AddClassStats(all)
		v.leave(sh)
	}
	return all, nil
}

// Charge counts n more bytes, or fewer if it is negative, as held by the keyspace.
func (ks *Keyspace) Charge(n int) { ks.mem.Charge(n) }
