package review

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Running says what still runs for parties that a decision restricted: a suspension that only stands on paper is none.
type Running struct {
	Restrictions int           `json:"restrictions"` // events of kind restriction about a party of these records
	IDs          []string      `json:"restriction_ids"`
	Parties      int           `json:"parties"`
	Counts       []RunCount    `json:"counts"`
	Lines        []RunningLine `json:"lines"` // the first; still_running.csv holds all
	All          int           `json:"all"`
	NotFound     int           `json:"restrictions_about_nobody,omitempty"` // that name nobody of these records
	NoOwners     bool          `json:"no_ownership_statements,omitempty"`   // companies below the parties are not known
}

// A RunCount is how many lines have one state.
type RunCount struct {
	State string `json:"state"`
	N     int    `json:"n"`
}

// The states of what may still run.
const (
	RunsOn     = "runs on"
	RunsNoEnd  = "no end is stated"
	RunsNoDay  = "no day is stated" // of what is done on one day: it may have been before
	RunsAfter  = "dated after the restriction"
	RunsOwned  = "owned by it"
	RunsResell = "sells to it"
)

// A RunningLine is one contract, licence, delivery, account, company or reseller of a restricted party.
type RunningLine struct {
	Restriction string `json:"restriction"` // id of the event
	Day         string `json:"restricted_on"`
	Party       string `json:"party"`
	Kind        string `json:"kind"` // contract, renewal, licence, delivery …; account, subsidiary, reseller
	ID          string `json:"id"`
	Through     string `json:"through"` // who is named, in which role
	From        string `json:"from,omitempty"`
	Until       string `json:"until,omitempty"`
	State       string `json:"state"`
	Value       string `json:"value,omitempty"`
	Currency    string `json:"currency,omitempty"`
	// 7, 30, 90 or 180 days after the restriction, from the day of the review on
	NextCheck string `json:"next_check,omitempty"`
	File      string `json:"file,omitempty"`
	At        string `json:"at,omitempty"`
}

// checkDays are the days after a measure on which somebody looks whether it holds, as cases have them.
var checkDays = []int{7, 30, 90, 180}

// mostRunning is how many lines the report may show.
const mostRunning = 500

// once are kinds of dealings that are done on a day: of those only what is dated after the restriction may still go on.
var once = map[string]bool{"sale": true, "delivery": true, "transfer": true, "re_export": true, "transit": true,
	"spare_part": true, "brokering": true}

const restrictionsSQL = `
SELECT coalesce(e.id, ''), e.day, m.party FROM (SELECT *, row_number() OVER (PARTITION BY content ORDER BY seq) AS copy FROM event) e
LEFT JOIN party_map m ON m.mention = e.about
WHERE e.copy = 1 AND e.kind = 'restriction' AND (e.day IS NULL OR e.day <= CAST($1 AS DATE)) ORDER BY e.day, e.id, e.content`

// runningSQL and runningAccountsSQL are about parties by their numbers.
const runningSQL = `
WITH newest AS (SELECT v.* FROM (SELECT *, row_number() OVER (PARTITION BY id ORDER BY signed DESC NULLS LAST, seq DESC) AS k FROM engagement) v WHERE v.k = 1),
whole AS (SELECT s.id, w.value, w.currency FROM (` + wholeSQL + `) w JOIN engagement_subject s ON s.n = w.n),
roles AS (
  SELECT n.seq, unnest([n.buyer, n.end_user, n.reseller, n.payer, n.consignee]) AS mention, unnest(['buyer', 'end user', 'reseller', 'payer', 'consignee']) AS role FROM newest n
  UNION ALL SELECT o.engagement, o.mention, o.role FROM engagement_other o JOIN newest n ON n.seq = o.engagement)
SELECT m.party, r.role, n.id, n.kind, coalesce(n.start_on, n.signed), n.end_on, n.signed,
    CAST(CASE WHEN w.id IS NULL THEN n.value ELSE w.value END AS VARCHAR), coalesce(w.currency, n.currency, ''),
  n.source, n.place, x.party
FROM roles r JOIN party_map m ON m.mention = r.mention JOIN newest n ON n.seq = r.seq LEFT JOIN party_map x ON x.mention = n.reseller
LEFT JOIN whole w ON w.id = n.id
WHERE m.party IN (%s) AND (n.end_on IS NULL OR n.end_on >= CAST($1 AS DATE)) ORDER BY n.id, r.role`

