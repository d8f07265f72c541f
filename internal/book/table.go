package book

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"plimsoll/internal/record"
)

// A Number is the number of a mention or of a party; a negative one is written as NULL.
type Number int32

// A Table is a table of the book whose columns are the exported fields of a struct type, in
// their order. Schema, appending and the names of register columns come from that one list:
//
//	Signed record.Date `col:"signed" register:"signed"`
//
// "col" is the column's name where it is not the field's name in snake case. "register" names
// the columns of the register table that the field is read from: a source that lacks one has
// its bit in the column "lacks".
type Table struct {
	name   string
	room   *Room
	row    reflect.Type
	fields []field
	app    *duckdb.Appender
	values []driver.Value // scratch
}

type field struct {
	index    int
	column   string
	sql      string
	register []string
	value    func(*Book, reflect.Value) driver.Value
}

// sqlTypes gives for a Go type its SQL type and how a value becomes one of the driver's.
var sqlTypes = map[reflect.Type]struct {
	sql   string
	value func(*Book, reflect.Value) driver.Value
}{
	reflect.TypeFor[int64]():   {"BIGINT", func(_ *Book, v reflect.Value) driver.Value { return v.Int() }},
	reflect.TypeFor[int32]():   {"INTEGER", func(_ *Book, v reflect.Value) driver.Value { return int32(v.Int()) }},
	reflect.TypeFor[string]():  {"VARCHAR", func(_ *Book, v reflect.Value) driver.Value { return v.String() }},
	reflect.TypeFor[bool]():    {"BOOLEAN", func(_ *Book, v reflect.Value) driver.Value { return v.Bool() }},
	reflect.TypeFor[float64](): {"DOUBLE", func(_ *Book, v reflect.Value) driver.Value { return v.Float() }},
	reflect.TypeFor[Number](): {"INTEGER", func(_ *Book, v reflect.Value) driver.Value {
		if v.Int() < 0 {
			return nil
		}
		return int32(v.Int())
	}},
	reflect.TypeFor[*bool](): {"BOOLEAN", func(_ *Book, v reflect.Value) driver.Value {
		if v.IsNil() {
			return nil
		}
		return v.Elem().Bool()
	}},
	reflect.TypeFor[*float64](): {"DOUBLE", func(_ *Book, v reflect.Value) driver.Value {
		if v.IsNil() {
			return nil
		}
		return v.Elem().Float()
	}},
	reflect.TypeFor[sql.NullTime](): {"DATE", func(_ *Book, v reflect.Value) driver.Value {
		if t := v.Interface().(sql.NullTime); t.Valid {
			return t.Time
		}
		return nil
	}},
	reflect.TypeFor[record.Date](): {"DATE", func(_ *Book, v reflect.Value) driver.Value {
		return day(v.Interface().(record.Date))
	}},
	reflect.TypeFor[record.Decimal](): {"DECIMAL(38,12)", func(b *Book, v reflect.Value) driver.Value {
		return b.decimal(record.Decimal(v.String()))
	}},
}

// Create makes an empty table with the columns of row's struct type, in place of one of that name.
func (r *Room) Create(ctx context.Context, name string, row any) (*Table, error) {
	t := &Table{name: name, room: r, row: reflect.TypeOf(row)}
	var columns []string
	for i := range t.row.NumField() {
		f := t.row.Field(i)
		kind, ok := sqlTypes[f.Type]
		if !ok {
			panic(fmt.Sprintf("book: table %s: no column can hold a %s", name, f.Type))
		}
		x := field{index: i, column: f.Tag.Get("col"), sql: kind.sql, value: kind.value}
		if x.column == "" {
			x.column = snake(f.Name)
		}
		if names := f.Tag.Get("register"); names != "" {
			x.register = strings.Split(names, ",")
		}
		t.fields = append(t.fields, x)
		columns = append(columns, x.column+" "+x.sql)
	}
	t.values = make([]driver.Value, len(t.fields))
	text := "CREATE OR REPLACE TABLE " + name + "(" + strings.Join(columns, ", ") + ")"
	if _, err := r.db.ExecContext(ctx, text); err != nil {
		return nil, fmt.Errorf("create table %s: %w", name, err)
	}
	r.tables = append(r.tables, t)
	return t, nil
}

// snake writes a field's name as a column's: "EndUser" is "end_user".
func snake(s string) string {
	var out []byte
	for i := range len(s) {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			if i > 0 {
				out = append(out, '_')
			}
			c += 'a' - 'A'
		}
		out = append(out, c)
	}
	return string(out)
}

// Append writes one row. It is visible to queries after [Table.Close] or [Book.Flush].
func (t *Table) Append(row any) error {
	v := reflect.ValueOf(row)
	if v.Type() != t.row {
		panic(fmt.Sprintf("book: a %s is no row of table %s", v.Type(), t.name))
	}
	if t.app == nil {
		if err := t.open(); err != nil {
			return err
		}
	}
	for i := range t.fields {
		t.values[i] = t.fields[i].value(t.room.book, v.Field(t.fields[i].index))
	}
	if err := t.app.AppendRow(t.values...); err != nil {
		return fmt.Errorf("write table %s: %w", t.name, err)
	}
	return nil
}

func (t *Table) open() error {
	r := t.room
	if r.conn == nil {
		conn, err := r.db.Conn(context.Background())
		if err != nil {
			return fmt.Errorf("write table %s: %w", t.name, err)
		}
		r.conn = conn
	}
	err := r.conn.Raw(func(c any) (err error) {
		t.app, err = duckdb.NewAppenderFromConn(c.(driver.Conn), r.schema, t.name)
		return err
	})
	if err != nil {
		return fmt.Errorf("write table %s: %w", t.name, err)
	}
	return nil
}

func (t *Table) flush() error {
	if t.app == nil {
		return nil
	}
	if err := t.app.Flush(); err != nil {
		return fmt.Errorf("write table %s: %w", t.name, err)
	}
	return nil
}

// Close writes what was appended and lets go of the table, which stays.
func (t *Table) Close() error {
	if t.app == nil {
		return nil
	}
	err := t.app.Close()
	t.app = nil
	if err != nil {
		return fmt.Errorf("write table %s: %w", t.name, err)
	}
	return nil
}

// Each runs a query and hands every row to scan. what names the query in errors.
func (r *Room) Each(ctx context.Context, what, query string, scan func(*sql.Rows) error, args ...any) error {
	rows, err := r.db.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// Derive makes a table from a query, in place of one of that name.
func (r *Room) Derive(ctx context.Context, name, query string) error {
	if _, err := r.db.ExecContext(ctx, "CREATE OR REPLACE TABLE "+name+" AS "+query); err != nil {
		return fmt.Errorf("prepare table %s: %w", name, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.derived = append(r.derived, Derived{Table: name, Query: query})
	return nil
}

// A Derived is a table that was made from others by one query, which other engines than DuckDB run as well.
type Derived struct{ Table, Query string }

// Derived returns the tables that were made so, in an order in which they can be made again.
func (r *Room) Derived() []Derived {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.derived)
}

// day is the first day of what is known of d, nil when nothing is.
func day(d record.Date) driver.Value {
	if !d.Known() {
		return nil
	}
	t := d.Time.UTC()
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}
