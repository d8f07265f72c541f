// Package ledgertest opens throw-away databases with the ledger's tables for tests: SQLite
// files, and a PostgreSQL of its own where its programs are installed.
//
// Invariants: a test that returns leaves nothing behind; the PostgreSQL server dies with
// the test process, however that ends.
package ledgertest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the PostgreSQL driver
	_ "modernc.org/sqlite"             // the SQLite driver

	"plimsoll/internal/ledger"
)

// A Store is a database with the ledger's tables; it satisfies ledger.Store.
type Store struct {
	DB   *sql.DB // for writing
	Kind string
	URL  string
	read *sql.DB
	turn chan struct{}
}

// Open opens "sqlite:PATH" or "postgres://…" without creating tables.
func Open(address string) (*Store, error) {
	s := &Store{URL: address, Kind: ledger.Postgres}
	path, lite := strings.CutPrefix(address, "sqlite:")
	var err error
	if !lite {
		if s.DB, err = sql.Open("pgx", address); err != nil {
			return nil, err
		}
		s.DB.SetMaxOpenConns(20)
		s.DB.SetMaxIdleConns(20)
		s.read = s.DB
		return s, s.DB.Ping()
	}
	s.Kind = ledger.SQLite
	file := "file:" + (&url.URL{Path: path}).EscapedPath() + "?_pragma=busy_timeout(10000)&_pragma=synchronous(FULL)"
	if s.DB, err = sql.Open("sqlite", file+"&_txlock=immediate&_pragma=journal_mode(WAL)"); err != nil {
		return nil, err
	}
	s.DB.SetMaxOpenConns(1)
	if err := s.DB.Ping(); err != nil {
		return nil, err
	}
	s.read, err = sql.Open("sqlite", file)
	s.turn = make(chan struct{}, 1)
	return s, err
}

// Create makes the ledger's tables, and one of a caller that leaves can pin.
func (s *Store) Create() error {
	_, err := s.DB.Exec(ledger.Schema(s.Kind) + ledger.Sealing + `;
CREATE TABLE case_note (id BIGINT NOT NULL PRIMARY KEY, case_id TEXT NOT NULL, text TEXT NOT NULL, weight BIGINT NOT NULL)`)
	return err
}

// Close closes the pools.
func (s *Store) Close() error {
	if s.read == s.DB {
		return s.DB.Close()
	}
	return errors.Join(s.read.Close(), s.DB.Close())
}

// Write satisfies ledger.Store.
func (s *Store) Write(ctx context.Context, do func(*sql.Tx) error) error {
	if s.turn != nil {
		s.turn <- struct{}{}
		defer func() { <-s.turn }()
	}
	for try := 0; ; try++ {
		err := once(ctx, s.DB, nil, do)
		var pg *pgconn.PgError
		if err == nil || try == 9 || !errors.As(err, &pg) || pg.Code != "40001" && pg.Code != "40P01" {
			return err
		}
	}
}

// Read satisfies ledger.Store.
func (s *Store) Read(ctx context.Context, do func(*sql.Tx) error) error {
	o := &sql.TxOptions{ReadOnly: true}
	if s.Kind == ledger.Postgres {
		o.Isolation = sql.LevelRepeatableRead
	}
	return once(ctx, s.read, o, do)
}

func once(ctx context.Context, db *sql.DB, o *sql.TxOptions, do func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, o)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// Each runs a test on SQLite and on PostgreSQL.
func Each(t *testing.T, do func(t *testing.T, s *Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { do(t, New(t, ledger.SQLite)) })
	t.Run("postgres", func(t *testing.T) { do(t, New(t, ledger.Postgres)) })
}

