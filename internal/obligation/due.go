package obligation

import (
	"fmt"
	"regexp"
	"strconv"
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

var (
	spanWords = regexp.MustCompile(`^(?:(?:with)?in|no later than|not later than|at the latest)?\s*` +
		`(\d{1,4})\s+(working|business|calendar)?\s*(day|week|month|year)s?` +
		`(?:\s+(?:of|from|after|since|following)\s+(.+))?$`)
	spanISO  = regexp.MustCompile(`^p(\d{1,4})([dwmy])(?:\s+(?:of|from|after|since)\s+(.+))?$`)
	byDay    = regexp.MustCompile(`^(?:(?:by|until|before the end of|no later than|not later than|on)\s+)?(\d{4}-\d{2}-\d{2}(?:t\S+)?)$`)
	atOnce   = regexp.MustCompile(`^(?:immediately|at once|without delay|forthwith|immediate)(?:\s+(?:from|after|since)\s+(.+))?$`)
	ofItself = regexp.MustCompile(`^(?:(?:the|its|that|this) )?(?:date|adoption|decision|order|resolution|signature|entry into force|publication|day|date of adoption)$`)
)

// numerals are counts that documents write as words.
var numerals = strings.NewReplacer("twelve", "12", "eighteen", "18", "ninety", "90", "sixty", "60", "thirty", "30", "fourteen", "14",
	"ten ", "10 ", "nine ", "9 ", "eight ", "8 ", "seven ", "7 ", "six ", "6 ", "five ", "5 ", "four ", "4 ", "three ", "3 ", "two ", "2 ", "one ", "1 ")

// ParseDue reads by when something is demanded. itself is the day of the instrument, from which a span runs that
// names no day. A text that cannot be read is an error; an empty one is not known.
func ParseDue(text string, itself record.Date, works Works) (Due, error) {
	d := Due{Text: strings.Join(strings.Fields(text), " ")}
	s := numerals.Replace(strings.ToLower(strings.TrimRight(d.Text, ".")))
	if s == "" {
		return d, nil
	}
	from := func(word string) (err error) {
		d.From, err = fromDay(word, itself)
		return err
	}
	if m := byDay.FindStringSubmatch(s); m != nil {
		day, err := calendarDay(m[1])
		d.Day = day
		return d, err
	}
	if m := atOnce.FindStringSubmatch(s); m != nil {
		if err := from(m[1]); err != nil {
			return d, err
		}
		d.AtOnce, d.Day = true, d.From
		return d, nil
	}
	var n, unit, start string
	if m := spanWords.FindStringSubmatch(s); m != nil {
		n, unit, start = m[1], m[3], m[4]
		if m[2] == "working" || m[2] == "business" {
			unit = m[2]
		}
	} else if m := spanISO.FindStringSubmatch(s); m != nil {
		n, unit, start = m[1], map[string]string{"d": "day", "w": "week", "m": "month", "y": "year"}[m[2]], m[3]
	} else {
		return d, fmt.Errorf("%q is no day like 2025-09-18 and no span like “within 12 months of 2024-09-18”", d.Text)
	}
	count, err := strconv.Atoi(n)
	if err != nil || count < 1 || count > mostSpan {
		return d, fmt.Errorf("%q: a span is of 1 to %d", d.Text, mostSpan)
	}
	d.Span = Span{count, SpanUnit(unit)}
	if unit == "working" || unit == "business" {
		d.Span.Unit = WorkingDays
	}
	if err := from(start); err != nil {
		return d, err
	}
	d.Day = d.Span.After(d.From, works)
	return d, nil
}

// fromDay reads the day that a span runs from.
func fromDay(word string, itself record.Date) (time.Time, error) {
	word = strings.TrimSpace(word)
	if word == "" || ofItself.MatchString(word) {
		if itself.Prec < record.Day {
			return time.Time{}, fmt.Errorf("the span runs from the day of the instrument, which is not known")
		}
		return itself.Time, nil
	}
	return calendarDay(word)
}

// calendarDay reads a day. Of a time with a zone the day is the one that its author wrote: a term ends where it was set.
func calendarDay(s string) (time.Time, error) {
	day, _, _ := strings.Cut(s, "t")
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return t, fmt.Errorf("%q is no day like 2025-09-18", s)
	}
	return t, nil
}

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
