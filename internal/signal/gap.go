package signal

import "slices"

// A Reason is why a part of what a signal is computed from is not known.
type Reason string

// The reasons.
const (
	ColumnAbsent Reason = "column_absent"        // the source has no such column, or the run no such table
	CellEmpty    Reason = "cell_empty"           // the row has the column and leaves it empty
	UnitUnknown  Reason = "unit_not_understood"  // an amount whose unit cannot be converted
	WordUnknown  Reason = "word_not_understood"  // a service, item, class or other word that no table holds
	RowRejected  Reason = "row_rejected"         // a row that could not be read
	PartyUnread  Reason = "parties_not_read"     // a text that may name parties who are not told apart
	NoBill       Reason = "account_without_bill" // an account of the register that no bill names
	NoRegister   Reason = "bill_without_account" // use of an account that no register row ties to a party
	AfterReview  Reason = "dated_after_review"   // a record dated after the day of the review
	FewMonths    Reason = "too_few_months"       // a comparison over time with too little time before it
	Unstated     Reason = "not_stated"           // nothing in the records says it
)

// A Gap is something that is not known of one signal of one subject, why, and how much of it there is.
type Gap struct {
	Reason Reason
	Column string   // what would settle it, as "table.column"
	What   string   // the unit, word, service or account concerned, "" when there is none
	Rows   int64    // rows or charges concerned; 0 when it is a whole table or column
	Amount float64  // what these rows state, counted in Unit; 0 when they state nothing
	Unit   string   // as written
	May    []string // of a list of words: which words it may hold besides, sorted; nil when any
}

// AtLeast is a number inside an element of a list signal of which only a lower bound is known.
type AtLeast float64

// sameGap reports whether two gaps agree in reason, column, words and unit.
func sameGap(a, b Gap) bool {
	return a.Reason == b.Reason && a.Column == b.Column && a.What == b.What && a.Unit == b.Unit &&
		(a.May == nil) == (b.May == nil)
}

// uniteGaps joins the gaps of several classes. A charge that may be of any of them stands in the gaps of each: what
// agrees is counted once, by the list that holds most of it.
func uniteGaps(lists ...[]Gap) []Gap {
	var out []Gap
	for _, list := range lists {
		for _, g := range joinGaps(list) {
			i := slices.IndexFunc(out, func(o Gap) bool { return sameGap(o, g) })
			if i < 0 {
				out = append(out, g)
				continue
			}
			o := &out[i]
			o.Rows, o.Amount = max(o.Rows, g.Rows), max(o.Amount, g.Amount)
			if g.May != nil {
				o.May = sorted(slices.Concat(o.May, g.May))
			}
		}
	}
	return out
}

// joinGaps adds up gaps that agree in reason, column, words and unit, in the order of first sight.
func joinGaps(list []Gap) []Gap {
	var out []Gap
	for _, g := range list {
		i := slices.IndexFunc(out, func(o Gap) bool { return sameGap(o, g) })
		if i < 0 {
			out = append(out, g)
			continue
		}
		o := &out[i]
		o.Rows, o.Amount = o.Rows+g.Rows, o.Amount+g.Amount
		if g.May != nil {
			o.May = sorted(slices.Concat(o.May, g.May))
		}
	}
	return out
}
