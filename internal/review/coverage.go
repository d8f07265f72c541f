package review

import (
	"context"
	"slices"
	"sort"
	"strings"
)

// familyTitles are the families of the catalogue of flags.
var familyTitles = []struct{ id, title string }{
	{"A", "Who"}, {"B", "What"}, {"C", "How much, where"}, {"D", "On what terms"}, {"E", "People, services, transfers"},
	{"F", "How we behave"},
}

// coverage fills the coverage statement: what the records allowed to compute, and what not.
func (r *run) coverage(ctx context.Context) error {
	c, err := r.signal.Coverage(ctx)
	if err != nil {
		return err
	}
	out := Coverage{Records: r.sum.Counts.ByTable, Missing: []string{}, Value: []ValueShare{}, Commitments: r.committed}
	missing := map[string]bool{}
	for _, f := range familyTitles {
		fam := Family{ID: f.id, Title: f.title, Missing: []string{}}
		var checked, answered int
		lacks := map[string]bool{}
		for _, flag := range r.sum.Flags {
			if flag.Family != f.id {
				continue
			}
			fam.Flags++
			if flag.Raised+flag.NotRaised+flag.Exempt > 0 {
				fam.Computable++
			}
			checked += flag.Checked
			answered += flag.Raised + flag.NotRaised + flag.Exempt
			for _, m := range flag.Missing {
				lacks[m], missing[m] = true, true
			}
		}
		if checked > 0 {
			fam.Share = round4(float64(answered) / float64(checked))
		}
		fam.Missing = sorted(lacks)
		out.Families = append(out.Families, fam)
	}
	for _, m := range sorted(missing) {
		if !r.signal.Has(m) {
			out.Missing = append(out.Missing, m)
		}
	}
	r.unreadCosts()
	out.Usage = UsageCoverage{
		First: c.FirstMonth, Last: c.LastMonth, Months: c.Months, Gaps: nonNil(c.Gaps), Charges: c.Charges,
		Accounts: c.Accounts, Mapped: c.AccountsMapped, CostMapped: round4(c.CostMapped), UnmappedNames: c.Unmapped,
	}
	for _, v := range c.Value {
		out.Value = append(out.Value, ValueShare{Currency: v.Currency, Total: v.Total, Tied: round4(v.Tied),
			Identified: round4(v.Identified),
			Possible:   round4(v.Possible)})
	}
	r.sum.Coverage = out
	return r.understood(ctx)
}

// unreadCosts says of each file that was not read what its absence costs.
func (r *run) unreadCosts() {
	for i := range r.sum.Unknown {
		u := &r.sum.Unknown[i]
		if u.Reason == answerKey {
			continue
		}
		u.Costs = "what it holds is in no answer"
		if u.Table == "" {
			continue
		}
		flags := map[string]bool{}
		for flag, c := range r.sum.Flags {
			if slices.ContainsFunc(c.Missing, func(column string) bool {
				return strings.HasPrefix(column, u.Table+
					".")
			}) {
				flags[flag] = true
			}
		}
		if len(flags) > 0 {
			u.Costs = "without " + u.Table + ", answers to " + strings.Join(sorted(flags), ", ") + " are not computable"
		}
	}
}

func nonNil(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func sorted(m map[string]bool) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
