package app

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"plimsoll/internal/record/delimited"
)

// headerBytes is how much of a text its header is looked for in.
const headerBytes = 64 << 10

// openRows returns a reader of delimited text that stands below the header, and the header: the first row that is not
// empty, split at the mark that leaves the columns needed.
func openRows(in io.Reader, needed ...string) (*delimited.Reader, []string, error) {
	b := bufio.NewReaderSize(in, headerBytes)
	head, err := b.Peek(headerBytes)
	if len(head) == 0 {
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, nil, err
		}
		return nil, nil, errors.New("the input is empty; it needs a header line")
	}
	if strings.HasPrefix(string(head), "PK\x03\x04") {
		return nil, nil, errors.New("this is a workbook or an archive: save the sheet as CSV")
	}
	mark := delimited.Candidates(head)[0]
	for _, d := range delimited.Candidates(head) {
		if first := delimited.First(head, d, 1); len(first) > 0 && lacking(first[0].Cells, needed) == "" {
			mark = d
			break
		}
	}
	r := delimited.NewReader(b, mark)
	for {
		row, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil, nil, errors.New("the input is empty; it needs a header line")
		case err != nil:
			return nil, nil, err
		case delimited.Blank(row.Cells) || delimited.IsSeparator(row.Cells):
			continue
		}
		cells := append([]string(nil), row.Cells...)
		if c := lacking(cells, needed); c != "" {
			return nil, nil, fmt.Errorf("line %d: no column %q in the header (%s)", row.Line, c,
				strings.Join(cells, ", "))
		}
		return r, cells, nil
	}
}

// lacking returns the first column that a header lacks, "" where it has all.
func lacking(header, needed []string) string {
	for _, c := range needed {
		if columnAt(header, c) < 0 {
			return c
		}
	}
	return ""
}

// columnAt returns the place of a column, or of a heading that stands for it (columnOf), -1 where the header lacks it.
func columnAt(header []string, column string) int {
	for i, h := range header {
		if strings.EqualFold(strings.TrimSpace(h), column) || columnOf(h) == column {
			return i
		}
	}
	return -1
}
