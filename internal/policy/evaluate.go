package policy

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"

	"plimsoll/internal/finding"
	"plimsoll/internal/signal"
)

// A tri is the value of a condition in three-valued logic.
type tri int8

const (
	no tri = iota
	yes
	unclear
)

// An evaluator holds the values of one subject while its rules are judged. It resolves
// names for CEL: a missing signal is an unknown value, which CEL carries through its logic
// ("false && unknown" is false, "true && unknown" is unknown), so that one program serves
// subjects with and without gaps.
//
// A value of which a part is known is read in two ways. Conditions that decide whether a flag
// is raised are judged: they hold only if no completion of what is unknown could change that,
// and so they do not hold. What words a finding that is raised sees the known part alone.
type evaluator struct {
	facts     *signal.Facts
	constants map[string]constant
	frame     *interpreter.ExecutionFrame
	values    []ref.Val // by slot: the known part
	parts     []ref.Val // by slot: with what is unknown, where a part is
	extent    []extent  // by slot, once the value is there
	results   []ref.Val // by program: over the known part
	judged    []ref.Val // by program, where a value that it reads is known in part
	gaps      []int64   // ids of what was missing where it mattered
	faults    []string  // expressions that could not be evaluated for another reason
	out       []Result  // scratch
}

// An extent is how much of a value is known.
type extent uint8

const (
	full   extent = iota // or nothing
	ragged               // an element lacks a field, or has one that is known in part
	gapped               // the value is known in part
)

// unknowns are the values of missing signals and extras, by slot.
var unknowns = func() []*types.Unknown {
	out := make([]*types.Unknown, len(slots))
	for name, i := range slots {
		id := int64(i) + 1
		if i >= len(signal.Catalogue) {
			id = extraID
		}
		out[i] = unknown(id, name)
	}
	return out
}()

// extraID is the id of everything that only sentences name.
const extraID = 1 << 40

func newEvaluator(programs int) *evaluator {
	return &evaluator{
		values: make([]ref.Val, len(slots)), parts: make([]ref.Val, len(slots)), extent: make([]extent, len(slots)),
		results: make([]ref.Val, programs), judged: make([]ref.Val, programs),
	}
}

func (ev *evaluator) start(f *signal.Facts) error {
	ev.facts = f
	clear(ev.values)
	clear(ev.parts)
	clear(ev.extent)
	clear(ev.results)
	clear(ev.judged)
	var err error
	ev.frame, err = interpreter.NewExecutionFrame(ev)
	return err
}

func (ev *evaluator) stop() {
	ev.frame.Close()
	ev.frame, ev.facts, ev.constants = nil, nil, nil
}

// ResolveName implements the activation that CEL reads from.
func (ev *evaluator) ResolveName(name string) (any, bool) {
	i, ok := slots[name]
	if !ok {
		k, ok := ev.constants[name]
		return k.value, ok
	}
	return ev.value(i), true
}

// value returns what stands in a slot; a value that is absent or of another type than the
// catalogue says is unknown.
func (ev *evaluator) value(i int) ref.Val {
	if v := ev.values[i]; v != nil {
		return v
	}
	v := ref.Val(unknowns[i])
	if i >= len(signal.Catalogue) {
		if got := extra(extras[i-len(signal.Catalogue)].name, ev.facts); got != nil {
			v = got
		}
	} else if d := &signal.Catalogue[i]; ev.facts.Values != nil {
		known := ev.facts.Values[d.Name]
		if got, ok := convert(known, d.Type, shapes[d.Name]); ok {
			v, ev.extent[i] = got, ev.extentOf(d, known)
		}
	}
	ev.values[i] = v
	return v
}

// extentOf says how much of a value is known that is there.
func (ev *evaluator) extentOf(d *signal.Def, v any) extent {
	if len(ev.facts.Gaps[d.Name]) > 0 {
		return gapped
	}
	if _, ok := v.(signal.AtLeast); ok {
		return gapped
	}
	if d.Type == signal.Maps {
		s := shapes[d.Name]
		list, _ := entries(v)
		if slices.ContainsFunc(list, func(keys map[string]any) bool { return !s.whole(keys) }) {
			return ragged
		}
	}
	return full
}

// partial returns what stands in a slot, with what is unknown of it.
func (ev *evaluator) partial(i int) ref.Val {
	if v := ev.parts[i]; v != nil {
		return v
	}
	v := ev.value(i)
	if ev.extent[i] == gapped {
		d := &signal.Catalogue[i]
		v = part(ev.facts.Values[d.Name], d, ev.facts, unknowns[i])
	}
	ev.parts[i] = v
	return v
}

