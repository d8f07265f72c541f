package signal

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

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

const (
	accountSubjectsSQL = `SELECT n, account, sub, listed FROM account_subject WHERE n > $1 AND n <= $2 ORDER BY n`
	accountRowsSQL     = `
SELECT c.n, a.source, a.place, a.holder_party, a.user_party, a.reseller_party, a.end_user_text, a.class, a.since, a.until, a.lacks
FROM account_subject c JOIN account_row a ON a.account = c.account AND a.sub = c.sub
WHERE c.n > $1 AND c.n <= $2 ORDER BY c.n, a.since NULLS FIRST, a.until NULLS LAST, a.content, a.seq`
	accountServicesSQL = `
SELECT DISTINCT s.n, f.service_id FROM slot_subject s JOIN usage_fact f ON f.slot = s.slot
WHERE s.n > $1 AND s.n <= $2 AND (f.quantity IS NULL OR f.quantity > 0) ORDER BY 1, 2`
	accountIssuersSQL = `
SELECT n, issuer, provider, min(month), max(month), min(source), count(*), sum(charges), min(first_row), max(last_row) FROM (
  SELECT s.n, coalesce(u.issuer, '') AS issuer, coalesce(u.provider, '') AS provider, u.month, u.source, u.charges, u.first_row, u.last_row
  FROM usage u JOIN usage_slot o ON o.account = coalesce(u.account, '') AND o.sub = coalesce(u.sub_account, '') AND o.month = u.month
  JOIN slot_subject s ON s.slot = o.slot WHERE s.n > $1 AND s.n <= $2) x
GROUP BY n, issuer, provider ORDER BY n, issuer, provider`
)

