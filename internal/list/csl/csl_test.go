package csl

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

const head = "_id,source,entity_number,type,programs,name,title,addresses,federal_register_notice,start_date,end_date,standard_order,license_requirement,license_policy,call_sign,vessel_type,gross_tonnage,gross_registered_tonnage,vessel_flag,vessel_owner,remarks,source_list_url,alt_names,citizenships,dates_of_birth,nationalities,places_of_birth,source_information_url,ids\n"

const (
	rowEL  = `aa01,Entity List (EL) - Bureau of Industry and Security,,,,NPV Istra,,"Dock 7, Port Rell, XA; Quay 9, XA",1 FR 2,2031-04-07,,,For all items,Presumption of denial.,,,,,,,,u1,Istra Works; and Istra NPV,,,,,https://example.test/el,` + "\n"
	rowSDN = `901,Specially Designated Nationals (SDN) - Treasury Department,901,Entity,TESTA; TESTB,VELMORA TRADING (a.k.a. VELTRADE; VT LINES),,"Dock 7, Moscow, 77, RU",,,,,,,,,,,,,(Linked To: X),u2,,,,,,https://example.test/sdn,"RU, 7700000001, Tax ID No.; Registration ID, 1027700000001, RU; AAAABBCC, SWIFT/BIC; Male, Gender; RU, 2031-01-01, 555, Registration Number"` + "\n"
	rowInd = `902,Specially Designated Nationals (SDN) - Treasury Department,902,Individual,TESTA,"KAEL, Ostrin",,"Home Lane 1, XB",,,,,,,,,,,,,private,u2,,XA,1951; circa 1952,XB,Nowhere,https://example.test/sdn,"Passport, X1, XB"` + "\n"
	rowDPL = `bb02,Denied Persons List (DPL) - Bureau of Industry and Security,,,,OSTRIN KAEL,,"HOME LANE 1, RELL, US",2 F.R. 3,2027-10-16,2030-10-13,Y,,,,,,,,,,u3,,,,,,https://example.test/dpl,` + "\n"
	sample = head + rowEL + rowSDN + rowInd + rowDPL
)

func TestDecode(t *testing.T) {
	if !Recognise([]byte(sample)) {
		t.Error("the header is not recognised")
	}
	l, err := Decode(context.Background(), listtest.Source(t, "csl.csv", sample))
	if err != nil {
		t.Fatal(err)
	}
	listtest.Sound(t, l)
	want := []list.Entry{
		{
			ID: "EL-aa01", At: "line 2", URL: "https://example.test/el", Listed: record.DayOf(2031, 4, 7),
			Remarks: "1 FR 2",
			Names: []list.Name{{Text: "NPV Istra", Type: "primary"}, {Text: "Istra Works", Type: "aka"},
				{Text: "Istra NPV", Type: "aka"}},
			Countries: []string{"XA"}, Addresses: []string{"Dock 7, Port Rell, XA", "Quay 9, XA"},
			Programs: []string{"Entity List (EL) - Bureau of Industry and Security"},
			Effect: "Entity List (EL) - Bureau of Industry and Security; licence requirement: For all items; " +
				"licence policy: Presumption of denial.",
		},
		{
			ID: "SDN-901", Kind: party.Organization, At: "line 3", URL: "https://example.test/sdn",
			Remarks: "(Linked To: X)",
			Names: []list.Name{{Text: "VELMORA TRADING", Type: "primary"}, {Text: "VELTRADE", Type: "aka"},
				{Text: "VT LINES", Type: "aka"}},
			Identifiers: []party.Identifier{
				{Scheme: "INN", ID: "7700000001"}, {Scheme: "OGRN", ID: "1027700000001"},
				{Scheme: "BIC", ID: "AAAABBCC"}, {Scheme: "REG-RU", ID: "555"},
			},
			Countries: []string{"RU"}, Addresses: []string{"Dock 7, Moscow, 77, RU"},
			Programs: []string{"Specially Designated Nationals (SDN) - Treasury Department", "TESTA", "TESTB"},
			Effect:   "Specially Designated Nationals (SDN) - Treasury Department; programme TESTA, TESTB",
		},
		{
			ID: "SDN-902", Kind: party.Person, At: "line 4", URL: "https://example.test/sdn",
			Names: []list.Name{{Text: "KAEL, Ostrin", Type: "primary"}}, Countries: []string{"XB", "XA"},
			Dates:    []string{"1951", "1952~"},
			Programs: []string{"Specially Designated Nationals (SDN) - Treasury Department", "TESTA"},
			Effect:   "Specially Designated Nationals (SDN) - Treasury Department; programme TESTA",
		},
		{
			ID: "DPL-bb02", At: "line 5", URL: "https://example.test/dpl", Names: []list.Name{
				{Text: "OSTRIN KAEL", Type: "primary"}},
			Countries: []string{"US"}, Listed: record.DayOf(2027, 10, 16), Until: record.DayOf(2030, 10, 13),
			Remarks:  "2 F.R. 3",
			Programs: []string{"Denied Persons List (DPL) - Bureau of Industry and Security"},
			Effect:   "Denied Persons List (DPL) - Bureau of Industry and Security",
		},
	}
	if d := cmp.Diff(want, l.Entries); d != "" {
		t.Errorf("entries (-want +got):\n%s", d)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, tt := range []struct{ name, text, at, words string }{
		{"field count", sample + "a,b\n", "line 6", "2 fields, the header has 29"},
		{"second header", sample + head, "line 6", "second header"},
		{"no name", strings.Replace(sample, "NPV Istra", "", 1), "line 2", "no name"},
		{"unknown type", strings.Replace(sample, "Individual", "Balloon", 1), "line 4", "unknown type"},
		{"date", strings.Replace(sample, "2031-04-07", "04/07/2031", 1), "line 2", "not a date"},
		{"key twice", sample + strings.Replace(rowEL, "NPV Istra", "NPV Other", 1), "line 6",
			"twice with different content"},
		{"cut", sample + `cc,"Entity`, "line 6", "does not close"},
		{"header only", head, "", "no rows"},
		{"lost column", strings.Replace(sample, "alt_names", "else", 1), "line 1", "alt_names"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Decode(context.Background(), listtest.Source(t, "csl.csv", tt.text))
			listtest.Problem(t, err, tt.at, tt.words)
		})
	}
	if l, err := Decode(context.Background(), listtest.Source(t, "csl.csv", sample+rowEL)); err != nil ||
		len(l.Entries) != 4 {
		t.Errorf("the same row twice: %v", err)
	}
}

