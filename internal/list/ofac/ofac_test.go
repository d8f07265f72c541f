package ofac

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

const (
	sdnCSV = "901,\"VELMORA TRADING, S.A.\",-0- ,\"TESTA] [TESTB\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"Organization " +
		"Established Date 17 Dec 2016; Tax ID No. 805-1 (Colombia); Registration Num\"\r\n" +
		"902,\"KAEL, Ostrin\",\"individual\",\"TESTA\",\"Director\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"DOB circa 1951; " +
		"alt. DOB 1959 to 1961; POB Nowhere; nationality Syldavia; Passport X1 (Syldavia); a.k.a. 'THE FERRYMAN'; " +
		"Gender Male; Linked To: VELMORA TRADING, S.A..\"\r\n" +
		"903,\"PALE HERON\",\"vessel\",\"TESTB\",-0- ,\"XQ1\",\"Cargo\",-0- ,-0- ,\"Liberia\",\"VELMORA\",\"Vessel " +
		"Registration Identification IMO 9000001; MMSI 100000001.\"\r\n" +
		"904,\"XX-TST\",\"aircraft\",\"TESTB\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"Aircraft Manufacturer's Serial " +
		"Number (MSN) 77.\"\r\n\x1a"
	addCSV = "901,1,\"Dock 7\",\"Port Rell\",\"Syldavia\",-0- \r\n902,2,\"Home Lane 1\",\"Port " +
		"Rell\",\"Syldavia\",-0- \r\n903,3,-0- ,-0- ,-0- ,-0- \r\n\x1a"
	altCSV = "901,1,\"aka\",\"VELTRADE\",-0- \r\n901,2,\"fka\",\"OLD VELMORA\",-0- \r\n902,3,\"aka\",\"КАЕЛ, " +
		"Острин\",-0- \r\n\x1a"
	comCSV = "901,\"ber 555 (Cyprus); Secondary sanctions risk: section 9.\"\r\n"
)

func testSet(t testing.TB, change func(Set)) Set {
	t.Helper()
	set := Set{
		Primary: listtest.Source(t, "sdn.csv", sdnCSV), Address: listtest.Source(t, "add.csv", addCSV),
		Alias: listtest.Source(t, "alt.csv", altCSV), Comments: listtest.Source(t, "sdn_comments.csv", comCSV),
	}
	if change != nil {
		change(set)
	}
	return set
}

