package focus

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Parquet files are told by their columns, whoever wrote them and however the columns are spelled.
func TestParquetColumns(t *testing.T) {
	const focus = "'A' AS %s, TIMESTAMP '2030-01-05' AS %s, 1.5 AS %s, 'V' AS %s"
	for _, tt := range []struct {
		name, columns string
		want          []string
		version       string
	}{
		{"FOCUS", fmt.Sprintf(focus, "BillingAccountId", "ChargePeriodStart", "BilledCost", "ServiceName"),
			[]string{"BillingAccountId", "ChargePeriodStart", "BilledCost", "ServiceName"}, "1.0"},
		{"FOCUS in capitals", fmt.Sprintf(focus, "BILLING_ACCOUNT_ID", "CHARGE_PERIOD_START", "BILLED_COST",
			"SERVICE_NAME"), nil, "1.0"},
		{"FOCUS in small letters", fmt.Sprintf(focus, "billing_account_id", "charge_period_start", "billed_cost",
			"service_name"), nil, "1.0"},
		{"Azure", "'s' AS SubscriptionId, '01/05/2030' AS Date, 'Speech' AS MeterCategory, 1.0 AS Quantity, 'Usage' " +
			"AS ChargeType", nil, "Azure cost and usage details"},
		{"objects and lists", "{'id': 'x', 'description': 'V'} AS service, {'description': 'M'} AS sku, 'b' AS " +
			"billing_account_id, TIMESTAMP '2030-01-05' AS usage_start_time, {'amount': 1.0, 'unit': 's'} AS usage, " +
			"[{'key': 'a', 'value': 'b'}] AS labels, 1.5 AS cost",
			[]string{"service", "service.id", "service.description", "sku", "sku.description", "billing_account_id",
				"usage_start_time", "usage", "usage.amount", "usage.unit", "labels", "labels.list", "cost"},
			"Google Cloud billing export"},
		{"something else", "1 AS a, 'BilledCost BillingAccountId ServiceName' AS note", []string{"a", "note"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.parquet")
			if _, err := openDB(t).Exec("COPY (SELECT " + tt.columns + ") TO " + quote(path) + " (FORMAT parquet)"); err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got, err := parquetColumns(b)
			if err != nil || tt.want != nil && !slices.Equal(got, tt.want) {
				t.Errorf("columns (-want +got):\n%s%v", cmp.Diff(tt.want, got), err)
			}
			if v, ok := RecognisePath(path); v != tt.version || ok != (tt.version != "") {
				t.Errorf("RecognisePath = %q, %v, want %q", v, ok, tt.version)
			}
		})
	}
}

// FuzzParquetColumns gives arbitrary bytes for the end of a Parquet file: the reader ends and does not panic.
func FuzzParquetColumns(f *testing.F) {
	path := filepath.Join(f.TempDir(), "x.parquet")
	if _, err := openDB(f).Exec("COPY (SELECT 1 AS a, {'b': [1, 2], 'c': MAP {'x': 1}} AS s, true AS t) TO " +
		quote(path) + " (FORMAT parquet)"); err != nil {
		f.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte("\x15\x02\x19\x1c\x00\x05\x00\x00\x00PAR1"))
	f.Fuzz(func(t *testing.T, tail []byte) {
		names, err := parquetColumns(tail)
		if err == nil && len(names) > len(tail) {
			t.Errorf("%d columns of %d bytes", len(names), len(tail))
		}
	})
}
