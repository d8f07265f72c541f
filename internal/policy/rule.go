package policy

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/common/types"
	"go.yaml.in/yaml/v3"

	"plimsoll/internal/signal"
)

var (
	flagID   = regexp.MustCompile(`^[A-Z][A-Z0-9]{0,9}-[0-9]{1,4}$`)
	ruleKeys = []string{
		"flag", "title", "family", "subject", "applies", "when", "incomplete", "exempt", "severity", "confidence",
		"sentence", "show", "plot", "rests_on", "rights", "innocent", "ask", "given", "tests",
	}
)

// expression compiles the CEL text in a node and puts its errors at the right line.
func (part *Part) expression(r *reader, c *compiler, kind string, n *yaml.Node, want *types.Type) *expression {
	return part.compiled(r, c, kind, n, false, want)
}

// compiled is expression for what may also name the extras: wordings, severity and confidence.
func (part *Part) compiled(r *reader, c *compiler, kind string, n *yaml.Node, extras bool,
	want *types.Type) *expression {
	text := r.text(n)
	if r.err != nil {
		return nil
	}
	e, fault := c.compile(kind, text, extras, want)
	if fault != nil {
		r.fail(lineIn(n, fault.line), "%w", fault.err)
		return nil
	}
	return e
}

// lineIn maps a line inside a scalar to a line of the file.
func lineIn(n *yaml.Node, line int) int {
	if n.Style == yaml.LiteralStyle || n.Style == yaml.FoldedStyle {
		return n.Line + line
	}
	return n.Line + line - 1
}

func (part *Part) modifier(r *reader, c *compiler, n *yaml.Node) {
	m := r.mapping(n, "id", "title", "subject", "flags", "when", "step", "note")
	mod := Modifier{
		ID: r.needed(m, "id"), Title: r.needed(m, "title"), Of: r.needed(m, "subject"),
		Flags: r.texts(m.at["flags"]), Step: int(r.number(m.at["step"], "step")), Note: r.text(m.at["note"]),
	}
	r.neutral(m.at["title"])
	r.neutral(m.at["note"])
	for _, flag := range mod.Flags {
		if part.base != nil && !slices.ContainsFunc(part.Rules, func(r *Rule) bool { return r.Flag == flag }) {
			r.fail(m.lineOf("flags"), "modifier %s: %s is no rule of this pack", mod.ID, flag)
		}
	}
	if mod.Step != 1 && mod.Step != -1 {
		r.fail(m.lineOf("step"), "step must be 1 or -1: context moves a severity by one step at most")
	}
	if !slices.Contains(kinds, mod.Of) {
		r.fail(m.lineOf("subject"), "subject %q is not party, engagement or account", mod.Of)
	}
	if !m.has("when") {
		r.fail(n.Line, "modifier %s has no condition", mod.ID)
	}
	if r.err == nil {
		mod.when = part.expression(r, c, mod.Of, m.at["when"], types.BoolType)
	}
	part.Modifiers = append(part.Modifiers, mod)
}

