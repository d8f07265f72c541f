package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"plimsoll/internal/casefile"
	"plimsoll/internal/evidence"
	"plimsoll/internal/ledger"
	"plimsoll/internal/store"
)

// keeper opens a folder of evidence beside a database.
func keeper(t *testing.T, s *store.Store) (*store.Custody, string) {
	t.Helper()
	dir := t.TempDir()
	files, err := evidence.Open(dir)
	must(t, "open evidence", err)
	t.Cleanup(files.Close)
	return &store.Custody{DB: s, Files: files}, dir
}

func take(t *testing.T, k *store.Custody, id casefile.ID, name, content string) string {
	t.Helper()
	a, err := k.Files.AddReader(t.Context(), evidence.Warrant{Case: string(id), Actor: "investigator",
		Reason: "inquiry"}, evidence.About{Source: "a registry", Grade: "B2"}, name, strings.NewReader(content))
	must(t, "add "+name, err)
	return a.SHA256
}

// custody takes originals in, joins them to a case and its claims, and checks that every event
// has its row and its leaf, whoever was killed between log and database.
func custody(t *testing.T, s *store.Store) {
	ctx := t.Context()
	d := newSteps(s)
	c, _ := walk(t, d.Desk, s, false)
	k, dir := keeper(t, s)
	sum := take(t, k, c.ID, "register.pdf", "the register")
	by := hand(casefile.Investigator)
	lacks(t, "cite what the database does not have yet", d.Cite(ctx, by, c.Claims[0].ID, sum, ""),
		"an original that this case holds")
	must(t, "record", k.Record(ctx, string(c.ID)))
	must(t, "record again", k.Record(ctx, string(c.ID)))
	must(t, "cite", d.Cite(ctx, by, c.Claims[0].ID, sum, "page 3"))
	lacks(t, "cite another's original", d.Cite(ctx, by, c.Claims[0].ID, strings.Repeat("0", 64), ""), "an original")
	refused(t, "cite as verifier", d.Cite(ctx, hand(casefile.Verifier), c.Claims[0].ID, sum, ""), casefile.ErrForbidden)
	c, err := d.Case(ctx, by, c.ID)
	must(t, "read", err)
	if len(c.Items) != 1 || c.Items[0].SHA256 != sum || c.Items[0].Name() != "register.pdf" ||
		c.Items[0].Grade != "B2" {
		t.Fatalf("items: %+v", c.Items)
	}
	if e := c.Claims[0].Evidence; len(e) != 1 || e[0].SHA256 != sum || e[0].Note != "page 3" {
		t.Errorf("citations: %+v", e)
	}

	w := evidence.Warrant{Case: string(c.ID), Actor: "counsel", Reason: "order of a court", Second: "reviewer"}
	must(t, "hold", k.Files.Hold(w, ""))
	refused(t, "delete on hold", k.Files.Delete(w, sum), evidence.ErrHeld)
	must(t, "release", k.Files.Release(w, ""))
	must(t, "delete", k.Files.Delete(w, sum))
	must(t, "record what came meanwhile", k.Record(ctx, string(c.ID)))
	c, err = d.Case(ctx, by, c.ID)
	must(t, "read", err)
	if i := c.Items[0]; i.Deleted == nil || i.Held {
		t.Errorf("after hold, release and deletion: %+v", i)
	}
	lacks(t, "cite what was deleted", d.Cite(ctx, by, c.Claims[0].ID, sum, ""), "an original that this case holds")
	rows, leaves := 0, 0
	must(t, "count", s.Read(ctx, func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM custody_event WHERE case_id = $1`, string(c.ID)).Scan(
			&rows); err != nil {
			return err
		}
		all, err := ledger.Find(ctx, tx, "custody/"+string(c.ID), "")
		leaves = len(all)
		return err
	}))
	if rows != 4 || leaves != 4 {
		t.Errorf("%d rows and %d leaves of 4 events", rows, leaves)
	}
	x, err := k.Recheck(ctx, nil)
	must(t, "read again", err)
	if len(x.Problems) > 0 {
		t.Errorf("problems: %v", x.Problems)
	}

	for _, q := range []string{`DELETE FROM custody_event`, `UPDATE custody_event SET actor = 'nobody'`,
		`UPDATE claim_evidence SET note = 'x'`, `DELETE FROM claim_evidence`} {
		if err := s.Write(ctx, func(tx *sql.Tx) error { _, err := tx.ExecContext(ctx, q); return err }); err == nil ||
			!strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: error %v, want it refused as append-only", q, err)
		}
	}

	// a log that lost its last event, and one that was written anew
	log := filepath.Join(dir, "custody", string(c.ID)+".jsonl")
	b, err := os.ReadFile(log)
	must(t, "read log", err)
	lines := strings.SplitAfter(string(b), "\n")
	must(t, "cut log", os.WriteFile(log, []byte(strings.Join(lines[:3], "")), 0o600))
	refused(t, "record a log that was cut", k.Record(ctx, string(c.ID)), evidence.ErrDamaged)
	x, err = k.Recheck(ctx, nil)
	must(t, "read again", err)
	if !slices.ContainsFunc(x.Problems, func(p evidence.Problem) bool {
		return strings.Contains(p.What, "the custody log has 3 events, the ledger 4")
	}) {
		t.Errorf("after the cut: %v", x.Problems)
	}
	last, err := s.LastRecheck(ctx)
	must(t, "last check", err)
	if last == nil || len(last.Problems) != len(x.Problems) {
		t.Errorf("last check: %+v", last)
	}
	// a log that is gone, alone and with an original: the record names both, and nothing may be
	// erased, since the case whose log is gone may hold it
	must(t, "write the log back", os.WriteFile(log, b, 0o600))
	kept := take(t, k, c.ID, "two.txt", "the only copy")
	must(t, "record", k.Record(ctx, string(c.ID)))
	must(t, "may erase", k.MayErase(ctx))
	b, err = os.ReadFile(log)
	must(t, "read log", err)
	must(t, "remove the log", os.Remove(log))
	refused(t, "erase", k.MayErase(ctx), evidence.ErrDamaged)
	refused(t, "record all", k.RecordAll(ctx), evidence.ErrDamaged)
	x, err = k.Recheck(ctx, nil)
	must(t, "read again", err)
	says := func(what string) bool {
		return slices.ContainsFunc(x.Problems, func(p evidence.Problem) bool {
			return strings.Contains(p.String(),
				what)
		})
	}
	if !says("its custody log is missing") {
		t.Errorf("the custody log is gone: %v", x.Problems)
	}
	must(t, "remove an original", os.Remove(filepath.Join(dir, "originals", kept[:2], kept)))
	x, err = k.Recheck(ctx, nil)
	must(t, "read again", err)
	if !says("original " + kept + ": it is missing") {
		t.Errorf("log and original are gone: %v", x.Problems)
	}
	must(t, "write the log back", os.WriteFile(log, b, 0o600))
	must(t, "record", k.Record(ctx, string(c.ID)))
}

// custodyRaces has several recorders on several events at once: each event once, in order.
func custodyRaces(t *testing.T, s *store.Store) {
	k, _ := keeper(t, s)
	const n = 12
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			_, err := k.Files.AddReader(t.Context(), evidence.Warrant{Case: "C-7", Actor: fmt.Sprint("clerk ", i),
				Reason: "delivery"}, evidence.About{}, fmt.Sprint(i), strings.NewReader(fmt.Sprint(i)))
			if err == nil {
				err = k.Record(t.Context(), "C-7")
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	var rows, distinct, items int
	must(t, "count", s.Read(t.Context(), func(tx *sql.Tx) error {
		return errors.Join(tx.QueryRow(`SELECT count(*), count(DISTINCT seq) FROM custody_event`).Scan(&rows,
			&distinct), tx.QueryRow(`SELECT count(*) FROM evidence_item`).Scan(&items))
	}))
	if rows != n || distinct != n || items != n {
		t.Errorf("%d rows, %d numbers, %d items; want %d of each", rows, distinct, items, n)
	}
}

// custodyFails loses the transaction that records an event: the log has it, the next call
// brings it in.
func custodyFails(t *testing.T, s *store.Store) {
	k, _ := keeper(t, s)
	take(t, k, "C-9", "one", "1")
	gone, stop := context.WithCancel(t.Context())
	stop()
	must(t, "record for somebody who went away", k.Record(gone, "C-9"))
	take(t, k, "C-9", "two", "2")
	must(t, "record all", k.RecordAll(t.Context()))
	var n int
	must(t, "count", s.Read(t.Context(), func(tx *sql.Tx) error {
		return tx.QueryRow(`SELECT count(*) FROM custody_event`).Scan(&n)
	}))
	if n != 2 {
		t.Errorf("%d events recorded, want 2", n)
	}
}

// admits tries who may do what with the evidence of a restricted and of a closed case.
func admits(t *testing.T, s *store.Store) {
	ctx := t.Context()
	d := newSteps(s)
	c, _ := walk(t, d.Desk, s, true)
	out := person("outsider", casefile.Reviewer)
	refused(t, "collect as an outsider", d.Admit(ctx, out, casefile.MoveCollect, c.ID), casefile.ErrNotFound)
	refused(t, "read as an outsider", d.Admit(ctx, out, casefile.MoveView, c.ID), casefile.ErrNotFound)
	refused(t, "release as a program", d.Admit(ctx, casefile.Actor{ID: "reviewer", Roles: []casefile.Role{
		casefile.Reviewer}, Program: true}, casefile.MoveRelease, c.ID), casefile.ErrProgram)
	refused(t, "delete as auditor", d.Admit(ctx, hand(casefile.Auditor), casefile.MoveDelete, c.ID),
		casefile.ErrForbidden)
	must(t, "read as auditor", d.Admit(ctx, hand(casefile.Auditor), casefile.MoveView, c.ID))
	log, err := d.Readings(ctx, hand(casefile.Auditor), c.ID, 10)
	must(t, "readings", err)
	if len(log) == 0 || log[0].What != string(casefile.MoveView) {
		t.Errorf("reading the evidence of a restricted case is not logged: %+v", log)
	}
	o, err := d.Open(ctx, hand(casefile.Intake), opening("small"))
	must(t, "open", err)
	must(t, "declare", d.DeclareConflict(ctx, hand(casefile.Reviewer), o.ID, "owns shares", false))
	refused(t, "seal with an interest", d.Admit(ctx, hand(casefile.Reviewer), casefile.MoveSeal, o.ID),
		casefile.ErrConflict)
	must(t, "collect with an interest", d.Admit(ctx, hand(casefile.Reviewer), casefile.MoveCollect, o.ID))
	must(t, "triage", d.Triage(ctx, hand(casefile.Intake), o.ID, 0, "low", casefile.Triage{Scale: "x", Scope: "x",
		Irremediability: "x", Likelihood: "x", Outcome: "close", Reason: "nothing in it"}))
	refused(t, "collect into a closed case", d.Admit(ctx, hand(casefile.Intake), casefile.MoveCollect, o.ID),
		casefile.ErrClosed)
	must(t, "read a closed case", d.Admit(ctx, hand(casefile.Intake), casefile.MoveView, o.ID))
}
