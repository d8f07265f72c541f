// Package findingtable writes the findings of a review as tables (Parquet, or in an engine), for those who ask a
// database and not a report.
//
// Invariants: nothing of findings.jsonl is left out or cut, and nothing is added to it; tables appear in their folder
// all together or not at all; a row goes into an engine once, however often it is sent.
package findingtable

import (
	"bufio"
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"plimsoll/internal/disk"
	"plimsoll/internal/finding"
)

// A Column is a column of a table: its name, its type in SQL, and what it holds.
type Column struct{ Name, Type, Holds string }

// A Table is one of the tables.
type Table struct {
	Name    string
	Holds   string
	Columns []Column
	rows    func(f *finding.Finding) ([][]driver.Value, error)
}

const (
	text    = "VARCHAR"
	number  = "DOUBLE"
	integer = "BIGINT"
	truth   = "BOOLEAN"
)

// key are the first columns of every table.
var key = []Column{
	{"review", text, "the review: SHA-256 of its findings.jsonl, so that many reviews fit into one table"},
	{"as_of", text, "day of the review, YYYY-MM-DD"},
	{"finding", text, "id of the finding, the same in the next run about the same subject"},
}

// Tables are all tables, in the order in which they are documented.
var Tables = []Table{
	{"findings", "one row per finding, raised or not computable", []Column{
		{"flag", text, "RF-NN"}, {"title", text, "of the flag"}, {"state", text, "raised or not_computable"},
		{"severity", text, "of the possible harm: critical, high, medium, low"}, {"confidence", number, "0 to 1"},
		{"subject_kind", text, "party, engagement, account or run"}, {"subject_id", text, ""}, {"subject_name", text,
			""},
		{"party", text, "the party behind an engagement or an account"}, {"sentence", text, "what is said"},
		{"first_day", text, "of its period; empty when it has none"},
		{"day_after", text, "the day after the last of its period"},
		{"if_one", truth, "it rests on parties being one that may be one"},
		{"harm_who", text, "whose rights may be touched; empty when the records do not say"}, {"harm_how_many", text,
			""}, {"harm_undone", text, ""},
		{"harm_note", text, "why what is empty cannot be said"},
		{"pack", text, "whose rule it is"}, {"pack_version", text, ""},
	}, func(f *finding.Finding) ([][]driver.Value, error) {
		var first, after string
		if len(f.Period) == 2 {
			first, after = f.Period[0], f.Period[1]
		}
		return [][]driver.Value{{f.Flag, f.Title, f.State, f.Severity, f.Confidence, f.Subject.Kind, f.Subject.ID,
			f.Subject.Name, f.Subject.Party,
			f.Sentence, first, after, len(f.If) > 0, f.Harm.Who, f.Harm.HowMany, f.Harm.Undone, f.Harm.Note, f.Pack,
			f.Version}}, nil
	}},
	{"finding_values", "the values that a finding was judged by", []Column{
		{"name", text, "signal"}, {"number", number, "the value, when it is a number"},
		{"words", text, "the value as JSON"},
		{"partly", truth, "only a part of the value is known"},
	}, func(f *finding.Finding) ([][]driver.Value, error) {
		var out [][]driver.Value
		for _, name := range slices.Sorted(maps.Keys(f.Values)) {
			known, partly := finding.Known(f.Values[name])
			b, err := json.Marshal(known)
			if err != nil {
				return nil, err
			}
			var n driver.Value
			if v, ok := known.(float64); ok {
				n = v
			}
			out = append(out, []driver.Value{name, n, string(b), partly})
		}
		return out, nil
	}},
	{"finding_thresholds", "the parameters of the pack that a finding was judged by",
		[]Column{{"name", text, "parameter"}, {"value", number, ""}},
		func(f *finding.Finding) (out [][]driver.Value, _ error) {
			for _, name := range slices.Sorted(maps.Keys(f.Threshold)) {
				out = append(out, []driver.Value{name, f.Threshold[name]})
			}
			return out, nil
		}},
	{"finding_gaps", "what is not known of it, and why", []Column{
		{"reason", text, "column_absent, cell_empty, unit_unknown, word_unknown, row_rejected …"},
		{"column_name", text, "what would settle it, as table.column"},
		{"what", text, "the unit, word or account concerned"}, {"rows", integer, "rows or charges concerned"},
		{"amount", number, "what they state, in unit"}, {"unit", text, "as written"},
	}, func(f *finding.Finding) (out [][]driver.Value, _ error) {
		for _, g := range f.Unknown {
			out = append(out, []driver.Value{g.Reason, g.Column, g.What, g.Rows, g.Amount, g.Unit})
		}
		return out, nil
	}},
	{"finding_evidence", "the rows of the records that were read for it", []Column{
		{"n", integer, "order within the finding, from 1"}, {"sha256", text, "of the file"}, {"file", text, ""},
		{"place", text, "in the file"}, {"says", text, "what the row contributes"},
	}, func(f *finding.Finding) (out [][]driver.Value, _ error) {
		for i, e := range f.Evidence {
			out = append(out, []driver.Value{int64(i + 1), e.SHA256, e.File, e.At, e.Says})
		}
		return out, nil
	}},
	{"finding_hits", "entries of lists that the subject, or an owner of it, matches", []Column{
		{"n", integer, ""}, {"list", text, ""}, {"list_title", text, ""}, {"entry", text, ""},
		{"name", text, "the listed name"}, {"matched", text, "the name in the records"},
		{"score", number, "0 to 1"}, {"grade", text, "A to E"}, {"why", text, ""},
		{"effect", text, "what the listing does, in the list's words"},
		{"listed", text, "first day, as far as the list states it"},
		{"legal", text, "sanctions, export_control, debarment, report"},
		{"fifty_rule", truth, "the list's authority counts what listed parties own to half"},
		{"fifty_law", text, "the authority's rule on ownership"},
	}, func(f *finding.Finding) (out [][]driver.Value, _ error) {
		for i, h := range f.Hits {
			out = append(out, []driver.Value{int64(i + 1), h.List, h.Title, h.Entry, h.Name, h.Matched, h.Score,
				h.Grade, h.Why, h.Effect, h.Listed, h.Legal, h.FiftyRule, h.FiftyLaw})
		}
		return out, nil
	}},
	{"finding_steps", "the ownership paths, from owner to owned", []Column{
		{"path", integer, "1 is the one of the most weight; others are of further owners"}, {"n", integer, ""},
		{"owner", text, ""}, {"owned", text, ""}, {"share_min", number, "0 to 1"}, {"share_max", number, "0 to 1"},
		{"since", text, ""}, {"until", text, ""}, {"source", text, "file and place"},
	}, func(f *finding.Finding) (out [][]driver.Value, _ error) {
		for k, path := range append([][]finding.Step{f.Path}, f.Further...) {
			for i, s := range path {
				out = append(out, []driver.Value{int64(k + 1), int64(i + 1), s.From, s.To, s.Share[0], s.Share[1],
					s.Since, s.Until, s.Source})
			}
		}
		return out, nil
	}},
	{"finding_series", "measures by month", []Column{
		{"measure", text, ""}, {"unit", text, ""}, {"month", text, "YYYY-MM"}, {"value", number, ""},
		{"limit_value", number, "0 when there is none"}, {"limit_label", text, ""},
	}, func(f *finding.Finding) (out [][]driver.Value, _ error) {
		for _, s := range f.Series {
			for i, m := range s.Months {
				if i < len(s.Values) {
					out = append(out, []driver.Value{s.Measure, s.Unit, m, s.Values[i], s.Limit, s.Label})
				}
			}
		}
		return out, nil
	}},
	{"finding_marks", "dated events on the plots of those measures", []Column{{"measure", text, ""}, {"day", text, ""},
		{"label", text, ""}},
		func(f *finding.Finding) (out [][]driver.Value, _ error) {
			for _, s := range f.Series {
				for _, m := range s.Marks {
					out = append(out, []driver.Value{s.Measure, m.Date, m.Label})
				}
			}
			return out, nil
		}},
	{"finding_claims", "attributed statements shown beside it", []Column{
		{"n", integer, ""}, {"claim", text, "id"}, {"claim_text", text, ""}, {"source", text, ""},
		{"published", text, ""}, {"grade", text, ""}, {"status", text, ""},
		{"origin", text, ""}, {"reply", text, ""},
	}, func(f *finding.Finding) (out [][]driver.Value, _ error) {
		for i, c := range f.Claims {
			out = append(out, []driver.Value{int64(i + 1), c.ID, c.Text, c.Source, c.Published, c.Grade, c.Status,
				c.Origin, c.Reply})
		}
		return out, nil
	}},
	{"finding_clauses", "what its rule rests on, and where the rights that may be touched are laid down", []Column{
		{"part", text, "rule or rights"}, {"instrument", text, ""}, {"clause", text, ""},
		{"reading", text, "primary, secondary or memory: how the words were checked"},
	}, func(f *finding.Finding) (out [][]driver.Value, _ error) {
		for _, list := range []struct {
			of      string
			clauses []finding.Clause
		}{{"rule", f.RestsOn}, {"rights", f.Harm.Rights}} {
			for _, c := range list.clauses {
				out = append(out, []driver.Value{list.of, c.Instrument, c.Clause, string(c.Reading())})
			}
		}
		return out, nil
	}},
	{"finding_conditions", "which pairs of names would have to be one party, where it rests on a possible join",
		[]Column{
			{"left_name", text, ""}, {"left_place", text, ""}, {"left_party", text, ""}, {"right_name", text, ""},
			{"right_place", text, ""}, {"right_party", text, ""},
			{"why", text, "what the join rests on"}, {"weight", number, "in bits"},
		}, func(f *finding.Finding) (out [][]driver.Value, _ error) {
			for _, c := range f.If {
				out = append(out, []driver.Value{c.Left.Name, c.Left.At, c.Left.Party, c.Right.Name, c.Right.At,
					c.Right.Party, c.Why, c.Weight})
			}
			return out, nil
		}},
	{"finding_words", "lists of words and names", []Column{
		{"kind", text, "innocent, ask, missing, engagement, account, see, overlay"}, {"n", integer, ""},
		{"words", text, ""},
	}, func(f *finding.Finding) (out [][]driver.Value, _ error) {
		var overlays []string
		for _, o := range f.Overlays {
			overlays = append(overlays, o.Pack+" "+o.Version)
		}
		for _, list := range []struct {
			kind  string
			words []string
		}{{"innocent", f.Innocent}, {"ask", f.Ask}, {"missing", f.Missing}, {"engagement", f.Engagement},
			{"account", f.Accounts}, {"see", f.See}, {"overlay", overlays}} {
			for i, w := range list.words {
				out = append(out, []driver.Value{list.kind, int64(i + 1), w})
			}
		}
		return out, nil
	}},
}

