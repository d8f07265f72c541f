package policy

import (
	"fmt"
	"maps"
	"slices"

	"plimsoll/internal/finding"
	"plimsoll/internal/signal"
)

// A Count says how often a rule was looked at and how it came out.
type Count struct {
	Flag          string `json:"flag"`
	Of            string `json:"subject"`
	Title         string `json:"title"`
	Family        string `json:"family"`
	Checked       int    `json:"checked"` // decided, whichever way: raised, not raised and exempt
	Raised        int    `json:"raised"`
	Exempt        int    `json:"exempt"`
	NotComputable int    `json:"not_computable"`
	NotApplicable int    `json:"not_applicable"`
	// Reasons counts, by [signal.Reason], the subjects that it was not computable for; one for
	// several reasons counts with each.
	Reasons map[string]int `json:"reasons,omitempty"`
}

// An Aggregator judges the subjects of a run, counts every state, and folds what no subject
// of the run could have into one line per flag. It is not safe for several goroutines: use
// one for each and Merge them.
type Aggregator struct {
	pack   *Pack
	counts map[*Rule]*Count
	wide   map[*Rule]*lack
}

// lack is what a rule could not be computed for in the whole run.
type lack struct {
	subjects int
	columns  []string
}

// NewAggregator returns an empty aggregator for the rules of p.
func (p *Pack) NewAggregator() *Aggregator {
	a := &Aggregator{pack: p, counts: map[*Rule]*Count{}, wide: map[*Rule]*lack{}}
	for _, r := range p.Rules("") {
		a.counts[r] = &Count{Flag: r.Flag, Of: r.Of, Title: r.Title, Family: r.Family}
	}
	return a
}

// Evaluate judges one subject like [Pack.Evaluate], and returns only the results that have a
// line of their own.
func (a *Aggregator) Evaluate(f *signal.Facts) []Result { return a.pack.evaluate(f, a) }

// note counts a state and reports whether the result is folded into the run's line.
func (a *Aggregator) note(ev *evaluator, r *Rule, state string, columns []string, wide bool) bool {
	c := a.counts[r]
	switch state {
	case Raised:
		c.Raised++
		c.Checked++
	case NotRaised:
		c.Checked++
	case Exempt:
		c.Exempt++
		c.Checked++
	case NotComputable:
		c.NotComputable++
		if c.Reasons == nil {
			c.Reasons = map[string]int{}
		}
		for _, reason := range reasons(ev.facts, columns, ev.unknown()) {
			c.Reasons[reason]++
		}
	case NotApplicable:
		c.NotApplicable++
	}
	if !wide {
		return false
	}
	l := a.wide[r]
	if l == nil {
		l = &lack{}
		a.wide[r] = l
	}
	l.subjects++
	for _, column := range columns {
		if i, found := slices.BinarySearch(l.columns, column); !found {
			l.columns = slices.Insert(l.columns, i, column)
		}
	}
	return true
}

// reasons are those of the gaps; a column without a gap is absent from the run or states nothing
// of this subject.
func reasons(f *signal.Facts, columns []string, gaps []finding.Gap) []string {
	out := make([]string, 0, len(gaps)+2)
	for _, g := range gaps {
		out = append(out, g.Reason)
	}
	for _, column := range columns {
		reason := signal.Unstated
		if f.Absent[column] {
			reason = signal.ColumnAbsent
		}
		has := func(g finding.Gap) bool { return g.Column == column }
		if !slices.ContainsFunc(gaps, has) && !slices.Contains(out, string(reason)) {
			out = append(out, string(reason))
		}
	}
	return unique(out)
}

// Merge adds what another aggregator of the same pack has seen.
func (a *Aggregator) Merge(b *Aggregator) {
	for r, c := range b.counts {
		to := a.counts[r]
		to.Checked += c.Checked
		to.Raised += c.Raised
		to.Exempt += c.Exempt
		to.NotComputable += c.NotComputable
		to.NotApplicable += c.NotApplicable
		for reason, n := range c.Reasons {
			if to.Reasons == nil {
				to.Reasons = map[string]int{}
			}
			to.Reasons[reason] += n
		}
	}
	for r, l := range b.wide {
		to := a.wide[r]
		if to == nil {
			to = &lack{}
			a.wide[r] = to
		}
		to.subjects += l.subjects
		to.columns = unique(append(to.columns, l.columns...))
	}
}

// Counts returns one count per rule, by flag and kind of subject.
func (a *Aggregator) Counts() []Count {
	var out []Count
	for _, r := range a.rules() {
		c := *a.counts[r]
		c.Reasons = maps.Clone(c.Reasons)
		out = append(out, c)
	}
	return out
}

func (a *Aggregator) rules() []*Rule {
	all := a.pack.Rules("")
	slices.SortStableFunc(all, byName)
	return all
}

// plurals of the kinds of subject.
var plurals = map[string][2]string{
	"party":      {"party", "parties"},
	"engagement": {"engagement", "engagements"},
	"account":    {"account", "accounts"},
}

// Findings returns one not computable line for each flag that the run as a whole lacks a
// column for, whatever the kinds of its subjects.
func (a *Aggregator) Findings() []finding.Finding {
	var out []finding.Finding
	for _, r := range a.rules() {
		l := a.wide[r]
		if l == nil {
			continue
		}
		noun := plurals[r.Of][1]
		if l.subjects == 1 {
			noun = plurals[r.Of][0]
		}
		name := fmt.Sprintf("%s %s", grouped(float64(l.subjects)), noun)
		if last := len(out) - 1; last >= 0 && out[last].Flag == r.Flag {
			f := &out[last]
			f.Subject.Name += ", " + name
			f.Values["subjects"] = f.Values["subjects"].(int) + l.subjects
			f.Missing = unique(slices.Concat(f.Missing, l.columns))
			f.Sentence = Cannot(r.Title, f.Missing, nil)
			continue
		}
		f := finding.Finding{
			ID: finding.NewID(r.Flag, "run", "run"), Flag: r.Flag, State: NotComputable, Title: r.Title,
			Severity: r.severity[len(r.severity)-1].is,
			Subject:  finding.Subject{Kind: "run", ID: "run", Name: name},
			Sentence: Cannot(r.Title, l.columns, nil), Values: map[string]any{"subjects": l.subjects},
			Threshold: map[string]float64{}, Missing: slices.Clone(l.columns), Innocent: r.Innocent, Ask: r.Ask,
			Pack: r.part.Name, Version: r.part.Version, RestsOn: r.cited,
			Harm: r.anyHarm(), Overlays: r.part.overlays,
		}
		out = append(out, f)
	}
	return out
}
