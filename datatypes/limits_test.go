package datatypes_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/larderkv/larder/datatypes"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	f := open(t)
	standard := datatypes.Limits{
		HashEntries: 512, HashValue: 64, SetIntset: 512, SetEntries: 128, SetValue: 64,
		ZSetEntries: 128, ZSetValue: 64, HLLSparse: 3000, ListSize: -2,
	}
	if got := datatypes.LimitsOf(f.view); got != standard {
		t.Errorf("defaults are %+v", got)
	}
	datatypes.SetLimits(f.view, datatypes.Limits{HashEntries: 7, SetIntset: datatypes.NoDense, ListSize: -5})
	want := standard
	want.HashEntries, want.SetIntset, want.ListSize = 7, datatypes.NoDense, -5
	if got := datatypes.LimitsOf(f.view); got != want {
		t.Errorf("limits are %+v, want %+v", got, want)
	}
	if l := f.ks.Limits(); l.HashEntries.Load() != 7 || l.SetIntset.Load() != 0 || l.ListSize.Load() != -5 {
		t.Errorf("the keyspace has others")
	}
	datatypes.SetLimits(f.view, standard)
	if got := datatypes.LimitsOf(f.view); got != standard {
		t.Errorf("limits are %+v again, want the defaults", got)
	}
	for _, bad := range []datatypes.Limits{{HashEntries: -2}, {ZSetValue: math.MinInt64}, {ListSize: math.MaxInt32 + 1}} {
		if err := bad.Validate(); !errors.Is(err, datatypes.ErrOptions) || !strings.Contains(err.Error(), "limit") {
			t.Errorf("%+v: error %v", bad, err)
		}
	}
	if err := (datatypes.Limits{ListSize: math.MinInt32}).Validate(); err != nil {
		t.Error(err)
	}
}
