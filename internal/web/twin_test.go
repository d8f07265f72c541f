package web_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/casefile"
)

// twins names for everything that a page can do the operation of the API that does it too.
// What has none says why.
var twins = map[string]string{
	"POST /start": "no twin: it signs a browser in", "POST /signout": "end-signin", "POST /account/token": "make-token",
	"POST /account/revoke": "end-signin",
	"POST /runs":           "store-run", "POST /cases": "open-case", "POST /findings/link": "link-finding",
	"POST /cases/{case}/decide": "check-proposal propose-decision",
	"POST /people":              "add-person", "POST /people/{person}": "set-person",
	"POST /people/{person}/link":   "link-person",
	"POST /people/{person}/revoke": "end-person-signin", "POST /holidays": "set-calendar",
	"triage": "triage-case", "advance": "advance-case", "assign": "assign-case", "comment": "comment-case",
	"label": "label-case", "relate": "relate-case", "restrict": "restrict-case",
	"declare": "declare-interest", "recuse": "declare-interest", "claim": "add-claim", "answer": "answer-finding",
	"letter": "draft-letter", "dossier": "set-dossier", "pause": "set-clock",
	"close": "close-case", "reopen": "reopen-case", "grade": "grade-claim", "status": "set-claim-status",
	"mark": "mark-claim", "send": "send-letter", "attempt": "attempt-letter", "reply": "record-replies",
	"approve": "approve-decision", "refuse": "refuse-decision", "dissent": "dissent-decision",
	"execute": "execute-decision", "verify": "verify-decision", "duty": "meet-condition",

	"GET /notices": "list-notices", "GET /notices/{notice}": "get-notice",
	"GET /notices/{notice}/files/{file}": "no twin: it hands a file to a person",
	"take":                               "no twin: it hands a file to a person",
	"export":                             "no twin: it hands a file to a person",
	"write":                              "write-notice", "settle": "settle-notice", "resume": "settle-notice",
	"join":   "join-notice",
	"attach": "attach-notice", "file": "file-notice", "ask": "ask-unsealing", "agree": "agree-unsealing",
	"erase": "erase-notice",

	"GET /cases/{case}/evidence": "list-evidence", "POST /cases/{case}/evidence": "add-evidence",
	"POST /cases/{case}/evidence/search": "search-evidence", "GET /cases/{case}/evidence/{item}": "get-original",
	"POST /cases/{case}/evidence/{item}/view": "copy-original",
	"POST /cases/{case}/evidence/{item}/copy": "copy-original", "whole hold": "hold-evidence",
	"whole release": "release-evidence", "whole export": "export-evidence",
	"item grade": "grade-original", "item label": "label-original", "item seal": "seal-original",
	"item hold": "hold-original", "item release": "release-original", "item delete": "delete-original",
	"item cite": "cite-evidence",

	"GET /confirm":              "no twin: a browser speaks to a security key",
	"POST /confirm":             "no twin: a browser speaks to a security key",
	"POST /account/keys":        "no twin: a browser speaks to a security key",
	"POST /account/keys/enrol":  "no twin: a browser speaks to a security key",
	"POST /account/keys/remove": "no twin: it is done with the key itself", "POST /people/{person}/keys": "reset-keys",
	"GET /signin": "no twin: it signs a browser in", "GET /signin/provider": "no twin: it signs a browser in",
	"GET /signin/callback": "no twin: it signs a browser in", "GET /start": "no twin: it signs a browser in",
	"GET /{$}": "get-inbox", "GET /account": "get-me list-signins", "GET /runs": "list-runs",
	"GET /runs/{run}": "get-run", "GET /runs/{run}/changes": "list-changes", "GET /runs/{run}/demands": "list-demands",
	"GET /runs/{run}/findings":           "list-findings",
	"GET /runs/{run}/findings/{finding}": "get-finding",
	"GET /parties/{party}":               "get-party get-timeline list-party-claims list-party-decisions",
	"GET /search":                        "search-names list-parties", "GET /policy": "get-policy",
	"GET /cases": "list-cases", "GET /cases/new": "no twin: an empty form", "GET /cases/{case}": "get-case get-needs",
	"GET /cases/{case}/decide": "check-proposal", "GET /letters/{letter}": "get-letter",
	"GET /decisions/{decision}": "get-decision", "GET /decisions/{decision}/record": "get-record list-records",
	"GET /decisions/{decision}/running": "get-running", "GET /people": "list-people list-access-changes list-readings",
	"GET /people/{person}": "get-person list-person-signins",
	"appeal":               "file-appeal", "admit": "admit-appeal", "rule": "rule-appeal", "remedy": "propose-remedy",
	"remedy agree": "agree-remedy", "remedystep": "do-remedy-step", "remedycheck": "check-remedy-step",
	"audit": "audit-clearance", "holdreview": "review-hold",
	"GET /demands": "list-demands-today", "GET /demands.zip": "no twin: it hands a file to a person",
	"GET /demands/{demand}": "get-demand", "GET /demands/{demand}/export": "no twin: it hands a file to a person",
	"POST /demands/{demand}/answers": "answer-demand",
	"GET /publications":              "list-publications", "GET /publications/new": "check-publication",
	"GET /publications/{publication}": "get-publication", "POST /publications": "check-publication propose-publication",
	"publication release": "release-publication", "publication refuse": "refuse-publication",
	"publication withdraw": "withdraw-publication", "publication withdrawal": "decide-withdrawal",
	"GET /health": "get-health", "GET /holidays": "get-calendar",
}

