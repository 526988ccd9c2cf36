package modeltest

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/larderkv/larder/datatypes"
)

// literal returns a value as it is written in Go, long texts of one byte as a call of Repeat.
func literal(v any) string {
	switch v := v.(type) {
	case nil:
		return "nil"
	case string:
		return text(v, "%s", "strings.Repeat(%s, %d)")
	case []byte:
		if v == nil {
			return "nil"
		}
		return text(string(v), "[]byte(%s)", "bytes.Repeat([]byte(%s), %d)")
	case time.Duration:
		return duration(v)
	case time.Time:
		if v.IsZero() {
			return "time.Time{}"
		}
		return "modeltest.Epoch.Add(" + duration(v.Sub(Epoch)) + ")"
	case float64:
		return number(v)
	case datatypes.Range:
		return rangeLiteral(v)
	case datatypes.ExpireCond:
		return conditionLiteral(v)
	case datatypes.Center:
		return centerLiteral(v)
	case fmt.Stringer:
		return v.String()
	}
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Slice:
		return sliceLiteral(r)
	case reflect.Struct:
		return structLiteral(r)
	case reflect.Pointer:
		if !r.IsNil() {
			return "&" + literal(r.Elem().Interface())
		}
	}
	return fmt.Sprint(v)
}

// text writes a text in one form or, if it is long and the same byte all through, in another.
func text(s, short, repeated string) string {
	const long = 32
	if len(s) > long && strings.Count(s, s[:1]) == len(s) {
		return fmt.Sprintf(repeated, strconv.Quote(s[:1]), len(s))
	}
	return fmt.Sprintf(short, strconv.Quote(s))
}

func duration(d time.Duration) string {
	switch {
	case d == 0:
		return "0"
	case d%time.Millisecond == 0:
		return fmt.Sprintf("%d * time.Millisecond", d/time.Millisecond)
	}
	return fmt.Sprintf("%d * time.Nanosecond", d)
}

// number writes a number, also one that has no literal in Go.
func number(v float64) string {
	switch {
	case math.IsNaN(v):
		return "math.NaN()"
	case math.IsInf(v, 0):
		return "math.Inf(" + strconv.Itoa(int(math.Copysign(1, v))) + ")"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// rangeLiteral writes a range, and the fields that refine it behind it.
func rangeLiteral(r datatypes.Range) string {
	var made string
	if start, stop, ok := r.RankBounds(); ok {
		made = fmt.Sprintf("datatypes.ByRank(%d, %d)", start, stop)
	}
	if min, max, ok := r.ScoreBounds(); ok {
		made = "datatypes.ByScore(" + literal(min) + ", " + literal(max) + ")"
	}
	if from, to, ok := r.LexBounds(); ok {
		made = "datatypes.ByLex(" + literal(from) + ", " + literal(to) + ")"
	}
	if refined := strings.TrimPrefix(structLiteral(reflect.ValueOf(r)), "datatypes.Range"); refined != "{}" {
		made += " /* " + strings.Trim(refined, "{}") + " */"
	}
	return made
}

func centerLiteral(c datatypes.Center) string {
	if member, ok := c.Member(); ok {
		return "datatypes.AtMember(" + literal(member) + ")"
	}
	p, _ := c.Position()
	return "datatypes.At(" + number(p.Longitude) + ", " + number(p.Latitude) + ")"
}

var conditionNames = []string{"datatypes.ExpireNX", "datatypes.ExpireXX", "datatypes.ExpireGT", "datatypes.ExpireLT"}

func conditionLiteral(c datatypes.ExpireCond) string {
	var names []string
	for i, name := range conditionNames {
		if c>>i&1 != 0 {
			names = append(names, name)
		}
	}
	if names == nil {
		return "datatypes.ExpireAlways"
	}
	return strings.Join(names, " | ")
}

func sliceLiteral(r reflect.Value) string {
	if r.Len() == 0 {
		return "nil"
	}
	const shown = 16
	texts := make([]string, min(r.Len(), shown))
	for i := range texts {
		texts[i] = literal(r.Index(i).Interface())
	}
	if r.Len() > shown {
		texts = append(texts, fmt.Sprintf("/* %d in all */", r.Len()))
	}
	return r.Type().String() + "{" + strings.Join(texts, ", ") + "}"
}

// structLiteral writes the fields that are not zero.
func structLiteral(r reflect.Value) string {
	var fields []string
	for i := range r.NumField() {
		if f := r.Field(i); !f.IsZero() && f.CanInterface() {
			fields = append(fields, r.Type().Field(i).Name+": "+literal(f.Interface()))
		}
	}
	return r.Type().String() + "{" + strings.Join(fields, ", ") + "}"
}
