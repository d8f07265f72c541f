package publication_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/ledger"
	"plimsoll/internal/message"
	"plimsoll/internal/notice"
	"plimsoll/internal/notice/noticetest"
	"plimsoll/internal/publication"
	"plimsoll/internal/store/storetest"
)

// TestWithdrawn: a publication goes by the word of two people; its number, the day and the reason stay; what endangers
// somebody is withheld until the second word.
func TestWithdrawn(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	p := h.release(draft(storetest.Decided(t, h.cases, false)))
	id, out := p.ID, filepath.Join(t.TempDir(), "site")
	page := "pages/" + string(id) + ".html"
	shown := func() string { h.write(out); return site(t, out)[page] }
	const secret = "Speech transcription is restricted"
	want := func(what string, err, target error) {
		t.Helper()
		if !errors.Is(err, target) {
			t.Errorf("%s: %v, want %v", what, err, target)
		}
	}
	want("a word on what nobody asked for", h.desk.DecideWithdrawal(ctx, petra, id, true, "x"), publication.ErrState)
	want("asked by an approver", h.desk.Withdraw(ctx, storetest.Hand(casefile.Approver), id, "x", false),
		casefile.ErrForbidden)
	var lacks *casefile.Lacking
	if err := h.desk.Withdraw(ctx, counsel, id, "They are guilty.", false); !errors.As(err, &lacks) {
		t.Errorf("a reason that accuses: %v", err)
	}
	want("asked", h.desk.Withdraw(ctx, counsel, id, "It names a service that is not meant.", false), nil)
	if s := shown(); !strings.Contains(s, secret) {
		t.Error("one person took a page off the site")
	}
	want("asked twice", h.desk.Withdraw(ctx, petra, id, "x", false), publication.ErrAsked)
	want("decided by who asked", h.desk.DecideWithdrawal(ctx, counsel, id, true, "x"), publication.ErrOwnAsk)
	if n, err := h.desk.Waiting(ctx, petra); n != 1 || err != nil {
		t.Errorf("%d publications wait for the second person, %v", n, err)
	}
	if n, err := h.desk.Waiting(ctx, counsel); n != 0 || err != nil {
		t.Errorf("%d publications wait for who asked, %v", n, err)
	}
	want("refused", h.desk.DecideWithdrawal(ctx, petra, id, false, "It is the service."), nil)
	if s := shown(); !strings.Contains(s, secret) {
		t.Error("a page whose withdrawal was refused is gone")
	}
	want("asked, since it endangers somebody", h.desk.Withdraw(ctx, paula, id, "It lets a person be found.", true), nil)
	if s := shown(); strings.Contains(s, secret) || !strings.Contains(s, "It lets a person be found.") ||
		!strings.Contains(s, "A second person looks at it") {
		t.Errorf("a page that endangers somebody is not withheld:\n%s", s)
	}
	for name, text := range site(t, out) {
		if strings.Contains(text, secret) {
			t.Errorf("%s still holds what is withheld", name)
		}
	}
	want("put back", h.desk.DecideWithdrawal(ctx, petra, id, false, "Nobody can be found by it."), nil)
	if s := shown(); !strings.Contains(s, secret) {
		t.Error("a page that was withheld did not come back")
	}
	want("asked again", h.desk.Withdraw(ctx, paula, id, "The party asked for it with good reasons.", false), nil)
	want("agreed", h.desk.DecideWithdrawal(ctx, counsel, id, true, "Read."), nil)
	if s := shown(); strings.Contains(s, secret) || !strings.Contains(s, "The party asked for it with good reasons.") ||
		!strings.Contains(s, "Its number stays") {
		t.Errorf("the page of what was withdrawn:\n%s", s)
	}
	want("withdrawn again", h.desk.Withdraw(ctx, petra, id, "x", false), publication.ErrState)
}

// TestLanguagesOfSite: in each language the site is whole, and nothing stands in English for want of a translation.
func TestLanguagesOfSite(t *testing.T) {
	h := newHouse(t)
	first := h.release(draft(storetest.Decided(t, h.cases, false)))
	x := first.Draft
	x.Correction, x.Title = "The region was wrong.", "Another title"
	h.release(x)
	var codes []string
	for _, l := range message.Languages {
		codes = append(codes, l.Code)
	}
	out := filepath.Join(t.TempDir(), "site")
	h.write(out, codes...)
	n := 0
	for name, text := range site(t, out) {
		if strings.HasSuffix(name, ".html") {
			n++
			if strings.Contains(text, `class="fallback"`) || strings.Contains(text, "[English]") {
				t.Errorf("%s holds words that are not translated", name)
			}
		}
	}
	if n < 6*8 {
		t.Errorf("%d pages", n)
	}
}

