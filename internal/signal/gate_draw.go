package signal

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"plimsoll/internal/capability"
)

// A gateKey is the place of an approval in its file.
type gateKey struct {
	source int
	at     string
}

func (g *gate) key() gateKey { return gateKey{g.source, g.at} }

// A gateUse is how much is recorded under a licence or certificate of a party up to an engagement, this included, in
// the unit in which quantities are compared; the gap is why it is not known.
type gateUse struct {
	quantity float64
	gap      *Gap
}

// A gateDraw is one engagement under a licence or certificate of its party.
type gateDraw struct {
	id       string
	day      sql.NullTime
	shipment bool
	use      gateUse
}

// moved are the goods of an engagement, and the row that is dated last of them: the rows of deliveries that bear one
// number on several days add up, as those of any other dealing do not.
func (e *engagement) moved(now version) (items []item, last version) {
	last = e.versions[0]
	if !shipment(now.kind) {
		return now.items, last
	}
	for _, v := range e.versions {
		items = append(items, v.items...)
		if !v.signed.Valid || last.signed.Valid && v.signed.Time.After(last.signed.Time) {
			last = v
		}
	}
	return items, last
}

// amount is how much goods are in the unit of what was granted.
func (g *gate) amount(items []item, id string) (sum float64, gap *Gap) {
	granted, _ := capability.Unit(g.unit)
	for _, it := range items {
		unit, factor := capability.Unit(it.unit)
		switch {
		case !it.quantity.Valid:
			return 0, &Gap{Reason: CellEmpty, Column: "engagements.quantity", What: id, Rows: 1}
		case unit != granted:
			return 0, &Gap{Reason: UnitUnknown, Column: "approvals.unit", What: g.unit + " / " + it.unit, Rows: 1}
		}
		sum += it.quantity.Float64 * factor
	}
	return sum, nil
}

// limitedGatesSQL counts the licences and certificates of parties at large that state a quantity.
const limitedGatesSQL = `SELECT count(*) FROM approval_row WHERE engagement = '' AND quantity IS NOT NULL AND kind IN ('%s')`

// drawGates adds up what is recorded under each licence and certificate that is for a party at large and states a
// quantity: by day, orders and deliveries apart, since an order and its delivery are the same goods. After an
// engagement of which the quantity or the day is not known it is not known how much is left.
func (run *Run) drawGates(ctx context.Context) error {
	run.gateUse = nil
	var n int64
	kinds := strings.Join(slices.Concat(licenceKinds, certificateKinds), "', '")
	if err := run.db.QueryRowContext(ctx, fmt.Sprintf(limitedGatesSQL, kinds)).Scan(&n); err != nil {
		return fmt.Errorf("count limited licences and certificates: %w", err)
	}
	if n == 0 {
		return nil
	}
	draws := map[gateKey][]gateDraw{}
	err := run.engagements(ctx, func(list []engagement) error {
		for i := range list {
			run.drawGate(&list[i], draws)
		}
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	run.gateUse = make(map[gateKey]map[string]gateUse, len(draws))
	for k, all := range draws {
		slices.SortStableFunc(all, func(a, b gateDraw) int {
			return cmp.Or(a.day.Time.Compare(b.day.Time), cmp.Compare(a.id, b.id))
		})
		used := make(map[string]gateUse, len(all))
		for _, shipped := range []bool{false, true} {
			var sum gateUse
			for _, d := range all {
				if d.shipment != shipped {
					continue
				}
				sum.quantity, sum.gap = sum.quantity+d.use.quantity, cmp.Or(sum.gap, d.use.gap)
				used[d.id] = sum
			}
		}
		run.gateUse[k] = used
	}
	return nil
}

// drawGate notes what an engagement draws from the limited licences and certificates of its party.
func (run *Run) drawGate(e *engagement, draws map[gateKey][]gateDraw) {
	now := e.current()
	if !moves(now.kind) {
		return
	}
	items, at := e.moved(now)
	if !slices.ContainsFunc(items, item.regulated) {
		return
	}
	for i := range e.gates {
		g := &e.gates[i]
		if g.own || g.engagement != "" || !g.quantity.Valid || !isLicence(g.kind) && !isCertificate(g.kind) ||
			g.until.Valid && at.signed.Valid && at.signed.Time.After(g.until.Time) {
			continue
		}
		d := gateDraw{id: e.id, day: at.signed, shipment: shipment(now.kind)}
		d.use.quantity, d.use.gap = g.amount(items, e.id)
		draws[g.key()] = append(draws[g.key()], d)
	}
}

// together reports whether several licences or certificates, each of which allows less than what is recorded under it,
// allow as much in sum: all of one engagement, or all of its party.
func (run *Run) together(short []gate, e *engagement, now version) bool {
	items, _ := e.moved(now)
	sum, need, base := 0.0, 0.0, ""
	for i := range short {
		g := &short[i]
		unit, each := capability.Unit(g.unit)
		amount, gap := g.amount(items, e.id)
		if used, drawn := run.gateUse[g.key()][e.id]; drawn {
			amount, gap = used.quantity, used.gap
		}
		if gap != nil || g.own != short[0].own || i > 0 && unit != base {
			return false
		}
		base, need, sum = unit, max(need, amount), sum+g.quantity.Float64*each
	}
	return len(short) > 1 && !beyond(need, sum)
}
