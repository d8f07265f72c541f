package review

import (
	"bufio"
	"cmp"
	"context"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// An InventorySum is one line of inventory_by.csv: engagements of a capability, by one column of the inventory.
type InventorySum struct {
	By         string `json:"by"` // one of the pivots
	Capability string `json:"capability"`
	Who        string `json:"who,omitempty"` // buyer, end user, seller, destination or year
	Records    int64  `json:"records"`       // engagements, each once
	Flagged    int64  `json:"records_with_flags"`
	NoValue    int64  `json:"records_without_value"`
	Value      string `json:"value,omitempty"`
	Currency   string `json:"currency,omitempty"`
}

// pivots are the columns by which the inventory is summed up, in the order of the table.
var pivots = []struct{ by, column string }{
	{"capability", "''"}, {"buyer", "buyer"}, {"end user", "end_user"}, {"seller", "seller"},
	{"destination", "destination"}, {"year", "year"},
}

// firstPivots is how many lines of each pivot the report may show.
const firstPivots = 15

// pivotSQL sums up by %s. An engagement of several entries of one capability counts once.
const pivotSQL = `
SELECT capability, %s AS who, currency, CAST(sum(value) AS VARCHAR), count(*), count(flags), count(*) - count(value)
FROM inventory_row WHERE once GROUP BY capability, who, currency
ORDER BY CASE capability WHEN 'other' THEN 2 WHEN 'not understood' THEN 1 ELSE 0 END, count(*) DESC, capability, who NULLS LAST, currency`

// pivots writes inventory_by.csv and keeps the first lines of interest.
func (r *run) pivots(ctx context.Context, sum *Inventory) (err error) {
	f, err := os.Create(filepath.Join(r.dir, "inventory_by.csv"))
	if err != nil {
		return fmt.Errorf("write inventory_by.csv: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := csv.NewWriter(bufio.NewWriterSize(f, inventoryBuffer))
	if err := w.Write([]string{"by", "capability", "who", "records", "records_with_flags", "records_without_value",
		"value", "currency"}); err != nil {
		return fmt.Errorf("write inventory_by.csv: %w", err)
	}
	for _, p := range pivots {
		first := 0
		err := r.book.Each(ctx, "sum up the inventory", fmt.Sprintf(pivotSQL, p.column), func(rows *sql.Rows) error {
			x := InventorySum{By: p.by}
			if err := r.scanPivot(rows, &x); err != nil {
				return err
			}
			row := [...]string{x.By, x.Capability, x.Who, strconv.FormatInt(x.Records, 10),
				strconv.FormatInt(x.Flagged, 10), strconv.FormatInt(x.NoValue, 10), x.Value, x.Currency}
			for i := range row {
				row[i] = inert(row[i])
			}
			if x.Capability != "other" && first < firstPivots {
				first++
				sum.Pivots = append(sum.Pivots, x)
			}
			return w.Write(row[:])
		})
		if err != nil {
			return err
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return fmt.Errorf("write inventory_by.csv: %w", err)
	}
	return nil
}

// scanPivot reads one sum; parties are numbers in the database.
func (r *run) scanPivot(rows *sql.Rows, x *InventorySum) error {
	var value, text sql.NullString
	var who sql.NullInt32
	into := any(&text)
	switch x.By {
	case "buyer", "end user", "seller":
		into = &who
	}
	if err := rows.Scan(&x.Capability, into, &x.Currency, &value, &x.Records, &x.Flagged, &x.NoValue); err != nil {
		return err
	}
	x.Who, x.Value = cmp.Or(r.nameOf(who), text.String), withoutZeros(value.String)
	if x.By != "capability" {
		x.Who = cmp.Or(x.Who, "not stated")
	}
	return nil
}
