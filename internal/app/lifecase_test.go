package app

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/finding"
	"plimsoll/internal/gatehouse"
	"plimsoll/internal/ledger"
	"plimsoll/internal/store"
)

// caseBlocks carries a finding of a stored review through a case to a decision, asks the door
// before and after, and has the ledger prove the decision: the second half of the page.
func caseBlocks(t *testing.T, review string, f finding.Finding) map[string]string {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, "plimsoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	w := &lifeWalk{t: t, ctx: t.Context(), now: time.Date(2032, 7, 5, 9, 0, 0, 0, time.UTC)} // a Monday
	w.Desk = casefile.NewDesk(db)
	w.Now = func() time.Time { return w.now }
	w.Follow = followCases
	seq, log, key, err := openLedger(t.Context(), db, filepath.Join(dir, "ledger"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer seq.Close()
	run, _, err := db.SaveRun(t.Context(), "", review)
	if err != nil {
		t.Fatal(err)
	}
	d := openGatehouse(t, db, w.Desk, filepath.Join(dir, "access"))
	blocks := map[string]string{}
	question := `{"subject":{"type":"account","id":"` + f.Accounts[0] +
		`"},"action":{"name":"use"},"resource":{"type":"capability","id":"speech"}}`
	blocks["question"] = question + "\n"
	blocks["before"] = askDoor(t, d, question)
	decided := w.decide(run.ID, f)
	if err := d.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	blocks["after"] = askDoor(t, d, question)
	w.enforce(decided)
	restricts(t, db, decided)

	events, err := db.Timeline(t.Context(), w.Desk, lifeHand(casefile.Auditor), f.Subject.Party, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortStableFunc(events, func(a, b casefile.Event) int { return a.At.Compare(b.At) })
	var b strings.Builder
	for _, e := range events {
		if e.Case != "" {
			fmt.Fprintf(&b, "%s  %-12s  %s\n", e.At.Format(time.DateOnly), e.Actor, changing.ReplaceAllString(e.Text,
				"…"))
		}
	}
	blocks["timeline"] = b.String()

	if _, err := seq.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	blocks["receipt"] = decisionReceipt(t, db, log, key, decided)
	return blocks
}

// restricts checks that the ledger says once what a decision restricts, as it is now.
func restricts(t *testing.T, db *store.Store, id casefile.ID) {
	t.Helper()
	err := db.Read(t.Context(), func(tx *sql.Tx) error {
		had, err := ledger.Find(t.Context(), tx, string(id), ledger.Restriction)
		if err != nil {
			return err
		}
		x, err := casefile.DecisionIn(t.Context(), tx, id)
		if err != nil {
			return err
		}
		ds, err := gatehouse.FromCases([]casefile.Decision{x}, "")
		if err != nil {
			return err
		}
		now, err := json.Marshal(ds)
		if err != nil {
			return err
		}
		if len(had) != 1 { // later events of the decision change nothing at the door
			t.Fatalf("a decision binds, and %d leaves say what it restricts, want 1", len(had))
		}
		var said []byte
		if err := tx.QueryRow(`SELECT value FROM ledger_opening WHERE id = $1 AND name = 'content'`,
			had[len(had)-1].ID).Scan(&said); err != nil {
			return err
		}
		if string(said) != string(now) || len(ds) == 0 {
			t.Errorf("the last restriction in the ledger is %s, the decision restricts %s", said, now)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// lifeWalk is a desk whose clock the test moves.
type lifeWalk struct {
	*casefile.Desk
	t   *testing.T
	ctx context.Context
	now time.Time
}

func lifeHand(r casefile.Role) casefile.Actor {
	return casefile.Actor{ID: string(r), Name: string(r), Roles: []casefile.Role{r}}
}

func (w *lifeWalk) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// decide opens a case on a finding, hears the party, proposes, and has a second person approve.
func (w *lifeWalk) decide(run string, f finding.Finding) casefile.ID {
	w.t.Helper()
	ctx, intake, investigator, reviewer := w.ctx, lifeHand(casefile.Intake), lifeHand(casefile.Investigator),
		lifeHand(casefile.Reviewer)
	c, err := w.Open(ctx, intake, casefile.Opening{Title: "Speech services far beyond contract", Party: f.Subject.Party,
		PartyName: f.Subject.Name,
		Trigger:   casefile.Trigger{Kind: "review", Who: "plimsoll review", Text: f.Sentence},
		Findings:  []casefile.FindingRef{{Run: run, ID: string(f.ID)}}})
	w.must(err)
	w.must(w.Triage(ctx, intake, c.ID, 0, "high", casefile.Triage{Scale: "large", Scope: "many",
		Irremediability: "hard", Likelihood: "likely", Urgency: "soon", Outcome: "open",
		Reason: "bills and a published report agree"}))
	w.must(w.Assign(ctx, reviewer, c.ID, 0, string(casefile.Investigator)))
	w.must(w.SetDossier(ctx, investigator, c.ID, 0, casefile.Dossier{Hold: "bills of 2031 and 2032 frozen",
		Coverage: "18 months of bills; no purpose is on file",
		Scope:    casefile.Extent{Services: []string{"speech"}, Out: "storage and mail: no sign of harm"},
		Innocent: "court transcription: none is known", Remedy: "referral", Publication: "in 90 days"}))
	k, err := w.AddClaim(ctx, investigator, c.ID, casefile.Claim{Text: "The service transcribes intercepted calls.",
		Source: "The Harbour Post", Published: "2032-02-20", Origin: "harbour-1",
		Critical: true, Grades: []casefile.Grade{{Source: "B", Information: "2", Reason: "documents seen"}}})
	w.must(err)
	w.must(w.GradeClaim(ctx, reviewer, k.ID, casefile.Grade{Source: "B", Information: "2", Reason: "a second look"}))
	l, err := w.DraftLetter(ctx, investigator, c.ID, casefile.LetterDraft{To: "Office of the Director"})
	w.must(err)
	w.must(w.SendLetter(ctx, reviewer, l.ID, casefile.Sending{Proof: "registered mail"}))
	w.now = w.now.AddDate(0, 0, 9)
	w.must(w.RecordReply(ctx, investigator, l.ID, []casefile.Reply{{Claim: k.ID, Answer: "partly",
		Text: "We transcribe public hearings.", Effect: "none: hearings fill no 24 000 hours a month"}}))
	w.must(w.SetClaimStatus(ctx, investigator, k.ID, casefile.StatusChange{Status: casefile.Supported,
		Reason: "the bills agree with it"}))
	x, err := w.Propose(ctx, investigator, c.ID, casefile.Proposal{
		Service: "speech-to-text", Outcome: casefile.Suspend, Standard: casefile.ReasonableGrounds, Severity: "high",
		Scope: casefile.Scope{Party: f.Subject.Party, PartyName: f.Subject.Name, Capabilities: []string{"speech"},
			Actions: []string{"use", "renew"}, Descendants: true},
		Reasons: "Bills show 24 000 hours a month where the contract provides for storage.", Claims: []casefile.ID{
			k.ID},
		Rejected: []casefile.Option{{Outcome: casefile.Condition, Why: "no clause lets us check"}},
		Involved: "linked", Involving: "The body uses the service itself.",
		Leverage: "A request for an attestation was answered in part.",
		ExitHarm: "None for patients or emergency lines.", Narrowest: "Storage is not needed for the harm.",
		LegalAble: "The acceptable use clause allows it.", Notice: "The party, on the day.",
		Reversal: "A verified change of use.", Review: "2033-01-05"})
	w.must(err)
	w.must(w.Advance(ctx, reviewer, c.ID, 0, casefile.StageDecide, ""))
	if err := w.Approve(ctx, casefile.Actor{ID: "investigator", Name: "investigator", Roles: casefile.Roles}, x.ID,
		"mine"); err == nil {
		w.t.Error("a proposer approves his own proposal")
	}
	w.must(w.Approve(ctx, lifeHand(casefile.Approver), x.ID, "The grounds are reasonable."))
	return x.ID
}

// enforce has a third and a fourth person carry the decision out and check it.
func (w *lifeWalk) enforce(x casefile.ID) {
	w.t.Helper()
	w.now = w.now.AddDate(0, 0, 1)
	w.must(w.Execute(w.ctx, lifeHand(casefile.Executor), x, casefile.Execution{Done: true,
		Before: "speech on in 3 accounts", After: "speech off in 3 accounts"}))
	w.now = w.now.AddDate(0, 0, 7)
	w.must(w.Verify(w.ctx, lifeHand(casefile.Verifier), x, casefile.Check{Holds: true,
		Found: "No hour of speech since.", Evasion: "No like pattern in other accounts."}))
}

const doorToken = "a-token-of-the-gateway"

// openGatehouse opens the door of a server whose callers hold doorToken.
func openGatehouse(t *testing.T, db *store.Store, desk *casefile.Desk, dir string) *gatehouse.Gatehouse {
	t.Helper()
	tokens := filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(tokens, []byte("gateway "+doorToken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	g, err := gatehouse.New(t.Context(), gatehouse.Config{Reviews: db, Desk: desk, Dir: dir, Tokens: tokens,
		Origin: "http://127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() })
	return g
}

// askDoor shows what a gateway is told; the version, sum and age of the snapshot change from
// run to run and are left out.
func askDoor(t *testing.T, d *gatehouse.Gatehouse, question string) string {
	t.Helper()
	r := httptest.NewRequest("POST", "/access/v1/evaluation", strings.NewReader(question))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+doorToken)
	rec := httptest.NewRecorder()
	d.ServeHTTP(rec, r)
	var out struct {
		Decision bool           `json:"decision"`
		Context  map[string]any `json:"context"`
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &out); rec.Code != http.StatusOK || err != nil {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	if _, ok := out.Context["snapshot"]; !ok {
		t.Errorf("the answer does not say from which snapshot it is: %s", rec.Body)
	}
	delete(out.Context, "snapshot")
	delete(out.Context, "evaluation_id")
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(out); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// decisionReceipt writes the receipt of the approval, and what "plimsoll verify" says of it
// with the public key alone.
func decisionReceipt(t *testing.T, db *store.Store, log *ledger.Log, key *ledger.Key, x casefile.ID) string {
	t.Helper()
	var at []ledger.Position
	err := db.Read(t.Context(), func(tx *sql.Tx) (err error) {
		at, err = ledger.Find(t.Context(), tx, string(x[:strings.LastIndex(string(x), "-D")]), "")
		return err
	})
	if err != nil || len(at) == 0 {
		t.Fatalf("leaves of %s: %d, %v", x, len(at), err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "decision.tlog-proof")
	receipt := func(id string, show ...string) string {
		r, err := log.Receipt(t.Context(), id, show...)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, r.Encode(), 0o600); err != nil {
			t.Fatal(err)
		}
		out, code := runMain("verify", file, "--key", key.VKey())
		if code != exitDone {
			t.Fatalf("verify: exit %d: %s", code, out)
		}
		return changing.ReplaceAllString(strings.ReplaceAll(out, dir+"/", ""), "…")
	}
	for _, p := range at {
		if strings.Contains(receipt(p.ID, ledger.FieldRow), "Decided: suspend") {
			return receipt(p.ID, ledger.FieldSubject, ledger.FieldActor)
		}
	}
	t.Fatal("no leaf of the decision")
	return ""
}

// changing are the parts of an output that differ from run to run: hashes, ids, times of the clock.
var changing = regexp.MustCompile(`[0-9a-f]{16,}|plimsoll/[0-9a-f]+|20[0-9-]+T[0-9:.]+Z|root [A-Za-z0-9+/=]+`)
