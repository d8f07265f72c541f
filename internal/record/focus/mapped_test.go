package focus

import (
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
	"plimsoll/internal/record/table"
)

// TestColumnsOfAMap: every column that a mapping to usage may fill is one that is read here.
func TestColumnsOfAMap(t *testing.T) {
	for _, c := range table.ColumnsOf(table.Usage) {
		if !slices.ContainsFunc(reads[:], func(r struct {
			name  string
			alias []string
		}) bool {
			return r.name == c || slices.Contains(r.alias, c)
		}) {
			t.Errorf("%s is no column that is read", c)
		}
	}
}

const ownBill = "Konto;Tag;Dienst;Menge;Einheit;Kosten\n" +
	"1;01.02.2031;Speech to text;1.500,5;hours;10,00\n" +
	"1;02.02.2031;Speech to text;zwölf;hours;10,00\n" +
	"1;03.02.2031;Speech to text;2\n" +
	"Summe;;;;;20,00\n"

const ownMap = `maps:
  - name: own
    table: usage
    files: [b.csv]
    number: "1.234,56"
    date: DD.MM.YYYY
    reject:
      - {column: Konto, is: [Summe], reason: a sum}
    columns:
      BillingAccountId: Konto
      ChargePeriodStart: Tag
      ServiceName: Dienst
      ConsumedQuantity: Menge
      ConsumedUnit: Einheit
      BilledCost: Kosten
      BillingCurrency: {const: EUR}
      ChargeCategory: {const: Usage}
`

// TestMappedBill: a bill of other columns adds up, and what was not understood stays there as unknown.
func TestMappedBill(t *testing.T) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	path := filepath.Join(t.TempDir(), "b.csv")
	if err := os.WriteFile(path, []byte(ownBill), 0o600); err != nil {
		t.Fatal(err)
	}
	maps, err := table.ParseMaps("m.yaml", []byte(ownMap))
	if err != nil {
		t.Fatal(err)
	}
	var sink recordtest.Collector
	st, err := LoadMapped(t.Context(), db, []record.Source{{Path: path, Name: "b.csv"}}, map[int]table.Map{0: maps[0]},
		&sink)
	if err != nil {
		t.Fatal(err)
	}
	if s := st[0]; s.Rows != 4 || s.Records != 1 || s.Rejects != 3 {
		t.Errorf("stats %+v", s)
	}
	reasons := map[string]string{}
	for _, r := range sink.Rejects {
		reasons[r.At] = r.Reason
	}
	for at, want := range map[string]string{"row 3": "zwölf", "row 4": "4 cells", "row 5": "a sum"} {
		if !strings.Contains(reasons[at], want) {
			t.Errorf("%s: %q, want %q in it", at, reasons[at], want)
		}
	}
	var quantity, used string
	if err := db.QueryRow(
		`SELECT sum(quantity)::VARCHAR, min(used) FROM usage WHERE unread IS NULL AND month = '2031-02-01'`).Scan(
		&quantity, &used); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(quantity, "1500.5") || used != "yes" {
		t.Errorf("quantity %s, used %s", quantity, used)
	}
	var unread int
	if err := db.QueryRow(`SELECT sum(charges) FROM usage WHERE unread IS NOT NULL`).Scan(&unread); err != nil {
		t.Fatal(err)
	}
	if unread != 2 {
		t.Errorf("%d charges are unknown, want the two that were not read and not the sum", unread)
	}
}
