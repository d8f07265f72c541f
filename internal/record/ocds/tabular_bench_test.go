package ocds

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2" // the reference

	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

// counter counts records.
type counter struct{ n int }

// Record implements [record.Sink].
func (c *counter) Record(record.Record) error { c.n++; return nil }

// Reject implements [record.Sink].
func (c *counter) Reject(r record.Reject) error { return fmt.Errorf("%s: %s", r.At, r.Reason) }

// BenchmarkTabular reads publishers' contract tables beside DuckDB, which reads the same columns and counts the
// contracts.
//
//	go test -run '^$' -bench Tabular -benchtime 3x ./internal/record/ocds
func BenchmarkTabular(b *testing.B) {
	const rows = 20_000
	for _, tt := range []struct{ name, header, row, id string }{
		{"table=contracts_finder", "Notice Identifier,Notice Type,Organisation Name,Status,Published " +
			"Date,Title,Description,Cpv Codes,Awarded Date,Awarded Value," +
			"Supplier [Name|Address|Ref type|Ref Number|Is SME|Is VCSE],Contract start date,Contract end date,OJEU " +
			"Procedure Type",
			"N-%d,Contract,Town of Examples %[1]d,Awarded,03/01/2030 10:00:00,Cameras,Cameras for " +
				"streets,\"35125300,32333200\",04/02/2030,1000.5," +
				"\"[Lead Ltd|1 Street, Town|COMPANIES_HOUSE|01234567|Yes|No]\",01/03/2030,28/02/2031,OpenProcedure",
			"Notice Identifier"},
		{"table=usaspending",
			"contract_transaction_unique_key,contract_award_unique_key,modification_number,action_date,awarding_agency_name,awarding_sub_agency_name,recipient_uei," +
				"recipient_name,recipient_country_code,transaction_description,product_or_service_code,current_total_value_of_award,period_of_performance_start_date",
			"a%d,K-%[1]d,0,2030-01-02,Department of Examples,Example Service,ABCDEFGHJKL1,Lead Inc,USA,Face " +
				"readers,5836,100,2030-01-02", "contract_award_unique_key"},
	} {
		b.Run(tt.name, func(b *testing.B) {
			var text strings.Builder
			text.WriteString(tt.header + "\n")
			for i := range rows {
				fmt.Fprintf(&text, tt.row+"\n", i)
			}
			path := filepath.Join(b.TempDir(), "table.csv")
			if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
				b.Fatal(err)
			}
			src := recordtest.Sources(b, path)
			db, err := sql.Open("duckdb", "")
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			recordtest.Beside(b, rows, func() (int, error) {
				var c counter
				_, err := DecodeAll(b.Context(), src, &c)
				return c.n, err
			}, func() (n int, err error) {
				err = db.QueryRow(`SELECT count(*) FROM (SELECT "` + tt.id +
					`", max(hash(COLUMNS(*))) FROM read_csv('` + path +
					`', all_varchar = true, header = true) GROUP BY 1)`).Scan(&n)
				return n, err
			})
		})
	}
}
