package ocds

import (
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

// money reads a value object.
func (d *decoder) money(v *value) (record.Decimal, string) {
	if v != nil && (v.k == kNumber || v.k == kString) {
		return d.decimal(v), ""
	}
	n := d.decimal(v.get("amount"))
	if n.Null() {
		return "", ""
	}
	c := d.currency(v.get("currency"))
	if c == "" && v.get("currency").text() == "" {
		d.out.notes[noteNoCurrency]++
	}
	return n, c
}

// date reads a date. "2031-05-17 14:00 Eastern Daylight Time" gives its day.
func (d *decoder) date(v *value) record.Date {
	s := v.text()
	if s == "" {
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
	d.out.notes[noteDate]++
	if len(s) > 10 {
		if t, ok := day(s[:10]); ok {
			return t
		}
	}
	return record.Date{}
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
