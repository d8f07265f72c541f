package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/casefile"
)

// What takes two people: the first one asks, another one agrees by asking for the same.
const (
	secondRoles   = "roles"   // a deciding role for a person
	secondLink    = "link"    // a new sign-in for somebody who has signed in before
	secondKeys    = "keys"    // the security keys of a person are removed
	secondRemoval = "removal" // an admin who has signed in is one no more
)

// secondLife is how long what one person asked for waits for another.
const secondLife = 7 * 24 * time.Hour

// ErrFirst says of who asked first that this person may not do so any more.
var ErrFirst = errors.New("who asked first may not do this any more")

// What may be said to who acts alone.
var (
	ErrOwnKeys = errors.New("nobody has their own security keys reset; remove one on the page of your account, or " +
		"ask two admins")
	ErrOwnRoles = errors.New("nobody changes their own roles; another admin can")
	ErrAlone    = errors.New("this takes two admins, and the other one's account is closed; on the machine of the " +
		"server, plimsoll admin name makes another one")
	ErrNotYet = errors.New("this person has not signed in yet; agree to a deciding role once they have, and have " +
		"told you that it was they")
	ErrNewSignIn = errors.New("this person has signed in before, so a new link takes two admins, and there is no " +
		"other; on the machine of the server, plimsoll admin link makes one")
)

// Agree notes that an actor asks for something that takes two people, and reports whether another
// actor asked for the same before, within a week; then it is over and may be done. body tells one
// request about a subject from another.
func (s *Store) Agree(ctx context.Context, tx *sql.Tx, kind, subject, body, actor, reason string) (first string,
	done bool, err error) {
	var had, at string
	err = tx.QueryRowContext(ctx, `SELECT actor, body, at FROM second_hand WHERE kind = $1 AND subject = $2`, kind,
		subject).Scan(&first, &had, &at)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", false, err
	}
	row := casefile.Row(secondPin(kind, subject)).All()
	if err == nil && had == body && s.now().Sub(casefile.When(at)) < secondLife {
		holds, err := s.held(ctx, tx, "second_hand", `kind = $1 AND subject = $2`, kind, subject)
		if err != nil {
			return "", false, err
		}
		// what nobody asked for by the program is overwritten
		if counts := holds(secondPin(kind, subject)); counts && first == actor {
			return first, false, nil
		} else if counts {
			err = s.writing(ctx, tx, "second_hand", actor, row,
				`DELETE FROM second_hand WHERE kind = $1 AND subject = $2`, kind, subject)
			return first, true, err
		}
	}
	err = s.writing(ctx, tx, "second_hand", actor, row,
		`INSERT INTO second_hand (kind, subject, actor, reason, body, at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (kind, subject) DO UPDATE SET actor = excluded.actor, reason = excluded.reason, body = excluded.body, at = excluded.at`,
		kind, subject, actor, reason, body, casefile.Stamp(s.now()))
	return actor, false, err
}

// agreeAdmins is Agree among admins: what somebody asked for who is no admin any more counts no more.
func (s *Store) agreeAdmins(ctx context.Context, tx *sql.Tx, kind, subject, body, actor, reason string) (first string,
	done bool, err error) {
	had, _, err := s.Asked(ctx, tx, kind, subject)
	if err != nil {
		return "", false, err
	}
	if had != "" && had != actor {
		err := s.manages(ctx, tx, casefile.Actor{ID: had, Roles: []casefile.Role{casefile.Admin}})
		if errors.Is(err, casefile.ErrForbidden) {
			err = s.writing(ctx, tx, "second_hand", actor, casefile.Row(secondPin(kind, subject)).All(),
				`DELETE FROM second_hand WHERE kind = $1 AND subject = $2`, kind, subject)
		}
		if err != nil {
			return "", false, err
		}
	}
	return s.Agree(ctx, tx, kind, subject, body, actor, reason)
}

