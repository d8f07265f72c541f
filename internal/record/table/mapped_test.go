package table

import (
	"compress/gzip"
	"context"
	"encoding/csv"
	"io"
	"math/big"
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
	for _, tt := range []struct {
		path, mapping string
		rows, rejects int
		sum           string // of the values, added up by another program
		credits       int    // values below zero
		signed        string // of the first record
		lacks         string // a column that the source has nothing for
	}{
		{"uk_spend/cabinetoffice_2020-12.csv", "uk-cabinet-office-spend", 894, 0, "137356240.85", 0, "2020-12-04",
			"end_user"},
		{"uk_spend/cabinetoffice_2022-03.csv", "uk-cabinet-office-spend", 839, 0, "178569644.22", 0, "2022-03-30",
			"end_user"},
		{"uk_spend/networkrail_2017-03.csv", "uk-network-rail-spend", 2485, 1, "630854925.02", 0, "2017-03-21",
			"item_code"},
		{"uk_spend/manchester_2014-03.csv", "uk-manchester-spend", 4742, 0, "79659084.40", 0, "2014-03-03", "end_user"},
		{"uk_spend/darlington_2014-03.csv", "uk-darlington-spend", 1352, 0, "5849530.08", 0, "2014-03", "destination"},
		{"uk_spend/leeds_raw_2012-01.csv", "uk-leeds-spend", 8177, 0, "76933972.55", 85, "2012-01-18", "end_user"},
		{"uk_arms_export/values.csv", "uk-arms-licence-values", 96311, 1411, "59415766443", 0, "2008-01-02", "buyer"},
		{"uk_arms_export/incorporation-destinations.csv.gz", "uk-arms-incorporation", 192016, 0, "0", 0, "", "value"},
		{"portugal_xlsx/Tabela_BD_2022_2015_pt.xlsx", "portugal-contracts", 5214, 0, "3314764427.20", 0, "2021-01-11",
			"seller"},
		{"usaspending/contracts_full_2rows_297cols.csv", "usaspending-contracts", 2, 0, "1028756.74", 0, "2024-09-30",
			"end_user"},
	} {
		t.Run(tt.path, func(t *testing.T) {
			src := recordtest.Sources(t, recordtest.Shared(t, "data/gov_contracts/"+tt.path))[0]
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
			if stats.Rows != tt.rows || stats.Rejects != tt.rejects {
				t.Errorf("%d rows, %d rejects, want %d, %d; the first: %v", stats.Rows, stats.Rejects, tt.rows,
					tt.rejects, c.Rejects[:min(3, len(c.Rejects))])
			}
			if !strings.HasSuffix(src.Path, ".xlsx") {
				if n := dataRows(t, src, true); n != stats.Rows {
					t.Errorf("%d rows, the file has %d", stats.Rows, n)
				}
			}
			sum, credits, ids := new(big.Rat), 0, map[string]bool{}
			for _, e := range recordtest.Of[*record.Engagement](&c) {
				sum.Add(sum, e.Value.Rat())
				if strings.HasPrefix(string(e.Value), "-") {
					credits++
				}
				if ids[e.ID] {
					t.Fatalf("engagement %s stands twice, again at %s", e.ID, e.At)
				}
				ids[e.ID] = true
			}
			if want := record.Decimal(tt.sum).Rat(); sum.Cmp(want) != 0 || credits != tt.credits {
				t.Errorf("values add up to %s with %d credits, want %s with %d", sum.FloatString(2), credits, tt.sum,
					tt.credits)
			}
			first := recordtest.Of[*record.Engagement](&c)[0]
			if got := first.Signed.String(); got != tt.signed {
				t.Errorf("signed %q, want %q", got, tt.signed)
			}
			if !first.Lacks[tt.lacks] || first.Lacks["engagement_id"] {
				t.Errorf("lacks = %v, want %s among them", first.Lacks, tt.lacks)
			}
		})
	}
}

// TestKosovo reads 35 registers without header. 5,482 lines as a CSV reader counts them,
// of which 4 are empty.
func TestKosovo(t *testing.T) {
	maps := examples(t)
	var total record.Stats
	buyers, doubts := map[string]bool{}, 0
	for _, src := range recordtest.Sources(t, recordtest.Shared(t, "data/gov_contracts/kosovo")) {
		m, ok, err := Match(maps, src)
		if err != nil || !ok || m.Name != "kosovo-municipal-contracts" {
			t.Fatalf("%s: match = %q, %v, %v", src.Name, m.Name, ok, err)
		}
		var c recordtest.Collector
		stats, err := DecodeMapped(context.Background(), src, m, &c)
		if err != nil {
			t.Fatal(err)
		}
		check(t, &c, stats)
		total.Rows, total.Records, total.Rejects = total.Rows+stats.Rows, total.Records+stats.Records, total.Rejects+
			stats.Rejects
		for _, e := range recordtest.Of[*record.Engagement](&c) {
			buyers[e.Buyer.Name] = true
			if len(e.Unread) > 0 {
				doubts++
			}
		}
	}
	if total.Rows != 5478 || total.Rejects != 6 || doubts != 44 {
		t.Errorf("%d rows, %d rejects, %d in doubt, want 5478, 6, 44", total.Rows, total.Rejects, doubts)
	}
	if len(buyers) != 6 || !buyers["Komuna Hani i Elezit"] {
		t.Errorf("buyers = %v", buyers)
	}
}
