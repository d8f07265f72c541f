package signal

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"plimsoll/internal/book"
	"plimsoll/internal/capability"
	"plimsoll/internal/finding"
)

// rowCap bounds the evidence rows and the keys that one subject carries; a last row says
// how many there are.
const rowCap = 200

// batchSize is how many subjects are held in memory at a time.
const batchSize = 4096

// A read is one query over a range of subjects, given by their numbers.
type read struct {
	what, text string
	scan       func(*sql.Rows) error
}

// readAll runs queries over one range of subjects, one after the other.
func (run *Run) readAll(ctx context.Context, reads []read, from, to any) error {
	for _, q := range reads {
		if err := run.book.Each(ctx, q.what, q.text, q.scan, from, to); err != nil {
			return err
		}
	}
	return nil
}

var defs = func() map[string]Def {
	m := make(map[string]Def, len(Catalogue))
	for _, d := range Catalogue {
		m[d.Name] = d
	}
	return m
}()

// mostValues is about how many signals a subject has.
const mostValues = 48

func newFacts(kind string, s finding.Subject) *Facts {
	return &Facts{Kind: kind, Subject: s, Values: make(map[string]any, mostValues), Gaps: map[string][]Gap{},
		Inside: map[string][]Gap{}, Most: map[string]float64{},
		Missing: map[string][]string{}, Absent: map[string]bool{}}
}

// A cell is the value of a signal before it is known whether it can stand.
type cell struct {
	name  string
	value any      // the known part; nil: nothing is known for this subject
	needs []string // the columns that would have told; the catalogue's when nil
	any   bool     // one of the catalogue's columns is enough
	gaps  []Gap    // what is not known of the value, or why there is none
}

// grows reports whether a value of a type can be known in part: more may come to it. Of a
// truth value or a word nothing is known while a part is not.
func grows(t Type) bool {
	switch t {
	case Int, Double, Strings, Doubles, Maps:
		return true
	}
	return false
}

// put sets a signal with its gaps, or notes why it is missing: because the run lacks a column
// (then the column is Absent), or because the subject's own rows do not tell. lacks are the
// columns that the sources of this subject do not have.
func (run *Run) put(f *Facts, lacks func(column string) bool, c cell) {
	def, ok := defs[c.name]
	if !ok {
		panic("signal: " + c.name + " is not in the catalogue")
	}
	var absent, own []string
	gaps := c.gaps
	if torn := run.tornBehind(f, &def); len(torn) > 0 {
		gaps = slices.Concat(gaps, torn)
	}
	told := run.columns[c.name]
	if c.value != nil && len(gaps) == 0 && told.whole && !told.lacking(lacks) {
		f.Values[c.name] = c.value
		return
	}
	for i := range told.columns {
		col := &told.columns[i]
		switch {
		case !col.has:
			absent = append(absent, col.name)
		case col.after:
			own = append(own, col.name)
			gaps = append(gaps, Gap{Reason: AfterReview, Column: col.name})
		case lacks != nil && lacks(col.name):
			own = append(own, col.name)
		}
		if col.has && col.lost != nil {
			gaps = append(gaps, *col.lost)
		}
	}
	if c.any && len(absent)+len(own) < len(def.Columns) {
		absent, own = nil, nil
	}
	missing := append(absent, own...)
	if len(missing) == 0 && c.value == nil && len(gaps) == 0 {
		missing = c.needs
		if missing == nil {
			missing = def.Columns
		}
		for _, col := range missing {
			if !run.Has(col) {
				absent = append(absent, col)
			}
		}
	}
	for _, col := range missing {
		g := Gap{Reason: CellEmpty, Column: col}
		if slices.Contains(absent, col) {
			g.Reason = ColumnAbsent
		} else if slices.Contains(own, col) {
			g = run.unreadGap(col)
		}
		if !slices.ContainsFunc(gaps, func(o Gap) bool { return o.Column == col }) {
			gaps = append(gaps, g)
		}
	}
	run.settle(f, def, c.value, len(missing) == 0, joinGaps(gaps))
	if len(missing) > 0 && f.Values[c.name] == nil {
		f.Missing[c.name] = missing
	}
	for _, col := range absent {
		f.Absent[col] = true
	}
}

// A toldBy is what holds of the columns that tell a signal for every subject of a run.
type toldBy struct {
	columns []toldColumn
	whole   bool // the run has all of them, and nothing of them was lost or is dated after the review
}

type toldColumn struct {
	name       string
	has, after bool
	lost       *Gap
}

// lacking reports whether the sources of a subject lack one of the columns.
func (t *toldBy) lacking(lacks func(column string) bool) bool {
	return lacks != nil && slices.ContainsFunc(t.columns, func(c toldColumn) bool { return lacks(c.name) })
}

// tellColumns finds that out for every signal of the catalogue.
func (run *Run) tellColumns() {
	run.columns = make(map[string]*toldBy, len(Catalogue))
	for _, d := range Catalogue {
		t := &toldBy{whole: true}
		for _, name := range d.Columns {
			table, _, _ := strings.Cut(name, ".")
			c := toldColumn{name: name, has: run.Has(name), after: run.allAfter(table), lost: run.lost(table)}
			t.columns = append(t.columns, c)
			t.whole = t.whole && c.has && !c.after && c.lost == nil
		}
		run.columns[d.Name] = t
	}
}

