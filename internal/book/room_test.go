package book

import (
	"database/sql"
	"errors"
	"testing"
)

// A table of a room hides that of the book, for queries of the room alone, and rows can be appended to it; also
// after the book has spilled to disk.
func TestRoom(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spill bool
	}{{"in memory", false}, {"after a spill", true}} {
		t.Run(tt.name, func(t *testing.T) {
			b, err := Open(t.Context(), t.TempDir(), "150MB")
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := b.Close(); err != nil {
					t.Error(err)
				}
			}()
			if tt.spill { // the text of 3,000,000 rows takes more than the limit
				const wide = "SELECT md5(range::VARCHAR) || repeat('x', 60) AS text FROM range(3000000) ORDER BY text"
				if err := b.Derive(t.Context(), "wide", wide); err != nil {
					t.Fatal(err)
				}
			}
			if err := b.Derive(t.Context(), "thing", "SELECT 1 AS n"); err != nil {
				t.Fatal(err)
			}
			if err := b.Derive(t.Context(), "other", "SELECT 7 AS n"); err != nil {
				t.Fatal(err)
			}
			r, err := b.OpenRoom(t.Context(), "asked")
			if err != nil {
				t.Fatal(err)
			}
			table, err := r.Create(t.Context(), "thing", struct{ N int64 }{})
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(table.Append(struct{ N int64 }{2}), table.Close()); err != nil {
				t.Fatal(err)
			}
			sum := func(each *Room, query string) (n int64) {
				t.Helper()
				if err := each.Each(t.Context(), "add up", query, func(rows *sql.Rows) error { return rows.Scan(&n) }); err != nil {
					t.Fatal(err)
				}
				return n
			}
			if got := sum(r, "SELECT sum(t.n) * 1000 + sum(o.n) * 100 + sum(m.n) FROM thing t, other o, main.thing m"); got != 2701 {
				t.Errorf("the room reads %d, want 2701", got)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			if got := sum(b.Room, "SELECT sum(n) FROM thing"); got != 1 {
				t.Errorf("the book reads %d, want 1", got)
			}
		})
	}
}
