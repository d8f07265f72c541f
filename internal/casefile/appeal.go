package casefile

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Who may appeal: the party that a decision names, whoever sent a notice, and people whom it touches, through a notice.
var Appellants = []string{"named_party", "notifier", "affected_people"}

// An AppealState is where an appeal stands.
type AppealState string

// States of an appeal.
const (
	AppealFiled       AppealState = "filed"
	AppealAdmitted    AppealState = "admitted"
	AppealNotAdmitted AppealState = "not_admitted"
	AppealDecided     AppealState = "decided"
)

// Rulings are what an appeal can end in.
var Rulings = []string{"stands", "sent_back", "reversed"}

// The clocks of an appeal, in working days: whether it is heard, the ruling, and the new decision after one that sends
// the case back. Our own choice, since the sources name no number; as long as triage, testing and deciding.
const (
	admitDays    = 5
	ruleDays     = 30
	redecideDays = 10
)

// An Appeal is against one decision.
type Appeal struct {
	ID       ID     `json:"id"`
	Case     ID     `json:"case"`
	Decision ID     `json:"decision"`
	By       string `json:"by"` // one of Appellants
	// the organisation or its office; of others a code or the number of a notice, never a name
	Who      string      `json:"who"`
	Notice   string      `json:"notice"` // through which it came
	Received string      `json:"received"`
	Grounds  string      `json:"grounds"` // in the words in which it came
	State    AppealState `json:"state"`
	Filed    time.Time   `json:"filed"`
	FiledBy  string      `json:"filed_by"`
	Heard    time.Time   `json:"heard,omitzero"` // when it was admitted or not
	Reviewer string      `json:"reviewer,omitempty"`
	Why      string      `json:"why,omitempty"`    // it is heard, or not
	Ruling   string      `json:"ruling,omitempty"` // one of Rulings
	Reasons  string      `json:"reasons,omitempty"`
	Ruled    time.Time   `json:"ruled,omitzero"`
	Judge    string      `json:"judge,omitempty"`
	Leaf     string      `json:"leaf,omitempty"` // of the ledger, of one that came through a notice by itself
}

// apart are the events of appeals, remedies and audits: who only took part in them took no part before.
var apart = []EventKind{EventAppeal, EventAppealAdmitted, EventAppealNotAdmitted, EventAppealDecided, EventAudit,
	EventComment, EventConflict, EventRecused}

// fresh refuses whoever took part in the case before.
func (w *work) fresh() error {
	done, err := words(w.ctx, w.tx, `SELECT DISTINCT kind FROM event WHERE case_id = $1 AND actor = $2`,
		string(w.c.ID), w.by.ID)
	if err == nil && slices.ContainsFunc(done, func(k string) bool { return !slices.Contains(apart, EventKind(k)) }) {
		err = ErrTookPart
	}
	return err
}

// Appeal records an appeal against a decision, word for word, and starts its clocks. It may come after the case was
// closed.
func (d *Desk) Appeal(ctx context.Context, by Actor, a Appeal) (ID, error) {
	return d.move(ctx, by, MoveAppeal, a.Decision, 0, a, func(w *work) (ID, error) { return w.appealed(a, nil) })
}

// door is who records an appeal that came by itself through a notice. Nobody acts under this name, so nobody took part
// through it.
var door = Actor{ID: "notice", Name: "the form for notices"}

