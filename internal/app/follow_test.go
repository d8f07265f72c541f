package app

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/internal/casefile"
	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/ledger/verify"
	"plimsoll/internal/store"
)

// TestFollowCases opens a case in the real store, has the ledger follow it, and verifies
// that every event has its leaf and that a changed event is named.
func TestFollowCases(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plimsoll.db")
	st, err := store.Open(t.Context(), "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	desk := casefile.NewDesk(st)
	desk.Follow = followCases
	by := casefile.Actor{ID: "asha", Name: "Asha", Roles: []casefile.Role{casefile.Investigator}}
	c, err := desk.Open(t.Context(), by, casefile.Opening{Title: "Cameras for Vendria", PartyName: "Vendria Ministry",
		Severity: "high",
		Trigger:  casefile.Trigger{Kind: "press", Text: "The ministry is said to watch a market with them."}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := desk.Open(t.Context(), by, casefile.Opening{Title: "Nothing"}); err == nil {
		t.Fatal("a case without an allegation is opened")
	}

	folder := t.TempDir()
	q, log, k, err := openLedger(t.Context(), st, folder, nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(folder, "log")
	defer q.Close()
	if _, err := q.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	check := func() *verify.Report {
		t.Helper()
		rep, err := verify.Folder(t.Context(), os.DirFS(dir), verify.Keys{Log: k.Verifier()})
		if err != nil {
			t.Fatal(err)
		}
		db, err := verify.OpenDatabase("sqlite:" + path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if err := verify.Database(t.Context(), db, os.DirFS(dir), rep, nil, verify.Cover{Table: "event", Key: "seq"}); err != nil {
			t.Fatal(err)
		}
		return rep
	}
	if rep := check(); !rep.OK() || rep.Leaves == 0 {
		t.Fatalf("%d leaves: %v", rep.Leaves, rep.Problems)
	}

	var at []ledger.Position
	if err := st.Read(t.Context(), func(tx *sql.Tx) (err error) {
		at, err = ledger.Find(t.Context(), tx, string(c.ID),
			"")
		return err
	}); err != nil || len(at) == 0 {
		t.Fatalf("leaves of %s: %v, %v", c.ID, at, err)
	}
	r, err := log.Receipt(t.Context(), at[0].ID, ledger.FieldRow)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := format.ParsePin(r.Openings[0].Value); err != nil || p.Table != "event" {
		t.Errorf("the receipt shows %s, %v", r.Openings[0].Value, err)
	}

	err = st.Write(t.Context(), func(tx *sql.Tx) error {
		var guard string // whoever owns the database can drop it
		if err := tx.QueryRow(
			`SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'event' AND sql LIKE '%UPDATE%'`).Scan(&guard); err == nil {
			if _, err := tx.Exec(`DROP TRIGGER ` + guard); err != nil {
				return err
			}
		}
		_, err := tx.Exec(`UPDATE event SET text = 'Case opened: nothing' WHERE seq = 1`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if rep := check(); len(rep.Problems) != 1 || !strings.HasPrefix(rep.Problems[0].String(),
		"row 1 of table event: column text no longer says") {
		t.Errorf("after the change: %v", rep.Problems)
	}
}

// TestLeafOfRenamedSentence: what an event says in words, and the words of its kind, do not change the kind of its
// leaf.
func TestLeafOfRenamedSentence(t *testing.T) {
	st, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "plimsoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	for i, e := range []casefile.Event{
		{Kind: casefile.EventClaim, Leaf: casefile.LeafClaim, Text: "The ministry is said to watch a market"},
		{Kind: casefile.EventClaim, Leaf: casefile.LeafClaim, Text: "A decision was made"},
		{Kind: "a statement was put down", Leaf: casefile.LeafClaim, Text: "Pack in use"},
		{Kind: "claim", Leaf: casefile.LeafPack, Text: "claim added", Subject: "own-D1"},
	} {
		e.Seq = int64(i + 1)
		e.Subject = casefile.ID(fmt.Sprintf("subject-%d", i))
		err := st.Write(t.Context(), func(tx *sql.Tx) error {
			if _, err := tx.Exec(`INSERT INTO event (seq, at, actor, kind, case_id, subject, party, text, body)
				VALUES ($1, '', '', $2, '', $3, '', $4, '')`, e.Seq, string(e.Kind), string(e.Subject),
				e.Text); err != nil {
				return err
			}
			if err := followCases(t.Context(), tx, e); err != nil {
				return err
			}
			had, err := ledger.Find(t.Context(), tx, string(e.Subject), string(e.Leaf))
			if err == nil && len(had) != 1 {
				t.Errorf("%q: %d leaves of kind %s, want 1", e.Text, len(had), e.Leaf)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