// Asked gives who asked last for something that takes two people, and when; "" when nobody did
// or the week is over.
func (s *Store) Asked(ctx context.Context, tx *sql.Tx, kind, subject string) (actor, body string, err error) {
	var at string
	err = tx.QueryRowContext(ctx, `SELECT actor, body, at FROM second_hand WHERE kind = $1 AND subject = $2`, kind,
		subject).Scan(&actor, &body, &at)
	if errors.Is(err, sql.ErrNoRows) || err == nil && s.now().Sub(casefile.When(at)) >= secondLife {
		return "", "", nil
	}
	if err != nil {
		return "", "", err
	}
	holds, err := s.held(ctx, tx, "second_hand", `kind = $1 AND subject = $2`, kind, subject)
	if err != nil || !holds(secondPin(kind, subject)) {
		return "", "", err
	}
	return actor, body, nil
}

// secondPin names the row of what one person asked for.
func secondPin(kind, subject string) string { return kind + "/" + subject }

// hasSignedIn reports whether a person ever signed in.
func hasSignedIn(ctx context.Context, tx *sql.Tx, person string) (yes bool, err error) {
	err = tx.QueryRowContext(ctx,
		`SELECT EXISTS (SELECT 1 FROM session WHERE person = $1) OR EXISTS (SELECT 1 FROM identity WHERE person = $1)
		OR EXISTS (SELECT 1 FROM event WHERE case_id = '' AND kind = 'signed in' AND subject = $1)`, person).Scan(&yes)
	return yes, err
}

// otherAdmin reports whether there is another admin who can agree: one who has signed in. Where there was one
// whose account is closed, nobody acts alone in their place: ErrAlone.
func otherAdmin(ctx context.Context, tx *sql.Tx, but string) (bool, error) {
	rows, err := tx.QueryContext(ctx, `SELECT p.id, p.disabled FROM person p JOIN person_role r ON r.person = p.id
		WHERE r.role = 'admin' AND p.id <> $1 ORDER BY p.disabled, p.id`, but)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	var admins []Person
	for rows.Next() {
		var p Person
		if err := rows.Scan(&p.ID, &p.Disabled); err != nil {
			return false, err
		}
		admins = append(admins, p)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return false, err
	}
	for _, p := range admins {
		yes, err := hasSignedIn(ctx, tx, p.ID)
		switch {
		case err != nil:
			return false, err
		case yes && p.Disabled:
			return false, ErrAlone
		case yes:
			return true, nil
		}
	}
	return false, nil
}

// keepsAdmin refuses to take the role of admin from somebody who has signed in, unless another admin asked for
// the same: else an admin could come to be the only one, and then name deciders alone.
func (s *Store) keepsAdmin(ctx context.Context, tx *sql.Tx, by casefile.Actor, p, had Person) error {
	if by.ID == "" || !slices.Contains(had.Roles, casefile.Admin) || slices.Contains(p.Roles, casefile.Admin) {
		return nil
	}
	if by.Program {
		return casefile.ErrProgram
	}
	if yes, err := hasSignedIn(ctx, tx, p.ID); err != nil || !yes {
		return err
	}
	_, done, err := s.agreeAdmins(ctx, tx, secondRemoval, p.ID, "", by.ID, "")
	if err == nil && !done {
		err = errWaits
	}
	return err
}

// errWaits says that what was asked for waits for a second admin, and is kept as asked.
var errWaits = errors.New("waits for a second admin")

// grantable gives the roles that a person may have now, of those that an actor wants them to have
// beside had: a deciding role that is new takes two admins, or the only one, and never a program.
func (s *Store) grantable(ctx context.Context, tx *sql.Tx, by casefile.Actor, p Person, had []casefile.Role) (now,
	waits []casefile.Role, err error) {
	var fresh []casefile.Role
	for _, r := range p.Roles {
		if slices.Contains(casefile.Deciding, r) && !slices.Contains(had, r) {
			fresh = append(fresh, r)
		}
	}
	if len(fresh) == 0 || by.ID == "" { // "": the program's own start
		return p.Roles, nil, nil
	}
	if by.Program {
		return nil, nil, casefile.ErrProgram
	}
	slices.Sort(fresh)
	other, err := otherAdmin(ctx, tx, by.ID)
	if err != nil {
		return nil, nil, err
	}
	if !other {
		text := fmt.Sprintf("%s was given the roles %s by the only admin", p.Name, roleList(fresh))
		return p.Roles, nil, s.note(ctx, tx, by.ID, casefile.EventAlone, p.ID, text)
	}
	_, done, err := s.agreeAdmins(ctx, tx, secondRoles, p.ID, roleText(fresh), by.ID, "")
	if err != nil {
		return nil, nil, err
	}
	if done {
		// Whoever holds the first link of somebody is that person: the first admin could use it.
		yes, err := hasSignedIn(ctx, tx, p.ID)
		if err == nil && !yes {
			err = ErrNotYet
		}
		return p.Roles, nil, err
	}
	now = slices.DeleteFunc(slices.Clone(p.Roles), func(r casefile.Role) bool { return slices.Contains(fresh, r) })
	text := fmt.Sprintf("The roles %s for %s were asked for; another admin has to agree", roleList(fresh), p.Name)
	return now, fresh, s.note(ctx, tx, by.ID, casefile.EventRolesAsked, p.ID, text)
}

