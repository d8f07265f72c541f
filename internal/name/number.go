package name

import (
	"strconv"
	"strings"
)

// numberAsName makes a word again of a number in letters when nothing but legal forms stands
// beside it: "Premier Corporation" is not the first of a series.
func numberAsName(n *Name) {
	at := -1
	for i := range n.Tokens {
		switch n.Tokens[i].Class {
		case Form, Stop:
		case Number:
			if at >= 0 {
				return
			}
			at = i
		default:
			return
		}
	}
	if at < 0 {
		return
	}
	t := &n.Tokens[at]
	if w := n.Run[t.From:t.To]; !hasDigit(w) && len(w) >= 4 {
		t.Text, t.Class, t.Weight, t.Exact = w, Word, 1, false
	}
}

func hasDigit(w string) bool {
	for i := 0; i < len(w); i++ {
		if w[i] <= '9' {
			return true
		}
	}
	return false
}

// spokenAs returns what tells the language of a number in words: its first three letters, since the endings change
// within a language. It is 0 for one with a figure.
func spokenAs(w string) Sym {
	if hasDigit(w) || len(w) < 3 {
		return 0
	}
	return SymSpoken | Sym(w[0]&31)<<10 | Sym(w[1]&31)<<5 | Sym(w[2]&31)
}

type numeral struct{ value, words int }

// number reads digits, number words and roman numerals at word i.
func number(x *lexicon, t []Token, i int) (numeral, bool) { return numberOf(x, t[i].knownIn(x), t, i) }

// numberOf is number for a word of which k is known.
func numberOf(x *lexicon, k *known, t []Token, i int) (numeral, bool) {
	w := t[i].Text
	if !k.digit && !k.numeral && !(t[i].Upper && len(w) <= 5) && !(len(w) > 1 && w[0] == 'n') {
		return numeral{}, false
	}
	if (w == "no" || w == "nr" || w == "number" || w == "num") && i+1 < len(t) && allDigits(t[i+1].Text) {
		v, ok := number(x, t, i+1)
		v.words++
		return v, ok
	}
	if allDigits(w) {
		v, err := strconv.Atoi(w)
		return numeral{v, 1}, err == nil
	}
	if len(w) > 2 && w[0] == 'n' && (w[1] == 'o' || w[1] == 'r') && allDigits(w[2:]) { // Nº3
		v, err := strconv.Atoi(w[2:])
		return numeral{v, 1}, err == nil
	}
	if k.numeral {
		return spoken(x, t, i), true
	}
	if v := ordinal(w, false); v > 0 {
		return numeral{v, 1}, true
	}
	if i > 0 && t[i].Upper && len(w) <= 5 {
		if v := roman(w); v > 0 && (len(w) > 1 || seriesEnd(t, i)) {
			return numeral{v, 1}, true
		}
	}
	return numeral{}, false
}

// spoken reads number words that follow each other: "forty fourth", "forty 4", "two
// hundred", and digits said one by one: "eight two hundred" is 8200.
func spoken(x *lexicon, t []Token, i int) numeral {
	const most = 1 << 20
	v, last, n := 0, 0, 0
	for ; i+n < len(t) && v < most; n++ {
		in := t[i+n].knownIn(x)
		u, ok := in.number, in.numeral
		if d := t[i+n].Text; !ok && n > 0 && last >= 20 && last < 100 && len(d) == 1 && d[0] > '0' && d[0] <= '9' {
			u, ok = int(d[0]-'0'), true
		}
		if !ok {
			break
		}
		switch {
		case n == 0:
			v = u
		case last >= 20 && last < 100 && u > 0 && u < 10:
			v += u
		case u == 100 || u == 1000:
			v *= u
		case last == 100 && u < 100 || last == 1000 && u < 1000:
			v += u
		case last < 10 && u < 10:
			v = v*10 + u
		case t[i+n].Loose && last < 10 && u >= 20 && u < 100 && t[i+n].Text[0] == 'w':
			v += u // الرابع والأربعون: the fourth and fortieth
		default:
			return numeral{v, n}
		}
		last = u
	}
	return numeral{v, n}
}

// seriesEnd reports whether word i ends the name or stands before its legal form: there a
// single I, V or X is a numeral.
func seriesEnd(t []Token, i int) bool {
	return len(t[i-1].Text) > 1 && (i+1 == len(t) || t[i+1].Class == Form)
}

