package gatehouse

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/access"
	"plimsoll/internal/casefile"
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
	dir := t.TempDir()
	now := noon
	desk := casefile.NewDesk(nil)
	desk.Now = func() time.Time { return now }
	start := func() *Gatehouse {
		t.Helper()
		signer, err := openKey(dir)
		if err != nil {
			t.Fatal(err)
		}
		return &Gatehouse{Config: Config{Desk: desk}, signer: signer, watch: openWatch(t, filepath.Join(dir, "watch"))}
	}
	unit := access.Ref{Type: "account", ID: "a-1"}
	one := access.Restriction{ID: "D#1", Decision: "D", Subject: unit, Effect: access.Deny}
	later := access.Restriction{ID: "D#2", Decision: "D", Subject: unit, Resource: access.Ref{Type: "service",
		ID: "disk"},
		Actions: []string{"sell"}, Effect: access.Deny, Start: noon.Add(time.Hour)}
	show := func(g *Gatehouse, version uint64, all ...access.Restriction) error {
		t.Helper()
		s := settings()
		s.Default.Resource = true // "everything" is asked for by no name
		c := &access.Content{Name: "door", Settings: s, Restrictions: all}
		return g.show(&state{content: c}, version)
	}
	g := start()
	if err := errors.Join(show(g, 1), show(g, 2, one, later)); err != nil {
		t.Fatal(err)
	}
	s := g.watch.Standings(g.publish.Index())
	if len(s) != 2 || s[0].Before.Effect != access.Permit || s[0].After == nil || s[0].After.Effect != access.Deny ||
		s[1].Before == nil || s[1].After != nil || s[1].Start == nil {
		t.Fatalf("%+v", s)
	}
	if b, a := g.watch.Evidence(g.publish.Index(), "D"); b != "" || a != "" {
		t.Errorf("evidence of a decision that is in force in part: %q %q", b, a)
	}
	now = noon.Add(time.Hour)
	if err := g.watch.note(nil, nil, []access.Restriction{one, later}, g.publish.Index(), now); err != nil {
		t.Fatal(err)
	}
	b, a := g.watch.Evidence(g.publish.Index(), "D")
	if strings.Count(b, "\n") != 1 || !strings.HasPrefix(b, "The door answered permit to account/a-1") ||
		!strings.HasPrefix(a, "The door answered deny") {
		t.Errorf("evidence %q %q", b, a)
	}

	// After a restart nothing is published; what the watch knows is in force before the look.
	again := start()
	other := access.Restriction{ID: "E#1", Decision: "E", Subject: unit, Effect: access.Deny}
	if err := show(again, 3, one, later, other); err != nil {
		t.Fatal(err)
	}
	if s := again.watch.Standings(again.publish.Index())[2]; s.Restriction != "E#1" || s.Before.Effect != access.Deny ||
		s.Before.Applying[0] != "D#1" {
		t.Errorf("before, with another in force: %+v", s.Before)
	}
	if err := show(again, 4, access.Restriction{ID: "X", Effect: access.Deny, When: "("}); err == nil {
		t.Error("a restriction that cannot be compiled was published")
	}
	if n := len(again.watch.Standings(again.publish.Index())); n != 3 {
		t.Fatalf("a change that failed left %d restrictions of 3", n)
	}
	err := again.watch.Keep(t.Context(), []access.Proof{{ID: "a", Effect: access.Permit, Restrictions: []string{"D#1"}},
		{ID: "b", Effect: access.Deny, Restrictions: []string{"D#1", "unheard of"}}, {ID: "c", Effect: access.Deny,
			Restrictions: []string{"D#1"}}})
	if err != nil {
		t.Fatal(err)
	}
	if s := again.watch.Standings(again.publish.Index())[0]; s.Denied == nil || s.Denied.ID != "b" {
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
