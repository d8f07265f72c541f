package policy

import (
	"slices"
	"strings"
	"testing"
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

func TestBuiltinTrials(t *testing.T) {
	p := builtin(t)
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
	for _, r := range builtin(t).Rules("") {
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

// TestBuiltinVerifiesOnlyWhatWasRead keeps clauses that were written from memory unverified:
// the list is what the domain report marks as found.
func TestBuiltinVerifiesOnlyWhatWasRead(t *testing.T) {
	read := []string{
		"UNGP 7", "US-2020 scope", "EU-2021/821 3", "EU-2021/821 5(2)", "EU-2024/2659 four steps", "EU-2024/2659 scope of items",
		"EAR 732 Supp. 3 (a)(1)", "EAR 732 Supp. 3 (a)(2)", "EAR Affiliates Rule (2025)", "EAR 742.7",
		"WASSENAAR 4.A.5, 4.D.4", "WASSENAAR 5.A.1.j", "CSDDD 10(2)(b)", "EU-2014/24 57", "BERKELEY preservation",
		"BSR-CHANNEL channel", "UNDP-HHRDD proportionality", "GNI government requests",
	}
	for _, in := range builtin(t).Parts[0].Instruments {
		for _, c := range in.Clauses {
			id := in.ID + " " + c.Clause
			if c.Verified != slices.Contains(read, id) {
				t.Errorf("%s: verified is %v", id, c.Verified)
			}
		}
	}
}

// TestBuiltinRaisesNothingByPlace reads every text of the pack: country, language and
// nationality are no signals, and no rule may come to name one.
func TestBuiltinRaisesNothingByPlace(t *testing.T) {
	for _, r := range builtin(t).Rules("") {
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
