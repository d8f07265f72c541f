package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"plimsoll/internal/engine"
	"plimsoll/internal/engine/enginetest"
)

// tablesIn lists the scratch tables of a schema.
func tablesIn(t *testing.T, e *engine.Engine, schema string) (out []string) {
	t.Helper()
	if _, err := e.Rows(context.Background(), "SELECT table_name FROM memory.information_schema.tables "+
		"WHERE table_schema = '"+schema+"' ORDER BY 1", func(row []string) error {
		if row == nil {
			out = nil
		} else if engine.IsScratch(row[0]) {
			out = append(out, row[0])
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func rowsOf(t *testing.T, s *engine.Scratch, query string) (out []string) {
	t.Helper()
	if err := s.Rows(t.Context(), query, func(row []string) error {
		if row == nil {
			out = nil
			return nil
		}
		out = append(out, strings.Join(row, "|"))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestEngineScratch makes, sends, reads and drops tables of a run, behind a proxy that cuts every connection after some
// answers.
func TestEngineScratch(t *testing.T) {
	host := enginetest.Host(t)
	direct := enginetest.Open(t, host, "memory", "scratch")
	for _, tt := range []struct {
		name string
		cut  func(n int64) int64
	}{
		{"whole", func(int64) int64 { return -1 }},
		{"cut now and then", func(n int64) int64 { return 6_000 + 900*(n%7) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := enginetest.NewProxy(t, host, tt.cut)
			e, err := engine.Open(t.Context(), enginetest.Address(p.Host, "memory", "scratch"), engine.Credentials{})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			s, err := e.Scratch(t.Context(), "memory", "scratch", time.Now())
			if err != nil {
				t.Fatal(err)
			}
			odd := []any{"it's", "a \"b\" \\ c", "line\none\x1d\x1e\x1f\t", "", nil, "ð你\u2028", "'); DROP TABLE x; --",
				strings.Repeat("x", 3000)}
			const more = 3000
			calls := 0
			n, err := s.Send(t.Context(), "cell", []engine.ScratchColumn{{Name: "n", Type: "BIGINT"},
				{Name: "text", Type: "VARCHAR"}, {Name: "d", Type: "DOUBLE"}}, func(yield func([]any) error) error {
				calls++
				for i := range more {
					if err := yield([]any{int64(i), odd[i%len(odd)], float64(i) / 3}); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil || n != more || s.Sent.Load() != more {
				t.Fatalf("sent %d, %d: %v", n, s.Sent.Load(), err)
			}
			if err := s.Make(t.Context(), "sum", "SELECT count(*) AS n, count(DISTINCT n) AS m, count(text) AS texts, "+
				"round(sum(d)) AS d FROM cell"); err != nil {
				t.Fatal(err)
			}
			want := fmt.Sprintf("%d|%d|%d|1.4995E6", more, more, more-more/len(odd))
			got := rowsOf(t, s, "SELECT n, m, texts, CAST(d AS VARCHAR) FROM sum")
			if !slices.Equal(got, []string{want}) {
				t.Errorf("%q, want %q", got, want)
			}
			for i, cell := range odd {
				if cell == nil {
					continue
				}
				if got := rowsOf(t, s, fmt.Sprintf("SELECT text FROM cell WHERE n = %d", i)); got[0] != cell {
					t.Errorf("%q came back as %q", cell, got[0])
				}
			}
			if err := s.Make(t.Context(), "broken", "SELECT 1 / (n - n) AS x FROM sum"); !errors.Is(err,
				engine.ErrRefused) || !strings.Contains(err.Error(), "make table broken in the engine") {
				t.Errorf("a division by zero: %v", err)
			}
			mine := errors.New("the book is gone")
			if _, err := s.Send(t.Context(), "never", []engine.ScratchColumn{{Name: "x", Type: "BIGINT"}},
				func(func([]any) error) error { return mine }); !errors.Is(err, mine) {
				t.Errorf("rows that fail: %v", err)
			}
			if err := s.Drop(t.Context()); err != nil {
				t.Error(err)
			}
			if left := tablesIn(t, direct, "scratch"); len(left) > 0 {
				t.Errorf("left: %q", left)
			}
			t.Logf("%d connections, rows handed on %d times", p.Conns.Load(), calls)
		})
	}
}

// TestEngineScratchLeft: what a run that was stopped left is dropped after two days and named before; a schema without
// tables of others' making is not touched.
func TestEngineScratchLeft(t *testing.T) {
	host := enginetest.Host(t)
	e := enginetest.Open(t, host, "memory", "scratch_left")
	now := time.Now()
	old := fmt.Sprintf("plimsoll_run_%08x_00ab_usage", now.Add(-49*time.Hour).Unix())
	late := fmt.Sprintf("plimsoll_run_%08x_00ab_usage_2", now.Add(-time.Hour).Unix())
	other := "plimsoll_run_of_others"
	for _, table := range []string{old, late, other} {
		enginetest.Do(t, e, "CREATE TABLE IF NOT EXISTS "+table+" (x BIGINT)")
		t.Cleanup(func() { enginetest.Do(t, e, "DROP TABLE IF EXISTS "+table) })
	}
	s, err := e.Scratch(t.Context(), "memory", "scratch_left", now)
	if err != nil {
		t.Fatal(err)
	}
	dropped, named, err := s.Leftovers(t.Context(), now)
	if err != nil || !slices.Equal(dropped, []string{old}) || !slices.Equal(named, []string{late}) {
		t.Errorf("dropped %q, named %q: %v", dropped, named, err)
	}
	if left := tablesIn(t, e, "scratch_left"); !slices.Equal(left, []string{late}) {
		t.Errorf("left: %q", left)
	}
	if _, err := e.Scratch(t.Context(), "tpch", "tiny", now); !errors.Is(err, engine.ErrReadOnly) {
		t.Errorf("a catalog that is read only: %v", err)
	}
}

// TestEngineScratchGone: tables that cannot be dropped are named.
func TestEngineScratchGone(t *testing.T) {
	host := enginetest.Host(t)
	direct := enginetest.Open(t, host, "memory", "scratch_gone")
	engine.Impatient(t)
	var gone atomic.Bool
	p := enginetest.NewProxy(t, host, func(int64) int64 {
		if gone.Load() {
			return 0
		}
		return -1
	})
	e, err := engine.Open(t.Context(), enginetest.Address(p.Host, "memory", "scratch_gone"), engine.Credentials{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	engine.Hurry(e)
	s, err := e.Scratch(t.Context(), "memory", "scratch_gone", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Make(t.Context(), "one", "SELECT 1 AS x"); err != nil {
		t.Fatal(err)
	}
	gone.Store(true)
	p.CutAll()
	err = s.Drop(t.Context())
	left := tablesIn(t, direct, "scratch_gone")
	if err == nil || len(left) != 1 || !strings.Contains(err.Error(), left[0]) || !strings.Contains(err.Error(),
		"scratch tables are left in memory.scratch_gone") {
		t.Errorf("left %q: %v", left, err)
	}
	for _, table := range left {
		enginetest.Do(t, direct, "DROP TABLE "+table)
	}
}
