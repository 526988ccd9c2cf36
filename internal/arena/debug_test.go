//go:build larderdebug

package arena

import (
	"strings"
	"testing"
	"unsafe"
)

func TestDebugBuildCatches(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, want string
		act        func(a *Arena)
	}{
		{"double free", "freed twice", func(a *Arena) {
			r := a.Alloc(20)
			a.Free(r, 20)
			a.Free(r, 20)
		}},
		{"double free of a run", "freed twice", func(a *Arena) {
			r := a.Alloc(50_000)
			a.Free(r, 50_000)
			a.Free(r, 50_000)
		}},
		{"wrong size", "allocated for 20", func(a *Arena) { a.Free(a.Alloc(20), 200) }},
		{"free of an interior ref", "no live block", func(a *Arena) { a.Free(a.Alloc(64)+1, 64) }},
		{"use after free", "in no live block", func(a *Arena) {
			r := a.Alloc(20)
			a.Free(r, 20)
			a.Ptr(r)
		}},
		{"use of a freed span", "in no live block", func(a *Arena) {
			r := a.Alloc(2 << 20)
			a.Free(r, 2<<20)
			a.Ptr(r)
		}},
		{"nil ref", "in no live block", func(a *Arena) {
			a.Alloc(8)
			a.Ptr(0)
		}},
		{"header", "in no live block", func(a *Arena) {
			a.Alloc(8)
			a.Ptr(77)
		}},
		{"beyond the last slot", "in no live block", func(a *Arena) {
			a.Alloc(8)
			a.Ptr(99 << slotShift)
		}},
		{"too long", "beyond the block", func(a *Arena) { a.Bytes(a.Alloc(20), 25) }},
		{"too long from inside", "beyond the block", func(a *Arena) { a.Bytes(a.Alloc(64)+7, 9) }},
		{"write after free", "written after it was freed", func(a *Arena) {
			r := a.Alloc(20)
			b := a.Bytes(r, 20)
			a.Free(r, 20)
			b[10] = 1
			a.Alloc(20)
		}},
		{"extend from a wrong size", "allocated for", func(a *Arena) { a.Extend(a.Alloc(40_000), 70_000, 80_000) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newArena(t)
			defer func() {
				msg, _ := recover().(string)
				if !strings.Contains(msg, tt.want) {
					t.Errorf("panic %q, want one with %q", msg, tt.want)
				}
			}()
			tt.act(a)
		})
	}
}

func TestDebugBuildAcceptsInteriorRefs(t *testing.T) {
	t.Parallel()
	a := newArena(t)
	for _, n := range []int{16, 100, 600, 30_000, 70_000, 2 << 20} {
		a.Alloc(n)
		r := a.Alloc(n)
		last := Ref((n - 1) / unit)
		if got := uintptr(a.Ptr(r+last)) - uintptr(a.Ptr(r)); got != uintptr(last)*unit {
			t.Errorf("%d bytes: the last unit is %d bytes in", n, got)
		}
	}
}

func TestDebugBuildPoisons(t *testing.T) {
	t.Parallel()
	a := newArena(t)
	r := a.Alloc(24)
	p := (*[24]byte)(unsafe.Pointer(unsafe.SliceData(a.Bytes(r, 24))))
	if p[5] != garble {
		t.Errorf("allocated memory holds %#x", p[5])
	}
	a.Free(r, 24)
	if p[5] != freed {
		t.Errorf("freed memory holds %#x", p[5])
	}
}
