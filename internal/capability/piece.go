package capability

import (
	"fmt"
	"strconv"
	"strings"
)

// A measure is a unit that others of its kind are turned into, and how much of it one unit is.
type measure struct {
	base   string
	factor float64
}

// measures are the units of goods by their words in piece.tsv and measure.tsv.
var measures = func() map[string]measure {
	m := map[string]measure{}
	for _, r := range readTable("piece.tsv") {
		for _, w := range expand(r.fields["word"]) {
			m[w] = measure{piece, 1}
		}
	}
	for _, r := range readTable("measure.tsv") {
		factor, err := strconv.ParseFloat(r.fields["factor"], 64)
		if err != nil {
			panic(fmt.Sprintf("measure.tsv line %d: factor: %v", r.line, err))
		}
		for _, w := range expand(r.fields["word"]) {
			if have, twice := m[w]; twice {
				panic(fmt.Sprintf("measure.tsv line %d: %q is %v already", r.line, w, have))
			}
			m[w] = measure{r.fields["base"], factor}
		}
	}
	return m
}()

// piece is the unit of things that are counted.
const piece = "piece"

// Unit returns the unit in which quantities of goods can be compared, and how much of it one of a unit as written is:
// "pcs", "Stück" and no unit at all are one "piece", "t" is 1000 "kg"; any other unit is itself in lower case without
// points and blanks.
func Unit(s string) (unit string, factor float64) {
	s = strings.ToLower(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '.' }), ""))
	if s == "" {
		return piece, 1
	}
	if m, ok := measures[s]; ok {
		return m.base, m.factor
	}
	return s, 1
}
