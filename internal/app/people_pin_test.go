package app

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/store"
)

// A peopleDatabase is a database with two admins and a reviewer, which somebody writes past the program.
type peopleDatabase struct {
	*pinDatabase
	session, token string // of the reviewer
}

func newPeople(t *testing.T, p *pinDatabase) *peopleDatabase {
	t.Helper()
	ctx, s := t.Context(), p.store
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(p.pinAll())
	x := &peopleDatabase{pinDatabase: p}
	for _, who := range []store.Person{{ID: "ada", Name: "Ada Moss", Roles: []casefile.Role{casefile.Admin}},
		{ID: "ben", Name: "Ben Rye", Roles: []casefile.Role{casefile.Admin}},
		{ID: "eve", Name: "Eve Tarn", Roles: []casefile.Role{casefile.Reviewer}}} {
		_, err := s.CreatePerson(ctx, "", who)
		must(err)
		key, err := s.NewSession(ctx, who.ID, "link", time.Hour)
		must(err)
		x.session = key
	}
	must(s.LinkIdentity(ctx, "", "eve", "https://id.example.com", "eve"))
	must(s.LinkIdentity(ctx, "", "ada", "https://id.example.com", "ada"))
	must(s.EnrolKey(ctx, store.SecurityKey{ID: "k1", Person: "ada", Name: "blue", Body: "{}"}))
	var err error
	x.token, _, err = s.NewToken(ctx, casefile.Actor{ID: "eve"}, "a script", []string{"read"},
		time.Now().Add(time.Hour))
	must(err)
	p.open()
	return x
}

func hashOf(secret string) string {
	h := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(h[:])
}

