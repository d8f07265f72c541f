package signal

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/book"
	"plimsoll/internal/capability"
	"plimsoll/internal/finding"
)

// peaks are the signals that hold the largest month of a measure.
var peaks = []struct{ signal, measure string }{
	{"usage.storage_tb_peak", storageTB}, {"usage.speech_hours_peak", speech}, {"usage.translation_chars_peak", chars},
	{"usage.vision_images_peak", images}, {"usage.llm_tokens_peak", tokens}, {"usage.text_records_peak", records},
	{"usage.gpu_hours_peak", gpuHours},
}

// useFacts sets the signals of use. A party that holds no account used nothing, where the
// register of accounts and the bills are there to say so.
func (run *Run) useFacts(f *Facts, s *subject, c *surroundings) {
	unbilled := slices.Concat(run.unbilledGaps(s), s.rivals, run.unheldGaps(s.party))
	u := s.use
	if u == nil {
		if run.usage.rows == 0 || !run.Has("accounts.account_id") && s.stray == nil {
			run.noBills(f, s)
			return
		}
		u = newUse()
	}
	put := func(name string, value any, gaps ...Gap) {
		run.put(f, func(string) bool { return false }, cell{name: name, value: value, gaps: slices.Concat(gaps,
			unbilled)})
	}
	put("usage.months", int64(len(u.months)), u.undatedGaps()...)
	for _, p := range peaks {
		run.putUse(f, p.signal, u.line(u.measure[p.measure]).peak(), u.gaps(p.measure), unbilled)
		if most, ok := u.bound(p.measure); ok && len(unbilled) == 0 {
			f.Most[p.signal] = most
		}
	}
	face := u.unknown[capability.Face]
	var faceGaps []Gap
	if face != nil {
		faceGaps = joinGaps(face.gaps)
	}
	run.putUse(f, "usage.face_images_peak", u.line(u.class[capability.Face]).peak(), faceGaps, unbilled)
	run.comparisons(f, u, unbilled)
	limit := run.committedFacts(f, s, u, unbilled)
	windows := u.windows()
	run.putUse(f, "usage.windows", windows, nil, unbilled)
	if inside := u.windowGaps(); len(inside) > 0 {
		f.Inside["usage.windows"] = inside
	}
	stored := 0.0
	if len(windows) > 0 {
		switch v := windows[0]["storage_tb"].(type) {
		case float64:
			stored = v
		case AtLeast:
			stored = float64(v)
		}
	}
	run.putUse(f, "usage.combination_tb", stored, u.gaps(storageTB), unbilled)
	run.putUse(f, "usage.combination", u.classes(), run.classGaps(u), unbilled)
	run.contextFacts(f, s, u, c, unbilled)
	run.subFacts(f, u, unbilled)
	run.bookkeeping(f, s, u, c, unbilled)
	if s.bounds != nil {
		run.within(f, s, c)
	}
	if len(u.months) > 0 {
		f.Series = run.series(s, u, c, limit)
		f.Period = [2]string{u.months[0].day(), u.months[len(u.months)-1].end().Format(time.DateOnly)}
	}
}

// putUse sets a signal of use with the gaps of its measure and those of accounts without a bill.
func (run *Run) putUse(f *Facts, name string, value any, gaps, unbilled []Gap) {
	run.settle(f, defs[name], value, true, joinGaps(slices.Concat(gaps, unbilled)))
}

// mostNamed is how many accounts without a bill are named one by one.
const mostNamed = 5

// unbilledGaps are the accounts of a party that no bill names.
func (run *Run) unbilledGaps(s *subject) []Gap {
	if run.usage.rows == 0 || len(s.unbilled) == 0 {
		return nil
	}
	var out []Gap
	for i, account := range s.unbilled {
		if i == mostNamed {
			out = append(out, Gap{Reason: NoBill, Column: "usage.BillingAccountId",
				What: fmt.Sprintf("%d more accounts", len(s.unbilled)-i), Rows: int64(len(s.unbilled) - i)})
			break
		}
		out = append(out, Gap{Reason: NoBill, Column: "usage.BillingAccountId", What: account, Rows: 1})
	}
	return out
}

