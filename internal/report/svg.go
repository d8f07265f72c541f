package report

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/finding"
)

// Plots are drawn here and not by a chart library because their colours are CSS variables
// (dark, light and print from one file) and each must carry its meaning in words for a
// reader who cannot see it.

const (
	plotWidth, plotHeight = 340, 138 // of one panel, in pixels of a phone
	plotLeft, plotRight   = 58, 10
	plotTop, plotBottom   = 34, 22
	innerWidth            = plotWidth - plotLeft - plotRight
	innerHeight           = plotHeight - plotTop - plotBottom
	lineColours           = 3
	mostMarks             = 9
	boxHeight, boxText    = 46, 8.2
	ownerWidth            = 360
	ownerStep, ownerShift = 74, 26 // from box to box, and what the owners of a party stand to the right of it
)

// plot draws up to three series over months as small multiples, a panel each with its own scale and unit: terabytes and
// hours share no axis. Events are numbered lines, and a list below says which they are.
func plot(series []finding.Series) template.HTML {
	series = drawable(series)
	if len(series) == 0 {
		return ""
	}
	months := series[0].Months
	events := marksOf(series, months)
	var b strings.Builder
	b.WriteString(`<div class="panels">`)
	for i, s := range series {
		panel(&b, i, s, months, events)
	}
	b.WriteString(`</div>`)
	if len(events) > 0 {
		b.WriteString(`<ol class="events">`)
		for _, e := range events {
			fmt.Fprintf(&b, `<li>%s, %s</li>`, template.HTMLEscapeString(e.Label),
				template.HTMLEscapeString(day(e.Date)))
		}
		b.WriteString(`</ol>`)
	}
	return template.HTML(b.String())
}

// panel draws one series.
func panel(b *strings.Builder, i int, s finding.Series, months []string, events []event) {
	peak := scaleOf(s)
	fmt.Fprintf(b, `<svg viewBox="0 0 %d %d" width="100%%" role="img" aria-label="%s">`, plotWidth, plotHeight,
		template.HTMLEscapeString(inWords(s, events)))
	fmt.Fprintf(b, `<text class="panel-title" x="2" y="13">%s</text>`,
		template.HTMLEscapeString(fmt.Sprintf("%s, peak %s %s", Measure(s.Measure), Quantity(peakOf(s.Values)),
			s.Unit)))
	fmt.Fprintf(b, `<path class="axis" d="M%d %dH%d"/>`, plotLeft, plotTop+innerHeight, plotWidth-plotRight)
	for _, f := range []float64{0.5, 1} {
		y := yAt(peak*f, peak)
		fmt.Fprintf(b, `<path class="grid" d="M%d %.1fH%d"/><text class="tick" x="%d" y="%.1f" text-anchor="end">%s</text>`,
			plotLeft, y, plotWidth-plotRight, plotLeft-5, y+4, template.HTMLEscapeString(tick(peak*f, s.Unit)))
	}
	if s.Limit > 0 {
		y := yAt(s.Limit, peak)
		fmt.Fprintf(b, `<path class="limit" d="M%d %.1fH%d"/><text class="limit-label" x="%d" y="%.1f">%s</text>`,
			plotLeft, y, plotWidth-plotRight, plotLeft+4, math.Max(y-4, plotTop+8), template.HTMLEscapeString(s.Label))
	}
	b.WriteString(`<path class="line l` + fmt.Sprint(i%lineColours) + `" d="`)
	for j, v := range s.Values {
		op := "L"
		if j == 0 {
			op = "M"
		}
		fmt.Fprintf(b, "%s%.1f %.1f", op, xAt(j, len(months)), yAt(v, peak))
	}
	b.WriteString(`"/>`)
	last := -100.0
	for n, e := range events {
		x := e.x
		fmt.Fprintf(b, `<path class="mark-line" d="M%.1f %dV%d"/>`, x, plotTop-4, plotTop+innerHeight)
		if x < last+13 { // numbers beside each other, not over each other
			x = last + 13
		}
		last = x
		fmt.Fprintf(b, `<text class="mark-label" x="%.1f" y="%d" text-anchor="middle">%d</text>`,
			math.Min(x, plotWidth-6), plotTop-7, n+1)
	}
	fmt.Fprintf(b, `<text class="tick" x="%d" y="%d">%s</text><text class="tick" x="%d" y="%d" text-anchor="end">%s</text></svg>`,
		plotLeft, plotHeight-6, monthName(months[0]), plotWidth-plotRight, plotHeight-6,
		monthName(months[len(months)-1]))
}

