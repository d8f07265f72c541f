package focus

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"plimsoll/internal/record"
	"plimsoll/internal/record/delimited"
)

// mostTitles is how many rows with few cells may stand above the header of a bill, as titles of a report do.
const (
	mostTitles     = 8
	mostTitleCells = 3
)

// readHeader reads the header of a cost and usage table: the first row of a text, or the first below titles.
func readHeader(head []byte) (*header, bool) {
	for _, d := range delimited.Candidates(head) {
		for _, r := range delimited.First(head, d, mostTitles+1) {
			if len(r.Cells) > 1 {
				names := make([]string, len(r.Cells))
				for i, c := range r.Cells {
					names[i] = strings.TrimSpace(c)
				}
				if h, ok := newHeader(names); ok {
					h.delim, h.line = d, r.Line
					h.short = !slices.ContainsFunc(r.Cells, func(c string) bool { return strings.ContainsAny(c, "\r\n") })
					return h, true
				}
			}
			if filled(r.Cells) > mostTitleCells {
				break
			}
		}
	}
	return nil, false
}

// filled counts the cells that are not empty.
func filled(cells []string) int {
	n := 0
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			n++
		}
	}
	return n
}

// A narrowed file holds the columns that are read of one source, and the line or row that
// each record stands at, in a form that DuckDB cannot misread.
type narrowed struct {
	path    string
	rows    int // data rows, good or bad
	rejects int
	lost    [3]lostRows // rows that are no record of the table: of another width, with an open quote, behind a damage
	extra   map[string]int
	notes   []string
	failed  string // why the source was not read to its end
}

// lostRows are records of which no column can be trusted, counted.
type lostRows struct{ count, first, last int64 }

// lostWhy are the reasons of [narrowed.lost], as usage.unread has them.
var lostWhy = [3]string{"the row has not as many fields as the header", "a quote is opened and not closed, or the row is too long", behindDamage}

const behindDamage = "the file is cut short or damaged: what stood behind is not known"

// cut notes that the source breaks off at a row. What stood behind is unknown use of every account.
func (n *narrowed) cut(at int64, why string) {
	n.lost[2] = lostRows{count: 1, first: at, last: at}
	n.failed = why
}

// lose counts a record that is a reject as a whole: it cannot be split into fields, or has not as many as the header.
func (n *narrowed) lose(at int64, split bool) {
	l := &n.lost[0]
	if !split {
		l = &n.lost[1]
	}
	if l.count == 0 {
		l.first = at
	}
	l.count, l.last = l.count+1, at
	n.rejects++
}

// narrow copies the columns that are read into a file of dir. It is the slow and careful
// way: for text that DuckDB refuses, for files inside others, for other encodings and
// for records that span lines.
func narrow(ctx context.Context, src record.Source, h *header, dir string, sink record.Sink) (*narrowed, error) {
	n := &narrowed{extra: map[string]int{}}
	out, err := os.CreateTemp(dir, "usage-*.csv")
	if err != nil {
		return nil, fmt.Errorf("narrow %s: %w", src.Name, err)
	}
	defer out.Close()
	n.path = out.Name()
	w := newNarrowWriter(out)
	extra := make([]int, len(h.names))
	used := map[int]bool{}
	for _, i := range slices.Concat(h.at[:], h.words.all()) {
		used[i] = true
	}
	reader, err := eachRow(ctx, src, h, func(at int64, fields []string, reason string) error {
		n.rows++
		if reason != "" {
			n.lose(at, fields != nil)
			return sink.Reject(record.Reject{File: src.Name, At: fmt.Sprintf("row %d", at), Kind: kind, Reason: reason})
		}
		for i := range h.names {
			if !used[i] && !null(fields[i]) {
				extra[i]++
			}
		}
		if err := w.write(at, h, fields); err != nil {
			return fmt.Errorf("narrow %s: %w", src.Name, err)
		}
		return nil
	})
	switch {
	case err != nil && ctx.Err() == nil && record.Damaged(err):
		n.cut(reader.last+1, record.CutNote(src.Name, n.rows, err))
	case err != nil:
		return nil, err
	}
	for i, x := range extra {
		if !used[i] {
			n.extra[h.names[i]] += x
		}
	}
	n.notes = reader.notes(h)
	if err := w.flush(); err != nil {
		return nil, fmt.Errorf("narrow %s: %w", src.Name, err)
	}
	return n, out.Close()
}

