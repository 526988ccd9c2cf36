package resptest

import (
	"maps"
	"slices"
	"time"

	"github.com/larderkv/larder/datatypes"
)

// orMissing is the error of a reading for which a key that does not exist is empty.
func (db Database) orMissing(key string, err error) error {
	if err != nil {
		return err
	}
	return orNotFound(db.Exists(key), nil)
}

// Lists

func bytesOf(texts []string) [][]byte {
	values := make([][]byte, len(texts))
	for i, text := range texts {
		values[i] = []byte(text)
	}
	return values
}

// Push adds values at the end of a list and returns its length. It is RPUSH.
func (db Database) Push(key string, values ...string) (int, error) {
	return db.Lists().RPush(key, bytesOf(values)...)
}

// RPush is Push.
func (db Database) RPush(key string, values ...string) (int, error) { return db.Push(key, values...) }

// Lpush adds a value at the front of a list and returns its length.
func (db Database) Lpush(key, value string) (int, error) { return db.Lists().LPush(key, []byte(value)) }

// Pop removes and returns the last value of a list. It is RPOP.
func (db Database) Pop(key string) (string, error) {
	v, ok, err := db.Lists().RPop(key)
	return string(v), orNotFound(ok, err)
}

// RPop is Pop.
func (db Database) RPop(key string) (string, error) { return db.Pop(key) }

// Lpop removes and returns the first value of a list.
func (db Database) Lpop(key string) (string, error) {
	v, ok, err := db.Lists().LPop(key)
	return string(v), orNotFound(ok, err)
}

// List returns all values of a list.
func (db Database) List(key string) ([]string, error) {
	values, err := db.Lists().Range(key, 0, -1)
	if err := db.orMissing(key, err); err != nil {
		return nil, err
	}
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	return texts, nil
}

// Sets

// SAdd adds members to a set and returns how many are new.
func (db Database) SAdd(key string, members ...string) (int, error) {
	return db.Sets().Add(key, members...)
}

// SetAdd is SAdd.
func (db Database) SetAdd(key string, members ...string) (int, error) {
	return db.SAdd(key, members...)
}

// SRem removes members from a set and returns how many there were.
func (db Database) SRem(key string, members ...string) (int, error) {
	n, err := db.Sets().Remove(key, members...)
	if err == nil && n == 0 {
		err = db.orMissing(key, nil)
	}
	return n, err
}

// SMembers returns the members of a set in order.
func (db Database) SMembers(key string) ([]string, error) {
	members, err := db.Sets().Union(key)
	if err := db.orMissing(key, err); err != nil {
		return nil, err
	}
	slices.Sort(members)
	return members, nil
}

// Members is SMembers.
func (db Database) Members(key string) ([]string, error) { return db.SMembers(key) }

// SIsMember reports whether a set has a member.
func (db Database) SIsMember(key, member string) (bool, error) {
	is, err := db.Sets().Contains(key, member)
	return is, db.orMissing(key, err)
}

// IsMember is SIsMember.
func (db Database) IsMember(key, member string) (bool, error) { return db.SIsMember(key, member) }

// SCard returns the size of a set.
func (db Database) SCard(key string) (int, error) {
	n, err := db.Sets().Len(key)
	return n, db.orMissing(key, err)
}

// SRandMember returns a member of a set, the empty string if there is none.
func (db Database) SRandMember(key string) (string, error) {
	member, _, err := db.Sets().Random(key)
	return member, db.orMissing(key, err)
}

// Hashes

// HSet sets fields, given as names and values in turn. A key that holds no hash becomes one.
func (db Database) HSet(key string, namesAndValues ...string) {
	db.becomeHash(key)
	_, err := db.Hashes().Set(key, fieldsOf(namesAndValues)...)
	must(err)
}

// HSetEX is HSet with fields that expire.
func (db Database) HSetEX(key string, ttl time.Duration, namesAndValues ...string) {
	db.becomeHash(key)
	_, err := db.Hashes().SetEx(key, datatypes.SetOptions{TTL: ttl}, fieldsOf(namesAndValues)...)
	must(err)
}

func (db Database) becomeHash(key string) {
	if t := db.Type(key); t != "" && t != "hash" {
		db.Del(key)
	}
}

func fieldsOf(namesAndValues []string) []datatypes.Field {
	var fields []datatypes.Field
	for pair := range slices.Chunk(namesAndValues, 2) {
		if len(pair) < 2 {
			panic("resptest: a field without a value: " + pair[0])
		}
		fields = append(fields, datatypes.Field{Name: pair[0], Value: []byte(pair[1])})
	}
	return fields
}

// HGet returns the value of a field, the empty string if there is none.
func (db Database) HGet(key, name string) string {
	v, _, _ := db.Hashes().Get(key, name)
	return string(v)
}

// HDel deletes a field.
func (db Database) HDel(key, name string) {
	_, err := db.Hashes().Delete(key, name)
	must(err)
}

