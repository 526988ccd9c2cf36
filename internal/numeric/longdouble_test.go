package numeric

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/larderkv/larder/internal/redistest"
	"pgregory.net/rapid"
)

func longDouble(t testing.TB, s string) LongDouble {
	t.Helper()
	x, ok := ParseLongDouble(s)
	if !ok {
		t.Fatalf("%.60q is refused", s)
	}
	return x
}

func TestLongDouble(t *testing.T) {
	t.Parallel()
	tests := []struct{ s, want string }{
		{"0", "0"}, {"-0", "0"}, {"1", "1"}, {"-1", "-1"}, {"0.1", "0.1"}, {"3.0", "3"}, {"5.0e3", "5000"},
		{"10.50", "10.5"}, {"-1e-18", "0"}, {"1e-17", "0.00000000000000001"}, {"5e-18", "0"},
		{"5.0000000000000001e-18", "0.00000000000000001"}, {"0.99999999999999999", "0.99999999999999999"},
		{"0.999999999999999999", "1"}, {"1e17", "100000000000000000"}, {"1e18", "1000000000000000000"},
		{"18446744073709551615", "18446744073709551615"}, {"18446744073709551617", "18446744073709551616"},
		{"18446744073709551619", "18446744073709551620"}, {"123456789012345678901234567890", "123456789012345678899921813504"},
		{"0x1p-20", "0.00000095367431641"}, {"0xffffffffffffffff", "18446744073709551615"},
		{"0xffffffffffffffff8", "295147905179352825856"}, {"0x1.fffffffffffffffffp0", "2"}, {"1e-4940", "0"},
		{"3.14159265358979323846", "3.14159265358979324"}, {"1e22", "10000000000000000000000"},
		{"9223372036854775807", "9223372036854775807"}, {"inf", "inf"}, {"-Infinity", "-inf"},
	}
	for _, tt := range tests {
		x, ok := ParseLongDouble(tt.s)
		if got := string(x.Append([]byte("x"))); !ok || got != "x"+tt.want {
			t.Errorf("%q: %s, want %s", tt.s, got, tt.want)
		}
	}
}

func TestLongDoubleRange(t *testing.T) {
	t.Parallel()
	const largest = "1.189731495357231765e4932"
	if got := string(longDouble(t, largest).Append(nil)); len(got) != 4933 || !strings.HasPrefix(got, "118973149535723176502") {
		t.Errorf("the largest number is %.40s… (%d digits)", got, len(got))
	}
	tests := []struct {
		s  string
		ok bool
	}{
		{largest, true}, {"-" + largest, true}, {"1.189731495357231766e4932", false}, {"1e4933", false}, {"1e99999999999999999999", false},
		{"0x1p16383", true}, {"0x1p16384", false}, {"0x1p-16445", true}, {"0x1p-16446", false}, {"0x1.000000000000000000001p-16446", true},
		{"1e-4950", true}, {"1e-4960", false}, {"1e-99999999999999999999", false}, {"0e99999999999999999999", true},
		{"nan", false}, {"", false}, {" 1", false}, {"1x", false},
		{"1" + strings.Repeat("0", 4000) + "e-3000", true},
		{strings.Repeat("0", maxLongDoubleText), true}, {strings.Repeat("0", maxLongDoubleText+1), false},
		{strings.Repeat("9", 4932), true}, {strings.Repeat("9", 4933), false},
	}
	for _, tt := range tests {
		if x, ok := ParseLongDouble(tt.s); ok != tt.ok {
			t.Errorf("ParseLongDouble(%.60q) = %v, %t", tt.s, x, ok)
		}
	}
}

func TestLongDoubleAddLimits(t *testing.T) {
	t.Parallel()
	largest, inf := longDouble(t, "0x1.fffffffffffffffep16383"), LongDouble{infinite: true}
	minusLargest := largest
	minusLargest.negative = true
	tests := []struct {
		name string
		x, y LongDouble
		ok   bool
	}{
		{"overflow", largest, largest, false},
		{"half an ulp up", largest, longDouble(t, "0x1p16319"), false},
		{"less than half an ulp up", largest, longDouble(t, "0x1.fffffffffffffffep16318"), true},
		{"negative overflow", minusLargest, minusLargest, false},
		{"cancel", largest, minusLargest, true},
		{"infinite", inf, largest, false},
		{"not a number", inf, LongDouble{infinite: true, negative: true}, false},
	}
	for _, tt := range tests {
		if sum, ok := tt.x.Add(tt.y); ok != tt.ok {
			t.Errorf("%s: %v, %t", tt.name, sum, ok)
		}
	}
	if sum, _ := largest.Add(minusLargest); sum.negative || sum.mant != 0 {
		t.Errorf("cancelled to %v", sum)
	}
}

