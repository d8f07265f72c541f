package focus

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"plimsoll/internal/record/recordtest"
)

// TestKeptIsData: what stands in a folder of kept bills is data. Words in it that look like SQL are words, and a
// Parquet file of other columns is a bill that is not there.
func TestKeptIsData(t *testing.T) {
	const bill = "BillingAccountId,BillingPeriodStart,ChargePeriodStart,ChargeCategory,ServiceName,BilledCost,Tags\n" +
		"A,2031-01-01T00:00:00Z,2031-01-01T00:00:00Z,Usage,Storage,1,x\n" +
		"A,2031-01-01T00:00:00Z\n"
	in, dir := write(t, t.TempDir(), "bill.csv", bill), t.TempDir()
	sources := recordtest.Sources(t, in)
	run := func() *loaded {
		l := &loaded{db: openDB(t), sources: sources}
		x, err := BeginKept(t.Context(), l.db, sources, nil, Kept{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		defer x.Close()
		var c recordtest.Collector
		if l.stats, err = x.Finish(&c); err != nil {
			t.Fatal(err)
		}
		return l
	}
	const lost, lacks = "SELECT unread FROM usage WHERE unread IS NOT NULL",
		"SELECT column_name FROM usage_lacks ORDER BY 1 LIMIT 1"
	first := run()
	if got := first.text(t, lost); got != lostWhy[0]+"\n" {
		t.Fatalf("lost: %q", got)
	}
	name := filepath.Join(dir, sources[0].SHA256)
	text, err := os.ReadFile(name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var k keptBill
	if err := json.Unmarshal(text, &k); err != nil || len(k.Lost) != 1 || len(k.Lacks) == 0 {
		t.Fatalf("%s: %v", text, err)
	}
	const bad = "'; DROP TABLE usage; --"
	k.Lost[0].Why, k.Lacks[0], k.Contracts = bad, " "+bad, []keptContract{{1, bad, bad, bad}}
	put := func(path string, b []byte) {
		t.Helper()
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if text, err = json.Marshal(k); err != nil {
		t.Fatal(err)
	}
	put(name+".json", text)
	second := run()
	for query, want := range map[string]string{lost: bad + "\n", lacks: " " + bad + "\n",
		"SELECT contract FROM usage_contract": bad + "\n"} {
		if got := second.text(t, query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	other := filepath.Join(t.TempDir(), "x.parquet")
	if _, err := second.db.Exec("COPY (SELECT 1 AS charges, 'x' AS stranger) TO " + quote(other)); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	put(name+".parquet", b)
	if k.Parquet, err = sumOf(other); err != nil {
		t.Fatal(err)
	}
	if text, err = json.Marshal(k); err != nil {
		t.Fatal(err)
	}
	put(name+".json", text)
	const all = "SELECT * FROM usage ORDER BY first_row"
	if got, want := run().text(t, all), first.text(t, all); got != want {
		t.Errorf("after a stranger's Parquet: %s, want %s", got, want)
	}
}
