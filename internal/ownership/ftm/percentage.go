package ftm

import (
	"regexp"
	"strconv"
	"strings"

	"plimsoll/internal/ownership"
)

var (
	number = regexp.MustCompile(`\d+(?:[.,]\d+)?`)
	// What stands around a number says which side is open. The order counts: "not more
	// than" holds "more than".
	bounds = []struct {
		words    *regexp.Regexp
		low, opn bool
	}{
		{regexp.MustCompile(`(≤|<=|=<|not more than|no more than|at most|up to|maximum|max)$`), false, false},
		{regexp.MustCompile(`(≥|>=|=>|not less than|no less than|at least|from|minimum|min)$`), true, false},
		{regexp.MustCompile(`(>|more than|over|above|greater than|exceeding)$`), true, true},
		{regexp.MustCompile(`(<|less than|under|below|fewer than)$`), false, true},
	}
	after = []struct {
		words *regexp.Regexp
		low   bool
	}{
		{regexp.MustCompile(`^(%|percent|per cent)?\s*(\+|or more|and more|or above|and above)`), true},
		{regexp.MustCompile(`^(%|percent|per cent)?\s*(or less|and less|or below|and below)`), false},
	}
	filler = regexp.MustCompile(`^[\s%a-z\-–—_,;:.()<>≥≤=~+/]*$`)
)

// Percentage reads a share written as free text: "51%", "51,5 %", "25-50", ">75",
// "more than 25% but not more than 50%", "75 or more". It reports false for text that
// holds no share, or more than one number it can place.
func Percentage(s string) (ownership.Statement, bool) {
	st := ownership.Statement{Max: 1, ShareKnown: true}
	s = strings.ToLower(strings.TrimSpace(s))
	places := number.FindAllStringIndex(s, 4)
	if len(places) == 0 || len(places) > 2 || !filler.MatchString(number.ReplaceAllString(s, "")) {
		return st, false
	}
	var values [2]float64
	for i, p := range places {
		v, err := strconv.ParseFloat(strings.Replace(s[p[0]:p[1]], ",", ".", 1), 64)
		if err != nil || v > 100 {
			return st, false
		}
		values[i] = v / 100
	}
	if len(places) == 2 {
		// A range; a slash or a list of two numbers is something else.
		between := strings.TrimSpace(s[places[0][1]:places[1][0]])
		if values[0] > values[1] || strings.ContainsAny(between, "/;+") || between == "" {
			return st, false
		}
		st.Min, st.Max = values[0], values[1]
		_, st.MinOpen = sign(s[:places[0][0]])
		_, st.MaxOpen = sign(s[places[0][1]:places[1][0]])
		return st, true
	}
	v := values[0]
	before, behind := s[:places[0][0]], strings.TrimSpace(s[places[0][1]:])
	for _, a := range after {
		if a.words.MatchString(behind) {
			if a.low {
				st.Min = v
			} else {
				st.Max = v
			}
			return st, true
		}
	}
	side, open := sign(before)
	switch side {
	case -1:
		st.Max, st.MaxOpen = v, open
	case 1:
		st.Min, st.MinOpen = v, open
	default:
		if strings.HasSuffix(strings.TrimSpace(before), "-") {
			return st, false // a negative share is a mistake
		}
		st.Min, st.Max = v, v
	}
	return st, true
}

// sign reads the words before a number: 1 for a lower bound, -1 for an upper one.
func sign(before string) (side int, open bool) {
	before = strings.TrimSpace(before)
	for _, b := range bounds {
		if b.words.MatchString(before) {
			if b.low {
				return 1, b.opn
			}
			return -1, b.opn
		}
	}
	return 0, false
}
