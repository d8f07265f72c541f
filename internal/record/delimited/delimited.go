// Package delimited reads delimited text (RFC 4180 and what people write instead) row by row: the one reader
// of tables, bills and lists.
//
// Invariants: a damaged row costs itself and is named with its line, never the rest of the file; a row is
// bounded; every row comes with the physical line that it begins on; bytes that are no UTF-8 are read as
// Windows-1252 and counted. Memory does not grow with the file.
package delimited

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// MaxRow is how many bytes one row may have, quoted line breaks included. Cells of a table are names and
// sentences; what is longer is a quote that nobody closed.
const MaxRow = 4 << 20

// A Row is one row of a text.
type Row struct {
	Cells []string // good until the next row is read
	Line  int      // the physical line that it begins on, from 1
	Stray bool     // a quote stands where none may be; it is part of its cell
}

// A BadRow is the error of a row that cannot be split into cells. The reader goes on after it.
type BadRow struct {
	Line   int
	Reason string
}

// Error implements error.
func (b *BadRow) Error() string { return b.Reason }

// A Reader splits text into rows. It differs from encoding/csv in what happens to a damaged row: a quote that
// is never closed costs one line, stray quotes are kept and counted, and a row is bounded.
type Reader struct {
	src      io.Reader
	delim    byte
	cr       bool // lines end in a lone carriage return
	buf      []byte
	pos, end int
	eof      bool
	err      error
	line     int   // number of the physical line at pos
	off      int64 // bytes before pos
	oneLine  int64 // before this offset a quoted cell may not go past its line
	fields   []span
	cells    []string

	// Converted counts the rows that were not UTF-8, Stray those with a quote where none may be.
	Converted, Stray int
	started          bool
	open             bool // the row last read has no line end
	blank            bool // it is an empty line
	behindBlank      bool // the row before it is one
}

// CutOff returns an error that wraps io.ErrUnexpectedEOF when the text breaks off within the row last read, which has
// got cells where want are expected, none when it could not be split: it is the last row, it is short, and no line end
// follows. What stands behind an empty line is a remark below the table and no row that was cut.
func (c *Reader) CutOff(got, want int) error {
	if !c.open || c.behindBlank || got >= want {
		return nil
	}
	return fmt.Errorf("%w: the last row has no line end and fewer cells than the header (%d)", io.ErrUnexpectedEOF,
		want)
}

// A span is one cell within the row's bytes.
type span struct {
	from, to int
	escaped  bool // holds doubled quotes
}

// Sizes of the buffer of a reader, in bytes: of a short text it is as large as that, since many files are small.
const (
	firstBuffer = 64 << 10
	leastBuffer = 512
)

// NewReader returns a reader of r. The delimiter is one ASCII character, and no quote or line end.
func NewReader(r io.Reader, delim byte) *Reader {
	size := firstBuffer
	if short, ok := r.(interface{ Len() int }); ok { // bytes and strings in memory
		size = min(size, max(short.Len()+1, leastBuffer))
	}
	return &Reader{src: r, delim: delim, buf: make([]byte, size), line: 1}
}

// fill reads more bytes behind the ones at hand. It reports false when there are no more
// or no room up to MaxRow.
func (c *Reader) fill() bool {
	if c.eof {
		return false
	}
	if c.pos > 0 {
		copy(c.buf, c.buf[c.pos:c.end])
		c.end -= c.pos
		c.pos = 0
	}
	if c.end == len(c.buf) {
		if len(c.buf) >= MaxRow {
			return false
		}
		c.buf = append(c.buf, make([]byte, len(c.buf))...)
	}
	from := c.end
	for c.end < len(c.buf) && !c.eof {
		n, err := c.src.Read(c.buf[c.end:])
		c.end += n
		if err != nil {
			c.eof = true
			if err != io.EOF { // a cut compressed file is an error of its own, not an end
				c.err = err
			}
		}
	}
	return c.end > from
}

// Next returns the next row, io.EOF at the end, a *[BadRow] for a row that cannot be split, or the error of the
// text itself. A row without any character is one empty cell.
func (c *Reader) Next() (Row, error) {
	raw, line, stray, err := c.next()
	if err != nil {
		return Row{}, err
	}
	return Row{Cells: c.cut(raw), Line: line, Stray: stray}, nil
}

// next returns the bytes of the next row, good until one more is read, with its cells in c.fields.
func (c *Reader) next() (raw []byte, line int, stray bool, err error) {
	if !c.started {
		c.started = true
		c.fill()
		nl, cr := bytes.IndexByte(c.buf[:c.end], '\n'), bytes.IndexByte(c.buf[:c.end], '\r')
		c.cr = nl < 0 && cr >= 0 && cr != c.end-1
	}
	for {
		if c.pos == c.end && !c.fill() {
			if c.err != nil {
				return nil, 0, false, c.err
			}
			return nil, 0, false, io.EOF
		}
		size, state, stray := c.scan(c.buf[c.pos:c.end])
		switch state {
		case complete:
			if c.err != nil && c.pos+size == c.end && c.buf[c.end-1] != c.newline() {
				return nil, 0, false, c.err // the text breaks off within the row
			}
			at := c.line
			raw := c.buf[c.pos : c.pos+size]
			if stray {
				c.Stray++
			}
			c.behindBlank = c.blank
			c.blank = len(bytes.TrimSpace(raw)) == 0
			c.open = raw[size-1] != c.newline()
			c.advance(size)
			return raw, at, stray, nil
		case wantMore:
			if c.fill() {
				continue
			}
			if c.err != nil {
				return nil, 0, false, c.err
			}
			return nil, 0, false, c.damaged()
		default:
			return nil, 0, false, c.damaged()
		}
	}
}

