// Package report writes what a review found for people: one self-contained page, a
// workbook, and a summary for the terminal.
//
// Invariants: everything from the input is data (escaped in HTML, inert in cells); a
// statement about anybody names its source; the first sentence says what matters; what was
// not covered is on the same page.
package report

import (
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"sort"
	"strconv"
	"strings"

	"plimsoll/internal/finding"
	"plimsoll/internal/obligation"
	"plimsoll/internal/review"
)

//go:embed page
var pages embed.FS

var page = template.Must(template.New("report.html").Funcs(template.FuncMap{
	"severity": Severity, "confidence": Confidence, "percent": Percent, "day": day, "join": strings.Join,
	"sentences": sentences,
	"kind":      func(s string) string { return strings.ReplaceAll(s, "_", " ") }, "grouped": grouped,
	"count": func(n int) string { return Count(n) }, "bidders": bidders, "moreBidders": moreBidders,
	"force": forceWords, "setNote": func() string { return obligation.SetNote },
	"demanded": func(o obligation.Of) string { return strings.ReplaceAll(string(o), "_", " ") },
	"pct":      func(v float64) string { return fmt.Sprintf("%.1f", v*100) },
}).ParseFS(pages, "page/report.html", "page/deals.html", "page/raised.html"))

// Limits on one page; everything is in findings.jsonl and findings.xlsx.
const (
	firstLeads    = 10
	tableRows     = 1000
	inputRows     = 200
	evidenceLines = 60
)

type view struct {
	Title, Lede              string
	CSS                      template.CSS
	Summary                  review.Summary
	Tiles                    []tile
	Leads                    []card
	Raised                   []raisedRow
	NotComputable            []finding.Finding
	Index                    []indexRow
	IndexCaption             string
	Flags                    []flagRow
	Inputs                   []review.Input
	Rejects                  []review.RejectLine
	CoverageLines            []line
	RaisedCaption, NCCaption string
	InputsCaption            string
	RejectsCaption           string

	Open                          []openRow
	Exempt                        []exemptRow
	ToCheck                       []review.NameToCheck
	ExemptCaption, ToCheckCaption string

	deals
}

type tile struct{ Number, Of, Note string }

type line struct{ Term, Text string }

type flagRow struct {
	ID string
	review.FlagCounts
}

type card struct {
	Party, Behind, Also, Caption, EvidenceTitle string
	F                                           finding.Finding
	Figure                                      template.HTML
	KnownSince, Values                          []string
}

