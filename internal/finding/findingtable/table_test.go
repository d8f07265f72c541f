package findingtable

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"
	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/finding"
)

// TestDocument holds the page to the tables.
func TestDocument(t *testing.T) {
	path := filepath.Join("..", "..", "..", filepath.FromSlash(Page))
	want := Document()
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s is not what the tables are (%v); run the test with UPDATE=1", Page, err)
	}
}

func write(t *testing.T, lines ...string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"review.json": `{"as_of":"2031-07-01"}`,
		"findings.jsonl": strings.Join(lines, "")} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func line(t *testing.T, f finding.Finding) string {
	t.Helper()
	b, err := f.Line()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func full() finding.Finding {
	return finding.Finding{ID: "a1", Flag: "RF-17", State: finding.Raised, Severity: "high", Confidence: 0.8,
		Title:   "large volume of speech",
		Subject: finding.Subject{Kind: "party", ID: "p1", Name: "Unit 7200", Party: "p1"}, Sentence: "24 000 hours.",
		Values: map[string]any{"party.peak": 24000.0, "party.kinds": []any{"a", "b"}, "party.part": map[string]any{
			"known": 3.0, "unknown": []any{}}},
		Threshold: map[string]float64{"speech_hours": 1000}, Period: []string{"2031-01-01", "2031-02-01"},
		Unknown: []finding.Gap{{Reason: "unit_unknown", Column: "usage.ConsumedUnit", What: "blips", Rows: 3,
			Amount: 7, Unit: "blips"}},
		Evidence: []finding.Evidence{{SHA256: "ff", File: "it's.csv", At: "row 3", Says: "1 h"},
			{SHA256: "ff", File: "it's.csv", At: "row 4"}},
		Hits: []finding.Hit{{List: "un", Entry: "E1", Name: "Unit", Matched: "unit", Score: 1, Grade: "A"}},
		Path: []finding.Step{{From: "x", To: "y", Share: [2]float64{0.5, 0.6}}},
		Series: []finding.Series{{Measure: "speech", Unit: "h", Months: []string{"2031-01", "2031-02"},
			Values: []float64{1, 24000}}},
		Claims: []finding.Claim{{ID: "C-1", Text: "said"}}, RestsOn: []finding.Clause{
			{Instrument: "UNGP", Clause: "17", Read: finding.Memory}},
		Innocent: []string{"a call centre"}, Ask: []string{"who uses it?"}, Pack: "ungp-base", Version: "1"}
}

// TestWrite reads back what was written with another program's reader of Parquet.
func TestWrite(t *testing.T) {
	open := finding.Finding{ID: "b2", Flag: "RF-11", State: finding.NotComputable, Subject: finding.Subject{
		Kind: "run"}, Missing: []string{"usage.SkuMeter"}}
	in := write(t, line(t, full()), line(t, open))
	out := filepath.Join(t.TempDir(), "it's [a] *folder*")
	counts, err := Write(context.Background(), in, out)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ask := func(query, table string) string {
		plain := filepath.Join(t.TempDir(), "t.parquet")
		b, err := os.ReadFile(filepath.Join(out, table+".parquet"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(plain, b, 0o600); err != nil {
			t.Fatal(err)
		}
		var got sql.NullString
		if err := db.QueryRow(strings.ReplaceAll(query, "$", "'"+plain+"'")).Scan(&got); err != nil {
			t.Fatal(err)
		}
		return got.String
	}
	for _, tt := range []struct{ table, query, want string }{
		{"findings", "SELECT string_agg(finding || ' ' || state || ' ' || as_of || ' ' || first_day, ', ' ORDER BY " +
			"finding) FROM $", "a1 raised 2031-07-01 2031-01-01, b2 not_computable 2031-07-01 "},
		{"findings", "SELECT count(DISTINCT review) || ' ' || min(length(review)) FROM $", "1 64"},
		{"finding_values", "SELECT string_agg(name || '=' || coalesce(number::VARCHAR, '') || '/' || words || '/' || " +
			"partly, ', ' ORDER BY name) FROM $",
			`party.kinds=/["a","b"]/false, party.part=3.0/3/true, party.peak=24000.0/24000/false`},
		{"finding_thresholds", "SELECT name || value FROM $", "speech_hours1000.0"},
		{"finding_gaps", "SELECT reason || column_name || rows || amount FROM $", "unit_unknownusage.ConsumedUnit37.0"},
		{"finding_evidence", "SELECT string_agg(n || file || place || says, ', ' ORDER BY n) FROM $",
			"1it's.csvrow 31 h, 2it's.csvrow 4"},
		{"finding_hits", "SELECT list || entry || grade FROM $", "unE1A"},
		{"finding_steps", "SELECT share_min || ' ' || share_max FROM $", "0.5 0.6"},
		{"finding_series", "SELECT sum(value)::VARCHAR FROM $", "24001.0"},
		{"finding_claims", "SELECT claim || claim_text FROM $", "C-1said"},
		{"finding_clauses", "SELECT part || instrument || clause || reading FROM $", "ruleUNGP17memory"},
		{"finding_words", "SELECT string_agg(finding || kind || words, ', ' ORDER BY finding, kind) FROM $",
			"a1askwho uses it?, a1innocenta call centre, b2missingusage.SkuMeter"},
	} {
		t.Run(tt.table, func(t *testing.T) {
			if got := ask(tt.query, tt.table); got != tt.want {
				t.Errorf("%s\n got %s\nwant %s", tt.query, got, tt.want)
			}
		})
	}
	if counts["findings"] != 2 || counts["finding_evidence"] != 2 {
		t.Errorf("counts %v", counts)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(out), "*", ".tables-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := Write(context.Background(), in, out); err == nil || !strings.Contains(err.Error(),
		"is there already") {
		t.Errorf("a second time: %v", err)
	}
}

// marked fills every field of a value with something that stands nowhere else, and returns all of that.
func marked(v reflect.Value, n *int) (marks []string) {
	*n++
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("mark%dx", *n))
		return []string{v.String()}
	case reflect.Float64, reflect.Int64:
		if v.CanFloat() {
			v.SetFloat(float64(1000 + *n))
		} else {
			v.SetInt(int64(1000 + *n))
		}
		return []string{fmt.Sprint(1000 + *n)}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			marks = append(marks, marked(v.Index(i), n)...)
		}
	case reflect.Array:
		for i := range v.Len() {
			marks = append(marks, marked(v.Index(i), n)...)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			marks = append(marks, marked(v.Field(i), n)...)
		}
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		marks = marked(key, n)
		if value.Kind() == reflect.Interface {
			value.Set(reflect.ValueOf("inner"))
			marks = append(marks, "inner")
		} else {
			marks = append(marks, marked(value, n)...)
		}
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	}
	return marks
}

