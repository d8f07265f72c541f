package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/casefile"
)

// A Session is one sign-in in a browser.
type Session struct {
	Key     string    `json:"key"` // names the session to end it; not the secret
	Person  string    `json:"person"`
	How     string    `json:"how"` // link | oidc
	Created time.Time `json:"created"`
	Seen    time.Time `json:"seen"`
	Expires time.Time `json:"expires"`
	// Factor is the second factor that the session was confirmed with last, in words, and FactorAt when.
	Factor   string    `json:"factor,omitempty"`
	FactorAt time.Time `json:"factor_at,omitzero"`
}

// seenStep is how often a session's last use is written down at most.
const seenStep = time.Minute

// NewSession signs a person in and returns the secret for the cookie. Only its hash is kept.
func (s *Store) NewSession(ctx context.Context, person, how string, ttl time.Duration) (string, error) {
	key := secret(32)
	now := s.now()
	err := s.Write(ctx, func(tx *sql.Tx) error {
		p, err := s.person(ctx, tx, `WHERE p.id = $1`, person)
		if err != nil {
			return err
		}
		if p.Disabled {
			return ErrSignIn
		}
		err = s.writing(ctx, tx, "session", person, casefile.Row(digest(key)),
			`INSERT INTO session (hash, person, how, created, seen, expires) VALUES ($1, $2, $3, $4, $4, $5)`,
			digest(key), person, how, casefile.Stamp(now), casefile.Stamp(now.Add(ttl)))
		if err != nil {
			return err
		}
		return s.note(ctx, tx, person, casefile.EventSignedIn, person, p.Name+" signed in ("+how+")")
	})
	if err != nil {
		return "", fmt.Errorf("sign in %s: %w", person, err)
	}
	return key, nil
}

