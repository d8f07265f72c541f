package review

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/finding"
)

// TestHoldings: issuers by number, by the number that a file of pairs ties to it, through ownership in both
// directions, and of an entry that its list removed.
func TestHoldings(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	list := write("list.csv", `name,aliases,country,identifiers,publisher,report,url,published,status,effect
Tarnow Forge SA,,FR,LEI:969500TARNOWFORGE063,Bay Watchers,Forges named,https://example.org/b,2030-01-01,listed,named in a report; no legal effect
Mirel Quarries Ltd,,IN,,Bay Watchers,Forges named,https://example.org/b,2030-01-01,removed,named in a report; no legal effect
Ostrava Drilling Works,,,,Bay Watchers,Forges named,https://example.org/b,2030-01-01,listed,named in a report; no legal effect
`)
	in := []string{
		write("fund.csv", `Fund;ISIN;Security name;Market value;Currency;Valuation date
North;FR0000TARN09;TARNOW FRG ORD;300;EUR;2031-03-31
North;;Mirel Quarries Ltd;100;EUR;2031-03-31
North;;Halden Group NV;100;EUR;2031-03-31
North;;Ormel Bakeries NV;500;EUR;2031-03-31
`),
		write("pairs.csv", "LEI,ISIN\n969500TARNOWFORGE063,FR0000TARN09\n969500OTHERBODY00090,FR0000OTHE06\n"),
		write("own.csv", "owner,owned,share,since\nHalden Group NV,Ostrava Drilling Works,60,2029-05-01\n"),
	}
	out := filepath.Join(dir, "out")
	res, err := Run(t.Context(), Options{Paths: in, Lists: []string{list}, AsOf: time.Date(2031, 6, 1, 0, 0, 0, 0,
		time.UTC), Out: out})
	if err != nil {
		t.Fatal(err)
	}
	h := res.Summary.Holdings
	if h == nil || len(h.Portfolios) != 1 || h.Portfolios[0].Holdings != 4 || h.Portfolios[0].Value != "1000" ||
		h.Portfolios[0].Open != 1 {
		t.Fatalf("portfolios: %+v", h)
	}
	table, err := os.ReadFile(filepath.Join(out, "holdings.csv"))
	if err != nil || !strings.Contains(string(table), "Ormel Bakeries NV,,500,EUR,2031-03-31,0.5,"+NoOwners) {
		t.Errorf("an issuer of which no statement says who owns it: %v\n%s", err, table)
	}
	bare, err := Run(t.Context(), Options{Paths: in[:1], AsOf: time.Date(2031, 6, 1, 0, 0, 0, 0, time.UTC),
		Out: filepath.Join(dir, "bare")})
	if err != nil {
		t.Fatal(err)
	}
	if p := bare.Summary.Holdings.Portfolios[0]; p.Open != 4 || p.Named != 0 {
		t.Errorf("without a list: %+v, want all four open", p)
	}
	want := map[string]string{"TARNOW FRG ORD": OnList, "Mirel Quarries Ltd": RemovedEntry, "Halden Group NV": OwnsList}
	for _, l := range h.Lines {
		if want[l.Issuer] != l.Status {
			t.Errorf("%s is %q, want %q", l.Issuer, l.Status, want[l.Issuer])
		}
		if l.Issuer == "Halden Group NV" && !strings.Contains(l.Says,
			"holds 60 % of Ostrava Drilling Works since 2029-05-01") {
			t.Errorf("the path reads %q", l.Says)
		}
		delete(want, l.Issuer)
	}
	if len(want) > 0 {
		t.Errorf("nothing is said of %v", want)
	}
	if res.Summary.About != string(AboutPortfolio) || res.Summary.Counts.Rejects != 0 {
		t.Errorf("about %q, %d rejects", res.Summary.About, res.Summary.Counts.Rejects)
	}
	if raised := raisedOf(res.First, "RF-46"); len(raised) != 1 || raised[0].Subject.Name != "Halden Group NV" ||
		raised[0].Severity != "medium" {
		t.Errorf("RF-46: %+v", raised)
	}
	f, err := os.Open(filepath.Join(out, "holdings.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if rows, err := csv.NewReader(f).ReadAll(); err != nil || len(rows) != 5 {
		t.Errorf("holdings.csv: %d rows, %v", len(rows), err)
	}
}

func raisedOf(list []finding.Finding, flag string) (out []finding.Finding) {
	for _, f := range list {
		if f.State == finding.Raised && f.Flag == flag {
			out = append(out, f)
		}
	}
	return out
}

// TestInventoryAndLicence: goods of a register, with a licence that is drawn down, and what is not understood.
func TestInventoryAndLicence(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "sales.csv")
	text := `engagement_id,kind,seller,buyer,end_user,end_user_class,item,item_scheme,item_code,quantity,unit,value,currency,signed,start,end,destination,consignee
L1,licence,Velt Arms,Brennholt Guard Corps,Brennholt Guard Corps,military,Cartridges,HS,9306.30,100,pieces,,,2031-01-01,2031-01-01,2031-12-31,Orsa,
D1,delivery,Velt Arms,Brennholt Guard Corps,Brennholt Guard Corps,military,Cartridges,HS,9306.30,60,pcs,600,EUR,2031-02-01,,,Orsa,
D2,delivery,Velt Arms,Brennholt Guard Corps,Brennholt Guard Corps,military,Cartridges,HS,9306.30,70,pcs,700,EUR,2031-03-01,,,Orsa,
D3,delivery,Velt Arms,Brennholt Guard Corps,Brennholt Guard Corps,military,Cartridges,HS,9306.30,10,pcs,100,EUR,2031-03-02,,,Varenia,
D4,delivery,Velt Arms,Brennholt Guard Corps,Brennholt Guard Corps,military,Zorblax 4,,,10,pcs,100,EUR,2031-03-02,,,Orsa,
`
	if err := os.WriteFile(in, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	gates := filepath.Join(dir, "approvals.csv")
	if err := os.WriteFile(gates,
		[]byte("engagement_id,kind,decided,outcome\nD9,human_rights_review,2031-01-01,approved\nD1,credit_check,2031-01-01,approved\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	res, err := Run(t.Context(), Options{Paths: []string{in, gates}, AsOf: time.Date(2031, 6, 1, 0, 0, 0, 0, time.UTC),
		Out: out})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range raisedOf(res.First, "RF-42") {
		got[f.Subject.ID], _ = f.Values["engagement.licence_state"].(string)
	}
	if len(got) != 2 || got["D2"] != "exceeded" || got["D3"] != "other_destination" {
		t.Errorf("RF-42: %v", got)
	}
	if f := raisedOf(res.First, "RF-44"); len(f) != 1 || f[0].Subject.ID != "L1" {
		t.Errorf("RF-44: %+v", f)
	}
	unknown := false
	for _, f := range res.First {
		unknown = unknown || f.State == finding.NotComputable && f.Flag == "RF-42" && strings.Contains(f.Subject.ID+
			f.Sentence, "D4")
	}
	if c := res.Summary.Flags["RF-42"]; c.NotComputable == 0 && !unknown {
		t.Errorf("an item that is not understood is clear: %+v", c)
	}
	inv := res.Summary.Inventory
	if inv == nil {
		t.Fatal("no inventory")
	}
	seen := false
	for _, l := range inv.First {
		seen = seen || l.Capability == "not understood" && l.NotRead == 1 && l.EndUser == "Brennholt Guard Corps"
	}
	if !seen {
		t.Errorf("the inventory does not say what is not understood: %+v", inv.First)
	}
	for _, name := range []string{"inventory.csv", "edges.ftm.jsonl", "edges.graphml"} {
		if info, err := os.Stat(filepath.Join(out, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestWeights: weights are percent or fractions of their portfolio as a whole; where that cannot be told, value
// decides.
func TestWeights(t *testing.T) {
	for _, tt := range []struct {
		name, all, of string // all weights of the portfolio, and the one that is looked at
		value, total  float64
		want          float64
	}{
		{"percent by sign", "0.5%", "0.5%", 0, 0, 0.005},
		{"percent, one over 1", "0.5 60 39.5", "0.5", 0, 0, 0.005},
		{"percent, all small", "0.5 0.5 0.5", "0.5", 0, 0, 0.005},
		{"fractions", "0.5 0.3 0.2", "0.5", 0, 0, 0.5},
		{"fractions with cash left out", "0.5 0.42", "0.5", 0, 0, 0.5},
		{"some by sign, some as fractions", "50% 0.3 0.2", "0.3", 0, 0, 0.3},
		{"held on credit", "1.3 -0.3", "1.3", 0, 0, 1.3},
		{"percent with some sold short", "130 -30", "-30", 0, 0, -0.3},
		{"a part in percent", "1.05", "1.05", 0, 0, 0.0105},
		{"either", "0.5", "0.5", 0, 0, 0},
		{"either, with values", "0.5", "0.5", 200, 1000, 0.2},
		{"none", "", "", 200, 1000, 0.2},
		{"nothing", "", "", 0, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var w weights
			for _, x := range strings.Fields(tt.all) {
				w.add(x)
			}
			if got := w.share(tt.of, tt.value, tt.total); got != tt.want {
				t.Errorf("%g, want %g", got, tt.want)
			}
		})
	}
}

// TestHoldingsNotKnown: a number that is tied to no name is no issuer that was looked for; a value among values of
// several currencies is no share; what another party of the same name is, the issuer may be.
func TestHoldingsNotKnown(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"fund.csv": "portfolio,issuer_name,isin,figi,lei,value,currency,as_of\n" +
			"North,,FR0000TARN09,,,300,EUR,2031-03-31\nNorth,,,BBG000B9XRY4,,10,USD,2031-03-31\n" +
			"North,,FR0000OTHE06,,,5,EUR,2031-03-31\nNorth,Third Works,,,,50,,2031-03-31\n" +
			"East,Ormel Bakeries NV,,,,50,EUR,2031-03-31\n",
		"pairs.csv": "LEI,ISIN\n969500OTHERBODY00090,FR0000OTHE06\n",
		"names.csv": "portfolio,issuer_name,lei,value,currency,as_of\n" +
			"West,Other Body SA,969500OTHERBODY00090,1,EUR,2031-03-31\n",
		"own.csv": "owner,owned,share,since\nGrand Ordnance Holding,Third Works,55,2030-01-01\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	list := filepath.Join(t.TempDir(), "list.csv")
	if err := os.WriteFile(list, []byte("name,publisher,status,published\n"+
		"Grand Ordnance Holding,Board,listed,2030-01-01\n"),
		0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	if _, err := Run(t.Context(), Options{Paths: []string{dir}, Lists: []string{list}, Out: out,
		AsOf: time.Date(2031, 6, 1, 0, 0, 0, 0, time.UTC)}); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(out, "holdings.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"North,FR0000TARN09,FR0000TARN09,300,EUR,2031-03-31,," + NoName,
		"North,BBG000B9XRY4,,10,USD,2031-03-31,," + NoName,
		"North,Other Body SA,FR0000OTHE06,5,EUR,2031-03-31,," + NoOwners,
		"North,Third Works,,50,,2031-03-31,," + StandingCheck + ",Board,",
		"it may be “Third Works” of other records (joins.csv): owned by a listed party; " +
			"Grand Ordnance Holding holds 55 %",
		"East,Ormel Bakeries NV,,50,EUR,2031-03-31,1," + NoOwners,
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no line has %q:\n%s", want, b)
		}
	}
}

// TestHoldingNumbers: sums are exact, what was sold short has a share below 0, and a small share is not lost.
func TestHoldingNumbers(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "fund.csv")
	text := "portfolio,issuer_name,isin,value,currency,weight,as_of\n" +
		"South,Ormel Bakeries NV,,0.1,Euro,99.4 %,2031-03-31\nSouth,Halden Group NV,,0.2,EUR,0.003 %,2031-03-31\n" +
		"South,Tarnow Forge SA,,-0.1,€,-0.4%,2031-03-31\n" +
		"East,Ormel Bakeries NV,,,US dollars,1.3,2031-03-31\nEast,Halden Group NV,,,USD,-0.3,2031-03-31\n"
	if err := os.WriteFile(in, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	res, err := Run(t.Context(), Options{Paths: []string{in}, AsOf: time.Date(2031, 6, 1, 0, 0, 0, 0, time.UTC),
		Out: filepath.Join(dir, "out")})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range res.Summary.Holdings.Portfolios {
		if want := map[string]string{"South": "0.2 EUR", "East": " USD"}[p.Name]; p.Value+" "+p.Currency != want {
			t.Errorf("portfolio %s holds %q %s, want %q", p.Name, p.Value, p.Currency, want)
		}
	}
	b, err := os.ReadFile(filepath.Join(dir, "out", "holdings.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(b))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"1.3", "-0.3", "0.994", "0.00003", "-0.004"}
	for i, row := range rows[1:] {
		if row[6] != want[i] {
			t.Errorf("share of %s in %s is %q, want %q", row[1], row[0], row[6], want[i])
		}
	}
	if got := percent(0.07); got != "7 %" {
		t.Errorf("percent(0.07) = %q", got)
	}
}
