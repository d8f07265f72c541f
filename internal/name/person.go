package name

import "strings"

// A part is a word of a personal name, with what the rules look at.
type part struct {
	t     []Token
	i     int
	role  role
	words int // how many words of the name are no title, particle or letter
	prev  Class
}

func (w *part) text() string { return w.t[w.i].Text }
func (w *part) first() bool  { return w.i == 0 }
func (w *part) last() bool   { return w.i == len(w.t)-1 }

// A personRule says what a word does in a personal name, and how much it says about who is meant.
type personRule struct {
	what   string
	when   func(w *part) bool
	class  Class
	weight float32
}

// personRules are tried in order, and the first that fits counts. What none fits is a name.
var personRules = [...]personRule{
	{"a particle of one letter", func(w *part) bool {
		t := &w.t[w.i]
		return len(t.Text) == 1 && !t.Bent && w.role&isParticle != 0 && !t.Upper && !t.Exact
	}, Stop, 0},
	{"an initial", func(w *part) bool { return len(w.text()) == 1 && !w.t[w.i].Bent }, Initial, initialWeight},
	{"a word for son or daughter", func(w *part) bool { return w.role&isParent != 0 && !w.first() && w.words > 1 },
		Stop, 0},
	{"an Arabic article or kunya by itself", func(w *part) bool {
		s := w.text()
		return w.t[w.i].Loose && (s == "al" || s == "abw" || s == "aby") && w.words > 1
	}, Stop, 0},
	{"a particle", func(w *part) bool {
		t := &w.t[w.i]
		return w.role&isParticle != 0 && w.words > 1 && !t.Bent && !(t.Loose && len(t.Text) < 2) && len(t.Text) <= 4
	}, Stop, 0},
	{"a title before a name", func(w *part) bool {
		return w.role&isHonor != 0 && w.words >= 2 && (w.first() || w.prev == Honor || w.role&isReligious != 0)
	}, Honor, 0},
	{"a title before one word", func(w *part) bool {
		return w.role&isHonor != 0 && w.words == 1 && w.first() && !w.last() && w.role&isBorne == 0
	}, Honor, 0},
	{"junior, senior", func(w *part) bool {
		return w.role&isSuffix != 0 && !w.first() && w.last() && w.words >= 2 && len(w.text()) > 1
	}, Suffix, suffixWeight},
	{"a numeral after a name", func(w *part) bool {
		s := w.text()
		return !w.first() && w.last() && w.t[w.i].Upper && len(s) > 1 && len(s) <= 4 && w.words >= 2 &&
			!strings.Contains("xi", s) && roman(s) > 0
	}, Suffix, suffixWeight},
	{"a patronymic", func(w *part) bool { return !w.first() && w.words >= 3 && w.role&isPatronym != 0 }, Patronym,
		patronymWeight},
	{"a legal form", func(w *part) bool { return !w.first() && w.last() && w.role&isFirm != 0 }, Form, 0},
}

// How much the words of a personal name that are no names say about who is meant.
const (
	initialWeight  = 0.3
	suffixWeight   = 0.1
	patronymWeight = 0.5
)

// person reads the words of a personal name.
func (p *Parser) person(x *lexicon, n *Name) {
	n.General = general(x, n.Tokens)
	n.Tokens = joinServant(x, splitInitials(x, n.Tokens))
	t := n.Tokens
	roles, w := &p.roles, &p.part
	*w = part{t: t, words: namesOf(x, t, roles)}
	for w.i = range t {
		w.role = roles[w.i]
		if n := len(t[w.i].Text); w.role == 0 && n > 1 && !t[w.i].Loose && (w.i+1 < len(t) || !t[w.i].Upper || n > 4) {
			w.prev = t[w.i].Class
			continue // no rule is for such a word
		}
		for k := range personRules {
			if r := &personRules[k]; r.when(w) {
				r.mark(n, w)
				break
			}
		}
		w.prev = t[w.i].Class
	}
	atLeastOne(n)
}

