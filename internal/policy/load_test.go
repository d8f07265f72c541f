package policy

import (
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/finding"
	"plimsoll/internal/signal"
)

// TestHostilePacks: each of these fails the load, and says where and why.
func TestHostilePacks(t *testing.T) {
	when := func(s string) string { return with(map[string]string{"WHEN": s}) }
	edit := func(from, to string) string {
		if !strings.Contains(small, from) {
			panic("small does not hold " + from)
		}
		return strings.Replace(with(nil), from, to, 1)
	}
	const at = "small.yaml:24: rule RF-90: "
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", "small.yaml:1: file is empty"},
		{"comment only", "# nothing\n", "small.yaml:1: file is empty"},
		{"not YAML", "pack: [", "small.yaml:1: read YAML"},
		{"a list", "- pack", "expected keys with values"},
		{"two documents", with(nil) + "---\npack: other\n", "one YAML document"},
		{"unknown key", "pack: x\nrulez: []\n", `small.yaml:2: unknown key "rulez"`},
		{"unknown key of a rule", edit("    family: C", "    family: C\n    wen: true"),
			`rule RF-90: unknown key "wen"`},
		{"repeated key", "pack: a\npack: b\n", "is given twice"},
		{"no version", edit(`version: "1"`, `version: ""`), "version is missing"},
		{"date", edit("2032-01-01", "tomorrow"), `date "tomorrow" is no day written YYYY-MM-DD`},
		{"pack name", edit("pack: small", "pack: ../etc"), "may hold only"},
		{"no rules", strings.Split(with(nil), "rules:")[0], "has no rules"},
		{"two rules for one flag", with(nil) + strings.Split(with(nil), "rules:\n")[1],
			"stands already at small.yaml:19"},
		{"unknown signal", when("usage.storage_tb_peek > 1.0"), at + "expression: undeclared reference to 'usage"},
		{"signal of another kind", when("engagement.secrecy"), at + "expression: undeclared reference"},
		{"sentence's names in a condition", when("hit.score > 0.5"), at + "expression: undeclared reference"},
		{"unknown parameter", when("usage.storage_tb_peak > param.roof"), at + "expression: undeclared reference"},
		{"unknown function", when("shell('ls')"), at + "expression: undeclared reference to 'shell'"},
		{"unknown key of a claim", when("party.claims.exists(c, c.reliabilty == 'A')"),
			at + "expression: undefined field 'reliabilty'"},
		{"syntax", when("usage.storage_tb_peak >"), at + "expression: Syntax error"},
		{"text against number", when("usage.storage_tb_peak > 'ten'"), at + "expression: found no matching overload"},
		{"text against number in a claim", when("party.claims.exists(c, c.age_years == 'old')"),
			at + "expression: found no matching overload"},
		{"not a condition", when("usage.storage_tb_peak"), at + `"usage.storage_tb_peak" is a double, wanted a bool`},
		{"presence test", when("party.claims.exists(c, has(c.live))"),
			at + "expression: undeclared reference to 'has'"},
		{"dyn", when("dyn(usage.storage_tb_peak) == 'x'"), at + "dyn() is not allowed"},
		{"makes a map", when("{'a': 1}.size() == 1"), at + "expression makes a map"},
		{"makes a claim", when("plimsoll.claim{} == plimsoll.claim{}"), at + "expression makes a map or a message"},
		{"lists in lists", when("party.claims.all(a, party.claims.all(b, party.claims.all(c, a.capability == " +
			"b.capability && b.capability == c.capability)))"), at + "expression may cost more than allowed"},
		{"cost by growth", when("party.roles.map(a, party.roles.map(b, party.roles.map(c, party.roles.map(d, a + b + " +
			"c + d)))).size() > 0"), at + "expression may cost more than allowed"},
		{"long expression", when(strings.Repeat("party.security && ", 120) + "true"), at + "expression is longer than"},
		{"deep expression", when(strings.Repeat("(", 200) + "true" + strings.Repeat(")", 200)), at + "expression: "},
		{"unknown severity", edit("severity: critical", "severity: terrible"), `severity "terrible" is not`},
		{"ladder without an end", edit("      - {severity: medium}\n", ""),
			"the last step of the severity must have no condition"},
		{"unreachable step", edit("{severity: medium}", "{severity: medium}\n      - {severity: low}"),
			"are never reached"},
		{"confidence is text", edit("confidence: 0.7", "confidence: \"'high'\""), "confidence: "},
		{"clause unknown", edit(`rests_on: {TEXT: ["1", "2"]}`, `rests_on: {TEXT: ["9"]}`),
			`no clause "9" of instrument "TEXT"`},
		{"rests on nothing", edit(`rests_on: {TEXT: ["1", "2"]}`, `rests_on: {}`), "names no clause"},
		{"verified without a source", edit("verified: true, source: page 2", "verified: true"), "names the source"},
		{"verified not said", edit("verified: false, ", ""), "read must be said"},
		{"no innocent explanation", edit("innocent: [A migration.]", "innocent: []"), "innocent is missing"},
		{"accusation", edit("sentence: Stored", "sentence: This guilty party stored"),
			`"guilty" would state an accusation`},
		{"accusing title", edit("A store above its floor", "Unlicensed store"), `"unlicensed" would state`},
		{"sentence not closed", edit("Stored {usage.storage_tb_peak | TB}[[ of {usage.committed_tb | TB}]].",
			"Stored {usage.storage_tb_peak"), "sentence: a value in { } is not closed"},
		{"option not closed", edit("[[ of {usage.committed_tb | TB}]]", "[[ of {usage.committed_tb | TB}"),
			"sentence: an optional part"},
		{"unknown format", edit("committed_tb | TB", "committed_tb | GB"), `no format "GB"`},
		{"sentence's type", edit("{usage.committed_tb | TB}", "{usage.committed_tb + 'x'}"),
			"sentence: expression: found no matching overload"},
		{"flag", edit("flag: RF-90", "flag: rf90"), "is not written like RF-11"},
		{"family", edit("family: C", "family: G"), "is not a letter from A to F"},
		{"subject", edit("subject: party", "subject: person"), "is not party, engagement or account"},
		{"parameter", edit("value: 10", "value: many"), "parameter floor must be a number"},
		{"infinite parameter", edit("value: 10", "value: 1e999"), "must be a number"},
		{"parameter name", edit("floor: {value", "9-floor: {value"), "cannot be a name in expressions"},
		{"test of an unknown signal", with(nil) + "    tests:\n      - {name: a, set: {usage.teeth: 2.0}, want: " +
			"raised}\n", `no signal "usage.teeth"`},
		{"test of another type", with(nil) + "    tests:\n      - {name: a, set: {usage.storage_tb_peak: much}, " +
			"want: raised}\n", "is a double, which this value is not"},
		{"test's key", with(nil) + "    tests:\n      - {name: a, set: {party.claims: [{grad: A}]}, want: raised}\n",
			`a claim has no "grad"`},
		{"test's wish", with(nil) + "    tests:\n      - {name: a, want: cleared}\n", `want "cleared" is not one of`},
		{"innocent and raised", with(nil) + "    tests:\n      - {name: a, want: raised, innocent: true}\n",
			"an innocent case cannot be wanted raised"},
		{"step of two", with(nil) + "modifiers:\n  - {id: CM-1, title: x, subject: party, flags: [RF-90], when: " +
			"'true', step: 2}\n", "one step at most"},
		{"alias", "pack: &a small\nversion: *a\n", "anchors and aliases are not part of the pack language"},
		{"alias bomb", bomb(), "anchors and aliases are not part of the pack language"},
		{"merge key", "pack: small\n<<: {version: 1}\n", "is not part of the pack language"},
		{"own tag", "pack: !!python/object x\n", "is not part of the pack language"},
		{"binary", "pack: !!binary aGVsbG8=\n", "is not part of the pack language"},
		{"deep", strings.Repeat("[", 9000) + strings.Repeat("]", 9000), "nested deeper than"},
		{"deeper than the parser goes", strings.Repeat("[", 200_000), "read YAML"},
		{"many items", "rules: [" + strings.Repeat("a,", 3000) + "a]", "list has more than"},
		{"many values", "sets: {" + strings.Repeat("a: [1, 2, 3],\n", 40_000) + "}", "has more than"},
		{"long text", "pack: " + strings.Repeat("x", 5000), "text is longer than"},
		{"large", "# " + strings.Repeat("x", maxFile), "file is larger than"},
		{"invalid UTF-8", "pack: \xff\xfe\n", "small.yaml:1: the file is not in UTF-8"},
		{"control characters", "pack: a\x00b\n", "read YAML"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Parse("small.yaml", []byte(tt.text))
			if err == nil {
				t.Fatalf("loaded %v", p.Parts[0].Name)
			}
			if p != nil {
				t.Error("a part of the pack was returned with the error")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q, want %q in it", err, tt.want)
			}
			if len(err.Error()) > 600 {
				t.Errorf("error is %d characters long", len(err.Error()))
			}
		})
	}
}

