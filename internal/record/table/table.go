// Package table reads the register tables (accounts, engagements, claims, clauses,
// approvals, support, events, ownership …) from CSV and XLSX, and turns anybody's own tables into
// them under a mapping.
//
// Invariants: a row is counted as one record or one reject, so Rows = Records + Rejects; a
// cell that cannot be read is named in the record's Unread and never taken as 0 or as empty,
// and only a row without its key is lost; a column
// that the file lacks is named in each record's Lacks; columns that no record has a place
// for are counted and not kept. Memory does not grow with a CSV file.
package table

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
	"strconv"
	"strings"

	"plimsoll/internal/record"
	"plimsoll/internal/record/delimited"
)

// The tables, as [Recognise] names them.
const (
	Accounts    = "accounts"
	Engagements = "engagements"
	Claims      = "claims"
	Clauses     = "clauses"
	Approvals   = "approvals"
	Support     = "support"
	Events      = "events"
	Ownership   = "ownership"
)

// What a mapping can make beside the register tables, see [EachMapped].
const (
	List  = "list"  // a table of names as package list/named reads it
	Usage = "usage" // a bill with the columns of FOCUS
)

// Recognise names the register table that a text begins, from its header in any order of
// columns. It reads no further than the first line that is not empty.
func Recognise(head []byte) (kind string, delim rune, ok bool) {
	kind, d, ok := recognise(head)
	return kind, rune(d), ok
}

func recognise(head []byte) (kind string, delim byte, ok bool) {
	for _, d := range delimited.Candidates(head) {
		cells, ok := firstRow(head, d)
		if !ok || len(cells) < 2 {
			continue
		}
		if kind := kindOf(cells); kind != "" {
			return kind, d, true
		}
	}
	return "", 0, false
}

// firstRow returns the cells of the first row that is not empty. What comes after the first row costs only itself.
func firstRow(head []byte, delim byte) ([]string, bool) {
	for _, r := range delimited.First(head, delim, 1) {
		return r.Cells, true
	}
	return nil, false
}

// damaged reports whether a cell holds a byte 0, which no text does: something else was written over it.
func damaged(cell string) bool { return strings.IndexByte(cell, 0) >= 0 }

// kindOf names the table that a header belongs to, or "". The order decides where a
// header fits two: a contract register with a decision column is still a contract register.
func kindOf(header []string) string {
	has := map[string]bool{}
	for _, c := range header {
		has[key(c)] = true
	}
	one := func(names ...string) bool {
		for _, n := range names {
			if has[key(n)] {
				return true
			}
		}
		return false
	}
	all := func(names ...string) bool {
		for _, n := range names {
			if !has[key(n)] {
				return false
			}
		}
		return true
	}
	switch {
	case all("answer_id", "demand_id"):
		return Answers
	case all("demand_id", "instrument_id"):
		return Demands
	case isInstruments(one):
		return Instruments
	case one(ownerNames...) && one(ownedNames...):
		return Ownership
	case all("engagement_id", "clause"):
		return Clauses
	case all("claim_id") && one("about", "about_id"), one("about", "about_id") && all("text", "source"):
		return Claims
	case all("engagement_id") && one("buyer", "seller", "end_user", "buyer_id", "seller_id", "end_user_id"):
		return Engagements
	case all("account_id") && one("party_name", "party_id", "end_user"):
		return Accounts
	case one("engagement_id", "party_name", "party_id") && all("kind") && one("decided", "outcome"):
		return Approvals
	case one("party_name", "party_id") && all("hours"):
		return Support
	case all("kind", "date") && one("source", "event_id"):
		return Events
	case isPlaces(one):
		return Places
	case isHoldings(one):
		return Holdings
	case isProducts(one):
		return Products
	}
	return ""
}

// key folds a header's spelling: case, spaces, dashes and underscores do not count.
func key(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '_', '\t', '\n', '\r', '\u00a0', '\ufeff', '\u2010', '\u2011', '\u2013':
			return -1
		}
		return r
	}, strings.ToLower(s))
}

// Decode reads one register table, CSV or XLSX, or those of obligations in YAML, and emits their records.
func Decode(ctx context.Context, src record.Source, sink record.Sink) (record.Stats, error) {
	head, err := src.Head()
	if err != nil {
		return record.Stats{}, named(src, err)
	}
	if IsWorkbook(head) {
		return DecodeXLSX(ctx, src, sink)
	}
	if IsYAML(head) {
		d := newDecoder(ctx, src, sink)
		err := d.decodeYAML()
		return d.end(), err
	}
	kind, delim, ok := recognise(head)
	if !ok {
		return record.Stats{}, fmt.Errorf("read %s: its header is none of the register tables", src.Name)
	}
	text, err := src.Open()
	if err != nil {
		return record.Stats{}, err
	}
	defer text.Close()
	d := newDecoder(ctx, src, sink)
	in := newCSV(text, delim)
	header, err := in.header()
	if err != nil {
		return d.stats, named(src, err)
	}
	err = d.run(in, bind(kind, header, nil))
	in.report(d)
	return d.end(), err
}

func named(src record.Source, err error) error {
	if strings.Contains(err.Error(), src.Name) {
		return err
	}
	return fmt.Errorf("read %s: %w", src.Name, err)
}

// A line is one row as the file holds it. The slice is good until the next one.
type line struct {
	cells []string
	row   int // physical line of a text, row of a sheet
}

// decoder carries what one file's reading needs and counts.
type decoder struct {
	ctx    context.Context
	src    record.Source
	sink   record.Sink
	stats  record.Stats
	notes  map[string]int // "…: %d rows" → how many; a sentence without %d stands for itself
	empty  int
	doubts map[string]*doubts
	at     func(row int) string
	// how cells are written in this file
	sheet    bool // cells of a workbook: numbers are binary floats, dates may be serials
	date1904 bool
}

