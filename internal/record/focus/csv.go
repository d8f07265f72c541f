package focus

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"plimsoll/internal/record"
)

// delimiters that bills are written with; spreadsheets of some locales save semicolons.
const delimiters = ",;\t|"

// readHeader reads the first record of a text as the header of a cost and usage table.
func readHeader(head []byte) (*header, bool) {
	for len(head) > 0 && (head[0] == '\n' || head[0] == '\r') {
		head = head[1:]
	}
	line, ok := firstRecord(head)
	if !ok {
		return nil, false
	}
	for i := range len(delimiters) {
		d := delimiters[i]
		if bytes.IndexByte(line, d) < 0 {
			continue
		}
		fields := splitFields(nil, line, d)
		names := make([]string, len(fields))
		for j, f := range fields {
			names[j] = strings.TrimSpace(string(f))
		}
		if h, ok := newHeader(names); ok {
			h.delim, h.text = d, line
			return h, true
		}
	}
	return nil, false
}

// firstRecord returns the first record of text: the first line, and more while a quote is open.
func firstRecord(text []byte) ([]byte, bool) {
	quoted := false
	for i, c := range text {
		switch {
		case c == '"':
			quoted = !quoted
		case c == '\n' && !quoted:
			return bytes.TrimSuffix(text[:i], []byte("\r")), true
		case c == 0:
			return nil, false
		}
	}
	return bytes.TrimSuffix(text, []byte("\r")), len(text) > 0 && len(text) < 200<<10
}

// splitFields splits one record into fields (RFC 4180; a quote inside an unquoted field
// stands for itself, and so does what follows a closing quote).
func splitFields(fields [][]byte, rec []byte, delim byte) [][]byte {
	fields = fields[:0]
	for {
		if len(rec) == 0 || rec[0] != '"' {
			i := bytes.IndexByte(rec, delim)
			if i < 0 {
				return append(fields, rec)
			}
			fields, rec = append(fields, rec[:i]), rec[i+1:]
			continue
		}
		rec = rec[1:]
		i := bytes.IndexByte(rec, '"')
		if i >= 0 && (i+1 == len(rec) || rec[i+1] == delim) { // no quote inside: no copy
			fields = append(fields, rec[:i])
			if i+1 == len(rec) {
				return fields
			}
			rec = rec[i+2:]
			continue
		}
		var f []byte
		for i >= 0 {
			if i+1 < len(rec) && rec[i+1] == '"' {
				f, rec = append(f, rec[:i+1]...), rec[i+2:]
				i = bytes.IndexByte(rec, '"')
				continue
			}
			f, rec = append(f, rec[:i]...), rec[i+1:]
			break
		}
		if i < 0 {
			return append(fields, append(f, rec...))
		}
		j := bytes.IndexByte(rec, delim)
		if j < 0 {
			return append(fields, append(f, rec...))
		}
		fields, rec = append(fields, append(f, rec[:j]...)), rec[j+1:]
	}
}

const (
	maxRecord      = 4 << 20 // bytes in one record; a quote that opens and never closes ends there
	maxRecordLines = 20000
)

var errQuote = errors.New("a quote is opened and not closed")

// A recordReader reads records with the physical line that each begins at. It holds one
// record at a time. A quote that does not close within maxRecord costs one line only.
type recordReader struct {
	r     *bufio.Reader
	delim byte
	line  int64    // lines read
	back  [][]byte // lines to be read again
	buf   []byte
	err   error
}

func newRecordReader(r io.Reader, delim byte) *recordReader {
	return &recordReader{r: bufio.NewReaderSize(r, 256<<10), delim: delim}
}

func (r *recordReader) readLine() ([]byte, error) {
	if len(r.back) > 0 {
		l := r.back[0]
		r.back = r.back[1:]
		r.line++
		return l, nil
	}
	if r.err != nil {
		return nil, r.err
	}
	line, err := r.r.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		long := append([]byte(nil), line...)
		for err == bufio.ErrBufferFull {
			line, err = r.r.ReadSlice('\n')
			if len(long) < record.MaxLine {
				long = append(long, line...)
			}
		}
		line = long
	}
	r.err = err
	if len(line) == 0 {
		return nil, r.err
	}
	r.line++
	return line, nil
}

