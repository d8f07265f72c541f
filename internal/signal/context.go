package signal

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/book"
)

// surroundings are what was said and done about parties: claims and dated events. They are
// few in any run and stand in memory.
type surroundings struct {
	asOf       time.Time
	claims     map[int32][]claim
	events     []event
	unclear    []unclearEvent             // events of which kind, date or whom they are about are not known
	restricted map[int32]bool             // parties that an event restricted
	reappear   map[int32][]map[string]any // by the restricted party
	// accounts of no register in which its use may be back, by the restricted party
	unlinked map[int32][]Gap
}

// An unclearEvent is an event of which the kind, the date or whom it is about is not known.
type unclearEvent struct {
	about int32
	all   bool   // it concerns everybody, or nothing says whom
	kind  string // "" when it is not known
	gap   Gap
}

// unclearGaps are the events that concern a party, of a kind that matters or of unknown kind, of
// which something is not known.
func (run *Run) unclearGaps(p int32, c *surroundings, matters func(kind string) bool) []Gap {
	var out []Gap
	for _, e := range c.unclear {
		if e.kind != "" && !matters(e.kind) {
			continue
		}
		if e.all || e.about == p || slices.Contains(run.parents[p], e.about) {
			out = append(out, e.gap)
		}
	}
	return joinGaps(out)
}

// perhaps returns the parties that one may be, of which records know nothing but what is said of it.
func (run *Run) perhaps(p int32) []int32 {
	if p < 0 || int(p) >= len(run.roles) {
		return nil
	}
	for role := range run.rolesIn(p) {
		if role != book.Claimed && role != book.InEvent && role != book.InDemand {
			return nil // a party of its own in other records
		}
	}
	return run.in.Possible[p]
}

// An event is a dated fact of context.
type event struct {
	id, kind, region string
	saidBy           string
	day              time.Time
	about            int32 // -1: concerns everybody
	place            Row
}

const eventsSQL = `
SELECT who, about IS NULL, source, place, id, kind, day, said_by, region, lacks FROM event_row
ORDER BY day NULLS FIRST, kind, id, content`

// context returns the surroundings of all parties.
func (run *Run) context(ctx context.Context) (*surroundings, error) {
	if run.around == nil {
		c, err := run.readContext(ctx)
		if err != nil {
			return nil, err
		}
		run.around = c
	}
	return run.around, nil
}

func (run *Run) readContext(ctx context.Context) (*surroundings, error) {
	c := &surroundings{asOf: run.in.AsOf, restricted: map[int32]bool{}}
	var err error
	if c.claims, err = run.readClaims(ctx); err != nil {
		return nil, err
	}
	err = run.book.Each(ctx, "read events", eventsSQL, func(r *sql.Rows) error {
		var who sql.NullInt32
		var all bool
		var e event
		var day sql.NullTime
		var lacks int64
		if err := r.Scan(&who, &all, &e.place.Source, &e.place.At, &e.id, &e.kind, &day, &e.saidBy, &e.region, &lacks); err != nil {
			return err
		}
		unread := run.lacking(book.Events, lacks)
		e.about, e.day = index(who), day.Time
		if !day.Valid || unread("events.kind") {
			g := Gap{Reason: CellEmpty, Column: "events.date", What: e.id, Rows: 1}
			kind := e.kind
			if unread("events.kind") {
				kind = ""
			}
			if day.Valid {
				g.Reason, g.Column, g.What = WordUnknown, "events.kind", e.kind
			}
			c.unclear = append(c.unclear, unclearEvent{e.about, all || unread("events.about"), kind, g})
			return nil
		}
		if e.about < 0 && triggering(e.kind) && unread("events.about") {
			c.unclear = append(c.unclear, unclearEvent{-1, true, e.kind, run.unreadGap("events.about")})
			return nil
		}
		if e.about < 0 && !all {
			return nil // about somebody that is no party
		}
		e.place.Says = plain(e.kind) + " on " + e.day.Format(time.DateOnly)
		if e.saidBy != "" {
			e.place.Says += ", said by " + clip(e.saidBy)
		}
		for _, p := range run.perhaps(e.about) {
			c.unclear = append(c.unclear, unclearEvent{p, false, e.kind,
				Gap{Reason: Unstated, Column: "events.about_id", What: "about " + run.partyName(e.about), Rows: 1}})
		}
		if e.kind == "restriction" && e.about >= 0 {
			c.restricted[e.about] = true
		}
		c.events = append(c.events, e)
		return nil
	})
	if err != nil {
		return nil, err
	}
	c.reappear, c.unlinked, err = run.reappearances(ctx, c.events)
	return c, err
}

