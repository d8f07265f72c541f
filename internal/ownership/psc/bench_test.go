package psc

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2" // the reference

	"plimsoll/internal/ownership/ownershiptest"
	"plimsoll/internal/record/recordtest"
)

// BenchmarkDecode reads a snapshot of persons with significant control beside DuckDB, which reads the same lines and
// counts the companies.
//
//	go test -run '^$' -bench Decode -benchtime 3x ./internal/ownership/psc
func BenchmarkDecode(b *testing.B) {
	const lines = 20_000
	var text strings.Builder
	for i := range lines {
		fmt.Fprintf(&text, `{"company_number":"%08d","data":{"etag":"e%[1]d","kind":"corporate-entity-person-with-significant-control","name":"Holding %[1]d Ltd","notified_on":"2030-01-02",`+
			`"identification":{"legal_form":"Limited","legal_authority":"Act","place_registered":"Companies House","registration_number":"%08[2]d","country_registered":"England"},`+
			`"address":{"address_line_1":"1 Quay","country":"England"},"natures_of_control":["ownership-of-shares-75-to-100-percent"],"links":{"self":"/company/%08[1]d/x"}}}`+"\n", i, i+lines)
	}
	src := ownershiptest.File(b, []byte(text.String()))
	db, err := sql.Open("duckdb", "")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	recordtest.Beside(b, lines, func() (int, error) {
		var c ownershiptest.Collector
		_, err := Decode(context.Background(), src, &c)
		return len(c.Statements), err
	}, func() (n int, err error) {
		err = db.QueryRow(`SELECT count(*) FROM (SELECT company_number, max(data.name), max(data.natures_of_control) FROM read_json('` + src.Path + `', format = 'newline_delimited') GROUP BY 1)`).Scan(&n)
		return n, err
	})
}