// New makes an empty database of a kind with the ledger's tables.
func New(t testing.TB, kind string) *Store {
	t.Helper()
	address := "sqlite:" + filepath.Join(t.TempDir(), "ledger.db")
	if kind == ledger.Postgres {
		address = Postgres(t)
	}
	s, err := Open(address)
	if err == nil {
		err = s.Create()
	}
	if err != nil {
		t.Fatalf("open %s: %v", kind, err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// Copy makes a second database that says what this one says now, as a backup would. The
// store stays open, on new connections.
func (s *Store) Copy(t testing.TB) *Store {
	t.Helper()
	var address string
	if s.Kind == ledger.SQLite {
		path := filepath.Join(t.TempDir(), "copy.db")
		if _, err := s.DB.Exec(`VACUUM INTO ` + "'" + path + "'"); err != nil {
			t.Fatal(err)
		}
		address = "sqlite:" + path
	} else {
		from, err := url.Parse(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		address = Postgres(t)
		to, _ := url.Parse(address)
		s.Close()
		db, err := sql.Open("pgx", cluster.url)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		name := strings.TrimPrefix(to.Path, "/")
		for _, q := range []string{"DROP DATABASE " + name, "CREATE DATABASE " + name + " TEMPLATE " +
			strings.TrimPrefix(from.Path, "/")} {
			if _, err := db.Exec(q); err != nil {
				t.Fatal(err)
			}
		}
		again, err := Open(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		s.DB, s.read = again.DB, again.read
	}
	c, err := Open(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

var cluster struct {
	once sync.Once
	url  string // of the database "postgres"
	err  error
	dir  string
	cmd  *exec.Cmd
	next atomic.Int64
}

// Postgres makes a new database and returns its address: on the server that
// PLIMSOLL_TEST_POSTGRES names, or on one that it starts for this process. It skips the
// test where neither is possible.
func Postgres(t testing.TB) string {
	t.Helper()
	cluster.once.Do(func() {
		if cluster.url = os.Getenv("PLIMSOLL_TEST_POSTGRES"); cluster.url == "" {
			cluster.url, cluster.err = start()
		}
	})
	if cluster.err != nil {
		t.Skipf("no PostgreSQL for this test: %v", cluster.err)
	}
	db, err := sql.Open("pgx", cluster.url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	name := fmt.Sprintf("ledger_%d_%d", os.Getpid(), cluster.next.Add(1))
	if _, err := db.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatalf("create database: %v", err)
	}
	u, err := url.Parse(cluster.url)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	t.Cleanup(func() {
		if db, err := sql.Open("pgx", cluster.url); err == nil {
			db.Exec("DROP DATABASE " + name + " WITH (FORCE)")
			db.Close()
		}
	})
	return u.String()
}

// Main runs the tests of a package and stops the server that they started.
func Main(m *testing.M) {
	code := m.Run()
	if cluster.cmd != nil {
		cluster.cmd.Process.Signal(syscall.SIGINT) // fast shutdown
		cluster.cmd.Wait()
		os.RemoveAll(cluster.dir)
	}
	os.Exit(code)
}

// start makes a cluster in a temporary folder. PostgreSQL does not run as root: then it
// runs as the user "postgres" or "nobody".
func start() (string, error) {
	bin, err := programs()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "plimsoll-pg-")
	if err != nil {
		return "", err
	}
	cluster.dir = dir
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if os.Getuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			if u, err = user.Lookup("nobody"); err != nil {
				return "", err
			}
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(dir, uid, gid); err != nil {
			return "", err
		}
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "plimsoll", "-A", "trust",
		"--locale=C.UTF-8", "-E", "UTF8", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = dir, attr
	if out, err := initdb.CombinedOutput(); err != nil {
		return "", fmt.Errorf("initdb: %w: %s", err, out)
	}
	cmd := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-c", "listen_addresses=", "-c",
		"max_connections=200")
	cmd.Dir, cmd.SysProcAttr = dir, attr
	started := make(chan error)
	go func() { // the death signal follows the thread that started the server: it has to stay
		runtime.LockOSThread()
		started <- cmd.Start()
		select {}
	}()
	if err := <-started; err != nil {
		return "", err
	}
	cluster.cmd = cmd
	address := "postgres://plimsoll@/postgres?host=" + url.QueryEscape(dir)
	db, err := sql.Open("pgx", address)
	if err != nil {
		return "", err
	}
	defer db.Close()
	for range 200 {
		if err = db.Ping(); err == nil {
			return address, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return "", fmt.Errorf("start PostgreSQL: %w", err)
}

func programs() (string, error) {
	if p, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(p), nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return "", errors.New("initdb is not installed")
	}
	slices.Sort(found)
	return filepath.Dir(found[len(found)-1]), nil
}
