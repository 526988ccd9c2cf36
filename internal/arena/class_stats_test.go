package arena

import "testing"

func TestClassStats(t *testing.T) {
	m := NewMemory()
	a, b := New(m), New(m)
	defer m.Close()
	var refs []Ref
	for _, arena := range []*Arena{a, b} {
		for range 1000 {
			if err := arena.Reserve(100); err != nil {
				t.Fatal(err)
			}
			refs = append(refs, arena.Alloc(100))
		}
	}
	all := b.AddClassStats(a.AddClassStats(nil))
	for _, c := range all {
		want := 0
		if c.Size == ClassSize(100) {
			want = 2000
		}
		if c.Blocks != want || c.Bytes < c.Blocks*c.Size || c.Bytes%PageSize != 0 || (c.Slabs > 0) != (want > 0) {
			t.Errorf("got %+v, want %d blocks", c, want)
		}
	}
	for _, r := range refs[:1000] {
		a.Free(r, 100)
	}
	for _, c := range b.AddClassStats(a.AddClassStats(nil)) {
		if c.Size == ClassSize(100) && c.Blocks != 1000 {
			t.Errorf("after half of them are free: %+v", c)
		}
	}
}

// TestEmptySlabs has blocks of all classes come and go, as those of a growing table do. What is kept for them is a page
// of each class at most.
func TestEmptySlabs(t *testing.T) {
	m := NewMemory()
	a := New(m)
	defer m.Close()
	for c := range numClasses {
		size := classBytes(c)
		for range 2 {
			if err := a.Reserve(size); err != nil {
				t.Fatal(err)
			}
			a.Free(a.Alloc(size), size)
		}
	}
	for _, c := range a.AddClassStats(nil) {
		if c.Bytes > PageSize {
			t.Errorf("%d bytes are kept for blocks of %d, of which there are %d", c.Bytes, c.Size, c.Blocks)
		}
	}
}
