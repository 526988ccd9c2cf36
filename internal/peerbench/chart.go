package main

import (
	"cmp"
	"slices"
)

// chart is one result to be drawn: panels that share their series, and what a reader must know to believe it. It is
// saved with the tables, so that drawing needs no measuring.
type chart struct {
	Slug     string // the file's name, without extension
	Title    string
	Subtitle string // the unit, and which end is the good one
	Kind     chartKind
	LogX     bool
	LogY     bool
	Percent  bool // values are shares of one, shown in percent
	XLabel   string
	Noise    string // how far the rounds lay apart, or that there was one
	Panels   []panel
}

type chartKind string

const (
	// lineChart has numbers on both axes and a line a series.
	lineChart chartKind = "lines"
	// dotChart has a row a category, the value along x, and a dot a series.
	dotChart chartKind = "dots"
)

// panel is one coordinate system. In a dotChart, Rows names the categories, and a point's X is the index of its row.
type panel struct {
	Title  string   `json:",omitempty"`
	Rows   []string `json:",omitempty"`
	Series []series
}

type series struct {
	Name   string
	Points []point
}

// point is a measured value and the least and greatest of its rounds; all three agree where there was one round.
type point struct{ X, Y, Low, High float64 }

// seriesOf is the panel's series of a name, which is added if there is none.
func (p *panel) seriesOf(name string) *series {
	for i := range p.Series {
		if p.Series[i].Name == name {
			return &p.Series[i]
		}
	}
	p.Series = append(p.Series, series{Name: name})
	return &p.Series[len(p.Series)-1]
}

// add puts the median of rounds at x, if there are any: numbers that are none could be neither drawn nor saved.
func (p *panel) add(name string, x float64, s sample) {
	if len(s) == 0 {
		return
	}
	to := p.seriesOf(name)
	to.Points = append(to.Points, point{X: x, Y: s.median(), Low: s.min(), High: s.max()})
}

// row puts the median of rounds into the row of a category, which is added if it is new.
func (p *panel) row(category, name string, s sample) {
	if len(s) == 0 {
		return
	}
	at := slices.Index(p.Rows, category)
	if at < 0 {
		at = len(p.Rows)
		p.Rows = append(p.Rows, category)
	}
	p.add(name, float64(at), s)
}

// sortRows puts the rows of a dotChart in the order of the last series' values.
func (p *panel) sortRows() {
	if len(p.Series) == 0 {
		return
	}
	value := make([]float64, len(p.Rows))
	for _, s := range p.Series {
		for _, pt := range s.Points {
			value[int(pt.X)] = pt.Y
		}
	}
	order := make([]int, len(p.Rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(value[a], value[b]) })
	rows, place := make([]string, len(order)), make([]int, len(order))
	for to, from := range order {
		rows[to], place[from] = p.Rows[from], to
	}
	p.Rows = rows
	for _, s := range p.Series {
		for i := range s.Points {
			s.Points[i].X = float64(place[int(s.Points[i].X)])
		}
	}
}

// empty tells whether there is nothing to draw.
func (c chart) empty() bool {
	for _, p := range c.Panels {
		if len(p.Series) > 0 {
			return false
		}
	}
	return true
}
