package datatypes

import (
	"slices"
	"strings"

	"github.com/larderkv/larder/internal/keyspace"
)

// sortElement is the pattern that means the element itself.
const sortElement = "#"

// sortPattern is a pattern of BY or GET, taken apart.
type sortPattern struct {
	kind           sortPatternKind
	prefix, suffix string // of the key, around the element
	field          string // of the hash; empty: the key holds a string
}

type sortPatternKind uint8

const (
	toNothing sortPatternKind = iota // without a * there is no key
	toElement
	toKey
)

// leadsOn reports whether a pattern leads to other keys.
func leadsOn(pattern string) bool { return strings.Contains(pattern, "*") }

func parseSortPattern(text string) (p sortPattern) {
	if text == sortElement {
		p.kind = toElement
		return p
	}
	prefix, suffix, ok := strings.Cut(text, "*")
	if !ok {
		return p
	}
	p = sortPattern{kind: toKey, prefix: prefix, suffix: suffix}
	if key, field, ok := strings.Cut(suffix, "->"); ok && field != "" {
		p.suffix, p.field = key, field
	}
	return p
}

// follow adds what each of the patterns leads to for each of the elements. The cache misses of some lookups overlap.
func (run *sorting) follow(v keyspace.View, patterns []sortPattern, elements []ranked, to *keyspace.Batch) error {
	together := max(batchKeys/len(patterns), 1)
	leads := slices.ContainsFunc(patterns, func(p sortPattern) bool { return p.kind == toKey })
	for steps := 1; len(elements) > 0; steps++ {
		some := elements[:min(len(elements), together)]
		run.nameKeys(patterns, some)
		if leads {
			v.Prefetch(run.names, &run.keys)
		}
		names := run.names
		for _, r := range some {
			for i := range patterns {
				text, _ := run.elements.Value(r.index)
				if err := patterns[i].read(v, names[0], text, to); err != nil {
					return err
				}
				if run.brief && len(to.Buffer()) > briefBytes {
					return errMany
				}
				names = names[1:]
			}
		}
		elements = elements[len(some):]
		if leads {
			v.Yield(steps)
		}
	}
	return nil
}

// nameKeys makes the names of the keys that patterns lead to.
func (run *sorting) nameKeys(patterns []sortPattern, elements []ranked) {
	run.keys.Clear()
	for _, r := range elements {
		text, _ := run.elements.Value(r.index)
		for i := range patterns {
			p, b := &patterns[i], run.keys.Buffer()
			if p.kind == toKey {
				b = append(append(append(b, p.prefix...), text...), p.suffix...)
			}
			run.keys.Add(b, true)
		}
	}
	run.names = run.names[:0]
	for i := range run.keys.Len() {
		name, _ := run.keys.Value(i)
		run.names = append(run.names, stringOf(name))
	}
}

// read adds what the pattern leads to for an element, for which the key has that name.
func (p *sortPattern) read(v keyspace.View, name string, element []byte, to *keyspace.Batch) error {
	switch {
	case p.kind == toNothing:
		to.Add(to.Buffer(), false)
		return nil
	case p.kind == toElement:
		to.Add(append(to.Buffer(), element...), true)
		return nil
	case p.field != "":
		return p.readField(v, name, to)
	}
	text, ok, err := v.AppendString(to.Buffer(), name)
	if err != nil && err != ErrWrongType {
		return err
	}
	to.Add(text, ok)
	return nil
}

func (p *sortPattern) readField(v keyspace.View, name string, to *keyspace.Batch) error {
	var s keyspace.Slot
	if err := s.Lock(v, name); err != nil {
		return err
	}
	defer s.Unlock()
	s.Touch()
	text, found := to.Buffer(), false
	if s.Type() == TypeHash {
		var h hashValue
		h.load(&s)
		value, ok := h.get(p.field)
		if found = ok; ok {
			text = value.Append(text)
		}
	}
	to.Add(text, found)
	return nil
}
