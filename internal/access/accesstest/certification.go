// Package accesstest holds suites that a running decision point must pass, whoever runs it.
//
// Invariants: a suite speaks HTTP only, expects what the published text says, and reads no
// internals.
package accesstest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// A Client asks one decision point.
type Client struct {
	URL  string
	HTTP *http.Client
}

// Post sends body to path and returns the status, the body and the header.
func (c Client) Post(t testing.TB, path, body string, header ...string) (int, []byte, http.Header) {
	t.Helper()
	req, err := http.NewRequest("POST", c.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := c.HTTP.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, b, res.Header
}

// Paths of the API.
const (
	Evaluation  = "/access/v1/evaluation"
	Evaluations = "/access/v1/evaluations"
	Subject     = "/access/v1/search/subject"
	Resource    = "/access/v1/search/resource"
	Action      = "/access/v1/search/action"
	Metadata    = "/.well-known/authzen-configuration"
)

// Decision asks one evaluation and demands a well-formed answer.
func (c Client) Decision(t testing.TB, body string) bool {
	t.Helper()
	status, b, h := c.Post(t, Evaluation, body)
	if status != 200 || !strings.HasPrefix(h.Get("Content-Type"), "application/json") {
		t.Fatalf("%s: %d %s %s", body, status, h.Get("Content-Type"), b)
	}
	return decision(t, b)
}

func decision(t testing.TB, b []byte) bool {
	t.Helper()
	var a struct {
		Decision *bool           `json:"decision"`
		Context  json.RawMessage `json:"context"`
	}
	if err := json.Unmarshal(b, &a); err != nil || a.Decision == nil {
		t.Fatalf("no boolean decision in %s (%v)", b, err)
	}
	if len(a.Context) > 0 && a.Context[0] != '{' {
		t.Fatalf("context is not an object in %s", b)
	}
	return *a.Decision
}

// Batch asks evaluations and returns the decisions.
func (c Client) Batch(t testing.TB, body string) []bool {
	t.Helper()
	status, b, _ := c.Post(t, Evaluations, body)
	var a struct {
		Evaluations []json.RawMessage `json:"evaluations"`
	}
	if err := json.Unmarshal(b, &a); status != 200 || err != nil || a.Evaluations == nil {
		t.Fatalf("%s: %d %s", body, status, b)
	}
	var out []bool
	for _, e := range a.Evaluations {
		out = append(out, decision(t, e))
	}
	return out
}

// A Page is the answer of a search.
type Page struct {
	Results []struct {
		Type string `json:"type"`
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"results"`
	Page *struct {
		NextToken *string `json:"next_token"`
		Count     *int    `json:"count"`
	} `json:"page"`
}

// Names gives the ids or action names.
func (p Page) Names() []string {
	var out []string
	for _, r := range p.Results {
		out = append(out, r.ID+r.Name)
	}
	return out
}

// Search asks a search and checks its shape.
func (c Client) Search(t testing.TB, path, body string) Page {
	t.Helper()
	status, b, _ := c.Post(t, path, body)
	var p Page
	if err := json.Unmarshal(b, &p); status != 200 || err != nil || p.Results == nil || p.Page != nil &&
		p.Page.NextToken == nil {
		t.Fatalf("%s %s: %d %s", path, body, status, b)
	}
	for _, r := range p.Results {
		if path == Action && r.Name == "" || path != Action && (r.Type == "" || r.ID == "") {
			t.Fatalf("%s %s: result without its members: %s", path, body, b)
		}
	}
	return p
}

// Certification runs every test of the certification scenario against a decision point that
// holds its fixture.
func Certification(t *testing.T, c Client) {
	t.Run("2.2 acceptance", func(t *testing.T) { basic(t, c) })
	t.Run("2.4 errors", func(t *testing.T) { basicErrors(t, c) })
	t.Run("2.5 headers", func(t *testing.T) { headers(t, c) })
	t.Run("2.6 idempotency", func(t *testing.T) {
		for range 5 {
			if !c.Decision(t, permitBody) {
				t.Fatal("not the same decision")
			}
		}
	})
	t.Run("3 batch", func(t *testing.T) { batch(t, c) })
	t.Run("4 search", func(t *testing.T) { search(t, c) })
	t.Run("4.5 pages", func(t *testing.T) { pages(t, c) })
	t.Run("4.6 empty", func(t *testing.T) { empty(t, c) })
	t.Run("4.7 search errors", func(t *testing.T) { searchErrors(t, c) })
	t.Run("6 discovery", func(t *testing.T) { discovery(t, c) })
}

const (
	alice      = `{"type":"user","id":"alice"}`
	bob        = `{"type":"user","id":"bob"}`
	admin      = `{"type":"user","id":"bob","properties":{"role":"admin"}}`
	record1    = `{"type":"record","id":"record-1"}`
	record2    = `{"type":"record","id":"record-2"}`
	archived   = `{"type":"record","id":"record-2","properties":{"status":"archived"}}`
	active     = `{"type":"record","id":"record-1","properties":{"status":"active"}}`
	read       = `{"name":"read"}`
	write      = `{"name":"write"}`
	context    = `,"context":{"time":"2025-06-27T18:03-07:00","ip":"192.168.1.1"}`
	permitBody = `{"subject":` + alice + `,"action":` + read + `,"resource":` + record1 + `}`
)

func body(subject, action, resource, more string) string {
	return `{"subject":` + subject + `,"action":` + action + `,"resource":` + resource + more + `}`
}

func basic(t *testing.T, c Client) {
	for _, tt := range []struct {
		name, body string
		want       bool
	}{
		{"rule 1, 2.2.1", permitBody, true},
		{"rule 2", body(alice, write, record1, ""), true},
		{"rule 3", body(bob, read, record1, ""), true},
		{"rule 4, 2.2.2", body(bob, write, record1, ""), false},
		{"2.2.3 context", body(alice, read, record1, context), true},
		{"rule 5, 2.2.4", body(alice, write, archived, ""), false},
		{"rule 6, 2.2.5", body(admin, write, archived, ""), true},
		{"rule 7, 2.2.6", body(alice, `{"name":"delete","properties":{"soft":true}}`, record1, ""), true},
		{"rule 8, 2.2.7", body(alice, `{"name":"delete","properties":{"soft":false}}`, record1, ""), false},
		{"2.2.8 more properties",
			body(`{"type":"user","id":"alice","properties":{"department":"Sales","role":"manager"}}`,
				`{"name":"read","properties":{"method":"GET"}}`,
				`{"type":"record","id":"record-1","properties":{"status":"active","owner":"bob"}}`, ""), true},
		{"2.2.9 unknown members", body(alice, read, record1, `,"foo":"bar","futureField":{"nested":true}`), true},
		{"rules hold with a context", body(bob, write, record1, context), false},
		{"unknown members in entities", body(`{"type":"user","id":"alice","x":[1,{"y":null}]}`, `{"name":"read","x":1}`,
			`{"type":"record","id":"record-1","x":"y"}`, ""), true},
		{"null members are absent", body(`{"type":"user","id":"alice","properties":null}`, read, record1,
			`,"context":null`), true},
	} {
		if got := c.Decision(t, tt.body); got != tt.want {
			t.Errorf("%s: decision %v, want %v", tt.name, got, tt.want)
		}
	}
}

func basicErrors(t *testing.T, c Client) {
	for name, body := range map[string]string{
		"2.4.1 no subject":              `{"action":` + read + `,"resource":` + record1 + `}`,
		"2.4.1 no action":               `{"subject":` + alice + `,"resource":` + record1 + `}`,
		"2.4.1 no resource":             `{"subject":` + alice + `,"action":` + read + `}`,
		"2.4.2 no subject.type":         body(`{"id":"alice"}`, read, record1, ""),
		"2.4.2 no subject.id":           body(`{"type":"user"}`, read, record1, ""),
		"2.4.2 no action.name":          body(alice, `{}`, record1, ""),
		"2.4.2 no resource.type":        body(alice, read, `{"id":"record-1"}`, ""),
		"2.4.2 no resource.id":          body(alice, read, `{"type":"record"}`, ""),
		"2.4.4 malformed":               `{"subject":`,
		"2.4.4 something follows":       permitBody + "}",
		"2.4.5 empty":                   ``,
		"2.4.5 blank":                   " \n",
		"2.4.6 subject is a string":     body(`"alice"`, read, record1, ""),
		"2.4.6 action.name is a number": body(alice, `{"name":123}`, record1, ""),
		"null subject":                  body(`null`, read, record1, ""),
		"null id":                       body(`{"type":"user","id":null}`, read, record1, ""),
		"array":                         `[` + permitBody + `]`,
		"names differ in case":          strings.Replace(permitBody, "subject", "Subject", 1),
		"a member twice":                body(alice, read, record1, `,"subject":`+bob),
		"a nested member twice":         body(`{"type":"user","id":"alice","id":"bob"}`, read, record1, ""),
		"bad UTF-8":                     body("{\"type\":\"user\",\"id\":\"al\xff\"}", read, record1, ""),
		"half a character":              body(`{"type":"user","id":"\ud800"}`, read, record1, ""),
		"number too large":              body(alice, read, record1, `,"context":{"n":1e999}`),
		"properties is a list":          body(`{"type":"user","id":"alice","properties":[]}`, read, record1, ""),
		"context is a text":             body(alice, read, record1, `,"context":"x"`),
		"too deep": body(alice, read, record1, `,"context":`+strings.Repeat(`{"a":`, 200)+`1`+
			strings.Repeat(`}`, 200)),
	} {
		if status, b, h := c.Post(t, Evaluation, body); status != 400 || !strings.HasPrefix(h.Get("Content-Type"),
			"text/plain") || len(b) == 0 {
			t.Errorf("%s: %d %q %s, want 400 with a text", name, status, h.Get("Content-Type"), b)
		}
	}
	for _, ct := range []string{"text/plain", "", "application/jsonx", "application/xml; x=application/json"} {
		if status, b, _ := c.Post(t, Evaluation, permitBody, "Content-Type", ct); status != 400 {
			t.Errorf("2.4.3 Content-Type %q: %d %s, want 400", ct, status, b)
		}
	}
	if status, _, _ := c.Post(t, Evaluation, permitBody, "Content-Type", "application/json; charset=utf-8"); status != 200 {
		t.Errorf("Content-Type with charset: %d", status)
	}
	if status, _, _ := c.Post(t, Evaluation, body(alice, read, record1, `,"context":{"x":"`+strings.Repeat("a", 2<<20)+
		`"}`)); status != 413 {
		t.Errorf("two MiB: %d, want 413", status)
	}
}

func headers(t *testing.T, c Client) {
	for name, body := range map[string]string{"permit": permitBody, "deny": body(bob, write, record1, ""),
		"error": `{`} {
		const id = "bfe9eb29-ab87-4ca3-be83-a1d5d8305716/x y"
		if _, _, h := c.Post(t, Evaluation, body, "X-Request-ID", id); h.Get("X-Request-ID") != id {
			t.Errorf("2.5.1 %s: X-Request-ID %q, want %q", name, h.Get("X-Request-ID"), id)
		}
	}
	if !c.Decision(t, permitBody) {
		t.Error("2.5.2 without X-Request-ID")
	}
}

func batch(t *testing.T, c Client) {
	for _, tt := range []struct {
		name, body string
		want       []bool
	}{
		{"3.2.1 defaults", `{"subject":` + alice + `,"action":` + read + `,"evaluations":[{"resource":` + record1 +
			`},{"resource":` + record2 + `}]}`, []bool{true, true}},
		{"3.2.2 values in order", `{"subject":` + bob + `,"resource":` + record1 + `,"evaluations":[{"action":` + read +
			`},{"action":` + write + `}]}`, []bool{true, false}},
		{"3.2.3 resource properties", `{"subject":` + alice + `,"action":` + write + `,"evaluations":[{"resource":` +
			active + `},{"resource":` + archived + `}]}`, []bool{true, false}},
		{"3.2.4 subject properties", `{"action":` + write + `,"resource":` + archived + `,"evaluations":[{"subject":` +
			alice + `},{"subject":` + admin + `}]}`, []bool{false, true}},
		{"3.2.5 no defaults", `{"evaluations":[` + permitBody + `,` + body(bob, write, record1, "") + `]}`,
			[]bool{true, false}},
		{"3.2.6 context", `{"subject":` + alice + `,"action":` + read +
			`,"context":{"time":"2025-06-27T18:03-07:00"},"evaluations":[{"resource":` + record1 + `},{"resource":` +
			record2 +
			`,"context":{"time":"2025-06-27T19:00-07:00","source":"batch-override"}}]}`, []bool{true, true}},
		{"3.2.7 whole entities", `{"subject":` + alice + `,"action":` + write + `,"resource":` + active +
			`,"evaluations":[{},{"resource":` + archived + `}]}`, []bool{true, false}},
		{"3.4.1 an item lacks its resource", `{"subject":` + alice + `,"action":` + read +
			`,"options":{"evaluations_semantic":"execute_all"},"evaluations":[{"resource":` + record1 + `},{}]}`,
			[]bool{true, false}},
		{"an item's properties do not leak", `{"subject":` + alice + `,"action":` + write +
			`,"evaluations":[{"resource":` + record1 +
			`},{"resource":{"type":"record","id":"record-1","properties":{"status":"archived"}}},{"resource":` +
			record1 + `}]}`, []bool{true, false, true}},
		{"deny on first deny", `{"subject":` + bob + `,"resource":` + record1 +
			`,"options":{"evaluations_semantic":"deny_on_first_deny"},"evaluations":[{"action":` + read +
			`},{"action":` + write + `},{"action":` + read + `}]}`, []bool{true, false}},
		{"deny on first failure", `{"subject":` + bob + `,"resource":` + record1 +
			`,"options":{"evaluations_semantic":"deny_on_first_deny"},"evaluations":[{},{"action":` + read + `}]}`,
			[]bool{false}},
		{"permit on first permit", `{"subject":` + bob + `,"resource":` + record1 +
			`,"options":{"evaluations_semantic":"permit_on_first_permit"},"evaluations":[{"action":` + write +
			`},{"action":` + read + `},{"action":` + read + `}]}`, []bool{false, true}},
		{"an item is no object", `{"subject":` + alice + `,"action":` + read + `,"resource":` + record1 +
			`,"evaluations":["x",{}]}`, []bool{false, true}},
		{"an item's entity is mistaken", `{"subject":` + alice + `,"action":` + read + `,"resource":` + record1 +
			`,"evaluations":[{"resource":"x"},{"action":{"name":7}},{}]}`, []bool{false, false, true}},
	} {
		if got := c.Batch(t, tt.body); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	for name, body := range map[string]string{"3.4.2 no evaluations": permitBody, "3.4.3 none": body(alice, read,
		record1, `,"evaluations":[]`), "null": body(alice, read, record1, `,"evaluations":null`)} {
		if status, b, _ := c.Post(t, Evaluations, body); status != 200 || !decision(t, b) ||
			bytes.Contains(b, []byte(`"evaluations"`)) {
			t.Errorf("%s: %d %s", name, status, b)
		}
	}
	for name, body := range map[string]string{
		"malformed": `{"evaluations":[{]}`, "not a list": body(alice, read, record1, `,"evaluations":{}`),
		"no resource, no items": `{"subject":` + alice + `,"action":` + read + `}`,
		"bad semantic": body(alice, read, record1,
			`,"options":{"evaluations_semantic":"all"},"evaluations":[{}]`),
		"mistaken default": `{"subject":"x","action":` + read + `,"evaluations":[{"resource":` + record1 + `}]}`,
		"too many":         body(alice, read, record1, `,"evaluations":[{}`+strings.Repeat(",{}", 100_000)+`]`),
	} {
		if status, b, _ := c.Post(t, Evaluations, body); status != 400 {
			t.Errorf("%s: %d %.200s, want 400", name, status, b)
		}
	}
}

func contains(t *testing.T, name string, p Page, typ string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !slices.Contains(p.Names(), w) {
			t.Errorf("%s: %v lacks %s", name, p.Names(), w)
		}
	}
	for _, r := range p.Results {
		if r.Type != typ {
			t.Errorf("%s: a result of type %q, want %q", name, r.Type, typ)
		}
	}
}

func search(t *testing.T, c Client) {
	user, record := `{"type":"user"}`, `{"type":"record"}`
	first := c.Search(t, Subject, body(user, read, record1, ""))
	contains(t, "4.2.1", first, "user", "alice", "bob")
	for name, b := range map[string]string{"4.2.2 context": body(user, read, record1, context),
		"4.2.3 id is ignored": body(alice, read, record1, "")} {
		if p := c.Search(t, Subject, b); !slices.Equal(p.Names(), first.Names()) {
			t.Errorf("%s: %v, want %v", name, p.Names(), first.Names())
		}
	}
	p := c.Search(t, Subject, body(user, write, archived, ""))
	contains(t, "4.2.4", p, "user", "bob")
	if slices.Contains(p.Names(), "alice") {
		t.Error("4.2.4: alice does not write archived records")
	}
	first = c.Search(t, Resource, body(alice, read, record, ""))
	contains(t, "4.3.1", first, "record", "record-1")
	for name, b := range map[string]string{"4.3.2 context": body(alice, read, record, context),
		"4.3.3 id is ignored": body(alice, read, record1, "")} {
		if p := c.Search(t, Resource, b); !slices.Equal(p.Names(), first.Names()) {
			t.Errorf("%s: %v, want %v", name, p.Names(), first.Names())
		}
	}
	contains(t, "4.3.4", c.Search(t, Resource, body(admin, write, record, "")), "record", "record-2")
	contains(t, "4.4.1", c.Search(t, Action, `{"subject":`+alice+`,"resource":`+record1+`}`), "", "read", "write")
	contains(t, "4.4.2", c.Search(t, Action, `{"subject":`+alice+`,"resource":`+record1+context+`}`), "", "read",
		"write")
	contains(t, "4.4.3", c.Search(t, Action, `{"subject":`+admin+`,"resource":`+archived+`}`), "", "write")
}

func pages(t *testing.T, c Client) {
	user, record := `{"type":"user"}`, `{"type":"record"}`
	for _, tt := range []struct{ name, path, body string }{
		{"subjects", Subject, body(user, read, record1, "")}, {"resources", Resource, body(alice, read, record, "")},
		{"actions", Action, `{"subject":` + alice + `,"resource":` + record1 + `}`},
	} {
		all := c.Search(t, tt.path, tt.body).Names()
		withPage := func(page string) string { return strings.TrimSuffix(tt.body, "}") + `,"page":` + page + `}` }
		var got []string
		p := c.Search(t, tt.path, withPage(`{"limit":1}`))
		for n := 0; ; n++ {
			if len(p.Results) > 1 || p.Page == nil || n > 10 {
				t.Fatalf("%s: 4.5.1 limit 1: %d results, page %v", tt.name, len(p.Results), p.Page)
			}
			got = append(got, p.Names()...)
			if *p.Page.NextToken == "" {
				break
			}
			token, _ := json.Marshal(*p.Page.NextToken)
			more := `{"token":` + string(token) + `}` // 4.5.2 does not repeat the limit
			if n%2 == 1 {
				more = `{"token":` + string(token) + `,"limit":1}`
			}
			for _, other := range []string{`{"token":` + string(token) + `,"limit":2}`, `{"token":"AAAA"}`,
				`{"token":7}`} {
				if status, b, _ := c.Post(t, tt.path, withPage(other)); status != 400 {
					t.Errorf("%s: page %s: %d %s, want 400", tt.name, other, status, b)
				}
			}
			if status, _, _ := c.Post(t, tt.path, strings.Replace(withPage(more), "record-1", "record-2", 1)); status != 400 && tt.path != Resource {
				t.Errorf("%s: a token of another search: %d, want 400", tt.name, status)
			}
			p = c.Search(t, tt.path, withPage(more))
		}
		slices.Sort(got)
		slices.Sort(all)
		if !slices.Equal(got, all) {
			t.Errorf("%s: pages hold %v, want %v", tt.name, got, all)
		}
	}
	if status, _, _ := c.Post(t, Subject, body(user, read, record1, `,"page":{"limit":-1}`)); status != 400 {
		t.Errorf("negative limit: %d, want 400", status)
	}
}

func empty(t *testing.T, c Client) {
	for _, tt := range []struct{ name, path, body string }{
		{"4.6.1 action search", Action, `{"subject":{"type":"user","id":"nonexistent-user"},"resource":` + record1 +
			`}`},
		{"4.6.1 subject search", Subject, body(`{"type":"user"}`, read, `{"type":"record","id":"nonexistent"}`, "")},
		{"4.6.1 resource search", Resource, body(`{"type":"user","id":"nonexistent-user"}`, read, `{"type":"record"}`,
			"")},
		{"4.6.2 subject search", Subject, body(`{"type":"spaceship"}`, read, record1, "")},
		{"4.6.2 resource search", Resource, body(alice, read, `{"type":"spaceship"}`, "")},
		{"4.6.2 action search", Action, `{"subject":{"type":"spaceship","id":"alice"},"resource":` + record1 + `}`},
	} {
		if p := c.Search(t, tt.path, tt.body); len(p.Results) != 0 {
			t.Errorf("%s: %v, want nothing", tt.name, p.Names())
		}
	}
}

func searchErrors(t *testing.T, c Client) {
	same := body(`{"type":"user"}`, read, `{"type":"record"}`, "")
	for _, tt := range []struct{ name, path, body string }{
		{"4.7.1 no action", Subject, `{"subject":{"type":"user"},"resource":` + record1 + `}`},
		{"4.7.1 no subject", Resource, `{"action":` + read + `,"resource":{"type":"record"}}`},
		{"4.7.1 no resource", Action, `{"subject":` + alice + `}`},
		{"4.7.2 resource.id", Subject, same}, {"4.7.2 subject.id", Resource, same},
		{"4.7.2 action search", Action, `{"subject":{"type":"user"},"resource":` + record1 + `}`},
		{"malformed", Subject, `{`}, {"empty", Resource, ``}, {"page is a list", Action, `{"subject":` + alice +
			`,"resource":` + record1 + `,"page":[]}`},
	} {
		if status, b, _ := c.Post(t, tt.path, tt.body); status != 400 {
			t.Errorf("%s: %d %s, want 400", tt.name, status, b)
		}
	}
}

func discovery(t *testing.T, c Client) {
	base, err := url.Parse(c.URL)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.HTTP.Get(base.Scheme + "://" + base.Host + Metadata + base.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var m map[string]any
	if err := json.NewDecoder(res.Body).Decode(&m); err != nil || res.StatusCode != 200 ||
		!strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		t.Fatalf("6.5: %d %s %v", res.StatusCode, res.Header.Get("Content-Type"), err)
	}
	if m["policy_decision_point"] != c.URL {
		t.Errorf("policy_decision_point %v, want %s", m["policy_decision_point"], c.URL)
	}
	for name, path := range map[string]string{"access_evaluation_endpoint": Evaluation,
		"access_evaluations_endpoint": Evaluations,
		"search_subject_endpoint":     Subject, "search_resource_endpoint": Resource,
		"search_action_endpoint": Action} {
		if m[name] != c.URL+path {
			t.Errorf("%s is %v, want %s", name, m[name], c.URL+path)
		}
	}
	if _, ok := m["capabilities"].([]any); !ok {
		t.Errorf("capabilities %v: want a list", m["capabilities"])
	}
	if res.Header.Get("Cache-Control") == "" {
		t.Error("no Cache-Control")
	}
}
