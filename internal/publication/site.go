package publication

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/message"
	"plimsoll/internal/policy"
)

//go:embed site
var siteFiles embed.FS

// Settings say how a site is written.
type Settings struct {
	Company   string   // whose site it is
	URL       string   // under which it will be reached, "" when not known: then feeds hold relative addresses
	Languages []string // of the frames, the first one without a suffix; empty: English
	Now       time.Time
	VKey      string // of the log
	Notices   string // address of the server that takes notices, and with them appeals; "" for none
	Version   string
}

// listed is how many entries a page of a list has, and latest how many the first page and the feeds.
const listed, latest = 200, 30

// A site is one being written into a folder.
type site struct {
	Settings
	rotations []byte // statements that the log's key was replaced
	dir       string
	files     []file
	templates *template.Template
	all       []Publication
	standing  map[string]string   // of decisions, by id: a message
	processes map[string][]string // of decisions: appeals and remedies, in the site's first language
	reports   []Figures
	counts    counts
	newestOf  map[string]Publication
}

type counts struct{ Decisions, Corrections, Demands, Notices int }

// read1 gathers what a site shows, as of one moment.
func read1(ctx context.Context, db casefile.Database, set Settings) (*site, error) {
	s := &site{Settings: set, standing: map[string]string{}, newestOf: map[string]Publication{}}
	if len(s.Languages) == 0 {
		s.Languages = []string{message.English}
	}
	err := db.Read(ctx, func(tx *sql.Tx) (err error) {
		if s.all, err = read(ctx, tx, `WHERE state IN ('released', 'corrected', 'withdrawn') ORDER BY seq DESC`); err != nil {
			return err
		}
		withhold(s.all)
		if s.standing, s.processes, err = standings(ctx, tx, s.all, s.Now); err != nil {
			return err
		}
		s.reports, err = figures(ctx, tx, s.Now)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read publications: %w", err)
	}
	slices.SortStableFunc(s.all, func(a, b Publication) int { return b.Decided.Compare(a.Decided) })
	for _, p := range s.all {
		key := string(p.Kind) + " " + p.Subject
		if had, ok := s.newestOf[key]; !ok || p.Version > had.Version {
			s.newestOf[key] = p
		}
	}
	for i := range s.all {
		p := &s.all[i]
		newest := s.newestOf[string(p.Kind)+" "+p.Subject]
		if newest.ID != p.ID && newest.State != Withdrawn {
			// What a correction takes out is taken out of the page that it corrects, too.
			p.Page.also(newest.Redactions)
			for _, r := range newest.Redactions {
				if r.Words != "" {
					p.Correction = wordsOf(r.Words).ReplaceAllLiteralString(p.Correction, "█")
				}
			}
		}
		if p.State == Withdrawn {
			p.Page = Page{Kind: p.Kind, Language: p.Language, AsOf: p.Page.AsOf}
			p.Title, p.Summary, p.Redactions, p.Correction = "", "", nil, ""
			p.Subject = key(p)
			s.counts.Corrections++
			continue
		}
		if p.Next != "" {
			s.counts.Corrections++
			continue
		}
		switch p.Kind {
		case OfDecision:
			s.counts.Decisions++
		case OfDemand:
			s.counts.Demands++
		case OfNotice:
			s.counts.Notices++
		}
	}
	return s, s.lint()
}

// key names the subject of a withdrawn page by its number alone.
func key(p *Publication) string { return string(p.ID) }

// also takes further words and parts out of a page that was made before.
func (p *Page) also(list []Redaction) {
	for _, r := range list {
		if slices.ContainsFunc(p.Marks, func(m Mark) bool { return r.Part != "" && m.Part == r.Part }) {
			continue
		}
		no := len(p.Marks) + 1
		m := Mark{No: no, Part: r.Part, Kind: r.Kind, Why: r.Why, Role: string(r.Role), Until: r.Until}
		if r.Part != "" {
			m.Count = p.takeOut(r.Part, no)
		} else {
			sign, find := fmt.Sprint(markOpen, no, markClose), wordsOf(r.Words)
			p.texts(func(s *string, _ bool) {
				m.Count += len(find.FindAllStringIndex(*s, -1))
				*s = find.ReplaceAllLiteralString(*s, sign)
			})
		}
		if m.Count > 0 {
			p.Marks = append(p.Marks, m)
		}
	}
}

// lint refuses a site of which a sentence would not pass today.
func (s *site) lint() error {
	var bad []string
	for _, p := range s.all {
		for _, l := range p.Page.Lint() {
			bad = append(bad, string(p.ID)+": "+l)
		}
		for _, text := range []string{p.Correction, p.GoneWhy} {
			if w := policy.Accusing(text); w != "" {
				bad = append(bad, fmt.Sprintf("%s: “%s” would state an accusation as a fact (the word: %s)", p.ID,
					short(text), w))
			}
		}
	}
	if len(bad) > 0 {
		return fmt.Errorf("nothing was written: %s", strings.Join(bad, "; "))
	}
	return nil
}

// A file is one of the site, with what its proof needs.
type file struct {
	path string
	sum  [32]byte
}

// view is what a template is given.
type view struct {
	s             *site
	C             *message.Catalogue
	Title, Root   string
	File          string // of this page, beside it
	base          string // its name without language and ending
	Company       string
	Written       string
	Counts        counts
	Entries       []entry
	Before, After string
	Heading, Note string
	Key           string
	Checkpoint    string
	Year          int
	Groups        []Group
	P1            *Publication
	Gone          bool
	Draft         bool // shown to who works here, not published
	Next          bool
	NextLink      template.HTML
	Earlier       []template.HTML
	Standing      template.HTML
	Processes     []template.HTML
}

// An entry of a list.
type entry struct {
	*view
	On, Href, Title, Summary, Correction, Label string
	Lang, Dir                                   string
	Standing                                    template.HTML
}

type link struct {
	Name, Href, Code, Dir string
	Here                  bool
}

// Appeal is where an appeal against the decision of the page begins; "" where none can.
func (v *view) Appeal() string {
	if v.s == nil || v.s.Notices == "" || v.P1 == nil || v.P1.Kind != OfDecision || v.Gone || v.Next || v.Draft {
		return ""
	}
	q := url.Values{"decision": {string(v.P1.ID)}}
	if v.C.Code != message.English {
		q.Set("lang", v.C.Code)
	}
	return strings.TrimSuffix(v.s.Notices, "/") + "/notice/appeal?" + q.Encode()
}

// T writes a message, and P one as plain text.
func (v *view) T(key string, args ...any) template.HTML { return v.C.HTML(key, args...) }

// P writes a message as plain text.
func (v *view) P(key string, args ...any) string { return v.C.Text(key, args...) }

// Day writes a day.
func (v *view) Day(t time.Time) string { return v.C.Date(t) }

// W writes a text with a mark where something was taken out.
func (v *view) W(text string) template.HTML {
	var b strings.Builder
	for {
		at := Marked.FindStringSubmatchIndex(text)
		if at == nil {
			break
		}
		b.WriteString(template.HTMLEscapeString(text[:at[0]]))
		b.WriteString(string(v.mark(text[at[2]:at[3]])))
		text = text[at[1]:]
	}
	b.WriteString(template.HTMLEscapeString(text))
	return template.HTML(b.String()) // escaped piece by piece
}

func (v *view) mark(no string) template.HTML {
	return template.HTML(`<a class="out" href="#r` + no + `">` + string(v.T("page.redacted", no)) + `</a>`)
}

// Mark stands for a part that was taken out.
func (v *view) Mark(no int) template.HTML { return v.mark(fmt.Sprint(no)) }

// Term writes the term of a block.
func (v *view) Term(term string) template.HTML {
	if strings.HasPrefix(term, "outcome.") {
		return v.T(term)
	}
	return v.T("term." + term)
}

// Para writes the text of a block; a day stands in the words of the language.
func (v *view) Para(b Block) template.HTML {
	if _, err := time.Parse(time.DateOnly, b.Text); err == nil {
		return template.HTML(template.HTMLEscapeString(v.C.Day(b.Text)))
	}
	return v.W(b.Text)
}

// name is the file of a page in a language: "index.html", "index.ar.html".
func (s *site) name(base, lang string) string {
	if lang == s.Languages[0] {
		return base + ".html"
	}
	return base + "." + lang + ".html"
}

// At is the address of another page in the same language.
func (v *view) At(base string) string { return v.Root + v.s.name(base, v.C.Code) }

// Nav lists the main pages.
func (v *view) Nav() (out []link) {
	for _, n := range []struct{ base, key string }{{"index", "nav.home"}, {"decisions", "nav.decisions"},
		{"corrections", "nav.corrections"}, {"demands", "nav.demands"},
		{"notices", "nav.notices"}, {"figures", "nav.reports"}, {"check", "nav.check"}} {
		out = append(out, link{Name: v.P(n.key), Href: v.At(n.base), Here: v.base == n.base})
	}
	return out
}

// Others lists this page in the other languages.
func (v *view) Others() (out []link) {
	for _, l := range message.Languages {
		if slices.Contains(v.s.Languages, l.Code) && l.Code != v.C.Code {
			out = append(out, link{Name: l.Name, Code: l.Code, Dir: l.Dir,
				Href: filepath.Base(v.s.name(v.base, l.Code))})
		}
	}
	return out
}

func (s *site) view(base, lang, root string) *view {
	c := message.For(lang)
	return &view{s: s, C: c, base: base, Root: root, File: filepath.Base(s.name(base, lang)), Company: s.Company,
		Written: c.Date(s.Now), Counts: s.counts, Key: s.VKey}
}

// put writes a file of the site and notes its sum.
func (s *site) put(path string, b []byte) error {
	if err := os.WriteFile(filepath.Join(s.dir, filepath.FromSlash(path)), b, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	s.files = append(s.files, file{path, sumOf(b)})
	return nil
}

// render writes a page in every language.
func (s *site) render(base, root, name string, fill func(*view)) error {
	for _, lang := range s.Languages {
		v := s.view(base, lang, root)
		fill(v)
		if v.Title == "" {
			v.Title = v.P("site.title", s.Company)
		}
		var b bytes.Buffer
		if err := s.templates.ExecuteTemplate(&b, name, v); err != nil {
			return fmt.Errorf("write page %s: %w", base, err)
		}
		folder := ""
		if root != "" {
			folder = "pages/"
		}
		if err := s.put(folder+v.File, b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// entryOf makes the line of a publication in a list.
func (v *view) entryOf(p *Publication) entry {
	e := entry{view: v, On: p.Decided.UTC().Format(time.DateOnly), Href: v.Root + "pages/" +
		filepath.Base(v.s.name(string(p.ID), v.C.Code)), Title: p.Page.Title,
		Summary: p.Page.Summary, Lang: p.Language, Dir: message.DirOf(p.Language)}
	switch {
	case p.State == Withdrawn:
		e.On, e.Title, e.Correction, e.Label, e.Lang = p.Gone.UTC().Format(time.DateOnly), string(p.ID), p.GoneWhy,
			"page.withdrawn", ""
	case p.Next != "":
		e.Correction, e.Label = cmp.Or(p.GoneWhy, v.P("page.was")), "page.was"
	case p.Correction != "":
		e.Correction, e.Label = p.Correction, "page.correction"
	}
	if st := v.s.standing[p.Subject]; st != "" && p.Kind == OfDecision && p.State == Released {
		e.Standing = v.T(st)
	}
	return e
}

// list writes a list in pages of listed.
func (s *site) list(base, heading, note string, which func(*Publication) bool) error {
	var of []*Publication
	for i := range s.all {
		if which(&s.all[i]) {
			of = append(of, &s.all[i])
		}
	}
	pages := max(1, (len(of)+listed-1)/listed)
	at := func(n int) string {
		if n == 0 {
			return base
		}
		return fmt.Sprintf("%s-%d", base, n+1)
	}
	for n := range pages {
		err := s.render(at(n), "", "listing", func(v *view) {
			v.Heading, v.Note = heading, note
			v.Title = v.P(heading) + " · " + s.Company
			for _, p := range of[n*listed : min(len(of), (n+1)*listed)] {
				v.Entries = append(v.Entries, v.entryOf(p))
			}
			if n > 0 {
				v.Before = v.At(at(n - 1))
			}
			if n+1 < pages {
				v.After = v.At(at(n + 1))
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// write writes all files but proofs.
func (s *site) write(checkpoint string) (err error) {
	s.templates, err = template.New("site").Funcs(template.FuncMap{"dirOf": message.DirOf}).ParseFS(siteFiles,
		"site/site.html")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(s.dir, "pages"), 0o755); err != nil {
		return err
	}
	css, err := siteFiles.ReadFile("site/plimsoll.css")
	if err != nil {
		return err
	}
	if err := s.put("plimsoll.css", css); err != nil {
		return err
	}
	if err := s.put("vkey", []byte(s.VKey+"\n")); err != nil {
		return err
	}
	if len(s.rotations) > 0 { // whoever knows an earlier key of the log comes to this one by them
		if err := s.put(format.RotationsPath, s.rotations); err != nil {
			return err
		}
	}
	if err := s.put("checkpoint.txt", []byte(checkpoint)); err != nil {
		return err
	}
	err = s.render("index", "", "index", func(v *view) {
		for i := range s.all[:min(latest, len(s.all))] {
			v.Entries = append(v.Entries, v.entryOf(&s.all[i]))
		}
	})
	if err != nil {
		return err
	}
	if err := s.render("check", "", "check", func(v *view) { v.Checkpoint, v.Title = checkpoint, v.P("check.title") }); err != nil {
		return err
	}
	current := func(k Kind) func(*Publication) bool {
		return func(p *Publication) bool { return p.Kind == k && p.State == Released }
	}
	for _, l := range []struct {
		base, heading, note string
		which               func(*Publication) bool
	}{
		{"decisions", "list.decisions", "", current(OfDecision)}, {"demands", "list.demands", "list.demands.note",
			current(OfDemand)},
		{"notices", "list.notices", "list.notices.note", current(OfNotice)},
		{"corrections", "list.corrections", "list.corrections.note", func(p *Publication) bool {
			return p.State == Withdrawn || p.Version > 1 && p.Correction != ""
		}},
	} {
		if err := s.list(l.base, l.heading, l.note, l.which); err != nil {
			return err
		}
	}
	if err := s.writeReports(); err != nil {
		return err
	}
	for i := range s.all {
		if err := s.writePage(&s.all[i]); err != nil {
			return err
		}
	}
	return s.feeds()
}

// Preview shows who works here the page that a publication is or would be, in English words around its own.
func Preview(p Publication) (template.HTML, error) {
	s := &site{Settings: Settings{Languages: []string{message.English}}}
	v := s.view(string(p.ID), message.English, "")
	v.P1, v.Draft = &p, true
	t, err := template.New("site").Funcs(template.FuncMap{"dirOf": message.DirOf}).ParseFS(siteFiles, "site/site.html")
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "article", v); err != nil {
		return "", fmt.Errorf("show publication %s: %w", p.ID, err)
	}
	return template.HTML(b.String()), nil // the template escaped it
}

func (s *site) writePage(p *Publication) error {
	err := s.render(string(p.ID), "../", "page", func(v *view) {
		v.P1, v.Gone, v.Next = p, p.State == Withdrawn, p.Next != ""
		v.Title = cmp.Or(p.Page.Title, string(p.ID)) + " · " + s.Company
		v.Title = Marked.ReplaceAllString(v.Title, "█")
		to := func(id ID) template.HTML {
			return template.HTML(fmt.Sprintf(`<a href="%s">%s</a>`, s.name(string(id), v.C.Code), id))
		}
		if v.Next {
			v.NextLink = to(p.Next)
		}
		if p.Version > 1 && p.Correction != "" {
			for _, o := range s.all {
				if o.Next == p.ID && o.State != Withdrawn {
					v.Earlier = append(v.Earlier, to(o.ID))
				}
			}
		}
		if p.Kind == OfDecision && p.State != Withdrawn {
			if st := s.standing[p.Subject]; st != "" {
				v.Standing = v.T(st)
			}
			for _, line := range s.processes[p.Subject] {
				key, rest, _ := strings.Cut(line, "\t")
				var args []any
				for _, day := range strings.Split(rest, "\t") {
					args = append(args, v.C.Day(day))
				}
				v.Processes = append(v.Processes, v.T(key, args...))
			}
		}
	})
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(struct {
		ID         ID       `json:"id"`
		State      State    `json:"state"`
		Released   string   `json:"released"`
		Correction string   `json:"correction,omitempty"`
		Gone       string   `json:"gone,omitempty"`
		GoneWhy    string   `json:"gone_because,omitempty"`
		Next       ID       `json:"corrected_by,omitempty"`
		Standing   string   `json:"stands,omitempty"`
		Processes  []string `json:"appeals_and_remedies,omitempty"`
		Page       Page     `json:"page"`
	}{p.ID, p.State, p.Decided.UTC().Format(time.DateOnly), p.Correction, dayOf(p.Gone), p.GoneWhy, p.Next,
		s.standing[p.Subject], s.processes[p.Subject], p.Page}, "", " ")
	if err != nil {
		return err
	}
	return s.put("pages/"+string(p.ID)+".json", append(b, '\n'))
}

func dayOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}
