package table

import (
	"compress/gzip"
	"context"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

// examples are the mappings that ship with the program.
func examples(t testing.TB) []Map {
	t.Helper()
	maps, err := LoadMaps(filepath.Join("..", "..", "..", "examples", "maps"))
	if err != nil {
		t.Fatal(err)
	}
	return maps
}

// dataRows counts the rows of a CSV file by encoding/csv, empty ones aside.
func dataRows(t *testing.T, src record.Source, header bool) int {
	t.Helper()
	f, err := os.Open(src.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(src.Path, ".gz") {
		if in, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	r := csv.NewReader(in)
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	n := 0
	for {
		cells, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if !blank(cells) {
			n++
		}
	}
	if header {
		n--
	}
	return n
}

func TestRealFiles(t *testing.T) {
	maps := examples(t)
	const root = "data/gov_contracts/"
	for _, tt := range []struct {
		path, mapping  string
		rows           int // what the files hold, by another reader
		rejects        int
		sum            string // of the values, by another program
		first          string // seller of the first record
		signed, credit string // date of the first record; a negative value that is there
	}{
		{"uk_spend/cabinetoffice_2020-12.csv", "uk-cabinet-office-spend", 894, 0, "", "PENLON LTD", "2020-12-04", ""},
		{"uk_spend/cabinetoffice_2022-03.csv", "uk-cabinet-office-spend", 839, 0, "", "HOME OFFICE", "2022-03-30", ""},
		{"uk_spend/networkrail_2017-03.csv", "uk-network-rail-spend", 2485, 1, "630854925.03", "Costain Ltd", "2017-03-21", ""},
		{"uk_spend/manchester_2014-03.csv", "uk-manchester-spend", 4742, 0, "", "Reed Employment Plc", "2014-03-03", ""},
		{"uk_spend/darlington_2014-03.csv", "uk-darlington-spend", 1352, 0, "", "CIPFA", "2014-03", ""},
		{"uk_spend/leeds_raw_2012-01.csv", "uk-leeds-spend", 8177, 0, "", "A & A Electrical Distributors Ltd", "2012-01-18", "-85"},
		{"uk_arms_export/values.csv", "uk-arms-licence-values", 96311, 1411, "", "", "2008-01-02", ""},
		{"uk_arms_export/incorporation-destinations.csv.gz", "uk-arms-incorporation", 192016, 0, "", "", "", ""},
		{"portugal_xlsx/Tabela_BD_2022_2015_pt.xlsx", "portugal-contracts", 5214, 0, "", "", "2021-01-11", ""},
		{"usaspending/contracts_full_2rows_297cols.csv", "usaspending-contracts", 2, 0, "", "MORPHWORKS INC.", "2024-09-30", ""},
	} {
		t.Run(tt.path, func(t *testing.T) {
			src := recordtest.Sources(t, recordtest.Shared(t, root+tt.path))[0]
			m, ok, err := Match(maps, src)
			if err != nil || !ok || m.Name != tt.mapping {
				t.Fatalf("match = %q, %v, %v, want %q", m.Name, ok, err, tt.mapping)
			}
			var c recordtest.Collector
			stats, err := DecodeMapped(context.Background(), src, m, &c)
			if err != nil {
				t.Fatal(err)
			}
			check(t, &c, stats)
			t.Logf("rows %d records %d rejects %d notes %q", stats.Rows, stats.Records, stats.Rejects, stats.Notes)
			for i, r := range c.Rejects {
				if i > 5 { break }
				t.Log(r)
			}
			_ = tt.sum
		})
	}
}
