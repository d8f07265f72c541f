package casefile

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/evidence"
)

// The moves on the evidence of a case. The originals and their custody log are kept by
// evidence; who may do what with them is decided here, as for every other move.
const (
	MoveCollect Move = "collect evidence"
	MoveView    Move = "read evidence" // view, copy, search: each leaves a custody event
	MoveRate    Move = "grade evidence"
	MoveSeal    Move = "seal evidence"
	MoveHold    Move = "hold evidence"
	MoveRelease Move = "release evidence"
	MoveDelete  Move = "delete evidence"
	MoveExport  Move = "export evidence"
)

// whenClosed lists what may be done with the evidence of a closed case: it has to be kept,
// found and handed over long after.
var whenClosed = []Move{MoveView, MoveHold, MoveRelease, MoveDelete, MoveExport}

// Admit says why an actor may not make a move on the evidence of a case; nil when nothing
// stands against it. That somebody came to the evidence of a restricted case is logged.
func (d *Desk) Admit(ctx context.Context, by Actor, m Move, id ID) error {
	if err := by.May(m); err != nil {
		return err
	}
	id = id.File()
	var c *Case
	err := d.DB.Read(ctx, func(tx *sql.Tx) (err error) {
		c, err = caseFor(ctx, tx, id, by)
		return err
	})
	switch {
	case err != nil:
		return wrap(m, id, err)
	case !slices.Contains(neutral, m) && slices.ContainsFunc(c.Conflicts, func(x Conflict) bool {
		return x.Actor == by.ID
	}):
		return ErrConflict
	case !c.Closed.IsZero() && !slices.Contains(whenClosed, m):
		return ErrClosed
	}
	if c.Restricted {
		return d.logRead(ctx, by, id, string(m))
	}
	return nil
}

// Once runs do unless the actor's idempotency key was used for the same request before. What
// do did lies outside of the database, so the key is kept once it has succeeded: two requests
// at the same moment may both act.
func (d *Desk) Once(ctx context.Context, by Actor, m Move, id ID, in any, do func() error) error {
	if by.Request == "" {
		return do()
	}
	print, err := Fingerprint(string(m), id, in)
	if err != nil {
		return err
	}
	var had string
	err = d.DB.Read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT fingerprint FROM request WHERE actor = $1 AND key = $2`, by.ID,
			by.Request).Scan(&had)
	})
	switch {
	case err == nil && had == print:
		return nil
	case err == nil:
		return ErrReused
	case !errors.Is(err, sql.ErrNoRows):
		return wrap(m, id, err)
	}
	if err := do(); err != nil {
		return err
	}
	err = d.DB.Write(context.WithoutCancel(ctx), func(tx *sql.Tx) error {
		_, _, err := Repeated(ctx, tx, by, string(m), print, d.Now())
		return err
	})
	if err != nil {
		return wrap(m, id, err)
	}
	return nil
}

// readItems reads what the custody log of a case says at its end.
func readItems(ctx context.Context, tx *sql.Tx, id ID) ([]evidence.Item, error) {
	return all(ctx, tx, `SELECT body FROM evidence_item WHERE case_id = $1 ORDER BY place`,
		func(r row) (x evidence.Item, err error) {
			var body string
			if err = r.Scan(&body); err != nil {
				return x, err
			}
			return x, json.Unmarshal([]byte(body), &x)
		}, string(id))
}

// A Citation is an original that a claim points at.
type Citation struct {
	SHA256 string    `json:"sha256"`
	Note   string    `json:"note"` // where in it, and what it shows
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

// Cite has a claim point at an original of the same case. It stays, as every statement does.
func (d *Desk) Cite(ctx context.Context, by Actor, claim ID, sha256, note string) error {
	_, err := d.move(ctx, by, MoveClaim, claim, 0, []any{"cite", claim, sha256, note}, func(w *work) (ID, error) {
		if _, err := w.has(claim); err != nil {
			return "", err
		}
		var body string
		var kept bool
		err := w.tx.QueryRowContext(w.ctx, `SELECT body, kept FROM evidence_item WHERE case_id = $1 AND sha256 = $2`,
			string(w.c.ID), sha256).Scan(&body, &kept)
		if errors.Is(err, sql.ErrNoRows) || err == nil && !kept {
			return "", lacking("Pointing a claim at evidence", []string{"an original that this case holds"})
		}
		if err != nil {
			return "", err
		}
		var i evidence.Item
		if err := json.Unmarshal([]byte(body), &i); err != nil {
			return "", fmt.Errorf("read item %s: %w", sha256, err)
		}
		err = w.insert("claim_evidence",
			`INSERT INTO claim_evidence (claim, sha256, note, by_actor, at) VALUES ($1, $2, $3, $4, $5)`,
			string(claim), sha256, note, w.by.ID, Stamp(w.now))
		if err != nil {
			return "", err
		}
		text := fmt.Sprintf("%s points at “%s” (SHA-256 %s)", claim, i.Name(), sha256)
		if note != "" {
			text += ": " + note
		}
		return claim, w.say(EventClaimEvidence, claim, text, map[string]string{"sha256": sha256, "note": note})
	})
	return err
}

func readCitations(ctx context.Context, tx *sql.Tx, claim ID) ([]Citation, error) {
	return all(ctx, tx, `SELECT sha256, note, by_actor, at FROM claim_evidence WHERE claim = $1 ORDER BY seq`,
		func(r row) (x Citation, err error) {
			var at string
			err = r.Scan(&x.SHA256, &x.Note, &x.By, &at)
			x.At = When(at)
			return x, err
		}, string(claim))
}

// addItems lists the preserved originals in point 9, each with the claims that point at it.
func (r *Record) addItems(c Case) {
	for _, i := range c.Items {
		var notes []string
		if i.Source != "" {
			notes = append(notes, "from "+i.Source)
		}
		notes = append(notes, "collected "+i.Collected.UTC().Format(time.DateOnly))
		for _, k := range c.Claims {
			for _, e := range k.Evidence {
				if e.SHA256 == i.SHA256 {
					notes = append(notes, strings.TrimSuffix("cited by "+string(k.ID)+": "+e.Note, ": "))
				}
			}
		}
		if i.Deleted != nil {
			notes = append(notes, "deleted "+i.Deleted.When().Format(time.DateOnly)+": "+i.Deleted.Reason)
		}
		r.Evidence = append(r.Evidence, Evidence{SHA256: i.SHA256, Name: i.Name(), Grade: string(i.Grade),
			Note: strings.Join(notes, "; ")})
	}
}
