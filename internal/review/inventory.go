package review

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

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
	Added       int64  `json:"records_with_value_added_up,omitempty"` // whose value is the sum of their lines
}

// Inventory is the summary of inventory.csv.
type Inventory struct {
	Lines  int             `json:"lines"`
	Added  int64           `json:"records_with_value_added_up,omitempty"` // summed over the lines
	Edges  int             `json:"edges"`                                 // in edges.ftm.jsonl and edges.graphml
	Nodes  int             `json:"nodes"`                                 // parties between whom they run
	NoEdge int             `json:"lines_without_edges"`                   // which name no seller, or neither buyer nor end user
	Pivots []InventorySum  `json:"pivots"`                                // the first of interest; inventory_by.csv holds all
	First  []InventoryLine `json:"first"`                                 // the first of interest, for the report
}

// mostInventory is how many lines the report shows.
const mostInventory = 200

// inventoryItemsSQL gives for each engagement its capability classes and entries, one row each. Rows of one table for
// one day, or without one, count as lines of one document; else the newest row counts. An engagement
// of which no item has one is "other", and one of which nothing is understood is "not understood". "once" marks one row
// of each engagement and capability.
const inventoryItemsSQL = `
CREATE OR REPLACE TABLE inventory_item AS
WITH latest AS (SELECT n, max(version) AS version FROM engagement_item GROUP BY n),
whole AS (SELECT v.n, v.version FROM latest l JOIN engagement_version x ON x.n = l.n AND x.version = l.version
  JOIN engagement_version v ON v.n = l.n AND (v.version = l.version OR v.source = x.source AND v.signed IS NOT DISTINCT FROM x.signed
    AND v.signed_last IS NOT DISTINCT FROM x.signed_last AND NOT v.published AND NOT x.published)),
items AS (SELECT i.* FROM engagement_item i JOIN whole l ON l.n = i.n AND l.version = i.version),
classes AS (SELECT DISTINCT n, unnest(string_split(capabilities, '|')) AS capability FROM items WHERE capabilities <> ''),
entries AS (SELECT n, control, control = min(control) OVER (PARTITION BY n) AS once FROM (
  SELECT DISTINCT n, unnest(string_split(controlled, '|')) AS control FROM items WHERE controlled <> '')),
known AS (SELECT n, bool_and(understood) AS whole FROM items GROUP BY n)
SELECT s.n, s.id, coalesce(c.capability, CASE WHEN e.n IS NOT NULL OR coalesce(k.whole, FALSE) THEN 'other' ELSE 'not understood' END) AS capability,
  coalesce(e.control, '') AS control, CASE WHEN coalesce(k.whole, FALSE) THEN 0 ELSE 1 END AS unread, coalesce(e.once, TRUE) AS once
FROM engagement_subject s LEFT JOIN classes c ON c.n = s.n LEFT JOIN entries e ON e.n = s.n LEFT JOIN known k ON k.n = s.n`

// wholeSQL is what the newest document of each engagement says that has several rows: of each column the last row that
// fills it, and its value. Rows of one table for one day, or without one, are lines of one document: where all that
// state a value state the same, it is that of the whole; else they are values of lines, and add up. Lines in several
// currencies add up to nothing.
const wholeSQL = `
SELECT x.n, arg_max(v.seller, v.version) AS seller, arg_max(v.buyer, v.version) AS buyer, arg_max(v.end_user,
    v.version) AS end_user,
  arg_max(nullif(v.end_user_text, ''), v.version) AS end_user_text, arg_max(nullif(v.destination, ''),
    v.version) AS destination,
  CASE WHEN count(DISTINCT nullif(v.currency,
    '')) FILTER (v.value IS NOT NULL) > 1 THEN '' ELSE max(v.currency) END AS currency,
  CASE WHEN count(DISTINCT nullif(v.currency, '')) FILTER (v.value IS NOT NULL) > 1 THEN NULL
    WHEN count(DISTINCT v.value) = 1 THEN max(v.value) ELSE sum(v.value) END AS value,
  count(DISTINCT v.value) > 1 AND count(DISTINCT nullif(v.currency, '')) FILTER (v.value IS NOT NULL) < 2 AS added
FROM engagement_version x JOIN (SELECT n,
    max(version) AS version FROM engagement_version WHERE version > 1 GROUP BY n) m
  ON m.n = x.n AND m.version = x.version
JOIN engagement_version v ON v.n = x.n AND (v.version = x.version OR v.source = x.source
    AND v.signed IS NOT DISTINCT FROM x.signed
  AND v.signed_last IS NOT DISTINCT FROM x.signed_last AND NOT v.published AND NOT x.published)
GROUP BY x.n`

