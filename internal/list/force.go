package list

import (
	"fmt"
	"strings"
	"time"

	"plimsoll/internal/record"
)

// A Force counts the entries of a list by whether they are in force on a day.
type Force struct {
	Listed  int `json:"in_force"`       // listed on the day
	Future  int `json:"dated_after"`    // first listed after the day
	Expired int `json:"expired"`        // the last day of the listing is past
	Removed int `json:"removed"`        // removed by the publisher
	Undated int `json:"without_a_date"` // of those in force, how many state no first day

	Nameless int    `json:"without_a_name,omitempty"` // entries without a name, which cannot be compared
	At       string `json:"-"`                        // where the first of them stands
}

// Missing returns how many entries are not in force.
func (f Force) Missing() int { return f.Future + f.Expired + f.Removed }

// String is a sentence about the entries that are not used on the day, "" when all are.
func (f Force) String() string {
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{f.Future, "dated after the day"}, {f.Expired, "expired by then"}, {f.Removed, "removed by the publisher"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	var out []string
	if parts != nil {
		out = append(out, fmt.Sprintf("entries not in force on the day and not used: %s (%d are used)",
			strings.Join(parts, ", "), f.Listed))
	}
	if f.Nameless > 0 {
		out = append(out, fmt.Sprintf("entries without a name, which cannot be compared and are not used: %d (the "+
			"first: %s)", f.Nameless, f.At))
	}
	return strings.Join(out, "; ")
}

// On counts the entries of l by whether they are in force on a day.
func (l *List) On(day time.Time) Force {
	f := Force{Nameless: len(l.Nameless)}
	if f.Nameless > 0 {
		f.At = l.Nameless[0]
	}
	for i := range l.Entries {
		switch e := &l.Entries[i]; {
		case e.ListedOn(day):
			f.Listed++
			if !e.Listed.Known() {
				f.Undated++
			}
		case e.Status == Removed:
			f.Removed++
		case e.Listed.Known() && day.Before(midnight(e.Listed.Time)):
			f.Future++
		default:
			f.Expired++
		}
	}
	return f
}

// On counts the entries of all lists.
func On(lists []*List, day time.Time) Force {
	var all Force
	for _, l := range lists {
		f := l.On(day)
		all.Listed += f.Listed
		all.Future += f.Future
		all.Expired += f.Expired
		all.Removed += f.Removed
		all.Undated += f.Undated
		if all.Nameless == 0 {
			all.At = f.At
		}
		all.Nameless += f.Nameless
	}
	return all
}

// InForce returns the lists with the entries that are listed on a day: what its publisher
// had removed by then, or what had expired, never matches as listed. An entry that was
// removed later stands as listed.
func InForce(lists []*List, day time.Time) []*List {
	out := make([]*List, len(lists))
	for i, l := range lists {
		c := *l
		c.Entries = make([]Entry, 0, len(l.Entries))
		for j := range l.Entries {
			if l.Entries[j].ListedOn(day) {
				e := l.Entries[j]
				e.Status = Listed
				c.Entries = append(c.Entries, e)
			}
		}
		out[i] = &c
	}
	return out
}

// DayFirst reads a date as most lists outside America write it: 31/12/2024, 31.12.2024,
// 31-12-2024 or 2024-12-31, also with a time behind it. In place of a day or month that is
// not known lists write "dd", "mm" or 00. What it does not understand is not ok; an empty
// text is an unknown date.
func DayFirst(s string) (record.Date, bool) {
	s = strings.ToLower(Clean(s))
	if s == "" {
		return record.Date{}, true
	}
	if i := strings.IndexAny(s, "t "); i >= 8 {
		s = s[:i]
	}
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == '/' || r == '.' || r == '-' })
	if len(parts) == 3 && len(parts[2]) == 4 && digitsOnly(parts[2]) {
		day, month := parts[0], parts[1]
		unknown := func(p string) bool { return strings.Trim(p, "0dm?x") == "" }
		switch {
		case unknown(month):
			s = parts[2]
		case unknown(day):
			s = fmt.Sprintf("%s-%02s", parts[2], month)
		default:
			s = fmt.Sprintf("%s-%02s-%02s", parts[2], month, day)
		}
	}
	d, err := record.ParseDate(s)
	return d, err == nil
}
