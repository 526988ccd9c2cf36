package datatypes_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
)

// turnCase is an operation on the key "k" that would keep everybody from its shard for long.
type turnCase struct {
	name   string
	fill   func(t *testing.T, f *fixture)
	op     func(f *fixture, v keyspace.View) (any, error)
	want   any // what the operation returns
	left   any // what the key holds then
	dst    any // what the key "dst" holds then
	event  string
	shards int  // zero: one
	turns  int  // at least
	reads  bool // so that others may have the key meanwhile
}

// chance is what is left where chance decides, which the operation itself then looks at.
const chance = chanceLeft(0)

type chanceLeft int

// content returns what a key holds, in order where there is one.
func (f *fixture) content(t *testing.T, key string) any {
	t.Helper()
	typ, ok, err := f.keys.Type(key)
	if err != nil || !ok {
		return nil
	}
	switch typ {
	case datatypes.TypeSortedSet:
		scored, err := datatypes.NewSortedSets(f.view).AppendRange(nil, key, datatypes.ByRank(0, -1))
		if err != nil {
			t.Error(err)
		}
		return scored
	case datatypes.TypeSet:
		return slices.Sorted(datatypes.NewSets(f.view).Members(key))
	case datatypes.TypeList:
		values, err := f.lists.Range(key, 0, -1)
		if err != nil {
			t.Error(err)
		}
		return texts(values)
	case datatypes.TypeHash:
		fields := map[string]string{}
		for name, value := range datatypes.NewHashes(f.view).All(key) {
			fields[name] = string(value)
		}
		return fields
	}
	value, _, err := f.Get(key)
	if err != nil {
		t.Error(err)
	}
	return string(value)
}

// TestTurns has long operations let others use the shard, while nobody sees a part of what they do, and compares their
// effect with a model. Within a transaction they have the same effect with no turns for others.
func TestTurns(t *testing.T) {
	t.Parallel()
	for _, c := range turnCases(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var f *fixture
			turns, running := 0, false // the operation, not what looks at the effect
			onTurn := func() {
				if !running {
					return
				}
				turns++
				if _, err := f.Set("other", fmt.Append(nil, turns), datatypes.SetOptions{}); err != nil {
					t.Error(err)
				}
				if got, _, err := f.Get("other"); err != nil || string(got) != fmt.Sprint(turns) {
					t.Errorf("another key has %q, %v", got, err)
				}
				_, err := datatypes.NewKeys(f.view.ShortOnly()).Exists("k")
				if c.reads != (err == nil) || err != nil && !errors.Is(err, datatypes.ErrLong) {
					t.Errorf("turn %d: the key can be used: %v", turns, err)
				}
			}
			f = newFixture(t, keyspace.Options{Shards: max(c.shards, 1), OnTurn: onTurn})
			c.fill(t, f)
			var events []string
			defer f.ks.Listen(func(e keyspace.Event) {
				if e.Key == "k" {
					events = append(events, e.Name)
				}
			})()
			running = true
			if _, err := c.op(f, f.view.ShortOnly()); !errors.Is(err, datatypes.ErrLong) || turns > 0 {
				t.Errorf("an operation without time returns %v after %d turns", err, turns)
			}
			got, err := c.op(f, f.view)
			running = false
			if turns < c.turns {
				t.Errorf("%d turns, want at least %d", turns, c.turns)
			}
			c.check(t, f, got, err, events)

			f.keys.Del("k", "dst")
			c.fill(t, f)
			turns, events, running = 0, nil, true
			tx, err := f.view.BeginAll()
			if err != nil {
				t.Fatal(err)
			}
			got, err = c.op(f, tx.View(f.view))
			running = false
			tx.End()
			if turns > 0 {
				t.Errorf("%d turns within a transaction", turns)
			}
			c.check(t, f, got, err, events)
		})
	}
}

func (c *turnCase) check(t *testing.T, f *fixture, got any, err error, events []string) {
	t.Helper()
	if err != nil || !reflect.DeepEqual(got, c.want) {
		t.Errorf("returned %.200v, %v, want %.200v", got, err, c.want)
	}
	if left := f.content(t, "k"); c.left != any(chance) && !reflect.DeepEqual(left, c.left) {
		t.Errorf("leaves %.200v, want %.200v", left, c.left)
	}
	if dst := f.content(t, "dst"); !reflect.DeepEqual(dst, c.dst) {
		t.Errorf("stores %.200v, want %.200v", dst, c.dst)
	}
	want := []string{c.event}
	switch {
	case c.event == "":
		want = nil
	case c.left == nil && c.event != "rename_from":
		want = append(want, "del")
	}
	if !slices.Equal(events, want) {
		t.Errorf("events %q, want %q", events, want)
	}
}

