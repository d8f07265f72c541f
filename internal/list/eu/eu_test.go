package eu

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/list"
	"plimsoll/internal/list/listtest"
)

const (
	document = `<?xml version="1.0"?><export xmlns="http://eu.europa.ec/fpi/fsd/export" generationDate="2031-08-05T16:47:04.449+02:00">` +
		`<sanctionEntity euReferenceNumber="EU.1.1" logicalId="1" designationDate=""><remark>Works.</remark>` +
		`<regulation publicationDate="2031-02-01" programme="QOR" numberTitle="2031/1 (OJ L1)"><publicationUrl>https://example.org/oj</publicationUrl></regulation>` +
		`<subjectType code="enterprise" classificationCode="E"/><nameAlias wholeName="OW Systems" strong="false"/><nameAlias wholeName="Ostrin Works" strong="true"/>` +
		`<nameAlias wholeName="ОСТРИН" strong="true"/><address street="Quay 4" city="Port Rell" countryIso2Code="XV" countryDescription="OSTRAVINE"/>` +
		`<identification identificationTypeCode="regnumber" number="441200" countryIso2Code="GB"/><identification identificationTypeCode="imo" number="9000001"/></sanctionEntity>` +
		`<sanctionEntity logicalId="2" designationDate="2030-05-06"><regulation publicationDate="2031-02-01" programme="QOR"/><subjectType code="person"/>` +
		`<nameAlias firstName="Ilke" lastName="Oranth" wholeName="" strong="true" function="Director"/><citizenship countryIso2Code="XV"/><birthdate birthdate="" year="1961" circa="true"/>` +
		`<address street="Home Lane" countryIso2Code="00"/><identification identificationTypeCode="passport" number="X1"/></sanctionEntity></export>`
	rows = "\ufefffileGenerationDate;Entity_LogicalId;Entity_EU_ReferenceNumber;Entity_DesignationDate;Entity_SubjectType;Entity_Regulation_PublicationDate;" +
		"Entity_Regulation_Programme;NameAlias_WholeName;Address_City;Address_CountryIso2Code;BirthDate_BirthDate;Identification_Number;Identification_TypeCode;Identification_CountryIso2Code\n" +
		"05/08/2031;1;EU.1.1;;enterprise;2031-02-01;QOR;Ostrin " +
		"Works;;;;;;\n05/08/2031;1;EU.1.1;;enterprise;2031-02-01;QOR;OW Systems;;;;;;\n" +
		"05/08/2031;1;EU.1.1;;enterprise;2031-02-01;QOR;;Port " +
		"Rell;XV;;;;\n05/08/2031;1;EU.1.1;;enterprise;2031-02-01;QOR;;;;;441200;regnumber;GB\n"
)

func briefs(l *list.List) (out []string) {
	for i := range l.Entries {
		out = append(out, listtest.Brief(&l.Entries[i]))
	}
	return out
}

func TestDecode(t *testing.T) {
	l, err := DecodeXML(context.Background(), listtest.Source(t, "eu.xml", document))
	if err != nil {
		t.Fatal(err)
	}
	listtest.Sound(t, l)
	if d := cmp.Diff([]string{
		"1 | organization | Ostrin Works(primary) + ОСТРИН(original_script) + ~OW Systems(aka) | GB-COH:441200 | " +
			"IMO-COMPANY:9000001 | XV | Quay 4, Port Rell, OSTRAVINE" +
			" | from 2031-02-01 | QOR | 2031/1 (OJ L1)",
		"2 | person | Ilke Oranth(primary) | XV | 1961~ | from 2030-05-06 | QOR | programme QOR",
	}, briefs(l)); d != "" || l.Published.Format("2006-01-02") != "2031-08-05" || l.Entries[0].URL == "" {
		t.Errorf("published %v (-want +got):\n%s", l.Published, d)
	}
	if !Recognise([]byte(rows)) || !RecogniseXML([]byte(document)) {
		t.Error("not recognised")
	}
	l, err = Decode(context.Background(), listtest.Source(t, "eu.csv", rows))
	if err != nil {
		t.Fatal(err)
	}
	listtest.Sound(t, l)
	if d := cmp.Diff([]string{
		"1 | organization | Ostrin Works(primary) + OW Systems(aka) | GB-COH:441200 | XV | Port Rell | from " +
			"2031-02-01 | QOR | programme QOR",
	}, briefs(l)); d != "" || l.Published.Format("2006-01-02") != "2031-08-05" || l.Files[0].Rows != 4 {
		t.Errorf("published %v, rows %d (-want +got):\n%s", l.Published, l.Files[0].Rows, d)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, tt := range []struct{ name, from, to, words string }{
		{"no key", `logicalId="2"`, ``, "no logicalId"},
		{"one key twice", `logicalId="2"`, `logicalId="1"`, "stands twice"},
		{"a kind that is not known", `code="person"`, `code="planet"`, "unknown type"},
		{"a day that is none", `"2030-05-06"`, `"2030-25-06"`, "date of designation"},
		{"no name", `firstName="Ilke" lastName="Oranth"`, ``, "has no name"},
		{"cut", `</sanctionEntity></export>`, ``, "cut short"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := DecodeXML(context.Background(), listtest.Source(t, "eu.xml", strings.Replace(document, tt.from,
				tt.to, 1)))
			listtest.Problem(t, err, "", tt.words)
		})
	}
	_, err := Decode(context.Background(), listtest.Source(t, "eu.csv", strings.Replace(rows, ";1;", ";;", 1)))
	listtest.Problem(t, err, "line 2", "no Entity_LogicalId")
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(document), true)
	f.Add([]byte(rows), false)
	f.Fuzz(func(t *testing.T, text []byte, isXML bool) {
		Recognise(text)
		RecogniseXML(text)
		src := listtest.Source(t, "x", string(text))
		l, err := Decode(context.Background(), src)
		if isXML {
			l, err = DecodeXML(context.Background(), src)
		}
		if err == nil {
			listtest.Sound(t, l)
		}
	})
}
