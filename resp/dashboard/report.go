package dashboard

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/larderkv/larder/internal/telemetry"
	"github.com/larderkv/larder/resp"
)

// started is near enough to when the process began.
var started = time.Now()

// report is what an open page is told every second.
type report struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Started int64  `json:"started"` // Unix milliseconds
	Now     int64  `json:"now"`
	Policy  string `json:"policy"`
	Served  bool   `json:"served"`  // there is a server
	Counted bool   `json:"counted"` // somebody counts lookups

	Points    []point     `json:"points"`
	Totals    totals      `json:"totals"`
	Memory    memory      `json:"memory"`
	Databases []database  `json:"databases"`
	Clients   clients     `json:"clients"`
	Errors    []errorCode `json:"errors"` // the most frequent one first
	Hot       hotKeys     `json:"hot"`
	Latency   latencies   `json:"latency"`
	Slow      slowlog     `json:"slow"`
}

// totals are counts since the cache was opened.
type totals struct {
	Commands    int64 `json:"commands"`
	Hits        int64 `json:"hits"`
	Misses      int64 `json:"misses"`
	Expired     int64 `json:"expired"`
	Evicted     int64 `json:"evicted"`
	Received    int64 `json:"received"`
	Sent        int64 `json:"sent"`
	Connections int64 `json:"connections"`
	Rejected    int64 `json:"rejected"`
}

type memory struct {
	Used     int64 `json:"used"`
	Resident int64 `json:"resident"`
	Limit    int64 `json:"limit"` // 0: none
}

type database struct {
	DB       int `json:"db"`
	Keys     int `json:"keys"`
	Volatile int `json:"volatile"`
}

type clients struct {
	Connected     int   `json:"connected"`
	Blocked       int   `json:"blocked"`
	Tracking      int   `json:"tracking"`
	Limit         int   `json:"limit"`
	Bytes         int64 `json:"bytes"`
	LongestInput  int64 `json:"longestInput"`
	LongestOutput int64 `json:"longestOutput"`
	Topics        int   `json:"topics"` // channels and patterns that have subscribers
}

type errorCode struct {
	Code  string `json:"code"`
	Count int64  `json:"count"`
}

type hotKeys struct {
	On   bool     `json:"on"`
	Keys []hotKey `json:"keys"` // the most used one first
}

type hotKey struct {
	Key  string  `json:"key"`
	DB   int     `json:"db"`
	Rate float64 `json:"rate"` // uses a second
}

type latencies struct {
	On       bool      `json:"on"`
	Commands []command `json:"commands"` // those on which most time was spent, the first one most
}

// command has percentiles of the latency of a command's calls, in microseconds.
type command struct {
	Name  string  `json:"name"`
	Calls int64   `json:"calls"`
	P50   float64 `json:"p50"`
	P99   float64 `json:"p99"`
	P999  float64 `json:"p999"`
}

type slowlog struct {
	Threshold int64       `json:"threshold"` // microseconds, negative if it is off
	Entries   []slowEntry `json:"entries"`   // the last one first
}

type slowEntry struct {
	At      int64   `json:"at"` // Unix milliseconds
	Micros  float64 `json:"micros"`
	Command string  `json:"command"`
	Client  string  `json:"client"`
}

// report takes a sample, if it is time for one, and returns the state with the points after a time.
func (h *Handler) report(after int64) *report {
	s, points := h.history.sample(after)
	return &report{
		Name:      cmp.Or(h.Name, "larder"),
		Version:   resp.Version(),
		Started:   started.UnixMilli(),
		Now:       time.Now().UnixMilli(),
		Policy:    h.Cache.Policy().String(),
		Served:    h.Server != nil,
		Counted:   h.Server != nil || len(h.Counters) > 0,
		Points:    append([]point{}, points...),
		Totals:    newTotals(s),
		Memory:    memory{Used: s.Cache.UsedBytes, Resident: s.Cache.ResidentBytes, Limit: s.Cache.MaxBytes},
		Databases: newDatabases(s),
		Clients:   newClients(&s.Server),
		Errors:    newErrors(&s.Server),
		Hot:       h.hotKeys(),
		Latency:   h.latencies(s.Commands),
		Slow:      h.slowlog(),
	}
}

