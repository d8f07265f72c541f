package row

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"plimsoll/internal/list"
	"plimsoll/internal/record"
	"plimsoll/internal/record/delimited"
	"plimsoll/internal/record/table"
)

// A Row is one row below the header of a table.
type Row struct {
	At     string // where it begins: "line 17", "sheet Firms row 3"
	header Header
	cells  []string
	book   bool // of a workbook, where a date may be a serial number
	d1904  bool
}

// Get returns the cell of a column with single spaces; "" when the table lacks the column.
func (r Row) Get(column string) string { return list.Clean(r.header.Get(r.cells, column)) }

// First returns the first cell of these columns that holds something.
func (r Row) First(columns ...string) string {
	for _, c := range columns {
		if v := r.Get(c); v != "" {
			return v
		}
	}
	return ""
}

// FirstText returns [Row.Text] of the first of these columns that holds something.
func (r Row) FirstText(columns ...string) string {
	for _, c := range columns {
		if v := r.Text(c); v != "" {
			return v
		}
	}
	return ""
}

// After returns the text of the cell behind that of a column, where one heading stands over
// two columns.
func (r Row) After(column string) string {
	i, ok := r.header.at(column)
	if !ok {
		return ""
	}
	r.header = Header{"": i + 1}
	return r.Text("")
}

// Has reports whether the table has all columns.
func (r Row) Has(columns ...string) bool { return r.header.Has(columns...) }

// Whole returns all cells as one key.
func (r Row) Whole() string { return strings.Join(r.cells, "\x00") }

// The first day of a workbook's calendar: day 0 is the eve of 1900 (with the leap day that
// 1900 did not have) or 1904-01-01 (ECMA-376 part 1, 18.17.4.1).
var (
	day1900 = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	day1904 = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
)

