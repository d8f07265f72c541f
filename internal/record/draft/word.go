package draft

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"plimsoll/internal/record/table"
)

// The words of headings, the columns that they stand for, words of cells, and names of months; each row names
// its source.
var (
	//go:embed data/header.tsv
	headerTable string
	//go:embed data/column.tsv
	columnTable string
	//go:embed data/value.tsv
	valueTable string
	//go:embed data/month.tsv
	monthTable string
)

// A meaning is what a word over a column stands for.
type meaning struct{ concept, language string }

// A target is one column of a table that a mapping can make.
type target struct {
	table, column string
	concepts      []string // that it may hold, the likeliest first
	weight        float64
}

type dictionary struct {
	headings map[string][]meaning // folded word → what it means
	spoken   map[string][]meaning // the same, blanks left out
	targets  map[string][]target  // by table
	values   map[string]map[string]string
	months   map[string][][]string // by language: wide and short forms
	taxes    []string              // folded words for taxes, the longest first
}

// words is read when it is first needed: most commands write no mapping.
var words = sync.OnceValue(readWords)

func readWords() dictionary {
	d := dictionary{headings: map[string][]meaning{}, spoken: map[string][]meaning{}, targets: map[string][]target{},
		values: map[string]map[string]string{}, months: map[string][][]string{}}
	eachRow("header.tsv", headerTable, 4, func(f []string) {
		k := fold(f[2])
		m := meaning{f[0], f[1]}
		d.headings[k] = append(d.headings[k], m)
		joined := strings.ReplaceAll(k, " ", "")
		d.spoken[joined] = append(d.spoken[joined], m)
	})
	table.EachRoleHeading(func(column, language, word string) {
		k, m := fold(word), meaning{column, language}
		d.headings[k] = append(d.headings[k], m)
		joined := strings.ReplaceAll(k, " ", "")
		d.spoken[joined] = append(d.spoken[joined], m)
	})
	eachRow("column.tsv", columnTable, 4, func(f []string) {
		w, err := strconv.ParseFloat(f[3], 64)
		if err != nil {
			panic("draft: data/column.tsv: " + err.Error())
		}
		d.targets[f[0]] = append(d.targets[f[0]], target{f[0], f[1], strings.Split(f[2], ","), w})
	})
	eachRow("value.tsv", valueTable, 5, func(f []string) {
		if d.values[f[0]] == nil {
			d.values[f[0]] = map[string]string{}
		}
		d.values[f[0]][strings.ToLower(f[2])] = f[3]
		if f[0] == "tax" {
			d.taxes = append(d.taxes, fold(f[2]))
		}
	})
	slices.SortStableFunc(d.taxes, func(a, b string) int { return len(b) - len(a) })
	eachRow("month.tsv", monthTable, 3, func(f []string) {
		d.months[f[0]] = append(d.months[f[0]], strings.Fields(f[1]))
	})
	return d
}

// eachRow calls visit for each row of a table of words. A row of another width is a bug of the table.
func eachRow(name, text string, width int, visit func([]string)) {
	head := true
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != width || f[width-1] == "" {
			panic("draft: data/" + name + ": a row without all of its columns: " + line)
		}
		if head {
			head = false
			continue
		}
		visit(f)
	}
}

// letters that do not decompose into a base letter and an accent.
var plain = strings.NewReplacer("ß", "ss", "ł", "l", "ı", "i", "ø", "o", "æ", "ae", "œ", "oe", "đ", "d", "№", " no ",
	"n°", " no ", "nº", " no ",
	"’", " ", "'", " ", "ё", "е")

// fold writes a heading in lower case without accents, marks and doubled blanks: "Kunden-Nr." is "kunden nr",
// "CustomerName" is "customer name".
func fold(s string) string {
	var b strings.Builder
	previous := rune(0)
	for _, r := range s {
		if unicode.IsUpper(r) && unicode.IsLower(previous) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		previous = r
	}
	s = plain.Replace(strings.ToLower(b.String()))
	b.Reset()
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("€$£¥%", r):
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
	}
	tokens := strings.Fields(norm.NFC.String(b.String()))
	for i, t := range tokens { // the Arabic article
		if rest, ok := strings.CutPrefix(t, "ال"); ok && utf8.RuneCountInString(rest) > 2 {
			tokens[i] = rest
		}
	}
	return strings.Join(tokens, " ")
}

