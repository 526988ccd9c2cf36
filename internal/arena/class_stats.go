package arena

// ClassStats describe what blocks of one size class take.
type ClassStats struct {
	Size   int // bytes a block
	Blocks int // in use
	Slabs  int // which hold them
	Bytes  int // of the slabs
}

// AddClassStats adds what the size classes of the arena hold to all, which has been returned by this method before, or
// is empty. Blocks larger than the largest class are in none. O(size classes).
func (a *Arena) AddClassStats(all []ClassStats) []ClassStats {
	if len(all) == 0 {
		all = make([]ClassStats, numClasses)
	}
	for i := range a.bins {
		b, c := &a.bins[i], &classes[i]
		all[i].Size = int(c.size)
		all[i].Blocks += b.count
		all[i].Slabs += b.slabs
		all[i].Bytes += b.slabs * int(c.pages) * PageSize
	}
	return all
}
