package book

import (
	"context"
	"slices"
	"strings"

	"plimsoll/internal/record"
	"plimsoll/internal/record/focus"
)

// The rows of the register tables. A mention stands as its [Number]. Content is a digest of
// everything that a row says except its place: two rows with one digest are one row given
// twice. Lacks has a bit for each register column that the row's source does not have or whose
// cell was not understood (see [register.bit]).

type engagementRow struct {
	Seq         int64
	Source      int32
	Place       string
	ID          string `col:"id" register:"engagement_id"`
	Content     int64
	Kind        string `register:"kind"`
	Seller      Number `register:"seller"`
	Buyer       Number `register:"buyer"`
	EndUser     Number `register:"end_user"`
	EndUserText string
	Reseller    Number         `register:"reseller"`
	Payer       Number         `register:"payer"`
	Value       record.Decimal `register:"value"`
	Currency    string         `register:"currency"`
	Signed      record.Date    `register:"signed"`
	SignedLast  record.Date    // the last day that it may be
	StartOn     record.Date    `register:"start"`
	EndOn       record.Date    `register:"end"`
	Destination string         `register:"destination"`
	Delivery    string         `register:"delivery_place"`
	EndUse      string         `register:"end_use"`
	Consignee   Number         `register:"consignee"`
	Method      string         `register:"method"`
	Urgent      *bool          `register:"rationale"`
	Withheld    bool           `register:"withheld"`
	Bids        record.Decimal `register:"bids"`
	TenderDays  record.Decimal `register:"tender_days"`
	Changes     int32          `register:"changes"` // [record.ChangesOf]
	LedTo       int32          // [record.Engagement.LedTo]
	Published   bool
	ClosesOn    record.Date // of a tender, as the three below
	AskBy       record.Date
	AnswerBy    record.Date
	DecideBy    record.Date
	Standstill  record.Date
	Lacks       int64
}

type itemRow struct {
	Engagement int64
	Line       int32
	Text       string `register:"item"`
	Scheme     string
	Code       string         `register:"item_code"`
	Quantity   record.Decimal `register:"quantity"`
	Unit       string         `register:"unit"`
}

// An otherRow is a party of a tender in a role of its own: a tenderer, a subcontractor. Joined is the group that it
// bids in.
type otherRow struct {
	Engagement int64
	Mention    Number
	Role       string
	Joined     string
	Lots       string
	State      string
}

// A hiddenRow is a text of a tender that may name parties who are not told apart: [record.Hidden].
type hiddenRow struct {
	Engagement int64
	Header     string
	Text       string
	Why        int32
}

type amendmentRow struct {
	Seq        int64
	Source     int32
	Place      string
	Content    int64
	Engagement string
	Day        record.Date
	Before     record.Decimal
	After      record.Decimal
	Currency   string
	EndBefore  record.Date
	EndAfter   record.Date
}

type paymentRow struct {
	Seq        int64
	Source     int32
	Place      string
	Content    int64
	Engagement string
	ID         string `col:"id"`
	Day        record.Date
	Payer      Number
	Payee      Number
	Value      record.Decimal
	Currency   string
}

type accountRow struct {
	Seq         int64
	Source      int32
	Place       string
	Content     int64
	Account     string `register:"account_id"`
	Sub         string `register:"sub_account_id"`
	Party       Number `register:"party_name,party_id,country"`
	EndUser     Number `register:"end_user"`
	EndUserText string
	Class       string         `register:"end_user_class"`
	Reseller    Number         `register:"reseller"`
	Users       record.Decimal `register:"users"`
	Since       record.Date    `register:"since"`
	Until       record.Date    `register:"until"`
	Lacks       int64
}

type claimRow struct {
	Seq        int64
	Source     int32
	Place      string
	Content    int64
	ID         string      `col:"id" register:"claim_id"`
	About      Number      `register:"about"`
	Capability string      `register:"capability"`
	Text       string      `register:"text"`
	SaidBy     string      `register:"source"`
	URL        string      `col:"url" register:"url"`
	Published  record.Date `register:"published"`
	Origin     string      `register:"origin"`
	Grade      string      `register:"grade"`
	Status     string      `register:"status"`
	Reply      string      `register:"reply"`
	Lacks      int64
}

type clauseRow struct {
	Seq        int64
	Source     int32
	Place      string
	Content    int64
	Engagement string `register:"engagement_id"`
	Clause     string `register:"clause"`
	Present    string `register:"present"`
	Reference  string `register:"reference"`
	Lacks      int64
}

