package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/evidence"
	"plimsoll/internal/notice"
)

// The desk's side of notices: what strangers send in at the door is read, answered, grouped
// and put into cases here.

type noticesPage struct {
	Lines []notice.Line
	All   bool
	Next  string
	Name  map[string]string
}

// notices lists stories: many notices that tell the same are one line.
func (s *Server) notices(v *visit) error {
	box, err := s.box()
	if err != nil {
		return err
	}
	before, _ := strconv.ParseInt(v.r.URL.Query().Get("before"), 10, 64)
	p := noticesPage{All: v.r.URL.Query().Get("all") == "yes"}
	if p.Lines, err = box.List(v.ctx(), v.me.Actor, !p.All, before); err != nil {
		return err
	}
	if v.wants() != "" {
		return v.send(sheetOf("notices", []string{"notice", "received", "status", "about", "what", "notices", "senders",
			"waiting", "files"}, p.Lines, func(l notice.Line) []any {
			return []any{string(l.ID), stampOf(l.Received), string(l.Status), l.Said.About, l.Said.What, l.Notices,
				l.Senders, l.Waiting, l.Files}
		}))
	}
	if n := len(p.Lines); n == 50 {
		p.Next = fmt.Sprintf("/notices?before=%d", p.Lines[n-1].Seq)
		if p.All {
			p.Next += "&all=yes"
		}
	}
	return v.show(http.StatusOK, "notices", "Notices", p)
}

// box is the box of notices; a server without one has no such pages.
func (s *Server) box() (*notice.Box, error) {
	if s.cfg.Notices == nil {
		return nil, errNoPage
	}
	return s.cfg.Notices, nil
}

type noticedPage struct {
	notice.Sheet
	Names map[string]string
	Key   string
	Open  []casefile.Case // cases that it can be put into
}

func (v *visit) noticeID() notice.ID { return notice.ID(v.r.PathValue("notice")) }

// sheet reads a notice and leaves out the cases that the reader may not see.
func (s *Server) sheet(ctx context.Context, me casefile.Actor, box *notice.Box, id notice.ID) (notice.Sheet, error) {
	x, err := box.Read(ctx, me, id)
	if err != nil {
		return x, err
	}
	hidden := map[string]bool{}
	var cases []string
	for _, id := range x.Cases {
		_, err := s.desk.Case(ctx, me, casefile.ID(id))
		switch {
		case errors.Is(err, casefile.ErrNotFound):
			hidden[id] = true
		case err != nil:
			return x, err
		default:
			cases = append(cases, id)
		}
	}
	x.Cases = cases
	x.Events = slices.DeleteFunc(x.Events, func(e notice.Event) bool {
		return e.Kind == notice.EventCase &&
			hidden[e.What]
	})
	return x, nil
}

func (s *Server) noticed(v *visit) error {
	box, err := s.box()
	if err != nil {
		return err
	}
	p := noticedPage{Key: newID("")}
	if p.Sheet, err = s.sheet(v.ctx(), v.me.Actor, box, v.noticeID()); err != nil {
		return err
	}
	if p.Names, _, err = s.names(v.ctx()); err != nil {
		return err
	}
	if v.me.may(workNotices) {
		page, err := s.desk.Cases(v.ctx(), v.me.Actor, casefile.Query{Open: true, Limit: 100})
		if err != nil {
			return err
		}
		p.Open = page.Cases
	}
	return v.show(http.StatusOK, "noticed", "Notice "+string(p.ID), p)
}

// noticeCopy hands a working copy out. It came from a stranger: it is a download, and a
// browser that opens it all the same runs nothing in it.
func (s *Server) noticeCopy(v *visit) error {
	box, err := s.box()
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(v.r.PathValue("file"))
	if err != nil {
		return errNoPage
	}
	content, f, err := box.Working(v.ctx(), v.me.Actor, v.noticeID(), n)
	if err != nil {
		return err
	}
	v.download(fmt.Sprintf("%s-file-%d.%s", v.noticeID(), n, f.Working), content)
	return nil
}

// download sends bytes that a browser keeps and never shows.
func (v *visit) download(name string, content []byte) {
	h := v.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Content-Length", strconv.Itoa(len(content)))
	_, _ = v.w.Write(content)
}

