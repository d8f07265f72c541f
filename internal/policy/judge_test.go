package policy

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"cel.dev/cel-go/common/types"
	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/finding"
	"plimsoll/internal/signal"
)

// blob is a unit that nobody knows.
var blob = signal.Gap{
	Reason: signal.UnitUnknown, Column: "usage.ConsumedUnit", What: "Blob", Rows: 12, Amount: 40000, Unit: "Blob",
}

// may is a service that can be one of some classes, or any when none is named.
func may(words ...string) signal.Gap {
	return signal.Gap{Reason: signal.WordUnknown, Column: "usage.ServiceName", What: "Zeppelin", Rows: 2, May: words}
}

// partly returns facts known in part: the values of the names in gaps, and of "most" what they
// are at most.
func partly() *signal.Facts {
	f := facts(map[string]any{
		"usage.storage_tb_peak": 8.0, "usage.committed_tb": 4.0, "usage.months": 3, "usage.speech_hours_peak": 20.0,
		"party.security": true, "party.government": false, "party.class": "military",
		"usage.combination": []string{"speech"}, "party.capabilities": []string{"face"}, "support.codes": []string{"X"},
		"usage.sub_storage_tb": []float64{1, 6}, "usage.sub_speech_hours": []float64{2, 3},
		"party.claims": []map[string]any{
			{"live": true, "origin": "a", "capability": "a", "credibility": 1, "age_years": 2.0},
			{"live": true, "origin": "b", "capability": "b", "credibility": 1, "age_years": signal.AtLeast(2)},
			{"origin": "c", "capability": "c", "credibility": 4, "age_years": 9.0},
		},
		"usage.surges": []map[string]any{{"factor": 5.0, "days": 3.0}},
	})
	f.Most = map[string]float64{"usage.committed_tb": 6}
	f.Gaps = map[string][]signal.Gap{
		"usage.storage_tb_peak": {blob}, "usage.committed_tb": {blob}, "usage.months": {blob}, "party.security": {blob},
		"party.government": {blob}, "party.class": {blob}, "usage.combination": {may("face", "speech")},
		"party.capabilities":   {may()},
		"usage.sub_storage_tb": {blob}, "usage.surges": {blob},
	}
	return f
}

