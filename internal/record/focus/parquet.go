package focus

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"plimsoll/internal/record"
)

// parquet stages a Parquet file. Writers differ in how they store decimals (fixed bytes,
// integers with a scale, doubles), times (INT64 of three precisions, INT96, text) and
// words; DuckDB reads all of them, and each is brought to the type that the sums need.
func (l *loader) parquet(src record.Source) (record.Stats, error) {
	path := src.Path
	raw, err := peek(src)
	if err != nil {
		return record.Stats{}, fmt.Errorf("open %s: %w", src.Name, err)
	}
	if src.Member != "" || !bytes.HasPrefix(raw, parquetMagic) {
		unpacked, err := l.unpack(src)
		if err != nil {
			return record.Stats{}, err
		}
		defer os.Remove(unpacked)
		path = unpacked
	}
	path, err = l.plainPath(path)
	if err != nil {
		return record.Stats{}, fmt.Errorf("read %s: %w", src.Name, err)
	}
	read := fmt.Sprintf("read_parquet(%s, file_row_number = true, binary_as_string = true)", quote(path))
	names, types, err := l.describe(read)
	if err != nil {
		return record.Stats{}, l.unreadable(src, err)
	}
	columnOf := make([]string, len(names))
	for i, n := range names {
		columnOf[i] = ident(n)
	}
	for i, n := range names[:len(names):len(names)] {
		for _, field := range nested[n] { // objects of Google's export
			if strings.HasPrefix(types[i], "STRUCT(") && strings.Contains(types[i], field+" ") {
				names, types, columnOf = append(names, n+"."+field), append(types, ""), append(columnOf, ident(n)+"."+
					ident(field))
			}
		}
	}
	h, ok := newHeader(names)
	if !ok {
		return l.refuse(src, "no cost and usage table: its columns are "+list(names))
	}
	if ok, _ := isGrouped(h.names); ok {
		st, err := l.grouped(src, h, read, "file_row_number + 1", func(i int) string {
			return "CAST(" + columnOf[i] +
				" AS VARCHAR)"
		})
		if err != nil {
			return st, l.unreadable(src, err)
		}
		return st, nil
	}
	s := scan{from: read, row: "file_row_number + 1"}
	h.texts(&s, func(i int) string { return "CAST(" + columnOf[i] + " AS VARCHAR)" })
	for c, i := range h.at {
		if i < 0 {
			continue
		}
		switch c := column(c); {
		case c == colChargeStart || c == colBillingStart || c == colChargeEnd:
			s.typed[c] = typedTime(columnOf[i], types[i])
		case c == colQuantity || c == colBilled || c == colEffective:
			s.typed[c] = typedNumber(columnOf[i], types[i], "DECIMAL(38,12)")
			if c == colQuantity {
				s.big = typedNumber(columnOf[i], types[i], "DECIMAL(38,0)")
			}
		}
	}
	for _, i := range h.others() {
		s.extra = append(s.extra, columnOf[i])
	}
	if err := l.exec(partSQL(s, "TEMP TABLE "+ownPart)); err != nil {
		return record.Stats{}, l.unreadable(src, err)
	}
	return l.stage(src, h, s, "row")
}

// unreadable is what DuckDB reports of a Parquet file: damage, but for what is about the machine.
func (l *loader) unreadable(src record.Source, err error) error {
	known, ok := errors.AsType[*duckdb.Error](err)
	if l.ctx.Err() != nil || !ok || slices.Contains(machine, known.Type) {
		return fmt.Errorf("read %s: %w", src.Name, err)
	}
	return fmt.Errorf("read %s: %w: %w", src.Name, record.ErrDamaged, err)
}

// machine are the kinds of DuckDB's errors that are about the machine and its settings, not about a file.
var machine = []duckdb.ErrorType{duckdb.ErrorTypeOutOfMemory, duckdb.ErrorTypeInterrupt, duckdb.ErrorTypePermission,
	duckdb.ErrorTypeFatal, duckdb.ErrorTypeInternal, duckdb.ErrorTypeConnection}

func ident(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func list(names []string) string {
	s := strings.Join(names[:min(len(names), 6)], ", ")
	if len(names) > 6 {
		s += " …"
	}
	return s
}

func (l *loader) describe(read string) (names, types []string, err error) {
	rows, err := l.conn.QueryContext(l.ctx, "SELECT column_name, column_type FROM (DESCRIBE SELECT * EXCLUDE "+
		"(file_row_number) FROM "+read+")")
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var n, t string
		if err := rows.Scan(&n, &t); err != nil {
			return nil, nil, err
		}
		names, types = append(names, n), append(types, t)
	}
	return names, types, rows.Err()
}

func typedTime(col, typ string) string {
	switch {
	case strings.HasPrefix(typ, "TIMESTAMP WITH TIME ZONE"):
		return fmt.Sprintf("(%s AT TIME ZONE 'UTC')", col)
	case strings.HasPrefix(typ, "TIMESTAMP"), typ == "DATE":
		return fmt.Sprintf("CAST(%s AS TIMESTAMP)", col)
	}
	return ""
}

// typedNumber reads exact numbers. Binary fractions are read as the shortest text that stands for them, as they are in
// a bill in text.
func typedNumber(col, typ, as string) string {
	switch {
	case strings.HasPrefix(typ, "DECIMAL"), strings.HasSuffix(typ, "INTEGER"), strings.HasSuffix(typ, "BIGINT"),
		strings.HasSuffix(typ, "SMALLINT"),
		strings.HasSuffix(typ, "TINYINT"), typ == "HUGEINT":
		return fmt.Sprintf("try_cast(%s AS %s)", col, as)
	}
	return ""
}

// unpack writes a member of a ZIP file, or what a file packs, to disk, since Parquet is read from its end.
func (l *loader) unpack(src record.Source) (string, error) {
	in, err := src.Open()
	if err != nil {
		return "", err
	}
	defer in.Close()
	out, err := os.CreateTemp(l.dir, "usage-*.parquet")
	if err != nil {
		return "", fmt.Errorf("unpack %s: %w", src.Name, err)
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return "", fmt.Errorf("unpack %s: %w", src.Name, err)
	}
	return out.Name(), out.Close()
}