// A rowReader is what [eachRow] knows of a text when it ends.
type rowReader struct {
	in   *delimited.Reader
	last int64 // line of the last row
}

func (r rowReader) notes(h *header) []string {
	var out []string
	if r.in.Converted > 0 {
		out = append(out, fmt.Sprintf("%d rows are not UTF-8: read as Windows-1252", r.in.Converted))
	}
	if h.line > 1 {
		out = append(out, fmt.Sprintf("the header stands in line %d: what is above it is not read", h.line))
	}
	return out
}

// eachRow calls row for each row below the header that is not blank, with its line: with its fields as wide as the header, or
// with a reason why it is none, and fields nil when it could not be split into fields.
func eachRow(ctx context.Context, src record.Source, h *header, row func(at int64, fields []string, reason string) error) (rowReader, error) {
	text, err := src.Open()
	if err != nil {
		return rowReader{}, err
	}
	defer text.Close()
	r := rowReader{in: delimited.NewReader(text, h.delim)}
	for n := 1; ; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return r, ctx.Err()
		}
		line, err := r.in.Next()
		bad, broken := errors.AsType[*delimited.BadRow](err)
		switch {
		case errors.Is(err, io.EOF):
			return r, nil
		case broken:
			r.last = int64(bad.Line)
			err = row(r.last, nil, bad.Reason)
		case err != nil:
			return r, fmt.Errorf("read %s: line %d: %w", src.Name, r.last+1, err)
		default:
			r.last = int64(line.Line)
			switch {
			case line.Line <= h.line, delimited.Blank(line.Cells) && len(line.Cells) == 1:
			case len(line.Cells) != len(h.names) && !trailing(line.Cells, len(h.names)):
				err = row(r.last, line.Cells, fmt.Sprintf("the row has %d fields, the header has %d", len(line.Cells), len(h.names)))
			default:
				err = row(r.last, line.Cells, "")
			}
		}
		if err != nil {
			return r, err
		}
	}
}

// trailing accepts a row that ends in delimiters past its last column.
func trailing(fields []string, want int) bool {
	if len(fields) < want {
		return false
	}
	for _, f := range fields[want:] {
		if len(f) > 0 {
			return false
		}
	}
	return true
}

// null reports whether a value is one of the spellings of null that sqlNull knows.
func null(s string) bool {
	s = strings.TrimSpace(s)
	return s == "" || len(s) <= 6 && nullWords[strings.ToLower(s)]
}

var nullWords = map[string]bool{
	"": true, "null": true, `\n`: true, "n/a": true, "nan": true, "none": true, "(null)": true, "<null>": true, "#n/a": true, "nil": true,
}

// A narrowWriter writes the line and the columns that are read, always in one order.
type narrowWriter struct {
	b   *bufio.Writer
	w   *csv.Writer
	row []string
}

func newNarrowWriter(out io.Writer) *narrowWriter {
	b := bufio.NewWriterSize(out, 256<<10)
	return &narrowWriter{b: b, w: csv.NewWriter(b), row: make([]string, columns+1)}
}

func (w *narrowWriter) write(at int64, h *header, fields []string) error {
	w.row[0] = fmt.Sprint(at)
	for c := range columns {
		w.row[c+1] = ""
		if i := h.at[c]; i >= 0 {
			w.row[c+1] = oneLine(strings.TrimSpace(fields[i]))
		}
	}
	w.row[colWords+1] = oneLine(h.words.text(fields))
	return w.w.Write(w.row)
}

// oneLine puts blanks in the place of line ends, which DuckDB would count.
func oneLine(s string) string {
	if !strings.ContainsAny(s, "\r\n\x00") {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r == '\r' || r == '\n' || r == 0 {
			return ' '
		}
		return r
	}, s)
}

func (w *narrowWriter) flush() error {
	w.w.Flush()
	if err := w.w.Error(); err != nil {
		return err
	}
	return w.b.Flush()
}
