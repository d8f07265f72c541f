package compare

import "plimsoll/internal/name"

// Korean names have two to four syllables, each of them a part of the name: Jo Chol is not Jo Kyong Chol, and Choe, of
// whom there are as many as of Cho, is not Cho.
const (
	fewestSyllables = 2
	mostSyllables   = 4
)

// korean reports whether the words of a name are the syllables of a Korean one, a family name that is known the first
// or the last of them.
func korean(t []name.Token) bool {
	if len(t) < fewestSyllables || len(t) > mostSyllables || !family(&t[0]) && !family(&t[len(t)-1]) {
		return false
	}
	for i := range t {
		switch t[i].Class { // Il and Un are particles of other languages
		case name.Word, name.Patronym, name.Stop, name.Suffix:
		default:
			return false
		}
		if t[i].Loose || !t[i].KoreanSyllable() {
			return false
		}
	}
	return true
}

func family(t *name.Token) bool {
	for _, s := range t.Syms {
		if s.Family() {
			return true
		}
	}
	return false
}

// otherKorean reports whether two Korean names are of two people: another family name, another number of syllables, or
// other given names, whichever end the family name stands at.
func (s *Scorer) otherKorean(q, l []name.Token) bool {
	if !korean(q) || !korean(l) {
		return false
	}
	n := len(q)
	if n != len(l) {
		return true
	}
	for _, a := range [...]int{0, n - 1} {
		for _, b := range [...]int{0, n - 1} {
			if family(&q[a]) && family(&l[b]) && (q[a].Text == l[b].Text || symSim(&q[a], &l[b]) > 0) &&
				s.sameGiven(q, l, a, b) {
				return false
			}
		}
	}
	return true
}

// sameGiven reports whether the syllables beside the family names, at a and b, are alike one by one. The last of
// several is left to the other rules: lists and records differ in it for one person.
func (s *Scorer) sameGiven(q, l []name.Token, a, b int) bool {
	i, j := 0, 0
	for range max(1, len(q)-2) {
		if i == a {
			i++
		}
		if j == b {
			j++
		}
		if s.Sim[i][j] < least && !name.SameSyllable(&q[i], &l[j]) {
			return false
		}
		i, j = i+1, j+1
	}
	return true
}
