package named

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/list"
	"plimsoll/internal/list/listtest"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
	"plimsoll/internal/record/table"
)

const sample = "Name,aliases,country,identifiers,publisher,report,url,published,status,effect,sector\n" +
	"Velmora Trading,VelTrade; VT ;,XA,GB-COH:0123;LEI:529900TESTTESTTEST00,Harbour Watch,Quay " +
	"Report,https://example.test/q,2031-03-01,listed,named for activity (a),quays\n" +
	"Istra Works,,XB,,Harbour Watch,Quay Report,https://example.test/q,2030-03-01,removed,,\n" +
	"Istra Works,,XC,,Harbour Watch,Second Report,,2032,Listed,,\n" +
	"\"Kesh, Cargo\",,XD,,Other Body,,,,listed,,\n" +
	"\"Kesh, Cargo\",,XD,,Other Body,,,,listed,,\n" +
	",,,,,,,,,,\n"

func TestDecode(t *testing.T) {
	if !Recognise([]byte(sample)) || Recognise([]byte("name,country\n")) || Recognise([]byte("name;status\n")) {
		t.Error("recognised by name, publisher and status")
	}
	lists, err := Decode(context.Background(), listtest.Source(t, "named.csv", sample))
	if err != nil {
		t.Fatal(err)
	}
	type summary struct {
		ID, Title, Publisher, Published string
		Rows, Entries, Names            int
		Notes                           []string
	}
	var got []summary
	for _, l := range lists {
		listtest.Sound(t, l)
		p := ""
		if !l.Published.IsZero() {
			p = l.Published.Format("2006-01-02")
		}
		got = append(got, summary{l.ID, l.Title, l.Publisher, p, l.Files[0].Rows, len(l.Entries), l.Names, l.Notes})
	}
	extra := "columns not read: sector"
	want := []summary{
		{"named-harbour-watch-quay-report", "Quay Report", "Harbour Watch", "2031-03-01", 2, 2, 4, []string{
			"1 entries are marked as removed by the publisher and never match as listed", extra,
		}},
		{"named-harbour-watch-second-report", "Second Report", "Harbour Watch", "2032-01-01", 1, 1, 1, []string{extra}},
		{"named-other-body", "Other Body", "Other Body", "", 2, 1, 1, []string{"1 rows repeat another row", extra}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("lists (-want +got):\n%s", d)
	}
	first := list.Entry{
		ID: "velmora-trading", At: "line 2", Report: "Quay Report", URL: "https://example.test/q",
		Effect: "named for activity (a)",
		Names: []list.Name{{Text: "Velmora Trading", Type: "primary"}, {Text: "VelTrade", Type: "aka"},
			{Text: "VT", Type: "aka"}},
		Identifiers: []party.Identifier{{Scheme: "GB-COH", ID: "0123"}, {Scheme: "LEI", ID: "529900TESTTESTTEST00"}},
		Countries:   []string{"XA"}, Listed: record.DayOf(2031, 3, 1),
	}
	if d := cmp.Diff(first, lists[0].Entries[0]); d != "" {
		t.Errorf("first entry (-want +got):\n%s", d)
	}
	if e := lists[0].Entries[1]; e.Status != list.Removed || e.ListedOn(record.DayOf(2031, 1, 1).Time) {
		t.Errorf("the removed entry counts as listed: %+v", e)
	}
}

func TestDecodeDelimiters(t *testing.T) {
	for _, comma := range []string{";", "\t"} {
		text := strings.ReplaceAll("name,publisher,status\nVelmora,Harbour Watch,listed\n", ",", comma)
		lists, err := Decode(context.Background(), listtest.Source(t, "named.csv", "\ufeff"+text))
		if err != nil || len(lists) != 1 || len(lists[0].Entries) != 1 {
			t.Errorf("delimiter %q: %v", comma, err)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, tt := range []struct{ name, text, at, words string }{
		{"unknown status", strings.Replace(sample, ",removed,", ",delisted,", 1), "line 3",
			`unknown status "delisted"`},
		{"empty status", strings.Replace(sample, ",removed,", ",,", 1), "line 3", "unknown status"},
		{"no name", strings.Replace(sample, "\nIstra Works,,XB", "\n,,XB", 1), "line 3", "no name"},
		{"no publisher", strings.Replace(sample, "Other Body", "", 1), "line 5", "no publisher"},
		{"field count", sample + "a,b\n", "line 8", "2 fields, the header has 11"},
		{"date", strings.Replace(sample, "2031-03-01", "1.3.2031", 1), "line 2", "not an ISO date"},
		{"identifier", strings.Replace(sample, "GB-COH:0123", "0123", 1), "line 2", "not SCHEME:ID"},
		{"twice with other content", sample + "\"Kesh, Cargo\",,XD,,Other Body,,,,removed,,\n", "line 8",
			"twice with different content"},
		{"no rows", sample[:strings.Index(sample, "\n")+1], "", "no rows"},
		{"lost column", strings.Replace(sample, ",status,", ",state,", 1), "line 1", "lacks the column status"},
		{"kind", strings.Replace(strings.Replace(sample, "sector", "kind", 1), "quays", "person", 1), "line 2",
			"unknown kind"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Decode(context.Background(), listtest.Source(t, "named.csv", tt.text))
			listtest.Problem(t, err, tt.at, tt.words)
		})
	}
}

// Two companies of one name in one country are two entries when their numbers differ.
func TestHomonymsStayApart(t *testing.T) {
	text := "name,country,identifiers,publisher,status\nVelmora,XA,R:1,W,listed\nVelmora,XA,R:2,W,listed\nВелмора,XA,,W,listed\n"
	lists, err := Decode(context.Background(), listtest.Source(t, "named.csv", text))
	if err != nil {
		t.Fatal(err)
	}
	listtest.Sound(t, lists[0])
	if len(lists[0].Entries) != 3 {
		t.Errorf("%d entries, want 3", len(lists[0].Entries))
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(sample)
	f.Add("name;publisher;status\nVelmora;W;listed\n")
	maps, err := table.ParseMaps("m.yaml", []byte("maps: [{name: own, table: list, files: [named.csv], columns: "+
		"{name: Company, publisher: {const: own list}, status: {const: listed}, reason: Reason}}]"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("Company,Reason\nVelmora,x\n")
	f.Fuzz(func(t *testing.T, text string) {
		Recognise([]byte(text))
		src := listtest.Source(t, "named.csv", text)
		for _, decode := range []func() ([]*list.List, error){
			func() ([]*list.List, error) { return Decode(t.Context(), src) },
			func() ([]*list.List, error) { return DecodeMapped(t.Context(), src, maps[0]) },
		} {
			lists, err := decode()
			if err != nil {
				continue
			}
			for _, l := range lists {
				listtest.Sound(t, l)
			}
		}
	})
}

// TestColumnsOfAMap holds the columns that a mapping may fill to those of the table.
func TestColumnsOfAMap(t *testing.T) {
	if got, want := table.ColumnsOf(table.List), Columns; !slices.Equal(got, want) {
		t.Errorf("a mapping fills %q, the table has %q", got, want)
	}
}
