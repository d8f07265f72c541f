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
//
// The known part of a signal and its gaps ([Facts.Gaps]) are compared by one rule, in package
// policy: a number with gaps is at least its value, a list with gaps holds at least its
// elements, and a comparison that what is not known could decide is not computable.
type Def struct {
	Name    string   // as rules write it: "usage.storage_tb_peak"
	Type    Type     //
	Of      string   // which subjects carry it
	Unit    string   // "TB", "hours", "" …
	Columns []string // what it is computed from, "table.column"
	Doc     string   // one line for the pack's author
}

// A Field is one key of an element of a list signal.
type Field struct {
	Name   string
	Type   Type
	Column string // what it is read from; "" means the columns of the signal
}

// A Shape is the type of the elements of a list signal. An element may lack a field: then it
// is missing, like a signal is.
type Shape struct {
	Name   string // as expressions and errors show it
	Fields []Field
}

// Shapes gives the shape of the elements of each signal of type [Maps], by [Def.Name].
var Shapes = map[string]Shape{
	"demand.concerns": {"demand", demandFields},
	"demand.overdue":  {"overdue", demandFields},
	"party.claims": {"claim", []Field{
		{"id", String, ""},
		{"reliability", String, "claims.grade"},
		{"credibility", Int, "claims.grade"},
		{"age_years", Double, "claims.published"},
		{"origin", String, "claims.origin"},
		{"status", String, "claims.status"},
		{"live", Bool, "claims.status"},
		{"capability", String, "claims.capability"},
		{"parent", Bool, "claims.about"},
	}},
	"usage.windows": {"window", []Field{
		{"from", String, ""},
		{"storage_tb", Double, ""},
		{"storage_mean_tb", Double, ""},
		{"speech_hours", Double, ""},
		{"translation_chars", Double, ""},
		{"vision_images", Double, ""},
		{"face_images", Double, ""},
		{"text_records", Double, ""},
		{"llm_tokens", Double, ""},
		{"gpu_hours", Double, ""},
	}},
	"usage.surges": {"surge", []Field{
		{"capability", String, ""},
		{"factor", Double, ""},
		{"days", Double, ""},
		{"event", String, ""},
		{"kind", String, ""},
		{"event_date", String, "events.date"},
		{"source", String, "events.source"},
		{"date", String, ""},
	}},
	"usage.relocations": {"relocation", []Field{
		{"kind", String, ""},
		{"region", String, ""},
		{"factor", Double, ""},
		{"fall", Double, ""},
		{"days", Double, ""},
		{"trigger", String, ""},
		{"trigger_date", String, ""},
		{"publisher", String, ""},
		{"grade", String, ""},
		{"status", String, ""},
		{"date", String, ""},
	}},
	"usage.absences": {"absence", []Field{
		{"month", String, ""},
		{"everybody", Bool, ""},
		{"days", Double, ""},
		{"trigger", String, ""},
		{"trigger_date", String, ""},
		{"publisher", String, ""},
		{"date", String, ""},
	}},
	"account.handovers": {"handover", []Field{
		{"kind", String, ""},
		{"days", Double, ""},
		{"trigger", String, ""},
		{"trigger_date", String, ""},
		{"publisher", String, ""},
		{"linked", Bool, ""},
		{"date", String, ""},
	}},
	"usage.reappears": {"reappearance", []Field{
		{"days", Double, ""},
		{"cosine", Double, ""},
		{"volume", Double, ""},
		{"via", String, ""},
		{"linked", Bool, ""},
		{"shared", Strings, ""},
		{"capabilities", Strings, ""},
		{"account", String, ""},
		{"region", String, ""},
		{"date", String, ""},
	}},
}

// demandFields are the fields of a demand that concerns an engagement.
var demandFields = []Field{
	{"id", String, ""},
	{"by", String, ""},
	{"place_only", Bool, ""},
	{"status", String, ""},
	{"instrument", String, ""},
	{"binding", Bool, "instruments.force"},
	{"answered", Bool, "answers.demand_id"},
	{"late_days", Double, ""},
	{"ended", Bool, ""},
}

