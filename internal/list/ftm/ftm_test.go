package ftm

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
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

var lines = []string{
	`{"id":"s1","schema":"Sanction","properties":{"entity":["c1"],"authority":["Ministry of Tides"],"programId":["TIDE-1"],"provisions":["Asset freeze"],"startDate":["2030-02-01"],"listingDate":["2030-01-15"],"sourceUrl":["https://example.test/s1"]}}`,
	`{"id":"c1","schema":"LegalEntity","caption":"Velmora Trading","properties":{"name":["ТОО Велмора","Velmora Trading"],"addressEntity":["a1"],"weakAlias":["VT"],"previousName":["Old Velmora"]},"datasets":["tides"],"referents":["old-c1"],"last_seen":"2031-05-01T02:00:00","target":true}`,
	`{"id":"c1","schema":"Company","properties":{"name":["Velmora Trading"],"alias":["VelTrade"],"jurisdiction":["gb"],"leiCode":["529900TESTTESTTEST00"],"registrationNumber":["0123"],"taxNumber":["9"],"incorporationDate":["1999-03"]}}`,
	`{"id":"p1","schema":"Person","properties":{"name":["Ostrin Kael"],"topics":["sanction"],"birthDate":["1951"],"nationality":["xa"],"passportNumber":["X1"],"address":["Home Lane 1"],"idNumber":["7"]}}`,
	`{"id":"p2","schema":"Person","properties":{"name":["Mira Holt"],"topics":["role.pep"]},"target":true}`,
	`{"id":"c2","schema":"Company","properties":{"name":["Istra Works"],"topics":["sanction.linked"]},"target":true}`,
	`{"id":"v1","schema":"Vessel","properties":{"name":["Pale Heron"],"topics":["mare.shadow"],"imoNumber":["IMO9000001"],"flag":["lr"]}}`,
	`{"id":"c3","schema":"Company","properties":{"name":["Kesh Cargo"]}}`,
	`{"id":"s3","schema":"Sanction","properties":{"entity":["c3"],"authority":["Ministry of Tides"],"endDate":["2030-12-31"],"program":["Old Programme"]}}`,
	`{"id":"c4","schema":"Company","properties":{"name":["Plain Ltd"]}}`,
	`{"id":"o1","schema":"Ownership","properties":{"owner":["c1"],"asset":["c4"],"percentage":["51"]}}`,
	`{"id":"w1","schema":"CryptoWallet","properties":{"topics":["sanction"]}}`,
	`{"id":"a1","schema":"Address","properties":{"full":["Dock 7, Port Rell"]}}`,
}

func TestDecode(t *testing.T) {
	text := strings.Join(lines, "\n") + "\n\n"
	if !Recognise([]byte(text)) || Recognise([]byte(`{"releases":[]}`)) || Recognise([]byte("name,id\n")) {
		t.Error("recognised by schema and properties")
	}
	src := listtest.Source(t, "entities.ftm.json", text)
	if !Lists(src, nil) {
		t.Error("the file lists nobody")
	}
	l, err := Decode(context.Background(), src)
	if err != nil {
		t.Fatal(err)
	}
	listtest.Sound(t, l)
	on := func(s string) record.Date { d, _ := record.ParseDate(s); return d }
	want := []list.Entry{
		{
			ID: "c1", Former: []string{"old-c1"}, Kind: party.Organization, At: "line 2", Listed: on("2030-01-15"),
			Names: []list.Name{
				{Text: "Velmora Trading", Type: "primary"}, {Text: "ТОО Велмора", Type: "original_script"},
				{Text: "VelTrade", Type: "aka"},
				{Text: "Old Velmora", Type: "fka"}, {Text: "VT", Weak: true, Type: "aka"},
			},
			Identifiers: []party.Identifier{{Scheme: "LEI", ID: "529900TESTTESTTEST00"}, {Scheme: "GB-COH", ID: "0123"},
				{Scheme: "TAX-GB", ID: "9"}},
			Countries: []string{"gb"}, Addresses: []string{"Dock 7, Port Rell"}, Dates: []string{"1999-03"},
			Programs: []string{"TIDE-1"},
			Effect:   "Ministry of Tides: TIDE-1 (Asset freeze)", URL: "https://example.test/s1",
		},
		{
			ID: "p1", Kind: party.Person, At: "line 4", Names: []list.Name{{Text: "Ostrin Kael", Type: "primary"}},
			Countries: []string{"xa"}, Dates: []string{"1951"}, Effect: "topic sanction", Legal: list.Sanctions,
		},
		{
			ID: "v1", Kind: party.Vessel, At: "line 7", Names: []list.Name{{Text: "Pale Heron", Type: "primary"}},
			Identifiers: []party.Identifier{{Scheme: "IMO", ID: "9000001"}}, Countries: []string{"lr"},
			Effect: "topic mare.shadow",
		},
		{
			ID: "c3", Kind: party.Organization, At: "line 8", Names: []list.Name{{Text: "Kesh Cargo", Type: "primary"}},
			Programs: []string{"Old Programme"}, Until: on("2030-12-31"), Effect: "Ministry of Tides: Old Programme",
		},
	}
	if d := cmp.Diff(want, l.Entries); d != "" {
		t.Errorf("entries (-want +got):\n%s", d)
	}
	if l.ID != "ftm-tides" || l.Publisher != "Ministry of Tides" || l.Published.Format("2006-01-02") != "2031-05-01" ||
		l.Files[0].Rows != 13 {
		t.Errorf("%s by %s of %s: %+v", l.ID, l.Publisher, l.Published, l.Files)
	}
	notes := []string{
		"2 sanctions point at entries",
		"1 entities are marked only as holders of public office or persons of interest: not listed",
		"1 entities are marked only as linked to a listed party: not listed themselves",
		"listed things that are no parties: CryptoWallet: 1",
	}
	if d := cmp.Diff(notes, l.Notes); d != "" {
		t.Errorf("notes (-want +got):\n%s", d)
	}
}

