package web_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"plimsoll/internal/casefile"
	"plimsoll/internal/message"
	"plimsoll/internal/notice"
	"plimsoll/internal/notice/noticetest"
	"plimsoll/internal/web/webtest"
)

// TestNoticeInArabic walks the form for notices in Arabic with scripts off: it reads from right to left, is sent, and
// answers in Arabic; pictures are kept where PLIMSOLL_SHOTS says, for a person to look at.
func TestNoticeInArabic(t *testing.T) {
	browser := webtest.Browser(t)
	s := newSite(t, "")
	r := s.reader(t, browser)
	direction := func(where string) {
		t.Helper()
		var dir, lang string
		r.do(chromedp.Evaluate(`getComputedStyle(document.querySelector("main")).direction`, &dir), chromedp.Evaluate(`document.documentElement.lang`, &lang))
		if dir != "rtl" || lang != "ar" {
			t.Errorf("%s reads %q in %q, want from right to left in Arabic", where, dir, lang)
		}
	}
	r.open("/notice")
	r.do(chromedp.Click(`a[lang=ar]`, chromedp.ByQuery), chromedp.WaitVisible(`#what`, chromedp.ByQuery))
	direction("the form")
	r.sees("سلامتك أولًا", "ماذا يحدث؟")
	for _, v := range webtest.Views {
		r.do(v.In())
		r.look("notice-ar-" + v.Name)
	}
	r.press("/notice?lang=ar", "إرسال البلاغ", map[string]string{"about": "خدمة الكلام", "what": "تُكتب مكالمات مدينة كاملة."})
	direction("what was received")
	r.sees("وصلنا بلاغك", "رمزك")
	r.look("notice-ar-sent")
	var code string
	r.do(chromedp.Text(`p.code`, &code, chromedp.ByQuery))
	r.open("/notice/follow?lang=ar")
	r.press("/notice/follow?lang=ar", "عرض", map[string]string{"code": strings.TrimSpace(code)})
	direction("what became of it")
	r.sees("وصل وينتظر أن يُقرأ.")
}

// TestLanguages: each language has its form; the receipt and the letter follow the language that was asked for, and prove the
// same.
func TestLanguages(t *testing.T) {
	s, _ := noticeSite(t)
	reader := s.stranger()
	for _, l := range message.Languages {
		a := reader.get("/notice?lang=" + l.Code)
		if c := message.For(l.Code); a.status != 200 || !strings.Contains(a.body, `<html lang="`+l.Code+`" dir="`+l.Dir+`">`) || !strings.Contains(a.body, c.Text("notice.safe")) {
			t.Errorf("%s: %d", l.Code, a.status)
		}
	}
	if a := reader.get("/notice?lang=%3Cscript%3E"); a.status != 200 || !strings.Contains(a.body, `<html lang="en" dir="ltr">`) || strings.Contains(a.body, "%3Cscript") {
		t.Errorf("a language that is none: %d", a.status)
	}
	sent, err := noticetest.Send(t.Context(), s.box, "x", s.box.Form(), "what", "Calls are transcribed.")
	if err != nil {
		t.Fatal(err)
	}
	var text string
	for range 100 {
		a := reader.post("/notice/receipt?lang=ar", "code", sent.Code, "notice", string(sent.ID))
		if text = a.body; a.status == 200 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	r, err := notice.ParseReceipt([]byte(text))
	if err != nil || r.Language != "ar" || !strings.Contains(text, "إيصال") {
		t.Fatalf("the receipt in Arabic: %v\n%.600s", err, text)
	}
	if _, err := notice.ParseReceipt([]byte(strings.Replace(text, "إيصال", "وصل", 1))); err == nil {
		t.Error("a receipt whose words were changed is read")
	}
	// A letter.
	ada := s.person("Ada", casefile.Intake, casefile.Investigator)
	made := ada.post("/cases", "title", "Speech", "text", "x", "severity", "high")
	file := strings.Split(made.head.Get("Location"), "?")[0]
	ada.post(file+"/claim", "text", "The service transcribes calls.", "source", "The Harbour Post", "published", "2032-06-01", "critical", "yes")
	for lang, want := range map[string]string{"uk": "Шановні", "he": "שלום רב", "fr": "Madame, Monsieur", "tlh": "Dear Sir or Madam"} {
		a := ada.post(file+"/letter", "to", "Office of the Director", "language", lang, "days", "12")
		if a.status != 303 {
			t.Fatalf("%s: %d %.500s", lang, a.status, a.body)
		}
		page := ada.get(strings.Split(a.head.Get("Location"), "?")[0])
		if !strings.Contains(page.body, want) || !strings.Contains(page.body, "The Harbour Post") || !strings.Contains(page.body, "12") {
			t.Errorf("the letter in %s lacks %q:\n%.3000s", lang, want, page.body)
		}
	}
}
