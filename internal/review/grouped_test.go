package review

import (
	"bytes"
	"compress/gzip"
	"database/sql"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"
	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/finding"
	"plimsoll/internal/record/lake"
	"plimsoll/internal/world"
)

// groupBills puts a grouped bill in the place of the bills of a folder, by the statement for DuckDB.
func groupBills(t *testing.T, dir, file, format string) {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	usage := filepath.Join(dir, "usage")
	do := func(q string) {
		if _, err := db.Exec(q); err != nil {
			t.Fatalf("%v\n%s", err, q)
		}
	}
	do("SET TimeZone = 'Asia/Kolkata'") // of no consequence
	do(fmt.Sprintf("CREATE TABLE charges AS SELECT * FROM read_csv('%s/*.csv.gz', union_by_name = true, all_varchar "+
		"= true)", usage))
	var columns []string
	rows, err := db.Query("SELECT column_name FROM (DESCRIBE charges)")
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var c string
		if err := rows.Scan(&c); err != nil {
			t.Fatal(err)
		}
		columns = append(columns, c)
	}
	rows.Close()
	text, err := lake.SQL(lake.Options{Dialect: "duckdb", Table: "charges", Columns: columns, TextTime: true,
		Snapshot: "lake 1"})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(usage); err != nil {
		t.Fatal(err)
	}
	do(fmt.Sprintf("COPY (%s) TO '%s' (%s)", text, filepath.Join(dir, file), format))
}

// messBills puts into bills what people's systems put there.
func messBills(t *testing.T, dir string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "usage", "*.csv.gz"))
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	k := 0
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		all, err := csv.NewReader(z).ReadAll()
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		at := map[string]int{}
		for i, n := range all[0] {
			at[n] = i
		}
		for _, row := range all[1:] {
			switch k++; k % 23 {
			case 1:
				row[at["BilledCost"]] = "12,5x"
			case 3:
				row[at["ConsumedQuantity"]] = "many"
			case 5:
				row[at["ConsumedUnit"]] = ""
			case 7:
				row[at["ChargePeriodStart"]] = "yesterday"
			case 9:
				row[at["ConsumedQuantity"]] = "2600000000000000000"
			case 11:
				row[at["ConsumedQuantity"]] = ""
			case 13:
				row[at["EffectiveCost"]] = "NULL"
			case 15:
				row[at["ChargeClass"]] = "Correction"
			case 17:
				row[at["ServiceName"]] += " "
			case 19:
				row[at["BilledCost"]] = "1e30"
			case 21:
				row[at["ChargePeriodEnd"]] = row[at["ChargePeriodStart"]]
			case 22:
				row[at["ChargePeriodStart"]] = strings.TrimSuffix(row[at["ChargePeriodStart"]], ":00Z") + "-05:30"
			}
		}
		out, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		zw := gzip.NewWriter(out)
		if err := csv.NewWriter(zw).WriteAll(all); err != nil {
			t.Fatal(err)
		}
		if err := zw.Close(); err != nil {
			t.Fatal(err)
		}
		out.Close()
	}
}

// rowCount is how many lines of the book a gap is about: one for each file that a month without a date stands in.
var rowCount = regexp.MustCompile(`\b[0-9\x{202f}]+ rows`)

// said is what a finding says, without the places it was read at and without what sums of fractions differ in.
func said(list []finding.Finding) []string {
	var out []string
	for _, f := range list {
		out = append(out, fmt.Sprintln(f.Flag, f.State, f.Severity, f.Subject.Name, f.Subject.ID, f.Accounts,
			rowCount.ReplaceAllString(f.Sentence, "rows"), f.Missing, f.Period))
	}
	return out
}

