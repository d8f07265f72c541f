package storetest

import (
	"sync"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/store"
)

func people(t *testing.T, s *store.Store) {
	ctx := t.Context()
	ada, err := s.CreatePerson(ctx, "", store.Person{Name: "Ada", Roles: []casefile.Role{casefile.Admin}})
	must(t, "add", err)
	bob, err := s.CreatePerson(ctx, ada.ID, store.Person{ID: "bob", Name: "Bob", Email: "bob@example.test",
		Roles: []casefile.Role{casefile.Verifier, casefile.Intake}, Business: true})
	must(t, "add", err)
	must(t, "link", s.LinkIdentity(ctx, ada.ID, bob.ID, "https://id.example.test", "42"))
	got, err := s.ByIdentity(ctx, "https://id.example.test", "42")
	must(t, "by identity", err)
	if got.ID != "bob" || !got.Business || len(got.Roles) != 2 || got.Roles[0] != casefile.Intake {
		t.Errorf("by identity: %+v", got)
	}
	_, err = s.ByIdentity(ctx, "https://id.example.test", "43")
	refused(t, "another subject", err, store.ErrNoPerson)
	ada.Disabled = true
	refused(t, "disable the last admin", second(s.SetPerson(ctx, ada.Actor(), ada)), store.ErrLastHand)
	bob.Roles = []casefile.Role{"king"}
	refused(t, "an unknown role", second(s.SetPerson(ctx, ada.Actor(), bob)), store.ErrRole)
	list, err := s.People(ctx)
	must(t, "list", err)
	if len(list) != 2 || list[0].Name != "Ada" || list[0].Disabled || len(list[1].Roles) != 2 {
		t.Errorf("people: %+v", list)
	}
}

func sessions(t *testing.T, s *store.Store) {
	ctx := t.Context()
	now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	s.Now = func() time.Time { return now }
	p, err := s.CreatePerson(ctx, "", store.Person{Name: "Ada", Roles: []casefile.Role{casefile.Admin}})
	must(t, "add", err)
	q, err := s.CreatePerson(ctx, "", store.Person{Name: "Bob", Roles: []casefile.Role{casefile.Intake}})
	must(t, "add", err)
	key, err := s.NewSession(ctx, q.ID, "link", time.Hour)
	must(t, "sign in", err)
	if n := count(t, s, `SELECT count(*) FROM session WHERE hash = $1`, key); n != 0 {
		t.Error("the secret itself is stored")
	}
	got, x, err := s.BySession(ctx, key)
	must(t, "by session", err)
	if got.ID != q.ID || x.How != "link" {
		t.Errorf("session: %+v %+v", got, x)
	}
	q.Roles = []casefile.Role{casefile.Verifier}
	must(t, "change roles", second(s.SetPerson(ctx, p.Actor(), q)))
	if got, _, _ = s.BySession(ctx, key); !got.Actor().Has(casefile.Verifier) || got.Actor().Has(casefile.Intake) {
		t.Errorf("roles of a running session: %v", got.Roles)
	}
	_, _, err = s.BySession(ctx, key+"x")
	refused(t, "a wrong secret", err, store.ErrSignIn)
	list, err := s.Sessions(ctx, q.ID)
	must(t, "list", err)
	if len(list) != 1 {
		t.Fatalf("%d sessions", len(list))
	}
	must(t, "revoke", s.RevokeSession(ctx, list[0].Key))
	_, _, err = s.BySession(ctx, key)
	refused(t, "a revoked session", err, store.ErrSignIn)
	key, err = s.NewSession(ctx, q.ID, "link", time.Hour)
	must(t, "sign in", err)
	now = now.Add(time.Hour)
	_, _, err = s.BySession(ctx, key)
	refused(t, "an old session", err, store.ErrSignIn)
	key, err = s.NewSession(ctx, q.ID, "link", time.Hour)
	must(t, "sign in", err)
	q.Disabled = true
	must(t, "disable", second(s.SetPerson(ctx, p.Actor(), q)))
	_, _, err = s.BySession(ctx, key)
	refused(t, "a disabled person", err, store.ErrSignIn)
	_, err = s.NewSession(ctx, q.ID, "link", time.Hour)
	refused(t, "sign in a disabled person", err, store.ErrSignIn)
}

