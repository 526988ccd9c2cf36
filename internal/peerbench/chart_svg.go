package main

import (
	"bytes"
	"cmp"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"golang.org/x/image/font"
	"gonum.org/v1/plot"
	plotfont "gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Charts are drawn by gonum's plot in the colours of a light page. A style sheet in the file exchanges ink and paper
// where the reader prefers dark pages; the colours of the stores are of middling lightness and stay.
var (
	paper = color.RGBA{0xff, 0xff, 0xfe, 0xff} // not quite white, so that nothing else has the colour exchanged for it
	ink   = color.RGBA{0x1f, 0x23, 0x28, 0xff}
	quiet = color.RGBA{0x59, 0x63, 0x6e, 0xff}
	grid  = color.RGBA{0xdd, 0xe2, 0xe7, 0xff}
	own   = color.RGBA{0x09, 0x69, 0xda, 0xff} // larder's
)

// darkColours is what stands for each of the above on a dark page.
var darkColours = []struct {
	light color.RGBA
	dark  string
}{{paper, "#0d1117"}, {ink, "#e6edf3"}, {quiet, "#9198a1"}, {grid, "#262c36"}, {own, "#4493f8"}}

// peerColours tells the peers apart and leaves larder the only strong one.
var peerColours = map[string]color.RGBA{
	"otter":        {0xc2, 0x8a, 0x2c, 0xff},
	"ristretto":    {0x9a, 0x7f, 0xc7, 0xff},
	"theine":       {0x4f, 0x9d, 0x8f, 0xff},
	"fastcache":    {0x86, 0x9e, 0x4c, 0xff},
	"freecache":    {0xbf, 0x7a, 0x5a, 0xff},
	"bigcache":     {0x7f, 0x8f, 0xa6, 0xff},
	"xsync":        {0xc0, 0x78, 0x8c, 0xff},
	"swiss":        {0x6f, 0x94, 0xb8, 0xff},
	"redis-server": {0xc0, 0x6a, 0x5c, 0xff},
}

var anyPeer = color.RGBA{0x8c, 0x95, 0x9f, 0xff}

func colourOf(store string) color.RGBA {
	if store == larderName {
		return own
	}
	if c, ok := peerColours[store]; ok {
		return c
	}
	return anyPeer
}

// The sizes are points of a canvas that a page shows about 800 pixels wide.
const (
	chartWidth  = vg.Length(640)
	lineHeight  = vg.Length(270) // of the panel of a line chart
	rowHeight   = vg.Length(22)  // of a row of a dot chart
	tileHeight  = vg.Length(140) // of one of many panels
	tileColumns = 3
	labelWidth  = vg.Length(92) // right of a line chart, for the names of the lines
	margin      = vg.Length(14)
	smallText   = vg.Length(8)
	normalText  = vg.Length(9.5)
	titleText   = vg.Length(14)
)

func textStyle(size vg.Length, c color.Color, bold bool) text.Style {
	f := plotfont.Font{Typeface: "Liberation", Variant: "Sans"}
	if bold {
		f.Weight = font.WeightBold
	}
	return text.Style{Color: c, Font: plotfont.From(f, size), Handler: plot.DefaultTextHandler}
}

// svg draws the chart with what its reader must know below it, line by line.
func (c chart) svg(footer []string) ([]byte, error) {
	lines := wrap(append([]string{"Noise: " + c.Noise + "."}, footer...), chartWidth-2*margin)
	foot := vg.Length(len(lines))*(smallText+3) + margin + 8
	head := margin + titleText + normalText + 18
	if len(c.legend()) > 0 {
		head += normalText + 8
	}
	canvas := vgsvg.New(chartWidth, head+c.bodyHeight()+foot)
	page := draw.New(canvas)
	page.FillPolygon(paper, []vg.Point{page.Min, {X: page.Max.X, Y: page.Min.Y}, page.Max, {X: page.Min.X, Y: page.Max.Y}})
	c.drawHead(page)
	for i, line := range lines {
		at := vg.Point{X: margin, Y: foot - smallText - 10 - vg.Length(i)*(smallText+3)}
		page.FillText(textStyle(smallText, quiet, false), at, line)
	}
	c.drawBody(draw.Crop(page, margin, -margin, foot, -head))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return nil, err
	}
	return dress(b.Bytes(), c.Title+": "+c.Subtitle), nil
}

func (c chart) bodyHeight() vg.Length {
	switch {
	case len(c.Panels) > 1:
		return vg.Length((len(c.Panels)+tileColumns-1)/tileColumns) * tileHeight
	case c.Kind == dotChart:
		return vg.Length(len(c.Panels[0].Rows))*rowHeight + 44
	}
	return lineHeight
}

