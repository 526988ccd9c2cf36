package main

// fleet is the workers of one measurement that are alive at once, and what they answered.
type fleet struct {
	env      *environment
	children []*child
	samples  map[string]map[string]sample // by worker, then by figure
	failed   map[string]string
}

func newFleet(env *environment) *fleet {
	return &fleet{env: env, samples: make(map[string]map[string]sample), failed: make(map[string]string)}
}

// start adds a worker and has it answer a first request, usually to fill its store. A worker that fails is left out.
func (f *fleet) start(name string, first request) {
	c, err := startChild(name)
	if err != nil {
		f.failed[name] = err.Error()
		return
	}
	f.children = append(f.children, c)
	f.call(c, first)
}

// ask sends the request that pick gives for each worker in turn; those for which pick says no are passed over.
func (f *fleet) ask(pick func(name string) (request, bool)) {
	for _, c := range f.children {
		if _, dead := f.failed[c.name]; dead {
			continue
		}
		if r, ok := pick(c.name); ok {
			f.call(c, r)
		}
	}
}

func (f *fleet) call(c *child, r request) {
	v, err := c.call(r)
	if err != nil {
		f.failed[c.name] = err.Error()
		f.env.report.progress("%v", err)
		return
	}
	f.add(c.name, v)
}

func (f *fleet) add(name string, v values) {
	if f.samples[name] == nil {
		f.samples[name] = make(map[string]sample)
	}
	for figure, x := range v {
		f.samples[name][figure] = append(f.samples[name][figure], x)
	}
}

// of is what a worker answered for a figure, over all rounds.
func (f *fleet) of(name, figure string) sample { return f.samples[name][figure] }

// stop ends the workers; what they answered stays.
func (f *fleet) stop() {
	for _, c := range f.children {
		c.stop()
	}
	f.children = nil
}

// enoughKept is the share of entries that a store must have kept for its speed to count: dropping writes is fast.
const enoughKept = 0.99

// fastestPeer is the least median of a figure among the peers of larder.
func (f *fleet) fastestPeer(figure string) (name string, median float64) {
	for _, p := range f.env.peers {
		s := f.of(p.name, figure)
		if p.name == larderName || len(s) == 0 || f.of(p.name, "kept").min() < enoughKept {
			continue
		}
		if m := s.median(); name == "" || m < median {
			name, median = p.name, m
		}
	}
	return name, median
}

// tableNotes adds to t what the reader must know about stores that failed or did not keep what they were given.
func (f *fleet) tableNotes(t *table) {
	for _, p := range f.env.peers {
		if why, ok := f.failed[p.name]; ok {
			t.note("%s was not measured: %s", p.name, why)
		}
		if kept := f.of(p.name, "kept"); len(kept) > 0 && kept.min() < 1 {
			t.note("%s held only %s of the entries it was given", p.name, formatPercent(kept.min()))
		}
	}
}
