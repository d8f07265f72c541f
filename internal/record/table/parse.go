package table

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"plimsoll/internal/record"
)

// nobody holds what people write into a cell that has to be filled and names no one.
var nobody = map[string]bool{"-": true, "--": true, "—": true, "n/a": true, "n.a.": true, "none": true, "null": true,
	"nil":     true,
	"unknown": true, "tbd": true, "tbc": true, "tba": true, "not stated": true, "not applicable": true,
	"not known": true, "?": true}

func isNobody(s string) bool {
	return len(s) <= len("not applicable") && nobody[strings.ToLower(s)]
}

// generic holds what stands for an end user and names none (RF-01).
var generic = map[string]bool{"various": true, "various end users": true, "various users": true, "multiple": true,
	"several": true,
	"many":    true, "all": true, "other": true, "others": true, "end user": true, "end users": true, "customer": true,
	"client":     true,
	"government": true, "the government": true, "ministry": true, "agency": true, "public sector": true,
	"confidential": true,
	"classified":   true, "undisclosed": true, "withheld": true, "internal": true, "misc": true, "miscellaneous": true}

// grade reads the two-part grade of a source: reliability A to F, credibility 1 to 6.
func (r *row) grade(c col) string {
	raw := r.text(c)
	s := strings.ToUpper(strings.ReplaceAll(raw, " ", ""))
	s = strings.Replace(s, "-", "", 1)
	if s == "" {
		return ""
	}
	if len(s) != 2 || s[0] < 'A' || s[0] > 'F' || s[1] < '1' || s[1] > '6' {
		r.unread(c, raw, "no grade: a letter A to F and a digit 1 to 6")
		return raw
	}
	return s
}

func clip(s string) string {
	if len(s) <= 60 {
		return s
	}
	return strings.ToValidUTF8(s[:60], "") + "…"
}

// ParseNumber reads a number that can mean one thing only. "1,234" can mean two, and
// "3501.872.63" none: both are errors, since money that is guessed is worse than missing.
func ParseNumber(s string) (record.Decimal, error) {
	if d, err := record.ParseDecimal(s); err == nil {
		return d, nil
	}
	s = Digits(s)
	t, negative := bare(s)
	mark := func(reason string) error { return fmt.Errorf("%q %s", clip(s), reason) }
	if t == "" {
		return "", mark("is not a number")
	}
	points, commas := strings.Count(t, "."), strings.Count(t, ",")
	var f numberFormat
	switch {
	case points == 0 && commas == 0:
		f = numberFormat{group: " ", point: "."}
	case points > 0 && commas > 0:
		if strings.LastIndexByte(t, '.') > strings.LastIndexByte(t, ',') {
			f = numberFormat{group: ",", point: "."}
		} else {
			f = numberFormat{group: ".", point: ","}
		}
	case points > 1:
		f = numberFormat{group: ".", point: ","}
	case commas > 1:
		f = numberFormat{group: ",", point: "."}
	case points == 1:
		f = numberFormat{group: " ", point: "."}
	default: // one comma
		if len(t)-strings.IndexByte(t, ',') == 4 && !strings.ContainsAny(t, " \u00a0\u202f'’") {
			return "", mark("is ambiguous: the comma may mark thousands or decimals")
		}
		f = numberFormat{group: " ", point: ","}
	}
	d, err := f.parse(t)
	if err != nil {
		if points+commas > 0 {
			return "", mark("is ambiguous: its points and commas fit no notation")
		}
		return "", mark("is not a number")
	}
	return negate(d, negative), nil
}

// ParseMoney reads an amount with its currency beside it, in front or behind: "EUR 1,234.50",
// "1 234,50 €". It is false where no currency stands there, or the rest is no number.
func ParseMoney(s string) (record.Decimal, string, bool) {
	amount, currency := SplitMoney(s)
	if currency == "" {
		return "", "", false
	}
	n, err := ParseNumber(amount)
	return n, currency, err == nil
}

