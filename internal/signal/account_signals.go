package signal

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/book"
	"plimsoll/internal/capability"
	"plimsoll/internal/finding"
	"plimsoll/internal/name"
)

// accountSubject is an account, or a sub-account that is listed on its own.
type accountSubject struct {
	n            int64
	account, sub string
	listed       bool // there is an accounts row for it
	rows         []accountRow
	services     []int32
	issuers      [][2]string // issuer, provider as billed
	billed       int64
	first, last  sql.NullTime
	bills        []Row
}

type accountRow struct {
	source                 int
	at                     string
	holder, user, reseller int32
	text, class            string
	since, until           sql.NullTime
	lacks                  int64
}

func (a *accountSubject) key() string {
	if a.sub == "" {
		return a.account
	}
	return a.account + "/" + a.sub
}

const accountSubjectsSQL = `SELECT n, account, sub, listed FROM account_subject WHERE n > $1 AND n <= $2 ORDER BY n`

// accountTables are what is read of accounts, each sorted by account: a part of them is read for each batch, and a join
// for each would cost all accounts each time.
var accountTables = []query{
	{"account_register", `
SELECT c.n, a.source, a.place, a.holder_party, a.user_party, a.reseller_party, a.end_user_text, a.class, a.since, a.until, a.lacks,
  a.content, a.seq
FROM account_subject c JOIN account_row a ON a.account = c.account AND a.sub = c.sub ORDER BY c.n`},
	{"account_service", `
SELECT DISTINCT s.n, f.service_id FROM slot_subject s JOIN usage_fact f ON f.slot = s.slot
WHERE NOT f.twice AND (f.quantity IS NULL OR f.quantity > 0) ORDER BY n`},
	{"account_issuer", `
SELECT x.n, issuer, provider, first_month, last_month, x.source, groups, charges, first_row, last_row, g.snapshot, g.group_key, g.second_key, g.third_key FROM (
SELECT n, issuer, provider, min(month) AS first_month, max(month) AS last_month, min(source) AS source, count(*) AS groups, sum(charges) AS charges,
  min(first_row) AS first_row, max(last_row) AS last_row FROM (
  SELECT s.n, u.issuer, u.provider, u.month, u.source, u.charges, u.first_row, u.last_row
  FROM usage_row u JOIN usage_slot o ON o.account = u.account AND o.sub = u.sub AND o.month = u.month
  JOIN slot_subject s ON s.slot = o.slot) y
GROUP BY n, issuer, provider) x
LEFT JOIN usage_group g ON g.source = x.source AND g.n = x.first_row ORDER BY n`},
}

const (
	accountRowsSQL = `
SELECT n, source, place, holder_party, user_party, reseller_party, end_user_text, class, since, until, lacks FROM {account_register}
WHERE n > $1 AND n <= $2 ORDER BY n, since NULLS FIRST, until NULLS LAST, content, seq`
	accountServicesSQL = "SELECT n, service_id FROM {account_service} WHERE n > $1 AND n <= $2 ORDER BY 1, 2"
	accountIssuersSQL  = `
SELECT n, issuer, provider, first_month, last_month, source, groups, charges, first_row, last_row, snapshot, group_key, second_key, third_key
FROM {account_issuer} WHERE n > $1 AND n <= $2 ORDER BY n, issuer, provider`
)

// fromAccounts puts what accountTables hold into a query: the tables, or in a run about some parties, which reads few
// accounts, what they would be made from.
func (run *Run) fromAccounts(text string) string {
	for _, q := range accountTables {
		from := q.name
		if run.based() {
			from = "(" + q.text + ") " + q.name
		}
		text = strings.ReplaceAll(text, "{"+q.name+"}", from)
	}
	return text
}

func (run *Run) accountFacts(ctx context.Context, yield func(batch) error) error {
	c, err := run.context(ctx)
	if err != nil {
		return err
	}
	for _, q := range accountTables {
		if run.based() || q.name != accountTables[0].name && run.usage.rows == 0 {
			break
		}
		if err := run.book.Derive(ctx, q.name, q.text); err != nil {
			return err
		}
		if run.away() && q.name != accountTables[0].name {
			if err := run.bringAll(ctx, q); err != nil {
				return err
			}
		}
	}
	stretches, wanted, err := run.stretches(ctx, "account_subject", run.onlyAccounts())
	if err != nil {
		return err
	}
	for _, s := range stretches {
		list, err := run.accountBatch(ctx, s.from, s.to)
		if err != nil {
			return err
		}
		fact := func(i int) *Facts {
			if !wanted(list[i].n) {
				return nil
			}
			return run.accountFact(&list[i], c)
		}
		if err := yield(batch{len(list), fact}); err != nil {
			return err
		}
	}
	return nil
}

