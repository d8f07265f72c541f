package web

import (
	"encoding/json"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

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
	answerJSON(w, http.StatusOK, noticeOut{o.ID, o.Code, o.Received, o.Repeated, o.Changed, append([]notice.File{}, o.Files...), string(o.Receipt)}, plainJSON)
}

// read reads the JSON body of a question.
func (d *noticeDoor) read(w http.ResponseWriter, r *http.Request) (a noticeAsk, ok bool) {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10)).Decode(&a); err != nil {
		d.fail(w, r, &notice.Fault{Reason: "The body is not the JSON that is asked for."})
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
	answerJSON(w, http.StatusOK, noticeSeenOut{seen}, plainJSON)
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
	form := &huma.Schema{Type: huma.TypeObject, Required: []string{"token", "what"}, Properties: map[string]*huma.Schema{
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
		{http.MethodGet, "/form", "new-notice", "A token for one notice, and what a notice may hold", nil, body(plainJSON, huma.SchemaFromType(reg, reflect.TypeFor[noticeFormOut]()))},
		{http.MethodPost, "", "send-notice", "Put the company on notice; the token comes first", body("multipart/form-data", form), body(plainJSON, huma.SchemaFromType(reg, reflect.TypeFor[noticeOut]()))},
		{http.MethodPost, "/follow", "follow-notice", "What became of the notices of a code", body(plainJSON, ask), body(plainJSON, huma.SchemaFromType(reg, reflect.TypeFor[noticeSeenOut]()))},
		{http.MethodPost, "/receipt", "get-notice-receipt", "The receipt of a notice", body(plainJSON, ask), body("text/plain", text)},
	} {
		o := &huma.Operation{OperationID: op.id, Method: op.method, Path: "/api/v1/notice" + op.path, Summary: op.summary,
			Description: "For anybody, without signing in; not found on a server that takes no notices.",
			Metadata:    map[string]any{"may": public}, Security: []map[string][]string{},
			Responses: map[string]*huma.Response{"200": {Description: "OK", Content: op.out}, "default": {Description: "A problem (RFC 9457)"}}}
		if op.in != nil {
			o.RequestBody = &huma.RequestBody{Required: true, Content: op.in}
		}
		a.OpenAPI().AddOperation(o)
	}
}
