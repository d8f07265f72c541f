package signal

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// The tables that are made from the records once these are complete. Each is sorted by the
// number of its subject, so that a batch of subjects is a range that DuckDB's zone maps
// find without reading the rest. Copies of a row are gone; versions are numbered.
//
// Standard SQL, but for CREATE OR REPLACE TABLE … AS.
var prepareSQL = []struct{ name, text string }{
	{"engagement_subject", `
SELECT id, CAST(row_number() OVER (ORDER BY id) AS BIGINT) AS n FROM (SELECT DISTINCT id FROM engagement) d`},

	// A repeated id with other content is an amended version, in the order of signature, then of the source.
	{"engagement_version", `
SELECT s.n, v.version, e.* FROM (
  SELECT seq, id, row_number() OVER (PARTITION BY id ORDER BY signed NULLS LAST, seq) AS version
  FROM (SELECT seq, id, signed, row_number() OVER (PARTITION BY id, content ORDER BY seq) AS copy FROM engagement) c
  WHERE copy = 1) v
JOIN engagement e ON e.seq = v.seq JOIN engagement_subject s ON s.id = v.id
ORDER BY s.n, v.version`},

	{"engagement_item", `
SELECT v.n, v.version, i.line, i.text, i.scheme, i.code, i.quantity, i.unit,
       coalesce(k.capabilities, '') AS capabilities, coalesce(k.controlled, '') AS controlled
FROM item i JOIN engagement_version v ON v.seq = i.engagement
LEFT JOIN item_class k ON k.text = i.text AND k.scheme = i.scheme AND k.code = i.code
ORDER BY v.n, v.version, i.line`},

	{"engagement_amendment", `
SELECT s.n, a.* FROM (SELECT *, row_number() OVER (PARTITION BY engagement, content ORDER BY seq) AS copy FROM amendment) a
JOIN engagement_subject s ON s.id = a.engagement WHERE a.copy = 1
ORDER BY s.n, a.day NULLS LAST, a.seq`},

	{"engagement_clause", `
SELECT s.n, c.* FROM (SELECT *, row_number() OVER (PARTITION BY engagement, content ORDER BY seq) AS copy FROM clause) c
JOIN engagement_subject s ON s.id = c.engagement WHERE c.copy = 1
ORDER BY s.n, c.seq`},

	{"approval_row", `
SELECT a.*, m.party AS who FROM (SELECT *, row_number() OVER (PARTITION BY engagement, content ORDER BY seq) AS copy FROM approval) a
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
SELECT n, own, seq, source, place, kind, decided, decided_day, outcome, paid, lacks FROM (
  SELECT s.n, TRUE AS own, a.* FROM approval_row a JOIN engagement_subject s ON s.id = a.engagement
  UNION ALL
  SELECT p.n, FALSE AS own, a.* FROM approval_row a JOIN engagement_party p ON coalesce(p.end_user, p.buyer) = a.who
  WHERE a.engagement = '') u
ORDER BY n, seq`},

	{"account_row", `
SELECT a.*, h.party AS holder_party, u.party AS user_party, r.party AS reseller_party
FROM (SELECT *, row_number() OVER (PARTITION BY account, sub, content ORDER BY seq) AS copy FROM account) a
LEFT JOIN party_map h ON h.mention = a.party LEFT JOIN party_map u ON u.mention = a.end_user
LEFT JOIN party_map r ON r.mention = a.reseller WHERE a.copy = 1`},

	{"party_claim", `
SELECT m.party AS who, c.* FROM (SELECT *, row_number() OVER (PARTITION BY CASE WHEN id = '' THEN CAST(content AS VARCHAR) ELSE id END
  ORDER BY published DESC NULLS LAST, seq DESC) AS copy FROM claim) c
JOIN party_map m ON m.mention = c.about WHERE c.copy = 1
ORDER BY m.party, c.published NULLS LAST, c.id, c.content`},

	{"party_support", `
SELECT m.party AS who, s.* FROM (SELECT *, row_number() OVER (PARTITION BY party, content ORDER BY seq) AS copy FROM support) s
JOIN party_map m ON m.mention = s.party WHERE s.copy = 1
ORDER BY m.party, s.quarter, s.code, s.content`},

	{"event_row", `
SELECT m.party AS who, e.* FROM (SELECT *, row_number() OVER (PARTITION BY content ORDER BY seq) AS copy FROM event) e
LEFT JOIN party_map m ON m.mention = e.about WHERE e.copy = 1 AND e.day IS NOT NULL
ORDER BY e.day, e.kind, e.id, e.content`},
}

// prepare makes the derived tables, once for each state of the book.
func (b *Book) prepare(ctx context.Context) error {
	if b.ready {
		return nil
	}
	if b.byMen == nil && len(b.mention) > 0 {
		return fmt.Errorf("prepare signals: parties are not set")
	}
	if err := b.Flush(); err != nil {
		return err
	}
	if _, err := b.db.ExecContext(ctx, usageSchema); err != nil {
		return fmt.Errorf("prepare signals: %w", err)
	}
	for _, q := range prepareSQL {
		if err := b.derive(ctx, q.name, q.text); err != nil {
			return err
		}
	}
	if err := b.prepareUsage(ctx); err != nil {
		return err
	}
	if err := b.prepareParents(ctx); err != nil {
		return err
	}
	b.ready, b.passed = true, false
	return nil
}

func (b *Book) derive(ctx context.Context, name, text string) error {
	if _, err := b.db.ExecContext(ctx, "CREATE OR REPLACE TABLE "+name+" AS "+text); err != nil {
		return fmt.Errorf("prepare table %s: %w", name, err)
	}
	return nil
}

// each runs a query and hands every row to scan.
func (b *Book) each(ctx context.Context, what, query string, scan func(*sql.Rows) error, args ...any) error {
	rows, err := b.db.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// sorted returns the distinct non-empty words of list, sorted.
func sorted(list []string) []string {
	out := make([]string, 0, len(list))
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
