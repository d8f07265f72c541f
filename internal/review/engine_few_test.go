package review

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"plimsoll/internal/engine"
	"plimsoll/internal/engine/enginetest"
)

// customers are companies with accounts at one provider, of which every twentieth is an intelligence service that
// stores and transcribes much.
type customers struct {
	parties, subs, months, charges int // charges a sub-account, service and month
}

// registers writes accounts.csv and engagements.csv.
func (c customers) registers(t testing.TB, dir string) {
	t.Helper()
	write := func(name string, rows [][]string) {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		w := csv.NewWriter(f)
		if err := w.WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	accounts := [][]string{{"account_id", "sub_account_id", "party_name", "party_id", "country", "end_user",
		"end_user_id", "end_user_class", "reseller", "since"}}
	deals := [][]string{{"engagement_id", "kind", "buyer", "buyer_id", "buyer_country", "end_user", "end_user_id",
		"end_user_class", "item", "quantity", "unit", "signed", "start", "end", "destination"}}
	for i := range c.parties {
		name, class := fmt.Sprintf("Customer %s Trading Ltd", words(i)), "commercial"
		if i%20 == 7 {
			name, class = fmt.Sprintf("State Intelligence Service %s", words(i)), "intelligence"
		}
		id := fmt.Sprintf("QX-REG:%08d", 10_000_000+i)
		accounts = append(accounts, []string{fmt.Sprintf("acc-%d", i), "", name, id, "Ulthoria", name, id, class, "",
			"2030-01-01"})
		if i%10 == 0 || class != "commercial" {
			deals = append(deals, []string{fmt.Sprintf("K-%d", i), "contract", name, id, "Ulthoria", name, id, class,
				"Object storage and speech-to-text", "20", "TB", "2030-01-01", "2030-01-01", "2033-01-01", "Ulthoria"})
		}
	}
	write("accounts.csv", accounts)
	write("engagements.csv", deals)
}

// words spell a number, so that no two names are alike.
func words(i int) string {
	const syllables = "bavodugimelosikatupezoran"
	var b strings.Builder
	for i += 25; i > 0; i /= 12 {
		b.WriteString(syllables[2*(i%12) : 2*(i%12)+2])
	}
	s := b.String()
	return strings.ToUpper(s[:1]) + s[1:]
}

// bills makes the table of charges in the engine.
func (c customers) bills(t testing.TB, e *engine.Engine, table string) {
	t.Helper()
	drop := func() { enginetest.Do(t, e, "DROP TABLE IF EXISTS "+table) }
	drop()
	t.Cleanup(drop)
	enginetest.Do(t, e, fmt.Sprintf(`
CREATE TABLE %s AS
SELECT 'acc-' || CAST(i AS VARCHAR) AS BillingAccountId, 'sub-' || CAST(i AS VARCHAR) || '-' || CAST(j AS VARCHAR) AS SubAccountId,
  'Usage' AS ChargeCategory, CAST(NULL AS VARCHAR) AS ChargeClass, date_add('month', m, TIMESTAMP '2031-01-01 00:00:00') AS ChargePeriodStart,
  date_add('month', m + 1, TIMESTAMP '2031-01-01 00:00:00') AS ChargePeriodEnd, date_add('month', m, TIMESTAMP '2031-01-01 00:00:00') AS BillingPeriodStart,
  'Nyxalleth Cloud plc' AS ProviderName, 'Nyxalleth Cloud plc' AS InvoiceIssuerName, 'north-1' AS RegionId, 'EUR' AS BillingCurrency,
  CASE k WHEN 0 THEN 'Storage' WHEN 1 THEN 'AI and Machine Learning' ELSE 'Databases' END AS ServiceCategory,
  CASE k WHEN 0 THEN 'Object Storage' WHEN 1 THEN 'Speech Service' ELSE 'Managed Database' END AS ServiceName,
  CASE k WHEN 0 THEN 'Object Storage' WHEN 1 THEN 'Natural Language Processing' ELSE 'Relational Databases' END AS ServiceSubcategory,
  CASE k WHEN 0 THEN 'Standard Data Stored' WHEN 1 THEN 'Speech to Text Audio Hours' ELSE 'Database vCPU Hours' END AS SkuMeter,
  CASE k WHEN 0 THEN 'GB-Months' ELSE 'Hours' END AS ConsumedUnit,
  CAST(CASE k WHEN 0 THEN 100 WHEN 1 THEN 2 ELSE 50 END * (1 + MOD(i, 13)) * CASE MOD(i, 20) WHEN 7 THEN 900 ELSE 1 END / DECIMAL '%d.0' AS DECIMAL(38,12)) AS ConsumedQuantity,
  CAST(1.25 AS DECIMAL(38,12)) AS BilledCost
FROM UNNEST(sequence(0, %d)) p(i) CROSS JOIN UNNEST(sequence(0, %d)) s(j) CROSS JOIN UNNEST(sequence(0, %d)) d(m)
CROSS JOIN UNNEST(sequence(0, 2)) v(k) CROSS JOIN UNNEST(sequence(1, %d)) r(c)`, table, c.charges, c.parties-1, c.subs-1,
		c.months-1, c.charges))
}

// TestEngineFew: of customers of which few are raised, few rows come back, and the findings are those of the run that
// brings all groups.
func TestEngineFew(t *testing.T) {
	host := enginetest.Host(t)
	e := enginetest.Open(t, host, "memory", "review_few")
	c := customers{parties: 400, subs: 3, months: 12, charges: 2}
	dir := t.TempDir()
	c.registers(t, dir)
	c.bills(t, e, "charges")
	review := func(fetch bool) (Summary, []string) {
		out := filepath.Join(t.TempDir(), "out")
		res, err := Run(t.Context(), Options{Paths: []string{dir}, AsOf: today(t), Out: out, Version: "test",
			Engine: &Engine{Address: enginetest.Address(host, "memory", "review_few"), Fetch: fetch}})
		if err != nil {
			t.Fatal(err)
		}
		var list []string
		for _, f := range lines(t, filepath.Join(out, "findings.jsonl")) {
			list = append(list, withoutPlaces(t, f))
		}
		return res.Summary, list
	}
	stayed, got := review(false)
	fetched, want := review(true)
	if !slices.Equal(got, want) || len(want) < 20 {
		t.Errorf("findings of files and of the engine differ: %d and %d", len(want), len(got))
	}
	sameSums(t, fetched, stayed)
	u := stayed.Engine
	if u == nil || fetched.Engine != nil {
		t.Fatalf("nothing stayed: %q", stayed.Notes)
	}
	t.Logf("%+v", *u)
	if u.Charges != int64(c.parties*c.subs*c.months*3*c.charges) || u.Groups*int64(c.charges) != u.Charges {
		t.Errorf("%d charges in %d groups", u.Charges, u.Groups)
	}
	if u.Parties != c.parties || u.PartiesBrought != c.parties/20 {
		t.Errorf("rows of %d of %d parties were brought, want one in twenty", u.PartiesBrought, u.Parties)
	}
	if u.RowsBrought*4 > u.Groups {
		t.Errorf("%d rows were brought of %d groups", u.RowsBrought, u.Groups)
	}
	noScratch(t, e, "memory", "review_few")
}

// noScratch reports tables of a run that are left in a schema.
func noScratch(t testing.TB, e *engine.Engine, catalog, schema string) {
	t.Helper()
	if _, err := e.Rows(context.Background(), "SELECT table_name FROM "+catalog+
		".information_schema.tables WHERE table_schema = '"+schema+"'", func(row []string) error {
		if row != nil && engine.IsScratch(row[0]) {
			t.Errorf("left in the engine: %s", row[0])
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// sameSums compares what two reviews count.
func sameSums(t testing.TB, a, b Summary) {
	t.Helper()
	for _, x := range []struct {
		name string
		a, b any
	}{
		{"counts", a.Counts, b.Counts}, {"flags", a.Flags, b.Flags}, {"coverage", a.Coverage, b.Coverage},
		{"accounts", a.Accounts, b.Accounts}, {"exempt", a.Exempt, b.Exempt}, {"after the review", a.After, b.After},
		{"open", a.Open, b.Open}, {"names to check", a.ToCheck, b.ToCheck},
	} {
		if one, two := asJSON(t, x.a), asJSON(t, x.b); one != two {
			t.Errorf("%s differ:\n%.3000s\n%.3000s", x.name, one, two)
		}
	}
}

func asJSON(t testing.TB, x any) string {
	t.Helper()
	b, err := json.MarshalIndent(x, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// BenchmarkEngine reviews customers whose bills lie in an engine: PLIMSOLL_PARTIES of them (1,000 when unset) with 3
// sub-accounts, 12 months, 3 services and PLIMSOLL_CHARGES charges each (10), and brings all groups first.
func BenchmarkEngine(b *testing.B) {
	host := enginetest.Host(b)
	number := func(name string, usual int) int {
		if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
			return n
		}
		return usual
	}
	e := enginetest.Open(b, host, "memory", "review_bench")
	c := customers{parties: number("PLIMSOLL_PARTIES", 1000), subs: 3, months: 12,
		charges: number("PLIMSOLL_CHARGES", 10)}
	dir := b.TempDir()
	c.registers(b, dir)
	c.bills(b, e, "charges")
	for _, fetch := range []bool{true, false} {
		b.Run(map[bool]string{true: "brought", false: "stay"}[fetch], func(b *testing.B) {
			for b.Loop() {
				res, err := Run(b.Context(), Options{Paths: []string{dir}, AsOf: today(b), Version: "test",
					Out:    filepath.Join(b.TempDir(), "out"),
					Engine: &Engine{Address: enginetest.Address(host, "memory", "review_bench"), Fetch: fetch}})
				if err != nil {
					b.Fatal(err)
				}
				b.Logf("%d raised, %+v", res.Summary.Counts.Raised, res.Summary.Engine)
			}
		})
	}
}

// TestEngineFetched: where groups cannot stay they are brought, and a note says why.
func TestEngineFetched(t *testing.T) {
	host := enginetest.Host(t)
	c := customers{parties: 20, subs: 1, months: 3, charges: 1}
	dir := t.TempDir()
	c.registers(t, dir)
	for _, tt := range []struct {
		name, scratch, odd string
		want               string
	}{
		{"a catalog that is read only", "tpch.tiny", "", "the user may make no tables in tpch.tiny"},
		{"an account id with a tab", "", "'acc-1' || chr(9)", "have account ids that are to be read here"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := enginetest.Open(t, host, "memory", "review_fetched")
			c.bills(t, e, "charges")
			if tt.odd != "" {
				enginetest.Do(t, e, "INSERT INTO charges (billingaccountid, subaccountid, chargecategory, "+
					"chargeperiodstart, consumedquantity) VALUES ("+tt.odd+", 's', 'Usage', "+
					"TIMESTAMP '2031-01-01 00:00:00', DECIMAL '1')")
			}
			res, err := Run(t.Context(), Options{Paths: []string{dir}, AsOf: today(t), Version: "test",
				Out: filepath.Join(t.TempDir(), "out"), Engine: &Engine{Scratch: tt.scratch,
					Address: enginetest.Address(host, "memory", "review_fetched")}})
			if err != nil {
				t.Fatal(err)
			}
			notes := strings.Join(res.Summary.Notes, "\n")
			if !strings.Contains(notes, "all groups of charges were brought") || !strings.Contains(notes, tt.want) {
				t.Errorf("notes %q", notes)
			}
			if res.Summary.Engine != nil || res.Summary.Counts.Raised == 0 {
				t.Errorf("%+v; %d raised", res.Summary.Engine, res.Summary.Counts.Raised)
			}
			noScratch(t, e, "memory", "review_fetched")
		})
	}
}