// extentIn returns the largest extent of the signals that an expression reads, gapped before
// ragged before full.
func (ev *evaluator) extentIn(e *expression) extent {
	most := full
	for _, i := range e.slots {
		ev.value(i)
		most = max(most, ev.extent[i])
	}
	return most
}

// Parent implements the activation: there is none.
func (ev *evaluator) Parent() interpreter.Activation { return nil }

// eval returns the value of an expression over the known part; each is computed once.
func (ev *evaluator) eval(e *expression) ref.Val {
	if v := ev.results[e.id]; v != nil {
		return v
	}
	var v ref.Val
	if e.term != nil && len(e.slots) > 0 && ev.extentIn(e) != full {
		r := reading{ev: ev, known: true}
		v = named(e, r.eval(e.term))
	} else {
		v = ev.run(e)
	}
	ev.results[e.id] = v
	return v
}

// run evaluates the program of CEL.
func (ev *evaluator) run(e *expression) ref.Val {
	v, _, err := e.program.Eval(ev.frame)
	if err != nil || v == nil {
		return types.WrapErr(fmt.Errorf("%q: %w", short(e.text), err))
	}
	return v
}

// named puts the text of the expression before an error.
func named(e *expression, v ref.Val) ref.Val {
	if err, ok := v.(*types.Err); ok {
		return types.WrapErr(fmt.Errorf("%q: %w", short(e.text), err))
	}
	return v
}

// judgement returns the value of an expression with all that is unknown: it is a value of CEL only
// if every completion of what is unknown gives this value.
func (ev *evaluator) judgement(e *expression) ref.Val {
	if ev.extentIn(e) == full {
		return ev.eval(e)
	}
	if v := ev.judged[e.id]; v != nil {
		return v
	}
	var v ref.Val
	if e.term != nil {
		r := reading{ev: ev}
		v = named(e, r.eval(e.term))
	} else {
		var from *types.Unknown
		for _, i := range e.slots {
			if ev.extent[i] != full {
				from = types.MergeUnknowns(from, unknowns[i])
			}
		}
		v = from
	}
	ev.judged[e.id] = v
	return v
}

// judgedTruth reads a condition that decides whether a flag is raised.
func (ev *evaluator) judgedTruth(e *expression) tri {
	if e == nil {
		return yes
	}
	return ev.read(ev.judgement(e))
}

// truth reads a condition over the known part. No condition is true.
func (ev *evaluator) truth(e *expression) tri {
	if e == nil {
		return yes
	}
	return ev.read(ev.eval(e))
}

// read turns the value of a condition into a tri, and notes what was missing.
func (ev *evaluator) read(v ref.Val) tri {
	switch v := v.(type) {
	case types.Bool:
		if v {
			return yes
		}
		return no
	case *types.Unknown:
		ev.gaps = append(ev.gaps, v.IDs()...)
	case *types.Err:
		ev.faults = append(ev.faults, v.Error())
	}
	return unclear
}

// judge returns the state of a rule, the columns missing, and the exemption that held.
func (ev *evaluator) judge(r *Rule) (state string, columns []string, why string) {
	ev.constants = r.part.constants
	ev.gaps, ev.faults = ev.gaps[:0], ev.faults[:0]
	applies := ev.judgedTruth(r.applies)
	if applies == no {
		return NotApplicable, nil, ""
	}
	when := ev.judgedTruth(r.when)
	if when == no {
		// What applies does not matter any more: the flag cannot be raised.
		ev.gaps, ev.faults = ev.gaps[:0], ev.faults[:0]
		for _, g := range r.incomplete {
			switch ev.judgedTruth(g.on) {
			case yes:
				columns, when = append(columns, g.columns...), unclear
			case unclear:
				when = unclear
			}
		}
		if when == no {
			return NotRaised, nil, ""
		}
	}
	for _, x := range r.Exempts {
		switch ev.judgedTruth(x.on) {
		case yes:
			if when == yes && applies == yes {
				return Exempt, nil, x.Why
			}
			return NotApplicable, nil, ""
		case unclear:
			when = unclear
		}
	}
	if when == yes && applies == yes {
		return Raised, nil, ""
	}
	return NotComputable, ev.missing(columns), ""
}

// missing names the columns behind the gaps, sorted, after those given.
func (ev *evaluator) missing(columns []string) []string {
	for _, id := range ev.gaps {
		columns = append(columns, ev.columns(id)...)
	}
	return unique(append(columns, ev.faults...))
}

