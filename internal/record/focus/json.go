package focus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"plimsoll/internal/record"
)

// narrowJSON is [narrow] for the answer of BigQuery's API ({"schema":{"fields":[…]},
// "rows":[{"f":[{"v":…}]}]}), for arrays of objects and for one object a line.
func narrowJSON(ctx context.Context, src record.Source, to narrowTo, sink record.Sink) (*narrowed, *header, error) {
	in, err := src.Open()
	if err != nil {
		return nil, nil, err
	}
	defer in.Close()
	j := &jsonReader{
		ctx: ctx, src: src, sink: sink, to: to, index: map[string]int{},
		n: &narrowed{extra: map[string]int{}}, d: json.NewDecoder(in),
	}
	j.d.UseNumber()
	defer func() {
		if err != nil && j.w != nil {
			err = errors.Join(err, j.w.close())
		}
	}()
	if err := j.read(); err != nil {
		if errors.Is(err, errNoCharges) {
			return nil, nil, err
		}
		_, syntax := errors.AsType[*json.SyntaxError](err)
		if ctx.Err() != nil || !syntax && !record.Damaged(err) {
			return nil, nil, fmt.Errorf("read %s: %w", src.Name, err)
		}
		if err := j.release(); err != nil { // what was read before the columns were known
			return nil, nil, err
		}
		j.n.cut(int64(j.n.rows)+1, record.CutNote(src.Name, j.n.rows, err))
	}
	if err := j.w.close(); err != nil {
		return nil, nil, fmt.Errorf("narrow %s: %w", src.Name, err)
	}
	return j.n, j.h, nil
}

// begin takes the header, and opens where the rows go.
func (j *jsonReader) begin() error {
	h, ok := newHeader(j.names)
	if !ok {
		return errNoCharges
	}
	w, err := j.to(h)
	if err != nil {
		return fmt.Errorf("narrow %s: %w", j.src.Name, err)
	}
	j.h, j.w, j.n.path = h, w, w.file.Name()
	return nil
}

var errNoCharges = errors.New("no charges of a cost and usage table")

type jsonReader struct {
	ctx    context.Context
	src    record.Source
	sink   record.Sink
	d      *json.Decoder
	to     narrowTo
	w      *narrowWriter
	n      *narrowed
	names  []string
	types  []string // BigQuery's, by position
	index  map[string]int
	h      *header
	fields []string
	held   []map[string]any // objects read before all columns are known
}

type bigQueryField struct{ Name, Type string }

func (j *jsonReader) read() error {
	first, err := j.d.Token()
	if err != nil {
		return err
	}
	switch first {
	case json.Delim('['):
		for j.d.More() {
			var row map[string]any
			if err := j.d.Decode(&row); err != nil {
				return err
			}
			if err := j.object(row); err != nil {
				return err
			}
		}
		return j.release()
	case json.Delim('{'):
	default:
		return errors.New("neither an object nor an array")
	}
	// An object: BigQuery's answer, or the first of one object a line.
	row := map[string]any{}
	for j.d.More() {
		key, err := j.d.Token()
		if err != nil {
			return err
		}
		switch {
		case key == "schema" && j.types == nil:
			var schema struct{ Fields []bigQueryField }
			if err := j.d.Decode(&schema); err != nil {
				return err
			}
			for _, f := range schema.Fields {
				j.names, j.types = append(j.names, f.Name), append(j.types, strings.ToUpper(f.Type))
			}
		case key == "rows" && j.types != nil:
			if err := j.bigQuery(); err != nil {
				return err
			}
		default:
			var v any
			if err := j.d.Decode(&v); err != nil {
				return err
			}
			row[key.(string)] = v
		}
	}
	if _, err := j.d.Token(); err != nil {
		return err
	}
	if j.types != nil {
		if j.h == nil {
			return errNoCharges
		}
		return nil
	}
	for {
		if err := j.object(row); err != nil {
			return err
		}
		row = nil
		if err := j.d.Decode(&row); errors.Is(err, io.EOF) {
			return j.release()
		} else if err != nil {
			return err
		}
	}
}

