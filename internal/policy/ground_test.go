package policy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/finding"
)

// TestGroundsFollowTheirConditions: a clause with a condition is cited where it holds, and
// where it does not, or is unclear, nothing is asserted.
func TestGroundsFollowTheirConditions(t *testing.T) {
	text := strings.Replace(with(nil), `rests_on: {TEXT: ["1", "2"]}`,
		`rests_on:
      - cite: {TEXT: ["1"]}
      - {if: party.security, cite: {TEXT: ["2", "1"]}}`, 1)
	p := mustParse(t, text)
	for _, tt := range []struct {
		name   string
		values map[string]any
		want   string
	}{
		{"holds", map[string]any{"usage.storage_tb_peak": 11.0, "party.security": true}, "1 2"},
		{"does not hold", map[string]any{"usage.storage_tb_peak": 11.0, "party.security": false}, "1"},
		{"unclear", map[string]any{"usage.storage_tb_peak": 11.0}, "1"},
		{"not computable and holds", map[string]any{"party.security": true}, "1 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := p.Evaluate(facts(tt.values))[0].Finding
			var got []string
			for _, c := range f.RestsOn {
				got = append(got, c.Clause)
			}
			if s := strings.Join(got, " "); s != tt.want {
				t.Errorf("cites %q, want %q", s, tt.want)
			}
			if f.State == Raised && len(f.Missing) > 0 {
				t.Errorf("a clause that is not cited counts as missing: %v", f.Missing)
			}
		})
	}
	if got := p.AsOf("2036-01-01").Rules("")[0].RestsOn; len(got) != 1 || got[0].If() != "party.security" {
		t.Errorf("in 2036 the rule rests on %v", got)
	}
	d := p.Describe().Packs[0].Rules[0].RestsOn
	want := []string{
		"TEXT 1 (from memory, not checked)", "TEXT 2 (read in a secondary source) if party.security",
		"TEXT 1 (from memory, not checked) if party.security",
	}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Errorf("description (-want +got):\n%s", diff)
	}
}

func TestReadingOfClauses(t *testing.T) {
	clause := `{clause: "1", says: Look., verified: false, from: 2030-01-01, until: 2035-12-31}`
	for _, tt := range []struct {
		name, clause string
		want         finding.Reading
		fault        string
	}{
		{"primary", `{clause: "1", says: Look., read: primary, source: the text}`, finding.Primary, ""},
		{"secondary", `{clause: "1", says: Look., read: secondary, source: an article}`, finding.Secondary, ""},
		{"memory", `{clause: "1", says: Look., read: memory}`, finding.Memory, ""},
		{"verified of an old pack", `{clause: "1", says: Look., verified: true, source: an article}`, finding.Secondary,
			""},
		{"not verified of an old pack", `{clause: "1", says: Look., verified: false}`, finding.Memory, ""},
		{"another word", `{clause: "1", says: Look., read: yes}`, "", `read "yes" is not primary, secondary or memory`},
		{"both", `{clause: "1", says: Look., read: memory, verified: false}`, "", "give read alone"},
		{"neither", `{clause: "1", says: Look.}`, "", "read must be said"},
		{"with its day", `{clause: "1", says: Look., read: primary, read_on: 2031-02-03, source: the text}`,
			finding.Primary, ""},
		{"no day", `{clause: "1", says: Look., read: primary, read_on: lately, source: the text}`, "",
			`date "lately" is no day`},
		{"memory with a day", `{clause: "1", says: Look., read: memory, read_on: 2031-02-03}`, "",
			"has no day on which it was read"},
		{"no source", `{clause: "1", says: Look., read: primary}`, "", "names the source in which it was read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(with(nil), clause, tt.clause, 1)
			p, err := Parse("small.yaml", []byte(text))
			if tt.fault != "" {
				if err == nil || !strings.HasPrefix(err.Error(), "small.yaml:16: ") || !strings.Contains(err.Error(),
					tt.fault) {
					t.Errorf("error %v, want line 16 and %q", err, tt.fault)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			c := p.Parts[0].Instruments[0].Clauses[0]
			if c.Read != tt.want || c.Verified != (tt.want != finding.Memory) {
				t.Errorf("read %q, verified %v", c.Read, c.Verified)
			}
		})
	}
}

// TestHarm: a finding says whose rights may be touched where the rule can, and what it cannot
// say stays empty, never absent. A step whose condition is unclear shows nothing.
func TestHarm(t *testing.T) {
	const steps = "    rights:\n      - {if: usage.storage_tb_peak > 100.0, who: many, cite: {TEXT: [\"1\"]}}\n      " +
		"- {note: It is small.}\n"
	for _, tt := range []struct {
		name, rights string
		tb           float64
		want         string
	}{
		{"not given", "", 11, `"harm":{"who":"","how_many":"","undone":""}`},
		{"a text", "    rights: people whose calls are in the store\n", 11,
			`"harm":{"who":"people whose calls are in the store","how_many":"","undone":""}`},
		{"three texts", "    rights: {who: callers, how_many: all of them, undone: it cannot}\n", 11,
			`"harm":{"who":"callers","how_many":"all of them","undone":"it cannot"}`},
		{"a step that holds", steps, 110, `"harm":{"who":"many","rights":[{"instrument":"TEXT","clause":"1",`},
		{"the other step", steps, 11, `"harm":{"who":"","how_many":"","undone":"","note":"It is small."}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := mustParse(t, with(nil)+tt.rights)
			line, err := p.Evaluate(facts(map[string]any{"usage.storage_tb_peak": tt.tb}))[0].Finding.Line()
			if err != nil || !strings.Contains(string(line), tt.want) {
				t.Errorf("line %s, %v; want %s in it", line, err, tt.want)
			}
		})
	}
	for _, tt := range []struct{ name, rights, fault string }{
		{"nobody", "    rights: {undone: never}\n", "rights name nobody"},
		{"a clause that is not there", "    rights: {who: x, cite: {TEXT: [\"9\"]}}\n", `no clause "9"`},
		{"a step never reached", "    rights:\n      - {who: x}\n      - {who: y}\n", "never reached"},
		{"a condition of another type", "    rights:\n      - {if: usage.storage_tb_peak, who: x}\n", "bool"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Parse("small.yaml", []byte(with(nil)+tt.rights)); err == nil || !strings.Contains(err.Error(),
				tt.fault) {
				t.Errorf("error %v, want %q", err, tt.fault)
			}
		})
	}
}