func tokens(t *testing.T, s *store.Store) {
	ctx := t.Context()
	now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	s.Now = func() time.Time { return now }
	p, err := s.CreatePerson(ctx, "", store.Person{Name: "Ada", Roles: []casefile.Role{casefile.Approver}})
	must(t, "add", err)
	for _, bad := range []struct {
		name   string
		scopes []string
		until  time.Time
	}{{"", []string{"read"}, now.AddDate(0, 1, 0)}, {"x", nil, now.AddDate(0, 1, 0)}, {"x", []string{"rule"},
		now.AddDate(0, 1, 0)}, {"x", []string{"read"}, now}, {"x", []string{"read"}, now.AddDate(2, 0, 0)}} {
		_, _, err := s.NewToken(ctx, p.Actor(), bad.name, bad.scopes, bad.until)
		refused(t, "a bad token", err, store.ErrToken)
	}
	key, tok, err := s.NewToken(ctx, p.Actor(), "nightly import", []string{"read", "import"}, now.AddDate(0, 1, 0))
	must(t, "make", err)
	a, got, err := s.ByToken(ctx, key)
	must(t, "by token", err)
	if a.ID != p.ID || !a.Program || !got.Has("import") || got.Has("write") {
		t.Errorf("token: %+v %+v", a, got)
	}
	refused(t, "a token that decides", a.May(casefile.MoveApprove), casefile.ErrProgram)
	must(t, "revoke as somebody else", s.RevokeToken(ctx, "x", "x", tok.ID))
	_, _, err = s.ByToken(ctx, key)
	must(t, "still there", err)
	must(t, "revoke", s.RevokeToken(ctx, p.ID, p.ID, tok.ID))
	_, _, err = s.ByToken(ctx, key)
	refused(t, "a revoked token", err, store.ErrSignIn)
	key, _, err = s.NewToken(ctx, p.Actor(), "short", []string{"read"}, now.Add(time.Hour))
	must(t, "make", err)
	now = now.Add(time.Hour)
	_, _, err = s.ByToken(ctx, key)
	refused(t, "an old token", err, store.ErrSignIn)
	list, err := s.Tokens(ctx, p.ID)
	must(t, "list", err)
	ended := 0
	for _, x := range list {
		if x.ID == tok.ID && !x.Revoked.IsZero() && !x.Used.IsZero() {
			ended++
		}
	}
	if len(list) != 2 || ended != 1 {
		t.Errorf("tokens: %+v", list)
	}
}

func startLink(t *testing.T, s *store.Store) {
	ctx := t.Context()
	key, p, err := s.FirstLink(ctx, time.Hour)
	must(t, "link", err)
	if len(p.Roles) != len(casefile.Roles) {
		t.Errorf("first person: %+v", p)
	}
	var wg sync.WaitGroup
	won := make(chan store.Person, 8)
	for range 8 {
		wg.Go(func() {
			if p, err := s.UseLink(ctx, key); err == nil {
				won <- p
			}
		})
	}
	wg.Wait()
	if len(won) != 1 {
		t.Errorf("a one-time link worked %d times", len(won))
	}
	_, _, err = s.FirstLink(ctx, time.Hour)
	refused(t, "a second first link", err, store.ErrPeople)
	_, _, err = s.AdminLink(ctx, "nobody", time.Hour)
	refused(t, "an admin link of nobody", err, store.ErrNoPerson)
	key, q, err := s.AdminLink(ctx, "", time.Hour)
	must(t, "second link", err)
	if q.ID != p.ID {
		t.Errorf("second link is for %s", q.ID)
	}
	s.Now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	_, err = s.UseLink(ctx, key)
	refused(t, "an old link", err, store.ErrSignIn)
}

