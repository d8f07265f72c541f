package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"plimsoll/internal/casefile"
)

// A SecurityKey is an authenticator that a person enrolled (WebAuthn), for a second factor.
type SecurityKey struct {
	ID      string    `json:"id"` // the credential's, in base64url
	Person  string    `json:"person"`
	Name    string    `json:"name"`
	Body    string    `json:"-"` // the credential record as JSON
	Created time.Time `json:"created"`
	Used    time.Time `json:"used,omitzero"`
}

// What may be wrong with a second factor.
var (
	ErrFlow     = errors.New("this was not begun here, was answered already, or took too long; try again")
	ErrKeyTaken = errors.New("this security key is enrolled already")
)

// maxKeys is how many security keys a person may enrol.
const maxKeys = 10

// ErrManyKeys refuses one more key.
var ErrManyKeys = fmt.Errorf("a person may enrol %d security keys; remove one first", maxKeys)

const keyColumns = `id, person, name, body, created, used`

// SecurityKeys lists the keys of a person, in the order in which they were enrolled.
func (s *Store) SecurityKeys(ctx context.Context, person string) (out []SecurityKey, err error) {
	err = s.Read(ctx, func(tx *sql.Tx) error {
		out = []SecurityKey{}
		holds, err := s.held(ctx, tx, "security_key", `person = $1`, person)
		if err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, `SELECT `+keyColumns+
			` FROM security_key WHERE person = $1 ORDER BY created, id`, person)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var k SecurityKey
			var created, used string
			if err := rows.Scan(&k.ID, &k.Person, &k.Name, &k.Body, &created, &used); err != nil {
				return err
			}
			k.Created, k.Used = casefile.When(created), casefile.When(used)
			if holds(k.ID) {
				out = append(out, k)
			}
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list security keys: %w", err)
	}
	return out, nil
}

