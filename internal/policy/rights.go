package policy

import (
	"slices"

	"cel.dev/cel-go/common/types"
	"go.yaml.in/yaml/v3"

	"plimsoll/internal/finding"
)

// A Right says whose rights a rule may be about, always or where a condition holds: the first
// that holds is shown. A condition that is unclear shows nothing, since it may not hold.
type Right struct {
	Harm finding.Harm
	on   *expression // nil is always
	line int
}

// If returns the condition, "" for always.
func (h Right) If() string { return condition(h.on) }

// rights reads whose rights a rule is about: a text, a mapping, or a list of mappings with
// conditions. A mapping names whose rights they are or says in a note why that is not known.
func (part *Part) rights(r *reader, c *compiler, rule *Rule, n *yaml.Node) {
	if n == nil {
		return
	}
	if n.Kind == yaml.ScalarNode {
		rule.Rights = []Right{{Harm: finding.Harm{Who: r.text(n)}, line: n.Line}}
		return
	}
	steps := r.items(n)
	for i, s := range steps {
		m := r.mapping(s, "if", "who", "cite", "how_many", "undone", "note")
		h := Right{line: s.Line, Harm: finding.Harm{
			Who: r.text(m.at["who"]), HowMany: r.text(m.at["how_many"]), Undone: r.text(m.at["undone"]),
			Note: r.text(m.at["note"]),
		}}
		switch {
		case r.err != nil:
			return
		case h.Harm.Who == "" && h.Harm.Note == "":
			r.fail(s.Line, "rights name nobody: give who, or a note on why that cannot be said")
		case h.Harm.Who == "" && (m.has("cite") || h.Harm.HowMany != "" || h.Harm.Undone != ""):
			r.fail(s.Line, "rights name nobody: who is missing")
		case i < len(steps)-1 && !m.has("if"):
			r.fail(s.Line, "steps after one without a condition are never reached")
		}
		if m.has("if") {
			h.on = part.compiled(r, c, rule.Of, m.at["if"], true, types.BoolType)
		}
		if m.has("cite") {
			h.Harm.Rights = part.clausesAt(r, m.at["cite"])
		}
		rule.Rights = append(rule.Rights, h)
	}
}

// clausesAt reads instruments with lists of clauses, as findings show them.
func (part *Part) clausesAt(r *reader, n *yaml.Node) []finding.Clause {
	var out []finding.Clause
	part.cited(r, n, func(c *Clause) {
		if f := (Ground{Clause: c}).finding(); !slices.Contains(out, f) {
			out = append(out, f)
		}
	})
	return out
}

// harm returns what the rule says about whose rights may be touched, for the subject at hand.
func (ev *evaluator) harm(rule *Rule) finding.Harm {
	gaps, faults := len(ev.gaps), len(ev.faults)
	defer func() { ev.gaps, ev.faults = ev.gaps[:gaps], ev.faults[:faults] }()
	if i := ev.right(rule); i >= 0 {
		return rule.Rights[i].Harm
	}
	return finding.Harm{}
}

// right returns the step of the rights that holds for the subject at hand, -1 for none.
func (ev *evaluator) right(rule *Rule) int {
	return slices.IndexFunc(rule.Rights, func(h Right) bool { return ev.truth(h.on) == yes })
}

// anyHarm is what a rule says whatever the subject.
func (rule *Rule) anyHarm() finding.Harm {
	for _, h := range rule.Rights {
		if h.on == nil {
			return h.Harm
		}
	}
	return finding.Harm{}
}
