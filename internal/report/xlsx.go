package report

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"

	"github.com/xuri/excelize/v2"

	"plimsoll/internal/finding"
	"plimsoll/internal/review"
)

// sheetRows is what one sheet of a workbook can hold below its header (ECMA-376 viewers
// stop at 1,048,576 rows).
const sheetRows = 1_048_575

// XLSX writes the workbook from findings.jsonl and rejects.jsonl, row by row.
func XLSX(path string, findings, rejects string, s review.Summary) error {
	f := excelize.NewFile()
	defer f.Close()
	head, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"EEF4F6"}}})
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	book := workbook{f: f, head: head}
	steps := []func() error{
		func() error { return book.findings(findings) },
		func() error { return book.exempt(s) },
		func() error { return book.toCheck(s) },
		func() error { return book.open(s) },
		func() error { return book.flags(s) },
		func() error { return book.inputs(s) },
		func() error { return book.rejects(rejects) },
		func() error { return f.DeleteSheet("Sheet1") },
		func() error { f.SetActiveSheet(0); return f.SaveAs(path) },
		func() error { return os.Chmod(path, 0o644) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return fmt.Errorf("write %s: %w", path, err)
		}
	}
	return nil
}

type workbook struct {
	f    *excelize.File
	head int
}

// sheet starts a sheet with a frozen, filterable header.
func (b workbook) sheet(name string, widths []float64, header ...string) (func(cells ...any) error, func() error, error) {
	if _, err := b.f.NewSheet(name); err != nil {
		return nil, nil, err
	}
	w, err := b.f.NewStreamWriter(name)
	if err != nil {
		return nil, nil, err
	}
	for i, width := range widths {
		if err := w.SetColWidth(i+1, i+1, width); err != nil {
			return nil, nil, err
		}
	}
	if err := w.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return nil, nil, err
	}
	row := make([]any, len(header))
	for i, h := range header {
		row[i] = excelize.Cell{StyleID: b.head, Value: h}
	}
	if err := w.SetRow("A1", row); err != nil {
		return nil, nil, err
	}
	n := 1
	put := func(cells ...any) error {
		if n > sheetRows {
			return nil // the JSON Lines file holds them all
		}
		n++
		for i, c := range cells {
			if s, ok := c.(string); ok {
				cells[i] = cell(s)
			}
		}
		return w.SetRow(fmt.Sprintf("A%d", n), cells)
	}
	return put, w.Flush, nil
}

// cell is text that no spreadsheet takes as a formula and that fits one cell.
func cell(s string) string {
	s = review.Inert(s)
	if len(s) > excelize.TotalCellChars {
		r := []rune(s)
		if len(r) > excelize.TotalCellChars-1 {
			s = string(r[:excelize.TotalCellChars-1]) + "…"
		}
	}
	return s
}

func (b workbook) findings(path string) error {
	put, flush, err := b.sheet("Findings", []float64{10, 12, 15, 11, 36, 14, 90, 28, 28, 40, 34, 44, 60, 44, 18, 26},
		"Flag", "Severity", "State", "Confidence", "About", "Kind", "Sentence", "Engagements", "Accounts", "Values", "Missing", "Rests on", "Whose rights may be touched", "Innocent if", "Pack", "Id")
	if err != nil {
		return err
	}
	err = eachLine(path, func(line []byte) error {
		var f finding.Finding
		if err := json.Unmarshal(line, &f); err != nil {
			return err
		}
		var rests []string
		for _, c := range f.RestsOn {
			rests = append(rests, fmt.Sprintf("%s %s (%s)", c.Instrument, c.Clause, c.Reading().Words()))
		}
		return put(f.Flag, f.Severity, strings.ReplaceAll(f.State, "_", " "), f.Confidence, f.Subject.Name, f.Subject.Kind, f.Sentence,
			strings.Join(f.Engagement, "; "), strings.Join(f.Accounts, "; "), strings.Join(values(f), "; "), strings.Join(f.Missing, "; "),
			strings.Join(rests, "; "), harm(f.Harm), strings.Join(f.Innocent, "; "), f.Pack+" "+f.Version, f.ID)
	})
	if err != nil {
		return err
	}
	return flush()
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
	s := who + "; how many: " + cmp.Or(h.HowMany, notStated) + "; whether it can be undone: " + cmp.Or(h.Undone, notStated)
	if h.Note != "" {
		s += ". " + h.Note
	}
	return s
}

