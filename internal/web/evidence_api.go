package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"plimsoll/internal/casefile"
	"plimsoll/internal/evidence"
)

type (
	// OriginalInput names an original of a case.
	OriginalInput struct {
		CaseInput
		Item string `path:"item" doc:"SHA-256 of the original, or its first six letters or more"`
	}
	evidenceOut struct {
		Held   bool             `json:"held" doc:"The whole case is under legal hold"`
		Items  []*evidence.Item `json:"items"`
		Events []evidence.Event `json:"events" doc:"The custody log, oldest first"`
	}
	originalOut struct {
		Item   *evidence.Item   `json:"item"`
		Events []evidence.Event `json:"events"`
	}
	takenOut struct {
		Added []takenFile `json:"added"`
	}
	takenFile struct {
		SHA256  string   `json:"sha256"`
		Name    string   `json:"name"`
		Bytes   int64    `json:"bytes"`
		Media   string   `json:"media"`
		Already bool     `json:"already" doc:"The case held this content under this name: nothing was written"`
		Notes   []string `json:"notes" doc:"What could not be read of it for the search"`
	}
	whyBody struct {
		Reason string `json:"reason" doc:"Stands in the custody log"`
	}
	rateBody struct {
		Reason string `json:"reason"`
		Grade  string `json:"grade" doc:"Source A to F and information 1 to 6, such as B2"`
	}
	labelsBody struct {
		Reason string   `json:"reason"`
		Labels []string `json:"labels" doc:"All labels from now on"`
	}
	wordsBody struct {
		Reason string   `json:"reason"`
		Words  []string `json:"words" doc:"All of them have to stand in the text or the name"`
	}
	hitsOut struct {
		Hits []evidence.Hit `json:"hits"`
	}
	citeBody struct {
		SHA256 string `json:"sha256"`
		Note   string `json:"note" doc:"Where in it, and what it shows"`
	}
)

// UploadInput keeps the request, whose body goes straight to the evidence.
type UploadInput struct {
	CaseInput
	request *http.Request
}

// Resolve is called by huma before the operation.
func (u *UploadInput) Resolve(c huma.Context) []error {
	u.request, _ = humago.Unwrap(c)
	return nil
}

// moved is the answer to a move on evidence.
func (s *Server) moved(id string) func(waits bool, err error) (made, error) {
	return func(waits bool, err error) (made, error) {
		if waits {
			return made{ID: id, Waits: "another person has to ask for the same"}, err
		}
		return made{ID: id}, err
	}
}

// why registers a move on an original whose body is a reason only.
func (s *Server) why(a huma.API, move, summary string) {
	add(s, a, "POST", "/cases/{case}/evidence/{item}/"+move, move+"-original", summary, workCase,
		func(ctx context.Context, me *actor, in *struct {
			Idem
			OriginalInput
			Body whyBody
		}) (made, error) {
			return s.moved(in.Item)(s.moveItem(ctx, me, casefile.ID(in.Case), in.Item, move, in.Body.Reason, "", nil))
		})
}

func (s *Server) apiEvidence(a huma.API) {
	add(s, a, "GET", "/cases/{case}/evidence", "list-evidence", "What a case holds, and its custody log", readCases,
		func(ctx context.Context, me *actor, in *CaseInput) (evidenceOut, error) {
			out := evidenceOut{Items: []*evidence.Item{}, Events: []evidence.Event{}}
			k, err := s.custody(ctx, me, casefile.MoveView, casefile.ID(in.Case))
			if err != nil {
				return out, err
			}
			c, err := k.Files.Events(in.Case, func(e evidence.Event, _ []byte) error {
				out.Events = append(out.Events, e)
				return nil
			})
			if err == nil {
				out.Held, out.Items = c.Held, append(out.Items, c.Items...)
			}
			return out, err
		})
	add(s, a, "GET", "/cases/{case}/evidence/{item}", "get-original",
		"One original with its custody events, without its content", readCases, func(ctx context.Context, me *actor,
			in *OriginalInput) (originalOut, error) {
			var out originalOut
			k, err := s.custody(ctx, me, casefile.MoveView, casefile.ID(in.Case))
			if err != nil {
				return out, err
			}
			var all []evidence.Event
			c, err := k.Files.Events(in.Case, func(e evidence.Event, _ []byte) error {
				all = append(all, e)
				return nil
			})
			if err != nil {
				return out, err
			}
			if out.Item, err = c.Item(in.Item); err != nil {
				return out, err
			}
			for _, e := range all {
				if e.Item == out.Item.SHA256 || e.Item == "" {
					out.Events = append(out.Events, e)
				}
			}
			return out, nil
		})
	s.apiUpload(a)
	s.apiLeaving(a)
	add(s, a, "POST", "/cases/{case}/evidence-search", "search-evidence",
		"Find originals by words; each that is found counts as read", readCases, func(ctx context.Context, me *actor,
			in *struct {
				CaseInput
				Body wordsBody
			}) (hitsOut, error) {
			hits, err := s.searchEvidence(ctx, me, casefile.ID(in.Case), in.Body.Words, in.Body.Reason)
			return hitsOut{append([]evidence.Hit{}, hits...)}, err
		})
	for _, m := range []struct{ move, summary string }{{"hold", "Begin a legal hold of everything the case holds"},
		{"release", "End the legal hold of the case"}} {
		add(s, a, "POST", "/cases/{case}/evidence-"+m.move, m.move+"-evidence", m.summary, workCase,
			func(ctx context.Context, me *actor, in *struct {
				Idem
				CaseInput
				Body whyBody
			}) (made, error) {
				return s.moved(in.Case)(s.moveItem(ctx, me, casefile.ID(in.Case), "", m.move, in.Body.Reason, "", nil))
			})
	}
	add(s, a, "POST", "/cases/{case}/evidence/{item}/grade", "grade-original", "Grade an original", workCase,
		func(ctx context.Context, me *actor, in *struct {
			Idem
			OriginalInput
			Body rateBody
		}) (made, error) {
			return s.moved(in.Item)(s.moveItem(ctx, me, casefile.ID(in.Case), in.Item, "grade", in.Body.Reason,
				in.Body.Grade, nil))
		})
	add(s, a, "POST", "/cases/{case}/evidence/{item}/labels", "label-original", "Replace the labels of an original",
		workCase, func(ctx context.Context, me *actor, in *struct {
			Idem
			OriginalInput
			Body labelsBody
		}) (made, error) {
			ls, err := evidence.ParseLabels(in.Body.Labels)
			if err != nil {
				return made{}, &invalid{"labels", err.Error()}
			}
			return s.moved(in.Item)(s.moveItem(ctx, me, casefile.ID(in.Case), in.Item, "label", in.Body.Reason, "", ls))
		})
	s.why(a, "seal", "Read an original again and close it: grade and labels stay")
	s.why(a, "hold", "Begin a legal hold of an original")
	s.why(a, "release", "End the legal hold of an original")
	s.why(a, "delete", "Erase an original; its events and a tombstone stay")
	item(s, a, "/claims/{id}/evidence", "cite-evidence", "Have a claim point at an original of its case",
		func(ctx context.Context, by casefile.Actor, id casefile.ID, b citeBody) error {
			return s.desk.Cite(ctx, by, id, b.SHA256, b.Note)
		})
}

