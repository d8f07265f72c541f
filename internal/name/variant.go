package name

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mostVariants is how many names of one party are taken from a text: every one of one name is compared with every one
// of the other.
const mostVariants = 48

// Variants returns s and the further names of the same party that it holds: the name
// without what stands beside it, former and trading names, names parted by a slash or a
// semicolon, and other readings of Han characters. Names of other parties are not among
// them (see Others).
func Variants(s string) []string {
	if Single(s) {
		return []string{s}
	}
	return variants(s, Parts(s))
}

// VariantsOf returns the variants of two texts, and whether they place the same name in two states.
func VariantsOf(a, b string) (x, y []string, elsewhere bool) {
	if Single(a) {
		return []string{a}, Variants(b), false
	}
	if Single(b) {
		return Variants(a), []string{b}, false
	}
	p, q := Parts(a), Parts(b)
	return variants(a, p), variants(b, q), apartIn(p, q)
}

func variants(s string, parts []Part) []string {
	out := []string{s}
	for _, p := range parts {
		if p.Role.own() && p.Text != s && len(out) < mostVariants && (!generalAlone(p.Text) || generalAlone(s)) {
			out = append(out, p.Text)
		}
	}
	for _, cut := range [...]string{"; ", " / ", "/"} {
		i := strings.Index(s, cut)
		if i < 0 {
			continue
		}
		a, b := strings.Trim(s[:i], " ,("), strings.Trim(s[i+len(cut):], " ,)")
		if cut == "/" && (utf8.RuneCountInString(a) < 5 || utf8.RuneCountInString(b) < 5) {
			continue // A/S, M/V, T/A
		}
		if a != "" && b != "" && len(parts) == 1 {
			out = append(out, a, b)
			break
		}
	}
	out = append(out, inParens(s)...)
	if x := camel(s); x != s {
		out = append(out, x)
	}
	if ascii(s) {
		return out
	}
	if x := inJapanese(s); x != "" {
		out = append(out, x)
	}
	return append(out, Readings(s)...)
}

// generalAlone reports whether general words are all that a text says: "Construction Company" is nobody's name where
// more stands in the text that it was cut out of.
func generalAlone(s string) bool {
	n := Parse(s, Org)
	for i := range n.Tokens {
		if t := &n.Tokens[i]; t.Class != Generic && t.Class != Stop && t.Class != Form {
			return false
		}
	}
	return !n.Body
}

// Elsewhere reports whether two texts place the same name in two states beside it: X (UK) Ltd is not X (France) SAS.
func Elsewhere(a, b string) bool { return apartIn(Parts(a), Parts(b)) }

func apartIn(a, b []Part) bool {
	x := statesBeside(a)
	if len(x) == 0 {
		return false
	}
	y := statesBeside(b)
	return len(y) > 0 && !slices.ContainsFunc(x, func(s string) bool { return slices.Contains(y, s) })
}

// statesBeside returns the states that the parts of a text name which are a branch or a place beside a name.
func statesBeside(parts []Part) []string {
	var out []string
	for _, p := range parts {
		if p.Role == Branch {
			out = append(out, StatesIn(p.Text)...)
		}
	}
	return out
}

// StatesIn returns the codes of the states that a text names which is the text of a place: "UK" is one there.
func StatesIn(s string) []string {
	var t []Token
	for w := range strings.FieldsSeq(Fold(s)) {
		t = append(t, Token{Text: w})
	}
	var out []string
	for i := 0; i < len(t); i++ {
		if ph := find(t[i].knownIn(lex()).place, t, i); ph != nil {
			i += len(ph.rest)
			if code := stateCodes()[ph.sym]; code != "" {
				out = append(out, code)
			}
		}
	}
	return out
}

// Single reports that s holds no further names, from a look at its letters: true only when
// Variants returns s alone.
func Single(s string) bool {
	if quiet(s) {
		return true
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '/', ';', '(':
			return false
		default:
			if c >= 0xE2 { // Han, Kana, Hangul
				return false
			}
		}
	}
	return !hasCamel(s) && !mayHoldMore(s)
}

// mostQuiet is how many letters a word of a quiet text has at most, one less.
const mostQuiet = 60

// quiet reports whether a text in ASCII has none of the signs of which Single is afraid, and no word that looks like
// one of those that begin what stands beside a name: most names.
func quiet(s string) bool {
	if len(s) > MaxBytes/2 {
		return false
	}
	table := triggers()
	words, run, digits := 0, 0, 0
	signs, sep, need := false, false, false // sep: one of them, or a hyphen, before the word at hand
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case signClasses[c] != 0 || c >= utf8.RuneSelf:
		case c == ' ', c == '-', c == '.', c == '\'':
			sep = sep || c == '-'
			i++
			run = 0
			continue
		default:
			i++
			run, signs, sep = 0, true, true
			continue
		}
		from, figures := i, 0
	word:
		for ; i < len(s); i++ {
			switch signClasses[s[i]] {
			case smallLetter:
				run++
				continue
			case capital:
				if run >= camelLeast {
					return false
				}
			case figure:
				figures++
			default:
				break word
			}
			run = 0
		}
		words++
		digits += figures
		switch n := i - from; {
		case n == 0, n >= mostQuiet, words > fewWords, figures > leastDigits: // n is 0 at a sign
			return false
		case i < len(s) && (signClasses[s[i]] != 0 || s[i] >= utf8.RuneSelf):
			return false
		case n == 1 && i+1 < len(s) && s[i] == '.' && s[i+1] != ' ':
			return false
		case table.sizes[triggerPlace(s[from]|0x20, s[i-1]|0x20)]>>n&1 == 0:
		default:
			may := table.may(s[from:i], s[i:])
			need = need || may&withDigits != 0
			if may&(anywhere|beforeSign) != 0 || sep && may&afterSign != 0 || words == 1 && may&atStart != 0 {
				return false
			}
		}
		sep = false
	}
	return digits == 0 || !signs && !need
}

