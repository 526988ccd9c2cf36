package resp

import (
	"errors"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/glob"
)

// Parameters.
//
// What can be configured is declared here once, under the name that redis.conf has for it: which values it takes, what
// it is when nobody says anything, how a server is asked for it and how it is told. CONFIG GET and SET, their
// counterparts in Go and the flags of larderd all work by this table. A parameter has no storage of its own: its value
// is read from what it governs, so CONFIG GET tells what is in force, whoever brought it about.
//
// The table holds what larder has, and the few statements about what it lacks that clients ask for, such as that
// nothing is saved. It does not know the rest of redis.conf and says so.

// parameter is one row of the table.
type parameter struct {
	name     string
	kind     kind
	standard string // its value by default
	usage    string // a line for people
	get      func(s *Server) value
	set      func(s *Server, v value) error // nil if it cannot change while the server runs

	form lineForm

	// after puts what was set into force, for all parameters of a group at once.
	after func(s *Server) error
	group string
}

// lineForm is how a parameter is written in a configuration file.
type lineForm uint8

const (
	oneWord   lineForm = iota
	manyWords          // its value is all words of a line
	manyLines          // and those of further lines that name it
)

// parameters is the table, by name.
var parameters = sortedParameters(tlsParameterRows(), latencyParameterRows(), hotKeyParameterRows(), []parameter{
	{
		name: "acl-pubsub-default", kind: choice{"allchannels", "resetchannels"}, standard: "resetchannels",
		usage: "whether new users may use all channels, until a rule says otherwise, or none",
		get:   func(s *Server) value { return switchOf(!s.users.AllChannels()) },
		set:   func(s *Server, v value) error { s.users.SetAllChannels(v.number == 0); return nil },
	},
	{
		name: "aclfile", kind: anyText{}, standard: "",
		usage: "file of users and their rights, for ACL LOAD and ACL SAVE",
		get:   func(s *Server) value { return textOf(s.ACLFile) },
	},
	{
		name: "acllog-max-len", kind: integer{0, math.MaxInt32}, standard: "128",
		usage: "most entries of ACL LOG",
		get:   func(s *Server) value { return numberOf(int64(s.users.Log.Max())) },
		set:   func(s *Server, v value) error { s.users.Log.SetMax(int(v.number)); return nil },
	},
	only("no").parameter("appendonly", "nothing is written to disk"),
	{
		name: "bind", kind: anyText{}, standard: "127.0.0.1 -::1", form: manyWords,
		usage: "addresses to listen on, * and ::* for all; one behind a - may be missing",
		get:   func(s *Server) value { return textOf(strings.Join(s.boundHosts(), " ")) },
	},
	{
		name: "client-output-buffer-limit", form: manyLines, kind: outputLimitsKind{}, standard: standardOutputLimits.String(),
		usage: "for classes of clients, the output that may wait: <class> <hard> <soft> <seconds above soft> ...",
		get:   func(s *Server) value { return textOf(s.settings.outputLimits.Load().String()) },
		set: func(s *Server, v value) error {
			limits := *s.settings.outputLimits.Load()
			if err := limits.merge(v.text); err != nil {
				return err
			}
			s.settings.outputLimits.Store(&limits)
			return nil
		},
	},
	{
		name: "client-query-buffer-limit", kind: memory{integer{1 << 20, 1 << 30}}, standard: "1073741824",
		usage: "most unread input of a connection",
		get:   func(s *Server) value { return numberOf(s.settings.maxQuery.Load()) },
		set:   func(s *Server, v value) error { s.settings.maxQuery.Store(v.number); return nil },
	},
	{
		name: "cluster-enabled", kind: only("no"), standard: "no",
		usage: "larder is standalone",
		get:   func(*Server) value { return textOf("no") },
	},
	{
		name: "databases", kind: integer{1, 16384}, standard: "16",
		usage: "number of databases",
		get:   func(s *Server) value { return numberOf(int64(s.Cache.Databases())) },
	},
	{
		name: "enable-debug-command", kind: yesNo{}, standard: "no",
		usage: "allow the DEBUG command",
		get:   func(s *Server) value { return switchOf(s.EnableDebug) },
	},
	dense("hash-max-listpack-entries", counts, "512", "most fields of a dense hash", hashEntries),
	dense("hash-max-listpack-value", sizes, "64", "longest field and value of a dense hash", hashValue),
	dense("hash-max-ziplist-entries", counts, "512", "older name of hash-max-listpack-entries", hashEntries),
	dense("hash-max-ziplist-value", sizes, "64", "older name of hash-max-listpack-value", hashValue),
	dense("hll-sparse-max-bytes", sizes, "3000", "most bytes of a sparse HyperLogLog", hllSparse),
	{
		name: "io-threads", kind: integer{1, 1024}, standard: strconv.Itoa(runtime.GOMAXPROCS(0)),
		usage: "number of event loops, on systems that have them",
		get:   func(s *Server) value { return numberOf(int64(orDefault(s.Loops, runtime.GOMAXPROCS(0)))) },
	},
	nodeSize("list-max-listpack-size"),
	nodeSize("list-max-ziplist-size"),
	{
		name: "loglevel", kind: logLevels, standard: "notice",
		usage: "how much to log: " + strings.Join(logLevels, ", "),
		get:   func(s *Server) value { return numberOf(logLevelOf(s.log())) },
		set:   func(s *Server, v value) error { return setLogLevel(s.log(), v.number) },
	},
	{
		name: "maxclients", kind: integer{1, math.MaxUint32}, standard: "10000",
		usage: "most connections at a time",
		get:   func(s *Server) value { return numberOf(s.settings.maxClients.Load()) },
		set:   func(s *Server, v value) error { s.settings.maxClients.Store(v.number); return nil },
	},
	{
		name: "maxmemory", kind: memory{integer{0, math.MaxInt64}}, standard: "0",
		usage: "most memory for data, as in 256mb; 0 is no limit",
		get:   func(s *Server) value { return numberOf(s.Cache.MaxBytes()) },
		set:   func(s *Server, v value) error { return s.Cache.SetMaxBytes(v.number) },
	},
	{
		name: "maxmemory-clients", kind: memoryOrPercent{}, standard: "0",
		usage: "most memory that connections may hold, in bytes or as in 5% of maxmemory; 0 is no limit",
		get:   func(s *Server) value { return numberOf(s.settings.maxClientMemory.Load()) },
		set: func(s *Server, v value) error {
			s.settings.maxClientMemory.Store(v.number)
			s.checkCrowd()
			return nil
		},
	},
	{
		name: "maxmemory-policy", kind: evictionPolicies, standard: "noeviction",
		usage: "what to evict at maxmemory: " + strings.Join(evictionPolicies, ", "),
		get: func(s *Server) value {
			return numberOf(int64(slices.Index(evictionPolicies, s.Cache.Policy().String())))
		},
		set: func(s *Server, v value) error {
			policy, err := larder.ParsePolicy(evictionPolicies.format(v))
			if err != nil {
				return err
			}
			return s.Cache.SetPolicy(policy)
		},
	},
	{
		name: "notify-keyspace-events", kind: notifications{}, standard: "",
		usage: "which events to publish: K, E or both, and classes of events",
		get:   func(s *Server) value { return numberOf(int64(s.Cache.Notifications())) },
		set: func(s *Server, v value) error {
			s.Cache.SetNotifications(datatypes.Notifications(v.number))
			return nil
		},
	},
	{
		name: "port", kind: integer{0, math.MaxUint16}, standard: "6379",
		usage: "TCP port to listen on; 0 is none",
		get:   func(s *Server) value { return numberOf(int64(s.boundPort(false))) },
	},
	{
		name: "protected-mode", kind: yesNo{}, standard: "yes",
		usage: "refuse other machines as long as the default user needs no password",
		get:   func(s *Server) value { return switchOf(s.settings.protected.Load()) },
		set:   func(s *Server, v value) error { s.settings.protected.Store(v.number != 0); return nil },
	},
	{
		name: "proto-max-bulk-len", kind: memory{integer{1 << 20, 1 << 30}}, standard: "536870912",
		usage: "longest argument of a command",
		get:   func(s *Server) value { return numberOf(s.settings.maxBulk.Load()) },
		set:   func(s *Server, v value) error { s.settings.maxBulk.Store(v.number); return nil },
	},
	{
		name: "requirepass", kind: anyText{}, standard: "",
		usage: "password that clients must give",
		get:   func(s *Server) value { return textOf(s.ops().password()) },
		set: func(s *Server, v value) error {
			s.users.SetDefaultPassword(v.text)
			s.ops().newPassword.Store(&v.text)
			return nil
		},
	},
	only("").parameter("save", "nothing is written to disk"),
	dense("set-max-intset-entries", counts, "512", "most members of a dense set of integers", setIntset),
	dense("set-max-listpack-entries", counts, "128", "most members of another dense set", setEntries),
	dense("set-max-listpack-value", sizes, "64", "longest member of a dense set", setValue),
	{
		name: "tcp-keepalive", kind: integer{0, math.MaxInt32}, standard: "300",
		usage: "seconds of silence after which a TCP connection is probed; 0 is never",
		get:   func(s *Server) value { return numberOf(s.ops().keepAlive.Load()) },
		set:   func(s *Server, v value) error { s.ops().keepAlive.Store(v.number); return nil },
	},
	{
		name: "timeout", kind: integer{0, math.MaxInt32}, standard: "0",
		usage: "seconds of silence after which a connection is closed; 0 is never",
		get:   func(s *Server) value { return numberOf(s.settings.idleTimeout.Load()) },
		set:   func(s *Server, v value) error { s.settings.idleTimeout.Store(v.number); return nil },
	},
	{
		name: "tracking-table-max-keys", kind: integer{0, math.MaxInt64}, standard: "1000000",
		usage: "most keys of which is known who has cached them; 0 is no limit",
		get:   func(s *Server) value { return numberOf(s.settings.maxTracked.Load()) },
		set: func(s *Server, v value) error {
			s.settings.maxTracked.Store(v.number)
			s.tracker.shrink()
			return nil
		},
	},
	{
		name: "unixsocket", kind: anyText{}, standard: "",
		usage: "path of a unix socket to listen on",
		get:   func(s *Server) value { return textOf(s.boundSocket()) },
	},
	{
		name: "unixsocketperm", kind: octal{0o777}, standard: "0",
		usage: "permissions of the unix socket, octal as in 770; 0 leaves them to the umask",
		get:   func(s *Server) value { return numberOf(socketPermissions(s.boundSocket())) },
	},
	dense("zset-max-listpack-entries", counts, "128", "most members of a dense sorted set", zsetEntries),
	dense("zset-max-listpack-value", sizes, "64", "longest member of a dense sorted set", zsetValue),
	dense("zset-max-ziplist-entries", counts, "128", "older name of zset-max-listpack-entries", zsetEntries),
	dense("zset-max-ziplist-value", sizes, "64", "older name of zset-max-listpack-value", zsetValue),
})

