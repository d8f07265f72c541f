package findingtable

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/engine"
	"plimsoll/internal/engine/enginetest"
	"plimsoll/internal/finding"
)

// intoSchema is an empty schema of an engine.
func intoSchema(t *testing.T, host, catalog, schema string) *engine.Engine {
	t.Helper()
	e := enginetest.Open(t, host, catalog, schema)
	clear := func() {
		for i := range Tables {
			enginetest.Do(t, e, "DROP TABLE IF EXISTS "+Tables[i].Name)
		}
	}
	clear()
	t.Cleanup(clear)
	return e
}

// TestEngineInto: the rows in an engine are those of the Parquet files, once, whatever was loaded before and however
// often the load is run or cut.
func TestEngineInto(t *testing.T) {
	host := enginetest.Host(t)
	var lines []string
	for i := range 150 { // more than one statement of some tables
		f := full()
		f.ID = fmt.Sprintf("f%03d", i)
		f.Sentence = fmt.Sprintf("it's “%d”;\n\x1e\x1f\\ 'x' -- ", i) + strings.Repeat("long ", 5*i)
		lines = append(lines, line(t, f))
	}
	in := write(t, lines...)
	other := write(t, line(t, finding.Finding{ID: "z9", Flag: "RF-11", State: finding.NotComputable,
		Subject: finding.Subject{Kind: "run"}}))
	files := filepath.Join(t.TempDir(), "tables")
	counts, err := Write(t.Context(), in, files)
	if err != nil {
		t.Fatal(err)
	}
	id, _, err := identity(in)
	if err != nil {
		t.Fatal(err)
	}
	same := func(t *testing.T, e *engine.Engine) {
		t.Helper()
		for i := range Tables {
			want, got := parquetRows(t, filepath.Join(files, file(&Tables[i]))), engineRows(t, e, &Tables[i], id)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: -parquet +engine\n%.1500s", Tables[i].Name, diff)
			}
		}
	}
	for _, catalog := range []string{"memory", "iceberg"} {
		t.Run(catalog, func(t *testing.T) {
			e := intoSchema(t, host, catalog, "findings_into")
			if catalog == "memory" {
				if n, err := Into(t.Context(), other, e); err != nil || n["findings"] != 1 {
					t.Fatal(n, err)
				}
			}
			for range 2 {
				if n, err := Into(t.Context(), in, e); err != nil || n["findings"] != counts["findings"] {
					t.Fatal(n, err)
				}
			}
			same(t, e)
		})
	}
	t.Run("goes on", func(t *testing.T) {
		e := intoSchema(t, host, "memory", "findings_on")
		p := enginetest.NewProxy(t, host, func(n int64) int64 { return map[bool]int64{true: 30_000, false: -1}[n < 6] })
		through, err := engine.Open(t.Context(), enginetest.Address(p.Host, "memory", "findings_on"),
			engine.Credentials{})
		if err != nil {
			t.Fatal(err)
		}
		defer through.Close()
		if _, err := Into(t.Context(), in, through); err != nil {
			t.Fatal(err)
		}
		same(t, e)
		if n := p.Conns.Load(); n < 3 {
			t.Errorf("%d connections: none was cut", n)
		}
	})
	for _, tt := range []struct{ name, prepare, want string }{
		{"another type", "CREATE TABLE findings (review VARCHAR, as_of DATE)", "its column as_of is date, not varchar"},
		{"a column too few", "CREATE TABLE findings (review VARCHAR, as_of VARCHAR)", "has no column finding"},
		{"too many rows", "CREATE TABLE finding_thresholds AS SELECT CAST('" + id + "' AS VARCHAR) AS review, " +
			"CAST('x' AS VARCHAR) AS as_of, CAST('x' AS VARCHAR) AS finding, CAST('x' AS VARCHAR) AS name, 1e0 AS value FROM UNNEST(sequence(1, 701))", "holds 701 rows of the review"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := intoSchema(t, host, "memory", "findings_bad")
			enginetest.Do(t, e, tt.prepare)
			if _, err := Into(t.Context(), in, e); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
	t.Run("no schema", func(t *testing.T) {
		e, err := engine.Open(t.Context(), enginetest.Address(host, "memory", "nowhere"), engine.Credentials{})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		if _, err := Into(t.Context(), in, e); err == nil || !strings.Contains(err.Error(), "nowhere") {
			t.Errorf("%v", err)
		}
	})
}

func parquetRows(t *testing.T, path string) (out []string) {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT coalesce(CAST(COLUMNS(*) AS VARCHAR), '-') FROM read_parquet('" + quote(path) + "')")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, _ := rows.Columns()
	for rows.Next() {
		row, into := make([]string, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		out = append(out, strings.Join(row, "|"))
	}
	slices.Sort(out)
	return out
}

func engineRows(t *testing.T, e *engine.Engine, table *Table, review string) (out []string) {
	t.Helper()
	var list []string
	for _, c := range table.All() {
		x := "CAST(" + c.Name + " AS VARCHAR)"
		if c.Type == number { // Trino writes 1.5E0
			x = "coalesce(format('%s', " + c.Name + "), '-')"
		}
		list = append(list, "coalesce("+x+", '-')")
	}
	_, err := e.Rows(t.Context(), "SELECT "+strings.Join(list, ", ")+" FROM "+table.Name+" WHERE review = '"+review+"'",
		func(row []string) error {
			if row == nil {
				out = nil
				return nil
			}
			out = append(out, strings.ReplaceAll(strings.Join(row, "|"), "|null|", "|-|"))
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}
