package signal

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"
)

// The tables that are made from the records once these are complete. Each is sorted by the
// number of its subject, so that a batch of subjects is a range that DuckDB's zone maps
// find without reading the rest. Copies of a row are gone; versions are numbered.
//
// Standard SQL, but for CREATE OR REPLACE TABLE … AS.
var engagementSQL = []query{
	{"engagement_subject", `
SELECT id, CAST(row_number() OVER (ORDER BY id) AS BIGINT) AS n
FROM (SELECT DISTINCT id FROM engagement WHERE signed IS NULL OR signed <= {day}) d`},

	// A repeated id with other content is an amended version, in the order of signature, then of the source.
	{"engagement_version", `
SELECT s.n, v.version, e.* FROM (
  SELECT seq, id, row_number() OVER (PARTITION BY id ORDER BY signed NULLS LAST, seq) AS version
  FROM (SELECT seq, id, signed, row_number() OVER (PARTITION BY id, content ORDER BY seq) AS copy
    FROM engagement WHERE signed IS NULL OR signed <= {day}) c
  WHERE copy = 1) v
JOIN engagement e ON e.seq = v.seq JOIN engagement_subject s ON s.id = v.id
ORDER BY s.n, v.version`},

	{"engagement_item", `
SELECT v.n, v.version, i.line, i.text, i.scheme, i.code, i.quantity, i.unit,
       coalesce(k.capabilities, '') AS capabilities, coalesce(k.controlled, '') AS controlled,
       coalesce(k.understood, FALSE) AS understood, coalesce(k.hints, FALSE) AS hints,
       coalesce(k.may, '') AS may
FROM item i JOIN engagement_version v ON v.seq = i.engagement
LEFT JOIN item_class k ON k.text = coalesce(i.text, '') AND k.scheme = coalesce(i.scheme, '') AND k.code = coalesce(i.code, '')
ORDER BY v.n, v.version, i.line`},

	{"engagement_amendment", `
SELECT s.n, a.* FROM (SELECT *, row_number() OVER (PARTITION BY engagement, content ORDER BY seq) AS copy FROM amendment
  WHERE day IS NULL OR day <= {day}) a
JOIN engagement_subject s ON s.id = a.engagement WHERE a.copy = 1
ORDER BY s.n, a.day NULLS LAST, a.seq`},

	{"engagement_clause", `
SELECT s.n, c.* FROM (SELECT *, row_number() OVER (PARTITION BY engagement, content ORDER BY seq) AS copy FROM clause) c
JOIN engagement_subject s ON s.id = c.engagement WHERE c.copy = 1
ORDER BY s.n, c.seq`},

	{"approval_row", `
SELECT a.*, m.party AS who, coalesce(a.decided > {day}, FALSE) AS after FROM (SELECT *, row_number() OVER (PARTITION BY engagement, content ORDER BY seq) AS copy FROM approval) a
LEFT JOIN party_map m ON m.mention = a.party WHERE a.copy = 1`},

	// A gate for a party, without an engagement, counts for every engagement of that party as end user, or as buyer
	// where no end user is stated.
	{"engagement_party", `
SELECT n, max(end_user) AS end_user, max(buyer) AS buyer, max(reseller) AS reseller FROM (
  SELECT v.n,
    first_value(eu.party) OVER (PARTITION BY v.n ORDER BY CASE WHEN eu.party IS NULL THEN 0 ELSE v.version END DESC) AS end_user,
    first_value(bu.party) OVER (PARTITION BY v.n ORDER BY CASE WHEN bu.party IS NULL THEN 0 ELSE v.version END DESC) AS buyer,
    first_value(re.party) OVER (PARTITION BY v.n ORDER BY CASE WHEN re.party IS NULL THEN 0 ELSE v.version END DESC) AS reseller
  FROM engagement_version v LEFT JOIN party_map eu ON eu.mention = v.end_user
  LEFT JOIN party_map bu ON bu.mention = v.buyer LEFT JOIN party_map re ON re.mention = v.reseller) p
GROUP BY n`},

	{"seller_engagement", `
SELECT party, id FROM (
  SELECT m.party, v.id, row_number() OVER (PARTITION BY m.party ORDER BY v.id) AS k
  FROM (SELECT DISTINCT seller, id FROM engagement_version WHERE seller IS NOT NULL) v JOIN party_map m ON m.mention = v.seller) s
WHERE k <= 50 ORDER BY party, id`},

	{"engagement_approval", `
SELECT n, own, seq, engagement, who, source, place, kind, decided, decided_day, outcome, paid, lacks, after, valid_until, quantity, unit FROM (
  SELECT s.n, TRUE AS own, a.* FROM approval_row a JOIN engagement_subject s ON s.id = a.engagement
  UNION ALL
  SELECT p.n, FALSE AS own, a.* FROM approval_row a JOIN engagement_party p ON coalesce(p.end_user, p.buyer) = a.who
  WHERE a.engagement = ''
  UNION ALL
  SELECT s.n, FALSE AS own, a.* FROM approval_row a JOIN engagement_unsure x ON x.named = a.engagement JOIN engagement_subject s ON s.id = x.id) u
ORDER BY n, seq`},

	// Of one publisher's claim about one party the latest version counts; of several of one day the one that no longer
	// holds, else the one of the best grade: the order of rows and files decides nothing.
	{"party_claim", `
SELECT * FROM (SELECT m.party AS who, c.*, row_number() OVER (
    PARTITION BY m.party, c.said_by, CASE WHEN c.id = '' THEN CAST(c.content AS VARCHAR) ELSE c.id END
    ORDER BY c.published DESC NULLS LAST, c.status IN ({dead}) DESC, nullif(c.grade, '') NULLS LAST, c.content) AS copy
  FROM claim c JOIN party_map m ON m.mention = c.about WHERE c.published IS NULL OR c.published <= {day}) c
WHERE copy = 1
ORDER BY who, published NULLS LAST, id, content`},

	{"party_support", `
SELECT m.party AS who, s.* FROM (SELECT *, row_number() OVER (PARTITION BY party, content ORDER BY seq) AS copy
  FROM support WHERE quarter IS NULL OR quarter <= {day}) s
JOIN party_map m ON m.mention = s.party WHERE s.copy = 1
ORDER BY m.party, s.quarter, s.code, s.content`},

	{"event_row", `
SELECT m.party AS who, e.* FROM (SELECT *, row_number() OVER (PARTITION BY content ORDER BY seq) AS copy FROM event) e
LEFT JOIN party_map m ON m.mention = e.about WHERE e.copy = 1 AND (e.day IS NULL OR e.day <= {day})
ORDER BY e.day, e.kind, e.id, e.content`},
}

