package ownership

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"plimsoll/internal/record"
	"plimsoll/internal/record/delimited"
)

// A TableRow is one row of a delimited text by the names of its columns, which change in order and number between
// the editions of a register. It is good until the next row.
type TableRow struct {
	At    string // where it begins: "row 17"
	Line  int    // the physical line of that, from 1
	Cells []string
	index map[string]int
}

// at is the place of a column. A name is as the header writes it, or in other letters than it: upper or lower case.
func (r TableRow) at(name string) (i int, ok bool) {
	if i, ok = r.index[name]; !ok {
		i, ok = r.index[strings.ToLower(name)]
	}
	return i, ok
}

// Get returns the first of these columns that holds something, trimmed.
func (r TableRow) Get(names ...string) string {
	for _, n := range names {
		if i, ok := r.at(n); ok {
			if s := strings.TrimSpace(r.Cells[i]); s != "" {
				return s
			}
		}
	}
	return ""
}

// Has reports whether the text has one of these columns.
func (r TableRow) Has(names ...string) bool {
	for _, n := range names {
		if _, ok := r.at(n); ok {
			return true
		}
	}
	return false
}

// Columns returns the header that a text begins with, in lower case; nil when it begins with none.
func Columns(head []byte) []string {
	cells, _ := header(head)
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = strings.ToLower(strings.TrimSpace(c))
	}
	return out
}

// header splits the first row of a text by the mark that cuts it into most cells: registers write commas, and a
// spreadsheet that saves their files anew often writes another one.
func header(head []byte) (cells []string, mark byte) {
	mark = ','
	for _, m := range []byte(",;\t|") {
		row, err := delimited.NewReader(bytes.NewReader(head), m).Next()
		if err == nil && len(row.Cells) > len(cells) {
			cells, mark = append(cells[:0], row.Cells...), m
		}
	}
	return cells, mark
}

// EachRow calls visit for each row below the header of a delimited text. bad takes a row that is no such row:
// a quote that is never closed, or another number of cells than the header's. Rows without a cell are passed over.
func EachRow(ctx context.Context, src record.Source, visit func(TableRow) error,
	bad func(at, reason string) error) error {
	head, err := src.Head()
	if err != nil {
		return err
	}
	_, mark := header(head)
	text, err := src.Open()
	if err != nil {
		return err
	}
	defer text.Close()
	in := delimited.NewReader(text, mark)
	first, err := in.Next()
	if errors.Is(err, io.EOF) {
		return errors.New("the file has no header")
	}
	if err != nil {
		return fmt.Errorf("header: %w", err)
	}
	width := len(first.Cells)
	r := TableRow{index: map[string]int{}}
	for i, n := range first.Cells {
		n = strings.TrimSpace(n)
		for _, spelling := range []string{n, strings.ToLower(n)} {
			if !r.Has(spelling) {
				r.index[spelling] = i
			}
		}
	}
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		row, err := in.Next()
		damaged, one := errors.AsType[*delimited.BadRow](err)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case one && in.CutOff(0, width) != nil:
			return fmt.Errorf("row %d: %w", damaged.Line, in.CutOff(0, width))
		case one:
			err = bad(fmt.Sprintf("row %d", damaged.Line), damaged.Reason)
		case err != nil:
			return err
		case len(row.Cells) == 1 && strings.TrimSpace(row.Cells[0]) == "" && width > 1: // an empty line
		case in.CutOff(len(row.Cells), width) != nil:
			return fmt.Errorf("row %d: %w", row.Line, in.CutOff(len(row.Cells), width))
		case len(row.Cells) != width:
			reason := fmt.Sprintf("the row has %d cells where the header has %d", len(row.Cells), width)
			err = bad(fmt.Sprintf("row %d", row.Line), reason)
		default:
			r.At, r.Line, r.Cells = fmt.Sprintf("row %d", row.Line), row.Line, row.Cells
			err = visit(r)
		}
		if err != nil {
			return err
		}
	}
}
