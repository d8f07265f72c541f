package report

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"plimsoll/internal/record/table"
)

// sheetRows is how many rows one sheet of a workbook can hold, its header among them (ECMA-376 viewers
// stop there).
const sheetRows = 1_048_576

// sheetLinks is how many links one sheet gets: the library looks through all of them for each new one.
const sheetLinks = 4000

type workbook struct {
	f          *excelize.File
	head, text int // styles
	rows       int // most rows of a sheet
	evidence   map[string]int
	begun      bool // it has a sheet of ours
}

func newWorkbook(rows int) (*workbook, error) {
	b := &workbook{f: excelize.NewFile(), rows: rows, evidence: map[string]int{}}
	var err error
	b.head, err = b.f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{
		WrapText: true, Vertical: "top"},
		Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"EEF4F6"}}})
	if err == nil {
		b.text, err = b.f.NewStyle(&excelize.Style{Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	}
	if err != nil {
		return nil, errors.Join(err, b.f.Close())
	}
	return b, nil
}

// A sheet is one sheet while it is written, row by row.
type sheet struct {
	b          *workbook
	w          *excelize.StreamWriter
	name, all  string // all: the file that holds every row
	n, columns int    // rows written; columns
	left       int    // rows that did not fit
	links      int
}

// add makes a sheet. The first one is the sheet that a new workbook has: taking that out at the end would read all
// others again.
func (b *workbook) add(name string) error {
	if b.begun {
		_, err := b.f.NewSheet(name)
		return err
	}
	b.begun = true
	return b.f.SetSheetName(firstSheet, name)
}

// firstSheet is what the sheet of a new workbook is called.
const firstSheet = "Sheet1"

// sheet starts a sheet with a frozen header.
func (b *workbook) sheet(name, all string, widths []float64, header ...string) (*sheet, error) {
	if err := b.add(name); err != nil {
		return nil, err
	}
	w, err := b.f.NewStreamWriter(name)
	if err != nil {
		return nil, err
	}
	for i := range header {
		width := 18.0
		if i < len(widths) {
			width = widths[i]
		}
		if err := w.SetColWidth(i+1, i+1, width); err != nil {
			return nil, err
		}
	}
	if err := w.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return nil, err
	}
	row := make([]any, len(header))
	for i, h := range header {
		row[i] = excelize.Cell{StyleID: b.head, Value: cell(h)}
	}
	return &sheet{b: b, w: w, name: name, all: all, n: 1, columns: len(header)}, w.SetRow("A1", row)
}

// put adds a row. The last row of a sheet is left for the sentence that it is full.
func (s *sheet) put(cells ...any) error {
	if s.n >= s.b.rows-1 {
		s.left++
		return nil
	}
	s.n++
	for i, c := range cells {
		if text, ok := c.(string); ok {
			c = cell(text)
		}
		cells[i] = excelize.Cell{StyleID: s.b.text, Value: c}
	}
	return s.w.SetRow("A"+strconv.Itoa(s.n), cells)
}

// link makes the cell of a column (1 is the first) of the last row a link: to a place of the workbook, or to
// a file beside it.
func (s *sheet) link(column int, to, kind string) error {
	if s.links >= sheetLinks || s.left > 0 {
		return nil
	}
	s.links++
	at, err := excelize.CoordinatesToCellName(column, s.n)
	if err != nil {
		return err
	}
	return s.b.f.SetCellHyperLink(s.name, at, to, kind)
}

// end says what did not fit, sets the filter and closes the sheet.
func (s *sheet) end() error {
	last, err := excelize.CoordinatesToCellName(s.columns, s.n)
	if err != nil {
		return err
	}
	if s.n > 1 {
		if err := s.b.f.AutoFilter(s.name, "A1:"+last, nil); err != nil {
			return err
		}
	}
	if s.left > 0 {
		text := fmt.Sprintf("This sheet is full: %s more in %s.", Plural(s.left, "row", "rows"), s.all)
		if err := s.w.SetRow("A"+strconv.Itoa(s.n+1), []any{excelize.Cell{StyleID: s.b.head, Value: text}}); err != nil {
			return err
		}
	}
	return s.w.Flush()
}

// cell is text that no spreadsheet takes as a formula and that fits one cell.
func cell(s string) string {
	s = table.Inert(s)
	if len(s) > excelize.TotalCellChars {
		r := []rune(s)
		if len(r) > excelize.TotalCellChars-1 {
			s = string(r[:excelize.TotalCellChars-1]) + "…"
		}
	}
	return s
}

// table copies a CSV file of the review into a sheet; where there is no such file, there is no sheet.
func (b *workbook) table(name, dir, file string, widths []float64) error {
	f, err := os.Open(dir + string(os.PathSeparator) + file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	in := csv.NewReader(f)
	in.ReuseRecord, in.FieldsPerRecord = true, -1
	var s *sheet
	var numeric []bool
	for {
		record, err := in.Read()
		switch {
		case err == io.EOF && s == nil:
			return nil
		case err == io.EOF:
			return s.end()
		case err != nil:
			return fmt.Errorf("read %s: %w", file, err)
		}
		if s == nil {
			for i, h := range record {
				numeric = append(numeric, numericColumns[h])
				record[i] = strings.ReplaceAll(h, "_", " ")
			}
			if s, err = b.sheet(name, file, widths, record...); err != nil {
				return err
			}
			continue
		}
		cells := make([]any, len(record))
		for i, c := range record {
			if cells[i] = c; i < len(numeric) && numeric[i] && len(c) <= exactDigits {
				if v, err := strconv.ParseFloat(c, 64); err == nil {
					cells[i] = v
				}
			}
		}
		if err := s.put(cells...); err != nil {
			return err
		}
	}
}

// exactDigits is how long a number may be that a cell holds exactly (IEEE 754 binary64: 15 digits).
const exactDigits = 15

// numericColumns are columns of the tables that a spreadsheet is to add up.
var numericColumns = map[string]bool{"value": true, "records": true, "records_without_value": true,
	"records_with_items_not_understood": true, "records_with_value_added_up": true,
	"share_of_portfolio": true, "records_with_flags": true, "weight": true}