// bomb is the classic that grows by nine at each level.
func bomb() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x,x,x,x,x,x,x,x,x]\n")
	for i := 1; i < 9; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s*a%d]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d,", i-1), 8), i-1)
	}
	return b.String()
}

func TestErrorNamesTheLineInsideABlock(t *testing.T) {
	text := strings.Replace(small, "    when: WHEN", "    when: |\n      party.security ||\n      party.securitee", 1)
	text = strings.NewReplacer("APPLIES", "'true'", "EXEMPT", "'false'", "RUNG", "'false'").Replace(text)
	_, err := Parse("small.yaml", []byte(text))
	if want := "small.yaml:26: rule RF-90: expression: undeclared reference"; err == nil ||
		!strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q in it", err, want)
	}
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	one := write(t, filepath.Join(dir, "one.yaml"), with(nil))
	head, rules, _ := strings.Cut(with(nil), "rules:\n")
	write(t, filepath.Join(dir, "split", "a-rules.yaml"), "rules:\n"+rules)
	write(t, filepath.Join(dir, "split", "pack.yaml"), head)
	write(t, filepath.Join(dir, "split", "README.md"), "not a pack")
	other := write(t, filepath.Join(dir, "other.yaml"), strings.NewReplacer("RF-90", "RF-91", "pack: small",
		"pack: other").Replace(with(nil)))
	clash := write(t, filepath.Join(dir, "clash.yaml"), strings.Replace(with(nil), "pack: small", "pack: clash", 1))
	broken := write(t, filepath.Join(dir, "broken.yaml"),
		strings.Replace(with(map[string]string{"WHEN": "party.secur"}), "pack: small", "pack: broken", 1))
	empty := filepath.Join(dir, "empty")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		paths []string
		want  string // the packs, or the error
	}{
		{"file", []string{one}, "small 1"},
		{"folder", []string{filepath.Join(dir, "split")}, "small 1"},
		{"built in", []string{"ungp-base"}, "ungp-base 2.0.2"},
		{"several", []string{"ungp-base", one, other}, "ungp-base 2.0.2, small 1, other 1"},
		{"none", nil, "load policy: no pack is named"},
		{"absent", []string{filepath.Join(dir, "absent.yaml")}, "no such file"},
		{"empty folder", []string{empty}, "folder holds no .yaml file"},
		{"twice", []string{one, one}, "pack small is given twice"},
		{"clash", []string{one, clash}, "clash.yaml:19: rule RF-90 (party) stands already at"},
		{"one of them is broken", []string{one, broken}, "broken.yaml:24: rule RF-90"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Load(tt.paths...)
			if err != nil {
				if !strings.Contains(err.Error(), tt.want) {
					t.Errorf("error %q, want %q in it", err, tt.want)
				}
				return
			}
			var got []string
			for _, part := range p.Parts {
				got = append(got, part.Name+" "+part.Version)
			}
			if s := strings.Join(got, ", "); s != tt.want {
				t.Errorf("loaded %q, want %q", s, tt.want)
			}
			for _, r := range p.Rules("") {
				name, _ := r.Pack()
				if !slices.ContainsFunc(p.Parts, func(part *Part) bool { return part.Name == name }) {
					t.Errorf("rule %s comes from %q", r.Flag, name)
				}
			}
		})
	}
}