// sortedParameters returns the rows of all lists, by name.
func sortedParameters(lists ...[]parameter) []parameter {
	return slices.SortedFunc(slices.Values(slices.Concat(lists...)), func(a, b parameter) int { return strings.Compare(a.name, b.name) })
}

// parameter is the row of something that is as it is.
func (k only) parameter(name, usage string) parameter {
	return parameter{
		name: name, kind: k, standard: string(k), usage: usage, form: manyWords,
		get: func(*Server) value { return textOf(string(k)) },
		set: func(*Server, value) error { return nil },
	}
}

// evictionPolicies are in the order in which Redis lists them.
var evictionPolicies = choice{
	"volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl",
	"allkeys-lru", "allkeys-lfu", "allkeys-random", "noeviction",
}

func findParameter(name string) *parameter {
	for i := range parameters {
		if strings.EqualFold(parameters[i].name, name) {
			return &parameters[i]
		}
	}
	return nil
}

// Parameter describes a parameter that CONFIG GET shows.
type Parameter struct {
	Name    string // as redis.conf has it
	Default string // the value of a larderd that is told nothing
	Usage   string // one line
	Fixed   bool   // it cannot change while the server runs
	kind    kind
}

// Parameters returns all parameters, by name.
func Parameters() []Parameter {
	all := make([]Parameter, len(parameters))
	for i, p := range parameters {
		all[i] = Parameter{Name: p.name, Default: p.standard, Usage: p.usage, Fixed: p.set == nil, kind: p.kind}
	}
	return all
}