func (c chart) drawHead(page draw.Canvas) {
	y := page.Max.Y - margin - titleText
	page.FillText(textStyle(titleText, ink, true), vg.Point{X: margin, Y: y}, c.Title)
	y -= normalText + 7
	page.FillText(textStyle(normalText, quiet, false), vg.Point{X: margin, Y: y}, c.Subtitle)
	y -= normalText + 8
	x := margin
	for i, name := range c.legend() {
		style := textStyle(normalText, ink, name == larderName)
		page.DrawGlyph(c.mark(name, name, i), vg.Point{X: x + 3, Y: y + normalText/3})
		page.FillText(style, vg.Point{X: x + 10, Y: y}, name)
		x += 10 + style.Width(name) + 16
	}
}

// legend is the names to explain above the panels: none where lines are labelled, or rows have their names.
func (c chart) legend() []string {
	if c.Kind == lineChart && len(c.Panels) == 1 {
		return nil
	}
	var names []string
	for _, p := range c.Panels {
		for _, s := range p.Series {
			if !slices.Contains(names, s.Name) && !slices.Contains(p.Rows, s.Name) {
				names = append(names, s.Name)
			}
		}
	}
	return names
}

// mark is how a value is shown. Where the rows are stores, the series differ by form and the stores by colour.
func (c chart) mark(store, seriesName string, index int) draw.GlyphStyle {
	style := draw.GlyphStyle{Color: colourOf(store), Radius: 3.2, Shape: draw.CircleGlyph{}}
	if _, isStore := peerColours[seriesName]; c.Kind == dotChart && !isStore && seriesName != larderName {
		style.Shape = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.RingGlyph{}, draw.PyramidGlyph{}}[index%3]
	}
	if store == larderName {
		style.Radius = 4
	}
	return style
}

func (c chart) drawBody(body draw.Canvas) {
	if len(c.Panels) == 1 {
		c.drawPanel(body, c.Panels[0])
		return
	}
	tiles := draw.Tiles{
		Cols: tileColumns, Rows: (len(c.Panels) + tileColumns - 1) / tileColumns,
		PadX: 14, PadY: 10,
	}
	for i, p := range c.Panels {
		c.drawPanel(tiles.At(body, i%tileColumns, i/tileColumns), p)
	}
}

func (c chart) drawPanel(area draw.Canvas, p panel) {
	pl := plot.New()
	pl.BackgroundColor = color.Transparent
	pl.Title.Text = p.Title
	pl.Title.TextStyle = textStyle(normalText, ink, true)
	pl.Title.TextStyle.XAlign, pl.Title.TextStyle.YAlign = draw.XCenter, draw.YTop
	pl.Title.Padding = 3
	for _, axis := range []*plot.Axis{&pl.X, &pl.Y} {
		axis.LineStyle.Color, axis.Tick.LineStyle.Color = grid, grid
		axis.Tick.Length = 3
		label := textStyle(smallText, quiet, false)
		label.XAlign, label.YAlign = axis.Tick.Label.XAlign, axis.Tick.Label.YAlign
		axis.Tick.Label = label
		name := textStyle(smallText, quiet, false)
		name.XAlign, name.YAlign = axis.Label.TextStyle.XAlign, axis.Label.TextStyle.YAlign
		axis.Label.TextStyle = name
		axis.Padding = 4
	}
	if c.Kind == dotChart {
		c.plotDots(pl, p)
		pl.Draw(area)
		return
	}
	c.plotLines(pl, p)
	if len(c.Panels) > 1 {
		pl.Draw(area)
		return
	}
	pl.X.Label.Text = c.XLabel
	area = draw.Crop(area, 0, -labelWidth, 0, 0)
	pl.Draw(area)
	labelLines(area, pl, p)
}

