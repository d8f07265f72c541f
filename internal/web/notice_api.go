package web

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"plimsoll/internal/casefile"
	"plimsoll/internal/notice"
)

// The API of notices does what the pages do, for apps of organisations that pass notices on.
// It stands in the door, not behind the guard of the API: nobody signs in.

// noticeOut is the answer to a notice that was sent.
type noticeOut struct {
	ID       notice.ID     `json:"id"`
	Code     string        `json:"code" doc:"Shown once; nobody can replace it"`
	Received time.Time     `json:"received"`
	Repeated bool          `json:"repeated,omitempty" doc:"This token was used before; this is what came of it then"`
	Changed  bool          `json:"changed,omitempty" doc:"And it said something else, which was not kept"`
	Files    []notice.File `json:"files"`
	Receipt  string        `json:"receipt,omitempty" doc:"The receipt file; missing while it is being made: ask again under the code"`
}

type noticeFormOut struct {
	Token     string `json:"token" doc:"Send it as the first field of the form; it is good for one notice and two days"`
	To        string `json:"to"`
	Files     int    `json:"files"`
	FileBytes int64  `json:"file_bytes"`
	AllBytes  int64  `json:"all_bytes"`
}

type noticeSeenOut struct {
	Notices []notice.Seen `json:"notices"`
	Appeals []appealSeen  `json:"appeals"`
}

// noticeAsk is the body of the questions about a notice.
type noticeAsk struct {
	Code   string    `json:"code"`
	Notice notice.ID `json:"notice,omitempty" doc:"Whose receipt; only for receipts"`
}

const plainJSON = "application/json"

func (d *noticeDoor) apiForm(w http.ResponseWriter, r *http.Request) {
	l := d.box.Limits()
	answerJSON(w, http.StatusOK, noticeFormOut{d.box.Form(), d.box.To(), l.Files, l.FileBytes, l.AllBytes}, plainJSON)
}

func (d *noticeDoor) apiSend(w http.ResponseWriter, r *http.Request) {
	o, err := d.receive(w, r)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	answerJSON(w, http.StatusOK, noticeOut{o.ID, o.Code, o.Received, o.Repeated, o.Changed, append([]notice.File{},
		o.Files...), string(o.Receipt)}, plainJSON)
}

// read reads the JSON body of a question.
func (d *noticeDoor) read(w http.ResponseWriter, r *http.Request) (a noticeAsk, ok bool) {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10)).Decode(&a); err != nil {
		d.fail(w, r, &notice.Fault{Reason: "The body is not the JSON that is asked for.", Key: "fault.json"})
		return a, false
	}
	return a, true
}

func (d *noticeDoor) apiFollow(w http.ResponseWriter, r *http.Request) {
	a, ok := d.read(w, r)
	if !ok {
		return
	}
	seen, err := d.box.Follow(r.Context(), hostOf(r.RemoteAddr), a.Code)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	list, err := d.appeals(r.Context(), seen[len(seen)-1].ID)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	answerJSON(w, http.StatusOK, noticeSeenOut{seen, append([]appealSeen{}, list...)}, plainJSON)
}

func (d *noticeDoor) apiReceipt(w http.ResponseWriter, r *http.Request) {
	a, ok := d.read(w, r)
	if !ok {
		return
	}
	text, err := d.box.ReceiptOf(r.Context(), hostOf(r.RemoteAddr), a.Code, a.Notice)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write(text)
}