// noticeMove is what a form on the page of a notice does.
func (s *Server) noticeMove(v *visit) error {
	box, err := s.box()
	if err != nil {
		return err
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	switch v.r.PathValue("move") {
	case "ask", "agree", "take", "erase": // unsealing and deleting
		if err := s.formFactor(v); err != nil {
			return err
		}
	}
	id, me, what := v.noticeID(), v.by(), "saved"
	switch v.r.PathValue("move") {
	case "write":
		what, err = "answered", box.Reply(v.ctx(), me, id, f.text("text"))
	case "settle":
		err = box.SetStatus(v.ctx(), me, id, notice.Closed, f.text("reason"))
	case "resume":
		err = box.SetStatus(v.ctx(), me, id, notice.Looked, f.text("reason"))
	case "join":
		err = box.Join(v.ctx(), me, id, notice.ID(f.text("other")), f.text("reason"))
	case "attach":
		what, err = "attached", s.noticeAttach(v.ctx(), me, box, id, casefile.ID(f.text("case")))
	case "file":
		what, err = "opened", s.noticeOpen(v.ctx(), me, box, id, f.text("title"), f.yes("restricted"))
	case "ask":
		what, err = "asked", box.Ask(v.ctx(), me, id, f.text("what"), f.text("reason"))
	case "agree":
		what, err = "agreed", box.Agree(v.ctx(), me, id, int64(f.number("unsealing")), f.text("reason"))
	case "take":
		var sealed []byte
		var name string
		if sealed, name, err = box.Take(v.ctx(), me, id, int64(f.number("unsealing"))); err == nil {
			v.download(fmt.Sprintf("%s-%s.sealed", id, name), sealed)
			return nil
		}
	case "export":
		var b bytes.Buffer
		if err = box.Export(v.ctx(), me, id, f.text("reason"), &b); err == nil {
			v.download(string(id)+".zip", b.Bytes())
			return nil
		}
	case "erase":
		what, err = "erased", box.Erase(v.ctx(), me, id, f.text("reason"))
	default:
		return errNoPage
	}
	if err != nil {
		return err
	}
	return v.to("/notices/"+string(id), what)
}

// noticeAttach puts a notice into a case that the actor may see, where a comment says so.
func (s *Server) noticeAttach(ctx context.Context, me casefile.Actor, box *notice.Box, id notice.ID,
	file casefile.ID) error {
	if _, err := s.desk.Case(ctx, me, file); err != nil {
		return err
	}
	by := me
	by.Request = "notice " + string(id) + " " + string(file)
	if err := s.desk.Comment(ctx, by, file, "Notice "+string(id)+" belongs to this case."); err != nil {
		return err
	}
	by.Request = ""
	if err := box.Attach(ctx, by, id, file); err != nil {
		return err
	}
	return s.noticeEvidence(ctx, by, box, id, file)
}

// noticeEvidence takes the working copies of a notice into the evidence of a case, for whom
// the case lets collect. The originals stay sealed with the notice.
func (s *Server) noticeEvidence(ctx context.Context, me casefile.Actor, box *notice.Box, id notice.ID,
	file casefile.ID) error {
	k := s.cfg.Custody
	if k == nil || s.desk.Admit(ctx, me, casefile.MoveCollect, file) != nil {
		return nil
	}
	x, err := box.Read(ctx, me, id)
	if err != nil {
		return err
	}
	w := evidence.Warrant{Case: string(file), Actor: fmt.Sprintf("%s (%s)", me.Name, me.ID), Reason: "notice " +
		string(id) + " belongs to this case"}
	for _, f := range x.Files {
		if f.Working == "" {
			continue
		}
		content, _, err := box.Working(ctx, me, id, f.N)
		if err != nil {
			return err
		}
		about := evidence.About{Source: "notice " + string(id), Method: "working copy of the original with SHA-256 " +
			f.SHA256 + ", which is sealed. " + f.Note}
		if _, err := k.Files.AddReader(ctx, w, about, fmt.Sprintf("%s-file-%d.%s", id, f.N, f.Working),
			bytes.NewReader(content)); err != nil {
			return err
		}
	}
	return k.Record(ctx, w.Case)
}

// noticeOpen opens a case from a notice: its words are the trigger, its sender is nobody. The
// key makes one case of it, also when the server dies between the case and its note here.
func (s *Server) noticeOpen(ctx context.Context, me casefile.Actor, box *notice.Box, id notice.ID, title string,
	restricted bool) error {
	if err := me.May(casefile.MoveOpen); err != nil {
		return err
	}
	x, err := box.Read(ctx, me, id)
	if err != nil {
		return err
	}
	if !x.Erased.IsZero() {
		return notice.ErrErased
	}
	text := x.Said.What
	for _, p := range []struct{ title, text string }{{"About", x.Said.About}, {"When", x.Said.When},
		{"How the sender knows", x.Said.How}} {
		if p.text != "" {
			text += "\n\n" + p.title + ": " + p.text
		}
	}
	by := me
	by.Request = "notice " + string(id)
	c, err := s.desk.Open(ctx, by, casefile.Opening{Title: title, Restricted: restricted, Trigger: casefile.Trigger{
		Kind: "notice", Channel: "the public page for notices",
		Who: string(id), Received: x.Received.Format(time.DateOnly), Text: text, Risk: "The sender is protected: " +
			"look for nobody. Contact: " + string(x.Contact) + "."}})
	if err != nil {
		return err
	}
	by.Request = ""
	if err := box.Attach(ctx, by, id, c.ID); err != nil {
		return err
	}
	return s.noticeEvidence(ctx, by, box, id, c.ID)
}
