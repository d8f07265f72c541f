package focus

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/record"
	"plimsoll/internal/record/table"
)

// RecogniseWorkbook reports whether a sheet of a workbook is a bill: the first row of it, or the first below titles, is
// the header of one.
func RecogniseWorkbook(src record.Source, head []byte) bool {
	return table.HasHeader(src, head, func(cells []string) bool {
		h, ok := newHeader(trimmedNames(cells))
		return ok && h.refused() == ""
	})
}

func trimmedNames(cells []string) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = strings.TrimSpace(c)
	}
	return out
}

// workbook reads each sheet of a workbook that is a bill. Numbers are taken as they are stored, and days and times as
// spreadsheets store them.
func (l *loader) workbook(src record.Source) (record.Stats, error) {
	var all record.Stats
	all.Extra = map[string]int{}
	var sheets []*billSheet
	err := table.EverySheet(l.ctx, src, func(name string, date1904 bool) func(int, []string) error {
		s := &billSheet{l: l, src: src, name: name, date1904: date1904, n: &narrowed{extra: map[string]int{}}}
		sheets = append(sheets, s)
		return s.row
	})
	for _, s := range sheets {
		err = errors.Join(err, s.end())
	}
	if err != nil {
		return all, err
	}
	bills := slices.DeleteFunc(slices.Clone(sheets), func(s *billSheet) bool { return s.h == nil })
	for _, s := range sheets {
		if s.refused != "" {
			return l.refuse(src, s.refused)
		}
	}
	if len(bills) == 0 {
		return l.refuse(src, "no sheet has the header of a cost and usage table")
	}
	for _, s := range sheets {
		if s.h == nil {
			if s.rows > 0 {
				all.Notes = append(all.Notes, fmt.Sprintf("sheet %q was not read: its header is none of a bill",
					s.name))
			}
			continue
		}
		if len(bills) > 1 {
			s.h.place = "sheet " + s.name + " row"
		}
		st, err := l.narrowed(src, s.h, s.n)
		if err != nil {
			return all, err
		}
		all.Rows, all.Rejects = all.Rows+st.Rows, all.Rejects+st.Rejects
		for k, n := range st.Extra {
			all.Extra[k] += n
		}
		all.Notes = append(all.Notes, st.Notes...)
	}
	return all, nil
}

// A billSheet is one sheet while it is read.
type billSheet struct {
	l        *loader
	src      record.Source
	name     string
	date1904 bool
	h        *header
	n        *narrowed
	rows     int
	above    bool   // rows above the header are no titles: it is no bill
	refused  string // why a bill is not read
	w        *narrowWriter
	fields   []string
	days     []string // some of them, as they are written
}

func (s *billSheet) row(at int, cells []string) error {
	s.rows++
	if s.h == nil {
		return s.begin(at, cells)
	}
	s.n.rows++
	if len(cells) > len(s.h.names) && !trailing(cells, len(s.h.names)) {
		s.n.lose(int64(at), true)
		return s.l.sink.Reject(record.Reject{File: s.src.Name, At: fmt.Sprintf("sheet %s row %d", s.name, at),
			Kind:   kind,
			Reason: fmt.Sprintf("the row has %d cells, the header has %d", len(cells), len(s.h.names))})
	}
	clear(s.fields)
	for i := range min(len(cells), len(s.fields)) {
		s.fields[i] = s.stored(i, strings.TrimSpace(cells[i]))
		if !slices.Contains(s.h.at[:], i) && !slices.Contains(s.h.words.all(), i) && !null(s.fields[i]) {
			s.n.extra[s.h.names[i]]++
		}
	}
	return s.w.write(int64(at), s.h, s.fields)
}

// begin takes the header.
func (s *billSheet) begin(at int, cells []string) error {
	if s.above || s.rows > mostTitles+1 {
		return nil
	}
	h, ok := newHeader(trimmedNames(cells))
	if !ok {
		s.above = filled(cells) > mostTitleCells
		return nil
	}
	h.line, h.delim = at, ';' // of all files but commas: decimal commas are looked for
	if t := h.twice(); t != "" {
		s.above, s.refused = true, fmt.Sprintf("sheet %s: column %s stands in the header twice", s.name, t)
		return nil
	}
	w, err := s.l.newNarrow(h)
	if err != nil {
		return fmt.Errorf("narrow %s: %w", s.src.Name, err)
	}
	s.h, s.n.path, s.w, s.fields = h, w.file.Name(), w, make([]string, len(h.names))
	return nil
}

func (s *billSheet) end() error {
	if s.h == nil {
		return nil
	}
	if s.h.profile == nil {
		s.h.dates = dayForms(s.days)
	}
	return s.w.close()
}

// Times that a spreadsheet stores as numbers are those of bills: 1990 to 2199.
var firstStored, lastStored = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2199, 12, 31, 0, 0, 0, 0, time.UTC)

// exponent is a number in E notation as workbooks store long ones, 1.23456789012E+11.
var exponent = regexp.MustCompile(`^-?\d(\.\d+)?[eE]\+?\d+$`)

// stored is the text that people see of what a workbook stores in a cell.
func (s *billSheet) stored(i int, text string) string {
	for _, c := range timeColumns {
		if s.h.at[c] != i {
			continue
		}
		if t, ok := table.SerialTime(text, s.date1904); ok && !t.Before(firstStored) && !t.After(lastStored) {
			return t.Format("2006-01-02T15:04:05")
		}
		if len(s.days) < mostSampled {
			s.days = append(s.days, text)
		}
		return text
	}
	if exponent.MatchString(text) && strings.ContainsAny(text, ".+") {
		if d, err := record.ParseDecimal(text); err == nil {
			return string(d)
		}
	}
	return text
}
