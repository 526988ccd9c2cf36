package datatypes_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
)

func (f *setFixture) expire(t testing.TB, key, member string, ttl time.Duration, want bool) {
	t.Helper()
	if ok, err := f.sets.ExpireMember(key, member, ttl); ok != want || err != nil {
		t.Errorf("ExpireMember of %q: %v, %v", member, ok, err)
	}
}

func (f *setFixture) memberTTL(t testing.TB, key, member string) time.Duration {
	t.Helper()
	ttl, ok, err := f.sets.MemberTTL(key, member)
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		return missing
	}
	return ttl
}

// TestMembersExpire: a member whose time has come is in the set no more, for no
// operation.
func TestMembersExpire(t *testing.T) {
	eachSetEncoding(t, func(t *testing.T, f *setFixture) {
		setUp := func() {
			f.keys.Del("k", "l", "d")
			f.add(t, "k", "1", "2", "3")
			f.add(t, "l", "1", "2", "3", "4")
			f.expire(t, "k", "2", second, true)
			f.expire(t, "k", "7", second, false)
			if got := f.encoding(t, "k"); got != "hashtable" {
				t.Errorf("a set of which members expire is a %s", got)
			}
			f.clock.advance(second)
			if got := f.memberTTL(t, "k", "2"); got != 0 {
				t.Errorf("at the last moment: TTL %v", got)
			}
			f.clock.advance(time.Millisecond)
		}
		list := func(members []string, err error) string {
			if err != nil {
				t.Error(err)
			}
			slices.Sort(members)
			return strings.Join(members, " ")
		}
		count := func(n int, err error) string {
			if err != nil {
				t.Error(err)
			}
			return strconv.Itoa(n)
		}
		for name, look := range map[string]struct {
			do   func() string
			want string
		}{
			"Len":     {func() string { return count(f.sets.Len("k")) }, "2"},
			"Union":   {func() string { return list(f.sets.Union("k")) }, "1 3"},
			"Inter":   {func() string { return list(f.sets.Inter("l", "k")) }, "1 3"},
			"Diff":    {func() string { return list(f.sets.Diff("l", "k")) }, "2 4"},
			"Store":   {func() string { return count(f.sets.UnionStore("d", "k")) }, "2"},
			"PopN":    {func() string { return list(f.sets.PopN("k", 10)) }, "1 3"},
			"RandomN": {func() string { return list(f.sets.RandomN("k", 10)) }, "1 3"},
			"Scan": {func() string {
				scanned, _, err := f.sets.Scan("k", 0, datatypes.ElementScanOptions{})
				return list(scanned, err)
			}, "1 3"},
			"Contains": {func() string { ok, _ := f.sets.Contains("k", "2"); return strconv.FormatBool(ok) }, "false"},
			"Add":      {func() string { return count(f.sets.Add("k", "2")) }, "1"},
			"Remove":   {func() string { return count(f.sets.Remove("k", "2")) }, "0"},
			"Move":     {func() string { ok, _ := f.sets.Move("k", "d", "2"); return strconv.FormatBool(ok) }, "false"},
			"TTL":      {func() string { return f.memberTTL(t, "k", "2").String() }, missing.String()},
		} {
			setUp()
			if got := look.do(); got != look.want {
				t.Errorf("%s: %q, want %q", name, got, look.want)
			}
		}
	})
}

func TestMemberTTL(t *testing.T) {
	t.Parallel()
	f := openSets(t, keyspace.Options{})
	f.add(t, "k", "a", "b")
	if got := f.memberTTL(t, "k", "a"); got != datatypes.NoTTL {
		t.Errorf("without a TTL: %v", got)
	}
	f.expire(t, "k", "a", 5*second, true)
	if got := f.memberTTL(t, "k", "a"); got != 5*second {
		t.Errorf("TTL %v", got)
	}
	f.add(t, "k", "a")
	if got := f.memberTTL(t, "k", "a"); got != 5*second {
		t.Errorf("after it was added again: TTL %v", got)
	}
	f.expire(t, "k", "a", 2*second, true)
	f.keys.Rename("k", "l")
	if _, err := f.keys.Copy("l", "m", datatypes.CopyOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"l", "m"} {
		if got := f.memberTTL(t, key, "a"); got != 2*second {
			t.Errorf("in %s: TTL %v", key, got)
		}
	}
	for _, want := range []bool{true, false} {
		if ok, err := f.sets.PersistMember("l", "a"); ok != want || err != nil {
			t.Errorf("PersistMember: %v, %v", ok, err)
		}
	}
	if ok, err := f.sets.PersistMember("nokey", "a"); ok || err != nil {
		t.Errorf("PersistMember of nothing: %v, %v", ok, err)
	}
	f.clock.advance(3 * second)
	f.want(t, "l", "a b")
	f.want(t, "m", "b")
	if _, err := f.sets.ExpireMemberAt("l", "a", time.Unix(1<<60, 0)); err != datatypes.ErrInvalidExpire {
		t.Errorf("a time too far away: %v", err)
	}
	if ok, err := f.sets.ExpireMemberAt("l", "a", at(0)); !ok || err != nil {
		t.Errorf("a time that has passed: %v, %v", ok, err)
	}
	f.want(t, "l", "b")
}

// TestLastMemberExpires: the set goes with its last member, be it looked for or not.
func TestLastMemberExpires(t *testing.T) {
	t.Parallel()
	for _, ask := range []bool{true, false} {
		f := openSets(t, keyspace.Options{Shards: 1})
		var events []string
		cancel := f.ks.Listen(func(e keyspace.Event) { events = append(events, e.Name) })
		defer cancel()
		f.add(t, "k", integers(0, 1000)...)
		for i := range 1000 {
			f.expire(t, "k", strconv.Itoa(i), time.Duration(1+i%50)*second, true)
		}
		events = nil
		f.clock.advance(60 * second)
		if ask {
			f.want(t, "k", "")
		} else {
			for range 1000 {
				f.ks.Maintain()
			}
		}
		events = slices.Compact(events)
		if got := strings.Join(events, " "); got != "sexpired del" {
			t.Errorf("asked %v: events %s", ask, got)
		}
		for range 1000 {
			f.ks.Maintain()
		}
		if st := f.ks.Stats(); st.Keys != 0 || st.UsedBytes != 0 {
			t.Errorf("asked %v: left are %+v", ask, st)
		}
	}
}
