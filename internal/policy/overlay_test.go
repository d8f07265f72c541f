package policy

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"plimsoll/internal/finding"
	"plimsoll/internal/signal"
)

// overlay is the head of a pack that extends another; the tests add to it.
func overlay(name, extends, rest string) string {
	return fmt.Sprintf("pack: %s\nversion: \"7\"\ndate: 2032-01-01\nlicence: CC0-1.0\nextends: %s\n%s", name, extends,
		rest)
}

// ownRule is a rule that reads what the built-in pack declares.
const ownRule = `rules:
  - flag: OW-1
    title: Large store
    family: C
    subject: party
    when: usage.storage_tb_peak >= param.storage_floor_tb && !(party.class in set.civil)
    severity: low
    confidence: 0.5
    sentence: Stored {usage.storage_tb_peak | TB}.
    rests_on: {UNGP: ["17"]}
    innocent: [A migration.]
    given: {party.class: military, usage.storage_tb_peak: 400.0}
    tests:
      - {name: large, want: raised}
`

func TestOverlay(t *testing.T) {
	p, err := Parse("own.yaml", []byte(overlay("own", "ungp-base", `parameters:
  speech_hours_month: 3000
  storage_floor_tb: {value: 50, unit: TB, doc: Our stores are small.}
disable:
  - {flag: RF-18, why: We sell no translation.}
  - {flag: RF-01, subject: account, why: Accounts are named elsewhere.}
`+ownRule)))
	if err != nil {
		t.Fatal(err)
	}
	base, own := p.Parts[0], p.Parts[1]
	if base.Name != BuiltinName || own.Name != "own" || own.Extends != BuiltinName {
		t.Fatalf("parts %s, %s", base.Name, own.Name)
	}
	if b := builtin(t); base.Digest != b.Parts[0].Digest || p.Digest() == b.Digest() || p.InForce() != b.InForce()-1 {
		t.Errorf("digests %s and %s, %d rules", base.Digest, p.Digest(), p.InForce())
	}
	f := facts(map[string]any{
		"party.roles": []string{"end_user"}, "party.security": true, "party.class": "military",
		"usage.speech_hours_peak": 2500.0, "usage.speech_growth": 1.0, "usage.storage_tb_peak": 60.0,
		"usage.translation_chars_peak": 1e12,
	})
	raised := map[string]finding.Finding{}
	for _, res := range p.AsOf("2026-06-01").Evaluate(f) {
		if res.State == Raised {
			raised[res.Rule.Flag] = res.Finding
		}
	}
	for _, flag := range []string{"RF-17", "RF-18"} {
		if _, ok := raised[flag]; ok {
			t.Errorf("%s is raised", flag)
		}
	}
	if o := raised["OW-1"]; o.Pack != "own" || o.Version != "7" || o.Threshold["storage_floor_tb"] != 50 ||
		len(o.Overlays) != 0 {
		t.Errorf("own rule: %+v", o)
	}
	f.Values["usage.speech_hours_peak"] = 3600.0
	for _, res := range p.Evaluate(f) {
		if res.Rule.Flag == "RF-17" {
			got := res.Finding
			if got.Pack != BuiltinName || got.Threshold["speech_hours_month"] != 3000 ||
				!slices.Equal(got.Overlays, []finding.Overlay{{Pack: "own", Version: "7"}}) {
				t.Errorf("RF-17: pack %s, overlays %v, thresholds %v", got.Pack, got.Overlays, got.Threshold)
			}
		}
	}
	want := []Disabled{
		{Pack: BuiltinName, Flag: "RF-18", Of: "party", Title: "Large volume of translation",
			Why: "We sell no translation."},
		{
			Pack: BuiltinName, Flag: "RF-01", Of: "account",
			Title: "End user not stated on a state or security body's account",
			Why:   "Accounts are named elsewhere.",
		},
	}
	if diff := cmp.Diff(want, own.Disabled, cmpopts.IgnoreUnexported(Disabled{})); diff != "" {
		t.Errorf("disabled (-want +got):\n%s", diff)
	}
	if d := p.Describe(); len(d.Packs) != 2 || len(d.Packs[1].Overrides) != 2 || len(d.Packs[1].Disabled) != 2 {
		t.Errorf("description of the overlay: %+v", d.Packs[1])
	}
	results, err := p.Test()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results { // the tests of the base are about the values of the base
		if !r.OK {
			t.Errorf("%s %q: %s", r.Flag, r.Name, r.Detail)
		}
	}
	if faults, err := p.Check(); err != nil || len(faults) > 0 {
		t.Errorf("faults %v, %v", faults, err)
	}
}

