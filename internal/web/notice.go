package web

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"mime"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"plimsoll/internal/message"
	"plimsoll/internal/notice"
)

//go:embed notice
var noticeFiles embed.FS

// noticePolicy is for the pages on which anybody can put the company on notice: a style of
// ours and forms to us, nothing else, no script at all.
const noticePolicy = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// A noticeDoor answers strangers. It stands before everything else: it reads no cookie and
// no origin (a Tor browser sends "Origin: null"), and passes the address of a connection to
// the box, which hashes it with a salt that it forgets. A form is known by the token in it.
type noticeDoor struct {
	box    *notice.Box
	server *Server
	sets   map[string]*template.Template
	css    string
}

// noticePage is what the pages of the door show.
type noticePage struct {
	L              *message.Catalogue
	Path           string             // of this page, for its other languages; only where it can be asked for again
	Languages      []message.Language // offered
	Raw            bool               // Trouble stands in English, whatever the language of the page
	Title, To, CSS string
	trouble        *noticeTrouble
	Trouble, Field string // set by show
	Kept           bool   // the words of a form are shown again
	Token          string
	Said           notice.Statement
	Contact        notice.Contact
	Reach, Earlier string
	Limits         notice.Limits
	Outcome        notice.Outcome
	Receipt        string
	Code           string
	Seen           []notice.Seen
	Appeal         appealAsk
	Appeals        []appealSeen
}

// T writes a message in the language of the page, and P as plain text.
func (p noticePage) T(key string, args ...any) template.HTML { return p.L.HTML(key, args...) }

// P writes a message as plain text.
func (p noticePage) P(key string, args ...any) string { return p.L.Text(key, args...) }

// Note writes what a working copy is in the language of the page: the words that the notice keeps of it are English.
func (p noticePage) Note(f notice.File) template.HTML {
	for _, key := range []string{"file.sealed", "file.words", "file.pdf", "file.drawn", "file.original"} {
		en := strings.TrimSuffix(message.For(message.English).Text(key), ".")
		rest, ok := strings.CutPrefix(f.Note, en)
		if !ok {
			continue
		}
		rest = strings.TrimLeft(rest, ".: ")
		if rest == "" {
			return p.T(key)
		}
		return p.T(key) + template.HTML(` <span lang="en" dir="ltr">`+template.HTMLEscapeString(rest)+`</span>`)
	}
	return template.HTML(`<span lang="en" dir="ltr">` + template.HTMLEscapeString(f.Note) + `</span>`)
}

// Q is the query that keeps the language of the page; no cookie does.
func (p noticePage) Q() string {
	if p.L.Code == message.English {
		return ""
	}
	return "?lang=" + p.L.Code
}

// When writes a moment in the words of the language.
func (p noticePage) When(t time.Time, layout string) string {
	return p.L.Date(t) + ", " + t.UTC().Format(layout)
}

// languageOf is the language that a request asks for.
func languageOf(r *http.Request) *message.Catalogue { return message.For(r.URL.Query().Get("lang")) }

