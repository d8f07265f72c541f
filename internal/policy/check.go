package policy

import (
	"fmt"
	"slices"
)

// A Fault is something in a pack that loads and is not sound: it would not be noticed in a run.
type Fault struct {
	File string
	Line int
	Flag string // "" when it is no rule
	Why  string
}

func (f Fault) String() string {
	if f.Flag == "" {
		return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Why)
	}
	return fmt.Sprintf("%s:%d: rule %s: %s", f.File, f.Line, f.Flag, f.Why)
}

// Check returns what is not sound in the packs that were named: parameters that nothing reads,
// rules without tests, and steps of a severity, a sentence, the rights, exemptions and conditional
// clauses that no test reaches. A pack that
// was loaded only because another extends it is its own author's to check. The error is for a
// test that could not be run.
func (p *Pack) Check() ([]Fault, error) {
	var out []Fault
	for _, part := range p.Parts {
		if part.implied {
			continue
		}
		for _, k := range part.Parameters {
			if !part.reads[k.Name] {
				out = append(out, Fault{File: k.file, Line: k.line, Why: fmt.Sprintf("nothing reads parameter %s",
					k.Name)})
			}
		}
		for _, o := range part.Overrides {
			if !slices.ContainsFunc(p.Rules(""), func(r *Rule) bool {
				return slices.Contains(r.Params, o.Name) &&
					r.part.isOrExtends(o.Pack)
			}) {
				out = append(out, Fault{File: o.file, Line: o.line, Why: fmt.Sprintf(
					"nothing reads parameter %s of %s any more: the rules that do are switched off", o.Name, o.Pack)})
			}
		}
		for _, rule := range part.Rules {
			faults, err := p.steps(rule.asWritten())
			if err != nil {
				return nil, fmt.Errorf("test rule %s: %w", rule.Flag, err)
			}
			out = append(out, faults...)
		}
	}
	return out, nil
}

// isOrExtends reports whether a part has a name, or extends one that has.
func (part *Part) isOrExtends(name string) bool {
	return part.Name == name || slices.ContainsFunc(part.chain(), func(p *Part) bool { return p.Name == name })
}

// steps runs the tests of a rule and names the steps that none of them takes.
func (p *Pack) steps(rule *Rule) ([]Fault, error) {
	fault := func(line int, format string, args ...any) Fault {
		return Fault{rule.file, line, rule.Flag, fmt.Sprintf(format, args...)}
	}
	if len(rule.Trials) == 0 {
		return []Fault{fault(rule.line, "it has no tests")}, nil
	}
	severity, wording := make([]bool, len(rule.severity)), make([]bool, len(rule.sentence))
	exempt, right, ground := make([]bool, len(rule.Exempts)), make([]bool, len(rule.Rights)),
		make([]bool, len(rule.RestsOn))
	for i := range rule.Trials {
		got, err := p.outcome(rule, rule.Trials[i].subject(rule))
		if err != nil {
			return nil, err
		}
		if got.state == Raised {
			severity[got.severity], wording[got.wording] = true, true
		}
		if got.exempt >= 0 {
			exempt[got.exempt] = true
		}
		if got.right >= 0 {
			right[got.right] = true
		}
		for _, i := range got.grounds {
			ground[i] = true
		}
	}
	var out []Fault
	for i, reached := range severity {
		if !reached {
			out = append(out, fault(rule.severity[i].line, "no test reaches step %d of the severity (%s)", i+1,
				rule.severity[i].is))
		}
	}
	for i, reached := range wording {
		if !reached {
			out = append(out, fault(rule.sentence[i].line, "no test reaches wording %d of the sentence", i+1))
		}
	}
	for i, reached := range exempt {
		if !reached {
			out = append(out, fault(rule.Exempts[i].line, "no test reaches exemption %d (%s)", i+1,
				rule.Exempts[i].Why))
		}
	}
	for i, reached := range right {
		if !reached {
			out = append(out, fault(rule.Rights[i].line, "no test reaches step %d of the rights", i+1))
		}
	}
	for i, reached := range ground {
		if g := rule.RestsOn[i]; !reached && g.on != nil {
			out = append(out, fault(g.line, "no test cites %s", g.Name()))
		}
	}
	return out, nil
}
