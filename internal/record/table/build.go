package table

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// known lists every column that a table understands, in the order of the documents.
var known = map[string][]string{
	Accounts: {"account_id", "sub_account_id", "party_name", "party_id", "country", "party_address", "end_user",
		"end_user_id",
		"end_user_country", "end_user_class", "users", "reseller", "reseller_id", "reseller_country", "since", "until"},
	Engagements: {"engagement_id", "kind", "seller", "seller_id", "seller_country", "buyer", "buyer_id",
		"buyer_country",
		"buyer_address", "end_user", "end_user_id", "end_user_country", "end_user_class", "reseller", "reseller_id",
		"reseller_country", "payer", "item", "item_scheme", "item_code", "quantity", "unit", "value", "currency",
		"signed",
		"start", "end", "destination", "method", "rationale", "withheld", "tenderers", "subcontractors",
		"consortium_members", "consignee",
		"funder", "procuring_entity",
		"bids", "tender_days", "delivery_place", "end_use", "answer_by", "standstill_until"},
	Claims: {"claim_id", "about", "about_id", "about_country", "capability", "text", "source", "url", "published",
		"origin",
		"grade", "status", "reply"},
	Clauses: {"engagement_id", "clause", "present", "reference"},
	Approvals: {"engagement_id", "party_name", "party_id", "party_country", "kind", "decided", "outcome",
		"decided_by_role",
		"paid_on_deal", "valid_until", "quantity", "unit"},
	Support: {"party_name", "party_id", "party_country", "quarter", "hours", "code"},
	Events:  {"event_id", "kind", "date", "about", "about_id", "about_country", "region", "source", "url"},
	Ownership: {"owner", "owner_id", "owner_country", "owned", "owned_id", "owned_country", "share", "kind", "control",
		"reason",
		"since", "until"},
	List: {"name", "aliases", "country", "identifiers", "publisher", "report", "url", "published", "status", "effect",
		"reason", "kind", "id"},
	Usage: {"BillingAccountId", "SubAccountId", "ChargePeriodStart", "ChargePeriodEnd", "BillingPeriodStart",
		"ServiceName", "ServiceCategory",
		"ServiceSubcategory", "SkuMeter", "ConsumedQuantity", "ConsumedUnit", "ChargeCategory", "BilledCost",
		"EffectiveCost", "BillingCurrency",
		"RegionId", "ServiceProviderName", "InvoiceIssuerName", "PublisherName", "HostProviderName"},
	Holdings: {"portfolio", "issuer_name", "lei", "isin", "figi", "country", "value", "weight", "currency", "as_of"},
	Products: {"sku", "name", "codes", "capability"},
	Places:   {"place", "aliases", "kind", "part_of", "list", "publisher", "url", "since", "until"},
	Instruments: {"instrument_id", "title", "kind", "issuer", "date", "force", "addressees", "votes", "objections",
		"status", "source",
		"source_sha256", "read"},
	Demands: {"demand_id", "instrument_id", "clause", "text", "of", "addressee", "addressee_id", "about_kind", "about",
		"about_id", "place", "due",
		"condition", "condition_met", "done_when", "read", "source", "source_sha256"},
	Answers: {"answer_id", "demand_id", "by", "acted", "date", "text", "publisher", "source", "grade", "status"},
}

// builder returns the function that makes one record of the table from a row.
func (b *binder) builder(kind string) func(*row) record.Record {
	switch kind {
	case Accounts:
		return b.account()
	case Engagements:
		return b.engagement()
	case Claims:
		return b.claim()
	case Clauses:
		return b.clause()
	case Approvals:
		return b.approval()
	case Support:
		return b.support()
	case Ownership:
		return b.ownership()
	case Holdings:
		return b.holding()
	case Products:
		return b.product()
	case Places:
		return b.listedPlace()
	case Instruments, Demands, Answers:
		return b.obligation(kind)
	}
	return b.event()
}