// An event is a mark of a series with its place.
type event struct {
	finding.Mark
	x float64
}

// marksOf are the events of all series, each once, in the order of their days.
func marksOf(series []finding.Series, months []string) []event {
	var out []event
	for _, s := range series {
		for _, m := range s.Marks {
			x, ok := dateAt(m.Date, months)
			if ok && !slices.ContainsFunc(out, func(e event) bool { return e.Date == m.Date && e.Label == m.Label }) {
				out = append(out, event{m, x})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b event) int { return cmp.Compare(a.Date, b.Date) })
	return out[:min(len(out), mostMarks)]
}

// tick is a number of an axis with its unit, so short that it stands left of the axis: thousands of TB are PB.
func tick(v float64, unit string) string {
	if unit == "TB" && v >= 1000 {
		return trim(v/1000, 1) + " PB"
	}
	return tickNumber(v) + tickUnit(unit)
}

// tickNumber writes a number of an axis in few letters.
func tickNumber(v float64) string {
	switch {
	case v >= 1e12:
		return trim(v/1e12, 1) + " tn"
	case v >= 1e9:
		return trim(v/1e9, 1) + " bn"
	case v >= 1e6:
		return trim(v/1e6, 1) + " m"
	}
	return Quantity(v)
}

// tickUnit is the unit behind a number of the axis, when it is short.
func tickUnit(u string) string {
	if len(u) > 3 {
		return ""
	}
	return " " + u
}

func scaleOf(s finding.Series) float64 {
	if peak := math.Max(peakOf(s.Values), s.Limit); peak > 0 {
		return peak
	}
	return 1
}

// drawable keeps up to three series of one common span with at least two months.
func drawable(in []finding.Series) []finding.Series {
	var out []finding.Series
	for _, s := range in {
		if len(s.Months) < 2 || len(s.Months) != len(s.Values) || len(out) == lineColours {
			continue
		}
		if len(out) > 0 && len(s.Months) != len(out[0].Months) {
			continue
		}
		out = append(out, s)
	}
	return out
}

func xAt(i, n int) float64 {
	if n < 2 {
		return plotLeft
	}
	return plotLeft + float64(i)*innerWidth/float64(n-1)
}

func yAt(v, peak float64) float64 {
	return plotTop + innerHeight*(1-math.Max(0, v)/peak*0.94)
}

func dateAt(date string, months []string) (float64, bool) {
	t, err := time.Parse("2006-01-02", date)
	if err != nil {
		return 0, false
	}
	first, err := time.Parse("2006-01", months[0])
	if err != nil {
		return 0, false
	}
	pos := float64((t.Year()-first.Year())*12+int(t.Month())-int(first.Month())) + float64(t.Day()-1)/31
	if pos < 0 || pos > float64(len(months)-1)+1 {
		return 0, false
	}
	return math.Min(plotLeft+pos*innerWidth/float64(len(months)-1), plotWidth-plotRight), true
}

func peakOf(v []float64) float64 {
	p := 0.0
	for _, x := range v {
		p = math.Max(p, x)
	}
	return p
}

// inWords says what a panel shows to somebody who cannot see it.
func inWords(s finding.Series, events []event) string {
	at := 0
	for i, v := range s.Values {
		if v > s.Values[at] {
			at = i
		}
	}
	t := fmt.Sprintf("%s by month from %s to %s: %s %s at first, highest %s %s in %s, %s %s at the end",
		Measure(s.Measure), monthName(s.Months[0]), monthName(s.Months[len(s.Months)-1]), Quantity(s.Values[0]), s.Unit,
		Quantity(s.Values[at]), s.Unit, monthName(s.Months[at]), Quantity(s.Values[len(s.Values)-1]), s.Unit)
	if s.Limit > 0 {
		t += fmt.Sprintf("; %s", s.Label)
	}
	parts := []string{t}
	for i, m := range events {
		parts = append(parts, fmt.Sprintf("%d: %s on %s", i+1, m.Label, day(m.Date)))
	}
	return strings.Join(parts, ". ") + "."
}

// An ownerNode is one party of a drawing of owners, below the one that it holds.
type ownerNode struct {
	name, label string
	listed      bool
	depth       int
	owners      []*ownerNode
}

// owners draws ownership paths that lead to one party: it stands on top, and its owners below it, each with what it
// holds. All owners that a sentence counts are there, and what several paths share stands once.
func owners(paths [][]finding.Step) template.HTML {
	root := &ownerNode{}
	var words []string
	for _, path := range paths {
		if len(path) == 0 {
			continue
		}
		root.name = path[len(path)-1].To
		at := root
		var said []string
		for i := len(path) - 1; i >= 0; i-- {
			s := path[i]
			label := share(s.Share) + since(s)
			j := slices.IndexFunc(at.owners, func(o *ownerNode) bool { return o.name == s.From && o.label == label })
			if j < 0 {
				at.owners = append(at.owners, &ownerNode{name: s.From, label: label, depth: at.depth + 1})
				j = len(at.owners) - 1
			}
			at = at.owners[j]
		}
		at.listed = true
		for _, s := range path {
			said = append(said, fmt.Sprintf("%s holds %s of %s", s.From, share(s.Share), s.To))
		}
		words = append(words, strings.Join(said, "; "))
	}
	if root.name == "" {
		return ""
	}
	var rows []*ownerNode
	parent := map[*ownerNode]int{}
	var walk func(*ownerNode)
	walk = func(o *ownerNode) {
		at := len(rows)
		rows = append(rows, o)
		for _, x := range o.owners {
			parent[x] = at
			walk(x)
		}
	}
	walk(root)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="chain" viewBox="0 0 %d %d" role="img" aria-label="%s">`, ownerWidth,
		(len(rows)-1)*ownerStep+boxHeight,
		template.HTMLEscapeString(strings.Join(words, ". ")))
	for i, o := range rows {
		shift := min(o.depth, 5) * ownerShift
		y := 2 + i*ownerStep
		if o != root {
			from := 2 + parent[o]*ownerStep + boxHeight - 4
			line := min(rows[parent[o]].depth, 5)*ownerShift + 14
			fmt.Fprintf(&b, `<path class="edge" d="M%d %dV%dH%d"/><text class="tick" x="%d" y="%d">%s</text>`,
				line, from, y+boxHeight/2-2, shift+2, shift+8, y-7, template.HTMLEscapeString(o.label))
		}
		class := "box"
		if o.listed {
			class = "box listed"
		}
		width := ownerWidth - 4 - shift
		fmt.Fprintf(&b, `<rect class="%s" x="%d" y="%d" width="%d" height="%d" rx="8"/><text class="box-text" x="%d" y="%d" text-anchor="middle">%s</text>`,
			class, shift+2, y, width, boxHeight-4, shift+width/2, y+26,
			template.HTMLEscapeString(shorten(o.name, int(float64(width-20)/boxText))))
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

func since(s finding.Step) string {
	switch {
	case s.Since != "" && s.Until != "":
		return ", " + day(s.Since) + " to " + day(s.Until)
	case s.Since != "":
		return ", since " + day(s.Since)
	case s.Until != "":
		return ", until " + day(s.Until)
	}
	return ""
}

// share words a range of shares: "64 %", "25–50 %", "a share that is not stated".
func share(s [2]float64) string {
	switch {
	case s[0] <= 0 && s[1] >= 1:
		return "a share that is not stated"
	case math.Abs(s[1]-s[0]) < 0.0005:
		return Percent(s[0])
	case s[0] <= 0:
		return "up to " + Percent(s[1])
	case s[1] >= 1:
		return "more than " + Percent(s[0])
	}
	return strings.TrimSuffix(Percent(s[0]), " %") + "–" + Percent(s[1])
}

func shorten(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
