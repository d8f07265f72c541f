package policy

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/finding"
	"plimsoll/internal/signal"
)

// small is a pack of one rule; its parts are replaced by the tests.
const small = `pack: small
version: "1"
date: 2032-01-01
licence: CC0-1.0
parameters:
  floor: {value: 10, unit: TB, doc: A floor.}
sets:
  civil: {values: [civil, health], doc: Exempt classes.}
instruments:
  - id: TEXT
    title: A text
    kind: soft
    addressee: everybody
    source: a shelf
    clauses:
      - {clause: "1", says: Look., verified: false, from: 2030-01-01, until: 2035-12-31}
      - {clause: "2", says: Look again., verified: true, source: page 2, from: 2034-01-01}
rules:
  - flag: RF-90
    title: A store above its floor
    family: C
    subject: party
    applies: APPLIES
    when: WHEN
    exempt:
      - {if: EXEMPT, why: because}
    severity:
      - {if: RUNG, severity: critical}
      - {severity: medium}
    confidence: 0.7
    sentence: Stored {usage.storage_tb_peak | TB}[[ of {usage.committed_tb | TB}]].
    rests_on: {TEXT: ["1", "2"]}
    innocent: [A migration.]
`

// with fills the open places of small; what is not given is harmless.
func with(fill map[string]string) string {
	s := small
	for place, text := range map[string]string{
		"APPLIES": "true", "WHEN": "usage.storage_tb_peak > param.floor", "EXEMPT": "false", "RUNG": "false",
	} {
		if f, ok := fill[place]; ok {
			text = f
		}
		b, _ := json.Marshal(text)
		s = strings.Replace(s, place, string(b), 1)
	}
	return s
}

