package list

import (
	"fmt"
	"reflect"
	"sort"
	"strings"
)

// A Change is how one version of a list differs from an earlier one.
type Change struct {
	Added   []Entry
	Removed []Entry // in the old version and not in the new, or marked as removed there
	Changed []Changed
	Old     int // entries listed in the old version
	New     int // entries listed in the new version
}

// A Changed entry stands in both versions with different content.
type Changed struct {
	Old, New Entry
	Fields   []string // "names", "identifiers", … in a fixed order
}

// Diff compares two versions of a list. Entries are the same by the publisher's key, or by a
// key that the new entry had before; what is left is the same by program and primary name
// with an equal country or listing date, since some publishers give new keys with every
// download. Each slice is in the order of the list it comes from.
func Diff(old, new *List) Change {
	c := Change{Old: listedCount(old), New: listedCount(new)}
	pair := match(old, new)
	kept := make([]bool, len(old.Entries))
	for i := range new.Entries {
		j := pair[i]
		n := &new.Entries[i]
		if j < 0 {
			if n.Status == Listed {
				c.Added = append(c.Added, *n)
			}
			continue
		}
		kept[j] = true
		o := &old.Entries[j]
		switch {
		case o.Status == Listed && n.Status == Removed:
			c.Removed = append(c.Removed, *o)
		case o.Status == Removed && n.Status == Listed:
			c.Added = append(c.Added, *n)
		default:
			if f := fields(o, n); len(f) > 0 {
				c.Changed = append(c.Changed, Changed{Old: *o, New: *n, Fields: f})
			}
		}
	}
	for j, k := range kept {
		if !k && old.Entries[j].Status == Listed {
			c.Removed = append(c.Removed, old.Entries[j])
		}
	}
	return c
}

// match gives for each new entry the index of the old one that it is, or -1.
func match(old, new *List) []int {
	pair := make([]int, len(new.Entries))
	byID, byName := map[string]int{}, map[string][]int{}
	for j := range old.Entries {
		byID[old.Entries[j].ID] = j
	}
	taken := make([]bool, len(old.Entries))
	for i := range new.Entries {
		pair[i] = -1
		for _, id := range append([]string{new.Entries[i].ID}, new.Entries[i].Former...) {
			if j, ok := byID[id]; ok && !taken[j] {
				pair[i], taken[j] = j, true
				break
			}
		}
	}
	for j := range old.Entries {
		if !taken[j] {
			k := nameKey(&old.Entries[j])
			byName[k] = append(byName[k], j)
		}
	}
	for i := range new.Entries {
		if pair[i] >= 0 {
			continue
		}
		n := &new.Entries[i]
		for _, j := range byName[nameKey(n)] {
			if !taken[j] && alike(&old.Entries[j], n) {
				pair[i], taken[j] = j, true
				break
			}
		}
	}
	return pair
}

func nameKey(e *Entry) string {
	program, name := "", ""
	if len(e.Programs) > 0 {
		program = e.Programs[0]
	}
	if len(e.Names) > 0 {
		name = strings.ToLower(e.Names[0].Text)
	}
	return program + "\x00" + name
}

func alike(a, b *Entry) bool {
	if a.Listed.Known() && a.Listed == b.Listed {
		return true
	}
	for _, x := range a.Countries {
		for _, y := range b.Countries {
			if strings.EqualFold(x, y) {
				return true
			}
		}
	}
	return len(a.Countries)+len(b.Countries) == 0
}

// fields names what differs between two versions of an entry; where it stands in the file
// and its key do not count.
func fields(a, b *Entry) []string {
	var out []string
	add := func(name string, differs bool) {
		if differs {
			out = append(out, name)
		}
	}
	sorted := func(s []string) []string {
		s = append([]string(nil), s...)
		sort.Strings(s)
		return s
	}
	texts := func(name string, x, y []string) {
		add(name, strings.Join(sorted(x), "\x00") != strings.Join(sorted(y), "\x00"))
	}
	list := func(e *Entry) (out []string) {
		for _, n := range e.Names {
			out = append(out, fmt.Sprint(n))
		}
		return out
	}
	numbers := func(e *Entry) (out []string) {
		for _, n := range e.Identifiers {
			out = append(out, n.Normal().String())
		}
		return out
	}
	add("kind", a.Kind != b.Kind)
	texts("names", list(a), list(b))
	texts("identifiers", numbers(a), numbers(b))
	texts("countries", a.Countries, b.Countries)
	texts("addresses", a.Addresses, b.Addresses)
	texts("dates", a.Dates, b.Dates)
	texts("programs", a.Programs, b.Programs)
	add("listed", !reflect.DeepEqual(a.Listed, b.Listed))
	add("until", !reflect.DeepEqual(a.Until, b.Until))
	add("effect", a.Effect != b.Effect)
	add("report", a.Report != b.Report)
	add("url", a.URL != b.URL)
	add("remarks", a.Remarks != b.Remarks)
	return out
}

func listedCount(l *List) int {
	n := 0
	for i := range l.Entries {
		if l.Entries[i].Status == Listed {
			n++
		}
	}
	return n
}

// Shrunk returns an error when the new version lists fewer entries than the old one by more
// than the share given (0.2 is a fifth): a list that loses so much is more often a cut file
// than a change of policy.
func (c Change) Shrunk(share float64) error {
	if c.Old == 0 || float64(c.Old-c.New) <= share*float64(c.Old) {
		return nil
	}
	return fmt.Errorf("compare lists: %d entries were listed and %d are now: %.0f%% fewer, more than the %.0f%% allowed",
		c.Old, c.New, 100*float64(c.Old-c.New)/float64(c.Old), 100*share)
}
