package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/docket"
	"plimsoll/internal/evidence"
	"plimsoll/internal/notice"
	"plimsoll/internal/publication"
	"plimsoll/internal/report"
	"plimsoll/internal/store"
)

//go:embed page
var pageFiles embed.FS

// pages holds the parsed templates, one set for each folder under page/, and the files
// that every page loads, named by their content so that browsers may keep them.
type pages struct {
	sets   map[string]*template.Template
	static map[string][]byte
	css    string
	script string
	factor string
}

func openPages() (*pages, error) {
	p := &pages{sets: map[string]*template.Template{}, static: map[string][]byte{}}
	for _, f := range []struct {
		name *string
		base string
		head []byte
	}{{&p.css, "plimsoll.css", report.Stylesheet()}, {&p.script, "keys.js", nil}, {&p.factor, "factor.js", nil}} {
		b, err := pageFiles.ReadFile("page/" + f.base)
		if err != nil {
			return nil, err
		}
		b = append(slices.Clone(f.head), b...)
		h := sha256.Sum256(b)
		ext := path.Ext(f.base)
		*f.name = strings.TrimSuffix(f.base, ext) + "-" + hex.EncodeToString(h[:6]) + ext
		p.static[*f.name] = b
	}
	base, err := template.New("layout.html").Funcs(functions).Funcs(template.FuncMap{
		"css": func() string { return "/static/" + p.css }, "script": func() string { return "/static/" + p.script },
		"factorscript": func() string { return "/static/" + p.factor },
	}).ParseFS(pageFiles, "page/*.html")
	if err != nil {
		return nil, fmt.Errorf("read layout: %w", err)
	}
	dirs, err := fs.ReadDir(pageFiles, "page")
	if err != nil {
		return nil, err
	}
	for _, d := range dirs {
		if !d.IsDir() {
			continue
		}
		t, err := template.Must(base.Clone()).ParseFS(pageFiles, "page/"+d.Name()+"/*.html")
		if err != nil {
			return nil, fmt.Errorf("read page %s: %w", d.Name(), err)
		}
		p.sets[d.Name()] = t
	}
	return p, nil
}

// functions are what templates may call.
var functions = template.FuncMap{
	"severity":   func(s any) string { return report.Severity(fmt.Sprint(s)) }, // of a case or of a finding
	"confidence": report.Confidence, "percent": report.Percent, "day": report.Day,
	"month":    report.Month,
	"quantity": report.Quantity, "share": report.Share, "plot": report.Plot, "legend": report.Legend,
	"chain": report.Chain, "owners": report.Owners, "values": report.Values,
	"join":  strings.Join,
	"path":  url.PathEscape,
	"plus":  func(a, b int) int { return a + b },
	"minus": func(a, b int) int { return a - b },
	"count": countOf,
	"pct":   func(v float64) string { return fmt.Sprintf("%.1f", v*100) },
	"words": func(s any) string { return strings.ReplaceAll(fmt.Sprint(s), "_", " ") },
	"title": func(s any) string { return capital(strings.ReplaceAll(fmt.Sprint(s), "_", " ")) },
	"date": func(t time.Time) string {
		if t.IsZero() {
			return "–"
		}
		return t.UTC().Format("2 January 2006")
	},
	"clock": func(t time.Time) string {
		if t.IsZero() {
			return "–"
		}
		return t.UTC().Format("2 Jan 2006 15:04 UTC")
	},
	"stamp": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"short": func(s string, n int) string {
		if r := []rune(s); len(r) > n {
			return string(r[:n-1]) + "…"
		}
		return s
	},
	"has":   func(list []string, s string) bool { return slices.Contains(list, s) },
	"lines": func(s []string) string { return strings.Join(s, "\n") },
	"dict":  dict,
	"last":  func(i, n int) bool { return i == n-1 },
	"plural": func(n any, one, many string) string {
		if c := countOf(n); c == "1" {
			return "1 " + one
		} else {
			return c + " " + many
		}
	},
}

