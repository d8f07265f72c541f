package record

import (
	"fmt"
	"math/big"
	"strings"
	"time"
)

// A Decimal is an exact decimal number as text in plain notation ("-12.340"), or null ("").
type Decimal string

// ParseDecimal reads integer, decimal and E notation. Thousands marks and currency signs
// are the caller's to remove, since only the source's format says what they are.
func ParseDecimal(s string) (Decimal, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", nil
	}
	if plain(s) {
		return Decimal(strings.TrimPrefix(s, "+")), nil
	}
	// big.Rat takes fractions, hex and underscores too; only digits, sign, point and a small exponent are numbers here.
	for i, r := range s {
		if !strings.ContainsRune("0123456789.+-eE", r) {
			return "", fmt.Errorf("%q is not a number", s)
		}
		if (r == 'e' || r == 'E') && len(s)-i > 5 {
			return "", fmt.Errorf("%q is out of range", s)
		}
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return "", fmt.Errorf("%q is not a number", s)
	}
	n, _ := r.FloatPrec()
	if n > 40 || len(r.Num().String()) > 60 {
		return "", fmt.Errorf("%q is out of range", s)
	}
	return Decimal(r.FloatString(n)), nil
}

func plain(s string) bool {
	digits, point := 0, false
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c == '.' && !point:
			point = true
		case (c == '-' || c == '+') && i == 0:
		default:
			return false
		}
	}
	return digits > 0 && digits <= 60
}

// Null reports whether the source gives no number.
func (d Decimal) Null() bool { return d == "" }

// Rat returns the exact value; a null is 0.
func (d Decimal) Rat() *big.Rat {
	r, ok := new(big.Rat).SetString(string(d))
	if !ok {
		return new(big.Rat)
	}
	return r
}

// Float returns the nearest float; a null is 0. Only for plots and thresholds.
func (d Decimal) Float() float64 { f, _ := d.Rat().Float64(); return f }

// A Date is a day or an instant with what is known of it. The zero Date is unknown.
type Date struct {
	Time time.Time // UTC; the first instant of what is known
	Prec Precision
	Zone bool // the source gave a time zone, or only a day was given
}

// Precision is how much of a date is known.
type Precision uint8

// The precisions.
const (
	NoDate Precision = iota
	Year
	Month
	Day
	Instant
)

// Known reports whether there is a date at all.
func (d Date) Known() bool { return d.Prec != NoDate }

// Last returns the last day that d may be: "2031-05" is 31 May where something holds until then. A day stays as it is.
func (d Date) Last() Date {
	switch d.Prec {
	case Year:
		return Date{Time: d.Time.AddDate(1, 0, -1), Prec: Day, Zone: d.Zone}
	case Month:
		return Date{Time: d.Time.AddDate(0, 1, -1), Prec: Day, Zone: d.Zone}
	}
	return d
}

// String returns the date as far as it is known: "2031", "2031-05", "2031-05-17", RFC 3339, or "".
func (d Date) String() string {
	switch d.Prec {
	case Year:
		return d.Time.Format("2006")
	case Month:
		return d.Time.Format("2006-01")
	case Day:
		return d.Time.Format("2006-01-02")
	case Instant:
		return d.Time.Format(time.RFC3339)
	}
	return ""
}

// DayString returns YYYY-MM-DD, or "" when unknown.
func (d Date) DayString() string {
	if !d.Known() {
		return ""
	}
	return d.Time.Format("2006-01-02")
}

var isoLayouts = []struct {
	layout string
	prec   Precision
	zone   bool
}{
	{time.RFC3339Nano, Instant, true},
	{"2006-01-02T15:04Z07:00", Instant, true},
	{"2006-01-02T15:04:05.999999999Z0700", Instant, true},
	{"2006-01-02 15:04:05.999999999Z07:00", Instant, true},
	{"2006-01-02 15:04:05.999999999 MST", Instant, true},
	{"2006-01-02T15:04:05.999999999", Instant, false},
	{"2006-01-02 15:04:05.999999999", Instant, false},
	{"2006-01-02T15:04", Instant, false},
	{"2006-01-02", Day, true},
	{"2006-01", Month, true},
	{"2006", Year, true},
}

