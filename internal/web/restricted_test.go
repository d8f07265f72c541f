package web_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"plimsoll/internal/casefile"
	"plimsoll/internal/store"
	"plimsoll/internal/store/storetest"
	"plimsoll/internal/web"
)

// countedDB counts the transactions of a desk.
type countedDB struct {
	*store.Store
	n *atomic.Int64
}

func (d countedDB) Read(ctx context.Context, do func(*sql.Tx) error) error {
	d.n.Add(1)
	return d.Store.Read(ctx, do)
}

func (d countedDB) Write(ctx context.Context, do func(*sql.Tx) error) error {
	d.n.Add(1)
	return d.Store.Write(ctx, do)
}

// chance is what differs from one answer to the next by itself: keys of forms, references, moments.
var chance = regexp.MustCompile(`value="[0-9a-f]{8,}"|[0-9T:.-]+Z|/static/\S+`)

// TestRestrictedAtEveryAddress asks every page and operation of the API that has the id of something of a case in its
// address, as somebody with every role at the desk, with the ids of a restricted case and with those of none: status,
// headers, words and the transactions that run are the same. New addresses are in it by themselves.
func TestRestrictedAtEveryAddress(t *testing.T) {
	var n atomic.Int64
	s := newSite(t, "", func(c *web.Config) {
		c.Desk = casefile.NewDesk(countedDB{c.Store, &n})
		c.Desk.Now = c.Now
	})
	x := storetest.Decided(t, casefile.NewDesk(s.store), true)
	desk := casefile.NewDesk(s.store)
	appeal, err := desk.Appeal(t.Context(), storetest.Hand(casefile.Intake), casefile.Appeal{Decision: x.ID,
		By: "named_party", Who: "Office", Grounds: "x"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := desk.Case(t.Context(), storetest.Hand(casefile.Auditor), x.Case)
	if err != nil || !c.Restricted {
		t.Fatal(c.Restricted, err)
	}
	ben := s.person("Ben", casefile.Intake, casefile.Investigator, casefile.Reviewer, casefile.Approver,
		casefile.Executor, casefile.Verifier, casefile.Counsel, casefile.Publisher)
	things := map[string][]casefile.ID{"{case}": {c.ID}, "{claim}": {c.Claims[0].ID}, "{letter}": {c.Letters[0].ID},
		"{decision}": {x.ID}, "{id}": {c.ID, x.ID, c.Claims[0].ID, c.Letters[0].ID, appeal}}
	tried, checked := 0, []string(nil) // checked: what was refused for its form
	for _, e := range s.web.Endpoints() {
		part := ""
		for p := range things {
			if strings.Contains(e.Path, p) {
				part = p
			}
		}
		if part == "" {
			continue
		}
		names := []string{e.ID}
		if m, ok := moves[e.Path]; ok {
			names = m
		}
		for _, name := range names {
			path := strings.Replace(e.Path, "{move}", name[strings.LastIndexByte(name, ' ')+1:], 1)
			path = strings.NewReplacer("{item}", strings.Repeat("0", 64), "{finding}", "none").Replace(path)
			for _, id := range things[part] {
				look := func(id casefile.ID) (restrictedAnswer, int64) {
					before := n.Load()
					a := ask(ben, e.Method, strings.Replace(path, part, string(id), 1), name, string(id))
					return a, n.Load() - before
				}
				tried++
				got, did := look(id)
				none, didNone := look("C-9999" + id[len(c.ID):])
				if got.status == http.StatusUnprocessableEntity {
					checked = append(checked, name)
				}
				if got.status < 400 {
					t.Errorf("%s %s (%s): an outsider is answered with %d", e.Method, path, name, got.status)
				}
				if got.status != none.status || got.body != none.body || !maps.Equal(got.head, none.head) {
					t.Errorf("%s %s (%s): restricted %d %v\n%s\nmissing %d %v\n%s", e.Method, path, name, got.status,
						got.head, got.body, none.status, none.head, none.body)
				}
				if did != didNone {
					t.Errorf("%s %s (%s): %d transactions, %d for a case that is not there", e.Method, path, name, did,
						didNone)
				}
			}
		}
	}
	t.Logf("%d pairs of requests; refused for their form: %v", tried, checked)
	if tried < 120 {
		t.Errorf("only %d pairs of requests were tried", tried)
	}
}

type restrictedAnswer struct {
	status int
	head   map[string]string
	body   string
}

// ask makes a request with something in every field, and masks the id and what is by chance.
func ask(c *client, method, path, name, id string) restrictedAnswer {
	var a answer
	switch {
	case strings.HasPrefix(path, "/api/"):
		body := bodyOf(c, method, name)
		if strings.HasSuffix(path, "/needs") {
			path += "?to=scope"
		}
		if strings.HasSuffix(path, "/search") {
			path += "?q=x"
		}
		a = c.do(method, path, strings.NewReader(body), "Content-Type", "application/json", "Sec-Fetch-Site",
			"same-origin")
	case method == http.MethodGet:
		a = c.get(path)
	default:
		a = c.post(path, "title", "x", "text", "x", "grade", "B2", "reason", "x", "reasons", "x", "interest", "x",
			"status", "reported", "do", "propose", "run", "none", "finding", "none", "member", "", "q", "x", "to",
			"scope",
			"claim", "x", "how", "x", "why", "x", "found", "x", "note", "x", "source", "B", "information", "2")
	}
	head := map[string]string{}
	for k, v := range a.head {
		if !slices.Contains([]string{"Date", "Content-Length"}, k) {
			head[k] = strings.ReplaceAll(strings.Join(v, ", "), id, "ID")
		}
	}
	file, _, _ := strings.Cut(strings.TrimPrefix(id, "C-"), "-")
	mask := strings.NewReplacer(id, "ID", "C-"+file, "CASE")
	return restrictedAnswer{a.status, head, chance.ReplaceAllString(mask.Replace(a.body), "")}
}

// bodyOf makes a body with something in every member that an operation takes, as its description has them.
func bodyOf(c *client, method, id string) string {
	var doc struct {
		Paths map[string]map[string]struct {
			ID   string `json:"operationId"`
			Body struct {
				Content map[string]struct{ Schema schema }
			} `json:"requestBody"`
		}
		Components struct{ Schemas map[string]schema }
	}
	if err := json.Unmarshal([]byte(c.get("/openapi.json").body), &doc); err != nil {
		c.t.Fatal(err)
	}
	for _, path := range doc.Paths {
		if op := path[strings.ToLower(method)]; op.ID == id {
			x := op.Body.Content["application/json"].Schema
			b, err := json.Marshal(x.some(doc.Components.Schemas, 0))
			if err != nil {
				c.t.Fatal(err)
			}
			return string(b)
		}
	}
	c.t.Fatalf("no operation %s is described", id)
	return ""
}

// A schema is a type of the description of the API.
type schema struct {
	Ref        string `json:"$ref"`
	Type       any
	Format     string
	Enum       []any
	Properties map[string]schema
}

// some is a value of a schema.
func (x schema) some(all map[string]schema, depth int) any {
	if name, ok := strings.CutPrefix(x.Ref, "#/components/schemas/"); ok {
		x = all[name]
	}
	kind := fmt.Sprint(x.Type)
	switch {
	case len(x.Enum) > 0:
		return x.Enum[0]
	case x.Format == "date-time":
		return "2032-07-01T00:00:00Z"
	case strings.Contains(kind, "string"):
		return "x"
	case strings.Contains(kind, "integer"), strings.Contains(kind, "number"):
		return 1
	case strings.Contains(kind, "boolean"):
		return true
	case strings.Contains(kind, "array"):
		return []any{}
	}
	out := map[string]any{}
	for name, p := range x.Properties {
		if depth < 4 && name != "version" {
			out[name] = p.some(all, depth+1)
		}
	}
	return out
}
