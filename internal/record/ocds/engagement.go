package ocds

import (
	"slices"
	"strings"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
	"plimsoll/internal/record/table"
)

// engagement emits one contract, or one award when no contract refers to it, with its
// amendments and payments.
func (m *merged) engagement(what string, contract, award *value, shared bool) error {
	body := contract
	if body == nil {
		body = award
	}
	id := body.get("id").id()
	h := m.history[said{what, id}]
	if h == nil {
		h = &history{source: m.last.source, path: m.last.path}
	}
	m.out = m.counts[h.source]
	if h.emitted {
		return nil
	}
	h.emitted = true
	if calledOff(body) {
		m.out.notes[noteCancelled]++
		return nil
	}
	e := &record.Engagement{Kind: record.KindContract, Place: record.Place{Source: h.source, At: h.at(what + "s")},
		Process: strings.Clone(m.ocid)}
	e.ID = m.ocid + "/" + id
	if what == "award" {
		e.ID = m.ocid + "/award/" + id
		m.out.notes[noteAwards]++
	}
	m.hidden = false
	suppliers := m.suppliers(contract, award)
	if len(suppliers) > 0 {
		e.Seller, e.Sellers = suppliers[0], suppliers[1:]
	} else {
		m.out.notes[noteNoSupplier]++
	}
	if m.sent == 0 {
		e.LedTo = m.ledTo()
	} else {
		e.LedTo = record.LedToEarlier
	}
	m.sent++
	m.people(e, contract, award)
	if e.Buyer.Zero() {
		m.out.notes[noteNoBuyer]++
	}
	m.others(e, contract, award)
	e.Items = m.items(contract, award, m.lotsOf(contract, award))
	m.terms(e, contract, award, shared)
	m.method(e, contract, award)
	m.procedure(e, body, h)
	if contract == nil && proposed(award) {
		e.Kind = record.KindTender
		m.stage(e, award)
		m.unnamedBids(e)
		for _, s := range e.Sellers {
			addOne(e, record.RoleRef{Role: record.RoleSupplier, Ref: s})
		}
	}
	e.Withheld = m.withheld(contract, award) || m.hidden
	e.Lacks = m.lacks(e)
	if err := m.send(e); err != nil {
		return err
	}
	if err := m.amendments(e, body, h); err != nil {
		return err
	}
	return m.transactions(e, contract)
}

// ledTo is how many contracts, and awards without one, of the process stand.
func (m *merged) ledTo() int {
	n, served := 0, map[int]bool{}
	awards, contracts := m.release.get("awards").list(), m.release.get("contracts").list()
	for i := range contracts {
		if !calledOff(&contracts[i].v) {
			n++
		}
		served[awardOf(&contracts[i].v, awards)] = true
	}
	for i := range awards {
		if !served[i] && !calledOff(&awards[i].v) {
			n++
		}
	}
	return max(n, 1)
}

// calledOff reports whether an award or contract came to nothing.
func calledOff(v *value) bool {
	switch strings.ToLower(v.get("status").text()) {
	case "cancelled", "unsuccessful", "deleted", "withdrawn":
		return true
	}
	return false
}

// terms sets value, dates and destination. An award's value stands for its contract's only
// where the award has one contract.
func (m *merged) terms(e *record.Engagement, contract, award *value, shared bool) {
	e.Value, e.Currency = m.money(contract.get("value"))
	if e.Value.Null() && !shared {
		e.Value, e.Currency = m.money(award.get("value"))
	}
	if e.Currency == "" && !e.Value.Null() {
		e.Currency = m.money2(award)
	}
	e.Signed = m.date(contract.get("dateSigned"))
	if !e.Signed.Known() && !m.last.early {
		e.Signed = m.date(award.get("date"))
	}
	e.Start, e.End = m.period(contract.get("period"))
	if !e.Start.Known() && !e.End.Known() {
		e.Start, e.End = m.period(award.get("contractPeriod"))
	}
	if days := contract.at("period", "durationInDays"); !e.End.Known() && !e.Start.Known() && days == nil {
		e.Start, e.End = m.period(m.release.at("tender", "contractPeriod"))
	}
	for _, v := range []*value{contract, award, m.release.get("tender")} {
		for i := range v.get("items").list() {
			item := &v.get("items").list()[i].v
			for _, a := range append(item.get("deliveryAddresses").list(), item.get("deliveryAddress").list()...) {
				if c := country(&a.v); c != "" && e.Destination == "" {
					e.Destination = m.words.keep(c)
				}
				if at := delivery(&a.v); at != "" && len(e.Delivery) < mostDelivery && !strings.Contains(e.Delivery,
					at) {
					e.Delivery = m.words.keep(strings.TrimPrefix(e.Delivery+"; "+at, "; "))
				}
			}
		}
	}
}

