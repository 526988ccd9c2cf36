package keyspace

import (
	"testing"

	"github.com/larderkv/larder/internal/arena"
)

// TestPreparedMemoryIsGivenUp grows a keyspace until memory is prepared ahead for it, and checks that idle maintenance
// returns what growth did not come to use.
func TestPreparedMemoryIsGivenUp(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 1, NoMaintenance: true})
	ks.mem.HugePages, ks.mem.HugeFrom = true, 1
	value := make([]byte, 64<<10)
	for i := range 3 * arena.ChunkSize / len(value) {
		if err := set(v, numbered(i), value, 0); err != nil {
			t.Fatal(err)
		}
	}
	held := func() int64 { return int64(ks.shards[0].arena.Resident()) }
	ks.Maintain()
	if ks.mem.Resident() <= held() {
		t.Fatal("nothing was prepared for a keyspace that grows")
	}
	for range 20 {
		ks.Maintain()
	}
	if got := ks.mem.Resident(); got != held() {
		t.Errorf("%d bytes are resident, of which %d are in use by the arena", got, held())
	}
}