func TestJudgement(t *testing.T) {
	for _, tt := range []struct{ expression, want string }{
		// Numbers: usage.storage_tb_peak is at least 8, usage.committed_tb from 4 to 6.
		{"usage.storage_tb_peak > 7.0", "yes"},
		{"usage.storage_tb_peak >= 8.0", "yes"},
		{"usage.storage_tb_peak > 8.0", "unclear"},
		{"usage.storage_tb_peak > 9.0", "unclear"},
		{"usage.storage_tb_peak < 8.0", "no"},
		{"usage.storage_tb_peak < 9.0", "unclear"},
		{"!(usage.storage_tb_peak < 9.0)", "unclear"},
		{"9.0 < usage.storage_tb_peak", "unclear"},
		{"7.0 < usage.storage_tb_peak", "yes"},
		{"usage.storage_tb_peak == 8.0", "unclear"},
		{"usage.storage_tb_peak == 7.0", "no"},
		{"usage.storage_tb_peak != 8.0", "unclear"},
		{"7.0 != usage.storage_tb_peak", "yes"},
		{"usage.storage_tb_peak in [1.0, 2.0]", "no"},
		{"usage.storage_tb_peak in [1.0, 9.0]", "unclear"},
		{"usage.committed_tb < 7.0", "yes"},
		{"usage.committed_tb <= 5.0", "unclear"},
		{"usage.storage_tb_peak > usage.committed_tb", "yes"},
		{"usage.committed_tb > usage.storage_tb_peak", "no"},
		{"usage.committed_tb + 1.0 < 7.5", "yes"},
		{"1.0 - usage.committed_tb < 0.0", "yes"},
		{"usage.storage_tb_peak - usage.committed_tb >= 2.0", "yes"},
		{"usage.storage_tb_peak - usage.committed_tb > 2.0", "unclear"},
		{"-usage.committed_tb <= -4.0", "yes"},
		{"usage.committed_tb * 2.0 <= 12.0", "yes"},
		{"usage.committed_tb * -1.0 < -3.0", "yes"},
		{"usage.storage_tb_peak / usage.committed_tb > 1.3", "yes"},
		{"usage.storage_tb_peak / usage.committed_tb > 1.4", "unclear"},
		{"1.0 / (usage.committed_tb - 5.0) > 0.0", "unclear"},
		{"usage.months > 2 && usage.months + 1 >= 4", "yes"},
		{"usage.months / 2 >= 1", "yes"},
		{"double(usage.months) >= 3.0", "yes"},
		{"int(usage.committed_tb) < 7", "yes"},
		{"usage.months % 2 == 0", "unclear"},
		{"string(usage.months) == '3'", "unclear"},
		{"least(usage.storage_tb_peak, usage.committed_tb) <= 6.0", "yes"},
		{"greatest(usage.storage_tb_peak, 1.0) > 9.0", "unclear"},
		// What is known to hold holds.
		{"party.security", "yes"},
		{"party.government", "unclear"},
		{"!party.government", "unclear"},
		{"party.class == 'military'", "unclear"},
		{"party.government || usage.storage_tb_peak > 1.0", "yes"},
		{"party.government && usage.storage_tb_peak < 1.0", "no"},
		{"party.government ? true : false", "unclear"},
		// Words: usage.combination holds speech and may hold face; party.capabilities may hold any.
		{"'speech' in usage.combination", "yes"},
		{"'face' in usage.combination", "unclear"},
		{"'llm' in usage.combination", "no"},
		{"!('llm' in party.capabilities)", "unclear"},
		{"overlaps(usage.combination, ['speech', 'llm'])", "yes"},
		{"overlaps(usage.combination, ['llm', 'face'])", "unclear"},
		{"overlaps(['llm', 'vision'], usage.combination)", "no"},
		{"overlaps(usage.combination, party.capabilities)", "unclear"},
		{"overlaps(party.capabilities, [])", "no"},
		{"size(usage.combination) <= 2", "yes"},
		{"size(usage.combination) == 1", "unclear"},
		{"size(party.capabilities) >= 1", "yes"},
		{"size(party.capabilities) < 5", "unclear"},
		{"size(common(usage.combination, ['speech', 'face'])) >= 1", "yes"},
		{"size(common(usage.combination, ['speech', 'face'])) >= 2", "unclear"},
		{"size(common(usage.combination, ['llm'])) == 0", "yes"},
		{"usage.combination.exists(w, w == 'speech')", "yes"},
		{"usage.combination.exists(w, w == 'llm')", "no"},
		{"usage.combination.all(w, w == 'speech')", "unclear"},
		{"usage.combination.all(w, w != 'llm')", "yes"},
		{"usage.combination.exists_one(w, w == 'speech')", "yes"},
		{"size(usage.combination.filter(w, w != 'face')) == 1", "yes"},
		{"usage.combination.map(w, w + '!') == ['speech!']", "unclear"},
		{"usage.combination == ['llm', 'gpu', 'face']", "no"},
		{"usage.combination[0] == 'speech'", "unclear"},
		// Numbers of sub-accounts: 1 and 6 at least, and more.
		{"peak(usage.sub_storage_tb) >= 6.0", "yes"},
		{"peak(usage.sub_storage_tb) < 10.0", "unclear"},
		{"total(usage.sub_storage_tb) >= 7.0", "yes"},
		{"total(usage.sub_storage_tb) > 7.0", "unclear"},
		{"within(usage.sub_storage_tb, 5.0, 10.0) >= 0", "yes"},
		{"within(usage.sub_storage_tb, 5.0, 10.0) >= 1", "unclear"},
		{"within(usage.sub_storage_tb, -5.0, 0.0) == 0", "yes"},
		{"size(usage.sub_storage_tb) >= 2", "yes"},
		{"size(usage.sub_storage_tb) == 2", "unclear"},
		{"usage.sub_storage_tb.exists(x, x > 5.0)", "yes"},
		// Elements, of which all are known here: one lacks a field, one has a part of one.
		{"party.claims.exists(c, c.live && c.age_years < 3.0)", "yes"},
		{"party.claims.exists(c, c.capability == 'b' && c.age_years < 3.0)", "unclear"},
		{"party.claims.exists(c, c.capability == 'b' && c.age_years < 1.0)", "no"},
		{"party.claims.all(c, c.age_years >= 2.0)", "yes"},
		{"party.claims.all(c, c.live)", "unclear"},
		{"size(party.claims.filter(c, c.live)) >= 2", "yes"},
		{"size(party.claims.filter(c, c.live)) >= 3", "unclear"},
		{"size(party.claims.filter(c, c.live)) >= 4", "no"},
		{"origins(party.claims.filter(c, c.live && c.credibility <= 3)) >= 2", "yes"},
		{"origins(party.claims.filter(c, c.live)) >= 3", "unclear"},
		{"origins(party.claims) == 3", "yes"},
		{"party.claims.filter(c, c.live)[0].capability == 'a'", "unclear"},
		{"party.claims[0].capability == 'a'", "yes"},
		{"'c' in party.claims.filter(c, c.live).map(c, c.capability)", "unclear"},
		{"'a' in party.claims.filter(c, c.live).map(c, c.capability)", "yes"},
		{"'d' in party.claims.filter(c, c.live).map(c, c.capability)", "no"},
		// Surges: one, and more that are not known.
		{"usage.surges.exists(s, s.factor > 3.0)", "yes"},
		{"usage.surges.exists(s, s.factor > 9.0)", "unclear"},
		{"usage.surges.all(s, s.factor > 9.0)", "no"},
		{"usage.surges.all(s, s.factor > 3.0)", "unclear"},
		{"usage.surges.exists_one(s, s.factor > 3.0)", "unclear"},
		{"size(usage.surges) >= 1", "yes"},
		{"size(usage.surges) == 0", "no"},
		{"total(usage.surges.map(s, s.days)) >= 3.0", "unclear"},
		// Values known in full are as they were.
		{"usage.speech_hours_peak > 19.0", "yes"},
		{"'X' in support.codes && !('Y' in support.codes)", "yes"},
	} {
		t.Run(tt.expression, func(t *testing.T) {
			c := newCompiler(map[string]constant{}, new(int))
			e, fault := c.compile(signal.OfParty, tt.expression, false, types.BoolType)
			if fault != nil {
				t.Fatal(fault)
			}
			ev := newEvaluator(1)
			if err := ev.start(partly()); err != nil {
				t.Fatal(err)
			}
			defer ev.stop()
			if got := [...]string{no: "no", yes: "yes", unclear: "unclear"}[ev.judgedTruth(e)]; got != tt.want {
				t.Errorf("%s is %s, want %s", tt.expression, got, tt.want)
			}
			if len(ev.faults) > 0 {
				t.Errorf("faults %v", ev.faults)
			}
		})
	}
}

