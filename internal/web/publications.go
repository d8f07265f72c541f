package web

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"plimsoll/internal/casefile"
	"plimsoll/internal/message"
	"plimsoll/internal/publication"
)

// redactionRows is how many empty rows of redactions the form shows.
const redactionRows = 4

type publicationsPage struct {
	List  []publication.Publication
	Names map[string]string
	Kinds []publication.Kind
}

// publications lists what is on the public site, was, or is on its way there.
func (s *Server) publications(v *visit) error {
	list, err := s.public.List(v.ctx(), v.by())
	if err != nil {
		return err
	}
	if v.wants() != "" {
		return v.send(sheetOf("publications", []string{"id", "kind", "subject", "state", "version", "title", "proposed",
			"decided", "changed_since"}, list, func(p publication.Publication) []any {
			return []any{string(p.ID), string(p.Kind), p.Subject, string(p.State), p.Version, p.Title,
				stampOf(p.Proposed), stampOf(p.Decided), p.Stale}
		}))
	}
	who, _, err := s.names(v.ctx())
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, "publications", "Publications", publicationsPage{list, who, publication.Kinds})
}

type publicationPage struct {
	P       publication.Publication
	Names   map[string]string
	Article template.HTML
	Checked bool // the draft was looked at, and perhaps lacks something
	Missing []string
	Was     *publication.Publication // what is on the site of the same subject
	Rows    []publication.Redaction
	Parts   []string
	Grounds []publication.Ground
	Langs   []message.Language
	Key     string
}

// Mine reports whether an actor proposed the publication.
func (p publicationPage) Mine(me *actor) bool { return me != nil && p.P.Proposer == me.ID }

func (s *Server) publicationNew(v *visit) error {
	if err := publication.MayPropose(v.by()); err != nil {
		return err
	}
	q := v.r.URL.Query()
	x := publication.Draft{Kind: publication.Kind(q.Get("kind")), Subject: strings.TrimSpace(q.Get("subject")),
		Language: message.English}
	p, _, err := s.public.Prepare(v.ctx(), v.by(), x)
	if err != nil {
		return err
	}
	was, err := s.published(v.ctx(), v.by(), p)
	if err != nil {
		return err
	}
	if was != nil {
		p.Title, p.Summary, p.Redactions, p.Language = was.Title, was.Summary, was.Redactions, was.Language
	}
	return s.publicationForm(v, http.StatusOK, p, was, nil, false)
}

// published finds what is on the site of the same subject; nil for nothing.
func (s *Server) published(ctx context.Context, by casefile.Actor, p publication.Publication) (*publication.Publication,
	error) {
	list, err := s.public.List(ctx, by)
	if err != nil {
		return nil, err
	}
	for _, o := range list {
		if o.Kind == p.Kind && o.Subject == p.Subject && o.State == publication.Released {
			return &o, nil
		}
	}
	return nil, nil
}

func (s *Server) publicationForm(v *visit, status int, p publication.Publication, was *publication.Publication,
	lacks []string, checked bool) error {
	page := publicationPage{P: p, Was: was, Missing: lacks, Checked: checked, Parts: publication.Parts,
		Grounds: publication.Grounds, Langs: message.Languages, Key: newID("")}
	page.Rows = append(append(page.Rows, p.Redactions...), make([]publication.Redaction, redactionRows)...)
	var err error
	if page.Article, err = publication.Preview(p); err != nil {
		return err
	}
	return v.show(status, "publicationnew", "Propose a publication", page)
}

// draftOf reads the form of a publication.
func draftOf(f form) publication.Draft {
	x := publication.Draft{Kind: publication.Kind(f.text("kind")), Subject: f.text("subject"),
		Language: f.text("language"), Title: f.text("title"), Summary: f.text("summary"),
		Correction: f.text("correction")}
	parts, words, grounds, whys, untils := f.all("part"), f.all("words"), f.all("ground"), f.all("why"), f.all("until")
	at := func(list []string, i int) string {
		if i < len(list) {
			return strings.TrimSpace(list[i])
		}
		return ""
	}
	for i := range parts {
		r := publication.Redaction{Part: at(parts, i), Words: at(words, i), Kind: publication.Ground(at(grounds, i)),
			Why: at(whys, i), Until: at(untils, i)}
		if r.Part != "" || r.Words != "" || r.Why != "" {
			x.Redactions = append(x.Redactions, r)
		}
	}
	return x
}

func (s *Server) publicationPropose(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	x := draftOf(f)
	if f.text("do") != "check" {
		p, err := s.public.Propose(v.ctx(), v.by(), x)
		var lacks *casefile.Lacking
		switch {
		case err == nil:
			return v.to("/publications/"+string(p.ID), "publication")
		case !errors.As(err, &lacks):
			return err
		}
	}
	p, lacks, err := s.public.Prepare(v.ctx(), v.by(), x)
	if err != nil {
		return err
	}
	was, err := s.published(v.ctx(), v.by(), p)
	if err != nil {
		return err
	}
	if was != nil && x.Correction == "" {
		lacks = append(lacks, "what was wrong in the page that is on the site, and what is right")
	}
	status := http.StatusOK
	if f.text("do") != "check" {
		status = http.StatusUnprocessableEntity
	}
	return s.publicationForm(v, status, p, was, lacks, true)
}

