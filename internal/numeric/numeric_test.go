package numeric

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/larderkv/larder/internal/redistest"
	"pgregory.net/rapid"
)

func TestParseInt(t *testing.T) {
	t.Parallel()
	valid := []int64{0, 1, -1, 9, 10, -10, 123456789, math.MaxInt32, math.MaxInt64, math.MinInt64,
		math.MaxInt64 - 1, math.MinInt64 + 1, 999999999999999999, 1000000000000000000}
	for _, want := range valid {
		if n, ok := ParseInt(strconv.FormatInt(want, 10)); !ok || n != want {
			t.Errorf("%d: %d, %t", want, n, ok)
		}
	}
	invalid := []string{"", "-", "+1", "-0", "00", "01", "-01", " 1", "1 ", "1a", "a", "0x1", "1.0", "--1", "1-",
		"9223372036854775808", "-9223372036854775809", "9999999999999999999", "18446744073709551616",
		"10000000000000000000", "-10000000000000000000", "99999999999999999999", "1\x00", "1_0", "٣"}
	for _, s := range invalid {
		if n, ok := ParseInt(s); ok {
			t.Errorf("%q: %d", s, n)
		}
		if n, ok := ParseInt([]byte(s)); ok {
			t.Errorf("[]byte(%q): %d", s, n)
		}
	}
}

func FuzzParseInt(f *testing.F) {
	f.Add("-12")
	f.Fuzz(func(t *testing.T, s string) {
		want, err := strconv.ParseInt(s, 10, 64)
		canonical := err == nil && strconv.FormatInt(want, 10) == s
		n, ok := ParseInt(s)
		if ok != canonical || ok && n != want {
			t.Errorf("ParseInt(%q) = %d, %t", s, n, ok)
		}
	})
}

func TestIntLen(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64().Draw(t, "n") >> rapid.IntRange(0, 63).Draw(t, "shift")
		if got := IntLen(n); got != len(strconv.FormatInt(n, 10)) {
			t.Errorf("IntLen(%d) = %d", n, got)
		}
	})
	if got := IntLen(math.MinInt64); got != 20 {
		t.Errorf("IntLen(MinInt64) = %d", got)
	}
}

func TestParseYesNo(t *testing.T) {
	t.Parallel()
	tests := []struct {
		s         string
		value, ok bool
	}{
		{"yes", true, true}, {"YES", true, true}, {"yEs", true, true}, {"no", false, true}, {"No", false, true},
		{"", false, false}, {"true", false, false}, {"1", false, false}, {"yes ", false, false}, {"n\x0f", false, false},
	}
	for _, tt := range tests {
		if value, ok := ParseYesNo(tt.s); value != tt.value || ok != tt.ok {
			t.Errorf("ParseYesNo(%q) = %t, %t", tt.s, value, ok)
		}
	}
}

var memoryTests = []struct {
	s  string
	n  uint64
	ok bool
}{
	{"", 0, true}, {"0", 0, true}, {"mb", 0, true}, {"5", 5, true}, {"5b", 5, true}, {"5B", 5, true},
	{"100k", 100e3, true}, {"100kb", 100 << 10, true}, {"2m", 2e6, true}, {"256mb", 256 << 20, true},
	{"1g", 1e9, true}, {"1gb", 1 << 30, true}, {"1Gb", 1 << 30, true}, {"007", 7, true},
	{"18446744073709551615", math.MaxUint64, true},
	{"-1", 0, false}, {"+1", 0, false}, {"1.5g", 0, false}, {"1tb", 0, false}, {" 1", 0, false}, {"1 ", 0, false},
	{"0x10", 0, false}, {"1 mb", 0, false},
}

func TestParseMemory(t *testing.T) {
	t.Parallel()
	for _, tt := range memoryTests {
		if n, ok := ParseMemory(tt.s); ok != tt.ok || ok && n != tt.n {
			t.Errorf("ParseMemory(%q) = %d, %t", tt.s, n, ok)
		}
	}
	for _, s := range []string{"18446744073709551616", "99999999999999999gb", "17179869184gb", "100000000000000000000k"} {
		if n, ok := ParseMemory(s); ok {
			t.Errorf("ParseMemory(%q) = %d", s, n)
		}
	}
}

func TestParseMemoryAgainstRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for _, tt := range memoryTests {
		if _, failed := server.Do("CONFIG", "SET", "maxmemory", tt.s).(redistest.Error); failed == tt.ok {
			t.Errorf("%q: Redis' error %t", tt.s, failed)
		}
		if !tt.ok {
			continue
		}
		got := server.Do("CONFIG", "GET", "maxmemory").([]any)[1]
		if got != strconv.FormatUint(tt.n, 10) {
			t.Errorf("%q: Redis says %v", tt.s, got)
		}
	}
}