// background is the series with larder's last, so that it is drawn over the others.
func (p panel) background() []series {
	sorted := slices.Clone(p.Series)
	slices.SortStableFunc(sorted, func(a, b series) int {
		return cmp.Compare(btoi(a.Name == larderName), btoi(b.Name == larderName))
	})
	return sorted
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// spread gives plotter the points of a series and their bars.
type spread struct {
	points  []point
	percent bool
}

func (s spread) Len() int { return len(s.points) }

func (s spread) unit() float64 {
	if s.percent {
		return 100
	}
	return 1
}

func (s spread) XY(i int) (x, y float64) { return s.points[i].X, s.points[i].Y * s.unit() }

func (s spread) YError(i int) (low, high float64) {
	p := s.points[i]
	return (p.Low - p.Y) * s.unit(), (p.High - p.Y) * s.unit()
}

// lying is a spread with its values along x.
type lying struct{ spread }

func (s lying) XY(i int) (x, y float64) {
	x, y = s.spread.XY(i)
	return y, -x // rows run downwards
}
func (s lying) XError(i int) (low, high float64) { return s.YError(i) }

func (c chart) plotLines(pl *plot.Plot, p panel) {
	lines := plotter.NewGrid()
	lines.Vertical.Width = 0
	lines.Horizontal.Color = grid
	pl.Add(lines)
	ticks := map[float64]bool{}
	for _, s := range p.background() {
		data := spread{s.Points, c.Percent}
		style := draw.LineStyle{Color: colourOf(s.Name), Width: 1.3}
		if s.Name == larderName {
			style.Width = 2.6
		}
		pl.Add(&plotter.Line{XYs: xys(data), LineStyle: style})
		dots := &plotter.Scatter{XYs: xys(data), GlyphStyle: c.mark(s.Name, s.Name, 0)}
		dots.Radius = style.Width * 1.3
		pl.Add(dots)
		addBars(pl, data, style)
		for _, pt := range s.Points {
			ticks[pt.X] = true
		}
	}
	if c.LogX {
		pl.X.Scale = plot.LogScale{}
	}
	pl.X.Tick.Marker = exactly(ticks)
	pl.Y.Min = min(0, pl.Y.Min)
	if c.Percent {
		pl.Y.Max = 100
	}
	pl.Y.Tick.Marker = roundTicks{}
}

// addBars draws the spread of rounds, unless there was one.
func addBars(pl *plot.Plot, data spread, style draw.LineStyle) {
	bars, err := plotter.NewYErrorBars(data)
	if err != nil || !data.varies() {
		return
	}
	bars.LineStyle = draw.LineStyle{Color: style.Color, Width: 0.8}
	bars.CapWidth = 4
	pl.Add(bars)
}

func (s spread) varies() bool {
	return slices.ContainsFunc(s.points, func(p point) bool { return p.Low != p.High })
}

func xys(s plotter.XYer) plotter.XYs {
	out := make(plotter.XYs, s.Len())
	for i := range out {
		out[i].X, out[i].Y = s.XY(i)
	}
	return out
}

func (c chart) plotDots(pl *plot.Plot, p panel) {
	lines := plotter.NewGrid()
	lines.Vertical.Color, lines.Horizontal.Color = grid, grid
	pl.Add(lines)
	for index, s := range p.Series {
		for _, pt := range s.Points {
			store := s.Name
			if row := p.Rows[int(pt.X)]; row == larderName {
				store = row
			}
			data := lying{spread{[]point{pt}, c.Percent}}
			style := c.mark(store, s.Name, index)
			if bars, err := plotter.NewXErrorBars(data); err == nil && data.varies() {
				bars.LineStyle = draw.LineStyle{Color: style.Color, Width: 1.2}
				bars.CapWidth = 5
				pl.Add(bars)
			}
			pl.Add(&plotter.Scatter{XYs: xys(data), GlyphStyle: style})
		}
	}
	if c.LogX {
		pl.X.Scale = plot.LogScale{}
		pl.X.Tick.Marker = decades{}
		pl.X.Min, pl.X.Max = roundDown(pl.X.Min), roundUp(pl.X.Max)
	} else {
		pl.X.Min = 0
		pl.X.Tick.Marker = roundTicks{}
	}
	rows := make(plot.ConstantTicks, len(p.Rows))
	for i, name := range p.Rows {
		rows[i] = plot.Tick{Value: float64(-i), Label: name}
	}
	pl.Y.Tick.Marker = rows
	pl.Y.Tick.Label.Color = ink
	pl.Y.Tick.Label.Font.Size = normalText
	pl.Y.Min, pl.Y.Max = 0.5-float64(len(p.Rows)), 0.5
	pl.Y.LineStyle.Width, pl.Y.Tick.LineStyle.Width, pl.Y.Padding = 0, 0, 0
}

// labelLines writes each line's name where the line ends, moved apart where they would overlap.
func labelLines(area draw.Canvas, pl *plot.Plot, p panel) {
	data := pl.DataCanvas(area)
	_, y := pl.Transforms(&data)
	type label struct {
		name string
		y    vg.Length
	}
	var labels []label
	for _, s := range p.Series {
		labels = append(labels, label{s.Name, y(s.Points[len(s.Points)-1].Y)})
	}
	slices.SortFunc(labels, func(a, b label) int { return cmp.Compare(a.y, b.y) })
	const gap = normalText + 2
	for i := 1; i < len(labels); i++ {
		labels[i].y = max(labels[i].y, labels[i-1].y+gap)
	}
	// What was pushed out of the panel pushes back.
	for i, limit := len(labels)-1, data.Max.Y+gap/2; i >= 0; i-- {
		labels[i].y = min(labels[i].y, limit)
		limit = labels[i].y - gap
	}
	for _, l := range labels {
		style := textStyle(normalText, colourOf(l.name), l.name == larderName)
		area.FillText(style, vg.Point{X: area.Max.X + 6, Y: l.y - normalText/3}, l.name)
	}
}

// exactly puts ticks where something was measured.
func exactly(values map[float64]bool) plot.Ticker {
	var ticks plot.ConstantTicks
	for v := range values {
		ticks = append(ticks, plot.Tick{Value: v, Label: shortNumber(v)})
	}
	slices.SortFunc(ticks, func(a, b plot.Tick) int { return cmp.Compare(a.Value, b.Value) })
	return ticks
}

// roundTicks divides an axis into about five round steps.
type roundTicks struct{}

func (roundTicks) Ticks(lo, hi float64) []plot.Tick {
	step := math.Pow(10, math.Floor(math.Log10((hi-lo)/2)))
	for _, times := range []float64{1, 2, 2.5, 5} {
		if (hi-lo)/(step*times) <= 6 {
			step *= times
			break
		}
	}
	var ticks []plot.Tick
	for i := math.Ceil(lo / step); i*step <= hi; i++ {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: shortNumber(i * step)})
	}
	return ticks
}

