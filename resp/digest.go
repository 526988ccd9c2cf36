package resp

import (
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/numeric"
)

// digest is that of DEBUG DIGEST and DEBUG DIGEST-VALUE, made as Redis does, so that the data of two servers can be
// compared. What is ordered is mixed in, what is not is added by exclusive or.
type digest [sha1.Size]byte

func (d *digest) String() string { return hex.EncodeToString(d[:]) }

// add adds something whose order does not matter.
func (d *digest) add(data string) {
	sum := sha1.Sum([]byte(data))
	for i := range d {
		d[i] ^= sum[i]
	}
}

// mix adds something whose order does.
func (d *digest) mix(data string) {
	d.add(data)
	*d = sha1.Sum(d[:])
}

// mixNumber mixes in a number in network order.
func (d *digest) mixNumber(n int) {
	d.mix(string(binary.BigEndian.AppendUint32(nil, uint32(n))))
}

// digestTypes are the numbers that Redis has for types.
var digestTypes = map[datatypes.Type]int{
	datatypes.TypeString: 0, datatypes.TypeList: 1, datatypes.TypeSet: 2, datatypes.TypeSortedSet: 3, datatypes.TypeHash: 4,
}

// addValue adds the value of a key, nothing if there is none.
func (d *digest) addValue(db larder.DB, key string) error {
	t, ok, err := db.Keys().Type(key)
	if err != nil || !ok {
		return err
	}
	d.mixNumber(digestTypes[t])
	if err := d.addElements(db, key, t); err != nil {
		return err
	}
	if at, ok, err := db.Keys().ExpireTime(key); err == nil && ok && !at.IsZero() {
		d.add("!!expire!!")
	}
	return nil
}

func (d *digest) addElements(db larder.DB, key string, t datatypes.Type) error {
	switch t {
	case datatypes.TypeString:
		_, err := db.Strings().View(key, func(value []byte) error {
			d.mix(text(value))
			return nil
		})
		return err
	case datatypes.TypeList:
		for value := range db.Lists().All(key) {
			d.mix(text(value))
		}
	case datatypes.TypeSet:
		for member := range db.Sets().Members(key) {
			d.add(member)
		}
	case datatypes.TypeSortedSet:
		for member, score := range db.SortedSets().RangeByRank(key, 0, -1) {
			d.addPair(member, string(numeric.AppendFloat(nil, score)))
		}
	case datatypes.TypeHash:
		fields, err := db.Hashes().GetAll(key)
		for _, f := range fields {
			d.addPair(f.Name, string(f.Value))
		}
		return err
	}
	return nil
}

// addPair adds two things that belong together.
func (d *digest) addPair(a, b string) {
	var pair digest
	pair.mix(a)
	pair.mix(b)
	d.add(string(pair[:]))
}

// digestAll returns the digest of all databases. Of data that changes meanwhile it is that of no one moment.
func digestAll(store inspected) (all digest, err error) {
	for _, st := range store.DBStats() {
		db, err := store.DB(st.DB)
		if err != nil {
			return all, err
		}
		db = db.NoTouch() // what reading for a digest finds has not been used
		empty := true
		for key := range db.Keys().All() {
			if empty {
				empty = false
				all.mixNumber(st.DB)
			}
			var d digest
			d.mix(key)
			if err := d.addValue(db, key); err != nil {
				return all, err
			}
			all.add(string(d[:]))
		}
	}
	return all, nil
}