func newTotals(s *telemetry.Snapshot) totals {
	return totals{
		Commands:    s.Server.Commands,
		Hits:        s.Hits,
		Misses:      s.Misses,
		Expired:     int64(s.Cache.Expired),
		Evicted:     int64(s.Cache.Evicted),
		Received:    s.Server.BytesIn,
		Sent:        s.Server.BytesOut,
		Connections: s.Server.Connections,
		Rejected:    s.Server.Rejected,
	}
}

func newDatabases(s *telemetry.Snapshot) []database {
	all := make([]database, len(s.Databases))
	for i, st := range s.Databases {
		all[i] = database{DB: st.DB, Keys: st.Keys, Volatile: st.Volatile}
	}
	return all
}

func newClients(st *resp.Stats) clients {
	return clients{
		Connected:     st.Clients,
		Blocked:       st.BlockedClients,
		Tracking:      st.TrackingClients,
		Limit:         st.MaxClients,
		Bytes:         st.ClientBytes,
		LongestInput:  st.LongestInput,
		LongestOutput: st.LongestOutput,
		Topics:        st.Channels + st.ShardChannels + st.Patterns,
	}
}

func newErrors(st *resp.Stats) []errorCode {
	all := make([]errorCode, 0, len(st.ErrorReplies))
	for code, n := range st.ErrorReplies {
		all = append(all, errorCode{Code: code, Count: n})
	}
	slices.SortFunc(all, func(a, b errorCode) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Code, b.Code))
	})
	return all
}

// hotKeysShown is how many hot keys are shown.
const hotKeysShown = 10

func (h *Handler) hotKeys() hotKeys {
	hot := hotKeys{On: h.Cache.HotKeyOptions().Keys > 0, Keys: []hotKey{}}
	found := h.Cache.HotKeys().Keys
	for _, k := range found[:min(len(found), hotKeysShown)] {
		hot.Keys = append(hot.Keys, hotKey{Key: keyText(k.Key), DB: k.DB, Rate: k.Rate})
	}
	return hot
}

// commandsShown is of how many commands latencies are shown.
const commandsShown = 10

func (h *Handler) latencies(commands []resp.CommandStats) latencies {
	l := latencies{On: h.parameter("latency-tracking") == "yes", Commands: []command{}}
	timed := slices.DeleteFunc(slices.Clone(commands), func(st resp.CommandStats) bool { return st.Latency.Count() == 0 })
	slices.SortFunc(timed, func(a, b resp.CommandStats) int { return cmp.Compare(b.Latency.Sum(), a.Latency.Sum()) })
	for _, st := range timed[:min(len(timed), commandsShown)] {
		p := func(share float64) float64 { return micros(st.Latency.Quantile(share)) }
		l.Commands = append(l.Commands, command{st.Name, st.Latency.Count(), p(0.5), p(0.99), p(0.999)})
	}
	return l
}

const (
	slowShown   = 10  // how many slow commands are shown
	maxSlowText = 160 // how many bytes of one
)

func (h *Handler) slowlog() slowlog {
	l := slowlog{Threshold: -1, Entries: []slowEntry{}}
	if h.Server == nil {
		return l
	}
	if n, err := strconv.ParseInt(h.parameter("slowlog-log-slower-than"), 10, 64); err == nil {
		l.Threshold = n
	}
	for _, e := range h.Server.Slowlog(slowShown) {
		l.Entries = append(l.Entries, slowEntry{e.Time.UnixMilli(), micros(e.Duration), commandText(e.Args), e.ClientAddr})
	}
	return l
}

// commandText returns the arguments of a command as far as there is room for them.
func commandText(args []string) string {
	var words []string
	length := 0
	for _, arg := range args {
		if length > maxSlowText {
			return strings.Join(append(words, "…"), " ")
		}
		words = append(words, keyText(arg))
		length += len(arg)
	}
	return strings.Join(words, " ")
}

// parameter returns the value of a parameter of the server, empty if there is none.
func (h *Handler) parameter(name string) string {
	if h.Server == nil {
		return ""
	}
	return h.Server.Config(name)[0].Value
}
