package typed

import (
	"context"
	"errors"
)

// LoadMany returns the values of keys, from the cache or else from one call of the LoadMany of the options, for the
// keys that are not being loaded already. A key that is not found is not in the map. What Load says of loads holds
// here, too.
//
// If the context ends, or keys could not be loaded, it returns the first such error beside the values of the other
// keys.
func (l *Loader[K, V]) LoadMany(ctx context.Context, keys ...K) (map[K]V, error) {
	values := make(map[K]V, len(keys))
	var lost, old keySet[K]
	err := l.lookMany(keys, values, &lost, &old)
	if err != nil {
		return nil, err
	}
	if len(old.keys) > 0 {
		l.refresh(ctx, old.keys, old.names, l.many)
	}
	if len(lost.keys) == 0 {
		return values, nil
	}
	if err := ctx.Err(); err != nil {
		return values, err
	}
	fs, begun, err := l.flights.enter(ctx, lost.keys, lost.names, l.plan(false, false))
	if err != nil {
		return values, err
	}
	if begun != nil {
		go l.run(begun, l.many)
	}
	return values, l.collect(ctx, fs, values)
}

// collect waits for flights and adds what they brought.
func (l *Loader[K, V]) collect(ctx context.Context, fs []*flight[K, V], values map[K]V) (err error) {
	for i := range fs {
		if err := l.flights.wait(ctx, fs[i:i+1]); err != nil {
			l.flights.leave(fs[i+1:])
			return err
		}
		f := fs[i]
		switch {
		case f.err == nil:
			values[f.key] = f.value
		case err == nil && !errors.Is(f.err, ErrNotFound):
			err = f.err
		}
	}
	return err
}

// keySet is a set of keys with their names.
type keySet[K comparable] struct {
	keys  []K
	names []string
}

// lookMany adds to values what the cache has, and finds out what it lost and what is to be loaded anew.
func (l *Loader[K, V]) lookMany(keys []K, values map[K]V, lost, old *keySet[K]) error {
	sc := borrow()
	defer sc.release()
	seen := make(map[K]struct{}, len(keys))
	for _, key := range keys {
		if _, ok := seen[key]; ok {
			continue
		}
		seen[key] = struct{}{}
		name, err := l.names.name(sc, key)
		if err != nil {
			return err
		}
		value, found, err := l.look(sc, name)
		if err != nil {
			return err
		}
		switch found {
		case missing:
			lost.add(key, name)
		case due:
			old.add(key, name)
			fallthrough
		case fresh:
			values[key] = value
		}
	}
	return nil
}

func (s *keySet[K]) add(key K, name string) {
	s.keys = append(s.keys, key)
	s.names = append(s.names, string([]byte(name)))
}