// Text returns the cell of a column that holds a date, a serial number of a workbook
// written as YYYY-MM-DD.
func (r Row) Text(column string) string {
	s := r.Get(column)
	if !r.book {
		return s
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || v < 10_000 || v > 80_000 { // 1927 to 2119: smaller numbers are years
		return s
	}
	from := day1900
	if r.d1904 {
		from = day1904
	}
	return from.AddDate(0, 0, int(v)).Format(time.DateOnly)
}

// A Table is what Each says of the whole.
type Table struct {
	Rows    int      // below the header, blank ones left out
	Columns []string // of the header, as [NewHeader] names them
	Extra   []string // columns of the file with values that a mapping does not read
	Notes   []string
}

// headerWithin is in how many of the first rows the header is looked for: published lists
// have a line with their date above it.
const headerWithin = 10

// marks are the delimiters that tables are written with.
var marks = []rune{',', ';', '\t', '|'}

// Mapped calls visit for every row of src under a mapping to [table.List]. A row that cannot be read, and a cell
// that is not understood, are faults; rows that the mapping itself takes for no entries are counted in the notes.
// The error is that of ctx alone.
func Mapped(ctx context.Context, src record.Source, m table.Map, faults *list.Faults, visit func(Row)) (Table, error) {
	out := Table{Columns: m.Columns()}
	h := NewHeader(out.Columns)
	passed := map[string]int{}
	st, err := table.EachMapped(ctx, src, m, func(r *table.MappedRow) error {
		switch {
		case r.Reason != "" && r.Meant:
			passed[r.Reason]++
			return nil
		case r.Reason != "":
			faults.Addf(src.Name, r.At, "%s", r.Reason)
			return nil
		}
		out.Rows++
		for _, u := range r.Unread {
			faults.Addf(src.Name, r.At, "%s: %q %s", u.Column, u.Value, u.Reason)
		}
		if len(r.Unread) == 0 {
			visit(Row{At: r.At, header: h, cells: r.Cells})
		}
		return nil
	})
	if ctx.Err() != nil {
		return out, ctx.Err()
	}
	faults.Merge(src.Name, err)
	if st.Failed != "" {
		faults.Addf(src.Name, "", "%s", st.Failed)
	}
	if out.Rows == 0 && faults.Err() == nil {
		faults.Addf(src.Name, "", "no rows")
	}
	for _, reason := range slices.Sorted(maps.Keys(passed)) {
		out.Notes = append(out.Notes, fmt.Sprintf("%d rows are no entries by mapping %s: %s", passed[reason], m.Name,
			reason))
	}
	out.Notes = append(out.Notes, st.Notes...)
	out.Extra = append(out.Extra, slices.Sorted(maps.Keys(st.Extra))...)
	return out, nil
}

// Heads returns what the header of a table is looked for in: head itself, or for a workbook
// the first rows of each of its sheets as comma-separated text.
func Heads(ctx context.Context, src record.Source, head []byte) ([][]byte, error) {
	if !table.IsWorkbook(head) {
		return [][]byte{head}, nil
	}
	var out [][]byte
	sheet, rows := "", 0
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	flush := func() {
		if w.Flush(); b.Len() > 0 {
			out = append(out, bytes.Clone(b.Bytes()))
		}
		b.Reset()
		rows = 0
	}
	err := table.Rows(ctx, src, func(name string, n int, cells []string, _ bool) error {
		if name != sheet {
			flush()
			sheet = name
		}
		if Blank(cells) || rows > headerWithin {
			return nil
		}
		rows++
		return w.Write(cells)
	})
	flush()
	return out, err
}

// leading calls visit with the cells of each of the leading rows of head, read with every mark, until it returns
// true. A heading may run over several lines when it is quoted.
func leading(head []byte, visit func(cells []string, comma rune) bool) {
	var read [][][]string // by mark
	for _, comma := range marks {
		var rows [][]string
		for r := delimited.NewReader(bytes.NewReader(head), byte(comma)); len(rows) < headerWithin; {
			row, err := r.Next()
			if _, bad := errors.AsType[*delimited.BadRow](err); bad {
				continue
			}
			if err != nil {
				break
			}
			if !Blank(row.Cells) {
				rows = append(rows, slices.Clone(row.Cells))
			}
		}
		read = append(read, rows)
	}
	for n := range headerWithin {
		for i, comma := range marks {
			if n < len(read[i]) && visit(read[i][n], comma) {
				return
			}
		}
	}
}

// FindHeader returns the columns of the first of the leading rows of head that has all the
// needed ones, and the mark between its cells.
func FindHeader(head []byte, needed ...string) (found Header, mark rune, ok bool) {
	leading(head, func(cells []string, comma rune) bool {
		if h := NewHeader(cells); h.Has(needed...) {
			found, mark, ok = h, comma, true
		}
		return ok
	})
	return found, mark, ok
}

// Likeliest returns the columns of that leading row of head which has most of the needed
// ones, and how many it has; nil where no row has two cells.
func Likeliest(head []byte, needed ...string) (best Header, most int) {
	leading(head, func(cells []string, _ rune) bool {
		if len(cells) < 2 {
			return false
		}
		if h := NewHeader(cells); best == nil || h.count(needed) > most {
			best, most = h, h.count(needed)
		}
		return false
	})
	return best, most
}

// Each calls visit for every row of src, a delimited text or a workbook, below the first row
// that has the columns needed. With comma 0 the mark between cells is found from the header.
// A header without a needed column, a row of another width, and a table without rows are
// faults. The error is that of ctx alone.
func Each(ctx context.Context, src record.Source, comma rune, needed []string, faults *list.Faults, visit func(Row)) (
	Table, error) {
	e := &each{src: src, needed: needed, faults: faults, visit: visit}
	head, err := src.Head()
	if err != nil {
		faults.Merge(src.Name, err)
		return e.out, nil
	}
	if table.IsWorkbook(head) {
		err = e.workbook(ctx)
	} else {
		if comma == 0 {
			if _, comma, _ = FindHeader(head, needed...); comma == 0 {
				comma = ','
			}
		}
		err = e.text(ctx, comma)
	}
	if err != nil {
		return e.out, err
	}
	if e.h == nil && !e.found && faults.Err() == nil {
		e.lacking()
	}
	if e.out.Rows == 0 && faults.Err() == nil {
		faults.Addf(src.Name, "", "no rows")
	}
	return e.out, nil
}

type each struct {
	src    record.Source
	needed []string
	faults *list.Faults
	visit  func(Row)
	out    Table
	h      Header
	found  bool // some sheet of a workbook had the header
	width  int
	above  [][]string // rows before the header
	at     string     // of the first of them
}

func (e *each) text(ctx context.Context, comma rune) error {
	r, err := Open(ctx, e.src, comma)
	if err != nil {
		e.faults.Merge(e.src.Name, err)
		return nil
	}
	defer r.Close()
	for !e.faults.Full(e.src.Name) {
		rec, line, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			e.faults.Merge(e.src.Name, err)
			if r.Going() {
				continue
			}
			break
		}
		if !e.row(Row{At: list.Line(line), cells: rec}) {
			break
		}
	}
	e.out.Notes = append(e.out.Notes, r.Notes()...)
	return nil
}

