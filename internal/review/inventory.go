package review

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"plimsoll/internal/finding"
)

// An InventoryLine is who supplies what to whom: engagements of one capability or control entry, seller,
// buyer, end user, destination, year and currency, whether or not anything is raised on them.
type InventoryLine struct {
	Capability  string `json:"capability"` // a capability class, or "not understood", or "other"
	Control     string `json:"control,omitempty"`
	Seller      string `json:"seller"`
	Buyer       string `json:"buyer"`
	EndUser     string `json:"end_user"`
	Destination string `json:"destination,omitempty"`
	Year        string `json:"year"`
	Value       string `json:"value,omitempty"` // of the engagements that state one, exact
	Currency    string `json:"currency,omitempty"`
	Records     int64  `json:"records"`
	NoValue     int64  `json:"records_without_value"`
	NotRead     int64  `json:"records_with_items_not_understood"`
	Flags       string `json:"flags,omitempty"`
}

// Inventory is the summary of inventory.csv.
type Inventory struct {
	Lines  int             `json:"lines"`
	Edges  int             `json:"edges"`               // in edges.ftm.jsonl and edges.graphml
	Nodes  int             `json:"nodes"`               // parties between whom they run
	NoEdge int             `json:"lines_without_edges"` // which name no seller, or neither buyer nor end user
	Pivots []InventorySum  `json:"pivots"`              // the first of interest; inventory_by.csv holds all
	First  []InventoryLine `json:"first"`               // the first of interest, for the report
}

// mostInventory is how many lines the report shows.
const mostInventory = 200

// inventoryItemsSQL gives for each engagement its capability classes and entries, one row each; an engagement
// of which no item has one is "other", and one of which nothing is understood is "not understood".
const inventoryItemsSQL = `
CREATE OR REPLACE TABLE inventory_item AS
WITH latest AS (SELECT n, max(version) AS version FROM engagement_item GROUP BY n),
items AS (SELECT i.* FROM engagement_item i JOIN latest l ON l.n = i.n AND l.version = i.version),
classes AS (SELECT DISTINCT n, unnest(string_split(capabilities, '|')) AS capability, '' AS control FROM items WHERE capabilities <> ''),
entries AS (SELECT DISTINCT n, unnest(string_split(controlled, '|')) AS control FROM items WHERE controlled <> ''),
paired AS (
  SELECT c.n, c.capability, coalesce(e.control, '') AS control FROM classes c LEFT JOIN entries e ON e.n = c.n
  UNION SELECT e.n, 'other', e.control FROM entries e WHERE NOT EXISTS (SELECT 1 FROM classes c WHERE c.n = e.n)),
known AS (SELECT n, min(CASE WHEN understood THEN 1 ELSE 0 END) AS whole, max(CASE WHEN understood THEN 1 ELSE 0 END) AS some FROM items GROUP BY n)
SELECT s.n, s.id, coalesce(b.capability, CASE WHEN coalesce(k.whole, 0) = 1 THEN 'other' ELSE 'not understood' END) AS capability,
  coalesce(b.control, '') AS control, CASE WHEN coalesce(k.whole, 0) = 1 THEN 0 ELSE 1 END AS unread
FROM engagement_subject s LEFT JOIN paired b ON b.n = s.n LEFT JOIN known k ON k.n = s.n`

// inventoryRowSQL joins them with what the newest version of each engagement says: a row for each engagement,
// capability and entry.
const inventoryRowSQL = `
CREATE OR REPLACE TABLE inventory_row AS
WITH newest AS (SELECT v.n, v.seller, v.buyer, v.end_user, v.end_user_text, v.destination, v.signed, v.value, v.currency
  FROM engagement_version v JOIN (SELECT n, max(version) AS version FROM engagement_version GROUP BY n) m ON m.n = v.n AND m.version = v.version)
SELECT i.n, i.capability, i.control, s.party AS seller, b.party AS buyer, e.party AS end_user,
  CASE WHEN e.party IS NULL THEN coalesce(v.end_user_text, '') ELSE '' END AS end_user_text, coalesce(v.destination, '') AS destination,
  coalesce(CAST(year(v.signed) AS VARCHAR), '') AS year, coalesce(v.currency, '') AS currency, v.value, i.unread, coalesce(f.flag, '') AS flags
FROM inventory_item i JOIN newest v ON v.n = i.n
LEFT JOIN party_map s ON s.mention = v.seller LEFT JOIN party_map b ON b.mention = v.buyer LEFT JOIN party_map e ON e.mention = v.end_user
LEFT JOIN (SELECT id, string_agg(DISTINCT flag, ' ' ORDER BY flag) AS flag FROM inventory_flag GROUP BY id) f ON f.id = i.id`

