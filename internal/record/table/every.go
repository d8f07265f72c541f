package table

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"plimsoll/internal/record"
	"plimsoll/internal/record/delimited"
)

// A Visit is told of the tables of a file. Header may return nil for a table that is not
// wanted. Cells are good until the next row.
type Visit struct {
	Header func(name string, header []string) (row func(at string, cells []string) error, err error)
	Bad    func(at, reason string) error // a row that cannot be split into cells
	// Known reports whether a row is a header that is looked for: titles above one are passed over. Nil where the first
	// row is the header.
	Known func(header []string) bool
}

// Every reads all tables of a file, whatever their columns: a delimited text, each sheet of a workbook, or the tables
// of obligations in YAML. Dates of a workbook come as their serial numbers, see [Serial].
func Every(ctx context.Context, src record.Source, v Visit) error {
	head, err := src.Head()
	if err != nil {
		return named(src, err)
	}
	switch {
	case IsWorkbook(head):
		return everySheet(ctx, src, v)
	case IsYAML(head):
		return everyYAML(ctx, src, v)
	}
	text, err := src.Open()
	if err != nil {
		return err
	}
	defer text.Close()
	return everyRow(ctx, src, newCSV(text, delimiterFor(head, v.Known)), tableName(src.Name), rowAt, v)
}

// mostTitles is how many rows may stand above a header as titles of a report do, and mostTitleCells how many cells of
// such a row are filled at most.
const (
	mostTitles     = 8
	mostTitleCells = 3
)

// delimiterFor is the delimiter under which one of the first rows is a known header; else see [widest].
func delimiterFor(head []byte, known func([]string) bool) byte {
	if known != nil {
		for _, d := range delimited.Candidates(head) {
			if knownAmong(head, d, known) {
				return d
			}
		}
	}
	return widest(head)
}

// knownAmong reports whether the first row of a text, or the first below titles, is a known header.
func knownAmong(head []byte, delim byte, known func([]string) bool) bool {
	for _, r := range delimited.First(head, delim, mostTitles+1) {
		if known(r.Cells) {
			return true
		}
		if filled(r.Cells) > mostTitleCells {
			break
		}
	}
	return false
}

func filled(cells []string) (n int) {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			n++
		}
	}
	return n
}

// HasHeader reports whether one of the tables of a file begins with a known header, perhaps below titles, as far as the
// file's head goes.
func HasHeader(src record.Source, head []byte, known func(header []string) bool) bool {
	among := func(part []byte) bool {
		for _, d := range delimited.Candidates(part) {
			if knownAmong(part, d, known) {
				return true
			}
		}
		return false
	}
	if !IsWorkbook(head) {
		return among(head)
	}
	w, err := openWorkbook(src)
	if err != nil {
		return false
	}
	defer w.close()
	for _, name := range w.sheets {
		s, err := w.rows(name)
		if err != nil {
			return false
		}
		found := s.leads(known)
		s.close()
		if found {
			return true
		}
	}
	return false
}

// leads reports whether the first row of a sheet, or the first below titles, is a known header.
func (s *sheetRows) leads(known func([]string) bool) bool {
	for range mostTitles + 1 {
		header, err := s.header()
		if err != nil || header == nil {
			return false
		}
		if known(header) {
			return true
		}
		if filled(header) > mostTitleCells {
			return false
		}
	}
	return false
}

// tableName is a file's name without folders and endings.
func tableName(name string) string {
	if i := strings.LastIndexByte(name, '!'); i >= 0 {
		name = name[i+1:]
	}
	base, _, _ := strings.Cut(path.Base(name), ".")
	return base
}

// widest is the delimiter under which the first row has the most cells.
func widest(head []byte) byte {
	candidates := delimited.Candidates(head)
	best, most := candidates[0], 0
	for _, d := range candidates {
		if row, ok := firstRow(head, d); ok && len(row) > most {
			best, most = d, len(row)
		}
	}
	return best
}

func everySheet(ctx context.Context, src record.Source, v Visit) error {
	w, err := openWorkbook(src)
	if err != nil {
		return err
	}
	defer w.close()
	for _, name := range w.sheets {
		s, err := w.rows(name)
		if err != nil {
			return err
		}
		err = everyRow(ctx, src, s, name, w.place(name), v)
		s.close()
		if err != nil {
			return err
		}
	}
	return nil
}

func everyRow(ctx context.Context, src record.Source, in lines, name string, at func(int) string, v Visit) error {
	var row func(string, []string) error
	var first []string // the first row, where it may be a title above a known header
	titles := 0
	b := &binding{}
	for n := 0; ; n++ {
		if n&1023 == 0 && ctx.Err() != nil {
			return fmt.Errorf("read %s: %w", src.Name, ctx.Err())
		}
		l, err := in.next()
		if cut := cutOff(in, l, err, b); cut != nil {
			return named(src, cut)
		}
		if bad, ok := errors.AsType[*delimited.BadRow](err); ok {
			if err := v.Bad(at(bad.Line), bad.Reason); err != nil {
				return err
			}
			continue
		}
		if errors.Is(err, io.EOF) {
			if first != nil { // nothing but titles
				_, err = v.Header(name, first)
				return err
			}
			return nil
		}
		if err != nil {
			return named(src, err)
		}
		if blank(l.cells) {
			continue
		}
		if row == nil {
			if delimited.IsSeparator(l.cells) {
				continue
			}
			header := append([]string(nil), l.cells...)
			if v.Known != nil && !v.Known(header) {
				if first == nil {
					first = header
				}
				if titles++; titles <= mostTitles && filled(header) <= mostTitleCells {
					continue
				}
				header = first
			}
			if row, err = v.Header(name, header); err != nil || row == nil {
				return err
			}
			first, b.width = nil, len(header)
			continue
		}
		if err := row(at(l.row), l.cells); err != nil {
			return err
		}
	}
}

// EverySheet calls sheet for each sheet of a workbook, and what it returns, nil for a sheet that is not wanted, for
// each of its rows that is not empty, with the row's number from 1. Cells are good until the next row; those at the end
// that are empty are not there.
func EverySheet(ctx context.Context, src record.Source, sheet func(name string, date1904 bool) (row func(n int,
	cells []string) error)) error {
	w, err := openWorkbook(src)
	if err != nil {
		return err
	}
	defer w.close()
	for _, name := range w.sheets {
		row := sheet(name, w.date1904)
		if row == nil {
			continue
		}
		s, err := w.rows(name)
		if err != nil {
			return err
		}
		err = s.each(ctx, row)
		s.close()
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *sheetRows) each(ctx context.Context, row func(n int, cells []string) error) error {
	for n := 0; ; n++ {
		if n&1023 == 0 && ctx.Err() != nil {
			return fmt.Errorf("read %s: %w", s.src.Name, ctx.Err())
		}
		l, err := s.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return named(s.src, err)
		case blank(l.cells):
			continue
		}
		if err := row(l.row, l.cells); err != nil {
			return err
		}
	}
}

// SerialTime turns the number that a workbook stores for a time into it, without a zone; ok is false for anything else.
func SerialTime(s string, date1904 bool) (t time.Time, ok bool) {
	d, ok := serial(s, date1904)
	return d.Time, ok
}

// Serial turns the number that a workbook stores for a date into a date; ok is false for
// anything else.
func Serial(s string) (d record.Date, ok bool) { return serial(s, false) }
