package report

import (
	"fmt"
	"strings"

	"plimsoll/internal/review"
)

// packLines says which rules of the packs were not run, and what overlays changed: nothing that
// a pack holds is left out in silence.
func packLines(s review.Summary) []line {
	var out []line
	for _, p := range s.Packs {
		for _, l := range p.Lapsed {
			var clauses []string
			for _, c := range l.Clauses {
				clauses = append(clauses, c.Clause)
			}
			out = append(out, line{"Rule not in force", fmt.Sprintf("%s (%s) of %s, %s: %s (%s)",
				l.Flag, l.Of, l.Pack, l.Title, l.Why, strings.Join(clauses, "; "))})
		}
		for _, d := range p.Disabled {
			out = append(out, line{"Rule switched off", fmt.Sprintf("%s (%s) of %s, %s, by %s: %s", d.Flag, d.Of,
				d.Pack, d.Title, p.Name, d.Why)})
		}
		for _, o := range p.Overrides {
			t := fmt.Sprintf("%s of %s is %v by %s, not %v", o.Name, o.Pack, o.To, p.Name, o.From)
			if o.Doc != "" {
				t += ": " + o.Doc
			}
			out = append(out, line{"Threshold changed", t})
		}
	}
	if len(s.Packs) > 0 && len(s.Flags) == 0 {
		out = append(out, line{"Nothing was computed", "no rule of the packs was in force on " + s.AsOf})
	}
	return out
}
