package signal

import (
	"cmp"
	"context"
	"database/sql"
	"maps"
	"slices"

	"plimsoll/internal/capability"
)

// An allowance is how much a licence allows of goods that it names in one way, and what is recorded under it. Orders
// and deliveries are counted apart: an order and its delivery are the same goods.
type allowance struct {
	items    []item
	quantity float64
	unit     string // of the quantity, see [capability.Unit]; "" when no limit is stated
	unclear  *Gap   // why the limit is not known
	used     [2]float64
	open     [2]*Gap // why it is not known how much is used
}

func (a *allowance) unlimited() bool { return a.unit == "" && a.unclear == nil }

// left is how much of the allowance is not used yet by orders (0) or deliveries (1).
func (a *allowance) left(kind int) float64 { return max(0, a.quantity-a.used[kind]) }

// alike parts the items of a licence into groups: items that name the same goods stand together.
func alike(items []item) (groups [][]item) {
	for _, it := range items {
		at := -1
		for i := 0; i < len(groups); i++ {
			if !slices.ContainsFunc(groups[i], func(x item) bool { return sameGoods(it, x) }) {
				continue
			}
			if at < 0 {
				at = i
				continue
			}
			groups[at] = append(groups[at], groups[i]...)
			groups = slices.Delete(groups, i, i+1)
			i--
		}
		if at < 0 {
			groups = append(groups, []item{it})
			continue
		}
		groups[at] = append(groups[at], it)
	}
	return groups
}

// sameGoods reports whether two items of a licence name the same goods.
func sameGoods(a, b item) bool {
	same, _ := a.matches(b)
	back, _ := b.matches(a)
	return same || back
}

// newAllowance adds up what a licence allows of a group of items. An item without a quantity beside one with it leaves
// the limit unknown.
func newAllowance(id string, items []item, unsaid func(column string) *Gap) allowance {
	a := allowance{items: items}
	without := false
	for _, it := range items {
		switch unit, factor := capability.Unit(it.unit); {
		case !it.quantity.Valid:
			without = true
		case a.unit != "" && a.unit != unit:
			a.unclear = &Gap{Reason: UnitUnknown, Column: "engagements.unit", What: id, Unit: it.unit, Rows: 1}
		default:
			a.unit, a.quantity = unit, a.quantity+it.quantity.Float64*factor
		}
	}
	switch {
	case a.unclear != nil:
	case a.unit == "":
		a.unclear = unsaid("engagements.quantity")
	case without, a.quantity <= 0: // nobody is licensed to move nothing
		a.unclear = &Gap{Reason: CellEmpty, Column: "engagements.quantity", What: id, Rows: 1}
	}
	return a
}

// A drawing is an item of an engagement that licences may cover, as far as their quantities suffice.
type drawing struct {
	id    string
	day   sql.NullTime
	kind  int // 0 of an order, 1 of a delivery
	under []slot
}

// A slot is an allowance under which an item is.
type slot struct {
	licence, allowance int
	quantity           float64 // in the unit of the allowance
	gap                *Gap    // why it is not known whether it is, or how much
}

