package main

import (
	"database/sql"
	"math"
	"strings"

	_ "github.com/duckdb/duckdb-go/v2"

	"github.com/rogpeppe/go-internal/testscript"
)

// open opens DuckDB in the folder of a script.
func open(ts *testscript.TestScript) *sql.DB {
	db, err := sql.Open("duckdb", "")
	ts.Check(err)
	db.SetMaxOpenConns(1)
	_, err = db.Exec("SET file_search_path = '" + ts.MkAbs(".") + "'")
	ts.Check(err)
	return db
}

// statements are those of a file: a line that begins with -- is a remark, an empty line ends one. $SHARED is the folder
// of public data, $WORK that of the script.
func statements(ts *testscript.TestScript, file string) (out []string) {
	text := strings.NewReplacer("$SHARED", ts.Getenv("SHARED"), "$WORK", ts.MkAbs(".")).Replace(ts.ReadFile(file))
	for part := range strings.SplitSeq(text, "\n\n") {
		var lines []string
		for line := range strings.Lines(part) {
			if !strings.HasPrefix(line, "--") {
				lines = append(lines, line)
			}
		}
		if s := strings.TrimSpace(strings.Join(lines, "")); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// query runs the statements of a file: "sql FILE".
func query(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: sql FILE")
	}
	db := open(ts)
	defer db.Close()
	for _, s := range statements(ts, args[0]) {
		if _, err := db.Exec(s); err != nil {
			ts.Fatalf("%s: %v", s, err)
		}
	}
}

// counts compares numbers that two queries give, one over what the program wrote and one over what it read: "counts
// FILE" with the queries in pairs. A count of nothing shows nothing, and is refused.
func counts(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: counts FILE")
	}
	list := statements(ts, args[0])
	if len(list) == 0 || len(list)%2 != 0 {
		ts.Fatalf("%s holds %d queries, and no pairs", args[0], len(list))
	}
	db := open(ts)
	defer db.Close()
	number := func(q string) float64 {
		var v sql.NullFloat64
		if err := db.QueryRow(q).Scan(&v); err != nil {
			ts.Fatalf("%s: %v", q, err)
		}
		return v.Float64
	}
	for i := 0; i < len(list); i += 2 {
		got, want := number(list[i]), number(list[i+1])
		if want == 0 || math.Abs(got-want) > 1e-9*math.Abs(want) {
			ts.Fatalf("%v, and not %v:\n%s\n%s", got, want, list[i], list[i+1])
		}
		ts.Logf("%v: %.90s", got, list[i])
	}
}
