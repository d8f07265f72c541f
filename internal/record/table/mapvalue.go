package table

import (
	"fmt"
	"strings"

	"plimsoll/internal/record"
)

// value returns what the register column holds, in the register's own notation.
func (x *located) value(in line, d *decoder, known map[string]string) (string, error) {
	s := x.raw(in, known)
	if s == "" || len(x.null) > 0 && x.null[fold(s)] {
		s = ""
	}
	if x.take != nil && s != "" {
		m := x.take.FindStringSubmatch(s)
		switch {
		case len(m) > 1:
			s = strings.TrimSpace(m[1])
		case len(m) == 1:
			s = strings.TrimSpace(m[0])
		case x.only:
			s = ""
		}
	}
	s = x.translate(s)
	switch {
	case s == "":
		return "", nil
	case x.target == "weight" && strings.HasSuffix(s, "%"): // the sign says that it is no fraction
		n, bad := x.readNumber(strings.TrimSpace(strings.TrimSuffix(s, "%")), d.sheet)
		return n + "%", bad
	case x.isNumber:
		amount, _ := SplitMoney(Digits(s))
		return x.readNumber(amount, d.sheet)
	case x.isDate:
		return x.readDate(Digits(s), d)
	}
	return s, nil
}

// raw is the text before anything is read into it.
func (x *located) raw(in line, known map[string]string) string {
	cell := func(i int) string {
		if i < 0 || i >= len(in.cells) {
			return ""
		}
		return strings.TrimSpace(in.cells[i])
	}
	if len(x.pieces) == 0 {
		if len(x.at) == 1 {
			return cell(x.at[0])
		}
		var parts []string
		for _, i := range x.at {
			if s := cell(i); s != "" && !x.null[fold(s)] {
				parts = append(parts, s)
			}
		}
		return strings.Join(parts, x.join)
	}
	if x.constant {
		return x.pieces[0].word
	}
	var b strings.Builder
	columns, filled := 0, 0
	for i, p := range x.pieces {
		switch {
		case p.word != "":
			b.WriteString(p.word)
		case p.what == "row":
			fmt.Fprint(&b, in.row)
		case p.what != "":
			b.WriteString(known[p.what])
		default:
			columns++
			if s := cell(x.at[i]); s != "" && !x.null[fold(s)] {
				filled++
				b.WriteString(s)
			}
		}
	}
	if columns > 0 && filled == 0 {
		return ""
	}
	return strings.TrimSpace(b.String())
}

// translate turns their words into ours.
func (x *located) translate(s string) string {
	if x.values == nil && x.when == nil {
		if s == "" && x.other != nil {
			return *x.other
		}
		return s
	}
	if v, ok := x.values[fold(s)]; ok {
		return v
	}
	for _, r := range x.when {
		if r.match.MatchString(s) {
			return r.value
		}
	}
	if x.other != nil {
		return *x.other
	}
	return s
}

// readNumber reads a number in the mapping's notation. A workbook stores number cells with
// a decimal point whatever its users see, and does not tell us which cells are text: what
// means one thing as a number and another as text is ambiguous.
func (x *located) readNumber(s string, sheet bool) (string, error) {
	var d record.Decimal
	var err error
	if x.number == nil {
		d, err = ParseNumber(s)
	} else {
		t, negative := bare(s)
		if d, err = x.number.parse(t); err == nil {
			d = negate(d, negative)
		}
		if sheet {
			if stored, bad := record.ParseDecimal(s); bad == nil {
				if err == nil && stored.Rat().Cmp(d.Rat()) != 0 {
					return "", fmt.Errorf("%q is ambiguous: %s as a number cell, %s as text", clip(s), stored, d)
				}
				d, err = stored, nil
			}
		}
	}
	if err == nil && x.times != "" {
		d, err = multiply(d, x.times)
	}
	return string(d), err
}

func (x *located) readDate(s string, d *decoder) (string, error) {
	if d.sheet {
		if t, ok := serial(s, d.date1904); ok {
			return t.String(), nil
		}
	}
	if len(x.dates) == 0 {
		return s, nil // ISO, or a quarter
	}
	wanted := make([]string, 0, len(x.dates))
	for _, p := range x.dates {
		if t, ok := p.parse(s, d.date1904); ok {
			return t.String(), nil
		}
		wanted = append(wanted, p.text)
	}
	return "", fmt.Errorf("%q is no date of the form %s", clip(s), strings.Join(wanted, " or "))
}
