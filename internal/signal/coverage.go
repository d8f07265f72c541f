package signal

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"

	"plimsoll/internal/book"
)

// Coverage says what the records of a run hold, so that a reader knows what a silence means.
type Coverage struct {
	Records               map[string]int64 // by register table; copies count, "usage" are groups of charges
	FirstMonth, LastMonth string           // of bills, "2031-05"; "" without bills
	Months                int              // with a bill
	Gaps                  []string         // months between first and last without any bill
	Charges               int64            // rows of the bills
	Accounts              int              // accounts, and sub-accounts that are listed on their own, in the bills
	AccountsMapped        int              // of those, with a party in every month
	CostMapped            float64          // share of billed cost of accounts with a party
	Cost                  []Value          // the same by currency
	Unmapped              []string         // accounts of bills without a party, sorted, at most 200
	Value                 []Value          // of contracts, as amended, by currency
	OutOfRange            int              // numbers too large to add up, read as absent
}

// A Value is a sum in one currency and how much of it belongs to somebody.
type Value struct {
	Currency   string
	Total      string  // exact, in plain notation
	Tied       float64 // share with a resolved end user, or buyer where no end user is stated
	Identified float64 // share whose party carries an identifier
	Possible   float64 // share whose party carries none and may be another party of the records
	rows       int64
}

const (
	// The latest value of each engagement, with its party.
	coverageValueSQL = `
SELECT currency, CAST(sum(value) AS VARCHAR), CAST(sum(CASE WHEN value > 0 THEN value ELSE 0 END) AS DOUBLE),
  CAST(sum(CASE WHEN value > 0 AND party IS NOT NULL THEN value ELSE 0 END) AS DOUBLE),
  CAST(sum(CASE WHEN value > 0 AND identified THEN value ELSE 0 END) AS DOUBLE),
  CAST(sum(CASE WHEN value > 0 AND possible THEN value ELSE 0 END) AS DOUBLE), count(*) FROM (
  SELECT v.n, v.currency, v.value, coalesce(p.end_user, p.buyer) AS party, coalesce(i.identified, FALSE) AS identified,
    coalesce(NOT i.identified, FALSE) AS possible,
    row_number() OVER (PARTITION BY v.n ORDER BY v.version DESC) AS k
  FROM engagement_version v JOIN engagement_party p ON p.n = v.n LEFT JOIN identified_party i ON i.party = coalesce(p.end_user, p.buyer)
  WHERE v.value IS NOT NULL) l
WHERE k = 1 GROUP BY currency ORDER BY currency`
	coverageCostSQL = `
SELECT u.currency, CAST(sum(u.billed) AS VARCHAR), CAST(sum(CASE WHEN u.billed > 0 THEN u.billed ELSE 0 END) AS DOUBLE),
  CAST(sum(CASE WHEN u.billed > 0 AND o.known_party IS NOT NULL THEN u.billed ELSE 0 END) AS DOUBLE), 0.0, 0.0, sum(u.charges)
FROM usage_row u JOIN usage_owner o ON o.account = u.account AND o.sub = u.sub AND o.month = u.month
WHERE u.billed IS NOT NULL AND u.unread IS NULL GROUP BY u.currency ORDER BY 1`
	coverageAccountsSQL = `
SELECT c.account, c.sub, min(CASE WHEN o.known_party IS NULL THEN 0 ELSE 1 END) AS mapped
FROM slot_subject s JOIN account_subject c ON c.n = s.n JOIN usage_owner o ON o.slot = s.slot
GROUP BY c.account, c.sub`
)

