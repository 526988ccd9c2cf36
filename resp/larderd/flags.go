package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/larderkv/larder/resp"
)

// config holds a value for every parameter, in the form in which CONFIG GET shows it.
type config map[string]string

// options is all that larderd is told.
type options struct {
	config
	file  string          // the configuration file, absolute, "" if there is none
	users []resp.UserRule // those that it declares
}

var (
	errHelp    = errors.New("help was asked for")
	errVersion = errors.New("the version was asked for")
)

// parse returns the parameters as the defaults, the configuration file, the environment and the arguments give them, each
// overriding the one before. The file is the first argument unless that is a flag.
func parse(args, environ []string) (options, error) {
	var o options
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		o.file, args = args[0], args[1:]
	}
	flags, err := parseArgs(args)
	if err != nil {
		return o, err
	}
	lines, err := o.read()
	if err != nil {
		return o, err
	}
	o.config, err = settle(lines, parseEnviron(environ), flags)
	if err == nil && o.config["aclfile"] != "" && len(o.users) > 0 {
		err = fmt.Errorf("users are declared in %s, and aclfile is set: there must be one place for them", o.file)
	}
	return o, err
}

// read reads the configuration file, if there is one, and returns the parameters that it sets.
func (o *options) read() (lines map[string]string, err error) {
	if o.file == "" {
		return nil, nil
	}
	if o.file, err = filepath.Abs(o.file); err != nil {
		return nil, err
	}
	file, err := resp.ReadConfigFile(o.file, ownParameters...)
	if err != nil {
		return nil, fmt.Errorf("configuration file:\n%w", err)
	}
	o.users = file.Users
	lines = make(map[string]string)
	for _, setting := range file.Settings {
		lines[setting.Name] = setting.Value
	}
	return lines, nil
}

// settle decides between the sources of parameters.
func settle(lines, variables, flags map[string]string) (config, error) {
	cfg := make(config)
	for _, p := range parameters() {
		text, source := p.Default, "the default"
		if v, ok := lines[p.Name]; ok {
			text, source = v, p.Name
		}
		if v, ok := variables[variable(p.Name)]; ok {
			text, source = v, variable(p.Name)
		}
		if v, ok := flags[p.Name]; ok {
			text, source = v, "--"+p.Name
		}
		value, err := p.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s %q: %w", source, text, err)
		}
		cfg[p.Name] = value
	}
	return cfg, nil
}

// parseArgs returns the value of every flag. As on the command line of redis-server, all words up to the next flag
// belong to it: --bind 127.0.0.1 ::1.
func parseArgs(args []string) (map[string]string, error) {
	flags := make(map[string]string)
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if arg == "-h" || arg == "--help" {
			return nil, errHelp
		}
		if arg == "-v" || arg == "--version" {
			return nil, errVersion
		}
		name, isFlag := strings.CutPrefix(arg, "--")
		if !isFlag {
			return nil, fmt.Errorf("unexpected argument %q; parameters are given as --name value, after the configuration file if any, see --help", arg)
		}
		name, value, hasValue := strings.Cut(name, "=")
		name = strings.ToLower(name)
		if err := checkName(name); err != nil {
			return nil, err
		}
		if !hasValue {
			n := slices.IndexFunc(args, isOption)
			if n < 0 {
				n = len(args)
			}
			if n == 0 {
				return nil, fmt.Errorf("--%s needs a value", name)
			}
			value = strings.Join(args[:n], " ")
			args = args[n:]
		}
		flags[name] = value
	}
	return flags, nil
}

func isOption(arg string) bool {
	return strings.HasPrefix(arg, "--") || arg == "-h" || arg == "-v"
}

func checkName(name string) error {
	names := parameterNames()
	if slices.Contains(names, name) {
		return nil
	}
	if guess := nearest(name, names); guess != "" {
		return fmt.Errorf("unknown flag --%s; did you mean --%s? See --help", name, guess)
	}
	return fmt.Errorf("unknown flag --%s; see --help", name)
}

// parameters returns those of the server and of the program, by name.
func parameters() []resp.Parameter {
	return slices.SortedFunc(slices.Values(slices.Concat(resp.Parameters(), ownParameters)),
		func(a, b resp.Parameter) int { return strings.Compare(a.Name, b.Name) })
}

func parameterNames() []string {
	var names []string
	for _, p := range parameters() {
		names = append(names, p.Name)
	}
	return names
}

// nearest returns the name that the fewest changes of a letter make of a mistyped one, "" if none is near.
func nearest(typed string, names []string) string {
	best, least := "", 2+len(typed)/3
	for _, name := range names {
		if d := distance(typed, name); d < least {
			best, least = name, d
		}
	}
	return best
}

// distance counts the letters to be inserted, deleted or replaced to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

const variablePrefix = "LARDER_"

// variable returns the name that a parameter has in the environment.
func variable(name string) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

func parseEnviron(environ []string) map[string]string {
	variables := make(map[string]string)
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok && strings.HasPrefix(name, variablePrefix) {
			variables[name] = value
		}
	}
	return variables
}

// settings returns the parameters that can be set while a server runs.
func (c config) settings() []resp.Setting {
	var settings []resp.Setting
	for _, p := range parameters() {
		if !p.Fixed {
			settings = append(settings, resp.Setting{Name: p.Name, Value: c[p.Name]})
		}
	}
	return settings
}

func writeHelp(w io.Writer) {
	fmt.Fprint(w, `Usage: larderd [/path/to/redis.conf] [--name value]...

Serves a cache to clients of Redis and Valkey until it gets SIGTERM or SIGINT.
Every parameter may also come from a file in the format of redis.conf, or from
the environment: LARDER_MAXMEMORY for --maxmemory. Flags win over the
environment, and that over the file.

`)
	for _, p := range parameters() {
		fmt.Fprintf(w, "  --%s %s\n        %s\n", p.Name, shown(p.Default), p.Usage)
	}
	fmt.Fprint(w, "  -h, --help\n        print this\n  -v, --version\n        print the version\n")
}

// shown quotes a default that is not one word.
func shown(value string) string {
	if value == "" || strings.Contains(value, " ") {
		return `"` + value + `"`
	}
	return value
}

func version() string {
	v := "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		v = info.Main.Version
	}
	return "larderd " + v + " " + runtime.GOOS + "/" + runtime.GOARCH + " " + runtime.Version()
}