func countOf(n any) string {
	switch n := n.(type) {
	case int:
		return report.Count(n)
	case int64:
		return report.Count(n)
	}
	return fmt.Sprint(n)
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// dict makes the argument of a template with several values.
func dict(kv ...any) (map[string]any, error) {
	if len(kv)%2 != 0 {
		return nil, errors.New("dict needs pairs")
	}
	m := map[string]any{}
	for i := 0; i < len(kv); i += 2 {
		k, ok := kv[i].(string)
		if !ok {
			return nil, errors.New("dict needs names")
		}
		m[k] = kv[i+1]
	}
	return m, nil
}

// A frame is what the layout shows around a page.
type frame struct {
	Title, Page, Path string
	Me                *actor
	Nav               []navItem
	Done              string // what the last form did
	Version           string
	Data              any
}

type navItem struct {
	Name, Href string
	Here       bool
}

// nav lists where this actor may go.
func (v *visit) nav() []navItem {
	if v.me == nil {
		return nil
	}
	var out []navItem
	for _, n := range []struct {
		name, href string
		may        permission
	}{
		{"Inbox", "/", readCases}, {"Cases", "/cases", readCases}, {"Notices", "/notices", readNotices},
		{"Demands", "/demands", readFindings}, {"Publications", "/publications", readCases},
		{"Reviews", "/runs", readFindings}, {"Search", "/search", readFindings},
		{"Policy", "/policy", readFindings}, {"Health", "/health", readHealth}, {"People", "/people", readPeople},
	} {
		if v.me.may(n.may) && (n.may != readNotices || v.s.cfg.Notices != nil) {
			here := v.r.URL.Path == n.href || n.href != "/" && strings.HasPrefix(v.r.URL.Path, n.href+"/")
			out = append(out, navItem{n.name, n.href, here})
		}
	}
	return out
}

// done words what a form did; only these words are ever shown, whatever the address says.
var done = map[string]string{
	"confirmed": "Confirmed. It counts for ten minutes.", "key": "The security key was enrolled.",
	"unkeyed": "It was removed.",
	"saved":   "Saved.", "imported": "The review was stored.", "opened": "The case was opened.",
	"claim": "The claim was added.", "graded": "The grade was added.",
	"status": "The status was changed.", "letter": "The letter was drafted. Read it before it is sent.",
	"sent":     "The letter is recorded as sent; the deadline runs.",
	"reply":    "The reply was recorded word for word.",
	"proposed": "The decision was proposed. Another person has to approve it.",
	"approved": "Your approval was recorded.",
	"refused":  "Your refusal was recorded.", "dissent": "Your dissent was recorded and stays with the decision.",
	"executed": "The execution was recorded. A further person checks it.",
	"verified": "The check was recorded.", "comment": "Your comment was added.", "roles": "The roles were changed.",
	"person":     "The person was added.",
	"waits":      "This takes two admins: it waits for another admin to ask for the same.",
	"second":     "It was noted. Another person has to ask for the same before it is done.",
	"link-asked": "A new sign-in takes two admins: another admin has to make the link.", "revoked": "It was ended.",
	"answered": "Your answer was kept. The sender reads it with the code.",
	"attached": "The notice was put into the case.", "asked": "Asked. Another person has to agree.",
	"agreed":    "You agreed. Either of you can now take the sealed file; that is recorded.",
	"erased":    "The content was erased. The proof stays.",
	"collected": "It was taken in, and its custody event is in the ledger.", "label": "The labels were changed.",
	"seal": "The original was read again and sealed.", "hold": "The legal hold began: nothing of it is deleted.",
	"release":         "The legal hold ended.",
	"delete":          "The original was erased. Its custody events stay, and this is its tombstone.",
	"cited":           "The claim points at this original.",
	"demand-answered": "It was recorded, and how the demand stands was reckoned again.",
	"process":         "It was recorded.",
	"publication":     "It was proposed. Another person has to release it.",
	"released":        "It was released. It is on the site once that is written.",
	"withdrawn":       "It was withdrawn. It goes from the site once that is written.",
	"withdrawal":      "It was asked for. Another person has to decide.", "stays": "It stays on the site.",
	"finding": "The finding was put into the case.", "moved": "The case moved on.",
	"assigned": "The case was assigned.", "declared": "Your interest was recorded.",
}

// show renders a page; nothing is sent before it rendered whole.
func (v *visit) show(status int, name, title string, data any) error {
	t := v.s.pages.sets[name]
	if t == nil {
		return fmt.Errorf("show page %s: no such folder", name)
	}
	var b bytes.Buffer
	f := frame{Title: title, Page: name, Path: v.r.URL.Path, Me: v.me, Nav: v.nav(),
		Done: done[v.r.URL.Query().Get("done")], Version: v.s.cfg.Version, Data: data}
	if err := t.ExecuteTemplate(&b, "layout.html", f); err != nil {
		return fmt.Errorf("show page %s: %w", name, err)
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", fmt.Sprint(b.Len()))
	v.w.WriteHeader(status)
	_, _ = v.w.Write(b.Bytes())
	return nil
}

// to answers a form: go to a page and say there what was done.
func (v *visit) to(path, what string) error {
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	frag := ""
	if i := strings.IndexByte(path, '#'); i >= 0 {
		path, frag = path[:i], path[i:]
	}
	http.Redirect(v.w, v.r, path+sep+"done="+url.QueryEscape(what)+frag, http.StatusSeeOther)
	return nil
}

func (s *Server) static(w http.ResponseWriter, r *http.Request) {
	name := path.Base(r.URL.Path)
	b, ok := s.pages.static[name]
	if !ok {
		s.problem(&visit{w: w, r: r, s: s}, errNoPage)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(b))
}

// A trouble is what a problem page or problem+json says.
type trouble struct {
	Status int
	Title  string
	Detail string
	Needs  []string
	Ref    string // ties an internal error to the log
	Back   string // where the form was
}

// diagnose is the one table from errors to answers.
func (s *Server) diagnose(err error) trouble {
	var lacking *casefile.Lacking
	var bad *invalid
	var fault *notice.Fault
	var no *refusal
	var second *unconfirmed
	var big *http.MaxBytesError
	is := func(targets ...error) bool {
		return slices.ContainsFunc(targets, func(t error) bool { return errors.Is(err, t) })
	}
	switch {
	case errors.As(err, &lacking):
		return trouble{Status: http.StatusUnprocessableEntity, Title: "Something is still missing",
			Detail: capital(lacking.Move) + " still needs:", Needs: lacking.Needs}
	case errors.As(err, &bad):
		return trouble{Status: http.StatusUnprocessableEntity, Title: "This value cannot be used",
			Detail: capital(bad.Error()) + "."}
	case errors.As(err, &no):
		return trouble{Status: http.StatusForbidden, Title: "Not allowed", Detail: capital(no.Error()) + "."}
	case errors.As(err, &second):
		return trouble{Status: http.StatusForbidden, Title: "A second factor is needed",
			Detail: capital(second.Error()) + "."}
	case is(errEnrolLate, store.ErrOwnKeys):
		return trouble{Status: http.StatusForbidden, Title: "Not allowed", Detail: capital(plain(err)) + "."}
	case is(errKeyAnswer, errKeyName, store.ErrFlow, store.ErrKeyTaken, store.ErrManyKeys):
		return trouble{Status: http.StatusUnprocessableEntity, Title: "The security key was not accepted",
			Detail: capital(plain(err)) + "."}
	case errors.As(err, &big):
		return trouble{Status: http.StatusRequestEntityTooLarge, Title: "Too large",
			Detail: "A form may send one megabyte."}
	case is(casefile.ErrNotFound, docket.ErrNotFound, publication.ErrNotFound, errNoPage, notice.ErrUnknown,
		store.ErrNoPerson, store.ErrNoRun, store.ErrNoFinding, store.ErrNoParty):
		return trouble{Status: http.StatusNotFound, Title: "Not found",
			Detail: "There is nothing here, or you may not see it."}
	case is(casefile.ErrForbidden, casefile.ErrProgram, casefile.ErrConflict, casefile.ErrRecused, casefile.ErrOwnWork,
		casefile.ErrOutside, casefile.ErrTookPart, store.ErrOwnRoles, publication.ErrOwn, publication.ErrOwnAsk):
		return trouble{Status: http.StatusForbidden, Title: "Not allowed", Detail: capital(plain(err)) + "."}
	case is(casefile.ErrCursor, casefile.ErrUnreadable, store.ErrRole, store.ErrToken):
		return trouble{Status: http.StatusUnprocessableEntity, Title: "This value cannot be used",
			Detail: capital(plain(err)) + "."}
	case errors.As(err, &fault):
		return trouble{Status: http.StatusUnprocessableEntity, Title: "This value cannot be used", Detail: fault.Reason}
	case is(notice.ErrReason):
		return trouble{Status: http.StatusUnprocessableEntity, Title: "Something is still missing",
			Detail: capital(plain(err)) + "."}
	case is(notice.ErrSame):
		return trouble{Status: http.StatusForbidden, Title: "Not allowed", Detail: capital(plain(err)) + "."}
	case is(notice.ErrState, notice.ErrErased):
		return trouble{Status: http.StatusConflict, Title: "Not possible now", Detail: capital(plain(err)) + "."}
	case is(store.ErrChanged, casefile.ErrPast, store.ErrLastHand, store.ErrNewSignIn, store.ErrNotYet,
		store.ErrAlone, casefile.ErrStale,
		casefile.ErrStage,
		casefile.ErrReused, casefile.ErrClosed, publication.ErrState,
		publication.ErrWaiting, publication.ErrAsked):
		return trouble{Status: http.StatusConflict, Title: "Not possible now", Detail: capital(plain(err)) + "."}
	case is(evidence.ErrUnknown, errNoEvidence):
		return trouble{Status: http.StatusNotFound, Title: "Not found", Detail: capital(plain(err)) + "."}
	case store.Full(err) || store.Broken(err):
		t, _ := s.storageTrouble(err)
		return t
	case is(evidence.ErrMissing):
		s.cfg.Log.Error("an original is missing", "error", err)
		return trouble{Status: http.StatusInternalServerError, Title: "The original is missing",
			Detail: "The original is no longer in the store of this server, or cannot be opened. It was not deleted " +
				"here: look for a backup, and tell whoever keeps the server."}
	case is(evidence.ErrDamaged):
		s.cfg.Log.Error("evidence is damaged", "error", err)
		return trouble{Status: http.StatusInternalServerError, Title: "The evidence is damaged",
			Detail: "The original or its custody log is no longer what was recorded. Nothing was handed out or " +
				"changed; tell whoever keeps the server."}
	case is(evidence.ErrSecond, errCounsel):
		return trouble{Status: http.StatusForbidden, Title: "Not allowed", Detail: capital(plain(err)) + "."}
	case is(evidence.ErrHeld, evidence.ErrSealed, evidence.ErrDeleted):
		return trouble{Status: http.StatusConflict, Title: "Not possible now", Detail: capital(plain(err)) + "."}
	case is(errTooMany):
		return trouble{Status: http.StatusTooManyRequests, Title: "Too many requests",
			Detail: "Wait a moment, then try again."}
	case is(errSignIn, errBadToken):
		return trouble{Status: http.StatusUnauthorized, Title: "Sign in first", Detail: capital(err.Error()) + "."}
	case is(errCrossOrigin):
		return trouble{Status: http.StatusForbidden, Title: "Refused", Detail: capital(err.Error()) + "."}
	case is(errLink, errFlow, store.ErrSignIn):
		return trouble{Status: http.StatusForbidden, Title: "Sign-in did not work", Detail: capital(err.Error()) + "."}
	case is(context.Canceled):
		return trouble{Status: 499, Title: "Stopped", Detail: "The request was stopped."}
	}
	ref := make([]byte, 4)
	_, _ = rand.Read(ref)
	t := trouble{Status: http.StatusInternalServerError, Title: "Something broke",
		Detail: "It was our fault, and nothing half-done was kept.", Ref: hex.EncodeToString(ref)}
	s.cfg.Log.Error("answer failed", "ref", t.Ref, "error", err)
	return t
}

// plain is the innermost sentence of an error.
func plain(err error) string {
	for {
		in := errors.Unwrap(err)
		if in == nil {
			return err.Error()
		}
		err = in
	}
}

// problem answers with what stood in the way.
func (s *Server) problem(v *visit, err error) {
	if errors.Is(err, errSignIn) && (v.r.Method == http.MethodGet || v.r.Method == http.MethodHead) {
		next := ""
		if v.r.URL.Path != "/" {
			next = "?next=" + url.QueryEscape(v.r.URL.RequestURI())
		}
		http.Redirect(v.w, v.r, "/signin"+next, http.StatusSeeOther)
		return
	}
	var second *unconfirmed
	if errors.As(err, &second) && v.me != nil && v.me.Session != "" && v.r.Method == http.MethodPost {
		next := "/"
		if u, perr := url.Parse(v.r.Referer()); perr == nil {
			next = localPath(u.RequestURI())
		}
		// The form is held, and sent again with the answer of the key.
		if err = s.askFactor(v, http.StatusForbidden, v.r.URL.Path, v.r.PostForm, next); err == nil {
			return
		}
	}
	t := s.diagnose(err)
	if v.r.Method == http.MethodPost {
		if u, err := url.Parse(v.r.Referer()); err == nil && u.Scheme+"://"+u.Host == s.cfg.Origin {
			t.Back = localPath(u.RequestURI())
		}
	}
	switch t.Status {
	case http.StatusTooManyRequests:
		v.w.Header().Set("Retry-After", "2")
	case http.StatusInsufficientStorage, http.StatusServiceUnavailable:
		v.w.Header().Set("Retry-After", "60")
	}
	if err := v.show(t.Status, "problem", t.Title, t); err != nil {
		s.cfg.Log.Error("show problem", "error", err)
		http.Error(v.w, t.Title, t.Status)
	}
}