// ParseDate reads ISO 8601 dates and RFC 3339 instants, with or without a zone. Other
// orders of day and month need a mapping that says so: guessing them changes dates. A date
// that stands for none ([NullDate]) is unknown and no error.
func ParseDate(s string) (Date, error) {
	s = strings.TrimSpace(s)
	if s == "" || NullDate(s) {
		return Date{}, nil
	}
	for _, l := range isoLayouts {
		if t, err := time.Parse(l.layout, s); err == nil {
			if t.Year() < 1 || t.Year() > 9999 {
				break
			}
			return Date{Time: t.UTC(), Prec: l.prec, Zone: l.zone}, nil
		}
	}
	if len(s) > 40 {
		s = s[:40] + "…"
	}
	return Date{}, fmt.Errorf("%q is not an ISO date", s)
}

// DayOf returns the Date of a calendar day.
func DayOf(year int, month time.Month, day int) Date {
	return Date{Time: time.Date(year, month, day, 0, 0, 0, 0, time.UTC), Prec: Day, Zone: true}
}

// nullDays are the days that programs write where they have no date, year first: the least
// dates of .NET and Java (0001-01-01), of SQL Server (1753-01-01 datetime, 1900-01-01
// smalldatetime), of spreadsheets and OLE (1899-12-30, 1899-12-31, 1900-01-00, 1904-01-01),
// of Unix clocks (1970-01-01) and of Windows (1601-01-01), the day before where a time zone made one
// of it, and the far ends that stand for "open" (2079-06-06 of SQL Server, 2262-04-11 of pandas).
var nullDays = map[[3]int]bool{
	{1753, 1, 1}: true, {1899, 12, 30}: true, {1899, 12, 31}: true, {1900, 1, 0}: true, {1900, 1, 1}: true,
	{1904, 1, 1}: true,
	{1970, 1, 1}: true, {2999, 12, 31}: true, {1752, 12, 31}: true, {1601, 1, 1}: true, {1600, 12, 31}: true,
	{1969, 12, 31}: true,
	{2079, 6, 6}:   true, {2262, 4, 11}: true, {3000, 1, 1}: true,
}

// Years that stand for no date whatever day follows.
const (
	nullYearLow  = 1    // 0000 and 0001
	nullYearHigh = 9998 // 9998, 9999, and 10000, which a time zone makes of 9999-12-31
)

// NullDate reports whether a text is a date that stands for none, in any order of day, month
// and year: "0001-01-01", "00.00.0000", "01/01/1900", "31.12.9999", "99991231", "1900".
func NullDate(s string) bool {
	s = strings.TrimSpace(s)
	day, _, _ := strings.Cut(strings.ReplaceAll(s, "T", " "), " ")
	switch {
	case len(day) == 8 && allDigits(day): // YYYYMMDD
		return nullDay(atoi(day[:4]), atoi(day[4:6]), atoi(day[6:])) || nullDay(atoi(day[4:]), atoi(day[2:4]),
			atoi(day[:2]))
	case len(day) == 4 && allDigits(day):
		y := atoi(day)
		return y <= nullYearLow || y >= nullYearHigh || y == 1900
	}
	parts := strings.FieldsFunc(day, func(r rune) bool { return r == '-' || r == '.' || r == '/' })
	if len(parts) < 2 || len(parts) > 3 {
		return false
	}
	for _, p := range parts {
		if len(p) > 5 || !allDigits(p) {
			return false
		}
	}
	n := [3]int{0, 1, 1}
	for i, p := range parts {
		n[i] = atoi(p)
	}
	if last := len(parts) - 1; len(parts[last]) >= 4 && len(parts[0]) < 4 { // the year stands last
		n[0], n[last] = n[last], n[0]
	} else if len(parts[0]) < 4 {
		return false // "01-02-03": no year to be seen
	}
	return nullDay(n[0], n[1], n[2]) || nullDay(n[0], n[2], n[1])
}

func nullDay(year, month, day int) bool {
	return year <= nullYearLow || year >= nullYearHigh || nullDays[[3]int{year, month, day}]
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// atoi reads a few digits.
func atoi(s string) (n int) {
	for i := range len(s) {
		n = 10*n + int(s[i]-'0')
	}
	return n
}
