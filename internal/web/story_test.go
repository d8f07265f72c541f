package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"plimsoll/internal/casefile"
	"plimsoll/internal/notice/noticetest"
	"plimsoll/internal/store/storetest"
	"plimsoll/internal/web/webtest"
)

// A reader is one person's browser, apart from the others'.
type reader struct {
	t   *testing.T
	tab context.Context
	url string
}

func (s *site) reader(t *testing.T, browser context.Context) *reader {
	t.Helper()
	r := &reader{t, webtest.Apart(t, browser), s.url}
	// No task needs a script: the whole story is told without. Evaluate still works.
	r.do(webtest.Views[2].In(), emulation.SetScriptExecutionDisabled(true))
	return r
}

func (r *reader) do(actions ...chromedp.Action) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.tab, 30*time.Second)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		r.t.Fatal(err)
	}
}

func (r *reader) open(path string) {
	r.t.Helper()
	r.do(chromedp.Navigate(r.url + path))
}

// press fills the form that posts to an address that ends like action, and sends it with
// the button that says so.
func (r *reader) press(action, button string, fields map[string]string) {
	r.t.Helper()
	b, err := json.Marshal(fields)
	if err != nil {
		r.t.Fatal(err)
	}
	script := fmt.Sprintf(`(() => {
  const end = %q, says = %q, fields = %s;
  const form = [...document.forms].find(f => ((f.getAttribute("action") || "").endsWith(end) || f.querySelector("button[formaction$='" + end + "']")) && (!says || [...f.querySelectorAll("button")].some(b => b.textContent.trim().startsWith(says))));
  if (!form) return "no form for " + end;
  for (let d = form.closest("details"); d; d = d.parentElement.closest("details")) d.open = true;
  for (const [name, value] of Object.entries(fields || {})) {
    const all = [...form.elements].filter(e => e.name === name && e.type !== "hidden");
    if (!all.length) return "no field " + name;
    for (const e of all) {
      if (e.type === "checkbox" || e.type === "radio") e.checked = value === "*" || value.split(",").includes(e.value);
      else e.value = value;
      if (e.type === "select-one" && e.value !== value) return "no choice " + value + " for " + name;
    }
  }
  const button = [...form.querySelectorAll("button")].find(b => !says || b.textContent.trim().startsWith(says));
  button.scrollIntoView({ block: "center" });
  button.setAttribute("data-press", "here");
  return "";
})()`, action, button, b)
	var fault string
	r.do(chromedp.Evaluate(script, &fault))
	if fault != "" {
		r.t.Fatalf("%s: %s\n%s", action, fault, r.text())
	}
	ctx, cancel := context.WithTimeout(r.tab, 30*time.Second)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.Click(`[data-press=here]`, chromedp.ByQuery)); err != nil {
		r.t.Fatalf("%s: %v", action, err)
	}
}

func (r *reader) text() string {
	var s string
	r.do(chromedp.Text("main", &s, chromedp.ByQuery))
	return s
}

// sees fails unless the page says something.
func (r *reader) sees(words ...string) {
	r.t.Helper()
	s := strings.Join(strings.Fields(r.text()), " ")
	for _, w := range words {
		if !strings.Contains(s, w) {
			r.t.Fatalf("the page does not say %q:\n%s", w, s)
		}
	}
}

func (r *reader) path() string {
	var s string
	r.do(chromedp.Location(&s))
	return strings.TrimPrefix(strings.Split(s, "?")[0], r.url)
}

func (r *reader) look(name string) {
	r.t.Helper()
	webtest.Look(r.t, r.tab, name)
}

// invite has the admin add a person and the person sign in with the link.
func (s *site) invite(t *testing.T, browser context.Context, admin *reader, name, roles, business string) *reader {
	t.Helper()
	admin.open("/people")
	fields := map[string]string{"name": name, "role": roles}
	if business != "" {
		fields["business"] = business
	}
	admin.press("/people", "Add and make", fields)
	var link string
	admin.do(chromedp.Text(".secret", &link, chromedp.ByQuery))
	r := s.reader(t, browser)
	r.do(chromedp.Navigate(strings.TrimSpace(link)))
	r.press("/start", "Sign in", nil)
	r.sees("Inbox")
	return r
}

