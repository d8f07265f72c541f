package app

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestVerifyCustody changes, removes, adds and swaps rows of the custody log in the database of
// a data folder: verify names the row.
func TestVerifyCustody(t *testing.T) {
	data := t.TempDir()
	for _, name := range []string{"one.txt", "two.txt"} {
		in := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(in, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, out := plimsoll("evidence", "add", "--data", data, "--case", "C-1", "--actor", "asha", "--reason",
			"inquiry", in); code != 0 {
			t.Fatalf("add exits with %d: %s", code, out)
		}
	}
	path := filepath.Join(data, "plimsoll.db")
	key, err := os.ReadFile(filepath.Join(data, "ledger", "key"))
	if err != nil {
		t.Fatal(err)
	}
	check := func() (int, string) {
		return plimsoll("verify", filepath.Join(data, "ledger", "log"), "--key", strings.Fields(string(key))[1],
			"--database", "sqlite:"+path)
	}
	if code, out := check(); code != 0 {
		t.Fatalf("before any change: %d %s", code, out)
	}
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	// whoever owns the database can drop its guards
	for _, name := range []string{"custody_event_no_update", "custody_event_no_delete", "event_no_update"} {
		if _, err := db.Exec(`DROP TRIGGER ` + name); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ name, do, undo, where string }{
		{"actor", `UPDATE custody_event SET actor = 'nobody' WHERE seq = 1`,
			`UPDATE custody_event SET actor = 'asha' WHERE seq = 1`,
			"row C-1/000001 of table custody_event: column actor"},
		{"time", `UPDATE custody_event SET at = '2001-' || substr(at, 6) WHERE seq = 2`,
			`UPDATE custody_event SET at = substr(line, instr(line, '"time":"') + 8, 27) WHERE seq = 2`,
			"row C-1/000002 of table custody_event: column at"},
		{"line", `UPDATE custody_event SET line = replace(line, 'inquiry', 'nothing') WHERE seq = 1`,
			`UPDATE custody_event SET line = replace(line, 'nothing', 'inquiry') WHERE seq = 1`,
			"row C-1/000001 of table custody_event: column line"},
		{"gone", `UPDATE custody_event SET id = 'x' WHERE seq = 2`,
			`UPDATE custody_event SET id = 'C-1/000002' WHERE seq = 2`,
			"row C-1/000002 of table custody_event: it is gone"},
		{"swapped", `UPDATE custody_event SET id = 'y' WHERE seq = 1; UPDATE custody_event SET id = 'C-1/000001' WHERE seq = 2; UPDATE custody_event SET id = 'C-1/000002' WHERE seq = 1`,
			`UPDATE custody_event SET id = 'y' WHERE seq = 1; UPDATE custody_event SET id = 'C-1/000002' WHERE seq = 2; UPDATE custody_event SET id = 'C-1/000001' WHERE seq = 1`, "row C-1/000001 of table custody_event: column"},
		{"put in", `INSERT INTO custody_event VALUES ('C-1/000003', 'C-1', 3, 'x', 'x', 'delete', '', '{}')`,
			`DELETE FROM custody_event WHERE seq = 3`, "row C-1/000003 of table custody_event: no leaf"},
		{"event put in", `INSERT INTO event (seq, at, actor, kind, case_id, subject, party, text, body) VALUES (77, '', '', '', '', '', '', '', '')`, "", "row 77 of table event: no leaf"},
	} {
		if _, err := db.Exec(tt.do); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if code, out := check(); code != 1 || !strings.Contains(out, tt.where) {
			t.Errorf("%s: exit %d, want %q named:\n%s", tt.name, code, tt.where, out)
		}
		if _, err := db.Exec(tt.undo); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
	}
}