// Coverage counts what was read. Parties have to be set.
func (run *Run) Coverage(ctx context.Context) (Coverage, error) {
	c := Coverage{Records: map[string]int64{}, Gaps: []string{}, Unmapped: []string{}, Value: []Value{},
		Cost: []Value{}, OutOfRange: run.book.OutOfRange()}
	for _, name := range book.Tables() {
		c.Records[name] = run.book.Rows(name)
	}
	c.Records["usage"] = run.usage.rows
	if err := run.coverageMonths(ctx, &c); err != nil {
		return c, err
	}
	err := run.onBills(ctx, "count accounts", "SELECT count(*), coalesce(sum(mapped), 0) FROM ("+coverageAccountsSQL+
		") a", 2, func(r *sql.Rows) error {
		return r.Scan(&c.Accounts, &c.AccountsMapped)
	})
	if err != nil {
		return c, err
	}
	err = run.onBills(ctx, "list accounts without a party", "SELECT account, sub FROM ("+coverageAccountsSQL+
		") a WHERE mapped = 0 ORDER BY 1, 2 LIMIT "+strconv.Itoa(rowCap), 2, func(r *sql.Rows) error {
		var a accountSubject
		err := r.Scan(&a.account, &a.sub)
		c.Unmapped = append(c.Unmapped, a.key())
		return err
	})
	if err != nil {
		return c, err
	}
	if c.Cost, err = run.sums(ctx, run.onBills, "sum bills", coverageCostSQL); err != nil {
		return c, err
	}
	// Shares of several currencies are weighed by charges: no rate of exchange is needed, and none known.
	var weight float64
	for _, v := range c.Cost {
		c.CostMapped += v.Tied * float64(v.rows)
		weight += float64(v.rows)
	}
	if weight > 0 {
		c.CostMapped /= weight
	}
	if err := run.identifiedParties(ctx); err != nil {
		return c, err
	}
	c.Value, err = run.sums(ctx, run.inBook, "sum values", coverageValueSQL)
	return c, err
}

func (run *Run) coverageMonths(ctx context.Context, c *Coverage) error {
	if len(run.usage.months) == 0 {
		return nil
	}
	has := map[month]bool{}
	for _, t := range run.usage.months {
		has[monthOf(t)] = true
	}
	first, last := monthOf(run.usage.months[0]), monthOf(run.usage.months[len(run.usage.months)-1])
	c.FirstMonth, c.LastMonth, c.Months = first.String(), last.String(), len(has)
	for m := first; m <= last && len(c.Gaps) < 1200; m++ {
		if !has[m] {
			c.Gaps = append(c.Gaps, m.String())
		}
	}
	return run.onBills(ctx, "count charges", "SELECT coalesce(sum(charges), 0) FROM usage WHERE unread IS NULL", 1,
		func(r *sql.Rows) error { return r.Scan(&c.Charges) })
}

// inBook runs a query over tables of the book as [Run.onBills] does over those of bills.
func (run *Run) inBook(ctx context.Context, what, query string, _ int, scan func(*sql.Rows) error) error {
	return run.book.Each(ctx, what, query, scan)
}

func (run *Run) sums(ctx context.Context, each func(context.Context, string, string, int, func(*sql.Rows) error) error,
	what, query string) ([]Value, error) {
	out := []Value{}
	err := each(ctx, what, query, 7, func(r *sql.Rows) error {
		var v Value
		var total, tied, identified, possible float64
		if err := r.Scan(&v.Currency, &v.Total, &total, &tied, &identified, &possible, &v.rows); err != nil {
			return err
		}
		v.Total = plainDecimal(v.Total)
		if total > 0 {
			v.Tied, v.Identified, v.Possible = tied/total, identified/total, possible/total
		}
		out = append(out, v)
		return nil
	})
	return out, err
}

// identifiedParties makes the table of parties that carry an identifier, and of those that
// carry none and may be another party.
func (run *Run) identifiedParties(ctx context.Context) error {
	type row struct {
		Party      int32
		Identified bool
	}
	t, err := run.book.Create(ctx, "identified_party", row{})
	if err != nil {
		return err
	}
	for p := range run.in.Parties {
		identified := run.identified(int32(p))
		if identified || len(run.in.Possible[int32(p)]) > 0 {
			if err := t.Append(row{int32(p), identified}); err != nil {
				return err
			}
		}
	}
	return t.Close()
}

// plainDecimal drops the zeros that a DECIMAL(38,12) ends in.
func plainDecimal(s string) string {
	for i := range len(s) {
		if s[i] == '.' {
			end := len(s)
			for end > i && (s[end-1] == '0' || s[end-1] == '.') {
				end--
			}
			return s[:end]
		}
	}
	return s
}

