package review

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/finding"
	"plimsoll/internal/resolve"
	"plimsoll/internal/world"
)

// A buyer that may be a listed party is raised one step lower, with the doubt in the sentence.
func TestAPossibleJoinIsFollowed(t *testing.T) {
	dir := t.TempDir()
	claims := filepath.Join(dir, "claims.csv")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(dir, "engagements.csv"),
		"engagement_id,kind,seller,buyer,buyer_country,item,value,currency,signed\n"+
			"K1,contract,Ostrel Cloud plc,Global Trading LLC,AE,Speech to text service,10,EUR,2031-01-01\n"+
			"K2,contract,Ostrel Cloud plc,Corvin Glass Ltd,AE,Speech to text service,10,EUR,2031-01-01\n")
	write(claims, "claim_id,about,capability,text,source,url,published,origin,grade,status,reply\n"+
		"C1,Global Trading LLC,speech,used to listen to journalists,Example "+
		"Post,https://x.example/1,2031-02-01,o1,B2,reported,\n")
	out := filepath.Join(dir, "out")
	res, err := Run(t.Context(), Options{Paths: []string{filepath.Join(dir, "engagements.csv"), claims}, Out: out,
		Version: "test", AsOf: time.Date(2031, 6, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	var found *finding.Finding
	for i, f := range res.First {
		if f.Flag == "RF-08" && len(f.If) > 0 {
			found = &res.First[i]
		}
		if len(f.If) > 0 && finding.Rank(f.Severity) < finding.Rank("medium") {
			t.Errorf("%s is %s on a common name: %s", f.Flag, f.Severity, f.Sentence)
		}
	}
	if found == nil {
		t.Fatal("RF-08 does not follow the possible join")
	}
	for _, want := range []string{"If Global Trading LLC (engagements.csv row 2) is the Global Trading LLC of " +
		"claims.csv row 2:", "That is not certain:"} {
		if !strings.Contains(found.Sentence, want) {
			t.Errorf("the sentence lacks %q: %s", want, found.Sentence)
		}
	}
	if c := res.Summary.Flags["RF-08"]; c.RaisedIf != 1 || c.Checked != c.Raised+c.NotRaised+c.Exempt+c.NotComputable+
		c.ToCheck {
		t.Errorf("RF-08 counts %+v", c)
	}
	f, err := os.Open(filepath.Join(out, "joins.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("joins.csv: %v, %v", rows, err)
	}
	line := map[string]string{}
	for i, h := range rows[0] {
		line[h] = rows[1][i]
	}
	places := line["rows"] + " " + line["joined_rows"]
	if line["decision"] != string(resolve.Possible) || !strings.Contains(line["evidence"], "prior -9.0; name +") ||
		!strings.Contains(places, "engagements.csv row 2") || !strings.Contains(places, "claims.csv row 2") {
		t.Errorf("joins.csv %v", line)
	}
}

// What is not computable only if a buyer is the party of a claim is not called "not raised".
func TestAPossibleJoinLeavesOpen(t *testing.T) {
	for _, tt := range []struct {
		name, claims string
		open         bool
	}{
		{"a claim without a grade about somebody who may be the buyer",
			"C1,Global Trading LLC,speech,used to listen to journalists,Example " +
				"Post,https://x.example/1,2031-02-01,o1,,reported,\n", true},
		{"a claim without a grade about nobody who may be",
			"C1,Ferrand Quay SA,speech,used to listen to journalists,Example " +
				"Post,https://x.example/1,2031-02-01,o1,,reported,\n", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range map[string]string{
				"engagements.csv": "engagement_id,kind,seller,buyer,buyer_country,item,value,currency,signed\n" +
					"K1,contract,Ostrel Cloud plc,Global Trading LLC,AE,Speech to text service,10,EUR,2031-01-01\n" +
					"K2,contract,Ostrel Cloud plc,Corvin Glass Ltd,AE,Speech to text service,10,EUR,2031-01-01\n",
				"claims.csv": "claim_id,about,capability,text,source,url,published,origin,grade,status,reply\n" +
					tt.claims,
			} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			out := filepath.Join(t.TempDir(), "out")
			res, err := Run(t.Context(), Options{Paths: []string{dir}, Out: out, Version: "test", AsOf: time.Date(2031,
				6, 1, 0, 0, 0, 0, time.UTC)})
			if err != nil {
				t.Fatal(err)
			}
			lines, err := os.ReadFile(filepath.Join(out, "findings.jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			open := false
			for line := range strings.Lines(string(lines)) {
				var f finding.Finding
				if err := json.Unmarshal([]byte(line), &f); err != nil {
					t.Fatal(err)
				}
				if f.Flag == "RF-07" && f.State != finding.Raised && len(f.If) > 0 {
					open = true
					if !strings.HasPrefix(f.Sentence, "If Global Trading LLC (") {
						t.Errorf("the sentence does not say who would have to be whom: %s", f.Sentence)
					}
				}
			}
			if open != tt.open {
				t.Errorf("RF-07 is open if two parties are one: %v, want %v", open, tt.open)
			}
			for flag, c := range res.Summary.Flags {
				if c.Checked != c.Raised+c.NotRaised+c.Exempt+c.NotComputable+c.ToCheck {
					t.Errorf("%s counts %+v", flag, c)
				}
			}
		})
	}
}

// A demand about somebody who may be the buyer is followed to the engagements of the buyer, with the doubt said.
func TestAPossibleJoinIsFollowedByDemands(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"engagements.csv": "engagement_id,kind,seller,buyer,buyer_country,item,value,currency,signed\n" +
			"K1,contract,Ostrel Cloud plc,Global Trading LLC,AE,Speech to text service,10,EUR,2031-01-01\n",
		"instruments.csv": "instrument_id,title,kind,issuer,date,force\nI1,Order 7,order,Board of " +
			"Licences,2030-01-01,binding\n",
		"demands.csv": "demand_id,instrument_id,text,of,about_kind,about,due\n" +
			"D1,I1,Report on dealings,companies,party,Global Trading LLC,2031-03-01\n",
		"answers.csv": "answer_id,demand_id,by,acted,date,text,publisher,source,grade\n" +
			"A1,D0,Somebody,done,2031-01-01,A report,Somebody,https://x.example/1,B2\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, wide := range []bool{true, false} {
		res, err := Run(t.Context(), Options{Paths: []string{dir}, Out: filepath.Join(t.TempDir(), "out"),
			Version: "test",
			AsOf:    time.Date(2031, 6, 1, 0, 0, 0, 0, time.UTC), wide: wide})
		if err != nil {
			t.Fatal(err)
		}
		if n := res.Summary.Flags["RF-47"].RaisedIf; n != 1 {
			t.Errorf("over all records %v: RF-47 is raised %d times if parties are one, want 1: %+v", wide, n,
				res.Summary.Flags["RF-47"])
		}
	}
}

// Of parties that may be one the rules say the same whether all records are read or those about them alone. The
// world is one in which registers write names with a slip and leave out numbers and countries, so that most of its
// parties may be others.
func TestSupposedOverTheirOwnRows(t *testing.T) {
	in := t.TempDir()
	if err := world.Write(t.Context(), in, world.Options{Seed: 4, Size: "small"}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"accounts.csv", "approvals.csv", "claims.csv", "support.csv", "events.csv"} {
		slip(t, filepath.Join(in, name))
	}
	asOf, _ := time.Parse(time.DateOnly, world.Today)
	got := map[bool][]byte{}
	for _, wide := range []bool{false, true} {
		o := Options{Paths: []string{in}, Lists: []string{filepath.Join(in, "lists")}, AsOf: asOf, wide: wide}
		o.Out = filepath.Join(t.TempDir(), "out")
		if _, err := Run(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		var err error
		if got[wide], err = os.ReadFile(filepath.Join(o.Out, "findings.jsonl")); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Contains(got[true], []byte(`"if":`)) {
		t.Fatal("nothing is raised only if parties are one")
	}
	if diff := cmp.Diff(strings.Split(string(got[true]), "\n"), strings.Split(string(got[false]), "\n")); diff != "" {
		t.Errorf("findings (-all records +their own):\n%s", diff)
	}
}

// slip writes a letter twice in every second name of a table, and empties its cells of numbers and countries.
func slip(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows[1:] {
		for k, cell := range row {
			switch h := rows[0][k]; {
			case i%2 == 0 && len(cell) > 6 && (h == "party_name" || h == "end_user" || h == "about"):
				at := 2 + i%(len(cell)-4)
				if cell[at] < utf8.RuneSelf {
					row[k] = cell[:at] + cell[at:at+1] + cell[at:]
				}
			case strings.HasSuffix(h, "_id") && h != "account_id" && h != "claim_id" && h != "event_id" &&
				h != "engagement_id",
				strings.HasSuffix(h, "_country"):
				row[k] = ""
			}
		}
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := csv.NewWriter(f).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
}

// Every candidate of a name without details is asked about, and so is a buyer that may be a party of which the flag is
// raised anyway: neither hides the other.
func TestEachThatMayBeOneIsFlagged(t *testing.T) {
	const head = "engagement_id,kind,seller,buyer,buyer_id,buyer_country,item,value,currency,signed\n"
	const list = "name,country,identifiers,publisher,report,url,published,status,effect\n" +
		"Tarnholt Holding AG,Calder,CA-REG:88123,Commission for Rights (example),Report,,2030-01-15,listed,named\n"
	for _, tt := range []struct {
		name, engagements, owned string
		want                     map[string]string // engagement → severity of RF-03 of its buyer
		doubt                    string
	}{
		{"an owned firm without a country and two of the name", "K1,contract,Ostrel Cloud plc,Global Trading LLC,,AE," +
			"Storage,10,EUR,2031-01-01\nK2,contract,Ostrel Cloud plc,Global Trading LLC,,OM,Storage,10,EUR," +
			"2031-01-01\n",
			"Global Trading LLC,,", map[string]string{"K1": "medium", "K2": "medium"}, "more than one party fits"},
		{"a bare name beside the owned firm of that name", "K1,contract,Ostrel Cloud plc,Global Trading LLC," +
			"AE-DED:778812,AE,Storage,10,EUR,2031-01-01\nK2,contract,Ostrel Cloud plc,Global Trading LLC,,,Storage," +
			"10,EUR,2031-01-01\n", "Global Trading LLC,AE-DED:778812,AE",
			map[string]string{"K1": "critical", "K2": "medium"}, "such names are common"},
		{"another legal form", "K1,contract,Ostrel Cloud plc," +
			"Quornbek Bildtechnik GmbH,DE-HRB:45712,DE,Storage,10,EUR," +
			"2031-01-01\nK2,contract,Ostrel Cloud plc,Quornbek Bildtechnik AG,,DE,Storage,10,EUR,2031-01-01\n",
			"Quornbek Bildtechnik GmbH,DE-HRB:45712,DE", map[string]string{"K1": "critical", "K2": "medium"},
			"the legal forms differ"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			in := filepath.Join(dir, "in")
			for path, text := range map[string]string{"in/engagements.csv": head + tt.engagements,
				"in/ownership.csv": "owner,owner_id,owner_country,owned,owned_id,owned_country,share,kind\n" +
					"Tarnholt Holding AG,CA-REG:88123,Calder," + tt.owned + ",80,shares\n", "list.csv": list} {
				full := filepath.Join(dir, path)
				if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			out := filepath.Join(dir, "out")
			if _, err := Run(t.Context(), Options{Paths: []string{in}, Lists: []string{filepath.Join(dir, "list.csv")},
				Out: out, Version: "test", AsOf: time.Date(2031, 6, 1, 0, 0, 0, 0, time.UTC)}); err != nil {
				t.Fatal(err)
			}
			got, doubts := map[string]string{}, ""
			for _, f := range lines(t, filepath.Join(out, "findings.jsonl")) {
				if f.Flag != "RF-03" || f.State != finding.Raised || len(f.Engagement) == 0 {
					continue
				}
				if len(f.If) > 0 {
					doubts += f.Sentence
				}
				for _, e := range f.Engagement {
					if was, ok := got[e]; !ok || finding.Rank(f.Severity) < finding.Rank(was) {
						got[e] = f.Severity
					}
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("RF-03 (-want +got):\n%s", diff)
			}
			if !strings.Contains(doubts, tt.doubt) {
				t.Errorf("no sentence has %q: %s", tt.doubt, doubts)
			}
		})
	}
}
