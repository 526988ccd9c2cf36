package datatypes

import "github.com/larderkv/larder/internal/keyspace"

// LCS returns the longest common subsequence of the values of two keys; one
// that does not exist counts as empty. The values are of one moment, and nothing is
// locked while it is computed. It is LCS. O(len(a)·len(b)/64).
//
// It returns ErrWrongType and ErrLCSTooLarge.
func (st Strings) LCS(a, b string, o LCSOptions) (LCSResult, error) {
	x, y, err := st.pair(a, b)
	if err != nil {
		return LCSResult{}, err
	}
	return lcs(x, y, o)
}

// LCSLen returns the length of what LCS returns, in the time of LCS and in memory
// proportional to the shorter value. It is LCS with LEN.
func (st Strings) LCSLen(a, b string, o LCSOptions) (int, error) {
	x, y, err := st.pair(a, b)
	if err != nil {
		return 0, err
	}
	return lcsLen(x, y, o)
}

// pair returns copies of the values of two keys.
func (st Strings) pair(a, b string) (x, y []byte, err error) {
	err = within(st.view, []string{a, b}, func(v keyspace.View) error {
		if x, _, err = v.AppendString(nil, a); err != nil {
			return err
		}
		y, _, err = v.AppendString(nil, b)
		return err
	})
	return x, y, err
}
