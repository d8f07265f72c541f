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
	"plimsoll/internal/list"
)

// safeguards are the seven clauses of RF-29.
var safeguards = []string{
	"acceptable_use", "human_rights", "end_use_limit", "no_transfer", "audit_right", "suspend_right", "cooperation",
}

// An engagement as its rows tell it.
type engagement struct {
	n        int64
	id       string
	versions []version
	amended  []amendment
	clauses  []clauseRow
	gates    []gate
}

type version struct {
	source                           int
	at, kind                         string
	seller, buyer, endUser, reseller int32 // parties
	text                             string
	value                            sql.NullFloat64
	currency                         string
	signed, start, end               sql.NullTime
	signedDay, withheld, published   bool
	method                           string
	urgent                           sql.NullBool
	lacks                            int64
	payer, consignee                 int32
	destination                      string
	items                            []item
}

type item struct {
	text, scheme, code, unit string
	quantity                 sql.NullFloat64
	capabilities, controlled []string
	understood, hints        bool
}

type amendment struct {
	source        int
	at            string
	before, after sql.NullFloat64
	currency      string
}

type clauseRow struct {
	source              int
	at, clause, present string
	lacks               int64
}

type gate struct {
	own        bool   // for this engagement, not for its party at large
	engagement string // that it was for, "" for a party at large
	party      int32  // that it names, -1 for none
	after      bool   // decided after the day of the review
	source     int
	at, kind   string
	decided    sql.NullTime
	decidedDay bool
	outcome    string
	paid       string
	lacks      int64
	until      sql.NullTime    // last day on which what was granted holds
	quantity   sql.NullFloat64 // that was granted; not valid when no limit is stated
	unit       string
}

const (
	versionsSQL = `
SELECT n, id, source, place, kind, seller, buyer, end_user, end_user_text, reseller, CAST(value AS DOUBLE), currency,
       signed, signed_day, start_on, end_on, method, urgent, withheld, published, lacks, payer, destination, consignee
FROM engagement_version WHERE n > $1 AND n <= $2 ORDER BY n, version`
	itemsSQL = `
SELECT n, version, text, scheme, code, CAST(quantity AS DOUBLE), unit, capabilities, controlled, understood, hints
FROM engagement_item WHERE n > $1 AND n <= $2 ORDER BY n, version, line`
	amendmentsSQL = `
SELECT n, source, place, CAST(before AS DOUBLE), CAST(after AS DOUBLE), currency
FROM engagement_amendment WHERE n > $1 AND n <= $2 ORDER BY n, day NULLS LAST, seq`
	clausesSQL = `
SELECT n, source, place, clause, present, lacks FROM engagement_clause WHERE n > $1 AND n <= $2 ORDER BY n, clause, present, seq`
	gatesSQL = `
SELECT n, own, engagement, who, source, place, kind, decided, decided_day, outcome, paid, lacks, after, valid_until, CAST(quantity AS DOUBLE), unit
FROM engagement_approval WHERE n > $1 AND n <= $2 ORDER BY n, kind, decided NULLS LAST, outcome, seq`
)

