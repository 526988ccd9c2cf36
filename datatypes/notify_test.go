package datatypes_test

import (
	"errors"
	"testing"

	"github.com/larderkv/larder/datatypes"
)

func TestNotifications(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "KEA": "AKE", "Kx": "xK", "g$lshzxetd": "A", "KEmn": "nKEm", "nmdzE": "zdnEm", "AKEmn": "AKEm", "A": "A", "mA": "Am", "EEE": "E",
	} {
		n, err := datatypes.ParseNotifications(text)
		if got := n.String(); err != nil || got != want {
			t.Errorf("%q is %q, %v, want %q", text, got, err, want)
		}
		if again, err := datatypes.ParseNotifications(n.String()); err != nil || again.String() != want {
			t.Errorf("%q does not stay as it is", want)
		}
	}
	if _, err := datatypes.ParseNotifications("KQ"); !errors.Is(err, datatypes.ErrNotifications) {
		t.Error(err)
	}
}
