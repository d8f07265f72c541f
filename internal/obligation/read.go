package obligation

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"plimsoll/internal/casefile"
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
	byID        map[string]int
	answers     map[string][]Answer // by demand
}

func (r *Register) instrument(id string) *Instrument {
	if i, ok := r.byID[id]; ok {
		return &r.Instruments[i]
	}
	return nil
}

// Columns are the columns of each table. The first is the key that a table is recognised by, with the second.
var Columns = map[string][]string{
	"instruments": {"instrument_id", "title", "kind", "issuer", "date", "force", "addressees", "votes", "objections", "status", "source", "read"},
	"demands": {"demand_id", "instrument_id", "text", "of", "addressee", "about_kind", "about", "due", "condition", "condition_met",
		"done_when"},
	"answers": {"answer_id", "demand_id", "by", "acted", "date", "text", "publisher", "source", "grade", "status"},
}

// A row is a row of a table by its columns, trimmed.
type row struct {
	cells map[string]string
	at    Place
}

func (r row) get(column string) string { return r.cells[column] }

// Read reads tables of instruments, demands and answers from CSV files and workbooks. A row that cannot be used is a
// reject with its place and reason; a cell that is not understood costs its row only where the row means nothing without it.
func Read(ctx context.Context, sources []record.Source, works *casefile.Calendar) (*Register, error) {
	rows := map[string][]row{}
	r := &Register{byID: map[string]int{}, answers: map[string][]Answer{}}
	for _, src := range sources {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if src.Skipped != "" {
			r.Unread = append(r.Unread, src.Name+": "+src.Skipped)
			continue
		}
		if err := r.file(ctx, src, rows); err != nil {
			return nil, err
		}
	}
	for _, x := range rows["instruments"] {
		r.addInstrument(x)
	}
	known := map[string]bool{}
	for _, x := range rows["demands"] {
		r.addDemand(x, known, works)
	}
	answers := map[string]bool{}
	for _, x := range rows["answers"] {
		r.addAnswer(x, known, answers)
	}
	return r, nil
}

// file reads the rows of the tables of a file.
func (r *Register) file(ctx context.Context, src record.Source, rows map[string][]row) error {
	found := false
	err := table.Every(ctx, src, table.Visit{
		Header: func(_ string, header []string) (func(string, []string) error, error) {
			names := make([]string, len(header))
			for i, h := range header {
				names[i] = words(strings.TrimSpace(h))
			}
			kind := recognise(names)
			if kind == "" {
				return nil, nil
			}
			found = true
			return func(at string, cells []string) error {
				x := row{cells: map[string]string{}, at: Place{src.Name, at}}
				empty := true
				for i, c := range cells {
					if c = strings.TrimSpace(c); i < len(names) && c != "" {
						x.cells[names[i]], empty = c, false
					}
				}
				if !empty {
					rows[kind] = append(rows[kind], x)
				}
				return nil
			}, nil
		},
		Bad: func(at, reason string) error {
			r.Rejects = append(r.Rejects, record.Reject{File: src.Name, At: at, Kind: "obligations", Reason: reason})
			return nil
		},
	})
	if err != nil {
		return err
	}
	if !found {
		r.Unread = append(r.Unread, src.Name+": no table of instruments, demands or answers")
	}
	return nil
}

// recognise returns the table that a header is of, "" for none.
func recognise(names []string) string {
	for _, kind := range slices.Sorted(maps.Keys(Columns)) {
		if slices.Contains(names, Columns[kind][0]) && slices.Contains(names, Columns[kind][1]) {
			return kind
		}
	}
	return ""
}

