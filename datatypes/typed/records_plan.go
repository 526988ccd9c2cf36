package typed

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/larderkv/larder/datatypes"
)

// recordPlan says which fields of a struct are which of a hash.
type recordPlan struct {
	all    []*recordField
	names  []string // of all
	byName map[string]*recordField
}

func newRecordPlan(t reflect.Type) (*recordPlan, error) {
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("%w: %v is no struct", ErrType, t)
	}
	p := &recordPlan{byName: map[string]*recordField{}}
	if err := p.addFields(t, nil); err != nil {
		return nil, fmt.Errorf("%w: %v: %w", ErrType, t, err)
	}
	if len(p.all) == 0 {
		return nil, fmt.Errorf("%w: %v has no fields to store", ErrType, t)
	}
	return p, nil
}

// addFields adds the fields of a struct that lies in the record's at an index.
func (p *recordPlan) addFields(t reflect.Type, index []int) error {
	for i := range t.NumField() {
		sf := t.Field(i)
		tag, tagged := tagOf(&sf)
		at := append(index[:len(index):len(index)], i)
		switch {
		case tag.name == "-":
			continue
		case sf.Anonymous && !tagged && sf.Type.Kind() == reflect.Struct && !hasText(sf.Type):
			if err := p.addFields(sf.Type, at); err != nil {
				return err
			}
			continue
		case !sf.IsExported():
			continue
		}
		f, err := newRecordField(&sf, tag, at)
		if err != nil {
			return err
		}
		if p.byName[f.name] != nil {
			return fmt.Errorf("two fields are stored as %q", f.name)
		}
		p.byName[f.name] = f
		p.all, p.names = append(p.all, f), append(p.names, f.name)
	}
	return nil
}

// pick returns the fields that are stored under the names.
func (p *recordPlan) pick(names []string) ([]*recordField, error) {
	fields := make([]*recordField, len(names))
	for i, name := range names {
		if fields[i] = p.byName[name]; fields[i] == nil {
			return nil, fmt.Errorf("%w: %q", ErrNoField, name)
		}
	}
	return fields, nil
}

// recordTag is what the tag of a field says.
type recordTag struct {
	name            string
	omitEmpty, json bool
}

func tagOf(f *reflect.StructField) (tag recordTag, tagged bool) {
	text, tagged := f.Tag.Lookup("larder")
	if !tagged {
		if text, tagged = f.Tag.Lookup("redis"); !tagged {
			return tag, false
		}
	}
	name, options, _ := strings.Cut(text, ",")
	tag.name = name
	for o := range strings.SplitSeq(options, ",") {
		tag.omitEmpty = tag.omitEmpty || o == "omitempty"
		tag.json = tag.json || o == "json"
	}
	return tag, name != ""
}

// encodeRecord returns the change of a hash that makes it have fields of a struct. It lies in the scratch space.
func encodeRecord(fields []*recordField, v reflect.Value, sc *scratch) (p datatypes.HashPatch, err error) {
	b := sc.value[:0]
	ends := make([]int, 0, len(fields))
	for _, f := range fields {
		var there bool
		if b, there, err = f.encode(b, v.FieldByIndex(f.index)); err != nil {
			return datatypes.HashPatch{}, fmt.Errorf("field %s: %w", f.name, err)
		}
		if !there {
			p.Delete = append(p.Delete, f.name)
			continue
		}
		p.Set = append(p.Set, datatypes.Field{Name: f.name})
		ends = append(ends, len(b))
	}
	start := 0
	for i, end := range ends {
		p.Set[i].Value = b[start:end:end]
		start = end
	}
	sc.value = b
	return p, nil
}

// decodeRecord sets fields of a struct, which are zero, from a batch, and reports whether any were there.
func decodeRecord(fields []*recordField, v reflect.Value, b *datatypes.Batch) (ok bool, err error) {
	for i, f := range fields {
		text, there := b.Value(i)
		if !there {
			continue
		}
		ok = true
		if err := f.decode(text, v.FieldByIndex(f.index)); err != nil {
			return false, fmt.Errorf("field %s: %w", f.name, err)
		}
	}
	return ok, nil
}

// dropSame drops from a change what the hash has already. The batch holds the values of the names.
func dropSame(p *datatypes.HashPatch, names []string, b *datatypes.Batch) {
	set, del := p.Set[:0], p.Delete[:0]
	from, gone := p.Set, p.Delete
	for i, name := range names {
		old, there := b.Value(i)
		switch {
		case len(from) > 0 && from[0].Name == name:
			if !there || string(old) != string(from[0].Value) {
				set = append(set, from[0])
			}
			from = from[1:]
		case len(gone) > 0 && gone[0] == name:
			if there {
				del = append(del, name)
			}
			gone = gone[1:]
		}
	}
	p.Set, p.Delete = set, del
}
