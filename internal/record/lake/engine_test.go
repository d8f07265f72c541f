package lake

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"
	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/record/focus"
)

// The engines of [TestEngines] come from the environment, which make test-engines sets: a Python with chdb, pyspark and
// sqlglot, which of these do not start here, and the address of a Trino with a catalog "memory".
const (
	enginePython = "PLIMSOLL_ENGINE_PYTHON"
	enginesOff   = "PLIMSOLL_ENGINES_OFF"
	trinoURL     = "TRINO_URL"
)

// A charges table is given as texts, "" for none; how an engine has it is for the engine.
type charges struct {
	columns []string
	types   map[string]string // of those that are no text: TIMESTAMP or DECIMAL(38,12)
	rows    [][]string
	text    bool // times are text
}

// typedCharges is a table as a lake has it; messyCharges one of texts with what people write.
func typedCharges() charges {
	c := charges{columns: []string{"BillingAccountId", "SubAccountId", "ChargePeriodStart", "ChargePeriodEnd",
		"BillingPeriodStart", "RegionId",
		"ServiceCategory", "ServiceName", "ServiceSubcategory", "ConsumedUnit", "ConsumedQuantity", "ChargeCategory",
		"ChargeClass", "BilledCost", "EffectiveCost",
		"BillingCurrency", "ProviderName", "InvoiceIssuerName", "SkuId"},
		types: map[string]string{"ChargePeriodStart": "TIMESTAMP", "ChargePeriodEnd": "TIMESTAMP",
			"BillingPeriodStart": "TIMESTAMP",
			"ConsumedQuantity":   "DECIMAL(38,12)", "BilledCost": "DECIMAL(38,12)", "EffectiveCost": "DECIMAL(38,12)"}}
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	for range 400 {
		at := time.Date(2031, time.Month(1+r.IntN(3)), 1+r.IntN(28), r.IntN(24), 0, 0, 0, time.UTC)
		start, billing := at.Format(time.DateTime), time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC).Format(
			time.DateTime)
		if r.IntN(40) == 0 {
			start = ""
		}
		if r.IntN(40) == 0 {
			billing = ""
		}
		quantity := fmt.Sprintf("%d.%06d", r.IntN(1e6), r.IntN(1e6))
		switch r.IntN(20) {
		case 0:
			quantity = ""
		case 1:
			quantity = "-" + quantity
		}
		c.rows = append(c.rows, []string{pick("12-1", "12-2", "it's \"x\""), pick("", "s-1", "s-2", "שלום"), start,
			at.Add(time.Duration(pick("1", "24", "700")[0]-'0') * time.Hour).Format(time.DateTime), billing,
			pick("north-1", "south-2", ""),
			pick("AI and Machine Learning", "Storage"), pick("Speech", "Object Store", "翻訳"), "",
			pick("Hours", "GB-Months", ""), quantity,
			pick("Usage", "Purchase", ""), pick("", "Correction"), fmt.Sprintf("%d.%04d", r.IntN(1000), r.IntN(10000)),
			pick("1.5", "", "0"),
			pick("EUR", "USD"), "Cirrus", "Cirrus plc", pick("sku-1", "sku-2")})
	}
	return c
}

func messyCharges() charges {
	c := charges{columns: []string{"BillingAccountId", "SubAccountId", "ChargePeriodStart", "ChargePeriodEnd",
		"RegionId", "ServiceName", "ConsumedUnit",
		"ConsumedQuantity", "BilledCost", "BillingCurrency", "ChargeCategory", "ProviderName"}, text: true}
	times := []string{"2031-01-02T03:04:05Z", "2031-01-02", "2031-01-02 03:04:05", "2031-01-31T23:30:00-02:00",
		"2031-02-01T00:30:00+02:00", "", "null", "soon",
		"1900-01-01T00:00:00Z"}
	numbers := []string{"1", "1.5", "-2", "1e3", "", "NULL", "n/a", "lots", "99999999999999999999999999",
		"123456789012345678901234567890123456", "0.000000000001"}
	for i, at := range times {
		for j, n := range numbers {
			c.rows = append(c.rows, []string{fmt.Sprintf("a%d", i%2), "s", at, "2031-01-02T04:04:05Z", "north",
				"Speech", "Hours", n, numbers[(i+j)%len(numbers)],
				"EUR", "Usage", "Cirrus"})
		}
	}
	return c
}

func (c charges) sql(dialect Dialect, table string) (string, error) {
	return SQL(Options{Dialect: string(dialect), Table: table, Columns: c.columns, TextTime: c.text,
		Snapshot: "test's"})
}

