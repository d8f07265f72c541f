package signal

import (
	"plimsoll/internal/finding"
)

// Facts are the signals of one subject.
type Facts struct {
	Subject finding.Subject
	// the kind of the rules that apply: OfParty, OfEngagement or OfAccount; "" is the subject's own
	Kind   string
	Values map[string]any   // by [Def.Name]: what is known; absent names are missing
	Gaps   map[string][]Gap // by [Def.Name]: what is not known of a value that is there, or why it is missing
	// by [Def.Name]: what is not known of the numbers inside the elements of a list, see [AtLeast]
	Inside map[string][]Gap
	Most   map[string]float64 // of a number with gaps: what it is at most; absent names have no bound
	// by [Def.Name]: signals of which only bounds are there, while the rows behind them lie in an engine, see
	// [Inputs.Away]
	Pending     map[string]bool
	Missing     map[string][]string // for an absent name: the columns that would have to be there
	Absent      map[string]bool     // of those columns: absent from the whole run, not just for this subject
	Engagements []string            // keys, sorted
	Accounts    []string            // "account" or "account/sub", sorted
	Period      [2]string           // first day and day after the last of what was read, "" when undated
	Rows        []Row               // but for those of [Facts.Evidence]
	Series      []finding.Series    // for the plot: storage, speech … of the party
	Hits        []finding.Hit
	Path        []finding.Step
	Further     [][]finding.Step
	Claims      []finding.Claim
	Later       func() []Row // rows before Rows that are worded when somebody asks: few subjects have a finding
}

// Evidence returns the rows that the signals were computed from.
func (f *Facts) Evidence() []Row {
	if f.Later != nil {
		f.Rows, f.Later = append(f.Later(), f.Rows...), nil
	}
	return f.Rows
}

// A Row is a row of input that signals were computed from.
type Row struct {
	Signal string // prefix of the signals it feeds: "usage.storage", "party.claims", "engagement."
	Source int    // record.Source.Index; -1 for the last row, which counts those not shown
	At     string
	Says   string // "11.4 PB stored", with its unit
}
