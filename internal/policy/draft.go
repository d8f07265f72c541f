package policy

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/common/types"

	"plimsoll/internal/finding"
	"plimsoll/internal/signal"
)

func (ev *evaluator) raise(r *Rule) Result {
	out := ev.draft(r, Raised)
	ev.gaps, ev.faults = ev.gaps[:0], ev.faults[:0]
	severity := ev.severity(r)
	severity, context := ev.modify(r, severity)
	if len(context) > 0 {
		out.Finding.Values["context"] = context
	}
	out.Finding.Severity = severity
	out.Finding.Confidence = ev.confidence(r)
	out.Finding.Missing = ev.missing(nil)
	out.Finding.Sentence = ev.sentence(r)
	return out
}

func (ev *evaluator) cannot(r *Rule, columns []string, wide bool) Result {
	out := ev.draft(r, NotComputable)
	out.RunWide = wide
	out.Finding.Severity = r.severity[len(r.severity)-1].is
	out.Finding.Missing = columns
	out.Finding.Unknown = ev.unknown()
	out.Finding.Sentence = Cannot(r.Title, columns, out.Finding.Unknown)
	return out
}

// exempted is what a reader needs to check an exemption: whom it is about and the values read.
func (ev *evaluator) exempted(r *Rule, why string) Result {
	out := ev.draft(r, Exempt)
	out.Why, out.Finding.Series, out.Finding.Claims = why, nil, nil
	return out
}

// mostGaps is how many gaps a sentence names; the finding lists all.
const mostGaps = 3

// Cannot is the sentence of a finding that is not computable: what is not known, with its
// amounts, and which columns would settle it. Columns without a gap of their own are missing;
// title is that of the rule.
func Cannot(title string, columns []string, gaps []finding.Gap) string {
	var why, settle []string
	others := 0
	for _, g := range gaps {
		if g.Absent() {
			continue
		}
		if words := g.Words(); slices.Contains(why, words) {
			// Another column of the same table, of which no row is there: the words say it once.
		} else if len(why) < mostGaps {
			why = append(why, words)
		} else {
			others++
		}
		if g.Column != "" {
			settle = append(settle, g.Column)
		}
	}
	settle = unique(settle)
	if others > 0 {
		why = append(why, fmt.Sprintf("%d more of the kind", others))
	}
	var missing []string
	for _, c := range columns {
		if !slices.Contains(settle, c) {
			missing = append(missing, c)
		}
	}
	switch {
	case len(missing) == 1:
		why = append(why, missing[0]+" is missing")
	case len(missing) > 1:
		why = append(why, strings.Join(missing, ", ")+" are missing")
	}
	s := "Whether this flag would be raised cannot be computed: " + strings.Join(why, "; ") + "."
	if len(settle) > 0 {
		s += " To settle it: " + strings.Join(settle, ", ") + "."
	}
	return s + " Looked for: " + strings.TrimSuffix(lowerFirst(title), ".") + "."
}