// TestTwins lists every page and form, and asserts that the API does the same under the same
// permission; and that each POST of the API takes an idempotency key.
func TestTwins(t *testing.T) {
	s := newSite(t, "")
	operations := map[string]string{} // id → permission
	for _, e := range s.web.Endpoints() {
		if strings.HasPrefix(e.Path, "/api/") {
			operations[e.ID] = e.May
		}
	}
	used := 0
	for _, e := range s.web.Endpoints() {
		if strings.HasPrefix(e.Path, "/api/") {
			continue
		}
		names := []string{e.ID}
		if m, ok := moves[e.Path]; ok {
			names = m
		}
		for _, name := range names {
			twin, ok := twins[name]
			if !ok {
				t.Errorf("%s (%s) has no twin in the API", e.ID, name)
				continue
			}
			if strings.HasPrefix(twin, "no twin: ") {
				continue
			}
			for op := range strings.FieldsSeq(twin) {
				used++
				if _, ok := operations[op]; !ok {
					t.Errorf("%s (%s): the API has no operation %s", e.ID, name, op)
				}
				if got := operations[op]; e.Method == "POST" && op != "check-proposal" && op != "check-publication" &&
					got != e.May {
					t.Errorf("%s needs %q, its twin %s %q", e.ID, e.May, op, got)
				}
			}
		}
	}
	if used < 60 {
		t.Errorf("only %d twins", used)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string
			Parameters  []struct{ Name string }
		}
	}
	if err := json.Unmarshal([]byte(s.stranger().get("/openapi.json").body), &doc); err != nil {
		t.Fatal(err)
	}
	posts := 0
	for path, ops := range doc.Paths {
		op, ok := ops["post"]
		// A review and an original are known by their content, a notice of a stranger by its
		// one-time token; every reading of an original is an event of its own.
		if !ok || slices.Contains([]string{"add-evidence", "search-evidence", "copy-original", "export-evidence"},
			op.OperationID) || op.OperationID == "store-run" || path == "/api/v1/notice" || strings.HasPrefix(path,
			"/api/v1/notice/") {
			continue
		}
		posts++
		has := false
		for _, p := range op.Parameters {
			has = has || p.Name == "Idempotency-Key"
		}
		if !has {
			t.Errorf("POST %s takes no idempotency key", path)
		}
	}
	if posts < 30 {
		t.Errorf("only %d POSTs", posts)
	}
}

// TestKeysOfSecrets repeats requests that make people, links and tokens: one thing is made,
// the newest secret works and the earlier ones do not.
func TestKeysOfSecrets(t *testing.T) {
	s := newSite(t, "")
	root := s.person("Root", casefile.Admin, casefile.Intake)
	enter := func(link string) bool {
		key := link[strings.Index(link, "key=")+4:]
		return s.stranger().post("/start", "key", key).status == http.StatusSeeOther
	}
	type made struct{ Person, Link string }
	var one, two made
	body := map[string]any{"name": "Nadia Fell", "roles": []string{"intake"}}
	root.api("POST", "/people", body, "Idempotency-Key", "p").into(t, &one)
	root.api("POST", "/people", body, "Idempotency-Key", "p").into(t, &two)
	if one.Person != two.Person || one.Link == two.Link || enter(one.Link) || !enter(two.Link) {
		t.Errorf("a person added twice: %+v, %+v", one, two)
	}
	root.api("POST", "/people", map[string]any{"name": "Somebody else"}, "Idempotency-Key", "p").problem(t,
		http.StatusConflict, "idempotency key")
	if people, err := s.store.People(t.Context()); err != nil || len(people) != 2 {
		t.Errorf("%d people (%v)", len(people), err)
	}
	var a, b, other made
	root.api("POST", "/people", map[string]any{"name": "Omar Lind"}).into(t, &other) // has not signed in
	root.api("POST", "/people/"+other.Person+"/link", nil, "Idempotency-Key", "l").into(t, &a)
	root.api("POST", "/people/"+other.Person+"/link", nil, "Idempotency-Key", "l").into(t, &b)
	if enter(a.Link) || !enter(b.Link) {
		t.Error("a link made twice: the first still works, or the second does not")
	}
	root.api("POST", "/people/nobody/link", nil).problem(t, http.StatusNotFound, "")

	type token struct {
		Secret string
		Token  struct{ ID string }
	}
	var x, y token
	want := map[string]any{"name": "desk", "scopes": []string{"read"}, "days": 3}
	root.api("POST", "/account/tokens", want, "Idempotency-Key", "t").into(t, &x)
	s.wait(time.Minute)
	root.api("POST", "/account/tokens", want, "Idempotency-Key", "t").into(t, &y)
	works := func(secret string) bool {
		return s.stranger().do("GET", "/api/v1/me", nil, "Authorization", "Bearer "+secret).status == http.StatusOK
	}
	if x.Token.ID != y.Token.ID || works(x.Secret) || !works(y.Secret) {
		t.Errorf("a token made twice: %s and %s", x.Token.ID, y.Token.ID)
	}
	root.api("DELETE", "/account/signins/"+x.Token.ID, nil).into(t, &struct{}{})
	root.api("POST", "/account/tokens", want, "Idempotency-Key", "t").problem(t, http.StatusConflict, "")

	// The forms do the same: a second press, or a page that is loaded again.
	for range 2 {
		if p := root.post("/people", "name", "Pressed twice", "role", "intake", "key", "k1"); p.status != http.StatusOK || !strings.Contains(p.body, "key=") {
			t.Fatalf("%d", p.status)
		}
	}
	if people, err := s.store.People(t.Context()); err != nil || len(people) != 4 {
		t.Errorf("%d people after a double press (%v)", len(people), err)
	}
}