// concerns reports whether an event is about everybody, about the party, or about a body above it.
func (run *Run) concerns(e event, p int32) bool {
	return e.about < 0 || e.about == p || slices.Contains(run.parents[p], e.about)
}

const (
	levelFactor = 2.0 // of its baseline: from here on a month starts another level and is listed; packs ask for more
	nearDays    = 31  // an event this near to a month may have to do with it; bills have no finer grain than the month
	soonDays    = 45  // a movement that begins within this after a publication is listed
	fallFloor   = 0.1 // falls under a tenth are noise
	baseShare   = 0.001
)

// surges lists the months that start a change of level near an event of context.
//
// A month starts one when it stands at levelFactor times its baseline (the median of up to
// twelve months before) or more, and the month before it does not. Its factor is that of the
// highest month that lies within nearDays of the event: a change in the middle of a month
// shows half in the first. Days count from the event to the nearest day of the month, 0
// within it.
func (run *Run) surges(p int32, u *use, c *surroundings) []map[string]any {
	out := []map[string]any{}
	for _, class := range keys(u.class) {
		l := u.line(u.class[class])
		for i := range l.values {
			prev := l.before(i, 12)
			base := median(prev)
			if len(prev) < leastBefore || base <= 0 || l.values[i] < levelFactor*base ||
				l.values[i-1] >= levelFactor*base {
				continue
			}
			e, days, ok := run.nearest(p, l.months[i], c.events)
			if !ok {
				continue
			}
			top := l.values[i]
			if i+1 < len(l.values) && l.months[i+1] == l.months[i]+1 && distance(e.day, l.months[i+1]) <= nearDays {
				top = max(top, l.values[i+1])
			}
			m := map[string]any{
				"capability": class, "factor": top / base, "days": days, "event": e.id, "kind": e.kind,
				"event_date": e.day.Format(time.DateOnly), "date": l.months[i].day(),
			}
			if e.saidBy != "" {
				m["source"] = e.saidBy
			}
			out = append(out, m)
		}
	}
	return out
}

// triggering are the kinds of event after which movements and changes of hands are looked for.
func triggering(kind string) bool {
	switch kind {
	case "publication", "inquiry", "notice", "restriction":
		return true
	}
	return false
}

// crises are the kinds of event near which a surge is looked for.
func crisis(kind string) bool {
	return kind == "conflict" || kind == "emergency" || kind == "crackdown"
}

// hasCrisis reports whether an event near which a surge is looked for concerns a party.
func (run *Run) hasCrisis(p int32, c *surroundings) bool {
	return slices.ContainsFunc(c.events, func(e event) bool { return crisis(e.kind) && run.concerns(e, p) })
}

// nearest finds the crisis nearest to a month, among those that concern a party.
func (run *Run) nearest(p int32, m month, events []event) (best event, days float64, ok bool) {
	for _, e := range events {
		if !crisis(e.kind) || !run.concerns(e, p) {
			continue
		}
		if d := distance(e.day, m); d <= nearDays && (!ok || d < days) {
			best, days, ok = e, d, true
		}
	}
	return best, days, ok
}

// distance is the days between a day and the nearest day of a month.
func distance(day time.Time, m month) float64 {
	switch last := m.end().AddDate(0, 0, -1); {
	case day.Before(m.start()):
		return m.start().Sub(day).Hours() / 24
	case day.After(last):
		return day.Sub(last).Hours() / 24
	}
	return 0
}

