package record

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Sheets of OpenDocument workbooks (OASIS OpenDocument 1.3, part 3, section 9). Each is a source of its own and is
// read as comma-separated text, with the values that are stored and not their display: dates in ISO 8601, numbers
// with a point.

const (
	odsType = "application/vnd.oasis.opendocument.spreadsheet"
	odsText = "content.xml"
	odsMark = odsText + "#" // stands before a sheet's place and name in [Source.Member]
)

// Limits on what a repeated cell or row may stand for.
const (
	maxCells    = 16384
	maxRepeated = 1 << 20
)

// isODS reports whether a ZIP file is an OpenDocument workbook: its member mimetype says so.
func isODS(z *zip.Reader) bool {
	for _, m := range z.File {
		if m.Name != "mimetype" || m.UncompressedSize64 > 256 {
			continue
		}
		r, err := m.Open()
		if err != nil {
			return false
		}
		defer r.Close()
		b, err := io.ReadAll(io.LimitReader(r, 256))
		return err == nil && strings.HasPrefix(string(b), odsType)
	}
	return false
}

// odsSheets lists the names of the sheets of a document's content.
func odsSheets(r io.Reader) ([]string, error) {
	dec := xml.NewDecoder(r)
	var names []string
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return names, nil
		}
		if err != nil {
			return names, err
		}
		if t, ok := tok.(xml.StartElement); ok && t.Name.Local == "table" && strings.HasSuffix(t.Name.Space,
			"table:1.0") {
			names = append(names, odsAttr(t, "name"))
		}
	}
}

// odsSheet splits the name of a member that is a sheet into the member with the document's content and the place and
// name of the sheet. A workbook inside an archive has the archive's member before it.
func odsSheet(member string) (content string, n int, name string, ok bool) {
	at := strings.Index("!"+member, "!"+odsMark)
	if at < 0 {
		return "", 0, "", false
	}
	place, name, _ := strings.Cut(member[at+len(odsMark):], " ")
	n, err := strconv.Atoi(place)
	return member[:at] + odsText, n, name, err == nil
}

// Sheet reports whether s is one sheet of an OpenDocument workbook, and returns its name.
func (s Source) Sheet() (name string, ok bool) {
	_, _, name, ok = odsSheet(s.Member)
	return name, ok
}

// Workbook returns the name of the OpenDocument workbook that s is a sheet of, "" for none.
func (s Source) Workbook() string {
	name, ok := s.Sheet()
	if !ok {
		return ""
	}
	return strings.TrimSuffix(s.Name, "!"+name)
}

func odsAttr(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// An odsReader gives the rows of one sheet as text.
type odsReader struct {
	dec    *xml.Decoder
	skip   int // sheets before the one that is read
	within bool
	buf    bytes.Buffer
	row    []string
	last   int // filled cells of the row
	width  int // of the widest row so far, which the others are filled up to
	empty  int // rows without a cell, written when one with cells follows
	err    error
}

func newODSReader(r io.Reader, sheet int) *odsReader {
	return &odsReader{dec: xml.NewDecoder(r), skip: sheet}
}

func (o *odsReader) Read(p []byte) (int, error) {
	for o.buf.Len() == 0 {
		if o.err != nil {
			return 0, o.err
		}
		if o.err = o.advance(); o.err != nil && !errors.Is(o.err, io.EOF) {
			o.err = fmt.Errorf("read sheet: %w", o.err)
		}
	}
	return o.buf.Read(p)
}

// advance reads one element further.
func (o *odsReader) advance() error {
	tok, err := o.dec.Token()
	if err != nil {
		return err
	}
	switch t := tok.(type) {
	case xml.StartElement:
		switch {
		case t.Name.Local == "table" && strings.HasSuffix(t.Name.Space, "table:1.0"):
			o.within = o.skip == 0
			o.skip--
		case o.within && t.Name.Local == "table-row":
			o.row, o.last = o.row[:0], 0
			if err := o.cells(); err != nil {
				return err
			}
			return o.write(odsTimes(t, "number-rows-repeated"))
		}
	case xml.EndElement:
		if o.within && t.Name.Local == "table" {
			return io.EOF
		}
	}
	return nil
}

func odsTimes(t xml.StartElement, name string) int {
	n, err := strconv.Atoi(odsAttr(t, name))
	if err != nil || n < 1 {
		return 1
	}
	return n
}

// cells reads the cells of the row that was entered, to its end.
func (o *odsReader) cells() error {
	for {
		tok, err := o.dec.Token()
		if err != nil {
			return err
		}
		switch t := tok.(type) {
		case xml.StartElement:
			text, err := o.text(t)
			if err != nil {
				return err
			}
			n := min(odsTimes(t, "number-columns-repeated"), maxCells-len(o.row))
			for range n {
				o.row = append(o.row, text)
			}
			if text != "" {
				o.last = len(o.row)
			}
		case xml.EndElement:
			return nil
		}
	}
}

// text is the value of the cell that was entered; reading goes on behind it.
func (o *odsReader) text(cell xml.StartElement) (string, error) {
	var b strings.Builder
	for depth, note := 1, 0; depth > 0; {
		tok, err := o.dec.Token()
		if err != nil {
			return "", err
		}
		switch t := tok.(type) {
		case xml.StartElement:
			depth++
			switch {
			case note > 0 || t.Name.Local == "annotation": // a comment on the cell
				note++
			case t.Name.Local == "p" && b.Len() > 0, t.Name.Local == "line-break":
				b.WriteByte('\n')
			case t.Name.Local == "s":
				b.WriteString(strings.Repeat(" ", min(odsTimes(t, "c"), 1000)))
			case t.Name.Local == "tab":
				b.WriteByte('\t')
			}
		case xml.CharData:
			if note == 0 && depth > 1 {
				b.Write(t)
			}
		case xml.EndElement:
			if depth--; note > 0 {
				note--
			}
		}
	}
	switch odsAttr(cell, "value-type") {
	case "float", "currency", "percentage":
		if v := odsAttr(cell, "value"); v != "" {
			return v, nil
		}
	case "date":
		if v := odsAttr(cell, "date-value"); v != "" {
			return strings.TrimSuffix(v, "T00:00:00"), nil
		}
	}
	return b.String(), nil
}

// write gives out the row as often as it stands there.
func (o *odsReader) write(times int) error {
	if o.last == 0 {
		o.empty = min(o.empty+times, maxRepeated)
		return nil
	}
	if times > maxRepeated {
		return fmt.Errorf("a row is repeated %d times; at most %d are read", times, maxRepeated)
	}
	for ; o.empty > 0; o.empty-- {
		o.buf.WriteByte('\n')
	}
	o.width = max(o.width, o.last)
	for range times {
		for i := range o.width {
			s := ""
			if i < o.last {
				s = o.row[i]
			}
			if i > 0 {
				o.buf.WriteByte(',')
			}
			if strings.ContainsAny(s, ",\"\r\n") || strings.TrimSpace(s) != s {
				s = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
			}
			o.buf.WriteString(s)
		}
		o.buf.WriteByte('\n')
	}
	return nil
}
