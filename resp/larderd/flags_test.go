package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writeFile writes a file for the test and returns its path.
func writeFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "larder.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestParse(t *testing.T) {
	t.Parallel()
	included := writeFile(t, "timeout 1\nTimeout 2\n")
	good := writeFile(t, "# comment\nPORT 7001\nbind 127.0.0.1 ::1\nmaxmemory 100mb\nrequirepass \"a b\"\nsave \"\"\n"+
		"client-output-buffer-limit normal 0 0 0\nclient-output-buffer-limit pubsub 1mb 0 5\ninclude "+included+"\nuser joe on >x +get\n")
	bad := writeFile(t, "port 70000\nreplicaof a 1\nappendonly no\nrename-command x y\nrequirepass a b\nuser joe +nosuch\nuser ann on\n"+
		"user ann off\nsave 900 1\n")
	own := writeFile(t, "HTTP *:8080\nport 1\n")
	unbalanced := writeFile(t, "port 1\nrequirepass \"x\n")
	tests := []struct {
		name    string
		args    []string
		environ []string
		want    map[string]string // of these parameters
		problem string            // part of the error
	}{
		{name: "defaults",
			want: map[string]string{"port": "6379", "bind": "127.0.0.1 -::1", "maxmemory": "0", "maxmemory-policy": "noeviction",
				"databases": "16", "loglevel": "notice", "unixsocket": "", "requirepass": "", "timeout": "0"}},
		{name: "both forms", args: []string{"--port", "7000", "--maxmemory=256mb", "--MaxMemory-Policy", "ALLKEYS-LFU"},
			want: map[string]string{"port": "7000", "maxmemory": "268435456", "maxmemory-policy": "allkeys-lfu"}},
		{name: "several words", args: []string{"--bind", "127.0.0.1", "-::1", "--port", "1"},
			want: map[string]string{"bind": "127.0.0.1 -::1", "port": "1"}},
		{name: "one argument of several words", args: []string{"--bind", "127.0.0.1 -::1"},
			want: map[string]string{"bind": "127.0.0.1 -::1"}},
		{name: "empty value", args: []string{"--save", "", "--bind=", "--requirepass", ""},
			want: map[string]string{"save": "", "bind": "", "requirepass": ""}},
		{name: "value that looks like a flag", args: []string{"--requirepass=--secret=x"},
			want: map[string]string{"requirepass": "--secret=x"}},
		{name: "environment", environ: []string{"LARDER_MAXMEMORY_POLICY=volatile-ttl", "LARDER_PORT=1", "PORT=2", "LARDER_TEST_REQUIRE=1"},
			want: map[string]string{"maxmemory-policy": "volatile-ttl", "port": "1"}},
		{name: "flags win", args: []string{"--port", "3"}, environ: []string{"LARDER_PORT=1"},
			want: map[string]string{"port": "3"}},
		{name: "octal", args: []string{"--unixsocketperm", "0770"}, want: map[string]string{"unixsocketperm": "770"}},
		{name: "what larder does not do anyway", args: []string{"--appendonly", "no", "--cluster-enabled", "no"},
			want: map[string]string{"appendonly": "no"}},

		{name: "what is the program's own", args: []string{"--http", ":8080"}, environ: []string{"LARDER_HTTP=1", "LARDER_HTTP_PPROF=YES"},
			want: map[string]string{"http": "127.0.0.1:8080", "http-pprof": "yes"}},
		{name: "what is the program's own, in a file", args: []string{own}, want: map[string]string{"http": "0.0.0.0:8080", "http-pprof": "no", "port": "1"}},
		{name: "wrong address", args: []string{"--http", "x"}, problem: `--http "x": argument must be a port or host:port`},

		{name: "mistyped", args: []string{"--maxmemory-polcy", "x"}, problem: "did you mean --maxmemory-policy?"},
		{name: "unknown", args: []string{"--replicaof", "x"}, problem: "unknown flag --replicaof; see --help"},
		{name: "no value", args: []string{"--port"}, problem: "--port needs a value"},
		{name: "flag for a value", args: []string{"--port", "--bind", "::1"}, problem: "--port needs a value"},
		{name: "configuration file", args: []string{good}, environ: []string{"LARDER_TIMEOUT=3"},
			want: map[string]string{"port": "7001", "bind": "127.0.0.1 ::1", "maxmemory": "104857600", "requirepass": "a b", "timeout": "3",
				"client-output-buffer-limit": "normal 0 0 0 pubsub 1048576 0 5", "save": ""}},
		{name: "flags win over the file", args: []string{good, "--port", "7002"}, want: map[string]string{"port": "7002", "timeout": "2"}},
		{name: "no such file", args: []string{good + "x"}, problem: "no such file"},
		{name: "file after flags", args: []string{"--port", "1", "--", good}, problem: "unknown flag"},
		{name: "what is wrong with a file, all of it", args: []string{bad}, problem: bad + `:1: port: argument must be between 0 and 65535 inclusive
` + bad + `:2: unknown parameter 'replicaof'
` + bad + `:4: rename-command is not supported; take commands away from users by ACL rules instead
` + bad + `:5: wrong number of arguments for 'requirepass'
` + bad + `:6: Error in user declaration: Error in ACL SETUSER modifier '+nosuch': Unknown command or category name in ACL
` + bad + `:8: Duplicate user found. A user can only be defined once in config files
` + bad + `:9: save: larder has no other value than ''`},
		{name: "unbalanced quotes", args: []string{unbalanced}, problem: unbalanced + ":2: unbalanced quotes"},
		{name: "users in two places", args: []string{good, "--aclfile", "x"}, problem: "there must be one place"},
		{name: "single dash", args: []string{"-port", "1"}, problem: "unexpected argument"},
		{name: "wrong number", args: []string{"--port", "70000"}, problem: `--port "70000": argument must be between 0 and 65535 inclusive`},
		{name: "wrong variable", environ: []string{"LARDER_PORT=x"}, problem: `LARDER_PORT "x": argument couldn't be parsed into an integer`},
		{name: "wrong memory", args: []string{"--maxmemory", "12parsec"}, problem: "argument must be a memory value"},
		{name: "persistence", args: []string{"--appendonly", "yes"}, problem: "no other value than 'no'"},
	}
	for _, tt := range tests {
		cfg, err := parse(tt.args, tt.environ)
		if tt.problem != "" {
			if err == nil || !strings.Contains(err.Error(), tt.problem) {
				t.Errorf("%s: error %v, want %q", tt.name, err, tt.problem)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		for name, want := range tt.want {
			if cfg.config[name] != want {
				t.Errorf("%s: %s is %q, want %q", tt.name, name, cfg.config[name], want)
			}
		}
	}
}

func TestParseHelpAndVersion(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]error{
		"--help": errHelp, "-h": errHelp, "--version": errVersion, "-v": errVersion, "--port 1 --help": errHelp, "--save --help": nil,
	} {
		if _, err := parse(strings.Fields(args), nil); want != nil && !errors.Is(err, want) {
			t.Errorf("%s: %v", args, err)
		}
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	writeHelp(&out)
	for _, p := range parameters() {
		if !strings.Contains(out.String(), "\n  --"+p.Name+" ") {
			t.Errorf("--%s is missing", p.Name)
		}
		if p.Usage == "" || strings.Contains(p.Usage, "\n") {
			t.Errorf("--%s: usage %q", p.Name, p.Usage)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"port", "bind", "maxmemory", "maxmemory-policy", "maxclients"}
	for typed, want := range map[string]string{
		"prot": "port", "por": "port", "maxmemry": "maxmemory", "max-memory": "maxmemory", "maxmemory_policy": "maxmemory-policy",
		"": "", "x": "", "replicaof": "", "maxmemory": "maxmemory",
	} {
		if got := nearest(typed, names); got != want {
			t.Errorf("nearest(%q) = %q, want %q", typed, got, want)
		}
	}
}