// money2 is the currency of an award whose contract gives only the amount.
func (m *merged) money2(award *value) string {
	if s := award.at("value", "currency").text(); len(s) == 3 {
		c, _ := table.Currency(s)
		return c
	}
	return ""
}

// method sets how the contract was awarded, from the nearest place that says so, and why. A word
// that is none of the codelist stays readable among the reasons.
func (m *merged) method(e *record.Engagement, near ...*value) {
	t := m.release.get("tender")
	word := ""
	for _, v := range append(near, t) {
		if word = oneLine(v.get("procurementMethod").text()); word != "" {
			break
		}
	}
	details, why := oneLine(t.get("procurementMethodDetails").text()),
		oneLine(first(t.get("procurementMethodRationale"), t.get("methodRationale")).text())
	if e.Method = method(word); e.Method == "" && word == "" {
		e.Method = method(details)
	}
	if e.Method != "" {
		word = ""
	}
	var parts []string
	for _, s := range []string{word, details, why} {
		if s != "" && !slices.Contains(parts, s) {
			parts = append(parts, s)
		}
	}
	e.Rationale = m.clip(strings.Join(parts, "; "))
}

// method reads the codelist of 1.0 to 1.2, other words for its codes, and those that Canada used.
func method(s string) string {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "traditional competitive":
		return "selective"
	case "traditional non-competitive":
		return "limited"
	}
	m, _ := table.Method(s)
	return m
}

// lacking are the columns of the register that a published contract can lack. Nothing in
// the standard names a reseller.
var lacking = [...]struct {
	name string
	is   func(*record.Engagement) bool
}{
	{"reseller", func(*record.Engagement) bool { return true }},
	{"end_user", func(e *record.Engagement) bool { return e.EndUser.Zero() }},
	{"buyer", func(e *record.Engagement) bool { return e.Buyer.Zero() }},
	{"seller", func(e *record.Engagement) bool { return e.Seller.Zero() }},
	{"item", func(e *record.Engagement) bool { return len(e.Items) == 0 }},
	{"item_code", func(e *record.Engagement) bool {
		for _, i := range e.Items {
			if i.Code != "" {
				return false
			}
		}
		return true
	}},
	{"quantity", func(e *record.Engagement) bool {
		for _, i := range e.Items {
			if !i.Quantity.Null() {
				return false
			}
		}
		return true
	}},
	{"value", func(e *record.Engagement) bool { return e.Value.Null() }},
	{"currency", func(e *record.Engagement) bool { return e.Currency == "" }},
	{"signed", func(e *record.Engagement) bool { return !e.Signed.Known() }},
	{"start", func(e *record.Engagement) bool { return !e.Start.Known() }},
	{"end", func(e *record.Engagement) bool { return !e.End.Known() }},
	{"destination", func(e *record.Engagement) bool { return e.Destination == "" }},
	{"method", func(e *record.Engagement) bool { return e.Method == "" }},
	{"rationale", func(e *record.Engagement) bool { return e.Rationale == "" }},
	{"delivery_place", func(e *record.Engagement) bool { return e.Delivery == "" }},
	{"end_use", func(*record.Engagement) bool { return true }},
	{"bids", func(e *record.Engagement) bool { return e.Bids.Null() }},
	{"tender_days", func(e *record.Engagement) bool { return e.TenderDays.Null() }},
	{"changes", func(e *record.Engagement) bool { return e.Changes == record.ChangesUnknown }},
}

// lacks returns one map for all engagements that lack the same.
func (m *merged) lacks(e *record.Engagement) record.Columns {
	set := 0
	for i, l := range lacking {
		if l.is(e) {
			set |= 1 << i
		}
	}
	if m.release.get("withheldInformation") == nil {
		set |= 1 << len(lacking)
	}
	if c, ok := m.lacking[set]; ok {
		return c
	}
	c := record.Columns{}
	for i, l := range lacking {
		if set&(1<<i) != 0 {
			c[l.name] = true
		}
	}
	if set&(1<<len(lacking)) != 0 {
		c["withheld"] = true
	}
	m.lacking[set] = c
	return c
}

