package report

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestChromium looks at the page in a real browser: at phone and desktop width, dark and
// light, nothing overflows sideways, text contrasts with what is behind it, headings do not
// skip a level, and every picture has words.
func TestChromium(t *testing.T) {
	var b bytes.Buffer
	if err := HTML(&b, sample()); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(b.Bytes())
	}))
	defer srv.Close()
	ctx := browser(t)
	for _, tt := range []struct {
		name   string
		width  int64
		scheme string
	}{{"phone-light", 390, "light"}, {"phone-dark", 390, "dark"}, {"desktop-light", 1280, "light"},
		{"desktop-dark", 1280, "dark"}} {
		t.Run(tt.name, func(t *testing.T) {
			tab, cancel := chromedp.NewContext(ctx)
			defer cancel()
			var problems []string
			var shot []byte
			err := chromedp.Run(tab,
				emulation.SetDeviceMetricsOverride(tt.width, 900, 1, tt.width < 600),
				emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme",
					Value: tt.scheme}}),
				chromedp.Navigate(srv.URL),
				chromedp.Evaluate(audit, &problems),
				chromedp.FullScreenshot(&shot, 100),
			)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range problems {
				t.Error(p)
			}
			if dir := os.Getenv("PLIMSOLL_SHOTS"); dir != "" {
				if err := os.WriteFile(filepath.Join(dir, "report-"+tt.name+".png"), shot, 0o644); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// browser starts Chromium, or skips where it is not installed.
func browser(t *testing.T) context.Context {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("no Chromium on this machine, and CI looks at the page; make setup installs it on Debian")
		}
		t.Skip("no Chromium on this machine; make setup installs it on Debian")
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true))...)
	ctx, cancel := chromedp.NewContext(alloc)
	ctx, late := context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(func() { late(); cancel(); stop() })
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return ctx
}

// audit returns what is wrong with the page as a reader would meet it. Contrast is WCAG 2.2
// success criterion 1.4.3 (4.5:1, or 3:1 for large text).
const audit = `(() => {
  const out = [];
  if (document.documentElement.scrollWidth > innerWidth) out.push("the page is " + document.documentElement.scrollWidth + " wide in a window of " + innerWidth);
  let last = 0;
  for (const h of document.querySelectorAll("h1,h2,h3,h4")) {
    const l = +h.tagName[1];
    if (l > last + 1) out.push("heading level jumps to " + h.tagName + ": " + h.textContent.slice(0, 40));
    last = l;
  }
  for (const s of document.querySelectorAll("svg")) {
    if (!s.hasAttribute("aria-hidden") && !(s.getAttribute("role") === "img" && (s.getAttribute("aria-label") || "").length > 10)) out.push("a picture without words");
  }
  for (const t of document.querySelectorAll("table")) if (!t.querySelector("th")) out.push("a table without headers");
  if (!document.documentElement.lang) out.push("no language");
  const ids = new Set();
  for (const e of document.querySelectorAll("[id]")) { if (ids.has(e.id)) out.push("id twice: " + e.id); ids.add(e.id); }
  const rgb = c => { const m = c.match(/[\d.]+/g).map(Number); return m.length > 3 ? m : [...m, 1]; };
  const lum = c => { const f = c.slice(0, 3).map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * f[0] + .7152 * f[1] + .0722 * f[2]; };
  const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] > .5) return c; } return [255, 255, 255, 1]; };
  const seen = new Set();
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || e.closest("[aria-hidden]") || e.classList.contains("skip")) continue;
    const s = getComputedStyle(e);
    const fg = rgb(e instanceof SVGElement ? s.fill : s.color), bg = behind(e);
    const [a, b] = [lum(fg), lum(bg)].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05), size = parseFloat(s.fontSize);
    const need = size >= 24 || size >= 18.66 && +s.fontWeight >= 700 ? 3 : 4.5;
    const key = e.tagName + e.className.baseVal + e.className + s.color;
    if (ratio < need && !seen.has(key)) { seen.add(key); out.push("contrast " + ratio.toFixed(2) + " of " + e.tagName + " " + e.textContent.trim().slice(0, 30)); }
  }
  return out;
})()`