func roleText(roles []casefile.Role) string {
	out := make([]string, len(roles))
	for i, r := range roles {
		out[i] = string(r)
	}
	return strings.Join(out, " ")
}

// waiting fills in which roles of a person wait for a second admin.
func (s *Store) waiting(ctx context.Context, tx *sql.Tx, p *Person) error {
	_, body, err := s.Asked(ctx, tx, secondRoles, p.ID)
	p.Waits = nil
	for _, r := range strings.Fields(body) {
		if !slices.Contains(p.Roles, casefile.Role(r)) {
			p.Waits = append(p.Waits, casefile.Role(r))
		}
	}
	return err
}

// Second notes that an actor asks for something that takes two people, and gives the other person
// when another one asked before; "" while it waits. may, when not nil, refuses a pair: then what
// the first one asked for stays, unless it refuses the first one (ErrFirst).
func (s *Store) Second(ctx context.Context, kind, subject, body, actor, reason string, may func(first string) error) (
	other string, err error) {
	err = s.Write(ctx, func(tx *sql.Tx) error {
		first, done, err := s.Agree(ctx, tx, kind, subject, body, actor, reason)
		if err != nil || !done {
			return err
		}
		if may != nil {
			err := may(first)
			if errors.Is(err, ErrFirst) { // what they asked for counts no more: the actor is the first one now
				_, _, err := s.Agree(ctx, tx, kind, subject, body, actor, reason)
				return err
			}
			if err != nil {
				return err
			}
		}
		other = first
		return nil
	})
	if err != nil {
		return "", err
	}
	return other, nil
}

// TakenOver notes that rows about people were taken over into the record as they stood, and who may decide by that.
func (s *Store) TakenOver(ctx context.Context, tx *sql.Tx, rows int) error {
	found, err := tx.QueryContext(ctx, `SELECT p.name, r.role FROM person p JOIN person_role r ON r.person = p.id
		WHERE p.disabled = FALSE ORDER BY p.name, p.id, r.role`)
	if err != nil {
		return err
	}
	defer found.Close()
	var who []string
	last := ""
	for found.Next() {
		var name, role string
		if err := found.Scan(&name, &role); err != nil {
			return err
		}
		if !slices.Contains(casefile.Deciding, casefile.Role(role)) && role != string(casefile.Admin) {
			continue
		}
		if name != last {
			who, last = append(who, name+" ("+role+")"), name
			continue
		}
		i := len(who) - 1
		who[i] = strings.TrimSuffix(who[i], ")") + ", " + role + ")"
	}
	if err := found.Err(); err != nil {
		return err
	}
	text := fmt.Sprintf("Taken over at upgrade: %d rows about people, roles and sign-ins, which no leaf of the ledger "+
		"held before, are held from now on as they stood. Roles that decide or give roles were those of: %s", rows,
		orNobody(who))
	return s.note(ctx, tx, "", casefile.EventTakenOver, "database", text)
}

func orNobody(who []string) string {
	if len(who) == 0 {
		return "nobody"
	}
	return strings.Join(who, "; ")
}

// Mended notes that rows about people were put back as the record holds them.
func (s *Store) Mended(ctx context.Context, tx *sql.Tx, what []string) error {
	return s.note(ctx, tx, "", casefile.EventMended, "database", fmt.Sprintf(
		"%d rows about people, roles and sign-ins were put back as the record holds them, on the machine of the "+
			"server: %s", len(what), strings.Join(what, " ")))
}
