package datatypes_test

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/larderkv/larder/datatypes"
	"pgregory.net/rapid"
)

func TestIncrBy(t *testing.T) {
	t.Parallel()
	const lo, hi = math.MinInt64, math.MaxInt64
	tests := []struct {
		old   string
		delta int64
		want  int64
		err   error
	}{
		{none, 5, 5, nil}, {none, 0, 0, nil}, {none, lo, lo, nil},
		{"10", -3, 7, nil}, {"0", 0, 0, nil},
		{"127", 1, 128, nil}, {"-128", -1, -129, nil}, {"128", -1, 127, nil},
		{"32767", 1, 32768, nil}, {"-32768", -1, -32769, nil}, {"32768", -1, 32767, nil},
		{"2147483647", 1, 2147483648, nil}, {"-2147483648", -1, -2147483649, nil}, {"2147483648", -1, 2147483647, nil},
		{"9223372036854775806", 1, hi, nil}, {"-9223372036854775807", -1, lo, nil},
		{"9223372036854775807", lo, -1, nil}, {"-1", lo + 1, lo, nil}, {"-9223372036854775808", hi, -1, nil},
		{"9223372036854775807", 1, 0, datatypes.ErrOverflow}, {"1", hi, 0, datatypes.ErrOverflow},
		{"-9223372036854775808", -1, 0, datatypes.ErrOverflow}, {"-1", lo, 0, datatypes.ErrOverflow},
		{"", 1, 0, datatypes.ErrNotInteger}, {"abc", 1, 0, datatypes.ErrNotInteger}, {" 1", 1, 0, datatypes.ErrNotInteger},
		{"1 ", 1, 0, datatypes.ErrNotInteger}, {"1.5", 1, 0, datatypes.ErrNotInteger}, {"01", 1, 0, datatypes.ErrNotInteger},
		{"+1", 1, 0, datatypes.ErrNotInteger}, {"-0", 1, 0, datatypes.ErrNotInteger},
		{"9223372036854775808", -1, 0, datatypes.ErrNotInteger},
	}
	for _, tt := range tests {
		f := open(t)
		if tt.old != none {
			f.putTTL(t, "k", tt.old, second)
		}
		got, err := f.IncrBy("k", tt.delta)
		if got != tt.want || err != tt.err {
			t.Errorf("%q + %d = %d, %v; want %d, %v", tt.old, tt.delta, got, err, tt.want, tt.err)
		}
		want := strconv.FormatInt(tt.want, 10)
		if tt.err != nil {
			want = tt.old
		}
		if got := f.text(t, "k"); got != want {
			t.Errorf("%q + %d left %q", tt.old, tt.delta, got)
		}
		if tt.old != none && f.ttl(t, "k") != second {
			t.Errorf("%q + %d: TTL is %v", tt.old, tt.delta, f.ttl(t, "k"))
		}
	}
}

func TestIncrAndDecr(t *testing.T) {
	t.Parallel()
	f := open(t)
	steps := []struct {
		name string
		do   func() (int64, error)
		want int64
		err  error
	}{
		{"Incr", func() (int64, error) { return f.Incr("k") }, 1, nil},
		{"Decr", func() (int64, error) { return f.Decr("k") }, 0, nil},
		{"Decr", func() (int64, error) { return f.Decr("k") }, -1, nil},
		{"DecrBy", func() (int64, error) { return f.DecrBy("k", 10) }, -11, nil},
		{"DecrBy", func() (int64, error) { return f.DecrBy("k", -11) }, 0, nil},
		{"DecrBy", func() (int64, error) { return f.DecrBy("k", math.MinInt64) }, 0, datatypes.ErrDecrementOverflow},
		{"DecrBy", func() (int64, error) { return f.DecrBy("k", math.MaxInt64) }, -math.MaxInt64, nil},
		{"DecrBy", func() (int64, error) { return f.DecrBy("k", 2) }, 0, datatypes.ErrOverflow},
	}
	for _, step := range steps {
		if got, err := step.do(); got != step.want || err != step.err {
			t.Errorf("%s = %d, %v; want %d, %v", step.name, got, err, step.want, step.err)
		}
	}
}

