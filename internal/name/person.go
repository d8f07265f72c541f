package name

import "strings"

// person reads the words of a personal name.
func (p *Parser) person(x *lexicon, n *Name) {
	for i := range n.Tokens {
		w := n.Tokens[i].Text
		if w == "and" && i > 0 && i+1 < len(n.Tokens) {
			n.General = true // two names: a firm's, or two people's
		}
		if len(w) >= 4 && x.roles[w]&(isHonor|isGiven|isGeneric) == isGeneric {
			if _, ok := find(x.generic, n.Tokens, i); ok {
				n.General = true
			}
		}
	}
	n.Tokens = splitInitials(x, n.Tokens)
	n.Tokens = joinServant(n.Tokens)
	t := n.Tokens
	words, letters := 0, 0
	var roles [2 * MaxTokens]role
	for i := range t {
		roles[i] = x.roles[t[i].Text]
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
	for i := range t {
		w, r := t[i].Text, roles[i]
		switch {
		case len(w) == 1 && !t[i].Bent:
			t[i].Class, t[i].Weight = Initial, 0.3
			if r&isParticle != 0 && !t[i].Upper && !t[i].Exact {
				t[i].Class, t[i].Weight = Stop, 0
			}
		case r&isParent != 0 && i > 0 && words > 1:
			t[i].Class, t[i].Weight = Stop, 0
			if i+1 < len(t) {
				t[i-1].Father, t[i+1].Father = 1, 2
			}
		case t[i].Loose && (w == "al" || w == "abw" || w == "aby") && words > 1:
			t[i].Class, t[i].Weight = Stop, 0
		case r&isParticle != 0 && words > 1 && !t[i].Bent && !(t[i].Loose && len(w) < 2) && len(w) <= 4 && !(i == len(t)-1 && len(w) > 1 && t[i].Class == Word && words < 2):
			t[i].Class, t[i].Weight = Stop, 0
		case r&isHonor != 0 && words >= 2 && (i == 0 || t[i-1].Class == Honor || religious(w)):
			t[i].Class, t[i].Weight = Honor, 0
		case r&isHonor != 0 && words == 1 && i == 0 && len(t) > 1 && !borne(w):
			t[i].Class, t[i].Weight = Honor, 0
		case r&isSuffix != 0 && i > 0 && i == len(t)-1 && words >= 2 && len(w) > 1:
			t[i].Class, t[i].Weight = Suffix, 0.1
		case i > 0 && i == len(t)-1 && t[i].Upper && len(w) > 1 && roman(w) > 0 && words >= 2 && len(w) <= 4 && !strings.Contains("xi", w):
			t[i].Class, t[i].Weight, t[i].Exact = Suffix, 0.1, true
		case i > 0 && words >= 3 && patronymic(w):
			t[i].Class, t[i].Weight = Patronym, 0.5
		case i == len(t)-1 && i > 0 && businessForm(w):
			t[i].Class, t[i].Weight = Form, 0
			n.Legal |= LLC
		}
	}
	atLeastOne(n)
}

// religious says which titles stand anywhere in a name, not only before it.
func religious(w string) bool {
	switch w {
	case "haji", "hajji", "hadji", "hajj", "haj", "alhaji", "mullah", "mawlawi", "maulvi", "mawlavi", "moulavi", "molvi",
		"maulana", "mawlana", "sheikh", "shaikh", "shaykh", "sheik", "cheikh", "qari", "mufti", "hajah", "hajja", "sayyid", "seyyed", "sayyed", "syed", "seyed",
		"mla", "hajy", "mwlwy", "shykh", "syd", "qary", "mwlana", "alhaj", "akhwnd":
		return true
	}
	return false
}

// borne says which titles are family names as well.
func borne(w string) bool {
	switch w {
	case "king", "queen", "prince", "princess", "sultan", "shah", "emir", "amir", "imam", "don", "baron", "count", "duke", "lord", "marshal", "pope", "bishop",
		"bey", "agha", "aqa", "judge", "justice", "major", "cardinal", "rabbi", "m", "sr", "bay", "sig", "eng", "khanum", "begum", "father", "brother", "sister", "minister", "mayor", "governor", "captain", "sidi", "hadi", "pan", "pani":
		return true
	}
	return false
}

// businessForm says whether w is a legal form that no person bears as a name.
func businessForm(w string) bool {
	if len(w) < 3 {
		return false
	}
	switch w {
	case "llc", "ltd", "limited", "gmbh", "inc", "incorporated", "corp", "corporation", "ooo", "oao", "sarl", "plc", "llp", "company",
		"ltda", "eood", "ood", "jsc", "pjsc", "ojsc", "cjsc", "zao", "pao", "bhd", "pte", "pty", "sirketi", "aktiengesellschaft", "fze", "fzco", "fzc":
		return true
	}
	return false
}

func patronymic(w string) bool {
	for _, s := range []string{"ovich", "evich", "ovych", "evych", "ovitch", "evitch", "ovic", "yich", "ivna", "ovna", "evna", "ivich", "ychna", "ichna", "owicz", "avich", "aviych"} {
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
			return x.roles[w.Text]&(isParticle|isParent|isHonor|isSuffix|isGiven) == 0 && roman(w.Text) == 0
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
func joinServant(t []Token) []Token {
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
		case k < len(t) && (isFaith(t[k].Text) || k+1 < len(t) && isArticle(t[k].Text) && isFaith(t[k+1].Text)) && len(w.Text) >= 2+b2i(!w.Loose) && !isArticle(w.Text):
			if !isFaith(t[k].Text) {
				k++
			}
			w.Text, w.To = w.Text+"din", t[k].To
			out = append(out, w)
			i = k
			continue
		case k < len(t) && (t[k].Text == "allh" || t[k].Text == "ullah" || t[k].Text == "ollah" || t[k].Text == "oullah") && len(w.Text) >= 3:
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
	case "al", "el", "ul", "ur", "us", "ud", "un", "ad", "ash", "as", "ar", "an", "az", "es", "er", "en", "ed", "eddine":
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
	case "aldyn", "alddyn", "dyn", "din", "deen", "dine", "uddin", "addin", "eddin", "eddine", "aldin", "eldin", "uldin", "dein", "ddine", "iddin", "udin":
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
	for _, s := range []string{"aldyn", "uddine", "eddine", "addine", "uddin", "eddin", "addin", "iddin", "aldin", "eldin", "uldin", "uddeen", "udeen", "udin", "oddin", "oddine"} {
		if len(w) >= len(s)+3 && strings.HasSuffix(w, s) {
			return w[:len(w)-len(s)] + "din"
		}
	}
	return w
}
