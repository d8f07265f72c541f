package uk

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/list"
	"plimsoll/internal/list/listtest"
)

const (
	header = "Last Updated,Unique ID,OFSI Group ID,UN Reference Number,Name 6,Name 1,Name 2,Name type,Alias " +
		"strength,Name non-latin script,Regime Name," +
		"Designation Type,Sanctions Imposed,Other Information,Address Line 1,Address Country,Date " +
		"Designated,D.O.B,Nationality(/ies),National Identifier number," +
		"Business registration number (s),IMO number\n"
	table = "Report Date: 08-Oct-2031\n" + header +
		"04/08/2031,QOR0001,901,,OSTRIN WORKS,,,Primary Name,,ОСТРИН,Ostrin Regulations,Entity,Asset freeze|Travel " +
		"ban,,Quay 4,Ostravine,01/02/2031,,,,INN: 7700000001;GB-COH 441200,\n" +
		"04/08/2031,QOR0001,901,,OW Systems,,,Alias,Low quality,,Ostrin Regulations,Entity,Asset freeze|Travel " +
		"ban,,,,01/02/2031,,,,,\n" +
		"04/08/2031,QOR0002,902,,Oranth,Ilke,M,Primary Name,,,Ostrin Regulations,Individual,Travel ban,,Home Lane " +
		"1,Ostravine,15/03/2030,00/04/1961,Ostravine,ID-5,,\n" +
		"04/08/2031,QOR0003,903,,PALE HERON,,,Primary Name,,,Ostrin Regulations,Ship,Ship,,,,01/02/2031,,,,,IMO " +
		"9000001\n"
	old = "Last Updated,05/06/2025\nName 6,Name 1,Title,Name Non-Latin Script,DOB,Nationality,Address 1,Post/Zip " +
		"Code,Country,Other Information,Group Type," +
		"Alias Type,Alias Quality,Regime,Listed On,UK Sanctions List Date Designated,Last Updated,Group ID\n" +
		"OSTRIN WORKS,,,,,,Quay 4,,Ostravine,(UK Sanctions List Ref):QOR0001. Works.,Entity,Primary " +
		"name,,Ostrin,01/02/2024,,01/02/2024,901\n" +
		"OW SYSTEMS,,,,,,,,,,Entity,AKA,Low,Ostrin,01/02/2024,,01/02/2024,901\n"
	xmlList = `<?xml version="1.0"?><Designations><DateGenerated>2031-10-08</DateGenerated><Designation><UniqueID>QOR0001</UniqueID><OFSIGroupID>901</OFSIGroupID>` +
		`<DateDesignated>01/02/2031</DateDesignated><Names><Name><Name6>OW Systems</Name6><NameType>Alias</NameType></Name><Name><Name6>OSTRIN WORKS</Name6>` +
		`<NameType>Primary Name</NameType></Name></Names><NonLatinNames><NonLatinName><NameNonLatinScript>ОСТРИН</NameNonLatinScript></NonLatinName></NonLatinNames>` +
		`<RegimeName>Ostrin Regulations</RegimeName><IndividualEntityShip>Entity</IndividualEntityShip><SanctionsImposed>Asset freeze</SanctionsImposed>` +
		`<Addresses><Address><AddressLine1>Quay 4</AddressLine1><AddressCountry>Ostravine</AddressCountry></Address></Addresses></Designation></Designations>`
	oldXML = `<ArrayOfFinancialSanctionsTarget xmlns="x"><FinancialSanctionsTarget><LastUpdated>2025-06-05T00:00:00</LastUpdated><Name6>OSTRIN WORKS</Name6>` +
		`<GroupTypeDescription>Entity</GroupTypeDescription><AliasTypeName>Primary name</AliasTypeName><RegimeName>Ostrin</RegimeName>` +
		`<DateListed>2024-02-01T00:00:00</DateListed><GroupID>901</GroupID></FinancialSanctionsTarget></ArrayOfFinancialSanctionsTarget>`
)

