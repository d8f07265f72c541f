package review

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/book"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// TestInventoryBy: an engagement counts once in each sum, the newest version of it, with its flags; edges and what has
// none are counted.
func TestInventoryBy(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "engagements.csv")
	text := `engagement_id,kind,seller,buyer,end_user,item,item_scheme,item_code,value,currency,signed,destination
E1,sale,Veld Arms Ltd,Third Brigade of Ulthoria,,Rifles,HS,9303.30,100,EUR,2030-02-01,Ulthoria
E1,sale,Veld Arms Ltd,Third Brigade of Ulthoria,,Rifles,HS,9303.30,250.50,EUR,2031-02-01,Ulthoria
E2,sale,Veld Arms Ltd,Third Brigade of Ulthoria,,Cartridges,HS,9306.30,,EUR,2031-03-01,Ulthoria
E3,sale,Veld Office Ltd,Town of Ortley,,Office paper,HS,4802.56,10,EUR,2031-03-01,Ulthoria
E4,sale,,Third Brigade of Ulthoria,,Rifles,HS,9303.30,7,USD,2031-03-01,Ulthoria
E5,sale,Veld Office Ltd,Town of Ortley,,Cartridges,HS,9306.30,20,EUR,2029-03-01,Ulthoria
E5,sale,Veld Office Ltd,Town of Ortley,,Chairs,HS,9401.80,20,EUR,2029-03-01,Ulthoria
E6,sale,Veld Fuel Ltd,Harbour Board,,Diesel fuel,HS,2710.19,1.25,EUR,2030-03-01,Ulthoria
E6,sale,Veld Fuel Ltd,Harbour Board,,Diesel fuel,HS,2710.19,2,EUR,2030-03-01,Ulthoria
E6,sale,Veld Fuel Ltd,,,Chairs,HS,9401.80,,EUR,2030-03-01,
E7,sale,Veld Fuel Ltd,Harbour Board,,Diesel fuel,HS,2710.19,5,EUR,2030-03-01,Ulthoria
E7,sale,Veld Fuel Ltd,Harbour Board,,Diesel fuel,HS,2710.19,7,USD,2030-03-01,Ulthoria
`
	if err := os.WriteFile(in, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	res, err := Run(t.Context(), Options{Paths: []string{in}, Out: out, AsOf: time.Date(2031, 7, 1, 0, 0, 0, 0,
		time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(out, "inventory_by.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range rows[1:] {
		if row[0] == "capability" || row[0] == "buyer" || row[0] == "year" {
			got = append(got, strings.Join(append(row[:4:4], row[5:]...), "|"))
		}
	}
	want := []string{
		"capability|arms||3|1|270.5|EUR", "capability|arms||1|0|7|USD", "capability|fuel||1|1||",
		"capability|fuel||1|0|3.25|EUR", "capability|other||1|0|10|EUR",
		"buyer|arms|Third Brigade of Ulthoria|2|1|250.5|EUR", "buyer|arms|Third Brigade of Ulthoria|1|0|7|USD",
		"buyer|arms|Town of Ortley|1|0|20|EUR", "buyer|fuel|Harbour Board|1|1||",
		"buyer|fuel|Harbour Board|1|0|3.25|EUR",
		"buyer|other|Town of Ortley|1|0|10|EUR",
		"year|arms|2031|2|1|250.5|EUR", "year|arms|2029|1|0|20|EUR", "year|arms|2031|1|0|7|USD", "year|fuel|2030|1|1||",
		"year|fuel|2030|1|0|3.25|EUR",
		"year|other|2031|1|0|10|EUR",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("sums (-want +got):\n%s", d)
	}
	if x := res.Summary.Inventory; x.Edges+x.NoEdge != x.Lines || x.NoEdge != 1 || x.Nodes != 6 || x.Added != 1 {
		t.Errorf("%d edges and %d lines without one of %d lines, between %d parties", x.Edges, x.NoEdge, x.Lines,
			x.Nodes)
	}
	b, err := os.ReadFile(filepath.Join(out, "edges.ftm.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(b), `"schema":"Payment"`); n != res.Summary.Inventory.Edges {
		t.Errorf("%d edges in the file, %d in the summary", n, res.Summary.Inventory.Edges)
	}
}

// BenchmarkInventory writes the inventory of a million engagements between a hundred thousand parties, from the book
// on, and reports the memory of the process. Run:
//
//	go test ./internal/review -run - -bench BenchmarkInventory -benchtime 1x
func BenchmarkInventory(b *testing.B) {
	dir := b.TempDir()
	r := newRun(Options{AsOf: time.Date(2031, 7, 1, 0, 0, 0, 0, time.UTC), Memory: defaultMemory})
	r.dir = dir
	var err error
	if r.book, err = book.Open(b.Context(), dir, defaultMemory); err != nil {
		b.Fatal(err)
	}
	defer r.book.Close()
	if err := r.book.Add(&record.Engagement{ID: "one", Kind: "sale"}); err != nil {
		b.Fatal(err)
	}
	if err := r.book.Flush(); err != nil {
		b.Fatal(err)
	}
	const million, parties = 1_000_000, 100_000
	for i := range parties {
		r.res.Parties = append(r.res.Parties, party.Party{ID: party.ID(fmt.Sprintf("p-%06d", i)),
			Name: fmt.Sprintf("Harbour Works %d Ltd", i)})
	}
	for i := range million / 20 {
		if r.raisedOn == nil {
			r.raisedOn = map[[2]string]bool{}
		}
		r.raisedOn[[2]string{fmt.Sprintf("E%d", i*20), "RF-09"}] = true
	}
	for _, q := range []string{
		`CREATE TABLE party_map AS SELECT CAST(i AS INTEGER) AS mention, CAST(i AS INTEGER) AS party FROM range(%[2]d) t(i)`,
		`CREATE TABLE engagement_subject AS SELECT 'E' || i AS id, i AS n FROM range(%[1]d) t(i)`,
		`CREATE TABLE engagement_version AS SELECT i AS n, CAST(1 AS BIGINT) AS version, CAST(hash(i) %% %[2]d AS INTEGER) AS seller, CAST(hash(i+1) %% %[2]d AS INTEGER) AS buyer,
			CAST(hash(i+2) %% %[2]d AS INTEGER) AS end_user, '' AS end_user_text, 'Quay' AS destination, DATE '2031-01-01' - CAST(i %% 3000 AS INTEGER) AS signed,
			CAST(i AS DECIMAL(38,9)) AS value, 'EUR' AS currency,
			0 AS source, DATE '2031-01-01' - CAST(i %% 3000 AS INTEGER) AS signed_last, FALSE AS published FROM range(%[1]d) t(i)`,
		`CREATE TABLE engagement_item AS SELECT i AS n, CAST(1 AS BIGINT) AS version, CASE i %% 4 WHEN 0 THEN 'arms' WHEN 1 THEN 'speech|translation' ELSE '' END AS capabilities,
			CASE i %% 8 WHEN 0 THEN 'ML1' ELSE '' END AS controlled, i %% 4 <> 3 AS understood FROM range(%[1]d) t(i)`,
	} {
		if _, err := r.book.DB().Exec(fmt.Sprintf(q, million, parties)); err != nil {
			b.Fatal(err)
		}
	}
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o200) // the peak is counted from here on
	for b.Loop() {
		if err := r.inventory(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	if status, err := os.ReadFile("/proc/self/status"); err == nil && runtime.GOOS == "linux" {
		var kb float64
		if _, after, ok := strings.Cut(string(status), "VmHWM:"); ok {
			fmt.Sscan(after, &kb)
		}
		b.ReportMetric(kb/1024, "MiB-peak")
	}
	b.ReportMetric(float64(r.sum.Inventory.Lines), "lines")
}
