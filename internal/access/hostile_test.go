package access

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

const whole = `{"subject":{"type":"unit","id":"u-1"},"action":{"name":"use"},"resource":{"type":"service","id":"storage"}`

// TestMembersOfOtherCalls: a member that another call knows is an unknown one here, and
// unknown members are ignored (section 4), unless the JSON itself is wrong.
func TestMembersOfOtherCalls(t *testing.T) {
	door := serve(t, DoorConfig{Source: mustIndex(t, bureau), MaxBatch: 3}, nil)
	noAction := `{"subject":{"type":"unit","id":"u-1"},"resource":{"type":"service","id":"storage"}`
	for _, tt := range []struct {
		path, body string
		status     int
		want       string
	}{
		{pathEvaluation, whole + `,"evaluations":"x","options":5,"page":[]}`, 200, `"decision":true`},
		{pathEvaluation, whole + `,"evaluations":[{},{},{},{}]}`, 200, `{"decision":true`},
		{pathEvaluation, whole + `,"page":[1e999]}`, 400, "a number is too large"},
		{pathEvaluations, whole + `,"page":7}`, 200, `"decision":true`},
		{pathSubject, whole + `,"evaluations":7,"options":{"evaluations_semantic":"x"}}`, 200, `"id":"u-1"`},
		// what is looked for: its id is ignored
		{pathSubject, strings.Replace(whole, `"u-1"`, `17`, 1) + `}`, 200, `"id":"u-1"`},
		{pathResource, strings.Replace(whole, `"storage"`, `[]`, 1) + `}`, 200, `"id":"storage"`},
		{pathResource, strings.Replace(whole, `"u-1"`, `17`, 1) + `}`, 400, "subject.id must be a string"},
		{pathAction, noAction + `,"action":"x"}`, 200, `"name":"use"`},
		{pathAction, noAction + `,"action":{"name":7,"name":8}}`, 400, "there twice"},
	} {
		if status, b, _ := door.Post(t, tt.path, tt.body); status != tt.status || !strings.Contains(string(b),
			tt.want) {
			t.Errorf("%s %s: %d %s, want %d with %q", tt.path, tt.body, status, b, tt.status, tt.want)
		}
	}
}

// TestLimitOfPage: no page holds more than its limit, not even with 0; one that is larger than
// a number of 32 bits is a limit too.
func TestLimitOfPage(t *testing.T) {
	door := serve(t, DoorConfig{Source: mustIndex(t, bureau)}, nil)
	for _, path := range []string{pathSubject, pathResource, pathAction} {
		all := door.Search(t, path, whole+`}`).Names()
		if got := door.Search(t, path, whole+`,"page":{"limit":99999999999999999999}}`).Names(); !slices.Equal(got, all) {
			t.Errorf("%s: a giant limit gives %v, want %v", path, got, all)
		}
		none := door.Search(t, path, whole+`,"page":{"limit":0}}`)
		if len(none.Results) != 0 || none.Page == nil || *none.Page.NextToken == "" {
			t.Fatalf("%s: limit 0 gives %+v, want no result and a token", path, none)
		}
		token := *none.Page.NextToken
		if again := door.Search(t, path, whole+`,"page":{"limit":0,"token":"`+token+`"}}`); len(again.Results) != 0 ||
			*again.Page.NextToken == "" {
			t.Errorf("%s: limit 0 again gives %+v", path, again)
		}
		if rest := door.Search(t, path, whole+`,"page":{"token":"`+token+`"}}`); !slices.Equal(rest.Names(), all) ||
			*rest.Page.NextToken != "" {
			t.Errorf("%s: after limit 0 come %v, want %v", path, rest.Names(), all)
		}
		for _, limit := range []string{"-1", "1.5", `"1"`, "-99999999999999999999", "[]"} {
			if status, b, _ := door.Post(t, path, whole+`,"page":{"limit":`+limit+`}}`); status != 400 ||
				!strings.Contains(string(b), "page.limit") {
				t.Errorf("%s: limit %s: %d %s", path, limit, status, b)
			}
		}
	}
}

