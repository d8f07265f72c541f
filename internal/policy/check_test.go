package policy

import (
	"strings"
	"testing"
)

// TestCheck: what loads and would not be noticed in a run is named, with its line.
func TestCheck(t *testing.T) {
	const tests = `    tests:
      - {name: large, set: {usage.storage_tb_peak: 12.0, party.class: police}, want: raised}
      - {name: large and secret, set: {usage.storage_tb_peak: 12.0, party.security: true, party.class: police}, want: raised}
      - {name: a hospital, set: {usage.storage_tb_peak: 12.0, party.class: health}, want: exempt}
      - {name: small, set: {usage.storage_tb_peak: 2.0}, want: not_raised}
`
	const civil = "party.class == 'health'"
	whole := with(map[string]string{"RUNG": "party.security", "EXEMPT": civil}) + tests
	for _, tt := range []struct{ name, text, want string }{
		{"sound", whole, ""},
		{"no tests", with(nil), "small.yaml:19: rule RF-90: it has no tests"},
		{"a step of the severity", with(map[string]string{"EXEMPT": civil}) + tests,
			"small.yaml:28: rule RF-90: no test reaches step 1 of the severity (critical)"},
		{"the last step", strings.Replace(whole, "party.security\", sev", "party.security || true\", sev", 1),
			"small.yaml:29: rule RF-90: no test reaches step 2 of the severity (medium)"},
		{"an exemption", with(map[string]string{"RUNG": "party.security", "EXEMPT": civil}) + strings.Replace(tests,
			"health", "police", 1),
			"small.yaml:26: rule RF-90: no test reaches exemption 1 (because)"},
		{"a conditional clause", strings.Replace(whole, `rests_on: {TEXT: ["1", "2"]}`,
			"rests_on: [{cite: {TEXT: [\"1\"]}}, {if: usage.storage_tb_peak > 99.0, cite: {TEXT: [\"2\"]}}]", 1),
			"rule RF-90: no test cites TEXT 2"},
		{"a step of the rights", whole + "    rights: [{if: usage.storage_tb_peak > 99.0, who: many}, {note: few}]\n",
			"rule RF-90: no test reaches step 1 of the rights"},
		{"a wording", strings.Replace(whole, "    sentence: Stored {usage.storage_tb_peak | TB}[[ of "+
			"{usage.committed_tb | TB}]].",
			"    sentence:\n      - {if: usage.storage_tb_peak > 1000.0, say: Very large.}\n      - say: Large.", 1),
			"small.yaml:32: rule RF-90: no test reaches wording 1 of the sentence"},
		{"a parameter", strings.Replace(whole, "sets:", "  roof: {value: 5, doc: A roof.}\nsets:", 1),
			"small.yaml:7: nothing reads parameter roof"},
		{"a test that is not raised reaches nothing", with(nil) +
			"    tests:\n      - {name: small, set: {usage.storage_tb_peak: 2.0}, want: not_raised}\n",
			"no test reaches step 1 of the severity"},
		{"an override that nothing reads any more", overlay("own", "ungp-base",
			"disable:\n  - {flag: RF-18, why: We sell none.}\nparameters: {translation_chars_month: 5}\n"),
			"small.yaml:8: nothing reads parameter translation_chars_month of ungp-base any more"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Parse("small.yaml", []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			faults, err := p.Check()
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range faults {
				got = append(got, f.String())
			}
			if s := strings.Join(got, "\n"); tt.want == "" && s != "" || !strings.Contains(s, tt.want) {
				t.Errorf("faults %q, want %q", s, tt.want)
			}
		})
	}
	if _, err := Parse("small.yaml", []byte(strings.Replace(whole, "value: 10", "value: -10", 1))); err == nil ||
		!strings.HasPrefix(err.Error(), "small.yaml:6: parameter floor is negative") {
		t.Errorf("negative threshold: %v", err)
	}
}

func TestBuiltinIsSound(t *testing.T) {
	faults, err := builtin(t).Check()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		t.Error(f)
	}
}

// TestRenamed: every free text reads otherwise, equal texts equally, and what rules may
// compare stays.
func TestRenamed(t *testing.T) {
	for _, r := range builtin(t).Rules("") {
		for i := range r.Trials {
			f := r.Trials[i].subject(r)
			g := renamed(f)
			if g.Subject.Name == f.Subject.Name || g.Hits[0].Name == f.Hits[0].Name ||
				g.Claims[0].Source == f.Claims[0].Source {
				t.Fatalf("%s: a name stayed", r.Flag)
			}
			for name, v := range f.Values {
				if s, ok := v.(string); ok && s != "" && (g.Values[name] != v) != FreeText(name) {
					t.Errorf("%s: %s is %v and was %v", r.Flag, name, g.Values[name], v)
				}
			}
		}
	}
	f := facts(map[string]any{"party.claims": []any{
		map[string]any{"origin": "post", "status": "reported"}, map[string]any{"origin": "post"}, map[string]any{
			"origin": "radio"},
	}})
	list := renamed(f).Values["party.claims"].([]any)
	at := func(i int) any { return list[i].(map[string]any)["origin"] }
	if at(0) == "post" || at(0) != at(1) || at(0) == at(2) || list[0].(map[string]any)["status"] != "reported" {
		t.Errorf("renamed claims: %v", list)
	}
	if !FreeText("engagement.end_user_text") || FreeText("party.class") || FreeText("usage.storage_tb_peak") {
		t.Error("free text is told apart wrongly")
	}
}