// columns names what would settle the signal or field with an id.
func (ev *evaluator) columns(id int64) []string {
	if s := fieldOf[id]; s != nil {
		if column := s.fields[id-s.fields[0].id].column; column != "" {
			return []string{column}
		}
	}
	d := defOf(id)
	if d == nil {
		return nil
	}
	named := slices.Clone(ev.facts.Missing[d.Name])
	for _, g := range ev.facts.Gaps[d.Name] {
		if g.Column != "" {
			named = append(named, g.Column)
		}
	}
	switch {
	case len(named) > 0:
		return named
	case len(d.Columns) > 0:
		return d.Columns
	}
	return []string{d.Name}
}

// defOf finds the signal that an id stands for, by itself or as the one whose field it is.
func defOf(id int64) *signal.Def {
	if s := fieldOf[id]; s != nil {
		return &signal.Catalogue[slots[s.signal]]
	}
	if id < 1 || id > int64(len(signal.Catalogue)) {
		return nil
	}
	return &signal.Catalogue[id-1]
}

// unknown returns what is not known of the signals that were missing where it mattered.
func (ev *evaluator) unknown() []finding.Gap {
	if len(ev.facts.Gaps) == 0 {
		return nil
	}
	var names []string
	for _, id := range ev.gaps {
		if d := defOf(id); d != nil {
			names = append(names, d.Name)
		}
	}
	return gapsOf(ev.facts, unique(names))
}

// gapsOf puts the gaps of several signals together.
func gapsOf(f *signal.Facts, names []string) []finding.Gap {
	var out []finding.Gap
	for _, name := range names {
		for _, g := range f.Gaps[name] {
			out = append(out, finding.Gap{
				Reason: string(g.Reason), Column: g.Column, What: g.What, Rows: g.Rows, Amount: round6(g.Amount), Unit: g.Unit,
			})
		}
	}
	return finding.JoinGaps(out)
}

// Evaluate judges the rules for the subject's kind. It returns, in the order of the pack,
// what is raised, not computable or exempt; the rest needs no line and is only counted (see
// [Aggregator]).
func (p *Pack) Evaluate(f *signal.Facts) []Result { return p.evaluate(f, nil) }

func (p *Pack) evaluate(f *signal.Facts, a *Aggregator) []Result {
	ev := p.pool.Get().(*evaluator)
	defer p.pool.Put(ev)
	if err := ev.start(f); err != nil {
		panic(fmt.Sprintf("policy: start evaluation: %v", err)) // only for an activation of the wrong type
	}
	defer ev.stop()
	out := ev.out[:0]
	for _, r := range p.byKind[cmp.Or(f.Kind, f.Subject.Kind)] {
		state, columns, why := ev.judge(r)
		wide := state == NotComputable && runWide(f, columns, ev.unknown())
		if a != nil && a.note(ev, r, state, columns, wide) {
			continue
		}
		switch state {
		case Raised:
			out = append(out, ev.raise(r))
		case NotComputable:
			out = append(out, ev.cannot(r, columns, wide))
		case Exempt:
			out = append(out, Result{Rule: r, State: state, Why: why, Signals: r.Signals})
		}
	}
	lines := slices.Clone(out)
	clear(out) // the pool must not hold on to findings
	ev.out = out
	return lines
}

// runWide reports whether no subject of the run has the columns, and nothing else is unknown.
func runWide(f *signal.Facts, columns []string, gaps []finding.Gap) bool {
	for _, c := range columns {
		if !f.Absent[c] {
			return false
		}
	}
	return len(columns) > 0 && !slices.ContainsFunc(gaps, func(g finding.Gap) bool { return !g.Absent() })
}

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
	out.Finding.Sentence = cannotSentence(r, columns, out.Finding.Unknown)
	return out
}

// mostGaps is how many gaps a sentence names; the finding lists all.
const mostGaps = 3

// cannotSentence says what is not known, with its amounts, and which columns would settle it.
// Columns without a gap of their own are missing.
func cannotSentence(r *Rule, columns []string, gaps []finding.Gap) string {
	var why, settle []string
	others := 0
	for _, g := range gaps {
		if g.Absent() {
			continue
		}
		if len(why) < mostGaps {
			why = append(why, g.Words())
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
	return s + " Looked for: " + strings.TrimSuffix(lowerFirst(r.Title), ".") + "."
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
		Harm: r.Rights,
	}
	var partly []string
	for _, name := range r.Signals {
		i := slots[name]
		if _, missing := ev.value(i).(*types.Unknown); missing {
			continue
		}
		out.Finding.Values[name] = rounded(f.Values[name])
		if ev.extent[i] == gapped {
			out.Finding.Values[name] = finding.Partial{Known: rounded(f.Values[name]), Unknown: gapsOf(f, []string{name})}
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
		out.Finding.Hits, out.Finding.Path = f.Hits, f.Path
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
