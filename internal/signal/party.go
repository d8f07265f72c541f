package signal

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"plimsoll/internal/finding"
)

// A subject is a party while its facts are collected.
type subject struct {
	party        int32
	engagements  []string
	sold         []string // engagements in which it is the seller, up to 50
	engagedTotal int64
	accounts     []string
	capabilities []string
	deals, told  bool // it bought something; for some of that an item is stated
	resales      int64
	secure       int64
	gates        []gate
	support      []supportRow
	commitments  []commitment
	use          *use
	deeds        []Row // engagements and accounts
	bills        []billed
	billsTotal   int
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
SELECT DISTINCT party, capabilities, told FROM party_engagement WHERE party >= $1 AND party < $2 ORDER BY party, capabilities`
	partyStorageSQL = `
SELECT party, start_on, end_on, sum(storage_tb) FROM party_engagement
WHERE party >= $1 AND party < $2 AND uses = 1 AND storage_tb IS NOT NULL GROUP BY party, start_on, end_on
ORDER BY party, start_on NULLS FIRST, end_on NULLS LAST`
	partyResalesSQL = `SELECT party, resales, security FROM party_resale WHERE party >= $1 AND party < $2 ORDER BY party`
	partyGatesSQL   = `
SELECT party, TRUE, source, place, kind, decided, decided_day, outcome, paid, lacks
FROM party_gate WHERE party >= $1 AND party < $2 ORDER BY party, kind, decided NULLS LAST, outcome, seq`
	partyAccountsSQL = `SELECT party, account, sub FROM party_account WHERE party >= $1 AND party < $2 ORDER BY party, account, sub`
	partySupportSQL  = `
SELECT who, source, place, quarter, CAST(hours AS DOUBLE), code, lacks FROM party_support
WHERE who >= $1 AND who < $2 ORDER BY who, quarter NULLS FIRST, code, content`
	holderServicesSQL = `SELECT party, service_id FROM holder_service WHERE party >= $1 AND party < $2 ORDER BY party, service_id`
	partySalesSQL     = `SELECT party, id FROM seller_engagement WHERE party >= $1 AND party < $2 ORDER BY party, id`
	subjectsSQL       = `
SELECT end_user FROM engagement_fact UNION SELECT buyer FROM engagement_fact UNION SELECT reseller FROM engagement_fact
UNION SELECT holder_party FROM account_row UNION SELECT user_party FROM account_row UNION SELECT reseller_party FROM account_row
UNION SELECT who FROM party_claim UNION SELECT who FROM party_support`
)

// partyFacts computes the facts of every party that a deal names in any role, that holds an
// account, or about whom there is a claim, a support row or a standing.
func (b *Book) partyFacts(ctx context.Context, asOf time.Time, yield func(*Facts) error) error {
	if err := b.pass(ctx); err != nil {
		return err
	}
	c, err := b.readContext(ctx, asOf)
	if err != nil {
		return err
	}
	wanted, err := b.subjects(ctx)
	if err != nil {
		return err
	}
	for from := int32(0); int(from) < len(b.parties); from += batchSize {
		to := min(from+batchSize, int32(len(b.parties)))
		if !slices.Contains(wanted[from:to], true) {
			continue
		}
		batch, err := b.partyBatch(ctx, from, to)
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
			if err := yield(b.partyFact(&batch[i], c)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *Book) subjects(ctx context.Context) ([]bool, error) {
	wanted := make([]bool, len(b.parties))
	err := b.each(ctx, "list parties", subjectsSQL, func(r *sql.Rows) error {
		var p sql.NullInt32
		if err := r.Scan(&p); err != nil {
			return err
		}
		if p.Valid {
			wanted[p.Int32] = true
		}
		return nil
	})
	const dealt = 1<<roleSeller | 1<<rolePayer | 1<<rolePayee | 1<<roleReseller
	for p := range wanted {
		wanted[p] = wanted[p] || b.partyRoles[p]&dealt != 0 || b.partyRoles[p]>>roleOthers != 0
	}
	for _, standing := range []map[int32]Standing{b.lists, b.owners} {
		for p, s := range standing {
			if int(p) < len(wanted) && (len(s.Hits) > 0 || s.Score > 0 || s.ShareMax > 0 || s.Control || len(s.Path) > 0) {
				wanted[p] = true
			}
		}
	}
	return wanted, err
}

func (b *Book) partyBatch(ctx context.Context, from, to int32) ([]subject, error) {
	batch := make([]subject, to-from)
	for i := range batch {
		batch[i].party = from + int32(i)
	}
	for _, q := range b.partyReads(func(p int32) *subject { return &batch[p-from] }) {
		if err := b.each(ctx, q.what, q.text, q.scan, from, to); err != nil {
			return nil, err
		}
	}
	if err := b.useBatch(ctx, batch, from, to); err != nil {
		return nil, err
	}
	return batch, b.evidenceBatch(ctx, batch, from, to)
}

// A read is one query over a range of parties.
type read struct {
	what, text string
	scan       func(*sql.Rows) error
}

// partyReads is a flat table: what is read about a party, but for its use.
func (b *Book) partyReads(at func(int32) *subject) []read {
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
			if err := r.Scan(&p, &cell, &told); err != nil {
				return err
			}
			s := at(p)
			s.deals, s.told = true, s.told || told
			s.capabilities = append(s.capabilities, unpack(cell)...)
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
			var n, secure int64
			if err := r.Scan(&p, &n, &secure); err != nil {
				return err
			}
			at(p).resales, at(p).secure = n, secure
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
			if err := r.Scan(&p, &service); err != nil {
				return err
			}
			at(p).capabilities, at(p).told = append(at(p).capabilities, b.services[service].Capability), true
			return nil
		}},
	}
}

// readClaims reads the claims that are published by asOf, by party.
func (b *Book) readClaims(ctx context.Context, asOf time.Time) (map[int32][]claim, error) {
	out := map[int32][]claim{}
	err := b.each(ctx, "read claims", claimsSQL, func(r *sql.Rows) error {
		var p int32
		var c claim
		if err := r.Scan(&p, &c.source, &c.at, &c.id, &c.capability, &c.text, &c.saidBy, &c.url, &c.published,
			&c.origin, &c.grade, &c.status, &c.reply, &c.lacks); err != nil {
			return err
		}
		if !c.published.Valid || !c.published.Time.After(asOf) {
			out[p] = append(out[p], c)
		}
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
func (c claim) value(asOf time.Time, parent bool) map[string]any {
	m := map[string]any{"parent": parent, "id": c.id}
	lacks := lacking(tClaim, c.lacks)
	if r, n, ok := grade(c.grade); ok {
		m["reliability"], m["credibility"] = r, n
	}
	if c.published.Valid {
		m["age_years"] = asOf.Sub(c.published.Time).Hours() / 24 / 365.25
		m["published"] = c.published.Time.Format(time.DateOnly)
	}
	if !lacks("claims.origin") {
		// A claim that names no origin is its publisher's own.
		m["origin"] = plainWords(latest(latest(c.id, c.saidBy), c.origin))
	}
	if !lacks("claims.status") {
		m["status"] = latest("reported", c.status)
		m["live"] = !dead[c.status]
	}
	if !lacks("claims.capability") {
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

func (b *Book) partyFact(s *subject, c *surroundings) *Facts {
	p := s.party
	f := newFacts(finding.Subject{Kind: OfParty, ID: b.partyID(p), Name: b.partyName(p), Party: b.partyID(p)})
	f.Engagements, f.Accounts = s.engagements, s.accounts
	if len(f.Engagements) == 0 {
		f.Engagements = s.sold
	}
	put := func(name string, value any, needs ...string) {
		b.put(f, nil, cell{name: name, value: value, needs: needs})
	}
	var list rowList

	class := b.class(p)
	if class != "unknown" || b.Has("accounts.end_user_class") || b.Has("engagements.end_user") {
		f.Values["party.class"], f.Values["party.security"] = class, Security(class)
	} else {
		put("party.class", nil)
		put("party.security", nil)
	}
	put("party.government", b.government(p))
	put("party.roles", b.rolesOf(p))
	b.boughtFacts(f, s)
	b.standingFacts(f, p)
	b.claimFacts(f, &list, p, c)

	state, known := review(s.gates)
	if known {
		put("party.review", state)
	} else {
		put("party.review", nil, "approvals.outcome")
	}
	for _, g := range s.gates {
		if isReview(g.kind) {
			list.add(Row{Signal: "party.review", Source: g.source, At: g.at, Says: g.says()})
		}
	}
	put("party.resales", s.resales)
	var share any
	if s.resales > 0 {
		share = float64(s.secure) / float64(s.resales)
	}
	if share == nil && b.Has("engagements.reseller") {
		share = 0.0 // it resells nothing
	}
	put("party.security_share", share)

	b.useFacts(f, s, c)
	b.supportFacts(f, &list, s)
	for _, r := range s.deeds {
		list.add(r)
	}
	list.more += int(s.engagedTotal) - len(s.engagements)
	s.billRows(&list, f)
	f.Rows = list.done()
	return f
}

// rolesOf returns the roles that the records give a party, sorted.
func (b *Book) rolesOf(p int32) []string {
	out := []string{}
	for i, name := range roleNames {
		if i >= roleSupport && i < roleOthers { // no roles in business
			continue
		}
		if b.partyRoles[p]&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

func (b *Book) boughtFacts(f *Facts, s *subject) {
	used := s.capabilities
	told := s.told
	if s.use != nil {
		for capability, months := range s.use.used {
			if len(months) > 0 {
				used = append(used, capability)
			}
		}
		told = told || s.use.named
	}
	var value any
	switch {
	case told, !s.deals && s.use == nil && len(s.accounts) == 0:
		value = sorted(used)
	case !s.deals && s.use == nil && b.Has("usage.ServiceName"):
		value = sorted(used) // an account that used nothing
	}
	b.put(f, nil, cell{name: "party.capabilities", value: value, any: true})
}

func (b *Book) standingFacts(f *Facts, p int32) {
	put := func(name string, value any, needs ...string) {
		b.put(f, nil, cell{name: name, value: value, needs: needs})
	}
	listed, owned := b.lists[p], b.owners[p]
	put("party.listed_score", listed.Score)
	f.Hits = append(f.Hits, listed.Hits...)
	var most, least, control any
	if owned.Known {
		most, least, control = owned.ShareMax, owned.ShareMin, owned.Control
		f.Path = owned.Path
		for _, h := range owned.Hits {
			if !slices.Contains(f.Hits, h) {
				f.Hits = append(f.Hits, h)
			}
		}
	}
	put("party.listed_share_max", most, "ownership.share")
	put("party.listed_share_min", least, "ownership.share")
	put("party.listed_control", control, "ownership.control")
}

func (b *Book) claimFacts(f *Facts, list *rowList, p int32, c *surroundings) {
	values := []map[string]any{}
	take := func(about int32, parent bool) {
		for _, x := range c.claims[about] {
			values = append(values, x.value(c.asOf, parent))
			f.Claims = append(f.Claims, x.finding())
			list.add(Row{Signal: "party.claims", Source: x.source, At: x.at, Says: x.says(b.partyName(about), parent)})
		}
	}
	take(p, false)
	for _, q := range b.parents[p] {
		take(q, true)
	}
	b.put(f, nil, cell{name: "party.claims", value: values})
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

// excused are the codes of support that no flag counts (RF-34): help against an attack, patches.
func excused(code string) bool {
	for _, w := range []string{"incident", "patch", "cyber_defence", "cyber_defense", "cyberdefence", "cyberdefense"} {
		if strings.Contains(code, w) {
			return true
		}
	}
	return false
}

func (b *Book) supportFacts(f *Facts, list *rowList, s *subject) {
	var bits int64 = -1
	codes := []string{}
	type quarter struct {
		at    time.Time
		hours float64
	}
	var quarters []quarter
	blank := false
	for _, r := range s.support {
		bits &= r.lacks
		codes = append(codes, r.code)
		says := "hours not stated"
		if r.hours.Valid {
			says = amount(r.hours.Float64) + " engineering hours"
		}
		if r.quarter.Valid {
			says += fmt.Sprintf(" in %d Q%s", r.quarter.Time.Year(), strconv.Itoa((int(r.quarter.Time.Month())+2)/3))
		}
		if r.code != "" {
			says += ", " + plain(r.code)
		}
		list.add(Row{Signal: "support.", Source: r.source, At: r.at, Says: says})
		if excused(r.code) {
			continue
		}
		if !r.hours.Valid || !r.quarter.Valid {
			blank = true
			continue
		}
		at := r.quarter.Time.AddDate(0, -((int(r.quarter.Time.Month()) - 1) % 3), 0)
		if n := len(quarters); n > 0 && quarters[n-1].at.Equal(at) {
			quarters[n-1].hours += r.hours.Float64
		} else {
			quarters = append(quarters, quarter{at, r.hours.Float64})
		}
	}
	lacks := lacking(tSupport, bits)
	if len(s.support) == 0 {
		lacks = nil
	}
	peak, growth := any(0.0), any(1.0)
	needs := []string{"support.hours"}
	best := -1
	for i, q := range quarters {
		if best < 0 || q.hours > quarters[best].hours {
			best = i
		}
	}
	switch {
	case !b.Has("support.code") || lacks != nil && lacks("support.code"):
		// Without codes, help against an attack cannot be told from other work.
		peak, growth, needs = nil, nil, []string{"support.code"}
	case best >= 0:
		peak = quarters[best].hours
		if best > 0 {
			growth = nil
			if before := quarters[best-1].hours; before > 0 {
				growth = quarters[best].hours / before
			}
		}
	case blank:
		peak, growth = nil, nil
	}
	b.put(f, lacks, cell{name: "support.hours_peak", value: peak, needs: needs})
	b.put(f, lacks, cell{name: "support.growth", value: growth, needs: needs})
	b.put(f, lacks, cell{name: "support.codes", value: sorted(codes)})
}
