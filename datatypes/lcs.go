package datatypes

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

// The longest common subsequence is found by dynamic programming: with L(i,j)
// the length of that of a[:i] and b[:j], a walk from the far corner of the table
// of all L reads one subsequence off it. Redis keeps the table as 32-bit numbers.
//
// Here a row is a bit vector, the bit of column j telling whether L(i,j) is the
// same as L(i,j-1), or one more. A whole word of a row follows from that of the
// row above by an addition and three logical operations (H. Hyyrö, "Bit-parallel
// LCS-length computation revisited", 2004), which takes a 64th of the time and a
// 32nd of the memory. The bit is also all that the walk needs: where the two
// last bytes differ, L(i,j) is the larger of L(i-1,j) and L(i,j-1), so L(i-1,j)
// is larger than L(i,j-1) exactly if L(i,j) is.

// ErrLCSTooLarge: two strings are too long for their longest common subsequence
// to be computed.
var ErrLCSTooLarge = errors.New("larder: strings are too long for LCS")

// defaultLCSTable is Redis' default of proto-max-bulk-len.
const defaultLCSTable = 512 << 20

// LCSOptions says what a search for the longest common subsequence returns.
type LCSOptions struct {
	// MinMatchLen leaves matches of fewer bytes out of LCSResult.Matches. It does
	// not change the sequence or its length. Zero and less mean all matches.
	MinMatchLen int

	// MaxTable bounds the work: strings whose lengths, each plus one, multiply to
	// more than a quarter of it are refused with ErrLCSTooLarge. It is the size
	// in bytes that the table takes in Redis, where proto-max-bulk-len is the
	// bound; the memory taken here is about a 32nd of it. Zero means 512 MiB.
	MaxTable int64
}

// LCSResult is the longest common subsequence of two strings a and b. Where there
// are several of the same length it is the one that Redis finds.
type LCSResult struct {
	Sequence []byte
	Len      int        // of the sequence
	Matches  []LCSMatch // from the end of the strings to their beginning
}

// LCSMatch is a run of bytes of the longest common subsequence that are adjacent
// in both strings.
type LCSMatch struct {
	A, B int // offsets of the first byte in a and b
	Len  int
}

// lcs returns the longest common subsequence of a and b. It takes O(n·⌈m/64⌉)
// time and O(n·⌈m/8⌉) bytes, n and m being the lengths of a and b.
func lcs(a, b []byte, o LCSOptions) (LCSResult, error) {
	if err := o.check(len(a), len(b)); err != nil {
		return LCSResult{}, err
	}
	if len(a) == 0 || len(b) == 0 {
		return LCSResult{}, nil
	}
	table := newLCSTable(len(a), len(b))
	row, masks := newLCSRow(len(b)), newLCSMasks(b, a)
	for i, c := range a {
		row.advance(masks[c])
		table.set(i, row)
	}
	return table.walk(a, b, row.length(), o.MinMatchLen), nil
}

// lcsLen returns the length of the longest common subsequence of a and b. It
// takes the time of lcs, and memory proportional to the shorter string.
func lcsLen(a, b []byte, o LCSOptions) (int, error) {
	if err := o.check(len(a), len(b)); err != nil {
		return 0, err
	}
	if len(a) < len(b) {
		a, b = b, a
	}
	row, masks := newLCSRow(len(b)), newLCSMasks(b, a)
	for _, c := range a {
		row.advance(masks[c])
	}
	return row.length(), nil
}

func (o LCSOptions) check(a, b int) error {
	limit := uint64(defaultLCSTable)
	if o.MaxTable > 0 {
		limit = uint64(o.MaxTable)
	}
	high, cells := bits.Mul64(uint64(a)+1, uint64(b)+1)
	if high != 0 || cells > limit/4 {
		return ErrLCSTooLarge
	}
	return nil
}

// lcsRow is a row of the table. A column's bit is clear if the length grows
// there, and so are no bits beyond the last column.
type lcsRow []uint64

func newLCSRow(columns int) lcsRow {
	row := make(lcsRow, (columns+63)/64)
	for w := range row {
		row[w] = ^uint64(0)
	}
	return row
}

// advance turns the row into the next one, given the columns that have the byte
// of that row. Within each run of columns up to one where the length grows, the
// addition moves the growth to the first column that matches.
func (row lcsRow) advance(mask []uint64) {
	var carry uint64
	for w, m := range mask {
		old := row[w]
		matching := old & m
		var sum uint64
		sum, carry = bits.Add64(old, matching, carry)
		row[w] = sum | old&^matching
	}
}

// length returns the length at the end of the row.
func (row lcsRow) length() int {
	n := 0
	for _, w := range row {
		n += bits.OnesCount64(^w)
	}
	return n
}

// newLCSMasks returns for each byte that is in both strings the set of columns
// that have it.
func newLCSMasks(columns, rows []byte) *[256][]uint64 {
	var used [256]bool
	for _, c := range rows {
		used[c] = true
	}
	masks := new([256][]uint64)
	for j, c := range columns {
		if !used[c] {
			continue
		}
		if masks[c] == nil {
			masks[c] = make([]uint64, (len(columns)+63)/64)
		}
		masks[c][j/64] |= 1 << (j % 64)
	}
	return masks
}

// lcsTable keeps all rows, each in as few bytes as it takes.
type lcsTable struct {
	bits   []byte
	stride int
}

func newLCSTable(rows, columns int) lcsTable {
	stride := (columns + 7) / 8
	// The last word of a row may reach beyond it, so there is a word to spare.
	return lcsTable{make([]byte, rows*stride+8), stride}
}

// set stores a row. Rows must be stored in ascending order, since one spills
// over into the next.
func (t lcsTable) set(i int, row lcsRow) {
	dst := t.bits[i*t.stride:]
	for w, word := range row {
		binary.LittleEndian.PutUint64(dst[8*w:], word)
	}
}

// grows tells whether L(i,j) is larger than L(i,j-1).
func (t lcsTable) grows(i, j int) bool {
	row := t.bits[(i-1)*t.stride:]
	return row[(j-1)/8]>>((j-1)%8)&1 == 0
}

// walk reads the sequence and its matches off the table, from the end.
func (t lcsTable) walk(a, b []byte, length, minMatchLen int) LCSResult {
	result := LCSResult{Sequence: make([]byte, length), Len: length}
	run := 0 // length of the match that begins at the current position
	i, j := len(a), len(b)
	emit := func() {
		if run > 0 && run >= minMatchLen {
			result.Matches = append(result.Matches, LCSMatch{A: i, B: j, Len: run})
		}
		run = 0
	}
	for i > 0 && j > 0 {
		if a[i-1] == b[j-1] {
			i, j, length, run = i-1, j-1, length-1, run+1
			result.Sequence[length] = a[i]
			continue
		}
		emit()
		if t.grows(i, j) {
			i--
		} else {
			j--
		}
	}
	emit()
	return result
}
