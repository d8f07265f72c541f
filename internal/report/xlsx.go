package report

import (
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"plimsoll/internal/finding"
	"plimsoll/internal/review"
)

// XLSX writes findings.xlsx beside the other files of a review, row by row from them.
func XLSX(dir string, r *review.Result) error {
	return writeXLSX(dir, r, sheetRows)
}

func writeXLSX(dir string, r *review.Result, rows int) error {
	path := filepath.Join(dir, "findings.xlsx")
	b, err := newWorkbook(rows)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer b.f.Close()
	findings, rejects, s := filepath.Join(dir, "findings.jsonl"), filepath.Join(dir, "rejects.jsonl"), r.Summary
	steps := []func() error{
		func() error { return b.findings(findings) },
		func() error { return b.rowsBehind(findings) },
		func() error { return b.parties(findings, r) },
		func() error {
			return b.table("Joins", dir, "joins.csv", []float64{18, 36, 12, 24, 34, 18, 36, 12, 24, 10, 12, 44, 34, 34})
		},
		func() error {
			return b.table("Inventory", dir, "inventory.csv", []float64{18, 14, 34, 34, 34, 16, 8, 16, 10})
		},
		func() error {
			return b.table("Inventory by", dir, "inventory_by.csv", []float64{14, 18, 44, 10, 12, 12, 16, 10})
		},
		func() error {
			return b.table("Demands", dir, "demands.csv", []float64{18, 16, 12, 10, 60, 14, 24, 36, 24, 12, 12, 18, 12,
				30, 14, 34, 34, 16, 8, 12})
		},
		func() error {
			return b.table("Still running", dir, "still_running.csv", []float64{14, 12, 34, 14, 18, 30, 12, 12, 24, 16,
				10, 12, 34, 18})
		},
		func() error { return b.table("Holdings", dir, "holdings.csv", []float64{20, 34, 18, 16, 16, 10, 12}) },
		func() error { return b.exempt(s) },
		func() error { return b.toCheck(s) },
		func() error { return b.bidders(s) },
		func() error { return b.open(s) },
		func() error { return b.flags(s) },
		func() error { return b.inputs(s) },
		func() error { return b.rejects(rejects) },
		func() error { return b.save(path) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return fmt.Errorf("write %s: %w", path, err)
		}
	}
	return nil
}