// mark gives a word the class of a rule that fits it.
func (r *personRule) mark(n *Name, w *part) {
	t := w.t
	t[w.i].Class, t[w.i].Weight = r.class, r.weight
	switch {
	case r.class == Form:
		n.Legal |= LLC
	case r.class == Suffix && w.role&isSuffix == 0:
		t[w.i].Exact = true
	case r.class == Stop && w.role&isParent != 0 && !w.first() && !w.last() && len(t[w.i].Text) > 1:
		t[w.i-1].Father, t[w.i+1].Father = 1, 2
	}
}

// general reports whether words look like two names, or hold one that names of organisations share.
func general(x *lexicon, t []Token) bool {
	for i := range t {
		w := t[i].Text
		if w == "and" && i > 0 && i+1 < len(t) {
			return true // a firm's name, or two people's
		}
		if len(w) < 4 {
			continue
		}
		k := t[i].knownIn(x)
		if k.role&(isHonor|isGiven|isGeneric) == isGeneric && find(k.generic, t, i) != nil {
			return true
		}
	}
	return false
}

// Given says how many words of a personal name are names, and whether one of them is a given name that is known.
func (n *Name) Given() (words int, given bool) {
	for i := range n.Tokens {
		if t := &n.Tokens[i]; n.Kind == Person && (t.Class == Word || t.Class == Patronym) {
			words++
			given = given || len(t.Syms) > 0
		}
	}
	return words, given
}

// namesOf fills in what the lexicons say of each word, and counts those that are names.
func namesOf(x *lexicon, t []Token, roles *[2 * MaxTokens]role) int {
	words, letters := 0, 0
	for i := range t {
		roles[i] = t[i].knownIn(x).role
		switch {
		case len(t[i].Text) == 1:
			letters++
		case roles[i]&(isParticle|isParent|isHonor) == 0:
			words++
		}
	}
	if words == 1 && letters > 0 && len(t[0].Text) == 1 {
		words++ // "M. R. Al-Tamimi": the letters stand for names
	}
	return words
}

// businessForm says whether w is a legal form that no person bears as a name.
func businessForm(w string) bool { return len(w) >= 3 && lex().roles[w]&isFirm != 0 }

func patronymic(w string) bool {
	for _, s := range []string{"ovich", "evich", "ovych", "evych", "ovitch", "evitch", "ovic", "yich", "ivna", "ovna",
		"evna", "ivich", "ychna", "ichna", "owicz", "avich", "aviych"} {
		if len(w) > len(s)+1 && strings.HasSuffix(w, s) {
			return true
		}
	}
	return false
}

// splitInitials takes J.C. and the JC of "JC Lantern" apart.
func splitInitials(x *lexicon, t []Token) []Token {
	caps := true
	for i := range t {
		caps = caps && t[i].Upper
	}
	split := func(w *Token) bool {
		if len(w.Text) < 2 || len(w.Text) > 4 || w.Bent || w.Loose {
			return false
		}
		if w.Exact {
			return true
		}
		if caps || !w.Upper || len(w.Text) > 3 || businessForm(w.Text) {
			return false
		}
		if len(w.Text) == 2 { // the JA of "JA Okafor"
			return w.knownIn(x).role&(isParticle|isParent|isHonor|isSuffix|isGiven) == 0 && roman(w.Text) == 0
		}
		for i := 0; i < len(w.Text); i++ {
			if isVowel(w.Text[i]) || w.Text[i] == 'y' {
				return false
			}
		}
		return true
	}
	extra := 0
	for i := range t {
		if split(&t[i]) {
			extra += len(t[i].Text) - 1
		}
	}
	if extra == 0 {
		for i := range t {
			t[i].Exact = false
		}
		return t
	}
	out := make([]Token, 0, len(t)+extra)
	for i := range t {
		if !split(&t[i]) {
			t[i].Exact = false
			out = append(out, t[i])
			continue
		}
		for k := range t[i].Text {
			w := t[i]
			w.Text, w.From, w.To = w.Text[k:k+1], w.From+int32(k), w.From+int32(k)+1
			out = append(out, w)
		}
	}
	if len(out) > MaxTokens {
		out = out[:MaxTokens]
	}
	return out
}

