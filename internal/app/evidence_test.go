package app

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"plimsoll/internal/evidence"
)

// plimsoll runs a command and returns its exit code and what it wrote.
func plimsoll(args ...string) (int, string) {
	var out bytes.Buffer
	var mu sync.Mutex
	w := locked{&mu, &out}
	code := Main(context.Background(), args, strings.NewReader(""), w, w)
	mu.Lock()
	defer mu.Unlock()
	return code, out.String()
}

type locked struct {
	mu *sync.Mutex
	b  *bytes.Buffer
}

func (l locked) Write(b []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.b.Write(b) }

// TestEvidenceAtOnce adds with many commands at once: nothing is lost or doubled in the
// custody log and in the ledger, and the bag holds.
func TestEvidenceAtOnce(t *testing.T) {
	data, in := t.TempDir(), t.TempDir()
	const commands = 5
	var all sync.WaitGroup
	for i := range commands {
		file := filepath.Join(in, fmt.Sprint(i, ".txt"))
		if err := os.WriteFile(file, []byte(fmt.Sprint("content ", i)), 0o644); err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			if code, out := plimsoll("evidence", "add", "--data", data, "--case", "PL-1", "--actor",
				fmt.Sprint("clerk ", i), "--reason", "delivery", file); code != 0 {
				t.Errorf("command %d exits with %d: %s", i, code, out)
			}
		})
	}
	all.Wait()
	if code, out := plimsoll("evidence", "verify", "--data", data); code != 0 || !strings.Contains(out,
		fmt.Sprintf("%d custody events, %d originals", commands, commands)) {
		t.Errorf("verify exits with %d: %s", code, out)
	}
	bag := filepath.Join(t.TempDir(), "bag")
	if code, out := plimsoll("evidence", "export", "--data", data, "PL-1", "--actor", "clerk", "--reason", "court",
		"--out", bag); code != 0 {
		t.Fatalf("export exits with %d: %s", code, out)
	}
	if code, out := plimsoll("verify", bag); code != 0 || !strings.Contains(out, fmt.Sprint(commands+1, " leaves")) {
		t.Errorf("verify of the bag exits with %d: %s", code, out)
	}
}

// TestEvidenceBehind writes custody events without the ledger, as a program does that is
// killed between the two: the next command records them.
func TestEvidenceBehind(t *testing.T) {
	data := t.TempDir()
	st, err := evidence.Open(filepath.Join(data, "evidence"))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	w := evidence.Warrant{Case: "PL-1", Actor: "clerk", Reason: "delivery"}
	for i := range 3 {
		if _, err := st.AddReader(t.Context(), w, evidence.About{}, fmt.Sprint(i), strings.NewReader(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	if code, out := plimsoll("evidence", "hold", "--data", data, "PL-1", "--actor", "counsel", "--reason", "order"); code != 0 {
		t.Fatalf("hold exits with %d: %s", code, out)
	}
	if code, out := plimsoll("evidence", "verify", "--data", data); code != 0 || !strings.Contains(out,
		"4 custody events") {
		t.Errorf("verify exits with %d: %s", code, out)
	}
	log := filepath.Join(data, "evidence", "custody", "PL-1.jsonl")
	b, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	// A keeper writes another log from the start, unbroken in itself.
	if err := os.Remove(log); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		if _, err := st.AddReader(t.Context(), w, evidence.About{}, fmt.Sprint("other ", i),
			strings.NewReader(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	if code, out := plimsoll("evidence", "verify", "--data", data); code != 1 || !strings.Contains(out,
		"event 4 of case PL-1 is not the one that the ledger recorded") {
		t.Errorf("verify of another log exits with %d: %s", code, out)
	}
	if code, out := plimsoll("evidence", "export", "--data", data, "PL-1", "--actor", "clerk", "--reason", "court",
		"--out", filepath.Join(data, "bag")); code != 1 {
		t.Errorf("export of another log exits with %d: %s", code, out)
	}
	if err := os.WriteFile(log, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out := plimsoll("evidence", "verify", "--data", data); code != 0 {
		t.Errorf("verify of the true log exits with %d: %s", code, out)
	}
}