// engagements walks over all of them in batches, by id.
func (run *Run) engagements(ctx context.Context, visit func(*engagement) error) error {
	var last int64
	if err := run.db.QueryRowContext(ctx, "SELECT count(*) FROM engagement_subject").Scan(&last); err != nil {
		return fmt.Errorf("count engagements: %w", err)
	}
	for from := int64(0); from < last; from += batchSize {
		batch, err := run.engagementBatch(ctx, from, min(from+batchSize, last))
		if err != nil {
			return err
		}
		for i := range batch {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := visit(&batch[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (run *Run) engagementBatch(ctx context.Context, from, to int64) ([]engagement, error) {
	batch := make([]engagement, to-from)
	at := func(n int64) *engagement { return &batch[n-from-1] }
	err := run.book.Each(ctx, "read engagements", versionsSQL, func(r *sql.Rows) error {
		var n int64
		var id string
		var v version
		var seller, buyer, endUser, reseller, payer, consignee sql.NullInt32
		if err := r.Scan(&n, &id, &v.source, &v.at, &v.kind, &seller, &buyer, &endUser, &v.text, &reseller, &v.value, &v.currency,
			&v.signed, &v.signedDay, &v.start, &v.end, &v.method, &v.urgent, &v.withheld, &v.published, &v.lacks,
			&payer, &v.destination, &consignee); err != nil {
			return err
		}
		v.seller, v.buyer, v.endUser, v.reseller = run.partyOf(seller), run.partyOf(buyer), run.partyOf(endUser), run.partyOf(reseller)
		v.payer, v.consignee = run.partyOf(payer), run.partyOf(consignee)
		e := at(n)
		e.n, e.id = n, id
		e.versions = append(e.versions, v)
		return nil
	}, from, to)
	if err != nil {
		return nil, err
	}
	err = run.book.Each(ctx, "read items", itemsSQL, func(r *sql.Rows) error {
		var n, ver int64
		var it item
		var capabilities, controlled string
		if err := r.Scan(&n, &ver, &it.text, &it.scheme, &it.code, &it.quantity, &it.unit, &capabilities, &controlled,
			&it.understood, &it.hints); err != nil {
			return err
		}
		it.capabilities, it.controlled = unpack(capabilities), unpack(controlled)
		v := &at(n).versions[ver-1]
		v.items = append(v.items, it)
		return nil
	}, from, to)
	if err != nil {
		return nil, err
	}
	err = run.book.Each(ctx, "read amendments", amendmentsSQL, func(r *sql.Rows) error {
		var n int64
		var a amendment
		if err := r.Scan(&n, &a.source, &a.at, &a.before, &a.after, &a.currency); err != nil {
			return err
		}
		at(n).amended = append(at(n).amended, a)
		return nil
	}, from, to)
	if err != nil {
		return nil, err
	}
	err = run.book.Each(ctx, "read clauses", clausesSQL, func(r *sql.Rows) error {
		var n int64
		var c clauseRow
		if err := r.Scan(&n, &c.source, &c.at, &c.clause, &c.present, &c.lacks); err != nil {
			return err
		}
		at(n).clauses = append(at(n).clauses, c)
		return nil
	}, from, to)
	if err != nil {
		return nil, err
	}
	err = run.book.Each(ctx, "read approvals", gatesSQL, func(r *sql.Rows) error {
		var n int64
		g, err := scanGate(r, &n)
		if err != nil {
			return err
		}
		at(n).gates = append(at(n).gates, g)
		return nil
	}, from, to)
	return batch, err
}

func scanGate(r *sql.Rows, n *int64) (g gate, err error) {
	var who sql.NullInt32
	err = r.Scan(n, &g.own, &g.engagement, &who, &g.source, &g.at, &g.kind, &g.decided, &g.decidedDay, &g.outcome, &g.paid,
		&g.lacks, &g.after, &g.until, &g.quantity, &g.unit)
	g.party = index(who)
	return g, err
}

// partyOf returns the party that a mention was resolved to, -1 for none.
func (run *Run) partyOf(mention sql.NullInt32) int32 {
	if !mention.Valid {
		return -1
	}
	return run.in.ByMention[mention.Int32]
}

// engagementFacts computes the facts of every engagement.
func (run *Run) engagementFacts(ctx context.Context, yield func(*Facts) error) error {
	if _, err := run.context(ctx); err != nil {
		return err
	}
	return run.engagements(ctx, func(e *engagement) error { return yield(run.engagementFact(e)) })
}

// current folds the versions of an engagement into what holds now: of each cell the latest
// that is filled. An amendment that does not repeat a cell does not withdraw it.
func (e *engagement) current() version {
	now := e.versions[0]
	for _, v := range e.versions[1:] {
		now.kind, now.text, now.method = latest(now.kind, v.kind), latest(now.text, v.text), latest(now.method, v.method)
		now.buyer, now.endUser, now.reseller = latestParty(now.buyer, v.buyer), latestParty(now.endUser, v.endUser), latestParty(now.reseller, v.reseller)
		now.seller = latestParty(now.seller, v.seller)
		now.consignee = latestParty(now.consignee, v.consignee)
		now.destination = latest(now.destination, v.destination)
		if v.urgent.Valid {
			now.urgent = v.urgent
		}
		if v.end.Valid {
			now.end = v.end
		}
		if len(v.items) > 0 {
			now.items = v.items
		}
		now.withheld = now.withheld || v.withheld
		now.lacks &= v.lacks
	}
	return now
}

func latest(old, new string) string {
	if strings.TrimSpace(new) != "" {
		return new
	}
	return old
}

func latestParty(old, new int32) int32 {
	if new >= 0 {
		return new
	}
	return old
}

// user returns the party behind an engagement: the end user, or the buyer where none is stated.
func (v version) user() int32 {
	if v.endUser >= 0 {
		return v.endUser
	}
	return v.buyer
}

func (e *engagement) capabilities() []string {
	var all []string
	for _, v := range e.versions {
		for _, it := range v.items {
			all = append(all, it.capabilities...)
		}
	}
	return sorted(all)
}

func (e *engagement) hasItem(told func(item) bool) bool {
	for _, v := range e.versions {
		if slices.ContainsFunc(v.items, told) {
			return true
		}
	}
	return false
}

func (run *Run) engagementFact(e *engagement) *Facts {
	now := e.current()
	f := newFacts(OfEngagement, finding.Subject{Kind: OfEngagement, ID: e.id, Name: e.id, Party: run.partyID(now.user())})
	f.Engagements = []string{e.id}
	lacks := run.lacking(book.Engagements, now.lacks)
	put := func(name string, value any, gaps ...Gap) {
		run.put(f, lacks, cell{name: name, value: value, gaps: gaps})
	}

	put("engagement.kind", some(now.kind))
	put("engagement.end_user_stated", now.endUser >= 0 || now.text != "" && !capability.Generic(now.text))
	put("engagement.end_user_text", now.text)
	put("engagement.class", run.class(now.user()))
	run.settle(f, defs["engagement.security"], run.security(now.user()), true, run.userGap(now, lacks))
	var government any
	if now.buyer >= 0 || now.endUser >= 0 && run.government(now.endUser) {
		government = run.government(now.buyer) || run.government(now.endUser)
	}
	put("engagement.government", government)
	run.itemFacts(f, e, lacks)
	put("engagement.reseller_named", now.reseller >= 0)
	put("engagement.reseller_identified", run.identified(now.reseller))
	put("engagement.end_user_identified", run.identified(now.endUser))
	var growth any
	if ratio, ok := e.growth(); ok {
		growth = ratio
	}
	put("engagement.value_growth", growth)
	put("engagement.method", some(now.method))
	put("engagement.withheld", now.withheld)
	if now.urgent.Valid {
		put("engagement.urgent", now.urgent.Bool)
	} else {
		put("engagement.urgent", nil)
	}
	run.routeFacts(f, now, lacks)
	run.goodsFacts(f, e, now, lacks)
	run.clauseFacts(f, e)
	run.gateFacts(f, e)
	e.rows(f, run)
	return f
}

// userGap is why the kind of body behind an engagement is not known. A buyer that is no security
// body says nothing of an end user for whom the source has no column.
func (run *Run) userGap(now version, lacks func(string) bool) []Gap {
	const column = "engagements.end_user"
	if now.endUser < 0 && now.text == "" && run.security(now.buyer) == false && (lacks(column) || !run.Has(column)) {
		return []Gap{run.unreadGap(column)}
	}
	return run.classGap(now.user(), "engagements.end_user_class")
}

// itemFacts are the signals of what is sold. An item that nothing is known about may be of any
// class; an item without a code that is understood may be controlled only where its words hint at that.
func (run *Run) itemFacts(f *Facts, e *engagement, lacks func(string) bool) {
	told := func(it item) bool { return it.text != "" || it.code != "" }
	coded := func(it item) bool { return it.code != "" }
	var capabilities, added any
	gaps := e.notUnderstood()
	if e.hasItem(told) {
		capabilities, added = e.capabilities(), e.capabilityAdded()
	}
	if e.hasItem(coded) {
		lacks = nil // codes tell as much as descriptions
	}
	if capabilities != nil && lacks == nil && !run.Has("engagements.item") {
		run.settle(f, defs["engagement.capabilities"], capabilities, true, gaps)
		run.settle(f, defs["engagement.capability_added"], added, true, nil)
	} else {
		run.put(f, lacks, cell{name: "engagement.capabilities", value: capabilities, gaps: gaps})
		run.put(f, lacks, cell{name: "engagement.capability_added", value: added})
	}
	var controlled []string
	var doubts []Gap
	for _, v := range e.versions {
		for _, it := range v.items {
			controlled = append(controlled, it.controlled...)
			if it.hints && len(it.controlled) == 0 {
				g := Gap{Reason: CellEmpty, Column: "engagements.item_code", What: clip(it.text), Rows: 1}
				if it.code != "" {
					g.Reason, g.What = WordUnknown, clip(it.code)
				}
				doubts = append(doubts, g)
			}
		}
	}
	run.put(f, run.lacking(book.Engagements, e.current().lacks),
		cell{name: "engagement.controlled", value: sorted(controlled), gaps: doubts})
}

// notUnderstood are the items of which neither words nor codes say what they are.
func (e *engagement) notUnderstood() []Gap {
	var out []Gap
	for _, v := range e.versions {
		for _, it := range v.items {
			if it.understood || it.text == "" && it.code == "" {
				continue
			}
			out = append(out, Gap{Reason: WordUnknown, Column: "engagements.item", What: it.label(), Rows: 1})
		}
	}
	return joinGaps(out)
}

// label is what a reader sees of an item.
func (it item) label() string {
	if it.text != "" {
		return clip(it.text)
	}
	return strings.TrimSpace(it.scheme + " " + it.code)
}

// routeFacts are the signals of who pays and where to.
func (run *Run) routeFacts(f *Facts, now version, lacks func(string) bool) {
	third := now.payer >= 0 && now.payer != now.buyer && now.payer != now.endUser && now.payer != now.reseller &&
		now.payer != now.seller && !run.near(now.payer, now.buyer) && !run.near(now.payer, now.endUser)
	run.put(f, lacks, cell{name: "engagement.third_payer", value: third})
	payer := ""
	if third {
		payer = run.partyName(now.payer)
	}
	run.put(f, lacks, cell{name: "engagement.payer_name", value: payer})
	var differs any
	if now.buyer >= 0 && int(now.buyer) < len(run.in.Parties) {
		home, there := list.Country(run.in.Parties[now.buyer].Country), list.Country(now.destination)
		if home != "" && there != "" {
			differs = home != there
		}
	}
	run.put(f, lacks, cell{name: "engagement.destination_differs", value: differs, needs: []string{"engagements.destination"}})
}

// near reports whether one of two parties stands above the other.
func (run *Run) near(p, q int32) bool {
	return p >= 0 && q >= 0 && (slices.Contains(run.parents[p], q) || slices.Contains(run.parents[q], p))
}

// some returns nil for an empty cell: the subject's rows do not tell.
func some(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// capabilityAdded reports whether a later version holds a class that the first did not.
func (e *engagement) capabilityAdded() bool {
	_, added := e.additionDay()
	return added
}

// additionDay returns the day of the first version that holds a class which the first did not.
func (e *engagement) additionDay() (day sql.NullTime, added bool) {
	first := map[string]bool{}
	seen := false
	for _, v := range e.versions {
		if len(v.items) == 0 {
			continue
		}
		for _, it := range v.items {
			for _, c := range it.capabilities {
				if seen && !first[c] {
					return v.signed, true
				}
				if !seen {
					first[c] = true
				}
			}
		}
		seen = true
	}
	return day, false
}

// growth is the value after all amendments over the first. Values in two currencies are
// not compared: a rate of exchange is no amendment.
func (e *engagement) growth() (float64, bool) {
	var first, last sql.NullFloat64
	currency := ""
	take := func(v sql.NullFloat64, cur string) bool {
		if !v.Valid {
			return true
		}
		if cur != "" && currency != "" && cur != currency {
			return false
		}
		if cur != "" {
			currency = cur
		}
		if !first.Valid {
			first = v
		}
		last = v
		return true
	}
	// Amendments tell the first value where the versions only hold the last.
	for _, a := range e.amended {
		if a.before.Valid {
			take(a.before, a.currency)
			break
		}
	}
	for _, v := range e.versions {
		if !take(v.value, v.currency) {
			return 0, false
		}
	}
	if len(e.versions) == 1 {
		for _, a := range e.amended {
			if !take(a.after, a.currency) {
				return 0, false
			}
		}
	}
	if !first.Valid || first.Float64 <= 0 {
		return 0, false
	}
	return last.Float64 / first.Float64, true
}

func (run *Run) clauseFacts(f *Facts, e *engagement) {
	var bits int64 = -1
	says := map[string]string{}
	for _, c := range e.clauses {
		bits &= c.lacks
		if c.present != "yes" && c.present != "no" {
			continue
		}
		if old, ok := says[c.clause]; ok && old != c.present {
			says[c.clause] = "unknown" // two rows contradict each other
			continue
		}
		says[c.clause] = c.present
	}
	lacks := run.lacking(book.Clauses, bits)
	if len(e.clauses) == 0 {
		lacks = nil
	}
	put := func(name string, value any, needs ...string) {
		run.put(f, lacks, cell{name: name, value: value, needs: needs})
	}
	absent, known := int64(0), int64(0)
	for _, c := range safeguards {
		switch says[c] {
		case "yes":
			known++
		case "no":
			known, absent = known+1, absent+1
		}
	}
	// Of a safeguard that no row speaks of, or of which rows disagree, nothing is known.
	var gaps []Gap
	if n := int64(len(safeguards)) - known; n > 0 && len(e.clauses) > 0 {
		gaps = []Gap{{Reason: CellEmpty, Column: "clauses.present", What: "safeguard clauses", Rows: n}}
		if !run.Has("clauses.present") {
			gaps[0].Reason = ColumnAbsent
		}
		f.Most["engagement.clauses_missing"] = float64(absent + n)
	}
	if len(e.clauses) == 0 {
		put("engagement.clauses_missing", nil, "clauses.clause")
	} else {
		run.put(f, lacks, cell{name: "engagement.clauses_missing", value: absent, gaps: gaps})
	}
	run.put(f, lacks, cell{name: "engagement.clauses_known", value: known})
	for _, c := range []string{"no_restriction", "exit_penalty", "secrecy"} {
		var value any
		switch says[c] {
		case "yes":
			value = true
		case "no":
			value = false
		}
		put("engagement."+c, value)
	}
}

// rows are the rows that an engagement's signals were computed from.
func (e *engagement) rows(f *Facts, run *Run) {
	var list rowList
	for i, v := range e.versions {
		list.add(Row{Signal: "engagement.", Source: v.source, At: v.at, Says: v.says(run, i)})
	}
	for _, a := range e.amended {
		if a.after.Valid {
			list.add(Row{Signal: "engagement.value_growth", Source: a.source, At: a.at,
				Says: strings.TrimSpace("amended to " + amount(a.after.Float64) + " " + a.currency)})
		} else {
			list.add(Row{Signal: "engagement.value_growth", Source: a.source, At: a.at, Says: "amended"})
		}
	}
	for _, c := range e.clauses {
		feeds := "engagement.clauses"
		if c.clause == "no_restriction" || c.clause == "exit_penalty" || c.clause == "secrecy" {
			feeds = "engagement." + c.clause
		}
		list.add(Row{Signal: feeds, Source: c.source, At: c.at, Says: "clause " + plain(c.clause) + ": " + latest("not stated", c.present)})
	}
	for _, g := range e.gates {
		list.add(Row{Signal: "engagement.review", Source: g.source, At: g.at, Says: g.says()})
	}
	f.Rows = list.done()
	now := e.current()
	from, to := e.versions[0].start, now.end
	if !from.Valid {
		from = e.versions[0].signed
	}
	if from.Valid {
		if !to.Valid || to.Time.Before(from.Time) {
			to = from
		}
		f.Period = [2]string{from.Time.Format(time.DateOnly), to.Time.AddDate(0, 0, 1).Format(time.DateOnly)}
	}
}

func (v version) says(run *Run, i int) string {
	var s []string
	kind := v.kind
	if kind == "" {
		kind = "engagement"
	}
	if i > 0 {
		kind += ", amended"
	}
	for _, it := range v.items[:min(len(v.items), 3)] {
		text := it.text
		if text == "" {
			text = strings.TrimSpace(it.scheme + " " + it.code)
		}
		if it.quantity.Valid {
			text = strings.TrimSpace(amount(it.quantity.Float64)+" "+it.unit) + " " + text
		}
		s = append(s, clip(text))
	}
	if len(v.items) > 3 {
		s = append(s, fmt.Sprintf("%d more items", len(v.items)-3))
	}
	if v.value.Valid {
		s = append(s, strings.TrimSpace(amount(v.value.Float64)+" "+v.currency))
	}
	if v.signed.Valid {
		s = append(s, "signed "+v.signed.Time.Format(time.DateOnly))
	}
	if v.endUser >= 0 {
		s = append(s, "end user "+run.partyName(v.endUser))
	} else if v.text != "" {
		s = append(s, "end user as written: "+clip(v.text))
	}
	if v.reseller >= 0 {
		s = append(s, "through "+run.partyName(v.reseller))
	}
	if len(s) == 0 {
		return kind
	}
	return kind + ": " + strings.Join(s, "; ")
}