// TestFields fills every field of a finding and finds all of them in the tables.
func TestFields(t *testing.T) {
	var f finding.Finding
	n := 0
	marks := marked(reflect.ValueOf(&f).Elem(), &n)
	var all strings.Builder
	for i := range Tables {
		rows, err := Tables[i].rows(&f)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			if len(row)+len(key) != len(Tables[i].All()) {
				t.Errorf("table %s: %d cells for %d columns", Tables[i].Name, len(row)+len(key), len(Tables[i].All()))
			}
			fmt.Fprintln(&all, fmt.Sprint(row))
		}
	}
	fmt.Fprintln(&all, f.ID)
	for _, m := range marks {
		if !strings.Contains(all.String(), m) {
			t.Errorf("%s stands in no table", m)
		}
	}
}

// TestDamage: what cannot be read is named by its line, and nothing is left.
func TestDamage(t *testing.T) {
	good := line(t, full())
	for _, tt := range []struct {
		name  string
		lines []string
		want  string
	}{
		{"no JSON", []string{good, "{\n"}, "line 2"},
		{"no finding", []string{"{}\n"}, "no id or no flag"},
		{"a cut line", []string{good[:len(good)/2]}, "line 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			if _, err := Write(context.Background(), write(t, tt.lines...), out); err == nil ||
				!strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if files, _ := os.ReadDir(out); len(files) > 0 {
				t.Errorf("left behind: %v", files)
			}
		})
	}
	t.Run("no review", func(t *testing.T) {
		if _, err := Write(context.Background(), t.TempDir(), filepath.Join(t.TempDir(), "out")); err == nil {
			t.Error("no error")
		}
	})
	t.Run("nothing found", func(t *testing.T) {
		out := filepath.Join(t.TempDir(), "out")
		if _, err := Write(context.Background(), write(t), out); err != nil {
			t.Error(err)
		}
		if files, _ := os.ReadDir(out); cmp.Diff(len(files), len(Tables)) != "" {
			t.Errorf("%d files", len(files))
		}
	})
}
