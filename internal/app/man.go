package app

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manCommand writes manual pages for packages of the program.
func manCommand() *cobra.Command {
	return &cobra.Command{Use: "man DIR", Short: "Write a manual page for each command", Hidden: true, Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			return manTree(cmd.Root(), args[0])
		}}
}

func manTree(c *cobra.Command, dir string) error {
	if c.Hidden || !c.IsAvailableCommand() && c.HasParent() {
		return nil
	}
	name := strings.ReplaceAll(c.CommandPath(), " ", "-")
	err := os.WriteFile(filepath.Join(dir, name+".1"), manPage(c), 0o644)
	for _, sub := range c.Commands() {
		err = errors.Join(err, manTree(sub, dir))
	}
	return err
}

// manPage is the page of a command in roff (man(7)).
func manPage(c *cobra.Command) []byte {
	var b bytes.Buffer
	text := func(s string) string {
		s = strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\e`), "-", `\-`)
		lines := strings.Split(s, "\n")
		for i, l := range lines {
			if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") { // no request
				lines[i] = `\&` + l
			}
		}
		return strings.Join(lines, "\n")
	}
	name := strings.ReplaceAll(c.CommandPath(), " ", "-")
	fmt.Fprintf(&b, ".TH %q 1 \"\" \"Plimsoll %s\"\n.SH NAME\n%s \\- %s\n", strings.ToUpper(name), Version, text(name),
		text(c.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n", text(c.UseLine()))
	if c.Long != "" {
		fmt.Fprintf(&b, ".SH DESCRIPTION\n%s\n", text(c.Long))
	}
	head := ".SH OPTIONS\n"
	c.NonInheritedFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		kind, usage := pflag.UnquoteUsage(f)
		fmt.Fprintf(&b, "%s.TP\n.B \\-\\-%s %s\n%s\n", head, text(f.Name), text(kind), text(usage))
		head = ""
	})
	if c.Example != "" {
		fmt.Fprintf(&b, ".SH EXAMPLES\n.nf\n%s\n.fi\n", text(c.Example))
	}
	fmt.Fprintf(&b, ".SH EXIT STATUS\n0 done, 1 could not finish, 2 wrong usage, 3 done and something was raised.\n")
	if sub := c.Commands(); len(sub) > 0 {
		b.WriteString(".SH SEE ALSO\n")
		for i, s := range sub {
			if !s.Hidden {
				fmt.Fprintf(&b, "%s.BR %s (1)", map[bool]string{true: ",\n"}[i > 0],
					text(strings.ReplaceAll(s.CommandPath(), " ", "-")))
			}
		}
		b.WriteString("\n")
	}
	return b.Bytes()
}
