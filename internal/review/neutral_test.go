package review

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/world"
)

func TestRenaming(t *testing.T) {
	n := newRenaming(map[string]bool{"Ulthoria": true, "France": true, "FR": true})
	same := func(a, b string) bool { return strings.EqualFold(a, b) }
	for _, in := range []string{"Ministry of Defence of France", "FRANCE TELECOM", "Police of Ulthoria",
		"Министерство обороны Франции", "Ministère français de la défense",
		"German Federal Police", "وزارة الدفاع الفرنسية"} {
		out := n.text(in)
		if same(in, out) && !strings.Contains(in, "ции") { // a declined form that no table has stays
			t.Errorf("%q stays", in)
		}
		if again := n.text(in); again != out {
			t.Errorf("%q becomes %q and %q", in, out, again)
		}
	}
	for _, in := range []string{"", "Harbour Works Ltd", "All of us in it", "No. 17"} {
		if out := n.text(in); out != in {
			t.Errorf("%q names no state and becomes %q", in, out)
		}
	}
	if a, b := n.country("France"), n.country("FR"); a != b || a == "FR" {
		t.Errorf("France becomes %q, FR becomes %q", a, b)
	}
	if a, b := n.country("Ulthoria"), n.text("Town of Ulthoria"); same(a, "Ulthoria") || !strings.HasSuffix(b, a) {
		t.Errorf("Ulthoria becomes %q, Town of Ulthoria %q", a, b)
	}
	if a := n.text("UKRAINE"); a != strings.ToUpper(a) || same(a, "Ukraine") {
		t.Errorf("UKRAINE becomes %q", a)
	}
	seen := map[string]string{}
	for code, to := range n.codes {
		if code == to || seen[to] != "" {
			t.Errorf("%s becomes %s, as %s does", code, to, seen[to])
		}
		seen[to] = code
	}
}

// TestNeutrality runs a world again under other names of states and attaches the comparison.
func TestNeutrality(t *testing.T) {
	dir := t.TempDir()
	records := filepath.Join(dir, "records")
	if err := world.Write(t.Context(), records, world.Options{Seed: 11, Size: "small"}); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	res, err := Run(t.Context(), Options{Paths: []string{records}, Lists: []string{filepath.Join(records, "lists")},
		Out: out, Neutrality: true,
		AsOf: time.Date(2031, 12, 31, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	n := res.Summary.Neutrality
	if n == nil || !n.Same || n.Renamed == 0 || len(n.Differing) > 0 {
		t.Fatalf("neutrality: %+v", n)
	}
	b, err := os.ReadFile(filepath.Join(out, "review.json"))
	if err != nil {
		t.Fatal(err)
	}
	var s struct{ Neutrality *Neutrality }
	if err := json.Unmarshal(b, &s); err != nil || s.Neutrality == nil {
		t.Errorf("review.json has no comparison: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(out, "neutral-*")); len(left) > 0 {
		t.Errorf("the second run leaves %v", left)
	}
}
