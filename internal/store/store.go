// Package store is the system of record: one set of SQL on SQLite or PostgreSQL, for cases,
// people and runs.
//
// Invariants: the same SQL text runs on both databases, and one conformance suite
// (storetest) holds them to the same answers; what a Write acknowledged survives a kill, and
// what it did not acknowledge is absent as a whole; no column is NULL; texts sort by bytes;
// times are UTC. Migrations only go forward, with the same numbers on both.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the PostgreSQL driver
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the SQLite driver

	"plimsoll/internal/casefile"
	"plimsoll/internal/ledger"
)

//go:embed migration
var migrations embed.FS

// A Store is an open database. It may be used from many goroutines.
type Store struct {
	Now func() time.Time
	// Follow, when set, is called with every event that the store itself writes (people,
	// tokens, runs), inside its transaction; an error undoes it.
	Follow func(ctx context.Context, tx *sql.Tx, e casefile.Event) error

	// Pin, when set, has the ledger hold the rows about people, and says which of them count: what somebody put into
	// the
	// database past the program gives no power.
	Pin Pinner

	url      string
	postgres bool
	path     string        // of the SQLite file
	read     *sql.DB       // many connections
	write    *sql.DB       // SQLite: one connection; PostgreSQL: the same pool
	turn     chan struct{} // SQLite: one writer at a time, in the order of asking; held across a transaction
	// pages are the places for reading a page of findings on SQLite, whose readers only slow each
	// other down beyond one for each processor; nil on PostgreSQL. Exports, which last as long as
	// who takes them, need no place.
	pages chan struct{}

	mu    sync.Mutex           // guards after; held for map work only
	after map[*sql.Tx][]func() // what is to run once a transaction was kept
}

// A Pinner is a casefile.Pinner that compares all rows about people with the record, too.
type Pinner interface {
	casefile.Pinner
	// Differ says in words how the rows about people differ from what the record holds; none when they do not.
	Differ(ctx context.Context, tx *sql.Tx) ([]string, error)
	// Lost reports whether the record holds a row with a text in a column that the database lacks or says otherwise.
	Lost(ctx context.Context, tx *sql.Tx, t casefile.PinnedTable, column, text string) (bool, error)
}

// holding runs what writes rows of a table, and has the ledger hold them.
func (s *Store) holding(ctx context.Context, tx *sql.Tx, table, by string, rows casefile.Rows, do func() error) error {
	if s.Pin == nil {
		return do()
	}
	return casefile.Holding(ctx, tx, s.Pin, table, by, rows, do)
}

// writing is holding of one statement.
func (s *Store) writing(ctx context.Context, tx *sql.Tx, table, by string, rows casefile.Rows, query string,
	args ...any) error {
	return s.holding(ctx, tx, table, by, rows, func() error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	})
}

// held says for each row that a condition selects whether it counts.
func (s *Store) held(ctx context.Context, tx *sql.Tx, table, where string, args ...any) (func(key string) bool, error) {
	if s.Pin == nil {
		return func(string) bool { return true }, nil
	}
	rows, err := s.Pin.Held(ctx, tx, casefile.Pinned(table), where, args...)
	return func(key string) bool { return rows[key] }, err
}

// holds reports whether the ledger holds the row of a table that a key names; where the key stands is a condition on
// $1. Without pins it holds every row.
func (s *Store) holds(ctx context.Context, tx *sql.Tx, table, where, key string) (bool, error) {
	held, err := s.held(ctx, tx, table, where, key)
	return err == nil && held(key), err
}

// AfterCommit has do run once the transaction tx of a Write was kept, and not when it was undone.
// do must not block.
func (s *Store) AfterCommit(tx *sql.Tx, do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.after == nil {
		s.after = map[*sql.Tx][]func(){}
	}
	s.after[tx] = append(s.after[tx], do)
}

// ended forgets a transaction and gives what was to run after it.
func (s *Store) ended(tx *sql.Tx) []func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	do := s.after[tx]
	delete(s.after, tx)
	return do
}

// Open opens "sqlite:PATH" or "postgres://…" and brings it to the newest migration. Several
// programs may open one database at the same time, also a new one: they migrate in turn.
func Open(ctx context.Context, address string) (*Store, error) { return openAt(ctx, address, 0) }

