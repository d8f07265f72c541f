package focus

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
	"plimsoll/internal/record/table"
)

func zstandard(t testing.TB, text string) string {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return string(w.EncodeAll([]byte(text), nil))
}

func archived(t testing.TB, member, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(member)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func parquetBill(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "p.parquet")
	if _, err := openDB(t).Exec("COPY (SELECT 'MINE' AS BillingAccountId, TIMESTAMP '2030-01-05' AS " +
		"ChargePeriodStart, 1 AS BilledCost, 'V' AS ServiceName) TO " + quote(path) + " (FORMAT parquet)"); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A file's name is a name: no character of it makes another file be read, in any form that bills have.
func TestNamesAreNoPatterns(t *testing.T) {
	mine := bill("MINE 2030-01-05 1")
	report := strings.ReplaceAll(aws("/", awsLines[0]), "100,", "MINE,")
	parquet := parquetBill(t)
	const object = `{"BillingAccountId":"MINE","ChargePeriodStart":"2030-01-05T00:00:00Z","BilledCost":1,"ServiceName":"V"}`
	names := []string{"usage[1]", "usage*", "us'age\"", "us%20age", "-us\nage", "usage?", "usage{1,2}", "--", "~usage",
		" usage",
		"usage][", "usage\\1", "usage!1", "usage#1", "http:usage", "$usage", "`usage`", "usage;1", "использование"}
	for _, form := range []struct {
		name string
		text func(name string) string
	}{
		{".csv", func(string) string { return mine }},
		{".tsv", func(string) string { return strings.ReplaceAll(mine, ",", "\t") }},
		{" sep.csv", func(string) string { return "sep=;\n" + strings.ReplaceAll(mine, ",", ";") }},
		{".csv.gz", func(string) string { return zipped(t, mine) }},
		{".csv.zst", func(string) string { return zstandard(t, mine) }},
		{".csv.zip", func(name string) string { return archived(t, name+".csv", mine) }},
		{".csv.gz.zip", func(name string) string { return archived(t, name+".csv.gz", zipped(t, mine)) }},
		{".parquet", func(string) string { return parquet }},
		{".parquet.gz", func(string) string { return zipped(t, parquet) }},
		{".parquet.zst", func(string) string { return zstandard(t, parquet) }},
		{".parquet.zip", func(name string) string { return archived(t, name+".parquet", parquet) }},
		{".jsonl", func(string) string { return object + "\n" }},
		{".json", func(string) string { return "[" + object + "]" }},
		{".jsonl.zst", func(string) string { return zstandard(t, object) }},
		{" cur.csv", func(string) string { return report }},
		{" cur.csv.gz", func(string) string { return zipped(t, report) }},
	} {
		t.Run(form.name, func(t *testing.T) {
			dir, l := t.TempDir(), &loaded{db: openDB(t)}
			for _, other := range []string{"usage1", "usage", "us age", "usage2", "age"} {
				write(t, dir, other+form.name, form.text("x"))
			}
			var paths []string
			few := names
			// DuckDB is given a name of our own
			if !slices.Contains([]string{".csv", ".csv.gz", ".parquet"}, form.name) {
				few = names[:5]
			}
			for _, name := range few {
				paths = append(paths, write(t, dir, name+form.name, form.text(name)))
			}
			for i, src := range recordtest.Sources(t, paths...) {
				head, err := src.Head()
				if err != nil {
					t.Fatal(err)
				}
				version, ok := Recognise(head, src.Name)
				if version == "parquet" && src.Member == "" {
					_, ok = RecognisePath(src.Path)
				}
				if !ok {
					t.Errorf("%q is not recognised", src.Name)
				}
				var c recordtest.Collector
				if _, err := Load(t.Context(), l.db, []record.Source{src}, &c); err != nil {
					t.Errorf("%q: %v", paths[i], err)
				}
				if got := l.text(t, "SELECT account, month, sum(charges)::BIGINT FROM usage GROUP BY ALL"); got != "MINE|2030-01-01|1\n" || len(c.Rejects) > 0 {
					t.Errorf("%q: usage = %q, rejects %v", src.Name, got, c.Rejects)
				}
				if _, err := l.db.Exec("DELETE FROM usage; DELETE FROM usage_lacks"); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// A map takes a bill by its name, packed or not, whatever is in the name; a glob takes what it fits and no more.
func TestMapsNameBills(t *testing.T) {
	const text = "Konto;Tag;Dienst;Kosten\nMINE;01.02.2031;V;1\n"
	own := func(file string) table.Map {
		maps, err := table.ParseMaps("m.yaml", fmt.Appendf(nil, "maps:\n  - name: own\n    table: usage\n    files: "+
			"[%q]\n    date: DD.MM.YYYY\n    columns:\n"+
			"      BillingAccountId: Konto\n      ChargePeriodStart: Tag\n      ServiceName: Dienst\n      "+
			"BilledCost: Kosten\n", file))
		if err != nil {
			t.Fatal(err)
		}
		return maps[0]
	}
	for _, tt := range []struct {
		named, file, text string
		want              bool
	}{
		{"b.csv", "b.csv", text, true},
		{"b.csv", "b.csv.gz", zipped(t, text), true},
		{"b.csv", "b.csv.zst", zstandard(t, text), true},
		{"b.csv.zst", "b.csv.zst", zstandard(t, text), true},
		{"b.csv.gz", "b.csv.gz", zipped(t, text), true},
		{"b.zip", "b.zip", archived(t, "inner.csv", text), true},
		{"b.zip/inner.csv", "b.zip", archived(t, "inner.csv", text), true},
		{"inner.csv", "b.zip", archived(t, "inner.csv", text), true},
		{"b[1].csv", "b[1].csv", text, true},
		{"b[1].csv", "b1.csv", text, true}, // it is a glob as well
		{"b[1].csv", "b[1].csv.zst", zstandard(t, text), true},
		{"b*.csv", "b*.csv", text, true},
		{"b?.csv", "b?.csv.gz", zipped(t, text), true},
		{"-b 'x' %.csv", "-b 'x' %.csv", text, true},
		{"b.csv", "bb.csv", text, false},
		{"b?.csv", "b.csv", text, false},
	} {
		t.Run(tt.named+" "+tt.file, func(t *testing.T) {
			dir := t.TempDir()
			m := own(tt.named)
			src := recordtest.Sources(t, write(t, dir, tt.file, tt.text))[0]
			_, ok, err := table.Match([]table.Map{m}, src)
			if err != nil || ok != tt.want {
				t.Fatalf("Match = %v, %v, want %v", ok, err, tt.want)
			}
			if !ok {
				return
			}
			var c recordtest.Collector
			db := openDB(t)
			if _, err := LoadMapped(t.Context(), db, []record.Source{src}, map[int]table.Map{src.Index: m}, &c); err != nil {
				t.Fatal(err)
			}
			l := &loaded{db: db}
			if got := l.text(t, perMonth); got != "MINE|2031-02-01|1|1\n" {
				t.Errorf("usage = %q, rejects %v", got, c.Rejects)
			}
		})
	}
}
