package lake

import (
	"database/sql"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"
)

// benchCharges makes a table of n charges of a month: 27 charges a group, as a world of plimsoll world has them.
const benchCharges = `
CREATE TABLE charges AS SELECT
  'a-' || (i %% %[2]d // 40) AS "BillingAccountId", 's-' || (i %% %[2]d // 4) AS "SubAccountId",
  TIMESTAMP '2031-01-01' + INTERVAL 1 HOUR * (hash(i) %% 744)::INTEGER AS "ChargePeriodStart",
  TIMESTAMP '2031-01-01' + INTERVAL 1 HOUR * ((hash(i) %% 744)::INTEGER + 1) AS "ChargePeriodEnd",
  TIMESTAMP '2031-01-01' AS "BillingPeriodStart", 'north-' || (i %% 2) AS "RegionId", 'Storage' AS "ServiceCategory",
  CASE i %% 4 WHEN 0 THEN 'Speech' WHEN 1 THEN 'Object Store' WHEN 2 THEN 'Translation' ELSE 'Virtual Machines' END AS "ServiceName",
  'GB-Months' AS "ConsumedUnit", CAST((hash(i) %% 100000) / 100.0 AS DECIMAL(38,12)) AS "ConsumedQuantity", 'Usage' AS "ChargeCategory", '' AS "ChargeClass",
  CAST((hash(i + 1) %% 100000) / 100.0 AS DECIMAL(38,12)) AS "BilledCost", CAST((hash(i + 1) %% 100000) / 100.0 AS DECIMAL(38,12)) AS "EffectiveCost", 'EUR' AS "BillingCurrency",
  'Cirrus' AS "ProviderName", 'Cirrus plc' AS "InvoiceIssuerName", 'sku-' || (i %% 4) AS "SkuMeter"
FROM range(%[1]d) t(i)`

// BenchmarkGroup runs the statement in DuckDB beside that engine's own bare GROUP BY of the same keys and sums over the
// same table; x-bare is how many times as long it takes. The sums of both are compared.
//
//	go test -run='^$' -bench=Group -benchtime=1x ./internal/record/lake
//	PLIMSOLL_CHARGES=10000000 …
func BenchmarkGroup(b *testing.B) {
	n := 1_000_000
	if s := os.Getenv("PLIMSOLL_CHARGES"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(fmt.Sprintf(benchCharges, n, n/27)); err != nil {
		b.Fatal(err)
	}
	columns := []string{"BillingAccountId", "SubAccountId", "ChargePeriodStart", "ChargePeriodEnd",
		"BillingPeriodStart", "RegionId", "ServiceCategory", "ServiceName",
		"ConsumedUnit", "ConsumedQuantity", "ChargeCategory", "ChargeClass", "BilledCost", "EffectiveCost",
		"BillingCurrency", "ProviderName", "InvoiceIssuerName", "SkuMeter"}
	text, err := SQL(Options{Dialect: string(DuckDB), Table: "charges", Columns: columns, Snapshot: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	const bare = `SELECT "BillingAccountId", "SubAccountId", date_trunc('month', "ChargePeriodStart"), date_trunc('month', "BillingPeriodStart"),
  date_diff('second', "ChargePeriodStart", "ChargePeriodEnd"), "RegionId", "ServiceCategory", "ServiceName", "ConsumedUnit", "ChargeCategory", "ChargeClass",
  "BillingCurrency", "ProviderName", "InvoiceIssuerName", "SkuMeter", count(*), sum("ConsumedQuantity") AS q, sum("BilledCost"), sum("EffectiveCost")
FROM charges GROUP BY ALL`
	timed := func(query string) (time.Duration, int64) {
		start := time.Now()
		if _, err := db.Exec("CREATE OR REPLACE TABLE result AS " + query); err != nil {
			b.Fatal(err)
		}
		took := time.Since(start)
		var rows int64
		if err := db.QueryRow("SELECT count(*) FROM result").Scan(&rows); err != nil {
			b.Fatal(err)
		}
		return took, rows
	}
	var plain, ours time.Duration
	for b.Loop() {
		p, groups := timed(bare)
		o, rows := timed(text)
		var sums, same string
		if err := db.QueryRow(
			`SELECT CAST(sum("ConsumedQuantity") AS VARCHAR) FROM result WHERE "x_GroupRow" = 'group'`).Scan(&sums); err != nil {
			b.Fatal(err)
		}
		if err := db.QueryRow(`SELECT CAST(sum("ConsumedQuantity") AS VARCHAR) FROM charges`).Scan(&same); err != nil {
			b.Fatal(err)
		}
		if sums != same || rows != groups+1 {
			b.Fatalf("%d rows with %s, %d groups with %s", rows, sums, groups, same)
		}
		plain, ours = plain+p, ours+o
	}
	var version string
	if err := db.QueryRow("SELECT version()").Scan(&version); err != nil {
		b.Fatal(err)
	}
	b.Logf("DuckDB %s, %d charges", version, n)
	b.ReportMetric(plain.Seconds()/float64(b.N), "bare-s/op")
	b.ReportMetric(ours.Seconds()/float64(b.N), "statement-s/op")
	b.ReportMetric(ours.Seconds()/plain.Seconds(), "x-bare")
}
