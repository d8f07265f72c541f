package table

import (
	"archive/zip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

const benchRows = 50_000

func benchText() string {
	var b strings.Builder
	b.WriteString("engagement_id,kind,seller,buyer,buyer_id,end_user,reseller,item,item_code,quantity,unit,value,currency,signed,start,end,destination\n")
	for i := range benchRows {
		fmt.Fprintf(&b, "E-%d,contract,Skyfold Ltd,Ministry of Roads %d,XX-REG:%05d,Unit %d,,\"Storage, region "+
			"%d\",72317000,%d,TB,%d.50,EUR,2031-02-03,2031-03-01,2032-02-28,North Ostania\n",
			i, i%500, i%500, i%90, i%7, i%900, 1000+i)
	}
	return b.String()
}

type discard struct{ n int }

func (d *discard) Record(record.Record) error { d.n++; return nil }
func (d *discard) Reject(record.Reject) error { return errors.New("reject") }

// go test -run xxx -bench Decode -count 10 ./internal/record/table
func BenchmarkDecode(b *testing.B) {
	text := benchText()
	rate := func(b *testing.B) {
		b.ReportMetric(float64(benchRows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
	}
	b.Run("reader=encoding-csv", func(b *testing.B) {
		for b.Loop() {
			r := csv.NewReader(strings.NewReader(text))
			r.ReuseRecord = true
			for {
				if _, err := r.Read(); err == io.EOF {
					break
				}
			}
		}
		rate(b)
	})
	b.Run("reader=rows", func(b *testing.B) {
		for b.Loop() {
			in := newCSV(strings.NewReader(text), ',')
			for {
				if _, err := in.next(); err == io.EOF {
					break
				}
			}
		}
		rate(b)
	})
	src := file(b, "engagements.csv", []byte(text))
	b.Run("reader=decode", func(b *testing.B) {
		for b.Loop() {
			var d discard
			if _, err := Decode(context.Background(), src, &d); err != nil || d.n != benchRows {
				b.Fatal(d.n, err)
			}
		}
		rate(b)
	})
	maps, err := ParseMaps("bench.yaml", []byte(`
maps:
  - name: bench
    table: engagements
    files: [engagements.csv]
    number: "1,234.56"
    date: YYYY-MM-DD
    columns: {engagement_id: engagement_id, kind: kind, seller: seller, buyer: buyer, item: {join: [item, unit]}, value: value, currency: currency, signed: signed}
`))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("reader=mapped", func(b *testing.B) {
		for b.Loop() {
			var d discard
			if _, err := DecodeMapped(context.Background(), src, maps[0], &d); err != nil || d.n != benchRows {
				b.Fatal(d.n, err)
			}
		}
		rate(b)
	})
}

// BenchmarkDecodeXLSX reads a register workbook beside encoding/xml, which reads the tokens of its sheet.
//
//	go test -run '^$' -bench XLSX -benchtime 3x ./internal/record/table
func BenchmarkDecodeXLSX(b *testing.B) {
	const n = 20_000
	rows := [][]any{{"engagement_id", "kind", "buyer", "item", "value", "signed"}}
	for i := range n {
		rows = append(rows, []any{fmt.Sprint("E-", i), "sale", fmt.Sprint("Buyer ", i%300), "Storage", float64(i) + 0.5,
			"2031-02-03"})
	}
	src := file(b, "register.xlsx", book(b, false, sheetOf{"Contracts", rows}))
	recordtest.Beside(b, n, func() (int, error) {
		var d discard
		_, err := DecodeXLSX(context.Background(), src, &d)
		return d.n, err
	}, func() (int, error) {
		z, err := zip.OpenReader(src.Path)
		if err != nil {
			return 0, err
		}
		defer z.Close()
		sheet, err := z.Open("xl/worksheets/sheet1.xml")
		if err != nil {
			return 0, err
		}
		defer sheet.Close()
		rows, err := recordtest.XMLElements(sheet, "row")
		return rows - 1, err // the header
	})
}
