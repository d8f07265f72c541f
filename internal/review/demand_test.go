package review

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/finding"
)

// TestDemands: tables under own headings through a map, joined to engagements, with what they draw on.
func TestDemands(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	in := []string{
		write("deals.csv", `engagement_id,kind,seller,buyer,buyer_country,end_user,end_user_class,item,value,currency,signed,destination
K1,sale,Skerry Cloud,Army of Ulthoria,Ulthoria,Army of Ulthoria,military,Night vision goggles,50000.10,EUR,2031-06-01,Ulthoria
K2,sale,Skerry Cloud,Library of Velden,Velden,Library of Velden,civil,Office chairs,500,EUR,2031-06-02,Velden
K3,delivery,Skerry Cloud,Army of Ulthoria,Ulthoria,Army of Ulthoria,military,Night vision goggles,0.20,EUR,2031-07-01,Ulthoria
K4,licence,Skerry Cloud,Army of Ulthoria,Ulthoria,Army of Ulthoria,military,Night vision goggles,,,2031-01-01,Ulthoria
`),
		write("sources.csv", "instrument_id,title,issuer,date,force\nR1,Order 7,Maritime Court,2031-05-01,binding\n"),
		write("asked.csv", `Number;Under;What;Whom;Kind;Which;By
D1;R1;Stop the supply;all_states;goods;optics;within 12 months
D2;R1;Report on the library;companies;engagement;K2;
D3;R1;Report on the army;companies;party;Army of Ulthoria;2031-12-31
;R1;Nobody can name this;companies;conduct;;2031-12-31
`),
		write("said.csv", "answer_id,demand_id,by,acted,date\nA1,D3,Skerry Cloud,done,2031-11-01\n"),
	}
	mapping := write("map.yaml", `maps:
  - name: asked
    table: demands
    header: [[Number, Under, What]]
    columns:
      demand_id: Number
      instrument_id: Under
      text: What
      of: Whom
      about_kind: Kind
      about: Which
      due: By
`)
	run := func(name string, more Options) *Result {
		more.AsOf, more.Out = time.Date(2032, 7, 1, 0, 0, 0, 0, time.UTC), filepath.Join(dir, name)
		res, err := Run(t.Context(), more)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	res := run("out", Options{Paths: in, Map: mapping})
	d := res.Summary.Demands
	if d == nil || d.Demands != 3 || d.Concern != 3 || d.Overdue != 1 || d.Open != 1 || d.Touched != 4 ||
		d.NotUsed != 1 {
		t.Fatalf("%+v", d)
	}
	first, _ := json.Marshal(d.Standing[0].Draws)
	for _, want := range []string{`"kind":"contracts","records":1,"currency":"EUR","value":"50000.1"`,
		`"kind":"deliveries","records":1,"currency":"EUR","value":"0.2"`,
		`"kind":"licences","records":1,"without_value":1`} {
		if !strings.Contains(string(first), want) {
			t.Errorf("draw-down %s, want %s", first, want)
		}
	}
	table, err := os.ReadFile(filepath.Join(dir, "out", "demands.csv"))
	if err != nil || strings.Count(string(table), "\n") != 1+3+1+3 {
		t.Errorf("demands.csv: %v\n%s", err, table)
	}
	state := func(res *Result, id string) string {
		for _, f := range res.First {
			if f.Flag == "RF-47" && f.Subject.ID == id {
				return f.State
			}
		}
		return ""
	}
	for _, id := range []string{"K1", "K3", "K4"} {
		if got := state(res, id); got != finding.Raised {
			t.Errorf("%s: %q", id, got)
		}
	}
	if got := res.Summary.Flags["RF-47"]; got.Raised != 3 || got.NotRaised != 0 || got.NotComputable != 1 {
		t.Errorf("a demand that nobody can name, and one without a day, clear nothing: %+v", got)
	}
	arms := write("arms.csv", "engagement_id,kind,seller,buyer,item\nK8,sale,Skerry Cloud,Army of "+
		"Ulthoria,Ammunition\nK9,sale,Skerry Cloud,Army of Ulthoria,Office chairs\n")
	sets := run("sets", Options{Paths: []string{arms}, Sets: []string{"att"}})
	if x, f := sets.Summary.Demands, sets.Summary.Flags["RF-47"]; x.Demands != 3 || x.Concern != 3 || x.Overdue != 0 ||
		x.Open != 3 ||
		f.NotRaised != 1 || f.NotComputable != 1 {
		t.Errorf("with a set: %+v, %+v", x, f)
	}
	if off := run("off", Options{Paths: in[:1]}); off.Summary.Demands != nil ||
		off.Summary.Flags["RF-47"].NotComputable != 4 {
		t.Errorf("no set is on by itself: %+v", off.Summary.Flags["RF-47"])
	}
}
