package focus

import (
	"fmt"
	"maps"
	"slices"
)

// A grouped bill is what the statement of [record/lake] makes of a table of charges: one row a group of charges,
// under the names of FOCUS and of these columns beside them (docs/format/grouped.md). [Loading] reads it like a bill.
const (
	GroupRow         = "x_GroupRow"           // IsGroup or IsControl
	GroupSnapshot    = "x_GroupSnapshot"      // what the rows were made from, and when
	GroupKey         = "x_GroupKey"           // hash of what the charges of the group agree in
	GroupMonth       = "x_GroupMonth"         // of the charges' start, as 203101
	GroupBilling     = "x_GroupBillingMonth"  // of the billing period's start
	GroupPeriod      = "x_GroupPeriodSeconds" // how long the period of each charge is
	GroupUnread      = "x_GroupUnread"        // why no amount of the charges could be read
	GroupFirst       = "x_GroupFirst"         // start of the first charge
	GroupLast        = "x_GroupLast"          // start of the last charge
	GroupCharges     = "x_GroupCharges"
	GroupQuantities  = "x_GroupQuantities"    // charges with a quantity
	GroupLarge       = "x_GroupLargeQuantity" // sum of quantities from 1e15 on, in whole units
	GroupControls    = "x_GroupControls"      // how many control rows the snapshot has
	IsGroup          = "group"
	IsControl        = "control"
	LargeFrom        = 15 // power of ten from which on a quantity is added up in whole units, see scaledFrom
	LargeEnd         = 30 // from which on it is out of range
	AmountEnd        = 14 // from which on a cost is out of range, see tooLarge
	MaxPeriodSeconds = maxPeriodDays * 24 * 3600
)

// A LakeColumn is a column of words that charges are grouped by.
type LakeColumn struct {
	Name   string // in the grouped bill
	Column string // as the table spells it
	// OnlyOf are beginnings of provider names, folded: of other providers the words are a customer's and stay
	// where they are. Empty when they are a provider's always.
	OnlyOf []string
}

// A LakeTable says which columns of a table of charges are read, as the table spells them; "" for what it lacks.
type LakeTable struct {
	Words                               []LakeColumn
	Provider, Currency                  string
	ChargeStart, ChargeEnd              string
	BillingStart                        string
	Quantity, BilledCost, EffectiveCost string
}

// Lake reads the columns of a table of charges in a lake. What is not named in the allow-lists of this package
// is in no field of the result.
func Lake(names []string) (LakeTable, error) {
	h, ok := newHeader(names)
	switch {
	case !ok:
		return LakeTable{}, fmt.Errorf("no table of charges: it needs an amount, what it is for, and at least three "+
			"columns of FOCUS; given %s", list(names))
	case h.profile != nil:
		return LakeTable{}, fmt.Errorf("columns of the %s: only tables of FOCUS are grouped where they lie",
			h.profile.name)
	case h.refused() != "":
		return LakeTable{}, fmt.Errorf("%s", h.refused())
	case h.twice() != "":
		return LakeTable{}, fmt.Errorf("column %s is named twice", h.twice())
	}
	at := func(c column) string {
		if !h.has(c) {
			return ""
		}
		return names[h.at[c]]
	}
	t := LakeTable{Provider: at(colProvider), Currency: at(colCurrency), ChargeStart: at(colChargeStart),
		ChargeEnd:    at(colChargeEnd),
		BillingStart: at(colBillingStart), Quantity: at(colQuantity), BilledCost: at(colBilled),
		EffectiveCost: at(colEffective)}
	for _, c := range wordColumns {
		if h.has(c) {
			t.Words = append(t.Words, LakeColumn{Name: reads[c].name, Column: at(c)})
		}
	}
	for _, i := range h.words.all() {
		for _, w := range providerWords {
			if nameKey(w.name) == nameKey(names[i]) {
				t.Words = append(t.Words, LakeColumn{Name: w.name, Column: names[i]})
			}
		}
	}
	if h.words.description >= 0 {
		t.Words = append(t.Words, LakeColumn{Name: "ChargeDescription", Column: names[h.words.description],
			OnlyOf: describers})
	}
	return t, nil
}

// LakeVersions are the versions of FOCUS whose columns [LakeColumns] gives.
func LakeVersions() []string {
	var out []string
	for _, c := range known {
		if !slices.Contains(out, c.version) {
			out = append(out, c.version)
		}
	}
	return out
}

// LakeProviders are the providers whose own columns [LakeColumns] gives.
func LakeProviders() []string { return []string{ofAWS, ofGoogle, ofMicrosoft, ofOracle} }

// LakeColumns are the columns that a table of FOCUS has by its version, and of the provider's own those that
// hold words for classification.
func LakeColumns(version, provider string) []string {
	var out []string
	for _, c := range known {
		// FOCUS 1.4 removed what 1.3 had deprecated.
		if c.version > version || version >= "1.4" && (c.name == "ProviderName" || c.name == "PublisherName") {
			continue
		}
		out = append(out, c.name)
	}
	for _, w := range providerWords {
		if provider != "" && w.of == provider {
			out = append(out, w.name)
		}
	}
	return out
}

// NullWords are the texts that stand for null, folded and trimmed.
func NullWords() []string { return slices.Sorted(maps.Keys(nullWords)) }

// Why charges could not be read, as [Schema] has it in unread.
func WhyNoTime(column string) string   { return "no " + column }
func WhyBadTime(column string) string  { return column + " is not an ISO time" }
func WhyNoNumber(column string) string { return column + " is not a number" }
func WhyTooLarge(column string) string { return column + " is out of range" }

// isGrouped reports whether columns are those of a grouped bill, and which of its columns are absent.
func isGrouped(names []string) (ok bool, lacks []string) {
	have := map[string]bool{}
	for _, n := range names {
		have[nameKey(n)] = true
	}
	if !have[nameKey(GroupKey)] && !have[nameKey(GroupSnapshot)] {
		return false, nil
	}
	for _, n := range []string{GroupRow, GroupSnapshot, GroupKey, GroupMonth, GroupCharges, GroupUnread,
		GroupControls} {
		if !have[nameKey(n)] {
			lacks = append(lacks, n)
		}
	}
	return true, lacks
}