func (b *Book) accountFacts(ctx context.Context, yield func(*Facts) error) error {
	var last int64
	if err := b.db.QueryRowContext(ctx, "SELECT count(*) FROM account_subject").Scan(&last); err != nil {
		return fmt.Errorf("count accounts: %w", err)
	}
	for from := int64(0); from < last; from += batchSize {
		batch, err := b.accountBatch(ctx, from, min(from+batchSize, last))
		if err != nil {
			return err
		}
		for i := range batch {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := yield(b.accountFact(&batch[i])); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *Book) accountBatch(ctx context.Context, from, to int64) ([]accountSubject, error) {
	batch := make([]accountSubject, to-from)
	at := func(n int64) *accountSubject { return &batch[n-from-1] }
	err := b.each(ctx, "read accounts", accountSubjectsSQL, func(r *sql.Rows) error {
		var a accountSubject
		var listed int
		if err := r.Scan(&a.n, &a.account, &a.sub, &listed); err != nil {
			return err
		}
		a.listed = listed == 1
		*at(a.n) = a
		return nil
	}, from, to)
	if err != nil {
		return nil, err
	}
	err = b.each(ctx, "read accounts", accountRowsSQL, func(r *sql.Rows) error {
		var n int64
		var a accountRow
		var holder, user, reseller sql.NullInt32
		if err := r.Scan(&n, &a.source, &a.at, &holder, &user, &reseller, &a.text, &a.class, &a.since, &a.until, &a.lacks); err != nil {
			return err
		}
		a.holder, a.user, a.reseller = index(holder), index(user), index(reseller)
		at(n).rows = append(at(n).rows, a)
		return nil
	}, from, to)
	if err != nil || b.usage.rows == 0 {
		return batch, err
	}
	err = b.each(ctx, "read services of accounts", accountServicesSQL, func(r *sql.Rows) error {
		var n int64
		var s int32
		if err := r.Scan(&n, &s); err != nil {
			return err
		}
		at(n).services = append(at(n).services, s)
		return nil
	}, from, to)
	if err != nil {
		return nil, err
	}
	err = b.each(ctx, "read issuers of accounts", accountIssuersSQL, func(r *sql.Rows) error {
		var n, groups, charges, firstRow, lastRow int64
		var issuer, provider string
		var first, last time.Time
		var source int
		if err := r.Scan(&n, &issuer, &provider, &first, &last, &source, &groups, &charges, &firstRow, &lastRow); err != nil {
			return err
		}
		a := at(n)
		a.billed += groups
		a.issuers = append(a.issuers, [2]string{issuer, provider})
		if !a.first.Valid || first.Before(a.first.Time) {
			a.first = sql.NullTime{Time: first, Valid: true}
		}
		if !a.last.Valid || last.After(a.last.Time) {
			a.last = sql.NullTime{Time: last, Valid: true}
		}
		a.bills = append(a.bills, Row{Signal: "account.", Source: source, At: rowRange(firstRow, lastRow),
			Says: fmt.Sprintf("%s charges of %s, billed by %s", amount(float64(charges)), latest("a provider not named", provider), latest("an issuer not named", issuer))})
		return nil
	}, from, to)
	return batch, err
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

func (b *Book) accountFact(a *accountSubject) *Facts {
	row := accountRow{holder: -1, user: -1, reseller: -1, lacks: -1}
	var list rowList
	for _, r := range a.rows {
		// The row that begins last is how things stand; cells that it leaves empty stay as they were.
		row.holder, row.user, row.reseller = latestParty(row.holder, r.holder), r.user, latestParty(row.reseller, r.reseller)
		row.text, row.class = r.text, latest(row.class, r.class)
		row.lacks &= r.lacks
		list.add(Row{Signal: "account.", Source: r.source, At: r.at, Says: r.says(b, a)})
	}
	user := row.user
	if user < 0 {
		user = row.holder
	}
	f := newFacts(finding.Subject{Kind: OfAccount, ID: a.key(), Name: a.key(), Party: b.partyID(user)})
	f.Accounts = []string{a.key()}
	lacks := lacking(tAccount, row.lacks)
	put := func(signal string, value any) {
		if len(a.rows) == 0 && strings.HasPrefix(defs[signal].Columns[0], "accounts.") {
			value = nil // a bill without an accounts row: nobody says whose it is
		}
		b.put(f, lacks, cell{name: signal, value: value})
	}
	put("account.end_user_stated", row.user >= 0 || row.text != "" && !Generic(row.text))
	class := b.class(user)
	if row.class != "" {
		if stated := capability.EndUser("", row.class).Class; stated != "unknown" {
			class = stated
		}
	}
	put("account.class", class)
	put("account.security", Security(class))
	var government any
	if row.holder >= 0 || row.user >= 0 {
		government = b.government(row.holder) || b.government(row.user)
	}
	put("account.government", government)
	put("account.reseller_named", row.reseller >= 0)
	put("account.end_user_identified", b.identified(row.user))

	var differs, capabilities any
	if a.billed > 0 {
		for _, pair := range a.issuers {
			if pair[0] == "" || pair[1] == "" {
				continue
			}
			other := !sameName(pair[0], pair[1]) && !b.isNamed(row.reseller, pair[0])
			if old, _ := differs.(bool); !old {
				differs = other
			}
		}
		var used []string
		for _, s := range a.services {
			used = append(used, b.services[s].Capability)
		}
		capabilities = sorted(used)
	}
	put("account.issuer_differs", differs)
	put("account.capabilities", capabilities)
	for _, r := range a.bills {
		list.add(r)
	}
	f.Rows = list.done()
	if a.first.Valid {
		f.Period = [2]string{a.first.Time.Format(time.DateOnly), a.last.Time.AddDate(0, 1, 0).Format(time.DateOnly)}
	}
	return f
}

func (r accountRow) says(b *Book, a *accountSubject) string {
	s := []string{"account " + a.key()}
	if r.holder >= 0 {
		s = append(s, "of "+b.partyName(r.holder))
	}
	if r.user >= 0 {
		s = append(s, "end user "+b.partyName(r.user))
	} else if r.text != "" {
		s = append(s, "end user as written: "+clip(r.text))
	}
	if r.reseller >= 0 {
		s = append(s, "through "+b.partyName(r.reseller))
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
func (b *Book) isNamed(p int32, name string) bool {
	if p < 0 || int(p) >= len(b.parties) {
		return false
	}
	if sameName(b.parties[p].Name, name) {
		return true
	}
	for _, n := range b.parties[p].Names {
		if sameName(n, name) {
			return true
		}
	}
	return false
}

func sameName(a, b string) bool { return name.Key(a) == name.Key(b) }
