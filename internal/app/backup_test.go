package app

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/internal/store"
	"plimsoll/internal/store/storetest"
)

// TestBackupCommands backs a folder up and restores it by the command line.
func TestBackupCommands(t *testing.T) {
	dir := t.TempDir()
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, "old", "plimsoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	storetest.Fill(t, s)
	defer s.Close()
	file := filepath.Join(dir, "b.db")
	run := func(want int, args ...string) string {
		t.Helper()
		var out, msg bytes.Buffer
		if got := Main(t.Context(), args, strings.NewReader(""), &out, &msg); got != want {
			t.Errorf("plimsoll %s: exit %d, want %d: %s", strings.Join(args, " "), got, want, msg.String())
		}
		return msg.String()
	}
	run(exitUsage, "backup", file)
	run(exitUsage, "backup", "--data", dir, "--database", "postgres://x", file)
	run(exitFailed, "backup", "--data", filepath.Join(dir, "nowhere"), file)
	for _, folder := range []string{"evidence", "ledger"} {
		if err := os.MkdirAll(filepath.Join(dir, "old", folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if msg := run(exitDone, "backup", "--data", filepath.Join(dir, "old"), file); !strings.Contains(msg, "originals of evidence") || !strings.Contains(msg, "ledger with its key") || strings.Contains(msg, "notices") {
		t.Errorf("backup says of what it does not hold: %q", msg)
	}
	run(exitFailed, "backup", "--data", filepath.Join(dir, "old"), file)
	if msg := run(exitDone, "restore", "--data", filepath.Join(dir, "new"), file); !strings.Contains(msg, "Missing: "+filepath.Join(dir, "new", "evidence")) {
		t.Errorf("restore says of what is missing: %q", msg)
	}
	restored, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, "new", "plimsoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	if list, err := restored.Sessions(t.Context(), "local"); err != nil || len(list) != 0 {
		t.Errorf("sessions after a restore: %v %v", list, err)
	}
	if err := restored.Close(); err != nil {
		t.Fatal(err)
	}
	if msg := run(exitFailed, "restore", "--data", filepath.Join(dir, "new"), file); !strings.Contains(msg, "not empty") {
		t.Errorf("restore over a database says %q", msg)
	}
	if _, err := os.Stat(filepath.Join(dir, "new", "plimsoll.db")); err != nil {
		t.Error(err)
	}
}