const inventorySQL = `
SELECT capability, control, seller, buyer, end_user, end_user_text, destination, year, currency, CAST(sum(value) AS VARCHAR), count(*),
  sum(CASE WHEN value IS NULL THEN 1 ELSE 0 END), sum(unread), coalesce(string_agg(DISTINCT nullif(flags, ''), ' '), '')
FROM inventory_row GROUP BY capability, control, seller, buyer, end_user, end_user_text, destination, year, currency
ORDER BY CASE capability WHEN 'other' THEN 2 WHEN 'not understood' THEN 1 ELSE 0 END, capability, control, seller, buyer, end_user, 6, 7, 8, 9`

// noteFlag keeps which flags are raised on an engagement, for the inventory.
func (r *run) noteFlag(f *finding.Finding) {
	if f.State != finding.Raised {
		return
	}
	for _, id := range f.Engagement {
		if r.raisedOn == nil {
			r.raisedOn = map[[2]string]bool{}
		}
		r.raisedOn[[2]string{id, f.Flag}] = true
	}
}

// inventory writes inventory.csv, edges.ftm.jsonl and edges.graphml where the records hold engagements.
func (r *run) inventory(ctx context.Context) error {
	if r.book.Rows("engagements") == 0 {
		return nil
	}
	t, err := r.book.Create(ctx, "inventory_flag", inventoryFlagRow{})
	if err != nil {
		return err
	}
	keys := make([][2]string, 0, len(r.raisedOn))
	for k := range r.raisedOn {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b [2]string) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	for _, k := range keys {
		if err := t.Append(inventoryFlagRow{ID: k[0], Flag: k[1]}); err != nil {
			return err
		}
	}
	if err := t.Close(); err != nil {
		return err
	}
	for _, q := range []string{inventoryItemsSQL, inventoryRowSQL} {
		if _, err := r.book.DB().ExecContext(ctx, q); err != nil {
			return fmt.Errorf("prepare inventory: %w", err)
		}
	}
	w, err := r.openInventory()
	if err != nil {
		return err
	}
	sum := &Inventory{First: []InventoryLine{}}
	err = r.book.Each(ctx, "read inventory", inventorySQL, func(rows *sql.Rows) error {
		var l InventoryLine
		var seller, buyer, user sql.NullInt32
		var text string
		var value sql.NullString
		if err := rows.Scan(&l.Capability, &l.Control, &seller, &buyer, &user, &text, &l.Destination, &l.Year,
			&l.Currency, &value,
			&l.Records, &l.NoValue, &l.NotRead, &l.Flags); err != nil {
			return err
		}
		l.Seller, l.Buyer, l.EndUser = r.nameOf(seller), r.nameOf(buyer), cmp.Or(r.nameOf(user), text)
		l.Value, l.Flags = withoutZeros(value.String), strings.Join(slices.Compact(sortedWords(l.Flags)), " ")
		sum.Lines++
		if len(sum.First) < mostInventory && l.Capability != "other" {
			sum.First = append(sum.First, l)
		}
		return w.line(l, r.idOf(seller), r.idOf(buyer), r.idOf(user))
	})
	if err = errors.Join(err, w.close()); err != nil {
		return err
	}
	sum.Edges, sum.Nodes, sum.NoEdge = w.edges, len(w.nodes), w.left
	r.sum.Inventory = sum
	return r.pivots(ctx)
}

type inventoryFlagRow struct {
	ID   string `col:"id"`
	Flag string
}

func sortedWords(s string) []string {
	words := strings.Fields(s)
	slices.Sort(words)
	return words
}

// nameOf is how a party is called in tables; one that looks like a natural person is not named.
func (r *run) nameOf(p sql.NullInt32) string {
	if !p.Valid || int(p.Int32) >= len(r.res.Parties) {
		return ""
	}
	if called, ok := r.person[p.Int32]; ok {
		return called
	}
	return r.res.Parties[p.Int32].Name
}

func (r *run) idOf(p sql.NullInt32) string {
	if !p.Valid || int(p.Int32) >= len(r.res.Parties) {
		return ""
	}
	return string(r.res.Parties[p.Int32].ID)
}

// An inventoryWriter writes the table and its edges side by side.
type inventoryWriter struct {
	files []*os.File
	table *csv.Writer
	ftm   *bufio.Writer
	graph *bufio.Writer
	nodes map[string]bool
	edges int
	left  int // lines without an edge
}