// may reports which of some roles somebody has in a move.
func (p *peopleDatabase) may(who string, roles ...casefile.Role) (got []casefile.Role) {
	err := p.store.Read(p.t.Context(), func(tx *sql.Tx) error {
		a, err := p.store.Current(p.t.Context(), tx, casefile.Actor{ID: who, Roles: roles})
		got = a.Roles
		if errors.Is(err, casefile.ErrForbidden) {
			got, err = nil, nil
		}
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return got
}

func (p *peopleDatabase) differ() (out string) {
	if err := p.store.Read(p.t.Context(), func(tx *sql.Tx) error {
		wrong, err := p.store.Pin.Differ(p.t.Context(), tx)
		out = strings.Join(wrong, "\n")
		return err
	}); err != nil {
		p.t.Fatal(err)
	}
	return out
}

// forge puts a leaf about a row into the database as the program writes them, but for the word of the key.
func (p *peopleDatabase) forge(table, key string, vouch func(id string, row []byte) string) {
	t := casefile.Pinned(table)
	row := rowOf(t, key, t.Columns)
	if err := p.store.Write(p.t.Context(), func(tx *sql.Tx) error {
		_, err := ledger.Append(p.t.Context(), tx, ledger.Entry{Kind: ledger.State, Subject: table + "/" + key,
			Actor: "ada", Row: &row, Compose: func(id string, row []byte) ([]byte, error) {
				return []byte(`{"vouch":"` + vouch(id, row) + `"}`), nil
			}})
		return err
	}); err != nil {
		p.t.Fatal(err)
	}
}

// TestPutInByHand: what somebody puts into the tables about people past the program gives no power, is named by the
// health page and by verify, and is put back by plimsoll admin mend.
func TestPutInByHand(t *testing.T) {
	deciders := []casefile.Role{casefile.Approver, casefile.Admin}
	stranger := strings.Repeat("s", 43)
	const later = `'2999-01-01T00:00:00.000000Z'`
	tests := []struct {
		name, do string
		power    func(p *peopleDatabase) bool
		named    string // by the health page
		verified string
	}{
		{"a role", `INSERT INTO person_role (person, role) VALUES ('eve', 'approver')`,
			func(p *peopleDatabase) bool { return len(p.may("eve", deciders...)) > 0 },
			`Table person_role, row eve/approver: the database holds it`,
			"row eve/approver of table person_role: no leaf"},
		{"an admin", `INSERT INTO person_role (person, role) VALUES ('eve', 'admin')`,
			func(p *peopleDatabase) bool {
				_, err := p.store.SetPerson(p.t.Context(), casefile.Actor{ID: "eve", Roles: deciders},
					store.Person{ID: "ada"})
				return !errors.Is(err, casefile.ErrForbidden)
			}, `row eve/admin`, "row eve/admin of table person_role: no leaf"},
		{"a session", `INSERT INTO session (hash, person, how, created, seen, expires) VALUES ('` + hashOf(stranger) +
			`', 'ada', 'link', ` + later + `, ` + later + `, ` + later + `)`,
			func(p *peopleDatabase) bool {
				_, _, err := p.store.BySession(p.t.Context(), stranger)
				return !errors.Is(err, store.ErrSignIn)
			}, `Table session, a row of "ada"`, "of table session: no leaf"},
		{"another person's session", `UPDATE session SET person = 'ada' WHERE person = 'eve'`,
			func(p *peopleDatabase) bool {
				_, _, err := p.store.BySession(p.t.Context(), p.session)
				return !errors.Is(err, store.ErrSignIn)
			}, `person: the record says "eve", the database "ada"`, "of table session: column person"},
		{"a second factor",
			`UPDATE session SET factor = 'security key', factor_at = ` + later + ` WHERE person = 'ada'`,
			func(p *peopleDatabase) bool { return false }, `factor: the record says "", the database "security key"`,
			"of table session: column factor "},
		{"a token", `UPDATE token SET scopes = 'read write people' WHERE person = 'eve'`,
			func(p *peopleDatabase) bool {
				_, _, err := p.store.ByToken(p.t.Context(), p.token)
				return !errors.Is(err, store.ErrSignIn)
			}, `scopes: the record says "read", the database "read write people"`, "of table token: column scopes"},
		{"a link", `INSERT INTO start_link (hash, person, created, expires, used) VALUES ('` + hashOf(stranger) +
			`', 'ada', ` + later + `, ` + later + `, '')`,
			func(p *peopleDatabase) bool {
				_, err := p.store.UseLink(p.t.Context(), stranger)
				return !errors.Is(err, store.ErrSignIn)
			}, `Table start_link, a row of "ada"`, "of table start_link: no leaf"},
		{"a sign-in at the provider", `UPDATE identity SET person = 'ada' WHERE subject = 'eve'`,
			func(p *peopleDatabase) bool {
				_, err := p.store.ByIdentity(p.t.Context(), "https://id.example.com", "eve")
				return !errors.Is(err, store.ErrNoPerson)
			}, `Table identity, row https://id.example.com eve: person: the record says "eve"`,
			"of table identity: column person"},
		{"the first of two", `INSERT INTO second_hand (kind, subject, actor, reason, body, at)
			VALUES ('erase', 'x', 'ben', '', '', ` + later + `)`,
			func(p *peopleDatabase) bool {
				first, err := p.store.Second(p.t.Context(), "erase", "x", "", "ada", "a reason", nil)
				return first != "" || err != nil
			}, `Table second_hand, row erase/x`, "row erase/x of table second_hand"},
		{"a security key of another's account", `INSERT INTO security_key (id, person, name, body, created, used)
			VALUES ('k2', 'ada', 'red', '{}', ` + later + `, '')`,
			func(p *peopleDatabase) bool {
				keys, err := p.store.SecurityKeys(p.t.Context(), "ada")
				return err != nil || len(keys) != 1
			}, `Table security_key, row k2`, "row k2 of table security_key: no leaf"},
		{"no security key any more", `DELETE FROM security_key`,
			func(p *peopleDatabase) bool {
				has, err := p.store.HasKey(p.t.Context(), "ada")
				return err != nil || !has
			}, `Table security_key, row k1: the record holds it`, "row k1 of table security_key: it is gone"},
		{"the only admin", `DELETE FROM person_role WHERE person = 'ben'`,
			func(p *peopleDatabase) bool { // ada is the only one now, and names a decider alone
				_, err := p.store.SetPerson(p.t.Context(), casefile.Actor{ID: "ada", Roles: deciders}, store.Person{
					ID: "eve", Name: "Eve Tarn", Roles: []casefile.Role{casefile.Approver}})
				return !errors.Is(err, store.ErrChanged)
			}, `Table person_role, row ben/admin: the record holds it`,
			"row ben/admin of table person_role: it is gone"},
		{"a person of the business line", `UPDATE person SET business = NOT business WHERE id = 'ada'`,
			func(p *peopleDatabase) bool { return len(p.may("ada", casefile.Admin)) > 0 },
			`Table person, row ada: business: the record says`, "row ada of table person: column business"},
	}
	onBothDatabases(t, func(t *testing.T, q *pinDatabase) {
		p := newPeople(t, q)
		if wrong := p.differ() + p.check(); wrong != "" {
			t.Fatalf("before any change: %s", wrong)
		}
		if got := p.may("ada", deciders...); !slices.Equal(got, []casefile.Role{casefile.Admin}) {
			t.Fatalf("an admin has the roles %v", got)
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				p.exec(tt.do)
				if got := p.differ(); !strings.Contains(got, tt.named) {
					t.Errorf("named is %q, want %q", got, tt.named)
				}
				if got := p.check(); !strings.Contains(got, tt.verified) {
					t.Errorf("verified is %q, want %q", got, tt.verified)
				}
				if tt.power(p) {
					t.Errorf("it counts")
				}
				if _, err := p.store.Pin.(ledgerPins).mend(t.Context(), p.store); err != nil {
					t.Fatal(err)
				}
				if got := p.differ(); got != "" {
					t.Errorf("after it was put back: %s", got)
				}
				if got := p.may("eve", append(deciders, casefile.Reviewer)...); !slices.Equal(got,
					[]casefile.Role{casefile.Reviewer}) {
					t.Errorf("after it was put back the reviewer has %v", got)
				}
			})
		}
	})
}

