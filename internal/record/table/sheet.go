package table

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"plimsoll/internal/record"
)

// Limits of a workbook: it is no stream, and a hostile one unpacks to anything.
const (
	maxPacked   = 512 << 20 // bytes of a workbook that lies inside an archive
	maxUnpacked = 4 << 30   // bytes of all its parts together
	maxOther    = 64 << 20  // bytes of the parts that are no sheets: pictures, styles, caches
	inMemory    = 16 << 20  // a sheet larger than this is unpacked to a temporary file
	maxMerged   = 32 << 20  // bytes of a workbook whose merged cells are looked for: a sheet is held in memory for it
)

// sheetErrors are the values that stand in a cell whose formula failed.
var sheetErrors = map[string]bool{"#N/A": true, "#REF!": true, "#VALUE!": true, "#DIV/0!": true, "#NAME?": true,
	"#NUM!":  true,
	"#NULL!": true, "#SPILL!": true, "#CALC!": true}

// IsWorkbook reports whether a file that begins so may be a workbook: an office document,
// or the older or encrypted kind that [DecodeXLSX] refuses by name.
func IsWorkbook(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte{0xd0, 0xcf, 0x11, 0xe0})
}

// DecodeXLSX reads every sheet of a workbook whose header is that of a register table.
// Formulas are not computed: the values stored with them are read.
func DecodeXLSX(ctx context.Context, src record.Source, sink record.Sink) (record.Stats, error) {
	d := newDecoder(ctx, src, sink)
	w, err := openWorkbook(src)
	if err != nil {
		return d.stats, err
	}
	defer w.close()
	d.sheet, d.date1904 = true, w.date1904
	found := 0
	for _, name := range w.sheets {
		s, err := w.rows(name)
		if err != nil {
			return d.end(), err
		}
		header, err := s.header()
		if err != nil {
			s.close()
			return d.end(), named(src, err)
		}
		kind := kindOf(header)
		if kind == "" {
			s.close()
			if header != nil {
				d.notes[fmt.Sprintf("sheet %q was not read: its header is none of the register tables", name)] = 1
			}
			continue
		}
		found++
		d.at = w.place(name)
		err = d.run(s, bind(kind, header, nil))
		s.close()
		if err != nil {
			return d.end(), err
		}
	}
	if found == 0 {
		return d.end(), fmt.Errorf("read %s: no sheet has the header of a register table", src.Name)
	}
	return d.end(), nil
}

// SheetKinds names the register table that each sheet of a workbook holds, "" for none.
func SheetKinds(src record.Source) (map[string]string, error) {
	w, err := openWorkbook(src)
	if err != nil {
		return nil, err
	}
	defer w.close()
	out := map[string]string{}
	for _, name := range w.sheets {
		s, err := w.rows(name)
		if err != nil {
			return nil, err
		}
		header, err := s.header()
		s.close()
		if err != nil {
			return nil, named(src, err)
		}
		out[name] = kindOf(header)
	}
	return out, nil
}

// A workbook is an open XLSX file.
type workbook struct {
	src      record.Source
	file     *excelize.File
	sheets   []string // worksheets in the book's order
	date1904 bool
	merged   bool // cells are merged in one of its sheets
}

func openWorkbook(src record.Source) (w *workbook, err error) {
	defer refuse(src, &err)
	at, size, done, err := bytesOf(src)
	if err != nil {
		return nil, err
	}
	defer done()
	merged, err := inspect(at, size)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", src.Name, err)
	}
	opt := excelize.Options{RawCellValue: true, UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: inMemory}
	f, err := excelize.OpenReader(io.NewSectionReader(at, 0, size), opt)
	if err != nil { // of what [inspect] found to be a workbook
		return nil, fmt.Errorf("open %s: %w: %w", src.Name, record.ErrDamaged, err)
	}
	w = &workbook{src: src, file: f, merged: merged && size <= maxMerged}
	if p, err := f.GetWorkbookProps(); err == nil && p.Date1904 != nil {
		w.date1904 = *p.Date1904
	}
	w.sheets = f.GetSheetList()
	if len(w.sheets) == 0 {
		f.Close()
		return nil, fmt.Errorf("open %s: the workbook has no sheet", src.Name)
	}
	return w, nil
}

