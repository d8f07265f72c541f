package review

import (
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"plimsoll/internal/name"
)

// Country returns a key under which spellings of one country are equal: the ISO 3166-1
// alpha-2 code where the word is a code or a name that CLDR knows, else the folded word.
// It compares and does nothing else: no rule looks at it.
func Country(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	if len(s) == 2 || len(s) == 3 {
		if r, err := language.ParseRegion(s); err == nil && r.IsCountry() {
			r = r.Canonicalize()
			return r.String()
		}
	}
	f := name.Fold(s)
	if c, ok := countries()[f]; ok {
		return c
	}
	return f
}

var countries = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	namers := []display.Namer{
		display.English.Regions(), display.French.Regions(), display.Spanish.Regions(), display.Portuguese.Regions(),
		display.German.Regions(), display.Regions(language.Ukrainian), display.Regions(language.Russian), display.Regions(language.Arabic),
	}
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			r, err := language.ParseRegion(string([]rune{a, b}))
			if err != nil || !r.IsCountry() || r.String() != string([]rune{a, b}) || r.Canonicalize() != r {
				continue
			}
			for _, n := range namers {
				if f := name.Fold(n.Name(r)); f != "" {
					out[f] = r.String()
				}
			}
		}
	}
	// Forms in which registers and lists write some names; CLDR has only the short ones.
	for word, code := range map[string]string{
		"united states of america": "US", "usa": "US", "great britain": "GB", "england": "GB", "russian federation": "RU",
		"korea republic of": "KR", "iran islamic republic of": "IR", "syrian arab republic": "SY", "viet nam": "VN", "uae": "AE",
		"republic of moldova": "MD", "moldova republic of": "MD", "burma": "MM", "czech republic": "CZ", "turkey": "TR",
	} {
		out[word] = code
	}
	return out
})
