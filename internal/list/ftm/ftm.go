// Package ftm reads lists in the FollowTheMoney form: JSON Lines of entities
// (entities.ftm.json) and OpenSanctions' targets.simple.csv.
//
// Invariants: an entity is an entry when a Sanction points at it, when it carries a topic
// that says so, or when it is marked as a target; one that is only politically exposed, or
// only linked to a listed one, is not listed and is counted. Fragments of one id are one
// entity. Ownership and other edges are not read here.
package ftm

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"plimsoll/internal/list"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// texts are the values of a property. The form says that all are strings; numbers are taken
// as text, and nested entities (targets.nested.json) are kept apart.
type texts struct {
	Text   []string
	Nested []json.RawMessage
}

func (t *texts) UnmarshalJSON(b []byte) error {
	var raw []json.RawMessage
	if len(b) > 0 && b[0] != '[' {
		raw = []json.RawMessage{b}
	} else if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	for _, r := range raw {
		switch {
		case len(r) == 0 || string(r) == "null":
		case r[0] == '"':
			var s string
			if err := json.Unmarshal(r, &s); err != nil {
				return err
			}
			t.Text = append(t.Text, s)
		case r[0] == '{':
			t.Nested = append(t.Nested, r)
		default:
			t.Text = append(t.Text, string(r))
		}
	}
	return nil
}

// An entity is one line.
type entity struct {
	ID         string           `json:"id"`
	Schema     string           `json:"schema"`
	Properties map[string]texts `json:"properties"`
	Caption    string           `json:"caption"`
	Datasets   []string         `json:"datasets"`
	Referents  []string         `json:"referents"`
	LastSeen   string           `json:"last_seen"`
	LastChange string           `json:"last_change"`
	Target     *bool            `json:"target"`
	Op         string           `json:"op"` // set on a line of a delta file
}

func (e *entity) get(property string) []string { return e.Properties[property].Text }

func (e *entity) first(property string) string {
	if v := e.get(property); len(v) > 0 {
		return list.Clean(v[0])
	}
	return ""
}

// kinds are the schemata whose entities can be parties.
var kinds = map[string]party.Kind{
	"Person": party.Person, "Company": party.Organization, "Organization": party.Organization,
	"LegalEntity": party.Unknown, // may be either
	"PublicBody":  party.PublicBody, "Vessel": party.Vessel, "Airplane": party.Aircraft,
}

// Recognise reports whether head begins a file of entities.
func Recognise(head []byte) bool {
	line, rest, _ := bytes.Cut(bytes.TrimSpace(head), []byte("\n"))
	if len(line) == 0 || line[0] != '{' {
		return false
	}
	var e entity
	if err := json.Unmarshal(line, &e); err == nil {
		return e.Op != "" || e.Schema != "" && e.Properties != nil
	}
	// A first line longer than the head, or a damaged one: the words must do.
	return (len(rest) > 0 || len(line) > 4096) && bytes.Contains(line, []byte(`"schema"`)) &&
		bytes.Contains(line, []byte(`"properties"`))
}

// Lists reports whether the file lists anybody: others of the same form hold only ownership
// or payments. It reads until the first entry.
func Lists(src record.Source, _ []byte) bool {
	found := errors.New("found")
	err := each(context.Background(), src, func(_ int, e *entity) error {
		if e.Op != "" || e.Schema == "Sanction" {
			return found
		}
		if _, ok := kinds[e.Schema]; ok && standing(e) == isListed {
			return found
		}
		return nil
	}, func(int, string) error { return nil })
	return errors.Is(err, found)
}

// each calls visit for every entity of the file, nested ones after their parent, and bad for
// every line that is none.
func each(ctx context.Context, src record.Source, visit func(line int, e *entity) error,
	bad func(line int, reason string) error) error {
	f, err := src.Open()
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 256<<10)
	var long []byte
	for n := 1; ; n++ {
		if n%4096 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		line, err := r.ReadSlice('\n')
		if err == bufio.ErrBufferFull {
			long = append(long[:0], line...)
			for err == bufio.ErrBufferFull && len(long) <= record.MaxLine {
				line, err = r.ReadSlice('\n')
				long = append(long, line...)
			}
			if len(long) > record.MaxLine {
				return bad(n, fmt.Sprintf("the line is longer than %d MiB", record.MaxLine>>20))
			}
			line = long
		}
		if err != nil && err != io.EOF {
			if errors.Is(err, io.ErrUnexpectedEOF) {
				return bad(n, "the compressed file is cut short")
			}
			return fmt.Errorf("read %s: %w", src.Name, err)
		}
		if line := bytes.TrimSpace(line); len(line) > 0 {
			if verr := one(n, line, "", 0, visit, bad); verr != nil {
				return verr
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

func one(n int, line []byte, parent string, depth int, visit func(int, *entity) error,
	bad func(int, string) error) error {
	var e entity
	if err := json.Unmarshal(line, &e); err != nil {
		reason := "the line is no JSON object of an entity"
		var se *json.SyntaxError
		if errors.As(err, &se) && se.Offset >= int64(len(line)) {
			reason = "the line is cut short"
		}
		return bad(n, reason)
	}
	if e.Op == "" && (e.ID == "" || e.Schema == "") {
		return bad(n, "no id or no schema")
	}
	if e.Schema == "Sanction" && len(e.get("entity")) == 0 && parent != "" {
		if e.Properties == nil {
			e.Properties = map[string]texts{}
		}
		e.Properties["entity"] = texts{Text: []string{parent}}
	}
	if err := visit(n, &e); err != nil {
		return err
	}
	if depth > 3 {
		return nil
	}
	for _, name := range []string{"sanctions", "addressEntity"} {
		for _, raw := range e.Properties[name].Nested {
			if err := one(n, raw, e.ID, depth+1, visit, bad); err != nil {
				return err
			}
		}
	}
	return nil
}