// TestGroupedBill: the grouped bill of a lake gives the findings of the bills that it was made from.
func TestGroupedBill(t *testing.T) {
	for _, tt := range []struct {
		name, file, format string
		mess               func(*testing.T, string)
	}{
		{"plain, Parquet", "grouped.parquet", "FORMAT parquet", nil},
		{"messy, CSV", "grouped.csv.gz", "FORMAT csv, HEADER, COMPRESSION gzip", messBills},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := world.Options{Seed: 1, Size: "small"}
			mess := func(dir string) {
				if tt.mess != nil {
					tt.mess(t, dir)
				}
			}
			_, want, plain := reviewWorld(t, o, mess)
			_, got, sum := reviewWorld(t, o, func(dir string) {
				mess(dir)
				groupBills(t, dir, tt.file, tt.format)
			})
			if d := cmp.Diff(said(want), said(got)); d != "" {
				t.Errorf("findings of bills (-) and of the grouped bill (+):\n%.4000s", d)
			}
			// The share is of groups that add up to more than nothing: a credit lowers that of the charges it is
			// grouped with, and a lake's groups are not those of the files.
			if a, b := plain.Coverage.Usage.CostMapped, sum.Coverage.Usage.CostMapped; math.Abs(a-b) > 0.01 {
				t.Errorf("share of cost that is tied to a party: %g of bills, %g of the grouped bill", a, b)
			}
			plain.Coverage.Usage.CostMapped, sum.Coverage.Usage.CostMapped = 0, 0
			if d := cmp.Diff(plain.Coverage.Usage, sum.Coverage.Usage); d != "" {
				t.Errorf("coverage of use:\n%s", d)
			}
			if len(sum.Failed) > 0 {
				t.Errorf("failed: %v", sum.Failed)
			}
			places := 0
			for _, f := range got {
				for _, e := range f.Evidence {
					if filepath.Base(e.File) == tt.file {
						if !strings.HasPrefix(e.At, "snapshot lake 1, group") {
							t.Fatalf("evidence at %q", e.At)
						}
						places++
					}
				}
			}
			if places == 0 {
				t.Error("no evidence names a group")
			}
			if want := plain.Counts.Rows; sum.Counts.Rows != want {
				t.Errorf("rows %d, want the charges %d", sum.Counts.Rows, want)
			}
		})
	}
}

// What a lake hands over and is not whole is refused in words, and never taken for all there is.
func TestGroupedBillRefused(t *testing.T) {
	in, _, _ := reviewWorld(t, world.Options{Seed: 1, Size: "40/600"}, func(dir string) {
		groupBills(t, dir, "grouped.csv", "FORMAT csv, HEADER")
	})
	text, err := os.ReadFile(filepath.Join(in, "grouped.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := func(name string) int { return slices.Index(rows[0], name) }
	group := slices.IndexFunc(rows, func(r []string) bool {
		return r[column("x_GroupRow")] == "group" && r[column("ConsumedQuantity")] != ""
	})
	write := func(rows [][]string) string {
		var b bytes.Buffer
		if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	other := func(change func([]string)) string {
		out := slices.Clone(rows)
		out[group] = slices.Clone(out[group])
		change(out[group])
		return write(out)
	}
	for _, tt := range []struct {
		name   string
		files  map[string]string
		failed string // in what the run says failed; "" when nothing did
	}{
		{"whole", map[string]string{"grouped.csv": string(text)}, ""},
		{"twice", map[string]string{"grouped.csv": string(text), "again.csv": string(text)}, ""},
		{"another sum", map[string]string{
			"grouped.csv": other(func(r []string) { r[column("ConsumedQuantity")] = "999999" })}, "control"},
		{"a group less", map[string]string{"grouped.csv": write(slices.Concat(rows[:group], rows[group+1:]))},
			"control"},
		{"no control rows", map[string]string{"grouped.csv": write(slices.DeleteFunc(slices.Clone(rows),
			func(r []string) bool {
				return r[column("x_GroupRow")] == "control"
			}))}, "control"},
		{"one key with two contents", map[string]string{
			"grouped.csv": write(append(slices.Clone(rows), func() []string {
				r := slices.Clone(rows[group])
				r[column("ConsumedQuantity")] = "7"
				return r
			}()))}, "grouped.csv"},
		{"cut off", map[string]string{"grouped.csv": string(text[:len(text)*2/3])}, "grouped.csv"},
		{"header alone", map[string]string{"grouped.csv": write(rows[:1])}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "in")
			if err := os.CopyFS(dir, os.DirFS(in)); err != nil {
				t.Fatal(err)
			}
			for name, text := range tt.files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			res, err := Run(t.Context(), Options{Paths: []string{dir}, Lists: []string{filepath.Join(dir, "lists")},
				AsOf: today(t),
				Out:  filepath.Join(t.TempDir(), "out"), Version: "test"})
			if err != nil {
				t.Fatal(err)
			}
			failed := strings.Join(res.Summary.Failed, "\n")
			if tt.failed == "" && failed != "" || !strings.Contains(failed, tt.failed) {
				t.Errorf("failed: %q, want %q in it", failed, tt.failed)
			}
			if f := res.Summary.Flags["RF-11"]; tt.name == "header alone" && f.NotRaised != 0 {
				t.Errorf("without a charge RF-11 is not raised %d times", f.NotRaised)
			}
		})
	}
}
