package table

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

// book builds a workbook of the sheets given, rows of cells each.
func book(t testing.TB, date1904 bool, sheets ...sheetOf) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	if date1904 {
		if err := f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &date1904}); err != nil {
			t.Fatal(err)
		}
	}
	for i, s := range sheets {
		if i == 0 {
			if err := f.SetSheetName("Sheet1", s.name); err != nil {
				t.Fatal(err)
			}
		} else if _, err := f.NewSheet(s.name); err != nil {
			t.Fatal(err)
		}
		for r, cells := range s.rows {
			for c, v := range cells {
				at, err := excelize.CoordinatesToCellName(c+1, r+1)
				if err != nil {
					t.Fatal(err)
				}
				if v == nil {
					continue
				}
				if err := f.SetCellValue(s.name, at, v); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

type sheetOf struct {
	name string
	rows [][]any
}

var contracts = sheetOf{"Contracts", [][]any{
	{"Engagement ID", "kind", "buyer", "value", "signed", "withheld", "remark"},
	{"E-1", "contract", "Harbour Office", -30276.160000000003, time.Date(2031, 6, 1, 0, 0, 0, 0, time.UTC), true, "x"},
	{"E-2", "sale", "Ministry of Roads", "1.204,50", "2031-06-02", false},
	nil,
	{7, "sale", "Ministry of Roads", 12, 2031},
	{"E-4", "sale", "Ministry of Roads", "#REF!", nil},
	{"E-5", "sale", "Ministry of Roads", 5, "01/06/2031"},
}}

func TestWorkbook(t *testing.T) {
	for _, date1904 := range []bool{false, true} {
		src := file(t, "register.xlsx", book(t, date1904, contracts,
			sheetOf{"Notes", [][]any{{"What", "Who"}, {"a", "b"}}},
			sheetOf{"Support", [][]any{{}, {"party_name", "quarter", "hours", "code"}, {"Unit 9", "2031Q3", 40.1,
				"data"}}}))
		c, stats := decode(t, src)
		var got []string
		for _, r := range c.Records {
			switch r := r.(type) {
			case *record.Engagement:
				got = append(got, strings.Join([]string{r.At, r.ID, string(r.Value), r.Signed.String(), map[bool]string{
					true: "withheld"}[r.Withheld]}, " "))
			case *record.Support:
				got = append(got, strings.Join([]string{r.At, r.Party.Name, string(r.Hours), r.Quarter.String()}, " "))
			}
		}
		want := []string{
			"sheet Contracts row 2 E-1 -30276.16 2031-06-01 withheld",
			"sheet Contracts row 3 E-2 1204.50 2031-06-02 ",
			"sheet Contracts row 5 7 12 2031 ",
			"sheet Contracts row 6 E-4   ",
			"sheet Contracts row 7 E-5 5  ",
			"sheet Support row 3 Unit 9 40.1 2031-07-01",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("1904 %v (-want +got):\n%s", date1904, diff)
		}
		if len(c.Rejects) != 0 {
			t.Errorf("rejects %v", c.Rejects)
		}
		if diff := cmp.Diff(map[string]int{"remark": 1}, stats.Extra); diff != "" {
			t.Errorf("extra (-want +got):\n%s", diff)
		}
		notes := []string{
			`sheet "Notes" was not read: its header is none of the register tables`,
			`signed: not understood (not an ISO date), the rest of the row is used: "01/06/2031" (sheet Contracts row 7)`,
			`value: not understood (the cell holds the error of a spreadsheet), the rest of the row is used: "#REF!" (sheet Contracts row 6)`,
		}
		if diff := cmp.Diff(notes, stats.Notes); diff != "" {
			t.Errorf("notes (-want +got):\n%s", diff)
		}
		kinds, err := SheetKinds(src)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]string{"Contracts": Engagements, "Notes": "", "Support": Support}, kinds); diff != "" {
			t.Errorf("kinds (-want +got):\n%s", diff)
		}
	}
}

// TestCachedValues reads what a formula's cell stored, and never computes.
func TestCachedValues(t *testing.T) {
	plain := book(t, false, contracts)
	cached := rewrite(t, plain, "xl/worksheets/sheet1.xml", func(s string) string {
		return strings.Replace(s, `<c r="D5"><v>12</v></c>`, `<c r="D5"><f>6*7</f><v>13</v></c>`, 1)
	})
	c, _ := decode(t, file(t, "register.xlsx", cached))
	if got := recordtest.Of[*record.Engagement](c)[2]; got.Value != "13" || got.At != "row 5" {
		t.Errorf("value = %q at %s, want 13 at row 5", got.Value, got.At)
	}
}

// rewrite changes one part of a workbook.
func rewrite(t testing.TB, data []byte, name string, change func(string) string) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	seen := false
	for _, m := range in.File {
		r, err := m.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		s := string(text)
		if m.Name == name {
			seen = true
			if s = change(s); s == string(text) {
				t.Fatalf("part %s was not changed: %.600s", name, s)
			}
		}
		p, err := w.Create(m.Name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(p, s)
	}
	if !seen {
		p, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(p, change(""))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestRefusedWorkbooks(t *testing.T) {
	good := book(t, false, contracts)
	for _, tt := range []struct {
		name string
		data []byte
		want string
	}{
		{"macros", rewrite(t, good, "xl/vbaProject.bin", func(string) string { return "macro" }), "holds macros"},
		{"encrypted or old", append([]byte{0xd0, 0xcf, 0x11, 0xe0}, make([]byte, 600)...), "save it as .xlsx"},
		{"binary", rewrite(t, good, "xl/workbook.bin", func(string) string { return "x" }), ".xlsb"},
		{"bomb", rewrite(t, good, "xl/media/image1.bin", func(string) string { return strings.Repeat("\x00", 65<<20) }),
			"unpacks to more than is safe"},
		{"sheet breaks off", rewrite(t, good, "xl/worksheets/sheet1.xml", func(s string) string {
			return s[:len(s)/2]
		}), "sheet1.xml"},
		{"cut file", good[:len(good)/2], "archive"},
		{"no register", book(t, false, sheetOf{"A", [][]any{{"x", "y"}, {1, 2}}}), "no sheet has the header"},
		{"empty", book(t, false, sheetOf{"A", nil}), "no sheet has the header"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var c recordtest.Collector
			_, err := DecodeXLSX(context.Background(), file(t, "register.xlsx", tt.data), &c)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(),
				"register.xlsx") {
				t.Errorf("error %v, want one with %q and the file's name", err, tt.want)
			}
			if len(c.Records) > 0 {
				t.Errorf("%d records from a refused file", len(c.Records))
			}
		})
	}
}

// TestWorkbookInArchive reads a workbook that is a member of a ZIP file.
func TestWorkbookInArchive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "all.zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	w, err := z.Create("in/register.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(book(t, false, contracts))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	c, _ := decode(t, recordtest.Sources(t, path)[0])
	if len(c.Records) != 5 {
		t.Errorf("%d records, want 5", len(c.Records))
	}
}
