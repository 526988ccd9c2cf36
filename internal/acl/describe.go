package acl

import "strings"

// rules returns rules that make an empty selector this one.
func (s *selector) rules(cat *Catalog) string {
	keys := s.keyRules()
	if keys != "" {
		keys += " "
	}
	channels := "&*"
	if !s.allChannels {
		channels = strings.TrimSpace("resetchannels " + s.channelRules())
	}
	return keys + channels + " " + s.commandRules(cat)
}

func (s *selector) keyRules() string {
	if s.allKeys {
		return "~*"
	}
	rules := make([]string, len(s.keys))
	for i, p := range s.keys {
		switch p.access {
		case Read:
			rules[i] = "%R~" + p.pattern
		case Write:
			rules[i] = "%W~" + p.pattern
		default:
			rules[i] = "~" + p.pattern
		}
	}
	return strings.Join(rules, " ")
}

func (s *selector) channelRules() string {
	if s.allChannels {
		return "&*"
	}
	rules := make([]string, len(s.channels))
	for i, pattern := range s.channels {
		rules[i] = "&" + pattern
	}
	return strings.Join(rules, " ")
}

// commandRules returns rules that yield the selector's set of commands, as Redis finds them. They begin with all commands
// or with none, depending on whether those to come are allowed. Then whole categories are added or taken away as long as
// that brings the set nearer to the wanted one, the best first; what is left is done command by command.
func (s *selector) commandRules(cat *Catalog) string {
	additive := !s.commands.has(cat.toCome())
	sign, first := "-", "+@all"
	if additive {
		sign, first = "+", "-@all"
	}
	rules := []string{first}
	reached, left := newSelector(cat, false), s.clone()
	reached.setAllCommands(!additive)
	for applied := Categories(0); ; {
		best := left.bestCategory(cat, additive, applied)
		if best < 0 {
			break
		}
		applied |= 1 << best
		rules = append(rules, sign+"@"+CategoryNames[best])
		reached.setCategory(cat, 1<<best, additive)
		left.setCategory(cat, 1<<best, !additive)
	}
	for cmd := range cat.all {
		allowed := s.commands.has(cmd.id)
		if reached.commands.has(cmd.id) != allowed {
			sign := "-"
			if allowed {
				sign = "+"
			}
			rules = append(rules, sign+cmd.Name)
			reached.set(cmd, allowed)
		}
		if !allowed {
			for _, arg := range s.firstArgs[cmd.id] {
				rules = append(rules, "+"+cmd.Name+"|"+arg)
			}
		}
	}
	return strings.Join(rules, " ")
}

// bestCategory returns the index of the category that has more commands which are still to be changed than others, and
// the fewest others; negative if there is none.
func (s *selector) bestCategory(cat *Catalog, additive bool, applied Categories) int {
	best, fewest, most := -1, 0, 0
	for i := range CategoryNames {
		if applied>>i&1 != 0 {
			continue
		}
		same, other := s.count(cat, 1<<i, additive)
		if same > other && (best < 0 || other < fewest || other == fewest && same > most) {
			best, fewest, most = i, other, same
		}
	}
	return best
}

// count returns how many commands of a category are allowed as given, and how many are not.
func (s *selector) count(cat *Catalog, category Categories, allowed bool) (same, other int) {
	for cmd := range cat.all {
		switch {
		case cmd.Newer || cmd.Categories&category == 0:
		case s.commands.has(cmd.id) == allowed:
			same++
		default:
			other++
		}
	}
	return same, other
}
