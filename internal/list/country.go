package list

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/unicode/norm"
)

// countryForms holds the spellings that CLDR does not have.
//
//go:embed data/country.tsv
var countryForms string

// Country returns the ISO 3166-1 alpha-2 code of a country, or "" when s is none that is
// known. It reads alpha-2, alpha-3 and numeric codes, codes of subdivisions (ISO 3166-2: the state
// that they belong to), the names of CLDR in all its languages, and the abbreviations,
// inverted and official forms of data/country.tsv. A word that two languages use for two
// countries is none.
func Country(s string) string {
	if s == "" {
		return ""
	}
	if len(s) == 2 && s[0] < 0x80 && s[1] < 0x80 {
		return mainCountries()[strings.ToLower(s)]
	}
	key := countryKey(s)
	if len(key) == 2 && strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 && unicode.IsLetter(r) }) >= 0 {
		return "" // ČR is not the code CR
	}
	if c := countryOf(key); c != "" {
		return c
	}
	if full := inFull(key); full != key {
		if c := countryOf(full); c != "" {
			return c
		}
	}
	// An ISO 3166-2 code: GB-SCT, AE-DU, US-NY.
	if state, part, ok := strings.Cut(strings.ToUpper(Clean(s)), "-"); ok && len(state) == 2 && len(part) >= 1 &&
		len(part) <= 3 && alphanumeric(part) {
		return mainCountries()[strings.ToLower(state)]
	}
	// What stands in brackets or after a comma: "Iran (Islamic Republic of)".
	if before, rest, ok := cutAny(s, "(,"); ok {
		rest = strings.TrimRight(rest, ") ")
		// "Korea, Republic of", "Iran, Islamic Rep."
		if c := countryOf(inFull(countryKey(rest + " " + before))); c != "" {
			return c
		}
		if a, b := countryOf(countryKey(before)), countryOf(countryKey(rest)); a == b || b == "" &&
			official(countryKey(rest)) {
			return a // "Iran (IR)", "Bolivia (Plurinational State of)"
		}
	}
	for _, sign := range [...]string{" - ", "/", ": "} { // a code beside its name: "DE - Germany"
		if before, rest, ok := strings.Cut(s, sign); ok {
			if a, b := countryOf(countryKey(before)), countryOf(countryKey(rest)); a == b {
				return a
			}
		}
	}
	return ""
}

// inFull writes the words of the full names of states in full that tables shorten.
func inFull(key string) string {
	words := strings.Fields(key)
	for i, w := range words {
		if full := shortWords[w]; full != "" && (w != "st" || i == 0) {
			words[i] = full
		}
	}
	if n := len(words); n > 1 && words[0] == "islamic" && words[1] == "republic" && n > 2 && words[2] != "of" {
		words = slices.Insert(words, 2, "of") // "Iran, Islamic Rep."
	}
	return strings.Join(words, " ")
}

var shortWords = map[string]string{"rep": "republic", "fed": "federation", "dem": "democratic", "isl": "islamic",
	"ppl": "peoples", "st": "saint",
	"is": "islands", "terr": "territory", "kgdm": "kingdom"}

func countryOf(key string) string {
	if c := mainCountries()[key]; c != "" {
		return c
	}
	bare := withoutForm(key)
	if c := mainCountries()[bare]; c != "" {
		return c
	}
	c := otherCountries()[key]
	if c == ambiguous {
		return ""
	}
	return c
}