// describeNotices puts the operations of the door into the description of the API. They are
// there when the server takes notices.
func describeNotices(a huma.API) {
	text := &huma.Schema{Type: huma.TypeString}
	reg := a.OpenAPI().Components.Schemas
	body := func(kind string, s *huma.Schema) map[string]*huma.MediaType {
		return map[string]*huma.MediaType{kind: {Schema: s}}
	}
	form := &huma.Schema{Type: huma.TypeObject, Required: []string{"token", "what"},
		Properties: map[string]*huma.Schema{
			"token": text, "about": text, "what": text, "when": text, "how": text, "code": text, "reach": text,
			"contact": {Type: huma.TypeString, Enum: []any{"none", "code", "sealed"}},
			"file":    {Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
		}}
	ask := huma.SchemaFromType(reg, reflect.TypeFor[noticeAsk]())
	for _, op := range []struct {
		method, path, id, summary string
		in                        map[string]*huma.MediaType
		out                       map[string]*huma.MediaType
	}{
		{http.MethodGet, "/form", "new-notice", "A token for one notice, and what a notice may hold", nil,
			body(plainJSON, huma.SchemaFromType(reg, reflect.TypeFor[noticeFormOut]()))},
		{http.MethodPost, "", "send-notice", "Put the company on notice; the token comes first",
			body("multipart/form-data", form), body(plainJSON, huma.SchemaFromType(reg, reflect.TypeFor[noticeOut]()))},
		{http.MethodPost, "/follow", "follow-notice", "What became of the notices of a code", body(plainJSON, ask),
			body(plainJSON, huma.SchemaFromType(reg, reflect.TypeFor[noticeSeenOut]()))},
		{http.MethodPost, "/receipt", "get-notice-receipt", "The receipt of a notice", body(plainJSON, ask),
			body("text/plain", text)},
		{http.MethodPost, "/appeal", "appeal-by-notice",
			"Appeal against a published decision under the code of a notice",
			body(plainJSON, huma.SchemaFromType(reg, reflect.TypeFor[appealAsk]())),
			body(plainJSON, huma.SchemaFromType(reg, reflect.TypeFor[appealSeen]()))},
		{http.MethodPost, "/appeal/receipt", "get-appeal-receipt", "The receipt of an appeal",
			body(plainJSON, &huma.Schema{Type: huma.TypeObject,
				Required: []string{"code", "appeal"}, Properties: map[string]*huma.Schema{"code": text,
					"appeal": text}}),
			body("text/plain", text)},
	} {
		o := &huma.Operation{OperationID: op.id, Method: op.method, Path: "/api/v1/notice" + op.path,
			Summary:     op.summary,
			Description: "For anybody, without signing in; not found on a server that takes no notices.",
			Metadata:    map[string]any{"may": public}, Security: []map[string][]string{},
			Responses: map[string]*huma.Response{"200": {Description: "OK", Content: op.out},
				"default": {Description: "A problem (RFC 9457)"}}}
		if op.in != nil {
			o.RequestBody = &huma.RequestBody{Required: true, Content: op.in}
		}
		a.OpenAPI().AddOperation(o)
	}
}

// Inputs of the desk's operations.
type (
	NoticeInput struct {
		Notice string `path:"notice" doc:"Id of a notice, such as N-7QK29XWM"`
	}
	noticesInput struct {
		Before int64 `query:"before" doc:"Continue before this sequence number"`
		All    bool  `query:"all" doc:"Also stories that are answered or closed"`
	}
	noticesOut struct {
		Stories []notice.Line `json:"stories"`
	}
	noticeAct[T any] struct {
		Idem
		NoticeInput
		Body T
	}
	writeBody struct {
		Text string `json:"text"`
	}
	settleBody struct {
		Resume bool   `json:"resume" doc:"Open it again"`
		Reason string `json:"reason"`
	}
	joinBody struct {
		Other  notice.ID `json:"other" doc:"A notice that tells the same; the notice itself: it tells nobody else's story"`
		Reason string    `json:"reason"`
	}
	attachBody struct {
		Case casefile.ID `json:"case"`
	}
	fileBody struct {
		Title      string `json:"title"`
		Restricted bool   `json:"restricted"`
	}
	askBody struct {
		What   string `json:"what" doc:"contact, file-1, file-2 …"`
		Reason string `json:"reason"`
	}
	agreeBody struct {
		Unsealing int64  `json:"unsealing"`
		Reason    string `json:"reason"`
	}
	eraseBody struct {
		Reason string `json:"reason"`
	}
)

// factorNotice lists the acts on a notice that take a second factor: unsealing and erasing.
var factorNotice = []string{"unsealings", "agreements", "erasure"}

// actNotice registers an act on a notice.
func actNotice[T any](s *Server, a huma.API, path, id, summary string, do func(ctx context.Context, box *notice.Box,
	me casefile.Actor, id notice.ID, b T) error) {
	add(s, a, http.MethodPost, "/notices/{notice}/"+path, id, summary, workNotices, func(ctx context.Context, me *actor,
		in *noticeAct[T]) (made, error) {
		box, err := s.box()
		if err != nil {
			return made{}, err
		}
		if slices.Contains(factorNotice, path) {
			if err := s.factor(ctx, me); err != nil {
				return made{}, err
			}
		}
		return made{ID: in.Notice}, do(ctx, box, me.Actor, notice.ID(in.Notice), in.Body)
	})
}

// apiNotices registers what the desk does with notices. Programs have no part in it.
func (s *Server) apiNotices(a huma.API) {
	add(s, a, http.MethodGet, "/notices", "list-notices", "Notices by story, the newest first", readNotices,
		func(ctx context.Context, me *actor, in *noticesInput) (noticesOut, error) {
			box, err := s.box()
			if err != nil {
				return noticesOut{}, err
			}
			list, err := box.List(ctx, me.Actor, !in.All, in.Before)
			return noticesOut{list}, err
		})
	add(s, a, http.MethodGet, "/notices/{notice}", "get-notice", "One notice with what the desk did", readNotices,
		func(ctx context.Context, me *actor, in *NoticeInput) (notice.Sheet, error) {
			box, err := s.box()
			if err != nil {
				return notice.Sheet{}, err
			}
			return s.sheet(ctx, me.Actor, box, notice.ID(in.Notice))
		})
	actNotice(s, a, "replies", "write-notice", "Answer the sender", func(ctx context.Context, box *notice.Box,
		me casefile.Actor, id notice.ID, b writeBody) error {
		return box.Reply(ctx, me, id, b.Text)
	})
	actNotice(s, a, "settle", "settle-notice", "Close a notice, or open it again", func(ctx context.Context,
		box *notice.Box, me casefile.Actor, id notice.ID, b settleBody) error {
		to := notice.Closed
		if b.Resume {
			to = notice.Looked
		}
		return box.SetStatus(ctx, me, id, to, b.Reason)
	})
	actNotice(s, a, "join", "join-notice", "Say that two notices tell the same", func(ctx context.Context,
		box *notice.Box, me casefile.Actor, id notice.ID, b joinBody) error {
		return box.Join(ctx, me, id, b.Other, b.Reason)
	})
	actNotice(s, a, "cases", "attach-notice", "Put a notice into a case", func(ctx context.Context, box *notice.Box,
		me casefile.Actor, id notice.ID, b attachBody) error {
		return s.noticeAttach(ctx, me, box, id, b.Case)
	})
	actNotice(s, a, "case", "file-notice", "Open a case from a notice", func(ctx context.Context, box *notice.Box,
		me casefile.Actor, id notice.ID, b fileBody) error {
		return s.noticeOpen(ctx, me, box, id, b.Title, b.Restricted)
	})
	actNotice(s, a, "unsealings", "ask-unsealing", "Ask that something sealed be handed out", func(ctx context.Context,
		box *notice.Box, me casefile.Actor, id notice.ID, b askBody) error {
		return box.Ask(ctx, me, id, b.What, b.Reason)
	})
	actNotice(s, a, "agreements", "agree-unsealing", "Agree, as a second person", func(ctx context.Context,
		box *notice.Box, me casefile.Actor, id notice.ID, b agreeBody) error {
		return box.Agree(ctx, me, id, b.Unsealing, b.Reason)
	})
	actNotice(s, a, "erasure", "erase-notice", "Erase the content of a notice; for counsel", func(ctx context.Context,
		box *notice.Box, me casefile.Actor, id notice.ID, b eraseBody) error {
		return box.Erase(ctx, me, id, b.Reason)
	})
	describeNotices(a)
}
