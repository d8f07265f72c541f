package compare

import (
	"math"
	"plimsoll/internal/name"
)

// org scores two names of organisations or vessels.
func (s *Scorer) org(qn, ln *name.Name) float32 {
	q, l := qn.Tokens, ln.Tokens
	if v := s.letters(qn, ln); v > 0 {
		return v
	}
	var sum, weight float32
	words, cores, firm, counted, short, first := 0, float32(0), 0, 0, MaxWord, true
	places, general, translated := 0, 0, false
	for _, k := range s.links {
		a, b := linkWeight(q, k.q, k.qn), linkWeight(l, k.l, k.ln)
		w := (a + b) / 2
		if a == 0 || b == 0 {
			// A word matched by part of a legal form has nothing more to say.
			continue
		}
		sum += w * k.sim
		weight += w
		counted++
		switch {
		case q[k.q].Class == name.Place:
			places++
		case q[k.q].Class == name.Generic:
			general++
		}
		translated = translated || k.how == Meaning && !sameStem(q[k.q].Text, l[k.l].Text)
		if q[k.q].Class == name.Word || l[k.l].Class == name.Word {
			words++
			if k.sim > firmWord {
				firm++
			}
			if k.how == Meaning { // nothing was spelt in another way
				cores++
				continue
			}
			cores += k.sim - coined(q, l, k)
			if bend := q[k.q].Bent != l[k.l].Bent && k.sim > 0.85; bend {
				continue // another script knows no first letter, and few letters are no few sounds
			}
			if q[k.q].Loose == l[k.l].Loose || k.sim < longVowelsHeard { // few letters are no few sounds where vowels are not written
				short = min(short, len(q[k.q].Text), len(l[k.l].Text))
			}
			first = first && q[k.q].Text[0] == l[k.l].Text[0]
		} else if k.sim > firmWord {
			firm++
		}
	}
	if weight == 0 {
		return 0
	}
	v := sum / weight
	if firm == 0 && counted > 1 {
		v -= noFirmOrg
	}
	qx, qnum := left(q, &s.qUsed)
	lx, lnum := left(l, &s.lUsed)
	if qx > 0 && lx > 0 {
		c := float32(math.Sqrt(float64(qx * lx)))
		v *= max(conflictCap, 1-orgConflict*c/min(1, weight))
	} else if x := max(qx/(qx+kept(q, &s.qUsed)), lx/(lx+kept(l, &s.lUsed))); x > 0 {
		v *= max(0.3, 1-orgExtra*x)
	}
	v *= numbers(qnum, lnum, words, qn, ln)
	v *= legal(qn.Legal, ln.Legal)
	if len(s.links) == 1 && s.links[0].how == Joined && s.links[0].sim < 0.93 {
		v -= 0.15
	}
	if words == 1 && cores < 1 && weight < 1.42 {
		w := v - (1-cores)*oneWord
		if !first {
			w -= 0.15 // hands and ears seldom slip on the first letter
		}
		if short <= 4 {
			w -= 0.17
		}
		v = max(w, min(v, 0.5)) // still worth showing when the threshold is lowered
	}
	if words == 1 && cores < shakyCore || words == 0 && !qn.Body && !ln.Body && (tellingLeft(q, &s.qUsed) || tellingLeft(l, &s.lUsed)) {
		v = min(v, onlyGeneral)
	}
	if translated && words == 0 && (places == 0 || general == 0) {
		v = min(v, onlyGeneral)
	}
	return v
}

// coined is what a link between two coined words is worth less than its letters are: what they differ in is measured
// against what stands before the part that many firms share, and another part is another word.
func coined(q, l []name.Token, k link) float32 {
	if k.qn != 1 || k.ln != 1 || k.sim >= 1 || k.how != Similar {
		return 0
	}
	a, b := &q[k.q], &l[k.l]
	if a.Loose || b.Loose || a.Bent || b.Bent {
		return 0
	}
	i, x := name.Element(a.Text)
	j, y := name.Element(b.Text)
	switch {
	case x == 0 || y == 0:
		return 0
	case x != y:
		return k.sim
	}
	return (1 - k.sim) * (float32(max(len(a.Text), len(b.Text)))/float32(max(i, j)) - 1)
}

// sameStem reports whether two words begin alike (technology, technologies), or one is an
// abbreviation of the other (intl, international).
func sameStem(a, b string) bool {
	n := min(len(a), len(b), 5)
	if n >= 4 && a[:n] == b[:n] {
		return true
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) < 3 || a[0] != b[0] {
		return false
	}
	i := 0
	for j := 0; j < len(b) && i < len(a); j++ {
		if a[i] == b[j] {
			i++
		}
	}
	return i == len(a)
}

// left sums up the words without a counterpart, and returns the numbers among them
// (-1 none, -2 several).
func left(t []name.Token, used *[name.MaxTokens]bool) (float32, int) {
	sum, num := float32(0), -1
	for i := range t {
		if used[i] {
			continue
		}
		if t[i].Class == name.Number {
			if num != -1 {
				num = -2
				continue
			}
			num = 0
			for _, c := range []byte(t[i].Text) {
				num = num*10 + int(c-'0')
			}
			continue
		}
		sum += t[i].Weight
	}
	return sum, num
}

// tellingLeft reports whether a word without a counterpart is one that tells names apart.
func tellingLeft(t []name.Token, used *[name.MaxTokens]bool) bool {
	for i := range t {
		if !used[i] && t[i].Class == name.Word && t[i].Weight >= 1 {
			return true
		}
	}
	return false
}

func kept(t []name.Token, used *[name.MaxTokens]bool) float32 {
	sum := float32(0)
	for i := range t {
		if used[i] && t[i].Class != name.Number {
			sum += t[i].Weight
		}
	}
	return max(sum, 0.01)
}

// numbers says what the numbers do that one side has and the other has not (-1: none).
func numbers(q, l, words int, qn, ln *name.Name) float32 {
	vessel := ln.Kind == name.Vessel
	switch {
	case q == -1 && l == -1:
		return 1
	case q != -1 && l != -1 && words > 0:
		if vessel || words > 1 || qn.Legal&ln.Legal&name.LP != 0 {
			return otherSeries
		}
		return otherNumber
	case q != -1 && l != -1:
		return onlyNumber
	case vessel:
		return shipNumber
	case q == 1 || l == 1:
		return noFirst
	}
	return noNumber
}

// otherOrdinal reports whether two names of general words share a number that each says in another language: First
// Bank and Erste Bank are no more one than First Pharma and Yi Yao. Bodies are (the first army, la première armée).
func otherOrdinal(q, l *name.Name) bool {
	if q.Kind != name.Org || q.Body || l.Body {
		return false
	}
	a, b := spoken(q.Tokens), spoken(l.Tokens)
	return a != 0 && b != 0 && a != b
}

// spoken returns how the only number in words of a name begins, 0 when there is none or a word tells whose name it is.
func spoken(t []name.Token) name.Sym {
	s := name.Sym(0)
	for i := range t {
		switch t[i].Class {
		case name.Word:
			return 0
		case name.Number:
			if s != 0 || len(t[i].Syms) == 0 {
				return 0
			}
			s = t[i].Syms[0]
		}
	}
	return s
}
