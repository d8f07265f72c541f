package un

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/list"
	"plimsoll/internal/list/listtest"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

const doc = `<?xml version="1.0" encoding="UTF-8"?>
<CONSOLIDATED_LIST dateGenerated="2031-02-27T00:00:09.554Z"><INDIVIDUALS><INDIVIDUAL><DATAID>1</DATAID><FIRST_NAME>OSTRIN</FIRST_NAME><SECOND_NAME>KAEL</SECOND_NAME>
<UN_LIST_TYPE>Syldavia</UN_LIST_TYPE><REFERENCE_NUMBER>SYi.001</REFERENCE_NUMBER><LISTED_ON>2030-07-25-04:00</LISTED_ON><COMMENTS1>Family of three.</COMMENTS1>
<NAME_ORIGINAL_SCRIPT>Острин Каел</NAME_ORIGINAL_SCRIPT><DESIGNATION><VALUE>General </VALUE></DESIGNATION><NATIONALITY><VALUE>Syldavia</VALUE></NATIONALITY>
<INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Ostrin Kahel</ALIAS_NAME></INDIVIDUAL_ALIAS><INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>“Ferryman”</ALIAS_NAME></INDIVIDUAL_ALIAS>
<INDIVIDUAL_ALIAS><QUALITY/><ALIAS_NAME/></INDIVIDUAL_ALIAS><INDIVIDUAL_ADDRESS><STREET>Home Lane</STREET><COUNTRY>Borduria</COUNTRY></INDIVIDUAL_ADDRESS>
<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>APPROXIMATELY</TYPE_OF_DATE><YEAR>1951</YEAR></INDIVIDUAL_DATE_OF_BIRTH>
<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>1950</FROM_YEAR><TO_YEAR>1953</TO_YEAR></INDIVIDUAL_DATE_OF_BIRTH>
<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE><DATE>1952-03-04</DATE></INDIVIDUAL_DATE_OF_BIRTH><INDIVIDUAL_DATE_OF_BIRTH/>
<INDIVIDUAL_DOCUMENT><TYPE_OF_DOCUMENT>Passport</TYPE_OF_DOCUMENT><NUMBER>X1</NUMBER></INDIVIDUAL_DOCUMENT></INDIVIDUAL></INDIVIDUALS>
<ENTITIES><ENTITY><DATAID>2</DATAID><FIRST_NAME>VELMORA SHIPPING (VS) ; VELMORA LINES</FIRST_NAME><UN_LIST_TYPE>Syldavia</UN_LIST_TYPE><REFERENCE_NUMBER>SYe.001</REFERENCE_NUMBER><LISTED_ON>2029-01-02</LISTED_ON>
<COMMENTS1>Owner of the ship PALE HERON (IMO 9000001). IMO number: 5000001.</COMMENTS1><ENTITY_ALIAS><QUALITY>f.k.a.</QUALITY><ALIAS_NAME>Old Velmora</ALIAS_NAME><NOTE>in Cyrillic script: Велмора</NOTE></ENTITY_ALIAS>
<ENTITY_ADDRESS><STREET>Dock 7</STREET><CITY>Port Rell</CITY><COUNTRY>Syldavia</COUNTRY></ENTITY_ADDRESS></ENTITY></ENTITIES></CONSOLIDATED_LIST>`