func cutAny(s, signs string) (before, after string, found bool) {
	if i := strings.IndexAny(s, signs); i > 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

func alphanumeric(s string) bool {
	for _, r := range s {
		if (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			return false
		}
	}
	return true
}

// officialForms are words by which the full name of a state begins.
var officialForms = []string{"federal republic of", "islamic republic of", "republic of", "kingdom of", "state of",
	"sultanate of", "principality of", "commonwealth of", "federation of", "socialist republic of", "union of",
	"republique de", "republique du", "republica de", "republica del", "republik"}

// withoutForm cuts off the form of a state. What begins with two such words, or says of
// what kind the republic is ("Democratic Republic of ..."), is a name of its own.
func withoutForm(key string) string {
	for _, f := range officialForms {
		if rest, ok := strings.CutPrefix(key, f+" "); ok {
			rest, _ = strings.CutPrefix(rest, "the ")
			switch rest {
			case "korea", "china", "congo", "virgin islands", "samoa", "guinea", "sudan", "ireland", "micronesia":
				return key // two states share the word
			}
			return rest
		}
	}
	return key
}

func official(key string) bool {
	return strings.HasSuffix(key, " of") || strings.HasSuffix(key, "republic") || strings.HasSuffix(key, " of the") ||
		key == "the"
}

// countryKey makes spellings comparable: lower case, no accents, no points, words apart by
// one space, no article before them.
func countryKey(s string) string {
	var b strings.Builder
	space := false
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r) && (r < 0x0600 || r >= 0x064B && r <= 0x0655), r == 'ـ', r == '.' ||
			r == '\u200c' || unicode.Is(unicode.Cf, r):
		case r == '&':
			b.WriteString(" and")
			space = true
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.Is(unicode.M, r):
			if space && b.Len() > 0 {
				b.WriteByte(' ')
			}
			space = false
			switch r = unicode.ToLower(r); r {
			case 'ı':
				r = 'i'
			case 'ł':
				r = 'l'
			case 'ø':
				r = 'o'
			}
			b.WriteRune(r)
		default:
			space = true
		}
	}
	key := b.String()
	if rest, ok := strings.CutPrefix(key, "the "); ok {
		key = rest
	}
	return strings.TrimSuffix(key, " the")
}

// isoRegions returns the states and territories of ISO 3166-1.
func isoRegions() []language.Region {
	var out []language.Region
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string([]rune{a, b})
			if r, err := language.ParseRegion(code); err == nil && r.IsCountry() && r.Canonicalize() == r &&
				r.String() == code {
				out = append(out, r)
			}
		}
	}
	return out
}

// mainCountries holds codes, English names and own forms by key, then the names in the
// languages that published contracts are written in most; an earlier one is never overruled.
var mainCountries = sync.OnceValue(func() map[string]string {
	codes := map[string]string{}
	add := func(word, code string) {
		if key := countryKey(word); key != "" && codes[key] == "" {
			codes[key] = code
		}
	}
	regions := isoRegions()
	english := display.English.Regions()
	for _, r := range regions {
		add(english.Name(r), r.String())
		add(r.String(), r.String())
	}
	for line := range strings.Lines(countryForms) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if strings.HasPrefix(line, "#") || len(f) < 2 {
			continue
		}
		for form := range strings.SplitSeq(f[1], ",") {
			add(strings.ReplaceAll(form, ".", ""), f[0])
			add(strings.ReplaceAll(form, " ", ""), initialsOnly(form, f[0]))
		}
	}
	for _, r := range regions {
		add(r.ISO3(), r.String())
		if n := r.M49(); n > 0 { // of states the same number as ISO 3166-1 numeric
			add(fmt.Sprintf("%03d", n), r.String())
		}
		for _, tag := range mainLanguages {
			add(display.Regions(tag).Name(r), r.String())
		}
	}
	delete(codes, "")
	for k, v := range codes {
		if v == "" {
			delete(codes, k)
		}
	}
	return codes
})

// initialsOnly returns code when form is single letters ("u a e", which is written UAE and
// U.A.E.), else "".
func initialsOnly(form, code string) string {
	for w := range strings.FieldsSeq(form) {
		if len(w) != 1 {
			return ""
		}
	}
	return code
}

var mainLanguages = []language.Tag{language.French, language.Spanish, language.Portuguese, language.German,
	language.Ukrainian, language.Russian, language.Arabic, language.Romanian}

// ambiguous marks a word that names two countries in two languages.
const ambiguous = "?"

// otherCountries holds the names of countries in all further languages of CLDR.
var otherCountries = sync.OnceValue(func() map[string]string {
	main := mainCountries()
	codes := map[string]string{}
	tags := display.Supported.Tags()
	slices.SortFunc(tags, func(a, b language.Tag) int { return strings.Compare(a.String(), b.String()) })
	regions := isoRegions()
	for _, tag := range tags {
		names := display.Regions(tag)
		if names == nil {
			continue
		}
		for _, r := range regions {
			key, code := countryKey(names.Name(r)), r.String()
			switch {
			case key == "" || main[key] != "":
			case codes[key] == "":
				codes[key] = code
			case codes[key] != code:
				codes[key] = ambiguous
			}
		}
	}
	return codes
})
