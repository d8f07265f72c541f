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
			text := h.Matched
			if f.variant > 0 {
				text = name.Variants(text)[f.variant]
			}
			s.parser.Parse(text, f.kind, &s.q)
			s.parsed = f
		}
		s.ix.listed(h.found.name, &s.l)
		if s.l.Kind != name.Person {
			s.l.Abbreviate()
		}
		v := s.s.Names(&s.q, &s.l)
		h.Pieces = s.s.Pieces(&s.q, &s.l)
		how = s.s.Sentence(h.Pieces, float64(v))
	}
	b = append(append(append(b, ' '), how...), " the listed name "...)
	b = append(beside(strconv.AppendQuote(b, h.Name), h.evidence, q, e), '.')
	switch {
	case !named:
	case s.q.Mixed:
		b = append(strconv.AppendQuote(append(b, ' '), h.Matched),
			" mixes letters of two alphabets that look alike."...)
	case s.l.Mixed:
		b = append(strconv.AppendQuote(append(b, " The listed name "...), h.Name),
			" mixes letters of two alphabets that look alike."...)
	}
	if named && s.ix.names[h.found.name].flag&flagWeak != 0 {
		b = append(b, " The list calls this alias weak."...)
	}
	if j := h.Judgement; j != nil {
		b = fmt.Appendf(b, " A reviewer called it %s: %s.", strings.ReplaceAll(string(j.Verdict), "_", " "),
			strings.TrimRight(j.Reason, "."))
	}
	s.why, h.Why = b, string(b)
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
