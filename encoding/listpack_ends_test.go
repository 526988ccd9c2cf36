package encoding

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// listpackTexts returns the elements of a listpack, which is validated.
func listpackTexts(t *rapid.T, lp Listpack) (all []string) {
	if err := ValidateListpack(lp); err != nil {
		t.Fatal(err)
	}
	for _, e := range lp.All() {
		all = append(all, e.String())
	}
	return all
}

// TestListpackEnds compares a listpack that grows and shrinks at the front of a buffer with a slice.
func TestListpackEnds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		buf := make([]byte, 1<<16)
		start := len(buf) - EmptyListpackSize
		NewListpack(buf[start:])
		var want []string
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			switch lp := PrefixListpack(buf[start:]); rapid.IntRange(0, 2).Draw(t, "step") {
			case 0:
				n := rapid.IntRange(0, len(want)).Draw(t, "cut")
				p := lp.First()
				for range n {
					p = lp.Next(p)
				}
				start = CutFront(buf, start, p, n)
				want = want[n:]
			case 1:
				text := drawText(t, "text")
				start = PushFront(buf, start, TextElement([]byte(text)))
				want = append([]string{text}, want...)
			default:
				from := rapid.IntRange(0, len(want)).Draw(t, "from")
				n := rapid.IntRange(0, len(want)-from).Draw(t, "n")
				p := lp.First()
				for range from {
					p = lp.Next(p)
				}
				q := p
				for range n {
					q = lp.Next(q)
				}
				part := NewListpack(nil).Append(TextElement([]byte("first"))).AppendRange(lp, p, q, n)
				if got := listpackTexts(t, part); !slices.Equal(got[1:], want[from:from+n]) || got[0] != "first" {
					t.Fatalf("part %q, want %q", got, want[from:from+n])
				}
			}
			if got := listpackTexts(t, PrefixListpack(buf[start:])); !slices.Equal(got, want) {
				t.Fatalf("got %q, want %q", got, want)
			}
		}
	})
}

// TestListpackFindText looks for texts among many of the same and of other lengths.
func TestListpackFindText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lp := NewListpack(nil)
		var all []string
		var positions []int
		for range rapid.IntRange(0, 8).Draw(t, "runs") {
			width := rapid.SampledFrom([]int{1, 3, 8, 12, 12, 56, 57}).Draw(t, "width")
			base := rapid.IntRange(0, 5).Draw(t, "base")
			for i := range rapid.IntRange(0, 9).Draw(t, "length") {
				text := fmt.Sprintf("element%0*d", width, base+i)
				positions = append(positions, lp.End())
				all = append(all, text)
				lp = lp.Append(TextElement([]byte(text)))
			}
		}
		text := fmt.Sprintf("element%0*d", rapid.SampledFrom([]int{1, 3, 8, 12, 56, 57}).Draw(t, "width"), rapid.IntRange(0, 12).Draw(t, "n"))
		for from := 0; from <= len(all); from++ {
			p := lp.End()
			if from < len(all) {
				p = positions[from]
			}
			got, ok := lp.Find(p, TextElement([]byte(text)), 1)
			want := slices.Index(all[from:], text)
			if ok != (want >= 0) || ok && got != positions[from+want] {
				t.Fatalf("%q from %d in %q: at %d, %v", text, from, all, got, ok)
			}
		}
	})
}
