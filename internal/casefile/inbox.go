package casefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A Task is something that waits for a person.
type Task struct {
	// assigned | triage | approve | execute | verify | answer | check | condition | review | hearing | clock | reopen
	Kind    string    `json:"kind"`
	Case    ID        `json:"case"`
	Subject ID        `json:"subject"`
	Title   string    `json:"title"`
	Text    string    `json:"text"`
	Due     time.Time `json:"due,omitzero"`
	Late    bool      `json:"late"`
	About   Thing     `json:"-"` // what the subject is
}

// A Thing is what the subject of a task is.
type Thing string

// The subjects of tasks; other tasks are about the case itself, or about a demand.
const (
	AboutCase     Thing = ""
	AboutDecision Thing = "decision"
	AboutLetter   Thing = "letter"
	AboutDemand   Thing = "demand"
)

// Inbox lists what waits for a person, the most urgent first: own cases, and what the
// person's roles allow and own earlier work does not forbid.
func (d *Desk) Inbox(ctx context.Context, by Actor) ([]Task, error) {
	if !by.MayRead() {
		return []Task{}, nil
	}
	now := d.Now().UTC()
	var tasks []Task
	err := d.DB.Read(ctx, func(tx *sql.Tx) error {
		cases, err := all(ctx, tx, `SELECT `+caseColumns+` FROM case_file c WHERE `+seen+` AND `+notRecused+
			` AND closed = '' ORDER BY number`, scanCase, by.Has(Auditor), by.ID)
		if err != nil {
			return err
		}
		open := map[ID]*Case{}
		for _, c := range cases {
			open[c.ID] = c
		}
		due := map[ID]time.Time{} // by subject
		clocks, err := all(ctx, tx,
			`SELECT case_id, subject, due FROM clock WHERE ended = '' AND paused = '' ORDER BY due DESC`,
			func(r row) (x [3]string, err error) {
				err = r.Scan(&x[0], &x[1], &x[2])
				return x, err
			})
		if err != nil {
			return err
		}
		for _, k := range clocks {
			due[ID(k[1])] = When(k[2])
		}
		add := func(kind string, c *Case, about Thing, subject ID, text string) {
			at := due[subject]
			tasks = append(tasks, Task{Kind: kind, Case: c.ID, Subject: subject, Title: c.Title, Text: text, Due: at,
				Late: !at.IsZero() && now.After(at), About: about})
		}
		for _, c := range cases {
			switch {
			case c.Assignee == by.ID:
				add("assigned", c, AboutCase, c.ID, "Your case, at "+string(c.Stage))
			case (c.Stage == StageIntake || c.Stage == StageTriage) && by.May(MoveTriage) == nil:
				add("triage", c, AboutCase, c.ID, "Waits for triage")
			}
		}
		if err := d.inboxDecisions(ctx, tx, by, open, add); err != nil {
			return err
		}
		more, err := d.inboxClocks(ctx, tx, by, now)
		if err != nil {
			return err
		}
		again, err := inboxReopen(ctx, tx, by)
		tasks = append(append(tasks, more...), again...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read inbox: %w", err)
	}
	sortTasks(tasks)
	return tasks, nil
}

func (d *Desk) inboxDecisions(ctx context.Context, tx *sql.Tx, by Actor, open map[ID]*Case,
	add func(string, *Case, Thing, ID, string)) error {
	ds, err := readDecisions(ctx, tx,
		`WHERE state IN ('proposed', 'ordered', 'failed', 'executed') ORDER BY proposed, id`)
	if err != nil {
		return err
	}
	mine := map[string]bool{}
	ids, err := words(ctx, tx, `SELECT case_id FROM interest WHERE actor = $1`, by.ID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		mine[id] = true
	}
	for _, x := range ds {
		c := open[x.Case]
		if c == nil || mine[string(x.Case)] || by.Program {
			continue
		}
		what := string(x.Outcome) + " " + x.Service
		switch {
		case x.State == Proposed && by.May(MoveApprove) == nil && !took(x, by.ID, false):
			add("approve", c, AboutDecision, x.ID, "Waits for approval: "+what)
		case x.State == Ordered && by.May(MoveExecute) == nil && !took(x, by.ID, false):
			add("execute", c, AboutDecision, x.ID, "Ordered, not done: "+what)
		case x.State == Failed && by.May(MoveExecute) == nil && !took(x, by.ID, false):
			add("execute", c, AboutDecision, x.ID, "Ordered, could not be done: "+what)
		case x.State == Executed && by.May(MoveVerify) == nil && !took(x, by.ID, true):
			add("verify", c, AboutDecision, x.ID, "Waits for an independent check: "+what)
		}
	}
	letters, err := readLetters(ctx, tx, `WHERE sent <> '' ORDER BY id`)
	if err != nil {
		return err
	}
	for _, l := range letters {
		c := open[l.Case]
		if c == nil || by.May(MoveReply) != nil || c.Assignee != by.ID {
			continue
		}
		for _, a := range l.Assertions {
			if a.Reply == nil {
				add("answer", c, AboutLetter, l.ID, "No answer yet from "+l.To)
				break
			}
		}
	}
	return nil
}

func sortTasks(ts []Task) {
	key := func(t Task) string {
		if t.Due.IsZero() {
			return "9"
		}
		return Stamp(t.Due)
	}
	for i := 1; i < len(ts); i++ {
		for j := i; j > 0 && key(ts[j]) < key(ts[j-1]); j-- {
			ts[j], ts[j-1] = ts[j-1], ts[j]
		}
	}
}

// inboxClocks lists the duties that are due within a working day or late: checks of what was
// done, conditions, reviews, the letter after an interim measure; also of closed cases, where
// what was promised for a date goes on.
func (d *Desk) inboxClocks(ctx context.Context, tx *sql.Tx, by Actor, now time.Time) ([]Task, error) {
	cal, err := (&work{ctx: ctx, tx: tx, d: d}).calendar()
	if err != nil {
		return nil, err
	}
	type dueDuty struct {
		kind            ClockKind
		title, assignee string
		file, subject   ID
		due             time.Time
	}
	duties, err := all(ctx, tx,
		`SELECT k.kind, k.case_id, k.subject, k.due, c.title, c.assignee FROM clock k JOIN case_file c ON c.id = k.case_id
		WHERE `+seen+` AND k.ended = '' AND k.paused = '' AND k.due <= $3 AND NOT EXISTS (SELECT 1 FROM interest i WHERE i.case_id = c.id AND i.actor = $2) ORDER BY k.due, k.id`,
		func(r row) (x dueDuty, err error) {
			var due string
			err = r.Scan(&x.kind, &x.file, &x.subject, &due, &x.title, &x.assignee)
			x.due = When(due)
			return x, err
		}, by.Has(Auditor), by.ID, Stamp(cal.Add(now, 1)))
	if err != nil {
		return nil, err
	}
	var out []Task
	for _, x := range duties {
		duty := x.kind.duty()
		kind, may := duty.task, duty.may
		if kind == "" {
			continue // approval and enforcement are tasks of their own
		}
		// What has somebody it is assigned to is in that inbox already.
		if by.May(may) != nil || kind == taskClock && x.assignee != "" {
			continue
		}
		if slices.Contains([]Move{MoveAdmit, MoveRule, MoveAudit}, may) {
			w := &work{ctx: ctx, tx: tx, d: d, by: by, c: &Case{ID: x.file}}
			if err := w.fresh(); errors.Is(err, ErrTookPart) {
				continue // takes somebody else
			} else if err != nil {
				return nil, err
			}
		}
		text, about := "Due: "+duty.words, AboutCase
		if duty.kind == ClockLetter {
			about = AboutLetter
		}
		if kind == taskClock {
			text = "Nobody has this case, and it is due: " + duty.words
		}
		if ds, err := readDecisions(ctx, tx, `WHERE id = $1`, string(x.subject)); err != nil {
			return nil, err
		} else if len(ds) == 1 {
			if may == MoveVerify && (took(ds[0], by.ID, true) || duty.kind == ClockCheck && ds[0].State == Executed) {
				continue
			}
			about = AboutDecision
			text += ", " + string(ds[0].Outcome) + " " + ds[0].Service
		}
		out = append(out, Task{Kind: kind, Case: x.file, Subject: x.subject, Title: x.title, Text: text, Due: x.due,
			Late: now.After(x.due), About: about})
	}
	return out, nil
}

// inboxReopen lists closed cases about whose party the newest review raises what no review
// before the closing did. A person says whether the case is opened again.
func inboxReopen(ctx context.Context, tx *sql.Tx, by Actor) ([]Task, error) {
	if by.May(MoveReopen) != nil {
		return nil, nil
	}
	return all(ctx, tx, `SELECT c.id, c.title, count(*) FROM case_file c JOIN finding f ON f.party = c.party AND f.run = (SELECT max(seq) FROM run)
		WHERE `+seen+` AND `+notRecused+` AND c.closed <> '' AND c.party <> '' AND f.state = 'raised'
		AND NOT EXISTS (SELECT 1 FROM case_file o WHERE o.party = c.party AND o.closed = '')
		AND NOT EXISTS (SELECT 1 FROM case_file o WHERE o.party = c.party AND o.closed > c.closed)
		AND NOT EXISTS (SELECT 1 FROM case_finding x WHERE x.case_id = c.id AND x.finding = f.id)
		AND NOT EXISTS (SELECT 1 FROM finding g JOIN run r ON r.seq = g.run WHERE g.id = f.id AND g.state = 'raised' AND r.imported <= c.closed)
		GROUP BY c.id, c.title, c.number ORDER BY c.number`, func(r row) (t Task, err error) {
		var n int
		err = r.Scan(&t.Case, &t.Title, &n)
		t.Kind, t.Subject = "reopen", t.Case
		t.Text = fmt.Sprintf("The newest review raises %d flags on this party that were not there when the case was "+
			"closed", n)
		if n == 1 {
			t.Text = "The newest review raises a flag on this party that was not there when the case was closed"
		}
		return t, err
	}, by.Has(Auditor), by.ID)
}
