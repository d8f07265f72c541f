package policy

import (
	"cmp"
	"fmt"
	"slices"

	"plimsoll/internal/signal"
)

// Settled reports whether bounds are enough: every rule for the subject says the same whatever the signals are that
// [signal.Facts.Pending] names, within what is known of them, and nothing is said that would show them. It may be
// called by several goroutines.
func (p *Pack) Settled(f *signal.Facts) bool {
	ev := p.pool.Get().(*evaluator)
	defer p.pool.Put(ev)
	if err := ev.start(f); err != nil {
		panic(fmt.Sprintf("policy: start evaluation: %v", err)) // only for an activation of the wrong type
	}
	defer ev.stop()
	for _, r := range p.byKind[cmp.Or(f.Kind, f.Subject.Kind)] {
		if !ev.settled(r) {
			return false
		}
	}
	return true
}

// settled is [Pack.Settled] for one rule.
func (ev *evaluator) settled(r *Rule) bool {
	if !slices.ContainsFunc(r.Signals, func(name string) bool { return ev.facts.Pending[name] }) {
		state, _, _ := ev.judge(r)
		return state != Raised && state != Exempt // such findings show whatever is known of the subject
	}
	ev.constants = r.part.constants
	ev.gaps, ev.faults, ev.toldOf = ev.gaps[:0], ev.faults[:0], -1
	switch ev.judgedTruth(r.applies) {
	case no:
		return true
	case unclear:
		return false // whether it is counted as one that applies
	}
	return ev.judgedTruth(r.when) == no && !slices.ContainsFunc(r.incomplete, func(g gap) bool {
		return ev.judgedTruth(g.on) != no
	})
}