// TestOutcomes: what is known suffices, could suffice with what is not, or cannot.
func TestOutcomes(t *testing.T) {
	p := mustParse(t, with(nil))
	for _, tt := range []struct {
		name  string
		known float64
		most  float64 // 0 when there is no bound
		want  string
	}{
		{"known above the floor", 11400, 0, Raised},
		{"unknown could lift it above", 9, 0, NotComputable},
		{"unknown cannot lift it above", 4, 9, NotRaised},
		{"nothing known", 0, 0, NotComputable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := facts(map[string]any{"usage.storage_tb_peak": tt.known, "usage.committed_tb": 5.0})
			f.Gaps = map[string][]signal.Gap{"usage.storage_tb_peak": {blob}}
			if tt.most > 0 {
				f.Most = map[string]float64{"usage.storage_tb_peak": tt.most}
			}
			a := p.NewAggregator()
			got := a.Evaluate(f)
			count := a.Counts()[0]
			if state := stateOf(count); state != tt.want {
				t.Fatalf("state = %s, want %s", state, tt.want)
			}
			if tt.want == NotRaised {
				return
			}
			x, unknown := got[0].Finding, []finding.Gap{{
				Reason: "unit_not_understood", Column: "usage.ConsumedUnit", What: "Blob", Rows: 12, Amount: 40000,
				Unit: "Blob",
			}}
			if diff := cmp.Diff(unknown, x.Unknown); diff != "" {
				t.Errorf("unknown (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(finding.Partial{Known: tt.known, Unknown: unknown}, x.Values["usage.storage_tb_peak"]); diff != "" {
				t.Errorf("value (-want +got):\n%s", diff)
			}
			if x.Values["usage.committed_tb"] != 5.0 {
				t.Errorf("a value known in full is %v", x.Values["usage.committed_tb"])
			}
			want := "Stored at least 11.4 PB of 5 TB."
			var missing []string
			if tt.want == NotComputable {
				missing = []string{"usage.ConsumedUnit"}
				want = "Whether this flag would be raised cannot be computed: the unit “Blob” of 12 charges " +
					"(40\u202f000) is not " +
					"understood. To settle it: usage.ConsumedUnit. Looked for: a store above its floor."
				if diff := cmp.Diff(map[string]int{"unit_not_understood": 1}, count.Reasons); diff != "" {
					t.Errorf("reasons (-want +got):\n%s", diff)
				}
			}
			if x.Sentence != want || !slices.Equal(x.Missing, missing) {
				t.Errorf("sentence %q, missing %v\nwant %q", x.Sentence, x.Missing, want)
			}
		})
	}
}

