package web_test

import (
	"archive/zip"
	"context"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/docket"
	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/obligation"
	"plimsoll/internal/review"
)

// manyDemands is how many demands the export is tried with, and mostHeap how much memory it may take beyond what the
// list of them does, in bytes: a fifth of what it sends.
const (
	manyDemands = 10_000
	mostHeap    = 96 << 20
)

// TestExportAllDemands: what was done about each of very many demands leaves as one ZIP, a page with its receipts each,
// and is never in memory as a whole.
func TestExportAllDemands(t *testing.T) {
	n := manyDemands
	if testing.Short() {
		n = 200
	}
	s, place := noticeSite(t)
	x := review.Demands{}
	for i := range n {
		x.Standing = append(x.Standing, review.DemandLine{Line: obligation.Line{Demand: fmt.Sprintf("D/%05d", i),
			Due: "2032-06-01", Status: obligation.Overdue, Of: obligation.OfCompanies,
			Text: "Stop deliveries of part " + strconv.Itoa(i), Instrument: "Order 1", Force: obligation.Binding,
			Read: obligation.Memory}, Concerns: 1})
	}
	// Two ids that a file system would take for one, and one that is no name.
	for _, id := range []string{"A B", "A?B", "../.."} {
		x.Standing = append(x.Standing, review.DemandLine{Line: obligation.Line{Demand: id,
			Status: obligation.DueUnknown, Of: obligation.OfState, Text: id}})
	}
	b, err := json.Marshal(map[string]any{"as_of": "2032-07-01", "tool": map[string]string{"version": "t"},
		"demands": x})
	dir := t.TempDir()
	if err := errors.Join(err, os.WriteFile(filepath.Join(dir, "review.json"), b, 0o600),
		os.WriteFile(filepath.Join(dir, "findings.jsonl"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.store.SaveRun(t.Context(), "", dir); err != nil {
		t.Fatal(err)
	}
	cases := casefile.NewDesk(s.store)
	cases.Now = s.clock
	cases.Follow = func(ctx context.Context, tx *sql.Tx, e casefile.Event) error {
		_, err := ledger.Append(ctx, tx, ledger.Entry{Kind: "event", Subject: string(e.Subject), Actor: e.Actor,
			Content: []byte(e.Text),
			Row: &ledger.Row{Table: "event", Key: "seq", Value: strconv.FormatInt(e.Seq, 10), Columns: []string{
				"at", "text"}}})
		return err
	}
	d := docket.New(cases)
	d.Now = s.clock
	if got, err := d.Tick(t.Context()); err != nil || got != n+3 {
		t.Fatalf("%d changes, %v", got, err)
	}
	place.Sequencer.Wake()
	ada := s.person("Ada", casefile.Investigator)
	ada.get("/demands") // the list is read once before
	deadline := time.Now().Add(2 * time.Minute)
	for { // until the last leaf is published
		out := ada.get("/demands/" + "D%2F" + fmt.Sprintf("%05d", n-1) + "/export")
		if strings.Contains(out.body, "receipts/2032") || time.Now().After(deadline) {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "all.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	began, peak := time.Now(), watchHeap(t)
	ada.save(t, "/demands.zip", file)
	took, most := time.Since(began), peak()
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d demands: %d MB in %s, %d MB of memory more than before", n, size>>20, took.Round(time.Millisecond),
		most>>20)
	if most > mostHeap {
		t.Errorf("the export took %d MB of memory", most>>20)
	}
	z, err := zip.NewReader(file, size)
	if err != nil {
		t.Fatal(err)
	}
	pages, receipts, folders := 0, 0, map[string]bool{}
	for i, f := range z.File {
		folder, name, _ := strings.Cut(f.Name, "/")
		switch {
		case name == "what-we-did.html":
			pages++
			folders[folder] = true
		case strings.HasSuffix(name, ".tlog-proof"):
			receipts++
			if i%997 == 0 {
				checkReceipt(t, f, place.VKey)
			}
		}
		if strings.Contains(f.Name, "..") && folder == ".." {
			t.Errorf("a name that leads out: %s", f.Name)
		}
	}
	if pages != n+3 || len(folders) != n+3 || receipts != n+3 {
		t.Errorf("%d pages in %d folders with %d receipts, want %d of each", pages, len(folders), receipts, n+3)
	}
	in, err := z.Open("demands.csv")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(in).ReadAll()
	if err != nil || len(rows) != n+4 || !folders[rows[1][0]] {
		t.Errorf("the table has %d rows, %v", len(rows), err)
	}
}

// checkReceipt checks a receipt of the export as anybody would.
func checkReceipt(t *testing.T, f *zip.File, vkey string) {
	t.Helper()
	in, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	r, err := format.ParseReceipt(b)
	if err != nil {
		t.Fatalf("%s: %v", f.Name, err)
	}
	v, err := format.Verifier(vkey)
	if err == nil {
		_, err = r.Verify(v)
	}
	if err != nil {
		t.Errorf("%s: %v", f.Name, err)
	}
}

// watchHeap returns how much the live heap grew at most since it was called.
func watchHeap(t *testing.T) func() int64 {
	t.Helper()
	live := func() int64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	runtime.GC()
	before := live()
	var most atomic.Int64
	done := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-done:
				return
			case <-time.After(2 * time.Second): // each look collects what is not live
				runtime.GC()
				most.Store(max(most.Load(), live()-before))
			}
		}
	}()
	return func() int64 { close(done); <-stopped; return most.Load() }
}

// save reads a file to the end.
func (c *client) save(t *testing.T, path string, to io.Writer) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.site.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(to, res.Body); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", path, res.StatusCode, err)
	}
}
