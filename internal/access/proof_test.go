package access

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// linesOf reads all files of a record, in the order of their names and the one in use last.
func linesOf(t *testing.T, path string) (lines []Proof, files int) {
	t.Helper()
	names, err := filepath.Glob(path + ".*")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	for i, name := range append(names, path) {
		if want := fmt.Sprintf("%s.%06d", path, i+1); name != path && name != want {
			t.Errorf("a file is %s, want %s", name, want)
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(b) {
			var p Proof
			if err := json.Unmarshal(line, &p); err != nil || line[len(line)-1] != '\n' {
				t.Fatalf("%s: %q: %v", name, line, err)
			}
			lines = append(lines, p)
		}
	}
	return lines, len(names) + 1
}

// TestProofFilePutAside: while many ask at once and over restarts, the record goes from file to
// file, and each answer stands in exactly one of them.
func TestProofFilePutAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "an[sw]ers.jsonl")
	clean := filepath.Join(filepath.Dir(path), "answers.jsonl") // a name without signs of a pattern, for reading
	const starts, callers, each, most = 3, 4, 40, 10_000
	for n := range starts {
		file, err := OpenProofFile(path, most)
		if err != nil {
			t.Fatal(err)
		}
		rec := NewRecorder(RecorderConfig{Sink: file, Sample: 1, Every: 1e6})
		door := serve(t, DoorConfig{Source: mustIndex(t, bureau), Proof: rec}, nil)
		var wg sync.WaitGroup
		for i := range callers {
			wg.Go(func() {
				for j := range each {
					door.Post(t, pathEvaluation, whole+`}`, "X-Request-ID", fmt.Sprintf("%d-%d-%d", n, i, j))
				}
			})
		}
		wg.Wait()
		if err := rec.Close(); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := filepath.Join(filepath.Dir(path), e.Name())
		if err := os.Rename(name, strings.Replace(name, path, clean, 1)); err != nil {
			t.Fatal(err)
		}
	}
	lines, files := linesOf(t, clean)
	seen := map[string]int{}
	for _, p := range lines {
		seen[p.RequestID]++
	}
	if len(lines) != starts*callers*each || len(seen) != len(lines) {
		t.Errorf("%d lines of %d answers, want %d", len(lines), len(seen), starts*callers*each)
	}
	if files < 5 {
		t.Errorf("%d files, want more: nothing was put aside", files)
	}
}

func keepProofs(t *testing.T, p *ProofFile, ids ...string) {
	t.Helper()
	var batch []Proof
	for _, id := range ids {
		batch = append(batch, Proof{ID: id, Effect: Deny})
	}
	if err := p.Keep(context.Background(), batch); err != nil {
		t.Fatal(err)
	}
}

func openProofs(t *testing.T, path string, most int64) *ProofFile {
	t.Helper()
	p, err := OpenProofFile(path, most)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// TestProofFileKilled: killed within a line, between two files, and over a number that is
// already there, the record goes on without losing or doubling a line.
func TestProofFileKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "answers.jsonl")
	p := openProofs(t, path, 1) // each batch fills a file
	keepProofs(t, p, "a", "b")
	keepProofs(t, p, "c")
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"id":"torn` + strings.Repeat("x", 1<<17)); err != nil { // longer than a look back
		t.Fatal(err)
	}
	f.Close()
	p = openProofs(t, path, 1)
	keepProofs(t, p, "d")
	if err := os.Rename(path, path+".000003"); err != nil { // killed before the next one was made
		t.Fatal(err)
	}
	p = openProofs(t, path, 1)
	keepProofs(t, p, "e")
	keepProofs(t, p, "f")
	var got []string
	lines, files := linesOf(t, path)
	for _, l := range lines {
		got = append(got, l.ID)
	}
	if strings.Join(got, "") != "abcdef" || files != 5 {
		t.Errorf("%q in %d files, want abcdef in 5", got, files)
	}
}

// TestProofFileRefuses: when no new file can be made, nothing is lost or doubled, and the
// record goes on when it can.
func TestProofFileRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "answers.jsonl")
	p := openProofs(t, path, 1)
	keepProofs(t, p, "a")
	p.f.Close() // what writing to a broken disk looks like
	if err := p.Keep(context.Background(), []Proof{{ID: "b", Effect: Deny}}); err == nil {
		t.Fatal("a broken file kept a batch")
	}
	keepProofs(t, p, "b")
	lines, _ := linesOf(t, path)
	if len(lines) != 2 || lines[0].ID != "a" || lines[1].ID != "b" {
		t.Errorf("kept %v, want a and b", lines)
	}
}

// TestRequestIDIsCut: a giant request id does not fill the memory of what waits.
func TestRequestIDIsCut(t *testing.T) {
	if got := cut(strings.Repeat("é", 200) + "x"); len(got) != 256 {
		t.Errorf("%d bytes, want 256", len(got))
	}
	if got := cut("x" + strings.Repeat("é", 200)); got != "x"+strings.Repeat("é", 127) {
		t.Errorf("cut within a character: %q", got)
	}
}
