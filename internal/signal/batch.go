package signal

import (
	"context"
	"fmt"
	"strings"
	"time"

	"plimsoll/internal/finding"
)

// rowCap bounds the evidence rows and the keys that one subject carries; a last row says
// how many there are.
const rowCap = 200

// batchSize is how many subjects are held in memory at a time.
const batchSize = 4096

// Facts yields the signals of every subject of a kind (OfParty, OfEngagement, OfAccount),
// engagements and accounts by key, parties by number. The Facts may be kept.
// Ages are counted to asOf; claims published later are not there yet.
func (b *Book) Facts(ctx context.Context, asOf time.Time, kind string, yield func(*Facts) error) error {
	if err := b.prepare(ctx); err != nil {
		return err
	}
	switch kind {
	case OfEngagement:
		return b.engagementFacts(ctx, asOf, yield)
	case OfAccount:
		return b.accountFacts(ctx, yield)
	case OfParty:
		return b.partyFacts(ctx, asOf, yield)
	}
	return fmt.Errorf("compute signals: no kind of subject is called %q", kind)
}

var defs = func() map[string]Def {
	m := make(map[string]Def, len(Catalogue))
	for _, d := range Catalogue {
		m[d.Name] = d
	}
	return m
}()

func newFacts(s finding.Subject) *Facts {
	return &Facts{Subject: s, Values: map[string]any{}, Missing: map[string][]string{}, Absent: map[string]bool{}}
}

// A cell is the value of a signal before it is known whether it can stand.
type cell struct {
	name  string
	value any      // nil: not known for this subject
	needs []string // the columns that would have told; the catalogue's when nil
	any   bool     // one of the catalogue's columns is enough
}

// put sets a signal, or says why it is missing: because the run lacks a column (then the
// column is Absent), or because the subject's own rows do not tell. lacks are the columns
// that the sources of this subject do not have.
func (b *Book) put(f *Facts, lacks func(column string) bool, c cell) {
	def, ok := defs[c.name]
	if !ok {
		panic("signal: " + c.name + " is not in the catalogue")
	}
	var absent, own []string
	for _, col := range def.Columns {
		switch {
		case !b.Has(col):
			absent = append(absent, col)
		case lacks != nil && lacks(col):
			own = append(own, col)
		}
	}
	if c.any && len(absent)+len(own) < len(def.Columns) {
		absent, own = nil, nil
	}
	missing := append(absent, own...)
	if len(missing) == 0 && c.value == nil {
		missing = c.needs
		if missing == nil {
			missing = def.Columns
		}
		for _, col := range missing {
			if !b.Has(col) {
				absent = append(absent, col)
			}
		}
	}
	if len(missing) == 0 && c.value != nil {
		f.Values[c.name] = c.value
		return
	}
	f.Missing[c.name] = missing
	for _, col := range absent {
		f.Absent[col] = true
	}
}

// lacking tells from the bits of a table's rows whether the subject's sources lack a column.
func lacking(t tableID, bits int64) func(string) bool {
	prefix := registerName[t] + "."
	return func(column string) bool {
		name, ok := strings.CutPrefix(column, prefix)
		return ok && bits&columnBit(t, name) != 0
	}
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

func (b *Book) partyName(p int32) string {
	if p < 0 || int(p) >= len(b.parties) {
		return ""
	}
	return b.parties[p].Name
}

func (b *Book) partyID(p int32) string {
	if p < 0 || int(p) >= len(b.parties) {
		return ""
	}
	return string(b.parties[p].ID)
}

// class returns the end-user class of a party, "unknown" when nothing tells.
func (b *Book) class(p int32) string {
	if p < 0 || int(p) >= len(b.classes) || b.classes[p].Name == "" {
		return "unknown"
	}
	return b.classes[p].Name
}

func (b *Book) government(p int32) bool {
	if p < 0 || int(p) >= len(b.parties) {
		return false
	}
	return b.parties[p].Kind == "public_body" || Security(b.class(p))
}

func (b *Book) identified(p int32) bool {
	if p < 0 || int(p) >= len(b.parties) {
		return false
	}
	for _, id := range b.parties[p].Identifiers {
		if !id.Empty() {
			return true
		}
	}
	return false
}
