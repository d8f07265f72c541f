package resolve

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
)

//go:embed data/none.tsv
var noneFile string

var noneWords = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{}
	for line := range strings.Lines(noneFile) {
		word, _, _ := strings.Cut(line, "\t")
		if !strings.HasPrefix(line, "#") {
			words[lettersOf(word)] = true
		}
	}
	return words
})

// None reports whether s says in words that there is no value ("n/a", "не указано").
func None(s string) bool { return noneWords()[lettersOf(s)] }

// lettersOf is s in lower case, letters and digits only.
func lettersOf(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}
