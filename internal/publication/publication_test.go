package publication_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/publication"
	"plimsoll/internal/store"
	"plimsoll/internal/store/storetest"
)

// A house is a store with a ledger and the two desks.
type house struct {
	t     testing.TB
	db    *store.Store
	cases *casefile.Desk
	desk  *publication.Desk
	log   *ledger.Log
	seq   *ledger.Sequencer
	key   *ledger.Key
	now   time.Time
}

// proposers and seconds.
var (
	paula   = casefile.Actor{ID: "paula", Roles: []casefile.Role{casefile.Publisher}}
	petra   = casefile.Actor{ID: "petra", Roles: []casefile.Role{casefile.Publisher}}
	counsel = casefile.Actor{ID: "counsel", Roles: []casefile.Role{casefile.Counsel}}
)

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, now: time.Date(2027, 3, 1, 10, 0, 0, 0, time.UTC)}
	dir := t.TempDir()
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	h.db = db
	h.cases = casefile.NewDesk(db)
	h.cases.Now = func() time.Time { return h.now }
	h.desk = publication.NewDesk(h.cases)
	if h.key, err = ledger.OpenKey(filepath.Join(dir, "key"), "plimsoll/test", true); err != nil {
		t.Fatal(err)
	}
	if h.seq, err = ledger.NewSequencer(ledger.Config{Store: db, Dir: filepath.Join(dir, "log"), Key: h.key}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.seq.Close)
	h.log = ledger.NewLog(db, filepath.Join(dir, "log"), h.key.Verifier())
	return h
}

func (h *house) take(ctx context.Context) error {
	for {
		n, err := h.seq.Step(ctx)
		if err != nil || n == 0 {
			return err
		}
	}
}

func (h *house) settings(languages ...string) publication.Settings {
	return publication.Settings{Company: "Example Cloud", URL: "https://decisions.example.org/", Now: h.now,
		VKey: h.key.VKey(), Languages: languages}
}

func (h *house) write(out string, languages ...string) publication.Written {
	h.t.Helper()
	w, err := publication.Write(h.t.Context(), h.db, h.log, h.take, out, h.settings(languages...))
	if err != nil {
		h.t.Fatal(err)
	}
	return w
}

// release proposes and releases a draft.
func (h *house) release(x publication.Draft) publication.Publication {
	h.t.Helper()
	p, err := h.desk.Propose(h.t.Context(), paula, x)
	if err != nil {
		h.t.Fatalf("propose: %v", err)
	}
	if err := h.desk.Release(h.t.Context(), counsel, p.ID, "Read; it stands."); err != nil {
		h.t.Fatalf("release: %v", err)
	}
	return p
}

func draft(d casefile.Decision) publication.Draft {
	return publication.Draft{Kind: publication.OfDecision, Subject: string(d.ID), Language: "en",
		Title:   "Speech transcription is restricted for one customer",
		Summary: "Records show use far beyond the stated purpose. The customer was asked and answered in part."}
}