func (w *workbook) close() { _ = w.file.Close() }

// refuse turns a panic of the spreadsheet library on a hostile file into an error that
// names the file: it is not our bug, and one file must not end the run.
func refuse(src record.Source, err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("read %s: %w (%v)", src.Name, record.ErrDamaged, p)
	}
}

// bytesOf returns random access to the workbook's bytes: the file itself, or for one that
// lies packed inside another file a bounded copy in memory.
func bytesOf(src record.Source) (io.ReaderAt, int64, func(), error) {
	if src.Member == "" {
		f, err := os.Open(src.Path)
		if err != nil {
			return nil, 0, nil, err
		}
		var magic [2]byte
		if _, err := f.ReadAt(magic[:], 0); err == nil && string(magic[:]) != "\x1f\x8b" {
			info, err := f.Stat()
			if err != nil {
				f.Close()
				return nil, 0, nil, err
			}
			return f, info.Size(), func() { f.Close() }, nil
		}
		f.Close()
	}
	r, err := src.Open()
	if err != nil {
		return nil, 0, nil, err
	}
	defer r.Close()
	all, err := io.ReadAll(io.LimitReader(r, maxPacked+1))
	if err != nil {
		return nil, 0, nil, fmt.Errorf("read %s: %w", src.Name, err)
	}
	if len(all) > maxPacked {
		return nil, 0, nil, fmt.Errorf("read %s: a packed workbook over %d MiB is not read", src.Name, maxPacked>>20)
	}
	return bytes.NewReader(all), int64(len(all)), func() {}, nil
}

// inspect reads the archive through once: it refuses macros and bombs before anything is
// kept, checks every part's checksum, and that each sheet is whole, since the spreadsheet
// library takes a sheet that breaks off for one that ends.
func inspect(at io.ReaderAt, size int64) (merged bool, err error) {
	var magic [4]byte
	if _, err := at.ReadAt(magic[:], 0); err == nil && magic == [4]byte{0xd0, 0xcf, 0x11, 0xe0} {
		return false, errors.New("an encrypted workbook or one of the .xls format; save it as .xlsx without a password")
	}
	z, err := zip.NewReader(at, size)
	if err != nil {
		return false, fmt.Errorf("read archive: %w", err)
	}
	var left int64 = min(maxUnpacked, size*record.MaxUnzipRatio+64<<20)
	var other int64 = maxOther
	book := false
	for _, m := range z.File {
		name := strings.ToLower(m.Name)
		if base := path.Base(name); base == "vbaproject.bin" || strings.Contains(name, "/macrosheets/") ||
			strings.Contains(name, "activex") {
			return false, fmt.Errorf("the workbook holds macros (%s); save it as .xlsx without them", m.Name)
		}
		book = book || strings.HasPrefix(name, "xl/workbook")
		if name == "xl/workbook.bin" {
			return false, errors.New("a binary workbook (.xlsb); save it as .xlsx")
		}
		r, err := m.Open()
		if err != nil {
			return false, fmt.Errorf("open part %s: %w: %w", m.Name, record.ErrDamaged, err)
		}
		in := &io.LimitedReader{R: r, N: left + 1}
		sheet := strings.HasPrefix(name, "xl/worksheets/sheet") || strings.HasSuffix(name, "sharedstrings.xml")
		if sheet {
			var here bool
			here, err = wellFormed(in)
			merged = merged || here
		}
		if err == nil {
			_, err = io.Copy(io.Discard, in)
		}
		r.Close()
		if !sheet {
			other -= left + 1 - in.N
		}
		left = in.N - 1
		if left < 0 || other < 0 {
			return false, fmt.Errorf("the workbook unpacks to more than is safe: part %s is too large", m.Name)
		}
		if err != nil {
			return false, fmt.Errorf("read part %s: %w: %w", m.Name, record.ErrDamaged, err)
		}
	}
	if !book {
		return false, errors.New("the archive holds no workbook")
	}
	return merged, nil
}