// NewParameter returns a parameter that is not the server's but the program's. ReadConfigFile takes it, and parse is what
// its method Parse does. It cannot change while the server runs, and CONFIG GET does not show it.
func NewParameter(name, standard, usage string, parse func(text string) (string, error)) Parameter {
	return Parameter{Name: name, Default: standard, Usage: usage, Fixed: true, kind: programs(parse)}
}

// Parse reads a value as CONFIG SET does and returns the form that CONFIG GET shows: 1mb becomes 1048576. It returns an
// error, in the words of Redis, for a text that is not a value of the parameter. The parameter must be one that
// Parameters or NewParameter returned.
func (p Parameter) Parse(text string) (string, error) {
	v, err := p.kind.parse(text)
	if err != nil {
		return "", err
	}
	return p.kind.format(v), nil
}

// Setting is a parameter and its value.
type Setting struct{ Name, Value string }

// Config returns the parameters whose names match any of the patterns, with the values in force. A pattern without *,
// ? and [ is a name in any case; it is returned as it was given. It is CONFIG GET. O(parameters × patterns).
func (s *Server) Config(patterns ...string) []Setting {
	s.init()
	var found []Setting
	taken := make([]bool, len(parameters))
	for _, pattern := range patterns {
		exact := !strings.ContainsAny(pattern, "*?[")
		for i := range parameters {
			p := &parameters[i]
			name := p.name
			if exact && strings.EqualFold(pattern, name) {
				name = pattern
			} else if exact || !glob.Match(pattern, name, true) {
				continue
			}
			if !taken[i] {
				taken[i] = true
				found = append(found, Setting{name, p.kind.format(p.get(s))})
			}
		}
	}
	return found
}

