package app

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/internal/casefile"
	"plimsoll/internal/store"
)

// TestBackupEncrypted: what evidence says stands neither on the disk nor in a backup, the master key may lie elsewhere
// and is in a backup beneath its passphrase only, and a restore with it reads all again.
func TestBackupEncrypted(t *testing.T) {
	dir := t.TempDir()
	data, master, words := filepath.Join(dir, "data"), filepath.Join(dir, "elsewhere", "master"),
		"forty cameras for the seventh floor"
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(data, "plimsoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	desk := casefile.NewDesk(db)
	desk.Follow = followCases
	by := casefile.Actor{ID: "asha", Name: "Asha", Roles: []casefile.Role{casefile.Investigator}}
	c, err := desk.Open(t.Context(), by, casefile.Opening{Title: "x", Trigger: casefile.Trigger{Kind: "press",
		Text: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	memo, phrase := filepath.Join(dir, "memo.txt"), filepath.Join(dir, "phrase")
	for path, text := range map[string]string{memo: words, phrase: "a long phrase of several words\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(t, exitDone, "evidence", "add", "--data", data, "--key-file", master, "--case", string(c.ID), "--actor", "Asha",
		"--reason", "x", memo)
	if _, err := os.Stat(filepath.Join(data, "evidence", "keys", "master")); err == nil {
		t.Error("a master key lies in the state folder, too")
	}
	run(t, exitFailed, "evidence", "verify", "--data", data) // without the key
	run(t, exitDone, "evidence", "verify", "--data", data, "--key-file", master)
	for _, sealed := range []bool{false, true} {
		file, to := filepath.Join(dir, "open.plimsoll"), filepath.Join(dir, "restored-open")
		more := []string{}
		if sealed {
			file, to, more = filepath.Join(dir, "sealed.plimsoll"), filepath.Join(dir, "restored-sealed"),
				[]string{"--passphrase-file", phrase}
		}
		run(t, exitDone, append([]string{"backup", "--data", data, "--key-file", master, file}, more...)...)
		z, err := zip.OpenReader(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range z.File {
			in, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(in)
			if err != nil || strings.Contains(string(b), words) || strings.Contains(string(b), "AGE-SECRET-KEY") {
				t.Errorf("%s of the backup: it holds a key or what evidence says in the clear (%v)", f.Name, err)
			}
		}
		z.Close()
		code, said := plimsoll(append([]string{"restore", "--data", to, file}, more...)...)
		if code != exitDone || strings.Contains(said, "master") == sealed || strings.Contains(said,
			"Evidence read again: 1 cases, 1 originals") != sealed {
			t.Errorf("restore, with the passphrase %v: exit %d\n%s", sealed, code, said)
		}
		if sealed {
			run(t, exitDone, "evidence", "verify", "--data", to)
		}
	}
}