var errStop = errors.New("stop")

// workbook reads every sheet that has the header.
func (e *each) workbook(ctx context.Context) error {
	sheet, tables, done := "", 0, false
	var other []string
	finish := func() {
		if sheet != "" && e.h == nil && len(e.above) > 0 {
			other = append(other, sheet)
		}
	}
	err := table.Rows(ctx, e.src, func(name string, n int, cells []string, d1904 bool) error {
		if name != sheet {
			finish()
			sheet, e.h, e.above, done = name, nil, nil, false
		}
		if done {
			return nil
		}
		before := e.h
		done = !e.row(Row{At: fmt.Sprintf("sheet %s row %d", name, n), cells: cells, book: true, d1904: d1904})
		if before == nil && e.h != nil {
			tables++
		}
		if e.faults.Full(e.src.Name) {
			return errStop
		}
		return nil
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil && !errors.Is(err, errStop) {
		e.faults.Merge(e.src.Name, err)
	}
	finish()
	if tables > 0 {
		e.found = true
		for _, name := range other {
			e.out.Notes = append(e.out.Notes, fmt.Sprintf("the sheet %s was not read: it has no header of a list",
				name))
		}
	}
	return nil
}

// row takes one row; it reports whether to go on.
func (e *each) row(r Row) bool {
	if Blank(r.cells) {
		return true
	}
	if e.h == nil {
		if h := NewHeader(r.cells); h.Has(e.needed...) {
			e.h, e.width = h, len(r.cells)
			for _, c := range r.cells {
				e.out.Columns = append(e.out.Columns, columnName(c))
			}
			return true
		}
		if len(e.above) == 0 {
			e.at = r.At
		}
		e.above = append(e.above, append([]string(nil), r.cells...))
		return len(e.above) < headerWithin
	}
	e.out.Rows++
	// A workbook stores no empty cells at the end of a row; empty cells past the last column say nothing.
	if n := len(r.cells); n < e.width && !r.book || n > e.width && !Blank(r.cells[e.width:]) {
		e.faults.Addf(e.src.Name, r.At, "%d fields, the header has %d", n, e.width)
		return true
	}
	r.header = e.h
	e.visit(r)
	return true
}

// lacking names the columns that the likeliest header lacks.
func (e *each) lacking() {
	var best Header
	for _, cells := range e.above {
		if h := NewHeader(cells); best == nil || h.count(e.needed) > best.count(e.needed) {
			best = h
		}
	}
	for _, c := range e.needed {
		if !best.Has(c) {
			e.faults.Addf(e.src.Name, e.at, "the header lacks the column %s", Called(c))
		}
	}
}

// count returns how many of the columns are there.
func (h Header) count(columns []string) int {
	n := 0
	for _, c := range columns {
		if h.Has(c) {
			n++
		}
	}
	return n
}
