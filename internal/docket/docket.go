// Package docket keeps the demands that a server follows: how each of the newest review that holds any stands today,
// the answers that people record, and every change of a status with the day on which it was known.
//
// Invariants: an answer is never changed or removed, only taken back by another one; every change of a status is an
// event, and so a leaf of the ledger, so that what was known to be due on a day can be shown later; a program answers
// nothing; that a day has passed is no finding about anyone.
package docket

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/obligation"
	"plimsoll/internal/record"
	"plimsoll/internal/review"
)

// Answerers are the roles that record what was done about a demand.
var Answerers = []casefile.Role{casefile.Investigator, casefile.Reviewer, casefile.Counsel}

// ErrNotFound says that the newest review holds no such demand.
var ErrNotFound = errors.New("no demand of the newest review has this id")

// Gone is the status of a demand that was followed and is not in the newest review.
const Gone obligation.Status = "no longer on file"

// A Docket may be used from many goroutines, and from several programs on one database.
type Docket struct {
	DB    casefile.Database
	Cases *casefile.Desk
	Now   func() time.Time
}

// New returns a docket beside the desk of the cases.
func New(cases *casefile.Desk) *Docket { return &Docket{DB: cases.DB, Cases: cases, Now: cases.Now} }

// An Answer is what somebody recorded about a demand.
type Answer struct {
	ID        string           `json:"id"` // "A-0001"
	Demand    string           `json:"demand_id"`
	By        string           `json:"by"` // whoever acted
	Acted     obligation.Acted `json:"acted"`
	Text      string           `json:"text"`
	Date      string           `json:"date"` // on which it was done: YYYY-MM-DD
	Publisher string           `json:"publisher"`
	Source    string           `json:"source"` // where it can be read, or the original that proves it
	Grade     string           `json:"grade"`
	Case      casefile.ID      `json:"case,omitempty"`
	Takes     string           `json:"takes_back,omitempty"` // an answer that no longer counts
	Reason    string           `json:"reason,omitempty"`     // why it is taken back
	Recorded  time.Time        `json:"recorded"`
	Actor     string           `json:"actor"`
	Withdrawn bool             `json:"withdrawn,omitempty"`
}

// A Change is a status that a demand came to have.
type Change struct {
	At     time.Time         `json:"at"`
	Day    string            `json:"day"` // as of which it was reckoned
	Status obligation.Status `json:"status"`
	Due    string            `json:"due"`
	Words  string            `json:"words"`
	Run    string            `json:"run"`
	Event  int64             `json:"event"` // its event, which a leaf of the ledger pins
}

// A Demand is one of the newest review as it stands today.
type Demand struct {
	review.DemandLine
	Recorded []Answer         `json:"recorded"` // with who recorded it; those of the tables are in the line
	History  []Change         `json:"history"`
	Touched  []review.Touched `json:"touched"`
	Run      string           `json:"run"`
	AsOf     string           `json:"as_of"` // of the review
}

// Open reports whether the demand waits for something to be done about it.
func (d Demand) Open() bool {
	return d.Concerns > 0 && (d.Status == obligation.Overdue || d.Status == obligation.DueSoon)
}

type newest struct {
	run, asOf string
	demands   *review.Demands
}

