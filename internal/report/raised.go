package report

import (
	"fmt"
	"strings"

	"plimsoll/internal/finding"
	"plimsoll/internal/review"
)

// Limits of the table of what was raised; findings.jsonl holds all.
const (
	rowsBehind = 12  // rows of one flag
	indexRows  = 500 // parties
)

// A raisedRow is one flag with what opens below its sentence.
type raisedRow struct {
	finding.Finding
	Summary, More string
	Rows          []finding.Evidence
}

func rowOf(f finding.Finding) raisedRow {
	r := raisedRow{Finding: f, Rows: f.Evidence[:min(len(f.Evidence), rowsBehind)], Summary: Plural(len(f.Evidence),
		"row", "rows")}
	if n := len(f.Evidence) - len(r.Rows); n > 0 {
		r.More = fmt.Sprintf("%s more in findings.xlsx.", Plural(n, "row", "rows"))
	}
	if n := len(f.Innocent); n > 0 {
		r.Summary += ", " + Plural(n, "innocent explanation", "innocent explanations")
	}
	if n := len(f.Ask); n > 0 {
		r.Summary += ", " + Plural(n, "question", "questions")
	}
	return r
}

// An indexRow is one party with its flags.
type indexRow struct {
	Party, Severity string
	Flags           []indexFlag
}

// An indexFlag is one flag of a party. Shown: its line stands on the page.
type indexFlag struct {
	ID, Flag string
	Shown    bool
}

// indexOf lists the parties with a flag in the order in which to look.
func indexOf(r *review.Result, shown []raisedRow) ([]indexRow, string) {
	on := map[string]bool{}
	for _, f := range shown {
		on[f.ID] = true
	}
	var out []indexRow
	for _, l := range r.Top[:min(len(r.Top), indexRows)] {
		row := indexRow{Party: l.Party, Severity: l.Finding.Severity, Flags: []indexFlag{{l.Finding.ID, l.Finding.Flag,
			on[l.Finding.ID]}}}
		for _, f := range l.Also {
			row.Flags = append(row.Flags, indexFlag{f.ID, f.Flag, on[f.ID]})
			if finding.Rank(f.Severity) < finding.Rank(row.Severity) {
				row.Severity = f.Severity
			}
		}
		out = append(out, row)
	}
	all := max(len(r.Top), r.Summary.Counts.RaisedOn)
	if len(out) == all {
		return out, Plural(all, "party", "parties") + "."
	}
	return out, fmt.Sprintf("The first %s of %s; all are in findings.xlsx.", Count(len(out)),
		Plural(all, "party", "parties"))
}

// bySeverity words how many flags were raised of each severity.
func bySeverity(n map[string]int) string {
	var parts []string
	for _, s := range []string{"critical", "high", "medium", "low"} {
		if n[s] > 0 {
			parts = append(parts, Count(n[s])+" "+s)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " Flags by severity, if true: " + strings.Join(parts, ", ") + "."
}
