package focus

import (
	"compress/gzip"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	duckdb "github.com/duckdb/duckdb-go/v2"
	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

// A sum is exact; doubt is by how much it may differ once values of more than 12 decimals
// are rounded to the 12 of the table.
type sum struct{ exact, doubt big.Rat }

// independent adds a bill up with nothing of this package: encoding/csv and big.Rat.
func independent(t *testing.T, path string) (rows int, groups map[string]*[3]sum) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if in, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	r := csv.NewReader(in)
	r.LazyQuotes = true
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for i, n := range all[0] {
		at[strings.TrimPrefix(n, "\ufeff")] = i
	}
	get := func(row []string, name string) string {
		i, ok := at[name]
		if !ok || strings.EqualFold(row[i], "null") {
			return ""
		}
		return row[i]
	}
	groups = map[string]*[3]sum{}
	half := big.NewRat(1, 2_000_000_000_000)
	for _, row := range all[1:] {
		rows++
		provider := get(row, "ServiceProviderName")
		if _, ok := at["ServiceProviderName"]; !ok {
			provider = get(row, "ProviderName")
		}
		key := strings.Join([]string{
			get(row, "BillingAccountId"), get(row, "SubAccountId"), get(row, "ChargePeriodStart")[:7],
			get(row, "RegionId"), get(row, "ServiceName"),
			get(row, "ConsumedUnit"), get(row, "ChargeCategory"), provider, get(row, "BillingCurrency"),
		}, "|")
		sums, ok := groups[key]
		if !ok {
			sums = &[3]sum{}
			groups[key] = sums
		}
		for i, name := range []string{"BilledCost", "EffectiveCost", "ConsumedQuantity"} {
			if v := get(row, name); v != "" {
				x, ok := new(big.Rat).SetString(v)
				if !ok {
					t.Fatalf("%s %q", name, v)
				}
				sums[i].exact.Add(&sums[i].exact, x)
				if n, _ := x.FloatPrec(); n > 12 {
					sums[i].doubt.Add(&sums[i].doubt, half)
				}
			}
		}
	}
	return rows, groups
}