// AppealByNotice records an appeal that somebody sent under the code of a notice, and starts its clocks: nobody here
// has to lift a hand for that. The same again finds the one that runs. also runs in the same transaction, before the
// appeal is written.
func (d *Desk) AppealByNotice(ctx context.Context, a Appeal, also func(*sql.Tx, *Appeal) error) (made Appeal,
	err error) {
	if _, err := Fingerprint(string(MoveAppeal), a.Decision, a); err != nil {
		return made, err
	}
	err = d.DB.Write(ctx, func(tx *sql.Tx) error {
		w := &work{ctx: ctx, tx: tx, d: d, by: door, now: d.Now().UTC().Truncate(time.Microsecond)}
		w.keep("case_file", string(a.Decision.File()))
		r, err := tx.ExecContext(ctx, `UPDATE case_file SET version = version + 1, changed = $2 WHERE id = $1`,
			string(a.Decision.File()), Stamp(w.now))
		if err != nil {
			return err
		}
		if n, _ := r.RowsAffected(); n == 0 {
			return ErrNotFound
		}
		if w.c, err = readCase(ctx, tx, a.Decision.File()); err != nil {
			return err
		}
		all, err := readAppeals(ctx, tx, w.c.ID)
		if err != nil {
			return err
		}
		same := func(o Appeal) bool {
			return o.Decision == a.Decision && o.Notice == a.Notice && a.Notice != "" && o.Running()
		}
		if i := slices.IndexFunc(all, same); i >= 0 {
			if made = all[i]; made.Grounds != a.Grounds {
				return ErrRuns
			}
			return w.pin()
		}
		id, err := w.appealed(a, also)
		if err != nil {
			return err
		}
		if all, err = readAppeals(ctx, tx, w.c.ID); err == nil {
			made = all[slices.IndexFunc(all, func(o Appeal) bool { return o.ID == id })]
			err = w.pin()
		}
		return err
	})
	if err != nil {
		return Appeal{}, wrap(MoveAppeal, a.Decision, err)
	}
	return made, nil
}

// Running reports whether an appeal waits for a word.
func (a Appeal) Running() bool { return a.State == AppealFiled || a.State == AppealAdmitted }

