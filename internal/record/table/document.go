package table

import (
	"fmt"
	"slices"
	"strings"
)

// tableText says what one row of each table is, and which flags need it.
var tableText = map[string]string{
	Accounts:    "Whose an account of a bill is. Without it bills are nobody's.",
	Engagements: "One contract, sale, licence, tender or other dealing. Rows of one engagement_id add items.",
	Claims:      "One attributed statement about a party. Two claims of one origin count once.",
	Clauses:     "Whether one contract has one term.",
	Approvals:   "One gate: a review, a licence, a grant of limited access.",
	Support:     "Engineering hours spent for a party in a quarter: a team's total, no names.",
	Events:      "One dated, sourced fact of context. It raises nothing alone.",
	Holdings:    "What a portfolio holds of one issuer on a day.",
	Products:    "What the company says of one thing that it sells; it comes first when items are classified.",
	Places: "A place, or a use, of which a publisher says that it is to be looked at (RF-48). The program " +
		"brings none.",
	Instruments: "A document that makes demands, see [obligations](obligations.md).",
	Demands:     "One thing that an instrument asks for: of whom, about what, by when.",
	Answers:     "Evidence of what an addressee did about a demand.",
	"ownership": "Who holds how much of whom, or controls it otherwise. A holder who is not named needs a reason.",
}