type approvalRow struct {
	Seq        int64
	Source     int32
	Place      string
	Content    int64
	Engagement string      `register:"engagement_id"`
	Party      Number      `register:"party_name"`
	Kind       string      `register:"kind"`
	Decided    record.Date `register:"decided"`
	DecidedDay bool
	Outcome    string         `register:"outcome"`
	Role       string         `register:"decided_by_role"`
	Paid       string         `register:"paid_on_deal"`
	ValidUntil record.Date    `register:"valid_until"`
	Quantity   record.Decimal `register:"quantity"`
	Unit       string         `register:"unit"`
	Lacks      int64
}

type supportRow struct {
	Seq     int64
	Source  int32
	Place   string
	Content int64
	Party   Number         `register:"party_name"`
	Quarter record.Date    `register:"quarter"`
	Hours   record.Decimal `register:"hours"`
	Code    string         `register:"code"`
	Lacks   int64
}

type eventRow struct {
	Seq     int64
	Source  int32
	Place   string
	Content int64
	ID      string      `col:"id" register:"id"`
	Kind    string      `register:"kind"`
	Day     record.Date `register:"date"`
	About   Number      `register:"about"`
	Region  string      `register:"region"`
	SaidBy  string      `register:"source"`
	URL     string      `col:"url" register:"url"`
	Lacks   int64
}

type holdingRow struct {
	Seq       int64
	Source    int32
	Place     string
	Content   int64
	Portfolio string         `register:"portfolio"`
	Issuer    Number         `register:"issuer_name"`
	ISIN      string         `col:"isin" register:"isin"`
	Value     record.Decimal `register:"value"`
	Weight    string         `register:"weight"`
	Currency  string         `register:"currency"`
	Day       record.Date    `register:"as_of"`
	Lacks     int64
}

// The rows of instruments, demands and answers hold their key alone: package obligation reads them whole.
type instrumentRow struct {
	Seq    int64
	Source int32
	Place  string
	ID     string `col:"id" register:"instrument_id,title,kind,issuer,date,force,addressees,votes,objections,status,source,source_sha256,read"`
	Lacks  int64
}

type demandRow struct {
	Seq    int64
	Source int32
	Place  string
	ID     string `col:"id" register:"demand_id,instrument_id,clause,text,of,addressee,about_kind,about,place,due,condition,condition_met,done_when,read,source,source_sha256"`
	Lacks  int64
}

type answerRow struct {
	Seq    int64
	Source int32
	Place  string
	ID     string `col:"id" register:"answer_id,demand_id,by,acted,date,text,publisher,source,grade,status"`
	Lacks  int64
}

// A register is a register table with what is known of its sources.
type register struct {
	*Table
	name     string           // as rules and people call it: the "clauses" of "clauses.present"
	columns  []string         // that a source may lack, each with its bit
	rows     int64            // rows added, copies too
	lacking  map[string]int64 // of those, rows whose source lacks the column
	declared map[string]bool  // columns of sources that came without a row; "" is the table itself
	unusable []string         // sources of this table that could not be read
	rejected int64            // rows that could not be used and may concern anybody, see [Book.Rejected]
}

// The register tables, in the order in which they are created.
const (
	Engagements  = "engagements"
	Amendments   = "amendments"
	Transactions = "transactions"
	Accounts     = "accounts"
	Claims       = "claims"
	Clauses      = "clauses"
	Approvals    = "approvals"
	Support      = "support"
	Events       = "events"
	Holdings     = "holdings"
	Instruments  = "instruments"
	Demands      = "demands"
	Answers      = "answers"
)

// registers lists the register tables: what rules call them, their table and the struct of their rows.
var registers = []struct {
	name, table string
	row         any
	more        any // a struct whose fields are further columns of the register
}{
	{Engagements, "engagement", engagementRow{}, itemRow{}},
	{Amendments, "amendment", amendmentRow{}, nil},
	{Transactions, "payment", paymentRow{}, nil},
	{Accounts, "account", accountRow{}, nil},
	{Claims, "claim", claimRow{}, nil},
	{Clauses, "clause", clauseRow{}, nil},
	{Approvals, "approval", approvalRow{}, nil},
	{Support, "support", supportRow{}, nil},
	{Events, "event", eventRow{}, nil},
	{Holdings, "holding", holdingRow{}, nil},
	{Instruments, "instrument", instrumentRow{}, nil},
	{Demands, "demand", demandRow{}, nil},
	{Answers, "answer", answerRow{}, nil},
}

