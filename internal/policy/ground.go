package policy

import (
	"slices"

	"cel.dev/cel-go/common/types"
	"go.yaml.in/yaml/v3"

	"plimsoll/internal/finding"
)

// A Ground is a clause that a rule rests on, and when it is cited: always, or where a
// condition holds. A condition that is unclear cites nothing.
type Ground struct {
	Clause *Clause
	on     *expression // nil is always
	line   int
}

// Name is the instrument and the clause.
func (g Ground) Name() string { return g.Clause.instrument + " " + g.Clause.Clause }

// If returns the condition, "" for always.
func (g Ground) If() string { return condition(g.on) }

func (g Ground) finding() finding.Clause {
	c := g.Clause
	return finding.Clause{Instrument: c.instrument, Clause: c.Clause, Read: c.Read, Verified: c.Verified}
}

// grounds reads what the rule rests on: instruments with lists of clauses, or a list of such
// with conditions.
func (part *Part) grounds(r *reader, c *compiler, rule *Rule, m mapping) {
	n := m.at["rests_on"]
	if n == nil {
		r.fail(m.line, "rests_on is missing")
		return
	}
	if n.Kind != yaml.SequenceNode {
		part.cite(r, rule, n, nil)
	} else {
		for _, entry := range n.Content {
			e := r.mapping(entry, "if", "cite")
			if !e.has("cite") {
				r.fail(entry.Line, "cite is missing: name instruments and their clauses")
			}
			var on *expression
			if e.has("if") {
				on = part.compiled(r, c, rule.Of, e.at["if"], true, types.BoolType)
			}
			part.cite(r, rule, e.at["cite"], on)
		}
	}
	if len(rule.RestsOn) == 0 {
		r.fail(n.Line, "rests_on names no clause")
	}
}

func (part *Part) cite(r *reader, rule *Rule, n *yaml.Node, on *expression) {
	part.cited(r, n, func(c *Clause) { rule.RestsOn = append(rule.RestsOn, Ground{c, on, n.Line}) })
}

// cited calls found for each clause that a mapping from instruments to clauses names.
func (part *Part) cited(r *reader, n *yaml.Node, found func(*Clause)) {
	m := r.mapping(n)
	for _, id := range m.keys {
		for _, n := range r.items(m.at[id]) {
			clause := part.clauses[[2]string{id, r.text(n)}]
			if clause == nil {
				r.fail(n.Line, "the pack has no clause %q of instrument %q", r.text(n), id)
				return
			}
			found(clause)
		}
	}
}

// always returns what the rule cites whatever the subject.
func (rule *Rule) always() []finding.Clause {
	var out []finding.Clause
	for _, g := range rule.RestsOn {
		if c := g.finding(); g.on == nil && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// grounds returns what the rule cites for the subject at hand, in the order of the pack.
func (ev *evaluator) grounds(rule *Rule) []finding.Clause {
	if !slices.ContainsFunc(rule.RestsOn, func(g Ground) bool { return g.on != nil }) {
		return rule.cited
	}
	gaps, faults := len(ev.gaps), len(ev.faults)
	defer func() { ev.gaps, ev.faults = ev.gaps[:gaps], ev.faults[:faults] }()
	var out []finding.Clause
	for _, g := range rule.RestsOn {
		if c := g.finding(); ev.truth(g.on) == yes && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}
