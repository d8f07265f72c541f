package finding

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A Gap is something that is not known of the values behind a finding, why, and how much of it there is.
type Gap struct {
	Reason string  `json:"reason"`           // one of signal.Reason
	Column string  `json:"column,omitempty"` // what would settle it, as "table.column"
	What   string  `json:"what,omitempty"`   // the unit, word or account concerned
	Rows   int64   `json:"rows,omitempty"`   // rows or charges concerned
	Amount float64 `json:"amount,omitempty"` // what these rows state, counted in Unit
	Unit   string  `json:"unit,omitempty"`   // as written
}

// A Partial is a value of a finding of which only a part is known.
type Partial struct {
	Known   any   `json:"known"`
	Unknown []Gap `json:"unknown,omitempty"`
}

// Known returns the known part of a value of a finding, made in this run or read from a line,
// and reports whether that is a part only.
func Known(v any) (known any, partly bool) {
	switch v := v.(type) {
	case Partial:
		return v.Known, true
	case map[string]any:
		if known, ok := v["known"]; ok {
			return known, true
		}
	}
	return v, false
}

// absent is the reason of a column or table that is not there at all.
const absent = "column_absent"

// Absent reports whether the gap is a whole column or table that the records lack.
func (g Gap) Absent() bool { return g.Reason == absent }

// Words says the gap in words: a clause without a full stop.
func (g Gap) Words() string {
	switch g.Reason {
	case absent:
		return cmp.Or(g.Column, g.What) + " is missing"
	case "cell_empty":
		if g.Rows == 0 {
			return g.noRow()
		}
		return g.counted() + plural(g.Rows, " leaves ", " leave ") + cmp.Or(g.Column, "a cell") + " empty"
	case "unit_not_understood":
		return "the unit" + quoted(g.What) + g.of() + " is not understood"
	case "word_not_understood":
		return "the word" + quoted(g.What) + g.of() + " is not understood"
	case "row_rejected":
		if g.Rows == 0 {
			return "rows" + in(g.What) + " could not be read"
		}
		if g.What != "" {
			return g.counted() + " could not be read (" + g.What + ")"
		}
		return g.counted() + " could not be read"
	case "parties_not_read":
		where := ""
		if g.What != "" {
			where = " (" + g.What + ")"
		}
		return strings.Replace(g.counted(), "row", "text", 1) + where +
			" may name parties who are compared with no list"
	case "account_without_bill":
		if g.What == "" {
			return g.accounts() + plural(g.Rows, " has", " have") + " no bill"
		}
		return g.accounts() + " has no bill"
	case "bill_without_account":
		return "no register row ties " + g.accounts() + " to a party" + g.charges()
	case "dated_after_review":
		if g.Rows == 0 {
			if table, _, _ := strings.Cut(g.Column, "."); table != "" {
				return "all records of " + table + " are dated after the day of the review"
			}
			return "records" + in(g.What) + " are dated after the day of the review"
		}
		return g.counted() + plural(g.Rows, " is", " are") + " dated after the day of the review"
	case "too_few_months":
		return "too few months lie before it for a comparison"
	case "not_stated":
		return "the records do not state " + g.unstated()
	}
	return cmp.Or(strings.ReplaceAll(g.Reason, "_", " "), "something") + in(cmp.Or(g.What, g.Column))
}

// noRow says of a column, which is there, that no row gives it for the subject.
func (g Gap) noRow() string {
	table, _, _ := strings.Cut(g.Column, ".")
	switch {
	case g.Column == "":
		return "a cell is empty"
	case table == "clauses":
		return "the register of clauses has no row for it"
	case table == "ownership":
		return "no statement says who owns or controls it"
	case g.What != "":
		return g.Column + " is empty" + in(g.What)
	}
	return "no row states " + g.Column + " for it"
}

// unstatedWords are what the columns hold that are named with somebody or something of which nothing states them.
var unstatedWords = map[string]string{
	"accounts.end_user":         "the end user",
	"engagements.end_user":      "the end user",
	"engagements.buyer_id":      "the identifier of the buyer",
	"engagements.end_user_id":   "the identifier of the end user",
	"engagements.engagement_id": "which contract a row belongs to",
	"events.about_id":           "the identifier of whom an event is about",
	"claims.about_id":           "the identifier of whom a claim is about",
	"ownership.share":           "the share of an owner",
}