// openNotices puts the door before the other handlers.
func (s *Server) openNotices(next http.Handler) (http.Handler, error) {
	d := &noticeDoor{box: s.cfg.Notices, server: s, sets: map[string]*template.Template{}}
	css, err := noticeFiles.ReadFile("notice/notice.css")
	if err != nil {
		return nil, err
	}
	h := sha256.Sum256(css)
	name := "notice-" + hex.EncodeToString(h[:6]) + ".css"
	s.pages.static[name] = css
	d.css = "/static/" + name
	for _, page := range []string{"form", "sent", "follow", "trouble", "appeal", "appealed"} {
		d.sets[page], err = template.New(page).Funcs(template.FuncMap{
			"mb": func(n int64) string { return fmt.Sprintf("%d MB", n>>20) }, "status": statusWords,
			"args": func(p noticePage, a appealSeen) struct {
				P noticePage
				A appealSeen
			} {
				return struct {
					P noticePage
					A appealSeen
				}{p, a}
			},
		}).ParseFS(noticeFiles, "notice/layout.html", "notice/"+page+".html")
		if err != nil {
			return nil, fmt.Errorf("read page %s: %w", page, err)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /notice", d.form)
	mux.HandleFunc("POST /notice", d.send)
	mux.HandleFunc("GET /notice/follow", d.ask)
	mux.HandleFunc("POST /notice/follow", d.follow)
	mux.HandleFunc("POST /notice/more", d.more)
	mux.HandleFunc("POST /notice/receipt", d.receipt)
	mux.HandleFunc("GET /notice/appeal", d.appealPage)
	mux.HandleFunc("POST /notice/appeal", d.appealSend)
	mux.HandleFunc("POST /notice/appeal/new", d.appealAgain)
	mux.HandleFunc("POST /notice/appeal/receipt", d.appealReceipt)
	mux.HandleFunc("POST /api/v1/notice/appeal", d.apiAppeal)
	mux.HandleFunc("POST /api/v1/notice/appeal/receipt", d.apiAppealReceipt)
	mux.HandleFunc("GET /api/v1/notice/form", d.apiForm)
	mux.HandleFunc("POST /api/v1/notice", d.apiSend)
	mux.HandleFunc("POST /api/v1/notice/follow", d.apiFollow)
	mux.HandleFunc("POST /api/v1/notice/receipt", d.apiReceipt)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler, pattern := mux.Handler(r)
		if pattern == "" {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Security-Policy", noticePolicy)
		w.Header().Set("Referrer-Policy", "no-referrer")
		defer func() {
			if x := recover(); x != nil {
				if x == http.ErrAbortHandler {
					panic(x)
				}
				s.cfg.Log.Error("panic", "path", pattern, "value", x, "stack", string(debug.Stack()))
				d.fail(w, r, fmt.Errorf("panic: %v", x))
			}
		}()
		handler.ServeHTTP(w, r)
	}), nil
}

func statusWords(s notice.Status) string {
	switch s {
	case notice.Looked:
		return "follow.looked"
	case notice.Answered:
		return "follow.answered"
	case notice.Closed:
		return "follow.closed"
	}
	return "follow.waits"
}

func (d *noticeDoor) show(w http.ResponseWriter, r *http.Request, status int, name string, p noticePage) {
	p.L = languageOf(r)
	if r.Method == http.MethodGet {
		p.Path, p.Languages = r.URL.Path, message.Languages
	}
	p.Title = p.L.Text(p.Title)
	if p.trouble != nil {
		p.Trouble, p.Raw = p.trouble.in(p.L)
		p.Field = p.trouble.field
	}
	p.To, p.CSS, p.Limits = d.box.To(), d.css, d.box.Limits()
	var b bytes.Buffer
	if err := d.sets[name].ExecuteTemplate(&b, "layout", p); err != nil {
		d.server.cfg.Log.Error("show page", "page", name, "error", err)
		http.Error(w, "Something broke; it was our fault.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", fmt.Sprint(b.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

func (d *noticeDoor) form(w http.ResponseWriter, r *http.Request) {
	d.show(w, r, http.StatusOK, "form", noticePage{Title: "notice.send", Token: d.box.Form()})
}

// more is the form with the code of an earlier notice filled in. The code comes in a body: in
// an address it would stay in histories and logs.
func (d *noticeDoor) more(w http.ResponseWriter, r *http.Request) {
	d.show(w, r, http.StatusOK, "form", noticePage{Title: "notice.add", Token: d.box.Form(), Earlier: d.field(w, r,
		"code")})
}

// field reads a field of a small form.
func (d *noticeDoor) field(w http.ResponseWriter, r *http.Request, name string) string {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	if err := r.ParseForm(); err != nil {
		return ""
	}
	return strings.TrimSpace(r.PostForm.Get(name))
}

// post is a notice on its way in.
func post(w http.ResponseWriter, r *http.Request) (notice.Post, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" {
		return notice.Post{}, &notice.Fault{Reason: "A notice is sent as multipart/form-data.", Key: "fault.multipart"}
	}
	return notice.Post{Address: hostOf(r.RemoteAddr), Size: r.ContentLength, Boundary: params["boundary"], Body: r.Body,
		Deadline: http.NewResponseController(w).SetReadDeadline}, nil
}

func (d *noticeDoor) receive(w http.ResponseWriter, r *http.Request) (notice.Outcome, error) {
	p, err := post(w, r)
	if err != nil {
		return notice.Outcome{}, err
	}
	defer func() { _ = p.Deadline(time.Time{}) }()
	return d.box.Receive(r.Context(), p)
}

func (d *noticeDoor) send(w http.ResponseWriter, r *http.Request) {
	o, err := d.receive(w, r)
	if err == nil {
		d.show(w, r, http.StatusOK, "sent", noticePage{Title: "notice.received", Outcome: o,
			Receipt: string(o.Receipt)})
		return
	}
	t := d.diagnose(w, err)
	if o.Token == "" {
		o.Token = d.box.Form()
	}
	d.show(w, r, t.status, "form", noticePage{Title: "notice.send", trouble: &t, Kept: o.Said != (notice.Statement{}),
		Token: o.Token,
		Said:  o.Said, Contact: o.Contact, Reach: o.Reach, Earlier: o.Earlier})
}

func (d *noticeDoor) ask(w http.ResponseWriter, r *http.Request) {
	d.show(w, r, http.StatusOK, "follow", noticePage{Title: "follow.short"})
}

func (d *noticeDoor) follow(w http.ResponseWriter, r *http.Request) {
	code := d.field(w, r, "code")
	seen, err := d.box.Follow(r.Context(), hostOf(r.RemoteAddr), code)
	if err != nil {
		t := d.diagnose(w, err)
		d.show(w, r, t.status, "follow", noticePage{Title: "follow.short", trouble: &t})
		return
	}
	list, err := d.appeals(r.Context(), seen[len(seen)-1].ID)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.show(w, r, http.StatusOK, "follow", noticePage{Title: "follow.short", Code: code, Seen: seen, Appeals: list})
}

func (d *noticeDoor) receipt(w http.ResponseWriter, r *http.Request) {
	code, id := d.field(w, r, "code"), notice.ID(d.field(w, r, "notice"))
	text, err := d.box.ReceiptOf(r.Context(), hostOf(r.RemoteAddr), code, id)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	if l := languageOf(r); l.Code != message.English {
		x, err := notice.ParseReceipt(text)
		if err == nil {
			x.Language = l.Code
			text, err = x.Encode()
		}
		if err != nil {
			d.fail(w, r, err)
			return
		}
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="receipt-`+string(id)+`.txt"`)
	_, _ = w.Write(text)
}

// A noticeTrouble is what stood in the way, for its reader.
type noticeTrouble struct {
	status int
	words  string // the message that says it, or words in English
	args   []any
	field  string
}

// in says it in a language; raw is for words that stand in English whatever the language.
func (t noticeTrouble) in(c *message.Catalogue) (text string, raw bool) {
	if c.Has(t.words) {
		return c.Text(t.words, t.args...), false
	}
	return t.words, c.Code != message.English
}

// diagnose is the one table from the errors of the box to answers.
func (d *noticeDoor) diagnose(w http.ResponseWriter, err error) noticeTrouble {
	var fault *notice.Fault
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &fault):
		return noticeTrouble{http.StatusUnprocessableEntity, cmp.Or(fault.Key, fault.Reason), fault.Args, fault.Field}
	case errors.As(err, &big):
		return noticeTrouble{http.StatusRequestEntityTooLarge, "trouble.large", nil, ""}
	case errors.Is(err, notice.ErrBusy):
		w.Header().Set("Retry-After", "60")
		return noticeTrouble{http.StatusServiceUnavailable, "trouble.busy", nil, ""}
	case errors.Is(err, notice.ErrPending):
		w.Header().Set("Retry-After", "60")
		return noticeTrouble{http.StatusServiceUnavailable, "trouble.pending", nil, ""}
	case errors.Is(err, notice.ErrLate):
		w.Header().Set("Retry-After", "86400")
		return noticeTrouble{http.StatusServiceUnavailable, "trouble.late", nil, ""}
	case errors.Is(err, notice.ErrRoom):
		return noticeTrouble{http.StatusInsufficientStorage, "trouble.room", nil, "file"}
	case errors.Is(err, notice.ErrToken):
		return noticeTrouble{http.StatusBadRequest, "trouble.token", nil, ""}
	case errors.Is(err, notice.ErrCode):
		return noticeTrouble{http.StatusNotFound, "trouble.code", nil, "code"}
	}
	if t, ok := d.server.storageTrouble(err); ok {
		w.Header().Set("Retry-After", "600")
		return noticeTrouble{t.Status, "trouble.kept", nil, ""}
	}
	d.server.cfg.Log.Error("notices: answer failed", "error", err)
	return noticeTrouble{http.StatusInternalServerError, "trouble.broken", nil, ""}
}

func (d *noticeDoor) fail(w http.ResponseWriter, r *http.Request, err error) {
	t := d.diagnose(w, err)
	if strings.HasPrefix(r.URL.Path, "/api/") {
		detail, _ := t.in(message.For(message.English))
		answerJSON(w, t.status, map[string]any{"title": http.StatusText(t.status), "status": t.status, "detail": detail,
			"field": t.field}, "application/problem+json")
		return
	}
	d.show(w, r, t.status, "trouble", noticePage{Title: "notice.notnow", trouble: &t})
}

func answerJSON(w http.ResponseWriter, status int, x any, kind string) {
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(x)
}
