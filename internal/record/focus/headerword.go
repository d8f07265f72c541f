package focus

import (
	_ "embed"
	"slices"
	"strings"
)

// headerWords are the words of data/headerword.tsv by language. Providers translate the headers of what is
// downloaded from their pages, each release in its own way; the words that the headers are made of change less.
var headerWords = readHeaderWords()

//go:embed data/headerword.tsv
var headerWordFile string

// A language is the words of headers in one language, folded by [nativeKey], each with the concepts that it
// stands for ("" for words that say nothing).
type language struct {
	name    string
	words   map[string][]string
	longest int // bytes in a word
}

const english = "en"

func readHeaderWords() []*language {
	var out []*language
	at := map[string]*language{}
	for line := range strings.Lines(headerWordFile) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if strings.HasPrefix(line, "#") || len(f) < 3 || f[0] == "language" {
			continue
		}
		l := at[f[0]]
		if l == nil {
			l = &language{name: f[0], words: map[string][]string{}}
			at[f[0]] = l
			out = append(out, l)
		}
		word := nativeKey(f[1])
		l.words[word] = nil
		if f[2] != "of" {
			l.words[word] = strings.Split(f[2], "+")
		}
		l.longest = max(l.longest, len(word))
	}
	return out
}

// links stand between the parts of a German compound.
var links = []string{"en", "es", "ns", "s", "n", "e"}

const longestHeader = 80 // bytes of a folded header that is looked at

// concepts returns what a header is made of, sorted and joined, and whether every part of it is a known word.
// Parts that the language lacks may be English: exports mix both.
func (l *language) concepts(header string) (string, bool) {
	key := nativeKey(header)
	if key == "" || len(key) > longestHeader {
		return "", false
	}
	var found []string
	dead := map[int]bool{}
	if !l.segment(key, 0, &found, dead) {
		return "", false
	}
	slices.Sort(found)
	return strings.Join(slices.Compact(found), " "), len(found) > 0
}

// segment takes key from a position on apart, the longest word first.
func (l *language) segment(key string, from int, found *[]string, dead map[int]bool) bool {
	if from == len(key) {
		return true
	}
	if dead[from] {
		return false
	}
	have := len(*found)
	for end := min(len(key), from+max(l.longest, headerWords[0].longest)); end > from; end-- {
		c, ok := l.words[key[from:end]]
		if !ok {
			if c, ok = headerWords[0].words[key[from:end]]; !ok {
				continue
			}
		}
		*found = append(*found, c...)
		if l.segment(key, end, found, dead) {
			return true
		}
		if from > 0 || end < len(key) { // a link belongs between two words
			for _, link := range links {
				if l.name != "de" || !strings.HasPrefix(key[end:], link) || end+len(link) == len(key) {
					continue
				}
				if l.segment(key, end+len(link), found, dead) {
					return true
				}
			}
		}
		*found = (*found)[:have]
	}
	dead[from] = true
	return false
}

// names returns every name of a column that the profile has.
func (p *profile) names() [][]string {
	var out [][]string
	for _, list := range append(slices.Clone(p.columns[:]), p.product, p.meter, p.needs, p.without) {
		for _, alternatives := range list {
			out = append(out, strings.Split(alternatives, "|"))
		}
	}
	return out
}

// conceptsOf returns, for each language but English in which any name of a header is known, the first column of
// each concept.
func conceptsOf(names []string) []map[string]int {
	var out []map[string]int
	for _, l := range headerWords {
		if l.name == english {
			continue
		}
		at := map[string]int{}
		for i, n := range names {
			c, ok := l.concepts(n)
			if _, twice := at[c]; ok && !twice {
				at[c] = i
			}
		}
		if len(at) > 0 {
			out = append(out, at)
		}
	}
	return out
}

// translated returns the index of a header in which columns stand under the English names of the profile,
// for the first language in which all that the profile needs is there; ok is false when there is none.
// languages is what [conceptsOf] has for the header, index its columns by folded name.
func (p *profile) translated(languages []map[string]int, index map[string]int) (map[string]int, bool) {
	for _, at := range languages {
		if len(at)+len(index) < len(p.needs) {
			continue
		}
		both := map[string]int{}
		for _, k := range p.keys {
			if i, ok := index[k.key]; ok {
				both[k.key] = i
			} else if i, ok := at[k.concepts]; ok && k.concepts != "" {
				both[k.key] = i
			}
		}
		if p.fits(both) {
			return both, true
		}
	}
	return nil, false
}
