package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/finding"
	"plimsoll/internal/review"
	"plimsoll/internal/store"
)

type runsPage struct {
	Runs []store.Run
}

func (s *Server) runList(v *visit) error {
	list, err := s.cfg.Store.Runs(v.ctx())
	if err != nil {
		return err
	}
	if v.wants() != "" {
		return v.send(sheetOf("reviews", []string{"id", "name", "as_of", "tool", "imported", "findings", "raised",
			"rejects"}, list, func(r store.Run) []any {
			return []any{r.ID, r.Name, r.AsOf, r.Tool, stampOf(r.Imported), r.Findings, r.Raised, r.Rejects}
		}))
	}
	return v.show(http.StatusOK, "runs", "Reviews", runsPage{list})
}

// summary is review.json of a run. A run of another version may lack parts of it.
func summary(r store.Run) *review.Summary {
	var s review.Summary
	if err := json.Unmarshal(r.Summary, &s); err != nil {
		return nil
	}
	return &s
}

type runPage struct {
	Counts  []changeCount
	Run     store.Run
	Summary *review.Summary
	First   []store.FindingRow
	Diff    *store.Difference
	NC      int
}

const firstFindings = 8

func (s *Server) run(v *visit) error {
	r, err := s.cfg.Store.Run(v.ctx(), v.r.PathValue("run"))
	if err != nil {
		return err
	}
	p := runPage{Run: r, Summary: summary(r), NC: r.Findings - r.Raised}
	if v.wants() == "json" && v.r.URL.Query().Get("table") == "" {
		return v.json(r)
	}
	if v.wants() != "" {
		return v.export(runSheets(r.ID, p.Summary))
	}
	list, err := s.cfg.Store.Findings(v.ctx(), store.FindingQuery{Run: r.ID, States: []string{finding.Raised},
		Limit: firstFindings})
	if err != nil {
		return err
	}
	p.First = list.Findings
	before, err := s.cfg.Store.Previous(v.ctx(), r.ID)
	switch {
	case errors.Is(err, store.ErrNoRun):
	case err != nil:
		return err
	default:
		d, err := s.cfg.Store.CompareRuns(v.ctx(), before.ID, r.ID, "", "", shownChanges)
		if err != nil {
			return err
		}
		p.Diff, p.Counts = &d, changeCounts(r.ID, d)
	}
	return v.show(http.StatusOK, "run", "Review as of "+r.AsOf, p)
}

// shownChanges is how many changes the page of a review lists.
const shownChanges = 100

// A changeCount is a kind of change with how many there are.
type changeCount struct {
	Kind string
	N    int
	At   string
}

func changeCounts(run string, d store.Difference) []changeCount {
	var out []changeCount
	for i, n := range []int{d.New, d.Changed, d.Open, d.Perhaps, d.Gone} {
		k := store.ChangeKinds[i]
		out = append(out, changeCount{k, n, "/runs/" + run + "/changes?kind=" + url.QueryEscape(k)})
	}
	return out
}

type changesPage struct {
	Counts      []changeCount
	Run, Before store.Run
	Diff        store.Difference
	Kind        string
	Next, First string
	Export      string
}

// changes lists what differs from the review before.
func (s *Server) changes(v *visit) error {
	q := v.r.URL.Query()
	r, err := s.cfg.Store.Run(v.ctx(), v.r.PathValue("run"))
	if err != nil {
		return err
	}
	before, err := s.cfg.Store.Previous(v.ctx(), r.ID)
	if err != nil {
		return err
	}
	kind := q.Get("kind")
	if !slices.Contains(store.ChangeKinds, kind) {
		kind = ""
	}
	if v.wants() != "" {
		return v.send(s.changeSheet(v.ctx(), before.ID, r.ID, kind))
	}
	d, err := s.cfg.Store.CompareRuns(v.ctx(), before.ID, r.ID, kind, q.Get("after"), pageRows)
	if err != nil {
		return err
	}
	base := "/runs/" + r.ID + "/changes?kind=" + url.QueryEscape(kind)
	p := changesPage{Counts: changeCounts(r.ID, d), Run: r, Before: before, Diff: d, Kind: kind, Export: base + "&"}
	if d.Next != "" {
		p.Next = base + "&after=" + url.QueryEscape(d.Next)
	}
	if q.Get("after") != "" {
		p.First = base
	}
	return v.show(http.StatusOK, "changes", "Changes since the review before", p)
}