func (part *Part) rule(r *reader, c *compiler, n *yaml.Node) {
	r.rule = "" // until its flag is known
	if flag := r.mapping(n).at["flag"]; flag != nil {
		r.rule = short(flag.Value)
	}
	m := r.mapping(n, ruleKeys...)
	rule := &Rule{part: part, file: r.file, line: n.Line}
	rule.Flag = r.needed(m, "flag")
	rule.Title = r.needed(m, "title")
	rule.Family = r.needed(m, "family")
	rule.Of = r.needed(m, "subject")
	switch {
	case r.err != nil:
		return
	case !flagID.MatchString(rule.Flag):
		r.fail(m.lineOf("flag"), "flag %q is not written like RF-11", rule.Flag)
	case len(rule.Family) != 1 || rule.Family < "A" || rule.Family > "F":
		r.fail(m.lineOf("family"), "family %q is not a letter from A to F", rule.Family)
	case !slices.Contains(kinds, rule.Of):
		r.fail(m.lineOf("subject"), "subject %q is not party, engagement or account", rule.Of)
	case !m.has("when"):
		r.fail(n.Line, "when is missing")
	}
	for _, other := range part.Rules {
		if other.Flag == rule.Flag && other.Of == rule.Of {
			r.fail(n.Line, "a rule for a %s stands already at %s:%d", rule.Of, other.file, other.line)
		}
	}
	if r.err != nil {
		return
	}
	rule.Innocent = r.texts(m.at["innocent"])
	rule.Ask = r.texts(m.at["ask"])
	for _, key := range []string{"title", "innocent", "ask", "rights"} {
		r.neutral(m.at[key])
	}
	if len(rule.Innocent) == 0 {
		r.fail(n.Line, "innocent is missing: a flag names the innocent explanations that are known")
	}
	part.logic(r, c, rule, m)
	part.grounds(r, c, rule, m)
	part.rights(r, c, rule, m.at["rights"])
	part.display(r, rule, m)
	part.saying(r, c, rule, m.at["sentence"], n.Line)
	if r.err != nil {
		return
	}
	rule.collect()
	part.Rules = append(part.Rules, rule)
	rule.trials(r, m)
}

// logic reads the conditions, the severity ladder and the confidence.
func (part *Part) logic(r *reader, c *compiler, rule *Rule, m mapping) {
	if m.has("applies") {
		rule.applies = part.expression(r, c, rule.Of, m.at["applies"], types.BoolType)
	}
	rule.when = part.expression(r, c, rule.Of, m.at["when"], types.BoolType)
	for _, n := range r.items(m.at["incomplete"]) {
		g := r.mapping(n, "if", "missing")
		r.needed(g, "if")
		gap := gap{on: part.expression(r, c, rule.Of, g.at["if"], types.BoolType), columns: r.texts(g.at["missing"])}
		if len(gap.columns) == 0 {
			r.fail(n.Line, "missing is missing: name the columns")
		}
		rule.incomplete = append(rule.incomplete, gap)
	}
	for _, n := range r.items(m.at["exempt"]) {
		x := r.mapping(n, "if", "why")
		r.needed(x, "if")
		r.neutral(x.at["why"])
		rule.Exempts = append(rule.Exempts, Exemption{
			Why: r.needed(x, "why"), on: part.expression(r, c, rule.Of, x.at["if"], types.BoolType), line: n.Line,
		})
	}
	part.ladder(r, c, rule, m)
	if !m.has("confidence") {
		r.fail(m.line, "confidence is missing")
		return
	}
	n := m.at["confidence"]
	text := r.text(n)
	if number := regexp.MustCompile(`^[01]$`); number.MatchString(text) {
		text += ".0"
	}
	e, fault := c.compile(rule.Of, text, true, types.DoubleType)
	if fault != nil {
		r.fail(lineIn(n, fault.line), "confidence: %w", fault.err)
		return
	}
	rule.confidence = e
}

// ladder reads severity: one word, or steps of which the last has no condition.
func (part *Part) ladder(r *reader, c *compiler, rule *Rule, m mapping) {
	steps := r.items(m.at["severity"])
	if len(steps) == 0 {
		r.fail(m.line, "severity is missing")
	}
	for i, n := range steps {
		step := rung{line: n.Line}
		if n.Kind == yaml.ScalarNode {
			step.is = r.text(n)
		} else {
			s := r.mapping(n, "if", "severity")
			step.is = r.needed(s, "severity")
			if s.has("if") {
				step.on = part.compiled(r, c, rule.Of, s.at["if"], true, types.BoolType)
			}
		}
		last := i == len(steps)-1
		switch {
		case !slices.Contains(severities, step.is):
			r.fail(n.Line, "severity %q is not critical, high, medium or low", step.is)
		case last && step.on != nil:
			r.fail(n.Line, "the last step of the severity must have no condition")
		case !last && step.on == nil:
			r.fail(n.Line, "steps after one without a condition are never reached")
		}
		rule.severity = append(rule.severity, step)
	}
}