func TestOverlayDiff(t *testing.T) {
	p, err := Parse("own.yaml", []byte(overlay("own", "ungp-base", `parameters:
  speech_hours_month: {value: 3000, doc: Our hotlines are larger.}
disable:
  - {flag: RF-18, why: We sell no translation.}
`+ownRule)))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range Diff(builtin(t), p) {
		got = append(got, c.String())
	}
	want := []string{
		"pack own added",
		`parameter ungp-base/speech_hours_month changed: value is "3000", was "2000" (Our hotlines are larger)`,
		"rule OW-1 party added",
		"rule RF-18 party disabled (We sell no translation)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}
}

// TestOverlayFaults: what an overlay cannot do fails the load at its line.
func TestOverlayFaults(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"unknown base", overlay("own", "nowhere", ""), `own.yaml:5: no pack "nowhere" to extend`},
		{"a path without a folder", overlay("own", "../other.yaml", ""), `no pack "../other.yaml" to extend`},
		{"itself", overlay("own", "own", ""), "own.yaml:5: pack own extends itself"},
		{"unknown parameter", overlay("own", "ungp-base", "parameters:\n  speech_hour_month: 3000\n"),
			"own.yaml:7: ungp-base has no parameter speech_hour_month"},
		{"unknown parameter, whole", overlay("own", "ungp-base", "parameters:\n  speech_hour_month: {value: 3000, "+
			"doc: ours}\n"), "own.yaml:7: ungp-base has no parameter speech_hour_month, and no rule of own reads it"},
		{"negative", overlay("own", "ungp-base", "parameters:\n  speech_hours_month: -1\n"),
			"own.yaml:7: parameter speech_hours_month is negative"},
		{"not a number", overlay("own", "ungp-base", "parameters:\n  speech_hours_month: many\n"),
			"own.yaml:7: parameter speech_hours_month must be a number"},
		{"no value", overlay("own", "ungp-base", "parameters:\n  speech_hours_month: {doc: ours}\n"),
			"own.yaml:7: parameter speech_hours_month has no value"},
		{"another unit", overlay("own", "ungp-base", "parameters:\n  speech_hours_month: {value: 3, unit: seconds}\n"),
			`is counted in "hours a month", not in "seconds"`},
		{"disable without a reason", overlay("own", "ungp-base", "disable:\n  - {flag: RF-18}\n"),
			"own.yaml:7: why is missing"},
		{"disable what is not there", overlay("own", "ungp-base", "disable:\n  - {flag: RF-99, why: none}\n"),
			"own.yaml:7: ungp-base has no rule RF-99"},
		{"disable another kind", overlay("own", "ungp-base", "disable:\n  - {flag: RF-18, subject: account, why: "+
			"none}\n"), "ungp-base has no rule RF-18 account"},
		{"disable without a base", with(nil) + "disable:\n  - {flag: RF-90, why: none}\n",
			"disable is for a pack that extends another"},
		{"a flag that the base has", overlay("own", "ungp-base", strings.Replace(ownRule, "OW-1", "RF-15", 1)),
			"rule RF-15 (party) stands already at"},
		{"a set that the base has", overlay("own", "ungp-base", "sets:\n  civil: {values: [police], doc: ours}\n"),
			"own.yaml:7: set.civil is given twice"},
		{"an instrument that the base has", overlay("own", "ungp-base",
			"instruments:\n  - {id: UNGP, title: x, kind: soft, addressee: x, source: x, clauses: []}\n"),
			"own.yaml:7: instrument UNGP stands in ungp-base already"},
		{"context for rules of the base", overlay("own", "ungp-base", "modifiers:\n  - {id: CM-9, title: x, subject: "+
			"party, flags: [RF-15], when: party.security, step: -1}\n"),
			"modifier CM-9: RF-15 is no rule of this pack"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if p, err := Parse("own.yaml", []byte(tt.text)); err == nil || p != nil || !strings.Contains(err.Error(),
				tt.want) {
				t.Errorf("error %v, want %q in it", err, tt.want)
			}
		})
	}
}

