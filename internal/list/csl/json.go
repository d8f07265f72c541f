package csl

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"plimsoll/internal/list"
	"plimsoll/internal/record"
)

// RecogniseJSON reports whether head begins the JSON form of the list.
func RecogniseJSON(head []byte) bool {
	head = bytes.TrimSpace(head)
	if len(head) == 0 || head[0] != '{' && head[0] != '[' {
		return false
	}
	has := func(s string) bool { return bytes.Contains(head, []byte(s)) }
	// What a search of one source answers lacks the members that only other sources have (programs, licences).
	return has(`"source"`) && has(`"alt_names"`) && (has(`"source_information_url"`) || has(`"source_list_url"`))
}

// An element is an entry of the JSON form: texts, lists of texts, addresses and numbers.
type element map[string]json.RawMessage

// DecodeJSON reads the JSON form: an object with the array "results", that array, or its elements one after another.
func DecodeJSON(ctx context.Context, src record.Source) (*list.List, error) {
	var faults list.Faults
	d := newDecoder(src, &faults)
	f, err := src.Open()
	if err != nil {
		faults.Merge(src.Name, err)
		return nil, faults.Err()
	}
	defer f.Close()
	rows := 0
	walk := results
	if head, err := src.Head(); err == nil && lines(head) {
		walk = each
	}
	err = walk(json.NewDecoder(f), func(raw json.RawMessage) error {
		if rows%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		at := fmt.Sprintf("results/%d", rows)
		rows++
		var e element
		if err := json.Unmarshal(raw, &e); err != nil {
			faults.Addf(src.Name, at, "not an entry: %v", err)
			return nil
		}
		d.row(at, e.get)
		return nil
	})
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		faults.Addf(src.Name, "", "the file is cut short after %d entries", rows)
	case err != nil:
		faults.Addf(src.Name, "", "after %d entries: %v", rows, err)
	case rows == 0:
		faults.Addf(src.Name, "", "no entry under \"results\"")
	}
	return d.list(rows, nil)
}

// lines reports whether head begins an object that is an entry itself: the list as one object a line.
func lines(head []byte) bool {
	var first map[string]json.RawMessage
	if json.NewDecoder(bytes.NewReader(head)).Decode(&first) != nil {
		return false
	}
	_, whole := first["results"]
	return !whole && first["name"] != nil && first["source"] != nil
}

// each calls visit for every value of a text that is a sequence of values.
func each(in *json.Decoder, visit func(json.RawMessage) error) error {
	for {
		var raw json.RawMessage
		if err := in.Decode(&raw); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := visit(raw); err != nil {
			return err
		}
	}
}

// results calls visit for every element of the array "results" of the outer object, or of
// an outer array.
func results(in *json.Decoder, visit func(json.RawMessage) error) error {
	tok, err := in.Token()
	if err != nil {
		return err
	}
	found := tok == json.Delim('[')
	for !found {
		key, err := in.Token()
		if err != nil {
			return err
		}
		if key == json.Delim('}') {
			return nil
		}
		if key != "results" {
			var skip json.RawMessage
			if err := in.Decode(&skip); err != nil {
				return err
			}
			continue
		}
		if tok, err = in.Token(); err != nil {
			return err
		}
		if tok != json.Delim('[') {
			return errors.New("\"results\" is no array")
		}
		found = true
	}
	for in.More() {
		var raw json.RawMessage
		if err := in.Decode(&raw); err != nil {
			return err
		}
		if err := visit(raw); err != nil {
			return err
		}
	}
	_, err = in.Token()
	return err
}

// get returns a member as the cell of the CSV form would write it: several values separated
// by "; ", the parts of an address or number by ", ".
func (e element) get(name string) string {
	raw, ok := e[name]
	if !ok && name == "_id" {
		raw = e["id"]
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return list.Clean(one)
	}
	var many []json.RawMessage
	if json.Unmarshal(raw, &many) != nil {
		return ""
	}
	var out []string
	for _, m := range many {
		var parts map[string]any
		switch {
		case json.Unmarshal(m, &one) == nil:
			out = append(out, list.Clean(one))
		case json.Unmarshal(m, &parts) == nil:
			out = append(out, joined(parts))
		}
	}
	return strings.Join(out, "; ")
}

func joined(parts map[string]any) string {
	get := func(name string) string { s, _ := parts[name].(string); return s }
	if _, ok := parts["number"]; ok {
		return list.Join(get("type"), get("number"), get("country"))
	}
	return strings.ReplaceAll(list.Join(get("address"), get("city"), get("state"), get("postal_code"), get("country")),
		";", ",")
}
