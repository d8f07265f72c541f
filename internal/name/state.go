package name

import (
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// A State is one state or territory of ISO 3166 with the words that names of organisations have for it.
type State struct {
	Code  string            // ISO 3166-1 alpha-2
	Forms []string          // adjectives and short names of data/place.txt, lower case
	Names map[string]string // by language, from CLDR
}

// stateLanguages are those whose names of states are given.
var stateLanguages = []string{"en", "de", "fr", "es", "pt", "it", "nl", "ru", "uk", "pl", "tr", "ar", "fa", "zh", "ja",
	"ko", "he", "hi", "el"}

// States lists the states in the order of their codes.
func States() []State {
	forms := map[string][]string{}
	lines("place", func(f []string) {
		if len(f[0]) != 2 {
			return
		}
		for form := range strings.SplitSeq(f[1], ",") {
			if form = strings.ToLower(strings.TrimSpace(form)); form != "" {
				forms[f[0]] = append(forms[f[0]], form)
			}
		}
	})
	var out []State
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string([]rune{a, b})
			r, err := language.ParseRegion(code)
			if err != nil || !r.IsCountry() || r.String() != code || r.Canonicalize() != r {
				continue
			}
			s := State{Code: code, Forms: forms[code], Names: map[string]string{}}
			for _, l := range stateLanguages {
				if namer := display.Regions(language.MustParse(l)); namer != nil && namer.Name(r) != "" {
					s.Names[l] = namer.Name(r)
				}
			}
			out = append(out, s)
		}
	}
	return out
}