func turnCases(t *testing.T) []turnCase {
	return slices.Concat(sortedTurnCases(), setTurnCases(), listTurnCases(), copyTurnCases(t), geoTurnCases(t), bitTurnCases(), lengthenTurnCases(), sortTurnCases(t))
}

// bitTurnCases combine a long bitmap with a shorter one, an integer and, where others hold it, the result.
func bitTurnCases() (cases []turnCase) {
	long, short := make([]byte, 3<<20+5), make([]byte, 1<<20)
	for i := range long {
		long[i] = byte(i * i >> 3)
	}
	for i := range short {
		short[i] = byte(i >> 4)
	}
	fill := func(t *testing.T, f *fixture) {
		for key, value := range map[string][]byte{"k": long, "short": short, "number": []byte("12345"), "dst": long[1:]} {
			if _, err := f.Set(key, value, datatypes.SetOptions{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, op := range map[string]datatypes.BitOp{
		"AND": datatypes.BitAnd, "OR": datatypes.BitOr, "XOR": datatypes.BitXor, "NOT": datatypes.BitNot,
	} {
		from := map[string][]byte{"k": long, "short": short, "number": []byte("12345"), "dst": long[1:]}
		keys := []string{"short", "k", "number", "dst"}
		if op == datatypes.BitNot {
			keys = []string{"k"}
		}
		want := make([]byte, len(long))
		for i := range want {
			for j, key := range keys {
				var b byte
				if p := from[key]; i < len(p) {
					b = p[i]
				}
				switch {
				case op == datatypes.BitNot:
					want[i] = ^b
				case j == 0:
					want[i] = b
				case op == datatypes.BitAnd:
					want[i] &= b
				case op == datatypes.BitOr:
					want[i] |= b
				default:
					want[i] ^= b
				}
			}
		}
		cases = append(cases, turnCase{
			name: "BITOP " + name, fill: fill, reads: true, turns: 20, want: len(long), left: string(long), dst: string(want),
			op: func(_ *fixture, v keyspace.View) (any, error) { return datatypes.NewBitmaps(v).Op(op, "dst", keys...) },
		})
	}
	return cases
}

// lengthenTurnCases make a long string longer.
func lengthenTurnCases() []turnCase {
	const length, more = 3 << 20, 2 << 20
	long, added := make([]byte, length), make([]byte, more)
	for i := range long {
		long[i] = byte(i * i >> 3)
	}
	for i := range added {
		added[i] = byte(i >> 4)
	}
	fill := func(t *testing.T, f *fixture) {
		if _, err := f.Set("k", long, datatypes.SetOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	empty := func(*testing.T, *fixture) {}
	return []turnCase{
		{
			name: "APPEND", fill: fill, turns: 20, event: "append", want: length + more, left: string(slices.Concat(long, added)),
			op: func(_ *fixture, v keyspace.View) (any, error) { return datatypes.NewStrings(v).Append("k", added) },
		},
		{
			name: "SETRANGE", fill: fill, turns: 20, event: "setrange", want: length + more + 3,
			left: string(slices.Concat(long, make([]byte, more), []byte("end"))),
			op: func(_ *fixture, v keyspace.View) (any, error) {
				return datatypes.NewStrings(v).SetRange("k", length+more, []byte("end"))
			},
		},
		{
			name: "BITFIELD of nothing", fill: empty, turns: 20, event: "setbit",
			want: []datatypes.FieldResult{{Value: 0, OK: true}, {Value: 64, OK: true}}, left: string(make([]byte, length)) + "\x40",
			op: func(_ *fixture, v keyspace.View) (any, error) {
				u8 := datatypes.FieldOp{Action: datatypes.FieldSet, Type: datatypes.FieldType{Bits: 8}, Offset: 8 * length, Value: 64}
				get := u8
				get.Action = datatypes.FieldGet
				return datatypes.NewBitmaps(v).Field("k", u8, get)
			},
		}, {
			name: "SETBIT of nothing", fill: empty, turns: 20, event: "setbit", want: false, left: string(make([]byte, length)) + "\x40",
			op: func(_ *fixture, v keyspace.View) (any, error) {
				return datatypes.NewBitmaps(v).Set("k", 8*length+1, true)
			},
		},
	}
}

// sortTurnCases sort a large collection of each type.
func sortTurnCases(t *testing.T) (cases []turnCase) {
	for _, typ := range []string{"set", "sorted set", "list"} {
		model := open(t)
		largeValues[typ](t, model, "k")
		held := model.content(t, "k")
		var want []string
		switch held := held.(type) {
		case []string:
			want = slices.Clone(held)
		case []datatypes.Scored:
			for _, m := range held {
				want = append(want, m.Member)
			}
		}
		unsorted := slices.Clone(want)
		slices.Sort(want)
		fill := func(t *testing.T, f *fixture) { largeValues[typ](t, f, "k") }
		sort := func(o datatypes.SortOptions) func(_ *fixture, v keyspace.View) (any, error) {
			return func(_ *fixture, v keyspace.View) (any, error) {
				values, err := datatypes.NewKeys(v).Sort("k", o)
				return texts(values), err
			}
		}
		store := func(dst string, o datatypes.SortOptions) func(_ *fixture, v keyspace.View) (any, error) {
			return func(_ *fixture, v keyspace.View) (any, error) { return datatypes.NewKeys(v).SortStore(dst, "k", o) }
		}
		follow := datatypes.SortOptions{Alpha: true, By: "w*", Get: []string{"#", "w*"}}
		fillAll := func(t *testing.T, f *fixture) {
			fill(t, f)
			for i, e := range unsorted {
				if _, err := f.Set("w"+e, fmt.Appendf(nil, "%06d", i), datatypes.SetOptions{}); err != nil {
					t.Fatal(err)
				}
			}
		}
		var followed []string
		for i, e := range unsorted {
			followed = append(followed, e, fmt.Sprintf("%06d", i))
		}
		cases = append(cases, turnCase{
			name: "SORT of a " + typ, fill: fill, reads: true, turns: many / 1000, want: want, left: held,
			op: sort(datatypes.SortOptions{Alpha: true}),
		}, turnCase{
			name: "SORT by weights of a " + typ, fill: fillAll, reads: true, turns: many / 100, want: followed, left: held, op: sort(follow),
		}, turnCase{
			name: "SORT STORE of a " + typ, fill: fill, reads: true, turns: many / 500, want: len(want), left: held, dst: want,
			op: store("dst", datatypes.SortOptions{Alpha: true}),
		}, turnCase{
			name: "SORT STORE by weights of a " + typ, fill: fillAll, reads: true, turns: many / 100, want: len(followed), left: held, dst: followed,
			op: store("dst", follow),
		}, turnCase{
			name: "SORT STORE in place of a " + typ, fill: fill, reads: true, turns: many / 500, want: len(want), left: want, event: "sortstore",
			op: store("k", datatypes.SortOptions{Alpha: true}),
		})
		if typ != "set" {
			const skipped, some = 100, 6000
			reversed := slices.Clone(unsorted)
			slices.Reverse(reversed)
			cases = append(cases, turnCase{
				name: "SORT BY nosort of a " + typ, fill: fill, reads: true, turns: 5, want: reversed[skipped : skipped+some], left: held,
				op: sort(datatypes.SortOptions{Unsorted: true, Desc: true, Offset: skipped, Count: some}),
			})
		}
	}
	return cases
}

// geoTurnCases search an area that has nearly all members, which lie in a row.
func geoTurnCases(t *testing.T) []turnCase {
	const beyond = 10
	place := func(i int) string { return fmt.Sprint("place:", i) }
	near := make([]string, many-beyond)
	for i := range near {
		near[i] = place(i)
	}
	fill := func(t *testing.T, f *fixture) {
		for i := range many {
			p := datatypes.Located{Member: place(i), Position: datatypes.Position{Longitude: float64(i) / many}}
			if _, err := datatypes.NewGeo(f.view).Add("k", p); err != nil {
				t.Fatal(err)
			}
		}
	}
	model := open(t)
	fill(t, model)
	held := model.content(t, "k").([]datatypes.Scored)
	radius, _, err := datatypes.NewGeo(model.view).Distance("k", near[0], near[len(near)-1])
	if err != nil {
		t.Fatal(err)
	}
	q := datatypes.GeoSearch{Center: datatypes.AtMember(near[0]), Radius: radius + 1, Order: datatypes.Nearest}
	found := slices.DeleteFunc(slices.Clone(held), func(m datatypes.Scored) bool { return !slices.Contains(near, m.Member) })
	return []turnCase{
		{
			name: "GEOSEARCH", fill: fill, reads: true, turns: many / 1000, want: near, left: held,
			op: func(_ *fixture, v keyspace.View) (any, error) {
				found, err := datatypes.NewGeo(v).Search("k", q)
				names := make([]string, len(found))
				for i, f := range found {
					names[i] = f.Member
				}
				return names, err
			},
		},
		{
			name: "GEOSEARCHSTORE", fill: fill, reads: true, turns: many / 500, want: len(found), left: held, dst: found,
			op: func(_ *fixture, v keyspace.View) (any, error) {
				return datatypes.NewGeo(v).SearchStore("dst", "k", q, datatypes.GeoStoreOptions{})
			},
		},
	}
}

// largeValues fill a key with a large value of each type.
var largeValues = map[string]func(t *testing.T, f *fixture, key string){
	"set": func(t *testing.T, f *fixture, key string) {
		fillSet(t, datatypes.NewSets(f.view), key, 0, many, "member:%d")
	},
	"sorted set": func(t *testing.T, f *fixture, key string) {
		fillSorted(t, datatypes.NewSortedSets(f.view), key, 0, many, 1)
	},
	"hash": func(t *testing.T, f *fixture, key string) {
		for i := range many {
			field := datatypes.Field{Name: fmt.Sprint("field:", i), Value: fmt.Append(nil, i)}
			if _, err := datatypes.NewHashes(f.view).Set(key, field); err != nil {
				t.Fatal(err)
			}
		}
	},
	"list": func(t *testing.T, f *fixture, key string) {
		for i := range many {
			if _, err := f.lists.RPush(key, fmt.Appendf(nil, "element:%0200d", i)); err != nil {
				t.Fatal(err)
			}
		}
	},
	"string": func(t *testing.T, f *fixture, key string) {
		value := make([]byte, 3<<20)
		for i := range value {
			value[i] = byte(i * i >> 7)
		}
		if _, err := f.Set(key, value, datatypes.SetOptions{}); err != nil {
			t.Fatal(err)
		}
	},
}

func copyTurnCases(t *testing.T) (cases []turnCase) {
	for typ, fill := range largeValues {
		// What the key is to hold is what it holds when it is filled.
		model := open(t)
		fill(t, model, "k")
		held := model.content(t, "k")
		k := func(t *testing.T, f *fixture) { fill(t, f, "k") }
		cases = append(cases, turnCase{
			name: "COPY of a " + typ, fill: k, turns: 5, reads: true, want: true, left: held, dst: held,
			op: func(f *fixture, v keyspace.View) (any, error) {
				return datatypes.NewKeys(v).Copy("k", "dst", datatypes.CopyOptions{Replace: true})
			},
		}, turnCase{
			name: "RENAME of a " + typ, shards: 8, fill: k, turns: 5, reads: true, event: "rename_from", left: nil, dst: held,
			op: func(f *fixture, v keyspace.View) (any, error) { return nil, datatypes.NewKeys(v).Rename("k", "dst") },
		})
	}
	return cases
}

func setTurnCases() []turnCase {
	all := make([]string, many)
	for i := range all {
		all[i] = fmt.Sprintf("member:%06d", i)
	}
	fill := func(t *testing.T, f *fixture) {
		if _, err := datatypes.NewSets(f.view).Add("k", all...); err != nil {
			t.Fatal(err)
		}
	}
	// Popped members and those that are left are, together, what was there.
	pop := func(n int) func(f *fixture, v keyspace.View) (any, error) {
		return func(f *fixture, v keyspace.View) (any, error) {
			popped, err := datatypes.NewSets(v).PopN("k", n)
			if err != nil || len(popped) != n {
				return len(popped), err
			}
			popped = slices.AppendSeq(popped, datatypes.NewSets(v).Members("k"))
			slices.Sort(popped)
			return popped, nil
		}
	}
	return []turnCase{
		{name: "SPOP of a part", fill: fill, event: "spop", turns: 10, op: pop(many / 2), want: all, left: chance},
		{name: "SPOP of most", fill: fill, event: "spop", turns: 20, op: pop(many - 10), want: all, left: chance},
		{name: "SPOP of all", fill: fill, event: "spop", turns: 20, op: pop(many), want: all, left: nil},
	}
}

func listTurnCases() []turnCase {
	all := make([]string, many)
	values := make([][]byte, many)
	for i := range all {
		all[i] = fmt.Sprintf("element:%06d", i)
		values[i] = []byte(all[i])
	}
	reversed := slices.Clone(all)
	slices.Reverse(reversed)
	fill := func(t *testing.T, f *fixture) {
		if _, err := f.lists.RPush("k", values...); err != nil {
			t.Fatal(err)
		}
	}
	popped := func(values [][]byte, ok bool, err error) (any, error) {
		if !ok {
			return nil, err
		}
		return texts(values), err
	}
	trim := func(start, stop int) func(f *fixture, v keyspace.View) (any, error) {
		return func(f *fixture, v keyspace.View) (any, error) {
			return nil, datatypes.NewLists(v).Trim("k", start, stop)
		}
	}
	const part = 10_000
	return append(listSearchCases(), []turnCase{
		{
			name: "LPOP", fill: fill, event: "lpop", turns: part / 1000, want: all[:part], left: all[part:],
			op: func(f *fixture, v keyspace.View) (any, error) { return popped(datatypes.NewLists(v).LPopN("k", part)) },
		},
		{
			name: "RPOP of all", fill: fill, event: "rpop", turns: many / 1000, want: reversed, left: nil,
			op: func(f *fixture, v keyspace.View) (any, error) {
				return popped(datatypes.NewLists(v).RPopN("k", many+1))
			},
		},
		{
			name: "LMPOP", fill: fill, event: "rpop", turns: part / 1000, want: reversed[:part], left: all[:many-part],
			op: func(f *fixture, v keyspace.View) (any, error) {
				p, err := datatypes.NewLists(v).MPop(datatypes.Right, part, "none", "k")
				return popped(p.Values, p.Key == "k", err)
			},
		},
		{name: "LTRIM at both ends", fill: fill, event: "ltrim", turns: part / 1000, op: trim(part/2, -part/2-1), left: all[part/2 : many-part/2]},
		{name: "LTRIM at the left", fill: fill, event: "ltrim", turns: part / 1000, op: trim(-10, -1), left: all[many-10:]},
		{name: "LTRIM at the right", fill: fill, event: "ltrim", turns: part / 1000, op: trim(0, 2), left: all[:3]},
	}...)
}

// listSearchCases are operations that look for elements of a list of long ones, of which the last hundred are equal.
func listSearchCases() []turnCase {
	const equal = 100
	all := make([]string, many)
	values := make([][]byte, many)
	indexes := make([]int, equal)
	for i := range all {
		all[i] = fmt.Sprintf("element:%0300d", min(i, many-equal))
		values[i] = []byte(all[i])
		if nth := i - (many - equal); nth >= 0 {
			indexes[nth] = i
		}
	}
	sought, first := values[many-1], []byte(all[0])
	fill := func(t *testing.T, f *fixture) {
		if _, err := f.lists.RPush("k", values...); err != nil {
			t.Fatal(err)
		}
	}
	remove := func(count int, value []byte) func(f *fixture, v keyspace.View) (any, error) {
		return func(f *fixture, v keyspace.View) (any, error) { return datatypes.NewLists(v).Remove("k", count, value) }
	}
	pos := func(value []byte, o datatypes.PosOptions) func(f *fixture, v keyspace.View) (any, error) {
		return func(f *fixture, v keyspace.View) (any, error) { return datatypes.NewLists(v).Pos("k", value, o) }
	}
	insert := func(pivot []byte) func(f *fixture, v keyspace.View) (any, error) {
		return func(f *fixture, v keyspace.View) (any, error) {
			return datatypes.NewLists(v).Insert("k", true, pivot, []byte("new"))
		}
	}
	none := []byte("none")
	reversed := slices.Clone(indexes)
	slices.Reverse(reversed)
	return []turnCase{
		{name: "LREM", fill: fill, event: "lrem", turns: 10, op: remove(3, sought), want: 3, left: all[:many-3]},
		{name: "LREM of all", fill: fill, event: "lrem", turns: 10, op: remove(0, sought), want: equal, left: all[:many-equal]},
		{name: "LREM from the right", fill: fill, event: "lrem", turns: 10, op: remove(-1, first), want: 1, left: all[1:]},
		{name: "LREM of nothing", fill: fill, turns: 10, op: remove(0, none), want: 0, left: all},
		{name: "LINSERT", fill: fill, event: "linsert", turns: 5, op: insert(sought), want: many + 1,
			left: slices.Concat(all[:many-equal], []string{"new"}, all[many-equal:])},
		{name: "LINSERT nowhere", fill: fill, turns: 5, op: insert(none), want: -1, left: all},
		{name: "LPOS", fill: fill, reads: true, turns: 5, left: all,
			op: pos(sought, datatypes.PosOptions{Count: 1}), want: indexes[:1]},
		{name: "LPOS of all", fill: fill, reads: true, turns: 1, left: all,
			op: pos(sought, datatypes.PosOptions{}), want: indexes},
		{name: "LPOS from the right", fill: fill, reads: true, turns: 1, left: all,
			op: pos(first, datatypes.PosOptions{Rank: -1}), want: []int{0}},
		{name: "LPOS of a rank", fill: fill, reads: true, turns: 1, left: all,
			op: pos(sought, datatypes.PosOptions{Rank: 3, Count: 5, MaxLen: many - 1}), want: indexes[2:7]},
		{name: "LPOS of nothing", fill: fill, reads: true, turns: 5, left: all,
			op: pos(none, datatypes.PosOptions{Count: 1}), want: []int(nil)},
	}
}

func sortedTurnCases() []turnCase {
	scored := make([]datatypes.Scored, many)
	for i := range scored {
		scored[i] = datatypes.Scored{Member: fmt.Sprintf("member:%06d", i), Score: float64(i)}
	}
	fillScored := func(t *testing.T, f *fixture) {
		for some := range slices.Chunk(scored, 1000) {
			if _, err := datatypes.NewSortedSets(f.view).Add("k", some...); err != nil {
				t.Fatal(err)
			}
		}
	}
	removeRange := func(r datatypes.Range) func(f *fixture, v keyspace.View) (any, error) {
		return func(f *fixture, v keyspace.View) (any, error) { return datatypes.NewSortedSets(v).RemoveRange("k", r) }
	}
	reversed := slices.Clone(scored)
	slices.Reverse(reversed)
	const kept = 10
	return []turnCase{
		{
			name: "ZREMRANGEBYRANK", fill: fillScored, event: "zremrangebyrank", turns: many / 200,
			op:   removeRange(datatypes.ByRank(kept, many-kept-1)),
			want: many - 2*kept, left: slices.Concat(scored[:kept], scored[many-kept:]),
		},
		{
			name: "ZREMRANGEBYSCORE", fill: fillScored, event: "zremrangebyscore", turns: many / 200,
			op:   removeRange(datatypes.ByScore(datatypes.ScoreBound{Score: 0}, datatypes.ScoreBound{Score: many - kept - 1})),
			want: many - kept, left: scored[many-kept:],
		},
		{
			name: "ZPOPMIN", fill: fillScored, event: "zpopmin", turns: many / 200,
			op: func(f *fixture, v keyspace.View) (any, error) {
				return datatypes.NewSortedSets(v).PopMin("k", many-kept)
			},
			want: scored[:many-kept], left: scored[many-kept:],
		},
		{
			name: "ZPOPMAX of all", fill: fillScored, event: "zpopmax", turns: many / 200,
			op:   func(f *fixture, v keyspace.View) (any, error) { return datatypes.NewSortedSets(v).PopMax("k", many) },
			want: reversed, left: nil,
		},
		{
			name: "ZMPOP", fill: fillScored, event: "zpopmax", turns: many / 200,
			op: func(f *fixture, v keyspace.View) (any, error) {
				key, popped, ok, err := datatypes.NewSortedSets(v).PopFirst(many-kept, true, "none", "k")
				if key != "k" || !ok {
					return key, err
				}
				return popped, err
			},
			want: reversed[:many-kept], left: scored[:kept],
		},
	}
}
