package resp

// A pipeline tells what its commands will look up, so their cache misses can overlap.

// prefetch has the store bring what it keeps of the queued commands' keys into the processor's cache or, where all go
// on with one key, of the elements that they name. It is a hint: the database may change in the course of the batch.
func (c *client) prefetch(s *scratch) {
	c.queuedKeys(s)
	switch len(s.keys) {
	case 0:
	case 1:
		c.prefetchElements(s)
	default:
		c.keys().Prefetch(s.keys, &s.batch)
	}
}

// queuedKeys gathers the keys of the queued commands.
func (c *client) queuedKeys(s *scratch) {
	s.keys = s.keys[:0]
	for i := range s.queue {
		q := &s.queue[i]
		if q.cmd == nil || q.cmd.firstKey == 0 {
			continue
		}
		last := q.cmd.lastKey
		if last < 0 {
			last += len(q.args)
		}
		for at := q.cmd.firstKey; at <= last && at < len(q.args); at += q.cmd.keyStep {
			key := text(q.args[at])
			if n := len(s.keys); n == 0 || s.keys[n-1] != key { // pipelines often go on with one collection
				s.keys = append(s.keys, key)
			}
		}
	}
}

// leastElements is the number of commands on one key from which on their elements are looked for ahead.
const leastElements = 4

// prefetchElements does so for the elements that the commands on the only key of s.keys name.
func (c *client) prefetchElements(s *scratch) {
	for i := range s.queue {
		q := &s.queue[i]
		if q.cmd != nil && q.cmd.element > 0 {
			s.keys = append(s.keys, text(q.args[q.cmd.element]))
		}
	}
	if elements := s.keys[1:]; len(elements) >= leastElements {
		c.keys().PrefetchElements(s.keys[0], elements)
	}
}

// elementArgs says which argument of a command is the element, or the first of those, of the collection that it is
// about. ZADD is taken to be without options.
var elementArgs = map[string]int{
	"sadd": 2, "srem": 2, "sismember": 2,
	"hset": 2, "hsetnx": 2, "hmset": 2, "hget": 2, "hdel": 2, "hexists": 2, "hstrlen": 2, "hincrby": 2, "hincrbyfloat": 2,
	"zadd": 3, "zincrby": 3, "zscore": 2, "zrank": 2, "zrevrank": 2, "zrem": 2,
}
