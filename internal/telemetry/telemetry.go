// Package telemetry is the list of what a cache and its server tell monitoring systems.
//
// A metric is declared once, in the terms of OpenTelemetry: a name whose words are joined by dots, a unit of UCUM, and
// whether it only grows. The packages for monitoring systems derive from that what is customary in theirs, so that a
// figure has the same meaning, and nearly the same name, in all of them.
//
// All metrics are read together from one Snapshot, which costs O(databases × shards + clients + commands × event loops)
// and takes one lock after the other: operations on the cache go on meanwhile.
package telemetry

import (
	"strconv"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/resp"
)

// Source is what metrics are about.
type Source struct {
	Cache    *larder.Cache
	Server   *resp.Server       // nil if the cache is not served
	Counters []*larder.Counters // of the lookups that the program makes itself
}

// Snapshot is the state of a source at about one moment.
type Snapshot struct {
	Cache     larder.Stats
	Databases []larder.DBStats // the first, and those that hold keys
	Server    resp.Stats
	Commands  []resp.CommandStats
	Hits      int64
	Misses    int64

	served, counted, open bool
}

// Snapshot reads everything.
func (s *Source) Snapshot() *Snapshot {
	snap := &Snapshot{served: s.Server != nil, counted: s.Server != nil || len(s.Counters) > 0}
	if snap.served {
		snap.Server = s.Server.Stats()
		snap.Commands = s.Server.CommandStats()
		snap.Hits, snap.Misses = snap.Server.Hits, snap.Server.Misses
	}
	for _, n := range s.Counters {
		snap.Hits += int64(n.Hits.Load())
		snap.Misses += int64(n.Misses.Load())
	}
	snap.Cache = s.Cache.Stats()
	snap.open = snap.Cache.Shards > 0
	snap.Databases = s.Cache.DBStats()
	if len(snap.Databases) == 0 || snap.Databases[0].DB > 0 {
		snap.Databases = append([]larder.DBStats{{}}, snap.Databases...)
	}
	return snap
}

// Kind is how the values of a metric behave.
type Kind uint8

// The kinds.
const (
	Counter Kind = iota // only grows; the unit suits sums over instances
	Level               // goes up and down; sums over instances make sense
	Gauge               // goes up and down; sums over instances make no sense
)

// Emit takes a value of a metric, with one text for each of its labels.
type Emit func(value int64, labels ...string)

// Metric is a figure, or several that labels tell apart.
type Metric struct {
	Name   string // beginning with "larder."
	Unit   string // By, or what is counted in braces
	Kind   Kind
	Help   string
	Labels []string

	about about
	read  func(s *Snapshot, emit Emit)
}

// about is what has to be there for a metric to have values.
type about uint8

const (
	theCache about = iota // that is not closed
	lookups               // that somebody counts
	theServer
)

// Read passes the values of a metric to emit: none if the source does not have what it is about.
func (m *Metric) Read(s *Snapshot, emit Emit) {
	switch {
	case m.about == theCache && !s.open, m.about == lookups && !s.counted, m.about == theServer && !s.served:
		return
	}
	m.read(s, emit)
}

// one returns the read function of a metric without labels.
func one(value func(s *Snapshot) int64) func(*Snapshot, Emit) {
	return func(s *Snapshot, emit Emit) { emit(value(s)) }
}

// byCommand returns the read function of a metric of commands.
func byCommand(value func(st *resp.CommandStats) int64) func(*Snapshot, Emit) {
	return func(s *Snapshot, emit Emit) {
		for i := range s.Commands {
			emit(value(&s.Commands[i]), s.Commands[i].Name)
		}
	}
}

// CommandTime is how long calls of a command take. It is a histogram where histograms can be read from without; elsewhere
// its sum is a counter. There are values for calls made while latency-tracking was on.
var CommandTime = struct{ Name, Unit, Help, Label string }{
	"larder.server.command_duration", "s", "Time that calls took while latency-tracking was on, by command.", "command",
}