// TestStory walks a case from the example world's review to a verified order, each person
// in a browser of their own.
func TestStory(t *testing.T) {
	browser := webtest.Browser(t)
	s := withWorld(t, "")
	link, err := s.web.FirstLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	admin := s.reader(t, browser)
	admin.open("/")
	admin.look("01-signin")
	admin.do(chromedp.Navigate(link))
	admin.press("/start", "Sign in", nil)
	admin.sees("for you.")

	ada := s.invite(t, browser, admin, "Ada Quill", "intake,investigator,approver", "")
	admin.look("02-people")
	ben := s.invite(t, browser, admin, "Ben Harrow", "reviewer", "")
	cora := s.invite(t, browser, admin, "Cora Vale", "approver", "yes")
	dan := s.invite(t, browser, admin, "Dan Moss", "approver", "")
	eli := s.invite(t, browser, admin, "Eli Thorn", "executor", "")
	fay := s.invite(t, browser, admin, "Fay Linden", "verifier", "")

	gil := s.invite(t, browser, admin, "Gil Sorrel", "publisher", "")
	hana := s.invite(t, browser, admin, "Hana Brook", "counsel", "")

	// The review: from the first finding to a case.
	ada.open("/runs")
	ada.look("03-reviews")
	ada.do(chromedp.Click(`tbody a`, chromedp.ByQuery), chromedp.WaitVisible(`#checked`, chromedp.ByQuery))
	ada.sees("parties", "A flag is a reason to look")
	ada.look("04-review")
	ada.open("/runs/" + s.run + "/findings?state=raised&flag=RF-11")
	ada.sees("with these filters")
	ada.look("05-findings")
	ada.do(chromedp.Click(`//tr[.//*[contains(text(),"Special Communications")]]//a[contains(text(),"RF-11")]`,
		chromedp.BySearch), chromedp.WaitVisible(`article.card`, chromedp.ByQuery))
	ada.look("06-finding")
	ada.do(chromedp.Click(`//a[contains(text(),"Open a case")]`, chromedp.BySearch),
		chromedp.WaitVisible(`input[name=title]`, chromedp.ByQuery))
	ada.look("07-open-case")
	ada.press("/cases", "Open the case", map[string]string{"title": "Speech and storage far beyond the contract",
		"severity": "critical", "kind": "press", "who": "The Calder Post",
		"received": "2032-07-01", "text": "The directorate transcribes a whole city's calls."})
	ada.sees("The case was opened.", "RF-11")
	file := ada.path()

	// Triage, scope, a claim with two graders.
	ada.press("/triage", "Record", map[string]string{"severity": "critical", "scale": "grave", "scope": "a city",
		"irremediability": "hard to undo", "likelihood": "likely", "reason": "A named publisher and records that " +
			"agree."})
	ada.sees("Next: scope.", "what was preserved")
	ada.press("/dossier", "Save", map[string]string{"hold": "Bills from January 2031 on, and contract K-1, are kept.",
		"services": "speech-to-text", "scope_out": "Mail and office software: no sign of misuse.",
		"coverage": "Eighteen months of bills, no gap; no end-use statement.",
		"innocent": "Court transcription; the volume is fifty times that of all courts.",
		"remedy":   "Referral to the grievance channel.", "publication": "A summary ninety days after the decision."})
	ada.press("/claim", "Add the claim", map[string]string{"text": "The directorate uses speech-to-text on " +
		"intercepted calls.", "source": "The Calder Post", "published": "2032-02-20", "origin": "calder-1",
		"grade": "B2", "grade_reason": "documents seen", "critical": "yes"})
	ada.sees("The claim was added.", "No reply on file.")
	ben.open(file)
	ben.press("/grade", "Add the grade", map[string]string{"grade": "B3", "reason": "read the documents too"})
	ben.press("/status", "Change the status", map[string]string{"status": "supported",
		"reason": "The bills show the volume."})
	ben.sees("The status was changed.")

	// The letter: drafted by one, sent by another, answered word for word.
	ada.open(file)
	ada.press("/letter", "Draft it", map[string]string{"to": "Office of the Director"})
	letter := ada.path()
	ada.sees("not sent", "The Calder Post reported")
	ben.open(letter)
	ben.press("/send", "Record it as sent", map[string]string{"proof": "registered mail QX-1"})
	ben.sees("an answer is asked for by")
	ben.press("/reply", "Record the reply", map[string]string{"answer-" + claimID(ben): "partly", "text-" +
		claimID(ben): "We transcribe hearings of our own court. We do not comment on other uses.",
		"received": "2032-07-02", "effect-" + claimID(ben): "none: the volume is not explained"})
	ben.sees("We transcribe hearings of our own court.")
	ben.look("08-letter")

	// The decision: the form says what is missing; nobody approves alone.
	ada.open(file)
	ada.look("09-case")
	ada.open(file + "/decide")
	ada.press("/decide", "Propose it", map[string]string{"service": "Speech-to-text", "outcome": "suspend"})
	ada.sees("Still missing", "the reasons", "the standard of proof")
	ada.look("10-decide-missing")
	ada.press("/decide", "Propose it", map[string]string{"service": "Speech-to-text", "outcome": "suspend",
		"standard": "reasonable_grounds", "severity": "critical", "capabilities": "speech", "action": "use,renew",
		"claim": "*", "finding": "*",
		"reasons": "Use fifty times beyond the stated purpose; the reply does not explain it.", "involved": "linked",
		"involving":         "The unit uses the service itself.",
		"leverage":          "A request for an end-use statement stayed unanswered.",
		"exit_harm":         "No hospital or emergency line uses these accounts.",
		"narrowest":         "Only speech; storage stays so that evidence is kept.",
		"against-condition": "No clause lets us check.", "against-restrict": "A quota cannot separate the uses.",
		"legal": "Clause 9 of K-1 allows it.", "notice": "The ministry, on the day.",
		"reversal": "A verified change of use.", "review": "2032-12-01"})
	ada.sees("The decision was proposed.", "proposed")
	decision := ada.path()
	ada.press("/approve", "Approve", map[string]string{"reasons": "I agree with myself."})
	ada.sees("Not allowed", "Two different people are needed")
	ada.look("11-own-approver")
	cora.open("/")
	cora.sees("Waits for approval: suspend Speech-to-text")
	cora.look("12-inbox")
	cora.open(decision)
	cora.press("/approve", "Approve", map[string]string{"reasons": "The grounds are reasonable."})
	cora.sees("1 of 2 needed")
	eli.open(decision)
	dan.open(decision)
	dan.press("/approve", "Approve", map[string]string{"reasons": "Agreed, from outside the business line."})
	dan.sees("2 of 2 needed", "ordered, not done yet")
	ben.open(decision)
	ben.press("/dissent", "Record the dissent", map[string]string{"reasons": "I would have asked once more."})
	eli.open(decision)
	eli.press("/execute", "Record the execution", map[string]string{"done": "yes",
		"before": "console export of 2 July, 9:00", "after": "console export of 2 July, 9:20"})
	eli.sees("The execution was recorded.")
	fay.open("/")
	fay.sees("Waits for an independent check")
	fay.open(decision)
	fay.press("/verify", "Record the check", map[string]string{"holds": "yes",
		"found": "No speech request since the order.", "evasion": "No new account of the ministry."})
	fay.sees("The check was recorded.", "verified", "I would have asked once more.")
	fay.look("13-decision")
	fay.open(decision + "/record")
	fay.sees("Decision record", "29", "We transcribe hearings of our own court.", "Ada Quill", "Fay Linden")
	fay.look("14-record")

	// The decision is published by two people.
	gil.open(decision)
	gil.do(chromedp.Click(`//a[contains(text(),"Propose to publish it")]`, chromedp.BySearch),
		chromedp.WaitVisible(`textarea[name=summary]`, chromedp.ByQuery))
	draft := gil.path() + "?kind=decision&subject=" + strings.TrimPrefix(decision, "/decisions/")
	gil.press("/publications", "Propose it", map[string]string{"title": "Speech-to-text for one directorate",
		"summary": "The directorate is guilty of this."})
	gil.sees("Still missing", "would state an accusation as a fact")
	gil.press("/publications", "Show the page", map[string]string{"title": "Speech-to-text for one directorate",
		"summary": "A newspaper reported a use that records support. The directorate answered; its words are below " +
			"in full."})
	gil.sees("Nothing is missing.", "We transcribe hearings of our own court.")
	gil.look("16-publication-draft")
	gil.press("/publications", "Propose it", nil)
	gil.sees("It was proposed.", "You proposed it: another person releases it.")
	public := gil.path()
	hana.open("/")
	hana.sees("1 publication waits")
	hana.open(public)
	hana.press("/release", "Release it", map[string]string{"reasons": "Every statement is attributed; the reply is " +
		"there in full."})
	hana.sees("It was released.", "Hana Brook")
	hana.look("17-publication")

	// What is known of the party now.
	ada.open(file)
	ada.do(chromedp.Click(`h1 + p a`, chromedp.ByQuery), chromedp.WaitVisible(`#timeline`, chromedp.ByQuery))
	ada.sees("What we knew when", "We transcribe hearings of our own court.", "Suspend", "verified")
	party := ada.path()
	ada.look("15-party")
	second, _, err := s.store.SaveRun(t.Context(), "", storetest.WriteRun(t, 40, 1))
	if err != nil {
		t.Fatal(err)
	}
	finding := raised(t, s.person("Reader", casefile.Auditor), s.run)[0].ID
	person := strings.TrimPrefix(admin.href(`//a[contains(text(),"Ben Harrow")]`, "/people"), s.url)
	sent, err := noticetest.Send(t.Context(), s.box, "x", s.box.Form(), "about", "Speech-to-text", "what",
		"Calls are transcribed.", "when", "since May", "how", "I saw the order.", "file", []byte("a memo"))
	if err != nil {
		t.Fatal(err)
	}
	notice := "/notices/" + string(sent.ID)
	kept := s.person("Clerk", casefile.Investigator).upload(file+"/evidence", map[string]string{
		"register of deliveries.html": register}, "reason", "basis of the inquiry", "source", "the ministry's register",
		"grade", "B2", "labels", "deliveries, register")
	if kept.status != http.StatusSeeOther {
		t.Fatalf("take evidence in: %d %s", kept.status, kept.body)
	}
	item := strings.Split(kept.head.Get("Location"), "?")[0]
	pages := map[string]view{
		"GET /cases/{case}/evidence": {ada, file + "/evidence"}, "GET /cases/{case}/evidence/{item}": {ada, item},
		"GET /notices": {ada, "/notices"}, "GET /notices/{notice}": {ada, notice}, "the public form": {
			s.reader(t, browser), "/notice"},
		"GET /{$}": {ada, "/"}, "GET /cases": {ada, "/cases"}, "GET /cases/{case}": {ada, file},
		"GET /parties/{party}": {ada, party}, "GET /runs/{run}/findings": {ada, "/runs/" + s.run + "/findings"},
		"GET /runs": {ada, "/runs"}, "GET /runs/{run}": {ada, "/runs/" + s.run}, "GET /runs/{run}/demands": {
			ada, "/runs/" + s.run + "/demands"}, "GET /runs/{run}/changes": {ada, "/runs/" + second.ID + "/changes"},
		"GET /runs/{run}/findings/{finding}": {ada, "/runs/" + s.run + "/findings/" + finding},
		"GET /policy":                        {ada, "/policy"}, "GET /search": {
			ada, "/search?q=Tolmalleth+Defence+Works"}, "GET /health": {
			ada, "/health"}, "GET /holidays": {ben, "/holidays"}, "GET /people": {admin, "/people"},
		"GET /people/{person}": {admin, person}, "GET /account": {ada, "/account"}, "GET /confirm": {ada, "/confirm"},
		"GET /decisions/{decision}": {ada, decision}, "GET /decisions/{decision}/record": {ada, decision + "/record"},
		"GET /decisions/{decision}/running": {ada, decision + "/running"},
		"GET /cases/new":                    {ada, "/cases/new"}, "GET /cases/{case}/decide": {ada, file + "/decide"},
		"GET /letters/{letter}": {ada, letter},
		"GET /demands":          {ada, "/demands"}, "GET /demands/{demand}": {ada, "/demands/DEMAND-unanswered"},
		"GET /publications": {gil, "/publications"}, "GET /publications/new": {gil, draft},
		"GET /publications/{publication}": {hana, public},
		"GET /signin":                     {s.reader(t, browser), "/signin"}, "GET /start": {s.reader(t, browser),
			"/start?key=x"},
		"nothing": {ada, "/nowhere"}, "forbidden": {eli, "/cases/new"}, "interim": {ada, file + "/decide?interim=yes"},
		"reviewer's case": {ben, file}, "executor's decision": {eli, decision},
		"as known then": {ada, party + "?until=2032-07-01"}, "no hit": {ada, "/search?q=zzzz"},
		"no case": {ada, "/cases?q=zzzz"}, "no finding": {ada, "/runs/" + s.run + "/findings?q=zzzz"}, "empty inbox": {
			dan, "/"},
	}
	for _, e := range s.web.Endpoints() {
		// to other pages, or to a file
		leads := slices.Contains([]string{"GET /signin/provider", "GET /signin/callback",
			"GET /notices/{notice}/files/{file}", "GET /demands/{demand}/export", "GET /demands.zip"}, e.ID)
		if _, ok := pages[e.ID]; e.Method == "GET" && !strings.HasPrefix(e.Path, "/api/") && !ok && !leads {
			t.Errorf("%s is looked at by nobody", e.ID)
		}
	}
	s.views(t, pages)
	ada.prints(t, decision+"/record", "Decision record", "Take")
	ada.keyboard()
}

