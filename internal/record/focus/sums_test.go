package focus

import (
	"database/sql"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"plimsoll/internal/record/recordtest"
)

// sumsQuery adds up what was read, by month, currency and unit. Amounts come in two parts that are added in the test,
// since no decimal of DuckDB holds byte-seconds of a month and fractions of a cent.
const sumsQuery = `SELECT CAST(month AS VARCHAR), currency, unit, CAST(coalesce(sum(quantity) FILTER (scale = 1), 0) AS VARCHAR),
  CAST(coalesce(sum(quantity) FILTER (scale <> 1), 0) AS VARCHAR) || 'e12', CAST(sum(billed) AS VARCHAR), CAST(sum(charges) AS BIGINT)
FROM usage GROUP BY ALL ORDER BY ALL`

// independentSums is a query over the file itself, with its columns named by hand: day, currency, unit, quantity and
// cost.
func independentSums(from string, form [5]string) string {
	quantity := "CAST(" + form[3] + " AS DECIMAL(38,18))"
	large := "abs(CAST(" + form[3] + " AS DOUBLE)) >= 1e15"
	return fmt.Sprintf(`SELECT CAST(CAST(date_trunc('month', %s) AS DATE) AS VARCHAR), upper(coalesce(%s, '')), coalesce(%s, ''),
  CAST(coalesce(sum(CASE WHEN NOT %s THEN %s END), 0) AS VARCHAR), CAST(coalesce(sum(CASE WHEN %s THEN CAST(%s AS DECIMAL(38,0)) END), 0) AS VARCHAR),
  CAST(sum(CAST(%s AS DECIMAL(38,18))) AS VARCHAR), count(*) FROM %s GROUP BY ALL ORDER BY ALL`,
		form[0], form[1], form[2], large, quantity, large, form[3], form[4], from)
}

func csvOf(path string) string {
	return "read_csv(" + quote(path) + `, all_varchar = true, header = true, quote = '"', escape = '"')`
}

// sums are the rows of one of these queries: quantity, cost and charges by month, currency and unit.
func sums(t testing.TB, db *sql.DB, query string) map[string][3]*big.Rat {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	out := map[string][3]*big.Rat{}
	for rows.Next() {
		var key, x [3]string
		var cost string
		var charges int64
		if err := rows.Scan(&key[0], &key[1], &key[2], &x[0], &x[1], &cost, &charges); err != nil {
			t.Fatal(err)
		}
		number := func(s string) *big.Rat {
			r, ok := new(big.Rat).SetString(s)
			if !ok {
				t.Fatalf("%q is no number", s)
			}
			return r
		}
		out[strings.Join(key[:], "|")] = [3]*big.Rat{new(big.Rat).Add(number(x[0]), number(x[1])), number(cost),
			new(big.Rat).SetInt64(charges)}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// equalSums compares sums to the last decimal.
func equalSums(t testing.TB, want, got map[string][3]*big.Rat) {
	t.Helper()
	if len(want) != len(got) {
		t.Errorf("%d sums of the file, %d of what was read", len(want), len(got))
	}
	for key, w := range want {
		for i, what := range []string{"quantity", "cost", "charges"} {
			if g := got[key]; g[i] == nil || g[i].Cmp(w[i]) != 0 {
				t.Errorf("%s: %s is %v, want %s", key, what, g[i], w[i].FloatString(18))
			}
		}
	}
}

// TestSumsOfNativeBills: sums by month, currency and unit equal those of a query over the file itself. More files
// of each form may lie in the folders aws, azure, google of $PLIMSOLL_BILLS, as bill generators write them.
func TestSumsOfNativeBills(t *testing.T) {
	forms := map[string][5]string{
		"aws": {`CAST("lineItem/UsageStartDate" AS TIMESTAMP)`, `"lineItem/CurrencyCode"`, `"pricing/unit"`,
			`"lineItem/UsageAmount"`, `"lineItem/UnblendedCost"`},
		"azure": {`coalesce(try_strptime("Date", '%m/%d/%Y'), try_cast("Date" AS TIMESTAMP))`, `"BillingCurrency"`,
			`"UnitOfMeasure"`, `"Quantity"`, `"CostInBillingCurrency"`},
		"ea":     {`strptime("Date", '%m/%d/%Y')`, `"BillingCurrency"`, `"UnitOfMeasure"`, `"Quantity"`, `"Cost"`},
		"google": {`CAST("usage_start_time" AS TIMESTAMP)`, `"currency"`, `"usage.unit"`, `"usage.amount"`, `"cost"`},
	}
	check := func(t *testing.T, path, form string) {
		l := load(t, path)
		if len(l.sources) != 1 {
			t.Fatalf("%s is not recognised", path)
		}
		equalSums(t, sums(t, l.db, independentSums(csvOf(path), forms[form])), sums(t, l.db, sumsQuery))
	}
	t.Run("ea", func(t *testing.T) { check(t, recordtest.Shared(t, "data/focus/azure/EA_ActualCost_Small.csv"), "ea") })
	for form, text := range map[string]string{
		"aws": aws("/", awsLines...),
		"google": "billing_account_id,service.description,sku.description,usage_start_time,usage_end_time,project.id,cost,currency,usage.amount,usage.unit,invoice.month,cost_type\n" +
			strings.Repeat("01-AB,Cloud "+
				"Storage,Standard,2030-01-05T00:00:00,2030-01-06T00:00:00,p-1,1.5,EUR,7.25,gibibyte "+
				"month,203001,regular\n", 3),
	} {
		t.Run(form, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "bill.csv", text)
			check(t, filepath.Join(dir, "bill.csv"), form)
		})
	}
	for form := range forms {
		files, err := filepath.Glob(filepath.Join(os.Getenv("PLIMSOLL_BILLS"), form, "*.csv"))
		if err != nil || os.Getenv("PLIMSOLL_BILLS") == "" {
			continue
		}
		for _, f := range files {
			t.Run(form+"/"+filepath.Base(f), func(t *testing.T) { check(t, f, form) })
		}
	}
}