// inParens returns what stands before and within parentheses when these hold several
// names, or the name in another script: "جبهة (Jabhat; Front)".
func inParens(s string) []string {
	i := strings.IndexByte(s, '(')
	j := strings.LastIndexByte(s, ')')
	if i < 3 || j < i+4 {
		return nil
	}
	before, within := strings.TrimSpace(s[:i]), s[i+1:j]
	if before != "" && abbreviates(within, before) {
		return []string{strings.TrimSpace(before + " " + strings.Trim(s[j+1:], " ,"))}
	}
	if before == "" || !strings.Contains(within, ";") && latinOnly(before) == latinOnly(within) {
		if after := s[j+1:]; fullName(before, within) {
			return []string{before + " " + strings.Trim(after, " ,"), within + " " + strings.Trim(after, " ,")}
		}
		return nil
	}
	out := []string{before}
	for _, x := range strings.Split(within, ";") {
		if x = strings.TrimSpace(x); len(x) > 3 && len(out) < 12 {
			out = append(out, x)
		}
	}
	return out
}

// abbreviates reports whether a word in capitals is made of letters of a name, in their order and the first one first:
// HQN of Haqqani Network.
func abbreviates(word, of string) bool {
	if len(word) < 2 || len(word) > 8 || strings.ToUpper(word) != word || !isAlnum(word[0]) || word[0] <= '9' {
		return false
	}
	f := strings.ReplaceAll(Fold(of), " ", "")
	w := strings.ToLower(word)
	if len(f) < 2*len(w) || f[0] != w[0] {
		return false
	}
	for i := range len(w) {
		k := strings.IndexByte(f, w[i])
		if k < 0 {
			return false
		}
		f = f[k+1:]
	}
	return true
}

// camel parts words that are written in one, with a capital within: QatarEnergy.
func camel(s string) string {
	var b strings.Builder
	from := 0
	run := 0 // small letters before
	for i, c := range s {
		if run >= camelLeast && unicode.IsUpper(c) {
			if next, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(c):]); unicode.IsLower(next) {
				b.WriteString(s[from:i])
				b.WriteByte(' ')
				from = i
			}
		}
		if unicode.IsLower(c) {
			run++
		} else {
			run = 0
		}
	}
	if from == 0 {
		return s
	}
	b.WriteString(s[from:])
	return b.String()
}

// camelLeast is how many small letters stand before a capital that begins another word: MacDonald is one word.
const camelLeast = 3

// hasCamel is camel's first look.
func hasCamel(s string) bool {
	run := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z':
			run++
		case c >= 'A' && c <= 'Z' && run >= camelLeast:
			return true
		case (c == 0xD0 || c == 0xD1) && i+1 < len(s): // Cyrillic
			i++
			if c == 0xD0 && s[i] >= 0x90 && s[i] < 0xB0 {
				if run >= camelLeast {
					return true
				}
				run = 0
			} else {
				run++
			}
		default:
			run = 0
		}
	}
	return false
}

// inJapanese returns the name of a Japanese firm with the words whose reading is known as they are read, "" when there
// are none: the legal form, or Kana, says that it is Japanese.
func inJapanese(s string) string {
	if !strings.Contains(s, "会社") && !strings.Contains(s, "會社") && !strings.Contains(s, "㈱") &&
		!strings.Contains(s, "(株)") && !strings.Contains(s, "（株）") &&
		!strings.ContainsFunc(s, isKana) {
		return ""
	}
	x := lex()
	run := []rune(s)
	var b strings.Builder
	found := false
	for i := 0; i < len(run); {
		n := min(x.kanjiMax, len(run)-i)
		if !isIdeograph(run[i]) {
			n = 0
		}
		for ; n > 1; n-- {
			if k := x.kanji[string(run[i:i+n])]; k != "" {
				b.WriteString(" " + k + " ")
				found = true
				break
			}
		}
		if n < 2 {
			b.WriteRune(run[i])
			n = 1
		}
		i += n
	}
	if !found {
		return ""
	}
	return strings.TrimSpace(b.String())
}

// latinOnly reports whether all letters of s are Latin, with or without accents: "Ministère (Maroc)" has no name in
// another script in its brackets.
func latinOnly(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r) })
}

// fullName reports whether brackets hold the name in full of which the initials stand before them: the words that both
// have are the same, and the first letters of the others: "Q. Optics (Quelvane Optics)".
func fullName(before, within string) bool {
	a, b := strings.Fields(Fold(before)), strings.Fields(Fold(within))
	if len(a) > len(b) && len(b) > 0 { // without the legal form that stands before the brackets
		for _, ph := range lex().legal[a[len(b)]] {
			if slices.Equal(ph.rest, a[len(b)+1:]) {
				a = a[:len(b)]
				break
			}
		}
	}
	if len(a) != len(b) || len(a) < 2 {
		return false
	}
	initials, same := 0, 0
	for i := range a {
		switch {
		case a[i] == b[i]:
			same++
		case len(a[i]) == 1 && a[i][0] == b[i][0]:
			initials++
		default:
			return false
		}
	}
	return initials > 0 && same > 0
}