// twoAdmins checks that nobody makes a decider, or takes over a sign-in, alone.
func twoAdmins(t *testing.T, s *store.Store) {
	ctx := t.Context()
	admin := []casefile.Role{casefile.Admin}
	ada, err := s.CreatePerson(ctx, "", store.Person{Name: "Ada", Roles: admin})
	must(t, "first admin", err)
	must(t, "sign in", second(s.NewSession(ctx, ada.ID, "link", time.Hour)))
	alone := func() int {
		return count(t, s, `SELECT count(*) FROM event WHERE kind = $1`, string(casefile.EventAlone))
	}

	// The only admin names deciders, and each act is noted as done alone.
	dan, key, err := s.AddPerson(ctx, ada.Actor(), store.Person{Name: "Dan", Roles: []casefile.Role{casefile.Approver}},
		time.Hour)
	must(t, "add an approver", err)
	if len(dan.Roles) != 1 || key == "" || alone() != 1 {
		t.Errorf("the only admin adds %+v, noted %d times", dan, alone())
	}
	must(t, "a second link before the first sign-in", second(s.NewLink(ctx, ada.Actor(), dan.ID, time.Hour)))
	must(t, "use the link", second(s.UseLink(ctx, key)))
	must(t, "sign in", second(s.NewSession(ctx, dan.ID, "link", time.Hour)))
	refused(t, "a link of who has signed in", second(s.NewLink(ctx, ada.Actor(), dan.ID, time.Hour)),
		store.ErrNewSignIn)
	more := ada
	more.Roles = []casefile.Role{casefile.Admin, casefile.Approver}
	refused(t, "own roles", second(s.SetPerson(ctx, ada.Actor(), more)), store.ErrOwnRoles)

	// A program gives no deciding role, and neither link nor session.
	program := ada.Actor()
	program.Program = true
	_, _, err = s.AddPerson(ctx, program, store.Person{Name: "Eve", Roles: []casefile.Role{casefile.Approver}},
		time.Hour)
	refused(t, "a program adds an approver", err, casefile.ErrProgram)
	eve, key, err := s.AddPerson(ctx, program, store.Person{Name: "Eve", Roles: []casefile.Role{casefile.Intake}},
		time.Hour)
	must(t, "a program adds somebody", err)
	if key != "" {
		t.Error("a program is given a sign-in link")
	}
	refused(t, "a program makes a link", second(s.NewLink(ctx, program, eve.ID, time.Hour)), casefile.ErrProgram)
	eve.Roles = []casefile.Role{casefile.Reviewer}
	refused(t, "a program gives a deciding role", second(s.SetPerson(ctx, program, eve)), casefile.ErrProgram)

	// With a second admin, each of these takes both.
	bob, err := s.CreatePerson(ctx, "", store.Person{Name: "Bob", Roles: admin})
	must(t, "second admin", err)
	must(t, "sign in", second(s.NewSession(ctx, bob.ID, "link", time.Hour)))
	set := func(by store.Person, roles ...casefile.Role) store.Person {
		t.Helper()
		eve.Roles = roles
		p, err := s.SetPerson(ctx, by.Actor(), eve)
		must(t, "set roles", err)
		return p
	}
	for range 2 { // asking twice is not agreeing
		if p := set(ada, casefile.Reviewer, casefile.Intake); len(p.Roles) != 1 || len(p.Waits) != 1 {
			t.Errorf("one admin gives %v, %v wait", p.Roles, p.Waits)
		}
	}
	if p := set(bob, casefile.Approver, casefile.Intake); len(p.Roles) != 1 {
		t.Errorf("another role than was asked for is given: %v", p.Roles)
	}
	eve.Roles = []casefile.Role{casefile.Approver, casefile.Intake}
	refused(t, "a deciding role before the first sign-in", second(s.SetPerson(ctx, ada.Actor(), eve)),
		store.ErrNotYet)
	must(t, "sign in", second(s.NewSession(ctx, eve.ID, "link", time.Hour)))
	if p := set(ada, casefile.Approver, casefile.Intake); len(p.Roles) != 2 || p.Waits != nil {
		t.Errorf("two admins give %v, %v wait", p.Roles, p.Waits)
	}
	if p := set(ada, casefile.Intake); len(p.Roles) != 1 {
		t.Errorf("taking a role away waits: %v", p.Roles)
	}
	link := func(by store.Person) string {
		t.Helper()
		key, err := s.NewLink(ctx, by.Actor(), dan.ID, time.Hour)
		must(t, "link", err)
		return key
	}
	for range 2 { // asking twice is no second admin
		if link(ada) != "" {
			t.Error("one admin makes a link for who has signed in")
		}
	}
	must(t, "the link of two admins", second(s.UseLink(ctx, link(bob))))
	if link(bob) != "" {
		t.Error("what two admins agreed to is good for a second link")
	}
	if alone() != 1 {
		t.Errorf("%d acts are noted as done alone, want 1", alone())
	}

	// Nobody comes to be the only admin by taking the other one away, nor acts alone once that one is gone.
	bob.Roles = []casefile.Role{casefile.Intake}
	for range 2 { // asking twice is not agreeing
		p, err := s.SetPerson(ctx, ada.Actor(), bob)
		must(t, "take the role of admin away", err)
		if !p.Stays || !p.Actor().Has(casefile.Admin) {
			t.Errorf("one admin takes another one's role: %+v", p)
		}
	}
	bob.Roles, bob.Disabled = admin, true
	must(t, "close the account of the other admin", second(s.SetPerson(ctx, ada.Actor(), bob)))
	refused(t, "a decider by the admin who is left",
		second(s.SetPerson(ctx, ada.Actor(), store.Person{ID: eve.ID, Name: "Eve",
			Roles: []casefile.Role{casefile.Approver}})), store.ErrAlone)
	refused(t, "a link by the admin who is left", second(s.NewLink(ctx, ada.Actor(), dan.ID, time.Hour)),
		store.ErrAlone)
	must(t, "name an admin on the machine", second(s.NameAdmin(ctx, eve.ID)))
	must(t, "sign in", second(s.NewSession(ctx, eve.ID, "link", time.Hour)))
	got, err := s.Person(ctx, eve.ID)
	must(t, "read", err)
	if !got.Actor().Has(casefile.Admin) || count(t, s, `SELECT count(*) FROM event WHERE kind = $1`,
		string(casefile.EventAdminNamed)) != 1 {
		t.Errorf("named on the machine: %+v", got)
	}
	dan.Roles = []casefile.Role{casefile.Approver, casefile.Verifier}
	must(t, "ask for a role", second(s.SetPerson(ctx, ada.Actor(), dan)))
	p, err := s.SetPerson(ctx, got.Actor(), dan)
	must(t, "agree to a role", err)
	if len(p.Roles) != 2 {
		t.Errorf("two admins give %v", p.Roles)
	}
}

