package app

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestEveryHelp: each command says what it does, shows an example and explains each of its flags.
func TestEveryHelp(t *testing.T) {
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Hidden || c.Name() == "help" || c.Name() == "completion" {
			return
		}
		t.Run(strings.ReplaceAll(c.CommandPath(), " ", "_"), func(t *testing.T) {
			if c.Short == "" || !strings.Contains(c.Example, "plimsoll ") {
				t.Errorf("short %q, example %q", c.Short, c.Example)
			}
			c.Flags().VisitAll(func(f *pflag.Flag) {
				if len(f.Usage) < 8 {
					t.Errorf("--%s: help %q", f.Name, f.Usage)
				}
			})
		})
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root(streams{}))
}

func TestSuggestions(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"letters exchanged", []string{"tempalte", "x"}, `did you mean "plimsoll template"?`},
		{"a letter too many", []string{"reviews"}, `did you mean "plimsoll review"?`},
		{"the beginning", []string{"evid"}, `did you mean "plimsoll evidence"?`},
		{"of a group", []string{"map", "daft"}, `did you mean "plimsoll map draft"?`},
		{"nothing near", []string{"xylophone"}, "plimsoll --help lists them: "},
		{"a flag", []string{"review", "--lst", "x", "y"}, "did you mean --list?"},
		{"a flag with a value", []string{"screen", "--treshold=0.7", "y"}, "did you mean --threshold?"},
		{"no flag near", []string{"review", "--xylophone", "y"}, "see plimsoll review --help"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out, err bytes.Buffer
			if code := Main(context.Background(), tt.args, strings.NewReader(""), &out, &err); code != exitUsage {
				t.Errorf("exit %d", code)
			}
			if !strings.Contains(err.String(), tt.want) {
				t.Errorf("%q, want %q in it", err.String(), tt.want)
			}
		})
	}
}

// TestWord: a command that takes long says so, and says nothing once it has ended.
func TestWord(t *testing.T) {
	var b bytes.Buffer
	w := &shared{w: &b}
	o := newWord(w, "plimsoll x")
	o.at("read, 1 of 2")
	o.timer.Reset(time.Millisecond)
	for range 500 {
		w.mu.Lock()
		n := b.Len()
		w.mu.Unlock()
		if n > 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	o.close()
	o.say()
	if got := b.String(); got != "plimsoll x: read, 1 of 2 (0 s)\n" && !strings.HasPrefix(got,
		"plimsoll x: read, 1 of 2 (") {
		t.Errorf("%q", got)
	}
}
