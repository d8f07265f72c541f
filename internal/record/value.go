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
// orders of day and month need a mapping that says so: guessing them changes dates.
func ParseDate(s string) (Date, error) {
	s = strings.TrimSpace(s)
	if s == "" {
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
