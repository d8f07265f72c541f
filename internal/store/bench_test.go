package store_test

import (
	"path/filepath"
	"testing"

	"plimsoll/internal/casefile"
	"plimsoll/internal/finding"
	"plimsoll/internal/store"
	"plimsoll/internal/store/storetest"
)

const benchFindings = 100_000

// go test ./internal/store -run '^$' -bench Findings -benchtime 50x
func BenchmarkFindings(b *testing.B) {
	b.Run("db=sqlite", func(b *testing.B) { benchFind(b, "sqlite:"+filepath.Join(b.TempDir(), "bench.db")) })
	b.Run("db=postgres", func(b *testing.B) { benchFind(b, storetest.Postgres(b).Schema(b)) })
}

func benchFind(b *testing.B, address string) {
	s := open(b, address)
	run, _, err := s.SaveRun(b.Context(), "bench", storetest.WriteRun(b, benchFindings, 0))
	if err != nil {
		b.Fatal(err)
	}
	next, _, err := s.SaveRun(b.Context(), "bench", storetest.WriteRun(b, benchFindings, 1))
	if err != nil {
		b.Fatal(err)
	}
	for _, q := range []struct {
		name string
		q    store.FindingQuery
	}{
		{"first page", store.FindingQuery{}},
		{"by name", store.FindingQuery{Sort: "name"}},
		{"one flag", store.FindingQuery{Flags: []string{"RF-17"}}},
		{"low only", store.FindingQuery{Severity: []string{"low"}}},
		{"not computable by name", store.FindingQuery{States: []string{finding.NotComputable}, Sort: "name"}},
		{"text", store.FindingQuery{Text: "harbour 123"}},
		{"text without a hit", store.FindingQuery{Text: "nobody at all"}},
		{"party", store.FindingQuery{Party: "party-77"}},
	} {
		q.q.Run = run.ID
		b.Run("q="+q.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Findings(b.Context(), q.q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("q=page in the middle", func(b *testing.B) {
		p, err := s.Findings(b.Context(), store.FindingQuery{Run: run.ID, Limit: 1000})
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := s.Findings(b.Context(), store.FindingQuery{Run: run.ID, Cursor: p.Next}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("q=compare runs", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.CompareRuns(b.Context(), run.ID, next.ID, "", "", 50); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("q=party timeline", func(b *testing.B) {
		d := casefile.NewDesk(s)
		for b.Loop() {
			if _, err := s.Timeline(b.Context(), d, casefile.Actor{ID: "a", Roles: []casefile.Role{casefile.Auditor}},
				"party-77", s.Now()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// go test ./internal/store -run '^$' -bench Moves
func BenchmarkMoves(b *testing.B) {
	for _, db := range []struct {
		name string
		open func() *store.Store
	}{
		{"db=sqlite", func() *store.Store { return open(b, "sqlite:"+filepath.Join(b.TempDir(), "moves.db")) }},
		{"db=postgres", func() *store.Store { return open(b, storetest.Postgres(b).Schema(b)) }},
	} {
		b.Run(db.name, func(b *testing.B) {
			d := casefile.NewDesk(db.open())
			by := casefile.Actor{ID: "a", Roles: casefile.Roles}
			c, err := d.Open(b.Context(), by, casefile.Opening{Title: "t", Trigger: casefile.Trigger{Text: "x"}})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := d.Comment(b.Context(), by, c.ID, "a remark"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