// unstated says what nothing in the records states: "what kind of body Harrow Ltd is", "the end user (bought by Harrow
// Ltd)".
func (g Gap) unstated() string {
	if strings.HasSuffix(g.Column, ".end_user_class") {
		return "what kind of body " + cmp.Or(g.What, "the end user") + " is"
	}
	words := cmp.Or(unstatedWords[g.Column], g.Column)
	switch {
	case g.What == "" || words == "" || !strings.Contains(g.Column, "."):
		return cmp.Or(g.What, words, "it")
	case unstatedWords[g.Column] == "": // a thing, described by the one who noted it
		return g.What
	}
	return words + " (" + g.What + ")"
}

// noun is what a row is called: the rows of a bill are charges.
func (g Gap) noun() string {
	if strings.HasPrefix(g.Column, "usage.") {
		return plural(g.Rows, "charge", "charges")
	}
	return plural(g.Rows, "row", "rows")
}

// counted is "12 charges (40 000 GB)".
func (g Gap) counted() string {
	s := Number(float64(g.Rows)) + " " + g.noun()
	if a := g.amount(); a != "" {
		s += " (" + a + ")"
	}
	return s
}

func (g Gap) of() string {
	if g.Rows == 0 {
		return ""
	}
	return " of " + g.counted()
}

// amount is what the rows state; a unit that is the thing not understood is not repeated.
func (g Gap) amount() string {
	if g.Amount == 0 {
		return ""
	}
	if g.Unit == "" || g.Unit == g.What {
		return Number(g.Amount)
	}
	return Number(g.Amount) + " " + g.Unit
}

func (g Gap) charges() string {
	if g.Rows == 0 {
		return ""
	}
	return ": " + g.counted()
}

// accounts names the account, or counts the accounts that are not named.
func (g Gap) accounts() string {
	switch {
	case g.What != "":
		return "account " + g.What
	case g.Rows > 0 && g.Reason == "account_without_bill":
		return Number(float64(g.Rows)) + plural(g.Rows, " account", " accounts")
	}
	return "an account"
}

func quoted(s string) string {
	if s == "" {
		return ""
	}
	return " “" + s + "”"
}

func in(s string) string {
	if s == "" {
		return ""
	}
	return " of " + s
}

// plural picks the form for a count; none counted is one.
func plural(n int64, one, many string) string {
	if n > 1 {
		return many
	}
	return one
}

// JoinGaps puts the gaps of several values of one subject together: gaps that agree in reason,
// column, words and unit are about the same rows and stand once, with the larger count. The
// largest amount comes first, then the most rows.
func JoinGaps(lists ...[]Gap) []Gap {
	return joined(slices.Concat(lists...), func(o *Gap, g Gap) {
		o.Rows, o.Amount = max(o.Rows, g.Rows), max(o.Amount, g.Amount)
	})
}

// SumGaps adds up the gaps of several subjects, which are about different rows. Where that leaves
// more than most, the units, words and accounts are no longer told apart.
func SumGaps(gaps []Gap, most int) []Gap {
	add := func(o *Gap, g Gap) { o.Rows, o.Amount = o.Rows+g.Rows, o.Amount+g.Amount }
	out := joined(gaps, add)
	if len(out) <= most {
		return out
	}
	for i := range out {
		out[i].What = ""
	}
	return joined(out, add)
}

// joined adds each gap to the one before it that agrees in reason, column, words and unit.
func joined(gaps []Gap, add func(*Gap, Gap)) []Gap {
	type key struct{ reason, column, what, unit string }
	at := map[key]int{}
	var out []Gap
	for _, g := range gaps {
		k := key{g.Reason, g.Column, g.What, g.Unit}
		if i, ok := at[k]; ok {
			add(&out[i], g)
			continue
		}
		at[k] = len(out)
		out = append(out, g)
	}
	slices.SortStableFunc(out, func(a, b Gap) int {
		return cmp.Or(cmp.Compare(b.Amount, a.Amount), cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Reason, b.Reason),
			cmp.Compare(a.Column, b.Column), cmp.Compare(a.What, b.What), cmp.Compare(a.Unit, b.Unit))
	})
	return out
}

// Number writes a number with three significant digits below a hundred, none after the point
// above, and a narrow space between thousands.
func Number(f float64) string {
	s := strconv.FormatFloat(f, 'f', 0, 64)
	if math.Abs(f) < 100 {
		r, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'g', 3, 64), 64)
		return strconv.FormatFloat(r, 'f', -1, 64)
	}
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "−", s[1:]
	}
	var b strings.Builder
	for i, c := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteRune('\u202f')
		}
		b.WriteRune(c)
	}
	return sign + b.String()
}