// TestSumsOfRealBills: the FOCUS samples that lie beside the checkout add up, to the last decimal, to what a query over
// each file gives.
func TestSumsOfRealBills(t *testing.T) {
	form := [5]string{`CAST(regexp_replace("ChargePeriodStart", '(Z| UTC)$', '') AS TIMESTAMP)`,
		`nullif("BillingCurrency", 'NULL')`, `nullif("ConsumedUnit", 'NULL')`,
		`nullif("ConsumedQuantity", 'NULL')`, `"BilledCost"`}
	for _, file := range []string{"focus-1.0-sample/focus_sample.csv",
		"guymano/golden/gcp_1_3_cost_and_usage_rows100_seed42.csv",
		"guymano/golden/aws_1_3_cost_and_usage_rows100_seed42.csv",
		"guymano/golden/azure_1_3_cost_and_usage_rows100_seed42.csv",
		"guymano/golden/azure_1_2_cost_and_usage_rows25_seed7_credits.csv", "costroid/focus-csv/focus-1.0.csv",
		"costroid/aws-focus-1.2/sample-export.csv.gz"} {
		t.Run(file, func(t *testing.T) {
			path := recordtest.Shared(t, "data/focus/"+file)
			l := load(t, path)
			equalSums(t, sums(t, l.db, independentSums(csvOf(path), form)), sums(t, l.db, sumsQuery))
		})
	}
}

// TestSumsOfGeneratedBills: amounts as programs print binary fractions, in the forms that Google's export comes in.
func TestSumsOfGeneratedBills(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var objects, lines strings.Builder
	lines.WriteString("billing_account_id,service.description,sku.description,usage_start_time,usage_end_time,project.id,cost,currency,usage.amount,usage.unit,cost_type\n")
	for i := range 3000 {
		cost := strconv.FormatFloat(r.ExpFloat64()*math.Pow(10, float64(r.IntN(9)-7)), 'g', -1, 64)
		amount := strconv.FormatFloat(math.Floor(r.ExpFloat64()*math.Pow(10, float64(3+r.IntN(18)))), 'g', -1, 64)
		day := fmt.Sprintf("2030-%02d-%02dT0%d:00:00Z", 1+i%3, 1+i%28, i%10)
		currency, unit := []string{"EUR", "USD"}[i%2], []string{"byte-seconds", "requests", "seconds"}[i%3]
		fmt.Fprintf(&objects,
			`{"billing_account_id":"01-AB","service":{"description":"Cloud Storage"},"sku":{"description":"Standard"},"usage_start_time":%q,"usage_end_time":%q,`+
				`"project":{"id":"p"},"cost":%s,"currency":%q,"usage":{"amount":%s,"unit":%q},"cost_type":"regular"}`+
				"\n",
			day, day, cost, currency, amount, unit)
		fmt.Fprintf(&lines, "01-AB,Cloud Storage,Standard,%s,%s,p,%s,%s,%s,%s,regular\n", day, day, cost, currency,
			amount, unit)
	}
	form := [5]string{`CAST(replace("usage_start_time", 'Z', '') AS TIMESTAMP)`, `"currency"`, `"usage.unit"`,
		`"usage.amount"`, `"cost"`}
	dir := t.TempDir()
	table := write(t, dir, "bill.csv", lines.String())
	db := openDB(t)
	want := sums(t, db, independentSums(csvOf(table), form))
	parquet := filepath.Join(dir, "bill.parquet")
	if _, err := db.Exec(
		`COPY (SELECT * REPLACE (CAST("cost" AS DOUBLE) AS "cost", CAST("usage.amount" AS DOUBLE) AS "usage.amount") FROM ` + csvOf(table) + `) TO ` + quote(parquet) + ` (FORMAT parquet)`); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{table, write(t, dir, "bill.jsonl", objects.String()), write(t, dir, "packed.csv.zst",
		zstandard(t, lines.String())), parquet} {
		t.Run(filepath.Base(path), func(t *testing.T) {
			l := load(t, path)
			equalSums(t, want, sums(t, l.db, sumsQuery))
		})
	}
}