func TestNames(t *testing.T) {
	for in, want := range map[string]string{
		"Velmora Inc. (a.k.a. Veltrade; VT Lines)":  "Velmora Inc.|aka:Veltrade|aka:VT Lines",
		"Velmora Ltd., a.k.a. Veltrade (Port Rell)": "Velmora Ltd.|aka:Veltrade (Port Rell)",
		"Velmora, OOO (f.k.a., Old Velmora)":        "Velmora, OOO|fka:Old Velmora",
		"Velmora Institute [aka VI, Institute V]":   "Velmora Institute|aka:VI, Institute V",
		"Velmora (VT)": "Velmora (VT)",
		"Velmora; and any successor, sub-unit, or subsidiary thereof":    "Velmora",
		"Velmora LLC and any successor, sub-unit, or subsidiary thereof": "Velmora LLC",
		"Aka Holding": "Aka Holding",
		"Velmora (a.k.a., Academy of Velmora (AV) 9 Institute) ": "Velmora|aka:Academy of Velmora (AV) 9 Institute",
		"a.k.a. Velmora":           "a.k.a. Velmora",
		"Велмора (a.k.a. Velmora)": "Велмора|aka:Velmora",
	} {
		var got []string
		for i, n := range names(in, "primary") {
			s := n.Text
			if i > 0 {
				s = n.Type + ":" + s
			}
			got = append(got, s)
		}
		if g := strings.Join(got, "|"); g != want {
			t.Errorf("names(%q) = %q, want %q", in, g, want)
		}
	}
}

// The counts are those of the file's own rows, by another CSV reader.
func TestReal2022(t *testing.T) {
	l, err := Decode(context.Background(), recordtest.Sources(t,
		recordtest.Shared(t, "data/sanctions/us_csl/consolidated.csv.gz"))[0])
	if err != nil {
		t.Fatal(err)
	}
	listtest.Sound(t, l)
	got := map[string]int{}
	policy, numbers, until := 0, 0, 0
	for _, e := range l.Entries {
		id, _, _ := strings.Cut(e.ID, "-")
		got[id]++
		numbers += len(e.Identifiers)
		if strings.Contains(e.Effect, "licence policy: ") {
			policy++
		}
		if e.Until.Known() {
			until++
		}
	}
	// One Capta row is there twice: 53 rows, 52 entries.
	want := map[string]int{
		"SDN": 10026, "EL": 2001, "DTC": 727, "DPL": 462, "SSI": 290, "UVL": 201, "ISN": 163, "PLC": 78, "MEU": 71,
		"CMIC": 68, "CAP": 52, "NS": 17, "FSE": 3,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("entries by list (-want +got):\n%s", d)
	}
	if l.Files[0].Rows != 14160 || len(l.Entries) != 14159 || until != 417 {
		t.Errorf("%d rows, %d entries, %d with an end; want 14160, 14159, 417", l.Files[0].Rows, len(l.Entries), until)
	}
	t.Logf("%d names, %d numbers, %d with a licence policy", l.Names, numbers, policy)
	if policy < 1900 || numbers < 4900 {
		t.Errorf("%d with a licence policy, %d numbers", policy, numbers)
	}
}

