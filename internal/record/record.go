// Package record holds what a business record says, and reads nothing else from it.
//
// Invariants: no type here has a field that could store content (payloads, object names,
// prompts, call records, end-user identities). A row that cannot be used is a [Reject]
// with its place and reason, never dropped. Money is an exact decimal and a currency,
// never a float. Every record keeps the place it was read from.
package record

import "plimsoll/internal/party"

// A Place says where in the input a record stands.
type Place struct {
	Source int    // index of the file in the run, see [Source.Index]
	At     string // "row 17" (a data file's line or sheet row), "releases/3/contracts/0", …
}

// Unread is a cell that holds something which was not understood. The record keeps the rest
// of its row: what needs the cell is unknown, not absent.
type Unread struct {
	Column string `json:"column"` // of the register tables: "kind", "value", "end_user_class" …
	Value  string `json:"value"`  // as written, cut to 60 bytes
	Reason string `json:"reason"`
}

// A Role is what a party is to an engagement beside seller, buyer, end user, reseller and payer.
type Role string

// The roles of [Engagement.Others], in the words of OCDS 1.1 where it has one
// (codelist partyRole.csv).
const (
	RoleBuyer           Role = "buyer"    // a joint buyer behind the first
	RoleEndUser         Role = "end_user" // a further one
	RoleTenderer        Role = "tenderer" // also a bidder, an invited or shortlisted candidate, an enquirer
	RoleSubcontractor   Role = "subcontractor"
	RoleFunder          Role = "funder" // also a guarantor or lender
	RoleProcuringEntity Role = "procuring_entity"
	RolePayer           Role = "payer"
	RolePayee           Role = "payee"
	RoleSupplier        Role = "supplier" // of the process, when nothing ties it to one award
	RoleConsignee       Role = "consignee"
	RoleIssuer          Role = "issuer"           // of a security that a portfolio holds
	RoleBeneficialOwner Role = "beneficial_owner" // an organisation only
	RoleReviewBody      Role = "review_body"
	RoleInterestedParty Role = "interested_party"
	RoleOther           Role = "other_role" // one that the source names and nobody here knows
)

// A RoleRef is a party in one of the roles of [Engagement.Others].
type RoleRef struct {
	Role Role
	Ref  party.Ref
	// the group that it bids in, as written; "" for one who bids by itself
	Group string `json:",omitzero"`
	Lots  string `json:",omitzero"` // of a tender, with commas between them; "" where the source does not say
	State string `json:",omitzero"` // of its bid: withdrawn, disqualified …; "" where the source does not say
}

// A Hidden is a text of a record that may name parties who are not told apart.
type Hidden struct {
	Column string // as the source has it
	Text   string
	Why    HiddenBy
}

// A HiddenBy is why parties are not known by name.
type HiddenBy uint8

// The reasons.
const (
	HiddenColumn  HiddenBy = iota // nobody said what the column holds
	HiddenList                    // one name, or several that the text does not tell apart
	HiddenMembers                 // a group whose members are not named
	HiddenNames                   // bidders without a name; Text is how many
	HiddenNumber                  // more bid than are named; Text is how many, and how many are named
)

// A Record is one of *Engagement, *Account, *Claim, *Clause, *Approval, *Support,
// *Amendment, *Transaction, *Event, *Ownership, *Commitment.
type Record interface{ Where() Place }

// Where makes every type that embeds Place a Record.
func (p Place) Where() Place { return p }

// A Reject is a row that could not be used.
type Reject struct {
	File   string `json:"file"`
	At     string `json:"at"`
	Kind   string `json:"kind,omitempty"` // the format that was being read
	Reason string `json:"reason"`

	Of    Record   `json:"-"` // what could be read of it, nil when its columns could not be told apart
	Cells []string `json:"-"` // of a row whose columns could not be told apart, nil when its cells could not either
	Kept  bool     `json:"-"` // nothing is lost by it: the row is a record all the same, or a map says that it is none
}

// A Sink takes what a decoder reads, in input order; calls do not overlap. A decoder
// stops at the first error. The sink may keep the record: decoders make a new one each time.
type Sink interface {
	Record(Record) error
	Reject(Reject) error
}

// Columns that a source lacks, by the names of the register tables ("end_user",
// "value" …). They decide between "no" and "not computable".
type Columns map[string]bool

// The kinds of engagement. A row whose kind is none of them has the Kind "" and the word in Unread.
const (
	KindContract     = "contract"
	KindSale         = "sale"
	KindTransfer     = "transfer"
	KindSubscription = "subscription"
	KindLicence      = "licence"
	KindDelivery     = "delivery"
	KindRenewal      = "renewal"
	KindReExport     = "re-export"
	KindTransit      = "transit"
	KindBrokering    = "brokering"
	KindService      = "service"
	KindMaintenance  = "maintenance"
	KindSparePart    = "spare_part"
	KindLoan         = "loan"
	KindGrant        = "grant"
	KindTender       = "tender" // not awarded yet
	KindHolding      = "holding"
)

