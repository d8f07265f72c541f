package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/casefile"
)

// What can be wrong with a sign-in or a person.
var (
	ErrNoPerson = errors.New("there is no such person")
	ErrSignIn   = errors.New("this sign-in is not valid any more; sign in again")
	ErrRole     = errors.New("there is no such role")
	ErrLastHand = errors.New("the last administrator cannot be removed")
	ErrChanged  = errors.New("the database says something else about people than the record does (the health page " +
		"says what), so nothing about people is changed here; on the machine of the server, plimsoll admin mend puts " +
		"back what the record says")
)

// A Person may sign in.
type Person struct {
	ID       string          `json:"id"`
	Name     string          `json:"name"`
	Email    string          `json:"email"`
	Roles    []casefile.Role `json:"roles"`
	Business bool            `json:"business"` // belongs to the business line
	Disabled bool            `json:"disabled"`
	Created  time.Time       `json:"created"`
	Waits    []casefile.Role `json:"waits,omitempty"` // roles that were asked for and wait for a second admin
	Stays    bool            `json:"stays,omitempty"` // admin until a second admin agrees to take the role away
	// Changed says that the database says something else of the person than the record does: then the account counts
	// as closed, or roles that were put in count as not there.
	Changed bool `json:"changed,omitempty"`
}

// Actor is the person as somebody who acts on cases.
func (p Person) Actor() casefile.Actor {
	return casefile.Actor{ID: p.ID, Name: p.Name, Roles: p.Roles, Business: p.Business}
}

// Current reads what an actor may do at the moment of a transaction: of the roles that came with the request those that
// the person still has. Of somebody who is not there or whose account is closed it is ErrForbidden.
func (s *Store) Current(ctx context.Context, tx *sql.Tx, by casefile.Actor) (casefile.Actor, error) {
	p, err := s.active(ctx, tx, `WHERE p.id = $1`, by.ID)
	if errors.Is(err, ErrNoPerson) {
		return by, casefile.ErrForbidden
	}
	if err != nil {
		return by, err
	}
	by.Business = p.Business
	lost := func(r casefile.Role) bool { return !slices.Contains(p.Roles, r) }
	by.Roles = slices.DeleteFunc(slices.Clone(by.Roles), lost)
	return by, nil
}

// manages refuses whoever is no admin any more at the moment of a transaction; "" is the program's own start.
func (s *Store) manages(ctx context.Context, tx *sql.Tx, by casefile.Actor) error {
	if by.ID == "" {
		return nil
	}
	now, err := s.Current(ctx, tx, by)
	if err == nil && !now.Has(casefile.Admin) {
		err = casefile.ErrForbidden
	}
	if err == nil && s.Pin != nil {
		var wrong []string
		if wrong, err = s.Pin.Differ(ctx, tx); err == nil && len(wrong) > 0 {
			err = ErrChanged
		}
	}
	return err
}

// CreatePerson adds a person; an empty id is chosen. by is who does it, "" the program's own
// start.
func (s *Store) CreatePerson(ctx context.Context, by string, p Person) (Person, error) {
	if p.ID == "" {
		p.ID = "p-" + digest(secret(16))[:10]
	}
	if strings.TrimSpace(p.Name) == "" {
		p.Name = p.ID
	}
	p.Created = s.now()
	err := s.Write(ctx, func(tx *sql.Tx) error { return s.createPerson(ctx, tx, by, p) })
	if err != nil {
		return Person{}, fmt.Errorf("add person %s: %w", p.ID, err)
	}
	return p, nil
}