func mustParse(t testing.TB, text string) *Pack {
	t.Helper()
	p, err := Parse("small.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func facts(values map[string]any) *signal.Facts {
	return &signal.Facts{Subject: finding.Subject{Kind: signal.OfParty, ID: "p1", Name: "Unit"}, Values: values}
}

func TestStates(t *testing.T) {
	for _, tt := range []struct {
		name    string
		fill    map[string]string
		values  map[string]any
		want    string
		missing string
	}{
		{"true", nil, map[string]any{"usage.storage_tb_peak": 11.0}, Raised, ""},
		{"an int where a double is wanted", nil, map[string]any{"usage.storage_tb_peak": 11}, Raised, ""},
		{"false", nil, map[string]any{"usage.storage_tb_peak": 9.0}, NotRaised, ""},
		{"missing", nil, nil, NotComputable, "usage.ConsumedQuantity"},
		{"of another type is missing", nil, map[string]any{"usage.storage_tb_peak": "much"}, NotComputable,
			"usage.ConsumedQuantity"},
		{"not a number is missing", nil, map[string]any{"usage.storage_tb_peak": nan()}, NotComputable,
			"usage.ConsumedQuantity"},
		{"false and unknown", map[string]string{"WHEN": "party.security && usage.storage_tb_peak > 1.0"},
			map[string]any{"party.security": false}, NotRaised, ""},
		{"unknown and false", map[string]string{"WHEN": "usage.storage_tb_peak > 1.0 && party.security"},
			map[string]any{"party.security": false}, NotRaised, ""},
		{"true and unknown", map[string]string{"WHEN": "party.security && usage.storage_tb_peak > 1.0"},
			map[string]any{"party.security": true}, NotComputable, "usage.ConsumedQuantity"},
		{"true or unknown", map[string]string{"WHEN": "usage.storage_tb_peak > 1.0 || party.security"},
			map[string]any{"party.security": true}, Raised, ""},
		{"false or unknown", map[string]string{"WHEN": "party.security || usage.storage_tb_peak > 1.0"},
			map[string]any{"party.security": false}, NotComputable, "usage.ConsumedQuantity"},
		{"not unknown", map[string]string{"WHEN": "!party.government"}, nil, NotComputable, "party.government"},
		{"two unknowns", map[string]string{"WHEN": "party.security && usage.storage_tb_peak > 1.0"}, nil, NotComputable,
			"accounts.end_user_class engagements.end_user usage.ConsumedQuantity"},
		{"unknown choice", map[string]string{"WHEN": "party.security ? true : false"}, nil, NotComputable,
			"accounts.end_user_class engagements.end_user"},
		{"in an unknown list", map[string]string{"WHEN": "'speech' in party.capabilities"}, nil, NotComputable,
			"engagements.item usage.ServiceName"},
		{"function of an unknown list", map[string]string{"WHEN": "!overlaps(party.capabilities, ['speech'])"}, nil,
			NotComputable, "engagements.item usage.ServiceName"},
		{"size of an unknown list", map[string]string{"WHEN": "size(party.capabilities) == 0"}, nil, NotComputable,
			"engagements.item usage.ServiceName"},
		{"over an unknown list", map[string]string{"WHEN": "!party.claims.exists(c, c.live)"}, nil, NotComputable,
			"claims.about claims.grade"},
		{"a key that is missing", map[string]string{"WHEN": "party.claims.exists(c, c.age_years < 5.0)"},
			map[string]any{"party.claims": []map[string]any{{"live": true}}}, NotComputable, "claims.published"},
		{"a key that is missing where another decides", map[string]string{
			"WHEN": "party.claims.exists(c, c.age_years < 5.0)"},
			map[string]any{"party.claims": []map[string]any{{"live": true}, {"age_years": 1.0}}}, Raised, ""},
		{"all with a missing key", map[string]string{"WHEN": "party.claims.all(c, c.live)"},
			map[string]any{"party.claims": []map[string]any{{"live": true}, {}}}, NotComputable, "claims.status"},
		{"origins with a missing key, too few to matter", map[string]string{"WHEN": "origins(party.claims) < 5"},
			map[string]any{"party.claims": []map[string]any{{"origin": "a"}, {}}}, Raised, ""},
		{"origins with a missing key", map[string]string{"WHEN": "origins(party.claims) < 2"},
			map[string]any{"party.claims": []map[string]any{{"origin": "a"}, {}}}, NotComputable, "claims.origin"},
		{"filtered by a missing key", map[string]string{"WHEN": "size(party.claims.filter(c, c.live)) < 1"},
			map[string]any{"party.claims": []map[string]any{{}}}, NotComputable, "claims.status"},
		{"does not apply", map[string]string{"APPLIES": "party.security"}, map[string]any{"party.security": false},
			NotApplicable, ""},
		{"does not apply, whatever is missing", map[string]string{"APPLIES": "party.security"},
			map[string]any{"party.security": false}, NotApplicable, ""},
		{"may apply", map[string]string{"APPLIES": "party.security"}, map[string]any{"usage.storage_tb_peak": 11.0},
			NotComputable, "accounts.end_user_class engagements.end_user"},
		{"may apply, but does not hold", map[string]string{"APPLIES": "party.security"}, map[string]any{
			"usage.storage_tb_peak": 9.0}, NotRaised, ""},
		{"exempt", map[string]string{"EXEMPT": "party.class in set.civil"}, map[string]any{"party.class": "health",
			"usage.storage_tb_peak": 11.0}, Exempt, ""},
		{"exempt and not computable", map[string]string{"EXEMPT": "party.class in set.civil"}, map[string]any{
			"party.class": "health"}, NotApplicable, ""},
		{"may be exempt", map[string]string{"EXEMPT": "party.class in set.civil"}, map[string]any{
			"usage.storage_tb_peak": 11.0}, NotComputable,
			"accounts.end_user_class engagements.end_user"},
		{"index out of range", map[string]string{"WHEN": "party.capabilities[0] == 'speech'"},
			map[string]any{"party.capabilities": []string{}}, NotComputable,
			`"party.capabilities[0] == 'speech'": index out of bounds: 0`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := mustParse(t, with(tt.fill))
			a := p.NewAggregator()
			f := facts(tt.values)
			got := a.Evaluate(f)
			state, missing := stateOf(a.Counts()[0]), ""
			for _, r := range got {
				missing = strings.Join(r.Finding.Missing, " ")
			}
			if state != tt.want || missing != tt.missing {
				t.Errorf("state = %s, missing %q; want %s, %q", state, missing, tt.want, tt.missing)
			}
		})
	}
}