// unreadGap is why a column that the run has is not there for a subject: its words were not
// understood, or its own sources lack the column.
func (run *Run) unreadGap(column string) Gap {
	if rows, word := run.book.Doubted(column); rows > 0 {
		return Gap{Reason: WordUnknown, Column: column, What: word, Rows: rows}
	}
	return Gap{Reason: ColumnAbsent, Column: column}
}

// settle keeps the known part of a signal with its gaps. stands: the columns that the value
// rests on are there.
func (run *Run) settle(f *Facts, def Def, value any, stands bool, gaps []Gap) {
	if value != nil && stands && (len(gaps) == 0 || grows(def.Type)) {
		f.Values[def.Name] = value
	}
	if len(gaps) > 0 {
		f.Gaps[def.Name] = gaps
		for _, g := range gaps {
			if g.Reason == ColumnAbsent && !run.Has(g.Column) {
				f.Absent[g.Column] = true
			}
		}
		if f.Values[def.Name] == nil {
			for _, g := range gaps {
				if g.Column != "" && !slices.Contains(f.Missing[def.Name], g.Column) {
					f.Missing[def.Name] = append(f.Missing[def.Name], g.Column)
				}
			}
		}
	}
}

// lost returns what is not known of a register table for everybody: files of it that could not be read, and more
// rows that name nobody than fewLost allows.
func (run *Run) lost(table string) *Gap {
	if files := run.book.Unread(table); len(files) > 0 {
		return &Gap{Reason: RowRejected, Column: table, What: fileNames(files)}
	}
	if table == "ownership" && run.in.OwnersCut != "" {
		return &Gap{Reason: RowRejected, Column: table, What: run.in.OwnersCut}
	}
	switch table {
	case book.Claims, book.Events, book.Support, book.Clauses, book.Demands, book.Answers:
		return run.namelessGap(table)
	}
	return nil
}

// lacking returns whether a subject's sources lack a column, from the bits of a table's rows.
func (run *Run) lacking(table string, bits int64) func(string) bool {
	return run.book.Lacking(table, bits)
}

// rowList collects evidence up to rowCap, and counts the rest.
type rowList struct {
	rows []Row
	more int
}

func (l *rowList) add(r Row) {
	if len(l.rows) < rowCap-1 {
		l.rows = append(l.rows, r)
		return
	}
	l.more++
}

// done returns the rows, with a last one that counts those left out.
func (l *rowList) done() []Row {
	if l.more > 0 {
		return append(l.rows, Row{Source: -1, Says: fmt.Sprintf("%d more rows were read and are not shown", l.more)})
	}
	return l.rows
}

func (run *Run) partyName(p int32) string {
	if p < 0 || int(p) >= len(run.in.Parties) {
		return ""
	}
	return run.in.Parties[p].Name
}

func (run *Run) partyID(p int32) string {
	if p < 0 || int(p) >= len(run.in.Parties) {
		return ""
	}
	return string(run.in.Parties[p].ID)
}

// class returns the end-user class of a party, "unknown" when nothing tells.
func (run *Run) class(p int32) string {
	if p < 0 || int(p) >= len(run.in.Classes) || run.in.Classes[p].Name == "" {
		return "unknown"
	}
	return run.in.Classes[p].Name
}

// classKnown reports whether anything says what kind of body a party is.
func (run *Run) classKnown(p int32) bool { return run.class(p) != "unknown" }

// security returns whether a party is a security body, nil when its kind is not known.
func (run *Run) security(p int32) any {
	if !run.classKnown(p) {
		return nil
	}
	return capability.Security(run.class(p))
}

// classGap is why the kind of a party is not known, nil when it is.
func (run *Run) classGap(p int32, column string) []Gap {
	if run.classKnown(p) {
		return nil
	}
	g := Gap{Reason: Unstated, Column: column, What: run.partyName(p)}
	if p >= 0 && int(p) < len(run.in.Classes) {
		switch c := run.in.Classes[p]; {
		case c.StatedUnknown:
			g.Reason, g.What = WordUnknown, c.Stated
		case c.Either:
			g.What += ", stated as “" + c.Stated + "”, by its name police in some states and administration in others"
		}
	}
	return []Gap{g}
}

// stray returns the account that no party is known of, by its number, nil for a party.
func (run *Run) stray(p int32) *stray {
	if i := int(p) - len(run.in.Parties); i >= 0 && i < len(run.strays) {
		return &run.strays[i]
	}
	return nil
}

func (run *Run) government(p int32) bool {
	if p < 0 || int(p) >= len(run.in.Parties) {
		return false
	}
	return run.in.Parties[p].Kind == "public_body" || capability.Security(run.class(p))
}

func (run *Run) identified(p int32) bool {
	if p < 0 || int(p) >= len(run.in.Parties) {
		return false
	}
	for _, id := range run.in.Parties[p].Identifiers {
		if !id.Empty() {
			return true
		}
	}
	return false
}