// wellFormed reads XML to its end, and reports whether it merges cells (ECMA-376 part 1, 18.3.1.54).
func wellFormed(r io.Reader) (merged bool, err error) {
	x := xml.NewDecoder(r)
	depth := 0
	for {
		t, err := x.Token()
		if errors.Is(err, io.EOF) {
			return merged, nil
		}
		if err != nil {
			return merged, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			merged = merged || t.Name.Local == "mergeCell"
			if depth++; depth > record.MaxNesting {
				return merged, fmt.Errorf("elements nest deeper than %d", record.MaxNesting)
			}
		case xml.EndElement:
			depth--
		}
	}
}

// place names a row; the sheet is named where there are several.
func (w *workbook) place(sheet string) func(int) string {
	if len(w.sheets) == 1 {
		return rowAt
	}
	return func(row int) string { return fmt.Sprintf("sheet %s row %d", sheet, row) }
}

// sheetRows walks one sheet.
type sheetRows struct {
	src  record.Source
	rows *excelize.Rows
	row  int
	down []block // cells merged over several rows, by their first row
}

// A block is one column of a merged block of several rows. What stands in its first cell holds for all of them.
type block struct {
	column, from, to int // from 0; rows from 1
	text             string
}

// merges lists the merged cells of a sheet that reach over several rows.
func (w *workbook) merges(name string) (out []block) {
	cells, err := w.file.GetMergeCells(name)
	if err != nil {
		return nil
	}
	for _, c := range cells {
		column, from, err := excelize.CellNameToCoordinates(c.GetStartAxis())
		_, to, err2 := excelize.CellNameToCoordinates(c.GetEndAxis())
		if err == nil && err2 == nil && to > from {
			out = append(out, block{column: column - 1, from: from, to: to})
		}
	}
	slices.SortFunc(out, func(a, b block) int { return a.from - b.from })
	return out
}

// fill puts into a row what cells merged with it from above say. An amount, a number or a date is one of the block and
// not of each row of it: it is not repeated.
func (s *sheetRows) fill(cells []string) []string {
	for i := range s.down {
		m := &s.down[i]
		switch {
		case s.row < m.from:
			return cells
		case s.row == m.from && m.column < len(cells):
			m.text = cells[m.column]
			if _, err := record.ParseDecimal(m.text); err == nil {
				m.text = ""
			}
		case s.row > m.from && s.row <= m.to && m.text != "":
			for len(cells) <= m.column {
				cells = append(cells, "")
			}
			if cells[m.column] == "" {
				cells[m.column] = m.text
			}
		}
	}
	return cells
}

func (w *workbook) rows(name string) (s *sheetRows, err error) {
	defer refuse(w.src, &err)
	rows, err := w.file.Rows(name)
	if err != nil {
		var missing excelize.ErrSheetNotExist
		if errors.As(err, &missing) || strings.Contains(err.Error(), "not a worksheet") {
			return &sheetRows{src: w.src}, nil // a chart sheet
		}
		return nil, fmt.Errorf("read %s: sheet %s: %w", w.src.Name, name, err)
	}
	s = &sheetRows{src: w.src, rows: rows}
	if w.merged {
		s.down = w.merges(name)
	}
	return s, nil
}

func (s *sheetRows) close() {
	if s.rows != nil {
		_ = s.rows.Close()
	}
}

// header returns the first row that is not empty, nil when there is none.
func (s *sheetRows) header() ([]string, error) {
	for {
		l, err := s.next()
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if !blank(l.cells) {
			return append([]string(nil), l.cells...), nil
		}
	}
}

func (s *sheetRows) next() (l line, err error) {
	defer refuse(s.src, &err)
	if s.rows == nil || !s.rows.Next() {
		if s.rows != nil && s.rows.Error() != nil {
			return line{}, s.rows.Error()
		}
		return line{}, io.EOF
	}
	s.row++
	cells, err := s.rows.Columns(excelize.Options{RawCellValue: true})
	if err != nil {
		return line{}, err
	}
	return line{cells: s.fill(cells), row: s.row}, nil
}
