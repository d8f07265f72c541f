package app

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A fault is what a call of the kernel answers in the place of what it would do.
type fault struct {
	name  string
	calls []string // one of which is hit
	does  string   // as strace names it
	loses bool     // the call says that all went well: what is lost has to be seen afterwards
	kills bool     // the power fails at the call, which never reached the disk
}

// faults are those of the calls by which files reach the disk: SQLite writes with pwrite64, and settles with fsync and
// fdatasync; everything else settles with fsync, renames, and syncs the folder.
var faults = []fault{
	{"failed sync", []string{"fsync", "fdatasync"}, "error=EIO", false, false},
	{"full disk at a write of the database", []string{"pwrite64"}, "error=ENOSPC", false, false},
	{"error at a write of the database", []string{"pwrite64"}, "error=EIO", false, false},
	{"failed rename", []string{"renameat", "renameat2", "rename"}, "error=EIO", false, false},
	{"lost rename", []string{"renameat", "renameat2", "rename"}, "retval=0", true, false},
	{"power lost before a rename reached the disk", []string{"renameat", "renameat2", "rename"},
		"retval=0:signal=KILL", true, true},
}

// tracer is strace, which has calls of a program fail. It skips where there is none, or where it may not.
func tracer(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("strace")
	if err == nil {
		err = exec.CommandContext(t.Context(), path, "-f", "-o", filepath.Join(t.TempDir(), "log"), "-e", "trace=fsync",
			"-e", "inject=fsync:error=EIO:when=1", "true").Run()
	}
	if err != nil {
		t.Skipf("calls cannot be made to fail here: %v", err)
	}
	return path
}

// traced runs the program with the n-th of some calls failing, and tells whether there was such a call.
func traced(t *testing.T, strace string, f fault, n int, args ...string) (code int, said string, hit bool) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "log")
	calls := strings.Join(f.calls, ",")
	c := exec.CommandContext(t.Context(), strace, append([]string{"-f", "-o", log, "-e", "trace=" + calls,
		"-e", "inject=" + calls + ":" + f.does + ":when=" + strconv.Itoa(n), os.Args[0]}, args...)...)
	c.Env = append(os.Environ(), strangerEnv+"=1")
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	what := keptAt(t, log)
	return c.ProcessState.ExitCode(), string(out), strings.Contains(what, "(INJECTED)") ||
		strings.Contains(what, "killed by SIGKILL")
}

