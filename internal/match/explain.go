package match

import (
	"fmt"
	"strconv"
	"strings"

	"plimsoll/internal/list"
	"plimsoll/internal/name"
)

func foldAddress(s string) string { return name.Fold(s) }

// explain aligns the two names of a hit and writes the sentence.
func (s *searcher) explain(q *Query, h *Hit) {
	e := &s.ix.lists[h.List].Entries[h.Entry]
	b := strconv.AppendQuote(s.why[:0], h.Matched)
	named := h.found.name != noName
	how := "is not near"
	if named {
		f := found{text: h.found.text, variant: h.found.variant, kind: h.found.kind}
		if s.parsed != f {
			s.parser.Parse(name.Variants(h.Matched)[f.variant], f.kind, &s.q)
			s.parsed = f
		}
		s.ix.listed(h.found.name, &s.l)
		if s.l.Kind != name.Person {
			s.l.Abbreviate()
		}
		v := s.s.names(&s.q, &s.l)
		h.Pieces = s.s.pieces(&s.q, &s.l)
		how = s.s.sentence(h.Pieces, float64(v))
	}
	b = append(append(append(b, ' '), how...), " the listed name "...)
	b = append(beside(strconv.AppendQuote(b, h.Name), h.evidence, q, e), '.')
	switch {
	case !named:
	case s.q.Mixed:
		b = append(strconv.AppendQuote(append(b, ' '), h.Matched), " mixes letters of two alphabets that look alike."...)
	case s.l.Mixed:
		b = append(strconv.AppendQuote(append(b, " The listed name "...), h.Name), " mixes letters of two alphabets that look alike."...)
	}
	if named && s.ix.names[h.found.name].flag&flagWeak != 0 {
		b = append(b, " The list calls this alias weak."...)
	}
	if j := h.Judgement; j != nil {
		b = fmt.Appendf(b, " A reviewer called it %s: %s.", strings.ReplaceAll(string(j.Verdict), "_", " "), strings.TrimRight(j.Reason, "."))
	}
	s.why, h.Why = b, string(b)
}

// sentence says in words how the names go together.
func (s *scorer) sentence(pieces []Piece, v float64) string {
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

// beside appends what the other properties say.
func beside(b []byte, ev evidence, q *Query, e *list.Entry) []byte {
	what := [...]string{"register number", "country", "date", "address", "father's name", "gender"}
	says := [...]int8{ev.number, ev.country, ev.date, ev.address, ev.father, ev.gender}
	for _, x := range [...]struct {
		says      int8
		one, more string
	}{{1, "agrees", "agree"}, {-1, "differs", "differ"}, {0, "cannot be compared", "cannot be compared"}} {
		verb := ""
		for i := range what {
			if says[i] != x.says || x.says == 0 && i > 3 { // few lists have a father or a gender
				continue
			}
			if verb == "" {
				verb = x.one
				b = append(b, "; "...)
			} else {
				verb = x.more
				b = append(b, " and "...)
			}
			b = append(b, what[i]...)
			switch {
			case i == 0 && x.says > 0:
				b = append(append(b, ' '), ev.id.String()...)
			case i == 0 && x.says < 0:
				b = fmt.Appendf(b, " (%s here, %s there)", ev.id, ev.other.ID)
			case i == 1 && x.says < 0:
				b = fmt.Appendf(b, " (%s here, %s there)", q.Country, strings.Join(e.Countries, ", "))
			}
		}
		if verb != "" {
			b = append(append(b, ' '), verb...)
		}
	}
	return b
}

// pieces writes the alignment of the last pair in the order of the query, then what only
// the listed name has.
func (s *scorer) pieces(q, l *name.Name) []Piece {
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
				out = append(out, Piece{Query: text(q.Tokens, k.q, k.qn), Listed: text(l.Tokens, k.l, k.ln), How: k.how.String(), Score: float64(k.sim)})
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
