package access

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"plimsoll/internal/access/accesstest"
	"plimsoll/internal/record/recordtest"
)

// open serves a plain file over HTTPS and gives a client.
func open(t testing.TB, file string, change func(*DoorConfig)) accesstest.Client {
	t.Helper()
	c, err := ReadFile(filepath.Join("testdata", "authzen", file))
	if err != nil {
		t.Fatal(err)
	}
	x, err := NewIndex(c)
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, DoorConfig{Source: x}, change)
}

func serve(t testing.TB, cfg DoorConfig, change func(*DoorConfig)) accesstest.Client {
	t.Helper()
	var d *Door
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { d.ServeHTTP(w, r) }))
	t.Cleanup(s.Close)
	cfg.URL = s.URL
	if change != nil {
		change(&cfg)
	}
	var err error
	if d, err = NewDoor(cfg); err != nil {
		t.Fatal(err)
	}
	return accesstest.Client{URL: s.URL, HTTP: s.Client()}
}

func TestCertification(t *testing.T) { accesstest.Certification(t, open(t, "certification.yaml", nil)) }

type interopCase struct {
	Request  json.RawMessage `json:"request"`
	Expected json.RawMessage `json:"expected"`
}

func payload(t *testing.T, path string) map[string][]interopCase {
	t.Helper()
	b, err := os.ReadFile(recordtest.Shared(t, "data/authzen/interop/"+path))
	if err != nil {
		t.Fatal(err)
	}
	var out map[string][]interopCase
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatalf("read %s: %v", path, err)
	}
	return out
}

// TestInteropDecisions runs the published payloads of the todo and API gateway scenarios.
func TestInteropDecisions(t *testing.T) {
	c := open(t, "todo.yaml", nil)
	for path, want := range map[string]int{"todo/decisions.json": 40,
		"todo/decisions-authorization-api-1_0-00.json": 40, "todo/decisions-authorization-api-1_0-01.json": 40,
		"todo/decisions-authorization-api-1_0-02.json": 43, "api-gateway/decisions.json": 25} {
		t.Run(path, func(t *testing.T) {
			n := 0
			for kind, cases := range payload(t, path) {
				for _, k := range cases {
					n++
					if kind == "evaluations" {
						var exp []struct{ Decision bool }
						if err := json.Unmarshal(k.Expected, &exp); err != nil {
							t.Fatal(err)
						}
						got := c.Batch(t, string(k.Request))
						if !slices.EqualFunc(got, exp, func(a bool, b struct{ Decision bool }) bool {
							return a == b.Decision
						}) {
							t.Errorf("%s: %v, want %s", k.Request, got, k.Expected)
						}
						continue
					}
					if got := c.Decision(t, string(k.Request)); got != (string(k.Expected) == "true") {
						t.Errorf("%s: %v, want %s", k.Request, got, k.Expected)
					}
				}
			}
			if n != want {
				t.Errorf("%d cases, want %d", n, want)
			}
		})
	}
}

// TestInteropSearch runs the published payloads of the search and identity provider scenarios.
func TestInteropSearch(t *testing.T) {
	c := open(t, "records.yaml", nil)
	for _, tt := range []struct {
		path, endpoint string
		want           int
	}{{"search/subject_results.json", accesstest.Subject, 60}, {"search/resource_results.json", accesstest.Resource,
		18},
		{"search/action_results.json", accesstest.Action, 120}, {"idp/results.json", accesstest.Resource, 6}} {
		t.Run(tt.path, func(t *testing.T) {
			n := 0
			for _, cases := range payload(t, tt.path) {
				for _, k := range cases {
					n++
					var exp accesstest.Page
					if err := json.Unmarshal(k.Expected, &exp); err != nil {
						t.Fatal(err)
					}
					got, want := c.Search(t, tt.endpoint, string(k.Request)).Names(), exp.Names()
					slices.Sort(got)
					slices.Sort(want)
					if !slices.Equal(got, want) {
						t.Errorf("%s: %v, want %v", k.Request, got, want)
					}
				}
			}
			if n != tt.want {
				t.Errorf("%d cases, want %d", n, tt.want)
			}
		})
	}
}