// TestForgedLeaf: somebody who writes the database without the ledger's key can put in a leaf beside the row, too.
// It is
// signed into the log as everything is that waits there, and gives no power.
func TestForgedLeaf(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, q *pinDatabase) {
		p := newPeople(t, q)
		stolen, _, err := ledger.GenerateKey("plimsoll/of-another")
		if err != nil {
			t.Fatal(err)
		}
		_, vkey := stolen, ""
		if vkey, err = format.VKeyOf(stolen); err != nil {
			t.Fatal(err)
		}
		other, err := ledger.ParseKey(stolen + "\n" + vkey + "\n")
		if err != nil {
			t.Fatal(err)
		}
		p.exec(`INSERT INTO person_role (person, role) VALUES ('eve', 'approver')`)
		honest := p.column(`SELECT o.value FROM ledger_opening o JOIN ledger_leaf l ON l.id = o.id
			WHERE l.source = 'person_role' AND l.source_key = 'eve/reviewer' AND o.name = 'content'`)
		_, copied, _ := strings.Cut(strings.TrimSuffix(honest[0], `"}`), `"vouch":"`)
		for name, vouch := range map[string]func(id string, row []byte) string{
			"nobody's word":    func(string, []byte) string { return "" },
			"that of another":  func(string, []byte) string { return copied },
			"of a key of ours": func(id string, row []byte) string { s, _ := other.Vouch(id, row); return s },
		} {
			p.forge("person_role", "eve/approver", vouch)
			if got := p.may("eve", casefile.Approver); len(got) > 0 {
				t.Errorf("%s: the roles %v", name, got)
			}
			if got := p.differ(); !strings.Contains(got, "eve/approver") || !strings.Contains(got,
				"its leaf was put in") {
				t.Errorf("%s: named is %q", name, got)
			}
			if got := p.check(); !strings.Contains(got,
				"row eve/approver of table person_role: no key of the log stands "+
					"behind leaf") {
				t.Errorf("%s: verified is %q", name, got)
			}
		}
	})
}

// TestMarkTakenOut: people are taken over once. Who takes the mark of that out, or all leaves about people, does not
// have the next start take over what stands in the database then.
func TestMarkTakenOut(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, q *pinDatabase) {
		p := newPeople(t, q)
		p.exec(`INSERT INTO person_role (person, role) VALUES ('eve', 'approver')`)
		p.exec(`DELETE FROM ledger_leaf WHERE subject = '` + string(casefile.MarkPeople) + `'`)
		if err := p.pinAll(); !errors.Is(err, errTaken) {
			t.Errorf("started again: %v, want errTaken", err)
		}
	})
}

// TestKeyless: a server without the key of the ledger does not work on people whom the key vouches for.
func TestKeyless(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, q *pinDatabase) {
		newPeople(t, q)
		if _, err := hold(context.Background(), q.store, nil, ""); !errors.Is(err, errKeyless) {
			t.Errorf("without the key: %v, want errKeyless", err)
		}
	})
}
