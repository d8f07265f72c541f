package book

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"

	duckdb "github.com/duckdb/duckdb-go/v2"
)

// A Room is a schema of the book's database. A table that is made in a room hides the table of that name in the
// book itself, and only for queries of the room.
type Room struct {
	book   *Book
	db     *sql.DB
	schema string
	conn   *sql.Conn // of the appenders
	tables []*Table

	mu      sync.Mutex // guards derived; nobody blocks under it
	derived []Derived
}

// OpenRoom makes an empty room, in place of one of that name. The book must be complete. It is to be closed before
// the book.
func (b *Book) OpenRoom(ctx context.Context, name string) (*Room, error) {
	for _, q := range []string{"DROP SCHEMA IF EXISTS " + name + " CASCADE", "CREATE SCHEMA " + name} {
		if _, err := b.db.ExecContext(ctx, q); err != nil {
			return nil, fmt.Errorf("make a room in the book: %w", err)
		}
	}
	return &Room{book: b, schema: name, db: sql.OpenDB(inSchema{b.connector, name})}, nil
}

// DB returns the database as queries of the room find it.
func (r *Room) DB() *sql.DB { return r.db }

// Close ends the room. Its tables stay until the book is closed or a room of that name is made.
func (r *Room) Close() error {
	var errs []error
	for _, t := range r.tables {
		errs = append(errs, t.Close())
	}
	if r.conn != nil {
		errs = append(errs, r.conn.Close())
	}
	return errors.Join(append(errs, r.db.Close())...)
}

// inSchema makes connections that look for a table in a schema first, then in the book itself.
type inSchema struct {
	driver.Connector
	schema string
}

func (c inSchema) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil || c.schema == "" {
		return conn, err
	}
	if _, err := conn.(*duckdb.Conn).ExecContext(ctx, "SET search_path = '"+c.schema+",main'", nil); err != nil {
		return nil, errors.Join(fmt.Errorf("enter a room of the book: %w", err), conn.Close())
	}
	return conn, nil
}
