package main

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"os"
	"strings"
)

// environment is what all measurements of one run share.
type environment struct {
	report *report
	peers  []peer
	short  bool
	rounds int
	seed   uint64

	stores   string
	markdown string
	json     string
	traces   string
}

func (e *environment) register(fs *flag.FlagSet) {
	fs.BoolVar(&e.short, "short", false, "small sizes, so that it takes seconds; the figures then prove nothing")
	fs.IntVar(&e.rounds, "rounds", 0, "alternating `rounds` (default 7, 2 with -short)")
	fs.Uint64Var(&e.seed, "seed", 1, "`seed` of everything random")
	fs.StringVar(&e.stores, "stores", "", "comma-separated `names` of the stores to measure (default all)")
	fs.StringVar(&e.markdown, "md", "", "also write the report as Markdown to this `file`")
	fs.StringVar(&e.json, "json", "", "also save the results to this `file`, for peerbench report")
	fs.StringVar(&e.traces, "traces", "", "hitratio: `directory` with traces NAME.u32.gz")
}

// start checks the flags and opens the report.
func (e *environment) start(r *report) error {
	e.report = r
	e.rounds = e.pick(e.rounds, 7, 2)
	if e.stores == "" {
		e.peers = peers
		return nil
	}
	for name := range strings.SplitSeq(e.stores, ",") {
		p, err := findPeer(strings.TrimSpace(name))
		if err != nil {
			return fmt.Errorf("%w; there are %s", err, strings.Join(peerNames(), ", "))
		}
		e.peers = append(e.peers, p)
	}
	return nil
}

// save writes what was found to the files that the flags name.
func (e *environment) save(r results) error {
	if e.markdown != "" {
		var b bytes.Buffer
		r.writeMarkdown(&b)
		if err := os.WriteFile(e.markdown, b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	if e.json == "" {
		return nil
	}
	return r.save(e.json)
}

func peerNames() []string {
	var names []string
	for _, p := range peers {
		names = append(names, p.name)
	}
	return names
}

// pick is a flag's value, or where it was not given the default for the length of the run.
func (e *environment) pick(given, normal, short int) int { return pick(e, given, normal, short) }

// pickSeconds is pick for a time in seconds.
func (e *environment) pickSeconds(given, normal, short float64) float64 {
	return pick(e, given, normal, short)
}

func pick[T int | float64](e *environment, given, normal, short T) T {
	if e.short {
		normal = short
	}
	return cmp.Or(given, normal)
}

// has tells whether a store takes part in this run.
func (e *environment) has(name string) bool {
	for _, p := range e.peers {
		if p.name == name {
			return true
		}
	}
	return false
}

// filled is the configuration under which a store holds n small entries without evicting any.
func filled(n int) storeConfig {
	return storeConfig{Entries: n, EntryBytes: pairSize, OwnKeys: true}
}
