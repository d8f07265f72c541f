package web

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"

	"plimsoll/internal/casefile"
	"plimsoll/internal/evidence"
	"plimsoll/internal/store"
)

// maxEvidence bounds one upload of evidence. Larger files are added with plimsoll evidence add.
const maxEvidence = 4 << 30

var errNoEvidence = errors.New("this server keeps no evidence: it has no folder for it (--data or --state)")

// custody returns the evidence of the server, after asking whether somebody may make a move
// on that of a case.
func (s *Server) custody(ctx context.Context, me *actor, m casefile.Move, id casefile.ID) (*store.Custody, error) {
	if err := s.desk.Admit(ctx, me.Actor, m, id); err != nil {
		return nil, err
	}
	if id != id.File() { // evidence is of a case, not of a claim in it
		return nil, casefile.ErrNotFound
	}
	if s.cfg.Custody == nil {
		return nil, errNoEvidence
	}
	return s.cfg.Custody, nil
}

// warrant names who does something with evidence, and why. In a bag that leaves the house an
// id alone would tell a stranger nothing.
func warrant(me *actor, id casefile.ID, reason string) (evidence.Warrant, error) {
	w := evidence.Warrant{Case: string(id.File()), Actor: fmt.Sprintf("%s (%s)", me.Name, me.ID), Reason: reason}
	if err := w.Valid(); err != nil {
		return w, &invalid{"reason", err.Error()}
	}
	return w, nil
}

type evidencePage struct {
	Case     casefile.Case
	Kept     *evidence.Case
	Events   []evidence.Event // the newest first
	More     int              // events that are not shown
	Cited    map[string][]casefile.ID
	Check    *store.Recheck
	Searched string
	Hits     []evidence.Hit
	Key      string
}

// shownEvents is how many custody events a page shows; the exports have all.
const shownEvents = 100

func (s *Server) evidencePage(v *visit) (evidencePage, error) {
	p := evidencePage{Key: newID("")}
	id := casefile.ID(v.r.PathValue("case"))
	k, err := s.custody(v.ctx(), v.me, casefile.MoveView, id)
	if err != nil {
		return p, err
	}
	if p.Case, err = s.desk.Case(v.ctx(), v.by(), id); err != nil {
		return p, err
	}
	p.Kept, err = k.Files.Events(string(p.Case.ID), func(e evidence.Event, _ []byte) error {
		p.Events = append(p.Events, e)
		return nil
	})
	if err != nil {
		return p, err
	}
	slices.Reverse(p.Events)
	p.Cited = cited(p.Case)
	p.Check, err = s.cfg.Store.LastRecheck(v.ctx())
	return p, err
}

// cited says which claims point at which original.
func cited(c casefile.Case) map[string][]casefile.ID {
	out := map[string][]casefile.ID{}
	for _, k := range c.Claims {
		for _, e := range k.Evidence {
			if !slices.Contains(out[e.SHA256], k.ID) {
				out[e.SHA256] = append(out[e.SHA256], k.ID)
			}
		}
	}
	return out
}

func (s *Server) evidence(v *visit) error {
	p, err := s.evidencePage(v)
	if err != nil {
		return err
	}
	switch {
	case v.wants() != "" && v.r.URL.Query().Get("table") == "custody":
		slices.Reverse(p.Events)
		return v.send(custodySheet(string(p.Case.ID), p.Events))
	case v.wants() != "":
		return v.send(itemSheet(p))
	}
	return s.showEvidence(v, p)
}

func (s *Server) showEvidence(v *visit, p evidencePage) error {
	if n := len(p.Events) - shownEvents; n > 0 {
		p.More, p.Events = n, p.Events[:shownEvents]
	}
	return v.show(http.StatusOK, "evidence", "Evidence of "+string(p.Case.ID), p)
}

