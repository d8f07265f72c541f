package match

import (
	"testing"

	"plimsoll/internal/list"
)

// What two dates say of each other, in the forms that lists and registers print.
func TestDatesCompared(t *testing.T) {
	for _, tt := range []struct {
		name    string
		query   []string
		listed  []string
		verdict int8
		slip    bool
	}{
		{"same day", []string{"1961-03-02"}, []string{"1961-03-02"}, 1, false},
		{"day and month changed places", []string{"1961-03-02"}, []string{"1961-02-03"}, 1, false},
		{"same month", []string{"1961-03-02"}, []string{"1961-03-09"}, 0, false},
		{"another day of another year", []string{"1961-03-02"}, []string{"1962-07-19"}, -1, false},
		{"same month, another year and day", []string{"1961-03-02"}, []string{"1962-03-19"}, -1, false},
		{"another year alone", []string{"1961-03-02"}, []string{"1962-03-02"}, 0, true},
		{"year alone, a year apart", []string{"1961"}, []string{"1962-03-02"}, 0, true},
		{"first of the year", []string{"1961-01-01"}, []string{"1961-03-02"}, 0, false},
		{"year in a span", []string{"1962"}, []string{"1958-1964"}, 1, false},
		{"day in a span", []string{"1962-04-05"}, []string{"between 1958 and 1964"}, 1, false},
		{"spans that overlap", []string{"1950/1960"}, []string{"1959 to 1964"}, 1, false},
		{"year beside a span", []string{"1965"}, []string{"1958-1964"}, 0, true},
		{"year far from a span", []string{"1967"}, []string{"1958-1964"}, -1, false},
		{"circa, three years off", []string{"1961"}, []string{"circa 1964"}, 0, false},
		{"ca., three years off", []string{"ca. 1961"}, []string{"1964-05-06"}, 0, false},
		{"c., four years off", []string{"c.1961"}, []string{"1965"}, -1, false},
		{"a month that begins with c is no word", []string{"2 oct 1961"}, []string{"1964"}, -1, false},
		{"one of several agrees", []string{"1961"}, []string{"1949", "1961-05-06", "1970"}, 1, false},
		{"none of several agrees", []string{"1961"}, []string{"1949", "1970"}, -1, false},
		{"one of several is of the same year", []string{"1961-03-02"}, []string{"1961-03-09", "1962"}, 0, false},
		{"a year of another calendar is not known", []string{"1340"}, []string{"1961"}, 0, false},
		{"no date", []string{"unknown"}, []string{"1961"}, 0, false},
		{"date that software writes", []string{"1900-01-01"}, []string{"1961"}, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFacts(&Query{Dates: tt.query})
			verdict, slip := f.date(&list.Entry{Dates: tt.listed})
			if verdict != tt.verdict || slip != tt.slip {
				t.Errorf("date = %d, %v, want %d, %v", verdict, slip, tt.verdict, tt.slip)
			}
		})
	}
}
