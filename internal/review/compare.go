package review

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"

	"plimsoll/internal/finding"
)

// A Comparison says how the findings of two runs differ, as lines for a person.
type Comparison struct {
	New, Gone, Changed []string
	Equal              int
}

// Compare reviews the same records under two sets of packs and says what would change.
func Compare(ctx context.Context, o Options, before, after []string) (Comparison, error) {
	dir, err := os.MkdirTemp("", "plimsoll-compare-")
	if err != nil {
		return Comparison{}, err
	}
	defer os.RemoveAll(dir)
	var sides [2]map[string]finding.Finding
	for i, packs := range [][]string{before, after} {
		side := o
		side.Policies, side.Out = packs, filepath.Join(dir, fmt.Sprint(i))
		if _, err := Run(ctx, side); err != nil {
			return Comparison{}, err
		}
		if sides[i], err = readFindings(filepath.Join(side.Out, "findings.jsonl")); err != nil {
			return Comparison{}, err
		}
	}
	return Diff(sides[0], sides[1]), nil
}

// Diff compares findings by id: a finding is changed when its state or severity is another.
func Diff(a, b map[string]finding.Finding) Comparison {
	var c Comparison
	for id, f := range b {
		old, ok := a[id]
		switch {
		case !ok:
			c.New = append(c.New, label(f))
		case old.State != f.State || old.Severity != f.Severity:
			c.Changed = append(c.Changed, fmt.Sprintf("%s (was %s, %s)", label(f), old.State, old.Severity))
		default:
			c.Equal++
		}
	}
	for id, f := range a {
		if _, ok := b[id]; !ok {
			c.Gone = append(c.Gone, label(f))
		}
	}
	for _, s := range [][]string{c.New, c.Gone, c.Changed} {
		sort.Strings(s)
	}
	return c
}

func label(f finding.Finding) string {
	return fmt.Sprintf("%s %s %s: %s", f.Flag, f.State, f.Severity, f.Subject.Name)
}

func readFindings(path string) (map[string]finding.Finding, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	out := map[string]finding.Finding{}
	s := bufio.NewScanner(file)
	s.Buffer(make([]byte, 1<<20), 64<<20)
	for s.Scan() {
		if len(bytes.TrimSpace(s.Bytes())) == 0 {
			continue
		}
		var f finding.Finding
		if err := json.Unmarshal(s.Bytes(), &f); err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		out[f.ID] = f
	}
	return out, s.Err()
}