func itemSheet(p evidencePage) sheet {
	return sheetOf("evidence-"+string(p.Case.ID), []string{"sha256", "name", "bytes", "media", "source", "method",
		"collected", "by", "grade", "labels", "held", "sealed", "deleted", "claims"}, p.Kept.Items,
		func(i *evidence.Item) []any {
			deleted := ""
			if i.Deleted != nil {
				deleted = i.Deleted.Time + ": " + i.Deleted.Reason
			}
			var ks []string
			for _, k := range p.Cited[i.SHA256] {
				ks = append(ks, string(k))
			}
			return []any{i.SHA256, strings.Join(i.Names, " = "), i.Bytes, i.Media, i.Source, i.Method,
				stampOf(i.Collected), i.By, string(i.Grade), strings.Join(i.Labels, "; "), i.Held || p.Kept.Held,
				i.Sealed, deleted, strings.Join(ks, "; ")}
		})
}

func custodySheet(name string, events []evidence.Event) sheet {
	return sheetOf("custody-"+name, []string{"seq", "time", "action", "actor", "reason", "item", "name", "grade",
		"labels", "to"}, events, func(e evidence.Event) []any {
		return []any{e.Seq, e.Time, string(e.Action), e.Actor, e.Reason, e.Item, e.Name, string(e.Grade),
			strings.Join(e.Labels, "; "), e.To}
	})
}

// evidenceAdd takes uploaded files in. The fields stand before the files in the form, so that
// each file goes straight to its place and is never held in memory.
func (s *Server) evidenceAdd(v *visit) error {
	id := casefile.ID(v.r.PathValue("case"))
	k, err := s.custody(v.ctx(), v.me, casefile.MoveCollect, id)
	if err != nil {
		return err
	}
	v.r.Body = http.MaxBytesReader(v.w, v.body, maxEvidence)
	added, err := takeUpload(v.ctx(), k, v.me, id, v.r)
	if err != nil {
		return err
	}
	if len(added) == 1 {
		return v.to("/cases/"+string(id.File())+"/evidence/"+added[0].SHA256, "collected")
	}
	return v.to("/cases/"+string(id.File())+"/evidence", "collected")
}

// takeUpload reads a multipart form: reason, source, method, grade, labels, then files. What
// was taken in before an upload broke off stays, with its event.
func takeUpload(ctx context.Context, k *store.Custody, me *actor, id casefile.ID, r *http.Request) (
	added []evidence.Added, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, &invalid{"", "evidence is sent as a form with files (multipart/form-data)"}
	}
	fields := map[string]string{}
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return added, uploadFault(err)
		}
		if p.FileName() == "" && p.FormName() != "file" {
			b, err := io.ReadAll(io.LimitReader(p, 8<<10))
			if err != nil {
				return added, uploadFault(err)
			}
			fields[p.FormName()] = strings.TrimSpace(strings.ReplaceAll(string(b), "\r\n", "\n"))
			continue
		}
		if p.FileName() == "" {
			continue // a browser sends an empty part when no file was chosen
		}
		a, err := takePart(ctx, k, me, id, fields, p)
		if err != nil {
			return added, err
		}
		added = append(added, a)
	}
	if len(added) == 0 {
		return nil, &invalid{"file", "choose a file to take in; the fields stand before it in the form"}
	}
	return added, nil
}

func takePart(ctx context.Context, k *store.Custody, me *actor, id casefile.ID, fields map[string]string,
	p *multipart.Part) (evidence.Added, error) {
	w, err := warrant(me, id, fields["reason"])
	if err != nil {
		return evidence.Added{}, err
	}
	about := evidence.About{Source: fields["source"], Method: fields["method"]}
	if g := fields["grade"]; g != "" {
		if about.Grade, err = evidence.ParseGrade(g); err != nil {
			return evidence.Added{}, &invalid{"grade", err.Error()}
		}
	}
	if about.Labels, err = parseLabels(fields["labels"]); err != nil {
		return evidence.Added{}, err
	}
	a, err := k.Files.AddReader(ctx, w, about, p.FileName(), p)
	if err != nil {
		var big *http.MaxBytesError
		if errors.As(err, &big) {
			return a, &invalid{"file", fmt.Sprintf("an upload may have %d GiB; add a larger file with plimsoll "+
				"evidence add", maxEvidence>>30)}
		}
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return a, uploadFault(err)
		}
		return a, err
	}
	return a, k.Record(ctx, w.Case)
}