func openAt(ctx context.Context, address string, version int64) (*Store, error) {
	s := &Store{Now: time.Now, url: address}
	switch {
	case strings.HasPrefix(address, "sqlite:"):
		s.path = strings.TrimPrefix(strings.TrimPrefix(address, "sqlite:"), "//")
		if s.path == "" {
			return nil, errors.New(`open database: "sqlite:" needs the path of a file`)
		}
		if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
			return nil, fmt.Errorf("open database: %w", err)
		}
	case strings.HasPrefix(address, "postgres://"), strings.HasPrefix(address, "postgresql://"):
		s.postgres = true
	default:
		return nil, errors.New(`open database: the address has to begin with "sqlite:" or "postgres://"`)
	}
	leave, err := s.enter(ctx)
	if err != nil {
		return nil, fmt.Errorf("open database %s: wait for others that open it: %w", s.name(), err)
	}
	defer leave()
	if err := s.connect(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("open database %s: %w", s.name(), err)
	}
	if err := s.migrate(ctx, version); err != nil {
		s.Close()
		return nil, fmt.Errorf("migrate database %s: %w", s.name(), err)
	}
	return s, nil
}

// doorTimeout is how long a program waits for others that are migrating the same database.
const doorTimeout = 2 * time.Minute

// advisoryLock is the first half of the key of our lock in PostgreSQL; the schema is the second.
const advisoryLock = 0x706c696d

// enter waits until nobody else opens the database, and gives the function that lets the next
// one in. The lock ends with the process however that ends: with SQLite it is a transaction
// on an empty file beside the database, since the database itself cannot be held while goose
// works on it; with PostgreSQL it is an advisory lock of a session.
func (s *Store) enter(ctx context.Context) (leave func(), err error) {
	driver, address := "pgx", s.url
	if !s.postgres {
		path := s.path + ".opening"
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, err
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
		driver, address = "sqlite", fmt.Sprintf("file:%s?_txlock=exclusive&_pragma=busy_timeout(%d)",
			(&url.URL{Path: path}).EscapedPath(), doorTimeout.Milliseconds())
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if s.postgres {
		timed, cancel := context.WithTimeout(ctx, doorTimeout)
		defer cancel()
		_, err = db.ExecContext(timed, `SELECT pg_advisory_lock($1, hashtext(current_schema()))`, advisoryLock)
		leave = func() { db.Close() }
	} else {
		var tx *sql.Tx
		tx, err = db.BeginTx(ctx, nil)
		leave = func() { tx.Rollback(); db.Close() }
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	return leave, nil
}

// name is the address without a password.
func (s *Store) name() string {
	if !s.postgres {
		return s.path
	}
	u, err := url.Parse(s.url)
	if err != nil {
		return "postgres"
	}
	return u.Redacted()
}

// connect opens the pools. SQLite: WAL, every commit synced to disk before it is
// acknowledged (synchronous=FULL), writers take their lock at the start, and what is
// erased or encrypted is overwritten (secure_delete).
func (s *Store) connect(ctx context.Context) (err error) {
	if s.postgres {
		if s.read, err = sql.Open("pgx", s.url); err != nil {
			return err
		}
		s.read.SetMaxOpenConns(16)
		s.read.SetMaxIdleConns(16)
		s.read.SetConnMaxIdleTime(5 * time.Minute)
		s.write = s.read
		return s.read.PingContext(ctx)
	}
	// Made here, so that nobody else can read it for a moment.
	f, err := os.OpenFile(s.path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Chmod(0o600), f.Close()); err != nil {
		return err
	}
	const pragmas = "_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)&_pragma=synchronous(FULL)&_pragma=cache_size(-32000)&_pragma=temp_store(MEMORY)&_pragma=analysis_limit(1000)"
	file := "file:" + (&url.URL{Path: s.path}).EscapedPath()
	if s.write, err = sql.Open("sqlite", file+"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=secure_delete(1)&"+
		pragmas); err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	if err := s.write.PingContext(ctx); err != nil {
		return err
	}
	if s.read, err = sql.Open("sqlite", file+"?_pragma=query_only(1)&"+pragmas); err != nil {
		return err
	}
	s.read.SetMaxOpenConns(8)
	s.read.SetMaxIdleConns(8)
	s.turn = make(chan struct{}, 1)
	s.pages = make(chan struct{}, max(2, runtime.GOMAXPROCS(0)))
	return s.read.PingContext(ctx)
}

// migrate brings the database to a migration; 0 is the newest.
func (s *Store) migrate(ctx context.Context, to int64) error {
	dialect, dir := goose.DialectSQLite3, "migration/sqlite"
	opts := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true), goose.WithAllowOutofOrder(true)}
	if s.postgres {
		dialect, dir = goose.DialectPostgres, "migration/postgres"
	}
	sub, err := fs.Sub(migrations, dir)
	if err != nil {
		return err
	}
	tables := ledger.Schema(s.Kind()) // belongs to the ledger, which keeps it
	opts = append(opts, goose.WithGoMigrations(goose.NewGoMigration(4, &goose.GoFunc{RunTx: func(ctx context.Context,
		tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, tables)
		return err
	}}, nil), goose.NewGoMigration(60, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, ledger.Sealing)
		return err
	}}, nil)))
	p, err := goose.NewProvider(dialect, s.write, sub, opts...)
	if err != nil {
		return err
	}
	if to > 0 {
		_, err = p.UpTo(ctx, to)
		return err
	}
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return err
	}
	sources := p.ListSources()
	if newest := sources[len(sources)-1].Version; have > newest {
		return fmt.Errorf("%w: it is at migration %d, this program knows %d", ErrNewer, have, newest)
	}
	_, err = p.Up(ctx)
	return err
}

