package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"plimsoll/internal/casefile"
	"plimsoll/internal/store"
	"plimsoll/internal/store/storetest"
	"plimsoll/internal/web"
	"plimsoll/internal/web/webtest"
)

// proposed brings a case to a proposed decision.
func proposed(t *testing.T, d *casefile.Desk) casefile.Decision {
	t.Helper()
	ctx := t.Context()
	c, err := d.Open(ctx, hand(casefile.Intake), casefile.Opening{Title: "Calls of a city", Party: "party-1",
		PartyName: "Northgate",
		Trigger:   casefile.Trigger{Kind: "press", Who: "The Harbour Post", Text: "It transcribes a city's calls."}})
	must(t, err)
	must(t, d.Triage(ctx, hand(casefile.Intake), c.ID, 0, "high", casefile.Triage{Scale: "large", Scope: "many",
		Irremediability: "hard", Likelihood: "likely", Urgency: "soon", Outcome: "open", Reason: "plausible"}))
	k, err := d.AddClaim(ctx, hand(casefile.Investigator), c.ID, casefile.Claim{Text: "It transcribes calls.",
		Source:    "The Harbour Post",
		Published: "2032-06-20", Origin: "harbour-1", Critical: true, Grades: []casefile.Grade{
			{Source: "B", Information: "2", Reason: "documents seen"}}})
	must(t, err)
	must(t, d.GradeClaim(ctx, hand(casefile.Reviewer), k.ID, casefile.Grade{Source: "B", Information: "3",
		Reason: "second view"}))
	must(t, d.SetClaimStatus(ctx, hand(casefile.Investigator), k.ID, casefile.StatusChange{Status: casefile.Supported,
		Reason: "bills show it"}))
	l, err := d.DraftLetter(ctx, hand(casefile.Investigator), c.ID, casefile.LetterDraft{To: "Office of the Director"})
	must(t, err)
	must(t, d.SendLetter(ctx, hand(casefile.Reviewer), l.ID, casefile.Sending{Proof: "registered mail 1"}))
	must(t, d.RecordReply(ctx, hand(casefile.Investigator), l.ID, []casefile.Reply{{Claim: k.ID, Answer: "partly",
		Text: "Hearings only."}}))
	x, err := d.Propose(ctx, hand(casefile.Investigator), c.ID, storetest.Proposal(k.ID))
	must(t, err)
	return x
}

// TestSecurityKey walks a security key through Chromium, with an authenticator of its own: enrolled, asked before an
// approval and before a change of roles, the form kept meanwhile, and what the decision then records of it.
func TestSecurityKey(t *testing.T) {
	browser := webtest.Browser(t)
	s := newSite(t, "", func(c *web.Config) { c.RequireFactor = true })
	x := proposed(t, s.desk())
	root, err := s.store.CreatePerson(t.Context(), "", store.Person{Name: "Root", Roles: []casefile.Role{casefile.Admin,
		casefile.Approver}})
	must(t, err)
	link, err := s.store.LinkFor(t.Context(), root.ID, time.Minute)
	must(t, err)
	name := strings.Replace(s.url, "127.0.0.1", "localhost", 1) // keys work under a name
	r := &reader{t, webtest.Apart(t, browser), name}
	r.do(webtest.Views[2].In(), webauthn.Enable().WithEnableUI(false))
	r.do(chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := webauthn.AddVirtualAuthenticator(&webauthn.VirtualAuthenticatorOptions{
			Protocol:  webauthn.AuthenticatorProtocolCtap2,
			Transport: webauthn.AuthenticatorTransportUsb, AutomaticPresenceSimulation: true}).Do(ctx)
		return err
	}))
	r.open("/start?key=" + url.QueryEscape(link))
	r.press("/start", "Sign in", nil)

	// Without a key nothing is approved, and the page says where one is enrolled.
	at := "/decisions/" + string(x.ID)
	r.open(at)
	r.press("/approve", "Approve", map[string]string{"reasons": "too early"})
	r.sees("You have enrolled no security key yet")
	r.open("/account")
	r.press("/account/keys", "Enrol", map[string]string{"name": "Blue"})
	r.sees("Enrol a security key")
	r.look("factor-enrol")
	r.press("/enrol", "Touch", nil)
	r.sees("Blue", "The security key was enrolled")
	r.look("account-with-key")

	// After ten minutes it is asked again, and the form that waited is sent.
	s.wait(11 * time.Minute)
	r.open(at)
	r.press("/approve", "Approve", map[string]string{"reasons": "The grounds are reasonable."})
	r.sees("Confirm that it is you")
	r.look("factor-confirm")
	r.press("/approve", "Confirm", nil)
	r.sees("Your approval was recorded")
	d, err := s.desk().Decision(t.Context(), hand(casefile.Reviewer), x.ID)
	must(t, err)
	if len(d.Voices) != 1 || d.Voices[0].SignIn != `one-time link and security key "Blue"` ||
		d.Voices[0].Reasons != "The grounds are reasonable." {
		t.Errorf("the decision records %+v", d.Voices)
	}
	// It counts for what follows at once, and then no more.
	r.open("/people")
	r.press("/people", "Add and make", map[string]string{"name": "Ada", "role": "intake"})
	r.sees("A link for Ada")
	s.wait(11 * time.Minute)
	r.open("/people")
	r.press("/people", "Add and make", map[string]string{"name": "Ben", "role": "intake"})
	r.sees("Confirm that it is you")
	r.press("/people", "Confirm", nil)
	r.sees("A link for Ben")
	people, err := s.store.People(t.Context())
	must(t, err)
	if len(people) != 3 {
		t.Errorf("%d people, want 3: a form that was held acts once", len(people))
	}
	keys, err := s.store.SecurityKeys(t.Context(), root.ID)
	must(t, err)
	if len(keys) != 1 || keys[0].Used.IsZero() {
		t.Errorf("the key that is kept: %+v", keys)
	}
}

