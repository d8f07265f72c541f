package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"plimsoll/internal/casefile"
	"plimsoll/internal/notice/noticetest"
)

// who may use an endpoint, as the design says it; the test compares what the server does
// with this table, not with its own.
const (
	anybody   = "anybody"
	everyone  = "everyone signed in"
	team      = "intake investigator reviewer approver executor verifier counsel publisher"
	readers   = team + " auditor"
	overseers = readers + " admin"
	admin     = "admin"
	box       = "intake reviewer counsel"
)

// may is the table of endpoints. A move of a page is listed by its name.
var may = map[string]string{
	"GET /signin": anybody, "GET /signin/provider": anybody, "GET /signin/callback": anybody, "GET /start": anybody,
	"POST /start": anybody,
	"GET /{$}":    everyone, "GET /account": everyone, "POST /account/token": everyone,
	"GET /confirm": everyone, "POST /confirm": everyone, "POST /account/keys": everyone,
	"POST /account/keys/enrol": everyone, "POST /account/keys/remove": everyone,
	"POST /people/{person}/keys": admin, "POST /account/revoke": everyone, "POST /signout": everyone,
	"GET /runs": readers, "POST /runs": "intake investigator reviewer", "GET /runs/{run}": readers,
	"GET /runs/{run}/changes": readers, "GET /runs/{run}/demands": readers, "GET /runs/{run}/findings": readers,
	"GET /runs/{run}/findings/{finding}": readers, "GET /parties/{party}": readers, "GET /search": readers,
	"GET /policy": readers,
	"GET /cases":  readers, "GET /cases/{case}": readers, "GET /cases/new": "intake investigator reviewer",
	"GET /cases/{case}/decide": "investigator reviewer",
	"POST /cases":              "intake investigator reviewer", "POST /findings/link": "intake investigator reviewer",
	"POST /cases/{case}/decide":  "investigator reviewer",
	"GET /cases/{case}/evidence": readers, "POST /cases/{case}/evidence": "intake investigator reviewer counsel",
	"POST /cases/{case}/evidence/search": readers, "GET /cases/{case}/evidence/{item}": readers,
	"POST /cases/{case}/evidence/{item}/view": readers, "POST /cases/{case}/evidence/{item}/copy": readers,
	"whole hold": "intake investigator reviewer counsel", "whole release": "reviewer counsel",
	"whole export": "investigator reviewer counsel publisher",
	"item grade":   "intake investigator reviewer", "item label": "intake investigator reviewer",
	"item seal": "investigator reviewer", "item hold": "intake investigator reviewer counsel",
	"item release": "reviewer counsel", "item delete": "reviewer counsel", "item cite": "intake investigator reviewer",
	"GET /letters/{letter}": readers, "GET /decisions/{decision}": readers, "GET /decisions/{decision}/record": readers,
	"GET /decisions/{decision}/running": readers, "get-running": readers,
	"appeal": "intake investigator reviewer counsel", "admit": "reviewer counsel", "rule": "approver",
	"remedy": "investigator reviewer counsel", "remedy agree": "approver", "remedystep": "executor investigator",
	"remedycheck": "verifier", "audit": "reviewer", "holdreview": "reviewer counsel", "review-hold": "reviewer counsel",
	"list-processes": readers, "file-appeal": "intake investigator reviewer counsel",
	"propose-remedy": "investigator reviewer counsel", "admit-appeal": "reviewer counsel", "rule-appeal": "approver",
	"agree-remedy": "approver", "do-remedy-step": "executor investigator", "check-remedy-step": "verifier",
	"audit-clearance": "reviewer",
	"GET /demands":    readers, "GET /demands.zip": readers, "GET /demands/{demand}": readers,
	"GET /demands/{demand}/export": readers, "POST /demands/{demand}/answers": "investigator reviewer counsel",
	"list-demands-today": readers, "get-demand": readers, "answer-demand": "investigator reviewer counsel",
	"GET /publications": readers, "POST /publications": "publisher", "GET /publications/new": "publisher",
	"GET /publications/{publication}": readers,
	"publication release":             "publisher counsel", "publication refuse": "publisher counsel",
	"publication withdraw": "publisher counsel", "publication withdrawal": "publisher counsel",
	"decide-withdrawal": "publisher counsel",
	"list-publications": readers, "get-publication": readers, "check-publication": "publisher",
	"propose-publication": "publisher", "release-publication": "publisher counsel",
	"refuse-publication": "publisher counsel", "withdraw-publication": "publisher counsel",
	"GET /people": overseers, "POST /people": admin, "GET /people/{person}": admin, "POST /people/{person}": admin,
	"POST /people/{person}/link": admin, "POST /people/{person}/revoke": admin,
	"GET /notices": box + " auditor", "GET /notices/{notice}": box + " auditor",
	"GET /notices/{notice}/files/{file}": box + " auditor",
	"write":                              box, "settle": box, "resume": box, "join": box, "attach": box,
	"file": "intake reviewer", "ask": box,
	"agree": box, "take": box, "export": box, "erase": "counsel",
	"list-notices": box + " auditor", "get-notice": box + " auditor", "write-notice": box, "settle-notice": box,
	"join-notice": box, "attach-notice": box, "file-notice": "intake reviewer",
	"ask-unsealing": box, "agree-unsealing": box, "erase-notice": "counsel",
	"GET /health": overseers, "GET /holidays": overseers, "POST /holidays": "reviewer admin",

	"triage": "intake reviewer", "advance": "investigator reviewer", "assign": "intake reviewer", "comment": team,
	"label": "intake investigator reviewer", "relate": "intake investigator reviewer",
	"restrict": "intake reviewer counsel", "declare": team, "recuse": team, "claim": "intake investigator reviewer",
	"answer": "investigator reviewer", "letter": "investigator reviewer counsel",
	"dossier": "investigator reviewer counsel publisher", "pause": "reviewer counsel", "close": "reviewer approver",
	"reopen": "intake reviewer approver",
	"grade":  "investigator reviewer", "status": "investigator reviewer", "mark": "investigator reviewer",
	"send": "reviewer counsel", "attempt": "investigator reviewer counsel", "reply": "investigator reviewer counsel",
	"approve": "approver", "refuse": "approver", "dissent": team, "execute": "executor", "verify": "verifier",
	"duty": "verifier",

	"list-runs": readers, "store-run": "intake investigator reviewer", "get-run": readers, "list-findings": readers,
	"get-finding": readers, "list-changes": readers, "list-demands": readers, "list-parties": readers,
	"get-party": readers, "get-timeline": readers, "list-party-claims": readers, "list-party-decisions": readers,
	"search-names": readers, "get-policy": readers, "get-health": overseers,
	"get-inbox": readers, "list-cases": readers, "get-case": readers, "get-needs": readers, "list-readings": "auditor",
	"open-case":   "intake investigator reviewer",
	"triage-case": "intake reviewer", "advance-case": "investigator reviewer", "assign-case": "intake reviewer",
	"comment-case": team, "label-case": "intake investigator reviewer",
	"relate-case": "intake investigator reviewer", "restrict-case": "intake reviewer counsel", "declare-interest": team,
	"set-dossier":  "investigator reviewer counsel publisher",
	"link-finding": "intake investigator reviewer", "answer-finding": "investigator reviewer",
	"set-clock": "reviewer counsel", "close-case": "reviewer approver", "reopen-case": "intake reviewer approver",
	"add-claim": "intake investigator reviewer", "grade-claim": "investigator reviewer",
	"mark-claim": "investigator reviewer", "set-claim-status": "investigator reviewer",
	"draft-letter": "investigator reviewer counsel", "get-letter": readers,
	"send-letter": "reviewer counsel", "attempt-letter": "investigator reviewer counsel",
	"record-replies": "investigator reviewer counsel", "check-proposal": readers,
	"propose-decision": "investigator reviewer",
	"get-decision":     readers, "get-record": readers, "list-records": readers, "approve-decision": "approver",
	"refuse-decision": "approver", "dissent-decision": team, "execute-decision": "executor",
	"verify-decision": "verifier", "meet-condition": "verifier",
	"new-notice": anybody, "send-notice": anybody, "follow-notice": anybody, "get-notice-receipt": anybody,
	"appeal-by-notice": anybody, "get-appeal-receipt": anybody,
	"list-evidence": readers, "get-original": readers, "add-evidence": "intake investigator reviewer counsel",
	"search-evidence": readers, "copy-original": readers, "export-evidence": "investigator reviewer counsel publisher",
	"hold-evidence": "intake investigator reviewer counsel", "release-evidence": "reviewer counsel",
	"grade-original": "intake investigator reviewer", "label-original": "intake investigator reviewer",
	"seal-original": "investigator reviewer", "hold-original": "intake investigator reviewer counsel",
	"release-original": "reviewer counsel", "delete-original": "reviewer counsel",
	"cite-evidence": "intake investigator reviewer",
	"get-me":        everyone, "list-people": overseers, "add-person": admin, "set-person": admin, "link-person": admin,
	"reset-keys": admin, "list-signins": everyone, "make-token": everyone, "end-signin": everyone,
	"get-person": admin, "list-person-signins": admin, "end-person-signin": admin, "list-access-changes": overseers,
	"get-calendar": overseers, "set-calendar": "reviewer admin",
}

