package encoding

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
)

// SelfTestHLL checks on this machine that registers keep what they are set to and
// that estimates are as near as the theory says, in both forms, up to ten million
// elements. It is what PFSELFTEST does, and takes some tenths of a second.
func SelfTestHLL() error {
	if err := selfTestRegisters(); err != nil {
		return err
	}
	return selfTestEstimates(10_000_000)
}

// selfTestRegisters sets dense registers in random order to random ranks.
func selfTestRegisters() error {
	var want HLLRegisters
	h := make(HLL, HLLDenseSize)
	for range 8 * hllRegisters {
		register, rank := rand.IntN(hllRegisters), uint8(1+rand.IntN(hllMaxRank))
		setDense(h[hllHeader:], register, rank)
		want[register] = max(want[register], rank)
	}
	var got HLLRegisters
	got.mergeDense(h[hllHeader:])
	for register, rank := range want {
		if got[register] != rank {
			return fmt.Errorf("register %d is %d and should be %d", register, got[register], rank)
		}
	}
	return nil
}

// selfTestEstimates adds different elements and looks at the estimate at each
// power of ten. A HyperLogLog that begins sparse must give the same one.
func selfTestEstimates(elements int) error {
	dense, err := NewHLL(nil).Dense()
	if err != nil {
		return err
	}
	sparse := NewHLL(make([]byte, 0, HLLDenseSize))
	seed, next := rand.Uint64(), 1
	for n := 1; n <= elements; n++ {
		element := binary.LittleEndian.AppendUint64(make([]byte, 0, 8), uint64(n)^seed)
		dense.Add(element, DefaultHLLSparseMax)
		if sparse, _, err = sparse.Add(element, DefaultHLLSparseMax); err != nil {
			return err
		}
		if n < next {
			continue
		}
		next *= 10
		if err := compareEstimates(dense, sparse, n); err != nil {
			return err
		}
	}
	return nil
}

func compareEstimates(dense, sparse HLL, n int) error {
	a, err := dense.Count()
	if err != nil {
		return err
	}
	b, err := sparse.Count()
	if err != nil {
		return err
	}
	if a != b {
		return fmt.Errorf("the dense form estimates %d and the sparse one %d of %d elements", a, b, n)
	}
	// Six times the standard error is exceeded once in a billion times.
	relative := 6 * 1.04 / math.Sqrt(hllRegisters)
	if off := math.Abs(float64(a) - float64(n)); off > math.Ceil(relative*float64(n)) {
		return fmt.Errorf("the estimate of %d elements is off by %.0f", n, off)
	}
	return nil
}