func parseLabels(text string) ([]string, error) {
	var ls []string
	for l := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == '\n' }) {
		if l = strings.TrimSpace(l); l != "" {
			ls = append(ls, l)
		}
	}
	ls, err := evidence.ParseLabels(ls)
	if err != nil {
		return nil, &invalid{"labels", err.Error()}
	}
	return ls, nil
}

// evidenceSearch looks for words in the text of the originals. Each that is found was read,
// so this asks for a reason, and is a POST.
func (s *Server) evidenceSearch(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	id := casefile.ID(v.r.PathValue("case"))
	hits, err := s.searchEvidence(v.ctx(), v.me, id, strings.Fields(f.text("words")), f.text("reason"))
	if err != nil {
		return err
	}
	p, err := s.evidencePage(v)
	if err != nil {
		return err
	}
	p.Searched, p.Hits = f.text("words"), hits
	return s.showEvidence(v, p)
}

func (s *Server) searchEvidence(ctx context.Context, me *actor, id casefile.ID, words []string, reason string) (
	[]evidence.Hit, error) {
	k, err := s.custody(ctx, me, casefile.MoveView, id)
	if err != nil {
		return nil, err
	}
	w, err := warrant(me, id, reason)
	if err != nil {
		return nil, err
	}
	if len(words) == 0 {
		return nil, &invalid{"words", "write the words to look for"}
	}
	hits, err := k.Files.Search(ctx, w, words)
	if err != nil {
		return nil, err
	}
	return hits, k.Record(ctx, w.Case)
}

// evidenceMove holds or releases the whole case, or hands its evidence over as a bag.
func (s *Server) evidenceMove(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	id := casefile.ID(v.r.PathValue("case"))
	switch move := v.r.PathValue("move"); move {
	case "hold", "release":
		if err := s.moveFactor(v, move); err != nil {
			return err
		}
		waits, err := s.moveItem(v.ctx(), v.me, id, "", move, f.text("reason"), "", nil)
		if err != nil {
			return err
		}
		if waits {
			move = "second"
		}
		return v.to("/cases/"+string(id.File())+"/evidence", move)
	case "export":
		bag, err := s.pack(v.ctx(), v.me, id, f.text("reason"))
		if err != nil {
			return err
		}
		defer bag.close()
		return bag.send(v.w)
	}
	return errNoPage
}

type itemPage struct {
	Case   casefile.Case
	Item   *evidence.Item
	Held   bool // the whole case is
	Events []evidence.Event
	Claims []casefile.Claim // that point at it
	Others []casefile.Claim
	Words  string // the grade in words
	Key    string
	// What was made of it, shown when it was read.
	Read  bool
	Index evidence.Index
	Text  string
	Cut   bool // there is more text
	Parts []evidence.Part
}

func (s *Server) itemPage(v *visit) (itemPage, error) {
	p := itemPage{Key: newID("")}
	all, err := s.evidencePage(v)
	if err != nil {
		return p, err
	}
	p.Case, p.Held = all.Case, all.Kept.Held
	if p.Item, err = all.Kept.Item(v.r.PathValue("item")); err != nil {
		return p, err
	}
	for _, e := range all.Events {
		if e.Item == p.Item.SHA256 || e.Item == "" {
			p.Events = append(p.Events, e)
		}
	}
	for _, k := range p.Case.Claims {
		if slices.ContainsFunc(k.Evidence, func(e casefile.Citation) bool { return e.SHA256 == p.Item.SHA256 }) {
			p.Claims = append(p.Claims, k)
		} else {
			p.Others = append(p.Others, k)
		}
	}
	p.Words = p.Item.Grade.Words()
	return p, nil
}

