package app

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestReadmeNamesEveryCommand checks that the table of commands in README.md has every command, and no other.
func TestReadmeNamesEveryCommand(t *testing.T) {
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(b), "\n## Commands\n")
	if !ok {
		t.Fatal("README.md has no part called Commands")
	}
	table, _, _ = strings.Cut(table, "\n## ")
	named := map[string]bool{}
	for _, code := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(table, -1) {
		words := strings.Fields(strings.ReplaceAll(strings.TrimPrefix(code[1], "plimsoll "), `\|`, "|"))
		named[words[0]] = true
		if len(words) > 1 {
			for _, w := range strings.Split(words[1], "|") {
				named[words[0]+" "+w] = true
			}
		}
	}
	seen := map[string]bool{}
	var walk func(c *cobra.Command, path string)
	walk = func(c *cobra.Command, path string) {
		for _, sub := range c.Commands() {
			name := strings.TrimSpace(path + " " + sub.Name())
			seen[name] = true
			if sub.Hidden || sub.Name() == "help" || sub.Name() == "completion" {
				continue
			}
			if !named[name] && len(sub.Commands()) == 0 {
				t.Errorf("README.md does not name the command %q", name)
			}
			walk(sub, name)
		}
	}
	walk(root(streams{}), "")
	for _, row := range regexp.MustCompile("(?m)^\\| `plimsoll ([a-z]+)").FindAllStringSubmatch(table, -1) {
		if !seen[row[1]] {
			t.Errorf("README.md names the command %q, which is not there", row[1])
		}
	}
}