// ordinal reads 44th, 21st, 7e, 3er, 8inci; body says that the word stands in the name of a body, where one letter
// after the figure is enough.
func ordinal(w string, body bool) int {
	k := 0
	for k < len(w) && w[k] <= '9' {
		k++
	}
	if k == 0 || k > 9 || k == len(w) || !ordinalEnds[w[k:]] || len(w)-k == 1 && !body {
		return 0
	}
	v, _ := strconv.Atoi(w[:k])
	return v
}

// ordinalEnds are what is written after a figure for an ordinal number: in English, French, Spanish, Portuguese,
// Italian, Dutch, Swedish, Turkish, Slavic languages, Hungarian and Hindi.
var ordinalEnds = setOf("st nd rd th e er re ere eme ieme iem nd nde de ste ra ro ro do da to ta mo ma vo va no na o " +
	"a y ya go yy oy aya ha sha " +
	"inci uncu nci ncu ik odik vin viin va van")

func allDigits(w string) bool {
	if w == "" || len(w) > 9 {
		return false
	}
	for i := 0; i < len(w); i++ {
		if w[i] > '9' {
			return false
		}
	}
	return true
}

// roman reads numerals up to 39; more are words far more often.
func roman(w string) int {
	v, i := 0, 0
	for ; i < len(w) && w[i] == 'x'; i++ {
		v += 10
	}
	if i > 3 {
		return 0
	}
	switch w[i:] {
	case "":
	case "i":
		v++
	case "ii":
		v += 2
	case "iii":
		v += 3
	case "iv":
		v += 4
	case "v":
		v += 5
	case "vi":
		v += 6
	case "vii":
		v += 7
	case "viii":
		v += 8
	case "ix":
		v += 9
	default:
		return 0
	}
	return v
}

// bodyNumeral reads a number in the name of a body; a Roman one may stand first, before the
// unit. It is a word: a unit with another number is another unit.
func bodyNumeral(x *lexicon, t []Token, i int) (tok Token, words, value int, ok bool) {
	k, ok := number(x, t, i)
	if !ok && i == 0 && len(t) > 1 && t[0].Upper && len(t[0].Text) <= 5 && t[1].knownIn(x).role&isBodyKind != 0 {
		k = numeral{roman(t[0].Text), 1}
		ok = k.value > 0
	}
	if !ok && t[i].Upper {
		k = numeral{highRoman(t[i].Text), 1}
		ok = k.value > 0
	}
	if !ok {
		k = numeral{ordinal(t[i].Text, true), 1}
		ok = k.value > 0
	}
	if !ok {
		return tok, 0, 0, false
	}
	tok = t[i]
	tok.Class, tok.Weight, tok.Exact = Word, bodyNumber, true
	tok.Text, tok.Syms, tok.Loose, tok.Bent, tok.Upper = strconv.Itoa(k.value), nil, false, false, false
	if i+k.words < len(t) && ordinalEnding(t[i+k.words].Text) {
		k.words++
	}
	tok.To = t[i+k.words-1].To
	return tok, k.words, k.value, true
}

// highRoman reads the numerals from 40 to 99 of three letters or more, as in "XLIV Corps"; 0 when w is none.
func highRoman(w string) int {
	if len(w) < 3 {
		return 0
	}
	tens, rest := 0, w
	switch {
	case strings.HasPrefix(w, "xl"):
		tens, rest = 40, w[2:]
	case strings.HasPrefix(w, "xc"):
		tens, rest = 90, w[2:]
	case w[0] == 'l':
		tens = 50
		for rest = w[1:]; strings.HasPrefix(rest, "x") && tens < 80; rest = rest[1:] {
			tens += 10
		}
	default:
		return 0
	}
	if rest == "" {
		return tens
	}
	if v := roman(rest); v > 0 && v < 10 {
		return tens + v
	}
	return 0
}

// ordinalEnding reports whether w is what Slavic languages write after a figure: 2-я, 7-й.
func ordinalEnding(w string) bool {
	switch w {
	case "ya", "y", "go", "yy", "oy", "aya", "ma", "ta", "ha", "sha", "e", "a", "inci", "nci", "uncu", "ncu":
		return true
	}
	return false
}
