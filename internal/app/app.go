// Package app is the command line: it wires the packages by hand, and turns errors into
// exit codes.
//
// Invariants: machine output goes to stdout or files, everything for a person to stderr;
// exit codes are 0 done, 1 could not finish, 2 wrong usage, 3 done and something at or
// above --fail-on was raised; a command that was stopped leaves nothing half-written.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"plimsoll/internal/policy"
	"plimsoll/internal/store"
)

// Version is set by the build ("-X plimsoll/internal/app.Version=v1.2.3").
var Version = "dev"

// Exit codes, a contract with scripts.
const (
	exitDone     = 0
	exitFailed   = 1
	exitUsage    = 2
	exitFindings = 3
)

// streams are what a command may read and write.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// A printed counts the bytes that reach standard output, and remembers the first fault: whatever a command does about
// it, an answer that did not arrive whole is none (see [Main]).
type printed struct {
	w   io.Writer
	n   int64
	err error
}

// Write implements [io.Writer].
func (p *printed) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	p.n += int64(n)
	if err != nil && p.err == nil {
		p.err = err
	}
	return n, err
}

// errUsage marks an error as wrong usage (exit 2).
type errUsage struct{ error }

func (e errUsage) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return errUsage{fmt.Errorf(format, args...)} }

// errFindings says that something at or above --fail-on was raised (exit 3).
var errFindings = errors.New("findings at or above --fail-on")

// Main runs one command and returns its exit code.
func Main(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	stderr = &shared{w: stderr}
	answer := &printed{w: stdout}
	s := streams{stdin, answer, stderr}
	root := root(s)
	root.SetArgs(args)
	end := speak(root, stderr)
	err := root.ExecuteContext(ctx)
	end()
	if answer.err != nil && (err == nil || !strings.Contains(err.Error(), answer.err.Error())) {
		fmt.Fprintf(stderr, "plimsoll: print the answer: %v; what was printed (%d bytes) is not all of it\n",
			answer.err, answer.n)
		if err == nil || errors.Is(err, errFindings) {
			return exitFailed
		}
	}
	var usage errUsage
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.Is(err, context.Canceled):
		if answer.n > 0 {
			fmt.Fprintln(stderr, "plimsoll: stopped; what was printed is not all of the answer")
		} else {
			fmt.Fprintln(stderr, "plimsoll: stopped; nothing is left half-written")
		}
		return exitFailed
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "plimsoll: %v\n", err)
		return exitUsage
	}
	fmt.Fprintf(stderr, "plimsoll: %v\n", err)
	return exitFailed
}

func root(s streams) *cobra.Command {
	root := &cobra.Command{
		Use:           "plimsoll",
		Short:         "Review of what technology is sold, to whom, and what it may end up serving",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(root *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(root, args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetFlagErrorFunc(flagError)
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(demoCommand(s), reviewCommand(s), findCommand(s), screenCommand(s), namesCommand(s),
		listsCommand(s), policyCommand(s), worldCommand(s),
		templateCommand(s), mapCommand(s), pdpCommand(s), serveCommand(s), verifyCommand(s), witnessCommand(s),
		obligationsCommand(s), backupCommand(s),
		restoreCommand(s), adminCommand(s), keyCommand(s), evidenceCommand(s), noticesCommand(s), publishCommand(s),
		usageCommand(s), findingsCommand(s), versionCommand(s), manCommand())
	exemplify(root)
	return root
}

// exactly is cobra.ExactArgs with our exit code.
func exactly(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usagef("%s takes %d arguments, got %d", cmd.CommandPath(), n, len(args))
		}
		return nil
	}
}

func atLeast(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < n {
			return usagef("%s needs %s; see %s --help", cmd.CommandPath(), what, cmd.CommandPath())
		}
		return nil
	}
}

// group is a command that only holds others.
func group(use, short string, sub ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, RunE: func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownCommand(cmd, args[0])
		}
		return usagef("%s needs a sub-command; see %s --help", cmd.CommandPath(), cmd.CommandPath())
	}}
	c.AddCommand(sub...)
	return c
}

func versionCommand(s streams) *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Print the version and what it was built from", Args: exactly(0),
		RunE: func(*cobra.Command, []string) error {
			return showVersion(s)
		}}
}

// showVersion prints what tells one build from another: the version, the Go release, the commit, the newest migration
// of the database and the rule packs that are built in.
func showVersion(s streams) error {
	fmt.Fprintf(s.out, "plimsoll %s\n", Version)
	if info, ok := debug.ReadBuildInfo(); ok {
		fmt.Fprintf(s.out, "go %s\n", info.GoVersion)
		for _, kv := range info.Settings {
			switch {
			case kv.Key == "vcs.revision":
				fmt.Fprintf(s.out, "commit %s\n", kv.Value)
			case kv.Key == "vcs.modified" && kv.Value == "true":
				fmt.Fprintln(s.out, "commit changed since")
			}
		}
	}
	schema, err := store.Newest()
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "schema %d\n", schema)
	pack, err := policy.Builtin()
	if err != nil {
		return err
	}
	for _, part := range pack.Parts {
		fmt.Fprintf(s.out, "pack %s %s %s\n", part.Name, part.Version, part.Digest)
	}
	return nil
}
