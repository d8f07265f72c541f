package book

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// clashSQL lists the rows of engagement ids under which neither one seller nor one buyer stands.
const clashSQL = `
SELECT e.id, e.seq, e.source, e.seller, e.buyer, e.end_user FROM engagement e JOIN (
  SELECT id FROM engagement WHERE id <> '' GROUP BY id HAVING count(*) > 1
    AND (min(seller) IS NULL OR min(seller) <> max(seller)) AND (min(buyer) IS NULL OR min(buyer) <> max(buyer))) c ON c.id = e.id
ORDER BY e.id, e.seq`

// A dealing is one row of an engagement id, and the rows that are of one dealing with it.
type dealing struct {
	seq     int64
	source  int32
	parties []int32 // mentions of seller, buyer and end user
	stated  bool    // both a seller and a buyer are named
	lead    int     // the first row of the same dealing
}

// splitEngagements gives rows of one id that have no party in common ids of their own, "7 (Mill Ltd)": two registers that
// number their contracts alike are two registers, and neither replaces rows of the other. Within one register the id is its
// key, unless seller and buyer are named in both rows. What other tables say of the bare id is of either.
func (b *Book) splitEngagements(ctx context.Context) error {
	rows := map[string][]dealing{}
	err := b.Each(ctx, "list engagement ids of several parties", clashSQL, func(r *sql.Rows) error {
		var id string
		var d dealing
		var of [3]sql.NullInt32
		if err := r.Scan(&id, &d.seq, &d.source, &of[0], &of[1], &of[2]); err != nil {
			return err
		}
		for _, m := range of {
			if m.Valid {
				d.parties = append(d.parties, m.Int32)
			}
		}
		d.stated, d.lead = of[0].Valid && of[1].Valid, len(rows[id])
		rows[id] = append(rows[id], d)
		return nil
	})
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(rows)) {
		if err := b.split(ctx, id, rows[id]); err != nil {
			return err
		}
	}
	return nil
}

func (b *Book) split(ctx context.Context, id string, rows []dealing) error {
	for i := range rows {
		for j := range i {
			if len(rows[i].parties)*len(rows[j].parties) == 0 || rows[i].lead == rows[j].lead || !b.oneDealing(&rows[i], &rows[j]) {
				continue
			}
			from, to := max(rows[i].lead, rows[j].lead), min(rows[i].lead, rows[j].lead)
			for k := range rows {
				if rows[k].lead == from {
					rows[k].lead = to
				}
			}
		}
	}
	for i := range rows { // a row of items alone goes with the row before it, of its own register where there is one
		for j := i - 1; j >= 0 && len(rows[i].parties) == 0; j-- {
			if rows[j].source == rows[i].source || j == 0 {
				rows[i].lead = rows[j].lead
				break
			}
		}
	}
	names, taken := map[int]string{}, map[string]bool{id: true}
	for i := range rows {
		if lead := rows[i].lead; names[lead] == "" {
			name := id
			if len(rows[lead].parties) > 0 {
				name = fmt.Sprintf("%s (%s)", id, b.mentions[rows[lead].parties[0]].ref.Name)
			}
			for n := 2; taken[name]; n++ {
				name = fmt.Sprintf("%s (%d)", id, n)
			}
			names[lead], taken[name] = name, true
		}
	}
	if len(names) < 2 {
		return nil
	}
	x := Respelt{Named: id, Several: true}
	for i := range rows {
		name := names[rows[i].lead]
		if _, err := b.db.ExecContext(ctx, "UPDATE engagement SET id = $2 WHERE seq = $1", rows[i].seq, name); err != nil {
			return fmt.Errorf("tell engagements %q apart: %w", id, err)
		}
		if rows[i].lead == i {
			x.IDs = append(x.IDs, name)
		}
	}
	b.clashes = append(b.clashes, x)
	return nil
}

// oneDealing reports whether two rows of one id may be of one dealing.
func (b *Book) oneDealing(x, y *dealing) bool {
	if x.source == y.source && !(x.stated && y.stated) {
		return true // a register's own key
	}
	for _, m := range x.parties {
		for _, n := range y.parties {
			if m == n || b.sameWords(m, n) {
				return true
			}
		}
	}
	return false
}

// sameWords reports whether two mentions share a number, or one's name holds every word of the other's.
func (b *Book) sameWords(m, n int32) bool {
	x, y := &b.mentions[m].ref, &b.mentions[n].ref
	for _, id := range x.Identifiers {
		if slices.Contains(y.Identifiers, id) {
			return true
		}
	}
	few, many := strings.Fields(PlainWords(x.Name)), strings.Fields(PlainWords(y.Name))
	if len(few) > len(many) {
		few, many = many, few
	}
	for _, w := range few {
		if !slices.Contains(many, w) {
			return false
		}
	}
	return len(few) > 0
}
