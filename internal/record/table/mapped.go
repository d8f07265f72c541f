package table

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/text/encoding/htmlindex"

	"plimsoll/internal/record"
	"plimsoll/internal/record/delimited"
)

// Match returns the first mapping that is for this file: its name fits a glob, and its
// header has the columns that the mapping asks for.
func Match(maps []Map, src record.Source) (Map, bool, error) {
	var text []byte
	var book *workbook
	defer func() {
		if book != nil {
			book.close()
		}
	}()
	for _, m := range maps {
		if len(m.Files) > 0 && !m.named(src) {
			continue
		}
		if len(m.header) == 0 {
			return m, true, nil
		}
		if text == nil {
			var err error
			if text, err = src.Head(); err != nil {
				return Map{}, false, named(src, err)
			}
		}
		if !IsWorkbook(text) {
			if _, ok := m.delimiterOf(m.decoded(text)); ok {
				return m, true, nil
			}
			continue
		}
		if book == nil {
			var err error
			if book, err = openWorkbook(src); err != nil {
				return Map{}, false, err
			}
		}
		sheets, err := m.sheetsOf(book)
		if err != nil {
			return Map{}, false, err
		}
		if len(sheets) > 0 {
			return m, true, nil
		}
	}
	return Map{}, false, nil
}

// named reports whether the file's name fits one of the globs. A glob with slashes is held
// against that many last parts of the path; ".gz" at the end does not count.
func (m Map) named(src record.Source) bool {
	for _, name := range []string{strings.ReplaceAll(src.Name, "!", "/"), filepath.ToSlash(src.Path)} {
		parts := strings.Split(strings.ToLower(name), "/")
		for _, g := range m.Files {
			g = strings.ToLower(g)
			n := strings.Count(g, "/") + 1
			if n > len(parts) {
				continue
			}
			tail := strings.Join(parts[len(parts)-n:], "/")
			for _, t := range []string{tail, unpackedName(tail)} {
				if ok, _ := path.Match(g, t); ok || g == t { // "usage[1].csv" names that file, too
					return true
				}
			}
		}
	}
	return false
}

// unpackedName is a file's name without the ending of a packed one.
func unpackedName(name string) string {
	for _, end := range []string{".gz", ".zst", ".zstd", ".bz2"} {
		if s, ok := strings.CutSuffix(name, end); ok {
			return s
		}
	}
	return name
}

// DecodeMapped reads a file under a mapping and emits the records of the mapping's table.
func DecodeMapped(ctx context.Context, src record.Source, m Map, sink record.Sink) (record.Stats, error) {
	head, err := src.Head()
	if err != nil {
		return record.Stats{}, named(src, err)
	}
	d := newDecoder(ctx, src, sink)
	if IsWorkbook(head) {
		return d.mappedBook(m)
	}
	text, err := src.Open()
	if err != nil {
		return record.Stats{}, err
	}
	defer text.Close()
	var r io.Reader = text
	if m.encoding != "" {
		enc, err := htmlindex.Get(m.encoding)
		if err != nil {
			return record.Stats{}, m.errorf(src, "encoding: %v", err)
		}
		r = enc.NewDecoder().Reader(text)
	}
	delim, _ := m.delimiterOf(m.decoded(head))
	in := newCSV(r, delim)
	err = d.mappedLines(m, in, "")
	in.report(d)
	return d.end(), err
}

// A MappedRow is one row under a mapping.
type MappedRow struct {
	Row    int             // line of a text or row of a sheet, from 1
	At     string          // as messages name it
	Cells  []string        // of the columns of [Map.Columns], in their order; nil for a row that is no record
	Unread []record.Unread // cells that were not understood; they are "" in Cells
	Reason string          // why the row is no record
	Meant  bool            // the mapping says so itself
}

// Where implements record.Record.
func (r *MappedRow) Where() record.Place { return record.Place{At: r.At} }

// Columns lists the columns of the mapping's table that it fills, in the order of [MappedRow.Cells].
func (m Map) Columns() []string {
	out := make([]string, len(m.columns))
	for i, e := range m.columns {
		out[i] = e.target
	}
	return out
}

// Lacks lists the columns of the mapping's table that it leaves absent and that flags may need.
func (m Map) Lacks() []string {
	if m.Table == List {
		return nil
	}
	targets := m.Columns()
	if m.Table == Usage {
		return slices.DeleteFunc(ColumnsOf(Usage), func(c string) bool { return slices.Contains(targets, c) })
	}
	return slices.Sorted(maps.Keys(bind(m.Table, targets, nil).lacks))
}