// TestCannot words columns that are absent beside what is not understood.
func TestCannot(t *testing.T) {
	r := mustParse(t, with(nil)).Rules("")[0]
	gap := func(reason, column, what string) finding.Gap {
		return finding.Gap{Reason: reason, Column: column, What: what, Rows: 1}
	}
	for _, tt := range []struct {
		name    string
		columns []string
		gaps    []finding.Gap
		want    string
	}{
		{"one column", []string{"usage.A"}, nil, "usage.A is missing."},
		{"two columns", []string{"usage.A", "usage.B"}, nil, "usage.A, usage.B are missing."},
		{"a column that is absent", []string{"usage.A"}, []finding.Gap{gap("column_absent", "usage.A", "")},
			"usage.A is missing."},
		{"an account", nil, []finding.Gap{gap("account_without_bill", "", "A-2")}, "account A-2 has no bill."},
		{"both", []string{"usage.A", "usage.U"}, []finding.Gap{gap("unit_not_understood", "usage.U", "Blob")},
			"the unit “Blob” of 1 charge is not understood; usage.A is missing. To settle it: usage.U."},
		{"many", nil, []finding.Gap{gap("account_without_bill", "", "1"), gap("account_without_bill", "", "2"),
			gap("account_without_bill", "", "3"), gap("account_without_bill", "", "4"), gap("account_without_bill", "",
				"5")},
			"account 1 has no bill; account 2 has no bill; account 3 has no bill; 2 more of the kind."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := "Whether this flag would be raised cannot be computed: " + tt.want +
				" Looked for: a store above its floor."
			if got := Cannot(r.Title, tt.columns, tt.gaps); got != want {
				t.Errorf("sentence %q, want %q", got, want)
			}
		})
	}
}

// TestEveryReasonHasWords: a gap never shows its own code to a reader.
func TestEveryReasonHasWords(t *testing.T) {
	for _, reason := range []signal.Reason{
		signal.ColumnAbsent, signal.CellEmpty, signal.UnitUnknown, signal.WordUnknown, signal.RowRejected,
		signal.NoBill,
		signal.NoRegister, signal.AfterReview, signal.FewMonths, signal.Unstated,
	} {
		got := finding.Gap{Reason: string(reason), Column: "usage.A", What: "b", Rows: 2}.Words()
		if code := strings.ReplaceAll(string(reason), "_", " "); got == code+" of b" {
			t.Errorf("%s reads %q", reason, got)
		}
	}
}