func TestDecodeSet(t *testing.T) {
	l, err := DecodeSet(context.Background(), testSet(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	listtest.Sound(t, l)
	want := []list.Entry{
		{
			ID: "901", Kind: party.Organization, At: "line 1",
			Names: []list.Name{
				{Text: "VELMORA TRADING, S.A.", Type: "primary"}, {Text: "VELTRADE", Type: "aka"},
				{Text: "OLD VELMORA", Type: "fka"},
			},
			Identifiers: []party.Identifier{{Scheme: "TAX-CO", ID: "805-1"}, {Scheme: "REG-CY", ID: "555"}},
			Countries:   []string{"Syldavia"}, Addresses: []string{"Dock 7, Port Rell, Syldavia"}, Dates: []string{
				"2016-12-17"},
			Programs: []string{"TESTA", "TESTB"}, Effect: "programme TESTA, TESTB; Secondary sanctions risk: section 9",
		},
		{
			ID: "902", Kind: party.Person, At: "line 2",
			Names: []list.Name{
				{Text: "KAEL, Ostrin", Type: "primary"}, {Text: "КАЕЛ, Острин", Type: "original_script"},
				{Text: "THE FERRYMAN", Weak: true, Type: "aka"},
			},
			Countries: []string{"Syldavia"}, Dates: []string{"1951~", "1959/1961"}, Programs: []string{"TESTA"},
			Effect: "programme TESTA", Remarks: "Director; Linked To: VELMORA TRADING, S.A.",
		},
		{
			ID: "903", Kind: party.Vessel, At: "line 3", Names: []list.Name{{Text: "PALE HERON", Type: "primary"}},
			Identifiers: []party.Identifier{{Scheme: "CALLSIGN", ID: "XQ1"}, {Scheme: "IMO", ID: "9000001"},
				{Scheme: "MMSI", ID: "100000001"}},
			Countries: []string{"Liberia"}, Programs: []string{"TESTB"}, Effect: "programme TESTB",
			Remarks: "owner: VELMORA",
		},
		{
			ID: "904", Kind: party.Aircraft, At: "line 4", Names: []list.Name{{Text: "XX-TST", Type: "primary"}},
			Identifiers: []party.Identifier{{Scheme: "MSN", ID: "77"}}, Programs: []string{"TESTB"},
			Effect: "programme TESTB",
		},
	}
	if d := cmp.Diff(want, l.Entries); d != "" {
		t.Errorf("entries (-want +got):\n%s", d)
	}
	if l.ID != "ofac-sdn" || len(l.Files) != 4 || l.Files[0].Rows != 4 || l.Files[1].Rows != 3 {
		t.Errorf("list %s with files %+v", l.ID, l.Files)
	}
}

func TestDecodeSetRefuses(t *testing.T) {
	file := func(role Role, name, text string) func(Set) {
		return func(s Set) { s[role] = listtest.Source(t, name, text) }
	}
	for _, tt := range []struct {
		name      string
		change    func(Set)
		at, words string
	}{
		{"missing companion", func(s Set) { delete(s, Comments) }, "", "comments file of the set is missing"},
		{"field count", file(Primary, "sdn.csv", strings.Replace(sdnCSV, ",\"Liberia\"", "", 1)), "line 3",
			"11 fields"},
		{"empty name", file(Primary, "sdn.csv", strings.Replace(sdnCSV, `"PALE HERON"`, "-0- ", 1)), "line 3",
			"no name"},
		{"unknown type", file(Primary, "sdn.csv", strings.Replace(sdnCSV, `"vessel"`, `"balloon"`, 1)), "line 3",
			"unknown type"},
		{"same key twice", file(Primary, "sdn.csv", strings.Replace(sdnCSV, "904,", "903,", 1)), "line 4", "twice"},
		{"orphan address", file(Address, "add.csv", "999,1,-0- ,-0- ,-0- ,-0- \r\n"), "line 1",
			"entry 999 is not in the primary file"},
		{"orphan alias", file(Alias, "alt.csv", "999,1,\"aka\",\"X\",-0- \r\n"), "line 1", "entry 999"},
		{"orphan comment", file(Comments, "com.csv", "999,\"x\"\r\n"), "line 1", "entry 999"},
		{"alias without name", file(Alias, "alt.csv", "901,1,\"aka\",-0- ,-0- \r\n"), "line 1", "no name"},
		{"unknown alias kind", file(Alias, "alt.csv", "901,1,\"zka\",\"X\",-0- \r\n"), "line 1",
			"unknown kind of alias"},
		{"alias number twice", file(Alias, "alt.csv", "901,1,\"aka\",\"X\",-0- \r\n901,1,\"aka\",\"Y\",-0- \r\n"),
			"line 2", "twice"},
		{"cut in a quote", file(Primary, "sdn.csv", sdnCSV[:len(sdnCSV)-12]), "line 4", "does not close"},
		{"cut in a null", file(Address, "add.csv", addCSV[:len(addCSV)-5]), "line 3", "the file is cut"},
		{"text after the end mark", file(Address, "add.csv", addCSV+"904,9,-0- ,-0- ,-0- ,-0- \r\n"), "",
			"after the end mark"},
		{"entry number", file(Primary, "sdn.csv", "x"+sdnCSV), "line 1", "entry number"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := DecodeSet(context.Background(), testSet(t, tt.change))
			listtest.Problem(t, err, tt.at, tt.words)
		})
	}
}

func TestShape(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       Role
	}{
		{"sdn.csv", sdnCSV, Primary}, {"whatever.csv", sdnCSV, Primary}, {"x.csv", addCSV, Address},
		{"x.csv", altCSV, Alias},
		{"sdn_comments.csv", comCSV, Comments}, {"numbers.csv", comCSV, ""}, {"sdn_comments.csv", "", Comments},
		{"add.csv", "a,b,c,d,e,f\n1,2,3,4,5,6\n", ""}, {"alt.csv", "id,name\n", ""}, {"x.csv", "", ""},
	} {
		if got := Shape(tt.name, []byte(tt.text)); got != tt.want {
			t.Errorf("Shape(%q, %.20q) = %q, want %q", tt.name, tt.text, got, tt.want)
		}
	}
	for in, want := range map[string]string{
		"lists/CONS_ADD.CSV": "cons", "cons_prim.csv.gz": "cons", "sdn.csv": "", "a.zip!add.csv": "",
		"sdn_comments.csv": "", "2031_alt.csv": "2031",
	} {
		if got := Base(in); got != want {
			t.Errorf("Base(%q) = %q, want %q", in, got, want)
		}
	}
}

