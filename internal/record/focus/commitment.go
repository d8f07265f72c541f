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
	"time"

	"plimsoll/internal/record"
	"plimsoll/internal/record/delimited"
)

// The columns that are read of the contract-commitment dataset (FOCUS 1.3 and 1.4, "Contract Commitment Dataset").
// ContractCommitmentDescription is words that a customer may have written: it is not read.
const (
	commitmentID       = "ContractCommitmentId"
	commitmentContract = "ContractId"
	commitmentType     = "ContractCommitmentType"
	commitmentCategory = "ContractCommitmentCategory"
	commitmentCost     = "ContractCommitmentCost"
	commitmentQuantity = "ContractCommitmentQuantity"
	commitmentUnit     = "ContractCommitmentUnit"
	commitmentStart    = "ContractCommitmentPeriodStart"
	commitmentEnd      = "ContractCommitmentPeriodEnd"
	commitmentCurrency = "BillingCurrency"
)

const commitmentKind = "focus commitments" // in rejects

// commitmentColumns are the columns that are read.
var commitmentColumns = []string{commitmentID, commitmentContract, commitmentType, commitmentCategory, commitmentCost, commitmentQuantity,
	commitmentUnit, commitmentStart, commitmentEnd, commitmentCurrency}

// isCommitments reports whether a header is that of the contract-commitment dataset: it has both ids, and nothing that is charged.
func isCommitments(names []string) bool {
	has := func(name string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return nameKey(n) == nameKey(name) })
	}
	return has(commitmentID) && has(commitmentContract) && !has("ChargePeriodStart")
}

// RecogniseCommitments reports whether a file whose text begins with head is the contract-commitment dataset of FOCUS.
// path is that of a Parquet file on disk, whose columns stand at its end, "" for what lies inside another file.
func RecogniseCommitments(head []byte, path string) bool {
	if bytes.HasPrefix(head, parquetMagic) {
		names, err := footerOf(path)
		return err == nil && isCommitments(names)
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
		return isCommitments(names)
	}
	_, _, ok := commitmentHeader(head)
	return ok
}

func isObject(head []byte) bool {
	text := bytes.TrimLeft(head, " \t\r\n")
	return len(text) > 0 && (text[0] == '{' || text[0] == '[')
}

func commitmentHeader(head []byte) (first delimited.Row, delim byte, ok bool) {
	for _, d := range delimited.Candidates(head) {
		for _, r := range delimited.First(head, d, 1) {
			if isCommitments(r.Cells) {
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

// DecodeCommitments reads the contract-commitment dataset from CSV, JSON (an array, or one object a line) or Parquet, which
// db reads. A row that names neither a commitment nor a contract is a reject; a cell that is not understood is named in
// the record.
func DecodeCommitments(ctx context.Context, db *sql.DB, src record.Source, sink record.Sink) (record.Stats, error) {
	d := &commitmentDecoder{ctx: ctx, src: src, sink: sink, st: record.Stats{Notes: []string{"columns of FOCUS, contract commitments"}}}
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

type commitmentDecoder struct {
	ctx  context.Context
	src  record.Source
	sink record.Sink
	st   record.Stats
}

func (d *commitmentDecoder) reject(at, reason string) error {
	d.st.Rejects++
	return d.sink.Reject(record.Reject{File: d.src.Name, At: at, Kind: commitmentKind, Reason: reason})
}

func (d *commitmentDecoder) text(head []byte) error {
	first, delim, ok := commitmentHeader(head)
	if !ok {
		return d.reject("row 1", "the first line is no header of contract commitments")
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
		return d.row(at, func(column string) string {
			if i, ok := place[nameKey(column)]; ok {
				return cells[i]
			}
			return ""
		})
	})
	return err
}

func (d *commitmentDecoder) json() error {
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
		return d.row(fmt.Sprintf("rows/%d", d.st.Rows), func(column string) string { return byKey[nameKey(column)] })
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

func (d *commitmentDecoder) parquet(db *sql.DB) error {
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
	for _, c := range commitmentColumns {
		i := slices.IndexFunc(names, func(n string) bool { return nameKey(n) == nameKey(c) })
		if i < 0 {
			list = append(list, "''")
			continue
		}
		x := ident(names[i])
		list = append(list, fmt.Sprintf("coalesce(CASE WHEN typeof(%s) = 'TIMESTAMP WITH TIME ZONE' THEN strftime(try_cast(%s AS TIMESTAMPTZ) AT TIME ZONE 'UTC', '%%Y-%%m-%%d') ELSE CAST(%s AS VARCHAR) END, '')", x, x, x))
	}
	rows, err := db.QueryContext(d.ctx, "SELECT "+strings.Join(list, ", ")+" FROM read_parquet("+quote(path)+", binary_as_string = true)")
	if err != nil {
		return l.unreadable(d.src, err)
	}
	defer rows.Close()
	cells := make([]string, len(commitmentColumns))
	into := make([]any, len(cells))
	for i := range cells {
		into[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return l.unreadable(d.src, err)
		}
		err := d.row(fmt.Sprintf("row %d", d.st.Rows+1), func(column string) string { return cells[slices.Index(commitmentColumns, column)] })
		if err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return l.unreadable(d.src, err)
	}
	return nil
}

// row turns one row into a record.
func (d *commitmentDecoder) row(at string, cell func(column string) string) error {
	d.st.Rows++
	get := func(column string) string {
		if s := strings.TrimSpace(cell(column)); !null(s) {
			return s
		}
		return ""
	}
	c := &record.Commitment{Place: record.Place{Source: d.src.Index, At: at}, ID: get(commitmentID), Contract: get(commitmentContract),
		Kind: get(commitmentType), Category: get(commitmentCategory), Unit: get(commitmentUnit), Currency: strings.ToUpper(get(commitmentCurrency))}
	if c.ID == "" && c.Contract == "" {
		return d.reject(at, "neither "+commitmentID+" nor "+commitmentContract)
	}
	unread := func(column, value string, err error) {
		c.Unread = append(c.Unread, record.Unread{Column: column, Value: value[:min(len(value), 60)], Reason: err.Error()})
	}
	number := func(column string) record.Decimal {
		s := get(column)
		n, err := record.ParseDecimal(s)
		if err != nil {
			unread(column, s, err)
		}
		return n
	}
	day := func(column string) record.Date {
		s := get(column)
		if s == "" {
			return record.Date{}
		}
		if len(s) > len(time.DateOnly) && (s[len(time.DateOnly)] == 'T' || s[len(time.DateOnly)] == ' ') {
			s = s[:len(time.DateOnly)] // the time of day is of no use
		}
		t, err := record.ParseDate(s)
		if err != nil {
			unread(column, s, err)
		}
		return t
	}
	c.Cost, c.Quantity = number(commitmentCost), number(commitmentQuantity)
	c.Start, c.End = day(commitmentStart), day(commitmentEnd)
	d.st.Records++
	return d.sink.Record(c)
}