// unheldGaps are the columns that would tell whose accounts are whose: whoever buys or uses
// something may hold or use one that the register does not say is its own.
func (run *Run) unheldGaps(p int32) []Gap {
	if p < 0 || int(p) >= len(run.roles) || !run.Has("accounts.account_id") {
		return nil
	}
	var columns []string
	if run.has(p, book.EndUser) || run.has(p, book.Buyer) {
		columns = append(columns, "accounts.party_name")
	}
	if run.has(p, book.EndUser) {
		columns = append(columns, "accounts.end_user")
	}
	return run.tableGaps(columns...)
}

// noBills notes that nothing is known of a party's use: the run has no bills, or no register of accounts.
func (run *Run) noBills(f *Facts, s *subject) {
	for _, d := range Catalogue {
		if d.Of != OfParty || !strings.HasPrefix(d.Name, "usage.") {
			continue
		}
		var missing []string
		for _, col := range d.Columns {
			if strings.HasPrefix(col, "usage.") && !run.Has(col) {
				missing = append(missing, col)
			}
		}
		if !run.Has("accounts.account_id") {
			missing = append(missing, "accounts.account_id")
		}
		if len(missing) == 0 {
			missing = []string{"usage"}
		}
		for _, col := range missing {
			f.Gaps[d.Name] = append(f.Gaps[d.Name], Gap{Reason: ColumnAbsent, Column: col})
			f.Absent[col] = true
		}
		f.Missing[d.Name] = missing
	}
	if tb, ok := largest(s.commitments); ok {
		f.Values["usage.committed_tb"] = tb
		delete(f.Gaps, "usage.committed_tb")
		delete(f.Missing, "usage.committed_tb")
	}
}

// comparisons are the signals that compare a month with those before it. While a part of a
// measure is not known, so is every comparison over it.
func (run *Run) comparisons(f *Facts, u *use, unbilled []Gap) {
	for _, x := range []struct {
		signal, measure string
		of              func(line) (float64, bool)
	}{
		{"usage.storage_mads", storageTB, line.mads}, {"usage.storage_growth", storageTB, line.growth},
		{"usage.speech_growth", speech, line.rise}, {"usage.llm_growth", tokens, line.rise},
		{"usage.text_growth", records, line.rise},
		{"usage.storage_rising_months", storageTB, line.rising},
	} {
		l := u.line(u.measure[x.measure])
		gaps := joinGaps(slices.Concat(u.gaps(x.measure), unbilled))
		value, known := x.of(l)
		switch {
		case len(gaps) > 0:
			f.Gaps[x.signal], f.Missing[x.signal] = gaps, columnsOf(gaps)
		case l.first == len(l.months):
			f.Values[x.signal] = 0.0 // nothing that could grow
		case !known:
			f.Gaps[x.signal] = []Gap{{Reason: FewMonths, Column: "usage.ChargePeriodStart", Rows: int64(len(l.months))}}
			f.Missing[x.signal] = []string{"usage.ChargePeriodStart"}
		default:
			f.Values[x.signal] = value
		}
	}
}

func columnsOf(gaps []Gap) []string {
	var out []string
	for _, g := range gaps {
		out = append(out, g.Column)
	}
	return sorted(out)
}

// classGaps are the classes that a party may have used besides, for the list of those that it used.
func (run *Run) classGaps(u *use) []Gap {
	var out [][]Gap
	for _, c := range capability.Classes {
		k := u.unknown[c]
		if k == nil || len(u.used[c]) > 0 {
			continue
		}
		gaps := slices.Clone(k.gaps)
		for i := range gaps {
			gaps[i].May = []string{c}
		}
		out = append(out, gaps)
	}
	return uniteGaps(out...)
}