// A trigger is a publication, inquiry, notice or restriction about a party or a body above it.
type trigger struct {
	kind, id, saidBy, grade, status string
	day                             time.Time
	doubt                           *Gap // why it is not known to be one
}

// weak reports whether a claim is no publication that anybody has to take note of: withdrawn,
// contradicted, or of the lowest grades (E and F, 5 and 6 of the NATO scale: unreliable,
// improbable, or not to be judged).
func (c claim) weak() bool {
	if dead[c.status] {
		return true
	}
	r, n, ok := grade(c.grade)
	return ok && (r >= "E" || n >= 5)
}

// doubt is why nothing says whether a claim is weak, nil when that is known: its grade or its
// status is not there or not understood, or the day on which it was published is not.
func (run *Run) doubt(x claim) *Gap {
	if x.weak() {
		return nil
	}
	lacks := run.lacking(book.Claims, x.lacks)
	g := Gap{Reason: CellEmpty, What: x.id, Rows: 1}
	_, _, graded := grade(x.grade)
	switch {
	case !graded:
		g.Column = "claims.grade"
		if x.grade != "" {
			g.Reason, g.What = WordUnknown, x.grade
		}
	case lacks("claims.status"):
		g.Column = "claims.status"
	case !x.published.Valid:
		g.Column = "claims.published"
	default:
		return nil
	}
	if !run.Has(g.Column) {
		g.Reason, g.What = ColumnAbsent, ""
	} else if lacks(g.Column) {
		g = run.unreadGap(g.Column)
	}
	return &g
}

// doubtfulTriggers returns claims about a party that would be triggers if they were not weak, and
// the gaps of those of which no day is known.
func (run *Run) doubtfulTriggers(p int32, c *surroundings) (out []trigger, undated []Gap) {
	for _, q := range append([]int32{p}, run.parents[p]...) {
		for _, x := range c.claims[q] {
			g := run.doubt(x)
			switch {
			case g == nil:
			case x.published.Valid:
				out = append(out, trigger{kind: "publication", id: x.id, day: x.published.Time, doubt: g})
			default:
				undated = append(undated, *g)
			}
		}
	}
	return out, joinGaps(undated)
}

// triggers returns what is known to be a trigger for a party, in the order of days.
func (run *Run) triggers(p int32, c *surroundings) []trigger {
	var out []trigger
	about := append([]int32{p}, run.parents[p]...)
	for _, q := range about {
		for _, x := range c.claims[q] {
			if x.published.Valid && !x.weak() && run.doubt(x) == nil {
				out = append(out, trigger{"publication", x.id, x.saidBy, x.grade, latest("reported", x.status),
					x.published.Time, nil})
			}
		}
	}
	for _, e := range c.events {
		if triggering(e.kind) && slices.Contains(about, e.about) {
			out = append(out, trigger{kind: e.kind, id: e.id, saidBy: e.saidBy, day: e.day})
		}
	}
	slices.SortStableFunc(out, func(x, y trigger) int { return x.day.Compare(y.day) })
	return out
}