// TestIncrOfText: a number written in other ways than SET is one too.
func TestIncrOfText(t *testing.T) {
	t.Parallel()
	f := open(t)
	if _, err := f.SetRange("k", 0, []byte("41")); err != nil {
		t.Fatal(err)
	}
	if n, err := f.Incr("k"); n != 42 || err != nil {
		t.Errorf("after SetRange: %d, %v", n, err)
	}
	f.put(t, "k", "4")
	if _, err := f.Append("k", []byte("1")); err != nil {
		t.Fatal(err)
	}
	if n, err := f.Incr("k"); n != 42 || err != nil {
		t.Errorf("after Append: %d, %v", n, err)
	}
	f.put(t, "k", "40.5")
	if _, err := f.IncrByFloatText("k", "0.5"); err != nil {
		t.Fatal(err)
	}
	if n, err := f.Incr("k"); n != 42 || err != nil {
		t.Errorf("after IncrByFloat: %d, %v", n, err)
	}
}

func TestIncrByModel(t *testing.T) {
	t.Parallel()
	f := open(t)
	rapid.Check(t, func(t *rapid.T) {
		f.keys.Del("k")
		want := int64(0)
		for _, delta := range rapid.SliceOf(rapid.Int64()).Draw(t, "deltas") {
			sum := want + delta
			overflows := (sum > want) != (delta > 0) && delta != 0
			got, err := f.IncrBy("k", delta)
			if overflows {
				if err != datatypes.ErrOverflow {
					t.Fatalf("%d + %d = %d, %v", want, delta, got, err)
				}
				continue
			}
			if want = sum; got != want || err != nil {
				t.Fatalf("got %d, %v; want %d", got, err, want)
			}
			if v, _, err := f.Get("k"); string(v) != strconv.FormatInt(want, 10) || err != nil {
				t.Fatalf("stored %q, %v; want %d", v, err, want)
			}
		}
	})
}

func TestIncrByFloat(t *testing.T) {
	t.Parallel()
	tests := []struct {
		old, delta string
		want       string
		err        error
	}{
		{none, "1.5", "1.5", nil}, {"10.50", "0.1", "10.6", nil}, {"5.0e3", "2.0e2", "5200", nil},
		{"0.1", "0.2", "0.3", nil}, {"3", "1.000000000000000005", "4.00000000000000001", nil}, {"1", "-1", "0", nil},
		{"1.5", "1.5", "3", nil}, {"-1", "0.25", "-0.75", nil},
		{"abc", "1", "", datatypes.ErrNotFloat}, {"", "1", "", datatypes.ErrNotFloat}, {" 1", "1", "", datatypes.ErrNotFloat},
		{"1", "x", "", datatypes.ErrNotFloat}, {"1", "", "", datatypes.ErrNotFloat}, {"1", "nan", "", datatypes.ErrNotFloat},
		{"1", "inf", "", datatypes.ErrNaNOrInfinity}, {"1", "-inf", "", datatypes.ErrNaNOrInfinity},
		{"1e4932", "1e4932", "", datatypes.ErrNaNOrInfinity},
	}
	for _, tt := range tests {
		f := open(t)
		if tt.old != none {
			f.putTTL(t, "k", tt.old, second)
		}
		got, err := f.IncrByFloatText("k", tt.delta)
		if got != tt.want || err != tt.err {
			t.Errorf("%q + %q = %q, %v; want %q, %v", tt.old, tt.delta, got, err, tt.want, tt.err)
		}
		want := tt.want
		if tt.err != nil {
			want = tt.old
		}
		if got := f.text(t, "k"); got != want {
			t.Errorf("%q + %q left %q", tt.old, tt.delta, got)
		}
		if tt.old != none && f.ttl(t, "k") != second {
			t.Errorf("%q + %q: TTL is %v", tt.old, tt.delta, f.ttl(t, "k"))
		}
	}
	f := open(t)
	f.put(t, "k", "10.5")
	if got, err := f.IncrByFloat("k", 0.1); got != 10.6 || err != nil {
		t.Errorf("IncrByFloat = %v, %v", got, err)
	}
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if _, err := f.IncrByFloat("k", bad); err != datatypes.ErrNaNOrInfinity {
			t.Errorf("IncrByFloat(%v): %v", bad, err)
		}
	}
	// The widest number has many more bytes than typical ones.
	f.put(t, "k", "1e4000")
	if got, err := f.IncrByFloatText("k", "1"); len(got) < 4000 || strings.Trim(got, "0123456789") != "" || err != nil {
		t.Errorf("IncrByFloatText = %.20q (%d bytes), %v", got, len(got), err)
	}
	if got, err := f.IncrByFloat("k", 1); !math.IsInf(got, 1) || err != nil {
		t.Errorf("IncrByFloat of what no float64 holds = %v, %v", got, err)
	}
}