func (b *binder) account() func(*row) record.Record {
	id, sub := b.need("account_id"), b.need("sub_account_id")
	holder := refCols{b.need("party_name", "party_id"), b.need("party_id"), b.need("country", "party_country"),
		b.col("party_address"), col{i: absent}}
	if !b.col("country").here() {
		holder.country = b.col("party_country")
	}
	user := refCols{b.need("end_user", "end_user_id"), b.col("end_user_id"), b.col("end_user_country"), col{i: absent},
		b.need("end_user_class")}
	reseller := refCols{b.need("reseller", "reseller_id"), b.col("reseller_id"), b.col("reseller_country"),
		col{i: absent}, col{i: absent}}
	users, since, until := b.col("users"), b.need("since"), b.need("until")
	return func(r *row) record.Record {
		return &record.Account{
			Place: r.place, AccountID: r.must(id), SubAccountID: r.text(sub),
			Party: r.ref(holder), EndUser: r.endUser(user), EndUserText: r.text(user.name),
			EndUserClass: r.class(user.class), Reseller: r.ref(reseller), Users: r.count(users),
			Since: r.date(since), Until: r.date(until),
			Lacks: b.lacking(r, role{"end_user", user}, role{"reseller", reseller}),
		}
	}
}

func (b *binder) engagement() func(*row) record.Record {
	none := col{i: absent}
	id, kind := b.need("engagement_id"), b.need("kind")
	seller := refCols{b.need("seller", "seller_id"), b.col("seller_id"), b.col("seller_country"), none, none}
	buyer := refCols{b.need("buyer", "buyer_id"), b.col("buyer_id"), b.col("buyer_country"), b.col("buyer_address"),
		none}
	user := refCols{b.need("end_user", "end_user_id"), b.col("end_user_id"), b.col("end_user_country"), none,
		b.col("end_user_class")}
	reseller := refCols{b.need("reseller", "reseller_id"), b.col("reseller_id"), b.col("reseller_country"), none, none}
	payer := refCols{b.need("payer"), none, none, none, none}
	item, scheme, code := b.need("item"), b.col("item_scheme"), b.need("item_code")
	quantity, unit := b.need("quantity"), b.need("unit")
	value, currency := b.need("value"), b.need("currency")
	signed, start, end := b.need("signed"), b.need("start"), b.need("end")
	destination, method := b.need("destination"), b.need("method")
	others := map[string][]col{}
	for _, o := range otherRoles {
		if others[o.column] = []col{b.col(o.column)}; o.role == record.RoleConsignee {
			b.need(o.column)
		}
	}
	rationale, withheld := b.need("rationale"), b.need("withheld")
	bids, days := b.need("bids"), b.need("tender_days")
	delivery, use := b.need("delivery_place"), b.need("end_use")
	answer, standstill := b.col("answer_by"), b.col("standstill_until")
	for column, cols := range b.roleColumns(b.names) {
		others[column] = append(others[column], cols...)
	}
	return func(r *row) record.Record {
		e := &record.Engagement{
			Place: r.place, ID: r.must(id), Kind: r.dealing(kind),
			Seller: r.ref(seller), Buyer: r.ref(buyer), EndUser: r.endUser(user), EndUserText: r.text(user.name),
			Reseller: r.ref(reseller), Payer: r.ref(payer),
			Value: r.number(value), Currency: r.currency(currency),
			Signed: r.date(signed), Start: r.date(start), End: r.date(end),
			Destination: r.text(destination), Method: r.code(method, procurementMethod), Rationale: r.text(rationale),
			Withheld: r.code(withheld, yesNo) == "yes", Bids: r.number(bids), TenderDays: r.number(days),
			Delivery: r.text(delivery), EndUse: r.text(use), AnswerBy: r.date(answer), Standstill: r.date(standstill),
			Lacks: b.lacking(r, role{"end_user", user}, role{"reseller", reseller}),
		}
		e.Others, e.Hidden = r.takingPart(others, &e.Buyer, &e.EndUser, &e.Seller, &e.Reseller)
		if e.Kind == record.KindTender {
			r.sellers(e)
		}
		it := record.Item{Text: r.text(item), Scheme: strings.ToUpper(r.text(scheme)), Code: r.text(code),
			Quantity: r.number(quantity), Unit: r.text(unit)}
		if it != (record.Item{}) {
			e.Items = []record.Item{it}
		}
		return e
	}
}