// copied copies a folder.
func copied(t *testing.T, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

// faultPlaces are which of the calls fails in turn. PLIMSOLL_FAULTS=all tries many more of them (make nightly).
func faultPlaces() (out []int) {
	if os.Getenv("PLIMSOLL_FAULTS") == "" {
		return []int{1, 3}
	}
	for n := 1; n < 60; n += 1 + n/8 {
		out = append(out, n)
	}
	return out
}

// TestFaultAtEveryCall has calls to the disk fail one after the other while evidence is taken in, recorded in the
// database and published in the ledger, and while a backup is made and put back: each ends in words and leaves nothing
// half-written, so that the same command then succeeds and everything verifies; a rename that the disk lost is seen.
func TestFaultAtEveryCall(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many programs")
	}
	strace := tracer(t)
	base, memo := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "memo.txt")
	placed(t, memo, "what the seventh floor ordered")
	add := func(data, text string) []string {
		placed(t, memo, text)
		return []string{"evidence", "add", "--data", data, "--case", "PL-1", "--actor", "asha", "--reason",
			"for the case", memo}
	}
	run(t, exitDone, add(base, "first")...)
	whole := func(data string) (string, bool) {
		var bad []string
		for _, args := range [][]string{{"evidence", "verify", "--data", data},
			{"verify", filepath.Join(data, "ledger", "log"), "--key",
				strings.Fields(keptAt(t, data, "ledger", "key"))[1], "--database", "sqlite:" + filepath.Join(data,
					"plimsoll.db")}} {
			var out lines
			if code := Main(t.Context(), args, strings.NewReader(""), &out, &out); code != exitDone {
				bad = append(bad, out.String())
			}
		}
		return strings.Join(bad, ""), len(bad) == 0
	}
	phrase := filepath.Join(t.TempDir(), "phrase")
	placed(t, phrase, "a long walk along the quay\n")
	whatFails := map[string]func(data string) []string{
		"evidence": func(data string) []string { return add(data, "second") },
		"backup": func(data string) []string {
			return []string{"backup", "--data", data, "--passphrase-file", phrase, filepath.Join(filepath.Dir(data),
				"b.plimsoll")}
		},
	}
	for name, command := range whatFails {
		for _, f := range faults {
			t.Run(name+"/"+f.name, func(t *testing.T) {
				tried := 0
				for _, n := range faultPlaces() {
					data := copied(t, base)
					args := command(data)
					code, said, hit := traced(t, strace, f, n, args...)
					if !hit {
						break
					}
					tried++
					if !f.kills && code != exitDone && code != exitFailed || strings.Contains(said, "goroutine ") ||
						code == exitFailed && !strings.Contains(said, "plimsoll:") {
						t.Fatalf("call %d: exit %d: %s", n, code, said)
					}
					if f.loses {
						lost(t, n, data, args, code, name == "backup", whole)
						continue
					}
					if name == "backup" && code != exitDone && exists(args[len(args)-1]) {
						t.Errorf("call %d: a backup that failed is there: %s", n, said)
					}
					if name == "backup" && code == exitDone {
						continue
					}
					if said, ok := whole(data); !ok && code == exitDone {
						t.Errorf("call %d: it went well, and then: %s", n, said)
					}
					run(t, exitDone, args...)
					if said, ok := whole(data); !ok {
						t.Errorf("call %d: after another try: %s", n, said)
					}
				}
				if tried == 0 {
					t.Errorf("no call failed")
				}
				t.Logf("%d calls failed in turn", tried)
			})
		}
	}
	t.Run("restore", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "b.plimsoll")
		run(t, exitDone, "backup", "--data", base, "--passphrase-file", phrase, file)
		for _, f := range faults {
			for _, n := range faultPlaces() {
				data := filepath.Join(t.TempDir(), "new")
				args := []string{"restore", "--data", data, "--passphrase-file", phrase, file}
				code, said, hit := traced(t, strace, f, n, args...)
				if !hit {
					break
				}
				if code == exitDone {
					continue // SQLite tried again, or what failed did not matter
				}
				if !f.kills && code != exitFailed || strings.Contains(said, "goroutine ") {
					t.Fatalf("%s, call %d: exit %d: %s", f.name, n, code, said)
				}
				// all is there, and ending sessions failed
				if exists(filepath.Join(data, "plimsoll.db")) && exists(filepath.Join(data, "evidence")) {
					continue
				}
				if f.kills && exists(data) && anyOf(t, data, "evidence", "ledger", "notices", "access", "origin") {
					_, again := run(t, exitFailed, args...) // nothing that may be somebody's is written over
					if !strings.Contains(again, "of a restore that did not end") {
						t.Errorf("%s, call %d: %s", f.name, n, again)
					}
					if err := os.RemoveAll(data); err != nil {
						t.Fatal(err)
					}
				}
				run(t, exitDone, args...)
			}
		}
	})
}

// anyOf reports whether one of the names lies in a folder.
func anyOf(t *testing.T, dir string, names ...string) bool {
	t.Helper()
	return slices.ContainsFunc(names, func(name string) bool { return exists(filepath.Join(dir, name)) })
}

// lost checks a folder after the rename of a file never reached the disk. Either all is as it was before or as it was
// to be, and verifies; or it is named what is missing, by verify and by a server, which is not healthy then. The same
// command goes on from there. A command that ended well has lost nothing.
func lost(t *testing.T, n int, data string, args []string, code int, backup bool, whole func(string) (string, bool)) {
	t.Helper()
	if backup {
		if file := args[len(args)-1]; code == exitDone && !exists(file) {
			t.Errorf("call %d: the backup went well, and is not there", n)
		} else if code != exitDone && exists(file) {
			t.Errorf("call %d: a backup that failed is there", n)
		}
	}
	said, ok := whole(data)
	if !ok && code == exitDone {
		t.Errorf("call %d: it went well, and then: %s", n, said)
	}
	if !ok && !strings.Contains(said, "WRONG") && !strings.Contains(said, "plimsoll:") {
		t.Errorf("call %d: nothing says what is lost: %s", n, said)
	}
	if health := healthOf(t, data); ok && health != http.StatusOK {
		t.Errorf("call %d: everything verifies, and the server is not healthy (%d)", n, health)
	}
	if backup {
		return
	}
	run(t, exitDone, args...)
	if said, ok := whole(data); !ok {
		t.Errorf("call %d: after another try: %s", n, said)
	}
}

