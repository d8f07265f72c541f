package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

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
	r.do(webtest.Views[2].In())
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
	link, err := s.web.StartLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	admin := s.reader(t, browser)
	admin.open("/")
	admin.look("01-signin")
	admin.do(chromedp.Navigate(link))
	admin.press("/start", "Sign in", nil)
	admin.sees("Nothing waits for you.")

	ada := s.invite(t, browser, admin, "Ada Quill", "intake,investigator,approver", "")
	admin.look("02-people")
	ben := s.invite(t, browser, admin, "Ben Harrow", "reviewer", "")
	cora := s.invite(t, browser, admin, "Cora Vale", "approver", "yes")
	dan := s.invite(t, browser, admin, "Dan Moss", "approver", "")
	eli := s.invite(t, browser, admin, "Eli Thorn", "executor", "")
	fay := s.invite(t, browser, admin, "Fay Linden", "verifier", "")

	// The review: from the first finding to a case.
	ada.open("/runs")
	ada.look("03-reviews")
	ada.do(chromedp.Click(`tbody a`, chromedp.ByQuery), chromedp.WaitVisible(`#checked`, chromedp.ByQuery))
	ada.sees("parties", "A flag is a reason to look")
	ada.look("04-review")
	ada.open("/runs/" + s.run + "/findings?state=raised&flag=RF-11")
	ada.sees("2 findings with these filters")
	ada.look("05-findings")
	ada.do(chromedp.Click(`//tr[.//*[contains(text(),"Special Communications")]]//a[contains(text(),"RF-11")]`, chromedp.BySearch), chromedp.WaitVisible(`article.card`, chromedp.ByQuery))
	ada.look("06-finding")
	ada.do(chromedp.Click(`//a[contains(text(),"Open a case")]`, chromedp.BySearch), chromedp.WaitVisible(`input[name=title]`, chromedp.ByQuery))
	ada.look("07-open-case")
	ada.press("/cases", "Open the case", map[string]string{"title": "Speech and storage far beyond the contract", "severity": "critical", "kind": "press", "who": "The Calder Post",
		"received": "2032-07-01", "text": "The directorate transcribes a whole city's calls."})
	ada.sees("The case was opened.", "RF-11")
	file := ada.path()

	// Triage, scope, a claim with two graders.
	ada.press("/triage", "Record", map[string]string{"severity": "critical", "scale": "grave", "scope": "a city", "irremediability": "hard to undo", "likelihood": "likely", "reason": "A named publisher and records that agree."})
	ada.sees("Next: scope.", "what was preserved")
	ada.press("/dossier", "Save", map[string]string{"hold": "Bills from January 2031 on, and contract K-1, are kept.", "services": "speech-to-text", "scope_out": "Mail and office software: no sign of misuse.",
		"coverage": "Eighteen months of bills, no gap; no end-use statement.", "innocent": "Court transcription; the volume is fifty times that of all courts.", "remedy": "Referral to the grievance channel.", "publication": "A summary ninety days after the decision."})
	ada.press("/claim", "Add the claim", map[string]string{"text": "The directorate uses speech-to-text on intercepted calls.", "source": "The Calder Post", "published": "2032-02-20", "origin": "calder-1", "grade": "B2", "grade_reason": "documents seen", "critical": "yes"})
	ada.sees("The claim was added.", "No reply on file.")
	ben.open(file)
	ben.press("/grade", "Add the grade", map[string]string{"grade": "B3", "reason": "read the documents too"})
	ben.press("/status", "Change the status", map[string]string{"status": "supported", "reason": "The bills show the volume."})
	ben.sees("The status was changed.")

	// The letter: drafted by one, sent by another, answered word for word.
	ada.open(file)
	ada.press("/letter", "Draft it", map[string]string{"to": "Office of the Director"})
	letter := ada.path()
	ada.sees("not sent", "The Calder Post reported")
	ben.open(letter)
	ben.press("/send", "Record it as sent", map[string]string{"proof": "registered mail QX-1"})
	ben.sees("an answer is asked for by")
	ben.press("/reply", "Record the reply", map[string]string{"answer-" + claimID(ben): "partly", "text-" + claimID(ben): "We transcribe hearings of our own court. We do not comment on other uses.", "received": "2032-07-02", "effect-" + claimID(ben): "none: the volume is not explained"})
	ben.sees("We transcribe hearings of our own court.")
	ben.look("08-letter")

	// The decision: the form says what is missing; nobody approves alone.
	ada.open(file)
	ada.look("09-case")
	ada.open(file + "/decide")
	ada.press("/decide", "Propose it", map[string]string{"service": "Speech-to-text", "outcome": "suspend"})
	ada.sees("Still missing", "the reasons", "the standard of proof")
	ada.look("10-decide-missing")
	ada.press("/decide", "Propose it", map[string]string{"service": "Speech-to-text", "outcome": "suspend", "standard": "reasonable_grounds", "severity": "critical", "capabilities": "speech", "action": "use,renew",
		"claim": "*", "finding": "*", "reasons": "Use fifty times beyond the stated purpose; the reply does not explain it.", "involved": "linked", "involving": "The unit uses the service itself.", "leverage": "A request for an end-use statement stayed unanswered.",
		"exit_harm": "No hospital or emergency line uses these accounts.", "narrowest": "Only speech; storage stays so that evidence is kept.", "against-condition": "No clause lets us check.", "against-restrict": "A quota cannot separate the uses.",
		"legal": "Clause 9 of K-1 allows it.", "notice": "The ministry, on the day.", "reversal": "A verified change of use.", "review": "2032-12-01"})
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
	eli.press("/execute", "Record the execution", map[string]string{"done": "yes", "before": "console export of 2 July, 9:00", "after": "console export of 2 July, 9:20"})
	eli.sees("The execution was recorded.")
	fay.open("/")
	fay.sees("Waits for an independent check")
	fay.open(decision)
	fay.press("/verify", "Record the check", map[string]string{"holds": "yes", "found": "No speech request since the order.", "evasion": "No new account of the ministry."})
	fay.sees("The check was recorded.", "verified", "I would have asked once more.")
	fay.look("13-decision")
	fay.open(decision + "/record")
	fay.sees("Decision record", "29", "We transcribe hearings of our own court.", "Ada Quill", "Fay Linden")
	fay.look("14-record")

	// What is known of the party now.
	ada.open(file)
	ada.do(chromedp.Click(`h1 + p a`, chromedp.ByQuery), chromedp.WaitVisible(`#timeline`, chromedp.ByQuery))
	ada.sees("What we knew when", "We transcribe hearings of our own court.", "Suspend", "verified")
	party := ada.path()
	ada.look("15-party")
	s.views(t, ada, map[string]string{"20-inbox": "/", "21-cases": "/cases", "22-case": file, "23-party": party, "24-findings": "/runs/" + s.run + "/findings", "25-run": "/runs/" + s.run,
		"26-policy": "/policy", "27-search": "/search?q=Tolmalleth+Defence+Works", "28-health": "/health", "29-people": "/people", "30-account": "/account", "31-decision": decision,
		"32-record": decision + "/record", "33-decide": file + "/decide", "34-letter": letter, "35-nothing": "/nowhere"})
	ada.keyboard()
}

// claimID reads which claim the first assertion of a letter is about.
func claimID(r *reader) string {
	var s string
	r.do(chromedp.Text(`article h3 .id`, &s, chromedp.ByQuery))
	return strings.TrimSpace(s)
}

// views audits pages at every width and in both colours.
func (s *site) views(t *testing.T, r *reader, pages map[string]string) {
	t.Helper()
	for name, path := range pages {
		r.open(path)
		for _, v := range webtest.Views {
			r.do(v.In())
			r.look(name + "-" + v.Name)
		}
	}
	r.do(webtest.Views[2].In())
}

// keyboard reaches the content with the first key, and the search field with a slash.
func (r *reader) keyboard() {
	r.t.Helper()
	var first, field string
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
}