func (r *Register) reject(x row, kind, format string, args ...any) {
	r.Rejects = append(r.Rejects, record.Reject{File: x.at.File, At: x.at.Row, Kind: kind, Reason: fmt.Sprintf(format, args...)})
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

func (r *Register) addInstrument(x row) {
	const kind = "instruments"
	i := Instrument{ID: x.get("instrument_id"), Kind: words(x.get("kind")), Issuer: x.get("issuer"), Title: x.get("title"),
		Addressees: x.get("addressees"), Votes: x.get("votes"), Objections: x.get("objections"), Status: x.get("status"),
		Source: x.get("source"), At: x.at}
	var err error
	switch _, twice := r.byID[i.ID]; {
	case i.ID == "":
		r.reject(x, kind, "the row has no instrument_id")
		return
	case twice:
		r.reject(x, kind, "instrument_id %q stands in an earlier row", i.ID)
		return
	}
	if i.Date, err = day(x.get("date")); err != nil {
		r.reject(x, kind, "date: %v", err)
		return
	}
	if i.Force, err = oneOf(x.get("force"), Binding, NonBinding, ForceUnknown); err != nil {
		r.reject(x, kind, "force: %v", err)
		return
	}
	if i.Read, err = oneOf(x.get("read"), Primary, Secondary, Memory); err != nil {
		r.reject(x, kind, "read: %v", err)
		return
	}
	if i.Force == "" {
		i.Force = ForceUnknown
	}
	if i.Read == "" {
		i.Read = Memory // nobody says that the text was read
	}
	r.byID[i.ID] = len(r.Instruments)
	r.Instruments = append(r.Instruments, i)
}

func (r *Register) addDemand(x row, known map[string]bool, works *casefile.Calendar) {
	const kind = "demands"
	d := Demand{ID: x.get("demand_id"), Instrument: x.get("instrument_id"), Text: x.get("text"), Addressee: x.get("addressee"),
		AboutKind: words(x.get("about_kind")), About: x.get("about"), Condition: x.get("condition"), Done: x.get("done_when"), At: x.at}
	var err error
	switch {
	case d.ID == "":
		r.reject(x, kind, "the row has no demand_id")
		return
	case known[d.ID]:
		r.reject(x, kind, "demand_id %q stands in an earlier row", d.ID)
		return
	}
	if d.Of, err = oneOf(x.get("of"), OfState, OfAllStates, OfCompany, OfCompanies, OfCustomer, OfBody); err != nil {
		r.reject(x, kind, "of: %v", err)
		return
	}
	if d.ConditionMet, err = day(x.get("condition_met")); err != nil {
		r.reject(x, kind, "condition_met: %v", err)
		return
	}
	var itself record.Date
	if i := r.instrument(d.Instrument); i != nil {
		itself = i.Date
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

func (r *Register) addAnswer(x row, known, had map[string]bool) {
	const kind = "answers"
	a := Answer{ID: x.get("answer_id"), Demand: x.get("demand_id"), By: x.get("by"), Text: x.get("text"), Publisher: x.get("publisher"),
		Source: x.get("source"), Grade: strings.ToUpper(x.get("grade")), At: x.at}
	var err error
	switch {
	case a.ID == "":
		r.reject(x, kind, "the row has no answer_id")
		return
	case had[a.ID]:
		r.reject(x, kind, "answer_id %q stands in an earlier row", a.ID)
		return
	case !known[a.Demand]:
		r.reject(x, kind, "no row describes the demand %q", a.Demand)
		return
	}
	if a.Acted, err = oneOf(x.get("acted"), Done, Partly, Refused, Silent); err != nil || a.Acted == "" {
		r.reject(x, kind, "acted: %v", cmp.Or(err, fmt.Errorf("the cell is empty; it is one of done, partly, refused, no_answer")))
		return
	}
	if a.Date, err = day(x.get("date")); err != nil {
		r.reject(x, kind, "date: %v", err)
		return
	}
	switch words(x.get("status")) {
	case "withdrawn", "contradicted", "retracted":
		a.Withdrawn = true
	}
	had[a.ID] = true
	r.Answers = append(r.Answers, a)
	r.answers[a.Demand] = append(r.answers[a.Demand], a)
}
