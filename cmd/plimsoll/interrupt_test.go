//go:build unix

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestInterrupt stops commands at several moments. They end soon with exit code 1 and leave neither an output nor
// temporary files, or they had finished: then the output is whole.
func TestInterrupt(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for processes")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "plimsoll") // the test binary is the program under its name
	if err := os.Symlink(self, program); err != nil {
		t.Fatal(err)
	}
	var orders, names strings.Builder
	orders.WriteString("Order No;Customer;Product;Amount;Date\n")
	names.WriteString("name,country\n")
	for i := range 60_000 {
		fmt.Fprintf(&orders, "%d;Marvale Bakery %d;Ovens;1.%03d,50;03.02.2031\n", i, i%20_000, i%1000)
		fmt.Fprintf(&names, "Marvale Bakery %d,Orsa\n", i)
	}
	for name, text := range map[string]string{
		"orders.csv": orders.String(), "names.csv": names.String(),
		"list.csv": "name,country,publisher,report,status,effect\nTolmen " +
			"Holding,Velden,Commission,Report,listed,asset freeze\n",
		"map.yaml": "maps:\n  - name: orders\n    table: engagements\n    files: [orders.csv]\n    delimiter: " +
			"\";\"\n    number: 1.234,56\n    date: DD.MM.YYYY\n" +
			"    columns:\n      engagement_id: Order No\n      kind: {const: sale}\n      buyer: Customer\n      " +
			"item: Product\n      value: Amount\n      signed: Date\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	whole := []string{"findings.jsonl", "findings.xlsx", "rejects.jsonl", "report.html", "review.json"}
	for _, tt := range []struct {
		name  string
		args  []string
		whole []string // files of a finished output folder
	}{
		{"review", []string{"review", "--map", "map.yaml", "--list", "list.csv", "--as-of", "2032-01-01", "--out",
			"out", "orders.csv"}, whole},
		{"map try", []string{"map", "try", "--map", "map.yaml", "orders.csv"}, nil},
		{"map draft", []string{"map", "draft", "--out", "out", "orders.csv"}, nil},
		{"screen", []string{"screen", "--list", "list.csv", "--in", "names.csv"}, nil},
	} {
		for _, after := range []time.Duration{0, 100 * time.Millisecond, 400 * time.Millisecond, time.Second,
			2500 * time.Millisecond} {
			t.Run(fmt.Sprint(tt.name, " after ", after), func(t *testing.T) {
				out, temp := filepath.Join(dir, "out"), t.TempDir()
				defer os.RemoveAll(out)
				cmd := exec.Command(program, tt.args...)
				cmd.Dir, cmd.Env = dir, append(os.Environ(), "TMPDIR="+temp)
				said, err := cmd.StderrPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				time.Sleep(after)
				_ = cmd.Process.Signal(os.Interrupt)
				timer := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
				text, _ := io.ReadAll(said)
				err = cmd.Wait()
				if !timer.Stop() {
					t.Fatalf("it goes on for 30 s: %s", text)
				}
				check(t, exitOf(err), string(text), out, tt.whole)
				if left, _ := os.ReadDir(temp); len(left) > 0 {
					t.Errorf("temporary files are left: %v", left)
				}
			})
		}
	}
}

// exitOf is the exit code of a process, -1 for one that the signal ended before it could listen.
func exitOf(err error) int {
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return e.ExitCode()
	}
	return 0
}

func check(t *testing.T, code int, said, out string, whole []string) {
	t.Helper()
	_, err := os.Lstat(out)
	switch {
	case code == 0 && whole != nil:
		var have []string
		list, _ := os.ReadDir(out)
		for _, e := range list {
			have = append(have, e.Name())
		}
		for _, name := range whole {
			if !slices.Contains(have, name) {
				t.Errorf("it ended with 0 and %s is missing: %v", name, have)
			}
		}
	case code == 1 && !strings.Contains(said, "plimsoll: stopped; "):
		t.Errorf("exit 1, and standard error says %q", said)
	case code != 0 && code != 1 && code != -1:
		t.Errorf("exit %d: %s", code, said)
	case code != 0 && err == nil:
		t.Errorf("exit %d, and the output is there", code)
	}
}