func (s *Server) item(v *visit) error {
	p, err := s.itemPage(v)
	if err != nil {
		return err
	}
	if v.wants() == "json" {
		return v.json(p.Item)
	}
	if v.wants() != "" {
		slices.Reverse(p.Events)
		return v.send(custodySheet(p.Item.SHA256[:16], p.Events))
	}
	return v.show(http.StatusOK, "item", p.Item.Name(), p)
}

// shownText and shownParts bound what a page shows of an original.
const (
	shownText  = 200 << 10
	shownParts = 200
)

// itemView shows the text and the parts of an original. That is reading it.
func (s *Server) itemView(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	id := casefile.ID(v.r.PathValue("case"))
	k, err := s.custody(v.ctx(), v.me, casefile.MoveView, id)
	if err != nil {
		return err
	}
	w, err := warrant(v.me, id, f.text("reason"))
	if err != nil {
		return err
	}
	file, i, err := k.Files.View(w, v.r.PathValue("item"))
	if err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	if err := k.Record(v.ctx(), w.Case); err != nil {
		return err
	}
	p, err := s.itemPage(v)
	if err != nil {
		return err
	}
	p.Read = true
	if p.Index, err = k.Files.Index(v.ctx(), i); err != nil {
		return err
	}
	if err := p.fill(k.Files, i.SHA256); err != nil {
		return err
	}
	return v.show(http.StatusOK, "item", p.Item.Name(), p)
}

// fill reads the beginning of what was made of an original.
func (p *itemPage) fill(files *evidence.Store, sum string) error {
	text, err := files.Text(sum)
	if err != nil {
		return err
	}
	defer text.Close()
	b, err := io.ReadAll(io.LimitReader(text, shownText+1))
	if err != nil {
		return err
	}
	p.Cut = len(b) > shownText
	p.Text = strings.ToValidUTF8(string(b[:min(len(b), shownText)]), "")
	parts, err := files.Parts(sum)
	if err != nil {
		return err
	}
	defer parts.Close()
	dec := json.NewDecoder(bufio.NewReader(parts))
	for len(p.Parts) < shownParts {
		var x evidence.Part
		if err := dec.Decode(&x); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		p.Parts = append(p.Parts, x)
	}
	return nil
}

func (s *Server) itemCopy(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	out, err := s.copyItem(v.ctx(), v.me, casefile.ID(v.r.PathValue("case")), v.r.PathValue("item"), f.text("reason"))
	if err != nil {
		return err
	}
	defer out.close()
	return out.send(v.w)
}

// itemMove makes one move on one original.
func (s *Server) itemMove(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	id, item, move := casefile.ID(v.r.PathValue("case")), v.r.PathValue("item"), v.r.PathValue("move")
	waits := false
	switch move {
	case "grade", "label", "seal", "hold", "release", "delete":
		ls, lerr := parseLabels(f.text("labels"))
		if lerr != nil && move == "label" {
			return lerr
		}
		if err := s.moveFactor(v, move); err != nil {
			return err
		}
		waits, err = s.moveItem(v.ctx(), v.me, id, item, move, f.text("reason"), f.text("grade"), ls)
	case "cite":
		err = s.desk.Cite(v.ctx(), v.by(), casefile.ID(f.text("claim")), item, f.text("note"))
	default:
		return errNoPage
	}
	if err != nil {
		return err
	}
	if waits {
		return v.to("/cases/"+string(id.File())+"/evidence/"+item, "second")
	}
	return v.to("/cases/"+string(id.File())+"/evidence/"+item, map[string]string{"grade": "graded",
		"cite": "cited"}[move]+map[bool]string{true: move}[move != "grade" && move != "cite"])
}

