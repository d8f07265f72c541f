// Package signal computes typed values about parties, engagements and accounts from the
// records of one run, out of core, in SQL.
//
// Invariants: a signal says what it was computed from; when a column or table that it needs
// is absent it is missing, with the column's name, and is never 0 or "no" instead. Signals
// are about organisations' records; none is about the content of anything.
package signal

// The kinds of subject that signals are computed for.
const (
	OfParty      = "party"
	OfEngagement = "engagement"
	OfAccount    = "account"
)

// Type is the CEL type of a signal.
type Type string

// The types.
const (
	Bool    Type = "bool"
	Int     Type = "int"
	Double  Type = "double"
	String  Type = "string"
	Strings Type = "list(string)"
	Doubles Type = "list(double)"
	Maps    Type = "list(map)" // list(map(string, dyn))
)

// A Def is one signal of the catalogue.
type Def struct {
	Name    string   // as rules write it: "usage.storage_tb_peak"
	Type    Type     //
	Of      string   // which subjects carry it
	Unit    string   // "TB", "hours", "" …
	Columns []string // what it is computed from, "table.column"
	Doc     string   // one line for the pack's author
}

// Catalogue lists every signal. A pack that names another does not load.
//
// Durations of a day or more are in days, data sizes in decimal TB, growth as a ratio
// (3 = three times), shares between 0 and 1.
var Catalogue = []Def{
	// — engagement —
	{"engagement.kind", String, OfEngagement, "", []string{"engagements.kind"}, "contract, sale, transfer, subscription or licence"},
	{"engagement.end_user_stated", Bool, OfEngagement, "", []string{"engagements.end_user"}, "an end user is named and is not a generic word"},
	{"engagement.end_user_text", String, OfEngagement, "", []string{"engagements.end_user"}, "the end user as written"},
	{"engagement.class", String, OfEngagement, "", []string{"engagements.end_user"}, "end-user class of the end user, or of the buyer where no end user is stated; \"unknown\" when nothing says it"},
	{"engagement.security", Bool, OfEngagement, "", []string{"engagements.end_user"}, "class is police, prison, border, military or intelligence"},
	{"engagement.government", Bool, OfEngagement, "", []string{"engagements.buyer"}, "buyer or end user is a public body"},
	{"engagement.capabilities", Strings, OfEngagement, "", []string{"engagements.item"}, "capability classes of the items, sorted"},
	{"engagement.controlled", Strings, OfEngagement, "", []string{"engagements.item_code"}, "export-control entries that item codes name, sorted"},
	{"engagement.reseller_named", Bool, OfEngagement, "", []string{"engagements.reseller"}, "a reseller stands between seller and end user"},
	{"engagement.reseller_identified", Bool, OfEngagement, "", []string{"engagements.reseller"}, "the reseller carries an identifier in some record"},
	{"engagement.end_user_identified", Bool, OfEngagement, "", []string{"engagements.end_user"}, "the end user carries an identifier in some record"},
	{"engagement.value_growth", Double, OfEngagement, "ratio", []string{"engagements.value"}, "value after all amendments over the first value; 1 when nothing was amended"},
	{"engagement.capability_added", Bool, OfEngagement, "", []string{"engagements.item"}, "an amendment added a capability class"},
	{"engagement.method", String, OfEngagement, "", []string{"engagements.method"}, "open, selective, limited or direct"},
	{"engagement.withheld", Bool, OfEngagement, "", []string{"engagements.withheld"}, "the publisher withholds fields"},
	{"engagement.urgent", Bool, OfEngagement, "", []string{"engagements.rationale"}, "the stated ground for the method is urgency"},
	{"engagement.clauses_missing", Int, OfEngagement, "of 7", []string{"clauses.clause", "clauses.present"}, "safeguard clauses known to be absent"},
	{"engagement.clauses_known", Int, OfEngagement, "of 7", []string{"clauses.clause"}, "safeguard clauses whose presence is known"},
	{"engagement.no_restriction", Bool, OfEngagement, "", []string{"clauses.clause", "clauses.present"}, "a clause bars suspension or restriction of use"},
	{"engagement.exit_penalty", Bool, OfEngagement, "", []string{"clauses.clause", "clauses.present"}, "a clause penalises exit"},
	{"engagement.secrecy", Bool, OfEngagement, "", []string{"clauses.clause", "clauses.present"}, "a secrecy side term"},
	{"engagement.review", String, OfEngagement, "", []string{"approvals.kind", "approvals.outcome"}, "human-rights review: approved, refused, pending or none"},
	{"engagement.review_late_days", Double, OfEngagement, "days", []string{"approvals.decided", "engagements.signed"}, "days from signature to the review's decision; ≤ 0 when in time, missing when there is no review or no date"},
	{"engagement.paid_approver", Bool, OfEngagement, "", []string{"approvals.paid_on_deal"}, "somebody paid on the deal decided a gate"},
	{"engagement.licence", Bool, OfEngagement, "", []string{"approvals.kind"}, "a licence, exception or counsel note is on file"},
	{"engagement.gates", Int, OfEngagement, "", []string{"approvals.kind"}, "gates on file for this engagement"},

	// — account —
	{"account.end_user_stated", Bool, OfAccount, "", []string{"accounts.end_user"}, "an end user is named and is not a generic word"},
	{"account.class", String, OfAccount, "", []string{"accounts.end_user_class"}, "end-user class of the account"},
	{"account.security", Bool, OfAccount, "", []string{"accounts.end_user_class"}, "class is police, prison, border, military or intelligence"},
	{"account.government", Bool, OfAccount, "", []string{"accounts.party_name"}, "party or end user is a public body"},
	{"account.reseller_named", Bool, OfAccount, "", []string{"accounts.reseller"}, "a reseller stands between seller and end user"},
	{"account.end_user_identified", Bool, OfAccount, "", []string{"accounts.end_user"}, "the end user carries an identifier in some record"},
	{"account.issuer_differs", Bool, OfAccount, "", []string{"usage.InvoiceIssuerName"}, "another issuer than the provider bills the account and is not the named reseller"},
	{"account.capabilities", Strings, OfAccount, "", []string{"usage.ServiceName"}, "capability classes used, sorted"},

	// — party: who —
	{"party.class", String, OfParty, "", []string{"accounts.end_user_class", "engagements.end_user"}, "end-user class; \"unknown\" when nothing says it"},
	{"party.security", Bool, OfParty, "", []string{"accounts.end_user_class", "engagements.end_user"}, "class is police, prison, border, military or intelligence"},
	{"party.government", Bool, OfParty, "", nil, "is a public body"},
	{"party.roles", Strings, OfParty, "", nil, "buyer, end_user, seller, reseller, account, payer, payee, owner, owned, claim, tenderer, subcontractor, funder, procuring_entity, supplier, …"},
	{"party.capabilities", Strings, OfParty, "", []string{"engagements.item", "usage.ServiceName"}, "capability classes bought or used as end user, buyer or account holder, sorted"},
	{"party.listed_score", Double, OfParty, "", []string{"lists"}, "score of the best listed entry that the party itself matches; 0 when none"},
	{"party.listed_share_max", Double, OfParty, "share", []string{"lists", "ownership.share"}, "most that listed parties may hold together, through any number of hops"},
	{"party.listed_share_min", Double, OfParty, "share", []string{"lists", "ownership.share"}, "least that listed parties hold together, through any number of hops"},
	{"party.listed_control", Bool, OfParty, "", []string{"lists", "ownership.control"}, "a listed party controls it otherwise (voting, appointment, golden share)"},
	{"party.claims", Maps, OfParty, "", []string{"claims.about", "claims.grade"}, "claims about it or the body it belongs to: reliability, credibility, age_years, origin, status, live, capability, parent"},
	{"party.review", String, OfParty, "", []string{"approvals.kind", "approvals.outcome"}, "human-rights review for it or any of its engagements: approved, refused, pending or none"},
	{"party.security_share", Double, OfParty, "share", []string{"engagements.reseller"}, "of what it resells, the share (by number) that goes to security end users"},
	{"party.resales", Int, OfParty, "", []string{"engagements.reseller"}, "engagements that it resells"},

	// — party: how much, where (usage of the accounts it holds or is end user of) —
	{"usage.months", Int, OfParty, "months", []string{"usage.ChargePeriodStart"}, "months with a row"},
	{"usage.storage_tb_peak", Double, OfParty, "TB", []string{"usage.ConsumedQuantity"}, "largest monthly average stored"},
	{"usage.storage_mads", Double, OfParty, "MAD", []string{"usage.ConsumedQuantity"}, "largest distance of a month above the median of up to twelve months before it, in median absolute deviations (with a floor of 5 % of the median); missing under three earlier months"},
	{"usage.storage_growth", Double, OfParty, "ratio", []string{"usage.ConsumedQuantity"}, "peak over the median of the months before it; missing under three earlier months"},
	{"usage.committed_tb", Double, OfParty, "TB", []string{"engagements.quantity"}, "storage that its contracts provide for"},
	{"usage.storage_over_2m", Double, OfParty, "ratio", []string{"engagements.quantity", "usage.ConsumedQuantity"}, "stored over committed, as reached in at least two months"},
	{"usage.speech_hours_peak", Double, OfParty, "hours", []string{"usage.ConsumedQuantity"}, "most audio hours in a month"},
	{"usage.speech_growth", Double, OfParty, "ratio", []string{"usage.ConsumedQuantity"}, "largest month over the smallest of the six months before it that has a row; missing under three earlier months"},
	{"usage.translation_chars_peak", Double, OfParty, "characters", []string{"usage.ConsumedQuantity"}, "most characters in a month"},
	{"usage.vision_images_peak", Double, OfParty, "images", []string{"usage.ConsumedQuantity"}, "most images in a month (an hour of video counts as 3,600)"},
	{"usage.llm_tokens_peak", Double, OfParty, "tokens", []string{"usage.ConsumedQuantity"}, "most tokens in a month"},
	{"usage.gpu_hours_peak", Double, OfParty, "hours", []string{"usage.ConsumedQuantity"}, "most GPU hours in a month"},
	{"usage.combination", Strings, OfParty, "", []string{"usage.ServiceName"}, "capability classes used within the 90 days that hold most of them, sorted; bulk_storage first counts by usage.combination_tb"},
	{"usage.combination_tb", Double, OfParty, "TB", []string{"usage.ConsumedQuantity"}, "largest monthly storage within those 90 days"},
	{"usage.surges", Maps, OfParty, "", []string{"usage.ConsumedQuantity", "events.date"}, "capability, factor, days, event, kind, date: months that start a change of level near an event of context"},
	{"usage.relocations", Maps, OfParty, "", []string{"usage.RegionId", "usage.ConsumedQuantity"}, "kind (egress | fall), region, factor, fall, days, trigger, date: movements of data near a publication, inquiry, notice or restriction"},
	{"usage.reappears", Maps, OfParty, "", []string{"usage.ServiceName", "events.date"}, "after a restriction: days, cosine, volume, via (account | reseller | region), shared (what identifies it): a similar mix elsewhere"},
	{"usage.sub_speech_hours", Doubles, OfParty, "hours", []string{"usage.SubAccountId"}, "largest month of each sub-account, sorted"},
	{"usage.sub_storage_tb", Doubles, OfParty, "TB", []string{"usage.SubAccountId"}, "largest month of each sub-account, sorted"},

	// — party: people —
	{"support.hours_peak", Double, OfParty, "hours", []string{"support.hours"}, "most engineering hours in a quarter, without incident response, patching and cyber defence"},
	{"support.growth", Double, OfParty, "ratio", []string{"support.hours"}, "largest quarter over the one before; 1 when there is only one"},
	{"support.codes", Strings, OfParty, "", []string{"support.code"}, "statement-of-work codes, sorted"},
}