func (s *Server) changeSheet(ctx context.Context, a, b, kind string) sheet {
	return sheet{"changes-" + b, []string{"change", "id", "flag", "subject", "state", "severity", "sentence",
		"state_before", "severity_before", "sentence_before"}, func(yield func([]any, error) bool) {
		for after := ""; ; {
			d, err := s.cfg.Store.CompareRuns(ctx, a, b, kind, after, 500)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, c := range d.Changes {
				var now, was store.FindingRow
				if c.After != nil {
					now = *c.After
				}
				if c.Before != nil {
					was = *c.Before
				}
				name := now
				if c.After == nil {
					name = was
				}
				if !yield([]any{c.Kind, name.ID, name.Flag, name.SubjectName, now.State, now.Severity, now.Sentence,
					was.State, was.Severity, was.Sentence}, nil) {
					return
				}
			}
			if after = d.Next; after == "" {
				return
			}
		}
	}}
}

// maxUpload bounds what a stored review may weigh.
const maxUpload = 1 << 30

// runStore takes the files of a review's folder and stores them as one run.
func (s *Server) runStore(v *visit) error {
	dir, err := os.MkdirTemp("", "plimsoll-run-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	v.r.Body = http.MaxBytesReader(v.w, v.body, maxUpload)
	parts, err := v.r.MultipartReader()
	if err != nil {
		return &invalid{"", "a review is sent as a form with files"}
	}
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return uploadFault(err)
		}
		name := p.FormName()
		if !slices.Contains([]string{"review.json", "findings.jsonl", "rejects.jsonl", "joins.csv"}, name) ||
			p.FileName() == "" {
			continue
		}
		if err := writeFile(filepath.Join(dir, name), p); err != nil {
			return uploadFault(err)
		}
	}
	r, _, err := s.saveRun(v.ctx(), v.me.ID, dir)
	if err != nil {
		return err
	}
	return v.to("/runs/"+r.ID, "imported")
}

func uploadFault(err error) error {
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return err
	}
	return &invalid{"", "the upload broke off: " + plain(err)}
}

func writeFile(path string, r io.Reader) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, r); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// saveRun stores a folder; what is wrong with its files is the sender's to mend.
func (s *Server) saveRun(ctx context.Context, by, dir string) (store.Run, bool, error) {
	for _, name := range []string{"review.json", "findings.jsonl"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return store.Run{}, false, &invalid{name, "the review needs its " + name}
		}
	}
	r, made, err := s.cfg.Store.SaveRun(ctx, by, dir)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	if errors.Is(err, finding.ErrChanged) || errors.As(err, &syntax) || errors.As(err, &kind) || err != nil &&
		strings.Contains(err.Error(), "findings.jsonl line") {
		return r, false, &invalid{"", strings.ReplaceAll(err.Error(), dir, "upload")}
	}
	return r, made, err
}

type findingsPage struct {
	Run    store.Run
	Filter store.FindingQuery
	Rows   []store.FindingRow
	Total  int
	Facets []facet
	Hidden []pair
	Any    bool
	Next   string
	First  string
	Export string
	Change map[string]string
}

type pair struct{ Name, Value string }

type facet struct {
	Title  string
	Values []facetValue
}

type facetValue struct {
	Name, Href string
	N          int
	On         bool
}

// facetNames are the facets with their titles, in the order of the page.
var facetNames = []struct{ param, column, title string }{
	{"state", "state", "State"}, {"severity", "severity", "Severity if true"}, {"flag", "flag", "Flag"},
	{"kind", "kind", "About"}, {"pack", "pack", "Pack"},
}

func queryOf(q url.Values, run string) store.FindingQuery {
	return store.FindingQuery{Run: run, Text: strings.TrimSpace(q.Get("q")), Flags: q["flag"], States: q["state"],
		Severity: q["severity"], Kinds: q["kind"], Packs: q["pack"],
		Party: q.Get("party"), Sort: q.Get("sort"), Cursor: q.Get("after"), Limit: pageRows}
}