// itemMoves says which right each move on an original needs.
var itemMoves = map[string]casefile.Move{"grade": casefile.MoveRate, "label": casefile.MoveRate,
	"seal": casefile.MoveSeal,
	"hold": casefile.MoveHold, "release": casefile.MoveRelease, "delete": casefile.MoveDelete}

// moveFactor asks for a second factor before an original is deleted or a hold is ended.
func (s *Server) moveFactor(v *visit, move string) error {
	if move != "delete" && move != "release" {
		return nil
	}
	return s.formFactor(v)
}

// moveItem makes a move on an original, or with an empty item a hold of the whole case. It reports
// whether the move waits for a second person who asks for the same: deleting an original, and
// ending a hold.
func (s *Server) moveItem(ctx context.Context, me *actor, id casefile.ID, item, move, reason, grade string,
	labels []string) (waits bool, err error) {
	if move == "delete" || move == "release" {
		if err := s.factor(ctx, me); err != nil {
			return false, err
		}
	}
	k, err := s.custody(ctx, me, itemMoves[move], id)
	if err != nil {
		return false, err
	}
	w, err := warrant(me, id, reason)
	if err != nil {
		return false, err
	}
	return waits, s.desk.Once(ctx, me.Actor, itemMoves[move], id, []any{item, move, reason, grade, labels},
		func() (err error) {
			switch move {
			case "grade":
				g, gerr := evidence.ParseGrade(grade)
				if gerr != nil {
					return &invalid{"grade", gerr.Error()}
				}
				err = k.Files.Rate(w, item, g)
			case "label":
				err = k.Files.Label(w, item, labels)
			case "seal":
				err = k.Files.Seal(ctx, w, item)
			case "hold":
				err = k.Files.Hold(w, item)
			case "release", "delete":
				if waits, err = s.secondOf(ctx, k, me, &w, item, move); err != nil || waits {
					return err
				}
				if move == "release" {
					err = k.Files.Release(w, item)
				} else if err = k.MayErase(ctx); err == nil {
					err = k.Files.Delete(w, item)
				}
			}
			if err != nil {
				return err
			}
			return k.Record(ctx, w.Case)
		})
}

// secondOf puts the other person into the warrant of what takes two, or notes that the first one
// asked and reports that it waits. One of the two who end a hold has to be counsel. What stands in
// the way anyhow is said to the first one already.
func (s *Server) secondOf(ctx context.Context, k *store.Custody, me *actor, w *evidence.Warrant, item, move string) (
	waits bool, err error) {
	c, err := k.Files.Case(w.Case)
	if err != nil {
		return false, err
	}
	held := c.Held
	if item != "" {
		i, err := c.Item(item)
		if err != nil {
			return false, err
		}
		item = i.SHA256
		switch {
		case i.Deleted != nil:
			return false, evidence.ErrDeleted
		case move == "delete" && (i.Held || c.Held):
			return false, evidence.ErrHeld
		}
		held = i.Held
	}
	if move == "release" && !held {
		return false, nil // nothing to end: the store has nothing to record
	}
	kind, subject := move+" evidence", w.Case+"/"+item
	first, err := s.cfg.Store.Second(ctx, kind, subject, "", me.ID, w.Reason, func(first string) error {
		p, err := s.cfg.Store.Person(ctx, first)
		if err == nil && (p.Disabled || s.desk.Admits(ctx, p.Actor(), moveOfSecond[move], casefile.ID(w.Case)) != nil) {
			err = store.ErrFirst
		}
		if err != nil || move != "release" || me.Has(casefile.Counsel) {
			return err
		}
		if !slices.Contains(p.Roles, casefile.Counsel) {
			err = errCounsel
		}
		return err
	})
	w.Second = first
	return first == "", err
}

// moveOfSecond are the moves that take two, by their names in addresses.
var moveOfSecond = map[string]casefile.Move{"release": casefile.MoveRelease, "delete": casefile.MoveDelete}

var errCounsel = errors.New("a legal hold is ended by two people, one of them counsel")
