package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"plimsoll/internal/finding"
	"plimsoll/internal/review"
)

// Limits of the folded sections; review.json lists all.
const (
	exemptRows  = 400
	toCheckRows = 200
	openWords   = 6
	openLines   = 10 // in the terminal
	openFlags   = 6  // of one reason, in the terminal
	unreadFiles = 5  // named for one reason, in the terminal
)

type exemptRow struct {
	review.Exempt
	Body, Read string
}

// exempts words what is exempt, whose kind was told from what, and what the rule read.
func exempts(s review.Summary) []exemptRow {
	var out []exemptRow
	for _, x := range s.Exempt[:min(len(s.Exempt), exemptRows)] {
		out = append(out, exemptRow{x, bodyOf(x), strings.Join(values(finding.Finding{Values: x.Values}), "; ")})
	}
	return out
}

func bodyOf(x review.Exempt) string {
	t := orWord(x.Class, "unknown")
	if x.From != "" {
		t += ": " + x.From
	}
	if x.Stated != "" && !strings.Contains(x.From, x.Stated) {
		t += "; the records say “" + x.Stated + "”"
	}
	if x.Beneath != "" {
		t += "; it belongs to a body of the kind " + x.Beneath
	}
	return t
}

type openRow struct {
	review.Open
	Much, What string
}

// opens words what is not known, a line for each reason.
func opens(s review.Summary) []openRow {
	var out []openRow
	for _, x := range s.Open {
		out = append(out, openRow{x, openMuch(x), openWhat(x)})
	}
	return out
}

// openMuch says how much is not known, and how many answers hang on it.
func openMuch(x review.Open) string {
	parts := []string{Plural(x.Checks, "check", "checks") + " of " + Plural(x.Subjects, "subject", "subjects")}
	if x.Checks == 0 {
		parts = parts[:0]
	}
	if x.Partly > 0 {
		parts = append(parts, Plural(x.Partly, "flag", "flags")+" raised without it")
	}
	if x.Rows > 0 {
		parts = append(parts, Plural(x.Rows, "row", "rows"))
	}
	for i, a := range x.Amounts {
		if i == 2 {
			break
		}
		parts = append(parts, strings.TrimSpace(Quantity(a.Amount)+" "+a.Unit))
	}
	return strings.Join(parts, ", ")
}

// openWhat names the largest units, words and accounts, or the columns of a table that is missing.
func openWhat(x review.Open) string {
	var names []string
	for _, w := range x.Words {
		names = append(names, "“"+w.What+"”")
	}
	if len(names) == 0 {
		names = x.Columns
	}
	more := len(names) - openWords
	if more <= 0 {
		more = 0
	} else {
		names = names[:openWords]
	}
	t := strings.Join(names, ", ")
	if more += x.More; more > 0 {
		t += " and " + Count(more) + " more"
	}
	return t
}

// understoodLines say what of the records' own words is understood and what is tied.
func understoodLines(s review.Summary) []line {
	var out []line
	u := s.Understood
	if u.Of > 0 {
		t := fmt.Sprintf("%s of %s understood", Count(u.Items), Plural(u.Of, "item", "items"))
		for _, v := range u.Value {
			t += fmt.Sprintf(", %s of the value in %s", Percent(v.Share), orWord(v.Currency, "no stated currency"))
		}
		var largest []string
		for _, x := range u.Largest {
			l := "“" + orWord(x.Text, strings.TrimSpace(x.Scheme+" "+x.Code)) + "”"
			if x.Value != "" {
				l += " (" + strings.TrimSpace(grouped(x.Value)+" "+x.Currency) + ")"
			}
			largest = append(largest, l)
		}
		if len(largest) > 0 {
			t += ". Not understood, and so never taken for harmless: " + some(largest[:min(len(largest), 5)],
				int(u.Wordings))
		}
		out = append(out, line{"Items", t})
	}
	if u.EndUsers > 0 {
		t := fmt.Sprintf("end users of unknown kind: %s of %s", Count(u.KindUnknown), Count(u.EndUsers))
		if u.KindUnknown > 0 {
			t += " (" + some(u.KindsUnknown, u.KindUnknown) + ")"
		}
		out = append(out, line{"End users", t})
	}
	for _, w := range u.Words {
		out = append(out, line{"Words", w.File + ": " + w.Note})
	}
	return append(append(out, accountLines(s)...), afterLines(s)...)
}

