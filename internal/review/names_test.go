package review

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// reviewRows reviews one table of engagements against one list in FollowTheMoney.
func reviewRows(t *testing.T, rows, entry string) (*Result, string) {
	t.Helper()
	dir := t.TempDir()
	in, list, out := filepath.Join(dir, "engagements.csv"), filepath.Join(dir, "list.ftm.json"),
		filepath.Join(dir, "out")
	for path, text := range map[string]string{in: rows, list: entry} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	res, err := Run(context.Background(), Options{Paths: []string{in}, Lists: []string{list}, Out: out, Version: "test",
		AsOf: time.Date(2031, 6, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	return res, out
}

const (
	entryHead = `{"id":"e-1","schema":"`
	entryTail = `"],"topics":["sanction"]},"datasets":["example"],"referents":[],"target":true,"first_seen":"2030-01-01T00:00:00"}` + "\n"
	rowsHead  = "engagement_id,kind,seller,buyer,item,value,currency,signed\n"
)

// A short name that agrees with a short alias is neither raised nor clear: it is a name to check.
func TestAShortNameIsToBeChecked(t *testing.T) {
	res, _ := reviewRows(t, rowsHead+"A1,contract,QRX,Town of Ortley,Window cleaning,10,EUR,2031-01-01\n",
		entryHead+`Organization","caption":"Qarran Front","properties":{"name":["Qarran Front"],"alias":["QRX`+
			entryTail)
	for _, f := range res.First {
		if f.Flag == "RF-03" && f.State == "raised" {
			t.Errorf("raised: %s", f.Sentence)
		}
	}
	if len(res.Summary.ToCheck) != 1 || res.Summary.ToCheck[0].Party.Name != "QRX" {
		t.Errorf("names to check: %+v", res.Summary.ToCheck)
	}
	if c := res.Summary.Flags["RF-03"]; c.ToCheck != 1 || c.Raised != 0 {
		t.Errorf("RF-03 counts %+v", c)
	}
}

// A supplier who looks like a natural person is named in no output, and not compared with
// entries for persons.
func TestANaturalPersonIsNotNamed(t *testing.T) {
	res, out := reviewRows(t, rowsHead+"A1,contract,Maria Gonzalez,Town of Ortley,Window cleaning,10,EUR,2031-01-01\n",
		entryHead+`Person","caption":"Maria Gonzalez","properties":{"name":["Maria Gonzalez`+entryTail)
	if res.Summary.Screening.Individuals != 1 || res.Summary.Screening.Hits != 0 {
		t.Errorf("screening %+v", res.Summary.Screening)
	}
	files, err := os.ReadDir(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(out, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "Gonzalez") {
			t.Errorf("%s names the person", f.Name())
		}
	}
}

// A table without rows is no clean bill of health.
func TestNoRecordIsNoAnswer(t *testing.T) {
	res, _ := reviewRows(t, rowsHead, entryHead+
		`Organization","caption":"Qarran Front","properties":{"name":["Qarran Front`+entryTail)
	if want := []string{"the files hold no record"}; !slices.Equal(res.Summary.NothingChecked, want) {
		t.Errorf("nothing checked: %q, want %q", res.Summary.NothingChecked, want)
	}
}

// A listed firm among the twelve of a consortium raises a flag on the consortium, by every way to list them.
func TestAConsortiumIsTakenApart(t *testing.T) {
	others := []string{"Aldane Works Ltd", "Bremor Steel AG", "Corvin Roads SA", "Deltar Pipes GmbH", "Esmor Power BV",
		"Fendale Glass Ltd", "Gorlan Trucks SpA", "Hestia Paper Oy", "Imvar Cables AS", "Jorvik Stone AB",
		"Kelmar Paint Ltd"}
	for _, between := range []string{", ", "; ", " / ", "---"} {
		t.Run(between, func(t *testing.T) {
			text := "Consortium of " + strings.Join(append(others[:len(others):len(others)], "Quelvane Optics Limited"),
				between)
			_, out := reviewRows(t, rowsHead+"A1,contract,\""+text+"\",Town of Ortley,Cameras,10,EUR,2031-01-01\n",
				entryHead+`Company","caption":"Quelvane Optics Limited","properties":{"name":["Quelvane Optics Limited`+
					entryTail)
			raised := false
			for _, f := range lines(t, filepath.Join(out, "findings.jsonl")) {
				raised = raised || f.Flag == "RF-03" && f.State == "raised"
			}
			if !raised {
				t.Errorf("no flag for %s", text)
			}
		})
	}
}
