package findingtable

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"plimsoll/internal/engine"
)

// How long the rows of one statement may be, in bytes of JSON, and how many they are. Trino takes statements of up to
// 1,000,000 characters (query.max-length); quotes in them are doubled.
const (
	longestInsert = 300_000
	mostInserted  = 5_000
)

// Into adds the tables of the review in a folder to the schema of an engine, and makes those that are not there. Rows
// of the review that are there already are not added again: a load that was stopped goes on where it was, and one that
// was finished adds nothing. "findings" is filled last: a review that stands there whole is there in all tables. A
// table of other columns, and one that holds more rows of the review than it has, is an error that names it.
func Into(ctx context.Context, review string, e *engine.Engine) (_ Counts, err error) {
	tmp, err := os.MkdirTemp("", "plimsoll-tables-")
	if err != nil {
		return nil, fmt.Errorf("make folder for tables: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	w, err := openTables(ctx, review, tmp)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.db.Close()) }()
	order := slices.Clone(Tables)
	slices.SortStableFunc(order, func(a, b Table) int { return last(&a) - last(&b) })
	// What cannot be sent or does not fit is found before anything is written.
	for i := range order {
		if err := w.batches(&order[i], 0, func(string, int64) error { return nil }); err != nil {
			return nil, err
		}
	}
	if err := makeTables(ctx, e); err != nil {
		return nil, err
	}
	have, err := w.loaded(e)
	if err != nil {
		return nil, err
	}
	for _, t := range order {
		if have[t.Name] > w.counts[t.Name] {
			return nil, fmt.Errorf("table %s of the engine holds %d rows of the review %s, which has %d: delete them",
				t.Name, have[t.Name], w.id, w.counts[t.Name])
		}
	}
	added := false
	for i := range order {
		t := &order[i]
		if have[t.Name] < w.counts[t.Name] {
			added = true
			if err := w.insert(e, t, have[t.Name]); err != nil {
				return nil, fmt.Errorf("fill table %s of the engine: %w", t.Name, err)
			}
		}
	}
	if !added {
		return w.counts, nil
	}
	if have, err = w.loaded(e); err != nil {
		return nil, err
	}
	for _, t := range order {
		if have[t.Name] != w.counts[t.Name] {
			return nil, fmt.Errorf("table %s of the engine holds %d rows of the review %s, and %d were to be there: "+
				"delete them and run again", t.Name, have[t.Name], w.id, w.counts[t.Name])
		}
	}
	return w.counts, nil
}

// last is 1 of the table that is filled last.
func last(t *Table) int {
	if t.Name == Tables[0].Name {
		return 1
	}
	return 0
}

// makeTables makes the tables that a schema lacks, and holds those that are there to their columns.
func makeTables(ctx context.Context, e *engine.Engine) error {
	have := map[string]map[string]string{}
	_, err := e.Rows(ctx, "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema "+
		"= '"+quote(strings.ToLower(e.Schema))+"'", func(row []string) error {
		if row == nil {
			clear(have)
			return nil
		}
		table := strings.ToLower(row[0])
		if have[table] == nil {
			have[table] = map[string]string{}
		}
		have[table][strings.ToLower(row[1])] = strings.ToLower(row[2])
		return nil
	})
	if err != nil {
		return fmt.Errorf("list the tables of %s.%s: %w", e.Catalog, e.Schema, err)
	}
	for i := range Tables {
		t := &Tables[i]
		there := have[t.Name]
		if there == nil {
			continue
		}
		for _, c := range t.All() {
			if got, ok := there[c.Name]; !ok {
				return fmt.Errorf("table %s of the engine is there already and has no column %s: give another schema",
					t.Name, c.Name)
			} else if got != strings.ToLower(c.Type) {
				return fmt.Errorf("table %s of the engine is there already, and its column %s is %s, not %s: give "+
					"another schema", t.Name, c.Name, got, strings.ToLower(c.Type))
			}
		}
	}
	for i := range Tables {
		t := &Tables[i]
		if have[t.Name] != nil {
			continue
		}
		var columns []string
		for _, c := range t.All() {
			columns = append(columns, c.Name+" "+c.Type)
		}
		if err := do(ctx, e, "CREATE TABLE IF NOT EXISTS "+t.Name+" ("+strings.Join(columns, ", ")+")"); err != nil {
			return fmt.Errorf("make table %s in the engine (in %s.%s): %w", t.Name, e.Catalog, e.Schema, err)
		}
	}
	return nil
}

func do(ctx context.Context, e *engine.Engine, statement string) error {
	_, err := e.Rows(ctx, statement, func([]string) error { return nil })
	return err
}

// loaded is how many rows of the review the tables of the engine hold.
func (w *writer) loaded(e *engine.Engine) (Counts, error) {
	var parts []string
	for i := range Tables {
		parts = append(parts, "SELECT '"+Tables[i].Name+"', "+w.loadedSQL(&Tables[i]))
	}
	n := Counts{}
	_, err := e.Rows(w.ctx, strings.Join(parts, " UNION ALL "), func(row []string) (err error) {
		if row != nil {
			n[row[0]], err = strconv.ParseInt(row[1], 10, 64)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count the rows of the engine: %w", err)
	}
	return n, nil
}

// loadedSQL is that number of one table.
func (w *writer) loadedSQL(t *Table) string {
	return "(SELECT count(*) FROM " + t.Name + " WHERE review = '" + w.id + "')"
}

// insert adds the rows of a table from one on. They go in a fixed order, and each statement adds its own only where all
// before it are there and none of its own: one that is sent again after its answer was lost adds nothing.
func (w *writer) insert(e *engine.Engine, t *Table, have int64) error {
	var names, cells []string
	for i, c := range t.All() {
		names = append(names, c.Name)
		cells = append(cells, fmt.Sprintf("CAST(c[%d] AS %s)", i+1, c.Type))
	}
	return w.batches(t, have, func(rows string, n int64) error {
		err := do(w.ctx, e, "INSERT INTO "+t.Name+" ("+strings.Join(names, ", ")+") SELECT "+strings.Join(cells, ", ")+
			" FROM UNNEST(CAST(json_parse('"+quote(rows)+"') AS ARRAY(ARRAY(VARCHAR)))) u(c) WHERE "+w.loadedSQL(t)+
			fmt.Sprintf(" = %d", have))
		have += n
		return err
	})
}

// batches yields the rows of a table from one on in a fixed order, as arrays of texts in JSON with their number.
func (w *writer) batches(t *Table, from int64, yield func(rows string, n int64) error) (err error) {
	rows, err := w.db.QueryContext(w.ctx, fmt.Sprintf("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM %s ORDER BY ALL OFFSET %d",
		t.Name, from))
	if err != nil {
		return fmt.Errorf("read table %s: %w", t.Name, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	cells := make([]sql.NullString, len(t.All()))
	into := make([]any, len(cells))
	for i := range cells {
		into[i] = &cells[i]
	}
	var b strings.Builder
	n := int64(0)
	flush := func() error {
		if n == 0 {
			return nil
		}
		err := yield("["+b.String()+"]", n)
		b.Reset()
		n = 0
		return err
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return fmt.Errorf("read table %s: %w", t.Name, err)
		}
		row := make([]*string, len(cells))
		for i := range cells {
			if cells[i].Valid {
				row[i] = &cells[i].String
			}
		}
		text, err := json.Marshal(row)
		if err != nil {
			return fmt.Errorf("read table %s: %w", t.Name, err)
		}
		size := len(text) + strings.Count(string(text), "'")
		if size > longestInsert {
			return fmt.Errorf("table %s: a row of finding %s is %d characters long, and an engine takes %d in one "+
				"statement: write the tables to files (--out)", t.Name, cells[2].String, size, longestInsert)
		}
		if b.Len()+size > longestInsert || n == mostInserted {
			if err := flush(); err != nil {
				return err
			}
		}
		if n > 0 {
			b.WriteByte(',')
		}
		b.Write(text)
		n++
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read table %s: %w", t.Name, err)
	}
	return flush()
}