// notStated is what a reader sees where the records do not say something.
const notStated = "not stated in the records"

// exempt lists every exempt subject by name.
func (b workbook) exempt(s review.Summary) error {
	put, flush, err := b.sheet("Exempt", []float64{10, 50, 36, 14, 50, 50, 60}, "Flag", "Title", "About", "Kind", "Why exempt", "Kind of body", "What the rule read")
	if err != nil {
		return err
	}
	for _, x := range s.Exempt {
		read := strings.Join(values(finding.Finding{Values: x.Values}), "; ")
		if err := put(x.Flag, x.Title, x.Subject.Name, x.Subject.Kind, x.Why, bodyOf(x), read); err != nil {
			return err
		}
	}
	return flush()
}

func (b workbook) toCheck(s review.Summary) error {
	put, flush, err := b.sheet("Names to check", []float64{10, 40, 40, 30, 20, 10, 10, 70}, "Flag", "In the records", "On a list", "List", "Entry", "Score", "Grade", "Why the name is not enough")
	if err != nil {
		return err
	}
	for _, x := range s.ToCheck {
		for _, h := range x.Hits {
			if err := put(x.Flag, x.Party.Name, h.Name, h.List, h.Entry, h.Score, h.Grade, x.Reason); err != nil {
				return err
			}
		}
	}
	return flush()
}

// open lists what is not known, by reason.
func (b workbook) open(s review.Summary) error {
	put, flush, err := b.sheet("Not known", []float64{60, 60, 12, 12, 12, 50, 30}, "Not known", "What would settle it", "Checks", "Subjects", "Rows", "Which", "Flags")
	if err != nil {
		return err
	}
	for _, x := range s.Open {
		if err := put(x.Why, x.Supply, x.Checks, x.Subjects, x.Rows, openWhat(x), strings.Join(x.Flags, "; ")); err != nil {
			return err
		}
	}
	return flush()
}

func (b workbook) flags(s review.Summary) error {
	put, flush, err := b.sheet("Checked", []float64{10, 50, 10, 10, 10, 10, 10, 16, 16, 16, 40}, "Flag", "Title", "Family", "Checked", "Raised", "Not raised", "Exempt", "Names to check", "Not computable", "Not applicable", "Missing")
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
		if err := put(id, f.Title, f.Family, f.Checked, f.Raised, f.NotRaised, f.Exempt, f.ToCheck, f.NotComputable, f.NotApplicable, strings.Join(f.Missing, "; ")); err != nil {
			return err
		}
	}
	return flush()
}

func (b workbook) inputs(s review.Summary) error {
	put, flush, err := b.sheet("Read", []float64{50, 18, 12, 12, 12, 68, 60}, "File", "Kind", "Rows", "Used", "Not used", "SHA-256", "Notes")
	if err != nil {
		return err
	}
	for _, in := range s.Inputs {
		notes := in.Notes
		if in.SameAs != "" {
			notes = append([]string{"same bytes as " + in.SameAs}, notes...)
		}
		if err := put(in.File, in.Kind, in.Rows, in.Records, in.Rejects, in.SHA256, strings.Join(notes, "; ")); err != nil {
			return err
		}
	}
	for _, u := range s.Unknown {
		if err := put(u.File, "not read", 0, 0, 0, u.SHA256, u.Reason); err != nil {
			return err
		}
	}
	return flush()
}

func (b workbook) rejects(path string) error {
	put, flush, err := b.sheet("Rows not used", []float64{50, 30, 18, 90}, "File", "At", "Kind", "Reason")
	if err != nil {
		return err
	}
	err = eachLine(path, func(line []byte) error {
		var r struct{ File, At, Kind, Reason string }
		if err := json.Unmarshal(line, &r); err != nil {
			return err
		}
		return put(r.File, r.At, r.Kind, r.Reason)
	})
	if err != nil {
		return err
	}
	return flush()
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
