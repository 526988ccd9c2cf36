package typed

import (
	"reflect"

	"github.com/larderkv/larder/datatypes"
)

// namer gives the keys of a map their names in the cache: a prefix and the key's encoding.
type namer[K comparable] struct {
	prefix string
	codec  Codec[K]
	plain  bool // keys are strings, and stored as they are
}

func newNamer[K comparable](prefix string, c Codec[K]) (n namer[K], err error) {
	n.prefix = prefix
	if c == nil {
		n.plain = reflect.TypeFor[K]().Kind() == reflect.String
		n.codec, err = defaultKey[K]()
		return n, err
	}
	n.codec, err = compiled(c)
	return n, err
}

// name returns the name of a key. It is valid until the scratch space is used for another.
func (n *namer[K]) name(sc *scratch, key K) (string, error) {
	if n.plain && n.prefix == "" {
		return asString(&key), nil
	}
	b := append(sc.key[:0], n.prefix...)
	var err error
	if n.plain {
		b = append(b, asString(&key)...)
	} else if b, err = n.codec.AppendEncode(b, key); err != nil {
		return "", err
	}
	sc.key = b
	return borrowed(b), nil
}

// copyOf is name that lasts.
func (n *namer[K]) copyOf(key K) (string, error) {
	sc := borrow()
	defer sc.release()
	name, err := n.name(sc, key)
	return string([]byte(name)), err
}

// parse is the inverse of name.
func (n *namer[K]) parse(name string) (K, error) { return n.codec.Decode([]byte(name[len(n.prefix):])) }

// del deletes keys one after the other.
func (n *namer[K]) del(store datatypes.Keys, keys []K) (deleted int, err error) {
	sc := borrow()
	defer sc.release()
	for _, key := range keys {
		name, err := n.name(sc, key)
		if err != nil {
			return deleted, err
		}
		there, err := store.Del(name)
		if err != nil {
			return deleted, err
		}
		deleted += there
	}
	return deleted, nil
}