// readNewest reads the newest review that holds demands: a later one of other records takes none of them away.
func readNewest(ctx context.Context, tx *sql.Tx) (n newest, err error) {
	rows, err := tx.QueryContext(ctx,
		`SELECT id, as_of, summary FROM run WHERE summary LIKE '%"demands"%' ORDER BY seq DESC`)
	if err != nil {
		return n, fmt.Errorf("read newest review: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var summary string
		if err := rows.Scan(&n.run, &n.asOf, &summary); err != nil {
			return n, fmt.Errorf("read newest review: %w", err)
		}
		var x struct {
			Demands *review.Demands `json:"demands"`
		}
		if err := json.Unmarshal([]byte(summary), &x); err != nil {
			return n, fmt.Errorf("read review %s: %w", n.run, err)
		}
		if x.Demands != nil {
			n.demands = x.Demands
			return n, nil
		}
	}
	return newest{}, rows.Err()
}

// In lists the demands as a transaction sees them on a day, in the order of their statuses, then by day.
func In(ctx context.Context, tx *sql.Tx, today time.Time) ([]Demand, error) {
	n, err := readNewest(ctx, tx)
	if err != nil || n.demands == nil {
		return nil, err
	}
	answers, err := readAnswers(ctx, tx)
	if err != nil {
		return nil, err
	}
	history, err := readChanges(ctx, tx)
	if err != nil {
		return nil, err
	}
	touched := map[string][]review.Touched{}
	for _, t := range n.demands.Lines {
		touched[t.Demand] = append(touched[t.Demand], t)
	}
	day := today.UTC().Truncate(24 * time.Hour)
	if asOf, err := time.Parse(time.DateOnly, n.asOf); err == nil && asOf.After(day) {
		day = asOf // a review of a day that lies ahead
	}
	out := make([]Demand, 0, len(n.demands.Standing))
	for _, l := range n.demands.Standing {
		d := Demand{DemandLine: l, Recorded: answers[l.Demand], History: history[l.Demand], Touched: touched[l.Demand],
			Run: n.run, AsOf: n.asOf}
		var more []obligation.Answer
		for _, a := range d.Recorded {
			if !a.Withdrawn && a.Takes == "" {
				more = append(more, a.obligation())
			}
		}
		if d.Line, err = l.On(day, more...); err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	slices.SortStableFunc(out, func(a, b Demand) int {
		if n := slices.Index(obligation.Statuses, a.Status) - slices.Index(obligation.Statuses, b.Status); n != 0 {
			return n
		}
		return strings.Compare(a.Due+a.Line.Demand, b.Due+b.Line.Demand)
	})
	return out, nil
}

// obligation is the answer as the register counts it.
func (a Answer) obligation() obligation.Answer {
	o := obligation.Answer{ID: a.ID, Demand: a.Demand, By: a.By, Text: a.Text, Acted: a.Acted, Publisher: a.Publisher,
		Source: a.Source, Grade: a.Grade}
	if t, err := time.Parse(time.DateOnly, a.Date); err == nil {
		o.Date = record.Date{Time: t, Prec: record.Day}
	}
	return o
}

// List lists the demands as they stand today.
func (d *Docket) List(ctx context.Context) (out []Demand, err error) {
	err = d.DB.Read(ctx, func(tx *sql.Tx) error { out, err = In(ctx, tx, d.Now()); return err })
	return out, err
}

// Get reads one demand.
func (d *Docket) Get(ctx context.Context, id string) (Demand, error) {
	list, err := d.List(ctx)
	if err != nil {
		return Demand{}, err
	}
	for _, x := range list {
		if x.Line.Demand == id {
			return x, nil
		}
	}
	return Demand{}, ErrNotFound
}

// Of lists the demands that concern engagements of a party, certain or perhaps.
func (d *Docket) Of(ctx context.Context, party string) ([]Demand, error) {
	list, err := d.List(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(x Demand) bool {
		return !slices.ContainsFunc(x.Touched, func(t review.Touched) bool { return t.Party == party })
	}), nil
}

// may says why an actor may not record an answer.
func may(by casefile.Actor) error {
	switch {
	case by.Program:
		return casefile.ErrProgram
	case !by.Has(Answerers...):
		return casefile.ErrForbidden
	}
	return nil
}

// Answer records what was done about a demand, or takes an answer back with a reason. The status is reckoned again at
// once.
func (d *Docket) Answer(ctx context.Context, by casefile.Actor, a Answer) (string, error) {
	if err := may(by); err != nil {
		return "", err
	}
	now := d.Now().UTC()
	if err := a.lacks(now); err != nil {
		return "", err
	}
	print, err := casefile.Fingerprint("answer demand", "", a)
	if err != nil {
		return "", err
	}
	a.Recorded, a.Actor = now.Truncate(time.Microsecond), by.ID
	var made string
	err = d.DB.Write(ctx, func(tx *sql.Tx) error {
		seen, repeated, err := casefile.Repeated(ctx, tx, by, "answer demand", print, a.Recorded)
		if err != nil || repeated {
			made = seen
			return err
		}
		list, err := In(ctx, tx, now)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(x Demand) bool { return x.Line.Demand == a.Demand })
		if i < 0 {
			return ErrNotFound
		}
		if a.Takes != "" && !slices.ContainsFunc(list[i].Recorded, func(x Answer) bool {
			return x.ID == a.Takes &&
				!x.Withdrawn && x.Takes == ""
		}) {
			return &casefile.Lacking{Move: "Taking an answer back", Needs: []string{
				"an answer to this demand that was recorded here and counts"}}
		}
		var n int64
		if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(seq), 0) + 1 FROM demand_answer`).Scan(&n); err != nil {
			return err
		}
		a.ID = fmt.Sprintf("A-%04d", n)
		body, err := json.Marshal(a)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx,
			`INSERT INTO demand_answer (seq, id, demand, at, actor, body) VALUES ($1, $2, $3, $4, $5, $6)`,
			n, a.ID, a.Demand, casefile.Stamp(a.Recorded), by.ID, string(body)); err != nil {
			return err
		}
		if err := d.Cases.Hold(ctx, tx, "demand_answer", by.ID, a.ID); err != nil {
			return err
		}
		text := fmt.Sprintf("Answer to demand %s: %s: %s (%s)", a.Demand, strings.ReplaceAll(string(a.Acted), "_", " "),
			a.Text, a.By)
		if a.Takes != "" {
			text = fmt.Sprintf("Answer %s to demand %s no longer counts: %s", a.Takes, a.Demand, a.Reason)
		}
		if err := d.Cases.Note(ctx, tx, casefile.Event{Actor: by.ID, Kind: casefile.EventDemandAnswered,
			Subject: casefile.ID(a.Demand), Text: text, Body: string(body)}); err != nil {
			return err
		}
		made = a.ID
		if err := casefile.Answered(ctx, tx, by, made); err != nil {
			return err
		}
		_, err = d.settle(ctx, tx, by.ID)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("answer demand %s: %w", a.Demand, err)
	}
	return made, nil
}

// acts are what a recorded answer may say.
var acts = []obligation.Acted{obligation.Done, obligation.Partly, obligation.Refused, obligation.Silent}

// lacks says what an answer still needs.
func (a Answer) lacks(now time.Time) error {
	var needs []string
	need := func(ok bool, what string) {
		if !ok {
			needs = append(needs, what)
		}
	}
	need(a.Demand != "", "the demand that it is about")
	if a.Takes != "" {
		need(strings.TrimSpace(a.Reason) != "", "the reason why the answer no longer counts")
	} else {
		need(slices.Contains(acts, a.Acted), "what was done: done, partly, refused or no_answer")
		need(strings.TrimSpace(a.Text) != "", "the words of what was done")
		need(strings.TrimSpace(a.By) != "", "who did it")
		need(strings.TrimSpace(a.Publisher) != "" || strings.TrimSpace(a.Source) != "",
			"who says so, or where it can be read")
		day, err := time.Parse(time.DateOnly, a.Date)
		need(err == nil, "the day on which it was done, like 2032-07-01")
		need(err != nil || !day.After(now), "a day that has come")
		need(a.Grade == "" || grade(a.Grade), "a grade like B2, or none")
	}
	if len(needs) == 0 {
		return nil
	}
	return &casefile.Lacking{Move: "An answer", Needs: needs}
}

func grade(s string) bool {
	return len(s) == 2 && s[0] >= 'A' && s[0] <= 'F' && s[1] >= '1' && s[1] <= '6'
}

// Tick records every change of a status since it was last looked at, and returns how many there were.
func (d *Docket) Tick(ctx context.Context) (n int, err error) {
	waiting := false
	err = d.DB.Read(ctx, func(tx *sql.Tx) error {
		list, gone, err := d.changed(ctx, tx)
		waiting = len(list)+len(gone) > 0
		return err
	})
	if err != nil || !waiting {
		return 0, err
	}
	err = d.DB.Write(ctx, func(tx *sql.Tx) error { n, err = d.settle(ctx, tx, "clock"); return err })
	if err != nil {
		return 0, fmt.Errorf("look at demands: %w", err)
	}
	return n, nil
}

// changed lists demands whose status is not the one that was recorded last, and ids that are no longer there.
func (d *Docket) changed(ctx context.Context, tx *sql.Tx) (list []Demand, gone []string, err error) {
	all, err := In(ctx, tx, d.Now())
	if err != nil {
		return nil, nil, err
	}
	there := map[string]bool{}
	for _, x := range all {
		there[x.Line.Demand] = true
		if n := len(x.History); n == 0 || x.History[n-1].Status != x.Status || x.History[n-1].Due != x.Due {
			list = append(list, x)
		}
	}
	history, err := readChanges(ctx, tx)
	if err != nil {
		return nil, nil, err
	}
	for id, h := range history {
		if !there[id] && h[len(h)-1].Status != Gone {
			gone = append(gone, id)
		}
	}
	slices.Sort(gone)
	return list, gone, nil
}

// settle records every change of a status, each with its event.
func (d *Docket) settle(ctx context.Context, tx *sql.Tx, actor string) (int, error) {
	list, gone, err := d.changed(ctx, tx)
	if err != nil {
		return 0, err
	}
	now := d.Now().UTC().Truncate(time.Microsecond)
	put := func(id, run, due string, status obligation.Status, was, words string) error {
		day := now.Format(time.DateOnly)
		text := fmt.Sprintf("Demand %s: %s", id, status)
		if was != "" {
			text += " (until now: " + was + ")"
		}
		if words != "" && words != string(status) {
			text += "; " + words
		}
		c := Change{At: now, Day: day, Status: status, Due: due, Words: words, Run: run}
		body, err := json.Marshal(c)
		if err != nil {
			return err
		}
		e := casefile.Event{Actor: actor, Kind: casefile.EventDemandStatus, Subject: casefile.ID(id), Text: text,
			Body: string(body)}
		if err := d.Cases.Note(ctx, tx, e); err != nil {
			return err
		}
		var n int64
		if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(n), 0) + 1 FROM demand_status WHERE demand = $1`,
			id).Scan(&n); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO demand_status (demand, n, at, day, status, due, words, run, event)
			SELECT $1, $2, $3, $4, $5, $6, $7, $8, max(seq) FROM event
			WHERE case_id = '' AND subject = $1 AND kind = $9`,
			id, n, casefile.Stamp(now), day, string(status), due, words, run, string(casefile.EventDemandStatus))
		if err != nil {
			return err
		}
		return d.Cases.Hold(ctx, tx, "demand_status", actor, id, strconv.FormatInt(n, 10))
	}
	for _, x := range list {
		was := ""
		if n := len(x.History); n > 0 {
			was = string(x.History[n-1].Status)
		}
		if err := put(x.Line.Demand, x.Run, x.Due, x.Status, was, x.Words); err != nil {
			return 0, err
		}
	}
	for _, id := range gone {
		if err := put(id, "", "", Gone, "", ""); err != nil {
			return 0, err
		}
	}
	return len(list) + len(gone), nil
}

func readChanges(ctx context.Context, tx *sql.Tx) (map[string][]Change, error) {
	rows, err := tx.QueryContext(ctx,
		`SELECT demand, at, day, status, due, words, run, event FROM demand_status ORDER BY demand, n`)
	if err != nil {
		return nil, fmt.Errorf("read demands: %w", err)
	}
	defer rows.Close()
	out := map[string][]Change{}
	for rows.Next() {
		var c Change
		var id, at string
		if err := rows.Scan(&id, &at, &c.Day, &c.Status, &c.Due, &c.Words, &c.Run, &c.Event); err != nil {
			return nil, fmt.Errorf("read demands: %w", err)
		}
		c.At = casefile.When(at)
		out[id] = append(out[id], c)
	}
	return out, rows.Err()
}

func readAnswers(ctx context.Context, tx *sql.Tx) (map[string][]Answer, error) {
	rows, err := tx.QueryContext(ctx, `SELECT id, demand, at, actor, body FROM demand_answer ORDER BY seq`)
	if err != nil {
		return nil, fmt.Errorf("read answers to demands: %w", err)
	}
	defer rows.Close()
	out := map[string][]Answer{}
	for rows.Next() {
		var id, demand, at, actor, body string
		var a Answer
		if err := rows.Scan(&id, &demand, &at, &actor, &body); err != nil {
			return nil, fmt.Errorf("read answers to demands: %w", err)
		}
		if err := json.Unmarshal([]byte(body), &a); err != nil {
			return nil, fmt.Errorf("read answer %s: %w", id, err)
		}
		a.ID, a.Demand, a.Actor, a.Recorded = id, demand, actor, casefile.When(at)
		if a.Takes != "" {
			for i := range out[demand] {
				if out[demand][i].ID == a.Takes {
					out[demand][i].Withdrawn = true
				}
			}
		}
		out[demand] = append(out[demand], a)
	}
	return out, rows.Err()
}

// Events lists the events of a demand, with their place in the table of events, so that receipts can be found.
func Events(ctx context.Context, tx *sql.Tx, demand string) (out []casefile.Event, err error) {
	rows, err := tx.QueryContext(ctx,
		`SELECT seq, at, actor, kind, text FROM event
		WHERE case_id = '' AND subject = $1 AND kind IN ($2, $3) ORDER BY seq`,
		demand, string(casefile.EventDemandStatus), string(casefile.EventDemandAnswered))
	if err != nil {
		return nil, fmt.Errorf("read events of demand %s: %w", demand, err)
	}
	defer rows.Close()
	for rows.Next() {
		var e casefile.Event
		var at string
		if err := rows.Scan(&e.Seq, &at, &e.Actor, &e.Kind, &e.Text); err != nil {
			return nil, fmt.Errorf("read events of demand %s: %w", demand, err)
		}
		e.At, e.Subject = casefile.When(at), casefile.ID(demand)
		out = append(out, e)
	}
	return out, rows.Err()
}
