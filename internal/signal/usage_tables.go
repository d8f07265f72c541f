package signal

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"plimsoll/internal/book"
	"plimsoll/internal/capability"
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
// found once for a slot, not for every charge. Charges whose month could not be read stand in
// noMonth.
//
// A sub-account that an accounts row lists on its own belongs to that row and to no other; the
// rest belongs to the row with an empty sub-account. Of two rows for one month, the one
// that begins later counts: a month is not divided.
//
// Use that no row ties to a party belongs to a stray, numbered after the parties: the account,
// or the sub-account where the register lists others of its account. A sub-account that only
// the row of its account covers, where the holder is a body whose use is exempt, is a stray
// too, beside being its holder's: who uses it is not known. Where no end user is stated, that
// holds if the register lists other sub-accounts of the account.
var usageSQL = []struct{ name, text string }{
	{"usage_row", `
SELECT u.source, u.first_row, u.last_row, u.charges, coalesce(t.to_account, u.account) AS account, coalesce(t.to_sub, u.sub) AS sub,
  u.month, u.region, c.service_id, u.used, u.unread, u.quantity,
  u.scale * CASE WHEN c.level AND u.period_hours < {level_hours}
    THEN u.period_hours / (24 * date_diff('day', u.month, u.month + INTERVAL '1' MONTH)) ELSE 1 END AS scale, u.billed, u.currency, u.provider, u.issuer
FROM (
  SELECT source, first_row, last_row, charges, coalesce(account, '') AS account, coalesce(sub_account, '') AS sub,
    coalesce(month, DATE '1900-01-01') AS month, coalesce(region, '') AS region, coalesce(category, '') AS category,
    coalesce(service, '') AS service, coalesce(subcategory, '') AS subcategory, coalesce(meter, '') AS meter,
    coalesce(words, '') AS words, coalesce(unit, '') AS unit, coalesce(used, 'unknown') AS used, coalesce(scale, 1) AS scale,
    period_hours, CASE WHEN month > {day} THEN '{after}' ELSE unread END AS unread, quantity, billed, coalesce(currency, '') AS currency, coalesce(provider, '') AS provider, coalesce(issuer, '') AS issuer
  FROM usage WHERE month IS NULL OR month <= {day} OR account IN (SELECT account FROM usage GROUP BY account HAVING min(month) > {day})) u
JOIN service_class c ON c.category = u.category AND c.service = u.service AND c.subcategory = u.subcategory AND c.meter = u.meter
  AND c.words = u.words AND c.unit = u.unit AND c.provider = u.provider
LEFT JOIN account_tie t ON t.account = u.account AND t.sub = u.sub`},

	{"usage_slot", `
SELECT row_number() OVER (ORDER BY account, sub, month) AS slot, account, sub, month
FROM (SELECT DISTINCT account, sub, month FROM usage_row) d`},

	{"usage_holder", `
WITH placed AS (
  SELECT s.slot, s.account, s.sub, coalesce(l.sub, '') AS as_sub, s.month FROM usage_slot s
  LEFT JOIN (SELECT DISTINCT account, sub FROM account_row WHERE sub <> '') l ON l.account = s.account AND l.sub = s.sub),
fit AS (
  SELECT p.slot, a.seq, a.holder_party, a.user_party, a.reseller_party,
    row_number() OVER (PARTITION BY p.slot ORDER BY a.since DESC NULLS LAST, a.until NULLS LAST, a.content, a.seq) AS pick
  FROM placed p JOIN account_row a ON a.account = p.account AND a.sub = p.as_sub
  WHERE p.month < DATE '1990-01-01' OR (a.since IS NULL OR a.since < p.month + INTERVAL '1' MONTH) AND (a.until IS NULL OR a.until >= p.month))
SELECT p.slot, p.account, p.sub, p.as_sub, p.month, f.seq, f.holder_party, f.user_party, f.reseller_party,
  coalesce(f.user_party, f.holder_party) AS party
FROM placed p LEFT JOIN (SELECT * FROM fit WHERE pick = 1) f ON f.slot = p.slot`},

	{"usage_stray", `
SELECT CAST(row_number() OVER (ORDER BY account, sub, holder NULLS FIRST) - 1 AS INTEGER) AS k, account, sub, holder FROM (
  SELECT DISTINCT o.account, CASE WHEN r.account IS NULL THEN '' ELSE o.sub END AS sub, CAST(NULL AS INTEGER) AS holder
  FROM usage_holder o LEFT JOIN (SELECT DISTINCT account FROM account_row) r ON r.account = o.account WHERE o.party IS NULL
  UNION ALL
  SELECT DISTINCT o.account, o.sub, o.party FROM usage_holder o JOIN exempt_party x ON x.party = o.party
  WHERE o.as_sub = '' AND o.sub <> '' AND (o.user_party = o.holder_party
    OR o.user_party IS NULL AND o.account IN (SELECT account FROM account_row WHERE sub <> ''))) d`},

	{"usage_owner", `
SELECT o.slot, o.account, o.sub, o.as_sub, o.month, o.seq, o.holder_party, o.user_party, o.reseller_party, o.party AS known_party,
  coalesce(o.party, {parties} + n.k) AS party
FROM usage_holder o LEFT JOIN (SELECT DISTINCT account FROM account_row) r ON r.account = o.account
LEFT JOIN usage_stray n ON o.party IS NULL AND n.holder IS NULL AND n.account = o.account
  AND n.sub = CASE WHEN r.account IS NULL THEN '' ELSE o.sub END`},

	{"account_subject", `
SELECT row_number() OVER (ORDER BY account, sub) AS n, account, sub, listed FROM (
  SELECT account, sub, max(listed) AS listed FROM (
    SELECT account, sub, 1 AS listed FROM account_row
    UNION ALL
    SELECT o.account, CASE WHEN k.account IS NULL THEN '' ELSE o.sub END AS sub, 0 AS listed
    FROM usage_owner o LEFT JOIN (SELECT DISTINCT account FROM account_row) k ON k.account = o.account
    LEFT JOIN (SELECT DISTINCT account, sub FROM account_row) l ON l.account = o.account AND l.sub = o.as_sub
    WHERE l.account IS NULL) u
  GROUP BY account, sub) d ORDER BY n`},

	{"slot_subject", `
SELECT o.slot, c.n FROM usage_owner o JOIN account_subject c ON c.account = o.account
LEFT JOIN account_subject w ON w.account = o.account AND w.sub = o.as_sub
LEFT JOIN (SELECT DISTINCT account FROM account_row) k ON k.account = o.account
WHERE c.sub = CASE WHEN w.n IS NOT NULL THEN o.as_sub WHEN k.account IS NULL THEN '' ELSE o.sub END`},

	{"usage_region", `
SELECT CAST(row_number() OVER (ORDER BY region) AS INTEGER) AS region_id, region FROM (SELECT DISTINCT region FROM usage_row) d`},

	// Tax, credits, adjustments and paid but unused commitments are not use (FOCUS ChargeCategory,
	// CommitmentDiscountStatus). Corrections are use, negative ones too. Where the category is not known, used
	// is 'unknown'; a charge that could not be read has its reason in unread.
	{"usage_fact", `
SELECT o.party, o.slot, o.month, r.region_id, u.service_id, u.used, u.unread, u.scale, u.quantity, u.source, u.first_row, u.last_row,
  u.charges, FALSE AS twice
FROM usage_row u
JOIN usage_owner o ON o.account = u.account AND o.sub = u.sub AND o.month = u.month
JOIN usage_region r ON r.region = u.region
WHERE u.used <> 'no'
ORDER BY o.party, o.month`},

	{"usage_twice", `
SELECT {parties} + n.k AS party, f.slot, f.month, f.region_id, f.service_id, f.used, f.unread, f.scale, f.quantity, f.source, f.first_row, f.last_row,
  f.charges, TRUE AS twice
FROM usage_stray n JOIN usage_owner o ON o.account = n.account AND o.sub = n.sub AND o.party = n.holder
JOIN usage_fact f ON f.slot = o.slot WHERE n.holder IS NOT NULL`},

	// Other parties that held an account in the month in which it changed hands, or at any time where the month of
	// charges is not known: nothing says whose use these charges are.
	{"usage_shared", `
SELECT DISTINCT h.slot, coalesce(a.user_party, a.holder_party) AS party
FROM usage_holder h
JOIN (SELECT account, sub FROM account_row GROUP BY account, sub HAVING count(DISTINCT coalesce(user_party, holder_party)) > 1) m
  ON m.account = h.account AND m.sub = h.as_sub
JOIN account_row p ON p.seq = h.seq
JOIN account_row a ON a.account = h.account AND a.sub = h.as_sub AND coalesce(a.user_party, a.holder_party) <> h.party
WHERE h.month < DATE '1990-01-01'
  OR p.since > h.month AND (a.since IS NULL OR a.since < p.since) AND (a.until IS NULL OR a.until >= h.month)`},

	{"usage_shared_fact", `
SELECT s.party, f.slot, f.month, f.region_id, f.service_id, CASE WHEN f.used = 'yes' AND f.month >= DATE '1990-01-01' THEN '{shared}' ELSE f.used END AS used,
  f.unread, f.scale, f.quantity, f.source, f.first_row, f.last_row, f.charges, TRUE AS twice
FROM usage_shared s JOIN usage_fact f ON f.slot = s.slot`},

	// Rows of one account for the same time that name different parties: one of them is not so, and nothing says which.
	{"account_rival", `
SELECT DISTINCT a.account, a.sub, coalesce(a.user_party, a.holder_party) AS party FROM account_row a
JOIN account_row b ON b.account = a.account AND b.sub = a.sub AND b.seq <> a.seq
  AND a.since IS NOT DISTINCT FROM b.since AND a.until IS NOT DISTINCT FROM b.until
  AND coalesce(a.user_party, a.holder_party) <> coalesce(b.user_party, b.holder_party)
ORDER BY 3, 1, 2`},

	// An account of the register that no bill names: of those who use it, and of those who hold it for another.
	{"account_unbilled", `
SELECT DISTINCT a.account, a.sub, a.party, a.own FROM (
  SELECT account, sub, coalesce(user_party, holder_party) AS party, TRUE AS own FROM account_row
  UNION ALL
  SELECT account, sub, holder_party, FALSE FROM account_row WHERE user_party IS NOT NULL AND holder_party <> user_party) a
WHERE a.party IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM usage_holder o WHERE o.account = a.account AND (a.sub = '' OR o.as_sub = a.sub))
ORDER BY 3, 1, 2, 4`},
}