// SplitMoney parts an amount from the currency beside it. The currency is "" where none stands there; the amount is
// then the whole text.
func SplitMoney(s string) (amount, currency string) {
	t := strings.TrimSpace(s)
	inBrackets := strings.HasPrefix(t, "(") && strings.HasSuffix(t, ")")
	if inBrackets {
		t = strings.TrimSpace(t[1 : len(t)-1])
	}
	part := func(r rune) bool { return strings.ContainsRune("0123456789-+()\u2212", r) }
	first, last := strings.IndexFunc(t, part), strings.LastIndexFunc(t, part)
	if first < 0 {
		return s, ""
	}
	_, size := utf8.DecodeRuneInString(t[last:])
	front, number, back := strings.TrimSpace(t[:first]), t[first:last+size], strings.TrimSpace(t[last+size:])
	if front != "" && back != "" || front == back {
		return s, ""
	}
	c, ok := Currency(front + back)
	if !ok {
		return s, ""
	}
	if inBrackets {
		number = "(" + number + ")"
	}
	return number, c
}

// Digits writes the decimal digits of other scripts, and the marks of Arabic numbers, as those of ASCII.
func Digits(s string) string {
	if isASCII(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\u066b': // Arabic decimal separator
			return '.'
		case r == '\u066c': // Arabic thousands separator
			return ','
		case r > 0x7f && unicode.IsDigit(r):
			return '0' + digitOf(r)
		case r == '\u200e' || r == '\u200f' || r == '\u061c': // marks of direction
			return -1
		}
		return r
	}, s)
}

// digitOf returns the value of a decimal digit: each script has its ten in a row, from a zero on (Unicode 15, chapter
// 22.3).
func digitOf(r rune) rune {
	if r >= 0x1d7ce && r <= 0x1d7ff { // five sets of mathematical digits, one behind another
		return (r - 0x1d7ce) % 10
	}
	n := rune(0)
	for n < 9 && unicode.IsDigit(r-n-1) {
		n++
	}
	return n
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// bare takes off what bookkeeping puts around a number: currency signs, a sign behind,
// brackets for a negative.
func bare(s string) (t string, negative bool) {
	t = strings.TrimSpace(strings.Trim(s, "$€£¥ \u00a0\u202f"))
	if strings.HasPrefix(t, "(") && strings.HasSuffix(t, ")") {
		negative, t = true, strings.TrimSpace(t[1:len(t)-1])
	}
	t = strings.TrimSpace(strings.Trim(t, "$€£¥ \u00a0\u202f"))
	switch {
	case strings.HasPrefix(t, "-"), strings.HasPrefix(t, "\u2212"):
		negative, t = !negative, strings.TrimPrefix(strings.TrimPrefix(t, "-"), "\u2212")
	case strings.HasSuffix(t, "-"):
		negative, t = !negative, strings.TrimSuffix(t, "-")
	case strings.HasPrefix(t, "+"):
		t = t[1:]
	}
	return strings.TrimSpace(strings.Trim(t, "$€£¥ \u00a0\u202f")), negative
}

func negate(d record.Decimal, negative bool) record.Decimal {
	if !negative || d == "" || strings.Trim(string(d), "0.") == "" {
		return d
	}
	return "-" + d
}

// A numberFormat says which mark groups thousands and which one begins the decimals.
type numberFormat struct {
	group  string // "" when numbers are not grouped; " " stands for every kind of space and for apostrophes
	point  string
	indian bool // groups of two above the thousands
}

// parse reads an unsigned number.
func (f numberFormat) parse(s string) (record.Decimal, error) {
	whole, frac, hasPoint := strings.Cut(s, f.point)
	if f.group == " " {
		for _, sp := range []string{"\u00a0", "\u202f", "'", "’"} {
			whole = strings.ReplaceAll(whole, sp, " ")
		}
	}
	if f.group != "" {
		groups := strings.Split(whole, f.group)
		for i, g := range groups {
			short := i == 0 && len(g) >= 1 && len(g) <= 3 || f.indian && i < len(groups)-1 && len(g) == 2
			if len(groups) > 1 && len(g) != 3 && !short {
				return "", fmt.Errorf("%q is not grouped in thousands", clip(s))
			}
		}
		whole = strings.Join(groups, "")
	}
	if !digits(whole) || hasPoint && frac != "" && !digits(frac) || whole == "" && frac == "" {
		return "", fmt.Errorf("%q is not a number", clip(s))
	}
	if frac != "" {
		whole += "." + frac
	}
	return record.ParseDecimal(whole)
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// undust rounds what a spreadsheet computed to the 15 digits that it guarantees:
// -30276.160000000003 is -30276.16.
func undust(d record.Decimal) record.Decimal {
	n := 0
	for i := range len(d) {
		if d[i] >= '0' && d[i] <= '9' {
			n++
		}
	}
	if n < 15 || !strings.Contains(string(d), ".") {
		return d
	}
	f, err := strconv.ParseFloat(string(d), 64)
	if err != nil {
		return d
	}
	r, err := record.ParseDecimal(strconv.FormatFloat(f, 'e', 14, 64))
	if err != nil {
		return d
	}
	if strings.Contains(string(r), ".") {
		r = record.Decimal(strings.TrimSuffix(strings.TrimRight(string(r), "0"), "."))
	}
	return r
}

// isoDay reads YYYY-MM-DD, which is most dates, without the failures that trying one
// layout after the other costs.
func isoDay(s string) (record.Date, bool) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' || !digits(s[:4]) || !digits(s[5:7]) || !digits(s[8:]) {
		return record.Date{}, false
	}
	n := func(s string) (n int) {
		for i := range len(s) {
			n = 10*n + int(s[i]-'0')
		}
		return n
	}
	d := record.DayOf(n(s[:4]), time.Month(n(s[5:7])), n(s[8:]))
	if d.Time.Day() != n(s[8:]) || int(d.Time.Month()) != n(s[5:7]) || d.Time.Year() < 1 {
		return record.Date{}, false // the thirtieth of February
	}
	return d, true
}

