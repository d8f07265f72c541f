package signal

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// usageState is what the book knows of its bills once they are prepared.
type usageState struct {
	loaded      bool
	sources     int
	lacking     map[string]int // column → sources of bills that lack it
	rows        int64
	months      []time.Time
	regions     []string // region_id - 1 → region
	sourceLacks map[int]map[string]bool
}

func (u *usageState) has(column string) bool {
	if !u.loaded || u.rows == 0 {
		return false
	}
	return column == "" || u.lacking[column] < u.sources
}

// covers reports whether the run has bills of a month.
func (u *usageState) covers(m month) bool {
	return slices.ContainsFunc(u.months, func(t time.Time) bool { return monthOf(t) == m })
}

// The tables made from bills. A slot is one sub-account in one month; who it belongs to is
// found once for a slot, not for every charge.
//
// A sub-account that an accounts row lists on its own belongs to that row and to no other; the
// rest belongs to the row with an empty sub-account. Of two rows for one month, the one
// that begins later counts: a month is not divided.
var usageSQL = []struct{ name, text string }{
	{"usage_slot", `
SELECT row_number() OVER (ORDER BY account, sub, month) AS slot, account, sub, month FROM (
  SELECT DISTINCT coalesce(account, '') AS account, coalesce(sub_account, '') AS sub, month FROM usage WHERE unread IS NULL) d`},

	{"usage_owner", `
SELECT slot, account, sub, as_sub, month, seq, holder_party, user_party, reseller_party, coalesce(user_party, holder_party) AS party FROM (
  SELECT s.slot, s.account, s.sub, s.month, coalesce(l.sub, '') AS as_sub, a.seq, a.holder_party, a.user_party, a.reseller_party,
    row_number() OVER (PARTITION BY s.slot ORDER BY a.since DESC NULLS LAST, a.until NULLS LAST, a.content, a.seq) AS pick
  FROM usage_slot s
  LEFT JOIN (SELECT DISTINCT account, sub FROM account_row WHERE sub <> '') l ON l.account = s.account AND l.sub = s.sub
  LEFT JOIN account_row a ON a.account = s.account AND a.sub = coalesce(l.sub, '')
    AND (a.since IS NULL OR a.since < s.month + INTERVAL '1' MONTH) AND (a.until IS NULL OR a.until >= s.month)) o
WHERE pick = 1`},

	{"account_subject", `
SELECT row_number() OVER (ORDER BY account, sub) AS n, account, sub, listed FROM (
  SELECT account, sub, max(listed) AS listed FROM (
    SELECT account, sub, 1 AS listed FROM account_row
    UNION ALL
    SELECT o.account, CASE WHEN k.account IS NULL THEN '' ELSE o.sub END AS sub, 0 AS listed
    FROM usage_owner o LEFT JOIN (SELECT DISTINCT account FROM account_row) k ON k.account = o.account
    LEFT JOIN (SELECT DISTINCT account, sub FROM account_row) l ON l.account = o.account AND l.sub = o.as_sub
    WHERE l.account IS NULL) u
  GROUP BY account, sub) d`},

	{"slot_subject", `
SELECT o.slot, c.n FROM usage_owner o JOIN account_subject c ON c.account = o.account
LEFT JOIN account_subject w ON w.account = o.account AND w.sub = o.as_sub
WHERE c.sub = CASE WHEN w.n IS NOT NULL THEN o.as_sub ELSE o.sub END`},

	{"usage_region", `
SELECT CAST(row_number() OVER (ORDER BY region) AS INTEGER) AS region_id, region FROM (SELECT DISTINCT coalesce(region, '') AS region FROM usage WHERE unread IS NULL) d`},

	// Only what was used: tax, credits, adjustments and paid but unused commitments are not use (FOCUS ChargeCategory,
	// CommitmentDiscountStatus). Corrections are use, negative ones too. A quantity that no sum can hold is read as absent.
	{"usage_fact", `
SELECT o.party, o.slot, o.month, r.region_id, c.service_id,
  CASE WHEN abs(u.quantity) < CAST(10000000000000 AS DECIMAL(38,12)) OR u.scale = 1 AND abs(u.quantity) < CAST(100000000000000000000 AS DECIMAL(38,12))
    THEN CASE WHEN c.level AND u.period_hours < 648
      THEN CAST(CAST(u.quantity AS DOUBLE) * u.scale * u.period_hours / date_diff('hour', u.month, u.month + INTERVAL '1' MONTH) AS DECIMAL(38,12))
      ELSE u.quantity * CAST(u.scale AS DECIMAL(13,0)) END END AS quantity, u.source, u.first_row, u.last_row, u.charges
FROM usage u
JOIN usage_owner o ON o.account = coalesce(u.account, '') AND o.sub = coalesce(u.sub_account, '') AND o.month = u.month
JOIN usage_region r ON r.region = coalesce(u.region, '')
JOIN service_class c ON c.category = coalesce(u.category, '') AND c.service = coalesce(u.service, '')
  AND c.subcategory = coalesce(u.subcategory, '') AND c.meter = coalesce(u.meter, '') AND c.unit = coalesce(u.unit, '')
  AND c.words = coalesce(u.words, '') AND c.provider = coalesce(u.provider, '')
WHERE u.used <> 'no' AND u.unread IS NULL
ORDER BY o.party, o.month`},
}

