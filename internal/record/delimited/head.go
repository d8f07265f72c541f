package delimited

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// delimiters are what tables are written with, the likeliest first.
var delimiters = []byte{',', ';', '\t', '|'}

// Candidates returns the delimiters that a text which begins with head may have, the likeliest first: the one that its
// "sep=;" line names, or all.
func Candidates(head []byte) []byte {
	if d, ok := separator(head); ok {
		return []byte{d}
	}
	return slices.Clone(delimiters)
}

// separator reads the "sep=;" line that spreadsheets write and understand.
func separator(head []byte) (byte, bool) {
	line, _, _ := bytes.Cut(bytes.TrimPrefix(head, []byte("\ufeff")), []byte("\n"))
	line = bytes.Trim(line, "\r\"")
	if len(line) == 5 && bytes.EqualFold(line[:4], []byte("sep=")) && line[4] < 0x80 {
		return line[4], true
	}
	return 0, false
}

// IsSeparator reports whether cells are a "sep=;" line, however it was split.
func IsSeparator(cells []string) bool {
	return len(cells) <= 2 && len(cells[0]) >= 4 && len(cells[0]) <= 5 && strings.EqualFold(cells[0][:4], "sep=")
}

// Blank reports whether no cell holds anything.
func Blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(s string) bool { return strings.TrimSpace(s) != "" })
}

// mostEmpty is how many empty rows may stand before a header.
const mostEmpty = 50

// First returns the first rows of a text, at most n, that are neither empty nor a "sep=;" line; fewer where a row
// cannot be split into cells or holds a byte 0, which no text does. The last one may be cut where head ends.
func First(head []byte, delim byte, n int) []Row {
	in := NewReader(bytes.NewReader(head), delim)
	var out []Row
	for range mostEmpty + n {
		r, err := in.Next()
		if err != nil || len(out) == n {
			return out
		}
		if Blank(r.Cells) || IsSeparator(r.Cells) {
			continue
		}
		if slices.ContainsFunc(r.Cells, func(s string) bool { return strings.IndexByte(s, 0) >= 0 }) {
			return out
		}
		r.Cells = slices.Clone(r.Cells)
		out = append(out, r)
	}
	return out
}

// A Tally is how a text is laid out.
type Tally struct {
	Rows int64
	// Plain: each row is one line, and each line a row that can be split into cells.
	Plain bool
}

// A Line is a row whose cells are taken one by one, good until the next row is read.
type Line struct {
	raw    []byte
	fields []span
	cells  []string // of a row that is no UTF-8
}

// Cell returns a cell by its position from 0, a doubled quote within it as it stands, and nothing past the last one.
func (l *Line) Cell(i int) []byte {
	switch {
	case i < len(l.cells):
		return []byte(l.cells[i])
	case i >= len(l.fields):
		return nil
	}
	return l.raw[l.fields[i].from:l.fields[i].to]
}

// Count reads a text to its end. row, when not nil, is called for each row that can be split into cells.
func Count(text io.Reader, delim byte, row func(n int64, l *Line) error) (Tally, error) {
	t := Tally{Plain: true}
	var l Line
	for in := NewReader(text, delim); ; {
		raw, line, _, err := in.next()
		switch {
		case errors.Is(err, io.EOF):
			t.Plain = t.Plain && in.Converted == 0
			return t, nil
		case err != nil:
			if _, bad := errors.AsType[*BadRow](err); !bad {
				return t, err
			}
			t.Plain = false
			continue
		}
		t.Rows++
		t.Plain = t.Plain && int64(line) == t.Rows
		l = Line{raw: raw, fields: in.fields}
		if !utf8.Valid(raw) {
			l.cells = in.cut(raw)
		}
		if row != nil {
			if err := row(t.Rows, &l); err != nil {
				return t, err
			}
		}
	}
}
