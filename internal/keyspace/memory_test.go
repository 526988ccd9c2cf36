package keyspace

import (
	"fmt"
	"testing"
)

func TestReleaseMemory(t *testing.T) {
	ks, v := open(t, Options{Shards: 2})
	const keys = 20000
	for i := range keys {
		mustSet(t, v, fmt.Sprint(i), string(make([]byte, 500)))
	}
	classes, err := v.ClassStats()
	if err != nil {
		t.Fatal(err)
	}
	blocks := 0
	for _, c := range classes {
		blocks += c.Blocks
	}
	if blocks < keys {
		t.Errorf("%d blocks for %d keys", blocks, keys)
	}
	for i := range keys {
		del(v, fmt.Sprint(i))
	}
	before := ks.Stats().ResidentBytes
	released, err := v.ReleaseMemory()
	after := ks.Stats().ResidentBytes
	if err != nil || released != before-after || after > 1<<20 {
		t.Errorf("%d bytes released, %d before, %d after: %v", released, before, after, err)
	}
	tx, err := v.BeginAll()
	if err != nil {
		t.Fatal(err)
	}
	inside := tx.View(v)
	if _, err := inside.ReleaseMemory(); err != nil {
		t.Errorf("in a transaction: %v", err)
	}
	if _, err := inside.ClassStats(); err != nil {
		t.Errorf("in a transaction: %v", err)
	}
	tx.End()
	ks.Close()
	if _, err := v.ReleaseMemory(); err != ErrClosed {
		t.Errorf("after Close: %v", err)
	}
	if _, err := v.ClassStats(); err != ErrClosed {
		t.Errorf("after Close: %v", err)
	}
}
