package draft

import (
	"fmt"
	"slices"
	"strings"

	"plimsoll/internal/record/table"
)

// A reading is how the cells of one column are written.
type reading struct {
	forms  []string
	months []string
	other  []string // the forms that fit as well and mean something else; then none is certain
	misses int      // cells that no form reads
	first  string   // the first of these
}

// forms finds out how numbers and dates are written, and puts what all columns share before the mapping.
func (w *writer) forms() {
	numbers, dates := map[string]bool{}, map[string]reading{}
	certain := true
	for _, column := range table.ColumnsOf(w.c.table) {
		s := w.c.from[column]
		switch {
		case s == nil:
		case table.IsNumber(column):
			if r := w.numbersOf(s); len(r.other) > 0 {
				certain = false
			} else if len(r.forms) > 0 {
				numbers[r.forms[0]] = true
			}
		case table.IsDate(column):
			if r := w.datesOf(s, ""); len(r.forms) > 0 && len(r.other) == 0 {
				dates[strings.Join(r.forms, "\n")+"\n"+strings.Join(r.months, " ")] = r
			}
		}
	}
	if len(numbers) == 1 {
		for n := range numbers {
			w.number = n
		}
	} else if len(numbers) == 0 && !certain && w.g.delimiter == ';' {
		w.number = "1.234,56" // semicolons stand where the comma is the decimal mark
	}
	if len(dates) == 1 {
		for _, r := range dates {
			w.dates, w.months = r.forms, r.months
		}
	}
}

// numbersOf finds the forms of numbers that read every cell of a column.
func (w *writer) numbersOf(s *source) reading {
	sheet := w.g.delimiter == 0
	plain := true
	fits := make([]bool, len(numberForms))
	for i := range fits {
		fits[i] = true
	}
	var r reading
	for _, c := range s.cells {
		if sheet && s.isStored(c) { // a number cell of a workbook has a decimal point whatever its users see
			continue
		}
		c = amount(c)
		if !isNumber(c) {
			if r.misses++; r.first == "" {
				r.first = c
			}
			continue
		}
		if _, err := table.ParseNumber(c); err != nil || strings.ContainsAny(c, ",.' \u00a0\u202f’") {
			plain = plain && err == nil && !strings.ContainsAny(c, ",' \u00a0\u202f’")
			for i, f := range numberForms {
				if _, err := f.Number(c); err != nil {
					fits[i] = false
				}
			}
		}
	}
	if plain && fits[0] && !fits[2] {
		return r // written one way only: 1234.5
	}
	var found []string
	for i, f := range numberForms {
		if fits[i] {
			found = append(found, f.Name)
		}
	}
	if plain && len(found) == len(numberForms) {
		return r // whole numbers without marks
	}
	if len(found) == 0 {
		return r
	}
	// "1234.56" beside "1,234.56" is the same notation; "1.234,56" is another.
	comma, point := slices.Contains(found, "1.234,56") || slices.Contains(found, "1 234,56"), slices.Contains(found,
		"1,234.56") || slices.Contains(found, "1'234.56")
	if comma && point {
		r.other = found
		return r
	}
	for _, name := range []string{"1.234,56", "1 234,56", "1,234.56", "1'234.56", "12,34,567.89", "1234.56"} {
		if slices.Contains(found, name) {
			r.forms = []string{name}
			break
		}
	}
	return r
}

// isStored reports whether a cell of a workbook may be a stored number.
func (s *source) isStored(c string) bool {
	return strings.Trim(c, "0123456789.-+eE") == "" && strings.Count(c, ".") <= 1
}

func (w *writer) numberLine(column string, s *source, doubt string) {
	r := w.numbersOf(s)
	var more string
	factor := 0
	for concept, f := range map[string]int{"thousands": 1000, "millions": 1_000_000} {
		if inHeading(s.heading, concept) {
			factor = f
		}
	}
	if factor > 0 {
		more += fmt.Sprintf(", times: %d", factor)
	}
	switch {
	case len(r.other) > 0 && w.number == "":
		w.choose(column, fmt.Sprintf("{column: %s, number: %q%s}", s.ref(), "1.234,56", more),
			"the marks can mean thousands or decimals; choose this line or the next")
		w.choose(column, fmt.Sprintf("{column: %s, number: %q%s}", s.ref(), "1,234.56", more), "see the line before")
		return
	case len(r.other) > 0:
		doubt = "the marks can mean thousands or decimals; read like the other numbers of the file"
	case len(r.forms) > 0 && r.forms[0] != w.number:
		more += fmt.Sprintf(", number: %q", r.forms[0])
	}
	if r.misses > 0 {
		doubt = fmt.Sprintf("%d cells are no numbers, the first is %q", r.misses, clip(r.first))
	}
	if more == "" {
		w.line(column, s.ref(), doubt)
		return
	}
	w.line(column, "{column: "+s.ref()+more+"}", doubt)
}

// inHeading reports whether a word of the concept stands in the heading, brackets included.
func inHeading(heading, concept string) bool {
	h := " " + fold(heading) + " "
	for word, meanings := range words().headings {
		for _, m := range meanings {
			if m.concept == concept && (strings.Contains(h, " "+word+" ") || strings.ContainsFunc(word, isIdeograph) &&
				strings.Contains(h, word)) {
				return true
			}
		}
	}
	return false
}

