package storetest

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/casefile"
	"plimsoll/internal/store"
)

// Run is the conformance suite. open gives a new, empty store.
func Run(t *testing.T, open func(t testing.TB) *store.Store) {
	for _, tt := range []struct {
		name string
		run  func(*testing.T, *store.Store)
	}{
		{"rollback", rollback},
		{"append only", appendOnly},
		{"case and accent", caseAndAccent},
		{"sort order", sortOrder},
		{"odd characters", oddCharacters},
		{"time zone", timeZone},
		{"no null", noNull},
		{"parameters in any order", parameters},
		{"people", people},
		{"sessions", sessions},
		{"tokens", tokens},
		{"start link", startLink},
		{"two admins", twoAdmins},
		{"first links", firstLinks},
		{"stale hands", staleHands},
		{"a stale approver", staleApprover},
		{"approved at once", approvedAtOnce},
		{"runs", runs},
		{"facets and pages", facetsAndPages},
		{"compare", compare},
		{"the road of a case", road},
		{"four eyes", fourEyes},
		{"races", races},
		{"idempotency keys", idempotency},
		{"versions", versions},
		{"restricted cases", restricted},
		{"clocks", clocks},
		{"interim measures", interim},
		{"conditions", duties},
		{"timeline", timeline},
		{"appeals", appeals},
		{"remedies", remedies},
		{"retention and second looks", retention},
		{"legal holds are looked at", heldLong},
		{"draws of second looks", draws},
		{"what comes due", due},
		{"interests", interests},
		{"custody", custody},
		{"custody in races", custodyRaces},
		{"custody that fell behind", custodyFails},
		{"who may touch evidence", admits},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel() // they wait for the disk more than for the processor
			tt.run(t, open(t))
		})
	}
}

func rollback(t *testing.T, s *store.Store) {
	ctx := t.Context()
	stop := errors.New("stop")
	err := s.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO holiday (day, name) VALUES ('2026-12-25', 'x')`); err != nil {
			return err
		}
		return stop
	})
	if !errors.Is(err, stop) {
		t.Fatalf("Write = %v, want the error of the function", err)
	}
	if n := count(t, s, `SELECT count(*) FROM holiday`); n != 0 {
		t.Errorf("%d rows left by a transaction that failed", n)
	}
	err = s.Read(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO holiday (day, name) VALUES ('2026-12-25', 'x')`)
		return err
	})
	if err == nil {
		t.Error("a reading transaction could write")
	}
}

func appendOnly(t *testing.T, s *store.Store) {
	ctx := t.Context()
	d := casefile.NewDesk(s)
	walk(t, d, s, true)
	for _, table := range []string{"event", "claim_grade", "claim_status", "reply", "voice", "decision_record",
		"read_log", "custody_event", "claim_evidence"} {
		for _, q := range []string{`DELETE FROM ` + table, `UPDATE ` + table + ` SET at = 'x'`} {
			if count(t, s, `SELECT count(*) FROM `+table) == 0 && s.Kind() == "sqlite" {
				continue // SQLite's triggers run for each row
			}
			err := s.Write(ctx, func(tx *sql.Tx) error { _, err := tx.ExecContext(ctx, q); return err })
			if err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: error %v, want it refused as append-only", q, err)
			}
		}
	}
}

func caseAndAccent(t *testing.T, s *store.Store) {
	d := casefile.NewDesk(s)
	for _, title := range []string{"Übersicht Ærø", "Ministère de l'Écho", "100% of_all"} {
		if _, err := d.Open(t.Context(), hand(casefile.Intake), opening(title)); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		text string
		want int
	}{{"ministere", 1}, {"ECHO", 1}, {"ubersicht", 1}, {"écho", 1}, {"nothing", 0}, {"%", 0}, {"100", 1}, {"", 3}} {
		p, err := d.Cases(t.Context(), hand(casefile.Reviewer), casefile.Query{Text: tt.text})
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Cases) != tt.want || p.Total != tt.want {
			t.Errorf("cases with %q: %d of %d, want %d", tt.text, len(p.Cases), p.Total, tt.want)
		}
	}
}

