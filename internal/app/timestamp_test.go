package app

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/ledger/timestamp"
	"plimsoll/internal/ledger/timestamp/timestamptest"
)

// TestTimeStamps: a server has its ledger stamped, and says so when that fails; a verifier needs the files and the
// roots alone; a backup takes the stamps along.
func TestTimeStamps(t *testing.T) {
	a, other := timestamptest.New(t), timestamptest.New(t)
	a.Set(timestamptest.Down)
	dir := t.TempDir()
	data, log := filepath.Join(dir, "data"), filepath.Join(dir, "data", "ledger", "log")
	at := background(t, `Plimsoll serves (\S+)`, "serve", "--data", data, "--listen", "127.0.0.1:0", "--timestamp-url",
		a.URL, "--timestamp-roots", a.Roots, "--timestamp-every", "1s")[1]
	health := func(want int) {
		t.Helper()
		code := 0
		for range 600 {
			res, err := http.Get(at + "/healthz")
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if code = res.StatusCode; code == want {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Fatalf("healthz %d, want %d", code, want)
	}
	health(http.StatusServiceUnavailable)
	a.Set(timestamptest.None) // it is asked again ten seconds after the failure
	health(http.StatusOK)
	run := func(want int, args ...string) string {
		t.Helper()
		var out, msg bytes.Buffer
		if code := Main(t.Context(), args, strings.NewReader(""), &out, &msg); code != want {
			t.Errorf("plimsoll %s: exit %d, want %d: %s%s", strings.Join(args, " "), code, want, out.String(),
				msg.String())
		}
		return out.String() + msg.String()
	}
	vkey := filepath.Join(data, "ledger", "key")
	b, err := os.ReadFile(vkey)
	if err != nil {
		t.Fatal(err)
	}
	key := strings.Fields(string(b))[1]
	if got := run(exitDone, "verify", log, "--key", key, "--timestamp-roots", a.Roots); !strings.Contains(got,
		`as "Example Time Stamps" states`) {
		t.Errorf("verify: %s", got)
	}
	if got := run(exitDone, "verify", log, "--key", key); !strings.Contains(got,
		"who gave the time stamps was not checked") {
		t.Errorf("verify without roots: %s", got)
	}
	run(exitFailed, "verify", log, "--key", key, "--timestamp-roots", other.Roots)
	run(exitUsage, "verify", log, "--key", key, "--timestamp-roots", filepath.Join(dir, "none"))

	stamps, err := timestamp.Read(os.DirFS(log))
	if err != nil || len(stamps) == 0 {
		t.Fatalf("%d time stamps, %v", len(stamps), err)
	}
	res, err := http.Get(at + "/ledger/" + stamps[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got, err := io.ReadAll(res.Body); err != nil || !bytes.Equal(got, stamps[0].Reply) {
		t.Errorf("the published time stamp: %s, %v", res.Status, err)
	}
	file := filepath.Join(dir, "backup")
	run(exitDone, "backup", "--data", data, file)
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if !slices.ContainsFunc(z.File, func(f *zip.File) bool { return f.Name == "state/ledger/log/"+stamps[0].Path }) {
		t.Error("the time stamp is no part of the backup")
	}
	restored := filepath.Join(dir, "restored")
	run(exitDone, "restore", "--data", restored, file)
	if _, err := os.Stat(filepath.Join(restored, "ledger", "log", stamps[0].Path)); err != nil {
		t.Error(err)
	}

	path := filepath.Join(log, stamps[0].Path)
	reply := stamps[0].Reply
	for name, text := range map[string][]byte{"other bytes": append(slices.Clone(reply[:len(reply)-9]),
		make([]byte, 9)...), "no stamp at all": []byte("x"), "nothing": nil} {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		if got := run(exitFailed, "verify", log, "--key", key); !strings.Contains(got, "WRONG  "+stamps[0].Path) {
			t.Errorf("%s: %s", name, got)
		}
	}
	// one that was taken away is missed, whoever holds the folder of the log
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	database, got := "sqlite:"+filepath.Join(data, "plimsoll.db"), ""
	for range 200 { // until the note of it is published
		var out bytes.Buffer
		Main(t.Context(), []string{"verify", log, "--key", key, "--database", database}, strings.NewReader(""), &out,
			&out)
		if got = out.String(); strings.Contains(got, "WRONG  "+stamps[0].Path+": the time stamp is gone") {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if !strings.Contains(got, "WRONG  "+stamps[0].Path+": the time stamp is gone") {
		t.Errorf("without the file: %s", got)
	}
	n := len(dirNames(t, filepath.Dir(path)))
	time.Sleep(3 * time.Second) // a note of a stamp is no reason to ask for another one
	if more := len(dirNames(t, filepath.Dir(path))); more > n+2 {
		t.Errorf("%d files of time stamps became %d while nothing was written", n, more)
	}
}

func dirNames(t *testing.T, dir string) (out []string) {
	t.Helper()
	es, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range es {
		out = append(out, e.Name())
	}
	return out
}

// TestTimeStampUsage refuses flags that do not go together.
func TestTimeStampUsage(t *testing.T) {
	dir := t.TempDir()
	for name, args := range map[string][]string{
		"no address":        {"--timestamp-url", "tsa.example"},
		"roots without url": {"--timestamp-roots", "x"},
		"roots not there":   {"--timestamp-url", "http://127.0.0.1:1", "--timestamp-roots", filepath.Join(dir, "x")},
		"too often":         {"--timestamp-url", "http://127.0.0.1:1", "--timestamp-every", "1ms"},
	} {
		t.Run(name, func(t *testing.T) {
			var msg bytes.Buffer
			args := append([]string{"serve", "--data", dir, "--listen", "127.0.0.1:0"}, args...)
			if code := Main(t.Context(), args, strings.NewReader(""), io.Discard, &msg); code != exitUsage {
				t.Errorf("exit %d: %s", code, msg.String())
			}
		})
	}
}
