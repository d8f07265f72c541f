package policy

import (
	"slices"

	"plimsoll/internal/finding"
)

// Nameless returns one not computable line for each flag that a rule could raise on somebody whom the records do not
// name: s is what stands for them, gaps are what is not known, and bears says which rules ask about such subjects.
func (p *Pack) Nameless(s finding.Subject, gaps []finding.Gap, bears func(*Rule) bool) []finding.Finding {
	var out []finding.Finding
	var columns []string
	for _, g := range gaps {
		columns = append(columns, g.Column)
	}
	columns = unique(columns)
	rules := p.Rules("")
	slices.SortStableFunc(rules, byName)
	for _, r := range rules {
		if !bears(r) || len(out) > 0 && out[len(out)-1].Flag == r.Flag {
			continue
		}
		out = append(out, finding.Finding{
			ID: finding.NewID(r.Flag, s.Kind, s.ID), Flag: r.Flag, State: NotComputable, Title: r.Title,
			Severity: r.severity[len(r.severity)-1].is, Subject: s,
			Sentence: Cannot(r.Title, columns, gaps), Values: map[string]any{}, Threshold: map[string]float64{},
			Missing: slices.Clone(columns), Unknown: slices.Clone(gaps), Innocent: r.Innocent, Ask: r.Ask,
			Pack: r.part.Name, Version: r.part.Version, RestsOn: r.cited, Harm: r.anyHarm(), Overlays: r.part.overlays,
		})
	}
	return out
}
