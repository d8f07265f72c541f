package app

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"plimsoll/internal/record/table"
)

// examples of commands that state none themselves, by their path.
var examples = map[string]string{
	"plimsoll": "  plimsoll demo\n  plimsoll template records\n  plimsoll map draft orders.csv > " +
		"map.yaml\n  plimsoll review --map map.yaml --list lists --out review orders.csv",
	"plimsoll admin":      "  plimsoll admin link --data data",
	"plimsoll admin link": "  plimsoll admin link --data data",
	"plimsoll admin name": "  plimsoll admin name --data data --person p-1a2b3c4d5e",
	"plimsoll admin mend": "  plimsoll admin mend --data data",
	"plimsoll backup":     "  plimsoll backup --data data backup.tar",
	"plimsoll restore":    "  plimsoll restore --data restored backup.tar",
	"plimsoll demo":       "  plimsoll demo --out demo",
	"plimsoll evidence": "  plimsoll evidence add --data data --case C-1 --actor asha --reason \"from the " +
		"press\" page.html",
	"plimsoll evidence add": "  plimsoll evidence add --data data --case C-1 --actor asha --reason \"from the " +
		"press\" page.html",
	"plimsoll evidence list":   "  plimsoll evidence list --data data C-1",
	"plimsoll evidence verify": "  plimsoll evidence verify --data data",
	"plimsoll evidence copy": "  plimsoll evidence copy --data data --actor asha --reason \"for review\" C-1 I-1 " +
		"page.html",
	"plimsoll evidence delete": "  plimsoll evidence delete --data data --actor asha --reason \"for review\" " +
		"--second omar C-1 I-1",
	"plimsoll evidence grade": "  plimsoll evidence grade --data data --actor asha --reason \"for review\" C-1 I-1 " +
		"B2",
	"plimsoll evidence hold": "  plimsoll evidence hold --data data --actor asha --reason \"for review\" C-1",
	"plimsoll evidence label": "  plimsoll evidence label --data data --actor asha --reason \"for review\" C-1 I-1 " +
		"market cameras",
	"plimsoll evidence release": "  plimsoll evidence release --data data --actor asha --reason \"for review\" " +
		"--second omar C-1",
	"plimsoll evidence seal": "  plimsoll evidence seal --data data --actor asha --reason \"for review\" C-1 I-1",
	"plimsoll evidence search": "  plimsoll evidence search --data data --actor asha --reason \"for review\" C-1 " +
		"market camera",
	"plimsoll evidence view": "  plimsoll evidence view --data data --actor asha --reason \"for review\" C-1 I-1",
	"plimsoll evidence export": "  plimsoll evidence export --data data --actor asha --reason \"for the court\" C-1 " +
		"--out bag",
	"plimsoll findings":   "  plimsoll findings tables review --out tables",
	"plimsoll key":        "  plimsoll key rotate ledger --data data --actor anna",
	"plimsoll key rotate": "  plimsoll key rotate ledger --data data --actor anna",
	"plimsoll lists":      "  plimsoll lists show lists",
	"plimsoll lists show": "  plimsoll lists show lists\n  plimsoll lists show --map map.yaml watchlist.csv",
	"plimsoll map": "  plimsoll map draft orders.csv > map.yaml\n  plimsoll map try --map map.yaml " +
		"orders.csv",
	"plimsoll names":          "  plimsoll names compare --in pairs.csv",
	"plimsoll names compare":  "  plimsoll names compare --in pairs.csv > scores.csv",
	"plimsoll notices":        "  plimsoll notices key --out keys ANNA BEA CARL",
	"plimsoll notices key":    "  plimsoll notices key --out keys ANNA BEA CARL",
	"plimsoll notices unseal": "  plimsoll notices unseal --share anna.share --share bea.share sealed.age",
	"plimsoll pdp":            "  plimsoll pdp --snapshot data/snapshot --listen 127.0.0.1:8181",
	"plimsoll pdp key":        "  plimsoll pdp key --name example.org/access --out access.key",
	"plimsoll pdp export":     "  plimsoll pdp export --snapshot data/snapshot --out bundle.tar.gz",
	"plimsoll policy":         "  plimsoll policy test",
	"plimsoll policy check":   "  plimsoll policy check pack",
	"plimsoll policy test":    "  plimsoll policy test pack",
	"plimsoll policy diff":    "  plimsoll policy diff old-pack new-pack",
	"plimsoll screen": "  plimsoll screen --list lists \"Harbour Office of Velden\"\n  plimsoll screen " +
		"--list lists --in names.csv > hits.jsonl",
	"plimsoll serve": "  plimsoll serve --data data",
	"plimsoll usage": "  plimsoll usage sql --dialect trino --table hive.billing.focus --provider aws > " +
		"group.sql",
	"plimsoll verify":  "  plimsoll verify bag",
	"plimsoll version": "  plimsoll version",
	"plimsoll witness": "  plimsoll witness --data witness --log example.org/log+1a2b3c4d+KEY",
	"plimsoll world":   "  plimsoll world --seed 1 --size small --out world",
}