func check(t *testing.T, l *loaded, groups map[string]*[3]sum) {
	t.Helper()
	rows, err := l.db.Query(
		`SELECT concat_ws('|', account, sub_account, strftime(month, '%Y-%m'), region, service, unit, charge, provider, currency),
  coalesce(sum(billed), 0)::DECIMAL(38,12), coalesce(sum(effective), 0)::DECIMAL(38,12), coalesce(sum(quantity), 0)::DECIMAL(38,12) FROM usage WHERE unread IS NULL GROUP BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	seen := 0
	for rows.Next() {
		var key string
		var d [3]duckdb.Decimal
		if err := rows.Scan(&key, &d[0], &d[1], &d[2]); err != nil {
			t.Fatal(err)
		}
		want, ok := groups[key]
		if !ok {
			t.Errorf("group %q is not in the file", key)
			continue
		}
		seen++
		for i, x := range d {
			got, _ := new(big.Rat).SetString(x.String())
			diff := new(big.Rat).Sub(got, &want[i].exact)
			if diff.Abs(diff).Cmp(&want[i].doubt) > 0 {
				t.Errorf("group %q: sum %d is %s, want %s", key, i, x.String(), want[i].exact.FloatString(18))
			}
		}
	}
	if seen != len(groups) {
		t.Errorf("%d of %d groups found", seen, len(groups))
	}
}

// The 1,000 real charges: every group's sums of costs are exact, 942 AWS, 51 Microsoft, 7 Oracle.
func TestRealCharges(t *testing.T) {
	path := recordtest.Shared(t, "data/focus/focus-1.0-sample/focus_sample.csv")
	l := load(t, path)
	n, groups := independent(t, path)
	check(t, l, groups)
	for key, g := range groups {
		if g[0].doubt.Sign() != 0 || g[1].doubt.Sign() != 0 {
			t.Errorf("group %q has costs of more than 12 decimals", key)
		}
	}
	st := l.stat(t, "focus_sample.csv")
	if n != 1000 || st.Rows != n || st.Records != n || len(l.rejects) != 0 {
		t.Errorf("%d rows in the file, stats %+v", n, st)
	}
	if got, want := l.text(t, "SELECT provider, sum(charges)::BIGINT FROM usage GROUP BY 1 ORDER BY 1"),
		"AWS|942\nMicrosoft|51\nOracle|7\n"; got != want {
		t.Errorf("charges by provider = %q, want %q", got, want)
	}
	if got, want := l.text(t, "SELECT count(DISTINCT column_name) FROM usage_lacks WHERE column_name IN "+
		"('ServiceSubcategory', 'SkuMeter', 'HostProviderName')"), "3\n"; got != want {
		t.Errorf("lacks = %q, want %q", got, want)
	}
	// Literal NULL is no value: the tenth of the rows that has no zone name.
	if st.Extra["AvailabilityZone"] >= 1000 || st.Extra["Tags"] == 0 || st.Extra["Id"] != 1000 {
		t.Errorf("ignored values %v", st.Extra)
	}
	if !slices.Contains(st.Notes, "1000 charges have a time without a zone: read as UTC") {
		t.Errorf("notes %q", st.Notes)
	}
}

// Every synthetic bill of three providers in 1.2 and 1.3, one at a time.
func TestGuymanoGolden(t *testing.T) {
	dir := recordtest.Shared(t, "data/focus/guymano/golden")
	files, err := filepath.Glob(filepath.Join(dir, "*_cost_and_usage_*.csv"))
	if err != nil || len(files) != 18 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	total := 0
	for _, path := range files {
		l := load(t, path)
		n, groups := independent(t, path)
		check(t, l, groups)
		st := l.stat(t, filepath.Base(path))
		if st.Rows != n || st.Records != n || st.Rejects != 0 {
			t.Errorf("%s: %d rows in the file, stats %+v", path, n, st)
		}
		version := "1.2"
		if strings.Contains(path, "_1_3_") {
			version = "1.3"
		}
		if st.Notes[0] != "columns of FOCUS "+version {
			t.Errorf("%s: notes %q", path, st.Notes)
		}
		total += n
	}
	t.Logf("%d charges of %d files", total, len(files))
	commitments, _ := filepath.Glob(filepath.Join(dir, "*_contract_commitment_*.csv"))
	for _, path := range commitments {
		head, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if v, ok := Recognise(head, path); ok {
			t.Errorf("%s: a commitment dataset is taken for %s", path, v)
		}
	}
}

// What counts of the synthetic deliveries is exactly what the files named in counts hold.
func TestCostroid(t *testing.T) {
	for _, tt := range []struct {
		name    string
		paths   []string
		counts  []string
		rejects []string
	}{
		{"hazard: mark, E notation, newline in a tag", []string{"focus-csv/hazard.csv.gz"},
			[]string{"focus-csv/hazard.csv.gz"}, nil},
		{"restated plain file", []string{"focus-csv/focus-1.4.csv", "focus-csv/focus-1.4-restated.csv"},
			[]string{"focus-csv/focus-1.4-restated.csv"}, nil},
		{"all versions", []string{"focus-csv/focus-1.0.csv", "focus-csv/focus-1.1.csv", "focus-csv/focus-1.2.csv",
			"focus-csv/focus-1.3.csv", "focus-csv/focus-1.4.csv"},
			[]string{"focus-csv/focus-1.0.csv", "focus-csv/focus-1.1.csv", "focus-csv/focus-1.2.csv",
				"focus-csv/focus-1.3.csv", "focus-csv/focus-1.4.csv"}, nil},
		{"several currencies", []string{"focus-csv-multicurrency"},
			[]string{"focus-csv-multicurrency/sample-export.csv"}, nil},
		{"a month in parts, a month again", []string{"aws-focus-s3"}, []string{
			"aws-focus-s3/fixture/demo/exports/costroid-demo/data/BILLING_PERIOD=2026-05/costroid-demo-00001.csv.gz",
			"aws-focus-s3/fixture/demo/exports/costroid-demo/data/BILLING_PERIOD=2026-05/costroid-demo-00002.csv.gz",
			"aws-focus-s3/restated/demo/exports/costroid-demo/data/BILLING_PERIOD=2026-06/20260715T090000Z-e5f6a7b8/costroid-demo-00001.csv.gz",
			"aws-focus-s3/corrections/demo/exports/costroid-demo/data/BILLING_PERIOD=2026-07/20260801T060000Z-c7d8e9f0/costroid-demo-00001.csv.gz"}, nil},
		{"runs with manifests, one again", []string{"azure-focus"}, []string{
			"azure-focus/fixture/devaccount/exports/costroid-demo/20260601-20260630/1a2b3c4d-5e6f-7089-9abc-def012345678/part_0_0001.csv.gz",
			"azure-focus/restated/devaccount/exports/costroid-demo/mtd-snapshot/regen-42/part_0_0001.csv.gz",
			"azure-focus/restated/devaccount/exports/costroid-demo/mtd-snapshot/regen-42/part_1_0001.csv.gz"}, nil},
		{"negative", []string{"focus-csv/negative/duplicate-header.csv",
			"focus-csv/negative/null-chargeperiodstart.csv", "focus-csv/negative/unknown-header.csv",
			"focus-csv/negative/focus-1.4-minimal.csv"},
			[]string{"focus-csv/negative/focus-1.4-minimal.csv"}, []string{
				"duplicate-header.csv row 1: column BilledCost stands in the header twice",
				"null-chargeperiodstart.csv row 2: no ChargePeriodStart",
				"unknown-header.csv row 1: no column ChargePeriodStart or BillingPeriodStart: the charges belong to " +
					"no month",
			}},
		{"the word null", []string{"focus-csv/negative/literal-null.csv"},
			[]string{"focus-csv/negative/literal-null.csv"}, nil},
		{"no zone", []string{"focus-csv/negative/nonrfc3339-1.0.csv"},
			[]string{"focus-csv/negative/nonrfc3339-1.0.csv"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var paths []string
			for _, p := range tt.paths {
				paths = append(paths, recordtest.Shared(t, "data/focus/costroid/"+p))
			}
			l := load(t, paths...)
			n, groups := 0, map[string]*[3]sum{}
			for _, p := range tt.counts {
				rows, more := independent(t, recordtest.Shared(t, "data/focus/costroid/"+p))
				n += rows
				for key, g := range more {
					if groups[key] == nil {
						groups[key] = &[3]sum{}
					}
					for i := range g {
						groups[key][i].exact.Add(&groups[key][i].exact, &g[i].exact)
						groups[key][i].doubt.Add(&groups[key][i].doubt, &g[i].doubt)
					}
				}
			}
			check(t, l, groups)
			if got, want := l.text(t, "SELECT sum(charges)::BIGINT FROM usage WHERE unread IS NULL"), fmt.Sprintln(n); got != want {
				t.Errorf("%s charges count, the files have %s", got, want)
			}
			var rejects []string
			for _, r := range l.rejects {
				rejects = append(rejects, fmt.Sprintf("%s %s: %s", filepath.Base(r.File), r.At, r.Reason))
			}
			if diff := cmp.Diff(tt.rejects, rejects); diff != "" {
				t.Errorf("rejects (-want +got):\n%s", diff)
			}
		})
	}
}

// One charge has a decimal comma: a reject. The times of lenient-1.4.csv cross midnight of
// UTC. The rows of BigQuery: May 3.123456789012345678 of two charges, the restated June 13
// of five.
func TestCostroidByHand(t *testing.T) {
	sums := "SELECT strftime(month, '%Y-%m'), sum(charges)::BIGINT, sum(billed) FROM usage GROUP BY ALL ORDER BY ALL"
	l := load(t, recordtest.Shared(t, "data/focus/costroid/aws-focus-1.2/invalid-export.csv.gz"))
	if len(l.rejects) != 1 || l.rejects[0].At != "row 5" ||
		l.rejects[0].Reason != `BilledCost "12,34" is not a number` {
		t.Errorf("rejects %v", l.rejects)
	}
	l = load(t, recordtest.Shared(t, "data/focus/costroid/focus-csv/lenient"))
	if got, want := l.text(t, sums), "2026-05|1|1\n2026-06|2|5\n"; got != want {
		t.Errorf("lenient = %q, want %q", got, want)
	}
	l = load(t, recordtest.Shared(t, "data/focus/costroid/gcp-focus-bq/fixture"),
		recordtest.Shared(t, "data/focus/costroid/gcp-focus-bq/restated"))
	if got, want := l.text(t, "SELECT sum(charges)::BIGINT, sum(billed) FROM usage"), "7|16.123456789012345678\n"; got != want {
		t.Errorf("BigQuery = %q, want %q", got, want)
	}
}

// The restated June of the S3 fixture doubles the first charge (2.4192 to 4.8384); May
// comes in two parts that both count.
func TestCostroidS3(t *testing.T) {
	dir := recordtest.Shared(t, "data/focus/costroid/aws-focus-s3")
	one := load(t, filepath.Join(dir, "fixture"))
	both := load(t, filepath.Join(dir, "fixture"), filepath.Join(dir, "restated"))
	q := "SELECT strftime(month, '%Y-%m'), sum(charges)::BIGINT, sum(billed) FROM usage GROUP BY ALL ORDER BY ALL"
	before, after := one.text(t, q), both.text(t, q)
	t.Logf("before:\n%safter:\n%s", before, after)
	lines := func(s string) []string { return strings.Split(strings.TrimSpace(s), "\n") }
	if len(lines(before)) != 2 || len(lines(after)) != 2 || lines(before)[0] != lines(after)[0] {
		t.Fatalf("May changed, or months are missing")
	}
	if !strings.HasPrefix(lines(after)[0], "2026-05|42|") || !strings.HasPrefix(lines(after)[1], "2026-06|42|") ||
		lines(before)[1] == lines(after)[1] {
		t.Error("June is not the restated one")
	}
}

// Other Parquet files are no bills, and none of them stops the run.
func TestParquetOfOthers(t *testing.T) {
	db := openDB(t)
	read, refused, failed := 0, 0, 0
	for _, src := range recordtest.Sources(t, recordtest.Shared(t, "data/parquet")) {
		if !strings.HasSuffix(src.Name, ".parquet") {
			continue
		}
		if v, ok := RecognisePath(src.Path); ok {
			t.Errorf("%s is taken for FOCUS %s", src.Name, v)
		}
		var c recordtest.Collector
		stats, err := Load(context.Background(), db, []record.Source{src}, &c)
		switch why := stats[src.Index].Failed; {
		case err != nil:
			t.Errorf("%s: a file that cannot be read ends the load: %v", src.Name, err)
		case why != "" && !strings.Contains(why, src.Name):
			t.Errorf("%s: failed %q does not name the file", src.Name, why)
		case why != "":
			failed++
		case len(c.Rejects) > 0:
			refused++
		default:
			read++
		}
	}
	t.Logf("%d read, %d refused as no bills, %d not readable", read, refused, failed)
	if read != 0 || refused < 20 {
		t.Errorf("%d read, %d refused", read, refused)
	}
}

// Each way in which a writer may store a bill in Parquet gives the same sums.
func TestParquetTypes(t *testing.T) {
	for name, columns := range map[string]string{
		"text": "'12.000000000001' AS BilledCost, '2030-01-05T10:00:00Z' AS ChargePeriodStart, '7.5' AS " +
			"ConsumedQuantity",
		"fixed bytes": "12.000000000001::DECIMAL(38,18) AS BilledCost, TIMESTAMPTZ '2030-01-05 10:00:00+00' AS " +
			"ChargePeriodStart, 7.5::DECIMAL(20,4) AS ConsumedQuantity",
		"scaled integer": "12.000000000001::DECIMAL(18,12) AS BilledCost, TIMESTAMP_MS '2030-01-05 10:00:00' AS " +
			"ChargePeriodStart, 7.5::DECIMAL(9,1) AS ConsumedQuantity",
		"double": "12.000000000001::DOUBLE AS BilledCost, TIMESTAMP_NS '2030-01-05 10:00:00' AS " +
			"ChargePeriodStart, 7.5::FLOAT AS ConsumedQuantity",
		"day": "12.000000000001::DECIMAL(28,12) AS BilledCost, DATE '2030-01-05' AS ChargePeriodStart, " +
			"7.5::DOUBLE AS ConsumedQuantity",
		"bytes": "'12.000000000001'::BLOB AS BilledCost, '2030-01-05T10:00:00Z'::BLOB AS ChargePeriodStart, " +
			"'7.5'::BLOB AS ConsumedQuantity",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "it's a bill.parquet")
			db := openDB(t)
			if _, err := db.Exec(
				fmt.Sprintf(`COPY (SELECT %s, 'A-1' AS BillingAccountId, 'Vault' AS ServiceName, 'Usage' AS ChargeCategory, MAP {'team': 'x', 'k': 'v'} AS Tags, NULL::VARCHAR AS ResourceId
  FROM range(2)) TO '%s' (FORMAT parquet)`, columns, strings.ReplaceAll(path, "'", "''"))); err != nil {
				t.Fatal(err)
			}
			if v, ok := RecognisePath(path); !ok || v != "1.0" {
				t.Errorf("RecognisePath = %q, %v", v, ok)
			}
			l := load(t, dir)
			if got, want := l.text(t, "SELECT account, month, charges, first_row, last_row, billed, quantity FROM "+
				"usage"), "A-1|2030-01-01|2|1|2|24.000000000002|15\n"; got != want {
				t.Errorf("usage = %q, want %q; rejects %v", got, want, l.rejects)
			}
			if st := l.stat(t, ".parquet"); st.Extra["Tags"] != 2 || st.Extra["ResourceId"] != 0 {
				t.Errorf("stats %+v", st)
			}
		})
	}
}

// BenchmarkLoad is measured against BenchmarkPlain, which scans and adds up the same columns
// of the same file with DuckDB alone: go test -run - -bench 'Load|Plain' -count 10.
func BenchmarkLoad(b *testing.B) {
	path := million(b)
	sources := recordtest.Sources(b, path)
	b.ReportAllocs()
	for b.Loop() {
		db := openDB(b)
		var c recordtest.Collector
		stats, err := Load(context.Background(), db, sources, &c)
		if err != nil {
			b.Fatal(err)
		}
		if stats[0].Records != benchRows {
			b.Fatalf("stats %+v", stats[0])
		}
	}
	b.ReportMetric(float64(benchRows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkPlain(b *testing.B) {
	path := million(b)
	for b.Loop() {
		db := openDB(b)
		// Into a table, as Load does: what nobody asks for is not added up.
		_, err := db.Exec(`CREATE TEMP TABLE plain AS
SELECT BillingAccountId, SubAccountId, date_trunc('month', ChargePeriodStart::TIMESTAMP) AS month, date_trunc('month', BillingPeriodStart::TIMESTAMP) AS billing, RegionId, ServiceCategory, ServiceName,
  ServiceSubcategory, SkuMeter, ConsumedUnit, ChargeCategory, ChargeClass, CommitmentDiscountStatus, BillingCurrency, ProviderName, InvoiceIssuerName, PublisherName,
  count(*) AS charges, sum(ConsumedQuantity::DECIMAL(38,12)) AS quantity, sum(BilledCost::DECIMAL(38,12)) AS billed, sum(EffectiveCost::DECIMAL(38,12)) AS effective
FROM read_csv(` + quote(path) + `, all_varchar = true) GROUP BY ALL`)
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(benchRows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

const benchRows = 1_000_000

// million writes a bill of a million charges with the columns and the width of a real one.
func million(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "bill.csv")
	db := openDB(b)
	_, err := db.Exec(fmt.Sprintf(`COPY (
SELECT (i %% 97) * 0.000123 AS BilledCost, (100000000000 + i %% 40)::VARCHAR AS BillingAccountId, 'Account, ' || (i %% 40) AS BillingAccountName, 'EUR' AS BillingCurrency,
  strftime(date_trunc('month', d) + INTERVAL 1 MONTH, '%%Y-%%m-%%dT00:00:00Z') AS BillingPeriodEnd, strftime(date_trunc('month', d), '%%Y-%%m-%%dT00:00:00Z') AS BillingPeriodStart,
  'Usage' AS ChargeCategory, NULL AS ChargeClass, 'Charge "for" something, ' || i AS ChargeDescription, 'Usage-Based' AS ChargeFrequency,
  strftime(d + INTERVAL 1 HOUR, '%%Y-%%m-%%dT%%H:00:00Z') AS ChargePeriodEnd, strftime(d, '%%Y-%%m-%%dT%%H:00:00Z') AS ChargePeriodStart, NULL AS CommitmentDiscountStatus,
  (i %% 1009) * 0.125 AS ConsumedQuantity, ['GB-Hours', 'Hours', 'Characters', 'GB'][1 + i %% 4] AS ConsumedUnit, (i %% 97) * 0.000123 AS ContractedCost, (i %% 97) * 0.000123 AS EffectiveCost,
  'Nimbus Ltd' AS InvoiceIssuerName, (i %% 97) * 0.000123 AS ListCost, (i %% 1009) * 0.125 AS PricingQuantity, 'Units' AS PricingUnit, 'Nimbus' AS ProviderName, 'Nimbus' AS PublisherName,
  'region-' || (i %% 5) AS RegionId, 'Region ' || (i %% 5) AS RegionName, 'res:' || md5(i::VARCHAR) AS ResourceId, 'res-' || i AS ResourceName,
  ['Storage', 'AI and Machine Learning', 'AI and Machine Learning', 'Networking'][1 + i %% 4] AS ServiceCategory, ['Vault', 'Ear', 'Tongue', 'Wire'][1 + i %% 4] AS ServiceName,
  ['Object Storage', 'AI Platforms', 'AI Platforms', 'Network Connectivity'][1 + i %% 4] AS ServiceSubcategory, 'sku' || (i %% 40) AS SkuId, ['Data stored', 'Speech', 'Text', 'Data transfer out'][1 + i %% 4] AS SkuMeter,
  'price' || (i %% 40) AS SkuPriceId, 'sub-' || (i %% 320) AS SubAccountId, 'Sub ' || (i %% 320) AS SubAccountName, '{"team":"' || (i %% 12) || '"}' AS Tags
FROM (SELECT i, TIMESTAMP '2030-01-01' + INTERVAL (i * 31) SECOND AS d FROM range(%d) t(i))) TO %s (HEADER)`, benchRows,
		quote(path)))
	if err != nil {
		b.Fatal(err)
	}
	return path
}

// FuzzLoad gives arbitrary text to Load: it never panics, and every row is a charge that
// counts or a reject with its place that stands in the table as not read.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(bill("A 2030-01-05 1.25", "A 2030-01-06 2")))
	f.Add([]byte(billHeader +
		"1,A,2030-01-01,Usage,2030-01-01T00:00+02:00,1e3,\"Ho\"\"urs\",-1,N,V,s,EUR\r\n\n1,2\n\"x\ny\",,,,,,,,,,,\n"))
	f.Add([]byte(`{"schema":{"fields":[{"name":"BilledCost","type":"NUMERIC"},{"name":"BillingAccountId"},{"name":"ChargePeriodStart","type":"TIMESTAMP"}]},"rows":[{"f":[{"v":"1"},{"v":"A"},{"v":"1.9E9"}]},{"f":[]}]}`))
	f.Add([]byte(`[{"BilledCost":1,"BillingAccountId":"B","ChargePeriodStart":"2030-01-01T00:00:00Z","Tags":{"a":1}}]`))
	f.Add([]byte("BilledCost;BillingAccountId;ChargePeriodStart\n1;\"A;2030-01-01\n2;B;2030-01-01\xff\n"))
	f.Add([]byte(aws("/", awsLines...)))
	f.Add([]byte(`{"billing_account_id":"b","service":{"description":"V"},"sku":{"description":"M"},"usage_start_time":"2030-01-01 00:00:00 UTC","usage":{"amount":1,"unit":"s"},"cost":1}`))
	f.Add([]byte("MeterCategory,SubscriptionId,Date,Quantity\nV,s,13/01/2030,1\nV,s,99/99/2030,1\n"))
	db := openDB(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		version, ok := Recognise(text, "x.csv")
		if !ok {
			return
		}
		if version == "" {
			t.Error("recognised without a version")
		}
		path := filepath.Join(t.TempDir(), "x.csv")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec("DROP TABLE IF EXISTS usage; DROP TABLE IF EXISTS usage_lacks"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		var c recordtest.Collector
		stats, err := Load(ctx, db, []record.Source{{Path: path, Name: "x.csv"}}, &c)
		if err != nil {
			return
		}
		for _, r := range c.Rejects {
			if r.At == "" || r.Reason == "" {
				t.Errorf("reject without a place or a reason: %+v", r)
			}
		}
		st := stats[0]
		if st.Rejects != len(c.Rejects) {
			t.Errorf("%d rejects counted, %d given", st.Rejects, len(c.Rejects))
		}
		if st.Rows > 0 && st.Rows != st.Records+st.Rejects {
			t.Errorf("rows %d, records %d, rejects %d", st.Rows, st.Records, st.Rejects)
		}
		var charges, unread, wrong int
		if err := db.QueryRow(`
SELECT coalesce(sum(charges) FILTER (unread IS NULL), 0)::BIGINT, coalesce(sum(charges) FILTER (unread IS NOT NULL), 0)::BIGINT,
  coalesce(count_if(first_row IS NULL OR first_row < 1 OR last_row < first_row OR scale IS NULL OR used IS NULL OR account IS NULL
    OR unread IS NULL AND month IS NULL OR unread IS NOT NULL AND coalesce(quantity, billed, effective) IS NOT NULL), 0) FROM usage`).
			Scan(&charges, &unread, &wrong); err != nil {
			t.Fatal(err)
		}
		if charges != st.Records || wrong != 0 {
			t.Errorf("%d charges in usage, %d records; %d rows that cannot be", charges, st.Records, wrong)
		}
		if st.Rows > 0 && unread != st.Rejects {
			t.Errorf("%d charges stand as not read, %d are rejects", unread, st.Rejects)
		}
	})
}
