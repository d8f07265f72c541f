package signal

import (
	"context"
	"errors"
	"fmt"
)

// someSQL are the rows of the records that bear on the parties asked about, in a room of their own. What holds
// for the whole run is taken from the run that it is based on, whose tables stand in the book itself (main).
var someSQL = []query{
	{"asked_party", "SELECT party FROM (VALUES %s) v(party)"},

	// Engagements in which they buy, use or resell, and those from which they are known to sell. An engagement
	// without a kind may be a licence, and what is drawn from a licence depends on whatever else is drawn from it.
	{"engagement", `
SELECT * FROM main.engagement WHERE id IN (
  WITH licensed AS (SELECT m.party FROM main.engagement e JOIN party_map m ON m.mention = e.buyer WHERE e.kind = 'licence'
    UNION SELECT m.party FROM main.engagement e JOIN party_map m ON m.mention = e.end_user WHERE e.kind = 'licence'),
  near AS (SELECT mention FROM party_map WHERE party IN (SELECT party FROM asked_party UNION SELECT party FROM licensed)),
  was AS (SELECT b.party FROM main.party_map b JOIN party_map m ON m.mention = b.mention JOIN asked_party a ON a.party = m.party)
  SELECT id FROM main.engagement WHERE buyer IN (SELECT mention FROM near) OR end_user IN (SELECT mention FROM near)
    OR reseller IN (SELECT mention FROM near) OR coalesce(kind, '') IN ('', 'licence')
  UNION SELECT id FROM main.seller_engagement WHERE party IN (SELECT party FROM was))`},
	{"amendment", "SELECT * FROM main.amendment WHERE engagement IN (SELECT id FROM engagement)"},
	{"clause", "SELECT * FROM main.clause WHERE engagement IN (SELECT id FROM engagement)"},
}

// someUsageSQL are the bills of accounts that the parties asked about hold, use or resell.
const someUsageSQL = `
SELECT u.* FROM main.usage u
LEFT JOIN main.account_tie t ON t.account = coalesce(u.account, '') AND t.sub = coalesce(u.sub_account, '')
WHERE coalesce(t.to_account, u.account, '') IN (
  WITH near AS (SELECT mention FROM party_map WHERE party IN (SELECT party FROM asked_party))
  SELECT account FROM main.account WHERE party IN (SELECT mention FROM near) OR end_user IN (SELECT mention FROM near)
    OR reseller IN (SELECT mention FROM near))`

// restrictedSQL counts the parties asked about that were restricted: what they used may be back in any account.
const restrictedSQL = `
SELECT count(*) FROM event e JOIN party_map m ON m.mention = e.about JOIN asked_party a ON a.party = m.party
WHERE e.kind = 'restriction'`

// some prepares the tables for the parties asked about, as [New] does for all.
func (run *Run) some(ctx context.Context) (err error) {
	base := run.in.Base
	if run.book.Room, err = run.book.OpenRoom(ctx, run.in.Room); err != nil {
		return err
	}
	run.db = run.book.DB()
	run.services, run.after, run.segments, run.tied = base.services, base.after, base.segments, base.tied
	run.certificates, run.limited, run.unsure = base.certificates, base.limited, base.unsure
	run.orphans, run.firstOrphan, run.tornRows = base.orphans, base.firstOrphan, base.tornRows
	run.tear()
	for p := range run.in.Classes {
		if !run.in.Only[int32(p)] { // what accounts tell of others is told by accounts that may not be read here
			run.in.Classes[p] = base.in.Classes[p]
		}
	}
	run.prepareDemands()
	run.preparePlaces()
	for _, steps := range [][]func(context.Context) error{
		{run.placeParties}, {run.readSome}, {run.prepareEngagements, run.prepareAccounts},
		{run.prepareHolders, run.pass}, {run.drawDown}, {run.drawGates},
	} {
		if err := run.Beside(ctx, steps); err != nil {
			return errors.Join(err, run.Close())
		}
	}
	u := base.usage // which columns and months there are bills of
	u.regions = run.usage.regions
	run.usage = u
	run.tellColumns()
	return nil
}

// based reports whether a run is about some parties of another: what holds for all is taken from that one.
func (run *Run) based() bool { return run.in.Base != nil }

// readSome makes the tables of someSQL.
func (run *Run) readSome(ctx context.Context) error {
	asked := numbers(run.in.Only, "(%d)")
	for i, q := range someSQL {
		if i == 0 {
			q.text = fmt.Sprintf(q.text, asked)
		}
		if err := run.book.Derive(ctx, q.name, q.text); err != nil {
			return err
		}
	}
	var restricted int64
	if err := run.db.QueryRowContext(ctx, restrictedSQL).Scan(&restricted); err != nil {
		return fmt.Errorf("find restricted parties: %w", err)
	}
	if run.in.Base.away() {
		return run.bringSome(ctx, restricted > 0)
	}
	if restricted > 0 {
		return nil
	}
	return run.book.Derive(ctx, "usage", someUsageSQL)
}

// Close lets go of the tables of a run about some parties. The book and its run stay.
func (run *Run) Close() error {
	if run.book.Room == run.book.Book.Room {
		return nil
	}
	return run.book.Room.Close()
}
