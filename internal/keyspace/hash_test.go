package keyspace

import (
	"testing"

	"pgregory.net/rapid"
)

// TestShortHash: keys find each other's place however their hash was computed.
func TestShortHash(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.StringOfN(rapid.Rune(), -1, -1, maxShort+2).Draw(t, "key")
		seed := rapid.Uint64().Draw(t, "seed")
		if !isShort(key) {
			if n := len(key); n >= minShort && n <= maxShort {
				t.Fatalf("%d bytes are not short", n)
			}
			return
		}
		short := newShortSeed(seed)
		first, last := shortWords(key)
		got, want := short.hash(first, last, len(key)), (&Keyspace{seed: seed}).hash(key)
		if got != want {
			t.Fatalf("hash of %q is %x, not %x", key, got, want)
		}
	})
}