func (run *Run) accountBatch(ctx context.Context, from, to int64) ([]accountSubject, error) {
	batch := make([]accountSubject, to-from)
	reads := run.accountReads(func(n int64) *accountSubject { return &batch[n-from-1] })
	if run.usage.rows == 0 {
		reads = reads[:2] // what bills tell of accounts comes last
	}
	return batch, run.readAll(ctx, reads, from, to)
}

// accountReads is a flat table: what is read about an account, first of the register, then of the bills.
func (run *Run) accountReads(at func(int64) *accountSubject) []read {
	return []read{
		{"read accounts", accountSubjectsSQL, func(r *sql.Rows) error {
			var a accountSubject
			var listed int
			if err := r.Scan(&a.n, &a.account, &a.sub, &listed); err != nil {
				return err
			}
			a.listed = listed == 1
			*at(a.n) = a
			return nil
		}},
		{"read accounts", run.fromAccounts(accountRowsSQL), func(r *sql.Rows) error {
			var n int64
			var a accountRow
			var holder, user, reseller sql.NullInt32
			if err := r.Scan(&n, &a.source, &a.at, &holder, &user, &reseller, &a.text, &a.class, &a.since, &a.until,
				&a.lacks); err != nil {
				return err
			}
			a.holder, a.user, a.reseller = index(holder), index(user), index(reseller)
			at(n).rows = append(at(n).rows, a)
			return nil
		}},
		{"read services of accounts", run.fromAccounts(accountServicesSQL), func(r *sql.Rows) error {
			var n int64
			var s int32
			if err := r.Scan(&n, &s); err != nil {
				return err
			}
			at(n).services = append(at(n).services, s)
			return nil
		}},
		{"read issuers of accounts", run.fromAccounts(accountIssuersSQL), func(r *sql.Rows) error {
			var n, groups, charges, firstRow, lastRow int64
			var issuer, provider string
			var first, last time.Time
			var source int
			var group groupAt
			into := append([]any{&n, &issuer, &provider, &first, &last, &source, &groups, &charges, &firstRow,
				&lastRow}, group.into()...)
			if err := r.Scan(into...); err != nil {
				return err
			}
			a := at(n)
			a.billed += groups
			a.issuers = append(a.issuers, [2]string{issuer, provider})
			a.span(first, last)
			a.bills = append(a.bills, Row{Signal: "account.", Source: source, At: group.place(firstRow, lastRow),
				Says: fmt.Sprintf("%s charges of %s, billed by %s", amount(float64(charges)),
					latest("a provider not named", provider), latest("an issuer not named", issuer))})
			return nil
		}},
	}
}

// span widens the time in which an account has bills.
func (a *accountSubject) span(first, last time.Time) {
	if !a.first.Valid || first.Before(a.first.Time) {
		a.first = sql.NullTime{Time: first, Valid: true}
	}
	if !a.last.Valid || last.After(a.last.Time) {
		a.last = sql.NullTime{Time: last, Valid: true}
	}
}

func index(p sql.NullInt32) int32 {
	if !p.Valid {
		return -1
	}
	return p.Int32
}

func rowRange(first, last int64) string {
	if first == last {
		return fmt.Sprintf("row %d", first)
	}
	return fmt.Sprintf("rows %d–%d", first, last)
}