func newDecoder(ctx context.Context, src record.Source, sink record.Sink) *decoder {
	return &decoder{ctx: ctx, src: src, sink: sink, notes: map[string]int{}, doubts: map[string]*doubts{},
		stats: record.Stats{Extra: map[string]int{}}, at: rowAt}
}

func rowAt(row int) string { return "row " + strconv.Itoa(row) }

// end sorts the notes into the stats.
func (d *decoder) end() record.Stats {
	if d.empty > 0 {
		d.notes["without any value, skipped: %d rows"] += d.empty
	}
	for text, n := range d.notes {
		if strings.Contains(text, "%d") {
			if n == 1 {
				text = strings.Replace(text, "%d rows", "%d row", 1)
			}
			text = strings.Replace(text, "%d", strconv.Itoa(n), 1)
		}
		d.stats.Notes = append(d.stats.Notes, text)
	}
	d.stats.Notes = append(d.stats.Notes, d.doubtNotes()...)
	sort.Strings(d.stats.Notes)
	if d.stats.Rows > 0 && d.stats.Rejects == d.stats.Rows && d.stats.Kept == 0 {
		d.stats.Unusable = "none of its rows can be used"
	}
	d.notes, d.empty, d.doubts = map[string]int{}, 0, map[string]*doubts{}
	return d.stats
}

func (d *decoder) reject(row int, x record.Reject) error {
	d.stats.Rejects++
	x.File, x.At = d.src.Name, d.at(row)
	return d.sink.Reject(x)
}

// refuse counts a row that is no record; cells are what it holds. meant: the mapping says so itself.
func (d *decoder) refuse(b *binding, row int, cells []string, reason string, meant bool) error {
	if err := d.reject(row, record.Reject{Kind: b.kind, Reason: reason, Cells: slices.Clone(cells), Kept: meant}); err != nil || !b.raw {
		return err
	}
	return d.sink.Record(&MappedRow{Row: row, At: d.at(row), Reason: reason, Meant: meant})
}

// lines is where rows come from: a text or a sheet.
type lines interface {
	next() (line, error) // io.EOF at the end; *delimited.BadRow for a row that cannot be split
}

// run reads rows until the end. The header has been read.
func (d *decoder) run(in lines, b *binding) error {
	r := row{d: d, kind: b.kind}
	d.stats.Table = b.kind
	for n := 0; ; n++ {
		if n&1023 == 0 && d.ctx.Err() != nil {
			return fmt.Errorf("read %s: %w", d.src.Name, d.ctx.Err())
		}
		l, err := in.next()
		if cut := cutOff(in, l, err, b); cut != nil {
			err = cut
		}
		if bad, ok := errors.AsType[*delimited.BadRow](err); ok {
			d.stats.Rows++
			if err := d.refuse(b, bad.Line, nil, bad.Reason, false); err != nil {
				return err
			}
			continue
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && d.ctx.Err() == nil && record.Damaged(err) {
			d.stats.Failed = record.CutNote(d.src.Name, d.stats.Rows, err)
			d.notes["not read to its end: the file is cut short or damaged"] = 1
			return nil
		}
		if err != nil {
			return named(d.src, err)
		}
		if blank(l.cells) {
			if len(l.cells) > 1 {
				d.empty++
			}
			continue
		}
		d.stats.Rows++
		if err := d.one(&r, l, b); err != nil {
			return err
		}
	}
}

// cutOff says that a text breaks off within the row that was read, nil where it does not. What stood behind is not
// known.
func cutOff(in lines, l line, err error, b *binding) error {
	text, ok := in.(interface{ CutOff(got, want int) error })
	if _, broken := errors.AsType[*delimited.BadRow](err); !ok || err != nil && !broken || err == nil &&
		blank(l.cells) {
		return nil
	}
	return text.CutOff(len(l.cells), b.width)
}

func (d *decoder) one(r *row, l line, b *binding) error {
	if reason := b.ragged(l.cells, d.sheet); reason != "" {
		return d.refuse(b, l.row, l.cells, reason, false)
	}
	for _, x := range b.extra {
		if x.i >= len(l.cells) {
			break
		}
		if s := l.cells[x.i]; s != "" && strings.TrimSpace(s) != "" {
			d.stats.Extra[x.name]++
		}
	}
	r.cells, r.place, r.n = l.cells, record.Place{Source: d.src.Index, At: d.at(l.row)}, l.row
	r.bad, r.refused, r.doubts, r.meant = "", "", nil, false
	if b.translate != nil {
		if reason := b.translate(l, r); reason != "" {
			return d.refuse(b, l.row, l.cells, reason, r.meant)
		}
	}
	rec := b.build(r)
	if e, ok := rec.(*record.Engagement); ok && len(b.extra) > 0 {
		hidden := r.hides(b.extra, l.cells, e.Kind == record.KindTender)
		for _, h := range hidden {
			d.notes["the column "+h.Column+" may name parties and was not read: %d rows"]++
		}
		e.Hidden = append(e.Hidden, hidden...)
	}
	if r.bad != "" {
		return d.reject(l.row, record.Reject{Kind: b.kind, Reason: r.bad, Of: rec})
	}
	if len(r.doubts) > 0 {
		b.doubtful(rec, r.doubts)
	}
	if r.refused == "" {
		d.stats.Records++
	} else {
		d.stats.Kept++
		if err := d.reject(l.row, record.Reject{Kind: b.kind, Reason: r.refused, Kept: true}); err != nil {
			return err
		}
	}
	return d.sink.Record(rec)
}

func blank(cells []string) bool {
	for _, c := range cells {
		if c != "" && strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}
