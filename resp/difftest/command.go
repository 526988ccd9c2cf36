package difftest

import (
	"fmt"
	"strings"
)

// Command is one command of a script and how its replies are compared.
type Command struct {
	Args []string // the command's name and its arguments
	Mode Mode     // nil: Exact

	spoiltMode Mode // for when a script spoils the command; nil: Mode

	intact bool // scripts must not spoil it
}

// Cmd returns a command whose replies must be equal.
func Cmd(args ...string) Command { return Command{Args: args} }

// By returns the command with another mode of comparison.
func (c Command) By(mode Mode) Command {
	c.Mode = mode
	return c
}

// Spoilt returns the command with a mode of comparison for when a script has spoilt it.
func (c Command) Spoilt(mode Mode) Command {
	c.spoiltMode = mode
	return c
}

// Intact returns a command that scripts do not spoil: spoilt it would do something at random, or what only one server
// does.
func (c Command) Intact() Command {
	c.intact = true
	return c
}

// with returns the command with other arguments, compared as one that was spoilt.
func (c Command) with(args []string) Command {
	c.Args = args
	if c.spoiltMode != nil {
		c.Mode = c.spoiltMode
	}
	return c
}

// mode returns how the command's replies are compared: as loose has it for the command's first two words or its name,
// or by its own mode.
func (c Command) mode(loose map[string]Mode) Mode {
	for words := min(2, len(c.Args)); words > 0 && len(loose) > 0; words-- {
		if mode, ok := loose[strings.ToLower(strings.Join(c.Args[:words], " "))]; ok {
			return mode
		}
	}
	if c.Mode == nil {
		return Exact
	}
	return c.Mode
}

// String returns the command as redis-cli takes it.
func (c Command) String() string {
	words := make([]string, len(c.Args))
	for i, arg := range c.Args {
		words[i] = arg
		if arg == "" || strings.ContainsFunc(arg, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"'\`, r) }) {
			words[i] = quote(arg)
		}
	}
	return strings.Join(words, " ")
}

// quote quotes s with the escapes that redis-cli understands.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); i++ {
		switch ch := s[i]; {
		case ch == '"' || ch == '\\':
			b.WriteByte('\\')
			b.WriteByte(ch)
		case ch < ' ' || ch >= 0x7f:
			fmt.Fprintf(&b, `\x%02x`, ch)
		default:
			b.WriteByte(ch)
		}
	}
	b.WriteByte('"')
	return b.String()
}
