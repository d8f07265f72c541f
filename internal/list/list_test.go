package list_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/list"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

func date(t *testing.T, s string) record.Date {
	t.Helper()
	d, err := record.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestListedOn(t *testing.T) {
	for _, tt := range []struct {
		name          string
		listed, until string
		status        list.Status
		on            string
		want          bool
	}{
		{"no dates", "", "", list.Listed, "2031-05-05", true},
		{"removed", "", "", list.Removed, "2031-05-05", false},
		{"before the listing", "2031-06-01", "", list.Listed, "2031-05-31", false},
		{"day of the listing", "2031-06-01", "", list.Listed, "2031-06-01", true},
		{"last day", "2031-06-01", "2032-06-01", list.Listed, "2032-06-01", true},
		{"day after the last", "2031-06-01", "2032-06-01", list.Listed, "2032-06-02", false},
		{"year of the end", "", "2032", list.Listed, "2032-12-31", true},
		{"after the year of the end", "", "2032", list.Listed, "2033-01-01", false},
		{"month of the end", "", "2032-02", list.Listed, "2032-02-29", true},
		{"after the month of the end", "", "2032-02", list.Listed, "2032-03-01", false},
	} {
		e := list.Entry{Listed: date(t, tt.listed), Until: date(t, tt.until), Status: tt.status}
		if got := e.ListedOn(date(t, tt.on).Time.Add(13 * time.Hour)); got != tt.want {
			t.Errorf("%s: ListedOn(%s) = %v, want %v", tt.name, tt.on, got, tt.want)
		}
	}
}

func TestDay(t *testing.T) {
	for in, want := range map[string]string{
		"14 Jun 1975": "1975-06-14", "1962": "1962", "circa 1951": "1951~", "1959 to 1961": "1959/1961",
		"Jun 1975": "1975-06", "circa Jun 1975": "1975-06~", "1975-06-14": "1975-06-14", "02/28/2020": "2020-02-28",
		"circa 1950 to 1952": "1950/1952", "": "", "unknown": "", "31 Feb 1975": "", "0017": "", "1959 to then": "",
	} {
		if got := list.Day(in); got != want {
			t.Errorf("Day(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCountry(t *testing.T) {
	for in, want := range map[string]string{
		"Russia": "RU", "United Kingdom": "GB", "Korea, North": "KP", "Burma": "MM", "Türkiye": "TR", "gb": "GB",
		"Democratic People's Republic of Korea": "KP", "Cote d Ivoire": "CI", "Atlantis": "", "": "", "Hong Kong": "HK",
	} {
		if got := list.Country(in); got != want {
			t.Errorf("Country(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestNumber(t *testing.T) {
	for _, tt := range []struct {
		label, number, country string
		kind                   party.Kind
		want                   string
	}{
		{"Tax ID No.", "7700000001", "Russia", party.Organization, "INN:7700000001"},
		{"Tax ID No.", "100000001", "Serbia", party.Organization, "TAX-RS:100000001"},
		{"Registration ID", "1027700000001", "Russia", party.Organization, "OGRN:1027700000001"},
		{"Registration Number", "02000001", "United Kingdom", party.Organization, "GB-COH:02000001"},
		{"Registration Number", "HRB 1", "", party.Organization, "REG:HRB 1"},
		{"Government Gazette Number", "00000001", "Russia", party.Organization, "OKPO:00000001"},
		{"Vessel Registration Identification", "IMO 9000001", "", party.Vessel, "IMO:9000001"},
		{"Company Number", "IMO 5000001", "", party.Organization, "IMO-COMPANY:5000001"},
		{"Identification Number", "IMO 5000001", "", party.Organization, "IMO-COMPANY:5000001"},
		{"SWIFT/BIC", "AAAABBCC", "", party.Organization, "BIC:AAAABBCC"},
		{"Passport", "X1", "Russia", party.Organization, ""},
		{"Tax ID No.", "7700000001", "Russia", party.Person, ""},
		{"Gender", "Male", "", party.Person, ""},
	} {
		id, ok := list.Number(tt.label, tt.number, tt.country, tt.kind)
		got := ""
		if ok {
			got = id.String()
		}
		if got != tt.want {
			t.Errorf("Number(%q, %q, %q, %q) = %q, want %q", tt.label, tt.number, tt.country, tt.kind, got, tt.want)
		}
	}
}

func TestCorporate(t *testing.T) {
	for in, want := range map[string]bool{
		"VELMORA TRADING": true, "Ostrin Kael": false, "Brindle & Sons, Inc.": true, "ANTONELLA COSTA": false,
		"Kesh Aviation Co.": true, "LINCOLN INCE": false, "ARAV TRADER": false, "Norvik A.S.": true,
	} {
		if got := list.Corporate(in); got != want {
			t.Errorf("Corporate(%q) = %v, want %v", in, got, want)
		}
	}
}

func TestFaultsCarryTheFirstOfEachFile(t *testing.T) {
	var f list.Faults
	for i := range 100 {
		f.Addf("a.csv", list.Line(i+1), "bad")
	}
	f.Addf("b.csv", "", "worse")
	var outer list.Faults
	outer.Merge("x", f.Err())
	outer.Merge("c.csv", errors.New("plain"))
	var le *list.LoadError
	if !errors.As(outer.Err(), &le) {
		t.Fatal("no LoadError")
	}
	if len(le.Problems) != 22 || le.More != 80 {
		t.Errorf("%d problems and %d more, want 22 and 80", len(le.Problems), le.More)
	}
	if s := le.Error(); !strings.Contains(s, "b.csv: worse") || !strings.Contains(s, "c.csv: plain") || !strings.HasSuffix(s, "and 80 more") {
		t.Errorf("error reads %q", s)
	}
}

func entry(id, name, country string, more ...func(*list.Entry)) list.Entry {
	e := list.Entry{ID: id, Countries: []string{country}, Programs: []string{"P"}, At: "line 1"}
	e.AddName(name, "primary", false)
	for _, f := range more {
		f(&e)
	}
	return e
}

func TestDiff(t *testing.T) {
	old := &list.List{Entries: []list.Entry{
		entry("1", "Velmora Trading", "XA"),
		entry("2", "Ostrin Works", "XB"),
		entry("3", "Kesh Cargo", "XC"),
		entry("hash-4", "Dorrin Optics", "XD"),
		entry("5", "Pallas Signals", "XE"),
		entry("6", "Mirren Holding", "XF"),
	}}
	new := &list.List{Entries: []list.Entry{
		entry("1", "Velmora Trading", "XA"),
		entry("2", "Ostrin Works", "XB", func(e *list.Entry) { e.AddName("OW", "aka", true); e.Effect = "new words" }),
		entry("hash-9", "Dorrin Optics", "xd"),
		entry("55", "Pallas Signals and Sons", "XE", func(e *list.Entry) { e.Former = []string{"5"} }),
		entry("6", "Mirren Holding", "XF", func(e *list.Entry) { e.Status = list.Removed }),
		entry("7", "Talis Freight", "XG"),
	}}
	c := list.Diff(old, new)
	ids := func(es []list.Entry) (out []string) {
		for _, e := range es {
			out = append(out, e.ID)
		}
		return out
	}
	if d := cmp.Diff([]string{"7"}, ids(c.Added)); d != "" {
		t.Errorf("added (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"6", "3"}, ids(c.Removed)); d != "" {
		t.Errorf("removed (-want +got):\n%s", d)
	}
	changed := map[string]string{}
	for _, x := range c.Changed {
		changed[x.New.ID] = strings.Join(x.Fields, " ")
	}
	want := map[string]string{"2": "names effect", "hash-9": "countries", "55": "names"}
	if d := cmp.Diff(want, changed); d != "" {
		t.Errorf("changed (-want +got):\n%s", d)
	}
	if c.Old != 6 || c.New != 5 {
		t.Errorf("%d listed before and %d after, want 6 and 5", c.Old, c.New)
	}
	if err := c.Shrunk(0.2); err != nil {
		t.Errorf("a sixth fewer is refused at a fifth: %v", err)
	}
	if err := c.Shrunk(0.1); err == nil || !strings.Contains(err.Error(), "17% fewer") {
		t.Errorf("a sixth fewer passes at a tenth: %v", err)
	}
	if same := list.Diff(old, old); len(same.Added)+len(same.Removed)+len(same.Changed) != 0 {
		t.Errorf("a list differs from itself: %+v", same)
	}
}
