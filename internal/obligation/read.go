package obligation

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"plimsoll/internal/record"
	"plimsoll/internal/record/table"
)

// A Register is what was read of instruments, demands and answers.
type Register struct {
	Instruments []Instrument
	Demands     []Demand
	Answers     []Answer
	Rejects     []record.Reject
	Unread      []string // files without a table of obligations
	// Lost counts rows by table that could not be used and of which it is not known what they are about.
	Lost    map[string]int
	byID    map[string]int
	answers map[string][]Answer // by demand
	unread  map[string]bool     // demands of which an answer could not be used
}

func (r *Register) instrument(id string) *Instrument {
	if i, ok := r.byID[id]; ok {
		return &r.Instruments[i]
	}
	return nil
}

// A Row is a row of one of the three tables, see [table.Instruments]: its cells by column, trimmed, empty ones left
// out.
type Row struct {
	Table string
	Cells map[string]string
	At    Place
}

// RowOf returns the row of a record that was read from a file of this name.
func RowOf(o *record.Obligation, file string) Row {
	return Row{Table: o.Table, Cells: o.Cells, At: Place{file, o.At, o.Source}}
}

func (r Row) get(column string) string { return r.Cells[column] }

// Read reads, after the rows of sets, tables of instruments, demands and answers from CSV files and workbooks. A row
// that cannot be used is a reject with its place and reason; a cell that is not understood costs its row only where the
// row means nothing without it.
func Read(ctx context.Context, sources []record.Source, works Works, more ...Row) (*Register, error) {
	rows := slices.Clone(more)
	var rejects []record.Reject
	var unread []string
	for _, src := range sources {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if src.Skipped != "" {
			unread = append(unread, src.Name+": "+src.Skipped)
			continue
		}
		found, bad, err := file(ctx, src)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil: // what was read of it before stays
			unread = append(unread, src.Name+": "+strings.TrimPrefix(err.Error(), "read "+src.Name+": "))
			rows, rejects = append(rows, found...), append(rejects, bad...)
			continue
		}
		if found == nil {
			unread = append(unread, src.Name+": no table of instruments, demands or answers")
		}
		rows, rejects = append(rows, found...), append(rejects, bad...)
	}
	r := Build(rows, works)
	r.Rejects, r.Unread = append(rejects, r.Rejects...), unread
	return r, nil
}

// Build makes a register of rows: instruments first, then demands, then answers, each in the order of the rows. A row
// that says what an earlier one said, cell by cell, is that row given twice.
func Build(rows []Row, works Works) *Register {
	r := &Register{byID: map[string]int{}, answers: map[string][]Answer{}, unread: map[string]bool{},
		Lost: map[string]int{}}
	demands, answers := map[string]bool{}, map[string]bool{}
	first := map[string]map[string]string{} // by table and key
	for _, kind := range []string{table.Instruments, table.Demands, table.Answers} {
		for _, x := range rows {
			if x.Table != kind {
				continue
			}
			key := kind + " " + x.get(table.ColumnsOf(kind)[0])
			if same, ok := first[key]; ok && maps.Equal(same, x.Cells) {
				continue
			} else if !ok {
				first[key] = x.Cells
			}
			switch {
			case kind == table.Instruments:
				r.addInstrument(x)
			case kind == table.Demands:
				r.addDemand(x, demands, works)
			default:
				r.addAnswer(x, demands, answers)
			}
		}
	}
	return r
}

// file reads the rows of the tables of a file; nil when it has none of them.
func file(ctx context.Context, src record.Source) (rows []Row, bad []record.Reject, err error) {
	err = table.Every(ctx, src, table.Visit{
		Header: func(_ string, header []string) (func(string, []string) error, error) {
			kind := table.KindOf(header)
			if kind != table.Instruments && kind != table.Demands && kind != table.Answers {
				return nil, nil
			}
			if rows == nil {
				rows = []Row{}
			}
			names := make([]string, len(header))
			for i, h := range header {
				names[i] = words(strings.TrimSpace(h))
			}
			return func(at string, cells []string) error {
				x := Row{Table: kind, Cells: map[string]string{}, At: Place{src.Name, at, src.Index}}
				for i, c := range cells {
					if c = strings.TrimSpace(c); i < len(names) && c != "" {
						x.Cells[names[i]] = c
					}
				}
				if len(x.Cells) > 0 {
					rows = append(rows, x)
				}
				return nil
			}, nil
		},
		Bad: func(at, reason string) error {
			bad = append(bad, record.Reject{File: src.Name, At: at, Kind: "obligations", Reason: reason})
			return nil
		},
	})
	return rows, bad, err
}