func (s *Server) publication(v *visit) error {
	p, err := s.public.Get(v.ctx(), v.by(), publication.ID(v.r.PathValue("publication")))
	if err != nil {
		return err
	}
	if v.wants() == "json" {
		return v.json(p)
	}
	who, _, err := s.names(v.ctx())
	if err != nil {
		return err
	}
	page := publicationPage{P: p, Names: who, Key: newID("")}
	if page.Article, err = publication.Preview(p); err != nil {
		return err
	}
	return v.show(http.StatusOK, "publication", string(p.ID)+" "+p.Title, page)
}

func (s *Server) publicationMove(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	id, did := publication.ID(v.r.PathValue("publication")), ""
	switch v.r.PathValue("move") {
	case "release":
		did, err = "released", s.public.Release(v.ctx(), v.by(), id, f.text("reasons"))
	case "refuse":
		did, err = "refused", s.public.Refuse(v.ctx(), v.by(), id, f.text("reasons"))
	case "withdraw":
		did, err = "withdrawal", s.public.Withdraw(v.ctx(), v.by(), id, f.text("reasons"), f.text("danger") != "")
	case "withdrawal":
		agree := f.text("agree") != "no"
		did, err = map[bool]string{true: "withdrawn", false: "stays"}[agree], s.public.DecideWithdrawal(v.ctx(), v.by(),
			id, agree, f.text("reasons"))
	default:
		return errNoPage
	}
	if err != nil {
		return err
	}
	return v.to("/publications/"+string(id), did)
}

type (
	publicationsOut struct {
		Publications []publication.Publication `json:"publications"`
	}
	checkedOut struct {
		Missing []string         `json:"missing" doc:"What is still missing, in sentences; empty when nothing is"`
		Page    publication.Page `json:"page" doc:"The page as it would be"`
	}
	withdrawBody struct {
		Reasons string `json:"reasons" doc:"Which are published"`
		Danger  bool   `json:"danger" doc:"It endangers somebody: the site withholds it until the second person has decided"`
	}
	withdrawalBody struct {
		Agree   bool   `json:"agree"`
		Reasons string `json:"reasons"`
	}
	publicationMove struct {
		Idem
		ID   string `path:"publication"`
		Body reasonsBody
	}
)

func (s *Server) apiPublications(a huma.API) {
	d := s.public
	add(s, a, "GET", "/publications", "list-publications", "What is on the public site, was, or is on its way there",
		readCases,
		func(ctx context.Context, me *actor, _ *noInput) (publicationsOut, error) {
			list, err := d.List(ctx, me.Actor)
			return publicationsOut{append([]publication.Publication{}, list...)}, err
		})
	add(s, a, "GET", "/publications/{publication}", "get-publication", "One publication with its page", readCases,
		func(ctx context.Context, me *actor, in *struct {
			ID string `path:"publication"`
		}) (publication.Publication, error) {
			return d.Get(ctx, me.Actor, publication.ID(in.ID))
		})
	add(s, a, "POST", "/publications/check", "check-publication",
		"What a publication still lacks, and its page; changes nothing", readCases,
		func(ctx context.Context, me *actor, in *struct {
			Idem
			Body publication.Draft
		}) (checkedOut, error) {
			p, lacks, err := d.Prepare(ctx, me.Actor, in.Body)
			return checkedOut{some(lacks), p.Page}, err
		})
	add(s, a, "POST", "/publications", "propose-publication",
		"Propose to publish a decision, an answer to a notice or a demand", workCase,
		func(ctx context.Context, me *actor, in *struct {
			Idem
			Body publication.Draft
		}) (publication.Publication, error) {
			return d.Propose(ctx, me.Actor, in.Body)
		})
	for _, m := range []struct {
		path, id, summary string
		do                func(context.Context, casefile.Actor, publication.ID, string) error
	}{
		{"release", "release-publication", "Release what another person proposed", d.Release},
		{"refuse", "refuse-publication", "Refuse a publication", d.Refuse},
	} {
		add(s, a, "POST", "/publications/{publication}/"+m.path, m.id, m.summary, workCase, func(ctx context.Context,
			me *actor, in *publicationMove) (made, error) {
			return made{ID: in.ID}, m.do(ctx, me.Actor, publication.ID(in.ID), in.Body.Reasons)
		})
	}
	add(s, a, "POST", "/publications/{publication}/withdraw", "withdraw-publication",
		"Ask that a publication be taken off the site; another person decides", workCase,
		func(ctx context.Context, me *actor, in *struct {
			Idem
			ID   string `path:"publication"`
			Body withdrawBody
		}) (made, error) {
			return made{ID: in.ID}, d.Withdraw(ctx, me.Actor, publication.ID(in.ID), in.Body.Reasons, in.Body.Danger)
		})
	add(s, a, "POST", "/publications/{publication}/withdrawal", "decide-withdrawal",
		"Agree that a publication goes, or say that it stays", workCase,
		func(ctx context.Context, me *actor, in *struct {
			Idem
			ID   string `path:"publication"`
			Body withdrawalBody
		}) (made, error) {
			return made{ID: in.ID}, d.DecideWithdrawal(ctx, me.Actor, publication.ID(in.ID), in.Body.Agree,
				in.Body.Reasons)
		})
}
