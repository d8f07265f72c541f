package app

import (
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/notice"
	"plimsoll/internal/notice/noticetest"
	"plimsoll/internal/publication"
	"plimsoll/internal/store"
)

// before63 takes a database back to the migration before that by which people are held.
func (p *pinDatabase) before63() {
	for _, table := range []string{"person_role", "identity", "second_hand", "evidence_item"} {
		p.exec(`DROP INDEX ` + table + `_pin`)
		p.exec(`ALTER TABLE ` + table + ` DROP COLUMN pin`)
	}
	p.exec(`DELETE FROM goose_db_version WHERE version_id = 63`)
}

// TestPeopleTakenOver: a database of before people were held opens, and its people are taken over once, by an event
// that
// says so and who may decide; they work on, and what is put in afterwards is not taken over.
func TestPeopleTakenOver(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, q *pinDatabase) {
		ctx := t.Context()
		for _, who := range []store.Person{{ID: "ada", Name: "Ada Moss", Roles: []casefile.Role{casefile.Admin}},
			{ID: "eve", Name: "Eve Tarn", Roles: []casefile.Role{casefile.Reviewer, casefile.Approver}}} {
			if _, err := q.store.CreatePerson(ctx, "", who); err != nil {
				t.Fatal(err)
			}
		}
		key, err := q.store.NewSession(ctx, "eve", "link", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		q.before63()
		if q.store, err = store.Open(ctx, q.address); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { q.store.Close() })
		p := &peopleDatabase{pinDatabase: q}
		if err := p.pinAll(); err != nil {
			t.Fatal(err)
		}
		said := `SELECT text FROM event WHERE kind = '` + string(casefile.EventTakenOver) + `'`
		if got := p.column(said); len(got) != 1 || !strings.HasPrefix(got[0], "Taken over at upgrade: 6 rows") ||
			!strings.Contains(got[0], "Ada Moss (admin); Eve Tarn (approver, reviewer)") {
			t.Errorf("said is %q", got)
		}
		if !slices.Contains(store.OneHand, casefile.EventTakenOver) {
			t.Error("the health page does not show it")
		}
		if wrong := p.differ() + p.check(); wrong != "" {
			t.Errorf("after it: %s", wrong)
		}
		if got := p.may("eve", casefile.Approver); len(got) != 1 {
			t.Errorf("who was taken over has the roles %v", got)
		}
		if _, _, err := q.store.BySession(ctx, key); err != nil {
			t.Errorf("a session that was taken over: %v", err)
		}
		p.open()
		p.exec(`INSERT INTO person_role (person, role) VALUES ('ada', 'approver')`)
		if err := p.pinAll(); err != nil {
			t.Fatal(err)
		}
		if got := p.column(said); len(got) != 1 {
			t.Errorf("taken over %d times", len(got))
		}
		if got := p.may("ada", casefile.Approver); len(got) > 0 {
			t.Errorf("what was put in afterwards counts: %v", got)
		}
	})
}

// TestStaleAtOtherDesks: at the desks of notices and of publications, too, a role that was taken away since the request
// was signed in counts no more, nor does one that was put in by hand.
func TestStaleAtOtherDesks(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, q *pinDatabase) {
		ctx := t.Context()
		p := newPeople(t, q)
		q.desk.Pin, q.desk.Current = q.store.Pin, q.store.Current
		q.demands()
		box := noticetest.Prepare(t, q.store, t.TempDir(), func(c *notice.Config) {
			c.Pin, c.Current = q.store.Pin, q.store.Current
		}).Box
		out, err := noticetest.Send(ctx, box, "", box.Form(), "what", "A ship was loaded at night.", "file",
			[]byte("x"))
		if err != nil {
			t.Fatal(err)
		}
		stale := casefile.Actor{ID: "eve", Roles: []casefile.Role{casefile.Counsel, casefile.Publisher,
			casefile.Reviewer}}
		draft := publication.Draft{Kind: publication.OfDemand, Subject: "stop", Language: "en", Title: "What was asked",
			Summary: "Deliveries ended."}
		desk := publication.NewDesk(q.desk)
		try := func(when string, want error) {
			t.Helper()
			for what, err := range map[string]error{
				"erase a notice": box.Erase(ctx, stale, out.ID, "a reason"),
				"propose":        func() error { _, err := desk.Propose(ctx, stale, draft); return err }(),
			} {
				if !errors.Is(err, want) {
					t.Errorf("%s: %s: %v, want %v", when, what, err, want)
				}
			}
		}
		try("without the roles", casefile.ErrForbidden)
		p.exec(`INSERT INTO person_role (person, role) VALUES ('eve', 'counsel'), ('eve', 'publisher')`)
		try("put in by hand", casefile.ErrForbidden)
		if _, err := q.store.Pin.(ledgerPins).mend(ctx, q.store); err != nil {
			t.Fatal(err)
		}
		if _, err := q.store.SetPerson(ctx, casefile.Actor{}, store.Person{ID: "eve", Name: "Eve Tarn",
			Roles: stale.Roles}); err != nil {
			t.Fatal(err)
		}
		try("with the roles", nil)
	})
}

// TestUnsealedByHand: nobody is handed something sealed because somebody wrote into the database that a second person
// agreed.
func TestUnsealedByHand(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, q *pinDatabase) {
		ctx := t.Context()
		newPeople(t, q)
		box := noticetest.Prepare(t, q.store, t.TempDir(), func(c *notice.Config) { c.Pin = q.store.Pin }).Box
		out, err := noticetest.Send(ctx, box, "", box.Form(), "what", "A ship was loaded at night.", "file",
			[]byte("x"))
		if err != nil {
			t.Fatal(err)
		}
		eve := casefile.Actor{ID: "eve", Roles: []casefile.Role{casefile.Reviewer}}
		if err := box.Ask(ctx, eve, out.ID, "file-1", "to look at it"); err != nil {
			t.Fatal(err)
		}
		var seq int64
		if err := q.store.Read(ctx, func(tx *sql.Tx) error {
			return tx.QueryRow(`SELECT max(seq) FROM notice_unseal`).Scan(&seq)
		}); err != nil {
			t.Fatal(err)
		}
		q.exec(`UPDATE notice_unseal SET agreed = 'ada'`)
		if _, _, err := box.Take(ctx, eve, out.ID, seq); !errors.Is(err, casefile.ErrPast) {
			t.Errorf("taken with a word that nobody gave: %v", err)
		}
		if _, err := q.store.Pin.(ledgerPins).mend(ctx, q.store); err != nil {
			t.Fatal(err)
		}
		if err := box.Agree(ctx, casefile.Actor{ID: "ada", Roles: eve.Roles}, out.ID, seq, "yes"); err != nil {
			t.Fatal(err)
		}
		if _, _, err := box.Take(ctx, eve, out.ID, seq); err != nil {
			t.Errorf("taken by two: %v", err)
		}
	})
}
