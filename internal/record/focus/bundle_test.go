package focus

import (
	"archive/zip"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
	"plimsoll/internal/record/table"
)

// smallBills are bills of many forms, by name; each has an account of its own.
func smallBills(round int) map[string]string {
	const focusHeader = "BillingAccountId,ChargePeriodStart,ServiceName,ConsumedQuantity,ConsumedUnit,BilledCost,BillingCurrency,ChargeCategory"
	n := 0
	row := func(format string) string {
		n++
		return strings.ReplaceAll(format, "@", fmt.Sprintf("A%d-%d", round, n))
	}
	return map[string]string{
		"plain.csv": row(focusHeader +
			"\n@,2031-01-02T00:00:00Z,Store,5,GB,1.25,EUR,Usage\n@,2031-02-02,Store,7,GB,,EUR,Tax\n"),
		"faults.csv": row(focusHeader +
			"\n@,2031-01-02T00:00:00Z,Store,five,GB,1.25,EUR,Usage\n@,yesterday,Store,5,GB,1,EUR,Usage\n" +
			"@,2031-01-02\n@,2031-03-04,\"Store\nof two " +
			"lines\",1,GB,2,EUR,Usage\n@,2031-03-05,\"open,1,GB,2,EUR,Usage\n"),
		"comma.csv": row(strings.ReplaceAll(focusHeader, ",", ";") +
			"\n@;2031-01-02;Store;5,5;GB;1.234,25;EUR;Usage\n"),
		"point.csv": row(strings.ReplaceAll(focusHeader, ",", ";") + "\n@;02.01.2031;Store;5.5;GB;1234.25;EUR;Usage\n"),
		"lines.json": row(`{"BillingAccountId":"@","ChargePeriodStart":"2031-05-01T00:00:00Z","ServiceName":"Query","ConsumedQuantity":3,"BilledCost":4.5,"BillingCurrency":"USD","x_Team":"blue"}` + "\n" +
			`{"BillingAccountId":"@","ChargePeriodStart":"never","ServiceName":"Query","ConsumedQuantity":3,"BilledCost":4.5,"BillingCurrency":"USD"}` + "\n"),
		"azure_us.csv": row(
			"SubscriptionId,Date,MeterCategory,MeterName,Quantity,UnitOfMeasure,CostInBillingCurrency,BillingCurrencyCode,ChargeType\n@,1/13/2031,Storage,LRS,5,1 GB,2.5,USD,Usage\n"),
		"azure_eu.csv": row(
			"SubscriptionId,Date,MeterCategory,MeterName,Quantity,UnitOfMeasure,CostInBillingCurrency,BillingCurrencyCode,ChargeType\n@,13/1/2031,Storage,LRS,5,1 GB,\"2,5\",EUR,Usage\n"),
		"contract.csv": row(focusHeader +
			",ContractApplied\n@,2031-01-02T00:00:00Z,Store,5,GB,1.25,EUR,Usage,\"{\"\"Elements\"\":[{\"\"ContractId\"\":\"\"K-@\"\"}]}\"\n"),
		"words.csv": row(focusHeader +
			",x_SkuMeterSubcategory,Tags\n@,2031-01-02T00:00:00Z,Store,5,GB,1.25,EUR,Usage,Speech to Text,mine\n"),
		"latin1.csv": row(focusHeader + "\n@,2031-01-02T00:00:00Z,Stockage \xe9tendu,5,GB,1.25,EUR,Usage\n"),
		"own-konto.csv": row(
			"Konto;Tag;Dienst;Menge;Betrag\n@;01.02.2031;Speech;1.500,5;10,00\n@;02.02.2031;Speech;zwölf;10,00\n"),
		"empty.csv": row(focusHeader + ",x_@\n"),
	}
}

