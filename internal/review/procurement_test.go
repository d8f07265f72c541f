package review

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/finding"
	"plimsoll/internal/policy"
)

// TestProcurementPack plants procedures in published contracts: those to look at, innocent ones, and those of which the
// publisher does not say enough.
func TestProcurementPack(t *testing.T) {
	const (
		raised = finding.Raised
		open   = finding.NotComputable
	)
	contract := func(value int, end string) string {
		return fmt.Sprintf(`{"id":"c","awardID":"a","dateSigned":"2031-03-01T00:00:00Z","value":{"amount":%d,"currency":"EUR"},"period":{"startDate":"2031-03-05T00:00:00Z","endDate":"%sT00:00:00Z"}%%s}`, value, end)
	}
	with := func(c, more string) string { return fmt.Sprintf(c, more) }
	const tender = `"procurementMethod":"open","numberOfTenderers":4,"tenderPeriod":{"startDate":"2031-01-01T00:00:00Z","endDate":"2031-02-10T00:00:00Z"}`
	for _, tt := range []struct {
		name, tender string
		contracts    []string // one for each release, a month apart
		want         map[string]string
	}{
		{"four bids, forty days, as signed", tender, []string{with(contract(100, "2032-01-01"), `,"amendments":[]`)},
			map[string]string{}},
		{"one bid", strings.Replace(tender, ":4", ":1", 1),
			[]string{with(contract(100, "2032-01-01"), `,"amendments":[]`)}, map[string]string{"OCP-018": raised}},
		{"one bid in a direct award",
			`"procurementMethod":"direct","numberOfTenderers":1,"tenderPeriod":{"startDate":"2031-01-01","endDate":"2031-01-02"}`,
			[]string{with(contract(100, "2032-01-01"), `,"amendments":[]`)}, map[string]string{}},
		{"one name in the list, which may be the winner's",
			`"procurementMethod":"open","tenderers":[{"id":"s"}],"tenderPeriod":{"startDate":"2031-01-01","endDate":"2031-02-10"}`,
			[]string{with(contract(100, "2032-01-01"), `,"amendments":[]`)}, map[string]string{"OCP-018": open}},
		{"two names in the list",
			`"procurementMethod":"open","tenderers":[{"id":"s","name":"Velm AG"},{"id":"o","name":"Olm AG"}],"tenderPeriod":{"startDate":"2031-01-01","endDate":"2031-02-10"}`,
			[]string{with(contract(100, "2032-01-01"), `,"amendments":[]`)}, map[string]string{}},
		{"a week to bid", strings.Replace(tender, "02-10", "01-08", 1),
			[]string{with(contract(100, "2032-01-01"), `,"amendments":[]`)}, map[string]string{"OCP-003": raised}},
		{"fifteen days", strings.Replace(tender, "02-10", "01-16", 1), []string{with(contract(100, "2032-01-01"),
			`,"amendments":[]`)}, map[string]string{}},
		{"an hour less than fifteen days", strings.Replace(strings.Replace(tender, "02-10", "01-16", 1), "01-01T00",
			"01-01T01", 1),
			[]string{with(contract(100, "2032-01-01"), `,"amendments":[]`)}, map[string]string{"OCP-003": raised}},
		{"an end before the start", strings.Replace(tender, "2031-02-10", "2030-02-10", 1),
			[]string{with(contract(100, "2032-01-01"), `,"amendments":[]`)}, map[string]string{"OCP-003": open}},
		{"a quarter dearer, and two years longer", tender, []string{with(contract(100, "2032-01-01"), ""),
			with(contract(125, "2034-01-01"), "")},
			map[string]string{"OCP-101": raised, "OCP-102": raised}},
		{"by an amendment in one release", tender, []string{with(contract(160, "2034-01-01"),
			`,"amendments":[{"id":"1","date":"2031-06-01T00:00:00Z","changes":[{"property":"value.amount","former_value":100},{"property":"period.endDate","former_value":"2032-01-01"}]}]`)},
			map[string]string{"OCP-101": raised, "OCP-102": raised}},
		{"raised before signature", tender, []string{strings.Replace(with(contract(100, "2032-01-01"), ""),
			"2031-03-01", "2031-09-01", 1),
			strings.Replace(with(contract(180, "2033-01-01"), ""), "2031-03-01", "2031-09-01", 1)},
			map[string]string{}},
		{"four in a hundred more, three weeks longer", tender, []string{with(contract(100, "2032-01-01"), ""),
			with(contract(104, "2032-01-20"), "")}, map[string]string{}},
		{"cheaper and shorter", tender, []string{with(contract(100, "2032-01-01"), ""), with(contract(60, "2031-08-01"),
			"")}, map[string]string{}},
		{"one state and no list of amendments", tender, []string{with(contract(100, "2032-01-01"), "")},
			map[string]string{"OCP-101": open, "OCP-102": open}},
		{"an amendment that does not say what it changed", tender, []string{with(contract(100, "2032-01-01"),
			`,"amendments":[{"id":"1","date":"2031-06-01T00:00:00Z","rationale":"by agreement"}]`)},
			map[string]string{"OCP-101": open, "OCP-102": open}},
		{"raised, and no day of signature", tender, []string{strings.Replace(with(contract(100, "2032-01-01"), ""),
			`"dateSigned":"2031-03-01T00:00:00Z",`, "", 1),
			strings.Replace(with(contract(180, "2032-01-01"), ""), `"dateSigned":"2031-03-01T00:00:00Z",`, "", 1)},
			map[string]string{"OCP-101": open}},
		{"nothing of the procedure", ``, []string{with(contract(100, "2032-01-01"), `,"amendments":[]`)},
			map[string]string{"OCP-018": open, "OCP-003": open}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var releases []string
			for i, c := range tt.contracts {
				releases = append(releases,
					fmt.Sprintf(`{"ocid":"ocds-qq0000-1","id":"%d","date":"2031-%02d-02T00:00:00Z","tag":["contract"],
"buyer":{"id":"b","name":"Port of Harn"},"tender":{"id":"t","title":"Chairs",%s},"awards":[{"id":"a","suppliers":[{"id":"s","name":"Velm AG"}],"items":[{"id":"1","description":"office chairs"}]}],"contracts":[%s]}`,
						i, 4+i, strings.TrimPrefix(tt.tender+`,"status":"complete"`, ","), c))
			}
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "r.json"), []byte(`{"releases":[`+strings.Join(releases, ",")+
				`]}`), 0o600); err != nil {
				t.Fatal(err)
			}
			res, err := Run(t.Context(), Options{Paths: []string{dir}, Policies: []string{policy.BuiltinName,
				policy.ProcurementName},
				AsOf: time.Date(2032, 6, 1, 0, 0, 0, 0, time.UTC), Out: filepath.Join(dir, "out")})
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, f := range res.First {
				if strings.HasPrefix(f.Flag, "OCP-") {
					got[f.Flag] = f.State
					t.Log(f.Flag, f.Sentence, f.Missing)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// TestProcedureOnce: what is asked of a procedure is said once, however many contracts it led to; what is asked of a
// contract is said of each.
func TestProcedureOnce(t *testing.T) {
	for _, tt := range []struct {
		name      string
		contracts int
		want      string
	}{{"one contract", 1, "the records state one bid"}, {"three contracts", 3, "which led to 3 contracts"}} {
		t.Run(tt.name, func(t *testing.T) {
			var contracts []string
			for i := range tt.contracts {
				contracts = append(contracts,
					fmt.Sprintf(`{"id":"c%d","awardID":"a","dateSigned":"2031-03-01","amendments":[],`+
						`"value":{"amount":1,"currency":"EUR"},"period":{"endDate":"2032-01-01"}}`, i))
			}
			dir := t.TempDir()
			text := `{"releases":[{"ocid":"ocds-qq0000-1","id":"1","date":"2031-04-02T00:00:00Z","tag":["contract"],` +
				`"buyer":{"id":"b","name":"Port of Harn"},"tender":{"id":"t","title":"Chairs","procurementMethod":"open",` +
				`"numberOfTenderers":1,"tenderPeriod":{"startDate":"2031-01-01","endDate":"2031-01-03"}},` +
				`"awards":[{"id":"a","suppliers":[{"id":"s","name":"Velm AG"}]}],"contracts":[` +
				strings.Join(contracts, ",") + `]}]}`
			if err := os.WriteFile(filepath.Join(dir, "r.json"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			res, err := Run(t.Context(), Options{Paths: []string{dir}, Policies: []string{policy.ProcurementName},
				AsOf: time.Date(2032, 6, 1, 0, 0, 0, 0, time.UTC), Out: filepath.Join(dir, "out")})
			if err != nil {
				t.Fatal(err)
			}
			n := map[string]int{}
			for _, f := range res.First {
				if n[f.Flag]++; f.Flag == "OCP-018" && !strings.Contains(f.Sentence, tt.want) {
					t.Errorf("it says %q, want %q", f.Sentence, tt.want)
				}
			}
			if n["OCP-018"] != 1 || n["OCP-003"] != 1 {
				t.Errorf("%v findings, want one of each flag of the procedure", n)
			}
			if c := res.Summary.Flags["OCP-101"]; c.Checked != tt.contracts {
				t.Errorf("changes were looked at in %d contracts, want %d", c.Checked, tt.contracts)
			}
		})
	}
}
