package focus

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"plimsoll/internal/record/recordtest"
)

// BenchmarkNative reads bills in providers' own forms beside DuckDB, which adds the same columns up by the same words.
//
//	go test -run '^$' -bench Native -benchtime 2x ./internal/record/focus
func BenchmarkNative(b *testing.B) {
	const rows = 200_000
	for _, tt := range []struct{ name, header, row, query string }{
		{"bill=aws", "bill/PayerAccountId,lineItem/LineItemType,lineItem/UsageAccountId,lineItem/UsageType,lineItem/UsageAmount,lineItem/UsageStartDate,lineItem/UsageEndDate," +
			"lineItem/ProductCode,lineItem/Operation,lineItem/UnblendedCost,lineItem/CurrencyCode,pricing/unit,product/region,resourceTags/user:Team",
			"111,Usage,2%02d,TimedStorage-ByteHrs,%d.25,2031-%02d-01T00:00:00Z,2031-%02[3]d-01T01:00:00Z,AmazonS3,StandardStorage,0.%02[1]d,USD,GB-Mo,eu-west-1,words of the customer",
			`SELECT sum(n)::BIGINT FROM (SELECT "bill/PayerAccountId", "lineItem/UsageAccountId", "lineItem/LineItemType", "lineItem/UsageType", "lineItem/ProductCode", "lineItem/Operation", "lineItem/CurrencyCode",
  "pricing/unit", "product/region", date_trunc('month', CAST("lineItem/UsageStartDate" AS TIMESTAMP)), count(*) AS n, sum(CAST("lineItem/UsageAmount" AS DECIMAL(38,12))), sum(CAST("lineItem/UnblendedCost" AS DECIMAL(38,12)))`},
		{"bill=azure", "SubscriptionId,Date,MeterCategory,MeterSubCategory,MeterName,Quantity,UnitOfMeasure,CostInBillingCurrency,BillingCurrencyCode,ChargeType,ResourceLocation,Tags",
			"s-%02d,%[3]d/13/2031,Storage,Tiered Block Blob,Hot LRS Data Stored,%[2]d.5,1 GB,0.%02[1]d,EUR,Usage,westeurope,words of the customer",
			`SELECT sum(n)::BIGINT FROM (SELECT "SubscriptionId", "MeterCategory", "MeterSubCategory", "MeterName", "UnitOfMeasure", "BillingCurrencyCode", "ChargeType", "ResourceLocation",
  date_trunc('month', strptime("Date", '%m/%d/%Y')), count(*) AS n, sum(CAST("Quantity" AS DECIMAL(38,12))), sum(CAST("CostInBillingCurrency" AS DECIMAL(38,12)))`},
	} {
		b.Run(tt.name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "bill.csv")
			f, err := os.Create(path)
			if err != nil {
				b.Fatal(err)
			}
			w := bufio.NewWriter(f)
			fmt.Fprintln(w, tt.header)
			for i := range rows {
				fmt.Fprintf(w, tt.row+"\n", i%90, i%700, 1+i%12)
			}
			if err := errors.Join(w.Flush(), f.Close()); err != nil {
				b.Fatal(err)
			}
			src := recordtest.Sources(b, path)
			recordtest.Beside(b, rows, func() (int, error) {
				var c recordtest.Collector
				st, err := Load(b.Context(), openDB(b), src, &c)
				return st[src[0].Index].Records, err
			}, func() (n int, err error) {
				err = openDB(b).QueryRow(tt.query + " FROM read_csv(" + quote(path) + ", all_varchar = true, header = true) GROUP BY ALL)").Scan(&n)
				return n, err
			})
		})
	}
}
