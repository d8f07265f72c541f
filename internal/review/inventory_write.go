package review

import (
	"bufio"
	"crypto/sha256"
	"database/sql"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// An inventoryWriter writes the table and its edges side by side. The texts of edges are put together in one buffer: a
// million of them through fmt and encoding/json take four times as long.
type inventoryWriter struct {
	files []*os.File
	table *csv.Writer
	ftm   *bufio.Writer
	graph *bufio.Writer
	id    func(sql.NullInt32) string // of a party; "" where there is none
	noted map[int32]bool             // parties that are nodes already
	row   [14]string
	text  []byte
	nodes int
	edges int
	left  int // lines without an edge
}

// inventoryBuffer is how many bytes are written to a file at a time.
const inventoryBuffer = 1 << 18

func (r *run) openInventory() (*inventoryWriter, error) {
	w := &inventoryWriter{noted: map[int32]bool{}, id: r.idOf}
	for _, name := range []string{"inventory.csv", "edges.ftm.jsonl", "edges.graphml"} {
		f, err := os.Create(filepath.Join(r.dir, name))
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", name, errors.Join(err, w.closeFiles()))
		}
		w.files = append(w.files, f)
	}
	// csv.NewWriter takes a writer that is buffered already as its own
	w.table = csv.NewWriter(bufio.NewWriterSize(w.files[0], inventoryBuffer))
	w.ftm = bufio.NewWriterSize(w.files[1], inventoryBuffer)
	w.graph = bufio.NewWriterSize(w.files[2], inventoryBuffer)
	_, err := w.graph.WriteString(graphHead)
	return w, errors.Join(err, w.table.Write([]string{"capability", "control_entry", "seller", "buyer", "end_user",
		"destination", "year", "value", "currency", "records", "records_without_value",
		"records_with_items_not_understood", "flags", "records_with_value_added_up"}))
}

const graphHead = `<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="name" for="node" attr.name="name" attr.type="string"/>
<key id="capability" for="edge" attr.name="capability" attr.type="string"/>
<key id="year" for="edge" attr.name="year" attr.type="string"/>
<key id="records" for="edge" attr.name="records" attr.type="long"/>
<key id="value" for="edge" attr.name="value" attr.type="string"/>
<key id="currency" for="edge" attr.name="currency" attr.type="string"/>
<key id="flags" for="edge" attr.name="flags" attr.type="string"/>
<graph id="supply" edgedefault="directed">
`

// line writes one line of the table, and its edge from the seller to the end user, or to the buyer where
// no end user is stated.
func (w *inventoryWriter) line(l *inventoryEntry) error {
	records := strconv.FormatInt(l.Records, 10)
	w.row = [...]string{l.Capability, l.Control, l.Seller, l.Buyer, l.EndUser, l.Destination, l.Year, l.Value,
		l.Currency, records, strconv.FormatInt(l.NoValue, 10), strconv.FormatInt(l.NotRead, 10), l.Flags,
		strconv.FormatInt(l.Added, 10)}
	for i := range w.row {
		w.row[i] = inert(w.row[i])
	}
	if err := w.table.Write(w.row[:]); err != nil {
		return err
	}
	to, name := l.user, l.EndUser
	if w.id(to) == "" {
		to, name = l.buyer, l.Buyer
	}
	if w.id(l.seller) == "" || w.id(to) == "" {
		w.left++
		return nil
	}
	w.edges++
	return errors.Join(w.node(l.seller, l.Seller), w.node(to, name), w.edge(l, w.id(l.seller), w.id(to), records))
}

// node writes a party where it was not written yet.
func (w *inventoryWriter) node(p sql.NullInt32, name string) error {
	if w.noted[p.Int32] {
		return nil
	}
	w.noted[p.Int32] = true
	w.nodes++
	b := appendJSON(append(w.text[:0], `{"id":`...), w.id(p))
	b = appendJSON(append(b, `,"properties":{"name":[`...), name)
	b = append(b, `]},"schema":"LegalEntity"}`+"\n"...)
	_, err := w.ftm.Write(b)
	b = appendXML(append(b[:0], `<node id="`...), w.id(p))
	b = appendXML(append(b, `"><data key="name">`...), name)
	b = append(b, "</data></node>\n"...)
	w.text = b
	_, err2 := w.graph.Write(b)
	return errors.Join(err, err2)
}

// edge writes what goes from a seller to another party, as a payment of FollowTheMoney and as an edge of GraphML.
func (w *inventoryWriter) edge(l *inventoryEntry, seller, to, records string) error {
	b := w.text[:0]
	for i, s := range [...]string{l.Capability, l.Control, seller, w.id(l.buyer), w.id(l.user), l.Destination, l.Year,
		l.Currency} {
		if i > 0 {
			b = append(b, 0)
		}
		b = append(b, s...)
	}
	sum := sha256.Sum256(b)
	id := hex.EncodeToString(sum[:10])
	b = appendJSON(append(b[:0], `{"id":`...), id)
	b = append(b, `,"properties":{`...)
	for _, p := range [...][2]string{{"amount", l.Value}, {"beneficiary", seller}, {"currency", l.Currency},
		{"date", l.Year}, {"payer", to}, {"programme", l.Control}, {"purpose", l.Capability},
		{"summary", records + " records"}} {
		if p[1] == "" {
			continue
		}
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
		b = appendJSON(append(append(append(b, '"'), p[0]...), `":[`...), p[1])
		b = append(b, ']')
	}
	b = append(b, `},"schema":"Payment"}`+"\n"...)
	_, err := w.ftm.Write(b)
	b = append(append(b[:0], `<edge id="`...), id...)
	b = appendXML(append(b, `" source="`...), seller)
	b = appendXML(append(b, `" target="`...), to)
	b = append(b, `">`...)
	for _, d := range [...][2]string{{"capability", l.Capability}, {"year", l.Year}, {"records", records},
		{"value", l.Value}, {"currency", l.Currency}, {"flags", l.Flags}} {
		if d[1] == "" {
			continue
		}
		b = appendXML(append(append(append(b, `<data key="`...), d[0]...), `">`...), d[1])
		b = append(b, "</data>"...)
	}
	b = append(b, "</edge>\n"...)
	w.text = b
	_, err2 := w.graph.Write(b)
	return errors.Join(err, err2)
}

// plain reports whether a text is of printable ASCII without what JSON and XML write in another way.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || strings.IndexByte(`"'\&<>`, c) >= 0 {
			return false
		}
	}
	return true
}

// appendJSON appends a text as a string of JSON.
func appendJSON(b []byte, s string) []byte {
	if plain(s) {
		return append(append(append(b, '"'), s...), '"')
	}
	quoted, _ := json.Marshal(s) // every text has a form
	return append(b, quoted...)
}

// appendXML appends a text as XML has it between tags and in attributes.
func appendXML(b []byte, s string) []byte {
	if plain(s) {
		return append(b, s...)
	}
	var e strings.Builder
	_ = xml.EscapeText(&e, []byte(s)) // a builder takes everything
	return append(b, e.String()...)
}

func (w *inventoryWriter) close() error {
	w.table.Flush()
	_, err := w.graph.WriteString("</graph>\n</graphml>\n")
	return errors.Join(err, w.table.Error(), w.ftm.Flush(), w.graph.Flush(), w.closeFiles())
}

func (w *inventoryWriter) closeFiles() error {
	var errs []error
	for _, f := range w.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}