// table makes the table "charges" in DuckDB, and in a Parquet file.
func (c charges) table(t *testing.T) (db *sql.DB, file string) {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	run := func(q string) {
		if _, err := db.Exec(q); err != nil {
			t.Fatalf("%.200s: %v", q, err)
		}
	}
	file = filepath.Join(t.TempDir(), "charges.parquet")
	run("CREATE TABLE charges AS " + c.values(func(kind string) string { return kind }))
	run("COPY charges TO '" + file + "' (FORMAT parquet)")
	return db, file
}

// values is the table as a query.
func (c charges) values(kind func(string) string) string {
	var rows, columns []string
	for _, r := range c.rows {
		cells := make([]string, len(r))
		for i, v := range r {
			if cells[i] = "'" + strings.ReplaceAll(v, "'", "''") + "'"; v == "" && c.types[c.columns[i]] != "" {
				cells[i] = "NULL"
			}
		}
		rows = append(rows, "("+strings.Join(cells, ", ")+")")
	}
	for i, name := range c.columns {
		x := fmt.Sprintf("c%d", i)
		if k := c.types[name]; k != "" {
			x = "CAST(" + x + " AS " + kind(k) + ")"
		}
		columns = append(columns, x+` AS "`+name+`"`)
	}
	names := make([]string, len(c.columns))
	for i := range names {
		names[i] = fmt.Sprintf("c%d", i)
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM (VALUES " + strings.Join(rows, ", ") + ") v(" +
		strings.Join(names, ", ") + ")"
}

// TestEngines runs the statement on real engines over the same charges: they give the rows that DuckDB gives.
func TestEngines(t *testing.T) {
	python, url := os.Getenv(enginePython), os.Getenv(trinoURL)
	if python == "" && url == "" {
		t.Skipf("no engine: make test-engines sets %s and %s", enginePython, trinoURL)
	}
	for name, c := range map[string]charges{"typed": typedCharges(), "messy": messyCharges()} {
		t.Run(name, func(t *testing.T) {
			db, file := c.table(t)
			text, err := c.sql(DuckDB, "charges")
			if err != nil {
				t.Fatal(err)
			}
			want := plainRows(t, db, text)
			if len(want) < 20 {
				t.Fatalf("%d rows", len(want))
			}
			compare := func(dialect Dialect, table string, run func(text string) ([]string, [][]*string, error)) {
				t.Run(string(dialect), func(t *testing.T) {
					text, err := c.sql(dialect, table)
					if err != nil {
						t.Fatal(err)
					}
					columns, rows, err := run(text)
					if err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(want, lines(columns, rows)); diff != "" {
						t.Errorf("%s differs from DuckDB (-duckdb +%s):\n%.3000s", dialect, dialect, diff)
					}
				})
			}
			if python != "" {
				for dialect, table := range map[Dialect]string{Spark: "charges", ClickHouse: "d.charges"} {
					engine := string(dialect)
					if dialect == ClickHouse {
						engine = "chdb"
					}
					if slices.Contains(strings.Fields(os.Getenv(enginesOff)), engine) {
						continue
					}
					compare(dialect, table, func(text string) ([]string, [][]*string, error) {
						return askPython(python, text, engine, file)
					})
				}
				for _, dialect := range []Dialect{Snowflake, BigQuery} {
					t.Run(string(dialect)+" is read by a parser", func(t *testing.T) {
						text, err := c.sql(dialect, "charges")
						if err != nil {
							t.Fatal(err)
						}
						if _, _, err := askPython(python, text, "parse", string(dialect)); err != nil {
							t.Error(err)
						}
					})
				}
			}
			if url != "" {
				table := fmt.Sprintf("memory.default.charges_%s_%d", name, os.Getpid())
				make := "CREATE TABLE " + table + " AS " + c.values(func(kind string) string {
					return strings.Replace(kind, "TIMESTAMP", "TIMESTAMP(3)", 1)
				})
				if _, _, err := askTrino(url, make); err != nil {
					t.Fatal(err)
				}
				defer func() { _, _, _ = askTrino(url, "DROP TABLE "+table) }()
				compare(Trino, table, func(text string) ([]string, [][]*string, error) { return askTrino(url, text) })
			}
		})
	}
}

// plainRows are the rows of a query in DuckDB as lines.
func plainRows(t *testing.T, db *sql.DB, text string) []string {
	t.Helper()
	rows, err := db.Query("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (" + text + ")")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var all [][]*string
	for rows.Next() {
		row, into := make([]*string, len(names)), make([]any, len(names))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return lines(names, all)
}

// lines writes rows so that engines can be compared: sorted, numbers without trailing zeros.
func lines(columns []string, rows [][]*string) []string {
	out := make([]string, len(rows))
	for i, row := range rows {
		var b strings.Builder
		for j, v := range row {
			cell := "-"
			if v != nil {
				cell = *v
				if strings.Contains(cell, ".") && strings.Trim(cell, "-0123456789.") == "" {
					cell = strings.TrimSuffix(strings.TrimRight(cell, "0"), ".")
				}
			}
			fmt.Fprintf(&b, "%s=%s|", columns[j], cell)
		}
		out[i] = b.String()
	}
	slices.Sort(out)
	return out
}

// refused is said of a statement that an engine does not take; an engine that breaks down is another matter, and
// .ci/engines tells the two apart by it.
const refused = "the statement is refused"

var refusal = regexp.MustCompile(`ParseException|AnalysisException|ParseError|DB::Exception|Code: [0-9]+`)

func askPython(python, text string, args ...string) (columns []string, rows [][]*string, err error) {
	cmd := exec.Command(python, append([]string{filepath.Join("testdata", "engine.py")}, args...)...)
	cmd.Stdin = strings.NewReader(text)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		what := "the engine failed"
		if refusal.MatchString(complaints.String()) {
			what = refused
		}
		return nil, nil, fmt.Errorf("%s: %v: %w: %s", what, args, err, complaints.String())
	}
	for i, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		if line == "" {
			continue
		}
		if i == 0 {
			err = json.Unmarshal([]byte(line), &columns)
		} else {
			var row []*string
			err = json.Unmarshal([]byte(line), &row)
			rows = append(rows, row)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%v: %q: %w", args, line, err)
		}
	}
	return columns, rows, nil
}

// askTrino runs a statement through the client protocol of Trino: POST, then each nextUri until there is none.
func askTrino(url, text string) (columns []string, rows [][]*string, err error) {
	method, at, body := http.MethodPost, strings.TrimSuffix(url, "/")+"/v1/statement",
		io.Reader(strings.NewReader(text))
	for at != "" {
		req, err := http.NewRequest(method, at, body)
		if err != nil {
			return nil, nil, err
		}
		req.Header.Set("X-Trino-User", "plimsoll")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return nil, nil, err
		}
		b, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			return nil, nil, err
		}
		if res.StatusCode == http.StatusServiceUnavailable {
			time.Sleep(100 * time.Millisecond)
			continue
		}
		var x struct {
			NextURI string                  `json:"nextUri"`
			Columns []struct{ Name string } `json:"columns"`
			Data    [][]any                 `json:"data"`
			Error   *struct{ Message string }
		}
		if err := json.Unmarshal(b, &x); err != nil {
			return nil, nil, fmt.Errorf("trino answers %s: %.200s", res.Status, b)
		}
		if x.Error != nil {
			return nil, nil, fmt.Errorf("%s: trino: %s", refused, x.Error.Message)
		}
		if columns == nil {
			for _, c := range x.Columns {
				columns = append(columns, c.Name)
			}
		}
		for _, r := range x.Data {
			row := make([]*string, len(r))
			for i, v := range r {
				if v != nil {
					s := fmt.Sprint(v)
					if f, ok := v.(float64); ok {
						s = fmt.Sprintf("%.0f", f)
					}
					row[i] = &s
				}
			}
			rows = append(rows, row)
		}
		method, at, body = http.MethodGet, x.NextURI, nil
	}
	return columns, rows, nil
}