// subFacts are the amounts of each sub-account in the month in which they add up to most.
func (run *Run) subFacts(f *Facts, u *use, unbilled []Gap) {
	for _, x := range []struct{ signal, measure string }{{"usage.sub_speech_hours", speech}, {"usage.sub_storage_tb",
		storageTB}} {
		best := []float64{}
		var most float64
		for _, m := range u.months {
			var list []float64
			var sum float64
			for _, v := range u.subs[x.measure][m] {
				if v > 0 {
					list, sum = append(list, v), sum+v
				}
			}
			if sum > most {
				best, most = list, sum
			}
		}
		slices.Sort(best)
		gaps := u.gaps(x.measure)
		if run.usage.lacksOf(u.sources)("usage.SubAccountId") {
			gaps = append(gaps, Gap{Reason: ColumnAbsent, Column: "usage.SubAccountId"})
		}
		run.putUse(f, x.signal, best, gaps, unbilled)
	}
}

func largest(list []commitment) (float64, bool) {
	var most float64
	found := false
	for _, c := range list {
		m := monthOf(c.from.Time)
		if !c.from.Valid {
			m = 0
		}
		if tb, ok := committed(list, m); ok {
			most, found = max(most, tb), true
		}
	}
	return most, found
}

// committedFacts compares what is stored with what is contracted, month by month, and
// returns the commitment for the plot.
func (run *Run) committedFacts(f *Facts, s *subject, u *use, unbilled []Gap) float64 {
	storage := u.line(u.measure[storageTB])
	var ratios []float64
	var limit float64
	known := false
	for i, m := range storage.months {
		tb, ok := committed(s.commitments, m)
		if !ok || tb <= 0 {
			continue
		}
		limit, known = max(limit, tb), true
		ratios = append(ratios, storage.values[i]/tb)
	}
	if !known {
		limit, known = largest(s.commitments)
	}
	if known {
		run.put(f, nil, cell{name: "usage.committed_tb", value: limit})
	} else {
		run.put(f, nil, cell{name: "usage.committed_tb", needs: []string{"engagements.quantity"}})
	}
	gaps := joinGaps(slices.Concat(u.gaps(storageTB), unbilled))
	switch slices.Sort(ratios); {
	case len(ratios) >= 2:
		run.putUse(f, "usage.storage_over_2m", ratios[len(ratios)-2], gaps, nil)
	case storage.peak() == 0, len(ratios) == 1:
		run.putUse(f, "usage.storage_over_2m", 0.0, gaps, nil) // nothing stored, or one month only
	default:
		run.put(f, nil, cell{name: "usage.storage_over_2m", needs: []string{"engagements.quantity"}, gaps: gaps})
	}
	return limit
}

// contextFacts are the signals that set use beside events and claims: surges, movements, reappearances.
func (run *Run) contextFacts(f *Facts, s *subject, u *use, c *surroundings, unbilled []Gap) {
	var each [][]Gap
	for _, measure := range measures {
		each = append(each, u.gaps(measure))
	}
	all := uniteGaps(append(each, unbilled)...)

	unclear := run.unclearGaps(s.party, c, triggering)
	for _, q := range run.in.Possible[s.party] {
		if len(c.claims[q]) > 0 && slices.Contains(run.perhaps(q), s.party) {
			unclear = append(unclear, Gap{Reason: Unstated, Column: "claims.about_id", What: "about " +
				run.partyName(q), Rows: 1})
		}
	}
	surges := append(run.tableGaps("events.date", "events.kind"), run.unclearGaps(s.party, c, crisis)...)
	if len(all) > 0 && run.hasCrisis(s.party, c) {
		surges = append(surges, all...)
	}
	run.putUse(f, "usage.surges", run.surges(s.party, u, c), surges, nil)

	moves := append(run.tableGaps("claims.published", "events.date", "events.kind"), unclear...)
	if len(run.triggers(s.party, c)) > 0 {
		moves = slices.Concat(moves, uniteGaps(u.gaps(storageTB), u.gaps(egressTB)), unbilled)
		if storage := u.line(u.measure[storageTB]); !u.placed && storage.peak() > 0 {
			moves = append(moves, Gap{Reason: ColumnAbsent, Column: "usage.RegionId"})
		}
	}
	maybe, undated := run.doubtfulTriggers(s.party, c)
	moves = append(moves, doubtGaps(maybe, undated, func(list []trigger) bool {
		found, _ := run.relocations(u, list)
		return len(found) > 0
	})...)
	found, handed := run.relocations(u, run.triggers(s.party, c))
	run.putUse(f, "usage.relocations", found, joinGaps(append(moves, handed...)), nil)

	again := c.reappear[s.party]
	if again == nil {
		again = []map[string]any{}
	}
	gaps := append(run.tableGaps("events.date", "events.kind"), unclear...)
	if c.restricted[s.party] {
		gaps = append(gaps, run.tableGaps("accounts.party_name", "accounts.end_user", "accounts.reseller")...)
		gaps = append(gaps, c.unlinked[s.party]...)
	}
	for _, g := range all {
		// Who is not known to be restricted cannot come back; a column that nobody has leaves the question open.
		if c.restricted[s.party] || g.Reason == ColumnAbsent && !run.Has(g.Column) {
			gaps = append(gaps, g)
		}
	}
	run.putUse(f, "usage.reappears", again, gaps, nil)
}

