package signal

import (
	"context"
	"database/sql"

	"plimsoll/internal/book"
)

// An engagementFact holds what parties need from an engagement, computed once by the same
// code that computes the engagement's own signals.
type engagementFact struct {
	N            int64  `col:"n"`
	ID           string `col:"id"`
	EndUser      book.Number
	Buyer        book.Number
	Reseller     book.Number
	Security     *bool
	Capabilities string
	Told         bool
	Unknown      int64 // items that are not understood
	StorageTb    *float64
	Signed       sql.NullTime
	SignedLast   sql.NullTime // the last day that it may be
	StartOn      sql.NullTime
	EndOn        sql.NullTime
	Source       int32
	Place        string
	Says         string
}

// partySQL makes the tables about parties that rest on engagements, sorted by party.
var partySQL = []query{
	{"party_engagement", `
SELECT party, n, id, capabilities, told, unknown, max(uses) AS uses, storage_tb, signed, signed_last, start_on, end_on FROM (
  SELECT end_user AS party, n, id, capabilities, told, unknown, 1 AS uses, storage_tb, signed, signed_last, start_on, end_on
  FROM engagement_fact WHERE end_user IS NOT NULL
  UNION ALL
  SELECT buyer, n, id, capabilities, told, unknown, CASE WHEN end_user IS NULL THEN 1 ELSE 0 END, storage_tb, signed, signed_last, start_on, end_on
  FROM engagement_fact WHERE buyer IS NOT NULL) u
GROUP BY party, n, id, capabilities, told, unknown, storage_tb, signed, signed_last, start_on, end_on
ORDER BY party, n`},

	{"party_resale", `
SELECT reseller AS party, count(*) AS resales, sum(CASE WHEN security THEN 1 ELSE 0 END) AS security,
  sum(CASE WHEN security IS NULL THEN 1 ELSE 0 END) AS unknown
FROM engagement_fact WHERE reseller IS NOT NULL GROUP BY reseller ORDER BY reseller`},

	{"party_gate", `
SELECT DISTINCT u.party, a.seq, a.source, a.place, a.engagement, a.who, a.kind, a.decided, a.decided_day, a.outcome, a.paid, a.lacks, a.after, a.valid_until, a.quantity, a.unit FROM (
  SELECT who AS party, seq FROM approval_row WHERE who IS NOT NULL
  UNION ALL
  SELECT e.end_user, a.seq FROM engagement_fact e JOIN approval_row a ON a.engagement = e.id WHERE e.end_user IS NOT NULL
  UNION ALL
  SELECT e.buyer, a.seq FROM engagement_fact e JOIN approval_row a ON a.engagement = e.id WHERE e.buyer IS NOT NULL
  UNION ALL
  SELECT e.end_user, a.seq FROM engagement_fact e JOIN engagement_unsure x ON x.id = e.id
  JOIN approval_row a ON a.engagement = x.named WHERE e.end_user IS NOT NULL
  UNION ALL
  SELECT e.buyer, a.seq FROM engagement_fact e JOIN engagement_unsure x ON x.id = e.id
  JOIN approval_row a ON a.engagement = x.named WHERE e.buyer IS NOT NULL) u
JOIN approval_row a ON a.seq = u.seq
ORDER BY u.party, a.seq`},

	// The places of the twenty engagements of each party that say most.
	{"party_deal", `
SELECT d.party, d.role, d.k, e.source, e.place, e.says, e.storage_tb, e.capabilities FROM (
  SELECT party, 'user' AS role, n, row_number() OVER (PARTITION BY party
    ORDER BY CASE WHEN storage_tb IS NOT NULL THEN 0 WHEN capabilities <> '' THEN 1 ELSE 2 END, id) AS k FROM party_engagement
  UNION ALL
  SELECT reseller, 'reseller', n, row_number() OVER (PARTITION BY reseller ORDER BY CASE WHEN security THEN 0 ELSE 1 END, id)
  FROM engagement_fact WHERE reseller IS NOT NULL) d
JOIN engagement_fact e ON e.n = d.n WHERE d.k <= 20
ORDER BY d.party, d.role, d.k`},
}

// holderSQL makes the tables about parties that rest on accounts, sorted by party.
var holderSQL = []query{
	{"party_account", `
SELECT DISTINCT coalesce(user_party, holder_party) AS party, account, sub FROM account_row
WHERE coalesce(user_party, holder_party) IS NOT NULL ORDER BY 1, 2, 3`},

	// Accounts of a party that later belong to another one.
	{"party_passed", `
WITH owner AS (SELECT DISTINCT coalesce(user_party, holder_party) AS party, account, sub, since FROM account_row
  WHERE coalesce(user_party, holder_party) IS NOT NULL)
SELECT a.party, a.account, a.sub, b.since FROM owner a JOIN owner b ON b.account = a.account AND b.sub = a.sub AND b.party <> a.party
WHERE b.since IS NOT NULL AND (a.since IS NULL OR a.since < b.since)
ORDER BY a.party, a.account, a.sub, b.since`},

	{"holder_service", `
SELECT DISTINCT o.holder_party AS party, f.service_id, f.used = 'yes' AND f.unread IS NULL AS sure
FROM usage_fact f JOIN usage_owner o ON o.slot = f.slot
WHERE o.holder_party IS NOT NULL AND o.holder_party <> o.party AND NOT f.twice AND (f.quantity IS NULL OR f.quantity > 0)
ORDER BY 1, 2, 3`},

	// The places of twenty accounts of each party.
	{"party_account_row", `
SELECT * FROM (
  SELECT coalesce(user_party, holder_party) AS party, a.*,
    row_number() OVER (PARTITION BY coalesce(user_party, holder_party) ORDER BY account, sub, since NULLS FIRST, content) AS k
  FROM (SELECT seq, source, place, content, account, sub, end_user_text, since, until, holder_party, user_party, reseller_party FROM account_row) a) r
WHERE party IS NOT NULL AND k <= 20
ORDER BY party, k`},
}

