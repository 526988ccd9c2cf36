package datatypes_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
)

// TestSortedSetExpiry: members that have expired are neither seen nor counted, wherever they were
// in the order, and those without an expiry stay.
func TestSortedSetExpiry(t *testing.T) {
	t.Parallel()
	for _, n := range []int{20, 1000} {
		f := open(t)
		z := f.sortedSets()
		putSorted(t, f, "k", n)
		for i := range n {
			if i%3 == 0 {
				continue
			}
			ttl := time.Duration(i) * time.Second
			got, err := z.Expire("k", ttl, 0, fmt.Sprintf("member:%06d", i))
			if err != nil || got[0] != datatypes.ExpireDone {
				t.Fatalf("member %d: %v, %v", i, got, err)
			}
		}
		z.Add("k", datatypes.Scored{Member: "member:000004", Score: -1})
		if ttl, ok, err := z.TTL("k", "member:000004"); ttl != 4*time.Second || !ok || err != nil {
			t.Errorf("member 4, after its score changed: %v, %v, %v", ttl, ok, err)
		}
		if got, _ := z.Persist("k", "member:000005", "member:000006", "none"); !slices.Equal(got, []datatypes.ExpireResult{
			datatypes.ExpireDone, datatypes.ExpireNoTTL, datatypes.ExpireMissing}) {
			t.Errorf("Persist: %v", got)
		}
		alive := func(i, past int) bool { return i%3 == 0 || i == 5 || i >= past }
		for past := 0; past <= n; past += max(n/7, 1) {
			want := 0
			for i := range n {
				if alive(i, past) {
					want++
				}
			}
			if got, err := z.Len("k"); got != want || err != nil {
				t.Fatalf("%d of %d members after %d seconds, %v; want %d", got, n, past, err, want)
			}
			members, _ := z.AppendRange(nil, "k", datatypes.ByRank(0, -1))
			if len(members) != want || !slices.IsSortedFunc(members, compareScored) {
				t.Fatalf("%d members are listed, want %d", len(members), want)
			}
			for i, m := range members {
				if rank, _, ok, _ := z.Rank("k", m.Member); !ok || rank != i {
					t.Fatalf("%q is found at %d, %v; want %d", m.Member, rank, ok, i)
				}
			}
			f.clock.advance(time.Duration(max(n/7, 1)) * time.Second)
		}
		if _, err := f.keys.Copy("k", "{k}2", datatypes.CopyOptions{}); err != nil {
			t.Fatal(err)
		}
		f.keys.Del("k", "{k}2")
		leftOver(t, f)
	}
}

// TestSortedSetExpiryGone: a sorted set ends with its last member, whether anybody looks or not.
func TestSortedSetExpiryGone(t *testing.T) {
	t.Parallel()
	f := open(t)
	z := f.sortedSets()
	putSorted(t, f, "seen", 3)
	putSorted(t, f, "unseen", 3)
	names := []string{"member:000000", "member:000001", "member:000002"}
	for _, key := range []string{"seen", "unseen"} {
		if got, err := z.Expire(key, time.Second, 0, names...); err != nil || got[2] != datatypes.ExpireDone {
			t.Fatal(got, err)
		}
	}
	f.clock.advance(time.Minute)
	if n, err := z.Len("seen"); n != 0 || err != nil {
		t.Errorf("%d members, %v", n, err)
	}
	leftOver(t, f)
	if n, _ := f.keys.Len(); n != 0 {
		t.Errorf("%d keys are left", n)
	}
	putSorted(t, f, "k", 3)
	var events []string
	cancel := f.ks.Listen(func(e keyspace.Event) { events = append(events, e.Name) })
	got, err := z.Expire("k", 0, 0, "member:000001", "none", "member:000001")
	cancel()
	if err != nil || !slices.Equal(got, []datatypes.ExpireResult{datatypes.ExpireDeleted, datatypes.ExpireMissing, datatypes.ExpireMissing}) {
		t.Errorf("a time that has come: %v, %v", got, err)
	}
	if !slices.Equal(events, []string{"zexpired"}) {
		t.Errorf("events of a time that has come: %q", events)
	}
	if n, _ := z.Len("k"); n != 2 {
		t.Errorf("%d members are left", n)
	}
	if got, _ := z.ExpireAt("k", at(time.Hour), datatypes.ExpireXX, "member:000000"); got[0] != datatypes.ExpireRefused {
		t.Errorf("a condition that is not met: %v", got)
	}
}
