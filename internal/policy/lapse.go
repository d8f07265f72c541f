package policy

import (
	"slices"
	"time"
)

// A Lapse is a rule that is not run, since nothing that it rests on is in force on the day.
type Lapse struct {
	Pack    string         `json:"pack"`
	Flag    string         `json:"flag"`
	Of      string         `json:"subject"`
	Title   string         `json:"title"`
	Why     string         `json:"why"` // "lapsed since 2025-11-10" or "not yet in force: from 2033-01-01"
	Clauses []LapsedClause `json:"clauses"`
}

// A LapsedClause is a clause that is not in force, and the days between which it is.
type LapsedClause struct {
	Clause string `json:"clause"`
	From   string `json:"from,omitempty"`
	Until  string `json:"until,omitempty"`
}

// Lapsed returns the rules that AsOf left out, in the order of the packs.
func (p *Pack) Lapsed() []Lapse { return slices.Clone(p.lapsed) }

// InForce returns how many rules are run. A run in which it is 0 computed nothing.
func (p *Pack) InForce() int {
	n := 0
	for _, part := range p.Parts {
		n += len(part.Rules)
	}
	return n
}

// lapse says why a rule with no clause in force on a day is not run.
func (r *Rule) lapse(day string) Lapse {
	l := Lapse{Pack: r.part.Name, Flag: r.Flag, Of: r.Of, Title: r.Title}
	ended, begins := "", ""
	for _, g := range r.RestsOn {
		c := g.Clause
		l.Clauses = append(l.Clauses, LapsedClause{g.Name(), c.From, c.Until})
		if c.Until != "" && c.Until < day {
			ended = max(ended, c.Until)
		} else if begins == "" || c.From < begins {
			begins = c.From
		}
	}
	switch since := dayAfter(ended); {
	case begins == "":
		l.Why = "lapsed since " + since
	case ended == "":
		l.Why = "not yet in force: from " + begins
	default:
		l.Why = "lapsed since " + since + ", in force again from " + begins
	}
	return l
}

func dayAfter(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.AddDate(0, 0, 1).Format(time.DateOnly)
}
