package signal

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"plimsoll/internal/book"
)

// A subject is a party, or an account that no party is known of, while its facts are collected.
type subject struct {
	party        int32
	stray        *stray // the account; nil for a party
	engagements  []string
	sold         []string // engagements in which it is the seller, up to 50
	engagedTotal int64
	accounts     []string
	unbilled     []string // of those, accounts that no bill names
	userless     []Gap    // accounts that it holds, of a source without a column for who uses them
	// accounts that it holds for nobody named: no column for resellers, or words for an end user that name none
	dealerless   []Gap
	rivals       []Gap // accounts that other rows give to other parties for the same time
	held         []Gap // what is not known of the use by others of accounts that it holds
	capabilities []string
	provided     []provided
	unknownItems []Gap
	deals, told  bool // it bought something; for some of that an item is stated
	resales      int64
	secure       int64 // of those, to security end users
	unsure       int64 // and to end users of unknown kind
	gates        []gate
	support      []supportRow
	commitments  []commitment
	use          *use
	bounds       []bound // of use whose rows stay in an engine
	remote       bool    // its rows lie in an engine, and its lines do not tell what of its use is known
	deeds        []Row   // engagements and accounts
	bills        []billed
	billsTotal   int
}

// provided is an engagement that provides capabilities to its party.
type provided struct {
	id           string
	capabilities []string
	signed       sql.NullTime
	signedLast   time.Time // the last day that it may be
}

type supportRow struct {
	source  int
	at      string
	quarter sql.NullTime
	hours   sql.NullFloat64
	code    string
	lacks   int64
}

const (
	partyKeysSQL = `
SELECT party, id, total FROM (
  SELECT party, id, row_number() OVER (PARTITION BY party ORDER BY id) AS k, count(*) OVER (PARTITION BY party) AS total
  FROM party_engagement WHERE party >= $1 AND party < $2) p
WHERE k <= 200 ORDER BY party, id`
	partyCapabilitiesSQL = `
SELECT party, capabilities, told, sum(unknown), count(*) FROM party_engagement WHERE party >= $1 AND party < $2
GROUP BY party, capabilities, told ORDER BY party, capabilities, told`
	partyProvidedSQL = `
SELECT party, id, capabilities, signed, signed_last FROM party_engagement
WHERE party >= $1 AND party < $2 AND uses = 1
  AND (capabilities <> '' OR id IN (SELECT engagement FROM approval_row)) ORDER BY party, id`
	partyUnbilledSQL = `
SELECT party, account, sub, own FROM account_unbilled WHERE party >= $1 AND party < $2 ORDER BY party, account, sub`
	partyUserlessSQL = `
SELECT DISTINCT holder_party, lacks, coalesce(end_user_text, '') FROM account_row
WHERE holder_party >= $1 AND holder_party < $2 AND user_party IS NULL ORDER BY 1, 2, 3`
	partyRivalsSQL = `
SELECT party, account, sub FROM account_rival WHERE party >= $1 AND party < $2 ORDER BY party, account, sub`
	partyUnknownItemsSQL = `
SELECT party, text, may, items FROM (
  SELECT p.party, coalesce(i.text, i.scheme || ' ' || i.code) AS text, i.may, count(*) AS items,
    row_number() OVER (PARTITION BY p.party, i.may ORDER BY count(*) DESC, coalesce(i.text, i.scheme || ' ' || i.code)) AS k
  FROM party_engagement p JOIN engagement_item i ON i.n = p.n
  WHERE p.party >= $1 AND p.party < $2 AND p.unknown > 0 AND p.uses = 1 AND NOT i.understood AND coalesce(i.text, '') || coalesce(i.code, '') <> ''
  GROUP BY p.party, coalesce(i.text, i.scheme || ' ' || i.code), i.may) x
WHERE k <= 5 ORDER BY party, may, k`
	partyStorageSQL = `
SELECT party, start_on, end_on, sum(storage_tb) FROM party_engagement
WHERE party >= $1 AND party < $2 AND uses = 1 AND storage_tb IS NOT NULL GROUP BY party, start_on, end_on
ORDER BY party, start_on NULLS FIRST, end_on NULLS LAST`
	partyResalesSQL = `SELECT party, resales, security, unknown FROM party_resale WHERE party >= $1 AND party < $2 ORDER BY party`
	partyGatesSQL   = `
SELECT party, TRUE, engagement, who, source, place, kind, decided, decided_day, outcome, paid, lacks, after, valid_until, CAST(quantity AS DOUBLE), unit
FROM party_gate WHERE party >= $1 AND party < $2 ORDER BY party, kind, decided NULLS LAST, outcome, seq`
	partyAccountsSQL = `SELECT party, account, sub FROM party_account WHERE party >= $1 AND party < $2 ORDER BY party, account, sub`
	partySupportSQL  = `
SELECT who, source, place, quarter, CAST(hours AS DOUBLE), code, lacks FROM party_support
WHERE who >= $1 AND who < $2 ORDER BY who, quarter NULLS FIRST, code, content`
	holderServicesSQL = `
SELECT party, service_id, sure FROM holder_service WHERE party >= $1 AND party < $2 ORDER BY party, service_id, sure DESC`
	partySalesSQL = `SELECT party, id FROM seller_engagement WHERE party >= $1 AND party < $2 ORDER BY party, id`
	subjectsSQL   = `
SELECT end_user FROM engagement_fact UNION SELECT buyer FROM engagement_fact UNION SELECT reseller FROM engagement_fact
UNION SELECT holder_party FROM account_row UNION SELECT user_party FROM account_row UNION SELECT reseller_party FROM account_row
UNION SELECT who FROM party_claim UNION SELECT who FROM party_support`
)