// Kinds lists the kinds of engagement in the order of the documents.
var Kinds = []string{
	KindContract, KindSale, KindTransfer, KindSubscription, KindLicence, KindDelivery, KindRenewal, KindReExport,
	KindTransit,
	KindBrokering, KindService, KindMaintenance, KindSparePart, KindLoan, KindGrant, KindTender, KindHolding,
}

// An Engagement is one contract, sale, licence, tender or other dealing of [Kinds].
type Engagement struct {
	Place
	ID          string // the source's key: engagement_id, or ocid + contract id
	Kind        string // one of Kinds, "" when the source's word is none of them
	Seller      party.Ref
	Sellers     []party.Ref // further suppliers of a consortium; the value is not each one's
	Buyer       party.Ref
	EndUser     party.Ref // zero when not stated
	EndUserText string    // as written, also when it is generic ("various")
	Reseller    party.Ref
	Payer       party.Ref
	Others      []RoleRef // parties in other roles, each party once per role
	Items       []Item
	Value       Decimal
	Currency    string // ISO 4217 upper case, "" when unknown
	Signed      Date
	Start       Date
	End         Date
	// of a tender: the last day for bids; the zero date where a table states it as End
	Closes     Date    `json:",omitzero"`
	AskBy      Date    `json:",omitzero"` // of a tender: the last day for questions
	AnswerBy   Date    `json:",omitzero"` // of a tender: the day until which the buyer hears bidders
	DecideBy   Date    `json:",omitzero"` // of a tender: the day by which the award is to be decided
	Standstill Date    `json:",omitzero"` // of a tender: the last day on which nothing is signed after the decision
	Bids       Decimal `json:",omitzero"` // how many bid for it; null when the source does not say
	TenderDays Decimal `json:",omitzero"` // whole days from the opening of the tender to its close
	// how many engagements the procedure led to, LedToEarlier for one whose procedure is that of an engagement before
	// it;
	// 0 where the source does not tie engagements to procedures
	LedTo       int       `json:",omitzero"`
	Changes     ChangesOf `json:",omitzero"` // what the source says of changes after signature
	Destination string
	Delivery    string   `json:",omitzero"` // the place of delivery: town, site or address
	EndUse      string   `json:",omitzero"` // what it is for and where, as stated
	Method      string   // open | selective | limited | direct, "" when unknown
	Rationale   string   // why that method
	Withheld    bool     // the publisher says that fields are withheld
	Process     string   // ocid, or the engagement_id that an amendment changes
	Hidden      []Hidden `json:",omitempty"` // where parties may stand who are not read
	Lacks       Columns
	Unread      []Unread
}

// LedToEarlier is [Engagement.LedTo] of an engagement whose procedure is counted with another one.
const LedToEarlier = -1

// ChangesOf is how a source says what changed in an engagement.
type ChangesOf uint8

// How a source says it.
const (
	ChangesUnknown  ChangesOf = iota // nothing: one state of the engagement, without a list of amendments
	ChangesListed                    // a list of amendments, perhaps empty, beside one state
	ChangesCompared                  // several states in time, of which the values and ends can be compared
)

// An Item is one line of what is sold.
type Item struct {
	Text     string // description, as published by the seller or buyer of the contract
	Scheme   string // CPV, UNSPSC, HS, ECCN, ML …; "" when the source does not say
	Code     string
	Quantity Decimal
	Unit     string
}

// A Holding is what a portfolio holds of one issuer on a day.
type Holding struct {
	Place
	Portfolio string
	Issuer    party.Ref
	ISIN      string // of the security; an issuer has many
	Value     Decimal
	Weight    Decimal // share of the portfolio: 0.025, or "2.5%" where the table states percent
	Currency  string
	AsOf      Date
	Lacks     Columns
	Unread    []Unread
}

// A Product is what a company itself says of one thing that it sells.
type Product struct {
	Place
	SKU, Name    string
	Codes        []Code
	Capabilities []string // classes, in the order of the cell
	Stated       bool     // the cell of capabilities holds a word, if only "none"
	Unclear      bool     // one of its words is not understood
	Lacks        Columns
	Unread       []Unread
}

// A Listed place is a row of a register of places that the user gives: where, or for what, the publisher says that a
// use is to be looked at. No place comes with the program.
type Listed struct {
	Place
	Name      string
	Aliases   []string
	Kind      string // place, or end_use when the words are those of a use
	PartOf    string // the state, or "part, state"
	List      string
	Publisher string
	URL       string
	Since     Date
	Until     Date
	Lacks     Columns
	Unread    []Unread
}

// A Code is one code of a classification.
type Code struct{ Scheme, Code string }