func nan() float64 { zero := 0.0; return zero / zero }

func stateOf(c Count) string {
	switch {
	case c.Raised == 1:
		return Raised
	case c.Exempt == 1:
		return Exempt
	case c.NotComputable == 1:
		return NotComputable
	case c.NotApplicable == 1:
		return NotApplicable
	case c.Checked == 1:
		return NotRaised
	}
	return "nothing"
}

// judged returns the state of one rule for some facts.
func judged(p *Pack, r *Rule, f *signal.Facts) string {
	ev := newEvaluator(p.programs)
	if err := ev.start(f); err != nil {
		panic(err)
	}
	defer ev.stop()
	state, _, _ := ev.judge(r)
	return state
}

// TestRemovingASignalNeverClears takes every test of the pack, removes each signal that the
// rule reads, and asks that what was raised stays raised or becomes not computable, and that
// nothing decided turns into its opposite.
func TestRemovingASignalNeverClears(t *testing.T) {
	p := builtin(t)
	removed := 0
	for _, r := range p.Rules("") {
		for i := range r.Trials {
			f := r.Trials[i].subject(r)
			full := f.Values
			before := judged(p, r, f)
			for _, name := range r.Signals {
				if _, ok := full[name]; !ok {
					continue
				}
				f.Values = maps.Clone(full)
				delete(f.Values, name)
				removed++
				if got := judged(p, r, f); !mayBecome(before, got) {
					t.Errorf("%s (%s) %q: %s became %s without %s", r.Flag, r.Of, r.Trials[i].Name, before, got, name)
				}
			}
		}
	}
	t.Logf("%d removals", removed)
}

// TestAGapNeverClears takes every test of the pack, and lets each signal that the rule reads be
// known in part only: what was raised stays raised or becomes not computable.
func TestAGapNeverClears(t *testing.T) {
	p := builtin(t)
	seen := map[string]int{}
	for _, r := range p.Rules("") {
		for i := range r.Trials {
			f := r.Trials[i].subject(r)
			before := judged(p, r, f)
			for _, name := range r.Signals {
				if _, ok := f.Values[name]; !ok {
					continue
				}
				f.Gaps = map[string][]signal.Gap{name: {{Reason: signal.RowRejected, Column: "usage.ConsumedQuantity",
					Rows: 1}}}
				got := judged(p, r, f)
				seen[before+" to "+got]++
				if !mayBecome(before, got) {
					t.Errorf("%s (%s) %q: %s became %s with a gap in %s", r.Flag, r.Of, r.Trials[i].Name, before, got,
						name)
				}
			}
		}
	}
	t.Log(seen)
}

// mayBecome reports whether less knowledge may turn one state into another. Applicability,
// condition and exemption are asked in this order, so that of the states that say "no" one
// may stand in for another; a raised or exempt one may only become not computable, since the
// exemption is known to hold or the condition is.
func mayBecome(before, after string) bool {
	quiet := []string{NotRaised, NotApplicable, Exempt}
	return before == after || after == NotComputable ||
		slices.Contains(quiet, before) && slices.Contains(quiet, after)
}