// TestOverlayReplacesARule: a flag that is switched off may be computed by a rule of the overlay.
func TestOverlayReplacesARule(t *testing.T) {
	text := overlay("own", "ungp-base", "disable:\n  - {flag: RF-15, why: We count otherwise.}\n"+
		strings.Replace(ownRule, "OW-1", "RF-15", 1))
	p, err := Parse("own.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range p.Rules(signal.OfParty) {
		if name, _ := r.Pack(); r.Flag == "RF-15" && name != "own" {
			t.Errorf("RF-15 comes from %s", name)
		}
	}
}

// TestOverlaysByNameAndPath: an overlay finds a pack loaded beside it, or a file beside it,
// and an overlay may extend another.
func TestOverlaysByNameAndPath(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	write(t, at("small.yaml"), with(nil))
	write(t, at("by-name.yaml"), overlay("by-name", "small", "parameters: {floor: 100}\n"))
	write(t, at("by-path.yaml"), overlay("by-path", "small.yaml", "parameters: {floor: 100}\n"))
	write(t, at("second.yaml"), overlay("second", "by-path.yaml", "parameters: {floor: 1000}\n"))
	write(t, at("round.yaml"), overlay("round", "trip.yaml", ""))
	write(t, at("trip.yaml"), overlay("trip", "round.yaml", ""))
	for _, tt := range []struct {
		name  string
		paths []string
		packs string
		floor float64
		fault string
	}{
		{"by name", []string{"by-name.yaml", "small.yaml"}, "small by-name", 100, ""},
		{"by name, base first", []string{"small.yaml", "by-name.yaml"}, "small by-name", 100, ""},
		{"by path", []string{"by-path.yaml"}, "small by-path", 100, ""},
		{"by path, with the base", []string{"small.yaml", "by-path.yaml"}, "small by-path", 100, ""},
		{"two in a row", []string{"second.yaml"}, "small by-path second", 1000, ""},
		{"two beside each other that differ", []string{"small.yaml", "by-name.yaml", "second.yaml"}, "", 0,
			"second sets parameter floor of small to 1000, and by-name sets it to 100 at "},
		{"round trip", []string{"round.yaml"}, "", 0, "extends itself"},
		{"not there", []string{"by-name.yaml"}, "", 0, `no pack "small" to extend`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var paths []string
			for _, p := range tt.paths {
				paths = append(paths, at(p))
			}
			p, err := Load(paths...)
			if err != nil {
				if tt.fault == "" || !strings.Contains(err.Error(), tt.fault) {
					t.Errorf("error %v, want %q", err, tt.fault)
				}
				return
			}
			var names []string
			for _, part := range p.Parts {
				names = append(names, part.Name)
			}
			got := p.Evaluate(facts(map[string]any{"usage.storage_tb_peak": 5000.0}))[0].Finding
			if s := strings.Join(names, " "); s != tt.packs || got.Threshold["floor"] != tt.floor ||
				len(got.Overlays) != len(names)-1 {
				t.Errorf("packs %q, floor %v, overlays %v; want %q, %v", s, got.Threshold["floor"], got.Overlays,
					tt.packs, tt.floor)
			}
		})
	}
}

