package signal

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/capability"
)

// Of the use of a party that lies in an engine a line for each class of service comes back first: from which month on
// it was used, and how much at most in a month. Where the answers to all rules follow from these lines, the rows of
// the party stay where they are.

// useBoundSQL makes these lines. The line of class "*" has the months with a row of the party, and their number in
// peak. doubtful is 1 where something of the use is not known, or taken back.
var useBoundSQL = query{"use_bound", `
SELECT party, class, measure, min(month) AS first_month, max(month) AS last_month, min(used_month) AS used_from,
  max(amount) AS peak, max(own) AS own_peak, max(doubtful) AS doubtful FROM (
  SELECT party, class, measure, month, min(CASE WHEN quantity IS NULL OR quantity > 0 THEN month END) AS used_month,
    coalesce(sum(amount), 0) AS amount, sum(CASE WHEN sure AND NOT twice THEN amount END) AS own,
    max(CASE WHEN sure AND plain AND coalesce(quantity, 0) >= 0 AND (quantity IS NOT NULL OR silent) THEN 0 ELSE 1 END) AS doubtful
  FROM (SELECT f.party, f.month, f.quantity, f.twice, s.class, s.measure, s.plain, s.silent,
      f.used = 'yes' AND f.unread IS NULL AND f.month >= DATE '1990-01-01' AS sure,
      CAST(f.quantity AS DOUBLE) * f.scale * s.factor
        / CASE WHEN s.hourly THEN CAST(24 * date_diff('day', f.month, f.month + INTERVAL '1' MONTH) AS DOUBLE) ELSE 1 END AS amount
    FROM usage_fact f JOIN service_use s ON s.service_id = f.service_id) r
  GROUP BY party, class, measure, month) m
GROUP BY party, class, measure
UNION ALL
SELECT party, '*' AS class, '' AS measure, min(month) AS first_month, max(month) AS last_month, NULL AS used_from,
  CAST(count(DISTINCT month) AS DOUBLE) AS peak, NULL AS own_peak, 0 AS doubtful
FROM usage_fact WHERE month >= DATE '1990-01-01' AND (unread IS NULL OR unread <> '` + allLater + `') GROUP BY party`}

// boundSlack is how far a sum of floats in an engine may be from that of the same numbers in another order, as a part
// of it. Sums of 2^30 numbers of one sign stay within 2^-22 in the worst case, and within 1e-12 as measured.
const boundSlack = 1e-6

// sendUses makes the table of what services are used for, for [useBoundSQL], here and in the engine.
func (run *Run) sendUses(ctx context.Context) error {
	type row struct {
		ServiceID             int32 `col:"service_id"`
		Class, Measure        string
		Factor                float64
		Hourly, Plain, Silent bool
	}
	t, err := run.book.Create(ctx, "service_use", row{})
	if err != nil {
		return err
	}
	for i, s := range run.services {
		// What [use.add] takes from a charge without asking whether it is understood.
		plain := len(s.May) == 0 && (s.Measure != "" || s.Capability == "" && s.Wants != egressTB)
		silent := s.Capability == "" && s.Measure != egressTB
		x := row{int32(i), s.Capability, s.Measure, s.Factor, s.PerMonthHours, plain, silent}
		if err := t.Append(x); err != nil {
			return err
		}
	}
	if err := t.Close(); err != nil {
		return err
	}
	return run.send(ctx, "service_use")
}

// A bound is a line of [useBoundSQL].
type bound struct {
	party          int32
	class, measure string
	first, last    month
	usedFrom       sql.NullTime
	peak           float64
	own            sql.NullFloat64
	doubtful       bool
}

// eachBound reads the lines of the parties from up to but for to, by party.
func (run *Run) eachBound(ctx context.Context, from, to int32, do func(bound)) error {
	return run.book.Each(ctx, "read bounds of use", `
SELECT party, class, measure, first_month, last_month, used_from, peak, own_peak, doubtful FROM use_bound
WHERE party >= $1 AND party < $2 ORDER BY party, class, measure`, func(r *sql.Rows) error {
		var b bound
		var first, last time.Time
		if err := r.Scan(&b.party, &b.class, &b.measure, &first, &last, &b.usedFrom, &b.peak, &b.own,
			&b.doubtful); err != nil {
			return err
		}
		b.first, b.last = monthOf(first), monthOf(last)
		do(b)
		return nil
	}, from, to)
}