func (s *Server) findings(v *visit) error {
	q := v.r.URL.Query()
	f := queryOf(q, v.r.PathValue("run"))
	if v.wants() != "" {
		return v.send(s.findingSheet(v, f))
	}
	run, err := s.cfg.Store.Run(v.ctx(), f.Run)
	if err != nil {
		return err
	}
	list, err := s.cfg.Store.Findings(v.ctx(), f)
	if err != nil {
		return err
	}
	base := "/runs/" + run.ID + "/findings"
	at := func(change func(url.Values)) string {
		u := copyOf(q)
		u.Del("after")
		u.Del("done")
		change(u)
		if e := u.Encode(); e != "" {
			return base + "?" + e
		}
		return base
	}
	p := findingsPage{Run: run, Filter: f, Rows: list.Findings, Total: list.Total, Any: f.Text != "" || f.Party != ""}
	sum := summary(run)
	for _, n := range facetNames {
		x := facet{Title: n.title}
		for _, c := range list.Facets[n.column] {
			p.Any = p.Any || c.On
			name := strings.ReplaceAll(c.Value, "_", " ")
			if sum != nil && n.column == "flag" {
				name += " " + sum.Flags[c.Value].Title
			}
			x.Values = append(x.Values, facetValue{name, at(func(u url.Values) {
				if c.On {
					u[n.param] = slices.DeleteFunc(u[n.param], func(s string) bool { return s == c.Value })
				} else {
					u.Add(n.param, c.Value)
				}
			}), c.N, c.On})
			if c.On {
				p.Hidden = append(p.Hidden, pair{n.param, c.Value})
			}
		}
		if len(x.Values) > 1 || len(x.Values) == 1 && x.Values[0].On {
			p.Facets = append(p.Facets, x)
		}
	}
	if list.Next != "" {
		p.Next = at(func(u url.Values) { u.Set("after", list.Next) })
	}
	if f.Cursor != "" {
		p.First = at(func(url.Values) {})
	}
	p.Export = at(func(u url.Values) { u.Set("x", "") })
	p.Export = strings.Replace(p.Export, "x=", "", 1)
	if !strings.HasSuffix(p.Export, "?") && !strings.HasSuffix(p.Export, "&") {
		p.Export += "&"
	}
	return v.show(http.StatusOK, "findings", "Findings", p)
}

func (s *Server) findingSheet(v *visit, f store.FindingQuery) sheet {
	columns := []string{"id", "flag", "title", "state", "severity", "confidence", "subject_kind", "subject", "party",
		"sentence", "missing", "engagements", "accounts", "rests_on", "innocent", "pack", "pack_version"}
	return sheet{"findings-" + f.Run, columns, func(yield func([]any, error) bool) {
		stop := errors.New("stop")
		err := s.cfg.Store.EachFinding(v.ctx(), f, func(x finding.Finding) error {
			var rests []string
			for _, c := range x.RestsOn {
				rests = append(rests, c.Instrument+" "+c.Clause)
			}
			if !yield([]any{x.ID, x.Flag, x.Title, x.State, x.Severity, x.Confidence, x.Subject.Kind, x.Subject.Name,
				x.Subject.Party, x.Sentence, some(x.Missing), some(x.Engagement), some(x.Accounts), some(rests),
				some(x.Innocent), x.Pack, x.Version}, nil) {
				return stop
			}
			return nil
		})
		if err != nil && !errors.Is(err, stop) {
			yield(nil, err)
		}
	}}
}