var floatTests = []struct {
	s  string
	f  float64
	ok bool
}{
	{"0", 0, true}, {"-0", math.Copysign(0, -1), true}, {"1", 1, true}, {"+1", 1, true}, {"-1.5", -1.5, true},
	{"1.", 1, true}, {".5", .5, true}, {"1e5", 1e5, true}, {"1E+5", 1e5, true}, {"1e-5", 1e-5, true},
	{"007", 7, true}, {"3.1", 3.1, true}, {"0.1", 0.1, true}, {"9007199254740993", 9007199254740992, true},
	{"123456789012345678901234567890", 123456789012345678901234567890, true},
	{"1e22", 1e22, true}, {"1e23", 1e23, true}, {"1e-22", 1e-22, true}, {"1e-23", 1e-23, true},
	{"1.7976931348623157e308", math.MaxFloat64, true}, {"1.7976931348623159e308", 0, false},
	{"5e-324", 5e-324, true}, {"1e-320", 1e-320, true}, {"2e-324", 0, false}, {"1e400", 0, false}, {"1e-400", 0, false},
	{"-1e400", 0, false}, {"0e99999999999999999999", 0, true}, {"0e-99999999999999999999", 0, true},
	{"1e99999999999999999999", 0, false}, {"1e-99999999999999999999", 0, false},
	{"inf", math.Inf(1), true}, {"+INF", math.Inf(1), true}, {"-inf", math.Inf(-1), true},
	{"Infinity", math.Inf(1), true}, {"infinit", 0, false}, {"in", 0, false},
	{"nan", 0, false}, {"-nan", 0, false}, {"nan(1)", 0, false},
	{"0x10", 16, true}, {"0X1P3", 8, true}, {"0x1.8", 1.5, true}, {"0x.8p1", 1, true}, {"-0xffp-4", -15.9375, true},
	{"0x1p1023", math.Ldexp(1, 1023), true}, {"0x1p1024", 0, false}, {"0x1p-1074", 5e-324, true}, {"0x1p-1076", 0, false},
	{"0x1.fffffffffffff8p1023", 0, false}, {"0x1.fffffffffffff7p1023", math.MaxFloat64, true},
	{"0x1.00000000000008p0", 1, true}, {"0x1.00000000000008000000000000000001p0", 1 + 0x1p-52, true},
	{"0x0p99999999999999999999", 0, true},
	{"", 0, false}, {" 1", 0, false}, {"1 ", 0, false}, {"-", 0, false}, {"+", 0, false}, {".", 0, false},
	{"1e", 0, false}, {"1e+", 0, false}, {"e5", 0, false}, {"0x", 0, false}, {"0x.", 0, false}, {"0x1p", 0, false},
	{"1.2.3", 0, false}, {"1_0", 0, false}, {"0x_1", 0, false}, {"1f", 0, false}, {"1d", 0, false}, {"--1", 0, false},
	{"1\x00", 0, false}, {"0b1", 0, false}, {"0o1", 0, false},
	{"0." + strings.Repeat("0", 150000) + "1e150000", 0.1, true},
	{"1" + strings.Repeat("0", 150000) + "e-150000", 1, true},
	{strings.Repeat("0", 5000) + "12.5", 12.5, true},
}

func TestParseFloat(t *testing.T) {
	t.Parallel()
	for _, tt := range floatTests {
		f, ok := ParseFloat(tt.s)
		if ok != tt.ok || ok && math.Float64bits(f) != math.Float64bits(tt.f) {
			t.Errorf("ParseFloat(%.60q) = %v, %t", tt.s, f, ok)
		}
	}
}

func TestParseBound(t *testing.T) {
	t.Parallel()
	tests := []struct {
		s  string
		f  float64
		ok bool
	}{
		{"", 0, true}, {"\x001", 0, true}, {"1\x00x", 1, true}, {" 1", 1, true}, {"\t\n\v\f\r 1", 1, true}, {"1 ", 0, false},
		{" ", 0, false}, {"1e400", math.Inf(1), true}, {"-1e400", math.Inf(-1), true}, {"1e-400", 0, true},
		{"nan", 0, false}, {"-inf", math.Inf(-1), true}, {"1x", 0, false}, {"0x10", 16, true},
	}
	for _, tt := range tests {
		if f, ok := ParseBound(tt.s); ok != tt.ok || f != tt.f {
			t.Errorf("ParseBound(%q) = %v, %t", tt.s, f, ok)
		}
	}
}

func TestParseBoundAgainstRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	server.Do("ZADD", "z", "-inf", "a", "0", "b", "1", "c", "16", "d", "inf", "e")
	scores := []float64{math.Inf(-1), 0, 1, 16, math.Inf(1)}
	for _, s := range []string{" 1", "\v 1", "1 ", " ", "1e400", "-1e400", "1e-400", "nan", "0x10", "", "inf", "1x"} {
		reply := server.Do("ZCOUNT", "z", s, "inf")
		f, ok := ParseBound(s)
		if _, failed := reply.(redistest.Error); failed == ok {
			t.Errorf("%q: %v", s, reply)
		}
		count := int64(0)
		for _, score := range scores {
			if f <= score {
				count++
			}
		}
		if ok && reply != count {
			t.Errorf("%q: %d above, Redis says %v", s, count, reply)
		}
	}
}

func TestParseWeight(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for _, s := range []string{"", " ", " 1", "1 ", "\x001", "1\x00x", "\v-1", "1e400", "-1e400", "1e-400", "1e-310", "-4e-320", "2.2250738585072014e-308",
		"2.225073858507201e-308", "0", "-0", "0x10", "0x1p-1022", "inf", "-Infinity", "nan", "1x", "+5", "1.", ".5", "--1"} {
		server.Do("DEL", "l")
		server.Do("RPUSH", "l", s)
		server.Do("INCRBYFLOAT", "x", "1") // has Redis forget that a number before was out of range
		_, failed := server.Do("SORT", "l").(redistest.Error)
		if f, ok := ParseWeight(s); ok == failed {
			t.Errorf("ParseWeight(%q) = %v, %v", s, f, ok)
		}
	}
}

func FuzzParseFloat(f *testing.F) {
	for _, tt := range floatTests {
		if len(tt.s) < 100 {
			f.Add(tt.s)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := ParseFloat(s)
		text := s
		if lower := strings.ToLower(s); strings.Contains(lower, "x") && !strings.Contains(lower, "p") {
			text += "p0"
		}
		want, err := strconv.ParseFloat(text, 64)
		wantOK := err == nil && !strings.Contains(s, "_") && !math.IsNaN(want)
		if want == 0 && wantOK {
			mantissa, _, _ := strings.Cut(strings.ToLower(s), "p")
			if !strings.Contains(mantissa, "x") {
				mantissa, _, _ = strings.Cut(mantissa, "e")
			}
			wantOK = !strings.ContainsAny(mantissa, "123456789abcdef")
		}
		if ok != wantOK || ok && math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("ParseFloat(%q) = %v, %t; want %v, %t", s, got, ok, want, wantOK)
		}
		if long, longOK := ParseLongDouble(s); ok && !longOK || longOK && ok && math.Abs(long.Float64()-got) > math.Abs(got)*1e-15 {
			t.Errorf("ParseLongDouble(%q) = %v, %t; ParseFloat %v", s, long, longOK, got)
		}
	})
}

// randomNumber returns texts of which most are numbers and some are not.
func randomNumber(r *rand.Rand) string {
	digits := func(alphabet string, max int) string {
		b := make([]byte, r.IntN(max+1))
		for i := range b {
			b[i] = alphabet[r.IntN(len(alphabet))]
		}
		return string(b)
	}
	sign := []string{"", "", "", "-", "+"}[r.IntN(5)]
	switch r.IntN(12) {
	case 0:
		return sign + "0x" + digits("0123456789abcdefABCDEF", 20) + []string{"", ".", ".8", ".0001"}[r.IntN(4)] +
			[]string{"", "p", "p3", "P-70", "p-16400"}[r.IntN(5)]
	case 1:
		return sign + digits("0123456789", 60) + "." + digits("0123456789", 60)
	case 2:
		return sign + digits("19", 4) + "." + digits("09", 30) + "e" + strconv.Itoa(r.IntN(700)-350)
	case 3:
		return sign + digits("0123456789", 22) + "e" + strconv.Itoa(r.IntN(10000)-5000)
	case 4:
		return sign + []string{"inf", "nan", "infinity", "1e", ".", "0x", "0", "0.", ".0"}[r.IntN(9)]
	case 5:
		return strconv.FormatFloat(math.Float64frombits(r.Uint64()), 'g', -1, 64)
	case 6:
		return sign + digits("0123456789", 18)
	}
	return sign + digits("0123456789", 6) + "." + digits("0123456789", 19)
}

func TestFloatsAgainstRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	r := rand.New(rand.NewPCG(1, 1))
	var texts []string
	var commands [][]string
	for range 3000 {
		s := randomNumber(r)
		texts = append(texts, s)
		// A table of more than zset-max-listpack-entries members keeps scores as
		// doubles, without which minus zero would become zero.
		commands = append(commands, []string{"ZADD", "z", s, s}, []string{"ZSCORE", "z", s})
	}
	server.Do("CONFIG", "SET", "zset-max-listpack-entries", "0")
	replies := server.Pipeline(commands)
	for i, s := range texts {
		f, ok := ParseFloat(s)
		reply := replies[2*i]
		if _, failed := reply.(redistest.Error); failed == ok {
			t.Errorf("ParseFloat(%q) = %v, %t; Redis: %v", s, f, ok, reply)
		}
		if got := string(AppendFloat(nil, f)); ok && got != replies[2*i+1] {
			t.Errorf("AppendFloat(%v) = %s, in Redis %v", f, got, replies[2*i+1])
		}
	}
}

func TestAppendPackedAgainstRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for _, f := range []float64{0, 1, -1, 0.5, 1e15, 1 << 53, 1e16, 1e17, -1e17, 123456789012345678, 1e18, 1 << 62, -1 << 62, 1<<62 + 1024, 1e19,
		1e300, math.Inf(1), math.Inf(-1), 1e17 + 0.5} {
		server.Do("DEL", "z")
		server.Do("ZADD", "z", strconv.FormatFloat(f, 'g', -1, 64), "m")
		want := server.Do("ZSCAN", "z", "0").([]any)[1].([]any)[1]
		if got := string(AppendPacked(nil, f)); got != want {
			t.Errorf("AppendPacked(%v) = %s, Redis says %v", f, got, want)
		}
	}
}

func TestAppendFloat(t *testing.T) {
	t.Parallel()
	tests := []struct {
		f    float64
		want string
	}{
		{0, "0"}, {math.Copysign(0, -1), "-0"}, {1, "1"}, {-1, "-1"}, {3.1, "3.1000000000000001"}, {0.5, "0.5"},
		{1e15, "1000000000000000"}, {1e16, "10000000000000000"}, {1e17, "1e+17"}, {1e21, "1e+21"}, {0.0001, "0.0001"},
		{0.00001, "1.0000000000000001e-05"}, {5e-324, "4.9406564584124654e-324"},
		{math.MaxFloat64, "1.7976931348623157e+308"}, {123456789012345680, "1.2345678901234568e+17"},
		{9007199254740993, "9007199254740992"}, {-9007199254740992, "-9007199254740992"}, {1e100, "1e+100"},
		{math.Inf(1), "inf"}, {math.Inf(-1), "-inf"}, {math.NaN(), "nan"},
	}
	for _, tt := range tests {
		if got := string(AppendFloat([]byte("x"), tt.f)); got != "x"+tt.want {
			t.Errorf("AppendFloat(%v) = %s, want %s", tt.f, got, tt.want)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	integer, double, score, increment := []byte("-1234567890123"), []byte("12.25"), []byte("0.1234567890123456789"), []byte("3.14159265358979")
	buf := make([]byte, 0, 64)
	if n := testing.AllocsPerRun(100, func() {
		ParseInt(integer)
		ParseFloat(double)
		ParseFloat(score)
		buf = AppendFloat(buf[:0], 3.1)
		x, _ := ParseLongDouble(increment)
		sum, _ := x.Add(LongDoubleFromInt(10))
		buf = sum.Append(buf[:0])
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkParseInt(b *testing.B) {
	s := []byte("1234567890")
	for b.Loop() {
		ParseInt(s)
	}
}

func BenchmarkParseFloat(b *testing.B) {
	s := []byte("1234.5678")
	for b.Loop() {
		ParseFloat(s)
	}
}

func BenchmarkAppendFloat(b *testing.B) {
	buf := make([]byte, 0, 64)
	for b.Loop() {
		buf = AppendFloat(buf[:0], 1234.5678)
	}
}

func BenchmarkIncrByFloat(b *testing.B) {
	buf := []byte("0")
	for b.Loop() {
		x, _ := ParseLongDouble(buf)
		y, _ := ParseLongDouble("0.1")
		x, _ = x.Add(y)
		buf = x.Append(buf[:0])
	}
}
