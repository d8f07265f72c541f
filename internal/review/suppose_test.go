package review

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/finding"
	"plimsoll/internal/resolve"
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
	write(filepath.Join(dir, "engagements.csv"), "engagement_id,kind,seller,buyer,buyer_country,item,value,currency,signed\n"+
		"K1,contract,Ostrel Cloud plc,Global Trading LLC,AE,Speech to text service,10,EUR,2031-01-01\n"+
		"K2,contract,Ostrel Cloud plc,Corvin Glass Ltd,AE,Speech to text service,10,EUR,2031-01-01\n")
	write(claims, "claim_id,about,capability,text,source,url,published,origin,grade,status,reply\n"+
		"C1,Global Trading LLC,speech,used to listen to journalists,Example Post,https://x.example/1,2031-02-01,o1,B2,reported,\n")
	out := filepath.Join(dir, "out")
	res, err := Run(t.Context(), Options{Paths: []string{filepath.Join(dir, "engagements.csv"), claims}, Out: out, Version: "test", AsOf: time.Date(2031, 6, 1, 0, 0, 0, 0, time.UTC)})
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
	for _, want := range []string{"If Global Trading LLC (engagements.csv row 2) is the Global Trading LLC of claims.csv row 2:", "That is not certain:"} {
		if !strings.Contains(found.Sentence, want) {
			t.Errorf("the sentence lacks %q: %s", want, found.Sentence)
		}
	}
	if c := res.Summary.Flags["RF-08"]; c.RaisedIf != 1 || c.Checked != c.Raised+c.NotRaised+c.Exempt+c.NotComputable+c.ToCheck {
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