// AppealsOf lists the appeals that came under the code of a notice, the newest first, each with the day by which the
// next word on it is due; zero where none is.
func (d *Desk) AppealsOf(ctx context.Context, notice string) (out []Appeal, due []time.Time, err error) {
	if notice == "" {
		return nil, nil, nil
	}
	err = d.DB.Read(ctx, func(tx *sql.Tx) error {
		found, err := all(ctx, tx,
			`SELECT body FROM process WHERE kind = 'appeal' AND body LIKE $1 ORDER BY at DESC, id DESC`,
			func(r row) (x Appeal, err error) {
				var body string
				if err = r.Scan(&body); err == nil {
					err = json.Unmarshal([]byte(body), &x)
				}
				return x, err
			}, `%"notice":"`+notice+`"%`)
		if err != nil {
			return err
		}
		for _, a := range found {
			if a.Notice != notice {
				continue
			}
			clocks, err := readClocks(ctx, tx, `WHERE subject = $1 AND case_id = $2 AND ended = '' ORDER BY due`,
				string(a.ID), string(a.Case))
			if err != nil {
				return err
			}
			at := time.Time{}
			if len(clocks) > 0 {
				at = clocks[0].Due
			}
			out, due = append(out, a), append(due, at)
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read appeals of a notice: %w", err)
	}
	return out, due, nil
}

// appealed writes an appeal down in a move.
func (w *work) appealed(a Appeal, also func(*sql.Tx, *Appeal) error) (ID, error) {
	x, err := w.decision(a.Decision)
	if err != nil {
		return "", err
	}
	if x.Decided.IsZero() || slices.Contains([]State{Refused, Replaced, Confirmed, Ended}, x.State) {
		return "", ErrStage
	}
	var needs []string
	need := func(ok bool, what string) {
		if !ok {
			needs = append(needs, what)
		}
	}
	need(slices.Contains(Appellants, a.By), "who appeals: "+strings.Join(Appellants, ", "))
	need(strings.TrimSpace(a.Grounds) != "", "the grounds, in the words in which they came")
	need(a.By != "named_party" || strings.TrimSpace(a.Who) != "", "the office of the party that appeals")
	need(a.By == "named_party" || strings.TrimSpace(a.Who) != "" || a.Notice != "",
		"a code, or the number of the notice: no name of a person")
	need(a.Received == "" || isDate(a.Received), "the day on which it came, like 2032-07-01")
	all, err := readAppeals(w.ctx, w.tx, w.c.ID)
	if err != nil {
		return "", err
	}
	need(!slices.ContainsFunc(all, func(o Appeal) bool {
		return o.Decision == a.Decision && o.By == a.By && o.Who == a.Who && o.Running()
	}), "an end of the appeal of the same against the same decision that runs")
	if err := lacking("An appeal", needs); err != nil {
		return "", err
	}
	if a.ID, err = w.next("A"); err != nil {
		return "", err
	}
	a.Case, a.State, a.Filed, a.FiledBy = w.c.ID, AppealFiled, w.now, w.by.ID
	a.Heard, a.Ruled, a.Reviewer, a.Judge, a.Ruling, a.Reasons, a.Why = time.Time{}, time.Time{}, "", "", "", "", ""
	if a.Received == "" {
		a.Received = w.now.Format(time.DateOnly)
	}
	if also != nil {
		if err := also(w.tx, &a); err != nil {
			return "", err
		}
	}
	if err := w.putProcess("appeal", a.ID, a.Decision, string(a.State), a, true); err != nil {
		return "", err
	}
	if err := w.startClock(ClockAdmission, a.ID, admitDays); err != nil {
		return "", err
	}
	if err := w.sayOf(x, EventAppeal, fmt.Sprintf("Appeal %s against %s (%s), received %s: %s", a.ID, x.ID,
		spaced(a.By), a.Received, a.Grounds), a); err != nil {
		return "", err
	}
	return a.ID, w.keepRecord(x.ID)
}

func spaced(s string) string { return strings.ReplaceAll(s, "_", " ") }

// AdmitAppeal says whether an appeal is heard, by a person who took no part in the case before.
func (d *Desk) AdmitAppeal(ctx context.Context, by Actor, id ID, admit bool, why string) error {
	_, err := d.move(ctx, by, MoveAdmit, id, 0, []any{id, admit, why}, func(w *work) (ID, error) {
		a, x, err := w.appeal(id)
		if err != nil {
			return "", err
		}
		if a.State != AppealFiled {
			return "", ErrStage
		}
		if err := w.fresh(); err != nil {
			return "", err
		}
		if strings.TrimSpace(why) == "" {
			return "", lacking("Your word on an appeal", []string{"reasons"})
		}
		a.State, a.Heard, a.Reviewer, a.Why = AppealNotAdmitted, w.now, w.by.ID, why
		kind, text := EventAppealNotAdmitted, fmt.Sprintf("Appeal %s is not heard: %s", id, why)
		if admit {
			a.State, kind, text = AppealAdmitted, EventAppealAdmitted, fmt.Sprintf("Appeal %s is heard: %s", id, why)
		}
		if err := w.endClocks(ClockAdmission, id); err != nil {
			return "", err
		}
		if admit {
			if err := w.startClock(ClockRuling, id, ruleDays); err != nil {
				return "", err
			}
		}
		if err := w.putProcess("appeal", a.ID, a.Decision, string(a.State), a, false); err != nil {
			return "", err
		}
		if err := w.sayOf(x, kind, text, a); err != nil {
			return "", err
		}
		return id, w.keepRecord(x.ID)
	})
	return err
}

// RuleOnAppeal ends an appeal that was heard, by a second person who took no part before. "stands" leaves the decision
// as it is; "reversed" ends it at once, also at the door; "sent_back" leaves it in force and has the case decided
// again, opening it if it was closed.
func (d *Desk) RuleOnAppeal(ctx context.Context, by Actor, id ID, ruling, reasons string) error {
	_, err := d.move(ctx, by, MoveRule, id, 0, []any{id, ruling, reasons}, func(w *work) (ID, error) {
		a, x, err := w.appeal(id)
		if err != nil {
			return "", err
		}
		if a.State != AppealAdmitted {
			return "", ErrStage
		}
		if a.Reviewer == w.by.ID {
			return "", ErrOwnWork
		}
		if err := w.fresh(); err != nil {
			return "", err
		}
		var needs []string
		if !slices.Contains(Rulings, ruling) {
			needs = append(needs, "a ruling: "+strings.Join(Rulings, ", "))
		}
		if strings.TrimSpace(reasons) == "" {
			needs = append(needs, "reasons")
		}
		if err := lacking("A ruling", needs); err != nil {
			return "", err
		}
		a.State, a.Ruling, a.Reasons, a.Ruled, a.Judge = AppealDecided, ruling, reasons, w.now, w.by.ID
		if err := w.putProcess("appeal", a.ID, a.Decision, string(a.State), a, false); err != nil {
			return "", err
		}
		if err := w.endClocks(ClockRuling, id); err != nil {
			return "", err
		}
		if err := w.sayOf(x, EventAppealDecided, fmt.Sprintf("Appeal %s: the decision %s %s: %s", id, x.ID,
			rulingWords[ruling], reasons), a); err != nil {
			return "", err
		}
		if err := w.effect(x, ruling); err != nil {
			return "", err
		}
		return id, w.keepRecord(x.ID)
	})
	return err
}

var rulingWords = map[string]string{"stands": "stands",
	"sent_back": "is sent back and stays in force until it is decided again", "reversed": "is reversed and has ended"}

// effect makes a ruling hold.
func (w *work) effect(x Decision, ruling string) error {
	switch ruling {
	case "reversed":
		if slices.Contains([]State{Replaced, Confirmed, Ended}, x.State) {
			return nil // something else took its place meanwhile
		}
		x.State = Ended
		if err := w.saveDecision(x); err != nil {
			return err
		}
		if err := w.endClocks("", x.ID); err != nil {
			return err
		}
		return w.sayOf(x, EventEnded, fmt.Sprintf("%s ended: reversed on appeal", x.ID), nil)
	case "sent_back":
		w.c.Closed = time.Time{}
		if err := w.endClocks(ClockRetention, ""); err != nil {
			return err
		}
		if err := w.enter(StageDecide); err != nil {
			return err
		}
		if err := w.save(); err != nil {
			return err
		}
		return w.startClock(ClockRedecision, x.ID, redecideDays)
	}
	return nil
}

// appeal finds an appeal of the case with its decision.
func (w *work) appeal(id ID) (Appeal, Decision, error) {
	all, err := readAppeals(w.ctx, w.tx, w.c.ID)
	if err != nil {
		return Appeal{}, Decision{}, err
	}
	i := slices.IndexFunc(all, func(a Appeal) bool { return a.ID == id })
	if i < 0 {
		return Appeal{}, Decision{}, ErrNotFound
	}
	x, err := w.decision(all[i].Decision)
	return all[i], x, err
}

// putProcess writes an appeal, a remedy or an audit.
func (w *work) putProcess(kind string, id, decision ID, state string, x any, fresh bool) error {
	body, err := json.Marshal(x)
	if err != nil {
		return err
	}
	w.keep("process", string(id))
	if fresh {
		_, err = w.tx.ExecContext(w.ctx,
			`INSERT INTO process (id, case_id, decision, kind, state, at, body) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			string(id), string(w.c.ID), string(decision), kind, state, Stamp(w.now), string(body))
		return err
	}
	_, err = w.tx.ExecContext(w.ctx, `UPDATE process SET state = $2, body = $3 WHERE id = $1`, string(id), state,
		string(body))
	return err
}

func readProcess[T any](ctx context.Context, tx *sql.Tx, kind string, id ID) ([]T, error) {
	return all(ctx, tx, `SELECT body FROM process WHERE case_id = $1 AND kind = $2 ORDER BY at, id`,
		func(r row) (x T, err error) {
			var body string
			if err = r.Scan(&body); err == nil {
				err = json.Unmarshal([]byte(body), &x)
			}
			return x, err
		}, string(id), kind)
}

func readAppeals(ctx context.Context, tx *sql.Tx, id ID) ([]Appeal, error) {
	return readProcess[Appeal](ctx, tx, "appeal", id)
}

// Told says an appeal in a line of the record.
func (a Appeal) Told() string {
	s := fmt.Sprintf("%s, by the %s, received %s: %s", a.ID, spaced(a.By), a.Received, spaced(string(a.State)))
	switch a.State {
	case AppealNotAdmitted:
		s += " on " + a.Heard.Format(time.DateOnly) + ": " + a.Why
	case AppealDecided:
		s += " on " + a.Ruled.Format(time.DateOnly) + ": the decision " + rulingWords[a.Ruling] + ": " + a.Reasons
	}
	return s
}

// ProcessesIn reads the appeals against a decision and the remedies after it as a transaction sees them, for whoever
// publishes it.
func ProcessesIn(ctx context.Context, tx *sql.Tx, decision ID) ([]Appeal, []Remedy, error) {
	appeals, err := readAppeals(ctx, tx, decision.File())
	if err != nil {
		return nil, nil, fmt.Errorf("read appeals of %s: %w", decision, err)
	}
	remedies, err := readRemedies(ctx, tx, decision.File())
	if err != nil {
		return nil, nil, fmt.Errorf("read remedies of %s: %w", decision, err)
	}
	appeals = slices.DeleteFunc(appeals, func(a Appeal) bool { return a.Decision != decision })
	remedies = slices.DeleteFunc(remedies, func(r Remedy) bool { return r.Decision != decision })
	return appeals, remedies, nil
}