func (r *Register) reject(x Row, kind, format string, args ...any) {
	r.Rejects = append(r.Rejects, record.Reject{File: x.At.File, At: x.At.Row, Kind: kind, Reason: fmt.Sprintf(format,
		args...)})
}

// day reads a date cell; a workbook's serial number is one too.
func day(s string) (record.Date, error) {
	if s == "" {
		return record.Date{}, nil
	}
	if d, ok := table.Serial(s); ok {
		return d, nil
	}
	return record.ParseDate(s)
}

// documentHash reads the SHA-256 of the document that was read: 64 hexadecimal digits, perhaps after "sha256:". A text
// that nobody read has no hash.
func documentHash(s string, read Reading) (string, error) {
	h := strings.ToLower(strings.TrimSpace(s))
	h = strings.TrimPrefix(strings.TrimPrefix(h, "sha256:"), "sha-256:")
	h = strings.TrimSpace(h)
	if b, err := hex.DecodeString(h); h != "" && (err != nil || len(b) != sha256.Size) {
		return "", fmt.Errorf("%q is no SHA-256 of 64 hexadecimal digits", s)
	}
	if h != "" && read == Memory {
		return "", errors.New("the row does not say that a document was read (read: primary or secondary)")
	}
	return h, nil
}

// oneOf reads a cell of a closed vocabulary; "" for an empty cell.
func oneOf[T ~string](s string, allowed ...T) (T, error) {
	if s == "" {
		return "", nil
	}
	for _, a := range allowed {
		if words(s) == words(string(a)) {
			return a, nil
		}
	}
	list := make([]string, len(allowed))
	for i, a := range allowed {
		list[i] = string(a)
	}
	return "", fmt.Errorf("%q is none of %s", s, strings.Join(list, ", "))
}

func (r *Register) addInstrument(x Row) {
	const kind = "instruments"
	i := Instrument{ID: x.get("instrument_id"), Kind: words(x.get("kind")), Issuer: x.get("issuer"),
		Title:      x.get("title"),
		Addressees: x.get("addressees"), Votes: x.get("votes"), Objections: x.get("objections"),
		Status: x.get("status"),
		Source: x.get("source"), At: x.At}
	var err error
	switch _, twice := r.byID[i.ID]; {
	case i.ID == "":
		r.reject(x, kind, "the row has no instrument_id")
		return
	case twice:
		r.reject(x, kind, "instrument_id %q stands in an earlier row", i.ID)
		return
	}
	// A cell that is not understood is not known; the instrument stays, and so do its demands.
	const kept = "; the instrument is kept, this is not known of it"
	if i.Date, err = day(x.get("date")); err != nil {
		r.reject(x, kind, "date: %v%s", err, kept)
	}
	if i.Force, err = oneOf(x.get("force"), Binding, NonBinding, ForceUnknown); err != nil {
		r.reject(x, kind, "force: %v%s", err, kept)
	}
	if i.Read, err = oneOf(x.get("read"), Primary, Secondary, Memory); err != nil {
		r.reject(x, kind, "read: %v%s", err, kept)
	}
	if i.Force == "" {
		i.Force = ForceUnknown
	}
	if i.Read == "" {
		i.Read = Memory // nobody says that the text was read
	}
	if i.SHA256, err = documentHash(x.get("source_sha256"), i.Read); err != nil {
		r.reject(x, kind, "source_sha256: %v; the instrument is kept, no hash of its document is on file", err)
	}
	r.byID[i.ID] = len(r.Instruments)
	r.Instruments = append(r.Instruments, i)
}