// claimID reads which claim the first assertion of a letter is about.
func claimID(r *reader) string {
	var s string
	r.do(chromedp.Text(`article h3 .id`, &s, chromedp.ByQuery))
	return strings.TrimSpace(s)
}

// A view is a page as one person sees it.
type view struct {
	who  *reader
	path string
}

// views audits pages at every width and in both colours, and walks through each with the
// tab key: every control is reached, shows that it is, and none holds the reader.
func (s *site) views(t *testing.T, pages map[string]view) {
	t.Helper()
	clean := strings.NewReplacer("GET /", "", "/", "-", "{", "", "}", "", "$", "inbox", " ", "-", "'", "")
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		p := pages[name]
		p.who.open(p.path)
		for _, v := range webtest.Views {
			p.who.do(v.In())
			p.who.look("page-" + clean.Replace(name) + "-" + v.Name)
		}
		p.who.do(webtest.Views[2].In())
		webtest.Tabs(t, p.who.tab, name)
	}
}

// prints looks at a page as it is printed on A4: what matters is there, what only a screen
// needs is not, and nothing is cut off at the side.
func (r *reader) prints(t *testing.T, path, has, hasNot string) {
	t.Helper()
	var wide int64
	var text string
	var paper []byte
	r.open(path)
	r.do(emulation.SetDeviceMetricsOverride(794, 1123, 1, false), emulation.SetEmulatedMedia().WithMedia("print"))
	r.look("print" + strings.ReplaceAll(path, "/", "-"))
	r.do(chromedp.Evaluate(`document.documentElement.scrollWidth`, &wide), chromedp.Evaluate(`document.body.innerText`,
		&text),
		chromedp.ActionFunc(func(ctx context.Context) (err error) {
			paper, _, err = page.PrintToPDF().Do(ctx)
			return err
		}))
	if wide > 794 || !strings.Contains(text, has) || strings.Contains(text, hasNot) || strings.Contains(text,
		"Sign out") || !bytes.HasPrefix(paper, []byte("%PDF-")) {
		t.Errorf("%s on paper: %d wide, %d bytes, %.200s", path, wide, len(paper), text)
	}
	r.do(emulation.SetEmulatedMedia().WithMedia(""), webtest.Views[2].In())
}