func accountLines(s review.Summary) []line {
	var out []line
	a := s.Accounts
	if a.WithoutBill > 0 {
		out = append(out, line{"Accounts without a bill", Count(a.WithoutBill) + ": " + some(a.FirstNoBill,
			a.WithoutBill)})
	}
	if a.WithoutRegister > 0 {
		var names []string
		for _, x := range a.FirstNoRegister {
			names = append(names, fmt.Sprintf("%s (%s of cost)", x.Account, Percent(x.Cost)))
		}
		out = append(out, line{"Bills of no account", Count(a.WithoutRegister) + " tied to no party in some month: " +
			some(names, a.WithoutRegister)})
	}
	if a.OtherSpelling > 0 {
		var names []string
		for _, x := range a.FirstSpelling {
			names = append(names, x.Bill+" taken for "+x.Register)
		}
		out = append(out, line{"Accounts spelt otherwise", Count(a.OtherSpelling) + ": " +
			some(names, a.OtherSpelling)})
	}
	return out
}

// afterLines say what is dated after the day of the review.
func afterLines(s review.Summary) []line {
	var out []line
	for _, a := range s.After {
		what := a.Table
		if what == "usage" {
			what = "charges"
		}
		be := "are"
		if a.Rows == 1 {
			be = "is"
		}
		was := map[bool]string{true: "was", false: "were"}[a.Rows == 1]
		out = append(out, line{"After " + day(s.AsOf), fmt.Sprintf("%s of %s %s %s dated after the day of the review "+
			"and %s not used",
			Count(a.Rows), Count(a.Of), what, be, was)})
	}
	return out
}

// valueTile says how much of the contract value is tied to a party. Of several currencies it
// shows the range: no rate of exchange is known, so that none stands for all.
func valueTile(values []review.ValueShare) tile {
	worst := slices.MinFunc(values, func(a, b review.ValueShare) int { return cmp.Compare(a.Tied, b.Tied) })
	best := slices.MaxFunc(values, func(a, b review.ValueShare) int { return cmp.Compare(a.Tied, b.Tied) })
	byName := Percent(max(0, worst.Tied-worst.Identified)) + " by name only"
	currency := orWord(worst.Currency, "no stated currency")
	if len(values) == 1 {
		return tile{Percent(worst.Tied), "of contract value in " + currency, "tied to a party, " + byName}
	}
	number := Percent(worst.Tied)
	if best.Tied > worst.Tied {
		number = strings.TrimSuffix(number, " %") + "–" + Percent(best.Tied)
	}
	return tile{number, fmt.Sprintf("of contract value in %d currencies", len(values)),
		fmt.Sprintf("tied to a party; least in %s, %s", currency, byName)}
}

// notChecked is the first sentence of a run that looked at nobody.
func notChecked(s review.Summary) string {
	return "Nothing could be checked: " + strings.Join(s.NothingChecked, "; ") +
		". This run says nothing about anybody: it is no answer, and no clearance."
}

// unreadLines name the files that were not read, those with the same reason and cost in one line.
func unreadLines(s review.Summary) []line {
	type key struct{ reason, costs string }
	var order []key
	files := map[key][]string{}
	for _, u := range s.Unknown {
		k := key{u.Reason, u.Costs}
		if files[k] == nil {
			order = append(order, k)
		}
		files[k] = append(files[k], u.File)
	}
	var out []line
	for _, k := range order {
		names := files[k]
		t := some(names[:min(len(names), unreadFiles)], len(names)) + ": " + k.reason
		if k.costs != "" {
			t += ". " + strings.ToUpper(k.costs[:1]) + k.costs[1:]
		}
		out = append(out, line{"Not read", t})
	}
	return out
}
