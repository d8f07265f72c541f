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

// A dealing is one row of an engagement id.
type dealing struct {
	seq     int64
	source  int32
	parties []int32 // mentions of seller, buyer and end user
	stated  bool    // both a seller and a buyer are named
}

// A renaming gives one row of an engagement an id of its own.
type renaming struct {
	Row int64
	ID  string `col:"id"`
}

// splitEngagements gives rows of one id that have no party in common ids of their own, "7 (Mill Ltd)": two registers
// that number their contracts alike are two registers, and neither replaces rows of the other. Within one register the
// id is its key, unless seller and buyer are named in both rows. What other tables say of the bare id is of either.
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
		d.stated = of[0].Valid && of[1].Valid
		rows[id] = append(rows[id], d)
		return nil
	})
	if err != nil || len(rows) == 0 {
		return err
	}
	t, err := b.Create(ctx, "engagement_renamed", renaming{})
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(rows)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		ids := b.split(id, rows[id])
		for i, d := range rows[id] {
			if ids == nil {
				break
			}
			if err := t.Append(renaming{d.seq, ids[i]}); err != nil {
				return err
			}
		}
	}
	if err := t.Close(); err != nil {
		return err
	}
	for _, q := range []string{"UPDATE engagement SET id = r.id FROM engagement_renamed r WHERE r.row = seq",
		"DROP TABLE engagement_renamed"} {
		if _, err := b.db.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("tell engagements of one id apart: %w", err)
		}
	}
	return nil
}

// split returns the ids of the rows of one id, and notes the clash; nil where all are of one dealing.
func (b *Book) split(id string, rows []dealing) []string {
	lead := b.leads(rows)
	names, next := map[int]string{}, map[string]int{id: 1} // how often a name is taken
	x := Respelt{Named: id, Several: true}
	ids := make([]string, len(rows))
	for i := range rows {
		if names[lead[i]] == "" {
			name := id
			if first := rows[lead[i]]; len(first.parties) > 0 {
				name = fmt.Sprintf("%s (%s)", id, b.mentions[first.parties[0]].ref.Name)
			}
			if next[name]++; next[name] > 1 {
				name = fmt.Sprintf("%s, %d", name, next[name])
			}
			names[lead[i]] = name
			x.IDs = append(x.IDs, name)
		}
		ids[i] = names[lead[i]]
	}
	if len(x.IDs) < 2 {
		return nil
	}
	b.clashes = append(b.clashes, x)
	return ids
}

// leads returns for each row of one id the first row of the same dealing. Rows are of one where they share a party: a
// mention, a number, or a name that holds every word of the other's.
func (b *Book) leads(rows []dealing) []int {
	up := make([]int, len(rows))
	for i := range up {
		up[i] = i
	}
	find := func(i int) int {
		for up[i] != i {
			up[i] = up[up[i]]
			i = up[i]
		}
		return i
	}
	join := func(i, j int) {
		if x, y := find(i), find(j); x != y {
			up[max(x, y)] = min(x, y)
		}
	}
	seen := map[string]int{} // what tells a party → the first row that has it
	same := func(key string, row int) (known bool) {
		first, known := seen[key]
		if known {
			join(first, row)
		} else {
			seen[key] = row
		}
		return known
	}
	var names wordSets
	loose := map[int32]bool{} // registers of which a row names no seller or no buyer: their key holds for all
	for i, d := range rows {
		if len(d.parties) > 0 && !d.stated {
			loose[d.source] = true
		}
		for _, m := range d.parties {
			if same(fmt.Sprintf("mention %d", m), i) {
				continue
			}
			for _, n := range b.mentions[m].ref.Identifiers {
				same("number "+n.String(), i)
			}
			words := strings.Fields(PlainWords(b.mentions[m].ref.Name))
			slices.Sort(words)
			if words = slices.Compact(words); len(words) > 0 && !same("name "+strings.Join(words, " "), i) {
				names.add(words, i)
			}
		}
	}
	names.within(join)
	for i, d := range rows {
		if len(d.parties) > 0 && loose[d.source] {
			same(fmt.Sprintf("register %d", d.source), i)
		}
	}
	withoutParties(rows, join)
	for i := range up {
		up[i] = find(i)
	}
	return up
}

// withoutParties joins each row of items alone to the last row before it of its own register that names somebody, else
// to the first of that register, else to the first of all; where no row names anybody all are of one dealing.
func withoutParties(rows []dealing, join func(i, j int)) {
	first, all := map[int32]int{}, -1 // rows that name somebody: of each register, and of all
	for i, d := range rows {
		if len(d.parties) == 0 {
			continue
		}
		if all < 0 {
			all = i
		}
		if _, ok := first[d.source]; !ok {
			first[d.source] = i
		}
	}
	last := map[int32]int{}
	for i, d := range rows {
		if len(d.parties) > 0 {
			last[d.source] = i
			continue
		}
		if j, ok := last[d.source]; ok {
			join(i, j)
		} else if j, ok := first[d.source]; ok {
			join(i, j)
		} else {
			join(i, max(all, 0))
		}
	}
}

// A wordSets holds names as sets of words, each with a row.
type wordSets struct {
	words [][]string
	rows  []int
	with  map[string][]int // word → names
}

func (s *wordSets) add(words []string, row int) {
	if s.with == nil {
		s.with = map[string][]int{}
	}
	for _, w := range words {
		s.with[w] = append(s.with[w], len(s.words))
	}
	s.words, s.rows = append(s.words, words), append(s.rows, row)
}

// within calls join for the rows of each name and of one that has all of its words: only names with the rarest of the
// words are looked at.
func (s *wordSets) within(join func(i, j int)) {
	for i, words := range s.words {
		rarest := slices.MinFunc(words, func(v, w string) int { return len(s.with[v]) - len(s.with[w]) })
		for _, j := range s.with[rarest] {
			if j != i && len(s.words[j]) > len(words) && !slices.ContainsFunc(words, func(w string) bool {
				return !slices.Contains(s.words[j], w)
			}) {
				join(s.rows[i], s.rows[j])
			}
		}
	}
}
