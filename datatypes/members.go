package datatypes

import (
	"github.com/larderkv/larder/hashtable"
	"github.com/larderkv/larder/internal/keyspace"
	"github.com/larderkv/larder/internal/members"
)

// registerMembers declares a representation of a type whose values are a
// members.Root and nothing more, and one of the same name for values of which elements expire,
// as event announces.
func registerMembers(t keyspace.Type, e, volatile keyspace.Encoding, name string, class keyspace.EventClass, event string) {
	kind := keyspace.Kind{
		Name:     name,
		Release:  releaseMembers,
		Copier:   func() keyspace.Copier { return new(membersCopier) },
		Relocate: relocateMembers,
		Size:     membersSize,
	}
	expiring := kind
	expiring.Elements = &keyspace.ElementExpiry{Class: class, Event: event, Earliest: earliestMember, Expire: expireMembers}
	keyspace.RegisterKind(t, e, &kind)
	keyspace.RegisterKind(t, volatile, &expiring)
}

func releaseMembers(env *hashtable.Env, root []byte, budget int) (done bool) {
	r := members.Load(root)
	done = r.Release(env, budget)
	r.Store(root)
	return done
}

// membersCopier implements keyspace.Copier.
type membersCopier struct{ copy members.Copy }

func (c *membersCopier) Some(to, from *hashtable.Env, root []byte, budget int) (done bool, err error) {
	r := members.Load(root)
	if done, err = c.copy.Some(&r, to, from, budget); err != nil {
		return false, ErrOutOfMemory
	}
	return done, nil
}

func (c *membersCopier) Root(dst []byte) []byte {
	n := len(dst)
	dst = append(dst, make([]byte, members.RootSize)...)
	c.copy.Root.Store(dst[n:])
	return dst
}

func relocateMembers(env *hashtable.Env, root []byte, cursor uint64, budget int) (next uint64) {
	r := members.Load(root)
	next = r.Relocate(env, cursor, budget, nil)
	r.Store(root)
	return next
}

func membersSize(_ *hashtable.Env, root []byte) int {
	r := members.Load(root)
	return r.Bytes()
}

func earliestMember(root []byte) int64 {
	r := members.Load(root)
	return r.Earliest()
}

func expireMembers(env *hashtable.Env, root []byte, now int64, budget int) (removed int, more bool, left int) {
	r := members.Load(root)
	removed, more = r.Purge(env, now, budget, nil)
	r.Store(root)
	return removed, more, r.Len()
}