// boundBatch gives the parties of a batch whose rows stay in the engine what the lines say of their use; of others it
// notes that they have rows there.
func (run *Run) boundBatch(ctx context.Context, batch []subject, from, to int32) error {
	lines := map[int32][]bound{}
	if err := run.eachBound(ctx, from, to, func(b bound) { lines[b.party] = append(lines[b.party], b) }); err != nil {
		return err
	}
	for p, list := range lines {
		s := &batch[p-from]
		if run.asked != nil && run.asked[p] {
			continue
		}
		if s.stray == nil {
			s.use, s.bounds = useWithin(list)
		}
		if s.use != nil { // bills stay of one source only
			s.use.sources = slices.Sorted(maps.Keys(run.usage.sourceLacks))
		}
		s.remote = s.use == nil
	}
	return nil
}

// useWithin is the use of a party as far as its lines tell it: all but the amounts. It is nil where the lines do not
// tell all of that.
func useWithin(list []bound) (*use, []bound) {
	u := newUse()
	for _, b := range list {
		switch {
		case b.doubtful:
			return nil, nil
		case b.class == "*":
			if int(b.last-b.first)+1 != int(b.peak) {
				return nil, nil // which months have no row decides
			}
			for m := b.first; m <= b.last; m++ {
				u.months = append(u.months, m)
			}
		case b.class != "" && b.usedFrom.Valid:
			m := monthOf(b.usedFrom.Time)
			if u.used[b.class] == nil {
				u.used[b.class] = map[month]bool{}
			}
			u.used[b.class][m] = true
		}
	}
	if len(u.months) == 0 {
		return nil, nil
	}
	return u, list
}

// most is how much of a measure, or of a class, a party used in a month at most, and at least in the month of its
// largest use. used: there is a line.
func most(list []bound, fits func(bound) bool) (least, most float64, used bool) {
	for _, b := range list {
		if b.class != "*" && fits(b) {
			least, most, used = max(least, b.peak*(1-boundSlack)), most+b.peak*(1+boundSlack), true
		}
	}
	return least, most, used
}

// bySignal are the signals of use that amounts of a measure decide, beside its peak.
var bySignal = map[string][]string{
	storageTB: {"usage.storage_mads", "usage.storage_growth", "usage.storage_over_2m", "usage.storage_rising_months",
		"usage.combination_tb", "usage.sub_storage_tb"},
	speech: {"usage.speech_growth", "usage.sub_speech_hours"}, tokens: {"usage.llm_growth"},
	records: {"usage.text_growth"},
}

// within replaces the signals that amounts decide by what the lines say of them.
func (run *Run) within(f *Facts, s *subject, c *surroundings) {
	pend := func(name string, value any) {
		if f.Pending == nil {
			f.Pending = map[string]bool{}
		}
		f.Pending[name] = true
		delete(f.Values, name)
		delete(f.Most, name)
		if value != nil {
			f.Values[name] = value
		}
		f.Gaps[name] = append(f.Gaps[name], Gap{Reason: Unstated, Column: "usage"})
	}
	peak := func(name string, fits func(bound) bool) {
		least, top, used := most(s.bounds, fits)
		if !used {
			return
		}
		whole := len(f.Gaps[name]) == 0
		pend(name, least)
		if whole {
			f.Most[name] = top
		}
	}
	stored, other := false, false
	for _, measure := range measures {
		of := func(b bound) bool { return b.measure == measure }
		if !slices.ContainsFunc(s.bounds, of) {
			continue
		}
		for _, p := range peaks {
			if p.measure == measure {
				peak(p.signal, of)
			}
		}
		for _, name := range bySignal[measure] {
			pend(name, nil)
		}
		stored = stored || measure == storageTB
	}
	peak("usage.face_images_peak", func(b bound) bool { return b.class == capability.Face })
	for _, w := range windowFields {
		other = other || slices.ContainsFunc(s.bounds, func(b bound) bool { return b.class == w.class })
	}
	if stored && other {
		pend("usage.windows", []map[string]any{})
	}
	if len(s.use.used) > 1 {
		pend("usage.combination", nil)
	}
	if run.hasCrisis(s.party, c) {
		pend("usage.surges", []map[string]any{})
	}
	doubtful, undated := run.doubtfulTriggers(s.party, c)
	if len(run.triggers(s.party, c))+len(doubtful)+len(undated) > 0 {
		pend("usage.relocations", []map[string]any{})
	}
	if c.restricted[s.party] {
		pend("usage.reappears", []map[string]any{})
	}
}

