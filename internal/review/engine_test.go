package review

import (
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/engine"
	"plimsoll/internal/engine/enginetest"
	"plimsoll/internal/finding"
	"plimsoll/internal/world"
)

// billRows are the rows of all bills of a folder under one header.
func billRows(t *testing.T, dir string) (columns []string, rows [][]string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "usage", "*.csv.gz"))
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
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
		if columns == nil {
			columns = all[0]
		} else if !slices.Equal(columns, all[0]) {
			t.Fatalf("%s has other columns", path)
		}
		rows = append(rows, all[1:]...)
	}
	return columns, rows
}

// withoutPlaces is a finding without the places that it was read at, as JSON.
func withoutPlaces(t *testing.T, f finding.Finding) string {
	t.Helper()
	f.Evidence = nil
	b, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// gapRows is the same in what is not known of a finding.
var gapRows = regexp.MustCompile(`"rows": [0-9]+`)

// focusTypes are the types of columns that a lake has of FOCUS.
var focusTypes = map[string]string{"ChargePeriodStart": "TIMESTAMP(6)", "ChargePeriodEnd": "TIMESTAMP(6)",
	"BillingPeriodStart": "TIMESTAMP(6) WITH TIME ZONE",
	"BillingPeriodEnd":   "TIMESTAMP(6) WITH TIME ZONE", "ConsumedQuantity": "DECIMAL(38,12)",
	"BilledCost": "DECIMAL(38,12)", "EffectiveCost": "DECIMAL(38,12)"}

func scratchSchema(scratch, schema string) string {
	if _, own, ok := strings.Cut(scratch, "."); ok {
		return own
	}
	return schema
}

// sums are the hashes of sources in evidence, and the groups that it names.
var sums = regexp.MustCompile(`"sha256":"[0-9a-f]{64}"|, groups? [0-9a-f, ]+( and [0-9]+ more)?`)

// TestEngine: bills that lie in Trino give the findings of the same bills in files, but for the places.
func TestEngine(t *testing.T) {
	host := enginetest.Host(t)
	for _, tt := range []struct {
		name, catalog string
		types         map[string]string
		mess          func(*testing.T, string)
		tables        []string // that are named; none: they are found
		scratch       string
		fetch         bool // at the second time
	}{
		{"typed, with snapshots", "iceberg", focusTypes, nil, nil, "memory.review_scratch", true},
		{"messy texts, without snapshots", "memory", nil, messBills, []string{"charges"}, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := world.Options{Seed: 1, Size: "small"}
			schema := "review_" + tt.catalog
			e := enginetest.Open(t, host, tt.catalog, schema)
			in, want, plain := reviewWorld(t, o, func(dir string) {
				if tt.mess != nil {
					tt.mess(t, dir)
				}
			})
			columns, rows := billRows(t, in)
			enginetest.Table(t, e, "charges", columns, tt.types, rows)
			enginetest.Table(t, e, "other", []string{"a", "b"}, nil, [][]string{{"1", "2"}})
			if err := os.RemoveAll(filepath.Join(in, "usage")); err != nil {
				t.Fatal(err)
			}
			out := filepath.Join(t.TempDir(), "out")
			options := Options{Paths: []string{in}, Lists: []string{filepath.Join(in, "lists")}, AsOf: today(t),
				Out: out, Version: "test",
				Engine: &Engine{Address: enginetest.Address(host, tt.catalog, schema), Tables: tt.tables,
					Scratch: tt.scratch}}
			if tt.scratch != "" {
				enginetest.Open(t, host, "memory", "review_scratch")
			}
			var stages stageLog
			options.Stage = stages.begin
			res, err := Run(t.Context(), options)
			if err != nil {
				t.Fatal(err)
			}
			if res.Summary.Engine == nil {
				t.Errorf("nothing stayed: %q", res.Summary.Notes)
			} else {
				t.Logf("%+v", *res.Summary.Engine)
			}
			noScratch(t, e, "memory", scratchSchema(tt.scratch, schema))
			for _, want := range []string{"read/engine/engine group: done", "read/engine: done",
				"read/engine make: done", "read/engine send: done", "read/engine bring: done"} {
				if !slices.Contains(stages.ended, want) {
					t.Errorf("no %q among %q", want, stages.ended)
				}
			}
			got := lines(t, filepath.Join(out, "findings.jsonl"))
			var a, b []string
			for _, f := range want {
				a = append(a, withoutPlaces(t, f))
			}
			for _, f := range got {
				b = append(b, withoutPlaces(t, f))
			}
			if tt.mess != nil { // months without a date are one line of the book for each file
				for _, list := range [][]string{a, b} {
					for i := range list {
						list[i] = gapRows.ReplaceAllString(rowCount.ReplaceAllString(list[i], "rows"), `"rows"`)
					}
				}
			}
			if d := cmp.Diff(a, b); d != "" {
				t.Errorf("findings of files (-) and of the engine (+):\n%.6000s", d)
			}
			if want := plain.Counts.Rows; res.Summary.Counts.Rows != want {
				t.Errorf("rows %d, want the charges %d", res.Summary.Counts.Rows, want)
			}
			places := 0
			name := e.Table(tt.catalog, schema, "charges")
			for _, f := range got {
				for _, x := range f.Evidence {
					if x.File == name && strings.HasPrefix(x.At, "snapshot ") && strings.Contains(x.At, ", group") &&
						len(x.SHA256) == 64 {
						places++
					}
				}
			}
			if places == 0 {
				t.Error("no evidence names a group of the engine")
			}
			left, err := filepath.Glob(filepath.Join(out, ".*"))
			if err != nil || len(left) > 0 {
				t.Errorf("left in the output: %v %v", left, err)
			}
			first, err := os.ReadFile(filepath.Join(out, "findings.jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			options.Out, options.Engine.Fetch = filepath.Join(t.TempDir(), "again"), tt.fetch
			second, err := Run(t.Context(), options)
			if err != nil {
				t.Fatal(err)
			}
			sameSums(t, second.Summary, res.Summary)
			again, err := os.ReadFile(filepath.Join(options.Out, "findings.jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			if tt.fetch { // sums of what was grouped are those of other files
				first, again = sums.ReplaceAll(first, nil), sums.ReplaceAll(again, nil)
			}
			if string(again) != string(first) {
				t.Errorf("a second run gives other bytes: %v", err)
			}
		})
	}
}

// TestEngineUnreachable: an engine that is not there ends the run in words, and nothing is written.
func TestEngineUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host := l.Addr().String()
	l.Close()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "engagements.csv"), []byte("engagement_id,buyer\ne-1,Harrow Ltd\n"),
		0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "sub", "out")
	_, err = Run(t.Context(), Options{Paths: []string{filepath.Join(dir, "engagements.csv")}, AsOf: today(t), Out: out,
		Version: "test",
		Engine:  &Engine{Address: enginetest.Address(host, "lake", "bills")}})
	if err == nil || !strings.Contains(err.Error(), "open engine "+host+": it cannot be reached") {
		t.Errorf("Run = %v", err)
	}
	if left, err := os.ReadDir(filepath.Join(dir, "sub")); err != nil || len(left) > 0 {
		t.Errorf("left: %v %v", left, err)
	}
}

