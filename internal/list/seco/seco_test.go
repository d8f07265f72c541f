package seco

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/list/listtest"
)

const document = `<?xml version="1.0"?><swiss-sanctions-list list-type="whole-list" date="2031-09-28"><sanctions-program ssid="1">` +
	`<program-key lang="eng">Ostravine</program-key><program-name lang="ger">Verordnung</program-name><program-name lang="eng">Ordinance on Ostravine</program-name>` +
	`<sanctions-set ssid="11" lang="eng">Annex 1</sanctions-set></sanctions-program><place ssid="7"><location>Port Rell</location><country iso-code="XV">Ostravine</country></place>` +
	`<target ssid="100" sanctions-set-id="11"><entity><identity ssid="1" main="true"><name name-type="alias" quality="low"><name-part order="1" name-part-type="whole-name">` +
	`<value>OW Systems</value></name-part></name><name name-type="primary-name" quality="good"><name-part order="1" name-part-type="whole-name"><value>Ostrin Works</value>` +
	`<spelling-variant lang="rus" script="Cyrl">ОСТРИН</spelling-variant></name-part></name><address place-id="7"><address-details>Quay 4</address-details></address></identity>` +
	`<justification>Makes parts.</justification><other-information>Tax registration number: 4412</other-information></entity>` +
	`<modification modification-type="listed" effective-date="2030-02-01"/><modification modification-type="amended" effective-date="2031-03-01"/></target>` +
	`<target ssid="200"><sanctions-set-id>11</sanctions-set-id><individual sex="female"><identity main="true"><name name-type="primary-name" quality="good">` +
	`<name-part order="2" name-part-type="family-name"><value>Oranth</value></name-part><name-part order="1" name-part-type="given-name"><value>Ilke</value></name-part></name>` +
	`<day-month-year day="4" month="3" year="1961"/><nationality><country iso-code="XV">Ostravine</country></nationality></identity></individual>` +
	`<modification modification-type="listed" effective-date="2029-01-01"/><modification modification-type="de-listed" effective-date="2030-06-01"/></target>` +
	`<target ssid="300"><object object-type="vessel"><identity main="true"><name name-type="primary-name"><name-part order="1"><value>Pale Heron</value></name-part></name></identity>` +
	`<other-information>IMO number: 9000001</other-information></object></target></swiss-sanctions-list>`

func TestDecode(t *testing.T) {
	if !Recognise([]byte(document)) {
		t.Error("not recognised")
	}
	l, err := Decode(context.Background(), listtest.Source(t, "seco.xml", document))
	if err != nil {
		t.Fatal(err)
	}
	listtest.Sound(t, l)
	var got []string
	for i := range l.Entries {
		got = append(got, listtest.Brief(&l.Entries[i]))
	}
	if d := cmp.Diff([]string{
		"100 | organization | Ostrin Works(primary) + ОСТРИН(original_script) + ~OW Systems(aka) | TAX:4412 | " +
			"Ostravine | Quay 4, Port Rell, Ostravine" +
			" | from 2030-02-01 | Ordinance on Ostravine | Swiss sanctions: Ordinance on Ostravine",
		"200 | person | Ilke Oranth(primary) | Ostravine | 1961-03-04 | from 2029-01-01 | until 2030-05-31 | removed " +
			"| Ordinance on Ostravine | Swiss sanctions: Ordinance on Ostravine",
		"300 | vessel | Pale Heron(primary) | IMO:9000001 | Swiss sanctions",
	}, got); d != "" || l.Published.Format("2006-01-02") != "2031-09-28" || len(l.Notes) != 2 {
		t.Errorf("published %v, notes %q (-want +got):\n%s", l.Published, l.Notes, d)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, tt := range []struct{ name, from, to, words string }{
		{"one key twice", `ssid="200"`, `ssid="100"`, "that of another"},
		{"no name", `<value>Pale Heron</value>`, ``, "has no name"},
		{"nothing inside", `<object object-type="vessel">`, `<thing>`, ""},
		{"a day that is none", `"2029-01-01"`, `"2029-31-01"`, "date of a modification"},
		{"cut", `</target></swiss-sanctions-list>`, ``, "cut short"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Decode(context.Background(), listtest.Source(t, "seco.xml", strings.Replace(document, tt.from,
				tt.to, 1)))
			listtest.Problem(t, err, "", tt.words)
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(document))
	f.Fuzz(func(t *testing.T, text []byte) {
		Recognise(text)
		if l, err := Decode(context.Background(), listtest.Source(t, "x", string(text))); err == nil {
			listtest.Sound(t, l)
		}
	})
}
