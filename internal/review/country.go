package review

import (
	"strings"

	"plimsoll/internal/list"
	"plimsoll/internal/name"
)

// country returns a key under which spellings of one country are equal: the ISO 3166-1
// code where the word is a code or a name that is known, else the folded word. It compares
// and does nothing else: no rule looks at it.
func country(s string) string {
	if c := list.Country(s); c != "" {
		return strings.ToLower(c)
	}
	return name.Fold(s)
}