// TestLapse: a rule that is not run says why, with the days of its clauses.
func TestLapse(t *testing.T) {
	p := mustParse(t, strings.Replace(with(nil), "source: page 2, from: 2034-01-01", "source: page 2, from: 2037-01-01",
		1))
	for _, tt := range []struct {
		day, why string
		inForce  int
	}{
		{"2029-12-31", "not yet in force: from 2030-01-01", 0},
		{"2033-01-01", "", 1},
		{"2036-06-01", "lapsed since 2036-01-01, in force again from 2037-01-01", 0},
		{"2040-01-01", "", 1},
	} {
		at := p.AsOf(tt.day)
		why := ""
		for _, l := range at.Lapsed() {
			why = l.Why
			if l.Flag != "RF-90" || l.Of != "party" || l.Pack != "small" || len(l.Clauses) != 2 ||
				l.Clauses[0].Clause != "TEXT 1" {
				t.Errorf("lapse %+v", l)
			}
		}
		if why != tt.why || at.InForce() != tt.inForce {
			t.Errorf("as of %s: %q, %d in force; want %q, %d", tt.day, why, at.InForce(), tt.why, tt.inForce)
		}
	}
	ended := mustParse(t, strings.Replace(with(nil), `rests_on: {TEXT: ["1", "2"]}`, `rests_on: {TEXT: ["1"]}`,
		1)).AsOf("2040-01-01")
	if l := ended.Lapsed(); len(l) != 1 || l[0].Why != "lapsed since 2036-01-01" {
		t.Errorf("lapsed %+v", l)
	}
}

// TestOverlaysBeside: overlays of one base may stand beside each other where they do not
// contradict, in any order with the same result; else the error names both, with their places.
func TestOverlaysBeside(t *testing.T) {
	ours := strings.Replace(ownRule, "OW-1", "OW-2", 1)
	again := strings.Replace(ownRule, "OW-1", "RF-15", 1)
	for _, tt := range []struct{ name, a, b, fault string }{
		{"other parameters", "parameters: {storage_floor_tb: 50}\n", "parameters: {speech_hours_month: 3000}\n" + ours,
			""},
		{"the same value", "parameters: {storage_floor_tb: 50}\n", "parameters: {storage_floor_tb: 50}\n" + ours, ""},
		{"two values", "parameters: {storage_floor_tb: 50}\n", "parameters: {storage_floor_tb: 60}\n",
			"b.yaml:6: b sets parameter storage_floor_tb of ungp-base to 60, and a sets it to 50 at "},
		{"both switch a flag off", "disable:\n  - {flag: RF-18, why: x}\n", "disable:\n  - {flag: RF-18, why: y}\n",
			""},
		{"for other subjects", "disable:\n  - {flag: RF-02, why: x}\n",
			"disable:\n  - {flag: RF-02, subject: account, why: y}\n",
			"b switches off RF-02 of ungp-base for one kind of subject (account), and a for every subject at "},
		{"one replaces what the other switches off", "disable:\n  - {flag: RF-15, why: x}\n", again,
			"b has a rule RF-15 (party) of its own without switching off that of ungp-base, which a does at "},
		{"both replace it", "disable:\n  - {flag: RF-15, why: x}\n" + again, "disable:\n  - {flag: RF-15, why: y}\n" +
			again, "rule RF-15 (party) stands already at "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			a, b := filepath.Join(dir, "a.yaml"), filepath.Join(dir, "b.yaml")
			write(t, a, overlay("a", BuiltinName, tt.a))
			write(t, b, overlay("b", BuiltinName, tt.b))
			p, err := Load(a, b)
			if tt.fault != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fault) || !strings.Contains(err.Error(), "a.yaml:") {
					t.Errorf("error %v, want %q with both files in it", err, tt.fault)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			other, err := Load(b, a)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range Diff(p, other) {
				t.Errorf("the order of packs says something: %s", c)
			}
			for _, p := range []*Pack{p, other} {
				for _, r := range p.Rules("") {
					if r.Flag != "OW-2" {
						continue
					}
					if got := r.part.constants["param.storage_floor_tb"].value.Value(); got != 50.0 {
						t.Errorf("the rule of b reads %v", got)
					}
					if tt.name == "other parameters" && (len(r.part.overlays) != 1 || r.part.overlays[0].Pack != "a") {
						t.Errorf("the rule of b names overlays %v", r.part.overlays)
					}
				}
				results, err := p.Test()
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range results {
					if !r.OK {
						t.Errorf("%s %s: %s", r.Flag, r.Name, r.Detail)
					}
				}
			}
		})
	}
}
