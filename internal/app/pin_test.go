package app

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/docket"
	"plimsoll/internal/ledger/verify"
	"plimsoll/internal/notice"
	"plimsoll/internal/notice/noticetest"
	"plimsoll/internal/obligation"
	"plimsoll/internal/publication"
	"plimsoll/internal/review"
	"plimsoll/internal/store"
	"plimsoll/internal/store/storetest"
)

// publishAll publishes what waits in the ledger of a folder.
func publishAll(t *testing.T, db *store.Store, dir string) {
	t.Helper()
	seq, _, _, err := openLedger(t.Context(), db, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer seq.Close()
	for {
		if n, err := seq.Step(t.Context()); err != nil {
			t.Fatal(err)
		} else if n == 0 {
			return
		}
	}
}

// unpinned are the tables whose rows no leaf of their own holds, each with the reason.
var unpinned = map[string]string{
	"counter":        "the next number of a case: numbers of cases are unique",
	"request":        "keys of requests that were answered, forgotten after a month",
	"evidence_check": "what a check found, and the next one finds again",
	"factor_flow":    "the challenge of a security key for ten minutes: it opens nothing without the key's answer",
	"access_head":    "the version of the newest snapshot, which is signed with the door's key",
	"run":            "reviews: a leaf holds each when it is stored, with the sums of its files",
	"finding":        "reviews: in findings.jsonl, whose sum the event of the review holds",
	"finding_text":   "reviews: in findings.jsonl, whose sum the event of the review holds",
	"facet":          "reviews: counted from the findings",
	"run_party":      "reviews: counted from the findings",
	"notice":         "where a notice stands with its sender: each step is an event, its words are in notice_text",
	"notice_case":    "in which cases a notice lies: each step is an event",
	"notice_file":    "what the words of a notice say of its files, in notice_text, whose leaf holds it",
	"notice_key":     "the secret of forms and codes, and public halves of keys, of which each change is a leaf",
	"notice_mark":    "keyed marks by which notices that are alike are found",
	"notice_origin":  "slow hashes of codes: what a sender holds opens only what its code was given for",
}

// A pinDatabase is a database of which every row of a case is held by the ledger.
type pinDatabase struct {
	t       *testing.T
	store   *store.Store
	address string
	dir     string
	desk    *casefile.Desk
	raw     *sql.DB // past the program
}

func newPinDatabase(t *testing.T, address string) *pinDatabase {
	db, err := store.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	p := &pinDatabase{t: t, store: db, address: address, dir: filepath.Join(t.TempDir(), "ledger")}
	p.desk = casefile.NewDesk(db)
	p.desk.Follow = followCases
	db.Follow = followCases
	if path, lite := strings.CutPrefix(address, "sqlite:"); lite {
		p.raw, err = sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(10000)&_pragma=foreign_keys(0)")
	} else {
		p.raw, err = sql.Open("pgx", address)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.raw.Close() })
	p.raw.SetMaxOpenConns(1)
	return p
}

// pinAll is the start of a server: the key of its ledger, and the rows that it holds from then on.
func (p *pinDatabase) pinAll() error {
	_, _, key, err := openLedger(p.t.Context(), p.store, p.dir, nil)
	if err != nil {
		return err
	}
	_, err = hold(p.t.Context(), p.store, key, p.dir)
	return err
}

func (p *pinDatabase) lite() bool { return strings.HasPrefix(p.address, "sqlite:") }

func (p *pinDatabase) exec(query string) {
	p.t.Helper()
	if _, err := p.raw.ExecContext(p.t.Context(), query); err != nil {
		p.t.Fatalf("%s: %v", query, err)
	}
}