func (part *Part) display(r *reader, rule *Rule, m mapping) {
	rule.Show = r.texts(m.at["show"])
	for _, name := range rule.Show {
		if i, ok := slots[name]; !ok || i >= len(signal.Catalogue) || signal.Catalogue[i].Of != rule.Of {
			r.fail(m.lineOf("show"), "there is no signal %q for a %s", name, rule.Of)
		}
	}
	for _, n := range r.items(m.at["plot"]) {
		p := r.mapping(n, "measure", "limit", "label")
		r.neutral(p.at["label"])
		plot := Plot{Measure: r.needed(p, "measure"), Param: r.text(p.at["limit"]), Label: r.text(p.at["label"])}
		if _, ok := part.constants["param."+plot.Param]; !ok && plot.Param != "" {
			r.fail(p.lineOf("limit"), "there is no parameter %q", plot.Param)
		}
		rule.Plots = append(rule.Plots, plot)
	}
}

// saying reads the sentence: one text, or wordings of which the last has no condition.
func (part *Part) saying(r *reader, c *compiler, rule *Rule, n *yaml.Node, line int) {
	if n == nil {
		r.fail(line, "sentence is missing")
		return
	}
	steps := r.items(n)
	for i, n := range steps {
		s, words := saying{line: n.Line}, n
		if n.Kind == yaml.MappingNode {
			m := r.mapping(n, "if", "say")
			if m.has("if") {
				s.on = part.compiled(r, c, rule.Of, m.at["if"], true, types.BoolType)
			}
			if words = m.at["say"]; words == nil {
				r.fail(n.Line, "say is missing")
				return
			}
		}
		text := r.text(words)
		r.neutral(words)
		if last := i == len(steps)-1; last != (s.on == nil) {
			r.fail(n.Line, "of several wordings all but the last must have a condition")
		}
		t, err := parseTemplate(text, func(text string) (*expression, error) {
			e, fault := c.compile(rule.Of, text, true, nil)
			if fault != nil {
				return nil, fault.err
			}
			return e, nil
		})
		if err == nil && text == "" {
			err = errors.New("it is empty")
		}
		if err != nil && r.err == nil {
			r.fail(words.Line, "sentence: %w", err)
		}
		s.text = t
		rule.sentence = append(rule.sentence, s)
	}
}

// collect notes which signals and parameters the rule names anywhere.
func (rule *Rule) collect() {
	all := []*expression{rule.applies, rule.when, rule.confidence}
	for _, s := range rule.severity {
		all = append(all, s.on)
	}
	for _, g := range rule.incomplete {
		all = append(all, g.on)
	}
	for _, x := range rule.Exempts {
		all = append(all, x.on)
	}
	for _, s := range rule.sentence {
		all = append(all, s.on)
		all = append(all, s.text.expressions()...)
	}
	for _, g := range rule.RestsOn {
		all = append(all, g.on)
	}
	for _, h := range rule.Rights {
		all = append(all, h.on)
	}
	rule.Signals = slices.Clone(rule.Show)
	for _, e := range all {
		if e != nil {
			rule.Signals = append(rule.Signals, e.signals...)
			rule.Params = append(rule.Params, e.params...)
		}
	}
	for _, p := range rule.Plots {
		if p.Param != "" {
			rule.Params = append(rule.Params, p.Param)
		}
	}
	rule.Signals, rule.Params = unique(rule.Signals), unique(rule.Params)
}

// condition returns the text of an expression on one line, "" for none.
func condition(e *expression) string {
	if e == nil {
		return ""
	}
	return strings.Join(strings.Fields(cmp.Or(e.text, "")), " ")
}
