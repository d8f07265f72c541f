package list_test

import (
	"errors"
	"strings"
	"testing"
	"time"

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
		{"removed later", "2031-01-01", "2031-06-01", list.Removed, "2031-05-05", true},
		{"removed before", "2031-01-01", "2031-06-01", list.Removed, "2031-06-02", false},
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
		"UAE": "AE", "U.A.E.": "AE", "U.K.": "GB", "England": "GB", "GB-SCT": "GB", "KSA": "SA", "DPRK": "KP",
		"PRC":        "CN",
		"P.R. China": "CN", "Korea, Republic of": "KR", "Korea (Democratic People's Republic of)": "KP",
		"People’s Republic of China": "CN", "The Netherlands": "NL", "DRC": "CD", "Congo": "CG", "BVI": "VG",
		"Turkiye": "TR", "TÜRKİYE": "TR", "Islamic Republic of Iran": "IR", "Iran (Islamic Republic of)": "IR",
		"EL":    "GR",
		"ישראל": "IL", "中国": "CN", "Polska": "PL", "República de Chile": "CL", "ИРАН": "IR", "UKR": "UA",
		"Niger": "NE", "Nigeria": "NG", "Guinea": "GN", "Equatorial Guinea": "GQ", "Dominica": "DM",
		"Republic of Ireland": "IE",
		"Republic of China":   "TW", "Republic of": "", "the": "", "N/A": "", "U.S.": "US", "South Sudan": "SS",
		"784": "AE", "642": "RO", "999": "", "الإمارات": "AE", "РФ": "RU", "Rep. of Korea": "KR",
		"Iran, Islamic Rep.": "IR", "Czech Rep.": "CZ",
		"DE - Germany": "DE", "Chad/Tchad": "TD", "DE - France": "", "ČR": "", "St. Lucia": "LC",
		"Antigua & Barbuda": "AG", "アメリカ": "US",
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
		{"Incorporation Number", "BC0123456", "Canada", party.Organization, "REG-CA:BC0123456"},
		{"Registered Charity Number", "299881", "United Kingdom", party.Organization, "GB-CHC:299881"},
		{"Registered Society No.", "5544R", "United Kingdom", party.Organization, "GB-MPR:5544R"},
		{"ABN", "51824753556", "Australia", party.Organization, "AU-ABN:51824753556"},
		{"Fiscal Code", "01234567890", "Italy", party.Organization, "FISCAL-IT:01234567890"},
		{"Fiscal Code", "01234567890", "Italy", party.Unknown, ""},
		{"National ID", "55443322", "France", party.Person, ""},
		{"Government Gazette Number", "00000001", "Russia", party.Organization, "OKPO:00000001"},
		{"Vessel Registration Identification", "IMO 9000001", "", party.Vessel, "IMO:9000001"},
		{"Company Number", "IMO 5000001", "", party.Organization, "IMO-COMPANY:5000001"},
		{"Identification Number", "IMO 5000001", "", party.Organization, "IMO-COMPANY:5000001"},
		{"SWIFT/BIC", "AAAABBCC", "", party.Organization, "BIC:AAAABBCC"},
		{"Passport", "X1", "Russia", party.Organization, ""},
		{"Tax ID No.", "7700000001", "Russia", party.Person, ""},
		{"Business Number", "551200340", "Canada", party.Organization, "REG-CA:551200340"},
		{"Registered Charity No.", "1100220", "United Kingdom", party.Organization, "GB-CHC:1100220"},
		{"Certificate of Incorporation Number", "44120", "Hong Kong", party.Organization, "REG-HK:44120"},
		{"National ID No.", "10100000001", "Iran", party.Organization, "ID-IR:10100000001"},
		{"National ID No.", "10100000001", "Iran", party.Person, ""},
		{"National ID No.", "10100000001", "Iran", party.Unknown, ""},
		{"Registration Number", "pending", "Iran", party.Organization, ""},
		{"INN:", "7700000001", "", party.Organization, "INN:7700000001"},
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
	for i := range 300 {
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
	if len(le.Problems) != 202 || le.More != 100 {
		t.Errorf("%d problems and %d more, want 202 and 100", len(le.Problems), le.More)
	}
	if s := le.Error(); !strings.Contains(s, "b.csv: worse") || !strings.Contains(s, "c.csv: plain") ||
		!strings.HasSuffix(s, "and 100 more") || !strings.Contains(s, "a.csv: line 1, line 2, line 3,") {
		t.Errorf("error reads %q", s)
	}
}