// HasKey reports whether a person has enrolled a security key, also one that was taken out of the database past the
// program: by that nobody is let off a second factor.
func (s *Store) HasKey(ctx context.Context, person string) (yes bool, err error) {
	keys, err := s.SecurityKeys(ctx, person)
	if err != nil || len(keys) > 0 || s.Pin == nil {
		return len(keys) > 0, err
	}
	err = s.Read(ctx, func(tx *sql.Tx) error {
		yes, err = s.Pin.Lost(ctx, tx, casefile.Pinned("security_key"), "person", person)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("look for security keys: %w", err)
	}
	return yes, nil
}

// EnrolKey adds a key of a person, who enrols it.
func (s *Store) EnrolKey(ctx context.Context, k SecurityKey) error {
	err := s.Write(ctx, func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM security_key WHERE person = $1`, k.Person).Scan(&n); err != nil {
			return err
		}
		if n >= maxKeys {
			return ErrManyKeys
		}
		err := s.holding(ctx, tx, "security_key", k.Person, casefile.Row(k.ID), func() error {
			r, err := tx.ExecContext(ctx,
				`INSERT INTO security_key (id, person, name, body, created, used) VALUES ($1, $2, $3, $4, $5, '') ON CONFLICT DO NOTHING`,
				k.ID, k.Person, k.Name, k.Body, casefile.Stamp(s.now()))
			if err != nil {
				return err
			}
			if n, _ := r.RowsAffected(); n == 0 {
				return ErrKeyTaken
			}
			return nil
		})
		if err != nil {
			return err
		}
		return s.note(ctx, tx, k.Person, casefile.EventKeyEnrolled, k.Person,
			fmt.Sprintf("A security key %q was enrolled",
				k.Name))
	})
	if err != nil {
		return fmt.Errorf("enrol a security key: %w", err)
	}
	return nil
}

// UseKey keeps what a key counted when it was used, and notes that a session was confirmed with it.
// how is what decisions record of it.
func (s *Store) UseKey(ctx context.Context, session string, k SecurityKey, how string) error {
	err := s.Write(ctx, func(tx *sql.Tx) error {
		err := s.writing(ctx, tx, "security_key", k.Person, casefile.Where(`id = $1 AND person = $2`, k.ID, k.Person),
			`UPDATE security_key SET body = $3, used = $4 WHERE id = $1 AND person = $2`,
			k.ID, k.Person, k.Body, casefile.Stamp(s.now()))
		if err != nil {
			return err
		}
		return s.confirm(ctx, tx, session, how)
	})
	if err != nil {
		return fmt.Errorf("confirm a session: %w", err)
	}
	return nil
}

// ConfirmSession notes that the session of a cookie's secret was confirmed with a second factor.
func (s *Store) ConfirmSession(ctx context.Context, key, how string) error {
	return s.Write(ctx, func(tx *sql.Tx) error { return s.confirm(ctx, tx, digest(key), how) })
}

func (s *Store) confirm(ctx context.Context, tx *sql.Tx, session, how string) error {
	return s.writing(ctx, tx, "session", "", casefile.Where(`hash = $1`, session),
		`UPDATE session SET factor = $2, factor_at = $3 WHERE hash = $1`, session, how, casefile.Stamp(s.now()))
}

// RemoveKey takes one of a person's own keys away. All sessions of the person are no longer confirmed.
func (s *Store) RemoveKey(ctx context.Context, person, id string) error {
	err := s.Write(ctx, func(tx *sql.Tx) error {
		var name string
		err := s.holding(ctx, tx, "security_key", person, casefile.Where(`id = $1 AND person = $2`, id, person),
			func() error {
				return tx.QueryRowContext(ctx, `DELETE FROM security_key WHERE id = $1 AND person = $2 RETURNING name`,
					id, person).Scan(&name)
			})
		if errors.Is(err, sql.ErrNoRows) {
			return casefile.ErrNotFound
		}
		if err != nil {
			return err
		}
		if err := s.writing(ctx, tx, "session", person, casefile.Where(`person = $1`, person),
			`UPDATE session SET factor = '', factor_at = '' WHERE person = $1`, person); err != nil {
			return err
		}
		return s.note(ctx, tx, person, casefile.EventKeyRemoved, person,
			fmt.Sprintf("The security key %q was removed", name))
	})
	if err != nil {
		return fmt.Errorf("remove a security key: %w", err)
	}
	return nil
}

// ResetKeys takes all keys of a person away, who lost them. It takes two admins: done is false while it waits for
// the second one. by.ID "" is who holds the machine of the server.
func (s *Store) ResetKeys(ctx context.Context, by casefile.Actor, person string) (done bool, err error) {
	if by.Program {
		return false, casefile.ErrProgram
	}
	if by.ID == person {
		return false, ErrOwnKeys
	}
	err = s.Write(ctx, func(tx *sql.Tx) error {
		done = false
		if err := s.manages(ctx, tx, by); err != nil {
			return err
		}
		p, err := s.person(ctx, tx, `WHERE p.id = $1`, person)
		if err != nil {
			return err
		}
		kind := casefile.EventAdminKeys
		if by.ID != "" {
			kind = casefile.EventKeysReset
			other, err := otherAdmin(ctx, tx, by.ID)
			if err != nil {
				return err
			}
			if !other {
				return ErrNewSignIn
			}
			if _, done, err = s.agreeAdmins(ctx, tx, secondKeys, person, "", by.ID, ""); err != nil {
				return err
			}
			if !done {
				return s.note(ctx, tx, by.ID, casefile.EventKeysAsked, person, "That the security keys of "+p.Name+
					" be removed was asked for; another admin has to agree")
			}
		}
		if err := s.writing(ctx, tx, "security_key", by.ID, casefile.Where(`person = $1`, person),
			`DELETE FROM security_key WHERE person = $1`, person); err != nil {
			return err
		}
		if err := s.revokeAll(ctx, tx, by.ID, person); err != nil {
			return err
		}
		done = true
		return s.note(ctx, tx, by.ID, kind, person, "All security keys of "+p.Name+
			" were removed, and every session and token ended")
	})
	if err != nil {
		return false, fmt.Errorf("remove the security keys of %s: %w", person, err)
	}
	return done, nil
}

// BeginFlow keeps what a session's browser was asked, for one answer within ttl.
func (s *Store) BeginFlow(ctx context.Context, session, kind, body string, ttl time.Duration) error {
	return s.Write(ctx, func(tx *sql.Tx) error {
		now := s.now()
		if _, err := tx.ExecContext(ctx, `DELETE FROM factor_flow WHERE expires < $1`, casefile.Stamp(now)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO factor_flow (session, kind, body, expires) VALUES ($1, $2, $3, $4)
			ON CONFLICT (session) DO UPDATE SET kind = excluded.kind, body = excluded.body, expires = excluded.expires`,
			session, kind, body, casefile.Stamp(now.Add(ttl)))
		return err
	})
}

// EndFlow gives what a session's browser was asked, once.
func (s *Store) EndFlow(ctx context.Context, session, kind string) (body string, err error) {
	err = s.Write(ctx, func(tx *sql.Tx) error {
		var expires string
		err := tx.QueryRowContext(ctx,
			`DELETE FROM factor_flow WHERE session = $1 AND kind = $2 RETURNING body, expires`, session,
			kind).Scan(&body, &expires)
		if errors.Is(err, sql.ErrNoRows) || err == nil && expires < casefile.Stamp(s.now()) {
			body = ""
			return nil // kept: it is over
		}
		return err
	})
	if err == nil && body == "" {
		err = ErrFlow
	}
	return body, err
}