const runningAccountsSQL = `
SELECT m.party, r.role, concat_ws('/', a.account, nullif(a.sub, '')), a.since, a.until, a.source, a.place FROM (
  SELECT seq, unnest([party, end_user, reseller]) AS mention, unnest(['holder', 'end user', 'reseller']) AS role FROM account) r
JOIN party_map m ON m.mention = r.mention JOIN account a ON a.seq = r.seq
WHERE m.party IN (%s) AND (a.until IS NULL OR a.until >= CAST($1 AS DATE)) ORDER BY a.account, a.sub, r.role`

// allAccountsSQL are the accounts, with who holds them.
const allAccountsSQL = `
SELECT a.account, coalesce(a.sub, ''), coalesce(m.party, e.party), a.since, a.until, a.source, a.place FROM account a
LEFT JOIN party_map m ON m.mention = a.party LEFT JOIN party_map e ON e.mention = a.end_user ORDER BY a.account, a.sub, a.seq`

// restrictedAccounts adds the accounts that restrictions name by their number in the place of a party, and returns how
// many of the restrictions do. The party that holds such an account is not restricted by that.
func (r *run) restrictedAccounts(ctx context.Context, named map[string][]restricted, all *[]RunningLine) (int, error) {
	if len(named) == 0 {
		return 0, nil
	}
	found := map[int32]bool{}
	err := r.book.Each(ctx, "read restricted accounts", allAccountsSQL, func(rows *sql.Rows) error {
		var account, sub, at string
		var holder sql.NullInt32
		var from, until sql.NullTime
		var source int
		if err := rows.Scan(&account, &sub, &holder, &from, &until, &source, &at); err != nil {
			return err
		}
		id := account
		if sub != "" {
			id += "/" + sub
		}
		about := named[account]
		if sub != "" {
			about = append(about[:len(about):len(about)], named[id]...)
		}
		for _, x := range about {
			found[x.party] = true
			if until.Valid && dayOf(until) < r.o.AsOf.Format(time.DateOnly) {
				continue
			}
			state := RunsOn
			if !until.Valid {
				state = RunsNoEnd
			}
			l := r.runningLine(x, "account", id, through("holder", r.nameOf(holder)), state)
			l.Party = "account " + x.name
			l.From, l.Until, l.File, l.At = dayOf(from), dayOf(until), r.files[source].Name, at
			*all = append(*all, l)
		}
		return nil
	})
	return len(found), err
}

