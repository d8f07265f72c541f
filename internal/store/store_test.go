package store_test

import (
	"path/filepath"
	"testing"

	"plimsoll/internal/casefile"
	"plimsoll/internal/store"
)

func TestOpen(t *testing.T) {
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "plimsoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	d := casefile.NewDesk(s)
	by := casefile.Actor{ID: "ada", Roles: []casefile.Role{casefile.Intake}}
	c, err := d.Open(t.Context(), by, casefile.Opening{Title: "Storage far beyond contract", Trigger: casefile.Trigger{Text: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	if c.ID != "C-0001" || c.Stage != casefile.StageIntake || len(c.Events) != 1 {
		t.Errorf("%+v", c)
	}
}
