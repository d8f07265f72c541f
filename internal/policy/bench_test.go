package policy

import (
	"testing"

	"plimsoll/internal/signal"
)

// go test -bench Evaluate -benchtime 2s ./internal/policy
//
// The unit is rule evaluations a second on one core; the floor of the house is 200,000.
func BenchmarkEvaluate(b *testing.B) {
	p := builtin(b)
	for _, bb := range []struct {
		name string
		kind string
		keep func(trial Trial) bool
		gaps bool
	}{
		{"kind=engagement/facts=tests", signal.OfEngagement, func(Trial) bool { return true }, false},
		{"kind=party/facts=tests", signal.OfParty, func(Trial) bool { return true }, false},
		{"kind=party/facts=quiet", signal.OfParty, func(t Trial) bool { return t.Want == NotRaised }, false},
		{"kind=party/facts=none", signal.OfParty, func(t Trial) bool { return t.Want == NotRaised }, true},
	} {
		b.Run(bb.name, func(b *testing.B) {
			// Each subject has the facts of one test of every rule, so that all its rules have values.
			var subjects []*signal.Facts
			for i := range 8 {
				var f *signal.Facts
				for _, r := range p.Rules(bb.kind) {
					var kept []*Trial
					for j := range r.Trials {
						if bb.keep(r.Trials[j]) {
							kept = append(kept, &r.Trials[j])
						}
					}
					if f == nil {
						f = kept[0].subject(r)
						f.Values = map[string]any{}
						f.Absent = map[string]bool{}
					}
					for k, v := range kept[i%len(kept)].Facts {
						f.Values[k] = v
					}
				}
				if bb.gaps {
					f.Values = map[string]any{}
					for _, d := range signal.Catalogue {
						f.Absent[d.Name] = true
						for _, c := range d.Columns {
							f.Absent[c] = true
						}
					}
				}
				subjects = append(subjects, f)
			}
			a := p.NewAggregator()
			rules := len(p.Rules(bb.kind))
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				a.Evaluate(subjects[n%len(subjects)])
				n++
			}
			b.ReportMetric(float64(n*rules)/b.Elapsed().Seconds(), "rules/s")
		})
	}
}

// go test -bench Load ./internal/policy
func BenchmarkLoadBuiltin(b *testing.B) {
	for b.Loop() {
		builtin(b)
	}
}