func TestDecodeNested(t *testing.T) {
	text := `{"id":"c1","schema":"Company","target":true,"properties":{"name":["Velmora"],"topics":["sanction"],` +
		`"sanctions":[{"id":"s1","schema":"Sanction","properties":{"authority":["Ministry of Tides"]}}],` +
		`"addressEntity":[{"id":"a1","schema":"Address","properties":{"full":["Dock 7"]}}]}}` + "\n"
	l, err := Decode(context.Background(), listtest.Source(t, "targets.nested.json", text))
	if err != nil {
		t.Fatal(err)
	}
	if e := l.Entries[0]; e.Effect != "Ministry of Tides" || !cmp.Equal(e.Addresses, []string{"Dock 7"}) {
		t.Errorf("effect %q, addresses %q", e.Effect, e.Addresses)
	}
}

func TestDecodeRefuses(t *testing.T) {
	good := strings.Join(lines, "\n")
	for _, tt := range []struct{ name, text, at, words string }{
		{"cut", good[:len(good)-9], "line 13", "cut short"},
		{"not JSON", good + "\nhello\n", "line 14", "no JSON object"},
		{"no id", good + "\n" + `{"schema":"Company","properties":{}}`, "line 14", "no id"},
		{"no name at all", `{"id":"x","schema":"Company","properties":{"topics":["debarment"]}}`, "",
			"none of the 1 listed entities has a name"},
		{"sanction of an absent entity", good + "\n" +
			`{"id":"s9","schema":"Sanction","properties":{"entity":["gone"]}}`, "line 14", "not in the file"},
		{"sanction of nobody", good + "\n" + `{"id":"s9","schema":"Sanction","properties":{}}`, "line 14", "nobody"},
		{"delta", `{"op":"ADD","entity":{"id":"x"}}`, "", "delta file"},
		{"nobody listed", lines[9] + "\n" + lines[10], "", "nothing in the file is listed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Decode(context.Background(), listtest.Source(t, "entities.ftm.json", tt.text))
			listtest.Problem(t, err, tt.at, tt.words)
		})
	}
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = w.Write([]byte(strings.Repeat(good+"\n", 50)))
	w.Close()
	_, err := Decode(context.Background(), listtest.Source(t, "entities.ftm.json.gz", z.String()[:z.Len()-20]))
	listtest.Problem(t, err, "", "cut short")
}

// An entity without a name is left out and said; the others are read.
func TestDecodeWithoutAName(t *testing.T) {
	ctx := context.Background()
	nested := strings.Join(lines, "\n") + "\n" + `{"id":"x","schema":"Company","properties":{"topics":["debarment"]}}`
	for _, tt := range []struct {
		name string
		read func() (*list.List, error)
		at   string
	}{
		{"entities", func() (*list.List, error) { return Decode(ctx, listtest.Source(t, "entities.ftm.json", nested)) },
			"line 14"},
		{"targets", func() (*list.List, error) {
			return DecodeTargets(ctx, listtest.Source(t, "targets.simple.csv", strings.Replace(targetsCSV,
				"Ostrin Kael", "", 1)))
		}, "line 3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := tt.read()
			if err != nil {
				t.Fatal(err)
			}
			note := l.On(time.Date(2031, 6, 1, 0, 0, 0, 0, time.UTC)).String()
			if len(l.Entries) == 0 || len(l.Nameless) != 1 || !strings.Contains(note, "without a name") ||
				!strings.Contains(note, tt.at) {
				t.Errorf("%d entries, without a name %q, said %q", len(l.Entries), l.Nameless, note)
			}
		})
	}
}

func TestListsNobody(t *testing.T) {
	if Lists(listtest.Source(t, "o.json", lines[9]+"\n"+lines[10]+"\n"), nil) {
		t.Error("a file of ownership alone is taken for a list")
	}
}