func lowerFirst(s string) string {
	if len(s) > 1 && s[0] >= 'A' && s[0] <= 'Z' && (s[1] < 'A' || s[1] > 'Z') {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}

// severity walks the ladder. A rung whose condition is unclear is passed over, and what it
// lacked is named in the finding.
func (ev *evaluator) severity(r *Rule) string {
	for _, step := range r.severity {
		if ev.truth(step.on) == yes {
			return step.is
		}
	}
	return r.severity[len(r.severity)-1].is
}

// severities from the worst, as finding.Rank orders them.
var severities = []string{"critical", "high", "medium", "low"}

// modify moves a severity by the modifiers that hold, one step at most in all.
func (ev *evaluator) modify(r *Rule, severity string) (string, []string) {
	steps := 0
	var held []string
	gaps, faults := len(ev.gaps), len(ev.faults)
	for _, m := range r.part.Modifiers {
		if m.Of == r.Of && slices.Contains(m.Flags, r.Flag) && ev.truth(m.when) == yes {
			steps += m.Step
			held = append(held, m.ID)
		}
	}
	// Context that is missing changes nothing and is no gap of the finding.
	ev.gaps, ev.faults = ev.gaps[:gaps], ev.faults[:faults]
	at := finding.Rank(severity) - max(-1, min(1, steps))
	return severities[max(0, min(len(severities)-1, at))], held
}

func (ev *evaluator) confidence(r *Rule) float64 {
	switch v := ev.eval(r.confidence).(type) {
	case types.Double:
		return math.Round(max(0, min(1, float64(v)))*100) / 100
	case *types.Unknown:
		ev.gaps = append(ev.gaps, v.IDs()...)
	}
	return 0.5
}

func (ev *evaluator) sentence(r *Rule) string {
	gaps, faults := len(ev.gaps), len(ev.faults)
	defer func() { ev.gaps, ev.faults = ev.gaps[:gaps], ev.faults[:faults] }()
	for i, s := range r.sentence {
		if ev.truth(s.on) == yes || i == len(r.sentence)-1 {
			var b strings.Builder
			s.text.write(&b, ev)
			text := b.String()
			if strings.HasPrefix(text, atLeast) || strings.HasPrefix(text, atMost) {
				text = "A" + text[1:]
			}
			return text
		}
	}
	return ""
}

const (
	atLeast = "at least "
	atMost  = "at most "
)

// say writes a value of a sentence. A number of which a part is not known is written as what it
// is at least, or at most.
func (ev *evaluator) say(p piece) (string, bool) {
	known := ev.eval(p.value)
	s, ok := p.say(known)
	if ev.extentIn(p.value) == full {
		return s, ok
	}
	v := ev.judgement(p.value)
	if t := p.value.term; t != nil && t.op == opCall && t.name == "shares" && !whole(v) {
		r := reading{ev: ev}
		v, p.say = r.eval(t.args[0]), percent
		known = nil
	}
	part, partly := v.(*span)
	if !partly {
		return s, ok
	}
	prefix, bound := atLeast, part.least
	if n, isNumber := number(known); math.IsInf(bound, 0) || isNumber && n == part.most {
		prefix, bound = atMost, part.most
	}
	if math.IsInf(bound, 0) {
		return "", false
	}
	s, ok = p.say(types.Double(bound))
	return prefix + s, ok
}

// kindOf is the kind of the subject as ids count it: judged by the rules for another kind it
// must not share the id of a finding by the rules for its own.
func kindOf(f *signal.Facts) string {
	if f.Kind != "" && f.Kind != f.Subject.Kind {
		return f.Subject.Kind + "/" + f.Kind
	}
	return f.Subject.Kind
}

// draft fills what every finding of the rule carries.
func (ev *evaluator) draft(r *Rule, state string) Result {
	f := ev.facts
	out := Result{Rule: r, State: state, Signals: r.Signals}
	out.Finding = finding.Finding{
		ID: finding.NewID(r.Flag, kindOf(f), f.Subject.ID), Flag: r.Flag, State: state, Title: r.Title,
		Subject: f.Subject, Engagement: f.Engagements, Accounts: f.Accounts,
		Values: map[string]any{}, Threshold: map[string]float64{},
		Innocent: r.Innocent, Ask: r.Ask, Pack: r.part.Name, Version: r.part.Version, RestsOn: ev.grounds(r),
		Harm: ev.harm(r), Overlays: r.part.overlays,
	}
	var partly []string
	for _, name := range r.Signals {
		i := slots[name]
		if _, missing := ev.value(i).(*types.Unknown); missing {
			continue
		}
		out.Finding.Values[name] = rounded(shown(f.Values[name]))
		if ev.extent[i] == gapped {
			out.Finding.Values[name] = finding.Partial{Known: rounded(shown(f.Values[name])),
				Unknown: gapsOf(f, []string{name})}
			partly = append(partly, name)
		}
	}
	if state == Raised {
		out.Finding.Unknown = gapsOf(f, partly)
	}
	for _, name := range r.Params {
		if c, ok := r.part.constants["param."+name].value.(types.Double); ok {
			out.Finding.Threshold[name] = float64(c)
		}
	}
	if f.Period[0] != "" && f.Period[1] != "" {
		out.Finding.Period = []string{f.Period[0], f.Period[1]}
	}
	if r.reads("party.listed_") {
		out.Finding.Hits, out.Finding.Path, out.Finding.Further = f.Hits, f.Path, f.Further
	}
	if r.reads("party.claims") {
		out.Finding.Claims = f.Claims
	}
	out.Finding.Series = r.series(f)
	return out
}

func (r *Rule) reads(prefix string) bool {
	return slices.ContainsFunc(r.Signals, func(s string) bool { return strings.HasPrefix(s, prefix) })
}

// series picks the plots of the rule and draws its parameter as their limit.
func (r *Rule) series(f *signal.Facts) []finding.Series {
	var out []finding.Series
	for _, p := range r.Plots {
		for _, s := range f.Series {
			if !strings.HasPrefix(s.Measure, p.Measure) {
				continue
			}
			if c, ok := r.part.constants["param."+p.Param].value.(types.Double); ok {
				s.Limit, s.Label = float64(c), p.Label
			}
			out = append(out, s)
		}
	}
	return out
}

// mostElements is how many elements of a list signal a finding shows; the first come first.
const mostElements = 5

// shown returns what a finding shows of a value: of a long list of elements the first.
func shown(v any) any {
	if list, ok := v.([]map[string]any); ok && len(list) > mostElements {
		return list[:mostElements]
	}
	return v
}

// rounded returns a copy of a value with every float at six significant digits, so that
// the order in which a database adds numbers does not show.
func rounded(v any) any {
	switch v := v.(type) {
	case signal.AtLeast:
		return finding.Partial{Known: rounded(float64(v))}
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil // one key of an element; it counts as missing
		}
		return round6(v)
	case []float64:
		out := make([]float64, len(v))
		for i, f := range v {
			out[i] = round6(f)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = rounded(e)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = rounded(e)
		}
		return out
	case []map[string]any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = rounded(e)
		}
		return out
	case []string:
		if v == nil {
			return []string{}
		}
	}
	return v
}

func round6(f float64) float64 {
	r, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'g', 6, 64), 64)
	return r
}