func TestRealDamaged(t *testing.T) {
	_, err := Decode(context.Background(), recordtest.Sources(t,
		recordtest.Shared(t, "data/sanctions/us_csl/csl_concat_2023-11.csv.gz"))[0])
	listtest.Problem(t, err, "line 2", "second header")
	_, err = Decode(context.Background(),
		recordtest.Sources(t, recordtest.Shared(t, "data/sanctions/watchman_malformed/csl.csv"))[0])
	listtest.Problem(t, err, "line 2", "2 fields, the header has 28")
	l, err := Decode(context.Background(), recordtest.Sources(t,
		recordtest.Shared(t, "data/sanctions/us_csl/consolidated_small.csv"))[0])
	if err != nil || len(l.Entries) != 13 {
		t.Errorf("the small file: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(sample)
	f.Fuzz(func(t *testing.T, text string) {
		Recognise([]byte(text))
		if l, err := Decode(context.Background(), listtest.Source(t, "csl.csv", text)); err == nil {
			listtest.Sound(t, l)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	src := recordtest.Sources(b, recordtest.Shared(b, "data/sanctions/us_csl/consolidated.csv.gz"))[0]
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(context.Background(), src); err != nil {
			b.Fatal(err)
		}
	}
}

const asJSON = `{"total":2,"results":[{"id":"a1","source":"Entity List (EL) - Bureau of Industry and Security","entity_number":null,"type":null,"programs":[],` +
	`"name":"Ostrin Works Co., Ltd.","addresses":[{"address":"Quay 4","city":"Port Rell","state":null,"postal_code":"11","country":"XV"}],"start_date":"2031-02-01",` +
	`"end_date":null,"license_requirement":"For all items","license_policy":"Presumption of denial","remarks":null,"alt_names":["OW Systems"],"citizenships":[],` +
	`"dates_of_birth":[],"nationalities":[],"source_information_url":"https://example.org","ids":[{"type":"Registration Number","number":"441200","country":"GB"}],"vessel_flag":null},` +
	`{"id":"b2","source":"Specially Designated Nationals (SDN) - Treasury Department","type":"Individual","programs":["TESTA","TESTB"],"name":"ORANTH, Ilke","addresses":[],` +
	`"start_date":null,"license_requirement":null,"alt_names":[],"dates_of_birth":["1961"],"nationalities":["XV"],"source_information_url":"","ids":[]}]}`

func TestDecodeJSON(t *testing.T) {
	if !RecogniseJSON([]byte(asJSON)) {
		t.Error("not recognised")
	}
	l, err := DecodeJSON(context.Background(), listtest.Source(t, "csl.json", asJSON))
	if err != nil {
		t.Fatal(err)
	}
	listtest.Sound(t, l)
	var got []string
	for i := range l.Entries {
		got = append(got, listtest.Brief(&l.Entries[i]))
	}
	want := []string{
		"EL-a1 | organization | Ostrin Works Co., Ltd.(primary) + OW Systems(aka) | GB-COH:441200 | XV | Quay 4, " +
			"Port Rell, 11, XV | from 2031-02-01" +
			" | Entity List (EL) - Bureau of Industry and Security | Entity List (EL) - Bureau of Industry and " +
			"Security; licence requirement: For all items; licence policy: Presumption of denial",
		"SDN-b2 | person | ORANTH, Ilke(primary) | XV | 1961 | Specially Designated Nationals (SDN) - Treasury " +
			"Department+TESTA+TESTB" +
			" | Specially Designated Nationals (SDN) - Treasury Department; programme TESTA, TESTB",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for _, tt := range []struct{ name, text, words string }{
		{"cut", asJSON[:len(asJSON)-30], "cut short"}, {"nothing inside", `{"results":[]}`, "no entry"},
		{"an element that is none", `{"results":[7]}`, "not an entry"}, {"no name", `{"results":[{"source":"x"}]}`,
			"no name"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := DecodeJSON(context.Background(), listtest.Source(t, "csl.json", tt.text))
			listtest.Problem(t, err, "", tt.words)
		})
	}
}

func FuzzDecodeJSON(f *testing.F) {
	f.Add([]byte(asJSON))
	f.Fuzz(func(t *testing.T, text []byte) {
		RecogniseJSON(text)
		if l, err := DecodeJSON(context.Background(), listtest.Source(t, "x", string(text))); err == nil {
			listtest.Sound(t, l)
		}
	})
}
