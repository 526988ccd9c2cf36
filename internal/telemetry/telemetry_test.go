package telemetry

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
)

// TestList: every metric says what it is, in terms that both ecosystems can be told.
func TestList(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, m := range Metrics {
		if seen[m.Name] {
			t.Errorf("%s stands there twice", m.Name)
		}
		seen[m.Name] = true
		server := strings.HasPrefix(m.Name, "larder.server.")
		if !strings.HasPrefix(m.Name, "larder.") || server != (m.about == theServer) {
			t.Errorf("%s is about %d", m.Name, m.about)
		}
		if m.Unit != "By" && !strings.HasPrefix(m.Unit, "{") || !strings.HasSuffix(m.Help, ".") || m.read == nil {
			t.Errorf("%+v", m)
		}
	}
}

// TestSnapshotStopsNothing: while a snapshot waits for one part of the cache, the others can be used.
func TestSnapshotStopsNothing(t *testing.T) {
	t.Parallel()
	cache, err := larder.Open(larder.Options{Shards: 16, NoMaintenance: true})
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close()
	source := Source{Cache: cache}
	done := make(chan *Snapshot, 1)
	err = cache.Update([]string{"held"}, func(tx *larder.Tx) error {
		go func() { done <- source.Snapshot() }()
		used := 0
		for i := range 200 {
			key := fmt.Sprint(i)
			if _, err := tx.Keys().Exists(key); !errors.Is(err, datatypes.ErrNotDeclared) {
				continue // it is in the part that this transaction holds
			}
			if _, err := cache.Strings().Set(key, nil, datatypes.SetOptions{}); err != nil {
				return err
			}
			used++
		}
		if used < 100 {
			t.Errorf("%d keys lie elsewhere", used)
		}
		select {
		case <-done:
			t.Error("the snapshot has passed by a lock")
		default:
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if s := <-done; !s.open || len(s.Databases) != 1 {
		t.Errorf("%+v", s)
	}
}
