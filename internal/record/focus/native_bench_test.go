package focus

import (
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
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
			"s-%02d,%[3]d/13/2031,Storage,Tiered Block Blob,Hot LRS Data Stored,%[2]d.5,1 " +
				"GB,0.%02[1]d,EUR,Usage,westeurope,words of the customer",
			`SELECT sum(n)::BIGINT FROM (SELECT "SubscriptionId", "MeterCategory", "MeterSubCategory", "MeterName", "UnitOfMeasure", "BillingCurrencyCode", "ChargeType", "ResourceLocation",
  date_trunc('month', strptime("Date", '%m/%d/%Y')), count(*) AS n, sum(CAST("Quantity" AS DECIMAL(38,12))), sum(CAST("CostInBillingCurrency" AS DECIMAL(38,12)))`},
		{"bill=oracle", "lineItem/intervalUsageStart,lineItem/intervalUsageEnd,product/service,product/region,product/compartmentId,usage/billedQuantity,cost/productSku,product/Description," +
			"cost/unitPrice,cost/myCost,cost/currencyCode,cost/billingUnitReadable,lineItem/tenantId,lineItem/isCorrection,tags/team",
			"2031-%02[3]d-01T00:00Z,2031-%02[3]d-01T01:00Z,OBJECTSTORE,eu-frankfurt-1,c-%02[1]d,%[2]d.25,B91628,Object Storage - Storage,0.02,0.%02[1]d,EUR,GB Months,t-1,false,words of the customer",
			`SELECT sum(n)::BIGINT FROM (SELECT "lineItem/tenantId", "product/compartmentId", "product/service", "product/Description", "cost/billingUnitReadable", "product/region", "cost/currencyCode",
  left("lineItem/intervalUsageStart", 7), count(*) AS n, sum(CAST("usage/billedQuantity" AS DECIMAL(38,12))), sum(CAST("cost/myCost" AS DECIMAL(38,12)))`},
		{"bill=google/form=jsonl", "",
			`{"billing_account_id":"01-AB","service":{"id":"x","description":"Cloud Storage"},"sku":{"id":"y","description":"Standard Storage"},"usage_start_time":"2031-%02[3]d-05 00:00:00 UTC",` +
				`"usage_end_time":"2031-%02[3]d-06 00:00:00 UTC","project":{"id":"p-%02[1]d"},"location":{"region":"europe-west1"},"cost":0.%02[1]d,"currency":"EUR","usage":{"amount":%[2]d.5,"unit":"byte-seconds"},` +
				`"invoice":{"month":"2031%02[3]d"},"cost_type":"regular","labels":[{"key":"team","value":"words of the customer"}]}`,
			`SELECT sum(n)::BIGINT FROM (SELECT billing_account_id, project.id, service.description, sku.description, usage.unit, location.region, currency, cost_type,
  left("usage_start_time"::VARCHAR, 7), count(*) AS n, sum(CAST(usage.amount AS DECIMAL(38,12))), sum(CAST(cost AS DECIMAL(38,12)))`},
	} {
		b.Run(tt.name, func(b *testing.B) {
			path, reads := filepath.Join(b.TempDir(), "bill.csv"), "read_csv(%s, all_varchar = true, header = true)"
			if tt.header == "" {
				path, reads = filepath.Join(b.TempDir(), "bill.jsonl"), "read_json(%s)"
			}
			f, err := os.Create(path)
			if err != nil {
				b.Fatal(err)
			}
			w := bufio.NewWriter(f)
			if tt.header != "" {
				fmt.Fprintln(w, tt.header)
			}
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
				err = openDB(b).QueryRow(tt.query + " FROM " + fmt.Sprintf(reads, quote(path)) + " GROUP BY ALL)").Scan(
					&n)
				return n, err
			})
		})
	}
}

// BenchmarkWorkbook reads a bill that a spreadsheet saved, beside encoding/xml that reads the tokens of its sheet.
//
//	go test -run '^$' -bench Workbook -benchtime 1x ./internal/record/focus
func BenchmarkWorkbook(b *testing.B) {
	const rows = 10_000
	var text strings.Builder
	text.WriteString(billHeader)
	for i := range rows {
		fmt.Fprintf(&text, "%d.5,1,2030-01-01T00:00:00Z,Usage,2030-01-%02dT00:00:00Z,3,GB,12.5,Amber Cloud,Object "+
			"Store,%d,EUR\n", i%90, 1+i%28, i%50)
	}
	src := recordtest.Sources(b, bookOf(b, filepath.Join(b.TempDir(), "bill.xlsx"), text.String(),
		[]string{"BilledCost", "ConsumedQuantity"}, []string{"ChargePeriodStart"}, 0, false))
	book, err := zip.OpenReader(src[0].Path)
	if err != nil {
		b.Fatal(err)
	}
	defer book.Close()
	recordtest.Beside(b, rows, func() (int, error) {
		var c recordtest.Collector
		st, err := Load(b.Context(), openDB(b), src, &c)
		return st[src[0].Index].Records, err
	}, func() (int, error) {
		sheet, err := book.Open("xl/worksheets/sheet1.xml")
		if err != nil {
			return 0, err
		}
		defer sheet.Close()
		n, err := recordtest.XMLElements(sheet, "row")
		return n - 1, err // the header
	})
}
