package signal

import (
	"database/sql"
	"strings"
	"time"

	"plimsoll/internal/book"
	"plimsoll/internal/record"
)

// procedureFacts are the signals of how an engagement was tendered and what was changed after signature.
func (run *Run) procedureFacts(f *Facts, e *engagement, now version, lacks func(string) bool) {
	number := func(n sql.NullFloat64) any {
		if !n.Valid {
			return nil
		}
		return n.Float64
	}
	run.put(f, lacks, cell{name: "engagement.bids", value: number(now.bids)})
	run.put(f, lacks, cell{name: "engagement.tender_days", value: number(now.tenderDays)})
	led := 1.0 // a source that ties nothing to procedures has one for each
	switch {
	case now.ledTo == record.LedToEarlier:
		led = 0
	case now.ledTo > 0:
		led = float64(now.ledTo)
	}
	run.put(f, lacks, cell{name: "engagement.led_to", value: led, any: true})
	ratio, gaps := run.lateValue(e, now)
	run.putLate(f, "engagement.late_value", ratio, gaps)
	days, gaps := run.lateEnd(e, now)
	run.putLate(f, "engagement.late_days", days, gaps)
}

// putLate keeps a signal of changes: its gaps say which columns are wanting.
func (run *Run) putLate(f *Facts, name string, value any, gaps []Gap) {
	run.put(f, nil, cell{name: name, value: value, gaps: gaps, any: true})
	for _, g := range gaps {
		f.Missing[name] = append(f.Missing[name], g.Column)
		if g.Reason == ColumnAbsent && !run.Has(g.Column) {
			f.Absent[g.Column] = true
		}
	}
}

// changed are the amendments after signature that state a change, and why they are not all of them.
func (run *Run) changed(e *engagement, states func(amendment) bool) (after []amendment, gaps []Gap) {
	signed, column := e.versions[0].signedLast, "engagements.signed"
	for _, a := range e.amended {
		switch {
		case !states(a):
			continue
		case !signed.Valid:
			gaps = append(gaps, run.wanting(column, e.id))
		case !a.day.Valid:
			gaps = append(gaps, Gap{Reason: CellEmpty, Column: "amendments.date", What: e.id, Rows: 1})
		case a.day.Time.After(signed.Time):
			after = append(after, a)
		}
	}
	return after, gaps
}

// wanting is that a cell of an engagement is empty, or its column not there.
func (run *Run) wanting(column, what string) Gap {
	g := Gap{Reason: CellEmpty, Column: column, What: what, Rows: 1}
	if !run.Has(column) {
		g.Reason, g.What = ColumnAbsent, ""
	}
	return g
}

// silent are the gaps of an engagement of which nothing says whether it was changed, or how.
func (run *Run) silent(e *engagement, now version) []Gap {
	if len(e.versions) > 1 {
		return nil // a later row of a register is the change
	}
	switch now.changes {
	case record.ChangesCompared:
		return nil
	case record.ChangesListed:
		for _, a := range e.amended {
			if !a.before.Valid && !a.after.Valid && !a.endBefore.Valid && !a.endAfter.Valid {
				return []Gap{{Reason: CellEmpty, Column: "amendments.after", What: e.id, Rows: 1}}
			}
		}
		return nil
	}
	return []Gap{run.wanting("engagements.changes", e.id)}
}

// lateValue is the value after all changes over the value at signature: 1 when nothing changed it.
func (run *Run) lateValue(e *engagement, now version) (any, []Gap) {
	gaps := run.silent(e, now)
	after, more := run.changed(e, func(a amendment) bool { return a.before.Valid || a.after.Valid })
	if gaps = append(gaps, more...); len(gaps) > 0 {
		return nil, joinGaps(gaps)
	}
	if len(e.versions) > 1 {
		if gaps := run.growthGaps(e); len(gaps) > 0 {
			return nil, gaps
		}
		if ratio, ok := e.growth(); ok {
			return ratio, nil
		}
		return nil, []Gap{run.wanting("engagements.value", e.id)}
	}
	if len(after) == 0 {
		if !now.value.Valid && !e.versions[0].value.Valid {
			return nil, []Gap{run.wanting("engagements.value", e.id)}
		}
		return 1.0, nil
	}
	first, last := after[0].before, after[len(after)-1].after
	if !last.Valid {
		last = e.versions[0].value
	}
	switch {
	case !first.Valid || first.Float64 <= 0:
		return nil, []Gap{{Reason: CellEmpty, Column: "amendments.before", What: e.id, Rows: 1}}
	case !last.Valid:
		return nil, []Gap{{Reason: CellEmpty, Column: "amendments.after", What: e.id, Rows: 1}}
	}
	for _, a := range after {
		if a.currency != "" && after[0].currency != "" && a.currency != after[0].currency {
			return nil, []Gap{{Reason: WordUnknown, Column: "amendments.currency", What: after[0].currency + " / " +
				a.currency, Rows: 1}}
		}
	}
	return last.Float64 / first.Float64, nil
}

// lateEnd is by how many days the last day was moved after signature: negative when it was moved forward, 0 when not at
// all.
func (run *Run) lateEnd(e *engagement, now version) (any, []Gap) {
	gaps := run.silent(e, now)
	after, more := run.changed(e, func(a amendment) bool { return a.endBefore.Valid || a.endAfter.Valid })
	if gaps = append(gaps, more...); len(gaps) > 0 {
		return nil, joinGaps(gaps)
	}
	if len(e.versions) > 1 {
		if !e.ordered() {
			return nil, []Gap{run.orderGap(e)}
		}
		var first, last sql.NullTime
		for _, v := range e.versions {
			if v.end.Valid && !first.Valid {
				first = v.end
			}
			if v.end.Valid {
				last = v.end
			}
		}
		return run.moved(e, first, last)
	}
	if len(after) == 0 {
		return run.moved(e, now.end, now.end)
	}
	last := after[len(after)-1].endAfter
	if !last.Valid {
		last = now.end
	}
	return run.moved(e, after[0].endBefore, last)
}

func (run *Run) moved(e *engagement, first, last sql.NullTime) (any, []Gap) {
	if !first.Valid || !last.Valid {
		return nil, []Gap{run.wanting(book.Engagements+".end", e.id)}
	}
	return last.Time.Sub(first.Time).Hours() / 24, nil
}

// says is an amendment in words.
func (a amendment) says() string {
	out := "amended"
	if a.after.Valid {
		out = strings.TrimSpace("amended to " + amount(a.after.Float64) + " " + a.currency)
	}
	if a.endAfter.Valid {
		out += "; last day now " + a.endAfter.Time.Format(time.DateOnly)
		if a.endBefore.Valid {
			out += ", before " + a.endBefore.Time.Format(time.DateOnly)
		}
	}
	if a.day.Valid {
		out += "; of " + a.day.Time.Format(time.DateOnly)
	}
	return out
}
