package signal

import (
	"context"
	"database/sql"
	"sync"

	"golang.org/x/sync/errgroup"

	"plimsoll/internal/record"
)

// An engagement as its rows tell it.
type engagement struct {
	n        int64
	id       string
	versions []version
	amended  []amendment
	clauses  []clauseRow
	gates    []gate
}

type version struct {
	source                           int
	at, kind                         string
	seller, buyer, endUser, reseller int32 // parties
	text                             string
	value                            sql.NullFloat64
	currency                         string
	signed, signedLast, start, end   sql.NullTime // signedLast: the last day that signed may be
	withheld, published              bool
	method                           string
	urgent                           sql.NullBool
	lacks                            int64
	payer, consignee                 int32
	destination, delivery, endUse    string
	bids, tenderDays                 sql.NullFloat64
	ledTo                            int32 // as [record.Engagement.LedTo]
	changes                          record.ChangesOf
	items                            []item
}

type item struct {
	text, scheme, code, unit string
	quantity                 sql.NullFloat64
	capabilities, controlled []string
	may                      []string // of what is not understood; nil when any
	understood, hints        bool
}

type amendment struct {
	source        int
	at            string
	before, after sql.NullFloat64
	currency      string
	day           sql.NullTime
	endBefore     sql.NullTime // last day before and after
	endAfter      sql.NullTime
}

type clauseRow struct {
	source              int
	at, clause, present string
	lacks               int64
}

// row is a clause as evidence.
func (c clauseRow) row() Row {
	feeds := "engagement.clauses"
	if c.clause == "no_restriction" || c.clause == "exit_penalty" || c.clause == "secrecy" {
		feeds = "engagement." + c.clause
	}
	return Row{Signal: feeds, Source: c.source, At: c.at, Says: "clause " + plain(c.clause) + ": " +
		latest("not stated", c.present)}
}

type gate struct {
	own        bool   // for this engagement, not for its party at large
	engagement string // that it was for, "" for a party at large
	unsure     bool   // more than one engagement fits the id that it bears
	party      int32  // that it names, -1 for none
	after      bool   // decided after the day of the review
	source     int
	at, kind   string
	decided    sql.NullTime
	decidedDay bool
	outcome    string
	paid       string
	lacks      int64
	until      sql.NullTime    // last day on which what was granted holds
	quantity   sql.NullFloat64 // that was granted; not valid when no limit is stated
	unit       string
}

const (
	versionsSQL = `
SELECT n, id, source, place, kind, seller, buyer, end_user, end_user_text, reseller, CAST(value AS DOUBLE), currency,
       signed, signed_last, start_on, end_on, method, urgent, withheld, published, lacks, payer, destination, consignee,
       CAST(bids AS DOUBLE), CAST(tender_days AS DOUBLE), changes, delivery, end_use, led_to
FROM engagement_version WHERE n > $1 AND n <= $2 ORDER BY n, version`
	itemsSQL = `
SELECT n, version, text, scheme, code, CAST(quantity AS DOUBLE), unit, capabilities, controlled, understood, hints, may
FROM engagement_item WHERE n > $1 AND n <= $2 ORDER BY n, version, line`
	amendmentsSQL = `
SELECT n, source, place, CAST(before AS DOUBLE), CAST(after AS DOUBLE), currency, day, end_before, end_after
FROM engagement_amendment WHERE n > $1 AND n <= $2 ORDER BY n, day NULLS LAST, seq`
	clausesSQL = `
SELECT n, source, place, clause, present, lacks FROM engagement_clause WHERE n > $1 AND n <= $2 ORDER BY n, clause, present, seq`
	gatesSQL = `
SELECT n, own, engagement, who, source, place, kind, decided, decided_day, outcome, paid, lacks, after, valid_until, CAST(quantity AS DOUBLE), unit
FROM engagement_approval WHERE n > $1 AND n <= $2 ORDER BY n, kind, decided NULLS LAST, outcome, seq`
)

// mostKept is how many engagements stay in memory once they are read, of a run that holds no more: they are walked
// through three times. A hundred thousand of them stood within a peak of 1.4 GiB (docs/performance.md).
const mostKept = 200_000

// engagements reads all of them in batches, by id.
func (run *Run) engagements(ctx context.Context, yield func([]engagement) error) error {
	return run.someEngagements(ctx, "", func(list []engagement, _ func(int64) bool) error { return yield(list) })
}

