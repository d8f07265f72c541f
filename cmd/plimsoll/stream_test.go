package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestClosedStreams: what cannot be printed or read is an error, also where the Go runtime opens /dev/null in the place
// of a closed stream; /dev/null itself is a place where people send what they do not need.
func TestClosedStreams(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no shell of Unix")
	}
	list := filepath.Join(t.TempDir(), "list.csv")
	if err := os.WriteFile(list, []byte("name,publisher,report,status\nKesh Cargo,Harbour Watch,Quay Report,listed\n"),
		0o600); err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath("plimsoll") // which testscript puts on the path
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, redirect, want string
		args                 []string
	}{
		{"a statement, closed", ">&-", "standard output: it is closed", []string{"usage", "sql", "--dialect", "duckdb",
			"--table", "t"}},
		{"the version, closed", ">&-", "standard output: it is closed", []string{"version"}},
		{"lists, closed", ">&-", "standard output: it is closed", []string{"lists", "show", list}},
		{"names, input closed", "<&-", "standard input: it is closed", []string{"screen", "--list", list, "--in", "-"}},
		{"a statement, full", ">/dev/full", "no space left", []string{"usage", "sql", "--dialect", "duckdb", "--table",
			"t"}},
		{"nobody needs it", ">/dev/null", "", []string{"version"}},
		{"nobody needs it, opened to read and write", "1<>/dev/null", "", []string{"version"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := os.Stat("/dev/full"); err != nil && strings.Contains(tt.redirect, "full") {
				t.Skip("no /dev/full")
			}
			cmd := exec.Command("sh", append([]string{"-c", `exec "$0" "$@" ` + tt.redirect, program}, tt.args...)...)
			var said strings.Builder
			cmd.Stderr = &said
			err := cmd.Run()
			if tt.want == "" && err != nil || tt.want != "" && (cmd.ProcessState.ExitCode() != 1 ||
				!strings.Contains(said.String(), tt.want)) {
				t.Errorf("%v, said %q", err, &said)
			}
		})
	}
}
