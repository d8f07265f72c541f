package web

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"plimsoll/internal/casefile"
	"plimsoll/internal/store"
)

type proposalBody struct {
	Interim  bool              `json:"interim"`
	Proposal casefile.Proposal `json:"proposal"`
}

type reasonsBody struct {
	Reasons string `json:"reasons"`
}

type dutyBody struct {
	Duty int    `json:"condition" minimum:"1" doc:"1 is the first"`
	How  string `json:"how"`
}

type recordsOut struct {
	Records []casefile.Record `json:"records"`
}

func (s *Server) apiDecisions(a huma.API) {
	d := s.desk
	add(s, a, "POST", "/cases/{case}/decisions/check", "check-proposal", "What a proposal still lacks; changes nothing",
		readCases, func(ctx context.Context, me *actor, in *caseMove[proposalBody]) (linesOut, error) {
			c, err := d.Case(ctx, me.Actor, casefile.ID(in.Case))
			if err != nil {
				return linesOut{}, err
			}
			return linesOut{some(casefile.Lacks(c, in.Body.Proposal, in.Body.Interim))}, nil
		})
	add(s, a, "POST", "/cases/{case}/decisions", "propose-decision", "Propose a decision for one service", workCase,
		func(ctx context.Context, me *actor, in *caseMove[proposalBody]) (casefile.Decision, error) {
			if in.Body.Interim {
				return d.Interim(ctx, me.Actor, casefile.ID(in.Case), in.Body.Proposal)
			}
			return d.Propose(ctx, me.Actor, casefile.ID(in.Case), in.Body.Proposal)
		})
	add(s, a, "GET", "/decisions/{id}", "get-decision", "One decision", readCases, func(ctx context.Context, me *actor,
		in *ItemInput) (casefile.Decision, error) {
		return d.Decision(ctx, me.Actor, casefile.ID(in.ID))
	})
	add(s, a, "GET", "/decisions/{id}/record", "get-record", "The decision record with its 29 points", readCases,
		func(ctx context.Context, me *actor, in *ItemInput) (casefile.Record, error) {
			return d.Record(ctx, me.Actor, casefile.ID(in.ID))
		})
	add(s, a, "GET", "/decisions/{id}/records", "list-records", "Every kept version of the record, oldest first",
		readCases, func(ctx context.Context, me *actor, in *ItemInput) (recordsOut, error) {
			list, err := d.Records(ctx, me.Actor, casefile.ID(in.ID))
			return recordsOut{list}, err
		})
	item(s, a, "/decisions/{id}/approve", "approve-decision", "Approve; never one's own proposal",
		func(ctx context.Context, by casefile.Actor, id casefile.ID, b reasonsBody) error {
			if err := s.apiFactor(ctx); err != nil {
				return err
			}
			return d.Approve(ctx, by, id, b.Reasons)
		})
	item(s, a, "/decisions/{id}/refuse", "refuse-decision", "Refuse", func(ctx context.Context, by casefile.Actor,
		id casefile.ID, b reasonsBody) error {
		return d.Refuse(ctx, by, id, b.Reasons)
	})
	item(s, a, "/decisions/{id}/dissent", "dissent-decision", "Record a dissent", func(ctx context.Context,
		by casefile.Actor, id casefile.ID, b reasonsBody) error {
		return d.Dissent(ctx, by, id, b.Reasons)
	})
	item(s, a, "/decisions/{id}/execute", "execute-decision", "Record the execution", func(ctx context.Context,
		by casefile.Actor, id casefile.ID, b casefile.Execution) error {
		return d.Execute(ctx, by, id, b)
	})
	item(s, a, "/decisions/{id}/conditions", "meet-condition", "Record that a condition was met",
		func(ctx context.Context, by casefile.Actor, id casefile.ID, b dutyBody) error {
			return d.MeetDuty(ctx, by, id, b.Duty, b.How)
		})
	item(s, a, "/decisions/{id}/verify", "verify-decision", "Record an independent check", func(ctx context.Context,
		by casefile.Actor, id casefile.ID, b casefile.Check) error {
		return d.Verify(ctx, by, id, b)
	})
}

type (
	peopleOut struct {
		People []store.Person `json:"people"`
	}
	meOut struct {
		ID     string          `json:"id"`
		Name   string          `json:"name"`
		Roles  []casefile.Role `json:"roles"`
		Scopes []string        `json:"scopes,omitempty"`
	}
	personBody struct {
		Name     string          `json:"name"`
		Email    string          `json:"email"`
		Roles    []casefile.Role `json:"roles"`
		Business bool            `json:"business"`
		Disabled bool            `json:"disabled"`
	}
	linkOut struct {
		Person string          `json:"person"`
		Link   string          `json:"link,omitempty" doc:"Works once, within 15 minutes; shown only now. Absent: a program asked, or another admin has to ask for the same"`
		Waits  []casefile.Role `json:"waits,omitempty" doc:"Roles that another admin has to ask for too"`
	}
	tokenBody struct {
		Name   string   `json:"name"`
		Scopes []string `json:"scopes"`
		Days   int      `json:"days" minimum:"1" maximum:"365"`
	}
	tokenOut struct {
		Secret string      `json:"secret" doc:"Shown only now"`
		Token  store.Token `json:"token"`
	}
	auditOut struct {
		Changes []auditLine `json:"changes"`
	}
	signinsOut struct {
		Signins []signin `json:"signins"`
	}
)

// linkFor is the answer with a one-time link; key "" is none.
func (s *Server) linkFor(person, key string, waits []casefile.Role) linkOut {
	if key == "" {
		return linkOut{Person: person, Waits: waits}
	}
	return linkOut{person, s.linkAt(key), waits}
}