// damaged skips the physical line at pos.
func (c *Reader) damaged() error {
	at, open := c.line, len(c.fields)+1
	c.oneLine = max(c.oneLine, c.off+int64(c.end-c.pos))
	c.blank, c.behindBlank, c.open = false, c.blank, false
	reason := fmt.Sprintf("the quote opened in cell %d is never closed", open)
	for {
		window := c.buf[c.pos:c.end]
		if i := bytes.IndexByte(window, c.newline()); i >= 0 {
			c.advance(i + 1)
			return &BadRow{at, reason}
		}
		if len(window) >= MaxRow {
			reason = fmt.Sprintf("the row is longer than %d MiB", MaxRow>>20)
		}
		c.off += int64(len(window))
		c.pos = c.end
		if !c.fill() {
			c.open = true
			return &BadRow{at, reason}
		}
	}
}

func (c *Reader) newline() byte {
	if c.cr {
		return '\r'
	}
	return '\n'
}

func (c *Reader) advance(n int) {
	c.line += bytes.Count(c.buf[c.pos:c.pos+n], []byte{c.newline()})
	c.pos += n
	c.off += int64(n)
}

// What scan found.
const (
	complete = iota // a whole row
	wantMore        // the bytes end within the row
	unclosed        // a quoted cell goes past its line where it may not
)

// scan finds the cells of the row that b begins with, and its size with the line's end.
func (c *Reader) scan(b []byte) (size, state int, stray bool) {
	c.fields = c.fields[:0]
	nl := c.newline()
	if end := bytes.IndexByte(b, nl); end >= 0 && bytes.IndexByte(b[:end], '"') < 0 {
		c.split(b[:end])
		return end + 1, complete, false
	}
	i := 0
	for {
		if i < len(b) && b[i] == '"' {
			next, state, odd := c.quoted(b, i+1)
			if state != complete {
				return 0, state, false
			}
			stray = stray || odd
			i = next
			if i < len(b) && b[i] == '\r' && nl == '\n' {
				i++
			}
		} else {
			from := i
			for i < len(b) && b[i] != c.delim && b[i] != nl {
				if b[i] == '"' {
					stray = true
				}
				i++
			}
			to := i
			if to > from && b[to-1] == '\r' && nl == '\n' && (i == len(b) || b[i] == nl) {
				to--
			}
			c.fields = append(c.fields, span{from, to, false})
		}
		if i < len(b) && b[i] != nl && b[i] != c.delim { // after a quote and a carriage return: part of the cell
			stray = true
			for i < len(b) && b[i] != c.delim && b[i] != nl {
				i++
			}
			c.fields[len(c.fields)-1].to = i
		}
		switch {
		case i == len(b):
			if !c.eof {
				return 0, wantMore, false
			}
			return i, complete, stray
		case b[i] == nl:
			return i + 1, complete, stray
		}
		i++ // over the delimiter; a text that ends here has one more cell, which is empty
	}
}

// split finds the cells of a line in which no quote stands, without its end.
func (c *Reader) split(line []byte) {
	if n := len(line); !c.cr && n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	for from := 0; ; {
		i := bytes.IndexByte(line[from:], c.delim)
		if i < 0 {
			c.fields = append(c.fields, span{from, len(line), false})
			return
		}
		c.fields = append(c.fields, span{from, from + i, false})
		from += i + 1
	}
}

// quoted finds the end of the cell whose opening quote stands before from, and adds its span.
func (c *Reader) quoted(b []byte, from int) (next, state int, stray bool) {
	nl := c.newline()
	escaped := false
	for j := from; ; {
		k := bytes.IndexByte(b[j:], '"')
		if c.off < c.oneLine && (k < 0 || bytes.IndexByte(b[j:j+k], nl) >= 0) {
			if k >= 0 || c.eof || bytes.IndexByte(b[j:], nl) >= 0 {
				return 0, unclosed, false
			}
		}
		if k < 0 {
			return 0, wantMore, false
		}
		j += k + 1
		end := j - 1
		blanks := padding(b[j:], c.delim) // spaces behind the quote: the cell ends all the same
		switch {
		case j+blanks == len(b) && !c.eof:
			return 0, wantMore, false
		case j+blanks == len(b), b[j+blanks] == c.delim, b[j+blanks] == nl, b[j+blanks] == '\r':
			c.fields = append(c.fields, span{from, end, escaped})
			return j + blanks, complete, stray
		case b[j] == '"':
			escaped = true
			j++
		default:
			stray = true // kept as written, the cell goes on
		}
	}
}

// padding counts the blanks that b begins with.
func padding(b []byte, delim byte) int {
	for i, x := range b {
		if x == delim || x != ' ' && x != '\t' {
			return i
		}
	}
	return len(b)
}

// cut turns the spans into cells: one string for the row, sliced.
func (c *Reader) cut(raw []byte) []string {
	c.cells = c.cells[:0]
	if !utf8.Valid(raw) {
		c.Converted++
		for _, f := range c.fields {
			text, err := charmap.Windows1252.NewDecoder().Bytes(raw[f.from:f.to])
			if err != nil {
				text = bytes.ToValidUTF8(raw[f.from:f.to], []byte("\ufffd"))
			}
			c.cells = append(c.cells, unescape(string(text), f.escaped))
		}
		return c.cells
	}
	s := string(raw)
	for _, f := range c.fields {
		c.cells = append(c.cells, unescape(s[f.from:f.to], f.escaped))
	}
	return c.cells
}

func unescape(s string, escaped bool) string {
	if escaped {
		return strings.ReplaceAll(s, `""`, `"`)
	}
	return s
}