// moves of the pages' addresses that end in {move}.
var moves = map[string][]string{
	"/cases/{case}/{move}": {"triage", "advance", "assign", "comment", "label", "relate", "restrict",
		"declare", "recuse", "claim", "answer", "letter", "dossier", "pause", "close", "reopen", "appeal", "admit",
		"rule", "remedy", "remedy agree", "remedystep", "remedycheck", "audit", "holdreview"},
	"/cases/{case}/evidence/{move}": {"whole hold", "whole release", "whole export"},
	"/cases/{case}/evidence/{item}/{move}": {"item grade", "item label", "item seal", "item hold", "item release",
		"item delete", "item cite"},
	"/claims/{claim}/{move}":   {"grade", "status", "mark"},
	"/letters/{letter}/{move}": {"send", "attempt", "reply"},
	"/notices/{notice}/{move}": {"write", "settle", "resume", "join", "attach", "file", "ask", "agree",
		"take", "export", "erase"},
	"/publications/{publication}/{move}": {"publication release", "publication refuse", "publication withdraw",
		"publication withdrawal"},
	"/decisions/{decision}/{move}": {"approve", "refuse", "dissent", "execute", "verify", "duty"},
}

// bodies of API operations that look at what they are sent before they look at the role.
var bodies = map[string]string{
	"erase-notice": `{"reason":"x"}`, "open-case": `{"title":"x","trigger":{"text":"x"}}`,
	"grade-claim": `{"source":"B","information":"2","reason":"x"}`, "comment-case": `{"text":"x"}`,
	"declare-interest": `{"interest":"x"}`, "meet-condition": `{"condition":1}`,
}

