package policy

import (
	"cmp"
	"fmt"
	"slices"

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
	values    []ref.Val     // by slot: the known part
	parts     []ref.Val     // by slot: with what is unknown, where a part is
	extent    []extent      // by slot, once the value is there
	results   []ref.Val     // by program: over the known part
	judged    []ref.Val     // by program, where a value that it reads is known in part
	gaps      []int64       // ids of what was missing where it mattered
	faults    []string      // expressions that could not be evaluated for another reason
	told      []finding.Gap // of the rule at hand, see [evaluator.unknown]
	toldOf    int           // how many gaps told is made of; -1 before
	out       []Result      // scratch
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
	ev.frame, ev.facts, ev.constants, ev.told, ev.toldOf = nil, nil, nil, nil, -1
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
	ev.gaps, ev.faults, ev.toldOf = ev.gaps[:0], ev.faults[:0], -1
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
	named := ev.facts.Missing[d.Name]
	if gaps := slices.Concat(ev.facts.Gaps[d.Name], ev.facts.Inside[d.Name]); len(gaps) > 0 {
		named = slices.Clone(named)
		for _, g := range gaps {
			if g.Column != "" {
				named = append(named, g.Column)
			}
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
	if len(ev.facts.Gaps) == 0 && len(ev.facts.Inside) == 0 {
		return nil
	}
	if ev.toldOf == len(ev.gaps) {
		return ev.told
	}
	var names []string
	for _, id := range ev.gaps {
		if d := defOf(id); d != nil {
			names = append(names, d.Name)
		}
	}
	ev.told, ev.toldOf = gapsOf(ev.facts, unique(names)), len(ev.gaps)
	return ev.told
}

// gapsOf puts the gaps of several signals together.
func gapsOf(f *signal.Facts, names []string) []finding.Gap {
	var out []finding.Gap
	for _, name := range names {
		for _, g := range slices.Concat(f.Gaps[name], f.Inside[name]) {
			out = append(out, finding.Gap{
				Reason: string(g.Reason), Column: g.Column, What: g.What, Rows: g.Rows, Amount: round6(g.Amount),
				Unit: g.Unit,
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
			out = append(out, ev.exempted(r, why))
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