// save writes the workbook with its members in the order of their names, since excelize takes those of sheets in the
// order of a map: the same content has the same bytes.
func (b *workbook) save(path string) (err error) {
	part := path + ".part.xlsx"
	defer os.Remove(part)
	if err := b.f.SaveAs(part); err != nil {
		return err
	}
	in, err := zip.OpenReader(part)
	if err != nil {
		return err
	}
	defer in.Close()
	slices.SortFunc(in.File, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	out := zip.NewWriter(f)
	for _, m := range in.File {
		if err := out.Copy(m); err != nil {
			return err
		}
	}
	return errors.Join(out.Close(), f.Chmod(0o644))
}

func (b *workbook) findings(path string) error {
	x, err := b.sheet("Findings", "findings.jsonl", []float64{10, 12, 15, 11, 36, 14, 90, 28, 28, 40, 34, 44, 60, 44,
		44, 18, 12, 26},
		"Flag", "Severity", "State", "Confidence", "About", "Kind", "Sentence", "Engagements", "Accounts", "Values",
		"Missing", "Rests on", "Whose rights may be touched", "Innocent if", "Ask", "Pack", "Rows behind", "Id")
	if err != nil {
		return err
	}
	at, raised := 2, 0 // the first row behind the next finding, on the sheet Evidence
	err = eachLine(path, func(line []byte) error {
		var f finding.Finding
		if err := json.Unmarshal(line, &f); err != nil {
			return err
		}
		var rests []string
		for _, c := range f.RestsOn {
			rests = append(rests, fmt.Sprintf("%s %s (%s)", c.Instrument, c.Clause, c.Reading().Words()))
		}
		if err := x.put(f.Flag, f.Severity, strings.ReplaceAll(f.State, "_", " "), f.Confidence, f.Subject.Name,
			f.Subject.Kind, f.Sentence,
			strings.Join(f.Engagement, "; "), strings.Join(f.Accounts, "; "), strings.Join(values(f), "; "),
			strings.Join(f.Missing, "; "),
			strings.Join(rests, "; "), harm(f.Harm), strings.Join(f.Innocent, "; "), strings.Join(f.Ask, "; "),
			f.Pack+" "+f.Version, len(f.Evidence), f.ID); err != nil || f.State != finding.Raised {
			return err
		}
		if n := len(f.Evidence); n > 0 && at < b.rows-1 {
			if err := x.link(16, fmt.Sprintf("Evidence!A%d", at), "Location"); err != nil {
				return err
			}
			b.evidence[f.ID], at = x.n, at+n
		}
		if raised++; raised > tableRows { // further ones are not on the page
			return nil
		}
		return x.link(17, "report.html#f-"+f.ID, "External")
	})
	if err != nil {
		return err
	}
	return x.end()
}

// rowsBehind lists the rows that each raised finding rests on.
func (b *workbook) rowsBehind(path string) error {
	x, err := b.sheet("Evidence", "findings.jsonl", []float64{10, 36, 44, 22, 70, 68, 26}, "Flag", "About", "File",
		"Where", "It says", "SHA-256", "Id")
	if err != nil {
		return err
	}
	err = eachLine(path, func(line []byte) error {
		var f finding.Finding
		if err := json.Unmarshal(line, &f); err != nil || f.State != finding.Raised {
			return err
		}
		for i, e := range f.Evidence {
			if err := x.put(f.Flag, f.Subject.Name, e.File, e.At, e.Says, e.SHA256, f.ID); err != nil {
				return err
			}
			if i == 0 && b.evidence[f.ID] > 0 {
				if err := x.link(7, fmt.Sprintf("Findings!A%d", b.evidence[f.ID]), "Location"); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return x.end()
}

// A partyLine is what the findings say of one party.
type partyLine struct {
	name, id   string
	bySeverity map[string]int
	raised, nc int
	flags      []string
}

// parties lists the parties of which something is raised or not computable, those with most raised first.
func (b *workbook) parties(path string, r *review.Result) error {
	x, err := b.sheet("Parties", "findings.jsonl", []float64{44, 22, 10, 10, 10, 10, 10, 16, 60},
		"Party", "Id", "Raised", "Critical", "High", "Medium", "Low", "Not computable", "Flags raised")
	if err != nil {
		return err
	}
	by, order := map[string]*partyLine{}, []*partyLine{}
	err = eachLine(path, func(line []byte) error {
		var f finding.Finding
		if err := json.Unmarshal(line, &f); err != nil {
			return err
		}
		id := f.Subject.Party
		if id == "" && f.Subject.Kind == "party" {
			id = f.Subject.ID
		}
		if id == "" {
			return nil
		}
		p := by[id]
		if p == nil {
			p = &partyLine{id: id, bySeverity: map[string]int{}}
			by[id] = p
			order = append(order, p)
		}
		if f.Subject.Kind == "party" {
			p.name = f.Subject.Name
		}
		if f.State != finding.Raised {
			p.nc++
			return nil
		}
		p.raised++
		p.bySeverity[f.Severity]++
		if !slices.Contains(p.flags, f.Flag) {
			p.flags = append(p.flags, f.Flag)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, l := range r.Top {
		if p := by[l.ID]; p != nil {
			p.name = l.Party
		}
	}
	slices.SortStableFunc(order, func(a, b *partyLine) int { return cmp.Compare(b.raised, a.raised) })
	for _, p := range order {
		slices.Sort(p.flags)
		if err := x.put(p.name, p.id, p.raised, p.bySeverity["critical"], p.bySeverity["high"], p.bySeverity["medium"],
			p.bySeverity["low"],
			p.nc, strings.Join(p.flags, "; ")); err != nil {
			return err
		}
	}
	return x.end()
}

// harm words whose rights may be touched, how many and whether it can be undone; what the
// records do not state is said to be so.
func harm(h finding.Harm) string {
	var laid []string
	for _, c := range h.Rights {
		laid = append(laid, fmt.Sprintf("%s %s (%s)", c.Instrument, c.Clause, c.Reading().Words()))
	}
	who := cmp.Or(h.Who, notStated)
	if len(laid) > 0 {
		who += " (rights laid down in " + strings.Join(laid, "; ") + ")"
	}
	s := who + "; how many: " + cmp.Or(h.HowMany, notStated) + "; whether it can be undone: " + cmp.Or(h.Undone,
		notStated)
	if h.Note != "" {
		s += ". " + h.Note
	}
	return s
}

// notStated is what a reader sees where the records do not say something.
const notStated = "not stated in the records"

// exempt lists every exempt subject by name.
func (b *workbook) exempt(s review.Summary) error {
	x, err := b.sheet("Exempt", "review.json", []float64{10, 50, 36, 14, 50, 50, 60}, "Flag", "Title", "About", "Kind",
		"Why exempt", "Kind of body", "What the rule read")
	if err != nil {
		return err
	}
	for _, e := range s.Exempt {
		read := strings.Join(values(finding.Finding{Values: e.Values}), "; ")
		if err := x.put(e.Flag, e.Title, e.Subject.Name, e.Subject.Kind, e.Why, bodyOf(e), read); err != nil {
			return err
		}
	}
	return x.end()
}

func (b *workbook) toCheck(s review.Summary) error {
	x, err := b.sheet("Names to check", "review.json", []float64{10, 40, 40, 30, 20, 10, 10, 70}, "Flag",
		"In the records", "On a list", "List", "Entry", "Score", "Grade", "Why the name is not enough")
	if err != nil {
		return err
	}
	for _, c := range s.ToCheck {
		for _, h := range c.Hits {
			if err := x.put(c.Flag, c.Party.Name, h.Name, h.List, h.Entry, h.Score, h.Grade, c.Reason); err != nil {
				return err
			}
		}
	}
	return x.end()
}

// bidders lists who takes part in tenders, and where parties may stand who are not told apart; without tenders there is
// no such sheet.
func (b *workbook) bidders(s review.Summary) error {
	if len(s.Tenders) == 0 {
		return nil
	}
	x, err := b.sheet("Bidders", "review.json", []float64{24, 36, 40, 18, 30, 12, 14, 30, 60, 50, 50, 30, 40}, "Tender",
		"Title", "Bidder", "Role", "Group", "Lots", "Bid", "Standing", "What is said", "Ground to weigh",
		"What it may answer", "Until", "Flags")
	if err != nil {
		return err
	}
	for _, t := range s.Tenders {
		for _, u := range t.Unread {
			if err := x.put(t.ID, t.Title, "", "", "", "", "", "not computable", u, "", "", "", ""); err != nil {
				return err
			}
		}
		for _, p := range t.Bidders {
			var flags []string
			for _, f := range p.Flags {
				flags = append(flags, f.Flag+" "+f.Severity+" ("+f.Pack+")")
			}
			put := func(h review.BidderHit, until string) error {
				return x.put(t.ID, t.Title, p.Name, p.Role, p.Group, p.Lots, p.State, h.Status, h.Says, h.Ground,
					h.Answer,
					until, strings.Join(flags, "; "))
			}
			if len(p.Said) == 0 {
				if err := put(review.BidderHit{Status: p.Unsaid}, ""); err != nil {
					return err
				}
			}
			for _, h := range p.Said {
				if h.List != "" {
					h.Says = h.List + ", entry " + h.Entry + ". " + h.Says
				}
				if err := put(h, t.Until); err != nil {
					return err
				}
			}
		}
	}
	return x.end()
}

// open lists what is not known, by reason.
func (b *workbook) open(s review.Summary) error {
	x, err := b.sheet("Not known", "review.json", []float64{60, 60, 12, 12, 12, 50, 30}, "Not known",
		"What would settle it", "Checks", "Subjects", "Rows", "Which", "Flags")
	if err != nil {
		return err
	}
	for _, o := range s.Open {
		if err := x.put(o.Why, o.Supply, o.Checks, o.Subjects, o.Rows, openWhat(o), strings.Join(o.Flags, "; ")); err != nil {
			return err
		}
	}
	return x.end()
}

func (b *workbook) flags(s review.Summary) error {
	x, err := b.sheet("Checked", "review.json", []float64{10, 50, 10, 10, 10, 10, 10, 16, 16, 16, 40}, "Flag", "Title",
		"Family", "Checked", "Raised", "Not raised", "Exempt", "Names to check", "Not computable", "Not applicable",
		"Missing")
	if err != nil {
		return err
	}
	ids := make([]string, 0, len(s.Flags))
	for id := range s.Flags {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	for _, id := range ids {
		f := s.Flags[id]
		if err := x.put(id, f.Title, f.Family, f.Checked, f.Raised, f.NotRaised, f.Exempt, f.ToCheck, f.NotComputable,
			f.NotApplicable, strings.Join(f.Missing, "; ")); err != nil {
			return err
		}
	}
	return x.end()
}

func (b *workbook) inputs(s review.Summary) error {
	x, err := b.sheet("Read", "review.json", []float64{50, 18, 12, 12, 12, 68, 60}, "File", "Kind", "Rows", "Used",
		"Not used", "SHA-256", "Notes")
	if err != nil {
		return err
	}
	for _, in := range s.Inputs {
		notes := in.Notes
		if in.SameAs != "" {
			notes = append([]string{"same bytes as " + in.SameAs}, notes...)
		}
		if err := x.put(in.File, in.Kind, in.Rows, in.Records, in.Rejects, in.SHA256, strings.Join(notes, "; ")); err != nil {
			return err
		}
	}
	for _, u := range s.Unknown {
		if err := x.put(u.File, "not read", 0, 0, 0, u.SHA256, u.Reason); err != nil {
			return err
		}
	}
	return x.end()
}

func (b *workbook) rejects(path string) error {
	x, err := b.sheet("Not used", "rejects.jsonl", []float64{50, 30, 18, 90}, "File", "At", "Kind", "Reason")
	if err != nil {
		return err
	}
	err = eachLine(path, func(line []byte) error {
		var r struct{ File, At, Kind, Reason string }
		if err := json.Unmarshal(line, &r); err != nil {
			return err
		}
		return x.put(r.File, r.At, r.Kind, r.Reason)
	})
	if err != nil {
		return err
	}
	return x.end()
}

func eachLine(path string, do func([]byte) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<16)
	for {
		line, err := r.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			if err := do(line); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