// TestEveryRole tries every role, and nobody, at every endpoint.
func TestEveryRole(t *testing.T) {
	s := withWorld(t, "")
	people := map[string]*client{"": s.stranger()}
	for _, r := range casefile.Roles {
		people[string(r)] = s.person("The "+string(r), r)
	}
	target := s.person("Somebody else", casefile.Publisher).id
	c, err := casefile.NewDesk(s.store).Open(t.Context(), casefile.Actor{ID: people["intake"].id,
		Roles: []casefile.Role{casefile.Intake}}, casefile.Opening{Title: "A case", Trigger: casefile.Trigger{
		Text: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	sent, err := noticetest.Send(t.Context(), s.box, "x", s.box.Form(), "what", "Something happens.", "file",
		[]byte("a memo"))
	if err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("{notice}", string(sent.ID), "{file}", "1", "{run}", s.run, "{finding}", "none",
		"{party}", "none", "{person}", target, "{case}", string(c.ID), "{claim}", string(c.ID)+"-K9",
		"{letter}", string(c.ID)+"-L9", "{decision}", string(c.ID)+"-D9", "{id}", string(c.ID)+"-D9", "{item}",
		strings.Repeat("0", 64), "{publication}", "P-0001", "{demand}", "DEMAND-unanswered", "{$}", "", "{signin}",
		"none")
	tried := 0
	for _, e := range s.web.Endpoints() {
		names := []string{e.ID}
		if m, ok := moves[e.Path]; ok {
			names = m
		}
		for _, name := range names {
			allowed, ok := may[name]
			if !ok {
				t.Errorf("%s %s (%s) is in no row of the table", e.Method, e.Path, name)
				continue
			}
			if name == "POST /signout" {
				continue // ends the session that the test needs; TestSession has it
			}
			path := fill.Replace(strings.Replace(e.Path, "{move}", name[strings.LastIndexByte(name, ' ')+1:], 1))
			for role, who := range people {
				tried++
				want := allowed == anybody || role != "" && (allowed == everyone ||
					slices.Contains(strings.Fields(allowed), role))
				got := try(who, e.Method, path, name)
				if got.status >= 500 {
					t.Errorf("%s %s (%s) as %q broke: %d", e.Method, path, name, role, got.status)
				}
				if got.may != want {
					t.Errorf("%s %s (%s) as %q: allowed %v, want %v (%d %s)", e.Method, path, name, role, got.may, want,
						got.status, got.words)
				}
			}
		}
	}
	t.Logf("%d requests", tried)
	if tried < 1000 {
		t.Errorf("only %d requests were tried", tried)
	}
}

type tried struct {
	may    bool
	status int
	words  string
}

func try(c *client, method, path, name string) tried {
	var a answer
	switch {
	case strings.HasPrefix(path, "/api/"):
		body := bodies[name]
		if body == "" {
			body = "{}"
		}
		if strings.Contains(path, "/needs") {
			path += "?to=scope"
		}
		if strings.HasSuffix(path, "/search") {
			path += "?q=x"
		}
		a = c.do(method, path, strings.NewReader(body), "Content-Type", "application/json", "Sec-Fetch-Site",
			"same-origin")
	case method == "GET":
		a = c.get(path)
	default:
		a = c.post(path, "title", "x", "text", "x", "grade", "B2", "reason", "x", "reasons", "x", "interest", "x",
			"name", "Somebody", "status", "reported", "do", "propose", "case", "C-0001", "run", "none", "finding",
			"none")
	}
	refused := a.status == http.StatusUnauthorized || a.status == http.StatusForbidden ||
		a.status == http.StatusSeeOther && strings.HasPrefix(a.head.Get("Location"), "/signin")
	// A used link and an unknown sign-in are refusals of the key, not of the person.
	// The test itself declares interests, after which the person, not the role, may not decide.
	if strings.Contains(a.body, "Sign-in did not work") || strings.Contains(a.body, "declared an interest") ||
		strings.Contains(a.body, "stepped back from this case") {
		refused = false
	}
	words := a.body
	if i := strings.Index(words, "<main"); i >= 0 {
		words = words[i:]
	}
	return tried{!refused, a.status, words[:min(len(words), 300)]}
}