func TestDecode(t *testing.T) {
	l, err := Decode(context.Background(), listtest.Source(t, "un.xml", doc))
	if err != nil {
		t.Fatal(err)
	}
	listtest.Sound(t, l)
	on := func(s string) record.Date { d, _ := record.ParseDate(s); return d }
	want := []list.Entry{
		{
			ID: "1", Kind: party.Person, At: "INDIVIDUAL 1 (SYi.001)", Listed: on("2030-07-25"),
			Names: []list.Name{
				{Text: "OSTRIN KAEL", Type: "primary"}, {Text: "Острин Каел", Type: "original_script"},
				{Text: "Ostrin Kahel", Type: "aka"}, {Text: "Ferryman", Weak: true, Type: "aka"},
			},
			Countries: []string{"Syldavia", "Borduria"}, Dates: []string{"1951~", "1950/1953", "1952-03-04"},
			Programs: []string{"Syldavia"}, Effect: "Security Council list: Syldavia", Remarks: "General",
		},
		{
			ID: "2", Kind: party.Organization, At: "ENTITY 1 (SYe.001)", Listed: on("2029-01-02"),
			Names: []list.Name{
				{Text: "VELMORA SHIPPING (VS)", Type: "primary"}, {Text: "VELMORA LINES", Type: "aka"},
				{Text: "Old Velmora", Type: "fka"}, {Text: "Велмора", Type: "original_script"},
			},
			Identifiers: []party.Identifier{{Scheme: "IMO-COMPANY", ID: "5000001"}}, Countries: []string{"Syldavia"},
			Addresses: []string{"Dock 7, Port Rell, Syldavia"}, Programs: []string{"Syldavia"},
			Effect:  "Security Council list: Syldavia",
			Remarks: "Owner of the ship PALE HERON (IMO 9000001). IMO number: 5000001.",
		},
	}
	if d := cmp.Diff(want, l.Entries); d != "" {
		t.Errorf("entries (-want +got):\n%s", d)
	}
	if l.ID != "un-sc" || l.Published.Format("2006-01-02") != "2031-02-27" || l.Files[0].Rows != 2 {
		t.Errorf("%s of %s with %+v", l.ID, l.Published, l.Files)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, tt := range []struct{ name, text, at, words string }{
		{"cut", doc[:len(doc)-300], "line", "cut short"},
		{"cut before the end tag", strings.TrimSuffix(doc, "</CONSOLIDATED_LIST>"), "line", "cut short"},
		{"no name", strings.Replace(strings.Replace(doc, "OSTRIN<", "<", 1), "KAEL<", "<", 1), "INDIVIDUAL 1",
			"no name"},
		{"no key", strings.Replace(doc, "<DATAID>2</DATAID>", "", 1), "ENTITY 1", "no DATAID"},
		{"key twice", strings.Replace(doc, "<DATAID>2<", "<DATAID>1<", 1), "ENTITY 1", "twice with different content"},
		{"alias quality", strings.Replace(doc, ">Low<", ">Middling<", 1), "INDIVIDUAL 1", "unknown quality"},
		{"empty", "<CONSOLIDATED_LIST></CONSOLIDATED_LIST>", "", "no INDIVIDUAL"},
		{"other document", "<html></html>", "", "no CONSOLIDATED_LIST"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Decode(context.Background(), listtest.Source(t, "un.xml", tt.text))
			listtest.Problem(t, err, tt.at, tt.words)
		})
	}
}

func TestReal2026(t *testing.T) {
	l, err := Decode(context.Background(), recordtest.Sources(t,
		recordtest.Shared(t, "data/sanctions/un/UN_consolidated.xml"))[0])
	if err != nil {
		t.Fatal(err)
	}
	listtest.Sound(t, l)
	kinds, types, weak, dates, listed := map[party.Kind]int{}, map[string]int{}, 0, 0, 0
	for _, e := range l.Entries {
		kinds[e.Kind]++
		dates += len(e.Dates)
		if e.Listed.Known() {
			listed++
		}
		for _, n := range e.Names {
			types[n.Type]++
			if n.Weak {
				weak++
			}
		}
	}
	if d := cmp.Diff(map[party.Kind]int{party.Person: 730, party.Organization: 273}, kinds); d != "" {
		t.Errorf("kinds (-want +got):\n%s", d)
	}
	t.Logf("names %v, %d weak; %d dates of birth", types, weak, dates)
	if types["primary"] != 1003 || types["original_script"] < 336+42 || weak < 550 || listed != 1003 || dates < 800 {
		t.Errorf("names %v, %d weak; %d dates; %d with a listing date", types, weak, dates, listed)
	}
	if l.Published.Format("2006-01-02") != "2026-02-27" {
		t.Errorf("published %s", l.Published)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(doc)
	f.Fuzz(func(t *testing.T, text string) {
		Recognise([]byte(text))
		if l, err := Decode(context.Background(), listtest.Source(t, "un.xml", text)); err == nil {
			listtest.Sound(t, l)
		}
	})
}
