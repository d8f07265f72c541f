package signal

import (
	"slices"

	"plimsoll/internal/book"
)

// absenceDays is how long after a trigger a month without a bill begins at the latest to be listed (RF-40).
const absenceDays = 400

// bookkeeping lists the months of a party's bills that are not there although bills before and
// after them are, in the time after a publication, inquiry, notice or restriction.
func (run *Run) bookkeeping(f *Facts, s *subject, u *use, c *surroundings, unbilled []Gap) {
	out := run.absences(u, run.triggers(s.party, c))
	maybe, undated := run.doubtfulTriggers(s.party, c)
	gaps := slices.Concat(run.tableGaps("claims.published", "events.date", "events.kind"), run.unclearGaps(s.party, c,
		triggering),
		doubtGaps(maybe, undated, func(list []trigger) bool { return len(run.absences(u, list)) > 0 }))
	if len(u.months) < 3 {
		gaps = nil // nothing stands between two months
	} else if u.months[len(u.months)-1]-u.months[0] == month(len(u.months)-1) {
		gaps = nil // no month is missing
	}
	if gaps == nil {
		gaps = unbilled
	}
	if len(run.triggers(s.party, c)) > 0 {
		// A row of the register that was not read may be an account of its, and months be missing between the two.
		gaps = append(gaps, run.tornGaps(run.partyID(s.party), book.Accounts)...)
		if g := run.namelessGap(book.Accounts); g != nil {
			gaps = append(gaps, *g)
		}
	}
	gaps = append(gaps, run.tornGaps(run.partyID(s.party), book.Claims, book.Events)...)
	gaps = slices.Concat(gaps, u.undatedGaps())
	run.settle(f, defs["usage.absences"], out, true, joinGaps(gaps))
}

// absences lists the months without a bill between months with one that follow a trigger.
func (run *Run) absences(u *use, triggers []trigger) []map[string]any {
	out := []map[string]any{}
	for i := 1; i < len(u.months); i++ {
		for m := u.months[i-1] + 1; m < u.months[i]; m++ {
			at := slices.IndexFunc(triggers, func(t trigger) bool {
				days := m.start().Sub(t.day).Hours() / 24
				return m.end().After(t.day) && days <= absenceDays
			})
			if at < 0 {
				continue
			}
			t := triggers[at]
			x := t.movement("missing_month", "", 0, 0, m)
			x["everybody"] = !run.usage.covers(m)
			x["month"] = m.String()
			out = append(out, x)
		}
	}
	return out
}