// columnText says what a column holds, by name or for one table by table.column.
var columnText = map[string]string{
	"account_id": "the billing account, as bills write it", "sub_account_id": "empty: every sub-account of the account",
	"party_name": "who holds it, or whom the row is about", "party_id": "see Identifiers", "country": "of the party",
	"party_country": "of the party", "party_address": "one line",
	"end_user": "who uses what is sold; \"same as buyer\" or \"idem\" where that is so, empty when it is not " +
		"certain",
	"end_user_id": "see Identifiers", "end_user_country": "of the end user",
	"end_user_class": "what kind of body the end user is",
	"users": "how many of the end user's own people use the account: staff or seats; limits of a company " +
		"are then per user",
	"reseller": "who stands between seller and end user", "reseller_id": "see Identifiers",
	"reseller_country": "of the reseller",
	"since":            "first day on which this holds", "until": "last day on which this holds",
	"engagement_id":    "the key of the contract; other tables name it",
	"engagements.kind": "what sort of dealing; with an unknown word the row is a counted reject, its parties are read",
	"seller":           "who sells", "seller_id": "see Identifiers", "seller_country": "of the seller",
	"buyer": "who buys", "buyer_id": "see Identifiers",
	"buyer_country": "of the buyer", "buyer_address": "one line", "payer": "who pays, when somebody else",
	"item":        "what is sold, in the words of the contract",
	"item_scheme": "of the code: CPV, UNSPSC, HS, CN, ECCN, ML, PL …", "item_code": "in that scheme",
	"quantity": "of the item", "unit": "of the quantity", "value": "of the whole contract",
	"currency": "ISO 4217, or a sign that means one currency only",
	"signed":   "day of signature", "start": "first day", "end": "last day", "destination": "country of delivery",
	"method":    "how the buyer chose the seller",
	"rationale": "why that method", "withheld": "whether the publisher withholds fields",
	"tenderers":          "who bid; also under other words and in several columns (Bidder 1, Bidder 2), see below",
	"subcontractors":     "as tenderers",
	"consortium_members": "who bids together with others, as tenderers",
	"answer_by":          "of a tender: the day until which the buyer hears bidders",
	"standstill_until":   "of a tender: the last day on which nothing is signed after the decision",
	"consignee":          "who receives the goods", "funder": "who pays for the buyer",
	"bids": "how many bid for it", "tender_days": "days for which the tender was open",
	"delivery_place": "town, site or address where the goods go", "end_use": "what they are for and where, as stated",
	"places.place": "its name, or the words of a use", "aliases": "other names, semicolons between",
	"places.kind": "place, or end_use; empty: place", "part_of": "the state, or part and state; empty: any",
	"list": "title of the list", "places.publisher": "who publishes it", "places.since": "first day on the list",
	"places.until":     "last day on the list",
	"procuring_entity": "who runs the procedure, when not the buyer",
	"claim_id":         "the key of the claim; made from the row when empty", "about": "whom it is about",
	"about_id": "see Identifiers", "about_country": "of that party",
	"capability": "what the claim says is used", "text": "the statement in short", "source": "who says it",
	"url": "where it can be read", "published": "day of publication",
	"origin": "what the statement rests on; claims of one origin count once",
	"grade":  "reliability A to F of the source and credibility 1 to 6, such as B2",
	"status": "where the claim stands", "reply": "what the party answered", "clause": "which term",
	"present": "whether the contract has it", "reference": "where it stands",
	"approvals.kind": "which gate; firms have gates of their own, which count as gates and nothing more",
	"decided":        "day of the decision", "outcome": "what was decided",
	"decided_by_role": "role, never a name", "paid_on_deal": "whether whoever decided is paid on the deal",
	"valid_until":        "last day on which what was granted holds; empty: it has no end",
	"approvals.quantity": "how much was granted; empty: it has no limit",
	"quarter":            "2031-Q2, or any day in it", "hours": "of the quarter", "code": "of the work",
	"event_id": "the key of the event; made from the row when empty",
	"owner":    "who holds or controls; empty only with a reason", "owner_id": "see Identifiers",
	"owner_country": "of the owner",
	"owned":         "what is held", "owned_id": "see Identifiers", "owned_country": "of what is held",
	"share":          "of the whole: 51 %, 0.51, 25-50, more than 75",
	"ownership.kind": "shares, votes, appointment or other control, in the source's words",
	"control":        "whether it controls by other means than shares", "reason": "why the owner is not named",
	"portfolio": "which portfolio or fund", "issuer_name": "who issued what is held, also under a name of the market",
	"lei": "of the issuer", "isin": "of the security", "figi": "of the security",
	"holdings.value": "of the holding", "weight": "share of the portfolio: 0.025, or 2.5 %",
	"as_of": "day of the holding", "holdings.country": "of the issuer",
	"sku": "the company's number of the product; items that carry it, as code or in their words, are this " +
		"product",
	"products.name":       "as items of contracts call it",
	"codes":               "SCHEME:CODE, semicolons between: HS:8429.52; ECCN:5A001.j",
	"products.capability": "what it can be used for, semicolons between; none: of no class",
	"instrument_id":       "the key of the instrument; demands name it", "title": "in words",
	"instruments.kind": "what sort of document, in words", "issuer": "who made it",
	"instruments.date": "its day; spans without a day of their own run from it", "force": "whether it binds",
	"addressees": "in words", "votes": "in words", "objections": "objections and reservations, with who made them",
	"instruments.status": "in words; superseded, revoked, annulled, lapsed, withdrawn and repealed end its demands",
	"instruments.source": "where the text is",
	"source_sha256":      "SHA-256 of the document that was read, 64 hexadecimal digits",
	"read":               "how the text was read: itself, by what others write, or from memory",
	"demand_id":          "the key of the demand; answers name it", "demands.clause": "where the instrument demands it",
	"demands.read": "how the clause was read; empty: as the instrument", "demands.source": "where the clause is",
	"demands.text": "what is demanded", "of": "of whom; empty: not known", "addressee": "by name",
	"addressee_id": "see Identifiers",
	"about_kind": "what it is about; conduct: the addressee's own conduct, and no engagement by itself; empty: not " +
		"known", "demands.about": "which; goods, services, capabilities, engagements and places with semicolons " +
		"between",
	"demands.about_id": "of a party; see Identifiers",
	"place":            "only what goes to or is used in these places; “Part, State” is a part of a state",
	"due":              "a day, a span (within 12 months of 2030-09-18; P6M; 10 working days) or without delay",
	"condition":        "under which it holds", "condition_met": "day on which that came about",
	"done_when": "what would count as done",
	"answer_id": "the key of the answer", "by": "who acted", "acted": "what was done", "answers.date": "day of it",
	"answers.text": "in short", "publisher": "who says so", "answers.source": "where",
	"answers.status": "withdrawn, contradicted or retracted: it no longer counts",
	"events.kind":    "what sort of event", "date": "day of the event", "region": "where; empty with a party",
}

// vocabularyOf returns the words of a coded column.
func vocabularyOf(table, column string) (vocabulary, bool) {
	for _, name := range []string{table + "." + column, "*." + column} {
		if v, ok := vocabularies[name]; ok {
			return v, true
		}
	}
	if table == Products && column == "capability" {
		return productWords, true
	}
	if v, ok := obligationWords[table+"."+column]; ok {
		return v, true
	}
	switch column {
	case "withheld", "paid_on_deal":
		return yesNo, true
	}
	return vocabulary{}, false
}

// A Column is one column of a register table as documents and templates show it.
type Column struct {
	Name  string
	Form  string   // text, number, date, word, identifier
	Key   bool     // a row without it is lost
	Words []string // of a coded column
	Text  string   // what it holds
}

