package web

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"plimsoll/internal/casefile"
	"plimsoll/internal/store"
)

// A second factor is asked for before what binds others: approving, unsealing, deleting and giving roles. It is a
// security key (WebAuthn), or a sign-in at the OpenID provider a moment ago.

const (
	// factorLife is how long a session counts as confirmed: long enough for a handful of decisions in a row.
	factorLife = 10 * time.Minute
	// challengeLife is how long a browser may take to answer.
	challengeLife = 5 * time.Minute
	// enrolLife is how old a session may be in which a person's first key is enrolled: one that was taken over
	// later cannot add a key of its own.
	enrolLife = time.Hour
)

// The kinds of ceremonies of a security key.
const (
	flowConfirm = "confirm"
	flowEnrol   = "enrol"
)

// answerField is the field of a form that carries what a security key answered, as JSON.
const answerField = "factor-answer"

// An unconfirmed session lacks a second factor for what was asked.
type unconfirmed struct{ keys, provider, token bool }

func (e *unconfirmed) Error() string {
	switch {
	case e.token:
		return "this takes a second factor, and a token has none; do it in a session"
	case e.keys:
		return "this takes a second factor: confirm with your security key on the page /confirm first"
	case e.provider:
		return "this takes a second factor: sign in again at the provider, or enrol a security key on the page of " +
			"your account"
	}
	return "this takes a second factor: enrol a security key on the page of your account first"
}

var (
	errEnrolLate = errors.New("a first security key is enrolled within an hour of signing in; sign in again")
	errKeyAnswer = errors.New("the security key's answer was not accepted; try again")
	errKeyName   = errors.New("security keys work under a name and not under an address: open this server as " +
		"http://localhost, or under the name of --origin")
)

// relyingParty is this server as security keys know it: by the host of its origin, and on loopback as localhost,
// since an address is no name (WebAuthn Level 3, section 5.4.2, rp.id is a domain). It is nil where there is no name.
func relyingParty(origin string) (*webauthn.WebAuthn, error) {
	u, err := url.Parse(origin)
	if err != nil {
		return nil, err
	}
	host, origins := u.Hostname(), []string{origin}
	if ip := net.ParseIP(host); ip != nil {
		if !ip.IsLoopback() {
			return nil, nil
		}
		host = "localhost"
		u.Host = strings.TrimSuffix(net.JoinHostPort(host, u.Port()), ":")
		origins = []string{u.Scheme + "://" + u.Host}
	}
	w, err := webauthn.New(&webauthn.Config{RPID: host, RPDisplayName: "Plimsoll", RPOrigins: origins})
	if err != nil {
		return nil, fmt.Errorf("security keys at %s: %w", origin, err)
	}
	return w, nil
}

// A keyHolder is a person with their keys, as the ceremonies see them.
type keyHolder struct {
	id, name string
	keys     []store.SecurityKey
}

func (h keyHolder) WebAuthnID() []byte          { return []byte(h.id) }
func (h keyHolder) WebAuthnName() string        { return h.name }
func (h keyHolder) WebAuthnDisplayName() string { return h.name }

// WebAuthnCredentials gives the records of the keys. One that cannot be read is no key.
func (h keyHolder) WebAuthnCredentials() []webauthn.Credential {
	var out []webauthn.Credential
	for _, k := range h.keys {
		var c webauthn.Credential
		if json.Unmarshal([]byte(k.Body), &c) == nil {
			out = append(out, c)
		}
	}
	return out
}

func (s *Server) keyHolder(ctx context.Context, me *actor) (keyHolder, error) {
	keys, err := s.cfg.Store.SecurityKeys(ctx, me.ID)
	return keyHolder{me.ID, me.Name, keys}, err
}

// factor refuses what takes a second factor to a session that was not confirmed with one lately: of everybody who has
// enrolled a security key, and of all where the server requires it.
func (s *Server) factor(ctx context.Context, me *actor) error {
	if me.Session != "" && s.confirmed(me) {
		return nil
	}
	has, err := s.cfg.Store.HasKey(ctx, me.ID)
	if err != nil {
		return err
	}
	if !has && !s.cfg.RequireFactor {
		return nil
	}
	return &unconfirmed{keys: has, provider: s.oidc != nil, token: me.Token != ""}
}

// confirmed reports whether the session of an actor was confirmed lately.
func (s *Server) confirmed(me *actor) bool {
	return !me.Confirmed.IsZero() && s.cfg.Now().Sub(me.Confirmed) <= factorLife
}

// apiFactor is factor for an operation of the API, whose context names the actor.
func (s *Server) apiFactor(ctx context.Context) error {
	me, _ := ctx.Value(actorKey{}).(*actor)
	if me == nil {
		return errSignIn
	}
	return s.factor(ctx, me)
}

