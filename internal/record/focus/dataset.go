package focus

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"plimsoll/internal/record"
	"plimsoll/internal/record/delimited"
)

// recogniseDataset reports whether the columns of a file are those of a dataset of FOCUS.
func recogniseDataset(head []byte, path string, is func(names []string) bool) bool {
	if bytes.HasPrefix(head, parquetMagic) {
		names, err := footerOf(path)
		return err == nil && is(names)
	}
	if isObject(head) {
		var names []string
		d := json.NewDecoder(bytes.NewReader(bytes.TrimLeft(head, " \t\r\n[")))
		if t, err := d.Token(); err != nil || t != json.Delim('{') {
			return false
		}
		for d.More() {
			key, err := d.Token()
			name, ok := key.(string)
			var value json.RawMessage
			if err != nil || !ok || d.Decode(&value) != nil {
				break
			}
			names = append(names, name)
		}
		return is(names)
	}
	_, _, ok := datasetHeader(head, is)
	return ok
}

// decode reads all rows.
func (d *dataset) decode(db *sql.DB) (record.Stats, error) {
	src, ctx := d.src, d.ctx
	head, err := src.Head()
	if err != nil {
		return d.st, fmt.Errorf("read %s: %w", src.Name, err)
	}
	switch {
	case bytes.HasPrefix(head, parquetMagic):
		err = d.parquet(db)
	case isObject(head):
		err = d.json()
	default:
		err = d.text(head)
	}
	if err != nil && ctx.Err() == nil && record.Damaged(err) {
		d.st.Failed, err = record.CutNote(src.Name, d.st.Rows, err), nil
	}
	return d.st, err
}

func isObject(head []byte) bool {
	text := bytes.TrimLeft(head, " \t\r\n")
	return len(text) > 0 && (text[0] == '{' || text[0] == '[')
}

func datasetHeader(head []byte, is func([]string) bool) (first delimited.Row, delim byte, ok bool) {
	for _, d := range delimited.Candidates(head) {
		for _, r := range delimited.First(head, d, 1) {
			if is(r.Cells) {
				return r, d, true
			}
		}
	}
	return delimited.Row{}, 0, false
}

// footerOf returns the columns of a Parquet file on disk.
func footerOf(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	from := max(0, size-maxFooter)
	tail := make([]byte, size-from)
	if _, err := f.ReadAt(tail, from); err != nil {
		return nil, err
	}
	return parquetColumns(tail)
}

// A dataset is a small table of FOCUS beside the bills while it is read, from CSV, JSON (an array, or one object a
// line) or Parquet.
type dataset struct {
	ctx     context.Context
	src     record.Source
	sink    record.Sink
	st      record.Stats
	kind    string // in rejects
	is      func(names []string) bool
	columns []string // that are read
	row     func(at string, cell func(column string) string) error
}

func (d *dataset) one(at string, cell func(column string) string) error {
	d.st.Rows++
	return d.row(at, cell)
}

func (d *dataset) reject(at, reason string) error {
	d.st.Rejects++
	return d.sink.Reject(record.Reject{File: d.src.Name, At: at, Kind: d.kind, Reason: reason})
}

func (d *dataset) text(head []byte) error {
	first, delim, ok := datasetHeader(head, d.is)
	if !ok {
		return d.reject("row 1", "the first line is no header of the dataset")
	}
	h := &header{names: first.Cells, delim: delim, line: first.Line}
	place := map[string]int{}
	for i, n := range first.Cells {
		if _, twice := place[nameKey(n)]; !twice {
			place[nameKey(n)] = i
		}
	}
	_, err := eachRow(d.ctx, d.src, h, func(line int64, cells []string, reason string) error {
		at := fmt.Sprintf("row %d", line)
		if reason != "" {
			d.st.Rows++
			return d.reject(at, reason)
		}
		return d.one(at, func(column string) string {
			if i, ok := place[nameKey(column)]; ok {
				return cells[i]
			}
			return ""
		})
	})
	return err
}

func (d *dataset) json() error {
	in, err := d.src.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	dec := json.NewDecoder(in)
	dec.UseNumber()
	put := func(row map[string]any) error {
		byKey := map[string]string{}
		for k, v := range row {
			byKey[nameKey(k)] = text(v)
		}
		return d.one(fmt.Sprintf("rows/%d", d.st.Rows), func(column string) string { return byKey[nameKey(column)] })
	}
	for {
		var value any
		err := dec.Decode(&value)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			if _, syntax := errors.AsType[*json.SyntaxError](err); syntax {
				err = fmt.Errorf("%w: %w", record.ErrDamaged, err)
			}
			return fmt.Errorf("read %s: %w", d.src.Name, err)
		}
		list, many := value.([]any)
		if !many {
			list = []any{value}
		}
		for _, v := range list {
			row, ok := v.(map[string]any)
			if !ok {
				d.st.Rows++
				if err := d.reject(fmt.Sprintf("rows/%d", d.st.Rows-1), "no object"); err != nil {
					return err
				}
				continue
			}
			if err := put(row); err != nil {
				return err
			}
		}
	}
}

func (d *dataset) parquet(db *sql.DB) error {
	dir, err := os.MkdirTemp("", "plimsoll-commitments-")
	if err != nil {
		return fmt.Errorf("read %s: %w", d.src.Name, err)
	}
	defer os.RemoveAll(dir)
	l := &loader{ctx: d.ctx, dir: dir}
	path := d.src.Path
	if raw, err := peek(d.src); err != nil || d.src.Member != "" || !bytes.HasPrefix(raw, parquetMagic) {
		if path, err = l.unpack(d.src); err != nil {
			return err
		}
	}
	names, err := footerOf(path)
	if err != nil {
		return fmt.Errorf("read %s: %w: %w", d.src.Name, record.ErrDamaged, err)
	}
	if path, err = l.plainPath(path); err != nil {
		return fmt.Errorf("read %s: %w", d.src.Name, err)
	}
	var list []string
	for _, c := range d.columns {
		i := slices.IndexFunc(names, func(n string) bool { return nameKey(n) == nameKey(c) })
		if i < 0 {
			list = append(list, "''")
			continue
		}
		x := ident(names[i])
		list = append(list, fmt.Sprintf("coalesce(CASE WHEN typeof(%s) = 'TIMESTAMP WITH TIME ZONE'"+
			" THEN strftime(try_cast(%s AS TIMESTAMPTZ) AT TIME ZONE 'UTC', '%%Y-%%m-%%d') ELSE CAST(%s AS VARCHAR) "+
			"END, '')", x, x, x))
	}
	rows, err := db.QueryContext(d.ctx, "SELECT "+strings.Join(list, ", ")+" FROM read_parquet("+quote(path)+
		", binary_as_string = true)")
	if err != nil {
		return l.unreadable(d.src, err)
	}
	defer rows.Close()
	cells := make([]string, len(d.columns))
	into := make([]any, len(cells))
	for i := range cells {
		into[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return l.unreadable(d.src, err)
		}
		err := d.one(fmt.Sprintf("row %d", d.st.Rows+1), func(column string) string {
			return cells[slices.Index(d.columns, column)]
		})
		if err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return l.unreadable(d.src, err)
	}
	return nil
}
