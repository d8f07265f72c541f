package row

import (
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
func Elements(ctx context.Context, src record.Source, faults *list.Faults, visit func(*xml.Decoder, xml.StartElement) error) error {
	f, err := src.Open()
	if err != nil {
		faults.Merge(src.Name, err)
		return nil
	}
	defer f.Close()
	dec := xml.NewDecoder(f)
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
