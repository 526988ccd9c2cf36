package main

import (
	"maps"
	"math/rand/v2"
	"strconv"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
)

// bitmaps have bits set, cleared and counted.
type bitmapKind struct{}

type bitmapValue struct {
	elementless
	ok   bool // a bitmap exists even if all its bits are zero
	ones map[int]struct{}
}

func (bitmapKind) name() string              { return "bitmap" }
func (bitmapKind) fresh() value              { return &bitmapValue{ones: map[int]struct{}{}} }
func (bitmapKind) whole(key string) []string { return []string{"BITCOUNT", key} }

func (bitmapKind) next(rng *rand.Rand, key string) []string {
	offset := strconv.Itoa(rng.IntN(20000))
	if rng.IntN(3) == 0 {
		return []string{"GETBIT", key, offset}
	}
	return []string{"SETBIT", key, offset, bit(rng.IntN(3) > 0)}
}

func (v *bitmapValue) apply(_ *state, cmd []string) string {
	if cmd[0] == "BITCOUNT" {
		return strconv.Itoa(len(v.ones))
	}
	at := number(cmd[2])
	_, old := v.ones[at]
	if cmd[0] == "GETBIT" {
		return bit(old)
	}
	v.ok = true
	if delete(v.ones, at); cmd[3] == "1" {
		v.ones[at] = struct{}{}
	}
	return bit(old)
}

func (v *bitmapValue) empty() bool  { return !v.ok }
func (v *bitmapValue) clone() value { return &bitmapValue{ok: v.ok, ones: maps.Clone(v.ones)} }

func (bitmapKind) direct(db larder.DB, cmd []string) (string, error) {
	st, key := db.Bitmaps(), cmd[1]
	switch cmd[0] {
	case "GETBIT":
		on, err := st.Get(key, int64(number(cmd[2])))
		return bit(on), err
	case "SETBIT":
		old, err := st.Set(key, int64(number(cmd[2])), cmd[3] == "1")
		return bit(old), err
	}
	n, err := st.Count(key, datatypes.BitRange{})
	return strconv.FormatInt(n, 10), err
}