// allLater stands in place of the reason for which a charge was not read, where the charges of
// its account are all dated after the day of the review: what was used by then is not known.
const allLater = "after the review"

// shared stands in place of "yes" where charges are use of one of several parties that held the account in the month.
const shared = "shared"

// levelHours: a charge over this many hours or more is for a whole month (27 days), and its
// quantity what lay there for all of it.
const levelHours = 27 * 24

// noMonth stands for the month of a charge whose month could not be read.
var noMonth = monthOf(time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC))

// A stray is use that no register row ties to a party.
type stray struct {
	account, sub string
	holder       int32 // the holder of its account, whose use is exempt; -1 when nobody is known
}

func (s stray) key() string {
	if s.sub == "" {
		return s.account
	}
	return s.account + "/" + s.sub
}

// exempt are the classes of bodies whose use no flag of volume counts; see set.civil of the packs.
func exempt(class string) bool {
	switch class {
	case capability.Civil, capability.Health, capability.Emergency:
		return true
	}
	return false
}

func (run *Run) prepareUsage(ctx context.Context) error {
	u := &usageState{loaded: true, lacking: map[string]int{}, sourceLacks: map[int]map[string]bool{}}
	counted := map[int]bool{}
	err := run.onBills(ctx, "count bills", "SELECT source, count(*) FROM usage GROUP BY source", 2,
		func(r *sql.Rows) error {
			var source int
			var n int64
			err := r.Scan(&source, &n)
			u.rows, u.sources, counted[source] = u.rows+n, u.sources+1, true
			return err
		})
	if err != nil {
		return err
	}
	err = run.book.Each(ctx, "read columns of bills", "SELECT DISTINCT source, column_name FROM usage_lacks",
		func(r *sql.Rows) error {
			var name string
			var source int
			if err := r.Scan(&source, &name); err != nil || !counted[source] {
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
	if err := run.exemptParties(ctx); err != nil {
		return err
	}
	parties := strconv.Itoa(len(run.in.Parties))
	var texts []query
	for _, q := range usageSQL {
		text := strings.NewReplacer("{parties}", parties, "{level_hours}", strconv.Itoa(levelHours), "{after}",
			allLater, "{shared}", shared).Replace(run.dated(q.text))
		texts = append(texts, query{q.name, text})
		if err := run.book.Derive(ctx, q.name, text); err != nil { // of bills in an engine: empty, for its columns
			return err
		}
	}
	for _, more := range []string{"usage_twice", "usage_shared_fact"} {
		if _, err := run.db.ExecContext(ctx, "INSERT INTO usage_fact SELECT * FROM "+more); err != nil {
			return fmt.Errorf("prepare table usage_fact: %w", err)
		}
	}
	if run.away() {
		if err := run.makeAway(ctx, texts); err != nil {
			return err
		}
	}
	err = run.onBills(ctx, "list months of bills", `
SELECT DISTINCT EXTRACT(YEAR FROM month) * 12 + EXTRACT(MONTH FROM month) - 1 FROM usage_slot WHERE month >= DATE '1990-01-01' ORDER BY 1`, 1,
		func(r *sql.Rows) error {
			var m int
			if err := r.Scan(&m); err != nil {
				return err
			}
			u.months = append(u.months, month(m).start())
			return nil
		})
	if err != nil {
		return err
	}
	err = run.book.Each(ctx, "list regions", "SELECT region FROM usage_region ORDER BY region_id",
		func(r *sql.Rows) error {
			var region string
			if err := r.Scan(&region); err != nil {
				return err
			}
			u.regions = append(u.regions, region)
			return nil
		})
	if err != nil {
		return err
	}
	run.usage = *u
	return run.readStrays(ctx)
}

const holdsForOthersSQL = `
SELECT DISTINCT holder_party FROM account_row WHERE holder_party IS NOT NULL AND user_party IS NULL AND reseller_party IS NOT NULL`

// dealers takes companies that hold an account for an end user who is not named for bodies of
// unknown kind: a reseller stands on the account, or the company itself resells.
func (run *Run) dealers(ctx context.Context) error {
	unnamed := func(p int32) {
		if c := &run.in.Classes[p]; c.Name == capability.Commercial {
			c.Name, c.Why = capability.Unknown, "a company that holds an account whose end user is not named"
		}
	}
	err := run.book.Each(ctx, "find end users that are not named", holdsForOthersSQL, func(r *sql.Rows) error {
		var p int32
		if err := r.Scan(&p); err != nil {
			return err
		}
		unnamed(p)
		return nil
	})
	if err != nil {
		return err
	}
	return run.book.Each(ctx, "find resellers that hold accounts", `
SELECT DISTINCT holder_party FROM account_row WHERE holder_party IS NOT NULL AND user_party IS NULL`,
		func(r *sql.Rows) error {
			var p int32
			if err := r.Scan(&p); err != nil {
				return err
			}
			if run.has(p, book.Reseller) {
				unnamed(p)
			}
			return nil
		})
}

// exemptParties lists the parties whose use is exempt.
func (run *Run) exemptParties(ctx context.Context) error {
	type row struct{ Party int32 }
	t, err := run.book.Create(ctx, "exempt_party", row{})
	if err != nil {
		return err
	}
	for p, c := range run.in.Classes {
		if exempt(c.Name) {
			if err := t.Append(row{int32(p)}); err != nil {
				return err
			}
		}
	}
	return t.Close()
}

func (run *Run) readStrays(ctx context.Context) error {
	return run.book.Each(ctx, "list accounts without a party",
		"SELECT account, sub, holder FROM usage_stray ORDER BY k", func(r *sql.Rows) error {
			var s stray
			var holder sql.NullInt32
			if err := r.Scan(&s.account, &s.sub, &holder); err != nil {
				return err
			}
			s.holder = index(holder)
			run.strays = append(run.strays, s)
			return nil
		})
}

func pairKey(account, sub string) string { return stray{account: account, sub: sub}.key() }

// A Tie says that an account id of the bills was taken for one of the register that is spelt otherwise.
type Tie struct{ Bill, Register string }

// Ties returns the account ids of bills that were tied to another spelling of the register.
func (run *Run) Ties() []Tie { return slices.Clone(run.tied) }

const parentsSQL = `
SELECT DISTINCT user_party, holder_party, reseller_party FROM account_row
WHERE user_party IS NOT NULL AND holder_party IS NOT NULL AND user_party <> holder_party
ORDER BY 1, 2, 3`

// maxParents is how many steps up a body is looked for: a unit, its directorate, its ministry.
const maxParents = 3

// prepareParents finds the bodies that parties belong to: a unit that uses a body's account
// belongs to the body, and what is owned belongs to its owner. A reseller or another
// company that only holds the account of a public body is no parent of it.
func (run *Run) prepareParents(ctx context.Context) error {
	direct := map[int32][]int32{}
	err := run.book.Each(ctx, "find bodies above parties", parentsSQL, func(r *sql.Rows) error {
		var user, holder int32
		var reseller sql.NullInt32
		if err := r.Scan(&user, &holder, &reseller); err != nil {
			return err
		}
		if reseller.Valid && reseller.Int32 == holder || run.government(user) && !run.government(holder) {
			return nil
		}
		direct[user] = append(direct[user], holder)
		return nil
	})
	if err != nil {
		return err
	}
	for p, owners := range run.in.Parents {
		direct[p] = append(direct[p], owners...)
	}
	run.parents = make(map[int32][]int32, len(direct))
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
		run.parents[p] = above
	}
	return nil
}