// tableGaps are the gaps of columns that the run lacks, and of tables of which a part could not be read.
func (run *Run) tableGaps(columns ...string) []Gap {
	var out []Gap
	for _, col := range columns {
		table, _, _ := strings.Cut(col, ".")
		switch {
		case !run.Has(col):
			out = append(out, Gap{Reason: ColumnAbsent, Column: col})
		case run.allAfter(table):
			out = append(out, Gap{Reason: AfterReview, Column: table})
		}
		if lost := run.lost(table); lost != nil {
			out = append(out, *lost)
		}
	}
	return joinGaps(out)
}

// lacksOf returns which columns all of the given sources of bills lack.
func (u *usageState) lacksOf(sources []int) func(string) bool {
	return func(column string) bool {
		name, ok := strings.CutPrefix(column, "usage.")
		return ok && len(sources) > 0 && !slices.ContainsFunc(sources, func(s int) bool {
			return !u.sourceLacks[s][name]
		})
	}
}

// series are the lines for the plot: storage with the committed limit, then the measures
// that matter most, at most three besides.
func (run *Run) series(s *subject, u *use, c *surroundings, limit float64) []finding.Series {
	var marks []finding.Mark
	from, to := u.months[0], u.months[len(u.months)-1]
	near := func(t time.Time) bool { return monthOf(t) >= from-1 && monthOf(t) <= to+1 }
	for _, t := range run.triggers(s.party, c) {
		if near(t.day) && len(marks) < 8 {
			marks = append(marks, finding.Mark{Date: t.day.Format(time.DateOnly), Label: t.kind})
		}
	}
	for _, e := range c.events {
		switch e.kind {
		case "conflict", "emergency", "crackdown", "reorganisation", "migration":
			if run.concerns(e, s.party) && near(e.day) && len(marks) < 12 {
				marks = append(marks, finding.Mark{Date: e.day.Format(time.DateOnly), Label: plain(e.kind)})
			}
		}
	}
	slices.SortStableFunc(marks, func(x, y finding.Mark) int { return strings.Compare(x.Date, y.Date) })
	marks = slices.Compact(marks)
	var out []finding.Series
	for _, measure := range measures {
		if u.line(u.measure[measure]).peak() <= 0 || len(out) == 4 {
			continue
		}
		line := finding.Series{Measure: measure, Unit: unitOf[measure], Marks: marks}
		for m := from; m <= to; m++ {
			line.Months = append(line.Months, m.String())
			line.Values = append(line.Values, u.measure[measure][m])
		}
		if measure == storageTB && limit > 0 {
			line.Limit, line.Label = limit, fmt.Sprintf("contracted %s", volume(limit, "TB"))
		}
		out = append(out, line)
	}
	return out
}
