package signal

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"plimsoll/internal/book"
	"plimsoll/internal/record"
)

// Rows that could not be read, and whom what is not known because of them concerns:
//
//   - A row that names somebody leaves open what may follow from it for those whom it names, and for nobody else
//     ([Run.tornGaps]; package book says when a row does).
//   - A row that names nobody may be anybody's, but it is one row: k such rows concern about k subjects of many. What
//     they say is asked of a subject of its own, the rows themselves, and is not computable for it: one line for the
//     run and each flag ([Run.Nameless]). Unknown is never clear, since a reader of "not raised" has that line beside
// it.
//   - Where such rows are more than [fewLost] of their table, each answer that rests on the table is open for
//     everybody: unknown is no refuge for a subject while few rows are lost, and no clearance once many are.
//
// A file of which nothing could be read, and a table or column that is not there, concern everybody ([Run.lost]).

// fewLost is the share of the rows of a table that may be lost without a name before that leaves the table's flags open
// for everybody. It is the share of answers that may be not computable on records that are otherwise complete
// (TestQualityUnknown).
const fewLost = 0.02

// tornKey is whom rows concern: the id of a party or, of clauses and approvals, of an engagement.
type tornKey struct{ who, table string }

// tear notes whom the rows concern that could not be used.
func (run *Run) tear() {
	run.torn = map[tornKey]int64{}
	for _, t := range run.tornRows {
		seen := map[tornKey]bool{}
		add := func(who string) {
			if k := (tornKey{who, t.Table}); who != "" && !seen[k] {
				seen[k] = true
				run.torn[k]++
			}
		}
		for _, m := range t.Mentions {
			if p := run.in.ByMention[m]; p >= 0 {
				add(run.partyID(p))
			}
		}
		for _, id := range t.Engagements {
			add(id)
		}
	}
}

// tornGaps are the rows of tables that could not be read and name a party or engagement.
func (run *Run) tornGaps(who string, tables ...string) []Gap {
	var out []Gap
	for _, table := range tables {
		if n := run.torn[tornKey{who, table}]; n > 0 {
			out = append(out, Gap{Reason: RowRejected, Column: table, Rows: n})
		}
	}
	return out
}

// tornBehind are the rows that could not be read and would feed a signal of a subject.
func (run *Run) tornBehind(f *Facts, d *Def) []Gap {
	if len(run.torn) == 0 {
		return nil
	}
	var out []Gap
	for _, table := range tablesOf(d) {
		switch {
		case d.Of == OfParty:
			out = append(out, run.tornGaps(f.Subject.ID, table)...)
		case table == book.Engagements && !amended[d.Name], table == book.Accounts && d.Name != "account.handovers":
			// The row of the subject itself was read; another row of its parties changes what later rows change alone.
		case table == book.Engagements || table == book.Accounts:
			out = append(out, run.tornGaps(f.Subject.Party, table)...)
		case d.Of == OfEngagement:
			out = append(out, run.tornGaps(f.Subject.ID, table)...)
		}
	}
	return out
}

// amended are the signals of an engagement that a later row of it changes.
var amended = map[string]bool{"engagement.value_growth": true, "engagement.capability_added": true,
	"engagement.addition_reviewed": true}

// alsoFrom are tables that feed signals beside those of their columns in the catalogue.
var alsoFrom = map[string][]string{
	"usage.surges": {book.Events}, "usage.relocations": {book.Events, book.Claims}, "usage.absences": {book.Claims,
		book.Accounts},
	"usage.reappears": {book.Accounts}, "account.handovers": {book.Events, book.Claims},
}

// tablesOf are the tables that feed a signal.
func tablesOf(d *Def) []string {
	out := slices.Clone(alsoFrom[d.Name])
	for _, c := range d.Columns {
		table, _, _ := strings.Cut(c, ".")
		out = append(out, table)
	}
	return sorted(out)
}

// feeds reports whether rows of a table feed a signal; rows of engagements and accounts are subjects themselves.
func feeds(d *Def, table string) bool {
	return table == book.Engagements && d.Of == OfEngagement || table == book.Accounts && d.Of == OfAccount ||
		slices.Contains(tablesOf(d), table)
}