// site reads the pages of a site as one text each.
func site(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(filepath.Join(dir, path))
		out[path] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestWhoPublishes: a publication takes a publisher and another person, neither of whom has an interest.
func TestWhoPublishes(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	d := storetest.Decided(t, h.cases, false)
	x := draft(d)
	program := paula
	program.Program = true
	for _, tt := range []struct {
		name string
		by   casefile.Actor
		want error
	}{
		{"an investigator", storetest.Hand(casefile.Investigator), casefile.ErrForbidden}, {"a lawyer", counsel,
			casefile.ErrForbidden},
		{"an admin", storetest.Hand(casefile.Admin), casefile.ErrForbidden}, {"a program", program,
			casefile.ErrProgram},
	} {
		t.Run("proposed by "+tt.name, func(t *testing.T) {
			if _, err := h.desk.Propose(ctx, tt.by, x); !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
		})
	}
	p, err := h.desk.Propose(ctx, paula, x)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.desk.Propose(ctx, petra, x); !errors.Is(err, publication.ErrWaiting) {
		t.Errorf("a second proposal: %v", err)
	}
	if err := h.cases.DeclareConflict(ctx, petra, d.Case, "a cousin works there", false); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		by      casefile.Actor
		reasons string
		want    error
	}{
		{"who proposed it", paula, "x", publication.ErrOwn}, {"an approver", storetest.Hand(casefile.Approver), "x",
			casefile.ErrForbidden},
		{"who has an interest", petra, "x", casefile.ErrConflict}, {"a program", program, "x", casefile.ErrProgram},
	} {
		t.Run("released by "+tt.name, func(t *testing.T) {
			if err := h.desk.Release(ctx, tt.by, p.ID, tt.reasons); !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
		})
	}
	var lacks *casefile.Lacking
	if err := h.desk.Release(ctx, counsel, p.ID, " "); !errors.As(err, &lacks) {
		t.Errorf("without reasons: %v", err)
	}
	out := filepath.Join(t.TempDir(), "site")
	if w := h.write(out); w.Decisions != 0 {
		t.Errorf("%d decisions on the site before anything was released", w.Decisions)
	}
	if err := h.desk.Release(ctx, counsel, p.ID, "Read; it stands."); err != nil {
		t.Fatal(err)
	}
	if err := h.desk.Release(ctx, counsel, p.ID, "again"); !errors.Is(err, publication.ErrState) {
		t.Errorf("twice: %v", err)
	}
	if w := h.write(out); w.Decisions != 1 {
		t.Errorf("%d decisions on the site, want 1", w.Decisions)
	}
	events, err := h.cases.Case(ctx, counsel, d.Case)
	if err != nil {
		t.Fatal(err)
	}
	said := ""
	for _, e := range events.Events {
		said += string(e.Kind) + "; "
	}
	if !strings.Contains(said, "publication proposed") || !strings.Contains(said, "publication released") {
		t.Errorf("the case tells %s", said)
	}
	err = h.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE publication SET page = '{}' WHERE id = $1`, string(p.ID))
		return err
	})
	if err == nil {
		t.Error("a page was changed after its release")
	}
}

// TestRestrictedCase: of a restricted case nobody outside of it learns that something is published, before it is.
func TestRestrictedCase(t *testing.T) {
	h := newHouse(t)
	d := storetest.Decided(t, h.cases, true)
	if _, err := h.desk.Propose(t.Context(), paula, draft(d)); !errors.Is(err, casefile.ErrNotFound) {
		t.Errorf("by an outsider: %v", err)
	}
	p, err := h.desk.Propose(t.Context(), storetest.Hand(casefile.Publisher), draft(d)) // a member
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.desk.Get(t.Context(), paula, p.ID); !errors.Is(err, publication.ErrNotFound) {
		t.Errorf("read by an outsider: %v", err)
	}
	if list, err := h.desk.List(t.Context(), paula); err != nil || len(list) != 0 {
		t.Errorf("an outsider lists %d, %v", len(list), err)
	}
}

// TestNeeds: what a draft lacks is said, a sentence each; what accuses is refused with its sentence and word.
func TestNeeds(t *testing.T) {
	h := newHouse(t)
	d := storetest.Decided(t, h.cases, false)
	red := func(r ...publication.Redaction) func(*publication.Draft) {
		return func(x *publication.Draft) { x.Redactions = r }
	}
	for _, tt := range []struct {
		name   string
		change func(*publication.Draft)
		want   string
	}{
		{"no title", func(x *publication.Draft) { x.Title = " " }, "a title"},
		{"no summary", func(x *publication.Draft) { x.Summary = "" }, "a summary"},
		{"no language", func(x *publication.Draft) { x.Language = "" }, "language"},
		{"an accusation in the title", func(x *publication.Draft) { x.Title = "A criminal customer" }, "criminal"},
		{"an accusation in the summary", func(x *publication.Draft) {
			x.Summary = "They were asked. The directorate is guilty of this."
		}, "“The directorate is guilty of this.”"},
		{"a redaction of nothing", red(publication.Redaction{Kind: publication.GroundSafety, Why: "x"}),
			"either a part or words"},
		{"a redaction of both", red(publication.Redaction{Part: "party", Words: "x", Kind: publication.GroundSafety,
			Why: "x"}), "either a part or words"},
		{"a part that no page has", red(publication.Redaction{Part: "reply", Kind: publication.GroundSafety, Why: "x"}),
			"a part that a page has"},
		{"no kind", red(publication.Redaction{Part: "party", Why: "x"}), "what kind"},
		{"no reason", red(publication.Redaction{Part: "party", Kind: publication.GroundSafety}), "the reason"},
		{"words that stand nowhere", red(publication.Redaction{Words: "zebra", Kind: publication.GroundSafety,
			Why: "x"}), "stands nowhere"},
		{"words that the reason gives away", red(publication.Redaction{Words: "Harbour Post",
			Kind: publication.GroundSource, Why: "the harbour  post asked for it"}), "stand in the reason"},
		{"a day that is none", red(publication.Redaction{Part: "party", Kind: publication.GroundSafety, Why: "x",
			Until: "soon"}), "a day like"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := draft(d)
			tt.change(&x)
			_, lacks, err := h.desk.Prepare(t.Context(), paula, x)
			if got := strings.Join(lacks, "; "); err != nil || !strings.Contains(got, tt.want) {
				t.Errorf("lacks %q, error %v; want %q", got, err, tt.want)
			}
			var refused *casefile.Lacking
			if _, err := h.desk.Propose(t.Context(), paula, x); !errors.As(err, &refused) {
				t.Errorf("proposed all the same: %v", err)
			}
		})
	}
}

// TestRedacted: what was taken out stands nowhere on the site, and what stands in its place says of which kind, why and
// by whose role; the reply stays in full; nobody who works here is named.
func TestRedacted(t *testing.T) {
	h := newHouse(t)
	d := storetest.Decided(t, h.cases, false)
	x := draft(d)
	x.Title = "Restricted for Northgate Signals  Directorate"
	x.Redactions = []publication.Redaction{
		{Words: "northgate signals directorate", Kind: publication.GroundSafety, Why: "Staff there could be in danger.",
			Until: "2028-01-01"},
		{Part: "options", Kind: publication.GroundTrade, Why: "Terms of the contract."},
		{Part: "claims", Kind: publication.GroundSource, Why: "The wording could lead to a source."},
	}
	p := h.release(x)
	out := filepath.Join(t.TempDir(), "site")
	h.write(out)
	all := site(t, out)
	for path, text := range all {
		for _, never := range []string{"Northgate", "northgate", "no clause lets us check",
			"transcribes intercepted calls", "paula", "investigator", "approver"} {
			if strings.Contains(text, never) {
				t.Errorf("%s holds %q", path, never)
			}
		}
	}
	page := all["pages/"+string(p.ID)+".html"]
	for _, want := range []string{"We transcribe public hearings.", "safety of people",
		"Staff there could be in danger.", "1 January 2028", "trade secret", "protected source", "Taken out by a",
		"publisher",
		"Records show speech use far beyond the stated purpose.", `dir="ltr"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	for _, never := range []string{"<script", "style=", " on" + "click", "javascript:"} {
		if strings.Contains(page, never) {
			t.Errorf("the page holds %q", never)
		}
	}
}

