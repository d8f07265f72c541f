package app

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"plimsoll/internal/web/webtest"
)

// phones are the smallest screens that are in use, in both colours.
var phones = []webtest.View{{Name: "360-light", Width: 360, Scheme: "light"}, {Name: "360-dark", Width: 360,
	Scheme: "dark"}}

// downloads keeps what the tab downloads in a folder.
func downloads(dir string) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		c := chromedp.FromContext(ctx)
		info, err := target.GetTargetInfo().WithTargetID(c.Target.TargetID).Do(cdp.WithExecutor(ctx, c.Browser))
		if err != nil {
			return err
		}
		return browser.SetDownloadBehavior(browser.SetDownloadBehaviorBehaviorAllow).WithDownloadPath(
			dir).WithBrowserContextID(info.BrowserContextID).Do(cdp.WithExecutor(ctx, c.Browser))
	})
}

// TestNoticeInBrowser walks a sender's way in Chromium with scripts off: open the page, fill
// it, attach a file, send, download the receipt, follow up by the code. The receipt is then
// checked by somebody who has nothing but it and the key, without a network.
func TestNoticeInBrowser(t *testing.T) {
	chromium := webtest.Browser(t)
	dir := t.TempDir()
	keys, data, home := filepath.Join(dir, "keys"), filepath.Join(dir, "data"), filepath.Join(dir, "home")
	run(t, exitDone, "notices", "key", "--out", keys, "ada", "ben")
	at, out, stop := serving(t, "--data", data, "--notices", filepath.Join(keys, "notices.key"), "--notices-to",
		"Harbour Cloud")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	memo := filepath.Join(home, "memo.txt")
	if err := os.WriteFile(memo, []byte("the words of a memo\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tab := webtest.Apart(t, chromium)
	do := func(actions ...chromedp.Action) {
		t.Helper()
		ctx, cancel := context.WithTimeout(tab, 30*time.Second)
		defer cancel()
		if err := chromedp.Run(ctx, actions...); err != nil {
			t.Fatal(err)
		}
	}
	look := func(name string) {
		t.Helper()
		for _, v := range phones {
			do(v.In())
			webtest.Look(t, tab, name+"-"+v.Name)
		}
	}
	press := func(selector string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(tab, 30*time.Second)
		defer cancel()
		if _, err := chromedp.RunResponse(ctx, chromedp.Click(selector, chromedp.ByQuery)); err != nil {
			t.Fatalf("%s: %v", selector, err)
		}
	}
	text := func(selector string) (s string) {
		t.Helper()
		do(chromedp.Text(selector, &s, chromedp.ByQuery))
		return strings.TrimSpace(s)
	}
	do(phones[0].In(), emulation.SetScriptExecutionDisabled(true), downloads(home),
		chromedp.Navigate(at+"/notice"))
	look("notice-1-form")
	// First a form with a mistake: the words stay.
	do(chromedp.SendKeys("#about", "Northgate Signals, speech-to-text", chromedp.ByQuery), chromedp.SendKeys("#what",
		"They transcribe a whole city's calls.", chromedp.ByQuery), chromedp.SendKeys("#reach", "a lamp",
		chromedp.ByQuery))
	press("form button")
	if s := text(".warn"); !strings.Contains(s, "none is kept") || !strings.Contains(s, "Your words are still below") {
		t.Errorf("the page says %q", s)
	}
	look("notice-2-mistake")
	do(chromedp.Click(`input[value="sealed"]`, chromedp.ByQuery), chromedp.SetUploadFiles("#file", []string{memo},
		chromedp.ByQuery))
	press("form button")
	if s := text("h1"); s != "We have received your notice" {
		t.Fatalf("%q: %s", s, text("main"))
	}
	look("notice-3-received")
	code, id := text(".code"), regexp.MustCompile(`N-[0-9A-Z]{8}`).FindString(text("main"))
	do(chromedp.Click("form button", chromedp.ByQuery))
	receipt := filepath.Join(home, "receipt-"+id+".txt")
	for range 200 {
		if exists(receipt) {
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	do(chromedp.Navigate(at + "/notice/follow"))
	look("notice-4-follow")
	do(chromedp.SendKeys("#code", strings.ToLower(code), chromedp.ByQuery))
	press("main form button")
	if s := text("main"); !strings.Contains(s, id) || !strings.Contains(s, "waits to be read") {
		t.Errorf("following up: %s", s)
	}
	look("notice-5-status")
	press(`form[action="/notice/more"] button`)
	var typed string
	do(chromedp.Value("#code", &typed, chromedp.ByQuery))
	if strings.ToUpper(typed) != code {
		t.Errorf("the form for more has the code %q, want %q", typed, code)
	}
	look("notice-6-more")
	var address string
	do(chromedp.Location(&address))
	if strings.Contains(address, code[:9]) {
		t.Errorf("the code stands in an address: %s", address)
	}
	vkey := regexp.MustCompile(`under the key (\S+)`).FindStringSubmatch(out.String())[1]
	stop()
	if err := os.RemoveAll(data); err != nil { // nothing of the company is left
		t.Fatal(err)
	}
	said, err := alone(t, home, os.Args[0], "verify", filepath.Base(receipt), "--key", vkey)
	for _, want := range []string{id, "They transcribe a whole city's calls.", `it is "memo.txt"`, "nothing is wrong"} {
		if err != nil || !strings.Contains(said, want) {
			t.Fatalf("verify (%v) does not say %q:\n%s", err, want, said)
		}
	}
}