// HTML writes the page.
func HTML(w io.Writer, r *review.Result) error {
	css, err := pages.ReadFile("page/report.css")
	if err != nil {
		return err
	}
	v := view{Title: "Review of contracts, sales and usage", CSS: template.CSS(css), Summary: r.Summary, Lede: lede(r),
		Tiles: tiles(r), deals: dealsOf(r.Summary)}
	v.Title = cmp.Or(r.Summary.Title, titles[r.Summary.About], v.Title)
	for i, l := range r.Top {
		if i == firstLeads {
			break
		}
		v.Leads = append(v.Leads, cardOf(l))
	}
	for _, f := range r.First {
		switch {
		case f.State == finding.Raised && len(v.Raised) < tableRows:
			v.Raised = append(v.Raised, rowOf(f))
		case f.State == finding.NotComputable && len(v.NotComputable) < tableRows:
			v.NotComputable = append(v.NotComputable, f)
		}
	}
	v.Index, v.IndexCaption = indexOf(r, v.Raised)
	c := r.Summary.Counts
	v.RaisedCaption = shown(len(v.Raised), c.Raised, "flag", "flags")
	v.NCCaption = shown(len(v.NotComputable), c.NotComputable, "line", "lines")
	v.Open, v.Exempt = opens(r.Summary), exempts(r.Summary)
	v.ToCheck = r.Summary.ToCheck[:min(len(r.Summary.ToCheck), toCheckRows)]
	v.ExemptCaption = shownIn(len(v.Exempt), len(r.Summary.Exempt), "exempt subject", "exempt subjects")
	v.ToCheckCaption = shownIn(len(v.ToCheck), len(r.Summary.ToCheck), "name to check", "names to check")
	for id, f := range r.Summary.Flags {
		v.Flags = append(v.Flags, flagRow{id, f})
	}
	sort.Slice(v.Flags, func(i, j int) bool { return v.Flags[i].ID < v.Flags[j].ID })
	v.Inputs = r.Summary.Inputs
	if len(v.Inputs) > inputRows {
		v.Inputs = v.Inputs[:inputRows]
	}
	v.InputsCaption = shown(len(v.Inputs), len(r.Summary.Inputs), "file", "files")
	v.Rejects = r.Rejects
	v.RejectsCaption = fmt.Sprintf("%s not used, by file and reason. Each is in rejects.jsonl with its place.",
		Plural(c.Rejects, "row", "rows"))
	v.CoverageLines = coverageLines(r.Summary)
	if err := page.Execute(w, v); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func shown(n, of int, one, many string) string {
	if n == of {
		return Plural(of, one, many) + "."
	}
	return fmt.Sprintf("The first %s of %s; all are in findings.jsonl and findings.xlsx.", Count(n),
		Plural(of, one, many))
}

func shownIn(n, of int, one, many string) string {
	if n == of {
		return Plural(of, one, many) + "."
	}
	return fmt.Sprintf("The first %s of %s; all are in review.json and findings.xlsx.", Count(n), Plural(of, one, many))
}

func lede(r *review.Result) string {
	c := r.Summary.Counts
	if h := r.Summary.Holdings; h != nil && r.Summary.About == string(review.AboutPortfolio) {
		return holdingsLede(h) + bySeverity(c.BySeverity)
	}
	if len(r.Summary.NothingChecked) > 0 {
		return notChecked(r.Summary)
	}
	if c.Raised == 0 {
		return fmt.Sprintf("Nothing was raised on %s. What the records do not cover stays open: %s could not be "+
			"computed.",
			Plural(c.Parties, "party", "parties"), Plural(c.NotComputable, "check", "checks"))
	}
	s := fmt.Sprintf("%s of %s carry a flag.", Count(c.RaisedOn), Plural(c.Parties, "party", "parties"))
	if c.RaisedOn == 1 {
		s = fmt.Sprintf("One of %s carries a flag.", Plural(c.Parties, "party", "parties"))
	}
	s += bySeverity(c.BySeverity)
	if len(r.Top) > 0 {
		l := r.Top[0]
		s += fmt.Sprintf(" Look first at %s: %s", l.Party, lowerFirst(l.Finding.Sentence))
	}
	return s
}

func lowerFirst(s string) string {
	if len(s) > 1 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'a' && s[1] <= 'z' {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}

func tiles(r *review.Result) []tile {
	s := r.Summary
	out := []tile{
		{Count(s.Counts.Raised), words(s.Counts.Raised, "flag raised", "flags raised"), "on " +
			Plural(s.Counts.RaisedOn, "party", "parties")},
		{Count(s.Counts.NotComputable), "not computable", Plural(gapsOf(s), "column is missing",
			"columns are missing")},
	}
	if len(s.Coverage.Value) > 0 {
		out = append(out, valueTile(s.Coverage.Value))
	}
	if s.Coverage.Usage.Months > 0 {
		note := "no gap"
		if n := len(s.Coverage.Usage.Gaps); n > 0 {
			note = Plural(n, "month missing", "months missing") + " between"
		}
		out = append(out, tile{Count(s.Coverage.Usage.Months), words(s.Coverage.Usage.Months, "month of usage",
			"months of usage"), note})
	}
	out = append(out, tile{Count(s.Counts.Rejects), words(s.Counts.Rejects, "row not used", "rows not used"),
		fmt.Sprintf("of %s read, each listed", Count(s.Counts.Rows))})
	return out
}

// some lists the first names and says how many more there are.
func some(names []string, all int) string {
	const most = 12
	shown := make([]string, min(len(names), most))
	for i := range shown {
		shown[i] = orWord(names[i], "(no id)")
	}
	s := strings.Join(shown, ", ")
	if n := max(all, len(names)) - len(shown); n > 0 {
		s += fmt.Sprintf(" and %s more", Count(n))
	}
	return s
}

func orWord(s, word string) string {
	if s == "" {
		return word
	}
	return s
}

// grouped writes the whole part of a plain decimal with thin spaces.
func grouped(s string) string {
	whole, rest, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return s
	}
	if rest != "" {
		return Count(n) + "." + rest
	}
	return Count(n)
}

// gapsOf counts the columns that some check lacked, in the whole run or for a subject.
func gapsOf(s review.Summary) int {
	missing := map[string]bool{}
	for _, f := range s.Flags {
		for _, m := range f.Missing {
			missing[m] = true
		}
	}
	return len(missing)
}

func words(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func cardOf(l review.Lead) card {
	f := l.Finding
	if len(f.Evidence) > evidenceLines {
		f.Evidence = f.Evidence[:evidenceLines]
	}
	c := card{Party: l.Party, F: f, Values: values(f)}
	if f.Subject.Kind != "party" {
		c.Behind = f.Subject.Kind + " " + f.Subject.Name
	}
	flags := map[string]bool{f.Flag: true}
	var also []string
	for _, a := range l.Also {
		if !flags[a.Flag] {
			flags[a.Flag] = true
			also = append(also, a.Flag+" "+a.Title)
		}
	}
	c.Also = strings.Join(also, "; ")
	switch {
	case len(f.Path) > 0:
		c.Figure = owners(append([][]finding.Step{f.Path}, f.Further...))
		c.Caption = "Ownership as the statements read say; sources are in the rows below."
		if n := len(f.Further); n > 0 {
			c.Caption = fmt.Sprintf("Ownership as the statements read say, through %d owners; sources are in the "+
				"rows below.", n+1)
		}
	default:
		if d := drawable(f.Series); len(d) > 0 {
			d[0].Marks = append(slices.Clone(d[0].Marks), listingMarks(l)...)
			c.Figure = plot(d)
			c.Caption = "Monthly consumption, each measure on its own scale. Nothing of what is stored was read."
		}
	}
	c.KnownSince = knownSince(l)
	c.EvidenceTitle = Plural(len(l.Finding.Evidence), "row", "rows")
	if n := len(l.Finding.Evidence) - len(f.Evidence); n > 0 {
		c.EvidenceTitle += fmt.Sprintf(" (%d shown)", len(f.Evidence))
	}
	return c
}

// namings are the listings and claims about the party of a lead, each once, by day.
func namings(l review.Lead) []finding.Mark {
	var out []finding.Mark
	add := func(date, label string) {
		if m := (finding.Mark{Date: date, Label: label}); !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	for _, f := range append([]finding.Finding{l.Finding}, l.Also...) {
		for _, h := range f.Hits {
			add(h.Listed, orWord(h.Title, h.List)+" names "+h.Name)
		}
		for _, c := range f.Claims {
			add(c.Published, orWord(c.Source, "a source that is not named")+" reports")
		}
	}
	slices.SortStableFunc(out, func(a, b finding.Mark) int {
		return cmp.Compare(orWord(a.Date, "9"),
			orWord(b.Date, "9"))
	})
	return out
}

// mostNamings is how many of them a card lists.
const mostNamings = 8

// knownSince says which lists and sources have named the party since when, the earliest first.
func knownSince(l review.Lead) []string {
	var out []string
	all := namings(l)
	for _, m := range all[:min(len(all), mostNamings)] {
		when := "on a day that is not stated"
		if m.Date != "" {
			when = "since " + day(m.Date)
		}
		out = append(out, when+": "+m.Label)
	}
	if n := len(all) - len(out); n > 0 {
		out = append(out, Plural(n, "more", "more"))
	}
	return out
}

// listingMarks are the listings for the plot of usage; those that its flag marks itself are there already.
func listingMarks(l review.Lead) []finding.Mark {
	return slices.DeleteFunc(namings(l), func(m finding.Mark) bool {
		return m.Date == "" || strings.HasSuffix(m.Label,
			" reports")
	})
}

// sentences puts several sentences, or words, one after the other.
func sentences(s []string) string {
	var b strings.Builder
	for i, x := range s {
		b.WriteString(x)
		if i < len(s)-1 {
			if strings.HasSuffix(x, ".") || strings.HasSuffix(x, "?") {
				b.WriteByte(' ')
			} else {
				b.WriteString("; ")
			}
		}
	}
	return b.String()
}

func coverageLines(s review.Summary) []line {
	var out []line
	u := s.Coverage.Usage
	if u.Months > 0 {
		t := fmt.Sprintf("%s from %s to %s, %s, %s of %s tied to a party (%s of cost)", Plural(u.Months, "month",
			"months"), monthName(u.First), monthName(u.Last),
			Plural(u.Charges, "charge", "charges"), Count(u.Mapped), Plural(u.Accounts, "account", "accounts"),
			Percent(u.CostMapped))
		if len(u.Gaps) > 0 {
			t += "; missing: " + strings.Join(u.Gaps, ", ")
		}
		out = append(out, line{"Usage", t})
		if len(u.UnmappedNames) > 0 {
			out = append(out, line{"Accounts of nobody", some(u.UnmappedNames, u.Accounts-u.Mapped)})
		}
	}
	for _, v := range s.Coverage.Value {
		t := fmt.Sprintf("%s %s, %s of it tied to a party: %s to one with a number, %s by name only",
			grouped(v.Total), orWord(v.Currency, "without a currency"), Percent(v.Tied), Percent(v.Identified),
			Percent(max(0, v.Tied-v.Identified)))
		if v.Possible > 0 {
			t += fmt.Sprintf(" (%s to a party that may be another one of these records)", Percent(v.Possible))
		}
		out = append(out, line{"Contract value", t + fmt.Sprintf("; %s to nobody", Percent(max(0, 1-v.Tied)))})
	}
	out = append(out, understoodLines(s)...)
	out = append(out, line{"Screening", fmt.Sprintf("%s compared with %s in %s (%s), every name on its own, from "+
		"score %s",
		Plural(s.Screening.Parties, "party", "parties"), Plural(s.Screening.Entries, "entry", "entries"),
		Plural(s.Screening.Lists, "list", "lists"), Plural(s.Screening.Names, "name", "names"),
		Confidence(s.Screening.Threshold))})
	if n := s.Screening.Individuals; n > 0 {
		out = append(out, line{"Individuals", fmt.Sprintf("%s like natural persons: they are not named here, and not "+
			"compared with entries for persons",
			Plural(n, "party looks", "parties look"))})
	}
	out = append(out, line{"Joins", fmt.Sprintf("%s of %s joined to %s; %s of the same name kept apart, %s that may "+
		"be one. Each is in joins.csv and can be changed.",
		Count(s.Counts.Joins), Plural(s.Counts.Mentions, "mention", "mentions"), Plural(s.Counts.Parties, "party",
			"parties"), Plural(s.Counts.Homonyms, "pair", "pairs"), Count(s.Counts.Possible))})
	if len(s.Coverage.Missing) > 0 {
		out = append(out, line{"Not in these records", strings.Join(s.Coverage.Missing, ", ")})
	}
	return append(append(out, packLines(s)...), unreadLines(s)...)
}
