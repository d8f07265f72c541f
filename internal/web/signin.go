package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"plimsoll/internal/casefile"
	"plimsoll/internal/store"
)

// How long what a sign-in needs may live.
const (
	sessionLife = 12 * time.Hour
	sessionIdle = 2 * time.Hour
	linkLife    = 15 * time.Minute
	flowLife    = 10 * time.Minute
	tokenDays   = 365
)

// wrongKeyCost is how many requests a wrong one-time key counts for.
const wrongKeyCost = 10

var (
	errLink = errors.New("this link was used or has expired; ask for a new one where Plimsoll was started")
	errFlow = errors.New("this sign-in was not begun here, or took too long; try again")
)

func newID(prefix string) string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails, see crypto/rand
	return prefix + hex.EncodeToString(b)
}

// OIDC names the provider that people sign in with.
type OIDC struct {
	Issuer, ClientID, Secret string
	Name                     string // on the button; "" means the issuer's host
	HTTP                     *http.Client
}

// A provider is an OpenID provider that was found and understood.
type provider struct {
	name     string
	client   *http.Client
	discover *oidc.Provider
	verifier *oidc.IDTokenVerifier
	oauth    oauth2.Config
	turns    chan struct{} // places for questions to the provider
}

func openProvider(ctx context.Context, cfg OIDC, callback string) (*provider, error) {
	if cfg.HTTP != nil {
		ctx = oidc.ClientContext(ctx, cfg.HTTP)
	}
	p, err := oidc.NewProvider(ctx, cfg.Issuer)
	if err != nil {
		return nil, fmt.Errorf("open sign-in provider %s: %w", cfg.Issuer, err)
	}
	name := cfg.Name
	if name == "" {
		if u, err := url.Parse(cfg.Issuer); err == nil {
			name = u.Host
		}
	}
	return &provider{name: name, client: cfg.HTTP, discover: p, turns: make(chan struct{}, exchanges),
		verifier: p.VerifierContext(context.WithoutCancel(ctx), &oidc.Config{ClientID: cfg.ClientID}),
		oauth: oauth2.Config{ClientID: cfg.ClientID, ClientSecret: cfg.Secret, Endpoint: p.Endpoint(),
			RedirectURL: callback, Scopes: []string{oidc.ScopeOpenID, "profile", "email"}},
	}, nil
}

// cookieName: the __Host- prefix makes browsers insist on TLS, this host and the root path.
func (s *Server) cookieName() string {
	if s.secure() {
		return "__Host-plimsoll"
	}
	return "plimsoll"
}

// who reads the session cookie or the bearer token of a request.
func (s *Server) who(r *http.Request) (*actor, error) {
	if h := r.Header.Get("Authorization"); h != "" {
		key, _ := strings.CutPrefix(h, "Bearer ")
		a, t, err := s.cfg.Store.ByToken(r.Context(), key)
		if errors.Is(err, store.ErrSignIn) {
			err = errBadToken
		}
		if err != nil {
			return nil, err
		}
		a.SignIn = fmt.Sprintf("token %q", t.Name)
		return &actor{Actor: a, Token: t.ID, Scopes: t.Scopes}, nil
	}
	c, err := r.Cookie(s.cookieName())
	if err != nil {
		return nil, nil
	}
	p, x, err := s.cfg.Store.BySession(r.Context(), c.Value)
	switch {
	case errors.Is(err, store.ErrSignIn):
		return nil, nil
	case err != nil:
		return nil, err
	case s.cfg.Now().Sub(x.Seen) > sessionIdle:
		return nil, s.cfg.Store.RevokeSession(r.Context(), x.Key)
	}
	me := &actor{Actor: p.Actor(), Email: p.Email, Session: x.Key, How: x.How, Since: x.Created, Confirmed: x.FactorAt}
	factor := ""
	if s.confirmed(me) {
		factor = x.Factor
	}
	me.SignIn = signInWords(x.How, factor)
	return me, nil
}

var errBadToken = errors.New("the token is unknown, expired or revoked")

// enter begins a session and goes to next. factor is what confirms it from the start; "" when nothing does.
func (s *Server) enter(v *visit, person, how, factor, next string) error {
	secret, err := s.cfg.Store.NewSession(v.ctx(), person, how, sessionLife)
	if err != nil {
		return err
	}
	if factor != "" {
		if err := s.cfg.Store.ConfirmSession(v.ctx(), secret, factor); err != nil {
			return err
		}
	}
	// Lax, not Strict: the provider's redirect back, and a link in a mail, must arrive signed in.
	http.SetCookie(v.w, &http.Cookie{Name: s.cookieName(), Value: secret, Path: "/", MaxAge: int(sessionLife.Seconds()),
		HttpOnly: true, Secure: s.secure(), SameSite: http.SameSiteLaxMode})
	http.Redirect(v.w, v.r, localPath(next), http.StatusSeeOther)
	return nil
}