// TestEndOthers: an admin sees and ends somebody else's sessions and tokens by the API, and
// it is noted who did; nobody else can.
func TestEndOthers(t *testing.T) {
	s := newSite(t, "")
	root, ada, ben := s.person("Root", casefile.Admin), s.person("Ada", casefile.Intake),
		s.person("Ben", casefile.Reviewer)
	var open struct {
		Signins []struct{ ID, Kind string }
	}
	root.api("GET", "/people/"+ada.id+"/signins", nil).into(t, &open)
	if len(open.Signins) != 1 || open.Signins[0].Kind != "session" {
		t.Fatalf("%+v", open)
	}
	at := "/people/" + ada.id + "/signins/" + open.Signins[0].ID
	ben.api("DELETE", at, nil).problem(t, http.StatusForbidden, "manage people")
	// not his
	root.api("DELETE", "/people/"+ben.id+"/signins/"+open.Signins[0].ID, nil).problem(t, http.StatusNotFound, "")
	root.api("DELETE", at, nil).into(t, &struct{}{})
	if a := ada.api("GET", "/me", nil); a.status != http.StatusUnauthorized {
		t.Errorf("the ended session still works: %d", a.status)
	}
	var log struct {
		Changes []struct{ Actor, Text string }
	}
	root.api("GET", "/people/changes", nil).into(t, &log)
	if len(log.Changes) == 0 || log.Changes[0].Actor != root.id || !strings.Contains(log.Changes[0].Text, ada.id) {
		t.Errorf("the end is not noted: %+v", log.Changes)
	}
}

// TestCalendar enters working days by the page and by the API; the clocks of new cases count
// them, and what cannot be read changes nothing.
func TestCalendar(t *testing.T) {
	s := newSite(t, "")
	ben, ada := s.person("Ben", casefile.Reviewer), s.person("Ada", casefile.Intake)
	if a := ben.post("/holidays", "rest", "Friday", "rest", "Saturday", "holidays",
		"2032-07-04 Founders' day\n2032-07-05"); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := ada.get("/holidays"); !strings.Contains(a.body, "4 July 2032") || !strings.Contains(a.body,
		"Founders&#39; day") || strings.Contains(a.body, "Change the working days") {
		t.Errorf("%d: the page of somebody who may only read: %.400s", a.status, a.body)
	}
	// 2 July 2032 is a Friday: two working days are Tuesday and Wednesday.
	var c casefile.Case
	ada.api("POST", "/cases", map[string]any{"title": "x", "trigger": map[string]string{"text": "x"}}).into(t, &c)
	if got := c.Clocks[0].Due.Format(time.DateOnly); got != "2032-07-07" {
		t.Errorf("the clock of the receipt is due on %s, want 2032-07-07", got)
	}
	for field, wrong := range map[string]string{"holidays": "2032-07-04 a\n4 July b", "rest": "Someday"} {
		if a := ben.post("/holidays", field, wrong); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s %q: %d", field, wrong, a.status)
		}
	}
	type calendar struct {
		Rest     []string
		Holidays []struct{ Day, Name string }
	}
	var got calendar
	ben.api("GET", "/calendar", nil).into(t, &got)
	if strings.Join(got.Rest, " ") != "friday saturday" || len(got.Holidays) != 2 {
		t.Errorf("%+v", got)
	}
	ben.api("PUT", "/calendar", map[string]any{"rest": []string{}, "holidays": []any{}}).into(t, &struct{}{})
	ben.api("PUT", "/calendar", map[string]any{"rest": []string{"monday", "tuesday", "wednesday", "thursday", "friday",
		"saturday", "sunday"}}).problem(t, 422, "")
	ben.api("PUT", "/calendar", map[string]any{"holidays": []any{map[string]string{"day": "2032-07-04"},
		map[string]string{"day": "2032-07-04"}}}).problem(t, 422, "twice")
	ben.api("PUT", "/calendar", map[string]any{"holidays": []any{map[string]string{"day": "2032-07-04",
		"name": "\x00"}}}).problem(t, 422, "")
}