// All are the columns of a table in their order, with those that every table begins with.
func (t *Table) All() []Column { return slices.Concat(key, t.Columns) }

// Counts are how many rows the tables hold, by name.
type Counts map[string]int64

// longestLine bounds one finding, in bytes.
const longestLine = 256 << 20

// Write reads the review in a folder and writes its tables as Parquet to out, which must not hold any yet. What cannot
// be read is an error that names the line; then out stays as it was.
func Write(ctx context.Context, review, out string) (_ Counts, err error) {
	if _, _, err := identity(review); err != nil {
		return nil, err // before a folder is made
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return nil, fmt.Errorf("make folder %s: %w", out, err)
	}
	for i := range Tables {
		if _, err := os.Lstat(filepath.Join(out, file(&Tables[i]))); err == nil {
			return nil, fmt.Errorf("%s is there already: give another folder", filepath.Join(out, file(&Tables[i])))
		}
	}
	tmp, err := os.MkdirTemp(out, ".tables-")
	if err != nil {
		return nil, fmt.Errorf("make folder in %s: %w", out, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	w, err := openTables(ctx, review, tmp)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.db.Close()) }()
	for i := range Tables {
		t := &Tables[i]
		query := fmt.Sprintf("COPY (SELECT * FROM %s ORDER BY ALL) TO '%s' (FORMAT parquet, COMPRESSION zstd)", t.Name,
			quote(filepath.Join(tmp, file(t))))
		if _, err := w.db.ExecContext(ctx, query); err != nil {
			return nil, fmt.Errorf("write %s: %w", file(t), err)
		}
	}
	for i := range Tables {
		if err := disk.Rename(filepath.Join(tmp, file(&Tables[i])), filepath.Join(out, file(&Tables[i]))); err != nil {
			for j := range i {
				err = errors.Join(err, os.Remove(filepath.Join(out, file(&Tables[j]))))
			}
			return nil, fmt.Errorf("write tables: %w", err)
		}
	}
	return w.counts, nil
}