// healthOf starts a server on a folder and returns the status of /healthz, once it has looked at the files.
func healthOf(t *testing.T, data string) (status int) {
	t.Helper()
	at, _, stop := serving(t, "--data", data)
	defer stop()
	for range 20 {
		res, err := http.Get(at + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if status = res.StatusCode; status == http.StatusOK {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	return status
}

// TestServeOnBrokenDisk has every sync of a running server fail, and every write of its database: what people write is
// answered in words with 503 or 507, reading goes on, the health page says so, and once the disk works again so does
// the server.
func TestServeOnBrokenDisk(t *testing.T) {
	strace := tracer(t)
	data := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := exec.CommandContext(ctx, os.Args[0], "serve", "--listen", "127.0.0.1:0", "--data", data, "--recheck", "0")
	c.Env = append(os.Environ(), strangerEnv+"=1")
	out := &lockedBuffer{}
	c.Stderr = out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer c.Wait()
	defer cancel()
	var at string
	for range 400 {
		if m := regexp.MustCompile(`Plimsoll serves (\S+)`).FindStringSubmatch(out.String()); m != nil &&
			strings.Contains(out.String(), "start?key=") {
			at = m[1]
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	h := firstHand(t, at, out)
	opened := func() (int, string) {
		code, body, _ := h.post("/cases", url.Values{"title": {"Cameras for Vendria"},
			"party_name": {"Vendria Ministry"}, "severity": {"high"}, "trigger": {"press"},
			"trigger_kind": {"press"}, "trigger_text": {"The ministry is said to watch a market."},
			"text": {"The ministry is said to watch a market."}})
		return code, body
	}
	before, body := opened()
	for _, f := range []struct {
		calls, does string
		want        []int
	}{{"fsync,fdatasync", "error=EIO", []int{503}}, {"pwrite64", "error=ENOSPC", []int{507}}, {"pwrite64", "error=EIO",
		[]int{503}}} {
		t.Run(f.calls+" "+f.does, func(t *testing.T) {
			log := filepath.Join(t.TempDir(), "log")
			s := exec.Command(strace, "-f", "-o", log, "-p", strconv.Itoa(c.Process.Pid), "-e", "trace="+f.calls, "-e",
				"inject="+f.calls+":"+f.does)
			if err := s.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(500 * time.Millisecond)
			code, body := opened()
			read, _, _ := h.send("GET", "/cases", "", nil)
			health, _, _ := h.send("GET", "/healthz", "", nil)
			if err := errors.Join(s.Process.Signal(os.Interrupt), waited(s)); err != nil {
				t.Log(err)
			}
			if !slices.Contains(f.want, code) {
				t.Errorf("a case is answered with %d, want %v: %s", code, f.want,
					strings.Join(strings.Fields(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(body, " ")), " "))
			}
			if read != 200 {
				t.Errorf("reading is answered with %d", read)
			}
			if health == 200 {
				t.Errorf("/healthz says that all is well")
			}
			for try := range 40 { // the disk works again
				if code, body = opened(); code == before {
					break
				}
				if try == 39 {
					t.Errorf("after the fault: %d: %s", code, body)
				}
				time.Sleep(100 * time.Millisecond)
			}
		})
	}
	_ = body
	if before >= 400 {
		t.Fatalf("a case is answered with %d before anything fails: %s", before, body)
	}
	key := strings.Fields(keptAt(t, data, "ledger", "key"))[1]
	for try := range 60 {
		var said lines
		if code := Main(t.Context(), []string{"verify", filepath.Join(data, "ledger", "log"), "--key", key,
			"--database", "sqlite:" + filepath.Join(data, "plimsoll.db")},
			strings.NewReader(""), &said, &said); code == exitDone {
			break
		}
		if try == 59 {
			t.Errorf("the ledger: %s", said.String())
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// waited waits for a program that was told to end.
func waited(c *exec.Cmd) error {
	err := c.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil
	}
	return err
}
