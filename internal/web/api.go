package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// The API does what the pages do, through the same desk and store. A request is signed in
// by a bearer token, or by the session cookie of a person; only a person can decide.

// api makes the handler of /api/ and /openapi.json.
func (s *Server) api() http.Handler {
	mux := http.NewServeMux()
	a := humago.New(mux, s.apiConfig())
	s.huma = a
	a.UseMiddleware(func(c huma.Context, next func(huma.Context)) { s.apiGuard(a, c, next) })
	s.apiReviews(a)
	s.apiCases(a)
	s.apiDecisions(a)
	s.apiPublications(a)
	s.apiDocket(a)
	s.apiProcess(a)
	s.apiPeople(a)
	s.apiNotices(a)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(
			`{"title":"Not Found","status":404,"detail":"There is no such endpoint; see /openapi.json."}` + "\n"))
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			x := recover()
			if x == nil {
				return
			}
			if x == http.ErrAbortHandler {
				panic(x)
			}
			s.cfg.Log.Error("panic", "path", r.URL.Path, "value", x, "stack", string(debug.Stack()))
			t := s.diagnose(fmt.Errorf("panic: %v", x))
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(t.Status)
			_ = json.NewEncoder(w).Encode(huma.ErrorModel{Title: t.Title, Status: t.Status, Detail: t.Detail +
				" Reference " + t.Ref + "."})
		}()
		r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
		mux.ServeHTTP(w, r)
	})
}

func (s *Server) apiConfig() huma.Config {
	c := huma.DefaultConfig("Plimsoll", "1")
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "/openapi", "", ""
	c.CreateHooks = nil // no $schema members: answers are the plain values
	c.FieldsOptionalByDefault = true
	c.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	c.Info.Description = "Reviews, findings, cases and decisions. Lists are continued with the cursor `after`. A " +
		"POST that makes or moves something takes an Idempotency-Key: the same key with the same request gives the " +
		"same answer, with another request it is refused. A secret (a sign-in link, a token) is kept only as its " +
		"hash: a repeated request makes a new secret for the same thing, and the earlier one ends. Keys are known " +
		"for 30 days. Errors are problem+json (RFC 9457). A token adds and reads; deciding needs a person's session."
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token":   {Type: "http", Scheme: "bearer", Description: "An API token, made on the page of one's account"},
		"session": {Type: "apiKey", In: "cookie", Name: "plimsoll", Description: "A person's session in the browser"},
	}
	c.Security = []map[string][]string{{"token": {}}, {"session": {}}}
	return c
}

// schemaName tells types of the same name apart by their package.
func schemaName(t reflect.Type, hint string) string {
	n := huma.DefaultSchemaNamer(t, hint)
	if n == "" {
		return n
	}
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	p := t.PkgPath()
	switch pkg := p[strings.LastIndexByte(p, '/')+1:]; pkg {
	case "casefile", "finding", "notice", "publication", "store", "policy":
		return strings.ToUpper(pkg[:1]) + pkg[1:] + strings.ToUpper(n[:1]) + n[1:]
	}
	return strings.ToUpper(n[:1]) + n[1:]
}

type actorKey struct{}

// apiGuard signs a request in and asks whether it may use the operation.
func (s *Server) apiGuard(a huma.API, c huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(c)
	v := &visit{w: w, r: r, s: s}
	var err error
	if v.me, err = s.who(r); err == nil {
		may, _ := c.Operation().Metadata["may"].(permission)
		err = s.admit(v, may)
	}
	if err != nil {
		t := s.diagnose(err)
		switch t.Status {
		case http.StatusTooManyRequests:
			c.SetHeader("Retry-After", "2")
		case http.StatusUnauthorized:
			c.SetHeader("WWW-Authenticate", "Bearer")
		}
		_ = huma.WriteErr(a, c, t.Status, t.Detail)
		return
	}
	next(huma.WithValue(c, actorKey{}, v.me))
}

// Idem is the part of an input that carries the idempotency key.
type Idem struct {
	Key string `header:"Idempotency-Key" maxLength:"64" doc:"The same key and request give the same answer"`
}

func (i *Idem) key() string { return i.Key }

// An out is an answer with a body.
type out[T any] struct {
	Status int
	Body   T
}

// A made names what a request made.
type made struct {
	ID    string `json:"id"`
	Waits string `json:"waits,omitempty" doc:"Nothing was done yet (the status is 202): what it still takes"`
}

// status is the status of the answer.
func (m made) status() int {
	if m.Waits != "" {
		return http.StatusAccepted
	}
	return http.StatusOK
}

// add registers one operation. do gets who asks; its errors are worded by the same table as
// those of the pages.
func add[I, O any](s *Server, a huma.API, method, path, id, summary string, may permission, do func(ctx context.Context,
	me *actor, in *I) (O, error)) {
	op := huma.Operation{OperationID: id, Method: method, Path: "/api/v1" + path, Summary: summary,
		Description: "Needs the permission: " + string(may) + ".",
		Metadata:    map[string]any{"may": may}, Errors: []int{http.StatusUnauthorized, http.StatusForbidden,
			http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity, http.StatusTooManyRequests,
			http.StatusServiceUnavailable, http.StatusInsufficientStorage},
		MaxBodyBytes: maxForm}
	if method != http.MethodGet { // what is read of a body before it is understood
		op.Errors = append(op.Errors, http.StatusBadRequest, http.StatusRequestEntityTooLarge,
			http.StatusUnsupportedMediaType)
	}
	if method == http.MethodPost {
		op.DefaultStatus = http.StatusOK
		var o O
		if _, ok := any(o).(interface{ status() int }); ok {
			schema := a.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[O](), true, "")
			op.Responses = map[string]*huma.Response{strconv.Itoa(http.StatusAccepted): {
				Description: "Accepted: nothing was done yet, the answer says what it still takes",
				Content:     map[string]*huma.MediaType{"application/json": {Schema: schema}}}}
		}
	}
	huma.Register(a, op, func(ctx context.Context, in *I) (*out[O], error) {
		me, _ := ctx.Value(actorKey{}).(*actor)
		if k, ok := any(in).(interface{ key() string }); ok && k.key() != "" {
			copied := *me
			copied.Request = "api " + k.key()
			me = &copied
		}
		x, err := do(ctx, me, in)
		if err != nil {
			return nil, s.apiError(err)
		}
		status := http.StatusOK
		if m, ok := any(x).(interface{ status() int }); ok && method == http.MethodPost {
			status = m.status()
		}
		return &out[O]{status, x}, nil
	})
}

// apiError words an error as problem+json.
func (s *Server) apiError(err error) error {
	t := s.diagnose(err)
	var more []error
	for _, n := range t.Needs {
		more = append(more, &huma.ErrorDetail{Message: n})
	}
	if t.Ref != "" {
		more = append(more, errors.New("reference "+t.Ref))
	}
	var bad *invalid
	if errors.As(err, &bad) && bad.field != "" {
		more = append(more, &huma.ErrorDetail{Location: bad.field, Message: bad.reason})
	}
	return huma.NewError(t.Status, t.Detail, more...)
}