// TestCorrected: a correction stands on both pages as a heading of the first size, in the list and in the feeds as an
// entry of its own; what it takes out is taken out of the earlier page, too.
func TestCorrected(t *testing.T) {
	h := newHouse(t)
	d := storetest.Decided(t, h.cases, false)
	first := h.release(draft(d))
	x := draft(d)
	if _, err := h.desk.Propose(t.Context(), paula, x); err == nil || !strings.Contains(err.Error(), "what was wrong") {
		t.Errorf("a second page that corrects nothing: %v", err)
	}
	h.now = h.now.AddDate(0, 0, 3)
	x.Correction, x.Summary = "The earlier page gave the hours of a month as those of a day. It is 68,000 in a month.",
		"Corrected figures."
	x.Redactions = []publication.Redaction{{Words: "Harbour Post", Kind: publication.GroundSource,
		Why: "It asked for this."}}
	second := h.release(x)
	out := filepath.Join(t.TempDir(), "site")
	if w := h.write(out); w.Decisions != 1 || w.Corrections != 1 {
		t.Errorf("%+v", w)
	}
	all := site(t, out)
	for _, id := range []publication.ID{first.ID, second.ID} {
		page := all["pages/"+string(id)+".html"]
		if !strings.Contains(page, `<h2 class="big">Correction</h2>`) || !strings.Contains(page,
			"It is 68,000 in a month.") || strings.Contains(page, "Harbour Post") {
			t.Errorf("%s does not show the correction as it should:\n%s", id, page)
		}
	}
	if !strings.Contains(all["pages/"+string(first.ID)+".html"], "Records show use far beyond") {
		t.Error("what the earlier page said cannot be read any more")
	}
	for _, path := range []string{"corrections.html", "index.html", "feed.xml", "feed.json"} {
		if !strings.Contains(all[path], "68,000") {
			t.Errorf("%s says nothing of the correction", path)
		}
	}
	// A withdrawal leaves the number and the reason, and nothing else, of every version.
	if err := h.desk.Withdraw(t.Context(), counsel, second.ID, "It endangered a person.", false); err != nil {
		t.Fatal(err)
	}
	if err := h.desk.DecideWithdrawal(t.Context(), petra, second.ID, true, "Read; it has to go."); err != nil {
		t.Fatal(err)
	}
	h.write(out)
	for path, text := range site(t, out) {
		if strings.Contains(text, "Records show") || strings.Contains(text, "68,000") || strings.Contains(text,
			string(d.ID)) {
			t.Errorf("%s still holds what was withdrawn", path)
		}
	}
	if text := site(t, out)["pages/"+string(first.ID)+".html"]; !strings.Contains(text, "It endangered a person.") ||
		!strings.Contains(text, `<h1 class="big">Withdrawn</h1>`) {
		t.Errorf("the withdrawn page says %s", text)
	}
}

