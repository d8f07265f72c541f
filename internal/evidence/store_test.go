package evidence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var warrant = Warrant{Case: "PL-7", Actor: "investigator Tarn", Reason: "intake of the delivery"}

func open(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := OpenUnder(dir, Keys{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// stored is the path of an original, encrypted or in the clear.
func stored(s *Store, sum string) string {
	if _, err := os.Lstat(s.original(sum)); err == nil {
		return s.original(sum)
	}
	return s.original(sum) + cipherEnd
}

// add takes content in and returns its SHA-256.
func add(t testing.TB, s *Store, w Warrant, name, content string) string {
	t.Helper()
	a, err := s.AddReader(t.Context(), w, About{}, name, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return a.SHA256
}

func verifyStore(t testing.TB, s *Store) *Check {
	t.Helper()
	k, err := s.Verify(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestAddFolder(t *testing.T) {
	in := filepath.Join(t.TempDir(), "delivery")
	for name, content := range map[string]string{"a.txt": "one", "deep/er/b.txt": "two", "deep/same.txt": "one",
		"empty": ""} {
		p := filepath.Join(in, filepath.FromSlash(name))
		os.MkdirAll(filepath.Dir(p), 0o755)
		if err := os.WriteFile(p, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(in, "link")); err != nil {
		t.Fatal(err)
	}
	if err := exec.Command("mkfifo", filepath.Join(in, "pipe")).Run(); err != nil {
		t.Logf("no named pipe in this test: %v", err)
	}
	s := open(t, filepath.Join(in, "store")) // inside what is added
	var got []string
	run := func() []Reject {
		got = nil
		rejects, err := s.Add(t.Context(), warrant, About{Source: "courier", Grade: "b2", Labels: []string{"z", "a",
			"z"}}, []string{in}, func(a Added) error {
			got = append(got, fmt.Sprintf("%s %v", a.Name, a.Already))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return rejects
	}
	rejects := run()
	if diff := cmp.Diff([]string{"delivery/a.txt false", "delivery/deep/er/b.txt false", "delivery/deep/same.txt false",
		"delivery/empty false"}, got); diff != "" {
		t.Errorf("added (-want +got):\n%s", diff)
	}
	why := map[string]string{}
	for _, r := range rejects {
		why[r.Name] = r.Reason
	}
	if why["delivery/link"] != "it is a symbolic link, which is not followed" ||
		why["delivery/store"] != "it is this store itself" {
		t.Errorf("rejects = %v", rejects)
	}
	if _, ok := why["delivery/pipe"]; !ok && len(why) != 2 {
		t.Errorf("rejects = %v, want the pipe too", rejects)
	}
	c, err := s.Case("PL-7")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Items) != 3 || c.Events != 4 {
		t.Fatalf("%d items, %d events; want 3 (one content under two names), 4", len(c.Items), c.Events)
	}
	i := c.Items[0]
	if diff := cmp.Diff([]string{"delivery/a.txt", "delivery/deep/same.txt"}, i.Names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if i.Grade != "B2" || strings.Join(i.Labels, ",") != "a,z" || i.Source != "courier" || i.By != warrant.Actor {
		t.Errorf("item = %+v", i)
	}
	run() // the same again changes nothing
	if again, _ := s.Case("PL-7"); again.Events != 4 || again.Head != c.Head {
		t.Errorf("adding the same again made %d events", again.Events-4)
	}
	info, err := os.Stat(stored(s, i.SHA256))
	if err != nil || info.Mode().Perm() != 0o400 {
		t.Errorf("original: %v %v, want mode 0400", info.Mode(), err)
	}
}

func TestWarrant(t *testing.T) {
	s := open(t, t.TempDir())
	for _, w := range []Warrant{
		{Case: "", Actor: "a", Reason: "r"}, {Case: "../x", Actor: "a", Reason: "r"}, {Case: ".x", Actor: "a",
			Reason: "r"}, {Case: "a/b", Actor: "a", Reason: "r"}, {Case: "c", Actor: " ", Reason: "r"},
		{Case: "c", Actor: "a", Reason: ""},
		{Case: "c", Actor: strings.Repeat("a", 5000), Reason: "r"}, {Case: strings.Repeat("c", 101), Actor: "a",
			Reason: "r"},
		{Case: "c", Actor: "a", Reason: "r", Second: strings.Repeat("b", 5000)},
	} {
		if _, err := s.AddReader(t.Context(), w, About{}, "x", strings.NewReader("x")); err == nil {
			t.Errorf("%.20q was accepted", w)
		}
	}
	if cs, _ := s.Cases(); len(cs) != 0 {
		t.Errorf("cases = %v, want none", cs)
	}
}

func TestGrade(t *testing.T) {
	for in, want := range map[string]string{
		"a1": "source reliable, information confirmed", " F6 ": "source cannot be judged, information cannot be judged",
		"C4": "source fairly reliable, information doubtful",
	} {
		g, err := ParseGrade(in)
		if err != nil || g.Words() != want {
			t.Errorf("ParseGrade(%q) = %q %v, want %q", in, g.Words(), err, want)
		}
	}
	for _, in := range []string{"", "A", "G1", "A0", "A7", "1A", "A11"} {
		if g, err := ParseGrade(in); err == nil {
			t.Errorf("ParseGrade(%q) = %q, want an error", in, g)
		}
	}
}

func TestHoldSealDelete(t *testing.T) {
	s := open(t, t.TempDir())
	w, other := warrant, Warrant{"PL-8", "analyst", "same file elsewhere", "counsel"}
	w.Second = "counsel Ode"
	sum := add(t, s, w, "a.txt", "the same words")
	add(t, s, other, "b.txt", "the same words")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.Hold(w, ""))
	for _, second := range []string{"", " ", w.Actor, " " + w.Actor} {
		alone := w
		alone.Second = second
		if err := errors.Join(s.Release(alone, ""), s.Delete(alone, sum)); !errors.Is(err, ErrSecond) {
			t.Errorf("release and delete with the second person %q = %v", second, err)
		}
	}
	if err := s.Delete(w, sum); !errors.Is(err, ErrHeld) {
		t.Errorf("delete under hold of the case = %v", err)
	}
	must(s.Release(w, ""))
	must(s.Hold(w, sum[:8]))
	must(s.Hold(w, sum)) // again: nothing
	if err := s.Delete(w, sum); !errors.Is(err, ErrHeld) {
		t.Errorf("delete under hold of the item = %v", err)
	}
	must(s.Release(w, sum))
	must(s.Seal(t.Context(), w, sum))
	if err := s.Rate(w, sum, "A1"); !errors.Is(err, ErrSealed) {
		t.Errorf("grade of a sealed item = %v", err)
	}
	if err := s.Label(w, sum, []string{"x"}); !errors.Is(err, ErrSealed) {
		t.Errorf("label of a sealed item = %v", err)
	}
	must(s.Delete(w, sum))
	if _, err := os.Stat(stored(s, sum)); err != nil {
		t.Errorf("the other case lost its original: %v", err)
	}
	if _, _, err := s.View(w, sum); !errors.Is(err, ErrDeleted) {
		t.Errorf("view of a deleted item = %v", err)
	}
	must(s.Delete(other, sum))
	for _, p := range []string{stored(s, sum), s.working(sum)} {
		if _, err := os.Stat(p); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there", p)
		}
	}
	c, err := s.Case("PL-7")
	must(err)
	if i := c.Items[0]; i.Deleted == nil || i.Deleted.Reason != w.Reason || i.Bytes != 14 {
		t.Errorf("tombstone = %+v", i.Deleted)
	}
	if k := verifyStore(t, s); len(k.Problems) != 0 {
		t.Errorf("problems after deletion: %v", k.Problems)
	}
	add(t, s, w, "a.txt", "the same words") // it may come back, as a new collection
	if c, _ = s.Case("PL-7"); c.Items[0].Deleted != nil || c.Items[0].Sealed {
		t.Error("collected again, still deleted or sealed")
	}
	if _, err := s.Case("PL-9"); err != nil {
		t.Errorf("a case without events: %v", err)
	}
	if err := s.Seal(t.Context(), w, strings.Repeat("0", 64)); !errors.Is(err, ErrUnknown) {
		t.Errorf("seal of what is not there = %v", err)
	}
}

func TestFlippedBit(t *testing.T) {
	s := open(t, t.TempDir())
	sum := add(t, s, warrant, "a.txt", strings.Repeat("evidence ", 1000))
	gone := add(t, s, warrant, "b.txt", "another")
	path := stored(s, sum)
	os.Chmod(path, 0o600)
	b, _ := os.ReadFile(path)
	b[4321] ^= 1 << 3
	if err := os.WriteFile(path, b, 0o400); err != nil {
		t.Fatal(err)
	}
	os.Remove(stored(s, gone))
	k := verifyStore(t, s)
	if len(k.Problems) != 2 || !strings.Contains(k.Problems[0].String(), sum) ||
		!strings.Contains(k.Problems[1].String(), "missing") {
		t.Errorf("problems = %v, want the flipped bit and the missing file", k.Problems)
	}
	if err := s.Seal(t.Context(), warrant, sum); !errors.Is(err, ErrDamaged) {
		t.Errorf("seal of a damaged original = %v", err)
	}
	to := filepath.Join(t.TempDir(), "copy")
	if _, err := s.Copy(t.Context(), warrant, sum, to); !errors.Is(err, ErrDamaged) {
		t.Errorf("copy of a damaged original = %v", err)
	}
	if _, err := os.Stat(to); err == nil {
		t.Error("a damaged copy was left behind")
	}
	if _, err := s.AddReader(t.Context(), warrant, About{}, "c.txt", strings.NewReader(strings.Repeat("evidence ",
		1000))); !errors.Is(err, ErrDamaged) {
		t.Errorf("adding what is there in damaged form = %v", err)
	}
	if _, err := s.Export(t.Context(), Bagger{Warrant: warrant, Out: filepath.Join(t.TempDir(), "bag")}); err == nil {
		t.Error("a damaged case was exported")
	}
}

// TestTamperedLog changes each byte of a custody log in turn, and removes, doubles and swaps
// lines: the log never reads as whole, except that its end can be cut off, which is what the
// ledger is for.
func TestTamperedLog(t *testing.T) {
	s := open(t, t.TempDir())
	for i := range 4 {
		add(t, s, warrant, fmt.Sprintf("%d.txt", i), fmt.Sprint("content ", i))
	}
	path := s.custody("PL-7")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Case("PL-7")
	if err != nil {
		t.Fatal(err)
	}
	same := func(b []byte) bool {
		got, _, err := readLog(bytes.NewReader(b), nil)
		return err == nil && got.Head == c.Head
	}
	if !same(good) {
		t.Fatal("the log that was written is refused")
	}
	for i := range good {
		for _, x := range []byte{1, 0x20, 0x80} {
			bad := bytes.Clone(good)
			bad[i] ^= x
			if same(bad) {
				t.Fatalf("byte %d changed from %q to %q: not noticed", i, good[i], bad[i])
			}
		}
	}
	lines := bytes.SplitAfter(good, []byte("\n"))
	for i := range 4 {
		if same(append(bytes.Join(lines[:i], nil), bytes.Join(lines[i+1:], nil)...)) {
			t.Errorf("line %d removed: not noticed", i)
		}
		if same(append(bytes.Join(lines[:i+1], nil), bytes.Join(lines[i:], nil)...)) {
			t.Errorf("line %d doubled: not noticed", i)
		}
		if i > 0 {
			swapped := [][]byte{}
			swapped = append(swapped, lines...)
			swapped[i-1], swapped[i] = swapped[i], swapped[i-1]
			if same(bytes.Join(swapped, nil)) {
				t.Errorf("lines %d and %d swapped: not noticed", i-1, i)
			}
		}
	}
	if err := os.WriteFile(path, bytes.Replace(good, []byte("Tarn"), []byte("Tern"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if k := verifyStore(t, s); len(k.Problems) == 0 {
		t.Error("another actor was written in: not noticed")
	}
	if _, err := s.AddReader(t.Context(), warrant, About{}, "x", strings.NewReader("x")); !errors.Is(err, ErrDamaged) {
		t.Errorf("adding to a damaged log = %v", err)
	}
}

func TestTornLine(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	add(t, s, warrant, "a", "a")
	f, _ := os.OpenFile(s.custody("PL-7"), os.O_APPEND|os.O_WRONLY, 0)
	f.WriteString(`{"seq":2,"prev":"`)
	f.Close()
	if c, err := s.Case("PL-7"); err != nil || c.Events != 1 {
		t.Fatalf("a torn line: %v", err)
	}
	s = open(t, dir)
	add(t, s, warrant, "b", "b")
	if c, err := s.Case("PL-7"); err != nil || c.Events != 2 {
		t.Fatalf("after a torn line: %v", err)
	}
	if b, err := os.ReadFile(s.custody("PL-7") + ".torn"); err != nil || !strings.Contains(string(b), `{"seq":2`) {
		t.Errorf("what was torn is not kept: %q %v", b, err)
	}
}

func TestClockSetBack(t *testing.T) {
	s := open(t, t.TempDir())
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	s.Now = func() time.Time { return now }
	add(t, s, warrant, "a", "a")
	now = now.Add(-time.Hour)
	add(t, s, warrant, "b", "b")
	if c, err := s.Case("PL-7"); err != nil || !c.last.Equal(now.Add(time.Hour)) {
		t.Errorf("last event at %v, %v", c.last, err)
	}
}

// TestConcurrent adds from many goroutines and two stores on one folder: nothing is lost,
// nothing doubled, the log is unbroken.
func TestConcurrent(t *testing.T) {
	dir := t.TempDir()
	stores := []*Store{open(t, dir), open(t, dir)}
	var all sync.WaitGroup
	const writers, each = 8, 12
	for g := range writers {
		all.Go(func() {
			for i := range each {
				w := warrant
				w.Case = fmt.Sprint("C", i%2)
				_, err := stores[g%2].AddReader(context.Background(), w, About{}, fmt.Sprintf("%d-%d", g, i),
					strings.NewReader(fmt.Sprint("shared ", i)))
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	k := verifyStore(t, stores[0])
	if len(k.Problems)+len(k.Remarks) != 0 || k.Events != writers*each || k.Originals != each {
		t.Errorf("%d events, %d originals, %v %v; want %d, %d", k.Events, k.Originals, k.Problems, k.Remarks,
			writers*each, each)
	}
	if es, _ := os.ReadDir(filepath.Join(dir, "tmp")); len(es) != 0 {
		t.Errorf("%d temporary files are left", len(es))
	}
}

const childArg = "-evidence-child"

func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == childArg {
		child(os.Args[2], os.Args[3])
		return
	}
	os.Exit(m.Run())
}

// child adds files until it is killed, and says after each which was acknowledged.
func child(dir, round string) {
	s, err := OpenUnder(dir, Keys{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for i := 0; ; i++ {
		a, err := s.AddReader(context.Background(), warrant, About{}, fmt.Sprintf("%s/%d.html", round, i),
			strings.NewReader(fmt.Sprintf("<p>round %s file %d", round, i)))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(a.SHA256)
	}
}

// TestKilled kills a program that adds, many times: what it acknowledged is there, and the
// store stays whole.
func TestKilled(t *testing.T) {
	rounds := 12
	if testing.Short() {
		rounds = 4
	}
	dir := t.TempDir()
	acked := map[string]bool{}
	for r := range rounds {
		cmd := exec.Command(os.Args[0], childArg, dir, strconv.Itoa(r))
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(60+37*r%90) * time.Millisecond)
		cmd.Process.Kill()
		cmd.Wait()
		if errs.Len() > 0 {
			t.Fatalf("round %d: %s", r, errs.String())
		}
		for line := range strings.Lines(out.String()) {
			if sum, ok := strings.CutSuffix(line, "\n"); ok {
				acked[sum] = true
			}
		}
	}
	s := open(t, dir)
	k := verifyStore(t, s)
	if len(k.Problems) > 0 {
		t.Errorf("problems: %v", k.Problems)
	}
	c, err := s.Case("PL-7")
	if err != nil {
		t.Fatal(err)
	}
	for sum := range acked {
		if c.bySum[sum] == nil {
			t.Errorf("%s was acknowledged and is lost", sum)
		}
	}
	if len(acked) == 0 {
		t.Error("nothing was acknowledged: the test tested nothing")
	}
	t.Logf("%d rounds, %d acknowledged, %d recorded, %d originals without an event", rounds, len(acked), len(c.Items),
		len(k.Remarks))
}

func FuzzLog(f *testing.F) {
	s := open(f, f.TempDir())
	add(f, s, warrant, "a.txt", "a")
	if err := s.Hold(warrant, ""); err != nil {
		f.Fatal(err)
	}
	b, _ := os.ReadFile(s.custody("PL-7"))
	f.Add(b)
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var again bytes.Buffer
		c, whole, err := readLog(bytes.NewReader(b), func(e Event, line []byte) error {
			enc, err := e.encode()
			again.Write(enc)
			again.WriteByte('\n')
			return err
		})
		if err == nil && !bytes.Equal(again.Bytes(), b[:whole]) {
			t.Errorf("%q reads as %q", b[:whole], again.Bytes())
		}
		if err == nil && c.Events > 0 && c.Name == "" {
			t.Error("events without a case")
		}
	})
}