// partyFacts computes the facts of every party that a deal names in any role, that holds an
// account, or about whom there is a claim, a support row or a standing.
func (run *Run) partyFacts(ctx context.Context, yield func(batch) error) error {
	if err := run.askParties(ctx); err != nil {
		return err
	}
	wanted, err := run.subjects(ctx)
	if err != nil {
		return err
	}
	var c *surroundings // read beside the first batch
	beside, inner := errgroup.WithContext(ctx)
	beside.Go(func() (err error) {
		c, err = run.context(inner)
		return err
	})
	defer func() { _ = beside.Wait() }()
	for from := int32(0); int(from) < len(wanted); from += batchSize {
		to := min(from+batchSize, int32(len(wanted)))
		if !slices.Contains(wanted[from:to], true) {
			continue
		}
		list, err := run.partyBatch(ctx, from, to)
		if err != nil {
			return err
		}
		if err := beside.Wait(); err != nil {
			return err
		}
		fact := func(i int) *Facts {
			if !wanted[list[i].party] {
				return nil
			}
			if f := run.strayFact(&list[i], c); f != nil {
				return f
			}
			return run.partyFact(&list[i], c)
		}
		if err := yield(batch{len(list), fact}); err != nil {
			return err
		}
	}
	return nil
}

func (run *Run) subjects(ctx context.Context) ([]bool, error) {
	wanted := make([]bool, len(run.in.Parties)+len(run.strays))
	for i := range run.strays {
		wanted[len(run.in.Parties)+i] = true
	}
	err := run.book.Each(ctx, "list parties", subjectsSQL, func(r *sql.Rows) error {
		var p sql.NullInt32
		if err := r.Scan(&p); err != nil {
			return err
		}
		if p.Valid {
			wanted[p.Int32] = true
		}
		return nil
	})
	for p := range run.roles {
		for role := range run.rolesIn(int32(p)) {
			switch role {
			case book.Owner, book.Owned, book.Claimed, book.Supports, book.InEvent:
			default:
				wanted[p] = true // it takes part in a deal, or passed a gate of one
			}
		}
	}
	tables := append(book.Tables(), book.Ownership)
	for p, class := range run.in.Classes {
		wanted[p] = wanted[p] || class.Contradiction || len(run.torn) > 0 &&
			len(run.tornGaps(run.partyID(int32(p)), tables...)) > 0
	}
	for _, standing := range []map[int32]Standing{run.in.Lists, run.in.Owners} {
		for p, s := range standing {
			if int(p) < len(wanted) && (len(s.Hits) > 0 || s.Score > 0 || s.ShareMax > 0 || s.Control ||
				len(s.Path) > 0) {
				wanted[p] = true
			}
		}
	}
	if run.in.Only != nil {
		for p := range wanted {
			wanted[p] = wanted[p] && run.in.Only[int32(p)]
		}
	}
	return wanted, err
}

