package resp

import (
	"math"
	"time"

	"github.com/larderkv/larder"
)

// HOTKEYS is that of Valkey 9.2, and so are its parameters.

func hotKeyCommands() []*command {
	const own = flagAdmin | flagLoading | flagStale
	return []*command{
		{name: "hotkeys", arity: -2, subcommands: []*command{
			{name: "hotkeys|get", handler: cmdHotKeysGet, arity: 2, flags: own, tips: []string{"nondeterministic_output"}},
			{name: "hotkeys|help", handler: cmdHotKeysHelp, arity: 2, flags: flagLoading | flagStale},
			{name: "hotkeys|reset", handler: cmdHotKeysReset, arity: 2, flags: own},
		}},
	}
}

func cmdHotKeysGet(c *client, _ [][]byte) {
	hot := c.cache().HotKeys()
	c.writeArray(len(hot.Keys))
	for _, key := range hot.Keys {
		c.writeMap(3)
		c.writeBulkString("key")
		c.writeBulkString(key.Key)
		c.writeBulkString("db")
		c.writeInt(int64(key.DB))
		c.writeBulkString("qps")
		c.writeInt(int64(math.Round(key.Rate)))
	}
}

func cmdHotKeysReset(c *client, _ [][]byte) {
	c.cache().ResetHotKeys()
	c.writeOK()
}

func cmdHotKeysHelp(c *client, _ [][]byte) {
	writeHelp(c, "HOTKEYS",
		"GET", "Show the keys that were used most in the last window of time, and how often in a second, estimated.",
		"RESET", "Forget what was counted.",
	)
}

// hotKeyParameter is the row of a parameter that is part of HotKeyOptions.
func hotKeyParameter(name string, k integer, standard, usage string, get func(*larder.HotKeyOptions) int64, set func(*larder.HotKeyOptions, int64)) parameter {
	return parameter{
		name: name, kind: k, standard: standard, usage: usage,
		get: func(s *Server) value {
			o := s.Cache.HotKeyOptions()
			return numberOf(get(&o))
		},
		set: func(s *Server, v value) error {
			o := s.Cache.HotKeyOptions()
			if get(&o) == v.number {
				return nil
			}
			set(&o, v.number)
			return s.Cache.SetHotKeyOptions(o)
		},
	}
}

func hotKeyParameterRows() []parameter {
	return []parameter{
		hotKeyParameter("hotkeys-sampling-percentage", integer{1, 100}, "1",
			"how many of a hundred uses of keys are counted to find those used most",
			func(o *larder.HotKeyOptions) int64 { return int64(o.SamplePercent) },
			func(o *larder.HotKeyOptions, n int64) { o.SamplePercent = int(n) }),
		hotKeyParameter("hotkeys-top-k", integer{0, 1000}, "0",
			"how many of the keys used most are found; 0 turns it off",
			func(o *larder.HotKeyOptions) int64 { return int64(o.Keys) },
			func(o *larder.HotKeyOptions, n int64) { o.Keys = int(n) }),
		hotKeyParameter("hotkeys-window-seconds", integer{1, 300}, "1",
			"seconds over which uses of keys are counted to find those used most",
			func(o *larder.HotKeyOptions) int64 { return int64(o.Window / time.Second) },
			func(o *larder.HotKeyOptions, n int64) { o.Window = time.Duration(n) * time.Second }),
	}
}

// writeHotKeys reports on the last window.
func (r *infoReport) writeHotKeys() {
	hot := r.srv.Cache.HotKeys()
	r.number("hotkeys_last_window_samples", int64(hot.Samples))
	r.number("hotkeys_last_window_duration_ms", hot.Window.Milliseconds())
}
