package signal

import (
	"context"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"plimsoll/internal/engine"
)

// An Away is an engine in which the bills lie: it has the tables usage and usage_group with the columns of
// [focus.Schema]. The tables that are derived from them are made there, by the texts that make them in the book, and
// what some rule may raise is brought. Statements name tables as they are named here.
type Away interface {
	// Make makes a table from a query, in place of one of that name.
	Make(ctx context.Context, table, query string) error
	// Send makes a table of rows.
	Send(ctx context.Context, table string, columns []engine.ScratchColumn,
		rows func(yield func([]any) error) error) (int64, error)
	// Rows hands on the rows of a query as texts, null as "". A call with nil says that they begin anew.
	Rows(ctx context.Context, query string, do func(row []string) error) error
}

// away reports whether the bills of the run lie in an engine. The tables of bills in the book then hold only what was
// brought.
func (run *Run) away() bool { return run.in.Away != nil && !run.based() }

// awayTypes are what types of DuckDB are called in an engine, where that differs.
var awayTypes = map[string]string{"TIMESTAMP": "TIMESTAMP(6)", "UBIGINT": "DECIMAL(20,0)", "HUGEINT": "DECIMAL(38,0)",
	"UINTEGER": "BIGINT", "UTINYINT": "INTEGER"}

// A cellType is a column of a table of the book.
type cellType struct{ name, typ string }

// columnsIn lists the columns of a table of the run.
func (run *Run) columnsIn(ctx context.Context, table string) (out []cellType, err error) {
	err = run.book.Each(ctx, "list columns", "SELECT column_name, column_type FROM (DESCRIBE "+table+")",
		func(r *sql.Rows) error {
			var c cellType
			if err := r.Scan(&c.name, &c.typ); err != nil {
				return err
			}
			out = append(out, c)
			return nil
		})
	return out, err
}

// send sends a table of the book, or of it only some columns.
func (run *Run) send(ctx context.Context, table string, only ...string) error {
	columns, err := run.columnsIn(ctx, table)
	if err != nil {
		return err
	}
	var list []string
	var types []engine.ScratchColumn
	for _, c := range columns {
		if len(only) > 0 && !slices.Contains(only, c.name) {
			continue
		}
		typ := c.typ
		if t, ok := awayTypes[typ]; ok {
			typ = t
		}
		list, types = append(list, "CAST("+c.name+" AS VARCHAR)"), append(types, engine.ScratchColumn{Name: c.name,
			Type: typ})
	}
	_, err = run.in.Away.Send(ctx, table, types, func(yield func([]any) error) error {
		return run.book.Each(ctx, "send "+table, "SELECT "+strings.Join(list, ", ")+" FROM "+table,
			func(r *sql.Rows) error {
				cells, into := make([]any, len(list)), make([]any, len(list))
				for i := range cells {
					into[i] = &cells[i]
				}
				if err := r.Scan(into...); err != nil {
					return err
				}
				return yield(cells)
			})
	})
	return err
}

