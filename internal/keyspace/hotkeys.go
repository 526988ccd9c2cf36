package keyspace

import "github.com/larderkv/larder/internal/hotkeys"

// use counts an operation on a key towards the hot keys, whether or not there is such a key.
func (ks *Keyspace) use(db int, key string, h uint64) {
	if recording(ks.recording.Load())&recordUses != 0 {
		ks.hot.Use(db, key, h)
	}
}

// TrackHotKeys changes how the keys that are used most are tracked.
func (ks *Keyspace) TrackHotKeys(o hotkeys.Options) {
	ks.hot.Configure(o, ks.now())
	ks.setRecording()
}

// HotKeyOptions returns how the keys that are used most are tracked.
func (ks *Keyspace) HotKeyOptions() hotkeys.Options { return ks.hot.Options() }

// HotKeys returns the keys that were used most in the last window of time.
func (ks *Keyspace) HotKeys() hotkeys.Report { return ks.hot.Report(ks.now()) }

// ResetHotKeys forgets all uses of keys.
func (ks *Keyspace) ResetHotKeys() { ks.hot.Reset(ks.now()) }