// drawDown ties engagements to the licence records that cover them, adds up what is drawn, and keeps
// what that says of each engagement.
func (run *Run) drawDown(ctx context.Context) error {
	if len(run.licences) == 0 {
		return nil
	}
	run.covered = map[string]coverage{}
	of := map[int32][]int{} // licences by party
	for i := range run.licences {
		l := &run.licences[i]
		of[l.buyer] = append(of[l.buyer], i)
		if l.endUser != l.buyer {
			of[l.endUser] = append(of[l.endUser], i)
		}
	}
	licensed := map[int32]bool{}
	for p := range of {
		licensed[p] = true
		for _, q := range run.in.Possible[p] {
			licensed[q] = true
		}
	}
	err := run.someEngagements(ctx, engagementsOf(licensed), func(batch []engagement, _ func(int64) bool) error {
		for i := range batch {
			run.draw(&batch[i], of)
		}
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	run.allot()
	return nil
}

// draw ties an engagement to the licences of its parties.
func (run *Run) draw(e *engagement, of map[int32][]int) {
	now := e.current()
	if !moves(now.kind) || !slices.ContainsFunc(now.items, item.regulated) {
		return
	}
	candidates := slices.Concat(of[now.buyer], of[now.endUser])
	for _, q := range slices.Concat(run.in.Possible[now.buyer], run.in.Possible[now.endUser]) {
		candidates = append(candidates, of[q]...)
	}
	slices.Sort(candidates)
	under := map[int]coverage{}
	for _, i := range slices.Compact(candidates) {
		c, related := run.under(&run.licences[i], e, now)
		if !related {
			continue
		}
		if c.state == Covers || c.gap != nil {
			under[i] = c
		}
		run.cover(e.id, c)
	}
	if len(under) == 0 {
		return
	}
	kind := 0
	if shipment(now.kind) {
		kind = 1
	}
	items, _ := e.moved(now)
	for _, it := range items {
		if !it.regulated() {
			continue
		}
		d := drawing{id: e.id, day: e.versions[0].signed, kind: kind}
		for i, c := range under {
			d.under = append(d.under, run.licences[i].slots(i, e.id, it, c.gap)...)
		}
		run.drawings = append(run.drawings, d)
	}
}

// slots are the allowances of a licence under which an item is, or may be where it is under none.
func (l *licenceRecord) slots(at int, id string, it item, gap *Gap) []slot {
	var is, may []slot
	for j := range l.allows {
		a := &l.allows[j]
		matched, open := false, false
		for _, x := range a.items {
			same, known := it.matches(x)
			matched, open = matched || same, open || !known
		}
		if !matched && !open {
			continue
		}
		s := slot{licence: at, allowance: j, gap: gap}
		switch unit, factor := capability.Unit(it.unit); {
		case s.gap != nil:
		case !matched:
			s.gap = &Gap{Reason: WordUnknown, Column: "engagements.item_code", What: it.label() + " under " + l.id,
				Rows: 1}
		case a.unlimited():
		case !it.quantity.Valid:
			s.gap = &Gap{Reason: CellEmpty, Column: "engagements.quantity", What: id, Rows: 1}
		case a.unit != "" && unit != a.unit:
			s.gap = &Gap{Reason: UnitUnknown, Column: "engagements.unit", What: a.unit + " / " + it.unit, Unit: it.unit,
				Amount: it.quantity.Float64, Rows: 1}
		default:
			s.quantity = it.quantity.Float64 * factor
		}
		if matched {
			is = append(is, s)
		} else {
			may = append(may, s)
		}
	}
	if len(is) > 0 {
		return is
	}
	return may
}

// cover keeps the better of two answers about an engagement.
func (run *Run) cover(id string, c coverage) {
	old, ok := run.covered[id]
	if !ok || slices.Index(faultOrder, c.state) < slices.Index(faultOrder, old.state) {
		run.covered[id] = c
	}
}

// allot takes the drawings in the order of their days: each from the licences that cover it, the one that ends first
// before the others. What comes after their quantities are used up is not covered, and after a drawing of unknown size
// it is not known whether it is.
func (run *Run) allot() {
	slices.SortStableFunc(run.drawings, func(a, b drawing) int {
		return cmp.Or(a.day.Time.Compare(b.day.Time), cmp.Compare(a.id, b.id))
	})
	worst := map[string]coverage{}
	for i := range run.drawings {
		d := &run.drawings[i]
		slices.SortFunc(d.under, func(a, b slot) int {
			x, y := &run.licences[a.licence], &run.licences[b.licence]
			return cmp.Or(never(x.to, y.to), x.to.Time.Compare(y.to.Time), cmp.Compare(x.id, y.id),
				cmp.Compare(a.allowance, b.allowance))
		})
		if c := run.take(d); (c.state == Exceeded || c.gap != nil) && worst[d.id].state != Exceeded {
			worst[d.id] = c
		}
	}
	maps.Copy(run.covered, worst)
	run.drawings = nil
}

// never orders a licence without an end after one with it.
func never(a, b sql.NullTime) int {
	switch {
	case a.Valid == b.Valid:
		return 0
	case a.Valid:
		return -1
	}
	return 1
}

// take draws one item, and says whether it is covered: the zero coverage where it is.
func (run *Run) take(d *drawing) coverage {
	var open *Gap // why it is not known
	var sure []slot
	room, need := 0.0, 0.0
	for _, s := range d.under {
		a := &run.licences[s.licence].allows[s.allowance]
		switch {
		case s.gap == nil && a.unlimited():
			return coverage{}
		case s.gap == nil && a.unclear == nil:
			sure, room, need = append(sure, s), room+a.left(d.kind), s.quantity
		}
		gap := cmp.Or(s.gap, a.unclear)
		open = cmp.Or(open, gap)
		if a.open[d.kind] == nil {
			a.open[d.kind] = gap
		}
	}
	over := beyond(need, room)
	for i, s := range sure {
		a := &run.licences[s.licence].allows[s.allowance]
		part := min(need, a.left(d.kind))
		if over && open == nil && i == len(sure)-1 {
			part = need // what is too much stands on the last
		}
		a.used[d.kind] += part
		need -= part
		if part > 0 && !over {
			open = cmp.Or(open, a.open[d.kind])
		}
	}
	switch {
	case len(sure) > 0 && over && open == nil:
		return coverage{state: Exceeded}
	case len(sure) > 0 && !over && open == nil, len(d.under) == 0:
		return coverage{}
	}
	return coverage{gap: open}
}

// drawn returns what is recorded under a licence over what it allows, the larger of orders and deliveries, of the goods
// of which the most is; the gap says that it may be more.
func (l *licenceRecord) drawn() (ratio, quantity float64, gaps []Gap) {
	limited := false
	for i := range l.allows {
		a := &l.allows[i]
		limited = limited || !a.unlimited()
		for _, gap := range []*Gap{a.unclear, a.open[0], a.open[1]} {
			if gap != nil {
				gaps = append(gaps, *gap)
			}
		}
		used := max(a.used[0], a.used[1])
		if a.quantity <= 0 || a.unclear != nil {
			continue
		}
		share := used / a.quantity
		if !beyond(used, a.quantity) {
			share = min(share, 1)
		}
		if share > ratio || quantity == 0 {
			ratio, quantity = max(ratio, share), used
		}
	}
	if !limited {
		gaps = []Gap{{Reason: CellEmpty, Column: "engagements.quantity", What: l.id, Rows: 1}}
	}
	return ratio, quantity, joinGaps(gaps)
}

// beyond reports whether a sum is more than a limit, the rounding of units that were turned into others apart.
func beyond(sum, limit float64) bool { return sum > limit*(1+1e-9) }