// localPath keeps a redirect on this server.
func localPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") ||
		strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return next
}

type signinPage struct {
	Provider, Next, Key string
	Spent               bool
}

func (s *Server) signin(v *visit) error {
	p := signinPage{Next: localPath(v.r.FormValue("next"))}
	if s.oidc != nil {
		p.Provider = s.oidc.name
	}
	return v.show(http.StatusOK, "signin", "Sign in", p)
}

// start shows a button instead of signing in at once: programs that look at links before
// people do must not use a one-time link up.
func (s *Server) start(v *visit) error {
	return v.show(http.StatusOK, "signin", "Sign in", signinPage{Key: v.r.FormValue("key"), Next: "/"})
}

func (s *Server) startUse(v *visit) error {
	p, err := s.cfg.Store.UseLink(v.ctx(), v.r.FormValue("key"))
	if errors.Is(err, store.ErrSignIn) || errors.Is(err, store.ErrNoPerson) {
		// Only wrong keys are counted: many people may share one address, and one who guesses
		// must not keep the others out.
		if !s.limit.allow("wrong key "+clientOf(v), wrongKeyCost) {
			return errTooMany
		}
		return errLink
	}
	if err != nil {
		return err
	}
	return s.enter(v, p.ID, "link", "", "/")
}

func (s *Server) signout(v *visit) error {
	if v.me.Session != "" {
		if err := s.cfg.Store.RevokeSession(v.ctx(), v.me.Session); err != nil {
			return err
		}
	}
	http.SetCookie(v.w, &http.Cookie{Name: s.cookieName(), Path: "/", MaxAge: -1, HttpOnly: true, Secure: s.secure(),
		SameSite: http.SameSiteLaxMode})
	http.Redirect(v.w, v.r, "/signin", http.StatusSeeOther)
	return nil
}

// A flow is what a sign-in at the provider began with. It travels in a cookie that only this
// server's answers can set (the __Host- prefix over TLS), so that any server can take the
// provider's answer, and so that the answer counts only in the browser that asked.
type flow struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"`
	Next     string `json:"x"`
	Ends     int64  `json:"e"`
}

func (s *Server) flowCookie(value string, age int) *http.Cookie {
	return &http.Cookie{Name: s.cookieName() + "-flow", Value: value, Path: "/", MaxAge: age, HttpOnly: true,
		Secure: s.secure(), SameSite: http.SameSiteLaxMode}
}

// oidcBegin sends the browser to the provider, with state, nonce and PKCE (RFC 7636).
func (s *Server) oidcBegin(v *visit) error {
	if s.oidc == nil {
		return errNoPage
	}
	f := flow{rand.Text(), rand.Text(), oauth2.GenerateVerifier(), localPath(v.r.FormValue("next")),
		s.cfg.Now().Add(flowLife).Unix()}
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	http.SetCookie(v.w, s.flowCookie(base64.RawURLEncoding.EncodeToString(b), int(flowLife.Seconds())))
	options := []oauth2.AuthCodeOption{oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)}
	// the person signs in again there, whatever the provider remembers (section 3.1.2.1)
	if v.r.FormValue("fresh") != "" {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	http.Redirect(v.w, v.r, s.oidc.oauth.AuthCodeURL(f.State, options...), http.StatusSeeOther)
	return nil
}

func (s *Server) takeFlow(v *visit) (f flow, err error) {
	c, err := v.r.Cookie(s.cookieName() + "-flow")
	if err != nil {
		return f, errFlow
	}
	http.SetCookie(v.w, s.flowCookie("", -1))
	b, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || json.Unmarshal(b, &f) != nil || f.State == "" || f.State != v.r.FormValue("state") ||
		s.cfg.Now().Unix() > f.Ends {
		return f, errFlow
	}
	return f, nil
}

// The provider is asked about so many answers at once, and about one for so long. Others wait.
const (
	exchanges    = 64
	exchangeLife = 15 * time.Second
)