// addFactor is factor for adding a person: a program may add people without roles.
func (s *Server) addFactor(ctx context.Context, me *actor, roles []casefile.Role) error {
	if me.Token != "" && len(roles) == 0 {
		return nil
	}
	return s.factor(ctx, me)
}

// formFactor is factor for a form: one that was held back comes again with the answer of the security key.
func (s *Server) formFactor(v *visit) error {
	if answer := v.r.PostFormValue(answerField); answer != "" {
		if err := s.confirm(v.ctx(), v.me, answer); err != nil {
			return err
		}
	}
	return s.factor(v.ctx(), v.me)
}

// confirm checks the answer of a security key, and notes it in the session.
func (s *Server) confirm(ctx context.Context, me *actor, answer string) error {
	flow, err := s.endFlow(ctx, me, flowConfirm)
	if err != nil {
		return err
	}
	who, err := s.keyHolder(ctx, me)
	if err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return errKeyAnswer
	}
	used, err := s.keys.ValidateLogin(who, flow, parsed)
	if err != nil || used.Authenticator.CloneWarning {
		s.cfg.Log.Warn("security key refused", "person", me.ID, "error", err, "copied", err == nil)
		return errKeyAnswer
	}
	id := base64.RawURLEncoding.EncodeToString(used.ID)
	for _, k := range who.keys {
		if k.ID != id {
			continue
		}
		body, err := json.Marshal(used)
		if err != nil {
			return err
		}
		k.Body = string(body)
		how := fmt.Sprintf("security key %q", k.Name)
		if err := s.cfg.Store.UseKey(ctx, me.Session, k, how); err != nil {
			return err
		}
		me.Confirmed = s.cfg.Now()
		me.SignIn = signInWords(me.How, how)
		return nil
	}
	return errKeyAnswer
}

// signInWords says how somebody signed in; factor is "" while the session is not confirmed.
func signInWords(how, factor string) string {
	words := map[string]string{"link": "one-time link", "oidc": "OpenID provider"}[how]
	if words == "" {
		words = how
	}
	if factor != "" {
		words += " and " + factor
	}
	return words
}

func (s *Server) endFlow(ctx context.Context, me *actor, kind string) (flow webauthn.SessionData, err error) {
	if s.keys == nil {
		return flow, errKeyName
	}
	if me.Session == "" {
		return flow, &refusal{ownSignins}
	}
	body, err := s.cfg.Store.EndFlow(ctx, me.Session, kind)
	if err == nil {
		err = json.Unmarshal([]byte(body), &flow)
	}
	return flow, err
}

// factorPage is a form that is sent once a security key has answered.
type factorPage struct {
	Kind     string // confirm | enrol
	Options  string // for the browser, as JSON; "": there is no key to ask
	Field    string
	Action   string      // where the form goes
	Held     []heldField // what it carries
	Provider string      // a sign-in there counts as well
	Next     string      // where to go on after that
	Why      string      // in place of the button
}

type heldField struct{ Name, Value string }

// beginFlow keeps a ceremony for the session, and gives the browser's part of it.
func (s *Server) beginFlow(ctx context.Context, me *actor, kind string, options any, flow *webauthn.SessionData) (
	string, error) {
	kept, err := json.Marshal(flow)
	if err != nil {
		return "", err
	}
	if err := s.cfg.Store.BeginFlow(ctx, me.Session, kind, string(kept), challengeLife); err != nil {
		return "", err
	}
	shown, err := json.Marshal(options)
	return string(shown), err
}

// askFactor shows the page on which a session is confirmed; held is the form that then goes to action.
func (s *Server) askFactor(v *visit, status int, action string, held url.Values, next string) error {
	p := factorPage{Kind: flowConfirm, Field: answerField, Action: action, Next: next}
	if s.oidc != nil {
		p.Provider = s.oidc.name
	}
	for name, values := range held {
		if name == answerField {
			continue
		}
		for _, x := range values {
			p.Held = append(p.Held, heldField{name, x})
		}
	}
	who, err := s.keyHolder(v.ctx(), v.me)
	if err != nil {
		return err
	}
	switch {
	case len(who.keys) == 0 && p.Provider == "":
		p.Why = "You have enrolled no security key yet. Enrol one on the page of your account, then come back."
	case len(who.keys) == 0:
		p.Why = "You have enrolled no security key: sign in again at the provider."
	case s.keys == nil:
		p.Why = capital(errKeyName.Error()) + "."
	default:
		options, flow, err := s.keys.BeginLogin(who)
		if err != nil {
			return fmt.Errorf("ask a security key: %w", err)
		}
		if p.Options, err = s.beginFlow(v.ctx(), v.me, flowConfirm, options.Response, flow); err != nil {
			return err
		}
	}
	return v.show(status, "factor", "Confirm that it is you", p)
}