// TestProofs: the whole site checks out, and no byte of it changes unseen.
func TestProofs(t *testing.T) {
	h := newHouse(t)
	p := h.release(draft(storetest.Decided(t, h.cases, false)))
	out := filepath.Join(t.TempDir(), "site")
	w := h.write(out, "en", "ar")
	check := func() publication.SiteCheck {
		t.Helper()
		c, err := publication.CheckSite(os.DirFS(out), h.key.Verifier())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if c := check(); len(c.Problems) > 0 || c.Files != w.Files || c.Files < 20 {
		t.Fatalf("%+v, %d files written", c, w.Files)
	}
	page := filepath.Join(out, "pages", string(p.ID)+".html")
	for _, tt := range []struct {
		name, path string
		change     func([]byte) []byte
		want       string
	}{
		{"a page", page, func(b []byte) []byte { return append(b, ' ') }, "not the file that was recorded"},
		{"a proof", page + ".proof", func(b []byte) []byte { b[len(b)/2] ^= 1; return b }, ".html"},
		{"the manifest", filepath.Join(out, publication.ManifestName), func(b []byte) []byte {
			return b[strings.IndexByte(string(b), '\n')+1:]
		}, "not the list that the log recorded"},
		{"a feed", filepath.Join(out, "feed.xml"), func(b []byte) []byte { return b[:len(b)-1] }, "feed.xml"},
		{"a page that is gone", page, func([]byte) []byte { return nil }, "it is missing"},
		{"a page more", filepath.Join(out, "pages", "P-9999.html"), func([]byte) []byte { return []byte("x") },
			"no proof covers it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			was, err := os.ReadFile(tt.path)
			if changed := tt.change(append([]byte{}, was...)); changed == nil {
				os.Remove(tt.path)
			} else if werr := os.WriteFile(tt.path, changed, 0o644); werr != nil {
				t.Fatal(werr)
			}
			if c := check(); !strings.Contains(strings.Join(c.Problems, "\n"), tt.want) {
				t.Errorf("problems %q, want %q", c.Problems, tt.want)
			}
			if err != nil {
				os.Remove(tt.path)
			} else if err := os.WriteFile(tt.path, was, 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
	if c := check(); len(c.Problems) > 0 {
		t.Fatalf("afterwards: %q", c.Problems)
	}
	other, err := ledger.OpenKey(filepath.Join(t.TempDir(), "key"), "plimsoll/test", true)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := publication.CheckSite(os.DirFS(out), other.Verifier()); err != nil || len(c.Problems) == 0 {
		t.Errorf("under another key: %+v, %v", c, err)
	}
	// What was released is a leaf of its own.
	var leaf string
	err = h.db.Read(t.Context(), func(tx *sql.Tx) error {
		found, err := ledger.Find(t.Context(), tx, string(p.ID), publication.Leaf)
		if err == nil && len(found) == 1 {
			leaf = found[0].ID
		}
		return err
	})
	if err != nil || leaf == "" {
		t.Fatalf("no leaf of the release: %v", err)
	}
	r, err := h.log.Receipt(t.Context(), leaf, ledger.FieldContent)
	if err != nil {
		t.Fatal(err)
	}
	var released publication.Page
	if err := json.Unmarshal(opened(r), &released); err != nil || released.Title != p.Title {
		t.Errorf("the leaf holds %q, %v", released.Title, err)
	}
}

func opened(r format.Receipt) []byte {
	for _, o := range r.Openings {
		if o.Name == ledger.FieldContent {
			return o.Value
		}
	}
	return nil
}

// TestOut: what is no site of ours is never replaced, and a site that cannot be written leaves the old one.
func TestOut(t *testing.T) {
	h := newHouse(t)
	h.release(draft(storetest.Decided(t, h.cases, false)))
	dir := t.TempDir()
	mine := filepath.Join(dir, "mine")
	if err := os.MkdirAll(mine, 0o755); err != nil {
		t.Fatal(err)
	}
	h.write(mine) // an empty folder is taken
	if err := os.Remove(filepath.Join(mine, publication.ManifestName)); err != nil {
		t.Fatal(err)
	}
	if _, err := publication.Write(t.Context(), h.db, h.log, h.take, mine, h.settings()); err == nil ||
		!strings.Contains(err.Error(), "no site of ours") {
		t.Errorf("a folder of somebody: %v", err)
	}
	out := filepath.Join(dir, "site")
	h.write(out)
	was := site(t, out)
	stopped, stop := context.WithCancel(t.Context())
	calls := 0
	_, err := publication.Write(stopped, h.db, h.log, func(ctx context.Context) error {
		if calls++; calls == 2 {
			stop()
		}
		return h.take(context.WithoutCancel(ctx))
	}, out, h.settings())
	if err == nil {
		t.Error("a writing that was stopped ended well")
	}
	if now := site(t, out); len(now) != len(was) || now[publication.ManifestName] != was[publication.ManifestName] {
		t.Error("the old site is not what it was")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".site-*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// TestStale: a publication whose subject has changed since is named.
func TestStale(t *testing.T) {
	h := newHouse(t)
	d := storetest.Decided(t, h.cases, false)
	h.release(draft(d))
	stale := func() bool {
		t.Helper()
		list, err := h.desk.List(t.Context(), counsel)
		if err != nil || len(list) != 1 {
			t.Fatalf("%d, %v", len(list), err)
		}
		return list[0].Stale
	}
	h.now = h.now.AddDate(0, 0, 1)
	if stale() {
		t.Error("a day later nothing has changed")
	}
	if err := h.cases.Dissent(t.Context(), storetest.Hand(casefile.Reviewer), d.ID, "I would have asked once more."); err != nil {
		t.Fatal(err)
	}
	if !stale() {
		t.Error("a dissent came, and the page counts as current")
	}
}

// TestAppealOnSite: what an appeal changed stands on the page on the next writing, by itself; its words once they are
// released.
func TestAppealOnSite(t *testing.T) {
	h := newHouse(t)
	d := storetest.Decided(t, h.cases, false)
	p := h.release(draft(d))
	id, err := h.cases.Appeal(t.Context(), storetest.Hand(casefile.Intake), casefile.Appeal{Decision: d.ID,
		By: "named_party", Who: "Office of the Director", Grounds: "The figures are those of another unit."})
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "site")
	page := func() string {
		t.Helper()
		h.write(out)
		return site(t, out)["pages/"+string(p.ID)+".html"]
	}
	if s := page(); !strings.Contains(s, "Whether it is heard is not decided yet.") ||
		strings.Contains(s, "another unit") {
		t.Errorf("an appeal that came:\n%s", s)
	}
	fresh := casefile.Actor{ID: "rosa", Roles: []casefile.Role{casefile.Reviewer}}
	judge := casefile.Actor{ID: "jude", Roles: []casefile.Role{casefile.Approver}}
	if err := h.cases.AdmitAppeal(t.Context(), fresh, id, true, "A fact was not looked at."); err != nil {
		t.Fatal(err)
	}
	if err := h.cases.RuleOnAppeal(t.Context(), judge, id, "reversed", "The bills are those of another unit."); err != nil {
		t.Fatal(err)
	}
	if s := page(); !strings.Contains(s, "the decision is reversed and has ended.") ||
		!strings.Contains(s, "It has ended.") {
		t.Errorf("an appeal that was decided:\n%s", s)
	}
	x := draft(d)
	x.Correction = "The decision was reversed on appeal."
	second := h.release(x)
	h.write(out)
	if s := site(t, out)["pages/"+string(second.ID)+".html"]; !strings.Contains(s, "The figures are those of another unit.") || !strings.Contains(s, "The decision is reversed") || strings.Contains(s, "jude") {
		t.Errorf("the words of the appeal:\n%s", s)
	}
}
