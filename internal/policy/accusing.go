package policy

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/unicode/norm"
)

//go:embed data/accusing.tsv
var accusingTable string

// An accusation is a phrase that no pack may use, as folded words. A word whose end is open
// stands for all words that begin with it.
type accusation struct {
	words []string
	open  []bool
}

// accusations holds the phrases by the first letter of their first word, and those in Chinese,
// which has no spaces, as plain text.
type accusations struct {
	byLetter map[rune][]accusation
	han      []string
}

var accusing = sync.OnceValue(func() accusations {
	out := accusations{byLetter: map[rune][]accusation{}}
	for _, line := range strings.Split(accusingTable, "\n") {
		cell := strings.Split(line, "\t")
		if strings.HasPrefix(line, "#") || len(cell) != 4 || cell[0] == "topic" {
			continue
		}
		for _, p := range strings.Split(cell[2], "|") {
			p = strings.TrimSpace(p)
			if cell[1] == "zh" {
				out.han = append(out.han, p)
				continue
			}
			var a accusation
			for _, w := range strings.Fields(p) {
				stem, open := strings.CutSuffix(w, "*")
				a.words, a.open = append(a.words, foldText(stem)), append(a.open, open)
			}
			first := []rune(a.words[0])[0]
			out.byLetter[first] = append(out.byLetter[first], a)
		}
	}
	return out
})

// letters that Arabic writes in more than one way.
var sameLetter = strings.NewReplacer("ة", "ه", "ى", "ي")

// foldText removes case, marks and invisible signs, so that the spelling of a word does not matter.
func foldText(s string) string {
	var b strings.Builder
	for _, c := range norm.NFKD.String(s) {
		if !unicode.In(c, unicode.Mn, unicode.Cf, unicode.Me) && c != 'ـ' {
			b.WriteRune(unicode.ToLower(c))
		}
	}
	return sameLetter.Replace(b.String())
}

// Accusing returns the first phrase of a text that would state an accusation as a fact, "" for none.
func Accusing(s string) string { return accusingIn(s) }

// accusingIn returns the first phrase of s that would state an accusation as a fact, "" for none.
func accusingIn(s string) string {
	table, folded := accusing(), foldText(s)
	for _, p := range table.han {
		if strings.Contains(folded, p) {
			return p
		}
	}
	words := strings.FieldsFunc(folded, func(c rune) bool { return !unicode.IsLetter(c) })
	for i, w := range words {
		for _, w := range written(w) {
			for _, a := range table.byLetter[[]rune(w)[0]] {
				if a.at(words[i:], w) {
					return strings.Join(words[i:i+len(a.words)], " ")
				}
			}
		}
	}
	return ""
}

// at reports whether the phrase stands at the start of words, the first of which reads first.
func (a *accusation) at(words []string, first string) bool {
	if len(words) < len(a.words) {
		return false
	}
	for i := range a.words {
		forms := []string{first}
		if i > 0 {
			forms = written(words[i])
		}
		if !slices.ContainsFunc(forms, func(w string) bool { return a.fits(i, w) }) {
			return false
		}
	}
	return true
}

// fits reports whether w is word i of the phrase, or begins with it where its end is open.
func (a *accusation) fits(i int, w string) bool {
	return w == a.words[i] || a.open[i] && strings.HasPrefix(w, a.words[i])
}

// neutral refuses what would state an accusation as a fact in the texts of a node: in itself,
// in the items of its list, or in its values.
func (r *reader) neutral(n *yaml.Node) {
	switch {
	case n == nil || r.err != nil:
	case n.Kind == yaml.ScalarNode:
		if w := accusingIn(n.Value); w != "" {
			r.fail(n.Line, "%q would state an accusation as a fact: a flag is a reason to look", w)
		}
	default:
		for _, c := range n.Content {
			r.neutral(c)
		}
	}
}

// Letters that Arabic and Hebrew write together with the word that follows: "and", "in", "the" …
const (
	arabicPrefixes = "وفبكلا"
	hebrewPrefixes = "והבכלמש"
	maxPrefixes    = 3
	leastStem      = 3 // letters that remain
)

// written returns a word, and what it may be without the prefixes written together with it.
func written(w string) []string {
	out := []string{w}
	letters := []rune(w)
	var prefixes string
	switch {
	case unicode.Is(unicode.Arabic, letters[0]):
		prefixes = arabicPrefixes
	case unicode.Is(unicode.Hebrew, letters[0]):
		prefixes = hebrewPrefixes
	}
	for i := range min(maxPrefixes+1, len(letters)-leastStem) {
		if !strings.ContainsRune(prefixes, letters[i]) {
			break
		}
		out = append(out, string(letters[i+1:]))
	}
	return out
}
