package difftest

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Gen is the source of a random script.
type Gen struct {
	*rand.Rand
	base int64 // a second in the near past, from which points in time are counted
	ttl  int64 // the last relative time to live handed out
}

// NewGen returns a source that yields the same script for the same seed within one second.
func NewGen(seed uint64) *Gen {
	return &Gen{Rand: rand.New(rand.NewPCG(seed, 0x6c6172646572)), base: time.Now().Unix(), ttl: 1000}
}

// Databases is how many of the numbered databases random scripts use.
const Databases = 3

// keys are few, so that commands meet. They hold what keys may hold: nothing, any bytes, a hash tag, what looks like
// a number, a pattern or an option.
var keys = []string{"a", "b", "c", "{t}1", "{t}2", "10", "", "k\x00\r\n\xff", "nx", "h*[l]?o\\", strings.Repeat("long", 75)}

// Key returns a random key.
func (g *Gen) Key() string {
	if g.IntN(4) > 0 {
		return keys[g.IntN(4)]
	}
	return pick(g, keys)
}

// Keys returns from one to max random keys, with repetitions.
func (g *Gen) Keys(max int) []string {
	keys := make([]string, 1+g.IntN(max))
	for i := range keys {
		keys[i] = g.Key()
	}
	return keys
}

func pick[T any](g *Gen, from []T) T { return from[g.IntN(len(from))] }

// values are strings of the lengths and forms at which something changes: representations, headers, numbers.
var values = []string{
	"", "x", "hello", "ohmytext", "mynewtext", "\x00\r\n\xff", "0", "10", "-5", "100", "9999", "10000", "12345678901",
	"9223372036854775807", "-9223372036854775808", "9223372036854775806", "9223372036854775808", "-9223372036854775809",
	"1.5", "-0.25", "3.0e3", "1e300", "0.1", "inf", "nan", strings.Repeat("v", 44), strings.Repeat("v", 45),
	strings.Repeat("w", 64), strings.Repeat("x", 99), strings.Repeat("y", 100), strings.Repeat("z", 1000),
}

// Value returns a random value of a string.
func (g *Gen) Value() string {
	switch g.IntN(6) {
	case 0:
		return g.oddNumber()
	case 1:
		return strconv.Itoa(g.IntN(20000) - 10000)
	}
	return pick(g, values)
}

// oddNumbers are what is almost, or barely, a number. None of them is a small positive integer: as a time to live
// that would lapse while the script runs, and as a point in time it would make SET store what has expired already,
// which counts as a key until somebody or something meets it.
var oddNumbers = []string{
	"0", "-1", "-2", "-5", "-100", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
	"-9223372036854775809", "18446744073709551615", "18446744073709551616", "9223372036854775", "9223372036854776",
	"-9223372036854775", "-9223372036854776", "9000000000000000", "-2147483649", "9300000000000",
	"100000000000000000000", "+5", " 5", "5 ", "5\x00", "007", "-0", "-05", "--5", "+", "-", "", " ", "abc", "0x10", "1e5", "5.0", "1.",
	".5", "inf", "-inf", "nan", "1e400", "-1e-400", "1e5000", "٣",
}

func (g *Gen) oddNumber() string { return pick(g, oddNumbers) }

// Int returns a random integer argument that is not a time: mostly small, sometimes odd.
func (g *Gen) Int() string {
	switch g.IntN(5) {
	case 0:
		return g.oddNumber()
	case 1:
		return pick(g, []string{"2147483647", "2147483648", "4294967296", strconv.FormatInt(int64(g.Uint64()), 10)})
	}
	return strconv.Itoa(g.IntN(61) - 20)
}

// Float returns a random floating-point argument.
func (g *Gen) Float() string {
	switch g.IntN(5) {
	case 0:
		return g.oddNumber()
	case 1:
		return strconv.FormatFloat(g.NormFloat64()*1e6, 'g', -1, 64)
	case 2:
		return strconv.FormatFloat(g.NormFloat64(), 'f', g.IntN(18), 64)
	}
	return pick(g, []string{"1", "-1", "0.1", "-0.1", "1.5", "3.0e3", "1e17", "1e-17", "100", "0.3", "5.0e3"})
}

// TTL returns a time to live in seconds, or milliseconds, that no other of the script comes near to: of two
// expirations it is never the clock that decides which is later.
func (g *Gen) TTL(milliseconds bool) string {
	g.ttl += 10
	if milliseconds {
		return strconv.FormatInt(g.ttl*1000, 10)
	}
	return strconv.FormatInt(g.ttl, 10)
}

// Time returns a point in time in seconds, or milliseconds: one of a few in the future, so that they may be equal.
func (g *Gen) Time(milliseconds bool) string {
	at := g.base + 100000*int64(1+g.IntN(4))
	if milliseconds {
		return strconv.FormatInt(at*1000+int64(g.IntN(2)*500), 10)
	}
	return strconv.FormatInt(at, 10)
}

// Case returns a word in random case.
func (g *Gen) Case(word string) string {
	switch g.IntN(4) {
	case 0:
		return strings.ToUpper(word)
	case 1:
		b := []byte(word)
		for i, ch := range b {
			if g.IntN(2) == 0 && 'a' <= ch && ch <= 'z' {
				b[i] = ch - 'a' + 'A'
			}
		}
		return string(b)
	}
	return word
}