// Tables lists the register tables in the order of the documents.
func Tables() []string { return tables() }

// Columns lists the columns of a register table in the order of the documents.
func Columns(table string) []Column {
	var out []Column
	for _, name := range known[table] {
		c := Column{Name: name, Form: "text", Text: columnText[name]}
		if s := columnText[table+"."+name]; s != "" {
			c.Text = s
		}
		v, coded := vocabularyOf(table, name)
		switch {
		case coded:
			c.Form, c.Words = "word", slices.Clone(v.words)
		case dateColumns[name]:
			c.Form = "date"
		case numberColumns[name]:
			c.Form = "number"
		case strings.HasSuffix(name, "_id") && name != "engagement_id" && name != "account_id" &&
			name != "sub_account_id" && name != "claim_id" && name != "event_id" &&
			!obligationKey[name]:
			c.Form = "identifier"
		}
		for _, any := range required[table] {
			c.Key = c.Key || len(any) == 1 && any[0] == name
		}
		out = append(out, c)
	}
	return out
}

// Document returns docs/format/tables.md.
func Document() string {
	var b strings.Builder
	b.WriteString(documentHead)
	for _, t := range tables() {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\nKnown by its header: ", t, tableText[t])
		for i, any := range recognised[t] {
			if i > 0 {
				b.WriteString("; ")
			}
			b.WriteString("`" + strings.Join(any, "` or `") + "`")
		}
		b.WriteString(".\n\n| column | form | holds |\n|---|---|---|\n")
		var words []Column
		for _, c := range Columns(t) {
			name, form := "`"+c.Name+"`", c.Form
			if c.Key {
				name += " (key)"
			}
			if c.Words != nil {
				words = append(words, c)
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", name, form, c.Text)
		}
		for _, c := range words {
			fmt.Fprintf(&b, "\n%s", wrap("`"+c.Name+"` is one of "+strings.Join(c.Words, ", ")+"."))
		}
	}
	return b.String()
}

// wrap breaks a paragraph at 120 bytes.
func wrap(s string) string {
	var b strings.Builder
	n := 0
	for _, w := range strings.Fields(s) {
		if n > 0 && n+1+len(w) > 120 {
			b.WriteByte('\n')
			n = 0
		} else if n > 0 {
			b.WriteByte(' ')
			n++
		}
		b.WriteString(w)
		n += len(w)
	}
	b.WriteByte('\n')
	return b.String()
}

const documentHead = `# The register tables

Own records go into tables of these columns, as CSV (comma, semicolon, tab or pipe) or as sheets of a workbook.
Columns may stand in any order; case, blanks, dashes and underscores in their names do not count. A table may lack
columns: what needs them is then not computable, with the column's name. ` + "`plimsoll template DIR`" +
	` writes empty tables,
and a [map](map.md) reads tables of other columns. This page is made from the program's own lists.

- **Dates** are ISO 8601 (2031-05-17, 2031-05, 2031, or an instant); in a workbook cells of dates. Dates that stand for
  none (0001-01-01, 1900-01-01, 9999-12-31, in any order of day and month) are unknown.
- **Numbers** are written so that they can mean one thing only: 1234.5, 1,234.50 and 1.234,50 can, 1,234 cannot.
- **Identifiers** are SCHEME:NUMBER with a code of org-id.guide or LEI, VAT, UEI, IMO, BIC …; several with semicolons
  between. Without a scheme it is the register's own key. A word for none ("PENDING") is no number.
- **Who takes part in a tender** may stand in several columns, also under other headings ("Bidder 2", "JV-Partner",
  "Bietergemeinschaft"). One cell may hold several: semicolons, line breaks, bars and numbers part names; commas,
  strokes and words for "and" do where what stands on both sides is a name by itself ("Smith, Jones & Co" and
  "Norden A/S" stay whole). A group ("ARGE Vell (A / B)", "UTE A - B", "JV of A, B and C", 联合体 and others) is a
  party, and each member that it names is one. What may be one name or several, a group that names no members, and a
  column that may name parties under a heading that is not known are not guessed at: the tender and the coverage say
  so (parties_not_read).
- **Words** of coded columns may be written in any case, with blanks or dashes for underscores.
- **What is not understood** (a word that is none of the list, a number or date that can mean two things, the error of a
  spreadsheet) costs its cell and not its row: the notes of the file name column, word, count and first row, and what
  needs the cell is unknown. A row whose key is empty, or with more or fewer cells than the header, is a reject.
`
