package ocds

import (
	"strconv"
	"strings"
	"time"

	"plimsoll/internal/record"
	"plimsoll/internal/record/table"
)

// currency returns the code in upper case, "" when it is none.
func (d *decoder) currency(v *value) string {
	s := v.text()
	if s == "" {
		return ""
	}
	if c, ok := table.Currency(s); ok {
		return c
	}
	d.out.notes[noteCurrency]++
	return ""
}

// decimal reads a number, also one written as a string.
func (d *decoder) decimal(v *value) record.Decimal {
	s := v.text()
	if s == "" {
		return ""
	}
	n, err := table.ParseNumber(s)
	if err != nil {
		d.out.notes[noteAmount]++
		return ""
	}
	return record.Decimal(d.words.keep(string(n)))
}

// money reads a value object, or an amount by itself. Some publishers give it with and without tax
// and say so in its name.
func (d *decoder) money(v *value) (record.Decimal, string) {
	if v != nil && v.k == kArray && len(v.m) == 1 {
		v = &v.m[0].v
	}
	if v != nil && (v.k == kNumber || v.k == kString) {
		return d.amount(v)
	}
	n, c := record.Decimal(""), ""
	for _, name := range [...]string{"amount", "amountGross", "amountNet"} {
		if x := v.get(name); n.Null() && x.present() {
			n, c = d.amount(x)
		}
	}
	if n.Null() {
		return "", ""
	}
	if given := v.get("currency"); given.text() != "" {
		return n, d.currency(given)
	}
	if c == "" {
		d.out.notes[noteNoCurrency]++
	}
	return n, c
}

// amount reads an amount and the currency that stands beside it, as in "1234.50 EUR".
func (d *decoder) amount(v *value) (record.Decimal, string) {
	if v.k == kString {
		if n, c, ok := table.ParseMoney(v.text()); ok {
			return record.Decimal(d.words.keep(string(n))), c
		}
	}
	return d.decimal(v), ""
}

// date reads a date. "2031-05-17 14:00 Eastern Daylight Time" gives its day.
func (d *decoder) date(v *value) record.Date {
	s := v.text()
	if s == "" || wordForNone[strings.ToLower(s)] {
		return record.Date{}
	}
	if record.NullDate(s) {
		d.out.notes[noteNullDate]++
		return record.Date{}
	}
	if len(s) == 10 {
		if t, ok := day(s); ok {
			return t
		}
	}
	t, err := record.ParseDate(s)
	if err == nil {
		return t
	}
	if t, null, ok := otherDate(s); ok {
		if null {
			d.out.notes[noteNullDate]++
		}
		return t
	}
	d.out.notes[noteDate]++
	if len(s) > 10 {
		if t, ok := day(s[:10]); ok {
			return t
		}
	}
	return record.Date{}
}

var wordForNone = map[string]bool{"null": true, "none": true, "n/a": true, "na": true, "nan": true, "nat": true,
	"-": true}

// dateForms are forms of dates that can mean one day only.
var dateForms = []string{"2006/01/02", "2006/1/2", "2006.01.02", "20060102", "2 January 2006", "January 2, 2006",
	"2 Jan 2006", "2-Jan-2006", "Jan 2, 2006"}

// Seconds since 1970 that a bare number may stand for: 1990 to 2100. A thousand times as many are milliseconds.
const (
	clockFirst = 631152000
	clockLast  = 4102444800
)

// otherDate reads a date that is not in the form of ISO 8601 and means one day: 2031/05/17, 20310517, 17 May 2031,
// 17/05/2031 (no month has that number), the seconds or milliseconds of a Unix clock, /Date(1937000000000)/. Null
// says that it stands for none.
func otherDate(s string) (t record.Date, null, ok bool) {
	if in, cut := strings.CutPrefix(s, "/Date("); cut {
		s, _, _ = strings.Cut(in, ")")
		if sign := strings.LastIndexAny(s, "+-"); sign > 0 { // milliseconds and a time zone
			s = s[:sign]
		}
	}
	whole, _, _ := strings.Cut(s, ".")
	if n, err := strconv.ParseInt(whole, 10, 64); err == nil && len(whole) != len("20310517") {
		switch {
		case n < 1000 && n > -1000*86400: // the clock's zero, in any time zone
			return record.Date{}, true, len(whole) != 4 && (n == 0 || n == -1)
		case n >= clockFirst*1000 && n <= clockLast*1000:
			n /= 1000
		case n < clockFirst || n > clockLast:
			return record.Date{}, false, false
		}
		return record.Date{Time: time.Unix(n, 0).UTC(), Prec: record.Instant, Zone: true}, false, true
	}
	first, _, _ := strings.Cut(s, "T")
	if at := strings.IndexByte(first, ' '); at >= 8 && strings.ContainsAny(first[:at], "/.") { // a time of day
		first = first[:at]
	}
	for _, form := range dateForms {
		if day, err := time.Parse(form, first); err == nil {
			return record.DayOf(day.Year(), day.Month(), day.Day()), false, true
		}
	}
	for _, sign := range []string{"/", ".", "-"} { // day first or month first, where only one can be
		dayFirst, err := time.Parse("2"+sign+"1"+sign+"2006", first)
		monthFirst, err2 := time.Parse("1"+sign+"2"+sign+"2006", first)
		if (err == nil) == (err2 == nil) && !dayFirst.Equal(monthFirst) || err != nil && err2 != nil {
			continue
		}
		if err != nil {
			dayFirst = monthFirst
		}
		return record.DayOf(dayFirst.Year(), dayFirst.Month(), dayFirst.Day()), false, true
	}
	return record.Date{}, false, false
}

// day reads YYYY-MM-DD, which is most dates, without trying every layout.
func day(s string) (record.Date, bool) {
	num := func(s string) (n int) {
		for i := range len(s) {
			if s[i] < '0' || s[i] > '9' {
				return -1
			}
			n = n*10 + int(s[i]-'0')
		}
		return n
	}
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return record.Date{}, false
	}
	y, m, dd := num(s[:4]), num(s[5:7]), num(s[8:])
	if y < 1 || m < 1 || m > 12 || dd < 1 || dd > 31 {
		return record.Date{}, false
	}
	t := record.DayOf(y, time.Month(m), dd)
	return t, t.Time.Day() == dd
}

// period reads a period; an end that is missing follows from the duration.
func (d *decoder) period(v *value) (start, end record.Date) {
	start, end = d.date(v.get("startDate")), d.date(v.get("endDate"))
	if days := v.get("durationInDays"); !end.Known() && start.Known() && days != nil {
		if n := d.decimal(days); !n.Null() {
			if f := n.Float(); f > 0 && f < 36525 {
				t := start.Time.AddDate(0, 0, int(f))
				end = record.DayOf(t.Year(), t.Month(), t.Day())
			}
		}
	}
	return start, end
}