// TestEngineData holds the charges that engines are compared on to what they are for: groups that are read, and every
// reason why one is not.
func TestEngineData(t *testing.T) {
	for name, c := range map[string]charges{"typed": typedCharges(), "messy": messyCharges()} {
		t.Run(name, func(t *testing.T) {
			db, _ := c.table(t)
			text, err := c.sql(DuckDB, "charges")
			if err != nil {
				t.Fatal(err)
			}
			var groups, controls, charges int
			var reasons string
			err = db.QueryRow(fmt.Sprintf(
				`SELECT count(*) FILTER (%[1]q = '%[2]s'), count(*) FILTER (%[1]q = '%[3]s'), sum(%[4]q) FILTER (%[1]q = '%[2]s'),
  coalesce(string_agg(DISTINCT %[5]q, '; '), '') FROM (%[6]s)`, focus.GroupRow, focus.IsGroup, focus.IsControl,
				focus.GroupCharges, focus.GroupUnread, text)).
				Scan(&groups, &controls, &charges, &reasons)
			if err != nil {
				t.Fatal(err)
			}
			if groups < 20 || controls < 2 || charges != len(c.rows) {
				t.Errorf("%d groups, %d controls, %d of %d charges", groups, controls, charges, len(c.rows))
			}
			if name == "messy" && strings.Count(reasons, ";") < 4 {
				t.Errorf("reasons: %s", reasons)
			}
		})
	}
}
