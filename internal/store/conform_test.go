package store_test

import (
	"path/filepath"
	"testing"

	"plimsoll/internal/store"
	"plimsoll/internal/store/storetest"
)

func open(t testing.TB, address string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestSQLite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t testing.TB) *store.Store {
		return open(t, "sqlite:"+filepath.Join(t.TempDir(),
			"plimsoll.db"))
	})
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	server := storetest.Postgres(t)
	storetest.Run(t, func(t testing.TB) *store.Store { return open(t, server.Schema(t)) })
}