// askParties finds the parties that some rule may raise, or cannot be answered for, by what their lines say, and
// brings their rows.
func (run *Run) askParties(ctx context.Context) error {
	if !run.away() || run.asked != nil || run.usage.rows == 0 {
		return nil
	}
	wanted, err := run.subjects(ctx)
	if err != nil {
		return err
	}
	c, err := run.context(ctx)
	if err != nil {
		return err
	}
	read := func(ctx context.Context, yield func([]subject) error) error {
		for from := int32(0); int(from) < len(wanted); from += batchSize {
			list, err := run.partyBatch(ctx, from, min(from+batchSize, int32(len(wanted))))
			if err != nil {
				return err
			}
			if err := yield(list); err != nil {
				return err
			}
		}
		return nil
	}
	asked := make([]bool, 0, len(wanted))
	err = inOrder(ctx, read, func(list []subject) int { return len(list) }, func(_ int, list []subject, i int) bool {
		s := &list[i]
		switch {
		case s.remote || run.in.Settled == nil && s.bounds != nil:
			return true
		case s.bounds == nil || !wanted[s.party]:
			return false
		}
		return !run.in.Settled(run.partyFact(s, c))
	}, func(ask bool) error {
		asked = append(asked, ask)
		return nil
	})
	if err != nil {
		return err
	}
	if err := run.sendAsked(ctx, asked); err != nil {
		return err
	}
	for _, x := range [][2]string{
		{"usage_fact", "SELECT f.* FROM usage_fact f JOIN asked_party a ON a.party = f.party"},
		{"usage_slot", `SELECT s.* FROM usage_slot s JOIN (SELECT DISTINCT f.slot FROM usage_fact f JOIN asked_party a ON a.party = f.party) x
ON x.slot = s.slot`},
		{"usage_group", `SELECT g.* FROM usage_group g JOIN (SELECT DISTINCT f.source, f.first_row FROM usage_fact f
JOIN asked_party a ON a.party = f.party) x ON x.source = g.source AND x.first_row = g.n`},
	} {
		if err := run.bring(ctx, x[0], x[1]); err != nil {
			return err
		}
	}
	run.asked = asked
	return nil
}

func (run *Run) sendAsked(ctx context.Context, asked []bool) error {
	type row struct{ Party int32 }
	t, err := run.book.Create(ctx, "asked_party", row{})
	if err != nil {
		return err
	}
	for p, ask := range asked {
		if ask {
			if err := t.Append(row{int32(p)}); err != nil {
				return err
			}
		}
	}
	if err := t.Close(); err != nil {
		return err
	}
	return run.send(ctx, "asked_party")
}

// Asked returns how many parties, and accounts that no party is known of, have use in an engine, and of how many the
// rows were brought.
func (run *Run) Asked(ctx context.Context) (of, brought int, err error) {
	for _, ask := range run.asked {
		if ask {
			brought++
		}
	}
	err = run.db.QueryRowContext(ctx, "SELECT count(DISTINCT party) FROM use_bound").Scan(&of)
	return of, brought, err
}

// segmentAway draws the limits of segments from the lines. What stands at the rank of a limit is read row by row, so
// that it is the number that the book would have.
func (run *Run) segmentAway(ctx context.Context) error {
	type entry struct {
		party int32
		peak  float64
		lines int
	}
	all := map[[2]string]map[int32]*entry{}
	err := run.eachBound(ctx, 0, math.MaxInt32, func(b bound) {
		if !b.own.Valid || !slices.ContainsFunc(segmentMeasures, func(m struct{ measure, signal string }) bool {
			return m.measure == b.measure
		}) {
			return
		}
		k := [2]string{noClass, b.measure}
		if run.stray(b.party) == nil {
			k[0] = run.class(b.party)
		}
		if all[k] == nil {
			all[k] = map[int32]*entry{}
		}
		e := all[k][b.party]
		if e == nil {
			e = &entry{party: b.party}
			all[k][b.party] = e
		}
		e.peak, e.lines = e.peak+max(0, b.own.Float64), e.lines+1
	})
	if err != nil {
		return err
	}
	for k, entries := range all {
		if k[0] == noClass {
			continue
		}
		s := segment{unsure: len(all[[2]string{noClass, k[1]}])}
		list := make([]*entry, 0, len(entries))
		for _, e := range entries {
			list = append(list, e)
		}
		slices.SortFunc(list, func(a, b *entry) int { return compareFloat(a.peak, b.peak, a.party, b.party) })
		exact := map[int32]float64{}
		n := len(list)
		if n+s.unsure >= leastSegment {
			near := map[int32]bool{}
			for _, i := range []int{n - 1 - min(n-1, segmentRank(n+s.unsure)), n - 1 - segmentRank(n)} {
				for _, e := range list {
					if e.lines > 1 || math.Abs(e.peak-list[i].peak) <= boundSlack*list[i].peak {
						near[e.party] = true
					}
				}
			}
			if exact, err = run.exactPeaks(ctx, k[1], near); err != nil {
				return err
			}
		}
		for _, e := range list {
			v, ok := exact[e.party]
			if !ok {
				v = e.peak
			}
			s.peaks = append(s.peaks, v)
		}
		slices.Sort(s.peaks)
		run.segments[k] = s
	}
	return nil
}

