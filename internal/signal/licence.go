package signal

import (
	"database/sql"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/book"
	"plimsoll/internal/capability"
	"plimsoll/internal/list"
	"plimsoll/internal/record"
)

// The states of the licence of an engagement, in engagement.licence_state.
const (
	Covers           = "covers"            // a licence, exception or counsel note covers it
	NoLicence        = "none"              // none is on file
	Elsewhere        = "elsewhere"         // published by others: their licences are not in these records
	Expired          = "expired"           // one is on file for a time that does not hold the day of signature
	Exceeded         = "exceeded"          // one is on file, and more is recorded under it than it allows
	OtherParty       = "other_party"       // one is on file for the same buyer and another end user
	OtherSeller      = "other_seller"      // one is on file for the same buyer and goods, and another seller
	OtherDestination = "other_destination" // one is on file for another destination
)

// A licenceRecord is a record of kind licence: what it allows, and what is recorded under it.
type licenceRecord struct {
	id             string
	buyer, endUser int32
	seller         int32 // who may deliver under it; -1 when the record does not say
	items          []item
	from, to       sql.NullTime
	destination    string
	allows         []allowance
	endless        *Gap // why it is not known until when it holds
}

// A coverage is what the licence records say of one engagement.
type coverage struct {
	state string // Covers, one of the faults, or "" when a gap keeps it from being known
	gap   *Gap
}

// faultOrder says which of several faults is told: the nearest to being covered.
var faultOrder = []string{Covers, "", Exceeded, Expired, OtherDestination, OtherParty, OtherSeller}

// newLicence reads a licence record. A cell for its end or its quantity that is empty is no limit; one that is not
// there or not understood, or an item without a quantity beside one with it, leaves the limit unknown.
func (run *Run) newLicence(e *engagement) licenceRecord {
	now := e.current()
	lacks := run.lacking(book.Engagements, now.lacks)
	unsaid := func(column string) *Gap {
		if !lacks(column) {
			return nil
		}
		g := run.unreadGap(column)
		return &g
	}
	l := licenceRecord{id: e.id, buyer: now.buyer, endUser: now.endUser, seller: now.seller, from: now.start,
		to: now.end, destination: now.destination}
	if !l.from.Valid {
		l.from = now.signed
	}
	if !l.to.Valid {
		l.endless = unsaid("engagements.end")
	}
	l.items = now.items
	for _, group := range alike(now.items) {
		l.allows = append(l.allows, newAllowance(e.id, group, unsaid))
	}
	return l
}

// regulated reports whether goods are of a kind that is moved under a licence: an entry of a control
// list, or arms, unmanned aircraft and sights by their customs code or their words.
func (it item) regulated() bool {
	return len(it.controlled) > 0 || slices.ContainsFunc(it.capabilities, func(c string) bool {
		return slices.Contains(regulatedClasses, c)
	})
}

// regulatedClasses are the capabilities of goods that are moved under a licence whatever their code.
var regulatedClasses = []string{capability.Arms, capability.Drones, capability.Optics}

// matches reports whether goods of a licence are those of an item; known is false when the two are
// named in ways that cannot be compared.
func (it item) matches(l item) (same, known bool) {
	overlap := slices.ContainsFunc(it.capabilities, func(c string) bool { return slices.Contains(l.capabilities, c) })
	switch {
	case len(it.controlled) > 0 && len(l.controlled) > 0:
		return slices.ContainsFunc(it.controlled, func(c string) bool { return slices.Contains(l.controlled, c) }), true
	case it.code != "" && l.code != "":
		a, b := codeKey(it.code), codeKey(l.code)
		if strings.HasPrefix(a, b) && b != "" {
			return true, true
		}
		alike := it.scheme == "" || l.scheme == "" || strings.EqualFold(it.scheme, l.scheme)
		return false, alike || !overlap
	case it.text != "" && book.PlainWords(it.text) == book.PlainWords(l.text):
		return true, true
	}
	return false, !overlap
}

// codeKey is a code without dots, blanks and dashes, in lower case.
func codeKey(s string) string { return strings.ReplaceAll(book.PlainWords(s), " ", "") }