const sdnXML = `<?xml version="1.0"?><sdnList xmlns="https://example.test/XML"><publshInformation><Publish_Date>03/18/2031</Publish_Date><Record_Count>2</Record_Count></publshInformation>
<sdnEntry><uid>901</uid><lastName>VELMORA TRADING, S.A.</lastName><sdnType>Entity</sdnType><programList><program>TESTA</program></programList>
<idList><id><uid>1</uid><idType>Tax ID No.</idType><idNumber>805-1</idNumber><idCountry>Colombia</idCountry></id><id><uid>2</uid><idType>Secondary sanctions risk:</idType><idNumber>section 9</idNumber></id></idList>
<akaList><aka><uid>1</uid><type>a.k.a.</type><category>weak</category><lastName>VT</lastName></aka></akaList>
<addressList><address><uid>1</uid><address1>Dock 7</address1><city>Port Rell</city><postalCode>77</postalCode><country>Colombia</country></address></addressList></sdnEntry>
<sdnEntry><uid>902</uid><firstName>Ostrin</firstName><lastName>KAEL</lastName><sdnType>Individual</sdnType><programList><program>TESTA</program></programList>
<idList><id><uid>3</uid><idType>Passport</idType><idNumber>X1</idNumber></id></idList>
<nationalityList><nationality><country>Syldavia</country></nationality></nationalityList>
<dateOfBirthList><dateOfBirthItem><dateOfBirth>circa 1951</dateOfBirth></dateOfBirthItem></dateOfBirthList></sdnEntry></sdnList>`

func TestDecodeXML(t *testing.T) {
	l, err := DecodeXML(context.Background(), listtest.Source(t, "sdn.xml", sdnXML))
	if err != nil {
		t.Fatal(err)
	}
	listtest.Sound(t, l)
	want := []list.Entry{
		{
			ID: "901", Kind: party.Organization, At: "sdnEntry 1",
			Names: []list.Name{{Text: "VELMORA TRADING, S.A.", Type: "primary"}, {Text: "VT", Weak: true,
				Type: "aka"}},
			Identifiers: []party.Identifier{{Scheme: "TAX-CO", ID: "805-1"}}, Countries: []string{"Colombia"},
			Addresses: []string{"Dock 7, Port Rell, 77, Colombia"}, Programs: []string{"TESTA"},
			Effect: "programme TESTA; Secondary sanctions risk: section 9",
		},
		{
			ID: "902", Kind: party.Person, At: "sdnEntry 2", Names: []list.Name{
				{Text: "KAEL, Ostrin", Type: "primary"}},
			Countries: []string{"Syldavia"}, Dates: []string{"1951~"}, Programs: []string{"TESTA"},
			Effect: "programme TESTA",
		},
	}
	if d := cmp.Diff(want, l.Entries); d != "" {
		t.Errorf("entries (-want +got):\n%s", d)
	}
	if got := l.Published.Format("2006-01-02"); got != "2031-03-18" {
		t.Errorf("published %s", got)
	}
	for _, tt := range []struct{ name, text, at, words string }{
		{"count", strings.Replace(sdnXML, "<Record_Count>2", "<Record_Count>3", 1), "",
			"counts 3 records, the file holds 2"},
		{"cut", sdnXML[:len(sdnXML)-80], "line", "cut short"},
		{"no name", strings.Replace(sdnXML, "<lastName>VELMORA TRADING, S.A.</lastName>", "<lastName/>", 1),
			"sdnEntry 1", "no name"},
		{"alias kind", strings.Replace(sdnXML, "a.k.a.", "b.b.b.", 1), "sdnEntry 1", "unknown kind"},
		{"empty", "<sdnList></sdnList>", "", "no sdnEntry"},
	} {
		_, err := DecodeXML(context.Background(), listtest.Source(t, "sdn.xml", tt.text))
		listtest.Problem(t, err, tt.at, tt.words)
	}
}