// accountIDs are the numbers of an account that a restriction may mean which names nobody of these records.
func (r *run) accountIDs(who sql.NullInt32) (ids []string) {
	if !who.Valid || int(who.Int32) >= len(r.res.Parties) {
		return nil
	}
	p := &r.res.Parties[who.Int32]
	ids = append(ids, p.Name)
	for _, x := range p.Identifiers {
		ids = append(ids, x.ID)
	}
	for i, id := range ids {
		for _, prefix := range []string{"account/", "account:", "account "} {
			if strings.HasPrefix(strings.ToLower(id), prefix) {
				ids[i] = strings.TrimSpace(id[len(prefix):])
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// dealtSQL are the parties that records name outside events.
const dealtSQL = `
SELECT DISTINCT m.party FROM (
  SELECT unnest([seller, buyer, end_user, reseller, payer, consignee]) AS mention FROM engagement UNION ALL SELECT mention FROM engagement_other
  UNION ALL SELECT unnest([party, end_user, reseller]) FROM account UNION ALL SELECT issuer FROM holding) e JOIN party_map m ON m.mention = e.mention`

// restrictedParty gives the party of these records that a restriction is about: the one that it names, or the one whose
// number in reviews ("p-…") it has, as the server writes its restrictions. A party that no other record names is none
// of these records: what runs for it is then not known.
func (r *run) restrictedParty(ctx context.Context) (func(sql.NullInt32) (int32, bool), error) {
	dealt := map[int32]bool{}
	err := r.book.Each(ctx, "read who is dealt with", dealtSQL, func(rows *sql.Rows) error {
		var p int32
		if err := rows.Scan(&p); err != nil {
			return err
		}
		dealt[p] = true
		return nil
	})
	for _, e := range r.edges {
		for _, m := range []int32{e.owner, e.owned} {
			if m >= 0 {
				dealt[r.res.ByMention[m]] = true
			}
		}
	}
	numbered := make(map[string]int32, len(dealt))
	for p := range dealt {
		if p >= 0 && int(p) < len(r.res.Parties) {
			numbered[string(r.res.Parties[p].ID)] = p
		}
	}
	return func(who sql.NullInt32) (int32, bool) {
		if !who.Valid || dealt[who.Int32] {
			return who.Int32, who.Valid
		}
		p, found := numbered[r.res.Parties[who.Int32].Name]
		return p, found
	}, err
}

// A restricted is one restriction with whom it reaches.
type restricted struct {
	id, day string
	party   int32
	name    string // of another party that it reaches, and how; by party
}

// running lists, where the records hold restrictions, what still runs for the restricted parties and those below them.
func (r *run) running(ctx context.Context) error {
	if r.book.Rows("events") == 0 {
		return nil
	}
	out := &Running{Lines: []RunningLine{}, Counts: []RunCount{}, IDs: []string{}}
	reach := map[int32][]restricted{} // by the party that is reached
	day := r.o.AsOf.Format(time.DateOnly)
	below := r.companiesBelow()
	var all []RunningLine
	parties := map[int32]bool{}
	accounts := map[string][]restricted{} // restrictions that name nobody of these records, by what they name
	tie, err := r.restrictedParty(ctx)
	if err != nil {
		return err
	}
	err = r.book.Each(ctx, "read restrictions", restrictionsSQL, func(rows *sql.Rows) error {
		var x restricted
		var on sql.NullTime
		var who sql.NullInt32
		if err := rows.Scan(&x.id, &on, &who); err != nil {
			return err
		}
		out.Restrictions++
		if x.id != "" && !slices.Contains(out.IDs, x.id) {
			out.IDs = append(out.IDs, x.id)
		}
		p, found := tie(who)
		if !found {
			out.NotFound++
			x.day, x.party = dayOf(on), int32(out.Restrictions) // which of them, not whose
			for _, id := range r.accountIDs(who) {
				x.name = id
				accounts[id] = append(accounts[id], x)
			}
			return nil
		}
		x.party, x.day = p, dayOf(on)
		parties[x.party] = true
		reach[x.party] = append(reach[x.party], x)
		for _, p := range below(x.party) {
			y := x
			y.name = r.nameOf(sql.NullInt32{Int32: p, Valid: true})
			reach[p] = append(reach[p], y)
			all = append(all, r.runningLine(x, "subsidiary", string(r.res.Parties[p].ID), y.name, RunsOwned))
		}
		return nil
	}, day)
	if err != nil || out.Restrictions == 0 {
		return err
	}
	byAccount, err := r.restrictedAccounts(ctx, accounts, &all)
	if err != nil {
		return err
	}
	out.NotFound -= byAccount
	reached := "-1"
	for _, p := range slices.Sorted(maps.Keys(reach)) {
		reached += fmt.Sprintf(", %d", p)
	}
	resellers := map[[2]string]bool{}
	err = r.book.Each(ctx, "read what still runs", fmt.Sprintf(runningSQL, reached), func(rows *sql.Rows) error {
		var p int32
		var role, id, kind, currency, at string
		var from, until, signed sql.NullTime
		var value sql.NullString
		var source int
		var reseller sql.NullInt32
		if err := rows.Scan(&p, &role, &id, &kind, &from, &until, &signed, &value, &currency, &source, &at, &reseller); err != nil {
			return err
		}
		for _, x := range reach[p] {
			state := RunsOn
			switch {
			case once[kind] && !signed.Valid && !until.Valid:
				state = RunsNoDay
			case once[kind] && dayOf(signed) < x.day && !until.Valid:
				continue // done before
			case signed.Valid && x.day != "" && dayOf(signed) >= x.day:
				state = RunsAfter
			case !until.Valid:
				state = RunsNoEnd
			}
			l := r.runningLine(x, kind, id, through(role, x.name), state)
			l.From, l.Until, l.Value, l.Currency, l.File, l.At = dayOf(from), dayOf(until), withoutZeros(value.String),
				currency, r.files[source].Name, at
			all = append(all, l)
			if name := r.nameOf(reseller); reseller.Valid && reseller.Int32 != p && !resellers[[2]string{x.id, name}] {
				resellers[[2]string{x.id, name}] = true
				l := r.runningLine(x, "reseller", r.idOf(reseller), name, RunsResell)
				l.File, l.At = r.files[source].Name, at
				all = append(all, l)
			}
		}
		return nil
	}, day)
	if err != nil {
		return err
	}
	err = r.book.Each(ctx, "read accounts that still run", fmt.Sprintf(runningAccountsSQL, reached),
		func(rows *sql.Rows) error {
			var p int32
			var role, id, at string
			var from, until sql.NullTime
			var source int
			if err := rows.Scan(&p, &role, &id, &from, &until, &source, &at); err != nil {
				return err
			}
			for _, x := range reach[p] {
				state := RunsOn
				if !until.Valid {
					state = RunsNoEnd
				}
				l := r.runningLine(x, "account", id, through(role, x.name), state)
				l.From, l.Until, l.File, l.At = dayOf(from), dayOf(until), r.files[source].Name, at
				all = append(all, l)
			}
			return nil
		}, day)
	if err != nil {
		return err
	}
	out.Parties, out.NoOwners = len(parties), len(r.edges) == 0
	return r.putRunning(out, all)
}

// runningLine is a line about a restriction.
func (r *run) runningLine(x restricted, kind, id, through, state string) RunningLine {
	l := RunningLine{Restriction: x.id, Day: x.day, Party: r.nameOf(sql.NullInt32{Int32: x.party, Valid: true}),
		Kind: kind, ID: id, Through: through, State: state}
	if on, err := time.Parse(time.DateOnly, x.day); err == nil {
		for _, d := range checkDays {
			if check := on.AddDate(0, 0, d); !check.Before(r.o.AsOf) {
				l.NextCheck = check.Format(time.DateOnly)
				break
			}
		}
	}
	return l
}

func through(role, name string) string {
	role = strings.ReplaceAll(role, "_", " ")
	if name == "" {
		return role
	}
	return role + ": " + name
}

func dayOf(t sql.NullTime) string {
	if !t.Valid {
		return ""
	}
	return t.Time.Format(time.DateOnly)
}

// companiesBelow gives the companies that a party owns to half or more, or controls, on the day of the review, at any
// height.
func (r *run) companiesBelow() func(int32) []int32 {
	owned := map[int32][]int32{}
	day := r.o.AsOf.Format(time.DateOnly)
	for _, e := range r.edges {
		if e.owner < 0 || e.owned < 0 || e.edge.Max < 0.5 && !e.edge.Control {
			continue
		}
		if until := e.until.DayString(); until != "" && until < day {
			continue
		}
		owner, company := r.res.ByMention[e.owner], r.res.ByMention[e.owned]
		if owner != company && !slices.Contains(owned[owner], company) {
			owned[owner] = append(owned[owner], company)
		}
	}
	return func(p int32) []int32 {
		seen, queue := map[int32]bool{p: true}, []int32{p}
		var out []int32
		for len(queue) > 0 && len(out) < mostAbove {
			at := queue[0]
			queue = queue[1:]
			for _, c := range owned[at] {
				if !seen[c] {
					seen[c] = true
					out, queue = append(out, c), append(queue, c)
				}
			}
		}
		return out
	}
}

// putRunning writes still_running.csv and fills the summary.
func (r *run) putRunning(out *Running, all []RunningLine) error {
	slices.SortStableFunc(all, func(a, b RunningLine) int {
		return cmp.Or(cmp.Compare(a.Party, b.Party), cmp.Compare(a.Day, b.Day), cmp.Compare(a.Restriction,
			b.Restriction), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
	})
	all = slices.Compact(all)
	table := [][]string{{"restriction", "restricted_on", "party", "kind", "id", "through", "from", "until", "state",
		"value", "currency", "next_check", "file", "at"}}
	counts := map[string]int{}
	for _, l := range all {
		counts[l.State]++
		table = append(table, []string{l.Restriction, l.Day, l.Party, l.Kind, l.ID, l.Through, l.From, l.Until, l.State,
			l.Value, l.Currency, l.NextCheck, l.File, l.At})
	}
	for _, s := range []string{RunsAfter, RunsOn, RunsNoEnd, RunsNoDay, RunsOwned, RunsResell} {
		if counts[s] > 0 {
			out.Counts = append(out.Counts, RunCount{s, counts[s]})
		}
	}
	out.All, out.Lines = len(all), append(out.Lines, all[:min(len(all), mostRunning)]...)
	r.sum.Running = out
	if err := writeCSV(filepath.Join(r.dir, "still_running.csv"), table); err != nil {
		return fmt.Errorf("write still_running.csv: %w", err)
	}
	return nil
}