func decode(t testing.TB, name, text string) (*list.List, error) {
	t.Helper()
	src := listtest.Source(t, name, text)
	if strings.HasSuffix(name, ".xml") {
		if !RecogniseXML([]byte(text)) {
			t.Fatal("not recognised")
		}
		return DecodeXML(context.Background(), src)
	}
	if !Recognise([]byte(text)) {
		t.Fatal("not recognised")
	}
	return Decode(context.Background(), src, []byte(text))
}

func TestDecode(t *testing.T) {
	for _, tt := range []struct {
		file, text, id, day string
		want                []string
	}{
		{"uk.csv", table, "uk-sanctions", "2031-10-08", []string{
			"QOR0001 | organization | OSTRIN WORKS(primary) + ОСТРИН(original_script) + ~OW Systems(aka) | " +
				"INN:7700000001 | GB-COH:441200 | Ostravine | Quay 4, Ostravine" +
				" | from 2031-02-01 | Ostrin Regulations | Asset freeze, Travel ban",
			"QOR0002 | person | Ilke M Oranth(primary) | Ostravine | 1961-04 | from 2030-03-15 | Ostrin Regulations " +
				"| Travel ban",
			"QOR0003 | vessel | PALE HERON(primary) | IMO:9000001 | from 2031-02-01 | Ostrin Regulations | Ship",
		}},
		{"ConList.csv", old, "uk-ofsi", "2025-06-05", []string{
			"901 | organization | OSTRIN WORKS(primary) + ~OW SYSTEMS(aka) | Ostravine | Quay 4, Ostravine | from " +
				"2024-02-01 | Ostrin | financial sanctions",
		}},
		{"uk.xml", xmlList, "uk-sanctions", "2031-10-08", []string{
			"QOR0001 | organization | OSTRIN WORKS(primary) + OW Systems(aka) + ОСТРИН(original_script) | Ostravine " +
				"| Quay 4, Ostravine | from 2031-02-01 | Ostrin Regulations | Asset freeze",
		}},
		{"ConList.xml", oldXML, "uk-ofsi", "2025-06-05", []string{
			"901 | organization | OSTRIN WORKS(primary) | from 2024-02-01 | Ostrin | financial sanctions",
		}},
	} {
		t.Run(tt.file, func(t *testing.T) {
			l, err := decode(t, tt.file, tt.text)
			if err != nil {
				t.Fatal(err)
			}
			listtest.Sound(t, l)
			var got []string
			for i := range l.Entries {
				got = append(got, listtest.Brief(&l.Entries[i]))
			}
			if d := cmp.Diff(tt.want, got); d != "" || l.ID != tt.id || l.Published.Format("2006-01-02") != tt.day {
				t.Errorf("list %s of %v (-want +got):\n%s", l.ID, l.Published, d)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	row := "04/08/2031,QOR0001,901,,OSTRIN WORKS,,,Primary Name,,,R,Entity,Asset freeze,,,,01/02/2031,,,,,\n"
	for _, tt := range []struct{ name, text, words string }{
		{"no key", header + strings.Replace(row, "QOR0001", "", 1), "no key"},
		{"a kind that is not known", header + strings.Replace(row, "Entity", "Planet", 1), "unknown type"},
		{"a month that is none", header + strings.Replace(row, "01/02/2031", "01/13/2031", 1), "date of designation"},
		{"no name", header + strings.Replace(row, "OSTRIN WORKS", "", 1), "has no name"},
		{"two kinds of one key", header + row + strings.Replace(row, "Entity", "Ship", 1), "stands as"},
		{"cut row", header + row + "04/08/2031,QOR0002\n", "2 fields"},
		{"header alone", header, "no rows"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := decode(t, "uk.csv", tt.text)
			listtest.Problem(t, err, "", tt.words)
		})
	}
	_, err := decode(t, "uk.xml", xmlList[:len(xmlList)-40])
	listtest.Problem(t, err, "", "cut short")
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{table, old} {
		f.Add([]byte(s), false)
	}
	for _, s := range []string{xmlList, oldXML} {
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, text []byte, isXML bool) {
		Recognise(text)
		RecogniseXML(text)
		src := listtest.Source(t, "x", string(text))
		l, err := Decode(context.Background(), src, text)
		if isXML {
			l, err = DecodeXML(context.Background(), src)
		}
		if err == nil {
			listtest.Sound(t, l)
		}
	})
}
