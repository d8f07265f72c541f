package store

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/internal/finding"
)

// sealedRun writes the folder of a small review as the review itself does.
func sealedRun(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	findings := []byte(`{"id":"f1","flag":"RF-01","state":"raised","severity":"high","subject":{"kind":"party","id":"p1","name":"Orbel Systems"},"title":"t","sentence":"s"}` + "\n")
	sum := sha256.Sum256(findings)
	review, err := finding.Seal([]byte("{\n \"tool\": {\"name\": \"plimsoll\", \"version\": \"1\"},\n \"as_of\": " +
		"\"2032-07-01\",\n" +
		" \"inputs\": [{\"file\": \"sales.csv\", \"sha256\": \"77aa\"}],\n \"packs\": [{\"name\": \"house\", " +
		"\"version\": \"3\", \"sha256\": \"88bb\"}],\n" +
		" \"findings_sha256\": \"" + hex.EncodeToString(sum[:]) + "\",\n \"sha256\": \"" + finding.ZeroSum + "\"\n}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"review.json": review, "findings.jsonl": findings} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestProvenance: what a stored review was made of, and by whom it was stored, is in the event that the ledger pins; a
// review whose files were changed since is refused.
func TestProvenance(t *testing.T) {
	s, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "plimsoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, name := range []string{"review.json", "findings.jsonl"} {
		dir := sealedRun(t)
		path := filepath.Join(dir, name)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.NewReplacer("high", "low", "2032-07-01", "2032-07-02").Replace(
			string(b))), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.SaveRun(t.Context(), "ada", dir); !errors.Is(err, finding.ErrChanged) {
			t.Errorf("a changed %s: %v", name, err)
		}
	}
	r, made, err := s.SaveRun(t.Context(), "", sealedRun(t))
	if err != nil || !made {
		t.Fatal(made, err)
	}
	var text, body string
	if err := s.read.QueryRow(`SELECT text, body FROM event WHERE kind = 'run stored' AND subject = $1`,
		r.ID).Scan(&text, &body); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text, "on the machine of the server, by its account ") {
		t.Errorf("who stored it: %s", text)
	}
	var p provenance
	if err := json.Unmarshal([]byte(body), &p); err != nil || len(p.Review) != 64 || len(p.Findings) != 64 ||
		p.Files != 1 ||
		p.Inputs[0].SHA256 != "77aa" || p.Packs[0].SHA256 != "88bb" || p.Note != "" {
		t.Errorf("the event holds %s, %v", body, err)
	}
}