// HKeys returns the names of the fields of a hash in order.
func (db Database) HKeys(key string) ([]string, error) {
	names, err := db.Hashes().Fields(key)
	if err := db.orMissing(key, err); err != nil {
		return nil, err
	}
	slices.Sort(names)
	return names, nil
}

// HIncrBy adds to the integer that a field holds and returns the sum.
func (db Database) HIncrBy(key, name string, delta int) (int, error) {
	n, err := db.Hashes().IncrBy(key, name, int64(delta))
	return int(n), err
}

// HIncr is HIncrBy.
func (db Database) HIncr(key, name string, delta int) (int, error) {
	return db.HIncrBy(key, name, delta)
}

// HIncrByFloat adds to the number that a field holds and returns the sum.
func (db Database) HIncrByFloat(key, name string, delta float64) (float64, error) {
	return db.Hashes().IncrByFloat(key, name, delta)
}

// HIncrfloat is HIncrByFloat.
func (db Database) HIncrfloat(key, name string, delta float64) (float64, error) {
	return db.HIncrByFloat(key, name, delta)
}

// HTTL returns how long a field has still to live, zero if it does not exist or does not expire.
func (db Database) HTTL(key, name string) time.Duration {
	expiry, err := db.Hashes().Expiry(key, name)
	must(err)
	if len(expiry) == 0 || !expiry[0].Exists || expiry[0].TTL == datatypes.NoTTL {
		return 0
	}
	return expiry[0].TTL
}

// HExpire makes a field expire after ttl and reports whether it exists.
func (db Database) HExpire(key, name string, ttl time.Duration) bool {
	results, err := db.Hashes().Expire(key, ttl, datatypes.ExpireAlways, name)
	must(err)
	return len(results) > 0 && results[0] >= datatypes.ExpireDone
}

// HPersist makes a field live for ever and reports whether it was to expire.
func (db Database) HPersist(key, name string) bool {
	results, err := db.Hashes().Persist(key, name)
	must(err)
	return len(results) > 0 && results[0] == datatypes.ExpireDone
}

// Sorted sets

// ZAdd gives a member of a sorted set its score and reports whether it is new.
func (db Database) ZAdd(key string, score float64, member string) (bool, error) {
	n, err := db.SortedSets().Add(key, datatypes.Scored{Member: member, Score: score})
	return n > 0, err
}

// ZRem removes a member and reports whether there was one.
func (db Database) ZRem(key, member string) (bool, error) {
	n, err := db.SortedSets().Remove(key, member)
	if err == nil && n == 0 {
		err = db.orMissing(key, nil)
	}
	return n > 0, err
}

// ZScore returns the score of a member, zero if the sorted set has none by that name.
func (db Database) ZScore(key, member string) (float64, error) {
	score, _, err := db.SortedSets().Score(key, member)
	return score, db.orMissing(key, err)
}

// ZMScore returns the scores of members.
func (db Database) ZMScore(key string, members ...string) ([]float64, error) {
	scores := make([]float64, len(members))
	for i, member := range members {
		score, err := db.ZScore(key, member)
		if err != nil {
			return nil, err
		}
		scores[i] = score
	}
	return scores, nil
}

// SortedSet returns the scores of all members.
func (db Database) SortedSet(key string) (map[string]float64, error) {
	_, err := db.SortedSets().Len(key)
	if err := db.orMissing(key, err); err != nil {
		return nil, err
	}
	return maps.Collect(db.SortedSets().RangeByRank(key, 0, -1)), nil
}

// ZMembers returns all members by score.
func (db Database) ZMembers(key string) ([]string, error) {
	_, err := db.SortedSets().Len(key)
	if err := db.orMissing(key, err); err != nil {
		return nil, err
	}
	var members []string
	for member := range db.SortedSets().RangeByRank(key, 0, -1) {
		members = append(members, member)
	}
	return members, nil
}

// HyperLogLogs

// PfAdd adds elements to a HyperLogLog and returns 1 if its estimate may have changed, otherwise 0.
func (db Database) PfAdd(key string, elements ...string) (int, error) {
	changed, err := db.HyperLogLogs().Add(key, elements...)
	if changed {
		return 1, err
	}
	return 0, err
}

// PfCount estimates how many different elements have been added to HyperLogLogs.
func (db Database) PfCount(keys ...string) (int, error) {
	n, err := db.HyperLogLogs().Count(keys...)
	return int(n), err
}

// PfMerge merges HyperLogLogs into one.
func (db Database) PfMerge(to string, from ...string) error {
	return db.HyperLogLogs().Merge(to, from...)
}

// HllAdd is PfAdd.
func (db Database) HllAdd(key string, elements ...string) (int, error) {
	return db.PfAdd(key, elements...)
}

// HllCount is PfCount.
func (db Database) HllCount(keys ...string) (int, error) { return db.PfCount(keys...) }

// HllMerge is PfMerge.
func (db Database) HllMerge(to string, from ...string) error { return db.PfMerge(to, from...) }
