package storetest

import (
	"errors"
	"sync"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/store"
)

// staleHands checks that who lost a role, or whose account was closed, after a request was signed in does nothing with
// it, and that what they asked for before counts no more as a first hand.
func staleHands(t *testing.T, s *store.Store) {
	ctx := t.Context()
	add := func(name string, roles ...casefile.Role) store.Person {
		t.Helper()
		p, err := s.CreatePerson(ctx, "", store.Person{ID: name, Name: name, Roles: roles})
		must(t, "add", err)
		must(t, "sign in", second(s.NewSession(ctx, p.ID, "link", time.Hour)))
		return p
	}
	ada, bob, eve := add("ada", casefile.Admin), add("bob", casefile.Admin), add("eve", casefile.Admin)
	dan := add("dan", casefile.Intake)

	// Ada asks for an approver and for a new sign-in, and then her account is closed: Bob alone is one hand.
	wanted := dan
	wanted.Roles = []casefile.Role{casefile.Approver}
	had, err := s.SetPerson(ctx, ada.Actor(), wanted)
	must(t, "ask", err)
	if len(had.Waits) != 1 {
		t.Fatalf("an approver is named by one admin: %+v", had)
	}
	key, err := s.NewLink(ctx, ada.Actor(), dan.ID, time.Hour)
	must(t, "ask for a link", err)
	reset, err := s.ResetKeys(ctx, ada.Actor(), dan.ID)
	must(t, "ask for a reset", err)
	if key != "" || reset {
		t.Fatal("a new sign-in or a reset takes one admin")
	}
	closed := ada
	closed.Disabled = true
	must(t, "close the account", second(s.SetPerson(ctx, bob.Actor(), closed)))
	if had, err = s.SetPerson(ctx, bob.Actor(), wanted); err != nil || len(had.Waits) != 1 {
		t.Errorf("who was closed is a first hand for an approver: %+v, %v", had, err)
	}
	if key, err = s.NewLink(ctx, bob.Actor(), dan.ID, time.Hour); err != nil || key != "" {
		t.Errorf("who was closed is a first hand for a link: %v", err)
	}
	if reset, err = s.ResetKeys(ctx, bob.Actor(), dan.ID); err != nil || reset {
		t.Errorf("who was closed is a first hand for a reset: %v", err)
	}
	if had, err = s.SetPerson(ctx, eve.Actor(), wanted); err != nil || len(had.Waits) != 0 {
		t.Errorf("two admins name an approver: %+v, %v", had, err)
	}

	// Requests that were signed in before.
	refused(t, "a closed admin changes somebody", second(s.SetPerson(ctx, ada.Actor(), dan)), casefile.ErrForbidden)
	_, _, err = s.AddPerson(ctx, ada.Actor(), store.Person{Name: "New"}, time.Hour)
	refused(t, "a closed admin adds somebody", err, casefile.ErrForbidden)
	refused(t, "a closed admin makes a link", second(s.NewLink(ctx, ada.Actor(), dan.ID, time.Hour)),
		casefile.ErrForbidden)
	_, err = s.ResetKeys(ctx, ada.Actor(), dan.ID)
	refused(t, "a closed admin resets keys", err, casefile.ErrForbidden)
}

// staleApprover checks that an approval whose request was signed in before the role was taken away is refused, and so
// is that of an account that was closed.
func staleApprover(t *testing.T, s *store.Store) {
	ctx := t.Context()
	d := casefile.NewDesk(s)
	c, k := walk(t, d, s, false)
	x, err := d.Propose(ctx, hand(casefile.Investigator), c.ID, Proposal(k))
	must(t, "propose", err)
	d.Current = s.Current
	admin, err := s.CreatePerson(ctx, "", store.Person{ID: "admin", Name: "Admin", Roles: []casefile.Role{
		casefile.Admin}})
	must(t, "add", err)
	for name, change := range map[string]func(*store.Person){
		"the role was taken away": func(p *store.Person) { p.Roles = []casefile.Role{casefile.Intake} },
		"the account was closed":  func(p *store.Person) { p.Disabled = true },
	} {
		p, err := s.CreatePerson(ctx, "", store.Person{Name: name, Roles: []casefile.Role{casefile.Approver}})
		must(t, "add", err)
		signedIn := p.Actor()
		change(&p)
		must(t, "change", second(s.SetPerson(ctx, admin.Actor(), p)))
		refused(t, name, d.Approve(ctx, signedIn, x.ID, "yes"), casefile.ErrForbidden)
	}
	refused(t, "nobody", d.Approve(ctx, person("nobody", casefile.Approver), x.ID, "yes"), casefile.ErrForbidden)
	p, err := s.CreatePerson(ctx, "", store.Person{Name: "Ann", Roles: []casefile.Role{casefile.Approver}})
	must(t, "add", err)
	must(t, "approve", d.Approve(ctx, p.Actor(), x.ID, "yes"))
}

// approvedAtOnce sends several approvals of one person for a decision that takes two people, all at once, and then the
// same from two browsers of two people.
func approvedAtOnce(t *testing.T, s *store.Store) {
	ctx := t.Context()
	d := casefile.NewDesk(s)
	c, k := walk(t, d, s, false)
	p := Proposal(k)
	p.Critical = true
	x, err := d.Propose(ctx, hand(casefile.Investigator), c.ID, p)
	must(t, "propose", err)
	send := func(by ...casefile.Actor) (passed int) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		for _, a := range by {
			wg.Go(func() {
				err := d.Approve(ctx, a, x.ID, "yes")
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					passed++
				} else if !errors.Is(err, casefile.ErrOwnWork) && !errors.Is(err, casefile.ErrStage) {
					t.Errorf("approve: %v", err)
				}
			})
		}
		wg.Wait()
		return passed
	}
	one, two := hand(casefile.Approver), person("approver 2", casefile.Approver)
	if n := send(one, one, one, one, one, one); n != 1 {
		t.Errorf("one person approved %d times", n)
	}
	got, err := d.Decision(ctx, hand(casefile.Reviewer), x.ID)
	must(t, "read", err)
	if got.State != casefile.Proposed || len(got.Voices) != 1 {
		t.Fatalf("after one person: %s, voices %+v", got.State, got.Voices)
	}
	self := hand(casefile.Investigator)
	self.Roles = append(self.Roles, casefile.Approver)
	if n := send(self, two, two, one); n != 1 {
		t.Errorf("%d approvals passed, want that of the second person", n)
	}
	got, err = d.Decision(ctx, hand(casefile.Reviewer), x.ID)
	must(t, "read", err)
	if got.State != casefile.Ordered || len(got.Voices) != 2 {
		t.Errorf("after two people: %s, voices %+v", got.State, got.Voices)
	}
}