// otherRoles are the columns of an engagement for parties in further roles. A cell may name
// several, with semicolons between them.
var otherRoles = []struct {
	column string
	role   record.Role
}{
	{"tenderers", record.RoleTenderer}, {"consortium_members", record.RoleTenderer},
	{"subcontractors", record.RoleSubcontractor},
	{"consignee", record.RoleConsignee},
	{"funder", record.RoleFunder}, {"procuring_entity", record.RoleProcuringEntity},
}

// class is the class of an end user as written, in lower case.
func (r *row) class(c col) string { return r.known(c, endUserClass) }

// known is word for a column whose words are read by what comes after: the cell is kept as
// written, in lower case.
func (r *row) known(c col, v vocabulary) string {
	r.word(c, v)
	return strings.ToLower(r.text(c))
}

// endUser is ref for the end user: a generic word ("various") names nobody; the record
// keeps it as text.
func (r *row) endUser(c refCols) party.Ref {
	ref := r.ref(c)
	if len(ref.Name) <= len("various end users") && generic[strings.ToLower(ref.Name)] && ref.LocalID == "" &&
		len(ref.Identifiers) == 0 {
		return party.Ref{}
	}
	return ref
}

func (b *binder) claim() func(*row) record.Record {
	id := b.need("claim_id")
	about := refCols{b.need("about", "about_id"), b.col("about_id"), b.col("about_country"), col{i: absent},
		col{i: absent}}
	capability, text, source := b.need("capability"), b.need("text"), b.need("source")
	url, published, origin := b.need("url"), b.need("published"), b.need("origin")
	grade, status, reply := b.need("grade"), b.need("status"), b.need("reply")
	return func(r *row) record.Record {
		c := &record.Claim{
			Place: r.place, ID: r.text(id), About: r.ref(about), Capability: r.word(capability, claimCapability),
			Text: r.text(text), Source: r.text(source), URL: r.text(url), Published: r.date(published),
			Origin: r.text(origin), Grade: r.grade(grade), Status: r.word(status, claimStatus),
			Reply: r.text(reply), Lacks: b.lacks,
		}
		if c.About.Zero() {
			r.fail("%s is empty: the claim is about nobody", about.name.name)
		}
		if c.ID == "" {
			c.ID = "claim-" + digest(c.About.Name, c.About.LocalID, c.Source, c.URL, c.Text, c.Published.String())
		}
		return c
	}
}

// digest names a row that carries no key of its own by what it says, so that the same row
// in another file has the same key.
func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x1f")))
	return hex.EncodeToString(sum[:6])
}

func (b *binder) clause() func(*row) record.Record {
	id, clause, present, reference := b.need("engagement_id"), b.need("clause"), b.need("present"), b.need("reference")
	return func(r *row) record.Record {
		c := &record.Clause{Place: r.place, Engagement: r.must(id), Clause: r.word(clause, clauseName),
			Present: r.code(present, presence), Reference: r.text(reference), Lacks: b.lacks}
		r.needed(clause)
		if c.Present == "" {
			c.Present = "unknown"
		}
		return c
	}
}

func (b *binder) approval() func(*row) record.Record {
	id := b.need("engagement_id")
	about := refCols{b.need("party_name", "party_id"), b.col("party_id"), b.col("party_country"), col{i: absent},
		col{i: absent}}
	kind, decided, outcome := b.need("kind"), b.need("decided"), b.need("outcome")
	role, paid := b.need("decided_by_role"), b.need("paid_on_deal")
	until, quantity, unit := b.need("valid_until"), b.need("quantity"), b.col("unit")
	return func(r *row) record.Record {
		a := &record.Approval{Place: r.place, Engagement: r.text(id), Party: r.ref(about),
			Kind:    words(r.word(kind, approvalKind)),
			Decided: r.date(decided), Outcome: r.known(outcome, approvalOutcome), DecidedByRole: r.text(role),
			PaidOnDeal: r.code(paid, yesNo), ValidUntil: r.date(until), Quantity: r.number(quantity),
			Unit: r.text(unit), Lacks: b.lacks}
		r.needed(kind)
		if a.Engagement == "" && a.Party.Zero() {
			r.fail("neither engagement_id nor party_name has a value: the approval is of nothing")
		}
		return a
	}
}

