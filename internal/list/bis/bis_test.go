package bis

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/list"
	"plimsoll/internal/list/listtest"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

const head = "\"Name\"\t\"Street_Address\"\t\"City\"\t\"State\"\t\"Country\"\t\"Postal_Code\"\t\"Effective_Date\"\t\"Expiration_Date\"\t\"Standard_Order\"\t\"Last_Update\"\t\"Action\"\t\"FR_Citation\"\r\n"

const rows = head +
	"\" OSTRIN KAEL\"\t\"HOME LANE " +
	"1\"\t\"RELL\"\t\"\"\t\"XA\"\t\"77\"\t\"10/16/2027\"\t\"10/13/2030\"\t\"Y\"\t\"2027-10-23\"\t\"FR NOTICE " +
	"ADDED\"\t\"1 F.R. 2\"\r\n" +
	"\"VELMORA TRADING\"\t\"DOCK 7\"\t\"PORT " +
	"RELL\"\t\"\"\t\"XA\"\t\"77\"\t\"01/02/2028\"\t\"\"\t\"N\"\t\"3017-08-22\"\t\"\"\t\"1 F.R. 3\"\r\n" +
	"\"VELMORA TRADING\"\t\"QUAY 9\"\t\"NEW " +
	"RELL\"\t\"\"\t\"XB\"\t\"78\"\t\"01/02/2028\"\t\"\"\t\"N\"\t\"2028-01-03\"\t\"\"\t\"1 F.R. 3\"\r\n" +
	"\"VELMORA TRADING\"\t\"QUAY 9\"\t\"NEW " +
	"RELL\"\t\"\"\t\"XB\"\t\"78\"\t\"01/02/2028\"\t\"\"\t\"N\"\t\"2028-01-03\"\t\"\"\t\"1 F.R. 3\"\r\n"

func TestDecode(t *testing.T) {
	if !Recognise([]byte(rows)) || Recognise([]byte("name\tcity\n")) {
		t.Error("the header is not what the list is recognised by")
	}
	l, err := Decode(context.Background(), listtest.Source(t, "dpl.txt", rows))
	if err != nil {
		t.Fatal(err)
	}
	listtest.Sound(t, l)
	want := []list.Entry{
		{
			ID: l.Entries[0].ID, At: "line 2", Names: []list.Name{{Text: "OSTRIN KAEL", Type: "primary"}},
			Countries: []string{"XA"},
			Addresses: []string{"RELL, XA"}, Programs: []string{"Denied Persons List"},
			Effect: "order denying export privileges",
			Listed: record.DayOf(2027, 10, 16), Until: record.DayOf(2030, 10, 13), Remarks: "1 F.R. 2",
		},
		{
			ID: l.Entries[1].ID, Kind: party.Organization, At: "line 3", Names: []list.Name{
				{Text: "VELMORA TRADING", Type: "primary"}},
			Countries: []string{"XA", "XB"}, Addresses: []string{"DOCK 7, PORT RELL, 77, XA",
				"QUAY 9, NEW RELL, 78, XB"},
			Programs: []string{"Denied Persons List"},
			Effect:   "order denying export privileges (not the standard order)",
			Listed:   record.DayOf(2028, 1, 2), Remarks: "1 F.R. 3",
		},
	}
	if d := cmp.Diff(want, l.Entries); d != "" {
		t.Errorf("entries (-want +got):\n%s", d)
	}
	if l.Files[0].Rows != 4 {
		t.Errorf("%d rows, want 4", l.Files[0].Rows)
	}
	notes := []string{
		"the file carries no date of publication; its newest change is of 2028-01-03",
		"dates of change that cannot be: 3017-08-22", "1 rows repeat another row",
	}
	if d := cmp.Diff(notes, l.Notes); d != "" {
		t.Errorf("notes (-want +got):\n%s", d)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, tt := range []struct{ name, text, at, words string }{
		{"field count", strings.Replace(rows, "\"HOME LANE 1\"\t", "", 1), "line 2", "11 fields, the header has 12"},
		{"no name", strings.Replace(rows, " OSTRIN KAEL", " ", 1), "line 2", "no name"},
		{"effective date", strings.Replace(rows, "10/16/2027", "16/10/2027", 1), "line 2", "effective date"},
		{"expiration date", strings.Replace(rows, "10/13/2030", "never", 1), "line 2", "expiration date"},
		{"cut", rows[:len(rows)-4], "line 5", "does not close"},
		{"header only", head, "", "no rows"},
		{"lost column", strings.Replace(rows, "Last_Update", "Else", 1), "line 1", "last_update"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Decode(context.Background(), listtest.Source(t, "dpl.txt", tt.text))
			listtest.Problem(t, err, tt.at, tt.words)
		})
	}
}

func real(t *testing.T, file string) *list.List {
	t.Helper()
	l, err := Decode(context.Background(), recordtest.Sources(t, recordtest.Shared(t, "data/sanctions/bis_dpl/"+
		file))[0])
	if err != nil {
		t.Fatal(err)
	}
	listtest.Sound(t, l)
	return l
}

// Three dates of the list: rows as the files have them.
func TestReal(t *testing.T) {
	var last *list.List
	for _, tt := range []struct {
		file      string
		rows, min int
	}{
		{file: "dpl_2019-06.txt", rows: 546, min: 417},
		{file: "dpl_2021-07.txt", rows: 581, min: 461},
		{file: "dpl_2023-11.txt", rows: 665, min: 547},
	} {
		l := real(t, tt.file)
		if l.Files[0].Rows != tt.rows || len(l.Entries) < tt.min {
			t.Errorf("%s: %d rows, want %d; %d entries, want %d or more", tt.file, l.Files[0].Rows, tt.rows,
				len(l.Entries), tt.min)
		}
		last = l
	}
	listed := 0
	on := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	for i := range last.Entries {
		if last.Entries[i].ListedOn(on) {
			listed++
		}
	}
	t.Logf("%d of %d entries of 2023 are still in force in November 2026", listed, len(last.Entries))
	if listed == 0 || listed == len(last.Entries) {
		t.Errorf("%d of %d are in force: expiry is not read", listed, len(last.Entries))
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(rows)
	f.Fuzz(func(t *testing.T, text string) {
		Recognise([]byte(text))
		if l, err := Decode(context.Background(), listtest.Source(t, "dpl.txt", text)); err == nil {
			listtest.Sound(t, l)
		}
	})
}