// fetched writes the rows of a query in the engine to a file of texts, with their number before them.
func (run *Run) fetched(ctx context.Context, query string) (path string, err error) {
	f, err := os.CreateTemp("", "plimsoll-rows-*.csv")
	if err != nil {
		return "", fmt.Errorf("bring rows: %w", err)
	}
	defer f.Close()
	w, n := csv.NewWriter(f), 0
	line := []string{}
	err = run.in.Away.Rows(ctx, query, func(row []string) error {
		if row == nil {
			w, n = csv.NewWriter(f), 0
			if _, err := f.Seek(0, io.SeekStart); err != nil {
				return err
			}
			return f.Truncate(0)
		}
		n++
		line = append(append(line[:0], fmt.Sprint(n)), row...)
		return w.Write(line)
	})
	w.Flush()
	if err = errors.Join(err, w.Error(), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// fromFile is where a query of the book finds the rows of such a file: r is their number, c1, c2 … are their cells.
func fromFile(path string, columns int) string {
	list := []string{"'r': 'BIGINT'"}
	for i := range columns {
		list = append(list, fmt.Sprintf("'c%d': 'VARCHAR'", i+1))
	}
	return fmt.Sprintf(`read_csv('%s', auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', nullstr = chr(29), max_line_size = 8388608, columns = {%s})`,
		strings.ReplaceAll(path, "'", "''"), strings.Join(list, ", "))
}

// onBills runs a query over tables of bills where they are, and hands every row to scan, in the order of the query. n
// is how many columns it has; in an engine they are texts, numbers or truth values.
func (run *Run) onBills(ctx context.Context, what, query string, n int, scan func(*sql.Rows) error) error {
	if !run.away() {
		return run.book.Each(ctx, what, query, scan)
	}
	names, cells, back := make([]string, n), make([]string, n), make([]string, n)
	for i := range n {
		names[i] = fmt.Sprintf("x%d", i+1)
		cells[i] = fmt.Sprintf("coalesce(CAST(x%d AS VARCHAR), chr(29))", i+1)
		back[i] = fmt.Sprintf("c%d", i+1)
	}
	// chr(29) stands for null on the way
	path, err := run.fetched(ctx, "SELECT "+strings.Join(cells, ", ")+" FROM ("+query+") t("+strings.Join(names, ", ")+
		")"+orderOf(query))
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer os.Remove(path)
	return run.book.Each(ctx, what, "SELECT "+strings.Join(back, ", ")+" FROM "+fromFile(path, n)+" ORDER BY r", scan)
}

// orderOf is the order by numbers of columns that a query ends in, for the query around it.
func orderOf(query string) string {
	i := strings.LastIndex(query, " ORDER BY ")
	if i < 0 {
		return ""
	}
	var list []string
	for _, part := range strings.Split(query[i+len(" ORDER BY "):], ",") {
		column, rest, _ := strings.Cut(strings.TrimSpace(part), " ")
		if strings.Trim(column, "0123456789") != "" {
			return ""
		}
		list = append(list, strings.TrimSpace("x"+column+" "+rest))
	}
	return " ORDER BY " + strings.Join(list, ", ")
}

// bring adds the rows of a query in the engine to a table of the run, whose columns it has.
func (run *Run) bring(ctx context.Context, table, query string) error {
	columns, err := run.columnsIn(ctx, table)
	if err != nil {
		return err
	}
	var list, back []string
	for i, c := range columns {
		list = append(list, "coalesce(CAST(q."+c.name+" AS VARCHAR), chr(29))")
		back = append(back, fmt.Sprintf("CAST(c%d AS %s)", i+1, c.typ))
	}
	path, err := run.fetched(ctx, "SELECT "+strings.Join(list, ", ")+" FROM ("+query+") q")
	if err != nil {
		return fmt.Errorf("bring rows of %s: %w", table, err)
	}
	defer os.Remove(path)
	_, err = run.db.ExecContext(ctx, "INSERT INTO "+table+" SELECT "+strings.Join(back, ", ")+" FROM "+
		fromFile(path, len(columns))+" ORDER BY r")
	if err != nil {
		return fmt.Errorf("bring rows of %s: %w", table, err)
	}
	return nil
}

// empty takes the rows out of a table that is to be brought.
func (run *Run) empty(ctx context.Context, table string) error {
	if _, err := run.db.ExecContext(ctx, "DELETE FROM "+table); err != nil {
		return fmt.Errorf("empty table %s: %w", table, err)
	}
	return nil
}

// makeAway makes the tables of accounts and their use in the engine, once the register of accounts stands in the book
// and its ids are tied, and brings what is small: accounts that the register does not list, regions, accounts without a
// bill.
func (run *Run) makeAway(ctx context.Context, texts []query) error {
	a := run.in.Away
	for _, table := range []string{"account_tie", "exempt_party"} {
		if err := run.send(ctx, table); err != nil {
			return err
		}
	}
	if err := run.sendUses(ctx); err != nil {
		return err
	}
	for _, q := range texts {
		if err := a.Make(ctx, q.name, q.text); err != nil {
			return err
		}
	}
	if err := a.Make(ctx, "usage_fact", "SELECT * FROM usage_fact UNION ALL SELECT * FROM usage_twice UNION ALL "+
		"SELECT * FROM usage_shared_fact"); err != nil {
		return err
	}
	for _, table := range []string{"usage_stray", "usage_region", "account_unbilled"} {
		if err := errors.Join(run.empty(ctx, table), run.bring(ctx, table, "SELECT * FROM "+table)); err != nil {
			return err
		}
	}
	return run.numberAccounts(ctx)
}

// numberAccounts adds accounts that only bills name to those of the register, under the numbers that they have in the
// engine.
func (run *Run) numberAccounts(ctx context.Context) error {
	if err := run.bring(ctx, "account_subject", "SELECT * FROM account_subject WHERE listed = 0"); err != nil {
		return err
	}
	if _, err := run.db.ExecContext(ctx, `
CREATE OR REPLACE TABLE account_subject AS
SELECT row_number() OVER (ORDER BY account, sub) AS n, account, sub, listed FROM (SELECT account, sub, listed FROM account_subject) d ORDER BY n`); err != nil {
		return fmt.Errorf("prepare table account_subject: %w", err)
	}
	const sum = "SELECT count(*), coalesce(sum(CASE WHEN listed = 0 THEN n ELSE 0 END), 0) FROM account_subject"
	var here, there [2]int64
	if err := run.db.QueryRowContext(ctx, sum).Scan(&here[0], &here[1]); err != nil {
		return fmt.Errorf("count accounts: %w", err)
	}
	if err := run.onBills(ctx, "count accounts", sum, 2, func(r *sql.Rows) error {
		return r.Scan(&there[0], &there[1])
	}); err != nil {
		return err
	}
	if here != there {
		return fmt.Errorf("number accounts: %d here, %d in the engine, or in another order", here[0], there[0])
	}
	return nil
}