func (r *run) openInventory() (*inventoryWriter, error) {
	w := &inventoryWriter{nodes: map[string]bool{}}
	for _, name := range []string{"inventory.csv", "edges.ftm.jsonl", "edges.graphml"} {
		f, err := os.Create(filepath.Join(r.dir, name))
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", name, err)
		}
		w.files = append(w.files, f)
	}
	w.table, w.ftm, w.graph = csv.NewWriter(w.files[0]), bufio.NewWriter(w.files[1]), bufio.NewWriter(w.files[2])
	if _, err := w.graph.WriteString(graphHead); err != nil {
		return nil, err
	}
	return w, w.table.Write([]string{"capability", "control_entry", "seller", "buyer", "end_user", "destination",
		"year", "value", "currency", "records",
		"records_without_value", "records_with_items_not_understood", "flags"})
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
func (w *inventoryWriter) line(l InventoryLine, seller, buyer, user string) error {
	row := []string{l.Capability, l.Control, l.Seller, l.Buyer, l.EndUser, l.Destination, l.Year, l.Value, l.Currency,
		strconv.FormatInt(l.Records, 10), strconv.FormatInt(l.NoValue, 10), strconv.FormatInt(l.NotRead, 10), l.Flags}
	for i := range row {
		row[i] = inert(row[i])
	}
	if err := w.table.Write(row); err != nil {
		return err
	}
	to, name := user, l.EndUser
	if to == "" {
		to, name = buyer, l.Buyer
	}
	if seller == "" || to == "" {
		w.left++
		return nil
	}
	w.edges++
	for _, n := range [][2]string{{seller, l.Seller}, {to, name}} {
		if w.nodes[n[0]] {
			continue
		}
		w.nodes[n[0]] = true
		if err := w.entity(n[0], "LegalEntity", ftmProperties{Name: []string{n[1]}}); err != nil {
			return err
		}
		fmt.Fprintf(w.graph, "<node id=\"%s\"><data key=\"name\">%s</data></node>\n", escaped(n[0]), escaped(n[1]))
	}
	key := sha256.Sum256([]byte(strings.Join([]string{l.Capability, l.Control, seller, buyer, user, l.Destination,
		l.Year, l.Currency}, "\x00")))
	id := hex.EncodeToString(key[:10])
	p := ftmProperties{Payer: []string{to}, Beneficiary: []string{seller}, Purpose: []string{l.Capability},
		Summary: []string{strconv.FormatInt(l.Records, 10) + " records"}, Date: oneOrNone(l.Year),
		Amount: oneOrNone(l.Value), Currency: oneOrNone(l.Currency), Programme: oneOrNone(l.Control)}
	if err := w.entity(id, "Payment", p); err != nil {
		return err
	}
	fmt.Fprintf(w.graph, "<edge id=\"%s\" source=\"%s\" target=\"%s\">", id, escaped(seller), escaped(to))
	for _, d := range [][2]string{{"capability", l.Capability}, {"year", l.Year},
		{"records", strconv.FormatInt(l.Records, 10)}, {"value", l.Value},
		{"currency", l.Currency}, {"flags", l.Flags}} {
		if d[1] != "" {
			fmt.Fprintf(w.graph, "<data key=\"%s\">%s</data>", d[0], escaped(d[1]))
		}
	}
	_, err := io.WriteString(w.graph, "</edge>\n")
	return err
}

// An ftmEntity is an entity of FollowTheMoney, and ftmProperties are those of its properties that edges have.
type (
	ftmEntity struct {
		ID         string        `json:"id"`
		Properties ftmProperties `json:"properties"`
		Schema     string        `json:"schema"`
	}
	ftmProperties struct {
		Amount      []string `json:"amount,omitempty"`
		Beneficiary []string `json:"beneficiary,omitempty"`
		Currency    []string `json:"currency,omitempty"`
		Date        []string `json:"date,omitempty"`
		Name        []string `json:"name,omitempty"`
		Payer       []string `json:"payer,omitempty"`
		Programme   []string `json:"programme,omitempty"`
		Purpose     []string `json:"purpose,omitempty"`
		Summary     []string `json:"summary,omitempty"`
	}
)

// oneOrNone is a text as a list; none where it is empty.
func oneOrNone(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// entity writes one entity of FollowTheMoney.
func (w *inventoryWriter) entity(id, schema string, properties ftmProperties) error {
	b, err := json.Marshal(ftmEntity{id, properties, schema})
	if err != nil {
		return err
	}
	_, err = w.ftm.Write(append(b, '\n'))
	return err
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a builder takes everything
	return b.String()
}

func (w *inventoryWriter) close() error {
	w.table.Flush()
	_, err := w.graph.WriteString("</graph>\n</graphml>\n")
	err = errors.Join(err, w.table.Error(), w.ftm.Flush(), w.graph.Flush())
	for _, f := range w.files {
		err = errors.Join(err, f.Close())
	}
	return err
}
