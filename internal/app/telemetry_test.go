package app

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var figuresAt = regexp.MustCompile(`Figures are at (\S+)`)

// TestPDPFigures asks a decision point something and reads its figures at their own address.
func TestPDPFigures(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.yaml")
	text := "snapshot: a\nsubjects:\n  - {type: customer, id: bureau}\nrestrictions:\n  - {id: D-1, subject: {type: " +
		"customer, id: bureau}}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	url, out, stop := startPDP(t, "--snapshot", file, "--metrics", "127.0.0.1:0")
	defer stop()
	m := figuresAt.FindStringSubmatch(out.String())
	if m == nil {
		t.Fatalf("no address of figures in %s", out)
	}
	body := `{"subject":{"type":"customer","id":"bureau"},"action":{"name":"use"},"resource":{"type":"service","id":"s"}}`
	if r, err := http.Post(url+"/access/v1/evaluation", "application/json", strings.NewReader(body)); err != nil ||
		r.StatusCode != 200 {
		t.Fatalf("%v %v", r, err)
	}
	r, err := http.Get(m[1])
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`route="/access/v1/evaluation",status="200"} 1`, "plimsoll_snapshot_version ",
		"plimsoll_snapshot_age_seconds ",
		`plimsoll_build_info{command="pdp"`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s in\n%s", want, b)
		}
	}
	if strings.Contains(string(b), "bureau") {
		t.Error("a subject stands in the figures")
	}
	if r, err := http.Get(url + "/metrics"); err != nil || r.StatusCode == 200 {
		t.Errorf("figures at the address of answers: %v %v", r.Status, err)
	}
}

func TestFiguresStayOnTheMachine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.yaml")
	if err := os.WriteFile(file, []byte("snapshot: a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	args := []string{"pdp", "--snapshot", file, "--listen", "127.0.0.1:0", "--metrics", "0.0.0.0:0"}
	if code := Main(t.Context(), args, strings.NewReader(""), io.Discard, &out); code != exitUsage ||
		!strings.Contains(out.String(), "not loopback") {
		t.Errorf("code %d: %s", code, &out)
	}
}
