package storetest

import (
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/evidence"
	"plimsoll/internal/store"
)

// heldLong checks that a legal hold gets a clock by itself that falls due after half a year, stands in the inbox of
// those who may look at it, runs again after a look, and ends with the hold.
func heldLong(t *testing.T, s *store.Store) {
	ctx := t.Context()
	d := newSteps(s)
	k, _ := keeper(t, s)
	c, err := d.Open(ctx, hand(casefile.Intake), opening("held"))
	must(t, "open", err)
	take(t, k, c.ID, "one", "1")
	w := evidence.Warrant{Case: string(c.ID), Actor: "counsel", Reason: "a claim was announced"}
	refused(t, "a look at a case without a hold", d.ReviewHold(ctx, hand(casefile.Counsel), c.ID, "x"),
		casefile.ErrStage)
	must(t, "hold", k.Files.Hold(w, ""))
	must(t, "record", k.Record(ctx, string(c.ID)))
	running := func() (due time.Time, n int) {
		t.Helper()
		_, err := d.Tick(ctx)
		must(t, "tick", err)
		c, err := d.Case(ctx, hand(casefile.Reviewer), c.ID)
		must(t, "read", err)
		for _, x := range c.Clocks {
			if x.Kind == "hold review" && x.Ended.IsZero() {
				due, n = x.Due, n+1
			}
		}
		return due, n
	}
	inbox := func(r casefile.Role) bool {
		t.Helper()
		tasks, err := d.Inbox(ctx, hand(r))
		must(t, "inbox", err)
		return hasTask(tasks, "hold")
	}
	due, n := running()
	if _, again := running(); n != 1 || again != 1 {
		t.Fatalf("%d clocks of the hold, then %d; want one", n, again)
	}
	held := lastHold(t, s, string(c.ID))
	if want := held.AddDate(0, 6, 0); !due.Equal(want.Truncate(time.Microsecond)) {
		t.Errorf("the look is due on %s, want %s", due, want)
	}
	d.now = held
	if inbox(casefile.Counsel) {
		t.Error("a look that is due in half a year stands in the inbox")
	}
	d.now = due.AddDate(0, 0, 2)
	if _, err := d.Tick(ctx); err != nil || !inbox(casefile.Counsel) || !inbox(casefile.Reviewer) ||
		inbox(casefile.Investigator) {
		t.Errorf("a look that is due is not in the inboxes of counsel and reviewer alone, %v", err)
	}
	lacks(t, "a look without words", d.ReviewHold(ctx, hand(casefile.Counsel), c.ID, " "), "why")
	refused(t, "a look by the investigator", d.ReviewHold(ctx, hand(casefile.Investigator), c.ID, "x"),
		casefile.ErrForbidden)
	must(t, "look", d.ReviewHold(ctx, hand(casefile.Counsel), c.ID, "The claim is before the court."))
	if due, n = running(); n != 1 || !due.Equal(d.now.AddDate(0, 6, 0)) || inbox(casefile.Counsel) {
		t.Errorf("after the look: due %s, %d clocks, in the inbox: %v", due, n, inbox(casefile.Counsel))
	}
	w.Second = "reviewer"
	must(t, "release", k.Files.Release(w, ""))
	must(t, "record", k.Record(ctx, string(c.ID)))
	if _, n = running(); n != 0 {
		t.Error("the clock of a hold that ended runs on")
	}
}

// lastHold is when a case was held, as the database has it.
func lastHold(t *testing.T, s *store.Store, id string) time.Time {
	t.Helper()
	var at string
	must(t, "read", s.Read(t.Context(), func(tx *sql.Tx) error {
		return tx.QueryRow(`SELECT max(at) FROM custody_event WHERE case_id = $1 AND action = 'hold'`, id).Scan(&at)
	}))
	when, err := time.Parse(time.RFC3339Nano, at)
	must(t, "read time", err)
	return when
}

// draws checks that chance draws with a seed that was bound before and is shown after its month, so that each draw can
// be made again, and that whoever approves has no part in it.
func draws(t *testing.T, s *store.Store) {
	ctx := t.Context()
	d := newSteps(s)
	var made []casefile.Decision
	for range 12 {
		c, k := walk(t, d.Desk, s, false)
		p := Proposal(k)
		p.Outcome, p.NotSeen = casefile.Clear, "contracts before 2025"
		x, err := d.Propose(ctx, hand(casefile.Investigator), c.ID, p)
		must(t, "propose", err)
		must(t, "approve", d.Approve(ctx, hand(casefile.Approver), x.ID, "yes"))
		made = append(made, x)
	}
	events := func(kind string) (out []string) {
		t.Helper()
		must(t, "read", s.Read(ctx, func(tx *sql.Tx) error {
			rows, err := tx.QueryContext(ctx, `SELECT text FROM event WHERE kind = $1 ORDER BY seq`, kind)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var s string
				err = errors.Join(err, rows.Scan(&s))
				out = append(out, s)
			}
			return errors.Join(err, rows.Err())
		}))
		return out
	}
	bound := events("audit seed")
	if len(bound) != 1 || len(events("audit seed shown")) != 0 {
		t.Fatalf("seeds bound: %q, shown: %q", bound, events("audit seed shown"))
	}
	sum := last(strings.Split(strings.Split(bound[0], ";")[0], " "))
	d.now = d.now.AddDate(0, 1, 5)
	for range 2 {
		_, err := d.Tick(ctx)
		must(t, "tick", err)
	}
	shown := events("audit seed shown")
	if len(shown) != 1 || !strings.HasSuffix(shown[0], sum) {
		t.Fatalf("shown %q, bound as %s", shown, sum)
	}
	_, seed, _ := strings.Cut(shown[0], " was ")
	seed, _, _ = strings.Cut(seed, ",")
	for _, x := range made {
		c, err := d.Case(ctx, hand(casefile.Reviewer), x.Case)
		must(t, "read", err)
		if drawn := len(c.Audits) == 1; drawn != casefile.Drawn(seed, x.ID) {
			t.Errorf("%s: drawn %v, and with the seed that was shown %v", x.ID, drawn, !drawn)
		}
	}
}

func last(s []string) string { return s[len(s)-1] }
