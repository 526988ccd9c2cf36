package arena

// NeedsPages returns the bytes of further pages that Alloc(n) would take from
// the system: zero where a free block or free pages that are resident serve. It is an
// estimate for n that is the sum of several blocks. O(1).
func (a *Arena) NeedsPages(n int) int {
	pages := pagesFor(n)
	if n <= maxSmall {
		c := classOf(n)
		if a.bins[c].id != 0 {
			return 0
		}
		pages = int(a.bins[c].pages)
	}
	if a.pages.freePages >= pages && n <= maxRun {
		return 0
	}
	return pages * PageSize
}

// Releasable returns the bytes that ReleaseFree can give back. O(1).
func (a *Arena) Releasable() int { return a.pages.idlePages * PageSize }

// Resident returns the bytes of pages that the arena holds from the system. O(1).
func (a *Arena) Resident() int { return a.pages.resident * PageSize }

// InChunk reports whether n bytes from r on end within r's chunk: together with a
// Peek of some of them, that all n may be read. O(1).
func InChunk(r Ref, n int) bool { return uintptr(r&offsetMask)*unit+uintptr(n) <= ChunkSize }