// column reads one column of text.
func (p *pinDatabase) column(query string) (out []string) {
	p.t.Helper()
	rows, err := p.raw.QueryContext(p.t.Context(), query)
	if err != nil {
		p.t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			p.t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

// open drops what guards tables, as whoever owns the database can.
func (p *pinDatabase) open() {
	if !p.lite() {
		p.exec(`SET session_replication_role = replica`)
		return
	}
	for _, name := range p.column(`SELECT name FROM sqlite_master WHERE type = 'trigger'`) {
		p.exec(`DROP TRIGGER ` + name)
	}
}

// check verifies the log and the database, and returns what is wrong.
func (p *pinDatabase) check() string {
	p.t.Helper()
	publishAll(p.t, p.store, p.dir)
	f := verifyFlags{key: strings.Fields(keptAt(p.t, p.dir, "key"))[1], database: p.address}
	dir := filepath.Join(p.dir, "log")
	keys, err := verifyKeys(streams{}, dir, f)
	var rep *verify.Report
	if err == nil {
		rep, err = verifyLog(p.t.Context(), dir, keys, f, nil)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	var b strings.Builder
	for _, x := range rep.Problems {
		fmt.Fprintln(&b, x)
	}
	return b.String()
}

// fill writes rows into every table of cases, by the moves that do.
func (p *pinDatabase) fill() {
	t, ctx, d, hand := p.t, p.t.Context(), p.desk, storetest.Hand
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	run, _, err := p.store.SaveRun(ctx, "", storetest.WriteRun(t, 30, 0))
	must("store a review", err)
	must("calendar", d.SetCalendar(ctx, hand(casefile.Admin), casefile.Calendar{Holidays: map[string]string{
		"2031-12-25": "a feast"}}))
	x := storetest.Decided(t, d, false)
	must("assign", d.Assign(ctx, hand(casefile.Reviewer), x.Case, 0, "ada"))
	must("restrict", d.Restrict(ctx, hand(casefile.Reviewer), x.Case, 0, true, []string{"approver", "investigator"},
		"a source is at risk"))
	_, err = d.Case(ctx, hand(casefile.Reviewer), x.Case) // is logged
	must("read", err)
	must("open again to all", d.Restrict(ctx, hand(casefile.Reviewer), x.Case, 0, false, nil, "it is over"))
	must("label", d.Label(ctx, hand(casefile.Reviewer), x.Case, []string{"cameras", "gone"}, nil))
	must("label", d.Label(ctx, hand(casefile.Reviewer), x.Case, nil, []string{"gone"}))
	must("finding", d.LinkFinding(ctx, hand(casefile.Reviewer), x.Case, casefile.FindingRef{Run: run.ID,
		ID: storetest.Finding(0, 30).ID}))
	must("declare", d.DeclareConflict(ctx, hand(casefile.Publisher), x.Case, "a cousin works there", false))
	other, err := d.Open(ctx, hand(casefile.Intake), casefile.Opening{Title: "Another", Trigger: casefile.Trigger{
		Kind: "press", Text: "It is said."}})
	must("open", err)
	must("relate", d.Relate(ctx, hand(casefile.Reviewer), x.Case, other.ID, "follows", "n"))
	_, err = d.Appeal(ctx, hand(casefile.Intake), casefile.Appeal{Decision: x.ID, By: "named_party",
		Who: "Office of the Director", Grounds: "The figures are those of another unit."})
	must("appeal", err)
	c, err := d.Case(ctx, hand(casefile.Auditor), x.Case)
	must("read", err)
	must("original", p.store.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec(`INSERT INTO evidence_item (case_id, sha256, place, kept, body)
			VALUES ($1, 'abc', 1, TRUE, '{"names":["bill.pdf"]}')`, string(x.Case)); err != nil {
			return err
		}
		return d.Hold(ctx, tx, "evidence_item", "ada", string(x.Case), "abc")
	}))
	must("cite", d.Cite(ctx, hand(casefile.Investigator), c.Claims[0].ID, "abc", "page 3"))
	must("close", d.Triage(ctx, hand(casefile.Intake), other.ID, 0, casefile.Low, casefile.Triage{Scale: "x",
		Scope: "x", Irremediability: "x", Likelihood: "x", Outcome: "close", Reason: "no ground"}))
	must("seed", p.seed())
	p.demands()
	must("publish", p.publication())
	must("people", p.people())
	p.notices()
}

// people has somebody in every table about people.
func (p *pinDatabase) people() error {
	ctx, s := p.t.Context(), p.store
	_, _, err := s.FirstLink(ctx, time.Hour)
	if err != nil {
		return err
	}
	ada, err := s.CreatePerson(ctx, "", store.Person{ID: "ada", Name: "Ada Moss", Email: "ada@example.com",
		Roles: []casefile.Role{casefile.Approver, casefile.Reviewer}})
	if err != nil {
		return err
	}
	_, err = s.NewSession(ctx, ada.ID, "link", time.Hour)
	if err == nil {
		_, _, err = s.NewToken(ctx, ada.Actor(), "a script", []string{"read"}, time.Now().Add(24*time.Hour))
	}
	if err == nil {
		_, err = s.Second(ctx, "erase", "x", "", ada.ID, "a reason", nil)
	}
	return errors.Join(err, s.LinkIdentity(ctx, "", ada.ID, "https://id.example.com/a", "ada/1"),
		s.EnrolKey(ctx, store.SecurityKey{ID: "k1", Person: ada.ID, Name: "blue", Body: "{}"}))
}

// publication proposes one about the demand that was answered.
func (p *pinDatabase) publication() error {
	_, err := publication.NewDesk(p.desk).Propose(p.t.Context(), storetest.Hand(casefile.Publisher), publication.Draft{
		Kind: publication.OfDemand, Subject: "stop", Language: "en", Title: "What was asked",
		Summary: "Deliveries ended."})
	return err
}

// notices takes one in, answers it, and unseals a file of it.
func (p *pinDatabase) notices() {
	t, ctx, hand := p.t, p.t.Context(), storetest.Hand
	box := noticetest.Prepare(t, p.store, t.TempDir(), func(c *notice.Config) { c.Pin = p.store.Pin }).Box
	out, err := noticetest.Send(ctx, box, "", box.Form(), "what", "A ship was loaded at night.", "contact", "sealed",
		"reach", "a post box", "file", []byte("a list of pallets"))
	if err == nil {
		err = errors.Join(box.Reply(ctx, hand(casefile.Intake), out.ID, "Thank you."),
			box.Ask(ctx, hand(casefile.Intake), out.ID, "file-1", "to look at it"))
	}
	if err != nil {
		t.Fatalf("a notice: %v", err)
	}
}

// seed writes a seed of second looks as a clearance does.
func (p *pinDatabase) seed() error {
	return p.store.Write(p.t.Context(), func(tx *sql.Tx) error {
		if _, err := tx.Exec(`INSERT INTO audit_seed (period, seed, made, shown)
			VALUES ('2026-01', 'ab', '', '')`); err != nil {
			return err
		}
		return p.desk.Hold(p.t.Context(), tx, "audit_seed", "clock", "2026-01")
	})
}

// demands stores a review that holds a demand, and answers it.
func (p *pinDatabase) demands() {
	t := p.t
	line := obligation.Line{Demand: "stop", Due: "2026-06-01", Status: obligation.Overdue, Of: obligation.OfCompanies,
		Text: "A report by June", Issuer: "The council", Instrument: "Resolution 1"}
	b, err := json.Marshal(map[string]any{"as_of": "2026-07-01", "tool": map[string]string{"version": "t"},
		"demands": review.Demands{Standing: []review.DemandLine{{Line: line, Concerns: 1}},
			Lines: []review.Touched{{Demand: "stop", Engagement: "E-1", Party: "party-1"}}}})
	dir := t.TempDir()
	err = errors.Join(err, os.WriteFile(filepath.Join(dir, "review.json"), b, 0o644),
		os.WriteFile(filepath.Join(dir, "findings.jsonl"), nil, 0o644))
	if err == nil {
		_, _, err = p.store.SaveRun(t.Context(), "", dir)
	}
	if err == nil {
		_, err = docket.New(p.desk).Answer(t.Context(), storetest.Hand(casefile.Reviewer), docket.Answer{Demand: "stop",
			By: "the company", Acted: obligation.Done, Text: "The deliveries ended.",
			Date: time.Now().UTC().Format(time.DateOnly), Publisher: "its register"})
	}
	if err != nil {
		t.Fatalf("answer a demand: %v", err)
	}
}

// columnsIn lists the columns of a table with their types, without those that the database makes.
func (p *pinDatabase) columnsIn(table string) [][2]string {
	query := `SELECT name || ' ' || lower(type) FROM pragma_table_xinfo('` + table + `') WHERE hidden = 0`
	if !p.lite() {
		query = `SELECT column_name || ' ' || data_type FROM information_schema.columns
			WHERE table_schema = current_schema() AND is_generated = 'NEVER' AND table_name = '` + table +
			`' ORDER BY ordinal_position`
	}
	var out [][2]string
	for _, s := range p.column(query) {
		name, kind, _ := strings.Cut(s, " ")
		out = append(out, [2]string{name, kind})
	}
	return out
}

// other is another value of a column, as SQL.
func other(name, kind string) string {
	switch {
	case strings.Contains(kind, "bool"):
		return "NOT " + name
	case strings.Contains(kind, "int"):
		return name + " + 7000"
	}
	return name + " || 'x'"
}

// rowOfTable names one row of a table.
func rowOfTable(t casefile.PinnedTable) string {
	return t.Key + ` = (SELECT max(` + t.Key + `) FROM ` + t.Name + `)`
}

func onBothDatabases(t *testing.T, do func(t *testing.T, p *pinDatabase)) {
	t.Run("sqlite", func(t *testing.T) {
		do(t, newPinDatabase(t, "sqlite:"+filepath.Join(t.TempDir(), "plimsoll.db")))
	})
	t.Run("postgres", func(t *testing.T) { do(t, newPinDatabase(t, storetest.Postgres(t).Database(t))) })
}

// TestPinnedTables: each column of each table of a case is held by a leaf, whether the row was recorded as it was
// written or at the first start on a database of an earlier version. A row that somebody changes, takes out or puts in
// is found by verify. Tables and columns are those that the database has: a new one that is forgotten fails here.
func TestPinnedTables(t *testing.T) {
	for name, later := range map[string]bool{"as written": false, "at the first start": true} {
		t.Run(name, func(t *testing.T) {
			onBothDatabases(t, func(t *testing.T, p *pinDatabase) {
				if !later {
					if err := p.pinAll(); err != nil {
						t.Fatal(err)
					}
					p.desk.Pin = p.store.Pin
				}
				p.fill()
				if later {
					if err := p.pinAll(); err != nil {
						t.Fatal(err)
					}
				}
				if wrong := p.check(); wrong != "" {
					t.Fatalf("before any change:\n%s", wrong)
				}
				p.everyTableKnown()
				if later && !p.lite() {
					return // the same leaves
				}
				p.open()
				for _, table := range casefile.PinnedTables {
					t.Run(table.Name, func(t *testing.T) { p.tamper(t, table) })
				}
				for _, c := range followed {
					if c.Table != "custody_event" { // of the folder of evidence: TestTamperedLog, TestVerifyCustody
						t.Run(c.Table, func(t *testing.T) { p.tamper(t, p.followedTable(c)) })
					}
				}
				t.Run("swapped", p.swapped)
				if wrong := p.check(); wrong != "" {
					t.Errorf("after all was put back:\n%s", wrong)
				}
			})
		})
	}
}

// everyTableKnown compares the tables of the database with those that are held and those that need not be.
func (p *pinDatabase) everyTableKnown() {
	query := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'`
	if !p.lite() {
		query = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()`
	}
	seen := map[string]bool{}
	for _, name := range p.column(query) {
		pinned := func(t casefile.PinnedTable) bool { return t.Name == name }
		if strings.HasPrefix(name, "ledger_") || strings.HasPrefix(name, "goose") {
			continue // the record itself, and which migrations ran
		}
		seen[name] = true
		held := slices.ContainsFunc(casefile.PinnedTables, pinned) ||
			slices.ContainsFunc(followed, func(c verify.Cover) bool { return c.Table == name })
		if _, known := unpinned[name]; known == held {
			p.t.Errorf("table %s is to be held by the ledger, or to stand in the list of those that are not", name)
		}
	}
	for name := range unpinned {
		if !seen[name] {
			p.t.Errorf("the list of tables that are not held has %s, which the database does not", name)
		}
	}
}

// followedTable is a table of which the rows never change, with the columns that its leaves hold.
func (p *pinDatabase) followedTable(c verify.Cover) casefile.PinnedTable {
	t := casefile.PinnedTable{Name: c.Table, Key: c.Key}
	for _, x := range p.columnsIn(c.Table) {
		switch {
		case x[0] == c.Key:
		case x[0] == "sealed": // the key that the words lie under; the leaf holds the words
			t.Free = append(t.Free, x[0])
		default:
			t.Columns = append(t.Columns, x[0])
		}
	}
	return t
}

// swapped has two rows of each table say what the other one did.
func (p *pinDatabase) swapped(t *testing.T) {
	for _, table := range casefile.PinnedTables {
		last := table.Columns[len(table.Columns)-1]
		keys := p.column(`SELECT CAST(` + table.Key + ` AS TEXT) FROM ` + table.Name + ` ORDER BY ` + table.Key)
		values := p.column(`SELECT CAST(` + last + ` AS TEXT) FROM ` + table.Name + ` ORDER BY ` + table.Key)
		i := slices.IndexFunc(values, func(v string) bool { return v != values[0] })
		if table.Key == "pin" || i < 0 { // the key names all of it, or all rows say the same
			continue
		}
		swap := func() {
			a, b := keyIs(table, keys[0]), keyIs(table, keys[i])
			p.exec(`CREATE TABLE was AS SELECT ` + last + ` AS v FROM ` + table.Name + ` WHERE ` + a)
			p.exec(`UPDATE ` + table.Name + ` SET ` + last + ` = (SELECT ` + last + ` FROM ` + table.Name + ` WHERE ` + b +
				`) WHERE ` + a)
			p.exec(`UPDATE ` + table.Name + ` SET ` + last + ` = (SELECT v FROM was) WHERE ` + b)
			p.exec(`DROP TABLE was`)
		}
		swap()
		wrong := p.check()
		for _, key := range []string{keys[0], keys[i]} {
			if want := "row " + key + " of table " + table.Name + ": column " + last; !strings.Contains(wrong, want) {
				t.Errorf("two rows were swapped: found %q, want %q", wrong, want)
			}
		}
		swap()
	}
}

// tamper changes each column of a row past the program, takes the row out, and puts another in.
func (p *pinDatabase) tamper(t *testing.T, table casefile.PinnedTable) {
	columns := p.columnsIn(table.Name)
	var names, others []string
	for _, c := range columns {
		names, others = append(names, c[0]), append(others, other(c[0], c[1]))
		if slices.Contains(table.Free, c[0]) {
			continue
		}
		if c[0] != table.Key && !slices.Contains(table.Columns, c[0]) {
			t.Errorf("no leaf holds the column %s", c[0])
		}
	}
	key := p.column(`SELECT CAST(max(` + table.Key + `) AS TEXT) FROM ` + table.Name + ` HAVING count(*) > 0`)
	if len(key) == 0 {
		t.Fatal("the case has no row of it")
	}
	row := "row " + key[0] + " of table " + table.Name + ": "
	want := func(what string, any ...string) {
		t.Helper()
		wrong := p.check()
		if !slices.ContainsFunc(any, func(s string) bool { return strings.Contains(wrong, s) }) {
			t.Errorf("%s: found %q, want one of %q", what, wrong, any)
		}
	}
	list, where := strings.Join(names, ", "), ` WHERE `+rowOfTable(table)
	p.exec(`CREATE TABLE was AS SELECT ` + list + ` FROM ` + table.Name + where)
	back := func(change string) {
		p.exec(change)
		p.exec(`INSERT INTO ` + table.Name + ` (` + list + `) SELECT ` + list + ` FROM was`)
	}
	is := ` WHERE ` + keyIs(table, key[0])
	for i, c := range columns {
		if slices.Contains(table.Free, c[0]) {
			continue
		}
		p.exec(`UPDATE ` + table.Name + ` SET ` + c[0] + ` = ` + others[i] + is)
		want("changed "+c[0], row+"column "+c[0]+" ", row+"it is gone")
		if c[0] != table.Key && !(table.Key == "pin" && i < 2) {
			p.exec(`UPDATE ` + table.Name + ` SET ` + c[0] + ` = (SELECT ` + c[0] + ` FROM was)` + is)
			continue
		}
		// the row has another key now
		moved := `SELECT ` + others[i] + ` FROM was`
		p.exec(`UPDATE ` + table.Name + ` SET ` + c[0] + ` = (SELECT ` + c[0] + ` FROM was) WHERE ` + c[0] + ` = (` +
			moved + `)`)
	}
	p.exec(`DELETE FROM ` + table.Name + is)
	want("taken out", row+"it is gone")
	p.exec(`INSERT INTO ` + table.Name + ` (` + list + `) SELECT ` + list + ` FROM was`)
	back(`UPDATE was SET ` + assign(names, others))
	want("put in", "of table "+table.Name+": no leaf of the log recorded it")
	for i, c := range names {
		is := c + ` = (SELECT ` + c + ` FROM was)`
		if i > 0 {
			is = ` AND ` + is
		}
		names[i] = is
	}
	p.exec(`DELETE FROM ` + table.Name + ` WHERE ` + strings.Join(names, ""))
	p.exec(`DROP TABLE was`)
}

func keyIs(t casefile.PinnedTable, key string) string {
	return `CAST(` + t.Key + ` AS TEXT) = '` + strings.ReplaceAll(key, `'`, `''`) + `'`
}

func assign(names, values []string) string {
	var out []string
	for i := range names {
		out = append(out, names[i]+" = "+values[i])
	}
	return strings.Join(out, ", ")
}

// TestChangedBeforeMove: what somebody changed, took out or put in past the program is named for good also when a move
// of the program writes the row again afterwards.
func TestChangedBeforeMove(t *testing.T) {
	for _, tt := range []struct{ name, do, want string }{
		{"changed", `UPDATE case_file SET title = 'Nothing' WHERE id = 'C-0001'`,
			"row C-0001 of table case_file: it had been changed past the program before leaf"},
		{"taken out", `DELETE FROM case_label`,
			"row C-0001/cameras of table case_label: it had been changed past the program"},
		{"put in", `INSERT INTO case_member (case_id, actor) VALUES ('C-0001', 'eve')`,
			"row C-0001/eve of table case_member: it had been changed past the program"},
		{"put in again", `INSERT INTO case_label (case_id, label) VALUES ('C-0001', 'gone')`,
			"row C-0001/gone of table case_label: it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onBothDatabases(t, func(t *testing.T, p *pinDatabase) {
				if err := p.pinAll(); err != nil {
					t.Fatal(err)
				}
				p.desk.Pin = p.store.Pin
				p.fill()
				p.open()
				p.exec(tt.do)
				by := storetest.Hand(casefile.Reviewer)
				if err := errors.Join(
					p.desk.Label(t.Context(), by, "C-0001", []string{"cameras", "gone"}, nil),
					p.desk.Restrict(t.Context(), by, "C-0001", 0, false, []string{"eve"}, "tidy up")); err != nil {
					t.Fatal(err)
				}
				if wrong := p.check(); !strings.Contains(wrong, tt.want) {
					t.Errorf("found %q, want %q", wrong, tt.want)
				}
			})
		})
	}
}

// TestPinsOnce: a row that was put in before a start is not taken for one of an earlier version.
func TestPinsOnce(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, p *pinDatabase) {
		for range 2 {
			if err := p.pinAll(); err != nil {
				t.Fatal(err)
			}
			p.exec(`INSERT INTO holiday (day, name) SELECT '2031-01-0' || (count(*) + 1), 'x' FROM holiday`)
		}
		wrong := p.check()
		for _, day := range []string{"2031-01-01", "2031-01-02"} {
			if !strings.Contains(wrong, "row "+day+" of table holiday: no leaf") {
				t.Errorf("%s was put in, and found is only %q", day, wrong)
			}
		}
	})
}
