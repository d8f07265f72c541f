package report

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"plimsoll/internal/finding"
	"plimsoll/internal/list"
	"plimsoll/internal/review"
)

// sample is a result with everything that a page can show, hostile text included.
func sample() *review.Result {
	months := []string{"2031-01", "2031-02", "2031-03", "2031-04", "2031-05", "2031-06", "2031-07", "2031-08"}
	lead := finding.Finding{
		ID: "f1", Flag: "RF-11", State: finding.Raised, Severity: "critical", Confidence: 0.86, Title: "Combination",
		Subject: finding.Subject{Kind: "party", ID: "p-1", Name: "Directorate for Special Communications",
			Party: "p-1"},
		Sentence: "Records show bulk storage (11 400 TB) together with speech-to-text, translation and language " +
			"models in one end user's accounts within 90 days.",
		Values: map[string]any{"usage.combination_tb": 11400.0, "usage.combination": []string{"bulk_storage",
			"speech"}},
		RestsOn: []finding.Clause{{Instrument: "UNGP", Clause: "13(b)"}, {Instrument: "US 2020 guidance",
			Clause: "scope", Verified: true}},
		Innocent: []string{"court transcription", "a migration"}, Ask: []string{"purpose", "users"}, Missing: []string{
			"engagements.end_use"},
		Series: []finding.Series{
			{Measure: "storage", Unit: "TB", Months: months, Values: []float64{300, 420, 900, 2000, 5200, 9100, 11400,
				3100}, Limit: 400, Label: "contracted 400 TB", Marks: []finding.Mark{
				{Date: "2031-07-20", Label: "report published"}}},
			{Measure: "speech", Unit: "hours", Months: months, Values: []float64{0, 10, 800, 4000, 9000, 15000, 24000,
				22000}},
		},
		Claims: []finding.Claim{{ID: "c1", Text: `<script>alert("x")</script> keeps calls`, Source: "The Calder Post",
			Published: "2031-07-20", Grade: "B2", Status: "reported"}},
		Evidence: []finding.Evidence{{SHA256: strings.Repeat("a", 64), File: "bills-2031.csv", At: "rows 17–70",
			Says: "11 400 TB stored"}},
		Pack: "ungp-base", Version: "1.0",
	}
	owned := finding.Finding{
		ID: "f2", Flag: "RF-03", State: finding.Raised, Severity: "high", Confidence: 0.97,
		Title:    "Owned by a listed party",
		Subject:  finding.Subject{Kind: "party", ID: "p-2", Name: "=HYPERLINK(\"http://x\")", Party: "p-2"},
		Sentence: "Held 64 % through one company by Tolmen Holding.",
		Path: []finding.Step{{From: "Tolmen Group", To: "Hollin Glass", Share: [2]float64{0.64, 0.64},
			Since: "2029-03-01"},
			{From: "Hollin Glass", To: "Ferrow Imaging with a name so long that it cannot fit into any box whatever",
				Share: [2]float64{0.5, 1}}},
		Hits: []finding.Hit{{List: "commission", Entry: "4", Name: "Tolmen Group", Matched: "Tolmen Holding",
			Score: 0.93, Grade: "A"}},
	}
	nc := finding.Finding{ID: "f3", Flag: "RF-29", State: finding.NotComputable, Severity: "medium",
		Title: "Safeguard clause missing", Subject: finding.Subject{Kind: "run", ID: "run", Name: "12 engagements"},
		Missing: []string{"clauses.clause"}}
	return &review.Result{
		Out: "out",
		Top: []review.Lead{{Party: lead.Subject.Name, ID: "p-1", Finding: lead, Also: []finding.Finding{owned}},
			{Party: owned.Subject.Name, ID: "p-2", Finding: owned}},
		First: []finding.Finding{lead, owned, nc},
		Rejects: []review.RejectLine{{File: "engagements.csv", At: "row 9", Kind: "engagements",
			Reason: `value "3501.872.63" is not a number`, Times: 3}},
		Summary: review.Summary{
			Tool: review.Tool{Name: "plimsoll", Version: "test"}, AsOf: "2032-07-01",
			Inputs: []review.Input{{File: "bills-2031.csv", SHA256: strings.Repeat("a", 64), Kind: "focus", Rows: 70,
				Records: 70}},
			Unknown: []review.Unknown{{File: "notes.txt", SHA256: strings.Repeat("b", 64), Reason: "unknown kind"}},
			Lists: []*list.List{{ID: "commission", Title: "Report on surveillance",
				Publisher: "Commission for Human Rights (example)", Published: time.Date(2031, 1, 15, 0, 0, 0, 0,
					time.UTC), Entries: make([]list.Entry, 15), Names: 31}},
			Packs: []review.Pack{{Name: "ungp-base", Version: "1.0"}},
			Counts: review.Counts{Rows: 1204331, Records: 1204119, Rejects: 212, Parties: 2418, Mentions: 3001,
				Joins: 583, Homonyms: 4, Raised: 2, NotComputable: 1, RaisedOn: 2},
			Flags: map[string]review.FlagCounts{"RF-11": {Title: "Combination", Family: "C", Checked: 12, Raised: 1,
				NotRaised: 11}, "RF-29": {Title: "Safeguard clause missing", Family: "D", Checked: 12,
				NotComputable: 12}},
			Coverage: review.Coverage{
				Families: []review.Family{{ID: "A", Title: "Who", Flags: 5, Computable: 5, Share: 0.96},
					{ID: "D", Title: "On what terms", Flags: 5, Computable: 3, Share: 0.4, Missing: []string{
						"clauses.clause"}}},
				Usage: review.UsageCoverage{First: "2031-01", Last: "2031-08", Months: 8, Charges: 70, Accounts: 3,
					Mapped: 3, CostMapped: 1},
				Value:   []review.ValueShare{{Currency: "EUR", Total: "48 200 000", Tied: 0.94}},
				Missing: []string{"clauses.clause"},
			},
			Screening: review.Screening{Parties: 2418, Lists: 1, Entries: 15, Names: 31, Threshold: 0.7},
		},
	}
}

