package report

import (
	"html/template"

	"plimsoll/internal/finding"
)

// What follows lets the served pages look and speak like the report.

// Stylesheet is the house look: colours for dark, light and print, cards, tables, plots.
func Stylesheet() []byte {
	b, err := pages.ReadFile("page/report.css")
	if err != nil {
		panic(err) // embedded
	}
	return b
}

// Plot draws up to three series of one span; empty when none can be drawn.
func Plot(series []finding.Series) template.HTML { return plot(series) }

// Legend names the lines of Plot in their order.
func Legend(series []finding.Series) []string {
	var out []string
	for _, s := range drawable(series) {
		out = append(out, Measure(s.Measure)+", peak "+Quantity(peakOf(s.Values))+" "+s.Unit)
	}
	return out
}

// Chain draws an ownership path from owner to owned.
func Chain(path []finding.Step) template.HTML { return owners([][]finding.Step{path}) }

// Owners draws several ownership paths that lead to one party.
func Owners(path []finding.Step, further [][]finding.Step) template.HTML {
	return owners(append([][]finding.Step{path}, further...))
}

// Values words what the rule of a finding read, a line each.
func Values(f finding.Finding) []string { return values(f) }

// Day writes "2 January 2006" for a date in a record, and anything else as it stands.
func Day(s string) string { return day(s) }

// Month writes "Jan 2006" for a month in a record.
func Month(s string) string { return monthName(s) }

// Share words a range of shares.
func Share(s [2]float64) string { return share(s) }
