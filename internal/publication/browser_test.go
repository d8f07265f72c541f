package publication_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"plimsoll/internal/publication"
	"plimsoll/internal/store/storetest"
	"plimsoll/internal/web/webtest"
)

// TestWalk looks at a site as a reader meets it, at both widths, in both colours and on paper, with scripts off, in
// English and in Arabic, whose computed direction is from right to left. PLIMSOLL_SHOTS names a folder for pictures.
func TestWalk(t *testing.T) {
	browser := webtest.Browser(t)
	h := newHouse(t)
	h.now = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	first := h.release(draft(storetest.Decided(t, h.cases, false)))
	x := draft(storetest.Decided(t, h.cases, false))
	x.Redactions = []publication.Redaction{{Words: "Northgate Signals Directorate", Kind: publication.GroundSafety,
		Why: "Staff there could be in danger.", Until: "2028-01-01"},
		{Part: "options", Kind: publication.GroundTrade, Why: "Terms of the contract."}}
	hidden := h.release(x)
	h.now = h.now.AddDate(0, 4, 0)
	x = first.Draft
	x.Correction = "The earlier page gave the hours of a month as those of a day."
	second := h.release(x)
	out := filepath.Join(t.TempDir(), "site")
	h.write(out, "en", "ar", "he")
	srv := httptest.NewServer(http.FileServer(http.Dir(out)))
	defer srv.Close()
	tab := webtest.Apart(t, browser)
	do := func(actions ...chromedp.Action) {
		t.Helper()
		ctx, cancel := context.WithTimeout(tab, 30*time.Second)
		defer cancel()
		if err := chromedp.Run(ctx, actions...); err != nil {
			t.Fatal(err)
		}
	}
	do(emulation.SetScriptExecutionDisabled(true))
	for _, tt := range []struct{ name, path, dir, lang, says string }{
		{"index", "index.html", "ltr", "en", "What came last"}, {"index-ar", "index.ar.html", "rtl", "ar", ""},
		{"decisions", "decisions.html", "ltr", "en", "All decisions"},
		{"corrections", "corrections.html", "ltr", "en", "Corrections and withdrawals"},
		{"figures", "figures-2026.html", "ltr", "en", "Figures of 2026"},
		{"demands", "demands.html", "ltr", "en", "Nothing yet."}, {"check", "check.html", "ltr", "en",
			"plimsoll verify"},
		{"page", "pages/" + string(second.ID) + ".html", "ltr", "en", "We transcribe public hearings."},
		{"corrected", "pages/" + string(first.ID) + ".html", "ltr", "en", "Correction"},
		{"redacted", "pages/" + string(hidden.ID) + ".html", "ltr", "en", "taken out, 1"},
		{"page-ar", "pages/" + string(second.ID) + ".ar.html", "rtl", "ar", "We transcribe public hearings."},
		{"page-he", "pages/" + string(second.ID) + ".he.html", "rtl", "he", "We transcribe public hearings."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var dir, lang, text string
			do(chromedp.Navigate(srv.URL+"/"+tt.path), chromedp.Evaluate(`getComputedStyle(document.body).direction`,
				&dir), chromedp.Evaluate(`document.documentElement.lang`, &lang),
				chromedp.Evaluate(`document.body.innerText`, &text))
			if dir != tt.dir || lang != tt.lang || !strings.Contains(text, tt.says) {
				t.Errorf("direction %q, language %q; want %q, %q and the words %q in\n%s", dir, lang, tt.dir, tt.lang,
					tt.says, text)
			}
			for _, v := range webtest.Views {
				do(v.In())
				webtest.Look(t, tab, "site-"+tt.name+"-"+v.Name)
			}
			var wide int64
			do(emulation.SetDeviceMetricsOverride(794, 1123, 1, false), emulation.SetEmulatedMedia().WithMedia("print"),
				chromedp.Evaluate(`document.documentElement.scrollWidth`, &wide))
			if wide > 794 {
				t.Errorf("%d wide on paper", wide)
			}
			webtest.Look(t, tab, "site-"+tt.name+"-print")
			do(emulation.SetEmulatedMedia().WithMedia(""))
		})
	}
}
