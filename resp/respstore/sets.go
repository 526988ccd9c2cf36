package respstore

import (
	"errors"
	"iter"
	"time"

	"github.com/larderkv/larder/datatypes"
)

type sets struct{ c *Client }

// algebra does a command on sets that returns members. Of no sets nothing is returned.
func (st sets) algebra(command string, keys []string) ([]string, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	return st.c.do(command, keys).texts()
}

func (st sets) store(command, dst string, keys []string) (int, error) {
	return st.c.do(command, dst, keys).length()
}

func (st sets) Add(key string, members ...string) (int, error) {
	if len(members) == 0 {
		_, err := st.Len(key)
		return 0, err
	}
	return st.c.do("SADD", key, members).length()
}

func (st sets) Contains(key, member string) (bool, error) {
	return st.c.do("SISMEMBER", key, member).flag()
}

func (st sets) ContainsEach(dst []bool, key string, members ...string) ([]bool, error) {
	if len(members) == 0 {
		_, err := st.Len(key)
		return dst, err
	}
	flags, err := st.c.do("SMISMEMBER", key, members).ints()
	for _, flag := range flags {
		dst = append(dst, flag == 1)
	}
	return dst, err
}

func (st sets) Diff(keys ...string) ([]string, error) { return st.algebra("SDIFF", keys) }

func (st sets) DiffStore(dst string, keys ...string) (int, error) {
	return st.store("SDIFFSTORE", dst, keys)
}

func (st sets) Inter(keys ...string) ([]string, error) { return st.algebra("SINTER", keys) }

func (st sets) InterLen(limit int, keys ...string) (int, error) {
	return st.c.do("SINTERCARD", len(keys), keys, "LIMIT", max(limit, 0)).length()
}

func (st sets) InterStore(dst string, keys ...string) (int, error) {
	return st.store("SINTERSTORE", dst, keys)
}

func (st sets) Len(key string) (int, error) { return st.c.do("SCARD", key).length() }

func (st sets) Members(key string) iter.Seq[string] { return each(st.c.do("SMEMBERS", key).texts()) }

func (st sets) Move(from, to, member string) (bool, error) {
	return st.c.do("SMOVE", from, to, member).flag()
}

func (st sets) Pop(key string) (string, bool, error) { return st.c.do("SPOP", key).text() }

func (st sets) PopN(key string, n int) ([]string, error) { return st.c.do("SPOP", key, n).texts() }

func (st sets) Random(key string) (string, bool, error) { return st.c.do("SRANDMEMBER", key).text() }

func (st sets) RandomN(key string, n int) ([]string, error) {
	return st.c.do("SRANDMEMBER", key, n).texts()
}

func (st sets) Remove(key string, members ...string) (int, error) {
	if len(members) == 0 {
		_, err := st.Len(key)
		return 0, err
	}
	return st.c.do("SREM", key, members).length()
}

func (st sets) Scan(key string, cursor uint64, o datatypes.ElementScanOptions) ([]string, uint64, error) {
	elements, next, err := st.c.do("SSCAN", key, int64(cursor), scanWords(o)).page()
	if err != nil {
		return nil, 0, err
	}
	members, err := elements.texts()
	return members, next, err
}

func (st sets) Union(keys ...string) ([]string, error) { return st.algebra("SUNION", keys) }

func (st sets) UnionStore(dst string, keys ...string) (int, error) {
	return st.store("SUNIONSTORE", dst, keys)
}

// The commands on the expiration of members are for all types.

func (st sets) Expire(string, time.Duration, datatypes.ExpireCond, ...string) ([]datatypes.ExpireResult, error) {
	return nil, errors.ErrUnsupported
}

func (st sets) ExpireAt(string, time.Time, datatypes.ExpireCond, ...string) ([]datatypes.ExpireResult, error) {
	return nil, errors.ErrUnsupported
}

func (st sets) Persist(string, ...string) ([]datatypes.ExpireResult, error) {
	return nil, errors.ErrUnsupported
}

func (st sets) TTL(string, string) (time.Duration, bool, error) {
	return 0, false, errors.ErrUnsupported
}
