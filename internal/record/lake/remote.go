package lake

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"strings"

	_ "github.com/duckdb/duckdb-go/v2" // sorts what an engine gives in any order

	"plimsoll/internal/disk"
	"plimsoll/internal/engine"
	"plimsoll/internal/record/focus"
)

// A Remote is a table of charges in an engine.
type Remote struct {
	Catalog, Schema, Name string
	Columns               []string // as the engine spells them
	Texts                 []string // of these, the columns of times that are text
	Snapshot              string   // number of the snapshot that is read; "" where the table has none
}

// table is the name in a statement.
func (r *Remote) table() string {
	q := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
	return q(r.Catalog) + "." + q(r.Schema) + "." + q(r.Name)
}

// Unread are the columns of the table that no statement of this program names.
func (r *Remote) Unread() []string {
	t, err := focus.Lake(r.Columns)
	if err != nil {
		return nil
	}
	read := []string{t.Provider, t.Currency, t.ChargeStart, t.ChargeEnd, t.BillingStart, t.Quantity, t.BilledCost,
		t.EffectiveCost}
	for _, w := range t.Words {
		read = append(read, w.Column)
	}
	return slices.DeleteFunc(slices.Clone(r.Columns), func(c string) bool { return slices.Contains(read, c) })
}

// Charges is the command that prints the statement for the charges behind a group; KEY stands for its key.
func (r *Remote) Charges() string {
	t := slices.DeleteFunc(slices.Clone(r.Columns), func(c string) bool { return slices.Contains(r.Unread(), c) })
	return fmt.Sprintf("plimsoll usage sql --dialect trino --table '%s' --columns %s --group KEY", r.table(),
		strings.Join(t, ","))
}

// FindRemote returns the tables of charges of an engine: those of the names given ("table", "schema.table",
// "catalog.schema.table"), or without names all of the schema that have the columns. A name that is no table of charges
// is an error.
func FindRemote(ctx context.Context, e *engine.Engine, names []string) ([]Remote, error) {
	if len(names) == 0 {
		all, err := remoteTables(ctx, e, e.Catalog, e.Schema, "")
		if err != nil {
			return nil, err
		}
		found := slices.DeleteFunc(slices.Clone(all), func(r Remote) bool { return r.charges() != nil })
		if len(found) == 0 {
			return nil, fmt.Errorf("none of the %d tables of %s.%s has the columns of a table of charges; name one "+
				"with --engine-table to see what it lacks",
				len(all), e.Catalog, e.Schema)
		}
		return found, remoteSnapshots(ctx, e, found)
	}
	var found []Remote
	for _, name := range names {
		parts, err := splitName(name)
		if err != nil {
			return nil, err
		}
		if len(parts) > 3 || slices.Contains(parts, "") {
			return nil, fmt.Errorf("table name %q is not catalog.schema.table", name)
		}
		at := append([]string{e.Catalog, e.Schema}[:3-len(parts)], parts...)
		tables, err := remoteTables(ctx, e, at[0], at[1], at[2])
		if err != nil {
			return nil, err
		}
		if len(tables) == 0 {
			return nil, fmt.Errorf("the engine shows no table %s to the user", strings.Join(at, "."))
		}
		if err := tables[0].charges(); err != nil {
			return nil, fmt.Errorf("table %s: %w", name, err)
		}
		if !slices.ContainsFunc(found, func(r Remote) bool { return r.table() == tables[0].table() }) {
			found = append(found, tables[0])
		}
	}
	return found, remoteSnapshots(ctx, e, found)
}

// charges is nil of a table of charges.
func (r *Remote) charges() error {
	_, err := focus.Lake(r.Columns)
	return err
}

