package focus

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"plimsoll/internal/record"
)

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
var lostWhy = [3]string{"the row has not as many fields as the header",
	"a quote is opened and not closed, or the row is too long", behindDamage}

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

// A narrowTo opens where the rows under a header go in their narrow form.
type narrowTo func(h *header) (*narrowWriter, error)

// narrow copies the columns that are read. It is the slow and careful way: for text that DuckDB refuses, for files
// inside others, for other encodings and for records that span lines.
func narrow(ctx context.Context, src record.Source, h *header, to narrowTo, sink record.Sink) (*narrowed, error) {
	w, err := to(h)
	if err != nil {
		return nil, fmt.Errorf("narrow %s: %w", src.Name, err)
	}
	n := &narrowed{path: w.file.Name(), extra: map[string]int{}}
	extra := make([]int, len(h.names))
	others := h.others()
	reader, err := eachRow(ctx, src, h, func(at int64, fields []string, reason string) error {
		n.rows++
		if reason != "" {
			n.lose(at, fields != nil)
			return sink.Reject(record.Reject{File: src.Name, At: fmt.Sprintf("row %d", at), Kind: kind, Reason: reason})
		}
		for _, i := range others {
			if !null(fields[i]) {
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
		return nil, errors.Join(err, w.close())
	}
	for _, i := range others {
		n.extra[h.names[i]] += extra[i]
	}
	n.notes = reader.notes(h)
	if err := w.close(); err != nil {
		return nil, fmt.Errorf("narrow %s: %w", src.Name, err)
	}
	return n, nil
}

// A narrowWriter writes the line and the columns that are read, as CSV.
type narrowWriter struct {
	file   *os.File
	b      *bufio.Writer
	cols   []column // that are written, in their order
	shared bool     // rows of several sources: each ends with its source
	source int
	line   []byte
}

// narrowColumns are the columns that stand in the narrow form of a source.
func narrowColumns(h *header) []column {
	var out []column
	for c := range colWords {
		if h.has(c) {
			out = append(out, c)
		}
	}
	if !h.words.none() {
		out = append(out, colWords) // put together already
	}
	return out
}

// newNarrow opens a file of its own for the narrow form of a source.
func (l *loader) newNarrow(h *header) (*narrowWriter, error) {
	out, err := os.CreateTemp(l.dir, "usage-*.csv")
	if err != nil {
		return nil, err
	}
	return writeNarrow(out, h), nil
}

func writeNarrow(out *os.File, h *header) *narrowWriter {
	return &narrowWriter{file: out, b: bufio.NewWriterSize(out, 256<<10), cols: narrowColumns(h)}
}

func (w *narrowWriter) write(at int64, h *header, fields []string) error {
	line := strconv.AppendInt(w.line[:0], at, 10)
	for _, c := range w.cols {
		line = append(line, ',')
		if c == colWords {
			line = appendCell(line, h.words.text(fields))
		} else {
			line = appendCell(line, strings.TrimSpace(fields[h.at[c]]))
		}
	}
	if w.shared {
		line = strconv.AppendInt(append(line, ','), int64(w.source), 10)
	}
	w.line = append(line, '\n')
	_, err := w.b.Write(w.line)
	return err
}

// appendCell writes a cell in one line: blanks stand in the place of line ends, which DuckDB would count.
func appendCell(line []byte, s string) []byte {
	if strings.IndexFunc(s, marked) < 0 {
		return append(line, s...)
	}
	line = append(line, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '\r', '\n', 0:
			line = append(line, ' ')
		case '"':
			line = append(line, '"', '"')
		default:
			line = append(line, c)
		}
	}
	return append(line, '"')
}

// oneLine puts blanks in the place of line ends, which DuckDB would count.
func oneLine(s string) string {
	if !strings.ContainsAny(s, "\r\n\x00") {
		return s
	}
	return strings.NewReplacer("\r", " ", "\n", " ", "\x00", " ").Replace(s)
}

// marked reports whether a cell with a character has to stand in quotes.
func marked(r rune) bool {
	return r == ',' || r == '"' || r == '\r' || r == '\n' || r == 0 || r == '\\' || r == '\''
}

// close ends the rows of one source.
func (w *narrowWriter) close() error {
	if w.shared {
		return nil
	}
	return w.end()
}

// end writes what is left and closes the file.
func (w *narrowWriter) end() error { return errors.Join(w.b.Flush(), w.file.Close()) }

// How long a line of a narrow file may be, and how much of it DuckDB holds at a time, in bytes: without a word it takes
// sixteen lines of the longest kind for each of its buffers, 128 MiB.
const (
	longestLine = 8 << 20
	csvBuffer   = 2 * longestLine
)

// narrowScan reads a narrow file again.
func narrowScan(path string, h *header, shared bool) scan {
	var cols strings.Builder
	cols.WriteString("'r': 'BIGINT'")
	written := narrowColumns(h)
	for _, c := range written {
		fmt.Fprintf(&cols, ", 'c%d': 'VARCHAR'", c)
	}
	s := scan{row: "r"}
	if shared {
		cols.WriteString(", 'source': 'INTEGER'")
		s.source = "source"
	}
	s.from = fmt.Sprintf(
		`read_csv(%s, auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', max_line_size = %d, buffer_size = %d, columns = {%s})`,
		quote(path), longestLine, csvBuffer, cols.String())
	return s
}

// narrowText is a column of a narrow file.
func narrowText(c column) string { return fmt.Sprintf("c%d", c) }

// narrowTexts fills in the expressions of a scan of a narrow file.
func narrowTexts(s *scan, h *header) {
	at := map[int]column{}
	for c, i := range h.at {
		at[i] = column(c)
	}
	h.texts(s, func(i int) string { return narrowText(at[i]) })
	if slices.Contains(narrowColumns(h), colWords) {
		s.text[colWords] = narrowText(colWords)
	}
}

// narrowed stages a file that narrow wrote.
func (l *loader) narrowed(src record.Source, h *header, n *narrowed) (record.Stats, error) {
	defer os.Remove(n.path)
	s := narrowScan(n.path, h, false)
	l.orderDates(l.ctx, l.conn, h, s.from, narrowText(colChargeStart))
	l.findComma(l.ctx, l.conn, h, s.from, narrowText)
	narrowTexts(&s, h)
	if err := l.exec(partSQL(s, "TEMP TABLE "+ownPart)); err != nil {
		return record.Stats{}, fmt.Errorf("read %s: %w", src.Name, err)
	}
	c, err := l.add(l.ctx, l.conn, src, h, s, ownPart, func(int64) bool { return true })
	if err != nil {
		return record.Stats{}, err
	}
	return l.narrowStaged(src, h, n, c, ownPart)
}

// narrowStaged says what a narrow source holds, once it is staged.
func (l *loader) narrowStaged(src record.Source, h *header, n *narrowed, c counted, part string) (record.Stats, error) {
	place := "row"
	switch {
	case h.place != "":
		place = h.place
	case h.line == 0:
		place = "rows/"
	}
	st, err := l.staged(src, h, c, part, place)
	if err != nil {
		return st, err
	}
	st.Rows = n.rows
	st.Rejects += n.rejects
	for i, lost := range n.lost {
		if lost.count > 0 {
			l.lose(src.Index, lost, lostWhy[i])
		}
	}
	for k, v := range n.extra {
		if v > 0 {
			st.Extra[k] += v
		}
	}
	st.Notes = append(n.notes, st.Notes...)
	if n.failed != "" {
		st.Failed = n.failed
		st.Notes = append(st.Notes, "not read to its end: "+behindDamage)
	}
	return st, nil
}
