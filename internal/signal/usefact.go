package signal

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"plimsoll/internal/finding"
)

// zeros are the values of the use signals of a party that has no account: nothing was used.
// They stand only where accounts and bills of the run are there to say so.
func zero(t Type) any {
	switch t {
	case Int:
		return int64(0)
	case Double:
		return 0.0
	case Strings:
		return []string{}
	case Doubles:
		return []float64{}
	}
	return []map[string]any{}
}

func (b *Book) useFacts(f *Facts, s *subject, c *surroundings) {
	bills, accounts := b.usage.rows > 0, b.Has("accounts.account_id")
	u := s.use
	if u == nil {
		if len(s.accounts) > 0 && !bills || !accounts {
			b.noUse(f, accounts)
			return
		}
		b.noneUsed(f, s)
		return
	}
	lacks := b.usage.lacksOf(u.sources)
	put := func(name string, value any, needs ...string) {
		b.put(f, lacks, cell{name: name, value: value, needs: needs})
	}
	// Without names of services no charge can be told from another, whatever its quantity.
	blind := !u.named
	amounts := func(name, measure string, value any) {
		switch {
		case blind:
			put(name, nil, "usage.ServiceName")
		case u.blind[measure] && !u.counted[measure]:
			put(name, nil, "usage.ConsumedQuantity", "usage.ConsumedUnit")
		default:
			put(name, value)
		}
	}
	put("usage.months", int64(len(u.months)))
	for name, measure := range map[string]string{
		"usage.storage_tb_peak": storageTB, "usage.speech_hours_peak": speech, "usage.translation_chars_peak": chars,
		"usage.vision_images_peak": images, "usage.llm_tokens_peak": tokens, "usage.gpu_hours_peak": gpuHours,
	} {
		amounts(name, measure, u.line(u.measure[measure]).peak())
	}
	storage, talk := u.line(u.measure[storageTB]), u.line(u.measure[speech])
	compared := func(name, measure string, l line, of func(line) (float64, bool)) {
		value, known := of(l)
		switch {
		case l.first == len(l.months):
			amounts(name, measure, 0.0) // nothing that could grow
		case !known:
			b.put(f, lacks, cell{name: name, needs: []string{"usage.ChargePeriodStart"}})
		default:
			amounts(name, measure, value)
		}
	}
	compared("usage.storage_mads", storageTB, storage, line.mads)
	compared("usage.storage_growth", storageTB, storage, line.growth)
	compared("usage.speech_growth", speech, talk, line.rise)
	limit := b.committedFacts(f, s, storage, amounts)

	if blind {
		for _, name := range []string{"usage.combination", "usage.combination_tb", "usage.surges", "usage.relocations"} {
			put(name, nil, "usage.ServiceName")
		}
	} else {
		classes, tb := u.combination()
		put("usage.combination", classes)
		amounts("usage.combination_tb", storageTB, tb)
		put("usage.surges", b.surges(s.party, u, c))
		switch {
		case !b.Has("claims.published") && !b.Has("events.date"):
			put("usage.relocations", nil, "claims.published", "events.date")
		case !u.placed && storage.peak() > 0:
			put("usage.relocations", nil, "usage.RegionId")
		default:
			put("usage.relocations", b.relocations(s.party, u, c))
		}
	}
	again := c.reappear[s.party]
	if again == nil {
		again = []map[string]any{}
	}
	put("usage.reappears", again)
	u.subFacts(amounts)
	f.Series = b.series(s, c, limit)
	f.Period = [2]string{u.months[0].day(), u.months[len(u.months)-1].end().Format(time.DateOnly)}
}

// subFacts are the largest months of the sub-accounts.
func (u *use) subFacts(amounts func(name, measure string, value any)) {
	for name, measure := range map[string]string{"usage.sub_speech_hours": speech, "usage.sub_storage_tb": storageTB} {
		list := slices.Sorted(maps.Values(u.subs[measure]))
		if list == nil {
			list = []float64{}
		}
		amounts(name, measure, list)
	}
}

// noUse says that nothing is known of a party's use.
func (b *Book) noUse(f *Facts, accounts bool) {
	for _, d := range Catalogue {
		if d.Of != OfParty || len(d.Name) < 6 || d.Name[:6] != "usage." {
			continue
		}
		b.put(f, nil, cell{name: d.Name})
		if !accounts {
			f.Missing[d.Name] = append(slices.Clone(f.Missing[d.Name]), "accounts.account_id")
			f.Absent["accounts.account_id"] = true
		}
	}
}

// noneUsed is for a party without an account, or without a row in the bills.
func (b *Book) noneUsed(f *Facts, s *subject) {
	for _, d := range Catalogue {
		if d.Of == OfParty && len(d.Name) > 6 && d.Name[:6] == "usage." {
			f.Values[d.Name] = zero(d.Type)
		}
	}
	if tb, ok := largest(s.commitments); ok {
		f.Values["usage.committed_tb"] = tb
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
func (b *Book) committedFacts(f *Facts, s *subject, storage line, amounts func(name, measure string, value any)) float64 {
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
		b.put(f, nil, cell{name: "usage.committed_tb", value: limit})
	} else {
		b.put(f, nil, cell{name: "usage.committed_tb", needs: []string{"engagements.quantity"}})
	}
	switch slices.Sort(ratios); {
	case len(ratios) >= 2:
		amounts("usage.storage_over_2m", storageTB, ratios[len(ratios)-2])
	case storage.peak() == 0, len(ratios) == 1:
		amounts("usage.storage_over_2m", storageTB, 0.0) // nothing stored, or one month only
	default:
		b.put(f, nil, cell{name: "usage.storage_over_2m", needs: []string{"engagements.quantity"}})
	}
	return limit
}

// lacksOf tells which columns all of the given sources of bills lack.
func (u *usageState) lacksOf(sources []int) func(string) bool {
	return func(column string) bool {
		name := column
		if len(column) > 6 && column[:6] == "usage." {
			name = column[6:]
		} else {
			return false
		}
		for _, s := range sources {
			if !u.sourceLacks[s][name] {
				return false
			}
		}
		return len(sources) > 0
	}
}

// series are the lines for the plot: storage with the committed limit, then the measures
// that matter most, at most three besides.
func (b *Book) series(s *subject, c *surroundings, limit float64) []finding.Series {
	u := s.use
	var marks []finding.Mark
	from, to := u.months[0], u.months[len(u.months)-1]
	near := func(t time.Time) bool { return monthOf(t) >= from-1 && monthOf(t) <= to+1 }
	for _, t := range b.triggers(s.party, c) {
		if near(t.day) && len(marks) < 8 {
			marks = append(marks, finding.Mark{Date: t.day.Format(time.DateOnly), Label: t.kind})
		}
	}
	for _, e := range c.events {
		switch e.kind {
		case "conflict", "emergency", "crackdown", "reorganisation", "migration":
			if b.concerns(e, s.party) && near(e.day) && len(marks) < 12 {
				marks = append(marks, finding.Mark{Date: e.day.Format(time.DateOnly), Label: plain(e.kind)})
			}
		}
	}
	slices.SortStableFunc(marks, func(x, y finding.Mark) int {
		if x.Date < y.Date {
			return -1
		} else if x.Date > y.Date {
			return 1
		}
		return 0
	})
	marks = slices.Compact(marks)
	var out []finding.Series
	for _, measure := range []string{storageTB, speech, chars, tokens, images, gpuHours, egressTB} {
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
