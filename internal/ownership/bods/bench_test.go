package bods

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

// BenchmarkDecode reads statements of BODS 0.4, one a line, beside DuckDB, which joins the same relationships with the
// names of both ends.
//
//	go test -run '^$' -bench Decode -benchtime 3x ./internal/ownership/bods
func BenchmarkDecode(b *testing.B) {
	const relationships = 10_000 // and twice as many entities
	var text strings.Builder
	for i := range relationships {
		for _, side := range []string{"o", "c"} {
			id := fmt.Sprintf("%s%d", side, i)
			text.WriteString(said("entity", id, "2031-01-01", "new", "Harbour Register",
				`,"entityType":{"type":"registeredEntity"},"name":"Company `+id+
					`","identifiers":[{"scheme":"QO-REG","id":"`+id+`"}]`) + "\n")
		}
		text.WriteString(said("relationship", fmt.Sprintf("r%d", i), "2031-01-01", "new", "Harbour Register",
			fmt.Sprintf(`,"subject":"c%d","interestedParty":"o%[1]d",`+
				`"interests":[{"type":"shareholding","directOrIndirect":"direct","share":{"exact":60}}]`, i)) + "\n")
	}
	src := ownershiptest.File(b, []byte(text.String()))
	db, err := sql.Open("duckdb", "")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	recordtest.Beside(b, relationships, func() (int, error) {
		var c ownershiptest.Collector
		_, err := Decode(context.Background(), src, &c)
		return len(c.Statements), err
	}, func() (n int, err error) {
		err = db.QueryRow(`WITH s AS (SELECT * FROM read_json('` + src.Path + `', format = 'newline_delimited'))
SELECT count(*) FROM (SELECT r.recordId, max(o.recordDetails.name), max(c.recordDetails.name) FROM s r
  JOIN s o ON o.recordId = r.recordDetails.interestedParty JOIN s c ON c.recordId = r.recordDetails.subject WHERE r.recordType = 'relationship' GROUP BY 1)`).Scan(&n)
		return n, err
	})
}