// Metrics is the list of all other metrics.
var Metrics = []Metric{
	{
		Name: "larder.memory.used", Unit: "By", Kind: Level,
		Help: "Memory that keys, values and indexes fill.",
		read: one(func(s *Snapshot) int64 { return s.Cache.UsedBytes }),
	},
	{
		Name: "larder.memory.resident", Unit: "By", Kind: Level,
		Help: "Memory that the cache holds from the system, fragmentation included. The limit bounds it.",
		read: one(func(s *Snapshot) int64 { return s.Cache.ResidentBytes }),
	},
	{
		Name: "larder.memory.limit", Unit: "By", Kind: Level,
		Help: "Most memory that the cache may hold from the system (maxmemory), 0 if there is no limit.",
		read: one(func(s *Snapshot) int64 { return s.Cache.MaxBytes }),
	},
	{
		Name: "larder.memory.pending_frees", Unit: "{object}", Kind: Level,
		Help: "Dropped collections and tables whose memory is being freed.",
		read: one(func(s *Snapshot) int64 { return int64(s.Cache.Garbage) }),
	},
	{
		Name: "larder.keyspace.keys", Unit: "{key}", Kind: Level, Labels: []string{"db", "type"},
		Help: "Keys by database and type, those that have expired but were not met yet included.",
		read: func(s *Snapshot, emit Emit) {
			for _, st := range s.Databases {
				for t := datatypes.TypeString; t <= datatypes.TypeHash; t++ {
					emit(int64(st.ByType[t]), strconv.Itoa(st.DB), t.String())
				}
			}
		},
	},
	{
		Name: "larder.keyspace.volatile_keys", Unit: "{key}", Kind: Level, Labels: []string{"db"},
		Help: "Keys that have a time to live, by database.",
		read: func(s *Snapshot, emit Emit) {
			for _, st := range s.Databases {
				emit(int64(st.Volatile), strconv.Itoa(st.DB))
			}
		},
	},
	{
		Name: "larder.keyspace.expired_keys", Unit: "{key}", Kind: Counter,
		Help: "Keys that have expired.",
		read: one(func(s *Snapshot) int64 { return int64(s.Cache.Expired) }),
	},
	{
		Name: "larder.keyspace.evicted_keys", Unit: "{key}", Kind: Counter,
		Help: "Keys that were evicted at the memory limit.",
		read: one(func(s *Snapshot) int64 { return int64(s.Cache.Evicted) }),
	},
	{
		Name: "larder.keyspace.skewed_tables", Unit: "{table}", Kind: Level,
		Help: "Hash tables that are moving away from a seed under which somebody has chosen colliding keys.",
		read: one(func(s *Snapshot) int64 { return int64(s.Cache.Skewed) }),
	},
	{
		Name: "larder.keyspace.hits", Unit: "{lookup}", Kind: Counter, about: lookups,
		Help: "Lookups that found their key.",
		read: one(func(s *Snapshot) int64 { return s.Hits }),
	},
	{
		Name: "larder.keyspace.misses", Unit: "{lookup}", Kind: Counter, about: lookups,
		Help: "Lookups that did not find their key.",
		read: one(func(s *Snapshot) int64 { return s.Misses }),
	},
	{
		Name: "larder.server.commands", Unit: "{command}", Kind: Counter, about: theServer,
		Help: "Commands that the server has executed.",
		read: one(func(s *Snapshot) int64 { return s.Server.Commands }),
	},
	{
		Name: "larder.server.command_calls", Unit: "{call}", Kind: Counter, about: theServer, Labels: []string{"command"},
		Help: "Calls by command.",
		read: byCommand(func(st *resp.CommandStats) int64 { return st.Calls }),
	},
	{
		Name: "larder.server.rejected_calls", Unit: "{call}", Kind: Counter, about: theServer, Labels: []string{"command"},
		Help: "Calls refused before they were executed, by wrong arguments or missing rights, by command.",
		read: byCommand(func(st *resp.CommandStats) int64 { return st.Rejected }),
	},
	{
		Name: "larder.server.failed_calls", Unit: "{call}", Kind: Counter, about: theServer, Labels: []string{"command"},
		Help: "Calls answered with an error, by command.",
		read: byCommand(func(st *resp.CommandStats) int64 { return st.Failed }),
	},
	{
		Name: "larder.server.error_replies", Unit: "{reply}", Kind: Counter, about: theServer, Labels: []string{"code"},
		Help: "Error replies by their code, the first word.",
		read: func(s *Snapshot, emit Emit) {
			for code, n := range s.Server.ErrorReplies {
				emit(n, code)
			}
		},
	},
	{
		Name: "larder.server.received", Unit: "By", Kind: Counter, about: theServer,
		Help: "Bytes received from clients.",
		read: one(func(s *Snapshot) int64 { return s.Server.BytesIn }),
	},
	{
		Name: "larder.server.sent", Unit: "By", Kind: Counter, about: theServer,
		Help: "Bytes sent to clients.",
		read: one(func(s *Snapshot) int64 { return s.Server.BytesOut }),
	},
	{
		Name: "larder.server.accepted_connections", Unit: "{connection}", Kind: Counter, about: theServer,
		Help: "Connections accepted.",
		read: one(func(s *Snapshot) int64 { return s.Server.Connections }),
	},
	{
		Name: "larder.server.rejected_connections", Unit: "{connection}", Kind: Counter, about: theServer,
		Help: "Connections refused because of maxclients or protected mode.",
		read: one(func(s *Snapshot) int64 { return s.Server.Rejected }),
	},
	{
		Name: "larder.server.clients", Unit: "{client}", Kind: Level, about: theServer,
		Help: "Clients that are connected.",
		read: one(func(s *Snapshot) int64 { return int64(s.Server.Clients) }),
	},
	{
		Name: "larder.server.blocked_clients", Unit: "{client}", Kind: Level, about: theServer,
		Help: "Clients that wait for data.",
		read: one(func(s *Snapshot) int64 { return int64(s.Server.BlockedClients) }),
	},
	{
		Name: "larder.server.tracking_clients", Unit: "{client}", Kind: Level, about: theServer,
		Help: "Clients that have their reads tracked.",
		read: one(func(s *Snapshot) int64 { return int64(s.Server.TrackingClients) }),
	},
	{
		Name: "larder.server.client_limit", Unit: "{client}", Kind: Level, about: theServer,
		Help: "Most clients that may be connected at a time (maxclients).",
		read: one(func(s *Snapshot) int64 { return int64(s.Server.MaxClients) }),
	},
	{
		Name: "larder.server.client_memory", Unit: "By", Kind: Level, about: theServer,
		Help: "Memory that connections hold.",
		read: one(func(s *Snapshot) int64 { return s.Server.ClientBytes }),
	},
	{
		Name: "larder.server.longest_input", Unit: "By", Kind: Gauge, about: theServer,
		Help: "Most unread input of a client.",
		read: one(func(s *Snapshot) int64 { return s.Server.LongestInput }),
	},
	{
		Name: "larder.server.longest_output", Unit: "By", Kind: Gauge, about: theServer,
		Help: "Most unsent output of a client.",
		read: one(func(s *Snapshot) int64 { return s.Server.LongestOutput }),
	},
	{
		Name: "larder.server.tracked_keys", Unit: "{key}", Kind: Level, about: theServer,
		Help: "Keys that clients may have cached.",
		read: one(func(s *Snapshot) int64 { return int64(s.Server.TrackedKeys) }),
	},
	{
		Name: "larder.server.subscribed_topics", Unit: "{topic}", Kind: Level, about: theServer, Labels: []string{"kind"},
		Help: "Channels, shard channels and patterns that have subscribers.",
		read: func(s *Snapshot, emit Emit) {
			emit(int64(s.Server.Channels), "channel")
			emit(int64(s.Server.ShardChannels), "shard_channel")
			emit(int64(s.Server.Patterns), "pattern")
		},
	},
}