func clip(s string) string {
	if len(s) <= 40 {
		return s
	}
	return strings.ToValidUTF8(s[:40], "") + "…"
}

// mostForms is how many forms of dates one column may have.
const mostForms = 3

// datesOf finds the forms of dates that read the cells of a column: the one that reads most first, and further
// ones for the rest. order is "day" or "month" when another column of the file says which comes first.
func (w *writer) datesOf(s *source, order string) reading {
	var r reading
	sheet := w.g.delimiter == 0
	var left []string
	for _, c := range s.cells {
		c = table.Digits(c)
		if !sheet || !table.IsSerial(c, w.g.date1904) {
			left = append(left, c)
		}
	}
	if len(left) == 0 {
		return r
	}
	if !sheet && s.serials >= mostCells && s.dates < someCells {
		r.forms = []string{"SERIAL"}
		return r
	}
	if allISO(left) {
		return r
	}
	for len(left) > 0 && len(r.forms) < mostForms {
		best, most := -1, 0
		for i, f := range dateForms {
			if r.months != nil && f.months != nil && !slices.Equal(r.months, f.months) {
				continue
			}
			if n := fitting(f, left); n > most {
				best, most = i, n
			}
		}
		if best < 0 {
			break
		}
		f := dateForms[best]
		if f.twin != "" {
			twin := slices.IndexFunc(dateForms, func(x dated) bool { return x.Name == f.twin })
			if twin >= 0 && fitting(dateForms[twin], left) == most {
				day, month := f, dateForms[twin]
				if strings.HasPrefix(day.Name, "M") {
					day, month = month, day
				}
				switch {
				case order == "day" || order == "" && w.dayFirst(s):
					f = day
				case order == "month" || order == "" && w.monthFirst(s):
					f = month
				default:
					r.other = []string{day.Name, month.Name}
				}
			}
		}
		r.forms = append(r.forms, f.Name)
		if f.months != nil {
			r.months = f.months
		}
		var rest []string
		for _, c := range left {
			if _, ok := f.Date(c, false); !ok {
				rest = append(rest, c)
			}
		}
		left = rest
	}
	if len(left) > 0 {
		r.misses, r.first = len(left), left[0]
	}
	return r
}

func fitting(f dated, cells []string) (n int) {
	for _, c := range cells {
		if t, ok := f.Date(c, false); ok && t.Time.Year() >= 1950 && t.Time.Year() <= 2100 {
			n++
		}
	}
	return n
}

func allISO(cells []string) bool {
	iso := dateForms[slices.IndexFunc(dateForms, func(f dated) bool { return f.Name == "ISO" })]
	return fitting(iso, cells) == len(cells)
}

// dayFirst reports whether the day comes before the month in a column that could be read both ways: another
// column of the file can be read only so, or its headings are of a language that writes dates so. Of the ten
// languages only English has both orders (Unicode CLDR, dateFormats).
func (w *writer) dayFirst(s *source) bool {
	if w.ordered(s, "D") {
		return true
	}
	for _, l := range s.language {
		if l != "en" && !w.ordered(s, "M") {
			return true
		}
	}
	return false
}

func (w *writer) monthFirst(s *source) bool { return w.ordered(s, "M") }

// ordered reports whether another column holds dates that can only be read with this part first.
func (w *writer) ordered(s *source, part string) bool {
	for _, x := range w.c.from {
		if x == s || x.dates < mostCells {
			continue
		}
		first, twin := 0, 0
		for _, f := range dateForms {
			if f.twin == "" {
				continue
			}
			n := fitting(f, x.cells)
			if strings.HasPrefix(f.Name, part) {
				first = max(first, n)
			} else {
				twin = max(twin, n)
			}
		}
		if first > twin && first == len(x.cells) {
			return true
		}
	}
	return false
}

func (w *writer) date(column string, s *source, doubt string) {
	r := w.datesOf(s, "")
	if len(r.other) > 0 {
		w.choose(column, fmt.Sprintf("{column: %s, date: %s}", s.ref(), r.other[0]),
			"every date can be read with the day or the month first; choose this line or the next")
		w.choose(column, fmt.Sprintf("{column: %s, date: %s}", s.ref(), r.other[1]), "see the line before")
		return
	}
	if r.misses > 0 {
		doubt = fmt.Sprintf("%d cells are no dates, the first is %q", r.misses, clip(r.first))
	}
	same := slices.Equal(r.forms, w.dates) && slices.Equal(r.months, w.months)
	if len(r.forms) == 0 || same {
		if len(w.dates) > 0 && len(r.forms) == 0 && w.g.delimiter != 0 { // ISO beside others
			w.line(column, "{column: "+s.ref()+", date: ISO}", doubt)
			return
		}
		w.line(column, s.ref(), doubt)
		return
	}
	more := ", date: " + list(r.forms)
	if len(r.months) > 0 {
		more += ", months: [" + quoteAll(r.months) + "]"
	}
	w.line(column, "{column: "+s.ref()+more+"}", doubt)
}
