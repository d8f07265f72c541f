package ocds

import (
	_ "embed"
	"strings"
)

// namelessFile holds the words that stand where a name should be, with what they mean.
//
//go:embed data/noname.tsv
var namelessFile string

// nameless are these words; true: the name is withheld.
var nameless = func() map[string]bool {
	m := map[string]bool{}
	for line := range strings.Lines(namelessFile) {
		f := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
		if strings.HasPrefix(line, "#") || len(f) != 4 || f[0] == "word" {
			continue
		}
		m[f[0]] = f[2] == "withheld"
	}
	return m
}()

// noName reports whether a name names nobody, and whether that is because it is withheld.
func noName(name string) (none, withheld bool) {
	s := strings.ToLower(strings.Trim(name, " \t[](){}<>*\"'“”«»_.:"))
	if s == "" {
		return strings.TrimSpace(name) != "", false
	}
	withheld, none = nameless[s]
	return none, withheld
}
