// Package book holds the records of one run in a DuckDB file, so that memory does not grow
// with them: the register tables, the bills, and every distinct way in which they name a
// party.
//
// Invariants: a row is appended whole or not at all; what a source has no column for, and
// what was written in a cell and not understood, stays known (see [Book.Has], [Book.Doubted] and
// the column "lacks"); nothing here decides what a record means.
package book

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"hash/maphash"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	duckdb "github.com/duckdb/duckdb-go/v2"
)

// A Book is for one goroutine; only Close may come from another.
type Book struct {
	*Room     // of the records; it has no schema of its own
	connector *duckdb.Connector
	dir       string // removed by Close
	registers map[string]*register
	items     *Table
	others    *Table // parties of tenders
	unread    *Table // where parties of tenders may stand who are not told apart
	hidden    map[HiddenIn]int64
	// commitments are those that bills state; they name contracts and no party.
	commitments *Table
	seq         int64
	outOfRange  int // numbers too large for a column, read as absent

	mentions []mention
	// 128 bits of a key of refKey, which with the texts themselves would take half as much again
	byRef    map[[2]uint64]int32
	seeds    [2]maphash.Seed
	alones   map[string]bool // of names with nothing beside them
	keyBuf   []byte
	row      rowNames
	words    doubts
	respelt  []Respelt
	clashes  []Respelt // ids of several dealings that have no party in common
	torn     []Torn
	unplaced map[string]int64

	close sync.Once
}

// Open makes an empty book with its files under dir. memoryLimit is DuckDB's own ("1GB");
// what does not fit is spilled to dir.
func Open(ctx context.Context, dir, memoryLimit string) (*Book, error) {
	own, err := os.MkdirTemp(dir, "book-")
	if err != nil {
		return nil, fmt.Errorf("open book in %s: %w", dir, err)
	}
	// what holds for the database: DuckDB refuses another temp_directory, even the same, once it has spilled
	var set sync.Once
	connector, err := duckdb.NewConnector(filepath.Join(own, "book.duckdb"), func(x driver.ExecerContext) (err error) {
		set.Do(func() {
			err = execAll(ctx, x, "SET memory_limit = '"+quote(memoryLimit)+"'",
				"SET temp_directory = '"+quote(filepath.Join(own, "spill"))+"'",
				"SET preserve_insertion_order = false",
				fmt.Sprintf("SET threads = %d", threads()),
				// 16 MB by default: what is made of bills passes that with every table
				"SET checkpoint_threshold = '256MB'",
				"PRAGMA disable_checkpoint_on_shutdown") // the file is thrown away
		})
		if err != nil {
			return err
		}
		return execAll(ctx, x, "SET TimeZone = 'UTC'")
	})
	if err != nil {
		os.RemoveAll(own)
		return nil, fmt.Errorf("open book in %s: %w", dir, err)
	}
	b := &Book{connector: connector, dir: own, byRef: map[[2]uint64]int32{}, alones: map[string]bool{}, words: doubts{},
		seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, unplaced: map[string]int64{}}
	b.Room = &Room{book: b, db: sql.OpenDB(connector)}
	if err := b.create(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("create the tables of a book: %w", err), b.Close())
	}
	return b, nil
}

// querySides is how many queries a run has at work at a time: bills are read in pairs or more, tables are derived on
// two connections, and records are read while others are judged.
const querySides = 2

// threads is how many threads one query has. With as many as there are processors for each of two queries they wait for
// each other busily: on two processors a review took 40 s of processor time, with one thread a query 31 s (100,000
// engagements and
// 1,000,000 charges, other work running beside).
func threads() int { return max(1, runtime.GOMAXPROCS(0)/querySides) }

func execAll(ctx context.Context, x driver.ExecerContext, queries ...string) error {
	for _, q := range queries {
		if _, err := x.ExecContext(ctx, q, nil); err != nil {
			return err
		}
	}
	return nil
}

func quote(s string) string { return strings.ReplaceAll(s, "'", "''") }

// Close drops the book and its files.
func (b *Book) Close() error {
	var errs []error
	b.close.Do(func() {
		errs = append(errs, b.Room.Close(), os.RemoveAll(b.dir))
	})
	return errors.Join(errs...)
}

// Flush makes every record that was added visible to queries.
func (b *Book) Flush() error {
	for _, t := range b.tables {
		if err := t.flush(); err != nil {
			return err
		}
	}
	return nil
}

// OutOfRange returns how many numbers were too large for a column and are read as absent.
func (b *Book) OutOfRange() int { return b.outOfRange }