// TestFactor says who is asked for a second factor before what, and that nothing but one will do.
func TestFactor(t *testing.T) {
	s := newSite(t, "")
	x := proposed(t, s.desk())
	free, bound := s.person("Free", casefile.Approver, casefile.Admin), s.person("Bound", casefile.Approver,
		casefile.Admin, casefile.Counsel, casefile.Intake)
	must(t, s.store.EnrolKey(t.Context(), store.SecurityKey{ID: "k-1", Person: bound.id, Name: "Red", Body: `{}`}))
	eve := s.person("Eve", casefile.Intake)
	approve := "/decisions/" + string(x.ID) + "/approve"
	for _, tt := range []struct {
		name, path string
		fields     []string
	}{
		{"approve", approve, []string{"reasons", "x"}},
		{"add a person", "/people", []string{"name", "Z", "role", "intake"}},
		{"change roles", "/people/" + eve.id, []string{"role", "intake", "role", "publisher"}},
		{"make a link", "/people/" + eve.id + "/link", nil},
		{"reset keys", "/people/" + eve.id + "/keys", nil},
		{"remove the own key", "/account/keys/remove", []string{"id", "k-1"}},
		{"delete an original", "/cases/C-0001/evidence/abc/delete", []string{"reason", "x"}},
		{"end a hold", "/cases/C-0001/evidence/release", []string{"reason", "x"}},
		{"agree to unseal", "/notices/N-1/agree", []string{"unsealing", "1", "reason", "x"}},
		{"erase a notice", "/notices/N-1/erase", []string{"reason", "x"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if a := bound.post(tt.path, tt.fields...); a.status != http.StatusForbidden || !strings.Contains(a.body,
				"second factor") {
				t.Errorf("with a key and without its answer: %d %s", a.status, a.body)
			}
			for _, answer := range []string{"{}", "x", `{"id":"k-1","rawId":"k-1","type":"public-key","response":{}}`} {
				if a := bound.post(tt.path, append(tt.fields, "factor-answer", answer)...); a.status != http.StatusUnprocessableEntity {
					t.Errorf("with the made-up answer %s: %d %s", answer, a.status, a.body)
				}
			}
		})
	}
	for _, tt := range []struct {
		method, path string
		body         any
	}{
		{"POST", "/decisions/" + string(x.ID) + "/approve", map[string]any{"reasons": "x"}},
		{"POST", "/people", map[string]any{"name": "Z", "roles": []string{"intake"}}},
		{"PUT", "/people/" + eve.id, map[string]any{"name": "Eve", "roles": []string{"publisher"}}},
		{"POST", "/people/" + eve.id + "/link", nil},
		{"POST", "/cases/C-0001/evidence-release", map[string]any{"reason": "x"}},
		{"POST", "/notices/N-1/agreements", map[string]any{"unsealing": 1, "reason": "x"}},
		{"POST", "/notices/N-1/erasure", map[string]any{"reason": "x"}},
	} {
		if a := bound.api(tt.method, tt.path, tt.body); a.status == http.StatusNotFound && strings.Contains(a.body,
			"no such endpoint") {
			t.Errorf("%s %s is no operation", tt.method, tt.path)
		} else if a.status != http.StatusForbidden || !strings.Contains(a.body, "second factor") {
			t.Errorf("%s %s: %d %s", tt.method, tt.path, a.status, a.body)
		}
	}
	if a := free.post(approve, "reasons", "x"); a.status != http.StatusSeeOther {
		t.Errorf("who has no key, where none is required: %d %s", a.status, a.body)
	}
	// An hour after the sign-in nobody enrols a first key: the session may have been taken over.
	s.wait(90 * time.Minute)
	if a := free.post("/account/keys", "name", "Late"); a.status != http.StatusForbidden {
		t.Errorf("a first key late in a session: %d %s", a.status, a.body)
	}
}