// TestExactErrors: each mistake is named as what it is, and every answer repeats X-Request-ID.
func TestExactErrors(t *testing.T) {
	d, err := NewDoor(DoorConfig{Source: mustIndex(t, bureau)})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		method, path, body, encoding string
		status                       int
		want                         string
	}{
		{"POST", pathEvaluation, "\x00", "", 400, "malformed JSON at byte 0: an object is wanted"},
		{"POST", pathEvaluation, "{\"a\":\x00}", "", 400, "malformed JSON at byte 5: a value is wanted"},
		{"POST", pathEvaluation, `{"a":`, "", 400, "malformed JSON at byte 5: it ends too early"},
		{"POST", pathEvaluation, "", "", 400, "malformed JSON at byte 0: the body is empty"},
		{"POST", pathEvaluation, "{\"a\":\"\x00\"}", "", 400, "a text holds a control character"},
		{"POST", pathEvaluation, whole + `} {}`, "", 400, "something follows the value"},
		{"POST", pathEvaluation, whole + `}`, "gzip", 400, "must not be compressed"},
		{"PUT", pathEvaluation, whole + `}`, "", 405, "use POST"},
		{"HEAD", pathEvaluations, "", "", 405, ""},
		{"GET", "/access/v1/nothing", "", "", 404, ""},
		{"POST", pathMetadata, "", "", 405, ""},
		{"GET", pathMetadata, "", "", 200, "policy_decision_point"},
		{"GET", pathHold + "H-X", "", "", 404, "no such hold"},
		{"GET", pathHealth, "", "", 200, "version"},
	} {
		r := httptest.NewRequest(tt.method, tt.path, strings.NewReader(tt.body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Request-ID", "r 1")
		if tt.encoding != "" {
			r.Header.Set("Content-Encoding", tt.encoding)
		}
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) ||
			w.Header().Get("X-Request-ID") != "r 1" {
			t.Errorf("%s %s %.80q: %d %q, X-Request-ID %q; want %d with %q", tt.method, tt.path, tt.body, w.Code,
				w.Body, w.Header().Get("X-Request-ID"), tt.status, tt.want)
		}
	}
}

// TestTenantPath: with a path in the public URL, the endpoints stand where the metadata says,
// and no document names another decision point than the one it was asked for at.
func TestTenantPath(t *testing.T) {
	d, err := NewDoor(DoorConfig{Source: mustIndex(t, bureau), URL: "https://pdp.example/x/t1/"})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{pathMetadata: 404, pathMetadata + "/x/t1": 200, "/x/t1" +
		pathEvaluation: 200, pathEvaluation: 200, "/x/t2" + pathEvaluation: 404} {
		method := http.MethodPost
		if strings.HasPrefix(path, pathMetadata) {
			method = http.MethodGet
		}
		r := httptest.NewRequest(method, path, strings.NewReader(whole+`}`))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s %s: %d %s, want %d", method, path, w.Code, w.Body, want)
		}
		if method == http.MethodGet && want == 200 && !strings.Contains(w.Body.String(),
			fmt.Sprintf(`"access_evaluation_endpoint":"https://pdp.example/x/t1%s"`, pathEvaluation)) {
			t.Errorf("metadata: %s", w.Body)
		}
	}
	if _, err := NewDoor(DoorConfig{Source: mustIndex(t, bureau), URL: "https://pdp.example/{x}"}); err == nil {
		t.Error("a path with braces was taken")
	}
}

// TestSharedContextIsReadOnce: a context that a batch or a search shares is read once, not for
// each item: read a thousand times, one mebibyte would keep a processor busy for a minute.
func TestSharedContextIsReadOnce(t *testing.T) {
	d, err := NewDoor(DoorConfig{Source: mustIndex(t, bureau+`restrictions:
  - {id: r1, subject: {type: customer, id: bureau}, when: '"purpose" in context && context.purpose == "war"'}
`)})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(path, purpose string, more string) *httptest.ResponseRecorder {
		context := `,"context":{"purpose":"` + purpose + `","x":["\\u0041"` + strings.Repeat(`,1`, 20_000) + `]}`
		r := httptest.NewRequest("POST", path, strings.NewReader(whole+context+more+`}`))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		return w
	}
	items := func(n int) string {
		return `,"evaluations":[` + strings.TrimSuffix(strings.Repeat("{},", n), ",") + `]`
	}
	measure := func(n int) float64 {
		return testing.AllocsPerRun(3, func() { ask(pathEvaluations, "peace", items(n)) })
	}
	if one, many := measure(1), measure(200); many > one+200*60 {
		t.Errorf("200 items allocate %.0f times, one %.0f times: the context is read for each", many, one)
	}
	for range 3 { // the same memory holds another context in the next request
		for purpose, want := range map[string]string{"war": `"decision":false`, "now": `"decision":true`} {
			if w := ask(pathEvaluation, purpose, ""); !strings.Contains(w.Body.String(), want) {
				t.Errorf("for %s: %s, want %s", purpose, w.Body, want)
			}
		}
	}
	if w := ask(pathEvaluations, "peace",
		`,"evaluations":[{},{"context":{"purpose":"war"}},{},{"context":{"purpose":"art"}}]`); strings.Count(w.Body.String(), `"decision":false`) != 1 {
		t.Errorf("an item's own context: %s", w.Body)
	}
}