func compareFloat(a, b float64, p, q int32) int {
	switch {
	case a != b && a < b, a == b && p < q:
		return -1
	case a == b && p == q:
		return 0
	}
	return 1
}

// exactPeaks are the largest months of parties in a measure, added up as [Run.segment] does.
func (run *Run) exactPeaks(ctx context.Context, measure string, parties map[int32]bool) (map[int32]float64, error) {
	out := map[int32]float64{}
	var now struct {
		party int32
		month month
	}
	var sum float64
	begun := false
	text := strings.Replace(segmentSQL, "WHERE c.measure IN", "WHERE c.measure = '"+measure+"' AND f.party IN ("+
		numbers(parties, "%d")+") AND c.measure IN", 1)
	flush := func() {
		if begun {
			out[now.party] = max(out[now.party], sum)
		}
	}
	// The year and the number of the month stand for its day, which would not come back as one.
	text = strings.Replace(text, "\nSELECT party, measure, service_id, month,", "\nSELECT party, measure, service_id, "+
		"EXTRACT(YEAR FROM month) * 12 + EXTRACT(MONTH FROM month) - 1,", 1)
	text = text[:strings.LastIndex(text, " ORDER BY ")] + " ORDER BY 1, 2, 4, 3, 5"
	err := run.onBills(ctx, "draw limits of segments", text, 6, func(r *sql.Rows) error {
		var k = now
		var of string
		var service int32
		var m int
		var scale, q float64
		if err := r.Scan(&k.party, &of, &service, &m, &scale, &q); err != nil {
			return err
		}
		k.month = month(m)
		if !begun || k != now {
			flush()
			now, sum, begun = k, 0, true
		}
		sum += run.services[service].amount(q*scale, k.month)
		return nil
	})
	flush()
	if err == nil && len(out) != len(parties) {
		err = fmt.Errorf("draw limits of segments: %d of %d parties", len(out), len(parties))
	}
	return out, err
}

// bringHeld brings what those who hold accounts for others are told by the use of these, and the lines.
func (run *Run) bringHeld(ctx context.Context) error {
	for _, q := range holderSQL {
		if q.name == "holder_service" {
			if err := run.bringAll(ctx, q); err != nil {
				return err
			}
		}
	}
	if err := run.book.Derive(ctx, useBoundSQL.name, useBoundSQL.text); err != nil { // empty, for its columns
		return err
	}
	return run.bringAll(ctx, useBoundSQL)
}

// bringAll makes a table in the engine and brings all of it.
func (run *Run) bringAll(ctx context.Context, q query) error {
	if err := run.in.Away.Make(ctx, q.name, q.text); err != nil {
		return err
	}
	if err := run.empty(ctx, q.name); err != nil {
		return err
	}
	return run.bring(ctx, q.name, "SELECT * FROM "+q.name)
}

// bringSome brings the groups of the accounts that parties asked about hold, use or resell into the room of a run about
// them, and all groups where one of them was restricted: what they used may be back in any account.
func (run *Run) bringSome(ctx context.Context, all bool) error {
	for _, table := range []string{"usage", "usage_group"} {
		if err := run.book.Derive(ctx, table, "SELECT * FROM main."+table+" WHERE FALSE"); err != nil {
			return err
		}
	}
	const near = `
WITH near AS (SELECT mention FROM party_map WHERE party IN (SELECT party FROM asked_party))
SELECT DISTINCT account FROM main.account WHERE party IN (SELECT mention FROM near) OR end_user IN (SELECT mention FROM near)
  OR reseller IN (SELECT mention FROM near) ORDER BY account`
	var accounts []string
	if err := run.book.Each(ctx, "list accounts", near, func(r *sql.Rows) error {
		var account string
		err := r.Scan(&account)
		accounts = append(accounts, "'"+strings.ReplaceAll(account, "'", "''")+"'")
		return err
	}); err != nil {
		return err
	}
	take := func(where string) error {
		from := "usage u LEFT JOIN account_tie t ON t.account = coalesce(u.account, '') AND " +
			"t.sub = coalesce(u.sub_account, '')" + where
		if err := run.bring(ctx, "usage", "SELECT u.* FROM "+from); err != nil {
			return err
		}
		return run.bring(ctx, "usage_group", "SELECT g.* FROM usage_group g JOIN (SELECT u.source, u.first_row FROM "+
			from+") x ON x.source = g.source AND x.first_row = g.n")
	}
	if all {
		return take("")
	}
	for part := range slices.Chunk(accounts, mostAccounts) {
		where := " WHERE coalesce(t.to_account, u.account, '') IN (" + strings.Join(part, ", ") + ")"
		if err := take(where); err != nil {
			return err
		}
	}
	return nil
}

// mostAccounts is how many accounts one statement names.
const mostAccounts = 2000
