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
	became, err := f.sets.Expire(key, ttl, datatypes.ExpireAlways, member)
	if err != nil || (became[0] != datatypes.ExpireMissing) != want {
		t.Errorf("Expire of %q: %v, %v", member, became, err)
	}
}

func (f *setFixture) memberTTL(t testing.TB, key, member string) time.Duration {
	t.Helper()
	ttl, ok, err := f.sets.TTL(key, member)
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
	wantPersisted := func(key string, want ...datatypes.ExpireResult) {
		t.Helper()
		became, err := f.sets.Persist(key, "a", "nomember")
		if !slices.Equal(became, want) || err != nil {
			t.Errorf("Persist in %s: %v, %v; want %v", key, became, err, want)
		}
	}
	wantPersisted("l", datatypes.ExpireDone, datatypes.ExpireMissing)
	wantPersisted("l", datatypes.ExpireNoTTL, datatypes.ExpireMissing)
	wantPersisted("nokey", datatypes.ExpireMissing, datatypes.ExpireMissing)
	f.clock.advance(3 * second)
	f.want(t, "l", "a b")
	f.want(t, "m", "b")
	if _, err := f.sets.ExpireAt("l", time.Unix(1<<60, 0), datatypes.ExpireAlways, "a"); err != datatypes.ErrInvalidExpire {
		t.Errorf("a time too far away: %v", err)
	}
	became, err := f.sets.ExpireAt("l", at(0), datatypes.ExpireAlways, "a", "nomember", "a")
	gone := []datatypes.ExpireResult{datatypes.ExpireDeleted, datatypes.ExpireMissing, datatypes.ExpireMissing}
	if !slices.Equal(became, gone) || err != nil {
		t.Errorf("a time that has passed: %v, %v", became, err)
	}
	f.want(t, "l", "b")
}

// TestMembersExpireIf: each condition is held against the expiry of each member, and one that excludes another is an
// error.
func TestMembersExpireIf(t *testing.T) {
	eachSetEncoding(t, func(t *testing.T, f *setFixture) {
		const missing, refused, done = datatypes.ExpireMissing, datatypes.ExpireRefused, datatypes.ExpireDone
		f.add(t, "k", "1", "2")
		wantExpire := func(ttl time.Duration, c datatypes.ExpireCond, want ...datatypes.ExpireResult) {
			t.Helper()
			became, err := f.sets.Expire("k", ttl, c, "1", "2", "7")
			if !slices.Equal(became, want) || err != nil {
				t.Errorf("in %v if %v: %v, %v; want %v", ttl, c, became, err, want)
			}
		}
		before := f.encoding(t, "k")
		wantExpire(second, datatypes.ExpireXX, refused, refused, missing)
		wantExpire(second, datatypes.ExpireGT, refused, refused, missing)
		if got := f.encoding(t, "k"); got != before {
			t.Errorf("a %s became a %s although no member expires", before, got)
		}
		f.expire(t, "k", "1", 5*second, true)
		wantExpire(2*second, datatypes.ExpireNX, refused, done, missing)
		wantExpire(3*second, datatypes.ExpireGT, refused, done, missing)
		wantExpire(4*second, datatypes.ExpireLT, done, refused, missing)
		if one, two := f.memberTTL(t, "k", "1"), f.memberTTL(t, "k", "2"); one != 4*second || two != 3*second {
			t.Errorf("TTLs %v and %v", one, two)
		}
		if _, err := f.sets.Expire("k", second, datatypes.ExpireNX|datatypes.ExpireXX, "1"); err != datatypes.ErrConflict {
			t.Errorf("conditions that exclude each other: %v", err)
		}
	})
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
