package access

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func openWatch(t testing.TB, path string) *Watch {
	t.Helper()
	w, err := OpenWatch(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

// TestWatchLooks: one that begins later has no look after until it has begun; what was known
// before a restart is in force when another is looked at; a decision that is in force only in
// part has no evidence yet.
func TestWatchLooks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "watch")
	content := bigContent(100, 1)
	content.Settings.Default.Resource = true // "everything" is asked for by no name
	p, _ := publish(t, content)
	if _, err := p.Restrict(nil); err != nil {
		t.Fatal(err)
	}
	one := Restriction{ID: "D#1", Decision: "D", Subject: unit1, Effect: Deny}
	later := Restriction{ID: "D#2", Decision: "D", Subject: unit1, Resource: storage, Actions: []string{"sell"}, Effect: Deny, Start: noon.Add(time.Hour)}
	w := openWatch(t, path)
	if changed, err := w.Restrict(p, []Restriction{one, later}, noon); err != nil || !changed {
		t.Fatal(changed, err)
	}
	s := w.Standings(p.Index())
	if len(s) != 2 || s[0].Before.Effect != Permit || s[0].After == nil || s[0].After.Effect != Deny || s[1].Before == nil || s[1].After != nil || s[1].Start == nil {
		t.Fatalf("%+v", s)
	}
	if b, a := w.Evidence(p.Index(), "D"); b != "" || a != "" {
		t.Errorf("evidence of a decision that is in force in part: %q %q", b, a)
	}
	if changed, err := w.Restrict(p, []Restriction{one, later}, noon.Add(time.Hour)); err != nil || changed {
		t.Fatal(changed, err)
	}
	b, a := w.Evidence(p.Index(), "D")
	if strings.Count(b, "\n") != 1 || !strings.HasPrefix(b, "The door answered permit to unit/unit-0000001") || !strings.HasPrefix(a, "The door answered deny") {
		t.Errorf("evidence %q %q", b, a)
	}

	// After a restart the publisher is empty; what the watch knows is put in place first.
	again, _ := publish(t, content)
	if _, err := again.Restrict(nil); err != nil {
		t.Fatal(err)
	}
	other := Restriction{ID: "E#1", Decision: "E", Subject: unit1, Effect: Deny}
	w2 := openWatch(t, path)
	if _, err := w2.Restrict(again, []Restriction{one, later, other}, noon.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if s := w2.Standings(again.Index())[2]; s.Restriction != "E#1" || s.Before.Effect != Deny || s.Before.Applying[0] != "D#1" {
		t.Errorf("before, with another in force: %+v", s.Before)
	}
	if _, err := w2.Restrict(again, []Restriction{{ID: "X", Effect: Deny, When: "("}}, noon); err == nil {
		t.Error("a restriction that cannot be compiled was published")
	}
	if n := len(w2.Standings(again.Index())); n != 3 {
		t.Fatalf("a change that failed left %d restrictions of 3", n)
	}
	if err := w2.Keep(t.Context(), []Proof{{ID: "a", Effect: Permit, Restrictions: []string{"D#1"}}, {ID: "b", Effect: Deny, Restrictions: []string{"D#1", "unheard of"}}, {ID: "c", Effect: Deny, Restrictions: []string{"D#1"}}}); err != nil {
		t.Fatal(err)
	}
	if s := w2.Standings(again.Index())[0]; s.Denied == nil || s.Denied.ID != "b" {
		t.Errorf("first denial %+v", s.Denied)
	}
}

// TestWatchFile: a last line that was cut short is dropped, a damaged one is named.
func TestWatchFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "watch")
	good := `{"restriction":"a","version":3,"at":"2026-11-23T12:00:00Z"}` + "\n"
	if err := os.WriteFile(path, []byte(good+`{"restriction":"b","ver`), 0o600); err != nil {
		t.Fatal(err)
	}
	w := openWatch(t, path)
	if len(w.seen) != 1 || w.seen["a"].Version != 3 {
		t.Errorf("%+v", w.seen)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != good {
		t.Errorf("%q, %v", b, err)
	}
	if err := os.WriteFile(path, []byte(good+"nonsense\n"+good), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenWatch(path); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("a damaged line: %v", err)
	}
}

func FuzzWatch(f *testing.F) {
	f.Add([]byte(`{"restriction":"a","version":3,"at":"2026-11-23T12:00:00Z","before":{"effect":"permit","restrictions":[]}}` + "\n"))
	f.Add([]byte(`{"restriction":"a","denied":{"effect":"deny"}}` + "\n" + `{"restr`))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "watch")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		w, err := OpenWatch(path)
		if err != nil {
			return
		}
		n := len(w.seen)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if again := openWatch(t, path); len(again.seen) != n {
			t.Fatalf("%d restrictions, read again %d", n, len(again.seen))
		}
	})
}
