package respstore

import (
	"iter"

	"github.com/larderkv/larder/datatypes"
)

type lists struct{ c *Client }

// push does a command that pushes values. Without any it does nothing but to look.
func (st lists) push(command, key string, values [][]byte) (int, error) {
	if len(values) == 0 {
		return st.Len(key)
	}
	return st.c.do(command, key, values).length()
}

func (st lists) popN(command, key string, n int) ([][]byte, bool, error) {
	r := st.c.do(command, key, n)
	values, err := r.bytes(nil)
	return values, r.exists(), err
}

func (st lists) All(key string) iter.Seq[[]byte] { return each(st.Range(key, 0, -1)) }

func (st lists) Index(key string, index int) ([]byte, bool, error) {
	return st.c.do("LINDEX", key, index).bulk()
}

func (st lists) Insert(key string, before bool, pivot, value []byte) (int, error) {
	where := "AFTER"
	if before {
		where = "BEFORE"
	}
	return st.c.do("LINSERT", key, where, pivot, value).length()
}

func (st lists) LPop(key string) ([]byte, bool, error) { return st.c.do("LPOP", key).bulk() }

func (st lists) LPopN(key string, n int) ([][]byte, bool, error) { return st.popN("LPOP", key, n) }

func (st lists) LPush(key string, values ...[]byte) (int, error) {
	return st.push("LPUSH", key, values)
}

func (st lists) LPushX(key string, values ...[]byte) (int, error) {
	return st.push("LPUSHX", key, values)
}

func (st lists) Len(key string) (int, error) { return st.c.do("LLEN", key).length() }

func (st lists) MPop(side datatypes.Side, count int, keys ...string) (popped datatypes.ListPopped, err error) {
	switch {
	case side != datatypes.Left && side != datatypes.Right:
		return popped, datatypes.ErrConflict
	case len(keys) == 0:
		return popped, nil
	}
	r := st.c.do("LMPOP", len(keys), keys, sideWord(side), "COUNT", max(count, 1))
	if r.err != nil || len(r.v.Elems) != 2 {
		return popped, r.err
	}
	popped.Key = r.v.Elems[0].Text
	popped.Values, err = replyOf(r.v.Elems[1]).bytes(nil)
	return popped, err
}

func (st lists) Move(from, to string, fromSide, toSide datatypes.Side) ([]byte, bool, error) {
	return st.c.do("LMOVE", from, to, sideWord(fromSide), sideWord(toSide)).bulk()
}

func (st lists) Pos(key string, value []byte, o datatypes.PosOptions) ([]int, error) {
	var options []string
	if o.Rank != 0 {
		options = append(options, words([]any{"RANK", o.Rank})...)
	}
	return st.c.do("LPOS", key, value, options, "COUNT", o.Count, "MAXLEN", o.MaxLen).ints()
}

func (st lists) RPop(key string) ([]byte, bool, error) { return st.c.do("RPOP", key).bulk() }

func (st lists) RPopN(key string, n int) ([][]byte, bool, error) { return st.popN("RPOP", key, n) }

func (st lists) RPush(key string, values ...[]byte) (int, error) {
	return st.push("RPUSH", key, values)
}

func (st lists) RPushX(key string, values ...[]byte) (int, error) {
	return st.push("RPUSHX", key, values)
}

func (st lists) Range(key string, start, stop int) ([][]byte, error) {
	return st.c.do("LRANGE", key, start, stop).bytes(nil)
}

func (st lists) Remove(key string, count int, value []byte) (int, error) {
	return st.c.do("LREM", key, count, value).length()
}

func (st lists) Set(key string, index int, value []byte) error {
	return st.c.do("LSET", key, index, value).done()
}

func (st lists) Trim(key string, start, stop int) error {
	return st.c.do("LTRIM", key, start, stop).done()
}

func sideWord(side datatypes.Side) string {
	switch side {
	case datatypes.Left:
		return "LEFT"
	case datatypes.Right:
		return "RIGHT"
	}
	return "NEITHER"
}