// firstLinks checks that one admin alone comes to no sign-in of somebody who decides, also by sending a request again.
func firstLinks(t *testing.T, s *store.Store) {
	ctx := t.Context()
	now := time.Now()
	s.Now = func() time.Time { return now }
	admin := func(id string) casefile.Actor {
		p, err := s.CreatePerson(ctx, "", store.Person{ID: id, Name: id, Roles: []casefile.Role{casefile.Admin}})
		must(t, "add an admin", err)
		must(t, "sign in", second(s.NewSession(ctx, id, "link", time.Hour)))
		return p.Actor()
	}
	ada := admin("ada")
	named, _, err := s.AddPerson(ctx, ada, store.Person{Name: "Named by one",
		Roles: []casefile.Role{casefile.Approver}}, time.Hour)
	must(t, "add an approver", err)
	bob := admin("bob")
	if key, err := s.NewLink(ctx, ada, named.ID, time.Hour); err != nil || key != "" {
		t.Errorf("one admin makes the link of an approver who never signed in: %v", err)
	}
	bob.Request = "link-1"
	key, err := s.NewLink(ctx, bob, named.ID, time.Hour)
	must(t, "the second admin makes it", err)
	again, err := s.NewLink(ctx, bob, named.ID, time.Hour)
	must(t, "the answer was lost: sent again before it is used", err)
	refused(t, "the link whose answer was lost", second(s.UseLink(ctx, key)), store.ErrSignIn)
	must(t, "use it", second(s.UseLink(ctx, again)))
	refused(t, "sent again after it was used", second(s.NewLink(ctx, bob, named.ID, time.Hour)), casefile.ErrReused)

	ada.Request = "add-1"
	add := store.Person{Name: "Eve", Roles: []casefile.Role{casefile.Intake, casefile.Approver}}
	eve, key, err := s.AddPerson(ctx, ada, add, time.Hour)
	must(t, "add", err)
	if len(eve.Waits) != 1 || key == "" {
		t.Errorf("added: %+v", eve)
	}
	_, key, err = s.AddPerson(ctx, ada, add, time.Hour)
	must(t, "added again before the first sign-in", err)
	must(t, "use it", second(s.UseLink(ctx, key)))
	must(t, "sign in", second(s.NewSession(ctx, eve.ID, "link", time.Hour)))
	eve.Roles = add.Roles
	got, err := s.SetPerson(ctx, bob, eve)
	must(t, "agree", err)
	if len(got.Roles) != 2 {
		t.Errorf("roles after both: %+v", got)
	}
	_, _, err = s.AddPerson(ctx, ada, add, time.Hour)
	refused(t, "added again, for a link of who decides now", err, casefile.ErrReused)
}