// apiUpload registers the upload, whose body is read as it comes.
func (s *Server) apiUpload(a huma.API) {
	add(s, a, "POST", "/cases/{case}/evidence", "add-evidence",
		"Take files in: multipart/form-data with reason, source, method, grade, labels, then file parts", workCase,
		func(ctx context.Context, me *actor, in *UploadInput) (takenOut, error) {
			out := takenOut{Added: []takenFile{}}
			id := casefile.ID(in.Case)
			k, err := s.custody(ctx, me, casefile.MoveCollect, id)
			if err != nil {
				return out, err
			}
			added, err := takeUpload(ctx, k, me, id, in.request)
			for _, x := range added {
				out.Added = append(out.Added, takenFile{x.SHA256, x.Name, x.Bytes, x.Media, x.Already,
					append([]string{}, x.Index.Notes...)})
			}
			return out, err
		})
	op := a.OpenAPI().Paths["/api/v1/cases/{case}/evidence"].Post
	text := func(doc string) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Description: doc} }
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {
		Schema: &huma.Schema{Type: huma.TypeObject, Required: []string{"reason", "file"},
			Properties: map[string]*huma.Schema{
				"reason": text("Stands in the custody log; all fields come before the files"),
				"source": text("Where the files come from"), "method": text("With which tool, from which network"),
				"grade": text("Such as B2"), "labels": text("Between commas"), "file": {Type: huma.TypeString,
					Format: "binary", Description: "May be repeated"},
			}}}}}
}

// leave registers an operation that answers with a file.
func leave[I any](s *Server, a huma.API, p, id, summary string, may permission, do func(ctx context.Context, me *actor,
	in *I) (*leaving, error)) {
	op := huma.Operation{OperationID: id, Method: http.MethodPost, Path: "/api/v1" + p, Summary: summary,
		Description: "Needs the permission: " + string(may) + ".", Metadata: map[string]any{"may": may},
		DefaultStatus: http.StatusOK, Errors: []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound,
			http.StatusConflict, http.StatusUnprocessableEntity, http.StatusTooManyRequests,
			http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
			http.StatusServiceUnavailable, http.StatusInsufficientStorage}, MaxBodyBytes: maxForm,
		Responses: map[string]*huma.Response{"200": {Description: "The file", Content: map[string]*huma.MediaType{
			"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}}}
	huma.Register(a, op, func(ctx context.Context, in *I) (*huma.StreamResponse, error) {
		me, _ := ctx.Value(actorKey{}).(*actor)
		out, err := do(ctx, me, in)
		if err != nil {
			return nil, s.apiError(err)
		}
		return &huma.StreamResponse{Body: func(c huma.Context) {
			defer out.close()
			_, w := humago.Unwrap(c)
			_ = out.send(w)
		}}, nil
	})
}

func (s *Server) apiLeaving(a huma.API) {
	leave(s, a, "/cases/{case}/evidence/{item}/copy", "copy-original", "A working copy of an original", readCases,
		func(ctx context.Context, me *actor, in *struct {
			OriginalInput
			Body whyBody
		}) (*leaving, error) {
			return s.copyItem(ctx, me, casefile.ID(in.Case), in.Item, in.Body.Reason)
		})
	leave(s, a, "/cases/{case}/evidence-export", "export-evidence",
		"The evidence of a case as a BagIt bag in a ZIP, with receipts", workCase, func(ctx context.Context, me *actor,
			in *struct {
				CaseInput
				Body whyBody
			}) (*leaving, error) {
			return s.pack(ctx, me, casefile.ID(in.Case), in.Body.Reason)
		})
}