func TestSayAtLeast(t *testing.T) {
	for _, tt := range []struct{ value, want string }{
		{"{usage.storage_tb_peak | TB}", "At least 8 TB"},
		{"a {usage.storage_tb_peak | hours}", "a at least 8 hours"},
		{"{usage.storage_tb_peak | days}, {usage.storage_tb_peak | x}", "At least 8 days, at least 8 times"},
		{"{usage.storage_tb_peak | %}", "At least 800 %"},
		{"{usage.storage_tb_peak | n} {usage.storage_tb_peak}", "At least 8 at least 8"},
		{"{usage.storage_tb_peak - usage.committed_tb | n}", "At least 2"},
		{"{10.0 - usage.storage_tb_peak | n}", "At most 2"},
		{"{usage.storage_tb_peak - usage.storage_tb_peak | n}", "(not known)"},
		{"{usage.speech_hours_peak | hours}", "20 hours"},
		{"{size(usage.combination) | word/words}", "At least 1 word"},
		{"{party.claims.filter(c, c.live).size()} claims", "At least 2 claims"},
		{"{party.claims.filter(c, c.live)[0].origin}", "a"},
		{"{peak(usage.sub_storage_tb) | TB}[[ of {usage.committed_tb | TB}]]", "At least 6 TB of at least 4 TB"},
		{"{shares(usage.committed_tb / 100.0, usage.storage_tb_peak / 100.0)}", "At least 4 %"},
		{"{usage.combination | words}", "speech-to-text"},
	} {
		t.Run(tt.value, func(t *testing.T) {
			text := strings.Replace(with(map[string]string{"WHEN": "true"}),
				"Stored {usage.storage_tb_peak | TB}[[ of {usage.committed_tb | TB}]].", quote(tt.value), 1)
			if got := mustParse(t, text).Evaluate(partly())[0].Finding.Sentence; got != tt.want {
				t.Errorf("sentence %q, want %q", got, tt.want)
			}
		})
	}
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// TestWordingSeesTheKnownPart: severity and confidence rest on what is known.
func TestWordingSeesTheKnownPart(t *testing.T) {
	text := strings.Replace(with(map[string]string{"RUNG": "size(usage.combination) >= 2"}), "confidence: 0.7",
		`confidence: "0.5 + 0.1 * double(size(common(usage.combination, ['speech', 'face'])))"`, 1)
	f := partly()
	f.Values["usage.storage_tb_peak"] = 12.0
	if x := mustParse(t, text).Evaluate(f)[0].Finding; x.Severity != "medium" || x.Confidence != 0.6 ||
		len(x.Missing) > 0 {
		t.Errorf("severity %s, confidence %v, missing %v", x.Severity, x.Confidence, x.Missing)
	}
}

// TestRulesOfAnotherKind: a subject may be shown as one kind and judged by the rules for another.
func TestRulesOfAnotherKind(t *testing.T) {
	p := mustParse(t, with(nil))
	f := facts(map[string]any{"usage.storage_tb_peak": 12.0})
	party := p.Evaluate(f)[0].Finding
	f.Subject.Kind = signal.OfAccount
	if got := p.Evaluate(f); len(got) != 0 {
		t.Errorf("an account is judged by %d rules for parties", len(got))
	}
	f.Kind = signal.OfParty
	account := p.Evaluate(f)[0].Finding
	own := finding.NewID("RF-90", signal.OfAccount, f.Subject.ID)
	if account.Subject.Kind != signal.OfAccount || account.ID == party.ID || account.ID == own {
		t.Errorf("finding %s on %+v; by the rules for its own kind the ids are %s and %s", account.ID, account.Subject,
			party.ID, own)
	}
}

// TestGapsAreNotFolded: what only one subject lacks has a line of its own.
func TestGapsAreNotFolded(t *testing.T) {
	const column = "usage.ConsumedQuantity"
	p := mustParse(t, with(nil))
	for _, tt := range []struct {
		name  string
		gaps  []signal.Gap
		lines int
	}{
		{"none", nil, 0},
		{"the column is absent from the run", []signal.Gap{{Reason: signal.ColumnAbsent, Column: column}}, 0},
		{"its own account has no bill", []signal.Gap{{Reason: signal.NoBill, Column: column, What: "A-2", Rows: 1}}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := facts(nil)
			f.Absent = map[string]bool{column: true}
			f.Gaps = map[string][]signal.Gap{"usage.storage_tb_peak": tt.gaps}
			a := p.NewAggregator()
			if got := a.Evaluate(f); len(got) != tt.lines || len(a.Findings()) != 1-tt.lines {
				t.Errorf("%d lines and %d for the run, want %d and %d", len(got), len(a.Findings()), tt.lines,
					1-tt.lines)
			}
		})
	}
}