// BySession finds who a cookie belongs to. Roles are read each time, so that a change takes
// effect at the next request, on every server.
func (s *Store) BySession(ctx context.Context, key string) (Person, Session, error) {
	var p Person
	var x Session
	err := s.Read(ctx, func(tx *sql.Tx) (err error) {
		var created, seen, expires, confirmed string
		err = tx.QueryRowContext(ctx, `SELECT hash, person, how, created, seen, expires, factor, factor_at FROM session
			WHERE hash = $1 AND expires > $2`, digest(key), casefile.Stamp(s.now())).
			Scan(&x.Key, &x.Person, &x.How, &created, &seen, &expires, &x.Factor, &confirmed)
		if err != nil {
			return err
		}
		x.Created, x.Seen, x.Expires, x.FactorAt = casefile.When(created), casefile.When(seen), casefile.When(expires),
			casefile.When(confirmed)
		if holds, err := s.holds(ctx, tx, "session", `hash = $1`, x.Key); err != nil || !holds {
			return cmp.Or(err, ErrSignIn)
		}
		p, err = s.active(ctx, tx, `WHERE p.id = $1`, x.Person)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) || errors.Is(err, ErrNoPerson) || errors.Is(err, ErrSignIn) {
		return Person{}, Session{}, ErrSignIn
	}
	if err != nil {
		return Person{}, Session{}, fmt.Errorf("read session: %w", err)
	}
	if now := s.now(); now.Sub(x.Seen) > seenStep {
		err := s.Write(ctx, func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE session SET seen = $2 WHERE hash = $1`, x.Key, casefile.Stamp(now))
			return err
		})
		if err != nil {
			return Person{}, Session{}, fmt.Errorf("note use of session: %w", err)
		}
	}
	return p, x, nil
}

// Sessions lists a person's running sessions.
func (s *Store) Sessions(ctx context.Context, person string) (out []Session, err error) {
	err = s.Read(ctx, func(tx *sql.Tx) error {
		out = []Session{}
		rows, err := tx.QueryContext(ctx,
			`SELECT hash, person, how, created, seen, expires FROM session WHERE person = $1 AND expires > $2 ORDER BY created`, person, casefile.Stamp(s.now()))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var x Session
			var created, seen, expires string
			if err := rows.Scan(&x.Key, &x.Person, &x.How, &created, &seen, &expires); err != nil {
				return err
			}
			x.Created, x.Seen, x.Expires = casefile.When(created), casefile.When(seen), casefile.When(expires)
			out = append(out, x)
		}
		return rows.Err()
	})
	return out, err
}

// EndSession ends the session of a cookie's secret.
func (s *Store) EndSession(ctx context.Context, key string) error {
	return s.RevokeSession(ctx, digest(key))
}

// RevokeSession ends a session by its key; a key that is unknown is no error.
func (s *Store) RevokeSession(ctx context.Context, hash string) error {
	return s.Write(ctx, func(tx *sql.Tx) error {
		now := casefile.Stamp(s.now())
		return s.writing(ctx, tx, "session", "", casefile.Where(`hash = $1 OR expires <= $2`, hash, now),
			`DELETE FROM session WHERE hash = $1 OR expires <= $2`, hash, now)
	})
}

// EndSessionOf ends a session of a person for somebody else, and notes it.
func (s *Store) EndSessionOf(ctx context.Context, by, person, hash string) error {
	return s.Write(ctx, func(tx *sql.Tx) error {
		var n int64
		err := s.holding(ctx, tx, "session", by, casefile.Where(`hash = $1 AND person = $2`, hash, person),
			func() error {
				r, err := tx.ExecContext(ctx, `DELETE FROM session WHERE hash = $1 AND person = $2`, hash, person)
				if err == nil {
					n, err = r.RowsAffected()
				}
				return err
			})
		if err != nil {
			return fmt.Errorf("end session: %w", err)
		}
		if n == 0 {
			return nil
		}
		return s.note(ctx, tx, by, casefile.EventSessionEnded, person, "A session of "+person+" was ended")
	})
}

// RevokeAll ends every session and token of a person.
func (s *Store) RevokeAll(ctx context.Context, by, person string) error {
	return s.Write(ctx, func(tx *sql.Tx) error {
		if err := s.revokeAll(ctx, tx, by, person); err != nil {
			return err
		}
		return s.note(ctx, tx, by, casefile.EventSessionsRevoked, person,
			"Every session and token of "+person+" was ended")
	})
}

// A Token lets a program act for a person within scopes. A program never decides.
type Token struct {
	ID      string    `json:"id"`
	Person  string    `json:"person"`
	Name    string    `json:"name"`
	Scopes  []string  `json:"scopes"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
	Used    time.Time `json:"used,omitzero"`
	Revoked time.Time `json:"revoked,omitzero"`
}

// Scopes lists what a token can be allowed.
var Scopes = []string{"read", "write", "import", "people"}

// Has reports whether the token has a scope.
func (t Token) Has(scope string) bool { return slices.Contains(t.Scopes, scope) }

// ErrToken says what a new token lacks.
var ErrToken = errors.New("a token needs a name, at least one scope (read, write, import, people) and an end within " +
	"a year")

// tokenPrefix makes a leaked token easy to find by scanners.
const tokenPrefix = "plimsoll_"

// NewToken makes a token for its owner and returns its secret, which is shown once. A request
// that is repeated with its idempotency key gives the same token a new secret, and the
// earlier secret ends: only its hash was kept.
func (s *Store) NewToken(ctx context.Context, by casefile.Actor, name string, scopes []string, expires time.Time) (
	string, Token, error) {
	now, person := s.now(), by.ID
	print, err := casefile.Fingerprint("make token", "", []any{name, scopes, expires.Sub(now).Round(time.Hour)})
	if err != nil {
		return "", Token{}, err
	}
	bad := strings.TrimSpace(name) == "" || len(scopes) == 0 || !expires.After(now) ||
		expires.After(now.AddDate(1, 0, 1))
	for _, x := range scopes {
		bad = bad || !slices.Contains(Scopes, x)
	}
	if bad {
		return "", Token{}, ErrToken
	}
	key := tokenPrefix + secret(32)
	t := Token{ID: "t-" + digest(key)[:12], Person: person, Name: name, Scopes: scopes, Created: now,
		Expires: expires.UTC().Truncate(time.Microsecond)}
	err = s.Write(ctx, func(tx *sql.Tx) error {
		had, again, err := casefile.Repeated(ctx, tx, by, "make token", print, now)
		if err != nil {
			return err
		}
		if again {
			err := s.holding(ctx, tx, "token", person, casefile.Row(had), func() error {
				r, err := tx.ExecContext(ctx, `UPDATE token SET hash = $2 WHERE id = $1 AND revoked = ''`, had,
					digest(key))
				if err != nil {
					return err
				}
				if n, _ := r.RowsAffected(); n == 0 {
					return casefile.ErrReused // what it made was ended since
				}
				return nil
			})
			if err != nil {
				return err
			}
			t, err = scanToken(tx.QueryRowContext(ctx, `SELECT `+tokenColumns+` FROM token WHERE id = $1`, had))
			return err
		}
		err = s.writing(ctx, tx, "token", person, casefile.Row(t.ID),
			`INSERT INTO token (id, hash, person, name, scopes, created, expires, used, revoked) VALUES ($1, $2, $3, $4, $5, $6, $7, '', '')`,
			t.ID, digest(key), person, name, strings.Join(scopes, " "), casefile.Stamp(now), casefile.Stamp(t.Expires))
		if err != nil {
			return err
		}
		if err := casefile.Answered(ctx, tx, by, t.ID); err != nil {
			return err
		}
		return s.note(ctx, tx, person, casefile.EventTokenMade, t.ID, fmt.Sprintf("Token %q for %s until %s", name,
			strings.Join(scopes, ", "), t.Expires.Format(time.DateOnly)))
	})
	if err != nil {
		return "", Token{}, fmt.Errorf("make token: %w", err)
	}
	return key, t, nil
}

const tokenColumns = `id, person, name, scopes, created, expires, used, revoked`

func scanToken(r interface{ Scan(...any) error }) (t Token, err error) {
	var scopes, created, expires, used, revoked string
	err = r.Scan(&t.ID, &t.Person, &t.Name, &scopes, &created, &expires, &used, &revoked)
	t.Scopes = strings.Fields(scopes)
	t.Created, t.Expires, t.Used, t.Revoked = casefile.When(created), casefile.When(expires), casefile.When(used),
		casefile.When(revoked)
	return t, err
}

// ByToken finds who a token acts for. The actor it gives is a program.
func (s *Store) ByToken(ctx context.Context, key string) (casefile.Actor, Token, error) {
	var t Token
	var p Person
	now := s.now()
	err := s.Read(ctx, func(tx *sql.Tx) (err error) {
		t, err = scanToken(tx.QueryRowContext(ctx, `SELECT `+tokenColumns+
			` FROM token WHERE hash = $1 AND revoked = '' AND expires > $2`, digest(key), casefile.Stamp(now)))
		if err != nil {
			return err
		}
		if holds, err := s.holds(ctx, tx, "token", `id = $1`, t.ID); err != nil || !holds {
			return cmp.Or(err, ErrNoPerson)
		}
		p, err = s.active(ctx, tx, `WHERE p.id = $1`, t.Person)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) || errors.Is(err, ErrNoPerson) {
		return casefile.Actor{}, Token{}, ErrSignIn
	}
	if err != nil {
		return casefile.Actor{}, Token{}, fmt.Errorf("read token: %w", err)
	}
	if now.Sub(t.Used) > seenStep {
		err := s.Write(ctx, func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE token SET used = $2 WHERE id = $1`, t.ID, casefile.Stamp(now))
			return err
		})
		if err != nil {
			return casefile.Actor{}, Token{}, fmt.Errorf("note use of token: %w", err)
		}
	}
	a := p.Actor()
	a.Program = true
	return a, t, nil
}

// Tokens lists a person's tokens, ended ones too; of everybody when person is "".
func (s *Store) Tokens(ctx context.Context, person string) (out []Token, err error) {
	err = s.Read(ctx, func(tx *sql.Tx) error {
		out = []Token{}
		rows, err := tx.QueryContext(ctx, `SELECT `+tokenColumns+
			` FROM token WHERE $1 = '' OR person = $1 ORDER BY created, id`, person)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			t, err := scanToken(rows)
			if err != nil {
				return err
			}
			out = append(out, t)
		}
		return rows.Err()
	})
	return out, err
}

// RevokeToken ends a token. person, when set, has to be its owner.
func (s *Store) RevokeToken(ctx context.Context, by, person, id string) error {
	return s.Write(ctx, func(tx *sql.Tx) error {
		var n int64
		err := s.holding(ctx, tx, "token", by, casefile.Where(`id = $1 AND ($2 = '' OR person = $2) AND revoked = ''`,
			id,
			person).All(), func() error {
			r, err := tx.ExecContext(ctx,
				`UPDATE token SET revoked = $3 WHERE id = $1 AND ($2 = '' OR person = $2) AND revoked = ''`, id, person,
				casefile.Stamp(s.now()))
			if err == nil {
				n, err = r.RowsAffected()
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("revoke token: %w", err)
		}
		if n == 0 {
			return nil
		}
		return s.note(ctx, tx, by, casefile.EventTokenRevoked, id, "Token "+id+" was ended")
	})
}

// FirstLink makes the first person, with every role, and a link by which this person can sign in
// once: on one's own machine one may look at everything, and still cannot approve what one has
// proposed. It returns ErrPeople when somebody is there already.
func (s *Store) FirstLink(ctx context.Context, ttl time.Duration) (key string, p Person, err error) {
	err = s.Write(ctx, func(tx *sql.Tx) error {
		p = Person{ID: "local", Name: "Local user", Roles: casefile.Roles, Created: s.now()}
		n := 0
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM person`).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return ErrPeople
		}
		if s.Pin != nil { // where there were people, their rows were taken out past the program
			if wrong, err := s.Pin.Differ(ctx, tx); err != nil || len(wrong) > 0 {
				return errors.Join(err, ErrPeople)
			}
		}
		// Two servers that start at once: the second one waits here, and finds the row.
		err := s.holding(ctx, tx, "person", "", casefile.Row(p.ID), func() error {
			r, err := tx.ExecContext(ctx,
				`INSERT INTO person (id, name, email, business, disabled, created) VALUES ($1, $2, '', FALSE, FALSE, $3) ON CONFLICT DO NOTHING`,
				p.ID, p.Name, casefile.Stamp(p.Created))
			if err != nil {
				return err
			}
			if n, _ := r.RowsAffected(); n == 0 {
				return ErrPeople
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := s.setRoles(ctx, tx, "", p.ID, p.Roles); err != nil {
			return err
		}
		if err := s.note(ctx, tx, "", casefile.EventPersonAdded, p.ID,
			fmt.Sprintf("%s was added with the roles %s", p.Name,
				roleList(p.Roles))); err != nil {
			return err
		}
		key, _, err = s.newLink(ctx, tx, "", p.ID, ttl)
		return err
	})
	if err != nil {
		return "", Person{}, fmt.Errorf("make the first link: %w", err)
	}
	return key, p, nil
}

// AdminLink makes a one-time link by who holds the machine, and notes that it was made. person ""
// is the first admin; a database without people is given its first one.
func (s *Store) AdminLink(ctx context.Context, person string, ttl time.Duration) (key string, p Person, err error) {
	people, err := s.People(ctx)
	if err != nil {
		return "", Person{}, err
	}
	if len(people) == 0 {
		return s.FirstLink(ctx, ttl)
	}
	i := slices.IndexFunc(people, func(p Person) bool {
		return !p.Disabled && (person == p.ID || person == "" && slices.Contains(p.Roles, casefile.Admin))
	})
	if i < 0 {
		return "", Person{}, fmt.Errorf("make admin link: %w who may sign in", ErrNoPerson)
	}
	p = people[i]
	err = s.Write(ctx, func(tx *sql.Tx) error {
		if key, _, err = s.newLink(ctx, tx, "", p.ID, ttl); err != nil {
			return err
		}
		return s.note(ctx, tx, "", casefile.EventAdminLink, p.ID, "A sign-in link for "+p.Name+
			" was made on the machine of the server")
	})
	if err != nil {
		return "", Person{}, fmt.Errorf("make admin link: %w", err)
	}
	return key, p, nil
}

// NameAdmin makes a person an admin, by who holds the machine, and notes that it was done.
func (s *Store) NameAdmin(ctx context.Context, person string) (p Person, err error) {
	err = s.Write(ctx, func(tx *sql.Tx) error {
		if p, err = s.active(ctx, tx, `WHERE p.id = $1`, person); err != nil {
			return err
		}
		if !slices.Contains(p.Roles, casefile.Admin) {
			p.Roles = append(p.Roles, casefile.Admin)
		}
		if err := s.setRoles(ctx, tx, "", p.ID, p.Roles); err != nil {
			return err
		}
		return s.note(ctx, tx, "", casefile.EventAdminNamed, p.ID,
			p.Name+" was made an admin on the machine of the server")
	})
	if err != nil {
		return Person{}, fmt.Errorf("name admin %s: %w", person, err)
	}
	return p, nil
}

// ErrPeople says that the first link was made already.
var ErrPeople = errors.New("there are people already, and the first link is made once")

// OneHand lists the kinds of event of acts that usually take two people and were done by one.
var OneHand = []casefile.EventKind{casefile.EventAdminLink, casefile.EventAdminNamed, casefile.EventAdminKeys,
	casefile.EventAlone, casefile.EventTakenOver, casefile.EventMended}

// LinkFor makes a one-time link for a person at the start of the program.
func (s *Store) LinkFor(ctx context.Context, person string, ttl time.Duration) (key string, err error) {
	err = s.Write(ctx, func(tx *sql.Tx) error {
		key, _, err = s.newLink(ctx, tx, "", person, ttl)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("make link for %s: %w", person, err)
	}
	return key, nil
}

// NewLink makes a one-time link for a person (a lost sign-in). A request that is repeated
// with its idempotency key ends the link that it made before: of a link only the hash is
// kept, so the same one cannot be shown again; once that one was used, or is over, it is casefile.ErrReused. A link
// for somebody who has signed in before, or who has a deciding role, takes two admins where there are two: the first
// one is given no key, and asks by this that another one makes it. A program makes none.
func (s *Store) NewLink(ctx context.Context, by casefile.Actor, person string, ttl time.Duration) (key string,
	err error) {
	if by.Program {
		return "", casefile.ErrProgram
	}
	print, err := casefile.Fingerprint("make link", casefile.ID(person), nil)
	if err != nil {
		return "", err
	}
	err = s.Write(ctx, func(tx *sql.Tx) error {
		if err := s.manages(ctx, tx, by); err != nil {
			return err
		}
		p, err := s.person(ctx, tx, `WHERE p.id = $1`, person)
		if err != nil {
			return err
		}
		had, again, err := casefile.Repeated(ctx, tx, by, "make link", print, s.now())
		if err != nil {
			return err
		}
		if again {
			err := s.holding(ctx, tx, "start_link", by.ID, casefile.Row(had), func() error {
				r, err := tx.ExecContext(ctx,
					`UPDATE start_link SET used = $2 WHERE hash = $1 AND used = '' AND expires > $2`,
					had, casefile.Stamp(s.now()))
				if err != nil {
					return err
				}
				if n, _ := r.RowsAffected(); n == 0 {
					return casefile.ErrReused // it was used, or is over: what was agreed to then is no other link
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		key = ""
		if two, err := s.linkTakesTwo(ctx, tx, by, p); err != nil {
			return err
		} else if two && !again {
			if done, err := s.secondLink(ctx, tx, by, p); err != nil || !done {
				return err
			}
		}
		var hash string
		if key, hash, err = s.newLink(ctx, tx, by.ID, person, ttl); err != nil {
			return err
		}
		if err := casefile.Answered(ctx, tx, by, hash); err != nil || again {
			return err
		}
		return s.note(ctx, tx, by.ID, casefile.EventLinkMade, person, "A sign-in link for "+p.Name+" was made")
	})
	if err != nil {
		return "", fmt.Errorf("make link for %s: %w", person, err)
	}
	return key, nil
}

// linkTakesTwo reports whether a link for a person takes two admins: of who has signed in, or could decide by it.
func (s *Store) linkTakesTwo(ctx context.Context, tx *sql.Tx, by casefile.Actor, p Person) (bool, error) {
	before, err := hasSignedIn(ctx, tx, p.ID)
	if err != nil || before || !p.Actor().Has(casefile.Deciding...) {
		return before, err
	}
	return otherAdmin(ctx, tx, by.ID)
}

// neverSignedIn refuses to make another link of a repeated request for who has signed in since, or could decide by it.
func (s *Store) neverSignedIn(ctx context.Context, tx *sql.Tx, by casefile.Actor, p Person) error {
	two, err := s.linkTakesTwo(ctx, tx, by, p)
	if err == nil && two {
		err = casefile.ErrReused
	}
	return err
}

// secondLink reports whether another admin asked for a new sign-in of a person before.
func (s *Store) secondLink(ctx context.Context, tx *sql.Tx, by casefile.Actor, p Person) (bool, error) {
	other, err := otherAdmin(ctx, tx, by.ID)
	if err != nil {
		return false, err
	}
	if !other {
		return false, ErrNewSignIn
	}
	_, done, err := s.agreeAdmins(ctx, tx, secondLink, p.ID, "", by.ID, "")
	if err != nil || done {
		return done, err
	}
	return false, s.note(ctx, tx, by.ID, casefile.EventLinkAsked, p.ID, "A new sign-in link for "+p.Name+
		" was asked for; another admin has to make it")
}

func (s *Store) newLink(ctx context.Context, tx *sql.Tx, by, person string, ttl time.Duration) (key, hash string,
	err error) {
	key, now := secret(32), s.now()
	hash = digest(key)
	err = s.writing(ctx, tx, "start_link", by, casefile.Row(hash),
		`INSERT INTO start_link (hash, person, created, expires, used) VALUES ($1, $2, $3, $4, '')`,
		hash, person, casefile.Stamp(now), casefile.Stamp(now.Add(ttl)))
	return key, hash, err
}

// UseLink signs in by a link, which works once, whatever number of servers are asked.
func (s *Store) UseLink(ctx context.Context, key string) (p Person, err error) {
	var there bool // looked up first: guesses must not hold up those who write
	err = s.Read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM start_link WHERE hash = $1 AND used = '')`,
			digest(key)).Scan(&there)
	})
	if err == nil && !there {
		err = ErrSignIn
	}
	if err != nil {
		return Person{}, err
	}
	err = s.Write(ctx, func(tx *sql.Tx) error {
		now := casefile.Stamp(s.now())
		var person string
		if holds, err := s.holds(ctx, tx, "start_link", `hash = $1`, digest(key)); err != nil || !holds {
			return cmp.Or(err, ErrSignIn)
		}
		err := s.holding(ctx, tx, "start_link", "", casefile.Row(digest(key)), func() error {
			return tx.QueryRowContext(ctx,
				`UPDATE start_link SET used = $2 WHERE hash = $1 AND used = '' AND expires > $2 RETURNING person`,
				digest(key), now).Scan(&person)
		})
		if errors.Is(err, sql.ErrNoRows) {
			return ErrSignIn
		}
		if err != nil {
			return err
		}
		p, err = s.active(ctx, tx, `WHERE p.id = $1`, person)
		return err
	})
	if err != nil {
		return Person{}, err
	}
	return p, nil
}