// serial reads the number that a workbook stores for a date: days since 1899-12-30, or
// since 1904-01-01 (ECMA-376 part 1, 18.17.4.1). Four digits are a year: as a serial they
// would lie before 1906.
func serial(s string, date1904 bool) (record.Date, bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < 1 || f > 2958466 || strings.ContainsAny(s, "xXpP_nN") {
		return record.Date{}, false
	}
	if f == math.Trunc(f) && f >= 1900 && f < 2200 && len(s) == 4 {
		return record.Date{}, false
	}
	epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case date1904:
		epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case f < 61: // the 1900 system has a 29 February 1900 that never was
		epoch = epoch.AddDate(0, 0, 1)
	}
	day := math.Floor(f)
	seconds := math.Round((f - day) * 86400)
	t := epoch.AddDate(0, 0, int(day)).Add(time.Duration(seconds) * time.Second)
	if seconds == 0 {
		return record.Date{Time: t, Prec: record.Day, Zone: true}, true
	}
	return record.Date{Time: t, Prec: record.Instant}, true
}

// parseQuarter reads 2031-Q2, 2031Q2, 2031 Q2, Q2 2031, Q2/2031.
func parseQuarter(s string) (record.Date, bool) {
	t := strings.ToUpper(strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '/', '.', '\u00a0':
			return -1
		}
		return r
	}, s))
	var year, q string
	switch {
	case len(t) == 6 && t[4] == 'Q':
		year, q = t[:4], t[5:]
	case len(t) == 6 && t[0] == 'Q':
		year, q = t[2:], t[1:2]
	default:
		return record.Date{}, false
	}
	y, err := strconv.Atoi(year)
	if err != nil || y < 1900 || y > 9999 || q < "1" || q > "4" {
		return record.Date{}, false
	}
	return record.DayOf(y, time.Month(3*int(q[0]-'1')+1), 1), true
}

// quarterOf returns the first day of the quarter that t lies in.
func quarterOf(t record.Date) record.Date {
	return record.DayOf(t.Time.Year(), (t.Time.Month()-1)/3*3+1, 1)
}
