package match

import (
	"regexp"
	"strconv"
	"strings"

	"plimsoll/internal/list"
)

// A span is a date that was read: a day, or the first and the last year that a text gives.
type span struct {
	day         string // 1961-03-02, "" when the text is no day in that form
	first, last int    // years
	about       bool   // the text calls itself inexact
}

// aboutYears is how many years a date that calls itself inexact may be off. Chosen, not measured: the lists print
// such dates of few parties.
const aboutYears = 3

// inexact are the words and abbreviations of a date that is not exact.
var inexact = regexp.MustCompile(`(?i)(?:^|[\s(])(?:circa|ca|c|about|around|approx|approximately)(?:[.\s]|\d|$)|~|≈`)

// readSpan reads a date; ok is false when it has no year, or is one that software writes where none is known.
func readSpan(s string) (d span, ok bool) {
	if placeholderDate(s) {
		return d, false
	}
	if d.first = year(s); d.first == 0 {
		return d, false
	}
	d.last = d.first
	if wholeDay(s) {
		d.day = s
		return d, true
	}
	for _, part := range strings.FieldsFunc(s, func(c rune) bool { return c < '0' || c > '9' }) {
		if y := year(part); len(part) == 4 && y > 0 {
			d.first, d.last = min(d.first, y), max(d.last, y)
		}
	}
	d.about = inexact.MatchString(s)
	return d, true
}

// date compares dates of birth, incorporation or building: 1 when one agrees, -1 when all that are known are other
// ones, 0 when they are near or nothing is known. slip is set when both sides have dates and none is of the same year.
func (f facts) date(e *list.Entry) (verdict int8, slip bool) {
	if len(f.dates) == 0 {
		return 0, false
	}
	near, other := false, false
	slip = true
	for _, text := range e.Dates {
		d, ok := readSpan(text)
		if !ok {
			continue
		}
		for _, x := range f.dates {
			switch sameDay(x, d) {
			case 1:
				return 1, false
			case 0:
				near = true
			default:
				other = true
			}
			slip = slip && (x.first > d.last || d.first > x.last) && !x.about && !d.about
		}
	}
	switch {
	case other && !near:
		return -1, false
	case !near:
		return 0, false
	}
	return 0, slip
}

// sameDay compares two dates. A year, or a month, is how lists differ when one gives less than the other; years one
// apart are near. Two days are near when month or day of the month is the same, or of different years when both are;
// when they changed places they agree.
func sameDay(a, b span) int {
	apart := max(a.first-b.last, b.first-a.last)
	switch {
	case a.day != "" && a.day == b.day:
		return 1
	case apart > 1:
		if (a.about || b.about) && apart <= aboutYears {
			return 0
		}
		return -1
	case a.day == "" || b.day == "":
		if apart <= 0 {
			return 1
		}
		return 0
	}
	month, day := a.day[5:7] == b.day[5:7], a.day[8:] == b.day[8:]
	switch {
	case apart == 0 && a.day[5:7] == b.day[8:] && a.day[8:] == b.day[5:7]:
		return 1
	case firstOfYear(a.day) || firstOfYear(b.day) || month && day || apart == 0 && (month || day):
		return 0
	}
	return -1
}

// wholeDay reports whether a date is a day: 1961-03-02.
func wholeDay(s string) bool { return len(s) == 10 && s[4] == '-' && s[7] == '-' }

// firstOfYear reports whether a date is the day that is written where the year alone is known.
func firstOfYear(s string) bool { return s[5:] == "01-01" }

// placeholderDate reports whether a date is one that software writes where none is known: the first day of the
// calendars of spreadsheets, databases and operating systems, or one after which nobody was born yet. A year alone is
// none.
func placeholderDate(s string) bool {
	y := year(s)
	figures := strings.FieldsFunc(s, func(c rune) bool { return c < '0' || c > '9' })
	if len(figures) < 3 {
		return y >= 9999
	}
	ones, zeros, last := 0, 0, 0
	for _, n := range figures[:3] {
		switch n {
		case "1", "01":
			ones++
		case "0", "00":
			zeros++
		case "30", "31", "12":
			last++
		}
	}
	switch y {
	case 1900, 1901, 1904, 1970:
		return ones == 2 || zeros > 0
	case 1899:
		return last == 2
	}
	return zeros > 1 || ones == 2 && strings.Contains(s, "0001") || strings.Contains(s, "9999")
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// year finds the first four digits that can be a year.
func year(s string) int {
	for i := 0; i+4 <= len(s); i++ {
		if !digits(s[i:i+4]) || i+4 < len(s) && s[i+4] >= '0' && s[i+4] <= '9' {
			for i+4 < len(s) && s[i] >= '0' && s[i] <= '9' && s[i+4] >= '0' && s[i+4] <= '9' {
				i++
			}
			continue
		}
		if y, _ := strconv.Atoi(s[i : i+4]); y > 1800 && y < 2200 {
			return y
		}
	}
	return 0
}
