package table

import (
	"fmt"
	"maps"
	"strings"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// absent is the place of a column that the file lacks.
const absent = -1

// A col is one column of a register table as this file has it.
type col struct {
	i      int
	name   string // as rejects name it
	column string // of the register table
}

func (c col) here() bool { return c.i != absent }

// A binding ties one file's header to one table.
type binding struct {
	kind      string
	build     func(*row) record.Record
	translate func(line, *row) string // for mapped files: fills row.cells, or says why not
	width     int                     // cells that a row must have, 0 when any number will do
	raw       bool                    // rows are handed on as they are, also those that are no records
	extra     []col                   // columns that no record has a place for, from left to right
	lacks     record.Columns
	doubted   map[string]record.Columns // lacks with the columns of cells that were not understood
}

// A binder looks columns up in a header and remembers which ones were asked for.
type binder struct {
	names []string       // of the header's cells, as rejects name them
	index map[string]int // key of a header cell → its place
	used  map[int]bool
	lacks record.Columns

	unnamed map[string]record.Columns // lacks with roles that a row names nobody in, by the roles
}

// bind prepares the reading of a file with this header as a table. names, when given,
// says how rejects name each column.
func bind(kind string, header, names []string) *binding {
	if names == nil {
		names = header
	}
	b := &binder{names: names, index: map[string]int{}, used: map[int]bool{}, lacks: record.Columns{}}
	for i, h := range header {
		k := key(h)
		if _, twice := b.index[k]; k != "" && !twice {
			b.index[k] = i
		}
	}
	out := &binding{kind: kind, width: len(header), lacks: b.lacks}
	out.build = b.builder(kind)
	for i, h := range header {
		if b.used[i] {
			continue
		}
		name := strings.TrimSpace(h)
		if name == "" {
			name = fmt.Sprintf("column %d", i+1)
		}
		out.extra = append(out.extra, col{i: i, name: name})
	}
	return out
}

// ragged says why a row with this many cells cannot be trusted: a line break that was not
// quoted makes two short rows, a comma that was not quoted a long one.
func (b *binding) ragged(cells []string, sheet bool) string {
	if b.width == 0 || len(cells) == b.width {
		return ""
	}
	if len(cells) > b.width {
		if blank(cells[b.width:]) {
			return ""
		}
	} else if sheet { // a sheet does not store empty cells at the end
		return ""
	}
	return fmt.Sprintf("the row has %d cells where the header has %d", len(cells), b.width)
}

// col returns the column of that name, wherever it stands.
func (b *binder) col(name string) col {
	i, ok := b.index[key(name)]
	if !ok {
		return col{absent, name, name}
	}
	b.used[i] = true
	return col{i, strings.TrimSpace(b.names[i]), name}
}

// need is col for a column that signals ask about: its absence goes into Lacks, unless one
// of the other columns says the same.
func (b *binder) need(name string, or ...string) col {
	c := b.col(name)
	if c.here() {
		return c
	}
	for _, o := range or {
		if b.col(o).here() {
			return c
		}
	}
	b.lacks[name] = true
	return c
}

// A row is one row while a record is built from it. The first thing that is wrong with it
// stays in bad.
type row struct {
	d     *decoder
	kind  string
	cells []string
	place record.Place
	n     int  // of the row, from 1
	meant bool // the mapping takes the row for no record
	bad   string
	// cells that were not understood
	doubts []record.Unread
	// the row is also a reject, for this reason
	refused string
}

func (r *row) fail(format string, args ...any) {
	if r.bad == "" {
		r.bad = fmt.Sprintf(format, args...)
	}
}

// text returns a cell without the spaces around it.
func (r *row) text(c col) string {
	if c.i < 0 || c.i >= len(r.cells) {
		return ""
	}
	s := strings.TrimSpace(r.cells[c.i])
	if r.d.sheet && len(s) > 3 && s[0] == '#' && sheetErrors[s] {
		r.unread(c, s, "the cell holds the error of a spreadsheet")
		return ""
	}
	if damaged(s) {
		r.unread(c, s, "the cell holds a byte 0: it is damaged")
		return ""
	}
	return s
}

// must is text for a cell that a record cannot do without.
func (r *row) must(c col) string {
	s := r.text(c)
	if s == "" {
		if c.here() {
			r.fail("%s is empty", c.name)
		} else {
			r.fail("the file has no column %s", c.name)
		}
	}
	return s
}

// needed is must for a cell that is no key: when it holds something that was not understood,
// the row is used all the same.
func (r *row) needed(c col) {
	for _, d := range r.doubts {
		if d.Column == c.column {
			return
		}
	}
	r.must(c)
}

func (r *row) number(c col) record.Decimal {
	s := r.text(c)
	if s == "" || isNobody(s) {
		return ""
	}
	n, err := ParseNumber(s)
	if err != nil {
		r.unread(c, s, strings.TrimPrefix(err.Error(), quoted(s)+" "))
		return ""
	}
	if r.d.sheet {
		n = undust(n)
	}
	return n
}

// hours reads an amount of work. Less than none is no amount: it may take back what another row says.
func (r *row) hours(c col) record.Decimal {
	n := r.number(c)
	if strings.HasPrefix(string(n), "-") {
		r.unread(c, r.text(c), "less than no hours")
		return ""
	}
	return n
}

// count reads a number of people. Words in its place may be somebody's name: they are not repeated.
func (r *row) count(c col) record.Decimal {
	s := r.text(c)
	if s == "" || isNobody(s) {
		return ""
	}
	n, err := ParseNumber(s)
	if err != nil || strings.HasPrefix(string(n), "-") {
		r.unread(c, "", "a cell is not a number of people")
		return ""
	}
	return n
}

// quoted is how errors of parsing begin.
func quoted(s string) string { return fmt.Sprintf("%q", clip(s)) }

func (r *row) date(c col) record.Date {
	s := r.text(c)
	if s == "" || isNobody(s) {
		return record.Date{}
	}
	t, err := r.d.date(s)
	if err != nil {
		r.unread(c, s, strings.TrimPrefix(err.Error(), quoted(s)+" "))
		return record.Date{}
	}
	if !t.Known() || record.NullDate(t.DayString()) {
		r.d.notes[c.name+": a date that stands for none, read as unknown: %d rows"]++
		return record.Date{}
	}
	return t
}

// date reads an ISO date, or in a workbook a serial number.
func (d *decoder) date(s string) (record.Date, error) {
	if d.sheet {
		if t, ok := serial(s, d.date1904); ok {
			return t, nil
		}
	}
	if t, ok := isoDay(s); ok {
		return t, nil
	}
	return record.ParseDate(s)
}

func (r *row) quarter(c col) record.Date {
	s := r.text(c)
	if s == "" || isNobody(s) {
		return record.Date{}
	}
	if t, ok := parseQuarter(s); ok {
		return t
	}
	t, err := r.d.date(s)
	if err != nil || t.Prec < record.Month {
		r.unread(c, s, "neither a quarter such as 2031-Q2 nor a date")
		return record.Date{}
	}
	return quarterOf(t)
}

// word checks a cell against a vocabulary. A word that is none of it is kept as written, in
// lower case, and noted.
func (r *row) word(c col, v vocabulary) string {
	s := r.text(c)
	if s == "" {
		return ""
	}
	w, ok := v.find(s)
	if !ok {
		r.unread(c, s, "none of "+v.String())
		return strings.ToLower(s)
	}
	return w
}

// code is word for a column of which the record holds known words only.
func (r *row) code(c col, v vocabulary) string {
	n := len(r.doubts)
	if w := r.word(c, v); len(r.doubts) == n {
		return w
	}
	return ""
}

// dealing is code for the kind of an engagement. A word that is none of them makes the row a
// reject that is counted; the parties that it names are read all the same.
func (r *row) dealing(c col) string {
	s := r.text(c)
	w := r.code(c, engagementKind)
	if s != "" && w == "" {
		r.refused = fmt.Sprintf("%s: %q is none of %s", c.name, clip(s), engagementKind)
	}
	return w
}

// currency returns an ISO 4217 code, or "" and a note.
func (r *row) currency(c col) string {
	s := r.text(c)
	if s == "" || isNobody(s) {
		return ""
	}
	if code, ok := Currency(s); ok {
		return code
	}
	r.unread(c, s, "no code of ISO 4217")
	return ""
}

// ref reads one mention of a party: the name, and where the file has them the identifier,
// country, address and class.
type refCols struct{ name, id, country, address, class col }

// A role is a party of a row by the name of its column.
type role struct {
	column string
	cols   refCols
}

// lacking returns what a source has no column for, and the roles of a row that the source names by numbers alone and
// for which the row has none: whether there is such a party is not known.
func (b *binder) lacking(r *row, roles ...role) record.Columns {
	lacks, key := b.lacks, ""
	for _, x := range roles {
		if x.cols.name.here() || !x.cols.id.here() || r.text(x.cols.id) != "" {
			continue
		}
		key += x.column + " "
		more, ok := b.unnamed[key]
		if !ok {
			more = maps.Clone(lacks)
			if more == nil {
				more = record.Columns{}
			}
			more[x.column] = true
			if b.unnamed == nil {
				b.unnamed = map[string]record.Columns{}
			}
			b.unnamed[key] = more
		}
		lacks = more
	}
	return lacks
}

func (r *row) ref(c refCols) party.Ref {
	ref := party.Ref{Name: r.text(c.name), Scope: "register"}
	if isNobody(ref.Name) {
		ref.Name = ""
	}
	for id := range strings.SplitSeq(r.text(c.id), ";") {
		id = strings.TrimSpace(id)
		if id == "" || isNobody(id) {
			continue
		}
		if n := identifier(id); n.Scheme != "" {
			if !n.Empty() {
				ref.Identifiers = append(ref.Identifiers, n)
			}
		} else if ref.LocalID == "" {
			ref.LocalID = id
		}
	}
	if ref.Zero() {
		return party.Ref{}
	}
	ref.Country, ref.Address, ref.Class = r.text(c.country), r.text(c.address), r.class(c.class)
	return ref
}

// identifier reads "SCHEME:ID"; what has no such scheme ("http://…", "a: b") is the
// register's own key.
func identifier(s string) party.Identifier {
	scheme, id, ok := strings.Cut(s, ":")
	if !ok || len(scheme) < 2 || len(scheme) > 20 || strings.HasPrefix(id, "//") || !isScheme(scheme) {
		return party.Identifier{ID: s}
	}
	return party.ParseIdentifier(s)
}

func isScheme(s string) bool {
	for i, r := range s {
		letter := r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
		if !letter && (i == 0 || (r < '0' || r > '9') && r != '-' && r != '_' && r != '.') {
			return false
		}
	}
	return true
}