// Past returns a point in time that has passed, in seconds or milliseconds.
func (g *Gen) Past() string { return pick(g, []string{"1", "1000", "999999999"}) }

// Options returns a random choice of the given options in random order, sometimes with one twice. Their first words
// take any case.
func (g *Gen) Options(options ...[]string) []string {
	var out []string
	n := g.IntN(3)
	if g.IntN(8) == 0 {
		n = g.IntN(len(options) + 2)
	}
	for range n {
		option := pick(g, options)
		out = append(out, g.Case(option[0]))
		out = append(out, option[1:]...)
	}
	return out
}

// options are words of commands of all kinds.
var options = []string{
	"nx", "xx", "gt", "lt", "get", "ex", "px", "exat", "pxat", "keepttl", "persist", "match", "count", "type", "replace",
	"left", "right", "before", "rank", "maxlen", "db", "len", "idx", "minmatchlen", "withmatchlen", "async", "sync", "samples", "filterby", "aclcat", "pattern", "module",
	"on", "off", "auth", "setname", "lib-name", "id", "3", "*",
}

// Argument returns an argument that may or may not make sense: an option, a number, a key or a value.
func (g *Gen) Argument() string {
	switch g.IntN(4) {
	case 0:
		return g.Case(pick(g, options))
	case 1:
		return g.Int()
	case 2:
		return g.Key()
	}
	return g.Value()
}

// Mutate spoils a command: an argument too few, one too many, or one that is out of place.
func (g *Gen) Mutate(args []string) []string {
	args = append([]string(nil), args...)
	switch g.IntN(4) {
	case 0:
		return args[:1+g.IntN(len(args))]
	case 1:
		return append(args, pick(g, []string{"a", "nx", "", "get", "0"}))
	case 2:
		if len(args) > 2 {
			args[2+g.IntN(len(args)-2)] = g.oddNumber()
		}
		return args
	}
	at := 1 + g.IntN(len(args))
	return append(args[:at], append([]string{pick(g, []string{"b", "EX", "xx", "-1"})}, args[at:]...)...)
}

// Weighted is a generator of commands and how often it is chosen among others.
type Weighted struct {
	Weight   int
	Generate func(g *Gen) Command
}

// Group is a set of generators, usually those of one data type's commands.
type Group []Weighted

// Data returns the groups of all data types and of keys. Not among them are [Sorts], after which Redis keeps an encoding
// that it need not, and [Transactions].
func Data() []Group {
	return []Group{Strings(), Bitmaps(), Hashes(), HyperLogLogs(1), Lists(), Sets(), SortedSets(), Geo(), Keyspace()}
}

// Script returns a function that writes scripts of up to max commands drawn from the groups, some of them spoilt, and
// ends them with an audit.
func Script(max int, groups ...Group) func(*Gen) []Command {
	var all []func(*Gen) Command
	for _, group := range groups {
		for _, w := range group {
			for range w.Weight {
				all = append(all, w.Generate)
			}
		}
	}
	return func(g *Gen) []Command {
		script := make([]Command, 0, max+len(keys)*16)
		for range 1 + g.IntN(max) {
			c := pick(g, all)(g)
			if g.IntN(20) == 0 && !c.intact {
				c = c.with(g.Mutate(c.Args))
			}
			script = append(script, c)
		}
		return withDenserValues(append(script, Audit()...))
	}
}

// withDenserValues makes allowance for encodings that commands of a script leave behind. Where SDIFFSTORE collects the
// whole first set before it takes the others' members away, Redis keeps the encoding that the first set needed, and SORT
// makes a sorted set that it reads a large one.
func withDenserValues(script []Command) []Command {
	has := func(name string) bool {
		return slices.ContainsFunc(script, func(c Command) bool { return strings.EqualFold(c.Args[0], name) })
	}
	denser := make(map[string]string)
	if has("sdiffstore") {
		denser["hashtable"] = "intset"
	}
	if has("sort") || has("sort_ro") {
		denser["skiplist"] = "listpack"
	}
	if len(denser) == 0 {
		return script
	}
	for i, c := range script {
		if len(c.Args) > 1 && strings.EqualFold(c.Args[0], "object") && strings.EqualFold(c.Args[1], "encoding") {
			script[i].Mode = SameOrDenser(denser)
		}
	}
	return script
}

// Audit returns commands that read back everything: in each database that scripts use, the keys and of each key the
// type, the encoding, the expiration and the value.
func Audit() []Command {
	var script []Command
	for db := range Databases {
		script = append(script, Cmd("SELECT", strconv.Itoa(db)), Cmd("DBSIZE"), Cmd("KEYS", "*").By(Unordered))
		for _, key := range keys {
			script = append(script,
				Cmd("TYPE", key), Cmd("GET", key), Cmd("HGETALL", key).By(UnorderedPairs), Cmd("SMEMBERS", key).By(Unordered),
				Cmd("ZRANGE", key, "0", "-1", "WITHSCORES"), Cmd("LRANGE", key, "0", "-1"),
				Cmd("OBJECT", "ENCODING", key), Cmd("PEXPIRETIME", key).By(nearMillis))
		}
	}
	return script
}

// What a second server may be late by. Larger would hide mistakes; a machine that is busier than this makes a report
// that a second run clears.
var (
	nearMillis  = Near(5000)
	nearSeconds = Near(5)
)
