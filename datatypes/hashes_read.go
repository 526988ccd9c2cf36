package datatypes

import (
	"iter"
	"math/rand/v2"

	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/internal/arena"
	"github.com/larderkv/larder/internal/keyspace"
	"github.com/larderkv/larder/internal/members"
)

// GetAll returns all fields and their values, of one moment, in no order. It is
// HGETALL. O(fields).
func (st Hashes) GetAll(key string) ([]Field, error) {
	var b Batch
	if err := st.GetAllBatch(key, HashPairs, &b); err != nil {
		return nil, err
	}
	all := make([]Field, b.Len()/2)
	for i := range all {
		name, _ := b.Value(2 * i)
		value, _ := b.Value(2*i + 1)
		all[i] = Field{string(name), append([]byte{}, value...)}
	}
	return all, nil
}

func copyOf(field string, value encoding.Element) Field {
	return Field{string([]byte(field)), value.Append([]byte{})}
}

// HashPart says what of a hash is read.
type HashPart uint8

// The parts.
const (
	HashFields HashPart = 1 << iota // the names of fields: HKEYS
	HashValues                      // values: HVALS

	HashPairs = HashFields | HashValues // both in turn: HGETALL
)

// GetAllBatch reads all fields, all values, or both in turn, into a batch. It is HGETALL,
// HKEYS and HVALS. O(fields).
func (st Hashes) GetAllBatch(key string, part HashPart, b *Batch) error {
	many, err := st.getFew(key, part, b)
	if !many || err != nil {
		return err
	}
	return st.view.InSteps(&hashGathering{key: key, part: part, batch: b}, []string{key})
}

// getFew is GetAllBatch unless there are many fields.
func (st Hashes) getFew(key string, part HashPart, b *Batch) (many bool, err error) {
	b.batch.Clear()
	var s keyspace.Slot
	h, err := st.read(&s, key)
	if err != nil {
		return false, err
	}
	defer s.Unlock()
	if h.len() > fewElements {
		return true, st.view.TakeTime()
	}
	h.each(func(field string, value encoding.Element) bool {
		b.addPart(part, field, value)
		return true
	})
	return false, nil
}

func (b *Batch) addPart(part HashPart, field string, value encoding.Element) {
	if part&HashFields != 0 {
		b.addText(field)
	}
	if part&HashValues != 0 {
		b.add(value, true)
	}
}

// Fields returns the names of all fields, in no order. It is HKEYS. O(fields).
func (st Hashes) Fields(key string) ([]string, error) {
	var b Batch
	if err := st.GetAllBatch(key, HashFields, &b); err != nil {
		return nil, err
	}
	names := make([]string, b.Len())
	for i := range names {
		v, _ := b.Value(i)
		names[i] = string(v)
	}
	return names, nil
}

// Values returns the values of all fields, in no order. It is HVALS. O(fields).
func (st Hashes) Values(key string) ([][]byte, error) {
	var b Batch
	if err := st.GetAllBatch(key, HashValues, &b); err != nil {
		return nil, err
	}
	return b.appendCopies(nil), nil
}

// All returns an iterator over the fields and their values, which are copies. It
// holds no lock while its body runs and has the guarantee of Scan. It ends early when the cache is closed,
// and yields nothing if the key holds no hash. O(fields).
func (st Hashes) All(key string) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for cursor := uint64(0); ; {
			fields, next, err := st.Scan(key, cursor, ElementScanOptions{Count: iterCount})
			for _, f := range fields {
				if !yield(f.Name, f.Value) {
					return
				}
			}
			if cursor = next; cursor == 0 || err != nil {
				return
			}
		}
	}
}

// Scan returns some fields and the cursor with which to ask for more; it starts with
// cursor zero, and zero comes back at the end. It is HSCAN. O(Count), and O(fields) for a small hash, which is returned
// as a whole.
//
// A field that the hash has during the whole scan is returned at least once, whatever
// happens meanwhile; one that it never has then is not returned. A field may be returned twice.
func (st Hashes) Scan(key string, cursor uint64, o ElementScanOptions) (fields []Field, next uint64, err error) {
	var s keyspace.Slot
	h, err := st.read(&s, key)
	if err != nil {
		return nil, 0, err
	}
	defer s.Unlock()
	take := func(field string, value encoding.Element) bool {
		if o.wants(field) {
			fields = append(fields, copyOf(field, value))
		}
		return true
	}
	if h.enc != hashTable {
		h.each(take)
		return fields, 0, nil
	}
	refs, next := h.root.Scan(s.Env(), cursor, o.count(), nil)
	for _, ref := range refs {
		field, value := members.Valued.Pair(s.Arena(), ref)
		take(field, encoding.TextElement(value))
	}
	return fields, next, nil
}