// create makes the tables of an empty book.
func (b *Book) create(ctx context.Context) error {
	b.registers = map[string]*register{}
	for _, x := range registers {
		t, err := b.Create(ctx, x.table, x.row)
		if err != nil {
			return err
		}
		r := &register{Table: t, name: x.name, lacking: map[string]int64{}, declared: map[string]bool{}}
		fields := t.fields
		if x.more != nil {
			if b.items, err = b.Create(ctx, "item", x.more); err != nil {
				return err
			}
			if b.others, err = b.Create(ctx, "engagement_other", otherRow{}); err != nil {
				return err
			}
			if b.unread, err = b.Create(ctx, "engagement_hidden", hiddenRow{}); err != nil {
				return err
			}
			fields = slices.Concat(fields, b.items.fields)
		}
		for _, f := range fields {
			r.columns = append(r.columns, f.register...)
		}
		b.registers[x.name] = r
	}
	var err error
	if b.commitments, err = b.Create(ctx, "commitment", commitmentRow{}); err != nil {
		return err
	}
	// What record/focus fills; a run without bills needs a table to ask.
	if _, err := b.db.ExecContext(ctx, focus.Schema); err != nil {
		return err
	}
	return nil
}

// bit is the bit of a column in "lacks" and "doubt", 0 for a column that has none.
func (r *register) bit(column string) int64 {
	if i := slices.Index(r.columns, column); i >= 0 {
		return 1 << i
	}
	return 0
}

func (r *register) bits(columns record.Columns) int64 {
	var bits int64
	for c, missing := range columns {
		if missing {
			bits |= r.bit(c)
		}
	}
	return bits
}

// doubt returns the bits of the columns of a row whose cells were not understood, and counts their words.
func (b *Book) doubt(r *register, cells []record.Unread) int64 {
	var bits int64
	for _, c := range cells {
		column := c.Column
		if r.bit(column) == 0 {
			for _, part := range []string{"end_user", "buyer", "seller", "reseller", "payer"} {
				if strings.HasPrefix(column, part+"_") {
					column = part
				}
			}
		}
		if bit := r.bit(column); bit != 0 {
			bits |= bit
			b.words.add(r.name+"."+column, c.Value)
		}
	}
	return bits
}

// Doubted returns how many rows hold a word of a column ("claims.status") that was not understood,
// and one such word, the most frequent.
func (b *Book) Doubted(column string) (rows int64, word string) {
	d := b.words[column]
	if d == nil {
		return 0, ""
	}
	return d.rows, d.word
}

// doubts are the words that were not understood, by column.
type doubts map[string]*doubted

type doubted struct {
	rows int64
	by   map[string]int64 // word → rows
	word string           // the most frequent; of several the first
}

func (d doubts) add(column, word string) {
	x := d[column]
	if x == nil {
		x = &doubted{by: map[string]int64{}, word: word}
		d[column] = x
	}
	x.rows++
	x.by[word]++
	if n, most := x.by[word], x.by[x.word]; n > most || n == most && word < x.word {
		x.word = word
	}
}

// count notes one more row and the columns that its source lacks.
func (r *register) count(lacks int64) {
	r.rows++
	for i, c := range r.columns {
		if lacks&(1<<i) != 0 {
			r.lacking[c]++
		}
	}
}

// Lacking returns whether a bit of "lacks" or "doubt" of a register's rows stands for a column
// given as "table.column". Columns of other tables have none.
func (b *Book) Lacking(table string, bits int64) func(column string) bool {
	r := b.registers[table]
	return func(column string) bool {
		name, ok := strings.CutPrefix(column, table+".")
		return ok && bits&r.bit(name) != 0
	}
}

// Declare notes that a source has a register table, without the columns that it lacks, even
// when it holds no row: an empty table is an answer, no table is none.
func (b *Book) Declare(table string, lacks record.Columns) {
	r := b.registers[table]
	if r == nil {
		return
	}
	r.declared[""] = true
	for _, c := range r.columns {
		if !lacks[c] {
			r.declared[c] = true
		}
	}
}

// Unusable notes that a source of a register table could not be read: what it held is not known.
func (b *Book) Unusable(table, file string) {
	if r := b.registers[table]; r != nil {
		r.unusable = append(r.unusable, file)
	}
}

// Rows returns how many rows a register table holds, copies too; of "usage", groups of charges.
func (b *Book) Rows(table string) int64 {
	if r := b.registers[table]; r != nil {
		return r.rows
	}
	return 0
}

// Has reports whether a column ("engagements.end_user") is there in at least one source of
// the register tables. A table's name alone asks for any record of it.
func (b *Book) Has(column string) bool {
	table, name, _ := strings.Cut(column, ".")
	r := b.registers[table]
	if r == nil {
		return false
	}
	return r.declared[name] || r.rows > 0 && r.lacking[name] < r.rows
}

// Unread returns the files of a register table that could not be read.
func (b *Book) Unread(table string) []string {
	if r := b.registers[table]; r != nil {
		return r.unusable
	}
	return nil
}

// Tables returns the names of the register tables, sorted.
func Tables() []string {
	var out []string
	for _, x := range registers {
		out = append(out, x.name)
	}
	slices.Sort(out)
	return out
}