// confirmPage lets a session be confirmed ahead of what takes it.
func (s *Server) confirmPage(v *visit) error {
	next := localPath(v.r.FormValue("next"))
	return s.askFactor(v, http.StatusOK, "/confirm", url.Values{"next": {next}}, next)
}

func (s *Server) confirmSend(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	if err := s.confirm(v.ctx(), v.me, f.text(answerField)); err != nil {
		return err
	}
	return v.to(localPath(f.text("next")), "confirmed")
}

// mayEnrol says whether an actor may change the own security keys now.
func (s *Server) mayEnrol(v *visit) (keyHolder, error) {
	who, err := s.keyHolder(v.ctx(), v.me)
	switch {
	case err != nil:
		return who, err
	case s.keys == nil:
		return who, errKeyName
	case s.confirmed(v.me):
		return who, nil
	case len(who.keys) > 0:
		return who, s.formFactor(v)
	case s.cfg.Now().Sub(v.me.Since) > enrolLife:
		return who, errEnrolLate
	}
	return who, nil
}

// keyName is what a person calls a key.
func keyName(f form) (string, error) {
	name := f.text("name")
	if name == "" || len(name) > 80 {
		return "", &invalid{"name", "a security key needs a name of at most 80 letters"}
	}
	return name, nil
}

// keyBegin shows the page on which a new security key is asked.
func (s *Server) keyBegin(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	name, err := keyName(f)
	if err != nil {
		return err
	}
	who, err := s.mayEnrol(v)
	if err != nil {
		return err
	}
	var had []protocol.CredentialDescriptor
	for _, c := range who.WebAuthnCredentials() {
		had = append(had, c.Descriptor())
	}
	options, flow, err := s.keys.BeginRegistration(who, webauthn.WithExclusions(had), webauthn.WithConveyancePreference(
		protocol.PreferNoAttestation))
	if err != nil {
		return fmt.Errorf("ask a new security key: %w", err)
	}
	p := factorPage{Kind: flowEnrol, Field: answerField, Action: "/account/keys/enrol", Held: []heldField{
		{"name", name}}}
	if p.Options, err = s.beginFlow(v.ctx(), v.me, flowEnrol, options.Response, flow); err != nil {
		return err
	}
	return v.show(http.StatusOK, "factor", "Enrol a security key", p)
}

// keyEnrol keeps a new security key. Its session counts as confirmed: whoever enrolled it has just shown it.
func (s *Server) keyEnrol(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	name, err := keyName(f)
	if err != nil {
		return err
	}
	flow, err := s.endFlow(v.ctx(), v.me, flowEnrol) // it was begun by somebody who may
	if err != nil {
		return err
	}
	who, err := s.keyHolder(v.ctx(), v.me)
	if err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(f.text(answerField)))
	if err != nil {
		return errKeyAnswer
	}
	made, err := s.keys.CreateCredential(who, flow, parsed)
	if err != nil {
		s.cfg.Log.Warn("security key not enrolled", "person", v.me.ID, "error", err)
		return errKeyAnswer
	}
	body, err := json.Marshal(made)
	if err != nil {
		return err
	}
	k := store.SecurityKey{ID: base64.RawURLEncoding.EncodeToString(made.ID), Person: v.me.ID, Name: name,
		Body: string(body)}
	if err := s.cfg.Store.EnrolKey(v.ctx(), k); err != nil {
		return err
	}
	if err := s.cfg.Store.UseKey(v.ctx(), v.me.Session, k, fmt.Sprintf("security key %q", name)); err != nil {
		return err
	}
	return v.to("/account", "key")
}

func (s *Server) keyRemove(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	if err := s.formFactor(v); err != nil {
		return err
	}
	if err := s.cfg.Store.RemoveKey(v.ctx(), v.me.ID, f.text("id")); err != nil {
		return err
	}
	return v.to("/account", "unkeyed")
}

// personKeys has the security keys of somebody who lost them removed, by two admins.
func (s *Server) personKeys(v *visit) error {
	if _, err := v.form(); err != nil {
		return err
	}
	if err := s.formFactor(v); err != nil {
		return err
	}
	who := v.r.PathValue("person")
	done, err := s.cfg.Store.ResetKeys(v.ctx(), v.by(), who)
	if err != nil {
		return err
	}
	return v.to("/people/"+who, map[bool]string{true: "unkeyed", false: "waits"}[done])
}
