package obligation

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"plimsoll/internal/record"
)

// A Span is a time in calendar or working days, weeks, months or years.
type Span struct {
	N    int
	Unit SpanUnit
}

// SpanUnit is what a span counts.
type SpanUnit string

// The units of spans.
const (
	Days        SpanUnit = "day"
	WorkingDays SpanUnit = "working day"
	Weeks       SpanUnit = "week"
	Months      SpanUnit = "month"
	Years       SpanUnit = "year"
)

// mostSpan bounds a span: longer ones are slips.
const mostSpan = 1000

func (s Span) String() string {
	if s.N == 1 {
		return "1 " + string(s.Unit)
	}
	return fmt.Sprintf("%d %ss", s.N, s.Unit)
}

// A Due is by when something is demanded: a day, or a span from a day, or at once from a day. The zero value is not
// known.
type Due struct {
	Day    time.Time // last day, which counts in full; zero when not known
	Text   string    // as the row states it
	From   time.Time // of a span, or of "at once"
	Span   Span
	AtOnce bool
}

// Known reports whether a day is known.
func (d Due) Known() bool { return !d.Day.IsZero() }

// Words says the day both ways: as it is demanded, and as it is reckoned.
func (d Due) Words() string {
	switch {
	case !d.Known() && d.Text == "":
		return "due not known"
	case !d.Known():
		return "due not known (“" + d.Text + "”)"
	case d.AtOnce:
		return "at once, from " + date(d.From)
	case d.Span.N > 0:
		return fmt.Sprintf("%s from %s: by %s", d.Span, date(d.From), date(d.Day))
	}
	return "by " + date(d.Day)
}

func date(t time.Time) string { return t.Format("2 January 2006") }

// ParseDue reads by when something is demanded, in the words of data/due.tsv. itself is the day of the instrument, from
// which a span runs that names no day. A text that cannot be read to its last word is an error; an empty one is not
// known.
func ParseDue(text string, itself record.Date, works Works) (Due, error) {
	d := Due{Text: strings.Join(strings.Fields(text), " ")}
	s := plain(d.Text)
	if s == "" {
		return d, nil
	}
	bad := fmt.Errorf("%q is no day like 2025-09-18 and no span like “within 12 months of 2024-09-18”", d.Text)
	w := dueWords()
	_, rest := w.take("lead", s)
	if day, err := calendarDay(strip(w, rest)); err == nil {
		d.Day = day
		return d, nil
	}
	if _, after := w.take("once", s); after != s {
		start, err := w.start(after, itself)
		if err != nil {
			return d, err
		}
		d.From, d.Day, d.AtOnce = start, start, true
		return d, nil
	}
	span, after, err := w.span(rest)
	if err != nil {
		return d, fmt.Errorf("%q: %w", d.Text, err)
	}
	if span.N == 0 {
		if looksLikeDay.MatchString(strip(w, rest)) {
			_, err := calendarDay(strip(w, rest))
			return d, err
		}
		return d, bad
	}
	if d.From, err = w.start(after, itself); err != nil {
		return d, err
	}
	d.Span, d.Day = span, span.After(d.From, works)
	return d, nil
}

// looksLikeDay finds a text that is meant as a day of the calendar.
var looksLikeDay = regexp.MustCompile(`^\d{4}-\d{1,2}-\d{1,2}`)

// calendarDay reads a day. Of a time with a zone the day is the one that its author wrote: a term ends where it was
// set.
func calendarDay(s string) (time.Time, error) {
	day := s
	if m := timeAfter.FindStringSubmatch(s); m != nil {
		day = m[1]
	}
	if t, err := time.Parse(time.DateOnly, day); err == nil {
		return t, nil
	}
	for _, x := range dayForms {
		m := x.form.FindStringSubmatch(day)
		if m == nil {
			continue
		}
		month := m[x.month]
		if means, rest := dueWords().take("month", strings.TrimRight(month, ".")); rest == "" && means != "" {
			month = means
		}
		if t, err := time.Parse("2006-1-2", m[x.year]+"-"+strings.TrimLeft(month, "0")+"-"+strings.TrimLeft(m[x.day],
			"0")); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no day like 2025-09-18", s)
}

// dayForms are the ways of writing a day that can be read in one way only: between slashes the day may come first or
// the month, so that no such text is read.
var dayForms = []struct {
	form             *regexp.Regexp
	year, month, day int // groups
}{
	{regexp.MustCompile(`^(\d{1,2})(?:st|nd|rd|th|er|\.)?(?: de| of)? (\p{L}+\.?)(?: de)?,? (\d{4})$`), 3, 2, 1},
	{regexp.MustCompile(`^(\p{L}+\.?) (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})$`), 3, 1, 2},
	// with full stops the day comes first wherever they are used
	{regexp.MustCompile(`^(\d{1,2})\. ?(\d{1,2})\. ?(\d{4})$`), 3, 2, 1},
	{regexp.MustCompile(`^(\d{4})/(\d{1,2})/(\d{1,2})$`), 1, 2, 3},
}

// timeAfter finds a day with a time after it.
var timeAfter = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})[t ]\d{1,2}:\S*(?: ?(?:utc|gmt|z|[+-]\d{2}:?\d{2}))?$`)

// Works is a calendar of working days.
type Works interface {
	Add(from time.Time, days int) time.Time // the n-th working day after a day
}

// After returns the last day of a span that runs from a day. The day itself does not count. A span of months ends on
// the day of the same number, or on the last of a month that has no such day (the rule of article 3(2)(c) of Regulation
// (EEC, Euratom) 1182/71; from memory). The end is not moved for a day of rest.
func (s Span) After(from time.Time, works Works) time.Time {
	switch s.Unit {
	case WorkingDays:
		end := works.Add(from, s.N)
		return time.Date(end.Year(), end.Month(), end.Day(), 0, 0, 0, 0, time.UTC)
	case Weeks:
		return from.AddDate(0, 0, 7*s.N)
	case Months:
		return addMonths(from, s.N)
	case Years:
		return addMonths(from, 12*s.N)
	}
	return from.AddDate(0, 0, s.N)
}

func addMonths(from time.Time, n int) time.Time {
	first := time.Date(from.Year(), from.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(from.Day(), last)-1)
}