// inventoryRowSQL joins them with what the newest document of each engagement says: a row for each engagement,
// capability and entry.
const inventoryRowSQL = `
CREATE OR REPLACE TABLE inventory_row AS
WITH whole AS (` + wholeSQL + `),
newest AS (SELECT v.n, coalesce(w.seller, v.seller) AS seller, coalesce(w.buyer, v.buyer) AS buyer,
    coalesce(w.end_user, v.end_user) AS end_user,
    coalesce(w.end_user_text, v.end_user_text) AS end_user_text, coalesce(w.destination,
    v.destination) AS destination, v.signed,
    CASE WHEN w.n IS NULL THEN v.value ELSE w.value END AS value,
    CASE WHEN w.n IS NULL THEN v.currency ELSE w.currency END AS currency,
    coalesce(w.added, FALSE) AS added
  FROM engagement_version v JOIN (SELECT n, max(version) AS version FROM engagement_version GROUP BY n) m ON m.n = v.n AND m.version = v.version
  LEFT JOIN whole w ON w.n = v.n)
SELECT i.capability, i.control, s.party AS seller, b.party AS buyer, e.party AS end_user,
  CASE WHEN e.party IS NULL THEN coalesce(v.end_user_text, '') ELSE '' END AS end_user_text, coalesce(v.destination, '') AS destination,
  coalesce(CAST(year(v.signed) AS VARCHAR), '') AS year, coalesce(v.currency, '') AS currency, v.value, v.added, i.unread, i.once,
  CAST(f.flags AS BIT) AS flags
FROM inventory_item i JOIN newest v ON v.n = i.n
LEFT JOIN party_map s ON s.mention = v.seller LEFT JOIN party_map b ON b.mention = v.buyer LEFT JOIN party_map e ON e.mention = v.end_user
LEFT JOIN inventory_flag f ON f.id = i.id`