// pass walks over the engagements once to fill engagement_fact, and makes the tables of partySQL.
func (run *Run) pass(ctx context.Context) error {
	t, err := run.book.Create(ctx, "engagement_fact", engagementFact{})
	if err != nil {
		return err
	}
	run.licences, run.covered, run.unkinded = nil, nil, map[int32][2]string{}
	type passed struct {
		row     engagementFact
		licence *licenceRecord
		unread  bool // its kind is not understood, or not stated
	}
	work := func(_ int, list []engagement, i int) (x passed) {
		e := &list[i]
		if x.row = run.engagementRow(e); e.current().kind == "licence" {
			l := run.newLicence(e)
			x.licence = &l
		}
		x.unread = e.current().kind == ""
		return x
	}
	err = inOrder(ctx, run.engagements, func(list []engagement) int { return len(list) }, work, func(x passed) error {
		if x.licence != nil {
			run.licences = append(run.licences, *x.licence)
		}
		if x.unread {
			for _, p := range []int32{int32(x.row.Buyer), int32(x.row.EndUser)} {
				if ids := run.unkinded[p]; p >= 0 && ids[0] == "" {
					run.unkinded[p] = [2]string{x.row.ID}
				} else if p >= 0 && ids[1] == "" && ids[0] != x.row.ID { // a buyer that is the end user comes twice
					run.unkinded[p] = [2]string{ids[0], x.row.ID}
				}
			}
		}
		return t.Append(x.row)
	})
	if err != nil {
		return err
	}
	if err := t.Close(); err != nil {
		return err
	}
	return run.derive(ctx, partySQL)
}

// engagementRow is what parties need from an engagement.
func (run *Run) engagementRow(e *engagement) engagementFact {
	now := e.current()
	start := e.versions[0].start
	if !start.Valid {
		start = e.versions[0].signed
	}
	last := e.versions[len(e.versions)-1]
	row := engagementFact{N: e.n, ID: e.id, EndUser: book.Number(now.endUser), Buyer: book.Number(now.buyer),
		Reseller: book.Number(now.reseller), Capabilities: pack(e.capabilities()),
		Told:    e.hasItem(func(it item) bool { return it.text != "" || it.code != "" }),
		Unknown: int64(len(e.notUnderstood())), Signed: e.versions[0].signed,
		SignedLast: e.versions[0].signedLast, StartOn: start, EndOn: now.end,
		Source: int32(last.source), Place: last.at, Says: e.id + ": " + last.says(run, len(e.versions)-1)}
	if tb, ok := now.storage(); ok {
		row.StorageTb = &tb
	}
	if security, ok := run.security(now.user()).(bool); ok && (security || !run.userUnread(now) &&
		!run.behindDealer(now)) {
		row.Security = &security
	}
	return row
}

// storage is the storage in TB that the items provide for.
func (v version) storage() (float64, bool) {
	var sum float64
	found := false
	for _, it := range v.items {
		factor, ok := terabytes[book.Word(it.unit)]
		if !ok || !it.quantity.Valid {
			continue
		}
		for _, c := range it.capabilities {
			if c == "bulk_storage" {
				sum, found = sum+it.quantity.Float64*factor, true
				break
			}
		}
	}
	return sum, found
}

// terabytes are the units of data that contracts write, in decimal TB.
var terabytes = func() map[string]float64 {
	m := map[string]float64{}
	for _, u := range []struct {
		names  []string
		factor float64
	}{
		{[]string{"gb", "gigabyte", "gigabytes"}, 1e-3},
		{[]string{"gib", "gibibyte", "gibibytes"}, 1.073741824e-3},
		{[]string{"tb", "terabyte", "terabytes"}, 1},
		{[]string{"tib", "tebibyte", "tebibytes"}, 1.099511627776},
		{[]string{"pb", "petabyte", "petabytes"}, 1e3},
		{[]string{"pib", "pebibyte", "pebibytes"}, 1.125899906842624e3},
		{[]string{"eb", "exabyte", "exabytes"}, 1e6},
	} {
		for _, n := range u.names {
			for _, per := range []string{"", "_month", "_months", "/month", "_per_month", "_mo", "_stored"} {
				m[n+per] = u.factor
			}
		}
	}
	return m
}()
