package signal

import (
	"context"
	"database/sql"
	"fmt"

	"plimsoll/internal/book"
	"plimsoll/internal/finding"
)

// orphanSQL are the engagements that clauses or approvals name while no record of the run holds
// them: an id that slipped, or a register that was not handed over. They are subjects like others,
// of which nothing but those rows is known.
const orphanSQL = `
SELECT id, CAST(row_number() OVER (ORDER BY id) AS BIGINT) AS n
FROM (SELECT engagement AS id FROM clause UNION SELECT engagement FROM approval) o
WHERE id <> '' AND id NOT IN (SELECT id FROM engagement) AND id NOT IN (SELECT named FROM engagement_unsure)`

const (
	orphansSQL       = `SELECT n, id FROM orphan WHERE n > $1 AND n <= $2 ORDER BY n`
	orphanClausesSQL = `
SELECT o.n, c.source, c.place, c.clause, c.present, c.lacks FROM (
  SELECT *, row_number() OVER (PARTITION BY engagement, content ORDER BY seq) AS copy FROM clause) c
JOIN orphan o ON o.id = c.engagement WHERE c.copy = 1 AND o.n > $1 AND o.n <= $2 ORDER BY o.n, c.clause, c.present, c.seq`
	orphanGatesSQL = `
SELECT o.n, TRUE, a.engagement, a.who, a.source, a.place, a.kind, a.decided, a.decided_day, a.outcome, a.paid, a.lacks, a.after, a.valid_until, CAST(a.quantity AS DOUBLE), a.unit
FROM approval_row a JOIN orphan o ON o.id = a.engagement WHERE o.n > $1 AND o.n <= $2
ORDER BY o.n, a.kind, a.decided NULLS LAST, a.outcome, a.seq`
)

// findOrphans makes the table of engagements without a record, and counts them.
func (run *Run) findOrphans(ctx context.Context) error {
	if run.based() {
		return nil
	}
	if err := run.book.Derive(ctx, "orphan", orphanSQL); err != nil {
		return err
	}
	var first sql.NullString
	if err := run.db.QueryRowContext(ctx, "SELECT count(*), min(id) FROM orphan").Scan(&run.orphans, &first); err != nil {
		return fmt.Errorf("count engagements without a record: %w", err)
	}
	run.firstOrphan = first.String
	return nil
}

// orphanFacts computes the facts of every engagement without a record.
func (run *Run) orphanFacts(ctx context.Context, yield func(batch) error) error {
	for from := int64(0); from < run.orphans; from += batchSize {
		list, err := run.orphanBatch(ctx, from, min(from+batchSize, run.orphans))
		if err != nil {
			return err
		}
		if err := yield(batch{len(list), func(i int) *Facts { return run.orphanFact(&list[i]) }}); err != nil {
			return err
		}
	}
	return nil
}

func (run *Run) orphanBatch(ctx context.Context, from, to int64) ([]engagement, error) {
	batch := make([]engagement, to-from)
	at := func(n int64) *engagement { return &batch[n-from-1] }
	err := run.book.Each(ctx, "read engagements without a record", orphansSQL, func(r *sql.Rows) error {
		var n int64
		var id string
		if err := r.Scan(&n, &id); err != nil {
			return err
		}
		*at(n) = engagement{n: n, id: id, versions: []version{{seller: -1, buyer: -1, endUser: -1, reseller: -1,
			payer: -1, consignee: -1}}}
		return nil
	}, from, to)
	if err != nil {
		return nil, err
	}
	err = run.book.Each(ctx, "read clauses", orphanClausesSQL, func(r *sql.Rows) error {
		var n int64
		var c clauseRow
		if err := r.Scan(&n, &c.source, &c.at, &c.clause, &c.present, &c.lacks); err != nil {
			return err
		}
		at(n).clauses = append(at(n).clauses, c)
		return nil
	}, from, to)
	if err != nil {
		return nil, err
	}
	err = run.book.Each(ctx, "read approvals", orphanGatesSQL, func(r *sql.Rows) error {
		var n int64
		g, err := run.scanGate(r, &n)
		if err != nil {
			return err
		}
		at(n).gates = append(at(n).gates, g)
		return nil
	}, from, to)
	return batch, err
}

// orphanFact are the facts of an engagement of which no record is there: what its clauses say and
// how its gates were decided is known, all else is not.
func (run *Run) orphanFact(e *engagement) *Facts {
	f := newFacts(OfEngagement, finding.Subject{Kind: OfEngagement, ID: e.id, Name: e.id})
	f.Engagements = []string{e.id}
	run.clauseFacts(f, e)
	run.gateFacts(f, e)
	var list rowList
	for _, c := range e.clauses {
		list.add(c.row())
	}
	for _, g := range e.gates {
		list.add(Row{Signal: "engagement.review", Source: g.source, At: g.at, Says: g.says()})
		if f.Subject.Party == "" {
			f.Subject.Party = run.partyID(g.party)
		}
	}
	f.Rows = list.done()
	why := Gap{Reason: Unstated, Column: "engagements.engagement_id", What: e.id, Rows: 1}
	if !run.Has(why.Column) {
		why.Reason = ColumnAbsent
	}
	for _, d := range Catalogue {
		if d.Of != OfEngagement || f.Values[d.Name] != nil && saidOfOrphans[d.Name] || len(f.Gaps[d.Name]) > 0 {
			continue
		}
		delete(f.Values, d.Name)
		run.settle(f, d, nil, false, []Gap{why})
	}
	return f
}

// saidOfOrphans are the signals that clauses and approvals alone tell.
var saidOfOrphans = map[string]bool{
	"engagement.clauses_missing": true, "engagement.clauses_known": true, "engagement.no_restriction": true,
	"engagement.exit_penalty": true, "engagement.secrecy": true, "engagement.review": true,
	"engagement.paid_approver": true,
	"engagement.gates":         true, "engagement.licence": true,
}

// unseenDeals is what is not known of the deals of everybody: engagements that other tables name
// and of which there is no record, and files and rows of engagements that could not be read.
func (run *Run) unseenDeals() []Gap {
	var out []Gap
	if run.orphans > 0 {
		out = append(out, Gap{Reason: Unstated, Column: "engagements.engagement_id", What: run.firstOrphan,
			Rows: run.orphans})
	}
	if lost := run.lost(book.Engagements); lost != nil {
		out = append(out, *lost)
	}
	if g := run.namelessGap(book.Engagements); g != nil {
		out = append(out, *g)
	}
	return out
}

// rolesGap is what is not known of the roles of a party that no deal names: whoever passed a gate
// or was given support has a deal that is not on file; somebody of whom only claims or events speak
// may have one where deals are known to be missing. Whom a row names that could not be used has one.
func (run *Run) rolesGap(p int32) []Gap {
	torn := run.tornGaps(run.partyID(p), book.Engagements)
	for role := range run.rolesIn(p) {
		switch role {
		case book.Claimed, book.InEvent, book.Approved, book.Supports:
		default:
			return torn
		}
	}
	out := append(run.unseenDeals(), torn...)
	if len(out) == 0 && (run.has(p, book.Approved) || run.has(p, book.Supports)) {
		out = []Gap{{Reason: Unstated, Column: "engagements.engagement_id", Rows: 1}}
	}
	return out
}
