package app

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"plimsoll/internal/casefile"
	"plimsoll/internal/store"
)

// strangerEnv has the test program be the command, for a process that has nothing else.
const strangerEnv = "PLIMSOLL_TEST_STRANGER"

func TestMain(m *testing.M) {
	if os.Getenv(strangerEnv) != "" {
		os.Exit(Main(context.Background(), os.Args[1:], strings.NewReader(""), os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// alone runs a program with no environment, in a folder, without a network where the machine
// lets us take it away.
func alone(t *testing.T, dir, program string, args ...string) (string, error) {
	t.Helper()
	for _, flags := range []uintptr{syscall.CLONE_NEWNET | syscall.CLONE_NEWUSER, 0} {
		cmd := exec.Command(program, args...)
		cmd.Dir, cmd.Env, cmd.SysProcAttr = dir, []string{strangerEnv + "=yes"}, &syscall.SysProcAttr{Cloneflags: flags}
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		err := cmd.Run()
		var exit *exec.ExitError
		if err == nil || errors.As(err, &exit) || flags == 0 {
			return out.String(), err
		}
	}
	return "", nil
}

// TestStranger hands the evidence of a served case to somebody who has the bag, the public key
// and nothing else: no data folder, no database, no environment, no network.
func TestStranger(t *testing.T) {
	data := t.TempDir()
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(data, "plimsoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	desk := casefile.NewDesk(db)
	desk.Follow = followCases
	by := casefile.Actor{ID: "asha", Name: "Asha", Roles: []casefile.Role{casefile.Investigator}}
	c, err := desk.Open(t.Context(), by, casefile.Opening{Title: "Cameras for Vendria", Trigger: casefile.Trigger{
		Kind: "press", Text: "A market is watched."}})
	if err != nil {
		t.Fatal(err)
	}
	in := filepath.Join(t.TempDir(), "deliveries.html")
	if err := os.WriteFile(in, []byte("<title>Deliveries</title>Forty cameras."), 0o600); err != nil {
		t.Fatal(err)
	}
	why := []string{"--data", data, "--actor", "Asha", "--reason", "for the court"}
	if code, out := plimsoll(append([]string{"evidence", "add", "--case", string(c.ID), in}, why...)...); code != 0 {
		t.Fatalf("add exits with %d: %s", code, out)
	}
	// what the command took in, the served case has
	if c, err = desk.Case(t.Context(), by, c.ID); err != nil || len(c.Items) != 1 ||
		c.Items[0].Name() != "deliveries.html" {
		t.Fatalf("the case holds %+v, %v", c.Items, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	room := t.TempDir()
	code, out := plimsoll(append([]string{"evidence", "export", string(c.ID), "--out", filepath.Join(room, "bag")},
		why...)...)
	if code != 0 {
		t.Fatalf("export exits with %d: %s", code, out)
	}
	key, err := os.ReadFile(filepath.Join(room, "bag", "vkey"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(data); err != nil { // nothing of ours is left
		t.Fatal(err)
	}
	vkey := strings.TrimSpace(string(key))
	if tool, err := exec.LookPath("sha256sum"); err == nil {
		for _, m := range []string{"manifest-sha256.txt", "tagmanifest-sha256.txt"} {
			if out, err := alone(t, filepath.Join(room, "bag"), tool, "-c", "--strict", m); err != nil {
				t.Errorf("sha256sum -c %s: %v\n%s", m, err, out)
			}
		}
	}
	if out, err := alone(t, room, os.Args[0], "verify", "--key", vkey, "bag"); err != nil || !strings.Contains(out,
		"nothing is wrong") {
		t.Errorf("verify: %v\n%s", err, out)
	}
	for _, p := range []string{"README.txt", "data/custody.jsonl", "data/items.jsonl"} {
		path := filepath.Join(room, "bag", filepath.FromSlash(p))
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		changed := bytes.Clone(b)
		changed[len(b)/2] ^= 1
		if err := os.WriteFile(path, changed, 0o644); err != nil {
			t.Fatal(err)
		}
		if out, err := alone(t, room, os.Args[0], "verify", "--key", vkey, "bag"); err == nil || !strings.Contains(out,
			p) {
			t.Errorf("%s was changed: %v\n%s", p, err, out)
		}
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	other := strings.Replace(vkey, vkey[len(vkey)-8:], "AAAAAAAA", 1)
	if _, err := alone(t, room, os.Args[0], "verify", "--key", other, "bag"); err == nil {
		t.Error("a bag passes with another key")
	}
}
