package hotkeys

import "container/heap"

// sketch counts the uses of keys with a fixed number of counters.
type sketch struct {
	counters []counter
	byHash   map[uint64]int32 // which counter a key has
	order    []int32          // counters in use, as a heap: the lowest first
	floor    uint64           // the most that a key without a counter may have been used while some counters are free
	total    uint64           // uses that were counted
}

// counter counts the uses of one key.
type counter struct {
	hash  uint64
	db    int
	key   []byte // its storage passes from key to key
	count uint64
	over  uint64 // the most by which count exceeds the truth
	place int    // in order
}

// estimate is the middle of what the truth may be.
func (c *counter) estimate() float64 { return float64(c.count) - float64(c.over)/2 }

func newSketch(counters int) *sketch {
	return &sketch{
		counters: make([]counter, counters),
		byHash:   make(map[uint64]int32, counters),
		order:    make([]int32, 0, counters),
	}
}

// add counts a use of a key. The hash tells the key and its database from all others.
func (s *sketch) add(db int, key string, hash uint64) {
	s.total++
	if i, ok := s.byHash[hash]; ok {
		s.counters[i].count++
		heap.Fix((*byCount)(s), s.counters[i].place)
		return
	}
	if len(s.order) < len(s.counters) {
		i := int32(len(s.order))
		s.counters[i].take(db, key, hash)
		s.counters[i].count, s.counters[i].over, s.counters[i].place = s.floor+1, s.floor, int(i)
		s.byHash[hash] = i
		s.order = append(s.order, i)
		heap.Fix((*byCount)(s), int(i))
		return
	}
	i := s.order[0]
	c := &s.counters[i]
	delete(s.byHash, c.hash)
	s.byHash[hash] = i
	c.over = c.count
	c.count++
	c.take(db, key, hash)
	heap.Fix((*byCount)(s), 0)
}

func (c *counter) take(db int, key string, hash uint64) {
	c.db, c.hash = db, hash
	c.key = append(c.key[:0], key...)
}

// clear forgets everything that was counted.
func (s *sketch) clear() {
	clear(s.byHash)
	s.order = s.order[:0]
	s.floor, s.total = 0, 0
}

// forget takes their counters from the keys of a database. What was counted for others stays.
func (s *sketch) forget(db int) {
	if len(s.order) == len(s.counters) {
		s.floor = s.counters[s.order[0]].count
	}
	used, kept := s.counters[:len(s.order)], 0
	for i := range used {
		if used[i].db != db {
			used[kept], used[i] = used[i], used[kept] // no two have the same storage of keys
			kept++
		}
	}
	total, floor := s.total, s.floor
	s.clear()
	if kept == 0 {
		return
	}
	s.total, s.floor = total, floor
	for i := range used[:kept] {
		used[i].place = i
		s.byHash[used[i].hash] = int32(i)
		s.order = append(s.order, int32(i))
	}
	heap.Init((*byCount)(s))
}

// byCount is the order of a sketch's counters for package heap.
type byCount sketch

func (s *byCount) Len() int { return len(s.order) }
func (s *byCount) Less(i, j int) bool {
	return s.counters[s.order[i]].count < s.counters[s.order[j]].count
}
func (s *byCount) Swap(i, j int) {
	s.order[i], s.order[j] = s.order[j], s.order[i]
	s.counters[s.order[i]].place = i
	s.counters[s.order[j]].place = j
}
func (s *byCount) Push(any) { panic("hotkeys: the heap grows by sketch.add only") }
func (s *byCount) Pop() any { panic("hotkeys: the heap does not shrink") }
