package resp

import (
	"fmt"
	"strconv"
	"strings"
)

// The reports of MEMORY. As in INFO, what is allocated is what the store holds of the system, which maxmemory bounds, and
// the data set is the part of it that keys, values and indexes fill.

// memoryField is a line of MEMORY STATS.
type memoryField struct {
	name    string
	number  int64
	ratio   float64
	isRatio bool
}

// memoryStats returns the fields of MEMORY STATS in the order of Redis. It leaves out those of databases, which are
// about tables that larder does not have, or has not one for each.
func (s *Server) memoryStats(store inspected) (fields []memoryField) {
	st := s.stats(store)
	used, data := st.Cache.ResidentBytes, st.Cache.UsedBytes
	rss := residentMemory()
	if rss == 0 {
		rss = used + goMemory()
	}
	number := func(name string, n int64) { fields = append(fields, memoryField{name: name, number: n}) }
	fraction := func(name string, f float64) {
		fields = append(fields, memoryField{name: name, ratio: f, isRatio: true})
	}
	number("peak.allocated", st.PeakBytes)
	number("total.allocated", used)
	number("startup.allocated", 0)
	number("replication.backlog", 0)
	number("clients.slaves", 0)
	number("clients.normal", st.ClientBytes)
	number("cluster.links", 0)
	number("aof.buffer", 0)
	number("lua.caches", 0)
	number("functions.caches", 0)
	number("overhead.total", used-data)
	number("keys.count", int64(st.Cache.Keys))
	number("keys.bytes-per-key", data/int64(max(st.Cache.Keys, 1)))
	number("dataset.bytes", data)
	fraction("dataset.percentage", percentage(data, used))
	fraction("peak.percentage", percentage(used, st.PeakBytes))
	number("allocator.allocated", data)
	number("allocator.active", used)
	number("allocator.resident", used)
	fraction("allocator-fragmentation.ratio", ratio(used, data))
	number("allocator-fragmentation.bytes", used-data)
	fraction("allocator-rss.ratio", 1)
	number("allocator-rss.bytes", 0)
	fraction("rss-overhead.ratio", ratio(rss, used))
	number("rss-overhead.bytes", rss-used)
	fraction("fragmentation", ratio(rss, used))
	number("fragmentation.bytes", rss-used)
	return fields
}

func percentage(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}

const (
	adviceEmpty = "Hi Sam, this instance is empty or is using very little memory, my issues detector can't be used in these " +
		"conditions. Please, leave for your mission on Earth and fill it with some data. The new Sam and I will be back to " +
		"our programming as soon as I finished rebooting.\n"
	adviceHealthy = "Hi Sam, I can't find any memory issue in your instance. I can only account for what occurs on this base.\n"
	adviceIssues  = "Sam, I detected a few issues in this Redis instance memory implants:\n\n"
	adviceGoodbye = "I'm here to keep you safe, Sam. I want to help you.\n"
)

// From these on MEMORY DOCTOR takes something for an issue. They are those of Redis.
const (
	littleMemory = 5 << 20
	manyBytes    = 10 << 20
	highPeak     = 1.5
	highWaste    = 1.1
	largeBuffers = 200 << 10 // for each client
)

// memoryAdvice says what may be wrong with the use of memory.
func (s *Server) memoryAdvice(store inspected) string {
	st := s.stats(store)
	used, data := st.Cache.ResidentBytes, st.Cache.UsedBytes
	if used < littleMemory {
		return adviceEmpty
	}
	var issues []string
	if ratio(st.PeakBytes, used) > highPeak {
		issues = append(issues, "Peak memory: In the past this instance used more than 150% the memory that is currently "+
			"using. What is not in use is returned to the system little by little; MEMORY PURGE returns it at once.")
	}
	if ratio(used, data) > highWaste && used-data > manyBytes {
		issues = append(issues, fmt.Sprintf("High fragmentation: The store holds %s of which %s are in use. Sparse pages are "+
			"being compacted while that is worth it; MEMORY MALLOC-STATS shows which sizes of blocks they are of.",
			humanBytes(used), humanBytes(data)))
	}
	if rss := residentMemory(); ratio(rss, used) > highWaste && rss-used > manyBytes {
		issues = append(issues, fmt.Sprintf("High process RSS overhead: Beside the store, the process has %s in memory: the Go "+
			"heap with connections and their buffers, and what else the program does. GOGC and GOMEMLIMIT bound it.",
			humanBytes(rss-used)))
	}
	if st.Clients > 0 && st.ClientBytes/int64(st.Clients) > largeBuffers {
		issues = append(issues, "Big client buffers: The clients' buffers are larger than 200K on average. Look for clients "+
			"that do not read their replies with CLIENT LIST, and see client-output-buffer-limit.")
	}
	if len(issues) == 0 {
		return adviceHealthy
	}
	return adviceIssues + " * " + strings.Join(issues, "\n\n * ") + "\n\n" + adviceGoodbye
}

// allocatorReport shows what blocks of each size take.
func allocatorReport(store inspected) (string, error) {
	st := store.Stats()
	classes, err := store.MemoryClasses()
	if err != nil {
		return "", err
	}
	var out strings.Builder
	fmt.Fprintf(&out, "larder-arena: %d shards, %d bytes resident, %d in use\n%8s %10s %8s %12s %12s %6s\n",
		st.Shards, st.ResidentBytes, st.UsedBytes, "size", "blocks", "slabs", "used", "held", "full")
	small := int64(0)
	for _, c := range classes {
		if c.Slabs == 0 {
			continue
		}
		used := int64(c.Blocks * c.Size)
		small += used
		fmt.Fprintf(&out, "%8d %10d %8d %12d %12d %6s\n", c.Size, c.Blocks, c.Slabs, used, c.Bytes,
			strconv.FormatFloat(percentage(used, int64(c.Bytes)), 'f', 1, 64)+"%")
	}
	fmt.Fprintf(&out, "%8s %10s %8s %12d\n", "larger", "", "", st.UsedBytes-small)
	return out.String(), nil
}