func (r *Register) addDemand(x Row, known map[string]bool, works Works) {
	const kind = "demands"
	d := Demand{ID: x.get("demand_id"), Instrument: x.get("instrument_id"), Text: x.get("text"),
		Addressee: x.get("addressee"),
		AboutKind: AboutKind(words(x.get("about_kind"))), About: x.get("about"), Where: x.get("place"),
		Condition: x.get("condition"), Done: x.get("done_when"), At: x.At}
	var err error
	switch {
	case d.ID == "":
		r.reject(x, kind, "the row has no demand_id")
		r.Lost[kind]++
		return
	case known[d.ID]:
		r.reject(x, kind, "demand_id %q stands in an earlier row", d.ID)
		return
	}
	if d.Of, err = oneOf(x.get("of"), OfState, OfAllStates, OfCompany, OfCompanies, OfCustomer, OfBody); err != nil {
		r.reject(x, kind, "of: %v; the demand is kept, its addressee is not known", err)
	}
	if d.ConditionMet, err = day(x.get("condition_met")); err != nil {
		r.reject(x, kind, "condition_met: %v; the demand is kept, whether its condition came about is not known", err)
		d.Condition = cmp.Or(d.Condition, "a condition that the row does not state")
	}
	if d.Read, err = oneOf(x.get("read"), Primary, Secondary, Memory); err != nil {
		r.reject(x, kind, "read: %v; the demand is kept, how its clause was read is not known", err)
	}
	d.Clause, d.Source = x.get("clause"), x.get("source")
	var itself record.Date
	if i := r.instrument(d.Instrument); i != nil {
		itself, d.Read = i.Date, cmp.Or(d.Read, i.Read)
	}
	d.Read = cmp.Or(d.Read, Memory)
	if d.SHA256, err = documentHash(x.get("source_sha256"), d.Read); err != nil {
		r.reject(x, kind, "source_sha256: %v; the demand is kept, no hash of its document is on file", err)
	}
	if i := r.instrument(d.Instrument); i != nil && d.SHA256 == "" && d.Source == "" {
		d.SHA256 = i.SHA256
	}
	if d.ConditionMet.Known() { // a conditional term runs from the day on which its condition came about
		itself = d.ConditionMet
	}
	due := x.get("due")
	if s, ok := table.Serial(due); ok {
		due = s.String()
	}
	if d.Due, err = ParseDue(due, itself, works); err != nil {
		// The demand stays: what it asks for is known, by when is not.
		r.reject(x, kind, "due: %v; the demand is kept, its day is not known", err)
		d.Due = Due{Text: d.Due.Text}
	}
	known[d.ID] = true
	r.Demands = append(r.Demands, d)
}

func (r *Register) addAnswer(x Row, known, had map[string]bool) {
	const kind = "answers"
	a := Answer{ID: x.get("answer_id"), Demand: x.get("demand_id"), By: x.get("by"), Text: x.get("text"),
		Publisher: x.get("publisher"),
		Source:    x.get("source"), Grade: strings.ToUpper(x.get("grade")), At: x.At}
	var err error
	switch {
	case a.ID == "":
		r.reject(x, kind, "the row has no answer_id")
		r.lose(a)
		return
	case had[a.ID]:
		r.reject(x, kind, "answer_id %q stands in an earlier row", a.ID)
		return
	case !known[a.Demand]:
		r.reject(x, kind, "no row describes the demand %q", a.Demand)
		r.lose(a)
		return
	}
	if a.Acted, err = oneOf(x.get("acted"), Done, Partly, Refused, Silent); err != nil || a.Acted == "" {
		r.reject(x, kind, "acted: %v", cmp.Or(err, fmt.Errorf("the cell is empty; it is one of done, partly, "+
			"refused, no_answer")))
		r.lose(a)
		return
	}
	if a.Date, err = day(x.get("date")); err != nil {
		r.reject(x, kind, "date: %v; the answer is kept, its day is not known", err)
	}
	switch words(x.get("status")) {
	case "withdrawn", "contradicted", "retracted":
		a.Withdrawn = true
	}
	had[a.ID] = true
	r.Answers = append(r.Answers, a)
	r.answers[a.Demand] = append(r.answers[a.Demand], a)
}

// lose notes that an answer could not be used: of its demand it is not known whether an answer is on file.
func (r *Register) lose(a Answer) {
	if a.Demand == "" {
		r.Lost[table.Answers]++
		return
	}
	r.unread[a.Demand] = true
}
