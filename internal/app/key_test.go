package app

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// keptAt reads a file.
func keptAt(t *testing.T, path ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// placed writes a file.
func placed(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestRotateLedgerKey: a log goes on under another key; whoever has either key checks all of it, also bags of before
// and after; a rotation that was stopped half-way is finished, and an old key file is refused in words.
func TestRotateLedgerKey(t *testing.T) {
	dir := t.TempDir()
	data, memo := filepath.Join(dir, "data"), filepath.Join(dir, "memo.txt")
	log, key := filepath.Join(data, "ledger", "log"), filepath.Join(data, "ledger", "key")
	add := func(want int, text string) string {
		placed(t, memo, text)
		_, msg := run(t, want, "evidence", "add", "--data", data, "--case", "PL-1", "--actor", "asha", "--reason",
			"for the case", memo)
		return msg
	}
	bag := func(name string) string {
		out := filepath.Join(dir, name)
		run(t, exitDone, "evidence", "export", "--data", data, "--actor", "asha", "--reason", "for counsel", "PL-1",
			"--out", out)
		return out
	}
	add(exitDone, "first")
	old := strings.Fields(keptAt(t, key))[1]
	before := bag("before")
	oldFile := keptAt(t, key)

	_, out, stop := serving(t, "--data", data)
	for range 400 { // until it is up, and its sequencer at work
		if strings.Contains(out.String(), "start?key=") {
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	time.Sleep(2 * time.Second)
	if _, msg := run(t, exitFailed, "key", "rotate", "ledger", "--data", data, "--actor", "asha"); !strings.Contains(msg, "stop it first") {
		t.Errorf("beside a server: %s %s", msg, out.String())
	}
	stop()
	run(t, exitUsage, "key", "rotate", "ledger", "--data", data)
	run(t, exitUsage, "key", "rotate", "notices", "--data", data, "--actor", "asha")
	said, _ := run(t, exitDone, "key", "rotate", "ledger", "--data", data, "--actor", "asha")
	next := strings.TrimSpace(said)
	if got := strings.Fields(keptAt(t, key))[1]; got != next || got == old {
		t.Fatalf("the key file holds %s, said was %s, before it was %s", got, next, old)
	}
	placed(t, key+".next", keptAt(t, key)) // as if it had been stopped before the new file was in its place
	placed(t, key, oldFile)
	add(exitDone, "second")
	if got := strings.Fields(keptAt(t, key))[1]; got != next {
		t.Errorf("after a rotation that was stopped: %s", got)
	}
	newFile := keptAt(t, key)
	placed(t, key, oldFile)
	if msg := add(exitFailed, "third"); !strings.Contains(msg, next) || !strings.Contains(msg,
		"put the newest key file there") {
		t.Errorf("with the old key file: %s", msg)
	}
	placed(t, key, newFile)
	after := bag("after")

	stranger, _ := run(t, exitDone, "pdp", "key", "--name", strings.Split(old, "+")[0], "--out",
		filepath.Join(dir, "stranger"))
	rotations := filepath.Join(log, "rotations")
	for _, tt := range []struct {
		name string
		want int
		args []string
	}{
		{"the log by the old key", exitDone, []string{log, "--key", old, "--database", "sqlite:" + filepath.Join(data,
			"plimsoll.db")}},
		{"the log by the new key", exitDone, []string{log, "--key", next}},
		{"the log by a stranger's key", exitFailed, []string{log, "--key", strings.TrimSpace(stranger)}},
		{"a bag of before by the old key", exitDone, []string{before, "--key", old}},
		{"a bag of before by the new key alone", exitFailed, []string{before, "--key", next}},
		{"a bag of before by the new key with the rotations", exitDone, []string{before, "--key", next, "--rotations",
			rotations}},
		{"a bag of after by the old key", exitDone, []string{after, "--key", old}},
		{"a bag of after by the new key", exitDone, []string{after, "--key", next}},
		{"no rotations", exitFailed, []string{log, "--key", old, "--rotations", memo}},
	} {
		t.Run(tt.name, func(t *testing.T) { run(t, tt.want, append([]string{"verify"}, tt.args...)...) })
	}
	if err := os.Rename(rotations, rotations+".away"); err != nil {
		t.Fatal(err)
	}
	if said, _ := run(t, exitFailed, "verify", log, "--key", next, "--database", "sqlite:"+filepath.Join(data,
		"plimsoll.db")); !strings.Contains(said, "the published rotations do not lead there") {
		t.Errorf("a log whose rotations were taken away: %s", said)
	}
	run(t, exitFailed, "verify", log, "--key", old)
}

// TestRotateAccessKey: a replica that knows the old key of snapshots follows the door to the new one.
func TestRotateAccessKey(t *testing.T) {
	data, state := t.TempDir(), t.TempDir()
	_, first, stop := serving(t, "--data", data)
	for range 200 { // until it is up: a start that is stopped ends with an error
		if strings.Contains(first.String(), "start?key=") {
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	time.Sleep(200 * time.Millisecond)
	stop()
	old := strings.TrimSpace(keptAt(t, data, "access", "key.pub"))
	said, _ := run(t, exitDone, "key", "rotate", "access", "--data", data, "--actor", "asha")
	next := strings.TrimSpace(said)
	if got := strings.TrimSpace(keptAt(t, data, "access", "key.pub")); got != next || got == old {
		t.Fatalf("the key is %s, said was %s", got, next)
	}
	at, _, stop := serving(t, "--data", data)
	defer stop()
	token := filepath.Join(state, "token")
	placed(t, token, strings.Fields(regexp.MustCompile(`(?m)^gateway \S+`).FindString(keptAt(t, data, "access",
		"tokens")))[1]+"\n")
	for name, key := range map[string]string{"old": old, "new": next} {
		t.Run(name, func(t *testing.T) {
			_, log, stop := startPDP(t, "--snapshot", at, "--key", key, "--source-token", token, "--state",
				filepath.Join(state, name))
			time.Sleep(200 * time.Millisecond)
			stop()
			if name == "old" && !strings.Contains(log.String(), next) {
				t.Errorf("the replica does not say that it follows: %s", log.String())
			}
			// Started again, it knows the new key from its own folder.
			_, log, stop = startPDP(t, "--snapshot", at, "--key", key, "--source-token", token, "--state",
				filepath.Join(state, name))
			stop()
			if strings.Contains(log.String(), "replaced by another") {
				t.Errorf("it follows a second time: %s", log.String())
			}
		})
	}
}

// TestRotatedSite: after the key of the log was replaced, twice, whoever has any of the keys checks a site from its own
// files alone, and a page of it.
func TestRotatedSite(t *testing.T) {
	dir := t.TempDir()
	data, memo := filepath.Join(dir, "data"), filepath.Join(dir, "memo.txt")
	placed(t, memo, "x")
	run(t, exitDone, "evidence", "add", "--data", data, "--case", "PL-1", "--actor", "asha", "--reason", "r", memo)
	keys := []string{strings.Fields(keptAt(t, data, "ledger", "key"))[1]}
	publish := func(name string) string {
		site := filepath.Join(dir, name)
		run(t, exitDone, "publish", "--data", data, "--out", site)
		return site
	}
	before := publish("before")
	if _, err := os.Stat(filepath.Join(before, "rotations")); err == nil {
		t.Error("rotations of a key that was never replaced")
	}
	for range 2 {
		said, _ := run(t, exitDone, "key", "rotate", "ledger", "--data", data, "--actor", "asha")
		keys = append(keys, strings.TrimSpace(said))
	}
	site := publish("after")
	stranger, _ := run(t, exitDone, "pdp", "key", "--name", strings.Split(keys[0], "+")[0], "--out",
		filepath.Join(dir, "stranger"))
	if err := os.RemoveAll(data); err != nil { // the verifier has the site alone
		t.Fatal(err)
	}
	for _, k := range keys {
		run(t, exitDone, "verify", site, "--key", k)
		run(t, exitDone, "verify", filepath.Join(site, "index.html"), "--key", k)
	}
	run(t, exitFailed, "verify", site, "--key", strings.TrimSpace(stranger))
	run(t, exitDone, "verify", before, "--key", keys[0])
	run(t, exitDone, "verify", before, "--key", keys[2], "--rotations", filepath.Join(site, "rotations"))
	text := keptAt(t, site, "rotations")
	placed(t, filepath.Join(site, "rotations"), strings.Replace(text, "upto ", "upto 9", 1))
	run(t, exitFailed, "verify", site, "--key", keys[0])
	if err := os.Remove(filepath.Join(site, "rotations")); err != nil {
		t.Fatal(err)
	}
	run(t, exitFailed, "verify", site, "--key", keys[0])
	run(t, exitFailed, "verify", site, "--key", keys[2]) // a file of the site is missing
}