// TestMergedPacksKeepTheirParameters: both packs have a "floor", and each rule reads its own.
func TestMergedPacksKeepTheirParameters(t *testing.T) {
	dir := t.TempDir()
	low := write(t, filepath.Join(dir, "low.yaml"), with(nil))
	high := write(t, filepath.Join(dir, "high.yaml"),
		strings.NewReplacer("RF-90", "RF-91", "pack: small", "pack: high", "value: 10", "value: 1000").Replace(
			with(nil)))
	p, err := Load(low, high)
	if err != nil {
		t.Fatal(err)
	}
	got := p.Evaluate(facts(map[string]any{"usage.storage_tb_peak": 50.0}))
	if len(got) != 1 || got[0].Finding.Flag != "RF-90" || got[0].Finding.Pack != "small" ||
		got[0].Finding.Threshold["floor"] != 10 {
		t.Errorf("raised %+v", got)
	}
}

func TestDigest(t *testing.T) {
	a, b := mustParse(t, with(nil)), mustParse(t, with(nil))
	c := mustParse(t, strings.Replace(with(nil), "value: 10", "value: 11", 1))
	if a.Digest() != b.Digest() || a.Digest() == c.Digest() || len(a.Digest()) != 64 {
		t.Errorf("digests %s, %s, %s", a.Digest(), b.Digest(), c.Digest())
	}
}

