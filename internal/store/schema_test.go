package store_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/store"
	"plimsoll/internal/store/storetest"
)

// golden compares with a file in this folder, or writes it when UPDATE is set.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; UPDATE=1 writes it):\n%s", file, diff)
	}
}

// TestSchemaSQLite keeps testdata/schema.sqlite.sql, which is for readers, as the
// migrations leave the database. The ledger keeps its own schema.
func TestSchemaSQLite(t *testing.T) {
	s := open(t, "sqlite:"+filepath.Join(t.TempDir(), "x.db"))
	golden(t, "testdata/schema.sqlite.sql", "-- What the migrations make, for readers; a test writes it (UPDATE=1).\n"+
		lines(t, s,
			`SELECT sql || ';' FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%' AND tbl_name NOT LIKE 'ledger%' ORDER BY tbl_name, type DESC, name`))
}

// TestSchemaPostgres does the same with columns, indexes and triggers as PostgreSQL names
// them: pg_dump's text changes with its version.
func TestSchemaPostgres(t *testing.T) {
	t.Parallel()
	s := open(t, storetest.Postgres(t).Schema(t))
	got := lines(t, s, `SELECT table_name || '.' || column_name || ' ' || data_type || coalesce(' collate ' || collation_name, '') || CASE WHEN is_nullable = 'NO' THEN ' not null' ELSE '' END || CASE WHEN is_identity = 'YES' THEN ' identity' ELSE '' END
		FROM information_schema.columns WHERE table_schema = current_schema() AND table_name NOT LIKE 'goose%' AND table_name NOT LIKE 'ledger%' ORDER BY table_name COLLATE "C", ordinal_position`) +
		lines(t, s, `SELECT replace(indexdef, schemaname || '.', '') || ';' FROM pg_indexes WHERE schemaname = current_schema() AND tablename NOT LIKE 'goose%' AND tablename NOT LIKE 'ledger%' ORDER BY tablename COLLATE "C", indexname COLLATE "C"`) +
		lines(t, s, `SELECT c.conrelid::regclass::text || ': ' || pg_get_constraintdef(c.oid) FROM pg_constraint c WHERE c.connamespace = current_schema()::regnamespace AND c.contype = 'f' ORDER BY c.conrelid::regclass::text COLLATE "C", c.conname COLLATE "C"`) +
		lines(t, s, `SELECT t.tgname || ' on ' || t.tgrelid::regclass::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace ORDER BY t.tgname COLLATE "C"`)
	golden(t, "testdata/schema.postgres.txt", "-- What the migrations make, for readers; a test writes it "+
		"(UPDATE=1).\n"+got)
}

func lines(t *testing.T, s *store.Store, query string) string {
	t.Helper()
	var b strings.Builder
	ctx := context.Background()
	err := s.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, query)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var x string
			if err := rows.Scan(&x); err != nil {
				return err
			}
			b.WriteString(x + "\n")
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestSameNumbers checks that both databases have the same migrations.
func TestSameNumbers(t *testing.T) {
	names := func(dir string) (out []string) {
		files, err := filepath.Glob(filepath.Join("migration", dir, "0*.sql"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			out = append(out, filepath.Base(f))
		}
		return out
	}
	if diff := cmp.Diff(names("sqlite"), names("postgres")); diff != "" {
		t.Errorf("sqlite and postgres differ:\n%s", diff)
	}
}