// unbracketed takes out what stands in brackets.
func unbracketed(s string) string {
	var b strings.Builder
	depth := 0
	for _, r := range s {
		switch {
		case r == '(' || r == '[' || r == '（':
			depth++
		case r == ')' || r == ']' || r == '）':
			depth = max(depth-1, 0)
		case depth == 0:
			b.WriteRune(r)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// How far a heading speaks for a concept.
const (
	sureWord   = 1.0 // the heading is the word
	nearlySure = 0.9 // the heading is the word and a word for taxes beside it
	ownName    = 1.2 // the heading is the column's own name
	partOfWord = 0.7 // the word is part of the heading, times the share of the heading that it covers
	leastPart  = 0.3 // below it the heading says nothing
)

// concepts returns how far a heading speaks for each concept, and the languages of the words.
func concepts(heading string) (score map[string]float64, languages map[string]string) {
	score, languages = map[string]float64{}, map[string]string{}
	bare := unbracketed(heading)
	put := func(list []meaning, s float64) {
		for _, m := range list {
			if s > score[m.concept] {
				score[m.concept], languages[m.concept] = s, m.language
			}
		}
	}
	for _, h := range []string{fold(heading), fold(bare)} {
		put(words().headings[h], sureWord)
		put(words().spoken[strings.ReplaceAll(h, " ", "")], sureWord)
	}
	if len(score) > 0 {
		return score, languages
	}
	h := untaxed(scaleless(fold(bare)))
	if put(words().headings[h], nearlySure); len(score) > 0 {
		return score, languages
	}
	tokens := strings.Fields(h)
	for from := range tokens {
		for to := from + 1; to <= len(tokens); to++ {
			put(words().headings[strings.Join(tokens[from:to], " ")], partOfWord*float64(to-from)/float64(len(tokens)))
		}
	}
	if len(score) == 0 && len(tokens) == 1 && strings.ContainsFunc(h, isIdeograph) {
		for w, list := range words().headings {
			if strings.Contains(h, w) && strings.ContainsFunc(w, isIdeograph) && len(w) >= 6 {
				put(list, partOfWord*float64(len(w))/float64(len(h)))
			}
		}
	}
	for c, s := range score {
		if s < leastPart {
			delete(score, c)
			delete(languages, c)
		}
	}
	return score, languages
}

// scaleless takes off a folded heading what says in which unit its numbers are, and of which year: "umsatz in teur
// 2031" is "umsatz".
func scaleless(h string) string {
	tokens := strings.Fields(h)
	kept := slices.DeleteFunc(slices.Clone(tokens), func(t string) bool {
		if len(t) == 4 && (t[:2] == "19" || t[:2] == "20") && strings.Trim(t, "0123456789") == "" {
			return true
		}
		_, currency := table.Currency(t)
		return currency || slices.ContainsFunc(words().headings[t], func(m meaning) bool {
			return m.concept == "thousands" || m.concept == "millions"
		})
	})
	if len(kept) == len(tokens) {
		return h
	}
	for len(kept) > 1 && len(kept[len(kept)-1]) <= 2 { // "in", "en", "w"
		kept = kept[:len(kept)-1]
	}
	return strings.Join(kept, " ")
}

// untaxed takes the words for taxes off a folded heading: "bedrag excl btw" is "bedrag".
func untaxed(h string) string {
	for _, w := range words().taxes {
		if rest, ok := strings.CutSuffix(h, " "+w); ok {
			return rest
		}
		if rest, ok := strings.CutPrefix(h, w+" "); ok {
			return rest
		}
		if strings.ContainsFunc(w, isIdeograph) {
			if rest, ok := strings.CutPrefix(h, w); ok && rest != "" {
				return rest
			}
			if rest, ok := strings.CutSuffix(h, w); ok && rest != "" {
				return rest
			}
		}
	}
	return h
}

// speaksOf reports whether a word of a heading stands for this kind of engagement: "licence no", "shipment id".
func speaksOf(heading, kind string) bool {
	h := " " + fold(heading) + " "
	for w, k := range words().values["engagements.kind"] {
		if k == kind && strings.Contains(h, " "+fold(w)+" ") {
			return true
		}
	}
	return false
}

func isIdeograph(r rune) bool { return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) }

// hinted returns the table that a file's name, else its sheet or the lines above its header speak of, "" for none.
func hinted(name string, more ...string) string {
	base := name
	if i := strings.LastIndexAny(base, "/!"); i >= 0 {
		base = base[i+1:]
	}
	for _, text := range append([]string{base}, more...) {
		if t := spokenOf(text); t != "" {
			return t
		}
	}
	return ""
}

func spokenOf(text string) string {
	h := " " + fold(text) + " "
	best := ""
	for _, w := range slices.Sorted(keys(words().values["file"])) {
		if strings.Contains(h, " "+fold(w)+" ") && len(w) > len(best) {
			best = w
		}
	}
	return words().values["file"][best]
}

func keys(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}