// openTables reads the review in a folder into the tables of a database in the folder dir.
func openTables(ctx context.Context, review, dir string) (*writer, error) {
	id, asOf, err := identity(review)
	if err != nil {
		return nil, err
	}
	connector, err := duckdb.NewConnector(filepath.Join(dir, "tables.duckdb"), nil)
	if err != nil {
		return nil, fmt.Errorf("make tables: %w", err)
	}
	w := &writer{ctx: ctx, db: sql.OpenDB(connector), connector: connector, id: id, asOf: asOf, counts: Counts{}}
	if err := w.fill(review); err != nil {
		return nil, errors.Join(err, w.db.Close())
	}
	return w, nil
}

func file(t *Table) string { return t.Name + ".parquet" }

func quote(s string) string { return strings.ReplaceAll(s, "'", "''") }

// identity returns what a review is called in the tables, and its day.
func identity(review string) (id, asOf string, err error) {
	b, err := os.ReadFile(filepath.Join(review, "review.json"))
	if err != nil {
		return "", "", fmt.Errorf("read review: %w", err)
	}
	var sum struct {
		AsOf string `json:"as_of"`
	}
	if err := json.Unmarshal(b, &sum); err != nil {
		return "", "", fmt.Errorf("read %s: %w", filepath.Join(review, "review.json"), err)
	}
	f, err := os.Open(filepath.Join(review, "findings.jsonl"))
	if err != nil {
		return "", "", fmt.Errorf("read review: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", "", fmt.Errorf("read %s: %w", f.Name(), err)
	}
	return hex.EncodeToString(h.Sum(nil)), sum.AsOf, nil
}

// A writer fills the tables in a database.
type writer struct {
	ctx       context.Context
	db        *sql.DB
	connector *duckdb.Connector
	id, asOf  string
	counts    Counts
}

func (w *writer) fill(review string) (err error) {
	for i := range Tables {
		var columns []string
		for _, c := range Tables[i].All() {
			columns = append(columns, c.Name+" "+c.Type)
		}
		if _, err := w.db.ExecContext(w.ctx, "CREATE TABLE "+Tables[i].Name+"("+strings.Join(columns, ", ")+")"); err != nil {
			return fmt.Errorf("make table %s: %w", Tables[i].Name, err)
		}
	}
	conn, err := w.connector.Connect(w.ctx)
	if err != nil {
		return fmt.Errorf("fill tables: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	into := make([]*duckdb.Appender, len(Tables))
	for i := range Tables {
		if into[i], err = duckdb.NewAppenderFromConn(conn, "", Tables[i].Name); err != nil {
			return fmt.Errorf("fill table %s: %w", Tables[i].Name, err)
		}
		defer func() { err = errors.Join(err, into[i].Close()) }()
	}
	f, err := os.Open(filepath.Join(review, "findings.jsonl"))
	if err != nil {
		return fmt.Errorf("read review: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 1<<20), longestLine)
	for n := 1; lines.Scan(); n++ {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		var x finding.Finding
		if err := json.Unmarshal(lines.Bytes(), &x); err != nil {
			return fmt.Errorf("read %s line %d: %w", f.Name(), n, err)
		}
		if x.ID == "" || x.Flag == "" {
			return fmt.Errorf("read %s line %d: no finding: it has no id or no flag", f.Name(), n)
		}
		for i := range Tables {
			if err := w.add(&Tables[i], into[i], &x); err != nil {
				return fmt.Errorf("%s line %d: table %s: %w", f.Name(), n, Tables[i].Name, err)
			}
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read %s: %w", f.Name(), err)
	}
	return nil
}

func (w *writer) add(t *Table, into *duckdb.Appender, x *finding.Finding) error {
	rows, err := t.rows(x)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if err := into.AppendRow(append([]driver.Value{w.id, w.asOf, x.ID}, row...)...); err != nil {
			return err
		}
		w.counts[t.Name]++
	}
	return nil
}
