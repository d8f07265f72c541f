package signal

import "plimsoll/internal/record/focus"

// The tables of a book. Mentions stand as their number (see [Book.Mentions]), NULL when the
// record names nobody. "content" is a digest of everything that a row says except its
// place: two rows with one digest are one row given twice. "lacks" has a bit for each
// column that the row's source does not have (see columnBits).
//
// The text keeps to the SQL that DuckDB and Trino share.
const bookSchema = `
CREATE TABLE engagement(
  seq BIGINT, source INTEGER, place VARCHAR, id VARCHAR, content BIGINT, kind VARCHAR,
  seller INTEGER, buyer INTEGER, end_user INTEGER, end_user_text VARCHAR, reseller INTEGER, payer INTEGER,
  value DECIMAL(38,12), currency VARCHAR, signed DATE, signed_day BOOLEAN, start_on DATE, end_on DATE,
  method VARCHAR, urgent BOOLEAN, withheld BOOLEAN, published BOOLEAN, lacks BIGINT);
CREATE TABLE item(
  engagement BIGINT, line INTEGER, text VARCHAR, scheme VARCHAR, code VARCHAR, quantity DECIMAL(38,12), unit VARCHAR);
CREATE TABLE amendment(
  seq BIGINT, source INTEGER, place VARCHAR, content BIGINT, engagement VARCHAR, day DATE,
  before DECIMAL(38,12), after DECIMAL(38,12), currency VARCHAR);
CREATE TABLE payment(
  seq BIGINT, source INTEGER, place VARCHAR, content BIGINT, engagement VARCHAR, id VARCHAR, day DATE,
  payer INTEGER, payee INTEGER, value DECIMAL(38,12), currency VARCHAR);
CREATE TABLE account(
  seq BIGINT, source INTEGER, place VARCHAR, content BIGINT, account VARCHAR, sub VARCHAR, party INTEGER,
  end_user INTEGER, end_user_text VARCHAR, class VARCHAR, reseller INTEGER, since DATE, until DATE, lacks BIGINT);
CREATE TABLE claim(
  seq BIGINT, source INTEGER, place VARCHAR, content BIGINT, id VARCHAR, about INTEGER, capability VARCHAR, text VARCHAR,
  said_by VARCHAR, url VARCHAR, published DATE, origin VARCHAR, grade VARCHAR, status VARCHAR, reply VARCHAR, lacks BIGINT);
CREATE TABLE clause(
  seq BIGINT, source INTEGER, place VARCHAR, content BIGINT, engagement VARCHAR, clause VARCHAR, present VARCHAR,
  reference VARCHAR, lacks BIGINT);
CREATE TABLE approval(
  seq BIGINT, source INTEGER, place VARCHAR, content BIGINT, engagement VARCHAR, party INTEGER, kind VARCHAR,
  decided DATE, decided_day BOOLEAN, outcome VARCHAR, role VARCHAR, paid VARCHAR, lacks BIGINT);
CREATE TABLE support(
  seq BIGINT, source INTEGER, place VARCHAR, content BIGINT, party INTEGER, quarter DATE, hours DECIMAL(38,12),
  code VARCHAR, lacks BIGINT);
CREATE TABLE event(
  seq BIGINT, source INTEGER, place VARCHAR, content BIGINT, id VARCHAR, kind VARCHAR, day DATE, about INTEGER,
  region VARCHAR, said_by VARCHAR);
CREATE TABLE party_map(mention INTEGER, party INTEGER);
CREATE TABLE item_class(text VARCHAR, scheme VARCHAR, code VARCHAR, capabilities VARCHAR, controlled VARCHAR);
CREATE TABLE service_class(
  service_id INTEGER, category VARCHAR, service VARCHAR, subcategory VARCHAR, meter VARCHAR, words VARCHAR,
  unit VARCHAR, provider VARCHAR, capability VARCHAR, measure VARCHAR, factor DOUBLE, per_month_hours BOOLEAN, level BOOLEAN);
`

// usageSchema is what record/focus fills: one row for each group of charges and month. It
// is created here only so that a run without bills has a table to ask.
const usageSchema = focus.Schema

// bookTables are the tables that appenders fill, in the order of tableID.
var bookTables = [...]string{
	"engagement", "item", "amendment", "payment", "account", "claim", "clause", "approval", "support", "event",
	"item_class", "service_class", "party_map", "engagement_fact", "identified_party",
}

type tableID int

const (
	tEngagement tableID = iota
	tItem
	tAmendment
	tPayment
	tAccount
	tClaim
	tClause
	tApproval
	tSupport
	tEvent
	tItemClass
	tServiceClass
	tPartyMap
	tEngagementFact
	tIdentified
	tableCount
)

// registerName is how rules and people call a table: the "clauses" of "clauses.present".
var registerName = map[tableID]string{
	tEngagement: "engagements", tAmendment: "amendments", tPayment: "transactions", tAccount: "accounts",
	tClaim: "claims", tClause: "clauses", tApproval: "approvals", tSupport: "support", tEvent: "events",
}

// columnBits gives each register column that a source may lack its bit in "lacks".
var columnBits = map[tableID][]string{
	tEngagement: {"engagement_id", "kind", "seller", "buyer", "end_user", "reseller", "item", "item_code", "quantity",
		"unit", "value", "currency", "signed", "start", "end", "destination", "method", "rationale", "withheld"},
	tAccount: {"account_id", "sub_account_id", "party_name", "party_id", "country", "end_user", "end_user_class",
		"reseller", "since", "until"},
	tClaim:    {"claim_id", "about", "capability", "text", "source", "url", "published", "origin", "grade", "status", "reply"},
	tClause:   {"engagement_id", "clause", "present", "reference"},
	tApproval: {"engagement_id", "party_name", "kind", "decided", "outcome", "decided_by_role", "paid_on_deal"},
	tSupport:  {"party_name", "quarter", "hours", "code"},
	tEvent:    {"id", "kind", "date", "about", "region", "source", "url"},
}

func columnBit(t tableID, column string) int64 {
	for i, c := range columnBits[t] {
		if c == column {
			return 1 << i
		}
	}
	return 0
}