func (s *Server) apiPeople(a huma.API) {
	db := s.cfg.Store
	add(s, a, "GET", "/me", "get-me", "Who the caller is", signedIn, func(_ context.Context, me *actor, _ *noInput) (
		meOut, error) {
		return meOut{me.ID, me.Name, me.Roles, me.Scopes}, nil
	})
	s.apiCalendar(a)
	add(s, a, "GET", "/people", "list-people", "People and their roles", readPeople, func(ctx context.Context, _ *actor,
		_ *noInput) (peopleOut, error) {
		list, err := db.People(ctx)
		return peopleOut{list}, err
	})
	add(s, a, "POST", "/people", "add-person", "Add a person, with a one-time sign-in link", managePeople,
		func(ctx context.Context, me *actor, in *struct {
			Idem
			Body personBody
		}) (linkOut, error) {
			if err := s.addFactor(ctx, me, in.Body.Roles); err != nil {
				return linkOut{}, err
			}
			p, key, err := db.AddPerson(ctx, me.Actor, store.Person{Name: in.Body.Name, Email: in.Body.Email,
				Roles: in.Body.Roles, Business: in.Body.Business}, linkLife)
			return s.linkFor(p.ID, key, p.Waits), err
		})
	add(s, a, "PUT", "/people/{id}", "set-person", "Change a person's name, roles and account", managePeople,
		func(ctx context.Context, me *actor, in *struct {
			ItemInput
			Body personBody
		}) (store.Person, error) {
			p, err := db.Person(ctx, in.ID)
			if err != nil {
				return p, err
			}
			if p.ID == me.ID && in.Body.Disabled {
				return p, &invalid{"disabled", "an admin cannot close the own account; another admin can"}
			}
			if err := s.factor(ctx, me); err != nil {
				return p, err
			}
			p.Name, p.Email, p.Roles, p.Business, p.Disabled = in.Body.Name, in.Body.Email, in.Body.Roles,
				in.Body.Business,
				in.Body.Disabled
			return db.SetPerson(ctx, me.Actor, p)
		})
	add(s, a, "POST", "/people/{id}/link", "link-person", "Make a one-time sign-in link", managePeople,
		func(ctx context.Context, me *actor, in *struct {
			Idem
			ItemInput
		}) (linkOut, error) {
			if err := s.factor(ctx, me); err != nil {
				return linkOut{}, err
			}
			key, err := db.NewLink(ctx, me.Actor, in.ID, linkLife)
			return s.linkFor(in.ID, key, nil), err
		})
	add(s, a, "POST", "/people/{id}/keys", "reset-keys",
		"Remove all security keys of a person who lost them, which takes two admins", managePeople,
		func(ctx context.Context, me *actor, in *struct {
			Idem
			ItemInput
		}) (made, error) {
			if err := s.factor(ctx, me); err != nil {
				return made{}, err
			}
			done, err := db.ResetKeys(ctx, me.Actor, in.ID)
			if !done {
				return made{ID: in.ID, Waits: "another admin has to ask for the same"}, err
			}
			return made{ID: in.ID}, err
		})
	add(s, a, "GET", "/people/{id}", "get-person", "One person", managePeople, func(ctx context.Context, _ *actor,
		in *ItemInput) (store.Person, error) {
		return db.Person(ctx, in.ID)
	})
	add(s, a, "GET", "/people/{id}/signins", "list-person-signins", "A person's sessions and tokens", managePeople,
		func(ctx context.Context, _ *actor, in *ItemInput) (signinsOut, error) {
			if _, err := db.Person(ctx, in.ID); err != nil {
				return signinsOut{}, err
			}
			list, err := s.signins(ctx, in.ID)
			return signinsOut{list}, err
		})
	add(s, a, "DELETE", "/people/{id}/signins/{signin}", "end-person-signin",
		"End one of a person's sessions or tokens", managePeople, func(ctx context.Context, me *actor, in *struct {
			ItemInput
			Signin string `path:"signin"`
		}) (made, error) {
			return made{ID: in.Signin}, s.revoke(ctx, me.ID, in.ID, in.Signin)
		})
	add(s, a, "GET", "/people/changes", "list-access-changes",
		"The latest changes to people, access and stored reviews", readPeople, func(ctx context.Context, _ *actor,
			_ *noInput) (auditOut, error) {
			list, err := s.audit(ctx)
			return auditOut{list}, err
		})
	add(s, a, "GET", "/account/signins", "list-signins", "The caller's sessions and tokens", signedIn,
		func(ctx context.Context, me *actor, _ *noInput) (signinsOut, error) {
			list, err := s.signins(ctx, me.ID)
			return signinsOut{list}, err
		})
	add(s, a, "POST", "/account/tokens", "make-token", "Make a token; only in a session", ownSignins,
		func(ctx context.Context, me *actor, in *struct {
			Idem
			Body tokenBody
		}) (tokenOut, error) {
			secret, t, err := db.NewToken(ctx, me.Actor, in.Body.Name, in.Body.Scopes,
				s.cfg.Now().Add(time.Duration(in.Body.Days)*24*time.Hour))
			return tokenOut{secret, t}, err
		})
	add(s, a, "DELETE", "/account/signins/{id}", "end-signin",
		"End one of the caller's sessions or tokens; only in a session", ownSignins, func(ctx context.Context,
			me *actor, in *ItemInput) (made, error) {
			return made{ID: in.ID}, s.revoke(ctx, me.ID, me.ID, in.ID)
		})
}