func (j *jsonReader) bigQuery() error {
	if err := j.begin(); err != nil {
		return err
	}
	if t, err := j.d.Token(); err != nil || t != json.Delim('[') {
		return errors.Join(errors.New("rows is no array"), err)
	}
	for j.d.More() {
		var row struct{ F []struct{ V any } }
		if err := j.d.Decode(&row); err != nil {
			return err
		}
		if len(row.F) != len(j.names) {
			if err := j.reject(fmt.Sprintf("the row has %d cells, the schema has %d fields", len(row.F), len(j.names))); err != nil {
				return err
			}
			continue
		}
		j.fields = j.fields[:0]
		for i, c := range row.F {
			v := text(c.V)
			if j.types[i] == "TIMESTAMP" {
				v = epoch(v)
			}
			j.fields = append(j.fields, v)
		}
		if err := j.write(); err != nil {
			return err
		}
	}
	_, err := j.d.Token()
	return err
}

// holding is how many objects are read before the columns count as known.
const holding = 200

func (j *jsonReader) object(row map[string]any) error {
	for object, fields := range nested {
		if m, ok := row[object].(map[string]any); ok {
			for _, f := range fields {
				if v, ok := m[f]; ok && v != nil {
					row[object+"."+f] = v
				}
			}
		}
	}
	for k := range row {
		if _, ok := j.index[k]; !ok && j.h == nil {
			j.index[k] = len(j.names)
			j.names = append(j.names, k)
		}
	}
	if j.h == nil {
		j.held = append(j.held, row)
		if len(j.held) < holding {
			return nil
		}
		return j.release()
	}
	return j.put(row)
}

func (j *jsonReader) release() error {
	if j.h == nil {
		if err := j.begin(); err != nil {
			return err
		}
	}
	for _, row := range j.held {
		if err := j.put(row); err != nil {
			return err
		}
	}
	j.held = nil
	return nil
}

func (j *jsonReader) put(row map[string]any) error {
	j.fields = j.fields[:0]
	for range j.names {
		j.fields = append(j.fields, "")
	}
	for k, v := range row {
		if i, ok := j.index[k]; ok && i == j.h.at[colApplied] {
			j.fields[i] = written(v)
		} else if ok {
			j.fields[i] = text(v)
		} else {
			j.n.extra[k]++
		}
	}
	return j.write()
}

func (j *jsonReader) write() error {
	j.n.rows++
	if j.n.rows%1024 == 0 {
		if err := j.ctx.Err(); err != nil {
			return err
		}
	}
	for i, f := range j.fields {
		if !slices.Contains(j.h.at[:], i) && !slices.Contains(j.h.words.all(), i) && !null(f) {
			j.n.extra[j.names[i]]++
		}
	}
	return j.w.write(int64(j.n.rows), j.h, j.fields)
}

func (j *jsonReader) reject(reason string) error {
	j.n.rows++
	j.n.lose(int64(j.n.rows), true)
	return j.sink.Reject(record.Reject{File: j.src.Name, At: fmt.Sprintf("rows/%d", j.n.rows-1), Kind: kind,
		Reason: reason})
}

// text returns a value as bills write it; lists and objects are content and only said to be there.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return fmt.Sprint(v)
	case []any:
		if len(v) == 0 {
			return ""
		}
	case map[string]any:
		if len(v) == 0 {
			return ""
		}
	}
	return "{…}"
}

// written returns an object or list as JSON, other values as [text] does.
func written(v any) string {
	switch v.(type) {
	case map[string]any, []any:
		if b, err := json.Marshal(v); err == nil {
			return string(b)
		}
	}
	return text(v)
}

// epoch turns BigQuery's seconds since 1970 ("1.7787744E9"), or microseconds with
// formatOptions.useInt64Timestamp, into a time; other text stays.
func epoch(v string) string {
	if len(v) == 0 || len(v) > 40 || strings.ContainsAny(v, ":/") {
		return v
	}
	micro, err := strconv.ParseInt(v, 10, 64)
	if err != nil || micro > -1e11 && micro < 1e11 {
		f, err := strconv.ParseFloat(v, 64)
		if err != nil || !(f > -1e11 && f < 1e11) {
			return v
		}
		micro = int64(f * 1e6)
	}
	return time.UnixMicro(micro).UTC().Format("2006-01-02T15:04:05.999999Z")
}
