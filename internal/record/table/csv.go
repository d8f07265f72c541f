package table

import (
	"errors"
	"io"

	"plimsoll/internal/record/delimited"
)

// csvReader gives the rows of a delimited text.
type csvReader struct{ *delimited.Reader }

func newCSV(r io.Reader, delim byte) csvReader { return csvReader{delimited.NewReader(r, delim)} }

// next implements lines.
func (c csvReader) next() (line, error) {
	r, err := c.Next()
	return line{cells: r.Cells, row: r.Line}, err
}

// report adds to the notes what was odd about the text.
func (c csvReader) report(d *decoder) {
	if c.Converted > 0 {
		d.notes["not UTF-8, read as Windows-1252: %d rows"] += c.Converted
	}
	if c.Stray > 0 {
		d.notes["a quote inside a cell is not doubled, kept as written: %d rows"] += c.Stray
	}
}

// header returns the first row that is not empty.
func (c csvReader) header() ([]string, error) {
	for {
		l, err := c.next()
		if errors.Is(err, io.EOF) {
			return nil, errors.New("the file has no header")
		}
		if err != nil {
			return nil, err
		}
		if !blank(l.cells) && !delimited.IsSeparator(l.cells) {
			return append([]string(nil), l.cells...), nil
		}
	}
}