// AddPerson adds a person with a one-time link to sign in; a program that adds one is given no
// link. Deciding roles take two admins where there are two, see Person.Waits. An idempotency key of the actor
// keeps the person from being added twice; the link is a new one each time, since only its
// hash is kept, and the earlier one ends.
func (s *Store) AddPerson(ctx context.Context, by casefile.Actor, p Person, ttl time.Duration) (Person, string, error) {
	print, err := casefile.Fingerprint("add person", "", []any{p.Name, p.Email, p.Roles, p.Business})
	if err != nil {
		return Person{}, "", err
	}
	p.ID, p.Created = "p-"+digest(secret(16))[:10], s.now()
	if strings.TrimSpace(p.Name) == "" {
		p.Name = p.ID
	}
	var key string
	var out Person
	err = s.Write(ctx, func(tx *sql.Tx) error {
		if err := s.manages(ctx, tx, by); err != nil {
			return err
		}
		had, again, err := casefile.Repeated(ctx, tx, by, "add person", print, s.now())
		if err != nil {
			return err
		}
		if again {
			if p, err = s.person(ctx, tx, `WHERE p.id = $1`, had); err != nil {
				return err
			}
			if err := s.neverSignedIn(ctx, tx, by, p); err != nil {
				return err
			}
			if err := s.writing(ctx, tx, "start_link", by.ID, casefile.Where(`person = $1 AND used = ''`, p.ID),
				`UPDATE start_link SET used = $2 WHERE person = $1 AND used = ''`, p.ID,
				casefile.Stamp(s.now())); err != nil {
				return err
			}
		} else {
			q := p
			if q.Roles, q.Waits, err = s.grantable(ctx, tx, by, p, nil); err != nil {
				return err
			}
			if err := s.createPerson(ctx, tx, by.ID, q); err != nil {
				return err
			}
			out = q
		}
		if !by.Program {
			if key, _, err = s.newLink(ctx, tx, by.ID, p.ID, ttl); err != nil {
				return err
			}
		}
		if again {
			out = p
			return nil
		}
		return casefile.Answered(ctx, tx, by, p.ID)
	})
	if err != nil {
		return Person{}, "", fmt.Errorf("add person: %w", err)
	}
	return out, key, nil
}

func (s *Store) createPerson(ctx context.Context, tx *sql.Tx, by string, p Person) error {
	err := s.writing(ctx, tx, "person", by, casefile.Row(p.ID),
		`INSERT INTO person (id, name, email, business, disabled, created) VALUES ($1, $2, $3, $4, FALSE, $5)`,
		p.ID, p.Name, p.Email, p.Business, casefile.Stamp(p.Created))
	if err != nil {
		return err
	}
	if err := s.setRoles(ctx, tx, by, p.ID, p.Roles); err != nil {
		return err
	}
	return s.note(ctx, tx, by, casefile.EventPersonAdded, p.ID, fmt.Sprintf("%s was added with the roles %s", p.Name,
		roleList(p.Roles)))
}

func roleList(roles []casefile.Role) string {
	if len(roles) == 0 {
		return "none"
	}
	out := make([]string, len(roles))
	for i, r := range roles {
		out[i] = string(r)
	}
	return strings.Join(out, ", ")
}

func (s *Store) setRoles(ctx context.Context, tx *sql.Tx, by, id string, roles []casefile.Role) error {
	return s.holding(ctx, tx, "person_role", by, casefile.Where(`person = $1`, id).All(), func() error {
		return writeRoles(ctx, tx, id, roles)
	})
}