func (run *Run) accountFact(a *accountSubject, c *surroundings) *Facts {
	row := accountRow{holder: -1, user: -1, reseller: -1, lacks: -1}
	var list rowList
	for _, r := range a.rows {
		// The row that begins last is how things stand; cells that it leaves empty stay as they were.
		row.holder, row.user, row.reseller = latestParty(row.holder, r.holder), r.user, latestParty(row.reseller,
			r.reseller)
		row.text, row.class = r.text, latest(row.class, r.class)
		row.lacks &= r.lacks
		list.add(Row{Signal: "account.", Source: r.source, At: r.at, Says: r.says(run, a)})
	}
	user := row.user
	if user < 0 {
		user = row.holder
	}
	f := newFacts(OfAccount, finding.Subject{Kind: OfAccount, ID: a.key(), Name: a.key(), Party: run.partyID(user)})
	f.Accounts = []string{a.key()}
	var lacks func(string) bool // without a row, it is the row that lacks, and no column
	if len(a.rows) > 0 {
		lacks = run.lacking(book.Accounts, row.lacks)
	}
	put := func(signal string, value any, gaps ...Gap) {
		if len(a.rows) == 0 {
			value, gaps = nil, []Gap{run.noRegister(a.key(), a.billed)}
		}
		run.put(f, lacks, cell{name: signal, value: value, gaps: gaps})
	}
	put("account.end_user_stated", row.user >= 0 || row.text != "" && !capability.Generic(row.text))
	rival := run.rivalGap(a)
	if row.user < 0 && row.text == "" && exempt(run.class(user)) && lacks("accounts.end_user") {
		// What the holder is says nothing of a user for whom the source has no column.
		rival = append(rival, run.unreadGap("accounts.end_user"))
	}
	put("account.class", run.class(user), rival...)
	if len(a.rows) == 0 {
		put("account.security", nil)
	} else {
		run.settle(f, defs["account.security"], run.security(user), true,
			slices.Concat(rival, run.classGap(user, "accounts.end_user_class")))
	}
	var government any
	if row.holder >= 0 || row.user >= 0 {
		government = run.government(row.holder) || run.government(row.user)
	}
	put("account.government", government, rival...)
	put("account.reseller_named", row.reseller >= 0)
	put("account.end_user_identified", run.identified(row.user))
	run.billedFacts(f, a, row)
	run.handoverFacts(f, a, c)
	for _, r := range a.bills {
		list.add(r)
	}
	f.Rows = list.done()
	if a.first.Valid {
		f.Period = [2]string{a.first.Time.Format(time.DateOnly), a.last.Time.AddDate(0, 1, 0).Format(time.DateOnly)}
	}
	return f
}

// rivalGap is what is not known of whose an account is: its last two rows are for the same time and name different
// parties.
func (run *Run) rivalGap(a *accountSubject) []Gap {
	n := len(a.rows)
	if n < 2 {
		return nil
	}
	x, y := a.rows[n-2], a.rows[n-1]
	if x.since != y.since || x.until != y.until || x.holder == y.holder && x.user == y.user {
		return nil
	}
	return []Gap{run.sinceGap(a.key())}
}

// sinceGap is that nothing says from when on a row of an account holds.
func (run *Run) sinceGap(account string) Gap {
	g := Gap{Reason: CellEmpty, Column: "accounts.since", What: account, Rows: 1}
	if !run.Has("accounts.since") {
		g.Reason = ColumnAbsent
	}
	return g
}

// billedFacts are the signals of an account that its bills tell: who issues them, and what is used.
func (run *Run) billedFacts(f *Facts, a *accountSubject, row accountRow) {
	var differs, capabilities any
	var gaps []Gap
	if a.billed > 0 {
		for _, pair := range a.issuers {
			if pair[0] == "" || pair[1] == "" {
				continue
			}
			other := !sameName(pair[0], pair[1]) && !run.isNamed(row.reseller, pair[0])
			if old, _ := differs.(bool); !old {
				differs = other
			}
		}
		var used []string
		for _, n := range a.services {
			s := run.services[n]
			used = append(used, s.Capability)
			if len(s.May) > 0 {
				g := Gap{Reason: WordUnknown, Column: "usage.ServiceName", What: s.label(), May: s.May}
				if !run.Has("usage.ServiceName") {
					g.Reason = ColumnAbsent
				}
				gaps = append(gaps, g)
			}
		}
		capabilities = sorted(used)
	} else if run.usage.rows > 0 {
		gaps = []Gap{{Reason: NoBill, Column: "usage.BillingAccountId", What: a.key(), Rows: 1}}
		run.put(f, nil, cell{name: "account.issuer_differs", gaps: gaps})
		run.put(f, nil, cell{name: "account.capabilities", value: []string{}, gaps: gaps})
		return
	}
	run.put(f, nil, cell{name: "account.issuer_differs", value: differs})
	run.put(f, nil, cell{name: "account.capabilities", value: capabilities, gaps: gaps})
}