// joinServant writes the names that are made of two words in one way: Abd al-Rahman,
// Abdul Rahman, Abdurrahman; Saif al-Din, Saifuddin; Habib Ullah, Habibullah.
func joinServant(x *lexicon, t []Token) []Token {
	joined := false
	for i := range t {
		joined = joined || t[i].knownIn(x).joined
	}
	if !joined {
		for i := range t {
			t[i].Text = t[i].knownIn(x).one
		}
		return t
	}
	out := t[:0]
	for i := 0; i < len(t); i++ {
		w := t[i]
		k := i + 1
		switch {
		case isServant(w.Text):
			if k+1 < len(t) && (w.Text == "abd" || w.Text == "abu" && false) && isArticle(t[k].Text) {
				k++
			}
			if k < len(t) && len(t[k].Text) >= 3 && !isServant(t[k].Text) {
				w.Text, w.To = "abd"+bare(t[k].Text), t[k].To
				if isGod(t[k].Text) {
					w.Text = "abdllah"
				}
				out = append(out, w)
				i = k
				continue
			}
		case k < len(t) && (isFaith(t[k].Text) || k+1 < len(t) && isArticle(t[k].Text) && isFaith(t[k+1].Text)) &&
			len(w.Text) >= 2+b2i(!w.Loose) && !isArticle(w.Text):
			if !isFaith(t[k].Text) {
				k++
			}
			w.Text, w.To = w.Text+"din", t[k].To
			out = append(out, w)
			i = k
			continue
		case k < len(t) && (t[k].Text == "allh" || t[k].Text == "ullah" || t[k].Text == "ollah" ||
			t[k].Text == "oullah") && len(w.Text) >= 3:
			w.Text, w.To = w.Text+"ullah", t[k].To
			out = append(out, w)
			i = k
			continue
		}
		w.Text = oneServant(w.Text)
		out = append(out, w)
	}
	return out
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func isServant(w string) bool {
	switch w {
	case "abd", "abdul", "abdel", "abdal", "abdol", "abdoul", "abdur", "abder", "abdus", "abdu":
		return true
	}
	return false
}

func isArticle(w string) bool {
	switch w {
	case "al", "el", "ul", "ur", "us", "ud", "un", "ad", "ash", "as", "ar", "an", "az", "es", "er", "en", "ed",
		"eddine":
		return true
	}
	return false
}

func isGod(w string) bool {
	switch w {
	case "allh", "allah", "ullah", "llah", "lah", "alla", "ulla":
		return true
	}
	return false
}

func isFaith(w string) bool {
	switch w {
	case "aldyn", "alddyn", "dyn", "din", "deen", "dine", "uddin", "addin", "eddin", "eddine", "aldin", "eldin",
		"uldin", "dein", "ddine", "iddin", "udin":
		return true
	}
	return false
}

// bare drops the article that clings to a word after Abd: "errahman" stays as it is, but
// "rrahman" does not occur; only a doubled letter is made single.
func bare(w string) string {
	if len(w) > 3 && w[0] == w[1] {
		return w[1:]
	}
	return w
}

// oneServant writes Abdulrahman, Abdurrahman, Abdelrahman as abdrahman and Noureddine,
// Nuruddin as nourdin, nurdin.
func oneServant(w string) string {
	switch w {
	case "abdallh", "abdullah", "abdallah", "abdulla", "abdalla", "abdollah", "abdoullah":
		return "abdllah"
	}
	if len(w) >= 7 && strings.HasPrefix(w, "abd") {
		r := w[3:]
		if isVowel(r[0]) {
			r = r[1:]
			if len(r) > 1 && isVowel(r[0]) {
				r = r[1:]
			}
		}
		switch {
		case len(r) > 4 && r[0] == 'l' && r[1] != 'l':
			r = r[1:]
		case len(r) > 4 && r[0] == r[1]:
			r = r[1:]
		}
		if len(r) >= 4 {
			return "abd" + r
		}
		return w
	}
	for _, s := range []string{"allah", "ollah", "oullah", "allh"} {
		if len(w) >= len(s)+3 && strings.HasSuffix(w, s) {
			return w[:len(w)-len(s)] + "ullah"
		}
	}
	for _, s := range []string{"aldyn", "uddine", "eddine", "addine", "uddin", "eddin", "addin", "iddin", "aldin",
		"eldin", "uldin", "uddeen", "udeen", "udin", "oddin", "oddine"} {
		if len(w) >= len(s)+3 && strings.HasSuffix(w, s) {
			return w[:len(w)-len(s)] + "din"
		}
	}
	return w
}
