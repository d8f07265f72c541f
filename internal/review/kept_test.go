package review

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"plimsoll/internal/world"
)

// keptBills are the bills in a book, by what this build calls them.
func keptBills(t *testing.T, book string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(book, "*", "bills", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestBook: a review with a book gives the bytes of one without, in whatever order months are delivered, delivered
// again and taken away, after a stop, and with a book that is damaged.
func TestBook(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 7))
	all := t.TempDir()
	if err := world.Write(t.Context(), all, world.Options{Seed: 1, Size: "40/1200"}); err != nil {
		t.Fatal(err)
	}
	messBills(t, all)
	months, err := filepath.Glob(filepath.Join(all, "usage", "*.csv.gz"))
	if err != nil || len(months) < 12 {
		t.Fatal(months, err)
	}
	months = months[:6]
	texts := map[string][2][]byte{} // as delivered first, and again
	for i, path := range months {
		first, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		again, err := os.ReadFile(months[(i+1)%len(months)]) // of another month: the first is gone
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.Base(path)] = [2][]byte{first, again}
	}
	in := filepath.Join(t.TempDir(), "in")
	if err := os.CopyFS(in, os.DirFS(all)); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(in, "usage")); err != nil {
		t.Fatal(err)
	}
	book := filepath.Join(t.TempDir(), "book")
	review := func(ctx context.Context, book string) (map[string]string, error) {
		out := filepath.Join(t.TempDir(), "out")
		if _, err := Run(ctx, Options{Paths: []string{in}, Lists: []string{filepath.Join(in, "lists")}, AsOf: today(t),
			Out: out, Version: "test", Book: book}); err != nil {
			return nil, err
		}
		files := map[string]string{}
		for _, name := range []string{"findings.jsonl", "rejects.jsonl", "review.json", "joins.csv"} {
			b, err := os.ReadFile(filepath.Join(out, name))
			if err != nil {
				t.Fatal(err)
			}
			files[name] = string(b)
		}
		return files, nil
	}
	names := make([]string, 0, len(texts))
	for _, path := range months {
		names = append(names, filepath.Base(path))
	}
	for _, i := range r.Perm(len(names)) {
		name := names[i]
		if err := os.MkdirAll(filepath.Join(in, "usage"), 0o755); err != nil {
			t.Fatal(err)
		}
		deliver := func(name string, which int) {
			if err := os.WriteFile(filepath.Join(in, "usage", name), texts[name][which], 0o644); err != nil {
				t.Fatal(err)
			}
		}
		deliver(name, r.IntN(2))
		what := "delivered " + name
		switch other := names[r.IntN(len(names))]; r.IntN(4) {
		case 0:
			deliver(other, 1)
			what += ", " + other + " again"
		case 1:
			if err := os.Remove(filepath.Join(in, "usage", other)); err == nil {
				what += ", taken away " + other
			}
		case 2:
			for _, path := range keptBills(t, book)[:min(1, len(keptBills(t, book)))] {
				if err := os.WriteFile(strings.TrimSuffix(path, ".json")+".parquet", []byte("PAR1 and no more"), 0o644); err != nil {
					t.Fatal(err)
				}
				what += ", damaged in the book"
			}
		case 3:
			ctx, cancel := context.WithCancel(t.Context())
			o := Options{Paths: []string{in}, Lists: []string{filepath.Join(in, "lists")}, AsOf: today(t),
				Out: filepath.Join(t.TempDir(), "out"), Version: "test", Book: book}
			o.Progress = func(stage string, _, _ int64) {
				if stage != "read" {
					cancel()
				}
			}
			if _, err := Run(ctx, o); !errors.Is(err, context.Canceled) {
				t.Errorf("stopped: %v", err)
			}
			cancel()
			what += ", stopped once"
		}
		if left, err := os.ReadDir(filepath.Join(in, "usage")); err != nil || len(left) == 0 {
			deliver(name, 0)
		}
		want, err := review(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		for _, turn := range []string{"first", "second"} {
			got, err := review(t.Context(), book)
			if err != nil {
				t.Fatal(err)
			}
			for file, text := range want {
				if got[file] != text {
					t.Errorf("%s (%s time): %s has other bytes with a book", what, turn, file)
				}
			}
		}
	}
	if n := len(keptBills(t, book)); n < 3 {
		t.Errorf("%d bills in the book", n)
	}
}

// TestBookIsRead: what is in the book is taken from there, and not read again.
func TestBookIsRead(t *testing.T) {
	in, book := t.TempDir(), filepath.Join(t.TempDir(), "book")
	if err := world.Write(t.Context(), in, world.Options{Seed: 1, Size: "40/1200"}); err != nil {
		t.Fatal(err)
	}
	months, _ := filepath.Glob(filepath.Join(in, "usage", "*.csv.gz"))
	for _, path := range months[4:] {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	run := func() Summary {
		res, err := Run(t.Context(), Options{Paths: []string{in}, AsOf: today(t), Out: filepath.Join(t.TempDir(),
			"out"), Version: "test", Book: book})
		if err != nil {
			t.Fatal(err)
		}
		return res.Summary
	}
	first := run()
	kept := keptBills(t, book)
	if len(kept) != 4 {
		t.Fatalf("%d bills in the book", len(kept))
	}
	for _, path := range kept { // another number of charges than the file has
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		b = []byte(strings.Replace(string(b), `"Notes":[`, `"Notes":["from the book",`, 1))
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	second, found := run(), 0
	for _, i := range second.Inputs {
		if slices.Contains(i.Notes, "from the book") {
			found++
		}
	}
	if found != 4 || fmt.Sprint(first.Counts) != fmt.Sprint(second.Counts) {
		t.Errorf("%d of 4 bills are taken from the book; %v, %v", found, first.Counts, second.Counts)
	}
}

// TestBuildID: a program that another one was built from has another name, and what is no program has none.
func TestBuildID(t *testing.T) {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS == "linux" && len(buildID(path)) < shortestBuildID {
		t.Errorf("the test has the build ID %q", buildID(path))
	}
	if id := buildID(filepath.Join("testdata", "golden.txt")); id != nil {
		t.Errorf("a text has the build ID %q", id)
	}
	first, err := thisBuild()
	if second, again := thisBuild(); err != nil || again != nil || len(first) != 64 || first != second {
		t.Errorf("%q, %q: %v, %v", first, second, err, again)
	}
}
