package modeltest

// storeMethods are the methods of each store, those that are driven, the plain ones first.
func storeMethods() [][]*method {
	return [][]*method{
		pointers(stringMethods),
		pointers(append(setMethods, setScan())),
		pointers(append(hashMethods, hashScan())),
		pointers(append(sortedSetMethods, sortedSetScan(), sortedSetLex())),
	}
}

func pointers(methods []method) (all []*method) {
	for i := range methods {
		all = append(all, &methods[i])
	}
	return all
}

// methods returns the methods that the stores have, those of each store together.
func (s Stores) methods() (all [][]*method) {
	for _, store := range storeMethods() {
		var some []*method
		for _, m := range store {
			if s.has(m) {
				some = append(some, m)
			}
		}
		if len(some) > 0 {
			all = append(all, some)
		}
	}
	return all
}

// reads returns operations that read all that a key holds, by every store that there is.
func (s Stores) reads(key string) (all []Operation) {
	for _, reads := range []func(string) []Operation{
		stringReads,
		setReads,
		hashReads,
		sortedSetReads,
	} {
		for _, o := range reads(key) {
			if s.has(o.method) {
				all = append(all, o)
			}
		}
	}
	return all
}

// operation returns a call of a method by its name.
func operation(name string, a ...any) Operation {
	for _, store := range storeMethods() {
		for _, m := range store {
			if m.name == name {
				return Operation{m, a}
			}
		}
	}
	panic("modeltest: no method " + name)
}
