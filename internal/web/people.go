package web

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/store"
)

type peoplePage struct {
	People        []store.Person
	Roles         any
	None          []string
	Audit         []auditLine
	Readings      []casefile.Reading
	Names         map[string]string
	Link, Invited string
	Key           string
	OneAdmin      bool // there is no second admin yet
}

// oneAdmin reports whether there is exactly one person who may give roles: then that person acts alone.
func oneAdmin(list []store.Person) bool {
	n := 0
	for _, p := range list {
		if !p.Disabled && slices.Contains(p.Roles, casefile.Admin) {
			n++
		}
	}
	return n == 1
}

// An auditLine is one act on people, access or stored reviews.
type auditLine struct {
	Seq     int64     `json:"seq"`
	At      time.Time `json:"at"`
	Actor   string    `json:"actor"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
}

const shownAudit = 50

// audit reads the newest events that belong to no case.
func (s *Server) audit(ctx context.Context) ([]auditLine, error) {
	return s.auditLines(ctx, `case_id = '' AND party = ''`)
}

// alone reads the newest acts that usually take two people and were done by one.
func (s *Server) alone(ctx context.Context) ([]auditLine, error) {
	var in []string
	var kinds []any
	for i, k := range store.OneHand {
		in, kinds = append(in, fmt.Sprintf("$%d", i+2)), append(kinds, string(k))
	}
	return s.auditLines(ctx, `case_id = '' AND kind IN (`+strings.Join(in, ", ")+`)`, kinds...)
}

// changesOf reads what others did lately to a person's roles and sign-ins: the person is told.
func (s *Server) changesOf(ctx context.Context, person string) ([]auditLine, error) {
	since := casefile.Stamp(s.cfg.Now().Add(-toldFor))
	return s.auditLines(ctx, `case_id = '' AND subject = $2 AND actor <> $2 AND at > $3`, person, since)
}

// toldFor is how long a person is told of a change to roles or sign-ins.
const toldFor = 30 * 24 * time.Hour

func (s *Server) auditLines(ctx context.Context, where string, args ...any) (out []auditLine, err error) {
	out = []auditLine{}
	err = s.cfg.Store.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT seq, at, actor, subject, text FROM event WHERE `+where+
			` ORDER BY seq DESC LIMIT $1`, append([]any{shownAudit}, args...)...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var l auditLine
			var at string
			if err := rows.Scan(&l.Seq, &at, &l.Actor, &l.Subject, &l.Text); err != nil {
				return err
			}
			l.At = casefile.When(at)
			out = append(out, l)
		}
		return rows.Err()
	})
	return out, err
}

func (s *Server) people(v *visit) error { return s.peopleWith(v, "", "") }

func (s *Server) peopleWith(v *visit, link, invited string) error {
	names, list, err := s.names(v.ctx())
	if err != nil {
		return err
	}
	p := peoplePage{People: list, Roles: Roles, Names: names, Link: link, Invited: invited, Key: newID(""),
		OneAdmin: oneAdmin(list)}
	if p.Audit, err = s.audit(v.ctx()); err != nil {
		return err
	}
	if v.me.Has(casefile.Auditor) {
		if p.Readings, err = s.desk.Readings(v.ctx(), v.by(), "", shownAudit); err != nil {
			return err
		}
	}
	if v.wants() != "" {
		return v.export(p.sheets())
	}
	return v.show(http.StatusOK, "people", "People and roles", p)
}

func (p peoplePage) sheets() map[string]sheet {
	out := map[string]sheet{
		"": sheetOf("people", []string{"id", "name", "email", "roles", "business_line", "closed", "created"}, p.People,
			func(x store.Person) []any {
				return []any{x.ID, x.Name, x.Email, roleNames(x.Roles), x.Business, x.Disabled, stampOf(x.Created)}
			}),
		"changes": sheetOf("changes", []string{"number", "at", "who", "subject", "what"}, p.Audit,
			func(l auditLine) []any {
				return []any{l.Seq, stampOf(l.At), nameOf(p.Names, l.Actor), l.Subject, l.Text}
			}),
	}
	if p.Readings != nil {
		out["readings"] = sheetOf("readings", []string{"at", "who", "case", "what"}, p.Readings,
			func(r casefile.Reading) []any {
				return []any{stampOf(casefile.When(r.At)), nameOf(p.Names, r.Actor), string(r.Case), r.What}
			})
	}
	return out
}

func roleNames(roles []casefile.Role) []string {
	out := make([]string, len(roles))
	for i, r := range roles {
		out[i] = string(r)
	}
	return out
}

func (f form) roles() []casefile.Role {
	out := []casefile.Role{}
	for _, x := range f.all("role") {
		out = append(out, casefile.Role(x))
	}
	return out
}

// invite adds a person who has no provider, and makes a link with which they sign in.
func (s *Server) invite(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	if err := s.formFactor(v); err != nil {
		return err
	}
	name := f.text("name")
	if name == "" || len(name) > 120 {
		return &invalid{"name", "a person needs a name of at most 120 letters"}
	}
	p, key, err := s.cfg.Store.AddPerson(v.ctx(), v.by(), store.Person{Name: name, Roles: f.roles(),
		Business: f.yes("business")}, linkLife)
	if err != nil {
		return err
	}
	if key == "" { // a program adds people, and signs nobody in
		return v.to("/people", waitWord(p, "person"))
	}
	return s.peopleWith(v, s.linkAt(key), name)
}

// waitWord is the note for a change, or that a part of it waits for a second admin.
func waitWord(p store.Person, done string) string {
	if len(p.Waits) > 0 || p.Stays {
		return "waits"
	}
	return done
}