// relocations lists movements of data that begin within soonDays after a trigger: storage
// that falls in a region against the larger of the trigger's month and the month before it,
// and data moved out against the median of up to twelve months before it. Where nothing was
// moved out before, the baseline is a thousandth of what was stored: some measure is needed
// of what is usual.
//
// What fell because an account went to another party has not moved by that: where no more than this fell, the gaps say
// so.
func (run *Run) relocations(u *use, triggers []trigger) (out []map[string]any, gaps []Gap) {
	out = []map[string]any{}
	seen := map[string]bool{}
	put := func(kind, region string, factor, fall float64, t trigger, m month) {
		key := kind + "\x00" + region + "\x00" + m.day()
		if seen[key] {
			return // the first trigger before a movement is enough
		}
		seen[key] = true
		out = append(out, t.movement(kind, region, factor, fall, m))
	}
	if len(u.months) == 0 {
		return out, nil
	}
	storage, egress := u.line(u.measure[storageTB]), u.line(u.measure[egressTB])
	egress.first = 0 // months without egress are months without egress, from the first bill on
	for _, t := range triggers {
		at := monthOf(t.day)
		for i, m := range u.months {
			if m < at || m.start().Sub(t.day).Hours()/24 > soonDays {
				continue
			}
			before := u.baselineMonths(at, 12)
			if len(before) >= leastBefore {
				var moved, stored []float64
				for _, j := range before {
					moved, stored = append(moved, egress.values[j]), append(stored, storage.values[j])
				}
				base := max(median(moved), baseShare*median(stored))
				if f := egress.values[i] / base; base > 0 && f >= levelFactor {
					put("egress", "", f, 0, t, m)
				}
			}
			for _, region := range keys(u.region) {
				had := u.region[region][at-1]
				if m > at {
					had = max(had, u.region[region][at])
				}
				if had <= 0 {
					continue
				}
				fall := 1 - u.region[region][m]/had
				if handed, accounts := u.handed(at, m); fall >= fallFloor && fall-handed/had < fallFloor {
					gaps = append(gaps, handedGaps(accounts)...)
				} else if fall >= fallFloor {
					put("fall", region, 0, fall, t, m)
				}
			}
		}
		// Bills that end after the trigger, while those of others go on, are a fall of everything.
		if left := u.months[len(u.months)-1] + 1; left >= at && left.start().Sub(t.day).Hours()/24 <= soonDays &&
			run.usage.covers(left) {
			for _, region := range keys(u.region) {
				had := max(u.region[region][at-1], u.region[region][at])
				if handed, accounts := u.handed(at, left); had > 0 && 1-handed/had < fallFloor {
					gaps = append(gaps, handedGaps(accounts)...)
				} else if had > 0 {
					put("fall", region, 0, 1, t, left)
				}
			}
		}
	}
	return out, gaps
}

// handed is what lay, in the month before a trigger or in its own, in accounts that another party has since then, by a
// month; and which these are.
func (u *use) handed(trigger, by month) (sum float64, accounts []string) {
	stored := u.subs[storageTB]
	for _, x := range u.passed {
		if x.since < trigger-1 || x.since > by {
			continue
		}
		most := 0.0
		for _, m := range []month{trigger - 1, trigger} {
			held := 0.0
			for key, v := range stored[m] {
				if own := pairKey(x.account, x.sub); key == own || x.sub == "" && strings.HasPrefix(key, own+"/") {
					held += v
				}
			}
			most = max(most, held)
		}
		if most > 0 {
			sum, accounts = sum+most, append(accounts, pairKey(x.account, x.sub))
		}
	}
	return sum, accounts
}

// handedGaps say that nobody knows what became of the data in accounts that changed hands.
func handedGaps(accounts []string) (out []Gap) {
	for _, a := range accounts {
		out = append(out, Gap{Reason: Unstated, What: "whether the data in account " + a +
			" moved when it changed hands"})
	}
	return out
}

// doubtGaps are the doubts of those triggers of which found says that something followed them.
func doubtGaps(triggers []trigger, undated []Gap, found func([]trigger) bool) []Gap {
	for _, t := range triggers {
		if found([]trigger{t}) {
			undated = append(undated, *t.doubt)
		}
	}
	return joinGaps(undated)
}

// movement is a movement of data after a trigger as rules see it.
func (t trigger) movement(kind, region string, factor, fall float64, m month) map[string]any {
	out := map[string]any{
		"kind": kind, "region": region, "factor": factor, "fall": fall,
		"days": max(0, m.start().Sub(t.day).Hours()/24), "trigger": t.kind,
		"trigger_date": t.day.Format(time.DateOnly), "date": m.day(),
	}
	for key, v := range map[string]string{"publisher": t.saidBy, "grade": t.grade, "status": t.status} {
		if v != "" {
			out[key] = v
		}
	}
	return out
}

// baselineMonths returns the places of the months with a row in the span before m.
func (u *use) baselineMonths(m month, span month) []int {
	var out []int
	for i, x := range u.months {
		if x < m && x >= m-span {
			out = append(out, i)
		}
	}
	return out
}

func keys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