// everybody reports whether rows of a table that name nobody are so many that they leave it open for everybody.
func (run *Run) everybody(table string) bool {
	n := run.book.Rejected(table)
	return float64(n) > fewLost*float64(n+run.book.Rows(table))
}

// namelessGap is what is not known of everybody because of rows that name nobody, nil while these are few.
func (run *Run) namelessGap(table string) *Gap {
	if !run.everybody(table) {
		return nil
	}
	return &Gap{Reason: RowRejected, Column: table, What: nobody, Rows: run.book.Rejected(table)}
}

// nobody is how gaps call rows that name nobody.
const nobody = "naming nobody for certain"

// A Nameless is what the records of a table say of nobody who is asked about.
type Nameless struct {
	Table   string
	Gaps    []Gap
	Rows    int64 // that name nobody
	Files   int   // of which nothing could be read: whom they name is not known
	Parties int   // whom statements of ownership alone name, where engagements are missing that may be theirs
	Hidden  int64 // texts that may name parties who are not told apart
}

// Nameless lists what may concern somebody who cannot be named, by table, and those whom no rule asks about because
// nothing but statements of ownership names them while engagements are known to be missing.
func (run *Run) Nameless(ctx context.Context) ([]Nameless, error) {
	var out []Nameless
	for _, table := range append(book.Tables(), book.Ownership) {
		if files := run.book.Unread(table); len(files) > 0 {
			out = append(out, Nameless{Table: table, Files: len(files), Gaps: []Gap{{Reason: RowRejected, Column: table,
				What: fileNames(files)}}})
			continue
		}
		if n := run.book.Rejected(table) + run.book.Unplaced(table); n > 0 {
			out = append(out, Nameless{Table: table, Rows: n, Gaps: []Gap{{Reason: RowRejected, Column: table,
				What: nobody, Rows: n}}})
		}
	}
	if x, ok := run.hidden(); ok {
		out = append(out, x)
	}
	missing := run.missingDeals()
	if len(missing) == 0 {
		return out, nil
	}
	asked, err := run.subjects(ctx)
	if err != nil {
		return nil, err
	}
	n := 0
	for p := range run.in.Parties {
		if !asked[p] && (run.has(int32(p), book.Owner) || run.has(int32(p), book.Owned)) {
			n++
		}
	}
	if n > 0 {
		out = append(out, Nameless{Table: book.Engagements, Parties: n, Gaps: missing})
	}
	return out, nil
}

// hidden is whoever may be named in texts of engagements that were not told apart.
func (run *Run) hidden() (Nameless, bool) {
	x := Nameless{Table: book.Engagements}
	for in, n := range run.book.Hidden() {
		what := in.Column
		switch in.Why {
		case record.HiddenList:
			what += ", one name or several"
		case record.HiddenMembers:
			what += ", groups without their members"
		case record.HiddenNames:
			what += ", bidders without a name"
		case record.HiddenNumber:
			what += ", more than are named"
		}
		x.Hidden += n
		x.Gaps = append(x.Gaps, Gap{Reason: PartyUnread, Column: book.Engagements + ".tenderers", What: what, Rows: n})
	}
	slices.SortFunc(x.Gaps, func(a, b Gap) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.What,
			b.What))
	})
	return x, x.Hidden > 0
}

// fileNames are the names of files that could not be read, without the reasons, which rejects.jsonl holds.
func fileNames(unread []string) string {
	names := make([]string, 0, len(unread))
	for _, f := range unread {
		name, _, _ := strings.Cut(f, ": ")
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// missingDeals is why engagements are known to be missing that may be anybody's: no register of them, a file of it that
// could not be read, or more than a few that other tables name and of which there is no record.
func (run *Run) missingDeals() []Gap {
	if !run.Has(book.Engagements) {
		return []Gap{{Reason: ColumnAbsent, Column: book.Engagements}}
	}
	var out []Gap
	if lost := run.lost(book.Engagements); lost != nil {
		out = append(out, *lost)
	}
	if n := run.orphans; float64(n) > fewLost*float64(n+run.book.Rows(book.Engagements)) {
		out = append(out, Gap{Reason: Unstated, Column: "engagements.engagement_id", What: run.firstOrphan, Rows: n})
	}
	return out
}

// Feeds returns whether rows of a table feed a signal.
func Feeds(signal, table string) bool {
	d, ok := defs[signal]
	return ok && feeds(&d, table)
}
