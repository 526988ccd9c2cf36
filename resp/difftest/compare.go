package difftest

import (
	"cmp"
	"fmt"
	"testing"
)

// Options choose what is compared, and how much of it. The zero value compares all data types in both versions of the
// protocol and takes some seconds.
type Options struct {
	// Groups are the commands to draw from. Nil is [Data].
	Groups []Group
	// Length is how many commands a script has at most, without the audit at its end. Zero is 60.
	Length int
	// Scripts is how many scripts are run in each version of the protocol. Zero is 200.
	Scripts int
	// Seed is the first script's. The others' follow.
	Seed uint64
	// Protocols are the versions of the protocol, 2 or 3. Nil is both.
	Protocols []int
	// Loose are modes by which commands are compared instead of their own, by their names or by their first two words
	// where these decide, in small letters: "spop", "object encoding".
	Loose map[string]Mode
	// Flush lets servers be emptied that hold keys at the start.
	Flush bool
}

// The defaults of Options: long enough that commands meet, short enough that a script shrinks in a moment.
const (
	defaultLength  = 60
	defaultScripts = 200
)

// Compare runs random scripts on both servers. It fails the test at the first that shows a difference, with the script
// shrunk to the commands that matter, and where a server cannot be talked to.
func Compare(t testing.TB, reference, subject Endpoint, o Options) {
	t.Helper()
	d, err := Find(reference, subject, o)
	if err != nil {
		t.Fatal("difftest: ", err)
	}
	if d != nil {
		t.Fatalf("replies differ, seed %d\n%v", d.Seed, d)
	}
}

// Find is Compare for programs: it returns the difference, nil if there is none. An error is a failure to talk to one
// of the servers. Both are left empty.
func Find(reference, subject Endpoint, o Options) (*Difference, error) {
	protocols := o.Protocols
	if protocols == nil {
		protocols = []int{2, 3}
	}
	for _, protocol := range protocols {
		if d, err := find(reference, subject, protocol, o); d != nil || err != nil {
			return d, err
		}
	}
	return nil, nil
}

func find(reference, subject Endpoint, protocol int, o Options) (*Difference, error) {
	p, err := Dial(reference, subject, protocol)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	if err := p.each(empty); err != nil && !o.Flush {
		return nil, err
	}
	defer p.each(func(c *Conn) error { _, err := c.Do("FLUSHALL"); return err }) //nolint:errcheck // the finding stands

	groups := o.Groups
	if groups == nil {
		groups = Data()
	}
	generate := Script(cmp.Or(o.Length, defaultLength), groups...)
	p.loose = o.Loose
	for i := range cmp.Or(o.Scripts, defaultScripts) {
		seed := o.Seed + uint64(i)
		d, err := p.try(generate, seed)
		if err != nil {
			return nil, fmt.Errorf("seed %d: %w", seed, err)
		}
		if d != nil {
			return d, nil
		}
	}
	return nil, nil
}