// some keeps an absent list an empty one in JSON.
func some(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

type findingPage struct {
	Run       store.Run
	Finding   finding.Finding
	Shown     shownFinding
	PartyName string
	Open      []casefile.Case
	Cases     []casefile.Case
}

func (s *Server) finding(v *visit) error {
	f, r, err := s.cfg.Store.Finding(v.ctx(), v.r.PathValue("run"), v.r.PathValue("finding"))
	if err != nil {
		return err
	}
	switch {
	case v.wants() == "":
	case v.r.URL.Query().Get("table") == "evidence":
		return v.send(evidenceSheet(f))
	case v.wants() == "json":
		return v.json(f)
	default:
		return errNoPage
	}
	p := findingPage{Run: r, Finding: f, PartyName: f.Subject.Name, Shown: shownFinding{F: f, Run: r.ID}}
	if f.Subject.Party != "" {
		if p.PartyName, err = s.partyName(v.ctx(), f.Subject.Party); err != nil {
			return err
		}
	}
	if v.me.may(readCases) {
		open, err := s.desk.Cases(v.ctx(), v.by(), casefile.Query{Open: true, Limit: 100})
		if err != nil {
			return err
		}
		p.Open = open.Cases
		if f.Subject.Party != "" {
			of, err := s.desk.Cases(v.ctx(), v.by(), casefile.Query{Party: f.Subject.Party, Limit: 100})
			if err != nil {
				return err
			}
			p.Cases = of.Cases
			if len(f.Claims) > 0 {
				claims, err := s.desk.PartyClaims(v.ctx(), v.by(), f.Subject.Party)
				if err != nil {
					return err
				}
				p.Shown.Said = repliesOf(claims)
			}
		}
	}
	return v.show(http.StatusOK, "finding", f.Flag+" "+f.Title, p)
}

type healthPage struct {
	Run      *store.Run
	Age      int // days since the last review was stored
	Summary  *review.Summary
	Lists    []healthList
	Used     []healthList
	Rejected []review.Input // files of the last review with rows that were not used
	Database string
	Version  string
	Now      time.Time
	Keeps    bool           // the server keeps evidence
	Check    *store.Recheck // of all originals; nil when there was none
	Problems []string       // of the access door, the ledger and the evidence at the start
	OneAdmin bool           // there is no second admin yet
	Alone    []auditLine    // the newest acts that usually take two people and were done by one
}

type healthList struct {
	Title     string   `json:"title"`
	Publisher string   `json:"publisher"`
	Date      string   `json:"date"`
	Age       int      `json:"age_days"`
	Stale     bool     `json:"stale"`
	Undated   bool     `json:"undated"`
	Names     int      `json:"names"`
	Notes     []string `json:"notes"`
}

// staleDays is after how many days a list is called stale: sanctions lists change weekly.
const staleDays = 30

func healthOf(title, publisher string, date time.Time, names int, notes []string, now time.Time) healthList {
	h := healthList{Title: title, Publisher: publisher, Names: names, Notes: notes, Undated: date.IsZero()}
	if !date.IsZero() {
		h.Date, h.Age = date.Format(time.DateOnly), int(now.Sub(date).Hours()/24)
		h.Stale = h.Age > staleDays
	}
	return h
}

func (s *Server) health(v *visit) error {
	now := s.cfg.Now()
	p := healthPage{Database: s.cfg.Store.Kind(), Version: s.cfg.Version, Now: now, Keeps: s.cfg.Custody != nil}
	var err error
	if p.Check, err = s.cfg.Store.LastRecheck(v.ctx()); err != nil {
		return err
	}
	p.Problems = s.problems()
	people, err := s.cfg.Store.People(v.ctx())
	if err != nil {
		return err
	}
	p.OneAdmin = oneAdmin(people)
	if p.Alone, err = s.alone(v.ctx()); err != nil {
		return err
	}
	for _, l := range s.index.Load().lists {
		p.Lists = append(p.Lists, healthOf(l.Title, l.Publisher, l.Published, l.Names, l.Notes, now))
	}
	r, err := s.cfg.Store.Run(v.ctx(), "")
	switch {
	case errors.Is(err, store.ErrNoRun):
	case err != nil:
		return err
	default:
		p.Run, p.Summary, p.Age = &r, summary(r), int(now.Sub(r.Imported).Hours()/24)
		asOf, err := time.Parse(time.DateOnly, r.AsOf)
		if err != nil {
			asOf = r.Imported
		}
		if p.Summary != nil {
			for _, i := range p.Summary.Inputs {
				if i.Rejects > 0 {
					p.Rejected = append(p.Rejected, i)
				}
			}
			for _, l := range p.Summary.Lists {
				p.Used = append(p.Used, healthOf(l.Title, l.Publisher, l.Published, l.Names, l.Notes, asOf))
			}
		}
	}
	if v.wants() != "" {
		return v.export(p.sheets())
	}
	return v.show(http.StatusOK, "health", "Health", p)
}

// problems are those of the access door, the ledger, and the evidence at the start.
func (s *Server) problems() []string {
	var out []string
	if said := s.storageProblem(); said != "" {
		out = append(out, said)
	}
	if s.cfg.Problems != nil {
		out = append(out, s.cfg.Problems()...)
	}
	return some(out)
}

func (p healthPage) sheets() map[string]sheet {
	lists := func(name string, of []healthList) sheet {
		return sheetOf(name, []string{"title", "publisher", "date", "age_days", "stale", "names"}, of,
			func(l healthList) []any {
				return []any{l.Title, l.Publisher, l.Date, l.Age, l.Stale, l.Names}
			})
	}
	out := map[string]sheet{"": lists("lists", slices.Concat(p.Lists, p.Used)), "search": lists("lists-of-the-search",
		p.Lists), "review": lists("lists-of-the-review", p.Used)}
	if p.Summary != nil {
		inputs := *p.Summary
		inputs.Inputs = p.Rejected
		out["rejects"] = runSheets(p.Run.ID, &inputs)["inputs"]
	}
	return out
}

// findParties looks for parties of the newest review by name.
func (s *Server) findParties(v *visit, q string) ([]foundParty, error) {
	list, _, err := s.cfg.Store.Parties(v.ctx(), "", q, "", searchHits)
	if errors.Is(err, store.ErrNoRun) {
		return nil, nil
	}
	var out []foundParty
	for _, p := range list {
		out = append(out, foundParty{Name: p.Name, Href: "/parties/" + p.ID, Raised: p.Raised,
			NotComputable: p.NotComputable, Severity: p.Severity})
	}
	return out, err
}
