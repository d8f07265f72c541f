// Package name brings names of any script to one comparable form.
//
// Invariants: Fold(Fold(s)) == Fold(s); the result holds only a-z, 0-9 and single spaces
// between words; no input makes it fail or take more than linear time.
package name

import (
	"strings"
	"unicode"

	"github.com/mozillazg/go-pinyin"
	"github.com/mozillazg/go-unidecode"
	"golang.org/x/text/unicode/norm"
)

// MaxRunes is how much of a name is read. The longest published name of an official list
// has fewer than 400 characters.
const MaxRunes = 512

// Fold returns s in lower case ASCII, words separated by one space.
func Fold(s string) string {
	s = strings.ToValidUTF8(s, "")
	var b strings.Builder
	n, space := 0, false
	for _, r := range norm.NFKD.String(s) {
		if n++; n > MaxRunes {
			break
		}
		switch {
		case unicode.Is(unicode.Mn, r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Me, r):
			continue
		case r == '\'' || r == '.' || r == '’' || r == '‘' || r == '`' || r == 'ʼ' || r == 'ʹ' || r == '´':
			continue
		}
		if unicode.Is(unicode.Han, r) {
			if p := pinyin.SinglePinyin(r, pinyin.NewArgs()); len(p) > 0 {
				if b.Len() > 0 {
					b.WriteByte(' ')
				}
				b.WriteString(p[0])
				space = true
			}
			continue
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mc, r) {
			space = true
			continue
		}
		for _, c := range strings.ToLower(unidecode.Unidecode(string(r))) {
			if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
				if space && b.Len() > 0 {
					b.WriteByte(' ')
				}
				space = false
				b.WriteRune(c)
			}
		}
	}
	return b.String()
}

// Key returns the folded name without legal forms and leading articles, for exact joins.
// A name made of nothing else is returned folded.
func Key(s string) string {
	f := Fold(s)
	var keep []string
	for _, w := range strings.Fields(f) {
		if !legalWord[w] {
			keep = append(keep, w)
		}
	}
	if len(keep) == 0 {
		return f
	}
	return strings.Join(keep, " ")
}

var legalWord = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`the ltd limited llc inc incorporated corp corporation co company plc gmbh ag kg ohg
		aktiengesellschaft sa sas sarl srl spa bv nv ab as asa oy oyj aps ooo oao pao zao ao jsc ojsc pjsc cjsc sro doo
		kft zrt pte pty bhd sdn kk lp llp lllp sl slu ltda eirl eood ood ead ad dd sp zoo`) {
		m[w] = true
	}
	return m
}()
