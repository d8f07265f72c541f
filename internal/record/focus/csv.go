package focus

import (
	"context"
	"errors"
	"fmt"
	"io"
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
					h.short = !slices.ContainsFunc(r.Cells, func(c string) bool {
						return strings.ContainsAny(c,
							"\r\n")
					})
					h.lookAtDays(head)
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

// mostSampled is how many rows are looked at for the form of their days.
const mostSampled = 2000

// lookAtDays notes how a bill of FOCUS writes its days, as far as head goes.
func (h *header) lookAtDays(head []byte) {
	if h.profile != nil {
		return
	}
	var days []string
	for _, r := range delimited.First(head, h.delim, mostSampled) {
		for _, c := range timeColumns {
			if i := h.at[c]; r.Line > h.line && i >= 0 && i < len(r.Cells) {
				days = append(days, r.Cells[i])
			}
		}
	}
	h.dates = dayForms(days)
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

// eachRow calls row for each row below the header that is not blank, with its line: with its fields as wide as the
// header, or with a reason why it is none, and fields nil when it could not be split into fields.
func eachRow(ctx context.Context, src record.Source, h *header, row func(at int64, fields []string,
	reason string) error) (rowReader, error) {
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
		case broken && r.in.CutOff(0, len(h.names)) != nil:
			return r, fmt.Errorf("read %s: line %d: %w", src.Name, bad.Line, r.in.CutOff(0, len(h.names)))
		case broken:
			r.last = int64(bad.Line)
			err = row(r.last, nil, bad.Reason)
		case err != nil:
			return r, fmt.Errorf("read %s: line %d: %w", src.Name, r.last+1, err)
		default:
			if cut := r.in.CutOff(len(line.Cells), len(h.names)); cut != nil && line.Line > h.line &&
				!delimited.Blank(line.Cells) {
				return r, fmt.Errorf("read %s: line %d: %w", src.Name, line.Line, cut)
			}
			r.last = int64(line.Line)
			switch {
			case line.Line <= h.line, delimited.Blank(line.Cells) && len(line.Cells) == 1:
			case len(line.Cells) != len(h.names) && !trailing(line.Cells, len(h.names)):
				err = row(r.last, line.Cells, fmt.Sprintf("the row has %d fields, the header has %d", len(line.Cells),
					len(h.names)))
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
	"": true, "null": true, `\n`: true, "n/a": true, "nan": true, "none": true, "(null)": true, "<null>": true,
	"#n/a": true, "nil": true,
}
