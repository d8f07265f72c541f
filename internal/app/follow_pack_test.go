package app

import (
	"database/sql"
	"path/filepath"
	"testing"

	"plimsoll/internal/casefile"
	"plimsoll/internal/ledger"
	"plimsoll/internal/store"
)

// TestFollowStore checks that what the store itself writes (people, packs in use) is a leaf
// too, and that a pack which stays the same is recorded once. A pack may be called like a
// decision.
func TestFollowStore(t *testing.T) {
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "plimsoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.Follow = followCases
	one := store.PackUse{Name: "core", Version: "1", SHA256: "aa"}
	two := store.PackUse{Name: "core", Version: "2", SHA256: "bb"}
	for _, packs := range [][]store.PackUse{{one}, {one}, {two}, {two, {Name: "own-D1", Version: "1", SHA256: "cc"}},
		{one}} {
		if err := db.UsePacks(t.Context(), packs); err != nil {
			t.Fatal(err)
		}
	}
	p, err := db.CreatePerson(t.Context(), "", store.Person{Name: "Asha", Roles: []casefile.Role{casefile.Intake}})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Read(t.Context(), func(tx *sql.Tx) error {
		for subject, want := range map[string]int{"core": 3, "own-D1": 1} {
			had, err := ledger.Find(t.Context(), tx, subject, ledger.Pack)
			if err != nil || len(had) != want {
				t.Errorf("%d leaves of pack %s, want %d (%v)", len(had), subject, want, err)
			}
		}
		had, err := ledger.Find(t.Context(), tx, p.ID, "")
		if err != nil || len(had) == 0 {
			t.Errorf("a person was added and no leaf says so (%v)", err)
		}
		var without int
		err = tx.QueryRow(`SELECT count(*) FROM event e WHERE NOT EXISTS (SELECT 1 FROM ledger_leaf l WHERE l.source = 'event' AND l.source_key = CAST(e.seq AS TEXT))`).Scan(&without)
		if without > 0 {
			t.Errorf("%d events have no leaf", without)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
