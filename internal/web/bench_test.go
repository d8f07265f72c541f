package web_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/finding"
)

// manyFindings is how many findings the issue asks the pages to be fast with.
const manyFindings = 100_000

// withMany stores a review of n findings.
func withMany(b testing.TB, n int) *site {
	b.Helper()
	dir := b.TempDir()
	f, err := os.Create(filepath.Join(dir, "findings.jsonl"))
	if err != nil {
		b.Fatal(err)
	}
	severities := []string{"critical", "high", "medium", "low"}
	for i := range n {
		flag := fmt.Sprintf("RF-%02d", i%40+1)
		x := finding.Finding{ID: finding.NewID(flag, "party", fmt.Sprint(i)), Flag: flag, State: finding.Raised,
			Severity: severities[i*4/n], Confidence: 0.5, Title: "A flag with a title",
			Subject: finding.Subject{Kind: "party", ID: fmt.Sprintf("p-%d", i/20), Name: fmt.Sprintf("Hollin %d Works",
				i/20), Party: fmt.Sprintf("p-%d", i/20)},
			Sentence: "Records show more of a service than the contracts on file provide for, over the months that " +
				"were read.", Pack: "bench", Version: "1"}
		if i%3 == 0 {
			x.State = finding.NotComputable
		}
		line, err := x.Line()
		if err != nil {
			b.Fatal(err)
		}
		if _, err := f.Write(line); err != nil {
			b.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	text, _ := json.Marshal(map[string]any{"as_of": "2032-07-01", "tool": map[string]string{"name": "plimsoll",
		"version": "bench"}})
	if err := os.WriteFile(filepath.Join(dir, "review.json"), text, 0o600); err != nil {
		b.Fatal(err)
	}
	s := newSite(b, "")
	r, _, err := s.store.SaveRun(b.Context(), "", dir)
	if err != nil {
		b.Fatal(err)
	}
	s.run = r.ID
	return s
}

// BenchmarkFindings asks for the findings page of 100,000 findings, beside a handler that
// only writes as many bytes. Run with:
//
//	go test ./internal/web -run '^$' -bench Findings -benchtime 200x
func BenchmarkFindings(b *testing.B) {
	s := withMany(b, manyFindings)
	ada := s.person("Ada", casefile.Investigator)
	size := len(ada.get("/runs/" + s.run + "/findings").body)
	plain := make([]byte, size)
	bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(plain) }))
	defer bare.Close()
	for _, tt := range []struct{ name, path string }{
		{"page=all", "/findings"}, {"page=facets", "/findings?state=raised&severity=high&flag=RF-11"},
		{"page=words", "/findings?q=hollin+77"},
	} {
		b.Run(tt.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if a := ada.get("/runs/" + s.run + tt.path); a.status != http.StatusOK {
					b.Fatal(a.status)
				}
			}
		})
	}
	b.Run("bare", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			res, err := http.Get(bare.URL)
			if err != nil {
				b.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
	})
}

// TestManyFindings holds the page of 100,000 findings to its promises: the first byte within
// 50 ms (here the whole page is waited for), and 50 people at once within 250 ms for 99 of
// 100 requests, without an error; a handler that only writes as many bytes stands beside it.
// The times are asserted only where PLIMSOLL_BENCH is set, since other work on the machine
// must not fail a test; elsewhere fewer findings show that nothing breaks.
func TestManyFindings(t *testing.T) {
	n := 5_000
	if os.Getenv("PLIMSOLL_BENCH") != "" {
		n = manyFindings
	}
	s := withMany(t, n)
	ada := s.person("Ada", casefile.Investigator)
	page := func(i, j int) int {
		return ada.get(fmt.Sprintf("/runs/%s/findings?severity=%s&flag=RF-%02d", s.run,
			[]string{"critical", "high"}[j%2], (i+j)%40+1)).status
	}
	plain := make([]byte, len(ada.get("/runs/"+s.run+"/findings?state=raised&flag=RF-11").body))
	handler := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(plain)
	}))
	defer handler.Close()
	bare := func(int, int) int {
		res, err := ada.http.Get(handler.URL)
		if err != nil {
			return 0
		}
		defer res.Body.Close()
		_, _ = io.Copy(io.Discard, res.Body)
		return res.StatusCode
	}
	alone, p99 := crowd(t, fmt.Sprintf("%d findings", n), page)
	crowd(t, "bare handler", bare)
	if os.Getenv("PLIMSOLL_BENCH") != "" && (alone > 50*time.Millisecond || p99 > 250*time.Millisecond) {
		t.Errorf("alone %v, p99 %v", alone, p99)
	}
}

// crowd asks alone and then as 50 people who read between their requests; it gives the
// median of one and the 99th percentile of the others.
func crowd(t *testing.T, name string, ask func(i, j int) int) (median, p99 time.Duration) {
	t.Helper()
	const people, each = 50, 4
	ask(0, 0)
	var alone, together []time.Duration
	for i := range 20 {
		at := time.Now()
		if status := ask(i, 0); status != http.StatusOK {
			t.Fatal(status)
		}
		alone = append(alone, time.Since(at))
	}
	slices.Sort(alone)
	var mu sync.Mutex // guards together and failed
	failed := 0
	var group sync.WaitGroup
	for i := range people {
		group.Go(func() {
			for j := range each {
				at := time.Now()
				status := ask(i, j)
				took := time.Since(at)
				mu.Lock()
				together = append(together, took)
				if status != http.StatusOK {
					failed++
				}
				mu.Unlock()
				time.Sleep(200 * time.Millisecond) // somebody reads
			}
		})
	}
	group.Wait()
	slices.Sort(together)
	median, p99 = alone[len(alone)/2], together[len(together)*99/100]
	t.Logf("%s: alone median %v, worst %v; %d people at once: median %v, p99 %v, %d of %d failed", name, median,
		alone[len(alone)-1], people, together[len(together)/2], p99, failed, len(together))
	if failed > 0 {
		t.Errorf("%s: %d requests failed", name, failed)
	}
	return median, p99
}
