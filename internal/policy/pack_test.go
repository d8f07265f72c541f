package policy

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"plimsoll/internal/finding"
	"plimsoll/internal/signal"
)

// wantFlags are the flags that issue 2 asks for.
var wantFlags = []string{
	"RF-01", "RF-02", "RF-03", "RF-07", "RF-08", "RF-09", "RF-10", "RF-11", "RF-15", "RF-17", "RF-18", "RF-21", "RF-23",
	"RF-24", "RF-25", "RF-28", "RF-29", "RF-30", "RF-31", "RF-32", "RF-34", "RF-39",
}

func builtin(t testing.TB) *Pack {
	t.Helper()
	p, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// everyBuiltin holds all packs that are part of the program.
func everyBuiltin(t testing.TB) *Pack {
	t.Helper()
	p, err := Load(BuiltinNames...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestBuiltinNames: each folder of the program's packs has a name that loads it, and its check finds nothing.
func TestBuiltinNames(t *testing.T) {
	folders, err := embedded.ReadDir("pack")
	if err != nil || len(folders) != len(BuiltinNames) {
		t.Fatalf("%d folders, %d names, %v", len(folders), len(BuiltinNames), err)
	}
	for _, name := range BuiltinNames {
		p, err := Load(name)
		if err != nil || p.Parts[0].Name != name {
			t.Fatalf("%s: %v", name, err)
		}
		if faults, err := p.Check(); err != nil || len(faults) > 0 {
			t.Errorf("%s: %v, %v", name, faults, err)
		}
	}
}

func TestBuiltinTrials(t *testing.T) {
	p := everyBuiltin(t)
	results, err := p.Test()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if !r.OK {
			t.Errorf("%s:%d: %s (%s) %q: %s", r.File, r.Line, r.Flag, r.Of, r.Name, r.Detail)
		}
	}
	t.Logf("%d tests of %d rules", len(results), len(p.Rules("")))
}

func TestBuiltinComputesTheFlags(t *testing.T) {
	var have []string
	for _, r := range builtin(t).Rules("") {
		have = append(have, r.Flag)
	}
	for _, flag := range wantFlags {
		if !slices.Contains(have, flag) {
			t.Errorf("%s is not computed", flag)
		}
	}
}

// TestBuiltinRulesShipTheirTests asks of each rule one test that is raised, one that is not,
// one for want of a column, and one innocent.
func TestBuiltinRulesShipTheirTests(t *testing.T) {
	for _, r := range everyBuiltin(t).Rules("") {
		has := map[string]bool{}
		for _, trial := range r.Trials {
			has[trial.Want] = true
			if trial.Innocent {
				has["innocent"] = true
				if trial.Want == Raised {
					t.Errorf("%s (%s) %q: an innocent case is wanted raised", r.Flag, r.Of, trial.Name)
				}
			}
		}
		for _, want := range []string{Raised, NotRaised, NotComputable, "innocent"} {
			if !has[want] {
				t.Errorf("%s (%s) has no test that is %s", r.Flag, r.Of, want)
			}
		}
		if len(r.Ask) == 0 || len(r.Innocent) == 0 || len(r.RestsOn) == 0 {
			t.Errorf("%s (%s) lacks a question, an innocent explanation or a clause", r.Flag, r.Of)
		}
	}
}

// TestBuiltinSaysHowClausesWereRead keeps clauses that were written from memory marked as
// such. Primary are those whose words were compared with the text of the act, secondary those
// that the domain report marks as found.
func TestBuiltinSaysHowClausesWereRead(t *testing.T) {
	read := map[finding.Reading][]string{
		finding.Primary: {
			"EU-2021/821 3(1)", "EU-2021/821 3(2)", "EU-2021/821 4", "EU-2021/821 5(1)", "EU-2021/821 5(2)",
			"EU-2021/821 8",
			"EU-2021/821 9", "EU-2021/821 10", "EU-2021/821 26", "EU-2021/821 27", "EU-2014/24 18", "EU-2014/24 26",
			"EU-2014/24 32", "EU-2014/24 50", "EU-2009/81 28", "GDPR 48",
			"UNGP 7", "UNGP 12", "UNGP 14", "UNGP 18", "UNGP 19", "UNGP 20", "UNGP 23",
			"EAR 732 Supp. 3 (a)(1)", "EAR 732 Supp. 3 (a)(2)",
			"UDHR 3", "UDHR 5", "UDHR 8", "UDHR 9", "ICCPR 17", "ICCPR 19", "ICCPR 21",
		},
		finding.Secondary: {
			"UNGP 13(a)", "UNGP 13(b)", "UNGP 17", "ATT 6", "ATT 7",
			"US-2020 scope", "US-2020 consideration 1", "EU-2024/2659 four steps", "EU-2024/2659 scope of items",
			"EAR 732 Supp. 3 (b)", "EAR CCL 500 and 600 series", "EAR Affiliates Rule (2025)", "EAR 742.7",
			"WASSENAAR 4.A.5, 4.D.4", "WASSENAAR 5.A.1.j", "CSDDD 10(2)(b)", "CSDDD 10, 11", "EU-2014/24 57",
			"OECD II.A.11-13", "OECD III", "OECD IV", "OECD IX",
			"BERKELEY preservation", "BSR-CHANNEL channel", "UNDP-HHRDD proportionality",
			"GNI government requests", "OFAC-50 aggregate ownership", "EU-50 ownership", "UK-50 ownership", "CA-50 2.1",
		},
	}
	for _, in := range builtin(t).Parts[0].Instruments {
		for _, c := range in.Clauses {
			id, want := in.ID+" "+c.Clause, finding.Memory
			for reading, list := range read {
				if slices.Contains(list, id) {
					want = reading
				}
			}
			if c.Read != want {
				t.Errorf("%s: read %s, want %s", id, c.Read, want)
			}
			if (c.ReadOn != "") != c.Verified {
				t.Errorf("%s: read %s on %q", id, c.Read, c.ReadOn)
			}
		}
	}
}

// TestBuiltinCitesByWhatIsThere: clauses follow the scheme of the code, and ownership is
// cited only where there is ownership.
func TestBuiltinCitesByWhatIsThere(t *testing.T) {
	for _, tt := range []struct {
		name, flag, kind string
		values           map[string]any
		law              string // the rule on ownership that the list's authority has
		want, not        string
	}{
		{"a dual-use code", "RF-10", signal.OfEngagement, code("5A001.j"), "", "EU-2021/821 3(1); WASSENAAR 5.A.1.j",
			"WASSENAAR 4.A.5, 4.D.4; WASSENAAR 5.A.1.f, 5.A.4.b, 5.D.1.e; EU-2021/821 5(1); EU-CP-2008/944 criterion " +
				"2; ATT 6; EAR 742.7"},
		{"encryption", "RF-10", signal.OfEngagement, code("5A002"), "", "EU-2021/821 3(1)",
			"WASSENAAR 4.A.5, 4.D.4; WASSENAAR 5.A.1.j"},
		{"ammunition", "RF-10", signal.OfEngagement, code("ML3.a"), "", "EU-CP-2008/944 criterion 2; ATT 6; ATT 7",
			"EU-2021/821 3(1); EAR 742.7; WASSENAAR 5.A.1.j"},
		{"crime control", "RF-10", signal.OfEngagement, code("3A981"), "", "EAR 742.7", "EU-2021/821 3(1); ATT 6"},
		{"firearms of the US list", "RF-10", signal.OfEngagement, code("0A501.a"), "",
			"EAR CCL 500 and 600 series; ATT 7", "EU-2021/821 3(1); EAR 742.7"},
		{"a US entry for chips", "RF-10", signal.OfEngagement, code("3A090"), "", "UNGP 17",
			"EU-2021/821 3(1); WASSENAAR 5.A.1.j"},
		{"a listed name", "RF-03", signal.OfParty, held(1, 0, 0), "OFAC-50", "UNGP 19", "OFAC-50 aggregate ownership"},
		{"owned", "RF-03", signal.OfParty, held(0, 0.51, 0.51), "OFAC-50", "UNGP 19; OFAC-50 aggregate ownership",
			"EU-50 ownership; UK-50 ownership"},
		{"owned, by an entry of the EU", "RF-03", signal.OfParty, held(0, 0.51, 0.51), "EU-50", "EU-50 ownership",
			"OFAC-50 aggregate ownership; UK-50 ownership"},
		{"half, by an entry of the UK", "RF-03", signal.OfParty, held(0, 0.5, 0.5), "UK-50", "UNGP 19",
			"UK-50 ownership; OFAC-50 aggregate ownership"},
		{"more than half, by an entry of the UK", "RF-03", signal.OfParty, held(0, 0.51, 0.51), "UK-50",
			"UK-50 ownership", "OFAC-50 aggregate ownership"},
		{"half, by an entry of Canada", "RF-03", signal.OfParty, held(0, 0.5, 0.5), "CA-50", "CA-50 2.1",
			"OFAC-50 aggregate ownership"},
		{"owned, by an entry of another list", "RF-03", signal.OfParty, held(0, 0.51, 0.51), "", "UNGP 19",
			"OFAC-50 aggregate ownership"},
		{"perhaps owned", "RF-03", signal.OfParty, held(0, 0.3, 0.6), "OFAC-50", "UNGP 19",
			"OFAC-50 aggregate ownership"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := facts(tt.values)
			f.Subject.Kind = tt.kind
			f.Hits = []finding.Hit{{List: "L", Entry: "1", Name: "Owner", Score: 0.95, Grade: "A8",
				FiftyRule: tt.law != "", FiftyLaw: tt.law}}
			for _, res := range builtin(t).AsOf("2026-06-01").Evaluate(f) {
				if res.Rule.Flag != tt.flag {
					continue
				}
				var cited []string
				for _, c := range res.Finding.RestsOn {
					cited = append(cited, c.Instrument+" "+c.Clause)
				}
				for _, want := range strings.Split(tt.want, "; ") {
					if !slices.Contains(cited, want) {
						t.Errorf("cites %q, not %s", cited, want)
					}
				}
				for _, not := range strings.Split(tt.not, "; ") {
					if slices.Contains(cited, not) {
						t.Errorf("cites %s", not)
					}
				}
				return
			}
			t.Errorf("%s is not raised", tt.flag)
		})
	}
	for _, r := range builtin(t).Rules("") {
		for _, g := range r.RestsOn {
			if g.Name() == "EU-2021/821 8" || g.Name() == "EU-2014/24 57" || g.Name() == "OECD III" {
				t.Errorf("%s rests on %s, which speaks of something else", r.Flag, g.Name())
			}
		}
	}
}

func code(c string) map[string]any {
	return map[string]any{"engagement.controlled": []string{c}, "engagement.licence": false}
}

func held(score, least, most float64) map[string]any {
	return map[string]any{
		"party.roles": []string{"buyer"}, "party.government": false, "party.listed_score": score,
		"party.listed_share_min": least, "party.listed_share_max": most, "party.listed_control": false,
	}
}

// TestBuiltinRaisesNothingByPlace reads every text of the pack: country, language and
// nationality are no signals, and no rule may come to name one.
func TestBuiltinRaisesNothingByPlace(t *testing.T) {
	for _, r := range everyBuiltin(t).Rules("") {
		for _, s := range r.Signals {
			for _, word := range []string{"country", "nationality", "language", "address"} {
				if strings.Contains(s, word) {
					t.Errorf("%s reads %s", r.Flag, s)
				}
			}
		}
	}
}

// TestBuiltinUsesItsParameters keeps the pack free of thresholds that decide nothing.
func TestBuiltinUsesItsParameters(t *testing.T) {
	p := builtin(t)
	used := map[string]bool{}
	for _, r := range p.Rules("") {
		for _, name := range r.Params {
			used[name] = true
		}
	}
	for _, m := range p.Parts[0].Modifiers {
		for _, name := range m.when.params {
			used[name] = true
		}
	}
	for _, k := range p.Parts[0].Parameters {
		if !used[k.Name] {
			t.Errorf("parameter %s is not used", k.Name)
		}
	}
}

// TestBuiltinRights: every rule says whose rights may be touched or why that cannot be said; a
// right that is named is laid down in a clause, and no rule guesses how many people it is.
func TestBuiltinRights(t *testing.T) {
	for _, r := range everyBuiltin(t).Rules("") {
		if len(r.Rights) == 0 {
			t.Errorf("%s %s says nothing about rights", r.Flag, r.Of)
		}
		for i, h := range r.Rights {
			switch {
			case h.Harm.Who != "" && len(h.Harm.Rights) == 0:
				t.Errorf("%s %s, step %d: no clause names the right", r.Flag, r.Of, i+1)
			case h.Harm.HowMany != "":
				t.Errorf("%s %s, step %d: how many is not in business records", r.Flag, r.Of, i+1)
			case i == len(r.Rights)-1 && h.on != nil:
				t.Errorf("%s %s: the last step has a condition", r.Flag, r.Of)
			}
			for _, c := range h.Harm.Rights {
				if c.Reading() == finding.Memory {
					t.Errorf("%s %s: %s %s was not read", r.Flag, r.Of, c.Instrument, c.Clause)
				}
			}
		}
	}
}

// TestBuiltinVersion: what the built-in pack holds changes only with its version, since findings
// name it by its version. A change between releases is pinned by UPDATE=1; a release is not.
func TestBuiltinVersion(t *testing.T) {
	for _, part := range everyBuiltin(t).Parts {
		t.Run(part.Name, func(t *testing.T) { pinned(t, part, "testdata/"+part.Name+".version") })
	}
}

func pinned(t *testing.T, part *Part, file string) {
	got := part.Version + " " + part.Date + " " + part.Digest + "\n"
	want, err := os.ReadFile(file)
	if err == nil && string(want) == got {
		return
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Errorf("the pack is %s, %s has %s: give it a version and a date of its own, then run with UPDATE=1 (%v)", got,
		file, want, err)
}

// TestBuiltinSegmentsOnlyTighten: a limit that is drawn from what others use never clears what the
// limit of the class raises, whatever it is and whether it is there.
func TestBuiltinSegmentsOnlyTighten(t *testing.T) {
	p := builtin(t)
	raised := 0
	for _, r := range p.Rules("") {
		for i := range r.Trials {
			f := r.Trials[i].subject(r)
			full := f.Values
			for name := range full {
				if !strings.HasPrefix(name, "segment.") {
					continue
				}
				f.Values = maps.Clone(full)
				f.Values[name] = 0.0 // too few to draw a limit from
				if judged(p, r, f) != Raised {
					continue
				}
				raised++
				for _, limit := range []float64{1, 1e4, 1e12} {
					f.Values[name] = limit
					if got := judged(p, r, f); got != Raised {
						t.Errorf("%s %q: raised became %s with %s at %g", r.Flag, r.Trials[i].Name, got, name, limit)
					}
				}
			}
		}
	}
	if raised == 0 {
		t.Error("no test of the pack is raised beside a limit of a segment")
	}
}
