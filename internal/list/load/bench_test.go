package load_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2" // the reference for delimited text

	"plimsoll/internal/list/load"
	"plimsoll/internal/record/recordtest"
)

// BenchmarkLists reads published lists beside encoding/xml, which reads their tokens and builds nothing, or DuckDB,
// which counts the names: recognising, decoding and the checks of a list are in it.
//
//	go test -run '^$' -bench Lists -benchtime 1x ./internal/list/load
func BenchmarkLists(b *testing.B) {
	const entries = 5000
	for _, tt := range []struct {
		name, file, text string
		begin, end       string // around what is repeated
		key              string // in it that becomes the number of each
		element          string // that XML counts, "" for delimited text
	}{
		{"list=eu/form=xml", "eu.xml", sampleEUXML, "<sanctionEntity designation",
			`<sanctionEntity euReferenceNumber="EU.2`, "11", "sanctionEntity"},
		{"list=uk/form=xml", "uk.xml", sampleUKXML, "<Designation>", "</Designations>", "QOR1", "Designation"},
		{"list=seco/form=xml", "seco.xml", sampleSECO, `<target ssid="100"`, `<target ssid="101"`, "100", "target"},
		{"list=sema/form=xml", "sema.xml", sampleSEMA, "<record>", "<record><Country>Ostrin</Country>", "7", "record"},
		{"list=ofac-advanced/form=xml", "sdn_advanced.xml", sampleAdvanced, "<s:DistinctParty ", "</s:DistinctParties>",
			"900", "DistinctParty"},
		{"list=un/form=xml", "un.xml", sampleUN, "<ENTITY>", "</ENTITIES>", "1", "ENTITY"},
		{"list=eu/form=csv", "eu.csv", sampleEUCSV, "05/08/2031;11", "05/08/2031;22", "11", ""},
		{"list=uk/form=csv", "uk.csv", strings.TrimPrefix(sampleUKCSV, "Report Date: 08-Oct-2031\n"),
			"04/08/2031,QOR1,901,Ostrin", "04/08/2031,QOR1,901,OW", "QOR1", ""},
		{"list=csl/form=csv", "csl.csv", sampleCSL, "a1,Entity", "901,Specially", "a1", ""},
	} {
		b.Run(tt.name, func(b *testing.B) {
			i := strings.Index(tt.text, tt.begin)
			j := i + strings.Index(tt.text[i:], tt.end)
			one := tt.text[i:j]
			tail := tt.text[j:]
			if k := strings.Index(tail, "</"+strings.TrimPrefix(rootOf(tt.text), "<")); tt.element != "" && k >= 0 &&
				!strings.HasPrefix(tail, "</") {
				tail = tail[k:]
			} else if tt.element == "" {
				tail = ""
			}
			var text strings.Builder
			text.WriteString(tt.text[:i])
			for n := range entries {
				text.WriteString(strings.ReplaceAll(one, tt.key, fmt.Sprint(strings.TrimRight(tt.key, "0123456789"),
					100_000+n)))
			}
			text.WriteString(tail)
			path := filepath.Join(b.TempDir(), tt.file)
			if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
				b.Fatal(err)
			}
			db, err := sql.Open("duckdb", "")
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			recordtest.Beside(b, entries, func() (int, error) {
				lists, err := load.Load(b.Context(), []string{path})
				if err != nil {
					return 0, err
				}
				return len(lists[0].Entries), nil
			}, func() (n int, err error) {
				if tt.element != "" {
					return recordtest.XMLElements(strings.NewReader(text.String()), tt.element)
				}
				err = db.QueryRow("SELECT count(*) FROM (SELECT DISTINCT * FROM read_csv('" + strings.ReplaceAll(path,
					"'", "''") + "', all_varchar = true, header = true))").Scan(&n)
				return n, err
			})
		})
	}
}

// rootOf is the name of the first element of an XML text, with its opening bracket.
func rootOf(text string) string {
	_, text, _ = strings.Cut(text, "?>")
	return text[:strings.IndexAny(text, " >")]
}