// Newest is the number of the newest migration that this program knows.
func Newest() (int64, error) {
	files, err := migrations.ReadDir("migration/sqlite")
	if err != nil {
		return 0, err
	}
	var newest int64
	for _, f := range files {
		n, err := goose.NumericComponent(f.Name())
		if err != nil {
			return 0, fmt.Errorf("migration %s: %w", f.Name(), err)
		}
		newest = max(newest, n)
	}
	return newest, nil
}

// ErrNewer says that a newer program has migrated the database.
var ErrNewer = errors.New("the database belongs to a newer version of this program")

// Version is the number of the newest migration that the database has.
func (s *Store) Version(ctx context.Context) (n int64, err error) {
	err = s.Read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT max(version_id) FROM goose_db_version`).Scan(&n)
	})
	return n, err
}

// Close closes the database.
func (s *Store) Close() error {
	var errs []error
	if s.read != nil {
		errs = append(errs, s.read.Close())
	}
	if s.write != nil && s.write != s.read {
		errs = append(errs, s.write.Close())
	}
	return errors.Join(errs...)
}

// Kind says "sqlite" or "postgres".
func (s *Store) Kind() string {
	if s.postgres {
		return "postgres"
	}
	return "sqlite"
}

// Write runs do in one transaction that is durable when Write returns nil, and left no trace
// when it does not. PostgreSQL may ask for a repetition: do may run more than once.
func (s *Store) Write(ctx context.Context, do func(*sql.Tx) error) error {
	if s.turn != nil {
		select {
		case s.turn <- struct{}{}:
			defer func() { <-s.turn }()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for try := 0; ; try++ {
		err := s.once(ctx, do)
		if unreadable(err) {
			return casefile.ErrUnreadable
		}
		if err == nil || try == 9 || !repeatable(err) {
			return err
		}
		select {
		case <-time.After(time.Duration(try+1) * 5 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *Store) once(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback()
	defer s.ended(tx)
	if err := do(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	for _, f := range s.ended(tx) {
		f()
	}
	return nil
}

// repeatable says whether PostgreSQL gave a transaction up for the sake of another
// (serialization_failure, deadlock_detected).
func repeatable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// Read runs do in a transaction that sees one moment and changes nothing.
func (s *Store) Read(ctx context.Context, do func(*sql.Tx) error) error {
	o := &sql.TxOptions{ReadOnly: true}
	if s.postgres {
		o.Isolation = sql.LevelRepeatableRead
	}
	tx, err := s.read.BeginTx(ctx, o)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback()
	if err = do(tx); unreadable(err) {
		return casefile.ErrNotFound // what PostgreSQL cannot even compare with is not there
	}
	return err
}

// unreadable says whether PostgreSQL refused a text that it cannot hold
// (character_not_in_repertoire).
func unreadable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "22021"
}
