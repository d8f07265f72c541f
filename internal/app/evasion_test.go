package app

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/disk"
	"plimsoll/internal/finding"
	"plimsoll/internal/gatehouse"
)

// TestEvasionWatch gives what a door enforces to the next review: the evasion watch (RF-25)
// then finds where the restricted use came back, and finds nothing without it.
func TestEvasionWatch(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "world")
	var msg bytes.Buffer
	if code := Main(t.Context(), []string{"world", "--seed", "3", "--out", dir}, strings.NewReader(""), &msg, &msg); code != exitDone {
		t.Fatal(msg.String())
	}
	var evading string // whom the world restricted, and where the use came back
	b, err := os.ReadFile(filepath.Join(dir, "key.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(b) {
		var k struct {
			Flag, Expect string
			Subject      finding.Subject
		}
		if json.Unmarshal(line, &k) == nil && k.Flag == "RF-25" && k.Expect == "raised" {
			evading = k.Subject.Name
		}
	}
	events, err := os.ReadFile(filepath.Join(dir, "events.csv"))
	if err != nil || evading == "" {
		t.Fatal(evading, err)
	}
	var other []string
	day := ""
	for l := range strings.Lines(string(events)) {
		if f := strings.Split(l, ","); f[1] == "restriction" {
			if strings.Contains(l, evading) {
				day = f[2]
			}
			continue
		}
		other = append(other, l)
	}
	if err := os.WriteFile(filepath.Join(dir, "events.csv"), []byte(strings.Join(other, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	review := func(out string) string {
		t.Helper()
		out = filepath.Join(t.TempDir(), out)
		msg.Reset()
		if code := Main(t.Context(), []string{"review", "--as-of", "2033-03-01", "--list", filepath.Join(dir, "lists"),
			"--out", out, dir}, strings.NewReader(""), &msg, &msg); code != exitDone {
			t.Fatal(code, msg.String())
		}
		b, err := os.ReadFile(filepath.Join(out, "findings.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			if strings.Contains(line, `"flag":"RF-25","state":"raised"`) {
				return line
			}
		}
		return ""
	}
	if got := review("without"); got != "" {
		t.Errorf("no restriction is known, and the watch raises %s", got)
	}
	decided := []casefile.Decision{{ID: "C-1-D1", Proposal: casefile.Proposal{Outcome: casefile.Suspend, Start: day,
		Scope: casefile.Scope{Party: "p-1", PartyName: evading}}}}
	err = disk.Replace(filepath.Join(dir, "restrictions.csv"), func(w io.Writer) error {
		return gatehouse.WriteEvents(w, decided, nil, time.Date(2033, 3, 1, 0, 0, 0, 0, time.UTC))
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := review("with"); !strings.Contains(got, evading) {
		t.Errorf("with the door's restrictions: %q", got)
	}
}
