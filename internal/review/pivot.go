package review

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
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
SELECT capability, CAST(who AS VARCHAR), currency, CAST(sum(value) AS VARCHAR), count(*), sum(CASE WHEN flags <> '' THEN 1 ELSE 0 END),
  sum(CASE WHEN value IS NULL THEN 1 ELSE 0 END)
FROM (SELECT DISTINCT n, capability, %s AS who, currency, value, flags FROM inventory_row)
GROUP BY capability, who, currency
ORDER BY CASE capability WHEN 'other' THEN 2 WHEN 'not understood' THEN 1 ELSE 0 END, count(*) DESC, capability, who NULLS LAST, currency`

// pivots writes inventory_by.csv and keeps the first lines of interest.
func (r *run) pivots(ctx context.Context) error {
	table := [][]string{{"by", "capability", "who", "records", "records_with_flags", "records_without_value", "value",
		"currency"}}
	r.sum.Inventory.Pivots = []InventorySum{}
	for _, p := range pivots {
		first := 0
		err := r.book.Each(ctx, "sum up the inventory", fmt.Sprintf(pivotSQL, p.column), func(rows *sql.Rows) error {
			x := InventorySum{By: p.by}
			var who, value sql.NullString
			if err := rows.Scan(&x.Capability, &who, &x.Currency, &value, &x.Records, &x.Flagged, &x.NoValue); err != nil {
				return err
			}
			x.Who, x.Value = who.String, withoutZeros(value.String)
			switch p.by {
			case "buyer", "end user", "seller":
				n, err := strconv.ParseInt(who.String, 10, 32)
				x.Who = r.nameOf(sql.NullInt32{Int32: int32(n), Valid: who.Valid && err == nil})
			}
			if p.by != "capability" {
				x.Who = cmp.Or(x.Who, "not stated")
			}
			table = append(table, []string{x.By, x.Capability, x.Who, strconv.FormatInt(x.Records, 10),
				strconv.FormatInt(x.Flagged, 10),
				strconv.FormatInt(x.NoValue, 10), x.Value, x.Currency})
			if x.Capability != "other" && first < firstPivots {
				first++
				r.sum.Inventory.Pivots = append(r.sum.Inventory.Pivots, x)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return writeCSV(filepath.Join(r.dir, "inventory_by.csv"), table)
}
