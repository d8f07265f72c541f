package match

import (
	"fmt"
	"strings"

	"plimsoll/internal/list"
	"plimsoll/internal/name"
)

func foldAddress(s string) string { return name.Fold(s) }

// explain aligns the two names of a hit and writes the sentence.
func (s *searcher) explain(q *Query, h *Hit) {
	e := &s.ix.lists[h.List].Entries[h.Entry]
	mixed := ""
	how := "is not near"
	if h.found.name != noName {
		n := &s.ix.names[h.found.name]
		a, b := &s.q, &s.l
		s.parser.Parse(name.Variants(h.Matched)[h.found.variant], h.found.kind, a)
		s.ix.listed(h.found.name, b)
		if b.Kind != name.Person {
			b.Abbreviate()
		}
		v := s.s.names(a, b)
		h.Pieces = s.s.pieces(a, b)
		how = s.s.sentence(a, b, float64(v))
		if a.Mixed {
			mixed = fmt.Sprintf(" %q mixes letters of two alphabets that look alike.", h.Matched)
		} else if b.Mixed {
			mixed = fmt.Sprintf(" The listed name %q mixes letters of two alphabets that look alike.", h.Name)
		}
		if n.flag&flagWeak != 0 {
			mixed += " The list calls this alias weak."
		}
	}
	if j := h.Judgement; j != nil {
		mixed += fmt.Sprintf(" A reviewer called it %s: %s.", strings.ReplaceAll(string(j.Verdict), "_", " "), strings.TrimRight(j.Reason, "."))
	}
	h.Why = fmt.Sprintf("%q %s the listed name %q%s.%s", h.Matched, how, h.Name, beside(h.evidence, q, e), mixed)
}

// sentence says in words how the names go together.
func (s *scorer) sentence(q, l *name.Name, v float64) string {
	count := map[How]int{}
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
	for _, p := range s.pieces(q, l) {
		if p.How == Extra.String() {
			return "has most of its words in common with"
		}
	}
	return "is like"
}

// beside writes what the other properties say.
func beside(ev evidence, q *Query, e *list.Entry) string {
	var yes, no, missing []string
	put := func(x int8, what, detail string) {
		switch {
		case x > 0:
			yes = append(yes, what+detail)
		case x < 0:
			no = append(no, what+detail)
		default:
			missing = append(missing, what)
		}
	}
	detail := ""
	if ev.number > 0 {
		detail = " " + ev.id.String()
	} else if ev.number < 0 {
		detail = fmt.Sprintf(" (%s here, %s there)", ev.id, ev.other.ID)
	}
	put(ev.number, "register number", detail)
	detail = ""
	if ev.country < 0 {
		detail = fmt.Sprintf(" (%s here, %s there)", q.Country, strings.Join(e.Countries, ", "))
	}
	put(ev.country, "country", detail)
	put(ev.date, "date", "")
	put(ev.address, "address", "")
	var b strings.Builder
	for _, x := range []struct {
		verb string
		list []string
	}{{"agrees", yes}, {"differs", no}, {"cannot be compared", missing}} {
		if len(x.list) == 0 {
			continue
		}
		b.WriteString("; ")
		verb := x.verb
		if len(x.list) > 1 {
			verb = map[string]string{"agrees": "agree", "differs": "differ"}[verb]
			if verb == "" {
				verb = x.verb
			}
		}
		b.WriteString(strings.Join(x.list, " and ") + " " + verb)
	}
	return b.String()
}

// pieces writes the alignment of the last pair in the order of the query, then what only
// the listed name has.
func (s *scorer) pieces(q, l *name.Name) []Piece {
	var out []Piece
	text := func(t []name.Token, i, n int8) string {
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