// TestKnowledgeOnlyDecides draws random facts for every rule and removes random signals: a
// rule that was raised with less knowledge is raised with more, and the other way round.
func TestKnowledgeOnlyDecides(t *testing.T) {
	p := builtin(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	seen := map[string]int{}
	for _, r := range p.Rules("") {
		for range 400 {
			values := randomValues(rnd, r)
			full := judged(p, r, &signal.Facts{Subject: finding.Subject{Kind: r.Of, ID: "x"}, Values: values})
			fewer := maps.Clone(values)
			for _, name := range r.Signals {
				if rnd.IntN(3) == 0 {
					delete(fewer, name)
				}
			}
			if part := judged(p, r, &signal.Facts{Subject: finding.Subject{Kind: r.Of, ID: "x"}, Values: fewer}); !mayBecome(full, part) {
				t.Fatalf("%s (%s): %s became %s with less knowledge\nall:  %v\nless: %v", r.Flag, r.Of, full, part,
					values, fewer)
			}
			seen[full]++
		}
	}
	t.Log(seen)
}

// randomValues draws a value for every signal of a rule, near the values of its tests.
func randomValues(rnd *rand.Rand, r *Rule) map[string]any {
	out := map[string]any{}
	for _, name := range r.Signals {
		trial := r.Trials[rnd.IntN(len(r.Trials))]
		if v, ok := trial.Facts[name]; ok && rnd.IntN(4) > 0 {
			out[name] = v
			continue
		}
		switch signal.Catalogue[slots[name]].Type {
		case signal.Bool:
			out[name] = rnd.IntN(2) == 0
		case signal.Int:
			out[name] = rnd.IntN(10)
		case signal.Double:
			out[name] = rnd.Float64() * 1000
		case signal.String:
			out[name] = []string{"unknown", "civil", "military", "none", "approved", "direct"}[rnd.IntN(6)]
		case signal.Strings:
			out[name] = [][]string{{}, {"speech"}, {"bulk_storage", "face"}, {"account"}}[rnd.IntN(4)]
		case signal.Doubles:
			out[name] = []float64{rnd.Float64() * 100, rnd.Float64() * 2000}
		case signal.Maps:
			out[name] = []map[string]any{{}}
		}
	}
	return out
}

func TestFinding(t *testing.T) {
	p := mustParse(t, with(map[string]string{"RUNG": "party.security"}))
	f := facts(map[string]any{"usage.storage_tb_peak": 11400.123456, "party.security": true, "party.class": "military"})
	f.Period = [2]string{"2031-01-01", "2032-01-01"}
	f.Accounts = []string{"41-07"}
	got := p.Evaluate(f)[0]
	want := finding.Finding{
		ID: finding.NewID("RF-90", "party", "p1"), Flag: "RF-90", State: Raised, Severity: "critical", Confidence: 0.7,
		Subject: f.Subject, Accounts: f.Accounts, Sentence: "Stored 11.4 PB.", Title: "A store above its floor",
		Values:    map[string]any{"usage.storage_tb_peak": 11400.1, "party.security": true},
		Threshold: map[string]float64{"floor": 10}, Period: []string{"2031-01-01", "2032-01-01"},
		RestsOn: []finding.Clause{
			{Instrument: "TEXT", Clause: "1", Read: finding.Memory},
			{Instrument: "TEXT", Clause: "2", Read: finding.Secondary, Verified: true},
		},
		Innocent: []string{"A migration."}, Pack: "small", Version: "1",
	}
	if diff := cmp.Diff(want, got.Finding); diff != "" {
		t.Errorf("finding (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"party.security", "usage.committed_tb", "usage.storage_tb_peak"}, got.Signals); diff != "" {
		t.Errorf("signals (-want +got):\n%s", diff)
	}
}

// TestSeverityPassesOverWhatIsUnclear names what the ladder lacked, and goes on.
func TestSeverityPassesOverWhatIsUnclear(t *testing.T) {
	p := mustParse(t, with(map[string]string{"RUNG": "party.security"}))
	got := p.Evaluate(facts(map[string]any{"usage.storage_tb_peak": 11.0}))[0].Finding
	if got.Severity != "medium" || !slices.Equal(got.Missing, []string{"accounts.end_user_class",
		"engagements.end_user"}) {
		t.Errorf("severity %s, missing %v", got.Severity, got.Missing)
	}
}

func TestModifiersMoveOneStepAtMost(t *testing.T) {
	modifier := func(id, when string, step int) string {
		return fmt.Sprintf("  - {id: %s, title: Context, subject: party, flags: [RF-90], when: %q, step: %d}\n", id,
			when, step)
	}
	for _, tt := range []struct {
		name, modifiers, want, context string
	}{
		{"none holds", modifier("CM-1", "party.security", 1), "medium", "<nil>"},
		{"one holds", modifier("CM-1", "!party.security", 1), "high", "[CM-1]"},
		{"two hold", modifier("CM-1", "true", 1) + modifier("CM-2", "true", 1), "high", "[CM-1 CM-2]"},
		{"two cancel out", modifier("CM-1", "true", 1) + modifier("CM-2", "true", -1), "medium", "[CM-1 CM-2]"},
		{"down", modifier("CM-1", "true", -1), "low", "[CM-1]"},
		{"missing context changes nothing", modifier("CM-1", "party.government", 1), "medium", "<nil>"},
	} {
		p := mustParse(t, with(nil)+"modifiers:\n"+tt.modifiers)
		got := p.Evaluate(facts(map[string]any{"usage.storage_tb_peak": 11.0, "party.security": false}))[0].Finding
		if context := fmt.Sprint(got.Values["context"]); got.Severity != tt.want || context != tt.context ||
			len(got.Missing) > 0 {
			t.Errorf("%s: severity %s, context %s, missing %v; want %s, %s", tt.name, got.Severity, context,
				got.Missing, tt.want, tt.context)
		}
	}
}

func TestAsOf(t *testing.T) {
	p := mustParse(t, with(nil))
	for _, tt := range []struct {
		day, clauses string
		rules        int
	}{
		{"2029-12-31", "", 0}, {"2030-01-01", "1", 1}, {"2034-06-01", "1 2", 1}, {"2035-12-31", "1 2", 1},
		{"2036-01-01", "2", 1}, {"", "1 2", 1},
	} {
		at := p.AsOf(tt.day)
		var clauses []string
		for _, r := range at.Rules("") {
			for _, g := range r.RestsOn {
				clauses = append(clauses, g.Clause.Clause)
			}
		}
		if got := strings.Join(clauses, " "); got != tt.clauses || len(at.Rules("")) != tt.rules ||
			len(at.Lapsed()) != 1-tt.rules {
			t.Errorf("as of %q: clauses %q, %d rules, %d lapsed; want %q, %d", tt.day, got, len(at.Rules("")),
				len(at.Lapsed()), tt.clauses, tt.rules)
		}
		if results, err := at.Test(); err != nil || len(results) != 0 {
			t.Errorf("as of %q: %v, %v", tt.day, results, err)
		}
	}
	if len(p.Rules("")) != 1 || len(p.Rules("")[0].RestsOn) != 2 {
		t.Error("AsOf changed the pack that it was asked of")
	}
}

// TestSameBytes evaluates the same facts from several goroutines: the lines are the same.
func TestSameBytes(t *testing.T) {
	p := builtin(t)
	line := func() string {
		var b strings.Builder
		for _, r := range p.Rules("") {
			for i := range r.Trials {
				for _, res := range p.Evaluate(r.Trials[i].subject(r)) {
					text, err := res.Finding.Line()
					if err != nil {
						t.Error(err)
					}
					b.Write(text)
				}
			}
		}
		return b.String()
	}
	want := line()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if line() != want {
				t.Error("the same facts gave other bytes")
			}
		})
	}
	wg.Wait()
	if w := accusingIn(want); w != "" {
		t.Errorf("a finding says %q", w)
	}
}