// An Amendment changes an engagement after signature.
type Amendment struct {
	Place
	Engagement string
	Date       Date
	Rationale  string
	Before     Decimal // value before, null when unknown
	After      Decimal
	Currency   string
	EndBefore  Date `json:",omitzero"` // last day of the engagement before, unknown when nothing says it
	EndAfter   Date `json:",omitzero"`
}

// A Commitment is what a customer has bound itself to under a contract, as a provider's bill states it (FOCUS,
// "Contract Commitment Dataset").
type Commitment struct {
	Place
	ID       string // of the commitment
	Contract string // ContractId, which may be the id of an engagement
	Kind     string // the provider's word: "Savings Plan", "Reservation" …
	Category string // Spend or Usage
	Cost     Decimal
	Currency string
	Quantity Decimal
	Unit     string
	Start    Date
	End      Date
	Unread   []Unread
}

// A Transaction is a payment made under an engagement.
type Transaction struct {
	Place
	Engagement string
	ID         string
	Date       Date
	Payer      party.Ref
	Payee      party.Ref
	Value      Decimal
	Currency   string
}

// An Account ties bills to a party.
type Account struct {
	Place
	AccountID    string
	SubAccountID string // "" means every sub-account
	Party        party.Ref
	EndUser      party.Ref
	EndUserText  string
	EndUserClass string
	Reseller     party.Ref
	Users        Decimal // people of the end user who use the account, where the register counts them
	Since, Until Date
	Lacks        Columns
	Unread       []Unread
}

// A Claim is an attributed statement about a party.
type Claim struct {
	Place
	ID         string
	About      party.Ref
	Capability string
	Text       string
	Source     string // who says it
	URL        string
	Published  Date
	Origin     string // claims of one origin count once
	Grade      string // "B2": reliability A..F, credibility 1..6
	Status     string // reported, under_review, supported, …
	Reply      string
	Lacks      Columns
	Unread     []Unread
}

// A Clause says whether a contract has a term.
type Clause struct {
	Place
	Engagement string
	Clause     string
	Present    string // yes | no | unknown
	Reference  string
	Lacks      Columns
	Unread     []Unread
}

// An Approval is one gate: a review, a licence, a limited-access grant.
type Approval struct {
	Place
	Engagement    string
	Party         party.Ref
	Kind          string
	Decided       Date
	Outcome       string
	DecidedByRole string
	PaidOnDeal    string  // yes | no | ""
	ValidUntil    Date    // last day on which what was granted holds
	Quantity      Decimal // that was granted
	Unit          string
	Lacks         Columns
	Unread        []Unread
}

// Support is engineering hours spent for a party: a team's total, no names.
type Support struct {
	Place
	Party   party.Ref
	Quarter Date // first day of the quarter
	Hours   Decimal
	Code    string // statement-of-work code: data, ai, storage, cyber_defence, patching …
	Lacks   Columns
	Unread  []Unread
}

// An Event is a dated, sourced fact of context: a conflict, an emergency, an inquiry, a
// restriction. It raises nothing alone.
type Event struct {
	Place
	ID string
	// conflict | emergency | crackdown | publication | inquiry | notice | restriction | list_change | reorganisation |
	// migration
	Kind   string
	Date   Date
	About  party.Ref // zero: concerns everybody
	Region string
	Source string
	URL    string
	Lacks  Columns
	Unread []Unread
}

// An Obligation is a row of a table of instruments, demands or answers, cell by cell: package obligation says what it
// means.
type Obligation struct {
	Place
	Table     string            // instruments, demands or answers
	Cells     map[string]string // by column, trimmed; empty cells are left out
	About     party.Ref         // whom a demand is about, where it is about a party
	Addressee party.Ref         // of whom something is demanded, where that is an organisation by name
	Lacks     Columns
	Unread    []Unread
}

// Stats is what a decoder says of one file when it is done.
type Stats struct {
	Table   string         // the register table that the file holds or was meant to hold, "" for other formats
	Rows    int            // data rows, releases or statements in the file, good or bad
	Records int            // records emitted
	Rejects int            // rows not used, each with a Reject
	Kept    int            // of the rejects, rows of which the record was emitted for the parties that it names
	Extra   map[string]int // ignored columns, and how many rows had a value there
	Notes   []string       // what a reader of the findings should know ("not UTF-8: read as Windows-1252")
	// Failed says why the file was not read to its end, "" when it was: what was read before that counts, and the
	// run ends as one that could not finish.
	Failed string `json:",omitempty"`
	// Unusable says why nothing of the file could be used as Table: it has no key column, or
	// cannot be read at all. What needs that table is then not computable, whatever else was read.
	Unusable string
}

// An Ownership is a row of a table of who owns or controls whom.
type Ownership struct {
	Place
	Owner, Owned party.Ref
	Share        string // as written: "51", "51 %", "25-50", "> 50"; "" when not stated
	Kind         string // in the table's words: "shareholding", "voting rights" …
	Control      string // yes | no | ""
	Reason       string // why the owner is not named
	Since, Until Date
	Lacks        Columns
}