// Random returns count different fields, each choice with the same probability, or all if
// there are no more. A negative count asks for that many fields of which each is drawn from
// all, so that there are repetitions. It is HRANDFIELD. O(count), and O(fields) if that many are asked for.
//
// It returns ErrOutOfRange for more than 2^24 fields with repetitions, or more than 512 MiB of them.
func (st Hashes) Random(key string, count int) ([]Field, error) {
	var b Batch
	if err := st.RandomBatch(key, count, HashPairs, &b); err != nil {
		return nil, err
	}
	fields := make([]Field, 0, b.Len()/2)
	for i := 0; i < b.Len(); i += 2 {
		name, _ := b.Value(i)
		value, _ := b.Value(i + 1)
		fields = append(fields, Field{string(name), append([]byte{}, value...)})
	}
	return fields, nil
}

// RandomBatch is Random into a batch.
func (st Hashes) RandomBatch(key string, count int, part HashPart, b *Batch) error {
	b.batch.Clear()
	var s keyspace.Slot
	h, err := st.read(&s, key)
	if err != nil {
		return err
	}
	defer s.Unlock()
	if h.len() == 0 || count == 0 {
		return nil
	}
	if count == 1 || count == -1 {
		h.addPair(h.draw(s.Source()), part, b)
		return nil
	}
	if count < -maxDraws {
		return ErrOutOfRange
	}
	var pairs []pairRef
	if count > 0 {
		pairs = h.sample(s.Source(), count)
	} else if pairs, err = h.drawMany(s.Source(), -count); err != nil {
		return err
	}
	for _, p := range pairs {
		h.addPair(p, part, b)
	}
	return nil
}

// pairRef leads to a field of a hash that does not change meanwhile: the ref of an element,
// or the position in a packed hash.
type pairRef uint32

// pair returns a field and its value, both borrowed.
func (h *hashValue) pair(p pairRef) (field, value encoding.Element) {
	if h.enc == hashPacked {
		field, value, _ = h.pack.Read(int(p))
		return field, value
	}
	name, text := members.Valued.Pair(h.env.Arena, arena.Ref(p))
	return elementOf(name), encoding.TextElement(text)
}

func (h *hashValue) addPair(p pairRef, part HashPart, b *Batch) {
	field, value := h.pair(p)
	if part&HashFields != 0 {
		b.add(field, true)
	}
	if part&HashValues != 0 {
		b.add(value, true)
	}
}

// draw returns a field of a hash that has any.
func (h *hashValue) draw(src rand.Source) pairRef {
	if h.enc == hashTable {
		return pairRef(h.root.Random(h.env.Arena, src))
	}
	all := h.positions()
	return all[rand.New(src).IntN(len(all))]
}

// positions returns all fields of a packed hash.
func (h *hashValue) positions() []pairRef {
	all := make([]pairRef, 0, h.pack.Len())
	for at := h.pack.First(); at < h.pack.End(); at = h.pack.Next(at) {
		all = append(all, pairRef(at))
	}
	return all
}

// drawMany returns n fields, with repetitions.
func (h *hashValue) drawMany(src rand.Source, n int) ([]pairRef, error) {
	draw := func() pairRef { return pairRef(h.root.Random(h.env.Arena, src)) }
	if h.enc == hashPacked {
		all, rng := h.positions(), rand.New(src)
		draw = func() pairRef { return all[rng.IntN(len(all))] }
	}
	pairs, size := make([]pairRef, n), 0
	for i := range pairs {
		pairs[i] = draw()
		field, value := h.pair(pairs[i])
		if size += field.Len() + value.Len(); size > keyspace.MaxSize {
			return nil, ErrOutOfRange
		}
	}
	return pairs, nil
}

// sample returns n different fields, or all if there are no more.
func (h *hashValue) sample(src rand.Source, n int) []pairRef {
	if h.enc == hashTable {
		refs := h.root.Sample(h.env.Arena, src, n, nil)
		pairs := make([]pairRef, len(refs))
		for i, ref := range refs {
			pairs[i] = pairRef(ref)
		}
		return pairs
	}
	pairs := h.positions()
	if n >= len(pairs) {
		return pairs
	}
	rand.New(src).Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
	return pairs[:n]
}
