package row

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"plimsoll/internal/list"
	"plimsoll/internal/record"
)

// Elements walks an XML document and calls visit at every start tag. A damaged or cut
// document is a fault; visit's own errors end the walk.
func Elements(ctx context.Context, src record.Source, faults *list.Faults, visit func(*xml.Decoder,
	xml.StartElement) error) error {
	f, err := src.Open()
	if err != nil {
		faults.Merge(src.Name, err)
		return nil
	}
	defer f.Close()
	dec := xml.NewDecoder(f)
	dec.CharsetReader = record.Charset
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		tok, err := dec.Token()
		if err == nil {
			if start, ok := tok.(xml.StartElement); ok {
				err = visit(dec, start)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			line, _ := dec.InputPos()
			reason := err.Error()
			var se *xml.SyntaxError
			if errors.As(err, &se) {
				reason = se.Msg
			}
			if errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(reason, "unexpected EOF") {
				reason = "the file is cut short"
			}
			faults.Addf(src.Name, list.Line(line), "%s", reason)
			return nil
		}
	}
}

// Holds reports whether the beginning of an XML text has the start tag of an element, with or without a prefix.
func Holds(head []byte, element string) bool {
	for {
		i := bytes.Index(head, []byte(element))
		if i < 0 {
			return false
		}
		open := bytes.LastIndexByte(head[:i], '<')
		prefix := head[open+1 : i]
		head = head[i+len(element):]
		if open < 0 || len(head) == 0 || !bytes.ContainsAny(head[:1], " \t\r\n/>") {
			continue
		}
		if len(prefix) == 0 || prefix[len(prefix)-1] == ':' && !bytes.ContainsAny(prefix, " \t\r\n/>") {
			return true
		}
	}
}

// maxCells is how many children an element may have that Cells reads.
const maxCells = 10_000

// Cells reads the element that dec has just entered to its end tag and returns the text of
// its children by their names in lower case; the texts of children of one name are joined
// by "|", and those inside a child belong to it.
func Cells(dec *xml.Decoder) (map[string]string, error) {
	out := map[string]string{}
	depth, name, text, n := 0, "", strings.Builder{}, 0
	for {
		tok, err := dec.Token()
		if err != nil {
			return nil, err
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if depth++; depth == 1 {
				name = strings.ToLower(t.Name.Local)
				text.Reset()
			}
			if n++; n > maxCells {
				return nil, errors.New("an element holds too many others")
			}
		case xml.CharData:
			if depth > 0 {
				text.Write(t)
			}
		case xml.EndElement:
			if depth == 0 {
				return out, nil
			}
			if depth--; depth == 0 {
				if v := strings.TrimSpace(text.String()); v != "" && out[name] != "" {
					out[name] += "|" + v
				} else if v != "" {
					out[name] = v
				}
			}
		}
	}
}