// TestEngineCut: a Trino that is gone in the middle of the groups ends the run in words, and nothing is written; one
// that comes back gives the same findings.
func TestEngineCut(t *testing.T) {
	host := enginetest.Host(t)
	e := enginetest.Open(t, host, "memory", "review_cut")
	dir := t.TempDir()
	if err := world.Write(t.Context(), dir, world.Options{Seed: 1, Size: "40/600"}); err != nil {
		t.Fatal(err)
	}
	columns, rows := billRows(t, dir)
	enginetest.Table(t, e, "charges", columns, focusTypes, rows)
	if err := os.RemoveAll(filepath.Join(dir, "usage")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dropScratch(t, e, "review_cut") })
	review := func(within time.Duration, cut func(int64) int64) (string, int64, error) {
		p := enginetest.NewProxy(t, host, cut)
		out := filepath.Join(t.TempDir(), "sub", "out")
		ctx, cancel := context.WithTimeout(t.Context(), within)
		defer cancel()
		_, err := Run(ctx, Options{Paths: []string{dir}, Lists: []string{filepath.Join(dir, "lists")}, AsOf: today(t),
			Out: out, Version: "test",
			Engine: &Engine{Address: enginetest.Address(p.Host, "memory", "review_cut")}})
		if err != nil {
			if left, readErr := os.ReadDir(filepath.Dir(out)); readErr == nil && len(left) > 0 {
				t.Errorf("left: %v", left)
			}
			return "", p.Conns.Load(), err
		}
		b, err := os.ReadFile(filepath.Join(out, "findings.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		// Evidence names the host, and the proxy has another port each time.
		return strings.ReplaceAll(string(b), p.Host, "host"), p.Conns.Load(), nil
	}
	want, _, err := review(10*time.Minute, func(int64) int64 { return -1 })
	if err != nil {
		t.Fatal(err)
	}
	noScratch(t, e, "memory", "review_cut")
	// Each of the first connections is cut, and the first of them within the answers to statements that make tables.
	got, conns, err := review(10*time.Minute, func(n int64) int64 {
		if n >= 2 && n <= 6 {
			return 20_000
		}
		return -1
	})
	noScratch(t, e, "memory", "review_cut")
	if err != nil || got != want {
		t.Errorf("cut once: %v; other bytes: %v", err, got != want)
	}
	if conns < 3 {
		t.Errorf("%d connections: nothing was cut", conns)
	}
	_, _, err = review(30*time.Second, func(n int64) int64 {
		if n <= 2 {
			return 20_000
		}
		return 0
	})
	if err == nil {
		t.Fatal("an engine that is gone gives a review")
	}
	for _, table := range scratchTables(t, e, "review_cut") {
		if !strings.Contains(err.Error(), table) {
			t.Errorf("left in the engine and not named: %s: %v", table, err)
		}
	}
}

// scratchTables lists the tables of runs in a schema.
func scratchTables(t *testing.T, e *engine.Engine, schema string) (left []string) {
	t.Helper()
	if _, err := e.Rows(context.Background(), "SELECT table_name FROM memory.information_schema.tables WHERE "+
		"table_schema = '"+schema+"'", func(row []string) error {
		if row != nil && engine.IsScratch(row[0]) {
			left = append(left, row[0])
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return left
}

// dropScratch drops them, as errors of runs ask for.
func dropScratch(t *testing.T, e *engine.Engine, schema string) {
	t.Helper()
	for _, table := range scratchTables(t, e, schema) {
		enginetest.Do(t, e, "DROP TABLE "+table)
	}
}

// A stageLog notes the stages of a run, each under those that it is part of.
type stageLog struct{ ended []string }

type stageName struct{}

func (l *stageLog) begin(ctx context.Context, name string) (context.Context, func(error)) {
	if above, ok := ctx.Value(stageName{}).(string); ok {
		name = above + "/" + name
	}
	return context.WithValue(ctx, stageName{}, name), func(err error) {
		how := "done"
		if err != nil {
			how = "failed"
		}
		l.ended = append(l.ended, name+": "+how)
	}
}

// TestEngineStage: an engine that cannot be reached is a stage that failed.
func TestEngineStage(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host := closed.Addr().String()
	closed.Close()
	var stages stageLog
	_, err = Run(t.Context(), Options{AsOf: today(t), Out: filepath.Join(t.TempDir(), "out"), Version: "test",
		Engine: &Engine{Address: enginetest.Address(host, "memory", "none")}, Stage: stages.begin})
	if want := []string{"read/engine: failed", "read: failed"}; err == nil || !slices.Equal(stages.ended, want) {
		t.Errorf("%v; stages %q, want %q", err, stages.ended, want)
	}
}
