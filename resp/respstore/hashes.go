package respstore

import (
	"iter"
	"time"

	"github.com/larderkv/larder/datatypes"
)

type hashes struct{ c *Client }

// counted returns fields as the commands on their expiration have them.
func counted(fields []string) []string { return words([]any{"FIELDS", len(fields), fields}) }

func (h hashes) All(key string) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for field := range each(h.GetAll(key)) {
			if !yield(field.Name, field.Value) {
				return
			}
		}
	}
}

func (h hashes) Delete(key string, fields ...string) (int, error) {
	if len(fields) == 0 {
		_, err := h.Len(key)
		return 0, err
	}
	return h.c.do("HDEL", key, fields).length()
}

func (h hashes) Exists(key, field string) (bool, error) { return h.c.do("HEXISTS", key, field).flag() }

func (h hashes) Expire(key string, ttl time.Duration, c datatypes.ExpireCond, fields ...string) ([]datatypes.ExpireResult, error) {
	if len(fields) == 0 {
		return nil, nil
	}
	if ttl < 0 {
		return h.ExpireAt(key, past, c, fields...)
	}
	return h.c.do("HPEXPIRE", key, millis(ttl), conditionWords(c), counted(fields)).results(len(fields))
}

func (h hashes) ExpireAt(key string, t time.Time, c datatypes.ExpireCond, fields ...string) ([]datatypes.ExpireResult, error) {
	if len(fields) == 0 {
		return nil, nil
	}
	return h.c.do("HPEXPIREAT", key, t.UnixMilli(), conditionWords(c), counted(fields)).results(len(fields))
}

func (h hashes) Expiry(key string, fields ...string) ([]datatypes.FieldExpiry, error) {
	if len(fields) == 0 {
		_, err := h.Len(key)
		return nil, err
	}
	both := h.c.exec(words([]any{"HPTTL", key, counted(fields)}), words([]any{"HPEXPIRETIME", key, counted(fields)}))
	ttls, err := both[0].ints()
	if err != nil {
		return nil, err
	}
	times, err := both[1].ints()
	if err != nil {
		return nil, err
	}
	all := make([]datatypes.FieldExpiry, len(fields))
	for i := range min(len(ttls), len(times), len(fields)) {
		switch {
		case ttls[i] == int(datatypes.ExpireMissing):
		case ttls[i] == int(datatypes.ExpireNoTTL):
			all[i] = datatypes.FieldExpiry{Exists: true, TTL: datatypes.NoTTL}
		default:
			all[i] = datatypes.FieldExpiry{Exists: true, TTL: time.Duration(ttls[i]) * time.Millisecond, At: time.UnixMilli(int64(times[i]))}
		}
	}
	return all, nil
}

func (h hashes) TTL(key, field string) (ttl time.Duration, ok bool, err error) {
	all, err := h.Expiry(key, field)
	if err != nil {
		return 0, false, err
	}
	return all[0].TTL, all[0].Exists, nil
}

func (h hashes) Fields(key string) ([]string, error) { return h.c.do("HKEYS", key).texts() }

func (h hashes) Get(key, field string) ([]byte, bool, error) {
	return h.c.do("HGET", key, field).bulk()
}

func (h hashes) GetAll(key string) ([]datatypes.Field, error) { return h.c.do("HGETALL", key).fields() }

// many does a command that returns the values of fields.
func (h hashes) many(dst [][]byte, key string, fields []string, command ...any) ([][]byte, error) {
	if len(fields) == 0 {
		_, err := h.Len(key)
		return dst, err
	}
	return h.c.do(command...).bytes(dst)
}

func (h hashes) GetDel(dst [][]byte, key string, fields ...string) ([][]byte, error) {
	return h.many(dst, key, fields, "HGETDEL", key, counted(fields))
}

// GetEx refuses a negative time to live itself, as SetEx does.
func (h hashes) GetEx(dst [][]byte, key string, o datatypes.GetExOptions, fields ...string) ([][]byte, error) {
	if o.TTL < 0 {
		return dst, datatypes.ErrInvalidExpire
	}
	return h.many(dst, key, fields, "HGETEX", key, getExWords(o), counted(fields))
}

func (h hashes) GetMany(dst [][]byte, key string, fields ...string) ([][]byte, error) {
	return h.many(dst, key, fields, "HMGET", key, fields)
}

func (h hashes) IncrBy(key, field string, delta int64) (int64, error) {
	return h.c.do("HINCRBY", key, field, delta).int64()
}

func (h hashes) IncrByFloat(key, field string, delta float64) (float64, error) {
	return h.c.do("HINCRBYFLOAT", key, field, delta).float()
}

func (h hashes) Len(key string) (int, error) { return h.c.do("HLEN", key).length() }

func (h hashes) Persist(key string, fields ...string) ([]datatypes.ExpireResult, error) {
	if len(fields) == 0 {
		_, err := h.Len(key)
		return nil, err
	}
	return h.c.do("HPERSIST", key, counted(fields)).results(len(fields))
}

func (h hashes) Random(key string, count int) ([]datatypes.Field, error) {
	return h.c.do("HRANDFIELD", key, count, "WITHVALUES").fields()
}

func (h hashes) Scan(key string, cursor uint64, o datatypes.ElementScanOptions) ([]datatypes.Field, uint64, error) {
	elements, next, err := h.c.do("HSCAN", key, int64(cursor), scanWords(o)).page()
	if err != nil {
		return nil, 0, err
	}
	fields, err := elements.fields()
	return fields, next, err
}

func (h hashes) Set(key string, fields ...datatypes.Field) (int, error) {
	if len(fields) == 0 {
		_, err := h.Len(key)
		return 0, err
	}
	return h.c.do("HSET", key, fieldWords(fields)).length()
}

// SetEx refuses a negative time to live itself. HSETEX looks at the type of the key before that.
func (h hashes) SetEx(key string, o datatypes.SetOptions, fields ...datatypes.Field) (bool, error) {
	if o.TTL < 0 {
		return false, datatypes.ErrInvalidExpire
	}
	var options []string
	if o.IfAbsent {
		options = append(options, "FNX")
	}
	if o.IfPresent {
		options = append(options, "FXX")
	}
	o.IfAbsent, o.IfPresent = false, false
	return h.c.do("HSETEX", key, options, setWords(o), "FIELDS", len(fields), fieldWords(fields)).flag()
}

func (h hashes) SetIfAbsent(key, field string, value []byte) (bool, error) {
	return h.c.do("HSETNX", key, field, value).flag()
}

func (h hashes) ValueLen(key, field string) (int, error) {
	return h.c.do("HSTRLEN", key, field).length()
}

func (h hashes) Values(key string) ([][]byte, error) { return h.c.do("HVALS", key).bytes(nil) }

func fieldWords(fields []datatypes.Field) (out []string) {
	for _, field := range fields {
		out = append(out, field.Name, string(field.Value))
	}
	return out
}
