package policy

import (
	"strings"
	"testing"

	"plimsoll/internal/finding"
	"plimsoll/internal/signal"
)

// go test -fuzz FuzzParse -fuzztime 30s -fuzzminimizetime 5x ./internal/policy
//
// FuzzParse: a pack loads whole or not at all, errors name the file, and what loads can be
// described, tested and evaluated without a panic.
func FuzzParse(f *testing.F) {
	f.Add([]byte(with(nil)))
	f.Add([]byte(with(map[string]string{"WHEN": "party.claims.exists(c, c.live) && origins(party.claims) > 1"})))
	f.Add([]byte(with(nil) + "modifiers:\n  - {id: CM-1, title: x, subject: party, flags: [RF-90], when: " +
		"'party.security', step: 1}\n"))
	f.Add([]byte(with(nil) + "    tests:\n      - {name: a, set: {usage.storage_tb_peak: 12.0}, want: raised}\n"))
	f.Add([]byte(bomb()))
	files, err := sources(BuiltinName)
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		f.Add(file.text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := Parse("fuzz.yaml", text)
		if err != nil {
			if p != nil {
				t.Fatal("a pack was returned with an error")
			}
			if !strings.HasPrefix(err.Error(), "fuzz.yaml:") {
				t.Fatalf("error names no place: %v", err)
			}
			return
		}
		if _, err := p.Test(); err != nil {
			t.Fatal(err)
		}
		p.Describe()
		if changes := Diff(p, p); len(changes) > 0 {
			t.Fatalf("a pack differs from itself: %v", changes)
		}
		a := p.NewAggregator()
		for _, kind := range kinds {
			for _, r := range a.Evaluate(&signal.Facts{Subject: finding.Subject{Kind: kind, ID: "x"}}) {
				if _, err := r.Finding.Line(); err != nil {
					t.Fatal(err)
				}
			}
		}
		a.Findings()
	})
}

// FuzzExpression: an expression that loads is bounded: it evaluates over large lists, over
// nothing, and never turns a missing value into "not raised" where the value raised it.
func FuzzExpression(f *testing.F) {
	for _, r := range builtin(f).Rules(signal.OfParty) {
		f.Add(r.when.text)
		if r.applies != nil {
			f.Add(r.applies.text)
		}
	}
	claims := make([]map[string]any, 300)
	for i := range claims {
		claims[i] = map[string]any{
			"reliability": "B", "credibility": 2, "age_years": float64(i) / 10, "origin": "o", "live": i%2 == 0,
			"capability": "speech", "parent": false, "status": "reported",
		}
	}
	full := map[string]any{
		"party.claims": claims, "party.roles": []string{"account"}, "party.security": true, "party.class": "military",
		"party.capabilities": []string{"face", "speech"}, "party.review": "none", "usage.storage_tb_peak": 500.0,
		"usage.storage_over_2m": 3.0, "usage.storage_mads": 7.0, "usage.combination": []string{"bulk_storage",
			"speech"},
		"usage.combination_tb": 500.0, "usage.sub_speech_hours": []float64{1500, 1600},
		"usage.sub_storage_tb": []float64{},
	}
	c := newCompiler(builtin(f).Parts[0].constants, new(int))
	f.Fuzz(func(t *testing.T, text string) {
		*c.next = 0
		clear(c.programs)
		e, fault := c.compile(signal.OfParty, text, false, nil)
		if fault != nil {
			return
		}
		value := func(values map[string]any) tri {
			ev := newEvaluator(1)
			ev.constants = c.constants
			if err := ev.start(facts(values)); err != nil {
				t.Fatal(err)
			}
			defer ev.stop()
			return ev.truth(e)
		}
		whole := value(full)
		for _, name := range e.signals {
			fewer := map[string]any{}
			for k, v := range full {
				if k != name {
					fewer[k] = v
				}
			}
			if got := value(fewer); got != unclear && got != whole {
				t.Fatalf("%q is %d, and %d without %s", text, whole, got, name)
			}
		}
	})
}