// handoverFacts lists the changes of holder, end user or reseller of an account near a trigger.
func (run *Run) handoverFacts(f *Facts, a *accountSubject, c *surroundings) {
	out := []map[string]any{}
	var gaps []Gap
	for i := 1; i < len(a.rows); i++ {
		old, now := a.rows[i-1], a.rows[i]
		what := ""
		switch {
		case old.holder != now.holder:
			what = "holder"
		case old.user != now.user:
			what = "end_user"
		case old.reseller != now.reseller:
			what = "reseller"
		default:
			continue
		}
		if !now.since.Valid {
			gaps = append(gaps, run.sinceGap(a.key()))
			continue
		}
		seen := map[int32]bool{-1: true}
		for _, p := range []int32{old.holder, old.user, now.holder, now.user} {
			if seen[p] {
				continue
			}
			seen[p] = true
			maybe, undated := run.doubtfulTriggers(p, c)
			gaps = append(gaps, undated...)
			for _, t := range append(run.triggers(p, c), maybe...) {
				days := now.since.Time.Sub(t.day).Hours() / 24
				if days < -handoverDays || days > handoverDays {
					continue
				}
				if t.doubt != nil {
					gaps = append(gaps, *t.doubt)
					continue
				}
				m := t.movement(what, "", 0, 0, monthOf(now.since.Time))
				m["days"], m["date"] = days, now.since.Time.Format(time.DateOnly)
				m["linked"] = run.linked(old, now)
				out = append(out, m)
			}
		}
	}
	if len(a.rows) > 1 || run.Has("accounts.since") {
		gaps = append(gaps, run.tableGaps("claims.published", "events.date")...)
		for _, r := range a.rows {
			for _, p := range []int32{r.holder, r.user} {
				gaps = append(gaps, run.unclearGaps(p, c, triggering)...)
			}
		}
	}
	gaps = append(gaps, run.tableGaps("accounts.party_name", "accounts.end_user", "accounts.reseller")...)
	if len(a.rows) < 2 {
		gaps = nil // nothing changed hands
		if !run.Has("accounts.account_id") {
			gaps = run.tableGaps("accounts.account_id")
		} else if len(a.rows) == 0 && run.book.Rows(book.Events)+run.book.Rows(book.Claims) > 0 {
			// who held it, and until when, is not known
			gaps = []Gap{{Reason: NoRegister, Column: "accounts.account_id", What: a.key()}}
		}
	}
	for _, r := range a.rows {
		// a row that could not be read may be the account's in other hands
		for _, q := range []int32{r.holder, r.user} {
			gaps = append(gaps, run.tornGaps(run.partyID(q), book.Accounts)...)
		}
	}
	slices.SortStableFunc(out, func(x, y map[string]any) int {
		return cmp.Compare(math.Abs(x["days"].(float64)), math.Abs(y["days"].(float64)))
	})
	run.settle(f, defs["account.handovers"], out, true, joinGaps(gaps))
}

// handoverDays is how far from a trigger a change of hands is listed (RF-06: 60 days).
const handoverDays = 60

// linked reports whether the parties of two rows of an account belong together.
func (run *Run) linked(old, now accountRow) bool {
	for _, p := range []int32{old.holder, old.user} {
		for _, q := range []int32{now.holder, now.user} {
			if p >= 0 && (p == q || slices.Contains(run.parents[p], q) || slices.Contains(run.parents[q], p)) {
				return true
			}
		}
	}
	return false
}

func (r accountRow) says(run *Run, a *accountSubject) string {
	s := []string{"account " + a.key()}
	if r.holder >= 0 {
		s = append(s, "of "+run.partyName(r.holder))
	}
	if r.user >= 0 {
		s = append(s, "end user "+run.partyName(r.user))
	} else if r.text != "" {
		s = append(s, "end user as written: "+clip(r.text))
	}
	if r.reseller >= 0 {
		s = append(s, "through "+run.partyName(r.reseller))
	}
	if r.since.Valid {
		s = append(s, "since "+r.since.Time.Format(time.DateOnly))
	}
	if r.until.Valid {
		s = append(s, "until "+r.until.Time.Format(time.DateOnly))
	}
	return strings.Join(s, ", ")
}

// isNamed reports whether name is one of a party's names.
func (run *Run) isNamed(p int32, name string) bool {
	if p < 0 || int(p) >= len(run.in.Parties) {
		return false
	}
	if sameName(run.in.Parties[p].Name, name) {
		return true
	}
	for _, n := range run.in.Parties[p].Names {
		if sameName(n, name) {
			return true
		}
	}
	return false
}

func sameName(a, b string) bool { return name.Key(a) == name.Key(b) }

// noRegister is why nothing is known of an account of the bills: no row of the register ties it to
// a party, or the run has no register at all.
func (run *Run) noRegister(account string, charges int64) Gap {
	g := Gap{Reason: NoRegister, Column: "accounts.account_id", What: account, Rows: charges}
	if !run.Has("accounts") && len(run.book.Unread("accounts")) == 0 {
		g.Reason = ColumnAbsent
	}
	return g
}