// An UnmappedAccount is an account of the bills that no accounts row ties to a party in
// every month.
type UnmappedAccount struct {
	Account string
	Charges int64   // in the months without a party
	Cost    float64 // share of all billed cost that these are; currencies are weighed by charges
}

const unmappedSQL = `
SELECT c.account, c.sub, u.currency, sum(u.charges), CAST(sum(CASE WHEN u.billed > 0 THEN u.billed ELSE 0 END) AS DOUBLE)
FROM usage_row u JOIN usage_owner o ON o.account = u.account AND o.sub = u.sub AND o.month = u.month
JOIN slot_subject s ON s.slot = o.slot JOIN account_subject c ON c.n = s.n
WHERE o.known_party IS NULL AND u.unread IS NULL GROUP BY c.account, c.sub, u.currency ORDER BY 1, 2, 3`

// Unmapped lists the accounts of bills without a party, by account.
func (run *Run) Unmapped(ctx context.Context) ([]UnmappedAccount, error) {
	type sum struct{ cost, charges float64 }
	total := map[string]sum{}
	var all float64
	err := run.onBills(ctx, "sum bills", `
SELECT coalesce(currency, ''), CAST(sum(CASE WHEN billed > 0 THEN billed ELSE 0 END) AS DOUBLE), sum(charges)
FROM usage WHERE unread IS NULL GROUP BY coalesce(currency, '') ORDER BY 1`, 3, func(r *sql.Rows) error {
		var currency string
		var cost sql.NullFloat64
		var charges int64
		if err := r.Scan(&currency, &cost, &charges); err != nil {
			return err
		}
		total[currency] = sum{cost.Float64, float64(charges)}
		all += float64(charges)
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := []UnmappedAccount{}
	err = run.onBills(ctx, "list accounts", unmappedSQL, 5, func(r *sql.Rows) error {
		var a accountSubject
		var currency string
		var charges int64
		var cost sql.NullFloat64
		if err := r.Scan(&a.account, &a.sub, &currency, &charges, &cost); err != nil {
			return err
		}
		if n := len(out); n == 0 || out[n-1].Account != a.key() {
			out = append(out, UnmappedAccount{Account: a.key()})
		}
		x := &out[len(out)-1]
		x.Charges += charges
		if t := total[currency]; t.cost > 0 && all > 0 {
			x.Cost += cost.Float64 / t.cost * t.charges / all
		}
		return nil
	})
	return out, err
}

// Understood says how much of what is sold the tables understand.
type Understood struct {
	Items, Of int64        // item lines of the latest version of each engagement that has items
	Value     []Value      // of these engagements; Tied is the share of those whose every item is understood
	Largest   []UnreadItem // of what is not understood: the largest value first, then the most lines
	Kinds     int64        // how many different wordings are not understood
}

// An UnreadItem is a wording of an item of which no table says what it is for.
type UnreadItem struct {
	Text, Scheme, Code string
	Lines              int64
	Value              string // of the engagements that hold it, exact; "" when none is stated
	Currency           string
}

// mostUnread is how many wordings are listed.
const mostUnread = 20

// latestItemsSQL are the items of the last version of each engagement that has any.
const latestItemsSQL = `
(SELECT i.* FROM engagement_item i JOIN (SELECT n, max(version) AS version FROM engagement_item GROUP BY n) l
  ON l.n = i.n AND l.version = i.version)`

// latestValueSQL is the last value of each engagement.
const latestValueSQL = `
(SELECT n, value, currency FROM (SELECT n, value, currency, row_number() OVER (PARTITION BY n ORDER BY version DESC) AS k
  FROM engagement_version WHERE value IS NOT NULL) a WHERE k = 1)`

const (
	understoodSQL = `
SELECT coalesce(sum(CASE WHEN understood THEN 1 ELSE 0 END), 0), count(*) FROM ` + latestItemsSQL + ` i`
	understoodValueSQL = `
SELECT v.currency, CAST(sum(v.value) AS VARCHAR), CAST(sum(CASE WHEN v.value > 0 THEN v.value ELSE 0 END) AS DOUBLE),
  CAST(sum(CASE WHEN v.value > 0 AND e.whole = 1 THEN v.value ELSE 0 END) AS DOUBLE), 0.0, 0.0, count(*)
FROM (SELECT n, min(CASE WHEN understood THEN 1 ELSE 0 END) AS whole FROM ` + latestItemsSQL + ` i GROUP BY n) e
JOIN ` + latestValueSQL + ` v ON v.n = e.n GROUP BY v.currency ORDER BY v.currency`
	unreadItemsSQL = `
SELECT text, scheme, code, currency, CAST(sum(value) AS VARCHAR), CAST(sum(lines) AS BIGINT), count(*) OVER () FROM (
  SELECT i.n, coalesce(i.text, '') AS text, coalesce(i.scheme, '') AS scheme, coalesce(i.code, '') AS code,
    coalesce(max(v.currency), '') AS currency, max(v.value) AS value, count(*) AS lines
  FROM ` + latestItemsSQL + ` i LEFT JOIN ` + latestValueSQL + ` v ON v.n = i.n WHERE NOT i.understood
  GROUP BY i.n, coalesce(i.text, ''), coalesce(i.scheme, ''), coalesce(i.code, '')) u
GROUP BY text, scheme, code, currency ORDER BY sum(value) DESC NULLS LAST, sum(lines) DESC, text, scheme, code, currency LIMIT `
)

// Understood counts the items that are understood, and lists the largest that are not.
func (run *Run) Understood(ctx context.Context) (Understood, error) {
	out := Understood{Value: []Value{}, Largest: []UnreadItem{}}
	if err := run.db.QueryRowContext(ctx, understoodSQL).Scan(&out.Items, &out.Of); err != nil {
		return out, fmt.Errorf("count items: %w", err)
	}
	var err error
	if out.Value, err = run.sums(ctx, run.inBook, "sum values of items", understoodValueSQL); err != nil {
		return out, err
	}
	err = run.book.Each(ctx, "list items", unreadItemsSQL+strconv.Itoa(mostUnread), func(r *sql.Rows) error {
		var x UnreadItem
		var value sql.NullString
		if err := r.Scan(&x.Text, &x.Scheme, &x.Code, &x.Currency, &value, &x.Lines, &out.Kinds); err != nil {
			return err
		}
		if value.Valid {
			x.Value = plainDecimal(value.String)
		}
		out.Largest = append(out.Largest, x)
		return nil
	})
	return out, err
}

const endUsersSQL = `
SELECT DISTINCT party FROM (
  SELECT coalesce(end_user, buyer) AS party FROM engagement_party
  UNION ALL SELECT coalesce(user_party, holder_party) FROM account_row) u
WHERE party IS NOT NULL ORDER BY party`

// EndUsers returns the parties that use what is sold, as far as the records name them: the end
// user of an engagement, or its buyer where none is stated, and who uses an account.
func (run *Run) EndUsers(ctx context.Context) ([]int32, error) {
	out := []int32{}
	err := run.book.Each(ctx, "list end users", endUsersSQL, func(r *sql.Rows) error {
		var p int32
		if err := r.Scan(&p); err != nil {
			return err
		}
		out = append(out, p)
		return nil
	})
	return out, err
}

const withoutBillSQL = `
SELECT DISTINCT a.account, a.sub FROM account_row a
LEFT JOIN (SELECT DISTINCT account, sub FROM usage_slot UNION SELECT account, '' FROM usage_slot) s
  ON s.account = a.account AND s.sub = a.sub
WHERE s.account IS NULL ORDER BY 1, 2`

// WithoutBill returns the accounts of the register that no bill of the run names, sorted; none
// when the run has no bills at all.
func (run *Run) WithoutBill(ctx context.Context) ([]string, error) {
	out := []string{}
	if !run.Has("usage") {
		return out, nil
	}
	err := run.onBills(ctx, "list accounts without a bill", withoutBillSQL, 2, func(r *sql.Rows) error {
		var a accountSubject
		if err := r.Scan(&a.account, &a.sub); err != nil {
			return err
		}
		out = append(out, a.key())
		return nil
	})
	return out, err
}
