package findingtable

import (
	"fmt"
	"strings"
)

// Page is where the tables are documented.
const Page = "docs/format/findings.md"

// Document returns that page.
func Document() string {
	var b strings.Builder
	b.WriteString(`# Findings as tables

` + "`plimsoll findings tables REVIEW --out DIR`" +
		` writes the findings of a review as Parquet, one file per table, for those who ask a
database. The words and numbers are those of findings.jsonl; nothing is left out and nothing is added. A column without a value holds
an empty text, or NULL for a number. Tables are joined by ` + "`review`" + ` and ` + "`finding`" +
		`. A flag is a reason to look: who
counts rows of ` + "`findings`" + ` counts questions, and those that could not be answered stand there as well (` +
		"`state`" + `).

` + "`--into trino://user@host:8080/catalog/schema`" +
		` makes and fills the same tables, with the same types, in a schema of an
engine that is there (credentials as in ` + "`docs/scale.md`" +
		`). A review that is there already is not added again, and a load that was
stopped goes on where it was. ` + "`findings`" +
		` is filled last, so that who joins it sees whole reviews only. Do not load one review twice
at the same time: where more rows stand there than there should, the command ends with 1 and says so.

This page is written by ` + "`UPDATE=1 go test ./internal/finding/findingtable`" + `.
`)
	for i := range Tables {
		t := &Tables[i]
		fmt.Fprintf(&b, "\n## %s\n%s.\n\n| column | type | holds |\n|---|---|---|\n", t.Name,
			strings.ToUpper(t.Holds[:1])+t.Holds[1:])
		for _, c := range t.All() {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", c.Name, c.Type, c.Holds)
		}
	}
	return b.String()
}
