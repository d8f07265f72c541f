package ocds

import (
	_ "embed"
	"iter"
	"strings"
)

// namelessFile holds the words that stand where a name should be, with what they mean.
//
//go:embed data/noname.tsv
var namelessFile string

// nameless are these words; true: the name is withheld.
var nameless = func() map[string]bool {
	m := map[string]bool{}
	for f := range wordRows(namelessFile) {
		m[f[0]] = f[2] == "withheld"
	}
	return m
}()

// wordRows yields the rows of a table of words, which have four columns.
func wordRows(text string) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for line := range strings.Lines(text) {
			f := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
			if strings.HasPrefix(line, "#") || len(f) != 4 || f[0] == "word" {
				continue
			}
			if !yield(f) {
				return
			}
		}
	}
}

// noName reports whether a name names nobody, and whether that is because it is withheld.
func noName(name string) (none, withheld bool) {
	s := strings.ToLower(strings.Trim(name, " \t[](){}<>*\"'“”«»_.:"))
	if s == "" {
		return strings.TrimSpace(name) != "", false
	}
	withheld, none = nameless[s]
	return none, withheld
}