// decades is the ticks of a logarithmic axis: powers of ten, and 2 and 5 times these where there are few.
type decades struct{}

func (decades) Ticks(lo, hi float64) []plot.Tick {
	between := []float64{1}
	if hi/lo <= 1000 {
		between = []float64{1, 2, 5}
	}
	var ticks []plot.Tick
	for e := math.Floor(math.Log10(lo)); e <= math.Log10(hi); e++ {
		for _, m := range between {
			v := m * math.Pow(10, e)
			ticks = append(ticks, plot.Tick{Value: v, Label: shortNumber(v)})
		}
	}
	return ticks
}

// roundDown and roundUp are the nearest 1, 2 or 5 times a power of ten.
func roundDown(x float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(x)))
	switch {
	case x >= 5*unit:
		return 5 * unit
	case x >= 2*unit:
		return 2 * unit
	}
	return unit
}

func roundUp(x float64) float64 {
	down := roundDown(x)
	if down == x {
		return x
	}
	return roundUp10(down)
}

func roundUp10(down float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(down*1.0001)))
	switch {
	case down < 1.5*unit:
		return 2 * unit
	case down < 3*unit:
		return 5 * unit
	}
	return 10 * unit
}

func shortNumber(x float64) string {
	switch {
	case x >= 1e6:
		return fmt.Sprintf("%gM", math.Round(x/1e4)/100)
	case x >= 1e4:
		return fmt.Sprintf("%gk", math.Round(x/10)/100)
	}
	return fmt.Sprintf("%g", math.Round(x*1e6)/1e6)
}

// wrap breaks lines at spaces so that they are not wider than a width in small type.
func wrap(lines []string, width vg.Length) []string {
	style := textStyle(smallText, quiet, false)
	var out []string
	for _, line := range lines {
		current := ""
		for word := range strings.FieldsSeq(line) {
			if longer := strings.TrimSpace(current + " " + word); style.Width(longer) <= width || current == "" {
				current = longer
				continue
			}
			out = append(out, current)
			current = word
		}
		out = append(out, current)
	}
	return out
}

// dress gives a drawing its description and the colours of dark pages, and names fonts of the measures drawn with that
// readers have.
func dress(svg []byte, description string) []byte {
	var style strings.Builder
	fmt.Fprintf(&style, "<title>%s</title>\n<style>@media (prefers-color-scheme: dark) {\n", xmlEscaper.Replace(description))
	for _, c := range darkColours {
		hex := fmt.Sprintf("#%02X%02X%02X", c.light.R, c.light.G, c.light.B)
		fmt.Fprintf(&style, "[style*=\"fill:%s\"] { fill: %s !important }\n[style*=\"stroke:%s\"] { stroke: %s !important }\n", hex, c.dark, hex, c.dark)
	}
	style.WriteString("}</style>\n")
	svg = bytes.ReplaceAll(svg, []byte("font-family:Liberation Sans"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif"))
	if at := bytes.Index(svg, []byte("<g ")); at >= 0 {
		svg = slices.Insert(svg, at, []byte(style.String())...)
	}
	return svg
}

var xmlEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
