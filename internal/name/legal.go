package name

// Business reports whether s ends or begins with a legal form that no person bears as a
// name, so that it is no person's.
func (n *Name) Business() bool {
	if n.Firm {
		return true
	}
	for i := range n.Tokens {
		if n.Tokens[i].Class == Form && (i == 0 || i == len(n.Tokens)-1) && businessForm(n.Tokens[i].Text) {
			return true
		}
	}
	return false
}

// endsInForm reports whether a text ends in a legal form that is long enough, or written
// with points, or stands after "and": "Sh.p.k.", "& Co". A short one may be a family name.
func endsInForm(x *lexicon, t []Token) bool {
	for i := 1; i < len(t); i++ {
		k := t[i].knownIn(x)
		ph := find(k.legal, t, i)
		if ph == nil || i+1+len(ph.rest) != len(t) || k.role&(isGiven|isHonor|isSuffix|isParent) != 0 {
			continue
		}
		size, points := 0, false
		for _, w := range t[i:] {
			size += len(w.Text)
			points = points || w.Exact
		}
		if size > 3 && len(ph.rest) > 0 || size > 4 || points && size > 2 || t[i-1].Text == "and" && t[i].Text == "co" {
			return true
		}
	}
	return false
}

// markLegal marks the words of legal forms. A form of one or two letters counts only at
// either end of a name: AS, SA, CO are words of many languages.
func markLegal(x *lexicon, n *Name) {
	t := n.Tokens
	for i := 0; i < len(t); {
		in := t[i].knownIn(x)
		ph := find(in.legal, t, i)
		if near := nearPhrase(in.legal, t, i); near != nil && (ph == nil || len(near.rest) > len(ph.rest)) {
			ph = near
		}
		if ph == nil {
			ph = in.near
		}
		if ph == nil {
			i++
			continue
		}
		k, size := 1+len(ph.rest), 0
		for j := i; j < i+k; j++ {
			size += len(t[j].Text)
		}
		if size <= 2 && i > 0 && !tail(x, t, i+k) || k == 1 && t[i].Han != 0 { // 大 is no Norwegian DA
			i++
			continue
		}
		for j := i; j < i+k; j++ {
			t[j].Class, t[j].Weight = Form, 0
		}
		n.Legal |= ph.legal
		n.Forms = ph.rows
		i += k
	}
	left := false
	for i := 0; i < len(t) && !left; i++ {
		left = t[i].Class != Form && !t[i].knownIn(x).stop
	}
	if !left { // a name of nothing but legal forms is what it is
		n.Legal, n.Forms = 0, nil
		for i := range t {
			t[i].Class, t[i].Weight = Word, 1
		}
	}
	if n.Legal&^(CORP) != 0 {
		n.Legal &^= CORP
	}
}

// leastNear is how many letters a word has that is taken for a legal form with one slip.
const leastNear = 10

// nearForm returns the legal form that w is but for one letter: Aktiengeselschaft; nil when it is none.
func (x *lexicon) nearForm(w string) *phrase {
	if len(w) < leastNear || x.roles[w]&isOrg != 0 {
		return nil
	}
	for _, f := range x.longForms[w[0]] {
		if oneSlip(w, f) {
			ph := x.legal[f]
			return &ph[len(ph)-1]
		}
	}
	return nil
}

// leastSlip is how many letters a word of a long legal form has in which one slip is overlooked.
const leastSlip = 6

// nearPhrase returns the legal form of several words that begins at word i but for one letter: Gesellschaft mit
// beschrenkter Haftung.
func nearPhrase(list []phrase, t []Token, i int) *phrase {
	for k := range list {
		rest := list[k].rest
		if len(rest) < 1 {
			break // the longest stand first
		}
		if len(t)-i-1 < len(rest) {
			continue
		}
		slips := 0
		for j, w := range rest {
			if g := t[i+1+j].Text; g != w {
				slips++
				if len(w) < leastSlip || !oneSlip(g, w) {
					slips = 2
				}
			}
		}
		if slips == 1 {
			return &list[k]
		}
	}
	return nil
}

// oneSlip reports whether a and b differ by one letter more, less or other, or by two
// neighbours that changed places.
func oneSlip(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	return i < len(a) && (a[i+1:] == b[i+1:] || i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:])
}

// tail reports whether nothing but legal forms follows.
func tail(x *lexicon, t []Token, i int) bool {
	for i < len(t) {
		ph := find(t[i].knownIn(x).legal, t, i)
		if ph == nil {
			return false
		}
		i += 1 + len(ph.rest)
	}
	return true
}

// plainForm says which short words are never the name: forms and articles of the lists'
// most frequent languages.
func plainForm(w string) bool {
	switch w {
	case "ltd", "llc", "inc", "co", "plc", "jsc", "the", "of", "and", "for", "ag", "kg", "sa", "bv", "nv", "ab", "as",
		"oy", "srl", "spa", "de", "la", "du", "des", "und", "der", "die", "ooo", "oao", "zao", "pao", "ao", "pte",
		"pty", "bhd", "sdn", "lp", "llp", "sas", "sal", "fze", "doo", "dd", "ad", "pt", "al", "el":
		return true
	}
	return false
}
