package compare

import (
	"plimsoll/internal/name"
)

// Names compares two names of one kind that were taken apart.
func (s *Scorer) Names(q, l *name.Name) float32 {
	if len(q.Tokens) == 0 || len(l.Tokens) == 0 {
		return 0
	}
	s.matrix(q.Tokens, l.Tokens)
	return s.Judge(q, l)
}

// judge scores two names whose matrix is filled in.
func (s *Scorer) Judge(q, l *name.Name) float32 {
	v := s.Words(q, l)
	if v < Threshold {
		v = max(v, s.whole(q, l))
	}
	return max(0, min(v, most(q, l), 1))
}

// most is the most that two names can score, however alike their words are.
func most(q, l *name.Name) float32 {
	switch {
	case q.Han != 0 && l.Han != 0 && q.Han != l.Han:
		return otherHan
	case otherOrdinal(q, l):
		return onlyGeneral
	case len(q.Tokens) >= name.MaxTokens && len(l.Tokens) >= name.MaxTokens && q.Run != l.Run:
		return cutName
	}
	return 1
}

// words scores two names by their words.
func (s *Scorer) Words(q, l *name.Name) float32 {
	s.align(q.Tokens, l.Tokens)
	if s.equal(q.Tokens, l.Tokens) {
		return most(q, l)
	}
	var v float32
	if l.Kind == name.Person {
		v = s.person(q.Tokens, l.Tokens)
	} else {
		v = s.org(q, l)
	}
	return max(0, min(v, most(q, l), 1))
}

// equal reports whether the words are the same, one after the other.
func (s *Scorer) equal(q, l []name.Token) bool {
	if len(q) != len(l) {
		return false
	}
	for i := range q {
		if q[i].Text != l[i].Text {
			return false
		}
	}
	return true
}

func linkWeight(t []name.Token, i, n int8) float32 {
	sum := float32(0)
	for k := i; k < i+n; k++ {
		sum += t[k].Weight
	}
	return sum
}

// legal compares the classes of the legal forms.
func legal(q, l name.Legal) float32 {
	const business = name.LLC | name.JSC | name.CORP | name.LP | name.GP | name.LLP | name.SP
	switch {
	case q == 0 || l == 0 || q&l != 0:
		return 1
	case q&business != 0 && l&business != 0:
		return otherForm
	case q&name.NGO != 0 && l&business != 0 || l&name.NGO != 0 && q&business != 0:
		return clubForm
	}
	return strangeForm
}