// EachMapped calls visit for every row of a file under a mapping, also those that are no records; the row is
// visit's to keep. Cells stand in the register's notation (ISO dates, plain numbers) and are not checked further:
// [DecodeMapped] makes records of them. The Stats count rows and rejects; an error of visit ends the walk.
func EachMapped(ctx context.Context, src record.Source, m Map, visit func(*MappedRow) error) (record.Stats, error) {
	m.raw = true
	return DecodeMapped(ctx, src, m, rawSink{visit})
}

// rawSink turns what a decoder emits under [EachMapped] into rows.
type rawSink struct{ visit func(*MappedRow) error }

// Record implements record.Sink.
func (s rawSink) Record(r record.Record) error { return s.visit(r.(*MappedRow)) }

// Reject implements record.Sink: the row itself has been visited.
func (s rawSink) Reject(record.Reject) error { return nil }

// decoded is the head of a text in UTF-8, its last character aside when the cut goes through it.
func (m Map) decoded(head []byte) []byte {
	if m.encoding == "" {
		return head
	}
	enc, err := htmlindex.Get(m.encoding)
	if err != nil {
		return head
	}
	out, _ := enc.NewDecoder().Bytes(head)
	return out
}

func (m Map) errorf(src record.Source, format string, args ...any) error {
	return fmt.Errorf("read %s by mapping %s (%s:%d): %w", src.Name, m.Name, m.file, m.line,
		fmt.Errorf(format, args...))
}

// mappedBook reads the sheets that the mapping names, or those that have its columns.
func (d *decoder) mappedBook(m Map) (record.Stats, error) {
	w, err := openWorkbook(d.src)
	if err != nil {
		return d.stats, err
	}
	defer w.close()
	d.sheet, d.date1904 = true, w.date1904
	sheets, err := m.sheetsOf(w)
	if err != nil {
		return d.stats, err
	}
	if len(sheets) == 0 { // say what the first sheet lacks
		sheets = w.sheets[:1]
	}
	read := map[string]bool{}
	for _, name := range sheets {
		read[name] = true
		s, err := w.rows(name)
		if err != nil {
			return d.end(), err
		}
		d.at = w.place(name)
		err = d.mappedLines(m, s, name)
		s.close()
		if err != nil {
			return d.end(), err
		}
	}
	for _, name := range w.sheets {
		if !read[name] {
			d.notes[fmt.Sprintf("sheet %q was not read: mapping %s is not for it", name, m.Name)] = 1
		}
	}
	return d.end(), nil
}

// sheetsOf chooses the sheets: those named, those with the columns, or without header the first.
func (m Map) sheetsOf(w *workbook) ([]string, error) {
	var out []string
	for i, name := range w.sheets {
		switch {
		case len(m.sheets) > 0:
			for _, want := range m.sheets {
				if want == "*" || strings.EqualFold(want, name) || want == fmt.Sprint(i+1) {
					out = append(out, name)
					break
				}
			}
			continue
		case m.noHeader:
			return []string{name}, nil
		}
		s, err := w.rows(name)
		if err != nil {
			return nil, err
		}
		header, err := m.readHeader(s)
		s.close()
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, named(w.src, err)
		}
		if m.fits(header) {
			out = append(out, name)
		}
	}
	if len(m.sheets) > 0 && len(out) == 0 {
		return nil, m.errorf(w.src, "no sheet is %s; there are %s", strings.Join(m.sheets, ", "), strings.Join(w.sheets,
			", "))
	}
	return out, nil
}

// readHeader passes over the rows that the mapping skips and returns the next that is not empty.
func (m Map) readHeader(in lines) ([]string, error) {
	for n := 0; ; n++ {
		l, err := in.next()
		if _, bad := errors.AsType[*delimited.BadRow](err); bad {
			if n < m.skip {
				continue
			}
			return nil, err
		}
		if err != nil {
			return nil, err
		}
		if n >= m.skip && !blank(l.cells) && !delimited.IsSeparator(l.cells) {
			return append([]string(nil), l.cells...), nil
		}
	}
}

// fits reports whether a header has the columns that make a file one of the mapping's.
func (m Map) fits(header []string) bool {
	if len(header) == 0 {
		return false
	}
	if len(m.header) > 0 {
		for _, spellings := range m.header {
			ok := false
			for _, s := range spellings {
				_, err := find(header, place{name: s})
				ok = ok || err == nil
			}
			if !ok {
				return false
			}
		}
		return true
	}
	_, err := m.layout(header)
	return err == nil
}

