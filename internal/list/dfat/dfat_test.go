package dfat

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"plimsoll/internal/list"
	"plimsoll/internal/list/listtest"
)

var cells = [][]any{
	{"Reference", "Name of Individual or Entity", "Type", "Name Type", "Alias Strength", "Date of Birth", "Citizenship",
		"Address", "Additional Information",
		"Committees", "Control Date", "Targeted Financial Sanction", "Travel Ban", "IMO Number"},
	{101, "Ostrin Works", "Entity", "Primary Name", "", "", "", "Quay 4", "Makes parts.", "Autonomous (Ostravine)",
		47880, "Yes", "", ""},
	{"101a", "OW Systems", "Entity", "Alias", "Weak", "", "", "", "", "Autonomous (Ostravine)", 47880, "Yes", "", ""},
	{102, "Ilke Oranth", "Individual", "Primary Name", "", 22344, "Ostravine", "Home Lane 1", "",
		"Autonomous (Ostravine)", "15/03/2030", "Yes", "Yes", ""},
}

func workbook(t testing.TB) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range cells {
		at, _ := excelize.CoordinatesToCellName(1, i+1)
		if err := f.SetSheetRow("Sheet1", at, &row); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const text = "Reference,Name of Individual or Entity,Type,Name Type,Control Date\n101,Ostrin Works,Entity,Primary " +
	"Name,01/02/2031\n101a,OW Systems,Entity,aka,01/02/2031\n"

func briefs(l *list.List) (out []string) {
	for i := range l.Entries {
		out = append(out, listtest.Brief(&l.Entries[i]))
	}
	return out
}

func TestDecode(t *testing.T) {
	l, err := Decode(context.Background(), listtest.Source(t, "dfat.xlsx", workbook(t)))
	if err != nil {
		t.Fatal(err)
	}
	listtest.Sound(t, l)
	if d := cmp.Diff([]string{
		"101 | organization | Ostrin Works(primary) + ~OW Systems(aka) | Quay 4 | from 2031-02-01 | Autonomous " +
			"(Ostravine) | targeted financial sanction",
		"102 | person | Ilke Oranth(primary) | Ostravine | 1961-03-04 | from 2030-03-15 | Autonomous (Ostravine) | " +
			"targeted financial sanction, travel ban",
	}, briefs(l)); d != "" {
		t.Errorf("workbook (-want +got):\n%s", d)
	}
	if !Recognise([]byte(text)) {
		t.Error("not recognised")
	}
	l, err = Decode(context.Background(), listtest.Source(t, "dfat.csv", text))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"101 | organization | Ostrin Works(primary) + OW Systems(aka) | from 2031-02-01"},
		briefs(l)); d != "" {
		t.Errorf("text (-want +got):\n%s", d)
	}
	for _, tt := range []struct{ name, from, to, words string }{
		{"no number", "101a", "a", "the reference is"}, {"a kind that is not known", "Systems,Entity", "Systems,Planet",
			"unknown type"},
		{"two kinds of one reference", "Systems,Entity", "Systems,Vessel", "stands as"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Decode(context.Background(), listtest.Source(t, "dfat.csv", strings.Replace(text, tt.from, tt.to,
				1)))
			listtest.Problem(t, err, "line 3", tt.words)
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(text))
	f.Add([]byte(workbook(f)))
	f.Fuzz(func(t *testing.T, text []byte) {
		Recognise(text)
		if l, err := Decode(context.Background(), listtest.Source(t, "x", string(text))); err == nil {
			listtest.Sound(t, l)
		}
	})
}