// remoteTables lists the tables of a schema with their columns, or the one of a name.
func remoteTables(ctx context.Context, e *engine.Engine, catalog, schema, table string) ([]Remote, error) {
	s := syntaxes[Trino]
	from, err := s.ident(catalog)
	if err != nil {
		return nil, err
	}
	where := "table_schema = " + s.literal(strings.ToLower(schema))
	if table != "" {
		where += " AND table_name = " + s.literal(strings.ToLower(table))
	}
	var out []Remote
	_, err = e.Rows(ctx, "SELECT table_name, column_name, data_type FROM "+from+".information_schema.columns WHERE "+
		where+
		" ORDER BY table_name, ordinal_position", func(row []string) error {
		if row == nil {
			out = nil
			return nil
		}
		if len(out) == 0 || out[len(out)-1].Name != row[0] {
			out = append(out, Remote{Catalog: catalog, Schema: schema, Name: row[0]})
		}
		t := &out[len(out)-1]
		t.Columns = append(t.Columns, row[1])
		if kind := strings.ToLower(row[2]); strings.HasPrefix(kind, "varchar") || strings.HasPrefix(kind, "char") {
			t.Texts = append(t.Texts, row[1])
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list tables of %s.%s: %w", catalog, schema, err)
	}
	return out, nil
}

// remoteSnapshots notes which snapshot of each table is read, so that all that is said of it is of one state.
func remoteSnapshots(ctx context.Context, e *engine.Engine, tables []Remote) error {
	for i := range tables {
		t := &tables[i]
		refs := *t
		refs.Name += "$refs" // Iceberg's table of branches; other connectors have none
		_, err := e.Rows(ctx, "SELECT CAST(snapshot_id AS VARCHAR) FROM "+refs.table()+" WHERE name = 'main'",
			func(row []string) error {
				t.Snapshot = ""
				if row != nil {
					t.Snapshot = row[0]
				}
				return nil
			})
		if err != nil && !errors.Is(err, engine.ErrRefused) {
			return fmt.Errorf("find the snapshot of %s: %w", t.Name, err)
		}
	}
	return nil
}

// unnamed is the snapshot in rows until their content is known.
const unnamed = "?"

// Group groups the charges of a table in the engine and writes the groups to a CSV file: a grouped bill, in an order of
// its own. The file is there whole or not at all. Where a table has no snapshots the groups are named after what they
// hold. It returns the SHA-256 of the file and its size in bytes.
func (r *Remote) Group(ctx context.Context, e *engine.Engine, file string) (hash string, size int64, err error) {
	statement, err := SQL(Options{Dialect: string(Trino), Table: r.table(), Columns: r.Columns, Texts: r.Texts,
		Version:  r.Snapshot,
		Snapshot: cmp.Or(r.Snapshot, unnamed)})
	if err != nil {
		return "", 0, fmt.Errorf("group %s: %w", r.Name, err)
	}
	raw := file + ".part"
	defer os.Remove(raw)
	f, err := os.Create(raw)
	if err != nil {
		return "", 0, fmt.Errorf("group %s: %w", r.Name, err)
	}
	defer f.Close()
	w, sum := csv.NewWriter(f), content{}
	columns, err := e.Rows(ctx, statement, func(row []string) error {
		if row == nil { // from the first row again
			w, sum = csv.NewWriter(f), content{}
			if _, err := f.Seek(0, io.SeekStart); err != nil {
				return err
			}
			return f.Truncate(0)
		}
		for i, cell := range row {
			row[i] = strings.ReplaceAll(cell, "\r\n", "\n") // as readers of CSV have it
		}
		sum.add(row)
		return w.Write(row)
	})
	if err != nil {
		return "", 0, fmt.Errorf("group %s in the engine: %w", r.Name, err)
	}
	w.Flush()
	if err := errors.Join(w.Error(), f.Close()); err != nil {
		return "", 0, fmt.Errorf("group %s: %w", r.Name, err)
	}
	if len(columns) == 0 {
		return "", 0, fmt.Errorf("group %s in the engine: it gave no columns", r.Name)
	}
	if err := sorted(ctx, raw, file, columns, cmp.Or(r.Snapshot, sum.String())); err != nil {
		return "", 0, fmt.Errorf("group %s: %w", r.Name, err)
	}
	return hashOf(file)
}

// A content is a hash of rows that does not depend on their order: the sum of their SHA-256 as numbers of 256 bits.
type content [4]uint64

func (c *content) add(row []string) {
	h := sha256.New()
	for _, cell := range row {
		_ = binary.Write(h, binary.BigEndian, uint64(len(cell)))
		_, _ = io.WriteString(h, cell)
	}
	digest, carry := h.Sum(nil), uint64(0)
	for i := 3; i >= 0; i-- {
		c[i], carry = bits.Add64(c[i], binary.BigEndian.Uint64(digest[8*i:]), carry)
	}
}

func (c *content) String() string { return fmt.Sprintf("%016x%016x", c[0], c[1]) }

// sorted writes rows in their order as one CSV file with a header.
func sorted(ctx context.Context, raw, file string, columns []string, snapshot string) error {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	s := syntaxes[DuckDB]
	var types []string
	for _, c := range columns {
		types = append(types, s.literal(c)+": 'VARCHAR'")
	}
	part := file + ".sorted"
	defer os.Remove(part)
	for _, q := range []string{
		"SET memory_limit = '700MB'", "SET temp_directory = " + s.literal(filepath.Dir(file)),
		"COPY (SELECT * REPLACE (" + s.literal(snapshot) + ` AS "` + focus.GroupSnapshot + `") FROM read_csv(` +
			s.literal(raw) +
			`, auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', max_line_size = 8388608, columns = {` + strings.Join(types, ", ") +
			"}) ORDER BY ALL) TO " + s.literal(part) + " (FORMAT csv, HEADER)",
	} {
		if _, err := db.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("sort groups: %w", err)
		}
	}
	return disk.Rename(part, file)
}

func hashOf(file string) (hash string, size int64, err error) {
	f, err := os.Open(file)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	if size, err = io.Copy(h, f); err != nil {
		return "", 0, fmt.Errorf("read %s: %w", file, err)
	}
	return hex.EncodeToString(h.Sum(nil)), size, nil
}
