package evidence

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// exportBag makes a case with names that would be trouble as paths, and exports it.
func exportBag(t testing.TB) string {
	t.Helper()
	s := open(t, t.TempDir())
	s.Now = func() time.Time { return time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC) }
	for i, name := range []string{"../../etc/passwd", "A.TXT", "a.txt", "100%\n.txt", "con", "é.pdf", "e\u0301.pdf",
		"x.tar.gz", "y.\x00sh", strings.Repeat("long", 200)} {
		add(t, s, warrant, name, fmt.Sprint("content ", i))
	}
	gone := add(t, s, warrant, "gone.txt", "gone")
	w := warrant
	w.Second = "counsel Ode"
	if err := s.Delete(w, gone); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "bag")
	done, err := s.Export(t.Context(), Bagger{Warrant: warrant, Out: out, Version: "test",
		Proofs: func(_ context.Context, c *Case) (map[string][]byte, error) {
			return map[string][]byte{"proofs/one.tlog-proof": []byte(c.Head)}, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	if done.Items != 10 || done.Deleted != 1 || done.Events != 13 || done.Proofs != 1 {
		t.Errorf("exported %+v", done)
	}
	return out
}

// TestBag checks a bag by the rules of RFC 8493.
func TestBag(t *testing.T) {
	dir := exportBag(t)
	fsys := os.DirFS(dir)
	if b, _ := fs.ReadFile(fsys, "bagit.txt"); string(b) != "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n" {
		t.Errorf("bagit.txt = %q", b)
	}
	var payload, octets int
	safe := regexp.MustCompile(`^[A-Za-z0-9._/-]+$`)
	listed := map[string]string{}
	for _, m := range []string{"manifest-sha256.txt", "tagmanifest-sha256.txt"} {
		b, err := fs.ReadFile(fsys, m)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(bytes.NewReader(b))
		for lines.Scan() {
			sum, p, ok := strings.Cut(lines.Text(), "  ")
			if !ok || !safe.MatchString(p) || strings.HasPrefix(p, "data/") != (m == "manifest-sha256.txt") {
				t.Errorf("%s: line %q", m, lines.Text())
			}
			content, err := fs.ReadFile(fsys, p)
			if err != nil || sumOf(content) != sum {
				t.Errorf("%s: %s: %v", m, p, err)
			}
			listed[p] = sum
		}
	}
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if strings.HasPrefix(p, "data/") {
			info, err := d.Info()
			if err != nil {
				return err
			}
			payload++
			octets += int(info.Size())
		}
		if listed[p] == "" && p != "tagmanifest-sha256.txt" {
			t.Errorf("%s is in no manifest", p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	info, _ := fs.ReadFile(fsys, "bag-info.txt")
	for _, want := range []string{fmt.Sprintf("Payload-Oxum: %d.%d\n", octets, payload), "Bagging-Date: 2026-05-04\n",
		"Bag-Group-Identifier: PL-7\n"} {
		if !strings.Contains(string(info), want) {
			t.Errorf("bag-info.txt lacks %q:\n%s", want, info)
		}
	}
	if tool, err := exec.LookPath("sha256sum"); err == nil {
		cmd := exec.Command(tool, "-c", "--strict", "manifest-sha256.txt")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("sha256sum -c: %v\n%s", err, out)
		}
	}
	k, err := CheckBag(t.Context(), fsys)
	if err != nil || len(k.Problems) != 0 || k.Originals != 10 || len(k.Remarks) != 1 {
		t.Errorf("CheckBag = %+v, %v", k, err)
	}
}

// TestTamperedBag changes bytes of the custody log of a bag, and takes away, adds and
// swaps originals.
func TestTamperedBag(t *testing.T) {
	dir := exportBag(t)
	good := fstest.MapFS{}
	var originals []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(os.DirFS(dir), p)
		good[p] = &fstest.MapFile{Data: b}
		if strings.HasPrefix(p, "data/originals/") {
			originals = append(originals, p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	bad := func(change func(fstest.MapFS)) bool {
		m := fstest.MapFS{}
		for p, f := range good {
			m[p] = f
		}
		change(m)
		k, err := CheckBag(t.Context(), m)
		return err != nil || len(k.Problems) > 0
	}
	if bad(func(fstest.MapFS) {}) {
		t.Fatal("a good bag is refused")
	}
	log := good["data/custody.jsonl"].Data
	for i := 0; i < len(log); i += 5 { // TestTamperedLog changes each
		if !bad(func(m fstest.MapFS) {
			b := bytes.Clone(log)
			b[i] ^= 1
			m["data/custody.jsonl"] = &fstest.MapFile{Data: b}
		}) {
			t.Fatalf("byte %d of the custody log changed: not noticed", i)
		}
	}
	for i, p := range originals {
		next := originals[(i+1)%len(originals)]
		for what, change := range map[string]func(fstest.MapFS){
			"taken away": func(m fstest.MapFS) { delete(m, p) },
			"swapped":    func(m fstest.MapFS) { m[p], m[next] = m[next], m[p] },
			"changed": func(m fstest.MapFS) {
				m[p] = &fstest.MapFile{Data: append(bytes.Clone(good[p].Data),
					'\n')}
			},
			"added": func(m fstest.MapFS) { m["data/originals/"+strings.Repeat("a", 64)+".bin"] = good[p] },
		} {
			if !bad(change) {
				t.Errorf("%s %s: not noticed", p, what)
			}
		}
	}
	if !bad(func(m fstest.MapFS) {
		b := bytes.TrimSuffix(log, []byte("\n"))
		m["data/custody.jsonl"] = &fstest.MapFile{Data: b[:bytes.LastIndexByte(b, '\n')+1]}
	}) {
		t.Error("the last event was cut off: not noticed")
	}
	if !bad(func(m fstest.MapFS) { delete(m, "data/custody.jsonl") }) {
		t.Error("no custody log: not noticed")
	}
}

// TestExportStops checks that an export that cannot end leaves no bag, but its event.
func TestExportStops(t *testing.T) {
	s := open(t, t.TempDir())
	add(t, s, warrant, "a", "a")
	parent := t.TempDir()
	out := filepath.Join(parent, "bag")
	_, err := s.Export(t.Context(), Bagger{Warrant: warrant, Out: out, Proofs: func(context.Context,
		*Case) (map[string][]byte, error) {
		return nil, errors.New("no ledger")
	}})
	if err == nil || !strings.Contains(err.Error(), "no ledger") {
		t.Errorf("err = %v", err)
	}
	for _, p := range []string{"../x", "data/x", "/x"} {
		if _, err := s.Export(t.Context(), Bagger{Warrant: warrant, Out: out, Proofs: func(context.Context,
			*Case) (map[string][]byte, error) {
			return map[string][]byte{p: nil}, nil
		}}); err == nil {
			t.Errorf("a proof called %q was written", p)
		}
	}
	if es, _ := os.ReadDir(parent); len(es) != 0 {
		t.Errorf("left behind: %v", es)
	}
	if c, _ := s.Case("PL-7"); c.Events != 5 {
		t.Errorf("%d events, want the intake and four exports that were begun", c.Events)
	}
	if _, err := s.Export(t.Context(), Bagger{Warrant: Warrant{Case: "none", Actor: "a", Reason: "r"}, Out: out}); err == nil {
		t.Error("a case without evidence was exported")
	}
	os.Mkdir(out, 0o755)
	if _, err := s.Export(t.Context(), Bagger{Warrant: warrant, Out: out}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("export over a folder = %v", err)
	}
}

func BenchmarkAdd(b *testing.B) {
	s := open(b, b.TempDir())
	content := bytes.Repeat([]byte("evidence "), 1<<17)
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r := bytes.NewReader(append(content, fmt.Sprint(i)...))
		if _, err := s.AddReader(b.Context(), warrant, About{}, fmt.Sprint(i, ".bin"), r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	s := open(b, b.TempDir())
	content := bytes.Repeat([]byte("evidence "), 1<<17)
	for i := range 32 {
		add(b, s, warrant, fmt.Sprint(i), string(content)+fmt.Sprint(i))
	}
	b.SetBytes(32 * int64(len(content)))
	for b.Loop() {
		if k := verifyStore(b, s); len(k.Problems) > 0 {
			b.Fatal(k.Problems)
		}
	}
}