func TestHTML(t *testing.T) {
	var b bytes.Buffer
	if err := HTML(&b, sample()); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{
		"2 of 2418 parties carry a flag", "Look at these first", "Critical if true", "report published",
		"(from memory, not checked)", "(read in a secondary source)", "Whose rights may be touched",
		"not stated in the records",
		"64 %", "more than 50 %", "&lt;script&gt;", "No reply on file", "clauses.clause", "not read: unknown kind",
		"212", "contracted 400 TB",
	} {
		if !strings.Contains(page, want) && !strings.Contains(page, strings.ReplaceAll(want, "'", "&#39;")) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, bad := range []string{"<script", "ZgotmplZ", "http://", "https://", "src="} {
		if strings.Contains(strings.ReplaceAll(page, "=HYPERLINK(&#34;http://x&#34;)", ""), bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if out := os.Getenv("PLIMSOLL_PAGE"); out != "" {
		if err := os.WriteFile(out, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEmptyHTML(t *testing.T) {
	var b bytes.Buffer
	if err := HTML(&b, &review.Result{Summary: review.Summary{AsOf: "2032-07-01"}}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "Nothing was raised") {
		t.Error("an empty result must say that nothing was raised and what that means")
	}
}

func TestXLSX(t *testing.T) {
	dir := t.TempDir()
	findings, rejects, book := filepath.Join(dir, "findings.jsonl"), filepath.Join(dir, "rejects.jsonl"),
		filepath.Join(dir, "findings.xlsx")
	r := sample()
	var lines []byte
	for _, f := range r.First {
		b, err := f.Line()
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, b...)
	}
	if err := os.WriteFile(findings, lines, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(rejects, []byte(`{"file":"engagements.csv","at":"row 9","reason":"=cmd|' /C calc'!A0"}`+
		"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := XLSX(dir, r); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(book)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 { // the order of members would be another one in most writings, were it that of a map
		if err := XLSX(dir, r); err != nil {
			t.Fatal(err)
		}
		again, err := os.ReadFile(book)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, again) {
			t.Fatal("the same review gives a workbook of other bytes")
		}
	}
	f, err := excelize.OpenFile(book)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows("Findings")
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1+len(r.First) {
		t.Fatalf("%d rows, want %d", len(rows), 1+len(r.First))
	}
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			for j, c := range row {
				if c != "" && strings.ContainsRune("=+-@", rune(c[0])) {
					t.Errorf("%s row %d column %d starts a formula: %q", sheet, i+1, j+1, c)
				}
				cell, _ := excelize.CoordinatesToCellName(j+1, i+1)
				if formula, _ := f.GetCellFormula(sheet, cell); formula != "" {
					t.Errorf("%s %s is a formula: %q", sheet, cell, formula)
				}
			}
		}
	}
}

func TestQuantity(t *testing.T) {
	for _, tt := range []struct {
		in   float64
		want string
	}{{0, "0"}, {0.004, "0.004"}, {1.5, "1.5"}, {11.44, "11.4"}, {2418, "2418"}, {24000, "24\u202f000"},
		{2.1e6, "2.1 million"}, {3e9, "3 billion"}} {
		if got := Quantity(tt.in); got != tt.want {
			t.Errorf("Quantity(%v) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestShare(t *testing.T) {
	for _, tt := range []struct {
		in   [2]float64
		want string
	}{{[2]float64{0.64, 0.64}, "64 %"}, {[2]float64{0.25, 0.5}, "25–50 %"},
		{[2]float64{0, 1}, "a share that is not stated"}, {[2]float64{0.5, 1}, "more than 50 %"},
		{[2]float64{0, 0.1}, "up to 10 %"}} {
		if got := share(tt.in); got != tt.want {
			t.Errorf("share(%v) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

// TestWorkbookSheets: filters, links and wrapped cells, and a sentence where a sheet is full.
func TestWorkbookSheets(t *testing.T) {
	dir := t.TempDir()
	r := sample()
	var lines []byte
	for _, f := range r.First {
		b, err := f.Line()
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, b...)
	}
	for name, text := range map[string]string{"findings.jsonl": string(lines), "rejects.jsonl": "",
		"joins.csv":     "mention,name\n1,\"'=A Ltd\"\n",
		"inventory.csv": "capability,value,records\narms,100.50,1\nother,7,2\narms,8,1\nother,9,2\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeXLSX(dir, r, 5); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenFile(filepath.Join(dir, "findings.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := []string{"Findings", "Evidence", "Parties", "Joins", "Inventory", "Exempt", "Names to check", "Not known",
		"Checked", "Read", "Not used"}
	if got := f.GetSheetList(); strings.Join(got, ",") != strings.Join(want, ",") {
		t.Errorf("sheets %v, want %v", got, want)
	}
	if v, _ := f.GetCellValue("Inventory", "A5"); v != "This sheet is full: 1 row more in inventory.csv." {
		t.Errorf("the full sheet ends with %q", v)
	}
	if ok, to, _ := f.GetCellHyperLink("Findings", "P2"); !ok || to != "Evidence!A2" {
		t.Errorf("link to the rows behind: %v %q", ok, to)
	}
	if ok, to, _ := f.GetCellHyperLink("Findings", "Q2"); !ok || to != "report.html#f-f1" {
		t.Errorf("link to the report: %v %q", ok, to)
	}
	if v, _ := f.GetCellValue("Parties", "A2"); v == "" {
		t.Error("no party")
	}
	n := 0
	for _, d := range f.GetDefinedName() {
		if strings.Contains(d.Name, "FilterDatabase") {
			n++
		}
	}
	if n < 4 {
		t.Errorf("%d filters", n)
	}
	style, _ := f.GetCellStyle("Findings", "G2")
	if s, err := f.GetStyle(style); err != nil || s.Alignment == nil || !s.Alignment.WrapText {
		t.Errorf("cells are not wrapped: %+v %v", s, err)
	}
}