// SetConfig changes parameters while the server runs, all of them or, when it returns an error, none. The error is
// worded as Redis does. It is CONFIG SET. O(parameters × settings).
func (s *Server) SetConfig(settings ...Setting) error {
	s.init()
	rows, err := settable(settings)
	if err != nil {
		return err
	}
	values := make([]value, len(rows))
	for i, p := range rows {
		if values[i], err = p.kind.parse(settings[i].Value); err != nil {
			return configError(settings[i].Name, err)
		}
	}
	return s.applyConfig(rows, values, settings)
}

func (s *Server) applyConfig(rows []*parameter, values []value, settings []Setting) error {
	mu := &s.ops().configMu
	mu.Lock()
	defer mu.Unlock()
	before := make([]value, 0, len(rows))
	restore := func() {
		for i := range before {
			rows[i].set(s, before[i]) // cannot fail: it was in force
		}
	}
	for i, p := range rows {
		old := p.get(s)
		if err := p.set(s, values[i]); err != nil {
			restore()
			return configError(settings[i].Name, err)
		}
		before = append(before, old)
	}
	applied := make(map[string]bool)
	for i, p := range rows {
		if p.after == nil || applied[p.group] {
			continue
		}
		applied[p.group] = true
		if err := p.after(s); err != nil {
			restore()
			for _, p := range rows[:i] {
				if p.after != nil {
					p.after(s)
				}
			}
			return configError(settings[i].Name, err)
		}
	}
	return nil
}

// settable returns the rows of the parameters to be set.
func settable(settings []Setting) ([]*parameter, error) {
	rows := make([]*parameter, len(settings))
	for i, setting := range settings {
		p := findParameter(setting.Name)
		switch {
		case p == nil:
			return nil, errors.New("Unknown option or number of arguments for CONFIG SET - '" + setting.Name + "'")
		case p.set == nil:
			return nil, configError(setting.Name, errors.New("can't set immutable config"))
		case slices.Contains(rows[:i], p):
			return nil, configError(setting.Name, errors.New("duplicate parameter"))
		}
		rows[i] = p
	}
	return rows, nil
}

func configError(name string, why error) error {
	return errors.New("CONFIG SET failed (possibly related to argument '" + name + "') - " + why.Error())
}