// Catalogue lists every signal. A pack that names another does not load.
//
// Durations of a day or more are in days, data sizes in decimal TB, growth as a ratio
// (3 = three times), shares between 0 and 1.
var Catalogue = []Def{
	// — engagement —
	{"engagement.kind", String, OfEngagement, "", []string{"engagements.kind"},
		"contract, sale, transfer, subscription or licence"},
	{"engagement.end_user_stated", Bool, OfEngagement, "", []string{"engagements.end_user"},
		"an end user is named and is not a generic word"},
	{"engagement.end_user_text", String, OfEngagement, "", []string{"engagements.end_user"}, "the end user as written"},
	{"engagement.class", String, OfEngagement, "", []string{"engagements.end_user"},
		"end-user class of the end user, or of the buyer where no end user is stated; \"unknown\" when nothing says it"},
	{"engagement.security", Bool, OfEngagement, "", []string{"engagements.end_user"},
		"class is police, prison, border, military or intelligence; missing when nothing says what kind of body it is"},
	{"engagement.government", Bool, OfEngagement, "", []string{"engagements.buyer"},
		"buyer or end user is a public body"},
	{"engagement.capabilities", Strings, OfEngagement, "", []string{"engagements.item"},
		"capability classes of the items, sorted"},
	{"engagement.controlled", Strings, OfEngagement, "", []string{"engagements.item_code"},
		"export-control entries that item codes name, sorted"},
	{"engagement.entry_named", Bool, OfEngagement, "", nil,
		"an item code that is understood names an export-control entry"},
	{"engagement.reseller_named", Bool, OfEngagement, "", []string{"engagements.reseller"},
		"a reseller stands between seller and end user"},
	{"engagement.reseller_identified", Bool, OfEngagement, "", []string{"engagements.reseller"},
		"the reseller carries an identifier in some record"},
	{"engagement.end_user_identified", Bool, OfEngagement, "", []string{"engagements.end_user"},
		"the end user carries an identifier in some record"},
	{"engagement.value_growth", Double, OfEngagement, "ratio", []string{"engagements.value"},
		"value after all amendments over the first value; 1 when nothing was amended"},
	{"engagement.capability_added", Bool, OfEngagement, "", []string{"engagements.item"},
		"an amendment added a capability class"},
	{"engagement.method", String, OfEngagement, "", []string{"engagements.method"},
		"open, selective, limited or direct"},
	{"engagement.withheld", Bool, OfEngagement, "", []string{"engagements.withheld"}, "the publisher withholds fields"},
	{"engagement.urgent", Bool, OfEngagement, "", []string{"engagements.rationale"},
		"the stated ground for the method is urgency"},
	{"engagement.clauses_missing", Int, OfEngagement, "of 7", []string{"clauses.clause", "clauses.present"},
		"safeguard clauses known to be absent"},
	{"engagement.clauses_known", Int, OfEngagement, "of 7", []string{"clauses.clause"},
		"safeguard clauses whose presence is known"},
	{"engagement.no_restriction", Bool, OfEngagement, "", []string{"clauses.clause", "clauses.present"},
		"a clause bars suspension or restriction of use"},
	{"engagement.exit_penalty", Bool, OfEngagement, "", []string{"clauses.clause", "clauses.present"},
		"a clause penalises exit"},
	{"engagement.secrecy", Bool, OfEngagement, "", []string{"clauses.clause", "clauses.present"},
		"a secrecy side term"},
	{"engagement.review", String, OfEngagement, "", []string{"approvals.kind", "approvals.outcome"},
		"human-rights review: approved, refused, pending or none"},
	{"engagement.review_late_days", Double, OfEngagement, "days", []string{"approvals.decided", "engagements.signed"},
		"days from signature to the review's decision; ≤ 0 when in time, missing when there is no review or no date"},
	{"engagement.addition_reviewed", Bool, OfEngagement, "", []string{"approvals.decided", "engagements.signed"},
		"where an amendment added a capability: an approved review was decided on or after it"},
	{"engagement.paid_approver", Bool, OfEngagement, "", []string{"approvals.paid_on_deal"},
		"somebody paid on the deal decided a gate"},
	{"engagement.licence", Bool, OfEngagement, "", []string{"approvals.kind"},
		"a licence, exception or counsel note is on file, or a record of kind licence covers the same goods, parties " +
			"and time"},
	{"engagement.end_use_certificate", String, OfEngagement, "", []string{"approvals.kind", "approvals.outcome"},
		"valid, expired, exceeded, other_party, late, pending, absent (the register says that there is none), " +
			"missing (regulated goods, and none in a register that holds certificates) or none"},
	{"engagement.third_payer", Bool, OfEngagement, "", []string{"engagements.payer"},
		"a payer is named who is neither buyer, end user, reseller nor a body above them"},
	{"engagement.payer_name", String, OfEngagement, "", []string{"engagements.payer"}, "the name of such a payer"},
	{"engagement.destination_differs", Bool, OfEngagement, "", []string{"engagements.destination"},
		"the goods go to another country than the buyer's"},
	{"engagement.bids", Double, OfEngagement, "bids", []string{"engagements.bids"},
		"how many bid for it, as the source states"},
	{"engagement.tender_days", Double, OfEngagement, "days", []string{"engagements.tender_days"},
		"whole days from the opening of the tender to its close"},
	{"engagement.led_to", Double, OfEngagement, "contracts", nil,
		"how many contracts the procedure led to; 0 where an earlier contract of the procedure stands for it"},
	{"engagement.late_value", Double, OfEngagement, "ratio", []string{"engagements.changes", "engagements.signed",
		"engagements.value"}, "value after all changes later than signature over the value at signature"},
	{"engagement.late_days", Double, OfEngagement, "days", []string{"engagements.changes", "engagements.signed",
		"engagements.end"}, "by how many days the last day was moved after signature"},
	{"engagement.place_listed", Bool, OfEngagement, "", []string{"places.place"},
		"the place of delivery, the stated end use or the words of an item name a place or use of a register of places"},
	{"engagement.place_words", String, OfEngagement, "", []string{"places.place"},
		"which, on which list, \"\" when none"},
	{"engagement.licence_state", String, OfEngagement, "", nil,
		"covers, none, elsewhere (published by others, whose licences are not in these records), or why one that is " +
			"on file does not cover it: expired, exceeded, other_party, other_seller, other_destination"},
	{"engagement.beneath", String, OfEngagement, "", nil,
		"of an end user whose function exempts it: the security class of the body that it belongs to, \"\" when none"},
	{"engagement.route", Strings, OfEngagement, "", nil,
		"how the goods go elsewhere: re_export, transit, brokering, other_destination, other_consignee"},
	{"engagement.drawn", Double, OfEngagement, "", nil,
		"of a licence: the quantity recorded under it, the larger of orders and deliveries"},
	{"engagement.drawn_ratio", Double, OfEngagement, "ratio", nil,
		"of a licence: that quantity over the quantity that it allows"},
	{"engagement.restricted_days", Double, OfEngagement, "days", []string{"events.kind", "events.date"},
		"days since the buyer, the end user or a body above it was restricted, at signature; -1 when none was"},
	{"engagement.gates", Int, OfEngagement, "", []string{"approvals.kind"}, "gates on file for this engagement"},

	// — demands —
	{"demand.concerns", Maps, OfEngagement, "", []string{"demands.demand_id"},
		"demands of the register that concern the engagement: id, by (party | engagement | goods | service | " +
			"capability | place | addressee), place_only, status, binding, answered, late_days, ended"},
	{"demand.overdue", Maps, OfEngagement, "", []string{"demands.demand_id"},
		"those of them whose day has passed and of which no answer says that they were done"},
	{"demand.words", String, OfEngagement, "", []string{"demands.demand_id"},
		"the overdue ones without an answer in words: since when, by which instrument"},

	// — account —
	{"account.end_user_stated", Bool, OfAccount, "", []string{"accounts.end_user"},
		"an end user is named and is not a generic word"},
	{"account.class", String, OfAccount, "", []string{"accounts.end_user_class"}, "end-user class of the account"},
	{"account.security", Bool, OfAccount, "", []string{"accounts.end_user_class"},
		"class is police, prison, border, military or intelligence; missing when nothing says what kind of body it is"},
	{"account.handovers", Maps, OfAccount, "", []string{"accounts.since", "events.date"},
		"kind (holder | end_user | reseller), days, trigger, trigger_date, publisher, linked, date: changes of hands " +
			"within 60 days of a publication, inquiry, notice or restriction"},
	{"account.government", Bool, OfAccount, "", []string{"accounts.party_name"}, "party or end user is a public body"},
	{"account.reseller_named", Bool, OfAccount, "", []string{"accounts.reseller"},
		"a reseller stands between seller and end user"},
	{"account.end_user_identified", Bool, OfAccount, "", []string{"accounts.end_user"},
		"the end user carries an identifier in some record"},
	{"account.issuer_differs", Bool, OfAccount, "", []string{"usage.InvoiceIssuerName"},
		"another issuer than the provider bills the account and is not the named reseller"},
	{"account.capabilities", Strings, OfAccount, "", []string{"usage.ServiceName"}, "capability classes used, sorted"},

	// — party: who —
	{"party.class", String, OfParty, "", []string{"accounts.end_user_class", "engagements.end_user"},
		"end-user class; \"unknown\" when nothing says it"},
	{"party.class_contradicted", Bool, OfParty, "", []string{"accounts.end_user_class"},
		"a class is stated that is laxer than what the name says; the stricter is used"},
	{"party.class_stated", String, OfParty, "", nil, "the class as the records state it, \"\" when they do not"},
	{"party.class_of_name", String, OfParty, "", nil, "the class that the name alone says"},
	{"party.beneath", String, OfParty, "", nil, "of a body whose function exempts it: the security class of the body " +
		"that it belongs to, \"\" when none"},
	{"party.security", Bool, OfParty, "", []string{"accounts.end_user_class", "engagements.end_user"},
		"class is police, prison, border, military or intelligence; missing when nothing says what kind of body it is"},
	{"party.government", Bool, OfParty, "", nil, "is a public body"},
	{"party.roles", Strings, OfParty, "", nil, "buyer, end_user, seller, reseller, account, payer, payee, owner, " +
		"owned, claim, tenderer, subcontractor, funder, procuring_entity, supplier, …"},
	{"party.possible_roles", Strings, OfParty, "", nil,
		"the roles of the parties that it may be the same as, as party.roles has them; empty when there is none"},
	{"party.capabilities", Strings, OfParty, "", []string{"engagements.item", "usage.ServiceName"},
		"capability classes bought or used as end user, buyer or account holder, sorted"},
	{"party.listed_score", Double, OfParty, "", []string{"lists"},
		"score of the best listed entry that the party itself matches; 0 when none"},
	{"party.listed_share_max", Double, OfParty, "share", []string{"lists", "ownership.share"},
		"most that listed parties may hold together, through any number of hops"},
	{"party.listed_share_min", Double, OfParty, "share", []string{"lists", "ownership.share"},
		"least that listed parties hold together, through any number of hops"},
	{"party.listed_control", Bool, OfParty, "", []string{"lists", "ownership.control"},
		"a listed party controls it otherwise (voting, appointment, golden share)"},
	{"party.listed_fifty", Bool, OfParty, "", []string{"lists", "ownership.share"},
		"listed parties own half of it or more under the 50 percent rule, hop by hop"},
	{"party.listed_fifty_may", Bool, OfParty, "", []string{"lists", "ownership.share"},
		"what is known of shares allows that they do"},
	{"party.owns_listed_max", Double, OfParty, "share", []string{"lists", "ownership.share"},
		"most that it may hold of one listed party, through any number of hops"},
	{"party.owns_listed_min", Double, OfParty, "share", []string{"lists", "ownership.share"},
		"least that it holds of that party"},
	{"party.owns_listed_control", Bool, OfParty, "", []string{"lists", "ownership.share"},
		"it controls a listed party otherwise than by shares"},
	{"party.owns_listed_grade", String, OfParty, "", []string{"lists"},
		"the grade of the match of that party with its entry, \"\" when it holds none"},
	{"party.owns_listed_effect", String, OfParty, "", []string{"lists"},
		"what the listing of that party does: sanctions, export_control, debarment, report"},
	{"party.owns_listed_name", String, OfParty, "", []string{"lists"}, "the listed party, its entry and list"},
	{"party.owns_listed_path", String, OfParty, "", []string{"ownership.share"},
		"how it is held, with shares and dates"},
	{"party.claims", Maps, OfParty, "", []string{"claims.about", "claims.grade"},
		"claims about it or the body it belongs to: reliability, credibility, age_years, origin, status, live, " +
			"capability, parent"},
	{"party.review", String, OfParty, "", []string{"approvals.kind", "approvals.outcome"},
		"human-rights review for it or any of its engagements: approved, refused, pending or none"},
	{"party.unreviewed", Strings, OfParty, "", []string{"approvals.kind", "approvals.outcome", "approvals.decided"},
		"capability classes bought or used that no sound review covers: approved, of the engagement, the capability " +
			"or the party, decided before signature or first use and at most three years before, by nobody paid on " +
			"the deal"},
	{"party.gate_faults", Bool, OfParty, "", nil, "a review of one of its engagements was late or decided by " +
		"somebody paid on the deal"},
	{"party.security_share", Double, OfParty, "share", []string{"engagements.reseller"},
		"of what it resells, the share (by number) that goes to security end users"},
	{"party.resales", Int, OfParty, "", []string{"engagements.reseller"}, "engagements that it resells"},

	// — party: how much, where (usage of the accounts it holds or is end user of) —
	{"usage.months", Int, OfParty, "months", []string{"usage.ChargePeriodStart"}, "months with a row"},
	{"usage.storage_tb_peak", Double, OfParty, "TB", []string{"usage.ConsumedQuantity"},
		"largest monthly average stored"},
	{"usage.storage_mads", Double, OfParty, "MAD", []string{"usage.ConsumedQuantity"},
		"largest distance of a month above the median of up to twelve months before it, in median absolute " +
			"deviations (with a floor of 5 % of the median); missing under three earlier months"},
	{"usage.storage_growth", Double, OfParty, "ratio", []string{"usage.ConsumedQuantity"},
		"peak over the median of the months before it; missing under three earlier months"},
	{"usage.committed_tb", Double, OfParty, "TB", []string{"engagements.quantity"},
		"storage that its contracts provide for"},
	{"usage.storage_over_2m", Double, OfParty, "ratio", []string{"engagements.quantity", "usage.ConsumedQuantity"},
		"stored over committed, as reached in at least two months"},
	{"usage.speech_hours_peak", Double, OfParty, "hours", []string{"usage.ConsumedQuantity"},
		"most audio hours in a month"},
	{"usage.speech_growth", Double, OfParty, "ratio", []string{"usage.ConsumedQuantity"},
		"largest month over the smallest of the six months before it that has a row; missing under three earlier " +
			"months"},
	{"usage.llm_growth", Double, OfParty, "ratio", []string{"usage.ConsumedQuantity"}, "the same for tokens"},
	{"usage.text_growth", Double, OfParty, "ratio", []string{"usage.ConsumedQuantity"},
		"the same for records and searches"},
	{"usage.storage_rising_months", Double, OfParty, "months", []string{"usage.ConsumedQuantity"},
		"most months, of twelve in a row, in which more was kept than in the month before; missing under twelve months"},
	{"usage.translation_chars_peak", Double, OfParty, "characters", []string{"usage.ConsumedQuantity"},
		"most characters in a month"},
	{"usage.vision_images_peak", Double, OfParty, "images", []string{"usage.ConsumedQuantity"},
		"most images in a month (an hour of video counts as 3,600)"},
	{"usage.face_images_peak", Double, OfParty, "images", []string{"usage.ConsumedQuantity"},
		"of these, most that went through face recognition in a month"},
	{"usage.llm_tokens_peak", Double, OfParty, "tokens", []string{"usage.ConsumedQuantity"}, "most tokens in a month"},
	{"usage.text_records_peak", Double, OfParty, "records", []string{"usage.ConsumedQuantity"},
		"most records analysed and searches in a month (1,000 characters count as one)"},
	{"usage.gpu_hours_peak", Double, OfParty, "hours", []string{"usage.ConsumedQuantity"}, "most GPU hours in a month"},
	{"usage.combination", Strings, OfParty, "", []string{"usage.ServiceName"},
		"capability classes used within the 90 days that hold most of them, sorted"},
	{"usage.combination_tb", Double, OfParty, "TB", []string{"usage.ConsumedQuantity"},
		"largest monthly storage within the 90 days with most stored in which something else was used"},
	{"usage.windows", Maps, OfParty, "", []string{"usage.ConsumedQuantity"},
		"every 90 days (three months): largest monthly storage, what was stored on the average day, and the sum of " +
			"each use: from, storage_tb, storage_mean_tb, speech_hours, translation_chars, vision_images, " +
			"face_images, text_records, llm_tokens, gpu_hours; the one with most stored comes first"},
	{"usage.surges", Maps, OfParty, "", []string{"usage.ConsumedQuantity", "events.date"},
		"capability, factor, days, event, kind, event_date, source, date: months that start a change of level near " +
			"an event of context"},
	{"usage.relocations", Maps, OfParty, "", []string{"usage.RegionId", "usage.ConsumedQuantity"},
		"kind (egress | fall), region, factor, fall, days, trigger, trigger_date, publisher, grade, status, date: " +
			"movements of data near a publication, inquiry, notice or restriction"},
	{"usage.absences", Maps, OfParty, "", []string{"usage.ChargePeriodStart", "events.date"},
		"month, everybody, days, trigger, trigger_date, publisher: months without a bill between months with one, " +
			"after a publication, inquiry, notice or restriction"},
	{"usage.reappears", Maps, OfParty, "", []string{"usage.ServiceName", "events.date"},
		"after a restriction: days, cosine, volume, via (account | reseller | region), linked, shared (what " +
			"identifies it), capabilities (that are back): similar use elsewhere"},
	{"usage.sub_speech_hours", Doubles, OfParty, "hours", []string{"usage.SubAccountId"},
		"of each sub-account, in the month in which they add up to most, sorted"},
	{"usage.sub_storage_tb", Doubles, OfParty, "TB", []string{"usage.SubAccountId"},
		"of each sub-account, in the month in which they add up to most, sorted"},

	// — party: what is usual in its class —
	{"party.users", Double, OfParty, "users", nil,
		"own people of a party who use its accounts; 0 unless all its accounts state them"},
	{"segment.storage_tb", Double, OfParty, "TB", nil,
		"99th percentile of the largest months of its class, where 30 or more of the class store; else 0"},
	{"segment.speech_hours", Double, OfParty, "hours", nil, "the same for audio hours"},
	{"segment.translation_chars", Double, OfParty, "characters", nil, "the same for characters translated"},

	// — party: people —
	{"support.hours_peak", Double, OfParty, "hours", []string{"support.hours"},
		"most engineering hours in a quarter, without incident response, patching and cyber defence"},
	{"support.growth", Double, OfParty, "ratio", []string{"support.hours"},
		"largest quarter over the one before; 1 when there is only one"},
	{"support.codes", Strings, OfParty, "", []string{"support.code"}, "statement-of-work codes, sorted"},
}