// someEngagements reads those whose numbers a query returns, all without one, in batches, by id. A batch holds others
// too; wanted reports which are meant.
func (run *Run) someEngagements(ctx context.Context, query string, yield func(list []engagement,
	wanted func(n int64) bool) error) error {
	list, wanted, err := run.stretches(ctx, "engagement_subject", query)
	if err != nil {
		return err
	}
	keep := query == "" && len(list) > 0 && list[len(list)-1].to <= mostKept
	if keep && run.kept == nil {
		run.kept = map[stretch][]engagement{}
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	read := func(i int) func() ([]engagement, error) {
		if i >= len(list) {
			return nil
		}
		if batch, ok := run.kept[list[i]]; ok {
			return func() ([]engagement, error) { return batch, nil }
		}
		batch := sync.OnceValues(func() ([]engagement, error) {
			return run.engagementBatch(ctx, list[i].from,
				list[i].to)
		})
		go batch()
		return batch
	}
	next := read(0)
	for i, s := range list {
		this := next
		next = read(i + 1) // while this one is waited for and worked on
		batch, err := this()
		if err == nil {
			if keep {
				run.kept[s] = batch
			}
			err = yield(batch, wanted)
		}
		if err != nil {
			stop()
			if next != nil {
				_, _ = next()
			}
			return err
		}
	}
	return nil
}

func (run *Run) engagementBatch(ctx context.Context, from, to int64) ([]engagement, error) {
	batch := make([]engagement, to-from)
	at := func(n int64) *engagement { return &batch[n-from-1] }
	reads := run.engagementReads(at)
	// items follow the versions that they are of; the others fill fields of their own
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return run.readAll(ctx, reads[:2], from, to) })
	g.Go(func() error { return run.readAll(ctx, reads[2:], from, to) })
	return batch, g.Wait()
}

// engagementReads is a flat table: what is read about an engagement.
func (run *Run) engagementReads(at func(int64) *engagement) []read {
	return []read{
		{"read engagements", versionsSQL, func(r *sql.Rows) error {
			var n int64
			var id string
			v, err := run.scanVersion(r, &n, &id)
			if err != nil {
				return err
			}
			e := at(n)
			e.n, e.id = n, id
			e.versions = append(e.versions, v)
			return nil
		}},
		{"read items", itemsSQL, func(r *sql.Rows) error {
			var n, ver int64
			var it item
			var capabilities, controlled, may string
			if err := r.Scan(&n, &ver, &it.text, &it.scheme, &it.code, &it.quantity, &it.unit, &capabilities,
				&controlled,
				&it.understood, &it.hints, &may); err != nil {
				return err
			}
			it.capabilities, it.controlled, it.may = unpack(capabilities), unpack(controlled), unpack(may)
			v := &at(n).versions[ver-1]
			v.items = append(v.items, it)
			return nil
		}},
		{"read amendments", amendmentsSQL, func(r *sql.Rows) error {
			var n int64
			var a amendment
			if err := r.Scan(&n, &a.source, &a.at, &a.before, &a.after, &a.currency, &a.day, &a.endBefore, &a.endAfter); err != nil {
				return err
			}
			at(n).amended = append(at(n).amended, a)
			return nil
		}},
		{"read clauses", clausesSQL, func(r *sql.Rows) error {
			var n int64
			var c clauseRow
			if err := r.Scan(&n, &c.source, &c.at, &c.clause, &c.present, &c.lacks); err != nil {
				return err
			}
			at(n).clauses = append(at(n).clauses, c)
			return nil
		}},
		{"read approvals", gatesSQL, func(r *sql.Rows) error {
			var n int64
			g, err := run.scanGate(r, &n)
			if err != nil {
				return err
			}
			at(n).gates = append(at(n).gates, g)
			return nil
		}},
	}
}

func (run *Run) scanVersion(r *sql.Rows, n *int64, id *string) (v version, err error) {
	var seller, buyer, endUser, reseller, payer, consignee sql.NullInt32
	err = r.Scan(n, id, &v.source, &v.at, &v.kind, &seller, &buyer, &endUser, &v.text, &reseller, &v.value, &v.currency,
		&v.signed, &v.signedLast, &v.start, &v.end, &v.method, &v.urgent, &v.withheld, &v.published, &v.lacks,
		&payer, &v.destination, &consignee, &v.bids, &v.tenderDays, &v.changes, &v.delivery, &v.endUse, &v.ledTo)
	v.seller, v.buyer, v.endUser, v.reseller = run.partyOf(seller), run.partyOf(buyer), run.partyOf(endUser),
		run.partyOf(reseller)
	v.payer, v.consignee = run.partyOf(payer), run.partyOf(consignee)
	return v, err
}

func (run *Run) scanGate(r *sql.Rows, n *int64) (g gate, err error) {
	var who sql.NullInt32
	err = r.Scan(n, &g.own, &g.engagement, &who, &g.source, &g.at, &g.kind, &g.decided, &g.decidedDay, &g.outcome,
		&g.paid,
		&g.lacks, &g.after, &g.until, &g.quantity, &g.unit)
	g.party, g.unsure = index(who), len(run.unsure[g.engagement]) > 0
	return g, err
}

// partyOf returns the party that a mention was resolved to, -1 for none.
func (run *Run) partyOf(mention sql.NullInt32) int32 {
	if !mention.Valid {
		return -1
	}
	return run.in.ByMention[mention.Int32]
}
