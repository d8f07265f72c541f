package compare

import (
	"plimsoll/internal/name"
	"strings"
)

// A Piece is one part of an alignment.
type Piece struct {
	Query  string  `json:"query,omitempty"`
	Listed string  `json:"listed,omitempty"`
	How    string  `json:"how"`
	Score  float64 `json:"score"`
}

// sentence says in words how the names go together.
func (s *Scorer) Sentence(pieces []Piece, v float64) string {
	var count [len(howText)]int
	for _, k := range s.links {
		count[k.how]++
	}
	switch {
	case v >= 0.999:
		return "is"
	case count[Similar] > 0 && v >= 0.9:
		return "is spelt almost like"
	case count[Joined] > 0:
		return "is, but for the spaces,"
	case count[Letters] > 0 || len(s.links) == 0:
		return "is the abbreviation or full form of"
	case count[Letter] > 0:
		return "may, by its initials, stand for"
	case count[Variant] > 0:
		return "holds variants of the personal names in"
	case v >= 0.97:
		return "says the same as"
	}
	for _, p := range pieces {
		if p.How == Extra.String() {
			return "has most of its words in common with"
		}
	}
	return "is like"
}

// pieces writes the alignment of the last pair in the order of the query, then what only
// the listed name has.
func (s *Scorer) Pieces(q, l *name.Name) []Piece {
	out := make([]Piece, 0, len(q.Tokens)+len(l.Tokens))
	text := func(t []name.Token, i, n int8) string {
		if n == 1 {
			return t[i].Text
		}
		var w []string
		for k := i; k < i+n && int(k) < len(t); k++ {
			w = append(w, t[k].Text)
		}
		return strings.Join(w, " ")
	}
	conflict := false
	for j := range l.Tokens {
		conflict = conflict || !s.lUsed[j] && l.Tokens[j].Weight > 0
	}
	for i := range q.Tokens {
		done := false
		for _, k := range s.links {
			if int(k.q) == i {
				out = append(out, Piece{Query: text(q.Tokens, k.q, k.qn), Listed: text(l.Tokens, k.l, k.ln),
					How: k.how.String(), Score: float64(k.sim)})
			}
			done = done || int(k.q) <= i && i < int(k.q+k.qn)
		}
		if !done {
			how := Extra
			if q.Tokens[i].Weight == 0 {
				how = Ignored
			} else if conflict {
				how = Differs
			}
			out = append(out, Piece{Query: q.Tokens[i].Text, How: how.String()})
		}
	}
	for j := range l.Tokens {
		done := false
		for _, k := range s.links {
			done = done || int(k.l) <= j && j < int(k.l+k.ln)
		}
		if !done {
			how := Extra
			if l.Tokens[j].Weight == 0 {
				how = Ignored
			}
			out = append(out, Piece{Listed: l.Tokens[j].Text, How: how.String()})
		}
	}
	return out
}