// exchange has the provider give the tokens for a code.
func (s *Server) exchange(ctx context.Context, code, verifier string) (*oauth2.Token, error) {
	select {
	case s.oidc.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-s.oidc.turns }()
	ctx, stop := context.WithTimeout(ctx, exchangeLife)
	defer stop()
	return s.oidc.oauth.Exchange(ctx, code, oauth2.VerifierOption(verifier))
}

func (s *Server) oidcEnd(v *visit) error {
	if s.oidc == nil {
		return errNoPage
	}
	f, err := s.takeFlow(v)
	if err != nil {
		return err
	}
	if e := v.r.FormValue("error"); e != "" {
		return &invalid{"", "the provider refused the sign-in: " + e}
	}
	ctx := v.ctx()
	if s.oidc.client != nil {
		ctx = oidc.ClientContext(ctx, s.oidc.client)
	}
	token, err := s.exchange(ctx, v.r.FormValue("code"), f.Verifier)
	if err != nil {
		s.cfg.Log.Warn("sign-in: exchange code", "error", err)
		// As with wrong keys, only what fails is counted: nobody keeps a right answer of the provider out.
		if !s.limit.allow("wrong code "+clientOf(v), wrongKeyCost) {
			return errTooMany
		}
		return errFlow
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := s.oidc.verifier.Verify(ctx, raw)
	if err != nil || id.Nonce != f.Nonce {
		s.cfg.Log.Warn("sign-in: verify token", "error", err)
		return errFlow
	}
	p, err := s.personOf(ctx, id, token)
	if err != nil {
		return err
	}
	return s.enter(v, p.ID, "oidc", s.freshness(id), f.Next)
}

// freshness is what confirms a session from the start: the provider states that the person signed in there a moment
// ago (OpenID Connect Core 1.0, section 2, auth_time); "" when it states an older moment or none.
func (s *Server) freshness(id *oidc.IDToken) string {
	var claims struct {
		At int64 `json:"auth_time"`
	}
	if id.Claims(&claims) != nil || claims.At == 0 {
		return ""
	}
	if age := s.cfg.Now().Sub(time.Unix(claims.At, 0)); age > factorLife || age < -time.Minute {
		return ""
	}
	return "a fresh sign-in there"
}

// personOf finds the person of an ID token, or adds one without a role: roles are given
// here, by an admin, whatever the provider says.
func (s *Server) personOf(ctx context.Context, id *oidc.IDToken, token *oauth2.Token) (store.Person, error) {
	p, err := s.cfg.Store.ByIdentity(ctx, id.Issuer, id.Subject)
	if !errors.Is(err, store.ErrNoPerson) {
		return p, err
	}
	var claims struct {
		Name     string `json:"name"`
		Username string `json:"preferred_username"`
		Email    string `json:"email"`
		Verified bool   `json:"email_verified"`
	}
	if err := id.Claims(&claims); err != nil {
		return p, fmt.Errorf("read claims of the provider: %w", err)
	}
	if claims.Name == "" || claims.Email == "" { // many providers say these only when asked
		info, err := s.oidc.discover.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err == nil && info.Subject == id.Subject {
			if err := info.Claims(&claims); err != nil {
				return p, fmt.Errorf("read claims of the provider: %w", err)
			}
		}
	}
	p = store.Person{ID: identityID(id.Issuer, id.Subject), Name: claims.Name, Email: claims.Email}
	for _, other := range []string{claims.Username, claims.Email, id.Subject} {
		if p.Name == "" {
			p.Name = other
		}
	}
	if claims.Verified && slices.ContainsFunc(s.cfg.Admins, func(a string) bool {
		return strings.EqualFold(a,
			claims.Email)
	}) {
		p.Roles = []casefile.Role{casefile.Admin}
	}
	if had, err := s.cfg.Store.Person(ctx, p.ID); err == nil {
		// The identity was known before: the account is closed, or another request was faster.
		if had.Disabled {
			return had, &refusal{"sign in: an admin has closed your account"}
		}
		return had, s.cfg.Store.LinkIdentity(ctx, "", p.ID, id.Issuer, id.Subject)
	}
	if p, err = s.cfg.Store.CreatePerson(ctx, "", p); err != nil {
		return p, err
	}
	return p, s.cfg.Store.LinkIdentity(ctx, "", p.ID, id.Issuer, id.Subject)
}

// identityID makes the id of a person from the identity, so that two servers that see the
// first sign-in at once make one person.
func identityID(issuer, subject string) string {
	h := sha256.Sum256([]byte(issuer + "\x00" + subject))
	return "p-" + hex.EncodeToString(h[:5])
}
