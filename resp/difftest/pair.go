package difftest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// Pair is a connection to each of two servers, both speaking the same version of the protocol. It runs scripts, which
// empty the servers. It is not safe for concurrent use.
type Pair struct {
	Reference, Subject *Conn

	// Before are commands that undo, before a script, what earlier ones have changed beyond the data.
	Before []Command

	names    [2]string // the servers', as reports show them
	protocol int
	loose    map[string]Mode
}

// Dial connects to both servers in the given version of the protocol, 2 or 3.
func Dial(reference, subject Endpoint, protocol int) (*Pair, error) {
	p := &Pair{names: [2]string{cmp.Or(reference.Name, "reference"), cmp.Or(subject.Name, "subject")}, protocol: protocol}
	var err error
	if p.Reference, err = reference.connect(protocol); err != nil {
		return nil, fmt.Errorf("%s: %w", p.names[0], err)
	}
	if p.Subject, err = subject.connect(protocol); err != nil {
		p.Reference.Close()
		return nil, fmt.Errorf("%s: %w", p.names[1], err)
	}
	return p, nil
}

// Open is Dial for a test, with which the connections end.
func Open(t testing.TB, reference, subject Endpoint, protocol int) *Pair {
	t.Helper()
	p, err := Dial(reference, subject, protocol)
	if err != nil {
		t.Fatal("difftest: ", err)
	}
	t.Cleanup(p.Close)
	return p
}

// Close closes both connections.
func (p *Pair) Close() {
	p.Reference.Close()
	p.Subject.Close()
}

// each calls fn with each connection until one fails.
func (p *Pair) each(fn func(*Conn) error) error {
	for i, c := range []*Conn{p.Reference, p.Subject} {
		if err := fn(c); err != nil {
			return fmt.Errorf("%s: %w", p.names[i], err)
		}
	}
	return nil
}

// Difference is a script whose last command shows that the servers differ.
type Difference struct {
	Script             []Command
	Reference, Subject Value  // the replies to the last command
	Seed               uint64 // of the script that was found, if it was random

	names    [2]string
	protocol int
}

// Reproduction returns the script as lines for redis-cli, with the commands that prepare it. It deletes all keys.
func (d *Difference) Reproduction() string {
	var b strings.Builder
	if d.protocol == 3 {
		b.WriteString("HELLO 3\n")
	}
	b.WriteString("FLUSHALL\n")
	for _, c := range d.Script {
		b.WriteString(c.String() + "\n")
	}
	return b.String()
}

// String returns the reproduction and both replies.
func (d *Difference) String() string {
	width := max(len(d.names[0]), len(d.names[1])) + 1
	return fmt.Sprintf("%s%-*s %v\n%-*s %v",
		d.Reproduction(), width, d.names[0]+":", d.Reference, width, d.names[1]+":", d.Subject)
}

// Run empties both servers, runs the script on them and returns the first difference, nil if there is none. An error
// is a failure to talk to one of them.
func (p *Pair) Run(script []Command) (*Difference, error) {
	before := slices.Concat([]Command{Cmd("FLUSHALL"), Cmd("SELECT", "0")}, p.Before)
	batch := make([][]string, 0, len(before)+len(script))
	for _, c := range slices.Concat(before, script) {
		batch = append(batch, c.Args)
	}
	var replies [][]Value
	err := p.each(func(c *Conn) error {
		values, err := c.Pipeline(batch)
		replies = append(replies, values)
		return err
	})
	if err != nil {
		return nil, err
	}
	for i, c := range script {
		if r, s := replies[0][len(before)+i], replies[1][len(before)+i]; !c.mode(p.loose)(r, s) {
			return &Difference{Script: script[:i+1], Reference: r, Subject: s, names: p.names, protocol: p.protocol}, nil
		}
	}
	return nil, nil
}

// Check runs a script written by hand and reports a difference as a failure of the test, with all commands up to it.
func (p *Pair) Check(t testing.TB, script ...Command) {
	t.Helper()
	d, err := p.Run(script)
	if err != nil {
		t.Fatal("difftest: ", err)
	}
	if d != nil {
		t.Errorf("replies differ\n%v", d)
	}
}

// Search runs random scripts of the generator until the deadline or the first difference, which it shrinks and reports
// as a failure of the test with the seed that leads to it. Every script has a seed of its own, from seed upwards; at
// least one is run.
func (p *Pair) Search(t testing.TB, generate func(*Gen) []Command, seed uint64, until time.Time) {
	t.Helper()
	scripts := 0
	for ; scripts == 0 || time.Now().Before(until); seed++ {
		d, err := p.try(generate, seed)
		if err != nil {
			t.Fatalf("difftest: seed %d: %v", seed, err)
		}
		if d != nil {
			t.Fatalf("replies differ, seed %d\n%v", seed, d)
		}
		scripts++
	}
	t.Logf("%d scripts, no difference", scripts)
}

// try runs the script of a seed and returns the difference that it shows, shrunk.
func (p *Pair) try(generate func(*Gen) []Command, seed uint64) (*Difference, error) {
	d, err := p.Run(generate(NewGen(seed)))
	if d == nil || err != nil {
		return nil, err
	}
	d = p.Shrink(d)
	d.Seed = seed
	return d, nil
}