// asBig returns the exact value of a finite x.
func (x LongDouble) asBig() *big.Float {
	f := new(big.Float).SetPrec(64).SetUint64(x.mant)
	f.SetMantExp(f, int(x.exp))
	if x.negative {
		f.Neg(f)
	}
	return f
}

func drawLongDouble(t *rapid.T, name string) LongDouble {
	mant := rapid.OneOf(rapid.Uint64(), rapid.SampledFrom([]uint64{0, 1, math.MaxUint64, 1 << 63, 1<<63 + 1})).Draw(t, name+" mant")
	exp := rapid.Int64Range(-200, 200).Draw(t, name+" exp")
	return newLongDouble(rapid.Bool().Draw(t, name+" sign"), 0, mant, exp, false)
}

func TestLongDoubleAddModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x, y := drawLongDouble(t, "x"), drawLongDouble(t, "y")
		want := new(big.Float).SetPrec(64).Add(x.asBig(), y.asBig())
		sum, ok := x.Add(y)
		if !ok || sum.asBig().Cmp(want) != 0 {
			t.Fatalf("%v + %v = %v, want %v", x.asBig(), y.asBig(), sum.asBig(), want)
		}
		if f, _ := want.Float64(); sum.Float64() != f {
			t.Fatalf("Float64 of %v is %v, want %v", want, sum.Float64(), f)
		}
	})
}

func TestParseLongDoubleModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringMatching(`[1-9][0-9]{0,40}`).Draw(t, "digits")
		exp := rapid.IntRange(-60, 60).Draw(t, "exp")
		s := digits + "e" + strconv.Itoa(exp)
		exact, _ := new(big.Rat).SetString(s)
		x, ok := ParseLongDouble(s)
		if want := new(big.Float).SetPrec(64).SetRat(exact); !ok || x.asBig().Cmp(want) != 0 {
			t.Fatalf("%s is %v, want %v", s, x.asBig(), want)
		}
	})
}

func TestLongDoubleConversions(t *testing.T) {
	t.Parallel()
	for _, n := range []int64{0, 1, -1, math.MaxInt64, math.MinInt64, 1e17} {
		if got := string(LongDoubleFromInt(n).Append(nil)); got != strconv.FormatInt(n, 10) {
			t.Errorf("%d became %s", n, got)
		}
	}
	for _, f := range []float64{0, 1, -1.5, 0.1, math.MaxFloat64, 5e-324, -1e-310, math.Inf(1), math.Inf(-1)} {
		if x, ok := LongDoubleFromFloat(f); !ok || x.Float64() != f {
			t.Errorf("%v became %v", f, x.Float64())
		}
	}
	if _, ok := LongDoubleFromFloat(math.NaN()); ok {
		t.Error("NaN was accepted")
	}
	if x, _ := LongDoubleFromFloat(0.1); string(x.Append(nil)) != "0.10000000000000001" {
		t.Errorf("0.1 became %s", x.Append(nil))
	}
	if f := longDouble(t, "1e4000").Float64(); !math.IsInf(f, 1) {
		t.Errorf("1e4000 became %v", f)
	}
	if f := longDouble(t, "-1e-4000").Float64(); f != 0 || !math.Signbit(f) {
		t.Errorf("-1e-4000 became %v", f)
	}
}

// TestIncrByFloatAgainstRedis applies increments to one key for as long as they
// are accepted, so that sums of many are compared as well as single numbers.
func TestIncrByFloatAgainstRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	r := rand.New(rand.NewPCG(7, 7))
	for range 60 {
		var increments []string
		commands := [][]string{{"SET", "k", "0"}}
		small := r.IntN(2) == 0
		for range 60 {
			s := randomNumber(r)
			if small {
				s = strconv.FormatFloat(r.NormFloat64()*10, 'f', r.IntN(20), 64)
			}
			increments = append(increments, s)
			commands = append(commands, []string{"INCRBYFLOAT", "k", s})
		}
		replies := server.Pipeline(commands)[1:]
		value := "0"
		for i, s := range increments {
			got := incrByFloat(value, s)
			if got != replies[i] {
				t.Fatalf("%.100s + %.100s = %.100v, in Redis %.100v", value, s, got, replies[i])
			}
			if text, ok := got.(string); ok {
				value = text
			}
		}
	}
}

func incrByFloat(value, increment string) any {
	y, ok := ParseLongDouble(increment)
	x, valueOK := ParseLongDouble(value)
	if !ok || !valueOK {
		return redistest.Error("ERR value is not a valid float")
	}
	sum, ok := x.Add(y)
	if !ok {
		return redistest.Error("ERR increment would produce NaN or Infinity")
	}
	return string(sum.Append(nil))
}