// TestNoticesAnswered: the site says that a notice was answered, in which month it came, and nothing of its words, its
// number or its sender; one that waits cannot be published.
func TestNoticesAnswered(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	dir := t.TempDir()
	place := noticetest.Prepare(t, h.db, dir, func(c *notice.Config) {
		c.Wait = time.Millisecond
		c.Now = func() time.Time { return h.now }
	})
	key, err := ledger.OpenKey(filepath.Join(dir, "ledger.key"), "plimsoll.example/log", false)
	if err != nil {
		t.Fatal(err)
	}
	h.key, h.seq, h.log = key, place.Sequencer, place.Ledger // one database, one ledger
	o, err := noticetest.Send(ctx, place.Box, "x", place.Box.Form(), "what",
		"The speech service reads calls of a whole town.", "about", "Skerry Cloud")
	if err != nil {
		t.Fatal(err)
	}
	x := publication.Draft{Kind: publication.OfNotice, Subject: string(o.ID), Language: "en",
		Title: "We were told about a speech service", Summary: "We looked at the bills and limited the service."}
	var lacks *casefile.Lacking
	if _, err := h.desk.Propose(ctx, paula, x); !errors.As(err, &lacks) {
		t.Errorf("a notice that waits is published: %v", err)
	}
	clerk := storetest.Hand(casefile.Intake)
	if err := place.Box.Reply(ctx, clerk, o.ID, "Thank you; we looked at it."); err != nil {
		t.Fatal(err)
	}
	h.now = h.now.AddDate(0, 0, 20)
	p := h.release(x)
	out := filepath.Join(t.TempDir(), "site")
	if w := h.write(out, "en", "ar"); w.Notices != 1 {
		t.Errorf("%d answers to notices, want 1", w.Notices)
	}
	files := site(t, out)
	for name, want := range map[string][]string{
		"notices.html":    {"We were told about a speech service", string(p.ID)},
		"notices.ar.html": {"We were told about a speech service", "بلاغات أُجيب عنها"},
		"pages/" + string(p.ID) + ".html": {"looked at and answered", o.Received.UTC().Format("2006-01"),
			"We looked at the bills"},
		"pages/" + string(p.ID) + ".ar.html": {"نُظر فيه وأُجيب عنه"},
		"index.html":                         {"answers to notices 1"},
	} {
		for _, w := range want {
			if !strings.Contains(files[name], w) {
				t.Errorf("%s lacks %q:\n%.1500s", name, w, files[name])
			}
		}
	}
	for name, text := range files {
		for _, never := range []string{string(o.ID), "a whole town", "Thank you; we looked",
			o.Received.UTC().Format("2006-01-02T15:04")} {
			if strings.Contains(text, never) && !strings.HasSuffix(name, ".proof") && name != "checkpoint.txt" {
				t.Errorf("%s holds %q", name, never)
			}
		}
	}
}

// TestAppealLink: where a server takes notices, the page of a decision says where an appeal begins, in its language;
// one that was corrected does not.
func TestAppealLink(t *testing.T) {
	h := newHouse(t)
	first := h.release(draft(storetest.Decided(t, h.cases, false)))
	x := first.Draft
	x.Correction, x.Title = "The region was wrong.", "Another title"
	second := h.release(x)
	out := filepath.Join(t.TempDir(), "site")
	set := h.settings("en", "ar")
	set.Notices = "https://notices.example.org/"
	if _, err := publication.Write(t.Context(), h.db, h.log, h.take, out, set); err != nil {
		t.Fatal(err)
	}
	files := site(t, out)
	for name, want := range map[string]string{
		"pages/" + string(second.ID) + ".html": `<a href="https://notices.example.org/notice/appeal?decision=` +
			string(second.ID) + `">Appeal against a decision</a>`,
		"pages/" + string(second.ID) + ".ar.html": `<a href="https://notices.example.org/notice/appeal?decision=` +
			string(second.ID) + `&amp;lang=ar">التظلم من قرار</a>`,
		"pages/" + string(first.ID) + ".html": "",
	} {
		if has := strings.Contains(files[name], "/notice/appeal"); has != (want != "") || !strings.Contains(files[name],
			want) {
			t.Errorf("%s: has a way to appeal: %v, want %q", name, has, want)
		}
	}
}
