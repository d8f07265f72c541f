package signal

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"plimsoll/internal/book"
)

// excused are the codes of support that no flag counts (RF-34): help against an attack, patches.
func excused(code string) bool {
	for _, w := range []string{"incident", "patch", "cyber_defence", "cyber_defense", "cyberdefence", "cyberdefense"} {
		if strings.Contains(code, w) {
			return true
		}
	}
	return false
}

// A quarter is the work for a party in one quarter, in hours.
type quarter struct {
	at    time.Time
	hours float64
}

// quartersOf adds the rows up by quarter, but for excused work. blank is the column that a row of other work leaves
// empty.
func quartersOf(rows []supportRow) (quarters []quarter, blank string) {
	for _, r := range rows {
		if excused(r.code) {
			continue
		}
		if !r.hours.Valid || !r.quarter.Valid {
			blank = "support.hours"
			if r.hours.Valid {
				blank = "support.quarter"
			}
			continue
		}
		at := r.quarter.Time.AddDate(0, -((int(r.quarter.Time.Month()) - 1) % 3), 0)
		if n := len(quarters); n > 0 && quarters[n-1].at.Equal(at) {
			quarters[n-1].hours += r.hours.Float64
		} else {
			quarters = append(quarters, quarter{at, r.hours.Float64})
		}
	}
	return quarters, blank
}

// growthOf returns a quarter over the quarter before it, nil where no work of that one is on file:
// a quarter without a row is not known to be one without work.
func growthOf(quarters []quarter, i int) any {
	if i == 0 {
		return nil
	}
	before := quarters[i-1]
	if before.hours <= 0 || !before.at.Equal(quarters[i].at.AddDate(0, -3, 0)) {
		return nil
	}
	return quarters[i].hours / before.hours
}

func (r supportRow) says() string {
	says := "hours not stated"
	if r.hours.Valid {
		says = amount(r.hours.Float64) + " engineering hours"
	}
	if r.quarter.Valid {
		says += fmt.Sprintf(" in %d Q%s", r.quarter.Time.Year(), strconv.Itoa((int(r.quarter.Time.Month())+2)/3))
	}
	if r.code != "" {
		says += ", " + plain(r.code)
	}
	return says
}

func (run *Run) supportFacts(f *Facts, list *rowList, s *subject) {
	var bits int64 = -1
	codes := []string{}
	for _, r := range s.support {
		bits &= r.lacks
		codes = append(codes, r.code)
		list.add(Row{Signal: "support.", Source: r.source, At: r.at, Says: r.says()})
	}
	quarters, blank := quartersOf(s.support)
	lacks := run.lacking(book.Support, bits)
	if len(s.support) == 0 {
		lacks = nil
	}
	peak, growth := any(0.0), any(1.0)
	needs := []string{"support.hours"}
	best := -1
	for i, q := range quarters {
		if best < 0 || q.hours > quarters[best].hours {
			best = i
		}
	}
	switch {
	case !run.Has("support.code") || lacks != nil && lacks("support.code"):
		// Without codes, help against an attack cannot be told from other work.
		peak, growth, needs = nil, nil, []string{"support.code"}
	case best >= 0:
		peak, growth = quarters[best].hours, growthOf(quarters, best)
		if growth == nil {
			needs = []string{"support.quarter"}
		}
	case blank != "":
		peak, growth, needs = nil, nil, []string{blank}
	}
	if blank != "" && peak != nil {
		// More may have been worked in any quarter: the largest is at least this, and what came before it is open.
		growth, needs = nil, []string{blank}
		run.put(f, lacks, cell{name: "support.hours_peak", value: peak,
			gaps: []Gap{{Reason: CellEmpty, Column: blank}}})
	} else {
		run.put(f, lacks, cell{name: "support.hours_peak", value: peak, needs: needs})
	}
	run.put(f, lacks, cell{name: "support.growth", value: growth, needs: needs})
	run.put(f, lacks, cell{name: "support.codes", value: sorted(codes)})
}
