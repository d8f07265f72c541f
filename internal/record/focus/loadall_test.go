package focus

import (
	"context"
	"database/sql"

	"plimsoll/internal/record"
	"plimsoll/internal/record/table"
)

// Load begins and finishes a load.
func Load(ctx context.Context, db *sql.DB, sources []record.Source, sink record.Sink) (map[int]record.Stats, error) {
	return LoadMapped(ctx, db, sources, nil, sink)
}

// LoadMapped is Load where some sources are mapped bills.
func LoadMapped(ctx context.Context, db *sql.DB, sources []record.Source, under map[int]table.Map, sink record.Sink) (
	map[int]record.Stats, error) {
	l, err := Begin(ctx, db, sources, under)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	return l.Finish(sink)
}
