package web_test

import (
	"bytes"
	"html/template"
	"net/http"
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
		r.do(chromedp.Evaluate(`getComputedStyle(document.querySelector("main")).direction`, &dir),
			chromedp.Evaluate(`document.documentElement.lang`, &lang))
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
	// A contact that is to be kept nowhere is a fault: it is said in Arabic, and the words stand in the form.
	r.press("/notice?lang=ar", "إرسال البلاغ", map[string]string{"about": "خدمة الكلام",
		"what": "تُكتب مكالمات مدينة كاملة.", "contact": "none", "reach": "هاتفي"})
	direction("the form with a fault")
	r.sees(message.For("ar").Text("fault.reach.chosen"), message.For("ar").Text("notice.kept"))
	var kept, invalid string
	r.do(chromedp.Evaluate(`document.querySelector("#what").value`, &kept),
		chromedp.Evaluate(`document.querySelector("[aria-invalid=true]").id`, &invalid))
	if kept != "تُكتب مكالمات مدينة كاملة." || invalid != "reach" {
		t.Errorf("after the fault the form holds %q, and marks %q", kept, invalid)
	}
	r.look("notice-ar-fault")
	r.press("/notice?lang=ar", "إرسال البلاغ", map[string]string{"contact": "code", "reach": ""})
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

// TestFaultsInEveryLanguage: what a sender can put right is said in the language of the form, and what was typed stands
// in it.
func TestFaultsInEveryLanguage(t *testing.T) {
	s, _ := noticeSite(t, func(c *notice.Config) {
		c.Limits = notice.DefaultLimits
		c.Limits.Files, c.Limits.Every = 1, time.Millisecond
	})
	for _, tt := range []struct {
		name, key string
		args      []any
		fields    []any
	}{
		{"nothing is said", "fault.what", nil, []any{"what", " "}},
		{"a contact that is not to be kept", "fault.reach.chosen", nil, []any{"what", "Speech", "contact", "none",
			"reach", "a number"}},
		{"no contact", "fault.reach.none", nil, []any{"what", "Speech", "contact", "sealed"}},
		{"a way that there is not", "fault.contact", nil, []any{"what", "Speech", "contact", "pigeon"}},
		{"a contact that is too long", "fault.reach.long", []any{1000}, []any{"what", "Speech", "contact", "sealed",
			"reach", strings.Repeat("x", 1001)}},
		{"too long", "fault.long", []any{601, 600}, []any{"what", "Speech", "about", strings.Repeat("x", 601)}},
		{"no text", "fault.characters", nil, []any{"what", "a\x01b"}},
		{"no code", "fault.code.form", nil, []any{"what", "Speech", "code", "???"}},
		{"two files where one is taken", "fault.files.many", []any{1}, []any{"what", "Speech", "file", []byte("one"),
			"file", []byte("two")}},
	} {
		for _, l := range message.Languages {
			t.Run(tt.name+" in "+l.Code, func(t *testing.T) {
				boundary, body := noticetest.Form(s.box.Form(), tt.fields...)
				a := s.tor(t, "POST", "/notice?lang="+l.Code, "multipart/form-data; boundary="+boundary,
					bytes.NewReader(body))
				want := template.HTMLEscapeString(message.For(l.Code).Text(tt.key, tt.args...))
				if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, want) ||
					strings.Contains(a.body, `class="fallback"`) {
					t.Errorf("%d, want 422 and %q:\n%.1500s", a.status, want, a.body)
				}
				if strings.Contains(a.body, `<strong lang="en"`) {
					t.Error("the fault stands in English")
				}
			})
		}
	}
}

// TestLanguages: each language has its form; the receipt and the letter follow the language that was asked for, and
// prove the same.
func TestLanguages(t *testing.T) {
	s, _ := noticeSite(t)
	reader := s.stranger()
	for _, l := range message.Languages {
		a := reader.get("/notice?lang=" + l.Code)
		if c := message.For(l.Code); a.status != 200 || !strings.Contains(a.body, `<html lang="`+l.Code+`" dir="`+l.Dir+
			`">`) || !strings.Contains(a.body, c.Text("notice.safe")) {
			t.Errorf("%s: %d", l.Code, a.status)
		}
	}
	if a := reader.get("/notice?lang=%3Cscript%3E"); a.status != 200 || !strings.Contains(a.body,
		`<html lang="en" dir="ltr">`) || strings.Contains(a.body, "%3Cscript") {
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
	ada.post(file+"/claim", "text", "The service transcribes calls.", "source", "The Harbour Post", "published",
		"2032-06-01", "critical", "yes")
	for lang, want := range map[string]string{"uk": "Шановні", "he": "שלום רב", "fr": "Madame, Monsieur",
		"tlh": "Dear Sir or Madam"} {
		a := ada.post(file+"/letter", "to", "Office of the Director", "language", lang, "days", "12")
		if a.status != 303 {
			t.Fatalf("%s: %d %.500s", lang, a.status, a.body)
		}
		page := ada.get(strings.Split(a.head.Get("Location"), "?")[0])
		if !strings.Contains(page.body, want) || !strings.Contains(page.body, "The Harbour Post") ||
			!strings.Contains(page.body, "12") {
			t.Errorf("the letter in %s lacks %q:\n%.3000s", lang, want, page.body)
		}
	}
}
