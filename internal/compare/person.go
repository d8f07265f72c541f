package compare

import (
	"plimsoll/internal/name"
)

// IsWord says which words of a personal name tell people apart.
func IsWord(t *name.Token) bool {
	return t.Class == name.Word || t.Class == name.Patronym
}

// A personPair is what linking the words of two personal names came to.
type personPair struct {
	s        *Scorer
	q, l     []name.Token
	weight   float32 // of the linked words
	worst    float32 // how alike the least alike words are
	words    int     // linked words that tell people apart
	firm     int     // those that are sure
	swaps    int     // names of fathers that are names of sons on the other side
	joined   bool    // spaces and spelling differ, and there is nothing else
	extra    [2]float32
	initials [2]float32
	differ   bool // each side has a word that stands against the other
	doubt    bool // or an initial does
}

// A personRule changes the score of two personal names by one thing that is known of them.
type personRule struct {
	what  string
	apply func(p *personPair, v float32) float32
}

// personRules are applied one after the other.
var personRules = [...]personRule{
	{"other spaces and another spelling, and nothing else", func(p *personPair, v float32) float32 {
		if p.joined {
			return v - onlyJoined
		}
		return v
	}},
	{"no word is sure", func(p *personPair, v float32) float32 {
		if p.firm == 0 {
			return v - noFirmWord
		}
		return v
	}},
	{"words against each other", func(p *personPair, v float32) float32 {
		if p.differ || p.doubt {
			return v * contradicted
		}
		return v
	}},
	{"words on one side only", (*personPair).oneSided},
	{"one word of several", func(p *personPair, v float32) float32 {
		if p.words == 1 && (p.extra[0] > 0 || p.extra[1] > 0) && !p.differ && !p.doubt {
			return v * lonely
		}
		return v
	}},
	{"an initial on one side only", func(p *personPair, v float32) float32 {
		if (p.initials[0] > 0 || p.initials[1] > 0) && !p.differ && !p.doubt {
			return v * initialOver
		}
		return v
	}},
	{"a name of one word", func(p *personPair, v float32) float32 {
		if p.words == 1 && p.extra[0] == 0 && p.extra[1] == 0 && p.worst < 1 {
			return v - (1-p.worst)*oneWord
		}
		return v
	}},
	{"father and son", func(p *personPair, v float32) float32 {
		if p.swaps > 1 {
			return v * contradicted
		}
		return v
	}},
	{"junior and senior", func(p *personPair, v float32) float32 {
		if x, y := suffix(p.q), suffix(p.l); x != "" && y != "" && x != y {
			return v * contradicted
		}
		return v
	}},
	{"two Korean names", func(p *personPair, v float32) float32 {
		if v > contradicted && p.s.otherKorean(p.q, p.l) {
			return v * contradicted
		}
		return v
	}},
	{"a word that is hardly near", func(p *personPair, v float32) float32 {
		if p.worst < shakyLike && p.words < 3 {
			return v * shakyWord
		}
		return v
	}},
}

// person scores two personal names.
func (s *Scorer) person(q, l []name.Token) float32 {
	p := &s.two
	*p = personPair{s: s, q: q, l: l, worst: 1}
	sum := float32(0)
	for i := range s.links {
		sum += p.count(&s.links[i])
	}
	if p.weight == 0 {
		return 0
	}
	p.leftOver()
	v := sum / p.weight
	if p.words == 0 {
		return onlyInitials * v
	}
	for i := range personRules {
		v = personRules[i].apply(p, v)
	}
	return v
}

// count takes a link into account, and returns how alike its words are times what they weigh.
func (p *personPair) count(k *link) float32 {
	a, b := &p.q[k.q], &p.l[k.l]
	w := (linkWeight(p.q, k.q, k.qn) + linkWeight(p.l, k.l, k.ln)) / 2
	if w == 0 {
		return 0
	}
	p.weight += w
	switch {
	case k.how == Joined:
		p.words += int(max(k.qn, k.ln))
		p.firm++
		p.joined = p.joined || len(p.s.links) == 1 && k.sim < sureJoin
		return w * k.sim
	case k.how != Letter && IsWord(a) && IsWord(b):
		p.words++
		p.worst = min(p.worst, k.sim)
		if k.sim > firmWord {
			p.firm++
		}
	}
	if a.Father != b.Father && a.Father*b.Father > 0 && k.sim > firmWord {
		p.swaps++
	}
	return w * k.sim
}

// leftOver finds what has no counterpart.
func (p *personPair) leftOver() {
	var firm [2]bool
	p.extra[0], p.initials[0], firm[0] = rest(p.q, &p.s.qUsed)
	p.extra[1], p.initials[1], firm[1] = rest(p.l, &p.s.lUsed)
	p.differ = firm[0] && firm[1]
	p.doubt = p.extra[0] > 0 && p.initials[1] > 0 || p.extra[1] > 0 && p.initials[0] > 0 || p.initials[0] > 0 &&
		p.initials[1] > 0
}

// oneSided lowers the score by the share of the words that stand on one side only.
func (p *personPair) oneSided(v float32) float32 {
	if p.differ || p.doubt {
		return v
	}
	over := max(p.extra[0]/(p.extra[0]+own(p.q, &p.s.qUsed)), p.extra[1]/(p.extra[1]+own(p.l, &p.s.lUsed)))
	if over <= 0 {
		return v
	}
	v *= 1 - personExtra*over
	if over > mostOver {
		v *= tooMuchOver
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