const targetsCSV = "id,schema,name,aliases,birth_date,countries,addresses,identifiers,sanctions,phones,emails,dataset,first_seen,last_seen,last_change\n" +
	"c1,Company,Velmora Trading,VelTrade;Велмора,,gb;xa,Dock 7,IMO9000001;0123,Tide sanctions - " +
	"2030,,,Tides,,2031-05-01T02:00:00,\n" +
	"p1,Person,Ostrin Kael,,1951,xa,Home Lane 1,X1,,,,Tides,,2031-05-02T02:00:00,\n"

func TestDecodeTargets(t *testing.T) {
	if !RecogniseTargets([]byte(targetsCSV)) || RecogniseTargets([]byte("id,name\n")) {
		t.Error("recognised by its columns")
	}
	l, err := DecodeTargets(context.Background(), listtest.Source(t, "targets.simple.csv", targetsCSV))
	if err != nil {
		t.Fatal(err)
	}
	listtest.Sound(t, l)
	want := []list.Entry{
		{
			ID: "c1", Kind: party.Organization, At: "line 2",
			Names: []list.Name{{Text: "Velmora Trading", Type: "primary"}, {Text: "VelTrade", Type: "aka"},
				{Text: "Велмора", Type: "original_script"}},
			Identifiers: []party.Identifier{{Scheme: "IMO", ID: "9000001"}}, Countries: []string{"gb", "xa"},
			Addresses: []string{"Dock 7"},
			Effect:    "Tide sanctions - 2030",
		},
		{
			ID: "p1", Kind: party.Person, At: "line 3", Names: []list.Name{{Text: "Ostrin Kael", Type: "primary"}},
			Countries: []string{"xa"}, Dates: []string{"1951"}, Effect: "target of Tides",
		},
	}
	if d := cmp.Diff(want, l.Entries); d != "" {
		t.Errorf("entries (-want +got):\n%s", d)
	}
	if l.ID != "ftm-tides" || l.Published.Format("2006-01-02") != "2031-05-02" || l.Files[0].Rows != 2 {
		t.Errorf("%s of %s: %+v", l.ID, l.Published, l.Files)
	}
	for _, tt := range []struct{ name, text, at, words string }{
		{"field count", targetsCSV + "x,y\n", "line 4", "2 fields, the header has 15"},
		{"no id", strings.Replace(targetsCSV, "p1,", ",", 1), "line 3", "no id"},
		{"twice", strings.Replace(targetsCSV, "p1,", "c1,", 1), "line 3", "twice with different content"},
		{"no rows", targetsCSV[:strings.Index(targetsCSV, "\n")+1], "", "no rows"},
	} {
		_, err := DecodeTargets(context.Background(), listtest.Source(t, "targets.simple.csv", tt.text))
		listtest.Problem(t, err, tt.at, tt.words)
	}
}

func TestGuess(t *testing.T) {
	for in, want := range map[string]string{"IMO9000001": "IMO", "529900TESTTESTTEST91": "LEI",
		"529900TESTTESTTEST92": "", "0123": ""} {
		if got := guess(in); got != want {
			t.Errorf("guess(%q) = %q, want %q", in, got, want)
		}
	}
}

// The published samples hold payments and documents: recognised, and refused as a list.
func TestRealSamplesListNobody(t *testing.T) {
	for _, name := range []string{"nomenklatura/donations.ijson", "openaleph/samples.ijson"} {
		src := recordtest.Sources(t, recordtest.Shared(t, "data/ftm/"+name))[0]
		head, err := src.Head()
		if err != nil || !Recognise(head) || Lists(src, head) {
			t.Errorf("%s: recognised %v, lists somebody %v, %v", name, Recognise(head), Lists(src, head), err)
		}
		_, err = Decode(context.Background(), src)
		listtest.Problem(t, err, "", "nothing in the file is listed")
		n := 0
		err = each(context.Background(), src, func(int, *entity) error { n++; return nil },
			func(_ int, s string) error { return errors.New(s) })
		want := map[string]int{"nomenklatura/donations.ijson": 474, "openaleph/samples.ijson": 21}[name]
		if err != nil || n != want {
			t.Errorf("%s: %d entities, want %d; %v", name, n, want, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(strings.Join(lines, "\n"))
	f.Add(targetsCSV)
	f.Fuzz(func(t *testing.T, text string) {
		Recognise([]byte(text))
		RecogniseTargets([]byte(text))
		src := listtest.Source(t, "entities.ftm.json", text)
		if l, err := Decode(context.Background(), src); err == nil {
			listtest.Sound(t, l)
		}
		if l, err := DecodeTargets(context.Background(), src); err == nil {
			listtest.Sound(t, l)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	var text strings.Builder
	for i := range 20000 {
		r := strings.NewReplacer(`"c1"`, `"c1-`+string(rune('a'+i%26))+`"`, `Velmora`, "Velmora"+strings.Repeat("x",
			i%7))
		text.WriteString(r.Replace(lines[1]) + "\n" + lines[9] + "\n")
	}
	src := listtest.Source(b, "entities.ftm.json", text.String())
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(context.Background(), src); err != nil {
			b.Fatal(err)
		}
	}
}