func sortOrder(t *testing.T, s *store.Store) {
	ctx := t.Context()
	for _, l := range []string{"ä", "a", "B", "Z", "_", "1", "z", "É"} {
		err := s.Write(ctx, func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO holiday (day, name) VALUES ($1, $1)`, l)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	err := s.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT day FROM holiday ORDER BY day`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var x string
			if err := rows.Scan(&x); err != nil {
				return err
			}
			got = append(got, x)
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1", "B", "Z", "_", "a", "z", "É", "ä"}, got); diff != "" {
		t.Errorf("order by bytes (-want +got):\n%s", diff)
	}
}

// oddCharacters checks that both databases keep, or refuse, the same texts.
func oddCharacters(t *testing.T, s *store.Store) {
	ctx := t.Context()
	d := casefile.NewDesk(s)
	for _, title := range []string{"'; DROP TABLE event; --", "\\u0000 in words", "\ufffd", "tab\tand\nline",
		"𝒳 \U0001F6A2 עברית 中文", strings.Repeat("long ", 20000)} {
		c, err := d.Open(ctx, hand(casefile.Intake), opening(title))
		must(t, "open", err)
		if c.Title != strings.TrimSpace(title) {
			t.Errorf("%.40q came back as %.40q", title, c.Title)
		}
	}
	for _, title := range []string{"a\x00b", "broken \xff bytes"} {
		_, err := d.Open(ctx, hand(casefile.Intake), opening(title))
		lacks(t, title, err, "readable characters")
	}
	_, err := d.Case(ctx, hand(casefile.Reviewer), "C-\x00\xff")
	refused(t, "an id that cannot be", err, casefile.ErrNotFound)
	_, err = d.Cases(ctx, hand(casefile.Reviewer), casefile.Query{Text: "a\x00\xffb"})
	must(t, "search", err)
	_, err = s.Findings(ctx, store.FindingQuery{Text: "a\x00\xffb"})
	refused(t, "search without a run", err, store.ErrNoRun)
}

func timeZone(t *testing.T, s *store.Store) {
	d := casefile.NewDesk(s)
	at := time.Date(2026, 3, 29, 3, 30, 0, 123456789, time.FixedZone("X", 2*3600+1800))
	d.Now = func() time.Time { return at }
	c, err := d.Open(t.Context(), hand(casefile.Intake), opening("x"))
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2026, 3, 29, 1, 0, 0, 123456000, time.UTC); !c.Opened.Equal(want) ||
		c.Opened.Location() != time.UTC {
		t.Errorf("opened %v, want %v", c.Opened, want)
	}
}

// noNull checks that no column allows NULL: ” and NULL would be two kinds of nothing.
func noNull(t *testing.T, s *store.Store) {
	q := `SELECT m.name || '.' || p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND p."notnull" = 0 AND p.pk = 0
		AND m.name NOT LIKE 'goose%' AND m.name NOT LIKE 'sqlite%'`
	if s.Kind() == "postgres" {
		q = `SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = current_schema() AND is_nullable = 'YES' AND table_name NOT LIKE 'goose%'`
	}
	ctx := t.Context()
	err := s.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, q)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var c string
			if err := rows.Scan(&c); err != nil {
				return err
			}
			t.Errorf("column %s may be NULL", c)
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO holiday (day, name) VALUES ('2026-01-01', NULL)`)
		return err
	})
	if err == nil {
		t.Error("NULL was accepted")
	}
}

func parameters(t *testing.T, s *store.Store) {
	ctx := t.Context()
	err := s.Read(ctx, func(tx *sql.Tx) error {
		var a string
		var b bool
		var n int64
		if err := tx.QueryRowContext(ctx, `SELECT name, $3 OR FALSE, n + $2 FROM counter WHERE name = $1`, "case",
			int64(7), true).Scan(&a, &b, &n); err != nil {
			return err
		}
		if a != "case" || !b || n != 7 {
			t.Errorf("got %q %v %d", a, b, n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func count(t testing.TB, s *store.Store, query string, args ...any) (n int) {
	t.Helper()
	ctx := context.Background()
	if err := s.Read(ctx, func(tx *sql.Tx) error { return tx.QueryRowContext(ctx, query, args...).Scan(&n) }); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// hand makes an actor whose id is the role, so that tests read like the story they tell.
func hand(role casefile.Role) casefile.Actor { return person(string(role), role) }

func person(id string, roles ...casefile.Role) casefile.Actor {
	return casefile.Actor{ID: id, Name: id, Roles: roles}
}

func opening(title string) casefile.Opening {
	return casefile.Opening{Title: title, Party: "party-1", PartyName: "Northgate Signals Directorate",
		Trigger: casefile.Trigger{Kind: "press", Who: "The Harbour Post",
			Text: "The Harbour Post reported that calls are stored."}}
}

// must fails the test when a step that has to work does not.
func must(t testing.TB, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// refused checks that a step is refused with an error.
func refused(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error %v, want %v", what, err, want)
	}
}

// lacks checks that a step is refused because something is missing that mentions a word.
func lacks(t testing.TB, what string, err error, word string) {
	t.Helper()
	var l *casefile.Lacking
	if !errors.As(err, &l) || !strings.Contains(err.Error(), word) {
		t.Errorf("%s: error %v, want it to ask for %q", what, err, word)
	}
}
