package policy

import (
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
type evaluator struct {
	facts     *signal.Facts
	constants map[string]constant
	frame     *interpreter.ExecutionFrame
	values    []ref.Val // by slot
	results   []ref.Val // by program
	gaps      []int64   // ids of what was missing where it mattered
	faults    []string  // expressions that could not be evaluated for another reason
	out       []Result  // scratch
}

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
	return &evaluator{values: make([]ref.Val, len(slots)), results: make([]ref.Val, programs)}
}

func (ev *evaluator) start(f *signal.Facts) error {
	ev.facts = f
	clear(ev.values)
	clear(ev.results)
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
		if got, ok := convert(ev.facts.Values[d.Name], d.Type, shapes[d.Name]); ok {
			v = got
		}
	}
	ev.values[i] = v
	return v
}

// Parent implements the activation: there is none.
func (ev *evaluator) Parent() interpreter.Activation { return nil }

// eval returns the value of an expression for the subject; each is computed once.
func (ev *evaluator) eval(e *expression) ref.Val {
	if v := ev.results[e.id]; v != nil {
		return v
	}
	v, _, err := e.program.Eval(ev.frame)
	if err != nil || v == nil {
		v = types.WrapErr(fmt.Errorf("%q: %w", short(e.text), err))
	}
	ev.results[e.id] = v
	return v
}

// truth reads a condition and notes what was missing. No condition is true.
func (ev *evaluator) truth(e *expression) tri {
	if e == nil {
		return yes
	}
	switch v := ev.eval(e).(type) {
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
	applies := ev.truth(r.applies)
	if applies == no {
		return NotApplicable, nil, ""
	}
	when := ev.truth(r.when)
	if when == no {
		// What applies does not matter any more: the flag cannot be raised.
		ev.gaps, ev.faults = ev.gaps[:0], ev.faults[:0]
		for _, g := range r.incomplete {
			switch ev.truth(g.on) {
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
		switch ev.truth(x.on) {
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

func (ev *evaluator) columns(id int64) []string {
	if id >= 1 && id <= int64(len(signal.Catalogue)) {
		d := &signal.Catalogue[id-1]
		switch named := ev.facts.Missing[d.Name]; {
		case len(named) > 0:
			return named
		case len(d.Columns) > 0:
			return d.Columns
		}
		return []string{d.Name}
	}
	for _, s := range shapes {
		if first := s.fields[0].id; id < first || id >= first+int64(len(s.fields)) {
			continue
		}
		if column := s.fields[id-s.fields[0].id].column; column != "" {
			return []string{column}
		}
		return signal.Catalogue[slots[s.signal]].Columns
	}
	return nil
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
	for _, r := range p.byKind[f.Subject.Kind] {
		state, columns, why := ev.judge(r)
		wide := state == NotComputable && runWide(f, columns)
		if a != nil && a.note(r, state, columns, wide) {
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

// runWide reports whether no subject of the run has the columns.
func runWide(f *signal.Facts, columns []string) bool {
	for _, c := range columns {
		if !f.Absent[c] {
			return false
		}
	}
	return len(columns) > 0
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
	out.Finding.Sentence = cannotSentence(r, columns)
	return out
}

func cannotSentence(r *Rule, columns []string) string {
	verb := "is"
	if len(columns) > 1 {
		verb = "are"
	}
	return fmt.Sprintf("Whether this flag would be raised cannot be computed: %s %s missing. Looked for: %s.",
		strings.Join(columns, ", "), verb, strings.TrimSuffix(lowerFirst(r.Title), "."))
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
			return b.String()
		}
	}
	return ""
}

// draft fills what every finding of the rule carries.
func (ev *evaluator) draft(r *Rule, state string) Result {
	f := ev.facts
	out := Result{Rule: r, State: state, Signals: r.Signals}
	out.Finding = finding.Finding{
		ID: finding.NewID(r.Flag, f.Subject.Kind, f.Subject.ID), Flag: r.Flag, State: state, Title: r.Title,
		Subject: f.Subject, Engagement: f.Engagements, Accounts: f.Accounts,
		Values: map[string]any{}, Threshold: map[string]float64{},
		Innocent: r.Innocent, Ask: r.Ask, Pack: r.part.Name, Version: r.part.Version, RestsOn: ev.grounds(r),
		Harm: r.Rights, Overlays: r.part.overlays,
	}
	for _, name := range r.Signals {
		if _, missing := ev.value(slots[name]).(*types.Unknown); !missing {
			out.Finding.Values[name] = rounded(f.Values[name])
		}
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
