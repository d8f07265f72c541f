package report

import (
	"fmt"
	"html/template"
	"math"
	"strings"
	"time"

	"plimsoll/internal/finding"
)

// Plots are drawn here and not by a chart library because their colours are CSS variables
// (dark, light and print from one file) and each must carry its meaning in words for a
// reader who cannot see it.

const (
	plotWidth, plotHeight      = 560, 200
	plotLeft, plotRight        = 74, 14
	plotTop, plotBottom        = 16, 30
	innerWidth                 = plotWidth - plotLeft - plotRight
	innerHeight                = plotHeight - plotTop - plotBottom
	lineColours                = 3
	boxHeight, boxGap, boxText = 46, 74, 8.2
)

// plot draws up to three series over months. Each is scaled to its own peak, which its
// label states with the unit: tera­bytes and hours share no axis.
func plot(series []finding.Series) template.HTML {
	series = drawable(series)
	if len(series) == 0 {
		return ""
	}
	months := series[0].Months
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" width="100%%" role="img" aria-label="%s">`, plotWidth, plotHeight, template.HTMLEscapeString(inWords(series)))
	fmt.Fprintf(&b, `<path class="axis" d="M%d %dH%d"/>`, plotLeft, plotTop+innerHeight, plotWidth-plotRight)
	for i, s := range series {
		peak := scaleOf(s)
		if i == 0 {
			for _, f := range []float64{0.5, 1} {
				y := yAt(peak*f, peak)
				fmt.Fprintf(&b, `<path class="grid" d="M%d %.1fH%d"/><text class="tick" x="%d" y="%.1f" text-anchor="end">%s</text>`,
					plotLeft, y, plotWidth-plotRight, plotLeft-6, y+4, template.HTMLEscapeString(Quantity(peak*f)+tickUnit(s.Unit)))
			}
		}
		if s.Limit > 0 {
			fmt.Fprintf(&b, `<path class="limit" d="M%d %.1fH%d"/>`, plotLeft, yAt(s.Limit, peak), plotWidth-plotRight)
		}
		b.WriteString(`<path class="line l` + fmt.Sprint(i%lineColours) + `" d="`)
		for j, v := range s.Values {
			op := "L"
			if j == 0 {
				op = "M"
			}
			fmt.Fprintf(&b, "%s%.1f %.1f", op, xAt(j, len(months)), yAt(v, peak))
		}
		b.WriteString(`"/>`)
	}
	limitLabels(&b, series)
	marks(&b, series, months)
	fmt.Fprintf(&b, `<text class="tick" x="%d" y="%d">%s</text><text class="tick" x="%d" y="%d" text-anchor="end">%s</text></svg>`,
		plotLeft, plotHeight-10, monthName(months[0]), plotWidth-plotRight, plotHeight-10, monthName(months[len(months)-1]))
	return template.HTML(b.String())
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

// limitLabels names the limits. Each series has its own scale, so a limit says whose it is.
// The labels stand over the lines, each moved up until it lies on no limit and no other label.
func limitLabels(b *strings.Builder, series []finding.Series) {
	var lines, labels []float64
	for _, s := range series {
		if s.Limit > 0 {
			lines = append(lines, yAt(s.Limit, scaleOf(s)))
		}
	}
	free := func(y float64) bool {
		for _, l := range lines {
			if l > y-11 && l < y+3 {
				return false
			}
		}
		for _, l := range labels {
			if math.Abs(l-y) < 13 {
				return false
			}
		}
		return true
	}
	for _, s := range series {
		if s.Limit <= 0 {
			continue
		}
		y := yAt(s.Limit, scaleOf(s)) - 4
		for y > plotTop && !free(y) {
			y--
		}
		labels = append(labels, y)
		fmt.Fprintf(b, `<text class="limit-label" x="%d" y="%.1f">%s</text>`, plotLeft+4, y, template.HTMLEscapeString(s.Label))
	}
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

func marks(b *strings.Builder, series []finding.Series, months []string) {
	seen := map[string]bool{}
	n := 0
	for _, s := range series {
		for _, m := range s.Marks {
			x, ok := dateAt(m.Date, months)
			if !ok || seen[m.Date+m.Label] || n == 4 {
				continue
			}
			seen[m.Date+m.Label] = true
			anchor, dx := "start", 4.0
			if x > plotWidth*0.62 {
				anchor, dx = "end", -4
			}
			fmt.Fprintf(b, `<path class="mark-line" d="M%.1f %dV%d"/><text class="mark-label" x="%.1f" y="%d" text-anchor="%s">%s</text>`,
				x, plotTop-6, plotTop+innerHeight, x+dx, plotTop+2+n*13, anchor, template.HTMLEscapeString(m.Label))
			n++
		}
	}
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

// inWords says what the plot shows to somebody who cannot see it.
func inWords(series []finding.Series) string {
	var parts []string
	for _, s := range series {
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
		parts = append(parts, t)
	}
	for _, m := range series[0].Marks {
		parts = append(parts, m.Label+" on "+day(m.Date))
	}
	return strings.Join(parts, ". ") + "."
}

// chain draws an ownership path as boxes from owner to owned.
func chain(path []finding.Step) template.HTML {
	if len(path) == 0 {
		return ""
	}
	names := []string{path[0].From}
	for _, s := range path {
		names = append(names, s.To)
	}
	// Boxes stand under each other: names are long, and a phone is narrow.
	width := 360.0
	height := float64(len(names))*boxHeight + float64(len(path))*(boxGap-boxHeight) + 4
	var b strings.Builder
	var words []string
	for _, s := range path {
		words = append(words, fmt.Sprintf("%s holds %s of %s", s.From, share(s.Share), s.To))
	}
	fmt.Fprintf(&b, `<svg class="chain" viewBox="0 0 %.0f %.0f" role="img" aria-label="%s">`, width, height, template.HTMLEscapeString(strings.Join(words, "; ")))
	for i, n := range names {
		y := 2 + float64(i)*boxGap
		class := "box"
		if i == 0 {
			class = "box listed"
		}
		fmt.Fprintf(&b, `<rect class="%s" x="2" y="%.0f" width="%.0f" height="%d" rx="8"/><text class="box-text" x="%.0f" y="%.0f" text-anchor="middle">%s</text>`,
			class, y, width-4, boxHeight-4, width/2, y+26, template.HTMLEscapeString(shorten(n, int((width-24)/boxText))))
		if i < len(path) {
			fmt.Fprintf(&b, `<path class="edge" d="M%.0f %.0fv%d"/><text class="tick" x="%.0f" y="%.0f">%s</text>`,
				width/2, y+boxHeight-4, boxGap-boxHeight+4, width/2+8, y+boxHeight+15, template.HTMLEscapeString(share(path[i].Share)+since(path[i])))
		}
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
