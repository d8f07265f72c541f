package compare

import (
	"plimsoll/internal/name"
)

// IsWord says which words of a personal name tell people apart.
func IsWord(t *name.Token) bool {
	return t.Class == name.Word || t.Class == name.Patronym
}

// person scores two personal names.
func (s *Scorer) person(q, l []name.Token) float32 {
	var sum, weight, worst float32 = 0, 0, 1
	words, firm, swaps, v0 := 0, 0, 0, float32(0)
	for _, k := range s.links {
		a, b := &q[k.q], &l[k.l]
		w := (linkWeight(q, k.q, k.qn) + linkWeight(l, k.l, k.ln)) / 2
		if w == 0 {
			continue
		}
		sum += w * k.sim
		weight += w
		if k.how == Joined {
			words += int(max(k.qn, k.ln))
			firm++
			if len(s.links) == 1 && k.sim < 0.93 {
				v0 = 0.15 // the spaces and the spelling differ, and there is nothing else
			}
			continue
		}
		if k.how != Letter && IsWord(a) && IsWord(b) {
			words++
			worst = min(worst, k.sim)
			if k.sim > firmWord {
				firm++
			}
		}
		if a.Father != b.Father && a.Father*b.Father > 0 && k.sim > firmWord {
			swaps++
		}
	}
	if weight == 0 {
		return 0
	}
	qw, qo, qf := rest(q, &s.qUsed)
	lw, lo, lf := rest(l, &s.lUsed)
	v := sum/weight - v0
	switch {
	case words == 0:
		return 0.4 * v // initials alone name nobody
	case firm == 0:
		v -= noFirmWord
	}
	if qf && lf || qw > 0 && lo > 0 || lw > 0 && qo > 0 || qo > 0 && lo > 0 {
		v *= contradicted
	} else {
		if over := max(qw/(qw+own(q, &s.qUsed)), lw/(lw+own(l, &s.lUsed))); over > 0 {
			v *= 1 - personExtra*over
			if over > 0.55 {
				v *= 0.8
			}
		}
		if words == 1 && (qw > 0 || lw > 0) {
			v *= lonely
		}
		if qo > 0 || lo > 0 {
			v *= 0.98
		}
	}
	if words == 1 && qw == 0 && lw == 0 && worst < 1 {
		v -= (1 - worst) * oneWord
	}
	if swaps > 1 {
		v *= 0.62
	}
	if x, y := suffix(q), suffix(l); x != "" && y != "" && x != y {
		v *= 0.65
	}
	if worst < 0.7 && words < 3 {
		v *= shakyWord
	}
	return v
}

// rest sums up what was left over: words, initials, and whether there are any words that
// must not differ.
func rest(t []name.Token, used *[name.MaxTokens]bool) (words, initials float32, firm bool) {
	for i := range t {
		if used[i] {
			continue
		}
		switch t[i].Class {
		case name.Word, name.Generic, name.Place, name.Number:
			words += t[i].Weight
			firm = true
		case name.Patronym:
			words += t[i].Weight
			firm = true
		case name.Initial:
			initials += t[i].Weight
		}
	}
	return words, initials, firm
}

func own(t []name.Token, used *[name.MaxTokens]bool) float32 {
	sum := float32(0)
	for i := range t {
		if used[i] {
			sum += t[i].Weight
		}
	}
	return max(sum, 0.01)
}

func suffix(t []name.Token) string {
	if n := len(t); n > 0 && t[n-1].Class == name.Suffix {
		switch t[n-1].Text {
		case "jr", "junior", "jnr", "ii", "filho", "hijo", "fils":
			return "2"
		case "sr", "senior", "snr":
			return "1"
		}
		return t[n-1].Text
	}
	return ""
}
