package acl

import (
	"slices"
	"strings"

	"github.com/larderkv/larder/internal/glob"
	"github.com/larderkv/larder/internal/words"
)

// Access is what a call does to a key's data.
type Access uint8

const (
	Read  Access = 1 << iota // it is returned, copied or tested
	Write                    // it is changed, added or deleted
)

// selector is a set of rights that permits calls by itself.
type selector struct {
	commands  commandSet
	firstArgs map[int][]string // by command: first arguments with which it is allowed nevertheless

	allCommands, allKeys, allChannels bool

	keys     []keyPattern
	channels []string
}

type keyPattern struct {
	pattern string
	access  Access
}

func newSelector(cat *Catalog, allChannels bool) *selector {
	return &selector{commands: cat.newSet(), allChannels: allChannels}
}

func (s *selector) clone() *selector {
	c := *s
	c.commands = slices.Clone(s.commands)
	c.keys = slices.Clone(s.keys)
	c.channels = slices.Clone(s.channels)
	c.firstArgs = nil
	for id, args := range s.firstArgs {
		c.allowFirstArgs(id, args...)
	}
	return &c
}

func (s *selector) unrestricted() bool { return s.allCommands && s.allKeys && s.allChannels }

// parseSelector returns the selector of a rule in parentheses. Redis takes rules with quotes and parentheses in it, and
// then writes ACL files that it cannot read back; here they are refused.
func parseSelector(cat *Catalog, rule string, allChannels bool) (*selector, error) {
	rules, ok := words.Split(rule[1 : len(rule)-1])
	if !ok {
		return nil, ErrSyntax
	}
	s := newSelector(cat, allChannels)
	for _, rule := range rules {
		if strings.ContainsAny(rule, `"'()`) {
			return nil, ErrSyntax
		}
		if err := s.apply(cat, rule); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// apply changes the selector by a rule.
func (s *selector) apply(cat *Catalog, rule string) error {
	switch strings.ToLower(rule) {
	case "":
		return ErrSyntax
	case "allkeys", "~*":
		s.allKeys, s.keys = true, nil
		return nil
	case "resetkeys":
		s.allKeys, s.keys = false, nil
		return nil
	case "allchannels", "&*":
		s.allChannels, s.channels = true, nil
		return nil
	case "resetchannels":
		s.allChannels, s.channels = false, nil
		return nil
	case "allcommands", "+@all":
		s.setAllCommands(true)
		return nil
	case "nocommands", "-@all":
		s.setAllCommands(false)
		return nil
	}
	switch rule[0] {
	case '~':
		return s.addKeyPattern(rule[1:], Read|Write)
	case '%':
		return s.addAccessPattern(rule)
	case '&':
		return s.addChannelPattern(rule[1:])
	case '+', '-':
		return s.applyToCommands(cat, rule[1:], rule[0] == '+')
	}
	return ErrSyntax
}

func (s *selector) setAllCommands(allow bool) {
	s.allCommands = allow
	s.commands.fill(allow)
	s.firstArgs = nil
}

// addAccessPattern applies a rule such as %R~pattern.
func (s *selector) addAccessPattern(rule string) error {
	if s.allKeys {
		return ErrAfterAllKeys
	}
	var access Access
	for i := 1; i < len(rule); i++ {
		switch ch := rule[i] &^ 0x20; {
		case rule[i] == '~' && access != 0:
			return s.addKeyPattern(rule[i+1:], access)
		case ch == 'R' && access&Read == 0:
			access |= Read
		case ch == 'W' && access&Write == 0:
			access |= Write
		default:
			return ErrSyntax
		}
	}
	if access == 0 {
		return ErrSyntax
	}
	return s.addKeyPattern("", access)
}

func (s *selector) addKeyPattern(pattern string, access Access) error {
	if s.allKeys {
		return ErrAfterAllKeys
	}
	if hasSpaces(pattern) {
		return ErrSyntax
	}
	for i := range s.keys {
		if s.keys[i].pattern == pattern {
			s.keys[i].access |= access
			return nil
		}
	}
	s.keys = append(s.keys, keyPattern{pattern, access})
	return nil
}

func (s *selector) addChannelPattern(pattern string) error {
	switch {
	case s.allChannels:
		return ErrAfterAllChans
	case hasSpaces(pattern):
		return ErrSyntax
	case !slices.Contains(s.channels, pattern):
		s.channels = append(s.channels, pattern)
	}
	return nil
}

// applyToCommands applies a rule about @category, command, container|subcommand or command|argument.
func (s *selector) applyToCommands(cat *Catalog, name string, allow bool) error {
	if category, ok := strings.CutPrefix(name, "@"); ok {
		return s.applyToCategory(cat, category, allow)
	}
	if cmd := cat.named(name); cmd != nil {
		s.set(cmd, allow)
		return nil
	}
	at := strings.LastIndexByte(name, '|')
	if at < 0 || !allow {
		return ErrUnknown
	}
	cmd, arg := cat.named(name[:at]), name[at+1:]
	switch {
	case cmd == nil:
		return ErrUnknown
	case cmd.isSub:
		return ErrFirstArg
	case arg == "":
		return ErrSyntax
	case len(cmd.Subcommands) > 0:
		return ErrUnknown
	}
	s.allowFirstArgs(cmd.id, arg)
	return nil
}

func (s *selector) allowFirstArgs(id int, args ...string) {
	if s.firstArgs == nil {
		s.firstArgs = make(map[int][]string)
	}
	for _, arg := range args {
		if !containsFold(s.firstArgs[id], arg) {
			s.firstArgs[id] = append(s.firstArgs[id], arg)
		}
	}
}

func (s *selector) applyToCategory(cat *Catalog, name string, allow bool) error {
	if strings.EqualFold(name, "all") {
		s.setAllCommands(allow)
		return nil
	}
	category := CategoryNamed(name)
	if category == 0 {
		return ErrUnknown
	}
	s.setCategory(cat, category, allow)
	return nil
}

func (s *selector) setCategory(cat *Catalog, category Categories, allow bool) {
	for cmd := range cat.all {
		if cmd.Categories&category != 0 {
			s.set(cmd, allow)
		}
	}
}

// set allows a command and its subcommands, or does not.
func (s *selector) set(cmd *Command, allow bool) {
	s.allCommands = s.allCommands && allow
	s.commands.put(cmd.id, allow)
	delete(s.firstArgs, cmd.id)
	for _, sub := range cmd.Subcommands {
		s.commands.put(sub.id, allow)
	}
}

// check returns what stands against the call, if anything.
func (s *selector) check(call *Call) Denial {
	if !s.allCommands && !call.Command.Open && !s.allows(call) {
		return Denial{Reason: DeniedCommand}
	}
	if !s.allKeys {
		for _, key := range call.Keys {
			if !s.allowsKey(call.Args[key.Index], key.Access) {
				return Denial{DeniedKey, key.Index}
			}
		}
	}
	if !s.allChannels {
		for _, index := range call.Channels {
			if !s.allowsChannel(call.Args[index], call.Patterns) {
				return Denial{DeniedChannel, index}
			}
		}
	}
	return Denial{}
}

func (s *selector) allows(call *Call) bool {
	if s.commands.has(call.Command.id) {
		return true
	}
	return len(call.Args) > 1 && s.firstArgs != nil && containsFold(s.firstArgs[call.Command.id], string(call.Args[1]))
}

// allowsKey reports whether one pattern allows all of the access to the key.
func (s *selector) allowsKey(key []byte, access Access) bool {
	for _, p := range s.keys {
		if p.access&access == access && glob.Match(p.pattern, key, false) {
			return true
		}
	}
	return false
}

// readsAll reports whether there is no key whose data may not be read.
func (s *selector) readsAll() bool {
	return s.allKeys || slices.ContainsFunc(s.keys, func(p keyPattern) bool { return p.pattern == "*" && p.access&Read != 0 })
}

// allowsChannel reports whether a channel may be used. A pattern to subscribe to is allowed if it is one of the list:
// what else it may cover is not found out.
func (s *selector) allowsChannel(channel []byte, isPattern bool) bool {
	for _, p := range s.channels {
		if p == string(channel) || !isPattern && glob.Match(p, channel, false) {
			return true
		}
	}
	return false
}

func containsFold(list []string, s string) bool {
	return slices.ContainsFunc(list, func(other string) bool { return strings.EqualFold(other, s) })
}

// hasSpaces reports whether a name or pattern could not stand in an ACL file.
func hasSpaces(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r == 0 || r == ' ' || '\t' <= r && r <= '\r' })
}
