package main

// workingBytes is about what a filled store of the hungriest kind has resident per entry, garbage collected; while it
// fills, the collector lets it double. Only the plan of what may be alive at once depends on these.
const workingBytes = 160

// plan cuts names into groups whose stores of n entries fit into memory together, one of them still filling.
func plan(names []string, n int) [][]string {
	budget := memoryAvailable() * 8 / 10
	if budget == 0 {
		budget = 4 << 30
	}
	size := int64(max(int(budget/(int64(n)*workingBytes))-1, 1))
	var groups [][]string
	for len(names) > 0 {
		k := min(int(size), len(names))
		groups = append(groups, names[:k])
		names = names[k:]
	}
	return groups
}