// exemplify gives every command its example, and refuses flags that are given twice and hold one value.
func exemplify(c *cobra.Command) {
	c.LocalNonPersistentFlags().VisitAll(single)
	c.PersistentFlags().VisitAll(single)
	if c.Example == "" {
		c.Example = examples[c.CommandPath()]
	}
	for _, sub := range c.Commands() {
		exemplify(sub)
	}
}

// single makes a flag of one value refuse a second one, which would replace the first without a word.
func single(f *pflag.Flag) {
	switch f.Value.Type() {
	case "string", "int", "int64", "uint64", "float64", "duration":
		f.Value = &once{Value: f.Value}
	}
}

// A once is the value of a flag that may be given once.
type once struct {
	pflag.Value
	given bool
}

// Set implements [pflag.Value].
func (o *once) Set(s string) error {
	if o.given && s != o.String() {
		return fmt.Errorf("it was given before, as %q, and holds one value", o.String())
	}
	o.given = true
	return o.Value.Set(s)
}

// unknownCommand is the error of a command that c does not have, with the nearest that it has.
func unknownCommand(c *cobra.Command, name string) error {
	var names []string
	for _, sub := range c.Commands() {
		if !sub.Hidden && sub.Name() != "help" && sub.Name() != "completion" {
			names = append(names, sub.Name())
		}
	}
	if near := nearest(name, names); near != "" {
		return usagef("unknown command %q; did you mean %q? %s --help lists all", name, c.CommandPath()+" "+near,
			c.CommandPath())
	}
	return usagef("unknown command %q; %s --help lists them: %s", name, c.CommandPath(), strings.Join(names, ", "))
}

// flagError adds the nearest flag to the error of one that is not known.
func flagError(c *cobra.Command, err error) error {
	text := err.Error()
	name, ok := strings.CutPrefix(text, "unknown flag: --")
	if !ok {
		if strings.HasPrefix(text, "unknown shorthand flag") || strings.HasPrefix(text, "flag needs an argument") {
			return errUsage{fmt.Errorf("%w; see %s --help", err, c.CommandPath())}
		}
		return errUsage{err}
	}
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if near := nearest(name, names); near != "" {
		return errUsage{fmt.Errorf("%w; did you mean --%s? See %s --help", err, near, c.CommandPath())}
	}
	return errUsage{fmt.Errorf("%w; see %s --help", err, c.CommandPath())}
}

// nearest returns the name that differs least from a mistyped one: by a third of its letters at most, or one that
// it begins; "" for none.
func nearest(typed string, names []string) string {
	best, least := "", len(typed)/3+2
	for _, n := range names {
		d := table.Distance(strings.ToLower(typed), n)
		if len(typed) > 1 && strings.HasPrefix(n, strings.ToLower(typed)) {
			d = 1
		}
		if d < least {
			best, least = n, d
		}
	}
	return best
}