const enhancedXML = `<?xml version="1.0"?><sanctionsData xmlns="https://example.test/E"><publicationInfo><dataAsOf>2031-01-10T00:00:00</dataAsOf><filters><sanctionsLists><sanctionsList refId="1">Consolidated List</sanctionsList></sanctionsLists></filters></publicationInfo>
<entities><entity id="901"><generalInfo><entityType refId="1">Entity</entityType></generalInfo><sanctionsLists><sanctionsList refId="2" id="1" datePublished="2030-06-01">Some List</sanctionsList></sanctionsLists>
<sanctionsPrograms><sanctionsProgram>NS-T</sanctionsProgram></sanctionsPrograms><sanctionsTypes><sanctionsType>Directive T1</sanctionsType></sanctionsTypes>
<names><name id="2"><isPrimary>false</isPrimary><aliasType>A.K.A.</aliasType><isLowQuality>true</isLowQuality><translations><translation><isPrimary>true</isPrimary><script>Latin</script><formattedFullName>VT</formattedFullName></translation></translations></name>
<name id="1"><isPrimary>true</isPrimary><isLowQuality>false</isLowQuality><translations><translation><isPrimary>true</isPrimary><script>Latin</script><formattedFullName>VELMORA TRADING</formattedFullName></translation><translation><isPrimary>false</isPrimary><script>Cyrillic</script><formattedFullName>ВЕЛМОРА</formattedFullName></translation></translations></name></names>
<identityDocuments><identityDocument><type>Legal Entity Number</type><documentNumber>5299000000000000TEST</documentNumber></identityDocument></identityDocuments>
<relationships><relationship><type>Owned or Controlled By</type><relatedEntity>MIRREN HOLDING</relatedEntity></relationship></relationships></entity></entities></sanctionsData>`

func TestDecodeEnhanced(t *testing.T) {
	l, err := DecodeEnhanced(context.Background(), listtest.Source(t, "cons_enhanced.xml", enhancedXML))
	if err != nil {
		t.Fatal(err)
	}
	listtest.Sound(t, l)
	listed, _ := record.ParseDate("2030-06-01")
	want := []list.Entry{{
		ID: "901", Kind: party.Organization, At: "entity 1", Listed: listed,
		Names: []list.Name{
			{Text: "VELMORA TRADING", Type: "primary"}, {Text: "ВЕЛМОРА", Type: "original_script"},
			{Text: "VT", Weak: true, Type: "aka"},
		},
		Identifiers: []party.Identifier{{Scheme: "LEI", ID: "5299000000000000TEST"}}, Programs: []string{"NS-T"},
		Effect: "programme NS-T; Directive T1", Remarks: "Linked To: MIRREN HOLDING",
	}}
	if d := cmp.Diff(want, l.Entries); d != "" {
		t.Errorf("entries (-want +got):\n%s", d)
	}
	if l.ID != "ofac-cons" || l.Published.Format("2006-01-02") != "2031-01-10" {
		t.Errorf("list %s of %s", l.ID, l.Published)
	}
	_, err = DecodeEnhanced(context.Background(), listtest.Source(t, "e.xml", enhancedXML[:len(enhancedXML)-20]))
	listtest.Problem(t, err, "line", "cut short")
}

func realSet(t testing.TB, folder, prim, add, alt, com string) Set {
	dir := "data/sanctions/" + folder + "/"
	one := func(name string) record.Source { return recordtest.Sources(t, recordtest.Shared(t, dir+name))[0] }
	return Set{Primary: one(prim), Address: one(add), Alias: one(alt), Comments: one(com)}
}

// The counts are those of the files' own rows, by another CSV reader.
func TestRealSDN2021(t *testing.T) {
	l, err := DecodeSet(context.Background(), realSet(t, "ofac_sdn_2021", "sdn.csv", "add.csv", "alt.csv",
		"sdn_comments.csv"))
	if err != nil {
		t.Fatal(err)
	}
	listtest.Sound(t, l)
	rows := []int{l.Files[0].Rows, l.Files[1].Rows, l.Files[2].Rows, l.Files[3].Rows}
	if d := cmp.Diff([]int{8976, 13837, 11910, 5}, rows); d != "" {
		t.Errorf("rows (-want +got):\n%s", d)
	}
	kinds, weak, strong, ships, unread := map[party.Kind]int{}, 0, 0, 0, 0
	for _, e := range l.Entries {
		kinds[e.Kind]++
		for _, n := range e.Names[1:] {
			if n.Weak {
				weak++
			} else {
				strong++
			}
		}
		if strings.Contains(e.Remarks, "a.k.a. '") || strings.Contains(e.Remarks, "DOB ") {
			unread++
		}
		if e.Kind == party.Vessel && len(e.Identifiers) > 0 && e.Identifiers[0].Scheme == "IMO" ||
			len(e.Identifiers) > 1 && e.Identifiers[1].Scheme == "IMO" {
			ships++
		}
	}
	want := map[party.Kind]int{party.Person: 4620, party.Organization: 3673, party.Vessel: 406, party.Aircraft: 277}
	if d := cmp.Diff(want, kinds); d != "" {
		t.Errorf("kinds (-want +got):\n%s", d)
	}
	t.Logf("aliases %d strong, %d weak; ships with an IMO number %d; remarks with names or dates left %d", strong, weak,
		ships, unread)
	if strong < 11800 || weak < 2400 || ships < 380 || unread > 0 {
		t.Errorf("aliases %d strong, %d weak; ships %d; unread remarks %d", strong, weak, ships, unread)
	}
}

