package focus

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
	"plimsoll/internal/record/table"
)

// BenchmarkMapped reads a bill of somebody's own columns under a map, beside encoding/csv that reads its cells and
// DuckDB that adds its columns up. Two million rows a minute are 33,333 a second.
//
//	go test -run '^$' -bench Mapped -benchtime 1x ./internal/record/focus
//	PLIMSOLL_FULL=1 … reads two million rows
func BenchmarkMapped(b *testing.B) {
	rows := 100_000
	if os.Getenv("PLIMSOLL_FULL") != "" {
		rows = 2_000_000
	}
	path := filepath.Join(b.TempDir(), "own.csv")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "Konto;Unterkonto;Tag;Dienst;Menge;Einheit;Betrag;Waehrung;Bemerkung")
	for i := range rows {
		fmt.Fprintf(w, "A-%d;s-%d;%02d.%02d.2031;Object Store %d;%d,25;GB;1.%03d,%02d;EUR;words of the customer %d\n",
			i%50, i%900, 1+i%28, 1+i%12, i%20, i%700, i%1000, i%100, i)
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		b.Fatal(err)
	}
	maps, err := table.ParseMaps("own.yaml", []byte("maps:\n  - name: own\n    table: usage\n    files: [own.csv]\n  "+
		"  number: \"1.234,56\"\n    date: DD.MM.YYYY\n    columns:\n"+
		"      BillingAccountId: Konto\n      SubAccountId: Unterkonto\n      ChargePeriodStart: Tag\n      "+
		"ServiceName: Dienst\n      ConsumedQuantity: Menge\n      ConsumedUnit: Einheit\n"+
		"      BilledCost: Betrag\n      BillingCurrency: Waehrung\n      ChargeCategory: {text: Usage}\n"))
	if err != nil {
		b.Fatal(err)
	}
	rate := func(b *testing.B) {
		b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		b.ReportAllocs()
	}
	b.Run("reader=encoding-csv", func(b *testing.B) {
		for b.Loop() {
			in, err := os.Open(path)
			if err != nil {
				b.Fatal(err)
			}
			r := csv.NewReader(bufio.NewReaderSize(in, 64<<10))
			r.Comma, r.ReuseRecord = ';', true
			for err == nil {
				_, err = r.Read()
			}
			in.Close()
			if !errors.Is(err, io.EOF) {
				b.Fatal(err)
			}
		}
		rate(b)
	})
	b.Run("reader=mapped", func(b *testing.B) {
		db := openDB(b)
		recordtest.Beside(b, rows, func() (int, error) {
			src := recordtest.Sources(b, path)
			var c recordtest.Collector
			st, err := LoadMapped(b.Context(), openDB(b), src, map[int]table.Map{src[0].Index: maps[0]},
				record.Sink(&c))
			return st[src[0].Index].Records, err
		}, func() (n int, err error) {
			err = db.QueryRow(`SELECT sum(n)::BIGINT FROM (SELECT count(*) AS n, "Konto", "Unterkonto", "Dienst", substr("Tag", 4), sum(CAST(replace(replace("Betrag", '.', ''), ',', '.') AS DECIMAL(38,12))),
  sum(CAST(replace("Menge", ',', '.') AS DECIMAL(38,12))) FROM read_csv(` + quote(path) +
				`, delim = ';', all_varchar = true, header = true) GROUP BY 2, 3, 4, 5)`).Scan(&n)
			return n, err
		})
	})
}
