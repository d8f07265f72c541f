package sema

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/list/listtest"
)

const document = `<?xml version="1.0"?><data-set>` +
	`<record><Country>Ostravine / Ostravine</Country><EntityOrShip>Ostrin Works / Usines Ostrin</EntityOrShip><Aliases>OW Systems, Ostrin Co., Ltd.; OW</Aliases>` +
	`<Schedule>1, Part 2</Schedule><Item>7</Item><DateOfListing>2031-02-01</DateOfListing></record>` +
	`<record><Country>Ostravine</Country><LastName>Oranth</LastName><GivenName>Ilke</GivenName><DateOfBirthOrShipBuildDate>1961-03-04</DateOfBirthOrShipBuildDate><Schedule>1, Part 1</Schedule><Item>8</Item></record>` +
	`<record><Country>Ostravine</Country><EntityOrShip>Pale Heron</EntityOrShip><ShipIMONumber>9000001</ShipIMONumber><Schedule>2</Schedule><Item>1</Item></record></data-set>`

func TestDecode(t *testing.T) {
	if !Recognise([]byte(document)) {
		t.Error("not recognised")
	}
	l, err := Decode(context.Background(), listtest.Source(t, "sema.xml", document))
	if err != nil {
		t.Fatal(err)
	}
	listtest.Sound(t, l)
	var got []string
	for i := range l.Entries {
		got = append(got, listtest.Brief(&l.Entries[i]))
	}
	const act = "Special Economic Measures or Justice for Victims of Corrupt Foreign Officials, Ostravine, schedule "
	if d := cmp.Diff([]string{
		"ostravine-1,-part-2-7-ostrin-works-/-usines-ostrin | organization | Ostrin Works(primary) + Usines " +
			"Ostrin(aka) + OW Systems(aka) + Ostrin Co., Ltd.(aka) + OW(aka)" +
			" | from 2031-02-01 | Ostravine | " + act + "1, Part 2",
		"ostravine-1,-part-1-8-ilke-oranth | person | Ilke Oranth(primary) | 1961-03-04 | Ostravine | " + act +
			"1, Part 1",
		"ostravine-2-1-pale-heron | vessel | Pale Heron(primary) | IMO:9000001 | Ostravine | " + act + "2",
	}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestAliases(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "A, B": "A|B", "A; B": "A|B", "Ostrin Co., Ltd., OW": "Ostrin Co., Ltd.|OW", "Ltd": "Ltd",
		"A,,B": "A|B",
	} {
		if got := strings.Join(Aliases(in), "|"); got != want {
			t.Errorf("Aliases(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, tt := range []struct{ name, from, to, words string }{
		{"no name", `<EntityOrShip>Pale Heron</EntityOrShip>`, ``, "no name"},
		{"a day that is none", `2031-02-01`, `2031-02-31`, "date of listing"},
		{"cut", `</record></data-set>`, ``, "cut short"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Decode(context.Background(), listtest.Source(t, "sema.xml", strings.Replace(document, tt.from,
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
