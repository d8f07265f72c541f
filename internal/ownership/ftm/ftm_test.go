package ftm

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/ownership/ownershiptest"
)

const lines = `{"id":"own-1","schema":"Ownership","properties":{"owner":["ent-b"],"asset":["ent-a"],"percentage":["25-50"],"startDate":["2020-03","2019-01-01"],"endDate":["2024"]}}
{"id":"ent-a","schema":"Company","properties":{"name":["Ostravine Cloud Resale Ltd"],"jurisdiction":["qo"],"registrationNumber":["0044120"]},"datasets":["x"]}
{"id":"ent-b","schema":"LegalEntity","properties":{"name":["Kelm Holding"]}}
{"id":"ent-b","schema":"Company","properties":{"leiCode":["9999001122QOKELMST00"],"country":["qk"]}}
{"id":"per-1","schema":"Person","properties":{"name":["Ilke Oranth"],"birthDate":["1970"],"country":["qk"],"idNumber":["77"]}}
{"id":"dir-1","schema":"Directorship","properties":{"director":["per-1"],"organization":["ent-b"],"role":["chair"]}}
{"id":"ctl-1","schema":"Control","properties":{"controller":["per-1"],"controlled":["ent-a"],"status":["Former"]}}
{"id":"own-2","schema":"Ownership","properties":{"owner":["per-1"],"asset":["ent-b"],"percentage":["most of it"]}}
{"id":"own-3","schema":"Ownership","properties":{"owner":["per-1"],"asset":["nowhere"],"percentage":["10"]}}
{"id":"own-4","schema":"Ownership","properties":{"owner":["per-1"]}}
{"id":"own-5","schema":"Ownership","properties":{"owner":["per-1"],"asset":["ent-b"],"startDate":["soon"]}}
{"id":"san-1","schema":"Sanction","properties":{"entity":["per-1"]}}
{"id":"broken","schema":
{"schema":"Company"}
`

func TestDecode(t *testing.T) {
	if !Recognise([]byte(lines)) {
		t.Fatal("not recognised")
	}
	if Recognise([]byte(`{"id":"ent-b","schema":"LegalEntity","properties":{"name":["Kelm Holding"]}}`)) {
		t.Error("entities alone are taken for ownership")
	}
	c := &ownershiptest.Collector{}
	stats, err := Decode(context.Background(), ownershiptest.File(t, []byte(lines)), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Check(stats); err != nil {
		t.Fatal(err)
	}
	var statements, parties, rejects []string
	for _, s := range c.Statements {
		statements = append(statements, fmt.Sprintf("%s: %s > %s %s [%v, %v] known %v control %v %s..%s ended %v",
			s.At, s.Owner.Name, s.Owned.Name, s.Kind, s.Min, s.Max, s.ShareKnown, s.Control, s.Since, s.Until, s.Ended))
	}
	for _, p := range c.Parties {
		parties = append(parties, fmt.Sprintf("%s %s %s %v", p.Name, p.Kind, p.Country, p.Identifiers))
	}
	for _, r := range c.Rejects {
		rejects = append(rejects, r.At+": "+r.Reason)
	}
	if d := cmp.Diff([]string{
		"line 1: Kelm Holding > Ostravine Cloud Resale Ltd Ownership [0.25, 0.5] known true control false " +
			"2019-01-01..2024 ended false",
		"line 6: Ilke Oranth > Kelm Holding Directorship [0, 0] known false control true .. ended false",
		"line 7: Ilke Oranth > Ostravine Cloud Resale Ltd Control [0, 0] known false control true .. ended true",
		"line 8: Ilke Oranth > Kelm Holding Ownership [0, 1] known false control false .. ended false",
	}, statements); d != "" {
		t.Errorf("statements (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{
		"Ostravine Cloud Resale Ltd organization qo [:0044120]",
		"Kelm Holding organization qk [LEI:9999001122QOKELMST00]",
	}, parties); d != "" {
		t.Errorf("parties (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{
		"line 13: not an entity: unexpected end of JSON input",
		"line 14: the entity has no id or no schema",
		`line 9: asset refers to "nowhere", which this file does not describe as a party`,
		"line 10: the ownership own-4 has no owner or no asset",
		`line 11: startDate: "soon" is not an ISO date`,
	}, rejects); d != "" {
		t.Errorf("rejects (-want +got):\n%s", d)
	}
	if stats.Rows != 14 || len(stats.Notes) != 2 {
		t.Errorf("stats = %+v", stats)
	}
}

func TestPercentage(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"51%", "0.51-0.51"}, {"51,5 %", "0.515-0.515"}, {"100.00", "1-1"}, {"0", "0-0"}, {"0.51", "0.0051-0.0051"},
		{"25-50", "0.25-0.5"}, {"25% – 50%", "0.25-0.5"}, {">75", "0.75-1 above"}, {"> 75 %", "0.75-1 above"},
		{"≥25%", "0.25-1"},
		{"<10", "0-0.1 below"}, {"up to 20%", "0-0.2"}, {"not more than 20%", "0-0.2"},
		{"more than 25% but not more than 50%", "0.25-0.5 above"},
		{"ownership-of-shares-25-to-50-percent", "0.25-0.5"}, {"75% or more", "0.75-1"}, {"75+", "0.75-1"},
		{"over 25 to less than 50", "0.25-0.5 above below"},
		{"at least 5 percent", "0.05-1"}, {"", "?"}, {"half", "?"}, {"50/50", "?"}, {"120%", "?"}, {"50-25", "?"},
		{"1,000,000", "?"}, {"-5", "?"}, {"10 20 30", "?"},
	} {
		got := "?"
		if s, ok := Percentage(tt.in); ok {
			got = fmt.Sprintf("%.4g-%.4g", s.Min, s.Max)
			if s.MinOpen {
				got += " above"
			}
			if s.MaxOpen {
				got += " below"
			}
		}
		if got != tt.want {
			t.Errorf("Percentage(%q) = %s, want %s", tt.in, got, tt.want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(lines))
	f.Fuzz(func(t *testing.T, text []byte) {
		Recognise(text)
		c := &ownershiptest.Collector{}
		stats, err := Decode(context.Background(), ownershiptest.File(t, text), c)
		if err != nil {
			return
		}
		if err := c.Check(stats); err != nil {
			t.Error(err)
		}
	})
}

func FuzzPercentage(f *testing.F) {
	f.Add("more than 25% but not more than 50%")
	f.Fuzz(func(t *testing.T, text string) {
		if s, ok := Percentage(text); ok && !(s.Min >= 0 && s.Min <= s.Max && s.Max <= 1) {
			t.Errorf("Percentage(%q) = [%v, %v]", text, s.Min, s.Max)
		}
	})
}