func (run *Run) partyBatch(ctx context.Context, from, to int32) ([]subject, error) {
	batch := make([]subject, to-from)
	for i := range batch {
		batch[i].party = from + int32(i)
		batch[i].stray = run.stray(batch[i].party)
	}
	g, ctx := errgroup.WithContext(ctx) // each fills fields of its own
	g.Go(func() error {
		return run.readAll(ctx, run.partyReads(func(p int32) *subject { return &batch[p-from] }), from, to)
	})
	g.Go(func() error { return run.useBatch(ctx, batch, from, to) })
	g.Go(func() error { return run.evidenceBatch(ctx, batch, from, to) })
	return batch, g.Wait()
}

// partyReads is a flat table: what is read about a party, but for its use.
func (run *Run) partyReads(at func(int32) *subject) []read {
	return []read{
		{"read engagements of parties", partyKeysSQL, func(r *sql.Rows) error {
			var p int32
			var id string
			var total int64
			if err := r.Scan(&p, &id, &total); err != nil {
				return err
			}
			at(p).engagements, at(p).engagedTotal = append(at(p).engagements, id), total
			return nil
		}},
		{"read sales of parties", partySalesSQL, func(r *sql.Rows) error {
			var p int32
			var id string
			if err := r.Scan(&p, &id); err != nil {
				return err
			}
			at(p).sold = append(at(p).sold, id)
			return nil
		}},
		{"read capabilities of parties", partyCapabilitiesSQL, func(r *sql.Rows) error {
			var p int32
			var cell string
			var told bool
			var unknown, count int64
			if err := r.Scan(&p, &cell, &told, &unknown, &count); err != nil {
				return err
			}
			s := at(p)
			s.deals, s.told = true, s.told || told
			s.capabilities = append(s.capabilities, unpack(cell)...)
			return nil
		}},
		{"read what is provided to parties", partyProvidedSQL, func(r *sql.Rows) error {
			var p int32
			var x provided
			var cell string
			var last sql.NullTime
			if err := r.Scan(&p, &x.id, &cell, &x.signed, &last); err != nil {
				return err
			}
			x.capabilities, x.signedLast = unpack(cell), last.Time
			at(p).provided = append(at(p).provided, x)
			return nil
		}},
		{"read items that are not understood", partyUnknownItemsSQL, func(r *sql.Rows) error {
			var p int32
			g := Gap{Reason: WordUnknown, Column: "engagements.item"}
			var may string
			if err := r.Scan(&p, &g.What, &may, &g.Rows); err != nil {
				return err
			}
			g.What, g.May = clip(g.What), unpack(may)
			at(p).unknownItems = append(at(p).unknownItems, g)
			return nil
		}},
		{"read accounts without a bill", partyUnbilledSQL, func(r *sql.Rows) error {
			var p int32
			var account, sub string
			var own bool
			if err := r.Scan(&p, &account, &sub, &own); err != nil {
				return err
			}
			if s := at(p); own {
				s.unbilled = append(s.unbilled, pairKey(account, sub))
			} else if len(s.held) < mostNamed {
				s.held = append(s.held, Gap{Reason: NoBill, Column: "usage.BillingAccountId", What: pairKey(account,
					sub), Rows: 1})
			}
			return nil
		}},
		{"read accounts without a column for the end user", partyUserlessSQL, func(r *sql.Rows) error {
			var p int32
			var lacks int64
			var text string
			if err := r.Scan(&p, &lacks, &text); err != nil {
				return err
			}
			s, lacking := at(p), run.lacking(book.Accounts, lacks)
			if somebody(text) {
				s.dealerless = append(s.dealerless, Gap{Reason: Unstated, Column: "accounts.end_user", What: text,
					Rows: 1})
				return nil
			}
			if text != "" {
				return nil
			}
			if lacking("accounts.end_user") {
				s.userless = joinGaps(append(s.userless, run.unreadGap("accounts.end_user")))
			}
			if lacking("accounts.reseller") {
				s.dealerless = joinGaps(append(s.dealerless, run.unreadGap("accounts.reseller")))
			}
			return nil
		}},
		{"read accounts of several parties", partyRivalsSQL, func(r *sql.Rows) error {
			var p int32
			var account, sub string
			if err := r.Scan(&p, &account, &sub); err != nil {
				return err
			}
			if s := at(p); len(s.rivals) < mostNamed {
				s.rivals = append(s.rivals, run.sinceGap(pairKey(account, sub)))
			}
			return nil
		}},
		{"read commitments of parties", partyStorageSQL, func(r *sql.Rows) error {
			var p int32
			var c commitment
			if err := r.Scan(&p, &c.from, &c.to, &c.tb); err != nil {
				return err
			}
			at(p).commitments = append(at(p).commitments, c)
			return nil
		}},
		{"read resales of parties", partyResalesSQL, func(r *sql.Rows) error {
			var p int32
			s := at
			var n, secure, unsure int64
			if err := r.Scan(&p, &n, &secure, &unsure); err != nil {
				return err
			}
			s(p).resales, s(p).secure, s(p).unsure = n, secure, unsure
			return nil
		}},
		{"read approvals of parties", partyGatesSQL, func(r *sql.Rows) error {
			var p int64
			g, err := run.scanGate(r, &p)
			if err != nil {
				return err
			}
			at(int32(p)).gates = append(at(int32(p)).gates, g)
			return nil
		}},
		{"read accounts of parties", partyAccountsSQL, func(r *sql.Rows) error {
			var p int32
			var a accountSubject
			if err := r.Scan(&p, &a.account, &a.sub); err != nil {
				return err
			}
			at(p).accounts = append(at(p).accounts, a.key())
			return nil
		}},
		{"read support of parties", partySupportSQL, func(r *sql.Rows) error {
			var p int32
			var s supportRow
			if err := r.Scan(&p, &s.source, &s.at, &s.quarter, &s.hours, &s.code, &s.lacks); err != nil {
				return err
			}
			at(p).support = append(at(p).support, s)
			return nil
		}},
		{"read services of account holders", holderServicesSQL, func(r *sql.Rows) error {
			var p, service int32
			var sure bool
			if err := r.Scan(&p, &service, &sure); err != nil {
				return err
			}
			x, s := run.services[service], at(p)
			switch {
			case sure && x.Capability != "":
				s.capabilities, s.told = append(s.capabilities, x.Capability), true
			case x.Capability != "":
				s.held = append(s.held, Gap{Reason: CellEmpty, Column: "usage.ChargeCategory", What: x.label(),
					May: []string{x.Capability}})
			case len(x.May) > 0:
				s.held = append(s.held, Gap{Reason: WordUnknown, Column: "usage.ServiceName", What: x.label(),
					May: x.May})
			}
			return nil
		}},
	}
}

// somebody reports whether words that name no end user ("undisclosed", "customers of the dealer") are written
// for one all the same; those for "none" are not.
func somebody(text string) bool {
	switch strings.Trim(strings.ToLower(text), " .-–—/") {
	case "", "n/a", "n.a", "na", "none", "nil", "null", "no", "not applicable":
		return false
	}
	return true
}