// under returns what a licence says of an engagement, its quantity apart; related is false when the
// licence is for other parties or other goods.
func (run *Run) under(l *licenceRecord, e *engagement, now version) (c coverage, related bool) {
	user := now.user()
	named := func(p int32) bool { return p >= 0 && (p == l.buyer || p == l.endUser) }
	perhaps := func(p int32) bool {
		return slices.ContainsFunc(run.in.Possible[p], named)
	}
	doubt := !named(now.buyer) && !named(now.endUser) // the licence is for others, unless they are one with these
	if doubt && !perhaps(now.buyer) && !perhaps(now.endUser) {
		return c, false
	}
	for _, it := range now.items {
		if !it.regulated() {
			continue
		}
		matched, open := false, false
		for _, x := range l.items {
			same, known := it.matches(x)
			matched, open = matched || same, open || !known
		}
		switch {
		case matched:
		case open:
			c.gap = &Gap{Reason: WordUnknown, Column: "engagements.item_code", What: it.label() + " under " + l.id,
				Rows: 1}
		default:
			return c, false
		}
	}
	if doubt {
		c.gap = &Gap{Reason: Unstated, Column: "engagements.buyer_id", What: run.partyName(now.buyer), Rows: 1}
	}
	if c.gap != nil {
		return c, true
	}
	if same, gap := run.sameSeller(l, now); gap != nil {
		c.gap = gap
		return c, true
	} else if !same {
		return coverage{state: OtherSeller}, true
	}
	if l.endUser >= 0 && user != l.endUser {
		if slices.Contains(run.in.Possible[user], l.endUser) {
			c.gap = &Gap{Reason: Unstated, Column: "engagements.end_user_id", What: run.partyName(user), Rows: 1}
			return c, true
		}
		return coverage{state: OtherParty}, true
	}
	if same, gap := run.sameDestination(l.destination, now.destination); gap != nil {
		c.gap = gap
		return c, true
	} else if !same {
		return coverage{state: OtherDestination}, true
	}
	first, last := e.versions[0].signed, e.versions[0].signedLast
	switch {
	case l.from.Valid && last.Valid && last.Time.Before(l.from.Time), l.to.Valid && first.Valid &&
		first.Time.After(l.to.Time):
		return coverage{state: Expired}, true
	case (l.from.Valid || l.to.Valid) && !first.Valid, l.from.Valid && first.Time.Before(l.from.Time), l.to.Valid &&
		last.Time.After(l.to.Time):
		c.gap = &Gap{Reason: CellEmpty, Column: "engagements.signed", What: e.id, Rows: 1}
		return c, true
	case l.endless != nil:
		c.gap = l.endless
		return c, true
	}
	return coverage{state: Covers}, true
}

// sameSeller reports whether a licence is for who sells: the seller or the reseller of an engagement. A register that
// names no seller on either row is the seller's own. Where one row names a seller and the other does not, and where the
// two may be one or stand above each other, it is not known. A public body in the place of the seller is who granted
// the licence, unless it sells as well.
func (run *Run) sameSeller(l *licenceRecord, now version) (bool, *Gap) {
	if l.seller < 0 && now.seller < 0 {
		return true, nil
	}
	doubt := l.seller < 0 || now.seller < 0 || run.government(l.seller) && !run.government(now.seller)
	for _, p := range []int32{now.seller, now.reseller} {
		switch {
		case p < 0 || l.seller < 0:
		case p == l.seller, run.namesake(p, l.seller):
			return true, nil
		case run.near(p, l.seller), slices.Contains(run.in.Possible[p], l.seller):
			doubt = true
		}
	}
	if doubt {
		return false, &Gap{Reason: Unstated, Column: "engagements.seller", What: l.id, Rows: 1}
	}
	return false, nil
}

// sameDestination compares two destinations as written. Two spellings that no table knows are compared
// as words; one that is known and one that is not cannot be compared.
func (run *Run) sameDestination(licensed, stated string) (bool, *Gap) {
	if licensed == "" && stated == "" && !run.Has("engagements.destination") {
		g := run.unreadGap("engagements.destination")
		return false, &g
	}
	if licensed == "" || book.PlainWords(licensed) == book.PlainWords(stated) {
		return true, nil
	}
	if stated == "" {
		g := run.unreadGap("engagements.destination")
		if run.Has("engagements.destination") {
			g = Gap{Reason: CellEmpty, Column: "engagements.destination", Rows: 1}
		}
		return false, &g
	}
	a, b := list.Country(licensed), list.Country(stated)
	longer := holdsWords(book.PlainWords(licensed), book.PlainWords(stated)) ||
		holdsWords(book.PlainWords(stated), book.PlainWords(licensed)) // "Republic of X" and "X", or a port of X
	if (a == "") != (b == "") || a == "" && longer {
		return false, &Gap{Reason: WordUnknown, Column: "engagements.destination", What: licensed + " / " + stated,
			Rows: 1}
	}
	return a == b && a != "", nil
}