// TestManyBills: small bills that are added up together come to the same as each by itself.
func TestManyBills(t *testing.T) {
	maps, err := table.ParseMaps("own.yaml", []byte("maps:\n  - name: own\n    table: usage\n    files: "+
		"[\"*own-konto.csv\"]\n    number: \"1.234,56\"\n    date: DD.MM.YYYY\n    columns:\n"+
		"      BillingAccountId: Konto\n      ChargePeriodStart: Tag\n      ServiceName: Dienst\n      "+
		"ConsumedQuantity: Menge\n      BilledCost: Betrag\n"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	packed, err := os.Create(filepath.Join(dir, "bills.zip"))
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(packed)
	for i := range 2 {
		for name, text := range smallBills(i) {
			w, err := z.Create(fmt.Sprintf("%d/%s", i, name))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte(text)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := packed.Close(); err != nil {
		t.Fatal(err)
	}
	sources := recordtest.Sources(t, dir)
	if len(sources) < manySources {
		t.Fatalf("%d sources", len(sources))
	}
	under := map[int]table.Map{}
	for _, s := range sources {
		if strings.HasSuffix(s.Name, "own-konto.csv") {
			under[s.Index] = maps[0]
		}
	}
	together := openDB(t)
	var all recordtest.Collector
	stats, err := LoadMapped(t.Context(), together, sources, under, &all)
	if err != nil {
		t.Fatal(err)
	}
	var rejects []record.Reject
	for _, s := range sources {
		alone := openDB(t)
		var one recordtest.Collector
		st, err := LoadMapped(t.Context(), alone, []record.Source{s}, under, &one)
		if err != nil {
			t.Fatal(err)
		}
		rejects = append(rejects, one.Rejects...)
		if got, want := stats[s.Index], st[s.Index]; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %s", s.Name, cmp.Diff(want, got))
		}
		for _, q := range []string{
			fmt.Sprintf("SELECT * FROM usage WHERE source = %d ORDER BY ALL", s.Index),
			fmt.Sprintf("SELECT * FROM usage_lacks WHERE source = %d ORDER BY ALL", s.Index),
			fmt.Sprintf("SELECT * FROM usage_contract WHERE source = %d ORDER BY ALL", s.Index),
		} {
			if d := cmp.Diff(rowsOf(t, alone, q), rowsOf(t, together, q)); d != "" {
				t.Errorf("%s: %s: %s", s.Name, q, d)
			}
		}
	}
	if d := cmp.Diff(rejects, all.Rejects); d != "" {
		t.Error(d)
	}
}

// rowsOf are the rows of a query as text.
func rowsOf(t testing.TB, db *sql.DB, query string) [][]string {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out [][]string
	for rows.Next() {
		cells := make([]any, len(names))
		into := make([]any, len(names))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		line := make([]string, len(names))
		for i, c := range cells {
			line[i] = fmt.Sprint(c)
		}
		out = append(out, line)
	}
	return out
}

// FuzzBundle reads any bill by itself and as one of many: the rows, rejects and notes are the same.
func FuzzBundle(f *testing.F) {
	for _, text := range smallBills(0) {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, ok := Recognise(text, "x.csv"); !ok {
			return
		}
		src := record.Source{Path: write(t, t.TempDir(), "x.csv", string(text)), Name: "x.csv"}
		read := func(many bool) (rows [][]string, st record.Stats, rejects []record.Reject, err error) {
			db := openDB(t)
			x, err := Begin(t.Context(), db, []record.Source{src}, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer x.Close()
			x.loader.many = many
			var c recordtest.Collector
			stats, err := x.Finish(&c)
			if err != nil {
				return nil, record.Stats{}, nil, err
			}
			return rowsOf(t, db, "SELECT * FROM usage ORDER BY ALL"), stats[0], c.Rejects, nil
		}
		rows, st, rejects, err := read(false)
		if err != nil {
			return
		}
		rows2, st2, rejects2, err := read(true)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(rows, rows2) + cmp.Diff(st, st2) + cmp.Diff(rejects, rejects2); d != "" {
			t.Error(d)
		}
	})
}
