package signal

import (
	"database/sql"
	"slices"

	"plimsoll/internal/book"
)

// ordered reports whether the dates of signature say which version came after which: one alone that has
// none is taken for the last, and of those of one day, or one month, the one that is written first for the first. Of
// two in one month of which one has no day it is not known.
func (e *engagement) ordered() bool {
	undated := 0
	var at, last sql.NullTime // of the one before
	for _, v := range e.versions {
		switch {
		case !v.signed.Valid:
			undated++
		case last.Valid && last.Time.After(v.signed.Time) && (at != v.signed || last != v.signedLast):
			return false
		default:
			at, last = v.signed, v.signedLast
		}
	}
	return undated <= 1
}

// orderGap is that nothing says which version of an engagement came first.
func (run *Run) orderGap(e *engagement) Gap {
	g := Gap{Reason: CellEmpty, Column: "engagements.signed", What: e.id, Rows: int64(len(e.versions))}
	if !run.Has(g.Column) {
		g.Reason = ColumnAbsent
	}
	return g
}

// growthGaps are why the growth of the value is not known although values are there: the versions
// have no order, or the value of one of them could not be read.
func (run *Run) growthGaps(e *engagement) []Gap {
	var out []Gap
	equal := true
	for _, v := range e.versions {
		equal = equal && v.value == e.versions[0].value
		if !v.value.Valid && len(e.versions) > 1 && run.Has("engagements.value") && run.lacking(book.Engagements,
			v.lacks)("engagements.value") {
			out = append(out, run.unreadGap("engagements.value"))
		}
	}
	if !equal && !e.ordered() {
		out = append(out, run.orderGap(e))
	}
	return joinGaps(out)
}

// additionKnown reports whether the items say if a later version added a class: those of all versions
// are stated and understood, or one adds a class to a first version that is. Where the versions have
// no order, it is known only if all hold the same classes.
func (e *engagement) additionKnown() bool {
	told := func(it item) bool { return it.text != "" || it.code != "" }
	if !e.hasItem(told) {
		return false
	}
	if len(e.versions) == 1 {
		return true
	}
	if !e.ordered() {
		for _, v := range e.versions {
			if !slices.Equal(v.capabilities(), e.versions[0].capabilities()) || !v.clear() {
				return false
			}
		}
		return true
	}
	opaque := func(v version) bool { return !v.clear() }
	first := slices.IndexFunc(e.versions, func(v version) bool { return len(v.items) > 0 })
	return !opaque(e.versions[first]) && (e.capabilityAdded() || !slices.ContainsFunc(e.versions, opaque))
}

// clear reports whether all items of a version are stated and understood.
func (v version) clear() bool {
	return !slices.ContainsFunc(v.items, func(it item) bool { return it.text == "" && it.code == "" || !it.understood })
}

// capabilities are the classes of the items of a version, sorted.
func (v version) capabilities() []string {
	var out []string
	for _, it := range v.items {
		out = append(out, it.capabilities...)
	}
	return sorted(out)
}
