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

// engagementFacts computes the facts of every engagement, then of those without a record.
func (run *Run) engagementFacts(ctx context.Context, yield func(batch) error) error {
	if _, err := run.context(ctx); err != nil {
		return err
	}
	err := run.someEngagements(ctx, run.onlyEngagements(), func(list []engagement, wanted func(int64) bool) error {
		return yield(batch{len(list), func(i int) *Facts {
			if !wanted(list[i].n) {
				return nil
			}
			return run.engagementFact(&list[i])
		}})
	})
	if err != nil {
		return err
	}
	return run.orphanFacts(ctx, yield)
}

// lines reports whether two rows of one id are lines of one document, whose items add up, and not a document and its
// amendment: rows of one register table for the same day, as docs/format/tables.md has it. Of rows without a day it is
// not known.
func lines(a, b *version) bool {
	return !a.published && !b.published && a.source == b.source && a.signed.Valid && a.signed == b.signed &&
		a.signedLast == b.signedLast
}

// current folds the versions of an engagement into what holds now: of each cell the latest
// that is filled. An amendment that does not repeat a cell does not withdraw it.
func (e *engagement) current() version {
	now := e.versions[0]
	last := now // of those with items
	for _, v := range e.versions[1:] {
		now.kind, now.text, now.method = latest(now.kind, v.kind), latest(now.text, v.text),
			latest(now.method, v.method)
		now.buyer, now.endUser, now.reseller = latestParty(now.buyer, v.buyer), latestParty(now.endUser, v.endUser),
			latestParty(now.reseller, v.reseller)
		now.seller = latestParty(now.seller, v.seller)
		now.consignee = latestParty(now.consignee, v.consignee)
		now.delivery, now.endUse = latest(now.delivery, v.delivery), latest(now.endUse, v.endUse)
		now.destination = latest(now.destination, v.destination)
		if v.urgent.Valid {
			now.urgent = v.urgent
		}
		if v.end.Valid {
			now.end = v.end
		}
		if v.bids.Valid {
			now.bids = v.bids
		}
		if v.tenderDays.Valid {
			now.tenderDays = v.tenderDays
		}
		now.changes = max(now.changes, v.changes)
		if v.ledTo != 0 {
			now.ledTo = v.ledTo
		}
		switch {
		case len(v.items) == 0:
		case len(last.items) > 0 && lines(&last, &v):
			now.items, last = slices.Concat(now.items, v.items), v
		default:
			now.items, last = v.items, v
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
	f := newFacts(OfEngagement, finding.Subject{Kind: OfEngagement, ID: e.id, Name: e.id,
		Party: run.partyID(now.user())})
	f.Engagements = []string{e.id}
	lacks := run.lacking(book.Engagements, now.lacks)
	put := func(name string, value any, gaps ...Gap) {
		run.put(f, lacks, cell{name: name, value: value, gaps: gaps})
	}

	put("engagement.kind", some(now.kind))
	put("engagement.end_user_stated", now.endUser >= 0 || now.text != "" && !capability.Generic(now.text))
	put("engagement.end_user_text", now.text)
	class := run.class(now.user())
	if run.behindDealer(now) {
		class = capability.Unknown
	}
	put("engagement.class", class)
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
	if gaps := run.growthGaps(e); len(gaps) > 0 {
		put("engagement.value_growth", nil, gaps...)
	} else {
		put("engagement.value_growth", growth)
	}
	put("engagement.method", some(now.method))
	put("engagement.withheld", now.withheld)
	if now.urgent.Valid {
		put("engagement.urgent", now.urgent.Bool)
	} else {
		put("engagement.urgent", nil)
	}
	run.procedureFacts(f, e, now, lacks)
	run.routeFacts(f, now, lacks)
	run.goodsFacts(f, e, now, lacks)
	run.placeFacts(f, e, now, lacks)
	run.clauseFacts(f, e)
	run.gateFacts(f, e)
	f.Later = func() []Row { return e.rows(run) }
	f.Period = e.period(now)
	run.demandFacts(f, e, now)
	return f
}

// userGap is why the kind of body behind an engagement is not known. A buyer that is no security
// body says nothing of an end user for whom the source has no column.
func (run *Run) userGap(now version, lacks func(string) bool) []Gap {
	const column = "engagements.end_user"
	if run.behindDealer(now) {
		return []Gap{{Reason: Unstated, Column: column, What: "bought by " + run.partyName(now.buyer), Rows: 1}}
	}
	if now.endUser < 0 && now.text == "" && run.security(now.buyer) == false && (lacks(column) || !run.Has(column)) {
		return []Gap{run.unreadGap(column)}
	}
	return run.classGap(now.user(), "engagements.end_user_class")
}

// behindDealer reports whether a reseller bought for an end user who is not named, or named by words such as "various":
// what the reseller is says nothing of that. Any other buyer without a named end user is taken to buy for itself:
// a body that contracts in its own name answers for the use.
func (run *Run) behindDealer(now version) bool {
	return now.endUser < 0 && now.buyer >= 0 &&
		(now.buyer == now.reseller || run.has(now.buyer, book.Reseller)) && run.security(now.buyer) != true
}

// userUnread reports whether the source of an engagement has no column for its end user. What a
// public body published of its own procurement is for itself.
func (run *Run) userUnread(now version) bool {
	const column = "engagements.end_user"
	return now.endUser < 0 && now.text == "" && !now.published && (run.lacking(book.Engagements, now.lacks)(column) ||
		!run.Has(column))
}

// itemFacts are the signals of what is sold. An item that nothing is known about may be of any
// class; an item without a code that is understood may be controlled only where its words hint at that.
func (run *Run) itemFacts(f *Facts, e *engagement, lacks func(string) bool) {
	told := func(it item) bool { return it.text != "" || it.code != "" }
	coded := func(it item) bool { return it.code != "" }
	var capabilities, added any
	gaps := e.notUnderstood()
	if e.hasItem(told) {
		capabilities = e.capabilities()
	}
	var open []Gap
	switch {
	case e.additionKnown():
		added = e.capabilityAdded()
	case !e.ordered():
		open = append(open, run.orderGap(e))
	default:
		open = gaps
	}
	if e.hasItem(coded) {
		lacks = nil // codes tell as much as descriptions
	}
	if capabilities != nil && lacks == nil && !run.Has("engagements.item") {
		run.settle(f, defs["engagement.capabilities"], capabilities, true, gaps)
		run.settle(f, defs["engagement.capability_added"], added, true, open)
	} else {
		run.put(f, lacks, cell{name: "engagement.capabilities", value: capabilities, gaps: gaps})
		run.put(f, lacks, cell{name: "engagement.capability_added", value: added, gaps: open})
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
	run.put(f, nil, cell{name: "engagement.entry_named", value: len(controlled) > 0})
}

// notUnderstood are the items of which neither words nor codes say what they are.
func (e *engagement) notUnderstood() []Gap {
	var out []Gap
	for _, v := range e.versions {
		for _, it := range v.items {
			if it.understood || it.text == "" && it.code == "" {
				continue
			}
			out = append(out, Gap{Reason: WordUnknown, Column: "engagements.item", What: it.label(), Rows: 1,
				May: it.may})
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
		now.payer != now.seller && !run.near(now.payer, now.buyer) && !run.near(now.payer, now.endUser) &&
		!run.namesake(now.payer, now.reseller) && !run.namesake(now.payer, now.seller)
	var gaps []Gap
	if third {
		// Where a role has no column, the payer may be the one who has it.
		if run.userUnread(now) {
			gaps = append(gaps, run.unreadGap("engagements.end_user"))
		}
		if now.reseller < 0 && !now.published && (lacks("engagements.reseller") || !run.Has("engagements.reseller")) {
			gaps = append(gaps, run.unreadGap("engagements.reseller"))
		}
	}
	run.put(f, lacks, cell{name: "engagement.third_payer", value: third, gaps: gaps})
	payer := ""
	if third {
		payer = run.partyName(now.payer)
	}
	run.put(f, lacks, cell{name: "engagement.payer_name", value: payer, gaps: gaps})
	differs, doubts := run.destinationDiffers(now)
	run.put(f, lacks, cell{name: "engagement.destination_differs", value: differs, needs: []string{
		"engagements.destination"}, gaps: doubts})
}

// destinationDiffers reports whether goods go to another country than the buyer's: nil when one of the two
// is not stated, and with a gap when their words differ and one is no country that is known.
func (run *Run) destinationDiffers(now version) (differs any, gaps []Gap) {
	if now.buyer < 0 || int(now.buyer) >= len(run.in.Parties) || now.destination == "" {
		return nil, nil
	}
	stated := run.in.Parties[now.buyer].Country
	if stated == "" {
		return nil, []Gap{{Reason: CellEmpty, Column: "engagements.buyer_country", Rows: 1}}
	}
	if book.PlainWords(stated) == book.PlainWords(now.destination) {
		return false, nil
	}
	home, there := list.Country(stated), list.Country(now.destination)
	if home == "" || there == "" {
		return nil, []Gap{{Reason: WordUnknown, Column: "engagements.destination", What: stated + " / " +
			now.destination, Rows: 1}}
	}
	return home != there, nil
}

// near reports whether two parties of one record have one name, or one of them stands above the other. Parties
// of one name are kept apart where the name says too little for the records at large; inside one record, a row
// that writes it twice means one body.
func (run *Run) near(p, q int32) bool {
	if p < 0 || q < 0 {
		return false
	}
	return slices.Contains(run.parents[p], q) || slices.Contains(run.parents[q], p) || run.namesake(p, q)
}

// namesake reports whether two parties have the same name, letter case, width and marks apart.
func (run *Run) namesake(p, q int32) bool {
	a := book.PlainWords(run.partyName(p))
	return a != "" && a == book.PlainWords(run.partyName(q))
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
	_, added := e.addition()
	return added
}

// addition returns the first version that holds a class which the first document did not.
func (e *engagement) addition() (at version, added bool) {
	first := map[string]bool{}
	var head *version // the first with items
	for i := range e.versions {
		v := &e.versions[i]
		if len(v.items) == 0 {
			continue
		}
		if head == nil {
			head = v
		}
		same := v == head || lines(head, v)
		for _, it := range v.items {
			for _, c := range it.capabilities {
				if same {
					first[c] = true
				} else if !first[c] {
					return *v, true
				}
			}
		}
	}
	return at, false
}

// values are the values that the documents of an engagement state, in their order. Lines of one document that state
// different ones state their own, which add up to it.
func (e *engagement) values() (out []version) {
	for i := range e.versions {
		v := e.versions[i]
		if n := len(out); n > 0 && lines(&out[n-1], &v) && (!v.value.Valid || !out[n-1].value.Valid ||
			v.currency == out[n-1].currency) {
			if v.value.Valid && !e.repeats(i) {
				out[n-1].value = sql.NullFloat64{Float64: out[n-1].value.Float64 + v.value.Float64, Valid: true}
			}
			continue
		}
		out = append(out, v)
	}
	return out
}

// repeats reports whether all lines of a version's document state its value: it is that of the whole.
func (e *engagement) repeats(i int) bool {
	for j := range e.versions {
		if v := &e.versions[j]; lines(v, &e.versions[i]) && v.value.Valid && v.value != e.versions[i].value {
			return false
		}
	}
	return true
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
	for _, v := range e.values() {
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

// unsureClauses are the gaps of clauses that may be of an engagement: their id fits it and others.
func (run *Run) unsureClauses(id string) []Gap {
	var out []Gap
	for _, named := range keys(run.unsure) {
		if slices.Contains(run.unsure[named], id) {
			out = append(out, Gap{Reason: WordUnknown, Column: "clauses.engagement_id", What: named, Rows: 1})
		}
	}
	return out
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
	unsure := run.unsureClauses(e.id)
	put := func(name string, value any, needs ...string) {
		c := cell{name: name, value: value, needs: needs}
		if value != true {
			c.gaps = unsure
		}
		run.put(f, lacks, c)
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
	gaps := unsure
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
func (e *engagement) rows(run *Run) []Row {
	var list rowList
	for i, v := range e.versions {
		list.add(Row{Signal: "engagement.", Source: v.source, At: v.at, Says: v.says(run, i)})
	}
	for _, a := range e.amended {
		list.add(Row{Signal: "engagement.value_growth", Source: a.source, At: a.at, Says: a.says()})
	}
	for _, c := range e.clauses {
		list.add(c.row())
	}
	for _, g := range e.gates {
		list.add(Row{Signal: "engagement.review", Source: g.source, At: g.at, Says: g.says()})
	}
	return list.done()
}

// period is the first day of an engagement and the day after its last, empty when it is undated.
func (e *engagement) period(now version) (period [2]string) {
	from, to := e.versions[0].start, now.end
	if !from.Valid {
		from = e.versions[0].signed
	}
	if !from.Valid {
		return period
	}
	if !to.Valid || to.Time.Before(from.Time) {
		to = from
	}
	return [2]string{from.Time.Format(time.DateOnly), to.Time.AddDate(0, 0, 1).Format(time.DateOnly)}
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
