package signal

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/book"
	"plimsoll/internal/capability"
	"plimsoll/internal/finding"
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
	rivals       []Gap    // accounts that other rows give to other parties for the same time
	held         []Gap    // what is not known of the use by others of accounts that it holds
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
	deeds        []Row // engagements and accounts
	bills        []billed
	billsTotal   int
}

// provided is an engagement that provides capabilities to its party.
type provided struct {
	id           string
	capabilities []string
	signed       sql.NullTime
}

type supportRow struct {
	source  int
	at      string
	quarter sql.NullTime
	hours   sql.NullFloat64
	code    string
	lacks   int64
}

// A claim stands in memory: statements about parties are few, whatever the size of a run.
type claim struct {
	source                                                  int
	at, id, capability, text, saidBy, origin, grade, status string
	url, reply                                              string
	published                                               sql.NullTime
	lacks                                                   int64
}

const (
	claimsSQL = `
SELECT who, source, place, id, capability, text, said_by, url, published, origin, grade, status, reply, lacks
FROM party_claim ORDER BY who, published NULLS LAST, id, content`
	partyKeysSQL = `
SELECT party, id, total FROM (
  SELECT party, id, row_number() OVER (PARTITION BY party ORDER BY id) AS k, count(*) OVER (PARTITION BY party) AS total
  FROM party_engagement WHERE party >= $1 AND party < $2) p
WHERE k <= 200 ORDER BY party, id`
	partyCapabilitiesSQL = `
SELECT party, capabilities, told, sum(unknown), count(*) FROM party_engagement WHERE party >= $1 AND party < $2
GROUP BY party, capabilities, told ORDER BY party, capabilities, told`
	partyProvidedSQL = `
SELECT party, id, capabilities, signed FROM party_engagement
WHERE party >= $1 AND party < $2 AND uses = 1
  AND (capabilities <> '' OR id IN (SELECT engagement FROM approval_row)) ORDER BY party, id`
	partyUnbilledSQL = `
SELECT party, account, sub, own FROM account_unbilled WHERE party >= $1 AND party < $2 ORDER BY party, account, sub`
	partyRivalsSQL = `
SELECT party, account, sub FROM account_rival WHERE party >= $1 AND party < $2 ORDER BY party, account, sub`
	partyUnknownItemsSQL = `
SELECT party, text, items FROM (
  SELECT p.party, coalesce(i.text, i.scheme || ' ' || i.code) AS text, count(*) AS items,
    row_number() OVER (PARTITION BY p.party ORDER BY count(*) DESC, coalesce(i.text, i.scheme || ' ' || i.code)) AS k
  FROM party_engagement p JOIN engagement_item i ON i.n = p.n
  WHERE p.party >= $1 AND p.party < $2 AND p.unknown > 0 AND p.uses = 1 AND NOT i.understood AND coalesce(i.text, '') || coalesce(i.code, '') <> ''
  GROUP BY p.party, coalesce(i.text, i.scheme || ' ' || i.code)) x
WHERE k <= 5 ORDER BY party, k`
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
func (run *Run) partyFacts(ctx context.Context, yield func(*Facts) error) error {
	c, err := run.context(ctx)
	if err != nil {
		return err
	}
	wanted, err := run.subjects(ctx)
	if err != nil {
		return err
	}
	for from := int32(0); int(from) < len(wanted); from += batchSize {
		to := min(from+batchSize, int32(len(wanted)))
		if !slices.Contains(wanted[from:to], true) {
			continue
		}
		batch, err := run.partyBatch(ctx, from, to)
		if err != nil {
			return err
		}
		for i := range batch {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !wanted[batch[i].party] {
				continue
			}
			f := run.strayFact(&batch[i], c)
			if f == nil {
				f = run.partyFact(&batch[i], c)
			}
			if err := yield(f); err != nil {
				return err
			}
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
	for p, roles := range run.roles {
		for role := range roles {
			switch role {
			case book.Owner, book.Owned, book.Claimed, book.Supports, book.Approved, book.InEvent:
			default:
				wanted[p] = true // it takes part in a deal
			}
		}
	}
	for p, class := range run.in.Classes {
		wanted[p] = wanted[p] || class.Contradiction
	}
	for _, standing := range []map[int32]Standing{run.in.Lists, run.in.Owners} {
		for p, s := range standing {
			if int(p) < len(wanted) && (len(s.Hits) > 0 || s.Score > 0 || s.ShareMax > 0 || s.Control || len(s.Path) > 0) {
				wanted[p] = true
			}
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
	for _, q := range run.partyReads(func(p int32) *subject { return &batch[p-from] }) {
		if err := run.book.Each(ctx, q.what, q.text, q.scan, from, to); err != nil {
			return nil, err
		}
	}
	if err := run.useBatch(ctx, batch, from, to); err != nil {
		return nil, err
	}
	return batch, run.evidenceBatch(ctx, batch, from, to)
}

// A read is one query over a range of parties.
type read struct {
	what, text string
	scan       func(*sql.Rows) error
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
			if err := r.Scan(&p, &x.id, &cell, &x.signed); err != nil {
				return err
			}
			x.capabilities = unpack(cell)
			at(p).provided = append(at(p).provided, x)
			return nil
		}},
		{"read items that are not understood", partyUnknownItemsSQL, func(r *sql.Rows) error {
			var p int32
			g := Gap{Reason: WordUnknown, Column: "engagements.item"}
			if err := r.Scan(&p, &g.What, &g.Rows); err != nil {
				return err
			}
			g.What = clip(g.What)
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
				s.held = append(s.held, Gap{Reason: NoBill, Column: "usage.BillingAccountId", What: pairKey(account, sub), Rows: 1})
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
			g, err := scanGate(r, &p)
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
				s.held = append(s.held, Gap{Reason: CellEmpty, Column: "usage.ChargeCategory", What: x.label(), May: []string{x.Capability}})
			case len(x.May) > 0:
				s.held = append(s.held, Gap{Reason: WordUnknown, Column: "usage.ServiceName", What: x.label(), May: x.May})
			}
			return nil
		}},
	}
}

// readClaims reads the claims by party.
func (run *Run) readClaims(ctx context.Context) (map[int32][]claim, error) {
	out := map[int32][]claim{}
	err := run.book.Each(ctx, "read claims", claimsSQL, func(r *sql.Rows) error {
		var p int32
		var c claim
		if err := r.Scan(&p, &c.source, &c.at, &c.id, &c.capability, &c.text, &c.saidBy, &c.url, &c.published,
			&c.origin, &c.grade, &c.status, &c.reply, &c.lacks); err != nil {
			return err
		}
		out[p] = append(out[p], c)
		return nil
	})
	return out, err
}

// dead are the statuses of claims that no longer count; they stay visible.
var dead = map[string]bool{
	"not_supported": true, "contradicted": true, "refuted": true, "withdrawn": true, "retracted": true, "corrected": true,
	"rejected": true, "false": true, "removed": true, "dismissed": true, "unfounded": true,
}

// value is a claim as rules see it. A key that the row does not fill is not there.
func (run *Run) claimValue(c claim, parent bool) map[string]any {
	asOf := run.in.AsOf
	m := map[string]any{"parent": parent, "id": c.id}
	lacks := run.lacking(book.Claims, c.lacks)
	if r, n, ok := grade(c.grade); ok {
		m["reliability"], m["credibility"] = r, n
	}
	if c.published.Valid {
		m["age_years"] = asOf.Sub(c.published.Time).Hours() / 24 / 365.25
		m["published"] = c.published.Time.Format(time.DateOnly)
	}
	if !lacks("claims.origin") {
		// A claim that names no origin is its publisher's own.
		m["origin"] = book.PlainWords(latest(latest(c.id, c.saidBy), c.origin))
	}
	if !lacks("claims.status") {
		m["status"] = latest("reported", c.status)
		m["live"] = !dead[c.status]
	}
	// Of a word that names no class nothing is known of what the claim is about.
	if !lacks("claims.capability") && (c.capability == "" || slices.Contains(capability.Classes, c.capability)) {
		m["capability"] = c.capability
	}
	return m
}

// grade reads "B2": reliability A to F, credibility 1 to 6 (the NATO "Admiralty" scale).
func grade(s string) (reliability string, credibility int64, ok bool) {
	s = strings.ToUpper(strings.Join(strings.Fields(s), ""))
	if len(s) != 2 || s[0] < 'A' || s[0] > 'F' || s[1] < '1' || s[1] > '6' {
		return "", 0, false
	}
	return s[:1], int64(s[1] - '0'), true
}

func (c claim) finding() finding.Claim {
	f := finding.Claim{ID: c.id, Text: c.text, Source: c.saidBy, Grade: c.grade, Status: latest("reported", c.status), Origin: c.origin, Reply: c.reply}
	if c.published.Valid {
		f.Published = c.published.Time.Format(time.DateOnly)
	}
	return f
}

func (run *Run) partyFact(s *subject, c *surroundings) *Facts {
	p := s.party
	f := newFacts(OfParty, finding.Subject{Kind: OfParty, ID: run.partyID(p), Name: run.partyName(p), Party: run.partyID(p)})
	f.Engagements, f.Accounts = s.engagements, s.accounts
	if len(f.Engagements) == 0 {
		f.Engagements = s.sold
	}
	var list rowList
	run.classFacts(f, p)
	run.put(f, nil, cell{name: "party.roles", value: run.rolesOf(p)})
	run.boughtFacts(f, s)
	run.standingFacts(f, p)
	run.belowFacts(f, p)
	run.claimFacts(f, &list, p, c)
	run.reviewFacts(f, &list, s)
	run.resaleFacts(f, s)
	run.useFacts(f, s, c)
	run.supportFacts(f, &list, s)
	run.segmentFacts(f, run.class(p))
	for _, r := range s.deeds {
		list.add(r)
	}
	list.more += int(s.engagedTotal) - len(s.engagements)
	s.billRows(&list, f)
	f.Rows = list.done()
	return f
}

// classFacts are what kind of body a party is. Where that is not known, whether it is a
// security body is not either.
func (run *Run) classFacts(f *Facts, p int32) {
	c := run.in.Classes[p]
	f.Values["party.class"] = run.class(p)
	run.settle(f, defs["party.security"], run.security(p), true, run.classGap(p, "accounts.end_user_class"))
	f.Values["party.government"] = run.government(p)
	var unstated []Gap
	if c.Stated == "" && !c.Contradiction {
		unstated = run.tableGaps("accounts.end_user_class") // a class that nothing states contradicts nothing
	}
	run.settle(f, defs["party.class_contradicted"], c.Contradiction, true, unstated)
	f.Values["party.class_stated"], f.Values["party.class_of_name"] = c.Stated, c.NameClass
	f.Values["party.beneath"] = c.Beneath
}

// reviewFacts are the human-rights reviews of a party, and what of its use no sound review covers.
func (run *Run) reviewFacts(f *Facts, list *rowList, s *subject) {
	state, gaps := run.review(s.gates)
	if state == "none" && run.book.Rows(book.Engagements) > 0 {
		// The reviews of engagements are its reviews where the records say whose engagements they are.
		gaps = joinGaps(slices.Concat(gaps, run.tableGaps("engagements.buyer", "engagements.end_user")))
	}
	run.put(f, nil, cell{name: "party.review", value: state, gaps: gaps})
	for _, g := range s.gates {
		if isReview(g.kind) {
			list.add(Row{Signal: "party.unreviewed", Source: g.source, At: g.at, Says: g.says()})
		}
	}
	var needs []need
	of := map[string][]string{}
	for _, x := range s.provided {
		of[x.id] = x.capabilities
		for _, class := range x.capabilities {
			needs = append(needs, need{class, x.id, x.signed})
		}
	}
	if s.use != nil {
		for _, class := range keys(s.use.used) {
			first := sql.NullTime{}
			for m := range s.use.used[class] {
				if end := m.end().AddDate(0, 0, -1); !first.Valid || end.Before(first.Time) {
					first = sql.NullTime{Time: end, Valid: true}
				}
			}
			needs = append(needs, need{class: class, day: first})
		}
	}
	classes, doubts := run.unreviewed(needs, s.gates, func(id, class string) bool { return slices.Contains(of[id], class) })
	// What it bought or used besides is not known to be reviewed either.
	doubts = append(doubts, f.Gaps["party.capabilities"]...)
	run.put(f, nil, cell{name: "party.unreviewed", value: classes, gaps: doubts})
	run.settle(f, defs["party.gate_faults"], s.gateFaults(), true, run.gateGaps(f, s))
}

// gateFaults reports whether a review was late or decided by somebody paid on the deal.
func (s *subject) gateFaults() bool {
	return slices.ContainsFunc(s.gates, func(g gate) bool {
		return isReview(g.kind) && !g.after && (g.paid == "yes" || g.verdict() == approved && s.late(g))
	})
}

// gateGaps are why faults of reviews may be there that are not known, nil when some are known.
func (run *Run) gateGaps(f *Facts, s *subject) []Gap {
	if s.gateFaults() {
		return nil
	}
	gaps := slices.Concat(run.tableGaps("approvals.kind"), f.Gaps["party.review"])
	for _, g := range s.gates {
		if !isReview(g.kind) {
			continue
		}
		lacks := run.lacking(book.Approvals, g.lacks)
		for _, column := range []string{"approvals.decided", "approvals.outcome", "approvals.paid_on_deal"} {
			if lacks(column) {
				gaps = append(gaps, run.unreadGap(column))
			}
		}
	}
	for _, x := range s.provided {
		if !x.signed.Valid && len(s.gates) > 0 {
			gaps = append(gaps, Gap{Reason: CellEmpty, Column: "engagements.signed", What: x.id, Rows: 1})
		}
	}
	if len(s.gates) > 0 {
		gaps = append(gaps, f.Gaps["party.capabilities"]...)
	}
	return joinGaps(gaps)
}

// late reports whether a review was decided after the engagement that it is for was signed.
func (s *subject) late(g gate) bool {
	return slices.ContainsFunc(s.provided, func(x provided) bool {
		return x.id == g.engagement && x.signed.Valid && g.decided.Valid && g.decided.Time.After(x.signed.Time)
	})
}

func (run *Run) resaleFacts(f *Facts, s *subject) {
	run.put(f, nil, cell{name: "party.resales", value: s.resales})
	share := 0.0 // it resells nothing
	var gaps []Gap
	if s.resales > 0 {
		share = float64(s.secure) / float64(s.resales)
		if s.unsure > 0 {
			gaps = []Gap{{Reason: Unstated, Column: "engagements.end_user_class", Rows: s.unsure}}
			f.Most["party.security_share"] = float64(s.secure+s.unsure) / float64(s.resales)
		}
	}
	run.put(f, nil, cell{name: "party.security_share", value: share, gaps: gaps})
}

// strayFact are the facts of an account that no party is known of, nil for a party. Its use is
// judged like a party's; nothing else is known of whose it is.
func (run *Run) strayFact(s *subject, c *surroundings) *Facts {
	x := s.stray
	if x == nil {
		return nil
	}
	name := x.key()
	if name == "" {
		name = "account not named in the bills"
	}
	f := newFacts(OfParty, finding.Subject{Kind: OfAccount, ID: x.key(), Name: name})
	f.Accounts = []string{name}
	why := Gap{Reason: NoRegister, Column: "accounts.account_id", What: name}
	if x.holder >= 0 {
		why.Column, why.What = "accounts.sub_account_id", name+" of an account of "+run.partyName(x.holder)
		f.Subject.Party = run.partyID(x.holder)
	}
	for _, d := range Catalogue {
		if d.Of == OfParty && !strings.HasPrefix(d.Name, "usage.") {
			f.Gaps[d.Name], f.Missing[d.Name] = []Gap{why}, []string{why.Column}
		}
	}
	known := func(name string, value any) {
		f.Values[name] = value
		delete(f.Gaps, name)
		delete(f.Missing, name)
	}
	known("party.roles", []string{book.Account})
	if x.holder < 0 {
		known("party.class", "unknown")
	}
	known("party.class_contradicted", false)
	known("party.resales", int64(0))
	known("support.hours_peak", 0.0)
	known("support.growth", 1.0)
	run.useFacts(f, s, c)
	run.segmentFacts(f, "unknown")
	var list rowList
	s.billRows(&list, f)
	f.Rows = list.done()
	return f
}

// rolesOf returns the roles that the records give a party in deals, statements and claims, sorted.
func (run *Run) rolesOf(p int32) []string {
	out := []string{}
	for role := range run.roles[p] {
		switch role {
		case book.Supports, book.Approved, book.InEvent:
		default:
			out = append(out, role)
		}
	}
	slices.Sort(out)
	return out
}

func (run *Run) boughtFacts(f *Facts, s *subject) {
	used := s.capabilities
	told := s.told || !s.deals
	gaps := s.unknownItems
	if s.use != nil {
		used = append(slices.Clone(used), keys(s.use.used)...)
		gaps = slices.Concat(gaps, run.classGaps(s.use))
		told = true
	} else if len(s.accounts) > 0 && run.usage.rows == 0 {
		gaps = append(slices.Clone(gaps), Gap{Reason: ColumnAbsent, Column: "usage.ServiceName"})
	}
	gaps = slices.Concat(gaps, run.unbilledGaps(s), s.held, run.unheldGaps(s.party))
	var value any = sorted(used)
	if !told {
		gaps = append(gaps, Gap{Reason: CellEmpty, Column: "engagements.item"})
		if !run.Has("engagements.item") {
			gaps[len(gaps)-1].Reason = ColumnAbsent
		}
	}
	run.settle(f, defs["party.capabilities"], value, true, joinGaps(gaps))
}

func (run *Run) standingFacts(f *Facts, p int32) {
	listed, owned := run.in.Lists[p], run.in.Owners[p]
	run.put(f, nil, cell{name: "party.listed_score", value: listed.Score})
	f.Hits = append(f.Hits, listed.Hits...)
	values := map[string]any{}
	var gaps []Gap
	if owned.Known {
		values["party.listed_share_max"], values["party.listed_share_min"] = owned.ShareMax, owned.ShareMin
		values["party.listed_control"] = owned.Control
		values["party.listed_fifty"], values["party.listed_fifty_may"] = owned.Fifty, owned.FiftyMay || owned.Fifty
		f.Path = owned.Path
		for _, h := range owned.Hits {
			if !slices.Contains(f.Hits, h) {
				f.Hits = append(f.Hits, h)
			}
		}
		if owned.Cut != "" {
			gaps = append(gaps, Gap{Reason: Unstated, Column: "ownership.share", What: owned.Cut})
		}
		if owned.Withheld != "" {
			gaps = append(gaps, Gap{Reason: Unstated, Column: "ownership.share", What: owned.Withheld})
			if owned.Cut == "" {
				f.Most["party.listed_share_max"], f.Most["party.listed_share_min"] = owned.ShareOpen, owned.ShareOpen
			}
		}
	}
	for _, name := range []string{"party.listed_share_max", "party.listed_share_min", "party.listed_control", "party.listed_fifty", "party.listed_fifty_may"} {
		needs := "ownership.share"
		if name == "party.listed_control" {
			needs = "ownership.control"
		}
		run.put(f, nil, cell{name: name, value: values[name], needs: []string{needs}, gaps: gaps})
	}
}

// belowFacts are what a party holds of listed ones.
func (run *Run) belowFacts(f *Facts, p int32) {
	var b Below
	values := map[string]any{}
	if run.in.Owners != nil && run.in.Lists != nil {
		b = run.in.Below[p]
		name := ""
		if b.Name != "" {
			name = fmt.Sprintf("%s (“%s”, an entry of %s, score %s)", b.Name, b.Hit.Name, latest(b.Hit.List, b.Hit.Title), amount(b.Hit.Score))
			if len(f.Path) == 0 {
				f.Path = b.Path
			}
		}
		values = map[string]any{"max": b.Max, "min": b.Min, "control": b.Control, "grade": b.Hit.Grade, "effect": b.Hit.Legal, "name": name, "path": b.Says}
	}
	for _, part := range []string{"max", "min", "control", "grade", "effect", "name", "path"} {
		run.put(f, nil, cell{name: "party.owns_listed_" + part, value: values[part]})
	}
}

func (run *Run) claimFacts(f *Facts, list *rowList, p int32, c *surroundings) {
	values := []map[string]any{}
	take := func(about int32, parent bool) {
		for _, x := range c.claims[about] {
			values = append(values, run.claimValue(x, parent))
			f.Claims = append(f.Claims, x.finding())
			list.add(Row{Signal: "party.claims", Source: x.source, At: x.at, Says: x.says(run.partyName(about), parent)})
		}
	}
	take(p, false)
	for _, q := range run.parents[p] {
		take(q, true)
	}
	// Claims about a body count for its parts: where nothing says who belongs to whom, some may be missing.
	run.put(f, nil, cell{name: "party.claims", value: values, gaps: run.unheldGaps(p)})
}

func (c claim) says(about string, parent bool) string {
	s := latest("a source that the row does not name", c.saidBy) + " reported about " + about
	if parent {
		s += ", the body it belongs to"
	}
	if c.published.Valid {
		s += ", " + c.published.Time.Format(time.DateOnly)
	}
	if c.grade != "" {
		s += ", grade " + c.grade
	}
	return s + ", status " + plain(latest("reported", c.status))
}
