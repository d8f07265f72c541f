package report

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	printer "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"

	"plimsoll/internal/review"
	"plimsoll/internal/world"
)

// smallWorld is the review of the small fictional world.
func smallWorld(t *testing.T) *review.Result {
	t.Helper()
	dir := t.TempDir()
	in := filepath.Join(dir, "in")
	if err := world.Write(t.Context(), in, world.Options{Seed: 1, Size: "small"}); err != nil {
		t.Fatal(err)
	}
	res, err := review.Run(t.Context(), review.Options{Paths: []string{in}, Lists: []string{filepath.Join(in, "lists")},
		AsOf: time.Date(2032, 7, 1, 0, 0, 0, 0, time.UTC), Out: filepath.Join(dir, "out"), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// serveReport serves the page of a review.
func serveReport(t *testing.T, res *review.Result) string {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, res); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(b.Bytes())
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// What a page in print holds in the browser: its headings, and of each finding its sentence.
type printed struct {
	Title    string
	Headings []string
	Rows     []string // of all that was raised
	All      string   // the text of the page
}

const printedJS = `(() => ({
  Title: document.querySelector("h1").textContent,
  Headings: [...document.querySelectorAll("main h1, main h2, main h3:not(.card h3), main .card > header, main summary:not(tr.more summary), main caption")].map(h => h.textContent),
  Rows: [...document.querySelectorAll("tr[id^=f-] .told")].map(c => c.textContent),
  All: document.querySelector("main").textContent,
}))()`

var notShown = regexp.MustCompile(`[\s\p{Z}\x{ad}\x{fffe}\x{2}-]+`)

// squeeze takes out what breaks of lines change.
func squeeze(s string) string { return notShown.ReplaceAllString(s, "") }

// TestPrint prints the report as a browser does, and reads the pages: none is empty, each has the title and its number,
// no heading stands alone at the end of one, and every finding of the page is there as often as on screen.
func TestPrint(t *testing.T) {
	ctx := browser(t)
	at := serveReport(t, smallWorld(t))
	tab, cancel := chromedp.NewContext(ctx)
	defer cancel()
	var on printed
	var pdf []byte
	err := chromedp.Run(tab, chromedp.Navigate(at), chromedp.Evaluate(printedJS, &on),
		chromedp.ActionFunc(func(ctx context.Context) (err error) {
			pdf, _, err = printer.PrintToPDF().WithPreferCSSPageSize(true).WithPrintBackground(true).Do(ctx)
			return err
		}))
	if err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("PLIMSOLL_SHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "report.pdf"), pdf, 0o644); err != nil {
			t.Error(err)
		}
	}
	list := pagesOf(t, pdf)
	pages := len(list)
	if pages < 5 {
		t.Fatalf("%d pages", pages)
	}
	title := squeeze(on.Title + " · Plimsoll")
	var body strings.Builder
	for n, p := range list {
		p = squeeze(p)
		number := squeeze(fmt.Sprintf("%d / %d", n+1, pages))
		if !strings.Contains(p, title) || !strings.Contains(p, number) {
			t.Errorf("page %d lacks its title or %q", n+1, number)
		}
		p = strings.Replace(strings.Replace(p, title, "", 1), number, "", 1)
		if len(p) < leastOnPage && n+1 < pages {
			t.Errorf("page %d holds no more than %q", n+1, p)
		}
		for _, h := range on.Headings {
			if h = squeeze(h); h != "" && strings.HasSuffix(p, h) && len(p) > len(h) {
				t.Errorf("page %d ends with the heading %q", n+1, h)
			}
		}
		body.WriteString(p)
	}
	if len(on.Rows) == 0 {
		t.Fatal("the report shows no findings")
	}
	seen, all := body.String(), squeeze(on.All)
	done := map[string]bool{}
	for _, row := range on.Rows {
		if row = squeeze(row); done[row] {
			continue
		}
		done[row] = true
		if got, want := strings.Count(seen, row), strings.Count(all, row); got != want {
			near := ""
			if i := strings.Index(seen, row[:min(len(row), 40)]); i >= 0 {
				near = seen[i:min(len(seen), i+len(row)+80)]
			}
			t.Errorf("%d times in print, %d on screen: %q; near it in print %q", got, want, row, near)
		}
	}
	t.Logf("%d pages, %d findings", pages, len(on.Rows))
}

// pagesOf returns the text of each page. The file is our own: it is read by compiled code, and not as those of
// strangers are.
func pagesOf(t *testing.T, pdf []byte) (out []string) {
	t.Helper()
	pool, err := webassembly.Init(webassembly.Config{MaxIdle: 1, MaxTotal: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	in, err := pool.GetInstance(time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	d, err := in.OpenDocument(&requests.OpenDocument{File: &pdf})
	if err != nil {
		t.Fatal(err)
	}
	n, err := in.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: d.Document})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n.PageCount {
		p, err := in.GetPageText(&requests.GetPageText{Page: requests.Page{ByIndex: &requests.PageByIndex{
			Document: d.Document, Index: i}}})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p.Text)
	}
	return out
}

// leastOnPage is how many letters a page holds that is not taken for empty.
const leastOnPage = 80
