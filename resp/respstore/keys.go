package respstore

import (
	"iter"
	"time"

	"github.com/larderkv/larder/datatypes"
)

type keys struct{ c *Client }

// count does a command on keys that counts them.
func (k keys) count(command string, names []string) (int, error) {
	if len(names) == 0 {
		return 0, nil
	}
	return k.c.do(command, names).length()
}

func (k keys) All() iter.Seq[string] { return k.Match("*") }

func (k keys) Copy(from, to string, o datatypes.CopyOptions) (bool, error) {
	var options []string
	if o.DB != nil {
		options = append(options, words([]any{"DB", *o.DB})...)
	}
	if o.Replace {
		options = append(options, "REPLACE")
	}
	return k.c.do("COPY", from, to, options).flag()
}

func (k keys) Del(names ...string) (int, error) { return k.count("DEL", names) }

func (k keys) Exists(names ...string) (int, error) { return k.count("EXISTS", names) }

func (k keys) Expire(key string, ttl time.Duration, c datatypes.ExpireCond) (bool, error) {
	return k.c.do("PEXPIRE", key, millis(ttl), conditionWords(c)).flag()
}

func (k keys) ExpireAt(key string, t time.Time, c datatypes.ExpireCond) (bool, error) {
	return k.c.do("PEXPIREAT", key, t.UnixMilli(), conditionWords(c)).flag()
}

// past is what commands take for a negative time to live, which they refuse: a point in time that has passed.
var past = time.UnixMilli(1)

func (k keys) ExpireMember(key, member string, ttl time.Duration) (bool, error) {
	if ttl < 0 {
		return k.ExpireMemberAt(key, member, past)
	}
	return k.c.do("PEXPIREMEMBER", key, member, millis(ttl)).flag()
}

func (k keys) ExpireMemberAt(key, member string, t time.Time) (bool, error) {
	return k.c.do("PEXPIREMEMBERAT", key, member, t.UnixMilli()).flag()
}

func (k keys) ExpireTime(key string) (t time.Time, ok bool, err error) {
	n, err := k.c.do("PEXPIRETIME", key).int64()
	switch {
	case err != nil || n == -2:
		return time.Time{}, false, err
	case n == -1:
		return time.Time{}, true, nil
	}
	return time.UnixMilli(n), true, nil
}

func (k keys) Flush() error { return k.c.do("FLUSHDB").done() }

func (k keys) FlushAsync() error { return k.c.do("FLUSHDB", "ASYNC").done() }

func (k keys) Len() (int, error) { return k.c.do("DBSIZE").length() }

func (k keys) Match(pattern string) iter.Seq[string] { return each(k.c.do("KEYS", pattern).texts()) }

func (k keys) MemberTTL(key, member string) (time.Duration, bool, error) {
	return k.c.do("PTTL", key, member).ttl()
}

func (k keys) Persist(key string) (bool, error) { return k.c.do("PERSIST", key).flag() }

func (k keys) PersistMember(key, member string) (bool, error) {
	return k.c.do("PERSIST", key, member).flag()
}

func (k keys) Random() (string, bool, error) { return k.c.do("RANDOMKEY").text() }

func (k keys) Rename(from, to string) error { return k.c.do("RENAME", from, to).done() }

func (k keys) RenameNX(from, to string) (bool, error) { return k.c.do("RENAMENX", from, to).flag() }

func (k keys) Scan(cursor uint64, o datatypes.ScanOptions) ([]string, uint64, error) {
	options := scanWords(datatypes.ElementScanOptions{Match: o.Match, Count: o.Count})
	if o.Type != 0 {
		options = append(options, "TYPE", o.Type.String())
	}
	elements, next, err := k.c.do("SCAN", int64(cursor), options).page()
	if err != nil {
		return nil, 0, err
	}
	names, err := elements.texts()
	return names, next, err
}

func (k keys) Sort(key string, o datatypes.SortOptions) ([][]byte, error) {
	return k.c.do("SORT", key, sortWords(o)).bytes(nil)
}

func (k keys) SortStore(dst, key string, o datatypes.SortOptions) (int, error) {
	return k.c.do("SORT", key, sortWords(o), "STORE", dst).length()
}

func (k keys) TTL(key string) (time.Duration, bool, error) { return k.c.do("PTTL", key).ttl() }

func (k keys) Touch(names ...string) (int, error) { return k.count("TOUCH", names) }

func (k keys) Type(key string) (t datatypes.Type, ok bool, err error) {
	name, _, err := k.c.do("TYPE", key).text()
	for t := datatypes.TypeString; err == nil && t <= datatypes.TypeHash; t++ {
		if t.String() == name {
			return t, true, nil
		}
	}
	return 0, false, err
}

func (k keys) Unlink(names ...string) (int, error) { return k.count("UNLINK", names) }

func conditionWords(c datatypes.ExpireCond) (out []string) {
	for _, condition := range []struct {
		bit  datatypes.ExpireCond
		word string
	}{
		{datatypes.ExpireNX, "NX"}, {datatypes.ExpireXX, "XX"}, {datatypes.ExpireGT, "GT"}, {datatypes.ExpireLT, "LT"},
	} {
		if c&condition.bit != 0 {
			out = append(out, condition.word)
		}
	}
	return out
}

func scanWords(o datatypes.ElementScanOptions) (out []string) {
	if o.Match != "" {
		out = append(out, "MATCH", o.Match)
	}
	if o.Count != 0 {
		out = append(out, words([]any{"COUNT", o.Count})...)
	}
	return out
}

func sortWords(o datatypes.SortOptions) (out []string) {
	switch {
	case o.Unsorted:
		out = append(out, "BY", "nosort")
	case o.By != "":
		out = append(out, "BY", o.By)
	}
	if o.Offset != 0 || o.Count != 0 {
		out = append(out, limitWords(o.Offset, o.Count)...)
	}
	for _, pattern := range o.Get {
		out = append(out, "GET", pattern)
	}
	if o.Desc {
		out = append(out, "DESC")
	}
	if o.Alpha {
		out = append(out, "ALPHA")
	}
	return out
}

// limitWords returns a LIMIT. A count of zero is none to the stores and nothing to commands, to which a negative one is
// no limit.
func limitWords(offset, count int) []string {
	switch {
	case count == 0:
		count = -1
	case count < 0:
		count = 0
	}
	return words([]any{"LIMIT", offset, count})
}