type personPage struct {
	Keys    int // security keys
	Person  store.Person
	Roles   any
	Has     []string
	Signins []signin
	Key     string
}

// A signin is an open session or a token.
type signin struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind"` // session | token
	Name    string    `json:"name"`
	Scopes  []string  `json:"scopes"`
	Created time.Time `json:"created"`
	Seen    time.Time `json:"seen,omitzero"`
	Expires time.Time `json:"expires"`
}

func (s *Server) signins(ctx context.Context, person string) (out []signin, err error) {
	out = []signin{}
	sessions, err := s.cfg.Store.Sessions(ctx, person)
	if err != nil {
		return nil, err
	}
	for _, x := range sessions {
		if s.cfg.Now().Sub(x.Seen) <= sessionIdle {
			out = append(out, signin{ID: x.Key, Kind: "session", Name: x.How, Created: x.Created, Seen: x.Seen,
				Expires: x.Expires})
		}
	}
	tokens, err := s.cfg.Store.Tokens(ctx, person)
	for _, t := range tokens {
		if t.Revoked.IsZero() && t.Expires.After(s.cfg.Now()) {
			out = append(out, signin{ID: t.ID, Kind: "token", Name: t.Name, Scopes: t.Scopes, Created: t.Created,
				Seen: t.Used, Expires: t.Expires})
		}
	}
	return out, err
}

// revoke ends a session or token, if it is the person's.
func (s *Server) revoke(ctx context.Context, by, person, id string) error {
	open, err := s.signins(ctx, person)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(open, func(x signin) bool { return x.ID == id })
	switch {
	case i < 0:
		return casefile.ErrNotFound
	case open[i].Kind == "token":
		return s.cfg.Store.RevokeToken(ctx, by, person, id)
	}
	return s.cfg.Store.EndSessionOf(ctx, by, person, id)
}

func (s *Server) person(v *visit) error {
	p, err := s.cfg.Store.Person(v.ctx(), v.r.PathValue("person"))
	if err != nil {
		return err
	}
	open, err := s.signins(v.ctx(), p.ID)
	if err != nil {
		return err
	}
	if v.wants() != "" {
		return v.send(signinSheet(open))
	}
	keys, err := s.cfg.Store.SecurityKeys(v.ctx(), p.ID)
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, "person", p.Name, personPage{len(keys), p, Roles, roleNames(p.Roles), open, newID("")})
}

func (s *Server) personSave(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	p, err := s.cfg.Store.Person(v.ctx(), v.r.PathValue("person"))
	if err != nil {
		return err
	}
	if err := s.formFactor(v); err != nil {
		return err
	}
	p.Roles, p.Business, p.Disabled = f.roles(), f.yes("business"), f.yes("disabled")
	if p.ID == v.me.ID && p.Disabled {
		return &invalid{"disabled", "an admin cannot close the own account; another admin can"}
	}
	if p, err = s.cfg.Store.SetPerson(v.ctx(), v.by(), p); err != nil {
		return err
	}
	return v.to("/people", waitWord(p, "roles"))
}

func (s *Server) personLink(v *visit) error {
	if _, err := v.form(); err != nil {
		return err
	}
	p, err := s.cfg.Store.Person(v.ctx(), v.r.PathValue("person"))
	if err != nil {
		return err
	}
	if err := s.formFactor(v); err != nil {
		return err
	}
	key, err := s.cfg.Store.NewLink(v.ctx(), v.by(), p.ID, linkLife)
	if err != nil {
		return err
	}
	if key == "" {
		return v.to("/people", "link-asked")
	}
	return s.peopleWith(v, s.linkAt(key), p.Name)
}

func (s *Server) personRevoke(v *visit) error {
	who := v.r.PathValue("person")
	if err := s.revoke(v.ctx(), v.me.ID, who, v.r.FormValue("id")); err != nil {
		return err
	}
	return v.to("/people/"+who, "revoked")
}

type accountPage struct {
	Signins []signin
	Scopes  []string
	Secret  string
	Key     string
	Changes []auditLine // by others
	Names   map[string]string
	Keys    []store.SecurityKey
	Asked   bool // the server asks everybody for a second factor
}

func (s *Server) account(v *visit) error { return s.accountWith(v, "") }

func (s *Server) accountWith(v *visit, secret string) error {
	open, err := s.signins(v.ctx(), v.me.ID)
	if err != nil {
		return err
	}
	if v.wants() != "" {
		return v.send(signinSheet(open))
	}
	p := accountPage{Signins: open, Scopes: store.Scopes, Secret: secret, Key: newID("")}
	if p.Changes, err = s.changesOf(v.ctx(), v.me.ID); err != nil {
		return err
	}
	if p.Names, _, err = s.names(v.ctx()); err != nil {
		return err
	}
	if p.Keys, err = s.cfg.Store.SecurityKeys(v.ctx(), v.me.ID); err != nil {
		return err
	}
	p.Asked = s.cfg.RequireFactor
	return v.show(http.StatusOK, "account", v.me.Name, p)
}

// newToken makes an API token; only a session may, so that a token cannot outlive itself.
func (s *Server) newToken(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	days := f.number("days")
	if days < 1 || days > tokenDays {
		return &invalid{"days", "a token lives between 1 and 365 days"}
	}
	secret, _, err := s.cfg.Store.NewToken(v.ctx(), v.by(), f.text("name"), f.all("scope"), s.cfg.Now().AddDate(0, 0,
		days))
	if err != nil {
		return err
	}
	return s.accountWith(v, secret)
}

func (s *Server) accountRevoke(v *visit) error {
	if err := s.revoke(v.ctx(), v.me.ID, v.me.ID, v.r.FormValue("id")); err != nil {
		return err
	}
	return v.to("/account", "revoked")
}