// moves reports whether a kind of dealing moves goods under a licence.
func moves(kind string) bool { return !slices.Contains(unmoved, kind) }

// unmoved are the kinds of dealing that move no goods. Goods that are lent or given move; a loan of money has no item
// that a licence could be for.
var unmoved = []string{record.KindLicence, record.KindTender, record.KindHolding}

// shipment reports whether a kind of dealing is a movement of goods and not the order of it.
func shipment(kind string) bool {
	return kind == record.KindDelivery || kind == "re_export" || kind == record.KindTransit ||
		kind == record.KindTransfer
}

// limitUnsaid is why a limit of what a gate granted is not known: its cell was not understood, or its source has no
// column for it while another source of the run has; nil when the cell is empty, or no source has the column (which
// [Run.Limitless] says once for all).
func (run *Run) limitUnsaid(g gate, column string) *Gap {
	doubted, _ := run.book.Doubted(column)
	if !run.lacking(book.Approvals, g.lacks)(column) || doubted == 0 && !run.Has(column) {
		return nil
	}
	gap := run.unreadGap(column)
	return &gap
}

// usualYears is how long licences hold where nothing states their end: up to two years, Regulation (EU) 2021/821,
// article 12(3). An older one is not known to hold.
const usualYears = 2

// limit returns what the limits of a granted gate say of an engagement: Covers, Expired or Exceeded.
func (run *Run) limit(g gate, e *engagement, now version) coverage {
	items, at := e.moved(now)
	if g.until.Valid {
		switch {
		case at.signed.Valid && at.signed.Time.After(g.until.Time):
			return coverage{state: Expired}
		case !at.signed.Valid, at.signedLast.Time.After(g.until.Time):
			return coverage{gap: &Gap{Reason: CellEmpty, Column: "engagements.signed", What: e.id, Rows: 1}}
		}
	} else if gap := run.limitUnsaid(g, "approvals.valid_until"); gap != nil {
		return coverage{gap: gap}
	} else if !run.Has("approvals.valid_until") && g.decided.Valid &&
		!at.signedLast.Time.Before(g.decided.Time.AddDate(usualYears, 0, 0)) {
		return coverage{gap: &Gap{Reason: ColumnAbsent, Column: "approvals.valid_until", What: e.id, Rows: 1}}
	}
	switch {
	case g.quantity.Valid && g.quantity.Float64 <= 0, !g.quantity.Valid && g.unit != "": // a unit, and of how much?
		return coverage{gap: &Gap{Reason: CellEmpty, Column: "approvals.quantity", What: g.unit, Rows: 1}}
	case !g.quantity.Valid:
		if gap := run.limitUnsaid(g, "approvals.quantity"); gap != nil {
			return coverage{gap: gap}
		}
		return coverage{state: Covers}
	}
	sum, gap := g.amount(items, e.id)
	if gap != nil {
		return coverage{gap: gap}
	}
	_, each := capability.Unit(g.unit)
	if used, drawn := run.gateUse[g.key()][e.id]; drawn {
		if used.gap != nil {
			return coverage{gap: used.gap}
		}
		sum = used.quantity
	}
	if beyond(sum, g.quantity.Float64*each) {
		return coverage{state: Exceeded}
	}
	return coverage{state: Covers}
}

