package review

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/engine"
	"plimsoll/internal/engine/enginetest"
	"plimsoll/internal/world"
)

// trinoTypes are what types of DuckDB are called in Trino, where that differs.
var trinoTypes = map[string]string{"TIMESTAMP": "TIMESTAMP(6)", "UBIGINT": "DECIMAL(20,0)", "HUGEINT": "DECIMAL(38,0)",
	"UINTEGER": "BIGINT", "UTINYINT": "INTEGER"}

// TestTwin makes every table that signals derive from the records in Trino too, by the same texts, and compares all
// rows.
func TestTwin(t *testing.T) {
	host := enginetest.Host(t)
	for _, tt := range []struct {
		name, size string
		mess       func(*testing.T, string)
	}{
		{"demo", "small", nil},
		{"messy", "60/3000", messBills},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := world.Write(t.Context(), dir, world.Options{Seed: 1, Size: tt.size}); err != nil {
				t.Fatal(err)
			}
			if tt.mess != nil {
				tt.mess(t, dir)
			}
			r := newRun(Options{Paths: []string{dir}, Lists: []string{filepath.Join(dir, "lists")}, AsOf: today(t),
				Out: filepath.Join(t.TempDir(), "out"), Version: "test"})
			var err error
			if r.pack, err = packs(r.o); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = r.clean() }()
			if err := r.read(t.Context()); err != nil {
				t.Fatal(err)
			}
			derived := r.book.Derived()
			if len(derived) < 25 {
				t.Fatalf("%d tables are derived", len(derived))
			}
			e := enginetest.Open(t, host, "memory", "twin_"+tt.name)
			sendRecords(t, e, r.book.DB())
			for _, d := range derived {
				drop := "DROP TABLE IF EXISTS " + d.Table
				enginetest.Do(t, e, drop)
				t.Cleanup(func() { enginetest.Do(t, e, drop) })
				enginetest.Do(t, e, "CREATE TABLE "+d.Table+" AS "+d.Query)
			}
			for _, more := range []string{"usage_twice", "usage_shared_fact"} { // as prepareUsage has it
				enginetest.Do(t, e, "INSERT INTO usage_fact SELECT * FROM "+more)
			}
			rows := 0
			for _, d := range derived {
				want, got := duckRows(t, r.book.DB(), d.Table), trinoRows(t, e, d.Table)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s differs from DuckDB (-duckdb +trino):\n%.2000s", d.Table, diff)
				}
				rows += len(want)
			}
			t.Logf("%d tables, %d rows", len(derived), rows)
		})
	}
}

// sendRecords makes the tables of a book that no text derives in an engine.
func sendRecords(t *testing.T, e *engine.Engine, db *sql.DB) {
	t.Helper()
	for _, table := range column(t, db,
		`SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main' AND database_name = current_database() ORDER BY 1`) {
		columns := column(t, db, "SELECT column_name FROM (DESCRIBE "+table+")")
		kinds := column(t, db, "SELECT column_type FROM (DESCRIBE "+table+")")
		types := map[string]string{}
		for i, c := range columns {
			if k := kinds[i]; k != "VARCHAR" {
				if trinoTypes[k] != "" {
					k = trinoTypes[k]
				}
				types[c] = k
			}
		}
		rows, err := db.QueryContext(t.Context(), "SELECT coalesce(CAST(COLUMNS(*) AS VARCHAR), chr(29)) FROM "+table)
		if err != nil {
			t.Fatal(err)
		}
		enginetest.Table(t, e, table, columns, types, texts(t, rows, len(columns)))
	}
}

func texts(t *testing.T, rows *sql.Rows, n int) (out [][]string) {
	t.Helper()
	defer rows.Close()
	for rows.Next() {
		row, into := make([]string, n), make([]any, n)
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		out = append(out, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func column(t *testing.T, db *sql.DB, query string) (out []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range texts(t, rows, 1) {
		out = append(out, r[0])
	}
	return out
}

func duckRows(t *testing.T, db *sql.DB, table string) []string {
	t.Helper()
	columns := column(t, db, "SELECT column_name FROM (DESCRIBE "+table+")")
	rows, err := db.QueryContext(t.Context(), "SELECT coalesce(CAST(COLUMNS(*) AS VARCHAR), '-') FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	return alike(texts(t, rows, len(columns)))
}

func trinoRows(t *testing.T, e *engine.Engine, table string) []string {
	t.Helper()
	columns, err := e.Rows(context.Background(), "SELECT * FROM "+table+" LIMIT 0", func([]string) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = fmt.Sprintf(`coalesce(CAST("%s" AS VARCHAR), '-')`, c)
	}
	var out [][]string
	if _, err := e.Rows(context.Background(), "SELECT "+strings.Join(list, ", ")+" FROM "+table,
		func(row []string) error {
			if row == nil {
				out = nil
				return nil
			}
			out = append(out, slices.Clone(row))
			return nil
		}); err != nil {
		t.Fatal(err)
	}
	return alike(out)
}

var (
	fraction = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)
	midnight = regexp.MustCompile(`^([0-9]{4}-[0-9]{2}-[0-9]{2})( 00:00:00(\.0+)?)?$`)
)

// alike writes values as both engines mean them, and sorts the rows: numbers to 15 digits, days without a time.
func alike(rows [][]string) []string {
	out := make([]string, len(rows))
	for i, row := range rows {
		for j, cell := range row {
			if strings.ContainsAny(cell, ".eE") && fraction.MatchString(cell) {
				if f, err := strconv.ParseFloat(cell, 64); err == nil {
					row[j] = strconv.FormatFloat(f, 'g', 15, 64)
				}
			} else if m := midnight.FindStringSubmatch(cell); m != nil {
				row[j] = m[1]
			}
		}
		out[i] = strings.Join(row, "|")
	}
	slices.Sort(out)
	return out
}
