package focus

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/record/recordtest"
)

// sumsQuery adds up what was read, by month, currency and unit.
const sumsQuery = `SELECT month, currency, unit, CAST(round(sum(coalesce(quantity, 0) * scale), 3) AS DECIMAL(30,3)), CAST(round(sum(billed), 3) AS DECIMAL(30,3)), sum(charges)
FROM usage GROUP BY ALL ORDER BY ALL`

// independentSums is a query over the file itself, with its columns named by hand: day, currency, unit, quantity and cost.
func independentSums(path, day, currency, unit, quantity, cost string) string {
	return fmt.Sprintf(`SELECT CAST(date_trunc('month', %s) AS DATE), upper(coalesce(%s, '')), coalesce(%s, ''), CAST(round(sum(CAST(%s AS DOUBLE)), 3) AS DECIMAL(30,3)),
  CAST(round(sum(CAST(%s AS DOUBLE)), 3) AS DECIMAL(30,3)), count(*) FROM read_csv(%s, all_varchar = true, header = true, quote = '"', escape = '"') GROUP BY ALL ORDER BY ALL`,
		day, currency, unit, quantity, cost, quote(path))
}

// TestSumsOfNativeBills: sums by month, currency and unit equal those of a query over the file itself. More files
// of each form may lie in the folders aws, azure, google of $PLIMSOLL_BILLS, as bill generators write them.
func TestSumsOfNativeBills(t *testing.T) {
	forms := map[string][5]string{
		"aws":    {`CAST("lineItem/UsageStartDate" AS TIMESTAMP)`, `"lineItem/CurrencyCode"`, `"pricing/unit"`, `"lineItem/UsageAmount"`, `"lineItem/UnblendedCost"`},
		"azure":  {`coalesce(try_strptime("Date", '%m/%d/%Y'), try_cast("Date" AS TIMESTAMP))`, `"BillingCurrency"`, `"UnitOfMeasure"`, `"Quantity"`, `"CostInBillingCurrency"`},
		"ea":     {`strptime("Date", '%m/%d/%Y')`, `"BillingCurrency"`, `"UnitOfMeasure"`, `"Quantity"`, `"Cost"`},
		"google": {`CAST("usage_start_time" AS TIMESTAMP)`, `"currency"`, `"usage.unit"`, `"usage.amount"`, `"cost"`},
	}
	check := func(t *testing.T, path, form string) {
		l := load(t, path)
		if len(l.sources) != 1 {
			t.Fatalf("%s is not recognised", path)
		}
		f := forms[form]
		got := l.text(t, sumsQuery)
		want := (&loaded{db: l.db}).text(t, independentSums(path, f[0], f[1], f[2], f[3], f[4]))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("sums (-file +read):\n%s", diff)
		}
	}
	t.Run("ea", func(t *testing.T) { check(t, recordtest.Shared(t, "data/focus/azure/EA_ActualCost_Small.csv"), "ea") })
	for form, text := range map[string]string{
		"aws": aws("/", awsLines...),
		"google": "billing_account_id,service.description,sku.description,usage_start_time,usage_end_time,project.id,cost,currency,usage.amount,usage.unit,invoice.month,cost_type\n" +
			strings.Repeat("01-AB,Cloud Storage,Standard,2030-01-05T00:00:00,2030-01-06T00:00:00,p-1,1.5,EUR,7.25,gibibyte month,203001,regular\n", 3),
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
