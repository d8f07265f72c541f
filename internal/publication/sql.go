package publication

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"plimsoll/internal/casefile"
)

// kept is the part of a publication that is kept as JSON beside its page.
type kept struct {
	Draft
	Basis   string `json:"basis"`
	Reasons string `json:"reasons"`
	GoneWhy string `json:"gone_why"`
	Asked   *Asked `json:"withdraw_asked,omitempty"`
}

const columns = `id, kind, subject, case_id, version, state, proposer, proposed, second, decided, gone, next, body, page`

func (d *Desk) insert(ctx context.Context, tx *sql.Tx, by casefile.Actor, seq int64, p Publication) error {
	page, err := json.Marshal(p.Page)
	if err != nil {
		return err
	}
	return d.holding(ctx, tx, by, p.ID, func() error {
		_, err = tx.ExecContext(ctx,
			`INSERT INTO publication (seq, id, kind, subject, case_id, version, state, proposer, proposed, second, decided, gone, next, body, page)
		VALUES ($1, $2, $3, $4, $5, $6, '', $7, $8, '', '', '', '', '{}', $9)`,
			seq, string(p.ID), string(p.Kind), p.Subject, string(p.Case), p.Version, p.Proposer,
			casefile.Stamp(p.Proposed), string(page))
		if err != nil {
			return err
		}
		return update(ctx, tx, p)
	})
}

// holding has the ledger hold a publication as it stands after do.
func (d *Desk) holding(ctx context.Context, tx *sql.Tx, by casefile.Actor, id ID, do func() error) error {
	return casefile.Holding(ctx, tx, d.Cases.Pin, "publication", by.ID, casefile.Row(string(id)), do)
}

// update writes what changes of a publication; its page never does.
func (d *Desk) update(ctx context.Context, tx *sql.Tx, by casefile.Actor, p Publication) error {
	return d.holding(ctx, tx, by, p.ID, func() error { return update(ctx, tx, p) })
}

func update(ctx context.Context, tx *sql.Tx, p Publication) error {
	body, err := json.Marshal(kept{p.Draft, p.Basis, p.Reasons, p.GoneWhy, p.Asked})
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx,
		`UPDATE publication SET state = $2, second = $3, decided = $4, gone = $5, next = $6, body = $7 WHERE id = $1`,
		string(p.ID), string(p.State), p.Second, casefile.Stamp(p.Decided), casefile.Stamp(p.Gone), string(p.Next),
		string(body))
	return err
}

func read(ctx context.Context, tx *sql.Tx, where string, args ...any) (out []Publication, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT `+columns+` FROM publication `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var p Publication
		var kind, subject, proposed, decided, gone, body, page string
		if err := rows.Scan(&p.ID, &kind, &subject, &p.Case, &p.Version, &p.State, &p.Proposer, &proposed, &p.Second,
			&decided, &gone, &p.Next, &body, &page); err != nil {
			return nil, err
		}
		var k kept
		if err := errors.Join(json.Unmarshal([]byte(body), &k), json.Unmarshal([]byte(page), &p.Page)); err != nil {
			return nil, fmt.Errorf("read publication %s: %w", p.ID, err)
		}
		p.Draft, p.Basis, p.Reasons, p.GoneWhy, p.Asked = k.Draft, k.Basis, k.Reasons, k.GoneWhy, k.Asked
		p.Kind, p.Subject = Kind(kind), subject
		p.Proposed, p.Decided, p.Gone = casefile.When(proposed), casefile.When(decided), casefile.When(gone)
		out = append(out, p)
	}
	return out, rows.Err()
}

func one(ctx context.Context, tx *sql.Tx, where string, args ...any) (Publication, error) {
	list, err := read(ctx, tx, where, args...)
	if err != nil {
		return Publication{}, fmt.Errorf("read publication: %w", err)
	}
	if len(list) == 0 {
		return Publication{}, ErrNotFound
	}
	return list[0], nil
}

// lock takes a publication for this transaction.
func lock(ctx context.Context, tx *sql.Tx, id ID) (Publication, error) {
	if _, err := tx.ExecContext(ctx, `UPDATE publication SET state = state WHERE id = $1`, string(id)); err != nil {
		return Publication{}, err
	}
	return one(ctx, tx, `WHERE id = $1`, string(id))
}

// newest returns the newest publication of a subject that was not refused; the zero value for none.
func newest(ctx context.Context, tx *sql.Tx, kind Kind, subject string) (Publication, error) {
	p, err := one(ctx, tx, `WHERE kind = $1 AND subject = $2 AND state <> $3 ORDER BY seq DESC LIMIT 1`, string(kind),
		subject, string(Refused))
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return p, err
}

// public lists the publications of a subject that are on the site and not corrected yet.
func public(ctx context.Context, tx *sql.Tx, kind Kind, subject string) ([]Publication, error) {
	return read(ctx, tx,
		`WHERE kind = $1 AND subject = $2 AND state IN ('released', 'withdrawn') AND next = '' ORDER BY seq`,
		string(kind), subject)
}