// delimiterOf finds the delimiter under which the head has the mapping's columns; without
// a header, the one that cuts the first rows into the most cells.
func (m Map) delimiterOf(head []byte) (byte, bool) {
	candidates := delimited.Candidates(head)
	if m.delimiter != 0 {
		candidates = []byte{m.delimiter}
	}
	best, most := candidates[0], 0
	for _, c := range candidates {
		in := newCSV(strings.NewReader(string(head)), c)
		header, err := m.readHeader(in)
		if err != nil {
			continue
		}
		if !m.noHeader && m.fits(header) {
			return c, true
		}
		if len(header) > most {
			best, most = c, len(header)
		}
	}
	return best, m.noHeader
}

// mappedLines reads the header that the mapping expects, then the rows.
func (d *decoder) mappedLines(m Map, in lines, sheet string) error {
	var header []string
	if m.noHeader {
		for range m.skip {
			if _, err := in.next(); errors.Is(err, io.EOF) {
				break
			}
		}
	} else {
		var err error
		if header, err = m.readHeader(in); err != nil {
			if errors.Is(err, io.EOF) {
				return m.errorf(d.src, "the file ends before a header")
			}
			return named(d.src, err)
		}
	}
	l, err := m.layout(header)
	if err != nil {
		return m.errorf(d.src, "%w", err)
	}
	l.sheet = sheet
	return d.run(in, l.bind(d))
}

// A layout is a mapping whose columns have been found in one header.
type layout struct {
	m       Map
	header  []string
	columns []located
	rejects []int // place of each condition's column
	used    map[int]bool
	highest int // the last column read, from 0
	sheet   string
}

// located is an expr with the places of its columns.
type located struct {
	expr
	at     []int // places of from, or of the pieces that are columns (absent for the others)
	source string

	isNumber, isDate bool
}

// layout finds the mapping's columns in a header.
func (m Map) layout(header []string) (*layout, error) {
	l := &layout{m: m, header: header, used: map[int]bool{}, highest: -1}
	for _, e := range m.columns {
		x := located{expr: e, isNumber: numberColumns[e.target], isDate: dateColumns[e.target]}
		places := e.from
		if len(e.pieces) > 0 {
			places = nil
			for _, p := range e.pieces {
				places = append(places, p.col)
			}
		}
		var missing error
		var sources []string
		for _, p := range places {
			if p == (place{}) {
				x.at = append(x.at, absent)
				continue
			}
			i, err := l.find(p)
			for _, s := range e.spelling {
				if err == nil {
					break
				}
				var other error
				if i, other = l.find(s); other == nil {
					p, err = s, nil
				}
			}
			if err != nil {
				missing = err
				break
			}
			x.at = append(x.at, i)
			sources = append(sources, p.String())
		}
		if missing != nil {
			if e.optional {
				continue
			}
			return nil, fmt.Errorf("line %d: columns.%s: %w", e.line, e.target, missing)
		}
		x.source = strings.Join(sources, " and ")
		l.columns = append(l.columns, x)
	}
	for _, c := range m.rejects {
		i, err := l.find(c.col)
		if err != nil {
			return nil, fmt.Errorf("line %d: reject: %w", c.line, err)
		}
		l.rejects = append(l.rejects, i)
	}
	return l, nil
}

func (l *layout) find(p place) (int, error) {
	i := p.n - 1
	if p.n == 0 || l.header != nil {
		var err error
		if i, err = find(l.header, p); err != nil {
			return 0, err
		}
	}
	l.used[i] = true
	l.highest = max(l.highest, i)
	return i, nil
}

// find returns the place of a column. The same spelling counts first, then the same key.
func find(header []string, p place) (int, error) {
	if p.n > 0 {
		if p.n > len(header) {
			return 0, fmt.Errorf("the header has %d columns and no column %d", len(header), p.n)
		}
		return p.n - 1, nil
	}
	exact, alike := []int{}, []int{}
	k := key(p.name)
	for i, h := range header {
		if strings.TrimSpace(h) == p.name {
			exact = append(exact, i)
		}
		if key(h) == k {
			alike = append(alike, i)
		}
	}
	if len(exact) == 0 {
		exact = alike
	}
	switch len(exact) {
	case 1:
		return exact[0], nil
	case 0:
		return 0, fmt.Errorf("there is no column %q; the header is %s", p.name, clip(strings.Join(header, ", ")))
	}
	return 0, fmt.Errorf("the header has %q twice (columns %d and %d); use the number of the one that is meant", p.name,
		exact[0]+1, exact[1]+1)
}

