package web_test

import (
	"encoding/csv"
	"encoding/json"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/store/storetest"
)

var exportLink = regexp.MustCompile(`href="([^"]*format=(csv|xlsx|json))"`)

// TestEveryTableLeaves opens every page that shows tables: between a table and the next
// heading stand links to take it along as CSV, XLSX and JSON, and each of them works.
func TestEveryTableLeaves(t *testing.T) {
	s := withWorld(t, "")
	all := s.person("Everybody", casefile.Roles...)
	must(t, s.desk().SetCalendar(t.Context(), hand(casefile.Admin), casefile.Calendar{Holidays: map[string]string{
		"2032-12-25": "a feast"}}))
	health := all.get("/health").body // of the example world's review
	if !strings.Contains(health, "table=rejects") && !strings.Contains(health, "every row that was read was used") {
		t.Error("health says nothing of rows that were not used")
	}
	w := walked(t, s)
	var party, finding struct{ id string }
	for _, f := range raised(t, all, s.run) {
		party.id, finding.id = f.Party, f.ID
		break
	}
	tables := 0
	for _, path := range []string{"/", "/cases", "/cases/" + string(w.c.ID), "/runs", "/runs/" + s.run, "/runs/" +
		s.run + "/findings", "/runs/" + s.run + "/findings/" + finding.id, "/parties/" + party.id, "/parties/" +
		w.c.Party,
		"/runs/" + w.second + "/changes", "/runs/" + s.run + "/demands", "/search?q=Tolmalleth", "/policy", "/people",
		"/people/" + all.id, "/account", "/health", "/holidays"} {
		a := all.get(path)
		if a.status != http.StatusOK {
			t.Errorf("%s: %d", path, a.status)
			continue
		}
		for _, part := range regexp.MustCompile(`<h[12]`).Split(a.body, -1) {
			if !strings.Contains(part, "<table") {
				continue
			}
			tables++
			title, _, _ := strings.Cut(part, "</h")
			kinds := map[string]bool{}
			for _, m := range exportLink.FindAllStringSubmatch(part, -1) {
				to := html.UnescapeString(m[1])
				kinds[m[2]] = true
				e := all.get(to)
				if e.status != http.StatusOK || !strings.HasPrefix(e.head.Get("Content-Disposition"), "attachment") {
					t.Errorf("%s: %s: %d", path, to, e.status)
				}
				switch m[2] {
				case "csv":
					rows, err := csv.NewReader(strings.NewReader(e.body)).ReadAll()
					if err != nil || len(rows) < 2 {
						t.Errorf("%s: %s: %d rows (%v)", path, to, len(rows), err)
					}
				case "json":
					var rows []map[string]any
					if err := json.Unmarshal([]byte(e.body), &rows); err != nil || len(rows) == 0 {
						t.Errorf("%s: %s: %d rows (%v)", path, to, len(rows), err)
					}
				case "xlsx":
					if !strings.HasPrefix(e.body, "PK") {
						t.Errorf("%s: %s is no workbook", path, to)
					}
				}
			}
			if len(kinds) != 3 {
				t.Errorf("%s: the table under %q leaves as %v", path, strings.TrimSpace(title), kinds)
			}
		}
	}
	if tables < 19 {
		t.Errorf("only %d tables were looked at", tables)
	}
	for _, path := range []string{"/cases/" + string(w.c.ID) + "?table=nothing&format=csv", "/runs/" + s.run +
		"?table=x&format=xlsx", "/runs/" + s.run + "?format=csv", "/runs/none/findings?format=csv",
		"/runs/none/findings?format=xlsx"} {
		if a := all.get(path); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

// TestReplyBesideClaim looks at every place that shows a claim: the reply stands beside it.
func TestReplyBesideClaim(t *testing.T) {
	s := withWorld(t, "")
	all := s.person("Everybody", casefile.Roles...)
	w := walked(t, s)
	const claim, reply = "The service transcribes intercepted calls.", "We transcribe public hearings."
	at := "/cases/" + string(w.c.ID)
	for _, path := range []string{at, at + "?table=claims&format=csv", at + "?table=timeline&format=csv",
		at + "?format=json", "/parties/" + w.c.Party, "/parties/" + w.c.Party + "?table=claims&format=json",
		"/parties/" + w.c.Party + "?table=timeline&format=csv", at + "/decide", "/letters/" + string(w.letter),
		"/decisions/" + string(w.decision), "/decisions/" + string(w.decision) + "/record",
		"/decisions/" + string(w.decision) + "/record?format=json", "/api/v1/cases/" + string(w.c.ID),
		"/api/v1/parties/" + w.c.Party + "/claims", "/api/v1/decisions/" + string(w.decision) + "/record"} {
		a := all.get(path)
		claims, replies := strings.Count(a.body, claim), strings.Count(a.body, reply)
		if a.status != http.StatusOK || claims == 0 || replies == 0 {
			t.Errorf("%s: %d, the claim %d times, the reply %d times", path, a.status, claims, replies)
		}
	}
	// A claim of the register that stands beside a finding: its reply was recorded in a case.
	for _, f := range raised(t, all, s.run) {
		var whole struct {
			Claims []struct{ Text, Source, Reply string }
		}
		all.api("GET", "/runs/"+s.run+"/findings/"+f.ID, nil).into(t, &whole)
		if len(whole.Claims) == 0 || whole.Claims[0].Reply != "" {
			continue
		}
		page := "/runs/" + s.run + "/findings/" + f.ID
		if a := all.get(page); !strings.Contains(a.body, "No reply on file.") {
			t.Errorf("%s does not say that no reply is on file", page)
		}
		s.answer(t, f, "We have read <that> & disagree.")
		for _, page := range []string{page, "/parties/" + f.Party} {
			if a := all.get(page); !strings.Contains(a.body, "We have read &lt;that&gt; &amp; disagree.") {
				t.Errorf("%s shows the claim without its reply", page)
			}
		}
		return
	}
	t.Error("no finding of the example world carries a claim without a reply")
}

// TestKnownWhen looks at a party's timeline as it was known on an earlier day.
func TestKnownWhen(t *testing.T) {
	s := withWorld(t, "")
	s.wait(48 * time.Hour)
	all := s.person("Everybody", casefile.Roles...)
	w := walked(t, s)
	for until, want := range map[string]bool{"": true, "2032-07-04": true, "2032-07-03": false} {
		a := all.get("/parties/" + w.c.Party + "?until=" + until)
		_, timeline, _ := strings.Cut(a.body, `id="timeline"`)
		if got := strings.Contains(timeline, "The service transcribes intercepted calls."); got != want {
			t.Errorf("known on %q: %v, want %v", until, got, want)
		}
	}
	if a := all.get("/parties/" + w.c.Party + "?until=yesterday"); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a day that is none: %d", a.status)
	}
}

type row struct{ ID, Flag, Party string }

func raised(t *testing.T, c *client, run string) []row {
	t.Helper()
	var out struct{ Findings []row }
	c.api("GET", "/runs/"+run+"/findings?state=raised&limit=500", nil).into(t, &out)
	if len(out.Findings) == 0 {
		t.Fatal("no finding")
	}
	return out.Findings
}

// A walk is a case that went its whole road on a site.
type walk struct {
	c        casefile.Case
	letter   casefile.ID
	decision casefile.ID
	second   string // a later review that differs
}

// hands are people who did what nobody may do alone.
func hand(r casefile.Role) casefile.Actor {
	return casefile.Actor{ID: string(r), Name: "The " + string(r), Roles: []casefile.Role{r}}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// desk is the desk of a site, on its clock.
func (s *site) desk() *casefile.Desk {
	d := casefile.NewDesk(s.store)
	d.Now = s.clock
	return d
}

// walked brings a case about a party of the example world to a verified decision.
func walked(t *testing.T, s *site) walk {
	t.Helper()
	ctx, d := t.Context(), s.desk()
	c, err := d.Open(ctx, hand(casefile.Intake), casefile.Opening{Title: "Speech use far beyond contract",
		Party: "party-1", PartyName: "Northgate Signals Directorate", Severity: "high", Labels: []string{"speech"},
		Trigger: casefile.Trigger{Kind: "press", Who: "The Harbour Post", Text: "It transcribes a city's calls."}})
	must(t, err)
	must(t, d.Triage(ctx, hand(casefile.Intake), c.ID, 0, "high", casefile.Triage{Scale: "large", Scope: "many",
		Irremediability: "hard", Likelihood: "likely", Urgency: "soon", Outcome: "open", Reason: "plausible"}))
	must(t, d.SetDossier(ctx, hand(casefile.Investigator), c.ID, 0, casefile.Dossier{Hold: "bills frozen",
		Coverage: "24 months", Scope: casefile.Extent{Services: []string{"speech"}, Out: "other accounts: no sign"},
		Innocent: "a call centre: none is known", Remedy: "referral", Publication: "in 90 days"}))
	k, err := d.AddClaim(ctx, hand(casefile.Investigator), c.ID, casefile.Claim{
		Text: "The service transcribes intercepted calls.", Source: "The Harbour Post", Published: "2032-06-20",
		Origin: "harbour-1", Critical: true,
		Grades: []casefile.Grade{{Source: "B", Information: "2", Reason: "documents seen"}}})
	must(t, err)
	must(t, d.GradeClaim(ctx, hand(casefile.Reviewer), k.ID, casefile.Grade{Source: "B", Information: "3",
		Reason: "second view"}))
	must(t, d.SetClaimStatus(ctx, hand(casefile.Investigator), k.ID, casefile.StatusChange{Status: casefile.Supported,
		Reason: "bills show it"}))
	l, err := d.DraftLetter(ctx, hand(casefile.Investigator), c.ID, casefile.LetterDraft{To: "Office of the Director"})
	must(t, err)
	must(t, d.SendLetter(ctx, hand(casefile.Reviewer), l.ID, casefile.Sending{Proof: "registered mail 1"}))
	must(t, d.RecordReply(ctx, hand(casefile.Investigator), l.ID, []casefile.Reply{{Claim: k.ID, Answer: "partly",
		Text: "We transcribe public hearings.", Effect: "none"}}))
	p := storetest.Proposal(k.ID)
	p.Review, p.Scope.Regions, p.Scope.Services = "2033-05-01", []string{"eu-north"}, []string{"Speech-to-text"}
	x, err := d.Propose(ctx, hand(casefile.Investigator), c.ID, p)
	must(t, err)
	must(t, d.Approve(ctx, hand(casefile.Approver), x.ID, "agreed"))
	must(t, d.Execute(ctx, hand(casefile.Executor), x.ID, casefile.Execution{Done: true, Before: "export 1",
		After: "export 2"}))
	must(t, d.Verify(ctx, hand(casefile.Verifier), x.ID, casefile.Check{Holds: true, Found: "no use since",
		Evasion: "no other account"}))
	c, err = d.Case(ctx, hand(casefile.Reviewer), c.ID)
	must(t, err)
	r, _, err := s.store.SaveRun(ctx, "", storetest.WriteRun(t, 3, 1))
	must(t, err)
	return walk{c, l.ID, x.ID, r.ID}
}

// answer has the party of a finding answer the first claim that came with it.
func (s *site) answer(t *testing.T, f row, words string) {
	t.Helper()
	ctx, d := t.Context(), s.desk()
	c, err := d.Open(ctx, hand(casefile.Intake), casefile.Opening{Title: "From a finding", Party: f.Party,
		PartyName: "x", Findings: []casefile.FindingRef{{Run: s.run, ID: f.ID}}})
	must(t, err)
	if len(c.Claims) == 0 {
		t.Fatal("the finding brought no claim into the case")
	}
	k := c.Claims[0]
	must(t, d.MarkClaim(ctx, hand(casefile.Reviewer), k.ID, true, "the finding rests on it"))
	l, err := d.DraftLetter(ctx, hand(casefile.Investigator), c.ID, casefile.LetterDraft{To: "The board"})
	must(t, err)
	must(t, d.SendLetter(ctx, hand(casefile.Reviewer), l.ID, casefile.Sending{Proof: "mail 2"}))
	must(t, d.RecordReply(ctx, hand(casefile.Investigator), l.ID, []casefile.Reply{{Claim: k.ID, Answer: "answered",
		Text: words}}))
}