// amendments emits what the contract's amendments say, each with the change of value that
// came in its release, and the changes of value that no amendment explains.
func (m *merged) amendments(e *record.Engagement, body *value, h *history) error {
	list := body.get("amendments").list()
	list = append(list[:len(list):len(list)], body.get("amendment").list()...)
	for i := range list {
		v := &list[i].v
		a := &record.Amendment{
			Place: record.Place{Source: h.source, At: e.At + "/amendments/" + itoa(i)}, Engagement: e.ID,
			Currency:  e.Currency,
			Date:      m.date(v.get("date")),
			Rationale: m.clip(oneLine(first(v.get("rationale"), v.get("description")).text())),
		}
		m.changed(a, v)
		if after := v.get("amendedValue"); after.present() {
			a.After, _ = m.money(after)
		}
		release, known := h.amended[amendmentID(v, i)]
		for j := range h.changes {
			c := &h.changes[j]
			named := m.ids[c.release] != "" && m.ids[c.release] == v.get("releaseID").text()
			if !c.used && (named || known && c.release == release) {
				c.used = true
				c.into(m, a)
			}
		}
		if i == len(list)-1 && a.After.Null() && !a.Before.Null() {
			a.After = e.Value
		}
		if i == len(list)-1 && a.EndBefore.Known() && !a.EndAfter.Known() {
			a.EndAfter = e.End
		}
		if !a.Date.Known() && known {
			a.Date = m.dates[release]
		}
		if a.Rationale == "" && !v.get("date").present() && v.get("id").text() == "" && a.Before.Null() &&
			a.After.Null() &&
			!a.EndBefore.Known() {
			continue // "amendment": {"changes": []}
		}
		if err := m.send(a); err != nil {
			return err
		}
	}
	for _, c := range h.changes {
		if c.used {
			continue
		}
		a := &record.Amendment{
			Place: e.Place, Engagement: e.ID, Date: m.dates[c.release],
			Rationale: "the value differs between two releases",
			Currency:  e.Currency,
		}
		if c.into(m, a); c.endLast.Known() {
			a.Rationale = "the last day differs between two releases"
		}
		if err := m.send(a); err != nil {
			return err
		}
	}
	return nil
}

// into puts what changed into an amendment.
func (c *change) into(m *merged, a *record.Amendment) {
	if c.endLast.Known() {
		a.EndBefore, a.EndAfter = c.endBefore, c.endLast
		return
	}
	a.Before, a.After = m.kept(c.before), m.kept(c.after)
}

// kept is the number apart from the bytes it was read from.
func (m *merged) kept(d record.Decimal) record.Decimal {
	return record.Decimal(m.words.keep(string(d)))
}

// changed reads the former value out of changes[], as 1.0 had it: property names a path.
func (m *merged) changed(a *record.Amendment, v *value) {
	for i := range v.get("changes").list() {
		c := &v.get("changes").list()[i].v
		p := strings.ToLower(c.get("property").text())
		if end, ok := formerEnd(p, c.get("former_value")); ok {
			a.EndBefore = end
			continue
		}
		if !strings.HasSuffix(p, "amount") && !strings.HasSuffix(p, "value") || strings.Contains(p, "item") ||
			strings.Contains(p, "min") {
			continue
		}
		if was := c.get("former_value"); was.present() {
			a.Before, _ = m.money(was)
		}
	}
}

// transactions emits payments in the shape of 1.1 (payer, payee, value) or 1.0
// (providerOrganization, receiverOrganization, amount).
func (m *merged) transactions(e *record.Engagement, contract *value) error {
	list := contract.at("implementation", "transactions").list()
	for i := range list {
		v := &list[i].v
		if v.k != kObject {
			continue
		}
		t := &record.Transaction{
			Place:      record.Place{Source: e.Source, At: e.At + "/implementation/transactions/" + itoa(i)},
			Engagement: e.ID,
			ID:         m.words.keep(v.get("id").id()), Date: m.date(v.get("date")),
			Payer: m.payment(first(v.get("payer"), v.get("providerOrganization"))),
			Payee: m.payment(first(v.get("payee"), v.get("receiverOrganization"))),
		}
		t.Value, t.Currency = m.money(first(v.get("value"), v.get("amount")))
		if err := m.send(t); err != nil {
			return err
		}
	}
	return nil
}

// payment reads a party to a payment; in 1.0 it was a bare identifier.
func (m *merged) payment(v *value) party.Ref {
	r := m.ref(v)
	if v.get("scheme").present() || v.get("legalName").present() {
		if r.Name == "" {
			r.Name = m.words.keep(oneLine(v.get("legalName").text()))
		}
		r.Scope, r.LocalID = m.scope(), ""
		m.identify(&r, v)
	}
	return r
}