// maxCounted is how many columns of a file without header are looked at for [record.Stats.Extra].
const maxCounted = 512

// bind prepares the reading of rows.
func (l *layout) bind(d *decoder) *binding {
	targets := make([]string, len(l.columns))
	names := make([]string, len(l.columns))
	for i, x := range l.columns {
		targets[i] = x.target
		names[i] = x.label()
	}
	var b *binding
	if l.m.raw || l.m.Table == List || l.m.Table == Usage {
		b = l.rawBinding(d)
	} else {
		b = bind(l.m.Table, targets, names)
	}
	b.width = len(l.header)
	if l.m.ragged || len(l.m.widths) > 0 {
		b.width = 0
	}
	b.extra = nil
	n := len(l.header)
	if l.header == nil {
		n = maxCounted
	}
	for i := range n {
		if l.used[i] {
			continue
		}
		name := fmt.Sprintf("column %d", i+1)
		if i < len(l.header) && strings.TrimSpace(l.header[i]) != "" {
			name = strings.TrimSpace(l.header[i])
		}
		b.extra = append(b.extra, col{i: i, name: name})
	}
	known := facts(d.src, l.sheet)
	cells := make([]string, len(l.columns))
	b.translate = func(in line, r *row) string {
		if reason, meant := l.refused(in.cells, d); reason != "" {
			r.meant = meant
			return reason
		}
		for i := range l.columns {
			x := &l.columns[i]
			s, err := x.value(in, d, known)
			if err != nil {
				value, reason := x.raw(in, known), err.Error()
				r.unread(col{name: x.label(), column: x.target}, value, strings.TrimPrefix(reason, quoted(value)+" "))
				s = ""
			}
			cells[i] = s
		}
		r.cells = cells
		return ""
	}
	return b
}

// rawBinding makes a [MappedRow] of each row.
func (l *layout) rawBinding(d *decoder) *binding {
	places := make([]int, len(l.columns)) // in the mapping; an optional column that the file lacks stays empty
	for i, x := range l.columns {
		places[i] = slices.IndexFunc(l.m.columns, func(e expr) bool { return e.target == x.target })
	}
	return &binding{kind: l.m.Table, raw: true, build: func(r *row) record.Record {
		cells := make([]string, len(l.m.columns))
		for i, at := range places {
			cells[at] = r.cells[i]
		}
		return &MappedRow{Row: r.n, At: r.place.At, Cells: cells, Unread: r.doubts}
	}}
}

func (x *located) label() string {
	if x.source == "" {
		return x.target
	}
	return x.target + " (from " + x.source + ")"
}

// refused returns why the mapping takes a row for no record; meant: a condition of it says so.
func (l *layout) refused(cells []string, d *decoder) (reason string, meant bool) {
	if l.header == nil && !l.m.ragged && !d.sheet && len(cells) <= l.highest {
		return fmt.Sprintf("the row has %d cells and the mapping reads column %d", len(cells), l.highest+1), false
	}
	if len(l.m.widths) > 0 && !d.sheet && !slices.Contains(l.m.widths, len(cells)) {
		widths := strings.ReplaceAll(strings.Trim(fmt.Sprint(l.m.widths), "[]"), " ", " or ")
		return fmt.Sprintf("the row has %d cells and the mapping takes %s", len(cells), widths), false
	}
	for i, c := range l.m.rejects {
		s := ""
		if at := l.rejects[i]; at < len(cells) {
			s = strings.TrimSpace(cells[at])
		}
		if c.is != nil && c.is[fold(s)] || c.match != nil && c.match.MatchString(s) || c.empty && s == "" {
			return c.reason, true
		}
	}
	return "", false
}

// facts are what a text may say of where the row stands.
func facts(src record.Source, sheet string) map[string]string {
	name := strings.ReplaceAll(src.Name, "!", "/")
	folder := path.Base(path.Dir(name))
	if !strings.Contains(name, "/") {
		folder = path.Base(path.Dir(filepath.ToSlash(src.Path)))
	}
	base := strings.TrimSuffix(path.Base(name), ".gz")
	return map[string]string{"file": strings.TrimSuffix(base, path.Ext(base)), "folder": folder, "sheet": sheet}
}