// accountSQL makes the rows of the register of accounts.
var accountSQL = []query{
	{"account_row", `
SELECT a.*, h.party AS holder_party, u.party AS user_party, r.party AS reseller_party
FROM (SELECT *, row_number() OVER (PARTITION BY account, sub, content ORDER BY seq) AS copy
  FROM account WHERE since IS NULL OR since <= {day}) a
LEFT JOIN party_map h ON h.mention = a.party LEFT JOIN party_map u ON u.mention = a.end_user
LEFT JOIN party_map r ON r.mention = a.reseller WHERE a.copy = 1`},
}

// prepareEngagements makes the tables about engagements, approvals, claims, support and events.
func (run *Run) prepareEngagements(ctx context.Context) error {
	if err := run.derive(ctx, engagementSQL); err != nil {
		return err
	}
	return run.findOrphans(ctx)
}

// dated puts the day of the review into a query.
func (run *Run) dated(query string) string {
	return strings.NewReplacer("{day}", "DATE '"+run.in.AsOf.Format(time.DateOnly)+"'",
		"{dead}", "'"+strings.Join(keys(dead), "', '")+"'").Replace(query)
}

// An After says how many rows of a table are dated after the day of the review, and left out.
type After struct {
	Table    string // "claims", "usage" …
	Rows, Of int64
}

// afterSQL counts them. Of bills, charges are counted; a month that began by the day is no later month.
const afterSQL = `
SELECT 'engagements' AS name, count(*) FILTER (signed > {day}) AS late, count(*) AS rows FROM engagement
UNION ALL SELECT 'amendments', count(*) FILTER (day > {day}), count(*) FROM amendment
UNION ALL SELECT 'transactions', count(*) FILTER (day > {day}), count(*) FROM payment
UNION ALL SELECT 'accounts', count(*) FILTER (since > {day}), count(*) FROM account
UNION ALL SELECT 'claims', count(*) FILTER (published > {day}), count(*) FROM claim
UNION ALL SELECT 'approvals', count(*) FILTER (decided > {day}), count(*) FROM approval
UNION ALL SELECT 'support', count(*) FILTER (quarter > {day}), count(*) FROM support
UNION ALL SELECT 'holdings', count(*) FILTER (day > {day}), count(*) FROM holding
UNION ALL SELECT 'events', count(*) FILTER (day > {day}), count(*) FROM event
ORDER BY 1`

// afterBillsSQL counts the charges of bills.
const afterBillsSQL = `
SELECT 'usage', coalesce(sum(CASE WHEN month > {day} THEN charges ELSE 0 END), 0), coalesce(sum(charges), 0) FROM usage`

func (run *Run) countAfter(ctx context.Context) error {
	scan := func(r *sql.Rows) error {
		var a After
		if err := r.Scan(&a.Table, &a.Rows, &a.Of); err != nil {
			return err
		}
		if a.Rows > 0 {
			run.after = append(run.after, a)
		}
		return nil
	}
	if err := run.book.Each(ctx, "count records after the day", run.dated(afterSQL), scan); err != nil {
		return err
	}
	return run.onBills(ctx, "count charges after the day", run.dated(afterBillsSQL), 3, scan)
}

// After returns what was left out because it is dated after the day of the review, by table.
func (run *Run) After() []After { return slices.Clone(run.after) }

// allAfter reports whether a table has rows and all of them are dated after the day of the review.
func (run *Run) allAfter(table string) bool {
	return slices.ContainsFunc(run.after, func(a After) bool { return a.Table == table && a.Rows == a.Of })
}