func (b *binder) support() func(*row) record.Record {
	about := refCols{b.need("party_name", "party_id"), b.col("party_id"), b.col("party_country"), col{i: absent},
		col{i: absent}}
	quarter, hours, code := b.need("quarter"), b.need("hours"), b.need("code")
	return func(r *row) record.Record {
		s := &record.Support{Place: r.place, Party: r.ref(about), Quarter: r.quarter(quarter),
			Hours: r.hours(hours), Code: words(r.known(code, supportCode)), Lacks: b.lacks}
		if s.Party.Zero() {
			r.fail("%s is empty", about.name.name)
		}
		return s
	}
}

func (b *binder) event() func(*row) record.Record {
	id, kind, date := b.need("event_id"), b.need("kind"), b.need("date")
	about := refCols{b.need("about", "about_id"), b.col("about_id"), b.col("about_country"), col{i: absent},
		col{i: absent}}
	region, source, url := b.need("region"), b.need("source"), b.need("url")
	return func(r *row) record.Record {
		e := &record.Event{Place: r.place, ID: r.text(id), Kind: r.word(kind, eventKind), Date: r.date(date),
			About: r.ref(about), Region: r.text(region), Source: r.text(source), URL: r.text(url), Lacks: b.lacks}
		r.needed(kind)
		r.needed(date)
		if e.ID == "" {
			e.ID = "event-" + digest(e.Kind, e.Date.String(), e.About.Name, e.About.LocalID, e.Region, e.Source, e.URL)
		}
		return e
	}
}

// The names of the two ends of an ownership table; the first of each is that of the documents.
var (
	ownerNames = []string{"owner", "owner_name", "shareholder", "shareholder_name", "parent", "parent_name", "owner_id"}
	ownedNames = []string{"owned", "owned_name", "subsidiary", "subsidiary_name", "investee", "owned_company",
		"owned_id"}
)

// first is col for the first of these columns that the file has.
func (b *binder) first(names ...string) col {
	for _, n := range names {
		if c := b.col(n); c.here() {
			return c
		}
	}
	return col{i: absent, name: names[0], column: names[0]}
}

func (b *binder) ownership() func(*row) record.Record {
	none := col{i: absent}
	named := func(names []string) col { return b.first(names[:len(names)-1]...) } // the last is the id
	owner := refCols{named(ownerNames), b.first("owner_id", "shareholder_id", "parent_id"), b.first("owner_country",
		"shareholder_country", "parent_country"), none, none}
	owned := refCols{named(ownedNames), b.first("owned_id", "subsidiary_id"), b.first("owned_country",
		"subsidiary_country"), none, none}
	share := b.first("share", "share_percent", "percent", "percentage", "ownership_percent", "stake", "share_%")
	kind, control, reason := b.first("kind", "type", "interest"), b.col("control"), b.col("reason")
	since, until := b.first("since", "start_date"), b.first("until", "end_date")
	return func(r *row) record.Record {
		o := &record.Ownership{
			Place: r.place, Owner: r.ref(owner), Owned: r.ref(owned), Share: r.text(share), Kind: r.text(kind),
			Control: r.code(control, yesNo), Reason: r.text(reason), Since: r.date(since), Until: r.date(until),
			Lacks: b.lacks,
		}
		switch {
		case o.Owned.Zero():
			r.fail("%s is empty: nobody is owned", owned.name.name)
		case o.Owner.Zero() && o.Reason == "":
			r.fail("%s is empty: write in the column reason why the owner is not named", owner.name.name)
		}
		return o
	}
}