func TestRealConsolidated2025(t *testing.T) {
	l, err := DecodeSet(context.Background(), realSet(t, "ofac_cons_2025-12", "cons_prim.csv", "cons_add.csv",
		"cons_alt.csv", "cons_comments.csv"))
	if err != nil {
		t.Fatal(err)
	}
	listtest.Sound(t, l)
	if l.ID != "ofac-cons" || len(l.Entries) != 442 || l.Files[1].Rows != 574 || l.Files[2].Rows != 1073 ||
		l.Files[3].Rows != 10 {
		t.Errorf("%s: %d entries, files %+v", l.ID, len(l.Entries), l.Files)
	}
	for _, e := range l.Entries {
		// Entry 17016 goes on in the comments file in the middle of "Directive Date".
		if e.ID == "17016" {
			var schemes []string
			for _, id := range e.Identifiers {
				schemes = append(schemes, id.Scheme)
			}
			if d := cmp.Diff([]string{"BIC", "INN", "LEI", "OGRN"}, schemes); d != "" {
				t.Errorf("numbers after the continuation (-want +got):\n%s", d)
			}
		}
	}
}

func TestRealEnhanced2025(t *testing.T) {
	path := recordtest.Shared(t, "data/sanctions/ofac_cons_2025-12/CONS_ENHANCED_2025-01-14.ZIP")
	l, err := DecodeEnhanced(context.Background(), recordtest.Sources(t, path)[0])
	if err != nil {
		t.Fatal(err)
	}
	listtest.Sound(t, l)
	if len(l.Entries) != 443 || l.ID != "ofac-cons" || l.Published.Format("2006-01-02") != "2025-01-10" {
		t.Errorf("%s of %s: %d entries", l.ID, l.Published, len(l.Entries))
	}
}

func FuzzDecodeSet(f *testing.F) {
	f.Add(sdnCSV, addCSV, altCSV, comCSV)
	f.Add("1,\"A\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \n", "", "", "")
	f.Fuzz(func(t *testing.T, sdn, add, alt, com string) {
		set := Set{
			Primary: listtest.Source(t, "sdn.csv", sdn), Address: listtest.Source(t, "add.csv", add),
			Alias: listtest.Source(t, "alt.csv", alt), Comments: listtest.Source(t, "com.csv", com),
		}
		Shape("add.csv", []byte(add))
		if l, err := DecodeSet(context.Background(), set); err == nil {
			listtest.Sound(t, l)
		}
	})
}

func FuzzDecodeXML(f *testing.F) {
	f.Add(sdnXML)
	f.Add(enhancedXML)
	f.Fuzz(func(t *testing.T, text string) {
		RecogniseXML([]byte(text))
		RecogniseEnhanced([]byte(text))
		src := listtest.Source(t, "sdn.xml", text)
		if l, err := DecodeXML(context.Background(), src); err == nil {
			listtest.Sound(t, l)
		}
		if l, err := DecodeEnhanced(context.Background(), src); err == nil {
			listtest.Sound(t, l)
		}
	})
}

func BenchmarkDecodeSet(b *testing.B) {
	set := realSet(b, "ofac_sdn_2021", "sdn.csv", "add.csv", "alt.csv", "sdn_comments.csv")
	b.ReportAllocs()
	for b.Loop() {
		l, err := DecodeSet(context.Background(), set)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(l.Names)*float64(b.N)/b.Elapsed().Seconds(), "names/s")
	}
}