func TestDiff(t *testing.T) {
	a := mustParse(t, with(nil))
	b := mustParse(t, strings.NewReplacer("value: 10", "value: 100", "severity: medium", "severity: high", "RF-90",
		"RF-90").Replace(with(nil)))
	want := []Change{
		{What: "parameter", ID: "small/floor", How: "changed", At: "value", From: "10", To: "100"},
		{What: "rule", ID: "RF-90 party", How: "changed", At: "severity", From: "critical if false; medium",
			To: "critical if false; high"},
	}
	if diff := cmp.Diff(want, Diff(a, b)); diff != "" {
		t.Errorf("diff (-want +got):\n%s", diff)
	}
	c := mustParse(t, strings.Replace(with(nil), "RF-90", "RF-91", 1))
	want = []Change{{What: "rule", ID: "RF-90 party", How: "removed"}, {What: "rule", ID: "RF-91 party", How: "added"}}
	if diff := cmp.Diff(want, Diff(a, c)); diff != "" {
		t.Errorf("diff (-want +got):\n%s", diff)
	}
	if got := Diff(a, a); len(got) != 0 {
		t.Errorf("a pack differs from itself: %v", got)
	}
}

func TestDiffOn(t *testing.T) {
	a := mustParse(t, with(nil))
	b := mustParse(t, strings.NewReplacer("value: 10", "value: 100", "severity: medium", "severity: high").Replace(
		with(nil)))
	stored := func(yield func(*signal.Facts) bool) {
		for i, tb := range []float64{5, 50, 500} {
			f := facts(map[string]any{"usage.storage_tb_peak": tb})
			f.Subject.ID = fmt.Sprint("p", i)
			if !yield(f) {
				return
			}
		}
	}
	got := slices.Collect(DiffOn(a, b, iter.Seq[*signal.Facts](stored)))
	want := []Effect{
		{Flag: "RF-90", Kind: "party", Subject: "p1", Name: "Unit", From: "raised medium", To: NotRaised},
		{Flag: "RF-90", Kind: "party", Subject: "p2", Name: "Unit", From: "raised medium", To: "raised high"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
}

func TestDescribe(t *testing.T) {
	d := builtin(t).Describe()
	if len(d.Packs) != 1 || d.Packs[0].Unverified == 0 || d.Packs[0].Verified == 0 || len(d.Digest) != 64 {
		t.Errorf("description: %+v", d)
	}
	for _, r := range d.Packs[0].Rules {
		if r.When == "" || len(r.Severity) == 0 || len(r.Sentence) == 0 || len(r.RestsOn) == 0 || r.Tests < 3 {
			t.Errorf("description of %s: %+v", r.Flag, r)
		}
	}
}

func TestAggregator(t *testing.T) {
	p := mustParse(t, with(map[string]string{"APPLIES": "party.government"}))
	column := "usage.ConsumedQuantity"
	a, b := p.NewAggregator(), p.NewAggregator()
	subject := func(i int, wide bool, values map[string]any) *signal.Facts {
		f := facts(values)
		f.Subject.ID = fmt.Sprint("p", i)
		f.Absent = map[string]bool{column: wide}
		return f
	}
	public := map[string]any{"party.government": true}
	own := 0
	for i := range 7 {
		own += len(a.Evaluate(subject(i, true, public)))
		own += len(b.Evaluate(subject(i+10, true, public)))
	}
	if own != 0 {
		t.Errorf("%d lines for a column that the whole run lacks", own)
	}
	line := a.Evaluate(subject(30, false, public))
	if len(line) != 1 || line[0].RunWide || line[0].Finding.Subject.ID != "p30" {
		t.Errorf("a subject alone lacks a column, lines %+v", line)
	}
	a.Evaluate(subject(31, true, map[string]any{"party.government": false}))
	a.Evaluate(subject(32, true, map[string]any{"party.government": true, "usage.storage_tb_peak": 5.0}))
	a.Evaluate(subject(33, true, map[string]any{"party.government": true, "usage.storage_tb_peak": 50.0}))
	a.Merge(b)
	got := a.Findings()
	if len(got) != 1 {
		t.Fatalf("%d lines for the run, want 1", len(got))
	}
	f := got[0]
	if f.Subject != (finding.Subject{Kind: "run", ID: "run", Name: "14 parties"}) || f.Values["subjects"] != 14 ||
		f.State != NotComputable || !slices.Equal(f.Missing, []string{column}) {
		t.Errorf("line for the run: %+v", f)
	}
	want := Count{Flag: "RF-90", Of: "party", Title: "A store above its floor", Family: "C", Checked: 2, Raised: 1,
		NotComputable: 15, NotApplicable: 1,
		Reasons: map[string]int{string(signal.ColumnAbsent): 14, string(signal.Unstated): 1}}
	if diff := cmp.Diff([]Count{want}, a.Counts()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

// TestAggregatorFoldsOneLinePerFlag: RF-01 has rules for engagements and for accounts.
func TestAggregatorFoldsOneLinePerFlag(t *testing.T) {
	a := builtin(t).NewAggregator()
	for _, kind := range []string{signal.OfEngagement, signal.OfAccount} {
		f := &signal.Facts{Subject: finding.Subject{Kind: kind, ID: "1"}, Absent: map[string]bool{},
			Values: map[string]any{}}
		for _, d := range signal.Catalogue {
			for _, c := range d.Columns {
				f.Absent[c] = true
			}
		}
		a.Evaluate(f)
	}
	seen := map[string]bool{}
	for _, f := range a.Findings() {
		if seen[f.Flag] {
			t.Errorf("two lines for %s", f.Flag)
		}
		seen[f.Flag] = true
		if f.Flag == "RF-01" && f.Subject.Name != "1 account, 1 engagement" {
			t.Errorf("subject of RF-01 is %q", f.Subject.Name)
		}
	}
	if !seen["RF-01"] {
		t.Error("no line for RF-01")
	}
}

func TestSentence(t *testing.T) {
	for _, tt := range []struct {
		sentence string
		values   map[string]any
		want     string
	}{
		{"Stored {usage.storage_tb_peak | TB}.", map[string]any{"usage.storage_tb_peak": 0.25}, "Stored 250 GB."},
		{"Stored {usage.storage_tb_peak | TB}.", map[string]any{"usage.storage_tb_peak": 2.5e6}, "Stored 2.5 EB."},
		{"Stored {usage.storage_tb_peak | n}.", map[string]any{"usage.storage_tb_peak": 1234567.8},
			"Stored 1\u202f234\u202f568."},
		{"Stored {usage.storage_tb_peak}.", nil, "Stored (not known)."},
		{"Stored[[ {usage.storage_tb_peak}]] [here].", nil, "Stored [here]."},
		{"Share {shares(party.listed_share_min, party.listed_share_max)}.", map[string]any{
			"party.listed_share_min": 0.5, "party.listed_share_max": 0.5}, "Share 50 %."},
		{"It is {party.class | words}, {party.security}.", map[string]any{"party.class": "unknown",
			"party.security": true}, "It is unknown class, yes."},
		{"With {party.capabilities | words}.", map[string]any{"party.capabilities": []string{"bulk_storage", "llm",
			"speech"}}, "With bulk storage, language models and speech-to-text."},
		{"None: {party.capabilities | words}.", map[string]any{"party.capabilities": []string{}}, "None: (not known)."},
		{"{usage.months | month/months}.", map[string]any{"usage.months": 1}, "1 month."},
		{"{usage.months | month/months}.", map[string]any{"usage.months": 18}, "18 months."},
		{"{subject.name} {'}' + 'x'}.", nil, "Unit }x."},
		{"{claim.source} said.", nil, "(not known) said."},
	} {
		text := strings.Replace(with(map[string]string{"WHEN": "true"}),
			"Stored {usage.storage_tb_peak | TB}[[ of {usage.committed_tb | TB}]].", fmt.Sprintf("%q", tt.sentence), 1)
		p := mustParse(t, text)
		if got := p.Evaluate(facts(tt.values))[0].Finding.Sentence; got != tt.want {
			t.Errorf("%s: %q, want %q", tt.sentence, got, tt.want)
		}
	}
}

// TestSentenceRestsOnTheBestClaimThatStands: attributed, dated, graded; a contradicted claim
// of a better grade is passed over.
func TestSentenceRestsOnTheBestClaimThatStands(t *testing.T) {
	p := mustParse(t, strings.Replace(with(map[string]string{"WHEN": "true"}),
		"Stored {usage.storage_tb_peak | TB}[[ of {usage.committed_tb | TB}]].",
		"'{claim.source} reported on {claim.date | date} that {claim.text}.'", 1))
	f := facts(nil)
	f.Claims = []finding.Claim{
		{ID: "1", Source: "Late Post", Published: "2032-03-01", Grade: "B2", Status: "reported", Text: "it did."},
		{ID: "2", Source: "Early Post", Published: "2032-02-01", Grade: "B2", Status: "reported", Text: "it does."},
		{ID: "3", Source: "Best Post", Published: "2032-01-01", Grade: "A1", Status: "contradicted", Text: "it would."},
		{ID: "4", Source: "Weak Post", Published: "2031-01-01", Grade: "D4", Status: "reported", Text: "it might."},
	}
	if got, want := p.Evaluate(f)[0].Finding.Sentence, "Early Post reported on 1 February 2032 that it does."; got != want {
		t.Errorf("sentence %q, want %q", got, want)
	}
}

// TestNameAloneIsLessCertain: a listed name with nothing beside it is said to be that, and
// its confidence is not the score.
func TestNameAloneIsLessCertain(t *testing.T) {
	for _, tt := range []struct {
		grade      string
		confidence float64
		says       string
	}{
		{"A8", 0.97, "register numbers is that of an entry"},
		{"B7", 0.97, "name and details match"},
		{"B9", 0.5, "neither a register number nor two further attributes agree"},
		{"C8", 0.5, "neither a register number nor two further attributes agree"},
		{"", 0.5, "name and details match"},
	} {
		f := facts(map[string]any{"party.listed_score": 0.97})
		f.Hits = []finding.Hit{{List: "L", Entry: "1", Name: "Unit", Score: 0.97, Grade: tt.grade}}
		for _, r := range builtin(t).Evaluate(f) {
			if r.Rule.Flag != "RF-03" {
				continue
			}
			if r.Finding.Confidence != tt.confidence || !strings.Contains(r.Finding.Sentence, tt.says) {
				t.Errorf("grade %q: confidence %v, %q", tt.grade, r.Finding.Confidence, r.Finding.Sentence)
			}
		}
	}
}
