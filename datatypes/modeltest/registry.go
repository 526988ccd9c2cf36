package modeltest

// storeMethods are the methods of each store, the plain ones first.
var storeMethods [][]*method

// methodNamed has them by their names.
var methodNamed = map[string]*method{}

// It is init that fills them, since methods that scan lead back to what all methods are.
func init() {
	for _, store := range [][]method{
		stringMethods,
		keyMethods,
		listMethods,
		append(setMethods, setScan()),
		append(hashMethods, hashScan()),
		append(sortedSetMethods, sortedSetScan(), sortedSetLex()),
		bitmapMethods,
		sketchMethods,
		geoMethods,
	} {
		var all []*method
		for i := range store {
			all = append(all, &store[i])
			methodNamed[store[i].name] = &store[i]
		}
		storeMethods = append(storeMethods, all)
	}
}

// operation returns a call of a method by its name.
func operation(name string, a ...any) Operation { return Operation{methodNamed[name], a} }

// methods returns the methods that the stores have, those of each store together.
func (s Stores) methods() (all [][]*method) {
	for _, store := range storeMethods {
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
		keyReads,
		listReads,
		sketchReads,
		geoReads,
	} {
		for _, o := range reads(key) {
			if s.has(o.method) {
				all = append(all, o)
			}
		}
	}
	return all
}
