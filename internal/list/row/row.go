// Package row reads the delimited text and the XML that lists come in, row by row and element
// by element.
//
// Invariants: every row comes with the physical line it begins on; a quote that does not
// close, a stray quote and a cut compressed file are errors, never guesses; the end mark
// 0x1A that old exports carry ends the file.
package row

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"plimsoll/internal/list"
	"plimsoll/internal/record"
	"plimsoll/internal/record/delimited"
)

// A Reader reads the rows of one source.
type Reader struct {
	Name    string
	Changed int  // lines that were no UTF-8 and were read as Windows-1252
	Marked  bool // the end mark 0x1A was seen

	ctx   context.Context
	c     io.Closer
	text  *delimited.Reader
	count int
	line  int  // where the last row began
	bad   bool // the last row could not be read, and more may follow
}

// Open begins to read src with the delimiter given.
func Open(ctx context.Context, src record.Source, comma rune) (*Reader, error) {
	f, err := src.Open()
	if err != nil {
		return nil, err
	}
	r := &Reader{Name: src.Name, ctx: ctx, c: f}
	r.text = delimited.NewReader(&endMark{r: record.UTF8(f, &r.Changed), seen: &r.Marked}, byte(comma))
	return r, nil
}

// Next returns the next row and its first line. The slice is valid until the next call.
// At the end the error is io.EOF; otherwise it is a *list.LoadError that names the place.
func (r *Reader) Next() ([]string, int, error) {
	if r.count++; r.count%1024 == 0 {
		if err := r.ctx.Err(); err != nil {
			return nil, 0, err
		}
	}
	var faults list.Faults
	for {
		row, err := r.text.Next()
		if err == io.EOF {
			return nil, 0, io.EOF
		}
		bad, one := errors.AsType[*delimited.BadRow](err)
		switch {
		case one:
			r.line, r.bad = bad.Line, true
			faults.Addf(r.Name, list.Line(bad.Line), "%s: the file is damaged or cut", strings.Replace(bad.Reason,
				"is never closed", "does not close", 1))
		case errors.Is(err, io.ErrUnexpectedEOF):
			faults.Addf(r.Name, fmt.Sprintf("after line %d", r.line), "the compressed file is cut short")
		case err != nil:
			faults.Addf(r.Name, "", "%v", err)
		case row.Stray:
			r.line, r.bad = row.Line, true
			faults.Addf(r.Name, list.Line(row.Line),
				"a quote stands bare inside a cell: it has to be doubled, and the cell quoted")
		case len(row.Cells) == 1 && row.Cells[0] == "":
			continue // an empty line
		default:
			r.line, r.bad = row.Line, false
			return row.Cells, r.line, nil
		}
		return nil, 0, faults.Err()
	}
}

// Going reports whether the last error of [Reader.Next] was of one row alone: there may be more rows.
func (r *Reader) Going() bool { return r.bad }

// Notes returns what a reader of the list should know of the text.
func (r *Reader) Notes() []string {
	if r.Changed == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s: %d lines are not UTF-8 and were read as Windows-1252", r.Name, r.Changed)}
}

// Close closes the source.
func (r *Reader) Close() error { return r.c.Close() }

// Blank reports whether no cell of the row holds anything.
func Blank(rec []string) bool {
	for _, c := range rec {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

// endMark ends the text at 0x1A when only white space follows: the end-of-file byte of old
// systems, which OFAC still writes.
type endMark struct {
	r    io.Reader
	seen *bool
	held bool // a 0x1A was read and nothing after it yet
}

func (e *endMark) Read(p []byte) (int, error) {
	for {
		n, err := e.r.Read(p)
		if e.held && len(bytes.TrimSpace(p[:n])) > 0 {
			return 0, errors.New("text after the end mark 0x1A")
		}
		if i := bytes.IndexByte(p[:n], 0x1a); i >= 0 {
			if len(bytes.TrimSpace(p[i+1:n])) > 0 {
				return 0, errors.New("text after the end mark 0x1A")
			}
			e.held, *e.seen = true, true
			n = i
		} else if e.held {
			n = 0
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// A Header maps the columns of a table by name.
type Header map[string]int

// NewHeader reads a header row: names in lower case, spaces as underscores.
func NewHeader(rec []string) Header {
	h := Header{}
	for i, c := range rec {
		name := columnName(c)
		if _, dup := h[name]; !dup {
			h[name] = i
		}
	}
	return h
}

func columnName(cell string) string {
	return strings.ReplaceAll(strings.ToLower(list.Clean(strings.TrimPrefix(cell, "\ufeff"))), " ", "_")
}

// at returns the place of a column; "a|b" is a column that goes by either name.
func (h Header) at(column string) (int, bool) {
	if i, ok := h[column]; ok || !strings.Contains(column, "|") {
		return i, ok
	}
	for _, name := range strings.Split(column, "|") {
		if i, ok := h[name]; ok {
			return i, true
		}
	}
	return 0, false
}

// Has reports whether all columns are there; "a|b" is a column that goes by either name.
func (h Header) Has(columns ...string) bool {
	for _, c := range columns {
		if _, ok := h.at(c); !ok {
			return false
		}
	}
	return true
}

// Get returns the cell of a column, trimmed; "" when the table lacks the column.
func (h Header) Get(rec []string, column string) string {
	i, ok := h.at(column)
	if !ok || i >= len(rec) {
		return ""
	}
	return strings.TrimSpace(rec[i])
}

// Called is how a needed column is named in a message: by the first of its names.
func Called(column string) string {
	column, _, _ = strings.Cut(column, "|")
	return column
}
