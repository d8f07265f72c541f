package review

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"plimsoll/internal/disk"
)

// put writes a review of one mark into the scratch of an output and publishes it.
func put(t testing.TB, out, mark string, more ...string) *output {
	t.Helper()
	o, err := openOutput(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append([]string{"findings.jsonl", "report.html", summaryName}, more...) {
		write(t, filepath.Join(o.fresh(), name), mark)
	}
	return o
}

// marks are the marks of the files in a folder, once each, as somebody finds them who has opened it.
func marks(t testing.TB, dir string) (found []string, files int) {
	t.Helper()
	in, err := os.OpenRoot(dir)
	if err != nil {
		return nil, 0
	}
	defer in.Close()
	for _, name := range []string{"findings.jsonl", "report.html", summaryName, "holdings.csv"} {
		if b, err := in.ReadFile(name); err == nil {
			files++
			if !slices.Contains(found, string(b)) {
				found = append(found, string(b))
			}
		}
	}
	return found, files
}

// left are the scratch folders in a folder.
func left(t testing.TB, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, scratchName+"*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestOutputMissing is how a review came to have no output at its end: another one was put into the same folder between
// the moment at which it was looked at and the moment at which the folder was to be given its name. That failed, and
// what had been written was thrown away. The later one counts now, whole.
func TestOutputMissing(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	first := put(t, out, "first")
	defer first.close()
	first.at = func(string) error { // both have seen that nothing is there
		second := put(t, out, "second", "holdings.csv")
		first.at = func(string) error { return nil }
		return errors.Join(disk.Move(second.fresh(), out), second.close())
	}
	if err := first.publish(); err != nil {
		t.Fatal(err)
	}
	if got, n := marks(t, out); n != 3 || !slices.Equal(got, []string{"first"}) {
		t.Errorf("%d files, of %v", n, got)
	}
}

// TestOutputAtOnce has many reviews go into one folder at once while somebody looks all the time: the folder is never
// missing once it was there, and never holds files of two.
func TestOutputAtOnce(t *testing.T) {
	parent := t.TempDir()
	out := filepath.Join(parent, "out")
	stop, done := make(chan struct{}), make(chan struct{})
	looks := 0
	go func() {
		defer close(done)
		for there := false; ; looks++ {
			select {
			case <-stop:
				return
			default:
			}
			in, err := os.OpenRoot(out)
			if err != nil {
				if there {
					t.Errorf("look %d: it is gone: %v", looks, err)
					return
				}
				continue
			}
			there = true
			a, err := in.ReadFile("findings.jsonl")
			b, also := in.ReadFile(summaryName)
			in.Close()
			if err == nil && also == nil && string(a) != string(b) {
				t.Errorf("look %d: findings of %s, summary of %s", looks, a, b)
				return
			}
		}
	}()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 20 {
				o := put(t, out, fmt.Sprint(i, j))
				if err := errors.Join(o.publish(), o.close()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	close(stop)
	<-done
	if got, n := marks(t, out); n != 3 || len(got) != 1 {
		t.Errorf("at the end %d files, of %v", n, got)
	}
	if l := left(t, parent); len(l) != 0 {
		t.Errorf("left: %v", l)
	}
	t.Logf("looked %d times", looks)
}

// TestOutputInSteps stops a review before each step of a move into a folder that holds what others put there: the
// folder never has a review.json beside files of another review, and the next review that works there ends the move.
func TestOutputInSteps(t *testing.T) {
	stopped := errors.New("stopped")
	for n := 0; ; n++ {
		parent := t.TempDir()
		out := filepath.Join(parent, "out")
		write(t, filepath.Join(out, "notes.txt"), "mine")
		old := put(t, out, "old", "holdings.csv")
		if err := errors.Join(old.publish(), old.close()); err != nil {
			t.Fatal(err)
		}
		o := put(t, out, "new")
		steps := 0
		o.at = func(step string) error {
			if steps++; steps > n {
				return stopped
			}
			return nil
		}
		err := o.publish()
		if err == nil {
			if n < 6 {
				t.Errorf("only %d steps", n)
			}
			return
		}
		if !errors.Is(err, stopped) {
			t.Fatal(err)
		}
		o.unlock() // as the end of the program does
		got, files := marks(t, out)
		_, summary := os.Stat(filepath.Join(out, summaryName))
		if summary == nil && (len(got) != 1 || files < 3) {
			t.Errorf("stopped before step %d: %d files of %v beside a summary", n, files, got)
		}
		next, err := openOutput(filepath.Join(parent, "other"))
		if err != nil {
			t.Fatal(err)
		}
		if err := next.close(); err != nil {
			t.Error(err)
		}
		want, many := "new", 3
		if n == 0 { // nothing was written down yet
			want, many = "old", 4
		}
		if got, files := marks(t, out); files != many || !slices.Equal(got, []string{want}) {
			t.Errorf("stopped before step %d, after the next review: %d files of %v, want %s", n, files, got, want)
		}
		if b, err := os.ReadFile(filepath.Join(out, "notes.txt")); err != nil || string(b) != "mine" {
			t.Errorf("stopped before step %d: what others put there: %q, %v", n, b, err)
		}
		if l := left(t, parent); len(l) != 0 {
			t.Errorf("stopped before step %d: left: %v", n, l)
		}
	}
}

// TestOutputPlaces writes into folders of many kinds.
func TestOutputPlaces(t *testing.T) {
	for _, tt := range []struct {
		name string
		make func(t *testing.T, dir string) (out string)
	}{
		{"new", func(t *testing.T, dir string) string { return filepath.Join(dir, "a", "b") }},
		{"empty", func(t *testing.T, dir string) string { return t.TempDir() + "/" }},
		{"where we are", func(t *testing.T, dir string) string { t.Chdir(dir); return "." }},
		{"above us", func(t *testing.T, dir string) string {
			write(t, filepath.Join(dir, "sub", "x"), "")
			t.Chdir(filepath.Join(dir, "sub"))
			return ".."
		}},
		{"a link", func(t *testing.T, dir string) string {
			to := t.TempDir()
			if err := os.Symlink(to, filepath.Join(dir, "link")); err != nil {
				t.Fatal(err)
			}
			return filepath.Join(dir, "link")
		}},
		{"odd letters", func(t *testing.T, dir string) string { return filepath.Join(dir, "a [b]* ?\\", "ü\n") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := tt.make(t, t.TempDir())
			for _, mark := range []string{"one", "two"} {
				o := put(t, out, mark)
				if err := errors.Join(o.publish(), o.close()); err != nil {
					t.Fatal(err)
				}
				if got, n := marks(t, out); n != 3 || !slices.Equal(got, []string{mark}) {
					t.Errorf("%d files, of %v", n, got)
				}
				if l := append(left(t, filepath.Dir(o.path)), left(t, out)...); len(l) > 0 {
					t.Errorf("left: %v", l)
				}
			}
		})
	}
	for name, out := range map[string]func(dir string) string{
		"a file":            func(dir string) string { write(t, dir+"/f", ""); return dir + "/f" },
		"beneath a file":    func(dir string) string { write(t, dir+"/f", ""); return dir + "/f/out" },
		"a link to nothing": func(dir string) string { _ = os.Symlink(dir+"/nowhere", dir+"/l"); return dir + "/l" },
	} {
		if o, err := openOutput(out(t.TempDir())); err == nil {
			t.Errorf("%s: taken", name)
			_ = o.close()
		}
	}
}

// TestOutputMode keeps the mode of a folder into which a review goes.
func TestOutputMode(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	if err := os.Mkdir(out, 0o700); err != nil {
		t.Fatal(err)
	}
	o := put(t, out, "new")
	if err := errors.Join(o.publish(), o.close()); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(out); err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", st.Mode(), err)
	}
}

// TestForeignMove leaves alone what says that files are to be moved elsewhere.
func TestForeignMove(t *testing.T) {
	for _, text := range []string{
		`{"into":"../aim","files":["review.json"]}`, `{"into":"aim","files":["../x/review.json"]}`,
		`{"into":"..","files":["review.json"]}`, `{"into":"aim","files":["."],"gone":["keep"]}`,
		`{"into":"aim","files":["review.json"],"gone":["../aim/keep"]}`, `{`, `{"into":"","files":[]}`,
	} {
		dir := t.TempDir()
		parent := filepath.Join(dir, "in")
		for _, aim := range []string{dir, parent} {
			write(t, filepath.Join(aim, "aim", "keep"), "kept")
		}
		planted := filepath.Join(parent, scratchName+"1")
		write(t, filepath.Join(planted, freshName, summaryName), "planted")
		write(t, filepath.Join(planted, stepsName), text)
		recoverOutputs(parent)
		for _, aim := range []string{dir, parent} {
			if b, err := os.ReadFile(filepath.Join(aim, "aim", "keep")); err != nil || string(b) != "kept" {
				t.Errorf("%s: %q, %v", text, b, err)
			}
			if _, err := os.Stat(filepath.Join(aim, "aim", summaryName)); err == nil {
				t.Errorf("%s: moved", text)
			}
		}
	}
}

// TestLiveScratch lets the scratch of a review that goes on be.
func TestLiveScratch(t *testing.T) {
	parent := t.TempDir()
	o := put(t, filepath.Join(parent, "out"), "one")
	defer o.close()
	recoverOutputs(parent)
	if _, err := os.Stat(o.fresh()); err != nil {
		t.Errorf("taken away: %v", err)
	}
	o.unlock()
	recoverOutputs(parent)
	if l := left(t, parent); len(l) != 0 {
		t.Errorf("left behind by a stop: %v", l)
	}
	o.unlock = func() {}
}
