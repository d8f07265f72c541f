// Package webtest looks at served pages as a reader meets them: in a real browser, with an
// audit of what a person who cannot see well, or has no mouse, would stumble over.
//
// Invariants: a browser that was started ends with the test; nothing outside loopback is asked.
package webtest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// Browser starts Chromium, or skips where it is not installed.
func Browser(t testing.TB) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium on this machine; make setup installs it on Debian")
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true))...)
	ctx, cancel := chromedp.NewContext(alloc)
	ctx, late := context.WithTimeout(ctx, 8*time.Minute)
	t.Cleanup(func() { late(); cancel(); stop() })
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return ctx
}

// Apart opens a tab that shares no cookies with the others.
func Apart(t testing.TB, browser context.Context) context.Context {
	t.Helper()
	var id target.ID
	err := chromedp.Run(browser, chromedp.ActionFunc(func(ctx context.Context) error {
		ctx = cdp.WithExecutor(ctx, chromedp.FromContext(ctx).Browser)
		own, err := target.CreateBrowserContext().Do(ctx)
		if err != nil {
			return err
		}
		id, err = target.CreateTarget("about:blank").WithBrowserContextID(own).WithNewWindow(true).Do(ctx)
		return err
	}))
	if err != nil {
		t.Fatal(err)
	}
	tab, cancel := chromedp.NewContext(browser, chromedp.WithTargetID(id))
	t.Cleanup(cancel)
	// The first run ties the tab to its context; a deadline on it would end the tab.
	if err := chromedp.Run(tab); err != nil {
		t.Fatal(err)
	}
	return tab
}

// A View is a window: how wide, and which colours.
type View struct {
	Name   string
	Width  int64
	Scheme string
}

// Views are the windows that every page is looked at in.
var Views = []View{{"phone-light", 390, "light"}, {"phone-dark", 390, "dark"}, {"desktop-light", 1280, "light"},
	{"desktop-dark", 1280, "dark"}}

// In sets a tab to a view.
func (v View) In() chromedp.Tasks {
	return chromedp.Tasks{
		emulation.SetDeviceMetricsOverride(v.Width, 900, 1, v.Width < 600),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme",
			Value: v.Scheme}}),
	}
}

// Look audits the page that a tab shows, and keeps a picture in the folder PLIMSOLL_SHOTS.
func Look(t testing.TB, tab context.Context, name string) {
	t.Helper()
	var problems []string
	if err := chromedp.Run(tab, chromedp.Evaluate(Audit, &problems)); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", name, p)
	}
	dir := os.Getenv("PLIMSOLL_SHOTS")
	if dir == "" {
		return
	}
	var shot []byte
	if err := chromedp.Run(tab, chromedp.FullScreenshot(&shot, 100)); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), shot, 0o644); err != nil {
		t.Error(err)
	}
}

