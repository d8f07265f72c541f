package table

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"plimsoll/internal/record"
)

// A Form is one way of writing dates or numbers, as the mapping language names it.
type Form struct {
	Name   string // the pattern or the example: "DD.MM.YYYY", "1.234,56"
	dates  []datePattern
	number *numberFormat
}

// DateForm returns a form of dates by its pattern; months are twelve names, nil for English.
func DateForm(pattern string, months []string) (Form, error) {
	d, err := newDatePattern(pattern)
	if err != nil {
		return Form{}, err
	}
	for i := range months {
		months[i] = fold(months[i])
	}
	d.months = months
	return Form{Name: pattern, dates: []datePattern{d}}, nil
}

// NumberForm returns a form of numbers by its example.
func NumberForm(example string) (Form, error) {
	p := &mapParser{}
	f := p.number(&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: example}, "number")
	if f == nil {
		return Form{}, p.errs[0]
	}
	return Form{Name: example, number: f}, nil
}

// Date reads a date of this form.
func (f Form) Date(s string, date1904 bool) (record.Date, bool) {
	for _, d := range f.dates {
		if t, ok := d.parse(strings.TrimSpace(s), date1904); ok {
			return t, true
		}
	}
	return record.Date{}, false
}

// Number reads a number of this form.
func (f Form) Number(s string) (record.Decimal, error) {
	if f.number == nil {
		return "", fmt.Errorf("%q: no form of numbers", f.Name)
	}
	t, negative := bare(s)
	d, err := f.number.parse(t)
	return negate(d, negative), err
}

// IsSerial reports whether a cell may hold the day number of a spreadsheet, between 1980 and 2100.
func IsSerial(s string, date1904 bool) bool {
	t, ok := serial(strings.TrimSpace(s), date1904)
	return ok && t.Time.Year() >= 1980 && t.Time.Year() <= 2100
}

// IsNumber reports whether a column holds numbers.
func IsNumber(column string) bool { return numberColumns[column] }

// IsDate reports whether a column holds dates.
func IsDate(column string) bool { return dateColumns[column] }

// Needs lists what a row of a table cannot do without: one column of each group.
func Needs(table string) [][]string { return required[table] }

// WordsOf returns which words a coded column understands, nil for a column of text.
func WordsOf(table, column string) func(string) bool {
	v, coded := vocabularyOf(table, column)
	if !coded {
		return nil
	}
	return func(s string) bool { _, ok := v.find(s); return ok }
}
