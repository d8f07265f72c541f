package match

import (
	"plimsoll/internal/compare"
	"plimsoll/internal/name"
)

// Words that are written in one on one side and in several on the other.

// joinedThere tries the names in which several words stand for one of the query, and
// abbreviations. What the postings reject is looked at when two words of the query are
// joined in it.
func (s *searcher) joinedThere() {
	t := s.q.Tokens
	s.doubt = s.doubt[:0]
	for i := range t {
		if len(t[i].Text) < 4 || t[i].Class == name.Stop || t[i].Class == name.Number {
			continue
		}
		look := func(h uint64, free uint32) {
			h += uint64(s.q.Kind) * keyKind &^ joinCheck
			items := s.ix.joins.span(h)
			for k := range items {
				x := &items[k]
				if (x.check^uint32(h))&^free != 0 || free != 0 && !joinMay(x.check, len(t[i].Text), t[i].Loose) {
					continue
				}
				if _, ok := s.set(&x.post); ok || s.floor < Threshold {
					s.try(x.post.name, byKey)
				} else {
					s.doubt = append(s.doubt, doubt{x.post.name, uint32(i)})
				}
			}
		}
		look(hashString(keyJoin, t[i].Text), 0)
		if len(t[i].Sound) >= compare.JoinSound && !t[i].Exact {
			look(hashString(keyJoinSound, t[i].Sound)&^joinCheck, joinCheck)
		}
	}
	s.doubts()
	if s.q.Kind == name.Person || s.floor > compare.BodyLetters {
		return
	}
	emit := func(h uint64) {
		for _, x := range s.ix.whole.span(h) {
			if x.check == uint32(h) {
				s.try(x.value, byKey)
			}
		}
	}
	if w := compare.Abbreviation(t); w != "" {
		emit(hashString(keyLetters, w))
	}
	if compare.Abbreviable(&s.q) && (s.q.Body || s.floor <= compare.AsLetters) {
		emit(hashString(keyAbbr, s.q.Letters))
	}
}

// A doubt is a name that holds words that stand for one of the query, but too little else
// that is near it.
type doubt struct{ name, word uint32 }

// doubts tries the names that are in doubt for two words of the query. Their place is found
// by a hash; where two names share one, both are tried.
func (s *searcher) doubts() {
	if len(s.doubt) < 2 || s.doubt[0].word == s.doubt[len(s.doubt)-1].word {
		return
	}
	var first [1024]uint32 // word+1 of the first doubt here; ^0 when there were two
	for _, d := range s.doubt {
		x := &first[d.name*0x9E3779B1>>22]
		if *x == 0 {
			*x = d.word + 1
		} else if *x != d.word+1 {
			*x = ^uint32(0)
		}
	}
	for _, d := range s.doubt {
		if first[d.name*0x9E3779B1>>22] == ^uint32(0) {
			s.try(d.name, byJoin)
		}
	}
}

// joinedHere finds the words of the index that stand for several of the query and takes
// them for near words. It comes before any name is looked at by its words.
func (s *searcher) joinedHere() {
	t := s.q.Tokens
	ix := s.ix
	s.joined = s.joined[:0]
	for i := range t {
		size, weight := 0, float32(0)
		for k := i; k < len(t) && k < i+3; k++ {
			if t[k].Class == name.Number || t[k].Class == name.Form {
				break
			}
			weight += t[k].Weight
			if size += len(t[k].Text); size > compare.MaxWord {
				break
			}
			if k == i || size < 4 {
				continue
			}
			b := s.buf[:0]
			for _, w := range t[i : k+1] {
				b = append(b, w.Text...)
			}
			words := func(items []item, check uint32) {
				for _, x := range items {
					w := x.value
					if x.check != check || ix.cards[w].kind != s.q.Kind {
						continue
					}
					ix.word(w, &s.other)
					if v := compare.JoinSim(t[i:k+1], &s.other, size); v > 0 {
						s.nearOf(w, v, weight).part |= uint32(1)<<(k+1) - uint32(1)<<i
						s.joined = append(s.joined, w)
						if ix.light[w].weight == 0 {
							s.must &^= uint32(1)<<(k+1) - uint32(1)<<i // an article in two words
						}
					}
				}
			}
			seed := uint64(s.q.Kind) * keyKind
			eachSound(b, s.snd[:0], func(x []byte) {
				if len(x) >= compare.JoinSound {
					h := hashBytes(keySound, x) + seed
					words(ix.keys.span(h), uint32(h))
				}
			})
			words(ix.spelt.span(hashBytes(keyText, b[:min(len(b), prefix)])+seed), lettersOf(b))
		}
	}
}

// under looks at all names that hold the near word w, which stands for several words of
// the query: in a person's name it is enough by itself.
func (s *searcher) under(w uint32) {
	n := &s.near[s.slot[w]-s.base]
	if n.plain {
		return
	}
	n.plain, n.special = true, true
	post := s.ix.post[s.ix.postStart[w]:s.ix.postStart[w+1]]
	if s.q.Kind != name.Person {
		s.scan(n, post)
		return
	}
	for i := range post {
		s.try(post[i].name, byWord)
	}
}

// eachSound calls f with the skeletons of b, with and without its vowels spoken. buf is
// memory for them.
func eachSound(b, buf []byte, f func([]byte)) {
	single, loose := name.AppendSounds(buf, b)
	f(single)
	if len(loose) != len(single) {
		f(loose)
	}
}