// granted returns what an approved licence says of an engagement. One that was granted after signature and, where
// a start is stated, after that too covers nothing on that day; one without a day may be such a licence.
func (run *Run) granted(g gate, e *engagement, now version) coverage {
	c := run.limit(g, e, now)
	if c.state != Covers {
		return c
	}
	day, last := e.versions[0].signed, e.versions[0].signedLast
	if now.start.Valid && (!day.Valid || now.start.Time.After(day.Time)) {
		day = now.start
	}
	if now.start.Valid && (!last.Valid || now.start.Time.After(last.Time)) {
		last = now.start
	}
	switch {
	case !g.decided.Valid:
		gap := run.unsaid("approvals.decided", g)
		return coverage{gap: &gap}
	case !day.Valid:
		gap := run.unreadGap("engagements.signed")
		if run.Has("engagements.signed") {
			gap = Gap{Reason: CellEmpty, Column: "engagements.signed", Rows: 1}
		}
		return coverage{gap: &gap}
	case !g.decidedDay && g.decided.Time.Year() == day.Time.Year() &&
		(g.decided.Time.YearDay() == 1 || g.decided.Time.Month() == day.Time.Month()):
		// a month or a year, and the day in it
		return coverage{gap: &Gap{Reason: CellEmpty, Column: "approvals.decided", Rows: 1}}
	case !g.decided.Time.After(day.Time):
		return c
	case !g.decided.Time.After(last.Time): // of the signature the month is known, and the day in it
		return coverage{gap: &Gap{Reason: CellEmpty, Column: "engagements.signed", What: e.id, Rows: 1}}
	}
	return coverage{state: Expired}
}

// unsaid is the gap of a column that an approval leaves empty, or that its source does not have.
func (run *Run) unsaid(column string, g gate) Gap {
	if !run.Has(column) || run.lacking(book.Approvals, g.lacks)(column) {
		return Gap{Reason: ColumnAbsent, Column: column}
	}
	return Gap{Reason: CellEmpty, Column: column, Rows: 1}
}

// licenceState returns whether a licence covers an engagement, as a gate or as a record of kind licence,
// and what is amiss where one is on file that does not.
func (run *Run) licenceState(e *engagement, now version) (string, []Gap) {
	var gaps []Gap
	best := ""
	take := func(c coverage) {
		if c.gap != nil {
			gaps = append(gaps, *c.gap)
		} else if best == "" || slices.Index(faultOrder, c.state) < slices.Index(faultOrder, best) {
			best = c.state
		}
	}
	var short []gate
	for _, g := range e.gates {
		switch {
		case !isLicence(g.kind):
			if !g.after && !isReview(g.kind) && !isCertificate(g.kind) && run.lacking(book.Approvals,
				g.lacks)("approvals.kind") {
				gaps = append(gaps, Gap{Reason: WordUnknown, Column: "approvals.kind", What: g.kind, Rows: 1})
			}
		case g.after:
			gaps = append(gaps, Gap{Reason: AfterReview, Column: "approvals.decided", What: g.says(), Rows: 1})
		case run.loose(g) != nil:
			gaps = append(gaps, *run.loose(g))
		case g.outcome == "":
			gaps = append(gaps, run.unsaid("approvals.outcome", g))
		case g.verdict() == approved:
			c := run.granted(g, e, now)
			if take(c); c.state == Exceeded {
				short = append(short, g)
			}
		case g.verdict() == unclear:
			gaps = append(gaps, Gap{Reason: WordUnknown, Column: "approvals.outcome", What: g.outcome, Rows: 1})
		}
	}
	if best == Exceeded && run.together(short, e, now) {
		best = Covers
	}
	if c, ok := run.covered[e.id]; ok {
		take(c)
	}
	if best != Covers { // a record whose kind is not understood may be the licence
		for _, p := range []int32{now.buyer, now.endUser} {
			ids := run.unkinded[p]
			if ids[0] == e.id {
				ids[0] = ids[1] // another than the one asked about
			}
			if ids[0] != "" {
				gaps = append(gaps, Gap{Reason: WordUnknown, Column: "engagements.kind", What: ids[0], Rows: 1})
			}
		}
	}
	switch {
	case best == Covers:
		return Covers, nil
	case len(gaps) > 0:
		return "", joinGaps(gaps)
	case now.published && len(e.gates) == 0:
		return Elsewhere, nil
	case best == "":
		return NoLicence, nil
	}
	return best, nil
}

// firstAfter returns the days from the latest of some days to a day, -1 when there is none on or before it.
func firstAfter(days []time.Time, day time.Time) float64 {
	best := -1.0
	for _, d := range days {
		if n := day.Sub(d).Hours() / 24; n >= 0 && (best < 0 || n < best) {
			best = n
		}
	}
	return best
}