const inventorySQL = `
SELECT capability, control, seller, buyer, end_user, end_user_text, destination, year, currency, CAST(sum(value) AS VARCHAR), count(*),
  count(*) - count(value), CAST(sum(unread) AS BIGINT), CAST(bit_or(flags) AS VARCHAR), count(*) FILTER (added)
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
	flags, err := r.inventoryFlags(ctx)
	if err != nil {
		return err
	}
	for _, q := range []string{inventoryItemsSQL, inventoryRowSQL} {
		if _, err := r.book.DB().ExecContext(ctx, q); err != nil {
			return fmt.Errorf("prepare inventory: %w", err)
		}
	}
	sum := &Inventory{First: []InventoryLine{}, Pivots: []InventorySum{}}
	side, ctx := errgroup.WithContext(ctx)
	side.Go(func() error { return r.inventoryLines(ctx, sum, flags) })
	side.Go(func() error { return r.pivots(ctx, sum) })
	if err := side.Wait(); err != nil {
		return err
	}
	r.sum.Inventory = sum
	return nil
}

// inventoryFlags makes the table of the flags raised on each engagement, and returns the flags in the order of its
// bits.
func (r *run) inventoryFlags(ctx context.Context) ([]string, error) {
	bit := map[string]int{}
	for k := range r.raisedOn {
		bit[k[1]] = 0
	}
	flags := slices.Sorted(maps.Keys(bit))
	for i, flag := range flags {
		bit[flag] = i
	}
	keys := slices.SortedFunc(maps.Keys(r.raisedOn), func(a, b [2]string) int { return cmp.Compare(a[0], b[0]) })
	t, err := r.book.Create(ctx, "inventory_flag", inventoryFlagRow{})
	if err != nil {
		return nil, err
	}
	for i := 0; i < len(keys); {
		bits, id := bytes.Repeat([]byte("0"), len(flags)), keys[i][0]
		for ; i < len(keys) && keys[i][0] == id; i++ {
			bits[bit[keys[i][1]]] = '1'
		}
		if err := t.Append(inventoryFlagRow{ID: id, Flags: string(bits)}); err != nil {
			return nil, err
		}
	}
	return flags, t.Close()
}

// flagsOf are the flags whose bits are set.
func flagsOf(bits string, flags []string) string {
	var set []string
	for i, b := range bits {
		if b == '1' {
			set = append(set, flags[i])
		}
	}
	return strings.Join(set, " ")
}

// inventoryBatch is how many lines are handed from the reader of the database to the writer of the files at a time.
const inventoryBatch = 1000

// An inventoryEntry is a line with the places of its parties among those of the run.
type inventoryEntry struct {
	InventoryLine
	seller, buyer, user sql.NullInt32
	userText            string
}

// inventoryLines writes the lines of the inventory while they are read.
func (r *run) inventoryLines(ctx context.Context, sum *Inventory, flags []string) error {
	w, err := r.openInventory()
	if err != nil {
		return err
	}
	batches := make(chan []inventoryEntry, 4)
	side, ctx := errgroup.WithContext(ctx)
	side.Go(func() error {
		defer close(batches)
		return r.readInventory(ctx, batches)
	})
	side.Go(func() error {
		for batch := range batches {
			for i := range batch {
				l := &batch[i]
				l.Seller, l.Buyer, l.EndUser = r.nameOf(l.seller), r.nameOf(l.buyer), cmp.Or(r.nameOf(l.user),
					l.userText)
				l.Value, l.Flags = withoutZeros(l.Value), flagsOf(l.Flags, flags)
				sum.Lines++
				sum.Added += l.Added
				if len(sum.First) < mostInventory && l.Capability != "other" {
					sum.First = append(sum.First, l.InventoryLine)
				}
				if err := w.line(l); err != nil {
					return err
				}
			}
		}
		return nil
	})
	err = side.Wait()
	sum.Edges, sum.Nodes, sum.NoEdge = w.edges, w.nodes, w.left
	return errors.Join(err, w.close())
}

// readInventory hands the lines on in batches.
func (r *run) readInventory(ctx context.Context, out chan<- []inventoryEntry) error {
	batch := make([]inventoryEntry, 0, inventoryBatch)
	send := func() error {
		select {
		case out <- batch:
			batch = make([]inventoryEntry, 0, inventoryBatch)
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	err := r.book.Each(ctx, "read inventory", inventorySQL, func(rows *sql.Rows) error {
		batch = append(batch, inventoryEntry{})
		l := &batch[len(batch)-1]
		var value, flags sql.NullString
		if err := rows.Scan(&l.Capability, &l.Control, &l.seller, &l.buyer, &l.user, &l.userText, &l.Destination,
			&l.Year,
			&l.Currency, &value, &l.Records, &l.NoValue, &l.NotRead, &flags,
			&l.Added); err != nil {
			return err
		}
		l.Value, l.Flags = value.String, flags.String
		if len(batch) == inventoryBatch {
			return send()
		}
		return nil
	})
	if err == nil && len(batch) > 0 {
		err = send()
	}
	return err
}

type inventoryFlagRow struct {
	ID    string `col:"id"`
	Flags string // a bit for each flag
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
