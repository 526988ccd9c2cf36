package difftest

import (
	"slices"
	"strings"

	"github.com/larderkv/larder/internal/ddmin"
)

// Shrink returns the smallest difference it finds on the way from d: commands are left out, then arguments, until none
// can be spared, and words are replaced by plainer ones. It runs the script on emptied servers for every step.
func (p *Pair) Shrink(d *Difference) *Difference {
	for {
		size := words(d.Script)
		d = p.fewerCommands(d)
		d = p.fewerArguments(d)
		if words(d.Script) == size {
			return p.plainer(d)
		}
	}
}

func words(script []Command) (n int) {
	for _, c := range script {
		n += len(c.Args)
	}
	return n
}

func (p *Pair) fewerCommands(d *Difference) *Difference {
	ddmin.LeaveOut(d.Script, func(script []Command) ([]Command, bool) {
		smaller, err := p.Run(script)
		if err != nil || smaller == nil {
			return nil, false
		}
		d = smaller
		return smaller.Script, true
	})
	return d
}

func (p *Pair) fewerArguments(d *Difference) *Difference {
	for i := 0; i < len(d.Script); i++ {
		c := d.Script[i]
		if c.intact {
			continue
		}
		ddmin.LeaveOut(c.Args[1:], func(args []string) ([]string, bool) {
			script := slices.Clone(d.Script)
			script[i] = c.with(slices.Concat(c.Args[:1], args))
			smaller, ok := p.still(d, script)
			d = smaller
			return args, ok
		})
	}
	return d
}

// plain are the words that take the place of others, the plainest first. Numbers are not among them: a short time to
// live would lapse, and two positions that become one would be told apart by chance.
var plain = []string{"a", "b", "c", "d", "e"}

// plainer writes the names of commands in small letters and gives other words plainer names, each its own and the same
// wherever it stands, so that equal ones stay equal and no others become so.
func (p *Pair) plainer(d *Difference) *Difference {
	lower := slices.Clone(d.Script)
	for i, c := range lower {
		lower[i].Args = slices.Concat([]string{strings.ToLower(c.Args[0])}, c.Args[1:])
	}
	d, _ = p.still(d, lower)
	for _, word := range distinct(d.Script) {
		for _, name := range plain {
			used := distinct(d.Script)
			if slices.Contains(plain, word) && word <= name {
				break
			}
			if slices.Contains(used, name) {
				continue
			}
			var ok bool
			if d, ok = p.still(d, renamed(d.Script, word, name)); ok {
				break
			}
		}
	}
	return d
}

// distinct returns the words of a script that are not names of commands, in order and each once.
func distinct(script []Command) (words []string) {
	for _, c := range script {
		for _, arg := range c.Args[1:] {
			if !slices.Contains(words, arg) {
				words = append(words, arg)
			}
		}
	}
	return words
}

func renamed(script []Command, from, to string) []Command {
	script = slices.Clone(script)
	for i, c := range script {
		args := slices.Clone(c.Args)
		for j := 1; j < len(args); j++ {
			if args[j] == from {
				args[j] = to
			}
		}
		script[i].Args = args
	}
	return script
}

// still returns the difference of a script that was made of d's, if it is of the same nature: at the same command, with
// replies of the same kinds. Otherwise it returns d and false. A script with other arguments may do what generators
// avoid, and differ for a reason that is none.
func (p *Pair) still(d *Difference, script []Command) (*Difference, bool) {
	found, err := p.Run(script)
	if err != nil || found == nil || len(found.Script) != len(d.Script) ||
		found.Reference.Kind != d.Reference.Kind || found.Subject.Kind != d.Subject.Kind {
		return d, false
	}
	return found, true
}
