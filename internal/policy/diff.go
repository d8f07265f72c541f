package policy

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"plimsoll/internal/signal"
)

// A Change is one difference between two packs.
type Change struct {
	What string `json:"what"` // "rule", "parameter", "set", "clause", "modifier" or "pack"
	ID   string `json:"id"`
	How  string `json:"how"` // "added", "removed", "changed" or "disabled"
	At   string `json:"at,omitempty"`
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	Why  string `json:"why,omitempty"` // the reason that an overlay gives
}

// String writes the change on one line.
func (c Change) String() string {
	s := fmt.Sprintf("%s %s %s", c.What, c.ID, c.How)
	if c.At != "" {
		s += fmt.Sprintf(": %s is %q, was %q", c.At, c.To, c.From)
	}
	if c.Why != "" {
		s += " (" + strings.TrimSuffix(c.Why, ".") + ")"
	}
	return s
}

// entry is one thing that can differ, as fields with texts in a fixed order.
type entry struct {
	what, id string
	fields   [][2]string
}

// Diff lists what differs from a to b, in the order of kinds and ids.
func Diff(a, b *Pack) []Change {
	from, to := a.entries(), b.entries()
	var out []Change
	find := func(list []entry, e entry) (entry, bool) {
		i := slices.IndexFunc(list, func(o entry) bool { return o.what == e.what && o.id == e.id })
		if i < 0 {
			return entry{}, false
		}
		return list[i], true
	}
	for _, e := range from {
		now, ok := find(to, e)
		if !ok {
			out = append(out, b.removal(e))
			continue
		}
		for i, f := range e.fields {
			if f[1] != now.fields[i][1] {
				out = append(out, Change{
					What: e.what, ID: e.id, How: "changed", At: f[0], From: f[1], To: now.fields[i][1],
					Why: b.whyChanged(e),
				})
			}
		}
	}
	for _, e := range to {
		if _, ok := find(from, e); !ok {
			out = append(out, Change{What: e.what, ID: e.id, How: "added"})
		}
	}
	slices.SortStableFunc(out, func(x, y Change) int {
		return cmp.Or(cmp.Compare(x.What, y.What), cmp.Compare(x.ID, y.ID))
	})
	return out
}

// removal says how something went that is not in p: removed, or switched off by an overlay.
func (p *Pack) removal(e entry) Change {
	c := Change{What: e.what, ID: e.id, How: "removed"}
	for _, part := range p.Parts {
		for _, d := range part.Disabled {
			if e.what == "rule" && e.id == d.Flag+" "+d.Of {
				c.How, c.Why = "disabled", d.Why
			}
		}
	}
	return c
}

// whyChanged returns what an overlay of p says about the parameter, "" for none.
func (p *Pack) whyChanged(e entry) string {
	for _, part := range p.Parts {
		for _, o := range part.Overrides {
			if e.what == "parameter" && e.id == o.Pack+"/"+o.Name {
				return o.Doc
			}
		}
	}
	return ""
}

func (p *Pack) entries() []entry {
	var out []entry
	for _, part := range p.Parts {
		out = append(out, entry{"pack", part.Name, [][2]string{
			{"version", part.Version}, {"licence", part.Licence}, {"extends", part.Extends},
		}})
		for _, k := range part.Parameters {
			out = append(out, entry{"parameter", part.Name + "/" + k.Name, [][2]string{
				{"value", strconv.FormatFloat(k.Value, 'g', -1, 64)}, {"unit", k.Unit},
			}})
		}
		for _, s := range part.Sets {
			out = append(out, entry{"set", part.Name + "/" + s.Name,
				[][2]string{{"values", strings.Join(s.Values, ", ")}}})
		}
		for _, in := range part.Instruments {
			for _, c := range in.Clauses {
				out = append(out, entry{"clause", in.ID + " " + c.Clause, [][2]string{
					{"from", c.From}, {"until", c.Until}, {"read", string(c.Read)}, {"kind", in.Kind},
				}})
			}
		}
		for _, m := range part.Modifiers {
			out = append(out, entry{"modifier", m.ID, [][2]string{
				{"when", condition(m.when)}, {"step", strconv.Itoa(m.Step)}, {"flags", strings.Join(m.Flags, ", ")},
			}})
		}
		for _, r := range part.Rules {
			out = append(out, r.entry())
		}
	}
	return out
}

func (r *Rule) entry() entry {
	d := r.describe()
	rests := make([]string, len(r.RestsOn))
	for i, g := range r.RestsOn {
		rests[i] = g.Name()
		if on := g.If(); on != "" {
			rests[i] += " if " + on
		}
	}
	var exempt []string
	for _, x := range r.Exempts {
		exempt = append(exempt, condition(x.on))
	}
	return entry{"rule", r.Flag + " " + r.Of, [][2]string{
		{"title", r.Title}, {"applies", d.Applies}, {"when", d.When}, {"exempt", strings.Join(exempt, "; ")},
		{"incomplete", strings.Join(d.Incomplete, "; ")}, {"severity", strings.Join(d.Severity, "; ")},
		{"confidence", d.Confidence}, {"sentence", strings.Join(d.Sentence, " / ")},
		{"rests_on", strings.Join(rests, "; ")},
	}}
}

// An Effect is what a change of pack means for one subject.
type Effect struct {
	Flag    string `json:"flag"`
	Kind    string `json:"kind"`
	Subject string `json:"subject"`
	Name    string `json:"name"`
	From    string `json:"from"` // a state, with the severity when raised: "raised high"
	To      string `json:"to"`
}

// DiffOn yields what would change between two packs on stored facts. A flag that a pack does
// not have for a subject counts as not raised.
func DiffOn(a, b *Pack, facts iter.Seq[*signal.Facts]) iter.Seq[Effect] {
	return func(yield func(Effect) bool) {
		for f := range facts {
			from, to := outcomes(a.Evaluate(f)), outcomes(b.Evaluate(f))
			flags := map[string]bool{}
			for flag := range from {
				flags[flag] = true
			}
			for flag := range to {
				flags[flag] = true
			}
			for _, flag := range slices.Sorted(maps.Keys(flags)) {
				x, y := cmp.Or(from[flag], NotRaised), cmp.Or(to[flag], NotRaised)
				if x != y && !yield(Effect{flag, f.Subject.Kind, f.Subject.ID, f.Subject.Name, x, y}) {
					return
				}
			}
		}
	}
}

func outcomes(results []Result) map[string]string {
	out := map[string]string{}
	for _, r := range results {
		out[r.Rule.Flag] = r.State
		if r.State == Raised {
			out[r.Rule.Flag] += " " + r.Finding.Severity
		}
	}
	return out
}
