package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/keyring/token/tokentest"
)

// TestRotateMasterKey: evidence of before and after is read under another master key, also one in a token; the change
// is a leaf; the old key opens nothing; a server at work is not disturbed.
func TestRotateMasterKey(t *testing.T) {
	dir := t.TempDir()
	data, memo := filepath.Join(dir, "data"), filepath.Join(dir, "memo.txt")
	master, log := filepath.Join(data, "evidence", "keys", "master"), filepath.Join(data, "ledger", "log")
	add := func(want int, text string) string {
		placed(t, memo, text)
		_, msg := run(t, want, "evidence", "add", "--data", data, "--case", "PL-1", "--actor", "asha", "--reason",
			"for the case", memo)
		return msg
	}
	read := func(want ...string) {
		t.Helper()
		out := filepath.Join(t.TempDir(), "bag")
		run(t, exitDone, "evidence", "export", "--data", data, "--actor", "asha", "--reason", "for counsel", "PL-1",
			"--out", out)
		all := ""
		if err := filepath.WalkDir(out, func(path string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				all += keptAt(t, path)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(all, w) {
				t.Errorf("the bag lacks %q", w)
			}
		}
	}
	rotate := []string{"key", "rotate", "master", "--data", data, "--actor", "asha"}
	run(t, exitFailed, rotate...) // there is none yet
	add(exitDone, "first original")
	old := keptAt(t, master)

	_, out, stop := serving(t, "--data", data)
	for range 400 {
		if strings.Contains(out.String(), "start?key=") {
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	time.Sleep(2 * time.Second)
	if _, msg := run(t, exitFailed, rotate...); !strings.Contains(msg, "stop it first") {
		t.Errorf("beside a server: %s", msg)
	}
	stop()
	if keptAt(t, master) != old {
		t.Error("the master key changed beside a server")
	}
	run(t, exitUsage, "key", "rotate", "master", "--data", data)
	run(t, exitUsage, "key", "rotate", "ledger", "--data", data, "--actor", "asha", "--key-token", "pkcs11:x")
	said, _ := run(t, exitDone, rotate...)
	if now := keptAt(t, master); now == old || !strings.HasPrefix(said, "age1") {
		t.Errorf("the new master key: %s", said)
	}
	read("first original")
	add(exitDone, "second original")
	newer := keptAt(t, master)
	placed(t, master, old)
	if msg := add(exitFailed, "third original"); !strings.Contains(msg, "does not open the keys") {
		t.Errorf("with the old key: %s", msg)
	}
	placed(t, master, newer)

	address := tokentest.New(t, "a server").String()
	said, _ = run(t, exitDone, append(rotate, "--key-token", address)...)
	if text := keptAt(t, master); !strings.HasPrefix(said, "pkcs11-rsa-sha256:") ||
		strings.Contains(text, "AGE-SECRET") {
		t.Errorf("the key in the token: %s", said)
	}
	add(exitDone, "fourth original")
	read("first original", "second original", "fourth original")
	_, out, stop = serving(t, "--data", data, "--key-token", address)
	for range 400 {
		if strings.Contains(out.String(), "Plimsoll serves") {
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	stop()
	if !strings.Contains(out.String(), "Plimsoll serves") {
		t.Errorf("a server with its master key in a token: %s", out)
	}
	if got, _ := run(t, exitDone, "verify", log, "--key", strings.Fields(keptAt(t, data, "ledger", "key"))[1],
		"--database", "sqlite:"+filepath.Join(data, "plimsoll.db")); !strings.Contains(got, "nothing is wrong") {
		t.Errorf("verify: %s", got)
	}
	db := keptAt(t, data, "plimsoll.db")
	if n := strings.Count(db, "plimsoll.master-key-change/v1\nold age1"); n < 2 {
		t.Errorf("%d changes of the master key are recorded", n)
	}
}

// TestKeyTokenUsage: a server does not start with a master key elsewhere than where it is told.
func TestKeyTokenUsage(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	run(t, exitUsage, "serve", "--data", data, "--key-token", "pkcs11:x", "--evidence-clear")
	run(t, exitUsage, "serve", "--database", "postgres://x", "--key-token", "pkcs11:x")
	if _, msg := run(t, exitFailed, "serve", "--data", data, "--listen", "127.0.0.1:0", "--key-token",
		"pkcs11:token=a;object=b?module-path=/x&pin-value=1"); !strings.Contains(msg, "others could read") {
		t.Errorf("a PIN in the address: %s", msg)
	}
	memo := filepath.Join(t.TempDir(), "memo.txt")
	placed(t, memo, "x")
	run(t, exitDone, "evidence", "add", "--data", data, "--case", "PL-1", "--actor", "asha", "--reason", "r", memo)
	if _, msg := run(t, exitFailed, "serve", "--data", data, "--listen", "127.0.0.1:0", "--key-token",
		"pkcs11:token=a;object=b?module-path=/x"); !strings.Contains(msg, "plimsoll key rotate master") {
		t.Errorf("another master key: %s", msg)
	}
}
