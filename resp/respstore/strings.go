package respstore

import (
	"time"

	"github.com/larderkv/larder/datatypes"
)

type stringStore struct{ c *Client }

func (st stringStore) Append(key string, value []byte) (int, error) {
	return st.c.do("APPEND", key, value).length()
}

func (st stringStore) Decr(key string) (int64, error) { return st.c.do("DECR", key).int64() }

func (st stringStore) DecrBy(key string, delta int64) (int64, error) {
	return st.c.do("DECRBY", key, delta).int64()
}

func (st stringStore) Get(key string) ([]byte, bool, error) { return st.c.do("GET", key).bulk() }

func (st stringStore) GetDel(key string) ([]byte, bool, error) { return st.c.do("GETDEL", key).bulk() }

func (st stringStore) GetEx(key string, o datatypes.GetExOptions) ([]byte, bool, error) {
	return st.c.do("GETEX", key, getExWords(o)).bulk()
}

func (st stringStore) GetRange(key string, start, end int64) ([]byte, error) {
	value, _, err := st.c.do("GETRANGE", key, start, end).bulk()
	return value, err
}

func (st stringStore) Incr(key string) (int64, error) { return st.c.do("INCR", key).int64() }

func (st stringStore) IncrBy(key string, delta int64) (int64, error) {
	return st.c.do("INCRBY", key, delta).int64()
}

func (st stringStore) IncrByFloat(key string, delta float64) (float64, error) {
	return st.c.do("INCRBYFLOAT", key, delta).float()
}

func (st stringStore) LCS(a, b string, o datatypes.LCSOptions) (datatypes.LCSResult, error) {
	sequence, _, err := st.c.do("LCS", a, b).bulk()
	return datatypes.LCSResult{Sequence: sequence, Len: len(sequence)}, err
}

func (st stringStore) LCSLen(a, b string, o datatypes.LCSOptions) (int, error) {
	return st.c.do("LCS", a, b, "LEN").length()
}

func (st stringStore) Len(key string) (int, error) { return st.c.do("STRLEN", key).length() }

func (st stringStore) MGet(dst [][]byte, keys ...string) ([][]byte, error) {
	if len(keys) == 0 {
		return dst, nil
	}
	return st.c.do("MGET", keys).bytes(dst)
}

func (st stringStore) MSet(items ...datatypes.Item) error {
	if len(items) == 0 {
		return nil
	}
	return st.c.do("MSET", itemWords(items)).done()
}

func (st stringStore) MSetNX(items ...datatypes.Item) (bool, error) {
	if len(items) == 0 {
		return true, nil
	}
	return st.c.do("MSETNX", itemWords(items)).flag()
}

func (st stringStore) Set(key string, value []byte, o datatypes.SetOptions) (bool, error) {
	r := st.c.do("SET", key, value, setWords(o))
	return r.exists(), r.err
}

// SetGet looks at the type of the key first where the time to live is negative. SET refuses that before.
func (st stringStore) SetGet(key string, value []byte, o datatypes.SetOptions) (old []byte, existed, stored bool, err error) {
	if o.TTL < 0 && !o.KeepTTL && !(o.IfAbsent && o.IfPresent) {
		if _, _, err := st.Get(key); err != nil {
			return nil, false, false, err
		}
	}
	old, existed, err = st.c.do("SET", key, value, setWords(o), "GET").bulk()
	if err != nil {
		return nil, false, false, err
	}
	return old, existed, !(o.IfAbsent && existed) && !(o.IfPresent && !existed), nil
}

func (st stringStore) SetRange(key string, offset int64, value []byte) (int, error) {
	return st.c.do("SETRANGE", key, offset, value).length()
}

func itemWords(items []datatypes.Item) (out []string) {
	for _, item := range items {
		out = append(out, item.Key, string(item.Value))
	}
	return out
}

func setWords(o datatypes.SetOptions) []string {
	out := expiryWords(o.TTL, o.ExpireAt)
	if o.KeepTTL {
		out = append(out, "KEEPTTL")
	}
	if o.IfAbsent {
		out = append(out, "NX")
	}
	if o.IfPresent {
		out = append(out, "XX")
	}
	return out
}

func getExWords(o datatypes.GetExOptions) []string {
	out := expiryWords(o.TTL, o.ExpireAt)
	if o.Persist {
		out = append(out, "PERSIST")
	}
	return out
}

func expiryWords(ttl time.Duration, at time.Time) (out []string) {
	if ttl != 0 {
		out = append(out, words([]any{"PX", millis(ttl)})...)
	}
	if !at.IsZero() {
		out = append(out, words([]any{"PXAT", at.UnixMilli()})...)
	}
	return out
}
