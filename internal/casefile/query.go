package casefile

import (
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"plimsoll/internal/name"
)

// A Query says which cases are listed. Empty fields match every case.
type Query struct {
	Text     string // part of id, title or party name; case and accents do not matter
	Stage    Stage
	Severity Severity
	Assignee string
	Label    string
	Party    string
	Open     bool // not closed
	Limit    int  // 50 when 0
	Cursor   string
}

// A Page is one page of a list. Next is "" on the last one.
type Page struct {
	Cases []Case `json:"cases"`
	Next  string `json:"next"`
	Total int    `json:"total"`
}

// seen is the condition for cases that an actor may see, with the arguments $1 (may see
// restricted ones) and $2 (actor).
const seen = `(c.restricted = FALSE OR $1 OR EXISTS (SELECT 1 FROM case_member m WHERE m.case_id = c.id AND m.actor = $2))`

// notRecused is the condition for cases from which the actor $2 did not step back.
const notRecused = `NOT EXISTS (SELECT 1 FROM interest i WHERE i.case_id = c.id AND i.actor = $2 AND i.recused = TRUE)`

// steppedBack stands in place of the title of a case from which the actor stepped back.
const steppedBack = "You stepped back from this case"

// Cases lists cases, the last opened first. Of a case from which the actor stepped back only the
// number is there, and no search finds it.
func (d *Desk) Cases(ctx context.Context, by Actor, q Query) (Page, error) {
	if !by.MayRead() && !by.Program {
		return Page{}, ErrForbidden
	}
	if q.Limit <= 0 || q.Limit > 500 {
		q.Limit = 50
	}
	where := seen + ` AND ($3 = '' OR c.fold LIKE $3 ESCAPE '\') AND ($4 = '' OR c.stage = $4) AND ($5 = '' OR c.severity = $5)
		AND ($6 = '' OR c.assignee = $6) AND ($7 = '' OR c.party = $7) AND ($8 = FALSE OR c.closed = '')
		AND ($9 = '' OR EXISTS (SELECT 1 FROM case_label l WHERE l.case_id = c.id AND l.label = $9))`
	args := []any{by.Has(Auditor), by.ID, Pattern(q.Text), string(q.Stage), string(q.Severity), q.Assignee,
		q.Party, q.Open,
		q.Label}
	var before int64 = 1 << 62
	if q.Cursor != "" {
		b, err := base64.RawURLEncoding.DecodeString(q.Cursor)
		if _, serr := fmt.Sscanf(string(b), "case %d", &before); err != nil || serr != nil {
			return Page{}, ErrCursor
		}
	}
	if q.Text != "" || q.Stage != "" || q.Severity != "" || q.Assignee != "" || q.Label != "" || q.Party != "" {
		where += ` AND ` + notRecused
	}
	p := Page{Cases: []Case{}}
	err := d.DB.Read(ctx, func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM case_file c WHERE `+where, args...).Scan(&p.Total); err != nil {
			return err
		}
		cases, err := all(ctx, tx, `SELECT `+caseColumns+` FROM case_file c WHERE `+where+
			` AND c.number < $10 ORDER BY c.number DESC LIMIT $11`,
			func(r row) (Case, error) {
				c, err := scanCase(r)
				if err != nil {
					return Case{}, err
				}
				// A list tells that a case is there; what stands in it is read with Case, which logs it.
				c.Trigger, c.Triage, c.Dossier = Trigger{Kind: c.Trigger.Kind}, Triage{}, Dossier{}
				return *c, nil
			}, append(args, before, q.Limit+1)...)
		if err != nil {
			return err
		}
		if len(cases) > q.Limit {
			cases = cases[:q.Limit]
			var n int64
			fmt.Sscanf(string(cases[q.Limit-1].ID), "C-%d", &n)
			p.Next = base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "case %d", n))
		}
		for i := range cases {
			id := string(cases[i].ID)
			var out bool
			err := tx.QueryRowContext(ctx,
				`SELECT EXISTS (SELECT 1 FROM interest WHERE case_id = $1 AND actor = $2 AND recused = TRUE)`, id,
				by.ID).Scan(&out)
			if err != nil {
				return err
			}
			if out {
				cases[i] = Case{ID: cases[i].ID, Title: steppedBack, Restricted: cases[i].Restricted,
					Labels: []string{}, Clocks: []Clock{}}
				continue
			}
			if cases[i].Labels, err = words(ctx, tx, `SELECT label FROM case_label WHERE case_id = $1 ORDER BY label`,
				id); err != nil {
				return err
			}
			if cases[i].Clocks, err = readClocks(ctx, tx, `WHERE case_id = $1 AND ended = '' ORDER BY due`, id); err != nil {
				return err
			}
		}
		p.Cases = cases
		return nil
	})
	if err != nil {
		return Page{}, fmt.Errorf("list cases: %w", err)
	}
	return p, nil
}

// Pattern makes a LIKE pattern (with ESCAPE '\') that finds a text anywhere in a folded
// column; "" stays "". Words of which folding leaves nothing are found nowhere.
func Pattern(text string) string {
	if strings.TrimSpace(text) == "" {
		return ""
	}
	s := name.Fold(text)
	if s == "" {
		return "\x01"
	}
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s) + "%"
}

// Timeline lists what was known about a party up to a moment (zero: until now), oldest
// first: claims, letters, replies, findings, decisions. Events of restricted cases are
// there for their members only.
func (d *Desk) Timeline(ctx context.Context, by Actor, party string, until time.Time) ([]Event, error) {
	if !by.MayRead() {
		return nil, ErrForbidden
	}
	if until.IsZero() {
		until = d.Now()
	}
	var out []Event
	touched := map[ID]bool{}
	err := d.DB.Read(ctx, func(tx *sql.Tx) (err error) {
		restricted, err := words(ctx, tx,
			`SELECT DISTINCT c.id FROM case_file c JOIN event e ON e.case_id = c.id WHERE e.party = $1 AND c.restricted = TRUE`, party)
		if err != nil {
			return err
		}
		for _, id := range restricted {
			touched[ID(id)] = true
		}
		out, err = all(ctx, tx,
			`SELECT e.seq, e.at, e.actor, e.kind, e.case_id, e.subject, e.party, e.text, e.body FROM event e LEFT JOIN case_file c ON c.id = e.case_id
			WHERE e.party = $3 AND e.at <= $4 AND (c.id IS NULL OR `+seen+` AND `+notRecused+`) ORDER BY e.seq`,
			scanEvent, by.Has(Auditor), by.ID, party, Stamp(until))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read timeline of %s: %w", party, err)
	}
	for _, e := range out {
		if touched[e.Case] {
			delete(touched, e.Case)
			if err := d.logRead(ctx, by, e.Case, "timeline"); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// PartyClaims lists the claims about a party that an actor may see, with their replies.
func (d *Desk) PartyClaims(ctx context.Context, by Actor, party string) (out []Claim, err error) {
	return partyRows(ctx, d, by, party, "claims", func(tx *sql.Tx, where string, args ...any) ([]Claim, error) {
		return readClaims(ctx, tx, where+` ORDER BY added, id`, args...)
	}, func(c Claim) ID { return c.Case })
}

// PartyDecisions lists the decisions about a party that an actor may see.
func (d *Desk) PartyDecisions(ctx context.Context, by Actor, party string) ([]Decision, error) {
	return partyRows(ctx, d, by, party, "decisions", func(tx *sql.Tx, where string, args ...any) ([]Decision, error) {
		return readDecisions(ctx, tx, where+` ORDER BY proposed, id`, args...)
	}, func(x Decision) ID { return x.Case })
}

func partyRows[T any](ctx context.Context, d *Desk, by Actor, party, what string, read func(*sql.Tx, string,
	...any) ([]T, error), of func(T) ID) (out []T, err error) {
	if !by.MayRead() {
		return nil, ErrForbidden
	}
	restricted := map[ID]bool{}
	err = d.DB.Read(ctx, func(tx *sql.Tx) error {
		if out, err = read(tx, `WHERE party = $3 AND case_id IN (SELECT c.id FROM case_file c WHERE `+seen+` AND `+
			notRecused+`)`, by.Has(Auditor), by.ID, party); err != nil {
			return err
		}
		for _, x := range out {
			var r bool
			if err := tx.QueryRowContext(ctx, `SELECT restricted FROM case_file WHERE id = $1`, string(of(x))).Scan(&r); err != nil {
				return err
			}
			if r {
				restricted[of(x)] = true
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read %s about %s: %w", what, party, err)
	}
	for id := range restricted {
		if err := d.logRead(ctx, by, id, what); err != nil {
			return nil, err
		}
	}
	return out, nil
}