// Audit is a script that returns what is wrong with a page: it overflows sideways, headings
// skip a level, a picture has no words, a control has no name, an id stands twice, a link
// says nothing, a target is too small, or text does not contrast with what is behind it.
// Contrast is WCAG 2.2 success criterion 1.4.3 (4.5:1, or 3:1 for large text), names are
// 4.1.2, targets 2.5.8 (24 by 24 pixels, but for links within text), keys 2.1.1, groups 1.3.1.
const Audit = `(() => {
  const out = [];
  if (document.documentElement.scrollWidth > innerWidth) out.push("the page is " + document.documentElement.scrollWidth + " wide in a window of " + innerWidth);
  if (!document.title.trim()) out.push("no title");
  if (!document.documentElement.lang) out.push("no language");
  for (const [what, sel] of [["main", "main"], ["h1", "h1"]]) if (document.querySelectorAll(sel).length !== 1) out.push(document.querySelectorAll(sel).length + " " + what);
  const shown = e => e.checkVisibility ? e.checkVisibility({ visibilityProperty: true }) : true;
  let last = 0;
  for (const h of document.querySelectorAll("h1,h2,h3,h4")) {
    if (!shown(h)) continue;
    const l = +h.tagName[1];
    if (l > last + 1) out.push("heading level jumps to " + h.tagName + ": " + h.textContent.slice(0, 40));
    last = l;
  }
  for (const s of document.querySelectorAll("svg")) {
    if (!s.closest("[aria-hidden]") && !(s.getAttribute("role") === "img" && (s.getAttribute("aria-label") || "").length > 10)) out.push("a picture without words");
  }
  for (const t of document.querySelectorAll("table")) if (!t.querySelector("th")) out.push("a table without headers");
  const ids = new Set();
  for (const e of document.querySelectorAll("[id]")) { if (ids.has(e.id)) out.push("id twice: " + e.id); ids.add(e.id); }
  for (const e of document.querySelectorAll("[aria-labelledby]")) if (!document.getElementById(e.getAttribute("aria-labelledby"))) out.push("labelled by nothing: " + e.getAttribute("aria-labelledby"));
  for (const e of document.querySelectorAll("input:not([type=hidden]),select,textarea")) {
    if (!(e.labels && [...e.labels].some(l => l.textContent.trim())) && !e.getAttribute("aria-label")) out.push("a control without a label: " + e.name);
  }
  for (const e of document.querySelectorAll("a[href],button,summary")) {
    if (!(e.textContent.trim() || e.getAttribute("aria-label"))) out.push("a control that says nothing: " + e.outerHTML.slice(0, 60));
    if (!shown(e) || e.classList.contains("skip")) continue;
    const inText = e.tagName === "A" && getComputedStyle(e).display === "inline";
    const r = e.getBoundingClientRect();
    if (!inText && r.width && (r.width < 24 || r.height < 24)) out.push("a target of " + r.width.toFixed() + " by " + r.height.toFixed() + ": " + e.textContent.trim().slice(0, 30));
  }
  for (const e of document.querySelectorAll("nav,aside,[role=region]")) if (!e.getAttribute("aria-label")) out.push("a region without a name: " + e.className);
  for (const e of document.querySelectorAll("body *")) {
    if (!shown(e) || e.scrollWidth <= e.clientWidth + 1 || !/auto|scroll/.test(getComputedStyle(e).overflowX) || /^(TEXTAREA|INPUT|SELECT)$/.test(e.tagName)) continue;
    if (e.tabIndex < 0 && !e.querySelector("a[href],button,input,select,textarea,summary")) out.push("scrolls sideways, and no key does it: " + e.tagName + " " + e.className + " " + e.textContent.trim().slice(0, 30));
  }
  for (const e of document.querySelectorAll("input[aria-invalid],[aria-describedby]")) if (e.getAttribute("aria-describedby") && !document.getElementById(e.getAttribute("aria-describedby"))) out.push("described by nothing: " + e.name);
  for (const f of document.querySelectorAll("fieldset")) if (shown(f) && !(f.querySelector(":scope > legend") || {}).textContent) out.push("a group without a name");
  for (const e of document.querySelectorAll("[tabindex]")) if (e.tabIndex > 0) out.push("an order of its own: " + e.outerHTML.slice(0, 60));
  for (const e of document.querySelectorAll("label input[type=radio]")) if (shown(e) && !e.closest("fieldset")) out.push("a choice outside a group: " + e.name);
  if (document.querySelector("[style],style,[onclick],script:not([src])")) out.push("an inline style or script");
  const rgb = c => { const m = c.match(/[\d.]+/g).map(Number); return m.length > 3 ? m : [...m, 1]; };
  const lum = c => { const f = c.slice(0, 3).map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * f[0] + .7152 * f[1] + .0722 * f[2]; };
  const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] > .5) return c; } return [255, 255, 255, 1]; };
  const seen = new Set();
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || e.closest("[aria-hidden]") || e.classList.contains("skip") || !shown(e)) continue;
    const s = getComputedStyle(e);
    const fg = rgb(e instanceof SVGElement ? s.fill : s.color), bg = behind(e);
    const [a, b] = [lum(fg), lum(bg)].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05), size = parseFloat(s.fontSize);
    const need = size >= 24 || size >= 18.66 && +s.fontWeight >= 700 ? 3 : 4.5;
    const key = e.tagName + (e.className.baseVal ?? e.className) + s.color + bg;
    if (ratio < need && !seen.has(key)) { seen.add(key); out.push("contrast " + ratio.toFixed(2) + " of " + e.tagName + " " + e.textContent.trim().slice(0, 30)); }
  }
  return out;
})()`

// maxTabs bounds a walk with the tab key; the longest page has fewer controls.
const maxTabs = 600

// Tabs walks through a page with the tab key. Every control that is shown is reached once, it
// shows a ring (WCAG 2.4.7), lies in the window (2.4.11), and the walk comes to an end (2.1.2).
func Tabs(t testing.TB, tab context.Context, name string) {
	t.Helper()
	const begin = `(() => { window.scrollTo(0, 0); document.activeElement.blur(); window.__met = new Set(); window.__last = null; return [...document.querySelectorAll("a[href],button,input:not([type=hidden]),select,textarea,summary")]
  .filter(e => (e.checkVisibility ? e.checkVisibility({ visibilityProperty: true }) : true) && !e.disabled && !(e.type === "radio" && !e.checked)).length; })()`
	const step = `(() => { const e = document.activeElement; if (!e || e === document.body || e === document.documentElement) return "end"; if (e === window.__last) return ""; window.__last = e; if (window.__met.has(e)) return "end"; window.__met.add(e); /* a date has several stops in it */
  const s = getComputedStyle(e), r = e.getBoundingClientRect(), what = e.tagName + " " + (e.textContent.trim() || e.name || e.className).slice(0, 40);
  if (s.outlineStyle !== "auto" && (s.outlineStyle === "none" || parseFloat(s.outlineWidth) < 2)) return "no ring on " + what;
  if (r.bottom < 0 || r.top > innerHeight || r.right < 0 || r.left > innerWidth) return "outside the window: " + what;
  return ""; })()`
	var controls, met int
	if err := chromedp.Run(tab, chromedp.Evaluate(begin, &controls)); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for i := 0; ; i++ {
		var says string
		if err := chromedp.Run(tab, chromedp.KeyEvent("\t"), chromedp.Evaluate(step, &says)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if says == "end" {
			break
		}
		if says != "" {
			t.Errorf("%s: %s", name, says)
		}
		if i > maxTabs {
			t.Fatalf("%s: the tab key does not come to an end", name)
		}
	}
	const missed = `[...document.querySelectorAll("a[href],button,input:not([type=hidden]),select,textarea,summary")].filter(e => (e.checkVisibility ? e.checkVisibility({ visibilityProperty: true }) : true) && !e.disabled && !(e.type === "radio" && !e.checked) && !window.__met.has(e)).map(e => e.outerHTML.slice(0, 90))`
	var left []string
	if err := chromedp.Run(tab, chromedp.Evaluate(`window.__met.size`, &met), chromedp.Evaluate(missed, &left)); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if len(left) > 0 {
		t.Errorf("%s: %d of %d controls are not reached by the tab key: %q", name, len(left), controls,
			left[:min(len(left), 4)])
	}
}