// next returns the next record without its line end, and the line that it begins at.
// errQuote is the fault of that record alone; the reader goes on after it.
func (r *recordReader) next() (rec []byte, at int64, err error) {
	for {
		line, err := r.readLine()
		if err != nil {
			return nil, 0, err
		}
		at = r.line
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			continue
		}
		if !r.open(line, false) {
			return line, at, nil
		}
		lines := [][]byte{append([]byte(nil), line...)}
		size, open := len(line), true
		for open && size < maxRecord && len(lines) < maxRecordLines {
			more, err := r.readLine()
			if err != nil {
				if !errors.Is(err, io.EOF) {
					return nil, at, err
				}
				break
			}
			lines = append(lines, append([]byte(nil), more...))
			size += len(more)
			open = r.open(more, true)
		}
		if open {
			r.back = append(lines[1:len(lines):len(lines)], r.back...)
			r.line = at
			return nil, at, errQuote
		}
		r.buf = append(r.buf[:0], lines[0]...)
		for _, l := range lines[1:] {
			r.buf = append(append(r.buf, '\n'), bytes.TrimRight(l, "\r\n")...)
		}
		return r.buf, at, nil
	}
}

// open reports whether a quoted field is still open at the end of line.
func (r *recordReader) open(line []byte, quoted bool) bool {
	start := !quoted
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quoted:
			if c != '"' {
				j := bytes.IndexByte(line[i:], '"')
				if j < 0 {
					return true
				}
				i += j
			}
			if i+1 < len(line) && line[i+1] == '"' {
				i++
				continue
			}
			quoted = false
		case c == '"' && start:
			quoted = true
		}
		start = !quoted && c == r.delim
	}
	return quoted
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
var lostWhy = [3]string{"the row has not as many fields as the header", errQuote.Error(), behindDamage}

const behindDamage = "the file is cut short or damaged: what stood behind is not known"

// cut notes that the source breaks off at a row. What stood behind is unknown use of every account.
func (n *narrowed) cut(at int64, why string) {
	n.lost[2] = lostRows{count: 1, first: at, last: at}
	n.failed = why
}

// lose counts a record that is a reject as a whole, for the fault err or its number of fields.
func (n *narrowed) lose(at int64, err error) {
	l := &n.lost[0]
	if err != nil {
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
	in, err := src.Open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	n := &narrowed{extra: map[string]int{}}
	out, err := os.CreateTemp(dir, "usage-*.csv")
	if err != nil {
		return nil, fmt.Errorf("narrow %s: %w", src.Name, err)
	}
	defer out.Close()
	n.path = out.Name()
	w := newNarrowWriter(out)
	changed := 0
	r := newRecordReader(record.UTF8(in, &changed), h.delim)
	extra := make([]int, len(h.names))
	used := map[int]bool{}
	for _, i := range slices.Concat(h.at[:], h.words.all()) {
		used[i] = true
	}
	var fields [][]byte
	for first := true; ; {
		if n.rows%4096 == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		rec, at, err := r.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && ctx.Err() == nil && record.Damaged(err) {
			n.cut(r.line+1, record.CutNote(src.Name, n.rows, err))
			break
		}
		if err != nil && !errors.Is(err, errQuote) {
			return nil, fmt.Errorf("read %s: line %d: %w", src.Name, r.line+1, err)
		}
		if first {
			first = false
			continue
		}
		n.rows++
		reason := ""
		if err != nil {
			reason = err.Error()
		} else if fields = splitFields(fields, rec, h.delim); len(fields) != len(h.names) && !trailing(fields, len(h.names)) {
			reason = fmt.Sprintf("the row has %d fields, the header has %d", len(fields), len(h.names))
		}
		if reason != "" {
			n.lose(at, err)
			if err := sink.Reject(record.Reject{File: src.Name, At: fmt.Sprintf("row %d", at), Kind: kind, Reason: reason}); err != nil {
				return nil, err
			}
			continue
		}
		for i := range h.names {
			if !used[i] && !null(fields[i]) {
				extra[i]++
			}
		}
		if err := w.write(at, h, fields); err != nil {
			return nil, fmt.Errorf("narrow %s: %w", src.Name, err)
		}
	}
	for i, x := range extra {
		if !used[i] {
			n.extra[h.names[i]] += x
		}
	}
	if changed > 0 {
		n.notes = append(n.notes, fmt.Sprintf("%d lines are not UTF-8: read as Windows-1252", changed))
	}
	if err := w.flush(); err != nil {
		return nil, fmt.Errorf("narrow %s: %w", src.Name, err)
	}
	return n, out.Close()
}

// trailing accepts a row that ends in delimiters past its last column.
func trailing(fields [][]byte, want int) bool {
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
func null(b []byte) bool {
	b = bytes.TrimSpace(b)
	if len(b) == 0 {
		return true
	}
	if len(b) > 6 {
		return false
	}
	return nullWords[strings.ToLower(string(b))]
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

func (w *narrowWriter) write(at int64, h *header, fields [][]byte) error {
	w.row[0] = fmt.Sprint(at)
	for c := range columns {
		w.row[c+1] = ""
		if i := h.at[c]; i >= 0 {
			w.row[c+1] = oneLine(string(bytes.TrimSpace(fields[i])))
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