// href reads where a link of a page leads.
func (r *reader) href(link, page string) string {
	r.t.Helper()
	r.open(page)
	var to string
	r.do(chromedp.JavascriptAttribute(link, "href", &to, chromedp.BySearch))
	return to
}

// keyboard opens a case with keys alone: from the list of findings to the open case. This is
// the one part of the story that uses the script, for its shortcuts.
func (r *reader) keyboard() {
	r.t.Helper()
	var first, field, flag string
	r.do(emulation.SetScriptExecutionDisabled(false))
	r.open("/search")
	r.do(chromedp.KeyEvent("\t"), chromedp.Evaluate(`document.activeElement.className`, &first))
	if first != "skip" {
		r.t.Errorf("the first tab reaches %q, not the link to the content", first)
	}
	r.open("/search")
	r.do(chromedp.KeyEvent("/"), chromedp.Evaluate(`document.activeElement.name`, &field))
	if field != "q" {
		r.t.Errorf("a slash reaches %q, not the search field", field)
	}
	r.open("/cases")
	r.keys("gr")
	r.sees("Reviews", "stored")
	r.do(chromedp.KeyEvent("j"), chromedp.KeyEvent("j"), chromedp.KeyEvent("k"), chromedp.KeyEvent("j"))
	r.keys("\r")
	r.sees("Look at these first")
	r.tabTo("flags raised")
	r.keys("\r")
	r.sees("Findings")
	r.do(chromedp.KeyEvent("j"), chromedp.Evaluate(`document.activeElement.textContent`, &flag))
	if !strings.HasPrefix(flag, "RF-") {
		r.t.Fatalf("j reaches %q, not the first finding", flag)
	}
	r.keys("\r")
	r.tabTo("Open a case")
	r.keys("\r")
	r.sees("Open a case", "word for word")
	r.tabTo("title")
	r.do(chromedp.KeyEvent("Opened with keys alone"))
	r.tabTo("Open the case")
	r.keys("\r")
	r.sees("The case was opened.", "Opened with keys alone", flag)
	// The footer switches the shortcuts off.
	r.tabTo("Switch them off in this browser")
	r.do(chromedp.KeyEvent("\r"))
	r.open("/search")
	r.do(chromedp.KeyEvent("/"), chromedp.Evaluate(`document.activeElement.name || ""`, &field))
	if field != "" {
		r.t.Error("switched off, a slash still reaches the search field")
	}
}

// keys presses keys of which the last leads to another page.
func (r *reader) keys(keys string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.tab, 30*time.Second)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.KeyEvent(keys)); err != nil {
		r.t.Fatalf("keys %q: %v", keys, err)
	}
}

// tabTo presses the tab key until it reaches what says, or is called, so.
func (r *reader) tabTo(what string) {
	r.t.Helper()
	var at string
	for range 150 {
		r.do(chromedp.KeyEvent("\t"),
			chromedp.Evaluate(`(document.activeElement.textContent.trim() + "|" + (document.activeElement.name || ""))`,
				&at))
		text, name, _ := strings.Cut(at, "|")
		if text == what || name == what {
			return
		}
	}
	r.t.Fatalf("150 tabs do not reach %q", what)
}
