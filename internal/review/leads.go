package review

import (
	"sort"

	"plimsoll/internal/finding"
)

// leads collects, per party, the finding that leads and what else was raised. Points are
// not added up: the highest flag ranks the party, and each further family of flags, being
// independent of the first, moves it up a little (domain rule: a capped bonus).
type leads struct {
	by map[string]*Lead
}

// mostAlso bounds what is kept of a party with very many findings.
const mostAlso = 40

func (l *leads) add(f finding.Finding, family string, partyName string) {
	if l.by == nil {
		l.by = map[string]*Lead{}
	}
	id := f.Subject.Party
	if id == "" {
		id = f.Subject.ID
	}
	x := l.by[id]
	if x == nil {
		l.by[id] = &Lead{Party: partyName, ID: id, Finding: f, Families: 1 << familyBit(family), Customer: deals(f)}
		return
	}
	x.Customer = x.Customer || deals(f)
	x.Families |= 1 << familyBit(family)
	if before(f, x.Finding) {
		f, x.Finding = x.Finding, f
	}
	if len(x.Also) < mostAlso {
		f.Evidence, f.Series = nil, nil
		x.Also = append(x.Also, f)
	}
}

// deals reports whether a finding names a contract or an account.
func deals(f finding.Finding) bool { return len(f.Engagement)+len(f.Accounts) > 0 }

func familyBit(f string) int {
	if f == "" {
		return 0
	}
	return int(f[0]-'A')&15 + 1
}

// before orders the findings of one party: severity, then confidence, then those that show
// more (a plot, a path), then flag and id.
func before(a, b finding.Finding) bool {
	if x, y := finding.Rank(a.Severity), finding.Rank(b.Severity); x != y {
		return x < y
	}
	if x, y := shows(a), shows(b); x != y {
		return x > y
	}
	if a.Confidence != b.Confidence {
		return a.Confidence > b.Confidence
	}
	if a.Flag != b.Flag {
		return a.Flag < b.Flag
	}
	return a.ID < b.ID
}

// shows says how much a finding lets a reader see for himself: what was used over time, or
// who stands behind whom.
func shows(f finding.Finding) int {
	switch {
	case len(f.Series) > 0 && f.Subject.Kind == "party":
		return 2
	case len(f.Path) > 0:
		return 1
	}
	return 0
}

func bits(x int) int {
	n := 0
	for ; x > 0; x &= x - 1 {
		n++
	}
	return n
}

// shownLeads is how many parties a report may show as those to look at first.
const shownLeads = 500

// order is the place of each party among those to look at first, the same in terminal, report, workbook and pages.
func (l *leads) order() map[string]int32 {
	out := make(map[string]int32, len(l.by))
	for i, x := range l.sorted() {
		out[x.ID] = int32(i)
	}
	return out
}

func (l *leads) top() []Lead {
	all := l.sorted()
	out := make([]Lead, 0, min(len(all), shownLeads))
	for _, x := range all[:min(len(all), shownLeads)] {
		sort.Slice(x.Also, func(i, j int) bool { return before(x.Also[i], x.Also[j]) })
		y := *x
		y.Families = bits(x.Families)
		out = append(out, y)
	}
	return out
}

// sorted are all parties with something raised, in the order in which to look.
func (l *leads) sorted() []*Lead {
	out := make([]*Lead, 0, len(l.by))
	for _, x := range l.by {
		out = append(out, x)
	}
	sort.Slice(out, func(i, j int) bool {
		a, b := out[i], out[j]
		if x, y := finding.Rank(a.Finding.Severity), finding.Rank(b.Finding.Severity); x != y {
			return x < y
		}
		if a.Customer != b.Customer { // somebody the company deals with, before an owner in the background
			return a.Customer
		}
		if x, y := bits(a.Families), bits(b.Families); x != y {
			return x > y
		}
		if a.Finding.Confidence != b.Finding.Confidence {
			return a.Finding.Confidence > b.Finding.Confidence
		}
		return a.ID < b.ID
	})
	return out
}