func (b *Book) prepareUsage(ctx context.Context) error {
	u := &usageState{loaded: true, lacking: map[string]int{}, sourceLacks: map[int]map[string]bool{}}
	err := b.db.QueryRowContext(ctx, "SELECT count(*), count(DISTINCT source) FROM usage WHERE unread IS NULL").Scan(&u.rows, &u.sources)
	if err != nil {
		return fmt.Errorf("count bills: %w", err)
	}
	err = b.each(ctx, "read columns of bills", `
SELECT DISTINCT source, column_name FROM usage_lacks WHERE source IN (SELECT source FROM usage)`,
		func(r *sql.Rows) error {
			var name string
			var source int
			if err := r.Scan(&source, &name); err != nil {
				return err
			}
			if u.sourceLacks[source] == nil {
				u.sourceLacks[source] = map[string]bool{}
			}
			u.sourceLacks[source][name] = true
			u.lacking[name]++
			return nil
		})
	if err != nil {
		return err
	}
	if u.rows > 0 && len(b.services) == 0 {
		return fmt.Errorf("prepare signals: there are bills, and services are not set")
	}
	for _, q := range usageSQL {
		if err := b.derive(ctx, q.name, q.text); err != nil {
			return err
		}
	}
	err = b.each(ctx, "list months of bills", "SELECT DISTINCT month FROM usage WHERE month IS NOT NULL AND unread IS NULL ORDER BY month", func(r *sql.Rows) error {
		var m time.Time
		if err := r.Scan(&m); err != nil {
			return err
		}
		u.months = append(u.months, m.UTC())
		return nil
	})
	if err != nil {
		return err
	}
	err = b.each(ctx, "list regions", "SELECT region FROM usage_region ORDER BY region_id", func(r *sql.Rows) error {
		var region string
		if err := r.Scan(&region); err != nil {
			return err
		}
		u.regions = append(u.regions, region)
		return nil
	})
	b.usage = *u
	return err
}

const parentsSQL = `
SELECT DISTINCT user_party, holder_party, reseller_party FROM account_row
WHERE user_party IS NOT NULL AND holder_party IS NOT NULL AND user_party <> holder_party
ORDER BY 1, 2, 3`

// maxParents is how many steps up a body is looked for: a unit, its directorate, its ministry.
const maxParents = 3

// prepareParents finds the bodies that parties belong to: a unit that uses a body's account
// belongs to the body, and what is owned belongs to its owner. A reseller or another
// company that only holds the account of a public body is no parent of it.
func (b *Book) prepareParents(ctx context.Context) error {
	direct := map[int32][]int32{}
	err := b.each(ctx, "find bodies above parties", parentsSQL, func(r *sql.Rows) error {
		var user, holder int32
		var reseller sql.NullInt32
		if err := r.Scan(&user, &holder, &reseller); err != nil {
			return err
		}
		if reseller.Valid && reseller.Int32 == holder || b.government(user) && !b.government(holder) {
			return nil
		}
		direct[user] = append(direct[user], holder)
		return nil
	})
	if err != nil {
		return err
	}
	for p, owners := range b.given {
		direct[p] = append(direct[p], owners...)
	}
	b.parents = make(map[int32][]int32, len(direct))
	for p := range direct {
		var above []int32
		edge := direct[p]
		for step := 0; step < maxParents && len(edge) > 0; step++ {
			var next []int32
			for _, q := range edge {
				if q != p && !slices.Contains(above, q) {
					above = append(above, q)
					next = append(next, direct[q]...)
				}
			}
			edge = next
		}
		slices.Sort(above)
		b.parents[p] = above
	}
	return nil
}