func writeRoles(ctx context.Context, tx *sql.Tx, id string, roles []casefile.Role) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM person_role WHERE person = $1`, id); err != nil {
		return err
	}
	for _, r := range roles {
		if !slices.Contains(casefile.Roles, r) {
			return fmt.Errorf("%w: %q", ErrRole, r)
		}
		if _, err := tx.ExecContext(ctx,
			`INSERT INTO person_role (person, role) VALUES ($1, $2) ON CONFLICT DO NOTHING`, id, string(r)); err != nil {
			return err
		}
	}
	return nil
}

// SetPerson changes name, roles, business line and whether the person may sign in, and returns the
// person as it is then. It takes effect at once: a disabled person's sessions and tokens end.
// Nobody changes their own roles; a new deciding role takes two admins where there are two, see
// Person.Waits, and is given by no program. Taking the role of admin from somebody who has signed in takes two as
// well; to close the account does not.
func (s *Store) SetPerson(ctx context.Context, by casefile.Actor, p Person) (Person, error) {
	wanted := p.Roles
	err := s.Write(ctx, func(tx *sql.Tx) error {
		p.Roles, p.Waits, p.Stays = wanted, nil, false
		if err := s.manages(ctx, tx, by); err != nil {
			return err
		}
		had, err := s.person(ctx, tx, `WHERE p.id = $1`, p.ID)
		if err != nil {
			return err
		}
		if p.ID == by.ID && !sameRoles(had.Roles, p.Roles) {
			return ErrOwnRoles
		}
		if p.Roles, p.Waits, err = s.grantable(ctx, tx, by, p, had.Roles); err != nil {
			return err
		}
		switch err := s.keepsAdmin(ctx, tx, by, p, had); {
		case errors.Is(err, errWaits):
			p.Roles, p.Stays = append(p.Roles, casefile.Admin), true
		case err != nil:
			return err
		}
		if err := s.writing(ctx, tx, "person", by.ID, casefile.Row(p.ID),
			`UPDATE person SET name = $2, email = $3, business = $4, disabled = $5 WHERE id = $1`, p.ID, p.Name,
			p.Email, p.Business, p.Disabled); err != nil {
			return err
		}
		if err := s.setRoles(ctx, tx, by.ID, p.ID, p.Roles); err != nil {
			return err
		}
		var admins int
		err = tx.QueryRowContext(ctx,
			`SELECT count(*) FROM person p JOIN person_role r ON r.person = p.id WHERE r.role = 'admin' AND p.disabled = FALSE`).Scan(&admins)
		if err != nil {
			return err
		}
		if admins == 0 {
			return ErrLastHand
		}
		text := fmt.Sprintf("%s has the roles %s", p.Name, roleList(p.Roles))
		if p.Disabled {
			text = p.Name + " may not sign in any more"
			if err := s.revokeAll(ctx, tx, by.ID, p.ID); err != nil {
				return err
			}
		}
		return s.note(ctx, tx, by.ID, casefile.EventPersonChanged, p.ID, text)
	})
	if err != nil {
		return Person{}, fmt.Errorf("change person %s: %w", p.ID, err)
	}
	return p, nil
}

func sameRoles(a, b []casefile.Role) bool {
	for _, r := range casefile.Roles {
		if slices.Contains(a, r) != slices.Contains(b, r) {
			return false
		}
	}
	return true
}

func (s *Store) revokeAll(ctx context.Context, tx *sql.Tx, by, person string) error {
	if err := s.writing(ctx, tx, "session", by, casefile.Where(`person = $1`, person),
		`DELETE FROM session WHERE person = $1`, person); err != nil {
		return err
	}
	return s.holding(ctx, tx, "token", by, casefile.Where(`person = $1 AND revoked = ''`, person).All(), func() error {
		_, err := tx.ExecContext(ctx, `UPDATE token SET revoked = $2 WHERE person = $1 AND revoked = ''`, person,
			casefile.Stamp(s.now()))
		return err
	})
}

// note writes an event about people, runs or settings.
func (s *Store) note(ctx context.Context, tx *sql.Tx, by string, kind casefile.EventKind, subject,
	text string) error {
	return s.noteBody(ctx, tx, casefile.Event{Actor: by, Kind: kind, Subject: casefile.ID(subject), Text: text})
}

// noteBody writes an event that is of no case.
func (s *Store) noteBody(ctx context.Context, tx *sql.Tx, e casefile.Event) error {
	e, err := e.Filed()
	if err != nil {
		return err
	}
	e.At = s.now()
	err = tx.QueryRowContext(ctx,
		`INSERT INTO event (at, actor, kind, case_id, subject, party, text, body) VALUES ($1, $2, $3, '', $4, '', $5, $6) RETURNING seq`,
		casefile.Stamp(e.At), e.Actor, string(e.Kind), string(e.Subject), e.Text, e.Body).Scan(&e.Seq)
	if err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	if s.Follow != nil {
		return s.Follow(ctx, tx, e)
	}
	return nil
}

func (s *Store) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }

const personColumns = `p.id, p.name, p.email, p.business, p.disabled, p.created`

func (s *Store) person(ctx context.Context, tx *sql.Tx, where string, args ...any) (Person, error) {
	var p Person
	var created string
	err := tx.QueryRowContext(ctx, `SELECT `+personColumns+` FROM person p `+where, args...).Scan(&p.ID, &p.Name,
		&p.Email, &p.Business, &p.Disabled, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return p, ErrNoPerson
	}
	if err != nil {
		return p, err
	}
	p.Created = casefile.When(created)
	return p, s.roles(ctx, tx, &p)
}

// active reads a person whose account is open.
func (s *Store) active(ctx context.Context, tx *sql.Tx, where string, args ...any) (Person, error) {
	p, err := s.person(ctx, tx, where, args...)
	if err == nil && p.Disabled {
		return Person{}, ErrNoPerson
	}
	return p, err
}

// roles fills in the roles of a person: those that the ledger holds.
func (s *Store) roles(ctx context.Context, tx *sql.Tx, p *Person) error {
	p.Roles = []casefile.Role{}
	known, err := s.holds(ctx, tx, "person", `id = $1`, p.ID)
	if err != nil {
		return err
	}
	if !known {
		p.Changed, p.Disabled = true, true
		return nil
	}
	holds, err := s.held(ctx, tx, "person_role", `person = $1`, p.ID)
	if err != nil {
		return err
	}
	rows, err := tx.QueryContext(ctx, `SELECT pin, role FROM person_role WHERE person = $1`, p.ID)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var r casefile.Role
		var pin string
		if err := rows.Scan(&pin, &r); err != nil {
			return err
		}
		if !holds(pin) {
			p.Changed = true
			continue
		}
		p.Roles = append(p.Roles, r)
	}
	slices.SortFunc(p.Roles, func(a, b casefile.Role) int {
		return slices.Index(casefile.Roles, a) - slices.Index(
			casefile.Roles, b)
	})
	return rows.Err()
}

// Person reads one person.
func (s *Store) Person(ctx context.Context, id string) (p Person, err error) {
	err = s.Read(ctx, func(tx *sql.Tx) error {
		if p, err = s.person(ctx, tx, `WHERE p.id = $1`, id); err != nil {
			return err
		}
		return s.waiting(ctx, tx, &p)
	})
	return p, err
}

// People lists everybody by name.
func (s *Store) People(ctx context.Context) (out []Person, err error) {
	out = []Person{}
	err = s.Read(ctx, func(tx *sql.Tx) error {
		out = out[:0]
		rows, err := tx.QueryContext(ctx, `SELECT `+personColumns+` FROM person p ORDER BY p.name, p.id`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var p Person
			var created string
			if err := rows.Scan(&p.ID, &p.Name, &p.Email, &p.Business, &p.Disabled, &created); err != nil {
				return err
			}
			p.Created = casefile.When(created)
			out = append(out, p)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		rows.Close()
		for i := range out {
			if err := errors.Join(s.roles(ctx, tx, &out[i]), s.waiting(ctx, tx, &out[i])); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// ByIdentity finds the person that an OpenID provider speaks of.
func (s *Store) ByIdentity(ctx context.Context, issuer, subject string) (p Person, err error) {
	err = s.Read(ctx, func(tx *sql.Tx) error {
		holds, err := s.held(ctx, tx, "identity", `issuer = $1 AND subject = $2`, issuer, subject)
		if err != nil {
			return err
		}
		if !holds(identityPin(issuer, subject)) {
			return ErrNoPerson
		}
		p, err = s.active(ctx, tx,
			`JOIN identity i ON i.person = p.id WHERE i.issuer = $1 AND i.subject = $2`, issuer, subject)
		return err
	})
	return p, err
}

// identityPin names the row of an identity.
func identityPin(issuer, subject string) string { return issuer + " " + subject }

// LinkIdentity ties a person to what an OpenID provider calls them.
func (s *Store) LinkIdentity(ctx context.Context, by, person, issuer, subject string) error {
	return s.Write(ctx, func(tx *sql.Tx) error {
		err := s.writing(ctx, tx, "identity", by, casefile.Row(identityPin(issuer, subject)).All(),
			`INSERT INTO identity (issuer, subject, person) VALUES ($1, $2, $3) ON CONFLICT (issuer, subject) DO UPDATE SET person = excluded.person`, issuer, subject, person)
		if err != nil {
			return fmt.Errorf("link identity: %w", err)
		}
		return s.note(ctx, tx, by, casefile.EventIdentityLinked, person, "A sign-in of "+issuer+" was tied to "+person)
	})
}

// secret returns n random bytes as text.
func secret(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

func digest(secret string) string {
	h := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(h[:])
}
